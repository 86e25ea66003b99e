/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls with parties: how they come, how they go one by one, and what crosses with that. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arrows.h"
#include "line.h"
#include "uni/cause.h"

#include <cmocka.h>

#define N_LEAVES 5
enum { ROOT, LEAVES };

static const uint8_t normal[] = { UNI_CAUSE_NORMAL };
static const struct co_data data = { normal, sizeof(normal) };
static const struct co_data no_data = { NULL, 0 };

static struct caller *
root_of(const struct line *line)
{
	return load_caller(line->nodes[ROOT].load);
}

static void
add_leaves(struct line *line)
{
	struct attach *a = line->nodes[LEAVES].attach;
	struct co_address address = line_address("4801"), prefix = line_prefix("48");
	uint32_t i;

	for (i = 0; i < N_LEAVES; i++) {
		assert_int_equal(attach_add(a, &address, 80 + i, true), i);
		assert_true(attach_address_add(&address, 1));
	}
	assert_int_equal(
		caller_register_sap(attach_caller(a), line->nodes[LEAVES].adapters[LEFT], &prefix),
		CO_STATUS_SUCCESS);
}

static void
add_clients(struct line *line)
{
	line_add_load(line, ROOT);
	line_add_attach(line, LEAVES);
	add_leaves(line);
}

static int
setup(void **state)
{
	struct line *line = line_create(2);

	add_clients(line);
	*state = line;
	return 0;
}

static int
setup_without_data(void **state)
{
	struct line *line = line_create_without_data(2);

	add_clients(line);
	*state = line;
	return 0;
}

static int
teardown(void **state)
{
	struct line *line = *state;

	line_run_until_idle(line);
	assert_int_equal(caller_n_parties(root_of(line)), 0);
	arrows_note(NULL);
	line_destroy(line);
	return 0;
}

static int
dial(struct line *line, const char *to, uint32_t job)
{
	struct caller_dial_args args = {
		.adapter = line->nodes[ROOT].adapters[RIGHT],
		.from = line_address("4700"),
		.to = line_address(to),
		.rate = 96000,
		.end = CALLER_NO_END,
		.job = job,
		.multipoint = true,
	};

	return caller_dial(root_of(line), &args);
}

static co_vc_t
root_vc(const struct line *line)
{
	return line_vc_of(line, ROOT, caller_protocol(root_of(line)));
}

static enum co_status
add(struct line *line, const char *to, uint32_t job)
{
	struct co_address address = line_address(to);

	return caller_add_party(root_of(line), root_vc(line), &address, job);
}

/* A call of @p n parties, 4801 and so on; jobs up to @p n - 1 have been told. */
static void
call_with_parties(struct line *line, uint32_t n)
{
	char to[] = "4801";
	uint32_t i;

	assert_int_equal(dial(line, to, 0), 0);
	line_run_ms(line, 100);
	assert_int_equal(line->jobs[0].dial_status, CO_STATUS_SUCCESS);
	for (i = 1; i < n; i++) {
		to[3]++;
		assert_int_equal(add(line, to, i), CO_STATUS_PENDING);
		line_run_ms(line, 100);
		assert_int_equal(line->jobs[i].n_added, 1);
		assert_int_equal(line->jobs[i].add_status, CO_STATUS_SUCCESS);
	}
	arrows_note(line->nodes[ROOT].co);
}

/* The party at an address; CO_NONE. */
static co_party_t
party_at(const struct line *line, const char *digits)
{
	struct co_address address = line_address(digits);
	struct caller_party_info info;
	co_party_t party = CO_NONE;

	while ((party = co_party_next(line->nodes[ROOT].co, root_vc(line), party)) != CO_NONE) {
		assert_int_equal(
			caller_party_query(root_of(line), party, &info), CO_STATUS_SUCCESS);
		if (memcmp(&info.address, &address, sizeof(address)) == 0)
			return party;
	}
	return CO_NONE;
}

static uint32_t
n_parties(const struct line *line)
{
	co_party_t party = CO_NONE;
	uint32_t n = 0;

	while ((party = co_party_next(line->nodes[ROOT].co, root_vc(line), party)) != CO_NONE)
		n++;
	return n;
}

static enum co_status
close_root(struct line *line, uint32_t job, struct co_data with)
{
	return caller_close(root_of(line), root_vc(line), job, with);
}

/* A leaf hangs up. */
static void
leave(struct line *line, uint32_t leaf)
{
	struct attach *a = line->nodes[LEAVES].attach;
	struct attach_info info;

	assert_int_equal(attach_query(a, leaf, &info), 0);
	assert_int_equal(
		caller_close(attach_caller(a), info.vc, 50 + leaf, no_data), CO_STATUS_PENDING);
}

static bool
leaf_is_busy(const struct line *line, uint32_t leaf)
{
	struct attach_info info;

	assert_int_equal(attach_query(line->nodes[LEAVES].attach, leaf, &info), 0);
	return info.busy;
}

static void
expect_closed_once(struct line *line, uint32_t job)
{
	line_run_until_idle(line);
	assert_int_equal(line->jobs[job].n_closed, 1);
	assert_int_equal(line->jobs[job].close_status, CO_STATUS_SUCCESS);
}

/* ---- Adding. ---- */

static void
parties_are_found_by_their_addresses(void **state)
{
	struct line *line = *state;
	struct caller_party_info info;

	call_with_parties(line, 3);
	assert_int_equal(n_parties(line), 3);
	assert_int_equal(caller_party_query(root_of(line), party_at(line, "4803"), &info),
		CO_STATUS_SUCCESS);
	assert_int_equal(info.vc, root_vc(line));
	assert_int_equal(info.state, CO_PARTY_JOINED);
	assert_true(leaf_is_busy(line, 0) && leaf_is_busy(line, 1) && leaf_is_busy(line, 2));
	assert_int_equal(close_root(line, 10, no_data), CO_STATUS_PENDING);
	expect_closed_once(line, 10);
	assert_false(leaf_is_busy(line, 0) || leaf_is_busy(line, 1) || leaf_is_busy(line, 2));
	assert_int_equal(line->n_reports, 4);
}

/* ADD-6 */
static void
a_party_that_cannot_be_reached_leaves_the_others(void **state)
{
	struct line *line = *state;

	call_with_parties(line, 2);
	assert_int_equal(add(line, "4899", 5), CO_STATUS_PENDING);
	line_run_ms(line, 100);
	assert_int_equal(line->jobs[5].n_added, 1);
	assert_int_not_equal(line->jobs[5].add_status, CO_STATUS_SUCCESS);
	assert_int_equal(line->jobs[5].cause, UNI_CAUSE_UNASSIGNED_NUMBER);
	assert_int_equal(n_parties(line), 2);
	assert_int_equal(caller_n_parties(root_of(line)), 2);
	assert_int_equal(close_root(line, 10, no_data), CO_STATUS_PENDING);
	expect_closed_once(line, 10);
}

/* MAKE-2 */
static void
a_point_to_point_call_takes_no_party(void **state)
{
	struct line *line = *state;
	struct co_address from = line_address("4700"), to = line_address("4801");

	assert_int_equal(load_dial(line->nodes[ROOT].load, line->nodes[ROOT].adapters[RIGHT], &from,
				 &to, 0, 0),
		0);
	line_run_ms(line, 100);
	assert_int_equal(add(line, "4802", 1), CO_STATUS_FAILURE);
	assert_int_equal(close_root(line, 10, no_data), CO_STATUS_PENDING);
	expect_closed_once(line, 10);
	assert_int_equal(line->jobs[1].n_added, 0);
}

/* MAKE-8 */
static void
a_call_whose_first_party_is_not_reached_leaves_no_party(void **state)
{
	struct line *line = *state;

	assert_int_equal(dial(line, "4899", 1), 0);
	line_run_ms(line, 100);
	assert_int_equal(line->jobs[1].n_dialled, 1);
	assert_int_not_equal(line->jobs[1].dial_status, CO_STATUS_SUCCESS);
	assert_int_equal(caller_n_parties(root_of(line)), 0);
}

/* ---- Closing. ---- */

/* DROP-1, DROP-2, DROP-11, CLOSE-5, CLOSE-10 */
static void
a_call_of_five_parties_is_closed_by_four_drops_and_a_close(void **state)
{
	struct line *line = *state;

	call_with_parties(line, N_LEAVES);
	assert_int_equal(close_root(line, 10, data), CO_STATUS_PENDING);
	assert_string_equal(arrows.text, "d"); /* one at a time */
	expect_closed_once(line, 10);
	assert_string_equal(arrows.text, "ddddcv");
	assert_int_equal(arrows.n_with_data, N_LEAVES);
	assert_int_equal(arrows.n_refused, 0);
	assert_int_equal(line->n_reports, N_LEAVES + 1);
}

/* CLOSE-12, DROP-8 */
static void
data_that_the_medium_cannot_carry_is_left_out(void **state)
{
	struct line *line = *state;

	call_with_parties(line, 3);
	assert_int_equal(close_root(line, 10, data), CO_STATUS_PENDING);
	expect_closed_once(line, 10);
	assert_string_equal(arrows.text, "ddcv");
	assert_int_equal(arrows.n_refused, 3);
	assert_int_equal(caller_n_without_data(root_of(line)), 3);
}

/* RACE-4 */
static void
a_call_that_is_being_made_is_closed_by_its_first_party(void **state)
{
	struct line *line = *state;

	assert_int_equal(dial(line, "4801", 1), 0);
	assert_int_equal(close_root(line, 2, no_data), CO_STATUS_PENDING);
	expect_closed_once(line, 2);
	assert_int_equal(line->jobs[1].dial_status, CO_STATUS_SUCCESS);
}

/* RACE-10 */
static void
a_close_waits_for_the_party_that_is_being_added(void **state)
{
	struct line *line = *state;

	call_with_parties(line, 2);
	assert_int_equal(add(line, "4803", 5), CO_STATUS_PENDING);
	assert_int_equal(close_root(line, 10, no_data), CO_STATUS_PENDING);
	assert_string_equal(arrows.text, "");
	assert_int_equal(add(line, "4804", 6), CO_STATUS_CLOSING);
	expect_closed_once(line, 10);
	assert_int_equal(line->jobs[5].n_added, 1);
	assert_int_equal(line->jobs[6].n_added, 0);
	assert_string_equal(arrows.text, "ddcv");
	assert_int_equal(arrows.n_refused, 0);
}

/* RACE-11 */
static void
a_close_waits_for_the_party_that_is_being_dropped(void **state)
{
	struct line *line = *state;

	call_with_parties(line, 2);
	assert_int_equal(caller_drop_party(root_of(line), party_at(line, "4802"), 5, data),
		CO_STATUS_PENDING);
	assert_int_equal(close_root(line, 10, no_data), CO_STATUS_PENDING);
	assert_string_equal(arrows.text, "d");
	expect_closed_once(line, 10);
	assert_int_equal(line->jobs[5].n_dropped, 1);
	assert_int_equal(line->jobs[5].drop_status, CO_STATUS_SUCCESS);
	assert_string_equal(arrows.text, "dcv");
	assert_int_equal(arrows.n_refused, 0);
}

/* CLOSE-3 */
static void
a_call_that_is_being_closed_is_not_closed_again(void **state)
{
	struct line *line = *state;

	call_with_parties(line, 3);
	assert_int_equal(close_root(line, 10, no_data), CO_STATUS_PENDING);
	assert_int_equal(close_root(line, 11, no_data), CO_STATUS_CLOSING);
	assert_int_equal(caller_drop_party(root_of(line), party_at(line, "4803"), 12, no_data),
		CO_STATUS_CLOSING);
	expect_closed_once(line, 10);
	assert_int_equal(line->jobs[11].n_closed + line->jobs[12].n_dropped, 0);
}

/* ---- Dropping. ---- */

/* DROP-3 */
static void
the_first_party_can_be_dropped_like_any_other(void **state)
{
	struct line *line = *state;

	call_with_parties(line, 2);
	assert_int_equal(caller_drop_party(root_of(line), party_at(line, "4801"), 5, data),
		CO_STATUS_PENDING);
	line_run_ms(line, 100);
	assert_int_equal(line->jobs[5].n_dropped, 1);
	assert_int_equal(line->jobs[5].drop_status, CO_STATUS_SUCCESS);
	assert_false(leaf_is_busy(line, 0));
	assert_true(leaf_is_busy(line, 1));
	assert_int_equal(n_parties(line), 1);
	assert_int_equal(close_root(line, 10, data), CO_STATUS_PENDING);
	expect_closed_once(line, 10);
	assert_string_equal(arrows.text, "dcv");
}

/* DROP-5 */
static void
the_last_party_is_not_dropped(void **state)
{
	struct line *line = *state;

	call_with_parties(line, 1);
	assert_int_equal(caller_drop_party(root_of(line), party_at(line, "4801"), 5, data),
		CO_STATUS_FAILURE);
	line_run_ms(line, 100);
	assert_true(leaf_is_busy(line, 0));
	assert_int_equal(line->jobs[5].n_dropped, 0);
	assert_int_equal(close_root(line, 10, no_data), CO_STATUS_PENDING);
	expect_closed_once(line, 10);
}

/* INDROP-2, DROP-4 */
static void
a_party_that_leaves_is_answered_with_a_drop_and_needs_no_other(void **state)
{
	struct line *line = *state;

	call_with_parties(line, 3);
	leave(line, 1);
	line_run_ms(line, 100);
	assert_string_equal(arrows.text, "d");
	assert_int_equal(n_parties(line), 2);
	assert_int_equal(party_at(line, "4802"), CO_NONE);
	assert_int_equal(close_root(line, 10, no_data), CO_STATUS_PENDING);
	expect_closed_once(line, 10);
	assert_string_equal(arrows.text, "ddcv");
}

/* CLOSE-37, INCLOSE-5, INCLOSE-16 */
static void
the_last_party_that_leaves_ends_the_call(void **state)
{
	struct line *line = *state;

	call_with_parties(line, 2);
	leave(line, 0);
	line_run_ms(line, 100);
	leave(line, 1);
	line_run_until_idle(line);
	assert_string_equal(arrows.text, "dcv");
	assert_int_equal(arrows.n_refused, 0);
}

/* INCLOSE-5 */
static void
all_parties_that_leave_at_once_end_the_call(void **state)
{
	struct line *line = *state;
	uint32_t i;

	call_with_parties(line, N_LEAVES);
	for (i = 0; i < N_LEAVES; i++)
		leave(line, i);
	line_run_until_idle(line);
	assert_string_equal(arrows.text, "ddddcv");
}

/* RACE-14 */
static void
the_last_two_can_be_dropped_and_leave_at_the_same_time(void **state)
{
	struct line *line = *state;

	call_with_parties(line, 2);
	leave(line, 1);
	assert_int_equal(caller_drop_party(root_of(line), party_at(line, "4801"), 5, no_data),
		CO_STATUS_PENDING);
	line_run_until_idle(line);
	assert_int_equal(line->jobs[5].n_dropped, 1);
	assert_string_equal(arrows.text, "dcv");
}

/* RACE-13, RACE-1 */
static void
a_close_that_meets_parties_which_leave_is_reported_once(void **state)
{
	struct line *line = *state;
	uint32_t i;

	call_with_parties(line, N_LEAVES);
	for (i = 0; i < N_LEAVES; i++)
		leave(line, i);
	assert_int_equal(close_root(line, 10, data), CO_STATUS_PENDING);
	expect_closed_once(line, 10);
	assert_string_equal(arrows.text, "ddddcv");
}

/* I9 */
static void
a_party_of_another_client_is_nobody(void **state)
{
	struct line *line = *state;
	struct caller_party_info info;
	co_party_t party;

	line_add_attach(line, ROOT);
	call_with_parties(line, 2);
	party = party_at(line, "4802");
	assert_int_equal(caller_party_query(attach_caller(line->nodes[ROOT].attach), party, &info),
		CO_STATUS_FAILURE);
	assert_int_equal(
		caller_drop_party(attach_caller(line->nodes[ROOT].attach), party, 5, no_data),
		CO_STATUS_FAILURE);
	assert_int_equal(close_root(line, 10, no_data), CO_STATUS_PENDING);
	expect_closed_once(line, 10);
	assert_int_equal(caller_party_query(root_of(line), party, &info), CO_STATUS_FAILURE);
}

#define LINE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LINE(parties_are_found_by_their_addresses),
		LINE(a_party_that_cannot_be_reached_leaves_the_others),
		LINE(a_point_to_point_call_takes_no_party),
		LINE(a_call_whose_first_party_is_not_reached_leaves_no_party),
		LINE(a_call_of_five_parties_is_closed_by_four_drops_and_a_close),
		cmocka_unit_test_setup_teardown(data_that_the_medium_cannot_carry_is_left_out,
			setup_without_data, teardown),
		LINE(a_call_that_is_being_made_is_closed_by_its_first_party),
		LINE(a_close_waits_for_the_party_that_is_being_added),
		LINE(a_close_waits_for_the_party_that_is_being_dropped),
		LINE(a_call_that_is_being_closed_is_not_closed_again),
		LINE(the_first_party_can_be_dropped_like_any_other),
		LINE(the_last_party_is_not_dropped),
		LINE(a_party_that_leaves_is_answered_with_a_drop_and_needs_no_other),
		LINE(the_last_party_that_leaves_ends_the_call),
		LINE(all_parties_that_leave_at_once_end_the_call),
		LINE(the_last_two_can_be_dropped_and_leave_at_the_same_time),
		LINE(a_close_that_meets_parties_which_leave_is_reported_once),
		LINE(a_party_of_another_client_is_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
