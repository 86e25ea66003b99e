#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a message, a timer and the search for a call may cost, in instructions.

callgrind counts the same in every run, so these are no timed assertions. Each check is a function
from counts by case to complaints, and is tried on bad counts first.
"""

import os
import pathlib
import shutil
import sys

SOURCE = pathlib.Path(os.environ.get("CALLPLANE_SOURCE",
                                     pathlib.Path(__file__).resolve().parent.parent.parent))
BUILD = pathlib.Path(os.environ.get("CALLPLANE_BUILD", SOURCE / "build"))
sys.path.insert(0, str(SOURCE / "bench"))
import callgrind  # noqa: E402

SIZES = (1024, 65536, 1000000)
A_TIMER = 250  # start and stop, or start and fire, the loop around them included
A_TURN = 200


def over_limit(counts):
    """Codec: the limits that bench/run codec tells too."""
    complaints = [f"no case for {start}" for start in callgrind.LIMITS
                  if not any(name.startswith(start) for name in counts)]
    for name, n in counts.items():
        limit = callgrind.limit(name)
        if limit is not None and n >= limit:
            complaints.append(f"{name}: {n:.0f} instructions, not below {limit}")
    return complaints


def grows(counts, name, most):
    """The same at every size of the table, within one of a hundred, and at most so many."""
    at = [counts[f"{name}/{size}"] for size in SIZES]
    complaints = [f"{name}: {n:.0f} instructions, more than {most}" for n in at if n > most]
    if max(at) > 1.01 * min(at):
        complaints.append(f"{name}: {', '.join(f'{n:.0f}' for n in at)} instructions at "
                          f"{', '.join(str(s) for s in SIZES)}")
    return complaints


def sized(name, *counts):
    return {f"{name}/{size}": n for size, n in zip(SIZES, counts)}


# The sentence, the check, the counts it looks at, and counts that it must not let through.
CHECKS = [
    ("a RELEASE is decoded or encoded in less than 300 instructions, a SETUP within its bound",
     over_limit, ("q2931/",),
     [dict.fromkeys(callgrind.LIMITS, 300), {}]),
    ("a call is found by its reference in the same few instructions among a million",
     lambda c: grows(c, "call/find", 40), ("call/find",),
     [sized("call/find", 20, 20, 30), sized("call/find", 50, 50, 50)]),
    ("a timer starts and stops in the same instructions among a million",
     lambda c: grows(c, "wheel/stop+start", A_TIMER), ("wheel/stop+start",),
     [sized("wheel/stop+start", 100, 110, 120)]),
    ("a million timers that are not due cost a turn nothing",
     lambda c: grows(c, "wheel/turn", A_TURN), ("wheel/turn",),
     [sized("wheel/turn", 100, 100, 1000)]),
    ("a timer that is due costs the same among a million that are not",
     lambda c: grows(c, "wheel/start+fire", A_TIMER), ("wheel/start+fire",),
     [sized("wheel/start+fire", 100, 100, 1000)]),
]


def main():
    failed = 0
    print(f"1..{2 * len(CHECKS)}")
    missing = shutil.which("valgrind") is None
    for sentence, check, names, bad in CHECKS:
        lets_through = [b for b in bad if not check(b)]
        failed += bool(lets_through)
        print(f"{'not ok' if lets_through else 'ok'} - it is noticed when not: {sentence}")
        if missing:
            print(f"ok - {sentence} # SKIP no valgrind; mend: apt-get install valgrind")
            continue
        counts = callgrind.count(BUILD / "bench" / "count", *names)
        complaints = check(counts)
        failed += bool(complaints)
        print(f"{'not ok' if complaints else 'ok'} - {sentence}")
        for line in complaints:
            print(f"# {line}")
        for name, n in counts.items():
            print(f"# {name} {n:.1f}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
