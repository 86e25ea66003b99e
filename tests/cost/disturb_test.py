#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What bench/run disturb tells: of few calls, so nothing here takes time as a measure."""

import argparse
import os
import pathlib
import sys

SOURCE = pathlib.Path(os.environ.get("CALLPLANE_SOURCE",
                                     pathlib.Path(__file__).resolve().parent.parent.parent))
BUILD = pathlib.Path(os.environ.get("CALLPLANE_BUILD", SOURCE / "build"))
sys.path.insert(0, str(SOURCE / "bench"))
os.environ["BENCH_WITHOUT_HUGEPAGES"] = "1"
import disturb  # noqa: E402
import run  # noqa: E402

CALLS = 2000
ROUNDS = 1
BESIDE = ("burst_us_p50", "burst_us_p9999", "worker_gap_us_p9999", "worker_gap_us_max",
          "setup_us_p50", "setup_us_p99", "keepalive_late_us_max", "control_turn_us_max")
WANTED = ["calls_closed", "closing_seconds", "no_loss_fps", "offered_fps", "lost_frames",
          "lost_frames_quiet", "blocked_us", "throughput_ratio", "rejected_runs",
          "polls_quiet", "polls_closing", "worker_run_delay_us_quiet",
          "worker_run_delay_us_closing", "burst_us_p9999_ratio_of_quiet"]
WANTED += [f"{name}_{which}" for name in BESIDE for which in ("quiet", "closing", "ratio")]


def told():
    rows = run.Rows()
    args = argparse.Namespace(calls=CALLS, runs=ROUNDS, seconds=None, keep=True,
                              bulk_window=disturb.BULK_WINDOW)
    run.run_disturb(rows, args)
    return rows


def row_complaints(rows):
    found = {row["name"]: row for row in rows}
    complaints = [f"no row {name}" for name in WANTED if name not in found]
    return complaints + [f"{name} stands beside nothing" for name in disturb.TARGETS
                         if name in found and "peer" not in found[name]]


def account_complaints(offered, received, lost):
    """Numbers that are missing are counted at the sink, frames at both ends."""
    complaints = [] if len(offered) == ROUNDS else [f"{len(offered)} rounds"]
    complaints += [f"{o:.0f} sent, {r:.0f} received, {n:.0f} lost"
                   for o, r, n in zip(offered, received, lost) if o != r + n]
    return complaints + ["nothing was received"] * (min(received) == 0)


def order_complaints(reordered, strange):
    return [f"{n:.0f} frames out of order" for n in reordered if n != 0] + [
        f"{n:.0f} frames of another call" for n in strange if n != 0]


def close_complaints(closed, series):
    """All but the tenth that stays, and new calls of the window before."""
    complaints = [f"{n:.0f} calls closed" for n in closed if n < CALLS - CALLS / 10]
    left = [sample[1] for sample in series["samples"]["closing"]]
    if len(left) < 2 or left[-1] >= left[0]:
        complaints.append("calls do not become fewer while they are closed")
    return complaints


def main():
    rows = told()
    listed = list(rows.rows())
    frames = [rows.values[f"{what}_frames"][1]
              for what in ("offered", "received", "lost", "reordered", "strange")]
    closed = rows.values["calls_closed"][1]
    risen = {"samples": {"closing": [[0, 1, 0], [1, 2, 0]]}}
    checks = [
        ("bench/run disturb tells of quiet and of closing, side by side", row_complaints,
         (listed,), (listed[1:],)),
        ("each frame is received or lost", account_complaints, frames[:3],
         (frames[0], frames[1], [n + 1 for n in frames[2]])),
        ("frames of calls that stay keep their order, and their call, while others close",
         order_complaints, frames[3:], ([1], [0])),
        ("all calls but those that stay are closed in each round", close_complaints,
         (closed, rows.series), (closed, risen)),
    ]
    print(f"1..{2 * len(checks)}")
    failed = 0
    for name, check, good, bad in checks:
        noticed, complaints = bool(check(*bad)), check(*good)
        failed += (not noticed) + bool(complaints)
        print(f"{'ok' if noticed else 'not ok'} - it is noticed when not: {name}")
        print(f"{'not ok' if complaints else 'ok'} - {name}")
        for line in complaints:
            print(f"# {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
