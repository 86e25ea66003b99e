#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every way in which many calls end is a job: with totals that add up, a report in `callctl jobs`
and in the log, and nothing left behind (I2, I4).

    lan-east | east ==== wire ==== west | lan-west      one appliance, both ends of a trunk
    near | net_vhost ==== net_virtio_user | far         two, for what a peer or a port does
"""

import json
import re
import signal
import socket
import time

import lab
from lab import case, holds, same, until

lab.isolate()

N = 2000
MANY = 8000  # more than are handed over at a time
SLOW = {"bulk-window": 32, "timers": {"poll": 20}}  # so that their close takes seconds
KINDS = (("embedded", "standalone"), ("standalone", "embedded"))
EAST, WEST = "e164:4911000000", "e164:4921000000"


# ---- One appliance. ----

def wired(east, west, n=N, **more):
    def trunk(port, kind, side):
        return {"port": port, "call-manager": kind, "side": side, **more}
    return lab.config(
        {"east": "wire:trunk:a", "west": "wire:trunk:b", "lan-east": "net_null0,no-rx=1",
         "lan-west": "net_null1,no-rx=1"},
        {"to-west": trunk("east", east, "user"), "to-east": trunk("west", west, "network")},
        [{"address": EAST, "count": n, "port": "lan-east", "svlan": 1, "vlan": 1},
         {"address": WEST, "count": n, "port": "lan-west", "svlan": 1, "vlan": 1}],
        {"e164:491": "to-east", "e164:492": "to-west"}, calls=2 * n + 16)


def started(name, settings):
    appliance = lab.Appliance(name, settings)
    appliance.wait_links()
    return appliance


def dial(appliance, n=N):
    appliance.dial(EAST, WEST, n)
    appliance.wait_active(2 * n)


def jobs(appliance, kind):
    return [job for job in appliance.ctl("jobs") if job["kind"] == kind]


def in_log(appliance, job):
    """The line that is left of a job."""
    line = re.compile(rf"job {job['job']}, {job['kind']} \(.*\): {job['state']}: "
                      rf"{job['done']} of {job['total']}, {job['failed']} failed, ")
    return until("a line in the log", lambda: line.search(appliance.log_text()))


def check(appliance, job, kind, total, cause, trunk=""):
    """A report that adds up."""
    same((job["kind"], job["state"], job["total"], job["done"], job["failed"], job["cause"],
          job["trunk"]), (kind, "done", total, total, 0, cause, trunk), "report")
    holds(job["seconds"] > 0 and job["rate"] > 0, job)
    if trunk == "":  # of what a peer may do again and again there is a line a second at most
        in_log(appliance, job)


def one(appliance, kind, total, cause, trunk):
    """The job of its kind that nobody has asked for."""
    found = until(f"a job {kind}", lambda: [j for j in jobs(appliance, kind)
                                            if j["state"] == "done"])
    same(len(found), 1, f"jobs {kind}: {found}")
    check(appliance, found[0], kind, total, cause, trunk)
    in_log(appliance, found[0])


def asked(east, west):
    """What the operator asks for, one case after the other for one appliance."""
    name = f"{east}-{west}"
    a = {}

    @case(f"{name}: close --all is a job with its calls, cause and rate")
    def _():
        appliance = a["appliance"] = started(name, wired(east, west))
        dial(appliance)
        job, = appliance.ctl("close", "--all", "--cause", 31, "--data", "4041")
        # What the far end hears of is on its way out, and is closed by whoever was first.
        holds(N <= job["total"] <= 2 * N, job)
        check(appliance, job, "close", job["total"], 31)
        appliance.wait_gone()

    @case(f"{name}: close --trunk closes the calls of that trunk, and says how many from the start")
    def _():
        appliance = a["appliance"]
        dial(appliance)
        first, = appliance.ctl("close", "--trunk", "to-west", "--background")
        same(first["state"], "running", "state")
        job = until("its end", lambda: [j for j in appliance.ctl("jobs", first["job"])
                                        if j["state"] == "done"])[0]
        check(appliance, job, "close", N, 16)
        appliance.wait_gone()

    @case(f"{name}: close --match closes those that match; the others stay, and can be closed")
    def _():
        appliance = a["appliance"]
        dial(appliance)
        job, = appliance.ctl("close", "--match", "trunk=to-west,from=e164:4911000*")
        check(appliance, job, "close", 1000, 16)
        appliance.wait_active(2 * (N - 1000))
        job, = appliance.ctl("close", "--match", "to=e164:49990*")
        same((job["total"], job["done"], job["state"]), (0, 0, "done"), "none matches")
        appliance.ctl("close", "--trunk", "to-west")
        appliance.wait_gone()

    # SIG-R1, SIG-81, SIG-87
    @case(f"{name}: RESTART is a job of the calls that it ends, at both ends; so is one of a VPCI")
    def _():
        appliance = a["appliance"]
        for words in ((), ("--vpci", 0)):
            dial(appliance)
            before = len(jobs(appliance, "peer-restart"))
            job, = appliance.ctl("restart", "to-west", *words)
            check(appliance, job, "restart", N, 41, "to-west")
            appliance.wait_gone()
            peers = until("the peer's job", lambda: jobs(appliance, "peer-restart")[before:])
            check(appliance, peers[0], "peer-restart", N, 41, "to-east")

    # AF-11, AF-16, AF-17
    @case(f"{name}: close-af ends the calls of all clients, and the address family with them")
    def _():
        appliance = a["appliance"]
        afs = appliance.counters()["afs"]
        dial(appliance)
        job, = appliance.ctl("close-af", "to-east")
        check(appliance, job, "close-af", N, 16, "to-east")
        appliance.wait_gone()
        trunk = appliance.trunks()["to-east"]
        same((trunk["state"], trunk["link"]), ("af-closed", "established"), "the trunk")
        same(appliance.counters()["afs"], afs // 2, "address families")

    # AF-9
    @case(f"{name}: meanwhile there are no calls on that trunk, and what else it is asked is refused")
    def _():
        appliance = a["appliance"]
        appliance.refused("dial", "--from", EAST, "--to", WEST)
        for words in (("close-af", "to-east"), ("restart", "to-east"), ("halt", "to-east")):
            holds("open-af to-east" in appliance.refused(*words), words)
        holds("no trunk" in appliance.refused("close-af", "nowhere"), "no such trunk")
        holds("not closed" in appliance.refused("open-af", "to-west"), "it is open")

    @case(f"{name}: open-af lets clients come back, with all their addresses")
    def _():
        appliance = a["appliance"]
        appliance.ctl("open-af", "to-east")
        same(appliance.trunks()["to-east"]["state"], "running", "state")
        until("the addresses are registered", lambda: appliance.ctl(
            "dial", "--from", EAST, "--to", WEST)[0]["done"] == 1)
        appliance.ctl("close", "--all")
        appliance.wait_gone()
        dial(appliance)

    @case(f"{name}: halt is a job of the calls that it ends")
    def _():
        appliance = a["appliance"]
        job, = appliance.ctl("halt", "to-west")
        check(appliance, job, "halt", N, 16, "to-west")
        appliance.wait_gone(link=False)
        appliance.stop()


for of_east, of_west in KINDS:
    asked(of_east, of_west)


class Line:
    """The control socket, spoken to without a program between: close and cancel come close."""

    def __init__(self, appliance):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(appliance.socket))
        self._lines = self._socket.makefile()

    def call(self, method, **params):
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(self._lines.readline())
        if "error" in answer:
            raise lab.Refused(1, answer["error"]["message"])
        return answer["result"]


slow = {}


@case("a close that is cancelled in the middle leaves the other calls up, and they work")
def _():
    appliance = slow["appliance"] = started("slow", wired("embedded", "embedded", MANY, **SLOW))
    line = slow["line"] = Line(appliance)
    dial(appliance, MANY)
    first = line.call("close", trunk="to-west")
    while line.call("jobs", id=first["job"])[0]["done"] == 0:
        pass  # at once: it is over in a few hundredths of a second
    begun = line.call("cancel", job=first["job"])
    same(begun["state"], "cancelling", "what is begun ends first")
    job, = until("its end", lambda: [j for j in appliance.ctl("jobs", first["job"])
                                     if j["state"] == "cancelled"])
    same((job["done"], job["failed"]), (job["total"], 0), "the report adds up")
    holds(0 < job["done"] < MANY, f"in the middle: {job}")
    in_log(appliance, job)
    appliance.wait_active(2 * (MANY - job["done"]))
    call = [c for c in appliance.ctl("calls") if c["direction"] == "out"][-1]
    appliance.ctl("enquire", call["call"])
    appliance.ctl("modify", call["call"], "--rate", 1000000)
    appliance.ctl("close", call["call"])
    appliance.wait_active(2 * (MANY - job["done"] - 1))


@case("what is left is closed by another one")
def _():
    appliance = slow["appliance"]
    n = appliance.active() // 2
    job, = appliance.ctl("close", "--trunk", "to-west")
    check(appliance, job, "close", n, 16)
    appliance.wait_gone()
    holds("no running job" in appliance.refused("cancel", job["job"]), "it has ended")


# SIG-80
@case("a call that is set up in the middle of a mass close comes up, and stays")
def _():
    appliance, line = slow["appliance"], slow["line"]
    dial(appliance)
    job = line.call("close", trunk="to-west")
    new = line.call("dial", **{"from": f"e164:{4911000000 + N}", "to": f"e164:{4921000000 + N}"})
    done = until("the call is up", lambda: [j for j in appliance.ctl("jobs", new["job"])
                                            if j["state"] == "done"])[0]
    same((done["done"], done["failed"]), (1, 0), "dial")
    job = until("the end of the close", lambda: [j for j in appliance.ctl("jobs", job["job"])
                                                 if j["state"] == "done"])[0]
    # The new call may be among those that the walk has met.
    holds(N <= job["done"] <= N + 1 and job["failed"] == 0, job)
    appliance.wait_active(2 * (N + 1 - job["done"]))
    appliance.ctl("close", "--all")
    appliance.wait_gone()


@case("what the other end knows of already cannot be cancelled, and the answer says why")
def _():
    appliance, line = slow["appliance"], slow["line"]
    dial(appliance, MANY)  # it is not over before the answer to the next line
    job = line.call("halt", trunk="to-west")
    try:
        line.call("cancel", job=job["job"])
        raise AssertionError("a halt was cancelled")
    except lab.Refused as refused:
        holds("told to leave" in refused.stderr, refused.stderr)
    until("the halt", lambda: appliance.trunks()["to-west"]["state"] == "halted")
    appliance.wait_gone(link=False)


@case("SIGTERM with all calls up: the drain is a job too, and its report is in the log")
def _():
    slow["appliance"].stop()
    appliance = started("drained", wired("embedded", "standalone"))
    dial(appliance)
    appliance.stop()
    holds(re.search(r"job \d+, drain \(.*\): done: (\d+) of \1, 0 failed, ",
                    appliance.log_text()), "the report")
    holds("nothing is left" in appliance.log_text(), "the last line of the log")


@case("a process that is stopped for three seconds at SIGTERM leaves nothing behind all the same")
def _():
    appliance = started("stopped", wired("standalone", "embedded"))
    dial(appliance)
    for sign in (signal.SIGTERM, signal.SIGSTOP):
        appliance.process.send_signal(sign)
    time.sleep(3)
    appliance.process.send_signal(signal.SIGCONT)
    same(appliance.ended(), 0, "exit status")
    holds("nothing is left" in appliance.log_text(), "the last line of the log")


# ---- Two appliances. ----

TIMERS = {"t309": 500, "no-response": 3000, "t-link": 100, "t-link-max": 200}


def end(device, kind, side, own, other, port_down):
    made = lab.config(
        {"trunk": device, "lan": "net_null0,no-rx=1"},
        {"peer": {"port": "trunk", "call-manager": kind, "side": side, "timers": TIMERS,
                  "port-down": port_down}},
        [{"address": own, "count": N, "port": "lan", "svlan": 1, "vlan": 1}], {other: "peer"},
        calls=N + 16)
    made["limits"]["drain-seconds"] = 2
    return made


def both(near, far, port_down="wait"):
    """Two appliances with N calls, on devices @p near and @p far."""
    made = [lab.Appliance(name, end(device, kind, side, own, other, port_down))
            for name, device, kind, side, own, other in (
                ("near", near, "embedded", "user", EAST, "e164:492"),
                ("far", far, "standalone", "network", WEST, "e164:491"))]
    for appliance in made:
        appliance.wait_links()
    made[0].dial(EAST, WEST, N)
    made[1].wait_active(N)
    return made


lab.veth("nt", "ft")
VETH = "net_af_packet0,iface=nt", "net_af_packet0,iface=ft"
VHOST = lab.directory() / "trunk.sock"


# SIG-99
@case("the peer dies: when T309 has run out all calls end, as a job")
def _():
    near, far = both(*VETH)
    far.kill()
    until("all calls are over", lambda: near.status()["calls"] == 0)
    one(near, "link-lost", N, 27, "peer")
    near.wait_gone(link=False)
    near.stop()


# SIG-102, SIG-99
@case("the port goes down: the link with it, and then all calls, as a job of that name")
def _():
    near, far = both(f"net_vhost0,iface={VHOST}", f"net_virtio_user0,path={VHOST}", "clear")
    far.kill()
    until("all calls are over", lambda: near.status()["calls"] == 0)
    one(near, "port-down", N, 27, "peer")
    near.wait_gone(link=False)
    near.stop()


# SIG-101
@case("SIGTERM while the peer is dead: after drain-seconds calls end without it, nothing is left")
def _():
    near, far = both(*VETH)
    far.process.send_signal(signal.SIGSTOP)
    near.process.send_signal(signal.SIGTERM)
    same(near.ended(), 0, "exit status")
    holds(re.search(r"\d+ calls are left after 2 s", near.log_text()), "it says so")
    holds("nothing is left" in near.log_text(), "the last line of the log")
    far.kill()


lab.main()
