/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The inside of an SSCOP entity. For this folder and its unit tests.
 *
 * Every callout (ops) may call back into the entity. So whatever a callout could
 * see or change is consistent before it, and read again after it; @c epoch tells
 * whether the state was left meanwhile.
 */

#include <assert.h>

#include "sscop/seqmap.h"
#include "sscop/sscop.h"

/** Events of table 17.3, in the order of its rows. The repeats follow their new ones. */
enum sscop_event {
	SSCOP_EV_NONE,
	SSCOP_EV_BGN_NEW,
	SSCOP_EV_BGN_REPEAT,
	SSCOP_EV_BGAK,
	SSCOP_EV_BGREJ,
	SSCOP_EV_END,
	SSCOP_EV_ENDAK,
	SSCOP_EV_RS_NEW,
	SSCOP_EV_RS_REPEAT,
	SSCOP_EV_RSAK,
	SSCOP_EV_ER_NEW,
	SSCOP_EV_ER_REPEAT,
	SSCOP_EV_ERAK,
	SSCOP_EV_SD,
	SSCOP_EV_POLL,
	SSCOP_EV_STAT,
	SSCOP_EV_USTAT,
	SSCOP_EV_UD,
	SSCOP_EV_MD,
	SSCOP_EV_CC_AGAIN,
	SSCOP_EV_CC_GIVE_UP,
	SSCOP_EV_T_POLL,
	SSCOP_EV_T_KEEP_ALIVE,
	SSCOP_EV_T_IDLE,
	SSCOP_EV_T_NO_RESPONSE,
	SSCOP_EV_ESTABLISH_REQ,
	SSCOP_EV_ESTABLISH_RESP,
	SSCOP_EV_RELEASE_REQ,
	SSCOP_EV_RESYNC_REQ,
	SSCOP_EV_RESYNC_RESP,
	SSCOP_EV_RECOVER_RESP,
	SSCOP_EV_DATA_REQ,
	SSCOP_EV_UNITDATA_REQ,
	SSCOP_EV_MDATA_REQ,
	SSCOP_EV_COUNT
};

/** When two are due at once, the first one runs first: giving up needs no last POLL. */
enum sscop_timer {
	SSCOP_T_CC,
	SSCOP_T_NO_RESPONSE,
	SSCOP_T_POLL,
	SSCOP_T_KEEP_ALIVE,
	SSCOP_T_IDLE,
	SSCOP_T_COUNT
};

#define SSCOP_NEVER UINT64_MAX

struct sscop_timers {
	uint64_t due_ns[SSCOP_T_COUNT]; /**< SSCOP_NEVER: does not run. */
	uint64_t next_ns;               /**< None is due before; may be early, never late. */
	uint64_t delay_ns[SSCOP_T_COUNT];
};

#define SSCOP_MAX_SD (SSCOP_MAX_SDU + 4u) /**< The longest PDU that the ring holds. */

/** A sent and unacknowledged SD. */
struct sscop_tx_slot {
	uint32_t offset;    /**< Of its PDU in the ring. */
	uint32_t poll_mark; /**< VT(PS) when it was last sent. */
	uint16_t len;       /**< Of its PDU. */
	uint16_t spare;
};
static_assert(sizeof(struct sscop_tx_slot) == 12, "window entries: five to a cache line");

/**
 * Transmission buffer: encoded SD PDUs in sequence in a byte ring, each in one piece.
 * What was acknowledged is freed by VT(A) moving on, nothing else.
 */
struct sscop_tx {
	uint8_t *ring;
	uint32_t ring_size;
	uint32_t head; /**< Where the next PDU starts; always SSCOP_MAX_SD before the end. */
	struct sscop_tx_slot *slots; /**< By number, marks.mask. */
	struct sscop_seqmap marks;   /**< To be sent again. */
	/**
	 * By word of @c marks: no unmarked SD of the word has an older poll mark. So a STAT that
	 * asks again for what was sent again passes 64 SDs in one step.
	 */
	uint32_t *oldest;
	uint32_t n_marked;
	uint32_t first_marked; /**< The lowest one, when n_marked > 0. */
	uint64_t n_steps;      /**< Words and SDs looked at for STATs and USTATs; tests bound it. */
};

#define SSCOP_CHUNK_SIZE 128u
#define SSCOP_CHUNK_NONE UINT32_MAX

/** An SD kept out of sequence. */
struct sscop_rx_slot {
	uint32_t chunk; /**< Its first one. */
	uint16_t len;
	uint16_t spare;
};
static_assert(sizeof(struct sscop_rx_slot) == 8, "window entries: eight to a cache line");

/** Receive buffer: SDs out of sequence, in chunks of one size. */
struct sscop_rx {
	uint8_t *chunks;
	uint32_t *next;      /**< Per chunk: the one after it, in an SD or in the free list. */
	uint32_t free_chunk; /**< Of chunks that were used before. */
	uint32_t n_fresh;    /**< Chunks from here on were not used since the last reset. */
	uint32_t n_free;
	uint32_t n_chunks;
	uint32_t n_kept; /**< SDs. */
	struct sscop_rx_slot *slots;
	struct sscop_seqmap present;
	uint8_t *scratch; /**< A kept SD in one piece, while it is delivered. */
	uint64_t n_steps; /**< Words and elements of lists for POLLs; tests bound it. */
};

/*
 * What one PDU can cost is bounded, also when the peer wants to cost (w = window / 64):
 *
 *   STAT    w words, and 126 SDs at the edges of each of its 33 gaps; then 64 SDs for each word
 *           within a gap of which some were sent since a STAT has last looked at it
 *   USTAT   w words
 *   POLL    w words and the elements of SSCOP_BURST_STATS STATs, while these last; then nothing
 *   SD      one delivery, and of those that waited for it up to SSCOP_BURST_SDS an instant
 *   others  no loop; those that draw an answer 100 a second, then nothing (sscop_may_answer())
 *
 * What is marked is not marked again before it was sent, and for all that is sent, whoever caused
 * it, there is a bound for each instant: for each value of now_ns, which is a turn.
 */
#define SSCOP_BURST_SDS 1024u
#define SSCOP_BURST_STATS 64u /**< 2112 gaps: what is behind them waits for the next POLL. */

/** What has left at the instant @c now_ns, and what was left for the next one. */
struct sscop_burst {
	uint64_t now_ns;
	uint32_t n_sds; /**< All of them, when the wire has refused one. */
	uint32_t n_stats;
	uint32_t n_kept; /**< Delivered SDs that had been out of sequence. */
	bool sds_wait;
	bool kept_wait;
	bool poll_waits;  /**< For its STAT. */
	uint32_t poll_ps; /**< Its N(PS). */
};

#define SSCOP_ANSWER_NS UINT64_C(10000000) /**< 100 a second... */
#define SSCOP_ANSWER_BURST 100u            /**< ...after so many at once. */

/** SSCOP-UU of a PDU that may have to be sent again (SSCOP-8). */
struct sscop_uu {
	uint8_t *octets;
	uint32_t len;
};

struct sscop {
	uint8_t state;  /**< enum sscop_state */
	bool want;      /**< Above has something to send: the queue of the standard. */
	bool sending;   /**< sscop_transmit() runs: an inner call leaves the work to it. */
	bool draining;  /**< Kept SDs are being delivered: an inner SD is kept, in order. */
	bool no_credit; /**< W was reported (SSCOP-39). */
	uint8_t source; /**< Of the last RELEASE indication: 0 user, 1 SSCOP. */
	uint8_t vt_sq;
	uint8_t vr_sq;
	uint32_t epoch; /**< + 1 whenever a state is entered. */
	uint32_t vt_s;
	uint32_t vt_a;
	uint32_t vt_ms;
	uint32_t vt_ps;
	uint32_t vt_pa;
	uint32_t vt_pd;
	uint32_t vt_cc;
	uint32_t vr_r;
	uint32_t vr_h;
	uint32_t vr_mr;
	const struct sscop_ops *ops;
	void *arg;
	struct sscop_timers timers;
	struct sscop_tx tx;
	struct sscop_rx rx;
	struct sscop_burst burst;
	uint64_t answers_ns; /**< How far answers are booked; see sscop_may_answer(). */
	struct sscop_params params;
	struct sscop_stats stats;
	struct sscop_uu uu_begin; /**< Of the BGN, END or RS that waits for its answer. */
	struct sscop_uu uu_bgak;
	struct sscop_ops ops_copy;
	const struct cp_mem *mem;
};

/** What an event brings to its actions. */
struct sscop_ctx {
	const struct sscop_pdu *pdu; /**< Received; NULL otherwise. */
	const uint8_t *data;         /**< Of a request. */
	size_t len;
	uint64_t now_ns;
	uint8_t from; /**< State before the event; set when the cell runs. */
	char code;    /**< Error of the cell; set when the cell runs. */
};

typedef void (*sscop_step)(struct sscop *s, const struct sscop_ctx *ctx);

/** One cell of table 17.3. */
struct sscop_cell {
	const sscop_step *steps; /**< Ended by NULL. NULL itself: an empty cell. */
	uint8_t next;            /**< 0: stays. */
	char code;               /**< Reported by the cell's actions, 0: none. */
	bool answers;            /**< The PDU draws one, and as often as the peer likes. */
};

/* table.c */

/** The cell; @p state and @p ev in range. For tests too. */
const struct sscop_cell *sscop_cell_at(enum sscop_state state, enum sscop_event ev);

/** Run the cell of @p ev in the present state; false when it is empty. */
bool sscop_event(struct sscop *s, enum sscop_event ev, struct sscop_ctx *ctx);

/** SSCOP-42: report @p code, ER, state 7. Too soon after others: the PDU counts as lost. */
void sscop_recover(struct sscop *s, char code, uint64_t now_ns);

/* output.c */

/** Count and report an error; false when the state was left meanwhile. */
bool sscop_report(struct sscop *s, char code, uint32_t count, uint64_t now_ns);

void sscop_send(struct sscop *s, const struct sscop_pdu *pdu);

/**
 * Whether one more PDU may be answered with a PDU of our own at @p now_ns; counted when not. Such a
 * PDU is dropped before it has changed anything, as if the wire had lost it: the peer repeats it.
 */
bool sscop_may_answer(struct sscop *s, uint64_t now_ns);

/** A PDU that is encoded already; false: the wire did not take it. */
static inline bool
sscop_send_octets(struct sscop *s, enum sscop_type type, const uint8_t *pdu, size_t len)
{
	bool sent = s->ops->send_pdu(s->arg, pdu, len);

	if (sent)
		s->stats.tx[type]++;
	else
		s->stats.tx_dropped++;
	return sent;
}

static inline void
sscop_deliver(
	struct sscop *s, enum sscop_prim prim, const uint8_t *data, size_t len, uint64_t now_ns)
{
	s->ops->primitive(s->arg, prim, data, len, now_ns);
}

/* entity.c */

/** sscop_receive() by way of the decoder and the table, as whatever is no SD in sequence. */
void sscop_receive_any(struct sscop *s, const uint8_t *octets, size_t len, uint64_t now_ns);

/** sscop_credit() of one SDU, which is what every SDU costs. */
static inline void
sscop_credit_one(struct sscop *s)
{
	uint32_t open = sscop_seq_sub(s->vr_mr, s->vr_r);

	if (s->state == SSCOP_ST_READY && open < s->params.window)
		s->vr_mr = sscop_seq_add(s->vr_mr, 1);
}

/* transfer.c, receive.c: section 17.4, steps of state 10 */

void sscop_transfer_start(struct sscop *s, uint64_t now_ns);
void sscop_transfer_stop(struct sscop *s);

/** The bounds of the instant @p now_ns; they are full again when it is a new one. */
struct sscop_burst *sscop_burst_at(struct sscop *s, uint64_t now_ns);

static inline bool
sscop_burst_left(const struct sscop *s)
{
	return s->burst.sds_wait || s->burst.kept_wait || s->burst.poll_waits;
}

/** Go on with what the bounds of an earlier instant have left. */
void sscop_transfer_resume(struct sscop *s, uint64_t now_ns);

/** SDs that are kept and next in sequence. */
void sscop_deliver_kept(struct sscop *s, uint64_t now_ns);

/** The STAT that a POLL waits for. */
void sscop_answer_poll(struct sscop *s, uint32_t n_ps, uint64_t now_ns);
void sscop_step_sd(struct sscop *s, const struct sscop_ctx *ctx);
void sscop_step_poll(struct sscop *s, const struct sscop_ctx *ctx);
void sscop_step_stat(struct sscop *s, const struct sscop_ctx *ctx);
void sscop_step_ustat(struct sscop *s, const struct sscop_ctx *ctx);
void sscop_step_poll_due(struct sscop *s, const struct sscop_ctx *ctx);
void sscop_step_idle_due(struct sscop *s, const struct sscop_ctx *ctx);
void sscop_step_data(struct sscop *s, const struct sscop_ctx *ctx);

/* timer.c */

void sscop_timers_init(struct sscop_timers *t, const struct sscop_params *params);
void sscop_timer_start(struct sscop *s, enum sscop_timer timer, uint64_t now_ns);

static inline void
sscop_timer_stop(struct sscop *s, enum sscop_timer timer)
{
	s->timers.due_ns[timer] = SSCOP_NEVER;
}

static inline bool
sscop_timer_runs(const struct sscop *s, enum sscop_timer timer)
{
	return s->timers.due_ns[timer] != SSCOP_NEVER;
}

/* buffer.c */

int sscop_tx_init(struct sscop_tx *tx, const struct sscop_params *params, const struct cp_mem *mem);
void sscop_tx_fini(struct sscop_tx *tx, const struct cp_mem *mem);

/** Forget all; nothing is unacknowledged after it. */
void sscop_tx_reset(struct sscop_tx *tx);

static inline struct sscop_tx_slot *
sscop_tx_slot(struct sscop_tx *tx, uint32_t seq)
{
	return &tx->slots[seq & tx->marks.mask];
}

/** Room for a PDU of SSCOP_MAX_SD in one piece, or NULL. */
static inline uint8_t *
sscop_tx_room(struct sscop_tx *tx, uint32_t vt_a, uint32_t vt_s)
{
	uint32_t tail;

	if (vt_a == vt_s) {
		tx->head = 0; /* an idle link always writes the same, warm lines */
		return tx->ring;
	}
	tail = sscop_tx_slot(tx, vt_a)->offset;
	if (tx->head <= tail && tail - tx->head < SSCOP_MAX_SD)
		return NULL;
	return tx->ring + tx->head;
}

/** The word of SD @p seq, the first one in it, begins: with what is there of a lap before. */
void sscop_tx_begin_word(struct sscop_tx *tx, uint32_t seq, uint32_t vt_a, uint32_t poll_mark);

/** The PDU of @p len octets written into that room becomes SD @p seq, the next one. */
static inline void
sscop_tx_commit(struct sscop_tx *tx, uint32_t seq, uint32_t vt_a, uint32_t len, uint32_t poll_mark)
{
	struct sscop_tx_slot *slot = sscop_tx_slot(tx, seq);

	if (seq % 64 == 0 || seq == vt_a)
		sscop_tx_begin_word(tx, seq, vt_a, poll_mark);
	slot->offset = tx->head;
	slot->len = (uint16_t)len;
	slot->poll_mark = poll_mark;
	tx->head += len;
	if (tx->head > tx->ring_size - SSCOP_MAX_SD)
		tx->head = 0;
}

/** Mark the unmarked ones of the @p n SDs from @p seq on; how many. @p vt_a: base of "lowest". */
uint32_t sscop_tx_mark(struct sscop_tx *tx, uint32_t seq, uint32_t n, uint32_t vt_a);

/** The same, but only those last sent before the POLL @p n_ps. */
uint32_t sscop_tx_mark_polled(
	struct sscop_tx *tx, uint32_t seq, uint32_t n, uint32_t vt_a, uint32_t n_ps);

/** Take the marks of the @p n SDs from @p vt_a on away: they are acknowledged. */
void sscop_tx_unmark(struct sscop_tx *tx, uint32_t vt_a, uint32_t n);

/** Take the lowest mark away; n_marked > 0. */
uint32_t sscop_tx_unmark_first(struct sscop_tx *tx);

int sscop_rx_init(struct sscop_rx *rx, const struct sscop_params *params, const struct cp_mem *mem);
void sscop_rx_fini(struct sscop_rx *rx, const struct cp_mem *mem);
void sscop_rx_reset(struct sscop_rx *rx);

static inline bool
sscop_rx_has(const struct sscop_rx *rx, uint32_t seq)
{
	return sscop_seqmap_test(&rx->present, seq);
}

/** Keep a copy of SD @p seq, not kept yet; false: no room (SSCOP-30). */
bool sscop_rx_keep(struct sscop_rx *rx, uint32_t seq, const uint8_t *sdu, uint32_t len);

/** Move the kept SD @p seq to the scratch; its length. */
uint32_t sscop_rx_take(struct sscop_rx *rx, uint32_t seq);
