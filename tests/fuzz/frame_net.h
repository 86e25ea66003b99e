/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A dataplane for frame_fuzz.c, made once: two trunks and an access port, whose wires are rings,
 * and a circuit for each thing that can become of a frame.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "fuzz.h"

enum net_port { NET_EAST, NET_WEST, NET_LAN, NET_PORTS };

#define NET_FRAME_MAX 1600u

/* Labels of the eastern trunk, and what they lead to. */
#define LABEL_FIRST 16u
#define LABEL_CONTROL 16u
#define LABEL_SWAP 100u /* to LABEL_OUT of the west */
#define LABEL_OUT 0xabcdeu
#define LABEL_UNTAGGED 101u /* to an attachment without tags */
#define LABEL_TAGGED 102u   /* with VLAN_C */
#define LABEL_STACKED 103u  /* with VLAN_S and VLAN_SC */
#define LABEL_IDLE 104u     /* not connected */
#define LABEL_LEAVES 105u   /* to LABEL_LEAF of the west, to VLAN_LEAF, to control */
#define LABEL_LEAF 0x12345u

#define VLAN_C 10u
#define VLAN_S 20u
#define VLAN_SC 30u
#define VLAN_LEAF 11u

/** What came out. */
struct net_frame {
	enum net_port port;
	bool to_control;
	uint32_t len;
	uint8_t octets[NET_FRAME_MAX + 64];
};

#define NET_OUT_MAX 4u

struct net_out {
	uint64_t n_drops;    /* counted, for whatever reason; a leaf that gets no copy is one */
	uint64_t n_reserved; /* of those, for their label */
	uint32_t n;
	struct net_frame frames[NET_OUT_MAX];
};

/** EAL, ports, circuits. */
void net_create(void);

/**
 * A frame arrives; the second segment begins at @p split, none when that is @p len. What comes out
 * is in @p out. No mbuf stays away.
 */
void net_pass(enum net_port port, const uint8_t *octets, uint32_t len, uint32_t split,
	struct net_out *out);

/** Octets of the largest frame of a port. */
uint32_t net_max_frame(void);
