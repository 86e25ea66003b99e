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
	int n = snprintf(w->log + w->used, sizeof(w->log) - w->used, "%s%s%s",
		w->used > 0 ? " " : "", family, name);

	assert_true(n > 0 && (size_t)n < sizeof(w->log) - w->used);
	w->used += (size_t)n;
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
world_return(struct world *w, struct co_packet *packet)
{
	note(w, "co_", "return_receive");
	co_return_receive(w->co, w->vc, &packet, 1);
}

/* ---- To a state. ---- */

void
world_making(struct world *w)
{
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MAKE] = CO_STATUS_SUCCESS;
	world_forget(w);
}

void
world_up(struct world *w)
{
	world_making(w);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	world_forget(w);
}

void
world_offered(struct world *w)
{
	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	w->answer[AT_CLIENT_OFFER] = CO_STATUS_PENDING;
	assert_int_equal(world_offer(w), CO_STATUS_PENDING);
	w->answer[AT_CLIENT_OFFER] = CO_STATUS_SUCCESS;
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_OFFERED);
	world_forget(w);
}

void
world_accepted(struct world *w)
{
	world_offered(w);
	assert_int_equal(world_answer(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_ACCEPTED);
	world_forget(w);
}

void
world_called(struct world *w)
{
	world_accepted(w);
	assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	world_forget(w);
}

void
world_closing(struct world *w)
{
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	w->answer[AT_CM_CLOSE] = CO_STATUS_SUCCESS;
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_CLOSING);
	world_forget(w);
}

void
world_finish_close(struct world *w)
{
	if (!w->mcm)
		assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	if (w->mcm)
		assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	world_forget(w);
}
