/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "world.h"

#include <cmocka.h>

/* The sequences of contract 5, step by step. */

static void
complete_close(struct world *w)
{
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
}

static void
close_call(struct world *w)
{
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
}

/*
 * All of @p drawn, and behind it the rest of a close that pends: 5.1 from its sixth step on, 5.2
 * from its third.
 */
static void
expect_to_the_end(struct world *w, const char *drawn)
{
	static const char cm[] =
		"co_cm_deactivate_vc miniport.deactivate_vc co_m_deactivate_vc_complete "
		"cm.deactivate_vc_complete co_cm_close_call_complete client.close_call_complete";
	static const char mcm[] = "co_mcm_close_call_complete client.close_call_complete "
				  "co_mcm_deactivate_vc";
	char text[1024];

	if (w->mcm) {
		complete_close(w);
		world_expect_states(w, CO_VC_ACTIVE, CO_CALL_RELEASED);
		assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	} else {
		w->answer[AT_MINIPORT_DEACTIVATE] = CO_STATUS_PENDING;
		w->act[AT_CM_DEACTIVATED] = complete_close;
		assert_int_equal(world_deactivate(w), CO_STATUS_PENDING);
		assert_int_equal(world_deactivated(w), CO_STATUS_SUCCESS);
	}
	snprintf(text, sizeof(text), "%s %s", drawn, w->mcm ? mcm : cm);
	world_expect(w, text);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
}

/* 5.1, CLOSE-18, CLOSE-21: signalling, deactivation, and from its completion that of the close. */
static void
close_sequence_of_figure_cm_20(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	world_expect(w, "co_cl_close_call cm.close_call");
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_CLOSING);
	w->answer[AT_MINIPORT_DEACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_deactivate(w), CO_STATUS_PENDING);
	world_expect_states(w, CO_VC_DEACTIVATING, CO_CALL_CLOSING);
	w->act[AT_CM_DEACTIVATED] = complete_close;
	assert_int_equal(world_deactivated(w), CO_STATUS_SUCCESS);
	world_expect(w,
		"co_cm_deactivate_vc miniport.deactivate_vc co_m_deactivate_vc_complete "
		"cm.deactivate_vc_complete co_cm_close_call_complete client.close_call_complete");
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_delete_vc cm.delete_vc miniport.delete_vc");
	world_expect_empty(w);
}

/* 5.2, CLOSE-19: the MCM completes first and deactivates then. */
static void
close_sequence_of_figure_fig1_20(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_RELEASED);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
	world_expect(w, "co_cl_close_call cm.close_call co_mcm_close_call_complete "
			"client.close_call_complete co_mcm_deactivate_vc");
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_delete_vc cm.delete_vc");
	world_expect_empty(w);
}

/* 5.4, INCLOSE-8, INCLOSE-10 */
static void
incoming_close_sequence_of_figure_cm_22(void **state)
{
	struct world *w = *state;

	world_called(w);
	w->act[AT_CLIENT_INCOMING_CLOSE] = close_call;
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w,
		"co_cm_dispatch_incoming_close_call client.incoming_close_call co_cl_close_call "
		"cm.close_call");
	w->answer[AT_MINIPORT_DEACTIVATE] = CO_STATUS_PENDING;
	w->act[AT_CM_DEACTIVATED] = complete_close;
	assert_int_equal(world_deactivate(w), CO_STATUS_PENDING);
	assert_int_equal(world_deactivated(w), CO_STATUS_SUCCESS);
	world_expect(w,
		"co_cm_deactivate_vc miniport.deactivate_vc co_m_deactivate_vc_complete "
		"cm.deactivate_vc_complete co_cm_close_call_complete client.close_call_complete");
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_delete_vc client.delete_vc miniport.delete_vc");
	world_expect_empty(w);
}

/* 5.4 of an MCM */
static void
incoming_close_sequence_of_figure_fig1_22(void **state)
{
	struct world *w = *state;

	world_called(w);
	w->act[AT_CLIENT_INCOMING_CLOSE] = close_call;
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	complete_close(w);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	world_expect(w,
		"co_mcm_dispatch_incoming_close_call client.incoming_close_call co_cl_close_call "
		"cm.close_call co_mcm_close_call_complete client.close_call_complete "
		"co_mcm_deactivate_vc");
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_mcm_delete_vc client.delete_vc");
	world_expect_empty(w);
}

/* ---- Parties: 5.3, 5.5, and what 5.4 is at a root. ---- */

/* From a completion: the next party, or of the last one the close. */
static void
drop_next_or_close(struct world *w)
{
	uint32_t next = (uint32_t)(w->ctx[AT_CLIENT_DROPPED] - WORLD_PARTY_CTX) + 1;

	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	w->result = next < 2 ? world_drop(w, next) : world_close_last(w, next);
	assert_int_equal(w->result, CO_STATUS_PENDING);
}

static void
drop_first(struct world *w)
{
	w->act[AT_CLIENT_DROPPED] = drop_next_or_close;
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	assert_int_equal(world_drop(w, 0), CO_STATUS_PENDING);
}

/* CHART-5.3, CLOSE-7, CLOSE-16, DROP-11 */
static void
parties_are_dropped_one_after_the_other_and_the_last_one_is_closed(void **state)
{
	struct world *w = *state;

	world_tree(w, 3);
	drop_first(w);
	assert_int_equal(world_dropped(w, 0, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->party_ctx, world_cm_party_ctx(w->parties[2]));
	expect_to_the_end(w, "co_cl_drop_party cm.drop_party "
			     "co_@_drop_party_complete client.drop_party_complete "
			     "co_cl_drop_party cm.drop_party "
			     "co_@_drop_party_complete client.drop_party_complete "
			     "co_cl_close_call cm.close_call");
	assert_int_equal(w->party_ctx, WORLD_PARTY_CTX + 2);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* CHART-5.4, INCLOSE-5: a root drops all but one before it closes, and may use its VC again. */
static void
a_root_that_is_told_of_the_end_drops_before_it_closes(void **state)
{
	struct world *w = *state;

	world_tree(w, 3);
	w->act[AT_CLIENT_INCOMING_CLOSE] = drop_first;
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_dropped(w, 0, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	expect_to_the_end(w, "co_@_dispatch_incoming_close_call client.incoming_close_call "
			     "co_cl_drop_party cm.drop_party "
			     "co_@_drop_party_complete client.drop_party_complete "
			     "co_cl_drop_party cm.drop_party "
			     "co_@_drop_party_complete client.drop_party_complete "
			     "co_cl_close_call cm.close_call");
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(world_made(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
drop_one(struct world *w)
{
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
}

static void
close_last(struct world *w)
{
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_close_last(w, 0), CO_STATUS_PENDING);
}

/* CHART-5.5, INDROP-2, INCLOSE-15: the last leaf that leaves is the remote's close. */
static void
a_leaf_that_leaves_is_dropped_and_the_last_one_is_closed(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->act[AT_CLIENT_INCOMING_DROP] = drop_one;
	w->act[AT_CLIENT_INCOMING_CLOSE] = close_last;
	assert_int_equal(world_incoming_drop(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_dispatch_incoming_drop_party client.incoming_drop_party "
			"co_cl_drop_party cm.drop_party "
			"co_@_drop_party_complete client.drop_party_complete");
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	expect_to_the_end(w, "co_@_dispatch_incoming_close_call client.incoming_close_call "
			     "co_cl_close_call cm.close_call");
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* ---- Changes of rates: 5.6, 5.7. ---- */

static void
activate_with(struct world *w, uint32_t label)
{
	w->media.label = label;
	if (!w->mcm)
		w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_activate(w), w->mcm ? CO_STATUS_SUCCESS : CO_STATUS_PENDING);
	if (!w->mcm)
		assert_int_equal(world_activated(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
}

#define ACTIVATED                                                                                  \
	"co_@_activate_vc {miniport.activate_vc co_m_activate_vc_complete "                        \
	"cm.activate_vc_complete }"

/* CHART-5.6, QOS-2: all that the CM did is in force when the client hears of it. */
static void
a_change_is_agreed_to_of_figures_cm_15_and_fig1_15(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	activate_with(w, 200);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_modify_call_qos cm.modify_call_qos " ACTIVATED
			"co_@_modify_call_qos_complete client.modify_call_qos_complete");
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_SUCCESS);
}

/* CHART-5.6, CLOSE-35: refused, the old parameters restored, and closed from the completion. */
static void
a_call_is_closed_after_a_refused_change_of_figures_cm_15_and_fig1_15(void **state)
{
	struct world *w = *state;
	struct co_vc_info info;

	world_up(w);
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	w->act[AT_CLIENT_MODIFIED] = close_call;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	activate_with(w, 200);
	activate_with(w, 100);
	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	assert_int_equal(info.label, 100);
	assert_int_equal(world_modified(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_FAILURE);
	expect_to_the_end(w, "co_cl_modify_call_qos cm.modify_call_qos " ACTIVATED ACTIVATED
			     "co_@_modify_call_qos_complete client.modify_call_qos_complete "
			     "co_cl_close_call cm.close_call");
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* CHART-5.7, CLOSE-34, INQOS-1: close_call runs while the dispatch has not returned. */
static void
a_proposed_change_is_refused_by_a_close_of_figures_cm_16_and_fig1_16(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CLIENT_QOS_CHANGE] = close_call;
	activate_with(w, 200);
	assert_int_equal(world_qos_change(w), CO_STATUS_CLOSING);
	world_note(w, "returned");
	expect_to_the_end(w, ACTIVATED "co_@_dispatch_incoming_call_qos_change "
				       "client.incoming_call_qos_change "
				       "co_cl_close_call cm.close_call returned");
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* ---- From the making of a call: 5.8. ---- */

/* 5.8, CLOSE-36, MAKE-10 */
static void
close_from_make_call_complete_of_figure_cm_11(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_activate(w), CO_STATUS_PENDING);
	world_expect_states(w, CO_VC_ACTIVATING, CO_CALL_MAKING);
	assert_int_equal(world_activated(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	w->act[AT_CLIENT_MADE] = close_call;
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	expect_to_the_end(w,
		"co_create_vc cm.create_vc miniport.create_vc co_cl_make_call cm.make_call "
		"co_cm_activate_vc miniport.activate_vc co_m_activate_vc_complete "
		"cm.activate_vc_complete co_cm_make_call_complete client.make_call_complete "
		"co_cl_close_call cm.close_call");
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* 5.8 of an MCM; C-3: no completion of the activation */
static void
close_from_make_call_complete_of_figure_fig1_11(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	w->act[AT_CLIENT_MADE] = close_call;
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	expect_to_the_end(w,
		"co_create_vc cm.create_vc co_cl_make_call cm.make_call co_mcm_activate_vc "
		"co_mcm_make_call_complete client.make_call_complete co_cl_close_call "
		"cm.close_call");
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* ---- Short ones: 5.9. ---- */

/* 5.9, figures cm-05, cm-09; VC-3, DEL-4 */
static void
a_client_creates_and_deletes_peer_first_miniport_last(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	world_expect(w, w->mcm ? "co_create_vc cm.create_vc"
			       : "co_create_vc cm.create_vc miniport.create_vc");
	assert_int_equal(w->ctx[AT_CM_CREATE], WORLD_CM_AF_CTX);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect(w, w->mcm ? "co_delete_vc cm.delete_vc"
			       : "co_delete_vc cm.delete_vc miniport.delete_vc");
	assert_int_equal(w->ctx[AT_CM_DELETE], WORLD_CM_CTX);
	world_expect_empty(w);
}

/* 5.9, figures cm-06, cm-10 */
static void
a_call_manager_creates_and_deletes_client_first_miniport_last(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	world_expect(w, w->mcm ? "co_mcm_create_vc client.create_vc"
			       : "co_create_vc client.create_vc miniport.create_vc");
	assert_int_equal(w->ctx[AT_CLIENT_CREATE], WORLD_AF_CTX);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect(w, w->mcm ? "co_mcm_delete_vc client.delete_vc"
			       : "co_delete_vc client.delete_vc miniport.delete_vc");
	assert_int_equal(w->ctx[AT_CLIENT_DELETE], WORLD_CLIENT_CTX);
	world_expect_empty(w);
}

/* 5.9, figures cm-07, cm-08 and C-3 */
static void
activation_and_deactivation_complete_to_a_stand_alone_manager(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	world_forget(w);
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_PENDING;
	w->answer[AT_MINIPORT_DEACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_activate(w), CO_STATUS_PENDING);
	assert_int_equal(world_activated(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_cm_activate_vc miniport.activate_vc co_m_activate_vc_complete "
			"cm.activate_vc_complete");
	assert_int_equal(w->ctx[AT_MINIPORT_ACTIVATE], WORLD_MINIPORT_CTX);
	assert_int_equal(w->ctx[AT_CM_ACTIVATED], WORLD_CM_CTX);
	assert_int_equal(world_deactivate(w), CO_STATUS_PENDING);
	assert_int_equal(world_deactivated(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_cm_deactivate_vc miniport.deactivate_vc co_m_deactivate_vc_complete "
			"cm.deactivate_vc_complete");
}

/* 5.9, figures fig1-07, fig1-08 and C-3 */
static void
activation_and_deactivation_of_an_mcm_are_notices(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	world_forget(w);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_mcm_activate_vc");
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_IDLE);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_mcm_deactivate_vc");
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
}

/* 5.9, figures cm-13, fig1-13; INCALL-10 */
static void
an_incoming_call_is_created_offered_answered_and_connected(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	w->answer[AT_CLIENT_OFFER] = CO_STATUS_PENDING;
	assert_int_equal(world_offer(w), CO_STATUS_PENDING);
	assert_int_equal(world_answer(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
	world_expect(w, w->mcm ? "co_mcm_create_vc client.create_vc "
				 "co_mcm_dispatch_incoming_call client.incoming_call "
				 "co_cl_incoming_call_complete cm.incoming_call_complete "
				 "co_mcm_activate_vc co_mcm_dispatch_call_connected "
				 "client.call_connected"
			       : "co_create_vc client.create_vc miniport.create_vc "
				 "co_cm_dispatch_incoming_call client.incoming_call "
				 "co_cl_incoming_call_complete cm.incoming_call_complete "
				 "co_cm_activate_vc miniport.activate_vc "
				 "co_cm_dispatch_call_connected client.call_connected");
}

static void
open_af(struct world *w)
{
	w->answer[AT_CM_OPEN] = CO_STATUS_PENDING;
	w->result = world_open_af(w);
}

/* 5.9, figures cm-01 and fig1-01: register, tell, open, complete */
static void
an_address_family_is_registered_told_of_and_opened(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_withdraw_af(w), CO_STATUS_SUCCESS);
	world_forget(w);
	w->act[AT_CLIENT_AF] = open_af;
	assert_int_equal(world_register_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	assert_int_equal(world_opened_af(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_register_address_family client.af_register_notify "
			"co_cl_open_address_family cm.open_af "
			"co_@_open_address_family_complete client.open_af_complete");
	assert_int_equal(w->status[AT_CLIENT_OPENED], CO_STATUS_SUCCESS);
}

/* AF-1: each kind registers in the first handler that it has. */
static void
an_address_family_is_announced_when_the_first_handler_has_returned(void **state)
{
	static const bool mcm[] = { false, true };
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct world *w = world_create(mcm[i], NULL);

		world_add_adapter(w);
		world_add_client(w);
		world_add_cm(w);
		world_expect(w, w->mcm ? "miniport.initialize client.bound "
					 "client.af_register_notify"
				       : "miniport.initialize client.bound cm.bound "
					 "client.af_register_notify");
		world_free(w);
	}
}

/* ---- Everything down: 5.10. ---- */

static void
notify(struct world *w)
{
	w->answer[AT_CLIENT_NOTIFY_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_notify_close_af(w), CO_STATUS_PENDING);
}

static void
go(struct world *w)
{
	assert_int_equal(w->mcm ? world_halt_done(w) : world_close_adapter(w, w->cm_binding),
		CO_STATUS_SUCCESS);
}

/* A tree of three and a call, both with the CM; then the CM goes. */
static void
begin_to_leave(struct world *w, co_vc_t *call)
{
	world_up(w);
	*call = w->vc;
	world_tree(w, 3);
	w->act[AT_CM_UNBIND] = notify;
	w->act[AT_MINIPORT_HALT] = w->mcm ? notify : NULL;
	w->act[AT_CM_NOTIFIED] = go;
	w->answer[AT_MINIPORT_HALT] = CO_STATUS_PENDING;
	assert_int_equal(
		w->mcm ? world_halt(w) : world_unbind(w, w->cm_binding), CO_STATUS_PENDING);
	world_expect(w, w->mcm ? "co_halt miniport.halt co_mcm_notify_close_address_family "
				 "client.notify_close_af"
			       : "co_unbind cm.unbind co_cm_notify_close_address_family "
				 "client.notify_close_af");
}

/* CHART-5.10, AF-11, AF-16, UNB-3: all that there is, and each step from where it may begin. */
static void
all_calls_go_before_the_address_family_and_that_before_its_call_manager(void **state)
{
	struct world *w = *state;
	co_vc_t call;

	begin_to_leave(w, &call);
	drop_first(w);
	assert_int_equal(world_dropped(w, 0, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	expect_to_the_end(w, "co_cl_drop_party cm.drop_party "
			     "co_@_drop_party_complete client.drop_party_complete "
			     "co_cl_drop_party cm.drop_party "
			     "co_@_drop_party_complete client.drop_party_complete "
			     "co_cl_close_call cm.close_call");
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_delete_vc cm.delete_vc{ miniport.delete_vc}");
	w->vc = call;
	close_call(w);
	expect_to_the_end(w, "co_cl_close_call cm.close_call");
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_CLOSE_AF] = CO_STATUS_PENDING;
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_PENDING);
	assert_int_equal(world_closed_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_notified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, w->mcm ? "co_delete_vc cm.delete_vc co_cl_deregister_sap cm.deregister_sap "
				 "co_cl_close_address_family cm.close_af "
				 "co_mcm_close_address_family_complete client.close_af_complete "
				 "co_cl_notify_close_address_family_complete "
				 "cm.notify_close_af_complete co_m_halt_complete client.unbind"
			       : "co_delete_vc cm.delete_vc miniport.delete_vc "
				 "co_cl_deregister_sap cm.deregister_sap "
				 "co_cl_close_address_family cm.close_af "
				 "co_cm_close_address_family_complete client.close_af_complete "
				 "co_cl_notify_close_address_family_complete "
				 "cm.notify_close_af_complete co_close_adapter");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CM(close_sequence_of_figure_cm_20),
		MCM(close_sequence_of_figure_fig1_20),
		CM(incoming_close_sequence_of_figure_cm_22),
		MCM(incoming_close_sequence_of_figure_fig1_22),
		BOTH(parties_are_dropped_one_after_the_other_and_the_last_one_is_closed),
		BOTH(a_root_that_is_told_of_the_end_drops_before_it_closes),
		BOTH(a_leaf_that_leaves_is_dropped_and_the_last_one_is_closed),
		BOTH(a_change_is_agreed_to_of_figures_cm_15_and_fig1_15),
		BOTH(a_call_is_closed_after_a_refused_change_of_figures_cm_15_and_fig1_15),
		BOTH(a_proposed_change_is_refused_by_a_close_of_figures_cm_16_and_fig1_16),
		CM(close_from_make_call_complete_of_figure_cm_11),
		MCM(close_from_make_call_complete_of_figure_fig1_11),
		BOTH(a_client_creates_and_deletes_peer_first_miniport_last),
		BOTH(a_call_manager_creates_and_deletes_client_first_miniport_last),
		CM(activation_and_deactivation_complete_to_a_stand_alone_manager),
		MCM(activation_and_deactivation_of_an_mcm_are_notices),
		BOTH(an_incoming_call_is_created_offered_answered_and_connected),
		BOTH(an_address_family_is_registered_told_of_and_opened),
		BOTH(all_calls_go_before_the_address_family_and_that_before_its_call_manager),
		cmocka_unit_test(
			an_address_family_is_announced_when_the_first_handler_has_returned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
