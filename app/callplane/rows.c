/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/rows.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum field_type {
	FIELD_TEXT,
	FIELD_BOOL,
	FIELD_U16,
	FIELD_U32,
	FIELD_U64,
	FIELD_DOUBLE,
	FIELD_DROPS,
	FIELD_CIRCUIT_DROPS,
	FIELD_POLLED,
	FIELD_GAPS,
};

struct field {
	const char *name;
	enum field_type type;
	uint32_t offset;
	uint32_t size;
};

/* An array of uint64_t is one of drop counters, by its reason; of uint32_t: of a circuit's. */
#define FIELD_TYPE(x)                                                                              \
	_Generic((x), char *                                                                       \
		 : FIELD_TEXT, bool                                                                \
		 : FIELD_BOOL, uint16_t                                                            \
		 : FIELD_U16, uint32_t                                                             \
		 : FIELD_U32, uint64_t                                                             \
		 : FIELD_U64, double                                                               \
		 : FIELD_DOUBLE, uint64_t *                                                        \
		 : FIELD_DROPS, uint32_t *                                                         \
		 : FIELD_CIRCUIT_DROPS, struct query_polled                                                \
		 : FIELD_POLLED, struct cp_hist_buckets                                            \
		 : FIELD_GAPS)

#define FIELD(row, member)                                                                         \
	{                                                                                          \
		.name = #member, .type = FIELD_TYPE(((struct row *)0)->member),                    \
		.offset = offsetof(struct row, member), .size = sizeof(((struct row *)0)->member), \
	}

#define F(member) FIELD(query_status_row, member)
static const struct field status_fields[] = {
	F(version),
	F(pid),
	F(uptime_s),
	F(state),
	F(hugepages),
	F(workers),
	F(ports),
	F(trunks),
	F(trunks_up),
	F(attachments),
	F(calls),
	F(calls_active),
	F(parties),
	F(vcs),
	F(jobs_running),
	F(calls_set_up),
	F(calls_cleared),
	F(memory_octets),
	F(resident_octets),
	F(max_calls),
	F(max_parties),
	F(control_lcore),
};
#undef F

#define F(member) FIELD(query_port_row, member)
static const struct field port_fields[] = {
	F(name),
	F(device),
	F(driver),
	F(mac),
	F(link_up),
	F(link_mbps),
	F(link_changes),
	F(mtu),
	F(workers),
	F(spread),
	F(rx_queues),
	F(tx_queues),
	F(rx),
	F(rx_octets),
	F(tx),
	F(tx_octets),
	F(missed),
	F(errors),
	F(no_mbuf),
	F(polled),
	F(drops),
};
#undef F

#define F(member) FIELD(query_trunk_row, member)
static const struct field trunk_fields[] = {
	F(name),
	F(port),
	F(call_manager),
	F(side),
	F(state),
	F(meter),
	F(close_data),
	F(bandwidth),
	F(reserved_rx),
	F(reserved_tx),
	F(refused),
	F(refused_rx),
	F(refused_tx),
	F(refused_rates),
	F(refused_resources),
	F(signalling_label),
	F(link),
	F(sscop),
	F(calls),
	F(calls_active),
	F(parties),
	F(references),
	F(labels),
	F(labels_set_aside),
	F(unacknowledged),
	F(set_up),
	F(cleared),
	F(parties_joined),
	F(parties_left),
	F(modified),
	F(audits),
	F(enquiries),
	F(enquiries_unanswered),
	F(enquiries_cleared),
	F(labels_proven),
	F(restarting),
	F(restarts),
	F(restarts_of_peer),
	F(alarms),
	F(pdus_tx),
	F(pdus_rx),
	F(retransmitted),
	F(sscop_errors),
	F(messages_tx),
	F(messages_rx),
	F(bad_messages),
};
#undef F

#define F(member) FIELD(query_attachment_row, member)
static const struct field attachment_fields[] = {
	F(address),
	F(port),
	F(outer_vlan),
	F(inner_vlan),
	F(answer),
	F(call),
	F(state),
	F(rx),
	F(rx_octets),
	F(tx),
	F(tx_octets),
	F(drops),
	F(drops_by),
	F(rx_yellow),
	F(rx_red),
};
#undef F

#define F(member) FIELD(query_vc_row, member)
static const struct field vc_fields[] = {
	F(vc),
	F(trunk),
	F(label),
	F(vc_state),
	F(call_state),
	F(creator),
	F(kind),
	F(name),
	F(parties),
	F(rate),
	F(rx),
	F(rx_octets),
	F(tx),
	F(tx_octets),
	F(drops),
	F(drops_by),
	F(rx_yellow),
	F(rx_red),
};
#undef F

#define F(member) FIELD(query_call_row, member)
static const struct field call_fields[] = {
	F(call),
	F(trunk),
	F(direction),
	F(from),
	F(to),
	F(state),
	F(phase),
	F(reference),
	F(label),
	F(name),
	F(parties),
	F(rate),
	F(peer_state),
	F(peer_cause),
	F(age_s),
};
#undef F

#define F(member) FIELD(query_party_row, member)
static const struct field party_fields[] = {
	F(party),
	F(call),
	F(address),
	F(state),
	F(endpoint),
};
#undef F

#define F(member) FIELD(query_explain_row, member)
static const struct field explain_fields[] = {
	F(call),
	F(trunk),
	F(outcome),
	F(by),
	F(cause),
	F(meaning),
	F(location),
	F(sentence),
	F(mend),
};
#undef F

#define F(member) FIELD(query_trace_row, member)
static const struct field trace_fields[] = {
	F(time_s),
	F(age_s),
	F(trunk),
	F(kind),
	F(what),
	F(again),
	F(before),
	F(after),
	F(cause),
	F(meaning),
	F(location),
	F(reference),
	F(ours),
	F(endpoint),
	F(label),
	F(call),
};
#undef F

#define F(member) FIELD(query_capture_row, member)
static const struct field capture_fields[] = {
	F(path),
	F(frames),
	F(dropped),
	F(seconds),
};
#undef F

#define F(member) FIELD(query_name_row, member)
static const struct field name_fields[] = {
	F(call),
	F(name),
};
#undef F

#define F(member) FIELD(query_counters_row, member)
static const struct field counters_fields[] = {
	F(calls),
	F(vcs),
	F(parties),
	F(party_references),
	F(names),
	F(timers),
	F(call_references),
	F(labels),
	F(circuits),
	F(saps),
	F(afs),
	F(setups),
	F(changes),
	F(clients_calls),
	F(reclaiming),
	F(reserved),
	F(signalling_vcs),
	F(link_timers),
	F(calls_set_up),
	F(calls_cleared),
	F(calls_refused),
	F(frames_in),
	F(frames_out),
	F(frames_to_control),
	F(frames_from_control),
	F(drops),
	F(control_rx_stale),
	F(control_tx_no_mbuf),
	F(control_tx_ring_full),
	F(illegal_requests),
	F(stale_handles),
	F(unexpected_completions),
	F(leftovers),
	F(drain_faults),
	F(deactivation_faults),
	F(buffers_overdue),
	F(buffers_overdue_ever),
	F(refused_rx),
	F(refused_tx),
	F(refused_rates),
	F(refused_resources),
	F(closes_without_data),
	F(echo_received),
	F(echo_returned),
	F(echo_dropped),
	F(bad_pdus),
	F(bad_messages),
	F(unknown_references),
	F(wrong_state),
	F(answers_held_back),
	F(audits),
	F(enquiries),
	F(enquiries_unanswered),
	F(enquiries_cleared),
	F(labels_proven),
	F(restarts),
	F(restarts_of_peer),
	F(alarms),
	F(grace_periods),
	F(circuits_reclaimed),
	F(records_written),
	F(records_dropped),
	F(records_rotations),
	F(stalls),
	F(grace_ns_p50),
	F(grace_ns_p99),
	F(grace_ns_max),
	F(control_turns),
	F(control_busy_turns),
	F(control_turn_ns_p99),
	F(control_turn_ns_max),
	F(mbufs_in_use),
	F(mbufs_total),
};
#undef F

#define F(member) FIELD(query_worker_row, member)
static const struct field worker_fields[] = {
	F(lcore),
	F(numa_node),
	F(ports),
	F(rx),
	F(tx),
	F(to_control),
	F(from_control),
	F(handed),
	F(relayed),
	F(turns),
	F(busy_turns),
	F(busy_cycles),
	F(idle_cycles),
	F(tsc_hz),
	F(busy_percent),
	F(cycles_per_frame),
	F(frames_per_busy_turn),
	F(gap_ns_p50),
	F(gap_ns_p99),
	F(gap_ns_p9999),
	F(gap_ns_max),
	F(run_ns),
	F(wait_ns),
	F(to_control_percent),
	F(from_control_percent),
	F(drops),
	F(gap_cycles),
};
#undef F

#define F(member) FIELD(query_busiest_row, member)
static const struct field busiest_fields[] = {
	F(trunk),
	F(label),
	F(packets_per_s),
	F(bits_per_s),
};
#undef F

#define F(member) FIELD(query_job_row, member)
static const struct field job_fields[] = {
	F(job),
	F(kind),
	F(state),
	F(trunk),
	F(total),
	F(started),
	F(done),
	F(failed),
	F(seconds),
	F(rate),
	F(cause),
	F(detail),
};
#undef F

/* What a method's rows look like; no fields: it has none. */
struct row_form {
	const struct field *fields;
	uint32_t n_fields;
	uint32_t size;
	bool is_list;
};

#define ROWS(table, row, list)                                                                     \
	{                                                                                          \
		table, sizeof(table) / sizeof((table)[0]), sizeof(struct row), list                \
	}

static const struct row_form row_forms[QUERY_METHOD_COUNT] = {
	[QUERY_STATUS] = ROWS(status_fields, query_status_row, false),
	[QUERY_PORTS] = ROWS(port_fields, query_port_row, true),
	[QUERY_TRUNKS] = ROWS(trunk_fields, query_trunk_row, true),
	[QUERY_ATTACHMENTS] = ROWS(attachment_fields, query_attachment_row, true),
	[QUERY_VCS] = ROWS(vc_fields, query_vc_row, true),
	[QUERY_CALLS] = ROWS(call_fields, query_call_row, true),
	[QUERY_PARTIES] = ROWS(party_fields, query_party_row, true),
	[QUERY_COUNTERS] = ROWS(counters_fields, query_counters_row, false),
	[QUERY_WORKERS] = ROWS(worker_fields, query_worker_row, true),
	[QUERY_BUSIEST] = ROWS(busiest_fields, query_busiest_row, true),
	[QUERY_TRACE] = ROWS(trace_fields, query_trace_row, true),
	[QUERY_EXPLAIN] = ROWS(explain_fields, query_explain_row, false),
	[QUERY_JOBS] = ROWS(job_fields, query_job_row, true),
	[QUERY_DIAL] = ROWS(job_fields, query_job_row, false),
	[QUERY_ADD_PARTY] = ROWS(job_fields, query_job_row, false),
	[QUERY_DROP_PARTY] = ROWS(job_fields, query_job_row, false),
	[QUERY_MODIFY] = ROWS(job_fields, query_job_row, false),
	[QUERY_CLOSE] = ROWS(job_fields, query_job_row, false),
	[QUERY_RESET] = ROWS(job_fields, query_job_row, false),
	[QUERY_RESTART] = ROWS(job_fields, query_job_row, false),
	[QUERY_HALT] = ROWS(job_fields, query_job_row, false),
	[QUERY_REPLAY] = ROWS(job_fields, query_job_row, false),
	[QUERY_CLOSE_AF] = ROWS(job_fields, query_job_row, false),
	[QUERY_CAPTURE] = ROWS(capture_fields, query_capture_row, false),
	[QUERY_CANCEL] = ROWS(job_fields, query_job_row, false),
	[QUERY_NAME] = ROWS(name_fields, query_name_row, false),
};

json_t *
rows_text_to_json(const char *text, size_t size)
{
	size_t len = strnlen(text, size), i;
	json_t *json = json_stringn(text, len);
	char plain[512];

	if (json != NULL)
		return json;
	if (len > sizeof(plain))
		len = sizeof(plain);
	for (i = 0; i < len; i++)
		plain[i] = (text[i] & 0x80) != 0 ? '?' : text[i];
	return json_stringn(plain, len);
}

static json_t *
drops_to_json(const uint64_t *drops)
{
	json_t *json = json_object();
	unsigned int reason;

	for (reason = 0; reason < DP_DROP_COUNT; reason++)
		json_object_set_new_nocheck(json, dp_drop_name((enum dp_drop)reason),
			json_integer((json_int_t)drops[reason]));
	return json;
}

static json_t *
circuit_drops_to_json(const uint32_t *drops)
{
	json_t *json = json_object();
	unsigned int reason;

	for (reason = 0; reason < DP_CIRCUIT_DROP_COUNT; reason++)
		json_object_set_new_nocheck(json,
			dp_circuit_drop_name((enum dp_circuit_drop)reason),
			json_integer(drops[reason]));
	return json;
}

/* Frames by the lcore of the worker that received them. */
static json_t *
polled_to_json(const struct query_polled *polled)
{
	json_t *json = json_object();
	char lcore[16];
	uint32_t i;

	for (i = 0; i < polled->n; i++) {
		snprintf(lcore, sizeof(lcore), "%u", polled->by[i].lcore);
		json_object_set_new_nocheck(
			json, lcore, json_integer((json_int_t)polled->by[i].frames));
	}
	return json;
}

/* Of the buckets with something in them: the upper edge, and how many. */
static json_t *
gaps_to_json(const struct cp_hist_buckets *gaps)
{
	json_t *json = json_array();
	uint32_t i;

	for (i = 0; i < CP_HIST_BUCKETS; i++)
		if (gaps->n[i] != 0)
			json_array_append_new(json, json_pack("[I, I]", (json_int_t)cp_hist_edge(i),
							    (json_int_t)gaps->n[i]));
	return json;
}

static json_t *
field_to_json(const struct field *field, const void *row)
{
	const void *p = (const uint8_t *)row + field->offset;

	switch (field->type) {
	case FIELD_TEXT:
		return rows_text_to_json(p, field->size);
	case FIELD_BOOL:
		return json_boolean(*(const bool *)p);
	case FIELD_U16:
		return json_integer(*(const uint16_t *)p);
	case FIELD_U32:
		return json_integer(*(const uint32_t *)p);
	case FIELD_U64:
		return json_integer((json_int_t) * (const uint64_t *)p);
	case FIELD_DOUBLE:
		return isfinite(*(const double *)p) ? json_real(*(const double *)p) : json_null();
	case FIELD_DROPS:
		return drops_to_json(p);
	case FIELD_CIRCUIT_DROPS:
		return circuit_drops_to_json(p);
	case FIELD_POLLED:
		return polled_to_json(p);
	case FIELD_GAPS:
		return gaps_to_json(p);
	}
	return NULL;
}

bool
rows_is_list(enum query_method method)
{
	return row_forms[method].is_list;
}

json_t *
rows_to_json(const struct query *query, uint32_t i)
{
	const struct row_form *form = &row_forms[query->method];
	const uint8_t *row = (const uint8_t *)&query->rows + (size_t)i * form->size;
	json_t *json = json_object();
	uint32_t f;

	for (f = 0; f < form->n_fields; f++)
		json_object_set_new_nocheck(
			json, form->fields[f].name, field_to_json(&form->fields[f], row));
	return json;
}
