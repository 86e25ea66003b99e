#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run a bench several times, and tell the medians: a table, JSON, a plot."""

import argparse
import contextlib
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import callgrind
from pktgen import load

SOURCE = pathlib.Path(__file__).resolve().parent.parent
BUILD = SOURCE / "build" / "bench"
HUGEPAGE_MB = 2
NR_HUGEPAGES = pathlib.Path("/proc/sys/vm/nr_hugepages")
ENVIRONMENT = os.environ | {"CALLPLANE_VECTORS": str(SOURCE / "tests" / "vectors")}
TIMEOUT_S = 1800  # of one program; no wait is without an end

CALLS = 100000
SIZES = ("1k", "64k", "1M")
# Of control-core time at each end: what the appliance must reach.
TARGET_TEARDOWN_NS = 250
TARGET_SETUP_PER_S = 500000
# Of the codec, a message; by the beginning of a case's name.
LIMITS_NS = {
    "q2931/decode/release": 50,
    "q2931/encode/release": 50,
    "q2931/encode/own_release": 50,
    "q2931/decode/setup": 400,
    "q2931/encode/setup": 400,
}


class Failed(Exception):
    """One line for the user: what is wrong, and what mends it."""


# ---- The machine. ----


def meminfo(key):
    m = re.search(rf"^{key}:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.M)
    return int(m.group(1)) if m else 0


@contextlib.contextmanager
def hugepages(wanted_mb):
    """Enough free hugepages if we may; as many as before when it is over."""
    before = meminfo("HugePages_Total")
    missing = wanted_mb // HUGEPAGE_MB - meminfo("HugePages_Free")
    try:
        if missing > 0 and os.access(NR_HUGEPAGES, os.W_OK):
            NR_HUGEPAGES.write_text(str(before + missing))
        yield meminfo("HugePages_Free") * HUGEPAGE_MB >= wanted_mb
    finally:
        if missing > 0 and os.access(NR_HUGEPAGES, os.W_OK):
            NR_HUGEPAGES.write_text(str(before))


@contextlib.contextmanager
def come_first():
    """Before other sessions' processes on the same cores, where the kernel groups by session."""
    group = pathlib.Path("/proc/self/autogroup")
    before = None
    with contextlib.suppress(OSError):
        before = group.read_text().split()[-1]
        group.write_text("-19")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if before is not None:
                group.write_text(before)


def machine():
    cpu = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    dpdk = subprocess.run(["pkg-config", "--modversion", "libdpdk"], stdout=subprocess.PIPE,
                          text=True, check=False).stdout.strip()
    return {"cores": len(os.sched_getaffinity(0)), "cpu": cpu.group(1) if cpu else "unknown",
            "dpdk": dpdk, "load_average": os.getloadavg()[0]}


def run_program(command, stdin=None):
    try:
        done = subprocess.run([str(c) for c in command], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_S, env=ENVIRONMENT,
                              check=False)
    except subprocess.TimeoutExpired:
        raise Failed(f"{command[0]} does not end; mend: fewer --calls") from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise Failed(f"{pathlib.Path(command[0]).name}: {said[-1] if said else 'it failed'}")
    return done.stdout


# ---- Results: rows by name, the median of all runs. ----


class Rows:
    def __init__(self):
        self.values = {}
        self.more = {}

    def add(self, name, value, unit):
        self.values.setdefault(name, (unit, []))[1].append(value)

    def add_lines(self, text):
        """Name, value and unit between tabs, a line each."""
        for line in text.splitlines():
            name, value, unit = line.split("\t")
            self.add(name, float(value), unit)

    def median(self, name):
        return statistics.median(self.values[name][1])

    def compare(self, name, peer, ratio):
        self.more.setdefault(name, {}).update(peer=peer, ratio=ratio)

    def rows(self):
        for name, (unit, values) in self.values.items():
            row = {"name": name, "value": statistics.median(values), "unit": unit}
            if len(values) > 1:
                row.update(min=min(values), max=max(values), runs=len(values))
            row.update(self.more.get(name, {}))
            yield row


# ---- The benches. Each fills rows, and says what it was run with. ----


def run_cases(rows, args, chosen="."):
    """The cases of build/bench/micro whose names match."""
    runs = args.runs or 5
    seconds = args.seconds or 1
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        run_program([BUILD / "micro", f"--benchmark_filter={chosen}",
                     f"--benchmark_min_time={seconds / runs}",
                     f"--benchmark_repetitions={runs}", "--benchmark_out_format=json",
                     f"--benchmark_out={out.name}"])
        found = json.load(out)["benchmarks"]
    octets = {}
    for b in found:
        if b["run_type"] != "iteration":
            continue
        name = b["run_name"].removesuffix("/manual_time").removesuffix("/1024" * (
            not b["run_name"].startswith(SIZED)))
        if b.get("error_occurred"):
            print(f"bench: {name}: {b['error_message']}", file=sys.stderr)
            continue
        rows.add(name, b["per_call"] * 1e9, "ns")
        octets[name] = b.get("octets")
    for name, n in octets.items():
        if n:
            rows.more.setdefault(name, {})["octets"] = n
    return {"seconds": seconds, "runs": runs}


def run_micro(rows, args):
    parameters = run_cases(rows, args)
    for name in [n for n in rows.values if n.startswith("forward/swap/")]:
        rows.compare(name, "forward/bare/1024", rows.median(name) / rows.median("forward/bare/1024"))
    return parameters


def compare_with_limit(rows, name, limit, unit):
    if limit is not None and name in rows.values:
        rows.compare(name, f"limit {limit} {unit}", rows.median(name) / limit)


def run_codec(rows, args):
    """Time and instructions of what one message costs control, side by side."""
    timed, counted = Rows(), Rows()
    parameters = run_cases(timed, args, "^(q2931|sscop|wheel|call)/")
    try:
        for name, n in callgrind.count(BUILD / "count").items():
            counted.add(name, n, "instructions")
    except RuntimeError as e:
        raise Failed(f"count: {e}; mend: run build/bench/count by hand to see why") from None
    for name, (unit, values) in timed.values.items():
        for value in values:
            rows.add(name, value, unit)
        rows.more.update({name: timed.more[name]} if name in timed.more else {})
        if name in counted.values:
            rows.add(f"{name}/instructions", counted.median(name), "instr")
        compare_with_limit(rows, f"{name}/instructions", callgrind.limit(name), "instructions")
        compare_with_limit(rows, name, next((n for start, n in LIMITS_NS.items()
                                             if name.startswith(start)), None), "ns")
    return parameters


# Cases whose last part is the size of a table, or a bulk, not of a batch.
SIZED = ("wheel/", "idset/", "call/", "condis/", "circuit/", "forward/", "ring/hop/")


def run_calls(rows, args, name, runs):
    command = [BUILD / "calls", name, "--calls", args.calls]
    if args.seconds:
        command += ["--seconds", args.seconds]
    variants = {"": []}
    if name == "teardown":
        variants["shuffled_"] = ["--shuffle"]
    for _ in range(runs):
        for prefix, options in variants.items():
            text = run_program(command + options)
            if prefix:
                lines = [prefix + x for x in text.splitlines() if x.startswith("control_ns_")]
                text = "\n".join(lines)
            rows.add_lines(text)
    return {"calls": args.calls, "runs": runs, "call_manager": "embedded",
            "processes": "both ends in one, on one control core"}


def run_setup(rows, args):
    parameters = run_calls(rows, args, "setup", args.runs or 3)
    rows.compare("calls_per_second", f"target {TARGET_SETUP_PER_S}",
                 rows.median("calls_per_second") / TARGET_SETUP_PER_S)
    return parameters


def run_teardown(rows, args):
    parameters = run_calls(rows, args, "teardown", args.runs or 3)
    for prefix in ("", "shuffled_"):
        for end in ("near", "far"):
            name = f"{prefix}control_ns_per_call_{end}"
            rows.compare(name, f"target {TARGET_TEARDOWN_NS} ns",
                         rows.median(name) / TARGET_TEARDOWN_NS)
    return parameters


def testpmd_cycles(seconds, has_hugepages):
    """testpmd on the core that ours runs on, frames going round through a ring port."""
    cores = sorted(os.sched_getaffinity(0))
    memory = ["--in-memory"] if has_hugepages else ["--no-huge", "-m", "512", "--no-shconf"]
    command = ["dpdk-testpmd", "--lcores", f"0@{cores[-1]},1@{cores[0]}", *memory, "--no-pci",
               "--no-telemetry", "--file-prefix", f"bench-{os.getpid()}", "--vdev", "net_ring0",
               "--", "-i", "--forward-mode=mac", "--no-flush-rx", "--port-topology=loop",
               "--burst=32", "--nb-cores=1", "--total-num-mbufs=8192"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as p:
        p.stdin.write("set record-core-cycles on\nstart tx_first 32\n")
        p.stdin.flush()
        time.sleep(seconds + 1)  # it starts meanwhile
        try:
            text, _ = p.communicate("stop\nquit\n", timeout=60)
        except subprocess.TimeoutExpired:
            p.kill()
            raise Failed("dpdk-testpmd does not end; mend: run it by hand to see why") from None
    m = re.search(r"CPU cycles/packet=([\d.]+)", text)
    if m is None:
        raise Failed("dpdk-testpmd told no cycles; mend: run it by hand to see why")
    return float(m.group(1))


def run_forward(rows, args):
    runs = args.runs or 3
    seconds = args.seconds or 2
    with_hugepages = meminfo("HugePages_Free") > 0
    for _ in range(runs):
        rows.add("testpmd_mac_cycles_per_frame", testpmd_cycles(seconds, with_hugepages), "cycles")
        rows.add_lines(run_program([BUILD / "forward", seconds]))
    peer = rows.median("testpmd_mac_cycles_per_frame")
    for size in SIZES:
        ours = rows.median(f"mean_cycles_per_frame_{size}")
        rows.add(f"ratio_to_testpmd_{size}", peer / ours, "")
        rows.compare(f"ratio_to_testpmd_{size}", "testpmd mac, net_ring", peer / ours)
        bare = rows.median(f"bare_cycles_per_frame_{size}")
        median = rows.median(f"cycles_per_frame_{size}")
        rows.compare(f"cycles_per_frame_{size}", "bare receive and send", median / bare)
    rows.add("cost_1M_to_1k", rows.median("cycles_per_frame_1M") / rows.median("cycles_per_frame_1k"),
             "")
    return {"seconds": seconds, "runs": runs, "frame": 64, "ports": "net_ring", "burst": 32}


def run_pktgen(rows, args):
    try:
        return load.run(rows, args, meminfo("HugePages_Free") > 0)
    except load.Failed as e:
        raise Failed(str(e)) from None


BENCHES = {"micro": run_micro, "codec": run_codec, "setup": run_setup, "teardown": run_teardown,
           "forward": run_forward, "pktgen": run_pktgen}


def wanted_mb(args):
    if args.name in ("setup", "teardown"):
        return 512 + args.calls * 1300 * 2 // 2**20
    if args.name == "pktgen":
        return load.wanted_mb(args.calls)
    return 2048


# ---- Telling. ----


def print_table(result):
    print(f"{result['bench']}: {result['machine']['cpu']}, {result['machine']['cores']} cores, "
          f"DPDK {result['machine']['dpdk']}")
    print("  " + ", ".join(f"{k} {v}" for k, v in result["parameters"].items()))
    width = max(len(r["name"]) for r in result["results"])
    for r in result["results"]:
        spread = f"{r['min']:.5g} .. {r['max']:.5g}" if "min" in r else ""
        ratio = f"{r['ratio']:.3g} x {r['peer']}" if "ratio" in r else ""
        print(f"  {r['name']:{width}}  {r['value']:>10.5g} {r['unit']:8} {spread:24} {ratio}".rstrip())


def bars(result):
    """What is worth a picture: labels and values, and the unit."""
    values = {r["name"]: r["value"] for r in result["results"]}
    if result["bench"] == "forward":
        picked = {"testpmd mac": values["testpmd_mac_cycles_per_frame"]}
        picked.update({f"{s} circuits": values[f"cycles_per_frame_{s}"] for s in SIZES})
        return picked, "cycles a frame"
    if result["bench"] in ("micro", "codec"):
        return ({r["name"]: r["value"] for r in result["results"] if r["unit"] == "ns"},
                "ns an operation")
    parts = {n.removeprefix("control_ns_per_call_").replace("_", " "): v
             for n, v in values.items() if n.startswith("control_ns_per_call_") and v >= 1}
    return parts, "control-core ns a call"


def plot(result, path):
    import matplotlib  # only when a picture is wanted
    matplotlib.use("Agg")
    from matplotlib import pyplot

    if result["bench"] == "pktgen":
        load.plot(result, path)
        return
    values, unit = bars(result)
    figure, axes = pyplot.subplots(figsize=(9, 1 + 0.28 * len(values)))
    drawn = axes.barh(list(values), list(values.values()))
    axes.bar_label(drawn, fmt="%.3g", padding=3)
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.set_title(result["bench"])
    if result["bench"] in ("micro", "codec"):
        axes.set_xscale("log")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def parse():
    parser = argparse.ArgumentParser(prog="bench/run", description="What is measured, and against "
                                     "what: bench/README.md")
    parser.add_argument("name", choices=BENCHES, metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--calls", type=int, help=f"setup, teardown [{CALLS}], pktgen [{load.CALLS}]")
    parser.add_argument("--seconds", type=float, help="micro, codec: of each case [1]; forward: of each "
                        "table size [2]; setup, teardown: give up after so many [120]; "
                        "pktgen: of each trial [2]")
    parser.add_argument("--runs", type=int, help="of which the median is told [3, micro and codec 5, pktgen 1]")
    parser.add_argument("--json", metavar="FILE", help="the results in a file")
    parser.add_argument("--plot", metavar="FILE.png", help="a picture of them")
    parser.add_argument("--directory", default=".", help=argparse.SUPPRESS)
    load.add_options(parser)
    args = parser.parse_args()
    if args.calls is None:
        args.calls = load.CALLS if args.name == "pktgen" else CALLS
    if args.calls < 1 or (args.runs or 1) < 1 or (args.seconds or 1) <= 0:
        parser.error("numbers are above 0")
    return args


def main():
    args = parse()
    rows = Rows()
    with come_first(), hugepages(wanted_mb(args)) as enough:
        if not enough:
            print("bench: not enough hugepages: good to see it work, not for numbers; mend: run it "
                  "as root, or dpdk-hugepages.py --setup 4G", file=sys.stderr)
        parameters = BENCHES[args.name](rows, args)
    parameters["hugepages"] = enough
    result = {"bench": args.name, "machine": machine(), "parameters": parameters,
              "results": list(rows.rows())}
    print_table(result)
    where = pathlib.Path(args.directory)
    if args.json:
        (where / args.json).write_text(json.dumps(result, indent=1) + "\n")
    if args.plot:
        plot(result, where / args.plot)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as e:
        print(f"bench: {e}", file=sys.stderr)
        sys.exit(1)
