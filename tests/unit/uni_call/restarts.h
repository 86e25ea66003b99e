/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file What the tests of RESTART have in common. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pair.h"

#include <cmocka.h>

#define RESTART_ALL "0903000000468000057980000182"
#define RESTART_VC_0_32 "09030000004680000e5a80000588000000207980000180"
#define RESTART_VC_0_65535 "09030000004680000e5a800005880000ffff7980000180"

static const char side_letter[] = { 'U', 'N' };

static inline struct pair *
up(void)
{
	struct pair *p = pair_create(NULL);

	pair_up(p);
	return p;
}

static inline void
down(struct pair *p)
{
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

static inline struct uni_link_stats
stats_of(struct pair *p, int side)
{
	struct uni_link_stats stats;

	uni_link_stats(p->end[side].l, &stats);
	return stats;
}

static inline void
restart(struct pair *p, int side, enum uni_restart_class restart_class, uint32_t where)
{
	assert_int_equal(uni_link_restart(p->end[side].l, restart_class, where, p->now_ns), 0);
}

static inline void
expect_said(struct pair *p, uint32_t nth, int side, const char *what)
{
	char text[256];

	snprintf(text, sizeof(text), "%c %s", side_letter[side], what);
	assert_string_equal(pair_said(p, nth), text);
}

static inline bool
lose_restarts(void *arg, const struct pair_message *m)
{
	const bool *lossy = arg;

	return *lossy && m->octets[5] == UNI_MT_RESTART;
}
