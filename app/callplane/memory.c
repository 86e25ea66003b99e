/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/memory.h"

#include <rte_common.h>

#include "dataplane/dataplane.h"

#define OCTETS_AT_LEAST (100ull << 20) /* what there is before the first call */
/* Of a call: 632 of records, tables and counters; the rest is rounding. */
#define OCTETS_CONTROL 440u
#define OCTETS_CIRCUIT 300u
#define OCTETS_TRUNK (1ull << 20)
#define OCTETS_TRACE 32u
#define OCTETS_RECORD 128u /* of a call that is to have one */
#define OCTETS_METRICS 32u /* of a call, where there are metrics */
#define OCTETS_RANGE (1ull << 20)
#define OCTETS_ATTACHMENT 80u
#define MBUFS_AT_LEAST 16384u
#define OCTETS_MBUF_HEAD 192u /* before the data, in front of it the mempool's */
#define OCTETS_MBUF_REST 332u /* its clone, which has no data; its share of rings and caches */
#define OCTETS_PAGE 4096u

/* Each worker of a port beyond the first has a queue of it, or gets frames by a ring. */
uint32_t
memory_n_mbufs(const struct config *config)
{
	uint32_t n = config->n_workers * MEMORY_RING_SIZE + 2048;
	unsigned int i;

	if (config->n_mbufs != 0)
		return config->n_mbufs;
	for (i = 0; i < config->n_ports; i++)
		n += 2048 + 1024 * (uint32_t)__builtin_popcount(config->ports[i].workers);
	return n;
}

uint16_t
memory_mbuf_size(const struct config *config)
{
	uint16_t mtu = 0;
	unsigned int i;

	for (i = 0; i < config->n_ports; i++)
		mtu = RTE_MAX(mtu, config->ports[i].mtu);
	return dp_mbuf_data_size(mtu);
}

uint64_t
memory_of_mbufs(const struct config *config)
{
	uint64_t size = memory_mbuf_size(config) + OCTETS_MBUF_HEAD;
	uint32_t n = memory_n_mbufs(config);

	if (!config->no_huge)
		return n * (size + OCTETS_MBUF_REST);
	/* The heap does not grow: there is to be room to spare. */
	if (config->n_mbufs == 0 && n < MBUFS_AT_LEAST)
		n = MBUFS_AT_LEAST;
	/* The mempool lets no object cross a page, unless it is larger than one. */
	return n * (RTE_ALIGN_CEIL(size, OCTETS_PAGE) + OCTETS_MBUF_REST);
}

uint64_t
memory_of_tables(const struct config *config)
{
	uint64_t octets = OCTETS_AT_LEAST;
	unsigned int i;

	octets += config->n_trunks * OCTETS_TRUNK;
	octets += (uint64_t)config->max_calls * OCTETS_CIRCUIT;
	for (i = 0; i < config->n_attachments; i++)
		octets += (uint64_t)config->attachments[i].count * OCTETS_ATTACHMENT + OCTETS_RANGE;
	return octets;
}

uint64_t
memory_of_control(const struct config *config)
{
	uint32_t of_record = config->records.file[0] != '\0' ? OCTETS_RECORD : 0;
	uint32_t of_metrics = config->metrics.listen[0] != '\0' ? OCTETS_METRICS : 0;

	return (uint64_t)config->max_calls * (OCTETS_CONTROL + of_record + of_metrics) +
	       (uint64_t)config->n_traces * OCTETS_TRACE;
}
