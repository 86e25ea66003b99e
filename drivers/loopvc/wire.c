/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "loopvc_priv.h"

#define NS_PER_MS 1000000u

int
wire_init(struct loopvc *lv, uint32_t n_packets)
{
	int err;

	TAILQ_INIT(&lv->wire);
	err = cp_pool_init(
		&lv->packets, n_packets, sizeof(struct wire_packet), lv->mem, "loopvc packets");
	if (err != 0)
		return err;
	lv->octets = cp_mem_alloc(lv->mem, (size_t)n_packets * LOOPVC_MAX_PACKET, "loopvc octets");
	return lv->octets != NULL ? 0 : -ENOMEM;
}

void
wire_fini(struct loopvc *lv)
{
	cp_mem_free(lv->mem, lv->octets);
	cp_pool_fini(&lv->packets);
}

/* splitmix64: every seed is good, 0 too. */
static bool
chance(struct loopvc *lv, uint32_t permille)
{
	uint64_t z;

	if (permille == 0)
		return false;
	z = lv->random += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) % 1000 < permille;
}

/* Nearly always the last one: only a packet held back, or a changed delay, makes it search. */
static void
insert(struct loopvc *lv, struct wire_packet *p)
{
	struct wire_packet *before = TAILQ_LAST(&lv->wire, wire_queue);

	while (before != NULL && before->due_ns > p->due_ns)
		before = TAILQ_PREV(before, wire_queue, entry);
	if (before != NULL)
		TAILQ_INSERT_AFTER(&lv->wire, before, p, entry);
	else
		TAILQ_INSERT_HEAD(&lv->wire, p, entry);
}

static struct wire_packet *
copy_of(struct loopvc *lv, const struct loopvc_vc *v, const uint8_t *octets, uint32_t len)
{
	uint32_t handle = cp_pool_get(&lv->packets);
	struct wire_packet *p = cp_pool_at(&lv->packets, handle);

	if (p == NULL)
		return NULL;
	p->packet.data = lv->octets + (size_t)cp_handle_idx(handle) * LOOPVC_MAX_PACKET;
	p->packet.len = len;
	memcpy(p->packet.data, octets, len);
	p->handle = handle;
	p->label = v->media.label;
	p->to = v->end == LOOPVC_A ? LOOPVC_B : LOOPVC_A;
	p->seq = lv->seq++;
	p->due_ns = lv->now_ns + (uint64_t)lv->options.delay_ms * NS_PER_MS;
	return p;
}

enum co_status
wire_put(struct loopvc *lv, struct loopvc_vc *v, const uint8_t *octets, uint32_t len,
	struct co_packet *sender, uint32_t sender_vc)
{
	struct wire_packet *p = NULL, *twin;

	if (len > LOOPVC_MAX_PACKET)
		lv->stats.too_long++;
	else if ((p = copy_of(lv, v, octets, len)) == NULL)
		lv->stats.no_packet++;
	if (p == NULL) {
		LOOPVC_COUNT(lv, v, drops, 1);
		return len > LOOPVC_MAX_PACKET ? CO_STATUS_INVALID_LENGTH : CO_STATUS_RESOURCES;
	}
	p->sender = sender;
	p->sender_vc = sender_vc;
	if (chance(lv, lv->options.reorder_permille)) {
		p->due_ns += (uint64_t)lv->options.reorder_ms * NS_PER_MS;
		lv->stats.reordered++;
	}
	insert(lv, p);
	lv->stats.sent++;
	LOOPVC_COUNT(lv, v, tx_packets, 1);
	LOOPVC_COUNT(lv, v, tx_octets, len);
	if (chance(lv, lv->options.duplicate_permille)) {
		twin = copy_of(lv, v, octets, len);
		if (twin != NULL) {
			insert(lv, twin);
			lv->stats.duplicated++;
		}
	}
	return CO_STATUS_SUCCESS;
}

/* SEND-4, SEND-5: the sender has its packet back, and its VC waits for one less. */
static void
complete_send(struct loopvc *lv, struct wire_packet *p, enum co_status status)
{
	struct co_packet *sender = p->sender;
	struct loopvc_vc *v = loopvc_vc_at(lv, p->sender_vc);

	p->sender = NULL;
	if (sender == NULL || v == NULL)
		return;
	v->sends_out--;
	sender->status = status;
	co_m_send_complete(loopvc_co(lv, v), v->vc, &sender, 1);
}

/* Onwards; a leaf has no way back. */
static void
forward(struct loopvc *lv, struct loopvc *to_lv, struct loopvc_vc *to, struct wire_packet *p)
{
	if ((to->media.flags & CO_MEDIA_F_LEAF) != 0)
		lv->stats.one_way++;
	else
		wire_put(to_lv, to, p->packet.data, p->packet.len, NULL, CP_HANDLE_NONE);
	cp_pool_put(&lv->packets, p->handle);
}

/* A packet on a joined VC goes on; every other one is the local receiver's until it returns it. */
static void
deliver(struct loopvc *lv, struct loopvc_vc *v, struct wire_packet *p)
{
	struct co_packet *packet = &p->packet;
	struct loopvc_vc *joined;
	struct loopvc *other;

	if (chance(lv, lv->options.damage_permille)) {
		LOOPVC_COUNT(lv, v, rx_errors, 1);
		LOOPVC_COUNT(lv, v, drops, 1);
		lv->stats.damaged++;
		cp_pool_put(&lv->packets, p->handle);
		return;
	}
	lv->stats.delivered++;
	LOOPVC_COUNT(lv, v, rx_packets, 1);
	LOOPVC_COUNT(lv, v, rx_octets, packet->len);
	joined = loopvc_circuit_find(v->joined, &other);
	if (joined != NULL) {
		forward(lv, other, joined, p);
		return;
	}
	v->receives_out++;
	packet->vc = v->vc;
	packet->owner = p;
	packet->low_resources = lv->options.low_resources;
	co_m_indicate_receive(loopvc_co(lv, v), v->vc, &packet, 1);
}

/* The others first, each with a copy: the packet itself is gone when it has been delivered. */
static void
deliver_to_leaves(struct loopvc *lv, uint32_t n, struct wire_packet *p)
{
	struct loopvc_vc *v;
	struct wire_packet *copy;

	while (n-- > 0) {
		v = loopvc_vc_at(lv, lv->leaves[n]);
		if (v == NULL || v->state != VC_ST_ACTIVE) /* ended by another's receiver */
			continue;
		copy = copy_of(lv, v, p->packet.data, p->packet.len);
		if (copy != NULL) {
			deliver(lv, v, copy);
			continue;
		}
		LOOPVC_COUNT(lv, v, rx_no_buffer, 1);
		LOOPVC_COUNT(lv, v, drops, 1);
		lv->stats.no_packet++;
	}
	cp_pool_put(&lv->packets, p->handle);
}

/* The active leaves of a label. */
static uint32_t
find_leaves(struct loopvc *lv, const struct loopvc_vc *v)
{
	uint32_t n = 0;

	for (; v != NULL; v = loopvc_vc_at(lv, v->leaf_next))
		if (v->state == VC_ST_ACTIVE)
			lv->leaves[n++] = v->self;
	return n;
}

static bool
is_lost(struct loopvc *lv)
{
	return lv->options.cut || loopvc_port_is_dead(&lv->ends[LOOPVC_A]) ||
	       loopvc_port_is_dead(&lv->ends[LOOPVC_B]) || chance(lv, lv->options.drop_permille);
}

static void
arrive(struct loopvc *lv, struct wire_packet *p)
{
	struct loopvc_vc *v;
	uint32_t n;

	TAILQ_REMOVE(&lv->wire, p, entry);
	complete_send(lv, p, CO_STATUS_SUCCESS);
	v = loopvc_vc_at(lv, lv->ends[p->to].labels[p->label]);
	if (is_lost(lv)) {
		lv->stats.lost++;
	} else if (v != NULL && (v->media.flags & CO_MEDIA_F_LEAF) != 0 &&
		   (n = find_leaves(lv, v)) != 0) {
		deliver_to_leaves(lv, n, p);
		return;
	} else if (v == NULL || v->state != VC_ST_ACTIVE) {
		lv->stats.no_circuit++;
	} else {
		deliver(lv, v, p);
		return;
	}
	cp_pool_put(&lv->packets, p->handle);
}

/* The queue is by time, and what is sent now arrives last: a new one at its head ends the turn. */
uint32_t
wire_turn(struct loopvc *lv, uint32_t max)
{
	uint64_t first_new = lv->seq;
	struct wire_packet *p;
	uint32_t n = 0;

	while (n < max && (p = TAILQ_FIRST(&lv->wire)) != NULL && p->due_ns <= lv->now_ns &&
		p->seq < first_new) {
		arrive(lv, p);
		n++;
	}
	return n;
}

static bool
is_meant(const struct loopvc *lv, const struct wire_packet *p, enum loopvc_end end,
	uint32_t sender_vc, uint64_t cancel_id)
{
	const struct loopvc_vc *v = p->sender != NULL ? loopvc_vc_at(lv, p->sender_vc) : NULL;

	return v != NULL && v->end == end &&
	       (sender_vc == CP_HANDLE_NONE || sender_vc == p->sender_vc) &&
	       (cancel_id == 0 || cancel_id == p->sender->cancel_id);
}

/* All are off the wire before the first is completed, since its sender may do anything. */
void
wire_abort(struct loopvc *lv, enum loopvc_end end, uint32_t sender_vc, uint64_t cancel_id,
	enum co_status status)
{
	struct wire_queue aborted = TAILQ_HEAD_INITIALIZER(aborted);
	struct wire_packet *p, *next;

	for (p = TAILQ_FIRST(&lv->wire); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (!is_meant(lv, p, end, sender_vc, cancel_id))
			continue;
		TAILQ_REMOVE(&lv->wire, p, entry);
		TAILQ_INSERT_TAIL(&aborted, p, entry);
	}
	while ((p = TAILQ_FIRST(&aborted)) != NULL) {
		TAILQ_REMOVE(&aborted, p, entry);
		complete_send(lv, p, status);
		cp_pool_put(&lv->packets, p->handle);
	}
}

void
wire_return(struct loopvc *lv, struct co_packet *packet)
{
	struct wire_packet *p = packet->owner;

	cp_pool_put(&lv->packets, p->handle);
}

uint64_t
loopvc_next_due_ns(const struct loopvc *lv)
{
	const struct wire_packet *p = TAILQ_FIRST(&lv->wire);

	return p != NULL ? p->due_ns : UINT64_MAX;
}
