/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Which trunk leads to an address: the longest prefix wins. Control thread only. */

#include "condis/condis.h"

#define ROUTE_MAX 256

struct route {
	struct co_address prefix;
	uint32_t trunk;
};

/** Longest prefixes first. */
struct route_table {
	uint32_t n;
	struct route routes[ROUTE_MAX];
};

/** 0, -EEXIST for a prefix that is there, -ENOSPC. */
int route_add(struct route_table *table, const struct co_address *prefix, uint32_t trunk);

/** The trunk for @p address, or -ENOENT. */
int route_find(const struct route_table *table, const struct co_address *address);
