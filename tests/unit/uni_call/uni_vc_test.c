/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "reach.h"

#include <cmocka.h>

/* The VC of our SETUP and of the answer to it (4.4), in each first answer and in later ones. */

#define VC_0_64 "5a800005 8800000040"
#define VC_1_40 "5a800005 8800010028"

static const uint8_t answers[] = { UNI_MT_CALL_PROCEEDING, UNI_MT_ALERTING, UNI_MT_CONNECT };

/* After such an answer, and when the call has been accepted with the first. */
static const char *const user_outcomes[] = { "3 ^proceeding", "4 ^alerting",
	"10 CONNECT_ACK ^connected" };
static const char *const network_outcomes[] = { "9 ^proceeding", "7 ^alerting",
	"10 CONNECT_ACK ^connected" };

static uint32_t
label_of(const struct reach *r)
{
	struct uni_call_info info;

	assert_int_equal(uni_call_query(r->e->u, r->call, &info), 0);
	return info.label;
}

static void
expect(struct reach *r, uint8_t type, const char *elements, const char *outcome)
{
	const char *got;

	reach_receive(r, type, 0x80, elements);
	got = reach_outcome(r);
	if (strcmp(got, outcome) != 0)
		fail_msg("message %02x '%s': '%s', not '%s'", type, elements, got, outcome);
}

/* The connection identifier of our SETUP: false when there is none. */
static bool
asked_for(struct reach *r, struct uni_connid *out)
{
	union uni_ie_body body;
	struct uni_msg m;

	uni_msg_decode(&m, r->p->messages[0].octets, r->p->messages[0].len);
	assert_int_equal(m.hdr.type, UNI_MT_SETUP);
	if (!uni_msg_get(&m, UNI_IE_CONNID, &body))
		return false;
	*out = body.connid;
	return true;
}

/* SIG-30 */
static void
a_setup_asks_for_its_vc_in_the_form_of_its_role(void **state)
{
	struct uni_connid id;
	struct reach r;

	(void)state;
	r = reach_call(NETWORK, UNI_ST_PRESENT, true);
	assert_true(asked_for(&r, &id));
	assert_int_equal(id.assoc, UNI_CONNID_EXPLICIT);
	assert_int_equal(id.pref, UNI_CONNID_EXCLUSIVE);
	assert_int_equal((uint32_t)id.vpci << 16 | id.vci, label_of(&r));
	reach_end(&r);
	r = reach_asking(UNI_ASK_NONE);
	assert_false(asked_for(&r, &id));
	reach_end(&r);
	r = reach_asking(UNI_ASK_EXCLUSIVE);
	assert_true(asked_for(&r, &id));
	assert_int_equal(id.assoc, UNI_CONNID_EXPLICIT);
	assert_int_equal(id.pref, UNI_CONNID_EXCLUSIVE);
	assert_int_equal((uint32_t)id.vpci << 16 | id.vci, label_of(&r));
	reach_end(&r);
	r = reach_asking(UNI_ASK_ANY_VCI);
	assert_true(asked_for(&r, &id));
	assert_int_equal(id.assoc, UNI_CONNID_EXPLICIT);
	assert_int_equal(id.pref, UNI_CONNID_ANY_VCI);
	assert_int_equal(id.vci, 0);
	reach_end(&r);
}

/* SIG-31, SIG-U3, U4, U5: the VC is the one that the answer names */
static void
a_user_that_has_not_named_a_vc_takes_that_of_the_first_answer(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers); i++) {
		struct reach r = reach_asking(UNI_ASK_NONE);

		expect(&r, answers[i], VC_0_64, user_outcomes[i]);
		assert_int_equal(label_of(&r), 64);
		reach_end(&r);
		r = reach_asking(UNI_ASK_ANY_VCI);
		expect(&r, answers[i], VC_0_64, user_outcomes[i]);
		assert_int_equal(label_of(&r), 64);
		reach_end(&r);
	}
}

/* SIG-31, SIG-49, SIG-53 */
static void
a_first_answer_without_the_vc_that_is_needed_is_reported_and_ignored(void **state)
{
	static const enum uni_ask asks[] = { UNI_ASK_NONE, UNI_ASK_ANY_VCI };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(answers); i++) {
		for (k = 0; k < 2; k++) {
			struct reach r = reach_asking(asks[k]);

			expect(&r, answers[i], "", "1 STATUS state 1 96/5a");
			expect(&r, answers[i], "5a800005 0800000040", "1 STATUS state 1 100/5a");
			reach_end(&r);
		}
	}
}

/* SIG-31: "if our SETUP named an exclusive VC, its absence is forgiven" */
static void
a_first_answer_may_leave_out_the_vc_that_we_have_named(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers); i++) {
		struct reach r = reach_call(NETWORK, UNI_ST_PRESENT, true);

		expect(&r, answers[i], "", network_outcomes[i]);
		assert_int_equal(label_of(&r), 32);
		reach_end(&r);
		r = reach_asking(UNI_ASK_EXCLUSIVE);
		expect(&r, answers[i], "", user_outcomes[i]);
		assert_int_equal(label_of(&r), 65535);
		reach_end(&r);
	}
}

/* SIG-32 */
static void
a_first_answer_with_another_vc_than_ours_releases_the_call_with_36(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers); i++) {
		struct reach r = reach_call(NETWORK, UNI_ST_PRESENT, true);

		expect(&r, answers[i], VC_0_64, "12 RELEASE 36 ^gone");
		reach_end(&r);
		r = reach_asking(UNI_ASK_EXCLUSIVE);
		expect(&r, answers[i], VC_0_64, "11 RELEASE 36 ^gone");
		reach_end(&r);
		r = reach_asking(UNI_ASK_ANY_VCI);
		expect(&r, answers[i], VC_1_40, "11 RELEASE 36 ^gone");
		reach_end(&r);
	}
}

/* SIG-32: "in later responses the element is ignored" */
static void
a_later_answer_is_taken_whatever_vc_it_names(void **state)
{
	static const char *const vcs[] = { "", VC_0_64, VC_1_40 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vcs) / sizeof(vcs[0]); i++) {
		struct reach r = reach_call(NETWORK, UNI_ST_IN_PROCEEDING, true);

		expect(&r, UNI_MT_ALERTING, vcs[i], "7 ^alerting");
		expect(&r, UNI_MT_CONNECT, vcs[i], "10 CONNECT_ACK ^connected");
		assert_int_equal(label_of(&r), 32);
		reach_end(&r);
		r = reach_call(USER, UNI_ST_OUT_PROCEEDING, true);
		expect(&r, UNI_MT_ALERTING, vcs[i], "4 ^alerting");
		expect(&r, UNI_MT_CONNECT, vcs[i], "10 CONNECT_ACK ^connected");
		assert_int_equal(label_of(&r), 32);
		reach_end(&r);
	}
}

/* SIG-31: "carries the element, exclusive"; ours of the user role do so too */
static void
each_first_answer_of_ours_names_the_vc_exclusively(void **state)
{
	static const uint8_t states[2][3] = {
		[USER] = { UNI_ST_IN_PROCEEDING, UNI_ST_RECEIVED, UNI_ST_CONNECT_REQUEST },
		[NETWORK] = { UNI_ST_OUT_PROCEEDING, UNI_ST_DELIVERED, UNI_ST_ACTIVE },
	};
	union uni_ie_body body;
	struct uni_msg m;
	int side, i;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < 3; i++) {
			struct reach r = reach_call(side, states[side][i], false);

			uni_msg_decode(&m, r.p->messages[0].octets, r.p->messages[0].len);
			assert_int_equal(m.hdr.type, answers[i]);
			assert_true(uni_msg_get(&m, UNI_IE_CONNID, &body));
			assert_int_equal(body.connid.assoc, UNI_CONNID_EXPLICIT);
			assert_int_equal(body.connid.pref, UNI_CONNID_EXCLUSIVE);
			assert_int_equal(
				(uint32_t)body.connid.vpci << 16 | body.connid.vci, label_of(&r));
			reach_end(&r);
		}
	}
}

/* SIG-36, SIG-103 */
static void
a_multipoint_setup_has_no_backward_rate_and_party_0(void **state)
{
	union uni_ie_body body;
	struct uni_msg m;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r =
			reach_multi(side, side == USER ? UNI_ST_INITIATED : UNI_ST_PRESENT, true);

		uni_msg_decode(&m, r.p->messages[0].octets, r.p->messages[0].len);
		assert_true(uni_msg_get(&m, UNI_IE_TRAFFIC, &body));
		assert_true((body.traffic.has & 1u << UNI_TRAFFIC_BPCR01) != 0);
		assert_int_equal(body.traffic.value[UNI_TRAFFIC_BPCR01], 0);
		assert_int_equal(body.traffic.value[UNI_TRAFFIC_FPCR01], 1000);
		assert_true(uni_msg_get(&m, UNI_IE_BEARER, &body));
		assert_true(body.bearer.multipoint);
		assert_true(uni_msg_get(&m, UNI_IE_EPREF, &body));
		assert_int_equal(body.epref.value, 0);
		assert_false(body.epref.flag);
		reach_end(&r);
	}
}

/* SIG-36: "received with other ones it is processed as if they were 0" */
static void
a_multipoint_setup_with_a_backward_rate_is_taken_as_without(void **state)
{
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r =
			reach_multi(side, side == USER ? UNI_ST_PRESENT : UNI_ST_INITIATED, false);
		struct uni_call_info info;

		assert_int_equal(uni_call_query(r.e->u, r.call, &info), 0);
		assert_int_equal(info.rates.fwd_peak, 2000);
		assert_int_equal(info.rates.bwd_peak, 0);
		assert_int_equal(r.e->setup.bwd_peak, 0);
		reach_end(&r);
	}
}

/* SIG-34, 4.9 */
static void
a_setup_that_asks_for_what_there_is_not_is_refused(void **state)
{
	static const struct {
		const char *traffic, *bearer, *outcome;
	} rows[] = {
		{ "59800004 84000001", "5e800002 9080", "0 RELEASE_COMPLETE 73" },
		{ "59800008 82000001 83000001", "5e800002 9080", "0 RELEASE_COMPLETE 73" },
		{ "5980000d 82000001 84000001 85000001 be", "5e800002 9080",
			"0 RELEASE_COMPLETE 73" },
		{ "5980000c 84000001 85000001 88000001", "5e800002 9080", "0 RELEASE_COMPLETE 73" },
		{ "59800008 84000001 85000001", "5e800002 9880", "0 RELEASE_COMPLETE 65" },
	};
	char elements[160];
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct reach r = reach_idle(side);

			snprintf(elements, sizeof(elements), "%s %s 70800002 9131 5c800002 0000",
				rows[i].traffic, rows[i].bearer);
			expect(&r, UNI_MT_SETUP, elements, rows[i].outcome);
			reach_end(&r);
		}
	}
}

/* A SETUP, or ADD PARTY, with all of a notification and of user-user data. */
static int
ask_much(int side, uint32_t limit, bool add_party, uint32_t *len)
{
	static const uint8_t much[4 + 128 + 4 + 129] = { 0x27, 0x80, 0, 128, [132] = 0x7e, 0x80, 0,
		129 };
	struct uni_link_params params[2];
	const struct pair_config config = { .params = { &params[USER], &params[NETWORK] } };
	const struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 1, .octets = "1" },
		.elements = much,
		.elements_len = sizeof(much),
	};
	struct pair *p;
	uni_party_t party;
	uni_call_t call;
	int err;

	uni_link_params_default(&params[USER], UNI_ROLE_USER);
	uni_link_params_default(&params[NETWORK], UNI_ROLE_NETWORK);
	params[side].max_setup = limit;
	p = pair_create(&config);
	pair_up(p);
	call = add_party ? pair_multipoint_up(p, side) : 0;
	*len = p->n;
	err = add_party ? uni_party_add(p->end[side].u, call, &setup, 0, p->now_ns, &party)
			: uni_call_setup(p->end[side].l, &setup, 0, p->now_ns, &call);
	pair_pull(p, side);
	*len = p->n > *len ? p->messages[p->n - 1].len : 0;
	pair_destroy(p);
	return err;
}

/* SIG-10: a PDU that the trunk cannot carry would be sent again for ever */
static void
no_setup_or_add_party_is_larger_than_what_the_trunk_carries(void **state)
{
	uint32_t len, limit;
	int side, i;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < 2; i++) {
			assert_int_equal(ask_much(side, UNI_MAX_SETUP, i != 0, &len), 0);
			assert_true(len > 256);
			limit = len;
			assert_int_equal(ask_much(side, limit, i != 0, &len), 0);
			assert_int_equal(len, limit);
			assert_int_equal(ask_much(side, limit - 1, i != 0, &len), -EMSGSIZE);
			assert_int_equal(len, 0);
		}
	}
}

static struct pair *
pair_on(uint32_t signalling_label, uint8_t vpci)
{
	struct uni_link_params params[2];
	const struct pair_config config = { .params = { &params[USER], &params[NETWORK] } };
	struct pair *p;
	int i;

	for (i = 0; i < 2; i++) {
		uni_link_params_default(&params[i], i == USER ? UNI_ROLE_USER : UNI_ROLE_NETWORK);
		params[i].signalling_label = signalling_label;
		params[i].vpci_first = params[i].vpci_last = vpci;
	}
	p = pair_create(&config);
	pair_up(p);
	return p;
}

/* SIG-1, SIG-2, SIG-3 */
static void
a_label_is_vpci_and_vci_at_both_ends_and_begins_behind_what_is_for_signalling(void **state)
{
	static const uint8_t vpcis[] = { 0, 1, 15 };
	struct uni_call_info info;
	struct pair *p;
	uni_call_t call;
	size_t i;
	int side;

	(void)state;
	for (i = 0; i < sizeof(vpcis); i++) {
		for (side = USER; side <= NETWORK; side++) {
			p = pair_on(16, vpcis[i]);
			call = pair_call_up(p, side);
			assert_int_equal(uni_call_query(p->end[side].u, call, &info), 0);
			assert_int_equal(info.label, (uint32_t)vpcis[i] << 16 | 32);
			assert_int_equal(
				uni_call_query(p->end[!side].u, p->end[!side].call, &info), 0);
			assert_int_equal(info.label, (uint32_t)vpcis[i] << 16 | 32);
			pair_destroy(p);
			p = pair_on((uint32_t)vpcis[i] << 16 | 32, vpcis[i]);
			call = pair_call_up(p, side);
			assert_int_equal(uni_call_query(p->end[side].u, call, &info), 0);
			assert_int_equal(info.label, (uint32_t)vpcis[i] << 16 | 33);
			pair_destroy(p);
		}
	}
}

/* SIG-2, SIG-28 */
static void
no_call_gets_a_label_of_mpls_or_one_for_signalling(void **state)
{
	char elements[128];
	uint32_t vci;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (vci = 0; vci <= 32; vci++) {
			struct reach r = reach_idle(side);

			snprintf(elements, sizeof(elements),
				"59800008 84000001 85000001 5e800002 9080 70800002 9131 "
				"5a800005 8800%02x%04x 5c800002 0000",
				vci % 2, vci);
			expect(&r, UNI_MT_SETUP, elements,
				vci < 32       ? "0 RELEASE_COMPLETE 35"
				: side == USER ? "6 ^offer"
					       : "1 ^offer");
			reach_end(&r);
		}
	}
}

/* Section 7: 31 is what a cause that nobody has given is */
static void
a_close_without_a_reason_is_normal_unspecified(void **state)
{
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r = reach_call(side, UNI_ST_ACTIVE, true);

		pair_close(r.p, side, r.call, 0);
		assert_string_equal(
			reach_outcome(&r), side == USER ? "11 RELEASE 31" : "12 RELEASE 31");
		reach_end(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_setup_asks_for_its_vc_in_the_form_of_its_role),
		cmocka_unit_test(a_user_that_has_not_named_a_vc_takes_that_of_the_first_answer),
		cmocka_unit_test(
			a_first_answer_without_the_vc_that_is_needed_is_reported_and_ignored),
		cmocka_unit_test(a_first_answer_may_leave_out_the_vc_that_we_have_named),
		cmocka_unit_test(
			a_first_answer_with_another_vc_than_ours_releases_the_call_with_36),
		cmocka_unit_test(a_later_answer_is_taken_whatever_vc_it_names),
		cmocka_unit_test(each_first_answer_of_ours_names_the_vc_exclusively),
		cmocka_unit_test(a_multipoint_setup_has_no_backward_rate_and_party_0),
		cmocka_unit_test(a_multipoint_setup_with_a_backward_rate_is_taken_as_without),
		cmocka_unit_test(a_setup_that_asks_for_what_there_is_not_is_refused),
		cmocka_unit_test(no_setup_or_add_party_is_larger_than_what_the_trunk_carries),
		cmocka_unit_test(
			a_label_is_vpci_and_vci_at_both_ends_and_begins_behind_what_is_for_signalling),
		cmocka_unit_test(no_call_gets_a_label_of_mpls_or_one_for_signalling),
		cmocka_unit_test(a_close_without_a_reason_is_normal_unspecified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
