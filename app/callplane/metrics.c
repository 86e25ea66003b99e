/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/metrics.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "appliance_priv.h"
#include "callplane/call_end.h"

#define FRESH 4u /* beside an index: readers have not had that snapshot */

/** What is known of a call that is not over, by the index of its VC. */
struct watched_call {
	uint64_t begun_ns, ending_ns;
	uint8_t state; /* enum metrics_call_state */
	uint8_t cause;
	bool refused;
};
static_assert(sizeof(struct watched_call) <= 32, "memory_of_control() counts on it");

/* What a snapshot is made of, in this order. */
static const enum query_method parts[] = { QUERY_STATUS, QUERY_COUNTERS, QUERY_TRUNKS, QUERY_PORTS,
	QUERY_WORKERS };

struct metrics {
	struct appliance *appliance;
	struct watched_call *watched;
	struct metrics_calls calls;
	uint64_t begun_ns; /* of the last snapshot */
	uint32_t part;     /* index; after the last one there is nothing to do */
	struct query query;
	uint32_t writing; /* control's snapshot */
	uint32_t reading; /* the readers', under the lock */
	uint32_t between; /* exchanged: index and FRESH */
	pthread_mutex_t readers;
	struct metrics_snapshot snapshots[3];
};

/* ---- Calls. ---- */

static struct watched_call *
call_of(const struct metrics *m, co_vc_t vc)
{
	return &m->watched[cp_handle_idx(vc)];
}

static void
enter(struct metrics *m, struct watched_call *c, enum metrics_call_state state)
{
	m->calls.now[c->state]--;
	m->calls.now[state]++;
	c->state = (uint8_t)state;
}

static void
on_begun(void *arg, co_vc_t vc, const struct co_call_params *params)
{
	struct metrics *m = arg;
	struct watched_call *c = call_of(m, vc);

	(void)params;
	c->begun_ns = m->appliance->now_ns;
	m->calls.begun++;
	enter(m, c, METRICS_CALL_SETUP);
}

static void
on_up(void *arg, co_vc_t vc)
{
	struct metrics *m = arg;
	struct watched_call *c = call_of(m, vc);

	m->calls.answered++;
	metrics_latency_add(&m->calls.setup, m->appliance->now_ns - c->begun_ns);
	enter(m, c, METRICS_CALL_UP);
}

/* Told again, it is the last word that counts, and the time of the first. */
static void
on_ending(void *arg, co_vc_t vc, const struct co_call_end *end)
{
	struct metrics *m = arg;
	struct watched_call *c = call_of(m, vc);
	struct uni_release release;

	call_end_read(end, &release);
	c->cause = release.cause % METRICS_CAUSES;
	c->refused = end->refused;
	if (c->state != METRICS_CALL_CLEARING)
		c->ending_ns = m->appliance->now_ns;
	enter(m, c, METRICS_CALL_CLEARING);
}

static void
on_over(void *arg, co_vc_t vc)
{
	struct metrics *m = arg;
	struct watched_call *c = call_of(m, vc);

	if (c->refused) {
		m->calls.refused[c->cause]++;
	} else {
		m->calls.closed[c->cause]++;
		metrics_latency_add(&m->calls.clearing, m->appliance->now_ns - c->ending_ns);
	}
	enter(m, c, METRICS_CALL_NONE);
}

static const struct co_observer observer = {
	.begun = on_begun, .up = on_up, .ending = on_ending, .over = on_over
};

/* ---- Snapshots. ---- */

/* The rows of a slice, behind those of the slices before. */
static void
keep(struct metrics_snapshot *s, const struct query *q)
{
	const union query_rows *rows = &q->rows;

	switch (q->method) {
	case QUERY_STATUS:
		s->status = rows->status[0];
		break;
	case QUERY_COUNTERS:
		s->counters = rows->counters[0];
		break;
	case QUERY_TRUNKS:
		memcpy(&s->trunks[s->n_trunks], rows->trunks, q->n_rows * sizeof(s->trunks[0]));
		s->n_trunks += q->n_rows;
		break;
	case QUERY_PORTS:
		memcpy(&s->ports[s->n_ports], rows->ports, q->n_rows * sizeof(s->ports[0]));
		s->n_ports += q->n_rows;
		break;
	default:
		memcpy(&s->workers[s->n_workers], rows->workers, q->n_rows * sizeof(s->workers[0]));
		s->n_workers += q->n_rows;
		break;
	}
}

static void
begin(struct metrics *m)
{
	struct metrics_snapshot *s = &m->snapshots[m->writing];

	m->begun_ns = m->appliance->now_ns;
	m->part = 0;
	m->query.cursor = 0;
	s->n_ports = s->n_trunks = s->n_workers = 0;
}

/* Release pairs with the acquire of metrics_lock(): whoever gets the index sees what it names. */
static void
publish(struct metrics *m)
{
	struct metrics_snapshot *s = &m->snapshots[m->writing];

	s->calls = m->calls;
	s->made_ns = m->appliance->now_ns;
	m->writing =
		__atomic_exchange_n(&m->between, m->writing | FRESH, __ATOMIC_ACQ_REL) & ~FRESH;
}

bool
metrics_turn(struct metrics *m)
{
	if (m == NULL)
		return false;
	if (m->part == RTE_DIM(parts)) {
		if (m->appliance->now_ns - m->begun_ns < METRICS_PERIOD_S * 1000000000ull)
			return false;
		begin(m);
	}
	m->query.method = parts[m->part];
	query_answer(m->appliance, &m->query);
	keep(&m->snapshots[m->writing], &m->query);
	if (m->query.more)
		return true;
	m->query.cursor = 0;
	if (++m->part == RTE_DIM(parts))
		publish(m);
	return true;
}

const struct metrics_snapshot *
metrics_lock(struct metrics *m)
{
	pthread_mutex_lock(&m->readers);
	if (__atomic_load_n(&m->between, __ATOMIC_RELAXED) & FRESH)
		m->reading =
			__atomic_exchange_n(&m->between, m->reading, __ATOMIC_ACQ_REL) & ~FRESH;
	return &m->snapshots[m->reading];
}

void
metrics_unlock(struct metrics *m)
{
	pthread_mutex_unlock(&m->readers);
}

/* ---- Life. ---- */

int
metrics_create(struct metrics **out, struct appliance *a)
{
	struct co_census census;
	struct metrics *m;

	if (a->config->metrics.listen[0] == '\0')
		return 0;
	m = cp_mem_alloc(&a->mem, sizeof(*m), "metrics");
	if (m == NULL)
		return -ENOMEM;
	*out = m;
	m->appliance = a;
	m->part = RTE_DIM(parts);
	m->reading = 1;
	m->between = 2;
	pthread_mutex_init(&m->readers, NULL);
	co_census(a->co, &census);
	m->watched = cp_mem_alloc(
		&a->mem, (size_t)census.n_vcs_max * sizeof(*m->watched), "metrics of calls");
	if (m->watched == NULL)
		return -ENOMEM;
	m->calls.now[METRICS_CALL_NONE] = census.n_vcs_max;
	return co_observe(a->co, &observer, m) == CO_STATUS_SUCCESS ? 0 : -ENOSPC;
}

void
metrics_destroy(struct metrics *m)
{
	const struct cp_mem *mem;

	if (m == NULL)
		return;
	mem = &m->appliance->mem;
	pthread_mutex_destroy(&m->readers);
	cp_mem_free(mem, m->watched);
	cp_mem_free(mem, m);
}
