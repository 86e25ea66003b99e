/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets of local clients and of CMs (4.16): sends that wait for room, receives that are held in
 * the mbufs that they came in, and VCs whose end waits for either.
 *
 * A completion may do anything, also send, close and delete: after one, a record is found anew.
 */
#include <errno.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "trunk_priv.h"

#define BUSY_PER_TURN 64u   /* VCs that a turn looks at ... */
#define SENDS_PER_TURN 256u /* ... and sends that it tries */
#define LOW_SHARE 8u        /* fewer than one record in so many are free: low resources (RECV-2) */
#define OVERDUE_LOG_NS UINT64_C(10000000000)

/* ---- Records, by VC. ---- */

int
ethvc_locals_init(struct ethvc_trunk *t)
{
	const struct ethvc_config *c = &t->config;
	int err;

	TAILQ_INIT(&t->busy);
	t->n_buckets = rte_align32pow2(c->n_locals);
	t->buckets = cp_mem_alloc(t->mem, t->n_buckets * sizeof(*t->buckets), "ethvc local table");
	if (t->buckets == NULL)
		return -ENOMEM;
	err = cp_pool_init(
		&t->locals, c->n_locals, sizeof(struct ethvc_local), t->mem, "ethvc local VCs");
	if (err == 0)
		err = cp_pool_init(
			&t->sends, c->n_queued, sizeof(struct ethvc_send), t->mem, "ethvc sends");
	if (err == 0)
		err = cp_pool_init(&t->receives, c->n_packets, sizeof(struct ethvc_receive), t->mem,
			"ethvc receives");
	return err;
}

void
ethvc_locals_fini(struct ethvc_trunk *t)
{
	cp_pool_fini(&t->receives);
	cp_pool_fini(&t->sends);
	cp_pool_fini(&t->locals);
	cp_mem_free(t->mem, t->buckets);
	t->buckets = NULL;
}

static uint32_t *
bucket_of(const struct ethvc_trunk *t, co_vc_t vc)
{
	return &t->buckets[vc & (t->n_buckets - 1)];
}

struct ethvc_local *
ethvc_local_get(struct ethvc_trunk *t, const struct ethvc_vc_name *vc)
{
	struct ethvc_local *l = ethvc_local_at(t, vc->vc);
	uint32_t handle, *bucket = bucket_of(t, vc->vc);

	if (l != NULL)
		return l;
	handle = cp_pool_get(&t->locals);
	l = cp_pool_at(&t->locals, handle);
	if (l == NULL)
		return NULL;
	l->cookie = vc->cookie;
	l->vc = vc->vc;
	l->circuit = vc->circuit;
	l->label = vc->label;
	l->self = handle;
	l->hash_next = *bucket;
	*bucket = handle;
	t->n_locals++;
	if (t->config.send_window != 0)
		co_m_set_send_window(t->co, vc->vc, t->config.send_window); /* SEND-8 */
	return l;
}

void
ethvc_local_put(struct ethvc_trunk *t, struct ethvc_local *l)
{
	uint32_t *link = bucket_of(t, l->vc);

	while (*link != l->self)
		link = &((struct ethvc_local *)cp_pool_at(&t->locals, *link))->hash_next;
	*link = l->hash_next;
	if (l->busy)
		TAILQ_REMOVE(&t->busy, l, entry);
	if (l->overdue)
		t->n_overdue--;
	t->n_locals--;
	cp_pool_put(&t->locals, l->self);
}

void
ethvc_local_be_busy(struct ethvc_trunk *t, struct ethvc_local *l)
{
	if (l->busy)
		return;
	l->busy = true;
	TAILQ_INSERT_TAIL(&t->busy, l, entry);
}

static void
be_idle(struct ethvc_trunk *t, struct ethvc_local *l)
{
	l->busy = false;
	TAILQ_REMOVE(&t->busy, l, entry);
}

/* ---- Sending. ---- */

/* PENDING: there is no room on the wire now. Else the packet is the sender's again (SEND-5). */
static enum co_status
try_send(struct ethvc_trunk *t, dp_circuit_t circuit, const struct co_packet *p)
{
	int err;

	if (t->resetting)
		return CO_STATUS_RESET_IN_PROGRESS; /* RESET-3 */
	err = dp_circuit_send(t->dp, circuit, p->data, p->len);
	if (err == -ENOMEM || err == -ENOBUFS)
		return CO_STATUS_PENDING;
	return err == -ESTALE ? CO_STATUS_CLOSING : ethvc_status_of_errno(err);
}

static void
count_result(struct ethvc_trunk *t, co_vc_t vc, enum co_status status)
{
	struct ethvc_local *l;

	if (status == CO_STATUS_SUCCESS)
		return;
	t->tx_errors++;
	l = ethvc_local_at(t, vc);
	if (l != NULL)
		l->tx_errors++;
}

/* RESOURCES: no record for it. */
static enum co_status
enqueue(struct ethvc_trunk *t, struct ethvc_local *l, struct co_packet *p)
{
	uint32_t handle = cp_pool_get(&t->sends);
	struct ethvc_send *s = cp_pool_at(&t->sends, handle);
	struct ethvc_send *tail = cp_pool_at(&t->sends, l->tail);

	if (s == NULL)
		return CO_STATUS_RESOURCES;
	s->packet = p;
	if (tail != NULL)
		tail->next = handle;
	else
		l->head = handle;
	l->tail = handle;
	l->n_queued++;
	ethvc_local_be_busy(t, l);
	return CO_STATUS_PENDING;
}

static struct co_packet *
dequeue(struct ethvc_trunk *t, struct ethvc_local *l)
{
	uint32_t handle = l->head;
	struct ethvc_send *s = cp_pool_at(&t->sends, handle);
	struct co_packet *p = s->packet;

	l->head = s->next;
	if (l->head == CP_HANDLE_NONE)
		l->tail = CP_HANDLE_NONE;
	l->n_queued--;
	cp_pool_put(&t->sends, handle);
	return p;
}

/* SEND-2: nothing overtakes what waits. @return How many of @p n went, or failed, at once. */
static uint32_t
send_now(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, struct co_packet **pkts, uint32_t n)
{
	const struct ethvc_local *l = ethvc_local_at(t, vc->vc);
	enum co_status status;
	uint32_t i;

	if (l != NULL && l->n_queued != 0)
		return 0;
	for (i = 0; i < n; i++) {
		status = try_send(t, vc->circuit, pkts[i]);
		if (status == CO_STATUS_PENDING)
			break;
		pkts[i]->status = status;
		count_result(t, vc->vc, status);
	}
	return i;
}

/* @return How many there was a record for; the others got their status. */
static uint32_t
send_later(
	struct ethvc_trunk *t, const struct ethvc_vc_name *vc, struct co_packet **pkts, uint32_t n)
{
	struct ethvc_local *l = n != 0 ? ethvc_local_get(t, vc) : NULL;
	uint32_t n_queued = 0, i;

	while (l != NULL && n_queued < n && enqueue(t, l, pkts[n_queued]) == CO_STATUS_PENDING)
		n_queued++;
	for (i = n_queued; i < n; i++) {
		pkts[i]->status = CO_STATUS_RESOURCES;
		count_result(t, vc->vc, CO_STATUS_RESOURCES);
	}
	return n_queued;
}

/* SEND-4. Completions last: what they send goes behind what was queued here. */
void
ethvc_vc_send(
	struct ethvc_trunk *t, const struct ethvc_vc_name *vc, struct co_packet **pkts, uint32_t n)
{
	uint32_t n_now = send_now(t, vc, pkts, n);
	uint32_t n_queued = send_later(t, vc, pkts + n_now, n - n_now), n_both = n_now + n_queued;

	if (n_now != 0)
		co_m_send_complete(t->co, vc->vc, pkts, n_now);
	if (n_both < n)
		co_m_send_complete(t->co, vc->vc, pkts + n_both, n - n_both);
}

static void
complete_send(
	struct ethvc_trunk *t, struct ethvc_local *l, struct co_packet *p, enum co_status status)
{
	p->status = status;
	count_result(t, l->vc, status);
	co_m_send_complete(t->co, l->vc, &p, 1);
}

/*
 * Give back those with @p cancel_id, all when it is 0. They leave the queue before the first is
 * completed, so what its sender does then is behind those that stay.
 */
static void
abort_sends(struct ethvc_trunk *t, struct ethvc_local *l, uint64_t cancel_id, enum co_status status)
{
	struct ethvc_local aborted = { .vc = l->vc, .busy = true };
	uint32_t n = l->n_queued;
	struct co_packet *p;

	while (n-- > 0) {
		p = dequeue(t, l); /* its record is free again for the queue that it goes to */
		enqueue(t, cancel_id == 0 || p->cancel_id == cancel_id ? &aborted : l, p);
	}
	while (aborted.n_queued != 0)
		complete_send(t, &aborted, dequeue(t, &aborted), status);
}

/* SEND-7 */
void
ethvc_vc_cancel(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, uint64_t cancel_id)
{
	struct ethvc_local *l = ethvc_local_at(t, vc->vc);

	if (l != NULL && cancel_id != 0)
		abort_sends(t, l, cancel_id, CO_STATUS_SEND_ABORTED);
}

/* No new ones come meanwhile: the trunk is resetting, or the broker knows that it is gone. */
void
ethvc_locals_abort(struct ethvc_trunk *t, enum co_status status)
{
	struct ethvc_local *l;
	bool found;

	do {
		found = false;
		TAILQ_FOREACH (l, &t->busy, entry)
			if (l->n_queued != 0)
				break;
		if (l != NULL) {
			found = true;
			abort_sends(t, l, 0, status);
		}
	} while (found);
}

/* ---- Receiving. ---- */

static bool
is_low(const struct ethvc_trunk *t)
{
	return t->mempool_low || t->receives.n_free < t->receives.n_max / LOW_SHARE;
}

static void
free_receive(struct ethvc_trunk *t, struct ethvc_receive *r)
{
	struct ethvc_local *l = cp_pool_at(&t->locals, r->local);

	l->receives_out--;
	cp_pool_put(&t->receives, r->self);
}

/*
 * The payload stays in its mbuf while the client has it. When buffers are low, the broker gives the
 * packet back before co_m_indicate_receive() returns (RECV-2), as any client may.
 */
bool
ethvc_vc_receive(struct ethvc_trunk *t, co_vc_t vc, const uint8_t *payload, uint32_t len,
	struct rte_mbuf *frame)
{
	struct ethvc_local *l = ethvc_local_at(t, vc);
	struct ethvc_receive *r;
	struct co_packet *p;
	uint32_t handle;

	if (l == NULL || !l->receives)
		return false;
	handle = cp_pool_get(&t->receives);
	r = cp_pool_at(&t->receives, handle);
	if (r == NULL) {
		l->no_buffer++;
		t->no_buffer++;
		return false;
	}
	r->frame = frame;
	r->self = handle;
	r->local = l->self;
	r->indicating = true;
	p = &r->packet;
	p->data = (uint8_t *)(uintptr_t)payload;
	p->len = len;
	p->vc = l->vc;
	p->low_resources = is_low(t);
	p->owner = r;
	l->receives_out++;
	co_m_indicate_receive(t->co, l->vc, &p, 1);
	r->indicating = false;
	if (!r->returned)
		return true;
	free_receive(t, r);
	return false;
}

/* RECV-3: each packet knows its VC. A VC that waits for the last one is seen by the next turn. */
void
ethvc_trunk_return(struct ethvc_trunk *t, struct co_packet **pkts, uint32_t n)
{
	struct ethvc_receive *r;
	uint32_t i;

	for (i = 0; i < n; i++) {
		r = pkts[i]->owner;
		if (r->indicating) {
			r->returned = true;
			continue;
		}
		dp_frame_return(t->dp, r->frame);
		free_receive(t, r);
	}
}

/* ---- Turns. ---- */

/* A client's packets are its own: it is reported, and waited for. */
static void
watch_holder(struct ethvc_trunk *t, struct ethvc_local *l)
{
	uint64_t age_ns = t->now_ns - l->since_ns;
	const char *name;

	if (age_ns < t->config.overdue_ns)
		return;
	if (!l->overdue) {
		l->overdue = true;
		t->n_overdue++;
		t->n_overdue_ever++;
	}
	if (!cp_log_limit_pass(&t->overdue_log, t->now_ns, OVERDUE_LOG_NS))
		return;
	name = co_vc_name(t->co, l->vc);
	cp_log(CP_LOG_WARN,
		"trunk %s: VC %s (label %u): its client has held %u packets for %lu s, its end "
		"waits for them; %lu such lines left out; mend: the client returns what it "
		"receives before it closes",
		t->name, name != NULL ? name : "without a name", l->label, l->receives_out,
		(unsigned long)(age_ns / NS_PER_S), (unsigned long)t->overdue_log.hidden);
}

/* SEND-2: in order, until one has to wait again. @return How many were tried. */
static uint32_t
send_queued(struct ethvc_trunk *t, co_vc_t vc, uint32_t max)
{
	struct ethvc_local *l;
	enum co_status status;
	uint32_t n = 0;

	while (n < max && (l = ethvc_local_at(t, vc)) != NULL && l->n_queued != 0) {
		const struct ethvc_send *s = cp_pool_at(&t->sends, l->head);

		n++;
		status = try_send(t, l->circuit, s->packet);
		if (status == CO_STATUS_PENDING)
			break;
		complete_send(t, l, dequeue(t, l), status);
	}
	return n;
}

/* I8: what the wire does not take in time comes back, so that the end is not for ever. */
static void
linger(struct ethvc_trunk *t, struct ethvc_local *l)
{
	if (l->n_queued != 0 && t->now_ns - l->since_ns < t->config.linger_ns)
		return;
	l->state = LOCAL_ST_UNLINKED;
	ethvc_vc_unlink(t, l->circuit);
	abort_sends(t, l, 0, CO_STATUS_REQUEST_ABORTED);
}

static void
finish_held(struct ethvc_trunk *t, struct ethvc_local *l)
{
	uint32_t cookie = l->cookie;
	dp_circuit_t circuit = l->circuit;

	if (l->receives_out != 0) {
		watch_holder(t, l);
		return;
	}
	ethvc_local_put(t, l);
	ethvc_vc_drained(t, circuit, cookie);
}

/* What is still to be done with it keeps its place in the list; @return Sends tried. */
static uint32_t
serve(struct ethvc_trunk *t, struct ethvc_local *l, uint32_t max_sends)
{
	co_vc_t vc = l->vc;
	uint32_t n = send_queued(t, vc, max_sends);

	l = ethvc_local_at(t, vc);
	if (l == NULL)
		return n;
	if (l->state == LOCAL_ST_LINGERING)
		linger(t, l);
	l = ethvc_local_at(t, vc);
	if (l == NULL)
		return n;
	if (l->n_queued == 0 && l->state != LOCAL_ST_HELD && l->busy)
		be_idle(t, l);
	else if (l->state == LOCAL_ST_HELD)
		finish_held(t, l);
	return n;
}

/* By turns: who was looked at goes to the end of the list. */
void
ethvc_locals_turn(struct ethvc_trunk *t)
{
	uint32_t n_left = SENDS_PER_TURN, n_looks = BUSY_PER_TURN, n;
	struct ethvc_local *l;

	if (n_looks > t->n_locals)
		n_looks = t->n_locals;
	while (n_looks-- > 0 && n_left > 0 && (l = TAILQ_FIRST(&t->busy)) != NULL) {
		TAILQ_REMOVE(&t->busy, l, entry);
		TAILQ_INSERT_TAIL(&t->busy, l, entry);
		n = serve(t, l, n_left);
		n_left -= n;
	}
}

void
ethvc_trunk_overdue(const struct ethvc_trunk *t, struct ethvc_overdue *out)
{
	const struct ethvc_local *l;

	*out = (struct ethvc_overdue){ .n_vcs = t->n_overdue, .n_noticed = t->n_overdue_ever };
	if (t->n_overdue == 0)
		return;
	TAILQ_FOREACH (l, &t->busy, entry) {
		if (!l->overdue || t->now_ns - l->since_ns < out->age_ns)
			continue;
		out->vc = l->vc;
		out->label = l->label;
		out->n_packets = l->receives_out;
		out->age_ns = t->now_ns - l->since_ns;
	}
}
