#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""callctl log LEVEL --call CALL: what happens to one call is logged, whatever the common level is.

    near (user) - nt ==== ft - far (network)
"""

import lab
from lab import case, holds, same, until

lab.isolate()

NEAR, FAR = "e164:4910000", "e164:4920000"
near, far = lab.neighbours(16, near=("embedded", "user"), far=("standalone", "network"))


def dialled(n=1, *more):
    """The calls that near has made."""
    before = {row["call"] for row in near.ctl("calls")}
    near.dial(NEAR, FAR, n, *more)
    return [row["call"] for row in near.ctl("calls") if row["call"] not in before]


def said(call):
    """Level and text of what the log has of it."""
    lines = [line.split(": ", 2)[1:] for line in near.log_text().splitlines()]
    return [(line[0], line[1].split(": ", 1)[-1]) for line in lines
            if len(line) == 2 and line[1].startswith((f"call {call},", f"call {call} "))]


def over(call):
    until(f"call {call} is told to be over", lambda: said(call)[-1:] == [
        ("notice", f"call {call} is over")])
    return said(call)[:-1]


@case("at info each message of the call is a line, and the others have none")
def _():
    call, other = dialled(2)
    near.ctl("log", "info", "--call", call)
    for one in (call, other):
        near.ctl("close", one)
    same(over(call), [("info", "sent RELEASE, U11 > U11, cause 16, normal call clearing"),
                      ("notice", "received RELEASE_COMPLETE, U11 > U0")], "lines")
    same(said(other), [], "lines of the other")


@case("at debug the steps of client and miniport are there too")
def _():
    call, = dialled()
    near.ctl("log", "debug", "--call", call)
    near.ctl("close", call)
    lines = over(call)
    holds(("debug", "close_call, UP > RELEASING, cause 16, normal call clearing") in lines, lines)
    holds(any(text.startswith("deactivate_vc complete") for _, text in lines), lines)
    holds(any(text.startswith("sent RELEASE,") for _, text in lines), lines)


@case("at warning an ordinary end is no line, and a cause that means trouble is one")
def _():
    plain, bad = dialled(2)
    for call in (plain, bad):
        near.ctl("log", "warning", "--call", call)
    near.ctl("close", bad, "--cause", 41)
    near.ctl("close", plain)
    near.wait_gone()
    until("the trouble is told", lambda: said(bad))
    same({level for level, _ in said(bad)}, {"warning"}, "levels")
    holds(any("cause 41, temporary failure" in text for _, text in said(bad)), said(bad))
    same(said(plain), [], "lines")


@case("a call is logged by its name, and no more when that is taken back with error")
def _():
    call, = dialled()
    name = near.ctl("name", call, "probe")[0]["name"]
    near.ctl("log", "debug", "--call", name)
    near.ctl("log", "error", "--call", name)
    near.ctl("close", call)
    near.wait_gone()
    same(said(call), [], "lines")


@case("the common level stays as it was, and the other end logs nothing")
def _():
    holds("call " not in far.log_text(), far.log_tail())
    holds("RELEASE" not in far.log_text(), far.log_tail())


@case("what is no call, and a ninth one, are refused")
def _():
    holds("no such call" in near.refused("log", "debug", "--call", 4000000000), "refusal")
    calls = dialled(9)
    for call in calls[:8]:
        near.ctl("log", "warning", "--call", call)
    near.ctl("log", "info", "--call", calls[0])  # another level for the same one
    holds("8 calls are logged already; mend: " in near.refused("log", "info", "--call", calls[8]),
          "refusal")
    near.ctl("close", "--all")
    near.wait_gone()
    call, = dialled()
    near.ctl("log", "info", "--call", call)
    near.ctl("close", call)
    over(call)


@case("nothing is left")
def _():
    for appliance in (near, far):
        appliance.wait_gone()
        appliance.stop()


lab.main()
