/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "calls/run.h"

#define MAX_DIALS_OUT 1024u /* as in the appliance's jobs */
#define FROM "4930100000000"
#define TO "4940100000000"
#define BATCH 1000u /* whose cost is taken, at each number of calls standing ... */
#define BATCHES 5u  /* ... one behind the other */

static void
set_address(struct co_address *address, const char *digits)
{
	address->type = CO_ADDRESS_E164;
	address->len = (uint8_t)strlen(digits);
	memcpy(address->octets, digits, address->len);
}

void
dial_begin(struct run *r)
{
	set_address(&r->from, FROM);
	set_address(&r->to, TO);
}

/* ---- Calls. ---- */

static bool
dial_one(struct run *r, struct end *e)
{
	struct caller_dial_args args = {
		.adapter = e->trunks[0].adapter,
		.from = r->from,
		.to = r->to,
		.end = CALLER_NO_END,
		.multipoint = r->way->n_leaves > 0,
	};

	if (caller_dial(load_caller(e->load), &args) != 0)
		return false; /* room comes when others are answered */
	attach_address_add(&r->from, 1);
	attach_address_add(&r->to, 1);
	return true;
}

static bool
dial_slice(struct end *e, void *arg)
{
	struct run *r = arg;
	uint32_t before = r->n_started;
	uint64_t begun = rte_rdtsc();

	while (r->n_started < r->n_wanted &&
		r->n_started - e->n_dialled - e->n_failed < MAX_DIALS_OUT) {
		if (!dial_one(r, e))
			break;
		r->n_started++;
		if ((r->n_started & 7) == 0 && end_slice_is_over(begun))
			break;
	}
	return r->n_started != before;
}

static bool
all_dialled(const struct run *r)
{
	return r->near.n_dialled + r->near.n_failed == r->n_wanted;
}

/* ---- Leaves: all calls get one more, and then the next. ---- */

static bool
add_slice(struct end *e, void *arg)
{
	struct run *r = arg;
	uint32_t before = r->n_started;
	uint64_t begun = rte_rdtsc();
	co_vc_t vc;

	while (r->n_started < r->n_wanted &&
		r->n_started - e->n_added - e->n_failed < MAX_DIALS_OUT) {
		vc = co_vc_next(e->co, &r->cursor);
		if (vc == CO_NONE) { /* round again; the call manager's own has no call to add to */
			r->cursor = 0;
			continue;
		}
		if (caller_add_party(load_caller(e->load), vc, &r->to, 0) != CO_STATUS_PENDING)
			continue;
		r->n_started++;
		if ((r->n_started & 7) == 0 && end_slice_is_over(begun))
			break;
	}
	return r->n_started != before;
}

static bool
all_added(const struct run *r)
{
	return r->near.n_added + r->near.n_failed == r->n_wanted;
}

/* ---- The whole. ---- */

static double
dial_phase(struct run *r, uint32_t n, run_done_fn done, end_work_fn work)
{
	double seconds;

	r->n_wanted = n;
	r->n_started = 0;
	r->cursor = 0;
	seconds = turn_until(r, done, work, NULL);
	if (seconds >= 0 && r->near.n_failed == 0)
		return seconds;
	fprintf(stderr,
		"calls: %" PRIu64 " of %u calls or parties came up, %" PRIu64 " failed; mend: more "
		"--seconds, or look at the counters of a run with fewer --calls\n",
		r->near.n_dialled + r->near.n_added, n, r->near.n_failed);
	return -1;
}

double
dial(struct run *r, uint32_t n)
{
	double seconds = dial_phase(r, n, all_dialled, dial_slice);

	if (seconds < 0 || r->way->n_leaves < 2)
		return seconds;
	return dial_phase(r, n * (r->way->n_leaves - 1), all_added, add_slice);
}

/* ---- Growth. ---- */

static uint32_t
batch_of(uint32_t n_calls)
{
	return RTE_MIN(n_calls, BATCH);
}

uint32_t
n_beyond(uint32_t n_calls)
{
	return BATCHES * batch_of(n_calls);
}

/* What all phases so far took together. */
struct total {
	double seconds;
	struct busy busy[2];
	uint32_t n;
};

static void
add_busy(struct busy *sum, const struct busy *b)
{
	int i;

	for (i = 0; i < PART_COUNT; i++)
		sum->parts[i] += b->parts[i];
	sum->total += b->total;
	sum->tokens += b->tokens;
	sum->turns += b->turns;
	sum->longest = RTE_MAX(sum->longest, b->longest);
}

static int
dial_more(struct run *r, struct total *t, uint32_t n)
{
	double seconds = n > 0 ? dial(r, n) : 0;
	int i;

	if (seconds < 0)
		return -1;
	if (n == 0)
		return 0;
	for (i = 0; i < 2; i++)
		add_busy(&t->busy[i], &r->ends[i]->busy);
	t->seconds += seconds;
	t->n += n;
	return 0;
}

static double
busiest_ns(const struct run *r)
{
	return ns_of(RTE_MAX(r->near.busy.total, r->far.busy.total));
}

/* "1k", "100k", "1M", and others as they are. */
static void
name_count(char *name, size_t size, uint32_t n)
{
	if (n >= 1000000 && n % 1000000 == 0)
		snprintf(name, size, "%uM", n / 1000000);
	else if (n >= 1000 && n % 1000 == 0)
		snprintf(name, size, "%uk", n / 1000);
	else
		snprintf(name, size, "%u", n);
}

/* Up to @p standing calls, and then some batches: so few that they change nothing about it. */
static int
measure_at(struct run *r, struct total *t, uint32_t standing)
{
	uint32_t i, batch = batch_of(standing);
	char count[16], name[64];

	if (dial_more(r, t, standing > t->n ? standing - t->n : 0) != 0)
		return -1;
	name_count(count, sizeof(count), standing);
	snprintf(name, sizeof(name), "setup_ns_per_call_standing_%s", count);
	for (i = 0; i < BATCHES; i++) {
		if (dial_more(r, t, batch) != 0)
			return -1;
		row(name, busiest_ns(r) / batch, "ns");
	}
	return 0;
}

int
measure_setup(struct run *r)
{
	static const uint32_t points[] = { 1000, 10000, 100000 };
	struct total t = { .n = 0 };
	uint32_t i;

	for (i = 0; i < RTE_DIM(points); i++)
		if (points[i] + n_beyond(points[i]) <= r->n_calls &&
			measure_at(r, &t, points[i]) != 0)
			return -1;
	if (measure_at(r, &t, r->n_calls) != 0)
		return -1;
	row("calls_set_up", t.n, "calls");
	row("wall_seconds", t.seconds, "s");
	for (i = 0; i < 2; i++)
		r->ends[i]->busy = t.busy[i];
	row("calls_per_second", t.n * 1e9 / busiest_ns(r), "calls/s");
	report_busy(r, t.n);
	r->n_calls = t.n;
	return 0;
}
