/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Google Benchmark for C: a case is a function that runs timed batches until told to stop. No C++
 * type and no exception passes here. One thread.
 *
 *	static void
 *	close_calls(struct bench *b, void *arg)
 *	{
 *		while (bench_next(b))
 *			close_them(arg, bench_n_calls(b));
 *	}
 *
 * What is reported is the time per call, a batch being bench_n_calls() of them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bench; /**< One run of one case. */

typedef void (*bench_fn)(struct bench *b, void *arg);

/**
 * A case, run once for each of the @p n batch sizes in @p n_calls. All are copied but @p arg.
 */
void bench_add(const char *name, bench_fn fn, void *arg, const int64_t *n_calls, size_t n);

/** while (bench_next(b)) { one timed batch } */
bool bench_next(struct bench *b);

int64_t bench_n_calls(const struct bench *b);

/**
 * The batch took @p s, whatever the clock says: part of it was preparation, or its work ended on
 * another core.
 */
void bench_set_seconds(struct bench *b, double s);

/** A batch is @p n operations, where bench_n_calls() is something else: the size of a table. */
void bench_set_operations(struct bench *b, int64_t n);

/** Octets that one operation reads and writes; reported next to its time. */
void bench_set_octets(struct bench *b, double octets);

/** This run only: it ends at the next bench_next(). */
void bench_fail(struct bench *b, const char *why);

/** What belongs to all results: @p value under @p name. */
void bench_add_context(const char *name, double value);

/** Run the cases that the arguments choose, --benchmark_...; 0, or 1 for arguments unknown. */
int bench_run(int argc, char **argv);

#ifdef __cplusplus
}
#endif
