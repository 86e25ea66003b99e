#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Calls end in every way that bench/run teardown knows, nothing is left of them, and it says so.

The bench runs here with few calls. No time is looked at: only that what is to be told is told, and
that the program, which counts what is left at both ends when all calls have ended, has found
nothing (I4).
"""

import argparse
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(os.environ.get("CALLPLANE_SOURCE",
                                     pathlib.Path(__file__).resolve().parent.parent.parent))
BUILD = pathlib.Path(os.environ.get("CALLPLANE_BUILD", SOURCE / "build"))
sys.path.insert(0, str(SOURCE / "bench"))
os.environ["BENCH_WITHOUT_HUGEPAGES"] = "1"
import mass  # noqa: E402
import run  # noqa: E402

CALLS = BUILD / "bench" / "calls"
N = 800
SECONDS = 120
ROUNDS = 3
ALWAYS = ("calls_closed", "wall_seconds", "grace_periods", "grace_us_p50", "grace_us_p99",
          "grace_us_max")
OF_AN_END = ("control_ns_per_call", "grace_share", "control_turn_us_max")


def program(command):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=600, check=False)
    return done.returncode, done.stdout, done.stderr


def run_program(command):
    status, out, said = program(command)
    if status != 0:
        raise RuntimeError((said.strip() or "it failed").splitlines()[-1])
    return out


def rows_of(bench, variants=None):
    rows = run.Rows()
    args = argparse.Namespace(calls=N, runs=1, seconds=SECONDS, variant=variants)
    bench(rows, args, run_program, CALLS)
    return {row["name"]: row for row in rows.rows()}


def wanted(name):
    """The rows of a variant."""
    prefix = "" if name == "plain" else f"{name}_"
    names = [*ALWAYS, *(f"{what}_{end}" for what in OF_AN_END for end in mass.ENDS)]
    names += [f"control_ns_per_call_{end}_{part}" for end in mass.ENDS for part in mass.PARTS]
    if "multipoint" in name:
        names += [f"control_ns_per_party_{end}" for end in mass.ENDS]
    return [prefix + n for n in names]


def row_complaints(name, rows):
    complaints = [f"no row {n}" for n in wanted(name) if n not in rows]
    closed = rows.get(("" if name == "plain" else f"{name}_") + "calls_closed", {}).get("value")
    calls = N // mass.LEAVES if "multipoint" in name else N
    if closed != calls:
        complaints.append(f"{closed} calls closed, not {calls}")
    complaints += [f"{n} is not told against anything" for n in wanted(name)
                   if n in rows and n.endswith(tuple(f"per_call_{e}" for e in mass.ENDS))
                   and "ratio" not in rows[n]]
    return complaints


def variant_complaints(name):
    try:
        rows = rows_of(mass.run_teardown, [name])
    except RuntimeError as e:
        return [str(e)]
    return row_complaints(name, rows)


def setup_complaints(rows):
    names = ["calls_set_up", "calls_per_second", "wall_seconds",
             f"setup_ns_per_call_standing_{N}"]
    complaints = [f"no row {n}" for n in names if n not in rows]
    return complaints + [f"{n}: {rows[n]['value']}" for n in names if n in rows
                         and rows[n]["value"] <= 0]


def plain_complaints(rows):
    """What only the plain variant tells."""
    names = ["memory_mib", "memory_mib_with_mbufs", "bytes_per_call", "dataplane_bytes_per_call",
             "bare_ns_per_call", "bare_ns_per_call_shuffled", "ratio_to_bare_near",
             "ratio_to_bare_far"]
    return [f"no row {n}" for n in names if n not in rows]


def rounds_complaints():
    """Set up and closed again and again in one process: each time nothing is left."""
    status, out, said = program([CALLS, "teardown", "--calls", N, "--rounds", ROUNDS])
    closed = [line for line in out.splitlines() if line == f"calls_closed\t{N}\tcalls"]
    if status == 0 and len(closed) == ROUNDS:
        return []
    return [*said.splitlines(), f"{len(closed)} of {ROUNDS} rounds"]


def refusal_complaints():
    """What it cannot do it says, and with status 2."""
    bad = (["teardown", "--calls", "0"], ["teardown", "--way", "none"], ["nothing"], [],
           ["teardown", "--calls", "1048576"])
    return [f"{words}: {program([CALLS, *words])[0]}" for words in bad
            if program([CALLS, *words])[0] != 2]


def report(sentence, complaints):
    print(f"{'not ok' if complaints else 'ok'} - {sentence}", flush=True)
    for line in complaints:
        print(f"# {line}")
    return bool(complaints)


def main():
    plain = rows_of(mass.run_teardown, ["plain"])
    failed = report("it is noticed when a row of a variant is missing, or not all calls are closed",
                    [] if row_complaints("plain", dict(list(plain.items())[1:], calls_closed={})) and
                    setup_complaints({}) and plain_complaints({}) else ["it is not"])
    for name in mass.names():
        failed += report(f"all calls end and nothing is left, and rows tell of it: {name}",
                         variant_complaints(name))
    failed += report("bench/run teardown tells memory and the limit of bare C",
                     plain_complaints(plain))
    failed += report("bench/run setup tells what the next call costs",
                     setup_complaints(rows_of(mass.run_setup)))
    failed += report("calls can be set up and closed again and again, and nothing is left",
                     rounds_complaints())
    failed += report("the program refuses what it cannot do", refusal_complaints())
    return 1 if failed else 0


if __name__ == "__main__":
    print(f"1..{len(mass.names()) + 5}")
    sys.exit(main())
