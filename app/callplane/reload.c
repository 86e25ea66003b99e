/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/reload.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "callplane/config_text.h"
#include "callplane/session.h"

#define CHANGES_MAX 200 /* told one by one; the others are counted */
#define CHANGE_LINE 256

struct reload {
	struct ask ask; /* first: an answer finds us by it */
	const char *path;
	atomic_bool *wanted;
	const struct config *running;
	struct config *own; /* running, when it is not the one of the start */
	/* Of what is going on: */
	struct config *next;     /* NULL: nothing is */
	struct session *session; /* that waits for the end; NULL: a signal asked */
	bool check;              /* nothing is to be taken over */
	json_t *changes;
	uint32_t n_changes, n_fixed; /* fixed: a running appliance cannot take it over */
	char first_fixed[CHANGE_LINE];
	char error[CONFIG_ERROR_TEXT];
};

/* ---- The end of it. ---- */

static void
forget(struct reload *r)
{
	free(r->next);
	r->next = NULL;
	json_decref(r->changes);
	r->changes = NULL;
	r->session = NULL;
}

static void
refuse(struct reload *r, int err)
{
	if (!r->check)
		cp_log(CP_LOG_ERR,
			"the configuration is not reloaded, the one that runs stays whole: %s",
			r->error);
	if (r->session != NULL)
		session_refuse(r->session, RPC_REFUSED, err, r->error);
	forget(r);
}

static void
finish(struct reload *r, bool applied)
{
	json_t *result;

	if (r->session != NULL) {
		result = json_pack("{s:s, s:b, s:I, s:b, s:O}", "path", r->path, "applied", applied,
			"differences", (json_int_t)r->n_changes, "restart_needed", r->n_fixed > 0,
			"changes", r->changes);
		session_result(r->session, result);
		json_decref(result);
	}
	forget(r);
}

static void
log_changes(const struct reload *r)
{
	json_t *change;
	size_t i;

	json_array_foreach(r->changes, i, change) cp_log(CP_LOG_NOTICE, "configuration: %s",
		json_string_value(json_object_get(change, "text")));
	cp_log(CP_LOG_NOTICE, "configuration reloaded from %s, %u differences", r->path,
		r->n_changes);
}

static void
answered(struct ask *ask, uint64_t now_ns)
{
	struct reload *r = (struct reload *)ask;

	(void)now_ns;
	if (ask->query.error != 0) {
		snprintf(r->error, sizeof(r->error), "%s: %s", r->path, ask->query.message);
		refuse(r, ask->query.error);
		return;
	}
	free(r->own);
	r->running = r->own = r->next;
	r->next = NULL;
	log_changes(r);
	finish(r, true);
}

/* ---- What is different. ---- */

static json_t *
change_to_json(const struct config_change *change, const char *line)
{
	static const char *const kinds[] = {
		[CONFIG_ADDED] = "added",
		[CONFIG_REMOVED] = "removed",
		[CONFIG_CHANGED] = "changed",
	};

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "kind", kinds[change->kind],
		"section", change->section, "name", change->name, "key", change->key, "before",
		change->before, "after", change->after, "restart_needed", !change->live, "text",
		line);
}

/* config_change_fn */
static void
keep_change(void *arg, const struct config_change *change)
{
	struct reload *r = arg;
	char line[CHANGE_LINE];

	config_change_print(line, sizeof(line), change);
	if (r->n_changes++ < CHANGES_MAX)
		json_array_append_new(r->changes, change_to_json(change, line));
	if (!change->live && r->n_fixed++ == 0)
		memcpy(r->first_fixed, line, sizeof(line));
}

static int
compare(struct reload *r)
{
	int err;

	r->changes = json_array();
	r->n_changes = r->n_fixed = 0;
	err = config_align(r->next, r->running);
	if (err == 0)
		err = config_diff(r->running, r->next, keep_change, r);
	if (err >= 0)
		return 0;
	snprintf(r->error, sizeof(r->error),
		"%s: no memory to compare it; mend: end other processes and try again", r->path);
	return err;
}

static int
read_file(struct reload *r)
{
	int err;

	r->next = malloc(sizeof(*r->next));
	if (r->next == NULL) {
		snprintf(r->error, sizeof(r->error), "%s: no memory to read it; mend: free some",
			r->path);
		return -ENOMEM;
	}
	err = config_load(r->next, r->path, r->error, sizeof(r->error));
	return err == 0 ? compare(r) : err;
}

/* ---- The beginning. ---- */

static void
begin(struct reload *r, struct session *session, bool check)
{
	struct query_args args = { 0 };
	char others[32] = "";
	int err;

	r->session = session;
	r->check = check;
	err = read_file(r);
	if (err != 0) {
		refuse(r, err);
	} else if (check) {
		finish(r, false);
	} else if (r->n_fixed > 0) {
		if (r->n_fixed > 1)
			snprintf(others, sizeof(others), " (and %u more)", r->n_fixed - 1);
		snprintf(r->error, sizeof(r->error),
			"%s: %s%s: a running appliance cannot take that over; mend: restart it, or "
			"take that back",
			r->path, r->first_fixed, others);
		refuse(r, -EBUSY);
	} else if (r->n_changes == 0) {
		log_changes(r);
		finish(r, true);
	} else {
		args.config = r->next;
		ask_control(&r->ask, QUERY_CONFIG_RELOAD, &args);
		if (session != NULL)
			session->state = SESSION_AWAITS_CONFIG;
	}
}

static void
show(const struct reload *r, struct session *session)
{
	char *text = config_text(r->running);
	json_t *result;

	if (text == NULL) {
		session_refuse(session, RPC_REFUSED, -ENOMEM,
			"no memory for the configuration's text; mend: free some");
		return;
	}
	result = json_pack("{s:s, s:s}", "path", r->path, "yaml", text);
	session_result(session, result);
	json_decref(result);
	free(text);
}

void
reload_serve(struct reload *r, struct session *session)
{
	if (session->request.method == RPC_CONFIG_SHOW)
		show(r, session);
	else if (r->next != NULL)
		session_refuse(session, RPC_REFUSED, -EBUSY,
			"another reload is going on; mend: try again");
	else
		begin(r, session, session->request.args.check);
}

void
reload_step(struct reload *r)
{
	if (r->next == NULL && atomic_exchange_explicit(r->wanted, false, memory_order_relaxed))
		begin(r, NULL, false);
}

struct ask *
reload_ask(struct reload *r)
{
	return &r->ask;
}

/* ---- Life. ---- */

struct reload *
reload_create(const struct config *config, const char *path, atomic_bool *wanted)
{
	struct reload *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->ask.answered = answered;
	r->running = config;
	r->path = path;
	r->wanted = wanted;
	return r;
}

void
reload_destroy(struct reload *r)
{
	if (r == NULL)
		return;
	forget(r);
	free(r->own);
	free(r);
}
