# SPDX-License-Identifier: BSD-3-Clause
"""Instructions of one operation of each case of build/bench/count, by callgrind.

They are the same in every run, on a quiet machine and on a loaded one, so a test may hold them.
"""

import os
import pathlib
import re
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent
TIMEOUT_S = 1800  # no wait is without an end

# What the codec may execute for one message, by the beginning of a case's name.
LIMITS = {
    "q2931/decode/release": 300,
    "q2931/encode/release": 300,
    "q2931/encode/own_release": 300,
    "q2931/decode/setup_all_ies": 3000,  # 16 elements
    "q2931/encode/setup_all_ies": 1600,
}

TOTALS = re.compile(r"^totals: (\d+)$", re.MULTILINE)


def parts(directory):
    """What was executed between two entries of bench_next(), in order."""
    found = sorted(directory.glob("part.*"), key=lambda p: int(p.suffix[1:]))
    return [int(TOTALS.search(p.read_text()).group(1)) for p in found]


def operations(cases, counts):
    """(name, instructions) of each case: its last batch is what ends as it is left.

    A case that entered bench_next() n times has n parts: what came before the first batch, and
    its n - 1 batches.
    """
    at = 0
    for line in cases.splitlines():
        name, n, n_entered = line.split("\t")
        at += int(n_entered)
        yield name, counts[at - 1] / int(n)


def limit(name):
    """The limit of a case, or None."""
    return next((n for start, n in LIMITS.items() if name.startswith(start)), None)


def count(program, *names):
    """Instructions by name of case, for the cases whose names begin so; all without one."""
    env = os.environ | {"CALLPLANE_VECTORS": str(SOURCE / "tests" / "vectors")}
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/part",
             "--dump-before=bench_next", str(program), *names],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_S, env=env,
            check=False)
        if done.returncode != 0:
            raise RuntimeError((done.stderr.strip() or "valgrind failed").splitlines()[-1])
        return dict(operations(done.stdout, parts(pathlib.Path(directory))))
