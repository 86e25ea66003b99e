/* SPDX-License-Identifier: BSD-3-Clause */
#include "line.h"

#include <stdio.h>
#include <stdlib.h>

#include "loopvc/loopvc.h"
#include "unicm/unicm.h"

#define STEP_NS 1000000
#define SIGNALLING_LABEL 16
#define PER_TURN 64
#define N_CALLS 8

co_adapter_t line_ends[LOOPVC_END_COUNT];
static struct callmgr_env *env;
static struct loopvc *wire;
static struct unicm *callmgrs[LOOPVC_END_COUNT];
static uint64_t now_ns;

static void
demand(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "no memory for %s\n", what);
	exit(EXIT_FAILURE);
}

static void
create_end(struct co *co, enum loopvc_end end)
{
	static const char *const names[] = { [LOOPVC_A] = "a", [LOOPVC_B] = "b" };
	struct callmgr_params params = { .name = names[end], .meter = true };

	line_ends[end] = loopvc_adapter(wire, end);
	uni_link_params_default(&params.link, end == LOOPVC_A ? UNI_ROLE_USER : UNI_ROLE_NETWORK);
	sscop_params_default(&params.sscop);
	demand(unicm_create(env, co, line_ends[end], SIGNALLING_LABEL, &params, &callmgrs[end]) ==
			0,
		"a call manager");
	callmgr_start(unicm_callmgr(callmgrs[end]));
}

void
line_create(struct co *co)
{
	struct uni_config calls = { .n_calls = 2 * N_CALLS, .n_links = 2, .n_setups = N_CALLS };
	struct callmgr_env_config config = {
		.co = co, .n_vcs = 2 * N_CALLS, .n_offers = N_CALLS, .n_saps = N_CALLS
	};
	struct loopvc_config wires = {
		.name_a = "a", .name_b = "b", .n_vcs = 4 * N_CALLS, .n_packets = PER_TURN
	};

	config.uni = uni_create(&calls, now_ns, NULL);
	demand(config.uni != NULL, "calls");
	env = callmgr_env_create(&config, NULL);
	demand(env != NULL, "call managers");
	callmgr_env_set_now(env, now_ns);
	demand(loopvc_create(co, &wires, NULL, &wire) == 0, "a wire");
	create_end(co, LOOPVC_A);
	create_end(co, LOOPVC_B);
}

void
line_turn(void)
{
	now_ns += STEP_NS;
	callmgr_env_set_now(env, now_ns);
	loopvc_turn(wire, now_ns, PER_TURN);
	callmgr_env_turn(env, now_ns, PER_TURN);
}

bool
line_is_up(void)
{
	return uni_link_is_up(callmgr_link(unicm_callmgr(callmgrs[LOOPVC_A]))) &&
	       uni_link_is_up(callmgr_link(unicm_callmgr(callmgrs[LOOPVC_B])));
}
