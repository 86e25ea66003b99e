#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The model of a close (close.pml) holds in every state that it can reach, and can fail.

Each search is one run of SPIN: the model is translated, compiled and searched in a folder of its
own. What SPIN says of it is told in comments that begin with "#:".
"""

import collections
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

# Workers, client and timers go on for ever.
ENDLESS = {"worker", "client", "timers"}
# There are three circuits where lines are looked at.
UNUSED = {"c = 4"}

# How to translate, compile and search.
Search = collections.namedtuple("Search", "options compiler pan")


def holds(*options):
    """Safety: assertions and deadlock."""
    return Search(options, ("-O2", "-DSAFETY", "-DNOCLAIM"), (f"-m{MAX_DEPTH}", "-w23"))


def lines(*options):
    """As holds(), in a space so small that compiling takes longer.

    -o3: statements are not merged, since pan does not tell which of the merged it never reached.
    """
    return Search(("-o3", "-DLINES", *options), ("-O0", "-DSAFETY", "-DNOCLAIM"),
                  (f"-m{MAX_DEPTH}", "-w20"))


def completes(*options):
    """Liveness: the LTL formula, under weak fairness."""
    return Search(options, ("-O0", "-DNFAIR=3", "-DNOREDUCE"),
                  ("-a", "-f", f"-m{MAX_DEPTH}", "-w20"))


def broken(name, vc):
    """The shortest way to the error."""
    return Search((f"-DBREAK_{name}", f"-DONLY={vc}"),
                  ("-O0", "-DSAFETY", "-DNOCLAIM", "-DBFS"), ("-w20",))


# ---- One search ----

def run(command, folder, limit_s):
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=limit_s, check=True).stdout


def output(search):
    """What pan prints. A search that cannot be made is said in words that no case accepts."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            run(["spin", *search.options, "-a", str(MODEL)], folder, 30)
            run(["gcc", "-w", *search.compiler, f"-DMEMLIM={MEMORY_MB}", "-o", "pan", "pan.c"],
                folder, 120)
            return run(["./pan", *search.pan], folder, TIMEOUT_S)
        except subprocess.TimeoutExpired as e:
            return f"no end after {e.timeout} s: {e.cmd}"
        except subprocess.CalledProcessError as e:
            return f"{e.cmd} ended with {e.returncode}\n{e.stdout}"


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
    """(process, line, state, text) of what no run of the model came to."""
    found, process = set(), None
    for line in out.splitlines():
        begins = re.match(r"unreached in (?:proctype|claim) (\S+)", line)
        item = re.match(r"\t(\S+):(\d+), state (\d+), \"(.*)\"", line)
        if begins:
            process = begins.group(1)
        elif item and item.group(1) == str(MODEL):
            _, number, state, text = item.groups()
            found.add((process, int(number), int(state), text))
    return found


def name_lines(items):
    return [f"{MODEL.name}:{n}: {process} never came to: {text}"
            for process, n, _, text in sorted(items)]


def is_expected(item):
    process, _, _, text = item
    return text in UNUSED or (text == "-end-" and process in ENDLESS)


def error_is(out, expected):
    found = re.findall(r"^pan:1: (.*) \(at depth \d+\)", out, re.MULTILINE)
    return [] if found == [expected] else [f"expected: {expected}", f"pan found: {found}",
                                           *out.splitlines()[:10]]


SUMMARY = (r"^pan:1: .*", r"(?<=byte, )depth reached \d+, errors: \d+",
           r"\d+ states, stored(?: \(\d+ visited\))?", r"\d+ transitions",
           r"[\d.]+(?=\ttotal actual memory usage)", r"elapsed time [\d.]+ seconds")


def summary(out):
    """SPIN's own words, in a line."""
    said = [m[0] for pattern in SUMMARY if (m := re.search(pattern, out, re.MULTILINE))]
    return ", ".join(f"{s} MB" if re.fullmatch(r"[\d.]+", s) else s for s in said)


# ---- Cases ----

Case = collections.namedtuple("Case", "sentence searches judge")
CASES = []


def case(sentence, *searches):
    """The function says what is wrong with what its searches print."""
    def register(judge):
        CASES.append(Case(sentence, searches, judge))
        return judge
    return register


@case("deactivation first: nobody touches what was reclaimed, all completes once, no deadlock",
      holds())
def deactivation_first(out):
    # I1, I2, I3, I4, I8, ASYNC-1, ADD-6, DROP-13, CLOSE-18, CLOSE-21, DEACT-1..4, RACE-1, RACE-12
    return incomplete(out)


@case("completion first: nobody touches what was reclaimed, all completes once, no deadlock",
      holds("-DMCM"))
def completion_first(out):
    # I1, I2, I3, I4, I8, ASYNC-1, ADD-6, DROP-13, CLOSE-19, CLOSE-20, DEACT-1..4, RACE-1, RACE-12
    return incomplete(out)


@case("a leaf has a successor in its slot while workers still hold it, and both end well",
      holds("-DONLY=1", "-DCIRCUITS=4"))
def leaves_follow_each_other(out):
    # I1, I3, I4, ADD-6, DROP-13
    return incomplete(out)


ALONE = [lines("-DONLY=0"), lines("-DONLY=1")]
ALONE_MCM = [lines("-DMCM", "-DONLY=0"), lines("-DMCM", "-DONLY=1")]


@case("deactivation first: the same for each VC alone, and a modify ends before its call", *ALONE)
def alone_deactivation_first(*outs):
    # I1, I2, I3, I4, I8, RACE-7, RACE-12
    return [c for out in outs for c in incomplete(out)]


@case("completion first: the same for each VC alone, and a modify ends before its call",
      *ALONE_MCM)
def alone_completion_first(*outs):
    # I1, I2, I3, I4, I8, RACE-7, RACE-12
    return [c for out in outs for c in incomplete(out)]


def complain_of_lines(outs):
    items = set.intersection(*(unreached(out) for out in outs))
    for line in name_lines(filter(is_expected, items)):
        print(f"#: as expected, {line}")
    return name_lines(item for item in items if not is_expected(item))


@case("deactivation first: every line of the model is reached", *ALONE)
def lines_deactivation_first(*outs):
    return complain_of_lines(outs)


@case("completion first: every line of the model is reached", *ALONE_MCM)
def lines_completion_first(*outs):
    return complain_of_lines(outs)


@case("deactivation first: every close of VC 0 that begins completes", completes("-DONLY=0"))
def live_deactivation_first_0(out):
    # I2, I8, CLOSE-43
    return incomplete(out)


@case("deactivation first: every close of VC 1 that begins completes", completes("-DONLY=1"))
def live_deactivation_first_1(out):
    # I2, I8, CLOSE-43
    return incomplete(out)


@case("completion first: every close of VC 0 that begins completes",
      completes("-DMCM", "-DONLY=0"))
def live_completion_first_0(out):
    # I2, I8, CLOSE-43
    return incomplete(out)


@case("completion first: every close of VC 1 that begins completes",
      completes("-DMCM", "-DONLY=1"))
def live_completion_first_1(out):
    # I2, I8, CLOSE-43
    return incomplete(out)


# ---- Broken lines: the assertion by which SPIN finds each ----

@case("SPIN finds it when a circuit is reclaimed without its grace period", broken("GRACE", 1))
def grace(out):
    # I1, I3
    return error_is(out, "assertion violated ((next==9)||circuit_live[next])")


@case("SPIN finds it when a replication list is freed at once", broken("LIST", 1))
def replication_list(out):
    # I3
    return error_is(out, "assertion violated list_live[(to/4)]")


@case("SPIN finds it when the circuit of a leaf is freed at once", broken("LEAF", 1))
def leaf(out):
    # I1, I3
    return error_is(out, "assertion violated circuit_live[found[_pid]]")


@case("SPIN finds it when a slot is counted before the leaf is stored there", broken("ORDER", 1))
def order(out):
    # I1
    return error_is(out, "assertion violated ((next==9)||circuit_live[next])")


@case("SPIN finds it when the last leaf does not wait until its root has drained",
      broken("LABEL", 1))
def last_leaf(out):
    # I3
    return error_is(out, "assertion violated (root==0)")


@case("SPIN finds it when receives out are ignored", broken("DRAIN", 0))
def receives_out(out):
    # DEACT-2
    return error_is(out, "assertion violated ((0==1)|| !(receives_out))")


@case("SPIN finds it when what waits in the ring to control is forgotten", broken("RING", 0))
def ring_to_control(out):
    # DEACT-3
    return error_is(out, "assertion violated circuit_live[c]")


@case("SPIN finds it when what a leaf has in the ring to control is forgotten", broken("RING", 1))
def ring_of_a_leaf(out):
    # DEACT-3
    return error_is(out, "assertion violated circuit_live[c]")


@case("SPIN finds it when what control has put in the ring to a worker is forgotten",
      broken("SENDS", 0))
def ring_to_worker(out):
    # DEACT-4
    return error_is(out, "assertion violated circuit_live[to_worker]")


@case("SPIN finds it when a crossing release completes the close a second time",
      broken("ONCE", 0))
def once(out):
    # I2, RACE-1
    return error_is(out, "assertion violated close_owed[0]")


@case("SPIN finds it when nothing ends the wait for an answer to RELEASE", broken("TIMER", 0))
def timer(out):
    # I8
    return error_is(out, "invalid end state")


@case("SPIN finds a close that never completes", completes("-DBREAK_TIMER", "-DONLY=0"))
def endless(out):
    # I8
    return error_is(out, "acceptance cycle")


# ---- TAP ----

def tell_all(pool):
    """Searches begin in the order of the cases, two of which may look at the same one."""
    wanted = dict.fromkeys(search for c in CASES for search in c.searches)
    results = {search: pool.submit(output, search) for search in wanted}
    passed = True
    for n, c in enumerate(CASES, 1):
        outs = [results[search].result() for search in c.searches]
        complaints = c.judge(*outs)
        passed &= not complaints
        print(f"{'not ok' if complaints else 'ok'} {n} - {c.sentence}")
        for complaint in complaints:
            print(f"# {complaint}")
        for search, out in zip(c.searches, outs):
            print(f"#: {' '.join(o for o in search.options)}: {summary(out)}".replace("#: :", "#:"),
                  flush=True)
    return passed


def main():
    if MISSING:
        print(f"ok 1 - the model of a close # SKIP no {MISSING[0]}; mend: apt install "
              f"{' '.join(MISSING)}")
        print("1..1")
        return 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        passed = tell_all(pool)
    print(f"1..{len(CASES)}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
