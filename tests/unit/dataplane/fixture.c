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

static uint16_t
device_of_size(struct rte_ring **in, struct rte_ring **out, uint16_t n_tx_queues, uint32_t size)
{
	static unsigned int n;
	struct rte_ring *tx[DP_MAX_WORKERS];
	char name[32];
	int ethdev;
	uint16_t i;

	*in = test_ring(size);
	*out = test_ring(size);
	for (i = 0; i < n_tx_queues; i++)
		tx[i] = *out;
	snprintf(name, sizeof(name), "wire%u", n++);
	ethdev = rte_eth_from_rings(name, in, 1, tx, n_tx_queues, 0);
	assert_true(ethdev >= 0);
	return (uint16_t)ethdev;
}

uint16_t
ring_device(struct rte_ring **in, struct rte_ring **out, uint16_t n_tx_queues)
{
	return device_of_size(in, out, n_tx_queues, WIRE_SIZE);
}

static void
add_port(struct net *net, enum net_port port, uint16_t mtu, uint32_t wire_size)
{
	static const char *const names[] = { "east", "west", "lan" };
	struct dp_port_config config = { .name = names[port], .mtu = mtu };
	int idx;

	net->ethdev[port] = device_of_size(
		&net->in[port], &net->out[port], (uint16_t)dp_n_workers(net->dp), wire_size);
	config.ethdev = net->ethdev[port];
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

static uint32_t
usual(uint32_t wanted, uint32_t value)
{
	return wanted != 0 ? wanted : value;
}

struct net *
net_create_config(const struct net_config *c)
{
	struct dp_config config = { .n_circuits = c->n_circuits,
		.n_attachments = 8,
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

	assert_non_null(net);
	assert_int_equal(dp_create(&net->dp, &config), 0);
	assert_int_equal(dp_worker_create(net->dp, 1, &net->worker), 0);
	if (c->with_idle)
		assert_int_equal(dp_worker_create(net->dp, 0, &net->idle), 0);
	for (port = 0; port < NET_PORTS; port++)
		add_port(net, port, c->mtu, usual(c->wire_size, WIRE_SIZE));
	net->east = add_trunk(net, EAST);
	net->west = add_trunk(net, WEST);
	net->n_mbufs = rte_mempool_avail_count(dp_mempool(net->dp));
	net->n_clones = rte_mempool_avail_count(dp_clone_pool(net->dp));
	dp_worker_online(net->worker);
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

int
net_teardown(void **state)
{
	struct net *net = *state;
	unsigned int n_mbufs, n_clones, port;
	struct rte_mbuf *m;

	dp_control_flush(net->dp);
	dp_worker_turn(net->worker);
	dp_control_poll(net->dp, UINT32_MAX);
	dp_worker_offline(net->worker);
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
	for (port = 0; port < NET_PORTS; port++) {
		rte_ring_free(net->in[port]);
		rte_ring_free(net->out[port]);
	}
	free(net);
	return 0;
}

/* ---- Frames ---- */

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
