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
		v->stats.drops++;
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
	v->stats.tx_packets++;
	v->stats.tx_octets += len;
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
complete_send(struct loopvc *lv, struct wire_packet *p)
{
	struct co_packet *sender = p->sender;
	struct loopvc_vc *v = loopvc_vc_at(lv, p->sender_vc);

	p->sender = NULL;
	if (sender == NULL || v == NULL)
		return;
	v->sends_out--;
	sender->status = CO_STATUS_SUCCESS;
	co_m_send_complete(loopvc_co(lv, v), v->vc, &sender, 1);
}

/* A packet on a joined VC goes on; every other one is the local receiver's until it returns it. */
static void
deliver(struct loopvc *lv, struct loopvc_vc *v, struct wire_packet *p)
{
	struct co_packet *packet = &p->packet;
	struct loopvc_vc *joined;
	struct loopvc *other;

	lv->stats.delivered++;
	v->stats.rx_packets++;
	v->stats.rx_octets += packet->len;
	joined = loopvc_circuit_find(v->joined, &other);
	if (joined != NULL) {
		wire_put(other, joined, packet->data, packet->len, NULL, CP_HANDLE_NONE);
		cp_pool_put(&lv->packets, p->handle);
		return;
	}
	v->receives_out++;
	packet->vc = v->vc;
	packet->owner = p;
	co_m_indicate_receive(loopvc_co(lv, v), v->vc, &packet, 1);
}

static void
arrive(struct loopvc *lv, struct wire_packet *p)
{
	struct loopvc_vc *v;

	TAILQ_REMOVE(&lv->wire, p, entry);
	complete_send(lv, p);
	v = loopvc_vc_at(lv, lv->ends[p->to].labels[p->label]);
	if (lv->options.cut || chance(lv, lv->options.drop_permille)) {
		lv->stats.lost++;
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
