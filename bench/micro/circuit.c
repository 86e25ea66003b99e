/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_cycles.h>
#include <rte_eth_ring.h>

#include "dataplane/dataplane.h"
#include "gbench.h"
#include "micro/micro.h"
#include "micro/shuffle.h"

#define FIRST_LABEL 32u
#define MAX_BATCH 1024
#define BATCHES_TABLE 65536u

/* A dataplane with one trunk that nobody is connected to; its worker is turned by hand. */
struct table {
	struct dp *dp;
	struct dp_worker *worker;
	uint16_t trunk;
	uint32_t n;
	uint32_t *order;
	dp_circuit_t *circuits;
};

static int
open_trunk(struct table *t)
{
	static unsigned int serial;
	struct dp_port_config port = { .name = "trunk" };
	struct dp_trunk_config trunk = { .tc = 6 };
	struct rte_ring *ring;
	char name[32];
	int id;

	snprintf(name, sizeof(name), "circuit%u", serial++);
	ring = rte_ring_create(name, 64, SOCKET_ID_ANY, 0);
	id = ring != NULL ? rte_eth_from_rings(name, &ring, 1, &ring, 1, SOCKET_ID_ANY) : -1;
	if (id < 0)
		return -1;
	port.ethdev = (uint16_t)id;
	id = dp_port_open(t->dp, &port);
	if (id < 0)
		return -1;
	trunk.port = (uint16_t)id;
	id = dp_trunk_add(t->dp, &trunk);
	t->trunk = (uint16_t)id;
	return id < 0 ? -1 : 0;
}

static int
create(struct table *t, uint32_t n)
{
	struct dp_config config = {
		.n_circuits = n,
		.ring_size = 64,
		.n_mbufs = 4095,
		.socket = SOCKET_ID_ANY,
		.stall_ns = UINT64_MAX,
	};

	*t = (struct table){
		.n = n, .order = shuffled(n), .circuits = calloc(n, sizeof(uint32_t))
	};
	if (t->order == NULL || t->circuits == NULL || dp_create(&t->dp, &config) != 0 ||
		dp_worker_create(t->dp, 0, &t->worker) != 0 || open_trunk(t) != 0)
		return -1;
	dp_worker_online(t->worker);
	return 0;
}

static void
destroy(struct table *t)
{
	if (t->dp != NULL) {
		if (t->worker != NULL)
			dp_worker_offline(t->worker);
		dp_destroy(t->dp);
	}
	free(t->order);
	free(t->circuits);
}

/* Labels in random order, as calls come and go. */
static int
open_all(struct table *t)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < t->n && err == 0; i++)
		err = dp_circuit_open(t->dp, t->trunk, FIRST_LABEL + t->order[i], false, i,
			&t->circuits[t->order[i]]);
	return err;
}

static void
close_all(struct table *t)
{
	uint32_t i, n = 0;

	for (i = 0; i < t->n; i++)
		dp_circuit_unlink(t->dp, &t->circuits[t->order[t->n - 1 - i]], 1);
	while (n < t->n) {
		n += dp_reclaim_poll(t->dp, 0, UINT32_MAX);
		dp_worker_turn(t->worker);
	}
}

static double
seconds_since(uint64_t begun)
{
	return (double)(rte_rdtsc() - begun) / (double)rte_get_tsc_hz();
}

static void
time_open(struct bench *b, void *arg)
{
	struct table t;
	uint64_t begun;

	(void)arg;
	if (create(&t, (uint32_t)bench_n_calls(b)) != 0)
		bench_fail(b, "no room for the table");
	bench_set_octets(b, 2 * RTE_CACHE_LINE_SIZE + 2 * sizeof(uint32_t)); /* record and entry */
	while (bench_next(b)) {
		begun = rte_rdtsc();
		if (open_all(&t) != 0)
			bench_fail(b, "not opened");
		bench_set_seconds(b, seconds_since(begun));
		close_all(&t);
	}
	destroy(&t);
}

/* All of them share one grace period, which the worker ends at once. */
static void
time_close(struct bench *b, void *arg)
{
	struct table t;
	uint64_t begun;

	(void)arg;
	if (create(&t, (uint32_t)bench_n_calls(b)) != 0)
		bench_fail(b, "no room for the table");
	bench_set_octets(b, 2 * RTE_CACHE_LINE_SIZE + 4);
	while (bench_next(b)) {
		if (open_all(&t) != 0)
			bench_fail(b, "not opened");
		begun = rte_rdtsc();
		close_all(&t);
		bench_set_seconds(b, seconds_since(begun));
	}
	destroy(&t);
}

/* As many of a large table as the batch is, which then come back. */
static void
time_batches(struct bench *b, void *arg)
{
	uint32_t n = (uint32_t)bench_n_calls(b), i, at = 0, done;
	dp_circuit_t gone[MAX_BATCH];
	uint64_t begun;
	struct table t;

	(void)arg;
	if (create(&t, BATCHES_TABLE) != 0 || open_all(&t) != 0)
		bench_fail(b, "no room for the table");
	bench_set_octets(b, 2 * RTE_CACHE_LINE_SIZE + 4);
	while (bench_next(b)) {
		for (i = 0; i < n; i++)
			gone[i] = t.circuits[t.order[(at + i) % t.n]];
		begun = rte_rdtsc();
		dp_circuit_unlink(t.dp, gone, n);
		for (done = 0; done < n; dp_worker_turn(t.worker))
			done += dp_reclaim_poll(t.dp, 0, UINT32_MAX);
		bench_set_seconds(b, seconds_since(begun));
		for (i = 0; i < n; i++, at = (at + 1) % t.n)
			if (dp_circuit_open(t.dp, t.trunk, FIRST_LABEL + t.order[at], false, 0,
				    &t.circuits[t.order[at]]) != 0)
				bench_fail(b, "not opened");
	}
	destroy(&t);
}

void
micro_add_circuit(void)
{
	static const int64_t batches[] = { 1, 32, MAX_BATCH };
	static const int64_t sizes[] = { 1024, 65536, 1000000 };

	bench_add("circuit/open", time_open, NULL, sizes, 3);
	bench_add("circuit/unlink+reclaim", time_close, NULL, sizes, 3);
	bench_add("circuit/batch", time_batches, NULL, batches, 3);
}
