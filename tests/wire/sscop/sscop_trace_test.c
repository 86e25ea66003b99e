/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Every scenario of trace-sscop.tsv is a test of its own: two entities of ours on a
 * virtual wire of 5 ms get the requests and injected PDUs of the script, and the wire
 * loses what is marked LOST. Whatever a side sends, tells or reports must be the next
 * line of that side, to the millisecond. No exception is made: no scenario reaches a
 * rule in which we differ from the peer (SSCOP-3, SSCOP-14, SSCOP-29, SSCOP-30).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "sscop/sscop.h"
#include "tsv.h"

#include <cmocka.h>

#define NS_PER_MS UINT64_C(1000000)
#define DELAY_MS 5
#define MAX_FLIGHT 512
#define MAX_QUEUE 256

enum column { COL_NAME, COL_MS, COL_KIND, COL_SIDE, COL_VALUE, COL_DETAIL };

struct flight {
	uint64_t ms;
	size_t to;
	size_t len;
	uint8_t pdu[64 + 4 * SSCOP_MAX_STAT];
};

struct side {
	struct replay *replay;
	struct sscop *sscop;
	size_t next;                  /* line that this side must produce next */
	const char *queue[MAX_QUEUE]; /* SDUs in hex */
	size_t queue_head, queue_tail;
};

struct replay {
	const struct tsv_line *lines;
	size_t n_lines;
	uint64_t now_ms;
	struct side side[2];
	struct flight flight[MAX_FLIGHT]; /* in the order of arrival */
	size_t flight_head, flight_tail;
};

struct scenario {
	const struct tsv_line *lines;
	size_t n_lines;
};

static uint64_t
line_ms(const struct tsv_line *line)
{
	return strtoull(line->field[COL_MS], NULL, 10);
}

static size_t
line_side(const struct tsv_line *line)
{
	return line->field[COL_SIDE][0] == 'B';
}

static bool
kind_is(const struct tsv_line *line, const char *kind)
{
	return strcmp(line->field[COL_KIND], kind) == 0;
}

/* The user's answers are not of the script: ours gives them by itself, as the peer's did. */
static bool
is_script(const struct tsv_line *line)
{
	if (kind_is(line, "inj"))
		return true;
	return kind_is(line, "req") && strstr(line->field[COL_VALUE], ".RESPONSE") == NULL;
}

static void
skip_other_side(struct side *side)
{
	const struct replay *r = side->replay;

	while (side->next < r->n_lines &&
		line_side(&r->lines[side->next]) != (size_t)(side - r->side))
		side->next++;
}

/* Something happened at @side: it must be that side's next line. */
static const struct tsv_line *
expect(struct side *side, const char *kind, const char *value)
{
	struct replay *r = side->replay;
	const struct tsv_line *line;

	skip_other_side(side);
	if (side->next == r->n_lines)
		fail_msg("%c at %u ms: %s %s, but the trace has nothing more",
			(int)('A' + (side - r->side)), (unsigned int)r->now_ms, kind, value);
	line = &r->lines[side->next++];
	if (line_ms(line) != r->now_ms || !kind_is(line, kind) ||
		strcmp(line->field[COL_VALUE], value) != 0)
		fail_msg("%c at %u ms: %s %s; the trace has at %s ms: %s %s",
			(int)('A' + (side - r->side)), (unsigned int)r->now_ms, kind, value,
			line->field[COL_MS], line->field[COL_KIND], line->field[COL_VALUE]);
	return line;
}

static void
expect_summary(const uint8_t *pdu, size_t len, const char *detail)
{
	struct sscop_pdu decoded;
	enum sscop_verdict verdict = sscop_pdu_decode(&decoded, pdu, len);
	char summary[1024];
	const char *tail;

	sscop_pdu_summary(summary, sizeof(summary), &decoded, verdict);
	tail = strstr(summary, " pdu=");
	assert_string_equal(tail != NULL && verdict == SSCOP_OK ? tail + 1 : summary, detail);
}

static bool
on_send(void *arg, const uint8_t *pdu, size_t len)
{
	struct side *side = arg;
	struct replay *r = side->replay;
	char hex[2 * sizeof(r->flight[0].pdu) + 1];
	struct flight *flight = &r->flight[r->flight_tail % MAX_FLIGHT];
	const struct tsv_line *line;
	const char *detail;
	bool lost;

	assert_true(len <= sizeof(flight->pdu));
	cp_hex_print(hex, pdu, len);
	line = expect(side, "tx", hex);
	detail = line->field[COL_DETAIL];
	lost = strncmp(detail, "LOST ", 5) == 0;
	expect_summary(pdu, len, lost ? detail + 5 : detail);
	if (lost)
		return true;
	assert_true(r->flight_tail - r->flight_head < MAX_FLIGHT);
	flight->ms = r->now_ms + DELAY_MS;
	flight->to = side == &r->side[0];
	flight->len = len;
	memcpy(flight->pdu, pdu, len);
	r->flight_tail++;
	return true;
}

static void
respond(struct side *side, enum sscop_prim prim, uint64_t now_ns)
{
	(void)expect(side, "req", sscop_prim_name(prim));
	assert_int_equal(sscop_request(side->sscop, prim, NULL, 0, now_ns), 0);
}

static void
on_primitive(void *arg, enum sscop_prim prim, const uint8_t *data, size_t len, uint64_t now_ns)
{
	struct side *side = arg;
	const struct tsv_line *line;
	char hex[1024];

	line = expect(side, prim == SSCOP_MDATA_IND ? "maa" : "aa", sscop_prim_name(prim));
	assert_true(2 * len < sizeof(hex));
	cp_hex_print(hex, data, prim == SSCOP_MDATA_IND ? 0 : len);
	assert_string_equal(hex, line->field[COL_DETAIL]);
	if (prim == SSCOP_ESTABLISH_IND)
		respond(side, SSCOP_ESTABLISH_RESP, now_ns);
	else if (prim == SSCOP_RESYNC_IND)
		respond(side, SSCOP_RESYNC_RESP, now_ns);
	else if (prim == SSCOP_RECOVER_IND)
		respond(side, SSCOP_RECOVER_RESP, now_ns);
	else if (prim == SSCOP_DATA_IND)
		sscop_credit(side->sscop, 1);
}

static void
on_error(void *arg, char code, uint32_t count, uint64_t now_ns)
{
	char value[] = { 'M', 'A', 'A', '-', 'E', 'R', 'R', 'O', 'R', '.', code, '\0' };

	(void)count;
	(void)now_ns;
	(void)expect(arg, "maa", value);
}

static size_t
on_pull(void *arg, uint8_t *room, size_t size, uint64_t now_ns)
{
	struct side *side = arg;
	int len;

	(void)now_ns;
	if (side->queue_head == side->queue_tail)
		return 0;
	len = cp_hex_parse(side->queue[side->queue_head++], room, size);
	assert_true(len > 0);
	return (size_t)len;
}

static enum sscop_prim
prim_of(const char *name)
{
	enum sscop_prim prim;

	for (prim = 0; prim < SSCOP_PRIM_COUNT; prim++) {
		if (strcmp(sscop_prim_name(prim), name) == 0)
			return prim;
	}
	fail_msg("no primitive %s", name);
	return SSCOP_PRIM_COUNT;
}

static void
play_request(struct side *side, const struct tsv_line *line, uint64_t now_ns)
{
	const char *hex = line->field[COL_DETAIL];
	uint8_t data[512];
	int len;

	if (strcmp(line->field[COL_VALUE], "AA-DATA.REQUEST") == 0) {
		assert_true(side->queue_tail < MAX_QUEUE);
		side->queue[side->queue_tail++] = hex;
		sscop_sdu_ready(side->sscop, now_ns);
		return;
	}
	len = cp_hex_parse(hex, data, sizeof(data));
	assert_true(len >= 0);
	assert_int_equal(sscop_request(side->sscop, prim_of(line->field[COL_VALUE]), data,
				 (size_t)len, now_ns),
		0);
}

static void
play_injection(struct side *side, const struct tsv_line *line, uint64_t now_ns)
{
	uint8_t pdu[512];
	int len = cp_hex_parse(line->field[COL_VALUE], pdu, sizeof(pdu));

	assert_true(len >= 0);
	expect_summary(pdu, (size_t)len, line->field[COL_DETAIL]);
	sscop_receive(side->sscop, pdu, (size_t)len, now_ns);
}

static void
play_line(struct replay *r, const struct tsv_line *line)
{
	struct side *side = &r->side[line_side(line)];
	uint64_t now_ns = r->now_ms * NS_PER_MS;

	assert_ptr_equal(expect(side, line->field[COL_KIND], line->field[COL_VALUE]), line);
	if (kind_is(line, "inj"))
		play_injection(side, line, now_ns);
	else
		play_request(side, line, now_ns);
}

/* One millisecond: timers were set before what arrives was sent; the script is older than both. */
static void
play_ms(struct replay *r, size_t *script)
{
	uint64_t now_ns = r->now_ms * NS_PER_MS;
	const struct flight *flight;

	sscop_poll(r->side[0].sscop, now_ns);
	sscop_poll(r->side[1].sscop, now_ns);
	for (; *script < r->n_lines && line_ms(&r->lines[*script]) == r->now_ms; (*script)++) {
		if (is_script(&r->lines[*script]))
			play_line(r, &r->lines[*script]);
	}
	while (r->flight_head < r->flight_tail) {
		flight = &r->flight[r->flight_head % MAX_FLIGHT];
		if (flight->ms > r->now_ms)
			break;
		r->flight_head++;
		sscop_receive(r->side[flight->to].sscop, flight->pdu, flight->len, now_ns);
	}
}

/* The window is in the scenario's name, as in window_mr4. */
static struct sscop_params
scenario_params(const char *name)
{
	const char *mr = strstr(name, "_mr");
	struct sscop_params params;

	sscop_params_default(&params);
	if (mr != NULL)
		params.window = (uint32_t)strtoul(mr + 3, NULL, 10);
	return params;
}

static void
every_line_of_the_trace_comes_in_its_time(void **state)
{
	static const struct sscop_ops ops = {
		.send_pdu = on_send,
		.primitive = on_primitive,
		.pull_sdu = on_pull,
		.error = on_error,
	};
	const struct scenario *scenario = *state;
	struct sscop_params params = scenario_params(scenario->lines[0].field[COL_NAME]);
	struct replay *r = calloc(1, sizeof(*r));
	uint64_t end_ms = line_ms(&scenario->lines[scenario->n_lines - 1]);
	size_t i, script = 0;

	assert_non_null(r);
	r->lines = scenario->lines;
	r->n_lines = scenario->n_lines;
	for (i = 0; i < 2; i++) {
		r->side[i].replay = r;
		r->side[i].sscop = sscop_create(&params, &ops, &r->side[i], NULL);
		assert_non_null(r->side[i].sscop);
	}
	for (r->now_ms = 0; r->now_ms <= end_ms; r->now_ms++)
		play_ms(r, &script);
	for (i = 0; i < 2; i++) {
		skip_other_side(&r->side[i]);
		if (r->side[i].next < r->n_lines)
			fail_msg("%c never came to the line of %s ms: %s %s", (int)('A' + i),
				r->lines[r->side[i].next].field[COL_MS],
				r->lines[r->side[i].next].field[COL_KIND],
				r->lines[r->side[i].next].field[COL_VALUE]);
		sscop_destroy(r->side[i].sscop);
	}
	free(r);
}

static size_t
find_scenarios(const struct tsv *tsv, struct scenario *scenarios)
{
	size_t i, n = 0;

	for (i = 0; i < tsv->n; i++) {
		if (n == 0 || strcmp(tsv->lines[i].field[COL_NAME],
				      scenarios[n - 1].lines[0].field[COL_NAME]) != 0)
			scenarios[n++].lines = &tsv->lines[i];
		scenarios[n - 1].n_lines++;
	}
	return n;
}

int
main(void)
{
	struct tsv tsv = tsv_read("trace-sscop.tsv");
	struct scenario *scenarios = calloc(tsv.n, sizeof(*scenarios));
	struct CMUnitTest *tests = calloc(tsv.n, sizeof(*tests));
	size_t i, n;
	int failed;

	if (scenarios == NULL || tests == NULL)
		return 99;
	n = find_scenarios(&tsv, scenarios);
	for (i = 0; i < n; i++) {
		tests[i].name = scenarios[i].lines[0].field[COL_NAME];
		tests[i].test_func = every_line_of_the_trace_comes_in_its_time;
		tests[i].initial_state = &scenarios[i];
	}
	failed = _cmocka_run_group_tests("sscop traces", tests, n, NULL, NULL);
	free(tests);
	free(scenarios);
	tsv_free(&tsv);
	return failed;
}
