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
#include "callplane/ports.h"

#define RING_SIZE 4096 /* frames between control and a worker, each way */
#define QUERY_RING 16
#define FRAMES_PER_TURN 64
#define TIMERS_PER_TURN 64
#define RECLAIMS_PER_TURN 128
#define QUERY_TURNS 8   /* the query ring is looked at every so many turns */
#define IDLE_TURNS 4096 /* without work before an idle control loop may sleep */
#define IDLE_SLEEP_NS 50000
#define STALL_NS 1000000000ull
#define RELEASE_NS 2000000000ull /* how long links have to be released at the end */

uint64_t
appliance_now(const struct appliance *a)
{
	/* 2^32 Hz at most, so the product of the remainder fits: exact for centuries. */
	uint64_t hz = rte_get_tsc_hz(), tsc = rte_rdtsc() - a->tsc_start;

	return tsc / hz * 1000000000ull + tsc % hz * 1000000000ull / hz;
}

const struct appliance_trunk *
appliance_trunk_of(const struct appliance *a, co_adapter_t adapter)
{
	unsigned int i;

	for (i = 0; i < a->n_trunks; i++)
		if (a->trunks[i].adapter == adapter)
			return &a->trunks[i];
	return NULL;
}

uint32_t
appliance_n_signalling_vcs(const struct appliance *a)
{
	uint32_t i, n = 0;

	for (i = 0; i < a->n_trunks; i++)
		n += a->trunks[i].unicm != NULL && !unicm_is_closed(a->trunks[i].unicm);
	return n;
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

static uint32_t
n_mbufs(const struct config *config)
{
	if (config->n_mbufs != 0)
		return config->n_mbufs;
	return config->n_ports * 3072 + config->n_workers * 2 * RING_SIZE / 2 + 2048;
}

static int
create_dataplane(struct appliance *a)
{
	struct dp_config config = {
		.n_circuits = a->config->max_calls + a->config->n_trunks,
		.n_attachments = n_attachments(a->config),
		.ring_size = RING_SIZE,
		.n_mbufs = n_mbufs(a->config),
		.socket = SOCKET_ID_ANY,
		.stall_ns = STALL_NS,
	};
	unsigned int i;
	int err;

	err = dp_create(&a->dp, &config);
	for (i = 0; err == 0 && i < a->config->n_workers; i++) {
		err = dp_worker_create(a->dp, a->config->workers[i].lcore, &a->workers[i]);
		a->n_workers += err == 0;
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

static int
create_call_control(struct appliance *a)
{
	uint32_t n = a->config->max_calls;
	uint32_t n_setups = n < 4096 ? n : 4096;
	struct co_limits limits = { .n_vcs = n + a->config->n_trunks };
	struct uni_config uni = {
		.n_calls = n,
		.n_links = a->config->n_trunks != 0 ? a->config->n_trunks : 1,
		.n_setups = n_setups,
	};
	struct callmgr_env_config env = { .n_vcs = n, .n_offers = n_setups, .n_saps = 16384 };

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
		.caller = { .name = "attach", .n_calls = n, .n_dials = n < 4096 ? n : 4096 },
	};
	static const struct attach_ops ops = { .dialled = jobs_dialled, .closed = jobs_closed };
	struct caller_config load = {
		.name = "load", .n_calls = n, .n_dials = n < 4096 ? n : 4096
	};
	struct transit_config transit = { .n_calls = n, .n_making = 1024, .n_relays = 256 };
	int err;

	a->jobs = jobs_create(a);
	if (a->jobs == NULL)
		return -ENOMEM;
	err = attach_create(a->co, &attach, &ops, a->jobs, &a->mem, &a->attach);
	if (err == 0)
		err = load_create(a->co, &load, &ops, a->jobs, &a->mem, &a->load);
	if (err == 0)
		err = transit_create(a->co, &transit, &a->routes, a->adapters, jobs_closed, a->jobs,
			&a->mem, &a->transit);
	return err;
}

static uint32_t
or_default(uint32_t value, uint32_t standard)
{
	return value != 0 ? value : standard;
}

static void
trunk_params(const struct config_trunk *config, struct callmgr_params *params)
{
	const struct config_timers *t = &config->timers;
	struct uni_link_params *link = &params->link;
	struct sscop_params *sscop = &params->sscop;
	struct timespec now;

	memset(params, 0, sizeof(*params));
	params->name = config->name;
	uni_link_params_default(
		link, config->side == CONFIG_USER ? UNI_ROLE_USER : UNI_ROLE_NETWORK);
	link->vpci_first = config->vpci_first;
	link->vpci_last = config->vpci_last;
	link->signalling_label = config->signalling_label;
	link->t301_ms = or_default(t->t301, link->t301_ms);
	link->t303_ms = or_default(t->t303, link->t303_ms);
	link->t308_ms = or_default(t->t308, link->t308_ms);
	link->t309_ms = or_default(t->t309, link->t309_ms);
	link->t310_ms = or_default(t->t310, link->t310_ms);
	link->t313_ms = or_default(t->t313, link->t313_ms);
	sscop_params_default(sscop);
	sscop->window = config->window;
	sscop->timer_cc_ms = or_default(t->sscop_cc, sscop->timer_cc_ms);
	sscop->timer_poll_ms = or_default(t->sscop_poll, sscop->timer_poll_ms);
	sscop->timer_keep_alive_ms = or_default(t->sscop_keep_alive, sscop->timer_keep_alive_ms);
	sscop->timer_no_response_ms = or_default(t->sscop_no_response, sscop->timer_no_response_ms);
	sscop->timer_idle_ms = or_default(t->sscop_idle, sscop->timer_idle_ms);
	/* A restarted appliance must not look like a repeat of its predecessor (SSCOP-5). */
	clock_gettime(CLOCK_REALTIME, &now);
	sscop->initial_sq = (uint8_t)(now.tv_sec ^ now.tv_nsec >> 10);
}

static int
create_driver(struct appliance *a, struct appliance_trunk *t)
{
	const struct config_trunk *config = t->config;
	struct callmgr_params params;
	int err;

	trunk_params(config, &params);
	if (config->call_manager == CONFIG_EMBEDDED) {
		err = ethmcm_create(a->env, a->co, a->dp, (uint16_t)t->dp_trunk,
			config->signalling_label, &params, &t->ethmcm);
		if (err != 0)
			return err;
		t->callmgr = ethmcm_callmgr(t->ethmcm);
		t->adapter = ethmcm_adapter(t->ethmcm);
		return 0;
	}
	err = ethvc_create(a->co, a->dp, (uint16_t)t->dp_trunk, a->config->max_calls + 1,
		config->name, &a->mem, &t->ethvc);
	if (err == 0) {
		t->adapter = ethvc_adapter(t->ethvc);
		err = unicm_create(
			a->env, a->co, t->adapter, config->signalling_label, &params, &t->unicm);
	}
	if (err == 0)
		t->callmgr = unicm_callmgr(t->unicm);
	return err;
}

static int
create_trunk(struct appliance *a, unsigned int idx, char *error, size_t error_size)
{
	const struct config_trunk *config = &a->config->trunks[idx];
	struct appliance_trunk *t = &a->trunks[idx];
	struct dp_trunk_config dp_config = { .port = (uint16_t)a->dp_ports[config->port], .tc = 6 };
	int err;

	if (config->has_peer_mac)
		memcpy(dp_config.peer_mac.addr_bytes, config->peer_mac, 6);
	else
		memset(dp_config.peer_mac.addr_bytes, 0xff, 6);
	t->config = config;
	t->dp_trunk = dp_trunk_add(a->dp, &dp_config);
	err = t->dp_trunk < 0 ? t->dp_trunk : create_driver(a, t);
	if (err != 0) {
		snprintf(error, error_size,
			"trunk %s (line %u) cannot be set up: %s; mend: check its "
			"timers and label, and the memory that is free",
			config->name, config->line, strerror(-err));
		return err;
	}
	a->adapters[idx] = t->adapter;
	a->n_trunks++;
	return 0;
}

static void
to_co_address(struct co_address *out, const struct config_address *in)
{
	memset(out, 0, sizeof(*out));
	out->type = in->type;
	out->len = in->len;
	memcpy(out->octets, in->octets, sizeof(out->octets));
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
		to_co_address(&address, &config_address);
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
		to_co_address(&address, &a->config->routes[i].prefix);
		if (route_add(&a->routes, &address, a->config->routes[i].trunk) != 0)
			return -ENOSPC;
		address.prefix = true;
		for (t = 0; t < a->n_trunks && status == CO_STATUS_SUCCESS; t++)
			status = transit_register(a->transit, a->adapters[t], &address);
	}
	for (i = 0; i < a->config->n_attachments; i++) {
		to_co_address(&address, &a->config->attachments[i].address);
		for (t = 0; t < a->n_trunks && status == CO_STATUS_SUCCESS; t++)
			status = attach_register(a->attach, a->adapters[t], &address,
				a->config->attachments[i].count);
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
	if (err != 0) {
		snprintf(error, error_size,
			"no memory for %u calls: %s; mend: limits: {calls: N} "
			"smaller, or more hugepages (dpdk-hugepages.py --setup)",
			a->config->max_calls, strerror(-err));
		return err;
	}
	err = open_ports(a, error, error_size);
	for (i = 0; err == 0 && i < a->config->n_trunks; i++)
		err = create_trunk(a, i, error, error_size);
	if (err == 0)
		err = create_attachments(a, error, error_size);
	if (err != 0)
		return err;
	err = register_addresses(a);
	if (err != 0)
		snprintf(error, error_size,
			"addresses cannot be registered: two routes or attachments claim the same, "
			"or there "
			"are too many; mend: fewer, larger ranges");
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
	transit_destroy(a->transit);
	load_destroy(a->load);
	attach_destroy(a->attach);
	jobs_destroy(a->jobs);
	callmgr_env_destroy(a->env);
	uni_destroy(a->uni);
	co_destroy(a->co);
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
	busy = dp_control_poll(a->dp, FRAMES_PER_TURN) > 0;
	callmgr_env_turn(a->env, a->now_ns, TIMERS_PER_TURN);
	busy |= jobs_turn(a->jobs);
	busy |= dp_reclaim_poll(a->dp, a->now_ns, RECLAIMS_PER_TURN) > 0;
	caller_turn(attach_caller(a->attach), RECLAIMS_PER_TURN);
	caller_turn(load_caller(a->load), RECLAIMS_PER_TURN);
	transit_turn(a->transit, RECLAIMS_PER_TURN);
	dp_control_flush(a->dp);
	if (++a->turns % QUERY_TURNS == 0)
		busy |= answer_queries(a);
	if (busy) {
		a->busy_turns++;
		cp_hist_add(&a->turn_ns, appliance_now(a) - a->now_ns);
	}
	return busy;
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

/* ---- Draining: calls, then links, then signalling VCs. ---- */

static void
begin_closing(struct appliance *a)
{
	struct query_args args = { .all = true };
	char message[QUERY_TEXT];
	unsigned int i;

	cp_log(CP_LOG_NOTICE, "draining: no new calls, closing all");
	for (i = 0; i < a->n_trunks; i++)
		callmgr_drain(a->trunks[i].callmgr);
	jobs_cancel_all(a->jobs);
	jobs_close(a->jobs, &args, message, sizeof(message));
	a->deadline_ns = a->now_ns + (uint64_t)a->config->drain_seconds * 1000000000ull;
	a->phase = PHASE_CLOSING;
}

static bool
calls_gone(const struct appliance *a)
{
	struct co_census census;

	co_census(a->co, &census);
	return census.n_vcs == appliance_n_signalling_vcs(a);
}

static void
begin_releasing(struct appliance *a)
{
	unsigned int i;

	caller_shut(attach_caller(a->attach));
	caller_shut(load_caller(a->load));
	transit_shut(a->transit);
	for (i = 0; i < a->n_trunks; i++)
		callmgr_stop(a->trunks[i].callmgr);
	a->deadline_ns = a->now_ns + RELEASE_NS;
	a->phase = PHASE_RELEASING;
}

static bool
links_released(const struct appliance *a)
{
	unsigned int i;

	for (i = 0; i < a->n_trunks; i++)
		if (sscf_state(callmgr_sscf(a->trunks[i].callmgr)) != SSCF_ST_RELEASED)
			return false;
	return true;
}

static void
begin_unlinking(struct appliance *a)
{
	unsigned int i;

	for (i = 0; i < a->n_trunks; i++) {
		if (a->trunks[i].ethmcm != NULL)
			ethmcm_close(a->trunks[i].ethmcm);
		else
			unicm_close(a->trunks[i].unicm);
	}
	a->deadline_ns = a->now_ns + RELEASE_NS;
	a->phase = PHASE_UNLINKING;
}

static bool
signalling_gone(const struct appliance *a)
{
	unsigned int i;

	for (i = 0; i < a->n_trunks; i++)
		if (a->trunks[i].ethmcm != NULL ? !ethmcm_is_closed(a->trunks[i].ethmcm)
						: !unicm_is_closed(a->trunks[i].unicm))
			return false;
	return true;
}

static void
drain_turn(struct appliance *a)
{
	bool late = a->now_ns > a->deadline_ns;

	switch (a->phase) {
	case PHASE_RUNNING:
		begin_closing(a);
		break;
	case PHASE_CLOSING:
		if (late)
			cp_log(CP_LOG_WARN, "calls are left after %u s: gone without their answers",
				a->config->drain_seconds);
		if (late || calls_gone(a))
			begin_releasing(a);
		break;
	case PHASE_RELEASING:
		if (late || links_released(a))
			begin_unlinking(a);
		break;
	case PHASE_UNLINKING:
		if (late || (signalling_gone(a) && jobs_n_running(a->jobs) == 0))
			a->phase = PHASE_DONE;
		break;
	case PHASE_DONE:
		break;
	}
}

/* UNB-12, I4 */
static uint32_t
what_is_left(const struct appliance *a)
{
	struct callmgr_census cm;
	struct uni_census uni;
	struct co_census co;
	uint32_t left;

	co_census(a->co, &co);
	uni_census(a->uni, &uni);
	callmgr_census(a->env, &cm);
	left = co.n_vcs + co.n_afs + co.n_saps + uni.n_calls + uni.n_setups + cm.n_vcs + cm.n_saps +
	       dp_n_circuits(a->dp);
	if (left > 0)
		cp_log(CP_LOG_WARN,
			"left behind: %u VCs, %u AFs, %u SAPs, %u calls, %u SETUPs, %u circuits",
			co.n_vcs, co.n_afs, co.n_saps, uni.n_calls, uni.n_setups,
			dp_n_circuits(a->dp));
	return left;
}

uint32_t
appliance_run(struct appliance *a, volatile sig_atomic_t *stop)
{
	while (a->phase != PHASE_DONE) {
		idle(a, turn(a));
		if (*stop)
			a->shutdown = true;
		if (a->shutdown)
			drain_turn(a);
	}
	stop_workers(a);
	return what_is_left(a);
}
