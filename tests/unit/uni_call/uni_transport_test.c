/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Call control over its transport: two ends of uni and SSCF on a wire of 2 ms, in turns of 1 ms,
 * and a hundred thousand calls that are closed at once (SIG-80).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "sscop/sscf.h"
#include "uni/call.h"
#include "uni/codec.h"

#include <cmocka.h>

#define MS UINT64_C(1000000)
#define N_CALLS 100000u
#define N_NEW 1000u /* calls set up meanwhile, at most */
#define BATCH 1000u
#define N_SETUPS 4096u
#define DELAY_MS 2u
#define MAX_FLIGHT 8192u
#define MAX_OCTETS 512u
#define BETWEEN                                                                                    \
	1u /* SD that leaves before the SETUP of a new call, at most: the sources take turns */

enum { USER, NETWORK };

struct flight {
	uint64_t due_ns;
	uint16_t to;
	uint16_t len;
	uint8_t pdu[MAX_OCTETS];
};

struct end {
	struct net *net;
	struct uni *u;
	struct uni_link *l;
	struct sscf *sscf;
	uint32_t n_complete;
	uint32_t n_sds;
	uint32_t max_outstanding;
	uint64_t poll_ns;     /* when the last POLL left */
	uint64_t max_poll_ns; /* the longest time between two */
};

struct net {
	struct end end[2];
	uint64_t now_ns;
	uint64_t random;
	uint32_t loss_permille;
	bool deaf; /* what is sent to the user is lost */
	struct flight *flights;
	uint32_t head, tail;
	struct cp_mem mem;
	uint32_t n_alloc;
	uni_call_t *calls;
	uint32_t *refs;      /* of the calls, in the order of their closes */
	uint32_t n_released; /* RELEASEs of the user seen, in that order */
	/* The call being set up while others are closed. */
	uni_call_t fresh[N_NEW];
	uint32_t n_new;
	bool waits;
	uint64_t asked_ns;
	uint32_t n_sds_before;
	uint32_t max_between;
	uint64_t max_wait_ns;
};

static bool
is_lost(struct net *net)
{
	net->random ^= net->random << 13;
	net->random ^= net->random >> 7;
	net->random ^= net->random << 17;
	return (uint32_t)(net->random >> 32) % 1000 < net->loss_permille;
}

/* An SDU of the user that is new to the wire. */
static void
watch_sdu(struct net *net, const uint8_t *sdu)
{
	struct end *e = &net->end[USER];

	if (sdu[5] == UNI_MT_RELEASE && net->n_released < N_CALLS) {
		assert_int_equal(cp_get_be24(sdu + 2) & 0x7fffff, net->refs[net->n_released]);
		net->n_released++;
	} else if (sdu[5] == UNI_MT_SETUP && net->waits) {
		net->waits = false;
		if (e->n_sds - net->n_sds_before > net->max_between)
			net->max_between = e->n_sds - net->n_sds_before;
		if (net->now_ns - net->asked_ns > net->max_wait_ns)
			net->max_wait_ns = net->now_ns - net->asked_ns;
	}
}

static void
watch(struct end *e, const uint8_t *octets, size_t len)
{
	const struct sscop *s = sscf_sscop(e->sscf);
	struct sscop_pdu pdu;

	assert_int_equal(sscop_pdu_decode(&pdu, octets, len), SSCOP_OK);
	if (sscop_n_unacknowledged(s) > e->max_outstanding)
		e->max_outstanding = sscop_n_unacknowledged(s);
	if (pdu.type == SSCOP_POLL) {
		if (e->net->now_ns - e->poll_ns > e->max_poll_ns)
			e->max_poll_ns = e->net->now_ns - e->poll_ns;
		e->poll_ns = e->net->now_ns;
	}
	if (pdu.type != SSCOP_SD)
		return;
	if (e == &e->net->end[USER] && pdu.n_s == e->n_sds)
		watch_sdu(e->net, pdu.info);
	if (pdu.n_s == e->n_sds)
		e->n_sds++;
}

static bool
on_send_pdu(void *arg, const uint8_t *pdu, size_t len)
{
	struct end *e = arg;
	struct net *net = e->net;
	struct flight *flight = &net->flights[net->tail % MAX_FLIGHT];

	watch(e, pdu, len);
	if (is_lost(net) || (net->deaf && e == &net->end[NETWORK]))
		return true;
	assert_true(net->tail - net->head < MAX_FLIGHT && len <= MAX_OCTETS);
	flight->due_ns = net->now_ns + DELAY_MS * MS;
	flight->to = e == &net->end[USER];
	flight->len = (uint16_t)len;
	memcpy(flight->pdu, pdu, len);
	net->tail++;
	return true;
}

static void
on_established(void *arg, uint64_t now_ns)
{
	uni_link_established(((struct end *)arg)->l, now_ns);
}

static void
on_lost(void *arg, uint64_t now_ns)
{
	uni_link_released(((struct end *)arg)->l, now_ns);
}

static void
on_data(void *arg, const uint8_t *sdu, size_t len, uint64_t now_ns)
{
	uni_link_receive(((struct end *)arg)->l, sdu, len, now_ns);
}

static size_t
on_pull(void *arg, uint8_t *room, size_t size, uint64_t now_ns)
{
	return uni_link_pull(((struct end *)arg)->l, room, size, now_ns);
}

static const struct sscf_ops sscf_ops = {
	.send_pdu = on_send_pdu,
	.establish_ind = on_established,
	.establish_conf = on_established,
	.release_ind = on_lost,
	.release_conf = on_lost,
	.data_ind = on_data,
	.pull_sdu = on_pull,
};

static void
on_sdu_ready(void *arg, uint64_t now_ns)
{
	sscf_sdu_ready(((struct end *)arg)->sscf, now_ns);
}

static uint32_t
n_outstanding(void *arg)
{
	return sscop_n_unacknowledged(sscf_sscop(((struct end *)arg)->sscf));
}

static void
on_establish(void *arg, uint64_t now_ns)
{
	(void)sscf_establish(((struct end *)arg)->sscf, now_ns);
}

static void
on_offer(void *arg, uni_call_t call, const struct uni_setup *setup, uint64_t now_ns)
{
	struct end *e = arg;

	(void)setup;
	assert_int_equal(uni_call_accept(e->u, call, now_ns), 0);
}

static void
on_progress(void *arg, uni_call_t call, uint64_t cookie, const struct uni_elements *came,
	uint64_t now_ns)
{
	(void)came;
	(void)arg;
	(void)call;
	(void)cookie;
	(void)now_ns;
}

static void
on_released(void *arg, uni_call_t call, uint64_t cookie, const struct uni_release *release,
	bool owed, uint64_t now_ns)
{
	struct end *e = arg;

	(void)cookie;
	(void)release;
	assert_true(owed); /* no timer of a call expires, the link stays */
	assert_int_equal(uni_call_close(e->u, call, UNI_CAUSE_NORMAL, NULL, 0, now_ns), 0);
}

static void
on_close_complete(void *arg, uni_call_t call, uint64_t cookie, const struct uni_release *release,
	uint64_t now_ns)
{
	struct end *e = arg;

	(void)call;
	(void)cookie;
	(void)now_ns;
	e->n_complete++;
	uni_link_put_label(e->l, release->label);
}

static void
on_link(void *arg, uint64_t now_ns)
{
	(void)arg;
	(void)now_ns;
}

static const struct uni_link_ops link_ops = {
	.sdu_ready = on_sdu_ready,
	.n_outstanding = n_outstanding,
	.establish = on_establish,
	.offer = on_offer,
	.proceeding = on_progress,
	.alerting = on_progress,
	.connected = on_progress,
	.released = on_released,
	.close_complete = on_close_complete,
	.link_up = on_link,
	.link_down = on_link,
};

static void *
count_alloc(void *arg, size_t size, const char *what)
{
	struct net *net = arg;

	net->n_alloc++;
	return cp_mem_alloc(NULL, size, what);
}

static void
plain_free(void *arg, void *p)
{
	(void)arg;
	cp_mem_free(NULL, p);
}

static void
turn(struct net *net)
{
	const struct flight *flight;
	int side;

	net->now_ns += MS;
	for (side = USER; side <= NETWORK; side++) {
		sscf_poll(net->end[side].sscf, net->now_ns);
		uni_turn(net->end[side].u, net->now_ns, UINT32_MAX);
	}
	for (; net->head != net->tail; net->head++) {
		flight = &net->flights[net->head % MAX_FLIGHT];
		if (flight->due_ns > net->now_ns)
			break;
		sscf_receive(net->end[flight->to].sscf, flight->pdu, flight->len, net->now_ns);
	}
}

static void
run(struct net *net, uint32_t ms)
{
	while (ms-- > 0)
		turn(net);
}

static void
open_end(struct net *net, int side, uint32_t window, uint32_t bulk_window)
{
	static const enum uni_role roles[] = { UNI_ROLE_USER, UNI_ROLE_NETWORK };
	const struct uni_config config = {
		.n_calls = N_CALLS + N_NEW, .n_links = 1, .n_setups = N_SETUPS
	};
	struct uni_link_params params;
	struct sscop_params sscop;
	struct end *e = &net->end[side];

	e->net = net;
	sscop_params_default(&sscop);
	sscop.window = window;
	e->sscf = sscf_create(&sscop, &sscf_ops, e, &net->mem);
	e->u = uni_create(&config, net->now_ns, &net->mem);
	assert_true(e->sscf != NULL && e->u != NULL);
	uni_link_params_default(&params, roles[side]);
	assert_int_equal(params.bulk_window, 1024);
	params.bulk_window = bulk_window;
	params.restart_first = false;
	assert_int_equal(uni_link_create(e->u, &params, &link_ops, e, "t", &e->l), 0);
}

static uni_call_t
set_up(struct net *net)
{
	const struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 5, .octets = "12345" },
		.best_effort = true,
	};
	uni_call_t call = 0;

	assert_int_equal(uni_call_setup(net->end[USER].l, &setup, 7, net->now_ns, &call), 0);
	return call;
}

static uint32_t
n_active(const struct net *net, int side)
{
	struct uni_link_stats stats;

	uni_link_stats(net->end[side].l, &stats);
	return stats.n_active;
}

static void
set_up_all(struct net *net)
{
	struct uni_call_info info;
	uint32_t i;

	for (i = 0; i < N_CALLS; i++) {
		net->calls[i] = set_up(net);
		if (i % BATCH != BATCH - 1)
			continue;
		while (n_active(net, USER) <= i || n_active(net, NETWORK) <= i)
			turn(net);
	}
	for (i = 0; i < N_CALLS; i++) {
		assert_int_equal(uni_call_query(net->end[USER].u, net->calls[i], &info), 0);
		net->refs[i] = info.reference & 0x7fffff;
	}
}

static struct net *
with_calls(uint32_t window, uint32_t bulk_window)
{
	struct net *net = calloc(1, sizeof(*net));
	int side;

	assert_non_null(net);
	net->flights = calloc(MAX_FLIGHT, sizeof(*net->flights));
	net->calls = calloc(N_CALLS, sizeof(*net->calls));
	net->refs = calloc(N_CALLS, sizeof(*net->refs));
	assert_true(net->flights != NULL && net->calls != NULL && net->refs != NULL);
	net->mem = (struct cp_mem){ .alloc = count_alloc, .free = plain_free, .arg = net };
	net->now_ns = 1000 * MS;
	net->random = 0x80;
	for (side = USER; side <= NETWORK; side++)
		open_end(net, side, window, bulk_window);
	for (side = USER; side <= NETWORK; side++)
		uni_link_start(net->end[side].l, net->now_ns);
	run(net, 100);
	assert_true(uni_link_is_up(net->end[USER].l));
	set_up_all(net);
	run(net, 1000);
	for (side = USER; side <= NETWORK; side++)
		net->end[side].max_outstanding = 0;
	return net;
}

static void
net_free(struct net *net)
{
	int side;

	for (side = USER; side <= NETWORK; side++) {
		uni_destroy(net->end[side].u);
		sscf_destroy(net->end[side].sscf);
	}
	free(net->flights);
	free(net->calls);
	free(net->refs);
	free(net);
}

static void
close_all(struct net *net, const uni_call_t *calls, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		assert_int_equal(uni_call_close(net->end[USER].u, calls[i], UNI_CAUSE_NORMAL, NULL,
					 0, net->now_ns),
			0);
}

/* One call more, unless the SETUP of the last one has not left yet. */
static void
set_up_one_more(struct net *net)
{
	if (net->waits || net->n_new == N_NEW)
		return;
	net->waits = true;
	net->asked_ns = net->now_ns;
	net->n_sds_before = net->end[USER].n_sds;
	net->fresh[net->n_new++] = set_up(net);
}

static uint32_t
n_timers(const struct net *net)
{
	struct uni_census census;

	uni_census(net->end[USER].u, &census);
	return census.n_timers;
}

/* Close all at once and set calls up beside, until it is over; turns. */
static void
close_beside_new_calls(struct net *net, uint32_t bulk_window)
{
	struct end *e = &net->end[USER];
	uint32_t n_alloc = net->n_alloc, n_turns = 0;

	close_all(net, net->calls, N_CALLS);
	assert_true(n_timers(net) <= bulk_window); /* T308, of those that are on the wire */
	while (e->n_complete < N_CALLS) {
		if (n_turns++ % 4 == 0)
			set_up_one_more(net);
		turn(net);
		/* an answer to what has arrived waits in the peer's bound, with losses for long */
		assert_true(net->loss_permille > 0 || n_timers(net) <= 4 * bulk_window);
		assert_true(n_turns < 100000);
	}
	assert_int_equal(net->n_released, N_CALLS);
	assert_int_equal(net->n_alloc, n_alloc);
	assert_true(net->n_new > 50);
}

static void
nothing_is_left(struct net *net)
{
	struct uni_census census;
	int side;

	run(net, 2000);
	assert_int_equal(n_active(net, USER), net->n_new);
	assert_int_equal(n_active(net, NETWORK), net->n_new);
	close_all(net, net->fresh, net->n_new);
	run(net, 2000);
	for (side = USER; side <= NETWORK; side++) {
		uni_census(net->end[side].u, &census);
		assert_int_equal(census.n_calls, 0);
		assert_int_equal(census.n_timers, 0);
		assert_int_equal(sscop_n_unacknowledged(sscf_sscop(net->end[side].sscf)), 0);
	}
}

/* SIG-80: the SETUP of a new call leaves in the turn that it is asked for in, behind few others. */
static void
a_new_call_passes_a_hundred_thousand_closes(void **state)
{
	struct net *net = with_calls(SSCOP_MAX_WINDOW, 1024);

	(void)state;
	close_beside_new_calls(net, 1024);
	assert_true(net->max_between <= BETWEEN);
	assert_true(net->max_wait_ns <= MS);
	/* what is urgent comes on top of the bound: new calls, and they are few */
	assert_true(net->end[USER].max_outstanding >= 1024);
	assert_true(net->end[USER].max_outstanding < 1024 + 32);
	assert_true(net->end[NETWORK].max_outstanding < 1024 + 32);
	nothing_is_left(net);
	net_free(net);
}

/* SIG-80: with a window below the bound a SETUP waits for the STAT that is on its way. */
static void
a_new_call_waits_a_round_trip_where_closes_fill_the_window(void **state)
{
	struct net *net = with_calls(128, 1024);

	(void)state;
	close_beside_new_calls(net, 1024);
	assert_true(net->max_between <= BETWEEN);
	assert_true(net->max_wait_ns <= (2 * DELAY_MS + 2) * MS);
	assert_int_equal(net->end[USER].max_outstanding, 128);
	nothing_is_left(net);
	net_free(net);
}

/* SIG-80 */
static void
the_bound_of_closes_is_what_is_configured(void **state)
{
	struct net *net = with_calls(SSCOP_MAX_WINDOW, 200);

	(void)state;
	close_beside_new_calls(net, 200);
	assert_true(net->end[USER].max_outstanding >= 200);
	assert_true(net->end[USER].max_outstanding < 200 + 32);
	assert_true(net->max_wait_ns <= MS);
	nothing_is_left(net);
	net_free(net);
}

/* SIG-80, SSCOP-18: nothing comes back for three seconds, in the middle of it. */
static void
polls_and_setups_go_out_while_closes_wait_for_a_silent_peer(void **state)
{
	struct net *net = with_calls(SSCOP_MAX_WINDOW, 1024);
	struct end *e = &net->end[USER];
	uint32_t n_sds;

	(void)state;
	close_all(net, net->calls, N_CALLS);
	run(net, 20);
	net->deaf = true;
	run(net, 100);
	n_sds = e->n_sds;
	e->poll_ns = net->now_ns;
	e->max_poll_ns = 0;
	run(net, 3000);
	assert_int_equal(e->n_sds, n_sds);
	assert_true(e->max_poll_ns <= 750 * MS);
	assert_true(net->now_ns - e->poll_ns <= 750 * MS);
	set_up_one_more(net);
	turn(net);
	assert_false(net->waits);
	assert_int_equal(e->n_sds, n_sds + 1);
	net->deaf = false;
	while (e->n_complete < N_CALLS)
		turn(net);
	nothing_is_left(net);
	net_free(net);
}

/* SIG-80, SSCOP-43 */
static void
a_mass_close_over_a_wire_that_loses_leaves_nothing(void **state)
{
	struct net *net = with_calls(SSCOP_MAX_WINDOW, 1024);

	(void)state;
	net->loss_permille = 10;
	close_beside_new_calls(net, 1024);
	assert_true(net->max_between <= BETWEEN);
	nothing_is_left(net);
	net_free(net);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_call_passes_a_hundred_thousand_closes),
		cmocka_unit_test(a_new_call_waits_a_round_trip_where_closes_fill_the_window),
		cmocka_unit_test(the_bound_of_closes_is_what_is_configured),
		cmocka_unit_test(polls_and_setups_go_out_while_closes_wait_for_a_silent_peer),
		cmocka_unit_test(a_mass_close_over_a_wire_that_loses_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
