#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""An appliance that is told to end closes its calls first, and its peer's with them."""

import collections
import signal

import lab
from lab import Port, case, holds, same

lab.isolate()

N = 200
NORMAL_CALL_CLEARING = "16"


def releases(frames):
    """Causes of the RELEASEs in @p frames, and how often each."""
    return collections.Counter(m["cause.value"] for m in lab.q2931_messages(frames)
                               if m["msg"] == "RELEASE")


near, far = lab.neighbours(N)
from_far, from_near = Port("nt"), Port("ft")


def set_up():
    near.wait_links()
    near.dial("e164:4910000", "e164:4920000", N)
    far.wait_active(N)
    from_far.waiting()
    from_near.waiting()


def again(appliance):
    appliance.launch()
    appliance.wait_running()
    appliance.wait_links()


@case("SIGTERM: all calls are closed with cause 16, nothing is left, and the exit status is 0")
def _():
    set_up()
    far.process.send_signal(signal.SIGTERM)
    same(far.ended(), 0, "exit status")
    holds("nothing is left" in far.log_text(), "the last line of the log")
    same(releases(from_far.waiting()), {NORMAL_CALL_CLEARING: N}, "RELEASEs")
    holds(not far.socket.exists(), "the control socket is gone")


@case("I4: the calls of the appliance that stays are closed as well")
def _():
    near.wait_gone(link=False)
    same({a["state"] for a in near.attachments().values()}, {"idle"}, "attachments")
    same(near.status()["state"], "running", "state")


@case("without its peer a dial fails, and leaves nothing")
def _():
    lab.until("the link is down", lambda: near.trunks()["peer"]["link"] != "established")
    near.refused("dial", "--from", "e164:4910000", "--to", "e164:4920000")
    near.wait_gone(link=False)


@case("started again, the peer is back, and calls are set up")
def _():
    again(far)
    set_up()


@case("callctl shutdown: as SIGTERM, from the network side")
def _():
    near.ctl("shutdown")
    same(near.ended(), 0, "exit status")
    holds("nothing is left" in near.log_text(), "the last line of the log")
    same(releases(from_near.waiting()), {NORMAL_CALL_CLEARING: N}, "RELEASEs")
    far.wait_gone(link=False)
    again(near)


@case("SIGINT: as SIGTERM")
def _():
    set_up()
    near.process.send_signal(signal.SIGINT)
    same(near.ended(), 0, "exit status")
    far.wait_gone(link=False)
    again(near)


@case("both at once: neither waits for the other")
def _():
    set_up()
    for appliance in (near, far):
        appliance.process.send_signal(signal.SIGTERM)
    same((near.ended(), far.ended()), (0, 0), "exit statuses")


lab.main()
