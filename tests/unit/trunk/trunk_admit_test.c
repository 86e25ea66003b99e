/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls and the bandwidth of their trunk, from the client's request to the end of the VC. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_ethdev.h>

#include "../base/random.h"
#include "pairing.h"
#include "uni/clearing.h"

#include <cmocka.h>

/* What a call of the chain asks for: whole cells of 48 octets. */
#define TX UINT64_C(96000)
#define RX UINT64_C(48000)
#define ROOM (2 * TX + 100)

static void
create(void **state, bool user_is_mcm, bool network_is_mcm, enum chain_side bounded)
{
	struct chain_config config = {
		.mcm = { user_is_mcm, network_is_mcm }, .meter = true, .port_down_clears = true
	};

	config.bandwidth[bounded] = ROOM;
	*state = chain_create(&config);
}

#define SETUP(pair, user_is_mcm, network_is_mcm)                                                   \
	static int near_##pair(void **state)                                                       \
	{                                                                                          \
		create(state, user_is_mcm, network_is_mcm, USER);                                  \
		return 0;                                                                          \
	}                                                                                          \
	static int far_##pair(void **state)                                                        \
	{                                                                                          \
		create(state, user_is_mcm, network_is_mcm, NETWORK);                               \
		return 0;                                                                          \
	}

SETUP(mcm_mcm, true, true)
SETUP(mcm_cm, true, false)
SETUP(cm_mcm, false, true)
SETUP(cm_cm, false, false)

static struct ethvc_admission
admission_of(const struct chain *ch, enum chain_side side)
{
	struct ethvc_admission admission;

	trunk_admission(ch, side, &admission);
	return admission;
}

/* Towards the network and back, at both ends: what the one sends the other receives. */
static void
expect_reserved(const struct chain *ch, uint64_t forward, uint64_t backward)
{
	struct ethvc_admission user = admission_of(ch, USER), network = admission_of(ch, NETWORK);

	assert_true(user.reserved_tx == forward);
	assert_true(network.reserved_rx == forward);
	assert_true(user.reserved_rx == backward);
	assert_true(network.reserved_tx == backward);
}

static uint64_t
n_refused(const struct chain *ch, enum chain_side side)
{
	struct ethvc_admission admission = admission_of(ch, side);

	return admission.refusals[ETHVC_REFUSED_RX] + admission.refusals[ETHVC_REFUSED_TX];
}

static struct chain_call *
call_with(struct chain *ch, uint64_t tx, uint64_t rx, enum co_status *status)
{
	struct chain_call *call = chain_create_vc(ch, USER);

	chain_fill_params(&ch->client[USER], &call->params);
	call->params.tx.peak_rate = tx;
	call->params.rx.peak_rate = rx;
	*status = co_cl_make_call(call->client->co, call->vc, &call->params);
	return call;
}

static void
close_all(struct chain *ch)
{
	uint32_t i;

	for (i = 0; i < ch->client[USER].n_calls; i++)
		if (ch->client[USER].calls[i].vc != CO_NONE)
			chain_close(&ch->client[USER].calls[i], NULL, 0);
	chain_run_until(ch, chain_is_idle, 2000);
	expect_reserved(ch, 0, 0);
}

/* ---- Calls. ---- */

static void
set_port(struct chain *ch, bool up)
{
	uint16_t ethdev = trunk_net(ch)->ethdev[trunk_port(USER)];

	assert_int_equal(
		up ? rte_eth_dev_set_link_up(ethdev) : rte_eth_dev_set_link_down(ethdev), 0);
}

/* ACT-4, MAKE-6: SETUP would be of no use. */
static void
a_call_that_does_not_fit_where_it_is_made_is_refused_before_anything_is_said(void **state)
{
	struct chain *ch = *state;
	struct chain_call *first = chain_call_up(ch, USER), *call;

	chain_call_up(ch, USER);
	expect_reserved(ch, 2 * TX, 2 * RX);
	chain_forget_steps(ch);
	call = chain_create_vc(ch, USER);
	assert_int_equal(chain_make_call(call), CO_STATUS_RESOURCES);
	assert_int_equal(call->params.cause, UNI_CAUSE_RATE_NOT_AVAILABLE);
	assert_int_equal(chain_delete(call), CO_STATUS_SUCCESS);
	chain_run_ms(ch, 50);
	assert_false(chain_has_step(ch, USER, "-> SETUP"));
	assert_int_equal(n_refused(ch, USER), 1);
	assert_true(first->up && ch->client[USER].calls[1].up);
	expect_reserved(ch, 2 * TX, 2 * RX);
	assert_int_equal(chain_close(first, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	expect_reserved(ch, TX, RX);
	chain_call_up(ch, USER);
	close_all(ch);
}

/* SIG-34, INCALL-1: RELEASE COMPLETE names the rate that cannot be had; nobody is offered it. */
static void
a_call_that_does_not_fit_where_it_arrives_is_refused_with_cause_37(void **state)
{
	struct chain *ch = *state;
	struct uni_elements came;
	struct uni_release release;
	struct chain_call *call;

	chain_call_up(ch, USER);
	chain_call_up(ch, USER);
	chain_forget_steps(ch);
	call = chain_call(ch, USER);
	chain_run_ms(ch, 50);
	assert_true(chain_has_step(ch, NETWORK, "-> RELEASE COMPLETE"));
	assert_false(chain_has_step(ch, NETWORK, "client.incoming_call"));
	assert_int_equal(call->n_made, 1);
	assert_int_equal(call->make_status, CO_STATUS_RESOURCES);
	assert_int_equal(call->cause, UNI_CAUSE_RATE_NOT_AVAILABLE);
	came = (struct uni_elements){ call->came.octets, call->came.size };
	assert_int_equal(uni_clearing_decode(&release, &came), 0);
	assert_int_equal(release.cause, UNI_CAUSE_RATE_NOT_AVAILABLE);
	assert_int_equal(release.diagnostics_len, 1);
	assert_int_equal(release.diagnostics[0], 0x84); /* backward there is enough */
	assert_int_equal(n_refused(ch, NETWORK), 1);
	expect_reserved(ch, 2 * TX, 2 * RX);
	close_all(ch);
}

static void
a_call_without_a_rate_always_fits(void **state)
{
	struct chain *ch = *state;
	enum co_status status;
	struct chain_call *call;

	chain_call_up(ch, USER);
	chain_call_up(ch, USER);
	call = call_with(ch, 0, 0, &status);
	assert_int_equal(status, CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	assert_true(call->up);
	expect_reserved(ch, 2 * TX, 2 * RX);
	close_all(ch);
}

/* INCALL-7, MAKE-5: what was reserved for it is free when the call has not come about. */
static void
a_call_that_is_declined_leaves_nothing_reserved(void **state)
{
	struct chain *ch = *state;

	ch->client[NETWORK].answer = CO_STATUS_NOT_ACCEPTED;
	chain_call(ch, USER);
	chain_run_until(ch, chain_is_idle, 2000);
	expect_reserved(ch, 0, 0);
}

/* INCLOSE-19, SIG-98: it has its bandwidth from the offer on, and is withdrawn unanswered. */
static void
an_offer_has_its_bandwidth_until_it_is_withdrawn(void **state)
{
	struct chain *ch = *state;

	ch->client[NETWORK].answer = CO_STATUS_PENDING;
	chain_call(ch, USER);
	chain_run_ms(ch, 50);
	expect_reserved(ch, TX, RX);
	set_port(ch, false);
	chain_run_ms(ch, 30000);
	expect_reserved(ch, 0, 0);
	set_port(ch, true);
	chain_run_ms(ch, 60000);
}

/* OBJ-6, ADD-3: one copy of what is sent crosses the trunk, one way. */
static void
a_multipoint_call_is_counted_once_whatever_its_parties(void **state)
{
	struct chain *ch = *state;
	struct chain_party *parties[3];
	struct chain_call *call = chain_multipoint_up(ch, USER, 3, parties);

	expect_reserved(ch, TX, 0);
	assert_int_equal(admission_of(ch, NETWORK).n_vcs, 3);
	assert_int_equal(chain_drop(parties[0], NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	expect_reserved(ch, TX, 0);
	assert_int_equal(admission_of(ch, NETWORK).n_vcs, 2);
	chain_tear_down(call);
	chain_run_until(ch, chain_is_idle, 2000);
	expect_reserved(ch, 0, 0);
}

static enum co_status
connect_pvc(struct chain *ch, struct co_pvc *pvc, struct chain_call **out)
{
	struct chain_call *call = chain_create_vc(ch, USER);
	enum co_status status;

	*out = call;
	assert_int_equal(callmgr_pvc_add(chain_callmgr(ch, USER), pvc), 0);
	call->params.flags = CO_CALL_F_PERMANENT;
	call->params.media.label = pvc->label;
	status = co_cl_make_call(call->client->co, call->vc, &call->params);
	chain_run_ms(ch, 5);
	return status;
}

/* MAKE-12 */
static void
a_permanent_circuit_takes_its_rates_too(void **state)
{
	struct chain *ch = *state;
	struct co_pvc large = { .label = 4000, .tx.peak_rate = ROOM + 48, .rx.peak_rate = RX };
	struct co_pvc fitting = { .label = 4001, .tx.peak_rate = TX, .rx.peak_rate = RX };
	struct chain_call *call;

	assert_int_equal(connect_pvc(ch, &large, &call), CO_STATUS_RESOURCES);
	assert_int_equal(call->params.cause, UNI_CAUSE_RATE_NOT_AVAILABLE);
	assert_int_equal(chain_delete(call), CO_STATUS_SUCCESS);
	assert_int_equal(callmgr_pvc_remove(chain_callmgr(ch, USER), large.label), 0);
	assert_int_equal(connect_pvc(ch, &fitting, &call), CO_STATUS_PENDING);
	assert_true(call->up);
	assert_true(admission_of(ch, USER).reserved_tx == TX);
	assert_true(admission_of(ch, USER).reserved_rx == RX);
	close_all(ch);
	assert_int_equal(callmgr_pvc_remove(chain_callmgr(ch, USER), fitting.label), 0);
}

/* ---- Changes. ---- */

/* QOS-3, QOS-6, SIG-112 */
static void
a_change_that_does_not_fit_is_refused_and_a_lower_one_is_not(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);
	enum co_status status;

	chain_call_up(ch, USER);
	status = chain_modify(call, 2 * TX, RX);
	chain_run_ms(ch, 50);
	if (status == CO_STATUS_PENDING) /* the other end has refused it */
		status = call->modify_status;
	assert_int_equal(status, CO_STATUS_FAILURE);
	assert_int_equal(call->asked.cause, UNI_CAUSE_RATE_NOT_AVAILABLE);
	expect_reserved(ch, 2 * TX, 2 * RX);
	assert_int_equal(chain_modify(call, TX / 2, RX / 2), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	assert_int_equal(call->modify_status, CO_STATUS_SUCCESS);
	expect_reserved(ch, TX + TX / 2, RX + RX / 2);
	assert_int_equal(chain_modify(call, TX, RX / 2), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	expect_reserved(ch, 2 * TX, RX + RX / 2);
	close_all(ch);
}

/* SIG-M1, SIG-M6, SIG-113: the larger of old and new, as long as it is open which it is to be. */
static void
while_a_change_is_open_the_larger_rates_are_reserved(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);

	ch->client[NETWORK].change_answer = CO_STATUS_PENDING;
	assert_int_equal(chain_modify(call, TX / 2, 2 * RX), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	expect_reserved(ch, TX, 2 * RX);
	assert_int_equal(chain_answer_change(ch->client[NETWORK].last, CO_STATUS_FAILURE),
		CO_STATUS_SUCCESS);
	chain_run_ms(ch, 50);
	assert_int_equal(call->modify_status, CO_STATUS_FAILURE);
	expect_reserved(ch, TX, RX);
	assert_int_equal(chain_modify(call, TX / 2, 2 * RX), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	assert_int_equal(chain_answer_change(ch->client[NETWORK].last, CO_STATUS_SUCCESS),
		CO_STATUS_SUCCESS);
	chain_run_ms(ch, 50);
	expect_reserved(ch, TX / 2, 2 * RX);
	close_all(ch);
}

/* SIG-111: a token rate is not negotiated; it is cut to the peak, and is there again above it. */
static void
a_committed_rate_is_what_is_reserved_and_outlives_a_change(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_create_vc(ch, USER);

	chain_fill_params(&ch->client[USER], &call->params);
	call->params.tx.peak_rate = 100 * TX;
	call->params.tx.token_rate = TX;
	call->params.tx.bucket_size = 4800;
	assert_int_equal(
		co_cl_make_call(call->client->co, call->vc, &call->params), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	assert_true(call->up);
	expect_reserved(ch, TX, RX);
	assert_true(ch->client[NETWORK].last->params.rx.peak_rate == 100 * TX);
	assert_true(ch->client[NETWORK].last->params.rx.token_rate == TX);
	assert_int_equal(ch->client[NETWORK].last->params.rx.bucket_size, 4800);
	assert_int_equal(chain_modify(call, 50 * TX, RX), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	assert_int_equal(call->modify_status, CO_STATUS_SUCCESS);
	expect_reserved(ch, TX, RX);
	close_all(ch);
}

/* ---- Ends of all kinds. ---- */

/* SIG-T4: calls outlive the link for T309, and so does what they have reserved. */
static void
a_link_that_stays_down_gives_the_bandwidth_back_with_the_calls(void **state)
{
	struct chain *ch = *state;

	chain_call_up(ch, USER);
	set_port(ch, false);
	chain_run_ms(ch, 5000);
	assert_true(admission_of(ch, USER).reserved_tx == TX);
	chain_run_ms(ch, 20000);
	expect_reserved(ch, 0, 0);
	set_port(ch, true);
	chain_run_ms(ch, 60000);
	assert_int_equal(chain_close(chain_call_up(ch, USER), NULL, 0), CO_STATUS_PENDING);
}

#define N_STEPS 400u
#define N_OPEN 8u

struct open {
	struct chain_call *call; /* NULL: none */
	uint64_t tx, rx;
};

struct walk {
	struct chain *ch;
	struct open open[N_OPEN];
	uint64_t random;
	unsigned int n_made, n_refused, n_changed, n_unchanged;
};

static uint64_t
any_rate(struct walk *w)
{
	return 48u * random_below(&w->random, (uint32_t)(TX / 48));
}

static void
walk_make(struct walk *w, struct open *o)
{
	enum co_status status;

	o->tx = any_rate(w);
	o->rx = any_rate(w);
	o->call = call_with(w->ch, o->tx, o->rx, &status);
	chain_run_ms(w->ch, 30);
	if (status == CO_STATUS_PENDING && o->call->up) {
		w->n_made++;
		return;
	}
	w->n_refused++;
	if (status != CO_STATUS_PENDING) {
		assert_int_equal(status, CO_STATUS_RESOURCES);
		assert_int_equal(chain_delete(o->call), CO_STATUS_SUCCESS);
	}
	*o = (struct open){ 0 };
}

static void
walk_modify(struct walk *w, struct open *o)
{
	uint64_t tx = 48 + any_rate(w), rx = 48 + any_rate(w);
	enum co_status status = chain_modify(o->call, tx, rx);

	chain_run_ms(w->ch, 30);
	if (status != CO_STATUS_PENDING || o->call->modify_status != CO_STATUS_SUCCESS) {
		w->n_unchanged++;
		return;
	}
	w->n_changed++;
	o->tx = tx;
	o->rx = rx;
}

static void
walk_step(struct walk *w)
{
	struct open *o = &w->open[random_below(&w->random, N_OPEN)];
	uint32_t what = random_below(&w->random, 100);

	w->ch->client[NETWORK].answer =
		random_below(&w->random, 8) == 0 ? CO_STATUS_NOT_ACCEPTED : CO_STATUS_SUCCESS;
	if (what == 0) {
		assert_int_equal(callmgr_restart(chain_callmgr(w->ch, USER), UNI_RESTART_ALL, 0,
					 NULL, NULL, 0),
			0);
		memset(w->open, 0, sizeof(w->open));
		chain_run_ms(w->ch, 200);
	} else if (o->call == NULL) {
		walk_make(w, o);
	} else if (what < 60) {
		walk_modify(w, o);
	} else {
		assert_int_equal(chain_close(o->call, NULL, 0), CO_STATUS_PENDING);
		*o = (struct open){ 0 };
		chain_run_ms(w->ch, 30);
	}
}

/* I4: whatever is set up, changed, refused, closed or cleared by a RESTART. */
static void
what_is_reserved_is_the_sum_of_the_calls_that_are_up(void **state)
{
	struct walk w = { .ch = *state, .random = 7 };
	uint64_t forward, backward;
	uint32_t i, k;

	for (i = 0; i < N_STEPS; i++) {
		walk_step(&w);
		forward = backward = 0;
		for (k = 0; k < N_OPEN; k++) {
			forward += w.open[k].tx;
			backward += w.open[k].rx;
		}
		expect_reserved(w.ch, forward, backward);
	}
	assert_true(w.n_made > 20 && w.n_refused > 20 && w.n_changed > 20 && w.n_unchanged > 5);
	close_all(w.ch);
}

int
main(void)
{
#define IN(name, setup)                                                                            \
	{                                                                                          \
#name ": " #setup, name, setup, pairing_teardown, NULL                             \
	}
#define NEAR(name)                                                                                 \
	IN(name, near_mcm_mcm), IN(name, near_mcm_cm), IN(name, near_cm_mcm), IN(name, near_cm_cm)
#define FAR(name)                                                                                  \
	IN(name, far_mcm_mcm), IN(name, far_mcm_cm), IN(name, far_cm_mcm), IN(name, far_cm_cm)
	const struct CMUnitTest tests[] = {
		NEAR(a_call_that_does_not_fit_where_it_is_made_is_refused_before_anything_is_said),
		FAR(a_call_that_does_not_fit_where_it_arrives_is_refused_with_cause_37),
		NEAR(a_call_without_a_rate_always_fits),
		FAR(a_call_without_a_rate_always_fits),
		FAR(a_call_that_is_declined_leaves_nothing_reserved),
		FAR(an_offer_has_its_bandwidth_until_it_is_withdrawn),
		FAR(a_multipoint_call_is_counted_once_whatever_its_parties),
		NEAR(a_permanent_circuit_takes_its_rates_too),
		NEAR(a_change_that_does_not_fit_is_refused_and_a_lower_one_is_not),
		FAR(a_change_that_does_not_fit_is_refused_and_a_lower_one_is_not),
		FAR(while_a_change_is_open_the_larger_rates_are_reserved),
		FAR(a_committed_rate_is_what_is_reserved_and_outlives_a_change),
		NEAR(a_link_that_stays_down_gives_the_bandwidth_back_with_the_calls),
		NEAR(what_is_reserved_is_the_sum_of_the_calls_that_are_up),
		FAR(what_is_reserved_is_the_sum_of_the_calls_that_are_up),
	};

	return cmocka_run_group_tests(tests, eal_setup, eal_teardown);
}
