/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pair.h"

#include <cmocka.h>

#define RESTART_ALL "0903000000468000057980000182"
#define RESTART_VC_0_32 "09030000004680000e5a80000588000000207980000180"
#define RESTART_VPC_0 "09030000004680000e5a8000058c000000007980000181"
#define RESTART_VPC_3 "09030000004680000e5a8000058c000300007980000181"
#define RESTART_VC_99 "09030000004680000e5a80000588006300207980000180"

static struct pair *
up(void)
{
	struct pair *p = pair_create(NULL);

	pair_up(p);
	return p;
}

/* The peer's restart has cleared nothing at the user's end; that is done by hand. */
static void
down(struct pair *p)
{
	p->head = p->n;
	pair_inject(p, USER, RESTART_ALL);
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

/* SIG-R6, R7, SIG-81 */
static void
a_restart_of_all_clears_all_without_a_release(void **state)
{
	struct pair *p = up();
	uint32_t n;

	(void)state;
	pair_call_up(p, USER);
	pair_call_up(p, NETWORK);
	n = p->n;
	pair_inject(p, NETWORK, RESTART_ALL);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_GONE], 2);
	assert_int_equal(p->end[NETWORK].cause, UNI_CAUSE_TEMPORARY_FAILURE);
	assert_int_equal(p->n, n + 1);
	assert_string_equal(pair_said_last(p), "N RESTART_ACK");
	down(p);
}

/* SIG-82 */
static void
a_restart_of_a_vc_or_a_vpc_leaves_the_others(void **state)
{
	struct pair *p = up();
	uni_call_t first, second;

	(void)state;
	pair_call_up(p, USER);
	first = p->end[NETWORK].call;
	pair_call_up(p, USER);
	second = p->end[NETWORK].call;
	pair_inject(p, NETWORK, RESTART_VPC_3);
	assert_string_equal(pair_said_last(p), "N RESTART_ACK vc 3/0");
	assert_int_equal(p->end[NETWORK].n_told[TOLD_GONE], 0);
	pair_inject(p, NETWORK, RESTART_VC_0_32);
	assert_string_equal(pair_said_last(p), "N RESTART_ACK vc 0/32");
	assert_int_equal(p->end[NETWORK].n_told[TOLD_GONE], 1);
	assert_int_equal(pair_state(p, NETWORK, first), UNI_ST_COUNT);
	assert_int_equal(pair_state(p, NETWORK, second), UNI_ST_ACTIVE);
	pair_inject(p, NETWORK, RESTART_VPC_0);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_GONE], 2);
	down(p);
}

/* SIG-84 */
static void
a_restart_of_a_vc_that_is_none_of_ours_is_acknowledged(void **state)
{
	struct pair *p = up();

	(void)state;
	pair_inject(p, NETWORK, RESTART_VC_99);
	assert_string_equal(pair_said_last(p), "N RESTART_ACK vc 99/32");
	down(p);
}

/* SIG-R7, SIG-R8 */
static void
the_acknowledgement_waits_for_the_dataplane(void **state)
{
	struct pair *p = up();
	uint32_t n;

	(void)state;
	pair_call_up(p, USER);
	p->end[NETWORK].keep_labels = true;
	n = p->n;
	pair_inject(p, NETWORK, RESTART_ALL);
	assert_int_equal(p->n, n);
	pair_inject(p, NETWORK, RESTART_ALL);
	assert_string_equal(pair_said_last(p), "N STATUS state 62 101/46");
	uni_link_put_label(p->end[NETWORK].l, 32);
	p->head = p->n;
	pair_run(p, 1);
	assert_string_equal(pair_said_last(p), "N RESTART_ACK");
	down(p);
}

/* SIG-R9, SIG-T8 */
static void
a_dataplane_that_does_not_drain_is_reported_and_not_acknowledged(void **state)
{
	struct pair *p = up();
	struct uni_link_stats stats;

	(void)state;
	pair_call_up(p, USER);
	p->end[NETWORK].keep_labels = true;
	pair_inject(p, NETWORK, RESTART_ALL);
	pair_run(p, 90010);
	assert_int_equal(pair_count(p, NETWORK, UNI_MT_RESTART_ACK), 0);
	uni_link_stats(p->end[NETWORK].l, &stats);
	assert_int_equal(stats.restarts_overdue, 1);
	assert_int_equal(p->end[NETWORK].n_alarms[UNI_ALARM_RESTART_OVERDUE], 1);
	uni_link_put_label(p->end[NETWORK].l, 32);
	down(p);
}

/* SIG-R7: a label that is draining for an earlier call is affected too */
static void
a_call_closed_before_the_restart_is_waited_for_as_well(void **state)
{
	struct pair *p = up();
	uint32_t n;

	(void)state;
	p->end[NETWORK].keep_labels = true;
	pair_close(p, USER, pair_call_up(p, USER), UNI_CAUSE_NORMAL);
	pair_settle(p);
	n = p->n;
	pair_inject(p, NETWORK, RESTART_ALL);
	assert_int_equal(p->n, n);
	uni_link_put_label(p->end[NETWORK].l, 32);
	pair_run(p, 1);
	assert_string_equal(pair_said_last(p), "N RESTART_ACK");
	down(p);
}

/* SIG-87: calls set up while the restart is being carried out are not touched by it */
static void
a_restart_in_slices_clears_what_was_there_and_nothing_newer(void **state)
{
	struct pair *p = up();
	uint8_t hex_all[] = { 9, 3, 0, 0, 0, 0x46, 0x80, 0, 5, 0x79, 0x80, 0, 1, 0x82 };
	uni_call_t fresh;
	int i;

	(void)state;
	for (i = 0; i < 20; i++)
		pair_call_up(p, USER);
	p->turn_max = 1;
	uni_link_receive(p->end[NETWORK].l, hex_all, sizeof(hex_all), p->now_ns);
	fresh = pair_call(p, NETWORK);
	pair_run(p, 100);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_GONE], 20);
	assert_int_equal(pair_state(p, NETWORK, fresh), UNI_ST_IN_PROCEEDING);
	assert_int_equal(pair_count(p, NETWORK, UNI_MT_RESTART_ACK), 1);
	p->turn_max = 1000;
	pair_inject(p, NETWORK, RESTART_ALL);
	down(p);
}

/* SIG-87: what happens to a call before its slice sees it cleared */
static void
a_call_that_a_restart_will_clear_is_gone_for_everybody_at_once(void **state)
{
	struct pair *p = up();
	uint8_t hex_all[] = { 9, 3, 0, 0, 0, 0x46, 0x80, 0, 5, 0x79, 0x80, 0, 1, 0x82 };
	uni_call_t theirs;
	int i;

	(void)state;
	for (i = 0; i < 20; i++)
		pair_call_up(p, USER);
	theirs = p->end[NETWORK].call;
	uni_link_receive(p->end[NETWORK].l, hex_all, sizeof(hex_all), p->now_ns);
	assert_true(uni_call_close(p->end[NETWORK].u, theirs, 16, NULL, 0, p->now_ns) < 0);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_GONE], 1);
	pair_settle(p);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_GONE], 20);
	down(p);
}

/* SIG-122 */
static void
a_restart_brings_set_aside_labels_back(void **state)
{
	static const char *const restarts[] = { RESTART_ALL, RESTART_VPC_0, RESTART_VC_0_32 };
	struct uni_link_stats stats;
	struct pair *p;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		p = up();
		pair_call_up(p, USER);
		p->end[USER].deaf = true;
		pair_close(p, NETWORK, p->end[NETWORK].call, UNI_CAUSE_NORMAL);
		pair_run(p, 60010);
		p->end[USER].deaf = false;
		uni_link_stats(p->end[NETWORK].l, &stats);
		assert_int_equal(stats.n_set_aside, 1);
		pair_inject(p, NETWORK, RESTART_VPC_3);
		pair_run(p, 10); /* looks at 65,536 labels, in slices */
		uni_link_stats(p->end[NETWORK].l, &stats);
		assert_int_equal(stats.n_set_aside, 1);
		pair_inject(p, NETWORK, restarts[i]);
		uni_link_stats(p->end[NETWORK].l, &stats);
		assert_int_equal(stats.n_set_aside, 0);
		down(p);
	}
}

/* SIG-41, SIG-83, SIG-R4, SIG-R10 */
static void
bad_messages_with_the_global_reference_get_a_status(void **state)
{
	static const char *const pairs[][2] = {
		{ "09030000004d800006088000028090", "N STATUS state 0 81" },
		{ "0903800000468000057980000182", "N STATUS state 0 81" },
		{ "09030000004e8000057980000182", "N STATUS state 0 81" },
		{ "090380000005800000", "N STATUS state 0 81" },
		{ "09038000004e8000057980000182", "N STATUS state 0 101/4e" },
		{ "090300000046800000", "N STATUS state 0 96/79" },
		{ "0903000000468000057980000180", "N STATUS state 0 96/5a" },
		{ "0903000000468000057980000187", "N STATUS state 0 100/79" },
	};
	struct pair *p = up();
	uint32_t n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		pair_inject(p, NETWORK, pairs[i][0]);
		assert_string_equal(pair_said_last(p), pairs[i][1]);
	}
	n = p->n;
	pair_inject(p, NETWORK, "09030000007d80000b148000010008800002809e");
	assert_int_equal(p->n, n);
	down(p);
}

/* SIG-83 */
static void
a_vc_in_a_restart_of_all_is_reported(void **state)
{
	struct pair *p = up();
	uint32_t n = p->n;

	(void)state;
	pair_inject(p, NETWORK, "09030000004680000e5a80000588000000207980000182");
	assert_int_equal(p->n, n + 2);
	assert_int_equal(pair_count(p, NETWORK, UNI_MT_RESTART_ACK), 1);
	assert_int_equal(pair_count(p, NETWORK, UNI_MT_STATUS), 1);
	down(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restart_of_all_clears_all_without_a_release),
		cmocka_unit_test(a_restart_of_a_vc_or_a_vpc_leaves_the_others),
		cmocka_unit_test(a_restart_of_a_vc_that_is_none_of_ours_is_acknowledged),
		cmocka_unit_test(the_acknowledgement_waits_for_the_dataplane),
		cmocka_unit_test(a_dataplane_that_does_not_drain_is_reported_and_not_acknowledged),
		cmocka_unit_test(a_call_closed_before_the_restart_is_waited_for_as_well),
		cmocka_unit_test(a_restart_in_slices_clears_what_was_there_and_nothing_newer),
		cmocka_unit_test(a_call_that_a_restart_will_clear_is_gone_for_everybody_at_once),
		cmocka_unit_test(a_restart_brings_set_aside_labels_back),
		cmocka_unit_test(bad_messages_with_the_global_reference_get_a_status),
		cmocka_unit_test(a_vc_in_a_restart_of_all_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
