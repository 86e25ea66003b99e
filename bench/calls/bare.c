/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The least that a close is: its two messages written and read, the call found by its reference,
 * its label cleared, its record freed after a grace period that 1,024 of them share. No state
 * machine, no timer, no transport, no queue, no client: what is beyond this is what those cost.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>

#include "calls/run.h"
#include "calls/waited.h"
#include "micro/qsbr.h"
#include "micro/shuffle.h"
#include "uni/codec.h"

#define PER_TOKEN 1024u
#define AHEAD 8u
#define DISCRIMINATOR 9
#define IE_CAUSE 0x08
#define IE_USER_USER 0x7e
#define HEAD 9u /* discriminator, length and reference, type, length of what follows */
#define IE_HEAD 4u
#define RELEASE_OCTETS 64u
#define USER_OCTETS (RELEASE_OCTETS - HEAD - IE_HEAD - 2 - IE_HEAD)
#define CAUSE_NORMAL 16

struct record {
	uint32_t reference, label;
	uint8_t is_up, cause;
	uint8_t user[USER_OCTETS]; /* so that a record is a cache line, as what a close touches */
} __rte_cache_aligned;
static_assert(sizeof(struct record) == RTE_CACHE_LINE_SIZE, "one miss a call");

struct bare {
	struct record *records;
	uint32_t *by_reference;
	uint64_t *labels; /* Atomic: a worker would read them. */
	uint32_t *order, *free;
	uint32_t n, n_free;
	struct rte_rcu_qsbr *qsbr;
	uint32_t stop; /* Atomic. The reader's. */
};

/* ---- Messages. ---- */

static uint8_t *
put_head(uint8_t *p, uint32_t reference, uint8_t type, uint16_t len)
{
	p[0] = DISCRIMINATOR;
	p[1] = 3;
	p[2] = (uint8_t)(reference >> 16);
	p[3] = (uint8_t)(reference >> 8);
	p[4] = (uint8_t)reference;
	p[5] = type;
	p[6] = 0x80;
	p[7] = (uint8_t)(len >> 8);
	p[8] = (uint8_t)len;
	return p + HEAD;
}

static uint8_t *
put_ie_head(uint8_t *p, uint8_t id, uint16_t len)
{
	p[0] = id;
	p[1] = 0x80;
	p[2] = (uint8_t)(len >> 8);
	p[3] = (uint8_t)len;
	return p + IE_HEAD;
}

static uint8_t *
put_cause(uint8_t *p, uint8_t cause)
{
	p = put_ie_head(p, IE_CAUSE, 2);
	p[0] = 0x80;
	p[1] = 0x80 | cause;
	return p + 2;
}

static size_t
encode(uint8_t *room, const struct record *r, uint8_t type)
{
	bool has_user = type == UNI_MT_RELEASE;
	uint16_t len = IE_HEAD + 2 + (has_user ? IE_HEAD + USER_OCTETS : 0);
	uint8_t *p = put_cause(put_head(room, r->reference, type, len), r->cause);

	if (has_user) {
		p = put_ie_head(p, IE_USER_USER, USER_OCTETS);
		memcpy(p, r->user, USER_OCTETS);
		p += USER_OCTETS;
	}
	return (size_t)(p - room);
}

/* What a message says: bounds first. @return Whether it is one, with a cause. */
static bool
decode(const uint8_t *m, size_t len, uint8_t type, uint32_t *reference, uint8_t *cause)
{
	size_t at = HEAD, ie;

	if (len < HEAD || m[0] != DISCRIMINATOR || m[1] != 3 || m[5] != type ||
		(size_t)(m[7] << 8 | m[8]) != len - HEAD)
		return false;
	*reference = (uint32_t)m[2] << 16 | (uint32_t)m[3] << 8 | m[4];
	*cause = 0;
	for (; len - at >= IE_HEAD; at += IE_HEAD + ie) {
		ie = (size_t)(m[at + 2] << 8 | m[at + 3]);
		if (ie > len - at - IE_HEAD)
			return false;
		if (m[at] == IE_CAUSE && ie >= 2)
			*cause = m[at + IE_HEAD + 1] & 0x7f;
	}
	return *cause != 0;
}

/* One message from its sender to its receiver: through memory, as the compiler must believe. */
static struct record *
say(struct bare *b, const struct record *r, uint8_t type)
{
	uint8_t message[RELEASE_OCTETS], cause;
	size_t len = encode(message, r, type);
	uint32_t reference;

	__asm__ volatile("" : : "r"(message) : "memory");
	if (!decode(message, len, type, &reference, &cause) || reference >= b->n)
		return NULL;
	return &b->records[b->by_reference[reference]];
}

/* ---- Closes. ---- */

static bool
close_one(struct bare *b, uint32_t i)
{
	struct record *r = &b->records[b->order[i]];

	if (i + AHEAD < b->n)
		rte_prefetch0(&b->records[b->order[i + AHEAD]]);
	r = say(b, r, UNI_MT_RELEASE);
	if (r != NULL)
		r = say(b, r, UNI_MT_RELEASE_COMPLETE);
	if (r == NULL || !r->is_up)
		return false;
	/* Relaxed: the fence of the token that follows orders it. */
	__atomic_store_n(&b->labels[r->label], 0, __ATOMIC_RELAXED);
	return true;
}

/* Those before @p end that are not. */
static void
free_records(struct bare *b, uint32_t end)
{
	uint32_t idx;

	while (b->n_free < end) {
		idx = b->order[b->n_free];
		b->records[idx].is_up = 0;
		b->free[b->n_free++] = idx;
	}
}

/* All but the last ones are freed here too. @return Whether every call was there. */
static bool
close_all(struct bare *b)
{
	uint32_t i, covered = 0;
	uint64_t token = 0;

	for (i = 0; i < b->n; i++) {
		if (!close_one(b, i))
			return false;
		if (i - covered < PER_TOKEN || rte_rcu_qsbr_check(b->qsbr, token, false) == 0)
			continue;
		free_records(b, covered);
		covered = i + 1;
		rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
		token = rte_rcu_qsbr_start(b->qsbr);
	}
	return true;
}

static int
read_quietly(void *arg)
{
	struct bare *b = arg;

	rte_rcu_qsbr_thread_online(b->qsbr, 0);
	while (__atomic_load_n(&b->stop, __ATOMIC_RELAXED) == 0)
		rte_rcu_qsbr_quiescent(b->qsbr, 0);
	rte_rcu_qsbr_thread_offline(b->qsbr, 0);
	return 0;
}

/* ---- The whole. ---- */

static bool
create(struct bare *b, uint32_t n)
{
	b->n = n;
	b->records = rte_zmalloc("records", n * sizeof(*b->records), RTE_CACHE_LINE_SIZE);
	b->by_reference = rte_zmalloc("references", n * sizeof(*b->by_reference), 0);
	b->labels = rte_zmalloc("labels", n * sizeof(*b->labels), 0);
	b->free = rte_zmalloc("free", n * sizeof(*b->free), 0);
	b->order = shuffled(n);
	b->qsbr = qsbr_create();
	return b->records != NULL && b->by_reference != NULL && b->labels != NULL &&
	       b->free != NULL && b->order != NULL && b->qsbr != NULL;
}

static void
destroy(struct bare *b)
{
	rte_free(b->qsbr);
	free(b->order);
	rte_free(b->free);
	rte_free(b->labels);
	rte_free(b->by_reference);
	rte_free(b->records);
}

static void
set_up(struct bare *b)
{
	uint32_t i;

	for (i = 0; i < b->n; i++) {
		b->records[i] = (struct record){
			.reference = i, .label = i, .is_up = 1, .cause = CAUSE_NORMAL
		};
		b->by_reference[i] = i;
		b->labels[i] = i + 1;
	}
	b->n_free = 0;
}

/* Of this thread, without what it waited for a core. */
static double
clock_ns(void)
{
	return ns_of(rte_rdtsc()) - (double)waited_ns();
}

/* The reader is not waited for on the clock: a control loop would do something else meanwhile. */
static bool
measure_order(struct bare *b, const char *name)
{
	double ns, begun;
	bool all;

	set_up(b);
	begun = clock_ns();
	all = close_all(b);
	ns = clock_ns() - begun;
	rte_rcu_qsbr_check(b->qsbr, rte_rcu_qsbr_start(b->qsbr), true);
	begun = clock_ns();
	free_records(b, b->n);
	row(name, (ns + clock_ns() - begun) / b->n, "ns");
	return all;
}

static bool
measure_both(struct bare *b)
{
	uint32_t i;

	if (!measure_order(b, "bare_ns_per_call_shuffled"))
		return false;
	for (i = 0; i < b->n; i++)
		b->order[i] = i;
	return measure_order(b, "bare_ns_per_call");
}

int
measure_bare(uint32_t n_calls)
{
	struct bare b = { .n = 0 };
	bool all = false;

	if (create(&b, n_calls)) {
		rte_eal_remote_launch(read_quietly, &b, 1);
		all = measure_both(&b);
		__atomic_store_n(&b.stop, 1, __ATOMIC_RELAXED);
		rte_eal_wait_lcore(1);
	} else {
		fprintf(stderr, "calls: no room for %u records; mend: fewer --calls\n", n_calls);
	}
	destroy(&b);
	return all ? 0 : -1;
}
