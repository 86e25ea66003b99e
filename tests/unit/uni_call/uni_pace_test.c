/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "pair.h"

#include <cmocka.h>

/*
 * An audit that has the transport recover, which begins an audit: it must not go on for ever. Each
 * pair_up() of a link that is up is a recovery.
 */

#define N_CALLS 600u
#define PACE 240u /* enquiries of an audit outstanding */
#define LONG_MS 20000u

static struct pair *
with_calls(uni_call_t *calls)
{
	const struct pair_config config = { .n_calls = N_CALLS };
	struct pair *p = pair_create(&config);
	uint32_t i;

	pair_up(p);
	for (i = 0; i < N_CALLS; i++)
		calls[i] = pair_call_up(p, USER);
	return p;
}

static uint32_t
n_asked(struct pair *p)
{
	return pair_count(p, USER, UNI_MT_STATUS_ENQUIRY);
}

static bool
is_answered(struct pair *p, uni_call_t call)
{
	struct uni_call_info info;

	assert_int_equal(uni_call_query(p->end[USER].u, call, &info), 0);
	return info.told_cause == UNI_CAUSE_STATUS_RESPONSE;
}

/* How many are asked about by a recovery when nobody answers. */
static uint32_t
n_asked_by_recovery(struct pair *p)
{
	uint32_t n = n_asked(p);

	pair_up(p);
	pair_run(p, 100);
	return n_asked(p) - n;
}

/* SIG-95 */
static void
an_audit_asks_half_as_fast_each_time_that_it_is_interrupted(void **state)
{
	uni_call_t calls[N_CALLS];
	struct pair *p = with_calls(calls);
	uint32_t pace;

	(void)state;
	p->end[NETWORK].no_credit = true;
	for (pace = PACE; pace > 1; pace /= 2)
		assert_int_equal(n_asked_by_recovery(p), pace);
	assert_int_equal(n_asked_by_recovery(p), 1);
	assert_int_equal(n_asked_by_recovery(p), 1); /* slower would never end */
	pair_destroy(p);
}

/* SIG-95 */
static void
an_audit_that_comes_to_its_end_lets_the_next_one_ask_faster(void **state)
{
	uni_call_t calls[N_CALLS];
	struct pair *p = with_calls(calls);

	(void)state;
	p->end[NETWORK].no_credit = true;
	n_asked_by_recovery(p);
	assert_int_equal(n_asked_by_recovery(p), PACE / 2);
	assert_int_equal(n_asked_by_recovery(p), PACE / 4);
	p->end[NETWORK].no_credit = false;
	pair_run(p, LONG_MS);
	p->end[NETWORK].no_credit = true;
	assert_int_equal(n_asked_by_recovery(p), PACE / 2);
	p->end[NETWORK].no_credit = false;
	pair_run(p, LONG_MS);
	p->end[NETWORK].no_credit = true;
	assert_int_equal(n_asked_by_recovery(p), PACE);
	pair_destroy(p);
}

/* SIG-100 */
static void
each_recovery_that_interrupts_none_has_all_calls_asked_about(void **state)
{
	uni_call_t calls[N_CALLS];
	struct pair *p = with_calls(calls);
	uint32_t i;

	(void)state;
	for (i = 1; i <= 3; i++) {
		pair_up(p);
		pair_run(p, LONG_MS);
		assert_int_equal(n_asked(p), i * N_CALLS);
	}
	pair_destroy(p);
}

/* SIG-95, SIG-100: only those without an answer are asked about once more */
static void
an_audit_that_is_interrupted_does_not_ask_again_what_was_answered(void **state)
{
	uni_call_t calls[N_CALLS];
	struct pair *p = with_calls(calls);
	uint32_t i, outstanding = 0;

	(void)state;
	for (i = 0; i < 10; i++) {
		pair_up(p);
		pair_run(p, 15);
		outstanding += (PACE >> i) + 1;
	}
	pair_run(p, LONG_MS);
	for (i = 0; i < N_CALLS; i++)
		assert_true(is_answered(p, calls[i]));
	assert_in_range(n_asked(p), N_CALLS, N_CALLS + outstanding);
	pair_destroy(p);
}

/* Whether something is said about a call between its answer and the recovery. */
static uint32_t
n_asked_in_all(bool said)
{
	const struct uni_rates rates = { 5000, 6000 };
	uni_call_t calls[N_CALLS];
	struct pair *p = with_calls(calls);
	uint32_t n;

	pair_up(p);
	pair_run(p, 15);
	assert_true(is_answered(p, calls[0]));
	if (said)
		assert_int_equal(uni_call_modify(p->end[USER].u, calls[0], &rates, p->now_ns), 0);
	pair_run(p, 1); /* it may be lost, but is not encoded again */
	pair_up(p);
	pair_run(p, LONG_MS);
	n = n_asked(p);
	pair_destroy(p);
	return n;
}

/* SIG-100 */
static void
a_call_of_which_something_was_said_since_is_asked_about_again(void **state)
{
	uint32_t n = n_asked_in_all(false);

	(void)state;
	assert_int_equal(n_asked_in_all(true), n + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_audit_asks_half_as_fast_each_time_that_it_is_interrupted),
		cmocka_unit_test(an_audit_that_comes_to_its_end_lets_the_next_one_ask_faster),
		cmocka_unit_test(each_recovery_that_interrupts_none_has_all_calls_asked_about),
		cmocka_unit_test(an_audit_that_is_interrupted_does_not_ask_again_what_was_answered),
		cmocka_unit_test(a_call_of_which_something_was_said_since_is_asked_about_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
