#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A running appliance shows its configuration, and takes over what its file says now: all of it or
nothing, with what is different printed, and without a call that ends.

One appliance, two trunks joined by a wire; its file is written anew between the cases.
"""

import copy
import json
import signal
import subprocess

import lab
from lab import CALLCTL, CALLPLANE, case, holds, same, until

lab.isolate()

EAST, WEST, NORTH = "e164:4911", "e164:4922", "e164:4933"

settings = lab.config(
    {"east": "wire:trunk:a", "west": "wire:trunk:b", "lan": "net_null0,no-rx=1"},
    {"to-west": {"port": "east", "call-manager": "embedded", "bandwidth": "1G"},
     "to-east": {"port": "west", "call-manager": "standalone", "side": "network"}},
    [{"address": EAST, "port": "lan", "vlan": 1}, {"address": WEST, "port": "lan", "vlan": 2}],
    {"e164:491": "to-east", "e164:492": "to-west"}, calls=256)
settings["echoes"] = []
box = lab.Appliance("box", settings)
box.wait_links()


def write(**changes):
    """The settings with other sections; they are the settings from then on."""
    settings.update(changes)
    box.file.write_text(json.dumps(settings))


def config(*words):
    """(status, stdout, stderr) as an operator has them."""
    done = subprocess.run([str(CALLCTL), "--socket", str(box.socket), "config", *words],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def reload():
    status, out, err = config("reload")
    same((status, err), (0, ""), "reload")
    return out.splitlines()


def shown():
    status, out, err = config("show")
    same((status, err), (0, ""), "show")
    return out


def refused(what, *words):
    """The file is refused with these words, and all stays as it is."""
    before = shown()
    status, out, err = config("reload")
    same(status, 1, what)
    for word in words:
        holds(word in err, f"{what}: no {word!r} in {err!r}")
    same(shown(), before, f"{what}: the configuration")
    return out.splitlines()


def phases():
    return {call["call"]: call["phase"] for call in box.ctl("calls")}


def trunk(name):
    return next(row for row in box.ctl("trunks") if row["name"] == name)


@case("what is shown is a file of the same configuration")
def _():
    text = shown()
    again = lab.directory() / "shown.yaml"
    again.write_text(text)
    checked = subprocess.run([str(CALLPLANE), "--check", "-c", str(again)], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    same((checked.returncode, checked.stdout), (0, f"{again}: good\n"), "check")
    original = box.file.read_text()
    box.file.write_text(text)
    same(reload(), ["nothing is different"], "what differs from what is shown")
    box.file.write_text(original)
    same(reload(), ["nothing is different"], "what differs from what it was started with")
    same(shown(), text, "what is shown")


@case("a call over a trunk stays up while everything that can change does, each change told")
def _():
    box.dial(EAST, WEST, 1, "--rate", "1000000")
    before = phases()
    same(len(before), 2, "legs")
    changed = copy.deepcopy(settings["trunks"])
    changed["to-west"].update({"bandwidth": "2G", "timers": {"t308": 5000, "t303": 2000}})
    changed["to-east"].update({"meter": False, "port-down": "clear", "bulk-window": 8,
                               "excess": {"yellow": "mark", "mark-tc": 1}})
    write(trunks=changed, limits=settings["limits"] | {"drain-seconds": 7},
          routes=[{"prefix": "e164:492", "trunk": "to-west"}, {"prefix": NORTH, "trunk": "to-west"}],
          echoes=[{"address": NORTH}],
          attachments=[settings["attachments"][0] | {"answer": "busy"},
                       settings["attachments"][1]])
    same(reload(), [
        "limits drain-seconds: 30 -> 7",
        "trunks to-west bandwidth: 1G -> 2G",
        "trunks to-west timers.t303: default -> 2000",
        "trunks to-west timers.t308: default -> 5000",
        "trunks to-east meter: true -> false",
        "trunks to-east excess.yellow: pass -> mark",
        "trunks to-east excess.mark-tc: default -> 1",
        "trunks to-east port-down: wait -> clear",
        "trunks to-east bulk-window: 64 -> 8",
        'attachments e164:4911 answer: accept -> busy',
        f'echoes {NORTH}: added {{address: "{NORTH}"}}',
        'routes e164:491: removed {prefix: "e164:491", trunk: to-east}',
        f'routes {NORTH}: added {{prefix: "{NORTH}", trunk: to-west}}',
    ], "differences")
    same(phases(), before, "calls")
    same(trunk("to-west")["bandwidth"], 250000000, "bandwidth")
    same(trunk("to-east")["meter"], False, "meter")
    box.ctl("close", "--all")
    box.wait_gone()


@case("calls from then on go by the new file")
def _():
    box.dial(EAST, NORTH, 1)  # a route and an echo that were not there
    same(len(phases()), 2, "legs to the echo")
    box.ctl("close", "--all")
    box.wait_gone()
    holds("no route to e164:4911" in box.refused("dial", "--from", WEST, "--to", EAST),
          "a route that was taken away is still there")


@case("a file with one fault is refused with its place, and nothing of it is taken over")
def _():
    lines = ["# from the second line on", *json.dumps(
        settings | {"limits": settings["limits"] | {"drain-seconds": 8}}, indent=1).splitlines()]
    at = next(i for i, line in enumerate(lines) if '"routes"' in line)
    lines.insert(at, ' "rutes": [],')
    box.file.write_text("\n".join(lines))
    same(refused("a key that there is not", f"{box.file}:{at + 1}:2: ", "rutes", 'write "routes"'),
         [], "differences of what cannot be read")
    box.file.unlink()
    refused("a file that there is not", str(box.file), "No such file")
    write()


@case("a file that changes what is built at the start is refused whole, and the difference told")
def _():
    good = copy.deepcopy(settings)
    write(limits=settings["limits"] | {"calls": 512, "drain-seconds": 9})
    same(refused("another table", "limits calls: 256 -> 512", "restart it"),
         ["limits calls: 256 -> 512 (needs a restart)", "limits drain-seconds: 7 -> 9"],
         "differences")
    write(**good)
    write(attachments=settings["attachments"][1:])
    refused("an attachment less", "attachments e164:4911: removed", "restart it")
    write(**good)
    same(reload(), ["nothing is different"], "differences")


@case("an appliance that cannot take over one address takes over none, and keeps what it had")
def _():
    good = copy.deepcopy(settings)
    box.ctl("close-af", "to-east")
    write(routes=settings["routes"][:1], limits=settings["limits"] | {"drain-seconds": 11})
    refused("a trunk without its address family", "trunk to-east is af-closed", "open-af")
    write(**good)
    box.ctl("open-af", "to-east")
    box.dial(EAST, NORTH, 1)
    box.ctl("close", "--all")
    box.wait_gone()


@case("a check prints what is different and takes nothing over")
def _():
    before = shown()
    write(limits=settings["limits"] | {"drain-seconds": 12})
    same(config("reload", "--check"), (0, "limits drain-seconds: 7 -> 12\n", ""), "check")
    same(shown(), before, "configuration")
    row = box.ctl("config", "reload", "--check")[0]
    same((row["applied"], row["differences"], row["restart_needed"]), (False, 1, False), "as JSON")
    same({k: row["changes"][0][k] for k in ("kind", "section", "key", "before", "after")},
         {"kind": "changed", "section": "limits", "key": "drain-seconds", "before": "7",
          "after": "12"}, "change")


@case("SIGHUP reads the file again, and the log has what was different or why nothing was taken")
def _():
    box.process.send_signal(signal.SIGHUP)
    until("the reload", lambda: "drain-seconds: 12" in shown())
    until("the difference in the log",
          lambda: "configuration: limits drain-seconds: 7 -> 12" in box.log.read_text())
    box.file.write_text("ports: [\n")
    box.process.send_signal(signal.SIGHUP)
    until("the refusal in the log",
          lambda: f"the one that runs stays whole: {box.file}:2:1: " in box.log.read_text())
    holds("drain-seconds: 12" in shown(), "the configuration has changed")
    write()


@case("twenty reloads with a call up end none, and leave no address behind")
def _():
    box.dial(EAST, WEST, 1)
    before, saps = phases(), box.counters()["saps"]
    good = copy.deepcopy(settings)
    for i in range(10):
        write(routes=good["routes"] + [{"prefix": f"e164:7{i}", "trunk": "to-west"}])
        reload()
        same(box.counters()["saps"], saps + 2, "SAPs with a route more")
        write(**good)
        reload()
    same(phases(), before, "calls")
    same(box.counters()["saps"], saps, "SAPs")
    box.ctl("close", "--all")
    box.wait_gone()
    box.stop()


lab.main()
