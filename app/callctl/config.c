/* SPDX-License-Identifier: BSD-3-Clause */

#include "callctl/client.h"
#include "callctl/format.h"
#include "callctl/run.h"

/* The configuration of a running appliance: shown, and exchanged for its file's. */

enum exit_code
run_config_show(struct invocation *inv)
{
	struct client *client = run_open_client(inv);
	enum exit_code code = EXIT_DONE;
	enum client_result result;
	json_t *row = NULL;

	if (client == NULL)
		return EXIT_REFUSED;
	result = client_call(client, "config_show", NULL, run_keep_row, &row);
	if (result != CLIENT_DONE)
		code = run_end(inv, client, result);
	else if (inv->json)
		format_json(stdout, row);
	else
		fputs(json_string_value(json_object_get(row, "yaml")), stdout);
	json_decref(row);
	client_close(client);
	return code;
}

static void
print_changes(const json_t *row)
{
	json_int_t n = json_integer_value(json_object_get(row, "differences"));
	const json_t *changes = json_object_get(row, "changes"), *change;
	size_t i;

	json_array_foreach(changes, i, change) printf("%s%s\n",
		json_string_value(json_object_get(change, "text")),
		json_is_true(json_object_get(change, "restart_needed")) ? " (needs a restart)"
									: "");
	if (n > (json_int_t)i)
		printf("and %" JSON_INTEGER_FORMAT " more\n", n - (json_int_t)i);
	if (n == 0)
		printf("nothing is different\n");
}

static enum client_result
reload(const struct invocation *inv, struct client *client, bool check, bool *needs_restart)
{
	json_t *params = check ? json_pack("{s:b}", "check", 1) : NULL, *row = NULL;
	enum client_result result =
		client_call(client, "config_reload", params, run_keep_row, &row);

	*needs_restart = json_is_true(json_object_get(row, "restart_needed"));
	if (result == CLIENT_DONE && inv->json)
		format_json(stdout, row);
	else if (result == CLIENT_DONE)
		print_changes(row);
	json_decref(row);
	return result;
}

enum exit_code
run_config_reload(struct invocation *inv)
{
	bool check = json_object_get(inv->params, "check") != NULL, needs_restart;
	struct client *client = run_open_client(inv);
	enum exit_code code = EXIT_DONE;
	enum client_result result;

	if (client == NULL)
		return EXIT_REFUSED;
	result = reload(inv, client, check, &needs_restart);
	if (result != CLIENT_DONE) {
		code = run_end(inv, client, result);
		/* What would have been different is told as well, if the file says so much. */
		if (result == CLIENT_REFUSED && !check)
			reload(inv, client, true, &needs_restart);
	} else if (needs_restart) {
		fprintf(stderr,
			"callctl: %s: a running appliance cannot take that over; mend: "
			"restart it, or take that back\n",
			inv->command->name);
		code = EXIT_REFUSED;
	}
	client_close(client);
	return code;
}
