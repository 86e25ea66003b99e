#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the end of a call may cost both its ends, in instructions, workers included.

callgrind counts the same in every run, so these are no timed assertions. The check is tried on bad
counts first.
"""

import os
import pathlib
import shutil
import sys

SOURCE = pathlib.Path(os.environ.get("CALLPLANE_SOURCE",
                                     pathlib.Path(__file__).resolve().parent.parent.parent))
BUILD = pathlib.Path(os.environ.get("CALLPLANE_BUILD", SOURCE / "build"))
sys.path.insert(0, str(SOURCE / "bench"))
import rooms  # noqa: E402

FEW, MANY = 4000, 16000

# The sentence, how calls end, and the most that one may cost.
CASES = [
    ("a close costs at most so many instructions, embedded, and the same among more calls",
     (), 10000),
    ("a close costs at most so many instructions, stand-alone, and the same among more calls",
     ("--standalone",), 12000),
    ("a RESTART costs at most so many instructions a call, and the same among more calls",
     ("--way", "restart"), 6000),
]


def complaints(few, many, most):
    """@p few, @p many: instructions of a call among so many."""
    found = [f"{n:.0f} instructions, more than {most}" for n in (few, many) if n > most]
    if many > 1.02 * few:
        found.append(f"{few:.0f} among {FEW} calls, {many:.0f} among {MANY}")
    return found


def main():
    failed = 0
    print(f"1..{2 * len(CASES)}")
    missing = shutil.which("valgrind") is None
    for sentence, options, most in CASES:
        lets_through = [bad for bad in ((most + 1, most), (most / 2, most)) if not complaints(*bad, most)]
        failed += bool(lets_through)
        print(f"{'not ok' if lets_through else 'ok'} - it is noticed when not: {sentence}")
        if missing:
            print(f"ok - {sentence} # SKIP no valgrind; mend: apt-get install valgrind")
            continue
        counts = [sum(rooms.count(BUILD / "bench" / "calls", n, *options).values())
                  for n in (FEW, MANY)]
        found = complaints(*counts, most)
        failed += bool(found)
        print(f"{'not ok' if found else 'ok'} - {sentence}")
        for line in found:
            print(f"# {line}")
        print(f"# {counts[0]:.0f} among {FEW}, {counts[1]:.0f} among {MANY}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
