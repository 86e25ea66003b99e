/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "callplane/config.h"
#include "condis/condis.h"

#include <cmocka.h>

/* Four lines that are right: what a case adds begins in line 5. */
#define BEFORE                                                                                     \
	"ports: {e: {device: net_a}, w: {device: net_b}, lan: {device: net_c}}\n"                  \
	"workers: [{lcore: 1, ports: [e, w, lan]}]\n"                                              \
	"trunks: {t: {port: e, vpci: [1, 2]}, s: {port: w}}\n"                                     \
	"attachments: [{address: 'e164:4900', count: 10, port: lan, vlan: 1}]\n"
#define PVC(keys) BEFORE "pvcs: [{" keys "}]\n"
#define ECHOES(list) BEFORE "echoes: [" list "]\n"

static struct config config;
static char error[CONFIG_ERROR_TEXT];

static int
parse(const char *text)
{
	return config_parse(&config, text, strlen(text), "f", error, sizeof(error));
}

static void
assert_good(const char *text)
{
	if (parse(text) != 0)
		fail_msg("%s", error);
}

/* The beginning of the error line, place first; a mend follows. */
static void
assert_wrong(const char *text, const char *beginning)
{
	assert_int_equal(parse(text), -EINVAL);
	if (strncmp(error, beginning, strlen(beginning)) != 0 || strstr(error, "; mend: ") == NULL)
		fail_msg("\"%s\" instead of \"%s\"", error, beginning);
}

static void
a_trunk_takes_close_data_and_meters_unless_it_is_told_not_to(void **state)
{
	(void)state;
	assert_good(BEFORE);
	assert_true(config.trunks[0].close_data);
	assert_true(config.trunks[0].meter);
	assert_good("ports: {e: {device: net_a}}\nworkers: [{lcore: 1, ports: [e]}]\n"
		    "trunks: {t: {port: e, close-data: false, meter: false}}\n");
	assert_false(config.trunks[0].close_data);
	assert_false(config.trunks[0].meter);
	assert_wrong("ports: {e: {device: net_a}}\nworkers: [{lcore: 1, ports: [e]}]\n"
		     "trunks: {t: {port: e, meter: perhaps}}\n",
		"f:3:30: meter wants true or false");
}

static void
timers_of_changes_and_parties_are_taken(void **state)
{
	const struct config_timers *t = &config.trunks[0].timers;

	(void)state;
	assert_good("ports: {e: {device: net_a}}\nworkers: [{lcore: 1, ports: [e]}]\n"
		    "trunks: {t: {port: e, timers: {t360: 1, t361: 2, t397: 3, t398: 4, t399: 5}}}"
		    "\n");
	assert_int_equal(t->t360, 1);
	assert_int_equal(t->t361, 2);
	assert_int_equal(t->t397, 3);
	assert_int_equal(t->t398, 4);
	assert_int_equal(t->t399, 5);
}

/* SIG-63 */
static void
timers_of_restarts_and_links_are_taken_and_t317_is_below_t316(void **state)
{
	const struct config_timers *t = &config.trunks[0].timers;
	char text[512];
	size_t i;
	static const struct {
		const char *timers, *wrong;
	} cases[] = {
		{ "t316: 2, t317: 1, t322: 6, t-answer: 3, t-link: 4, t-link-max: 5", NULL },
		{ "t317: 119999", NULL },
		{ "t317: 120000", "f:3:31: t317, 120000 ms, is not shorter than t316, 120000 ms" },
		{ "t316: 90000", "f:3:31: t317, 90000 ms, is not shorter than t316, 90000 ms" },
		{ "t-link: 30001", "f:3:31: t-link, 30001 ms, is above t-link-max, 30000 ms" },
		{ "t-link-max: 999", "f:3:31: t-link, 1000 ms, is above t-link-max, 999 ms" },
	};

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text),
			"ports: {e: {device: net_a}}\nworkers: [{lcore: 1, ports: [e]}]\n"
			"trunks: {t: {port: e, timers: {%s}}}\n",
			cases[i].timers);
		if (cases[i].wrong != NULL) {
			assert_wrong(text, cases[i].wrong);
			continue;
		}
		assert_good(text);
		if (i == 0) {
			assert_int_equal(t->t316, 2);
			assert_int_equal(t->t317, 1);
			assert_int_equal(t->t322, 6);
			assert_int_equal(t->t_answer, 3);
			assert_int_equal(t->t_link, 4);
			assert_int_equal(t->t_link_max, 5);
		}
	}
}

/* SIG-85, SIG-102 */
static void
how_a_trunk_begins_and_what_a_port_that_is_down_does_can_be_chosen(void **state)
{
	(void)state;
	assert_good("ports: {e: {device: net_a}}\nworkers: [{lcore: 1, ports: [e]}]\n"
		    "trunks: {t: {port: e}}\n");
	assert_true(config.trunks[0].restart);
	assert_int_equal(config.trunks[0].port_down, CONFIG_WAIT);
	assert_good("ports: {e: {device: net_a}}\nworkers: [{lcore: 1, ports: [e]}]\n"
		    "trunks: {t: {port: e, restart: false, port-down: clear}}\n");
	assert_false(config.trunks[0].restart);
	assert_int_equal(config.trunks[0].port_down, CONFIG_CLEAR);
	assert_wrong("ports: {e: {device: net_a}}\nworkers: [{lcore: 1, ports: [e]}]\n"
		     "trunks: {t: {port: e, port-down: ignore}}\n",
		"f:3:34: unknown port-down \"ignore\"; mend: write one of: wait, clear");
}

static void
the_number_of_parties_has_its_limit(void **state)
{
	(void)state;
	assert_good(BEFORE);
	assert_int_equal(config.max_parties, 16384);
	assert_good(BEFORE "limits: {parties: 7}\n");
	assert_int_equal(config.max_parties, 7);
	assert_wrong(BEFORE "limits: {parties: 0}\n", "f:5:19: parties is 0, outside 1 to ");
}

static void
the_flight_recorder_has_its_size_and_can_be_left_out(void **state)
{
	(void)state;
	assert_good(BEFORE);
	assert_int_equal(config.n_traces, 16384);
	assert_good(BEFORE "limits: {traces: 0}\n");
	assert_int_equal(config.n_traces, 0);
	assert_wrong(BEFORE "limits: {traces: 16777217}\n",
		"f:5:18: traces is 16777217, outside 0 to 16777216");
}

/* MAKE-12 */
static void
a_pvc_has_a_trunk_a_label_and_an_address(void **state)
{
	const struct config_pvc *p = config.pvcs;

	(void)state;
	assert_good(BEFORE "pvcs:\n"
			   "  - {trunk: t, label: 65568, address: 'e164:51'}\n"
			   "  - {trunk: s, label: 40, address: 'e164:52', rate: 1000, committed: "
			   "400, burst: 9000,"
			   " attachment: 'e164:4909'}\n");
	assert_int_equal(config.n_pvcs, 2);
	assert_int_equal(p[0].trunk, 0);
	assert_int_equal(p[0].label, 65568);
	assert_memory_equal(p[0].address.octets, "51", 2);
	assert_int_equal(p[0].attachment.type, CO_ADDRESS_NONE);
	assert_int_equal(p[0].rate, 0);
	assert_int_equal(p[1].trunk, 1);
	assert_int_equal(p[1].rate, 1000);
	assert_int_equal(p[1].committed, 400);
	assert_int_equal(p[1].burst, 9000);
	assert_memory_equal(p[1].attachment.octets, "4909", 4);
	assert_int_equal(p[1].line, 7);
	assert_wrong(PVC("trunk: s, label: 40, address: 'e164:5', rate: 5, committed: 6"),
		"f:5:8: a burst goes with a committed rate, and that is part of the rate; mend: ");
	assert_wrong(PVC("trunk: s, label: 40, address: 'e164:5', rate: 5, burst: 6"),
		"f:5:8: a burst goes with a committed rate, and that is part of the rate; mend: ");
	assert_wrong(PVC("trunk: t, label: 65568"), "f:5:8: a PVC has no address; mend: ");
	assert_wrong(PVC("trunk: t, address: 'e164:5'"), "f:5:8: a PVC has no label; mend: ");
	assert_wrong(PVC("label: 65568, address: 'e164:5'"), "f:5:8: a PVC has no trunk; mend: ");
	assert_wrong(PVC("trunk: x, label: 65568, address: 'e164:5'"),
		"f:5:16: unknown trunk \"x\"; mend: ");
}

static void
a_label_of_a_pvc_is_a_users_of_its_trunk(void **state)
{
	(void)state;
	assert_wrong(PVC("trunk: s, label: 16, address: 'e164:5'"),
		"f:5:26: label is 16: its VCI, the low 16 bits, is 16, not 32 or more; mend: ");
	assert_wrong(PVC("trunk: s, label: 1048576, address: 'e164:5'"),
		"f:5:26: label is 1048576, outside 0 to 1048575; mend: ");
	assert_wrong(PVC("trunk: t, label: 40, address: 'e164:5'"),
		"f:5:8: label 40 is of VPCI 0, and trunk t has 1 to 2; mend: ");
	assert_wrong(PVC("trunk: t, label: 196648, address: 'e164:5'"),
		"f:5:8: label 196648 is of VPCI 3, and trunk t has 1 to 2; mend: ");
}

static void
two_pvcs_of_a_trunk_never_share_a_label(void **state)
{
	(void)state;
	assert_good(BEFORE "pvcs:\n"
			   "  - {trunk: t, label: 65568, address: 'e164:51'}\n"
			   "  - {trunk: s, label: 65568, address: 'e164:51'}\n");
	assert_wrong(BEFORE "pvcs:\n"
			    "  - {trunk: t, label: 65568, address: 'e164:51'}\n"
			    "  - {trunk: t, label: 65568, address: 'e164:52'}\n",
		"f:7:5: label 65568 of trunk t is that of the PVC in line 6; mend: ");
}

static void
a_pvc_is_connected_to_an_attachment_that_is_there_and_free(void **state)
{
	(void)state;
	assert_wrong(PVC("trunk: s, label: 40, address: 'e164:5', attachment: 'e164:4910'"),
		"f:5:61: no attachment has the address \"e164:4910\"; mend: ");
	assert_wrong(BEFORE
		"pvcs:\n"
		"  - {trunk: s, label: 40, address: 'e164:5', attachment: 'e164:4901'}\n"
		"  - {trunk: s, label: 41, address: 'e164:5', attachment: 'e164:4901'}\n",
		"f:7:58: the attachment \"e164:4901\" has the PVC of line 6 already; mend: ");
}

static void
an_echo_has_an_address_of_its_own(void **state)
{
	(void)state;
	assert_good(ECHOES("{address: 'e164:4910'}, {address: 'e164:49'}"));
	assert_int_equal(config.n_echoes, 2);
	assert_memory_equal(config.echoes[1].address.octets, "49", 2);
	assert_int_equal(config.echoes[1].line, 5);
	assert_wrong(ECHOES("{address: 'e164:1'}, {address: 'e164:1'}"),
		"f:5:31: the address has the echo of line 5 already; mend: ");
	assert_wrong(ECHOES("{address: 'e164:4905'}"),
		"f:5:10: the address is that of an attachment, in line 4; mend: ");
	assert_wrong(ECHOES("{}"), "f:5:10: an echo has no address; mend: ");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trunk_takes_close_data_and_meters_unless_it_is_told_not_to),
		cmocka_unit_test(timers_of_changes_and_parties_are_taken),
		cmocka_unit_test(timers_of_restarts_and_links_are_taken_and_t317_is_below_t316),
		cmocka_unit_test(
			how_a_trunk_begins_and_what_a_port_that_is_down_does_can_be_chosen),
		cmocka_unit_test(the_number_of_parties_has_its_limit),
		cmocka_unit_test(the_flight_recorder_has_its_size_and_can_be_left_out),
		cmocka_unit_test(a_pvc_has_a_trunk_a_label_and_an_address),
		cmocka_unit_test(a_label_of_a_pvc_is_a_users_of_its_trunk),
		cmocka_unit_test(two_pvcs_of_a_trunk_never_share_a_label),
		cmocka_unit_test(a_pvc_is_connected_to_an_attachment_that_is_there_and_free),
		cmocka_unit_test(an_echo_has_an_address_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
