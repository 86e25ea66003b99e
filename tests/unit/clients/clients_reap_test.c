/* SPDX-License-Identifier: BSD-3-Clause */
/* A client over an MCM on the real dataplane: its VCs outlive their calls by a grace period. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../trunk/pairing.h"
#include "clients/load.h"

#include <cmocka.h>

#define N_CALLS 8u

struct reap {
	struct chain *ch;
	struct load *load;
	unsigned int n_dialled, n_closed;
	uint64_t jobs_closed; /* a bit for each */
};

static void
on_dialled(void *arg, uint32_t job, enum co_status status, uint8_t cause)
{
	struct reap *r = arg;

	(void)job;
	(void)cause;
	assert_int_equal(status, CO_STATUS_SUCCESS);
	r->n_dialled++;
}

static void
on_closed(void *arg, uint32_t job, enum co_status status)
{
	struct reap *r = arg;

	assert_int_equal(status, CO_STATUS_SUCCESS);
	assert_int_equal(r->jobs_closed & 1u << job, 0);
	r->jobs_closed |= 1u << job;
	r->n_closed++;
}

static const struct caller_reports reports = { .dialled = on_dialled, .closed = on_closed };

/* A load on the user side, whose calls the chain's client on the network side takes. */
static int
setup(void **state)
{
	static const struct caller_config config = {
		.name = "load", .n_calls = N_CALLS, .n_dials = N_CALLS
	};
	static struct reap r;

	r = (struct reap){ .ch = chain_create(&(struct chain_config){ .mcm = { true, true } }) };
	assert_int_equal(load_create(r.ch->co[USER], &config, &reports, &r, NULL, &r.load), 0);
	*state = &r;
	return 0;
}

static int
teardown(void **state)
{
	struct reap *r = *state;

	assert_int_equal(caller_n_calls(load_caller(r->load)), 0);
	assert_true(caller_shut(load_caller(r->load)));
	chain_destroy(r->ch);
	load_destroy(r->load);
	return 0;
}

static void
run_ms(struct reap *r, uint32_t ms, uint32_t max)
{
	while (ms-- > 0) {
		chain_turn(r->ch);
		caller_turn(load_caller(r->load), max);
	}
}

static void
dial_all(struct reap *r)
{
	struct co_address from = { .type = CO_ADDRESS_E164, .len = 1, .octets = { '1' } };
	struct co_address to = { .type = CO_ADDRESS_E164, .len = 1, .octets = { '2' } };
	uint32_t i;

	for (i = 0; i < N_CALLS; i++)
		assert_int_equal(load_dial(r->load, r->ch->adapter[USER], &from, &to, 0, i), 0);
	run_ms(r, 300, UINT32_MAX);
	assert_int_equal(r->n_dialled, N_CALLS);
}

static void
close_all(struct reap *r)
{
	struct co *co = r->ch->co[USER];
	struct co_data none = { NULL, 0 };
	uint32_t cursor = 0, job = 0;
	co_vc_t vc;

	while ((vc = co_vc_next(co, &cursor)) != CO_NONE)
		assert_int_equal(
			caller_close(load_caller(r->load), vc, job++, none), CO_STATUS_PENDING);
	assert_int_equal(job, N_CALLS);
}

/* DEL-9, I2: the jobs are done when the calls are, the records go when the circuits have. */
static void
vcs_of_closed_calls_are_deleted_after_the_grace_period(void **state)
{
	struct reap *r = *state;

	dial_all(r);
	trunk_hold(r->ch, true);
	close_all(r);
	run_ms(r, 300, UINT32_MAX);
	assert_int_equal(r->n_closed, N_CALLS);
	assert_int_equal(caller_n_calls(load_caller(r->load)), N_CALLS);
	trunk_hold(r->ch, false);
	run_ms(r, 5, UINT32_MAX);
	assert_int_equal(caller_n_calls(load_caller(r->load)), 0);
	assert_int_equal(r->n_closed, N_CALLS);
}

static void
a_turn_deletes_no_more_than_it_may(void **state)
{
	struct reap *r = *state;

	dial_all(r);
	close_all(r);
	run_ms(r, 300, 0);
	assert_int_equal(caller_n_calls(load_caller(r->load)), N_CALLS);
	caller_turn(load_caller(r->load), 3);
	assert_int_equal(caller_n_calls(load_caller(r->load)), N_CALLS - 3);
	caller_turn(load_caller(r->load), N_CALLS);
	assert_int_equal(caller_n_calls(load_caller(r->load)), 0);
}

/* The list that the records wait in can be used again once it has been empty. */
static void
records_are_good_for_the_next_calls(void **state)
{
	struct reap *r = *state;

	dial_all(r);
	close_all(r);
	run_ms(r, 300, 2);
	assert_int_equal(caller_n_calls(load_caller(r->load)), 0);
	r->n_dialled = 0;
	r->jobs_closed = 0;
	dial_all(r);
	close_all(r);
	run_ms(r, 300, 1);
	assert_int_equal(caller_n_calls(load_caller(r->load)), 0);
	assert_int_equal(r->n_closed, 2 * N_CALLS);
}

#define REAP(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		REAP(vcs_of_closed_calls_are_deleted_after_the_grace_period),
		REAP(a_turn_deletes_no_more_than_it_may),
		REAP(records_are_good_for_the_next_calls),
	};

	return cmocka_run_group_tests(tests, eal_setup, eal_teardown);
}
