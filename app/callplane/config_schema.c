/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "callplane/config_priv.h"

#define FIELDS_MAX 32
#define LCORE_MAX 127
#define CALLS_MAX ((1u << 22) - 1)
#define TIMER_MAX_MS 86400000u
#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

#define MEMBER(record, m)                                                                          \
	.size = sizeof(((struct record *)NULL)->m), .offset = offsetof(struct record, m)
#define UINT(record, m) .kind = CONFIG_F_UINT, MEMBER(record, m)
#define SET(fn) .kind = CONFIG_F_SET, .set = fn
#define FIELDS(table) .fields = table, .n_fields = sizeof(table) / sizeof(table[0])

/* ---- What may stand where: one table for each mapping, in the order of evaluation ---- */

static const char *const idle_names[] = { [CONFIG_POLL] = "poll", [CONFIG_SLEEP] = "sleep", NULL };

static const struct config_field control_fields[] = {
	{ "lcore", UINT(config, control_lcore), .max = LCORE_MAX,
		.mend = "give it a core that no worker has, as in lcore: 0" },
	{ "idle", .kind = CONFIG_F_CHOICE, MEMBER(config, control_idle), .names = idle_names,
		.live = true, .mend = "write idle: poll, or idle: sleep" },
	{ "socket", SET(config_set_socket), MEMBER(config, socket),
		.max = sizeof(((struct config *)NULL)->socket) - 1,
		.mend = "give a short path, as in socket: /run/callplane/callplane.sock" },
	{ "read-group", SET(config_set_socket), MEMBER(config, read_group),
		.max = sizeof(((struct config *)NULL)->read_group) - 1,
		.mend = "give a group of the system, as in read-group: adm" },
	{ "write-group", SET(config_set_socket), MEMBER(config, write_group),
		.max = sizeof(((struct config *)NULL)->write_group) - 1,
		.mend = "give a group of the system, as in write-group: callplane" },
};

static const struct config_field limits_fields[] = {
	{ "calls", UINT(config, max_calls), .min = 1, .max = CALLS_MAX,
		.mend = "give the call legs of all trunks together, as in calls: 65536" },
	{ "parties", UINT(config, max_parties), .min = 1, .max = CALLS_MAX,
		.mend = "give the parties of all multipoint calls together, as in parties: 16384" },
	{ "traces", UINT(config, n_traces), .max = 1u << 24,
		.mend = "give the entries that callctl trace looks back on, as in traces: 16384" },
	{ "mbufs", UINT(config, n_mbufs), .min = 1024, .max = 1u << 24,
		.mend = "leave mbufs out, it then follows from the ports" },
	{ "hugepages-mb", UINT(config, huge_mb), .min = 16, .max = 1u << 20,
		.mend = "leave hugepages-mb out, or give megabytes, as in hugepages-mb: 1024" },
	{ "no-huge", SET(config_set_bool), MEMBER(config, no_huge),
		.mend = "write no-huge: true to run without hugepages" },
	{ "drain-seconds", UINT(config, drain_seconds), .max = 86400, .live = true,
		.mend = "give the seconds that calls have to close, as in drain-seconds: 30" },
};

static int check_records(struct config_reader *r, void *record, const struct config_node *node);

static const struct config_field records_fields[] = {
	{ "file", SET(config_set_socket), .required = true, MEMBER(config_records, file),
		.max = sizeof(((struct config_records *)NULL)->file) - 1,
		.mend = "give a path, as in file: /var/log/callplane/calls.jsonl" },
	{ "max-mb", UINT(config_records, max_mb), .max = 1u << 20,
		.mend = "give the megabytes at which the file is put aside, as in max-mb: 64; 0: "
			"never" },
	{ "period-seconds", UINT(config_records, period_s), .max = 1u << 30,
		.mend = "give the time after which the file is put aside, as in period-seconds: "
			"86400; 0: never" },
};

static const struct config_field metrics_fields[] = {
	{ "listen", SET(config_set_listen), .required = true, MEMBER(config_metrics, listen),
		.max = sizeof(((struct config_metrics *)NULL)->listen) - 1,
		.mend = "give an address of this machine alone, or a path, as in listen: "
			"\"127.0.0.1:9464\" or listen: /run/callplane/metrics.sock" },
};

static const char *const spread_names[] = { [CONFIG_SPREAD_AUTO] = "auto",
	[CONFIG_SPREAD_RSS] = "rss",
	[CONFIG_SPREAD_FLOW] = "flow",
	[CONFIG_SPREAD_PORT] = "port",
	[CONFIG_SPREAD_SOFTWARE] = "software",
	NULL };

static const struct config_field port_fields[] = {
	{ "device", SET(config_set_device), .required = true, MEMBER(config_port, device),
		.max = sizeof(((struct config_port *)NULL)->device) - 1,
		.mend = "give a PCI address, as in device: \"0000:03:00.0\" (dpdk-devbind.py "
			"--status lists them), a vdev, as in device: \"net_tap0,iface=cp0\", or an "
			"end of "
			"a built-in wire, device: \"wire:lab:a\"" },
	{ "mtu", UINT(config_port, mtu), .min = 576, .max = 16000,
		.mend = "leave mtu out for the usual 1500, or give octets, as in mtu: 9000" },
	{ "spread", .kind = CONFIG_F_CHOICE, MEMBER(config_port, spread), .names = spread_names,
		.mend = "leave spread out, the best way is then found at start" },
};

static const struct config_field worker_fields[] = {
	{ "lcore", SET(config_set_worker_lcore), .required = true, .max = LCORE_MAX,
		.mend = "give each worker a core of its own, as in lcore: 1" },
	{ "ports", SET(config_set_worker_ports), .required = true,
		.mend = "list the ports that it polls, alone or with other workers, as in "
			"ports: [east, west]" },
};

#define TIMER(name, m, example, is_live)                                                           \
	{                                                                                          \
		name, UINT(config_timers, m),                                                      \
			.min = 1, .max = TIMER_MAX_MS, .live = is_live,                            \
			.mend = "give milliseconds, as in " name ": " example                      \
	}

/*
 * Q.2931's, Q.2963.1's and Q.2971's (SIG-63), our own, then SSCOP's (17.2): a transport begins with
 * its own, and keeps them.
 */
static const struct config_field timer_fields[] = {
	TIMER("t301", t301, "180000", true),
	TIMER("t303", t303, "4000", true),
	TIMER("t308", t308, "30000", true),
	TIMER("t309", t309, "10000", true),
	TIMER("t310", t310, "30000", true),
	TIMER("t313", t313, "4000", true),
	TIMER("t316", t316, "120000", true),
	TIMER("t317", t317, "90000", true),
	TIMER("t322", t322, "4000", true),
	TIMER("t360", t360, "30000", true),
	TIMER("t361", t361, "20000", true),
	TIMER("t397", t397, "180000", true),
	TIMER("t398", t398, "4000", true),
	TIMER("t399", t399, "34000", true),
	TIMER("t-answer", t_answer, "180000", true),
	TIMER("t-link", t_link, "1000", true),
	TIMER("t-link-max", t_link_max, "30000", true),
	TIMER("cc", sscop_cc, "1000", false),
	TIMER("poll", sscop_poll, "750", false),
	TIMER("keep-alive", sscop_keep_alive, "2000", false),
	TIMER("no-response", sscop_no_response, "7000", false),
	TIMER("idle", sscop_idle, "15000", false),
};

static int check_timers(struct config_reader *r, void *record, const struct config_node *node);

static const struct config_mapping timers_mapping = { "timers", FIELDS(timer_fields),
	.check = check_timers };

static const char *const yellow_names[] = {
	[CONFIG_PASS] = "pass", [CONFIG_MARK] = "mark", [CONFIG_DROP] = "drop", NULL
};

static const struct config_field excess_fields[] = {
	{ "yellow", .kind = CONFIG_F_CHOICE, MEMBER(config_excess, yellow), .names = yellow_names,
		.live = true, .mend = "write yellow: pass, yellow: mark or yellow: drop" },
	{ "red", SET(config_set_red), MEMBER(config_excess, red), .live = true,
		.mend = "write red: drop, or red: mark" },
	{ "mark-tc", UINT(config_excess, mark_tc), .max = 7, .live = true,
		.mend = "give the traffic class of what is marked, as in mark-tc: 1" },
};

static int check_excess(struct config_reader *r, void *record, const struct config_node *node);

static const struct config_mapping excess_mapping = { "excess", FIELDS(excess_fields),
	.check = check_excess };

static const char *const call_manager_names[] = {
	[CONFIG_EMBEDDED] = "embedded", [CONFIG_STANDALONE] = "standalone", NULL
};
static const char *const side_names[] = {
	[CONFIG_USER] = "user", [CONFIG_NETWORK] = "network", NULL
};
static const char *const port_down_names[] = {
	[CONFIG_WAIT] = "wait", [CONFIG_CLEAR] = "clear", NULL
};
static const char *const answer_names[] = { [false] = "busy", [true] = "accept", NULL };

static const struct config_field trunk_fields[] = {
	{ "port", SET(config_set_trunk_port), .required = true,
		.mend = "name the port that carries it, as in port: east" },
	{ "call-manager", .kind = CONFIG_F_CHOICE, MEMBER(config_trunk, call_manager),
		.names = call_manager_names,
		.mend = "write call-manager: embedded, or call-manager: standalone" },
	{ "side", .kind = CONFIG_F_CHOICE, MEMBER(config_trunk, side), .names = side_names,
		.mend = "write side: user, or side: network, the other one than the peer" },
	{ "signalling-label", SET(config_set_label), MEMBER(config_trunk, signalling_label),
		.max = (1u << 20) - 1, .mend = "give the peer's, as in signalling-label: 16" },
	{ "vpci", SET(config_set_vpci), .max = 15,
		.mend = "give the first and the last, 0 to 15, as in vpci: [0, 15]" },
	{ "bandwidth", SET(config_set_bandwidth), MEMBER(config_trunk, bandwidth), .live = true,
		.mend = "give bits a second with K, M, G, T or no unit, as in bandwidth: 10G" },
	{ "close-data", SET(config_set_bool), MEMBER(config_trunk, close_data), .live = true,
		.mend = "write close-data: false where the peer takes no data with a close" },
	{ "meter", SET(config_set_bool), MEMBER(config_trunk, meter), .live = true,
		.mend = "write meter: false to carry whatever comes" },
	{ "excess", .kind = CONFIG_F_MAPPING, MEMBER(config_trunk, excess),
		.mapping = &excess_mapping,
		.mend = "write it as in excess: {yellow: mark, mark-tc: 1}" },
	{ "restart", SET(config_set_bool), MEMBER(config_trunk, restart), .live = true,
		.mend = "write restart: false where the peer knows no RESTART" },
	{ "port-down", .kind = CONFIG_F_CHOICE, MEMBER(config_trunk, port_down),
		.names = port_down_names, .live = true,
		.mend = "write port-down: wait, or port-down: clear" },
	{ "peer-mac", SET(config_set_mac),
		.mend = "leave peer-mac out for broadcast, or write it as in "
			"peer-mac: \"02:00:00:00:00:01\"" },
	{ "window", UINT(config_trunk, window), .min = 1, .max = 65536,
		.mend = "give the PDUs that the peer may have on the way, as in window: 128" },
	{ "bulk-window", UINT(config_trunk, bulk_window), .min = 1, .max = 65536, .live = true,
		.mend = "give the PDUs on the way that releases wait for, as in bulk-window: "
			"1024" },
	{ "timers", .kind = CONFIG_F_MAPPING, MEMBER(config_trunk, timers),
		.mapping = &timers_mapping, .mend = "write it as in timers: {t308: 30000}" },
};

static const struct config_field attachment_fields[] = {
	{ "address", SET(config_set_address), .required = true, MEMBER(config_attachment, address),
		.mend = "write it as in address: \"e164:4989123401\"" },
	{ "count", UINT(config_attachment, count), .min = 1, .max = CONFIG_MAX_ATTACHMENTS,
		.mend = "give how many attachments begin here, as in count: 1" },
	{ "port", SET(config_set_attachment_port), .required = true,
		.mend = "name the access port, as in port: lan" },
	{ "vlan", UINT(config_attachment, inner_vlan), .min = 1, .max = CONFIG_VLAN_MAX,
		.mend = "leave vlan out for the untagged port, or write it as in vlan: 100" },
	{ "svlan", UINT(config_attachment, outer_vlan), .min = 1, .max = CONFIG_VLAN_MAX,
		.mend = "leave svlan out for a single tag, or write it as in svlan: 100" },
	{ "answer", .kind = CONFIG_F_CHOICE, MEMBER(config_attachment, answer),
		.names = answer_names, .live = true,
		.mend = "write answer: accept, or answer: busy" },
};

static const struct config_field pvc_fields[] = {
	{ "trunk", SET(config_set_trunk), .required = true, MEMBER(config_pvc, trunk),
		.mend = "name the trunk that carries it, as in trunk: to-lab" },
	{ "label", SET(config_set_pvc_label), .required = true, MEMBER(config_pvc, label),
		.max = (1u << 20) - 1, .mend = "give the peer's, as in label: 32" },
	{ "address", SET(config_set_address), .required = true, MEMBER(config_pvc, address),
		.mend = "write whom it leads to as in address: \"e164:4989123401\"" },
	{ "rate", UINT(config_pvc, rate), .min = 1, .max = UINT32_MAX,
		.mend = "leave rate out, or give octets per second, as in rate: 1000000" },
	{ "committed", UINT(config_pvc, committed), .min = 1, .max = UINT32_MAX,
		.mend = "leave committed out, or give octets per second of the rate" },
	{ "burst", UINT(config_pvc, burst), .min = 1, .max = UINT32_MAX,
		.mend = "leave burst out, or give octets above the committed rate" },
	{ "attachment", SET(config_set_attached), MEMBER(config_pvc, attachment),
		.mend = "leave attachment out, or give the address of one" },
};

static const struct config_field echo_fields[] = {
	{ "address", SET(config_set_address), .required = true, MEMBER(config_echo, address),
		.mend = "write it as in address: \"e164:4989123499\"" },
};

static const struct config_field route_fields[] = {
	{ "prefix", SET(config_set_prefix), .required = true,
		.mend = "write it as in prefix: \"e164:49891235\"" },
	{ "trunk", SET(config_set_trunk), .required = true, MEMBER(config_route, trunk),
		.live = true, .mend = "name the trunk that leads there, as in trunk: to-lab" },
};

static int check_port(struct config_reader *r, void *record, const struct config_node *node);
static int check_trunk(struct config_reader *r, void *record, const struct config_node *node);
static int check_route(struct config_reader *r, void *record, const struct config_node *node);

static const struct config_mapping control_mapping = { "control", FIELDS(control_fields) };
static const struct config_mapping limits_mapping = { "limits", FIELDS(limits_fields) };
static const struct config_mapping records_mapping = { "records", FIELDS(records_fields),
	.check = check_records };
static const struct config_mapping metrics_mapping = { "metrics", FIELDS(metrics_fields) };
static const struct config_mapping port_mapping = { "a port", FIELDS(port_fields),
	.check = check_port };
static const struct config_mapping worker_mapping = { "a worker", FIELDS(worker_fields) };
static const struct config_mapping trunk_mapping = { "a trunk", FIELDS(trunk_fields),
	.check = check_trunk };
static const struct config_mapping attachment_mapping = { "an attachment",
	FIELDS(attachment_fields), .check = config_check_attachment };
static const struct config_mapping pvc_mapping = { "a PVC", FIELDS(pvc_fields),
	.check = config_check_pvc };
static const struct config_mapping echo_mapping = { "an echo", FIELDS(echo_fields),
	.check = config_check_echo };
static const struct config_mapping route_mapping = { "a route", FIELDS(route_fields),
	.check = check_route };

static const struct config_trunk trunk_defaults = {
	.signalling_label = 16, /* SIG-3 */
	.vpci_last = 15,
	.window = 128,
	.bulk_window = 64, /* SIG-80: of the transport's 128, so that new calls get through */
	.close_data = true,
	.meter = true,
	.excess = { .yellow = CONFIG_PASS, .red = CONFIG_DROP, .mark_tc = CONFIG_NO_TC },
	.restart = true,
};
static const struct config_attachment attachment_defaults = { .count = 1, .answer = true };

#define ARRAY(array, n)                                                                            \
	.array_offset = offsetof(struct config, array),                                            \
	.count_offset = offsetof(struct config, n),                                                \
	.record_size = sizeof(((struct config *)NULL)->array[0]),                                  \
	.max = sizeof(((struct config *)NULL)->array) / sizeof(((struct config *)NULL)->array[0])

static const struct config_collection ports_collection = { &port_mapping, .named = true,
	ARRAY(ports, n_ports) };
static const struct config_collection workers_collection = { &worker_mapping,
	ARRAY(workers, n_workers), .n_identity = 1 };
static const struct config_collection trunks_collection = { &trunk_mapping, .named = true,
	ARRAY(trunks, n_trunks), .defaults = &trunk_defaults };
static const struct config_collection attachments_collection = { &attachment_mapping,
	ARRAY(attachments, n_attachments), .defaults = &attachment_defaults, .n_identity = 1 };
static const struct config_collection pvcs_collection = { &pvc_mapping, ARRAY(pvcs, n_pvcs),
	.n_identity = 2 };
static const struct config_collection echoes_collection = { &echo_mapping, ARRAY(echoes, n_echoes),
	.n_identity = 1 };
static const struct config_collection routes_collection = { &route_mapping, ARRAY(routes, n_routes),
	.n_identity = 1 };

/* Who is referred to comes before who refers to it, in whatever order they stand in the text. */
static const struct config_field top_fields[] = {
	{ "control", .kind = CONFIG_F_MAPPING, .mapping = &control_mapping,
		.mend = "write it as in control: {lcore: 0}" },
	{ "limits", .kind = CONFIG_F_MAPPING, .mapping = &limits_mapping,
		.mend = "write it as in limits: {calls: 65536}" },
	{ "records", .kind = CONFIG_F_MAPPING, MEMBER(config, records), .mapping = &records_mapping,
		.mend = "write it as in records: {file: /var/log/callplane/calls.jsonl}" },
	{ "metrics", .kind = CONFIG_F_MAPPING, MEMBER(config, metrics), .mapping = &metrics_mapping,
		.mend = "write it as in metrics: {listen: \"127.0.0.1:9464\"}" },
	{ "ports", .kind = CONFIG_F_COLLECTION, .required = true, .min = 1,
		.collection = &ports_collection,
		.mend = "name each port, as in ports: {east: {device: \"0000:03:00.0\"}}" },
	{ "workers", .kind = CONFIG_F_COLLECTION, .required = true, .min = 1,
		.collection = &workers_collection,
		.mend = "list them, as in workers: [{lcore: 1, ports: [east]}]" },
	{ "trunks", .kind = CONFIG_F_COLLECTION, .collection = &trunks_collection,
		.mend = "name each trunk, as in trunks: {to-hub: {port: east}}" },
	{ "attachments", .kind = CONFIG_F_COLLECTION, .collection = &attachments_collection,
		.mend = "list them, as in attachments: [{address: \"e164:49\", port: lan}]" },
	{ "pvcs", .kind = CONFIG_F_COLLECTION, .collection = &pvcs_collection,
		.mend = "list them, as in pvcs: [{trunk: to-lab, label: 32, address: "
			"\"e164:49\"}]" },
	{ "echoes", .kind = CONFIG_F_COLLECTION, .collection = &echoes_collection, .live = true,
		.mend = "list them, as in echoes: [{address: \"e164:4989123499\"}]" },
	{ "routes", .kind = CONFIG_F_COLLECTION, .collection = &routes_collection, .live = true,
		.mend = "list them, as in routes: [{prefix: \"e164:49\", trunk: to-lab}]" },
};
static_assert(sizeof(timer_fields) / sizeof(timer_fields[0]) <= FIELDS_MAX, "the largest table");

static const struct config_mapping top_mapping = { "the configuration", FIELDS(top_fields) };

/* ---- What concerns several keys ---- */

static uint32_t
timer_or(uint32_t configured_ms, uint32_t default_ms)
{
	return configured_ms != 0 ? configured_ms : default_ms;
}

/* NO-RESPONSE must outlast a POLL and a KEEP-ALIVE, or a silent link is given up at once (17.2). */
static int
check_no_response(
	struct config_reader *r, const struct config_timers *t, const struct config_node *node)
{
	uint32_t poll_ms = timer_or(t->sscop_poll, 750);
	uint32_t keep_alive_ms = timer_or(t->sscop_keep_alive, 2000);
	uint32_t no_response_ms = timer_or(t->sscop_no_response, 7000);
	uint32_t longer_ms = poll_ms > keep_alive_ms ? poll_ms : keep_alive_ms;

	if (no_response_ms > longer_ms)
		return 0;
	return config_fail(r, node,
		"no-response, %u ms, is not longer than poll, %u ms, and keep-alive, %u ms; "
		"mend: set no-response to %u or more",
		no_response_ms, poll_ms, keep_alive_ms, 3 * longer_ms);
}

/* SIG-63: a RESTART is asked for again when the peer must have given the first one up. */
static int
check_restart(
	struct config_reader *r, const struct config_timers *t, const struct config_node *node)
{
	uint32_t t316_ms = timer_or(t->t316, 120000), t317_ms = timer_or(t->t317, 90000);

	if (t317_ms < t316_ms)
		return 0;
	return config_fail(r, node,
		"t317, %u ms, is not shorter than t316, %u ms; mend: lower t317, or raise t316",
		t317_ms, t316_ms);
}

static int
check_t_link(struct config_reader *r, const struct config_timers *t, const struct config_node *node)
{
	uint32_t first_ms = timer_or(t->t_link, 1000), max_ms = timer_or(t->t_link_max, 30000);

	if (first_ms <= max_ms)
		return 0;
	return config_fail(r, node,
		"t-link, %u ms, is above t-link-max, %u ms; mend: raise t-link-max", first_ms,
		max_ms);
}

static int
check_timers(struct config_reader *r, void *record, const struct config_node *node)
{
	const struct config_timers *t = record;
	int err = check_no_response(r, t, node);

	if (err == 0)
		err = check_restart(r, t, node);
	return err == 0 ? check_t_link(r, t, node) : err;
}

/* A mark that tells nothing, one that nobody gets, and red frames that fare better than yellow. */
static int
check_excess(struct config_reader *r, void *record, const struct config_node *node)
{
	const struct config_excess *e = record;
	bool marks = e->yellow == CONFIG_MARK || e->red == CONFIG_MARK;

	if (e->red < e->yellow)
		return config_fail(r, node,
			"yellow is dropped and red is not; mend: write red: drop, or yellow: mark");
	if (marks && e->mark_tc == CONFIG_NO_TC)
		return config_fail(r, node,
			"excess has no mark-tc; mend: give the traffic class of what is marked, as "
			"in mark-tc: 1");
	if (!marks && e->mark_tc != CONFIG_NO_TC)
		return config_fail(r, node,
			"mark-tc is given, and nothing is marked; mend: write yellow: mark, or "
			"leave mark-tc out");
	return 0;
}

/* Whoever starts the appliance from elsewhere would look for it in vain. */
static int
check_records(struct config_reader *r, void *record, const struct config_node *node)
{
	const struct config_records *records = record;

	if (records->file[0] == '/')
		return 0;
	return config_fail(r, node,
		"records: \"%.40s\" is no absolute path; mend: begin it with /, as in file: "
		"/var/log/callplane/calls.jsonl",
		records->file);
}

static int
check_port(struct config_reader *r, void *record, const struct config_node *node)
{
	struct config_port *port = record;

	port->line = node->line;
	r->port_nodes[port - r->config->ports] = node;
	return 0;
}

static int
check_trunk(struct config_reader *r, void *record, const struct config_node *node)
{
	struct config_trunk *trunk = record;

	(void)r;
	trunk->line = node->line;
	return 0;
}

static int
check_route(struct config_reader *r, void *record, const struct config_node *node)
{
	struct config_route *route = record;

	(void)r;
	route->line = node->line;
	return 0;
}

static int
check_polled(struct config_reader *r)
{
	const struct config_port *port;
	uint32_t i;

	for (i = 0; i < r->config->n_ports; i++) {
		port = &r->config->ports[i];
		if (port->workers == 0)
			return config_fail(r, r->port_nodes[i],
				"no worker polls port %s; mend: add it to the ports of a worker",
				port->name);
		/* More than one bit is set. */
		if (port->spread == CONFIG_SPREAD_PORT &&
			(port->workers & (port->workers - 1)) != 0)
			return config_fail(r, r->port_nodes[i],
				"port %s has several workers, and spread: port is for one; mend: "
				"list it under one of them, or leave spread out",
				port->name);
	}
	return 0;
}

/* ---- Tables and tree, side by side ---- */

static int load_mapping(struct config_reader *r, const struct config_field *field,
	const struct config_mapping *mapping, void *record, const struct config_node *node);

static void
put_uint(void *record, const struct config_field *field, uint64_t value)
{
	uint8_t *at = (uint8_t *)record + field->offset;

	if (field->size == sizeof(uint8_t))
		*at = (uint8_t)value;
	else if (field->size == sizeof(uint16_t))
		*(uint16_t *)at = (uint16_t)value;
	else
		*(uint32_t *)at = (uint32_t)value;
}

static int
load_uint(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	uint64_t number;
	int err = config_value_uint(r, field, value, &number);

	if (err == 0)
		put_uint(record, field, number);
	return err;
}

static int
load_choice(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	uint32_t i;

	if (value->kind != CONFIG_SCALAR || value->text[0] == '\0')
		return config_fail_type(r, value, field, "a word");
	for (i = 0; field->names[i] != NULL; i++) {
		if (strcmp(field->names[i], value->text) == 0) {
			put_uint(record, field, i);
			return 0;
		}
	}
	return config_fail_unknown(r, value, field->key, field->names, i);
}

static int
load_name(struct config_reader *r, const struct config_collection *c, const uint8_t *array,
	uint32_t n, char *name, const struct config_node *key)
{
	size_t len = strlen(key->text);
	uint32_t i;

	if (len == 0 || len >= CONFIG_NAME_MAX || strspn(key->text, NAME_LETTERS) != len)
		return config_fail(r, key,
			"\"%.40s\" is no name for %s; mend: use 1 to %d letters, digits, '-', '_', "
			"'.'",
			key->text, c->mapping->what, CONFIG_NAME_MAX - 1);
	for (i = 0; i < n; i++)
		if (strcmp((const char *)(array + i * c->record_size), key->text) == 0)
			return config_fail(r, key,
				"%s named %s is there already; mend: give it another name",
				c->mapping->what, key->text);
	memcpy(name, key->text, len + 1);
	return 0;
}

/* Each child is a record; it counts while it is read, so that it finds itself in the array. */
static int
load_records(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *node)
{
	const struct config_collection *c = field->collection;
	uint8_t *array = (uint8_t *)record + c->array_offset, *at = array;
	unsigned int *n = (unsigned int *)((uint8_t *)record + c->count_offset);
	const struct config_node *child;
	int err = 0;

	for (child = node->first; child != NULL && err == 0; child = child->next) {
		if (*n == c->max)
			return config_fail(r, child, "more than %u in %s; mend: take some out",
				c->max, field->key);
		if (c->defaults != NULL)
			memcpy(at, c->defaults, c->record_size);
		if (c->named)
			err = load_name(r, c, array, *n, (char *)at, child);
		if (err == 0)
			err = load_mapping(
				r, field, c->mapping, at, c->named ? child->value : child);
		at += c->record_size;
		(*n)++;
	}
	return err;
}

static int
load_collection(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *node)
{
	const struct config_collection *c = field->collection;
	bool is_void = node->kind == CONFIG_SCALAR && node->text[0] == '\0' && !node->quoted;

	/* All entries commented out is a natural thing to leave behind. */
	if (is_void && field->min == 0)
		return 0;
	if (node->kind != (c->named ? CONFIG_MAPPING : CONFIG_LIST))
		return config_fail_type(r, node, field, c->named ? "a mapping of names" : "a list");
	if (node->n < field->min)
		return config_fail(r, node, "%s is empty; mend: %s", field->key, field->mend);
	return load_records(r, field, record, node);
}

static int
load_value(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	switch (field->kind) {
	case CONFIG_F_UINT:
		return load_uint(r, field, record, value);
	case CONFIG_F_CHOICE:
		return load_choice(r, field, record, value);
	case CONFIG_F_MAPPING:
		return load_mapping(
			r, field, field->mapping, (uint8_t *)record + field->offset, value);
	case CONFIG_F_COLLECTION:
		return load_collection(r, field, record, value);
	case CONFIG_F_SET:
		break;
	}
	return field->set(r, field, record, value);
}

static int
fail_unknown_key(struct config_reader *r, const struct config_mapping *mapping,
	const struct config_node *key)
{
	const char *names[FIELDS_MAX];
	char what[64];
	uint32_t i;

	for (i = 0; i < mapping->n_fields; i++)
		names[i] = mapping->fields[i].key;
	snprintf(what, sizeof(what), "key of %s", mapping->what);
	return config_fail_unknown(r, key, what, names, i);
}

/* Give each key of @p node its place in @p keys, by the order of the table. */
static int
match_keys(struct config_reader *r, const struct config_mapping *mapping,
	const struct config_node *node, const struct config_node **keys)
{
	const struct config_node *key;
	uint32_t i;

	for (key = node->first; key != NULL; key = key->next) {
		for (i = 0; i < mapping->n_fields; i++)
			if (strcmp(mapping->fields[i].key, key->text) == 0)
				break;
		if (i == mapping->n_fields)
			return fail_unknown_key(r, mapping, key);
		if (keys[i] != NULL)
			return config_fail(r, key,
				"%s stands in line %u already; mend: keep one of them", key->text,
				keys[i]->line);
		keys[i] = key;
	}
	return 0;
}

static int
load_mapping(struct config_reader *r, const struct config_field *field,
	const struct config_mapping *mapping, void *record, const struct config_node *node)
{
	const struct config_node *keys[FIELDS_MAX] = { NULL };
	const struct config_field *f;
	uint32_t i;
	int err;

	if (node->kind != CONFIG_MAPPING)
		return config_fail_type(r, node, field,
			field->kind == CONFIG_F_COLLECTION ? "a mapping in each place"
							   : "a mapping");
	err = match_keys(r, mapping, node, keys);
	for (i = 0; i < mapping->n_fields && err == 0; i++) {
		f = &mapping->fields[i];
		if (keys[i] != NULL)
			err = load_value(r, f, record, keys[i]->value);
		else if (f->required)
			err = config_fail(
				r, node, "%s has no %s; mend: %s", mapping->what, f->key, f->mend);
	}
	if (err == 0 && mapping->check != NULL)
		err = mapping->check(r, record, node);
	return err;
}

const struct config_mapping *
config_schema(void)
{
	return &top_mapping;
}

int
config_schema_load(struct config_reader *r, const struct config_node *root)
{
	static const struct config_field top = {
		.key = "the configuration",
		.kind = CONFIG_F_MAPPING,
		.mend = "begin with a copy of callplane.example.yaml",
	};
	int err = load_mapping(r, &top, &top_mapping, r->config, root);

	return err == 0 ? check_polled(r) : err;
}
