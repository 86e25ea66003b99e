/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <rte_ethdev.h>

#include "../drivers/medium.h"
#include "ethmcm/ethmcm.h"
#include "ethvc/ethvc.h"
#include "trunk.h"
#include "unicm/unicm.h"

#include <cmocka.h>

#define N_VCS 256u

/* One side has an ethmcm, or the other two. */
struct medium {
	struct net *net;
	bool hold;
	struct ethmcm *ethmcm[SIDE_COUNT];
	struct ethvc *ethvc[SIDE_COUNT];
	struct unicm *unicm[SIDE_COUNT];
};

struct net *
trunk_net(const struct chain *ch)
{
	return ch->medium->net;
}

void
trunk_overdue(const struct chain *ch, enum chain_side side, struct ethvc_overdue *out)
{
	const struct medium *m = ch->medium;

	if (m->ethmcm[side] != NULL)
		ethmcm_overdue(m->ethmcm[side], out);
	else
		ethvc_overdue(m->ethvc[side], out);
}

void
trunk_admission(const struct chain *ch, enum chain_side side, struct ethvc_admission *out)
{
	const struct medium *m = ch->medium;

	if (m->ethmcm[side] != NULL)
		ethmcm_admission(m->ethmcm[side], out);
	else
		ethvc_admission(m->ethvc[side], out);
}

void
trunk_hold(struct chain *ch, bool hold)
{
	ch->medium->hold = hold;
}

uint32_t
trunk_n_pending(const struct chain *ch)
{
	struct dp_reclaim_stats stats;

	dp_reclaim_stats(ch->medium->net->dp, &stats);
	return stats.pending;
}

/* ---- Up. ---- */

static void
create_mcm(struct chain *ch, enum chain_side side, const struct callmgr_params *params,
	uint64_t bandwidth)
{
	struct medium *m = ch->medium;
	const struct ethvc_config config = { .port = m->net->ports[trunk_port(side)],
		.bandwidth = bandwidth };

	assert_int_equal(
		ethmcm_create(ch->env[side], ch->co[side], m->net->dp, trunk_of(m->net, side),
			CHAIN_SIGNALLING_LABEL, params, &m->ethmcm[side]),
		0);
	assert_int_equal(ethmcm_configure(m->ethmcm[side], &config), 0);
	ch->adapter[side] = ethmcm_adapter(m->ethmcm[side]);
	ch->cm[side] = ethmcm_callmgr(m->ethmcm[side]);
	ch->completes_first[side] = true;
}

static void
create_standalone(struct chain *ch, enum chain_side side, const struct callmgr_params *params,
	uint64_t bandwidth)
{
	struct medium *m = ch->medium;
	const struct ethvc_config config = { .port = m->net->ports[trunk_port(side)],
		.bandwidth = bandwidth };

	assert_int_equal(ethvc_create(ch->co[side], m->net->dp, trunk_of(m->net, side), N_VCS,
				 params->name, NULL, &m->ethvc[side]),
		0);
	assert_int_equal(ethvc_configure(m->ethvc[side], &config), 0);
	ch->adapter[side] = ethvc_adapter(m->ethvc[side]);
	assert_int_equal(unicm_create(ch->env[side], ch->co[side], ch->adapter[side],
				 CHAIN_SIGNALLING_LABEL, params, &m->unicm[side]),
		0);
	ch->cm[side] = unicm_callmgr(m->unicm[side]);
}

void
medium_create(struct chain *ch, const struct chain_config *config)
{
	struct callmgr_params params;
	enum chain_side side;

	ch->medium = calloc(1, sizeof(*ch->medium));
	assert_non_null(ch->medium);
	ch->medium->net = net_create_idle(TRUNK_N_CIRCUITS, 0);
	for (side = USER; side < SIDE_COUNT; side++) {
		medium_callmgr_params(&params, side, config);
		if (config->mcm[side])
			create_mcm(ch, side, &params, config->bandwidth[side]);
		else
			create_standalone(ch, side, &params, config->bandwidth[side]);
	}
}

/* ---- Time. ---- */

static bool
is_link_up(const struct net *net, enum net_port port)
{
	struct rte_eth_link link;

	return rte_eth_link_get_nowait(net->ethdev[port], &link) == 0 &&
	       link.link_status == RTE_ETH_LINK_UP;
}

/* What left on one trunk arrives on the other, where both have a link. */
static void
carry(struct net *net, enum net_port from, enum net_port to)
{
	bool up = is_link_up(net, from) && is_link_up(net, to);
	struct rte_mbuf *m;

	while ((m = left(net, from)) != NULL) {
		if (up)
			arrive_frame(net, to, m);
		else
			rte_pktmbuf_free(m);
	}
}

static void
turn_adapters(const struct medium *m, uint64_t now_ns)
{
	enum chain_side side;

	for (side = USER; side < SIDE_COUNT; side++) {
		if (m->ethmcm[side] != NULL)
			ethmcm_turn(m->ethmcm[side], now_ns);
		else
			ethvc_turn(m->ethvc[side], now_ns);
	}
}

/* A turn of control, and one of the workers. */
void
medium_turn(struct chain *ch)
{
	struct net *net = ch->medium->net;

	dp_control_poll(net->dp, UINT32_MAX);
	dp_reclaim_poll(net->dp, ch->now_ns, UINT32_MAX);
	turn_adapters(ch->medium, ch->now_ns);
	dp_control_flush(net->dp);
	dp_worker_turn(net->worker);
	if (!ch->medium->hold)
		dp_worker_turn(net->idle);
	carry(net, EAST, WEST);
	carry(net, WEST, EAST);
}

/* ---- Down. ---- */

unsigned int
medium_n_own_vcs(const struct chain *ch)
{
	unsigned int n = 0;
	enum chain_side side;

	for (side = USER; side < SIDE_COUNT; side++)
		n += ch->completes_first[side] ? 0 : 1; /* an MCM's is unknown to the broker */
	return n;
}

void
medium_settle(struct chain *ch)
{
	trunk_hold(ch, false);
}

void
medium_close(struct chain *ch)
{
	enum chain_side side;

	for (side = USER; side < SIDE_COUNT; side++) {
		if (ch->completes_first[side])
			ethmcm_close(ch->medium->ethmcm[side]);
		else
			unicm_close(ch->medium->unicm[side]);
	}
}

bool
medium_is_closed(const struct chain *ch)
{
	const struct medium *m = ch->medium;
	enum chain_side side;

	for (side = USER; side < SIDE_COUNT; side++)
		if (ch->completes_first[side] ? !ethmcm_is_closed(m->ethmcm[side])
					      : !unicm_is_closed(m->unicm[side]))
			return false;
	return true;
}

/* What arrives for a label that is gone gets no further, whatever comes: then all is empty. */
void
medium_expect_nothing_left(const struct chain *ch)
{
	const struct medium *m = ch->medium;
	struct ethvc_admission admission;
	enum chain_side side;

	assert_int_equal(dp_n_circuits(m->net->dp), 0);
	assert_int_equal(trunk_n_pending(ch), 0);
	for (side = USER; side < SIDE_COUNT; side++) {
		assert_int_equal(dp_n_labels(m->net->dp, trunk_of(m->net, side)), 0);
		trunk_admission(ch, side, &admission);
		assert_true(admission.reserved_rx == 0 && admission.reserved_tx == 0);
		assert_int_equal(admission.n_vcs, 0);
		if (m->ethvc[side] != NULL)
			assert_int_equal(ethvc_n_vcs(m->ethvc[side]), 0);
	}
}

void
medium_destroy(struct chain *ch)
{
	struct medium *m = ch->medium;
	void *net = m->net;
	enum chain_side side;

	for (side = USER; side < SIDE_COUNT; side++) {
		ethmcm_destroy(m->ethmcm[side]);
		unicm_destroy(m->unicm[side]);
		ethvc_destroy(m->ethvc[side]);
	}
	net_teardown(&net); /* all mbufs are back */
	free(m);
}

/* ---- What the dataplane does with clients' circuits, among the recorded steps. ---- */

static struct {
	dp_circuit_t circuit;
	enum chain_side side;
} opened[TRUNK_N_CIRCUITS];

static struct reclaim_shim {
	dp_reclaimed_fn fn;
	void *arg;
} reclaim_shims[SIDE_COUNT];

/* Trunks are numbered in the order in which the fixture adds them. */
static enum chain_side
side_of_trunk(uint16_t trunk)
{
	return trunk == 0 ? USER : NETWORK;
}

static void
record_circuit(dp_circuit_t circuit, const char *what)
{
	uint32_t idx = cp_handle_idx(circuit);

	if (idx < TRUNK_N_CIRCUITS && opened[idx].circuit == circuit)
		record_step(opened[idx].side, "%s", what);
}

int __real_dp_circuit_open(struct dp *dp, uint16_t trunk, uint32_t label, bool to_control,
	uint32_t cookie, dp_circuit_t *out);
int __wrap_dp_circuit_open(struct dp *dp, uint16_t trunk, uint32_t label, bool to_control,
	uint32_t cookie, dp_circuit_t *out);

int
__wrap_dp_circuit_open(struct dp *dp, uint16_t trunk, uint32_t label, bool to_control,
	uint32_t cookie, dp_circuit_t *out)
{
	int err = __real_dp_circuit_open(dp, trunk, label, to_control, cookie, out);
	uint32_t idx;

	if (err != 0)
		return err;
	idx = cp_handle_idx(*out);
	opened[idx].circuit = to_control ? 0 : *out;
	opened[idx].side = side_of_trunk(trunk);
	record_circuit(*out, "dp.open");
	return 0;
}

int __real_dp_circuit_unlink(struct dp *dp, const dp_circuit_t *circuits, uint32_t n);
int __wrap_dp_circuit_unlink(struct dp *dp, const dp_circuit_t *circuits, uint32_t n);

int
__wrap_dp_circuit_unlink(struct dp *dp, const dp_circuit_t *circuits, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		record_circuit(circuits[i], "dp.unlink");
	return __real_dp_circuit_unlink(dp, circuits, n);
}

static void
on_reclaimed(void *arg, dp_circuit_t circuit, uint32_t cookie)
{
	const struct reclaim_shim *s = arg;

	record_circuit(circuit, "dp.reclaimed");
	s->fn(s->arg, circuit, cookie);
}

void __real_dp_trunk_set_reclaimed(struct dp *dp, uint16_t trunk, dp_reclaimed_fn fn, void *arg);
void __wrap_dp_trunk_set_reclaimed(struct dp *dp, uint16_t trunk, dp_reclaimed_fn fn, void *arg);

void
__wrap_dp_trunk_set_reclaimed(struct dp *dp, uint16_t trunk, dp_reclaimed_fn fn, void *arg)
{
	struct reclaim_shim *s = &reclaim_shims[side_of_trunk(trunk)];

	*s = (struct reclaim_shim){ fn, arg };
	__real_dp_trunk_set_reclaimed(dp, trunk, fn != NULL ? on_reclaimed : NULL, s);
}
