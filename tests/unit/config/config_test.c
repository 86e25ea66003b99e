/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "condis/condis.h"

#include <cmocka.h>

/* Two lines that are right: what a case adds begins in line 3. */
#define PORTS                                                                                      \
	"ports: {e: {device: net_a}, w: {device: net_b}, lan: {device: net_c}}\n"                  \
	"workers: [{lcore: 1, ports: [e, w, lan]}]\n"
/* And one trunk, in line 3. */
#define ONE_TRUNK PORTS "trunks: {t: {port: e}}\n"

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

/** @p place_and_what is all of the line before the mend, of which there must be one. */
static void
assert_wrong(const char *text, const char *place_and_what)
{
	static const char mend[] = "; mend: ";
	const char *at;

	assert_int_equal(parse(text), -EINVAL);
	at = strstr(error, mend);
	assert_non_null(at);
	assert_true(strlen(at) > strlen(mend));
	assert_null(strchr(error, '\n'));
	if (strncmp(error, place_and_what, (size_t)(at - error)) != 0 ||
		place_and_what[at - error] != '\0')
		fail_msg("\"%s\" instead of \"%s\"", error, place_and_what);
}

static void
assert_mend(const char *text, const char *mend)
{
	assert_int_equal(parse(text), -EINVAL);
	if (strstr(error, mend) == NULL)
		fail_msg("\"%s\" without \"%s\"", error, mend);
}

/* ---- What is right ---- */

static void
what_is_left_out_has_its_default(void **state)
{
	const struct config_trunk *t = &config.trunks[0];
	static const struct config_timers none;

	(void)state;
	assert_good(PORTS "trunks: {t: {port: w}}\n"
			  "attachments: [{address: 'e164:1', port: lan}]\n");
	assert_int_equal(config.control_lcore, 0);
	assert_string_equal(config.socket, "/run/callplane/callplane.sock");
	assert_int_equal(config.max_calls, 65536);
	assert_int_equal(config.n_mbufs, 0);
	assert_int_equal(config.huge_mb, 0);
	assert_false(config.no_huge);
	assert_int_equal(config.drain_seconds, 30);
	assert_int_equal(config.ports[1].mtu, 0);
	assert_int_equal(t->port, 1);
	assert_int_equal(t->call_manager, CONFIG_EMBEDDED);
	assert_int_equal(t->side, CONFIG_USER);
	assert_int_equal(t->signalling_label, 16);
	assert_int_equal(t->vpci_first, 0);
	assert_int_equal(t->vpci_last, 15);
	assert_int_equal(t->window, 128);
	assert_int_equal(t->bulk_window, 64);
	assert_int_equal(t->bandwidth, 0);
	assert_false(t->has_peer_mac);
	assert_memory_equal(&t->timers, &none, sizeof(none));
	assert_int_equal(config.attachments[0].count, 1);
	assert_int_equal(config.attachments[0].n_tags, 0);
	assert_true(config.attachments[0].answer);
}

static void
what_is_given_is_taken(void **state)
{
	const struct config_trunk *t = &config.trunks[0];
	static const uint8_t mac[] = { 2, 0, 0xab, 0xCD, 0xef, 1 };

	(void)state;
	assert_good("control: {lcore: 3, socket: /x}\n"
		    "limits: {calls: 5, mbufs: 2048, hugepages-mb: 64, no-huge: true,"
		    " drain-seconds: 0}\n" PORTS
		    "trunks: {t: {port: e, call-manager: standalone, side: network,"
		    " signalling-label: 65567, vpci: [3, 3], bandwidth: 100M,"
		    " peer-mac: 02:00:ab:CD:ef:01, window: 65536, bulk-window: 4096,"
		    " timers: {t301: 1, t303: 2, t308: 3,"
		    " t309: 4, t310: 5, t313: 6, cc: 7, poll: 8, keep-alive: 9, no-response: 10,"
		    " idle: 86400000}}}\n"
		    "routes: [{prefix: 'e164:49', trunk: t}, {prefix: 'nsap:47', trunk: t}]\n");
	assert_int_equal(config.control_lcore, 3);
	assert_string_equal(config.socket, "/x");
	assert_int_equal(config.max_calls, 5);
	assert_int_equal(config.n_mbufs, 2048);
	assert_int_equal(config.huge_mb, 64);
	assert_true(config.no_huge);
	assert_int_equal(config.drain_seconds, 0);
	assert_string_equal(t->name, "t");
	assert_int_equal(t->call_manager, CONFIG_STANDALONE);
	assert_int_equal(t->side, CONFIG_NETWORK);
	assert_int_equal(t->signalling_label, 65567);
	assert_int_equal(t->vpci_first, 3);
	assert_int_equal(t->vpci_last, 3);
	assert_int_equal(t->bandwidth, 12500000);
	assert_true(t->has_peer_mac);
	assert_memory_equal(t->peer_mac, mac, sizeof(mac));
	assert_int_equal(t->window, 65536);
	assert_int_equal(t->bulk_window, 4096);
	assert_int_equal(t->timers.t301, 1);
	assert_int_equal(t->timers.t313, 6);
	assert_int_equal(t->timers.sscop_cc, 7);
	assert_int_equal(t->timers.sscop_no_response, 10);
	assert_int_equal(t->timers.sscop_idle, 86400000);
	assert_int_equal(config.n_routes, 2);
	assert_int_equal(config.routes[1].prefix.type, CO_ADDRESS_NSAP);
	assert_int_equal(config.routes[1].prefix.len, 1);
}

static void
who_is_referred_to_may_stand_after_who_refers_to_it(void **state)
{
	(void)state;
	assert_good("routes: [{trunk: t, prefix: 'e164:4'}]\n"
		    "attachments: [{port: lan, address: 'e164:1'}]\n"
		    "trunks: {s: {port: e}, t: {port: w}}\n"
		    "workers: [{ports: [lan], lcore: 2}, {ports: [w, e], lcore: 1}]\n"
		    "ports: {e: {device: net_a}, w: {device: net_b}, lan: {device: net_c}}\n");
	assert_int_equal(config.routes[0].trunk, 1);
	assert_int_equal(config.attachments[0].port, 2);
	assert_int_equal(config.attachments[0].line, 2);
	assert_int_equal(config.ports[0].workers, 2);
	assert_int_equal(config.ports[1].workers, 2);
	assert_int_equal(config.ports[2].workers, 1);
	assert_int_equal(config.ports[2].line, 5);
}

static void
a_device_is_a_vdev_or_a_pci_address_in_one_spelling(void **state)
{
	(void)state;
	assert_good("ports: {a: {device: 'AF:1b.7'}, b: {device: '0001:00:1f.0', mtu: 576},"
		    " c: {device: 'net_tap0,iface=x'}}\n"
		    "workers: [{lcore: 1, ports: [a, b, c]}]\n");
	assert_string_equal(config.ports[0].device, "0000:af:1b.7");
	assert_false(config.ports[0].is_vdev);
	assert_string_equal(config.ports[1].device, "0001:00:1f.0");
	assert_int_equal(config.ports[1].mtu, 576);
	assert_string_equal(config.ports[2].device, "net_tap0,iface=x");
	assert_true(config.ports[2].is_vdev);
}

static void
bandwidth_is_in_bits_and_kept_in_octets(void **state)
{
	static const struct {
		const char *text;
		uint64_t octets_s;
	} cases[] = {
		{ "8", 1 },
		{ "10G", 1250000000 },
		{ "100M", 12500000 },
		{ "64K", 8000 },
		{ "10T", 1250000000000 },
		{ "'1G'", 125000000 },
	};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), PORTS "trunks: {t: {port: e, bandwidth: %s}}\n",
			cases[i].text);
		assert_good(text);
		assert_int_equal(config.trunks[0].bandwidth, cases[i].octets_s);
	}
}

static void
a_section_that_may_be_left_out_may_be_empty(void **state)
{
	(void)state;
	assert_good(PORTS "trunks:\nattachments:\nroutes: []\n");
	assert_wrong(
		"ports:\nworkers: []\n", "f:1:7: ports wants a mapping of names, and has no value");
	assert_wrong("ports: {}\nworkers: []\n", "f:1:8: ports is empty");
	assert_wrong("ports: {e: {device: net_a}}\nworkers: []\n", "f:2:10: workers is empty");
}

/* ---- Ranges of attachments ---- */

static void
assert_at(uint32_t i, const char *address, uint32_t outer, uint32_t inner)
{
	char text[CONFIG_ADDRESS_TEXT];
	struct config_address a;
	uint16_t o, in;

	config_attachment_at(&config.attachments[0], i, &a, &o, &in);
	config_address_print(text, sizeof(text), &a);
	assert_string_equal(text, address);
	assert_int_equal(o, outer);
	assert_int_equal(in, inner);
}

static void
addresses_and_vlans_of_a_range_rise_together(void **state)
{
	(void)state;
	assert_good(
		PORTS "attachments: [{address: 'e164:0998', count: 95, port: e, vlan: 4000}]\n");
	assert_int_equal(config.attachments[0].n_tags, 1);
	assert_at(0, "e164:0998", 4000, 0);
	assert_at(1, "e164:0999", 4001, 0);
	assert_at(2, "e164:1000", 4002, 0);
	assert_at(94, "e164:1092", 4094, 0);
}

static void
after_the_last_inner_vlan_the_outer_one_rises(void **state)
{
	(void)state;
	assert_good(PORTS "attachments: [{address: 'e164:100000', count: 4099, port: e, svlan: 7,"
			  " vlan: 4093}]\n");
	assert_int_equal(config.attachments[0].n_tags, 2);
	assert_at(0, "e164:100000", 7, 4093);
	assert_at(1, "e164:100001", 7, 4094);
	assert_at(2, "e164:100002", 8, 1);
	assert_at(4095, "e164:104095", 8, 4094);
	assert_at(4096, "e164:104096", 9, 1);
}

static void
an_nsap_address_rises_through_all_its_octets(void **state)
{
	(void)state;
	assert_good(PORTS "attachments: [{address: 'nsap:470000000000000000000000000000000000ffff',"
			  " count: 2, port: e, vlan: 1}]\n");
	assert_at(0, "nsap:470000000000000000000000000000000000ffff", 1, 0);
	assert_at(1, "nsap:4700000000000000000000000000000000010000", 2, 0);
}

static void
a_range_ends_with_the_last_vlan(void **state)
{
	(void)state;
	assert_good(ONE_TRUNK "attachments: [{address: 'e164:1', port: lan, vlan: 4094}]\n");
	assert_wrong(ONE_TRUNK
		"attachments:\n  - {address: 'e164:10', count: 2, port: lan, vlan: 4094}\n",
		"f:5:5: a count of 2 runs past the last VLAN, 4094");
	assert_mend(ONE_TRUNK
		"attachments: [{address: 'e164:10', count: 9, port: lan, vlan: 4093}]\n",
		"mend: lower count to 2");
	assert_wrong(ONE_TRUNK "attachments: [{address: 'e164:10', count: 2, port: lan,"
			       " svlan: 4094, vlan: 4094}]\n",
		"f:4:15: a count of 2 runs past the last VLAN, 4094");
	assert_good(ONE_TRUNK "attachments: [{address: 'e164:10', count: 2, port: lan,"
			      " svlan: 4094, vlan: 4093}]\n");
}

static void
a_range_ends_with_the_last_address_of_its_length(void **state)
{
	(void)state;
	assert_good(PORTS "attachments: [{address: 'e164:98', count: 2, port: lan, vlan: 1}]\n");
	assert_wrong(PORTS "attachments: [{address: 'e164:98', count: 3, port: lan, vlan: 1}]\n",
		"f:3:15: a count of 3 runs past the last address of 2 digits");
	assert_wrong(PORTS
		"attachments: [{address: 'nsap:ffffffffffffffffffffffffffffffffffffffff',"
		" count: 2, port: lan, vlan: 1}]\n",
		"f:3:15: a count of 2 runs past the last address of 20 octets");
}

static void
tags_make_sense_together(void **state)
{
	(void)state;
	assert_wrong(PORTS "attachments: [{address: 'e164:1', port: lan, svlan: 5}]\n",
		"f:3:15: svlan without vlan");
	assert_wrong(PORTS "attachments: [{address: 'e164:10', port: lan, count: 2}]\n",
		"f:3:15: a count of 2 on an untagged port, which has room for one");
}

#define ATTACH(a, b)                                                                               \
	PORTS "attachments:\n"                                                                     \
	      "- {port: lan, " a "}\n"                                                             \
	      "- {" b "}\n"

static void
two_attachments_never_share_an_address(void **state)
{
	static const char twice[] = "f:5:3: an address of it is also in line 4";

	(void)state;
	assert_wrong(ATTACH("address: 'e164:10'", "port: e, address: 'e164:10'"), twice);
	assert_wrong(ATTACH("address: 'e164:10', count: 5, vlan: 1", "port: e, address: 'e164:14'"),
		twice);
	assert_wrong(ATTACH("address: 'e164:14', vlan: 1",
			     "port: e, address: 'e164:10', count: 5, vlan: 1"),
		twice);
	assert_good(ATTACH("address: 'e164:10', count: 5, vlan: 1", "port: e, address: 'e164:15'"));
	assert_good(
		ATTACH("address: 'e164:10', count: 5, vlan: 1", "port: e, address: 'e164:012'"));
}

static void
two_attachments_never_share_a_vlan_of_a_port(void **state)
{
	static const char twice[] = "f:5:3: a VLAN of port lan in it is also in line 4";

	(void)state;
	assert_wrong(ATTACH("address: 'e164:10'", "port: lan, address: 'e164:20'"), twice);
	assert_wrong(ATTACH("address: 'e164:10', count: 9, vlan: 2",
			     "port: lan, vlan: 10, address: 'e164:20'"),
		twice);
	assert_wrong(ATTACH("address: 'e164:1000', count: 4094, svlan: 2, vlan: 2",
			     "port: lan, svlan: 3, vlan: 1, address: 'e164:20'"),
		twice);
	assert_good(ATTACH("address: 'e164:10', count: 9, vlan: 2",
		"port: lan, vlan: 11, address: 'e164:20'"));
	assert_good(ATTACH("address: 'e164:10', vlan: 2", "port: lan, address: 'e164:20'"));
	assert_good(ATTACH(
		"address: 'e164:10', svlan: 2, vlan: 2", "port: lan, vlan: 2, address: 'e164:20'"));
	assert_good(ATTACH("address: 'e164:10', vlan: 2", "port: e, vlan: 2, address: 'e164:20'"));
}

static void
all_attachments_together_are_bounded(void **state)
{
	(void)state;
	assert_wrong(ATTACH("address: 'e164:10000000', count: 4194303, svlan: 1, vlan: 1",
			     "port: e, address: 'e164:1'"),
		"f:5:3: with it there are 4194304 attachments");
}

/* ---- The text ---- */

static void
a_syntax_error_is_told_with_its_place(void **state)
{
	(void)state;
	assert_wrong("ports:\n\te: 1\n",
		"f:2:1: while scanning for the next token, found character that cannot start any "
		"token");
	assert_wrong("a: [1, 2\n",
		"f:2:1: while parsing a flow sequence, did not find expected ',' or ']'");
	assert_wrong("a: b: c\n", "f:1:5: mapping values are not allowed in this context");
}

static void
what_is_not_utf_8_is_told_with_its_place(void **state)
{
	(void)state;
	assert_wrong("a: \xc3\xa4\xc3\xa4\nbb: \xff\n", "f:2:5: invalid leading UTF-8 octet");
	assert_wrong("a: \xc3\xa4 \x01\n", "f:1:6: control characters are not allowed");
}

static void
a_text_without_a_document_is_no_configuration(void **state)
{
	(void)state;
	assert_wrong("", "f:1:1: no configuration in it");
	assert_wrong("# nothing\n\n", "f:1:1: no configuration in it");
	assert_wrong("---\n...\n", "f:2:1: the configuration wants a mapping, and has no value");
	assert_wrong("- 1\n", "f:1:1: the configuration wants a mapping, not a list");
	assert_wrong("hello\n", "f:1:1: the configuration wants a mapping, not \"hello\"");
}

static void
what_yaml_can_and_a_configuration_needs_not_is_refused(void **state)
{
	(void)state;
	assert_wrong("a: 1\n---\nb: 2\n", "f:2:1: a second document");
	assert_wrong("a: &x 1\nb: *x\n", "f:1:4: an anchor or a tag");
	assert_wrong("a: &x [1]\n", "f:1:4: an anchor or a tag");
	assert_wrong("a: !!str 1\n", "f:1:4: an anchor or a tag");
	assert_wrong("a: {<<: *x}\n", "f:1:9: an alias");
	assert_wrong("{a: 1}: x\n", "f:1:1: a key is a list or a mapping");
	assert_wrong("[a]: x\n", "f:1:1: a key is a list or a mapping");
	assert_wrong("a: \"x\\0y\"\n", "f:1:4: a text with a NUL in it");
	assert_wrong("[[[[[[[[[1]]]]]]]]]\n", "f:1:9: nested deeper than any key can be");
}

static void
an_error_stays_one_line_of_plain_text(void **state)
{
	(void)state;
	assert_wrong("\"a\\nb\\e[31m\xc3\xa4\": 1\n",
		"f:1:1: unknown key of the configuration \"a?b?[31m?\?\"");
	assert_wrong("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 1\n",
		"f:1:1: unknown key of the configuration "
		"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"");
}

static void
a_short_room_for_the_error_is_never_overrun(void **state)
{
	char room[16];
	size_t size;

	(void)state;
	for (size = 0; size < sizeof(room); size++) {
		memset(room, 'x', sizeof(room));
		assert_int_equal(config_parse(&config, "a: 1", 4, "name", room, size), -EINVAL);
		assert_int_equal(room[size], 'x');
		if (size > 0)
			assert_true(memchr(room, '\0', size) != NULL);
	}
}

/* ---- Keys and types ---- */

static void
an_unknown_key_is_told_with_the_one_that_was_meant(void **state)
{
	static const char trunk[] = PORTS "trunks:\n  t:\n    port: e\n    sied: user\n";

	(void)state;
	assert_wrong(trunk, "f:6:5: unknown key of a trunk \"sied\"");
	assert_mend(trunk, "; mend: write \"side\", or one of: port, call-manager, side, ");
	assert_wrong("port: 1\n", "f:1:1: unknown key of the configuration \"port\"");
	assert_mend("port: 1\n", "; mend: write \"ports\", or one of: control, limits, ");
	assert_mend("colour: 1\n", "; mend: write one of: control, limits, ");
	assert_wrong("control: {lcore: 0, Lcore: 1}\n", "f:1:21: unknown key of control \"Lcore\"");
}

static void
a_key_stands_once(void **state)
{
	(void)state;
	assert_wrong("control:\n  lcore: 0\n  lcore: 1\n", "f:3:3: lcore stands in line 2 already");
	assert_wrong("ports:\n  e: {device: net_a}\n  e: {device: net_b}\nworkers: []\n",
		"f:3:3: a port named e is there already");
}

static void
a_missing_key_is_told_with_the_place_of_its_mapping(void **state)
{
	(void)state;
	assert_wrong("control: {}\n", "f:1:1: the configuration has no ports");
	assert_wrong("ports: {e: {device: net_a}}\n", "f:1:1: the configuration has no workers");
	assert_wrong("ports:\n  e: {mtu: 1500}\nworkers: []\n", "f:2:6: a port has no device");
	assert_wrong("ports: {e: {device: net_a}}\nworkers:\n  - ports: [e]\n",
		"f:3:5: a worker has no lcore");
	assert_wrong("ports: {e: {device: net_a}}\nworkers: [{lcore: 1}]\n",
		"f:2:11: a worker has no ports");
	assert_wrong(PORTS "trunks: {t: {side: user}}\n", "f:3:13: a trunk has no port");
	assert_wrong(PORTS "attachments: [{port: e}]\n", "f:3:15: an attachment has no address");
	assert_wrong(
		PORTS "attachments: [{address: 'e164:1'}]\n", "f:3:15: an attachment has no port");
	assert_wrong(ONE_TRUNK "routes: [{trunk: t}]\n", "f:4:10: a route has no prefix");
	assert_wrong(PORTS "routes: [{prefix: 'e164:1'}]\n", "f:3:10: a route has no trunk");
}

static void
each_type_is_told_from_the_others(void **state)
{
	(void)state;
	assert_wrong("control: 5\n" PORTS, "f:1:10: control wants a mapping, not \"5\"");
	assert_wrong(
		"control: {lcore: two}\n" PORTS, "f:1:18: lcore wants a whole number, not \"two\"");
	assert_wrong("control: {lcore: '2'}\n" PORTS,
		"f:1:18: lcore wants a whole number, not the text \"2\"");
	assert_wrong(
		"control: {lcore: 010}\n" PORTS, "f:1:18: lcore wants a whole number, not \"010\"");
	assert_wrong(
		"control: {lcore: -1}\n" PORTS, "f:1:18: lcore wants a whole number, not \"-1\"");
	assert_wrong("control: {lcore: }\n" PORTS,
		"f:1:18: lcore wants a whole number, and has no value");
	assert_wrong(
		"control: {lcore: [1]}\n" PORTS, "f:1:18: lcore wants a whole number, not a list");
	assert_wrong("control: {socket: {}}\n" PORTS, "f:1:19: socket wants a text, not a mapping");
	assert_wrong("limits: {no-huge: yes}\n" PORTS,
		"f:1:19: no-huge wants true or false, not \"yes\"");
	assert_wrong("limits: {no-huge: 'true'}\n" PORTS,
		"f:1:19: no-huge wants true or false, not the text \"true\"");
	assert_wrong(
		"ports: [e]\nworkers: []\n", "f:1:8: ports wants a mapping of names, not a list");
	assert_wrong("ports: {e: {device: net_a}}\nworkers: {}\n",
		"f:2:10: workers wants a list, not a mapping");
	assert_wrong("ports: {e: {device: net_a}}\nworkers: [1]\n",
		"f:2:11: workers wants a mapping in each place, not \"1\"");
	assert_wrong("ports: {e: {device: net_a}}\nworkers: [{lcore: 1, ports: e}]\n",
		"f:2:29: ports wants a list of one or more names of ports, not \"e\"");
	assert_wrong("ports: {e: {device: net_a}}\nworkers: [{lcore: 1, ports: []}]\n",
		"f:2:29: ports wants a list of one or more names of ports, not a list");
	assert_wrong("ports: {e: {device: net_a}}\nworkers: [{lcore: 1, ports: [{}]}]\n",
		"f:2:30: ports wants the name of a port, not a mapping");
	assert_wrong(PORTS "trunks: {t: {port: [e]}}\n",
		"f:3:20: port wants the name of a port, not a list");
	assert_wrong(PORTS "trunks: {t: {port: e, side: []}}\n",
		"f:3:29: side wants a word, not a list");
	assert_wrong(PORTS "attachments: [{address: [], port: e}]\n",
		"f:3:25: address wants an address, not a list");
	assert_wrong(ONE_TRUNK "routes: [{prefix: {}, trunk: t}]\n",
		"f:4:19: prefix wants the beginning of an address, not a mapping");
	assert_wrong(ONE_TRUNK "routes: [{prefix: 'e164:1', trunk: {}}]\n",
		"f:4:36: trunk wants the name of a trunk, not a mapping");
}

static void
a_number_is_told_its_range(void **state)
{
	(void)state;
	assert_wrong("control: {lcore: 128}\n" PORTS, "f:1:18: lcore is 128, outside 0 to 127");
	assert_wrong("limits: {calls: 0}\n" PORTS, "f:1:17: calls is 0, outside 1 to 4194303");
	assert_wrong("limits: {calls: 4194304}\n" PORTS,
		"f:1:17: calls is 4194304, outside 1 to 4194303");
	assert_good("limits: {calls: 4194303}\n" PORTS);
	assert_wrong("limits: {calls: 99999999999999999999999}\n" PORTS,
		"f:1:17: calls is 99999999999999999999999, outside 1 to 4194303");
	assert_wrong("limits: {mbufs: 1}\n" PORTS, "f:1:17: mbufs is 1, outside 1024 to 16777216");
	assert_wrong("ports: {e: {device: net_a, mtu: 575}}\nworkers: []\n",
		"f:1:33: mtu is 575, outside 576 to 16000");
	assert_wrong(PORTS "trunks: {t: {port: e, window: 0}}\n",
		"f:3:31: window is 0, outside 1 to 65536");
	assert_wrong(PORTS "trunks: {t: {port: e, window: 65537}}\n",
		"f:3:31: window is 65537, outside 1 to 65536");
	assert_wrong(PORTS "trunks: {t: {port: e, bulk-window: 0}}\n",
		"f:3:36: bulk-window is 0, outside 1 to 65536");
	assert_wrong(PORTS "trunks: {t: {port: e, bulk-window: 65537}}\n",
		"f:3:36: bulk-window is 65537, outside 1 to 65536");
	assert_wrong(PORTS "trunks: {t: {port: e, timers: {t308: 0}}}\n",
		"f:3:38: t308 is 0, outside 1 to 86400000");
	assert_wrong(PORTS "attachments: [{address: 'e164:1', port: e, vlan: 4095}]\n",
		"f:3:50: vlan is 4095, outside 1 to 4094");
	assert_wrong(PORTS "attachments: [{address: 'e164:1', port: e, vlan: 1, svlan: 0}]\n",
		"f:3:60: svlan is 0, outside 1 to 4094");
	assert_wrong(PORTS "attachments: [{address: 'e164:1', port: e, count: 0}]\n",
		"f:3:51: count is 0, outside 1 to 4194303");
}

static void
a_text_that_does_not_fit_is_refused_not_cut(void **state)
{
	char text[1024], path[300];

	(void)state;
	memset(path, 'p', sizeof(path));
	snprintf(text, sizeof(text), "control: {socket: %.107s}\n" PORTS, path);
	assert_good(text);
	assert_int_equal(strlen(config.socket), 107);
	snprintf(text, sizeof(text), "control: {socket: %.108s}\n" PORTS, path);
	assert_wrong(text, "f:1:19: socket has 108 octets, more than 107");
	snprintf(text, sizeof(text), "ports: {e: {device: net_%.252s}}\nworkers: []\n", path);
	assert_wrong(text, "f:1:21: device has 256 octets, more than 255");
	snprintf(text, sizeof(text), "ports: {%.32s: {device: net_a}}\nworkers: []\n", path);
	assert_wrong(text, "f:1:9: \"pppppppppppppppppppppppppppppppp\" is no name for a port");
}

static void
a_word_is_told_its_choices(void **state)
{
	(void)state;
	assert_wrong(PORTS "trunks: {t: {port: e, side: usr}}\n", "f:3:29: unknown side \"usr\"");
	assert_mend(PORTS "trunks: {t: {port: e, side: usr}}\n",
		"mend: write \"user\", or one of: user, network");
	assert_wrong(PORTS "trunks: {t: {port: e, call-manager: both}}\n",
		"f:3:37: unknown call-manager \"both\"");
	assert_wrong(PORTS "attachments: [{address: 'e164:1', port: e, answer: no}]\n",
		"f:3:52: unknown answer \"no\"");
	assert_good(PORTS "attachments: [{address: 'e164:1', port: e, answer: busy}]\n");
	assert_false(config.attachments[0].answer);
}

/* ---- Names and references ---- */

static void
names_are_plain_words(void **state)
{
	(void)state;
	assert_wrong("ports: {'e w': {device: net_a}}\nworkers: []\n",
		"f:1:9: \"e w\" is no name for a port");
	assert_wrong(
		"ports: {'': {device: net_a}}\nworkers: []\n", "f:1:9: \"\" is no name for a port");
	assert_wrong(PORTS "trunks: {t/1: {port: e}}\n", "f:3:10: \"t/1\" is no name for a trunk");
}

static void
an_unknown_name_is_told_with_those_that_are_there(void **state)
{
	(void)state;
	assert_wrong(PORTS "trunks: {t: {port: lam}}\n", "f:3:20: unknown port \"lam\"");
	assert_mend(
		PORTS "trunks: {t: {port: lam}}\n", "mend: write \"lan\", or one of: e, w, lan");
	assert_mend(PORTS "attachments: [{address: 'e164:1', port: north}]\n",
		"f:3:41: unknown port \"north\"; mend: write one of: e, w, lan");
	assert_wrong("ports: {e: {device: net_a}}\nworkers: [{lcore: 1, ports: [e, x]}]\n",
		"f:2:33: unknown port \"x\"");
	assert_mend(ONE_TRUNK "routes: [{prefix: 'e164:1', trunk: u}]\n",
		"f:4:36: unknown trunk \"u\"; mend: write one of: t");
	assert_wrong(
		PORTS "routes: [{prefix: 'e164:1', trunk: u}]\n", "f:3:36: unknown trunk \"u\"");
}

static void
a_port_has_one_use(void **state)
{
	(void)state;
	assert_wrong(PORTS "trunks:\n  t: {port: e}\n  u: {port: e}\n",
		"f:5:13: port e carries the trunk t already");
	assert_wrong(ONE_TRUNK "attachments: [{address: 'e164:1', port: e}]\n",
		"f:4:41: port e carries the trunk t");
}

static void
a_port_has_a_worker_or_several(void **state)
{
	(void)state;
	assert_wrong("ports:\n  e: {device: net_a}\n  w: {device: net_b}\n"
		     "workers: [{lcore: 1, ports: [e]}]\n",
		"f:3:6: no worker polls port w");
	assert_wrong("ports: {e: {device: net_a}}\nworkers: [{lcore: 1, ports: [e, e]}]\n",
		"f:2:33: port e stands in this list already");
	assert_good("ports: {e: {device: net_a}, w: {device: net_b, spread: software}}\n"
		    "workers: [{lcore: 1, ports: [e]}, {lcore: 2, ports: [w]}, "
		    "{lcore: 3, ports: [w, e]}]\n");
	assert_int_equal(config.ports[0].workers, 5);
	assert_int_equal(config.ports[0].spread, CONFIG_SPREAD_AUTO);
	assert_int_equal(config.ports[1].workers, 6);
	assert_int_equal(config.ports[1].spread, CONFIG_SPREAD_SOFTWARE);
	assert_wrong("ports: {e: {device: net_a, spread: hash}}\n"
		     "workers: [{lcore: 1, ports: [e]}]\n",
		"f:1:36: unknown spread \"hash\"");
	assert_wrong("ports: {e: {device: net_a, spread: port}}\n"
		     "workers: [{lcore: 1, ports: [e]}, {lcore: 2, ports: [e]}]\n",
		"f:1:12: port e has several workers, and spread: port is for one");
	assert_good("ports: {e: {device: net_a, spread: port}}\n"
		    "workers: [{lcore: 1, ports: [e]}]\n");
}

static void
a_core_has_one_loop(void **state)
{
	(void)state;
	assert_wrong("ports: {e: {device: net_a}}\nworkers: [{lcore: 0, ports: [e]}]\n",
		"f:2:19: lcore 0 is the control loop's");
	assert_wrong("ports: {e: {device: net_a}}\nworkers: [{lcore: 5, ports: [e]}]\n"
		     "control: {lcore: 5}\n",
		"f:2:19: lcore 5 is the control loop's");
	assert_wrong("ports: {e: {device: net_a}, w: {device: net_b}}\n"
		     "workers: [{lcore: 1, ports: [e]}, {lcore: 1, ports: [w]}]\n",
		"f:2:43: lcore 1 has a worker already");
}

static void
a_device_has_one_port(void **state)
{
	(void)state;
	assert_wrong(
		"ports:\n  e: {device: '0000:0A:00.0'}\n  w: {device: '0a:00.0'}\nworkers: []\n",
		"f:3:15: device \"0a:00.0\" is already that of port e");
	assert_wrong("ports:\n  e: {device: 'net_a,x=1'}\n  w: {device: net_a}\nworkers: []\n",
		"f:3:15: device \"net_a\" is already that of port e");
	assert_good("ports: {e: {device: 'net_a,x=1'}, w: {device: net_a1}}\n"
		    "workers: [{lcore: 1, ports: [e, w]}]\n");
}

static void
a_device_is_neither_an_interface_nor_half_an_address(void **state)
{
	static const char *const devices[] = { "eth0", "0000:03:00", "0000:03:00.8", "0000:3:00.0",
		"0000:03:00.0x", "net_", "00003:00.0" };
	char text[128], wrong[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		snprintf(text, sizeof(text), "ports: {e: {device: '%s'}}\nworkers: []\n",
			devices[i]);
		snprintf(wrong, sizeof(wrong),
			"f:1:21: device \"%s\" is no PCI address, no vdev and no end of a wire",
			devices[i]);
		assert_wrong(text, wrong);
	}
}

static void
there_are_no_more_records_than_there_is_room(void **state)
{
	char text[64 * (CONFIG_MAX_ROUTES + 4)];
	size_t at, i;

	(void)state;
	at = (size_t)snprintf(text, sizeof(text), "%s", ONE_TRUNK "routes:\n");
	for (i = 0; i < CONFIG_MAX_ROUTES; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
			"- {prefix: 'e164:%zu', trunk: t}\n", 1000 + i);
	assert_good(text);
	assert_int_equal(config.n_routes, CONFIG_MAX_ROUTES);
	snprintf(text + at, sizeof(text) - at, "- {prefix: 'e164:1', trunk: t}\n");
	assert_wrong(text, "f:261:3: more than 256 in routes");
}

/* ---- Trunks ---- */

/* SIG-2, SIG-3 */
static void
the_signalling_label_is_a_vc_for_signalling(void **state)
{
	(void)state;
	assert_wrong(PORTS "trunks: {t: {port: e, signalling-label: 15}}\n",
		"f:3:41: signalling-label is 15, but labels 0 to 15 belong to MPLS itself");
	assert_wrong(PORTS "trunks: {t: {port: e, signalling-label: 32}}\n",
		"f:3:41: signalling-label is 32: its VCI, the low 16 bits, is 32, not one of 16 to "
		"31");
	assert_wrong(PORTS "trunks: {t: {port: e, signalling-label: 65551}}\n",
		"f:3:41: signalling-label is 65551: its VCI, the low 16 bits, is 15, not one of 16 "
		"to "
		"31");
	assert_wrong(PORTS "trunks: {t: {port: e, signalling-label: 1048576}}\n",
		"f:3:41: signalling-label is 1048576, outside 0 to 1048575");
	assert_good(PORTS "trunks: {t: {port: e, signalling-label: 983071}}\n");
}

static void
vpcis_are_a_range(void **state)
{
	(void)state;
	assert_wrong(PORTS "trunks: {t: {port: e, vpci: [5, 4]}}\n", "f:3:29: vpci runs backwards");
	assert_wrong(PORTS "trunks: {t: {port: e, vpci: [0, 16]}}\n",
		"f:3:33: vpci is 16, outside 0 to 15");
	assert_wrong(PORTS "trunks: {t: {port: e, vpci: [x, 1]}}\n",
		"f:3:30: vpci wants a whole number, not \"x\"");
	assert_wrong(PORTS "trunks: {t: {port: e, vpci: [1]}}\n",
		"f:3:29: vpci wants a list of two numbers, not a list");
	assert_wrong(PORTS "trunks: {t: {port: e, vpci: 1}}\n",
		"f:3:29: vpci wants a list of two numbers, not \"1\"");
}

static void
a_bandwidth_is_a_number_and_a_unit(void **state)
{
	static const char *const wrong[] = { "fast", "10X", "10GB", "1.5G", "-1", "G", "10g" };
	char text[256], what[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), PORTS "trunks: {t: {port: e, bandwidth: %s}}\n",
			wrong[i]);
		snprintf(what, sizeof(what), "f:3:34: bandwidth wants bits a second, not \"%s\"",
			wrong[i]);
		assert_wrong(text, what);
	}
	assert_wrong(PORTS "trunks: {t: {port: e, bandwidth: 7}}\n",
		"f:3:34: bandwidth is 7, outside 8 to 10T");
	assert_wrong(PORTS "trunks: {t: {port: e, bandwidth: 11T}}\n",
		"f:3:34: bandwidth is 11T, outside 8 to 10T");
	assert_wrong(PORTS "trunks: {t: {port: e, bandwidth: 99999999999999999999T}}\n",
		"f:3:34: bandwidth is 99999999999999999999T, outside 8 to 10T");
}

static void
what_becomes_of_excess_is_chosen_for_each_trunk(void **state)
{
	const struct config_excess *e = &config.trunks[0].excess;

	(void)state;
	assert_good(PORTS "trunks: {t: {port: e}}\n");
	assert_int_equal(e->yellow, CONFIG_PASS);
	assert_int_equal(e->red, CONFIG_DROP);
	assert_int_equal(e->mark_tc, CONFIG_NO_TC);
	assert_good(PORTS "trunks: {t: {port: e, excess: {yellow: mark, mark-tc: 0}}}\n");
	assert_int_equal(e->yellow, CONFIG_MARK);
	assert_int_equal(e->red, CONFIG_DROP);
	assert_int_equal(e->mark_tc, 0);
	assert_good(PORTS "trunks: {t: {port: e, excess: {red: mark, mark-tc: 7}}}\n");
	assert_int_equal(e->yellow, CONFIG_PASS);
	assert_int_equal(e->red, CONFIG_MARK);
	assert_int_equal(e->mark_tc, 7);
	assert_good(PORTS "trunks: {t: {port: e, excess: {yellow: drop}}}\n");
	assert_int_equal(e->yellow, CONFIG_DROP);
}

static void
excess_that_makes_no_sense_is_refused_with_its_place(void **state)
{
	(void)state;
	assert_wrong(PORTS "trunks: {t: {port: e, excess: {yellow: mark}}}\n",
		"f:3:31: excess has no mark-tc");
	assert_wrong(PORTS "trunks: {t: {port: e, excess: {mark-tc: 1}}}\n",
		"f:3:31: mark-tc is given, and nothing is marked");
	assert_wrong(PORTS "trunks: {t: {port: e, excess: {yellow: drop, red: mark}}}\n",
		"f:3:31: yellow is dropped and red is not");
	assert_wrong(PORTS "trunks: {t: {port: e, excess: {red: mark, mark-tc: 8}}}\n",
		"f:3:52: mark-tc is 8, outside 0 to 7");
	assert_wrong(PORTS "trunks: {t: {port: e, excess: {red: pass}}}\n",
		"f:3:37: unknown red \"pass\"");
	assert_wrong(PORTS "trunks: {t: {port: e, excess: {yellow: maybe}}}\n",
		"f:3:40: unknown yellow \"maybe\"");
	assert_wrong(PORTS "trunks: {t: {port: e, excess: drop}}\n",
		"f:3:31: excess wants a mapping, not \"drop\"");
}

static void
a_mac_address_has_six_octets(void **state)
{
	static const char *const wrong[] = { "02:00:00:00:00", "02:00:00:00:00:01:02",
		"02-00-00-00-00-01", "0g:00:00:00:00:01", "2:0:0:0:0:1" };
	char text[256], what[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), PORTS "trunks: {t: {port: e, peer-mac: %s}}\n",
			wrong[i]);
		snprintf(what, sizeof(what), "f:3:33: peer-mac wants a MAC address, not \"%s\"",
			wrong[i]);
		assert_wrong(text, what);
	}
}

/* 17.2 */
static void
no_response_outlasts_poll_and_keep_alive(void **state)
{
	(void)state;
	assert_wrong(PORTS "trunks: {t: {port: e, timers: {no-response: 2000}}}\n",
		"f:3:31: no-response, 2000 ms, is not longer than poll, 750 ms, and keep-alive, "
		"2000 "
		"ms");
	assert_wrong(PORTS "trunks: {t: {port: e, timers: {poll: 7000}}}\n",
		"f:3:31: no-response, 7000 ms, is not longer than poll, 7000 ms, and keep-alive, "
		"2000 "
		"ms");
	assert_good(PORTS "trunks: {t: {port: e, timers: {no-response: 2001}}}\n");
}

/* ---- Addresses ---- */

static void
an_address_says_its_kind_and_has_its_length(void **state)
{
	static const char *const good[] = { "e164:1", "e164:123456789012345",
		"nsap:47000580ffe1000000f21a26d80020ea00010500" };
	static const char *const wrong[] = { "", "4989", "e164:", "e164:1234567890123456",
		"e164:12a", "e164:+49", "E164:49", "nsap:", "nsap:47", "nsap:4700058",
		"nsap:47000580ffe1000000f21a26d80020ea0001050000",
		"nsap:47 00 05 80 ff e1 00 00 00 f2 1a 26 d8 00 20 ea 00 01 05 00", "nsap:zz" };
	struct config_address a;
	char text[CONFIG_ADDRESS_TEXT];
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(config_address_parse(good[i], &a, &why), 0);
		config_address_print(text, sizeof(text), &a);
		assert_string_equal(text, good[i]);
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		why = NULL;
		assert_int_equal(config_address_parse(wrong[i], &a, &why), -EINVAL);
		assert_non_null(why);
	}
	assert_wrong(PORTS "attachments: [{address: 'e164:x', port: e}]\n",
		"f:3:25: address \"e164:x\": E.164 has 1 to 15 digits and nothing else");
	assert_wrong(PORTS "attachments: [{address: 'nsap:47', port: e}]\n",
		"f:3:25: address \"nsap:47\": an NSAP address has 40 hex digits");
}

static void
a_prefix_has_one_route_and_digits(void **state)
{
	(void)state;
	assert_wrong(ONE_TRUNK
		"routes:\n- {prefix: 'e164:49', trunk: t}\n- {prefix: 'e164:49', trunk: t}\n",
		"f:6:12: prefix \"e164:49\" has a route already, in line 5");
	assert_wrong(ONE_TRUNK
		"routes:\n- {prefix: 'nsap:4A', trunk: t}\n- {prefix: 'nsap:4a', trunk: t}\n",
		"f:6:12: prefix \"nsap:4a\" has a route already, in line 5");
	assert_wrong(ONE_TRUNK "routes: [{prefix: 'e164:49x', trunk: t}]\n",
		"f:4:19: prefix \"e164:49x\": E.164 has 1 to 15 digits and nothing else");
	assert_wrong(ONE_TRUNK "routes: [{prefix: '49', trunk: t}]\n",
		"f:4:19: prefix \"49\": it begins with neither e164: nor nsap:");
	assert_wrong(ONE_TRUNK "routes: [{prefix: 'nsap:4', trunk: t}]\n",
		"f:4:19: prefix \"nsap:4\": after nsap: come hex digits, two for each of at most "
		"20 "
		"octets");
}

/* ---- Files ---- */

static void
the_example_is_a_configuration(void **state)
{
	char path[4096];

	(void)state;
	assert_non_null(getenv("CALLPLANE_SOURCE"));
	snprintf(path, sizeof(path), "%s/app/callplane/callplane.example.yaml",
		getenv("CALLPLANE_SOURCE"));
	if (config_load(&config, path, error, sizeof(error)) != 0)
		fail_msg("%s", error);
	assert_int_equal(config.n_workers, 2);
	assert_int_equal(config.n_ports, 4);
	assert_int_equal(config.n_trunks, 2);
	assert_int_equal(config.n_attachments, 4);
	assert_int_equal(config.n_pvcs, 1);
	assert_int_equal(config.n_echoes, 1);
	assert_int_equal(config.n_routes, 2);
	assert_int_equal(config.trunks[1].side, CONFIG_NETWORK);
	assert_int_equal(config.attachments[2].outer_vlan, 10);
	assert_int_equal(config.attachments[2].inner_vlan, 1);
}

static void
a_file_that_cannot_be_read_is_told_by_its_name(void **state)
{
	(void)state;
	assert_int_equal(config_load(&config, "/nowhere/x.yaml", error, sizeof(error)), -ENOENT);
	assert_string_equal(error,
		"/nowhere/x.yaml: No such file or directory; mend: name a readable file after -c");
	assert_int_equal(config_load(&config, "/", error, sizeof(error)), -EISDIR);
	assert_int_equal(config_load(&config, "/dev/zero", error, sizeof(error)), -EINVAL);
	assert_string_equal(error,
		"/dev/zero:1:1: larger than 1048576 octets; mend: is it the right "
		"file?");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out_has_its_default),
		cmocka_unit_test(what_is_given_is_taken),
		cmocka_unit_test(who_is_referred_to_may_stand_after_who_refers_to_it),
		cmocka_unit_test(a_device_is_a_vdev_or_a_pci_address_in_one_spelling),
		cmocka_unit_test(bandwidth_is_in_bits_and_kept_in_octets),
		cmocka_unit_test(a_section_that_may_be_left_out_may_be_empty),
		cmocka_unit_test(addresses_and_vlans_of_a_range_rise_together),
		cmocka_unit_test(after_the_last_inner_vlan_the_outer_one_rises),
		cmocka_unit_test(an_nsap_address_rises_through_all_its_octets),
		cmocka_unit_test(a_range_ends_with_the_last_vlan),
		cmocka_unit_test(a_range_ends_with_the_last_address_of_its_length),
		cmocka_unit_test(tags_make_sense_together),
		cmocka_unit_test(two_attachments_never_share_an_address),
		cmocka_unit_test(two_attachments_never_share_a_vlan_of_a_port),
		cmocka_unit_test(all_attachments_together_are_bounded),
		cmocka_unit_test(a_syntax_error_is_told_with_its_place),
		cmocka_unit_test(what_is_not_utf_8_is_told_with_its_place),
		cmocka_unit_test(a_text_without_a_document_is_no_configuration),
		cmocka_unit_test(what_yaml_can_and_a_configuration_needs_not_is_refused),
		cmocka_unit_test(an_error_stays_one_line_of_plain_text),
		cmocka_unit_test(a_short_room_for_the_error_is_never_overrun),
		cmocka_unit_test(an_unknown_key_is_told_with_the_one_that_was_meant),
		cmocka_unit_test(a_key_stands_once),
		cmocka_unit_test(a_missing_key_is_told_with_the_place_of_its_mapping),
		cmocka_unit_test(each_type_is_told_from_the_others),
		cmocka_unit_test(a_number_is_told_its_range),
		cmocka_unit_test(a_text_that_does_not_fit_is_refused_not_cut),
		cmocka_unit_test(a_word_is_told_its_choices),
		cmocka_unit_test(names_are_plain_words),
		cmocka_unit_test(an_unknown_name_is_told_with_those_that_are_there),
		cmocka_unit_test(a_port_has_one_use),
		cmocka_unit_test(a_port_has_a_worker_or_several),
		cmocka_unit_test(a_core_has_one_loop),
		cmocka_unit_test(a_device_has_one_port),
		cmocka_unit_test(a_device_is_neither_an_interface_nor_half_an_address),
		cmocka_unit_test(there_are_no_more_records_than_there_is_room),
		cmocka_unit_test(the_signalling_label_is_a_vc_for_signalling),
		cmocka_unit_test(vpcis_are_a_range),
		cmocka_unit_test(a_bandwidth_is_a_number_and_a_unit),
		cmocka_unit_test(what_becomes_of_excess_is_chosen_for_each_trunk),
		cmocka_unit_test(excess_that_makes_no_sense_is_refused_with_its_place),
		cmocka_unit_test(a_mac_address_has_six_octets),
		cmocka_unit_test(no_response_outlasts_poll_and_keep_alive),
		cmocka_unit_test(an_address_says_its_kind_and_has_its_length),
		cmocka_unit_test(a_prefix_has_one_route_and_digits),
		cmocka_unit_test(the_example_is_a_configuration),
		cmocka_unit_test(a_file_that_cannot_be_read_is_told_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
