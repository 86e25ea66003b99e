/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "world.h"

#include <cmocka.h>

/* What the parties of a world ask of the broker beside calls, and the operator. */

static const struct co_address address = { .type = CO_ADDRESS_E164, .len = 1, .octets = "1" };

static void
note(struct world *w, const char *family, const char *name)
{
	char word[64];

	snprintf(word, sizeof(word), "%s%s", family, name);
	world_note(w, word);
}

static void
note_cm(struct world *w, const char *name)
{
	note(w, w->mcm ? "co_mcm_" : "co_cm_", name);
}

/* ---- Address families and SAPs. ---- */

enum co_status
world_open_af(struct world *w)
{
	note(w, "co_cl_", "open_address_family");
	return co_cl_open_address_family(
		w->co, w->client_binding, CO_AF_Q2931, WORLD_AF_CTX, &w->af);
}

enum co_status
world_opened_af(struct world *w, enum co_status status)
{
	note_cm(w, "open_address_family_complete");
	return w->mcm ? co_mcm_open_address_family_complete(w->co, w->af, status, WORLD_CM_AF_CTX)
		      : co_cm_open_address_family_complete(w->co, w->af, status, WORLD_CM_AF_CTX);
}

enum co_status
world_close_af(struct world *w)
{
	note(w, "co_cl_", "close_address_family");
	return co_cl_close_address_family(w->co, w->af);
}

enum co_status
world_closed_af(struct world *w)
{
	note_cm(w, "close_address_family_complete");
	return w->mcm ? co_mcm_close_address_family_complete(w->co, w->af)
		      : co_cm_close_address_family_complete(w->co, w->af);
}

enum co_status
world_notify_close_af(struct world *w)
{
	note_cm(w, "notify_close_address_family");
	return w->mcm ? co_mcm_notify_close_address_family(w->co, w->af)
		      : co_cm_notify_close_address_family(w->co, w->af);
}

enum co_status
world_notified(struct world *w, enum co_status status)
{
	note(w, "co_cl_", "notify_close_address_family_complete");
	return co_cl_notify_close_address_family_complete(w->co, w->af, status);
}

enum co_status
world_withdraw_af(struct world *w)
{
	note_cm(w, "withdraw_address_family");
	return w->mcm ? co_mcm_withdraw_address_family(w->co, w->adapter, CO_AF_Q2931)
		      : co_cm_withdraw_address_family(w->co, w->cm_binding, CO_AF_Q2931);
}

enum co_status
world_register_af(struct world *w)
{
	note_cm(w, "register_address_family");
	return w->mcm ? co_mcm_register_address_family(w->co, w->adapter, CO_AF_Q2931)
		      : co_cm_register_address_family(w->co, w->cm_binding, CO_AF_Q2931);
}

enum co_status
world_register_sap(struct world *w)
{
	note(w, "co_cl_", "register_sap");
	return co_cl_register_sap(w->co, w->af, &address, WORLD_SAP_CTX, &w->sap);
}

enum co_status
world_registered_sap(struct world *w, enum co_status status)
{
	note_cm(w, "register_sap_complete");
	return w->mcm ? co_mcm_register_sap_complete(w->co, w->sap, status, WORLD_CM_SAP_CTX)
		      : co_cm_register_sap_complete(w->co, w->sap, status, WORLD_CM_SAP_CTX);
}

enum co_status
world_deregister_sap(struct world *w)
{
	note(w, "co_cl_", "deregister_sap");
	return co_cl_deregister_sap(w->co, w->sap);
}

enum co_status
world_deregistered_sap(struct world *w)
{
	note_cm(w, "deregister_sap_complete");
	return w->mcm ? co_mcm_deregister_sap_complete(w->co, w->sap)
		      : co_cm_deregister_sap_complete(w->co, w->sap);
}

/* ---- Bindings and the adapter. ---- */

enum co_status
world_unbind(struct world *w, co_binding_t binding)
{
	note(w, "co_", "unbind");
	return co_unbind(w->co, binding);
}

enum co_status
world_close_adapter(struct world *w, co_binding_t binding)
{
	note(w, "co_", "close_adapter");
	return co_close_adapter(w->co, binding);
}

enum co_status
world_reset(struct world *w)
{
	note(w, "co_", "reset");
	return co_reset(w->co, w->adapter);
}

enum co_status
world_reset_done(struct world *w)
{
	note(w, "co_m_", "reset_complete");
	return co_m_reset_complete(w->co, w->adapter);
}

static void
halted(void *arg, co_adapter_t adapter)
{
	struct world *w = arg;

	world_note(w, "halted");
	w->n[AT_HALTED]++;
	w->ctx[AT_HALTED] = adapter;
	if (w->act[AT_HALTED] != NULL)
		w->act[AT_HALTED](w);
}

enum co_status
world_halt(struct world *w)
{
	note(w, "co_", "halt");
	return co_halt(w->co, w->adapter, halted, w);
}

enum co_status
world_halt_done(struct world *w)
{
	note(w, "co_m_", "halt_complete");
	return co_m_halt_complete(w->co, w->adapter);
}

void
world_indicate_status(struct world *w, co_vc_t vc, enum co_status code)
{
	note(w, "co_m_", "indicate_status");
	co_m_indicate_status(w->co, w->adapter, vc, code);
}

/* ---- Requests by number. ---- */

static void
oid_done(void *arg, struct co_oid_request *request, enum co_status status)
{
	struct world *w = arg;

	world_note(w, "oid_done");
	w->n[AT_OID_DONE]++;
	w->status[AT_OID_DONE] = status;
	w->request = request;
	if (w->act[AT_OID_DONE] != NULL)
		w->act[AT_OID_DONE](w);
}

static void
prepare_oid(struct world *w)
{
	w->oid.complete = oid_done;
	w->oid.arg = w;
}

enum co_status
world_oid(struct world *w, co_vc_t vc)
{
	prepare_oid(w);
	note(w, "co_", "oid_submit");
	return co_oid_submit(w->co, w->adapter, vc, &w->oid);
}

enum co_status
world_oid_by_client(struct world *w)
{
	prepare_oid(w);
	note(w, "co_cl_", "oid_request");
	return co_cl_oid_request(w->co, w->af, &w->oid);
}

enum co_status
world_oid_by_cm(struct world *w)
{
	prepare_oid(w);
	note_cm(w, "oid_request");
	return w->mcm ? co_mcm_oid_request(w->co, w->af, &w->oid)
		      : co_cm_oid_request(w->co, w->af, &w->oid);
}

enum co_status
world_oid_done(struct world *w, enum co_status status)
{
	note(w, "co_", "oid_request_complete");
	return co_oid_request_complete(w->co, &w->oid, status);
}
