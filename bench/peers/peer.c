/* SPDX-License-Identifier: BSD-3-Clause */
#include "peers/peer.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "micro/shuffle.h"

#define RATE UINT64_C(1000000) /* look-ups a second */
#define RING 1024              /* as many wait */
#define BURST 32
#define MIN_ENTRIES 100
#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_LOOK_UP (NS_PER_S / RATE)

struct reader {
	const struct peer *peer;
	pthread_t thread;
	uint32_t n_stay;
	uint32_t is_online, stop;    /* Atomic. */
	uint64_t done, lost, missed; /* Written by the reader, read once it has ended. */
};

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* The first or the last of those that we may use at all. */
static void
settle(const cpu_set_t *allowed, bool last)
{
	cpu_set_t one;
	int i, chosen = -1;

	for (i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, allowed) && (last || chosen < 0))
			chosen = i;
	CPU_ZERO(&one);
	CPU_SET(chosen, &one);
	pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
}

/* ---- The reader. ---- */

static cpu_set_t allowed; /* Before anybody was bound to one. */

static void
look_up(struct reader *r, uint32_t n, uint32_t *next)
{
	uint32_t bulk;

	for (; n > 0; n -= bulk) {
		bulk = n < BURST ? n : BURST;
		bulk = bulk < r->n_stay - *next ? bulk : r->n_stay - *next;
		r->missed += bulk - r->peer->look_up(*next, bulk);
		r->done += bulk;
		*next = *next + bulk < r->n_stay ? *next + bulk : 0;
	}
}

static void *
read_all(void *arg)
{
	struct reader *r = arg;
	uint64_t then, due;
	uint32_t next = 0;

	settle(&allowed, true);
	r->peer->online();
	__atomic_store_n(&r->is_online, 1, __ATOMIC_RELEASE);
	then = now_ns();
	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		due = (now_ns() - then) / NS_PER_LOOK_UP;
		then += due * NS_PER_LOOK_UP;
		if (due > RING) {
			r->lost += due - RING;
			due = RING;
		}
		look_up(r, (uint32_t)due, &next);
		r->peer->quiescent();
	}
	r->peer->offline();
	return NULL;
}

static int
reader_start(struct reader *r, const struct peer *peer, uint32_t n_stay)
{
	memset(r, 0, sizeof(*r));
	r->peer = peer;
	r->n_stay = n_stay;
	if (pthread_create(&r->thread, NULL, read_all, r) != 0)
		return -1;
	while (!__atomic_load_n(&r->is_online, __ATOMIC_ACQUIRE))
		sched_yield();
	return 0;
}

static void
reader_stop(struct reader *r)
{
	__atomic_store_n(&r->stop, 1, __ATOMIC_RELAXED);
	pthread_join(r->thread, NULL);
}

/* ---- What is measured. ---- */

static void
print(const struct peer *peer, const char *what, double value, const char *unit)
{
	printf("%s/%s\t%.9g\t%s\n", peer->name, what, value, unit);
}

static double
blocked_ms(const struct reader *r)
{
	return (double)(r->lost * NS_PER_LOOK_UP) / 1e6;
}

/* As long as the removal took, but nothing is removed: what the machine itself does. */
static int
be_quiet(const struct peer *peer, uint32_t n_stay, uint64_t ns)
{
	struct timespec pause = { .tv_sec = (time_t)(ns / NS_PER_S),
		.tv_nsec = (long)(ns % NS_PER_S) };
	struct reader r;

	if (reader_start(&r, peer, n_stay) != 0)
		return -1;
	nanosleep(&pause, NULL);
	reader_stop(&r);
	print(peer, "blocked_ms_quiet", blocked_ms(&r), "ms");
	return 0;
}

/* In random order, as calls come and go. @return Nanoseconds, or 0: it did not work. */
static uint64_t
time_removal(const struct peer *peer, struct reader *r, uint32_t first, uint32_t n)
{
	uint32_t *order = shuffled(n), i;
	uint64_t begun, ns = 0;

	for (i = 0; order != NULL && i < n; i++)
		order[i] += first;
	if (order != NULL && reader_start(r, peer, first) == 0) {
		begun = now_ns();
		if (peer->remove(order, n) == 0)
			ns = now_ns() - begun;
		reader_stop(r);
	}
	free(order);
	return ns;
}

static int
measure(const struct peer *peer, uint32_t n, uint32_t n_stay)
{
	size_t before = peer->octets();
	struct reader r = { 0 };
	uint64_t ns;

	if (peer->fill(n) != 0) {
		fprintf(stderr, "%s: no room for %" PRIu32 " entries; mend: %s\n", peer->name, n,
			"fewer --calls, or dpdk-hugepages.py --setup 4G");
		return -1;
	}
	print(peer, "bytes_per_entry", (double)(peer->octets() - before) / n, "B");
	ns = time_removal(peer, &r, n_stay, n - n_stay);
	if (ns == 0 || r.missed != 0) {
		fprintf(stderr, "%s: entries that should go did not, or others did\n", peer->name);
		return -1;
	}
	print(peer, "deletions_per_second", (double)(n - n_stay) * 1e9 / (double)ns, "1/s");
	print(peer, "blocked_ms", blocked_ms(&r), "ms");
	return be_quiet(peer, n_stay, ns);
}

int
peer_main(const struct peer *peer, int argc, char **argv)
{
	uint32_t n = argc == 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	int err;

	if (n < MIN_ENTRIES) {
		fprintf(stderr, "usage: %s N, %d entries at least; nine of ten are deleted\n",
			peer->name, MIN_ENTRIES);
		return 2;
	}
	sched_getaffinity(0, sizeof(allowed), &allowed);
	settle(&allowed, false);
	if (peer->start != NULL && peer->start(n) != 0)
		return 1;
	err = measure(peer, n - n % 2, n / 20 * 2); /* in pairs */
	peer->destroy(n - n % 2);
	return err != 0;
}
