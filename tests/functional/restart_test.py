#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""RESTART between two appliances: asked for by the operator, and after a crash (section 11)."""

import lab
from lab import Port, case, holds, same, until

lab.isolate()

N = 200
KINDS = (("embedded", "standalone"), ("standalone", "embedded"))
NEAR, FAR = "e164:4911000", "e164:4921000"

lab.veth("nt", "ft")
from_near = Port("ft")


def settings(interface, manager, side, own, other):
    return lab.config(
        {"trunk": f"net_af_packet0,iface={interface}", "lan": "net_null0,no-rx=1"},
        {"peer": {"port": "trunk", "call-manager": manager, "side": side}},
        [{"address": own, "count": N, "port": "lan", "svlan": 1, "vlan": 1}], {other: "peer"})


def messages():
    return [m["msg"] for m in lab.q2931_messages(f for f in from_near.waiting()
                                                 if lab.sscop_pdu(f))]


def wait_labels(appliance, n):
    until(f"{n} labels taken at {appliance.name}",
          lambda: appliance.trunks()["peer"]["labels"] == n)


def restart(near_kind, far_kind):
    """One case after the other for one pair of appliances; they build on each other."""
    name = f"{near_kind} asks, {far_kind} peer"
    own = {}

    # SIG-85
    @case(f"{name}: after the start each side has the other one clear what it has")
    def _():
        near = own["near"] = lab.Appliance(f"near-{near_kind}", settings(
            "nt", near_kind, "network", NEAR, "e164:492"))
        far = own["far"] = lab.Appliance(f"far-{far_kind}", settings(
            "ft", far_kind, "user", FAR, "e164:491"))
        for appliance in (near, far):
            appliance.wait_links()
            appliance.wait_counters(restarts=1, restarts_of_peer=1, alarms=0)

    # SIG-R1, SIG-81, SIG-87
    @case(f"{name}: a restart with {N} calls up ends them at both ends, with no RELEASE")
    def _():
        near, far = own["near"], own["far"]
        near.dial(NEAR, FAR, N)
        far.wait_active(N)
        from_near.waiting()
        job, = near.ctl("restart", "peer")
        same((job["kind"], job["done"], job["failed"], job["state"]),
             ("restart", N, 0, "done"), "restart")
        near.wait_gone()
        far.wait_gone()
        seen = messages()
        same((seen.count("RESTART"), seen.count("RELEASE")), (1, 0), "messages of the near end")
        for appliance in (near, far):
            same({a["state"] for a in appliance.attachments().values()}, {"idle"}, "attachments")
            trunk = appliance.trunks()["peer"]
            same((trunk["labels"], trunk["labels_set_aside"], trunk["references"],
                  trunk["restarting"]), (0, 0, 0, False), "what is left on the trunk")
        same((near.trunks()["peer"]["restarts"], far.trunks()["peer"]["restarts_of_peer"]),
             (2, 2), "restarts")

    # SIG-82
    @case(f"{name}: a restart of one VC ends its call; of a VPCI, those that are left")
    def _():
        near, far = own["near"], own["far"]
        near.dial(NEAR, FAR, 10)
        far.wait_active(10)
        label = near.ctl("calls")[3]["label"]
        job, = near.ctl("restart", "peer", "--label", label)
        same((job["done"], job["state"]), (1, "done"), "restart of a VC")
        far.wait_active(9)
        wait_labels(near, 9)
        holds(label not in [c["label"] for c in near.ctl("calls") + far.ctl("calls")],
              "the call on that VC is gone")
        near.ctl("restart", "peer", "--vpci", 1)
        same((near.active(), far.active()), (9, 9), "after a restart of another VPCI")
        near.ctl("restart", "peer", "--vpci", 0)
        near.wait_gone()
        far.wait_gone()

    @case(f"{name}: what cannot be restarted is refused, and why")
    def _():
        near = own["near"]
        for words, reason in ((["nowhere"], "no trunk"),
                              (["peer", "--label", "16"], "no such VC"),
                              (["peer", "--vpci", "16"], "0 to 15"),
                              (["peer", "--vpci", "1", "--label", "33"], "one of the two")):
            error = near.refused("restart", *words)
            holds(reason in error, f"{reason} in {error}")

    # SIG-85, after a crash
    @case(f"{name}: an appliance that comes back from a crash has the calls of before cleared")
    def _():
        near, far = own["near"], own["far"]
        near.dial(NEAR, FAR, N)
        far.wait_active(N)
        near.kill()
        same(far.active(), N, "calls outlive the peer")
        near.launch()
        near.wait_running()
        near.wait_links()
        far.wait_gone(link=False)
        far.wait_links()
        near.dial(NEAR, FAR, N)
        far.wait_active(N)

    @case(f"{name}: both end with 0")
    def _():
        own["near"].stop()
        own["far"].stop()
        for appliance in own.values():
            holds("nothing is left" in appliance.log_text(), "the last line of the log")


for of_near, of_far in KINDS:
    restart(of_near, of_far)

lab.main()
