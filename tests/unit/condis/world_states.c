/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

#include <cmocka.h>

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

void
world_making_multipoint(struct world *w)
{
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MAKE_MULTIPOINT] = CO_STATUS_PENDING;
	assert_int_equal(world_make_multipoint(w), CO_STATUS_PENDING);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MAKE_MULTIPOINT] = CO_STATUS_SUCCESS;
	world_forget(w);
}

void
world_tree(struct world *w, uint32_t n)
{
	uint32_t i;

	world_making_multipoint(w);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	for (i = 1; i < n; i++)
		assert_int_equal(world_add(w, i), CO_STATUS_SUCCESS);
	for (i = 0; i < n; i++)
		world_expect_party(w, i, CO_PARTY_JOINED);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	world_forget(w);
}
