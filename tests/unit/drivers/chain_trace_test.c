/* SPDX-License-Identifier: BSD-3-Clause */
/* The flight recorder of a call manager: what it keeps, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "callmgr/trace.h"
#include "chain.h"

#include <cmocka.h>

static int
setup(void **state)
{
	*state = chain_create(&(struct chain_config){ .n_brokers = 2 });
	return 0;
}

static int
teardown(void **state)
{
	chain_destroy(*state);
	return 0;
}

static void
describe(const struct callmgr_env *env, uint64_t number, char *out, size_t size)
{
	static const char *const kinds[CALLMGR_TRACE_COUNT] = { "->", "<-", "T", "." };
	const struct uni_trace *t = callmgr_trace_at(env, number);
	char name[32];

	assert_non_null(t);
	callmgr_trace_name(t, name, sizeof(name));
	snprintf(out, size, "%s %s %s %s", kinds[t->kind], name,
		callmgr_trace_state(env, t, t->before), callmgr_trace_state(env, t, t->after));
}

static void
expect(const struct callmgr_env *env, uint64_t from, const char *const *lines)
{
	char line[96];

	for (; *lines != NULL; lines++) {
		describe(env, from++, line, sizeof(line));
		assert_string_equal(line, *lines);
	}
	assert_int_equal(callmgr_trace_end(env), from);
}

/* CLOSE-18, SIG-C1, SIG-C6 */
static void
a_close_is_recorded_from_the_client_to_the_miniport(void **state)
{
	static const char *const near[] = {
		". close_call UP RELEASING",
		"-> RELEASE U11 U11",
		"<- RELEASE_COMPLETE U11 U0",
		". cleared RELEASING DRAINING",
		". deactivate_vc complete DRAINING IDLE",
		NULL,
	};
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);
	struct callmgr_env *env = ch->env[USER];
	uint64_t from = callmgr_trace_end(env);
	const struct uni_trace *first, *t;

	chain_close(call, NULL, 0);
	chain_run_until(ch, chain_is_idle, 1000);
	expect(env, from, near);
	first = callmgr_trace_at(env, from);
	t = callmgr_trace_at(env, from + 1);
	assert_int_not_equal(first->call, 0);
	assert_int_equal(t->call, first->call); /* so that both are found */
	assert_int_equal(t->label, first->label);
	assert_int_equal(t->cause, UNI_CAUSE_NORMAL);
	assert_true(t->reference & UNI_TRACE_F_OURS);
	assert_ptr_equal(callmgr_trace_callmgr(env, t), chain_callmgr(ch, USER));
}

static void
the_recorder_keeps_the_last_so_many(void **state)
{
	struct chain *ch = *state;
	struct callmgr_env *env = ch->env[USER];
	const struct uni_trace *before = NULL, *t;
	struct chain_call *call;
	uint64_t number;
	unsigned int i;

	assert_int_equal(callmgr_trace_begin(env), 0);
	for (i = 0; i < 8; i++) {
		call = chain_call_up(ch, USER);
		chain_close(call, NULL, 0);
		chain_run_until(ch, chain_is_idle, 1000);
	}
	assert_true(callmgr_trace_end(env) > 2 * CHAIN_TRACES);
	assert_int_equal(callmgr_trace_end(env) - callmgr_trace_begin(env), CHAIN_TRACES);
	assert_null(callmgr_trace_at(env, callmgr_trace_begin(env) - 1));
	assert_null(callmgr_trace_at(env, callmgr_trace_end(env)));
	for (number = callmgr_trace_begin(env); number < callmgr_trace_end(env); number++) {
		t = callmgr_trace_at(env, number);
		assert_non_null(t);
		assert_true(before == NULL || t->time_ns >= before->time_ns);
		before = t;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_close_is_recorded_from_the_client_to_the_miniport, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_recorder_keeps_the_last_so_many, setup, teardown),
	};

	return cmocka_run_group_tests_name("chain_trace", tests, NULL, NULL);
}
