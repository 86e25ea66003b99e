/* SPDX-License-Identifier: BSD-3-Clause */
#include "line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#include <cmocka.h>

#define NS_PER_MS 1000000u
#define TURN_MAX 4096u
#define SIGNALLING_LABEL 16u
#define N_CALLS 64u

struct co_address
line_address(const char *digits)
{
	struct co_address a = { .type = CO_ADDRESS_E164, .len = (uint8_t)strlen(digits) };

	memcpy(a.octets, digits, a.len);
	return a;
}

struct co_address
line_prefix(const char *digits)
{
	struct co_address a = line_address(digits);

	a.prefix = true;
	return a;
}

/* ---- Up. ---- */

static void
create_node(struct node *node)
{
	static const struct co_limits limits = { .n_vcs = 4 * N_CALLS };
	static const struct uni_config uni_config = { .n_calls = 4 * N_CALLS,
		.n_links = LINE_DIRS,
		.n_setups = N_CALLS,
		.n_parties = 4 * N_CALLS };
	struct callmgr_env_config config = {
		.n_vcs = 4 * N_CALLS, .n_offers = N_CALLS, .n_saps = N_CALLS
	};

	node->co = config.co = co_create(&limits, NULL);
	node->uni = config.uni = uni_create(&uni_config, 0, NULL);
	node->env = callmgr_env_create(&config, NULL);
	assert_non_null(node->env);
}

static void
create_callmgr(struct line *line, uint32_t i, enum line_dir dir, co_adapter_t adapter)
{
	struct node *node = &line->nodes[i];
	struct callmgr_params params = { .name = dir == LEFT ? "left" : "right" };

	uni_link_params_default(&params.link, dir == LEFT ? UNI_ROLE_NETWORK : UNI_ROLE_USER);
	params.link.max_offers = N_CALLS;
	params.link.restart_first = false;
	if (i == 0)
		params.link.t310_ms = LINE_PATIENCE_MS;
	if (i == 2)
		params.link.t361_ms = LINE_FAR_T361_MS;
	params.no_close_data = line->no_close_data;
	params.meter = true;
	sscop_params_default(&params.sscop);
	node->adapters[dir] = adapter;
	assert_int_equal(unicm_create(node->env, node->co, adapter, SIGNALLING_LABEL, &params,
				 &node->unicm[dir]),
		0);
	callmgr_start(unicm_callmgr(node->unicm[dir]));
}

static void
create_wire(struct line *line, uint32_t i)
{
	struct loopvc_config config = { .name_a = "to the right",
		.name_b = "to the left",
		.co_b = line->nodes[i + 1].co,
		.n_vcs = 4 * N_CALLS,
		.n_packets = 1024,
		.seed = i };

	assert_int_equal(loopvc_create(line->nodes[i].co, &config, NULL, &line->wires[i]), 0);
	create_callmgr(line, i, RIGHT, loopvc_adapter(line->wires[i], LOOPVC_A));
	create_callmgr(line, i + 1, LEFT, loopvc_adapter(line->wires[i], LOOPVC_B));
}

static bool
all_links(const struct line *line, bool (*holds)(struct unicm *u))
{
	uint32_t i;
	int dir;

	for (i = 0; i < line->n_nodes; i++)
		for (dir = 0; dir < LINE_DIRS; dir++)
			if (line->nodes[i].unicm[dir] != NULL && !holds(line->nodes[i].unicm[dir]))
				return false;
	return true;
}

static bool
is_up(struct unicm *u)
{
	return uni_link_is_up(callmgr_link(unicm_callmgr(u)));
}

static bool
is_released(struct unicm *u)
{
	return sscf_state(callmgr_sscf(unicm_callmgr(u))) == SSCF_ST_RELEASED;
}

static bool
is_closed(struct unicm *u)
{
	return unicm_is_closed(u);
}

static void
run_until(struct line *line, bool (*holds)(struct unicm *u))
{
	int ms;

	for (ms = 0; !all_links(line, holds); ms++) {
		assert_true(ms < 20000);
		line_run_ms(line, 1);
	}
}

static struct line *
create(uint32_t n_nodes, bool no_close_data)
{
	struct line *line = calloc(1, sizeof(*line));
	uint32_t i;

	assert_non_null(line);
	line->no_close_data = no_close_data;
	cp_log_set_level(CP_LOG_ERR);
	line->n_nodes = n_nodes;
	for (i = 0; i < n_nodes; i++)
		create_node(&line->nodes[i]);
	for (i = 0; i + 1 < n_nodes; i++)
		create_wire(line, i);
	run_until(line, is_up);
	return line;
}

struct line *
line_create(uint32_t n_nodes)
{
	return create(n_nodes, false);
}

struct line *
line_create_without_data(uint32_t n_nodes)
{
	return create(n_nodes, true);
}

/* ---- Call managers that go and come back. ---- */

void
line_return(struct line *line, uint32_t node, enum line_dir dir)
{
	struct node *n = &line->nodes[node];

	unicm_destroy(n->unicm[dir]);
	create_callmgr(line, node, dir, n->adapters[dir]);
	run_until(line, is_up);
}

/* ---- Clients. ---- */

static void
on_dialled(void *arg, uint32_t job, enum co_status status, uint8_t cause)
{
	struct line *line = arg;
	struct line_job *j = &line->jobs[job];

	assert_true(job < LINE_MAX_JOBS);
	line->n_reports++;
	j->n_dialled++;
	j->dial_status = status;
	j->cause = cause;
	j->dialled_first = j->n_closed == 0;
}

static void
on_closed(void *arg, uint32_t job, enum co_status status)
{
	struct line *line = arg;

	assert_true(job < LINE_MAX_JOBS);
	line->n_reports++;
	line->jobs[job].n_closed++;
	line->jobs[job].close_status = status;
}

static void
on_added(void *arg, uint32_t job, enum co_status status, uint8_t cause)
{
	struct line *line = arg;

	assert_true(job < LINE_MAX_JOBS);
	line->n_reports++;
	line->jobs[job].n_added++;
	line->jobs[job].add_status = status;
	line->jobs[job].cause = cause;
}

static void
on_dropped(void *arg, uint32_t job, enum co_status status)
{
	struct line *line = arg;

	assert_true(job < LINE_MAX_JOBS);
	line->n_reports++;
	line->jobs[job].n_dropped++;
	line->jobs[job].drop_status = status;
}

static void
on_modified(void *arg, uint32_t job, enum co_status status, uint8_t cause, uint64_t rate)
{
	struct line *line = arg;

	assert_true(job < LINE_MAX_JOBS);
	line->n_reports++;
	line->jobs[job].n_modified++;
	line->jobs[job].modify_status = status;
	line->jobs[job].cause = cause;
	line->jobs[job].rate = rate;
}

static const struct caller_reports reports = {
	.dialled = on_dialled,
	.closed = on_closed,
	.added = on_added,
	.dropped = on_dropped,
	.modified = on_modified,
};

void
line_add_attach(struct line *line, uint32_t node)
{
	static const struct attach_config config = {
		.n_attachments = LINE_N_ATTACHMENTS,
		.caller = { .name = "attach", .n_calls = N_CALLS, .n_dials = LINE_N_DIALS },
	};
	struct node *n = &line->nodes[node];

	assert_int_equal(attach_create(n->co, &config, &reports, line, NULL, &n->attach), 0);
}

void
line_add_load(struct line *line, uint32_t node)
{
	static const struct caller_config config = {
		.name = "load", .n_calls = N_CALLS, .n_dials = LINE_N_DIALS
	};
	struct node *n = &line->nodes[node];

	assert_int_equal(load_create(n->co, &config, &reports, line, NULL, &n->load), 0);
}

void
line_add_transit(struct line *line, uint32_t node)
{
	static const struct transit_config config = { .n_calls = 4, .n_making = 2, .n_relays = 1 };
	struct node *n = &line->nodes[node];

	assert_int_equal(transit_create(n->co, &config, &line->routes, n->adapters, on_closed, line,
				 NULL, &n->transit),
		0);
}

void
line_add_echo(struct line *line, uint32_t node)
{
	struct echo_config config = {
		.n_calls = 4, .n_packets = LINE_N_ECHOES, .closed = on_closed, .arg = line
	};
	struct node *n = &line->nodes[node];

	assert_int_equal(echo_create(n->co, &config, NULL, &n->echo), 0);
}

void
line_add_phone(struct line *line, uint32_t node, enum line_dir dir, const char *prefix)
{
	struct node *n = &line->nodes[node];
	struct co_address address = line_prefix(prefix);

	phone_create(&n->phone, n->co, n->adapters[dir], &address);
}

co_vc_t
line_vc_of(const struct line *line, uint32_t node, co_protocol_t client)
{
	struct co *co = line->nodes[node].co;
	struct co_vc_info info;
	uint32_t cursor = 0;
	co_vc_t vc;

	while ((vc = co_vc_next(co, &cursor)) != CO_NONE)
		if (co_vc_query(co, vc, &info) == CO_STATUS_SUCCESS && info.client == client)
			return vc;
	return CO_NONE;
}

co_vc_t
line_leg(const struct line *line, enum line_dir dir)
{
	struct co *co = line->nodes[1].co;
	struct co_vc_info info;
	uint32_t cursor = 0;
	co_vc_t vc;

	while ((vc = co_vc_next(co, &cursor)) != CO_NONE)
		if (co_vc_query(co, vc, &info) == CO_STATUS_SUCCESS && info.client != CO_NONE &&
			info.adapter == line->nodes[1].adapters[dir])
			return vc;
	return CO_NONE;
}

/* ---- Time. ---- */

static void
turn_node(struct node *n, uint64_t now_ns)
{
	callmgr_env_turn(n->env, now_ns, TURN_MAX);
	if (n->attach != NULL)
		caller_turn(attach_caller(n->attach), TURN_MAX);
	if (n->load != NULL)
		caller_turn(load_caller(n->load), TURN_MAX);
	if (n->transit != NULL)
		transit_turn(n->transit, TURN_MAX);
	if (n->echo != NULL)
		echo_turn(n->echo, TURN_MAX);
}

static void
turn(struct line *line)
{
	uint32_t i;

	line->now_ns += NS_PER_MS;
	for (i = 0; i < line->n_nodes; i++)
		callmgr_env_set_now(line->nodes[i].env, line->now_ns);
	for (i = 0; i + 1 < line->n_nodes; i++)
		loopvc_turn(line->wires[i], line->now_ns, TURN_MAX);
	for (i = 0; i < line->n_nodes; i++)
		turn_node(&line->nodes[i], line->now_ns);
}

void
line_run_ms(struct line *line, uint32_t ms)
{
	while (ms-- > 0)
		turn(line);
}

/* ---- Down. ---- */

/* One that has left has none. */
static uint32_t
n_own_vcs(const struct node *n)
{
	uint32_t count = 0;
	int dir;

	for (dir = 0; dir < LINE_DIRS; dir++)
		count += n->unicm[dir] != NULL && !unicm_is_closed(n->unicm[dir]);
	return count;
}

static bool
node_is_idle(const struct node *n)
{
	struct uni_census uni;
	struct co_census co;

	uni_census(n->uni, &uni);
	co_census(n->co, &co);
	return co.n_calls == 0 && uni.n_calls == 0 && co.n_vcs == n_own_vcs(n);
}

bool
line_is_idle(const struct line *line)
{
	uint32_t i;

	for (i = 0; i < line->n_nodes; i++)
		if (!node_is_idle(&line->nodes[i]))
			return false;
	return true;
}

void
line_run_until_idle(struct line *line)
{
	uint32_t ms;

	for (ms = 0; !line_is_idle(line); ms++) {
		assert_true(ms < 20000);
		turn(line);
	}
}

/* Every record of a client has gone with its VC: none waits to be deleted. */
static void
shut_clients(struct node *n)
{
	if (n->attach != NULL) {
		assert_int_equal(caller_n_calls(attach_caller(n->attach)), 0);
		assert_true(caller_shut(attach_caller(n->attach)));
	}
	if (n->load != NULL) {
		assert_int_equal(caller_n_calls(load_caller(n->load)), 0);
		assert_true(caller_shut(load_caller(n->load)));
	}
	if (n->transit != NULL) {
		assert_int_equal(transit_n_calls(n->transit), 0);
		assert_true(transit_shut(n->transit));
	}
	if (n->echo != NULL) {
		assert_int_equal(echo_n_calls(n->echo), 0);
		assert_true(echo_shut(n->echo));
	}
	if (n->phone.co != NULL)
		phone_hang_up(&n->phone);
}

static void
expect_nothing_left(const struct node *n)
{
	struct callmgr_census cm;
	struct uni_census uni;
	struct co_census co;

	co_census(n->co, &co);
	assert_int_equal(co.n_afs, 0);
	assert_int_equal(co.n_saps, 0);
	assert_int_equal(co.n_vcs, 0);
	assert_int_equal(co.n_parties, 0);
	assert_int_equal(co.n_names, 0);
	assert_int_equal(co.n_drain_violations, 0);
	assert_int_equal(co.n_stale, 0);
	assert_int_equal(co.n_unexpected_completions, 0);
	callmgr_census(n->env, &cm);
	assert_int_equal(cm.n_vcs, 0);
	assert_int_equal(cm.n_offers, 0);
	assert_int_equal(cm.n_saps, 0);
	assert_int_equal(cm.n_reap, 0);
	assert_int_equal(cm.n_parties, 0);
	assert_int_equal(cm.n_groups, 0);
	assert_int_equal(cm.n_changes, 0);
	assert_int_equal(cm.n_afs, 0);
	assert_int_equal(cm.n_unexpected, 0);
	uni_census(n->uni, &uni);
	assert_int_equal(uni.n_calls, 0);
	assert_int_equal(uni.n_setups, 0);
	assert_int_equal(uni.n_parties, 0);
	assert_int_equal(uni.n_timers, 0);
}

static void
expect_wire_is_empty(const struct loopvc *wire)
{
	struct loopvc_census census;

	loopvc_census(wire, &census);
	assert_int_equal(census.n_vcs, 0);
	assert_int_equal(census.n_circuits, 0);
	assert_int_equal(census.n_waiting, 0);
	assert_int_equal(census.n_packets, 0);
}

static void
for_each_unicm(struct line *line, void (*fn)(struct unicm *u))
{
	uint32_t i;
	int dir;

	for (i = 0; i < line->n_nodes; i++)
		for (dir = 0; dir < LINE_DIRS; dir++)
			if (line->nodes[i].unicm[dir] != NULL)
				fn(line->nodes[i].unicm[dir]);
}

static void
stop(struct unicm *u)
{
	callmgr_stop(unicm_callmgr(u));
}

static void
destroy_node(struct node *n)
{
	attach_destroy(n->attach);
	load_destroy(n->load);
	transit_destroy(n->transit);
	echo_destroy(n->echo);
	callmgr_env_destroy(n->env);
	uni_destroy(n->uni);
	co_destroy(n->co);
}

void
line_destroy(struct line *line)
{
	uint32_t i;

	line_run_until_idle(line);
	for (i = 0; i < line->n_nodes; i++)
		shut_clients(&line->nodes[i]);
	for_each_unicm(line, stop);
	run_until(line, is_released);
	for_each_unicm(line, unicm_close);
	run_until(line, is_closed);
	line_run_ms(line, 10);
	for (i = 0; i < line->n_nodes; i++)
		expect_nothing_left(&line->nodes[i]);
	for_each_unicm(line, unicm_destroy);
	for (i = 0; i + 1 < line->n_nodes; i++) {
		expect_wire_is_empty(line->wires[i]);
		loopvc_destroy(line->wires[i]);
	}
	for (i = 0; i < line->n_nodes; i++)
		destroy_node(&line->nodes[i]);
	free(line);
}
