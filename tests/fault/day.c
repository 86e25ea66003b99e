/* SPDX-License-Identifier: BSD-3-Clause */
#include "day.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit/base/random.h"
#include "uni/codec.h"

#include <cmocka.h>

/*
 * The course of a day. Time goes from one event to the next, but never further than a turn of the
 * control loop would take: call control does not tell when its next timer is due.
 */

#define TURN_NS (10 * MS)
#define DELAY_NS (5 * MS)
#define LONG_OUTAGE_S 600u
#define N_PARTS 12u
#define N_PAUSES (N_PARTS + 1)
#define PAUSE_S 300u /* that is what one takes, about */
#define CROWDS 5u    /* of a hundred times it is more than one call */
#define CROWD_MAX 20u
#define QUIET_S 20u      /* so long nobody says anything */
#define PATIENCE_S 7200u /* until it is quiet */

static const struct wire_faults bad = {
	.lost = 10000,
	.repeated = 10000,
	.overtaken = 10000,
	.damaged = 2000,
	.late_ns = 40 * MS,
};

uint32_t
day_below(struct day *d, uint32_t n)
{
	return random_below(&d->random, n);
}

bool
day_happens(struct day *d, uint32_t of_a_hundred)
{
	return day_below(d, 100) < of_a_hundred;
}

uint64_t
day_random_ns(struct day *d, uint64_t mean_ns)
{
	double share = (1.0 + day_below(d, 1u << 24)) / (1u << 24);

	return (uint64_t)(-log(share) * (double)mean_ns);
}

/* ---- Deeds. ---- */

static uint64_t
min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool
can_wait(enum deed deed)
{
	return deed <= DEED_DROP;
}

void
day_plan(struct day *d, uint64_t in_ns, enum deed deed, int side, uint32_t id)
{
	d->n_owed += !can_wait(deed);
	agenda_put(&d->deeds, d->now_ns + in_ns, (uint64_t)deed << 40 | (uint64_t)side << 32 | id);
}

static bool
is_of_party(enum deed deed)
{
	return deed == DEED_ADD || deed == DEED_DROP || deed == DEED_ANSWER_PARTY ||
	       deed == DEED_ACCEPT_PARTY || deed == DEED_ANSWER_DROP;
}

/* Calls come alone, or with others at once, spread over what is left of the day. */
static void
plan_next_call(struct day *d)
{
	uint64_t left_ns = d->over_ns - min(d->now_ns, d->over_ns);
	uint64_t paused_ns = (N_PAUSES - d->n_pauses) * PAUSE_S * SECOND;
	uint32_t n = day_happens(d, CROWDS) ? 1 + day_below(d, CROWD_MAX) : 1;

	if (d->n_placed >= d->config.n_calls)
		return;
	left_ns = left_ns > paused_ns ? left_ns - paused_ns : SECOND;
	left_ns = left_ns * (100 + CROWDS * (CROWD_MAX - 1) / 2) / 100;
	day_plan(d, day_random_ns(d, left_ns / (d->config.n_calls - d->n_placed)), DEED_CALL,
		(int)day_below(d, 2), n);
}

static void
do_deed(struct day *d, uint64_t what)
{
	enum deed deed = (enum deed)(what >> 40);
	struct day_end *e = &d->end[what >> 32 & 1];
	uint32_t id = (uint32_t)what, n;

	if (can_wait(deed) && d->pausing) {
		if (!d->over)
			day_plan(d, 30 * SECOND + day_random_ns(d, 30 * SECOND), deed, e->side, id);
		return;
	}
	if (is_of_party(deed)) {
		day_party_do(e, deed, id);
		return;
	}
	for (n = deed == DEED_CALL ? id : 1; n > 0; n--)
		day_call_do(&d->end[deed == DEED_CALL && n > 1 ? (int)day_below(d, 2) : e->side],
			deed, id);
	if (deed == DEED_CALL)
		plan_next_call(d);
}

/* ---- Time. ---- */

static uint64_t
next_ns(const struct day *d)
{
	uint64_t t = d->now_ns - d->now_ns % TURN_NS + TURN_NS;

	t = min(t, wire_next_ns(&d->wire));
	t = min(t, agenda_next_ns(&d->deeds));
	t = min(t, sscop_next_due_ns(sscf_sscop(d->end[USER].sscf)));
	return min(t, sscop_next_due_ns(sscf_sscop(d->end[NETWORK].sscf)));
}

static void
turn(struct day *d)
{
	const uint8_t *pdu;
	uint64_t what;
	size_t len;
	int to;

	d->now_ns = next_ns(d);
	while ((pdu = wire_receive(&d->wire, d->now_ns, &to, &len)) != NULL)
		sscf_receive(d->end[to].sscf, pdu, len, d->now_ns);
	while (agenda_take(&d->deeds, d->now_ns, &what)) {
		d->n_owed -= !can_wait((enum deed)(what >> 40));
		do_deed(d, what);
	}
	day_end_turn(&d->end[USER]);
	day_end_turn(&d->end[NETWORK]);
}

static void
run_until(struct day *d, uint64_t until_ns)
{
	while (d->now_ns < until_ns)
		turn(d);
}

/* ---- Pauses. ---- */

static uint64_t
n_said(const struct day *d)
{
	struct uni_link_stats stats;
	uint64_t n = 0;
	int side, type;

	for (side = 0; side < 2; side++) {
		uni_link_stats(d->end[side].l, &stats);
		for (type = 0; type < 256; type++)
			n += stats.tx[type];
	}
	return n;
}

static bool
is_still(const struct day *d)
{
	struct uni_census census;
	int side;

	for (side = 0; side < 2; side++) {
		uni_census(d->end[side].u, &census);
		if (!uni_link_is_up(d->end[side].l) || census.n_timers > 0 ||
			census.n_link_timers > 0 ||
			sscop_n_unacknowledged(sscf_sscop(d->end[side].sscf)) > 0)
			return false;
	}
	return d->n_owed == 0;
}

/* Until nobody has had anything to say, or to wait for, for a while. */
static void
become_quiet(struct day *d)
{
	uint64_t until_ns = d->now_ns + PATIENCE_S * SECOND, since_ns = d->now_ns, n = n_said(d);

	while (d->now_ns < since_ns + QUIET_S * SECOND) {
		if (d->now_ns >= until_ns) {
			(void)day_n_disagreements(d);
			fail_msg("it never becomes quiet");
		}
		run_until(d, d->now_ns + SECOND);
		if (is_still(d) && n_said(d) == n)
			continue;
		n = n_said(d);
		since_ns = d->now_ns;
	}
}

static void
pause_and_compare(struct day *d)
{
	d->pausing = true;
	become_quiet(d);
	d->n_disagreements += day_n_disagreements(d);
	d->n_pauses++;
	d->pausing = d->over;
}

/* ---- The day. ---- */

/* Of the short ones some hit one direction alone. */
static void
fail_for(struct day *d, uint64_t ns, bool both)
{
	int one = (int)day_below(d, 2);

	d->n_outages++;
	d->wire.dead[one] = true;
	d->wire.dead[!one] = both;
	run_until(d, d->now_ns + ns);
	d->wire.dead[0] = false;
	d->wire.dead[1] = false;
}

static void
short_outage(struct day *d)
{
	fail_for(d, 2 * SECOND + day_below(d, 6000) * MS, day_happens(d, 60));
}

/* T309 runs out at both ends (SIG-99); what they think of the calls is settled after that. */
static void
long_outage(struct day *d)
{
	d->long_outage = true;
	fail_for(d, LONG_OUTAGE_S * SECOND, true);
	run_until(d, d->now_ns + 60 * SECOND);
	d->long_outage = false;
}

struct day *
day_create(const struct day_config *config)
{
	struct day *d = calloc(1, sizeof(*d));
	int side;

	assert_non_null(d);
	d->config = *config;
	d->random = config->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	d->now_ns = 1000 * SECOND;
	d->began_ns = d->now_ns;
	d->over_ns = d->now_ns + (uint64_t)DAY_S * SECOND * config->n_calls / DAY_CALLS;
	wire_init(&d->wire, DELAY_NS, random_next(&d->random) + UINT64_C(1));
	d->wire.faults = bad;
	for (side = 0; side < 2; side++)
		day_end_create(d, side);
	return d;
}

void
day_destroy(struct day *d)
{
	day_end_destroy(&d->end[USER]);
	day_end_destroy(&d->end[NETWORK]);
	agenda_fini(&d->deeds);
	wire_fini(&d->wire);
	free(d);
}

/* The day in equal parts: in each an outage, the long one too in the middle; a pause behind each.
 */
void
day_live(struct day *d)
{
	uint64_t part_ns = (d->over_ns - d->began_ns) / N_PARTS, begins_ns = d->began_ns;
	uint32_t i;

	uni_link_start(d->end[USER].l, d->now_ns);
	uni_link_start(d->end[NETWORK].l, d->now_ns);
	plan_next_call(d);
	for (i = 0; i < N_PARTS; i++, begins_ns += part_ns) {
		run_until(d, begins_ns + day_random_ns(d, part_ns / 4));
		short_outage(d);
		pause_and_compare(d);
		if (i != N_PARTS / 2)
			continue;
		run_until(d, begins_ns + part_ns / 2);
		long_outage(d);
		pause_and_compare(d);
	}
	run_until(d, d->over_ns);
	while (d->n_placed < d->config.n_calls)
		turn(d);
	d->over = true;
}

static void
close_all(struct day *d, int side)
{
	struct day_end *e = &d->end[side];
	uint32_t i;

	for (i = 0; i < DAY_RECORDS; i++)
		if (e->calls[i].id != 0)
			assert_true(day_call_close(e, &e->calls[i]));
}

void
day_end_in_peace(struct day *d)
{
	if (!d->config.stays_bad)
		d->wire.faults = (struct wire_faults){ 0 };
	pause_and_compare(d);
	close_all(d, (int)day_below(d, 2));
	become_quiet(d);
	d->n_leftovers = day_n_leftovers(d);
}

/* ---- What it was like. ---- */

static void
report_calls(const struct day *d)
{
	const struct day_count *u = &d->end[USER].n, *n = &d->end[NETWORK].n;
	uint32_t cause;

	printf("#: seed %" PRIu64 ", %" PRIu64 " s: %u calls placed, %" PRIu64 " answered, %" PRIu64
	       " refused by the called, %" PRIu64 " never answered; %" PRIu64
	       " not placed, link down\n",
		d->config.seed, (d->now_ns - d->began_ns) / SECOND, d->n_placed,
		u->connected + n->connected, u->refused + n->refused, u->unanswered + n->unanswered,
		u->no_link + n->no_link);
	printf("#:   parties %" PRIu64 ", of them joined later %" PRIu64 "; rates changed %" PRIu64
	       " times, refused %" PRIu64 "; in doubt %" PRIu64 "\n",
		u->parties + n->parties, u->joined + n->joined, u->modified + n->modified,
		u->modify_refused + n->modify_refused, u->doubted + n->doubted);
	printf("#:   ends told, user and network, by cause, 0 where it was closed from here:");
	for (cause = 0; cause < 128; cause++)
		if (u->ended_by[cause] + n->ended_by[cause] > 0)
			printf(" %u: %" PRIu64 "+%" PRIu64, cause, u->ended_by[cause],
				n->ended_by[cause]);
	printf("\n");
}

static void
report_link(const struct day *d, int side)
{
	const struct sscop_stats *s = sscop_stats(sscf_sscop(d->end[side].sscf));
	const struct day_end *e = &d->end[side];
	struct uni_link_stats stats;

	uni_link_stats(e->l, &stats);
	printf("#:   %s: link lost %" PRIu64 " times, recovered %" PRIu64 "; ER sent %" PRIu64
	       ", SD sent again %" PRIu64 ", errors Q %" PRIu64 " R %" PRIu64 " S %" PRIu64
	       " T %" PRIu64 "; enquiries %" PRIu64 ", restarts %" PRIu64 ", alarms %" PRIu64
	       "; timers expired %" PRIu64 "\n",
		side == USER ? "user" : "network", e->n.n_down, e->n.n_recovered, s->tx[SSCOP_ER],
		s->retransmitted, s->errors['Q' - 'A'], s->errors['R' - 'A'], s->errors['S' - 'A'],
		s->errors['T' - 'A'], stats.tx[UNI_MT_STATUS_ENQUIRY], e->n.restarted, e->n.alarms,
		stats.timer_expired);
}

void
day_report(const struct day *d)
{
	const struct wire_stats *w = &d->wire.stats;

	report_calls(d);
	report_link(d, USER);
	report_link(d, NETWORK);
	printf("#:   wire: %" PRIu64 " frames, lost %" PRIu64 ", repeated %" PRIu64
	       ", overtaken %" PRIu64 ", damaged %" PRIu64 ", all found; %" PRIu64
	       " in %u outages; %u quiet moments compared\n",
		w->sent, w->lost, w->repeated, w->overtaken, w->damaged, w->dead, d->n_outages,
		d->n_pauses);
}
