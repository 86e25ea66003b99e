/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Parties that do anything at random, and a reference of what the broker has to make of it: what
 * the exploration (explore.c) runs, one episode after the other.
 */

#include <stdbool.h>
#include <stdint.h>

/** One operation, with all that happens inside of it: the same in every run. */
struct operation {
	uint32_t kind, slot;
	uint64_t seed;
	uint32_t budget; /**< How many more may begin inside its handlers. */
	uint32_t eager;  /**< How likely that is, 2 and more. */
};

/** Operations inside others that are left out, by their seeds. */
struct spared {
	uint64_t seeds[256];
	uint32_t n;
};

/** Those that began inside of one. */
struct insides {
	struct operation ops[64];
	uint32_t n;
};

/** A fault of the parties or the reference, to see that it is found: there is none in a real run.
 */
enum model_fault {
	FAULT_NONE,
	FAULT_COMPLETES_TWICE, /**< A close that was completed once more, unseen by the reference.
				*/
	FAULT_FORGETS_HIDDEN,  /**< The reference forgets RACE-3. */
	FAULT_REFUSES_LAST,    /**< The reference refuses the drop of one of two parties. */
};

#define MODEL_TABLES 5
#define MODEL_STATES 8
#define MODEL_EVENTS 17

/** What was seen, of all episodes. */
struct model_stats {
	uint64_t n_operations; /**< Those inside handlers included. */
	uint64_t n_nested;
	uint64_t n_handlers;
	uint64_t n_stale; /**< With a handle that was dead. */
	uint64_t n_deferred;
	uint32_t max_nesting;
	uint64_t entered[MODEL_TABLES][MODEL_STATES][MODEL_EVENTS];
	uint64_t refused[MODEL_TABLES][MODEL_STATES][MODEL_EVENTS];
};

struct model;

struct model *model_create(bool mcm, struct model_stats *stats, enum model_fault fault, bool trace);
void model_free(struct model *m);

/** The next of an episode, from @p random. */
struct operation model_next(struct model *m, uint64_t *random);

/**
 * @p spared NULL: none. False: the broker and the reference disagree; model_why() says how. The
 * model can only be freed then.
 */
bool model_run(struct model *m, const struct operation *op, const struct spared *spared);

/** Of the last one; up to 64. */
const struct insides *model_insides(const struct model *m);

/** End all that pends, close and delete all, take the adapter away: nothing is left (I4). */
bool model_end(struct model *m);
const char *model_why(const struct model *m);

/** Lines of TAP comments; the number of cells that were missed. */
uint32_t model_print_coverage(const struct model_stats *stats, bool complain);
