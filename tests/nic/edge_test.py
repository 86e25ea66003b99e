#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Calls of an appliance on emulated NICs, under DPDK's real drivers, from edge to edge: two cables,
each between two trunks, and an access NIC at each side. The second cable has a larger MTU.

    host - lan-a |  user  ==== cable ==== network  | lan-b - host
                 |  north ==== cable ==== south    |
"""

import rig
from guest import UIO, VFIO
from lab import case, holds, main, same, until
from rig import Nic

rig.ready()

N = 200
A, B = "e164:4911000", "e164:4922000"
MTU, JUMBO = 1500, 9000
PUSHED = 22  # Ethernet header, label and control word before a frame that is itself behind a tag of 4
SETTINGS = {
    "ports": {port: {"mtu": JUMBO} for port in ("north", "south", "lan-a", "lan-b")},
    "trunks": {
        "to-network": {"port": "user", "side": "user", "port-down": "clear"},
        "to-user": {"port": "network", "side": "network", "call-manager": "standalone"},
        "to-south": {"port": "north", "side": "user", "call-manager": "standalone"},
        "to-north": {"port": "south", "side": "network"},
    },
    "attachments": [{"address": A, "count": N, "port": "lan-a", "vlan": 1},
                    {"address": B, "count": N, "port": "lan-b", "vlan": 1}],
    "routes": [{"prefix": "e164:4922", "trunk": "to-network"},
               {"prefix": "e164:4911", "trunk": "to-south"}],
}
DRIVERS = {"e1000e": "net_e1000_em", "e1000": "net_e1000_em", "vmxnet3": "net_vmxnet3",
           "virtio-net-pci": "net_virtio"}
PORTS = ("user", "network", "north", "south", "lan-a", "lan-b")


def largest(mtu):
    """Octets of the largest frame with a VLAN tag that a trunk of this MTU takes."""
    return mtu + 14 - PUSHED + 4


def frames_of(call, sizes):
    """Frames of the attachments number @p call, distinct, with their tag."""
    head = bytes.fromhex("02aaaaaaaa02" "02aaaaaaaa01" "8100") + (call + 1).to_bytes(2, "big")
    made = []
    for number, size in enumerate(sizes):
        mark = b"\x88\xb5" + call.to_bytes(2, "big") + number.to_bytes(2, "big")
        made.append((head + mark).ljust(size, bytes([call % 251 + 1])))
    return made


def call_of(frame):
    return int.from_bytes(frame[14:16], "big") - 1


def matrix(name, driver, models):
    """One case after the other on one appliance; they build on each other."""
    own = {}

    def carries(calls, sizes):
        """Whole, once, in order, both ways: what comes out is what went in, octet by octet."""
        for inward, outward in (("lan-a", "lan-b"), ("lan-b", "lan-a")):
            own[outward].waiting()
            sent = {call: frames_of(call, sizes) for call in calls}
            for batch in zip(*sent.values()):
                for frame in batch:
                    own[inward].send(frame)
            got = {call: [] for call in calls}
            for _ in range(len(calls) * len(sizes)):
                frame = own[outward].receive(rig.DEADLINE_S)
                holds(frame is not None, f"{inward} to {outward}: all frames come")
                got[call_of(frame)].append(frame)
            for call in calls:
                same([f.hex() for f in got[call]], [f.hex() for f in sent[call]],
                     f"{inward} to {outward}, call {call}")
            same(own[outward].waiting(), [], "frames beyond those sent")

    def drops(port, reason):
        return own["appliance"].drops(port)[reason]

    def all_closed():
        appliance = own["appliance"]
        job, = appliance.ctl("close", "--all")
        same(job["failed"], 0, "close")
        appliance.wait_gone()

    def link_is(port, up):
        until(f"the link of {port} is {'up' if up else 'down'}",
              lambda: own["appliance"].ports()[port]["link_up"] == up)

    def signalling(trunk):
        return own["appliance"].trunks()[trunk]["link"]

    @case(f"{name}: an appliance starts on {len(models)} NICs under their own drivers")
    def _():
        nics = {port: Nic(model, cable) for port, model, cable in zip(
            PORTS, models, ("first", "first", "second", "second", None, None))}
        appliance = own["appliance"] = rig.GuestAppliance(
            name, nics, SETTINGS, spare=[Nic("virtio-net-pci", host_mtu=MTU)], driver=driver,
            mem_mb=1536)
        ports = appliance.ports()
        for port, model in zip(PORTS, models):
            same(ports[port]["driver"], DRIVERS[model], f"driver of {port}")
            same(ports[port]["mtu"], SETTINGS["ports"].get(port, {}).get("mtu", MTU), f"MTU of {port}")
        own["lan-a"], own["lan-b"] = appliance.wire("lan-a"), appliance.wire("lan-b")

    @case(f"{name}: the links over both cables come up")
    def _():
        for port in PORTS:
            link_is(port, True)
        own["appliance"].wait_links()

    @case(f"{name}: {N} calls over the first cable are set up, and carry frames both ways")
    def _():
        appliance = own["appliance"]
        appliance.dial(A, B, N)
        appliance.wait_active(2 * N)
        carries(range(0, N, 8), (64, 65, 128, 594, largest(MTU)))

    @case(f"{name}: a frame that is too large for the trunk's MTU is dropped and counted")
    def _():
        before = drops("lan-a", "mtu")
        for size in (largest(MTU) + 1, 2000, largest(JUMBO)):
            own["lan-a"].send(frames_of(0, (size,))[0])
        until("they are counted", lambda: drops("lan-a", "mtu") == before + 3)
        carries((0,), (64,))

    @case(f"{name}: a device that cannot have the MTU that it is given says what it can")
    def _():
        appliance = own["appliance"]
        status, said = appliance.another({
            "control": {"lcore": 0, "socket": "another.sock"},
            "ports": {"spare": {"device": appliance.spare_address(0), "mtu": JUMBO}},
            "workers": [{"lcore": 1, "ports": ["spare"]}]})
        holds(status != 0, f"exit status {status}")
        holds(f"port spare: MTU: Invalid argument; mend: the device takes 46 to {MTU}" in said, said)

    @case(f"{name}: a pulled cable is seen; the signalling link ends as configured, calls wait")
    def _():
        appliance = own["appliance"]
        changes = appliance.ports()["user"]["link_changes"]
        for port in ("user", "network"):
            appliance.link(port, False)
        for port in ("user", "network"):
            link_is(port, False)
            holds(f"port {port}: link down" in appliance.log_text(), f"a line about {port}")
        until("the signalling link ends", lambda: signalling("to-network") != "established")
        same(appliance.ports()["user"]["link_changes"], changes + 1, "changes")
        same(signalling("to-south"), "established", "the other cable's link")
        same(appliance.active(), 2 * N, "active calls")

    @case(f"{name}: plugged in again, the link is established and the calls that stayed carry frames")
    def _():
        appliance = own["appliance"]
        for port in ("user", "network"):
            appliance.link(port, True)
        for port in ("user", "network"):
            link_is(port, True)
        appliance.wait_links()
        same(appliance.active(), 2 * N, "active calls")
        carries(range(0, N, 16), (64, 1000))

    @case(f"{name}: a reset of each port leaves the calls up, and they carry frames")
    def _():
        appliance = own["appliance"]
        for trunk in ("to-network", "to-user"):
            appliance.ctl("reset", trunk)
        for port in ("user", "network"):
            link_is(port, True)
        appliance.wait_links()
        same(appliance.active(), 2 * N, "active calls")
        carries(range(0, N, 16), (64, 1000))

    @case(f"{name}: the calls are closed, and nothing is left (I4)")
    def _():
        all_closed()

    @case(f"{name}: {N} calls over the second cable carry larger frames")
    def _():
        appliance = own["appliance"]
        appliance.dial(B, A, N)
        appliance.wait_active(2 * N)
        carries(range(0, N, 16), (64, 1514, 1600, 2048, 4000, 8192, largest(JUMBO) - 1,
                                  largest(JUMBO)))

    @case(f"{name}: giants beyond the MTU of an access port come out nowhere, not even in pieces")
    def _():
        for wire in ("lan-a", "lan-b"):
            for size in (largest(JUMBO) + 1, 12000, 16000):
                own[wire].send(frames_of(0, (size,))[0])
        carries((0,), (64, 4000))

    @case(f"{name}: calls and their signalling link outlive a pulled cable where that is configured")
    def _():
        appliance = own["appliance"]
        for port in ("north", "south"):
            appliance.link(port, False)
            link_is(port, False)
        same(signalling("to-south"), "established", "the link meanwhile")
        for port in ("north", "south"):
            appliance.link(port, True)
            link_is(port, True)
        appliance.wait_links()
        same(appliance.active(), 2 * N, "active calls")
        carries(range(0, N, 16), (64, 4000))

    @case(f"{name}: a reset of each port of the second cable, too")
    def _():
        appliance = own["appliance"]
        for trunk in ("to-south", "to-north"):
            appliance.ctl("reset", trunk)
        for port in ("north", "south"):
            link_is(port, True)
        appliance.wait_links()
        carries(range(0, N, 16), (64, 4000))

    @case(f"{name}: they are closed, and nothing is left (I4)")
    def _():
        all_closed()

    @case(f"{name}: SIGTERM: exit status 0, and no DMA went astray")
    def _():
        appliance = own["appliance"]
        appliance.stop()
        same(appliance.guest.stray_dma(), [], "faults of the IOMMU")


matrix("vfio", VFIO, ("e1000e", "vmxnet3", "virtio-net-pci", "e1000", "e1000e", "vmxnet3"))
matrix("uio", UIO, ("virtio-net-pci", "e1000e", "vmxnet3", "e1000", "vmxnet3", "virtio-net-pci"))
main()
