/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/top.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "callctl/format.h"
#include "callctl/rates.h"
#include "callctl/screen.h"
#include "callctl/view.h"

static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* client_row_fn */
static void
append(const json_t *row, void *arg)
{
	json_array_append_new(arg, json_deep_copy(row));
}

/* client_row_fn */
static void
keep(const json_t *row, void *arg)
{
	*(json_t **)arg = json_deep_copy(row);
}

static enum client_result
look(struct client *client, struct rates_look *out)
{
	enum client_result result;

	rates_look_init(out);
	out->at_s = now_s();
	result = client_call(client, "status", NULL, keep, &out->status);
	if (result == CLIENT_DONE)
		result = client_call(client, "workers", NULL, append, out->workers);
	if (result == CLIENT_DONE)
		result = client_call(client, "ports", NULL, append, out->ports);
	if (result == CLIENT_DONE)
		result = client_call(client, "trunks", NULL, append, out->trunks);
	if (result == CLIENT_DONE)
		result = client_call(client, "busiest", NULL, append, out->busiest);
	return result;
}

/* Until the interval is over, drawing the picture anew when it must be. @return Whether to end. */
static bool
watch(const char *picture, double until_s)
{
	double left_s;
	int key;

	while ((left_s = until_s - now_s()) > 0) {
		screen_draw(picture);
		key = screen_key((int)(left_s * 1000) + 1);
		if (key == 'q' || key == 'Q')
			return true;
	}
	return false;
}

static void
sleep_until(double until_s)
{
	struct timespec ts = { .tv_sec = (time_t)until_s,
		.tv_nsec = (long)((until_s - (double)(time_t)until_s) * 1e9) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static char *
picture_of(const json_t *rates)
{
	char *picture = NULL;
	size_t size;
	FILE *out = open_memstream(&picture, &size);

	if (out == NULL)
		return NULL;
	view_print(out, rates);
	fclose(out);
	return picture;
}

struct top {
	const struct invocation *inv;
	struct client *client;
	double interval_s;
	bool on_screen;
	bool once;
	struct rates_look before, now;
	char *picture;
};

/* What the interval has brought. @return Whether to end. */
static bool
show(struct top *top)
{
	json_t *rates = rates_between(&top->before, &top->now);
	bool is_over = top->once;

	if (top->inv->json) {
		format_json(stdout, rates);
		is_over |= fflush(stdout) != 0;
	} else if (top->on_screen) {
		free(top->picture);
		top->picture = picture_of(rates);
		is_over |= top->picture == NULL;
	} else {
		view_print(stdout, rates);
	}
	json_decref(rates);
	return is_over;
}

static enum client_result
run(struct top *top)
{
	enum client_result result = look(top->client, &top->before);
	bool is_over = false;

	while (result == CLIENT_DONE && !is_over) {
		if (top->on_screen)
			is_over = watch(top->picture != NULL ? top->picture : "one moment\n",
				top->before.at_s + top->interval_s);
		else
			sleep_until(top->before.at_s + top->interval_s);
		if (is_over)
			break;
		result = look(top->client, &top->now);
		if (result == CLIENT_DONE)
			is_over = show(top);
		rates_look_fini(&top->before);
		top->before = top->now;
	}
	rates_look_fini(&top->before);
	return result;
}

enum exit_code
top_run(const struct invocation *inv, struct client *client)
{
	json_int_t interval = json_integer_value(json_object_get(inv->params, "interval"));
	struct top top = { .inv = inv, .client = client };
	enum client_result result;

	top.interval_s = interval > 0 ? (double)interval : 1;
	if (!inv->json && !inv->once)
		top.on_screen = screen_open() == 0;
	top.once = inv->once || (!inv->json && !top.on_screen);
	result = run(&top);
	if (top.on_screen)
		screen_close();
	free(top.picture);
	if (result == CLIENT_DONE)
		return EXIT_DONE;
	fprintf(stderr, "callctl: top: %s\n", client_error(client));
	return result == CLIENT_REFUSED ? EXIT_REFUSED : EXIT_NOBODY;
}
