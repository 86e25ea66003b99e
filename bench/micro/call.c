/* SPDX-License-Identifier: BSD-3-Clause */
#include "gbench.h"
#include "micro/micro.h"
#include "micro/shuffle.h"
#include "uni/uni_priv.h"

#define BATCH 1024u

static volatile uintptr_t sink;

static void
on_event(void *arg, uint64_t now_ns)
{
	(void)arg;
	(void)now_ns;
}

static const struct uni_link_ops ops = {
	.sdu_ready = on_event,
	.establish = on_event,
};

static struct uni_link *
create_link(struct uni *u)
{
	struct uni_link_params params;
	struct uni_link *l = NULL;

	uni_link_params_default(&params, UNI_ROLE_NETWORK);
	return u != NULL && uni_link_create(u, &params, &ops, NULL, "link", &l) == 0 ? l : NULL;
}

/*
 * A message's call, by the reference that the peer chose, while others stand; references are
 * taken in random order. The table itself is filled: a call of it is not looked at, only found.
 */
static void
find(struct bench *b, void *arg)
{
	const uint32_t n = (uint32_t)bench_n_calls(b);
	const struct uni_config config = { .n_calls = n, .n_links = 1, .n_setups = 1 };
	struct uni *u = uni_create(&config, 0, NULL);
	struct uni_link *l = create_link(u);
	uint32_t *order = shuffled(n), i, at = 0;
	uintptr_t sum = 0;

	(void)arg;
	if (l == NULL || order == NULL) {
		bench_fail(b, "no memory");
		return;
	}
	for (i = 0; i < n; i++)
		uni_ref_set(l, order[i] + 1, i);
	bench_set_operations(b, BATCH);
	while (bench_next(b))
		for (i = 0; i < BATCH; i++, at = at + 1 < n ? at + 1 : 0)
			sum += (uintptr_t)uni_ref_find(l, order[at] + 1);
	sink = sum;
	for (i = 0; i < n; i++)
		uni_ref_clear(l, order[i] + 1);
	free(order);
	uni_link_destroy(l);
	uni_destroy(u);
}

void
micro_add_call(void)
{
	static const int64_t sizes[] = { 1024, 65536, 1000000 };

	bench_add("call/find", find, NULL, sizes, 3);
}
