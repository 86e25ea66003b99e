/* SPDX-License-Identifier: BSD-3-Clause */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- Assembly. ---- */

struct world *
world_create(bool mcm, const struct co_limits *limits)
{
	static const struct co_limits small = {
		.n_vcs = 64, .n_saps = 16, .n_parties = 64, .n_names = 16, .n_waiting = 16
	};
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->mcm = mcm;
	w->media = (struct co_media_params){
		.flags = CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE,
		.label = 100,
	};
	w->co = co_create(limits != NULL ? limits : &small, NULL);
	assert_non_null(w->co);
	return w;
}

void
world_free(struct world *w)
{
	co_destroy(w->co);
	free(w);
}

void
world_add_adapter(struct world *w)
{
	assert_int_equal(
		co_register_adapter(w->co, w->mcm ? &world_mcm_miniport_ops : &world_miniport_ops,
			w, w->mcm ? &world_mcm_ops : NULL, w, "adapter", &w->adapter),
		CO_STATUS_SUCCESS);
}

void
world_add_client(struct world *w)
{
	assert_int_equal(co_register_client(w->co, &world_client_ops, w, "client", &w->client),
		CO_STATUS_SUCCESS);
}

void
world_add_cm(struct world *w)
{
	if (w->mcm)
		return;
	assert_int_equal(
		co_register_callmgr(w->co, &world_cm_ops, w, "cm", &w->cm), CO_STATUS_SUCCESS);
	assert_int_equal(co_bind(w->co, w->cm, w->adapter), CO_STATUS_SUCCESS);
}

struct world *
world_open(bool mcm, const struct co_limits *limits)
{
	struct world *w = world_create(mcm, limits);

	world_add_adapter(w);
	world_add_client(w);
	world_add_cm(w);
	assert_int_equal(world_open_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_register_sap(w), CO_STATUS_SUCCESS);
	world_forget(w);
	return w;
}

int
world_setup_cm(void **state)
{
	*state = world_open(false, NULL);
	return 0;
}

int
world_setup_mcm(void **state)
{
	*state = world_open(true, NULL);
	return 0;
}

int
world_teardown(void **state)
{
	world_free(*state);
	return 0;
}

/* ---- Looking. ---- */

void
world_forget(struct world *w)
{
	w->used = 0;
	w->log[0] = '\0';
}

void
world_expect(struct world *w, const char *expected)
{
	char text[sizeof(w->log)];
	size_t n = 0;

	for (; *expected != '\0'; expected++) {
		assert_true(n + 4 < sizeof(text));
		if (*expected == '{' && w->mcm)
			expected += strcspn(expected, "}");
		if (*expected == '{' || *expected == '}')
			continue;
		if (*expected == '@')
			n += (size_t)sprintf(text + n, "%s", w->mcm ? "mcm" : "cm");
		else
			text[n++] = *expected;
	}
	text[n] = '\0';
	assert_string_equal(w->log, text);
	world_forget(w);
}

void
world_expect_party(const struct world *w, uint32_t i, enum co_party_state state)
{
	struct co_party_info info;

	assert_int_equal(co_party_query(w->co, w->parties[i], &info), CO_STATUS_SUCCESS);
	assert_string_equal(co_party_state_name(info.state), co_party_state_name(state));
	assert_int_equal(info.vc, w->vc);
	assert_int_equal(info.client_ctx, WORLD_PARTY_CTX + i);
}

void
world_expect_no_party(const struct world *w, uint32_t i)
{
	struct co_party_info info;

	assert_int_equal(co_party_query(w->co, w->parties[i], &info), CO_STATUS_FAILURE);
}

void
world_expect_states(const struct world *w, enum co_vc_state vc, enum co_call_state call)
{
	struct co_vc_info info;

	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	assert_string_equal(co_vc_state_name(info.vc_state), co_vc_state_name(vc));
	assert_string_equal(co_call_state_name(info.call_state), co_call_state_name(call));
}

void
world_expect_empty(struct world *w)
{
	struct co_census census;

	assert_int_equal(co_cl_deregister_sap(w->co, w->sap), CO_STATUS_SUCCESS);
	assert_int_equal(co_cl_close_address_family(w->co, w->af), CO_STATUS_SUCCESS);
	co_census(w->co, &census);
	assert_int_equal(census.n_afs, 0);
	assert_int_equal(census.n_saps, 0);
	assert_int_equal(census.n_vcs, 0);
	assert_int_equal(census.n_calls, 0);
	assert_int_equal(census.n_parties, 0);
	assert_int_equal(census.n_names, 0);
	assert_int_equal(census.n_waiting, 0);
	assert_int_equal(cp_pool_n_used(&w->co->multis), 0);
	assert_int_equal(cp_pool_n_used(&w->co->close_data), 0);
	assert_int_equal(w->co->depth, 0);
}
