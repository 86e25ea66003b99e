#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Calls of an appliance on emulated NICs, under DPDK's real drivers, from edge to edge: two cables,
each between two trunks, and an access NIC at each side.

    host - lan-a |  user  ==== cable ==== network  | lan-b - host
                 |  north ==== cable ==== south    |
"""

import rig
from lab import case, main, same
from rig import Nic

rig.ready()

N = 200
A, B = "e164:4911000", "e164:4922000"
NICS = {
    "user": Nic("e1000e", cable="first"), "network": Nic("vmxnet3", cable="first"),
    "north": Nic("virtio-net-pci", cable="second"), "south": Nic("e1000", cable="second"),
    "lan-a": Nic("e1000e"), "lan-b": Nic("vmxnet3"),
}
SETTINGS = {
    "trunks": {
        "to-network": {"port": "user", "side": "user"},
        "to-user": {"port": "network", "side": "network", "call-manager": "standalone"},
        "to-south": {"port": "north", "side": "user", "call-manager": "standalone"},
        "to-north": {"port": "south", "side": "network"},
    },
    "attachments": [{"address": A, "count": N, "port": "lan-a", "vlan": 1},
                    {"address": B, "count": N, "port": "lan-b", "vlan": 1}],
    "routes": [{"prefix": "e164:4922", "trunk": "to-network"},
               {"prefix": "e164:4911", "trunk": "to-south"}],
}
own = {}


@case("an appliance starts on NICs of four models, and the links over both cables come up")
def _():
    appliance = own["appliance"] = rig.GuestAppliance("edge", NICS, SETTINGS)
    appliance.wait_links()


@case(f"{N} calls over each cable are set up, closed, and nothing is left (I4)")
def _():
    appliance = own["appliance"]
    for source, to in ((A, B), (B, A)):
        appliance.dial(source, to, N)
        appliance.wait_active(2 * N)
        job, = appliance.ctl("close", "--all")
        same((job["done"], job["failed"]), (2 * N, 0), "close")
        appliance.wait_gone()


@case("SIGTERM: exit status 0, and no DMA went astray")
def _():
    appliance = own["appliance"]
    appliance.stop()
    same(appliance.guest.stray_dma(), [], "faults of the IOMMU")


main()
