/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "chain.h"
#include "uni/call.h"

#include <cmocka.h>

/*
 * Interposed at link time: NAME in the objects under test is __wrap_NAME here, and __real_NAME is
 * the function itself. A step reads "who does what": a function of the broker by its name, a
 * handler as party.member, a message of the signalling link with its direction.
 */

static struct chain *chain;

void
record_begin(struct chain *ch)
{
	chain = ch;
}

void
record_end(void)
{
	chain = NULL;
}

void
record_step(enum chain_side side, const char *fmt, ...)
{
	struct chain_step *step;
	va_list ap;

	if (chain == NULL || chain->n_steps == CHAIN_MAX_STEPS)
		return;
	step = &chain->steps[chain->n_steps++];
	step->side = side;
	va_start(ap, fmt);
	vsnprintf(step->text, sizeof(step->text), fmt, ap);
	va_end(ap);
}

/* Steps about a signalling VC are not recorded: no client shares it. */
static void
record_vc(struct co *co, co_vc_t vc, const char *what)
{
	struct co_vc_info info;

	if (chain == NULL || co_vc_query(co, vc, &info) != CO_STATUS_SUCCESS ||
		info.client == CO_NONE)
		return;
	record_step(co == chain->co[USER] && info.adapter == chain->adapter[USER] ? USER : NETWORK,
		"%s", what);
}

/* ---- Handlers of the call managers and of the miniport: tables that record and pass on. ---- */

struct shim {
	void *arg;
	const struct co_callmgr_ops *cm;
	const struct co_miniport_ops *miniport;
	enum chain_side side;
};

static struct shim cm_shims[SIDE_COUNT];
static struct shim miniport_shims[SIDE_COUNT];

static void
cm_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	struct shim *s = arg;

	s->cm->bound(s->arg, binding, adapter);
}

static enum co_status
cm_open_af(void *arg, co_af_t af, enum co_af_type type, co_ctx_t *af_ctx)
{
	struct shim *s = arg;

	return s->cm->open_af(s->arg, af, type, af_ctx);
}

static enum co_status
cm_close_af(void *arg, co_ctx_t af_ctx)
{
	struct shim *s = arg;

	record_step(s->side, "callmgr.close_af");
	return s->cm->close_af(s->arg, af_ctx);
}

static enum co_status
cm_register_sap(void *arg, co_ctx_t af_ctx, co_sap_t sap, const struct co_address *address,
	co_ctx_t *sap_ctx)
{
	struct shim *s = arg;

	return s->cm->register_sap(s->arg, af_ctx, sap, address, sap_ctx);
}

static enum co_status
cm_deregister_sap(void *arg, co_ctx_t sap_ctx)
{
	struct shim *s = arg;

	return s->cm->deregister_sap(s->arg, sap_ctx);
}

static enum co_status
cm_create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx)
{
	struct shim *s = arg;

	record_step(s->side, "callmgr.create_vc");
	return s->cm->create_vc(s->arg, af_ctx, vc, vc_ctx);
}

static enum co_status
cm_delete_vc(void *arg, co_ctx_t vc_ctx)
{
	struct shim *s = arg;

	record_step(s->side, "callmgr.delete_vc");
	return s->cm->delete_vc(s->arg, vc_ctx);
}

static enum co_status
cm_make_call(void *arg, co_ctx_t vc_ctx, struct co_call_params *params)
{
	struct shim *s = arg;

	record_step(s->side, "callmgr.make_call");
	return s->cm->make_call(s->arg, vc_ctx, params);
}

static enum co_status
cm_make_multipoint_call(void *arg, co_ctx_t vc_ctx, struct co_call_params *params, co_party_t party,
	co_ctx_t *party_ctx)
{
	struct shim *s = arg;

	record_step(s->side, "callmgr.make_multipoint_call");
	return s->cm->make_multipoint_call(s->arg, vc_ctx, params, party, party_ctx);
}

static enum co_status
cm_add_party(void *arg, co_ctx_t vc_ctx, struct co_call_params *params, co_party_t party,
	co_ctx_t *party_ctx)
{
	struct shim *s = arg;

	record_step(s->side, "callmgr.add_party");
	return s->cm->add_party(s->arg, vc_ctx, params, party, party_ctx);
}

static enum co_status
cm_drop_party(void *arg, co_ctx_t party_ctx, struct co_data data)
{
	struct shim *s = arg;

	record_step(s->side, "callmgr.drop_party");
	return s->cm->drop_party(s->arg, party_ctx, data);
}

static enum co_status
cm_modify_call_qos(void *arg, co_ctx_t vc_ctx, struct co_call_params *params)
{
	struct shim *s = arg;

	record_step(s->side, "callmgr.modify_call_qos");
	return s->cm->modify_call_qos(s->arg, vc_ctx, params);
}

static void
cm_incoming_call_qos_change_complete(void *arg, co_ctx_t vc_ctx, enum co_status status)
{
	struct shim *s = arg;

	record_step(
		s->side, "callmgr.incoming_call_qos_change_complete %s", co_status_name(status));
	s->cm->incoming_call_qos_change_complete(s->arg, vc_ctx, status);
}

static void
cm_notify_close_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status)
{
	struct shim *s = arg;

	record_step(s->side, "callmgr.notify_close_af_complete");
	s->cm->notify_close_af_complete(s->arg, af_ctx, status);
}

static void
cm_unbind(void *arg, co_binding_t binding)
{
	struct shim *s = arg;

	record_step(s->side, "callmgr.unbind");
	s->cm->unbind(s->arg, binding);
}

static void
cm_status(void *arg, co_binding_t binding, bool has_vc, co_ctx_t vc_ctx, enum co_status code)
{
	struct shim *s = arg;

	if (s->cm->status != NULL)
		s->cm->status(s->arg, binding, has_vc, vc_ctx, code);
}

static enum co_status
cm_oid_request(void *arg, co_ctx_t af_ctx, struct co_oid_request *request)
{
	struct shim *s = arg;

	return s->cm->oid_request(s->arg, af_ctx, request);
}

static enum co_status
cm_close_call(void *arg, co_ctx_t vc_ctx, co_ctx_t party_ctx, struct co_data data)
{
	struct shim *s = arg;

	record_step(s->side, "callmgr.close_call");
	return s->cm->close_call(s->arg, vc_ctx, party_ctx, data);
}

static void
cm_incoming_call_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	struct shim *s = arg;

	record_step(s->side, "callmgr.incoming_call_complete %s", co_status_name(status));
	s->cm->incoming_call_complete(s->arg, vc_ctx, status, params);
}

static void
cm_activate_vc_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_media_params *media)
{
	struct shim *s = arg;

	record_step(s->side, "callmgr.activate_vc_complete");
	s->cm->activate_vc_complete(s->arg, vc_ctx, status, media);
}

static void
cm_deactivate_vc_complete(void *arg, co_ctx_t vc_ctx, enum co_status status)
{
	struct shim *s = arg;

	record_step(s->side, "callmgr.deactivate_vc_complete");
	s->cm->deactivate_vc_complete(s->arg, vc_ctx, status);
}

static void
cm_send_complete(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct shim *s = arg;

	s->cm->send_complete(s->arg, vc_ctx, pkts, n);
}

static void
cm_receive(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct shim *s = arg;

	s->cm->receive(s->arg, vc_ctx, pkts, n);
}

#define SHARED_OPS                                                                                 \
	.make_multipoint_call = cm_make_multipoint_call, .add_party = cm_add_party,                \
	.drop_party = cm_drop_party, .modify_call_qos = cm_modify_call_qos,                        \
	.incoming_call_qos_change_complete = cm_incoming_call_qos_change_complete,                 \
	.notify_close_af_complete = cm_notify_close_af_complete, .oid_request = cm_oid_request

static const struct co_callmgr_ops cm_ops = {
	.bound = cm_bound,
	.open_af = cm_open_af,
	.close_af = cm_close_af,
	.register_sap = cm_register_sap,
	.deregister_sap = cm_deregister_sap,
	.create_vc = cm_create_vc,
	.delete_vc = cm_delete_vc,
	.make_call = cm_make_call,
	.close_call = cm_close_call,
	.incoming_call_complete = cm_incoming_call_complete,
	.activate_vc_complete = cm_activate_vc_complete,
	.deactivate_vc_complete = cm_deactivate_vc_complete,
	.send_complete = cm_send_complete,
	.receive = cm_receive,
	.unbind = cm_unbind,
	.status = cm_status,
	SHARED_OPS,
};

/* Without the members that are a stand-alone call manager's alone. */
static const struct co_callmgr_ops mcm_ops = {
	.open_af = cm_open_af,
	.close_af = cm_close_af,
	.register_sap = cm_register_sap,
	.deregister_sap = cm_deregister_sap,
	.create_vc = cm_create_vc,
	.delete_vc = cm_delete_vc,
	.make_call = cm_make_call,
	.close_call = cm_close_call,
	.incoming_call_complete = cm_incoming_call_complete,
	SHARED_OPS,
};

enum co_status __real_co_register_callmgr(struct co *co, const struct co_callmgr_ops *ops, void *cm,
	const char *name, co_protocol_t *out);
enum co_status __wrap_co_register_callmgr(struct co *co, const struct co_callmgr_ops *ops, void *cm,
	const char *name, co_protocol_t *out);

enum co_status
__wrap_co_register_callmgr(struct co *co, const struct co_callmgr_ops *ops, void *cm,
	const char *name, co_protocol_t *out)
{
	enum chain_side side = strcmp(name, "user") == 0 ? USER : NETWORK;

	cm_shims[side] = (struct shim){ .arg = cm, .cm = ops, .side = side };
	return __real_co_register_callmgr(co, &cm_ops, &cm_shims[side], name, out);
}

static void
miniport_initialize(void *adapter, co_adapter_t handle)
{
	struct shim *s = adapter;

	s->miniport->initialize(s->arg, handle);
}

static enum co_status
miniport_create_vc(void *adapter, co_vc_t vc, co_ctx_t *vc_ctx)
{
	struct shim *s = adapter;

	record_step(s->side, "miniport.create_vc");
	return s->miniport->create_vc(s->arg, vc, vc_ctx);
}

static enum co_status
miniport_delete_vc(void *adapter, co_ctx_t vc_ctx)
{
	struct shim *s = adapter;

	record_step(s->side, "miniport.delete_vc");
	return s->miniport->delete_vc(s->arg, vc_ctx);
}

static enum co_status
miniport_activate_vc(void *adapter, co_ctx_t vc_ctx, struct co_media_params *media)
{
	struct shim *s = adapter;

	if (!media->signalling)
		record_step(s->side, "miniport.activate_vc");
	return s->miniport->activate_vc(s->arg, vc_ctx, media);
}

static enum co_status
miniport_deactivate_vc(void *adapter, co_ctx_t vc_ctx)
{
	struct shim *s = adapter;

	record_step(s->side, "miniport.deactivate_vc");
	return s->miniport->deactivate_vc(s->arg, vc_ctx);
}

static void
miniport_send(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct shim *s = adapter;

	s->miniport->send(s->arg, vc_ctx, pkts, n);
}

static void
miniport_return_receive(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct shim *s = adapter;

	s->miniport->return_receive(s->arg, vc_ctx, pkts, n);
}

static enum co_status
miniport_oid_request(void *adapter, bool has_vc, co_ctx_t vc_ctx, struct co_oid_request *request)
{
	struct shim *s = adapter;

	return s->miniport->oid_request(s->arg, has_vc, vc_ctx, request);
}

static void
miniport_cancel_send(void *adapter, co_ctx_t vc_ctx, uint64_t cancel_id)
{
	struct shim *s = adapter;

	if (s->miniport->cancel_send != NULL)
		s->miniport->cancel_send(s->arg, vc_ctx, cancel_id);
}

static enum co_status
miniport_reset(void *adapter)
{
	struct shim *s = adapter;

	return s->miniport->reset != NULL ? s->miniport->reset(s->arg) : CO_STATUS_SUCCESS;
}

static enum co_status
miniport_halt(void *adapter)
{
	struct shim *s = adapter;

	record_step(s->side, "miniport.halt");
	return s->miniport->halt != NULL ? s->miniport->halt(s->arg) : CO_STATUS_SUCCESS;
}

#define SHARED_MINIPORT_OPS                                                                        \
	.cancel_send = miniport_cancel_send, .reset = miniport_reset, .halt = miniport_halt

static const struct co_miniport_ops miniport_ops = {
	.initialize = miniport_initialize,
	.create_vc = miniport_create_vc,
	.delete_vc = miniport_delete_vc,
	.activate_vc = miniport_activate_vc,
	.deactivate_vc = miniport_deactivate_vc,
	.send = miniport_send,
	.return_receive = miniport_return_receive,
	.oid_request = miniport_oid_request,
	SHARED_MINIPORT_OPS,
};

/* An MCM has no VC handlers here. */
static const struct co_miniport_ops mcm_miniport_ops = {
	.initialize = miniport_initialize,
	.send = miniport_send,
	.return_receive = miniport_return_receive,
	.oid_request = miniport_oid_request,
	SHARED_MINIPORT_OPS,
};

enum co_status __real_co_register_adapter(struct co *co, const struct co_miniport_ops *ops,
	void *adapter, const struct co_callmgr_ops *mcm, void *mcm_ctx, const char *name,
	co_adapter_t *out);
enum co_status __wrap_co_register_adapter(struct co *co, const struct co_miniport_ops *ops,
	void *adapter, const struct co_callmgr_ops *mcm, void *mcm_ctx, const char *name,
	co_adapter_t *out);

enum co_status
__wrap_co_register_adapter(struct co *co, const struct co_miniport_ops *ops, void *adapter,
	const struct co_callmgr_ops *mcm, void *mcm_ctx, const char *name, co_adapter_t *out)
{
	enum chain_side side = strcmp(name, "user") == 0 ? USER : NETWORK;

	miniport_shims[side] = (struct shim){ .arg = adapter, .miniport = ops, .side = side };
	if (mcm == NULL)
		return __real_co_register_adapter(
			co, &miniport_ops, &miniport_shims[side], NULL, NULL, name, out);
	cm_shims[side] = (struct shim){ .arg = mcm_ctx, .cm = mcm, .side = side };
	return __real_co_register_adapter(
		co, &mcm_miniport_ops, &miniport_shims[side], &mcm_ops, &cm_shims[side], name, out);
}

/* ---- Functions of the broker. ---- */

#define WRAP(name, params, args)                                                                   \
	enum co_status __real_##name params;                                                       \
	enum co_status __wrap_##name params;                                                       \
	enum co_status __wrap_##name params                                                        \
	{                                                                                          \
		record_vc(co, vc, #name);                                                          \
		return __real_##name args;                                                         \
	}

WRAP(co_cm_activate_vc, (struct co * co, co_vc_t vc, struct co_media_params *media),
	(co, vc, media))
WRAP(co_cm_deactivate_vc, (struct co * co, co_vc_t vc), (co, vc))
WRAP(co_cm_make_call_complete,
	(struct co * co, co_vc_t vc, enum co_status status, const struct co_call_params *params),
	(co, vc, status, params))
WRAP(co_cm_close_call_complete, (struct co * co, co_vc_t vc, enum co_status status),
	(co, vc, status))
WRAP(co_cm_dispatch_incoming_call,
	(struct co * co, co_sap_t sap, co_vc_t vc, struct co_call_params *params),
	(co, sap, vc, params))
WRAP(co_cm_dispatch_call_connected, (struct co * co, co_vc_t vc), (co, vc))
WRAP(co_cm_dispatch_incoming_close_call,
	(struct co * co, co_vc_t vc, enum co_status reason, struct co_data data),
	(co, vc, reason, data))
WRAP(co_m_activate_vc_complete,
	(struct co * co, co_vc_t vc, enum co_status status, const struct co_media_params *media),
	(co, vc, status, media))
WRAP(co_m_deactivate_vc_complete, (struct co * co, co_vc_t vc, enum co_status status),
	(co, vc, status))

#define WRAP_PARTY(name, params, args)                                                             \
	enum co_status __real_##name params;                                                       \
	enum co_status __wrap_##name params;                                                       \
	enum co_status __wrap_##name params                                                        \
	{                                                                                          \
		struct co_party_info info;                                                         \
                                                                                                   \
		if (co_party_query(co, party, &info) == CO_STATUS_SUCCESS)                         \
			record_vc(co, info.vc, #name);                                             \
		return __real_##name args;                                                         \
	}

#define PARTY_STATUS (struct co * co, co_party_t party, enum co_status status)
#define PARTY_PARAMS                                                                               \
	(struct co * co, co_party_t party, enum co_status status,                                  \
		const struct co_call_params *params)
#define PARTY_DATA (struct co * co, co_party_t party, enum co_status reason, struct co_data data)

WRAP_PARTY(co_cm_add_party_complete, PARTY_PARAMS, (co, party, status, params))
WRAP_PARTY(co_mcm_add_party_complete, PARTY_PARAMS, (co, party, status, params))
WRAP_PARTY(co_cm_drop_party_complete, PARTY_STATUS, (co, party, status))
WRAP_PARTY(co_mcm_drop_party_complete, PARTY_STATUS, (co, party, status))
WRAP_PARTY(co_cm_dispatch_incoming_drop_party, PARTY_DATA, (co, party, reason, data))
WRAP_PARTY(co_mcm_dispatch_incoming_drop_party, PARTY_DATA, (co, party, reason, data))

#define QOS_STATUS                                                                                 \
	(struct co * co, co_vc_t vc, enum co_status status, const struct co_call_params *params)
#define QOS_PARAMS (struct co * co, co_vc_t vc, struct co_call_params * params)

WRAP(co_cm_modify_call_qos_complete, QOS_STATUS, (co, vc, status, params))
WRAP(co_mcm_modify_call_qos_complete, QOS_STATUS, (co, vc, status, params))
WRAP(co_cm_dispatch_incoming_call_qos_change, QOS_PARAMS, (co, vc, params))
WRAP(co_mcm_dispatch_incoming_call_qos_change, QOS_PARAMS, (co, vc, params))

WRAP(co_mcm_deactivate_vc, (struct co * co, co_vc_t vc), (co, vc))
WRAP(co_mcm_make_call_complete,
	(struct co * co, co_vc_t vc, enum co_status status, const struct co_call_params *params),
	(co, vc, status, params))
WRAP(co_mcm_close_call_complete, (struct co * co, co_vc_t vc, enum co_status status),
	(co, vc, status))
WRAP(co_mcm_dispatch_incoming_call,
	(struct co * co, co_sap_t sap, co_vc_t vc, struct co_call_params *params),
	(co, sap, vc, params))
WRAP(co_mcm_dispatch_call_connected, (struct co * co, co_vc_t vc), (co, vc))
WRAP(co_mcm_dispatch_incoming_close_call,
	(struct co * co, co_vc_t vc, enum co_status reason, struct co_data data),
	(co, vc, reason, data))

enum co_status __real_co_mcm_activate_vc(
	struct co *co, co_vc_t vc, const struct co_media_params *media);
enum co_status __wrap_co_mcm_activate_vc(
	struct co *co, co_vc_t vc, const struct co_media_params *media);

/* A miniport can refuse, an MCM has done its work by then: here the broker is made to refuse. */
enum co_status
__wrap_co_mcm_activate_vc(struct co *co, co_vc_t vc, const struct co_media_params *media)
{
	record_vc(co, vc, "co_mcm_activate_vc");
	if (chain != NULL && chain->mcm_activation != CO_STATUS_SUCCESS)
		return chain->mcm_activation;
	return __real_co_mcm_activate_vc(co, vc, media);
}

/* ---- Messages of the signalling link. ---- */

static const char *
message_name(const uint8_t *message, size_t len)
{
	static const struct {
		uint8_t type;
		const char *name;
	} names[] = {
		{ 0x01, "ALERTING" },
		{ 0x02, "CALL PROCEEDING" },
		{ 0x05, "SETUP" },
		{ 0x07, "CONNECT" },
		{ 0x0f, "CONNECT ACKNOWLEDGE" },
		{ 0x4d, "RELEASE" },
		{ 0x5a, "RELEASE COMPLETE" },
		{ 0x75, "STATUS ENQUIRY" },
		{ 0x7d, "STATUS" },
		{ 0x80, "ADD PARTY" },
		{ 0x81, "ADD PARTY ACKNOWLEDGE" },
		{ 0x82, "ADD PARTY REJECT" },
		{ 0x83, "DROP PARTY" },
		{ 0x84, "DROP PARTY ACKNOWLEDGE" },
		{ 0x85, "PARTY ALERTING" },
		{ 0x88, "MODIFY REQUEST" },
		{ 0x89, "MODIFY ACKNOWLEDGE" },
		{ 0x8a, "MODIFY REJECT" },
		{ 0x8b, "CONNECTION AVAILABLE" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (len > 5 && names[i].type == message[5])
			return names[i].name;
	return "?";
}

static enum chain_side
side_of_link(const struct uni_link *l)
{
	return uni_link_role(l) == UNI_ROLE_USER ? USER : NETWORK;
}

void __real_uni_link_receive(
	struct uni_link *l, const uint8_t *message, size_t len, uint64_t now_ns);
void __wrap_uni_link_receive(
	struct uni_link *l, const uint8_t *message, size_t len, uint64_t now_ns);

void
__wrap_uni_link_receive(struct uni_link *l, const uint8_t *message, size_t len, uint64_t now_ns)
{
	record_step(side_of_link(l), "<- %s", message_name(message, len));
	__real_uni_link_receive(l, message, len, now_ns);
}

size_t __real_uni_link_pull(struct uni_link *l, uint8_t *room, size_t size, uint64_t now_ns);
size_t __wrap_uni_link_pull(struct uni_link *l, uint8_t *room, size_t size, uint64_t now_ns);

size_t
__wrap_uni_link_pull(struct uni_link *l, uint8_t *room, size_t size, uint64_t now_ns)
{
	size_t len = __real_uni_link_pull(l, room, size, now_ns);

	if (len > 0)
		record_step(side_of_link(l), "-> %s", message_name(room, len));
	return len;
}
