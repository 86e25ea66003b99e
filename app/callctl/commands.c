/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/run.h"

static const char *const port_columns[] = { "name", "device", "driver", "link_up", "workers",
	"spread", "rx", "rx_octets", "tx", "tx_octets", "missed", "errors", "drops", NULL };
static const char *const trunk_columns[] = { "name", "port", "call_manager", "side", "link",
	"sscop", "state", "calls", "calls_active", "parties", "labels", "labels_set_aside",
	"set_up", "cleared", "bandwidth", "reserved_rx", "reserved_tx", "refused", "alarms", NULL };
static const char *const attachment_columns[] = { "address", "port", "outer_vlan", "inner_vlan",
	"answer", "call", "state", "rx", "tx", "drops", NULL };
static const char *const vc_columns[] = { "vc", "trunk", "label", "kind", "creator", "vc_state",
	"call_state", "name", "parties", "rate", "rx", "rx_octets", "tx", "tx_octets", "drops",
	NULL };
static const char *const call_columns[] = { "call", "trunk", "direction", "from", "to", "state",
	"phase", "reference", "label", "name", "parties", "rate", "age_s", NULL };
static const char *const party_columns[] = { "party", "address", "state", "endpoint", NULL };
static const char *const worker_columns[] = { "lcore", "numa_node", "ports", "rx", "tx",
	"cycles_per_frame", "busy_percent", "frames_per_busy_turn", "gap_ns_p50", "gap_ns_p99",
	"gap_ns_p9999", "gap_ns_max", "wait_ns", "to_control_percent", "drops", NULL };
static const char *const job_columns[] = { "job", "kind", "state", "total", "started", "done",
	"failed", "seconds", "rate", "detail", NULL };

/* Arguments that several commands have. */
#define FLAG(name, param, help)                                                                    \
	{                                                                                          \
		name, "", param, ARGUMENT_FLAG, ARGUMENT_OPTIONAL, COMPLETE_NOTHING, help          \
	}
#define NUMBER(name, value, param, help)                                                           \
	{                                                                                          \
		name, value, param, ARGUMENT_NUMBER, ARGUMENT_OPTIONAL, COMPLETE_NOTHING, help     \
	}
#define BACKGROUND FLAG("--background", NULL, "print the job's number and do not wait for its end")
#define CALL                                                                                       \
	{                                                                                          \
		"CALL", "", "call", ARGUMENT_CALL, ARGUMENT_REQUIRED, COMPLETE_CALL,               \
			"number or name of a call"                                                 \
	}
#define TRUNK                                                                                      \
	{                                                                                          \
		"TRUNK", "", "trunk", ARGUMENT_TEXT, ARGUMENT_REQUIRED, COMPLETE_TRUNK,            \
			"name of a trunk"                                                          \
	}
#define CAUSE NUMBER("--cause", "N", "cause", "what the other end is told, 1 to 127; 16 is normal")
#define DATA                                                                                       \
	{                                                                                          \
		"--data", "HEX", "data", ARGUMENT_TEXT, ARGUMENT_OPTIONAL, COMPLETE_NOTHING,       \
			"protocol discriminator and at most 128 octets for the other end"          \
	}

const struct argument common_options[] = {
	{ "--socket", "PATH", NULL, ARGUMENT_FILE, ARGUMENT_OPTIONAL, COMPLETE_FILE,
		"the appliance's control socket; without it $CALLPLANE_SOCKET" },
	FLAG("--json", NULL, "JSON, an object a line"),
	{ "-f", "FILE", NULL, ARGUMENT_FILE, ARGUMENT_OPTIONAL, COMPLETE_FILE,
		"a command a line, until one is not done; - is standard input" },
	{ 0 },
};

const struct command commands[] = {
	{ "status", "", "the appliance as a whole", run_object, NULL, { { 0 } } },
	{ "ports", "", "ports with their counters", run_list, port_columns, { { 0 } } },
	{ "trunks", "", "trunks with their signalling links", run_list, trunk_columns, { { 0 } } },
	{ "attachments", "", "access ports and VLANs with their addresses", run_list,
		attachment_columns, { { 0 } } },
	{ "vcs", "[ID]", "virtual circuits, or one in full", run_list, vc_columns,
		{
			{ "ID", "", "id", ARGUMENT_CALL, ARGUMENT_OPTIONAL, COMPLETE_VC,
				"number or name of a circuit" },
		} },
	{ "calls", "[ID]", "calls, or one in full", run_list, call_columns,
		{
			{ "ID", "", "id", ARGUMENT_CALL, ARGUMENT_OPTIONAL, COMPLETE_CALL,
				"number or name of a call" },
		} },
	{ "parties", "CALL", "the parties of a multipoint call", run_list, party_columns,
		{
			CALL,
		} },
	{ "counters", "", "what exists, what happened, what was dropped and why", run_object, NULL,
		{ { 0 } } },
	{ "workers", "[--restart]",
		"forwarding lcores: where their time goes, and the gaps between their quiescent "
		"states; restart: the next answer has the gaps from now on",
		run_list, worker_columns,
		{
			FLAG("--restart", "restart", "begin anew to look for the longest gap"),
		} },
	{ "jobs", "[ID [--follow]]",
		"mass dials, closes and replays, what else ended many calls, or one in full; "
		"follow: watch one to its end",
		run_jobs, job_columns,
		{
			{ "ID", "", "id", ARGUMENT_NUMBER, ARGUMENT_OPTIONAL, COMPLETE_JOB,
				"number of a job" },
			FLAG("--follow", NULL, "show how far it is, its rate and the time left"),
		} },
	{ "dial",
		"--from ADDRESS --to ADDRESS [--count N] [--rate OCTETS_PER_S [--committed "
		"OCTETS_PER_S [--burst OCTETS]]] [--multipoint] [--permanent [--label L]] "
		"[--background]",
		"set calls up, with N to addresses that count up from the given ones; committed: "
		"the part of the rate that is promised; multipoint: one call with N parties; "
		"permanent: a configured circuit",
		run_job, NULL,
		{
			{ "--from", "ADDRESS", "from", ARGUMENT_TEXT, ARGUMENT_REQUIRED,
				COMPLETE_ADDRESS, "an attachment of this appliance" },
			{ "--to", "ADDRESS", "to", ARGUMENT_TEXT, ARGUMENT_REQUIRED,
				COMPLETE_NOTHING, "whom to call, e164:DIGITS or nsap:HEX" },
			NUMBER("--count", "N", "count",
				"how many calls, or parties; 1 when it is left out"),
			NUMBER("--rate", "OCTETS_PER_S", "rate", "what the circuit may carry"),
			NUMBER("--committed", "OCTETS_PER_S", "committed",
				"the part of the rate that is promised"),
			NUMBER("--burst", "OCTETS", "burst", "what may come at once"),
			FLAG("--multipoint", "multipoint", "one call with N parties"),
			FLAG("--permanent", "permanent",
				"a configured circuit, without signalling"),
			NUMBER("--label", "L", "label", "the label of a permanent circuit"),
			BACKGROUND,
		} },
	{ "add-party", "CALL ADDRESS [--background]", "add a party to a multipoint call", run_job,
		NULL,
		{
			CALL,
			{ "ADDRESS", "", "address", ARGUMENT_TEXT, ARGUMENT_REQUIRED,
				COMPLETE_NOTHING, "whom to add, e164:DIGITS or nsap:HEX" },
			BACKGROUND,
		} },
	{ "drop-party", "CALL PARTY [--cause N] [--data HEX] [--background]",
		"drop a party of a multipoint call; the others stay", run_job, NULL,
		{
			CALL,
			{ "PARTY", "", "party", ARGUMENT_NUMBER, ARGUMENT_REQUIRED, COMPLETE_PARTY,
				"number of a party, see parties CALL" },
			CAUSE,
			DATA,
			BACKGROUND,
		} },
	{ "modify", "CALL --rate OCTETS_PER_S [--background]", "change the rate of a call", run_job,
		NULL,
		{
			CALL,
			{ "--rate", "OCTETS_PER_S", "rate", ARGUMENT_NUMBER, ARGUMENT_REQUIRED,
				COMPLETE_NOTHING, "what the circuit may carry from now on" },
			BACKGROUND,
		} },
	{ "close",
		"CALL | --all | --trunk T | --match EXPR  [--cause N] [--data HEX] [--background]",
		"close calls; HEX: protocol discriminator and up to 128 octets for the other end",
		run_job, NULL,
		{
			{ "CALL", "", "call", ARGUMENT_CALL, ARGUMENT_ONE_OF, COMPLETE_CALL,
				"number or name of a call" },
			{ "--all", "", "all", ARGUMENT_FLAG, ARGUMENT_ONE_OF, COMPLETE_NOTHING,
				"every call" },
			{ "--trunk", "T", "trunk", ARGUMENT_TEXT, ARGUMENT_ONE_OF, COMPLETE_TRUNK,
				"all calls of a trunk" },
			{ "--match", "EXPR", "match", ARGUMENT_TEXT, ARGUMENT_ONE_OF,
				COMPLETE_NOTHING,
				"those of which all is true, as trunk=T,from=e164:49*" },
			CAUSE,
			DATA,
			BACKGROUND,
		} },
	{ "name", "CALL BASE", "name a call: BASE and a number; it can be used for CALL",
		run_object, NULL,
		{
			CALL,
			{ "BASE", "", "base", ARGUMENT_TEXT, ARGUMENT_REQUIRED, COMPLETE_NOTHING,
				"what the name begins with" },
		} },
	{ "enquire", "CALL",
		"ask the other end for the state of a call; `calls CALL` shows what it said",
		run_order, NULL,
		{
			CALL,
		} },
	{ "reset", "TRUNK [--background]", "reset a trunk's port; its calls stay up", run_job, NULL,
		{
			TRUNK,
			BACKGROUND,
		} },
	{ "restart", "TRUNK [--vpci N | --label L] [--background]",
		"clear calls at both ends of a trunk, without a word to each: all, those of a "
		"VPCI, or that of one VC",
		run_job, NULL,
		{
			TRUNK,
			NUMBER("--vpci", "N", "vpci", "only the circuits of this VPCI, 0 to 15"),
			NUMBER("--label", "L", "label", "only the circuit of this label"),
			BACKGROUND,
		} },
	{ "halt", "TRUNK [--background]",
		"take a trunk out of service: all its calls are closed, in order", run_job, NULL,
		{
			TRUNK,
			BACKGROUND,
		} },
	{ "close-af", "TRUNK [--background]",
		"close a trunk's address family by force: clients end all their calls on it, and "
		"there are no new ones until open-af; its signalling link stays up",
		run_job, NULL,
		{
			TRUNK,
			BACKGROUND,
		} },
	{ "open-af", "TRUNK", "offer the address family of a trunk to clients again", run_order,
		NULL,
		{
			TRUNK,
		} },
	{ "replay", "FILE --port P [--count N] [--background]",
		"let a capture come in on a port, N times", run_job, NULL,
		{
			{ "FILE", "", "path", ARGUMENT_FILE, ARGUMENT_REQUIRED, COMPLETE_FILE,
				"a capture, pcap or pcapng" },
			{ "--port", "P", "port", ARGUMENT_TEXT, ARGUMENT_REQUIRED, COMPLETE_PORT,
				"name of a port" },
			NUMBER("--count", "N", "count", "passes; 1 when it is left out"),
			BACKGROUND,
		} },
	{ "capture", "--signalling [--trunk T] | --call ID  --write FILE.pcapng [--seconds S]",
		"write the signalling of all trunks, of one, or of one call to a file of the "
		"appliance's machine, until Ctrl-C or for S seconds",
		run_capture, NULL,
		{
			FLAG("--signalling", "signalling", "the signalling of all trunks"),
			{ "--trunk", "T", "trunk", ARGUMENT_TEXT, ARGUMENT_OPTIONAL, COMPLETE_TRUNK,
				"of this trunk only" },
			{ "--call", "ID", "call", ARGUMENT_CALL, ARGUMENT_OPTIONAL, COMPLETE_CALL,
				"of this call only" },
			{ "--write", "FILE.pcapng", "path", ARGUMENT_FILE, ARGUMENT_REQUIRED,
				COMPLETE_FILE, "where to; the appliance writes it" },
			NUMBER("--seconds", "S", "seconds",
				"how long; until Ctrl-C when it is left out"),
		} },
	{ "trace", "CALL | TRUNK:REFERENCE",
		"what happened to a call, message for message, also to one that has ended; TRUNK:0 "
		"is what was of no call",
		run_trace, NULL,
		{
			{ "CALL", "", "call", ARGUMENT_CALL, ARGUMENT_REQUIRED, COMPLETE_CALL,
				"number or name of a call, or TRUNK:REFERENCE" },
		} },
	{ "explain", "CALL | TRUNK:REFERENCE",
		"why a call failed or ended, or how it is, in one sentence; also one that has "
		"ended",
		run_explain, NULL,
		{
			{ "CALL", "", "call", ARGUMENT_CALL, ARGUMENT_REQUIRED, COMPLETE_CALL,
				"number or name of a call, or TRUNK:REFERENCE" },
		} },
	{ "top", "[--interval SECONDS] [--once]",
		"workers, ports, trunks and the busiest circuits with their rates, each second; q "
		"ends it; without a terminal once, as JSON an object a line",
		run_top, NULL,
		{
			NUMBER("--interval", "SECONDS", "interval", "1 to 3600"),
			FLAG("--once", NULL, "one picture, and the end"),
		} },
	{ "cancel", "JOB", "end a job early: what it has not begun with stays as it is", run_cancel,
		NULL,
		{
			{ "JOB", "", "job", ARGUMENT_NUMBER, ARGUMENT_REQUIRED, COMPLETE_JOB,
				"number of a job" },
		} },
	{ "log", "LEVEL [--call CALL]",
		"log error, warning, notice, info or debug, and what is graver; of one call what "
		"happens to it, message for message, until it is over",
		run_order, NULL,
		{
			{ "LEVEL", "", "level", ARGUMENT_TEXT, ARGUMENT_REQUIRED, COMPLETE_LEVEL,
				"error, warning, notice, info or debug" },
			{ "--call", "CALL", "call", ARGUMENT_CALL, ARGUMENT_OPTIONAL, COMPLETE_CALL,
				"of this call only" },
		} },
	{ "config show", "", "the running configuration as YAML, in a form that loads again",
		run_config_show, NULL, { { 0 } } },
	{ "config reload", "[--check]",
		"exchange the configuration for what its file says now, all of it or nothing, and "
		"print what is different; no call ends by it",
		run_config_reload, NULL,
		{ FLAG("--check", "check", "only print what is different") } },
	{ "shutdown", "", "close all calls and end the appliance", run_order, NULL, { { 0 } } },
	{ "decode", "q2931|sscop [--reencode]",
		"lines of hex from stdin as text, or encoded again; needs no appliance", run_decode,
		NULL,
		{
			{ "q2931|sscop", "", "protocol", ARGUMENT_TEXT, ARGUMENT_REQUIRED,
				COMPLETE_PROTOCOL, "what the octets are" },
			FLAG("--reencode", NULL, "the octets again, as hex"),
		} },
	{ "help", "[COMMAND]", "this list, or one command's line and arguments", run_help, NULL,
		{
			{ "COMMAND", "", "command", ARGUMENT_TEXT, ARGUMENT_OPTIONAL,
				COMPLETE_COMMAND, "name of a command" },
		} },
	{ 0 },
};
