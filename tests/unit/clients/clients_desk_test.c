/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients of a call manager that takes its time, refuses, or answers before it has been asked. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "clients/attach.h"
#include "clients/echo.h"
#include "clients/load.h"
#include "desk.h"

#include <cmocka.h>

#define N_PARTIES 2000u
#define N_MULTIPOINT 2u
#define N_DIALS 4u

/* What was reported last of each kind, and how often. */
struct reported {
	unsigned int n_dialled, n_closed, n_added, n_dropped, n_modified;
	enum co_status dialled, closed, added, dropped, modified;
	uint64_t rate;
};

struct world {
	struct co *co;
	struct desk desk;
	struct attach *attach;
	struct load *load;
	struct echo *echo;
	struct caller *caller; /**< The load's. */
	struct reported told;
};

static const uint8_t octets[] = { 16 };
static const struct co_data data = { octets, sizeof(octets) };
static const struct co_data no_data = { NULL, 0 };

static void
on_dialled(void *arg, uint32_t job, enum co_status status, uint8_t cause)
{
	struct reported *r = arg;

	(void)job;
	(void)cause;
	r->n_dialled++;
	r->dialled = status;
}

static void
on_closed(void *arg, uint32_t job, enum co_status status)
{
	struct reported *r = arg;

	(void)job;
	r->n_closed++;
	r->closed = status;
}

static void
on_added(void *arg, uint32_t job, enum co_status status, uint8_t cause)
{
	struct reported *r = arg;

	(void)job;
	(void)cause;
	r->n_added++;
	r->added = status;
}

static void
on_dropped(void *arg, uint32_t job, enum co_status status)
{
	struct reported *r = arg;

	(void)job;
	r->n_dropped++;
	r->dropped = status;
}

static void
on_modified(void *arg, uint32_t job, enum co_status status, uint8_t cause, uint64_t rate)
{
	struct reported *r = arg;

	(void)job;
	r->n_modified++;
	r->modified = status;
	(void)cause;
	r->rate = rate;
}

static const struct caller_reports reports = {
	.dialled = on_dialled,
	.closed = on_closed,
	.added = on_added,
	.dropped = on_dropped,
	.modified = on_modified,
};

/* A load; the desk comes when a test opens it. */
static int
setup(void **state)
{
	static const struct caller_config config = { .name = "load",
		.n_calls = 16,
		.n_dials = N_DIALS,
		.n_multipoint = N_MULTIPOINT,
		.n_parties = N_PARTIES };
	static const struct co_limits limits = { .n_vcs = 64 };
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	cp_log_set_level(CP_LOG_ERR);
	w->co = co_create(&limits, NULL);
	assert_int_equal(load_create(w->co, &config, &reports, &w->told, NULL, &w->load), 0);
	w->caller = load_caller(w->load);
	*state = w;
	return 0;
}

static int
setup_open(void **state)
{
	struct world *w;

	setup(state);
	w = *state;
	desk_open(&w->desk, w->co);
	return 0;
}

/* Whatever the desk did to it: nothing is left. */
static int
teardown(void **state)
{
	struct world *w = *state;
	struct co_census census;

	memset(w->desk.answers, 0, sizeof(w->desk.answers));
	caller_turn(w->caller, UINT32_MAX);
	assert_int_equal(caller_n_calls(w->caller), 0);
	assert_int_equal(caller_n_parties(w->caller), 0);
	assert_true(caller_shut(w->caller));
	if (w->attach != NULL)
		assert_true(caller_shut(attach_caller(w->attach)));
	if (w->echo != NULL)
		assert_true(echo_shut(w->echo));
	co_census(w->co, &census);
	assert_int_equal(census.n_vcs + census.n_parties + census.n_saps + census.n_afs, 0);
	assert_int_equal(census.n_stale, 0);
	assert_int_equal(census.n_unexpected_completions, 0);
	echo_destroy(w->echo);
	attach_destroy(w->attach);
	load_destroy(w->load);
	co_destroy(w->co);
	free(w);
	return 0;
}

static struct co_address
address_of(const char *digits)
{
	struct co_address a = { .type = CO_ADDRESS_E164, .len = (uint8_t)strlen(digits) };

	memcpy(a.octets, digits, a.len);
	return a;
}

static int
dial_as(struct world *w, bool multipoint)
{
	struct caller_dial_args args = {
		.adapter = w->desk.adapter,
		.to = address_of("1"),
		.end = CALLER_NO_END,
		.multipoint = multipoint,
	};

	return caller_dial(w->caller, &args);
}

static co_vc_t
call_up(struct world *w)
{
	assert_int_equal(dial_as(w, false), 0);
	assert_int_equal(w->told.dialled, CO_STATUS_SUCCESS);
	return w->desk.vc;
}

static enum co_status
add(struct world *w, co_vc_t vc)
{
	struct co_address to = address_of("2");

	return caller_add_party(w->caller, vc, &to, 0);
}

static co_vc_t
call_with_parties(struct world *w, uint32_t n)
{
	assert_int_equal(dial_as(w, true), 0);
	while (--n > 0)
		assert_int_equal(add(w, w->desk.vc), CO_STATUS_SUCCESS);
	return w->desk.vc;
}

static void
end(struct world *w, co_vc_t vc)
{
	memset(w->desk.answers, 0, sizeof(w->desk.answers));
	assert_int_equal(caller_close(w->caller, vc, 0, no_data), CO_STATUS_SUCCESS);
	assert_int_equal(w->told.closed, CO_STATUS_SUCCESS);
}

static enum co_call_state
state_of(const struct world *w, co_vc_t vc)
{
	struct co_vc_info info;

	assert_int_equal(co_vc_query(w->co, vc, &info), CO_STATUS_SUCCESS);
	return info.call_state;
}

static co_party_t
first_party(const struct world *w, co_vc_t vc)
{
	return co_party_next(w->co, vc, CO_NONE);
}

static co_party_t
second_party(const struct world *w, co_vc_t vc)
{
	return co_party_next(w->co, vc, first_party(w, vc));
}

/* ---- At once. ---- */

/* ASYNC-8, CLOSE-14 */
static void
two_thousand_parties_that_go_at_once_need_no_stack(void **state)
{
	struct world *w = *state;
	co_vc_t vc = call_with_parties(w, N_PARTIES);

	assert_int_equal(add(w, vc), CO_STATUS_RESOURCES);
	end(w, vc);
	assert_int_equal(w->desk.n[DESK_DROP], N_PARTIES - 1);
	assert_int_equal(w->desk.n[DESK_CLOSE], 1);
	assert_int_not_equal(w->desk.closed_party, 0);
	assert_int_equal(w->told.n_closed, 1);
}

/* ASYNC-2 */
static void
what_ends_at_once_is_reported_once(void **state)
{
	struct world *w = *state;
	co_vc_t vc = call_with_parties(w, 2);
	uint8_t cause;

	assert_int_equal(w->told.n_added, 1);
	assert_int_equal(caller_modify(w->caller, vc, 5000, 0, &cause), CO_STATUS_SUCCESS);
	assert_int_equal(w->told.n_modified, 1);
	assert_int_equal(w->told.rate, 5000);
	assert_int_equal(
		caller_drop_party(w->caller, first_party(w, vc), 0, data), CO_STATUS_SUCCESS);
	assert_int_equal(w->told.n_dropped, 1);
	end(w, vc);
	assert_int_equal(w->told.n_closed, 1);
}

/* A refusal has changed nothing, and gives back what it had taken. */
static void
what_is_refused_at_once_is_not_reported(void **state)
{
	struct world *w = *state;
	co_vc_t vc = call_with_parties(w, 2);
	uint8_t cause;
	uint32_t i;

	for (i = 0; i < 2 * N_DIALS; i++) {
		w->desk.n_refuse[DESK_ADD] = w->desk.n_refuse[DESK_MODIFY] = 1;
		w->desk.n_refuse[DESK_DROP] = 1;
		assert_int_equal(add(w, vc), CO_STATUS_NOT_ACCEPTED);
		assert_int_equal(
			caller_modify(w->caller, vc, 1, 0, &cause), CO_STATUS_NOT_ACCEPTED);
		assert_int_equal(caller_drop_party(w->caller, first_party(w, vc), 0, no_data),
			CO_STATUS_NOT_ACCEPTED);
	}
	assert_int_equal(w->told.n_added, 1);
	assert_int_equal(w->told.n_modified + w->told.n_dropped, 0);
	assert_int_equal(caller_n_parties(w->caller), 2);
	end(w, vc);
}

static void
calls_with_parties_are_as_many_as_there_is_room_for(void **state)
{
	struct world *w = *state;
	co_vc_t a = call_with_parties(w, 1), b = call_with_parties(w, 1);
	uint32_t i;

	for (i = 0; i < 2 * N_DIALS; i++)
		assert_int_equal(dial_as(w, true), -ENOSPC);
	end(w, a);
	a = call_with_parties(w, 1);
	end(w, a);
	end(w, b);
}

/* ---- Crossings. ---- */

/* RACE-14, CLOSE-37, RACE-11 */
static void
the_other_of_the_last_two_leaves_while_one_is_dropped(void **state)
{
	struct world *w = *state;
	co_vc_t vc = call_with_parties(w, 2);
	co_party_t first = first_party(w, vc), second = second_party(w, vc);

	w->desk.answers[DESK_DROP] = CO_STATUS_PENDING;
	assert_int_equal(caller_drop_party(w->caller, first, 0, no_data), CO_STATUS_PENDING);
	assert_int_equal(desk_leave(&w->desk, second), CO_STATUS_SUCCESS);
	assert_int_equal(w->desk.n[DESK_DROP], 1);
	assert_int_equal(w->desk.n[DESK_CLOSE], 0);
	assert_int_equal(
		co_mcm_drop_party_complete(w->co, first, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->told.n_dropped, 1);
	assert_int_equal(w->desk.n[DESK_CLOSE], 1);
	assert_int_equal(w->desk.parties[w->desk.closed_party], second);
}

/* RACE-14, C-6 of the contract: the one that was being dropped stays, so the call does. */
static void
one_that_leaves_is_dropped_when_the_drop_of_the_other_fails(void **state)
{
	struct world *w = *state;
	co_vc_t vc = call_with_parties(w, 2);
	co_party_t first = first_party(w, vc), second = second_party(w, vc);

	w->desk.answers[DESK_DROP] = CO_STATUS_PENDING;
	assert_int_equal(caller_drop_party(w->caller, first, 0, no_data), CO_STATUS_PENDING);
	assert_int_equal(desk_leave(&w->desk, second), CO_STATUS_SUCCESS);
	w->desk.answers[DESK_DROP] = CO_STATUS_SUCCESS;
	assert_int_equal(
		co_mcm_drop_party_complete(w->co, first, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->told.dropped, CO_STATUS_FAILURE);
	assert_int_equal(w->desk.n[DESK_DROP], 2);
	assert_int_equal(w->desk.dropped, second);
	assert_int_equal(state_of(w, vc), CO_CALL_UP);
	assert_int_equal(first_party(w, vc), first);
	end(w, vc);
}

/* INCLOSE-5 */
static void
an_incoming_close_is_answered_when_all_parties_but_one_are_dropped(void **state)
{
	struct world *w = *state;
	co_vc_t vc = call_with_parties(w, 3);
	uint32_t i;

	w->desk.answers[DESK_DROP] = w->desk.answers[DESK_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(desk_hang_up(&w->desk, vc), CO_STATUS_SUCCESS);
	for (i = 1; i <= 2; i++) {
		assert_int_equal(w->desk.n[DESK_DROP], i);
		assert_int_equal(w->desk.n[DESK_CLOSE], 0);
		assert_int_equal(
			co_mcm_drop_party_complete(w->co, w->desk.dropped, CO_STATUS_SUCCESS),
			CO_STATUS_SUCCESS);
	}
	assert_int_equal(w->desk.n[DESK_CLOSE], 1);
	desk_closed(&w->desk, vc, CO_STATUS_SUCCESS);
	assert_int_equal(w->told.n_closed, 0);
}

/* ---- Refusals. ---- */

/* I8: a close that is owed is given until it is taken. */
static void
an_owed_close_that_is_refused_is_given_again(void **state)
{
	struct world *w = *state;
	co_vc_t vc = call_up(w);

	w->desk.n_refuse[DESK_CLOSE] = 2;
	assert_int_equal(desk_hang_up(&w->desk, vc), CO_STATUS_SUCCESS);
	assert_int_equal(w->desk.n[DESK_CLOSE], 1);
	caller_turn(w->caller, 8);
	assert_int_equal(w->desk.n[DESK_CLOSE], 2);
	caller_turn(w->caller, 8);
	assert_int_equal(w->desk.n[DESK_CLOSE], 3);
	assert_int_equal(caller_n_calls(w->caller), 0);
}

/* I8, CLOSE-26 */
static void
an_owed_close_that_fails_later_is_given_again(void **state)
{
	struct world *w = *state;
	co_vc_t vc = call_with_parties(w, 2);

	w->desk.answers[DESK_CLOSE] = CO_STATUS_PENDING;
	w->desk.n_refuse[DESK_DROP] = 1;
	assert_int_equal(desk_hang_up(&w->desk, vc), CO_STATUS_SUCCESS);
	assert_int_equal(w->desk.n[DESK_DROP], 1);
	caller_turn(w->caller, 8);
	assert_int_equal(w->desk.n[DESK_DROP], 2);
	desk_closed(&w->desk, vc, CO_STATUS_FAILURE);
	assert_int_equal(w->desk.n[DESK_CLOSE], 1);
	caller_turn(w->caller, 8);
	assert_int_equal(w->desk.n[DESK_CLOSE], 2);
	desk_closed(&w->desk, vc, CO_STATUS_SUCCESS);
}

/* CLOSE-26 */
static void
a_close_that_fails_leaves_the_call_up_and_can_be_repeated(void **state)
{
	struct world *w = *state;
	co_vc_t vc = call_up(w);

	w->desk.n_refuse[DESK_CLOSE] = 1;
	assert_int_equal(caller_close(w->caller, vc, 0, no_data), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->told.n_closed, 0);
	w->desk.answers[DESK_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(caller_close(w->caller, vc, 0, no_data), CO_STATUS_PENDING);
	desk_closed(&w->desk, vc, CO_STATUS_FAILURE);
	assert_int_equal(w->told.n_closed, 1);
	assert_int_equal(w->told.closed, CO_STATUS_FAILURE);
	assert_int_equal(state_of(w, vc), CO_CALL_UP);
	caller_turn(w->caller, 8);
	assert_int_equal(w->desk.n[DESK_CLOSE], 2); /* nobody has asked for more */
	end(w, vc);
}

/* DROP-1: the parties that are left stay, and so does the call. */
static void
a_close_ends_when_a_drop_of_it_is_refused(void **state)
{
	struct world *w = *state;
	co_vc_t vc = call_with_parties(w, 3);

	w->desk.answers[DESK_DROP] = CO_STATUS_PENDING;
	assert_int_equal(caller_close(w->caller, vc, 0, no_data), CO_STATUS_PENDING);
	assert_int_equal(co_mcm_drop_party_complete(w->co, w->desk.dropped, CO_STATUS_FAILURE),
		CO_STATUS_SUCCESS);
	assert_int_equal(w->told.n_closed, 1);
	assert_int_equal(w->told.closed, CO_STATUS_FAILURE);
	assert_int_equal(w->desk.n[DESK_DROP], 1);
	assert_int_equal(caller_n_parties(w->caller), 3);
	end(w, vc);
	assert_int_equal(w->told.n_closed, 2);
}

/* CLOSE-12, DROP-8 */
static void
data_that_is_refused_later_is_left_out(void **state)
{
	struct world *w = *state;
	co_vc_t vc = call_with_parties(w, 2);

	w->desk.answers[DESK_DROP] = w->desk.answers[DESK_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(caller_close(w->caller, vc, 0, data), CO_STATUS_PENDING);
	assert_int_equal(w->desk.data_size, 1);
	assert_int_equal(co_mcm_drop_party_complete(w->co, w->desk.dropped, CO_STATUS_INVALID_DATA),
		CO_STATUS_SUCCESS);
	assert_int_equal(w->desk.n[DESK_DROP], 2);
	assert_int_equal(w->desk.data_size, 0);
	assert_int_equal(co_mcm_drop_party_complete(w->co, w->desk.dropped, CO_STATUS_SUCCESS),
		CO_STATUS_SUCCESS);
	assert_int_equal(w->desk.data_size, 1);
	desk_closed(&w->desk, vc, CO_STATUS_INVALID_DATA);
	assert_int_equal(w->desk.n[DESK_CLOSE], 2);
	assert_int_equal(w->desk.data_size, 0);
	assert_int_equal(w->told.n_closed, 0);
	desk_closed(&w->desk, vc, CO_STATUS_SUCCESS);
	assert_int_equal(w->told.n_closed, 1);
	assert_int_equal(caller_n_without_data(w->caller), 2);
}

/* ---- AFs and SAPs that take their time. ---- */

static void
register_one(struct world *w)
{
	struct co_address address = address_of("4");
	enum co_status status = caller_register_sap(w->caller, w->desk.adapter, &address);

	assert_int_equal(status, w->desk.answers[DESK_REGISTER_SAP]);
}

/* AF-7 */
static void
nothing_can_be_done_until_the_af_is_open(void **state)
{
	struct world *w = *state;
	struct co_address address = address_of("4");

	w->desk.answers[DESK_OPEN_AF] = CO_STATUS_PENDING;
	desk_open(&w->desk, w->co);
	assert_int_equal(dial_as(w, false), -ENETUNREACH);
	assert_int_equal(
		caller_register_sap(w->caller, w->desk.adapter, &address), CO_STATUS_FAILURE);
	assert_int_equal(
		co_mcm_open_address_family_complete(w->co, w->desk.af, CO_STATUS_SUCCESS, 1),
		CO_STATUS_SUCCESS);
	end(w, call_up(w));
}

/* AF-8 */
static void
an_af_that_cannot_be_opened_is_forgotten(void **state)
{
	struct world *w = *state;

	w->desk.answers[DESK_OPEN_AF] = CO_STATUS_PENDING;
	desk_open(&w->desk, w->co);
	assert_int_equal(
		co_mcm_open_address_family_complete(w->co, w->desk.af, CO_STATUS_FAILURE, 0),
		CO_STATUS_SUCCESS);
	assert_int_equal(dial_as(w, false), -ENETUNREACH);
}

static void
a_client_that_is_shut_closes_an_af_when_it_has_been_opened(void **state)
{
	struct world *w = *state;

	w->desk.answers[DESK_OPEN_AF] = CO_STATUS_PENDING;
	desk_open(&w->desk, w->co);
	assert_false(caller_shut(w->caller));
	assert_int_equal(
		co_mcm_open_address_family_complete(w->co, w->desk.af, CO_STATUS_SUCCESS, 1),
		CO_STATUS_SUCCESS);
	caller_turn(w->caller, 8);
	assert_int_equal(w->desk.n[DESK_CLOSE_AF], 1);
}

static void
ask_to_close(struct world *w)
{
	assert_int_equal(co_mcm_notify_close_address_family(w->co, w->desk.af), CO_STATUS_PENDING);
}

/* AF-11, AF-17, RACE-21 */
static void
each_step_of_leaving_waits_for_the_one_before(void **state)
{
	struct world *w = *state;
	struct desk *d = &w->desk;
	co_vc_t vc;

	d->answers[DESK_REGISTER_SAP] = CO_STATUS_PENDING;
	register_one(w);
	vc = call_up(w);
	d->answers[DESK_CLOSE] = d->answers[DESK_DEREGISTER_SAP] = CO_STATUS_PENDING;
	d->answers[DESK_CLOSE_AF] = CO_STATUS_PENDING;
	ask_to_close(w);
	caller_turn(w->caller, 8);
	caller_turn(w->caller, 64);
	assert_int_equal(d->n[DESK_CLOSE], 1);
	desk_closed(d, vc, CO_STATUS_SUCCESS);
	caller_turn(w->caller, UINT32_MAX);
	assert_int_equal(d->n[DESK_DEREGISTER_SAP], 0); /* it is being registered */
	assert_int_equal(co_mcm_register_sap_complete(w->co, d->sap, CO_STATUS_SUCCESS, 1),
		CO_STATUS_SUCCESS);
	caller_turn(w->caller, UINT32_MAX);
	assert_int_equal(d->n[DESK_DEREGISTER_SAP], 1);
	assert_int_equal(d->n[DESK_CLOSE_AF], 0);
	assert_int_equal(co_mcm_deregister_sap_complete(w->co, d->sap), CO_STATUS_SUCCESS);
	caller_turn(w->caller, UINT32_MAX);
	assert_int_equal(d->n[DESK_CLOSE_AF], 1);
	assert_int_equal(d->n_notify_complete, 0);
	assert_int_equal(co_mcm_close_address_family_complete(w->co, d->af), CO_STATUS_SUCCESS);
	assert_int_equal(d->n_notify_complete, 1);
	caller_turn(w->caller, UINT32_MAX);
	assert_int_equal(d->n_notify_complete, 1);
}

/* AF-13 */
static void
a_call_manager_that_does_not_let_the_af_go_is_asked_again(void **state)
{
	struct world *w = *state;

	w->desk.n_refuse[DESK_CLOSE_AF] = 2;
	ask_to_close(w);
	caller_turn(w->caller, 8);
	caller_turn(w->caller, 8);
	assert_int_equal(w->desk.n[DESK_CLOSE_AF], 2);
	assert_int_equal(w->desk.n_notify_complete, 0);
	caller_turn(w->caller, 8);
	assert_int_equal(w->desk.n_notify_complete, 1);
}

/* I8, AF-11 */
static void
a_close_that_is_refused_while_leaving_is_given_again(void **state)
{
	struct world *w = *state;

	call_up(w);
	w->desk.n_refuse[DESK_CLOSE] = 3;
	ask_to_close(w);
	caller_turn(w->caller, 1024);
	caller_turn(w->caller, 1024);
	caller_turn(w->caller, 1024);
	caller_turn(w->caller, 1024);
	caller_turn(w->caller, 1024);
	assert_int_equal(w->desk.n[DESK_CLOSE], 4);
	assert_int_equal(w->desk.n_notify_complete, 1);
}

/* UNB-11, SAP-7 */
static void
a_sap_that_is_not_taken_again_is_kept_for_the_next_time(void **state)
{
	struct world *w = *state;
	int i;

	register_one(w);
	for (i = 0; i < 2; i++) {
		ask_to_close(w);
		caller_turn(w->caller, UINT32_MAX);
		assert_int_equal(
			co_mcm_withdraw_address_family(w->co, w->desk.adapter, CO_AF_LOCAL),
			CO_STATUS_SUCCESS);
		w->desk.n_refuse[DESK_REGISTER_SAP] = i == 0;
		assert_int_equal(
			co_mcm_register_address_family(w->co, w->desk.adapter, CO_AF_LOCAL),
			CO_STATUS_SUCCESS);
		caller_turn(w->caller, UINT32_MAX);
	}
	assert_int_equal(w->desk.n[DESK_REGISTER_SAP], 3);
	assert_int_equal(w->desk.n[DESK_DEREGISTER_SAP], 1); /* the first time it was there */
}

/* AF-11 */
static void
an_offer_to_a_client_that_leaves_is_refused(void **state)
{
	struct world *w = *state;
	co_vc_t vc = CO_NONE;

	register_one(w);
	ask_to_close(w);
	assert_int_equal(desk_offer(&w->desk, "4", &vc), CO_STATUS_CLOSING);
	caller_turn(w->caller, UINT32_MAX);
	assert_int_equal(w->desk.n[DESK_CLOSE_AF], 0);
	assert_int_equal(co_mcm_delete_vc(w->co, w->desk.adapter, vc), CO_STATUS_SUCCESS);
	caller_turn(w->caller, UINT32_MAX);
	assert_int_equal(w->desk.n_notify_complete, 1);
}

/* ---- VCs of the call manager. ---- */

/* RACE-22, CLOSE-24 */
static void
a_vc_of_the_call_manager_carries_one_call_after_the_other(void **state)
{
	static const struct attach_config config = {
		.n_attachments = 1,
		.caller = { .name = "attach", .n_calls = 4, .n_dials = 1 },
	};
	struct world *w = *state;
	struct co_address address = address_of("4");
	struct attach_info info;
	co_vc_t vc = CO_NONE;
	int i;

	assert_int_equal(attach_create(w->co, &config, &reports, &w->told, NULL, &w->attach), 0);
	assert_int_equal(attach_add(w->attach, &address, 0, true), 0);
	assert_int_equal(caller_register_sap(attach_caller(w->attach), w->desk.adapter, &address),
		CO_STATUS_SUCCESS);
	for (i = 0; i < 3; i++) {
		assert_int_equal(desk_offer(&w->desk, "4", &vc), CO_STATUS_SUCCESS);
		desk_connect(&w->desk, vc);
		assert_int_equal(attach_query(w->attach, 0, &info), 0);
		assert_true(info.busy);
		assert_int_equal(info.vc, vc);
		assert_int_equal(desk_hang_up(&w->desk, vc), CO_STATUS_SUCCESS);
		assert_int_equal(attach_query(w->attach, 0, &info), 0);
		assert_false(info.busy);
	}
	assert_int_equal(co_mcm_delete_vc(w->co, w->desk.adapter, vc), CO_STATUS_SUCCESS);
}

static void
add_echo(struct world *w)
{
	static const struct echo_config config = { .n_calls = 4, .n_packets = 4 };

	assert_int_equal(echo_create(w->co, &config, NULL, &w->echo), 0);
}

/* SAP-6 */
static void
an_address_that_is_given_up_is_gone_and_can_be_taken_again(void **state)
{
	struct world *w = *state;
	struct desk *d = &w->desk;
	struct co_address address = address_of("4");
	int i;

	add_echo(w);
	for (i = 1; i <= 2; i++) {
		assert_int_equal(echo_register(w->echo, d->adapter, &address), CO_STATUS_SUCCESS);
		echo_deregister(w->echo, d->adapter, &address);
		echo_deregister(w->echo, d->adapter, &address); /* it is not there any more */
		assert_int_equal(d->n[DESK_DEREGISTER_SAP], i);
	}
}

/* SAP-6 */
static void
an_address_that_is_given_up_while_it_is_registered_goes_when_it_has_been(void **state)
{
	struct world *w = *state;
	struct desk *d = &w->desk;
	struct co_address address = address_of("4");

	add_echo(w);
	d->answers[DESK_REGISTER_SAP] = d->answers[DESK_DEREGISTER_SAP] = CO_STATUS_PENDING;
	assert_int_equal(echo_register(w->echo, d->adapter, &address), CO_STATUS_PENDING);
	echo_deregister(w->echo, d->adapter, &address);
	assert_int_equal(d->n[DESK_DEREGISTER_SAP], 0);
	assert_int_equal(co_mcm_register_sap_complete(w->co, d->sap, CO_STATUS_SUCCESS, 1),
		CO_STATUS_SUCCESS);
	assert_int_equal(d->n[DESK_DEREGISTER_SAP], 1);
	assert_int_equal(co_mcm_deregister_sap_complete(w->co, d->sap), CO_STATUS_SUCCESS);
	echo_turn(w->echo, UINT32_MAX);
	assert_int_equal(d->n[DESK_REGISTER_SAP], 1);
}

#define OPEN(name) cmocka_unit_test_setup_teardown(name, setup_open, teardown)
#define CLOSED(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		OPEN(two_thousand_parties_that_go_at_once_need_no_stack),
		OPEN(what_ends_at_once_is_reported_once),
		OPEN(what_is_refused_at_once_is_not_reported),
		OPEN(calls_with_parties_are_as_many_as_there_is_room_for),
		OPEN(the_other_of_the_last_two_leaves_while_one_is_dropped),
		OPEN(one_that_leaves_is_dropped_when_the_drop_of_the_other_fails),
		OPEN(an_incoming_close_is_answered_when_all_parties_but_one_are_dropped),
		OPEN(an_owed_close_that_is_refused_is_given_again),
		OPEN(an_owed_close_that_fails_later_is_given_again),
		OPEN(a_close_that_fails_leaves_the_call_up_and_can_be_repeated),
		OPEN(a_close_ends_when_a_drop_of_it_is_refused),
		OPEN(data_that_is_refused_later_is_left_out),
		CLOSED(nothing_can_be_done_until_the_af_is_open),
		CLOSED(an_af_that_cannot_be_opened_is_forgotten),
		CLOSED(a_client_that_is_shut_closes_an_af_when_it_has_been_opened),
		OPEN(each_step_of_leaving_waits_for_the_one_before),
		OPEN(a_call_manager_that_does_not_let_the_af_go_is_asked_again),
		OPEN(a_close_that_is_refused_while_leaving_is_given_again),
		OPEN(a_sap_that_is_not_taken_again_is_kept_for_the_next_time),
		OPEN(an_offer_to_a_client_that_leaves_is_refused),
		OPEN(an_address_that_is_given_up_is_gone_and_can_be_taken_again),
		OPEN(an_address_that_is_given_up_while_it_is_registered_goes_when_it_has_been),
		OPEN(a_vc_of_the_call_manager_carries_one_call_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
