/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pair.h"

#include <cmocka.h>

#define N_NOTICES 256u /* that wait at one time */

static const uint8_t words[] = { 0x80, 1, 2, 3 };
static const struct uni_notification notification = {
	.octets = words,
	.len = sizeof(words),
	.instructions = 0x92, /* discard the element, and report */
};

static struct pair *
up(void)
{
	struct pair *p = pair_create(NULL);

	pair_up(p);
	return p;
}

static int
notify(struct pair *p, int side, uni_call_t call, uni_party_t party)
{
	return uni_call_notify(p->end[side].u, call, party, &notification, p->now_ns);
}

static void
expect_notified(struct pair *p, int side, uint32_t n)
{
	const struct pair_end *e = &p->end[side];

	assert_int_equal(e->n_told[TOLD_NOTIFIED], n);
	assert_int_equal(e->notification[0], notification.instructions);
	assert_int_equal(e->notification_len, 1 + sizeof(words));
	assert_memory_equal(e->notification + 1, words, sizeof(words));
}

/* SIG-71: octets and instructions as they were given, in both directions */
static void
a_notification_arrives_as_it_was_given(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER), theirs = p->end[NETWORK].call;

	(void)state;
	assert_int_equal(notify(p, USER, call, 0), 0);
	pair_settle(p);
	assert_string_equal(pair_said_last(p), "U NOTIFY");
	expect_notified(p, NETWORK, 1);
	assert_int_equal(p->end[NETWORK].call, theirs);
	assert_int_equal(notify(p, NETWORK, theirs, 0), 0);
	pair_settle(p);
	expect_notified(p, USER, 1);
	assert_int_equal(p->end[USER].cookie, 4711);
	assert_int_equal(p->end[USER].party, 0);
	pair_destroy(p);
}

/* SIG-71: the called side waits, rings, is up, is released */
static void
it_is_passed_up_in_every_state_but_those_of_clearing(void **state)
{
	struct pair *p = up();
	uni_call_t call, theirs;
	uint32_t n;

	(void)state;
	p->end[USER].on_released = PAIR_WAIT;
	call = pair_call(p, NETWORK);
	pair_settle(p);
	theirs = p->end[USER].call;
	for (n = 1; n <= 3; n++) {
		assert_int_equal(notify(p, NETWORK, call, 0), 0);
		assert_int_equal(notify(p, USER, theirs, 0), 0);
		pair_settle(p);
		expect_notified(p, USER, n);
		expect_notified(p, NETWORK, n);
		if (n == 1)
			assert_int_equal(uni_call_alert(p->end[USER].u, theirs, p->now_ns), 0);
		else if (n == 2)
			assert_int_equal(uni_call_accept(p->end[USER].u, theirs, p->now_ns), 0);
		pair_settle(p);
	}
	pair_close(p, NETWORK, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_int_equal(notify(p, NETWORK, call, 0), -EPROTO);
	assert_int_equal(notify(p, USER, theirs, 0), -EPROTO);
	pair_inject(p, USER, "09030000016e8000082780000480010203");
	assert_string_equal(pair_said_last(p), "U STATUS state 12 101/6e");
	assert_int_equal(p->end[USER].n_told[TOLD_NOTIFIED], 3);
	pair_destroy(p);
}

/* SIG-71, SIG-107 */
static void
one_about_a_party_names_it(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_multipoint_up(p, USER);
	uni_party_t party = pair_add_up(p, USER, call);

	(void)state;
	assert_int_equal(notify(p, USER, call, party), 0);
	pair_settle(p);
	assert_string_equal(pair_said_last(p), "U NOTIFY party 1");
	expect_notified(p, NETWORK, 1);
	assert_int_equal(p->end[NETWORK].cookie, p->end[NETWORK].party);
	assert_int_equal(notify(p, NETWORK, p->end[NETWORK].call, p->end[NETWORK].party), 0);
	pair_settle(p);
	expect_notified(p, USER, 1);
	assert_int_equal(p->end[USER].party, party);
	assert_int_equal(p->end[USER].cookie, 4712);
	pair_drop(p, USER, party, UNI_CAUSE_NORMAL);
	assert_int_equal(notify(p, USER, call, party), -EPROTO);
	pair_settle(p);
	assert_int_equal(notify(p, USER, call, party), -ESTALE);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

/* SIG-71, SIG-46: before it the peer would know of no call */
static void
one_that_is_given_before_setup_is_sent_goes_after_it(void **state)
{
	struct pair *p = up();
	uni_call_t call;

	(void)state;
	p->end[USER].no_credit = true;
	call = pair_call(p, USER);
	assert_int_equal(notify(p, USER, call, 0), 0);
	pair_settle(p);
	p->end[USER].no_credit = false;
	pair_settle(p);
	assert_string_equal(pair_said(p, 0), "U SETUP");
	assert_string_equal(pair_said(p, 1), "U NOTIFY");
	expect_notified(p, NETWORK, 1);
	pair_destroy(p);
}

static void
notices_that_wait_are_bounded_and_go_with_their_call_or_link(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER), other = pair_call_up(p, USER);
	struct uni_notification none = notification;
	uint8_t octets[UNI_MAX_NOTIFICATION + 1] = { 0 };
	uint32_t i;

	(void)state;
	none.len = 0;
	assert_int_equal(uni_call_notify(p->end[USER].u, call, 0, &none, p->now_ns), -EINVAL);
	none.octets = octets;
	none.len = sizeof(octets);
	assert_int_equal(uni_call_notify(p->end[USER].u, call, 0, &none, p->now_ns), -EINVAL);
	none = notification;
	none.instructions = 0xe0;
	assert_int_equal(uni_call_notify(p->end[USER].u, call, 0, &none, p->now_ns), -EINVAL);
	p->end[USER].no_credit = true;
	for (i = 0; i < N_NOTICES; i++)
		assert_int_equal(notify(p, USER, call, 0), 0);
	assert_int_equal(notify(p, USER, other, 0), -EAGAIN);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	p->end[USER].no_credit = false;
	pair_settle(p);
	assert_int_equal(pair_count(p, USER, UNI_MT_NOTIFY), 0);
	assert_int_equal(notify(p, USER, other, 0), 0);
	pair_down(p);
	assert_int_equal(notify(p, USER, other, 0), -ENETDOWN);
	pair_up(p);
	pair_settle(p);
	assert_int_equal(pair_count(p, USER, UNI_MT_NOTIFY), 0);
	pair_close(p, USER, other, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_notification_arrives_as_it_was_given),
		cmocka_unit_test(it_is_passed_up_in_every_state_but_those_of_clearing),
		cmocka_unit_test(one_about_a_party_names_it),
		cmocka_unit_test(one_that_is_given_before_setup_is_sent_goes_after_it),
		cmocka_unit_test(notices_that_wait_are_bounded_and_go_with_their_call_or_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
