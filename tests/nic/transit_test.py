#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Circuits between the trunks of an appliance on emulated NICs, which an appliance of the host sets
up through it; the host carries the signalling, puts labelled frames in and takes them out.

    host's  n1 ---- relay ---- east   guest's   west  ---- relay ---- f1  host's
            n2 ---- relay ---- north  (transit) south ---- relay ---- f2
"""

import struct
import threading

import rig
import lab
from lab import Port, case, holds, main, same, until
from rig import Nic

lab.isolate()
rig.ready()

N = 20
FRAMES = 50  # of each size, in each circuit
MTU = 1500
SIZES = (60, 61, 64, 128, 594, MTU, MTU + 13, MTU + 14)
MODELS = {"east": "e1000e", "west": "vmxnet3", "north": "virtio-net-pci", "south": "e1000"}
PAIRS = (("east", "west"), ("north", "south"))
ENDS = {"east": "n1", "west": "f1", "north": "n2", "south": "f2"}
ADDRESSES = (("e164:4910000", "e164:4920000"), ("e164:4930000", "e164:4940000"))
MARK = b"callplane nic test"
TTL = 64
# What is longer these cards refuse by themselves, and as QEMU emulates them they do not count it.
LONGEST_COUNTED = {"e1000e": 1522, "e1000": 1522}


class Relay:
    """Carries frames between a NIC and the end of a veth; those of ours end here."""

    def __init__(self, wire, port):
        self.wire = wire
        self._port = port
        self.captured = []
        for step in (self._outward, self._inward):
            threading.Thread(target=self._forever, args=(step,), daemon=True).start()

    def _forever(self, step):
        while True:
            step()

    def _outward(self):
        frame = self.wire.receive(1)
        if frame is not None and MARK in frame:
            self.captured.append(frame)
        elif frame is not None:
            self._port.send(frame)

    def _inward(self):
        frame = self._port.receive(1)
        if frame is not None:
            self.wire.send(frame)


def labelled(label, number, size, ttl=TTL, bottom=1, kind=b"\x88\x47"):
    """The frame @p number of a circuit; its control word says that it is not padded."""
    payload = MARK + struct.pack("!II", label, number)
    head = bytes.fromhex("0200000001ff" "020000000099") + kind
    entry = struct.pack("!II", label << 12 | 5 << 9 | bottom << 8 | ttl, 0)
    return (head + entry + payload).ljust(size, bytes([number % 251 + 1]))


def behind_label(frame):
    return frame[18:]


def label_entry(frame):
    return struct.unpack("!I", frame[14:18])[0]


own = {"relays": {}}


def labels(trunk):
    return sorted(v["label"] for v in own["guest"].ctl("vcs")
                  if v["kind"] == "call" and v["trunk"] == f"to-{trunk}")


def passes(inward, outward):
    """Numbered frames of all sizes over all circuits: whole, once, in order."""
    relay_in, relay_out = own["relays"][inward], own["relays"][outward]
    relay_out.captured.clear()
    sent = {label: [labelled(label, i, size) for i, size in enumerate(SIZES * FRAMES)]
            for label in labels(inward)}
    same(len(sent), N, f"circuits of {inward}")
    total = 0
    for batch in zip(*sent.values()):
        for frame in batch:
            relay_in.wire.send(frame)
            total += 1
        # No more on the way than any ring has room for.
        until("the frames come out", lambda: len(relay_out.captured) > total - 200)
    until("all frames come out", lambda: len(relay_out.captured) >= total)
    out = {}
    for frame in relay_out.captured:
        out.setdefault(label_entry(frame) >> 12, []).append(frame)
    same(sorted(out), labels(outward), "labels that come out")
    for got in out.values():
        label = struct.unpack("!I", got[0][22 + len(MARK):26 + len(MARK)])[0]
        same([behind_label(f).hex() for f in got], [behind_label(f).hex() for f in sent[label]],
             f"frames of label {label}")
        same({label_entry(f) & 0xfff for f in got}, {5 << 9 | 1 << 8 | TTL - 1}, "TC, S and TTL")
        same({f[12:14] for f in got}, {b"\x88\x47"}, "ethertype")
    return len(relay_out.captured) - total


@case("an appliance starts on NICs of four models, and its links with the host's come up")
def _():
    guest = own["guest"] = rig.GuestAppliance(
        "transit", {port: Nic(model) for port, model in MODELS.items()},
        {"trunks": {f"to-{port}": {"port": port, "side": "network",
                                   "call-manager": "embedded" if port in PAIRS[0] else "standalone"}
                    for port in MODELS},
         "routes": [{"prefix": "e164:492", "trunk": "to-west"},
                    {"prefix": "e164:494", "trunk": "to-south"}]})
    ports = {"lan": "net_null0,no-rx=1"}
    for i, (port, end) in enumerate(ENDS.items()):
        lab.veth(end, f"{end}x")
        ports[end] = f"net_af_packet{i},iface={end}"
        own["relays"][port] = Relay(guest.wire(port), Port(f"{end}x"))
    host = own["host"] = lab.Appliance("host", lab.config(
        ports, {f"to-{port}": {"port": end, "side": "user", "timers": rig.PATIENT}
                for port, end in ENDS.items()},
        [{"address": address, "count": N, "port": "lan", "svlan": svlan, "vlan": 1}
         for svlan, address in enumerate((a for pair in ADDRESSES for a in pair), 1)],
        {"e164:492": "to-east", "e164:494": "to-north"}))
    host.wait_links()
    guest.wait_links()


@case(f"{N} calls through each pair of trunks are set up")
def _():
    for source, to in ADDRESSES:
        own["host"].dial(source, to, N)
    own["guest"].wait_active(4 * N)
    own["host"].wait_active(4 * N)


for near, far in PAIRS:
    for side_in, side_out in ((near, far), (far, near)):
        @case(f"labelled frames from {MODELS[side_in]} to {MODELS[side_out]}: whole, once, in order")
        def _(side_in=side_in, side_out=side_out):
            same(passes(side_in, side_out), 0, "frames beyond those sent")


def bad_frames(label):
    """(reasons of which one is counted, frame): some cards pad what is short, or refuse it."""
    good = labelled(label, 0, 64)
    unknown = max(label + N, 0x80000)
    return [
        ({"runt", "not-mpls", "card"}, good[:13]),
        ({"runt", "label-stack"}, good[:15]),
        ({"not-mpls"}, labelled(label, 0, 64, kind=b"\x08\x00")),
        ({"not-mpls"}, labelled(label, 0, 64, kind=b"\x81\x00\x00\x05\x08\x00")),
        ({"no-circuit"}, labelled(unknown, 0, 64)),
        ({"no-circuit"}, labelled(unknown, 0, 64, kind=b"\x81\x00\x00\x05\x88\x47")),
        ({"reserved-label"}, labelled(3, 0, 64)),
        ({"label-stack"}, labelled(label, 0, 64, bottom=0)),
        ({"ttl"}, labelled(label, 0, 64, ttl=0)),
        ({"ttl"}, labelled(label, 0, 64, ttl=1)),
    ]


def counted(port):
    """Frames dropped by reason, and those that the card did not hand over."""
    row = own["guest"].ports()[port]
    return {**row["drops"], "card": row["missed"] + row["errors"]}


for number, (side_in, side_out) in enumerate(PAIRS + tuple(pair[::-1] for pair in PAIRS)):
    @case(f"bad frames into {MODELS[side_in]} are counted by reason, and nothing else moves")
    def _(side_in=side_in, side_out=side_out):
        wire, out = own["relays"][side_in].wire, own["relays"][side_out].captured
        before_labels = labels(side_in), labels(side_out)
        out.clear()
        for reasons, frame in bad_frames(before_labels[0][0]):
            before = counted(side_in)
            wire.send(frame)
            until(f"{frame.hex()} is counted", lambda: counted(side_in) != before)
            after = counted(side_in)
            grown = {r: n - before[r] for r, n in after.items() if n != before[r]}
            holds(len(grown) == 1 and set(grown) <= reasons and set(grown.values()) == {1},
                  f"{frame.hex()}: {grown}, not one of {reasons}")
        same(out, [], "frames at the other side")
        same((labels(side_in), labels(side_out)), before_labels, "circuits")
        same(own["guest"].active(), 4 * N, "active calls")

    @case(f"giants into {MODELS[side_in]} are dropped, and come out nowhere, not even in pieces")
    def _(side_in=side_in, side_out=side_out):
        wire, out = own["relays"][side_in].wire, own["relays"][side_out].captured
        label = labels(side_in)[0]
        out.clear()
        for size in (MTU + 15 + 4, 2048, 4000, 9000, 16000):
            before = counted(side_in)
            wire.send(labelled(label, 1, size))
            if size <= LONGEST_COUNTED.get(MODELS[side_in], size):
                until(f"a frame of {size} octets is counted, by the worker or by the card",
                      lambda: {r for r, n in counted(side_in).items() if n != before[r]}
                      in ({"mtu"}, {"card"}))
        wire.send(labelled(label, 2, 64))
        until("a good frame comes out", lambda: out)
        same([behind_label(f).hex() for f in out], [behind_label(labelled(label, 2, 64)).hex()],
             "what came out")

    @case(f"a VLAN tag around a label is let pass by {MODELS[side_in]}, and cut by the worker")
    def _(side_in=side_in, side_out=side_out):
        wire, out = own["relays"][side_in].wire, own["relays"][side_out].captured
        label = labels(side_in)[0]
        out.clear()
        wire.send(labelled(label, 3, 68, kind=b"\x81\x00\x00\x05\x88\x47"))
        until("it comes out", lambda: out)
        same(out[0][12:14], b"\x88\x47", "ethertype")
        same(behind_label(out[0]).hex(),
             labelled(label, 3, 68, kind=b"\x81\x00\x00\x05\x88\x47")[22:].hex(), "behind its label")


@case("the host closes its calls, and nothing is left in the guest or on the host (I4)")
def _():
    own["label"] = labels("east")[0]
    job, = own["host"].ctl("close", "--all")
    same(job["failed"], 0, "close")
    own["host"].wait_gone()
    own["guest"].wait_gone()


@case("a label that was closed leads nowhere")
def _():
    before = counted("east")["no-circuit"]
    own["relays"]["east"].wire.send(labelled(own["label"], 0, 64))
    until("it is counted", lambda: counted("east")["no-circuit"] == before + 1)


@case("SIGTERM: exit status 0, and no DMA went astray")
def _():
    own["host"].stop()
    own["guest"].stop()
    same(own["guest"].guest.stray_dma(), [], "faults of the IOMMU")


main()
