#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Data with a close: carried to the other end, or, where a trunk carries none, left out (CLOSE-11,
CLOSE-12)."""

import lab
from lab import Port, case, holds, same

lab.isolate()

N = 4
KINDS = ("embedded", "standalone")
DATA = "00" + "636c6f7365"  # protocol discriminator, octets
NEAR, FAR = "e164:4911000", "e164:4921000"

lab.veth("nt", "ft")
from_near = Port("ft")


def settings(interface, manager, side, own, other, **trunk):
    return lab.config(
        {"trunk": f"net_af_packet0,iface={interface}", "lan": "net_null0,no-rx=1"},
        {"peer": {"port": "trunk", "call-manager": manager, "side": side, **trunk}},
        [{"address": own, "count": N, "port": "lan", "svlan": 1, "vlan": 1}], {other: "peer"})


def releases():
    """(cause, user-user octets) of the RELEASEs that near has sent."""
    return [(int(m["cause.value"]), m.get("uu.info")) for m in
            lab.q2931_messages(from_near.waiting()) if m["msg"] == "RELEASE"]


def pair(kind, close_data):
    """One case after the other for one pair of appliances; they build on each other."""
    name = f"{kind}, close-data: {str(close_data).lower()}"
    own = {}

    @case(f"{name}: a close with data ends the call")
    def _():
        near = own["near"] = lab.Appliance(f"near-{kind}-{close_data}", settings(
            "nt", kind, "user", NEAR, "e164:492", **{"close-data": close_data}))
        far = own["far"] = lab.Appliance(f"far-{kind}-{close_data}", settings(
            "ft", "embedded", "network", FAR, "e164:491"))
        near.wait_links()
        far.wait_links()
        near.dial(NEAR, FAR, N)
        far.wait_active(N)
        from_near.waiting()
        same(near.trunks()["peer"]["close_data"], close_data, "what trunks says")
        call = near.attachments()[NEAR]["call"]
        job, = own["job"] = near.ctl("close", call, "--cause", 31, "--data", DATA)
        same((job["done"], job["failed"]), (1, 0), "close")
        near.wait_active(N - 1)
        far.wait_active(N - 1)

    @case(f"{name}: the other end has {'the cause and the data' if close_data else 'neither'}")
    def _():
        same(releases(), [(31, DATA[2:])] if close_data else [(16, None)], "RELEASE")
        job, = own["job"]
        said = "INVALID_DATA" in job["detail"]
        same(said, not close_data, f"what the job says: {job['detail']}")
        same(own["near"].counters()["closes_without_data"], 0 if close_data else 1, "counted")

    @case(f"{name}: a close without data is as good as ever, and is not counted")
    def _():
        own["near"].ctl("close", own["near"].ctl("calls")[0]["call"])
        own["far"].wait_active(N - 2)
        same(releases(), [(16, None)], "RELEASE")
        same(own["near"].counters()["closes_without_data"], 0 if close_data else 1, "counted")

    @case(f"{name}: the rest is closed with data, and nothing is left at both ends (I4)")
    def _():
        near, far = own["near"], own["far"]
        job, = near.ctl("close", "--all", "--data", DATA)
        same((job["done"], job["failed"]), (N - 2, 0), "close")
        holds(("INVALID_DATA" in job["detail"]) != close_data, job["detail"])
        near.wait_gone()
        far.wait_gone()
        near.stop()
        far.stop()


for of_near in KINDS:
    for with_data in (True, False):
        pair(of_near, with_data)

lab.main()
