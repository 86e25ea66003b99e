/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/rates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "callctl/view.h"

#include <cmocka.h>

static json_t *
parse(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return json;
}

/* A look with these rows, and no busy circuit. */
static struct rates_look
look(double at_s, const char *status, const char *workers, const char *ports, const char *trunks)
{
	struct rates_look l;

	rates_look_init(&l);
	json_decref(l.workers);
	json_decref(l.ports);
	json_decref(l.trunks);
	l.at_s = at_s;
	l.status = parse(status);
	l.workers = parse(workers);
	l.ports = parse(ports);
	l.trunks = parse(trunks);
	return l;
}

static json_t *
between(struct rates_look before, struct rates_look now)
{
	json_t *rates = rates_between(&before, &now);

	rates_look_fini(&before);
	rates_look_fini(&now);
	return rates;
}

static const json_t *
row(const json_t *rates, const char *list, size_t i)
{
	return json_array_get(json_object_get(rates, list), i);
}

static void
assert_number(const json_t *object, const char *key, double want)
{
	double got = json_number_value(json_object_get(object, key));

	if (got < want - 1e-6 * want || got > want + 1e-6 * want)
		fail_msg("%s is %g, not %g", key, got, want);
}

#define STATUS(up, down)                                                                           \
	"{\"version\":\"1\",\"state\":\"running\",\"uptime_s\":5,\"calls\":9,\"calls_set_up\":" up \
	",\"calls_cleared\":" down "}"

static void
rates_are_what_counters_grew_by_in_the_time_between(void **state)
{
	json_t *rates = between(look(100, STATUS("50", "40"), "[]",
					"[{\"name\":\"a\",\"rx\":1000,\"rx_octets\":64000,\"tx\":5,"
					"\"drops\":{\"ttl\":1,\"mtu\":0}}]",
					"[{\"name\":\"t\",\"set_up\":1,\"messages_rx\":10}]"),
		look(102, STATUS("70", "40"), "[]",
			"[{\"name\":\"new\",\"rx\":77},{\"name\":\"a\",\"rx\":3000,\"rx_octets\":"
			"192000,\"tx\":5,\"drops\":{\"ttl\":5,\"mtu\":0}}]",
			"[{\"name\":\"t\",\"set_up\":11,\"messages_rx\":16,\"link\":\"x\"}]"));
	const json_t *port = row(rates, "ports", 1);

	(void)state;
	assert_number(rates, "seconds", 2);
	assert_number(rates, "calls", 9);
	assert_number(rates, "set_up_per_s", 10);
	assert_number(rates, "cleared_per_s", 0);
	assert_number(port, "rx_per_s", 1000);
	assert_number(port, "rx_bits_per_s", 8 * 64000);
	assert_number(port, "tx_per_s", 0);
	assert_number(port, "drops_per_s", 2);
	assert_number(json_object_get(port, "drops"), "ttl", 2);
	assert_null(json_object_get(json_object_get(port, "drops"), "mtu"));
	assert_number(row(rates, "ports", 0), "rx_per_s", 0);
	assert_number(row(rates, "trunks", 0), "set_up_per_s", 5);
	assert_number(row(rates, "trunks", 0), "messages_rx_per_s", 3);
	json_decref(rates);
}

static void
a_counter_that_began_anew_has_no_rate(void **state)
{
	json_t *rates =
		between(look(1, STATUS("9", "0"), "[]", "[{\"name\":\"a\",\"rx\":1000}]", "[]"),
			look(2, STATUS("3", "0"), "[]", "[{\"name\":\"a\",\"rx\":10}]", "[]"));

	(void)state;
	assert_number(rates, "set_up_per_s", 0);
	assert_number(row(rates, "ports", 0), "rx_per_s", 0);
	json_decref(rates);
}

#define WORKER(turns, busy_turns, rx, busy, idle, wait, gaps)                                      \
	"[{\"lcore\":3,\"tsc_hz\":1000000000,\"turns\":" turns ",\"busy_turns\":" busy_turns       \
	",\"rx\":" rx ",\"from_control\":0,\"busy_cycles\":" busy ",\"idle_cycles\":" idle         \
	",\"wait_ns\":" wait ",\"gap_cycles\":" gaps "}]"

static void
a_worker_is_measured_by_its_own_clock(void **state)
{
	/* It accounts for one of the two seconds between the looks. */
	json_t *rates = between(
		look(10, STATUS("0", "0"),
			WORKER("100", "10", "500", "1000", "1000", "0", "[[31,90],[1000000,10]]"),
			"[]", "[]"),
		look(12, STATUS("0", "0"),
			WORKER("10100", "30", "1140", "250001000", "750001000", "500000000",
				"[[31,10088],[500,1],[1000000,10],[3000000,1]]"),
			"[]", "[]"));
	const json_t *w = row(rates, "workers", 0);

	(void)state;
	assert_number(w, "lcore", 3);
	assert_number(w, "busy_percent", 25);
	assert_number(w, "frames_per_s", 640);
	assert_number(w, "cycles_per_frame", 250000000.0 / 640);
	assert_number(w, "frames_per_busy_turn", 32);
	assert_number(w, "wait_percent", 25);
	assert_number(w, "gap_ns_p50", 31);
	assert_number(w, "gap_ns_p9999", 500);
	assert_number(w, "gap_ns_max", 3000000);
	json_decref(rates);
}

static void
a_worker_without_a_turn_has_a_gap_of_at_least_the_interval(void **state)
{
	const char *still = WORKER("100", "10", "500", "1000", "1000", "0", "[[31,90]]");
	json_t *rates = between(look(10, STATUS("0", "0"), still, "[]", "[]"),
		look(12, STATUS("0", "0"), still, "[]", "[]"));
	const json_t *w = row(rates, "workers", 0);

	(void)state;
	assert_number(w, "gap_ns_max", 2e9);
	assert_number(w, "busy_percent", 0);
	assert_number(w, "cycles_per_frame", 0);
	json_decref(rates);
}

static void
the_view_shows_a_line_for_each_row_and_why_frames_were_dropped(void **state)
{
	json_t *rates = between(
		look(10, STATUS("0", "0"),
			WORKER("100", "10", "500", "1000", "1000", "0", "[[31,90]]"),
			"[{\"name\":\"a\",\"rx\":0,\"link_up\":true,\"drops\":{\"ttl\":0,\"mtu\":0}"
			"}]",
			"[{\"name\":\"t\"}]"),
		look(11, STATUS("0", "0"),
			WORKER("200", "20", "900", "500001000", "500001000", "0", "[[31,190]]"),
			"[{\"name\":\"a\",\"rx\":2500000,\"link_up\":true,\"drops\":{\"ttl\":30,"
			"\"mtu\":12000}}]",
			"[{\"name\":\"t\",\"link\":\"established\"}]"));
	char *out = NULL;
	size_t size;
	FILE *stream = open_memstream(&out, &size);

	(void)state;
	view_print(stream, rates);
	fclose(stream);
	assert_non_null(strstr(out, "[########--------]  50.0"));
	assert_non_null(strstr(out, "a                up       2.500"));
	assert_non_null(strstr(out, "12.0k mtu\n"));
	assert_non_null(strstr(out, "t                established"));
	assert_null(strstr(out, "BUSIEST")); /* nothing is known of circuits: no heading */
	free(out);
	json_decref(rates);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_what_counters_grew_by_in_the_time_between),
		cmocka_unit_test(a_counter_that_began_anew_has_no_rate),
		cmocka_unit_test(a_worker_is_measured_by_its_own_clock),
		cmocka_unit_test(a_worker_without_a_turn_has_a_gap_of_at_least_the_interval),
		cmocka_unit_test(the_view_shows_a_line_for_each_row_and_why_frames_were_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
