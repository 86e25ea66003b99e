/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/metrics_telemetry.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <rte_telemetry.h>

#include "base/log.h"
#include "callplane/metrics.h"

/*
 * Telemetry's commands have no argument of ours, and cannot be taken back: they find the metrics
 * here, or none.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct metrics *current;

typedef int (*tell_fn)(const struct metrics_snapshot *s, const char *name, struct rte_tel_data *d);

static int
tell_status(const struct metrics_snapshot *s, const char *name, struct rte_tel_data *d)
{
	const struct query_status_row *row = &s->status;

	(void)name;
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "version", row->version);
	rte_tel_data_add_dict_string(d, "state", row->state);
	rte_tel_data_add_dict_u64(d, "uptime_s", (uint64_t)row->uptime_s);
	rte_tel_data_add_dict_u64(d, "trunks_up", row->trunks_up);
	rte_tel_data_add_dict_u64(d, "call_legs", row->calls);
	rte_tel_data_add_dict_u64(d, "call_legs_active", row->calls_active);
	rte_tel_data_add_dict_u64(d, "parties", row->parties);
	rte_tel_data_add_dict_u64(d, "jobs_running", row->jobs_running);
	return rte_tel_data_add_dict_u64(d, "memory_octets", row->memory_octets);
}

static int
tell_calls(const struct metrics_snapshot *s, const char *name, struct rte_tel_data *d)
{
	const struct metrics_calls *c = &s->calls;
	uint64_t refused = 0, closed = 0;
	unsigned int i;

	(void)name;
	for (i = 0; i < METRICS_CAUSES; i++) {
		refused += c->refused[i];
		closed += c->closed[i];
	}
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_u64(d, "setup", c->now[METRICS_CALL_SETUP]);
	rte_tel_data_add_dict_u64(d, "up", c->now[METRICS_CALL_UP]);
	rte_tel_data_add_dict_u64(d, "clearing", c->now[METRICS_CALL_CLEARING]);
	rte_tel_data_add_dict_u64(d, "begun", c->begun);
	rte_tel_data_add_dict_u64(d, "answered", c->answered);
	rte_tel_data_add_dict_u64(d, "refused", refused);
	return rte_tel_data_add_dict_u64(d, "closed", closed);
}

static int
tell_grace(const struct metrics_snapshot *s, const char *name, struct rte_tel_data *d)
{
	const struct query_counters_row *c = &s->counters;

	(void)name;
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_u64(d, "grace_periods", c->grace_periods);
	rte_tel_data_add_dict_u64(d, "circuits_reclaimed", c->circuits_reclaimed);
	rte_tel_data_add_dict_u64(d, "reclaiming", c->reclaiming);
	rte_tel_data_add_dict_u64(d, "stalls", c->stalls);
	rte_tel_data_add_dict_u64(d, "ns_p50", c->grace_ns_p50);
	rte_tel_data_add_dict_u64(d, "ns_p99", c->grace_ns_p99);
	return rte_tel_data_add_dict_u64(d, "ns_max", c->grace_ns_max);
}

static int
tell_trunk(const struct query_trunk_row *row, struct rte_tel_data *d)
{
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "state", row->state);
	rte_tel_data_add_dict_string(d, "link", row->link);
	rte_tel_data_add_dict_u64(d, "calls", row->calls);
	rte_tel_data_add_dict_u64(d, "calls_active", row->calls_active);
	rte_tel_data_add_dict_u64(d, "set_up", row->set_up);
	rte_tel_data_add_dict_u64(d, "cleared", row->cleared);
	rte_tel_data_add_dict_u64(d, "messages_tx", row->messages_tx);
	rte_tel_data_add_dict_u64(d, "messages_rx", row->messages_rx);
	return rte_tel_data_add_dict_u64(d, "alarms", row->alarms);
}

/* Without a name, the names. */
static int
tell_trunks(const struct metrics_snapshot *s, const char *name, struct rte_tel_data *d)
{
	uint32_t i;

	if (name == NULL)
		rte_tel_data_start_array(d, RTE_TEL_STRING_VAL);
	for (i = 0; i < s->n_trunks; i++) {
		if (name == NULL)
			rte_tel_data_add_array_string(d, s->trunks[i].name);
		else if (strcmp(name, s->trunks[i].name) == 0)
			return tell_trunk(&s->trunks[i], d);
	}
	return name == NULL ? 0 : -ENOENT;
}

static const struct command {
	const char *path, *help;
	tell_fn tell;
} commands[] = {
	{ "/callplane/status", "State of the appliance. No parameter", tell_status },
	{ "/callplane/calls", "Calls by state, and what became of them. No parameter", tell_calls },
	{ "/callplane/grace", "Grace periods. No parameter", tell_grace },
	{ "/callplane/trunks", "Names of trunks; of one its counters. Parameter: name of a trunk",
		tell_trunks },
};

static int
on_command(const char *path, const char *parameters, struct rte_tel_data *d)
{
	const struct command *c = commands;
	int err = -ENOENT;

	while (strcmp(c->path, path) != 0) /* no other has this handler */
		c++;
	pthread_mutex_lock(&lock);
	if (current != NULL) {
		err = c->tell(metrics_lock(current), parameters, d);
		metrics_unlock(current);
	}
	pthread_mutex_unlock(&lock);
	return err;
}

static void
set_current(struct metrics *metrics)
{
	pthread_mutex_lock(&lock);
	current = metrics;
	pthread_mutex_unlock(&lock);
}

void
metrics_telemetry_start(struct metrics *metrics)
{
	size_t i;
	int err = 0;

	set_current(metrics);
	for (i = 0; err == 0 && i < sizeof(commands) / sizeof(commands[0]); i++)
		err = rte_telemetry_register_cmd(commands[i].path, on_command, commands[i].help);
	if (err != 0)
		cp_log(CP_LOG_WARN, "DPDK's telemetry has not all of our commands: %s",
			strerror(-err));
}

void
metrics_telemetry_stop(void)
{
	set_current(NULL);
}
