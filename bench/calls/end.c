/* SPDX-License-Identifier: BSD-3-Clause */
#include "calls/end.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_malloc.h>

#include "calls/wire.h"

/* As in the appliance. */
#define RING_SIZE 4096
#define N_DIALS 4096
#define N_TRACES 16384
#define SIGNALLING_LABEL 16
#define PATIENCE_MS 60000
#define STALL_NS 1000000000u
#define LIST_OCTETS 128 /* of replication, a call: of up to 16 leaves, and while it grows */

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
on_added(void *arg, uint32_t job, enum co_status status, uint8_t cause)
{
	struct end *e = arg;

	(void)job;
	(void)cause;
	if (status == CO_STATUS_SUCCESS)
		e->n_added++;
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
	if (e->closed != NULL)
		e->closed(e, e->closed_arg);
}

/* No other request is made, so no other report comes. */
static const struct caller_reports reports = {
	.dialled = on_dialled,
	.added = on_added,
	.closed = on_closed,
};

/* ---- Assembly. ---- */

/* Of leaves, a label has a circuit of its own beside theirs. */
static uint32_t
n_circuits(const struct end_config *config)
{
	return config->n_vcs + (config->n_parties != 0 ? config->n_calls : 0) + 1;
}

static int
create_dataplane(struct end *e, const struct end_config *config)
{
	struct dp_config dp = {
		.n_circuits = n_circuits(config),
		.n_trunks = 1,
		.ring_size = RING_SIZE,
		.n_mbufs = dp_mbufs_wanted(1, 1, RING_SIZE) + WIRE_FRAMES,
		.n_contracts = 1, /* calls of this bench are not metered */
		.list_size = config->n_parties != 0 ? LIST_OCTETS * (config->n_calls + 1) : 1,
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
	e->trunk = (uint16_t)err;
	return err < 0 ? err : 0;
}

static int
create_call_control(struct end *e, const struct end_config *config)
{
	struct co_limits limits = {
		.n_vcs = config->n_vcs + 1,
		.n_parties = RTE_MAX(config->n_parties, 1u),
		.n_names = 1,
	};
	struct uni_config uni = {
		.n_calls = config->n_calls,
		.n_links = 1,
		.n_setups = N_DIALS,
		.n_parties = config->n_parties,
	};
	struct callmgr_env_config env = {
		.n_vcs = config->n_vcs,
		.n_offers = N_DIALS,
		.n_saps = 16,
		.n_parties = config->n_parties,
		.n_groups = config->n_parties != 0 ? config->n_calls : 0,
		.n_traces = N_TRACES,
	};
	struct caller_config load = {
		.name = "load",
		.n_calls = config->n_vcs,
		.n_dials = N_DIALS,
		.n_multipoint = config->n_parties != 0 ? config->n_calls : 0,
		.n_parties = config->n_parties,
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

/* On a machine that has no core for a worker for some seconds calls wait, and do not fail. */
static void
be_patient(struct callmgr_params *params)
{
	params->link.t303_ms = params->link.t310_ms = params->link.t313_ms = PATIENCE_MS;
	params->link.t398_ms = params->link.t399_ms = PATIENCE_MS;
	params->sscop.timer_no_response_ms = PATIENCE_MS;
}

static int
create_driver(struct end *e, const struct end_config *config)
{
	struct callmgr_params params = { .name = config->name };
	int err;

	uni_link_params_default(&params.link, config->network ? UNI_ROLE_NETWORK : UNI_ROLE_USER);
	params.link.vpci_last = 15;
	params.link.restart_first = false; /* both ends are new */
	params.link.signalling_label = SIGNALLING_LABEL;
	sscop_params_default(&params.sscop);
	be_patient(&params);
	if (!config->standalone) {
		err = ethmcm_create(
			e->env, e->co, e->dp, e->trunk, SIGNALLING_LABEL, &params, &e->ethmcm);
		if (err != 0)
			return err;
		e->callmgr = ethmcm_callmgr(e->ethmcm);
		e->adapter = ethmcm_adapter(e->ethmcm);
		return 0;
	}
	err = ethvc_create(
		e->co, e->dp, e->trunk, config->n_vcs + 1, config->name, &e->mem, &e->ethvc);
	if (err != 0)
		return err;
	e->adapter = ethvc_adapter(e->ethvc);
	err = unicm_create(e->env, e->co, e->adapter, SIGNALLING_LABEL, &params, &e->unicm);
	if (err == 0)
		e->callmgr = unicm_callmgr(e->unicm);
	return err;
}

/* Its own statistics, of all nodes. */
static uint64_t
heap_octets(void)
{
	struct rte_malloc_socket_stats stats;
	uint64_t octets = 0;
	unsigned int i;

	for (i = 0; i < rte_socket_count(); i++)
		if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) == 0)
			octets += stats.heap_allocsz_bytes;
	return octets;
}

int
end_create(struct end *e, const struct end_config *config)
{
	uint64_t heap = heap_octets();
	int err;

	memset(e, 0, sizeof(*e));
	e->name = config->name;
	e->mem = (struct cp_mem){ .alloc = counted_alloc, .free = counted_free, .arg = e };
	e->now_ns = end_clock_ns();
	err = create_dataplane(e, config);
	if (err == 0)
		err = create_call_control(e, config);
	if (err == 0)
		err = create_driver(e, config);
	if (err == 0)
		callmgr_start(e->callmgr);
	e->heap_octets = heap_octets() - heap;
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
end_is_quiet(const struct end *e, const struct end *peer, uint64_t n_lost)
{
	struct dp_control_stats sent, received;

	dp_control_stats(e->dp, &sent);
	dp_control_stats(peer->dp, &received);
	return sscf_state(callmgr_sscf(e->callmgr)) == SSCF_ST_RELEASED &&
	       sent.tx == received.rx + received.rx_stale + n_lost;
}
