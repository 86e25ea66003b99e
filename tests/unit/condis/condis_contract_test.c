/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "world.h"

#include <cmocka.h>

/* What the contract says of handles, contexts, and who may do what with a VC before and after. */

static struct co_vc_info
query(const struct world *w)
{
	struct co_vc_info info;

	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	return info;
}

/* ---- Handles and contexts. ---- */

static co_af_t cm_af;
static co_sap_t cm_sap;
static co_vc_t peer_vc;

static void
keep_af(struct world *w)
{
	cm_af = w->af;
}

static void
keep_sap(struct world *w)
{
	cm_sap = w->sap;
}

static void
keep_vc(struct world *w)
{
	peer_vc = w->created_vc;
}

/* OBJ-2: the completions too hand out what the call manager was given. */
static void
a_handle_is_the_same_for_everybody(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	w->act[AT_CM_OPEN] = keep_af;
	w->act[AT_CM_SAP] = keep_sap;
	w->act[AT_CM_CREATE] = keep_vc;
	w->answer[AT_CM_OPEN] = CO_STATUS_PENDING;
	w->answer[AT_CM_SAP] = CO_STATUS_PENDING;
	assert_int_equal(world_open_af(w), CO_STATUS_PENDING);
	w->af = cm_af;
	assert_int_equal(world_opened_af(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->af, cm_af); /* as open_af_complete had it */
	assert_int_equal(world_register_sap(w), CO_STATUS_PENDING);
	w->sap = cm_sap;
	assert_int_equal(world_registered_sap(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->sap, cm_sap);
	world_tree(w, 1);
	assert_int_equal(peer_vc, w->vc);
	assert_int_equal(w->created_vc, w->vc); /* the miniport's, where there is one */
	assert_int_equal(w->created_party, w->parties[0]);
	w->answer[AT_CM_ADD] = CO_STATUS_PENDING;
	assert_int_equal(world_add(w, 1), CO_STATUS_PENDING);
	assert_int_equal(w->created_party, w->parties[1]);
	w->created_party = CO_NONE;
	assert_int_equal(world_added(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->created_party, w->parties[1]);
	w->act[AT_CLIENT_CREATE] = keep_vc;
	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(peer_vc, w->vc);
}

/* OBJ-1, OBJ-2: no value of a context means anything to the broker. */
static void
a_context_comes_back_as_it_was_given(void **state)
{
	static const co_ctx_t contexts[] = { 0, 1, UINT32_MAX, (co_ctx_t)1 << 63, UINT64_MAX };
	struct world *w = *state;
	unsigned int i;

	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	for (i = 0; i < sizeof(contexts) / sizeof(contexts[0]); i++) {
		w->vc = CO_NONE;
		assert_int_equal(co_create_vc(w->co, w->client_binding, w->af, contexts[i], &w->vc),
			CO_STATUS_SUCCESS);
		w->ctx[AT_CLIENT_MADE] = WORLD_AF_CTX;
		assert_int_equal(world_make(w), CO_STATUS_PENDING);
		assert_int_equal(world_made(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
		assert_int_equal(w->ctx[AT_CLIENT_MADE], contexts[i]);
		assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	}
	world_expect_empty(w);
}

/* ---- VCs. ---- */

#define MANY 8u

/* OBJ-4: one call each, and all of them active. */
static void
a_vc_has_one_call_and_an_adapter_many_vcs(void **state)
{
	struct world *w = *state;
	co_vc_t ours[MANY], theirs[MANY];
	struct co_census census;
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		world_up(w);
		ours[i] = w->vc;
		world_called(w);
		theirs[i] = w->vc;
	}
	world_forget(w);
	for (i = 0; i < MANY; i++) {
		w->vc = ours[i];
		world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
		assert_int_equal(world_make(w), CO_STATUS_NOT_ACCEPTED);
		w->vc = theirs[i];
		world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
		assert_int_equal(world_offer(w), CO_STATUS_NOT_ACCEPTED);
	}
	co_census(w->co, &census);
	assert_int_equal(census.n_vcs, 2 * MANY);
	assert_int_equal(census.n_calls, 2 * MANY);
	assert_int_equal(w->n[AT_CM_MAKE], MANY);
	assert_int_equal(w->n[AT_CLIENT_OFFER], MANY);
}

/* MAKE-1 */
static void
a_call_is_made_on_an_idle_vc_of_the_client_alone(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_make(w), CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_CM_MAKE], 0);
	world_making(w);
	assert_int_equal(world_make(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_make(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_make(w), CO_STATUS_NOT_ACCEPTED);
	world_closing(w);
	assert_int_equal(world_make(w), CO_STATUS_CLOSING);
	assert_int_equal(w->n[AT_CM_MAKE], 1);
	world_finish_close(w);
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_CM_MAKE], 2);
}

/* An MCM whose miniport has the handlers of one without: they are there to be called. */
static struct world *
open_mcm_with_all_handlers(void)
{
	struct world *w = world_create(true, NULL);

	assert_int_equal(co_register_adapter(w->co, &world_miniport_ops, w, &world_mcm_ops, w,
				 "adapter", &w->adapter),
		CO_STATUS_SUCCESS);
	world_add_client(w);
	assert_int_equal(world_open_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_register_sap(w), CO_STATUS_SUCCESS);
	world_forget(w);
	return w;
}

/* VC-5, DEL-4 */
static void
with_an_mcm_one_peer_makes_the_vc_and_no_miniport(void **state)
{
	struct world *w = open_mcm_with_all_handlers();

	(void)state;
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_create_vc cm.create_vc co_delete_vc cm.delete_vc");
	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_mcm_create_vc client.create_vc co_mcm_delete_vc client.delete_vc");
	world_expect_empty(w);
	world_free(w);
}

/* DEACT-12, C-3: done when it returns, and nobody is told of it. */
static void
deactivation_by_an_mcm_is_a_notice_to_the_broker(void **state)
{
	struct world *w = open_mcm_with_all_handlers();

	(void)state;
	world_up(w);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_mcm_deactivate_vc");
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_UP);
	assert_int_equal(world_deactivated(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_MINIPORT_ACTIVATE] + w->n[AT_MINIPORT_DEACTIVATE], 0);
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
	world_free(w);
}

/* ---- Activity. ---- */

/* One packet each way; whether both came through, where neither does @p status tells why. */
static bool
data_moves(struct world *w, enum co_status *status)
{
	struct co_packet down = { 0 }, up = { 0 };
	unsigned int n_down = w->n[AT_MINIPORT_SEND], n_up = w->n[AT_CLIENT_RECEIVE];
	unsigned int n_sent = w->n[AT_CLIENT_SENT], n_back = w->n[AT_MINIPORT_RETURN];

	world_send(w, &down);
	*status = down.status;
	world_receive(w, &up);
	n_down = w->n[AT_MINIPORT_SEND] - n_down;
	n_up = w->n[AT_CLIENT_RECEIVE] - n_up;
	assert_int_equal(n_down, n_up);
	if (n_down == 0) { /* both are where they came from */
		assert_int_equal(w->n[AT_CLIENT_SENT], n_sent + 1);
		assert_int_equal(w->n[AT_MINIPORT_RETURN], n_back + 1);
		return false;
	}
	world_sent(w, &down);
	world_return(w, &up);
	return true;
}

/* ACT-1: nothing that a client asks for activates. */
static void
data_moves_when_the_call_manager_has_activated_and_not_before(void **state)
{
	struct world *w = *state;
	enum co_status status;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	world_expect_states(w, CO_VC_CREATED, CO_CALL_MAKING);
	assert_false(data_moves(w, &status));
	assert_int_equal(status, CO_STATUS_FAILURE);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_true(data_moves(w, &status));
	assert_int_equal(world_modify(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_MINIPORT_ACTIVATE], w->mcm ? 0 : 1);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_UP);
	assert_false(data_moves(w, &status));
	assert_int_equal(status, CO_STATUS_FAILURE);
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_offer(w), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_CREATED, CO_CALL_ACCEPTED);
	assert_false(data_moves(w, &status));
	assert_int_equal(w->n[AT_MINIPORT_ACTIVATE], w->mcm ? 0 : 1);
}

/* DEACT-7: no call without parameters; and then the new ones count, not those from before. */
static void
a_deactivated_vc_has_no_parameters_until_it_is_activated_anew(void **state)
{
	struct world *w = *state;
	struct co_packet packet = { 0 };
	enum co_status status;

	world_up(w);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_deactivate(w), CO_STATUS_NOT_ACCEPTED);
	assert_false(data_moves(w, &status));
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_false(data_moves(w, &status));
	if (!w->mcm) { /* there are no old ones to fall back to */
		w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_INVALID_DATA;
		assert_int_equal(world_activate(w), CO_STATUS_INVALID_DATA);
		world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_MAKING);
		assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
		w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_SUCCESS;
	}
	w->media.flags = CO_MEDIA_F_RECEIVE;
	w->media.label = 300;
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(query(w).label, 300);
	world_send(w, &packet);
	assert_int_equal(packet.status, CO_STATUS_FAILURE);
	world_receive(w, &packet);
	assert_int_equal(w->n[AT_CLIENT_RECEIVE], 1);
	world_return(w, &packet);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* ---- After a close. ---- */

/* CLOSE-22: also where the VC is still active, and what was the last party is none. */
static void
a_completed_close_leaves_nothing_to_move_data_with(void **state)
{
	struct world *w = *state;
	enum co_status status;

	world_tree(w, 1);
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_close_last(w, 0), CO_STATUS_PENDING);
	world_expect_party(w, 0, CO_PARTY_LAST);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_RELEASED);
	assert_false(data_moves(w, &status));
	assert_int_equal(status, CO_STATUS_CLOSING);
	world_expect_no_party(w, 0);
	world_forget(w);
	assert_int_equal(world_incoming_drop(w, 0, CO_STATUS_SUCCESS), CO_STATUS_FAILURE);
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	world_expect(w, "co_@_dispatch_incoming_drop_party "
			"co_@_dispatch_incoming_call_qos_change "
			"co_@_dispatch_incoming_close_call");
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_false(data_moves(w, &status));
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* CLOSE-25: a VC of its own until it has deleted it, the party's no longer than the completion. */
static void
a_client_keeps_its_context_until_it_has_deleted_the_vc(void **state)
{
	struct world *w = *state;

	world_tree(w, 1);
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_close_last(w, 0), CO_STATUS_PENDING);
	world_finish_close(w);
	assert_int_equal(w->ctx[AT_CLIENT_CLOSED], WORLD_CLIENT_CTX);
	assert_int_equal(w->party_ctx, WORLD_PARTY_CTX);
	world_expect_no_party(w, 0);
	assert_int_equal(query(w).client_ctx, WORLD_CLIENT_CTX);
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	w->ctx[AT_CLIENT_MADE] = 0;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(world_made(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->ctx[AT_CLIENT_MADE], WORLD_CLIENT_CTX);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* CLOSE-25, INCLOSE-13: one of the call manager's until delete_vc, whatever comes before. */
static void
a_vc_of_the_call_manager_is_its_to_reuse_or_delete(void **state)
{
	struct world *w = *state;

	world_called(w);
	assert_int_equal(world_incoming_close(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_make(w), CO_STATUS_FAILURE);
	w->ctx[AT_CLIENT_OFFER] = 0;
	assert_int_equal(world_offer(w), CO_STATUS_SUCCESS); /* another call, after trouble too */
	assert_int_equal(w->ctx[AT_CLIENT_OFFER], WORLD_CLIENT_CTX);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(w->n[AT_CLIENT_DELETE], 0);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_DELETE], 1);
	assert_int_equal(w->ctx[AT_CLIENT_DELETE], WORLD_CLIENT_CTX);
	world_expect_empty(w);
}

/* INCLOSE-4 */
static void
an_incoming_close_is_answered_by_close_call_and_by_nothing_else(void **state)
{
	struct world *w = *state;

	world_offered(w);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_dispatch_incoming_close_call client.incoming_close_call");
	assert_int_equal(world_answer(w, CO_STATUS_FAILURE), CO_STATUS_CLOSING);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_CLOSE_OWED); /* it still is */
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_NOT_ACCEPTED);
	world_forget(w);
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_close_call cm.close_call");
	assert_int_equal(w->n[AT_CM_ANSWER], 0);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* DEL-8: as often as the creator likes, and it never has to. */
static void
a_vc_outlives_its_calls_until_somebody_deletes_it(void **state)
{
	struct world *w = *state;
	co_vc_t ours, theirs;
	unsigned int i;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	ours = w->vc;
	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	theirs = w->vc;
	for (i = 0; i < 3; i++) {
		w->vc = ours;
		w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
		assert_int_equal(world_make(w), CO_STATUS_PENDING);
		assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
		assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
		world_closing(w);
		world_finish_close(w);
		world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
		w->vc = theirs;
		assert_int_equal(world_offer(w), CO_STATUS_SUCCESS);
		assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
		assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
		world_closing(w);
		world_finish_close(w);
		world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
	}
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 6);
	assert_int_equal(w->n[AT_CM_DELETE] + w->n[AT_CLIENT_DELETE], 0);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	w->vc = ours;
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
expect_dead(struct world *w)
{
	struct co_packet packet = { 0 };
	struct co_vc_info info;

	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_FAILURE);
	world_forget(w);
	assert_int_equal(world_make(w), CO_STATUS_FAILURE);
	assert_int_equal(world_close(w), CO_STATUS_FAILURE);
	assert_int_equal(world_offer(w), CO_STATUS_FAILURE);
	assert_int_equal(world_activate(w), CO_STATUS_FAILURE);
	assert_int_equal(world_deactivate(w), CO_STATUS_FAILURE);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_FAILURE);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_FAILURE);
	world_receive(w, &packet);
	world_expect(w, w->mcm ? "co_cl_make_call co_cl_close_call co_mcm_dispatch_incoming_call "
				 "co_mcm_activate_vc co_mcm_deactivate_vc co_delete_vc "
				 "co_mcm_delete_vc co_m_indicate_receive"
			       : "co_cl_make_call co_cl_close_call co_cm_dispatch_incoming_call "
				 "co_cm_activate_vc co_cm_deactivate_vc co_delete_vc "
				 "co_delete_vc co_m_indicate_receive");
}

/* DEL-7: and the number is not that of the next VC. */
static void
a_deleted_vc_is_dead_everywhere_and_gone_at_the_miniport(void **state)
{
	struct world *w = *state;
	co_vc_t dead;

	world_up(w);
	world_closing(w);
	world_finish_close(w);
	dead = w->vc;
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_MINIPORT_DELETE], w->mcm ? 0 : 1);
	if (!w->mcm)
		assert_int_equal(w->ctx[AT_MINIPORT_DELETE], WORLD_MINIPORT_CTX);
	assert_int_equal(w->ctx[AT_CM_DELETE], WORLD_CM_CTX);
	expect_dead(w);
	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_not_equal(w->vc, dead);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_MINIPORT_DELETE], w->mcm ? 0 : 2);
	expect_dead(w);
	world_expect_empty(w);
}

/* ---- Receiving. ---- */

#define N_INDICATED 12u

static struct {
	co_vc_t vc[2];
	unsigned int n, depth, deepest;
	struct co_packet packets[N_INDICATED];
	struct co_packet *seen[2][N_INDICATED];
	unsigned int n_seen[2];
} nest;

/* Which VC a packet is of: in a handler come packets of the other VC and of the same one. */
static const unsigned int vc_of[N_INDICATED] = { 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1 };

static void
indicate_next(struct world *w)
{
	unsigned int i = nest.n++;
	struct co_packet *packet = &nest.packets[i];

	co_m_indicate_receive(w->co, nest.vc[vc_of[i]], &packet, 1);
}

static void
receive_within(struct world *w)
{
	co_ctx_t i = w->ctx[AT_CLIENT_RECEIVE];

	nest.seen[i][nest.n_seen[i]++] = w->packets[0];
	nest.depth++;
	if (nest.depth > nest.deepest)
		nest.deepest = nest.depth;
	if (nest.n % 4 != 0)
		indicate_next(w);
	nest.depth--;
}

static void
expect_outside(const struct world *w, uint32_t first, uint32_t second)
{
	struct co_vc_info info;

	assert_int_equal(co_vc_query(w->co, nest.vc[0], &info), CO_STATUS_SUCCESS);
	assert_int_equal(info.receives_out, first);
	assert_int_equal(co_vc_query(w->co, nest.vc[1], &info), CO_STATUS_SUCCESS);
	assert_int_equal(info.receives_out, second);
}

static void
two_vcs_up(struct world *w)
{
	unsigned int i;

	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	for (i = 0; i < 2; i++) {
		w->vc = CO_NONE;
		assert_int_equal(co_create_vc(w->co, w->client_binding, w->af, i, &w->vc),
			CO_STATUS_SUCCESS);
		assert_int_equal(world_make(w), CO_STATUS_PENDING);
		assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
		assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
		nest.vc[i] = w->vc;
	}
}

/*
 * RECV-4, read as: in any order and at every point where a handler can call back, for all receives
 * run on the control thread. RECV-3
 */
static void
receives_inside_receives_are_delivered_in_order_and_counted(void **state)
{
	struct world *w = *state;
	struct co_packet *packet;
	unsigned int i, k, at[2] = { 0, 0 }, out[2] = { 6, 6 };

	memset(&nest, 0, sizeof(nest));
	two_vcs_up(w);
	w->act[AT_CLIENT_RECEIVE] = receive_within;
	while (nest.n < N_INDICATED)
		indicate_next(w);
	assert_int_equal(nest.deepest, 4);
	assert_int_equal(w->n[AT_CLIENT_RECEIVE], N_INDICATED);
	for (i = 0; i < N_INDICATED; i++) {
		packet = nest.seen[vc_of[i]][at[vc_of[i]]++];
		assert_ptr_equal(packet, &nest.packets[i]);
	}
	for (i = 0; i < N_INDICATED; i++) {
		expect_outside(w, out[0], out[1]);
		k = i * 7 % N_INDICATED; /* each once */
		packet = &nest.packets[k];
		w->vc = nest.vc[vc_of[k]];
		out[vc_of[k]]--;
		world_return(w, packet);
		assert_ptr_equal(w->packets[0], packet);
	}
	expect_outside(w, 0, 0);
	assert_int_equal(w->n[AT_MINIPORT_RETURN], N_INDICATED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_handle_is_the_same_for_everybody),
		BOTH(a_context_comes_back_as_it_was_given),
		BOTH(a_vc_has_one_call_and_an_adapter_many_vcs),
		BOTH(a_call_is_made_on_an_idle_vc_of_the_client_alone),
		cmocka_unit_test(with_an_mcm_one_peer_makes_the_vc_and_no_miniport),
		cmocka_unit_test(deactivation_by_an_mcm_is_a_notice_to_the_broker),
		BOTH(data_moves_when_the_call_manager_has_activated_and_not_before),
		BOTH(a_deactivated_vc_has_no_parameters_until_it_is_activated_anew),
		BOTH(a_completed_close_leaves_nothing_to_move_data_with),
		BOTH(a_client_keeps_its_context_until_it_has_deleted_the_vc),
		BOTH(a_vc_of_the_call_manager_is_its_to_reuse_or_delete),
		BOTH(an_incoming_close_is_answered_by_close_call_and_by_nothing_else),
		BOTH(a_vc_outlives_its_calls_until_somebody_deletes_it),
		BOTH(a_deleted_vc_is_dead_everywhere_and_gone_at_the_miniport),
		BOTH(receives_inside_receives_are_delivered_in_order_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
