#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a labelled frame may cost a worker, in instructions, and what bench/run forward tells of it.

callgrind counts the same in every run, so these are no timed assertions. The bench runs here with
small tables, and with someone in testpmd's place who always says the same.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(os.environ.get("CALLPLANE_SOURCE",
                                     pathlib.Path(__file__).resolve().parent.parent.parent))
BUILD = pathlib.Path(os.environ.get("CALLPLANE_BUILD", SOURCE / "build"))
sys.path.insert(0, str(SOURCE / "bench"))
os.environ["BENCH_WITHOUT_HUGEPAGES"] = "1"
import beside  # noqa: E402
import run  # noqa: E402

FORWARD = BUILD / "bench" / "forward"
FRAMES = 102400
A_FRAME = 150  # receive and send included
A_METER = 50
TOTAL = re.compile(r"Collected : (\d+)")
# What each kind of frame that does not go on is counted as.
REASONS = {"good": "-", "runt": "runt", "giant": "mtu", "no_bottom": "label-stack",
           "label_stack": "label-stack", "reserved_label": "reserved-label", "ttl_0": "ttl",
           "ttl_1": "ttl", "ethertype": "not-mpls", "vlan": "-", "vlan_ethertype": "not-mpls",
           "unknown_label": "no-circuit"}
SMALL = {"1": 1, "1k": 1024, "64k": 2048, "256k": 3072, "1M": 4096}


class Peer:
    """In testpmd's place."""

    def windows(self, mode, seconds, burst=None):
        return [{"io": 2.0, "mac": 14.0}[mode]] * 3


def instructions(case):
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--toggle-collect=dp_worker_turn",
         "--callgrind-out-file=/dev/null", FORWARD, case, str(FRAMES)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=600, check=False)
    m = TOTAL.search(done.stderr)
    if done.returncode != 0 or m is None:
        raise RuntimeError((done.stderr.strip() or "valgrind failed").splitlines()[-1])
    return int(m.group(1)) / FRAMES


def cost_complaints(small, large, metered):
    complaints = []
    if small > A_FRAME:
        complaints.append(f"a frame takes {small:.0f} instructions, more than {A_FRAME}")
    if metered - small > A_METER:
        complaints.append(f"its meter takes {metered - small:.0f}, more than {A_METER}")
    if large > 1.01 * small:
        complaints.append(f"{small:.1f} among 1,024 circuits, {large:.1f} among 16,384")
    return complaints


def reason_complaints(reasons):
    return [f"{kind}: {reasons.get(kind)}, not {reason}" for kind, reason in REASONS.items()
            if reasons.get(kind) != reason]


def wanted_rows():
    names = [f"testpmd_{m}_cycles_per_frame" for m in ("mac", "io")] + ["bare_cycles_per_frame"]
    for name in [prefix + size for prefix in ("", "metered_") for size in run.SIZES]:
        names += [f"{what}_{name}" for what in ("cycles_per_frame", "own_cycles_per_frame", "mpps",
                                                "ratio_to_testpmd", "ratio_to_io")]
    names += [f"cycles_per_frame_bad_{kind}" for kind in REASONS if kind != "good"]
    return names + ["cycles_per_frame_good", "cost_1M_to_1k", "cost_metered_1M_to_1k"]


def row_complaints(rows):
    found = {row["name"]: row for row in rows}
    complaints = [f"no row {name}" for name in wanted_rows() if name not in found]
    complaints += [f"{name}: {row['value']}" for name, row in found.items() if row["value"] <= 0]
    return complaints + [f"{name} stands beside nothing" for name, row in found.items()
                         if name.startswith("ratio_") and "peer" not in row]


def rows_of_a_round():
    run.SIZES = SMALL
    ours, rows = beside.Ours(BUILD / "bench"), run.Rows()
    try:
        run.forward_round(rows, ours, Peer(), list(REASONS), 0.001)
    finally:
        ours.close()
    run.compare_forwarding(rows, list(REASONS), ours.tsc_mhz)
    return list(rows.rows())


def main():
    rows = rows_of_a_round()
    reasons = {row["name"].removeprefix("cycles_per_frame_").removeprefix("bad_"): row["reason"]
               for row in rows if "reason" in row}
    checks = [
        ("each kind of bad frame is counted, all of it and by its reason", reason_complaints,
         (reasons,), ({**REASONS, "runt": "-"},)),
        ("bench/run forward tells of every table size, meters and kinds, beside its peer",
         row_complaints, (rows,), (rows[1:],)),
    ]
    sentence = "a frame costs the same few instructions among many circuits, and its meter few more"
    if shutil.which("valgrind") is not None:
        counts = [instructions(c) for c in ("plain/1024", "plain/16384", "metered/1024")]
        checks.append((sentence, cost_complaints, counts, (100, 102, 201)))
    print(f"1..{2 * len(checks) + (len(checks) == 2)}")
    failed = 0
    for name, check, good, bad in checks:
        noticed, complaints = bool(check(*bad)), check(*good)
        failed += (not noticed) + bool(complaints)
        print(f"{'ok' if noticed else 'not ok'} - it is noticed when not: {name}")
        print(f"{'not ok' if complaints else 'ok'} - {name}")
        for line in complaints:
            print(f"# {line}")
    if len(checks) == 2:
        print(f"ok - {sentence} # SKIP no valgrind; mend: apt-get install valgrind")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
