/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/config_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callplane/config_priv.h"

#include <cmocka.h>

#define PORTS                                                                                      \
	"ports: {e: {device: net_a}, w: {device: net_b}, lan: {device: net_c}}\n"                  \
	"workers: [{lcore: 1, ports: [e, lan]}, {lcore: 2, ports: [w, lan]}]\n"
#define TRUNKS "trunks: {to-e: {port: e}, to-w: {port: w, bandwidth: 10G}}\n"

static struct config one, two;
static char error[CONFIG_ERROR_TEXT];
static char told[16][256];
static bool live[16];
static int n_told;

static void
parse(struct config *config, const char *text)
{
	if (config_parse(config, text, strlen(text), "f", error, sizeof(error)) != 0)
		fail_msg("%s", error);
}

static void
load_example(struct config *config)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/app/callplane/callplane.example.yaml",
		getenv("CALLPLANE_SOURCE"));
	if (config_load(config, path, error, sizeof(error)) != 0)
		fail_msg("%s", error);
}

/* Places in a text are no part of what it says. */
static void
forget_lines(struct config *config)
{
	uint32_t i;

	for (i = 0; i < config->n_ports; i++)
		config->ports[i].line = 0;
	for (i = 0; i < config->n_trunks; i++)
		config->trunks[i].line = 0;
	for (i = 0; i < config->n_attachments; i++)
		config->attachments[i].line = 0;
	for (i = 0; i < config->n_pvcs; i++)
		config->pvcs[i].line = 0;
	for (i = 0; i < config->n_echoes; i++)
		config->echoes[i].line = 0;
	for (i = 0; i < config->n_routes; i++)
		config->routes[i].line = 0;
}

/* The text of one is parsed into two. */
static void
assert_comes_back(void)
{
	char *text = config_text(&one);

	assert_non_null(text);
	parse(&two, text);
	free(text);
	forget_lines(&one);
	forget_lines(&two);
	assert_memory_equal(&one, &two, sizeof(one));
}

static void
keep(void *arg, const struct config_change *change)
{
	(void)arg;
	live[n_told] = change->live;
	config_change_print(told[n_told++], sizeof(told[0]), change);
}

static int
diff(const char *before, const char *after)
{
	n_told = 0;
	parse(&one, before);
	parse(&two, after);
	assert_int_equal(config_align(&two, &one), 0);
	return config_diff(&one, &two, keep, NULL);
}

/* ---- Text. ---- */

static void
what_the_example_says_comes_back_from_its_own_text(void **state)
{
	(void)state;
	load_example(&one);
	assert_comes_back();
}

/* What the example says nothing of: a key that no inverse knows would be lost. */
static void
every_key_of_every_mapping_is_shown(void **state)
{
	const struct config_mapping *top = config_schema(), *inner;
	char value[CONFIG_CHANGE_TEXT];
	uint32_t i, k;

	(void)state;
	load_example(&one);
	for (i = 0; i < top->n_fields; i++) {
		if (top->fields[i].kind != CONFIG_F_COLLECTION)
			continue;
		inner = top->fields[i].collection->mapping;
		for (k = 0; k < inner->n_fields; k++) {
			if (inner->fields[k].kind == CONFIG_F_MAPPING ||
				strcmp(inner->fields[k].key, "svlan") == 0 ||
				strcmp(inner->fields[k].key, "vlan") == 0)
				continue;
			config_show_value(&one, &inner->fields[k],
				(const uint8_t *)&one + top->fields[i].collection->array_offset,
				value, sizeof(value));
			if (value[0] == '\0')
				fail_msg(
					"%s of %s is not shown", inner->fields[k].key, inner->what);
		}
	}
}

static void
what_is_left_out_comes_back_as_left_out(void **state)
{
	(void)state;
	parse(&one, PORTS);
	assert_comes_back();
	assert_int_equal(two.n_mbufs, 0);
	parse(&one, PORTS TRUNKS "attachments: [{address: 'e164:1', port: lan}]\n"
				 "pvcs: [{trunk: to-w, label: 32, address: 'e164:2'}]\n");
	assert_comes_back();
	assert_int_equal(two.trunks[0].timers.t308, 0);
}

static void
tags_come_back_as_they_were_written(void **state)
{
	(void)state;
	parse(&one,
		PORTS "attachments:\n"
		      "- {address: 'e164:10', port: lan, vlan: 7, count: 5, answer: busy}\n"
		      "- {address: 'e164:20', port: lan, svlan: 3, vlan: 4}\n"
		      "- {address: 'nsap:47000580ffe1000000f21a26d80020ea00010500', port: lan}\n");
	assert_comes_back();
}

static void
each_bandwidth_comes_back_to_the_octet(void **state)
{
	static const char *const bandwidths[] = { "8", "1000", "1500K", "2488320K", "1G", "10T",
		"9999999999992" };
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bandwidths) / sizeof(bandwidths[0]); i++) {
		snprintf(text, sizeof(text), PORTS "trunks: {t: {port: e, bandwidth: %s}}\n",
			bandwidths[i]);
		parse(&one, text);
		assert_comes_back();
	}
}

static void
a_text_of_any_characters_comes_back(void **state)
{
	(void)state;
	parse(&one, PORTS "control: {socket: \"/r \\\"u\\\\n\\\"/\\x01\\t\\n\\x85\\u2028\\ufeff"
			  "\xc3\xbc\xe2\x82\xac\xf0\x9f\x93\x9e: #\"}\n");
	assert_comes_back();
}

static void
names_that_look_like_numbers_come_back(void **state)
{
	(void)state;
	parse(&one, "ports: {7: {device: net_a}, -: {device: net_b}, null: {device: net_c}}\n"
		    "workers: [{lcore: 1, ports: [7, '-', null]}]\n"
		    "trunks: {1.5: {port: 7}, .: {port: '-'}}\n"
		    "routes: [{prefix: 'e164:4', trunk: 1.5}]\n");
	assert_comes_back();
}

/* ---- Difference. ---- */

static void
a_text_does_not_differ_from_itself(void **state)
{
	(void)state;
	load_example(&one);
	two = one;
	assert_int_equal(config_diff(&one, &two, keep, NULL), 0);
}

static void
another_order_is_no_difference(void **state)
{
	static const char tail[] = "pvcs: [%s]\nroutes: [%s]\nattachments: [%s]\n";
	char before[2048], after[2048];
	int n;

	(void)state;
	n = snprintf(before, sizeof(before), PORTS TRUNKS);
	snprintf(before + n, sizeof(before) - (size_t)n, tail,
		"{trunk: to-e, label: 32, address: 'e164:2'}, "
		"{trunk: to-w, label: 32, address: 'e164:3'}",
		"{prefix: 'e164:4', trunk: to-e}, {prefix: 'e164:5', trunk: to-w}",
		"{address: 'e164:1', port: lan, vlan: 1}, {address: 'e164:9', port: lan, vlan: 2}");
	n = snprintf(after, sizeof(after),
		"trunks: {to-w: {port: w, bandwidth: 10000M}, to-e: {port: e}}\n"
		"workers: [{lcore: 2, ports: [lan, w]}, {lcore: 1, ports: [lan, e]}]\n"
		"ports: {lan: {device: net_c}, w: {device: net_b}, e: {device: net_a}}\n");
	snprintf(after + n, sizeof(after) - (size_t)n, tail,
		"{trunk: to-w, label: 32, address: 'e164:3'}, "
		"{trunk: to-e, label: 32, address: 'e164:2'}",
		"{prefix: 'e164:5', trunk: to-w}, {prefix: 'e164:4', trunk: to-e}",
		"{address: 'e164:9', port: lan, vlan: 2}, {address: 'e164:1', port: lan, vlan: 1}");
	assert_int_equal(diff(before, after), 0);
	assert_string_equal(two.trunks[0].name, "to-e");
	assert_string_equal(two.ports[two.trunks[1].port].name, "w");
	assert_int_equal(two.workers[0].lcore, 1);
	assert_int_equal(two.ports[0].workers, 1);
	assert_int_equal(two.pvcs[0].address.octets[0], '2');
	assert_int_equal(two.attachments[0].address.octets[0], '1');
}

static void
each_difference_is_told_with_its_place_and_both_values(void **state)
{
	(void)state;
	assert_int_equal(diff(PORTS TRUNKS "control: {idle: sleep}\n"
					   "routes: [{prefix: 'e164:4', trunk: to-e}, {prefix: "
					   "'e164:5', trunk: to-e}]\n",
				 PORTS "trunks: {to-e: {port: e, timers: {t308: 500}}, "
				       "to-w: {port: w, bandwidth: 5G}}\n"
				       "routes: [{prefix: 'e164:4', trunk: to-w}, {prefix: "
				       "'e164:6', trunk: to-e}]\n"),
		6);
	assert_string_equal(told[0], "control idle: sleep -> poll");
	assert_string_equal(told[1], "trunks to-e timers.t308: default -> 500");
	assert_string_equal(told[2], "trunks to-w bandwidth: 10G -> 5G");
	assert_string_equal(told[3], "routes e164:5: removed {prefix: \"e164:5\", trunk: to-e}");
	assert_string_equal(told[4], "routes e164:4 trunk: to-e -> to-w");
	assert_string_equal(told[5], "routes e164:6: added {prefix: \"e164:6\", trunk: to-e}");
}

static void
what_is_built_at_the_start_is_told_as_such(void **state)
{
	(void)state;
	assert_int_equal(diff(PORTS TRUNKS "limits: {calls: 10, drain-seconds: 3}\n",
				 PORTS "limits: {calls: 11, drain-seconds: 4}\n"
				       "trunks: {to-e: {port: e, window: 9}}\n"
				       "attachments: [{address: 'e164:1', port: lan}]\n"),
		5);
	assert_string_equal(told[0], "limits calls: 10 -> 11");
	assert_false(live[0]);
	assert_string_equal(told[1], "limits drain-seconds: 3 -> 4");
	assert_true(live[1]);
	assert_memory_equal(told[2], "trunks to-w: removed {", 22);
	assert_false(live[2]);
	assert_string_equal(told[3], "trunks to-e window: 128 -> 9");
	assert_false(live[3]);
	assert_memory_equal(told[4], "attachments e164:1: added {", 27);
	assert_false(live[4]);
}

static void
a_circuit_is_told_by_its_trunk_and_label(void **state)
{
	(void)state;
	assert_int_equal(diff(PORTS TRUNKS "pvcs: [{trunk: to-w, label: 32, address: 'e164:2'}]\n",
				 PORTS TRUNKS
				 "pvcs: [{trunk: to-w, label: 32, address: 'e164:2', rate: 9}]\n"),
		1);
	assert_string_equal(told[0], "pvcs to-w 32 rate: default -> 9");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_example_says_comes_back_from_its_own_text),
		cmocka_unit_test(every_key_of_every_mapping_is_shown),
		cmocka_unit_test(what_is_left_out_comes_back_as_left_out),
		cmocka_unit_test(tags_come_back_as_they_were_written),
		cmocka_unit_test(each_bandwidth_comes_back_to_the_octet),
		cmocka_unit_test(a_text_of_any_characters_comes_back),
		cmocka_unit_test(names_that_look_like_numbers_come_back),
		cmocka_unit_test(a_text_does_not_differ_from_itself),
		cmocka_unit_test(another_order_is_no_difference),
		cmocka_unit_test(each_difference_is_told_with_its_place_and_both_values),
		cmocka_unit_test(what_is_built_at_the_start_is_told_as_such),
		cmocka_unit_test(a_circuit_is_told_by_its_trunk_and_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
