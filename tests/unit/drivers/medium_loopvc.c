/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "loopvc/loopvc.h"
#include "medium.h"
#include "unicm/unicm.h"

#include <cmocka.h>

#define TURN_MAX 4096u

/* Stand-alone call managers over the two ends of a loopvc. */
struct medium {
	struct unicm *unicm[SIDE_COUNT];
};

static void
create_loop(struct chain *ch, uint64_t seed)
{
	const struct loopvc_config config = {
		.name_a = "user",
		.name_b = "network",
		.co_b = ch->co[NETWORK],
		.n_vcs = 4 * CHAIN_MAX_CALLS,
		.n_packets = 4096,
		.seed = seed,
	};

	assert_int_equal(loopvc_create(ch->co[USER], &config, NULL, &ch->lv), 0);
}

static void
create_callmgr(struct chain *ch, enum chain_side side, const struct chain_config *config)
{
	struct medium *m = ch->medium;
	struct callmgr_params params;

	ch->adapter[side] = loopvc_adapter(ch->lv, side == USER ? LOOPVC_A : LOOPVC_B);
	medium_callmgr_params(&params, side, config);
	assert_int_equal(unicm_create(ch->env[side], ch->co[side], ch->adapter[side],
				 CHAIN_SIGNALLING_LABEL, &params, &m->unicm[side]),
		0);
	ch->cm[side] = unicm_callmgr(m->unicm[side]);
}

void
medium_create(struct chain *ch, const struct chain_config *config)
{
	ch->medium = calloc(1, sizeof(*ch->medium));
	assert_non_null(ch->medium);
	create_loop(ch, config->seed);
	create_callmgr(ch, USER, config);
	create_callmgr(ch, NETWORK, config);
}

void
medium_turn(struct chain *ch)
{
	loopvc_turn(ch->lv, ch->now_ns, TURN_MAX);
}

void
medium_set_options(struct chain *ch, const struct medium_options *options)
{
	const struct loopvc_options lv = {
		.delay_ms = options->delay_ms,
		.activate_turns = options->activate_turns,
		.deactivate_turns = options->deactivate_turns,
		.reset_turns = options->reset_turns,
		.refuse_activation = options->refuse_activation,
		.refuse_change = options->refuse_change,
		.rate_step = options->rate_step,
	};

	loopvc_set_options(ch->lv, &lv);
}

struct co_vc_flow
medium_flow(struct chain *ch, enum chain_side side, co_vc_t vc)
{
	struct co_vc_flow flow;

	assert_int_equal(co_oid_request(ch->co[side], vc, CO_OID_VC_FLOW, &flow, sizeof(flow)),
		CO_STATUS_SUCCESS);
	return flow;
}

unsigned int
medium_n_active(struct chain *ch, enum chain_side side, uint32_t label)
{
	uint32_t cursor = 0;
	struct co_vc_info info;
	unsigned int n = 0;
	co_vc_t vc;

	while ((vc = co_vc_next(ch->co[side], &cursor)) != CO_NONE)
		n += co_vc_query(ch->co[side], vc, &info) == CO_STATUS_SUCCESS &&
		     info.adapter == ch->adapter[side] && info.label == label &&
		     info.vc_state == CO_VC_ACTIVE;
	return n;
}

unsigned int
medium_n_own_vcs(const struct chain *ch)
{
	return !unicm_is_closed(ch->medium->unicm[USER]) +
	       !unicm_is_closed(ch->medium->unicm[NETWORK]); /* the signalling VCs */
}

void
medium_settle(struct chain *ch)
{
	static const struct loopvc_options graceful = { .deactivate_turns = 2 };

	loopvc_set_options(ch->lv, &graceful);
}

void
medium_close(struct chain *ch)
{
	unicm_close(ch->medium->unicm[USER]);
	unicm_close(ch->medium->unicm[NETWORK]);
}

bool
medium_is_closed(const struct chain *ch)
{
	return unicm_is_closed(ch->medium->unicm[USER]) &&
	       unicm_is_closed(ch->medium->unicm[NETWORK]);
}

void
medium_expect_nothing_left(const struct chain *ch)
{
	struct loopvc_census lv;

	loopvc_census(ch->lv, &lv);
	assert_int_equal(lv.n_vcs, 0);
	assert_int_equal(lv.n_circuits, 0);
	assert_int_equal(lv.n_waiting, 0);
	assert_int_equal(lv.n_packets, 0);
}

void
medium_destroy(struct chain *ch)
{
	unicm_destroy(ch->medium->unicm[USER]);
	unicm_destroy(ch->medium->unicm[NETWORK]);
	loopvc_destroy(ch->lv);
	free(ch->medium);
}
