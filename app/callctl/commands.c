/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "callctl/client.h"
#include "callctl/command.h"
#include "callctl/decode.h"
#include "callctl/format.h"
#include "callctl/job.h"
#include "callctl/ladder.h"
#include "callctl/table.h"
#include "callctl/top.h"

static enum exit_code run_list(struct invocation *inv);
static enum exit_code run_object(struct invocation *inv);
static enum exit_code run_job(struct invocation *inv);
static enum exit_code run_cancel(struct invocation *inv);
static enum exit_code run_order(struct invocation *inv);
static enum exit_code run_capture(struct invocation *inv);
static enum exit_code run_trace(struct invocation *inv);
static enum exit_code run_top(struct invocation *inv);
static enum exit_code run_decode(struct invocation *inv);
static enum exit_code run_help(struct invocation *inv);

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

#define BACKGROUND                                                                                 \
	{                                                                                          \
		"--background", NULL, ARGUMENT_FLAG, ARGUMENT_OPTIONAL                             \
	}
#define ID                                                                                         \
	{                                                                                          \
		{                                                                                  \
			"ID", "id", ARGUMENT_NUMBER, ARGUMENT_OPTIONAL                             \
		}                                                                                  \
	}
#define CALL_ID                                                                                    \
	{                                                                                          \
		{                                                                                  \
			"ID", "id", ARGUMENT_CALL, ARGUMENT_OPTIONAL                               \
		}                                                                                  \
	}
#define CALL                                                                                       \
	{                                                                                          \
		"CALL", "call", ARGUMENT_CALL, ARGUMENT_REQUIRED                                   \
	}
#define TRUNK                                                                                      \
	{                                                                                          \
		"TRUNK", "trunk", ARGUMENT_TEXT, ARGUMENT_REQUIRED                                 \
	}

const struct command commands[] = {
	{ "status", "", "the appliance as a whole", run_object, NULL, { { 0 } } },
	{ "ports", "", "ports with their counters", run_list, port_columns, { { 0 } } },
	{ "trunks", "", "trunks with their signalling links", run_list, trunk_columns, { { 0 } } },
	{ "attachments", "", "access ports and VLANs with their addresses", run_list,
		attachment_columns, { { 0 } } },
	{ "vcs", "[ID]", "virtual circuits, or one in full", run_list, vc_columns, CALL_ID },
	{ "calls", "[ID]", "calls, or one in full", run_list, call_columns, CALL_ID },
	{ "parties", "CALL", "the parties of a multipoint call", run_list, party_columns,
		{ CALL } },
	{ "counters", "", "what exists, what happened, what was dropped and why", run_object, NULL,
		{ { 0 } } },
	{ "workers", "[--restart]",
		"forwarding lcores: where their time goes, and the gaps between their quiescent "
		"states; restart: the next answer has the gaps from now on",
		run_list, worker_columns,
		{ { "--restart", "restart", ARGUMENT_FLAG, ARGUMENT_OPTIONAL } } },
	{ "jobs", "[ID]",
		"mass dials, closes and replays, what else ended many calls, or one in full",
		run_list, job_columns, ID },
	{ "dial",
		"--from ADDRESS --to ADDRESS [--count N] [--rate OCTETS_PER_S [--committed "
		"OCTETS_PER_S [--burst OCTETS]]] [--multipoint] [--permanent [--label L]] "
		"[--background]",
		"set calls up, with N to addresses that count up from the given ones; committed: "
		"the part of the rate that is promised; multipoint: one call with N parties; "
		"permanent: a configured circuit",
		run_job, NULL,
		{
			{ "--from", "from", ARGUMENT_TEXT, ARGUMENT_REQUIRED },
			{ "--to", "to", ARGUMENT_TEXT, ARGUMENT_REQUIRED },
			{ "--count", "count", ARGUMENT_NUMBER, ARGUMENT_OPTIONAL },
			{ "--rate", "rate", ARGUMENT_NUMBER, ARGUMENT_OPTIONAL },
			{ "--committed", "committed", ARGUMENT_NUMBER, ARGUMENT_OPTIONAL },
			{ "--burst", "burst", ARGUMENT_NUMBER, ARGUMENT_OPTIONAL },
			{ "--multipoint", "multipoint", ARGUMENT_FLAG, ARGUMENT_OPTIONAL },
			{ "--permanent", "permanent", ARGUMENT_FLAG, ARGUMENT_OPTIONAL },
			{ "--label", "label", ARGUMENT_NUMBER, ARGUMENT_OPTIONAL },
			BACKGROUND,
		} },
	{ "add-party", "CALL ADDRESS [--background]", "add a party to a multipoint call", run_job,
		NULL,
		{
			CALL,
			{ "ADDRESS", "address", ARGUMENT_TEXT, ARGUMENT_REQUIRED },
			BACKGROUND,
		} },
	{ "drop-party", "CALL PARTY [--cause N] [--data HEX] [--background]",
		"drop a party of a multipoint call; the others stay", run_job, NULL,
		{
			CALL,
			{ "PARTY", "party", ARGUMENT_NUMBER, ARGUMENT_REQUIRED },
			{ "--cause", "cause", ARGUMENT_NUMBER, ARGUMENT_OPTIONAL },
			{ "--data", "data", ARGUMENT_TEXT, ARGUMENT_OPTIONAL },
			BACKGROUND,
		} },
	{ "modify", "CALL --rate OCTETS_PER_S [--background]", "change the rate of a call", run_job,
		NULL,
		{
			CALL,
			{ "--rate", "rate", ARGUMENT_NUMBER, ARGUMENT_REQUIRED },
			BACKGROUND,
		} },
	{ "close",
		"CALL | --all | --trunk T | --match EXPR  [--cause N] [--data HEX] [--background]",
		"close calls; HEX: protocol discriminator and up to 128 octets for the other end",
		run_job, NULL,
		{
			{ "CALL", "call", ARGUMENT_CALL, ARGUMENT_ONE_OF },
			{ "--all", "all", ARGUMENT_FLAG, ARGUMENT_ONE_OF },
			{ "--trunk", "trunk", ARGUMENT_TEXT, ARGUMENT_ONE_OF },
			{ "--match", "match", ARGUMENT_TEXT, ARGUMENT_ONE_OF },
			{ "--cause", "cause", ARGUMENT_NUMBER, ARGUMENT_OPTIONAL },
			{ "--data", "data", ARGUMENT_TEXT, ARGUMENT_OPTIONAL },
			BACKGROUND,
		} },
	{ "name", "CALL BASE", "name a call: BASE and a number; it can be used for CALL",
		run_object, NULL,
		{
			CALL,
			{ "BASE", "base", ARGUMENT_TEXT, ARGUMENT_REQUIRED },
		} },
	{ "enquire", "CALL",
		"ask the other end for the state of a call; `calls CALL` shows what it said",
		run_order, NULL, { CALL } },
	{ "reset", "TRUNK [--background]", "reset a trunk's port; its calls stay up", run_job, NULL,
		{ TRUNK, BACKGROUND } },
	{ "restart", "TRUNK [--vpci N | --label L] [--background]",
		"clear calls at both ends of a trunk, without a word to each: all, those of a "
		"VPCI, or that of one VC",
		run_job, NULL,
		{
			TRUNK,
			{ "--vpci", "vpci", ARGUMENT_NUMBER, ARGUMENT_OPTIONAL },
			{ "--label", "label", ARGUMENT_NUMBER, ARGUMENT_OPTIONAL },
			BACKGROUND,
		} },
	{ "halt", "TRUNK [--background]",
		"take a trunk out of service: all its calls are closed, in order", run_job, NULL,
		{ TRUNK, BACKGROUND } },
	{ "close-af", "TRUNK [--background]",
		"close a trunk's address family by force: clients end all their calls on it, and "
		"there are no new ones until open-af; its signalling link stays up",
		run_job, NULL, { TRUNK, BACKGROUND } },
	{ "open-af", "TRUNK", "offer the address family of a trunk to clients again", run_order,
		NULL, { TRUNK } },
	{ "replay", "FILE --port P [--count N] [--background]",
		"let a capture come in on a port, N times", run_job, NULL,
		{
			{ "FILE", "path", ARGUMENT_FILE, ARGUMENT_REQUIRED },
			{ "--port", "port", ARGUMENT_TEXT, ARGUMENT_REQUIRED },
			{ "--count", "count", ARGUMENT_NUMBER, ARGUMENT_OPTIONAL },
			BACKGROUND,
		} },
	{ "capture", "--signalling [--trunk T] | --call ID  --write FILE.pcapng [--seconds S]",
		"write the signalling of all trunks, of one, or of one call to a file of the "
		"appliance's machine, until Ctrl-C or for S seconds",
		run_capture, NULL,
		{
			{ "--signalling", "signalling", ARGUMENT_FLAG, ARGUMENT_OPTIONAL },
			{ "--trunk", "trunk", ARGUMENT_TEXT, ARGUMENT_OPTIONAL },
			{ "--call", "call", ARGUMENT_CALL, ARGUMENT_OPTIONAL },
			{ "--write", "path", ARGUMENT_FILE, ARGUMENT_REQUIRED },
			{ "--seconds", "seconds", ARGUMENT_NUMBER, ARGUMENT_OPTIONAL },
		} },
	{ "trace", "CALL | TRUNK:REFERENCE",
		"what happened to a call, message for message, also to one that has ended; "
		"TRUNK:0 is what was of no call",
		run_trace, NULL, { { "CALL", "call", ARGUMENT_CALL, ARGUMENT_REQUIRED } } },
	{ "top", "[--interval SECONDS] [--once]",
		"workers, ports, trunks and the busiest circuits with their rates, each second; q "
		"ends it; without a terminal once, as JSON an object a line",
		run_top, NULL,
		{
			{ "--interval", "interval", ARGUMENT_NUMBER, ARGUMENT_OPTIONAL },
			{ "--once", NULL, ARGUMENT_FLAG, ARGUMENT_OPTIONAL },
		} },
	{ "cancel", "JOB", "end a job early: what it has not begun with stays as it is", run_cancel,
		NULL, { { "JOB", "job", ARGUMENT_NUMBER, ARGUMENT_REQUIRED } } },
	{ "log", "LEVEL", "log error, warning, notice, info or debug, and what is graver",
		run_order, NULL, { { "LEVEL", "level", ARGUMENT_TEXT, ARGUMENT_REQUIRED } } },
	{ "shutdown", "", "close all calls and end the appliance", run_order, NULL, { { 0 } } },
	{ "decode", "q2931|sscop [--reencode]",
		"lines of hex from stdin as text, or encoded again; needs no appliance", run_decode,
		NULL,
		{
			{ "q2931|sscop", "protocol", ARGUMENT_TEXT, ARGUMENT_REQUIRED },
			{ "--reencode", NULL, ARGUMENT_FLAG, ARGUMENT_OPTIONAL },
		} },
	{ "help", "[COMMAND]", "this list, or one command's line", run_help, NULL,
		{ { "COMMAND", "command", ARGUMENT_TEXT, ARGUMENT_OPTIONAL } } },
	{ 0 },
};

static enum exit_code
end(const struct invocation *inv, const struct client *client, enum client_result result)
{
	if (result == CLIENT_DONE)
		return EXIT_DONE;
	fprintf(stderr, "callctl: %s: %s\n", inv->command->name, client_error(client));
	return result == CLIENT_REFUSED ? EXIT_REFUSED : EXIT_NOBODY;
}

/* Methods are spelled as commands are, but for '-'. */
static enum client_result
call_method(struct invocation *inv, struct client *client, client_row_fn row, void *arg)
{
	char method[32], *p;

	snprintf(method, sizeof(method), "%s", inv->command->name);
	for (p = method; *p != '\0'; p++)
		if (*p == '-')
			*p = '_';
	return client_call(client, method, json_incref(inv->params), row, arg);
}

/* One question, whose rows go to @p row. */
static enum exit_code
ask(struct invocation *inv, struct client *client, client_row_fn row, void *arg)
{
	return end(inv, client, call_method(inv, client, row, arg));
}

static struct client *
open_client(const struct invocation *inv)
{
	struct client *client = client_open(inv->socket);

	if (client == NULL)
		fprintf(stderr, "callctl: no memory\n");
	return client;
}

static void
print_json_row(const json_t *row, void *arg)
{
	(void)arg;
	format_json(stdout, row);
}

static void
print_object_row(const json_t *row, void *arg)
{
	format_object(stdout, row, *(const bool *)arg);
}

static void
print_table_row(const json_t *row, void *arg)
{
	table_row(arg, row);
}

/* client_row_fn: keeps the row. */
static void
keep_row(const json_t *row, void *arg)
{
	json_decref(*(json_t **)arg);
	*(json_t **)arg = json_deep_copy(row);
}

static enum exit_code
list_as_table(struct invocation *inv, struct client *client)
{
	struct table *table = table_create(stdout, inv->command->columns);
	enum client_result result;

	if (table == NULL)
		return EXIT_REFUSED;
	result = call_method(inv, client, print_table_row, table);
	/* A refusal has no rows, and needs no heading. */
	table_end(table, result == CLIENT_DONE);
	return end(inv, client, result);
}

static enum exit_code
run_list(struct invocation *inv)
{
	struct client *client = open_client(inv);
	bool few = false; /* reasons of drops: what did not happen is not listed */
	enum exit_code code;

	if (client == NULL)
		return EXIT_REFUSED;
	if (inv->json)
		code = ask(inv, client, print_json_row, NULL);
	else if (json_object_get(inv->params, "id") != NULL)
		code = ask(inv, client, print_object_row, &few);
	else
		code = list_as_table(inv, client);
	client_close(client);
	return code;
}

static enum exit_code
run_object(struct invocation *inv)
{
	struct client *client = open_client(inv);
	enum exit_code code;
	bool all = true;

	if (client == NULL)
		return EXIT_REFUSED;
	code = ask(inv, client, inv->json ? print_json_row : print_object_row, &all);
	client_close(client);
	return code;
}

static void
print_job_id(const struct invocation *inv, const json_t *job)
{
	if (inv->json)
		format_json(stdout, job);
	else
		printf("%" JSON_INTEGER_FORMAT "\n",
			json_integer_value(json_object_get(job, "job")));
}

static enum exit_code
run_job(struct invocation *inv)
{
	struct client *client = open_client(inv);
	enum exit_code code;
	json_t *job = NULL;

	if (client == NULL)
		return EXIT_REFUSED;
	code = ask(inv, client, keep_row, &job);
	if (code == EXIT_DONE && inv->background)
		print_job_id(inv, job);
	else if (code == EXIT_DONE)
		code = job_follow(inv, client, job);
	json_decref(job);
	client_close(client);
	return code;
}

static enum exit_code
run_cancel(struct invocation *inv)
{
	struct client *client = open_client(inv);
	enum exit_code code;
	json_t *job = NULL;

	if (client == NULL)
		return EXIT_REFUSED;
	code = ask(inv, client, keep_row, &job);
	if (code == EXIT_DONE)
		code = job_await_cancel(inv, client, job);
	json_decref(job);
	client_close(client);
	return code;
}

/* Nothing comes back but that it is done. */
static enum exit_code
run_order(struct invocation *inv)
{
	struct client *client = open_client(inv);
	enum exit_code code;
	json_t *row = NULL;

	if (client == NULL)
		return EXIT_REFUSED;
	code = ask(inv, client, keep_row, &row);
	if (code == EXIT_DONE && inv->json)
		format_json(stdout, row);
	json_decref(row);
	client_close(client);
	return code;
}

static void
print_capture(const json_t *row, void *arg)
{
	(void)arg;
	printf("%" JSON_INTEGER_FORMAT " frames written to %s, %" JSON_INTEGER_FORMAT " dropped\n",
		json_integer_value(json_object_get(row, "frames")),
		json_string_value(json_object_get(row, "path")),
		json_integer_value(json_object_get(row, "dropped")));
}

static enum exit_code
run_capture(struct invocation *inv)
{
	struct client *client = open_client(inv);
	enum exit_code code;

	if (client == NULL)
		return EXIT_REFUSED;
	client_end_on_signals(client);
	code = ask(inv, client, inv->json ? print_json_row : print_capture, NULL);
	client_close(client);
	return code;
}

static void
print_trace_row(const json_t *row, void *arg)
{
	*(bool *)arg = true;
	ladder_row(stdout, row);
}

static enum exit_code
run_trace(struct invocation *inv)
{
	struct client *client;
	enum exit_code code;
	bool any = false;

	if (!ladder_params(inv->params)) {
		snprintf(inv->error, sizeof(inv->error),
			"trace: give a call, or a trunk and a call reference, as in to-hub:17");
		return command_misused(inv);
	}
	client = open_client(inv);
	if (client == NULL)
		return EXIT_REFUSED;
	if (inv->json)
		code = ask(inv, client, print_json_row, NULL);
	else
		code = ask(inv, client, print_trace_row, &any);
	if (code == EXIT_DONE && !inv->json && !any)
		printf("nothing is recorded of it\n");
	client_close(client);
	return code;
}

static enum exit_code
run_top(struct invocation *inv)
{
	const json_t *interval = json_object_get(inv->params, "interval");
	struct client *client;
	enum exit_code code;

	if (interval != NULL &&
		(json_integer_value(interval) < 1 || json_integer_value(interval) > 3600)) {
		snprintf(inv->error, sizeof(inv->error), "top: --interval: give 1 to 3600 seconds");
		return command_misused(inv);
	}
	client = open_client(inv);
	if (client == NULL)
		return EXIT_REFUSED;
	code = top_run(inv, client);
	client_close(client);
	return code;
}

static enum exit_code
run_decode(struct invocation *inv)
{
	const char *protocol = json_string_value(json_object_get(inv->params, "protocol"));
	struct decode decode = { .reencode = inv->reencode, .json = inv->json };

	decode.is_sscop = strcmp(protocol, "sscop") == 0;
	if (!decode.is_sscop && strcmp(protocol, "q2931") != 0) {
		snprintf(inv->error, sizeof(inv->error), "decode: there is no protocol %s",
			protocol);
		return command_misused(inv);
	}
	return decode_run(&decode, stdin, stdout);
}

static enum exit_code
run_help(struct invocation *inv)
{
	const char *name = json_string_value(json_object_get(inv->params, "command"));
	const struct command *command = name != NULL ? command_find(name) : NULL;

	if (name != NULL && command == NULL) {
		snprintf(inv->error, sizeof(inv->error), "there is no command %s", name);
		return command_misused(inv);
	}
	command_usage(stdout, command);
	if (command != NULL)
		printf("  %s\n", command->help);
	return EXIT_DONE;
}
