/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/run.h"

#include <string.h>

#include "callctl/client.h"
#include "callctl/decode.h"
#include "callctl/format.h"
#include "callctl/help.h"
#include "callctl/job.h"
#include "callctl/ladder.h"
#include "callctl/table.h"
#include "callctl/top.h"

enum exit_code
run_end(const struct invocation *inv, const struct client *client, enum client_result result)
{
	if (result == CLIENT_DONE)
		return EXIT_DONE;
	fprintf(stderr, "callctl: %s: %s\n", inv->command->name, client_error(client));
	return result == CLIENT_REFUSED ? EXIT_REFUSED : EXIT_NOBODY;
}

/* Methods are spelled as commands are, but for '-' and ' '. */
static enum client_result
call_method(struct invocation *inv, struct client *client, client_row_fn row, void *arg)
{
	char method[32], *p;

	snprintf(method, sizeof(method), "%s", inv->command->name);
	for (p = method; *p != '\0'; p++)
		if (*p == '-' || *p == ' ')
			*p = '_';
	return client_call(client, method, json_incref(inv->params), row, arg);
}

/* One question, whose rows go to @p row. */
static enum exit_code
ask(struct invocation *inv, struct client *client, client_row_fn row, void *arg)
{
	return run_end(inv, client, call_method(inv, client, row, arg));
}

struct client *
run_open_client(const struct invocation *inv)
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

void
run_keep_row(const json_t *row, void *arg)
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
	return run_end(inv, client, result);
}

enum exit_code
run_list(struct invocation *inv)
{
	struct client *client = run_open_client(inv);
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

enum exit_code
run_object(struct invocation *inv)
{
	struct client *client = run_open_client(inv);
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

enum exit_code
run_job(struct invocation *inv)
{
	struct client *client = run_open_client(inv);
	enum exit_code code;
	json_t *job = NULL;

	if (client == NULL)
		return EXIT_REFUSED;
	code = ask(inv, client, run_keep_row, &job);
	if (code == EXIT_DONE && inv->background)
		print_job_id(inv, job);
	else if (code == EXIT_DONE)
		code = job_follow(inv, client, job);
	json_decref(job);
	client_close(client);
	return code;
}

static enum exit_code
follow_job(struct invocation *inv)
{
	struct client *client = run_open_client(inv);
	enum exit_code code;
	json_t *job = NULL;

	if (client == NULL)
		return EXIT_REFUSED;
	code = ask(inv, client, run_keep_row, &job);
	if (code == EXIT_DONE)
		code = job_await_end(inv, client, job);
	json_decref(job);
	client_close(client);
	return code;
}

enum exit_code
run_jobs(struct invocation *inv)
{
	if (!inv->follow)
		return run_list(inv);
	if (json_object_get(inv->params, "id") != NULL)
		return follow_job(inv);
	snprintf(inv->error, sizeof(inv->error), "jobs: --follow: say which job");
	return command_misused(inv);
}

/* Either way one job comes back, and is watched to its end. */
enum exit_code
run_cancel(struct invocation *inv)
{
	return follow_job(inv);
}

/* Nothing comes back but that it is done. */
enum exit_code
run_order(struct invocation *inv)
{
	struct client *client = run_open_client(inv);
	enum exit_code code;
	json_t *row = NULL;

	if (client == NULL)
		return EXIT_REFUSED;
	code = ask(inv, client, run_keep_row, &row);
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

enum exit_code
run_capture(struct invocation *inv)
{
	struct client *client = run_open_client(inv);
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

/* A call by its number or name, or by TRUNK:REFERENCE. */
static bool
takes_call(struct invocation *inv)
{
	if (ladder_params(inv->params))
		return true;
	snprintf(inv->error, sizeof(inv->error),
		"%s: give a call, or a trunk and a call reference, as in to-hub:17",
		inv->command->name);
	return false;
}

static void
print_explanation(const json_t *row, void *arg)
{
	const char *mend = json_string_value(json_object_get(row, "mend"));

	(void)arg;
	printf("%s\n", json_string_value(json_object_get(row, "sentence")));
	if (mend != NULL && mend[0] != '\0')
		printf("mend: %s\n", mend);
}

enum exit_code
run_explain(struct invocation *inv)
{
	struct client *client;
	enum exit_code code;

	if (!takes_call(inv))
		return command_misused(inv);
	client = run_open_client(inv);
	if (client == NULL)
		return EXIT_REFUSED;
	code = ask(inv, client, inv->json ? print_json_row : print_explanation, NULL);
	client_close(client);
	return code;
}

enum exit_code
run_trace(struct invocation *inv)
{
	struct client *client;
	enum exit_code code;
	bool any = false;

	if (!takes_call(inv))
		return command_misused(inv);
	client = run_open_client(inv);
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

enum exit_code
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
	client = run_open_client(inv);
	if (client == NULL)
		return EXIT_REFUSED;
	code = top_run(inv, client);
	client_close(client);
	return code;
}

enum exit_code
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

static void
print_help_json(const struct command *command)
{
	json_t *json = help_to_json(command);

	format_json(stdout, json);
	json_decref(json);
}

enum exit_code
run_help(struct invocation *inv)
{
	const char *name = json_string_value(json_object_get(inv->params, "command"));
	const struct command *command = name != NULL ? command_find(name) : NULL;

	if (name != NULL && command == NULL) {
		snprintf(inv->error, sizeof(inv->error), "there is no command %s", name);
		return command_misused(inv);
	}
	if (!inv->json && command != NULL)
		help_command(stdout, command);
	else if (!inv->json)
		help_usage(stdout, NULL);
	else if (command != NULL)
		print_help_json(command);
	else
		for (command = commands; command->name != NULL; command++)
			print_help_json(command);
	return EXIT_DONE;
}
