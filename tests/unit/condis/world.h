/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A broker among parties made for tests: one client, one adapter, and either a stand-alone call
 * manager or an MCM. Every arrow of the contract's figures becomes a word in a log: handlers as
 * "client.x", "cm.x" (either kind), "miniport.x"; functions by their names. What a handler
 * answers, and what it does before that, is set per handler.
 */

#include <stdbool.h>
#include <stdint.h>

#include "condis/condis_priv.h"

/** The handlers, as indexes. */
enum at {
	AT_CLIENT_BOUND,
	AT_CLIENT_AF,
	AT_CLIENT_OPENED,
	AT_CLIENT_CLOSED_AF,
	AT_CLIENT_SAP,
	AT_CLIENT_NO_SAP,
	AT_CLIENT_CREATE,
	AT_CLIENT_DELETE,
	AT_CLIENT_MADE,
	AT_CLIENT_CLOSED,
	AT_CLIENT_OFFER,
	AT_CLIENT_CONNECTED,
	AT_CLIENT_INCOMING_CLOSE,
	AT_CLIENT_SENT,
	AT_CLIENT_RECEIVE,
	AT_CLIENT_NOTIFY_CLOSE,
	AT_CLIENT_UNBIND,
	AT_CLIENT_ADDED,
	AT_CLIENT_DROPPED,
	AT_CLIENT_INCOMING_DROP,
	AT_CLIENT_MODIFIED,
	AT_CLIENT_QOS_CHANGE,
	AT_CLIENT_STATUS,
	AT_CLIENT_OID,
	AT_CM_BOUND,
	AT_CM_OPEN,
	AT_CM_CLOSE_AF,
	AT_CM_SAP,
	AT_CM_NO_SAP,
	AT_CM_CREATE,
	AT_CM_DELETE,
	AT_CM_MAKE,
	AT_CM_CLOSE,
	AT_CM_ANSWER,
	AT_CM_ACTIVATED,
	AT_CM_DEACTIVATED,
	AT_CM_SENT,
	AT_CM_RECEIVE,
	AT_CM_NOTIFIED, /**< notify_close_af_complete. */
	AT_CM_UNBIND,
	AT_CM_MAKE_MULTIPOINT,
	AT_CM_ADD,
	AT_CM_DROP,
	AT_CM_MODIFY,
	AT_CM_QOS_ANSWER,
	AT_CM_STATUS,
	AT_CM_OID,
	AT_MINIPORT_INITIALIZE,
	AT_MINIPORT_CREATE,
	AT_MINIPORT_DELETE,
	AT_MINIPORT_ACTIVATE,
	AT_MINIPORT_DEACTIVATE,
	AT_MINIPORT_SEND,
	AT_MINIPORT_RETURN,
	AT_MINIPORT_OID,
	AT_MINIPORT_CANCEL,
	AT_MINIPORT_RESET,
	AT_MINIPORT_HALT,
	AT_OID_DONE, /**< The complete function of world_oid(). */
	AT_HALTED,   /**< The done function of world_halt(). */
	AT_COUNT
};

#define WORLD_CLIENT_CTX UINT64_C(0xc11e)
#define WORLD_CM_CTX UINT64_C(0xc0de)
#define WORLD_MINIPORT_CTX UINT64_C(0x3141)
#define WORLD_AF_CTX UINT64_C(0xaf)
#define WORLD_CM_AF_CTX UINT64_C(0xaf0)
#define WORLD_SAP_CTX UINT64_C(0x5a)
#define WORLD_CM_SAP_CTX UINT64_C(0x5a0)
#define WORLD_PARTY_CTX UINT64_C(0x9a00) /* of the client's party 0; 1 and so on follow */
#define WORLD_MAX_HELD 64
#define WORLD_MAX_PARTIES 16

/** A call manager's context of a party: its handle, and never 0. */
static inline co_ctx_t
world_cm_party_ctx(co_party_t party)
{
	return party | UINT64_C(0x9a0000000000);
}

struct world {
	struct co *co;
	bool mcm;
	co_adapter_t adapter;
	co_protocol_t client, cm;
	co_binding_t client_binding, cm_binding;
	co_af_t af;
	co_sap_t sap;
	co_vc_t vc;         /**< The one that a test is about. */
	co_vc_t created_vc; /**< As the last create_vc handler was told. */
	struct co_call_params params;
	struct co_media_params media; /**< For activation; then as last reported. */
	co_party_t parties[WORLD_MAX_PARTIES];
	struct co_call_params party_params[WORLD_MAX_PARTIES];
	struct co_call_params qos; /**< What a change asks for, by either side. */
	struct co_data drop_data;  /**< Given with close_call and drop_party. */
	struct co_oid_request oid;
	bool no_party_ctx; /**< The call manager gives none (ADD-2). */

	enum co_status answer[AT_COUNT]; /**< All CO_STATUS_SUCCESS to begin with. */
	void (*act[AT_COUNT])(struct world *w);

	/* As the last call of each handler had it. */
	unsigned int n[AT_COUNT];
	co_ctx_t ctx[AT_COUNT];
	enum co_status status[AT_COUNT];
	co_ctx_t party_ctx;       /**< Of close_call, close_call_complete. */
	co_party_t created_party; /**< As the call manager was told of it. */
	bool has_vc;              /**< Of status and oid_request; with the VC's context. */
	uint64_t cancel_id;
	struct co_media_params *activating; /**< As the miniport has it: may be changed. */
	struct co_oid_request *request;     /**< Of the last oid_request. */
	struct co_data data;
	uint8_t octets[256];                       /**< Of data, copied inside the handler. */
	const struct co_call_params *given;        /**< Parameters that a handler was given. */
	struct co_packet *packets[WORLD_MAX_HELD]; /**< Seen by send, receive and their returns. */
	uint32_t n_packets;
	enum co_status result; /**< For act functions to leave something. */
	char log[4096];
	size_t used;
};

/** A broker and nothing else. @p limits NULL: small ones. */
struct world *world_create(bool mcm, const struct co_limits *limits);
void world_free(struct world *w);

void world_add_adapter(struct world *w);
void world_add_client(struct world *w);
void world_add_cm(struct world *w); /**< And binds it; nothing for an MCM. */

/** The same with all parties, an open AF and a SAP; the log is empty. */
struct world *world_open(bool mcm, const struct co_limits *limits);

/** For cmocka. */
int world_setup_cm(void **state);
int world_setup_mcm(void **state);
int world_teardown(void **state);

#define BOTH(test)                                                                                 \
	cmocka_unit_test_setup_teardown(test, world_setup_cm, world_teardown),                     \
	{                                                                                          \
#test " [mcm]", test, world_setup_mcm, world_teardown, NULL                        \
	}
#define CM(test) cmocka_unit_test_setup_teardown(test, world_setup_cm, world_teardown)
#define MCM(test) cmocka_unit_test_setup_teardown(test, world_setup_mcm, world_teardown)

/* What parties are registered with: to be copied, changed and registered once more. */
extern const struct co_client_ops world_client_ops;
extern const struct co_callmgr_ops world_cm_ops, world_mcm_ops;
extern const struct co_miniport_ops world_miniport_ops, world_mcm_miniport_ops;

/** A word in the log: status handlers are there as "client.status(RESET_START)". */
void world_note(struct world *w, const char *word);

/**
 * The log since the last look is exactly this; an @ in it stands for cm or mcm. What is in braces
 * is there for a stand-alone call manager only.
 */
void world_expect(struct world *w, const char *expected);
void world_forget(struct world *w);

void world_expect_party(const struct world *w, uint32_t i, enum co_party_state state);
void world_expect_no_party(const struct world *w, uint32_t i);
void world_expect_states(const struct world *w, enum co_vc_state vc, enum co_call_state call);

/** Give up SAP and AF; then nothing is left anywhere (I4). */
void world_expect_empty(struct world *w);

/* Functions of the broker about w->vc, logged, by the family that fits. */
enum co_status world_create_by_client(struct world *w);
enum co_status world_create_by_cm(struct world *w);
enum co_status world_delete_by_client(struct world *w);
enum co_status world_delete_by_cm(struct world *w);
enum co_status world_make(struct world *w);
enum co_status world_made(struct world *w, enum co_status status);
enum co_status world_activate(struct world *w);
enum co_status world_deactivate(struct world *w);
enum co_status world_activated(struct world *w, enum co_status status);
enum co_status world_deactivated(struct world *w);
enum co_status world_offer(struct world *w);
enum co_status world_answer(struct world *w, enum co_status status);
enum co_status world_connect(struct world *w);
enum co_status world_incoming_close(struct world *w, enum co_status reason);
enum co_status world_close(struct world *w);
enum co_status world_closed(struct world *w, enum co_status status);
void world_send(struct world *w, struct co_packet *packet);
void world_sent(struct world *w, struct co_packet *packet);
void world_receive(struct world *w, struct co_packet *packet);
void world_return(struct world *w, struct co_packet *packet);
void world_cancel(struct world *w, uint64_t cancel_id);

/* The same, about parties: i is the index of the client's. */
enum co_status world_make_multipoint(struct world *w); /**< Party 0. */
enum co_status world_add(struct world *w, uint32_t i);
enum co_status world_added(struct world *w, uint32_t i, enum co_status status);
enum co_status world_drop(struct world *w, uint32_t i);
enum co_status world_dropped(struct world *w, uint32_t i, enum co_status status);
enum co_status world_incoming_drop(struct world *w, uint32_t i, enum co_status reason);
enum co_status world_close_last(struct world *w, uint32_t i);

/* Changes of the QoS, to w->qos. */
enum co_status world_modify(struct world *w);
enum co_status world_modified(struct world *w, enum co_status status);
enum co_status world_qos_change(struct world *w);
enum co_status world_qos_answer(struct world *w, enum co_status status);

/* Address families, bindings and the adapter. */
enum co_status world_open_af(struct world *w);
enum co_status world_opened_af(struct world *w, enum co_status status);
enum co_status world_close_af(struct world *w);
enum co_status world_closed_af(struct world *w);
enum co_status world_notify_close_af(struct world *w);
enum co_status world_notified(struct world *w, enum co_status status); /**< By the client. */
enum co_status world_withdraw_af(struct world *w);
enum co_status world_register_af(struct world *w);
enum co_status world_register_sap(struct world *w);
enum co_status world_registered_sap(struct world *w, enum co_status status);
enum co_status world_deregister_sap(struct world *w);
enum co_status world_deregistered_sap(struct world *w);
enum co_status world_unbind(struct world *w, co_binding_t binding);
enum co_status world_close_adapter(struct world *w, co_binding_t binding);
enum co_status world_reset(struct world *w);
enum co_status world_reset_done(struct world *w);
enum co_status world_halt(struct world *w);
enum co_status world_halt_done(struct world *w);
void world_indicate_status(struct world *w, co_vc_t vc, enum co_status code);

/* Requests by number: w->oid, which leads to AT_OID_DONE. */
enum co_status world_oid(struct world *w, co_vc_t vc); /**< To the miniport. */
enum co_status world_oid_by_client(struct world *w);
enum co_status world_oid_by_cm(struct world *w);
enum co_status world_oid_done(struct world *w, enum co_status status);

/* The state that a test begins with; the log is empty, all handlers answer SUCCESS. */
void world_making(struct world *w);            /**< make_call pends, the VC is active. */
void world_up(struct world *w);                /**< A VC of the client. */
void world_offered(struct world *w);           /**< A VC of the CM, active; incoming_call pends. */
void world_accepted(struct world *w);          /**< The same, accepted. */
void world_called(struct world *w);            /**< The same, connected. */
void world_closing(struct world *w);           /**< From where it is: close_call pends. */
void world_making_multipoint(struct world *w); /**< As world_making(), with party 0. */
void world_tree(struct world *w, uint32_t n);  /**< A call that is up, of parties 0..n-1. */

/** Deactivate, complete: what a call manager does at the end, in its order of C-1. */
void world_finish_close(struct world *w);
