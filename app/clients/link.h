/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What every client does alike: bindings to adapters, the AF that it opens on each, the SAPs that
 * it keeps registered there, its VCs and their end, and leaving: when a call manager goes (AF-16),
 * when an adapter does (UNB-1), or when the client is shut. Control thread only.
 *
 * A client's structure begins with a struct client, and is what the broker knows it by: the
 * handlers named client_on_ go into its struct co_client_ops as they are.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "condis/condis.h"

#define CLIENT_MAX_LINKS 64
#define CLIENT_MAX_SAPS 4096

/** How far a client is with the AF of a binding. It uses one on each: the first that is offered. */
enum client_link_state {
	CLIENT_LINK_NONE,    /**< No binding. */
	CLIENT_LINK_SHUT,    /**< No AF. */
	CLIENT_LINK_OPENING, /**< It pends. */
	CLIENT_LINK_OPEN,
	CLIENT_LINK_ENDING,        /**< Calls are being ended, their VCs deleted (AF-11, AF-12). */
	CLIENT_LINK_DEREGISTERING, /**< Then SAPs. */
	CLIENT_LINK_CLOSING,       /**< The AF's close pends. */
};

struct client_list {
	uint32_t head; /**< CP_HANDLE_NONE: nothing is listed. */
	uint32_t tail;
};

struct client_link {
	co_adapter_t adapter;
	co_binding_t binding;
	co_af_t af;
	uint32_t n_vcs;  /**< That have a record here. */
	uint32_t n_saps; /**< Not WANTED. */
	uint32_t cursor; /**< How far the walk over records or SAPs has come. */
	/** With an MCM a VC is still active when its close completes: deleted later (DEL-9). */
	struct client_list reap;
	uint64_t max_rate;
	uint8_t state;  /**< enum client_link_state. */
	bool down;      /**< Signalling (OID-5). */
	bool wanting;   /**< SAPs are still to be registered. */
	bool notified;  /**< The CM awaits the end of the AF (AF-17). */
	bool unbinding; /**< The adapter is to be closed (UNB-1). */
};

enum client_sap_state {
	CLIENT_SAP_WANTED,
	CLIENT_SAP_REGISTERING,
	CLIENT_SAP_REGISTERED,
	CLIENT_SAP_DEREGISTERING
};

/** What a client was asked to register: kept for when the AF can be opened again. */
struct client_sap {
	struct co_address address;
	uint16_t link;
	uint8_t state; /**< enum client_sap_state. */
	bool unwanted; /**< It is forgotten as soon as it is not registered. */
	co_sap_t sap;
};

#define CLIENT_VC_F_OURS 0x1u    /**< We created it: we delete it. */
#define CLIENT_VC_F_CLOSING 0x2u /**< co_cl_close_call() was accepted ... */
#define CLIENT_VC_F_DATA 0x4u    /**< ... with data. */
#define CLIENT_VC_F_LISTED 0x8u  /**< It waits to be deleted, or for its end to be tried again. */
#define CLIENT_VC_F_OVER 0x10u   /**< In the latter case: its call has ended meanwhile. */

/** What a client's record of a VC begins with. */
struct client_vc {
	co_vc_t vc;
	uint32_t next; /**< In one of the client's lists. */
	uint16_t link; /**< Index of its AF's link: an AF's context. */
	uint8_t flags; /**< CLIENT_VC_F_. */
	uint8_t own;   /**< The client's. */
};

struct client;

struct client_hooks {
	/** Have the call of @p vc end: it is asked for again until the VC is deleted. */
	void (*end)(struct client *client, struct client_vc *vc, uint32_t handle);
	/** The VC is deleted: give back what its record holds; the record goes then. */
	void (*deleted)(struct client *client, struct client_vc *vc);
};

struct client {
	struct co *co;
	const struct client_hooks *hooks;
	const char *name;
	co_protocol_t protocol;
	struct cp_pool vcs;       /**< Of records that begin with a struct client_vc. */
	struct client_list again; /**< Calls that must end, and could not be closed. */
	struct cp_pool saps;      /**< struct client_sap; their contexts are handles. */
	uint64_t n_without_data;
	uint32_t n_links;    /**< Slots used so far. */
	uint32_t first_reap; /**< Link whose VCs are deleted first, each turn another. */
	bool shut;
	struct client_link links[CLIENT_MAX_LINKS];
};

/** Names @p client, a zeroed one, and its pools. -ENOMEM; client_fini() in any case. */
int client_init(struct client *client, struct co *co, const char *name,
	const struct client_hooks *hooks, uint32_t n_vcs, uint32_t record_size,
	const struct cp_mem *mem);

/** When all is there that handlers need. 0, -EIO. */
int client_start(struct client *client, const struct co_client_ops *ops);
void client_fini(struct client *client);

/** The link on @p adapter with an open AF, -ENETUNREACH. */
int client_link_find(const struct client *client, co_adapter_t adapter);

/** Likewise for a new call: -ENETDOWN while signalling is down there (OID-5). */
int client_link_to_dial(const struct client *client, co_adapter_t adapter);

void client_set_limit(struct client *client, co_adapter_t adapter, uint64_t rate);

/** The SAP is kept when it could be registered. */
enum co_status client_register(
	struct client *client, co_adapter_t adapter, const struct co_address *address);

/** Take no calls to @p address there from now on; those that came stay. Nothing there: none. */
void client_deregister(
	struct client *client, co_adapter_t adapter, const struct co_address *address);

/** Leave all adapters' AFs, for good; true when all are closed. */
bool client_shut(struct client *client);

/** Once a turn: what waits, and what leaves, at most @p max of each kind. */
void client_turn(struct client *client, uint32_t max);

/** Its part about VCs. */
void client_vcs_turn(struct client *client, uint32_t max);

/* ---- VCs. ---- */

static inline void *
client_at(const struct client *client, co_ctx_t vc_ctx)
{
	return cp_pool_at(&client->vcs, (uint32_t)vc_ctx);
}

/** The record of a VC of this client's, NULL. */
void *client_find(const struct client *client, co_vc_t vc, uint32_t *handle);

/** A zeroed record for an outgoing call, CP_HANDLE_NONE. */
uint32_t client_vc_new(struct client *client, int link);

/** Its VC; when that cannot be created the record goes. */
enum co_status client_vc_create(struct client *client, uint32_t handle);

/* Who calls these has the record in hand: it is handed on beside its handle. */

/** A record without a VC goes. */
void client_vc_free(struct client *client, struct client_vc *vc, uint32_t handle);

/** Delete the VC and free its record, now or in a later turn. */
void client_vc_delete(struct client *client, struct client_vc *vc, uint32_t handle);

/** As co_cl_close_call(); without data where the medium carries none (CLOSE-12). */
enum co_status client_vc_close(struct client *client, struct client_vc *vc, uint32_t handle,
	co_party_t party, struct co_data data);

/** The same after INVALID_DATA with data; PENDING also when the record has gone by it. */
enum co_status client_vc_close_bare(struct client *client, struct client_vc *vc, uint32_t handle);

/** A close has completed: its end, or PENDING when it is tried again without data. */
static inline enum co_status
client_vc_close_ended(
	struct client *client, struct client_vc *vc, uint32_t handle, enum co_status status)
{
	bool had_data = vc->flags & CLIENT_VC_F_DATA;

	vc->flags &= (uint8_t) ~(CLIENT_VC_F_CLOSING | CLIENT_VC_F_DATA);
	if (status != CO_STATUS_INVALID_DATA || !had_data)
		return status;
	return client_vc_close_bare(client, vc, handle);
}

/** Its close was refused, and it must end: have hooks->end called in the next turn (I8). */
void client_vc_again(struct client *client, struct client_vc *vc, uint32_t handle);

/** Whether a call may come in for @p handle: its AF is not being left. */
bool client_vc_may_take(const struct client *client, uint32_t handle);

/** Whether the remote's @p params stay within @p limit, 0 for any. */
bool client_rates_fit(const struct co_call_params *params, uint64_t limit);

extern const struct co_data client_no_data;

/* ---- Handlers; @p arg is the struct client. ---- */

void client_on_bound(void *arg, co_binding_t binding, co_adapter_t adapter);
void client_on_af_register_notify(void *arg, co_binding_t binding, enum co_af_type type);
void client_on_open_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status, co_af_t af);
void client_on_close_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status);
void client_on_register_sap_complete(
	void *arg, co_ctx_t sap_ctx, enum co_status status, co_sap_t sap);
void client_on_deregister_sap_complete(void *arg, co_ctx_t sap_ctx, enum co_status status);
enum co_status client_on_notify_close_af(void *arg, co_ctx_t af_ctx);
void client_on_unbind(void *arg, co_binding_t binding);
enum co_status client_on_oid_request(void *arg, co_ctx_t af_ctx, struct co_oid_request *request);
enum co_status client_on_create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx);
enum co_status client_on_delete_vc(void *arg, co_ctx_t vc_ctx);

/** For clients whose frames go from wire to wire: none is sent from here, those received go back.
 */
void client_on_send_complete(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n);
void client_on_receive(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n);
