/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pair.h"

#include <cmocka.h>

static struct uni_link_params params[2];

static struct pair *
up(void)
{
	const struct pair_config config = { .params = { &params[USER], &params[NETWORK] } };
	struct pair *p = pair_create(&config);

	pair_up(p);
	return p;
}

static void
down(struct pair *p)
{
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

static int
defaults(void **state)
{
	(void)state;
	uni_link_params_default(&params[USER], UNI_ROLE_USER);
	uni_link_params_default(&params[NETWORK], UNI_ROLE_NETWORK);
	params[USER].vpci_last = params[NETWORK].vpci_last = 1;
	return 0;
}

/* A SETUP with reference 99 and these contents of 5a, received by @p side; the answer. */
static const char *
offered(struct pair *p, int side, const char *connid)
{
	char hex[256];

	snprintf(hex, sizeof(hex),
		"090300006305800031"
		"59800008840003e8850003e85e80000281807080000c913134303835353531323132"
		"5a800005%s5c8000020000",
		connid);
	p->end[side].on_offer = PAIR_REFUSE;
	pair_inject(p, side, hex);
	p->head = p->n;
	return pair_said_last(p);
}

/* SIG-28 */
static void
vp_associated_and_no_vci_are_refused_with_36(void **state)
{
	struct pair *p = up();

	(void)state;
	assert_string_equal(offered(p, NETWORK, "8000000064"), "N RELEASE_COMPLETE 36");
	assert_string_equal(offered(p, USER, "8c00000000"), "U RELEASE_COMPLETE 36");
	down(p);
}

/* SIG-28 */
static void
a_vpci_out_of_range_and_a_reserved_vci_are_refused_with_35(void **state)
{
	struct pair *p;

	(void)state;
	params[NETWORK].signalling_label = 33;
	p = up();
	assert_string_equal(offered(p, NETWORK, "8800000021"), "N RELEASE_COMPLETE 35");
	assert_string_equal(offered(p, NETWORK, "880000001f"), "N RELEASE_COMPLETE 35");
	assert_string_equal(offered(p, NETWORK, "8800020064"), "N RELEASE_COMPLETE 35");
	assert_string_equal(offered(p, NETWORK, "8800100064"), "N RELEASE_COMPLETE 35");
	assert_string_equal(offered(p, NETWORK, "88ffffffff"), "N RELEASE_COMPLETE 35");
	assert_string_equal(offered(p, NETWORK, "8900020000"), "N RELEASE_COMPLETE 35");
	assert_string_equal(offered(p, NETWORK, "8800000020"), "N RELEASE_COMPLETE 17");
	down(p);
}

/* SIG-29 */
static void
a_vc_in_use_is_refused_with_35(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	assert_string_equal(offered(p, NETWORK, "8800000020"), "N RELEASE_COMPLETE 35");
	assert_string_equal(offered(p, USER, "8800000020"), "U RELEASE_COMPLETE 35");
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-29: also nothing of the other VPCI serves one that is asked for */
static void
no_free_label_is_cause_45_to_the_peer_and_enospc_to_us(void **state)
{
	const struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 1, .octets = "1" },
	};
	const struct pair_config config = {
		.n_calls = 70000,
		.n_setups = 8,
		.params = { NULL, &params[NETWORK] },
	};
	struct pair *p;
	uni_call_t call;
	uint32_t i;

	(void)state;
	params[NETWORK].vpci_last = 0;
	p = pair_create(&config);
	pair_up(p);
	p->end[USER].on_offer = PAIR_ACCEPT;
	for (i = 0; i < 65536 - 32; i++) {
		pair_call(p, NETWORK);
		if (i % 4 == 3)
			pair_settle(p);
	}
	assert_int_equal(
		uni_call_setup(p->end[NETWORK].l, &setup, 0, p->now_ns, &call), -EADDRNOTAVAIL);
	assert_string_equal(offered(p, NETWORK, "8900000000"), "N RELEASE_COMPLETE 45");
	pair_destroy(p);
}

/* SIG-31: "any VCI" is answered in the VPCI that was asked for */
static void
any_vci_is_chosen_in_its_vpci_and_named_in_the_first_response(void **state)
{
	struct pair *p = up();

	(void)state;
	p->end[NETWORK].on_offer = PAIR_ALERT;
	pair_inject(p, NETWORK,
		"09030000630580003159800008840003e8850003e85e80000281807080000c91313430383535353132"
		"31"
		"325a80000589000100005c8000020000");
	assert_string_equal(pair_said_last(p), "N ALERTING vc 1/32");
	assert_int_equal(p->end[NETWORK].label, 1 << 16 | 32);
	assert_int_equal(uni_call_accept(p->end[NETWORK].u, p->end[NETWORK].call, p->now_ns), 0);
	p->head = p->n;
	pair_run(p, 1);
	assert_string_equal(pair_said_last(p), "N CONNECT");
	p->head = p->n;
	pair_inject(p, NETWORK, "09030000635a800000");
	down(p);
}

/* SIG-30 */
static void
a_user_may_name_its_vc_or_only_its_vpci(void **state)
{
	struct pair *p;
	uni_call_t call;

	(void)state;
	params[USER].ask = UNI_ASK_EXCLUSIVE;
	p = up();
	call = pair_call_up(p, USER);
	assert_string_equal(pair_said(p, 0), "U SETUP vc 0/65535");
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);

	params[USER].ask = UNI_ASK_ANY_VCI;
	params[USER].vpci_first = 1;
	p = up();
	call = pair_call_up(p, USER);
	assert_string_equal(pair_said(p, 0), "U SETUP vc 1/0");
	assert_string_equal(pair_said(p, 1), "N CONNECT vc 1/32");
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-31, SIG-49 */
static void
a_first_response_without_a_vc_is_ignored_where_one_is_needed(void **state)
{
	struct pair *p = up();
	uni_call_t call;

	(void)state;
	p->end[NETWORK].deaf = true;
	call = pair_call(p, USER);
	pair_run(p, 1);
	pair_inject(p, USER, "090380000102800000");
	assert_string_equal(pair_said_last(p), "U STATUS state 1 96/5a");
	assert_int_equal(pair_state(p, USER, call), UNI_ST_INITIATED);
	pair_inject(p, USER, "0903800001028000095a8000058800000040");
	assert_int_equal(pair_state(p, USER, call), UNI_ST_OUT_PROCEEDING);
	p->end[NETWORK].deaf = false;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-31: our exclusive VC is understood */
static void
a_first_response_without_a_vc_is_forgiven_when_we_named_it(void **state)
{
	struct pair *p;
	uni_call_t call;

	(void)state;
	params[USER].ask = UNI_ASK_EXCLUSIVE;
	p = up();
	p->end[NETWORK].deaf = true;
	call = pair_call(p, USER);
	pair_run(p, 1);
	pair_inject(p, USER, "090380000102800000");
	assert_int_equal(pair_state(p, USER, call), UNI_ST_OUT_PROCEEDING);
	p->end[NETWORK].deaf = false;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-32 */
static void
another_vc_than_ours_in_the_first_response_releases_the_call_with_36(void **state)
{
	struct pair *p = up();

	(void)state;
	p->end[USER].deaf = true;
	pair_call(p, NETWORK);
	pair_run(p, 1);
	pair_inject(p, NETWORK, "0903800001028000095a8000058800000064");
	assert_string_equal(pair_said_last(p), "N RELEASE 36");
	assert_int_equal(p->end[NETWORK].n_told[TOLD_GONE], 1);
	assert_int_equal(p->end[NETWORK].cause, UNI_CAUSE_VC_ASSIGNMENT);
	p->head = p->n;
	pair_inject(p, NETWORK, "09038000015a800000");
	down(p);
}

/* SIG-32 */
static void
a_vc_in_a_later_response_is_not_looked_at(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call(p, USER);

	(void)state;
	pair_settle(p);
	pair_inject(p, USER, "0903800001018000095a8000058800000064");
	assert_int_equal(pair_state(p, USER, call), UNI_ST_DELIVERED);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

/* @p side has no VC of VPCI 0 but VCI 32. */
static void
leave_one_label(struct pair *p, int side)
{
	uint32_t label;

	for (label = 33; label <= UINT16_MAX; label++)
		assert_int_equal(uni_link_reserve_label(p->end[side].l, label), 0);
}

/* SIG-70 */
static void
the_network_s_choice_stands_when_both_name_the_same_vc(void **state)
{
	struct pair *p;
	uni_call_t ours, theirs;

	(void)state;
	params[USER].ask = UNI_ASK_EXCLUSIVE;
	p = up();
	leave_one_label(p, USER);
	p->end[USER].on_offer = p->end[NETWORK].on_offer = PAIR_ACCEPT;
	ours = pair_call(p, USER);
	theirs = pair_call(p, NETWORK);
	pair_run(p, 30);
	assert_string_equal(pair_said(p, 0), "U SETUP vc 0/32");
	assert_string_equal(pair_said(p, 1), "N SETUP vc 0/32");
	assert_int_equal(pair_state(p, NETWORK, theirs), UNI_ST_ACTIVE);
	assert_int_equal(pair_state(p, USER, ours), UNI_ST_COUNT);
	assert_int_equal(p->end[USER].n_told[TOLD_GONE], 1);
	assert_int_equal(p->end[USER].cause, UNI_CAUSE_VC_NOT_AVAILABLE);
	pair_close(p, NETWORK, theirs, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-78 */
static void
a_label_is_not_used_again_before_it_has_been_drained(void **state)
{
	struct pair *p = up();
	struct uni_link_stats stats;

	(void)state;
	p->end[NETWORK].keep_labels = true;
	pair_close(p, USER, pair_call_up(p, USER), UNI_CAUSE_NORMAL);
	pair_settle(p);
	uni_link_stats(p->end[NETWORK].l, &stats);
	assert_int_equal(stats.n_calls, 0);
	assert_int_equal(stats.n_labels, 1);
	assert_int_equal(p->end[NETWORK].label, 32);
	assert_string_equal(offered(p, NETWORK, "8800000020"), "N RELEASE_COMPLETE 35");
	uni_link_put_label(p->end[NETWORK].l, 32);
	uni_link_put_label(p->end[NETWORK].l, 32);
	uni_link_put_label(p->end[NETWORK].l, UNI_LABEL_NONE);
	p->end[NETWORK].keep_labels = false;
	assert_string_equal(offered(p, NETWORK, "8800000020"), "N RELEASE_COMPLETE 17");
	down(p);
}

/* SIG-122: a SETUP that names it proves that the peer is done with it, once it is drained here */
static void
a_set_aside_label_comes_back_by_a_setup_that_names_it(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);
	struct uni_link_stats stats;

	(void)state;
	p->end[NETWORK].deaf = true;
	p->end[USER].keep_labels = true;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_run(p, 60010);
	assert_string_equal(offered(p, USER, "8800000020"), "U RELEASE_COMPLETE 35");
	p->end[USER].keep_labels = false;
	uni_link_put_label(p->end[USER].l, 32);
	uni_link_stats(p->end[USER].l, &stats);
	assert_int_equal(stats.n_set_aside, 1);
	assert_string_equal(offered(p, USER, "8800000020"), "U RELEASE_COMPLETE 17");
	uni_link_stats(p->end[USER].l, &stats);
	assert_int_equal(stats.n_set_aside, 0);
	p->end[NETWORK].deaf = false;
	pair_close(p, NETWORK, p->end[NETWORK].call, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-122: STATUS 0 */
static void
a_set_aside_label_comes_back_by_a_status_that_says_null(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);
	struct uni_link_stats stats;

	(void)state;
	p->end[NETWORK].deaf = true;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_run(p, 60010);
	pair_inject(p, USER, "09038000017d80000b148000010008800002809e");
	uni_link_stats(p->end[USER].l, &stats);
	assert_int_equal(stats.n_set_aside, 0);
	p->end[NETWORK].deaf = false;
	pair_close(p, NETWORK, p->end[NETWORK].call, UNI_CAUSE_NORMAL);
	down(p);
}

static void
parameters_that_make_no_sense_are_refused_with_a_reason(void **state)
{
	const char *why = NULL;

	(void)state;
	assert_int_equal(uni_link_params_check(&params[USER], &why), 0);
	params[USER].vpci_last = 16;
	assert_int_equal(uni_link_params_check(&params[USER], &why), -EINVAL);
	assert_non_null(why);
	params[NETWORK].ask = UNI_ASK_NONE;
	assert_int_equal(uni_link_params_check(&params[NETWORK], &why), -EINVAL);
	params[NETWORK].ask = UNI_ASK_EXCLUSIVE;
	params[NETWORK].t308_ms = 0;
	assert_int_equal(uni_link_params_check(&params[NETWORK], &why), -EINVAL);
	params[NETWORK].t308_ms = 1;
	assert_int_equal(uni_link_params_check(&params[NETWORK], &why), 0);
	params[NETWORK].bulk_window = 0; /* SIG-80 */
	assert_int_equal(uni_link_params_check(&params[NETWORK], &why), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(vp_associated_and_no_vci_are_refused_with_36, defaults),
		cmocka_unit_test_setup(
			a_vpci_out_of_range_and_a_reserved_vci_are_refused_with_35, defaults),
		cmocka_unit_test_setup(a_vc_in_use_is_refused_with_35, defaults),
		cmocka_unit_test_setup(
			no_free_label_is_cause_45_to_the_peer_and_enospc_to_us, defaults),
		cmocka_unit_test_setup(
			any_vci_is_chosen_in_its_vpci_and_named_in_the_first_response, defaults),
		cmocka_unit_test_setup(a_user_may_name_its_vc_or_only_its_vpci, defaults),
		cmocka_unit_test_setup(
			a_first_response_without_a_vc_is_ignored_where_one_is_needed, defaults),
		cmocka_unit_test_setup(
			a_first_response_without_a_vc_is_forgiven_when_we_named_it, defaults),
		cmocka_unit_test_setup(
			another_vc_than_ours_in_the_first_response_releases_the_call_with_36,
			defaults),
		cmocka_unit_test_setup(a_vc_in_a_later_response_is_not_looked_at, defaults),
		cmocka_unit_test_setup(
			the_network_s_choice_stands_when_both_name_the_same_vc, defaults),
		cmocka_unit_test_setup(
			a_label_is_not_used_again_before_it_has_been_drained, defaults),
		cmocka_unit_test_setup(
			a_set_aside_label_comes_back_by_a_setup_that_names_it, defaults),
		cmocka_unit_test_setup(
			a_set_aside_label_comes_back_by_a_status_that_says_null, defaults),
		cmocka_unit_test_setup(
			parameters_that_make_no_sense_are_refused_with_a_reason, defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
