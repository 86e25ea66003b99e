/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file What the word that is being typed can become, out of the table of commands. */

#include <stdbool.h>
#include <stddef.h>

#include "callctl/command.h"

#define CANDIDATES_MAX 256

struct candidates {
	const char *begun; /**< With which each of them begins. */
	const char *head;  /**< Put before each that is added: "--trunk=". */
	char *names[CANDIDATES_MAX];
	size_t n;
	bool is_cut; /**< There may be more: what these have in common says nothing. */
};

/** Adds @p name when it begins as it should and is not there. @return Whether there is room. */
bool candidates_add(struct candidates *list, const char *name);

void candidates_fini(struct candidates *list);

/** How many octets all of them begin with; that of @c begun when there are none or it is cut. */
size_t candidates_common(const struct candidates *list);

/**
 * Adds what the appliance at @p socket has of a kind.
 * @param call The word for a call that stands before, of which parties are; or NULL.
 */
typedef void (*complete_live_fn)(
	const char *socket, enum completion kind, const char *call, struct candidates *list);

/**
 * Find what the last of @p words can become; it is "" when none is begun.
 * @param socket Unless the words name another.
 * @param list To be candidates_fini()ed; borrows the last word.
 */
void complete_words(const char *socket, int n_words, char *const *words, complete_live_fn live,
	struct candidates *list);
