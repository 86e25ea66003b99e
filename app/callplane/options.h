/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The command line of callplane, and what is said of it: one table for getopt, the help text and
 * the man page callplane(8).
 */

#include <stdbool.h>
#include <stdio.h>

/** A command line, taken apart. */
struct options {
	const char *config; /**< NULL: none is named. */
	const char *root;   /**< Where /sys and /proc are looked for. */
	const char *user;   /**< NULL: stay who we are. */
	bool check;
	bool preflight;
	bool json;
	bool version;
	bool help;
	int n_eal; /**< Words for DPDK behind "--". */
	char **eal;
};

struct option_text {
	char letter; /**< '\0': it has none. */
	const char *name;
	const char *argument; /**< NULL: it takes none. */
	const char *help;
};

struct option_exit {
	int status;
	const char *help;
};

/** Each ends with an entry without a text. */
extern const struct option_text option_texts[];
extern const struct option_exit option_exits[];
extern const char *const option_synopses[];

/** 0, or -EINVAL after getopt has said what is wrong. */
int options_parse(struct options *o, int argc, char **argv);

void options_usage(FILE *out);
