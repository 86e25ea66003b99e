# SPDX-License-Identifier: BSD-3-Clause
"""Programs that a load test is made of: started on their cores, gone when it is over."""

import contextlib
import ctypes
import os
import pathlib
import re
import signal
import subprocess
import time

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
END_S = 30
FIRST = -20


class Failed(Exception):
    """One line for the user: what is wrong, and what mends it."""


def spawn(command, log, cores=None, **popen):
    """@p log: a path, appended to. @p cores: that it may run on at all."""
    def settle():
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if cores:
            os.sched_setaffinity(0, cores)
    with open(log, "ab") as out:
        popen.setdefault("stdin", subprocess.DEVNULL)
        popen.setdefault("stdout", out)
        popen.setdefault("stderr", out)
        process = subprocess.Popen([str(c) for c in command], preexec_fn=settle, **popen)
    # As what started it, where the kernel groups by session and this one has its own.
    nice = group_nice()
    if nice is not None:
        with contextlib.suppress(OSError):
            pathlib.Path(f"/proc/{process.pid}/autogroup").write_text(nice)
    return process


def group_nice(pid="self", root="/proc"):
    """Of a process's session, or None: the kernel does not group, or has it in no group."""
    try:
        words = pathlib.Path(f"{root}/{pid}/autogroup").read_text().split()
    except OSError:
        return None
    return words[-1] if words else None  # the machine's first session is in none


def end(process):
    """Told to end, and made to if it does not."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def until(what, condition, process, log, seconds):
    """Poll until condition() is true; @p process must live meanwhile."""
    give_up = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None:
            raise Failed(f"{what}: ended with {process.returncode}: {last_line(log)}")
        if time.monotonic() > give_up:
            raise Failed(f"{what}: not within {seconds} s: {last_line(log)}")
        time.sleep(0.02)


def last_line(log):
    """What it said last, rather of a fault."""
    lines = pathlib.Path(log).read_text(errors="replace").split("\n")
    lines = [line.strip() for line in lines if line.strip()]
    faults = [line for line in lines if re.search("panic|error|cannot|failed", line, re.I)]
    return (faults or lines or ["it said nothing"])[-1]


def prefer(tid):
    """Before what else wants its core, if we may."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, tid, FIRST)


class Polling:
    """The threads of a process that poll: how much of their cores they really had."""

    def __init__(self, process, called="worker"):
        tasks = {task: (task / "comm").read_text()
                 for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir()}
        self._tasks = [task for task, name in tasks.items() if called in name] or list(tasks)
        for task in self._tasks:
            prefer(int(task.name))
        self.begin()

    def _read(self):
        return [tuple(map(int, (task / "schedstat").read_text().split()[:2]))
                for task in self._tasks]

    def begin(self):
        self._begun = self._read()

    def share(self):
        """Of the time since begin() that one wanted its core, how much it had: the worst of all."""
        shares = []
        for (ran, waited), (ran_then, waited_then) in zip(self._read(), self._begun):
            ran, waited = ran - ran_then, waited - waited_then
            shares.append(ran / (ran + waited) if ran + waited else 1.0)
        return min(shares)
