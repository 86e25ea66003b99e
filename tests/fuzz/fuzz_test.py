#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Each fuzz target: its corpus once more, then a short search with a fixed seed.

CALLPLANE_FUZZ_RUNS=N makes the searches longer, CALLPLANE_FUZZ_TARGETS="uni sscop" fewer. An input
that breaks something is kept in build-fuzz/artifacts; the target alone, with that file as its
argument, shows it again.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("CALLPLANE_SOURCE",
                                     pathlib.Path(__file__).resolve().parent.parent.parent))
BUILD = pathlib.Path(os.environ.get("CALLPLANE_BUILD", SOURCE / "build-fuzz"))
CORPUS = SOURCE / "tests" / "fuzz" / "corpus"
ARTIFACTS = BUILD / "artifacts"
SLOWEST = 50  # executions a second; no wait is without an end

# Executions of the short search, and octets of the longest input.
TARGETS = {
    "q2931": (150000, 4300),
    "sscop": (40000, 256),
    "uni": (40000, 300),
    "frame": (150000, 700),
}
DONE = re.compile(r"#(\d+)\s+DONE\s+cov: (\d+) ft: (\d+)")
REPLAYED = re.compile(r"Executed .* in \d+ ms")


class Tap:
    def __init__(self):
        self.n = 0
        self.failed = False

    def case(self, good, name, why=""):
        self.n += 1
        self.failed |= not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {name}")
        for line in why.splitlines():
            print(f"# {line}")
        sys.stdout.flush()


def run(target, arguments, n):
    """The last lines are what matters: a stack, and where the input was put."""
    prefix = f"-artifact_prefix={ARTIFACTS}/{target}-"
    command = [str(BUILD / "tests" / "fuzz" / f"{target}_fuzz"), prefix, *arguments]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=120 + n / SLOWEST)
    except subprocess.TimeoutExpired:
        return False, f"{target}: no end after {120 + n / SLOWEST:.0f} s"
    return done.returncode == 0, done.stdout


def replay(tap, target):
    files = sorted(str(p) for p in (CORPUS / target).iterdir())
    good, out = run(target, files, len(files))
    n = len(REPLAYED.findall(out))
    good = good and n == len(files)
    tap.case(good, f"{target}: its corpus of {len(files)} inputs has no finding",
             "" if good else out[-4000:])


def search(tap, target, n_runs, max_len):
    with tempfile.TemporaryDirectory() as found:
        good, out = run(target, [f"-runs={n_runs}", f"-max_len={max_len}", "-seed=1",
                                 "-entropic=0", found, str(CORPUS / target)], n_runs)
    done = DONE.search(out)
    tap.case(good and done is not None, f"{target}: {n_runs} executions have no finding",
             "" if good and done else out[-4000:])
    if done:
        print(f"#: {target}: {done.group(1)} executions, {done.group(2)} edges, "
              f"{done.group(3)} features", flush=True)


def main():
    ARTIFACTS.mkdir(exist_ok=True)
    wanted = os.environ.get("CALLPLANE_FUZZ_TARGETS", " ".join(TARGETS)).split()
    tap = Tap()
    for target in wanted:
        n_runs, max_len = TARGETS[target]
        replay(tap, target)
        search(tap, target, int(os.environ.get("CALLPLANE_FUZZ_RUNS", n_runs)), max_len)
    print(f"1..{tap.n}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
