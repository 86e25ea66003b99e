/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes with the end of a call or party, beyond one cause (section 16). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "pair.h"
#include "uni/clearing.h"

#include <cmocka.h>

static struct pair *
up(void)
{
	struct pair *p = pair_create(NULL);

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

/* Everything there can be, of the greatest length: 08 08 7f 7e. */
struct full {
	struct uni_release r;
	uint8_t diag[UNI_MAX_DIAGNOSTICS], diag2[UNI_MAX_DIAGNOSTICS];
	uint8_t uu[UNI_MAX_UU];
	uint8_t git[UNI_MAX_GIT];
	uint8_t octets[UNI_MAX_CLEARING];
	struct uni_elements elements;
};

static void
fill(struct full *f)
{
	memset(f, 0, sizeof(*f));
	memset(f->diag, 0x11, sizeof(f->diag));
	memset(f->diag2, 0x22, sizeof(f->diag2));
	memset(f->uu, 0x33, sizeof(f->uu));
	memset(f->git, 0x44, sizeof(f->git));
	f->r = (struct uni_release){
		.cause = UNI_CAUSE_NUMBER_CHANGED,
		.location = 5,
		.cause2 = 120, /* SIG-24: none that section 7 knows */
		.location2 = 10,
		.coding2 = UNI_CODING_NETWORK,
		.diagnostics = f->diag,
		.diagnostics_len = sizeof(f->diag),
		.diagnostics2 = f->diag2,
		.diagnostics2_len = sizeof(f->diag2),
		.uu = f->uu,
		.uu_len = sizeof(f->uu),
		.git = f->git,
		.git_len = sizeof(f->git),
	};
	f->elements = (struct uni_elements){ f->octets, uni_clearing_encode(f->octets, &f->r) };
	assert_int_equal(f->elements.len, UNI_MAX_CLEARING);
}

static void
expect_data(const struct pair_end *e, const struct full *f)
{
	assert_int_equal(e->got_uu_len, sizeof(f->uu));
	assert_memory_equal(e->got_uu, f->uu, sizeof(f->uu));
	assert_int_equal(e->got_git_len, sizeof(f->git));
	assert_memory_equal(e->got_git, f->git, sizeof(f->git));
}

static void
expect_first_cause(const struct pair_end *e, const struct full *f)
{
	assert_int_equal(e->cause, f->r.cause);
	assert_int_equal(e->location, f->r.location);
	assert_int_equal(e->diagnostics_len, sizeof(f->diag));
	assert_memory_equal(e->diagnostics, f->diag, sizeof(f->diag));
}

static void
expect_full(const struct pair_end *e, const struct full *f)
{
	expect_first_cause(e, f);
	assert_int_equal(e->cause2, f->r.cause2);
	assert_int_equal(e->location2, f->r.location2);
	assert_int_equal(e->diagnostics2_len, sizeof(f->diag2));
	assert_memory_equal(e->diagnostics2, f->diag2, sizeof(f->diag2));
	expect_data(e, f);
}

static void
close_with(struct pair *p, int side, uni_call_t call, const struct uni_elements *elements)
{
	assert_int_equal(
		uni_call_close_with(p->end[side].u, call, UNI_CAUSE_NORMAL, elements, p->now_ns),
		0);
}

/* ---- The form. ---- */

static void
what_was_put_together_comes_apart_again(void **state)
{
	struct uni_release r;
	struct full f;

	(void)state;
	fill(&f);
	assert_int_equal(uni_clearing_decode(&r, &f.elements), 0);
	assert_int_equal(r.label, UNI_LABEL_NONE);
	assert_int_equal(r.cause, f.r.cause);
	assert_int_equal(r.coding, UNI_CODING_ITU);
	assert_int_equal(r.cause2, f.r.cause2);
	assert_int_equal(r.coding2, UNI_CODING_NETWORK);
	assert_int_equal(r.diagnostics2_len, sizeof(f.diag2));
	assert_memory_equal(r.diagnostics2, f.diag2, sizeof(f.diag2));
	assert_int_equal(r.git_len, sizeof(f.git));
	assert_int_equal(r.uu_len, sizeof(f.uu));
	assert_memory_equal(r.uu, f.uu, sizeof(f.uu));
	assert_int_equal(uni_clearing_decode(&r, &(struct uni_elements){ NULL, 0 }), 0);
	assert_int_equal(r.cause, 0);
}

/* SIG-117: refused upward, and the call is as it was */
static void
what_a_close_cannot_carry_is_refused_and_nothing_is_sent(void **state)
{
	static const char *const bad[] = {
		"08800001",                                  /* cut behind the header */
		"08800002 8090 7e",                          /* cut */
		"08800001 80",                               /* too short for a cause */
		"08800002 8010",                             /* content error: bit 8 of octet 2 */
		"08a00002 8090",                             /* coding standard */
		"08800002 8090 08800002 8090 08800002 8090", /* a third cause */
		"7e800001 04 7e800001 04",                   /* a second user-user */
		"7fe00001 04 7fe00001 04",
		"7f800001 04", /* coding standard */
		"27800001 f1", /* none of a close's */
		"54800003 008001",
		"7e800000", /* empty */
		"ff800001 00",
	};
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER), multi = pair_multipoint_up(p, USER);
	uint8_t octets[256] = { 0x7e, 0x80, 0, UNI_MAX_UU + 1 };
	struct uni_elements e = { octets, 4 + UNI_MAX_UU + 1 };
	uni_party_t party = pair_add_up(p, USER, multi);
	uint32_t i, n = p->n;

	(void)state;
	for (i = 0; i <= sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
			uni_call_close_with(p->end[USER].u, call, 16, &e, p->now_ns), -EINVAL);
		assert_int_equal(
			uni_party_drop_with(p->end[USER].u, party, 16, &e, p->now_ns), -EINVAL);
		if (i == sizeof(bad) / sizeof(bad[0]))
			break;
		e.len = (uint32_t)cp_hex_parse(bad[i], octets, sizeof(octets));
	}
	pair_run(p, 50);
	assert_int_equal(p->n, n);
	assert_int_equal(pair_state(p, USER, call), UNI_ST_ACTIVE);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_close(p, USER, multi, UNI_CAUSE_NORMAL);
	down(p);
}

/* ---- Calls. ---- */

/* SIG-115, SIG-121, SIG-73, SIG-24, SIG-25, SIG-26: as given, from either side */
static void
a_release_brings_all_that_it_can_carry(void **state)
{
	struct pair *p = up();
	struct full f;
	int side;

	(void)state;
	fill(&f);
	for (side = 0; side < 2; side++) {
		close_with(p, side, pair_call_up(p, side), &f.elements);
		pair_settle(p);
		expect_full(&p->end[!side], &f);
		assert_true(pair_is_clean(p));
	}
	down(p);
}

/* SIG-115: where RELEASE COMPLETE is the first clearing message */
static void
so_does_a_release_complete_to_a_setup(void **state)
{
	struct pair *p = up();
	struct full f;
	int side;

	(void)state;
	fill(&f);
	for (side = 0; side < 2; side++) {
		pair_call(p, side);
		pair_run(p, 5);
		assert_int_equal(p->end[!side].n_told[TOLD_OFFER], 1);
		p->end[!side].n_told[TOLD_OFFER] = 0;
		close_with(p, !side, p->end[!side].call, &f.elements);
		pair_settle(p);
		expect_full(&p->end[side], &f);
	}
	down(p);
}

/* SIG-26 */
static void
a_cause_that_no_element_says_is_ours(void **state)
{
	static const uint8_t bye[] = { 0x7e, 0x80, 0, 2, 4, 'x' };
	const struct uni_elements e = { bye, sizeof(bye) };
	struct pair *p = up();
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		close_with(p, side, pair_call_up(p, side), &e);
		pair_settle(p);
		assert_int_equal(p->end[!side].cause, UNI_CAUSE_NORMAL);
		assert_int_equal(p->end[!side].location, side == USER ? 0 : 2);
		assert_int_equal(p->end[!side].cause2, 0);
		assert_int_equal(p->end[!side].got_uu_len, 2);
	}
	down(p);
}

/* SIG-74, SIG-73: the second cause gives way, all else is said again */
static void
a_repeated_release_has_308_for_its_second_cause_and_all_the_rest(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);
	struct full f;

	(void)state;
	fill(&f);
	p->end[NETWORK].deaf = true;
	close_with(p, USER, call, &f.elements);
	pair_run(p, 100);
	p->end[NETWORK].deaf = false;
	pair_run(p, 30000);
	expect_first_cause(&p->end[NETWORK], &f);
	assert_int_equal(p->end[NETWORK].cause2, UNI_CAUSE_TIMER);
	assert_int_equal(p->end[NETWORK].location2, 0);
	assert_int_equal(p->end[NETWORK].diagnostics2_len, 3);
	assert_memory_equal(p->end[NETWORK].diagnostics2, "308", 3);
	expect_data(&p->end[NETWORK], &f);
	down(p);
}

/* The octets of the last message that @p side has sent. */
static const struct pair_message *
last_from(const struct pair *p, int side)
{
	const struct pair_message *m = &p->messages[(p->n - 1) % PAIR_MESSAGES];

	assert_int_equal(m->from, side);
	return m;
}

static void
expect_last(struct pair *p, int side, const char *elements)
{
	const struct pair_message *m = last_from(p, side);
	uint8_t expected[PAIR_OCTETS];
	int n = cp_hex_parse(elements, expected, sizeof(expected));

	assert_int_equal(m->len - UNI_HEADER_SIZE, n);
	assert_memory_equal(m->octets + UNI_HEADER_SIZE, expected, n);
}

/* SIG-116, SIG-75: data goes back; no cause but one that the layer above has named */
static void
the_answer_to_a_release_carries_data_back(void **state)
{
	static const uint8_t data[] = { 0x7e, 0x80, 0, 1, 4, 0x7f, 0xe0, 0, 1, 9 };
	static const uint8_t with_cause[] = { 0x08, 0x80, 0, 3, 0x85, 0x95, 0x77, 0x7e, 0x80, 0, 1,
		4 };
	struct pair *p = up();
	struct uni_elements e = { data, sizeof(data) };

	(void)state;
	p->end[NETWORK].on_released = PAIR_WAIT;
	pair_close(p, USER, pair_call_up(p, USER), UNI_CAUSE_NORMAL);
	pair_run(p, 10);
	close_with(p, NETWORK, p->end[NETWORK].call, &e);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_COMPLETE], 0); /* it is needed until pulled */
	pair_settle(p);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_COMPLETE], 1);
	expect_last(p, NETWORK, "7fe0000109 7e80000104"); /* in the order of section 5 */

	e = (struct uni_elements){ with_cause, sizeof(with_cause) };
	pair_close(p, USER, pair_call_up(p, USER), UNI_CAUSE_NORMAL);
	pair_run(p, 10);
	close_with(p, NETWORK, p->end[NETWORK].call, &e);
	pair_settle(p);
	expect_last(p, NETWORK, "08800003859577 7e80000104");
	down(p);
}

/* A RELEASE of call 1 with @p n elements that nobody knows. */
static void
inject_release(struct pair *p, int side, const char *flag_and_reference, uint32_t n)
{
	char hex[2 * PAIR_OCTETS] = "0903";
	uint32_t i, at;

	at = 4 +
	     (uint32_t)sprintf(hex + 4, "%s4d80%04x088000028090", flag_and_reference, 6 + 5 * n);
	for (i = 0; i < n; i++)
		at += (uint32_t)sprintf(hex + at, "f%x80000100", (unsigned int)(i % 8));
	pair_inject(p, side, hex);
}

/* SIG-56, SIG-62 */
static void
the_answer_to_a_release_tells_of_all_that_was_wrong_with_it_28_at_most(void **state)
{
	struct pair *p = up();

	(void)state;
	pair_call_up(p, USER);
	inject_release(p, USER, "800001", 40);
	expect_last(p, USER,
		"0880001e 80e3 f0f1f2f3f4f5f6f7 f0f1f2f3f4f5f6f7 f0f1f2f3f4f5f6f7 f0f1f2f3");
	pair_settle(p);
	down(p);
}

/* SIG-75, SIG-116: the report comes first, then what the layer above says */
static void
an_answer_with_a_report_carries_the_data_as_well(void **state)
{
	struct pair *p = up();
	struct full f;

	(void)state;
	fill(&f);
	p->end[USER].on_released = PAIR_WAIT;
	pair_call_up(p, USER);
	inject_release(p, USER, "800001", 20);
	close_with(p, USER, p->end[USER].call, &f.elements);
	pair_settle(p);
	assert_string_equal(pair_said_last(p),
		"U RELEASE_COMPLETE 99/f0f1f2f3f4f5f6f7f0f1f2f3f4f5f6f7f0f1f2f3 "
		"22/11111111111111111111111111111111111111111111111111111111");
	down(p);
}

/* What runs out: the close goes out all the same */
static void
diagnostics_that_find_no_buffer_are_cut_and_counted(void **state)
{
	struct pair *p = pair_create(&(struct pair_config){ .n_setups = 2 });
	struct uni_link_stats stats;
	struct uni_census census;
	uni_call_t setting_up;

	(void)state;
	pair_up(p);
	pair_call_up(p, USER);
	p->end[NETWORK].deaf = true; /* so that the buffer of the next SETUP stays taken */
	setting_up = pair_call(p, USER);
	pair_run(p, 1);
	uni_census(p->end[USER].u, &census);
	assert_int_equal(census.n_setups, 1); /* the other one is not for diagnostics */
	inject_release(p, USER, "800001", 20);
	assert_string_equal(
		pair_said_last(p), "U RELEASE_COMPLETE 99/f0f1f2f3f4f5f6f7f0f1f2f3f4f5f6f7");
	uni_link_stats(p->end[USER].l, &stats);
	assert_int_equal(stats.diagnostics_cut, 1);
	p->end[NETWORK].deaf = false;
	pair_close(p, NETWORK, p->end[NETWORK].call, UNI_CAUSE_NORMAL);
	pair_close(p, USER, setting_up, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-C5: our RELEASE, with what was enclosed in the refusal, is still queued */
static void
a_faulty_release_that_meets_a_refusal_with_data_loses_none_of_it(void **state)
{
	struct pair *p = up();
	struct uni_link_stats stats;
	struct full f;

	(void)state;
	fill(&f);
	p->end[USER].on_offer = PAIR_ALERT;
	pair_call(p, NETWORK);
	pair_settle(p);
	assert_int_equal(uni_call_enclose(p->end[USER].u, p->end[USER].call, UNI_ANSWER_REFUSE,
				 &f.elements, p->now_ns),
		0);
	p->end[USER].no_credit = true;
	assert_int_equal(
		uni_call_refuse(p->end[USER].u, p->end[USER].call, UNI_CAUSE_USER_BUSY, p->now_ns),
		0);
	inject_release(p, USER, "000001", 20);
	p->end[USER].no_credit = false;
	pair_run(p, 1);
	assert_string_equal(pair_said_last(p),
		"U RELEASE_COMPLETE 99/f0f1f2f3f4f5f6f7f0f1f2f3f4f5f6f7 "
		"22/11111111111111111111111111111111111111111111111111111111");
	uni_link_stats(p->end[USER].l, &stats);
	assert_int_equal(stats.diagnostics_cut, 1); /* the buffer has better things in it */
	pair_settle(p);
	expect_data(&p->end[NETWORK], &f);
	down(p);
}

/* SIG-120 */
static void
a_close_that_ends_locally_loses_its_data(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);
	struct full f;

	(void)state;
	fill(&f);
	p->end[USER].no_credit = true;
	close_with(p, USER, call, &f.elements);
	pair_down(p);
	pair_run(p, 11000); /* T309 */
	assert_int_equal(p->end[USER].n_told[TOLD_COMPLETE], 1);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_GONE], 1);
	assert_int_equal(p->end[NETWORK].cause, UNI_CAUSE_OUT_OF_ORDER);
	assert_int_equal(p->end[NETWORK].got_uu_len, 0);
	assert_int_equal(p->end[NETWORK].got_git_len, 0);
	pair_destroy(p);
}

/* ---- Refusals. ---- */

/* SIG-115, SIG-121: the layer above need not keep it */
static void
a_refusal_carries_what_was_enclosed(void **state)
{
	static const enum pair_reflex before[] = { PAIR_WAIT, PAIR_ALERT };
	struct pair *p = up();
	struct full f;
	int side, i;

	(void)state;
	for (side = 0; side < 2; side++) {
		for (i = 0; i < 2; i++) {
			struct pair_end *e = &p->end[!side];

			fill(&f);
			e->on_offer = before[i];
			pair_call(p, side);
			pair_run(p, 5);
			assert_int_equal(uni_call_enclose(e->u, e->call, UNI_ANSWER_REFUSE,
						 &f.elements, p->now_ns),
				0);
			memset(f.octets, 0, sizeof(f.octets));
			assert_int_equal(
				uni_call_refuse(e->u, e->call, UNI_CAUSE_USER_BUSY, p->now_ns), 0);
			pair_settle(p);
			expect_full(&p->end[side], &f);
			assert_true(pair_is_clean(p));
		}
	}
	down(p);
}

/* ---- Parties. ---- */

/* SIG-115, SIG-121: a message about a party has room for one cause (section 5) */
static void
a_drop_and_its_answer_carry_all_but_a_second_cause(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_multipoint_up(p, USER), theirs = p->end[NETWORK].call;
	struct full f;
	int side;

	(void)state;
	fill(&f);
	for (side = 0; side < 2; side++) {
		uni_party_t party = pair_add_up(p, USER, call);

		if (side == NETWORK)
			party = pair_peer(p, NETWORK, party, theirs);
		assert_int_equal(uni_party_drop_with(p->end[side].u, party, UNI_CAUSE_NORMAL,
					 &f.elements, p->now_ns),
			0);
		p->end[!side].on_party_released = PAIR_WAIT;
		pair_run(p, 10);
		expect_first_cause(&p->end[!side], &f);
		assert_int_equal(p->end[!side].cause2, 0);
		expect_data(&p->end[!side], &f);
		assert_int_equal(uni_party_drop_with(p->end[!side].u, p->end[!side].party,
					 UNI_CAUSE_NORMAL, &f.elements, p->now_ns),
			0);
		pair_run(p, 1);
		assert_string_equal(pair_said_last(p) + 2,
			side == USER
				? "DROP_PARTY_ACK 22/"
				  "11111111111111111111111111111111111111111111111111111111 party 1"
				: "DROP_PARTY_ACK 22/"
				  "11111111111111111111111111111111111111111111111111111111 party "
				  "2");
		pair_settle(p);
		p->end[!side].on_party_released = PAIR_CLOSE;
	}
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-104, SIG-115 */
static void
the_drop_of_the_last_party_releases_the_call_with_all_of_it(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_multipoint_up(p, USER);
	uni_party_t party = uni_party_next(p->end[USER].u, call, 0);
	struct full f;

	(void)state;
	fill(&f);
	assert_int_equal(uni_party_drop_with(
				 p->end[USER].u, party, UNI_CAUSE_NORMAL, &f.elements, p->now_ns),
		0);
	pair_settle(p);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_RELEASED], 1);
	expect_full(&p->end[NETWORK], &f);
	down(p);
}

/* SIG-P10, SIG-115 */
static void
a_party_is_refused_with_what_was_enclosed(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_multipoint_up(p, USER);
	struct full f;

	(void)state;
	fill(&f);
	p->end[NETWORK].on_party_offer = PAIR_WAIT;
	pair_add(p, USER, call);
	pair_run(p, 10);
	assert_int_equal(uni_party_enclose(p->end[NETWORK].u, p->end[NETWORK].party,
				 UNI_ANSWER_REFUSE, &f.elements, p->now_ns),
		0);
	assert_int_equal(uni_party_refuse(p->end[NETWORK].u, p->end[NETWORK].party,
				 UNI_CAUSE_USER_BUSY, p->now_ns),
		0);
	pair_settle(p);
	assert_int_equal(p->end[USER].n_told[TOLD_PARTY_REFUSED], 1);
	expect_first_cause(&p->end[USER], &f);
	expect_data(&p->end[USER], &f);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-N6 of a multipoint call: its first party is refused, by either of the two ways */
static void
a_multipoint_call_is_refused_with_what_was_enclosed(void **state)
{
	struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 1, .octets = "1" },
		.multipoint = true,
	};
	struct pair *p = up();
	struct pair_end *e = &p->end[NETWORK];
	struct full f;
	uni_call_t call;
	int i;

	(void)state;
	fill(&f);
	for (i = 0; i < 2; i++) {
		assert_int_equal(uni_call_setup(p->end[USER].l, &setup, 1, p->now_ns, &call), 0);
		pair_run(p, 5);
		assert_int_equal(uni_party_enclose(e->u, e->setup.party, UNI_ANSWER_REFUSE,
					 &f.elements, p->now_ns),
			0);
		assert_int_equal(i == 0 ? uni_call_refuse(e->u, e->call, 17, p->now_ns)
					: uni_party_refuse(e->u, e->setup.party, 17, p->now_ns),
			0);
		pair_settle(p);
		expect_full(&p->end[USER], &f);
		assert_true(pair_is_clean(p));
	}
	down(p);
}

/* SIG-P13, SIG-104: the cause of the last drop is that of the RELEASE, with its diagnostics */
static void
the_release_for_the_last_drop_repeats_its_diagnostics(void **state)
{
	struct pair *p = up();
	char hex[256] = "0903 800001 83 80 0029 0880001e 8296 ";

	(void)state;
	pair_multipoint_up(p, USER);
	memset(hex + strlen(hex), '1', 2 * UNI_MAX_DIAGNOSTICS);
	strcat(hex, " 54800003 000000");
	p->end[NETWORK].deaf = true;
	pair_inject(p, USER, hex);
	assert_string_equal(pair_said_last(p),
		"U RELEASE 22/11111111111111111111111111111111111111111111111111111111");
	p->end[NETWORK].deaf = false;
	pair_run(p, 31000); /* T308 */
	down(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_together_comes_apart_again),
		cmocka_unit_test(what_a_close_cannot_carry_is_refused_and_nothing_is_sent),
		cmocka_unit_test(a_release_brings_all_that_it_can_carry),
		cmocka_unit_test(so_does_a_release_complete_to_a_setup),
		cmocka_unit_test(a_cause_that_no_element_says_is_ours),
		cmocka_unit_test(a_repeated_release_has_308_for_its_second_cause_and_all_the_rest),
		cmocka_unit_test(the_answer_to_a_release_carries_data_back),
		cmocka_unit_test(
			the_answer_to_a_release_tells_of_all_that_was_wrong_with_it_28_at_most),
		cmocka_unit_test(an_answer_with_a_report_carries_the_data_as_well),
		cmocka_unit_test(diagnostics_that_find_no_buffer_are_cut_and_counted),
		cmocka_unit_test(a_faulty_release_that_meets_a_refusal_with_data_loses_none_of_it),
		cmocka_unit_test(a_close_that_ends_locally_loses_its_data),
		cmocka_unit_test(a_refusal_carries_what_was_enclosed),
		cmocka_unit_test(a_drop_and_its_answer_carry_all_but_a_second_cause),
		cmocka_unit_test(the_drop_of_the_last_party_releases_the_call_with_all_of_it),
		cmocka_unit_test(a_party_is_refused_with_what_was_enclosed),
		cmocka_unit_test(a_multipoint_call_is_refused_with_what_was_enclosed),
		cmocka_unit_test(the_release_for_the_last_drop_repeats_its_diagnostics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
