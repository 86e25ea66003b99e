/* SPDX-License-Identifier: BSD-3-Clause */
/* rte_hash whose deleted keys, and their records, wait for the reader: its own defer queue. */
#include <stdio.h>

#include <rte_hash.h>
#include <rte_hash_crc.h>

#include "peers/dpdk.h"
#include "peers/peer.h"

#define BURST RTE_HASH_LOOKUP_BULK_MAX

static struct rte_hash *hash;

static void
give_back(void *arg, void *record)
{
	(void)arg;
	peer_record_put(record);
}

static int
create(uint32_t n)
{
	struct rte_hash_parameters params = {
		.name = "peer",
		.entries = n + n / 4, /* without room to spare the last keys find no bucket */
		.key_len = sizeof(uint32_t),
		.hash_func = rte_hash_crc,
		.socket_id = SOCKET_ID_ANY,
		.extra_flag =
			RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF | RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};
	struct rte_hash_rcu_config rcu = {
		.v = peer_dpdk_qsbr(),
		.mode = RTE_HASH_QSBR_MODE_DQ,
		.free_key_data_func = give_back,
	};

	hash = rte_hash_create(&params);
	return hash == NULL || rte_hash_rcu_qsbr_add(hash, &rcu) != 0 ? -1 : 0;
}

static int
fill(uint32_t n)
{
	uint64_t *record;
	uint32_t i;

	if (create(n) != 0 || peer_records_create(n) != 0)
		return -1;
	for (i = 0; i < n; i++) {
		record = peer_record_get();
		*record = 1;
		if (rte_hash_add_key_data(hash, &i, record) != 0)
			return -1;
	}
	return 0;
}

/* The queue is its own: what is left in it at the end cannot be asked for. */
static int
remove_entries(const uint32_t *entries, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (rte_hash_del_key(hash, &entries[i]) < 0)
			return -1;
	return 0;
}

static uint32_t
look_up(uint32_t first, uint32_t n)
{
	const void *keys[BURST];
	uint32_t numbers[BURST], i, found = 0;
	void *records[BURST];
	uint64_t hits;

	for (i = 0; i < n; i++) {
		numbers[i] = first + i;
		keys[i] = &numbers[i];
	}
	if (rte_hash_lookup_bulk_data(hash, keys, n, &hits, records) < 0)
		return 0;
	for (i = 0; i < n; i++)
		found += (hits >> i & 1) != 0 && *(const uint64_t *)records[i] == 1;
	return found;
}

static void
destroy(uint32_t n)
{
	(void)n;
	rte_hash_free(hash);
	peer_records_destroy();
}

static const struct peer hash_peer = {
	.name = "rte_hash_rcu",
	.start = peer_dpdk_start,
	.fill = fill,
	.remove = remove_entries,
	.octets = peer_dpdk_octets,
	.online = peer_dpdk_online,
	.look_up = look_up,
	.quiescent = peer_dpdk_quiescent,
	.offline = peer_dpdk_offline,
	.destroy = destroy,
};

int
main(int argc, char **argv)
{
	return peer_main(&hash_peer, argc, argv);
}
