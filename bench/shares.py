# SPDX-License-Identifier: BSD-3-Clause
"""Where the cost of a forwarded frame lies, by stage: instructions, and time.

callgrind counts instructions between the begin and the end of the worker's turns; perf looks where
the worker is, some thousand times a second. Both know addresses: the debug information of a build
of its own says which function, inlined or not, each belongs to, and STAGES which stage that is.
"""

import collections
import os
import pathlib
import re
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent
BUILD = SOURCE / "build-profile"
TIMEOUT_S = 1800  # no wait is without an end
SAMPLES_PER_S = 4000
COUNTED_FRAMES = 1024 * 100  # all of them within the TTL that they begin with

# By function, the innermost that one of these knows; what a device does is in a library of its own.
# perf finds a wait for memory at the instruction that cannot go on without it, or behind that.
DEVICE = "device"
OTHER = "rest"
STAGES = (
    ("classify", r"dp_frame_(label|untag)|cp_get_be\d+"),
    ("look-up", r"dp_label_entry|dp_slot_load|rte_prefetch\w+|switch_trunk_burst|dp_switch_labelled"),
    ("entry", r"dp_forward_\w+|dp_entry_contract"),
    ("meter", r"dp_meter\w*|dp_bucket_\w+|is_excess"),
    ("swap", r"dp_frame_(swap|set_label|is_swappable)|cp_put_be\d+|swap_\w+"),
    ("count", r"count_forwarded|dp_counter_\w+|count"),
    ("send", r"tx_\w+|dp_tx\w*|rte_eth_tx_\w+"),
    ("receive", r"rte_eth_rx_\w+|dp_switch_source"),
    ("turn", r"dp_worker_turn|count_turn|rte_rcu_\w+|rte_rdtsc|send_for_control|rte_ring_\w+|"
             r"poll_sources|\w*_get_tsc_cycles|rte_soring_\w+"),
)
NAMES = [DEVICE] + [name for name, _ in STAGES] + [OTHER]
# What of a run is a worker's turn, among what sets it up.
OURS = re.compile(r"dp_worker_\w+|dp_switch_\w+|switch_\w+|tx_flush_port|dp_tx\w*|poll_\w+|count_turn")


class Failed(Exception):
    """A tool that is missing, or has failed."""


def run(command, env=None, text=None):
    try:
        done = subprocess.run([str(c) for c in command], input=text, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_S, env=env,
                              check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise Failed(f"{command[0]}: {e}") from None
    if done.returncode != 0:
        raise Failed(f"{command[0]}: {(done.stderr.strip() or 'it failed').splitlines()[-1]}")
    return done.stdout


def build(name="forward"):
    """As users run it, and with the debug information that names inlined functions."""
    if not (BUILD / "build.ninja").exists():
        run(["/usr/bin/meson", "setup", BUILD, SOURCE, "-Dbench=true", "-Ddebug=true"])
    run(["ninja", "-C", BUILD, f"bench/{name}"])
    return BUILD / "bench" / name


def stage_of(chain):
    """@p chain: functions from the innermost one outwards."""
    for function in chain:
        for name, pattern in STAGES:
            if re.fullmatch(pattern, function):
                return name
    return OTHER


def stages(program, addresses):
    """The stage of each address of our program."""
    addresses = sorted(addresses)
    text = run(["addr2line", "-a", "-i", "-f", "-e", program],
               text="\n".join(hex(a) for a in addresses) + "\n")
    found, chain, at = {}, [], None
    for i, line in enumerate(text.splitlines() + ["0x0"]):
        if line.startswith("0x"):
            if at is not None:
                found[at] = stage_of(chain[::2])  # each is followed by file and line
            at, chain = int(line, 16), []
        else:
            chain.append(line)
    return found


def by_stage(program, ours, device):
    """@p ours: cost by address."""
    total = collections.Counter({DEVICE: device})
    names = stages(program, ours)
    for address, n in ours.items():
        total[names[address]] += n
    return total


# ---- Instructions ----


def parse_callgrind(text, program):
    """Cost by address of the program, and of all else."""
    ours, others, is_ours, is_call = collections.Counter(), 0, False, False
    for line in text.splitlines():
        if line.startswith("ob="):
            is_ours = line[3:] == str(program)
        elif line.startswith("calls="):
            is_call = True  # the next line is what the called function costs: it has its own
        elif line.startswith("0x"):
            address, _, cost = line.split()
            if not is_call and is_ours:
                ours[int(address, 16)] += int(cost)
            elif not is_call:
                others += int(cost)
            is_call = False
    return ours, others


def instructions(program, case):
    """Of one frame, by stage."""
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory) / "out"
        run(["valgrind", "--tool=callgrind", "--toggle-collect=dp_worker_turn", "--dump-instr=yes",
             "--compress-pos=no", "--compress-strings=no", f"--callgrind-out-file={out}", program,
             case, COUNTED_FRAMES], env=os.environ | {"BENCH_WITHOUT_HUGEPAGES": "1"})
        ours, others = parse_callgrind(out.read_text(), program)
    total = by_stage(program, ours, others)
    return {name: total[name] / COUNTED_FRAMES for name in NAMES}


# ---- Time ----

SAMPLE = re.compile(r"^\s*[0-9a-f]+ (\S+?)\+0x([0-9a-f]+) \((.*)\)$")
UNNAMED = re.compile(r"^\s*[0-9a-f]+ \[unknown\] \((.*)\)$")


def symbols(program):
    """Where each function begins."""
    found = {}
    for line in run(["nm", program]).splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[1] in "tT":
            found[parts[2]] = int(parts[0], 16)
    return found


def parse_perf(text, program, begins):
    """Samples by address in the worker's turns, and in devices."""
    ours, device = collections.Counter(), 0
    for line in text.splitlines():
        m = SAMPLE.match(line)
        if m and m.group(3) == str(program) and OURS.fullmatch(m.group(1).split(".")[0]):
            ours[begins[m.group(1)] + int(m.group(2), 16)] += 1
        elif (u := UNNAMED.match(line) or m) and "librte_net_ring" in u.group(u.lastindex):
            device += 1
    return ours, device


def time(program, case, frames):
    """The share of each stage in the worker's time."""
    with tempfile.TemporaryDirectory() as directory:
        data = pathlib.Path(directory) / "data"
        run(["perf", "record", "-q", "-e", "cpu-clock", "-F", SAMPLES_PER_S, "-o", data, program, case,
             frames])
        text = run(["perf", "script", "-i", data, "-F", "ip,sym,symoff,dso"])
    ours, device = parse_perf(text, program, symbols(program))
    total = by_stage(program, ours, device)
    n = sum(total.values())
    if n == 0:
        raise Failed("perf saw nothing of the worker")
    return {name: total[name] / n for name in NAMES}, n
