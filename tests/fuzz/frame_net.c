/* SPDX-License-Identifier: BSD-3-Clause */
#include "frame_net.h"

#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "dataplane/dataplane.h"

#define WIRE_SIZE 64

static struct {
	struct dp *dp;
	struct dp_worker *worker;
	struct rte_ring *in[NET_PORTS], *out[NET_PORTS];
	uint16_t ports[NET_PORTS];
	uint16_t trunks[NET_LAN];
	unsigned int n_mbufs, n_clones;
	uint32_t max_frame;
	struct net_out *now;
} net;

static void
init_eal(void)
{
	const char *argv[] = { "fuzz", "--no-huge", "--no-shconf", "-m", "128", "--no-pci",
		"--no-telemetry", "--lcores", "0", "--log-level", "error", NULL };

	FUZZ_CHECK(rte_eal_init(sizeof(argv) / sizeof(argv[0]) - 1, (char **)(uintptr_t)argv) >= 0);
}

static void
add_port(enum net_port port)
{
	static const char *const names[] = { "east", "west", "lan" };
	struct dp_port_config config = { .name = names[port] };
	char name[32];
	int ethdev, idx;

	snprintf(name, sizeof(name), "in_%s", names[port]);
	net.in[port] = rte_ring_create(name, WIRE_SIZE, SOCKET_ID_ANY, 0);
	snprintf(name, sizeof(name), "out_%s", names[port]);
	net.out[port] = rte_ring_create(name, WIRE_SIZE, SOCKET_ID_ANY, 0);
	FUZZ_CHECK(net.in[port] != NULL && net.out[port] != NULL);
	ethdev = rte_eth_from_rings(names[port], &net.in[port], 1, &net.out[port], 1, 0);
	FUZZ_CHECK(ethdev >= 0);
	config.ethdev = (uint16_t)ethdev;
	idx = dp_port_open(net.dp, &config);
	FUZZ_CHECK(idx >= 0);
	net.ports[port] = (uint16_t)idx;
}

/* @p payload is what control gets to see. */
static bool
on_control(void *arg, uint32_t cookie, const uint8_t *payload, uint32_t len, struct rte_mbuf *frame)
{
	struct net_frame *f = &net.now->frames[net.now->n++];

	(void)arg;
	(void)cookie;
	(void)frame;
	FUZZ_CHECK(net.now->n <= NET_OUT_MAX && len <= sizeof(f->octets));
	FUZZ_CHECK(fuzz_is_there(payload, len));
	f->to_control = true;
	f->port = NET_EAST;
	f->len = len;
	memcpy(f->octets, payload, len);
	return false;
}

static void
add_trunk(enum net_port port)
{
	struct dp_trunk_config config = {
		.port = net.ports[port], .tc = 6, .peer_mac = { { 2, 0, 0, 0, 0, (uint8_t)port } }
	};
	int trunk = dp_trunk_add(net.dp, &config);

	FUZZ_CHECK(trunk >= 0);
	net.trunks[port] = (uint16_t)trunk;
	dp_trunk_set_control_rx(net.dp, net.trunks[port], on_control, NULL);
}

static dp_circuit_t
open_circuit(enum net_port port, uint32_t label, bool to_control)
{
	dp_circuit_t circuit;

	FUZZ_CHECK(dp_circuit_open(net.dp, net.trunks[port], label, to_control, 0, &circuit) == 0);
	return circuit;
}

static dp_circuit_t
open_leaf(void)
{
	dp_circuit_t leaf;

	FUZZ_CHECK(dp_leaf_open(net.dp, net.trunks[NET_EAST], LABEL_LEAVES, 0, &leaf) == 0);
	return leaf;
}

static void
attach(dp_circuit_t circuit, uint8_t n_tags, uint16_t outer, uint16_t inner)
{
	struct dp_attachment_config config = {
		.port = net.ports[NET_LAN],
		.n_tags = n_tags,
		.outer_vlan = outer,
		.inner_vlan = inner,
	};
	uint32_t attachment;

	FUZZ_CHECK(dp_attachment_add(net.dp, &config, &attachment) == 0);
	FUZZ_CHECK(dp_circuit_attach(net.dp, circuit, attachment) == 0);
}

static void
add_circuits(void)
{
	open_circuit(NET_EAST, LABEL_CONTROL, true);
	open_circuit(NET_EAST, LABEL_IDLE, false);
	FUZZ_CHECK(dp_circuit_join(net.dp, open_circuit(NET_EAST, LABEL_SWAP, false),
			   open_circuit(NET_WEST, LABEL_OUT, false)) == 0);
	attach(open_circuit(NET_EAST, LABEL_UNTAGGED, false), 0, 0, 0);
	attach(open_circuit(NET_EAST, LABEL_TAGGED, false), 1, VLAN_C, 0);
	attach(open_circuit(NET_EAST, LABEL_STACKED, false), 2, VLAN_S, VLAN_SC);
	FUZZ_CHECK(dp_circuit_join(
			   net.dp, open_leaf(), open_circuit(NET_WEST, LABEL_LEAF, false)) == 0);
	attach(open_leaf(), 1, VLAN_LEAF, 0);
	FUZZ_CHECK(dp_circuit_to_control(net.dp, open_leaf()) == 0);
}

void
net_create(void)
{
	struct dp_config config = { .n_circuits = 32,
		.n_attachments = 8,
		.ring_size = 64,
		.n_mbufs = 255,
		.socket = SOCKET_ID_ANY,
		.stall_ns = 1000000000 };
	struct dp_port_stats stats;
	enum net_port port;

	init_eal();
	FUZZ_CHECK(dp_create(&net.dp, &config) == 0);
	FUZZ_CHECK(dp_worker_create(net.dp, 0, &net.worker) == 0);
	for (port = 0; port < NET_PORTS; port++)
		add_port(port);
	add_trunk(NET_EAST);
	add_trunk(NET_WEST);
	add_circuits();
	dp_worker_online(net.worker);
	net.n_mbufs = rte_mempool_avail_count(dp_mempool(net.dp));
	net.n_clones = rte_mempool_avail_count(dp_clone_pool(net.dp));
	FUZZ_CHECK(dp_port_stats(net.dp, net.ports[NET_EAST], &stats) == 0);
	net.max_frame = stats.mtu + (uint32_t)RTE_ETHER_HDR_LEN;
}

uint32_t
net_max_frame(void)
{
	return net.max_frame;
}

static struct rte_mbuf *
segment_of(const uint8_t *octets, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(dp_mempool(net.dp));

	FUZZ_CHECK(m != NULL);
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), octets, len);
	return m;
}

static void
collect(enum net_port port)
{
	struct net_frame *f;
	const uint8_t *p;
	void *got;

	while (rte_ring_dequeue(net.out[port], &got) == 0) {
		struct rte_mbuf *m = got;

		rte_mbuf_sanity_check(m, 1);
		f = &net.now->frames[net.now->n++];
		FUZZ_CHECK(net.now->n <= NET_OUT_MAX && m->pkt_len <= sizeof(f->octets));
		f->port = port;
		f->to_control = false;
		f->len = m->pkt_len;
		p = rte_pktmbuf_read(m, 0, m->pkt_len, f->octets);
		FUZZ_CHECK(p != NULL);
		if (p != f->octets)
			memcpy(f->octets, p, f->len);
		rte_pktmbuf_free(m);
	}
}

static uint64_t
n_drops(uint64_t *n_reserved)
{
	struct dp_worker_stats stats;
	uint64_t n = 0;
	int reason;

	dp_worker_stats(net.dp, 0, &stats);
	for (reason = 0; reason < DP_DROP_COUNT; reason++)
		n += stats.drops[reason];
	*n_reserved = stats.drops[DP_DROP_RESERVED_LABEL];
	return n;
}

void
net_pass(enum net_port port, const uint8_t *octets, uint32_t len, uint32_t split,
	struct net_out *out)
{
	struct rte_mbuf *m = segment_of(octets, split), *last = m;
	uint64_t n_before, n_reserved_before;
	uint32_t tail_size;
	enum net_port p;
	uint8_t *tail;

	if (split < len) {
		last = segment_of(octets + split, len - split);
		FUZZ_CHECK(rte_pktmbuf_chain(m, last) == 0);
	}
	/* Octets behind the end are poison while the worker has the frame. */
	tail = rte_pktmbuf_mtod_offset(last, uint8_t *, last->data_len);
	tail_size = rte_pktmbuf_tailroom(last);
	ASAN_POISON_MEMORY_REGION(tail, tail_size);
	out->n = 0;
	net.now = out;
	n_before = n_drops(&n_reserved_before);
	FUZZ_CHECK(rte_ring_enqueue(net.in[port], m) == 0);
	dp_worker_turn(net.worker);
	dp_control_poll(net.dp, UINT32_MAX);
	ASAN_UNPOISON_MEMORY_REGION(tail, tail_size);
	out->n_drops = n_drops(&out->n_reserved) - n_before;
	out->n_reserved -= n_reserved_before;
	for (p = 0; p < NET_PORTS; p++)
		collect(p);
	FUZZ_CHECK(rte_mempool_avail_count(dp_mempool(net.dp)) == net.n_mbufs);
	FUZZ_CHECK(rte_mempool_avail_count(dp_clone_pool(net.dp)) == net.n_clones);
}
