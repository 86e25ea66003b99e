/* SPDX-License-Identifier: BSD-3-Clause */
#include "condis_priv.h"

/*
 * OBJ-7: every member of a table can be called. What a party may leave out gets a handler from here
 * that says so, or does nothing where there is nothing to say. Three stay NULL, since the broker
 * does something else without them: the unbind handlers (it closes the binding itself), and the
 * miniport's reset (RESET_START is not told in vain).
 */

/* ---- Clients. ---- */

static enum co_status
no_notify_close_af(void *client, co_ctx_t af_ctx)
{
	(void)client;
	(void)af_ctx;
	return CO_STATUS_NOT_SUPPORTED;
}

static void
no_add_party_complete(void *client, co_ctx_t party_ctx, enum co_status status, co_party_t party,
	const struct co_call_params *params)
{
	(void)client;
	(void)party_ctx;
	(void)status;
	(void)party;
	(void)params;
}

static void
no_drop_party_complete(void *client, co_ctx_t party_ctx, enum co_status status)
{
	(void)client;
	(void)party_ctx;
	(void)status;
}

static void
no_incoming_drop_party(void *client, co_ctx_t party_ctx, enum co_status reason, struct co_data data)
{
	(void)client;
	(void)party_ctx;
	(void)reason;
	(void)data;
}

static void
no_modify_call_qos_complete(
	void *client, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	(void)client;
	(void)vc_ctx;
	(void)status;
	(void)params;
}

static enum co_status
no_incoming_call_qos_change(void *client, co_ctx_t vc_ctx, const struct co_call_params *params)
{
	(void)client;
	(void)vc_ctx;
	(void)params;
	return CO_STATUS_NOT_SUPPORTED;
}

/* Client and call manager alike. */
static void
no_status(void *protocol, co_binding_t binding, bool has_vc, co_ctx_t vc_ctx, enum co_status code)
{
	(void)protocol;
	(void)binding;
	(void)has_vc;
	(void)vc_ctx;
	(void)code;
}

static enum co_status
no_oid_request(void *protocol, co_ctx_t af_ctx, struct co_oid_request *request)
{
	(void)protocol;
	(void)af_ctx;
	(void)request;
	return CO_STATUS_NOT_SUPPORTED;
}

/* ---- Call managers. ---- */

static void
no_notify_close_af_complete(void *cm, co_ctx_t af_ctx, enum co_status status)
{
	(void)cm;
	(void)af_ctx;
	(void)status;
}

static enum co_status
no_make_multipoint_call(void *cm, co_ctx_t vc_ctx, struct co_call_params *params, co_party_t party,
	co_ctx_t *party_ctx)
{
	(void)cm;
	(void)vc_ctx;
	(void)params;
	(void)party;
	(void)party_ctx;
	return CO_STATUS_NOT_SUPPORTED;
}

static enum co_status
no_drop_party(void *cm, co_ctx_t party_ctx, struct co_data data)
{
	(void)cm;
	(void)party_ctx;
	(void)data;
	return CO_STATUS_NOT_SUPPORTED;
}

static enum co_status
no_modify_call_qos(void *cm, co_ctx_t vc_ctx, struct co_call_params *params)
{
	(void)cm;
	(void)vc_ctx;
	(void)params;
	return CO_STATUS_NOT_SUPPORTED;
}

static void
no_incoming_call_qos_change_complete(void *cm, co_ctx_t vc_ctx, enum co_status status)
{
	(void)cm;
	(void)vc_ctx;
	(void)status;
}

/* ---- Miniports. ---- */

static void
no_cancel_send(void *adapter, co_ctx_t vc_ctx, uint64_t cancel_id)
{
	(void)adapter;
	(void)vc_ctx;
	(void)cancel_id;
}

static enum co_status
no_halt(void *adapter)
{
	(void)adapter;
	return CO_STATUS_SUCCESS;
}

/* ---- Tables. ---- */

#define OR_DEFAULT(ops, member, handler)                                                           \
	do {                                                                                       \
		if ((ops)->member == NULL)                                                         \
			(ops)->member = (handler);                                                 \
	} while (0)

bool
co_client_ops_complete(struct co_client_ops *ops)
{
	OR_DEFAULT(ops, notify_close_af, no_notify_close_af);
	OR_DEFAULT(ops, add_party_complete, no_add_party_complete);
	OR_DEFAULT(ops, drop_party_complete, no_drop_party_complete);
	OR_DEFAULT(ops, incoming_drop_party, no_incoming_drop_party);
	OR_DEFAULT(ops, modify_call_qos_complete, no_modify_call_qos_complete);
	OR_DEFAULT(ops, incoming_call_qos_change, no_incoming_call_qos_change);
	OR_DEFAULT(ops, status, no_status);
	OR_DEFAULT(ops, oid_request, no_oid_request);
	return ops->bound != NULL && ops->af_register_notify != NULL &&
	       ops->open_af_complete != NULL && ops->close_af_complete != NULL &&
	       ops->register_sap_complete != NULL && ops->deregister_sap_complete != NULL &&
	       ops->create_vc != NULL && ops->delete_vc != NULL &&
	       ops->make_call_complete != NULL && ops->close_call_complete != NULL &&
	       ops->incoming_call != NULL && ops->call_connected != NULL &&
	       ops->incoming_close_call != NULL && ops->send_complete != NULL &&
	       ops->receive != NULL;
}

/* What only a stand-alone call manager is called for. */
static bool
has_stand_alone_part(const struct co_callmgr_ops *ops)
{
	return ops->bound != NULL && ops->activate_vc_complete != NULL &&
	       ops->deactivate_vc_complete != NULL && ops->send_complete != NULL &&
	       ops->receive != NULL;
}

bool
co_callmgr_ops_complete(struct co_callmgr_ops *ops, bool mcm)
{
	OR_DEFAULT(ops, notify_close_af_complete, no_notify_close_af_complete);
	OR_DEFAULT(ops, make_multipoint_call, no_make_multipoint_call);
	OR_DEFAULT(ops, add_party, no_make_multipoint_call);
	OR_DEFAULT(ops, drop_party, no_drop_party);
	OR_DEFAULT(ops, modify_call_qos, no_modify_call_qos);
	OR_DEFAULT(ops, incoming_call_qos_change_complete, no_incoming_call_qos_change_complete);
	OR_DEFAULT(ops, oid_request, no_oid_request);
	if (!mcm)
		OR_DEFAULT(ops, status, no_status);
	return ops->open_af != NULL && ops->close_af != NULL && ops->register_sap != NULL &&
	       ops->deregister_sap != NULL && ops->create_vc != NULL && ops->delete_vc != NULL &&
	       ops->make_call != NULL && ops->close_call != NULL &&
	       ops->incoming_call_complete != NULL && (mcm || has_stand_alone_part(ops));
}

bool
co_miniport_ops_complete(struct co_miniport_ops *ops, bool mcm)
{
	OR_DEFAULT(ops, cancel_send, no_cancel_send);
	OR_DEFAULT(ops, halt, no_halt);
	if (ops->initialize == NULL || ops->send == NULL || ops->return_receive == NULL ||
		ops->oid_request == NULL)
		return false;
	return mcm || (ops->create_vc != NULL && ops->delete_vc != NULL &&
			      ops->activate_vc != NULL && ops->deactivate_vc != NULL);
}
