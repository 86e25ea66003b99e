# SPDX-License-Identifier: BSD-3-Clause
"""Instructions of one closed call at both ends, by the room of the code, counted by callgrind.

Workers take their turns on control's lcore, so nobody spins, and the numbers are the same in every
run, on a quiet machine and on a loaded one. Functions that are inlined count where they are written.
"""

import collections
import os
import pathlib
import re
import tempfile

import shares

CALLS = 20000  # enough that what a control turn costs is shared as in a mass close
WORKERS = re.compile(r"dp_worker_\w+|dp_switch_\w+|switch_\w+|dp_tx\w*|poll_sources|eth_ring\w*")
ROOM = re.compile(r"/((?:lib|drivers|app|bench)/\w+)/[^/]+$")
COST = re.compile(r"\d+ (\d+)$")  # of a line of source
OTHERS = "DPDK and libc"


def room_of(source, function):
    """Of a line of @p source in @p function, innermost."""
    if WORKERS.match(function):
        return "workers"
    m = ROOM.search(source)
    return m.group(1) if m and "/dpdk/" not in source else OTHERS


def parse(text):
    """Cost by room. A line behind calls= is what another function costs, which has its own."""
    cost, source, function, is_call = collections.Counter(), "", "", False
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name in ("fl", "fi", "fe"):
            source = value
        elif equals and name == "fn":
            function = value
        elif equals and name == "calls":
            is_call = True
        elif m := COST.match(line):
            if not is_call:
                cost[room_of(source, function)] += int(m.group(1))
            is_call = False
    return cost


def count(program, calls, *options):
    """Instructions of each of so many calls by room, most first. @p program: build/bench/calls."""
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory) / "out"
        shares.run(["valgrind", "--tool=callgrind", "--toggle-collect=end_calls",
                    "--compress-pos=no", "--compress-strings=no", f"--callgrind-out-file={out}",
                    program, "teardown", "--one-lcore", "--calls", calls, *options],
                   env=os.environ | {"BENCH_WITHOUT_HUGEPAGES": "1"})
        cost = parse(out.read_text())
    return {room: n / calls for room, n in cost.most_common()}
