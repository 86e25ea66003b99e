#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""callctl explain: why a call failed, in one sentence with the standard's words for its cause.

    near (user) - nt ==== ft - far (network)
"""

import signal
import subprocess

import lab
from lab import case, holds, same

lab.isolate()

NEAR, FAR, BUSY, NOWHERE = "e164:4910000", "e164:4920000", "e164:4930000", "e164:4940000"

lab.veth("nt", "ft")


def settings(interface, manager, side, prefixes, attachments):
    return lab.config({"trunk": f"net_af_packet0,iface={interface}", "lan": "net_null0,no-rx=1"},
                      {"peer": {"port": "trunk", "call-manager": manager, "side": side,
                                "bandwidth": "1G", "timers": {"t303": 1500}}},
                      attachments, {prefix: "peer" for prefix in prefixes})


near = lab.Appliance("near", settings("nt", "embedded", "user", ("e164:492", "e164:493", "e164:494"), [
    {"address": NEAR, "count": 8, "port": "lan", "svlan": 1, "vlan": 1}]))
far = lab.Appliance("far", settings("ft", "standalone", "network", ("e164:491",), [
    {"address": FAR, "count": 8, "port": "lan", "svlan": 1, "vlan": 1},
    {"address": BUSY, "port": "lan", "svlan": 2, "vlan": 1, "answer": "busy"}]))
for appliance in (near, far):
    appliance.wait_links()

references = 0


def explain(appliance, call):
    return appliance.ctl("explain", call)[0]


def failed(*arguments):
    """What near and far say of a call that near has dialled in vain."""
    global references
    near.refused("dial", "--from", NEAR, *arguments)
    near.wait_gone()
    far.wait_gone()
    references += 1
    return near.ctl("explain", f"peer:{references}")[0], f"peer:{references}"


def check(row, outcome, by, cause, *words):
    same((row["outcome"], row["by"], row["cause"]), (outcome, by, cause), row["sentence"])
    for word in words:
        holds(word in row["sentence"], f"no {word!r} in {row['sentence']!r}")


@case("a call that is up is said to be so, and nothing has failed")
def _():
    global references
    near.dial(NEAR, FAR)
    references += 1
    row = explain(near, near.ctl("calls")[0]["call"])
    check(row, "up", "", 0, "the call to trunk peer is up for ")
    same(row["mend"], "", "mend")


@case("of a call that has been closed it is said who did, and with what cause")
def _():
    call, other = near.ctl("calls")[0]["call"], far.ctl("calls")[0]["call"]
    near.ctl("close", call, "--cause", 31)
    near.wait_gone()
    far.wait_gone()
    check(explain(near, call), "closed", "local", 31, "was closed here after it was up for ",
          "cause 31, normal, unspecified")
    check(explain(far, other), "closed", "remote", 31, "the call from trunk peer was closed by the "
          "other end after it was up for ", "cause 31, normal, unspecified (said by: user)")


@case("a refusal has its cause, the standard's words for it, who said it, and what to look at")
def _():
    row, reference = failed("--to", BUSY)
    check(row, "failed", "remote", 17, "was refused by the other end, ", "s after it began",
          "cause 17, user busy (said by: public network serving the local user)")
    holds("answer: busy" in row["mend"], row["mend"])
    check(explain(far, reference), "failed", "local", 17, "was refused here", "cause 17, user busy")


@case("a number that nobody has is told with what has to be added, and where")
def _():
    row, _ = failed("--to", NOWHERE)
    check(row, "failed", "remote", 88, "was refused by the other end", "incompatible destination")
    holds("route to the appliance that says so" in row["mend"], row["mend"])


@case("as text it is one sentence, and a line with what to look at where it has failed")
def _():
    done = subprocess.run([str(lab.CALLCTL), "--socket", str(near.socket), "explain",
                           f"peer:{references}"], stdout=subprocess.PIPE, text=True, check=True)
    lines = done.stdout.splitlines()
    same(len(lines), 2, f"lines of {lines}")
    holds(lines[0].startswith("the call to trunk peer was refused by the other end"), lines[0])
    holds(lines[1].startswith("mend: "), lines[1])


@case("silence of the other end is told with the timer that has waited for it (SIG-T2)")
def _():
    global references
    far.process.send_signal(signal.SIGSTOP)
    near.refused("dial", "--from", NEAR, "--to", FAR)
    far.process.send_signal(signal.SIGCONT)
    near.wait_gone()
    far.wait_gone()
    references += 1
    check(explain(near, f"peer:{references}"), "failed", "local", 18, "was given up: the other end "
          "did not answer in time, T303 expired twice", "no user responding")


@case("a call that RESTART has cleared says so (SIG-82)")
def _():
    global references
    near.dial(NEAR, FAR)
    references += 1
    call = near.ctl("calls")[0]["call"]
    near.ctl("restart", "peer")
    near.wait_gone()
    check(explain(near, call), "failed", "local", 41, "as RESTART does", "temporary failure")


@case("the ladder of a call says who gave the cause")
def _():
    rows = near.ctl("trace", "peer:2")
    same([row["location"] for row in rows if (row["kind"], row["cause"]) == ("received", 17)],
         ["public network serving the local user"], "locations")


@case("what never was, and what is no call, is refused")
def _():
    holds("no such call" in near.refused("explain", 4000000000), "refusal")
    holds("nothing is recorded" in near.refused("explain", "peer:8000000"), "refusal")
    holds("reference" in near.refused("explain", "peer:0"), "refusal")


@case("nothing is left")
def _():
    for appliance in (near, far):
        appliance.wait_gone()
        appliance.stop()


lab.main()
