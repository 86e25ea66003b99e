#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A call is held to its rate, and the rate changes while it is up (QOS-1..8).

    nx - lan-east | east ==== wire ==== west | lan-west

One appliance, two trunks joined by a wire, each with either kind of call manager. Frames come in
at nx, faster than any rate here. Who has no core for a while, worker or test, lets less pass, so
less is bounded loosely and more tightly.
"""

import threading
import time

import lab
from lab import case, holds, same, until

lab.isolate()

KINDS = ("embedded", "standalone")
EAST, WEST = "e164:4911", "e164:4922"
SLOW, FAST = 1000000, 3000000     # octets per second
BANDWIDTH = 20000000              # of the trunk that answers, octets per second
TOO_FAST = 30000000
FRAME_OCTETS = 1000
BURST = 20                        # frames in a millisecond
LONGEST_BURST_S = 0.01 + 0.005    # at the rate; and some frames


FRAME = bytes.fromhex("020000000002" "020000000001" "88b5").ljust(FRAME_OCTETS, b".")

lab.veth("nx", "na")
nx = lab.Port("nx")


def settings(east, west, meter=True):
    return lab.config(
        {"east": "wire:trunk:a", "west": "wire:trunk:b", "lan-east": "net_af_packet0,iface=na",
         "lan-west": "net_null0,no-rx=1"},
        {"to-west": {"port": "east", "call-manager": east, "side": "user", "meter": meter},
         "to-east": {"port": "west", "call-manager": west, "side": "network", "meter": meter,
                     "bandwidth": f"{8 * BANDWIDTH // 1000000}M"}},
        [{"address": EAST, "port": "lan-east"}, {"address": WEST, "port": "lan-west"}],
        {"e164:491": "to-east", "e164:492": "to-west"})


class Traffic(threading.Thread):
    """Frames into the port of the side that dialled, for the length of a with-block."""

    def __init__(self, appliance):
        super().__init__(daemon=True)
        self._appliance = appliance
        self._stopping = threading.Event()

    def run(self):
        while not self._stopping.is_set():
            for _ in range(BURST):
                nx.send(FRAME)
            time.sleep(0.001)

    def __enter__(self):
        before = self._appliance.attachments()[WEST]["tx"]
        self.start()
        until("frames come out", lambda: self._appliance.attachments()[WEST]["tx"] > before)
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self.join()

    def rate(self, seconds=1.0):
        """(octets per second that come out, the most that may at this rate)."""
        before, begun = self._appliance.attachments()[WEST]["tx_octets"], time.monotonic()
        time.sleep(seconds)
        begun_reading = time.monotonic()
        octets = self._appliance.attachments()[WEST]["tx_octets"] - before
        return octets / (begun_reading - begun), octets / (time.monotonic() - begun)

    def held_to(self, rate):
        at_most, at_least = self.rate()
        limit = rate * (1 + 2 * LONGEST_BURST_S) * 1.15
        holds(at_least <= limit, f"{at_least:.0f} octets a second pass, the rate is {rate}")
        holds(at_most >= rate * 0.2, f"{at_most:.0f} octets a second pass, the rate is {rate}")
        return at_most


def matrix(east, west):
    """One case after the other for one appliance; they build on each other."""
    name = f"{east}-{west}"
    a = {}

    def legs():
        calls = {c["direction"]: c for c in a["appliance"].ctl("calls")}
        return calls["out"], calls["in"]

    def rates(expected):
        """At both ends: what was agreed upon, in whole cells of 48 octets, and what is metered."""
        def are_so():
            got = [c["rate"] for c in legs()] + [
                v["rate"] for v in a["appliance"].ctl("vcs") if v["kind"] == "call"]
            return len(got) == 4 and all(expected <= rate < expected * 1.02 for rate in got)
        until(f"a rate of {expected} at both ends", are_so)

    @case(f"{name}: what is above the rate of a call does not pass")
    def _():
        appliance = a["appliance"] = lab.Appliance(name, settings(east, west))
        appliance.wait_links()
        appliance.dial(EAST, WEST, 1, "--rate", SLOW)
        appliance.wait_active(2)
        rates(SLOW)
        with Traffic(appliance) as traffic:
            a["slow"] = traffic.held_to(SLOW)
        holds(appliance.drops("lan-east")["meter"] > 0, "no drops by the meter")

    @case(f"{name}: after the change more passes, and nobody has to call again")
    def _():
        appliance = a["appliance"]
        with Traffic(appliance) as traffic:
            before = legs()
            job, = appliance.ctl("modify", before[0]["call"], "--rate", FAST)
            same((job["done"], job["failed"]), (1, 0), "modify")
            holds("in force" in job["detail"], job["detail"])
            fast = traffic.held_to(FAST)
        rates(FAST)
        same([c["call"] for c in legs()], [c["call"] for c in before], "calls")
        holds(fast > 1.5 * a["slow"], f"{fast:.0f} octets a second, {a['slow']:.0f} before")

    @case(f"{name}: a rate that the other end refuses leaves the old one (QOS-4)")
    def _():
        appliance = a["appliance"]
        error = appliance.refused("modify", legs()[0]["call"], "--rate", TOO_FAST)
        same(len(error.splitlines()), 1, error)
        holds("in force" in error, error)
        rates(FAST)
        same(appliance.active(), 2, "active calls")

    @case(f"{name}: who was called does not change the rate, and a call that is not there has none")
    def _():
        appliance = a["appliance"]
        appliance.refused("modify", legs()[1]["call"], "--rate", SLOW)
        error = appliance.refused("modify", 4711, "--rate", SLOW)
        holds("no such call" in error, error)
        rates(FAST)

    @case(f"{name}: back to the lower rate, less passes")
    def _():
        appliance = a["appliance"]
        with Traffic(appliance) as traffic:
            appliance.ctl("modify", legs()[0]["call"], "--rate", SLOW)
            traffic.held_to(SLOW)
        rates(SLOW)

    @case(f"{name}: any rate can be asked for: what the meter cannot keep to is rounded up (ACT-8)")
    def _():
        for rate in (SLOW + 1, 5000000, 7777777, 12345678):
            a["appliance"].ctl("modify", legs()[0]["call"], "--rate", rate)
            rates(rate)

    @case(f"{name}: the call is closed, and nothing is left (I4)")
    def _():
        appliance = a["appliance"]
        appliance.ctl("close", "--all")
        appliance.wait_gone()
        same({t["modified"] for t in appliance.trunks().values()}, {6}, "changes at each end")
        appliance.stop()


@case("meter: false lets everything pass, whatever the rate is")
def _():
    appliance = lab.Appliance("unmetered", settings("embedded", "standalone", meter=False))
    appliance.wait_links()
    appliance.dial(EAST, WEST, 1, "--rate", SLOW)
    with Traffic(appliance):
        until("much more than the rate", lambda: appliance.attachments()[WEST]["tx"] > 5000)
    same(appliance.drops("lan-east")["meter"] + appliance.drops("west")["meter"], 0, "red frames")
    appliance.stop()


for of_east in KINDS:
    for of_west in KINDS:
        matrix(of_east, of_west)

lab.main()
