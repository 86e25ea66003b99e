/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/pool.h"

#include "base/hist.h"
#include "gbench.h"
#include "micro/micro.h"
#include "micro/shuffle.h"

#define BATCH 1024u
#define RECORD 64u
#define MOST_NS 100000000.0

struct records {
	struct cp_pool pool;
	uint32_t *handles; /* in random order */
	uint32_t n;
};

/* Half of the records are in use. */
static bool
create(struct records *r, uint32_t n)
{
	uint32_t *order = shuffled(n), i;
	bool ok;

	*r = (struct records){ .n = n / 2, .handles = calloc(n, sizeof(uint32_t)) };
	ok = order != NULL && r->handles != NULL &&
	     cp_pool_init(&r->pool, n, RECORD, NULL, "records") == 0;
	for (i = 0; ok && i < n; i++)
		r->handles[order[i]] = cp_pool_get(&r->pool);
	for (i = r->n; ok && i < n; i++)
		cp_pool_put(&r->pool, r->handles[i]);
	free(order);
	return ok;
}

static void
destroy(struct records *r)
{
	cp_pool_fini(&r->pool);
	free(r->handles);
}

/* One is freed and another one taken. */
static void
exchange(struct bench *b, void *arg)
{
	uint32_t i, at = 0, n_none = 0;
	struct records r;

	(void)arg;
	if (!create(&r, (uint32_t)bench_n_calls(b)))
		bench_fail(b, "no memory");
	bench_set_operations(b, BATCH);
	bench_set_octets(b, 2 * (RECORD + sizeof(uint32_t)));
	while (bench_next(b)) {
		for (i = 0; i < BATCH; i++, at = at + 1 < r.n ? at + 1 : 0) {
			cp_pool_put(&r.pool, r.handles[at]);
			r.handles[at] = cp_pool_get(&r.pool);
			n_none += r.handles[at] == CP_HANDLE_NONE;
		}
	}
	if (n_none != 0)
		bench_fail(b, "a pool with free records had none");
	destroy(&r);
}

/* From a handle to its record. */
static void
find(struct bench *b, void *arg)
{
	uint32_t i, at = 0, n_none = 0;
	struct records r;

	(void)arg;
	if (!create(&r, (uint32_t)bench_n_calls(b)))
		bench_fail(b, "no memory");
	bench_set_operations(b, BATCH);
	bench_set_octets(b, sizeof(uint32_t));
	while (bench_next(b))
		for (i = 0; i < BATCH; i++, at = at + 1 < r.n ? at + 1 : 0)
			n_none += cp_pool_at(&r.pool, r.handles[at]) == NULL;
	if (n_none != 0)
		bench_fail(b, "a handle found nobody");
	destroy(&r);
}

/* ---- Histogram ---- */

static void
fill(uint64_t *values)
{
	uint32_t i;

	srand48(1);
	for (i = 0; i < BATCH; i++)
		values[i] = (uint64_t)(drand48() * MOST_NS);
}

static void
add_to_hist(struct bench *b, void *arg)
{
	static struct cp_hist hist;
	uint64_t values[BATCH];
	uint32_t i;

	(void)arg;
	fill(values);
	bench_set_octets(b, 2 * (3 * sizeof(uint64_t) + sizeof(hist.buckets[0])));
	while (bench_next(b))
		for (i = 0; i < BATCH; i++)
			cp_hist_add(&hist, values[i]);
}

static void
read_quantile(struct bench *b, void *arg)
{
	static struct cp_hist hist;
	uint64_t values[BATCH];
	uint64_t sum = 0;
	uint32_t i;

	(void)arg;
	fill(values);
	for (i = 0; i < BATCH; i++)
		cp_hist_add(&hist, values[i]);
	bench_set_octets(b, sizeof(hist));
	while (bench_next(b))
		for (i = 0; i < BATCH; i++)
			sum += cp_hist_quantile(&hist, i % 1000);
	if (sum == 0)
		bench_fail(b, "nothing in it");
}

void
micro_add_pool(void)
{
	static const int64_t sizes[] = { 1024, 65536, 1000000 };
	static const int64_t batch = BATCH;

	bench_add("pool/put+get", exchange, NULL, sizes, 3);
	bench_add("pool/at", find, NULL, sizes, 3);
	bench_add("hist/add", add_to_hist, NULL, &batch, 1);
	bench_add("hist/quantile", read_quantile, NULL, &batch, 1);
}
