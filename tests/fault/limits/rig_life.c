/* SPDX-License-Identifier: BSD-3-Clause */
/* The beginning and the end of a rig and of its far end, and what must be there in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mempool.h>
#include <rte_ring.h>

#include "base/bytes.h"
#include "rig.h"

#include <cmocka.h>

#define FROM "4930100000000"
#define TO "4940100000000"
#define TO_PREFIX "4940"
#define BEGUN_NS UINT64_C(1000000000)
#define FRAME_SIZE 60u
#define N_TRAFFIC 1023u

/* ---- Calls that stay. ---- */

static uint32_t
n_circuits_of(const struct rig *r, enum rig_side side)
{
	uint32_t n = r->config.n_circuits[side];

	return (n != 0 ? n : r->config.n_calls[side]) + r->config.n_trunks;
}

/* Calls that are kept are all of the first trunk. */
static dp_circuit_t
circuit_of(const struct rig *r, enum rig_side side, uint32_t label)
{
	const struct dp *dp = r->ends[side].dp;
	dp_circuit_t circuit;
	uint32_t idx, its;
	uint16_t trunk;

	for (idx = 0; idx < n_circuits_of(r, side); idx++) {
		circuit = dp_circuit_at_index(dp, idx);
		if (circuit != 0 && dp_circuit_label(dp, circuit, &trunk, &its) == 0 &&
			trunk == 0 && its == label)
			return circuit;
	}
	fail_msg("no circuit has label %u", label);
	return 0;
}

static void
keep(struct rig *r, const struct co_vc_info *info)
{
	struct rig_kept *k = &r->kept[r->n_kept++];
	enum rig_side side;

	*k = (struct rig_kept){ .vc = info->vc, .label = info->label };
	for (side = NEAR; side <= FAR; side++)
		k->circuit[side] = circuit_of(r, side, k->label);
}

/* There are no calls yet. */
static void
keep_some(struct rig *r)
{
	struct end *e = &r->ends[NEAR];
	uint32_t i, cursor = 0;
	struct co_vc_info info;
	co_vc_t vc;

	for (i = 0; i < RIG_KEPT; i++)
		assert_int_equal(
			load_dial(e->load, e->trunks[0].adapter, &r->from, &r->to, 0, 1), 0);
	r->n_asked = r->n_wanted = RIG_KEPT;
	rig_until(r, rig_all_told, RIG_PATIENCE_S);
	assert_int_equal(e->n_dialled, RIG_KEPT);
	while ((vc = co_vc_next(e->co, &cursor)) != CO_NONE) {
		assert_int_equal(co_vc_query(e->co, vc, &info), CO_STATUS_SUCCESS);
		if (info.call_state == CO_CALL_UP)
			keep(r, &info);
	}
	assert_int_equal(r->n_kept, RIG_KEPT);
	for (i = 0; i < RIG_KEPT; i += 2)
		assert_int_equal(dp_circuit_join(r->ends[FAR].dp, r->kept[i].circuit[FAR],
					 r->kept[i + 1].circuit[FAR]),
			0);
}

static struct rte_mbuf *
frame_of(struct rig *r, uint32_t label)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(r->traffic);
	uint8_t *p;

	assert_non_null(m);
	p = (uint8_t *)rte_pktmbuf_append(m, FRAME_SIZE);
	memset(p, 0, FRAME_SIZE);
	cp_put_be16(p + 12, 0x8847);
	cp_put_be32(p + 14, label << 12 | 0x1ff); /* bottom of stack, TTL 255 */
	return m;
}

void
rig_send_traffic(struct rig *r)
{
	uint32_t i;

	for (i = 0; i < r->n_kept; i++)
		assert_int_equal(
			rte_ring_enqueue(r->wires[0].rings[FAR], frame_of(r, r->kept[i].label)), 0);
	r->n_sent++;
}

void
rig_expect_kept(struct rig *r)
{
	const struct end *near = &r->ends[NEAR];
	struct dp_circuit_stats stats;
	struct co_vc_info info;
	struct uni_call_info call;
	uint32_t i;

	for (i = 0; i < r->n_kept; i++) {
		assert_int_equal(co_vc_query(near->co, r->kept[i].vc, &info), CO_STATUS_SUCCESS);
		assert_int_equal(info.call_state, CO_CALL_UP);
		assert_int_equal(callmgr_vc_query(near->env, info.cm_ctx, &call), 0);
		assert_int_equal(call.state, UNI_ST_ACTIVE);
		assert_int_equal(call.label, r->kept[i].label);
		/* The near end's client connects a call to nothing: there its frames are dropped.
		 */
		assert_int_equal(dp_circuit_stats(near->dp, r->kept[i].circuit[NEAR], &stats), 0);
		assert_int_equal(stats.drops_by[DP_CIRCUIT_DROP_NOT_CONNECTED], r->n_sent);
		assert_int_equal(stats.drops, r->n_sent);
	}
}

/* ---- What is left. ---- */

void
rig_stats(const struct rig *r, enum rig_side side, struct uni_link_stats *out)
{
	const struct end *e = &r->ends[side];
	struct uni_link_stats stats;
	uint32_t i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < e->n_trunks; i++) {
		uni_link_stats(callmgr_link(e->trunks[i].callmgr), &stats);
		out->n_calls += stats.n_calls;
		out->n_active += stats.n_active;
		out->n_references += stats.n_references;
		out->n_labels += stats.n_labels;
		out->n_set_aside += stats.n_set_aside;
		out->timer_expired += stats.timer_expired;
		out->enquiries += stats.enquiries;
		out->restarts += stats.restarts;
		out->restarts_asked += stats.restarts_asked;
		out->restarts_acknowledged += stats.restarts_acknowledged;
		out->set_up += stats.set_up;
		out->cleared += stats.cleared;
		out->labels_proven += stats.labels_proven;
		out->restarting |= stats.restarting;
	}
}

static uint32_t
n_labels_of(const struct end *e)
{
	uint32_t n = 0;
	uint16_t i;

	for (i = 0; i < e->n_trunks; i++)
		n += dp_n_labels(e->dp, i);
	return n;
}

void
rig_expect_no_more(struct rig *r, enum rig_side side)
{
	const struct end *e = &r->ends[side];
	struct dp_reclaim_stats reclaim;
	struct callmgr_census cm;
	struct uni_link_stats link;
	struct uni_census uni;
	struct co_census co;

	co_census(e->co, &co);
	uni_census(e->uni, &uni);
	callmgr_census(e->env, &cm);
	rig_stats(r, side, &link);
	dp_reclaim_stats(e->dp, &reclaim);
	assert_int_equal(end_n_calls(e), r->n_kept);
	assert_int_equal(co.n_vcs, r->n_kept + end_n_own_vcs(e));
	assert_int_equal(co.n_calls, r->n_kept);
	assert_int_equal(co.n_waiting, 0);
	assert_int_equal(co.n_unexpected_completions, 0);
	assert_int_equal(co.n_drain_violations, 0);
	assert_int_equal(cm.n_vcs, r->n_kept);
	assert_int_equal(cm.n_offers + cm.n_reap + cm.n_unexpected, 0);
	assert_int_equal(uni.n_calls, r->n_kept);
	assert_int_equal(uni.n_timers + uni.n_setups, 0);
	assert_int_equal(link.n_active, r->n_kept);
	assert_int_equal(link.n_references, r->n_kept);
	assert_int_equal(link.n_labels, r->n_kept);
	assert_int_equal(link.n_set_aside, 0);
	assert_int_equal(dp_n_circuits(e->dp), r->n_kept + e->n_trunks);
	assert_int_equal(n_labels_of(e), r->n_kept + e->n_trunks);
	assert_int_equal(reclaim.pending, 0);
}

/* ---- Beginning and end. ---- */

static void
create_end(struct rig *r, enum rig_side side, bool restart_first, uint8_t initial_sq)
{
	struct end_config config = {
		.name = side == NEAR ? "near" : "far",
		.n_calls = r->config.n_calls[side],
		.network = side == FAR,
		.standalone = r->config.standalone,
		.n_trunks = r->config.n_trunks,
		.n_circuits = r->config.n_circuits[side],
		.n_vpcis = r->config.n_vpcis,
		.ring_size = r->config.ring_size[side],
		.now_ns = r->now_ns,
		.initial_sq = initial_sq,
		.restart_first = restart_first,
		.with_idle = r->config.with_idle,
	};
	uint32_t i;

	for (i = 0; i < config.n_trunks; i++)
		config.ethdev[i] = r->wires[i].ethdev[side];
	assert_int_equal(end_create(&r->ends[side], &config), 0);
	if (side == FAR)
		assert_int_equal(end_answer(&r->ends[side], TO_PREFIX), 0);
	dp_worker_online(r->ends[side].worker);
	if (config.with_idle)
		dp_worker_online(r->ends[side].idle);
}

static void
set_address(struct co_address *address, const char *digits)
{
	address->type = CO_ADDRESS_E164;
	address->len = (uint8_t)strlen(digits);
	memcpy(address->octets, digits, address->len);
}

struct rig *
rig_create(const struct rig_config *config, bool keep)
{
	static unsigned int n;
	struct rig *r = calloc(1, sizeof(*r));
	char name[RTE_MEMPOOL_NAMESIZE];
	uint32_t i;

	assert_non_null(r);
	r->config = *config;
	r->config.n_trunks = config->n_trunks != 0 ? config->n_trunks : 1;
	if (config->n_closes_out == 0)
		r->config.n_closes_out = RIG_CLOSES_OUT;
	r->now_ns = BEGUN_NS;
	for (i = 0; i < r->config.n_trunks; i++)
		assert_int_equal(wire_make(&r->wires[i]), 0);
	snprintf(name, sizeof(name), "traffic%u", n++);
	r->traffic = rte_pktmbuf_pool_create(
		name, N_TRAFFIC, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	assert_non_null(r->traffic);
	set_address(&r->from, FROM);
	set_address(&r->to, TO);
	create_end(r, NEAR, false, 0);
	create_end(r, FAR, false, 0);
	rig_until(r, rig_links_are_up, RIG_PATIENCE_S);
	if (keep)
		keep_some(r);
	return r;
}

/* The links are released, and no frame is outside of its pool any more (I4). */
static bool
is_quiet(struct rig *r)
{
	const struct end *e;

	for (e = r->ends; e < &r->ends[2]; e++)
		if (!end_is_released(e) || rte_mempool_in_use_count(dp_mempool(e->dp)) != 0)
			return false;
	return rte_mempool_in_use_count(r->traffic) == 0;
}

static void
destroy_end(struct end *e)
{
	dp_worker_offline(e->worker);
	if (e->idle != NULL)
		dp_worker_offline(e->idle);
	end_destroy(e);
}

void
rig_destroy(struct rig *r)
{
	enum rig_side side;
	uint32_t i;

	r->n_kept = 0;
	rig_close(r, UINT32_MAX);
	rig_until(r, rig_is_over, RIG_PATIENCE_S);
	for (side = NEAR; side <= FAR; side++)
		rig_expect_no_more(r, side);
	end_stop(&r->ends[NEAR]);
	end_stop(&r->ends[FAR]);
	rig_until(r, is_quiet, RIG_PATIENCE_S);
	for (side = NEAR; side <= FAR; side++)
		destroy_end(&r->ends[side]);
	for (i = 0; i < r->config.n_trunks; i++)
		for (side = NEAR; side <= FAR; side++)
			rte_ring_free(r->wires[i].rings[side]);
	rte_mempool_free(r->traffic);
	free(r);
}

static void
empty(struct rte_ring *ring)
{
	void *frame;

	while (rte_ring_dequeue(ring, &frame) == 0)
		rte_pktmbuf_free(frame);
}

/*
 * A frame is its sender's memory, so those of the far end are emptied out of the near one's rings
 * before that memory goes: the near end takes what has arrived, and the wire forgets the rest.
 */
void
rig_replace_far(struct rig *r, bool restart_first, uint8_t initial_sq)
{
	struct end *e = &r->ends[FAR];
	uint32_t i;

	r->control_held[FAR] = r->worker_held[FAR] = r->idle_held[FAR] = true;
	rig_run_ms(r, 10);
	destroy_end(e);
	for (i = 0; i < r->config.n_trunks; i++) {
		empty(r->wires[i].rings[FAR]);
		assert_true(rte_ring_empty(r->wires[i].rings[NEAR]));
		assert_int_equal(wire_plug(&r->wires[i], FAR), 0);
	}
	create_end(r, FAR, restart_first, initial_sq);
	r->control_held[FAR] = r->worker_held[FAR] = r->idle_held[FAR] = false;
}
