/* SPDX-License-Identifier: BSD-3-Clause */
#include "condis_priv.h"

/*
 * The handlers of one party about one VC run one after the other (ASYNC-9). What is raised while
 * one of them runs waits as a code of 4 bits in the VC's own record, so nothing is allocated and
 * nothing can be lost: each kind of event is there at most once, but for runs of events of parties,
 * which never stand next to each other. The words hold all that can come together: 16 codes for the
 * client, 8 for the call manager.
 */

#define CODE_BITS 4
#define CODE_MASK 0xfu

static uint64_t
append(uint64_t queue, uint32_t code)
{
	uint32_t shift = 0;

	while ((queue >> shift & CODE_MASK) != 0)
		shift += CODE_BITS;
	return queue | (uint64_t)code << shift;
}

static bool
contains(uint64_t queue, uint32_t code)
{
	for (; queue != 0; queue >>= CODE_BITS)
		if ((queue & CODE_MASK) == code)
			return true;
	return false;
}

static uint32_t
last(uint64_t queue)
{
	uint32_t code = 0;

	for (; queue != 0; queue >>= CODE_BITS)
		code = queue & CODE_MASK;
	return code;
}

static uint64_t
without(uint64_t queue, uint32_t code)
{
	uint64_t out = 0;

	for (; queue != 0; queue >>= CODE_BITS)
		if ((queue & CODE_MASK) != code)
			out = append(out, queue & CODE_MASK);
	return out;
}

/* Only the one behind @p n_before like it goes. */
static uint64_t
without_nth(uint64_t queue, uint32_t code, uint32_t n_before)
{
	uint64_t out = 0;
	uint32_t n = 0;

	for (; queue != 0; queue >>= CODE_BITS)
		if ((queue & CODE_MASK) != code || n++ != n_before)
			out = append(out, queue & CODE_MASK);
	return out;
}

bool
co_client_queued(const struct co_vc_hot *v, enum co_client_event event)
{
	return contains(v->client_queue, event);
}

void
co_client_unqueue(struct co_vc_hot *v, enum co_client_event event)
{
	v->client_queue = without(v->client_queue, event);
}

void
co_client_append(struct co_vc_hot *v, enum co_client_event event)
{
	v->client_queue = append(v->client_queue, event);
}

void
co_client_shift(struct co_vc_hot *v)
{
	v->client_queue >>= CODE_BITS;
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
co_cm_queued(const struct co_vc_hot *v, enum co_cm_event event)
{
	return contains(v->cm_queue, event);
}

void
co_cm_unqueue(struct co_vc_hot *v, enum co_cm_event event)
{
	v->cm_queue = (uint32_t)without(v->cm_queue, event);
}

void
co_cm_append(struct co_vc_hot *v, enum co_cm_event event)
{
	v->cm_queue = (uint32_t)append(v->cm_queue, event);
}

void
co_cm_shift(struct co_vc_hot *v)
{
	v->cm_queue >>= CODE_BITS;
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

/*
 * A client that closes the next call from the completion of the last must not climb the stack
 * with a call manager that completes at once (ASYNC-8): from this depth on, what is raised is
 * delivered when the stack has unwound.
 */
#define MAX_DEPTH 8

bool
co_client_must_wait(const struct co *co, const struct co_vc_hot *v)
{
	return (v->flags & CO_VC_F_CLIENT_BUSY) || v->client_queue != 0 || co->depth >= MAX_DEPTH;
}

bool
co_cm_must_wait(const struct co_vc_hot *v)
{
	return (v->flags & CO_VC_F_CM_BUSY) || v->cm_queue != 0;
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
	uint32_t code = (uint32_t)(v->client_queue & CODE_MASK);

	if (code == CO_CE_NONE || (v->flags & CO_VC_F_CLIENT_BUSY))
		return false;
	return (code != CO_CE_MAKE_COMPLETE && code != CO_CE_CLOSE_COMPLETE) ||
	       (v->flags & (CO_VC_F_BY_CLIENT | CO_VC_F_CM_BUSY)) !=
		       (CO_VC_F_BY_CLIENT | CO_VC_F_CM_BUSY);
}

static void
tell_client(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	enum co_client_event event = (enum co_client_event)(v->client_queue & CODE_MASK);

	if (event != CO_CE_PARTY) /* a run goes with its last event */
		co_client_shift(v);
	v->flags |= CO_VC_F_CLIENT_BUSY;
	co_deliver_to_client(co, vc, event);
	v = cp_pool_at(&co->vcs, vc);
	if (v == NULL)
		return;
	v->flags &= ~CO_VC_F_CLIENT_BUSY;
	if (event == CO_CE_MAKE_COMPLETE)
		co_close_after_make(co, vc);
}

static bool
serve_one(struct co *co, co_vc_t vc)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);
	uint32_t code;

	if (v == NULL)
		return false;
	if (v->cm_queue != 0 && !(v->flags & CO_VC_F_CM_BUSY)) {
		code = v->cm_queue & CODE_MASK;
		if (code != CO_ME_PARTY)
			co_cm_shift(v);
		co_deliver_to_cm(co, vc, (enum co_cm_event)code);
		return true;
	}
	if (!may_tell_client(v))
		return false;
	tell_client(co, vc, v);
	return true;
}

void
co_vc_serve(struct co *co, co_vc_t vc)
{
	const struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);

	if (co->depth >= MAX_DEPTH) {
		if (v != NULL && (v->client_queue != 0 || v->cm_queue != 0))
			serve_later(co, vc);
		return;
	}
	co->depth++;
	while (serve_one(co, vc))
		continue;
	while (co->depth == 1 && co->ready_head != 0) {
		vc = take_ready(co);
		while (serve_one(co, vc))
			continue;
	}
	co->depth--;
}

void
co_client_raise(struct co *co, co_vc_t vc, enum co_client_event event)
{
	co_client_append(cp_pool_at(&co->vcs, vc), event);
	co_vc_serve(co, vc);
}

void
co_client_enter(struct co *co, struct co_vc_hot *v)
{
	v->flags |= CO_VC_F_CLIENT_BUSY;
	co->depth++;
}

void
co_client_leave(struct co *co, co_vc_t vc)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);

	co->depth--;
	if (v != NULL)
		v->flags &= ~CO_VC_F_CLIENT_BUSY;
	co_vc_serve(co, vc);
}

void
co_cm_raise(struct co *co, co_vc_t vc, enum co_cm_event event)
{
	co_cm_append(cp_pool_at(&co->vcs, vc), event);
	co_vc_serve(co, vc);
}
