#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A trunk is reset with its calls up (RESET-1), and taken out of service with them (5.10)."""

import collections

import lab
from lab import Port, case, holds, same, until

lab.isolate()

N = 1000
SSCOP_END = 3
KINDS = (("embedded", "standalone"), ("standalone", "embedded"))
NEAR, FAR = "e164:4911000", "e164:4921000"

lab.veth("nt", "ft")
from_near = Port("ft")


def settings(interface, manager, side, own, other):
    return lab.config(
        {"trunk": f"net_af_packet0,iface={interface}", "lan": "net_null0,no-rx=1"},
        {"peer": {"port": "trunk", "call-manager": manager, "side": side}},
        [{"address": own, "count": N, "port": "lan", "svlan": 1, "vlan": 1}], {other: "peer"})


def pdu_type(frame):
    return lab.sscop_pdu(frame)[-lab.SSCOP_TRAILER] & 0x0F


def halt(near_kind, far_kind):
    """One case after the other for one pair of appliances; they build on each other."""
    name = f"{near_kind} halts, {far_kind} peer"
    own = {}

    @case(f"{name}: a reset of the trunk with {N} calls: all stay up, handles and labels too")
    def _():
        near = own["near"] = lab.Appliance(f"near-{near_kind}", settings(
            "nt", near_kind, "network", NEAR, "e164:492"))
        far = own["far"] = lab.Appliance(f"far-{far_kind}", settings(
            "ft", far_kind, "user", FAR, "e164:491"))
        near.wait_links()
        far.wait_links()
        near.dial(NEAR, FAR, N)
        far.wait_active(N)
        before = [(c["call"], c["label"], c["reference"]) for c in near.ctl("calls")]
        job, = near.ctl("reset", "peer")
        same((job["done"], job["failed"], job["state"]), (1, 0, "done"), "reset")
        same([(c["call"], c["label"], c["reference"]) for c in near.ctl("calls")], before, "calls")
        same((near.active(), far.active()), (N, N), "active calls")
        same(near.trunks()["peer"]["state"], "running", "state")

    @case(f"{name}: after the reset calls are closed and set up as before")
    def _():
        near, far = own["near"], own["far"]
        near.ctl("close", near.attachments()[NEAR]["call"])
        far.wait_active(N - 1)
        until("the attachments are free", lambda: all(
            a.attachments()[x]["state"] == "idle" for a, x in ((near, NEAR), (far, FAR))))
        near.dial(NEAR, FAR)
        far.wait_active(N)

    @case(f"{name}: halt closes all {N} calls, and then the trunk is out of service")
    def _():
        near, far = own["near"], own["far"]
        from_near.waiting()
        job, = near.ctl("halt", "peer")
        same((job["total"], job["done"], job["failed"], job["state"]), (N, N, 0, "done"), "halt")
        same(near.trunks()["peer"]["state"], "halted", "state")
        holds("trunk peer is out of service" in near.log_text(), "a line in the log")
        far.wait_gone(link=False)
        same({a["state"] for a in far.attachments().values()}, {"idle"}, "attachments")

    @case(f"{name}: in order: a RELEASE for each call, then the end of the link")
    def _():
        frames = [f for f in from_near.waiting() if lab.sscop_pdu(f)]
        end = next(i for i, f in enumerate(frames) if pdu_type(f) == SSCOP_END)
        seen = collections.Counter(m["msg"] for m in lab.q2931_messages(frames[:end]))
        same(seen["RELEASE"], N, "RELEASEs before END")
        after = [f for f in frames[end:] if pdu_type(f) == lab.SSCOP_SD]
        same(after, [], "messages after END")

    @case(f"{name}: nothing is left of it: no SAP, no AF, no VC, no circuit (UNB-12)")
    def _():
        near = own["near"]
        near.wait_gone()
        near.wait_counters(saps=0, afs=0, signalling_vcs=0, leftovers=0, drain_faults=0,
                           deactivation_faults=0)
        same([a["state"] for a in near.attachments().values()], ["idle"] * N, "attachments")
        same(near.ctl("vcs"), [], "VCs")

    @case(f"{name}: what is asked of it then is refused")
    def _():
        near = own["near"]
        for words, reason in ((["dial", "--from", NEAR, "--to", FAR], "call manager"),
                              (["halt", "peer"], "halted"),
                              (["reset", "peer"], "halted"),
                              (["halt", "nowhere"], "no trunk"),
                              (["reset", "nowhere"], "no trunk")):
            error = near.refused(*words)
            holds(reason in error, f"{reason} in {error}")

    @case(f"{name}: both end with 0")
    def _():
        own["near"].stop()
        own["far"].stop()
        for appliance in own.values():
            holds("nothing is left" in appliance.log_text(), "the last line of the log")

    @case(f"{name}: SIGTERM while the halt goes on: it ends with 0 all the same")
    def _():
        near, far = own["near"], own["far"]
        for appliance in (far, near):
            appliance.launch()
            appliance.wait_running()
        near.wait_links()
        far.wait_links()
        near.dial(NEAR, FAR, N)
        far.wait_active(N)
        near.ctl("halt", "peer", "--background")
        near.stop()
        far.wait_gone(link=False)
        far.stop()


for of_near, of_far in KINDS:
    halt(of_near, of_far)

lab.main()
