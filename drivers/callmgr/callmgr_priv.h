/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Private to drivers/callmgr. */

#include <assert.h>

#include "base/log.h"
#include "callmgr/callmgr.h"

/** Where a VC is in the life of its call, as the call manager sees it (contract, 2.3). */
enum cm_state {
	CM_ST_IDLE = 0,         /**< No call. */
	CM_ST_SETUP,            /**< make_call pending, SETUP sent. */
	CM_ST_SETUP_ACTIVATING, /**< Answered; the miniport activates, make_call still pending. */
	CM_ST_SETUP_CLEARING,   /**< The call failed; the network is being told. */
	CM_ST_SETUP_DRAINING, /**< The network is done; the VC is deactivated, then make_call fails.
			       */
	CM_ST_OFFERING,       /**< Offered to the client. */
	CM_ST_ACTIVATING,     /**< The client accepted; the miniport activates. */
	CM_ST_ANSWERED,       /**< CONNECT sent. */
	CM_ST_REFUSING,       /**< The client declined; the network is being told. */
	CM_ST_UP,
	CM_ST_RELEASE_IND, /**< The client was told of the end; the network awaits our answer. */
	CM_ST_RELEASE_IND_GONE, /**< The same, and the network has already released. */
	CM_ST_RELEASING,        /**< close_call pending, the network is being told. */
	CM_ST_DRAINING,         /**< Deactivation pending, then the close completes (CLOSE-18). */
	CM_ST_RELEASED,         /**< The close is complete, deactivation pending (CLOSE-19). */
	CM_ST_COUNT
};

enum cm_event {
	CM_EV_MAKE,      /**< The client makes a call. */
	CM_EV_OFFER,     /**< A call from the network, dispatched. */
	CM_EV_ACCEPT,    /**< The client takes the offer. */
	CM_EV_REFUSE,    /**< The client declines it. */
	CM_EV_CLOSE,     /**< The client closes. */
	CM_EV_CONNECTED, /**< The network: the call is active. */
	CM_EV_RELEASED,  /**< The network has ended the call and awaits our answer. */
	CM_EV_GONE,      /**< The network has ended the call, nothing is awaited. */
	CM_EV_CLEARED,   /**< The network: our clearing is done. */
	CM_EV_ACTIVATED,
	CM_EV_NOT_ACTIVATED,
	CM_EV_DEACTIVATED,
	CM_EV_COUNT
};

#define CM_F_BY_CM 0x1u      /**< The call manager created the VC: it deletes it. */
#define CM_F_ACTIVE 0x2u     /**< Activated and not yet deactivated (DEACT-1). */
#define CM_F_REAP 0x4u       /**< Waits in the reap list for its deletion. */
#define CM_F_ACTIVATING 0x8u /**< The miniport was asked to activate and has not answered. */

/** One VC shared with a client. */
struct cm_vc {
	_Alignas(64) uint64_t hw;      /**< The flavour's word. */
	struct co_call_params *params; /**< make_call's, until completion (ASYNC-10). */
	co_vc_t vc;
	uni_call_t call;
	uint32_t label;
	uint32_t offer; /**< Handle of the parameters offered, while the client thinks. */
	uint32_t reap_next;
	uint16_t cm_idx;
	uint8_t state;     /**< enum cm_state. */
	uint8_t flags;     /**< CM_F_. */
	uint8_t cause;     /**< Of the end. */
	uint8_t refusal;   /**< Cause to refuse or clear with, chosen here. */
	uint8_t status;    /**< enum co_status a failed make_call gets. */
	uint8_t uu_len;    /**< Of the close data. */
	const uint8_t *uu; /**< The client's, until the close completes (ASYNC-10). */
};
static_assert(sizeof(struct cm_vc) == 64, "one cache line of the call manager per call");

struct cm_sap {
	struct co_address address;
	co_sap_t sap;
	co_af_t af;
	uint16_t cm_idx;
	uint32_t next; /**< In its hash chain. */
};

#define CM_SAP_BUCKETS 1024u

/** The registered addresses of one trunk, found by longest match. */
struct cm_sap_table {
	uint32_t buckets[CM_SAP_BUCKETS]; /**< Handles of struct cm_sap. */
	uint32_t n_of_len[21]; /**< How many prefixes of each length: only those are looked for. */
	uint32_t n_exact;
};

#define CM_MAX_CALLMGRS 64

struct callmgr_env {
	struct co *co;
	struct uni *uni;
	uint64_t now_ns;
	struct cp_pool vcs;    /**< struct cm_vc. */
	struct cp_pool offers; /**< struct co_call_params. */
	struct cp_pool saps;   /**< struct cm_sap. */
	uint32_t reap_head, reap_tail;
	uint32_t n_reap;
	uint64_t unexpected[CM_ST_COUNT][CM_EV_COUNT];
	const struct cp_mem *mem;
	struct callmgr *callmgrs[CM_MAX_CALLMGRS];
};

struct callmgr {
	struct callmgr_env *env;
	const struct callmgr_flavour *flavour;
	void *arg;
	struct sscf *sscf;
	struct uni_link *link;
	struct cm_sap_table saps;
	uint32_t cell_octets;
	uint16_t idx;
	uint32_t n_afs;
	char name[32];
	struct cp_log_limit error_lines['U' - 'A' + 1]; /**< By SSCOP's error code. */
};

/** Whether the state table has a cell for it. */
bool cm_accepts(const struct cm_vc *v, enum cm_event event);

/** Run one event through the state table; false where the table has no cell for it. */
bool cm_event(struct callmgr *cm, struct cm_vc *v, enum cm_event event);

/** The VC is idle and the call manager made it: delete it, now or, if it must be, in a later turn.
 */
void cm_vc_delete(struct callmgr *cm, struct cm_vc *v);

/** In a later turn. */
void cm_vc_delete_later(struct callmgr *cm, struct cm_vc *v);

/** Forget the VC's record. */
void cm_vc_free(struct callmgr_env *env, struct cm_vc *v);

static inline struct cm_vc *
cm_vc_at(const struct callmgr_env *env, co_ctx_t ctx)
{
	return cp_pool_at(&env->vcs, (uint32_t)ctx);
}

/** The handle that is a VC's context. */
uint32_t cm_vc_handle(const struct callmgr_env *env, const struct cm_vc *v);

/* sap.c */
int cm_sap_add(struct callmgr *cm, co_af_t af, co_sap_t sap, const struct co_address *address,
	uint32_t *out);
int cm_sap_remove(struct callmgr *cm, uint32_t handle);
/** The SAP that takes @p called: an exact one, else the longest prefix; NULL: nobody does. */
const struct cm_sap *cm_sap_find(const struct callmgr *cm, const struct co_address *called);

/* params.c */
void cm_setup_from_params(
	const struct callmgr *cm, const struct co_call_params *params, struct uni_setup *setup);
void cm_params_from_setup(
	const struct callmgr *cm, const struct uni_setup *setup, struct co_call_params *params);
/** What a client's refusal is on the network. */
uint8_t cm_cause_of_status(enum co_status status);
/** What a refusal by the network is to the client that made the call. */
enum co_status cm_status_of_cause(uint8_t cause);
/** Why an established call ended: SUCCESS for an ordinary release, else trouble (INCLOSE-1). */
enum co_status cm_reason_of_cause(uint8_t cause);

/* call.c: handlers of call control. */
extern const struct uni_link_ops cm_link_ops;
