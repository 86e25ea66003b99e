/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

#include <cmocka.h>

/* Status indications: STAT-7, and what a carrier that is lost means for calls. */

static uint64_t
n_lost(const struct world *w)
{
	struct co_census census;

	co_census(w->co, &census);
	return census.n_status_lost;
}

/* STAT-7, UNB-10 */
static void
loss_of_carrier_is_told_to_all_and_closes_no_call(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_indicate_status(w, CO_NONE, CO_STATUS_MEDIA_DISCONNECT);
	world_expect(w, "co_m_indicate_status {cm.status(MEDIA_DISCONNECT) }"
			"client.status(MEDIA_DISCONNECT)");
	assert_false(w->has_vc);
	assert_int_equal(w->ctx[AT_CLIENT_STATUS], 0);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	assert_int_equal(w->n[AT_CLIENT_INCOMING_CLOSE], 0);
	world_indicate_status(w, CO_NONE, CO_STATUS_MEDIA_CONNECT);
	assert_int_equal(w->status[AT_CLIENT_STATUS], CO_STATUS_MEDIA_CONNECT);
	assert_int_equal(w->n[AT_CM_STATUS], w->mcm ? 0 : 2);
}

/* STAT-7: of two clients and a call manager only those that share the VC. */
static void
a_status_of_a_vc_is_told_to_those_that_share_it(void **state)
{
	struct world *w = *state, *other = world_create(w->mcm, NULL);
	struct co *own = other->co;

	other->co = w->co;
	world_add_client(other);
	world_up(w);
	world_forget(other);
	world_indicate_status(w, w->vc, CO_STATUS_MEDIA_DISCONNECT);
	world_expect(w, "co_m_indicate_status {cm.status(MEDIA_DISCONNECT) }"
			"client.status(MEDIA_DISCONNECT)");
	assert_true(w->has_vc);
	assert_int_equal(w->ctx[AT_CLIENT_STATUS], WORLD_CLIENT_CTX);
	if (!w->mcm)
		assert_int_equal(w->ctx[AT_CM_STATUS], WORLD_CM_CTX);
	assert_int_equal(other->n[AT_CLIENT_STATUS], 0);
	world_indicate_status(w, CO_NONE, CO_STATUS_MEDIA_CONNECT);
	assert_int_equal(other->n[AT_CLIENT_STATUS], 1);
	other->co = own;
	world_free(other);
}

/* STAT-7, VC-6 */
static void
a_status_of_a_signalling_vc_is_told_to_its_call_manager(void **state)
{
	struct world *w = *state;

	w->vc = CO_NONE;
	assert_int_equal(co_create_vc(w->co, w->cm_binding, CO_NONE, WORLD_CM_CTX, &w->vc),
		CO_STATUS_SUCCESS);
	world_forget(w);
	world_indicate_status(w, w->vc, CO_STATUS_MEDIA_DISCONNECT);
	world_expect(w, "co_m_indicate_status cm.status(MEDIA_DISCONNECT)");
	assert_int_equal(w->ctx[AT_CM_STATUS], WORLD_CM_CTX);
}

/* OBJ-8 */
static void
a_status_of_what_is_not_there_is_told_to_nobody(void **state)
{
	struct world *w = *state;
	co_adapter_t adapter = w->adapter;
	struct co_census census;

	world_up(w);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_indicate_status(w, w->vc, CO_STATUS_MEDIA_DISCONNECT);
	w->adapter = CO_NONE;
	world_indicate_status(w, CO_NONE, CO_STATUS_MEDIA_DISCONNECT);
	w->adapter = adapter;
	assert_int_equal(w->n[AT_CLIENT_STATUS] + w->n[AT_CM_STATUS], 0);
	co_census(w->co, &census);
	assert_int_equal(census.n_stale, 2);
}

static unsigned int depth;

static void
indicate_two_more(struct world *w)
{
	assert_int_equal(depth, 0);
	depth++;
	if (w->n[AT_CLIENT_STATUS] == 1) {
		co_m_indicate_status(w->co, w->adapter, CO_NONE, CO_STATUS_MEDIA_CONNECT);
		co_m_indicate_status(w->co, w->adapter, w->vc, CO_STATUS_MEDIA_DISCONNECT);
		assert_int_equal(w->n[AT_CLIENT_STATUS], 1);
	}
	depth--;
}

/* STAT-7: one after the other, in order. */
static void
indications_of_a_binding_do_not_nest(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CLIENT_STATUS] = indicate_two_more;
	depth = 0;
	world_indicate_status(w, CO_NONE, CO_STATUS_MEDIA_DISCONNECT);
	world_expect(w, "co_m_indicate_status {cm.status(MEDIA_DISCONNECT) }"
			"client.status(MEDIA_DISCONNECT) {cm.status(MEDIA_CONNECT) "
			"cm.status(MEDIA_DISCONNECT) }client.status(MEDIA_CONNECT) "
			"client.status(MEDIA_DISCONNECT)");
	assert_true(w->has_vc);
	assert_int_equal(n_lost(w), 0);
}

static void
indicate_too_many(struct world *w)
{
	unsigned int i;

	for (i = 0; w->n[AT_CLIENT_STATUS] == 1 && i < CO_BINDING_STATUSES + 3; i++)
		co_m_indicate_status(w->co, w->adapter, CO_NONE, CO_STATUS_MEDIA_CONNECT);
}

/* STAT-7 */
static void
indications_beyond_what_a_binding_keeps_are_counted(void **state)
{
	struct world *w = *state;

	w->act[AT_CLIENT_STATUS] = indicate_too_many;
	world_indicate_status(w, CO_NONE, CO_STATUS_MEDIA_DISCONNECT);
	assert_int_equal(w->n[AT_CLIENT_STATUS], 1 + CO_BINDING_STATUSES);
	assert_int_equal(n_lost(w), 3);
}

static void
lose_the_vc(struct world *w)
{
	if (w->n[AT_CLIENT_STATUS] > 1)
		return;
	co_m_indicate_status(w->co, w->adapter, w->vc, CO_STATUS_MEDIA_CONNECT);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
}

/* OBJ-8: what waits about a VC goes with it. */
static void
an_indication_that_waits_ends_with_its_vc(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->act[AT_CLIENT_STATUS] = lose_the_vc;
	world_indicate_status(w, w->vc, CO_STATUS_MEDIA_DISCONNECT);
	assert_int_equal(w->n[AT_CLIENT_STATUS], 1);
	assert_int_equal(n_lost(w), 0);
}

static void
leave(struct world *w)
{
	co_m_indicate_status(w->co, w->adapter, CO_NONE, CO_STATUS_MEDIA_CONNECT);
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_adapter(w, w->client_binding), CO_STATUS_SUCCESS);
}

/* UNB-7 */
static void
a_client_that_leaves_inside_an_indication_hears_no_more(void **state)
{
	struct world *w = *state;

	w->act[AT_CLIENT_STATUS] = leave;
	world_indicate_status(w, CO_NONE, CO_STATUS_MEDIA_DISCONNECT);
	assert_int_equal(w->n[AT_CLIENT_STATUS], 1);
	world_indicate_status(w, CO_NONE, CO_STATUS_MEDIA_DISCONNECT);
	assert_int_equal(w->n[AT_CLIENT_STATUS], 1);
}

static void
close_call(struct world *w)
{
	if (w->n[AT_CLIENT_STATUS] == 1)
		w->result = world_close(w);
}

/* ASYNC-7, CLOSE-32 */
static void
a_client_may_close_from_inside_an_indication(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CLIENT_STATUS] = close_call;
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	world_indicate_status(w, w->vc, CO_STATUS_MEDIA_DISCONNECT);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	world_finish_close(w);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(loss_of_carrier_is_told_to_all_and_closes_no_call),
		BOTH(a_status_of_a_vc_is_told_to_those_that_share_it),
		CM(a_status_of_a_signalling_vc_is_told_to_its_call_manager),
		BOTH(a_status_of_what_is_not_there_is_told_to_nobody),
		BOTH(indications_of_a_binding_do_not_nest),
		BOTH(indications_beyond_what_a_binding_keeps_are_counted),
		BOTH(an_indication_that_waits_ends_with_its_vc),
		BOTH(a_client_that_leaves_inside_an_indication_hears_no_more),
		BOTH(a_client_may_close_from_inside_an_indication),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
