/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "world.h"

#include <cmocka.h>

/* Requests that are typed by number: contract 4.20. */

static struct co_census
census_of(const struct world *w)
{
	struct co_census census;

	co_census(w->co, &census);
	return census;
}

/* ---- To the miniport. ---- */

/* OID-1, OID-2 */
static void
a_request_reaches_the_miniport_for_a_vc_or_for_all(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->oid.oid = CO_OID_QUEUED;
	assert_int_equal(world_oid(w, w->vc), CO_STATUS_SUCCESS);
	world_expect(w, "co_oid_submit miniport.oid_request");
	assert_true(w->has_vc);
	assert_int_equal(w->ctx[AT_MINIPORT_OID], w->mcm ? WORLD_CM_CTX : WORLD_MINIPORT_CTX);
	assert_ptr_equal(w->request, &w->oid);
	w->answer[AT_MINIPORT_OID] = CO_STATUS_INVALID_OID;
	assert_int_equal(world_oid(w, CO_NONE), CO_STATUS_INVALID_OID);
	assert_false(w->has_vc);
	assert_int_equal(w->n[AT_OID_DONE], 0); /* ASYNC-2 */
	assert_false(w->oid.out);
}

/* ASYNC-1, ASYNC-3, ASYNC-5 */
static void
a_request_that_pended_is_answered_once(void **state)
{
	struct world *w = *state;

	w->answer[AT_MINIPORT_OID] = CO_STATUS_PENDING;
	assert_int_equal(world_oid(w, CO_NONE), CO_STATUS_PENDING);
	assert_int_equal(census_of(w).n_waiting, 1);
	assert_int_equal(world_oid(w, CO_NONE), CO_STATUS_NOT_ACCEPTED); /* that one is out */
	assert_int_equal(world_oid_done(w, CO_STATUS_PENDING), CO_STATUS_NOT_ACCEPTED);
	world_forget(w);
	assert_int_equal(world_oid_done(w, CO_STATUS_BUFFER_TOO_SHORT), CO_STATUS_SUCCESS);
	world_expect(w, "co_oid_request_complete oid_done");
	assert_int_equal(w->status[AT_OID_DONE], CO_STATUS_BUFFER_TOO_SHORT);
	assert_int_equal(world_oid_done(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_OID_DONE], 1);
	assert_int_equal(census_of(w).n_waiting, 0);
	assert_int_equal(census_of(w).n_unexpected_completions, 2);
}

static unsigned int n_done;

static void
count_done(void *arg, struct co_oid_request *request, enum co_status status)
{
	(void)arg;
	(void)status;
	n_done++;
	assert_false(request->out);
}

/* OID-3: answered in another order than asked. */
static void
requests_overlap(void **state)
{
	struct co_oid_request first = { .oid = CO_OID_LINK, .complete = count_done };
	struct co_oid_request second = { .oid = CO_OID_QUEUED, .complete = count_done };
	struct world *w = *state;

	n_done = 0;
	w->answer[AT_MINIPORT_OID] = CO_STATUS_PENDING;
	assert_int_equal(co_oid_submit(w->co, w->adapter, CO_NONE, &first), CO_STATUS_PENDING);
	assert_int_equal(co_oid_submit(w->co, w->adapter, CO_NONE, &second), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_MINIPORT_OID], 2);
	assert_int_equal(census_of(w).n_waiting, 2);
	assert_int_equal(
		co_oid_request_complete(w->co, &second, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(
		co_oid_request_complete(w->co, &first, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(n_done, 2);
}

static void
answer_inside(struct world *w)
{
	w->result = world_oid_done(w, CO_STATUS_SUCCESS);
}

static void
forget_request(struct world *w)
{
	memset(&w->oid, 0xee, sizeof(w->oid)); /* its memory is the requester's again */
}

/* ASYNC-4 */
static void
a_request_may_be_answered_before_it_has_pended(void **state)
{
	struct world *w = *state;

	w->act[AT_MINIPORT_OID] = answer_inside;
	w->act[AT_OID_DONE] = forget_request;
	w->answer[AT_MINIPORT_OID] = CO_STATUS_PENDING;
	assert_int_equal(world_oid(w, CO_NONE), CO_STATUS_PENDING);
	world_expect(w, "co_oid_submit miniport.oid_request co_oid_request_complete oid_done");
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	assert_int_equal(census_of(w).n_waiting, 0);
	assert_int_equal(census_of(w).n_unexpected_completions, 0);
}

/* ASYNC-2: answered, and then answered as well. */
static void
a_request_that_is_answered_twice_is_over_once(void **state)
{
	struct world *w = *state;

	w->act[AT_MINIPORT_OID] = answer_inside;
	assert_int_equal(world_oid(w, CO_NONE), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_OID_DONE], 1);
	assert_int_equal(census_of(w).n_waiting, 0);
	assert_int_equal(census_of(w).n_unexpected_completions, 1);
}

static void
tell_time(struct world *w)
{
	*(uint64_t *)w->request->buffer = 12345;
	w->request->needed = sizeof(uint64_t);
}

/* OID-4: a request without a completion has its answer when it returns, or has none. */
static void
what_must_be_answered_at_once_is_not_waited_for(void **state)
{
	struct co_oid_request clock = { .oid = CO_OID_TIME };
	struct world *w = *state;
	uint64_t now = 0;

	clock.buffer = &now;
	clock.size = sizeof(now);
	w->act[AT_MINIPORT_OID] = tell_time;
	assert_int_equal(co_oid_submit(w->co, w->adapter, CO_NONE, &clock), CO_STATUS_SUCCESS);
	assert_int_equal(now, 12345);
	assert_int_equal(clock.needed, sizeof(now));
	w->act[AT_MINIPORT_OID] = NULL;
	w->answer[AT_MINIPORT_OID] = CO_STATUS_PENDING; /* a miniport that does not know */
	assert_int_equal(co_oid_submit(w->co, w->adapter, CO_NONE, &clock), CO_STATUS_FAILURE);
	assert_false(clock.out);
	assert_int_equal(census_of(w).n_waiting, 0);
	assert_int_equal(census_of(w).n_unexpected_completions, 1);
	assert_int_equal(
		co_oid_request_complete(w->co, &clock, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
}

/* OBJ-8, OID-2: nobody there, or a VC of another adapter. */
static void
a_request_about_what_is_not_there_fails(void **state)
{
	struct world *w = *state, *other = world_create(w->mcm, NULL);
	co_binding_t binding = w->client_binding;
	struct co *own = other->co;

	assert_int_equal(co_oid_submit(w->co, CO_NONE, CO_NONE, &w->oid), CO_STATUS_FAILURE);
	other->co = w->co;
	world_up(w);
	world_add_adapter(other);
	w->client_binding = binding; /* not that on the second adapter */
	assert_int_equal(co_oid_submit(w->co, other->adapter, w->vc, &w->oid), CO_STATUS_FAILURE);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_oid(w, w->vc), CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_MINIPORT_OID] + other->n[AT_MINIPORT_OID], 0);
	assert_false(w->oid.out);
	other->co = own;
	world_free(other);
}

/* ---- Between a client and its call manager. ---- */

/* OID-1, OID-7 */
static void
a_client_asks_the_call_manager_of_its_address_family(void **state)
{
	struct co_address address = { .type = CO_ADDRESS_E164, .len = 1, .octets = "7" };
	struct world *w = *state;

	w->oid = (struct co_oid_request){
		.oid = CO_OID_ADD_ADDRESS, .buffer = &address, .size = sizeof(address)
	};
	assert_int_equal(world_oid_by_client(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_oid_request cm.oid_request");
	assert_int_equal(w->ctx[AT_CM_OID], WORLD_CM_AF_CTX);
	assert_ptr_equal(w->request->buffer, &address);
	w->oid.oid = CO_OID_ADDRESSES;
	w->answer[AT_CM_OID] = CO_STATUS_PENDING;
	assert_int_equal(world_oid_by_client(w), CO_STATUS_PENDING);
	assert_int_equal(census_of(w).n_waiting, 0); /* that is of miniports */
	assert_int_equal(world_oid_done(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_OID_DONE], 1);
	assert_int_equal(w->n[AT_MINIPORT_OID], 0);
}

static void
ask_for_addresses(struct world *w)
{
	static struct co_oid_request list;

	list = (struct co_oid_request){ .oid = CO_OID_ADDRESSES };
	w->result = co_cl_oid_request(w->co, w->af, &list);
}

/* OID-1, OID-5, OID-6: a client may ask back from inside. */
static void
a_call_manager_tells_its_clients_of_signalling_and_addresses(void **state)
{
	struct world *w = *state;

	w->oid.oid = CO_OID_SIGNALLING_DOWN;
	assert_int_equal(world_oid_by_cm(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_oid_request client.oid_request");
	assert_int_equal(w->ctx[AT_CLIENT_OID], WORLD_AF_CTX);
	assert_int_equal(w->request->oid, CO_OID_SIGNALLING_DOWN);
	w->act[AT_CLIENT_OID] = ask_for_addresses;
	w->oid.oid = CO_OID_ADDRESS_CHANGED;
	assert_int_equal(world_oid_by_cm(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_oid_request client.oid_request cm.oid_request");
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
}

/* OID-2: each side names the VC as it knows it */
static void
a_request_about_a_vc_comes_with_the_context_of_its_receiver(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->oid = (struct co_oid_request){ .oid = CO_OID_VC_NOTIFICATION, .vc = w->vc };
	assert_int_equal(world_oid_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CM_OID], 1);
	assert_int_equal(w->oid.vc_ctx, WORLD_CM_CTX);
	assert_int_equal(world_oid_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_OID], 1);
	assert_int_equal(w->oid.vc_ctx, WORLD_CLIENT_CTX);
	w->oid.vc = CO_NONE;
	assert_int_equal(world_oid_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->oid.vc_ctx, 0);
}

/* OID-2, OBJ-8 */
static void
a_request_about_what_is_not_of_the_address_family_reaches_nobody(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->oid = (struct co_oid_request){ .oid = CO_OID_VC_NOTIFICATION, .vc = w->vc ^ 1u };
	assert_int_equal(world_oid_by_client(w), CO_STATUS_FAILURE);
	w->oid.vc = w->vc;
	w->oid.party = 0x7fffffff;
	assert_int_equal(world_oid_by_client(w), CO_STATUS_FAILURE);
	assert_int_equal(world_oid_by_cm(w), CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_CM_OID] + w->n[AT_CLIENT_OID], 0);
	assert_false(w->oid.out);
}

/* OBJ-8, OBJ-9 */
static void
a_request_of_the_wrong_kind_or_without_an_address_family_is_refused(void **state)
{
	struct world *w = *state;

	assert_int_equal(w->mcm ? co_cm_oid_request(w->co, w->af, &w->oid)
				: co_mcm_oid_request(w->co, w->af, &w->oid),
		CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_CLOSE_AF] = CO_STATUS_PENDING;
	assert_int_equal(world_close_af(w), CO_STATUS_PENDING);
	assert_int_equal(world_oid_by_client(w), CO_STATUS_FAILURE); /* AF-15 */
	assert_int_equal(world_oid_by_cm(w), CO_STATUS_FAILURE);
	assert_int_equal(world_closed_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_oid_by_client(w), CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_CM_OID] + w->n[AT_CLIENT_OID], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_request_reaches_the_miniport_for_a_vc_or_for_all),
		BOTH(a_request_that_pended_is_answered_once),
		BOTH(requests_overlap),
		BOTH(a_request_may_be_answered_before_it_has_pended),
		BOTH(a_request_that_is_answered_twice_is_over_once),
		BOTH(what_must_be_answered_at_once_is_not_waited_for),
		BOTH(a_request_about_what_is_not_there_fails),
		BOTH(a_client_asks_the_call_manager_of_its_address_family),
		BOTH(a_call_manager_tells_its_clients_of_signalling_and_addresses),
		BOTH(a_request_about_a_vc_comes_with_the_context_of_its_receiver),
		BOTH(a_request_about_what_is_not_of_the_address_family_reaches_nobody),
		BOTH(a_request_of_the_wrong_kind_or_without_an_address_family_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
