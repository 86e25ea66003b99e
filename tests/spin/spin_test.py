#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The model of a close (close.pml) holds in every state that it can reach, and can fail.

Each case is one run of SPIN: the model is translated, compiled and searched in a folder of its own.
"""

import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

MODEL = pathlib.Path(__file__).resolve().parent / "close.pml"
MISSING = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
AT_ONCE = 2  # searches side by side; each keeps to MEMORY_MB
MEMORY_MB = 900
TIMEOUT_S = 240  # of one search; no wait is without an end
MAX_DEPTH = 2000000

ORDERS = (((), "deactivation first"), (("-DMCM",), "completion first"))

# What pan has to find, and by which assertion, when a line is broken.
BREAKS = {
    "GRACE": ("a circuit is reclaimed without its grace period",
              "assertion violated (circuit_live[held]&&(generation[held]==gen))"),
    "LIST": ("a replication list is freed at once", "assertion violated list_live[to]"),
    "DRAIN": ("receives out are ignored", "assertion violated ((v==1)|| !(receives_out))"),
    "RING": ("frames in the rings are forgotten", "assertion violated circuit_live[c]"),
    "SENDS": ("a send completes before its frame is out",
              "assertion violated circuit_live[to_worker]"),
    "ONCE": ("a crossing release completes the close a second time",
             "assertion violated close_owed[v]"),
    "TIMER": ("nothing ends the wait for an answer to RELEASE", "invalid end state"),
}

# Workers, client and timers go on for ever.
ENDLESS = {"worker", "client", "timers"}


# ---- One search ----

def run(command, folder, limit_s):
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=limit_s, check=True).stdout


def search(options, compiler, pan):
    """What pan prints. A search that cannot be made is said in words that no case accepts."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            run(["spin", *options, "-a", str(MODEL)], folder, 30)
            run(["gcc", "-w", *compiler, f"-DMEMLIM={MEMORY_MB}", "-o", "pan", "pan.c"],
                folder, 120)
            return run(["./pan", *pan], folder, TIMEOUT_S)
        except subprocess.TimeoutExpired as e:
            return f"no end after {e.timeout} s: {e.cmd}"
        except subprocess.CalledProcessError as e:
            return f"{e.cmd} ended with {e.returncode}\n{e.stdout}"


def holds(options):
    """Safety: assertions and deadlock."""
    return search(options, ["-O2", "-DSAFETY"], [f"-m{MAX_DEPTH}", "-w23"])


def holds_alone(options):
    """As holds(), in a space so small that compiling takes longer.

    -o3: statements are not merged, since pan does not tell which of the merged it never reached.
    """
    return search(["-o3", *options], ["-O0", "-DSAFETY", "-DNOCLAIM"],
                  [f"-m{MAX_DEPTH}", "-w20"])


def completes(options):
    """Liveness: the LTL formula, under weak fairness."""
    return search(options, ["-O0", "-DNFAIR=3", "-DNOREDUCE"],
                  ["-a", "-f", f"-m{MAX_DEPTH}", "-w20"])


def broken(options):
    """The shortest way to the error."""
    return search(options, ["-O1", "-DSAFETY", "-DBFS"], ["-w22"])


# ---- What to make of it ----

def incomplete(out):
    """Why @p out is not the end of a search through all states without an error."""
    complaints = []
    if "Full statespace search" not in out:
        complaints.append("not a search of the full state space")
    for bad in ("Search not completed", "max search depth too small", "Bit statespace",
                "hash-compact", "Hash-Compact"):
        if bad in out:
            complaints.append(f"pan says: {bad}")
    if not re.search(r"errors: 0$", out, re.MULTILINE):
        complaints.append("pan found an error, or did not end")
    if not re.search(r"^\s*[1-9]\d* states, stored", out, re.MULTILINE):
        complaints.append("no states")
    return complaints + (out.splitlines()[:20] if complaints else [])


def unreached(out):
    """(process, line, state, text) of what no run of the model came to, endless ends aside."""
    found, process = set(), None
    for line in out.splitlines():
        begins = re.match(r"unreached in (?:proctype|claim) (\S+)", line)
        item = re.match(r"\t(\S+):(\d+), state (\d+), \"(.*)\"", line)
        if begins:
            process = begins.group(1)
        elif item and item.group(1) == str(MODEL):
            _, number, state, text = item.groups()
            if text != "-end-" or process not in ENDLESS:
                found.add((process, int(number), int(state), text))
    return found


def complain_of(items):
    return [f"{MODEL.name}:{n}: {process} never came to: {text}"
            for process, n, _, text in sorted(items)]


def summary(out):
    """SPIN's own words."""
    wanted = re.compile(r"State-vector|states, stored|transitions \(|total actual memory|"
                        r"elapsed time|unreached in proctype|^\t\S+:\d+, state|^pan:1:")
    lines = out.replace(str(MODEL), MODEL.name).splitlines()
    return [line.strip() for line in lines if wanted.search(line)]


def error_is(out, expected):
    found = re.findall(r"^pan:1: (.*) \(at depth \d+\)", out, re.MULTILINE)
    return [] if found == [expected] else [f"expected: {expected}", f"pan found: {found}",
                                           *out.splitlines()[:10]]


# ---- TAP ----

class Report:
    def __init__(self):
        self.n = 0
        self.passed = True

    def tell(self, name, complaints, notes=()):
        self.n += 1
        self.passed &= not complaints
        print(f"{'not ok' if complaints else 'ok'} {self.n} - {name}")
        for line in (*complaints, *notes):
            print(f"# {line}", flush=True)


def tell_all(report, start):
    """Searches begin in the order of start() and are told in it."""
    whole = [start(holds, order) for order, _ in ORDERS]
    alone = [[(start(holds_alone, one), start(completes, one))
              for one in ([*order, "-DONLY=0"], [*order, "-DONLY=1"])] for order, _ in ORDERS]
    breaks = {name: start(broken, [f"-DBREAK_{name}"]) for name in BREAKS}
    endless = start(completes, ["-DONLY=0", "-DBREAK_TIMER"])

    for (_, name), search_of in zip(ORDERS, whole):
        out = search_of.result()
        report.tell(f"{name}: nobody touches what was reclaimed, all completes once, no deadlock",
                    incomplete(out) + complain_of(unreached(out)), summary(out))
    for (_, name), searches in zip(ORDERS, alone):
        safe = [s.result() for s, _ in searches]
        report.tell(f"{name}: the same for each VC alone, where every circuit has a generation",
                    incomplete(safe[0]) + incomplete(safe[1]), summary(safe[0])[:3] +
                    summary(safe[1])[:3])
        report.tell(f"{name}: every line of the model is reached",
                    complain_of(unreached(safe[0]) & unreached(safe[1])))
        for vc, (_, live) in enumerate(searches):
            out = live.result()
            report.tell(f"{name}: every close of VC {vc} that begins completes", incomplete(out),
                        summary(out)[:3])
    for name, (what, expected) in BREAKS.items():
        out = breaks[name].result()
        report.tell(f"SPIN finds it when {what}", error_is(out, expected), summary(out)[:3])
    out = endless.result()
    report.tell("SPIN finds a close that never completes", error_is(out, "acceptance cycle"),
                summary(out)[:2])


def main():
    report = Report()
    if MISSING:
        print(f"ok 1 - the model of a close # SKIP no {MISSING[0]}; mend: apt install "
              f"{' '.join(MISSING)}")
        print("1..1")
        return 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        tell_all(report, lambda kind, options: pool.submit(kind, options))
    print(f"1..{report.n}")
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
