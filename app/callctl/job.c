/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/job.h"

#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "callctl/format.h"
#include "callctl/progress.h"

#define LOOK_FIRST_MS 10
#define LOOK_LAST_MS 200

static json_int_t
count_of(const json_t *job, const char *key)
{
	return json_integer_value(json_object_get(job, key));
}

static double
number_of(const json_t *job, const char *key)
{
	return json_number_value(json_object_get(job, key));
}

static const char *
text_of(const json_t *job, const char *key)
{
	const char *text = json_string_value(json_object_get(job, key));

	return text != NULL ? text : "";
}

static void
print(const struct invocation *inv, const json_t *job)
{
	char took[32];

	if (inv->json) {
		format_json(stdout, job);
		return;
	}
	format_duration(took, sizeof(took), number_of(job, "seconds"));
	printf("job %lld: %s %s: %lld of %lld, %lld failed, %s, %.0f/s\n",
		(long long)count_of(job, "job"), text_of(job, "kind"), text_of(job, "state"),
		(long long)count_of(job, "done"), (long long)count_of(job, "total"),
		(long long)count_of(job, "failed"), took, number_of(job, "rate"));
}

static void
draw(const json_t *job)
{
	struct winsize size = { 0 };
	char line[256];

	ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
	/* The last column stays free: some terminals go on to the next line behind it. */
	progress_line(line, sizeof(line), job, size.ws_col > 1 ? size.ws_col - 1u : 79);
	fprintf(stderr, "\r%s\033[K", line);
}

/* client_row_fn: keeps the row. */
static void
keep(const json_t *row, void *arg)
{
	json_t **job = arg;

	json_decref(*job);
	*job = json_deep_copy(row);
}

static enum client_result
look(struct client *client, json_t **job)
{
	json_t *params = json_pack("{s:I}", "id", count_of(*job, "job"));

	return client_call(client, "jobs", params, keep, job);
}

static bool
is_running(const json_t *job)
{
	return strcmp(text_of(job, "state"), "running") == 0 ||
	       strcmp(text_of(job, "state"), "cancelling") == 0;
}

static volatile sig_atomic_t is_interrupted;

static void
interrupted(int signal)
{
	(void)signal;
	is_interrupted = 1;
}

/* Ctrl-C leaves the job alone, and says so. */
static void
end_interrupted(const json_t *job)
{
	fprintf(stderr, "callctl: job %lld goes on; jobs shows it, cancel %lld ends it\n",
		(long long)count_of(job, "job"), (long long)count_of(job, "job"));
	raise(SIGINT); /* SA_RESETHAND: it now does what it always does */
}

/* @return The job's last row, to be let go of. */
static json_t *
watch(struct client *client, const json_t *first, bool is_shown, enum client_result *result)
{
	const struct sigaction action = { .sa_handler = interrupted, .sa_flags = SA_RESETHAND };
	json_t *job = json_deep_copy(first);
	long wait_ms = LOOK_FIRST_MS;
	struct timespec ts = { 0 };
	struct sigaction before;

	*result = CLIENT_DONE;
	sigaction(SIGINT, &action, &before);
	while (*result == CLIENT_DONE && is_running(job) && !is_interrupted) {
		if (is_shown)
			draw(job);
		ts.tv_nsec = wait_ms * 1000000;
		nanosleep(&ts, NULL);
		wait_ms = wait_ms < LOOK_LAST_MS / 2 ? wait_ms * 2 : LOOK_LAST_MS;
		*result = look(client, &job);
	}
	if (is_shown)
		fprintf(stderr, "\r\033[K");
	if (is_interrupted)
		end_interrupted(job);
	sigaction(SIGINT, &before, NULL);
	return job;
}

static enum exit_code
verdict(const struct invocation *inv, const json_t *job)
{
	const char *detail = text_of(job, "detail");
	json_int_t failed = count_of(job, "failed");

	if (failed == 0 && strcmp(text_of(job, "state"), "done") == 0)
		return EXIT_DONE;
	fprintf(stderr, "callctl: %s: %s, %lld of %lld failed%s%s\n", inv->command->name,
		text_of(job, "state"), (long long)failed, (long long)count_of(job, "total"),
		detail[0] != '\0' ? ": " : "", detail);
	return EXIT_REFUSED;
}

static enum exit_code
follow(struct invocation *inv, struct client *client, const json_t *first, bool must_be_done)
{
	enum client_result result;
	enum exit_code code;
	json_t *job;

	job = watch(client, first, isatty(STDERR_FILENO) != 0, &result);
	if (result == CLIENT_DONE) {
		print(inv, job);
		fflush(stdout);
		code = must_be_done ? verdict(inv, job) : EXIT_DONE;
	} else {
		fprintf(stderr, "callctl: %s: %s\n", inv->command->name, client_error(client));
		code = result == CLIENT_REFUSED ? EXIT_REFUSED : EXIT_NOBODY;
	}
	json_decref(job);
	return code;
}

enum exit_code
job_follow(struct invocation *inv, struct client *client, const json_t *first)
{
	return follow(inv, client, first, true);
}

enum exit_code
job_await_end(struct invocation *inv, struct client *client, const json_t *first)
{
	return follow(inv, client, first, false);
}
