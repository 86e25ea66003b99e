#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two trunks joined by a wire inside one appliance, each with either kind of call manager.

    lan-east | east ==== wire ==== west | lan-west

Frames are replayed into an access port and counted at the other one.
"""

import lab
from lab import case, same, until

lab.isolate()

N = 200
KINDS = ("embedded", "standalone")
PASSES = 3
EAST, WEST = "e164:4911000", "e164:4922000"


def settings(east, west):
    return lab.config(
        {"east": "wire:trunk:a", "west": "wire:trunk:b", "lan-east": "wire:east:a",
         "lan-west": "wire:west:a", "void-east": "wire:east:b", "void-west": "wire:west:b"},
        {"to-west": {"port": "east", "call-manager": east, "side": "user"},
         "to-east": {"port": "west", "call-manager": west, "side": "network"}},
        [{"address": EAST, "count": N, "port": "lan-east", "svlan": 10, "vlan": 1},
         {"address": WEST, "count": N, "port": "lan-west", "svlan": 20, "vlan": 1}],
        {"e164:491": "to-east", "e164:492": "to-west"})


def frames(svlan):
    """One frame for each attachment of a side."""
    made = []
    for vlan in range(1, N + 1):
        tags = bytes.fromhex("88a8") + svlan.to_bytes(2, "big")
        tags += bytes.fromhex("8100") + vlan.to_bytes(2, "big")
        made.append((vlan, bytes.fromhex("020000000002" "020000000001") + tags
                     + bytes.fromhex("88b5") + vlan.to_bytes(4, "big") + bytes(60)))
    return made


def sides(appliance):
    """(rows of the east side, rows of the west side), by address."""
    rows = appliance.ctl("attachments")
    return [sorted((r for r in rows if r["port"] == port), key=lambda r: r["address"])
            for port in ("lan-east", "lan-west")]


def dropped(appliance):
    """What is dropped, but for the voids, where all that comes out at a lan is dropped."""
    return {(name, reason): n for name, port in appliance.ports().items()
            if not name.startswith("void") for reason, n in port["drops"].items() if n != 0}


def replay(appliance, capture, port, count=PASSES):
    job, = appliance.ctl("replay", capture, "--port", port, "--count", count)
    same((job["state"], job["done"], job["failed"]), ("done", N * count, 0), "replay")


def matrix(east, west):
    """One case after the other for one appliance; they build on each other."""
    name = f"{east}-{west}"
    a = {}

    @case(f"{name}: {N} calls from the user side, and each carries frames both ways, all of them")
    def _():
        a["appliance"] = lab.Appliance(name, settings(east, west))
        appliance = a["appliance"]
        appliance.wait_links()
        appliance.dial(EAST, WEST, N)
        appliance.wait_active(2 * N)
        replay(appliance, east_frames, "lan-east")
        replay(appliance, west_frames, "lan-west")
        until("all frames are out", lambda: all(
            {r["tx"] for r in side} == {PASSES} for side in sides(appliance)))
        for side in sides(appliance):
            same({(r["rx"], r["tx"], r["drops"]) for r in side}, {(PASSES, PASSES, 0)},
                 "frames of each attachment")
        same(dropped(appliance), {}, "drops")

    @case(f"{name}: one call closed by its number takes its other end with it, and no other")
    def _():
        appliance = a["appliance"]
        address = sides(appliance)[0][7]["address"]
        appliance.ctl("close", appliance.attachments()[address]["call"])
        appliance.wait_counters(calls=2 * N - 2, circuits=2 * N - 2, reclaiming=0)
        same([r["address"] for side in sides(appliance) for r in side if r["state"] == "idle"],
             [address, f"e164:{int(WEST[5:]) + 7}"], "idle attachments")

    @case(f"{name}: frames of the closed call are dropped as idle, those of the others pass")
    def _():
        appliance = a["appliance"]
        replay(appliance, east_frames, "lan-east", 1)
        until("all frames are out", lambda: sum(r["tx"] for r in sides(appliance)[1])
              == N * PASSES + N - 1)
        same(dropped(appliance), {("lan-east", "attachment-idle"): 1}, "drops")

    @case(f"{name}: close --match closes exactly the calls that match")
    def _():
        appliance = a["appliance"]
        job, = appliance.ctl("close", "--match",
                             f"trunk=to-west,from={EAST}..e164:{int(EAST[5:]) + 49}")
        same((job["total"], job["done"], job["failed"]), (49, 49, 0), "49: one is closed already")
        appliance.wait_counters(calls=2 * (N - 50), circuits=2 * (N - 50), reclaiming=0)
        same([r["state"] for r in sides(appliance)[0]], ["idle"] * 50 + ["up"] * (N - 50), "east")
        same([r["state"] for r in sides(appliance)[1]], ["idle"] * 50 + ["up"] * (N - 50), "west")

    @case(f"{name}: close --all closes the rest, and nothing is left (I4)")
    def _():
        appliance = a["appliance"]
        job, = appliance.ctl("close", "--all", "--cause", 31)
        same(job["failed"], 0, "failed")
        appliance.wait_gone()
        appliance.wait_counters(mbufs_in_use=0)
        replay(appliance, west_frames, "lan-west", 1)
        until("all are dropped", lambda: appliance.drops("lan-west")["attachment-idle"] == N)

    @case(f"{name}: {N} calls from the network side, ended by SIGTERM")
    def _():
        appliance = a["appliance"]
        appliance.dial(WEST, EAST, N)
        appliance.wait_active(2 * N)
        appliance.stop()


east_frames = lab.write_pcap(lab.directory() / "east.pcap", frames(10))
west_frames = lab.write_pcap(lab.directory() / "west.pcap", frames(20))
for of_east in KINDS:
    for of_west in KINDS:
        matrix(of_east, of_west)

lab.main()
