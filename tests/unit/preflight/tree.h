/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file A machine of files: /sys and /proc below a directory, as much of them as preflight reads.
 */

#include "callplane/preflight.h"

/** A PCI address of each machine, of a network card. */
#define CARD "0000:00:04.0"

struct tree {
	char root[64];
	struct config config;
	struct preflight p;
};

/** Test set-up: *state is a tree with one node, lcores 0-3 of which 2 and 3 are isolated, and all
 * else as it should be. */
int tree_setup(void **state);
int tree_teardown(void **state);

/** The file @p path holds @p text from now on; directories are made. */
void put(struct tree *t, const char *path, const char *text);

/** @p path is a link to @p target. */
void put_link(struct tree *t, const char *path, const char *target);

void take_away(struct tree *t, const char *path);

/** Two nodes, at distance 21: lcores 0 and 2, 1 and 3; each with @p n_pages free of 1024. */
void two_nodes(struct tree *t, const char *n_pages_0, const char *n_pages_1);

/** CARD is there, bound to @p driver unless that is NULL, in an IOMMU group of its own. */
void put_card(struct tree *t, const char *driver, const char *node);

/** Look at the tree for a configuration, NULL for none. @return The exit status. */
int look(struct tree *t, const char *config);

/** The one check of @p subject has this verdict; @p text is in what it says, or in its mend. */
void expect(struct tree *t, const char *subject, enum preflight_verdict verdict, const char *text);

/** A configuration of one port, on a worker of lcore 2. */
#define ONE_PORT(device) PORT_OF(device, "2")
#define PORT_OF(device, lcore)                                                                     \
	"limits: {calls: 1000}\nports: {east: {device: \"" device "\"}}\n"                         \
	"workers: [{lcore: " lcore ", ports: [east]}]\ntrunks: {t: {port: east}}\n"
