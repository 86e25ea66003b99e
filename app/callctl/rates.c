/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/rates.h"

#include <string.h>

/* Two rows of one thing, and the time between them. */
struct step {
	const json_t *before; /* NULL: it was not there */
	const json_t *now;
	double seconds;
};

void
rates_look_init(struct rates_look *look)
{
	memset(look, 0, sizeof(*look));
	look->workers = json_array();
	look->ports = json_array();
	look->trunks = json_array();
	look->busiest = json_array();
}

void
rates_look_fini(struct rates_look *look)
{
	json_decref(look->status);
	json_decref(look->workers);
	json_decref(look->ports);
	json_decref(look->trunks);
	json_decref(look->busiest);
	memset(look, 0, sizeof(*look));
}

static double
number(const json_t *row, const char *key)
{
	return json_number_value(json_object_get(row, key));
}

/* How much a counter grew; one that began anew has not. */
static double
grown(const struct step *step, const char *key)
{
	double by = number(step->now, key) - number(step->before, key);

	return step->before != NULL && by > 0 ? by : 0;
}

static double
per_second(const struct step *step, double amount)
{
	return step->seconds > 0 ? amount / step->seconds : 0;
}

static double
ratio(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

static void
put(json_t *out, const char *key, double value)
{
	json_object_set_new(out, key, json_real(value));
}

static void
put_rate(json_t *out, const char *key, const struct step *step, const char *counter)
{
	put(out, key, per_second(step, grown(step, counter)));
}

static void
copy(json_t *out, const json_t *row, const char *key)
{
	json_object_set(out, key, json_object_get(row, key));
}

/* "drops", reasons of those that there were with their rates, and "drops_per_s", their sum. */
static void
put_drops(json_t *out, const struct step *step)
{
	struct step drops = { .seconds = step->seconds,
		.before = json_object_get(step->before, "drops"),
		.now = json_object_get(step->now, "drops") };
	json_t *reasons = json_object();
	const json_t *value;
	double rate, sum = 0;
	const char *reason;

	json_object_foreach((json_t *)drops.now, reason, value)
	{
		rate = per_second(&drops, grown(&drops, reason));
		sum += rate;
		if (rate > 0)
			put(reasons, reason, rate);
	}
	put(out, "drops_per_s", sum);
	json_object_set_new(out, "drops", reasons);
}

/* ---- Gaps: two sorted lists of a bucket's edge and its count. ---- */

static double
at(const json_t *buckets, size_t i, size_t k)
{
	return json_number_value(json_array_get(json_array_get(buckets, i), k));
}

/* By how much bucket i of the later list has grown; *seen goes along the earlier one. */
static double
bucket_grown(const json_t *before, const json_t *now, size_t i, size_t *seen)
{
	while (*seen < json_array_size(before) && at(before, *seen, 0) < at(now, i, 0))
		++*seen;
	if (*seen < json_array_size(before) && at(before, *seen, 0) == at(now, i, 0))
		return at(now, i, 1) - at(before, *seen, 1);
	return at(now, i, 1);
}

/* The edge at or below which a share of all turns between the two looks lies. */
static double
gap_quantile(const struct step *step, double share)
{
	const json_t *before = json_object_get(step->before, "gap_cycles");
	const json_t *now = json_object_get(step->now, "gap_cycles");
	double n = grown(step, "turns"), sum = 0, edge = 0, by;
	size_t i, seen = 0;

	for (i = 0; i < json_array_size(now) && (sum < share * n || share >= 1); i++) {
		by = bucket_grown(before, now, i, &seen);
		sum += by;
		if (by > 0)
			edge = at(now, i, 0);
	}
	return edge;
}

static void
put_gaps(json_t *out, const struct step *step)
{
	double hz = number(step->now, "tsc_hz");

	if (hz <= 0)
		return;
	put(out, "gap_ns_p50", gap_quantile(step, 0.5) * 1e9 / hz);
	put(out, "gap_ns_p9999", gap_quantile(step, 0.9999) * 1e9 / hz);
	/* No turn at all: the gap is still open, and at least as long as we looked. */
	put(out, "gap_ns_max",
		grown(step, "turns") > 0 ? gap_quantile(step, 1) * 1e9 / hz : step->seconds * 1e9);
}

/* ---- Rows. ---- */

/* The kernel books a wait when it is over: a long one may be longer than the time between. */
static double
wait_percent(const struct step *look)
{
	double percent = 100 * per_second(look, grown(look, "wait_ns") / 1e9);

	return percent < 100 ? percent : 100;
}

/* A worker's own clock tells how long it worked: the time between its two accounts. */
static void
worker(json_t *out, const struct step *look)
{
	double busy = grown(look, "busy_cycles"), idle = grown(look, "idle_cycles");
	double frames = grown(look, "rx") + grown(look, "from_control");
	struct step step = *look;

	if (busy + idle > 0)
		step.seconds = ratio(busy + idle, number(look->now, "tsc_hz"));
	copy(out, step.now, "lcore");
	copy(out, step.now, "numa_node");
	copy(out, step.now, "ports");
	put(out, "busy_percent", 100 * ratio(busy, busy + idle));
	put(out, "frames_per_s", per_second(&step, frames));
	put(out, "cycles_per_frame", ratio(busy, frames));
	put(out, "frames_per_busy_turn", ratio(frames, grown(&step, "busy_turns")));
	put_gaps(out, &step);
	put(out, "wait_percent", wait_percent(look));
	copy(out, step.now, "to_control_percent");
	put_drops(out, &step);
}

static void
port(json_t *out, const struct step *step)
{
	copy(out, step->now, "name");
	copy(out, step->now, "link_up");
	put_rate(out, "rx_per_s", step, "rx");
	put(out, "rx_bits_per_s", 8 * per_second(step, grown(step, "rx_octets")));
	put_rate(out, "tx_per_s", step, "tx");
	put(out, "tx_bits_per_s", 8 * per_second(step, grown(step, "tx_octets")));
	put_rate(out, "missed_per_s", step, "missed");
	put_drops(out, step);
}

static void
trunk(json_t *out, const struct step *step)
{
	copy(out, step->now, "name");
	copy(out, step->now, "link");
	copy(out, step->now, "state");
	copy(out, step->now, "calls");
	copy(out, step->now, "labels");
	put_rate(out, "set_up_per_s", step, "set_up");
	put_rate(out, "cleared_per_s", step, "cleared");
	put_rate(out, "messages_rx_per_s", step, "messages_rx");
	put_rate(out, "messages_tx_per_s", step, "messages_tx");
	copy(out, step->now, "alarms");
}

static const json_t *
find(const json_t *rows, const char *key, const json_t *wanted)
{
	const json_t *row;
	size_t i;

	json_array_foreach(
		rows, i, row) if (json_equal(json_object_get(row, key), wanted)) return row;
	return NULL;
}

static json_t *
rows_of(const json_t *before, const json_t *now, const char *key, double seconds,
	void (*fill)(json_t *out, const struct step *step))
{
	json_t *rows = json_array(), *out;
	struct step step = { .seconds = seconds };
	size_t i;

	json_array_foreach(now, i, step.now)
	{
		step.before = find(before, key, json_object_get(step.now, key));
		out = json_object();
		fill(out, &step);
		json_array_append_new(rows, out);
	}
	return rows;
}

json_t *
rates_between(const struct rates_look *before, const struct rates_look *now)
{
	struct step status = {
		.before = before->status, .now = now->status, .seconds = now->at_s - before->at_s
	};
	json_t *out = json_object();
	unsigned int i;
	static const char *const copied[] = { "version", "state", "uptime_s", "calls",
		"calls_active", "parties", "vcs", "jobs_running" };

	for (i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		copy(out, now->status, copied[i]);
	put(out, "seconds", status.seconds);
	put_rate(out, "set_up_per_s", &status, "calls_set_up");
	put_rate(out, "cleared_per_s", &status, "calls_cleared");
	json_object_set_new(out, "workers",
		rows_of(before->workers, now->workers, "lcore", status.seconds, worker));
	json_object_set_new(
		out, "ports", rows_of(before->ports, now->ports, "name", status.seconds, port));
	json_object_set_new(
		out, "trunks", rows_of(before->trunks, now->trunks, "name", status.seconds, trunk));
	json_object_set(out, "vcs", now->busiest);
	return out;
}
