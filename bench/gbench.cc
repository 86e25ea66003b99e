/* SPDX-License-Identifier: BSD-3-Clause */
#include "gbench.h"

#include <benchmark/benchmark.h>
#include <chrono>
#include <string>

using clock_type = std::chrono::steady_clock;

struct bench {
	benchmark::State &state;
	int64_t n_operations; /* of a batch */
	double octets;        /* of an operation, 0: not told */
	bool begun;           /* a batch is running */
	bool timed;           /* bench_set_seconds() was called for it */
	clock_type::time_point start;
};

static void
run_case(benchmark::State &state, bench_fn fn, void *arg)
{
	bench b{ state, state.range(0), 0.0, false, false, {} };

	fn(&b, arg);
	/* Inverted rate: seconds per operation. */
	state.counters["per_call"] = benchmark::Counter(
		static_cast<double>(b.n_operations) * static_cast<double>(state.iterations()),
		benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
	if (b.octets > 0.0)
		state.counters["octets"] = b.octets;
}

void
bench_add(const char *name, bench_fn fn, void *arg, const int64_t *n_calls, size_t n)
{
	benchmark::internal::Benchmark *c = benchmark::RegisterBenchmark(
		name, [fn, arg](benchmark::State &state) { run_case(state, fn, arg); });

	c->UseManualTime();
	for (size_t i = 0; i < n; i++)
		c->Arg(n_calls[i]);
}

/* A batch that did not say how long it took is timed here, from one call to the next. */
bool
bench_next(struct bench *b)
{
	if (b->begun && !b->timed)
		bench_set_seconds(
			b, std::chrono::duration<double>(clock_type::now() - b->start).count());
	b->begun = b->state.KeepRunning();
	b->timed = false;
	b->start = clock_type::now();
	return b->begun;
}

int64_t
bench_n_calls(const struct bench *b)
{
	return b->state.range(0);
}

void
bench_set_seconds(struct bench *b, double s)
{
	b->timed = true;
	b->state.SetIterationTime(s);
}

void
bench_set_operations(struct bench *b, int64_t n)
{
	b->n_operations = n;
}

void
bench_set_octets(struct bench *b, double octets)
{
	b->octets = octets;
}

void
bench_fail(struct bench *b, const char *why)
{
	b->timed = true;
	b->state.SkipWithError(why);
}

void
bench_add_context(const char *name, double value)
{
	benchmark::AddCustomContext(name, std::to_string(value));
}

int
bench_run(int argc, char **argv)
{
	benchmark::Initialize(&argc, argv);
	if (benchmark::ReportUnrecognizedArguments(argc, argv))
		return 1;
	benchmark::RunSpecifiedBenchmarks();
	benchmark::Shutdown();
	return 0;
}
