/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file A dataplane with two ports whose devices cost nothing, turned by hand. */

#include "common/still.h"
#include "dataplane/dataplane.h"

#define PLANE_FRAMES 1024u

struct plane {
	struct dp *dp;
	struct dp_worker *worker;
	struct still stills[2];
	uint16_t ports[2];
	struct rte_mbuf
		*frames[PLANE_FRAMES]; /**< The user's; plane_destroy() frees @p n_frames. */
	uint32_t n_frames;
};

/** 0, or negative: what there is, plane_destroy() takes away. */
int plane_create(struct plane *p, uint32_t n_circuits, uint32_t n_attachments);
void plane_destroy(struct plane *p);

/** A trunk on port @p i: its index, or negative. */
int plane_add_trunk(struct plane *p, int i);

/** Let the worker have @p n of the frames by port @p i. @return TSC cycles that this took it. */
uint64_t plane_turn(struct plane *p, int i, uint32_t n);

/** @p p's frames, @p n of @p size octets, all zero. */
int plane_make_frames(struct plane *p, uint32_t n, uint16_t size);
