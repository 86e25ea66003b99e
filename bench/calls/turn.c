/* SPDX-License-Identifier: BSD-3-Clause */
/* An end's control loop, and the account of its time. */
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "calls/end.h"
#include "calls/waited.h"

/* As in the appliance. */
#define FRAMES_PER_TURN 64
#define TIMERS_PER_TURN 128
#define RECLAIMS_PER_TURN 128
#define SLICES_PER_S 25000    /* one is 40 us */
#define LONG_TURNS_PER_S 5000 /* one of more than 200 us is suspicious */

static const char *const part_names[] = {
	[PART_FRAMES] = "frames",
	[PART_TIMERS] = "timers",
	[PART_WORK] = "work",
	[PART_RECLAIM] = "reclaim",
	[PART_DELETE] = "delete",
	[PART_SEND] = "send",
};

const char *
part_name(enum part part)
{
	return part_names[part];
}

uint64_t
end_clock_ns(void)
{
	uint64_t hz = rte_get_tsc_hz(), tsc = rte_rdtsc();

	return tsc / hz * 1000000000u + tsc % hz * 1000000000u / hz;
}

bool
end_slice_is_over(uint64_t begun)
{
	return rte_rdtsc() - begun > rte_get_tsc_hz() / SLICES_PER_S;
}

/* Something of it changes with whatever a turn does, at whoever's request. */
struct marks {
	uint64_t sent, reclaimed, token_cycles;
	uint32_t pending, n_vcs, n_calls;
};

static struct marks
marks_of(const struct end *e)
{
	struct dp_control_stats control;
	struct dp_reclaim_stats reclaim;
	struct co_census census;

	dp_control_stats(e->dp, &control);
	dp_reclaim_stats(e->dp, &reclaim);
	co_census(e->co, &census);
	return (struct marks){
		.sent = control.tx,
		.reclaimed = reclaim.circuits,
		.token_cycles = reclaim.token_cycles,
		.pending = reclaim.pending,
		.n_vcs = census.n_vcs,
		.n_calls = census.n_calls,
	};
}

static bool
differ(const struct marks *a, const struct marks *b)
{
	return a->sent != b->sent || a->reclaimed != b->reclaimed || a->pending != b->pending ||
	       a->n_vcs != b->n_vcs || a->n_calls != b->n_calls;
}

/*
 * A turn that is far longer than a slice may have lost the core in its middle: what it waited for
 * it is not its cost. Taken from its longest part, where it is most likely to have been.
 */
static void
take_out_waits(struct end *e, uint64_t parts[PART_COUNT])
{
	uint64_t waited = waited_ns(), cycles;
	int i, longest = 0;

	cycles = (uint64_t)((double)(waited - e->waited_ns) * (double)rte_get_tsc_hz() / 1e9);
	e->waited_ns = waited;
	for (i = 1; i < PART_COUNT; i++)
		if (parts[i] > parts[longest])
			longest = i;
	parts[longest] -= RTE_MIN(cycles, parts[longest]);
}

static void
account(struct busy *busy, const uint64_t parts[PART_COUNT])
{
	uint64_t total = 0;
	int i;

	for (i = 0; i < PART_COUNT; i++) {
		busy->parts[i] += parts[i];
		total += parts[i];
	}
	busy->total += total;
	busy->turns++;
	busy->longest = RTE_MAX(busy->longest, total);
}

/* The turn whose parts began at @p at, and that has found things @p before. */
static void
end_of_turn(struct end *e, const uint64_t at[PART_COUNT + 1], const struct marks *before, bool busy)
{
	struct marks after = marks_of(e);
	uint64_t parts[PART_COUNT];
	int i;

	for (i = 0; i < PART_COUNT; i++)
		parts[i] = at[i + 1] - at[i];
	if (at[PART_COUNT] - at[0] > rte_get_tsc_hz() / LONG_TURNS_PER_S)
		take_out_waits(e, parts);
	if (!busy && !differ(before, &after))
		return;
	account(&e->busy, parts);
	/* At most: where others had the core in the middle of it. */
	e->busy.tokens += RTE_MIN(after.token_cycles - before->token_cycles, parts[PART_RECLAIM]);
}

static void
turn_drivers(struct end *e)
{
	const struct end_trunk *t;

	for (t = e->trunks; t < &e->trunks[e->n_trunks]; t++) {
		if (t->ethmcm != NULL)
			ethmcm_turn(t->ethmcm, e->now_ns);
		else
			ethvc_turn(t->ethvc, e->now_ns);
	}
}

void
end_turn_at(struct end *e, uint64_t now_ns, end_work_fn work, void *arg)
{
	struct marks before = marks_of(e);
	uint64_t at[PART_COUNT + 1];
	bool busy;

	at[PART_FRAMES] = rte_rdtsc();
	e->now_ns = now_ns;
	callmgr_env_set_now(e->env, e->now_ns);
	callmgr_env_cork(e->env);
	busy = dp_control_poll(e->dp, FRAMES_PER_TURN) > 0;
	at[PART_TIMERS] = rte_rdtsc();
	callmgr_env_turn(e->env, e->now_ns, TIMERS_PER_TURN);
	at[PART_WORK] = rte_rdtsc();
	callmgr_env_cork(e->env);
	busy |= work != NULL && work(e, arg);
	at[PART_RECLAIM] = rte_rdtsc();
	busy |= dp_reclaim_poll(e->dp, e->now_ns, RECLAIMS_PER_TURN) > 0;
	turn_drivers(e);
	at[PART_DELETE] = rte_rdtsc();
	caller_turn(load_caller(e->load), RECLAIMS_PER_TURN);
	at[PART_SEND] = rte_rdtsc();
	callmgr_env_uncork(e->env);
	dp_control_flush(e->dp);
	at[PART_COUNT] = rte_rdtsc();
	end_of_turn(e, at, &before, busy);
}

void
end_turn(struct end *e, end_work_fn work, void *arg)
{
	end_turn_at(e, end_clock_ns() + e->ahead_ns, work, arg);
}

void
end_restart_counts(struct end *e)
{
	e->n_dialled = e->n_added = e->n_closed = e->n_failed = 0;
	memset(&e->busy, 0, sizeof(e->busy));
	e->waited_ns = waited_ns();
}
