#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Calls that cross an appliance: two legs that are one call, cross-connected in the worker.

    nx - na [near] nt - mn [mid] mf - ft [far] fa - fx
"""

import lab
from lab import Port, case, holds, same, until

lab.isolate()

N = 50
PAYLOAD = bytes.fromhex("88b5") + b"across the transit " * 4
NORMAL, TEMPORARY_FAILURE, INCOMPATIBLE_DESTINATION = 16, 41, 88

for ends in (("nx", "na"), ("nt", "mn"), ("mf", "ft"), ("fa", "fx")):
    lab.veth(*ends)


def edge(trunk, lan, manager, side, address, svlan, other):
    return lab.config(
        {"trunk": f"net_af_packet0,iface={trunk}", "lan": f"net_af_packet1,iface={lan}"},
        {"to-mid": {"port": "trunk", "call-manager": manager, "side": side}},
        [{"address": address, "count": N, "port": "lan", "svlan": svlan, "vlan": 1}],
        {other: "to-mid", "e164:499": "to-mid"})


near = lab.Appliance("near", edge("nt", "na", "embedded", "user", "e164:4910000", 10, "e164:492"))
mid = lab.Appliance("mid", lab.config(
    {"near": "net_af_packet0,iface=mn", "far": "net_af_packet1,iface=mf"},
    {"to-near": {"port": "near", "call-manager": "standalone", "side": "network"},
     "to-far": {"port": "far", "call-manager": "embedded", "side": "network",
                "vpci": [1, 1]}},
    routes={"e164:491": "to-near", "e164:492": "to-far"}))
far = lab.Appliance("far", edge("ft", "fa", "standalone", "user", "e164:4920000", 20, "e164:491"))
row = (near, mid, far)
nx, fx = Port("nx"), Port("fx")
first, last = Port("nt"), Port("ft")  # what mid sends to near, to far


def frame(svlan, number):
    tags = bytes.fromhex("88a8") + svlan.to_bytes(2, "big")
    tags += bytes.fromhex("8100") + (number + 1).to_bytes(2, "big")
    return bytes.fromhex("020000000002" "020000000001") + tags + PAYLOAD


def address(prefix, number=0):
    return f"e164:{prefix}{number:04}"


def set_up(n=N):
    near.dial(address(491), address(492), n)
    for appliance, legs in ((near, n), (mid, 2 * n), (far, n)):
        appliance.wait_active(legs)
    first.waiting()
    last.waiting()


def gone():
    for appliance in row:
        appliance.wait_gone()


def causes(port, message="RELEASE"):
    return [int(m["cause.value"]) for m in lab.q2931_messages(port.waiting())
            if m["msg"] == message]


@case("links of all three come up")
def _():
    for appliance in row:
        appliance.wait_links()


@case(f"{N} calls cross the transit, with labels of their own on each trunk")
def _():
    set_up()
    calls = mid.ctl("calls")
    same({(c["trunk"], c["direction"]) for c in calls}, {("to-near", "in"), ("to-far", "out")},
         "legs")
    holds(all(c["label"] >> 16 == (c["trunk"] == "to-far") for c in calls), "VPCIs")
    same(len({(c["trunk"], c["label"]) for c in calls}), 2 * N, "labels")


@case("frames cross it both ways, each to the end of its call")
def _():
    for number in (0, 1, N - 1):
        nx.send(frame(10, number))
        fx.expect(lambda got: got == frame(20, number))
        fx.send(frame(20, number))
        nx.expect(lambda got: got == frame(10, number))


@case("the transit swaps the label and takes one off the TTL, and leaves all else as it was")
def _():
    last.waiting()
    nx.send(frame(10, 0))
    got = last.expect(lambda got: PAYLOAD in got)
    same(int.from_bytes(got[14:17], "big") >> 4, min(c["label"] for c in far.ctl("calls")), "label")
    same(got[17], 254, "TTL")
    same(got[18:22].hex(), "00000000", "control word")
    same(got[22:34] + got[34:], frame(10, 0)[:12] + PAYLOAD, "payload")


@case("closed at the near end, both legs end; the cause, with its location, and the data go on")
def _():
    near.ctl("close", near.attachments()[address(491)]["call"], "--cause", TEMPORARY_FAILURE,
             "--data", "04627965")
    for appliance, legs in ((near, N - 1), (mid, 2 * N - 2), (far, N - 1)):
        appliance.wait_counters(calls=legs, circuits=legs, reclaiming=0)
    said = [(int(m["cause.value"]), int(m["cause.loc"]), m["uu.pd"], m["uu.info"])
            for m in lab.q2931_messages(last.waiting()) if m["msg"] == "RELEASE"]
    # SIG-26: near is a user, mid the network
    same(said, [(TEMPORARY_FAILURE, 0, "04", "627965")], "RELEASEs to far")


@case("closed at the far end, likewise towards the near end")
def _():
    far.ctl("close", far.attachments()[address(492, 1)]["call"])
    for appliance, legs in ((near, N - 2), (mid, 2 * N - 4), (far, N - 2)):
        appliance.wait_counters(calls=legs, circuits=legs, reclaiming=0)
    same(causes(first), [NORMAL], "causes of RELEASEs to near")


@case("frames of closed calls end at the access port; those of calls that stay cross")
def _():
    for number in (0, 1):
        nx.send(frame(10, number))
    until("two drops", lambda: near.drops("lan")["attachment-idle"] == 2)
    nx.send(frame(10, 2))
    fx.expect(lambda got: got == frame(20, 2))


@case("closed at the transit by trunk, all legs end at all three (I4)")
def _():
    job, = mid.ctl("close", "--trunk", "to-far")
    same(job["failed"], 0, "failed")
    gone()


@case("a called address that nobody has is refused to the one who dials, and leaves nothing")
def _():
    for nobody in ("e164:4929999", "e164:4991234"):  # beyond the transit, and at it
        error = near.refused("dial", "--from", address(491), "--to", nobody)
        holds(f"cause {INCOMPATIBLE_DESTINATION}" in error, error)
    gone()


@case("without the trunk beyond, a call is refused and leaves nothing")
def _():
    far.stop()
    until("the link is down", lambda: mid.trunks()["to-far"]["link"] != "established")
    near.refused("dial", "--from", address(491), "--to", address(492))
    near.wait_gone()
    mid.wait_gone(link=False)


@case("an end that comes back can be called again; the transit ends with calls up")
def _():
    far.launch()
    far.wait_running()
    far.wait_links()
    mid.wait_links()
    set_up()
    mid.stop()
    near.wait_gone(link=False)
    far.wait_gone(link=False)
    near.stop()
    far.stop()


lab.main()
