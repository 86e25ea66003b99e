#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Permanent circuits: configured at both ends, up without signalling (MAKE-12).

    nx - lan-east | east ==== wire ==== west | lan-west - fx

One appliance, two trunks joined by a wire, each with either kind of call manager.
"""

import lab
from lab import Port, case, holds, same, until

lab.isolate()

KINDS = ("embedded", "standalone")
EAST, WEST = "e164:4911", "e164:4922"
FIRST, SECOND = 4000, 4001
SPARE = "e164:4912"
RATE = 1000000

for ends in (("nx", "na"), ("fa", "fx")):
    lab.veth(*ends)
nx, fx = Port("nx"), Port("fx")


def frame(marker):
    return bytes.fromhex("020000000002" "020000000001" "88b5") + marker + bytes(60)


def settings(east, west):
    made = lab.config(
        {"east": "wire:trunk:a", "west": "wire:trunk:b", "lan-east": "net_af_packet0,iface=na",
         "lan-west": "net_af_packet1,iface=fa"},
        {"to-west": {"port": "east", "call-manager": east, "side": "user", "restart": False},
         "to-east": {"port": "west", "call-manager": west, "side": "network", "restart": False}},
        [{"address": EAST, "port": "lan-east"}, {"address": WEST, "port": "lan-west"},
         {"address": SPARE, "port": "lan-east", "vlan": 7}])
    made["pvcs"] = [
        {"trunk": "to-west", "label": FIRST, "address": WEST, "attachment": EAST, "rate": RATE},
        {"trunk": "to-east", "label": FIRST, "address": EAST, "attachment": WEST, "rate": RATE},
        {"trunk": "to-west", "label": SECOND, "address": WEST}]
    return made


def matrix(east, west):
    """One case after the other for one appliance; they build on each other."""
    name = f"{east}-{west}"
    a = {}

    def circuits():
        return sorted((v["trunk"], v["label"]) for v in a["appliance"].ctl("vcs")
                      if v["kind"] == "call")

    def carries(marker):
        nx.waiting()
        fx.waiting()
        nx.send(frame(marker))
        same(fx.expect(lambda got: marker in got), frame(marker), "east to west")
        fx.send(frame(marker))
        same(nx.expect(lambda got: marker in got), frame(marker), "west to east")

    def messages():
        return sum(t["messages_tx"] for t in a["appliance"].trunks().values())

    @case(f"{name}: up at the start, each at its attachment, and not a message was sent")
    def _():
        appliance = a["appliance"] = lab.Appliance(name, settings(east, west))
        until("both ends are up", lambda: all(
            appliance.attachments()[x]["state"] == "up" for x in (EAST, WEST)))
        same(circuits(), [("to-east", FIRST), ("to-west", FIRST)], "circuits")
        same(messages(), 0, "messages")
        same(appliance.active(), 0, "signalled calls")

    @case(f"{name}: it carries frames both ways, at its configured rate")
    def _():
        carries(b"FIRST")
        same({v["rate"] for v in a["appliance"].ctl("vcs") if v["kind"] == "call"}, {RATE}, "rates")

    @case(f"{name}: closed by its number at one end, frames end there; the other end stays")
    def _():
        appliance = a["appliance"]
        appliance.ctl("close", appliance.attachments()[EAST]["call"])
        until("one end is left", lambda: circuits() == [("to-east", FIRST)])
        drops = appliance.drops("lan-east")["attachment-idle"]
        nx.send(frame(b"CLOSED"))
        until("it is dropped",
              lambda: appliance.drops("lan-east")["attachment-idle"] == drops + 1)
        same(messages(), 0, "messages")

    @case(f"{name}: dialled again by address, the same circuit is up again")
    def _():
        appliance = a["appliance"]
        appliance.dial(EAST, WEST, 1, "--permanent")
        same(circuits(), [("to-east", FIRST), ("to-west", FIRST)], "circuits")
        carries(b"AGAIN")

    @case(f"{name}: dialled by label from another attachment, the second circuit is up")
    def _():
        appliance = a["appliance"]
        appliance.dial(SPARE, WEST, 1, "--permanent", "--label", SECOND)
        same(circuits(), [("to-east", FIRST), ("to-west", FIRST), ("to-west", SECOND)], "circuits")
        carries(b"STILL")

    @case(f"{name}: what there is not, and what is in use, is refused")
    def _():
        appliance = a["appliance"]
        for words, reason in (
                (["--from", SPARE, "--to", WEST, "--permanent", "--label", 4002], "no permanent"),
                (["--from", SPARE, "--to", "e164:4999", "--permanent"], "no permanent"),
                (["--from", EAST, "--to", WEST, "--permanent"], "has a call"),
                (["--from", "e164:4913", "--to", WEST, "--permanent", "--label", FIRST], "FAILURE"),
                (["--from", SPARE, "--to", WEST, "--label", FIRST], "permanent"),
                (["--from", SPARE, "--to", WEST, "--permanent", "--count", 2], "permanent")):
            error = appliance.refused("dial", *words)
            holds(reason in error, f"{reason} in {error}")
        same(len(circuits()), 3, "circuits")
        error = appliance.refused("modify", appliance.attachments()[EAST]["call"], "--rate", 2 * RATE)
        holds("modify" in error, error)

    @case(f"{name}: close --all ends them as any call (I4)")
    def _():
        appliance = a["appliance"]
        job, = appliance.ctl("close", "--all")
        same((job["done"], job["failed"]), (3, 0), "close")
        appliance.wait_gone()
        same(messages(), 0, "messages")

    @case(f"{name}: SIGTERM with a permanent circuit up: nothing is left, exit status 0")
    def _():
        appliance = a["appliance"]
        appliance.dial(EAST, WEST, 1, "--permanent")
        appliance.stop()
        holds("nothing is left" in appliance.log_text(), "the last line of the log")


for of_east in KINDS:
    for of_west in KINDS:
        matrix(of_east, of_west)

lab.main()
