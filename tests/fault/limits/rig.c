/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

#include "base/log.h"
#include "common/eal.h"

#include <cmocka.h>

#define BUSY_STEP_NS UINT64_C(50000) /* of a turn in which something happened */
#define IDLE_STEP_NS UINT64_C(2000000)
#define HEAP_MB 1024u
#define HEAP_MB_FULL 8192u  /* without hugepages */
#define SLICE 32u           /* requests a turn */
#define MAX_DIALS_OUT 1024u /* as the appliance's jobs */

/* ---- DPDK. ---- */

static bool
is_full(void)
{
	const char *limits = getenv("CALLPLANE_LIMITS");

	return limits != NULL && strcmp(limits, "full") == 0;
}

uint32_t
rig_size(uint32_t usual, uint32_t full)
{
	return is_full() ? full : usual;
}

int
rig_group_setup(void **state)
{
	(void)state;
	cp_log_set_level(CP_LOG_ERR);
	if (!is_full())
		setenv("BENCH_WITHOUT_HUGEPAGES", "1", 1);
	return bench_eal_start("limits", rig_size(HEAP_MB, HEAP_MB_FULL));
}

int
rig_group_teardown(void **state)
{
	(void)state;
	return rte_eal_cleanup();
}

/* ---- Deaf call control. ---- */

static const struct rig *deaf_rig;
static bool deaf_side[2];

void __real_uni_link_receive(
	struct uni_link *l, const uint8_t *message, size_t len, uint64_t now_ns);
void __wrap_uni_link_receive(
	struct uni_link *l, const uint8_t *message, size_t len, uint64_t now_ns);

static bool
is_deaf(const struct uni_link *l)
{
	uint32_t side, i;

	for (side = 0; side < 2; side++)
		for (i = 0; deaf_side[side] && i < deaf_rig->ends[side].n_trunks; i++)
			if (callmgr_link(deaf_rig->ends[side].trunks[i].callmgr) == l)
				return true;
	return false;
}

void
__wrap_uni_link_receive(struct uni_link *l, const uint8_t *message, size_t len, uint64_t now_ns)
{
	if (!is_deaf(l))
		__real_uni_link_receive(l, message, len, now_ns);
}

void
rig_set_deaf(struct rig *r, enum rig_side side, bool deaf)
{
	deaf_rig = r;
	deaf_side[side] = deaf;
}

/* ---- The near end's client. ---- */

static bool
is_kept(const struct rig *r, co_vc_t vc)
{
	uint32_t i;

	for (i = 0; i < r->n_kept; i++)
		if (r->kept[i].vc == vc)
			return true;
	return false;
}

static uint32_t
n_out(const struct rig *r)
{
	const struct end *e = &r->ends[NEAR];

	return r->n_asked - (uint32_t)(e->n_dialled + e->n_closed + e->n_failed);
}

static bool
dial_slice(struct rig *r, struct end *e)
{
	uint32_t before = r->n_asked, n = SLICE;

	while (n-- > 0 && r->n_asked < r->n_wanted && n_out(r) < MAX_DIALS_OUT) {
		if (load_dial(e->load, e->trunks[r->n_asked % e->n_trunks].adapter, &r->from,
			    &r->to, 0, 1) != 0)
			break;
		r->n_asked++;
		attach_address_add(&r->from, 1);
		attach_address_add(&r->to, 1);
	}
	return r->n_asked != before;
}

/* As the appliance's job: the broker's VCs in their order. */
static co_vc_t
next_to_close(struct rig *r, const struct end *e)
{
	struct co_vc_info info;
	co_vc_t vc;

	do
		vc = co_vc_next(e->co, &r->cursor);
	while (vc != CO_NONE &&
		(is_kept(r, vc) || co_vc_query(e->co, vc, &info) != CO_STATUS_SUCCESS ||
			info.call_state != CO_CALL_UP));
	return vc;
}

static bool
close_slice(struct rig *r, struct end *e)
{
	const struct co_data none = { NULL, 0 };
	uint32_t before = r->n_asked, n = SLICE;
	enum co_status status;
	co_vc_t vc;

	while (n-- > 0 && r->n_asked < r->n_wanted && n_out(r) < r->config.n_closes_out) {
		vc = next_to_close(r, e);
		if (vc == CO_NONE) {
			r->n_wanted = r->n_asked;
			break;
		}
		r->n_asked++; /* first: the report may come from inside */
		status = caller_close(load_caller(e->load), vc, 1, none);
		if (status != CO_STATUS_PENDING && status != CO_STATUS_SUCCESS)
			r->n_asked--; /* it has ended meanwhile */
	}
	return r->n_asked != before;
}

static bool
client_slice(struct end *e, void *arg)
{
	struct rig *r = arg;

	switch (r->job) {
	case RIG_DIAL:
		return dial_slice(r, e);
	case RIG_CLOSE:
		return close_slice(r, e);
	case RIG_REST:
		break;
	}
	return false;
}

static void
begin_job(struct rig *r, enum rig_job job, uint32_t n)
{
	struct end *e = &r->ends[NEAR];

	assert_int_equal(n_out(r), 0);
	e->n_dialled = e->n_closed = e->n_failed = 0;
	r->job = job;
	r->n_wanted = n;
	r->n_asked = r->cursor = 0;
}

void
rig_dial(struct rig *r, uint32_t n)
{
	begin_job(r, RIG_DIAL, n);
}

void
rig_close(struct rig *r, uint32_t n)
{
	begin_job(r, RIG_CLOSE, n);
}

bool
rig_all_told(struct rig *r)
{
	return r->n_asked == r->n_wanted && n_out(r) == 0;
}

bool
rig_has_no_more(const struct rig *r, enum rig_side side)
{
	const struct end *e = &r->ends[side];
	struct dp_reclaim_stats reclaim;
	struct co_census census;

	co_census(e->co, &census);
	dp_reclaim_stats(e->dp, &reclaim);
	return end_n_calls(e) == r->n_kept && reclaim.pending == 0 &&
	       census.n_vcs == r->n_kept + end_n_own_vcs(e);
}

bool
rig_is_over(struct rig *r)
{
	return rig_all_told(r) && rig_has_no_more(r, NEAR) && rig_has_no_more(r, FAR);
}

bool
rig_is_at_mark(struct rig *r)
{
	return r->ends[NEAR].n_closed >= r->mark;
}

bool
rig_links_are_up(struct rig *r)
{
	return end_link_is_up(&r->ends[NEAR]) && end_link_is_up(&r->ends[FAR]);
}

/* ---- Turns. ---- */

static void
turn_workers(struct rig *r, enum rig_side side)
{
	const struct end *e = &r->ends[side];

	if (!r->worker_held[side])
		dp_worker_turn(e->worker);
	if (e->idle != NULL && !r->idle_held[side])
		dp_worker_turn(e->idle);
}

static void
turn_control(struct rig *r, enum rig_side side)
{
	if (!r->control_held[side])
		end_turn_at(&r->ends[side], r->now_ns, side == NEAR ? client_slice : NULL, r);
}

/* A frame and its answer take one turn. */
void
rig_turn(struct rig *r)
{
	uint64_t before = r->ends[NEAR].busy.turns + r->ends[FAR].busy.turns;

	turn_control(r, NEAR);
	turn_workers(r, NEAR);
	turn_workers(r, FAR);
	turn_control(r, FAR);
	turn_workers(r, FAR);
	turn_workers(r, NEAR);
	r->now_ns += r->ends[NEAR].busy.turns + r->ends[FAR].busy.turns != before ? BUSY_STEP_NS
										  : IDLE_STEP_NS;
}

void
rig_run_ms(struct rig *r, uint64_t ms)
{
	uint64_t end_ns = r->now_ns + ms * RIG_MS;

	while (r->now_ns < end_ns)
		rig_turn(r);
}

void
rig_until(struct rig *r, rig_done_fn done, uint64_t limit_s)
{
	const struct end *e = &r->ends[NEAR];
	uint64_t end_ns = r->now_ns + limit_s * 1000 * RIG_MS;

	while (!done(r)) {
		if (r->now_ns > end_ns)
			fail_msg("after %u s: asked %u of %u, dialled %u, closed %u, failed %u, "
				 "calls %u and %u",
				(unsigned int)limit_s, r->n_asked, r->n_wanted,
				(unsigned int)e->n_dialled, (unsigned int)e->n_closed,
				(unsigned int)e->n_failed, end_n_calls(e),
				end_n_calls(&r->ends[FAR]));
		rig_turn(r);
	}
}

void
rig_close_in_part(struct rig *r, uint32_t n_calls, uint32_t n_closed)
{
	rig_dial(r, n_calls);
	rig_until(r, rig_all_told, RIG_PATIENCE_S);
	assert_int_equal(r->ends[NEAR].n_dialled, n_calls);
	rig_close(r, n_calls);
	r->mark = n_closed;
	rig_until(r, rig_is_at_mark, RIG_PATIENCE_S);
	assert_in_range(r->ends[NEAR].n_closed, n_closed, n_calls - 1);
}

void
rig_break_link(struct rig *r)
{
	r->worker_held[FAR] = true;
	rig_run_ms(r, 9000);
	assert_false(end_link_is_up(&r->ends[NEAR]));
	r->worker_held[FAR] = false;
	rig_until(r, rig_links_are_up, RIG_PATIENCE_S);
}
