/* SPDX-License-Identifier: BSD-3-Clause */
#include "fake_appliance.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void
refuse(struct query *query, int err, const char *message)
{
	query->error = err;
	snprintf(query->message, sizeof(query->message), "%s", message);
}

static void
answer_calls(const struct appliance *appliance, struct query *query)
{
	struct query_call_row *row;

	for (query->n_rows = 0; query->n_rows < QUERY_ROWS && query->cursor < appliance->n_calls;) {
		row = &query->rows.calls[query->n_rows++];
		memset(row, 0, sizeof(*row));
		row->call = ++query->cursor;
		snprintf(row->trunk, sizeof(row->trunk), "to-hub");
	}
	query->more = query->cursor < appliance->n_calls;
}

/* What is looked for is found in the third slice only. */
static void
answer_trace(struct query *query)
{
	query->more = ++query->cursor < 4;
	if (query->cursor < 3)
		return;
	memset(&query->rows.traces[0], 0, sizeof(query->rows.traces[0]));
	query->rows.traces[0].reference = query->cursor;
	query->n_rows = 1;
}

/* A first slice, and then something goes wrong. */
static void
answer_vcs(struct query *query)
{
	if (query->cursor++ > 0) {
		refuse(query, -EIO, "the list is lost");
		return;
	}
	memset(&query->rows.vcs[0], 0, sizeof(query->rows.vcs[0]));
	query->n_rows = 1;
	query->more = true;
}

static void
answer_counters(struct query *query)
{
	memset(&query->rows.counters[0], 0, sizeof(query->rows.counters[0]));
	query->rows.counters[0].calls = UINT64_C(5000000000);
	query->rows.counters[0].drops[DP_DROP_NO_CIRCUIT] = 7;
	query->n_rows = 1;
}

static void
answer_close(struct appliance *appliance, struct query *query)
{
	struct query_job_row *row = &query->rows.jobs[0];

	appliance->close = query->args;
	appliance->n_closes++;
	memset(row, 0, sizeof(*row));
	row->job = 3;
	/* A character that was cut in two. */
	snprintf(row->detail, sizeof(row->detail), "cut \xc3");
	query->n_rows = 1;
}

int
query_post(struct appliance *appliance, struct query *query)
{
	if (appliance->n_refusals > 0) {
		appliance->n_refusals--;
		return -EAGAIN;
	}
	query->n_rows = 0;
	query->more = false;
	appliance->method = query->method;
	appliance->args = query->args;
	if (query->method == QUERY_CALLS)
		answer_calls(appliance, query);
	else if (query->method == QUERY_VCS)
		answer_vcs(query);
	else if (query->method == QUERY_TRACE)
		answer_trace(query);
	else if (query->method == QUERY_COUNTERS)
		answer_counters(query);
	else if (query->method == QUERY_CLOSE)
		answer_close(appliance, query);
	else if (query->method == QUERY_CANCEL)
		refuse(query, -ENOENT, "there is no job 9");
	appliance->answered[appliance->n_answered++] = query;
	return 0;
}

struct query *
query_reap(struct appliance *appliance)
{
	return appliance->n_answered > 0 ? appliance->answered[--appliance->n_answered] : NULL;
}

uint64_t
appliance_now(const struct appliance *appliance)
{
	return appliance->now_ns;
}

struct rte_mempool *
appliance_mempool(struct appliance *appliance)
{
	(void)appliance;
	return NULL;
}
