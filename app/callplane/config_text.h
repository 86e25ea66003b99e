/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A configuration that was read: as YAML again, and held against another one. No state: any thread.
 */

#include "callplane/config.h"

/**
 * Room for a value as it stands in YAML, the longest having 255 octets, all of them escaped; and
 * for a whole record, which may be cut.
 */
#define CONFIG_CHANGE_TEXT 1200

enum config_change_kind { CONFIG_ADDED, CONFIG_REMOVED, CONFIG_CHANGED };

/** One thing that is different. */
struct config_change {
	enum config_change_kind kind;
	bool live;           /**< A running appliance can take it over. */
	const char *section; /**< "trunks". */
	char name[96];       /**< "to-hub", "e164:4989"; "": the section is one record. */
	char key[32];        /**< "timers.t308"; "": all of the record. */
	char before[CONFIG_CHANGE_TEXT],
		after[CONFIG_CHANGE_TEXT]; /**< "": there is, or was, none. */
};

typedef void (*config_change_fn)(void *arg, const struct config_change *change);

/**
 * The configuration as YAML, every value said that has one; config_parse() makes the same of it
 * again, but for the lines. NULL when memory is out, else to be freed.
 */
char *config_text(const struct config *config);

/**
 * Order ports, workers, trunks, attachments and PVCs of @p config as @p like has them, and what
 * is new behind them: a record of which none before it was removed has the same index in both.
 * 0, or -ENOMEM and @p config is of no use.
 */
int config_align(struct config *config, const struct config *like);

/** Tell what is different, in the order of the text: how much, or -ENOMEM. Align them first. */
int config_diff(
	const struct config *before, const struct config *after, config_change_fn tell, void *arg);

/** A line: "trunks to-hub bandwidth: 10G -> 5G"; cut at @p size. */
void config_change_print(char *out, size_t size, const struct config_change *change);
