/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "world.h"

#include <cmocka.h>

/* Instance names of VCs: the registry of contract 3.3, and DEL-11. */

static char name[CO_NAME_SIZE];

static enum co_status
assign(struct world *w, co_binding_t binding, const char *base)
{
	memset(name, 0, sizeof(name));
	return co_assign_instance_name(w->co, binding, w->vc, base, name);
}

static uint32_t
n_names(const struct world *w)
{
	struct co_census census;

	co_census(w->co, &census);
	return census.n_names;
}

/* The VC finds its name, and the name its VC. */
static void
a_name_is_a_base_and_an_index_and_is_given_once(void **state)
{
	struct world *w = *state;
	co_vc_t first, second;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	first = w->vc;
	assert_null(co_vc_name(w->co, first));
	assert_int_equal(assign(w, w->client_binding, "to-hub"), CO_STATUS_SUCCESS);
	assert_string_equal(name, "to-hub-1");
	assert_int_equal(assign(w, w->client_binding, "another"), CO_STATUS_SUCCESS);
	assert_string_equal(name, "to-hub-1");
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	second = w->vc;
	assert_int_equal(assign(w, w->client_binding, "to-hub"), CO_STATUS_SUCCESS);
	assert_string_equal(name, "to-hub-2");
	assert_string_equal(co_vc_name(w->co, first), "to-hub-1");
	assert_int_equal(co_vc_named(w->co, "to-hub-1"), first);
	assert_int_equal(co_vc_named(w->co, "to-hub-2"), second);
	assert_int_equal(co_vc_named(w->co, "to-hub"), CO_NONE);
	assert_int_equal(n_names(w), 2);
}

/* DEL-11 */
static void
a_name_ends_with_its_vc(void **state)
{
	struct world *w = *state;
	co_vc_t first;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	first = w->vc;
	assert_int_equal(assign(w, w->client_binding, "leg"), CO_STATUS_SUCCESS);
	w->answer[AT_CM_DELETE] = CO_STATUS_NOT_ACCEPTED;
	assert_int_equal(world_delete_by_client(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(co_vc_named(w->co, "leg-1"), first);
	w->answer[AT_CM_DELETE] = CO_STATUS_SUCCESS;
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(co_vc_named(w->co, "leg-1"), CO_NONE);
	assert_null(co_vc_name(w->co, first));
	assert_int_equal(assign(w, w->client_binding, "leg"), CO_STATUS_FAILURE);
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_null(co_vc_name(w->co, w->vc)); /* the same record, another VC */
	assert_int_equal(assign(w, w->client_binding, "leg"), CO_STATUS_SUCCESS);
	assert_string_equal(name, "leg-1");
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
a_base_is_short_and_printable(void **state)
{
	char longest[34] = { 0 };
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(assign(w, w->client_binding, ""), CO_STATUS_INVALID_DATA);
	assert_int_equal(assign(w, w->client_binding, "a\tb"), CO_STATUS_INVALID_DATA);
	assert_int_equal(assign(w, w->client_binding, "\xc3\xa4"), CO_STATUS_INVALID_DATA);
	memset(longest, 'x', 33);
	assert_int_equal(assign(w, w->client_binding, longest), CO_STATUS_INVALID_DATA);
	longest[32] = '\0';
	assert_int_equal(assign(w, w->client_binding, longest), CO_STATUS_SUCCESS);
	assert_int_equal(strlen(name), 34);
	assert_int_equal(co_vc_named(w->co, name), w->vc);
}

static void
only_a_protocol_that_shares_the_vc_names_it(void **state)
{
	struct world *w = *state, *other = world_create(w->mcm, NULL);
	struct co *own = other->co;

	other->co = w->co;
	world_add_client(other);
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(assign(w, other->client_binding, "mine"), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(assign(w, CO_NONE, "mine"), CO_STATUS_FAILURE); /* as an MCM would */
	assert_int_equal(n_names(w), 0);
	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(assign(w, w->client_binding, "in"), CO_STATUS_SUCCESS);
	if (!w->mcm) {
		assert_int_equal(assign(w, w->cm_binding, "cm"), CO_STATUS_SUCCESS);
		assert_string_equal(name, "in-1");
	}
	other->co = own;
	world_free(other);
}

/* VC-6 */
static void
a_call_manager_names_its_signalling_vc(void **state)
{
	struct world *w = *state;

	w->vc = CO_NONE;
	assert_int_equal(co_create_vc(w->co, w->cm_binding, CO_NONE, WORLD_CM_CTX, &w->vc),
		CO_STATUS_SUCCESS);
	assert_int_equal(assign(w, w->client_binding, "sig"), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(assign(w, w->cm_binding, "sig"), CO_STATUS_SUCCESS);
	assert_string_equal(name, "sig-1");
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(n_names(w), 0);
}

static void
running_out_of_names_is_an_answer(void **state)
{
	struct co_limits limits = { .n_vcs = 4, .n_names = 2 };
	struct world *w = world_open(false, &limits);
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
		assert_int_equal(assign(w, w->client_binding, "vc"),
			i < 2 ? CO_STATUS_SUCCESS : CO_STATUS_RESOURCES);
	}
	assert_null(co_vc_name(w->co, w->vc));
	world_free(w);
}

#define N_VCS 5000

/* Names of one base, some given up between: all are found, none twice, as fast as few. */
static void
many_names_of_one_base_are_unique(void **state)
{
	struct co_limits limits = { .n_vcs = N_VCS, .n_names = N_VCS };
	struct world *w = world_open(true, &limits);
	static co_vc_t vcs[N_VCS];
	char expected[CO_NAME_SIZE];
	unsigned int i, k;

	(void)state;
	for (k = 0; k < 3; k++) {
		for (i = 0; i < N_VCS; i++) {
			if (k > 0 && i % 3 != 0)
				continue;
			assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
			vcs[i] = w->vc;
			assert_int_equal(assign(w, w->client_binding, "vc"), CO_STATUS_SUCCESS);
			assert_int_equal(co_vc_named(w->co, name), w->vc);
			world_forget(w);
		}
		assert_int_equal(n_names(w), N_VCS);
		for (i = 0; i < N_VCS; i++)
			assert_int_equal(co_vc_named(w->co, co_vc_name(w->co, vcs[i])), vcs[i]);
		for (i = 0; i < N_VCS; i += 3) {
			w->vc = vcs[i];
			assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
			world_forget(w);
		}
	}
	snprintf(expected, sizeof(expected), "vc-%u", N_VCS);
	assert_int_not_equal(co_vc_named(w->co, expected), CO_NONE);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_name_is_a_base_and_an_index_and_is_given_once),
		BOTH(a_name_ends_with_its_vc),
		BOTH(a_base_is_short_and_printable),
		BOTH(only_a_protocol_that_shares_the_vc_names_it),
		CM(a_call_manager_names_its_signalling_vc),
		cmocka_unit_test(running_out_of_names_is_an_answer),
		cmocka_unit_test(many_names_of_one_base_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
