#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Point-to-multipoint calls on the wire: parties come and go, each frame comes out at each leaf.

    nx - na [near] nt - ft [far] fa - fx

Near has the root, far has the leaves: one VLAN each. The test has the ends nx and fx, and sees
both directions of the trunk.
"""

import collections
import struct

import lab
from lab import Port, case, holds, same, until

lab.isolate()

N = 8
KINDS = (("embedded", "standalone"), ("standalone", "embedded"))
ROOT = "e164:4911000"
MARK = b"CALLPLANE"
TYPE = bytes.fromhex("88b5")
MACS = bytes.fromhex("020000000002" "020000000001")

PARTY_TYPES = {0x80: "ADD_PARTY", 0x81: "ADD_PARTY_ACK", 0x82: "ADD_PARTY_REJECT",
               0x83: "DROP_PARTY", 0x84: "DROP_PARTY_ACK"}

for ends in (("nx", "na"), ("nt", "ft"), ("fa", "fx")):
    lab.veth(*ends)
nx, fx = Port("nx"), Port("fx")
to_near, to_far = Port("nt"), Port("ft")


def leaf(number):
    return f"e164:{4921000 + number}"


def settings(trunk, lan, manager, side, address, svlan, other):
    return lab.config(
        {"trunk": f"net_af_packet0,iface={trunk}", "lan": f"net_af_packet1,iface={lan}"},
        {"peer": {"port": "trunk", "call-manager": manager, "side": side}},
        [{"address": address, "count": N + 2, "port": "lan", "svlan": svlan, "vlan": 1}],
        {other: "peer"})


FRAME = MACS + bytes.fromhex("88a8000a" "81000001") + TYPE + MARK + bytes(64)


def at_leaf(number):
    """The same frame as it comes out there."""
    return MACS + bytes.fromhex("88a80014" "8100") + struct.pack("!H", number + 1) + FRAME[20:]


def comes_out_at(*leaves):
    """A frame into the root comes out once at each of these leaves, and at no other."""
    fx.waiting()
    nx.send(FRAME)
    seen = []
    while len(seen) < len(leaves):
        seen.append(fx.expect(lambda frame: MARK in frame))
    seen += filter(lambda frame: MARK in frame, fx.waiting())
    same(sorted(seen), [at_leaf(number) for number in leaves], "frames that came out")


def messages(stamped):
    """Q.2931 messages, in the order of both directions together."""
    return [m["msg"] for m in lab.q2931_messages(frame for _, frame in sorted(stamped))]


def multipoint(root, leaves):
    """One case after the other for one pair of appliances; they build on each other."""
    name = f"{root} root, {leaves} leaves"
    own = {}

    def call():
        return own["near"].attachments()[ROOT]["call"]

    def far_call(number):
        return own["far"].attachments()[leaf(number)]["call"]

    @case(f"{name}: one call with {N} parties, dialled at once")
    def _():
        near = own["near"] = lab.Appliance(f"near-{root}", settings(
            "nt", "na", root, "user", ROOT, 10, "e164:492"))
        far = own["far"] = lab.Appliance(f"far-{leaves}", settings(
            "ft", "fa", leaves, "network", leaf(0), 20, "e164:491"))
        near.wait_links()
        far.wait_links()
        to_near.waiting()
        to_far.waiting()
        near.dial(ROOT, leaf(0), N, "--multipoint")
        parties = near.parties(call())
        same({p["state"] for p in parties.values()}, {"JOINED"}, "states")
        same(sorted(parties), [leaf(i) for i in range(N)], "addresses")
        same(len({p["endpoint"] for p in parties.values()}), N, "endpoint references")
        same([c["parties"] for c in near.ctl("calls")], [N], "parties of the call")
        until("a call at each leaf", lambda: len(far.ctl("calls")) == N)
        same(len({c["label"] for c in far.ctl("calls")}), 1, "labels of the leaves' calls")
        same(sorted(c["to"] for c in far.ctl("calls")), [leaf(i) for i in range(N)], "leaves")
        near.wait_counters(circuits=1, parties=N)

    @case(f"{name}: a frame of the root comes out once at each leaf, and none goes back")
    def _():
        comes_out_at(*range(N))
        nx.waiting()
        fx.send(at_leaf(0))
        until("it is dropped", lambda: own["far"].drops("lan")["one-way"] == 1)
        holds(not any(MARK in f for f in nx.waiting()), "a leaf's frame came out at the root")

    @case(f"{name}: a party that is dropped gets nothing any more, the others do")
    def _():
        near, far = own["near"], own["far"]
        near.ctl("drop-party", call(), near.parties(call())[leaf(3)]["party"])
        near.wait_counters(parties=N - 1)
        far.wait_counters(clients_calls=N - 1, party_references=N - 1, reclaiming=0)
        same(far.attachments()[leaf(3)]["state"], "idle", "the leaf's attachment")
        comes_out_at(*(n for n in range(N) if n != 3))

    @case(f"{name}: a party that is added gets what the others get")
    def _():
        own["near"].ctl("add-party", call(), leaf(N))
        own["far"].wait_counters(clients_calls=N)
        until("it is up", lambda: own["far"].attachments()[leaf(N)]["state"] == "up")
        comes_out_at(*(n for n in range(N + 1) if n != 3))

    @case(f"{name}: a leaf closes its call: it leaves, the others stay")
    def _():
        near, far = own["near"], own["far"]
        far.ctl("close", far_call(5))
        until("its party is gone", lambda: leaf(5) not in near.parties(call()))
        near.wait_counters(parties=N - 1)
        comes_out_at(*(n for n in range(N + 1) if n not in (3, 5)))

    @case(f"{name}: a call that has a name is called by it")
    def _():
        near = own["near"]
        row, = near.ctl("name", call(), "fanout")
        same((row["call"], row["name"][:6]), (call(), "fanout"), "name")
        same(near.ctl("name", call(), "other"), [row], "a second name is the first one")
        same(near.ctl("parties", row["name"]), near.ctl("parties", call()), "parties")
        for command in ("calls", "vcs"):
            same([r["name"] for r in near.ctl(command, row["name"])], [row["name"]], command)
        near.wait_counters(names=1)
        near.refused("name", call(), "7th")
        near.refused("name", 4711, "fanout")
        near.refused("close", "fanout-nobody")

    @case(f"{name}: what cannot be is refused, and changes nothing")
    def _():
        near = own["near"]
        party = near.parties(call())[leaf(0)]["party"]
        for words, reason in ((["add-party", call(), "e164:4929999"], "cause"),
                              (["add-party", call(), "e164:x"], "address"),
                              (["add-party", "nobody", leaf(1)], "no call named"),
                              (["drop-party", call(), 4711], "no party"),
                              (["drop-party", 4711, party], "no such call"),
                              (["parties", 4711], "no such call"),
                              (["dial", "--from", "e164:4919999", "--to", leaf(9),
                                "--multipoint"], "no attachment")):
            error = near.refused(*words)
            holds(reason in error, f"{reason} in {error}")
        near.wait_counters(parties=N - 1)

    @case(f"{name}: dropped one by one, the last party is not: the call is closed instead (DROP-5)")
    def _():
        near = own["near"]
        parties = list(near.parties(call()).values())
        for row in parties[:-1]:
            near.ctl("drop-party", call(), row["party"])
        error = near.refused("drop-party", call(), parties[-1]["party"])
        holds("FAILURE" in error and "last one" in error, error)
        near.ctl("close", near.ctl("calls", call())[0]["name"])
        near.wait_gone()
        own["far"].wait_gone()

    @case(f"{name}: the wire has seen SETUP, ADD PARTY, DROP PARTY and RELEASE, and no second SETUP")
    def _():
        stamped = to_near.stamped() + to_far.stamped()
        own["captured"] = lab.write_pcap(lab.directory() / f"{root}.pcap", stamped)
        seen = own["seen"] = collections.Counter(messages(stamped))
        same(seen["SETUP"], 1, "SETUP")
        same(seen["RELEASE"], 1, "RELEASE")
        holds(seen["ADD_PARTY"] >= N, f"ADD PARTY: {seen}")
        holds(seen["ADD_PARTY_ACK"] >= N, f"ADD PARTY ACK: {seen}")
        holds(seen["DROP_PARTY"] >= N - 2, f"DROP PARTY: {seen}")
        same(seen["DROP_PARTY_ACK"], seen["DROP_PARTY"], "DROP_PARTY_ACK")

    @case(f"{name}: tshark says the same")
    def _():
        rows = lab.tshark_fields(own["captured"], "q2931.message_type", only="q2931")
        seen = collections.Counter(int(kind, 0) for kind, in rows)
        same({kind: seen[kind] for kind in PARTY_TYPES}, {
            kind: own["seen"][message] for kind, message in PARTY_TYPES.items()}, "messages")
        marked = lab.tshark_fields(own["captured"], "frame.number", only="_ws.malformed")
        same(marked, [], "frames that are malformed")

    @case(f"{name}: closed with all its parties, nothing is left at both ends (I4)")
    def _():
        near, far = own["near"], own["far"]
        near.dial(ROOT, leaf(0), N, "--multipoint")
        job, = near.ctl("close", "--all")
        same((job["done"], job["failed"]), (1, 0), "close")
        near.wait_gone()
        far.wait_gone()

    @case(f"{name}: one leaf's call closed at its end by its address, the others stay")
    def _():
        near, far = own["near"], own["far"]
        near.dial(ROOT, leaf(0), N, "--multipoint")
        until("a call at each leaf", lambda: len(far.ctl("calls")) == N)
        job, = far.ctl("close", "--match", f"to={leaf(2)}")
        same((job["done"], job["failed"]), (1, 0), "close")
        until("its party is gone", lambda: sorted(near.parties(call())) == [
            leaf(i) for i in range(N) if i != 2])
        near.ctl("close", "--all")
        near.wait_gone()
        far.wait_gone()

    @case(f"{name}: closed at the leaves' end by trunk, nothing is left at both ends (I4)")
    def _():
        near, far = own["near"], own["far"]
        near.dial(ROOT, leaf(0), N, "--multipoint")
        until("a call at each leaf", lambda: len(far.ctl("calls")) == N)
        job, = far.ctl("close", "--trunk", "peer")
        same(job["failed"], 0, "close")
        near.wait_gone()
        far.wait_gone()

    @case(f"{name}: SIGTERM at the root ends a call with parties, and both end with 0")
    def _():
        near, far = own["near"], own["far"]
        near.dial(ROOT, leaf(0), N, "--multipoint")
        near.stop()
        far.wait_gone(link=False)
        far.stop()
        holds("nothing is left" in near.log_text(), "the last line of the log")


for of_root, of_leaves in KINDS:
    multipoint(of_root, of_leaves)

lab.main()
