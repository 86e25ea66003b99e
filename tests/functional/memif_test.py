#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two appliances over memif call each other, 1,000 calls at a time (I4)."""

import lab
from lab import GONE, case, same

lab.isolate()

N = 1000
MEMIF = f"net_memif0,socket={lab.directory()}/memif.sock,socket-abstract=no"


def settings(role, manager, side, peer):
    return lab.config(
        {"trunk": f"{MEMIF},role={role}"},
        {"peer": {"port": "trunk", "call-manager": manager, "side": side}},
        routes={peer: "peer"})


def with_wire(role, manager, side, own, other):
    """An access port of @p own: one end of a wire, the other end of which has no use."""
    made = settings(role, manager, side, other)
    made["ports"].update(lan={"device": "wire:lan:a"}, void={"device": "wire:lan:b"})
    made["workers"][0]["ports"] += ["lan", "void"]
    made["attachments"] = [{"address": own, "count": N, "port": "lan", "svlan": 1, "vlan": 1}]
    return made


def up(appliance):
    counters = appliance.counters()
    return {key: counters[key] for key in ("calls", "vcs", "call_references", "labels", "circuits")}


def all_gone(appliance):
    appliance.wait_gone()
    counters = appliance.counters()
    same({key: counters[key] for key in GONE}, dict.fromkeys(GONE, 0), appliance.name)
    same((counters["stale_handles"], counters["unexpected_completions"], counters["bad_pdus"],
          counters["bad_messages"]), (0, 0, 0, 0), "errors")


server = lab.Appliance("server", with_wire("server", "embedded", "network", "e164:4911000",
                                           "e164:492"))
client = lab.Appliance("client", with_wire("client", "standalone", "user", "e164:4921000",
                                           "e164:491"))


@case("the signalling link comes up over memif")
def _():
    server.wait_links()
    client.wait_links()


@case(f"{N} calls from the embedded network side to the stand-alone user side")
def _():
    server.dial("e164:4911000", "e164:4921000", N)
    client.wait_active(N)
    same(up(server), dict.fromkeys(up(server), N), "server")
    same(up(client), dict.fromkeys(up(client), N), "client")
    same(len(server.ctl("calls")), N, "rows of calls")
    same(len({c["label"] for c in server.ctl("calls")}), N, "labels")


@case("an attachment that has a call refuses another one with user busy")
def _():
    error = client.refused("dial", "--from", "e164:4930000", "--to", "e164:4911000")
    assert "busy" in error, error


@case("I4: closed by trunk at the side that dialled, nothing is left at both")
def _():
    job, = server.ctl("close", "--trunk", "peer")
    same((job["done"], job["failed"]), (N, 0), "close")
    all_gone(server)
    all_gone(client)


@case(f"{N} calls from the stand-alone user side to the embedded network side")
def _():
    client.dial("e164:4921000", "e164:4911000", N)
    server.wait_active(N)
    same({a["state"] for a in server.attachments().values()}, {"up"}, "attachments")


@case("I4: closed by trunk at the side that was called, nothing is left at both")
def _():
    job, = server.ctl("close", "--trunk", "peer")
    same((job["done"], job["failed"]), (N, 0), "close")
    all_gone(server)
    all_gone(client)
    same({a["state"] for a in client.attachments().values()}, {"idle"}, "attachments")


@case("both directions at once: calls that cross on the trunk do not disturb one another")
def _():
    half = N // 2
    server.ctl("dial", "--from", "e164:4911000", "--to", "e164:4921000", "--count", half,
               "--background")
    client.dial("e164:4921500", "e164:4911500", half)
    server.wait_active(N)
    client.wait_active(N)
    same(len({c["label"] for c in client.ctl("calls")}), N, "labels")
    client.ctl("close", "--all")
    all_gone(server)
    all_gone(client)


@case("labels and references that were given back are given out again")
def _():
    server.dial("e164:4911000", "e164:4921000", N)
    client.wait_active(N)
    labels = [c["label"] for c in server.ctl("calls")]
    assert max(labels) < 32 + 8 * N, max(labels)
    server.ctl("close", "--all")
    all_gone(client)


lab.main()
