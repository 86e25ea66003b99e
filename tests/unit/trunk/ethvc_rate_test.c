/* SPDX-License-Identifier: BSD-3-Clause */
/* The rates that a VC is activated with, and the meters that come of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "adapters.h"

#include <cmocka.h>

#define LABEL 40u
#define BOTH (CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE)
#define ROUNDED (BOTH | CO_MEDIA_F_ROUND_UP)
#define FRAME 42u /* octets that a packet of 20 is on the wire */

static struct co_media_params
rate(uint64_t rx, uint64_t tx)
{
	return (struct co_media_params){ .rx.peak_rate = rx, .tx.peak_rate = tx };
}

static struct co_vc_flow
flow_of(const struct test_vc *v)
{
	struct co_vc_flow flow;

	assert_int_equal(
		oid_of(v->all, v->end, v, CO_OID_VC_FLOW, &flow, sizeof(flow)), CO_STATUS_SUCCESS);
	return flow;
}

/* ---- Asking. ---- */

/* ACT-4 */
static void
impossible_rates_are_refused_and_leave_nothing(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST);
	struct co_media_params media;

	media = rate(DP_RATE_MAX + 1, 0);
	assert_int_equal(vc_activate_with(v, LABEL, BOTH, &media), CO_STATUS_INVALID_DATA);
	assert_int_equal(vc_activate_with(v, LABEL, ROUNDED, &media), CO_STATUS_INVALID_DATA);
	media = rate(1000000, 0);
	media.rx.token_rate = 2000000; /* above the peak */
	assert_int_equal(vc_activate_with(v, LABEL, ROUNDED, &media), CO_STATUS_INVALID_DATA);
	media = rate(1000000, 0);
	media.rx.bucket_size = 100;
	media.rx.max_sdu = 200; /* which would never pass */
	assert_int_equal(vc_activate_with(v, LABEL, ROUNDED, &media), CO_STATUS_INVALID_DATA);
	assert_int_equal(vc_activate(v, 15, 0), CO_STATUS_INVALID_DATA); /* SIG-2 */
	assert_int_equal(dp_n_circuits(all->net->dp), 0);
	assert_int_equal(vc_activate(v, LABEL, 0), CO_STATUS_SUCCESS); /* ACT-6 */
}

/* ACT-8: without leave to round a rate is kept or refused. This one is below those that are kept.
 */
static void
a_rate_that_is_too_low_is_refused_unless_it_may_be_rounded_up(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST);
	struct co_media_params media = rate(1, 0);

	assert_int_equal(vc_activate_with(v, LABEL, BOTH, &media), CO_STATUS_INVALID_DATA);
	assert_int_equal(vc_activate_with(v, LABEL, BOTH | CO_MEDIA_F_ROUND_DOWN, &media),
		CO_STATUS_INVALID_DATA);
	assert_true(media.rx.peak_rate == 1);
	assert_int_equal(vc_activate_with(v, LABEL, ROUNDED, &media), CO_STATUS_SUCCESS);
	assert_true(media.rx.peak_rate == DP_RATE_MIN);
	assert_true(flow_of(v).rx.peak_rate == DP_RATE_MIN);
}

/* ACT-8: and this one above them. */
static void
a_rate_that_is_too_high_is_refused_unless_it_may_be_rounded_down(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST);
	uint64_t odd = DP_RATE_MAX + 1;
	struct co_media_params media = rate(odd, 0);

	assert_int_equal(vc_activate_with(v, LABEL, BOTH, &media), CO_STATUS_INVALID_DATA);
	assert_int_equal(vc_activate_with(v, LABEL, BOTH | CO_MEDIA_F_ROUND_UP, &media),
		CO_STATUS_INVALID_DATA);
	assert_true(media.rx.peak_rate == odd);
	assert_int_equal(vc_activate_with(v, LABEL, BOTH | CO_MEDIA_F_ROUND_DOWN, &media),
		CO_STATUS_SUCCESS);
	assert_true(media.rx.peak_rate == DP_RATE_MAX);
	assert_true(media.rx.bucket_size == odd / 100); /* 10 ms */
	assert_true(flow_of(v).rx.peak_rate == DP_RATE_MAX);
	assert_true(flow_of(v).tx.peak_rate == 0);
}

/* ACT-8: whatever may be rounded. */
static void
every_other_rate_is_kept_as_asked(void **state)
{
	static const uint32_t may_round[] = { 0, CO_MEDIA_F_ROUND_UP, CO_MEDIA_F_ROUND_DOWN };
	struct adapters *all = *state;
	struct co_media_params media;
	struct test_vc *v;
	uint32_t i;

	for (i = 0; i < 3; i++) {
		v = vc_create(all, A_EAST);
		media = rate(1234567 + i, 7654321 + i);
		media.tx.token_rate = 999 + i;
		assert_int_equal(vc_activate_with(v, LABEL + i, BOTH | may_round[i], &media),
			CO_STATUS_SUCCESS);
		assert_true(media.rx.peak_rate == 1234567 + i && media.tx.peak_rate == 7654321 + i);
		assert_true(flow_of(v).rx.peak_rate == 1234567 + i);
		assert_true(flow_of(v).tx.token_rate == 999 + i);
	}
}

/* ACT-4 */
static void
without_a_contract_left_activation_is_refused_for_lack_of_resources(void **state)
{
	struct adapters *all = *state;
	struct test_vc *last, *plain = vc_create(all, A_EAST);
	struct co_media_params media;
	enum co_status status;
	uint32_t n = 0;

	do { /* two of their own each */
		last = vc_create(all, A_EAST);
		media = rate(1000000 + n, 2000000 + n);
		status = vc_activate_with(last, LABEL + n, ROUNDED, &media);
		n += status == CO_STATUS_SUCCESS;
	} while (status == CO_STATUS_SUCCESS);
	assert_int_equal(status, CO_STATUS_RESOURCES);
	assert_int_equal(n, ADAPTERS_N_CIRCUITS / 2);
	assert_int_equal(vc_activate(plain, LABEL + n + 1, 0), CO_STATUS_SUCCESS);
	adapters_run(all, 5);
	assert_int_equal(vc_activate(last, LABEL + n, 0), CO_STATUS_SUCCESS); /* ACT-6, I3 */
}

/* ---- Changing. ---- */

/* ACT-5, QOS-7 */
static void
activating_an_active_vc_changes_its_rates(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_open_local(all, A_EAST, LABEL), *w = vc_open(all, A_WEST, LABEL);
	struct co_media_params media = rate(1000000, 2000000);

	assert_true(flow_of(v).rx.peak_rate == 0);
	assert_int_equal(vc_activate_with(v, LABEL, ROUNDED, &media), CO_STATUS_SUCCESS);
	assert_true(flow_of(v).rx.peak_rate == media.rx.peak_rate);
	assert_true(flow_of(v).tx.peak_rate == media.tx.peak_rate);
	vc_send(w, 1, 5, 20);
	adapters_run(all, 3);
	assert_int_equal(v->n_received, 5);
	media = rate(0, 0);
	assert_int_equal(vc_activate_with(v, LABEL, ROUNDED, &media), CO_STATUS_SUCCESS);
	assert_true(flow_of(v).rx.peak_rate == 0 && flow_of(v).tx.peak_rate == 0);
	assert_int_equal(vc_deactivate(v), CO_STATUS_PENDING); /* DEACT-10 */
	adapters_run(all, 5);
	assert_int_equal(v->n_deactivated, 1);
}

static uint64_t test_time;

static uint64_t
clock_of_test(void)
{
	return test_time;
}

/* What passes of @p n packets at one moment. */
static unsigned int
passed_of(struct test_vc *from, struct test_vc *to, unsigned int n)
{
	unsigned int before = to->n_received;

	vc_send(from, 0, n, 20);
	adapters_run(to->all, 4);
	return to->n_received - before;
}

/* ACT-5: the old rates are in force, and not only in the books. */
static void
a_refused_change_leaves_the_old_rates_at_work(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST), *w = vc_open(all, A_WEST, LABEL);
	struct co_media_params media = rate(1000000, 0), asked;

	dp_worker_set_clock(all->net->worker, clock_of_test);
	test_time = UINT64_C(1) << 40;
	media.rx.bucket_size = 3 * FRAME;
	assert_int_equal(vc_activate_with(v, LABEL, ROUNDED, &media), CO_STATUS_SUCCESS);
	assert_int_equal(vc_local(v), CO_STATUS_SUCCESS);
	assert_int_equal(passed_of(w, v, 5), 3); /* the clock stands still */
	asked = rate(DP_RATE_MAX + 1, 0);
	assert_int_equal(vc_activate_with(v, LABEL, BOTH, &asked), CO_STATUS_INVALID_DATA);
	asked = rate(0, 0);
	assert_int_equal(vc_activate_with(v, LABEL + 1, BOTH, &asked), CO_STATUS_INVALID_DATA);
	v->label = LABEL;
	assert_true(flow_of(v).rx.peak_rate == media.rx.peak_rate);
	assert_int_equal(passed_of(w, v, 5), 0);
	asked = rate(1000000, 0);
	asked.rx.bucket_size = 4 * FRAME;
	assert_int_equal(vc_activate_with(v, LABEL, ROUNDED, &asked), CO_STATUS_SUCCESS);
	assert_int_equal(passed_of(w, v, 5), 4);
	dp_worker_set_clock(all->net->worker, NULL);
}

/* STAT-5: what a meter drops is not damaged, and was not received. */
static void
what_a_meter_drops_is_no_error(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST), *w = vc_open(all, A_WEST, LABEL);
	struct co_media_params media = rate(1000000, 0);
	struct co_vc_statistics stats;

	dp_worker_set_clock(all->net->worker, clock_of_test);
	test_time = UINT64_C(1) << 40;
	media.rx.bucket_size = 3 * FRAME;
	assert_int_equal(vc_activate_with(v, LABEL, ROUNDED, &media), CO_STATUS_SUCCESS);
	assert_int_equal(vc_local(v), CO_STATUS_SUCCESS);
	assert_int_equal(passed_of(w, v, 5), 3);
	assert_int_equal(oid_of(all, A_EAST, v, CO_OID_VC_STATISTICS, &stats, sizeof(stats)),
		CO_STATUS_SUCCESS);
	assert_int_equal(stats.rx_packets, 3);
	assert_int_equal(stats.drops, 2);
	assert_int_equal(stats.rx_errors, 0);
	dp_worker_set_clock(all->net->worker, NULL);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, adapters_setup, adapters_teardown)
	const struct CMUnitTest tests[] = {
		T(impossible_rates_are_refused_and_leave_nothing),
		T(a_rate_that_is_too_low_is_refused_unless_it_may_be_rounded_up),
		T(a_rate_that_is_too_high_is_refused_unless_it_may_be_rounded_down),
		T(every_other_rate_is_kept_as_asked),
		T(without_a_contract_left_activation_is_refused_for_lack_of_resources),
		T(activating_an_active_vc_changes_its_rates),
		T(a_refused_change_leaves_the_old_rates_at_work),
		T(what_a_meter_drops_is_no_error),
	};

	return cmocka_run_group_tests(tests, eal_setup, eal_teardown);
}
