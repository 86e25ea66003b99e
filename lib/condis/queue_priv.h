/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Private to lib/condis. The handlers of one party about one VC run one after the other (ASYNC-9).
 * What is raised while one of them runs waits as a code of 4 bits in the VC's own record, so
 * nothing is allocated and nothing can be lost: each kind of event is there at most once, but for
 * runs of events of parties, which never stand next to each other. The words hold all that can come
 * together: 16 codes for the client, 8 for the call manager.
 *
 * Most of the time nothing waits, so that is what is looked at first, in line.
 */

#include "condis_priv.h"

#define CO_CODE_BITS 4
#define CO_CODE_MASK 0xfu

/*
 * A client that closes the next call from the completion of the last must not climb the stack
 * with a call manager that completes at once (ASYNC-8): from this depth on, what is raised is
 * delivered when the stack has unwound.
 */
#define CO_MAX_DEPTH 8

/* queue.c: where something does wait. */
bool co_queue_contains(uint64_t queue, uint32_t code);
uint64_t co_queue_append(uint64_t queue, uint32_t code);
uint64_t co_queue_without(uint64_t queue, uint32_t code);

static inline bool
co_client_queued(const struct co_vc_hot *v, enum co_client_event event)
{
	return v->client_queue != 0 && co_queue_contains(v->client_queue, event);
}

static inline void
co_client_unqueue(struct co_vc_hot *v, enum co_client_event event)
{
	if (v->client_queue != 0)
		v->client_queue = co_queue_without(v->client_queue, event);
}

/** Nothing runs before co_vc_serve(). */
static inline void
co_client_append(struct co_vc_hot *v, enum co_client_event event)
{
	v->client_queue = v->client_queue == 0 ? event : co_queue_append(v->client_queue, event);
}

/** What stands first is being delivered. */
static inline void
co_client_shift(struct co_vc_hot *v)
{
	v->client_queue >>= CO_CODE_BITS;
}

static inline bool
co_cm_queued(const struct co_vc_hot *v, enum co_cm_event event)
{
	return v->cm_queue != 0 && co_queue_contains(v->cm_queue, event);
}

static inline void
co_cm_unqueue(struct co_vc_hot *v, enum co_cm_event event)
{
	if (v->cm_queue != 0)
		v->cm_queue = (uint32_t)co_queue_without(v->cm_queue, event);
}

static inline void
co_cm_append(struct co_vc_hot *v, enum co_cm_event event)
{
	v->cm_queue = v->cm_queue == 0 ? event : (uint32_t)co_queue_append(v->cm_queue, event);
}

static inline void
co_cm_shift(struct co_vc_hot *v)
{
	v->cm_queue >>= CO_CODE_BITS;
}

/** A party's event raised now belongs to the run that the queue ends with. */
bool co_client_ends_with_party(const struct co_vc_hot *v);
bool co_cm_ends_with_party(const struct co_vc_hot *v);

/** Remove the code of one run, behind @p n_before others. */
void co_client_remove_party(struct co_vc_hot *v, uint32_t n_before);
void co_cm_remove_party(struct co_vc_hot *v, uint32_t n_before);

/** Whether a handler that could run at once must queue instead. */
static inline bool
co_client_must_wait(const struct co *co, const struct co_vc_hot *v)
{
	return (v->flags & CO_VC_F_CLIENT_BUSY) || v->client_queue != 0 ||
	       co->depth >= CO_MAX_DEPTH;
}

static inline bool
co_cm_must_wait(const struct co_vc_hot *v)
{
	return (v->flags & CO_VC_F_CM_BUSY) || v->cm_queue != 0;
}

/** co_vc_serve() where there is something to do. */
void co_vc_serve_queues(struct co *co, co_vc_t vc, struct co_vc_hot *v);

/**
 * Deliver what waits for either party of @p vc, then what waits elsewhere. @p v is where its record
 * is, or was: a VC that has gone meanwhile has nothing to be delivered, and its successor nothing
 * to fear.
 */
static inline void
co_vc_serve(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	bool has_work =
		v->cm_queue != 0 || (v->client_queue != 0 && !(v->flags & CO_VC_F_CLIENT_BUSY));

	if (has_work || co->ready_head != 0)
		co_vc_serve_queues(co, vc, v);
}

/** Raise an event for the client: runs now, or when what stands before it has returned. */
static inline void
co_client_raise(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_client_event event)
{
	co_client_append(v, event);
	co_vc_serve(co, vc, v);
}

static inline void
co_cm_raise(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_cm_event event)
{
	co_cm_append(v, event);
	co_vc_serve(co, vc, v);
}

/** Around a handler of the client that is run at once. Leaving delivers what waited (ASYNC-8). */
static inline void
co_client_enter(struct co *co, struct co_vc_hot *v)
{
	v->flags |= CO_VC_F_CLIENT_BUSY;
	co->depth++;
}

static inline void
co_client_leave(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	co->depth--;
	if (cp_pool_has(&co->vcs, vc))
		v->flags &= ~CO_VC_F_CLIENT_BUSY;
	co_vc_serve(co, vc, v);
}

/** Around a handler of the call manager; false: the VC has gone in it. */
static inline void
co_cm_enter(struct co_vc_hot *v)
{
	v->flags |= CO_VC_F_CM_BUSY;
}

static inline bool
co_cm_leave(const struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	if (!cp_pool_has(&co->vcs, vc))
		return false;
	v->flags &= ~CO_VC_F_CM_BUSY;
	return true;
}
