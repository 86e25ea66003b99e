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
	AT_MINIPORT_INITIALIZE,
	AT_MINIPORT_CREATE,
	AT_MINIPORT_DELETE,
	AT_MINIPORT_ACTIVATE,
	AT_MINIPORT_DEACTIVATE,
	AT_MINIPORT_SEND,
	AT_MINIPORT_RETURN,
	AT_MINIPORT_OID,
	AT_COUNT
};

#define WORLD_CLIENT_CTX UINT64_C(0xc11e)
#define WORLD_CM_CTX UINT64_C(0xc0de)
#define WORLD_MINIPORT_CTX UINT64_C(0x3141)
#define WORLD_AF_CTX UINT64_C(0xaf)
#define WORLD_CM_AF_CTX UINT64_C(0xaf0)
#define WORLD_SAP_CTX UINT64_C(0x5a)
#define WORLD_CM_SAP_CTX UINT64_C(0x5a0)
#define WORLD_MAX_HELD 64

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

	enum co_status answer[AT_COUNT]; /**< All CO_STATUS_SUCCESS to begin with. */
	void (*act[AT_COUNT])(struct world *w);

	/* As the last call of each handler had it. */
	unsigned int n[AT_COUNT];
	co_ctx_t ctx[AT_COUNT];
	enum co_status status[AT_COUNT];
	co_ctx_t party_ctx; /**< Of close_call, close_call_complete. */
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

/** All parties, an open AF and a SAP; the log is empty. For cmocka. */
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

/** The log since the last look is exactly this; an @ in it stands for cm or mcm. */
void world_expect(struct world *w, const char *expected);
void world_forget(struct world *w);

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

/* The state that a test begins with; the log is empty, all handlers answer SUCCESS. */
void world_making(struct world *w);   /**< make_call pends, the VC is active. */
void world_up(struct world *w);       /**< A VC of the client. */
void world_offered(struct world *w);  /**< A VC of the CM, active; incoming_call pends. */
void world_accepted(struct world *w); /**< The same, accepted. */
void world_called(struct world *w);   /**< The same, connected. */
void world_closing(struct world *w);  /**< From where it is: close_call pends. */

/** Deactivate, complete: what a call manager does at the end, in its order of C-1. */
void world_finish_close(struct world *w);
