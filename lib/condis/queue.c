/* SPDX-License-Identifier: BSD-3-Clause */
#include "condis_priv.h"

/*
 * The handlers of one party about one VC run one after the other (ASYNC-9). What is raised while
 * one of them runs waits as a code of 4 bits in the VC's own record, so nothing is allocated and
 * nothing can be lost: each kind of event is there at most once, and a word holds eight.
 */

#define CODE_BITS 4
#define CODE_MASK 0xfu

static uint32_t
append(uint32_t queue, uint32_t code)
{
	uint32_t shift = 0;

	while ((queue >> shift & CODE_MASK) != 0)
		shift += CODE_BITS;
	return queue | code << shift;
}

static bool
contains(uint32_t queue, uint32_t code)
{
	for (; queue != 0; queue >>= CODE_BITS)
		if ((queue & CODE_MASK) == code)
			return true;
	return false;
}

static uint32_t
without(uint32_t queue, uint32_t code)
{
	uint32_t out = 0;

	for (; queue != 0; queue >>= CODE_BITS)
		if ((queue & CODE_MASK) != code)
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

/*
 * A client that closes the next call from the completion of the last must not climb the stack
 * with a call manager that completes at once (ASYNC-8): from this depth on, what is raised is
 * delivered when the stack has unwound.
 */
#define MAX_DEPTH 8

static void
deliver_later(struct co *co, co_vc_t vc)
{
	struct co_vc_cold *cold = co_vc_cold(co, vc);

	if (cold->ready)
		return;
	cold->ready = true;
	cold->ready_next = CO_NONE;
	if (co->ready_tail != CO_NONE)
		co_vc_cold(co, co->ready_tail)->ready_next = vc;
	else
		co->ready_head = vc;
	co->ready_tail = vc;
}

static void
client_deliver_all(struct co *co, co_vc_t vc)
{
	struct co_vc_hot *v;
	uint32_t code;

	while ((v = cp_pool_at(&co->vcs, vc)) != NULL && v->client_queue != 0 &&
		!co_client_busy(v)) {
		code = v->client_queue & CODE_MASK;
		v->client_queue >>= CODE_BITS;
		v->flags |= CO_VC_F_CLIENT_BUSY;
		co_deliver_to_client(co, vc, (enum co_client_event)code);
		v = cp_pool_at(&co->vcs, vc);
		if (v == NULL)
			return;
		v->flags &= (uint16_t)~CO_VC_F_CLIENT_BUSY;
		if (code == CO_CE_MAKE_COMPLETE)
			co_call_after_make(co, vc);
	}
}

static void
client_drain(struct co *co, co_vc_t vc)
{
	if (co->depth >= MAX_DEPTH) {
		deliver_later(co, vc);
		return;
	}
	co->depth++;
	client_deliver_all(co, vc);
	while (co->depth == 1 && (vc = co->ready_head) != CO_NONE) {
		struct co_vc_cold *cold = co_vc_cold(co, vc);

		co->ready_head = cold->ready_next;
		if (co->ready_head == CO_NONE)
			co->ready_tail = CO_NONE;
		cold->ready = false;
		client_deliver_all(co, vc);
	}
	co->depth--;
}

void
co_client_raise(struct co *co, co_vc_t vc, enum co_client_event event)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);

	v->client_queue = append(v->client_queue, event);
	client_drain(co, vc);
}

void
co_client_leave(struct co *co, co_vc_t vc)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);

	if (v == NULL)
		return;
	v->flags &= (uint16_t)~CO_VC_F_CLIENT_BUSY;
	client_drain(co, vc);
}

static void
cm_drain(struct co *co, co_vc_t vc)
{
	struct co_vc_hot *v;
	uint32_t code;

	while ((v = cp_pool_at(&co->vcs, vc)) != NULL && v->cm_queue != 0 && !co_cm_busy(v)) {
		code = v->cm_queue & CODE_MASK;
		v->cm_queue >>= CODE_BITS;
		co_deliver_to_cm(co, vc, (enum co_cm_event)code);
	}
}

void
co_cm_raise(struct co *co, co_vc_t vc, enum co_cm_event event)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);

	v->cm_queue = append(v->cm_queue, event);
	cm_drain(co, vc);
}

void
co_cm_leave(struct co *co, co_vc_t vc)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);

	if (v == NULL)
		return;
	v->flags &= (uint16_t)~CO_VC_F_CM_BUSY;
	cm_drain(co, vc);
}
