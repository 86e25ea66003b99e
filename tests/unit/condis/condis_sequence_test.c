/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

/* 5.8, CLOSE-36, MAKE-10 */
static void
close_from_make_call_complete_of_figure_cm_11(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_create_vc cm.create_vc miniport.create_vc");
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_activate(w), CO_STATUS_PENDING);
	world_expect_states(w, CO_VC_ACTIVATING, CO_CALL_MAKING);
	assert_int_equal(world_activated(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_make_call cm.make_call co_cm_activate_vc miniport.activate_vc "
			"co_m_activate_vc_complete cm.activate_vc_complete");
	w->act[AT_CLIENT_MADE] = close_call;
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_cm_make_call_complete client.make_call_complete co_cl_close_call "
			"cm.close_call");
	world_finish_close(w);
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
	world_expect(w, "co_create_vc cm.create_vc co_cl_make_call cm.make_call co_mcm_activate_vc "
			"co_mcm_make_call_complete client.make_call_complete co_cl_close_call "
			"cm.close_call");
	world_finish_close(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

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

/* 5.9, figures cm-13, fig1-13; INCALL-10 */
static void
an_incoming_call_is_created_offered_answered_and_connected(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	world_forget(w);
	w->answer[AT_CLIENT_OFFER] = CO_STATUS_PENDING;
	assert_int_equal(world_offer(w), CO_STATUS_PENDING);
	assert_int_equal(world_answer(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
	world_expect(w, w->mcm ? "co_mcm_dispatch_incoming_call client.incoming_call "
				 "co_cl_incoming_call_complete cm.incoming_call_complete "
				 "co_mcm_activate_vc co_mcm_dispatch_call_connected "
				 "client.call_connected"
			       : "co_cm_dispatch_incoming_call client.incoming_call "
				 "co_cl_incoming_call_complete cm.incoming_call_complete "
				 "co_cm_activate_vc miniport.activate_vc "
				 "co_cm_dispatch_call_connected client.call_connected");
}

/* 5.9, figures cm-01 and fig1-01: register, tell, open, complete */
static void
an_address_family_is_registered_told_of_and_opened(void **state)
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CM(close_sequence_of_figure_cm_20),
		MCM(close_sequence_of_figure_fig1_20),
		CM(incoming_close_sequence_of_figure_cm_22),
		MCM(incoming_close_sequence_of_figure_fig1_22),
		CM(close_from_make_call_complete_of_figure_cm_11),
		MCM(close_from_make_call_complete_of_figure_fig1_11),
		BOTH(a_client_creates_and_deletes_peer_first_miniport_last),
		BOTH(a_call_manager_creates_and_deletes_client_first_miniport_last),
		CM(activation_and_deactivation_complete_to_a_stand_alone_manager),
		BOTH(an_incoming_call_is_created_offered_answered_and_connected),
		cmocka_unit_test(an_address_family_is_registered_told_of_and_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
