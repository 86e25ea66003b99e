/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file What the handlers of a model (model.c) and its requests (model_do.c) share. */

#include "../base/random.h"
#include "condis/condis_priv.h"
#include "model.h"

#define N_SLOTS 6u
#define MAX_NESTING 20u /* beyond what the broker lets climb the stack */

enum request { MAKE, CLOSE, ACTIVATE, DEACTIVATE, REQUEST_COUNT };

/* A VC as the parties know it; its index + 1 is everybody's context. */
struct slot {
	co_vc_t vc;
	bool alive, by_client;
	bool client_busy, cm_busy; /* inside a handler about it */
	bool at_cm[REQUEST_COUNT]; /* make_call, close_call: the CM has them */
	uint32_t life;
	uint32_t n_pended[REQUEST_COUNT], n_completed[REQUEST_COUNT], n_asking[REQUEST_COUNT];
	uint32_t n_sent, n_received; /* packets at the miniport, at the client */
	struct co_call_params params;
};

struct model {
	struct co *co;
	bool mcm, draining;
	uint64_t random;
	uint32_t nesting;
	co_adapter_t adapter;
	co_binding_t client_binding, cm_binding;
	co_af_t af;
	co_sap_t sap;
	struct slot *creating;
	struct slot slots[N_SLOTS];
	uint64_t n_completions;
};

static inline uint32_t
pick(struct model *m, uint32_t n)
{
	return random_below(&m->random, n);
}

static inline co_ctx_t
ctx_of(const struct model *m, const struct slot *s)
{
	return (co_ctx_t)(s - m->slots) + 1;
}

static inline enum co_status
any_status(struct model *m)
{
	static const enum co_status statuses[] = { CO_STATUS_SUCCESS, CO_STATUS_SUCCESS,
		CO_STATUS_PENDING, CO_STATUS_PENDING, CO_STATUS_FAILURE };

	return m->draining ? CO_STATUS_SUCCESS : statuses[pick(m, 5)];
}
