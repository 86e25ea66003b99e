/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/idset.h"
#include "base/wheel.h"
#include "gbench.h"
#include "micro/micro.h"
#include "micro/shuffle.h"

#define BATCH 1024u
#define T308_MS 30000u
#define HOURS_MS (30u * 3600 * 1000)
#define MS UINT64_C(1000000)
#define A_TIMER 16 /* octets of a timer, and of the head of a list */

static void
on_timer(void *arg, uint32_t slot, uint32_t cookie, uint64_t now_ns)
{
	(void)arg;
	(void)slot;
	(void)cookie;
	(void)now_ns;
}

/* One timer of a call starts and stops while all the others run, of calls in random order. */
static void
restart_timers(struct bench *b, void *arg)
{
	uint32_t n = (uint32_t)bench_n_calls(b), i, at = 0;
	struct cp_wheel *wheel = cp_wheel_create(n, 0, on_timer, NULL, NULL);
	uint32_t *order = shuffled(n);
	uint64_t now_ns = MS;

	(void)arg;
	if (wheel == NULL || order == NULL)
		bench_fail(b, "no memory");
	for (i = 0; i < n && wheel != NULL && order != NULL; i++)
		cp_wheel_start(wheel, order[i], i, now_ns, T308_MS + i % 1000);
	bench_set_operations(b, BATCH);
	bench_set_octets(b, 6 * A_TIMER); /* it, its neighbours before and behind, two lists */
	while (bench_next(b)) {
		for (i = 0; i < BATCH; i++, at = at + 1 < n ? at + 1 : 0) {
			cp_wheel_stop(wheel, order[at]);
			cp_wheel_start(wheel, order[at], i, now_ns, T308_MS);
		}
		now_ns += MS;
	}
	free(order);
	cp_wheel_destroy(wheel);
}

/* Timers that run for hours, of every call, while the control loop turns fifty times a ms. */
static void
turn_with_none_due(struct bench *b, void *arg)
{
	uint32_t n = (uint32_t)bench_n_calls(b), i;
	struct cp_wheel *wheel = cp_wheel_create(n, 0, on_timer, NULL, NULL);
	uint64_t now_ns = MS;
	uint32_t n_fired = 0;

	(void)arg;
	if (wheel == NULL) {
		bench_fail(b, "no memory");
		return;
	}
	for (i = 0; i < n; i++)
		cp_wheel_start(wheel, i, i, now_ns, HOURS_MS + i % 1000);
	bench_set_operations(b, BATCH);
	bench_set_octets(b, sizeof(uint64_t)); /* which slots are in use */
	while (bench_next(b))
		for (i = 0; i < BATCH; i++, now_ns += MS / 50)
			n_fired += cp_wheel_turn(wheel, now_ns, UINT32_MAX);
	if (n_fired != 0)
		bench_fail(b, "a timer was early");
	cp_wheel_destroy(wheel);
}

/* The same, but of BATCH more timers each is started and fires: what one costs that is due. */
static void
start_and_fire(struct bench *b, void *arg)
{
	uint32_t n = (uint32_t)bench_n_calls(b), i;
	struct cp_wheel *wheel = cp_wheel_create(n + BATCH, 0, on_timer, NULL, NULL);
	uint64_t now_ns = MS;

	(void)arg;
	if (wheel == NULL) {
		bench_fail(b, "no memory");
		return;
	}
	for (i = 0; i < n; i++)
		cp_wheel_start(wheel, i, i, now_ns, HOURS_MS + i % 1000);
	bench_set_operations(b, BATCH);
	bench_set_octets(b, 6 * A_TIMER);
	while (bench_next(b)) {
		for (i = 0; i < BATCH; i++)
			cp_wheel_start(wheel, n + i, i, now_ns, 1 + i % 8);
		now_ns += 10 * MS;
		if (cp_wheel_turn(wheel, now_ns, UINT32_MAX) != BATCH)
			bench_fail(b, "not all fired");
	}
	cp_wheel_destroy(wheel);
}

/* Half of the numbers are taken; one goes back and one is taken, in random order. */
static void
exchange_numbers(struct bench *b, void *arg)
{
	uint32_t n = (uint32_t)bench_n_calls(b), i, at = 0;
	struct cp_idset *set = cp_idset_create(1, n, NULL);
	uint32_t *taken = shuffled(n);

	(void)arg;
	if (set == NULL || taken == NULL)
		bench_fail(b, "no memory");
	for (i = 0; i < n / 2 && set != NULL && taken != NULL; i++)
		cp_idset_take_this(set, ++taken[i]);
	bench_set_operations(b, BATCH);
	bench_set_octets(
		b, 2 * sizeof(uint64_t)); /* a word of bits each; the summaries stay near */
	while (bench_next(b)) {
		for (i = 0; i < BATCH; i++, at = at + 1 < n / 2 ? at + 1 : 0) {
			cp_idset_put(set, taken[at]);
			taken[at] = cp_idset_take(set);
		}
	}
	free(taken);
	cp_idset_destroy(set);
}

void
micro_add_base(void)
{
	static const int64_t sizes[] = { 1024, 65536, 1000000 };

	bench_add("wheel/stop+start", restart_timers, NULL, sizes, 3);
	bench_add("wheel/turn", turn_with_none_due, NULL, sizes, 3);
	bench_add("wheel/start+fire", start_and_fire, NULL, sizes, 3);
	bench_add("idset/put+take", exchange_numbers, NULL, sizes, 3);
}
