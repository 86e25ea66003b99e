#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""callctl trace: the ladder of one call, from the flight recorder of the appliance.

    near (user) - nt ==== ft - far (network)
"""

import subprocess

import lab
from lab import case, holds, same

lab.isolate()

NEAR, FAR = "e164:4910000", "e164:4920000"
near, far = lab.neighbours(8, near=("embedded", "user"), far=("standalone", "network"))


def ladder(appliance, call):
    return [(row["kind"], row["what"], row["before"], row["after"])
            for row in appliance.ctl("trace", call)]


def messages(appliance, call):
    return [(kind, what, before, after) for kind, what, before, after in ladder(appliance, call)
            if kind != "event"]


def dialled(n=1, *more):
    """The row of a call that near has made."""
    before = {row["call"] for row in near.ctl("calls")}
    near.dial(NEAR, FAR, n, *more)
    return [row for row in near.ctl("calls") if row["call"] not in before][0]


def all_gone():
    near.wait_gone()
    far.wait_gone()


SET_UP = [("sent", "SETUP", "U1", "U1"), ("received", "CONNECT", "U1", "U10"),
          ("sent", "CONNECT_ACK", "U10", "U10")]
CLEARED = [("sent", "RELEASE", "U11", "U11"), ("received", "RELEASE_COMPLETE", "U11", "U0")]
ended = None


@case("what happened before the command was given is shown, with what client and miniport said")
def _():
    call = dialled()
    same(messages(near, call["call"]), SET_UP, "messages")
    same([(what, before, after) for kind, what, before, after in ladder(near, call["call"])
          if kind == "event"],
         [("make_call", "IDLE", "SETUP"), ("connected", "SETUP", "SETUP_ACTIVATING"),
          ("activate_vc complete", "SETUP_ACTIVATING", "UP")], "events")
    near.ctl("close", call["call"])


@case("a call that has ended is found by its number and by its trunk and reference")
def _():
    global ended
    all_gone()
    call = dialled()
    near.ctl("close", call["call"])
    all_gone()
    ended = call
    rows = near.ctl("trace", call["call"])
    same(messages(near, call["call"]), SET_UP + CLEARED, "messages")
    same(near.ctl("trace", f"peer:{call['reference']}")[0]["what"], rows[0]["what"], "the first")
    same(messages(near, f"peer:{call['reference']}"), SET_UP + CLEARED, "messages by reference")
    same({row["label"] for row in rows if row["what"] == "RELEASE"}, {call["label"]}, "label")
    same({(row["cause"], row["meaning"]) for row in rows if row["what"] == "RELEASE"},
         {(16, "normal call clearing")}, "cause")
    same({row["reference"] for row in rows if row["kind"] != "event"}, {call["reference"]},
         "references")
    same([(row["what"], row["after"]) for row in rows if row["kind"] == "event"][-1],
         ("deactivate_vc complete", "IDLE"), "the last event")
    times = [row["time_s"] for row in rows]
    same((times[0], times), (0, sorted(times)), "times")


@case("the other end has the other half of the ladder")
def _():
    same([(kind, what) for kind, what, _, _ in messages(far, f"peer:{ended['reference']}")],
         [("received" if kind == "sent" else "sent", what) for kind, what, _, _ in
          SET_UP + CLEARED], "messages")


@case("parties and changes of the rate are in the ladder")
def _():
    call = dialled(2, "--multipoint")
    party = near.parties(call["call"])["e164:4920001"]["party"]
    near.ctl("drop-party", call["call"], party)
    rows = near.ctl("trace", call["call"])
    seen = [(row["what"], row["endpoint"], row["before"], row["after"]) for row in rows]
    for expected in (("ADD_PARTY", "1", "P1", "P1"), ("ADD_PARTY_ACK", "1", "P1", "P10"),
                     ("DROP_PARTY", "1", "P11", "P11"), ("DROP_PARTY_ACK", "1", "P11", "P0")):
        holds(expected in seen, f"no {expected} in {seen}")
    near.ctl("close", call["call"])
    call = dialled(1, "--rate", 1000000)
    near.ctl("modify", call["call"], "--rate", 2000000)
    holds(("received", "MODIFY_ACK", "U13", "U10") in messages(near, call["call"]),
          "no MODIFY ACKNOWLEDGE")
    near.ctl("close", call["call"])
    all_gone()


@case("of many calls at once each has its own ladder")
def _():
    near.dial(NEAR, FAR, 8)
    for call in near.ctl("calls"):
        same(messages(near, call["call"]), SET_UP, f"call {call['call']}")
    near.ctl("close", "--all")
    all_gone()


@case("as text each rung has its time, arrow, name, states and what goes with it")
def _():
    done = subprocess.run([str(lab.CALLCTL), "--socket", str(near.socket), "trace",
                           f"peer:{ended['reference']}"], stdout=subprocess.PIPE, text=True,
                          check=True)
    lines = done.stdout.splitlines()
    release = [line for line in lines if " RELEASE " in line][-1]
    for part in (" s  |------->", "U11", f"reference {ended['reference']}",
                 "cause 16, normal call clearing"):
        holds(part in release, f"no {part!r} in {release!r}")
    answer = [line for line in lines if " RELEASE_COMPLETE " in line][-1]
    holds("|<-------" in answer and "U11 > U0" in answer, answer)


@case("a call that never was, and a trunk that is not there, are refused")
def _():
    holds("no such call" in near.refused("trace", 4000000000), "refusal")
    holds("no such trunk" in near.refused("trace", "nowhere:1"), "refusal")
    same(near.ctl("trace", "peer:8000000"), [], "a reference that was never used")


@case("what was said of no call, RESTART when the link came up, is under reference 0 (SIG-R1)")
def _():
    seen = {(kind, what) for kind, what, _, _ in ladder(near, "peer:0")}
    same(seen & {("sent", "RESTART"), ("received", "RESTART_ACK")},
         {("sent", "RESTART"), ("received", "RESTART_ACK")}, "messages of the link itself")


@case("an appliance told to record nothing says so")
def _():
    lab.veth("st", "tt")
    settings = lab.config({"trunk": "net_af_packet0,iface=st"},
                          {"peer": {"port": "trunk", "side": "user"}})
    settings["limits"]["traces"] = 0
    silent = lab.Appliance("silent", settings)
    holds("nothing is recorded" in silent.refused("trace", "peer:0"), "refusal")
    silent.stop()


@case("nothing is left")
def _():
    all_gone()
    for appliance in (near, far):
        appliance.stop()


lab.main()
