/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What this machine has that an appliance needs, and what of it is wrong: a table of checks, each
 * with the command that mends it. Reads /sys and /proc, changes nothing, starts nothing. Main
 * thread.
 */

#include <stdbool.h>
#include <stdio.h>

#include "callplane/config.h"

enum preflight_verdict {
	PREFLIGHT_OK,
	PREFLIGHT_WARNING, /**< It runs, yet not as it could. */
	PREFLIGHT_WRONG,   /**< It does not start, or carries nothing. */
	PREFLIGHT_VERDICTS
};

struct preflight_check {
	enum preflight_verdict verdict;
	char subject[48]; /**< "hugepages 2M node 0", "port east" ... */
	char text[288];   /**< What there is. */
	char mend[288];   /**< Empty when there is nothing to mend. */
};

#define PREFLIGHT_MAX_CHECKS 160

struct preflight {
	const char *root; /**< Before "/sys" and "/proc"; "" for those of this machine. */
	const struct config *config; /**< NULL: the machine alone is looked at. */
	unsigned int n_checks;
	struct preflight_check checks[PREFLIGHT_MAX_CHECKS];
};

/** Fill in @p p, whose root and config are set, @p p being zeroed otherwise. */
void preflight_run(struct preflight *p);

/** As text, or as one JSON object. @return The exit status: 1 when something is wrong, or 0. */
int preflight_print(const struct preflight *p, FILE *out, bool json);
