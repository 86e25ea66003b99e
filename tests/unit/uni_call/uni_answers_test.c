/* SPDX-License-Identifier: BSD-3-Clause */
/* What answers carry, and the order of elements in whatever is sent. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "pair.h"

#include <cmocka.h>

/* One of each element that can be given, in an order that no message has. */
#define GIT "7fe0000109"
#define UU "7e80000104"
#define CONNECTED_SUB "4d80000280 41"
#define CONNECTED "4c800002 9131"
#define EXQOS "ece00003 00a206"
#define TRAFFIC "59800008 84000001 85000002"
#define DELAY "42800003 010001"
#define NOTE "27800001 f1"
#define BLLI "5f800001 cc"
#define AAL "58800001 00"
#define CONNID "5a800005 8800000064"
#define EPREF "54800003 000007"
#define SUB "71800002 8041"
#define CALLING_SUB "6d800002 8042"
#define BHLI "5d800002 8101"
#define TNS "78800002 a131"
#define COMPLETE "62800001 a1"
#define CALLED "70800002 9132"
#define CALLING "6c800002 9133"
#define BEARER "5e800002 9080"
#define BEARER_MP "5e800002 9081"
#define QOS "5c800002 0000"
#define CAUSE "08800002 8095"
#define CAUSE2 "08800002 809f"
#define ALL                                                                                        \
	GIT UU EXQOS CONNECTED_SUB CONNECTED TRAFFIC DELAY NOTE BLLI AAL CONNID EPREF SUB          \
		CALLING_SUB SUB CALLING_SUB BHLI TNS TNS COMPLETE CALLED CALLING QOS

struct given {
	uint8_t octets[512];
	struct uni_elements e;
};

static const struct uni_elements *
given(struct given *g, const char *hex)
{
	int n = cp_hex_parse(hex, g->octets, sizeof(g->octets));

	assert_true(n > 0);
	g->e = (struct uni_elements){ g->octets, (uint32_t)n };
	return &g->e;
}

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

/* Identifiers of elements as they stand there, "58 5f ". */
static const char *
ids_of(const uint8_t *octets, uint32_t len)
{
	static char text[256];
	uint32_t off, at = 0;

	text[0] = '\0';
	for (off = 0; off < len; off += 4u + cp_get_be16(octets + off + 2))
		at += (uint32_t)sprintf(text + at, "%02x ", octets[off]);
	assert_int_equal(off, len);
	return text;
}

/* The last message of @p type is made of these. */
static void
expect_sent(struct pair *p, uint8_t type, const char *ids)
{
	uint32_t i;

	for (i = p->n; i > 0; i--) {
		const struct pair_message *m = &p->messages[(i - 1) % PAIR_MESSAGES];

		if (m->octets[5] != type)
			continue;
		assert_string_equal(
			ids_of(m->octets + UNI_HEADER_SIZE, m->len - UNI_HEADER_SIZE), ids);
		return;
	}
	fail_msg("no %s was sent", uni_msg_name(type));
}

static void
enclose(struct pair *p, int side, enum uni_answer_kind kind, const char *hex)
{
	struct given g;

	assert_int_equal(uni_call_enclose(p->end[side].u, p->end[side].call, kind, given(&g, hex),
				 p->now_ns),
		0);
}

static uni_call_t
set_up(struct pair *p, int side, const char *hex, bool multipoint)
{
	struct given g;
	struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 1, .octets = "2" },
		.calling = { .type = UNI_ADDRESS_E164, .len = 1, .octets = "3" },
		.multipoint = multipoint,
	};
	uni_call_t call = 0;

	if (hex != NULL) {
		given(&g, hex);
		setup.elements = g.e.octets;
		setup.elements_len = g.e.len;
	}
	assert_int_equal(uni_call_setup(p->end[side].l, &setup, 1, p->now_ns, &call), 0);
	return call;
}

/* In the handler of an offer: CALL PROCEEDING goes out at the end of the turn (SIG-68). */
static void
proceed_with_all(struct pair_end *e)
{
	enclose(e->p, e == &e->p->end[NETWORK], UNI_ANSWER_PROCEED, ALL);
}

static void
accept_with_all(struct pair_end *e)
{
	enclose(e->p, e == &e->p->end[NETWORK], UNI_ANSWER_ACCEPT, ALL);
}

static void
alert_with_all(struct pair_end *e)
{
	enclose(e->p, e == &e->p->end[NETWORK], UNI_ANSWER_ALERT, ALL);
}

static void
answer_with_all(struct pair *p, int side)
{
	struct pair_end *e = &p->end[side];

	enclose(p, side, UNI_ANSWER_ALERT, ALL);
	enclose(p, side, UNI_ANSWER_ACCEPT, ALL);
	assert_int_equal(uni_call_alert(e->u, e->call, p->now_ns), 0);
	assert_int_equal(uni_call_accept(e->u, e->call, p->now_ns), 0);
}

/* ---- Order: the table of section 5. ---- */

/* SIG-16, SIG-118: and nothing that the message cannot have */
static void
elements_of_a_call_are_sent_in_the_order_of_section_5(void **state)
{
	struct pair *p = up();
	struct given g;
	uni_call_t call;

	(void)state;
	p->end[NETWORK].offered = proceed_with_all;
	call = set_up(p, USER, ALL CAUSE "63800001 82" BLLI BLLI BEARER, false);
	pair_run(p, 5);
	expect_sent(p, UNI_MT_SETUP,
		"58 59 5e 5d 63 5f 5f 5f 70 71 71 6c 6d 6d 5c ec 42 27 62 78 78 7e 7f ");
	answer_with_all(p, NETWORK);
	pair_settle(p);
	expect_sent(p, UNI_MT_CALL_PROCEEDING, "5a 27 ");
	expect_sent(p, UNI_MT_ALERTING, "27 7f 7e ");
	expect_sent(p, UNI_MT_CONNECT, "58 5f 27 42 59 ec 4c 4d 7f 7e ");
	expect_sent(p, UNI_MT_CONNECT_ACK, "");
	assert_int_equal(uni_call_close_with(p->end[USER].u, call, 16,
				 given(&g, UU CAUSE GIT CAUSE2), p->now_ns),
		0);
	p->end[NETWORK].on_released = PAIR_WAIT;
	pair_run(p, 5);
	expect_sent(p, UNI_MT_RELEASE, "08 08 7f 7e ");
	assert_int_equal(uni_call_close_with(p->end[NETWORK].u, p->end[NETWORK].call, 16,
				 given(&g, UU CAUSE GIT CAUSE2), p->now_ns),
		0);
	pair_settle(p);
	expect_sent(p, UNI_MT_RELEASE_COMPLETE, "08 08 7f 7e ");
	down(p);
}

/* SIG-16: a first response names the VC, whichever it is; the network's SETUP does too */
static void
so_are_those_of_first_responses(void **state)
{
	struct pair *p = up();
	uni_call_t call;

	(void)state;
	p->end[USER].offered = accept_with_all;
	p->end[USER].on_offer = PAIR_ACCEPT;
	call = set_up(p, NETWORK, ALL BEARER, false);
	pair_run(p, 5);
	expect_sent(
		p, UNI_MT_SETUP, "58 59 5e 5d 5f 70 71 71 6c 6d 6d 5a 5c ec 42 27 62 78 78 7e 7f ");
	pair_settle(p);
	expect_sent(p, UNI_MT_CONNECT, "58 5f 5a 27 42 59 ec 4c 4d 7f 7e ");
	pair_close(p, NETWORK, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	p->end[NETWORK].offered = alert_with_all;
	p->end[NETWORK].on_offer = PAIR_ALERT;
	call = set_up(p, USER, NULL, false);
	pair_settle(p);
	expect_sent(p, UNI_MT_ALERTING, "5a 27 7f 7e ");
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

static void
add_with_all(struct pair *p, uni_call_t call)
{
	struct given g;
	struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 1, .octets = "2" },
		.calling = { .type = UNI_ADDRESS_E164, .len = 1, .octets = "3" },
	};
	uni_party_t party;

	given(&g, ALL CAUSE);
	setup.elements = g.e.octets;
	setup.elements_len = g.e.len;
	assert_int_equal(uni_party_add(p->end[USER].u, call, &setup, 2, p->now_ns, &party), 0);
	pair_run(p, 10);
}

/* SIG-16, SIG-118 */
static void
elements_of_parties_are_sent_in_the_order_of_section_5(void **state)
{
	struct pair *p = up();
	struct pair_end *e = &p->end[NETWORK];
	uni_call_t call, theirs;
	struct given g;

	(void)state;
	e->offered = proceed_with_all;
	call = set_up(p, USER, ALL BEARER_MP, true);
	pair_run(p, 5);
	expect_sent(
		p, UNI_MT_SETUP, "58 59 5e 5d 5f 70 71 71 6c 6d 6d 5c ec 42 27 62 78 78 54 7e 7f ");
	theirs = e->call;
	answer_with_all(p, NETWORK);
	pair_settle(p);
	expect_sent(p, UNI_MT_CALL_PROCEEDING, "5a 54 27 ");
	expect_sent(p, UNI_MT_ALERTING, "54 27 7f 7e ");
	expect_sent(p, UNI_MT_CONNECT, "58 5f 54 27 42 59 ec 4c 4d 7f 7e ");

	add_with_all(p, call);
	expect_sent(p, UNI_MT_ADD_PARTY, "58 5d 5f 70 71 71 6c 6d 6d 62 78 78 54 27 42 7e 7f ");
	given(&g, ALL CAUSE);
	assert_int_equal(uni_party_enclose(e->u, e->party, UNI_ANSWER_ALERT, &g.e, p->now_ns), 0);
	assert_int_equal(uni_party_alert(e->u, e->party, p->now_ns), 0);
	assert_int_equal(uni_party_enclose(e->u, e->party, UNI_ANSWER_ACCEPT, &g.e, p->now_ns), 0);
	pair_run(p, 10);
	expect_sent(p, UNI_MT_PARTY_ALERTING, "54 27 7e 7f ");
	assert_string_equal(ids_of(p->end[USER].came, p->end[USER].came_len), "27 7e 7f ");
	assert_int_equal(uni_party_accept(e->u, e->party, p->now_ns), 0);
	pair_run(p, 10);
	expect_sent(p, UNI_MT_ADD_PARTY_ACK, "54 58 5f 27 42 4c 4d 7e 7f ");
	assert_int_equal(p->end[USER].n_told[TOLD_PARTY_ADDED], 1);
	assert_string_equal(
		ids_of(p->end[USER].came, p->end[USER].came_len), "58 5f 27 42 4c 4d 7e 7f ");

	given(&g, GIT UU CAUSE CAUSE2);
	assert_int_equal(uni_party_drop_with(e->u, e->party, 16, &g.e, p->now_ns), 0);
	p->end[USER].on_party_released = PAIR_WAIT;
	pair_run(p, 10);
	expect_sent(p, UNI_MT_DROP_PARTY, "08 54 7e 7f ");
	assert_int_equal(
		uni_party_drop_with(p->end[USER].u, p->end[USER].party, 16, &g.e, p->now_ns), 0);
	pair_run(p, 10);
	expect_sent(p, UNI_MT_DROP_PARTY_ACK, "54 08 7e 7f ");

	add_with_all(p, call);
	assert_int_equal(uni_party_enclose(e->u, e->party, UNI_ANSWER_REFUSE, &g.e, p->now_ns), 0);
	assert_int_equal(uni_party_refuse(e->u, e->party, 17, p->now_ns), 0);
	pair_run(p, 10);
	expect_sent(p, UNI_MT_ADD_PARTY_REJECT, "08 54 7e 7f ");
	pair_close(p, NETWORK, theirs, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-16: what call control says by itself */
static void
so_are_those_of_all_other_messages(void **state)
{
	static const struct uni_rates more = { 5000, 5000 };
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER), multi = pair_multipoint_up(p, USER);

	(void)state;
	p->end[NETWORK].on_modify = PAIR_ACCEPT;
	p->end[NETWORK].confirm = true;
	assert_int_equal(uni_call_modify(p->end[USER].u, call, &more, p->now_ns), 0);
	pair_settle(p);
	expect_sent(p, UNI_MT_MODIFY_REQUEST, "59 ");
	expect_sent(p, UNI_MT_MODIFY_ACK, "89 ");
	expect_sent(p, UNI_MT_CONNECTION_AVAILABLE, "89 ");
	p->end[NETWORK].on_modify = PAIR_REFUSE;
	assert_int_equal(uni_call_modify(p->end[USER].u, call, &more, p->now_ns), 0);
	pair_settle(p);
	expect_sent(p, UNI_MT_MODIFY_REJECT, "08 ");
	pair_inject(p, NETWORK, "0903 000002 75 80 0007 54800003000000"); /* STATUS ENQUIRY */
	expect_sent(p, UNI_MT_STATUS, "14 08 54 55 ");
	pair_inject(p, NETWORK, "0903 000002 75 80 0000");
	expect_sent(p, UNI_MT_STATUS, "14 08 ");
	pair_inject(p, NETWORK, "0903 000000 46 80 000e 79800001 80 5a800005 8800000020");
	pair_run(p, 10);
	expect_sent(p, UNI_MT_RESTART_ACK, "5a 79 ");
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_close(p, USER, multi, UNI_CAUSE_NORMAL);
	pair_settle(p);
	pair_destroy(p);
}

/* ---- What an answer brings. ---- */

static void
expect_came(const struct pair_end *e, const char *hex)
{
	struct given g;

	given(&g, hex);
	assert_int_equal(e->came_len, g.e.len);
	assert_memory_equal(e->came, g.octets, g.e.len);
}

static void
proceed_with_note(struct pair_end *e)
{
	enclose(e->p, e == &e->p->end[NETWORK], UNI_ANSWER_PROCEED, NOTE);
}

/* SIG-39 */
static void
elements_of_an_answer_are_told_unchanged_to_the_caller(void **state)
{
	/* with instructions in octet 2, and bits that we would write in another way */
	static const char connect[] =
		"58900001 00"
		"5f920001 cc"
		"27900003 f10102" DELAY TRAFFIC EXQOS "4c910003 11 81 39" CONNECTED_SUB GIT UU;
	struct pair *p = up();
	uni_call_t call;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		struct pair_end *e = &p->end[!side];

		e->offered = proceed_with_note;
		call = set_up(p, side, NULL, false);
		pair_run(p, 10);
		assert_int_equal(p->end[side].n_told[TOLD_PROCEEDING], 1);
		expect_came(&p->end[side], NOTE);
		enclose(p, !side, UNI_ANSWER_ALERT, NOTE UU GIT);
		assert_int_equal(uni_call_alert(e->u, e->call, p->now_ns), 0);
		pair_run(p, 10);
		assert_int_equal(p->end[side].n_told[TOLD_ALERTING], 1);
		expect_came(&p->end[side], NOTE GIT UU);
		enclose(p, !side, UNI_ANSWER_ACCEPT, connect);
		assert_int_equal(uni_call_accept(e->u, e->call, p->now_ns), 0);
		pair_run(p, 10);
		assert_int_equal(p->end[side].n_told[TOLD_CONNECTED], 1);
		expect_came(&p->end[side], connect);
		pair_close(p, side, call, UNI_CAUSE_NORMAL);
		pair_settle(p);
		assert_true(pair_is_clean(p));
		memset(p->end[0].n_told, 0, sizeof(p->end[0].n_told));
		memset(p->end[1].n_told, 0, sizeof(p->end[1].n_told));
	}
	down(p);
}

static void
a_plain_answer_brings_nothing(void **state)
{
	struct pair *p = up();

	(void)state;
	memset(&p->end[USER].came_len, 0xff, sizeof(p->end[USER].came_len));
	pair_close(p, USER, pair_call_up(p, USER), UNI_CAUSE_NORMAL);
	assert_int_equal(p->end[USER].came_len, 0);
	down(p);
}

/* SIG-118, SIG-55: each is unrecognised where section 5 does not list it */
static void
elements_where_they_are_not_allowed_are_unrecognised(void **state)
{
	static const struct {
		const char *message, *said, *came;
	} cases[] = {
		{ "02 80 000e 5a800005 8800000020" UU, "U STATUS state 3 99/7e", NULL },
		{ "01 80 000b" CONNECTED GIT, "U STATUS state 4 99/4c", GIT },
		{ "07 80 0015" COMPLETE CONNECTED NOTE "7fe00001 09", "U STATUS state 10 99/62",
			CONNECTED NOTE "7fe00001 09" },
		{ "0f 80 0005" UU, "U STATUS state 10 101/0f", NULL }, /* SIG-U15 goes before */
		{ "6e 80 000a" NOTE UU, "U STATUS state 10 99/7e", NULL },
		{ "88 80 0011" TRAFFIC UU, "U STATUS state 10 101/88", NULL },
	};
	struct pair *p = up();
	char hex[128];
	uint32_t i;

	(void)state;
	p->end[NETWORK].deaf = true;
	set_up(p, USER, NULL, false);
	pair_run(p, 1);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p->end[USER].came_len = 0;
		snprintf(hex, sizeof(hex), "0903 800001 %s", cases[i].message);
		pair_inject(p, USER, hex);
		assert_string_equal(pair_said_last(p), cases[i].said);
		if (cases[i].came != NULL)
			expect_came(&p->end[USER], cases[i].came);
		else
			assert_int_equal(p->end[USER].came_len, 0);
	}
	pair_destroy(p);
}

/* ---- What can go wrong with what is to go along. ---- */

static void
what_cannot_be_enclosed_is_refused(void **state)
{
	struct pair *p = up();
	struct pair_end *e = &p->end[NETWORK];
	uni_call_t call = set_up(p, USER, NULL, false);
	struct given g;

	(void)state;
	pair_run(p, 5);
	assert_int_equal(
		uni_call_enclose(p->end[USER].u, call, UNI_ANSWER_ACCEPT, given(&g, UU), p->now_ns),
		-EPROTO); /* it is not ours to answer */
	assert_int_equal(uni_call_enclose(e->u, e->call, UNI_ANSWER_ACCEPT,
				 given(&g, "7e800002 04"), p->now_ns),
		-EINVAL);
	assert_int_equal(uni_call_enclose(e->u, e->call, UNI_ANSWER_ACCEPT,
				 given(&g, "5f800001 4c 5f80"), p->now_ns),
		-EINVAL);
	assert_int_equal(uni_call_enclose(e->u, e->call, UNI_ANSWER_ACCEPT,
				 given(&g, "5f800001 80" /* no such group */), p->now_ns),
		-EINVAL);
	enclose(p, NETWORK, UNI_ANSWER_ACCEPT, CALLED); /* nothing of it can be sent */
	enclose(p, NETWORK, UNI_ANSWER_ACCEPT, UU);
	assert_int_equal(
		uni_call_enclose(e->u, e->call, UNI_ANSWER_ACCEPT, given(&g, GIT), p->now_ns),
		-EEXIST);
	assert_int_equal(uni_call_accept(e->u, e->call, p->now_ns), 0);
	assert_int_equal(
		uni_call_enclose(e->u, e->call, UNI_ANSWER_ACCEPT, given(&g, GIT), p->now_ns),
		-EPROTO);
	pair_settle(p);
	expect_came(&p->end[USER], UU);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_int_equal(
		uni_call_enclose(e->u, e->call, UNI_ANSWER_ACCEPT, given(&g, GIT), p->now_ns),
		-ESTALE);
	assert_int_equal(
		uni_party_enclose(e->u, 4711, UNI_ANSWER_ACCEPT, given(&g, GIT), p->now_ns),
		-ESTALE);
	down(p);
}

/* A buffer each; the answer goes out without */
static void
an_answer_that_finds_no_buffer_goes_out_without_elements(void **state)
{
	struct pair *p = pair_create(&(struct pair_config){ .n_setups = 1 });
	struct pair_end *e = &p->end[NETWORK];
	uni_call_t first, second, calls[2];
	struct uni_census census;
	struct given g;

	(void)state;
	pair_up(p);
	first = set_up(p, USER, NULL, false);
	pair_run(p, 5);
	calls[0] = e->call;
	assert_int_equal(uni_call_proceed(e->u, calls[0], p->now_ns), 0);
	pair_run(p, 10);
	second = set_up(p, USER, NULL, false);
	pair_run(p, 5);
	calls[1] = e->call;
	assert_int_equal(
		uni_call_enclose(e->u, calls[0], UNI_ANSWER_ACCEPT, given(&g, UU), p->now_ns), 0);
	assert_int_equal(
		uni_call_enclose(e->u, calls[1], UNI_ANSWER_ACCEPT, &g.e, p->now_ns), -EAGAIN);
	assert_int_equal(uni_call_accept(e->u, calls[1], p->now_ns), 0);
	pair_run(p, 10);
	assert_int_equal(p->end[USER].n_told[TOLD_CONNECTED], 1);
	assert_int_equal(p->end[USER].came_len, 0);
	assert_int_equal(uni_call_accept(e->u, calls[0], p->now_ns), 0);
	pair_run(p, 10);
	expect_came(&p->end[USER], UU);
	uni_census(e->u, &census);
	assert_int_equal(census.n_setups, 0); /* back as soon as it is sent */
	pair_close(p, USER, first, UNI_CAUSE_NORMAL);
	pair_close(p, USER, second, UNI_CAUSE_NORMAL);
	down(p);
}

/* I4: whatever becomes of the call */
static void
what_was_enclosed_goes_with_the_call(void **state)
{
	struct pair *p = up();
	struct pair_end *e = &p->end[NETWORK];
	uni_call_t call;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		call = set_up(p, USER, NULL, i == 2);
		pair_run(p, 5);
		enclose(p, NETWORK, UNI_ANSWER_ALERT, UU);
		enclose(p, NETWORK, UNI_ANSWER_ACCEPT, ALL);
		if (i == 0)
			assert_int_equal(uni_call_refuse(e->u, e->call, 17, p->now_ns), 0);
		else
			pair_close(p, USER, call, UNI_CAUSE_NORMAL);
		pair_settle(p);
		assert_true(pair_is_clean(p));
	}
	set_up(p, USER, NULL, false);
	pair_run(p, 5);
	enclose(p, NETWORK, UNI_ANSWER_ACCEPT, ALL);
	pair_destroy(p);
}

/* ---- Low-layer information. ---- */

#define BLLI_1 "5f800001 c6"
#define BLLI_2 "5f800001 cc"
#define BLLI_3 "5f800001 cd"
#define SEVERAL "63800001 82" BLLI_1 BLLI_2 BLLI_3

static void
expect_chosen(struct pair *p, int side, const char *offered, const char *chosen, const char *came)
{
	uni_call_t call = set_up(p, side, offered, false);
	struct pair_end *e = &p->end[!side];

	pair_run(p, 10);
	if (chosen != NULL)
		enclose(p, !side, UNI_ANSWER_ACCEPT, chosen);
	assert_int_equal(uni_call_accept(e->u, e->call, p->now_ns), 0);
	pair_run(p, 10);
	assert_int_equal(p->end[side].n_told[TOLD_CONNECTED], 1);
	if (came != NULL)
		expect_came(&p->end[side], came);
	else
		assert_int_equal(p->end[side].came_len, 0);
	pair_close(p, side, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	memset(p->end[0].n_told, 0, sizeof(p->end[0].n_told));
	memset(p->end[1].n_told, 0, sizeof(p->end[1].n_told));
}

/* SIG-37 */
static void
connect_names_the_first_of_several_low_layers_or_the_one_that_is_chosen(void **state)
{
	struct pair *p = up();
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		expect_chosen(p, side, SEVERAL, NULL, BLLI_1);
		expect_chosen(p, side, SEVERAL, BLLI_3, BLLI_3);
		expect_chosen(p, side, SEVERAL, UU, BLLI_1 UU);
		expect_chosen(p, side, BLLI_2, NULL, NULL);
		expect_chosen(p, side, "63800001 82" BLLI_2, NULL, NULL);
		expect_chosen(p, side, BLLI_1 BLLI_2, NULL, NULL); /* the first one counts */
	}
	down(p);
}

/* SIG-37, section 15: the peer cannot ask for rates before it has heard that the call is up */
static void
a_change_of_rates_before_connect_is_sent_is_out_of_place(void **state)
{
	struct pair *p = up();
	struct pair_end *e = &p->end[NETWORK];
	uni_call_t call = set_up(p, USER, SEVERAL, false);

	(void)state;
	pair_run(p, 10);
	e->no_credit = true;
	assert_int_equal(uni_call_accept(e->u, e->call, p->now_ns), 0);
	pair_inject(p, NETWORK, "0903 000001 88 80 000c" TRAFFIC);
	assert_int_equal(e->n_told[TOLD_MODIFY_ASKED], 0);
	e->no_credit = false;
	pair_run(p, 10);
	expect_came(&p->end[USER], BLLI_1);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_of_a_call_are_sent_in_the_order_of_section_5),
		cmocka_unit_test(so_are_those_of_first_responses),
		cmocka_unit_test(elements_of_parties_are_sent_in_the_order_of_section_5),
		cmocka_unit_test(so_are_those_of_all_other_messages),
		cmocka_unit_test(elements_of_an_answer_are_told_unchanged_to_the_caller),
		cmocka_unit_test(a_plain_answer_brings_nothing),
		cmocka_unit_test(elements_where_they_are_not_allowed_are_unrecognised),
		cmocka_unit_test(what_cannot_be_enclosed_is_refused),
		cmocka_unit_test(an_answer_that_finds_no_buffer_goes_out_without_elements),
		cmocka_unit_test(what_was_enclosed_goes_with_the_call),
		cmocka_unit_test(
			connect_names_the_first_of_several_low_layers_or_the_one_that_is_chosen),
		cmocka_unit_test(a_change_of_rates_before_connect_is_sent_is_out_of_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
