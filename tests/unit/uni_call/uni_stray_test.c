/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "reach.h"

#include <cmocka.h>

/* Messages that no call is there for (6.1), and what STATUS says of one that is (section 12). */

static void
inject(struct reach *r, uint32_t ref, uint8_t type, uint8_t octet7, const char *elements)
{
	char hex[256];
	size_t n = 0, i;

	for (i = 0; elements[i] != '\0'; i++)
		n += elements[i] != ' ';
	snprintf(hex, sizeof(hex), "0903%06x%02x%02x%04zx%s", ref, type, octet7, n / 2, elements);
	pair_inject(r->p, r->side, hex);
}

/* What one message is answered with: "" is nothing. */
static const char *
answer(struct reach *r, uint32_t ref, uint8_t type, uint8_t octet7, const char *elements)
{
	uint32_t n = r->p->n;

	r->p->now_ns += 1000000; /* a millisecond each, which is no flood */
	inject(r, ref, type, octet7, elements);
	r->p->head = r->p->n;
	assert_in_range(r->p->n - n, 0, 1);
	return r->p->n == n ? "" : pair_said_last(r->p) + 2;
}

static void
expect_answer(struct reach *r, uint32_t ref, uint8_t type, const char *got, const char *expect)
{
	if (strcmp(got, expect) != 0)
		fail_msg("%s, reference %06x, message %02x: '%s', not '%s'",
			r->side == USER ? "user" : "network", ref, type, got, expect);
}

static void
expect_nothing_kept(const struct reach *r)
{
	struct uni_link_stats stats;

	uni_link_stats(r->e->l, &stats);
	assert_int_equal(stats.n_calls, 0);
	assert_int_equal(stats.n_references, 0);
	assert_int_equal(stats.n_labels, 0);
	assert_int_equal(r->e->n_order, r->n_told);
}

static const char *
expected_without_call(uint32_t ref, uint8_t type)
{
	switch (type) {
	case UNI_MT_SETUP: /* SIG-42; with flag 0 it lacks all it needs (SIG-49) */
		return (ref & 0x800000) != 0 ? "" : "RELEASE_COMPLETE 96/595e705c";
	case UNI_MT_RELEASE_COMPLETE: /* SIG-43 */
	case UNI_MT_STATUS:           /* SIG-44: it lacks a state */
		return "";
	case UNI_MT_STATUS_ENQUIRY: /* SIG-45 */
		return "STATUS state 0 30";
	default: /* SIG-46 */
		return "RELEASE_COMPLETE 81";
	}
}

/* SIG-42, SIG-43, SIG-44, SIG-45, SIG-46: all 256 types, whatever octet 7 asks for */
static void
a_reference_without_a_call_is_answered_by_type_and_nothing_is_kept(void **state)
{
	static const uint32_t references[] = { 9, 0x800009, 0x7ffffe, 0xfffffe };
	static const uint8_t octets7[] = { 0x80, 0x90, 0x91, 0x92 };
	uint32_t type, i, k;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r = reach_idle(side);

		for (type = 0; type < 256; type++)
			for (i = 0; i < 4; i++)
				for (k = 0; k < 4; k++)
					expect_answer(&r, references[i], (uint8_t)type,
						answer(&r, references[i], (uint8_t)type, octets7[k],
							""),
						expected_without_call(
							references[i], (uint8_t)type));
		expect_nothing_kept(&r);
		reach_end(&r);
	}
}

/* SIG-12, SIG-46: the answer goes to the side that chose the reference, or comes from it */
static void
the_flag_of_an_answer_is_the_inverse_of_what_is_answered(void **state)
{
	static const uint8_t types[] = { UNI_MT_CONNECT, UNI_MT_STATUS_ENQUIRY, 0xee };
	struct uni_msg m;
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r = reach_idle(side);

		for (i = 0; i < 2 * sizeof(types); i++) {
			inject(&r, i % 2 == 0 ? 9 : 0x800009, types[i / 2], 0x80, "");
			uni_msg_decode(&m, r.p->messages[r.p->n - 1].octets,
				r.p->messages[r.p->n - 1].len);
			assert_int_equal(m.hdr.cref, 9);
			assert_int_equal(m.hdr.flag, i % 2 == 0);
			assert_int_equal(m.hdr.octet7, 0x80); /* SIG-15 */
			r.p->head = r.p->n;
		}
		reach_end(&r);
	}
}

/* SIG-44 */
static void
a_status_without_a_call_is_answered_when_it_names_a_state_that_exists(void **state)
{
	static const uint8_t there[] = { 1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 61, 62 };
	char elements[64];
	uint32_t octet;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r = reach_idle(side);

		for (octet = 0; octet < 64; octet++) {
			snprintf(elements, sizeof(elements), "14800001 %02x 08800002 809e", octet);
			expect_answer(&r, 9, (uint8_t)octet,
				answer(&r, 9, UNI_MT_STATUS, 0x80, elements),
				memchr(there, (int)octet, sizeof(there)) != NULL
					? "RELEASE_COMPLETE 101/7d"
					: "");
		}
		expect_answer(&r, 9, UNI_MT_STATUS,
			answer(&r, 9, UNI_MT_STATUS, 0x80, "08800002 809e"), "");
		expect_nothing_kept(&r);
		reach_end(&r);
	}
}

/* SIG-45: "endpoint reference echoed with inverted flag and endpoint state 0" */
static void
an_enquiry_without_a_call_about_a_party_has_the_party_echoed(void **state)
{
	union uni_ie_body body;
	struct uni_msg m;
	int side, flag;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (flag = 0; flag < 2; flag++) {
			struct reach r = reach_idle(side);

			expect_answer(&r, 9, UNI_MT_STATUS_ENQUIRY,
				answer(&r, 9, UNI_MT_STATUS_ENQUIRY, 0x80,
					flag ? "54800003 008005" : "54800003 000005"),
				"STATUS state 0 30 party 5 in 0");
			uni_msg_decode(&m, r.p->messages[r.p->n - 1].octets,
				r.p->messages[r.p->n - 1].len);
			assert_true(uni_msg_get(&m, UNI_IE_EPREF, &body));
			assert_int_equal(body.epref.flag, !flag);
			reach_end(&r);
		}
	}
}

/* SIG-41: what belongs there is section 11's business */
static const char *
expected_on_global(uint32_t ref, uint8_t type)
{
	if (type == UNI_MT_STATUS)
		return "";
	if (type == UNI_MT_RESTART && ref == 0)
		return "STATUS state 0 96/79";
	if (type == UNI_MT_RESTART_ACK && ref != 0)
		return "STATUS state 0 101/4e"; /* SIG-R4 */
	return "STATUS state 0 81";
}

/* SIG-41, SIG-R4 */
static void
the_global_reference_is_for_restart_only(void **state)
{
	static const uint32_t references[] = { 0, 0x800000 };
	struct uni_msg m;
	uint32_t type, i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r = reach_idle(side);

		for (type = 0; type < 256; type++) {
			for (i = 0; i < 2; i++) {
				expect_answer(&r, references[i], (uint8_t)type,
					answer(&r, references[i], (uint8_t)type, 0x80, ""),
					expected_on_global(references[i], (uint8_t)type));
				uni_msg_decode(&m, r.p->messages[r.p->n - 1].octets,
					r.p->messages[r.p->n - 1].len);
				if (type != UNI_MT_STATUS)
					assert_int_equal(m.hdr.flag, i == 0);
				assert_int_equal(m.hdr.cref, UNI_CREF_GLOBAL);
			}
		}
		expect_nothing_kept(&r);
		reach_end(&r);
	}
}

/* SIG-41, SIG-R8: "call state = the REST state of that direction" */
static void
what_does_not_belong_there_is_told_the_state_of_its_direction(void **state)
{
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r = reach_call(side, UNI_ST_ACTIVE, true);

		assert_int_equal(
			uni_link_restart(r.e->l, UNI_RESTART_VC, 1u << 16 | 99, r.p->now_ns), 0);
		reach_wait(&r, 0);
		reach_look(&r);
		expect_answer(&r, 0, UNI_MT_CONNECT, answer(&r, 0, UNI_MT_CONNECT, 0x80, ""),
			"STATUS state 0 81");
		expect_answer(&r, 0x800000, UNI_MT_CONNECT,
			answer(&r, 0x800000, UNI_MT_CONNECT, 0x80, ""), "STATUS state 61 81");
		r.e->keep_labels = true; /* so that the peer's RESTART stays busy */
		expect_answer(&r, 0, UNI_MT_RESTART,
			answer(&r, 0, UNI_MT_RESTART, 0x80, "79800001 82"), "");
		expect_answer(&r, 0, UNI_MT_CONNECT, answer(&r, 0, UNI_MT_CONNECT, 0x80, ""),
			"STATUS state 62 81");
		expect_answer(&r, 0, UNI_MT_RESTART,
			answer(&r, 0, UNI_MT_RESTART, 0x80, "79800001 82"),
			"STATUS state 62 101/46");
		expect_answer(&r, 0x800000, UNI_MT_CONNECT,
			answer(&r, 0x800000, UNI_MT_CONNECT, 0x80, ""), "STATUS state 61 81");
		reach_end(&r);
	}
}

/* SIG-12, SIG-13: the same value chosen by both sides, and each closed for itself */
static void
both_sides_count_their_calls_for_themselves(void **state)
{
	struct pair *p = pair_create(NULL);
	struct uni_call_info ours, theirs;
	uni_call_t first, second;

	(void)state;
	pair_up(p);
	first = pair_call_up(p, USER);
	second = pair_call_up(p, NETWORK);
	assert_int_equal(uni_call_query(p->end[USER].u, first, &ours), 0);
	assert_int_equal(uni_call_query(p->end[NETWORK].u, second, &theirs), 0);
	assert_int_equal(ours.reference, theirs.reference);
	pair_close(p, USER, first, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_int_equal(pair_state(p, USER, first), UNI_ST_COUNT);
	assert_int_equal(pair_state(p, NETWORK, second), UNI_ST_ACTIVE);
	pair_close(p, NETWORK, second, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

/* SIG-13: nor is 0, or 7fffff, ever one of ours */
static void
a_reference_is_not_given_out_again_while_its_call_or_its_label_is_kept(void **state)
{
	struct pair *p = pair_create(NULL);
	uni_call_t kept, aside, next;
	struct uni_call_info info;
	uint32_t kept_ref, aside_ref, i, n_lower = 0, last = 0;

	(void)state;
	pair_up(p);
	kept = pair_call_up(p, USER);
	aside = pair_call_up(p, USER);
	uni_call_query(p->end[USER].u, kept, &info);
	kept_ref = info.reference;
	uni_call_query(p->end[USER].u, aside, &info);
	aside_ref = info.reference;
	p->end[NETWORK].deaf = true;
	pair_close(p, USER, aside, UNI_CAUSE_NORMAL);
	pair_run(p, 60010);
	assert_int_equal(pair_state(p, USER, aside), UNI_ST_COUNT);
	p->end[NETWORK].deaf = false;
	for (i = 0; i < 5000; i++) {
		next = pair_call_up(p, USER);
		assert_int_equal(uni_call_query(p->end[USER].u, next, &info), 0);
		assert_int_not_equal(info.reference, kept_ref);
		assert_int_not_equal(info.reference, aside_ref);
		assert_in_range(info.reference, 1, 0x7ffffe);
		n_lower += info.reference <= last;
		last = info.reference;
		pair_close(p, USER, next, UNI_CAUSE_NORMAL);
		pair_settle(p);
	}
	assert_true(n_lower > 1); /* they have gone round */
	assert_int_equal(pair_state(p, USER, kept), UNI_ST_ACTIVE);
	pair_destroy(p);
}

struct column {
	uint8_t state;
	bool ours;
};

static const struct column columns[2][14] = {
	[USER] = { { 1, true }, { 3, true }, { 4, true }, { 6, false }, { 7, false }, { 8, false },
		{ 9, false }, { 10, true }, { 10, false }, { 11, true }, { 12, true }, { 13, true },
		{ 14, false } },
	[NETWORK] = { { 1, false }, { 3, false }, { 4, false }, { 6, true }, { 7, true },
		{ 9, true }, { 10, true }, { 10, false }, { 11, true }, { 12, true }, { 13, true },
		{ 14, false } },
};

static bool
is_calling(uint8_t state)
{
	return state == 1 || state == 3 || state == 4;
}

static bool
is_called(uint8_t state)
{
	return state >= 6 && state <= 9;
}

/* SIG-90, SIG-91, SIG-92 in words */
static void
spell_status(char *out, size_t size, int side, uint8_t ours, uint8_t theirs)
{
	uint8_t sent = side == USER ? 11 : 12;

	if (theirs == 0)
		snprintf(out, size, "0%s ^%s", ours == 13 ? " ^modify_refused" : "",
			ours == sent ? "complete" : "gone");
	else if (ours != 11 && ours != 12 &&
		 ((is_calling(ours) && is_called(theirs)) ||
			 (is_called(ours) && is_calling(theirs))))
		snprintf(out, size, "%u RELEASE 101 ^gone", sent);
	else
		snprintf(out, size, "%u%s", ours, ours == 11 || ours == 12 ? "" : " ^status");
}

static void
check_status(int side, const struct column *column, uint8_t theirs, uint8_t cause)
{
	struct reach r = reach_call(side, column->state, column->ours);
	char elements[64], expect[64];
	const char *got;

	spell_status(expect, sizeof(expect), side, column->state, theirs);
	snprintf(elements, sizeof(elements), "14800001 %02x 08800002 80%02x", theirs, cause | 0x80);
	reach_receive(&r, UNI_MT_STATUS, 0x80, elements);
	got = reach_outcome(&r);
	if (strcmp(got, expect) != 0)
		fail_msg("%s, state %u, STATUS %u with state %u: '%s', not '%s'",
			side == USER ? "user" : "network", column->state, cause, theirs, got,
			expect);
	if (theirs == 0 && column->state != 11 && column->state != 12)
		assert_int_equal(r.e->cause, cause == 30 ? UNI_CAUSE_TEMPORARY_FAILURE : cause);
	reach_end(&r);
}

/* SIG-90, SIG-91, SIG-92, SIG-93: our state against each of the peer's, asked for or not */
static void
a_status_changes_what_cannot_be_and_nothing_else(void **state)
{
	static const uint8_t theirs[] = { 0, 1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14 };
	static const uint8_t causes[] = { 30, 96, 97, 99, 100, 101 };
	size_t c, i, k;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++)
		for (c = 0; columns[side][c].state != 0; c++)
			for (i = 0; i < sizeof(theirs); i++)
				for (k = 0; k < sizeof(causes); k++)
					check_status(side, &columns[side][c], theirs[i], causes[k]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_reference_without_a_call_is_answered_by_type_and_nothing_is_kept),
		cmocka_unit_test(the_flag_of_an_answer_is_the_inverse_of_what_is_answered),
		cmocka_unit_test(
			a_status_without_a_call_is_answered_when_it_names_a_state_that_exists),
		cmocka_unit_test(an_enquiry_without_a_call_about_a_party_has_the_party_echoed),
		cmocka_unit_test(the_global_reference_is_for_restart_only),
		cmocka_unit_test(what_does_not_belong_there_is_told_the_state_of_its_direction),
		cmocka_unit_test(both_sides_count_their_calls_for_themselves),
		cmocka_unit_test(
			a_reference_is_not_given_out_again_while_its_call_or_its_label_is_kept),
		cmocka_unit_test(a_status_changes_what_cannot_be_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
