/* SPDX-License-Identifier: BSD-3-Clause */
/* What each device can, and how its link is: offloads, MTU, looks at the link. */
#include <errno.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_errno.h>

#include "dataplane/dp_priv.h"

/* Octets that a frame may have beyond its MTU: header and two VLAN tags. */
#define FRAME_OVERHEAD (RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN)
#define BUFFER_UNIT 1024u               /* some cards count their buffers so, and round down */
#define LOOK_NS UINT64_C(10000000)      /* between two looks at a link, at least */
#define LOOK_MAX_NS UINT64_C(100000000) /* and at most */
#define LOOK_SHARE 100u /* of its time that control spends on them, one in so many */

/* ---- MTU ---- */

uint16_t
dp_mbuf_data_size(uint16_t mtu)
{
	uint32_t room = RTE_ALIGN_CEIL((uint32_t)mtu + FRAME_OVERHEAD, BUFFER_UNIT);

	return (uint16_t)RTE_MAX(RTE_PKTMBUF_HEADROOM + room, (uint32_t)RTE_MBUF_DEFAULT_BUF_SIZE);
}

/* The largest MTU whose frames fit one mbuf. */
static uint16_t
mbuf_room(const struct dp *dp)
{
	return rte_pktmbuf_data_room_size(dp->mempool) - RTE_PKTMBUF_HEADROOM - FRAME_OVERHEAD;
}

int
dp_device_check_mtu(const struct dp *dp, const struct dp_port_config *config,
	const struct rte_eth_dev_info *info)
{
	char mend[64];

	if (config->mtu == 0)
		return 0;
	if (config->mtu > mbuf_room(dp))
		return dp_port_refuse(config, "frames of its MTU do not fit an mbuf", -EINVAL,
			"a smaller mtu, or larger mbufs");
	if (config->mtu >= info->min_mtu && config->mtu <= info->max_mtu)
		return 0;
	snprintf(mend, sizeof(mend), "the device takes %u to %u", info->min_mtu, info->max_mtu);
	return dp_port_refuse(config, "MTU", -EINVAL, mend);
}

/* A device without an MTU of its own keeps to ours; one that cannot change it, to the smaller. */
int
dp_device_set_mtu(const struct dp *dp, const struct dp_port_config *config, uint16_t *mtu)
{
	int err = config->mtu != 0 ? rte_eth_dev_set_mtu(config->ethdev, config->mtu) : 0;
	int got = rte_eth_dev_get_mtu(config->ethdev, mtu);

	if (got != 0)
		return got;
	if (err == -ENOTSUP) {
		if (config->mtu > *mtu)
			cp_log(CP_LOG_WARN, "port %s: its driver keeps an MTU of %u", config->name,
				*mtu);
		*mtu = RTE_MIN(*mtu, config->mtu);
		err = 0;
	}
	*mtu = RTE_MIN(*mtu, mbuf_room(dp));
	return err;
}

/* ---- Offloads ---- */

/*
 * Frames come and go as they are on the wire: no tag is stripped and no checksum looked at, which
 * is not ours behind a label. Copies for leaves share octets where a frame may leave in several
 * segments. A card that is told to take long frames takes longer ones than it is told, and without
 * scatter some then hand out their pieces as frames of their own.
 */
void
dp_device_offloads(const struct dp_port_config *config, const struct rte_eth_dev_info *info,
	struct rte_eth_conf *conf)
{
	conf->txmode.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (config->mtu > RTE_ETHER_MTU)
		conf->rxmode.offloads = info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
}

/* ---- Link ---- */

static void
read_link(uint16_t ethdev, struct rte_eth_link *link)
{
	/* A device that knows nothing of links is one wire without an end. */
	if (rte_eth_link_get_nowait(ethdev, link) != 0)
		*link = (struct rte_eth_link){ .link_status = RTE_ETH_LINK_UP };
}

void
dp_device_begin(struct dp_port *p, const struct rte_eth_dev_info *info, uint16_t mtu)
{
	struct rte_eth_link link;

	read_link(p->ethdev, &link);
	p->link = (struct dp_link){ .is_up = link.link_status == RTE_ETH_LINK_UP,
		.mbps = link.link_speed,
		.least_ns = UINT64_MAX };
	cp_log(CP_LOG_INFO, "port %s: driver %s, MTU %u, link %s", p->name, info->driver_name, mtu,
		p->link.is_up ? "up" : "down");
}

static void
tell(struct dp_port *p, const struct rte_eth_link *link)
{
	p->link.is_up = link->link_status == RTE_ETH_LINK_UP;
	p->link.mbps = link->link_speed;
	p->link.n_changes++;
	if (!p->link.is_up)
		cp_log(CP_LOG_WARN, "port %s: link down", p->name);
	else if (link->link_speed == RTE_ETH_SPEED_NUM_UNKNOWN)
		cp_log(CP_LOG_NOTICE, "port %s: link up", p->name);
	else
		cp_log(CP_LOG_NOTICE, "port %s: link up, %u Mb/s", p->name, link->link_speed);
}

/*
 * Polled, for not every card under every kernel driver has interrupts to tell it by, and one that
 * is set up for them answers from what the last of them said. Some read their PHY for it, some ask
 * their firmware: by the least that it has ever taken it is seen how often it may be.
 */
bool
dp_port_look(struct dp *dp, uint16_t port, uint64_t now_ns)
{
	struct dp_port *p = &dp->ports[port];
	struct rte_eth_link link;
	uint64_t begun, took_ns;

	if (p->state != DP_PORT_OPEN || now_ns < p->link.next_look_ns)
		return p->link.is_up;
	begun = rte_rdtsc();
	read_link(p->ethdev, &link);
	took_ns = (rte_rdtsc() - begun) * NS_PER_S / rte_get_tsc_hz();
	p->link.least_ns = RTE_MIN(p->link.least_ns, took_ns);
	p->link.next_look_ns =
		now_ns + RTE_MAX(LOOK_NS, RTE_MIN(LOOK_MAX_NS, p->link.least_ns * LOOK_SHARE));
	if ((link.link_status == RTE_ETH_LINK_UP) != p->link.is_up)
		tell(p, &link);
	return p->link.is_up;
}

void
dp_ports_look(struct dp *dp, uint64_t now_ns)
{
	uint16_t port;

	for (port = 0; port < dp->n_ports; port++)
		dp_port_look(dp, port, now_ns);
}
