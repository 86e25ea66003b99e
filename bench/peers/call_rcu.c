/* SPDX-License-Identifier: BSD-3-Clause */
/* liburcu's call_rcu(): each record has a head of its own, and a thread of the library frees it. */
#include <malloc.h>
#include <stdlib.h>
#include <urcu-qsbr.h>

#include "peers/peer.h"

struct record {
	struct rcu_head head;
	uint8_t rest[PEER_RECORD_SIZE - sizeof(struct rcu_head)];
};

static struct record **table;

static int
fill(uint32_t n)
{
	uint32_t i;

	table = calloc(n, sizeof(struct record *));
	for (i = 0; table != NULL && i < n; i++) {
		table[i] = calloc(1, sizeof(struct record));
		if (table[i] == NULL)
			return -1;
		table[i]->rest[0] = 1;
	}
	return table == NULL ? -1 : 0;
}

static void
free_record(struct rcu_head *head)
{
	free(caa_container_of(head, struct record, head));
}

static int
remove_entries(const uint32_t *entries, uint32_t n)
{
	struct record *gone;
	uint32_t i;

	for (i = 0; i < n; i++) {
		gone = table[entries[i]];
		rcu_assign_pointer(table[entries[i]], NULL);
		call_rcu(&gone->head, free_record);
	}
	rcu_barrier(); /* this thread is no reader, so nobody waits for it */
	return 0;
}

static size_t
octets(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static uint32_t
look_up(uint32_t first, uint32_t n)
{
	const struct record *r;
	uint32_t i, found = 0;

	for (i = first; i < first + n; i++) {
		r = rcu_dereference(table[i]);
		found += r != NULL && r->rest[0] == 1;
	}
	return found;
}

static void
destroy(uint32_t n)
{
	uint32_t i;

	for (i = 0; table != NULL && i < n; i++)
		free(table[i]);
	free(table);
}

static const struct peer call_rcu_peer = {
	.name = "call_rcu",
	.fill = fill,
	.remove = remove_entries,
	.octets = octets,
	.online = rcu_register_thread,
	.look_up = look_up,
	.quiescent = rcu_quiescent_state,
	.offline = rcu_unregister_thread,
	.destroy = destroy,
};

int
main(int argc, char **argv)
{
	return peer_main(&call_rcu_peer, argc, argv);
}
