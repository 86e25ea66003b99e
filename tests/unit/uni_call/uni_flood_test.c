/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "pair.h"

#include <cmocka.h>

/* What bad messages cost: a bounded number of answers, no line of log, and no good call. */

#define N_FLOOD 1000000u
#define EACH_NS 1000u /* a million a second */
#define ANSWERS_S 1000u
#define BURST 256u

/* No call has these references; where a SETUP is bad, none gets one. */
static const char *const bad[] = {
	"0903000777018000 00",                           /* ALERTING */
	"0903800777078000 00",                           /* CONNECT */
	"0903000777038000 00",                           /* PROGRESS: unrecognised */
	"090300077705800000",                            /* SETUP with nothing in it */
	"09030007770580000d 5e800002808059800003820000", /* with bad contents */
	"09030007777d80000b 08800002809614800001 0a",    /* STATUS of a call that is not there */
	"090300000046800000",                            /* RESTART without its indicator */
	"09030000004e800000",                            /* an acknowledgement of nothing */
	"090300000005800000",                            /* SETUP with the global reference */
	"09030007776e80000005",                          /* NOTIFY */
	"09030007778080000054",                          /* ADD PARTY, cut */
	"08030007770580",                                /* no message of ours */
	"0902000777058000000000",
	"09037fffff05800000",
};

#define N_BAD (sizeof(bad) / sizeof(bad[0]))

struct octets {
	uint8_t octets[64];
	size_t len;
};

static struct octets
parse(const char *hex)
{
	struct octets o;
	int len = cp_hex_parse(hex, o.octets, sizeof(o.octets));

	assert_true(len > 0);
	o.len = (size_t)len;
	return o;
}

static uint32_t n_lines;

static void
count_line(enum cp_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
	n_lines++;
}

/* @p n bad messages to the network's end, and whatever is to be said to them pulled. */
static void
flood(struct pair *p, const struct octets *messages, size_t n_messages, uint32_t n)
{
	struct pair_end *e = &p->end[NETWORK];
	uint8_t room[UNI_MAX_SETUP];

	for (; n > 0; n--) {
		p->now_ns += EACH_NS;
		uni_link_receive(e->l, messages[n % n_messages].octets,
			messages[n % n_messages].len, p->now_ns);
		while (uni_link_pull(e->l, room, sizeof(room), p->now_ns) > 0)
			;
	}
}

static uint64_t
n_answers(struct pair *p)
{
	return (uint64_t)pair_count(p, NETWORK, UNI_MT_STATUS) +
	       pair_count(p, NETWORK, UNI_MT_RELEASE_COMPLETE) +
	       pair_count(p, NETWORK, UNI_MT_DROP_PARTY_ACK);
}

/* I7: half of the flood, a call, the other half. */
static void
a_million_bad_messages_cost_few_answers_and_no_good_call(void **state)
{
	struct pair *p = pair_create(NULL);
	struct octets messages[N_BAD];
	struct uni_link_stats stats;
	uint64_t begun_ns, bound;
	uni_call_t call;
	size_t i;

	(void)state;
	for (i = 0; i < N_BAD; i++)
		messages[i] = parse(bad[i]);
	cp_log_set_sink(count_line, NULL);
	cp_log_set_level(CP_LOG_DEBUG);
	n_lines = 0;
	pair_up(p);
	begun_ns = p->now_ns;
	flood(p, messages, N_BAD, N_FLOOD / 2);
	call = pair_call_up(p, USER);
	flood(p, messages, N_BAD, N_FLOOD / 2);
	bound = BURST + ANSWERS_S * ((p->now_ns - begun_ns) / 1000000000 + 1);
	assert_in_range(n_answers(p), 1, bound);
	uni_link_stats(p->end[NETWORK].l, &stats);
	assert_true(stats.answers_limited > N_FLOOD / 2);
	assert_int_equal(n_lines, 0);
	assert_int_equal(pair_state(p, USER, call), UNI_ST_ACTIVE);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_true(pair_is_clean(p));
	cp_log_set_sink(NULL, NULL);
	cp_log_set_level(CP_LOG_NOTICE);
	pair_destroy(p);
}

/* SIG-47, SIG-48: a flood inside a call is no different. */
static void
faults_in_a_call_are_answered_at_the_same_pace(void **state)
{
	struct pair *p = pair_create(NULL);
	struct octets messages[2];
	uni_call_t call;

	(void)state;
	pair_up(p);
	call = pair_call_up(p, USER);
	messages[0] = parse("090300000103800000"); /* unrecognised */
	messages[1] = parse("090300000102800000"); /* CALL PROCEEDING in N10 */
	flood(p, messages, 2, 100000);
	assert_in_range(pair_count(p, NETWORK, UNI_MT_STATUS), BURST, BURST + ANSWERS_S / 10 + 1);
	assert_int_equal(pair_state(p, USER, call), UNI_ST_ACTIVE);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

/* SIG-45, SIG-46, SIG-88: an audit, or a mass of releases, is not a flood. */
static void
what_the_peer_waits_for_is_answered_in_the_midst_of_a_flood(void **state)
{
	struct pair *p = pair_create(NULL);
	struct octets mixed[3];

	(void)state;
	pair_up(p);
	mixed[0] = parse(bad[0]);
	mixed[1] = parse("090300077775800000");             /* STATUS ENQUIRY */
	mixed[2] = parse("09030007784d800006088000028090"); /* RELEASE */
	flood(p, mixed, 3, 30000);
	assert_int_equal(pair_count(p, NETWORK, UNI_MT_STATUS), 10000);
	assert_in_range(pair_count(p, NETWORK, UNI_MT_RELEASE_COMPLETE), 10000 + BURST,
		10000 + BURST + ANSWERS_S / 10);
	pair_destroy(p);
}

/* SIG-45: answers to bad messages leave room for the others while nothing can be sent. */
static void
bad_messages_fill_half_of_the_answers_that_wait(void **state)
{
	struct pair *p = pair_create(NULL);
	struct pair_end *e = &p->end[NETWORK];
	struct octets worse = parse(bad[0]), enquiry = parse("090300077775800000");
	uint32_t i;

	(void)state;
	pair_up(p);
	e->no_credit = true;
	for (i = 0; i < BURST; i++)
		uni_link_receive(e->l, worse.octets, worse.len, p->now_ns);
	for (i = 0; i < BURST / 2; i++)
		uni_link_receive(e->l, enquiry.octets, enquiry.len, p->now_ns);
	e->no_credit = false;
	pair_settle(p);
	assert_int_equal(pair_count(p, NETWORK, UNI_MT_RELEASE_COMPLETE), BURST / 2);
	assert_int_equal(pair_count(p, NETWORK, UNI_MT_STATUS), BURST / 2);
	pair_destroy(p);
}

/* After a pause the bucket is as full as it was at first, and no fuller. */
static void
a_pause_gives_a_burst_back(void **state)
{
	struct pair *p = pair_create(NULL);
	struct octets worse = parse(bad[0]);

	(void)state;
	pair_up(p);
	flood(p, &worse, 1, 2 * BURST);
	p->now_ns += UINT64_C(3600000000000);
	flood(p, &worse, 1, 2 * BURST);
	assert_in_range(pair_count(p, NETWORK, UNI_MT_RELEASE_COMPLETE), 2 * BURST, 2 * BURST + 2);
	pair_destroy(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_million_bad_messages_cost_few_answers_and_no_good_call),
		cmocka_unit_test(faults_in_a_call_are_answered_at_the_same_pace),
		cmocka_unit_test(what_the_peer_waits_for_is_answered_in_the_midst_of_a_flood),
		cmocka_unit_test(bad_messages_fill_half_of_the_answers_that_wait),
		cmocka_unit_test(a_pause_gives_a_burst_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
