# SPDX-License-Identifier: BSD-3-Clause
"""Whether a mass close disturbs the calls that stay: what build/bench/disturb measures, in rows."""

import math
import statistics
import sys
import tempfile

CALLS = 200000  # a close of a second is seldom left alone by the host of a virtual machine
FEWER_CALLS = 100000  # where so many find no room
RUNS = 5
BULK_WINDOW = 48  # of the transport's 128 (SIG-80)
BINS_PER_OCTAVE = 4  # of the picture of gaps
# What must be reached; of ratios the quiet windows are what is compared with.
TARGETS = {
    "throughput_ratio": (0.99, "target 0.99"),
    "burst_us_p9999_ratio": (1.05, "target 1.05"),
    "worker_gap_us_max_ratio": (1, "target 1"),
    "setup_us_p50_ratio": (10, "target 10"),
    "setup_us_p99_ratio": (10, "target 10"),
    "keepalive_late_us_max_closing": (1000, "1 ms, the step of its timers"),
}


def wanted_mb(calls):
    return 640 + calls * 1500 * 2 // 2**20


def add_options(parser):
    parser.add_argument("--keep", action="store_true",
                        help="disturb: rounds that the machine disturbed count too")
    parser.add_argument("--bulk-window", type=int, default=BULK_WINDOW, metavar="N",
                        help=f"disturb: closes wait while so many messages are out [{BULK_WINDOW}]")


def calls_that_fit(calls, free_mb):
    if calls <= FEWER_CALLS or free_mb >= wanted_mb(calls):
        return calls
    print(f"bench: {calls} calls want {wanted_mb(calls)} MiB of hugepages, free are {free_mb}: "
          f"{FEWER_CALLS} calls; mend: run it as root, or dpdk-hugepages.py --setup 4G",
          file=sys.stderr)
    return FEWER_CALLS


def command(program, args, calls, series):
    made = [program, "--calls", calls, "--rounds", args.runs or RUNS,
            "--bulk-window", args.bulk_window, "--series", series]
    if args.seconds:
        made += ["--seconds", args.seconds]
    return made + (["--keep"] if args.keep else [])


def run(rows, args, program, run_program, free_mb):
    calls = calls_that_fit(args.calls, free_mb)
    with tempfile.NamedTemporaryFile(mode="r", suffix=".tsv") as series:
        rows.add_lines(run_program(command(program, args, calls, series.name)))
        rows.series = read_series(series)
    for name, (target, peer) in TARGETS.items():
        if name in rows.values:
            rows.compare(name, peer, rows.median(name) / target)
    return {"calls": calls, "runs": args.runs or RUNS, "kept_disturbed": args.keep,
            "bulk_window": args.bulk_window,
            "call_manager": "embedded", "frame": 64, "traffic": "a tenth of the calls, both ways",
            "processes": "both ends in one, on one control core and one worker core"}


# ---- Series, for the picture. ----


def bin_of(us):
    return math.floor(math.log2(us) * BINS_PER_OCTAVE)


def read_series(lines):
    """Samples of the last round; gaps of all rounds, quiet ones as if there were one window."""
    samples, gaps = {}, {"quiet": {}, "closing": {}}
    for line in lines:
        kind, number, window, *rest = line.split()
        if kind == "sample":
            seconds, left, received = rest
            samples.setdefault(int(number), {}).setdefault(window, []).append(
                [float(seconds), int(left), int(received)])
            continue
        share = 1 if window == "closing" else 0.5
        of = gaps["closing" if window == "closing" else "quiet"]
        us = bin_of(float(rest[0]))
        of[us] = of.get(us, 0) + int(rest[1]) * share
    return {"samples": samples[max(samples)],
            "gaps": {w: {2 ** (b / BINS_PER_OCTAVE): n for b, n in sorted(of.items())}
                     for w, of in gaps.items()}}


def over_time(samples):
    """Seconds since the close began, calls left, millions of frames a second since the one before."""
    begin = -samples["before"][-1][0]
    times, left, mpps = [], [], []
    for window in ("before", "closing", "after"):
        start = {"before": begin, "closing": 0, "after": samples["closing"][-1][0]}[window]
        for (was, _, had), (seconds, calls, received) in zip(samples[window], samples[window][1:]):
            times.append(start + seconds)
            left.append(calls)
            mpps.append((received - had) / (seconds - was) / 1e6)
    return times, left, mpps


def plot_time(axes, series):
    times, left, mpps = over_time(series["samples"])
    end = series["samples"]["closing"][-1][0]
    axes.axvspan(0, end, color="0.93")
    axes.plot(times, left, color="tab:blue", label="calls")
    axes.set_ylim(0)
    axes.set_xlabel("seconds since the close began")
    axes.set_ylabel("calls", color="tab:blue")
    right = axes.twinx()
    right.plot(times, mpps, color="tab:orange", label="frames of the calls that stay")
    right.set_ylim(0, 1.3 * statistics.median(mpps))
    right.set_ylabel("million frames a second", color="tab:orange")
    axes.set_title("calls, and the traffic of those that stay")


def plot_gaps(axes, gaps):
    for window, colour in (("quiet", "tab:green"), ("closing", "tab:red")):
        axes.step([float(us) for us in gaps[window]], list(gaps[window].values()), where="post",
                  color=colour, label=window)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("us from one quiescent state of the worker to the next")
    axes.set_ylabel("turns in windows as long")
    axes.legend()
    axes.set_title("gaps of the worker")


def plot(result, path):
    import matplotlib  # only when a picture is wanted
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (time, gaps) = pyplot.subplots(2, figsize=(9, 8))
    plot_time(time, result["series"])
    plot_gaps(gaps, result["series"]["gaps"])
    figure.tight_layout()
    figure.savefig(path, dpi=100)
