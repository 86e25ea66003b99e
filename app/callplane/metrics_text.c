/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "callplane/metrics.h"
#include "dataplane/dataplane.h"
#include "uni/cause.h"

/*
 * OpenMetrics text. Names in labels are those of the configuration, or of tables here: none has a
 * character that would want to be escaped. There is no label of a call, an address or a circuit,
 * so what is printed has a bound that the configuration gives.
 */

/** One number of a record. */
struct member {
	const char *name; /* of the family, without prefix and "_total" */
	const char *help;
	uint16_t offset;
	uint8_t size; /* of the member */
	bool gauge;
};

#define COUNTER(record, m, name, help)                                                             \
	{                                                                                          \
		name, help, offsetof(struct record, m), sizeof(((struct record *)NULL)->m), false  \
	}
#define GAUGE(record, m, name, help)                                                               \
	{                                                                                          \
		name, help, offsetof(struct record, m), sizeof(((struct record *)NULL)->m), true   \
	}
#define OF_STATUS(kind, m, name, help) kind(query_status_row, m, name, help)
#define OF_ALL(kind, m, name, help) kind(query_counters_row, m, name, help)
#define OF_PORT(kind, m, name, help) kind(query_port_row, m, name, help)
#define OF_TRUNK(kind, m, name, help) kind(query_trunk_row, m, name, help)
#define OF_WORKER(kind, m, name, help) kind(query_worker_row, m, name, help)

static const struct member status_members[] = {
	OF_STATUS(GAUGE, calls, "call_legs", "Call legs that signalling has, of all trunks."),
	OF_STATUS(GAUGE, calls_active, "call_legs_active", "Of the legs, those that are up."),
	OF_STATUS(GAUGE, max_calls, "call_legs_limit", "Room for call legs."),
	OF_STATUS(GAUGE, parties, "parties", "Parties of multipoint calls."),
	OF_STATUS(GAUGE, vcs, "vcs", "Virtual circuits, those of signalling with them."),
	OF_STATUS(GAUGE, jobs_running, "jobs_running", "Jobs under way."),
	OF_STATUS(GAUGE, memory_octets, "memory_octets",
		"Memory of the dataplane and of control's arrays."),
	OF_STATUS(COUNTER, calls_set_up, "legs_set_up", "Call legs that came up."),
	OF_STATUS(COUNTER, calls_cleared, "legs_cleared", "Call legs that were cleared."),
};

static const struct member all_members[] = {
	OF_ALL(COUNTER, calls_refused, "legs_refused", "Call legs that were refused."),
	OF_ALL(COUNTER, frames_in, "frames_in", "Frames that workers received."),
	OF_ALL(COUNTER, frames_out, "frames_out", "Frames that workers sent."),
	OF_ALL(COUNTER, grace_periods, "grace_periods", "Grace periods that have passed."),
	OF_ALL(COUNTER, circuits_reclaimed, "circuits_reclaimed",
		"Circuits given back after their grace period."),
	OF_ALL(COUNTER, stalls, "worker_stalls", "Workers that held up a grace period."),
	OF_ALL(GAUGE, reclaiming, "circuits_reclaiming", "Circuits that wait for it."),
	OF_ALL(COUNTER, control_turns, "control_turns", "Turns of the control loop."),
	OF_ALL(COUNTER, control_busy_turns, "control_busy_turns", "Of them, with work."),
	OF_ALL(GAUGE, mbufs_in_use, "mbufs_in_use", "Packet buffers in use."),
	OF_ALL(GAUGE, mbufs_total, "mbufs", "Packet buffers."),
	OF_ALL(COUNTER, alarms, "alarms", "What signalling has told the operator of."),
	OF_ALL(COUNTER, bad_messages, "bad_messages", "Messages that could not be read."),
};

static const struct member port_members[] = {
	OF_PORT(GAUGE, link_up, "port_link_up", "1: the port has a link."),
	OF_PORT(COUNTER, link_changes, "port_link_changes", "Changes of that."),
	OF_PORT(COUNTER, rx, "port_received_frames", "Frames, as the driver counts."),
	OF_PORT(COUNTER, rx_octets, "port_received_octets", "Likewise."),
	OF_PORT(COUNTER, tx, "port_sent_frames", "Frames, as the driver counts."),
	OF_PORT(COUNTER, tx_octets, "port_sent_octets", "Likewise."),
	OF_PORT(COUNTER, missed, "port_missed_frames", "Frames for which a queue had no room."),
	OF_PORT(COUNTER, errors, "port_errors", "Errors, as the driver counts."),
	OF_PORT(COUNTER, no_mbuf, "port_no_mbuf", "Frames for which there was no buffer."),
};

static const struct member trunk_members[] = {
	OF_TRUNK(GAUGE, calls, "trunk_call_legs", "Call legs on the trunk."),
	OF_TRUNK(GAUGE, calls_active, "trunk_call_legs_active", "Of them, those that are up."),
	OF_TRUNK(GAUGE, parties, "trunk_parties", "Parties of multipoint calls."),
	OF_TRUNK(GAUGE, labels, "trunk_labels", "Labels in use."),
	OF_TRUNK(GAUGE, labels_set_aside, "trunk_labels_set_aside",
		"Labels that the peer may still use."),
	OF_TRUNK(GAUGE, bandwidth, "trunk_bandwidth_octets", "Octets per second; 0: not stated."),
	OF_TRUNK(GAUGE, reserved_rx, "trunk_reserved_rx_octets", "Octets per second."),
	OF_TRUNK(GAUGE, reserved_tx, "trunk_reserved_tx_octets", "Octets per second."),
	OF_TRUNK(COUNTER, refused, "trunk_admissions_refused", "VCs, and changes of rates."),
	OF_TRUNK(COUNTER, set_up, "trunk_legs_set_up", "Call legs that came up."),
	OF_TRUNK(COUNTER, cleared, "trunk_legs_cleared", "Call legs that were cleared."),
	OF_TRUNK(COUNTER, restarts, "trunk_restarts", "Ours, acknowledged."),
	OF_TRUNK(COUNTER, restarts_of_peer, "trunk_peer_restarts", "The peer's, carried out."),
	OF_TRUNK(COUNTER, alarms, "trunk_alarms", "Restarts that failed."),
	OF_TRUNK(GAUGE, unacknowledged, "link_unacknowledged",
		"Messages that the peer has not acknowledged."),
	OF_TRUNK(COUNTER, pdus_tx, "link_sent_pdus", "SSCOP PDUs."),
	OF_TRUNK(COUNTER, pdus_rx, "link_received_pdus", "SSCOP PDUs."),
	OF_TRUNK(COUNTER, retransmitted, "link_retransmitted_pdus", "SSCOP PDUs."),
	OF_TRUNK(COUNTER, sscop_errors, "link_errors", "SSCOP errors A to U."),
	OF_TRUNK(COUNTER, messages_tx, "link_sent_messages", "Messages of call control."),
	OF_TRUNK(COUNTER, messages_rx, "link_received_messages", "Messages of call control."),
	OF_TRUNK(COUNTER, bad_messages, "link_bad_messages", "Those that could not be read."),
};

static const struct member worker_members[] = {
	OF_WORKER(COUNTER, rx, "worker_received_frames", "Frames from ports."),
	OF_WORKER(COUNTER, tx, "worker_sent_frames", "Frames to ports."),
	OF_WORKER(COUNTER, to_control, "worker_to_control_frames", "Frames of signalling."),
	OF_WORKER(COUNTER, from_control, "worker_from_control_frames", "Frames of signalling."),
	OF_WORKER(COUNTER, handed, "worker_handed_frames", "Frames for other workers' circuits."),
	OF_WORKER(COUNTER, turns, "worker_turns", "Turns of its loop."),
	OF_WORKER(COUNTER, busy_turns, "worker_busy_turns", "Of them, with frames."),
	OF_WORKER(COUNTER, busy_cycles, "worker_busy_cycles", "Cycles of the TSC in those."),
	OF_WORKER(COUNTER, idle_cycles, "worker_idle_cycles", "Cycles of the TSC in the others."),
};

/* ---- Families. ---- */

static void
head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# TYPE callplane_%s %s\n# HELP callplane_%s %s\n", name, type, name, help);
}

static uint64_t
value_of(const struct member *m, const void *record)
{
	const uint8_t *at = (const uint8_t *)record + m->offset;
	uint64_t u64;
	uint32_t u32;

	if (m->size == sizeof(u64)) {
		memcpy(&u64, at, sizeof(u64));
		return u64;
	}
	if (m->size == sizeof(u32)) {
		memcpy(&u32, at, sizeof(u32));
		return u32;
	}
	return *at;
}

/* Of each of @p n records of @p size a sample; @p label NULL: there is one, without a label. */
static void
print_members(FILE *out, const struct member *members, size_t n_members, const char *label,
	const void *records, size_t size, uint32_t n)
{
	const uint8_t *record;
	const struct member *m;
	uint32_t i;

	for (m = members; m < members + n_members; m++) {
		head(out, m->name, m->gauge ? "gauge" : "counter", m->help);
		for (i = 0; i < n; i++) {
			record = (const uint8_t *)records + i * size;
			fprintf(out, "callplane_%s%s", m->name, m->gauge ? "" : "_total");
			if (label != NULL) /* records with names begin with them */
				fprintf(out, "{%s=\"%s\"}", label, (const char *)record);
			fprintf(out, " %" PRIu64 "\n", value_of(m, record));
		}
	}
}

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void
print_seconds(FILE *out, const char *name, const char *labels, uint64_t ns)
{
	fprintf(out, "callplane_%s%s %.9f\n", name, labels, (double)ns / 1e9);
}

/* ---- Calls. ---- */

static void
print_latency(FILE *out, const char *name, const char *help, const struct metrics_latency *latency)
{
	uint64_t n = 0;
	unsigned int i;

	head(out, name, "histogram", help);
	for (i = 0; i < METRICS_BOUNDS; i++) {
		n += latency->n[i];
		fprintf(out, "callplane_%s_bucket{le=\"%.5f\"} %" PRIu64 "\n", name,
			(double)metrics_bound_ns(i) / 1e9, n);
	}
	n += latency->n[METRICS_BOUNDS];
	fprintf(out, "callplane_%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, n);
	fprintf(out, "callplane_%s_count %" PRIu64 "\n", name, n);
	fprintf(out, "callplane_%s_sum %.9f\n", name, (double)latency->sum_ns / 1e9);
}

static void
print_ended(FILE *out, const char *how, const uint64_t *n)
{
	unsigned int i;

	for (i = 0; i < METRICS_CAUSES; i++)
		if (n[i] != 0)
			fprintf(out,
				"callplane_calls_ended_total{how=\"%s\",cause=\"%u\",meaning="
				"\"%s\"} %" PRIu64 "\n",
				how, i, i != 0 ? uni_cause_name((uint8_t)i) : "none", n[i]);
}

static void
print_calls(FILE *out, const struct metrics_calls *c)
{
	static const char *const states[METRICS_CALL_STATE_COUNT] = {
		[METRICS_CALL_SETUP] = "setup",
		[METRICS_CALL_UP] = "up",
		[METRICS_CALL_CLEARING] = "clearing",
	};
	unsigned int i;

	head(out, "calls", "gauge", "Calls of all clients, by state.");
	for (i = METRICS_CALL_SETUP; i < METRICS_CALL_STATE_COUNT; i++)
		fprintf(out, "callplane_calls{state=\"%s\"} %" PRIu32 "\n", states[i], c->now[i]);
	head(out, "calls_begun", "counter", "Calls that clients made or were offered.");
	fprintf(out, "callplane_calls_begun_total %" PRIu64 "\n", c->begun);
	head(out, "calls_answered", "counter", "Calls that came up.");
	fprintf(out, "callplane_calls_answered_total %" PRIu64 "\n", c->answered);
	head(out, "calls_ended", "counter", "Calls that are over, by cause; 0: none was told.");
	print_ended(out, "refused", c->refused);
	print_ended(out, "closed", c->closed);
	print_latency(out, "call_setup_seconds", "From a call's begin to its being up.", &c->setup);
	print_latency(out, "call_clearing_seconds",
		"From the first word of a call's end to its being over.", &c->clearing);
}

/* ---- The rest. ---- */

static void
print_drops(FILE *out, const struct metrics_snapshot *s)
{
	uint32_t i;
	int reason;

	head(out, "port_drops", "counter", "Frames that workers dropped, by reason.");
	for (i = 0; i < s->n_ports; i++)
		for (reason = 0; reason < DP_DROP_COUNT; reason++)
			fprintf(out,
				"callplane_port_drops_total{port=\"%s\",reason=\"%s\"} %" PRIu64
				"\n",
				s->ports[i].name, dp_drop_name(reason), s->ports[i].drops[reason]);
}

static void
print_quantiles(FILE *out, const struct query_counters_row *c)
{
	head(out, "grace_seconds", "gauge", "Grace periods, from unlinking to reclamation.");
	print_seconds(out, "grace_seconds", "{quantile=\"0.5\"}", c->grace_ns_p50);
	print_seconds(out, "grace_seconds", "{quantile=\"0.99\"}", c->grace_ns_p99);
	print_seconds(out, "grace_seconds", "{quantile=\"1\"}", c->grace_ns_max);
	head(out, "control_turn_seconds", "gauge", "Busy turns of the control loop.");
	print_seconds(out, "control_turn_seconds", "{quantile=\"0.99\"}", c->control_turn_ns_p99);
	print_seconds(out, "control_turn_seconds", "{quantile=\"1\"}", c->control_turn_ns_max);
}

static void
print_links(FILE *out, const struct metrics_snapshot *s)
{
	uint32_t i;

	head(out, "link_state", "gauge", "1, with the state of the trunk's signalling link.");
	for (i = 0; i < s->n_trunks; i++)
		fprintf(out, "callplane_link_state{trunk=\"%s\",state=\"%s\"} 1\n",
			s->trunks[i].name, s->trunks[i].link);
}

/* Workers have a number, and no name that a record could begin with. */
static void
print_workers(FILE *out, const struct metrics_snapshot *s)
{
	const struct query_worker_row *w;
	const struct member *m;
	char labels[48];

	for (m = worker_members; m < worker_members + N(worker_members); m++) {
		head(out, m->name, m->gauge ? "gauge" : "counter", m->help);
		for (w = s->workers; w < s->workers + s->n_workers; w++)
			fprintf(out, "callplane_%s_total{lcore=\"%" PRIu32 "\"} %" PRIu64 "\n",
				m->name, w->lcore, value_of(m, w));
	}
	head(out, "worker_gap_seconds", "gauge",
		"Between a worker's quiescent states, of a spell.");
	for (w = s->workers; w < s->workers + s->n_workers; w++) {
		snprintf(labels, sizeof(labels), "{lcore=\"%" PRIu32 "\",quantile=\"0.99\"}",
			w->lcore);
		print_seconds(out, "worker_gap_seconds", labels, w->gap_ns_p99);
		snprintf(
			labels, sizeof(labels), "{lcore=\"%" PRIu32 "\",quantile=\"1\"}", w->lcore);
		print_seconds(out, "worker_gap_seconds", labels, w->gap_ns_max);
	}
}

/* ---- All of it. ---- */

void
metrics_print(const struct metrics_snapshot *s, FILE *out)
{
	head(out, "up_seconds", "gauge", "Since the start, as of this snapshot.");
	fprintf(out, "callplane_up_seconds %.3f\n", s->status.uptime_s);
	if (s->made_ns != 0) {
		print_calls(out, &s->calls);
		print_members(out, status_members, N(status_members), NULL, &s->status,
			sizeof(s->status), 1);
		print_members(out, all_members, N(all_members), NULL, &s->counters,
			sizeof(s->counters), 1);
		print_quantiles(out, &s->counters);
		print_members(out, port_members, N(port_members), "port", s->ports,
			sizeof(s->ports[0]), s->n_ports);
		print_drops(out, s);
		print_members(out, trunk_members, N(trunk_members), "trunk", s->trunks,
			sizeof(s->trunks[0]), s->n_trunks);
		print_links(out, s);
		print_workers(out, s);
	}
	fputs("# EOF\n", out);
}

uint64_t
metrics_bound_ns(unsigned int i)
{
	static const uint64_t steps[] = { 1, 2, 5 };
	uint64_t decade = 10000;
	unsigned int k;

	for (k = 0; k < i / 3; k++)
		decade *= 10;
	return steps[i % 3] * decade;
}

void
metrics_latency_add(struct metrics_latency *latency, uint64_t ns)
{
	unsigned int i = 0;

	while (i < METRICS_BOUNDS && ns > metrics_bound_ns(i))
		i++;
	latency->n[i]++;
	latency->sum_ns += ns;
}
