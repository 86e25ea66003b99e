/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "world.h"

#include <cmocka.h>

/* What the parties of a world ask of the broker. */

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

enum co_status
world_create_by_client(struct world *w)
{
	w->vc = CO_NONE;
	note(w, "co_", "create_vc");
	return co_create_vc(w->co, w->client_binding, w->af, WORLD_CLIENT_CTX, &w->vc);
}

enum co_status
world_create_by_cm(struct world *w)
{
	w->vc = CO_NONE;
	note(w, w->mcm ? "co_mcm_" : "co_", "create_vc");
	return w->mcm ? co_mcm_create_vc(w->co, w->adapter, w->af, WORLD_CM_CTX, &w->vc)
		      : co_create_vc(w->co, w->cm_binding, w->af, WORLD_CM_CTX, &w->vc);
}

enum co_status
world_delete_by_client(struct world *w)
{
	note(w, "co_", "delete_vc");
	return co_delete_vc(w->co, w->client_binding, w->vc);
}

enum co_status
world_delete_by_cm(struct world *w)
{
	note(w, w->mcm ? "co_mcm_" : "co_", "delete_vc");
	return w->mcm ? co_mcm_delete_vc(w->co, w->adapter, w->vc)
		      : co_delete_vc(w->co, w->cm_binding, w->vc);
}

enum co_status
world_make(struct world *w)
{
	note(w, "co_cl_", "make_call");
	return co_cl_make_call(w->co, w->vc, &w->params);
}

enum co_status
world_made(struct world *w, enum co_status status)
{
	note_cm(w, "make_call_complete");
	return w->mcm ? co_mcm_make_call_complete(w->co, w->vc, status, &w->params)
		      : co_cm_make_call_complete(w->co, w->vc, status, &w->params);
}

enum co_status
world_activate(struct world *w)
{
	note_cm(w, "activate_vc");
	return w->mcm ? co_mcm_activate_vc(w->co, w->vc, &w->media)
		      : co_cm_activate_vc(w->co, w->vc, &w->media);
}

enum co_status
world_deactivate(struct world *w)
{
	note_cm(w, "deactivate_vc");
	return w->mcm ? co_mcm_deactivate_vc(w->co, w->vc) : co_cm_deactivate_vc(w->co, w->vc);
}

enum co_status
world_activated(struct world *w, enum co_status status)
{
	note(w, "co_m_", "activate_vc_complete");
	return co_m_activate_vc_complete(w->co, w->vc, status, NULL);
}

enum co_status
world_deactivated(struct world *w)
{
	note(w, "co_m_", "deactivate_vc_complete");
	return co_m_deactivate_vc_complete(w->co, w->vc, CO_STATUS_SUCCESS);
}

enum co_status
world_offer(struct world *w)
{
	note_cm(w, "dispatch_incoming_call");
	return w->mcm ? co_mcm_dispatch_incoming_call(w->co, w->sap, w->vc, &w->params)
		      : co_cm_dispatch_incoming_call(w->co, w->sap, w->vc, &w->params);
}

enum co_status
world_answer(struct world *w, enum co_status status)
{
	note(w, "co_cl_", "incoming_call_complete");
	return co_cl_incoming_call_complete(w->co, w->vc, status, &w->params);
}

enum co_status
world_connect(struct world *w)
{
	note_cm(w, "dispatch_call_connected");
	return w->mcm ? co_mcm_dispatch_call_connected(w->co, w->vc)
		      : co_cm_dispatch_call_connected(w->co, w->vc);
}

enum co_status
world_incoming_close(struct world *w, enum co_status reason)
{
	uint8_t octets[] = "bye"; /* on the stack: dead when this returns (ASYNC-11) */
	struct co_data data = { octets, 3 };

	note_cm(w, "dispatch_incoming_close_call");
	return w->mcm ? co_mcm_dispatch_incoming_close_call(w->co, w->vc, reason, data)
		      : co_cm_dispatch_incoming_close_call(w->co, w->vc, reason, data);
}

enum co_status
world_close(struct world *w)
{
	struct co_data none = { NULL, 0 };

	note(w, "co_cl_", "close_call");
	return co_cl_close_call(w->co, w->vc, CO_NONE, none);
}

enum co_status
world_closed(struct world *w, enum co_status status)
{
	note_cm(w, "close_call_complete");
	return w->mcm ? co_mcm_close_call_complete(w->co, w->vc, status)
		      : co_cm_close_call_complete(w->co, w->vc, status);
}

void
world_send(struct world *w, struct co_packet *packet)
{
	note(w, "co_", "send");
	co_send(w->co, w->vc, &packet, 1);
}

void
world_sent(struct world *w, struct co_packet *packet)
{
	note(w, "co_m_", "send_complete");
	co_m_send_complete(w->co, w->vc, &packet, 1);
}

void
world_receive(struct world *w, struct co_packet *packet)
{
	note(w, "co_m_", "indicate_receive");
	co_m_indicate_receive(w->co, w->vc, &packet, 1);
}

void
world_cancel(struct world *w, uint64_t cancel_id)
{
	note(w, "co_", "cancel_send");
	co_cancel_send(w->co, w->vc, cancel_id);
}

void
world_return(struct world *w, struct co_packet *packet)
{
	note(w, "co_", "return_receive");
	co_return_receive(w->co, w->vc, &packet, 1);
}

/* ---- Parties. ---- */

enum co_status
world_make_multipoint(struct world *w)
{
	note(w, "co_cl_", "make_multipoint_call");
	return co_cl_make_multipoint_call(
		w->co, w->vc, &w->params, WORLD_PARTY_CTX, &w->parties[0]);
}

enum co_status
world_add(struct world *w, uint32_t i)
{
	note(w, "co_cl_", "add_party");
	return co_cl_add_party(
		w->co, w->vc, WORLD_PARTY_CTX + i, &w->party_params[i], &w->parties[i]);
}

enum co_status
world_added(struct world *w, uint32_t i, enum co_status status)
{
	const struct co_call_params *params = &w->party_params[i];

	note_cm(w, "add_party_complete");
	return w->mcm ? co_mcm_add_party_complete(w->co, w->parties[i], status, params)
		      : co_cm_add_party_complete(w->co, w->parties[i], status, params);
}

enum co_status
world_drop(struct world *w, uint32_t i)
{
	note(w, "co_cl_", "drop_party");
	return co_cl_drop_party(w->co, w->parties[i], w->drop_data);
}

enum co_status
world_dropped(struct world *w, uint32_t i, enum co_status status)
{
	note_cm(w, "drop_party_complete");
	return w->mcm ? co_mcm_drop_party_complete(w->co, w->parties[i], status)
		      : co_cm_drop_party_complete(w->co, w->parties[i], status);
}

enum co_status
world_incoming_drop(struct world *w, uint32_t i, enum co_status reason)
{
	uint8_t octets[] = "gone"; /* on the stack: dead when this returns (ASYNC-11) */
	struct co_data data = { octets, 4 };

	note_cm(w, "dispatch_incoming_drop_party");
	return w->mcm ? co_mcm_dispatch_incoming_drop_party(w->co, w->parties[i], reason, data)
		      : co_cm_dispatch_incoming_drop_party(w->co, w->parties[i], reason, data);
}

enum co_status
world_close_last(struct world *w, uint32_t i)
{
	note(w, "co_cl_", "close_call");
	return co_cl_close_call(w->co, w->vc, w->parties[i], w->drop_data);
}

/* ---- Changes of the QoS. ---- */

enum co_status
world_modify(struct world *w)
{
	note(w, "co_cl_", "modify_call_qos");
	return co_cl_modify_call_qos(w->co, w->vc, &w->qos);
}

enum co_status
world_modified(struct world *w, enum co_status status)
{
	note_cm(w, "modify_call_qos_complete");
	return w->mcm ? co_mcm_modify_call_qos_complete(w->co, w->vc, status, &w->qos)
		      : co_cm_modify_call_qos_complete(w->co, w->vc, status, &w->qos);
}

enum co_status
world_qos_change(struct world *w)
{
	note_cm(w, "dispatch_incoming_call_qos_change");
	return w->mcm ? co_mcm_dispatch_incoming_call_qos_change(w->co, w->vc, &w->qos)
		      : co_cm_dispatch_incoming_call_qos_change(w->co, w->vc, &w->qos);
}

enum co_status
world_qos_answer(struct world *w, enum co_status status)
{
	note(w, "co_cl_", "incoming_call_qos_change_complete");
	return co_cl_incoming_call_qos_change_complete(w->co, w->vc, status);
}
