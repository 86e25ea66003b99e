/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_mempool.h>

#include "appliance_priv.h"
#include "callplane/jobs.h"
#include "callplane/query.h"
#include "callplane/records.h"
#include "dataplane/node.h"

/* Rows of VCs, calls and parties, and the counters of all there is. */

/* SIG-35: rates are signalled in cells of 48 octets, and the highest is no limit. */
#define CELL_OCTETS 48u
#define CELL_RATE_MAX 0xffffffu

static uint64_t
rate_of(uint32_t cells_s)
{
	return cells_s < CELL_RATE_MAX ? (uint64_t)cells_s * CELL_OCTETS : 0;
}

static void
print_address(char *out, const struct uni_address *address)
{
	struct config_address a = { .len = address->len };

	if (address->type == UNI_ADDRESS_NONE) {
		out[0] = '\0';
		return;
	}
	a.type = address->type == UNI_ADDRESS_E164 ? CO_ADDRESS_E164 : CO_ADDRESS_NSAP;
	memcpy(a.octets, address->octets, sizeof(a.octets));
	config_address_print(out, CONFIG_ADDRESS_TEXT, &a);
}

static void
print_name(const struct appliance *a, co_vc_t vc, char *out, size_t size)
{
	const char *name = co_vc_name(a->co, vc);

	snprintf(out, size, "%s", name != NULL ? name : "");
}

/* What the contract's statistics have no place for: the dataplane is asked itself. */
static void
vc_excess(struct appliance *a, co_vc_t vc, struct query_vc_row *row)
{
	struct dp_circuit_stats stats;
	uint32_t circuit;

	if (co_oid_request(a->co, vc, CO_OID_VC_CIRCUIT, &circuit, sizeof(circuit)) !=
			CO_STATUS_SUCCESS ||
		dp_circuit_stats(a->dp, circuit, &stats) != 0)
		return;
	row->rx_yellow = stats.rx_yellow;
	row->rx_red = stats.rx_red;
	memcpy(row->drops_by, stats.drops_by, sizeof(row->drops_by));
}

static void
vc_row(struct appliance *a, const struct co_vc_info *info, struct query_vc_row *row)
{
	const struct appliance_trunk *trunk = appliance_trunk_of(a, info->adapter);
	struct co_vc_statistics stats;
	struct co_vc_flow flow;

	memset(row, 0, sizeof(*row));
	row->vc = info->vc;
	row->parties = info->n_parties;
	print_name(a, info->vc, row->name, sizeof(row->name));
	if (trunk != NULL)
		snprintf(row->trunk, sizeof(row->trunk), "%s", trunk->config->name);
	row->label = info->label != UINT32_MAX ? info->label : 0;
	snprintf(row->vc_state, sizeof(row->vc_state), "%s", co_vc_state_name(info->vc_state));
	snprintf(row->call_state, sizeof(row->call_state), "%s",
		co_call_state_name(info->call_state));
	snprintf(row->creator, sizeof(row->creator), "%s",
		info->created_by_client ? "client" : "call manager");
	snprintf(row->kind, sizeof(row->kind), "%s",
		info->client == CO_NONE ? "signalling" : "call");
	if (info->vc_state != CO_VC_ACTIVE)
		return;
	if (co_oid_request(a->co, info->vc, CO_OID_VC_FLOW, &flow, sizeof(flow)) ==
		CO_STATUS_SUCCESS)
		row->rate = flow.tx.peak_rate;
	if (co_oid_request(a->co, info->vc, CO_OID_VC_STATISTICS, &stats, sizeof(stats)) !=
		CO_STATUS_SUCCESS)
		return;
	row->rx = stats.rx_packets;
	row->rx_octets = stats.rx_octets;
	row->tx = stats.tx_packets;
	row->tx_octets = stats.tx_octets;
	row->drops = stats.drops;
	vc_excess(a, info->vc, row);
}

#define SEEK_INDICES 4096u /* looked at in a slice, most of them without a VC */

/* The one that is asked for, or the next of all; false at the end of the list, or of the slice. */
static bool
next_vc(struct appliance *a, struct query *q, uint32_t *budget, struct co_vc_info *info)
{
	co_vc_t vc = q->args.id;

	if (vc != 0) /* else a walk past a million others */
		return q->cursor++ == 0 && co_vc_query(a->co, vc, info) == CO_STATUS_SUCCESS;
	vc = co_vc_seek(a->co, &q->cursor, budget);
	q->more = vc != CO_NONE || *budget == 0;
	return vc != CO_NONE && co_vc_query(a->co, vc, info) == CO_STATUS_SUCCESS;
}

void
query_vcs(struct appliance *a, struct query *q)
{
	uint32_t budget = SEEK_INDICES;
	struct co_vc_info info;

	while (q->n_rows < QUERY_SLOW_ROWS && next_vc(a, q, &budget, &info))
		vc_row(a, &info, &q->rows.vcs[q->n_rows++]);
}

/*
 * The party that the call manager knows by @p ctx. Call control has parties in the order in which
 * they came, and so have most who ask; so the search goes on behind *at, where the last one ended.
 */
static bool
find_party(struct appliance *a, uni_call_t call, co_ctx_t ctx, uni_party_t *at,
	struct uni_party_info *out)
{
	uni_party_t p = *at;
	bool again = p == 0;

	for (;;) {
		p = uni_party_next(a->uni, call, p);
		if (p == 0 && again)
			return false;
		again |= p == 0;
		if (p == 0 || uni_party_query(a->uni, p, out) != 0 ||
			(uint32_t)out->cookie != (uint32_t)ctx)
			continue;
		*at = p;
		return true;
	}
}

void
query_addresses(struct appliance *a, const struct co_vc_info *info,
	const struct uni_call_info *call, uni_party_t *at, char *from, char *to)
{
	struct uni_party_info party;

	print_address(from, &call->calling);
	if (call->multipoint && !call->ours && find_party(a, call->call, info->cm_ctx, at, &party))
		print_address(to, &party.called);
	else
		print_address(to, &call->called);
}

static enum uni_role
peer_role(const struct uni_link *link)
{
	return uni_link_role(link) == UNI_ROLE_USER ? UNI_ROLE_NETWORK : UNI_ROLE_USER;
}

/* *at is kept from row to row. */
static bool
call_row(struct appliance *a, const struct co_vc_info *info, uni_party_t *at,
	struct query_call_row *row)
{
	const struct appliance_trunk *trunk = appliance_trunk_of(a, info->adapter);
	struct uni_call_info call;

	if (info->client == CO_NONE || info->call_state == CO_CALL_IDLE)
		return false;
	memset(row, 0, sizeof(*row));
	row->call = info->vc;
	if (trunk != NULL)
		snprintf(row->trunk, sizeof(row->trunk), "%s", trunk->config->name);
	snprintf(row->direction, sizeof(row->direction), "%s",
		info->created_by_client ? "out" : "in");
	snprintf(row->phase, sizeof(row->phase), "%s", co_call_state_name(info->call_state));
	row->label = info->label != UINT32_MAX ? info->label : 0;
	row->parties = info->n_parties;
	print_name(a, info->vc, row->name, sizeof(row->name));
	if (callmgr_vc_query(a->env, info->cm_ctx, &call) != 0)
		return true; /* the network is done with it already */
	query_addresses(a, info, &call, at, row->from, row->to);
	snprintf(row->state, sizeof(row->state), "%s",
		uni_call_state_name(uni_link_role(call.link), call.state));
	row->reference = call.reference;
	row->rate = rate_of(call.ours ? call.rates.fwd_peak : call.rates.bwd_peak);
	if (call.told_cause != 0)
		snprintf(row->peer_state, sizeof(row->peer_state), "%s",
			uni_call_state_name(
				peer_role(call.link), (enum uni_call_state)call.told_state));
	row->peer_cause = call.told_cause;
	row->age_s = (double)(a->now_ns - call.created_ns) / 1e9;
	return true;
}

void
query_calls(struct appliance *a, struct query *q)
{
	uint32_t budget = SEEK_INDICES, looked = 0;
	struct co_vc_info info;
	uni_party_t at = 0;

	while (q->n_rows < QUERY_SLOW_ROWS && looked++ < 4 * QUERY_SLOW_ROWS &&
		next_vc(a, q, &budget, &info))
		if (call_row(a, &info, &at, &q->rows.calls[q->n_rows]))
			q->n_rows++;
}

static void
party_row(
	const struct caller *caller, const struct co_party_info *party, struct query_party_row *row)
{
	struct caller_party_info info;
	struct config_address address;

	memset(row, 0, sizeof(*row));
	row->party = party->party;
	row->call = party->vc;
	snprintf(row->state, sizeof(row->state), "%s", co_party_state_name(party->state));
	if (caller_party_query(caller, party->party, &info) != CO_STATUS_SUCCESS)
		return;
	memset(&address, 0, sizeof(address));
	address.type = info.address.type;
	address.len = info.address.len;
	memcpy(address.octets, info.address.octets, sizeof(address.octets));
	config_address_print(row->address, sizeof(row->address), &address);
}

/* The root of a call with parties; NULL with the reason. */
static struct caller *
find_root(struct appliance *a, struct query *q, struct co_vc_info *info)
{
	struct caller *caller = NULL;

	if (co_vc_query(a->co, q->args.id, info) == CO_STATUS_SUCCESS)
		caller = jobs_caller_of(a->jobs, info);
	if (caller != NULL && info->multipoint)
		return caller;
	q->error = caller != NULL ? -EINVAL : -ENOENT;
	snprintf(q->message, sizeof(q->message),
		caller != NULL ? "call %u is point-to-point: it has no parties"
			       : "call %u: there is no such call here",
		q->args.id);
	return NULL;
}

/* The cursor is the party that was told last. */
void
query_parties(struct appliance *a, struct query *q)
{
	co_party_t party = co_party_next(a->co, q->args.id, q->cursor);
	struct uni_party_info endpoint;
	struct co_party_info info;
	struct query_party_row *row;
	struct co_vc_info vc;
	struct caller *caller = find_root(a, q, &vc);
	uni_party_t at = 0;

	if (caller == NULL)
		return;
	for (; party != CO_NONE && q->n_rows < QUERY_SLOW_ROWS;
		party = co_party_next(a->co, q->args.id, party)) {
		if (co_party_query(a->co, party, &info) != CO_STATUS_SUCCESS)
			break;
		row = &q->rows.parties[q->n_rows++];
		party_row(caller, &info, row);
		if (find_party(a, callmgr_vc_call(a->env, vc.cm_ctx), info.cm_ctx, &at, &endpoint))
			row->endpoint = endpoint.reference;
		q->cursor = party;
	}
	q->more = party != CO_NONE;
}

/* SIG-89: the answer is in the row of the call as soon as it is there. */
void
query_enquire(struct appliance *a, struct query *q)
{
	struct uni_party_info party = { 0 };
	struct uni_call_info call;
	struct co_vc_info info;
	uni_party_t at = 0;

	q->error = -ENOENT;
	if (co_vc_query(a->co, q->args.id, &info) == CO_STATUS_SUCCESS &&
		callmgr_vc_query(a->env, info.cm_ctx, &call) == 0) {
		if (call.multipoint && !call.ours)
			find_party(a, call.call, info.cm_ctx, &at, &party);
		q->error = uni_call_enquire(a->uni, call.call, party.party, a->now_ns);
	}
	if (q->error == -ENOENT)
		snprintf(q->message, sizeof(q->message), "call %u: there is no such call here",
			q->args.id);
	else if (q->error != 0)
		snprintf(q->message, sizeof(q->message), "call %u cannot be asked about: %s",
			q->args.id, strerror(-q->error));
}

/* What must be 0 when all calls are gone (I4). */
static void
counters_of_life(struct appliance *a, struct query_counters_row *row)
{
	struct dp_reclaim_stats reclaim;
	struct callmgr_census cm;
	struct uni_census uni;
	struct co_census co;
	struct uni_link_stats link;
	uint32_t i, signalling = appliance_n_signalling_vcs(a);

	co_census(a->co, &co);
	uni_census(a->uni, &uni);
	callmgr_census(a->env, &cm);
	dp_reclaim_stats(a->dp, &reclaim);
	row->calls = uni.n_calls;
	row->vcs = co.n_vcs - signalling;
	row->parties = co.n_parties;
	row->party_references = uni.n_parties;
	row->names = co.n_names;
	row->changes = cm.n_changes;
	row->timers = uni.n_timers;
	row->link_timers = uni.n_link_timers;
	row->setups = uni.n_setups;
	row->circuits = dp_n_circuits(a->dp) - appliance_n_signalling_circuits(a);
	row->saps = co.n_saps;
	row->afs = co.n_afs;
	row->clients_calls = caller_n_calls(attach_caller(a->attach)) +
			     caller_n_calls(load_caller(a->load)) + transit_n_calls(a->transit) +
			     echo_n_calls(a->echo);
	row->reclaiming = reclaim.pending;
	row->signalling_vcs = signalling;
	for (i = 0; i < a->n_trunks; i++) {
		uni_link_stats(callmgr_link(a->trunks[i].callmgr), &link);
		row->call_references += link.n_references;
		row->labels += link.n_labels;
		row->calls_set_up += link.set_up;
		row->calls_cleared += link.cleared;
		row->link_timers += sscop_n_timers(sscf_sscop(callmgr_sscf(a->trunks[i].callmgr)));
		row->bad_messages += link.bad_elements + link.unknown_type + link.drop_short +
				     link.drop_discriminator + link.drop_reference_length;
		row->unknown_references += link.unknown_reference;
		row->wrong_state += link.wrong_state;
		row->answers_held_back += link.answers_limited + link.answers_dropped;
		row->audits += link.audits;
		row->enquiries += link.enquiries;
		row->enquiries_unanswered += link.enquiries_unanswered;
		row->enquiries_cleared += link.enquiries_cleared;
		row->labels_proven += link.labels_proven;
		row->restarts += link.restarts_acknowledged;
		row->restarts_of_peer += link.restarts;
		row->alarms += query_alarms(&link);
	}
	row->illegal_requests = co.n_illegal;
	row->stale_handles = co.n_stale;
	row->unexpected_completions = co.n_unexpected_completions + cm.n_unexpected;
	row->leftovers = co.n_leftovers;
	row->drain_faults = co.n_drain_violations;
	row->deactivation_faults = co.n_deactivation_errors;
	row->grace_periods = reclaim.grace_periods;
	row->circuits_reclaimed = reclaim.circuits;
	row->stalls = reclaim.stalls;
	row->grace_ns_p50 = cp_hist_quantile(reclaim.grace_ns, 500);
	row->grace_ns_p99 = cp_hist_quantile(reclaim.grace_ns, 990);
	row->grace_ns_max = reclaim.grace_ns->max;
}

static void
counters_of_frames(struct appliance *a, struct query_counters_row *row)
{
	struct dp_control_stats control;
	struct dp_worker_stats worker;
	uint32_t i, k;

	for (i = 0; i < dp_n_workers(a->dp); i++) {
		dp_worker_stats(a->dp, i, &worker);
		row->frames_in += worker.rx;
		row->frames_out += worker.tx;
		row->frames_to_control += worker.to_control;
		row->frames_from_control += worker.from_control;
		for (k = 0; k < DP_DROP_COUNT; k++)
			row->drops[k] += worker.drops[k];
	}
	dp_control_stats(a->dp, &control);
	row->control_rx_stale = control.rx_stale;
	row->control_tx_no_mbuf = control.tx_no_mbuf;
	row->control_tx_ring_full = control.tx_ring_full;
	dp_mbufs(a->dp, &row->mbufs_total, &row->mbufs_in_use);
	for (i = 0; i < a->n_trunks; i++) {
		const struct sscop_stats *pdus =
			sscop_stats(sscf_sscop(callmgr_sscf(a->trunks[i].callmgr)));

		row->bad_pdus += pdus->bad_length + pdus->bad_type;
		row->answers_held_back += pdus->unanswered;
	}
}

static void
counters_of_clients(struct appliance *a, struct query_counters_row *row)
{
	struct ethvc_overdue overdue;
	struct echo_counts echo;
	unsigned int i;

	row->closes_without_data = caller_n_without_data(attach_caller(a->attach)) +
				   caller_n_without_data(load_caller(a->load)) +
				   transit_n_without_data(a->transit);
	echo_counts(a->echo, &echo);
	row->echo_received = echo.received;
	row->echo_returned = echo.returned;
	row->echo_dropped = echo.failed + echo.cancelled + echo.no_packet + echo.low_resources +
			    echo.too_short + echo.not_up;
	for (i = 0; i < a->n_trunks; i++) {
		appliance_trunk_overdue(&a->trunks[i], &overdue);
		row->buffers_overdue += overdue.n_vcs;
		row->buffers_overdue_ever += overdue.n_noticed;
	}
}

static void
counters_of_admission(const struct appliance *a, struct query_counters_row *row)
{
	struct ethvc_admission admission;
	unsigned int i;

	for (i = 0; i < a->n_trunks; i++) {
		appliance_trunk_admission(&a->trunks[i], &admission);
		row->reserved += admission.reserved_rx + admission.reserved_tx;
		row->refused_rx += admission.refusals[ETHVC_REFUSED_RX];
		row->refused_tx += admission.refusals[ETHVC_REFUSED_TX];
		row->refused_rates += admission.refusals[ETHVC_REFUSED_RATES];
		row->refused_resources += admission.refusals[ETHVC_REFUSED_RESOURCES];
	}
}

static void
counters_of_records(const struct appliance *a, struct query_counters_row *row)
{
	struct record_writer_counts counts;

	records_counts(a->records, &counts);
	row->records_written = counts.written;
	row->records_dropped = counts.dropped;
	row->records_rotations = counts.rotations;
}

void
query_counters(struct appliance *a, struct query *q)
{
	struct query_counters_row *row = &q->rows.counters[0];

	memset(row, 0, sizeof(*row));
	counters_of_life(a, row);
	counters_of_frames(a, row);
	counters_of_clients(a, row);
	counters_of_admission(a, row);
	counters_of_records(a, row);
	row->control_turns = a->turns;
	row->control_busy_turns = a->busy_turns;
	row->control_turn_ns_p99 = cp_hist_quantile(&a->turn_ns, 990);
	row->control_turn_ns_max = a->turn_ns.max;
	q->n_rows = 1;
}
