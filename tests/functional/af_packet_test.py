#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames through two appliances over veth pairs, before, during and after a close (I1).

    nx - na [near] nt - ft [far] fa - fx

The test has the ends nx and fx of the access ports, and puts labelled frames on the trunk.
"""

import struct

import lab
from lab import Port, case, holds, labelled, same, until

lab.isolate()

from scapy.contrib.mpls import EoMCW, MPLS  # noqa: E402 (looks at the interfaces when imported)
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402

NEAR_MAC, FAR_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
TYPE = 0x88B5  # for local experiments
LONG = b"payload " * 20
MARK = b"CALLPLANE"

for ends in (("nx", "na"), ("nt", "ft"), ("fa", "fx")):
    lab.veth(*ends)

near = lab.Appliance("near", lab.config(
    {"trunk": "net_af_packet0,iface=nt", "lan": "net_af_packet1,iface=na"},
    {"to-far": {"port": "trunk", "call-manager": "embedded", "side": "network"}},
    [{"address": "e164:4911", "port": "lan", "vlan": 100},
     {"address": "e164:4912", "port": "lan", "svlan": 10, "vlan": 20},
     {"address": "e164:4913", "port": "lan"}],
    {"e164:492": "to-far"}))
far = lab.Appliance("far", lab.config(
    {"trunk": "net_af_packet0,iface=ft", "lan": "net_af_packet1,iface=fa"},
    {"to-near": {"port": "trunk", "call-manager": "standalone", "side": "user"}},
    [{"address": "e164:4921", "port": "lan", "vlan": 200},
     {"address": "e164:4922", "port": "lan"},
     {"address": "e164:4923", "port": "lan", "svlan": 30, "vlan": 40}],
    {"e164:491": "to-near"}))
nx, fx, trunk = Port("nx"), Port("fx"), Port("nt")
to_far = Port("ft")  # sees what near puts on the trunk


def inner(payload=LONG, tags=None):
    """A customer's frame with the tags of an attachment."""
    frame = Ether(src=NEAR_MAC, dst=FAR_MAC)
    for tag in tags or []:
        frame /= tag
    frame /= Raw(MARK + payload)
    frame.lastlayer().underlayer.type = TYPE
    return bytes(frame)


def ours(frame):
    return MARK in frame


def call_label(address):
    """The label of the call that far's attachment has."""
    call = far.attachments()[address]["call"]
    return next(vc["label"] for vc in far.ctl("vcs") if vc["vc"] == call)


def far_counts(reason, n, inject):
    """Far drops exactly @p n more frames for @p reason."""
    before = far.drops("trunk")
    inject()
    until(f"{n} drops of {reason}", lambda: far.drops("trunk")[reason] == before[reason] + n)
    changed = {k: v - before[k] for k, v in far.drops("trunk").items() if v != before[k]}
    same(changed, {reason: n}, "drops")


@case("without a call a frame at the access port is counted and goes no further")
def _():
    near.wait_links()
    far.wait_links()
    nx.send(inner(tags=[Dot1Q(vlan=100)]))
    nx.send(inner(tags=[Dot1Q(vlan=101)]))
    until("a drop of each", lambda: near.drops("lan")["attachment-idle"] == 1
          and near.drops("lan")["no-attachment"] == 1)
    holds(not any(map(ours, to_far.waiting())), "a frame went out on the trunk")


@case("three calls are set up, from either end")
def _():
    near.dial("e164:4911", "e164:4921")
    near.dial("e164:4912", "e164:4922")
    far.dial("e164:4923", "e164:4913")
    near.wait_active(3)
    far.wait_active(3)


@case("a frame on the trunk has the call's label, S 1, TTL 255 and a control word of zeros")
def _():
    nx.send(inner(tags=[Dot1Q(vlan=100)]))
    frame = to_far.expect(ours)
    decoded = Ether(frame)
    same(decoded.type, 0x8847, "type")
    same((decoded[MPLS].label, decoded[MPLS].s, decoded[MPLS].ttl, decoded[MPLS].cos),
         (call_label("e164:4921"), 1, 255, 0), "label entry")
    same(frame[18:22].hex(), "00000000", "control word: length 0 above 63 octets (SIG-6)")
    same(frame[22:], inner(), "payload: the frame without its tag")
    same(bytes(MPLS(frame[14:])[EoMCW]), bytes(4) + inner(), "the same, as scapy takes it apart")


@case("a frame comes out at the other attachment with that one's tag")
def _():
    fx.waiting()
    nx.send(inner(tags=[Dot1Q(vlan=100)]))
    same(fx.expect(ours), inner(tags=[Dot1Q(vlan=200)]), "vlan 100 to vlan 200")
    fx.send(inner(tags=[Dot1Q(vlan=200)]))
    same(nx.expect(ours), inner(tags=[Dot1Q(vlan=100)]), "and back")


@case("two tags of 802.1ad come off and on, and an untagged port takes any frame else")
def _():
    nx.send(inner(tags=[Dot1AD(vlan=10), Dot1Q(vlan=20)]))
    same(fx.expect(ours), inner(), "802.1ad to untagged")
    fx.send(inner())
    same(nx.expect(ours), inner(tags=[Dot1AD(vlan=10), Dot1Q(vlan=20)]), "and back")
    nx.send(inner())
    same(fx.expect(ours), inner(tags=[Dot1AD(vlan=30), Dot1Q(vlan=40)]), "untagged to 802.1ad")
    fx.send(inner(tags=[Dot1AD(vlan=30), Dot1Q(vlan=40)]))
    same(nx.expect(ours), inner(), "and back")


@case("a short frame's length is in the control word, and link padding is cut off (SIG-6, SIG-8)")
def _():
    short = inner(b"1234567890")
    to_far.waiting()
    nx.send(inner(b"1234567890", [Dot1Q(vlan=100)]))
    frame = to_far.expect(ours)
    same(frame[18:22], struct.pack("!I", (len(short) + 4) << 16), "control word")
    same(frame[22:22 + len(short)], short, "payload")
    out = inner(b"1234567890", [Dot1Q(vlan=200)])
    same(fx.expect(ours), out, "what comes out")
    trunk.send(labelled(call_label("e164:4921"), short, padding=bytes(18)))
    same(fx.expect(ours), out, "what comes out of a padded frame")


@case("labelled frames on the trunk come out at the label's attachment")
def _():
    label = call_label("e164:4921")
    for ttl in (255, 1):
        trunk.send(labelled(label, inner(), ttl=ttl))
        same(fx.expect(ours), inner(tags=[Dot1Q(vlan=200)]), f"TTL {ttl}: the circuit ends here")
    tagged = labelled(label, inner())
    trunk.send(tagged[:12] + bytes.fromhex("81000007") + tagged[12:])
    same(fx.expect(ours), inner(tags=[Dot1Q(vlan=200)]), "a VLAN tag on the trunk is ignored")


@case("flags and sequence number of a control word are ignored (SIG-7)")
def _():
    trunk.send(labelled(call_label("e164:4921"), inner(), word=bytes.fromhex("0f00abcd")))
    same(fx.expect(ours), inner(tags=[Dot1Q(vlan=200)]), "what comes out")


@case("labelled frames that are not well-formed are counted by reason, and none comes out")
def _():
    label = call_label("e164:4921")
    for reason, frame in (
            ("label-stack", labelled(label, inner(), bottom=0)),
            ("ttl", labelled(label, inner(), ttl=0)),
            ("no-circuit", labelled(label + 1000, inner())),
            ("control-word", labelled(label, inner(), word=bytes.fromhex("10000000"))),
            ("control-word", labelled(label, inner(), word=bytes.fromhex("00400000"))),
            ("control-length", labelled(label, inner(), word=bytes.fromhex("00030000"))),
            ("control-length", labelled(label, inner(b"")[:20], word=bytes.fromhex("003f0000"))),
            ("runt", labelled(label, b"")),
            ("not-mpls", inner())):
        far_counts(reason, 1, lambda: trunk.send(frame))
    same([f for f in fx.waiting() if ours(f)], [], "frames that came out")


def numbered(label):
    return lambda n: labelled(label, inner(struct.pack("!I", n) + LONG))


def number_of(frame):
    at = frame.index(MARK) + len(MARK)
    return struct.unpack("!I", frame[at:at + 4])[0]


def close_under_fire(address, close):
    """
    I1. Labelled frames without a pause while the call is closed: they come out before, in order;
    of those that are sent after the close has completed, none comes out.
    """
    label = call_label(address)
    injector = lab.Injector(trunk, numbered(label))
    fx.waiting()
    injector.start()
    try:
        frames = [fx.expect(ours)]
        close()
        completed = injector.number
        before = far.drops("trunk")["no-circuit"]
        until("200 more frames", lambda: injector.number > completed + 200)
        until("drops", lambda: far.drops("trunk")["no-circuit"] > before)
    finally:
        injector.stop()
    frames += filter(ours, fx.waiting())
    numbers = [number_of(f) for f in frames]
    same(numbers, sorted(set(numbers)), "frames that came out")
    holds(numbers[-1] <= completed,
          f"frame {numbers[-1]} came out, after frame {completed} the close was complete")


@case("I1: a stand-alone call manager's close completes when no frame comes out any more")
def _():
    call = far.attachments()["e164:4921"]["call"]
    close_under_fire("e164:4921", lambda: far.ctl("close", call))
    near.wait_active(2)


@case("calls that stay still carry frames")
def _():
    nx.waiting()
    fx.waiting()
    nx.send(inner(tags=[Dot1AD(vlan=10), Dot1Q(vlan=20)]))
    same(fx.expect(ours), inner(), "what comes out")


@case("I1: closed by the peer, the circuit is gone once the appliance says so")
def _():
    def close():
        call = near.attachments()["e164:4912"]["call"]
        near.ctl("close", call)
        far.wait_counters(circuits=1, reclaiming=0)
    close_under_fire("e164:4922", close)


@case("I4: when all is closed nothing is left, and frames are dropped at both ends")
def _():
    label = call_label("e164:4923")
    near.ctl("close", "--all")
    near.wait_gone()
    far.wait_gone()
    far_counts("no-circuit", 3, lambda: [trunk.send(labelled(label, inner())) for _ in range(3)])
    idle = far.drops("lan")["attachment-idle"]
    fx.send(inner(tags=[Dot1Q(vlan=200)]))
    until("a drop", lambda: far.drops("lan")["attachment-idle"] == idle + 1)


@case("both appliances end with 0")
def _():
    near.stop()
    far.stop()


lab.main()
