/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames at a steady rate into one port, and how many of them come out of another: what a switch
 * between the two has lost. It sleeps between its turns, so it can share its processor with the
 * switch's own control threads. What it could not offer since it slept too long counts as late,
 * never as lost. With EAL's arguments before --; then it reads lines:
 *   begin FPS   offer so many frames a second from now on
 *   end         offer no more; answers offered, received, and seconds late, between tabs
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <rte_byteorder.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include "base/bytes.h"

#define BURST 32
#define RING 1024 /* also the most that can be on its way: nothing is lost while this sleeps */
#define N_MBUFS 8191
#define FRAME_SIZE 60
#define SLEEP_NS 50000
#define LATE_S 0.0005 /* as much as is offered at once, half a ring at a million a second */
#define DRAIN_S 0.2   /* nothing has come for so long: nothing is on its way */
#define TTL 64
#define SOURCE_ADDRESS UINT32_C(0xc0000201) /* 192.0.2.1, RFC 5737 */
#define EXPERIMENT 253                      /* RFC 3692's protocol number */

struct traffic {
	struct rte_mempool *pool;
	double hz, rate;
	uint32_t first, n; /* labels, or IPv4 addresses, from which on and how many */
	bool is_ipv4, is_on;
	uint32_t next;
	uint64_t then; /* of the last offer */
	uint64_t offered, received, late, heard;
};

enum { OUT, IN };

static const struct rte_ether_addr to = { { 0x02, 0, 0, 0, 0, 0x02 } };
static const struct rte_ether_addr from = { { 0x02, 0, 0, 0, 0, 0x01 } };

/* ---- Frames. ---- */

static void
fill_ipv4(struct rte_ipv4_hdr *ip, uint32_t address)
{
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(FRAME_SIZE - RTE_ETHER_HDR_LEN);
	ip->time_to_live = TTL;
	ip->next_proto_id = EXPERIMENT;
	ip->src_addr = rte_cpu_to_be_32(SOURCE_ADDRESS);
	ip->dst_addr = rte_cpu_to_be_32(address);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

static void
fill(struct traffic *t, struct rte_mbuf *m)
{
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	uint32_t number = t->first + t->next;

	m->data_len = m->pkt_len = FRAME_SIZE;
	memset(eth, 0, FRAME_SIZE);
	eth->dst_addr = to;
	eth->src_addr = from;
	eth->ether_type = rte_cpu_to_be_16(t->is_ipv4 ? RTE_ETHER_TYPE_IPV4 : RTE_ETHER_TYPE_MPLS);
	if (t->is_ipv4)
		fill_ipv4((struct rte_ipv4_hdr *)(eth + 1), number);
	else
		cp_put_be32((uint8_t *)(eth + 1), number << 12 | 0x100 | TTL);
	t->next = t->next + 1 < t->n ? t->next + 1 : 0;
}

/* Ours, and not what a kernel says on its own account. */
static bool
is_ours(const struct traffic *t, const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);

	if (rte_pktmbuf_data_len(m) < FRAME_SIZE)
		return false;
	if (!t->is_ipv4)
		return eth->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_MPLS);
	return eth->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) &&
	       ((const struct rte_ipv4_hdr *)(eth + 1))->next_proto_id == EXPERIMENT;
}

/* ---- A turn: take what came, offer what is due. ---- */

static void
receive(struct traffic *t)
{
	struct rte_mbuf *m[BURST];
	uint16_t i, n, port;

	for (port = OUT; port <= IN; port++) {
		do {
			n = rte_eth_rx_burst(port, 0, m, BURST);
			for (i = 0; port == IN && i < n; i++) {
				if (!is_ours(t, m[i]))
					continue;
				t->received++;
				t->heard = rte_rdtsc();
			}
			rte_pktmbuf_free_bulk(m, n);
		} while (n == BURST);
	}
}

/* Frames that find no room are lost: whoever should fetch them does not. */
static void
send_burst(struct traffic *t, uint16_t n)
{
	struct rte_mbuf *m[BURST];
	uint16_t i;

	t->offered += n;
	if (rte_pktmbuf_alloc_bulk(t->pool, m, n) != 0)
		return;
	for (i = 0; i < n; i++)
		fill(t, m[i]);
	i = rte_eth_tx_burst(OUT, 0, m, n);
	rte_pktmbuf_free_bulk(m + i, n - i);
}

static void
offer(struct traffic *t)
{
	uint64_t now = rte_rdtsc(), most = (uint64_t)(LATE_S * t->hz);
	uint32_t due;

	if (now - t->then > most) {
		t->late += now - t->then - most;
		t->then = now - most;
	}
	due = (uint32_t)((double)(now - t->then) / t->hz * t->rate);
	t->then += (uint64_t)(due * t->hz / t->rate);
	for (; due > BURST; due -= BURST)
		send_burst(t, BURST);
	if (due > 0)
		send_burst(t, (uint16_t)due);
}

static void
begin(struct traffic *t, double rate)
{
	t->rate = rate;
	t->offered = t->received = t->late = 0;
	t->then = rte_rdtsc();
	t->is_on = true;
}

static void
end(struct traffic *t)
{
	const struct timespec pause = { .tv_nsec = SLEEP_NS };

	t->is_on = false;
	t->heard = rte_rdtsc();
	while ((double)(rte_rdtsc() - t->heard) < DRAIN_S * t->hz) {
		receive(t);
		nanosleep(&pause, NULL);
	}
	printf("%" PRIu64 "\t%" PRIu64 "\t%g\n", t->offered, t->received, (double)t->late / t->hz);
	fflush(stdout);
}

/* Until there is nobody left who could say anything. */
static int
serve(struct traffic *t)
{
	const struct timespec sleep = { .tv_nsec = SLEEP_NS };
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char line[32];
	double rate;

	while (true) {
		receive(t);
		if (t->is_on)
			offer(t);
		if (ppoll(&input, 1, &sleep, NULL) <= 0)
			continue;
		if (fgets(line, sizeof(line), stdin) == NULL)
			return 0;
		if (sscanf(line, "begin %lf", &rate) == 1 && rate > 0)
			begin(t, rate);
		else if (strcmp(line, "end\n") == 0)
			end(t);
		else
			return 2;
	}
}

/* ---- Start. ---- */

static int
open_port(uint16_t port, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = { 0 };
	uint16_t n_rx = RING, n_tx = RING;
	int err;

	err = rte_eth_dev_configure(port, 1, 1, &conf);
	if (err == 0)
		err = rte_eth_dev_adjust_nb_rx_tx_desc(port, &n_rx, &n_tx);
	if (err == 0)
		err = rte_eth_rx_queue_setup(port, 0, n_rx, SOCKET_ID_ANY, NULL, pool);
	if (err == 0)
		err = rte_eth_tx_queue_setup(port, 0, n_tx, SOCKET_ID_ANY, NULL);
	if (err == 0)
		err = rte_eth_dev_start(port);
	return err;
}

static bool
parse(struct traffic *t, int argc, char **argv)
{
	static const struct option options[] = {
		{ "labels", required_argument, NULL, 'l' },
		{ "addresses", required_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if ((c != 'l' && c != 'a') ||
			sscanf(optarg, "%" SCNu32 ":%" SCNu32, &t->first, &t->n) != 2)
			return false;
		t->is_ipv4 = c == 'a';
	}
	return optind == argc && t->n > 0;
}

int
main(int argc, char **argv)
{
	static struct traffic t;
	int n = rte_eal_init(argc, argv), err = 0;
	uint16_t port;

	if (n < 0 || !parse(&t, argc - n, argv + n) || rte_eth_dev_count_avail() != 2) {
		fprintf(stderr, "usage: traffic EAL-ARGUMENTS, two --vdev -- "
				"--labels FIRST:N | --addresses FIRST:N\n");
		return 2;
	}
	/* Sleeps end when they are due, and not when it suits the kernel. */
	prctl(PR_SET_TIMERSLACK, 1);
	t.hz = (double)rte_get_tsc_hz();
	t.pool = rte_pktmbuf_pool_create(
		"traffic", N_MBUFS, BURST, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	for (port = OUT; port <= IN && err == 0; port++)
		err = t.pool == NULL ? -ENOMEM : open_port(port, t.pool);
	if (err != 0) {
		fprintf(stderr, "traffic: port %d does not start: %s\n", port - 1, strerror(-err));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	err = serve(&t);
	rte_eal_cleanup();
	return err;
}
