/* SPDX-License-Identifier: BSD-3-Clause */
#include "queue_priv.h"

uint64_t
co_queue_append(uint64_t queue, uint32_t code)
{
	uint32_t shift = 0;

	while ((queue >> shift & CO_CODE_MASK) != 0)
		shift += CO_CODE_BITS;
	return queue | (uint64_t)code << shift;
}

bool
co_queue_contains(uint64_t queue, uint32_t code)
{
	for (; queue != 0; queue >>= CO_CODE_BITS)
		if ((queue & CO_CODE_MASK) == code)
			return true;
	return false;
}

static uint32_t
last(uint64_t queue)
{
	uint32_t code = 0;

	for (; queue != 0; queue >>= CO_CODE_BITS)
		code = queue & CO_CODE_MASK;
	return code;
}

uint64_t
co_queue_without(uint64_t queue, uint32_t code)
{
	uint64_t out = 0;

	for (; queue != 0; queue >>= CO_CODE_BITS)
		if ((queue & CO_CODE_MASK) != code)
			out = co_queue_append(out, queue & CO_CODE_MASK);
	return out;
}

/* Only the one behind @p n_before like it goes. */
static uint64_t
without_nth(uint64_t queue, uint32_t code, uint32_t n_before)
{
	uint64_t out = 0;
	uint32_t n = 0;

	for (; queue != 0; queue >>= CO_CODE_BITS)
		if ((queue & CO_CODE_MASK) != code || n++ != n_before)
			out = co_queue_append(out, queue & CO_CODE_MASK);
	return out;
}

bool
co_client_ends_with_party(const struct co_vc_hot *v)
{
	return last(v->client_queue) == CO_CE_PARTY;
}

void
co_client_remove_party(struct co_vc_hot *v, uint32_t n_before)
{
	v->client_queue = without_nth(v->client_queue, CO_CE_PARTY, n_before);
}

bool
co_cm_ends_with_party(const struct co_vc_hot *v)
{
	return last(v->cm_queue) == CO_ME_PARTY;
}

void
co_cm_remove_party(struct co_vc_hot *v, uint32_t n_before)
{
	v->cm_queue = (uint32_t)without_nth(v->cm_queue, CO_ME_PARTY, n_before);
}

/* The list goes by index, not by handle: a VC may be deleted while it is in it. */
static void
serve_later(struct co *co, co_vc_t vc)
{
	struct co_vc_cold *cold = co_vc_cold(co, vc);
	uint32_t link = cp_handle_idx(vc) + 1;

	if (cold->ready)
		return;
	cold->ready = true;
	cold->ready_next = 0;
	if (co->ready_tail != 0)
		co->cold[co->ready_tail - 1].ready_next = link;
	else
		co->ready_head = link;
	co->ready_tail = link;
}

/* Whoever has the index now; CO_NONE: nobody. */
static co_vc_t
take_ready(struct co *co)
{
	uint32_t idx = co->ready_head - 1;
	struct co_vc_cold *cold = &co->cold[idx];

	co->ready_head = cold->ready_next;
	if (co->ready_head == 0)
		co->ready_tail = 0;
	cold->ready = false;
	return cp_pool_handle_of(&co->vcs, idx);
}

/*
 * On a VC of its own the client may delete it in a completion (CLOSE-23, MAKE-6), so that waits
 * until the call manager has left the handler that raised it: its delete_vc must not nest in it.
 * On a VC of the call manager it does not wait: the next thing there may be the CM's own delete.
 */
static bool
may_tell_client(const struct co_vc_hot *v)
{
	uint32_t code = (uint32_t)(v->client_queue & CO_CODE_MASK);

	if (code == CO_CE_NONE || (v->flags & CO_VC_F_CLIENT_BUSY))
		return false;
	return (code != CO_CE_MAKE_COMPLETE && code != CO_CE_CLOSE_COMPLETE) ||
	       (v->flags & (CO_VC_F_BY_CLIENT | CO_VC_F_CM_BUSY)) !=
		       (CO_VC_F_BY_CLIENT | CO_VC_F_CM_BUSY);
}

/* False: the VC has gone meanwhile. */
static inline bool
tell_client(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	enum co_client_event event = (enum co_client_event)(v->client_queue & CO_CODE_MASK);

	if (event != CO_CE_PARTY) /* a run goes with its last event */
		co_client_shift(v);
	v->flags |= CO_VC_F_CLIENT_BUSY;
	if (event == CO_CE_CLOSE_COMPLETE)
		co_close_tell_complete(co, vc, v);
	else
		co_deliver_to_client(co, vc, v, event);
	if (!cp_pool_has(&co->vcs, vc))
		return false;
	v->flags &= ~CO_VC_F_CLIENT_BUSY;
	if (event == CO_CE_MAKE_COMPLETE)
		co_close_after_make(co, vc, v);
	return true;
}

/* One of what waits; false: nothing that may be delivered now, or the VC has gone meanwhile. */
static inline bool
serve_one(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	uint32_t code;

	if (v->cm_queue != 0 && !(v->flags & CO_VC_F_CM_BUSY)) {
		code = v->cm_queue & CO_CODE_MASK;
		if (code != CO_ME_PARTY)
			co_cm_shift(v);
		co_deliver_to_cm(co, vc, v, (enum co_cm_event)code);
		return cp_pool_has(&co->vcs, vc);
	}
	return may_tell_client(v) && tell_client(co, vc, v);
}

static inline void
serve(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	bool goes_on = cp_pool_has(&co->vcs, vc);

	while (goes_on && (v->cm_queue != 0 || v->client_queue != 0))
		goes_on = serve_one(co, vc, v);
}

void
co_vc_serve_queues(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	if (co->depth >= CO_MAX_DEPTH) {
		if (cp_pool_has(&co->vcs, vc) && (v->client_queue != 0 || v->cm_queue != 0))
			serve_later(co, vc);
		return;
	}
	co->depth++;
	serve(co, vc, v);
	while (co->depth == 1 && co->ready_head != 0) {
		vc = take_ready(co);
		if (vc != CO_NONE)
			serve(co, vc, cp_pool_of(&co->vcs, vc));
	}
	co->depth--;
}
