/* SPDX-License-Identifier: BSD-3-Clause */
/* A trunk's bandwidth: what its VCs have reserved of it, and what becomes of excess. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/random.h"
#include "adapters.h"

#include <cmocka.h>

#define LABEL 40u
#define BOTH (CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE | CO_MEDIA_F_ROUND_UP)
#define LEAF (CO_MEDIA_F_RECEIVE | CO_MEDIA_F_LEAF | CO_MEDIA_F_ROUND_UP)
#define BANDWIDTH UINT64_C(10000000)
#define FRAME 42u /* octets that a packet of 20 is on the wire */

static const struct ethvc_config bounded = { .bandwidth = BANDWIDTH };

static int
setup_bounded(void **state)
{
	*state = adapters_create(&bounded);
	return 0;
}

static struct co_media_params
rates(uint64_t rx, uint64_t tx)
{
	return (struct co_media_params){ .rx.peak_rate = rx, .tx.peak_rate = tx };
}

static struct ethvc_admission
admission_of(const struct adapters *all)
{
	struct ethvc_admission admission;

	ethvc_admission(all->ethvc[A_EAST], &admission);
	return admission;
}

static void
expect_reserved(const struct adapters *all, uint64_t rx, uint64_t tx)
{
	struct ethvc_admission admission = admission_of(all);

	assert_true(admission.reserved_rx == rx);
	assert_true(admission.reserved_tx == tx);
}

static enum co_status
reserve_with(struct test_vc *v, uint32_t label, uint32_t flags, struct co_media_params *media)
{
	media->flags = flags;
	media->label = label;
	return oid_of(v->all, v->end, v, CO_OID_VC_RESERVE, media, sizeof(*media));
}

static enum co_status
reserve(struct test_vc *v, uint64_t rx, uint64_t tx)
{
	struct co_media_params media = rates(rx, tx);

	return reserve_with(v, LABEL, BOTH, &media);
}

static enum co_status
activate(struct test_vc *v, uint32_t label, uint32_t flags, uint64_t rx, uint64_t tx)
{
	struct co_media_params media = rates(rx, tx);

	return vc_activate_with(v, label, flags, &media);
}

/* ---- What counts. ---- */

/* ACT-4: what is promised at any time counts; without a limit nothing is promised. */
static void
a_token_rate_counts_else_the_peak_rate_and_no_limit_counts_for_nothing(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST), *plain = vc_create(all, A_EAST);
	struct co_media_params media = rates(4000000, 1000000);

	media.rx.token_rate = 3000000;
	assert_int_equal(reserve_with(v, LABEL, BOTH, &media), CO_STATUS_SUCCESS);
	expect_reserved(all, 3000000, 1000000);
	assert_int_equal(activate(plain, LABEL + 1, BOTH, 0, 0), CO_STATUS_SUCCESS);
	expect_reserved(all, 3000000, 1000000);
	assert_int_equal(admission_of(all).n_vcs, 1);
	media = rates(0, 500000); /* in place of what it had */
	assert_int_equal(reserve_with(v, LABEL, BOTH, &media), CO_STATUS_SUCCESS);
	expect_reserved(all, 0, 500000);
}

/* ACT-4, ACT-5 */
static void
what_does_not_fit_is_refused_and_changes_nothing(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST), *w = vc_create(all, A_EAST);
	struct co_media_params media;

	assert_int_equal(reserve(v, 6000000, 1000000), CO_STATUS_SUCCESS);
	assert_int_equal(reserve(w, 4000000, 9000000), CO_STATUS_SUCCESS); /* to the last octet */
	media = rates(6000001, 0);
	assert_int_equal(reserve_with(v, LABEL, BOTH, &media), CO_STATUS_RESOURCES);
	assert_true(media.rx.peak_rate == 6000000); /* what there is for it */
	assert_int_equal(activate(w, LABEL, BOTH, 4000000, 9000001), CO_STATUS_RESOURCES);
	assert_int_equal(dp_n_circuits(all->net->dp), 0);
	expect_reserved(all, 10000000, 10000000);
	assert_int_equal(admission_of(all).refusals[ETHVC_REFUSED_RX], 1);
	assert_int_equal(admission_of(all).refusals[ETHVC_REFUSED_TX], 1);
	assert_int_equal(activate(v, LABEL, BOTH, 6000000, 1000000), CO_STATUS_SUCCESS);
	assert_int_equal(activate(v, LABEL, BOTH, 6000001, 1000000), CO_STATUS_RESOURCES);
	expect_reserved(all, 10000000, 10000000);
}

/* SIG-112: whoever asks for less than before gets it. */
static void
a_reduction_always_passes(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST), *w = vc_create(all, A_EAST);

	assert_int_equal(reserve(v, BANDWIDTH, BANDWIDTH), CO_STATUS_SUCCESS);
	assert_int_equal(reserve(w, 1, 0), CO_STATUS_RESOURCES);
	assert_int_equal(reserve(v, BANDWIDTH, BANDWIDTH), CO_STATUS_SUCCESS);
	assert_int_equal(reserve(v, BANDWIDTH - 1, BANDWIDTH), CO_STATUS_SUCCESS);
	assert_int_equal(reserve(w, 1, 0), CO_STATUS_SUCCESS);
	assert_int_equal(reserve(v, BANDWIDTH, BANDWIDTH), CO_STATUS_RESOURCES);
	assert_int_equal(reserve(v, BANDWIDTH, 0), CO_STATUS_RESOURCES);
	expect_reserved(all, BANDWIDTH, BANDWIDTH);
}

/* Without a bandwidth the sums are kept all the same. */
static void
a_trunk_whose_bandwidth_is_not_stated_refuses_nobody(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST), *w = vc_create(all, A_EAST);

	assert_int_equal(reserve(v, UINT64_MAX, 1), CO_STATUS_SUCCESS);
	assert_int_equal(reserve(w, UINT64_MAX, 2), CO_STATUS_SUCCESS);
	assert_true(admission_of(all).reserved_tx == 3);
	assert_int_equal(reserve(v, 0, 0), CO_STATUS_SUCCESS);
	assert_int_equal(reserve(w, 5, 0), CO_STATUS_SUCCESS);
	expect_reserved(all, 5, 0);
	assert_true(admission_of(all).bandwidth == 0);
}

/* ---- Activation. ---- */

/* SIG-M6: a lower rate that is only tried is no lower reservation. */
static void
activation_reserves_what_is_missing_and_lowers_nothing(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST);

	assert_int_equal(activate(v, LABEL, BOTH, 3000000, 2000000), CO_STATUS_SUCCESS);
	expect_reserved(all, 3000000, 2000000);
	assert_int_equal(activate(v, LABEL, BOTH, 1000000, 2500000), CO_STATUS_SUCCESS);
	expect_reserved(all, 3000000, 2500000);
	assert_int_equal(reserve(v, 1000000, 2500000), CO_STATUS_SUCCESS);
	expect_reserved(all, 1000000, 2500000);
}

/* ACT-7 */
static void
an_activation_that_fails_leaves_what_was_reserved_before(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST), *w = vc_create(all, A_EAST);

	assert_int_equal(activate(v, LABEL, BOTH, 1000000, 0), CO_STATUS_SUCCESS);
	assert_int_equal(activate(w, LABEL, BOTH, 2000000, 0), CO_STATUS_NOT_ACCEPTED); /* taken */
	expect_reserved(all, 1000000, 0);
	assert_int_equal(reserve(w, 500000, 0), CO_STATUS_SUCCESS);
	assert_int_equal(activate(w, LABEL, BOTH, 2000000, 0), CO_STATUS_NOT_ACCEPTED);
	expect_reserved(all, 1500000, 0);
	assert_int_equal(activate(w, 15, BOTH, 500000, 0), CO_STATUS_INVALID_DATA);
	expect_reserved(all, 1500000, 0);
	assert_int_equal(admission_of(all).refusals[ETHVC_REFUSED_RESOURCES], 2);
	assert_int_equal(admission_of(all).refusals[ETHVC_REFUSED_RATES], 1);
	assert_int_equal(admission_of(all).refusals[ETHVC_REFUSED_RX], 0);
}

/* I4: at once, since no frame goes through any more; not when the last grace period has ended. */
static void
deactivation_and_deletion_release_once(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST), *w = vc_create(all, A_EAST);

	all->idle_held = true;
	assert_int_equal(activate(v, LABEL, BOTH, 1000000, 3000000), CO_STATUS_SUCCESS);
	assert_int_equal(reserve(w, 500000, 0), CO_STATUS_SUCCESS);
	assert_int_equal(vc_deactivate(v), CO_STATUS_PENDING);
	expect_reserved(all, 500000, 0);
	all->idle_held = false;
	adapters_run(all, 5);
	assert_int_equal(v->n_deactivated, 1);
	expect_reserved(all, 500000, 0);
	vc_delete(v);
	expect_reserved(all, 500000, 0);
	vc_delete(w); /* its call has not come about */
	expect_reserved(all, 0, 0);
	assert_int_equal(admission_of(all).n_vcs, 0);
}

/* OBJ-6: what all receive comes over the trunk once. */
static void
leaves_of_a_label_share_one_reservation_until_the_last_one_ends(void **state)
{
	struct adapters *all = *state;
	struct test_vc *first = vc_create(all, A_EAST), *second = vc_create(all, A_EAST);
	struct test_vc *other = vc_create(all, A_EAST);
	struct co_media_params media = rates(7000000, 5000000);

	assert_int_equal(reserve_with(first, LABEL, LEAF, &media), CO_STATUS_SUCCESS);
	expect_reserved(all, 7000000, 0); /* leaves send nothing */
	assert_int_equal(activate(first, LABEL, LEAF, 7000000, 0), CO_STATUS_SUCCESS);
	assert_int_equal(activate(second, LABEL, LEAF, 7000000, 0), CO_STATUS_SUCCESS);
	expect_reserved(all, 7000000, 0);
	assert_int_equal(admission_of(all).n_vcs, 2);
	assert_int_equal(activate(other, LABEL + 1, LEAF, 7000000, 0), CO_STATUS_RESOURCES);
	assert_int_equal(vc_deactivate(first), CO_STATUS_PENDING);
	expect_reserved(all, 7000000, 0);
	assert_int_equal(vc_deactivate(second), CO_STATUS_PENDING);
	expect_reserved(all, 0, 0);
	assert_int_equal(activate(other, LABEL + 1, LEAF, 7000000, 0), CO_STATUS_SUCCESS);
	adapters_run(all, 5);
	expect_reserved(all, 7000000, 0);
}

/* OID-2 */
static void
a_reservation_is_asked_for_in_full_and_for_a_vc(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST);
	struct co_media_params media = rates(1, 1);

	assert_int_equal(oid_of(all, A_EAST, v, CO_OID_VC_RESERVE, &media, sizeof(media) - 1),
		CO_STATUS_INVALID_LENGTH);
	assert_int_equal(oid_of(all, A_EAST, NULL, CO_OID_VC_RESERVE, &media, sizeof(media)),
		CO_STATUS_NOT_ACCEPTED);
	expect_reserved(all, 0, 0);
}

/* ---- A model: whatever happens, the sums are those of the VCs that there are. ---- */

#define N_MODEL 24u
#define N_STEPS 20000u
#define N_LEAF_LABELS 3u

struct model_vc {
	struct test_vc vc;
	uint64_t rx, tx;
	uint32_t leaf; /* of which label, from 1 on; 0: none */
	bool active;
};

struct model {
	struct adapters *all;
	struct model_vc vcs[N_MODEL];
	uint64_t leaf_rate[N_LEAF_LABELS + 1];
	uint64_t random;
	unsigned int n_refused, n_admitted;
};

static uint32_t
n_leaves(const struct model *m, uint32_t leaf)
{
	uint32_t i, n = 0;

	for (i = 0; i < N_MODEL; i++)
		n += m->vcs[i].vc.vc != CO_NONE && m->vcs[i].leaf == leaf;
	return n;
}

static void
sums_of(const struct model *m, uint64_t *rx, uint64_t *tx)
{
	uint32_t i;

	*rx = *tx = 0;
	for (i = 0; i < N_MODEL; i++) {
		*rx += m->vcs[i].rx;
		*tx += m->vcs[i].tx;
	}
	for (i = 1; i <= N_LEAF_LABELS; i++)
		*rx += n_leaves(m, i) != 0 ? m->leaf_rate[i] : 0;
}

static uint64_t
any_rate(struct model *m)
{
	return random_below(&m->random, 4) == 0 ? 0
						: 1000 + random_below(&m->random, BANDWIDTH / 3);
}

static void
model_begin(struct model *m, struct model_vc *v)
{
	struct adapters *all = m->all;

	*v = (struct model_vc){ .vc = { .all = all, .end = A_EAST } };
	assert_int_equal(
		co_create_vc(all->co, all->bindings[A_EAST], CO_NONE, (uintptr_t)&v->vc, &v->vc.vc),
		CO_STATUS_SUCCESS);
}

static void
model_end(struct model *m, struct model_vc *v)
{
	if (v->active) {
		assert_int_equal(vc_deactivate(&v->vc), CO_STATUS_PENDING);
		adapters_run(m->all, 4);
	}
	vc_delete(&v->vc);
	*v = (struct model_vc){ .vc.vc = CO_NONE };
}

static void
judge(struct model *m, enum co_status status, bool fits)
{
	assert_int_equal(status, fits ? CO_STATUS_SUCCESS : CO_STATUS_RESOURCES);
	m->n_admitted += fits;
	m->n_refused += !fits;
}

/* Only such as has reserved nothing, or is a leaf of that label. */
static void
model_join(struct model *m, struct model_vc *v)
{
	uint32_t leaf = 1 + random_below(&m->random, N_LEAF_LABELS);
	uint64_t rx, tx, rate = 1000 + random_below(&m->random, BANDWIDTH / 3);
	struct co_media_params media = rates(rate, 0);
	bool fits;

	if (v->active || v->leaf != 0 || v->rx != 0 || v->tx != 0)
		return;
	sums_of(m, &rx, &tx);
	fits = n_leaves(m, leaf) != 0 || rx + rate <= BANDWIDTH;
	judge(m, reserve_with(&v->vc, LABEL + 100 + leaf, LEAF, &media), fits);
	if (!fits)
		return;
	if (n_leaves(m, leaf) == 0)
		m->leaf_rate[leaf] = rate;
	v->leaf = leaf;
}

static bool
model_fits(const struct model *m, const struct model_vc *v, uint64_t rx, uint64_t tx)
{
	uint64_t rx_sum, tx_sum;

	sums_of(m, &rx_sum, &tx_sum);
	return (rx <= v->rx || rx_sum - v->rx + rx <= BANDWIDTH) &&
	       (tx <= v->tx || tx_sum - v->tx + tx <= BANDWIDTH);
}

static void
model_reserve(struct model *m, struct model_vc *v)
{
	uint64_t rx = any_rate(m), tx = any_rate(m);
	bool fits = model_fits(m, v, rx, tx);

	if (v->leaf != 0)
		return;
	judge(m, reserve(&v->vc, rx, tx), fits);
	if (!fits)
		return;
	v->rx = rx;
	v->tx = tx;
}

static void
model_activate(struct model *m, struct model_vc *v)
{
	uint64_t rx = any_rate(m), tx = any_rate(m);
	uint64_t more_rx = rx > v->rx ? rx : v->rx, more_tx = tx > v->tx ? tx : v->tx;
	bool fits = model_fits(m, v, more_rx, more_tx);

	if (v->leaf != 0)
		return;
	judge(m, activate(&v->vc, LABEL + (uint32_t)(v - m->vcs), BOTH, rx, tx), fits);
	if (!fits)
		return;
	v->active = true;
	v->rx = more_rx;
	v->tx = more_tx;
}

static void
model_step(struct model *m)
{
	struct model_vc *v = &m->vcs[random_below(&m->random, N_MODEL)];

	if (v->vc.vc == CO_NONE) {
		model_begin(m, v);
		return;
	}
	switch (random_below(&m->random, 5)) {
	case 0:
		model_join(m, v);
		break;
	case 1:
		model_end(m, v);
		break;
	case 2:
		model_activate(m, v);
		break;
	default:
		model_reserve(m, v);
		break;
	}
}

/* I4, ACT-5, ACT-7 */
static void
whatever_happens_the_sums_are_those_of_the_vcs(void **state)
{
	static struct model m;
	uint64_t rx, tx;
	uint32_t i;

	m = (struct model){ .all = *state, .random = 20 };
	for (i = 0; i < N_STEPS; i++) {
		model_step(&m);
		sums_of(&m, &rx, &tx);
		assert_true(rx <= BANDWIDTH && tx <= BANDWIDTH);
		expect_reserved(m.all, rx, tx);
	}
	assert_true(m.n_refused > N_STEPS / 20 && m.n_admitted > N_STEPS / 20);
	for (i = 0; i < N_MODEL; i++)
		if (m.vcs[i].vc.vc != CO_NONE)
			model_end(&m, &m.vcs[i]);
	expect_reserved(m.all, 0, 0);
	assert_int_equal(admission_of(m.all).n_vcs, 0);
}

/* ---- Two rates. ---- */

static uint64_t test_time;

static uint64_t
clock_of_test(void)
{
	return test_time;
}

static int
setup_yellow_dropped(void **state)
{
	*state = adapters_create(&(struct ethvc_config){ .excess = { .yellow = DP_EXCESS_DROP } });
	return 0;
}

static unsigned int
passed_of(struct test_vc *from, struct test_vc *to, unsigned int n)
{
	unsigned int before = to->n_received;

	vc_send(from, 1, n, 20);
	adapters_run(to->all, 5);
	return to->n_received - before;
}

/* The committed rate's bucket is the call's; the peak rate has one of its own. */
static unsigned int
passed_of_two_rates(struct adapters *all, unsigned int n)
{
	struct test_vc *v = vc_create(all, A_EAST), *w = vc_open(all, A_WEST, LABEL);
	struct co_media_params media = rates(100000000, 0);
	unsigned int passed;

	dp_worker_set_clock(all->net->worker, clock_of_test);
	test_time = UINT64_C(1) << 40; /* and there it stands */
	media.rx.token_rate = 1000;
	media.rx.bucket_size = 3 * FRAME;
	assert_int_equal(
		vc_activate_with(v, LABEL, BOTH & ~CO_MEDIA_F_ROUND_UP, &media), CO_STATUS_SUCCESS);
	assert_int_equal(vc_local(v), CO_STATUS_SUCCESS);
	passed = passed_of(w, v, n);
	dp_worker_set_clock(all->net->worker, NULL);
	return passed;
}

static void
what_is_above_the_token_rate_passes_up_to_the_peak_rate(void **state)
{
	assert_int_equal(passed_of_two_rates(*state, 20), 20);
}

static void
where_that_is_dropped_the_bucket_of_the_token_rate_passes(void **state)
{
	assert_int_equal(passed_of_two_rates(*state, 20), 3);
}

/* A burst of one cell would let no frame be green: where rounding is allowed it is a frame. */
static void
a_bucket_that_may_be_rounded_holds_a_frame(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST);
	struct co_media_params media = rates(1000000, 0);

	media.rx.token_rate = 1000;
	media.rx.bucket_size = 48;
	assert_int_equal(vc_activate_with(v, LABEL, BOTH, &media), CO_STATUS_SUCCESS);
	assert_true(media.rx.token_rate == 1000);
	assert_true(media.rx.bucket_size > dp_trunk_max_payload(all->net->dp, all->net->east));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup_bounded, adapters_teardown)
	const struct CMUnitTest tests[] = {
		T(a_token_rate_counts_else_the_peak_rate_and_no_limit_counts_for_nothing),
		T(what_does_not_fit_is_refused_and_changes_nothing),
		T(a_reduction_always_passes),
		cmocka_unit_test_setup_teardown(
			a_trunk_whose_bandwidth_is_not_stated_refuses_nobody, adapters_setup,
			adapters_teardown),
		T(activation_reserves_what_is_missing_and_lowers_nothing),
		T(an_activation_that_fails_leaves_what_was_reserved_before),
		T(deactivation_and_deletion_release_once),
		T(leaves_of_a_label_share_one_reservation_until_the_last_one_ends),
		T(a_reservation_is_asked_for_in_full_and_for_a_vc),
		T(whatever_happens_the_sums_are_those_of_the_vcs),
		cmocka_unit_test_setup_teardown(
			what_is_above_the_token_rate_passes_up_to_the_peak_rate, adapters_setup,
			adapters_teardown),
		cmocka_unit_test_setup_teardown(
			where_that_is_dropped_the_bucket_of_the_token_rate_passes,
			setup_yellow_dropped, adapters_teardown),
		T(a_bucket_that_may_be_rounded_holds_a_frame),
	};

	return cmocka_run_group_tests(tests, eal_setup, eal_teardown);
}
