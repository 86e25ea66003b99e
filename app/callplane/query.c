/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/query.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>

#include "appliance_priv.h"
#include "base/log.h"
#include "callplane/jobs.h"

/* ---- The rings. ---- */

int
query_post(struct appliance *a, struct query *query)
{
	return rte_ring_enqueue(a->queries, query) == 0 ? 0 : -EAGAIN;
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
	if (query->error == 0)
		query_ask_kernel(query);
	return query;
}

/* ---- Rows. ---- */

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
	row->parties = census.n_parties;
	row->jobs_running = jobs_n_running(a->jobs);
	row->memory_octets = dp_memory(a->dp) + a->control_octets;
	row->max_calls = a->config->max_calls;
	row->max_parties = a->config->max_parties;
	row->control_lcore = a->config->control_lcore;
	q->n_rows = 1;
}

static void
print_workers(uint32_t workers, char *out, size_t size)
{
	uint32_t i;
	int n = 0;

	out[0] = '\0';
	for (i = 0; i < CONFIG_MAX_WORKERS; i++)
		if ((workers >> i & 1) != 0)
			n += snprintf(out + n, size - (size_t)n, "%s%u", n == 0 ? "" : ",", i);
}

static void
answer_ports(struct appliance *a, struct query *q)
{
	uint32_t i;

	while (q->n_rows < QUERY_PORT_ROWS && q->cursor < a->config->n_ports) {
		const struct config_port *config = &a->config->ports[i = q->cursor++];
		struct query_port_row *row = &q->rows.ports[q->n_rows++];
		struct rte_eth_dev_info info;
		struct dp_port_stats stats;

		memset(row, 0, sizeof(*row));
		snprintf(row->name, sizeof(row->name), "%s", config->name);
		snprintf(row->device, sizeof(row->device), "%.63s", config->device);
		print_workers(config->workers, row->workers, sizeof(row->workers));
		if (dp_port_stats(a->dp, (uint16_t)a->dp_ports[i], &stats) != 0)
			continue;
		if (rte_eth_dev_info_get(stats.ethdev, &info) == 0)
			snprintf(row->driver, sizeof(row->driver), "%s", info.driver_name);
		rte_ether_format_addr(row->mac, sizeof(row->mac), &stats.mac);
		snprintf(row->spread, sizeof(row->spread), "%s", dp_spread_name(stats.spread));
		row->rx_queues = stats.n_rx_queues;
		row->tx_queues = stats.n_tx_queues;
		row->link_up = stats.link_up;
		row->link_mbps = stats.link_mbps;
		row->link_changes = stats.link_changes;
		row->mtu = stats.mtu;
		row->rx = stats.rx;
		row->rx_octets = stats.rx_octets;
		row->tx = stats.tx;
		row->tx_octets = stats.tx_octets;
		row->missed = stats.rx_missed;
		row->errors = stats.rx_errors + stats.tx_errors;
		row->no_mbuf = stats.rx_no_mbuf;
		query_polled(a, (uint16_t)a->dp_ports[i], &row->polled);
		memcpy(row->drops, stats.drops, sizeof(row->drops));
	}
	q->more = q->cursor < a->config->n_ports;
}

static void
fill_admission(struct query_trunk_row *row, const struct appliance_trunk *t)
{
	struct ethvc_admission admission;
	unsigned int i;

	appliance_trunk_admission(t, &admission);
	row->bandwidth = admission.bandwidth;
	row->reserved_rx = admission.reserved_rx;
	row->reserved_tx = admission.reserved_tx;
	row->refused_rx = admission.refusals[ETHVC_REFUSED_RX];
	row->refused_tx = admission.refusals[ETHVC_REFUSED_TX];
	row->refused_rates = admission.refusals[ETHVC_REFUSED_RATES];
	row->refused_resources = admission.refusals[ETHVC_REFUSED_RESOURCES];
	for (i = 0; i < ETHVC_REFUSAL_COUNT; i++)
		row->refused += admission.refusals[i];
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
		snprintf(row->state, sizeof(row->state), "%s", appliance_trunk_state(t));
		row->meter = t->config->meter;
		row->close_data = t->config->close_data;
		fill_admission(row, t);
		row->signalling_label = t->config->signalling_label;
		snprintf(row->link, sizeof(row->link), "%s",
			sscf_state_name(sscf_state(callmgr_sscf(t->callmgr))));
		snprintf(
			row->sscop, sizeof(row->sscop), "%s", sscop_state_name(sscop_state(sscop)));
		row->calls = stats.n_calls;
		row->calls_active = stats.n_active;
		row->parties = stats.n_parties;
		row->references = stats.n_references;
		row->labels = stats.n_labels;
		row->labels_set_aside = stats.n_set_aside;
		row->unacknowledged = sscop_n_unacknowledged(sscop);
		row->set_up = stats.set_up;
		row->cleared = stats.cleared;
		row->parties_joined = stats.parties_joined;
		row->parties_left = stats.parties_left;
		row->modified = stats.modified;
		row->audits = stats.audits;
		row->enquiries = stats.enquiries;
		row->enquiries_unanswered = stats.enquiries_unanswered;
		row->enquiries_cleared = stats.enquiries_cleared;
		row->labels_proven = stats.labels_proven;
		row->restarting = stats.restarting;
		row->restarts = stats.restarts_acknowledged;
		row->restarts_of_peer = stats.restarts;
		row->alarms = query_alarms(&stats);
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

uint64_t
query_alarms(const struct uni_link_stats *stats)
{
	return stats->restarts_unanswered + stats->restarts_refused + stats->restarts_overdue;
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
		row->rx_yellow = stats.rx_yellow;
		row->rx_red = stats.rx_red;
		memcpy(row->drops_by, stats.drops_by, sizeof(row->drops_by));
	}
	return true;
}

static void
answer_attachments(struct appliance *a, struct query *q)
{
	while (q->n_rows < QUERY_SLOW_ROWS && q->cursor < attach_n(a->attach))
		if (attachment_row(a, q->cursor++, &q->rows.attachments[q->n_rows]))
			q->n_rows++;
	q->more = q->cursor < attach_n(a->attach);
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

/* A name is as good as the number of a call, wherever one is asked for. */
static bool
resolve_name(struct appliance *a, struct query *q)
{
	if (q->args.name[0] == '\0')
		return true;
	q->args.id = co_vc_named(a->co, q->args.name);
	if (q->args.id != CO_NONE)
		return true;
	q->error = -ENOENT;
	snprintf(q->message, sizeof(q->message),
		"there is no call named '%.47s'; mend: see callctl calls", q->args.name);
	return false;
}

static void
answer_name(struct appliance *a, struct query *q)
{
	struct query_name_row *row = &q->rows.names[0];
	enum co_status status = CO_STATUS_FAILURE;
	struct caller *caller;
	struct co_vc_info info;

	if (!isalpha((unsigned char)q->args.base[0])) {
		q->error = -EINVAL;
		snprintf(q->message, sizeof(q->message),
			"'%.32s' is no name; mend: begin with a letter", q->args.base);
		return;
	}
	if (co_vc_query(a->co, q->args.id, &info) == CO_STATUS_SUCCESS) {
		caller = jobs_caller_of(a->jobs, &info);
		status = caller != NULL ? caller_name(caller, q->args.id, q->args.base)
					: CO_STATUS_NOT_ACCEPTED;
	}
	if (status != CO_STATUS_SUCCESS) {
		q->error = status == CO_STATUS_FAILURE ? -ENOENT : -EPERM;
		snprintf(q->message, sizeof(q->message), "call %u: %s", q->args.id,
			status == CO_STATUS_FAILURE ? "there is no such call"
						    : co_status_name(status));
		return;
	}
	memset(row, 0, sizeof(*row));
	row->call = q->args.id;
	snprintf(row->name, sizeof(row->name), "%s", co_vc_name(a->co, q->args.id));
	q->n_rows = 1;
}

static void
answer_cancel(struct appliance *a, struct query *q)
{
	int err = jobs_cancel(a->jobs, q->args.id, q->message, sizeof(q->message));

	job_started(a, q, err == 0 ? (int)q->args.id : err);
}

static void
answer_open_af(struct appliance *a, struct query *q)
{
	struct appliance_trunk *t =
		appliance_trunk_asked(a, q->args.trunk, q->message, sizeof(q->message));

	if (t == NULL || t->state != TRUNK_AF_CLOSED) {
		q->error = t == NULL ? -ENOENT : -EBUSY;
		if (t != NULL)
			snprintf(q->message, sizeof(q->message),
				"the address family of trunk %.31s is not closed", q->args.trunk);
		return;
	}
	q->error = callmgr_af_offer(t->callmgr);
	if (q->error != 0) {
		snprintf(q->message, sizeof(q->message), "trunk %.31s: %s", q->args.trunk,
			strerror(-q->error));
		return;
	}
	t->state = TRUNK_RUNNING;
	appliance_pvcs_again(a, (unsigned int)(t - a->trunks));
}

static void
answer_log(struct appliance *a, struct query *q)
{
	int level = cp_log_level_parse(q->args.level);

	if (level < 0) {
		q->error = level;
		snprintf(q->message, sizeof(q->message),
			"'%s' is no log level; mend: error, warning, notice, info or debug",
			q->args.level);
		return;
	}
	if (q->args.id != 0)
		query_log_call(a, q, (enum cp_log_level)level);
	else
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
	[QUERY_VCS] = query_vcs,
	[QUERY_CALLS] = query_calls,
	[QUERY_PARTIES] = query_parties,
	[QUERY_COUNTERS] = query_counters,
	[QUERY_WORKERS] = query_workers,
	[QUERY_BUSIEST] = query_busiest,
	[QUERY_TRACE] = query_trace,
	[QUERY_EXPLAIN] = query_explain,
	[QUERY_JOBS] = answer_jobs,
	[QUERY_CAPTURE] = query_capture,
	[QUERY_OPEN_AF] = answer_open_af,
	[QUERY_CANCEL] = answer_cancel,
	[QUERY_NAME] = answer_name,
	[QUERY_ENQUIRE] = query_enquire,
	[QUERY_LOG] = answer_log,
	[QUERY_CONFIG_RELOAD] = query_config_reload,
	[QUERY_SHUTDOWN] = answer_shutdown,
};

static const jobs_start_fn starts[QUERY_METHOD_COUNT] = {
	[QUERY_DIAL] = jobs_dial,
	[QUERY_ADD_PARTY] = jobs_add_party,
	[QUERY_DROP_PARTY] = jobs_drop_party,
	[QUERY_MODIFY] = jobs_modify,
	[QUERY_CLOSE] = jobs_close,
	[QUERY_RESET] = jobs_reset,
	[QUERY_RESTART] = jobs_restart,
	[QUERY_HALT] = jobs_halt,
	[QUERY_REPLAY] = jobs_replay,
	[QUERY_CLOSE_AF] = jobs_close_af,
};

void
query_answer(struct appliance *a, struct query *q)
{
	jobs_start_fn start = starts[q->method];

	q->error = 0;
	q->n_rows = 0;
	q->more = false;
	q->message[0] = '\0';
	if (!resolve_name(a, q))
		return;
	if (start != NULL)
		job_started(a, q, start(a->jobs, &q->args, q->message, sizeof(q->message)));
	else
		answers[q->method](a, q);
}
