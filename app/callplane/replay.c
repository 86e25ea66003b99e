/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "callplane/capture.h"
#include "callplane/source.h"

#define LOOK_NS UINT64_C(20000000)    /* how often the job is looked at */
#define STALL_NS UINT64_C(5000000000) /* a source that gives nothing for so long is ended */

enum replay_state {
	REPLAY_LOADING,  /* the file is being copied */
	REPLAY_STARTING, /* control has been asked for a job */
	REPLAY_RUNNING,
	REPLAY_ENDED, /* the job has ended, or there was none: the source can go */
	REPLAY_OVER,
};

struct replay {
	struct ask ask; /* first: an answer finds its replay by it */
	enum replay_state state;
	struct appliance *appliance;
	uint32_t number;
	struct query_args args;
	replay_begun_fn begun;
	void *arg;
	struct capture *capture;
	struct source source;
	uint32_t job;
	uint64_t look_ns; /* when to look at the job again */
	uint64_t done;    /* at the last look */
	uint64_t moved_ns;
	bool cancelled;
};

static void answered(struct ask *ask, uint64_t now_ns);

struct replay *
replay_create(struct appliance *appliance, uint32_t number, const struct query_args *args,
	replay_begun_fn begun, void *arg)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->ask.answered = answered;
	r->appliance = appliance;
	r->number = number;
	r->args = *args;
	r->begun = begun;
	r->arg = arg;
	return r;
}

struct ask *
replay_ask(struct replay *r)
{
	return &r->ask;
}

/* The answer's message is filled in. */
static void
fail(struct replay *r, int err)
{
	r->ask.query.error = err;
	r->begun(r->arg, &r->ask.query);
	r->state = REPLAY_ENDED;
}

static bool
load(struct replay *r)
{
	struct query *query = &r->ask.query;
	char name[64];
	int err = 1;

	if (r->capture == NULL)
		err = capture_open(&r->capture, r->args.path, r->args.count, query->message,
			sizeof(query->message));
	if (err >= 0)
		err = capture_load(r->capture, query->message, sizeof(query->message));
	if (err > 0)
		return true;
	if (err == 0) {
		capture_name(r->capture, name, sizeof(name));
		err = source_open(&r->source, r->number, name, appliance_mempool(r->appliance),
			query->message, sizeof(query->message));
	}
	if (err != 0) {
		fail(r, err);
		return true;
	}
	r->args.ethdev = r->source.ethdev;
	r->args.total = capture_n_frames(r->capture);
	ask_control(&r->ask, QUERY_REPLAY, &r->args);
	r->state = REPLAY_STARTING;
	return false;
}

static void
started(struct replay *r, uint64_t now_ns)
{
	const struct query *query = &r->ask.query;

	if (query->error != 0) {
		fail(r, query->error);
		return;
	}
	r->job = query->rows.jobs[0].job;
	r->look_ns = r->moved_ns = now_ns;
	r->state = REPLAY_RUNNING;
	r->begun(r->arg, query);
}

/* A source that runs out of mbufs loses frames, and its job would wait for them for ever (I8). */
static void
cancel_when_stalled(struct replay *r, const struct query_job_row *job, uint64_t now_ns)
{
	struct query_args args = { .id = r->job };

	if (job->done != r->done) {
		r->done = job->done;
		r->moved_ns = now_ns;
	} else if (now_ns - r->moved_ns > STALL_NS && !r->cancelled) {
		cp_log(CP_LOG_WARN,
			"replay of %s: nothing comes after frame %llu of %llu; mend: more mbufs",
			r->args.path, (unsigned long long)job->done,
			(unsigned long long)r->args.total);
		ask_control(&r->ask, QUERY_CANCEL, &args);
		r->cancelled = true;
	}
}

/* A job that control no longer knows has ended. */
static void
looked(struct replay *r, uint64_t now_ns)
{
	const struct query *query = &r->ask.query;

	if (query->method == QUERY_CANCEL)
		return;
	if (query->error != 0 || query->n_rows == 0 ||
		strcmp(query->rows.jobs[0].state, "running") != 0)
		r->state = REPLAY_ENDED;
	else
		cancel_when_stalled(r, &query->rows.jobs[0], now_ns);
}

static void
answered(struct ask *ask, uint64_t now_ns)
{
	struct replay *r = (struct replay *)ask;

	if (r->state == REPLAY_STARTING)
		started(r, now_ns);
	else
		looked(r, now_ns);
}

static void
look(struct replay *r, uint64_t now_ns)
{
	struct query_args args = { .id = r->job };

	if (now_ns < r->look_ns || !ask_is_idle(&r->ask))
		return;
	r->look_ns = now_ns + LOOK_NS;
	ask_control(&r->ask, QUERY_JOBS, &args);
}

static void
release(struct replay *r)
{
	source_close(&r->source);
	if (r->capture != NULL)
		capture_close(r->capture);
	r->capture = NULL;
}

bool
replay_step(struct replay *r, uint64_t now_ns)
{
	switch (r->state) {
	case REPLAY_LOADING:
		return load(r);
	case REPLAY_RUNNING:
		look(r, now_ns);
		break;
	case REPLAY_ENDED:
		release(r);
		r->state = REPLAY_OVER;
		break;
	case REPLAY_STARTING:
	case REPLAY_OVER:
		break;
	}
	return false;
}

bool
replay_is_over(const struct replay *r)
{
	return r->state == REPLAY_OVER;
}

void
replay_destroy(struct replay *r)
{
	release(r);
	free(r);
}
