/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pair.h"

#include <cmocka.h>

/* Messages to the network about the user's call with reference 1, which is active unless said. */

struct one {
	struct pair *p;
	uni_call_t ours, theirs;
	uint32_t n; /* messages before */
};

static struct one
active(void)
{
	struct one o = { .p = pair_create(NULL) };

	pair_up(o.p);
	o.ours = pair_call_up(o.p, USER);
	o.theirs = o.p->end[NETWORK].call;
	o.n = o.p->n;
	return o;
}

static void
done(struct one *o)
{
	if (pair_state(o->p, USER, o->ours) == UNI_ST_ACTIVE)
		pair_close(o->p, USER, o->ours, UNI_CAUSE_NORMAL);
	pair_settle(o->p);
	assert_true(pair_is_clean(o->p));
	pair_destroy(o->p);
}

static void
stays_silent(struct one *o, const char *hex)
{
	uint32_t n = o->p->n;

	pair_inject(o->p, NETWORK, hex);
	assert_int_equal(o->p->n, n);
}

static void
answers(struct one *o, const char *hex, const char *said)
{
	uint32_t n = o->p->n;

	pair_inject(o->p, NETWORK, hex);
	assert_int_equal(o->p->n, n + 1);
	assert_string_equal(pair_said_last(o->p), said);
	o->p->head = o->p->n;
}

/* SIG-40 */
static void
what_is_no_message_is_counted_and_ignored(void **state)
{
	struct one o = active();
	struct uni_link_stats stats;

	(void)state;
	stays_silent(&o, "09030000");
	stays_silent(&o, "080300000101800000");
	stays_silent(&o, "0902000001018000000000");
	stays_silent(&o, "09037fffff018000000000");
	uni_link_stats(o.p->end[NETWORK].l, &stats);
	assert_int_equal(stats.drop_short, 1);
	assert_int_equal(stats.drop_discriminator, 1);
	assert_int_equal(stats.drop_reference_length, 1);
	assert_int_equal(stats.drop_dummy, 1);
	done(&o);
}

/* SIG-42 */
static void
a_setup_for_a_reference_in_use_or_of_ours_is_ignored(void **state)
{
	struct one o = active();

	(void)state;
	stays_silent(&o, "090300000105800000");
	stays_silent(&o, "090380000705800000");
	done(&o);
}

/* SIG-43..46 */
static void
an_unknown_reference_is_answered_by_type(void **state)
{
	struct one o = active();

	(void)state;
	stays_silent(&o, "09030000095a800000");
	stays_silent(&o, "09030000097d80000b148000010008800002809e");
	answers(&o, "09030000097d80000b148000010a08800002809e", "N RELEASE_COMPLETE 101/7d");
	answers(&o, "090300000975800000", "N STATUS state 0 30");
	answers(&o, "090300000907800000", "N RELEASE_COMPLETE 81");
	answers(&o, "0903000009ee800000", "N RELEASE_COMPLETE 81");
	answers(&o, "09038000094d80000608800002809f", "N RELEASE_COMPLETE 81");
	done(&o);
}

/* SIG-47 */
static void
an_unknown_type_is_treated_as_it_asks(void **state)
{
	struct one o = active();

	(void)state;
	answers(&o, "0903000001ee800000", "N STATUS state 10 97/ee");
	stays_silent(&o, "0903000001ee910000");
	answers(&o, "0903000001ee920000", "N STATUS state 10 97/ee");
	answers(&o, "0903000001ee930000", "N STATUS state 10 97/ee");
	pair_inject(o.p, NETWORK, "0903000001ee900000");
	assert_string_equal(pair_said_last(o.p), "N RELEASE 97/ee");
	assert_int_equal(o.p->end[NETWORK].n_told[TOLD_GONE], 1);
	assert_int_equal(
		uni_call_close(o.p->end[NETWORK].u, o.theirs, 16, NULL, 0, o.p->now_ns), -ESTALE);
	done(&o);
}

/* SIG-48, SIG-69, SIG-U15, SIG-N14 */
static void
a_message_in_the_wrong_state_is_treated_as_it_asks(void **state)
{
	struct one o = active();

	(void)state;
	answers(&o, "090300000102800000", "N STATUS state 10 101/02");
	answers(&o, "090300000107800000", "N STATUS state 10 101/07");
	answers(&o, "090300000189800000", "N STATUS state 10 101/89");
	answers(&o, "090300000146800000", "N STATUS state 10 101/46");
	stays_silent(&o, "090300000101910000");
	stays_silent(&o, "09030000010f800000");
	pair_inject(o.p, USER, "09038000010f800000");
	assert_string_equal(pair_said_last(o.p), "U STATUS state 10 101/0f");
	pair_inject(o.p, NETWORK, "090300000101900000");
	assert_string_equal(pair_said_last(o.p), "N RELEASE 101/01");
	done(&o);
}

/* SIG-106, SIG-48 */
static void
a_party_message_in_a_point_to_point_call_gets_101_and_the_party_s_state(void **state)
{
	struct one o = active();
	union uni_ie_body body;
	struct uni_msg m;

	(void)state;
	answers(&o, "09030000018080000754800003000005", "N STATUS state 10 101/80 party 5 in 0");
	uni_msg_decode(&m, o.p->messages[o.p->n - 1].octets, o.p->messages[o.p->n - 1].len);
	assert_true(uni_msg_get(&m, UNI_IE_EPREF, &body));
	assert_int_equal(body.epref.value, 5);
	assert_true(body.epref.flag);
	assert_true(uni_msg_get(&m, UNI_IE_EPSTATE, &body));
	assert_int_equal(body.octet, 0);
	done(&o);
}

/* SIG-C8 */
static void
clearing_states_clear_nothing_twice(void **state)
{
	struct one o = active();

	(void)state;
	o.p->end[USER].deaf = true;
	pair_close(o.p, NETWORK, o.theirs, UNI_CAUSE_NORMAL);
	pair_run(o.p, 1);
	answers(&o, "090300000107800000", "N STATUS state 12 101/07");
	stays_silent(&o, "090300000107900000");
	stays_silent(&o, "090300000107910000");
	stays_silent(&o, "0903000001ee900000");
	stays_silent(&o, "09030000018380000754800003000005");
	stays_silent(&o, "09030000018480000754800003000005");
	answers(&o, "09030000016e8000052780000181", "N STATUS state 12 101/6e");
	o.p->end[USER].deaf = false;
	pair_run(o.p, 30050);
	done(&o);
}

/* SIG-49..55 in an active call */
static void
faulty_elements_are_treated_as_they_ask(void **state)
{
	struct one o = active();

	(void)state;
	answers(&o, "09030000016e800000", "N STATUS state 10 96/27");
	answers(&o, "09030000010f80000533800001aa", "N STATUS state 10 99/33");
	stays_silent(&o, "09030000010f80000533910001aa");
	stays_silent(&o, "09030000010f80000533950001aa");
	answers(&o, "09030000010f80000533960001aa", "N STATUS state 10 99/33");
	pair_inject(o.p, NETWORK, "09030000010f80000533900001aa");
	assert_string_equal(pair_said_last(o.p), "N RELEASE 99/33");
	done(&o);
}

/* SIG-56, SIG-119: the answer to a RELEASE tells what was wrong with it */
static void
a_faulty_release_is_carried_out_and_its_answer_tells_the_fault(void **state)
{
	static const char *const messages[][2] = {
		{ "09030000014d800000", "N RELEASE_COMPLETE 96/08" },
		{ "09030000014d8000060880000200"
		  "10",
			"N RELEASE_COMPLETE 100/08" },
		{ "09030000014d80000b0880000280903380000100", "N RELEASE_COMPLETE 99/33" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct one o = active();

		pair_inject(o.p, NETWORK, messages[i][0]);
		assert_string_equal(pair_said_last(o.p), messages[i][1]);
		assert_int_equal(o.p->end[NETWORK].n_told[TOLD_RELEASED], 1);
		assert_int_equal(o.p->end[NETWORK].cause, i < 2 ? 31 : 16);
		done(&o);
	}
}

/* SIG-57 */
static void
a_release_complete_without_a_cause_counts_as_31(void **state)
{
	struct one o = active();

	(void)state;
	stays_silent(&o, "09030000015a800000");
	assert_int_equal(o.p->end[NETWORK].n_told[TOLD_GONE], 1);
	assert_int_equal(o.p->end[NETWORK].cause, UNI_CAUSE_UNSPECIFIED);
	pair_close(o.p, USER, o.ours, UNI_CAUSE_NORMAL);
	done(&o);
}

/* SIG-60, SIG-61 */
static void
a_bad_status_is_ignored(void **state)
{
	struct one o = active();

	(void)state;
	stays_silent(&o, "09030000017d8000051480000100");
	stays_silent(&o, "09030000017d80000608800002809e");
	stays_silent(&o, "09030000017d80000b148000010508800002809e");
	assert_int_equal(pair_state(o.p, NETWORK, o.theirs), UNI_ST_ACTIVE);
	done(&o);
}

/* SIG-88 */
static void
an_enquiry_is_answered_in_every_state(void **state)
{
	struct one o = active();

	(void)state;
	answers(&o, "090300000175800000", "N STATUS state 10 30");
	o.p->end[USER].deaf = true;
	pair_close(o.p, NETWORK, o.theirs, UNI_CAUSE_NORMAL);
	pair_run(o.p, 1);
	answers(&o, "090300000175800000", "N STATUS state 12 30");
	o.p->end[USER].deaf = false;
	pair_run(o.p, 30050);
	done(&o);
}

/* SIG-90 */
static void
a_status_that_says_null_clears_locally(void **state)
{
	static const struct {
		const char *hex;
		uint8_t cause;
	} cases[] = {
		{ "09030000017d80000b148000010008800002809e", UNI_CAUSE_TEMPORARY_FAILURE },
		{ "09030000017d80000c14800001000880000380e305", UNI_CAUSE_IE_UNKNOWN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct one o = active();

		stays_silent(&o, cases[i].hex);
		assert_int_equal(o.p->end[NETWORK].n_told[TOLD_GONE], 1);
		assert_int_equal(o.p->end[NETWORK].cause, cases[i].cause);
		done(&o);
	}
}

/* SIG-90, SIG-91 */
static void
in_a_clearing_state_only_null_counts(void **state)
{
	struct one o = active();

	(void)state;
	o.p->end[USER].deaf = true;
	pair_close(o.p, NETWORK, o.theirs, UNI_CAUSE_NORMAL);
	pair_run(o.p, 1);
	stays_silent(&o, "09030000017d80000b148000010608800002809e");
	assert_int_equal(pair_state(o.p, NETWORK, o.theirs), UNI_ST_RELEASE_INDICATION);
	stays_silent(&o, "09030000017d80000b148000010008800002809e");
	assert_int_equal(o.p->end[NETWORK].n_told[TOLD_COMPLETE], 1);
	o.p->end[USER].deaf = false;
	done(&o);
}

/* SIG-92, SIG-93 */
static void
states_that_cannot_go_together_release_the_call_with_101(void **state)
{
	struct one o = active();
	uni_call_t second;

	(void)state;
	stays_silent(&o, "09030000017d80000b148000010308800002809e");
	stays_silent(&o, "09030000017d80000c148000010a0880000380e505");
	second = pair_call(o.p, USER);
	pair_settle(o.p);
	pair_inject(o.p, USER, "09038000027d80000b148000010608800002809e");
	assert_string_equal(pair_said_last(o.p), "U RELEASE 101");
	assert_int_equal(o.p->end[USER].n_told[TOLD_GONE], 1);
	assert_int_equal(pair_state(o.p, USER, second), UNI_ST_COUNT);
	done(&o);
}

/* SIG-71 */
static void
a_notify_changes_nothing(void **state)
{
	struct one o = active();

	(void)state;
	stays_silent(&o, "09030000016e8000052780000181");
	assert_int_equal(pair_state(o.p, NETWORK, o.theirs), UNI_ST_ACTIVE);
	done(&o);
}

/* No storm of answers: what does not fit is counted. */
static void
more_answers_than_fit_are_dropped_and_counted(void **state)
{
	struct one o = active();
	struct uni_link_stats stats;
	int i;

	(void)state;
	o.p->end[NETWORK].no_credit = true;
	for (i = 0; i < 300; i++)
		pair_inject(o.p, NETWORK, "09030000094d800000");
	uni_link_stats(o.p->end[NETWORK].l, &stats);
	assert_int_equal(stats.answers_dropped, 300 - 256);
	o.p->end[NETWORK].no_credit = false;
	pair_settle(o.p);
	assert_int_equal(pair_count(o.p, NETWORK, UNI_MT_RELEASE_COMPLETE), 256);
	done(&o);
}

/* SIG-26 */
static void
causes_made_here_tell_where_they_were_made(void **state)
{
	struct one o = active();
	struct uni_cause cause;
	struct uni_msg m;

	(void)state;
	answers(&o, "090300000907800000", "N RELEASE_COMPLETE 81");
	uni_msg_decode(&m, o.p->messages[o.p->n - 1].octets, o.p->messages[o.p->n - 1].len);
	uni_msg_cause(&m, 0, &cause);
	assert_int_equal(cause.location, 2);
	done(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_message_is_counted_and_ignored),
		cmocka_unit_test(a_setup_for_a_reference_in_use_or_of_ours_is_ignored),
		cmocka_unit_test(an_unknown_reference_is_answered_by_type),
		cmocka_unit_test(an_unknown_type_is_treated_as_it_asks),
		cmocka_unit_test(a_message_in_the_wrong_state_is_treated_as_it_asks),
		cmocka_unit_test(
			a_party_message_in_a_point_to_point_call_gets_101_and_the_party_s_state),
		cmocka_unit_test(clearing_states_clear_nothing_twice),
		cmocka_unit_test(faulty_elements_are_treated_as_they_ask),
		cmocka_unit_test(a_faulty_release_is_carried_out_and_its_answer_tells_the_fault),
		cmocka_unit_test(a_release_complete_without_a_cause_counts_as_31),
		cmocka_unit_test(a_bad_status_is_ignored),
		cmocka_unit_test(an_enquiry_is_answered_in_every_state),
		cmocka_unit_test(a_status_that_says_null_clears_locally),
		cmocka_unit_test(in_a_clearing_state_only_null_counts),
		cmocka_unit_test(states_that_cannot_go_together_release_the_call_with_101),
		cmocka_unit_test(a_notify_changes_nothing),
		cmocka_unit_test(more_answers_than_fit_are_dropped_and_counted),
		cmocka_unit_test(causes_made_here_tell_where_they_were_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
