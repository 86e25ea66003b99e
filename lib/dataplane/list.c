/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of replication lists: blocks of 1, 2, 4 ... lines, each twice as large as its halves,
 * which become one again when both are free. A free block keeps its neighbours among the free ones
 * of its size in its own first slots, where no worker looks any more.
 */
#include <errno.h>

#include <rte_malloc.h>

#include "dataplane/dp_priv.h"

#define LARGEST (1u << (DP_LIST_ORDERS - 1)) /* lines */
#define FREE 0x80u
#define DEFAULT_PER_CIRCUIT 16u /* octets */
#define DEFAULT_MAX (16u << 20)

static_assert(LARGEST * DP_LIST_LINE == DP_MAX_LEAVES, "the largest list is for all leaves");

enum link { NEXT, PREVIOUS };

static uint32_t *
link_of(const struct dp *dp, uint32_t list, enum link which)
{
	return &dp_list_slots(dp, list)[which];
}

static void
push_free(struct dp *dp, uint32_t list, uint32_t order)
{
	uint32_t *first = &dp->lists.first_free[order];

	*link_of(dp, list, NEXT) = *first;
	*link_of(dp, list, PREVIOUS) = DP_LIST_NONE;
	if (*first != DP_LIST_NONE)
		*link_of(dp, *first, PREVIOUS) = list;
	*first = list;
	dp->lists.state[list] = (uint8_t)(order | FREE);
}

static void
remove_free(struct dp *dp, uint32_t list, uint32_t order)
{
	uint32_t next = *link_of(dp, list, NEXT), previous = *link_of(dp, list, PREVIOUS);

	if (next != DP_LIST_NONE)
		*link_of(dp, next, PREVIOUS) = previous;
	if (previous != DP_LIST_NONE)
		*link_of(dp, previous, NEXT) = next;
	else
		dp->lists.first_free[order] = next;
	dp->lists.state[list] = 0;
}

static uint32_t
lines_wanted(const struct dp_config *c)
{
	uint64_t octets = c->list_size;

	if (octets == 0)
		octets = RTE_MIN((uint64_t)c->n_circuits * DEFAULT_PER_CIRCUIT, DEFAULT_MAX);
	return (uint32_t)RTE_ALIGN_CEIL(
		(octets + RTE_CACHE_LINE_SIZE - 1) / RTE_CACHE_LINE_SIZE, LARGEST);
}

int
dp_lists_init(struct dp *dp)
{
	struct dp_lists *l = &dp->lists;
	uint32_t i;

	l->n_lines = lines_wanted(&dp->config);
	dp->slots = dp_zalloc(dp, (size_t)l->n_lines * RTE_CACHE_LINE_SIZE, "replication lists");
	l->state = dp_zalloc(dp, l->n_lines, "states of replication lists");
	if (dp->slots == NULL || l->state == NULL)
		return -ENOMEM;
	for (i = 0; i < DP_LIST_ORDERS; i++)
		l->first_free[i] = DP_LIST_NONE;
	for (i = l->n_lines; i > 0; i -= LARGEST)
		push_free(dp, i - LARGEST, DP_LIST_ORDERS - 1);
	return 0;
}

void
dp_lists_fini(struct dp *dp)
{
	rte_free(dp->lists.state);
	rte_free(dp->slots);
}

uint32_t
dp_list_alloc(struct dp *dp, uint32_t order)
{
	struct dp_lists *l = &dp->lists;
	uint32_t from = order, list;

	while (from < DP_LIST_ORDERS && l->first_free[from] == DP_LIST_NONE)
		from++;
	if (from == DP_LIST_ORDERS)
		return DP_LIST_NONE;
	list = l->first_free[from];
	remove_free(dp, list, from);
	while (from > order) {
		from--;
		push_free(dp, list + (1u << from), from);
	}
	l->state[list] = (uint8_t)order;
	l->n_in_use += 1u << order;
	return list;
}

void
dp_list_free(struct dp *dp, uint32_t list)
{
	struct dp_lists *l = &dp->lists;
	uint32_t order = l->state[list], buddy;

	l->n_in_use -= 1u << order;
	for (; order + 1 < DP_LIST_ORDERS; order++) {
		buddy = list ^ (1u << order);
		if (l->state[buddy] != (order | FREE))
			break;
		remove_free(dp, buddy, order);
		l->state[list] = 0;
		list = RTE_MIN(list, buddy);
	}
	push_free(dp, list, order);
}

uint32_t
dp_list_order(const struct dp *dp, uint32_t list)
{
	return dp->lists.state[list];
}
