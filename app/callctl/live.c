/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/live.h"

#include <ctype.h>
#include <stdlib.h>

#include "callctl/client.h"

#define KEYS_MAX 2
#define ROWS_MAX 50000 /* of a million calls nobody wants to wait for all */
#define SILENCE_MS 1000

struct live {
	const char *method;
	const char *keys[KEYS_MAX];
};

static const struct live lives[COMPLETE_COUNT] = {
	[COMPLETE_CALL] = { "calls", { "call", "name" } },
	[COMPLETE_VC] = { "vcs", { "vc", "name" } },
	[COMPLETE_PARTY] = { "parties", { "party" } },
	[COMPLETE_JOB] = { "jobs", { "job" } },
	[COMPLETE_TRUNK] = { "trunks", { "name" } },
	[COMPLETE_PORT] = { "ports", { "name" } },
	[COMPLETE_ADDRESS] = { "attachments", { "address" } },
};

struct asking {
	struct client *client;
	const struct live *live;
	struct candidates *list;
	unsigned int n_rows;
};

static bool
add_value(struct candidates *list, const json_t *value)
{
	char number[32];

	if (json_is_string(value) && json_string_length(value) > 0)
		return candidates_add(list, json_string_value(value));
	if (!json_is_integer(value))
		return true;
	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return candidates_add(list, number);
}

/* client_row_fn */
static void
add_row(const json_t *row, void *arg)
{
	struct asking *a = arg;
	unsigned int i;

	for (i = 0; i < KEYS_MAX && a->live->keys[i] != NULL; i++)
		if (!add_value(a->list, json_object_get(row, a->live->keys[i])))
			client_enough(a->client);
	if (++a->n_rows == ROWS_MAX) {
		a->list->is_cut = true;
		client_enough(a->client);
	}
}

static json_t *
params_of(enum completion kind, const char *call)
{
	if (kind != COMPLETE_PARTY || call == NULL)
		return NULL;
	return isdigit((unsigned char)call[0]) ? json_pack("{s:I}", "call", (json_int_t)atoll(call))
					       : json_pack("{s:s}", "call", call);
}

void
live_add(const char *socket, enum completion kind, const char *call, struct candidates *list)
{
	struct asking a = { .live = &lives[kind], .list = list };

	if (a.live->method == NULL || (a.client = client_open(socket)) == NULL)
		return;
	client_set_patience(a.client, SILENCE_MS);
	client_call(a.client, a.live->method, params_of(kind, call), add_row, &a);
	client_close(a.client);
}
