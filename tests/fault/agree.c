/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "day.h"

#include <cmocka.h>

/* What both ends must have in common when nothing moves. */

#define PRINTED 20u /* disagreements at most */

static const char *const side_names[] = { "user", "network" };

struct judgement {
	struct day *d;
	uint32_t n;
};

static void
complain(struct judgement *j, int side, const struct uni_call_info *ours, const char *what)
{
	if (j->n++ >= PRINTED)
		return;
	printf("#: %" PRIu64 " s: %s, call %s%u in %s, label %u: %s\n",
		(j->d->now_ns - j->d->began_ns) / SECOND, side_names[side],
		ours->ours ? "ours " : "theirs ", ours->reference,
		uni_call_state_name(uni_link_role(ours->link), ours->state), ours->label, what);
}

/* The same call at the other end: the same reference, chosen by the same side (SIG-12). */
static bool
find_peer(struct day_end *e, const struct uni_call_info *ours, struct uni_call_info *theirs)
{
	uint32_t i;

	for (i = 0; i < DAY_RECORDS; i++) {
		if (e->calls[i].id != 0 && uni_call_query(e->u, e->calls[i].call, theirs) == 0 &&
			theirs->reference == ours->reference && theirs->ours != ours->ours)
			return true;
	}
	return false;
}

static bool
find_party(const struct uni *u, uni_call_t call, const struct uni_party_info *ours)
{
	struct uni_party_info theirs;
	uni_party_t party = 0;

	while ((party = uni_party_next(u, call, party)) != 0) {
		assert_int_equal(uni_party_query(u, party, &theirs), 0);
		if (theirs.reference == ours->reference)
			return theirs.state == UNI_PARTY_ACTIVE;
	}
	return false;
}

static void
judge_parties(struct judgement *j, int side, const struct uni_call_info *ours,
	const struct uni_call_info *theirs)
{
	const struct day *d = j->d;
	struct uni_party_info info;
	uni_party_t party = 0;

	while ((party = uni_party_next(d->end[side].u, ours->call, party)) != 0) {
		assert_int_equal(uni_party_query(d->end[side].u, party, &info), 0);
		if (info.state != UNI_PARTY_ACTIVE)
			complain(j, side, ours, "a party is not active, and nothing moves");
		else if (!find_party(d->end[!side].u, theirs->call, &info))
			complain(j, side, ours, "a party is not in the call at the other end");
	}
}

static void
judge_rates(struct judgement *j, int side, const struct uni_call_info *ours,
	const struct uni_call_info *theirs)
{
	if (ours->rates.fwd_peak != theirs->rates.fwd_peak ||
		ours->rates.bwd_peak != theirs->rates.bwd_peak)
		complain(j, side, ours, "the rates differ");
}

static void
judge_call(struct judgement *j, int side, const struct uni_call_info *ours)
{
	struct uni_call_info theirs;

	if (ours->state != UNI_ST_ACTIVE) {
		complain(j, side, ours, "not active, and nothing moves");
		return;
	}
	if (!find_peer(&j->d->end[!side], ours, &theirs)) {
		complain(j, side, ours, "not known at the other end");
		return;
	}
	if (theirs.state != UNI_ST_ACTIVE)
		return; /* told from the other end */
	if (ours->label != theirs.label)
		complain(j, side, ours, "another label at the other end");
	if (ours->multipoint != theirs.multipoint)
		complain(j, side, ours, "only one end takes it for a multipoint call");
	else if (ours->multipoint)
		judge_parties(j, side, ours, &theirs);
	judge_rates(j, side, ours, &theirs);
}

/* Call control knows of no call, and has no label taken, that the layer above has not. */
static void
judge_counts(struct judgement *j, int side)
{
	struct day_end *e = &j->d->end[side];
	struct uni_link_stats stats;

	uni_link_stats(e->l, &stats);
	if (stats.n_calls == e->n_calls && stats.n_active == e->n_calls &&
		stats.n_labels == e->n_calls && stats.n_references == e->n_calls &&
		stats.n_set_aside == 0 && stats.n_parties == e->n_parties)
		return;
	j->n++;
	printf("#: %" PRIu64 " s: %s: %u calls and %u parties above; below %u calls, %u active, "
	       "%u parties, %u references, %u labels, %u set aside\n",
		(j->d->now_ns - j->d->began_ns) / SECOND, side_names[side], e->n_calls,
		e->n_parties, stats.n_calls, stats.n_active, stats.n_parties, stats.n_references,
		stats.n_labels, stats.n_set_aside);
}

uint32_t
day_n_disagreements(struct day *d)
{
	struct judgement j = { .d = d };
	struct uni_call_info info;
	struct day_end *e;
	uint32_t i;
	int side;

	for (side = 0; side < 2; side++) {
		e = &d->end[side];
		for (i = 0; i < DAY_RECORDS; i++) {
			if (e->calls[i].id == 0)
				continue;
			assert_int_equal(uni_call_query(e->u, e->calls[i].call, &info), 0);
			judge_call(&j, side, &info);
		}
		judge_counts(&j, side);
	}
	return j.n;
}

static uint32_t
n_left(const struct day *d, int side, const char *what, uint64_t n)
{
	if (n == 0)
		return 0;
	printf("#: %s: %" PRIu64 " %s left\n", side_names[side], n, what);
	(void)d;
	return 1;
}

uint32_t
day_n_leftovers(struct day *d)
{
	struct uni_link_stats stats;
	struct uni_census census;
	const struct sscop *s;
	uint32_t n = 0;
	int side;

	for (side = 0; side < 2; side++) {
		uni_census(d->end[side].u, &census);
		uni_link_stats(d->end[side].l, &stats);
		s = sscf_sscop(d->end[side].sscf);
		n += n_left(d, side, "calls above", d->end[side].n_calls);
		n += n_left(d, side, "parties above", d->end[side].n_parties);
		n += n_left(d, side, "calls", census.n_calls);
		n += n_left(d, side, "calls of the link", stats.n_calls);
		n += n_left(d, side, "active calls", stats.n_active);
		n += n_left(d, side, "parties", census.n_parties);
		n += n_left(d, side, "timers", census.n_timers);
		n += n_left(d, side, "timers of the link", census.n_link_timers);
		n += n_left(d, side, "setups", census.n_setups);
		n += n_left(d, side, "references", stats.n_references);
		n += n_left(d, side, "labels", stats.n_labels);
		n += n_left(d, side, "labels set aside", stats.n_set_aside);
		n += n_left(d, side, "messages unacknowledged", sscop_n_unacknowledged(s));
	}
	return n;
}
