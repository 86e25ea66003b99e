/* SPDX-License-Identifier: BSD-3-Clause */
#include "calls/end.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_malloc.h>

#include "calls/waited.h"
#include "calls/wire.h"

/* As in the appliance. */
#define RING_SIZE 4096
#define N_VPCIS 16
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

	if (status != CO_STATUS_SUCCESS) {
		e->n_failed++;
		e->last_cause = cause;
		return;
	}
	e->n_dialled++;
	if (e->came_up != NULL)
		e->came_up(e->came_up_arg, job);
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

static uint32_t
or_default(uint32_t value, uint32_t standard)
{
	return value != 0 ? value : standard;
}

/* Of leaves, a label has a circuit of its own beside theirs. */
static struct end_config
with_defaults(struct end_config c)
{
	c.n_vcs = or_default(c.n_vcs, c.n_calls);
	c.n_circuits = or_default(c.n_circuits, c.n_vcs + (c.n_parties != 0 ? c.n_calls : 0));
	c.n_vpcis = or_default(c.n_vpcis, N_VPCIS);
	c.ring_size = or_default(c.ring_size, RING_SIZE);
	if (c.now_ns == 0)
		c.now_ns = end_clock_ns();
	return c;
}

static int
add_trunk(struct end *e, const struct end_config *config, uint32_t i)
{
	struct dp_port_config port = { .name = config->name, .ethdev = config->ethdev[i] };
	struct dp_trunk_config on_wire = { .tc = 6 };
	int idx = dp_port_open(e->dp, &port);

	if (idx < 0)
		return idx;
	on_wire.port = (uint16_t)idx;
	memset(on_wire.peer_mac.addr_bytes, 0xff, sizeof(on_wire.peer_mac.addr_bytes));
	idx = dp_trunk_add(e->dp, &on_wire);
	e->trunks[i].idx = (uint16_t)idx;
	return RTE_MIN(idx, 0);
}

static int
create_dataplane(struct end *e, const struct end_config *config)
{
	uint32_t n = config->n_trunks, n_all = n + (config->n_onward != 0), i;
	struct dp_config dp = {
		.n_circuits = config->n_circuits + n + config->n_onward,
		.n_trunks = n_all,
		.ring_size = config->ring_size,
		.n_mbufs = dp_mbufs_wanted(n_all, 1, config->ring_size) + n * WIRE_FRAMES,
		.n_contracts = 1, /* calls are not metered here */
		.list_size = config->n_parties != 0 ? LIST_OCTETS * (config->n_calls + 1) : 1,
		.socket = SOCKET_ID_ANY,
		.stall_ns = STALL_NS,
	};
	int err;

	err = dp_create(&e->dp, &dp);
	if (err == 0)
		err = dp_worker_create(e->dp, 1, &e->worker);
	if (err == 0 && config->with_idle)
		err = dp_worker_create(e->dp, 2, &e->idle);
	for (i = 0; i < n && err == 0; i++)
		err = add_trunk(e, config, i);
	return err;
}

static int
create_call_control(struct end *e, const struct end_config *config)
{
	struct co_limits limits = {
		.n_vcs = config->n_vcs + config->n_trunks,
		.n_parties = RTE_MAX(config->n_parties, 1u),
		.n_names = 1,
	};
	struct uni_config uni = {
		.n_calls = config->n_calls,
		.n_links = config->n_trunks,
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

static void
be_patient(struct callmgr_params *params)
{
	params->link.t303_ms = params->link.t310_ms = params->link.t313_ms = PATIENCE_MS;
	params->link.t398_ms = params->link.t399_ms = PATIENCE_MS;
	params->sscop.timer_no_response_ms = PATIENCE_MS;
}

static struct callmgr_params
params_of(const struct end_config *config)
{
	struct callmgr_params params = { .name = config->name };

	uni_link_params_default(&params.link, config->network ? UNI_ROLE_NETWORK : UNI_ROLE_USER);
	params.link.vpci_last = (uint8_t)(config->n_vpcis - 1);
	params.link.restart_first = config->restart_first;
	params.link.signalling_label = SIGNALLING_LABEL;
	if (config->bulk_window != 0)
		params.link.bulk_window = config->bulk_window;
	sscop_params_default(&params.sscop);
	params.sscop.initial_sq = config->initial_sq;
	if (config->patient)
		be_patient(&params);
	return params;
}

static int
create_embedded(struct end *e, const struct callmgr_params *params, struct end_trunk *t)
{
	int err;

	err = ethmcm_create(e->env, e->co, e->dp, t->idx, SIGNALLING_LABEL, params, &t->ethmcm);
	if (err != 0)
		return err;
	t->callmgr = ethmcm_callmgr(t->ethmcm);
	t->adapter = ethmcm_adapter(t->ethmcm);
	return 0;
}

static int
create_standalone(struct end *e, const struct end_config *config,
	const struct callmgr_params *params, struct end_trunk *t)
{
	int err;

	err = ethvc_create(
		e->co, e->dp, t->idx, config->n_vcs + 1, config->name, &e->mem, &t->ethvc);
	if (err != 0)
		return err;
	t->adapter = ethvc_adapter(t->ethvc);
	err = unicm_create(e->env, e->co, t->adapter, SIGNALLING_LABEL, params, &t->unicm);
	if (err == 0)
		t->callmgr = unicm_callmgr(t->unicm);
	return err;
}

static int
create_drivers(struct end *e, const struct end_config *config)
{
	const struct callmgr_params params = params_of(config);
	struct end_trunk *t;
	int err = 0;

	for (t = e->trunks; t < &e->trunks[config->n_trunks] && err == 0; t++)
		err = config->standalone ? create_standalone(e, config, &params, t)
					 : create_embedded(e, &params, t);
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

static void
start(struct end *e)
{
	uint32_t i;

	for (i = 0; i < e->n_trunks; i++)
		callmgr_start(e->trunks[i].callmgr);
}

int
end_create(struct end *e, const struct end_config *wanted)
{
	const struct end_config config = with_defaults(*wanted);
	uint64_t heap = heap_octets();
	int err;

	memset(e, 0, sizeof(*e));
	e->name = config.name;
	e->n_trunks = config.n_trunks;
	e->mem = (struct cp_mem){ .alloc = counted_alloc, .free = counted_free, .arg = e };
	e->now_ns = config.now_ns;
	err = create_dataplane(e, &config);
	if (err == 0)
		err = create_call_control(e, &config);
	if (err == 0)
		err = create_drivers(e, &config);
	if (err == 0)
		start(e);
	e->heap_octets = heap_octets() - heap;
	e->waited_ns = waited_ns();
	return err;
}

void
end_destroy(struct end *e)
{
	uint32_t i;

	for (i = 0; i < e->n_trunks; i++) {
		ethmcm_destroy(e->trunks[i].ethmcm);
		unicm_destroy(e->trunks[i].unicm);
		ethvc_destroy(e->trunks[i].ethvc);
	}
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
	enum co_status status = CO_STATUS_SUCCESS;
	uint32_t i;

	address.len = (uint8_t)strlen(prefix);
	memcpy(address.octets, prefix, address.len);
	for (i = 0; i < e->n_trunks && status == CO_STATUS_SUCCESS; i++)
		status = caller_register_sap(load_caller(e->load), e->trunks[i].adapter, &address);
	return status == CO_STATUS_SUCCESS ? 0 : -EIO;
}

/* ---- Its state. ---- */

uint32_t
end_n_calls(const struct end *e)
{
	return caller_n_calls(load_caller(e->load));
}

uint32_t
end_n_own_vcs(const struct end *e)
{
	return e->trunks[0].unicm != NULL ? e->n_trunks : 0;
}

bool
end_is_empty(const struct end *e)
{
	struct dp_reclaim_stats reclaim;
	struct co_census census;

	co_census(e->co, &census);
	dp_reclaim_stats(e->dp, &reclaim);
	return census.n_vcs == end_n_own_vcs(e) && reclaim.pending == 0;
}

bool
end_link_is_up(const struct end *e)
{
	uint32_t i;

	for (i = 0; i < e->n_trunks; i++)
		if (!uni_link_is_up(callmgr_link(e->trunks[i].callmgr)))
			return false;
	return true;
}

void
end_stop(struct end *e)
{
	uint32_t i;

	for (i = 0; i < e->n_trunks; i++)
		callmgr_stop(e->trunks[i].callmgr);
}

bool
end_is_released(const struct end *e)
{
	uint32_t i;

	for (i = 0; i < e->n_trunks; i++)
		if (sscf_state(callmgr_sscf(e->trunks[i].callmgr)) != SSCF_ST_RELEASED)
			return false;
	return true;
}

bool
end_is_quiet(const struct end *e, const struct end *peer, uint64_t n_lost)
{
	struct dp_control_stats sent, received;

	dp_control_stats(e->dp, &sent);
	dp_control_stats(peer->dp, &received);
	return end_is_released(e) && sent.tx == received.rx + received.rx_stale + n_lost;
}
