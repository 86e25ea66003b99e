/* SPDX-License-Identifier: BSD-3-Clause */
#include "disturb/traffic.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_mbuf.h>
#include <rte_pause.h>
#include <rte_ring.h>

#include "base/bytes.h"

#define CHUNK 32u
#define FIRST_LABEL 32u
#define FRAME_SIZE 60u /* and FCS */
#define LABEL_AT RTE_ETHER_HDR_LEN
#define CALL_AT (LABEL_AT + 12u) /* behind label and control word */
#define NUMBER_AT (CALL_AT + 4u)
#define ENTRY_LOW 0x1ffu /* bottom of stack, TTL 255 */
#define N_FRAMES 32767u  /* more than all rings between source and sink hold */
#define POOL_CACHE 512u
#define DATA_ROOM (RTE_PKTMBUF_HEADROOM + 128u)
#define DRAINED_TURNS 1000u

/* ---- Assembly. ---- */

static int
make_ring(struct rte_ring **out, const char *what, int i)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "traffic_%s%d", what, i);
	*out = rte_ring_create(name, TRAFFIC_RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	return *out != NULL ? 0 : -rte_errno;
}

/* The trunk of end @p i: what enters here is of way i, and of the other way what leaves. */
static int
make_trunk(struct traffic *t, int i)
{
	struct dp_port_config port = { .name = "onward" };
	struct dp_trunk_config trunk = { .tc = 6 };
	char name[RTE_RING_NAMESIZE];
	int n;

	snprintf(name, sizeof(name), "traffic_end%d", i);
	n = rte_eth_from_rings(name, &t->ways[i].in, 1, &t->ways[1 - i].out, 1, SOCKET_ID_ANY);
	if (n < 0)
		return -rte_errno;
	port.ethdev = (uint16_t)n;
	n = dp_port_open(t->ends[i]->dp, &port);
	if (n < 0)
		return n;
	trunk.port = (uint16_t)n;
	n = dp_trunk_add(t->ends[i]->dp, &trunk);
	t->trunks[i] = (uint16_t)n;
	return n < 0 ? n : 0;
}

/* A random order, so that no cache line is where the one before was. */
static int
draw_order(struct traffic *t)
{
	uint32_t i, j;

	t->order = calloc(t->n_calls, sizeof(*t->order));
	if (t->order == NULL)
		return -ENOMEM;
	srand48(1);
	for (i = 0; i < t->n_calls; i++) {
		j = (uint32_t)(drand48() * (i + 1));
		t->order[i] = t->order[j];
		t->order[j] = i;
	}
	return 0;
}

int
traffic_create(struct traffic *t, struct end *near, struct end *far, uint32_t n_calls)
{
	int i, err = 0;

	*t = (struct traffic){ .ends = { near, far }, .n_calls = n_calls };
	t->pool = rte_pktmbuf_pool_create(
		"traffic", N_FRAMES, POOL_CACHE, 0, DATA_ROOM, SOCKET_ID_ANY);
	if (t->pool == NULL)
		return -rte_errno;
	for (i = 0; i < 2 && err == 0; i++) {
		err = make_ring(&t->ways[i].in, "in", i);
		if (err == 0)
			err = make_ring(&t->ways[i].out, "out", i);
		t->ways[i].expected = calloc(n_calls, sizeof(*t->ways[i].expected));
		if (err == 0 && t->ways[i].expected == NULL)
			err = -ENOMEM;
	}
	for (i = 0; i < 2 && err == 0; i++)
		err = make_trunk(t, i);
	return err == 0 ? draw_order(t) : err;
}

void
traffic_destroy(struct traffic *t)
{
	int i;

	for (i = 0; i < 2; i++) {
		rte_ring_free(t->ways[i].in);
		rte_ring_free(t->ways[i].out);
		free(t->ways[i].expected);
	}
	rte_mempool_free(t->pool);
	free(t->order);
}

int
traffic_join(struct traffic *t, dp_circuit_t near, dp_circuit_t far)
{
	const dp_circuit_t calls[2] = { near, far };
	dp_circuit_t onward;
	int i, err = 0;

	for (i = 0; i < 2 && err == 0; i++) {
		err = dp_circuit_open(
			t->ends[i]->dp, t->trunks[i], FIRST_LABEL + t->n_joined, false, 0, &onward);
		if (err == 0)
			err = dp_circuit_join(t->ends[i]->dp, onward, calls[i]);
	}
	t->n_joined += err == 0;
	return err;
}

/* ---- The source. ---- */

static void
fill(struct rte_mbuf *m, uint32_t call, uint32_t number)
{
	uint8_t *p = (uint8_t *)rte_pktmbuf_append(m, FRAME_SIZE);

	cp_put_be16(p + LABEL_AT - sizeof(uint16_t), RTE_ETHER_TYPE_MPLS);
	cp_put_be32(p + LABEL_AT, (FIRST_LABEL + call) << 12 | ENTRY_LOW);
	memcpy(p + CALL_AT, &call, sizeof(call));
	memcpy(p + NUMBER_AT, &number, sizeof(number));
}

static void
go_on(const struct traffic *t, struct way *w, uint32_t n)
{
	w->at += n;
	if (w->at < t->n_calls)
		return;
	w->round += w->at / t->n_calls;
	w->at %= t->n_calls;
}

/* As many as the ring has room for. */
static uint32_t
send_some(struct traffic *t, struct way *w, uint32_t n)
{
	struct rte_mbuf *frames[CHUNK];
	uint32_t i;

	if (rte_pktmbuf_alloc_bulk(t->pool, frames, n) != 0)
		return 0; /* all rings are full */
	for (i = 0; i < n; i++) {
		fill(frames[i], t->order[w->at], w->round);
		go_on(t, w, 1);
	}
	rte_ring_sp_enqueue_bulk(w->in, (void **)frames, n, NULL);
	return n;
}

static void
offer(struct traffic *t, struct way *w, uint32_t n)
{
	uint32_t left = RTE_MIN(n, rte_ring_free_count(w->in)), sent = 1, refused = n;

	for (; left != 0 && sent != 0; left -= sent, refused -= sent)
		sent = send_some(t, w, RTE_MIN(left, CHUNK));
	go_on(t, w, refused); /* their numbers are missing */
	w->counts.refused += refused;
	/* Relaxed: control looks at it now and then. */
	__atomic_store_n(&w->counts.offered, w->counts.offered + n, __ATOMIC_RELAXED);
}

/* All that has become due since the last look, half of it each way. */
static void
offer_due(struct traffic *t)
{
	uint64_t due = (uint64_t)((__uint128_t)(rte_rdtsc() - t->begun) * t->current.rate >> 32);
	uint32_t n = (uint32_t)(due - t->n_due);

	if (n < 2)
		return;
	offer(t, &t->ways[0], n / 2);
	offer(t, &t->ways[1], n / 2);
	t->n_due += n & ~1u;
}

/* ---- The sink. ---- */

static void
check(struct way *w, const struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t call, number, *expected;

	memcpy(&call, p + CALL_AT, sizeof(call));
	memcpy(&number, p + NUMBER_AT, sizeof(number));
	w->counts.strange += cp_get_be32(p + LABEL_AT) >> 12 != FIRST_LABEL + call;
	expected = &w->expected[call];
	if (unlikely((int32_t)(number - *expected) < 0)) {
		w->counts.reordered++; /* it was taken for lost */
		w->counts.lost--;
		return;
	}
	w->counts.lost += number - *expected;
	*expected = number + 1;
}

static uint32_t
collect(struct way *w)
{
	struct rte_mbuf *frames[CHUNK];
	uint32_t i, n, all = 0;

	do {
		n = rte_ring_sc_dequeue_burst(w->out, (void **)frames, CHUNK, NULL);
		for (i = 0; i < n; i++)
			check(w, frames[i]);
		rte_pktmbuf_free_bulk(frames, n);
		all += n;
	} while (n == CHUNK);
	/* Relaxed: as in offer(). */
	__atomic_store_n(&w->counts.received, w->counts.received + all, __ATOMIC_RELAXED);
	return all;
}

void
traffic_settle(struct traffic *t)
{
	uint32_t i, number;
	int w;

	for (w = 0; w < 2; w++) {
		for (i = 0; i < t->n_calls; i++) {
			number = t->ways[w].round + (i < t->ways[w].at);
			t->ways[w].counts.lost += number - t->ways[w].expected[t->order[i]];
			t->ways[w].expected[t->order[i]] = number;
		}
	}
}

void
traffic_count(const struct traffic *t, struct traffic_counts *out)
{
	const struct traffic_counts *c;
	int w;

	*out = (struct traffic_counts){ 0 };
	for (w = 0; w < 2; w++) {
		c = &t->ways[w].counts;
		out->offered += __atomic_load_n(&c->offered, __ATOMIC_RELAXED);
		out->received += __atomic_load_n(&c->received, __ATOMIC_RELAXED);
		out->refused += c->refused;
		out->lost += c->lost;
		out->reordered += c->reordered;
		out->strange += c->strange;
	}
}

/* ---- The lcore. ---- */

static void
take_order(struct traffic *t)
{
	/* Acquire: pairs with traffic_order(). */
	uint32_t n = __atomic_load_n(&t->n_orders, __ATOMIC_ACQUIRE);

	if (n == t->n_taken)
		return;
	t->current = t->wanted;
	t->begun = rte_rdtsc();
	t->n_due = 0;
	t->last = 0;
	__atomic_store_n(&t->n_idle_turns, 0, __ATOMIC_RELAXED);
	/* Release: who sees it may read what the window before has. */
	__atomic_store_n(&t->n_taken, n, __ATOMIC_RELEASE);
}

/* Both workers, one after the other. */
static void
turn_workers(struct traffic *t)
{
	uint64_t begun = rte_rdtsc(), between, end;
	struct window *w = t->current.window;
	bool near, far;

	near = dp_worker_turn(t->ends[0]->worker) != 0;
	between = rte_rdtsc();
	far = dp_worker_turn(t->ends[1]->worker) != 0;
	end = rte_rdtsc();
	if (w == NULL)
		return;
	if (near)
		times_add(&w->burst, between - begun);
	if (far)
		times_add(&w->burst, end - between);
	if (t->last != 0)
		times_add(&w->gap, between - t->last);
	t->last = between;
}

int
traffic_work(void *traffic)
{
	struct traffic *t = traffic;
	uint32_t n;

	pthread_getcpuclockid(pthread_self(), &t->clock); /* of itself: it cannot fail */
	/* Release: pairs with measure_can_begin(). */
	__atomic_store_n(&t->thread, (uint32_t)rte_gettid(), __ATOMIC_RELEASE);
	dp_worker_online(t->ends[0]->worker);
	dp_worker_online(t->ends[1]->worker);
	/* Relaxed: it orders nothing. */
	while (__atomic_load_n(&t->stop, __ATOMIC_RELAXED) == 0) {
		take_order(t);
		if (t->current.rate != 0)
			offer_due(t);
		turn_workers(t);
		n = collect(&t->ways[0]) + collect(&t->ways[1]);
		/* Release: who finds it drained may read its counts. */
		__atomic_store_n(
			&t->n_idle_turns, n == 0 ? t->n_idle_turns + 1 : 0, __ATOMIC_RELEASE);
	}
	dp_worker_offline(t->ends[0]->worker);
	dp_worker_offline(t->ends[1]->worker);
	return 0;
}

void
traffic_end(struct traffic *t)
{
	__atomic_store_n(&t->stop, 1, __ATOMIC_RELAXED);
}

void
traffic_order(struct traffic *t, double fps, struct window *window)
{
	t->wanted = (struct traffic_order){
		.rate = (uint64_t)(fps * 4294967296.0 / (double)rte_get_tsc_hz()),
		.window = window,
	};
	/* Release: pairs with take_order(). */
	__atomic_store_n(&t->n_orders, t->n_orders + 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&t->n_taken, __ATOMIC_ACQUIRE) != t->n_orders)
		rte_pause();
}

bool
traffic_is_drained(const struct traffic *t)
{
	/* Acquire: pairs with traffic_work(). */
	return __atomic_load_n(&t->n_idle_turns, __ATOMIC_ACQUIRE) > DRAINED_TURNS;
}
