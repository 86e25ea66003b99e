/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

#include <cmocka.h>

/* ASYNC-8: a tree of many leaves, each dropped from the completion of the one before. */

#define N_LEAVES 10000u
#define STACK_SPREAD (48u * 1024u) /* of what the nesting that is allowed takes, whatever N */

struct chain {
	co_party_t parties[N_LEAVES];
	uint32_t n_dropped;
	uintptr_t lowest, highest;
};

static struct chain chain;

static void
drop_next(struct world *w)
{
	uint32_t next;

	world_forget(w);
	for (next = chain.n_dropped + 1; next < N_LEAVES; next = chain.n_dropped + 1) {
		if (co_cl_drop_party(w->co, chain.parties[next], w->drop_data) == CO_STATUS_PENDING)
			return;
		chain.n_dropped++;
		world_forget(w);
	}
}

/* The depth is that of the handler: the address of something in it. */
static void
chain_dropped(struct world *w)
{
	volatile uint8_t here = 0;
	uintptr_t at = (uintptr_t)&here;

	if (chain.lowest == 0 || at < chain.lowest)
		chain.lowest = at;
	if (at > chain.highest)
		chain.highest = at;
	assert_int_equal(w->status[AT_CLIENT_DROPPED], CO_STATUS_SUCCESS);
	assert_int_equal(w->ctx[AT_CLIENT_DROPPED], WORLD_PARTY_CTX + ++chain.n_dropped);
	drop_next(w);
}

static void
complete_inside(struct world *w)
{
	co_party_t party = (co_party_t)w->ctx[AT_CM_DROP];

	if (w->mcm)
		co_mcm_drop_party_complete(w->co, party, CO_STATUS_SUCCESS);
	else
		co_cm_drop_party_complete(w->co, party, CO_STATUS_SUCCESS);
}

static struct world *
world_of_many(bool mcm)
{
	static const struct co_limits limits = { .n_vcs = 4, .n_parties = N_LEAVES };
	struct world *w = world_open(mcm, &limits);
	uint32_t i;

	chain = (struct chain){ 0 };
	world_tree(w, 1);
	chain.parties[0] = w->parties[0];
	for (i = 1; i < N_LEAVES; i++) {
		assert_int_equal(co_cl_add_party(w->co, w->vc, WORLD_PARTY_CTX + i,
					 &w->party_params[0], &chain.parties[i]),
			CO_STATUS_SUCCESS);
		world_forget(w);
	}
	w->act[AT_CLIENT_DROPPED] = chain_dropped;
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	return w;
}

static void
end_of_many(struct world *w)
{
	struct co_census census;

	assert_int_equal(chain.n_dropped, N_LEAVES - 1);
	assert_true(chain.highest - chain.lowest < STACK_SPREAD);
	assert_int_equal(world_close_last(w, 0), CO_STATUS_SUCCESS);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
	co_census(w->co, &census);
	assert_int_equal(census.n_illegal + census.n_unexpected_completions + census.n_stale, 0);
	world_free(w);
}

static void
drop_all_completed_inside(bool mcm)
{
	struct world *w = world_of_many(mcm);

	w->act[AT_CM_DROP] = complete_inside;
	drop_next(w);
	end_of_many(w);
}

/* ASYNC-8 */
static void
ten_thousand_drops_that_complete_at_once_take_a_bounded_stack(void **state)
{
	(void)state;
	drop_all_completed_inside(false);
	drop_all_completed_inside(true);
}

static void
drop_all_completed_later(bool mcm)
{
	struct world *w = world_of_many(mcm);
	uint32_t n;

	drop_next(w);
	while ((n = chain.n_dropped) < N_LEAVES - 1) {
		complete_inside(w);
		assert_int_equal(chain.n_dropped, n + 1);
	}
	end_of_many(w);
}

/* ASYNC-8 */
static void
ten_thousand_drops_that_pend_take_a_bounded_stack(void **state)
{
	(void)state;
	drop_all_completed_later(false);
	drop_all_completed_later(true);
}

/* Every second one is answered, the others complete from inside: both at once. */
static void
answer_or_complete(struct world *w)
{
	bool answer = chain.n_dropped % 2 == 0;

	w->answer[AT_CM_DROP] = answer ? CO_STATUS_SUCCESS : CO_STATUS_PENDING;
	if (!answer)
		complete_inside(w);
}

/* ASYNC-8, ASYNC-2 */
static void
ten_thousand_drops_answered_and_completed_in_turn_take_a_bounded_stack(void **state)
{
	struct world *w = world_of_many(false);

	(void)state;
	w->act[AT_CM_DROP] = answer_or_complete;
	drop_next(w);
	end_of_many(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_drops_that_complete_at_once_take_a_bounded_stack),
		cmocka_unit_test(ten_thousand_drops_that_pend_take_a_bounded_stack),
		cmocka_unit_test(
			ten_thousand_drops_answered_and_completed_in_turn_take_a_bounded_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
