/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/appliance.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_malloc.h>

#include "appliance_priv.h"
#include "base/log.h"
#include "callplane/jobs.h"
#include "callplane/memory.h"
#include "callplane/metrics.h"
#include "callplane/placement.h"
#include "callplane/ports.h"
#include "callplane/records.h"
#include "callplane/supervisor.h"

#define QUERY_RING 16
#define FRAMES_PER_TURN 64
#define TIMERS_PER_TURN 128
#define RECLAIMS_PER_TURN 128
#define QUERY_TURNS 8   /* the query ring is looked at every so many turns */
#define IDLE_TURNS 4096 /* without work before an idle control loop may sleep */
#define IDLE_SLEEP_NS 50000
#define ECHO_CALLS 1024
#define MAX_GROUPS 4096
#define ECHO_PACKETS 1024 /* kept at one time: more come back too late to be of use */
#define STALL_NS 1000000000ull

uint64_t
appliance_now(const struct appliance *a)
{
	/* 2^32 Hz at most, so the product of the remainder fits: exact for centuries. */
	uint64_t hz = rte_get_tsc_hz(), tsc = rte_rdtsc() - a->tsc_start;

	return tsc / hz * 1000000000ull + tsc % hz * 1000000000ull / hz;
}

void
appliance_to_co_address(struct co_address *out, const struct config_address *in)
{
	memset(out, 0, sizeof(*out));
	out->type = in->type;
	out->len = in->len;
	memcpy(out->octets, in->octets, sizeof(out->octets));
}

struct rte_mempool *
appliance_mempool(struct appliance *a)
{
	return dp_mempool(a->dp);
}

/* ---- Memory of control's arrays: hugepages when there are any. ---- */

static void *
control_alloc(void *arg, size_t size, const char *what)
{
	struct appliance *a = arg;
	void *p = rte_zmalloc(what, size, RTE_CACHE_LINE_SIZE);

	if (p != NULL)
		a->control_octets += size;
	return p;
}

static void
control_free(void *arg, void *p)
{
	(void)arg;
	rte_free(p);
}

/* ---- Assembly, floor by floor. ---- */

static uint32_t
n_attachments(const struct config *config)
{
	uint32_t n = 0;
	unsigned int i;

	for (i = 0; i < config->n_attachments; i++)
		n += config->attachments[i].count;
	return n;
}

/* Multipoint calls that come in. */
static uint32_t
n_groups(const struct config *config)
{
	return config->max_calls < MAX_GROUPS ? config->max_calls : MAX_GROUPS;
}

/* A label with leaves has a circuit of its own beside theirs. */
static uint32_t
n_circuits(const struct config *config)
{
	uint32_t n = config->max_calls + n_groups(config) + config->n_trunks;

	return n < CP_POOL_MAX ? n : CP_POOL_MAX;
}

static int
create_dataplane(struct appliance *a)
{
	struct dp_config config = {
		.n_circuits = n_circuits(a->config),
		.n_trunks = a->config->n_trunks,
		.n_attachments = n_attachments(a->config),
		.ring_size = MEMORY_RING_SIZE,
		.n_mbufs = memory_n_mbufs(a->config),
		.mbuf_data_size = memory_mbuf_size(a->config),
		.socket = placement_node(a->config),
		.stall_ns = STALL_NS,
	};
	unsigned int i;
	int err;

	err = dp_create(&a->dp, &config);
	for (i = 0; err == 0 && i < a->config->n_workers; i++) {
		err = dp_worker_create(a->dp, a->config->workers[i].lcore, &a->workers[i]);
		a->n_workers += err == 0;
	}
	if (err == 0) {
		a->busiest = busiest_create(a->dp, config.n_circuits, &a->mem);
		err = a->busiest != NULL ? 0 : -ENOMEM;
	}
	return err;
}

static int
open_ports(struct appliance *a, char *error, size_t error_size)
{
	unsigned int i;
	int err;

	err = ports_make_wires(a->config, error, error_size);
	for (i = 0; err == 0 && i < a->config->n_ports; i++) {
		a->dp_ports[i] = ports_open(a->dp, a->config, i, error, error_size);
		err = a->dp_ports[i] < 0 ? a->dp_ports[i] : 0;
	}
	return err;
}

/* Call control has those of both ends: of roots here, and a leaf for each call that comes in. */
static uint32_t
uni_parties(const struct config *config)
{
	uint32_t leaves = config->max_calls < 65536 ? config->max_calls : 65536;
	uint32_t n = config->max_parties + leaves;

	return n < CP_POOL_MAX ? n : CP_POOL_MAX;
}

static int
create_call_control(struct appliance *a)
{
	uint32_t n = a->config->max_calls;
	uint32_t n_setups = n < 4096 ? n : 4096;
	uint32_t n_parties = a->config->max_parties;
	struct co_limits limits = { .n_vcs = n + a->config->n_trunks, .n_parties = n_parties };
	struct uni_config uni = {
		.n_calls = n,
		.n_links = a->config->n_trunks != 0 ? a->config->n_trunks : 1,
		.n_setups = n_setups,
		.n_parties = uni_parties(a->config),
	};
	struct callmgr_env_config env = {
		.n_vcs = n,
		.n_offers = n_setups,
		.n_saps = 16384,
		.n_parties = n_parties,
		.n_groups = n_groups(a->config),
		.n_pvcs = a->config->n_pvcs,
		.n_traces = a->config->n_traces,
	};

	a->co = co_create(&limits, &a->mem);
	a->uni = uni_create(&uni, a->now_ns, &a->mem);
	if (a->co == NULL || a->uni == NULL)
		return -ENOMEM;
	env.co = a->co;
	env.uni = a->uni;
	a->env = callmgr_env_create(&env, &a->mem);
	if (a->env == NULL)
		return -ENOMEM;
	callmgr_env_set_now(a->env, a->now_ns);
	return 0;
}

/* Clients come before trunks: each adapter then tells them of its AF when it is registered. */
static int
create_clients(struct appliance *a)
{
	uint32_t n = a->config->max_calls;
	struct attach_config attach = {
		.n_attachments = n_attachments(a->config),
		.caller = { .name = "attach",
			.n_calls = n,
			.n_dials = n < 4096 ? n : 4096,
			.n_multipoint = n < 4096 ? n : 4096,
			.n_parties = a->config->max_parties },
	};
	struct caller_config load = {
		.name = "load", .n_calls = n, .n_dials = n < 4096 ? n : 4096
	};
	struct transit_config transit = {
		.n_calls = n, .n_making = 1024, .n_relays = 256, .n_changes = 1024
	};
	struct echo_config echo = { .n_calls = n < ECHO_CALLS ? n : ECHO_CALLS,
		.n_packets = ECHO_PACKETS,
		.closed = jobs_closed };
	int err;

	a->jobs = jobs_create(a);
	if (a->jobs == NULL)
		return -ENOMEM;
	echo.arg = a->jobs;
	err = attach_create(a->co, &attach, &jobs_reports, a->jobs, &a->mem, &a->attach);
	if (err == 0)
		err = load_create(a->co, &load, &jobs_reports, a->jobs, &a->mem, &a->load);
	if (err == 0)
		err = echo_create(a->co, &echo, &a->mem, &a->echo);
	if (err == 0)
		err = transit_create(a->co, &transit, &a->routes, a->adapters, jobs_closed, a->jobs,
			&a->mem, &a->transit);
	return err;
}

static int
add_attachments(struct appliance *a, const struct config_attachment *range)
{
	struct dp_attachment_config config = { .n_tags = range->n_tags };
	struct config_address config_address;
	struct co_address address;
	uint32_t i, dp_attachment;
	int err;

	config.port = (uint16_t)a->dp_ports[range->port];
	for (i = 0; i < range->count; i++) {
		config_attachment_at(
			range, i, &config_address, &config.outer_vlan, &config.inner_vlan);
		appliance_to_co_address(&address, &config_address);
		err = dp_attachment_add(a->dp, &config, &dp_attachment);
		if (err != 0)
			return err;
		err = attach_add(a->attach, &address, dp_attachment, range->answer);
		if (err < 0)
			return err;
	}
	return 0;
}

static int
create_attachments(struct appliance *a, char *error, size_t error_size)
{
	unsigned int i;
	int err;

	for (i = 0; i < a->config->n_attachments; i++) {
		err = add_attachments(a, &a->config->attachments[i]);
		if (err != 0) {
			snprintf(error, error_size,
				"attachments (line %u): %s; mend: fewer of them, or more "
				"memory",
				a->config->attachments[i].line, strerror(-err));
			return err;
		}
	}
	return 0;
}

/* Every trunk may bring calls for every attachment, and for every prefix that leads elsewhere. */
static int
register_addresses(struct appliance *a)
{
	enum co_status status = CO_STATUS_SUCCESS;
	struct co_address address;
	unsigned int i, t;

	for (i = 0; i < a->config->n_routes; i++) {
		appliance_to_co_address(&address, &a->config->routes[i].prefix);
		if (route_add(&a->routes, &address, a->config->routes[i].trunk) != 0)
			return -ENOSPC;
		address.prefix = true;
		for (t = 0; t < a->n_trunks && status == CO_STATUS_SUCCESS; t++)
			status = transit_register(a->transit, a->adapters[t], &address);
	}
	for (i = 0; i < a->config->n_attachments; i++) {
		appliance_to_co_address(&address, &a->config->attachments[i].address);
		for (t = 0; t < a->n_trunks && status == CO_STATUS_SUCCESS; t++)
			status = attach_register(a->attach, a->adapters[t], &address,
				a->config->attachments[i].count);
	}
	for (i = 0; i < a->config->n_echoes; i++) {
		appliance_to_co_address(&address, &a->config->echoes[i].address);
		for (t = 0; t < a->n_trunks && status == CO_STATUS_SUCCESS; t++)
			status = echo_register(a->echo, a->adapters[t], &address);
	}
	return status == CO_STATUS_SUCCESS ? 0 : -ENOSPC;
}

static int
create_rings(struct appliance *a)
{
	a->queries = rte_ring_create("queries", QUERY_RING, SOCKET_ID_ANY,
		RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
	a->answers = rte_ring_create("answers", QUERY_RING, SOCKET_ID_ANY,
		RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
	return a->queries != NULL && a->answers != NULL ? 0 : -rte_errno;
}

static int
assemble(struct appliance *a, char *error, size_t error_size)
{
	unsigned int i;
	int err;

	err = create_rings(a);
	if (err == 0)
		err = create_dataplane(a);
	if (err == 0)
		err = create_call_control(a);
	if (err == 0)
		err = create_clients(a);
	if (err == 0)
		err = metrics_create(&a->metrics, a);
	if (err != 0) {
		snprintf(error, error_size,
			"no memory for %u calls: %s; mend: limits: {calls: N} "
			"smaller, or more hugepages (dpdk-hugepages.py --setup)",
			a->config->max_calls, strerror(-err));
		return err;
	}
	err = records_create(&a->records, a, error, error_size);
	if (err == 0)
		err = open_ports(a, error, error_size);
	for (i = 0; err == 0 && i < a->config->n_trunks; i++)
		err = appliance_create_trunk(a, i, error, error_size);
	if (err == 0)
		err = create_attachments(a, error, error_size);
	if (err == 0)
		err = appliance_create_pvcs(a, error, error_size);
	if (err != 0)
		return err;
	placement_log(a->dp);
	err = register_addresses(a);
	if (err != 0)
		snprintf(error, error_size,
			"addresses cannot be registered: two routes, attachments or echoes claim "
			"the "
			"same, or there are too many; mend: fewer, larger ranges");
	return err;
}

int
appliance_create(
	struct appliance **out, const struct config *config, char *error, size_t error_size)
{
	struct appliance *a = cp_mem_alloc(NULL, sizeof(*a), "appliance");
	int err;

	if (a == NULL)
		return -ENOMEM;
	a->config = config;
	a->tsc_start = rte_rdtsc();
	a->mem = (struct cp_mem){ .alloc = control_alloc, .free = control_free, .arg = a };
	err = assemble(a, error, error_size);
	if (err != 0) {
		appliance_destroy(a);
		return err;
	}
	*out = a;
	return 0;
}

/* ---- Life. ---- */

int
appliance_start(struct appliance *a)
{
	unsigned int i;
	int err;

	for (i = 0; i < a->n_workers; i++) {
		err = rte_eal_remote_launch(
			dp_worker_run, a->workers[i], a->config->workers[i].lcore);
		if (err != 0)
			return err;
		a->workers_running = true;
	}
	a->now_ns = a->started_ns = appliance_now(a);
	callmgr_env_set_now(a->env, a->now_ns);
	for (i = 0; i < a->n_trunks; i++)
		callmgr_start(a->trunks[i].callmgr);
	return 0;
}

void
appliance_shutdown(struct appliance *a)
{
	a->shutdown = true;
}

static void
stop_workers(struct appliance *a)
{
	unsigned int i;

	if (!a->workers_running)
		return;
	for (i = 0; i < a->n_workers; i++)
		dp_worker_stop(a->workers[i]);
	for (i = 0; i < a->n_workers; i++)
		rte_eal_wait_lcore(a->config->workers[i].lcore);
	a->workers_running = false;
}

struct metrics *
appliance_metrics(const struct appliance *a)
{
	return a->metrics;
}

/* In reverse; what was never made is NULL and passes. */
void
appliance_destroy(struct appliance *a)
{
	unsigned int i;

	if (a == NULL)
		return;
	stop_workers(a);
	for (i = 0; i < a->config->n_trunks; i++) {
		ethmcm_destroy(a->trunks[i].ethmcm);
		unicm_destroy(a->trunks[i].unicm);
		ethvc_destroy(a->trunks[i].ethvc);
	}
	echo_destroy(a->echo);
	transit_destroy(a->transit);
	load_destroy(a->load);
	attach_destroy(a->attach);
	jobs_destroy(a->jobs);
	callmgr_env_destroy(a->env);
	uni_destroy(a->uni);
	co_destroy(a->co);
	records_destroy(a->records);
	metrics_destroy(a->metrics);
	busiest_destroy(a->busiest);
	if (a->dp != NULL)
		dp_destroy(a->dp);
	rte_ring_free(a->queries);
	rte_ring_free(a->answers);
	cp_mem_free(NULL, a);
}

/* ---- The control loop. ---- */

static bool
answer_queries(struct appliance *a)
{
	void *query;

	/* An answer must have its place before it is made: control waits for nobody (I6). */
	if (rte_ring_full(a->answers) || rte_ring_dequeue(a->queries, &query) != 0)
		return false;
	query_answer(a, query);
	rte_ring_enqueue(a->answers, query);
	return true;
}

/* frames in -> SSCOP -> call control -> timers due -> bulk jobs -> reclamation -> frames out. */
static bool
turn(struct appliance *a)
{
	bool busy;

	a->now_ns = appliance_now(a);
	callmgr_env_set_now(a->env, a->now_ns);
	callmgr_env_cork(a->env); /* what a burst brings is answered in one go */
	busy = dp_control_poll(a->dp, FRAMES_PER_TURN) > 0;
	callmgr_env_turn(a->env, a->now_ns, TIMERS_PER_TURN);
	callmgr_env_cork(a->env);
	busy |= jobs_turn(a->jobs);
	busy |= dp_reclaim_poll(a->dp, a->now_ns, RECLAIMS_PER_TURN) > 0;
	dp_ports_look(a->dp, a->now_ns);
	appliance_trunks_turn(a);
	caller_turn(attach_caller(a->attach), RECLAIMS_PER_TURN);
	caller_turn(load_caller(a->load), RECLAIMS_PER_TURN);
	transit_turn(a->transit, RECLAIMS_PER_TURN);
	echo_turn(a->echo, RECLAIMS_PER_TURN);
	appliance_pvcs_turn(a);
	appliance_alarms_turn(a);
	appliance_call_log_turn(a);
	busy |= busiest_turn(a->busiest, a->now_ns);
	busy |= metrics_turn(a->metrics);
	callmgr_env_uncork(a->env);
	dp_control_flush(a->dp);
	if (++a->turns % QUERY_TURNS == 0)
		busy |= answer_queries(a);
	if (busy) {
		a->busy_turns++;
		cp_hist_add(&a->turn_ns, appliance_now(a) - a->now_ns);
	}
	return busy;
}

void
appliance_feeds(struct appliance *a, struct supervisor *supervisor)
{
	a->supervisor = supervisor;
}

static void
idle(struct appliance *a, bool busy)
{
	static const struct timespec nap = { .tv_nsec = IDLE_SLEEP_NS };

	a->idle_turns = busy ? 0 : a->idle_turns + 1;
	if (a->config->control_idle == CONFIG_SLEEP && a->idle_turns > IDLE_TURNS)
		nanosleep(&nap, NULL);
	else
		rte_pause();
}

uint32_t
appliance_run(struct appliance *a, volatile sig_atomic_t *stop)
{
	while (a->phase != PHASE_DONE) {
		idle(a, turn(a));
		supervisor_turn(a->supervisor, a->now_ns);
		if (*stop)
			a->shutdown = true;
		if (a->shutdown)
			appliance_drain_turn(a);
	}
	stop_workers(a);
	return appliance_what_is_left(a);
}
