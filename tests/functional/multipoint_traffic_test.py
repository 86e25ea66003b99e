#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Parties come and go under traffic, and the others' frames do not notice (I5).

    lan-east | east ==== wire ==== west | lan-west

One appliance, two trunks joined by a wire, each with either kind of call manager. Frames are
replayed without a pause into the root's access port; what went in and what came out at each leaf
is counted by the attachments.
"""

import threading

import lab
from lab import case, holds, same, until

lab.isolate()

N = 8
KINDS = ("embedded", "standalone")
ROOT = "e164:4911000"
FRAMES = 100
PASSES = 2000  # of the capture in one replay; one follows the other


def leaf(number):
    return f"e164:{4922000 + number}"


def settings(east, west):
    return lab.config(
        {"east": "wire:trunk:a", "west": "wire:trunk:b", "lan-east": "net_null0,no-rx=1",
         "lan-west": "net_null1,no-rx=1"},
        {"to-west": {"port": "east", "call-manager": east, "side": "user"},
         "to-east": {"port": "west", "call-manager": west, "side": "network"}},
        [{"address": ROOT, "count": 2, "port": "lan-east", "svlan": 10, "vlan": 1},
         {"address": leaf(0), "count": 2 * N, "port": "lan-west", "svlan": 20, "vlan": 1}],
        {"e164:491": "to-east", "e164:492": "to-west"})


def frames():
    tags = bytes.fromhex("88a8000a" "81000001" "88b5")
    return [(n, bytes.fromhex("020000000002" "020000000001") + tags + n.to_bytes(4, "big")
             + bytes(60)) for n in range(FRAMES)]


def dropped(appliance):
    return {(name, reason): n for name, port in appliance.ports().items()
            for reason, n in port["drops"].items() if n != 0}


def replay(appliance, passes, *more):
    return appliance.ctl("replay", capture, "--port", "lan-east", "--count", passes, *more)


class Traffic:
    """Frames into the root's port, from here to the end of the with-block."""

    def __init__(self, appliance):
        self._appliance = appliance

    def _counts(self):
        rows = self._appliance.attachments()
        return rows[ROOT]["rx"], {n: rows[leaf(n)]["tx"] for n in range(2 * N)}

    def __enter__(self):
        self._rx, self._tx = self._counts()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._replay, daemon=True)
        self._thread.start()
        self.flowing()
        return self

    def _replay(self):
        while not self._stopping.is_set():
            replay(self._appliance, PASSES)

    def flowing(self):
        """Many more frames have gone in."""
        before, _ = self._counts()
        until("frames go in", lambda: self._counts()[0] > before + 10 * FRAMES)

    def __exit__(self, kind, value, trace):
        self._stopping.set()
        self._thread.join()
        end = {}

        def still():
            before = end.get("counts")
            end["counts"] = self._counts()
            return end["counts"] == before
        until("all frames are out", still)
        rx, tx = end["counts"]
        self.sent = rx - self._rx
        self.got = {n: tx[n] - self._tx[n] for n in tx}

    def whole(self, leaves):
        """What went in came out at each of these leaves, all of it."""
        holds(self.sent > 0, "nothing was sent")
        same({n: self.got[n] for n in leaves}, dict.fromkeys(leaves, self.sent), "frames")
        same(dropped(self._appliance), {}, "drops")


def matrix(east, west):
    """One case after the other for one appliance; they build on each other."""
    name = f"{east}-{west}"
    a = {}

    def call():
        return a["appliance"].attachments()[ROOT]["call"]

    @case(f"{name}: {N} parties, and each gets every frame of the root")
    def _():
        appliance = a["appliance"] = lab.Appliance(name, settings(east, west))
        appliance.wait_links()
        appliance.dial(ROOT, leaf(0), N, "--multipoint")
        until("all leaves are up", lambda: all(
            appliance.attachments()[leaf(n)]["state"] == "up" for n in range(N)))
        with Traffic(appliance) as traffic:
            pass
        traffic.whole(range(N))

    @case(f"{name}: a party is dropped under traffic: it gets no more, the others lose nothing")
    def _():
        appliance = a["appliance"]
        party = appliance.parties(call())[leaf(3)]["party"]
        with Traffic(appliance) as traffic:
            appliance.ctl("drop-party", call(), party)
            until("its circuit is gone", lambda: appliance.attachments()[leaf(3)]["state"] == "idle")
            traffic.flowing()
        traffic.whole([n for n in range(N) if n != 3])
        holds(0 < traffic.got[3] < traffic.sent, f"{traffic.got[3]} frames at the leaf that left")

    @case(f"{name}: a party is added under traffic: it gets frames, the others lose nothing")
    def _():
        appliance = a["appliance"]
        with Traffic(appliance) as traffic:
            appliance.ctl("add-party", call(), leaf(N))
            until("it is up", lambda: appliance.attachments()[leaf(N)]["state"] == "up")
            traffic.flowing()
        traffic.whole([n for n in range(N) if n != 3])
        holds(0 < traffic.got[N] < traffic.sent, f"{traffic.got[N]} frames at the leaf that came")

    @case(f"{name}: a leaf closes its call under traffic: the others lose nothing")
    def _():
        appliance = a["appliance"]
        with Traffic(appliance) as traffic:
            appliance.ctl("close", appliance.attachments()[leaf(5)]["call"])
            until("its party is gone", lambda: leaf(5) not in appliance.parties(call()))
            traffic.flowing()
        traffic.whole([n for n in range(N + 1) if n not in (3, 5)])
        holds(0 < traffic.got[5] < traffic.sent, f"{traffic.got[5]} frames at the leaf that left")

    @case(f"{name}: all parties but one come and go three times under traffic: that one loses nothing")
    def _():
        appliance = a["appliance"]
        with Traffic(appliance) as traffic:
            for _ in range(3):
                for address, row in appliance.parties(call()).items():
                    if address != leaf(0):
                        appliance.ctl("drop-party", call(), row["party"])
                for n in range(1, N):
                    until("its attachment is free",
                          lambda: appliance.attachments()[leaf(n)]["state"] == "idle")
                    appliance.ctl("add-party", call(), leaf(n))
        traffic.whole([0])

    @case(f"{name}: SIGTERM under traffic ends the call with its parties (I4)")
    def _():
        appliance = a["appliance"]
        replay(appliance, PASSES, "--background")
        appliance.stop()
        holds("nothing is left" in appliance.log_text(), "the last line of the log")


capture = lab.write_pcap(lab.directory() / "root.pcap", frames())
for of_east in KINDS:
    for of_west in KINDS:
        matrix(of_east, of_west)

lab.main()
