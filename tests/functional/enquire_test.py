#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""An operator asks about one call, and what the other end says is shown (SIG-88, SIG-89).

One appliance, two trunks joined by a wire.
"""

import lab
from lab import case, same, until

lab.isolate()

EAST, WEST = "e164:4911", "e164:4922"

appliance = lab.Appliance("enquire", lab.config(
    {"east": "wire:trunk:a", "west": "wire:trunk:b", "lan-east": "net_null0,no-rx=1",
     "lan-west": "net_null1,no-rx=1"},
    {"to-west": {"port": "east", "call-manager": "embedded", "side": "user"},
     "to-east": {"port": "west", "call-manager": "standalone", "side": "network"}},
    [{"address": EAST, "port": "lan-east"}, {"address": WEST, "port": "lan-west"}],
    {"e164:491": "to-east", "e164:492": "to-west"}))


def calls():
    return {call["direction"]: call for call in appliance.ctl("calls")}


@case("a call that was never asked about shows no state of the other end")
def _():
    appliance.wait_links()
    appliance.dial(EAST, WEST, 1)
    same({(c["peer_state"], c["peer_cause"]) for c in calls().values()}, {("", 0)}, "told")


@case("each end says that it is active, in its own role")
def _():
    for direction, state in (("out", "N10"), ("in", "U10")):
        appliance.ctl("enquire", calls()[direction]["call"])
        until(f"the answer about the {direction} leg",
              lambda d=direction: calls()[d]["peer_cause"] == 30)
        same(calls()[direction]["peer_state"], state, "state")
    same(appliance.counters()["enquiries"], 2, "enquiries")


@case("a call that is not there cannot be asked about; the others are untouched")
def _():
    appliance.refused("enquire", 12345)
    same({c["phase"] for c in calls().values()}, {"UP"}, "phases")
    appliance.ctl("close", "--all")
    appliance.wait_gone()
    same(appliance.counters()["enquiries_cleared"], 0, "calls cleared")
    appliance.stop()


lab.main()
