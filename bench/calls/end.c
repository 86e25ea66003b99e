/* SPDX-License-Identifier: BSD-3-Clause */
#include "calls/end.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_malloc.h>
#include <rte_ring.h>

/* As in the appliance. */
#define RING_SIZE 4096
#define WIRE_FRAMES 4096
#define N_DIALS 4096
#define N_TRACES 16384
#define FRAMES_PER_TURN 64
#define TIMERS_PER_TURN 64
#define RECLAIMS_PER_TURN 128
#define SIGNALLING_LABEL 16
#define STALL_NS 1000000000u

static const char *const part_names[] = {
	[PART_FRAMES] = "frames",
	[PART_TIMERS] = "timers",
	[PART_WORK] = "work",
	[PART_RECLAIM] = "reclaim",
	[PART_DELETE] = "delete",
	[PART_SEND] = "send",
};

const char *
part_name(enum part part)
{
	return part_names[part];
}

/* ---- Memory of control's arrays, counted. ---- */

static void
count_memory(struct memory *memory, const char *what, size_t size)
{
	uint32_t i;

	memory->octets += size;
	for (i = 0; i < memory->n; i++)
		if (strcmp(memory->lines[i].what, what) == 0)
			break;
	if (i == MEMORY_LINES)
		return; /* in the sum alone */
	if (i == memory->n) {
		snprintf(memory->lines[i].what, sizeof(memory->lines[i].what), "%s", what);
		memory->n++;
	}
	memory->lines[i].octets += size;
}

static void *
counted_alloc(void *arg, size_t size, const char *what)
{
	struct end *e = arg;
	void *p = rte_zmalloc(what, size, RTE_CACHE_LINE_SIZE);

	if (p != NULL)
		count_memory(&e->memory, what, size);
	return p;
}

static void
counted_free(void *arg, void *p)
{
	(void)arg;
	rte_free(p);
}

/* ---- The client's ears. ---- */

static void
on_dialled(void *arg, uint32_t job, enum co_status status, uint8_t cause)
{
	struct end *e = arg;

	(void)job;
	(void)cause;
	if (status == CO_STATUS_SUCCESS)
		e->n_dialled++;
	else
		e->n_failed++;
}

static void
on_closed(void *arg, uint32_t job, enum co_status status)
{
	struct end *e = arg;

	(void)job;
	if (status == CO_STATUS_SUCCESS)
		e->n_closed++;
	else
		e->n_failed++;
}

/* No other request is made, so no other report comes. */
static const struct caller_reports reports = { .dialled = on_dialled, .closed = on_closed };

/* ---- Assembly. ---- */

int
end_make_wire(uint16_t ethdev[2])
{
	struct rte_ring *rings[2];
	char name[RTE_RING_NAMESIZE];
	int i, id;

	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "bench_wire%d", i);
		rings[i] = rte_ring_create(
			name, WIRE_FRAMES, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (rings[i] == NULL)
			return -rte_errno;
	}
	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "bench_end%d", i);
		id = rte_eth_from_rings(name, &rings[i], 1, &rings[1 - i], 1, SOCKET_ID_ANY);
		if (id < 0)
			return -rte_errno;
		ethdev[i] = (uint16_t)id;
	}
	return 0;
}

static int
create_dataplane(struct end *e, const struct end_config *config, uint16_t *trunk)
{
	struct dp_config dp = {
		.n_circuits = config->n_calls + 1,
		.n_trunks = 1,
		.ring_size = RING_SIZE,
		.n_mbufs = dp_mbufs_wanted(1, 1, RING_SIZE) + WIRE_FRAMES,
		.n_contracts = 1, /* calls of this bench are neither metered nor replicated */
		.list_size = 1,
		.socket = SOCKET_ID_ANY,
		.stall_ns = STALL_NS,
	};
	struct dp_port_config port = { .name = config->name, .ethdev = config->ethdev };
	struct dp_trunk_config on_wire = { .tc = 6 };
	int err;

	err = dp_create(&e->dp, &dp);
	if (err == 0)
		err = dp_worker_create(e->dp, 1, &e->worker);
	if (err != 0)
		return err;
	err = dp_port_open(e->dp, &port);
	if (err < 0)
		return err;
	on_wire.port = (uint16_t)err;
	memset(on_wire.peer_mac.addr_bytes, 0xff, sizeof(on_wire.peer_mac.addr_bytes));
	err = dp_trunk_add(e->dp, &on_wire);
	*trunk = (uint16_t)err;
	return err < 0 ? err : 0;
}

static int
create_call_control(struct end *e, const struct end_config *config)
{
	struct co_limits limits = { .n_vcs = config->n_calls + 1, .n_parties = 1, .n_names = 1 };
	struct uni_config uni = { .n_calls = config->n_calls, .n_links = 1, .n_setups = N_DIALS };
	struct callmgr_env_config env = {
		.n_vcs = config->n_calls,
		.n_offers = N_DIALS,
		.n_saps = 16,
		.n_traces = N_TRACES,
	};
	struct caller_config load = {
		.name = "load", .n_calls = config->n_calls, .n_dials = N_DIALS
	};

	e->co = env.co = co_create(&limits, &e->mem);
	e->uni = env.uni = uni_create(&uni, e->now_ns, &e->mem);
	if (e->co == NULL || e->uni == NULL)
		return -ENOMEM;
	e->env = callmgr_env_create(&env, &e->mem);
	if (e->env == NULL)
		return -ENOMEM;
	callmgr_env_set_now(e->env, e->now_ns);
	return load_create(e->co, &load, &reports, e, &e->mem, &e->load);
}

static int
create_driver(struct end *e, const struct end_config *config, uint16_t trunk)
{
	struct callmgr_params params = { .name = config->name };
	int err;

	uni_link_params_default(&params.link, config->network ? UNI_ROLE_NETWORK : UNI_ROLE_USER);
	params.link.vpci_last = 15;
	params.link.restart_first = false; /* both ends are new */
	params.link.signalling_label = SIGNALLING_LABEL;
	sscop_params_default(&params.sscop);
	if (!config->standalone) {
		err = ethmcm_create(
			e->env, e->co, e->dp, trunk, SIGNALLING_LABEL, &params, &e->ethmcm);
		if (err != 0)
			return err;
		e->callmgr = ethmcm_callmgr(e->ethmcm);
		e->adapter = ethmcm_adapter(e->ethmcm);
		return 0;
	}
	err = ethvc_create(
		e->co, e->dp, trunk, config->n_calls + 1, config->name, &e->mem, &e->ethvc);
	if (err != 0)
		return err;
	e->adapter = ethvc_adapter(e->ethvc);
	err = unicm_create(e->env, e->co, e->adapter, SIGNALLING_LABEL, &params, &e->unicm);
	if (err == 0)
		e->callmgr = unicm_callmgr(e->unicm);
	return err;
}

static uint64_t
now_ns(void)
{
	uint64_t hz = rte_get_tsc_hz(), tsc = rte_rdtsc();

	return tsc / hz * 1000000000u + tsc % hz * 1000000000u / hz;
}

int
end_create(struct end *e, const struct end_config *config)
{
	uint16_t trunk;
	int err;

	memset(e, 0, sizeof(*e));
	e->name = config->name;
	e->mem = (struct cp_mem){ .alloc = counted_alloc, .free = counted_free, .arg = e };
	e->now_ns = now_ns();
	err = create_dataplane(e, config, &trunk);
	if (err == 0)
		err = create_call_control(e, config);
	if (err == 0)
		err = create_driver(e, config, trunk);
	if (err == 0)
		callmgr_start(e->callmgr);
	return err;
}

void
end_destroy(struct end *e)
{
	ethmcm_destroy(e->ethmcm);
	unicm_destroy(e->unicm);
	ethvc_destroy(e->ethvc);
	load_destroy(e->load);
	callmgr_env_destroy(e->env);
	uni_destroy(e->uni);
	co_destroy(e->co);
	if (e->dp != NULL)
		dp_destroy(e->dp);
}

int
end_answer(struct end *e, const char *prefix)
{
	struct co_address address = { .type = CO_ADDRESS_E164, .prefix = true };

	address.len = (uint8_t)strlen(prefix);
	memcpy(address.octets, prefix, address.len);
	return caller_register_sap(load_caller(e->load), e->adapter, &address) == CO_STATUS_SUCCESS
		       ? 0
		       : -EIO;
}

/* ---- The control loop. ---- */

static uint64_t
n_sent(const struct end *e)
{
	struct dp_control_stats stats;

	dp_control_stats(e->dp, &stats);
	return stats.tx;
}

static void
account(struct busy *busy, const uint64_t at[PART_COUNT + 1])
{
	uint64_t total = at[PART_COUNT] - at[0];
	int i;

	for (i = 0; i < PART_COUNT; i++)
		busy->parts[i] += at[i + 1] - at[i];
	busy->total += total;
	busy->turns++;
	busy->longest = RTE_MAX(busy->longest, total);
}

static void
turn_driver(struct end *e)
{
	if (e->ethmcm != NULL)
		ethmcm_turn(e->ethmcm, e->now_ns);
	else
		ethvc_turn(e->ethvc, e->now_ns);
}

void
end_turn(struct end *e, end_work_fn work, void *arg)
{
	uint64_t at[PART_COUNT + 1], sent = n_sent(e);
	bool busy;

	at[PART_FRAMES] = rte_rdtsc();
	e->now_ns = now_ns();
	callmgr_env_set_now(e->env, e->now_ns);
	callmgr_env_cork(e->env);
	busy = dp_control_poll(e->dp, FRAMES_PER_TURN) > 0;
	at[PART_TIMERS] = rte_rdtsc();
	callmgr_env_turn(e->env, e->now_ns, TIMERS_PER_TURN);
	at[PART_WORK] = rte_rdtsc();
	callmgr_env_cork(e->env);
	busy |= work != NULL && work(e, arg);
	at[PART_RECLAIM] = rte_rdtsc();
	busy |= dp_reclaim_poll(e->dp, e->now_ns, RECLAIMS_PER_TURN) > 0;
	turn_driver(e);
	at[PART_DELETE] = rte_rdtsc();
	caller_turn(load_caller(e->load), RECLAIMS_PER_TURN);
	at[PART_SEND] = rte_rdtsc();
	callmgr_env_uncork(e->env);
	dp_control_flush(e->dp);
	at[PART_COUNT] = rte_rdtsc();
	if (busy || n_sent(e) != sent)
		account(&e->busy, at);
}

void
end_busy_restart(struct end *e)
{
	memset(&e->busy, 0, sizeof(e->busy));
}

uint32_t
end_n_calls(const struct end *e)
{
	return caller_n_calls(load_caller(e->load));
}

bool
end_is_empty(const struct end *e)
{
	struct dp_reclaim_stats reclaim;
	struct co_census census;

	co_census(e->co, &census);
	dp_reclaim_stats(e->dp, &reclaim);
	return census.n_vcs == (e->unicm != NULL) && reclaim.pending == 0;
}

bool
end_link_is_up(const struct end *e)
{
	return uni_link_is_up(callmgr_link(e->callmgr));
}

void
end_stop(struct end *e)
{
	callmgr_stop(e->callmgr);
}

bool
end_is_quiet(const struct end *e, const struct end *peer)
{
	struct dp_control_stats sent, received;

	dp_control_stats(e->dp, &sent);
	dp_control_stats(peer->dp, &received);
	return sscf_state(callmgr_sscf(e->callmgr)) == SSCF_ST_RELEASED &&
	       sent.tx == received.rx + received.rx_stale;
}
