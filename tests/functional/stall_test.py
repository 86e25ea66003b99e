#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A worker of a running appliance is stopped for five seconds in the middle of a mass close."""

import ctypes
import os
import pathlib
import time

import lab
from lab import Port, case, holds, same, until

lab.isolate()

N = 4000
STALL_S = 5  # the alarm comes after one, the signalling link is given up after seven
LCORE = 1
TRIES = 10  # to stop it before the close is over
RELEASE = 0x4D

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000


def ptrace(request, thread):
    if libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x}; mend: run as root")


def worker_thread(appliance):
    for task in pathlib.Path(f"/proc/{appliance.process.pid}/task").iterdir():
        if (task / "comm").read_text().strip().endswith(f"worker-{LCORE}"):
            return int(task.name)
    raise AssertionError(f"{appliance.name} has no worker on lcore {LCORE}")


class Thread:
    """One thread of an appliance can stand still, as if its CPU were gone; the others run on."""

    def __init__(self, number):
        self._number = number

    def stop(self):
        ptrace(PTRACE_SEIZE, self._number)
        ptrace(PTRACE_INTERRUPT, self._number)
        os.waitpid(self._number, WALL)

    def go_on(self):
        ptrace(PTRACE_DETACH, self._number)


near, far = lab.neighbours(N)
from_near = Port("ft")


def is_release(frame):
    """An SDU that begins as RELEASE does: said at once, for the close does not take long."""
    pdu = lab.sscop_pdu(frame)
    return pdu is not None and pdu[:2] == b"\x09\x03" and pdu[5] == RELEASE


def job_of(number):
    return next(j for j in near.ctl("jobs") if j["job"] == number)


def stop_in_the_middle(thread):
    """
    (job, since when): a mass close in the middle of which the thread stands still. Control is held
    for a moment before that: so it finds answers of the peer, and unlinks circuits, when the worker
    cannot let them go any more.
    """
    control = Thread(near.process.pid)
    for _ in range(TRIES):
        near.dial("e164:4910000", "e164:4920000", N)
        far.wait_active(N)
        from_near.waiting()
        job, = near.ctl("close", "--all", "--background")
        from_near.expect(is_release)
        control.stop()
        time.sleep(0.05)
        thread.stop()
        began = time.monotonic()
        control.go_on()
        time.sleep(0.2)  # control goes on with what it has
        if near.counters()["calls"] > 0 and near.counters()["reclaiming"] > 0:
            return job["job"], began
        thread.go_on()
        near.wait_gone()
    raise AssertionError(f"{TRIES} closes of {N} calls were over too soon")


worker = Thread(worker_thread(near))


# I1, I3
@case("what the stopped worker may hold does not end, and the alarm names its lcore")
def _():
    job, began = stop_in_the_middle(worker)
    before = near.counters()
    until("the alarm", lambda: f"worker on lcore {LCORE} has not been quiescent"
          in near.log_text())
    time.sleep(max(0, STALL_S - (time.monotonic() - began)))
    after = near.counters()
    same((after["calls"], after["reclaiming"], after["circuits"]),
         (before["calls"], before["reclaiming"], before["circuits"]), "what is still there")
    same(job_of(job)["state"], "running", "the job waits")
    same(near.trunks()["peer"]["link"], "established", "the signalling link")
    worker.go_on()


# I2, I4
@case("when it goes on, every close completes once, and nothing is left")
def _():
    near.wait_gone()
    far.wait_gone()
    jobs = [j for j in near.ctl("jobs") if j["kind"] == "close"]
    same({(j["state"], j["done"], j["failed"]) for j in jobs}, {("done", N, 0)}, "closes")
    same(near.trunks()["peer"]["cleared"], far.trunks()["peer"]["cleared"], "calls ended")
    holds(near.counters()["stalls"] > 0, "stalls are counted")


@case("the same calls can be set up again")
def _():
    near.dial("e164:4910000", "e164:4920000", N)
    far.wait_active(N)
    near.stop()
    far.stop()


lab.main()
