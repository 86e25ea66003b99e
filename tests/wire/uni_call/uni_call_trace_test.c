/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../unit/uni_call/pair.h"
#include "base/bytes.h"

#include <cmocka.h>

/*
 * The golden traces of two independent call controls, played again by two of ours: the same
 * requests at the same times, the same losses and injected messages. What each side sends is
 * compared octet for octet, in order and time. What may differ, and why:
 *
 * - call references start at 13 there and at 1 here, VCIs at 100 there and at 32 here; endpoint
 *   references are chosen by the script there;
 * - an answer to an offer, or to a release, is given 10 ms later there; here at once, because an
 *   offer not answered in its turn has CALL PROCEEDING sent (SIG-68). CONNECT ACKNOWLEDGE is
 *   automatic here (SIG-N12), a request there. So times may be earlier by TOLERANCE_MS;
 * - there CONNECT repeats the connection identifier of CALL PROCEEDING, here only the first
 *   response has it (SIG-31);
 * - a RESTART is answered by the layer above there, here when the dataplane has drained.
 *
 * Each is played with one of ours at a time, too: what the other sends comes from the recording, at
 * the recorded times.
 */

#define BOTH (-1)
#define DELAY_MS 5u
#define LINES_MAX 64
#define TOLERANCE_MS 25
#define TRACE_CREF 13
#define OUR_CREF 1
#define TRACE_VCI 100
#define OUR_VCI 32
#define CONNID_SIZE 9
#define TRACE_EPREF 5 /* of p2mp_add_alerting; elsewhere they count from 1 as ours do */
#define OUR_EPREF 1

struct line {
	uint32_t at_ms;
	char kind[8];
	int side;
	char value[256];
	char detail[256];
};

struct sent {
	uint32_t at_ms;
	bool lost;
	uint16_t len;
	uint8_t octets[PAIR_OCTETS];
};

struct scenario {
	const char *name;
	/*
	 * Nobody answers the offers that the script injects, so CALL PROCEEDING goes out for them
	 * (SIG-68), and the other end, where no such call is, answers with 81. Both are left out.
	 */
	bool unanswered;
	uint64_t start_ns;
	size_t n_lines;
	struct line lines[LINES_MAX];
	size_t n_sent[2]; /* what the trace has */
	struct sent sent[2][LINES_MAX];
	size_t n_seen[2]; /* what came */
	struct sent seen[2][LINES_MAX];
	bool accepted[2]; /* its SETUP_response has been given by reflex */
	int ours;         /* the side that is played, or BOTH */
};

/* Where the rules of this project ask for another message than the peer's (section 20). */
static const struct {
	const char *scenario;
	const char *theirs;
	const char *ours;
} differences[] = {
	/* SIG-49: the missing ones in the order 59 5e 70 5c, 5c for either kind of QoS */
	{ "setup_ie_errors", "09038000015a80000b0880000780e05e5970ec5c",
		"09038000015a80000a0880000680e0595e705c" },
	/* SIG-54: cause 43 when all faulty elements are access elements */
	{ "setup_ie_errors", "09038000077d80000c14800001010880000380e458",
		"09038000077d80000c14800001010880000380ab58" },
	/* SIG-53: bad contents of a mandatory element of SETUP */
	{ "setup_ie_errors", "09038000087d80000c14800001000880000380e05e",
		"09038000085a8000070880000380e45e" },
	/* SIG-T9: T322 ends with cause 41 */
	{ "t322_status_enq_lost", "090300000d4d8000090880000580e6333232",
		"090300000d4d80000608800002"
		"80a9" },
};

static void
load_line(struct scenario *s, char *text)
{
	struct line *l = &s->lines[s->n_lines];
	char *field[6] = { NULL }, *save = text;
	size_t i;

	for (i = 0; i < 6; i++)
		field[i] = strsep(&save, "\t\n");
	if (field[4] == NULL || strcmp(field[0], s->name) != 0)
		return;
	assert_true(s->n_lines < LINES_MAX);
	l->at_ms = (uint32_t)strtoul(field[1], NULL, 10);
	snprintf(l->kind, sizeof(l->kind), "%s", field[2]);
	l->side = field[3][0] == 'N' ? NETWORK : USER;
	snprintf(l->value, sizeof(l->value), "%s", field[4]);
	snprintf(l->detail, sizeof(l->detail), "%s", field[5] != NULL ? field[5] : "");
	s->n_lines++;
}

static struct scenario *
load(const char *name)
{
	struct scenario *s = calloc(1, sizeof(*s));
	const char *dir = getenv("CALLPLANE_VECTORS");
	char path[1024], text[2048];
	FILE *f;

	assert_non_null(s);
	s->name = name;
	snprintf(path, sizeof(path), "%s/trace-q2931.tsv", dir != NULL ? dir : "tests/vectors");
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(text, sizeof(text), f) != NULL)
		load_line(s, text);
	fclose(f);
	assert_true(s->n_lines > 0);
	return s;
}

/* A number of two octets in the contents of an element, if it is there. */
static void
replace(const struct uni_msg *m, uint8_t *octets, enum uni_ie ie, uint32_t off, uint16_t theirs,
	uint16_t ours)
{
	const struct uni_ie_entry *entry = uni_msg_find(m, ie);
	uint8_t *number;

	if (entry == NULL)
		return;
	number = octets + entry->off + UNI_IE_HEADER_SIZE + off;
	if ((cp_get_be16(number) & 0x7fff) == theirs)
		cp_put_be16(number, (uint16_t)((cp_get_be16(number) & 0x8000) | ours));
}

/* The octets of a line with our references and our VC in them. */
static uint16_t
our_octets(const char *hex, uint8_t *octets)
{
	int len = cp_hex_parse(hex, octets, PAIR_OCTETS);
	struct uni_msg m;

	assert_true(len > 0);
	if (len < UNI_HEADER_SIZE)
		return (uint16_t)len;
	uni_msg_decode(&m, octets, (size_t)len);
	if (uni_msg_is_dropped(&m))
		return (uint16_t)len;
	if (m.hdr.cref == TRACE_CREF)
		cp_put_be24(octets + 2, (m.hdr.flag ? 0x800000u : 0) | OUR_CREF);
	replace(&m, octets, UNI_IE_CONNID, 3, TRACE_VCI, OUR_VCI);
	replace(&m, octets, UNI_IE_EPREF, 1, TRACE_EPREF, OUR_EPREF);
	return (uint16_t)len;
}

/* A CONNECT that comes after another response begins with the VC in these traces. */
static void
strip_connect(struct scenario *s, int side, struct sent *x)
{
	size_t i;

	if (x->octets[5] != UNI_MT_CONNECT)
		return;
	for (i = 0; i < s->n_sent[side]; i++) {
		if (s->sent[side][i].octets[5] == UNI_MT_CALL_PROCEEDING) {
			x->len = (uint16_t)(x->len - CONNID_SIZE);
			memmove(x->octets + UNI_HEADER_SIZE,
				x->octets + UNI_HEADER_SIZE + CONNID_SIZE,
				x->len - UNI_HEADER_SIZE);
			cp_put_be16(x->octets + 7, (uint16_t)(x->len - UNI_HEADER_SIZE));
		}
	}
}

static void
expect_sent(struct scenario *s, const struct line *l)
{
	struct sent x = { .at_ms = l->at_ms };
	const char *hex = l->value;
	size_t i;

	for (i = 0; i < sizeof(differences) / sizeof(differences[0]); i++)
		if (strcmp(differences[i].scenario, s->name) == 0 &&
			strcmp(differences[i].theirs, hex) == 0)
			hex = differences[i].ours;
	x.lost = strncmp(l->detail, "LOST", 4) == 0;
	x.len = our_octets(hex, x.octets);
	strip_connect(s, l->side, &x);
	s->sent[l->side][s->n_sent[l->side]++] = x;
}

/* How the called side answers is known before: its first request after the offer. */
static void
learn_reflex(struct scenario *s, struct pair_end *e, int side)
{
	bool offered = false;
	size_t i;

	for (i = 0; i < s->n_lines; i++) {
		const struct line *l = &s->lines[i];

		if (l->side != side)
			continue;
		if (strcmp(l->value, "SETUP_indication") == 0)
			offered = true;
		if (!offered || strcmp(l->kind, "req") != 0)
			continue;
		if (strcmp(l->value, "PROCEEDING_request") == 0)
			e->on_offer = PAIR_PROCEED;
		else if (strcmp(l->value, "RELEASE_response") == 0)
			e->on_offer = PAIR_REFUSE;
		else if (strcmp(l->value, "SETUP_response") == 0)
			e->on_offer = PAIR_ACCEPT;
		s->accepted[side] = e->on_offer == PAIR_ACCEPT;
		return;
	}
}

static bool
has(const struct scenario *s, const char *value)
{
	size_t i;

	for (i = 0; i < s->n_lines; i++)
		if (strcmp(s->lines[i].value, value) == 0)
			return true;
	return false;
}

/*
 * Where nobody answers a RESTART there, here the dataplane does not let go of a VC: one whose call
 * was over before the scenario begins.
 */
static void
learn_silence(const struct scenario *s, struct pair *p)
{
	if (!has(s, "RESET_indication") || has(s, "RESET_response"))
		return;
	p->end[NETWORK].keep_labels = true;
	pair_close(p, USER, pair_call_up(p, USER), UNI_CAUSE_NORMAL);
	pair_settle(p);
}

static bool
on_sent(void *arg, const struct pair_message *m)
{
	struct scenario *s = arg;
	int side = m->from;
	size_t k = s->n_seen[side];
	struct sent *x = &s->seen[side][k];

	if (s->unanswered &&
		(m->octets[5] == UNI_MT_CALL_PROCEEDING || m->octets[m->len - 1] == 0xd1))
		return false;
	assert_true(k < LINES_MAX);
	x->at_ms = (uint32_t)((m->sent_ns - s->start_ns) / 1000000);
	x->len = m->len;
	memcpy(x->octets, m->octets, m->len);
	s->n_seen[side]++;
	return s->ours != BOTH || (k < s->n_sent[side] && s->sent[side][k].lost);
}

static void
set_up(struct pair *p, int side, bool multipoint)
{
	struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_AESA, .len = 20 },
		.fwd_peak = 1000,
		.bwd_peak = 1000,
		.best_effort = true,
		.multipoint = multipoint,
	};

	cp_hex_parse("470005131415161718191a1b1c1d1e1f20212223", setup.called.octets, 20);
	assert_int_equal(
		uni_call_setup(p->end[side].l, &setup, 1, p->now_ns, &p->end[side].call), 0);
}

static uint8_t
cause_of_next(const struct scenario *s, size_t i)
{
	for (; i < s->n_lines; i++) {
		const char *cause = strstr(s->lines[i].detail, "cause.value=");

		if (cause != NULL)
			return (uint8_t)strtoul(cause + strlen("cause.value="), NULL, 10);
	}
	return UNI_CAUSE_NORMAL;
}

static void
add_party(struct pair *p, int side)
{
	struct uni_setup setup = { .called = { .type = UNI_ADDRESS_AESA, .len = 20 } };
	struct pair_end *e = &p->end[side];

	cp_hex_parse("470005636465666768696a6b6c6d6e6f70717273", setup.called.octets, 20);
	assert_int_equal(uni_party_add(e->u, e->call, &setup, 0, p->now_ns, &e->party), 0);
}

/* The party that the message of this line will name; the one that is left when it names none. */
static uni_party_t
party_to_drop(const struct scenario *s, const struct pair_end *e, size_t i)
{
	struct uni_party_info info;
	const char *ref = NULL;
	uni_party_t party = 0;
	size_t k;

	for (k = i; k < s->n_lines && s->lines[k].at_ms == s->lines[i].at_ms && ref == NULL; k++)
		ref = strstr(s->lines[k].detail, "epref.value=");
	while ((party = uni_party_next(e->u, e->call, party)) != 0) {
		assert_int_equal(uni_party_query(e->u, party, &info), 0);
		if (ref == NULL ||
			info.reference == strtoul(ref + strlen("epref.value="), NULL, 10))
			break;
	}
	return party;
}

static bool
request_about_party(struct scenario *s, struct pair *p, size_t i)
{
	const struct line *l = &s->lines[i];
	struct pair_end *e = &p->end[l->side];
	int err = 0;

	if (strcmp(l->value, "ADD_PARTY_request") == 0)
		add_party(p, l->side);
	else if (strcmp(l->value, "ADD_PARTY_ACK_request") == 0)
		err = uni_party_accept(e->u, e->party, p->now_ns);
	else if (strcmp(l->value, "ADD_PARTY_REJ_request") == 0)
		err = uni_party_refuse(e->u, e->party, cause_of_next(s, i), p->now_ns);
	else if (strcmp(l->value, "PARTY_ALERTING_request") == 0)
		err = uni_party_alert(e->u, e->party, p->now_ns);
	else if (strcmp(l->value, "DROP_PARTY_request") == 0)
		pair_drop(p, l->side, party_to_drop(s, e, i), cause_of_next(s, i));
	else
		return false;
	assert_int_equal(err, 0);
	return true;
}

/* Of what the RESTART of the same moment names. */
static void
restart(struct scenario *s, struct pair *p, size_t i)
{
	enum uni_restart_class restart_class = UNI_RESTART_ALL;
	const struct line *l = &s->lines[i];
	uint32_t label = 0;

	for (; i < s->n_lines && s->lines[i].at_ms == l->at_ms; i++)
		if (strstr(s->lines[i].detail, "restart.class=0") != NULL) {
			restart_class = UNI_RESTART_VC;
			label = OUR_VCI; /* connid.vci=100 there, on VPCI 0 */
		}
	assert_int_equal(uni_link_restart(p->end[l->side].l, restart_class, label, p->now_ns), 0);
}

static void
request(struct scenario *s, struct pair *p, size_t i)
{
	const struct line *l = &s->lines[i];
	struct pair_end *e = &p->end[l->side];

	if (strcmp(l->value, "SETUP_request") == 0) {
		set_up(p, l->side, strncmp(s->name, "p2mp", 4) == 0);
	} else if (request_about_party(s, p, i)) {
		return;
	} else if (strcmp(l->value, "ALERTING_request") == 0) {
		assert_int_equal(uni_call_alert(e->u, e->call, p->now_ns), 0);
	} else if (strcmp(l->value, "SETUP_response") == 0) {
		if (!s->accepted[l->side])
			assert_int_equal(uni_call_accept(e->u, e->call, p->now_ns), 0);
		s->accepted[l->side] = false;
	} else if (strcmp(l->value, "RELEASE_request") == 0) {
		pair_close(p, l->side, e->call, cause_of_next(s, i));
	} else if (strcmp(l->value, "RESET_request") == 0) {
		restart(s, p, i);
	} else if (strcmp(l->value, "STATUS_ENQUIRY_request") == 0) {
		assert_int_equal(uni_call_enquire(e->u, e->call, 0, p->now_ns), 0);
	}
	/* The others have been given by reflex, or are automatic or not needed here. */
}

static void
receive(struct pair *p, int side, const struct line *l)
{
	uint8_t octets[PAIR_OCTETS];
	uint16_t len = our_octets(l->value, octets);

	uni_link_receive(p->end[side].l, octets, len, p->now_ns);
}

static void
act(struct scenario *s, struct pair *p, size_t i)
{
	const struct line *l = &s->lines[i];

	if (strcmp(l->kind, "req") == 0) {
		request(s, p, i);
	} else if (strcmp(l->kind, "inj") == 0) {
		receive(p, l->side, l);
	} else if (strcmp(l->value, "LINK_ESTABLISH_confirm") == 0) {
		uni_link_established(
			p->end[l->side].l, p->now_ns); /* again; the first is pair_up() */
	} else if (strcmp(l->kind, "saal") == 0 && strcmp(l->value, "link lost") == 0) {
		pair_down(p);
	}
}

static void
compare(const struct scenario *s, int side)
{
	size_t i;

	for (i = 0; i < s->n_sent[side] && i < s->n_seen[side]; i++) {
		const struct sent *x = &s->sent[side][i], *y = &s->seen[side][i];
		char text[2 * PAIR_OCTETS + 1], theirs[2 * PAIR_OCTETS + 1];

		cp_hex_print(text, y->octets, y->len);
		cp_hex_print(theirs, x->octets, x->len);
		if (strcmp(text, theirs) != 0)
			fail_msg("%s, %c %zu: expected %s, got %s", s->name,
				side == USER ? 'U' : 'N', i, theirs, text);
		if (y->at_ms > x->at_ms + 2 || y->at_ms + TOLERANCE_MS < x->at_ms)
			fail_msg("%s, %s: expected at %u, came at %u ms", s->name, text, x->at_ms,
				y->at_ms);
	}
	assert_int_equal(s->n_seen[side], s->n_sent[side]);
}

static void
run_both(struct scenario *s, struct pair *p)
{
	size_t i;

	for (i = 0; i < s->n_lines; i++) {
		uint32_t now_ms = (uint32_t)((p->now_ns - s->start_ns) / 1000000);

		if (s->lines[i].at_ms > now_ms)
			pair_run(p, s->lines[i].at_ms - now_ms);
		act(s, p, i);
	}
	pair_run(p, 50);
}

/* What is to happen to the one side at this time. */
static void
act_alone(struct scenario *s, struct pair *p, size_t i, uint32_t ms)
{
	const struct line *l = &s->lines[i];
	bool theirs = strcmp(l->kind, "tx") == 0 && l->side != s->ours;

	if (theirs && l->at_ms + DELAY_MS == ms && strncmp(l->detail, "LOST", 4) != 0)
		receive(p, s->ours, l);
	else if (l->at_ms == ms && (l->side == s->ours || strcmp(l->value, "link lost") == 0))
		act(s, p, i);
}

static void
run_alone(struct scenario *s, struct pair *p)
{
	uint32_t ms, end_ms = s->lines[s->n_lines - 1].at_ms + 50;
	size_t i;

	for (ms = 0; ms < end_ms; ms++) {
		for (i = 0; i < s->n_lines; i++)
			act_alone(s, p, i, ms);
		pair_run(p, 1);
	}
}

static void
play_ours(const char *name, bool unanswered, int ours)
{
	struct scenario *s = load(name);
	struct uni_link_params network;
	const struct pair_config config = { .params = { NULL, &network } };
	struct pair *p;
	size_t i;

	s->ours = ours;
	s->unanswered = unanswered;
	uni_link_params_default(&network, UNI_ROLE_NETWORK);
	network.location = 0;
	network.t_answer_ms = 200000; /* above T301, as there */
	p = pair_create(&config);
	pair_up(p);
	learn_silence(s, p);
	s->start_ns = p->now_ns;
	p->lose = on_sent;
	p->lose_arg = s;
	for (i = 0; i < s->n_lines; i++)
		if (strcmp(s->lines[i].kind, "tx") == 0)
			expect_sent(s, &s->lines[i]);
	learn_reflex(s, &p->end[USER], USER);
	learn_reflex(s, &p->end[NETWORK], NETWORK);
	if (ours == BOTH)
		run_both(s, p);
	else
		run_alone(s, p);
	if (ours != NETWORK)
		compare(s, USER);
	if (ours != USER)
		compare(s, NETWORK);
	pair_destroy(p);
	free(s);
}

static void
play(const char *name, bool unanswered)
{
	play_ours(name, unanswered, BOTH);
	play_ours(name, unanswered, USER);
	play_ours(name, unanswered, NETWORK);
}

static void
point_to_point_calls_run_as_in_the_traces(void **state)
{
	static const char *const names[] = {
		"p2p_user_calls",
		"p2p_net_calls",
		"p2p_user_calls_direct_connect",
		"setup_rejected",
		"t303_user",
		"t303_net",
		"t310_user",
		"t310_net",
		"t301_user",
		"t313_user_called",
		"t308_release_lost",
		"t308_relcompl_lost",
		"release_collision",
		"status_enq_active",
		"t322_status_enq_lost",
		"status_null_clears",
		"status_incompatible_clears",
		"saal_fail_during_setup",
		"saal_fail_active_t309",
		"saal_fail_active_recovers",
		"unknown_mt_active",
		"unexpected_msg_active",
		"unknown_cref",
		"global_cref_bad",
		"dummy_cref",
		"restart_ack_in_rest0",
		"restart_all_user",
		"restart_vc_net",
		"restart_no_answer_t316",
		"restart_resp_silent_t317",
		"restart_second_while_rest2",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		play(names[i], false);
}

static void
multipoint_calls_run_as_in_the_traces(void **state)
{
	static const char *const names[] = {
		"p2mp_add_drop_user_root",
		"p2mp_add_reject",
		"p2mp_add_alerting",
		"p2mp_t399",
		"p2mp_t398",
		"p2mp_bad_epref",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		play(names[i], false);
}

static void
faulty_setups_are_answered_as_in_the_trace_but_for_our_rules(void **state)
{
	(void)state;
	play("setup_ie_errors", true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(point_to_point_calls_run_as_in_the_traces),
		cmocka_unit_test(multipoint_calls_run_as_in_the_traces),
		cmocka_unit_test(faulty_setups_are_answered_as_in_the_trace_but_for_our_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
