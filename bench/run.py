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

import beside
import callgrind
import disturb
import mass
import rooms
import shares
import tell
from peers import compare
from pktgen import load
from pktgen.process import group_nice

SOURCE = pathlib.Path(__file__).resolve().parent.parent
BUILD = SOURCE / "build" / "bench"
FIGURES_DIRECTORY = SOURCE / "bench" / "figures"
HUGEPAGE_MB = 2
NR_HUGEPAGES = pathlib.Path("/proc/sys/vm/nr_hugepages")
ENVIRONMENT = os.environ | {"CALLPLANE_VECTORS": str(SOURCE / "tests" / "vectors")}
TIMEOUT_S = 1800  # of one program; no wait is without an end

SIZES = {"1": 1, "1k": 1 << 10, "64k": 1 << 16, "256k": 1 << 18, "1M": 1 << 20}
COST_1M_TO_1K = 1.5  # at most
TARGET_OWN_SHARE = 50  # TSC cycles of look-up, swap and counters among a million circuits
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
    before = group_nice()
    with contextlib.suppress(OSError):
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
        self.series = {}  # by name, lists of numbers: what only a picture tells

    def add(self, name, value, unit):
        self.values.setdefault(name, (unit, []))[1].append(value)

    def add_all(self, name, values, unit):
        self.values.setdefault(name, (unit, []))[1].extend(values)

    def add_lines(self, text):
        """Name, value and unit between tabs, a line each."""
        for line in text.splitlines():
            name, value, unit = line.split("\t")
            self.add(name, float(value), unit)

    def median(self, name):
        return statistics.median(self.values[name][1])

    def least(self, name):
        return min(self.values[name][1])

    def compare(self, name, peer, ratio):
        self.more.setdefault(name, {}).update(peer=peer, ratio=ratio)

    def rows(self):
        for name, (unit, values) in self.values.items():
            row = {"name": name, "value": statistics.median(values), "unit": unit}
            if len(values) > 1:
                row.update(min=min(values), max=max(values), runs=len(values))
            if len(values) > 9:
                row["p90"] = statistics.quantiles(values, n=10)[-1]
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
        found = json.load(out)
    octets = {}
    per_second = {"ns": 1e9, "cycles": float(found["context"].get("tsc_mhz", 0)) * 1e6}
    for b in found["benchmarks"]:
        if b["run_type"] != "iteration":
            continue
        name = b["run_name"].removesuffix("/manual_time").removesuffix("/1024" * (
            not b["run_name"].startswith(SIZED)))
        if b.get("error_occurred"):
            print(f"bench: {name}: {b['error_message']}", file=sys.stderr)
            continue
        unit = "cycles" if name.startswith("own_share") else "ns"
        rows.add(name, b["per_call"] * per_second[unit], unit)
        octets[name] = b.get("octets")
    for name, n in octets.items():
        if n:
            rows.more.setdefault(name, {})["octets"] = n
    return {"seconds": seconds, "runs": runs}


def run_micro(rows, args):
    parameters = run_cases(rows, args)
    for name in [n for n in rows.values if n.startswith("forward/swap/")]:
        rows.compare(name, "forward/bare/1024", rows.median(name) / rows.median("forward/bare/1024"))
    for name in ("own_share/1048576", "own_share_metered/1048576"):
        compare_with_limit(rows, name, TARGET_OWN_SHARE, "cycles", "target")
    for colour in ("green", "yellow", "red"):
        peer = f"meter/rte_meter/{colour}"
        rows.compare(f"meter/{colour}", peer, rows.median(f"meter/{colour}") / rows.median(peer))
    return parameters


def compare_with_limit(rows, name, limit, unit, what="limit"):
    if limit is not None and name in rows.values:
        rows.compare(name, f"{what} {limit} {unit}", rows.median(name) / limit)


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
SIZED = ("wheel/", "idset/", "pool/", "call/", "condis/", "circuit/", "forward/", "own_share",
         "lookup/", "replicate/", "ring/hop/")


def run_setup(rows, args):
    return mass.run_setup(rows, args, run_program, BUILD / "calls")


def run_teardown(rows, args):
    return mass.run_teardown(rows, args, run_program, BUILD / "calls")


def add_forwarding(rows, name, ours, peer):
    """One table size, of one round: cycles, and next to testpmd a moment before."""
    rows.add_all(f"cycles_per_frame_{name}", ours, "cycles")
    rows.add(f"ratio_to_testpmd_{name}", statistics.median(peer) / statistics.median(ours), "")


OWN = {"plain": "own", "metered": "own_metered"}  # the same without a device


def forward_round(rows, ours, testpmd, kinds, seconds):
    """Everything once."""
    for mode in ("mac", "io"):
        rows.add_all(f"testpmd_{mode}_cycles_per_frame", testpmd.windows(mode, seconds), "cycles")
    rows.add_all("testpmd_mac_usual_burst_cycles_per_frame",
                 testpmd.windows("mac", seconds, beside.USUAL_BURST), "cycles")
    rows.add_all("bare_cycles_per_frame", ours.windows("bare/1024", seconds)[1], "cycles")
    for case, prefix in (("plain", ""), ("metered", "metered_")):
        for name, n in SIZES.items():
            peer = testpmd.windows("mac", seconds)
            add_forwarding(rows, prefix + name, ours.windows(f"{case}/{n}", seconds)[1], peer)
            rows.add_all("testpmd_mac_cycles_per_frame", peer, "cycles")
            rows.add_all(f"own_cycles_per_frame_{prefix}{name}",
                         ours.windows(OWN[case] + f"/{n}", seconds)[1], "cycles")
    for kind in kinds:
        reason, values = ours.windows(f"kind/{kind}", seconds)
        name = kind if kind == "good" else f"bad_{kind}"
        rows.add_all(f"cycles_per_frame_{name}", values, "cycles")
        rows.more.setdefault(f"cycles_per_frame_{name}", {})["reason"] = reason


def compare_forwarding(rows, kinds, mhz):
    for name in [prefix + size for prefix in ("", "metered_") for size in SIZES]:
        cycles = rows.median(f"cycles_per_frame_{name}")
        rows.add(f"mpps_{name}", mhz / cycles, "Mpps")
        rows.compare(f"ratio_to_testpmd_{name}", "testpmd mac",
                     rows.median(f"ratio_to_testpmd_{name}"))
        # What each can do undisturbed: on a busy machine the better measure.
        rows.more[f"ratio_to_testpmd_{name}"]["ratio_of_minima"] = (
            rows.least("testpmd_mac_cycles_per_frame") / rows.least(f"cycles_per_frame_{name}"))
        compare_with_limit(rows, f"own_cycles_per_frame_{name}", TARGET_OWN_SHARE, "cycles",
                           "target")
        io = rows.median("testpmd_io_cycles_per_frame")
        rows.add(f"ratio_to_io_{name}", io / cycles, "")
        rows.compare(f"ratio_to_io_{name}", "testpmd io", io / cycles)
        rows.compare(f"cycles_per_frame_{name}", "bare receive and send",
                     cycles / rows.median("bare_cycles_per_frame"))
    for prefix in ("", "metered_"):
        large, small = (rows.median(f"cycles_per_frame_{prefix}{s}") for s in ("1M", "1k"))
        rows.add(f"cost_{prefix}1M_to_1k", large / small, "")
        rows.compare(f"cost_{prefix}1M_to_1k", f"limit {COST_1M_TO_1K}",
                     large / small / COST_1M_TO_1K)
    good = rows.median("cycles_per_frame_good")
    for kind in kinds:
        if kind != "good":
            name = f"cycles_per_frame_bad_{kind}"
            rows.compare(name, "a good frame", rows.median(name) / good)


def run_forward(rows, args):
    runs = args.runs or 10
    seconds = args.seconds or 2
    kinds = run_program([BUILD / "forward", "--kinds"]).split()
    try:
        with beside.both(BUILD, meminfo("HugePages_Free") > 0) as (ours, testpmd):
            for _ in range(runs):
                forward_round(rows, ours, testpmd, kinds, seconds / runs)
    except beside.Gone as e:
        raise Failed(f"{e}; mend: run it by hand to see why") from None
    compare_forwarding(rows, kinds, ours.tsc_mhz)
    return {"seconds": seconds, "runs": runs, "frame": 64, "frames_on_their_way": beside.FRAMES,
            "ports": "two net_ring", "burst": ours.burst, "tsc_mhz": ours.tsc_mhz}


def run_rooms(rows, args):
    """Instructions of a closed call at both ends, room by room."""
    try:
        program = shares.build("calls")
        for name, options in (("embedded", ()), ("standalone", ("--standalone",)),
                              ("restart", ("--way", "restart"))):
            counted = rooms.count(program, args.calls, *options)
            rows.add(f"instructions/{name}", sum(counted.values()), "instr")
            for room, n in counted.items():
                rows.add(f"instructions/{name}/{room}", n, "instr")
    except shares.Failed as e:
        raise Failed(f"{e}; mend: run it by hand to see why") from None
    return {"calls": args.calls}


SHARED = {"1k": "plain/1024", "1M": "plain/1048576", "metered_1k": "metered/1024",
          "metered_1M": "metered/1048576"}
SHARES_FRAMES_PER_S = 20000000  # what is sure to keep a worker busy for about so long


def run_shares(rows, args):
    """Instructions of a frame, and what of its cycles each stage takes."""
    runs = args.runs or 3
    seconds = args.seconds or 3
    try:
        program = shares.build()
        for name in ("1k", "metered_1k"):  # they are the same at every size
            counted = shares.instructions(program, SHARED[name])
            rows.add(f"instructions/{name}", sum(counted.values()), "instr")
            for stage, n in counted.items():
                rows.add(f"instructions/{name}/{stage}", n, "instr")
        with contextlib.closing(beside.Ours(shares.BUILD / "bench")) as ours:
            for _ in range(runs):
                for name, case in SHARED.items():
                    _, windows = ours.windows(case, seconds / 10)
                    cycles = statistics.median(windows)
                    rows.add(f"cycles/{name}", cycles, "cycles")
                    found, _ = shares.time(program, case, int(seconds * SHARES_FRAMES_PER_S))
                    for stage, share in found.items():
                        rows.add(f"cycles/{name}/{stage}", share * cycles, "cycles")
    except (beside.Gone, shares.Failed) as e:
        raise Failed(f"{e}; mend: run it by hand to see why") from None
    return {"seconds": seconds, "runs": runs, "samples_per_second": shares.SAMPLES_PER_S}


def run_disturb(rows, args):
    return disturb.run(rows, args, BUILD / "disturb", run_program,
                       meminfo("HugePages_Free") * HUGEPAGE_MB)


def run_pktgen(rows, args):
    try:
        return load.run(rows, args, meminfo("HugePages_Free") > 0)
    except load.Failed as e:
        raise Failed(str(e)) from None


def run_peers(rows, args):
    def program(command):
        try:
            return run_program(command)
        except Failed as e:
            raise compare.Failed(str(e)) from None
    args.has_hugepages = meminfo("HugePages_Free") > 0
    return compare.run(rows, args, BUILD, program)


BENCHES = {"micro": run_micro, "codec": run_codec, "setup": run_setup, "teardown": run_teardown,
           "disturb": run_disturb, "forward": run_forward, "shares": run_shares,
           "pktgen": run_pktgen, "peers": run_peers, "rooms": run_rooms}
FIGURES_CALLS = 1000000
# If not said; others: mass.CALLS.
CALLS_OF = {"disturb": disturb.CALLS, "pktgen": load.CALLS, "peers": compare.CALLS,
            "rooms": rooms.CALLS, "figures": FIGURES_CALLS}
PICTURES = {"disturb": disturb.plot, "pktgen": load.plot, "peers": compare.plot,
            "setup": mass.plot, "teardown": mass.plot}  # others: tell.plot
# What bench/README.md shows: each in a table and a picture.
FIGURES = ("forward", "shares", "micro", "setup", "teardown", "disturb")


def wanted_mb(args):
    if args.name in ("setup", "teardown"):
        return mass.wanted_mb(args.calls)
    if args.name == "pktgen":
        return load.wanted_mb(args.calls)
    if args.name == "peers":
        return compare.wanted_mb(args.calls)
    if args.name in ("disturb", "figures"):
        return max(4096, disturb.wanted_mb(args.calls))
    return 4096 if args.name == "forward" else 2048


def parse():
    parser = argparse.ArgumentParser(prog="bench/run", description="What is measured, and against "
                                     "what: bench/README.md")
    parser.add_argument("name", choices=[*BENCHES, "figures"], metavar="NAME",
                        help=", ".join(BENCHES) + "; figures: what bench/README.md shows")
    parser.add_argument("--calls", type=int, help=f"setup, teardown [{mass.CALLS}], disturb "
                        f"[{disturb.CALLS}], pktgen [{load.CALLS}], "
                        f"peers [{compare.CALLS}]")
    parser.add_argument("--variant", action="append", choices=mass.names(), metavar="VARIANT",
                        help="teardown: only this way in which calls end, more than once for several: "
                        + ", ".join(mass.names()))
    parser.add_argument("--seconds", type=float, help="micro, codec: of each case [1]; forward: of each "
                        "table size [2]; shares: of each case [3]; setup, teardown, disturb: give up "
                        "after so many [120]; pktgen: of each trial [2]")
    parser.add_argument("--runs", type=int, help="of which the median is told [5, shares 3, "
                        "forward 10, pktgen 1]")
    parser.add_argument("--json", metavar="FILE", help="the results in a file")
    parser.add_argument("--plot", metavar="FILE.png", help="a picture of them")
    parser.add_argument("--directory", default=".", help=argparse.SUPPRESS)
    load.add_options(parser)
    disturb.add_options(parser)
    args = parser.parse_args()
    if args.calls is None:
        args.calls = CALLS_OF.get(args.name, mass.CALLS)
    if args.calls < 1 or (args.runs or 1) < 1 or (args.seconds or 1) <= 0:
        parser.error("numbers are above 0")
    if args.name == "peers" and args.calls < compare.MIN_CALLS:
        parser.error(f"peers: {compare.MIN_CALLS} --calls at least")
    return args


def run_bench(args, name):
    rows = Rows()
    with come_first(), hugepages(wanted_mb(args)) as enough:
        if not enough:
            print("bench: not enough hugepages: good to see it work, not for numbers; mend: run it "
                  "as root, or dpdk-hugepages.py --setup 4G", file=sys.stderr)
        parameters = BENCHES[name](rows, args)
    parameters["hugepages"] = enough
    return {"bench": name, "machine": machine(), "parameters": parameters,
            "results": list(rows.rows()), **({"series": rows.series} if rows.series else {})}


def make_figures(args):
    FIGURES_DIRECTORY.mkdir(exist_ok=True)
    calls = args.calls
    for name in FIGURES:
        args.calls = min(calls, disturb.CALLS) if name == "disturb" else calls
        result = run_bench(args, name)
        tell.print_table(result)
        PICTURES.get(name, tell.plot)(result, FIGURES_DIRECTORY / f"{name}.png")
        (FIGURES_DIRECTORY / f"{name}.md").write_text(tell.markdown(result))
    return 0


def main():
    args = parse()
    if args.name == "figures":
        return make_figures(args)
    result = run_bench(args, args.name)
    tell.print_table(result)
    if args.name == "peers":
        compare.tell(result)
    where = pathlib.Path(args.directory)
    if args.json:
        (where / args.json).write_text(json.dumps(result, indent=1) + "\n")
    if args.plot:
        PICTURES.get(args.name, tell.plot)(result, where / args.plot)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as e:
        print(f"bench: {e}", file=sys.stderr)
        sys.exit(1)
