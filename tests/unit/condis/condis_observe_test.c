/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "world.h"

#include <cmocka.h>

/* Who hears of calls: each begins, may come up, ends and is over, once (I2). */

struct heard {
	char told[128]; /* a word for each thing that was told */
	struct co_call_end end;
	uint8_t data[8], cause;
	struct co_vc_statistics counters;
};

static struct heard heard;

static void
note(struct heard *h, const char *word)
{
	strncat(h->told, word, sizeof(h->told) - strlen(h->told) - 1);
}

static void
on_begun(void *arg, co_vc_t vc, const struct co_call_params *params)
{
	(void)vc;
	assert_non_null(params);
	note(arg, "begun ");
}

static void
on_up(void *arg, co_vc_t vc)
{
	(void)vc;
	note(arg, "up ");
}

static void
on_ending(void *arg, co_vc_t vc, const struct co_call_end *end)
{
	struct heard *h = arg;

	(void)vc;
	h->end = *end;
	h->cause = end->params != NULL ? end->params->cause : 0;
	assert_true(end->data.size <= sizeof(h->data));
	if (end->data.size > 0)
		memcpy(h->data, end->data.octets, end->data.size);
	note(h, "ending ");
}

static void
on_final(void *arg, co_vc_t vc, const struct co_vc_statistics *counters)
{
	struct heard *h = arg;

	(void)vc;
	h->counters = *counters;
	note(h, "final ");
}

static void
on_over(void *arg, co_vc_t vc)
{
	(void)vc;
	note(arg, "over ");
}

static const struct co_observer observer = {
	.begun = on_begun,
	.up = on_up,
	.ending = on_ending,
	.final = on_final,
	.over = on_over,
};

static void
observe(struct world *w)
{
	heard = (struct heard){ 0 };
	assert_int_equal(co_observe(w->co, &observer, &heard), CO_STATUS_SUCCESS);
}

static void
expect(const char *told)
{
	assert_string_equal(heard.told, told);
	heard.told[0] = '\0';
}

/* CLOSE-18, CLOSE-19 */
static void
a_call_is_told_of_from_its_beginning_until_it_is_closed_and_deactivated(void **state)
{
	struct world *w = *state;

	observe(w);
	world_up(w);
	expect("begun up ");
	world_closing(w);
	expect("ending ");
	assert_true(heard.end.by_client);
	assert_false(heard.end.refused);
	world_finish_close(w);
	expect("over ");
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	expect("");
}

/* CLOSE-20: in the other order of the two ends. */
static void
a_call_is_over_only_when_its_vc_is_inactive_too(void **state)
{
	struct world *w = *state;

	observe(w);
	world_called(w);
	expect("begun up ");
	world_closing(w);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	expect("ending ");
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	expect("over ");
}

/* INCLOSE-5: the answer to a release is no close of its own. */
static void
whoever_closed_first_has_closed_the_call(void **state)
{
	static const uint8_t octets[] = { 16, 1 };
	struct world *w = *state;

	observe(w);
	world_up(w);
	w->drop_data = (struct co_data){ octets, sizeof(octets) };
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(w->mcm ? co_mcm_dispatch_incoming_close_call(
					  w->co, w->vc, CO_STATUS_FAILURE, w->drop_data)
				: co_cm_dispatch_incoming_close_call(
					  w->co, w->vc, CO_STATUS_FAILURE, w->drop_data),
		CO_STATUS_SUCCESS);
	expect("begun up ending ");
	assert_false(heard.end.by_client);
	assert_int_equal(heard.end.status, CO_STATUS_FAILURE);
	assert_memory_equal(heard.data, octets, sizeof(octets));
	assert_int_equal(co_cl_close_call(w->co, w->vc, CO_NONE, (struct co_data){ NULL, 0 }),
		CO_STATUS_PENDING);
	expect("");
	world_finish_close(w);
	expect("over ");
}

/* RACE-3 */
static void
a_release_that_a_failed_close_had_hidden_ends_the_call(void **state)
{
	struct world *w = *state;

	observe(w);
	world_up(w);
	world_closing(w);
	assert_true(heard.end.by_client);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	expect("begun up ending ");
	assert_int_equal(world_closed(w, CO_STATUS_RESOURCES), CO_STATUS_SUCCESS);
	expect("ending ");
	assert_false(heard.end.by_client);
	world_closing(w);
	world_finish_close(w);
	expect("over ");
}

/* MAKE-6 */
static void
a_call_that_is_not_made_ends_with_the_cause_and_is_over(void **state)
{
	struct co_call_params params = { .cause = 17 };
	struct world *w = *state;

	observe(w);
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	expect("begun ");
	assert_int_equal(
		w->mcm ? co_mcm_make_call_complete(w->co, w->vc, CO_STATUS_FAILURE, &params)
		       : co_cm_make_call_complete(w->co, w->vc, CO_STATUS_FAILURE, &params),
		CO_STATUS_SUCCESS);
	expect("ending over ");
	assert_true(heard.end.refused);
	assert_false(heard.end.by_client);
	assert_int_equal(heard.cause, 17);
}

/* INCALL-3 */
static void
an_offer_that_the_client_declines_ends_by_the_client(void **state)
{
	struct co_call_params answer = { .cause = 21 };
	struct world *w = *state;

	observe(w);
	world_offered(w);
	expect("begun ");
	assert_int_equal(
		co_cl_incoming_call_complete(w->co, w->vc, CO_STATUS_NOT_ACCEPTED, &answer),
		CO_STATUS_SUCCESS);
	expect("ending ");
	assert_true(heard.end.refused);
	assert_true(heard.end.by_client);
	assert_int_equal(heard.cause, 21);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	expect("over ");
}

/* STAT-3 */
static void
final_counters_are_told_before_the_call_is_over(void **state)
{
	const struct co_vc_statistics counters = { .rx_packets = 7, .tx_octets = 9 };
	struct world *w = *state;

	assert_false(co_is_observed(w->co));
	observe(w);
	assert_true(co_is_observed(w->co));
	world_up(w);
	world_closing(w);
	co_m_vc_final(w->co, w->vc, &counters);
	world_finish_close(w);
	expect("begun up ending final over ");
	assert_int_equal(heard.counters.rx_packets, 7);
	assert_int_equal(heard.counters.tx_octets, 9);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	co_m_vc_final(w->co, w->vc, &counters); /* OBJ-8 */
	expect("");
}

/* OBJ-7 */
static void
observers_are_few_and_hear_of_calls_that_begin_after_them(void **state)
{
	static const struct co_observer deaf = { 0 };
	struct world *w = *state;
	int i;

	world_up(w);
	for (i = 0; i < CO_MAX_OBSERVERS - 1; i++)
		assert_int_equal(co_observe(w->co, &deaf, NULL), CO_STATUS_SUCCESS);
	observe(w);
	assert_int_equal(co_observe(w->co, &deaf, NULL), CO_STATUS_RESOURCES);
	world_closing(w);
	world_finish_close(w);
	expect("");
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	expect("begun ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_call_is_told_of_from_its_beginning_until_it_is_closed_and_deactivated),
		BOTH(a_call_is_over_only_when_its_vc_is_inactive_too),
		BOTH(whoever_closed_first_has_closed_the_call),
		BOTH(a_release_that_a_failed_close_had_hidden_ends_the_call),
		BOTH(a_call_that_is_not_made_ends_with_the_cause_and_is_over),
		BOTH(an_offer_that_the_client_declines_ends_by_the_client),
		BOTH(final_counters_are_told_before_the_call_is_over),
		BOTH(observers_are_few_and_hear_of_calls_that_begin_after_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
