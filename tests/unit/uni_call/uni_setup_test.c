/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pair.h"

#include <cmocka.h>

static struct pair *
up(const struct pair_config *config)
{
	struct pair *p = pair_create(config);

	pair_up(p);
	return p;
}

static void
down(struct pair *p)
{
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

/* SIG-U1, U3, U5, U8, N1, N3, N4, N5, SIG-T1, T2, T5 stopped */
static void
a_user_s_call_goes_up_step_by_step(void **state)
{
	struct pair *p = up(NULL);
	uni_call_t ours = pair_call(p, USER), theirs;

	(void)state;
	pair_settle(p);
	theirs = p->end[NETWORK].call;
	assert_int_equal(pair_state(p, USER, ours), UNI_ST_OUT_PROCEEDING);
	assert_int_equal(pair_state(p, NETWORK, theirs), UNI_ST_OUT_PROCEEDING);
	assert_int_equal(p->end[USER].n_told[TOLD_PROCEEDING], 1);
	assert_int_equal(p->end[USER].cookie, 4711);
	assert_int_equal(uni_call_alert(p->end[NETWORK].u, theirs, p->now_ns), 0);
	pair_settle(p);
	assert_int_equal(pair_state(p, USER, ours), UNI_ST_DELIVERED);
	assert_int_equal(p->end[USER].n_told[TOLD_ALERTING], 1);
	assert_int_equal(uni_call_accept(p->end[NETWORK].u, theirs, p->now_ns), 0);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_CONNECTED], 1);
	pair_settle(p);
	assert_int_equal(pair_state(p, USER, ours), UNI_ST_ACTIVE);
	assert_int_equal(pair_state(p, NETWORK, theirs), UNI_ST_ACTIVE);
	assert_int_equal(p->end[USER].n_told[TOLD_CONNECTED], 1);
	assert_string_equal(pair_said(p, 0), "U SETUP");
	assert_string_equal(pair_said(p, 1), "N CALL_PROCEEDING vc 0/32");
	assert_string_equal(pair_said(p, 2), "N ALERTING");
	assert_string_equal(pair_said(p, 3), "N CONNECT");
	assert_string_equal(pair_said(p, 4), "U CONNECT_ACK");
	assert_int_equal(p->n, 5);
	pair_close(p, USER, ours, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-U2, U9, U10, U11, U14, N2, N8, N10, N11, N12 */
static void
a_network_s_call_goes_up_step_by_step(void **state)
{
	struct pair *p = up(NULL);
	uni_call_t ours = pair_call(p, NETWORK), theirs;

	(void)state;
	pair_settle(p);
	theirs = p->end[USER].call;
	assert_int_equal(pair_state(p, NETWORK, ours), UNI_ST_IN_PROCEEDING);
	assert_int_equal(pair_state(p, USER, theirs), UNI_ST_IN_PROCEEDING);
	assert_int_equal(uni_call_alert(p->end[USER].u, theirs, p->now_ns), 0);
	pair_settle(p);
	assert_int_equal(pair_state(p, NETWORK, ours), UNI_ST_RECEIVED);
	assert_int_equal(pair_state(p, USER, theirs), UNI_ST_RECEIVED);
	assert_int_equal(uni_call_accept(p->end[USER].u, theirs, p->now_ns), 0);
	assert_int_equal(pair_state(p, USER, theirs), UNI_ST_CONNECT_REQUEST);
	assert_int_equal(p->end[USER].n_told[TOLD_CONNECTED], 0);
	pair_settle(p);
	assert_int_equal(pair_state(p, NETWORK, ours), UNI_ST_ACTIVE);
	assert_int_equal(pair_state(p, USER, theirs), UNI_ST_ACTIVE);
	assert_int_equal(p->end[USER].n_told[TOLD_CONNECTED], 1);
	assert_string_equal(pair_said(p, 0), "N SETUP vc 0/32");
	assert_string_equal(pair_said(p, 1), "U CALL_PROCEEDING vc 0/32");
	assert_string_equal(pair_said(p, 4), "N CONNECT_ACK");
	pair_close(p, NETWORK, ours, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-U4, SIG-N4: the first response brings the VC, and T301 takes over from T303 */
static void
a_user_s_call_may_ring_at_once(void **state)
{
	struct pair *p = up(NULL);
	uni_call_t ours;

	(void)state;
	p->end[NETWORK].on_offer = PAIR_ALERT;
	ours = pair_call(p, USER);
	pair_settle(p);
	assert_string_equal(pair_said(p, 1), "N ALERTING vc 0/32");
	assert_int_equal(pair_state(p, USER, ours), UNI_ST_DELIVERED);
	assert_int_equal(pair_state(p, NETWORK, p->end[NETWORK].call), UNI_ST_DELIVERED);
	assert_int_equal(p->end[USER].n_told[TOLD_ALERTING], 1);
	assert_int_equal(p->end[USER].n_told[TOLD_PROCEEDING], 0);
	pair_run(p, 170000); /* T303, T310 would have ended it; T301 has not run out */
	assert_int_equal(pair_state(p, USER, ours), UNI_ST_DELIVERED);
	assert_int_equal(uni_call_accept(p->end[NETWORK].u, p->end[NETWORK].call, p->now_ns), 0);
	pair_settle(p);
	assert_string_equal(pair_said(p, 2), "N CONNECT");
	assert_int_equal(pair_state(p, USER, ours), UNI_ST_ACTIVE);
	pair_close(p, USER, ours, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-N9, SIG-U10 */
static void
a_network_s_call_may_ring_at_once(void **state)
{
	struct pair *p = up(NULL);
	uni_call_t ours;

	(void)state;
	p->end[USER].on_offer = PAIR_ALERT;
	ours = pair_call(p, NETWORK);
	pair_settle(p);
	assert_string_equal(pair_said(p, 1), "U ALERTING vc 0/32");
	assert_int_equal(pair_state(p, NETWORK, ours), UNI_ST_RECEIVED);
	assert_int_equal(pair_state(p, USER, p->end[USER].call), UNI_ST_RECEIVED);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_ALERTING], 1);
	pair_run(p, 170000);
	assert_int_equal(pair_state(p, NETWORK, ours), UNI_ST_RECEIVED);
	assert_int_equal(uni_call_accept(p->end[USER].u, p->end[USER].call, p->now_ns), 0);
	pair_settle(p);
	assert_int_equal(pair_state(p, NETWORK, ours), UNI_ST_ACTIVE);
	pair_close(p, NETWORK, ours, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-68 */
static void
an_immediate_answer_needs_no_call_proceeding(void **state)
{
	struct pair *p = up(NULL);
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	assert_string_equal(pair_said(p, 1), "N CONNECT vc 0/32");
	assert_int_equal(p->n, 3);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-U9, SIG-N3: after SIG-68 a request to proceed has been carried out already */
static void
asking_to_proceed_twice_is_no_error_and_says_nothing_more(void **state)
{
	struct pair *p = up(NULL);
	uni_call_t call;

	(void)state;
	p->end[NETWORK].on_offer = PAIR_PROCEED;
	call = pair_call(p, USER);
	pair_settle(p);
	assert_int_equal(uni_call_proceed(p->end[NETWORK].u, p->end[NETWORK].call, p->now_ns), 0);
	pair_settle(p);
	assert_int_equal(pair_count(p, NETWORK, UNI_MT_CALL_PROCEEDING), 1);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

static void
an_offer_brings_numbers_rates_and_the_other_elements(void **state)
{
	static const uint8_t uu[] = { 0x7e, 0x80, 0, 3, 4, 'h', 'i' };
	const struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 2, .octets = "42" },
		.fwd_peak = 5000,
		.bwd_peak = 6000,
		.elements = uu,
		.elements_len = sizeof(uu),
	};
	struct pair *p = up(NULL);
	const struct uni_setup *got = &p->end[NETWORK].setup;
	uni_call_t call;

	(void)state;
	assert_int_equal(uni_call_setup(p->end[USER].l, &setup, 1, p->now_ns, &call), 0);
	pair_settle(p);
	assert_int_equal(got->called.type, UNI_ADDRESS_E164);
	assert_int_equal(got->called.len, 2);
	assert_memory_equal(got->called.octets, "42", 2);
	assert_int_equal(got->calling.type, UNI_ADDRESS_NONE);
	assert_int_equal(got->fwd_peak, 5000);
	assert_int_equal(got->bwd_peak, 6000);
	assert_false(got->best_effort);
	assert_true(got->elements_len > sizeof(uu));
	assert_memory_equal(got->elements + got->elements_len - sizeof(uu), uu, sizeof(uu));
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

static bool
was_said(const struct pair *p, const uint8_t *octets, size_t len)
{
	uint32_t i;

	for (i = 0; i < p->n; i++)
		if (memmem(p->messages[i].octets, p->messages[i].len, octets, len) != NULL)
			return true;
	return false;
}

/* SIG-34, SIG-36: a sustainable rate is said with its burst, in its direction, and not without. */
static void
sustainable_rates_and_bursts_arrive_in_their_direction(void **state)
{
	static const uint8_t descriptor[] = { 0x59, 0x80, 0, 16, 0x84, 0, 0x13, 0x88, 0x85, 0, 0x17,
		0x70, 0x90, 0, 0x03, 0xe8, 0xb0, 0, 0, 0x64 };
	struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 2, .octets = "42" },
		.fwd_peak = 5000,
		.bwd_peak = 6000,
		.fwd_sustained = 1000,
		.fwd_burst = 100,
		.bwd_burst = 7, /* of no rate */
	};
	struct pair *p = up(NULL);
	const struct uni_setup *got = &p->end[NETWORK].setup;
	uni_call_t call;

	(void)state;
	assert_int_equal(uni_call_setup(p->end[USER].l, &setup, 1, p->now_ns, &call), 0);
	pair_settle(p);
	assert_true(was_said(p, descriptor, sizeof(descriptor)));
	assert_int_equal(got->fwd_sustained, 1000);
	assert_int_equal(got->fwd_burst, 100);
	assert_int_equal(got->bwd_sustained + got->bwd_burst, 0);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	setup.bwd_sustained = 2000;
	setup.multipoint = true; /* one-way */
	assert_int_equal(uni_call_setup(p->end[USER].l, &setup, 1, p->now_ns, &call), 0);
	pair_settle(p);
	assert_int_equal(got->fwd_sustained, 1000);
	assert_int_equal(got->bwd_sustained + got->bwd_burst, 0);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	setup.fwd_sustained = 0x1000000;
	assert_int_equal(uni_call_setup(p->end[USER].l, &setup, 1, p->now_ns, &call), -EINVAL);
	down(p);
}

/* SIG-26, section 7: cause 37 names the subfields that could not be had. */
static void
a_refusal_for_lack_of_bandwidth_names_the_directions(void **state)
{
	struct pair *p = up(NULL);
	const struct pair_end *user = &p->end[USER], *network = &p->end[NETWORK];
	unsigned int i;

	(void)state;
	for (i = 1; i < 4; i++) {
		pair_call(p, USER);
		pair_run(p, 5); /* nothing is said of the offer yet */
		assert_int_equal(uni_call_refuse_rates(network->u, network->call, (i & 1) != 0,
					 (i & 2) != 0, p->now_ns),
			0);
		pair_settle(p);
		assert_int_equal(user->n_told[TOLD_RELEASED], i);
		assert_int_equal(user->cause, UNI_CAUSE_RATE_NOT_AVAILABLE);
		assert_int_equal(user->diagnostics_len, i == 3 ? 2 : 1);
		assert_int_equal(user->diagnostics[0], i == 2 ? 0x85 : 0x84);
		if (i == 3)
			assert_int_equal(user->diagnostics[1], 0x85);
	}
	down(p);
}

/* SIG-39: what came as coded goes out as coded, in place of what the fields say */
static void
an_element_given_as_coded_replaces_its_field(void **state)
{
	struct pair *p = up(NULL);
	struct uni_setup again;
	uni_call_t first, second;

	(void)state;
	first = pair_call(p, USER);
	pair_settle(p);
	again = p->end[NETWORK].setup;
	again.fwd_peak = 1;
	assert_int_equal(uni_call_setup(p->end[NETWORK].l, &again, 2, p->now_ns, &second), 0);
	pair_settle(p);
	assert_int_equal(p->end[USER].setup.fwd_peak, 1000);
	assert_int_equal(p->end[USER].setup.elements_len, again.elements_len);
	assert_memory_equal(p->end[USER].setup.calling.octets, "678", 3);
	pair_close(p, USER, first, UNI_CAUSE_NORMAL);
	pair_close(p, NETWORK, second, UNI_CAUSE_NORMAL);
	down(p);
}

static void
a_setup_that_cannot_be_said_takes_nothing(void **state)
{
	static const uint8_t cut[] = { 0x7e, 0x80, 0, 9, 4 };
	static uint8_t huge[1100] = { 0x58, 0x80, 0x04, 0x40 };
	struct pair *p = up(NULL);
	struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 16, .octets = "1234567890123456" },
	};
	uni_call_t call;

	(void)state;
	assert_int_equal(uni_call_setup(p->end[USER].l, &setup, 0, p->now_ns, &call), -EINVAL);
	setup.called.len = 3;
	setup.elements = cut;
	setup.elements_len = sizeof(cut);
	assert_int_equal(uni_call_setup(p->end[USER].l, &setup, 0, p->now_ns, &call), -EINVAL);
	setup.elements = huge;
	setup.elements_len = 4 + 0x440;
	assert_int_equal(uni_call_setup(p->end[NETWORK].l, &setup, 0, p->now_ns, &call), -EMSGSIZE);
	assert_int_equal(p->n, 0);
	down(p);
}

/* SIG-T2, SIG-U7 */
static void
an_unanswered_setup_is_sent_twice_and_then_given_up(void **state)
{
	struct pair *p = up(NULL);
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		uint32_t n = p->n;

		p->end[!side].deaf = true;
		pair_call(p, side);
		pair_run(p, 3999);
		assert_int_equal(p->n, n + 1);
		pair_run(p, 2);
		assert_int_equal(p->n, n + 2);
		assert_int_equal(p->messages[n].len, p->messages[n + 1].len);
		assert_memory_equal(
			p->messages[n].octets, p->messages[n + 1].octets, p->messages[n].len);
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 0);
		pair_run(p, 4001);
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 1);
		assert_int_equal(p->end[side].cause, UNI_CAUSE_NO_USER_RESPONDING);
		p->end[!side].deaf = false;
	}
	down(p);
}

/* SIG-T2: the second SETUP is as good as the first */
static void
a_setup_that_was_lost_once_still_succeeds(void **state)
{
	struct pair *p = up(NULL);
	uni_call_t call;

	(void)state;
	p->end[NETWORK].deaf = true;
	p->end[NETWORK].on_offer = PAIR_ACCEPT;
	call = pair_call(p, USER);
	pair_run(p, 2000);
	p->end[NETWORK].deaf = false;
	pair_run(p, 3000);
	assert_int_equal(pair_state(p, USER, call), UNI_ST_ACTIVE);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-T5: 30 s in the user role, 10 s in the network role */
static void
t310_ends_a_call_that_only_proceeds(void **state)
{
	static const uint32_t interval_ms[] = { [USER] = 30000, [NETWORK] = 10000 };
	struct pair *p = up(NULL);
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		pair_call(p, side);
		pair_settle(p);
		pair_run(p, interval_ms[side] - 10);
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 0);
		pair_run(p, 30);
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 1);
		assert_int_equal(p->end[side].cause, UNI_CAUSE_NO_USER_RESPONDING);
		assert_int_equal(p->end[!side].n_told[TOLD_RELEASED], 1);
		assert_int_equal(p->end[!side].n_told[TOLD_COMPLETE], 1);
	}
	down(p);
}

/* SIG-T1 */
static void
t301_ends_a_call_that_only_rings(void **state)
{
	struct pair *p;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		struct uni_link_params params;
		struct pair_config config = { .n_calls = 4 };

		/* the called side's own patience, SIG-66, is as long; let it be longer here */
		uni_link_params_default(&params, side == USER ? UNI_ROLE_NETWORK : UNI_ROLE_USER);
		params.t_answer_ms = 200000;
		config.params[!side] = &params;
		p = up(&config);
		p->end[!side].on_offer = PAIR_ALERT;
		pair_call(p, side);
		pair_run(p, 179000);
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 0);
		pair_run(p, 1100);
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 1);
		assert_int_equal(p->end[side].cause, UNI_CAUSE_NO_ANSWER);
		down(p);
	}
}

/* SIG-T6 */
static void
t313_ends_a_call_whose_connect_is_not_acknowledged(void **state)
{
	struct pair *p = up(NULL);

	(void)state;
	pair_call(p, NETWORK);
	pair_settle(p);
	p->end[NETWORK].deaf = true;
	assert_int_equal(uni_call_accept(p->end[USER].u, p->end[USER].call, p->now_ns), 0);
	pair_run(p, 3990);
	p->end[NETWORK].deaf = false;
	assert_int_equal(p->end[USER].n_told[TOLD_GONE], 0);
	pair_run(p, 30);
	assert_int_equal(p->end[USER].n_told[TOLD_GONE], 1);
	assert_int_equal(p->end[USER].cause, UNI_CAUSE_TIMER);
	assert_memory_equal(p->end[USER].diagnostics, "313", 3);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_RELEASED], 1);
	assert_memory_equal(p->end[NETWORK].diagnostics, "313", 3);
	down(p);
}

/* SIG-66 */
static void
a_side_that_never_answers_is_bounded(void **state)
{
	struct uni_link_params params[2];
	struct pair_config config = { .params = { &params[USER], &params[NETWORK] } };
	struct pair *p;
	int side;

	(void)state;
	uni_link_params_default(&params[USER], UNI_ROLE_USER);
	uni_link_params_default(&params[NETWORK], UNI_ROLE_NETWORK);
	params[USER].t_answer_ms = params[NETWORK].t_answer_ms = 2000;
	p = up(&config);
	for (side = 0; side < 2; side++) {
		pair_call(p, !side);
		pair_run(p, 2050);
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 1);
		assert_int_equal(p->end[side].cause, UNI_CAUSE_NO_ANSWER);
		assert_int_equal(p->end[!side].n_told[TOLD_RELEASED], 1);
	}
	down(p);
}

/* SIG-66: the one who owes the answer to a RELEASE hears that it need not come any more */
static void
an_answer_that_is_owed_too_long_is_given_by_itself(void **state)
{
	struct uni_link_params params;
	struct pair_config config = { .params = { NULL, &params } };
	struct pair *p;
	uni_call_t call;

	(void)state;
	uni_link_params_default(&params, UNI_ROLE_NETWORK);
	params.t_answer_ms = 2000;
	p = up(&config);
	call = pair_call_up(p, USER);
	p->end[NETWORK].on_released = PAIR_WAIT;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_run(p, 2050);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_RELEASED], 1);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_GONE], 1);
	assert_int_equal(p->end[USER].n_told[TOLD_COMPLETE], 1);
	assert_int_equal(
		uni_call_close(p->end[NETWORK].u, p->end[NETWORK].call, 16, NULL, 0, p->now_ns),
		-ESTALE);
	down(p);
}

/* SIG-72 */
static void
an_offer_above_the_limit_is_refused_with_47(void **state)
{
	struct uni_link_params params;
	struct pair_config config = { .params = { NULL, &params } };
	struct pair *p;
	uni_call_t first;

	(void)state;
	uni_link_params_default(&params, UNI_ROLE_NETWORK);
	params.max_offers = 1;
	p = up(&config);
	first = pair_call(p, USER);
	pair_settle(p);
	pair_call(p, USER);
	pair_settle(p);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_OFFER], 1);
	assert_int_equal(p->end[USER].n_told[TOLD_GONE], 1);
	assert_int_equal(p->end[USER].cause, UNI_CAUSE_NO_RESOURCE);
	/* the limit is on offers pending, not on calls */
	assert_int_equal(uni_call_accept(p->end[NETWORK].u, p->end[NETWORK].call, p->now_ns), 0);
	pair_settle(p);
	pair_close(p, USER, pair_call_up(p, USER), UNI_CAUSE_NORMAL);
	pair_close(p, USER, first, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-72 */
static void
a_draining_link_refuses_with_41_and_sets_nothing_up(void **state)
{
	struct pair *p = up(NULL);
	uni_call_t call = pair_call_up(p, USER), other;
	const struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 1, .octets = "1" },
	};

	(void)state;
	uni_link_drain(p->end[NETWORK].l, true);
	assert_int_equal(
		uni_call_setup(p->end[NETWORK].l, &setup, 0, p->now_ns, &other), -ESHUTDOWN);
	pair_call(p, USER);
	pair_settle(p);
	assert_int_equal(p->end[USER].n_told[TOLD_GONE], 1);
	assert_int_equal(p->end[USER].cause, UNI_CAUSE_TEMPORARY_FAILURE);
	assert_int_equal(pair_state(p, USER, call), UNI_ST_ACTIVE);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

/* Running out is an answer, and leaves what is there alone (design 9). */
static void
running_out_of_calls_and_setups_is_told(void **state)
{
	struct pair_config config = { .n_calls = 4, .n_setups = 2 };
	const struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 1, .octets = "1" },
	};
	struct pair *p = up(&config);
	uni_call_t calls[4], more;
	int i;

	(void)state;
	p->end[USER].no_credit = true;
	pair_call(p, USER);
	pair_call(p, USER);
	assert_int_equal(uni_call_setup(p->end[USER].l, &setup, 0, p->now_ns, &more), -EAGAIN);
	p->end[USER].no_credit = false;
	p->end[NETWORK].on_offer = PAIR_REFUSE;
	pair_settle(p);
	assert_true(pair_is_clean(p));
	for (i = 0; i < 4; i++)
		calls[i] = pair_call_up(p, i % 2);
	assert_int_equal(uni_call_setup(p->end[USER].l, &setup, 0, p->now_ns, &more), -ENOSPC);
	for (i = 0; i < 4; i++)
		pair_close(p, i % 2, calls[i], UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-72, cause 47: the peer's calls when there is no record */
static void
a_call_for_which_there_is_no_record_is_refused_with_47(void **state)
{
	struct pair *p = up(NULL);
	struct pair_config small = { .n_calls = 1 };
	struct pair *q = up(&small);
	uni_call_t call;

	(void)state;
	call = pair_call_up(q, USER);
	pair_inject(q, NETWORK,
		"09030000630580002859800008840003e8850003e85e80000281807080000c91313430383535353132"
		"31"
		"325c8000020000");
	assert_string_equal(pair_said_last(q), "N RELEASE_COMPLETE 47");
	q->head = q->n;
	pair_close(q, USER, call, UNI_CAUSE_NORMAL);
	down(q);
	down(p);
}

/* I9 */
static void
a_stale_handle_finds_nobody(void **state)
{
	struct pair *p = up(NULL);
	uni_call_t call = pair_call_up(p, USER);
	struct uni_call_info info;

	(void)state;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_int_equal(uni_call_query(p->end[USER].u, call, &info), -ESTALE);
	assert_int_equal(uni_call_set_cookie(p->end[USER].u, call, 1), -ESTALE);
	assert_int_equal(uni_call_accept(p->end[USER].u, call, p->now_ns), -ESTALE);
	assert_int_equal(uni_call_close(p->end[USER].u, call, 16, NULL, 0, p->now_ns), -ESTALE);
	assert_int_equal(uni_call_close(p->end[USER].u, 0, 16, NULL, 0, p->now_ns), -ESTALE);
	assert_int_equal(
		uni_call_close(p->end[USER].u, UINT32_MAX, 16, NULL, 0, p->now_ns), -ESTALE);
	down(p);
}

static void
a_request_that_the_state_does_not_allow_changes_nothing(void **state)
{
	struct pair *p = up(NULL);
	uni_call_t call = pair_call(p, USER);

	(void)state;
	assert_int_equal(uni_call_accept(p->end[USER].u, call, p->now_ns), -EPROTO);
	assert_int_equal(uni_call_alert(p->end[USER].u, call, p->now_ns), -EPROTO);
	assert_int_equal(uni_call_refuse(p->end[USER].u, call, 21, p->now_ns), -EPROTO);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

/* sdu_ready is called when there is something again, not for each message */
static void
the_transport_is_told_once_until_it_has_pulled_dry(void **state)
{
	struct pair *p = up(NULL);
	uint32_t before = p->end[USER].n_ready;
	uni_call_t calls[3];
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		calls[i] = pair_call(p, USER);
	assert_int_equal(p->end[USER].n_ready, before + 1);
	p->end[NETWORK].on_offer = PAIR_REFUSE;
	pair_settle(p);
	calls[0] = pair_call(p, USER);
	assert_int_equal(p->end[USER].n_ready, before + 2);
	pair_close(p, USER, calls[0], UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-N12: the upper layer may object */
static void
closing_inside_connected_is_the_objection_to_complete(void **state)
{
	struct pair *p = up(NULL);
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		p->end[!side].on_offer = PAIR_ACCEPT;
		p->end[side].on_connected = PAIR_CLOSE;
		pair_call(p, side);
		pair_settle(p);
		assert_int_equal(p->end[side].n_told[TOLD_CONNECTED], 1);
		assert_int_equal(p->end[side].n_told[TOLD_COMPLETE], 1);
		assert_int_equal(p->end[!side].n_told[TOLD_RELEASED], 1);
		p->end[side].on_connected = PAIR_WAIT;
		p->end[!side].on_offer = PAIR_WAIT;
		memset(p->end[side].n_told, 0, sizeof(p->end[side].n_told));
		memset(p->end[!side].n_told, 0, sizeof(p->end[!side].n_told));
	}
	assert_int_equal(pair_count(p, NETWORK, UNI_MT_CONNECT_ACK), 0);
	down(p);
}

static void
a_query_tells_what_a_call_is(void **state)
{
	struct pair *p = up(NULL);
	uni_call_t call = pair_call_up(p, USER);
	struct uni_call_info info;

	(void)state;
	assert_int_equal(uni_call_query(p->end[USER].u, call, &info), 0);
	assert_ptr_equal(info.link, p->end[USER].l);
	assert_int_equal(info.state, UNI_ST_ACTIVE);
	assert_true(info.ours);
	assert_int_equal(info.label, 32);
	assert_int_equal(info.called.len, 5);
	assert_int_equal(info.cookie, 4711);
	assert_int_equal(info.connected_ns, p->now_ns);
	assert_string_equal(uni_call_state_name(UNI_ROLE_USER, info.state), "U10");
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_s_call_goes_up_step_by_step),
		cmocka_unit_test(a_network_s_call_goes_up_step_by_step),
		cmocka_unit_test(a_user_s_call_may_ring_at_once),
		cmocka_unit_test(a_network_s_call_may_ring_at_once),
		cmocka_unit_test(an_immediate_answer_needs_no_call_proceeding),
		cmocka_unit_test(asking_to_proceed_twice_is_no_error_and_says_nothing_more),
		cmocka_unit_test(an_offer_brings_numbers_rates_and_the_other_elements),
		cmocka_unit_test(sustainable_rates_and_bursts_arrive_in_their_direction),
		cmocka_unit_test(a_refusal_for_lack_of_bandwidth_names_the_directions),
		cmocka_unit_test(an_element_given_as_coded_replaces_its_field),
		cmocka_unit_test(a_setup_that_cannot_be_said_takes_nothing),
		cmocka_unit_test(an_unanswered_setup_is_sent_twice_and_then_given_up),
		cmocka_unit_test(a_setup_that_was_lost_once_still_succeeds),
		cmocka_unit_test(t310_ends_a_call_that_only_proceeds),
		cmocka_unit_test(t301_ends_a_call_that_only_rings),
		cmocka_unit_test(t313_ends_a_call_whose_connect_is_not_acknowledged),
		cmocka_unit_test(a_side_that_never_answers_is_bounded),
		cmocka_unit_test(an_answer_that_is_owed_too_long_is_given_by_itself),
		cmocka_unit_test(an_offer_above_the_limit_is_refused_with_47),
		cmocka_unit_test(a_draining_link_refuses_with_41_and_sets_nothing_up),
		cmocka_unit_test(running_out_of_calls_and_setups_is_told),
		cmocka_unit_test(a_call_for_which_there_is_no_record_is_refused_with_47),
		cmocka_unit_test(a_stale_handle_finds_nobody),
		cmocka_unit_test(a_request_that_the_state_does_not_allow_changes_nothing),
		cmocka_unit_test(the_transport_is_told_once_until_it_has_pulled_dry),
		cmocka_unit_test(closing_inside_connected_is_the_objection_to_complete),
		cmocka_unit_test(a_query_tells_what_a_call_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
