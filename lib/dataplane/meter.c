/* SPDX-License-Identifier: BSD-3-Clause */
/* Contracts: what meters keep to, shared by all circuits of whom the same is asked. */
#include "dataplane/meter.h"

#include <errno.h>

#include <rte_cycles.h>
#include <rte_hash_crc.h>
#include <rte_malloc.h>

#include "dataplane/dp_priv.h"
#include "dataplane/frame.h"

#define DEFAULT_CONTRACTS 4096u
#define LIMIT_MAX (UINT64_C(1) << 62) /* so that a frame more fits */

static_assert((DP_CONTRACT_BUCKETS & (DP_CONTRACT_BUCKETS - 1)) == 0, "hashes are masked");

/* ---- Rates ---- */

static uint64_t
kept_rate(uint64_t rate)
{
	return rate != 0 ? RTE_MIN(RTE_MAX(rate, DP_RATE_MIN), DP_RATE_MAX) : 0;
}

bool
dp_flow_round(const struct dp_flow *in, struct dp_flow *out)
{
	struct dp_flow asked = *in;

	*out = asked;
	out->peak_rate = kept_rate(asked.peak_rate);
	out->committed_rate = RTE_MIN(kept_rate(asked.committed_rate), out->peak_rate);
	return out->committed_rate == asked.committed_rate && out->peak_rate == asked.peak_rate;
}

static void
fill_bucket(uint64_t rate, uint32_t burst, uint64_t *limit, uint64_t *cost)
{
	unsigned __int128 second = (unsigned __int128)rte_get_tsc_hz()
				   << (DP_METER_TIME_SHIFT + DP_METER_COST_SHIFT);
	unsigned __int128 full;

	*cost = (uint64_t)((second + rate / 2) / rate);
	full = (unsigned __int128)*cost * burst >> DP_METER_COST_SHIFT;
	*limit = full < LIMIT_MAX ? (uint64_t)full : LIMIT_MAX;
}

static void
fill_in(struct dp_contract *k, const struct dp_flow *flow)
{
	*k = (struct dp_contract){
		.yellow = flow->yellow, .red = flow->red, .mark_tc = flow->mark_tc
	};
	fill_bucket(flow->peak_rate, flow->peak_burst, &k->peak_limit, &k->peak_cost);
	if (flow->committed_rate == 0)
		k->committed_cost = UINT64_C(1) << DP_METER_COST_SHIFT; /* the limit is 0 */
	else
		fill_bucket(flow->committed_rate, flow->committed_burst, &k->committed_limit,
			&k->committed_cost);
}

/* ---- The table of contracts ---- */

int
dp_contracts_init(struct dp *dp)
{
	uint32_t n = dp->config.n_contracts, i;
	struct dp_contracts *t = &dp->terms;

	if (n == 0)
		n = dp->config.n_contracts = DEFAULT_CONTRACTS;
	dp->contracts = dp_zalloc(dp, (n + 1) * sizeof(*dp->contracts), "contracts");
	t->terms = dp_zalloc(dp, (n + 1) * sizeof(*t->terms), "contracts");
	if (dp->contracts == NULL || t->terms == NULL)
		return -ENOMEM;
	for (i = 1; i < n; i++)
		t->terms[i].next = (uint16_t)(i + 1);
	t->first_free = 1;
	return 0;
}

void
dp_contracts_fini(struct dp *dp)
{
	rte_free(dp->terms.terms);
	rte_free(dp->contracts);
}

static uint16_t *
bucket_of(struct dp_contracts *t, const struct dp_flow *f)
{
	uint32_t hash = rte_hash_crc_8byte(f->peak_rate, f->peak_burst);

	hash = rte_hash_crc_8byte(f->committed_rate, hash ^ f->committed_burst);
	hash = rte_hash_crc_4byte(
		(uint32_t)f->yellow << 16 | (uint32_t)f->red << 8 | f->mark_tc, hash);
	return &t->buckets[hash & (DP_CONTRACT_BUCKETS - 1)];
}

static bool
is_same(const struct dp_flow *a, const struct dp_flow *b)
{
	return a->peak_rate == b->peak_rate && a->committed_rate == b->committed_rate &&
	       a->peak_burst == b->peak_burst && a->committed_burst == b->committed_burst &&
	       a->yellow == b->yellow && a->red == b->red && a->mark_tc == b->mark_tc;
}

/* The contract of @p flow, for one user more. 0 or -ENOSPC. */
static int
get(struct dp *dp, const struct dp_flow *flow, uint16_t *out)
{
	struct dp_contracts *t = &dp->terms;
	uint16_t *bucket = bucket_of(t, flow), i;

	for (i = *bucket; i != 0 && !is_same(&t->terms[i].flow, flow);)
		i = t->terms[i].next;
	if (i == 0) {
		i = t->first_free;
		if (i == 0)
			return -ENOSPC;
		t->first_free = t->terms[i].next;
		t->terms[i] = (struct dp_contract_terms){ .flow = *flow, .next = *bucket };
		*bucket = i;
		fill_in(&dp->contracts[i], flow);
	}
	t->terms[i].n_users++;
	*out = i;
	return 0;
}

void
dp_contract_put(struct dp *dp, uint16_t contract)
{
	struct dp_contracts *t = &dp->terms;
	uint16_t *link;

	if (contract == 0 || --t->terms[contract].n_users != 0)
		return;
	link = bucket_of(t, &t->terms[contract].flow);
	while (*link != contract)
		link = &t->terms[*link].next;
	*link = t->terms[contract].next;
	dp_retire(dp, DP_RETIRED_CONTRACT, contract);
}

void
dp_contract_free(struct dp *dp, uint16_t contract)
{
	dp->terms.terms[contract].next = dp->terms.first_free;
	dp->terms.first_free = contract;
}

/* ---- Contracts of circuits, and of entries ---- */

static bool
is_metered(const struct dp_flow *flow)
{
	return flow != NULL && flow->peak_rate != 0;
}

static bool
is_valid(const struct dp_flow *flow)
{
	if (!is_metered(flow))
		return true;
	return flow->committed_rate <= flow->peak_rate &&
	       kept_rate(flow->peak_rate) == flow->peak_rate &&
	       kept_rate(flow->committed_rate) == flow->committed_rate && flow->peak_burst != 0 &&
	       (flow->committed_rate == 0 || flow->committed_burst != 0) &&
	       flow->yellow <= DP_EXCESS_DROP && flow->red <= DP_EXCESS_DROP && flow->mark_tc <= 7;
}

/* So that what means the same is the same. */
static struct dp_flow
normal(const struct dp_flow *flow)
{
	struct dp_flow f = *flow;

	if (f.yellow == DP_EXCESS_USUAL)
		f.yellow = DP_EXCESS_PASS;
	if (f.red == DP_EXCESS_USUAL)
		f.red = DP_EXCESS_DROP;
	if (f.yellow != DP_EXCESS_MARK && f.red != DP_EXCESS_MARK)
		f.mark_tc = 0;
	if (f.committed_rate == 0)
		f.committed_burst = 0;
	return f;
}

static int
make(struct dp *dp, const struct dp_flow *flow, uint16_t *out)
{
	struct dp_flow f;

	*out = 0;
	if (!is_metered(flow))
		return 0;
	f = normal(flow);
	return get(dp, &f, out);
}

static bool
marks(const struct dp_flow *f)
{
	return f->yellow == DP_EXCESS_MARK || f->red == DP_EXCESS_MARK;
}

/* A flow that keeps to both. */
static struct dp_flow
stricter(const struct dp_flow *a, const struct dp_flow *b)
{
	struct dp_flow f = {
		.peak_rate = RTE_MIN(a->peak_rate, b->peak_rate),
		.committed_rate = RTE_MIN(a->committed_rate, b->committed_rate),
		.peak_burst = RTE_MIN(a->peak_burst, b->peak_burst),
		.committed_burst = RTE_MIN(a->committed_burst, b->committed_burst),
		.yellow = RTE_MAX(a->yellow, b->yellow),
		.red = RTE_MAX(a->red, b->red),
	};

	if (marks(a) && marks(b))
		f.mark_tc = RTE_MIN(a->mark_tc, b->mark_tc);
	else
		f.mark_tc = marks(a) ? a->mark_tc : b->mark_tc;
	return normal(&f);
}

/* What two contracts, each of which may be none, are together; for one user more. */
static int
get_both(struct dp *dp, uint16_t own, uint16_t of_peer, uint16_t *out)
{
	struct dp_flow f;

	*out = own != 0 ? own : of_peer;
	if (*out == 0)
		return 0;
	if (own == 0 || of_peer == 0 || own == of_peer) {
		dp->terms.terms[*out].n_users++;
		return 0;
	}
	f = stricter(&dp->terms.terms[own].flow, &dp->terms.terms[of_peer].flow);
	return get(dp, &f, out);
}

int
dp_contract_between(struct dp *dp, uint32_t side, uint32_t peer, uint16_t *out)
{
	uint16_t own = side != 0 ? dp_side_of(dp, side)->rx_contract : 0;

	return get_both(dp, own, peer != 0 ? dp_side_of(dp, peer)->tx_contract : 0, out);
}

void
dp_entry_set_contract(struct dp *dp, struct dp_entry *e, uint16_t contract)
{
	uint16_t old = (uint16_t)e->contract;

	if (old == 0 && contract == 0)
		return;
	/* Full buckets, unless the worker is just then about to store what it took out of them. */
	__atomic_store_n(&e->peak, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&e->committed, 0, __ATOMIC_RELAXED);
	/* Release: the contract was filled in before; pairs with dp_entry_contract(). */
	__atomic_store_n(&e->contract, contract, __ATOMIC_RELEASE);
	dp_contract_put(dp, old);
}

void
dp_contracts_retire(struct dp *dp, struct dp_circuit *c)
{
	dp_contract_put(dp, c->side.rx_contract);
	dp_contract_put(dp, c->side.tx_contract);
	c->side.rx_contract = c->side.tx_contract = 0;
}

/* The contracts of a change, all of them or none. */
struct change {
	uint16_t rx, tx;            /* of the circuit */
	uint16_t entry, peer_entry; /* what is then in force */
};

static int
prepare(struct dp *dp, const struct dp_circuit *c, const struct dp_flow *rx,
	const struct dp_flow *tx, struct change *out)
{
	uint32_t peer_side = dp_side_peer(&c->side);
	const struct dp_side *peer = peer_side != 0 ? dp_side_of(dp, peer_side) : NULL;
	int err;

	*out = (struct change){ 0 };
	err = make(dp, rx, &out->rx);
	if (err == 0)
		err = make(dp, tx, &out->tx);
	if (err == 0)
		err = get_both(dp, out->rx, peer != NULL ? peer->tx_contract : 0, &out->entry);
	if (err == 0 && peer != NULL)
		err = get_both(dp, peer->rx_contract, out->tx, &out->peer_entry);
	if (err == 0)
		return 0;
	dp_contract_put(dp, out->entry);
	dp_contract_put(dp, out->tx);
	dp_contract_put(dp, out->rx);
	return err;
}

int
dp_circuit_meter(
	struct dp *dp, dp_circuit_t circuit, const struct dp_flow *rx, const struct dp_flow *tx)
{
	struct dp_circuit *c = dp_circuit_at(dp, circuit);
	struct change change;
	int err;

	if (c == NULL)
		return -ESTALE;
	if (!is_valid(rx) || !is_valid(tx))
		return -EINVAL;
	err = prepare(dp, c, rx, tx, &change);
	if (err != 0)
		return err;
	dp_entry_set_contract(dp, dp_circuit_entry(dp, c), change.entry);
	if (c->side.is_connected)
		dp_entry_set_contract(dp, dp_entry_of(dp, c->side.partner), change.peer_entry);
	dp_contracts_retire(dp, c);
	c->side.rx_contract = change.rx;
	c->side.tx_contract = change.tx;
	return 0;
}
