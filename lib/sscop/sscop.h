/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The assured transport of signalling PDUs: SSCOP (Q.2110) with SSCF-UNI (Q.2130)
 * on top, one entity per trunk. Rules SSCOP-1..48 of the signalling specification.
 *
 * One thread per entity. It reads no clock: @p now_ns is monotonic and never goes
 * back. It allocates when created and never later; what it holds is bounded by its
 * window and its buffer. No function waits.
 *
 * What a peer can make it do is bounded (sscop_priv.h): at one @p now_ns it sends at most
 * 1024 SDs and 64 STATs, delivers 1024 SDs that had been out of sequence, and goes on with the rest
 * at the next later sscop_poll().
 *
 * SDUs to send are pulled, not pushed: the user says with sscop_sdu_ready() that
 * there is something, and the entity asks for one SDU whenever the peer's credit
 * and its own buffer allow. A message is encoded when it goes out, not before.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

#define SSCOP_MAX_SDU 4096u /**< k and j: the largest SDU and UU, octets. */
#define SSCOP_MAX_PDU (SSCOP_MAX_SDU + 8u)
#define SSCOP_MAX_WINDOW 65536u
#define SSCOP_MAX_STAT 67u

enum sscop_type {
	SSCOP_BGN = 1,
	SSCOP_BGAK,
	SSCOP_END,
	SSCOP_ENDAK,
	SSCOP_RS,
	SSCOP_RSAK,
	SSCOP_BGREJ,
	SSCOP_SD,
	SSCOP_ER,
	SSCOP_POLL,
	SSCOP_STAT,
	SSCOP_USTAT,
	SSCOP_UD,
	SSCOP_MD,
	SSCOP_ERAK,
	SSCOP_TYPE_COUNT
};

enum sscop_verdict {
	SSCOP_OK = 0,
	SSCOP_DROP_LENGTH, /**< Wrong length for the type, or padding beyond it (SSCOP-1). */
	SSCOP_DROP_TYPE    /**< Type 0. */
};

/** One PDU, decoded. Pointers lead into the octets that were decoded. */
struct sscop_pdu {
	uint8_t type;  /**< enum sscop_type; also set for a known type of wrong length, else 0. */
	uint8_t pl;    /**< Octets of padding, 0..3. */
	uint8_t s;     /**< END: 0 user, 1 SSCOP. */
	uint8_t n_sq;  /**< BGN, RS, ER. */
	uint32_t n_s;  /**< SD, POLL. */
	uint32_t n_ps; /**< POLL, STAT. */
	uint32_t n_r;  /**< STAT, USTAT. */
	uint32_t n_mr; /**< BGN, BGAK, RS, RSAK, ER, ERAK, STAT, USTAT. */
	const uint8_t *info; /**< User part without padding. */
	uint32_t info_len;
	uint32_t n_list;     /**< STAT: elements; USTAT: 2. */
	const uint8_t *list; /**< Each 4 octets: spare, 24-bit number. */
};

static inline uint32_t
sscop_pdu_element(const struct sscop_pdu *pdu, uint32_t i)
{
	const uint8_t *p = pdu->list + 4 * (size_t)i;

	return (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/** Bounds first, then meaning; never reads past @p len. Any thread. */
enum sscop_verdict sscop_pdu_decode(struct sscop_pdu *pdu, const uint8_t *octets, size_t len);

/** Octets written to @p out (at least SSCOP_MAX_PDU of room), or -EINVAL. pl is computed. */
int sscop_pdu_encode(const struct sscop_pdu *pdu, uint8_t *out);

/**
 * One summary line in the grammar of tests/vectors/sscop.tsv ("verdict=ok type=01 ...").
 * Cut at @p size, always terminated. Any thread.
 */
void sscop_pdu_summary(
	char *out, size_t size, const struct sscop_pdu *pdu, enum sscop_verdict verdict);

/** "BGN" ..., "?" when out of range. */
const char *sscop_type_name(enum sscop_type type);

/** The ten states of Q.2110. */
enum sscop_state {
	SSCOP_ST_IDLE = 1,
	SSCOP_ST_OUT_CONN,
	SSCOP_ST_IN_CONN,
	SSCOP_ST_OUT_DISC,
	SSCOP_ST_OUT_RESYNC,
	SSCOP_ST_IN_RESYNC,
	SSCOP_ST_OUT_RECOVERY,
	SSCOP_ST_RECOVERY_RESPONSE,
	SSCOP_ST_IN_RECOVERY,
	SSCOP_ST_READY,
	SSCOP_ST_COUNT
};

const char *sscop_state_name(enum sscop_state state);

/** Primitives from above (requests, responses) and to above (indications, confirms). */
enum sscop_prim {
	SSCOP_ESTABLISH_REQ,
	SSCOP_ESTABLISH_RESP,
	SSCOP_RELEASE_REQ,
	SSCOP_RESYNC_REQ,
	SSCOP_RESYNC_RESP,
	SSCOP_RECOVER_RESP,
	SSCOP_UNITDATA_REQ,
	SSCOP_MDATA_REQ, /**< Management data. */
	SSCOP_ESTABLISH_IND,
	SSCOP_ESTABLISH_CONF,
	SSCOP_RELEASE_IND,
	SSCOP_RELEASE_CONF,
	SSCOP_RESYNC_IND,
	SSCOP_RESYNC_CONF,
	SSCOP_RECOVER_IND,
	SSCOP_DATA_IND,
	SSCOP_UNITDATA_IND,
	SSCOP_MDATA_IND,
	SSCOP_PRIM_COUNT
};

const char *sscop_prim_name(enum sscop_prim prim);

/** Milliseconds, transmissions, SDs, elements: Q.2110's parameters (17.2). */
struct sscop_params {
	uint32_t timer_cc_ms;
	uint32_t timer_poll_ms;
	uint32_t timer_keep_alive_ms;
	uint32_t timer_no_response_ms;
	uint32_t timer_idle_ms;
	uint32_t max_cc;
	uint32_t max_pd;
	uint32_t max_stat;  /**< 3 .. SSCOP_MAX_STAT, odd. */
	uint32_t window;    /**< SDs that we let the peer send; also our own bound. 1..65536. */
	uint32_t tx_octets; /**< Bound of unacknowledged PDU octets held; 0: window * 128, at least
			       64 KiB. */
	uint32_t rx_octets; /**< Bound of out-of-sequence SDU octets held (SSCOP-30); 0: as
			       tx_octets. */
	uint8_t initial_sq; /**< VT(SQ) of the new entity (SSCOP-5). */
};

void sscop_params_default(struct sscop_params *params);

/** 0, or -EINVAL with a one-line reason in @p why (NULL allowed): what is wrong and the mend. */
int sscop_params_check(const struct sscop_params *params, const char **why);

struct sscop;

/** What an error code to layer management means (17.5); "?" for none. Any thread. */
const char *sscop_error_text(char code);

/**
 * What an entity calls. None may destroy it; all may call back into it. When one of
 * them takes the entity to another state, what was left of the event that called it
 * is void: of two indications in a row (SSCOP-47) the second one is not given then.
 */
struct sscop_ops {
	/** Put one PDU on the wire; false: it was dropped here (counted; SSCOP repairs it). */
	bool (*send_pdu)(void *arg, const uint8_t *pdu, size_t len);
	/** A primitive to above; @p data only for _IND with UU or SDU, dead when this returns. */
	void (*primitive)(
		void *arg, enum sscop_prim prim, const uint8_t *data, size_t len, uint64_t now_ns);
	/** Encode the next SDU into @p room (at most SSCOP_MAX_SDU); 0: nothing more. NULL: no
	 * data. */
	size_t (*pull_sdu)(void *arg, uint8_t *room, size_t size, uint64_t now_ns);
	/**
	 * Error @p code ('A'..'X') to layer management; @p count with V. Counted already; the
	 * line for the log is the owner's, who knows the trunk's name (SSCOP-44). NULL allowed.
	 */
	void (*error)(void *arg, char code, uint32_t count, uint64_t now_ns);
};

/** Counters since creation. */
struct sscop_stats {
	uint64_t tx[SSCOP_TYPE_COUNT]; /**< PDUs sent by type. */
	uint64_t rx[SSCOP_TYPE_COUNT]; /**< Well-formed PDUs received by type. */
	uint64_t retransmitted;        /**< SDs sent again. */
	uint64_t bad_length;           /**< SSCOP_DROP_LENGTH. */
	uint64_t bad_type;             /**< SSCOP_DROP_TYPE. */
	uint64_t behind;               /**< SDs behind VR(R) (SSCOP-29). */
	uint64_t no_buffer;            /**< SDs dropped for want of buffer (SSCOP-30). */
	uint64_t tx_dropped;           /**< send_pdu said false. */
	uint64_t refused;              /**< Primitives out of place (SSCOP-7, SSCOP-45). */
	uint64_t unanswered; /**< PDUs dropped because too many before them drew an answer. */
	uint64_t errors['X' - 'A' + 1]; /**< By code to layer management (SSCOP-44). */
};

/** NULL when memory is out or @p params are bad. */
struct sscop *sscop_create(const struct sscop_params *params, const struct sscop_ops *ops,
	void *arg, const struct cp_mem *mem);

void sscop_destroy(struct sscop *s);

/**
 * A primitive from above: ESTABLISH, RELEASE, RESYNC requests with UU, responses, UNITDATA, MDATA.
 * @return 0; -EPROTO when the state does not allow it; -EMSGSIZE above SSCOP_MAX_SDU.
 */
int sscop_request(
	struct sscop *s, enum sscop_prim prim, const uint8_t *data, size_t len, uint64_t now_ns);

/**
 * There is something to pull: sends what credit and buffer allow, now and as acknowledgements
 * come in, until pull_sdu says 0. Any state, but only READY sends and only READY remembers: after
 * an ESTABLISH, RESYNC or RECOVER primitive say it again (SSCOP-12).
 */
void sscop_sdu_ready(struct sscop *s, uint64_t now_ns);

/**
 * The layer above has taken @p n SDUs: give the peer that much credit (SSCOP-6). May be called
 * from inside the DATA indication. Never opens more than the window.
 */
void sscop_credit(struct sscop *s, uint32_t n);

/** A PDU from the wire, however malformed. */
void sscop_receive(struct sscop *s, const uint8_t *pdu, size_t len, uint64_t now_ns);

/** Run timers that are due, and go on with what an instant had to leave. Cheap when none is. */
void sscop_poll(struct sscop *s, uint64_t now_ns);

/** When sscop_poll() has something to do next, UINT64_MAX: not by itself. */
uint64_t sscop_next_due_ns(const struct sscop *s);

enum sscop_state sscop_state(const struct sscop *s);

/** Source of the last RELEASE indication: 0 user, 1 SSCOP, as the S bit of an END. */
uint8_t sscop_release_source(const struct sscop *s);

const struct sscop_stats *sscop_stats(const struct sscop *s);

/** SDs sent and not yet acknowledged. */
uint32_t sscop_n_unacknowledged(const struct sscop *s);

/** How many timers of the entity run: 0 when it is idle (I4). */
uint32_t sscop_n_timers(const struct sscop *s);
