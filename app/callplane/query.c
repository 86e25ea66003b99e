/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/query.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "appliance_priv.h"
#include "base/log.h"
#include "callplane/jobs.h"

/* Rows of calls and VCs cost a microsecond each: fewer of them in a slice. */
#define SLOW_ROWS 16

/* ---- The rings. ---- */

int
query_post(struct appliance *a, struct query *query)
{
	return rte_ring_enqueue(a->queries, query) == 0 ? 0 : -EAGAIN;
}

static uint64_t
resident_octets(void)
{
	unsigned long long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%*u %llu", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* What takes a system call is asked here, on the management thread, and not by control. */
struct query *
query_reap(struct appliance *a)
{
	struct query *query;
	void *answer;

	if (rte_ring_dequeue(a->answers, &answer) != 0)
		return NULL;
	query = answer;
	if (query->method == QUERY_STATUS && query->error == 0)
		query->rows.status[0].resident_octets = resident_octets();
	return query;
}

/* ---- Rows. ---- */

void
query_print_address(char *out, const struct uni_address *address)
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
answer_status(struct appliance *a, struct query *q)
{
	struct query_status_row *row = &q->rows.status[0];
	struct uni_link_stats stats;
	struct co_census census;
	unsigned int i;

	memset(row, 0, sizeof(*row));
	snprintf(row->version, sizeof(row->version), "%s", CALLPLANE_VERSION);
	row->pid = (uint64_t)getpid();
	row->uptime_s = (double)(a->now_ns - a->started_ns) / 1e9;
	snprintf(row->state, sizeof(row->state), "%s",
		a->phase == PHASE_RUNNING ? "running" : "draining");
	row->hugepages = rte_eal_has_hugepages();
	row->workers = a->n_workers;
	row->ports = a->config->n_ports;
	row->trunks = a->n_trunks;
	row->attachments = attach_n(a->attach);
	for (i = 0; i < a->n_trunks; i++) {
		uni_link_stats(callmgr_link(a->trunks[i].callmgr), &stats);
		row->trunks_up += uni_link_is_up(callmgr_link(a->trunks[i].callmgr));
		row->calls += stats.n_calls;
		row->calls_active += stats.n_active;
		row->calls_set_up += stats.set_up;
		row->calls_cleared += stats.cleared;
	}
	co_census(a->co, &census);
	row->vcs = census.n_vcs;
	row->jobs_running = jobs_n_running(a->jobs);
	row->memory_octets = dp_memory(a->dp) + a->control_octets;
	row->max_calls = a->config->max_calls;
	row->control_lcore = a->config->control_lcore;
	q->n_rows = 1;
}

static void
answer_ports(struct appliance *a, struct query *q)
{
	uint32_t i;

	for (i = 0; i < a->config->n_ports; i++) {
		const struct config_port *config = &a->config->ports[i];
		struct query_port_row *row = &q->rows.ports[q->n_rows++];
		struct rte_eth_dev_info info;
		struct dp_port_stats stats;

		memset(row, 0, sizeof(*row));
		snprintf(row->name, sizeof(row->name), "%s", config->name);
		snprintf(row->device, sizeof(row->device), "%.63s", config->device);
		row->worker = config->worker;
		if (dp_port_stats(a->dp, (uint16_t)a->dp_ports[i], &stats) != 0)
			continue;
		if (rte_eth_dev_info_get(stats.ethdev, &info) == 0)
			snprintf(row->driver, sizeof(row->driver), "%s", info.driver_name);
		rte_ether_format_addr(row->mac, sizeof(row->mac), &stats.mac);
		row->link_up = stats.link_up;
		row->mtu = stats.mtu;
		row->rx = stats.rx;
		row->rx_octets = stats.rx_octets;
		row->tx = stats.tx;
		row->tx_octets = stats.tx_octets;
		row->missed = stats.rx_missed;
		row->errors = stats.rx_errors + stats.tx_errors;
		row->no_mbuf = stats.rx_no_mbuf;
		memcpy(row->drops, stats.drops, sizeof(row->drops));
	}
}

static void
answer_trunks(struct appliance *a, struct query *q)
{
	uint32_t i;
	int k;

	for (i = 0; i < a->n_trunks; i++) {
		const struct appliance_trunk *t = &a->trunks[i];
		const struct sscop *sscop = sscf_sscop(callmgr_sscf(t->callmgr));
		const struct sscop_stats *pdus = sscop_stats(sscop);
		struct query_trunk_row *row = &q->rows.trunks[q->n_rows++];
		struct uni_link_stats stats;

		memset(row, 0, sizeof(*row));
		uni_link_stats(callmgr_link(t->callmgr), &stats);
		snprintf(row->name, sizeof(row->name), "%s", t->config->name);
		snprintf(
			row->port, sizeof(row->port), "%s", a->config->ports[t->config->port].name);
		snprintf(row->call_manager, sizeof(row->call_manager), "%s",
			t->config->call_manager == CONFIG_EMBEDDED ? "embedded" : "standalone");
		snprintf(row->side, sizeof(row->side), "%s",
			t->config->side == CONFIG_USER ? "user" : "network");
		row->signalling_label = t->config->signalling_label;
		snprintf(row->link, sizeof(row->link), "%s",
			sscf_state_name(sscf_state(callmgr_sscf(t->callmgr))));
		snprintf(
			row->sscop, sizeof(row->sscop), "%s", sscop_state_name(sscop_state(sscop)));
		row->calls = stats.n_calls;
		row->calls_active = stats.n_active;
		row->references = stats.n_references;
		row->labels = stats.n_labels;
		row->labels_set_aside = stats.n_set_aside;
		row->unacknowledged = sscop_n_unacknowledged(sscop);
		row->set_up = stats.set_up;
		row->cleared = stats.cleared;
		for (k = 0; k < SSCOP_TYPE_COUNT; k++) {
			row->pdus_tx += pdus->tx[k];
			row->pdus_rx += pdus->rx[k];
		}
		row->retransmitted = pdus->retransmitted;
		for (k = 0; k <= 'U' - 'A'; k++)
			row->sscop_errors += pdus->errors[k];
		for (k = 0; k < 256; k++) {
			row->messages_tx += stats.tx[k];
			row->messages_rx += stats.rx[k];
		}
		row->bad_messages = stats.bad_elements + stats.unknown_type + stats.drop_short +
				    stats.drop_discriminator + stats.drop_reference_length;
	}
}

static bool
attachment_row(struct appliance *a, uint32_t idx, struct query_attachment_row *row)
{
	const struct config_attachment *range = a->config->attachments;
	struct dp_attachment_stats stats;
	struct config_address address;
	struct attach_info info;
	uint32_t first = 0;

	if (attach_query(a->attach, idx, &info) != 0)
		return false;
	while (idx - first >= range->count)
		first += (range++)->count;
	memset(row, 0, sizeof(*row));
	config_attachment_at(range, idx - first, &address, &row->outer_vlan, &row->inner_vlan);
	config_address_print(row->address, sizeof(row->address), &address);
	snprintf(row->port, sizeof(row->port), "%s", a->config->ports[range->port].name);
	row->answer = info.answer;
	row->call = info.vc;
	snprintf(row->state, sizeof(row->state), "%s",
		info.vc != CO_NONE ? "up"
		: info.busy        ? "busy"
				   : "idle");
	if (dp_attachment_stats(a->dp, info.dp_attachment, &stats) == 0) {
		row->rx = stats.rx_packets;
		row->rx_octets = stats.rx_octets;
		row->tx = stats.tx_packets;
		row->tx_octets = stats.tx_octets;
		row->drops = stats.drops;
	}
	return true;
}

static void
answer_attachments(struct appliance *a, struct query *q)
{
	while (q->n_rows < SLOW_ROWS && q->cursor < attach_n(a->attach))
		if (attachment_row(a, q->cursor++, &q->rows.attachments[q->n_rows]))
			q->n_rows++;
	q->more = q->cursor < attach_n(a->attach);
}

static void
vc_row(struct appliance *a, const struct co_vc_info *info, struct query_vc_row *row)
{
	const struct appliance_trunk *trunk = appliance_trunk_of(a, info->adapter);
	struct co_vc_statistics stats;

	memset(row, 0, sizeof(*row));
	row->vc = info->vc;
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
	if (info->vc_state != CO_VC_ACTIVE || co_oid_request(a->co, info->vc, CO_OID_VC_STATISTICS,
						      &stats, sizeof(stats)) != CO_STATUS_SUCCESS)
		return;
	row->rx = stats.rx_packets;
	row->rx_octets = stats.rx_octets;
	row->tx = stats.tx_packets;
	row->tx_octets = stats.tx_octets;
	row->drops = stats.drops;
}

static void
answer_vcs(struct appliance *a, struct query *q)
{
	struct co_vc_info info;
	co_vc_t vc;

	while (q->n_rows < SLOW_ROWS) {
		vc = co_vc_next(a->co, &q->cursor);
		if (vc == CO_NONE)
			return;
		if ((q->args.id == 0 || q->args.id == vc) &&
			co_vc_query(a->co, vc, &info) == CO_STATUS_SUCCESS)
			vc_row(a, &info, &q->rows.vcs[q->n_rows++]);
	}
	q->more = true;
}

static bool
call_row(struct appliance *a, const struct co_vc_info *info, struct query_call_row *row)
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
	if (uni_call_query(a->uni, callmgr_vc_call(a->env, info->cm_ctx), &call) != 0)
		return true; /* the network is done with it already */
	query_print_address(row->from, &call.calling);
	query_print_address(row->to, &call.called);
	snprintf(row->state, sizeof(row->state), "%s",
		uni_call_state_name(uni_link_role(call.link), call.state));
	row->reference = call.reference;
	row->age_s = (double)(a->now_ns - call.created_ns) / 1e9;
	return true;
}

static void
answer_calls(struct appliance *a, struct query *q)
{
	struct co_vc_info info;
	uint32_t looked = 0;
	co_vc_t vc;

	while (q->n_rows < SLOW_ROWS && looked++ < 4 * SLOW_ROWS) {
		vc = co_vc_next(a->co, &q->cursor);
		if (vc == CO_NONE)
			return;
		if ((q->args.id == 0 || q->args.id == vc) &&
			co_vc_query(a->co, vc, &info) == CO_STATUS_SUCCESS &&
			call_row(a, &info, &q->rows.calls[q->n_rows]))
			q->n_rows++;
	}
	q->more = true;
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
	row->timers = uni.n_timers;
	row->link_timers = uni.n_link_timers;
	row->setups = uni.n_setups;
	row->circuits = dp_n_circuits(a->dp) - a->n_trunks;
	row->saps = co.n_saps;
	row->afs = co.n_afs;
	row->clients_calls = caller_n_calls(attach_caller(a->attach)) +
			     caller_n_calls(load_caller(a->load)) + transit_n_calls(a->transit);
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
	}
	row->illegal_requests = co.n_illegal;
	row->stale_handles = co.n_stale;
	row->unexpected_completions = co.n_unexpected_completions + cm.n_unexpected;
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
	const struct rte_mempool *pool = dp_mempool(a->dp);
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
	row->mbufs_total = pool->size;
	row->mbufs_in_use = rte_mempool_in_use_count(pool);
	for (i = 0; i < a->n_trunks; i++) {
		const struct sscop_stats *pdus =
			sscop_stats(sscf_sscop(callmgr_sscf(a->trunks[i].callmgr)));

		row->bad_pdus += pdus->bad_length + pdus->bad_type;
	}
}

static void
answer_counters(struct appliance *a, struct query *q)
{
	struct query_counters_row *row = &q->rows.counters[0];

	memset(row, 0, sizeof(*row));
	counters_of_life(a, row);
	counters_of_frames(a, row);
	row->control_turns = a->turns;
	row->control_busy_turns = a->busy_turns;
	row->control_turn_ns_p99 = cp_hist_quantile(&a->turn_ns, 990);
	row->control_turn_ns_max = a->turn_ns.max;
	q->n_rows = 1;
}

static void
answer_workers(struct appliance *a, struct query *q)
{
	uint64_t hz = rte_get_tsc_hz();
	struct dp_worker_stats stats;
	uint32_t i;

	for (i = 0; i < dp_n_workers(a->dp); i++) {
		struct query_worker_row *row = &q->rows.workers[q->n_rows++];

		dp_worker_stats(a->dp, i, &stats);
		*row = (struct query_worker_row){
			.lcore = stats.lcore,
			.turns = stats.turns,
			.busy_turns = stats.busy_turns,
			.rx = stats.rx,
			.tx = stats.tx,
			.to_control = stats.to_control,
			.from_control = stats.from_control,
			.max_turn_ns = (uint64_t)((double)stats.max_turn_cycles * 1e9 / (double)hz),
		};
		memcpy(row->drops, stats.drops, sizeof(row->drops));
	}
}

static void
answer_jobs(struct appliance *a, struct query *q)
{
	uint32_t n = jobs_query(a->jobs, q->args.id, &q->cursor, q->rows.jobs, QUERY_ROWS);

	q->n_rows = n;
	q->more = n == QUERY_ROWS;
	if (n == 0 && q->args.id != 0) {
		q->error = -ENOENT;
		snprintf(q->message, sizeof(q->message), "there is no job %u", q->args.id);
	}
}

/* ---- Commands. ---- */

static void
job_started(struct appliance *a, struct query *q, int id)
{
	uint32_t cursor = 0;

	if (id < 0) {
		q->error = id;
		return;
	}
	q->n_rows = jobs_query(a->jobs, (uint32_t)id, &cursor, q->rows.jobs, QUERY_ROWS);
}

static void
answer_dial(struct appliance *a, struct query *q)
{
	job_started(a, q, jobs_dial(a->jobs, &q->args, q->message, sizeof(q->message)));
}

static void
answer_close(struct appliance *a, struct query *q)
{
	job_started(a, q, jobs_close(a->jobs, &q->args, q->message, sizeof(q->message)));
}

static void
answer_replay(struct appliance *a, struct query *q)
{
	job_started(a, q, jobs_replay(a->jobs, &q->args, q->message, sizeof(q->message)));
}

static void
answer_cancel(struct appliance *a, struct query *q)
{
	int err = jobs_cancel(a->jobs, q->args.id);

	if (err == 0) {
		job_started(a, q, (int)q->args.id);
		return;
	}
	q->error = err;
	snprintf(q->message, sizeof(q->message), "there is no running job %u", q->args.id);
}

static void
answer_log(struct appliance *a, struct query *q)
{
	int level = cp_log_level_parse(q->args.level);

	(void)a;
	if (level < 0) {
		q->error = level;
		snprintf(q->message, sizeof(q->message),
			"'%s' is no log level; mend: error, warning, notice, info or debug",
			q->args.level);
		return;
	}
	cp_log_set_level((enum cp_log_level)level);
}

static void
answer_shutdown(struct appliance *a, struct query *q)
{
	(void)q;
	appliance_shutdown(a);
}

static void (*const answers[QUERY_METHOD_COUNT])(struct appliance *a, struct query *q) = {
	[QUERY_STATUS] = answer_status,
	[QUERY_PORTS] = answer_ports,
	[QUERY_TRUNKS] = answer_trunks,
	[QUERY_ATTACHMENTS] = answer_attachments,
	[QUERY_VCS] = answer_vcs,
	[QUERY_CALLS] = answer_calls,
	[QUERY_COUNTERS] = answer_counters,
	[QUERY_WORKERS] = answer_workers,
	[QUERY_JOBS] = answer_jobs,
	[QUERY_DIAL] = answer_dial,
	[QUERY_CLOSE] = answer_close,
	[QUERY_REPLAY] = answer_replay,
	[QUERY_CANCEL] = answer_cancel,
	[QUERY_LOG] = answer_log,
	[QUERY_SHUTDOWN] = answer_shutdown,
};

void
query_answer(struct appliance *a, struct query *q)
{
	q->error = 0;
	q->n_rows = 0;
	q->more = false;
	q->message[0] = '\0';
	answers[q->method](a, q);
}
