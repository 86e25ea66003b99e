/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "base/bytes.h"

#include <cmocka.h>

#define WIRE_SIZE 128
#define N_MBUFS 1023
#define FILL 0xee

static const struct rte_ether_addr peers[] = {
	[EAST] = { { 2, 0, 0, 0, 0, 0xe } },
	[WEST] = { { 2, 0, 0, 0, 0, 0xf } },
};

/* ---- EAL ---- */

/* The first and the last processor that we may use, as lcores 0 and 1. */
static void
print_lcores(char *out, size_t room)
{
	int first = -1, last = 0, i;
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	for (i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		first = first < 0 ? i : first;
		last = i;
	}
	snprintf(out, room, "0@%d,1@%d", first, last);
}

int
eal_setup(void **state)
{
	char lcores[32];
	const char *argv[] = { "test", "--no-huge", "--no-shconf", "-m", "256", "--no-pci",
		"--no-telemetry", "--lcores", lcores, "--log-level", "error", NULL };

	(void)state;
	print_lcores(lcores, sizeof(lcores));
	return rte_eal_init(sizeof(argv) / sizeof(argv[0]) - 1, (char **)(uintptr_t)argv) < 0 ? -1
											      : 0;
}

int
eal_teardown(void **state)
{
	(void)state;
	return rte_eal_cleanup();
}

/* ---- The net ---- */

static struct rte_ring *
test_ring(uint32_t size)
{
	static unsigned int n;
	char name[32];
	struct rte_ring *ring;

	snprintf(name, sizeof(name), "test_%u", n++);
	ring = rte_ring_create(name, size, SOCKET_ID_ANY, 0);
	assert_non_null(ring);
	return ring;
}

/* All its transmit queues lead into @p out. */
static uint16_t
device_of_rings(struct rte_ring **in, uint16_t n_rx, struct rte_ring *out, uint16_t n_tx)
{
	static unsigned int n;
	struct rte_ring *tx[DP_MAX_WORKERS];
	char name[32];
	int ethdev;
	uint16_t i;

	for (i = 0; i < n_tx; i++)
		tx[i] = out;
	snprintf(name, sizeof(name), "wire%u", n++);
	ethdev = rte_eth_from_rings(name, in, n_rx, tx, n_tx, 0);
	assert_true(ethdev >= 0);
	return (uint16_t)ethdev;
}

uint16_t
ring_device(struct rte_ring **in, struct rte_ring **out, uint16_t n_tx_queues)
{
	*in = test_ring(WIRE_SIZE);
	*out = test_ring(WIRE_SIZE);
	return device_of_rings(in, 1, *out, n_tx_queues);
}

static uint32_t
usual(uint32_t wanted, uint32_t value)
{
	return wanted != 0 ? wanted : value;
}

static uint16_t
add_device(struct net *net, enum net_port port, const struct net_config *c)
{
	uint16_t n_rx = (uint16_t)usual(c->n_rx, 1), i;
	uint16_t n_tx = (uint16_t)usual(c->n_tx, dp_n_workers(net->dp));

	for (i = 0; i < n_rx; i++)
		net->queues[port][i] = test_ring(usual(c->wire_size, WIRE_SIZE));
	net->in[port] = net->queues[port][0];
	net->out[port] = test_ring(usual(c->wire_size, WIRE_SIZE));
	return device_of_rings(net->queues[port], n_rx, net->out[port], n_tx);
}

static void
add_port(struct net *net, enum net_port port, const struct net_config *c)
{
	static const char *const names[] = { "east", "west", "lan" };
	struct dp_port_config config = { .name = names[port],
		.mtu = c->mtu,
		.workers = (1u << usual(c->n_workers, 1)) - 1,
		.role = port == LAN ? DP_ROLE_ACCESS : DP_ROLE_TRUNK,
		.spread = c->spread,
		.signalling_label = c->signalling_label };
	int idx;

	net->ethdev[port] = config.ethdev = add_device(net, port, c);
	idx = dp_port_open(net->dp, &config);
	assert_true(idx >= 0);
	net->ports[port] = (uint16_t)idx;
}

static uint16_t
add_trunk(struct net *net, enum net_port port)
{
	struct dp_trunk_config config = { .port = net->ports[port], .tc = 6 };
	int trunk;

	config.peer_mac = peers[port];
	trunk = dp_trunk_add(net->dp, &config);
	assert_true(trunk >= 0);
	return (uint16_t)trunk;
}

static void
add_workers(struct net *net, const struct net_config *c)
{
	uint32_t i;

	for (i = 0; i < usual(c->n_workers, 1); i++)
		assert_int_equal(dp_worker_create(net->dp, 1 + i, &net->workers[i]), 0);
	net->worker = net->workers[0];
	if (c->with_idle)
		assert_int_equal(dp_worker_create(net->dp, 0, &net->idle), 0);
}

struct net *
net_create_config(const struct net_config *c)
{
	struct dp_config config = { .n_circuits = c->n_circuits,
		.n_attachments = usual(c->n_attachments, 8),
		.ring_size = 64,
		.n_mbufs = usual(c->n_mbufs, N_MBUFS),
		.socket = SOCKET_ID_ANY,
		.stall_ns = 1000000,
		.n_contracts = c->n_contracts,
		.n_label_blocks = c->n_label_blocks,
		.list_size = c->list_size,
		.n_clones = c->n_clones };
	struct net *net = calloc(1, sizeof(*net));
	enum net_port port;
	uint32_t i;

	assert_non_null(net);
	assert_int_equal(dp_create(&net->dp, &config), 0);
	add_workers(net, c);
	for (port = 0; port < NET_PORTS; port++)
		add_port(net, port, c);
	net->east = add_trunk(net, EAST);
	net->west = add_trunk(net, WEST);
	net->n_mbufs = rte_mempool_avail_count(dp_mempool(net->dp));
	net->n_clones = rte_mempool_avail_count(dp_clone_pool(net->dp));
	for (i = 0; i < usual(c->n_workers, 1); i++)
		dp_worker_online(net->workers[i]);
	if (c->with_idle)
		dp_worker_online(net->idle);
	return net;
}

struct net *
net_create(uint32_t n_circuits, uint16_t mtu)
{
	const struct net_config c = { .n_circuits = n_circuits, .mtu = mtu };

	return net_create_config(&c);
}

struct net *
net_create_idle(uint32_t n_circuits, uint16_t mtu)
{
	const struct net_config c = { .n_circuits = n_circuits, .mtu = mtu, .with_idle = true };

	return net_create_config(&c);
}

int
net_setup(void **state)
{
	*state = net_create(100, 0);
	return 0;
}

void
turn_all(struct net *net)
{
	int i;

	for (i = 0; i < NET_MAX_WORKERS && net->workers[i] != NULL; i++)
		dp_worker_turn(net->workers[i]);
}

static void
free_rings(struct net *net)
{
	enum net_port port;
	int i;

	for (port = 0; port < NET_PORTS; port++) {
		for (i = 0; i <= NET_MAX_WORKERS; i++)
			rte_ring_free(net->queues[port][i]);
		rte_ring_free(net->out[port]);
	}
}

int
net_teardown(void **state)
{
	struct net *net = *state;
	unsigned int n_mbufs, n_clones, port, i;
	struct rte_mbuf *m;

	dp_control_flush(net->dp);
	turn_all(net);
	dp_control_poll(net->dp, UINT32_MAX);
	for (i = 0; i < NET_MAX_WORKERS && net->workers[i] != NULL; i++)
		dp_worker_offline(net->workers[i]);
	if (net->idle != NULL)
		dp_worker_offline(net->idle);
	for (port = 0; port < NET_PORTS; port++)
		while ((m = left(net, port)) != NULL)
			rte_pktmbuf_free(m);
	n_mbufs = rte_mempool_avail_count(dp_mempool(net->dp));
	n_clones = rte_mempool_avail_count(dp_clone_pool(net->dp));
	assert_int_equal(n_mbufs, net->n_mbufs);
	assert_int_equal(n_clones, net->n_clones);
	dp_destroy(net->dp);
	free_rings(net);
	free(net);
	return 0;
}

/* ---- Frames ---- */

uint16_t
replay_device(struct net *net, struct rte_ring **in, struct rte_ring **out)
{
	uint16_t ethdev = ring_device(in, out, 1);
	struct rte_eth_conf conf = { 0 };

	assert_int_equal(rte_eth_dev_configure(ethdev, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(ethdev, 0, 0, 0, NULL, dp_mempool(net->dp)), 0);
	assert_int_equal(rte_eth_tx_queue_setup(ethdev, 0, 0, 0, NULL), 0);
	assert_int_equal(rte_eth_dev_start(ethdev), 0);
	return ethdev;
}

struct rte_mbuf *
frame_of(struct net *net, const char *hex, uint32_t size)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(dp_mempool(net->dp));
	uint8_t octets[NET_MAX_FRAME];
	int n;

	assert_non_null(m);
	n = cp_hex_parse(hex, octets, sizeof(octets));
	assert_true(n >= 0);
	if (size > (uint32_t)n)
		memset(octets + n, FILL, size - (uint32_t)n);
	else
		size = (uint32_t)n;
	memcpy(rte_pktmbuf_append(m, (uint16_t)size), octets, size);
	return m;
}

void
arrive_frame(struct net *net, enum net_port port, struct rte_mbuf *frame)
{
	assert_int_equal(rte_ring_enqueue(net->in[port], frame), 0);
}

void
arrive(struct net *net, enum net_port port, const char *hex, uint32_t size)
{
	arrive_frame(net, port, frame_of(net, hex, size));
}

void
arrive_in(struct net *net, enum net_port port, uint16_t queue, const char *hex, uint32_t size)
{
	assert_int_equal(rte_ring_enqueue(net->queues[port][queue], frame_of(net, hex, size)), 0);
}

struct rte_mbuf *
left(struct net *net, enum net_port port)
{
	void *m;

	return rte_ring_dequeue(net->out[port], &m) == 0 ? m : NULL;
}

void
expect_left(struct net *net, enum net_port port, const char *hex, uint32_t size)
{
	struct rte_mbuf *want = frame_of(net, hex, size), *got = left(net, port);
	uint8_t octets[NET_MAX_FRAME];

	assert_non_null(got);
	rte_mbuf_sanity_check(got, 1);
	assert_int_equal(got->pkt_len, want->pkt_len);
	assert_memory_equal(rte_pktmbuf_read(got, 0, got->pkt_len, octets),
		rte_pktmbuf_mtod(want, uint8_t *), want->data_len);
	rte_pktmbuf_free(got);
	rte_pktmbuf_free(want);
}

void
expect_labelled(struct net *net, enum net_port port, const char *hex, uint32_t size)
{
	struct dp_port_stats stats;
	char text[2 * NET_MAX_FRAME];

	assert_int_equal(dp_port_stats(net->dp, net->ports[port], &stats), 0);
	cp_hex_print(text, peers[port].addr_bytes, 6);
	cp_hex_print(text + 12, stats.mac.addr_bytes, 6);
	snprintf(text + 24, sizeof(text) - 24, "%s", hex);
	expect_left(net, port, text, size);
}

void
expect_nothing_left(struct net *net)
{
	enum net_port port;

	for (port = 0; port < NET_PORTS; port++)
		assert_true(rte_ring_empty(net->out[port]));
}

uint64_t
drops(const struct net *net, enum net_port port, enum dp_drop reason)
{
	struct dp_port_stats stats;

	assert_int_equal(dp_port_stats(net->dp, net->ports[port], &stats), 0);
	return stats.drops[reason];
}

void
expect_drop(struct net *net, enum net_port port, enum dp_drop reason)
{
	uint64_t before = drops(net, port, reason);
	struct dp_worker_stats worker;
	uint64_t in_all;

	dp_worker_stats(net->dp, 0, &worker);
	in_all = worker.drops[reason];
	dp_worker_turn(net->worker);
	assert_int_equal(drops(net, port, reason), before + 1);
	dp_worker_stats(net->dp, 0, &worker);
	assert_int_equal(worker.drops[reason], in_all + 1);
	expect_nothing_left(net);
}

/* ---- Circuits ---- */

uint32_t
reclaim(struct net *net)
{
	uint32_t n = dp_reclaim_poll(net->dp, 0, UINT32_MAX);

	dp_worker_turn(net->worker);
	return n + dp_reclaim_poll(net->dp, 0, UINT32_MAX);
}

dp_circuit_t
open_circuit(struct net *net, uint16_t trunk, uint32_t label)
{
	dp_circuit_t circuit;

	/* The label doubles as the cookie. */
	assert_int_equal(dp_circuit_open(net->dp, trunk, label, false, label, &circuit), 0);
	return circuit;
}

uint32_t
add_attachment(struct net *net, uint8_t n_tags, uint16_t outer, uint16_t inner)
{
	struct dp_attachment_config config = {
		.port = net->ports[LAN], .n_tags = n_tags, .outer_vlan = outer, .inner_vlan = inner
	};
	uint32_t attachment;

	assert_int_equal(dp_attachment_add(net->dp, &config, &attachment), 0);
	return attachment;
}

dp_circuit_t
attached_circuit(struct net *net, uint32_t label, uint8_t n_tags, uint16_t outer, uint16_t inner)
{
	dp_circuit_t circuit = open_circuit(net, net->east, label);
	uint32_t attachment = add_attachment(net, n_tags, outer, inner);

	assert_int_equal(dp_circuit_attach(net->dp, circuit, attachment), 0);
	return circuit;
}
