/* SPDX-License-Identifier: BSD-3-Clause */
#include "clients/route.h"

#include <errno.h>
#include <string.h>

int
route_add(struct route_table *table, const struct co_address *prefix, uint32_t trunk)
{
	uint32_t i = 0;

	if (table->n == ROUTE_MAX)
		return -ENOSPC;
	while (i < table->n && table->routes[i].prefix.len > prefix->len)
		i++;
	for (uint32_t k = i; k < table->n && table->routes[k].prefix.len == prefix->len; k++)
		if (table->routes[k].prefix.type == prefix->type &&
			memcmp(table->routes[k].prefix.octets, prefix->octets, prefix->len) == 0)
			return -EEXIST;
	memmove(&table->routes[i + 1], &table->routes[i],
		(table->n - i) * sizeof(table->routes[0]));
	table->routes[i].prefix = *prefix;
	table->routes[i].trunk = trunk;
	table->n++;
	return 0;
}

int
route_find(const struct route_table *table, const struct co_address *address)
{
	uint32_t i;

	for (i = 0; i < table->n; i++) {
		const struct co_address *p = &table->routes[i].prefix;

		if (p->type == address->type && p->len <= address->len &&
			memcmp(p->octets, address->octets, p->len) == 0)
			return (int)table->routes[i].trunk;
	}
	return -ENOENT;
}
