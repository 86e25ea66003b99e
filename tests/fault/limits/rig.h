/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Two whole ends (calls/end.h) on one thread, in virtual time: the near one, a user, dials and
 * closes, the far one, a network, answers. Each of their control loops and workers can be held
 * back, an end can die and come back without memory, and its call control can be deaf.
 *
 * Some calls are kept: the far end sends what it receives on one of a pair back on the other, so
 * that frames tell whether these calls are what they were, whatever becomes of the others.
 */

#include "calls/end.h"
#include "calls/wire.h"

enum rig_side { NEAR, FAR };

#define RIG_KEPT 8 /* calls, an even number */
#define RIG_MS UINT64_C(1000000)
#define RIG_PATIENCE_S 60     /* of virtual time, for what nothing holds up */
#define RIG_CLOSES_OUT 65536u /* at once, of each end; what is not answered holds its place */
#define RIG_HUGE 1000000u     /* calls, at full size */

struct rig_config {
	uint32_t n_calls[2];    /* that each end has room for */
	uint32_t n_circuits[2]; /* 0: as many */
	uint32_t n_trunks;      /* 0: 1 */
	uint32_t n_vpcis;       /* 0: 16 */
	uint32_t ring_size[2];  /* 0: as the appliance */
	uint32_t n_closes_out;  /* that the client has under way at most; 0: as the appliance */
	bool standalone;        /* call managers of their own at both ends */
	bool with_idle;         /* a worker more at each end, without a port */
};

enum rig_job { RIG_REST, RIG_DIAL, RIG_CLOSE };

struct rig_kept {
	co_vc_t vc; /* at the near end */
	uint32_t label;
	dp_circuit_t circuit[2];
};

struct rig {
	struct rig_config config;
	struct end ends[2];
	struct wire wires[END_MAX_TRUNKS];
	uint64_t now_ns;
	bool control_held[2], worker_held[2], idle_held[2];
	/* What the near client does. */
	enum rig_job job;
	struct co_address from, to;
	uint32_t n_wanted; /* dials, or closes at most */
	uint32_t n_asked;
	uint32_t cursor; /* over the broker's VCs */
	uint32_t mark;   /* see rig_is_at_mark() */
	/* Calls that stay. */
	struct rig_kept kept[RIG_KEPT];
	uint32_t n_kept;
	uint64_t n_sent; /* frames on each of them */
	struct rte_mempool *traffic;
};

typedef bool (*rig_done_fn)(struct rig *r);

/**
 * Test group set-up and tear-down: DPDK, which has hugepages when CALLPLANE_LIMITS=full. Of the log
 * there is nothing but errors: what goes wrong is meant to.
 */
int rig_group_setup(void **state);
int rig_group_teardown(void **state);

/** How many there are: @p usual, or @p full with CALLPLANE_LIMITS=full. */
uint32_t rig_size(uint32_t usual, uint32_t full);

/** Links are up, the first RIG_KEPT calls too when @p keep. */
struct rig *rig_create(const struct rig_config *config, bool keep);

/** What was kept is closed; nothing is left at either end, and no mbuf outside of its pool (I4). */
void rig_destroy(struct rig *r);

/** One turn of everything that is not held. */
void rig_turn(struct rig *r);
void rig_run_ms(struct rig *r, uint64_t ms);

/** Until @p done, which must be within @p limit_s of virtual time. */
void rig_until(struct rig *r, rig_done_fn done, uint64_t limit_s);

/** The signalling link is lost, and is back before T309: longer than NO-RESPONSE, which is 7 s. */
void rig_break_link(struct rig *r);

/** The near end's client asks for @p n calls, as fast as it may; see rig_all_told(). */
void rig_dial(struct rig *r, uint32_t n);

/** It closes its calls, @p n of them at most; those that are kept stay. */
void rig_close(struct rig *r, uint32_t n);

/** Every request has been reported on. */
bool rig_all_told(struct rig *r);

/** @p side has no more calls, VCs and circuits than what is kept. */
bool rig_has_no_more(const struct rig *r, enum rig_side side);

/** Both at both ends. */
bool rig_is_over(struct rig *r);

/** As many closes as r->mark have completed. */
bool rig_is_at_mark(struct rig *r);

/** Calls other than those that are kept: dialled and up, then closed so far. */
void rig_close_in_part(struct rig *r, uint32_t n_calls, uint32_t n_closed);

bool rig_links_are_up(struct rig *r);

/** One frame more on each call that is kept. */
void rig_send_traffic(struct rig *r);

/** Each frame has come back on the other call of its pair, and those calls are active (I5). */
void rig_expect_kept(struct rig *r);

/** Of VCs, calls, references, labels, circuits and timers nothing is left but what is kept (I4). */
void rig_expect_no_more(struct rig *r, enum rig_side side);

/**
 * The far end is destroyed, whatever it was doing, and what was on its way is lost; then there is
 * a new one, which has no calls. Its transport begins with @p initial_sq, the old one's did with 0.
 */
void rig_replace_far(struct rig *r, bool restart_first, uint8_t initial_sq);

/** Messages to @p side's call control are lost behind the transport, which acknowledges them. */
void rig_set_deaf(struct rig *r, enum rig_side side, bool deaf);

/** Of all links of @p side. */
void rig_stats(const struct rig *r, enum rig_side side, struct uni_link_stats *out);
