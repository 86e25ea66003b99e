#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The load test with Pktgen-DPDK, without Pktgen: captures, scripts, search, and who drives them.

pktgen.lua stands in for Pktgen, so the Lua scripts run as they are.
"""

import argparse
import itertools
import os
import pathlib
import random
import shutil
import subprocess
import sys

import lab
from lab import SOURCE, Skip, case, holds, same

BENCH = SOURCE / "bench"
PKTGEN = BENCH / "pktgen"
sys.path.insert(0, str(PKTGEN))
import capture  # noqa: E402
import generator  # noqa: E402
import labels  # noqa: E402
import load  # noqa: E402
import process  # noqa: E402
import rig  # noqa: E402
import search  # noqa: E402

lab.isolate()

FAKE = SOURCE / "tests" / "functional" / "pktgen.lua"
OLD, NEW = "23.06.1", "24.10.3"
LIMIT = 3000000  # frames a second that the stand-in gets back
N = 30
ENTRY_AT = lab.LABEL_AT


def refused(fn, *args):
    try:
        got = fn(*args)
    except (ValueError, process.Failed) as e:
        return str(e)
    raise AssertionError(f"{args} was not refused: {got}")


# ---- Programs ----


@case("what starts the programs may be in a scheduling group, in none, or on a kernel without them")
def _():
    proc = lab.directory() / "self"
    proc.mkdir()
    same(process.group_nice(root=lab.directory()), None, "no groups")
    (proc / "autogroup").write_text("")
    same(process.group_nice(root=lab.directory()), None, "in none")
    (proc / "autogroup").write_text("/autogroup-17 nice -19\n")
    same(process.group_nice(root=lab.directory()), "-19", "in one")


# ---- Labels and captures ----


@case("labels are given as ranges, and what is no label is refused")
def _():
    same(labels.parse("32-35,70000,34"), [32, 33, 34, 35, 70000], "labels")
    same(labels.parse("1048575"), [1048575], "the last one")
    for text in ("15", "32-", "a", "40-32", "1048576", "", "32,,33"):
        refused(labels.parse, text)


@case("a capture has one frame for each label, as the trunk has it")
def _():
    wanted = labels.parse("32-1055,65568,1048575")
    for size in (64, 512):
        path = lab.directory() / f"{size}.pcap"
        capture.write(path, wanted, size)
        rows = lab.tshark_fields(path, "mpls.label", "mpls.bottom", "mpls.ttl", "frame.len")
        same(sorted(int(row[0]) for row in rows), wanted, "labels")
        same({row[1:] for row in rows}, {("1", "255", str(size - 4))}, "all else")
        for label in wanted[::100]:  # SIG-8: the length in the control word of what is padded
            made = capture.frame(label, size)
            same(made, lab.labelled(label, made[lab.PDU_AT:]), "as the tests' own frames")
    for size in (63, 9019):
        refused(capture.write, lab.directory() / "none.pcap", wanted, size)


@case("neighbours in a table do not follow each other in a capture, the same way each time")
def _():
    paths = [lab.directory() / f"order-{i}.pcap" for i in range(2)]
    for path in paths:
        capture.write(path, range(32, 1056), 64)
    octets = [path.read_bytes() for path in paths]
    same(octets[0], octets[1], "a second time")
    found = [int.from_bytes(octets[0][at + 16 + ENTRY_AT:at + 16 + ENTRY_AT + 3], "big") >> 4
             for at in range(24, len(octets[0]), 16 + 60)]
    same(len(found), 1024, "frames")
    holds(sum(b - a == 1 for a, b in itertools.pairwise(found)) < 32, "many follow each other")


@case("the sample capture is what capture.py makes, as its command line says it")
def _():
    path = lab.directory() / "sample.pcap"
    done = subprocess.run([sys.executable, str(PKTGEN / "capture.py"), str(path), "--labels", "32-47"],
                          stdout=subprocess.PIPE, text=True, check=True, timeout=lab.DEADLINE_S)
    holds("16 frames of 64 octets" in done.stdout, done.stdout)
    same(path.read_bytes(), (PKTGEN / "sample.pcap").read_bytes(), "octets")


@case("of more labels than fit, those in a capture are spread over all")
def _():
    same(load.some(list(range(32, 1056)), 64), list(range(32, 1056)), "all")
    few = load.some(range(1000000), 1518)
    same(len(few), load.CAPTURE_MAX // (1518 + 16), "labels")
    steps = {b - a for a, b in itertools.pairwise(few)}
    holds(steps <= {5, 6}, f"steps of {steps}")


def hit(value, free):
    """What random bits reach, from the mask as Pktgen reads it."""
    bits = labels.random_mask(value, free)[:20]
    return {int("".join(digits), 2)
            for digits in itertools.product(*("01" if b == "X" else b for b in bits))}


@case("random bits reach labels of the set only, and of a range more than half of what they could")
def _():
    sets = [range(32, 1056), range(512, 1024), [77], [32, 33, 34, 36], range(100, 4196),
            random.Random(1).sample(range(32, 4096), 3000)]
    for wanted in sets:
        value, free, n = labels.cube(list(wanted))
        found = hit(value, free)
        same(len(found), n, "labels reached")
        holds(found <= set(wanted), f"others than those of {wanted}")
        if isinstance(wanted, range):
            holds(4 * n >= len(wanted), f"{n} of {len(wanted)}")
    same(labels.cube(list(range(512, 1024)))[2], 512, "a set that they reach as a whole")
    refused(labels.cube, [])


# ---- The search ----


def device(capacity, generator_most, disturbed=()):
    """A run() of a thing that loses above its capacity; in the trials numbered, also below."""
    count = itertools.count()

    def run(rate):
        sent = min(rate, generator_most)
        at_fault = next(count) in disturbed
        return {"sent_fps": sent, "lost": max(sent - capacity, 0) + (7 if at_fault else 0),
                "disturbed": at_fault}
    return run


@case("RFC 2544, 26.1: the search ends within its resolution below what is lost first")
def _():
    for capacity in (1, 10000, 333333, 999999, 1000000, 5000000):
        best, trials = search.no_loss(device(capacity, 1000000), 1000000, 0.01)
        found = best["sent_fps"] if best else 0
        holds(found <= capacity, f"{found} of {capacity}")
        holds(found >= min(capacity, 1000000) - 10000, f"{found} of {capacity}")
        holds(len(trials) <= 8, f"{len(trials)} trials")
    same(len(search.no_loss(device(10**9, 10**6), 10**6, 0.01)[1]), 1, "trials when all is well")


@case("a rate that the generator does not reach is not passed")
def _():
    best, _ = search.no_loss(device(10**9, 400000), 1000000, 0.01)
    holds(390000 <= best["sent_fps"] <= 400000, f"{best}")


@case("a loss in a trial that the machine has disturbed is tried again, a steady one is believed")
def _():
    best, _ = search.no_loss(device(500000, 10**6, disturbed=(1, 2, 5)), 10**6, 0.01)
    holds(490000 <= best["sent_fps"] <= 500000, f"{best}")
    best, trials = search.no_loss(device(500000, 10**6, disturbed=range(10000)), 10**6, 0.1)
    same(best, None, "with each trial disturbed")
    holds(all(trial["disturbed"] for _, trial in trials), "what counted says so")


# ---- Pktgen and its scripts ----


def environment(version, limit=LIMIT):
    notes = lab.directory() / f"notes-{version}"
    notes.unlink(missing_ok=True)
    os.environ.update(FAKE_VERSION=version, FAKE_LIMIT=str(limit), FAKE_NOTES=str(notes))
    return notes


def need_lua():
    if shutil.which("lua5.3") is None:
        raise Skip("no lua5.3; mend: apt install lua5.3")


def started(version, path=None, limit=LIMIT):
    need_lua()
    notes = environment(version, limit)
    return generator.Pktgen(str(FAKE), lab.directory(), ["a", "b"], rig.Cores(), False, path), notes


@case("a trial tells what was sent, what came back, and how late")
def _():
    pktgen, _ = started(OLD, PKTGEN / "sample.pcap")
    full = 100e9 / 8 / 84
    below = pktgen.trial(100 * 1000000 / full, 0.5)
    same((round(below["sent"]), round(below["received"])), (500000, 500000), "below the limit")
    same(below["seconds"], 0.5, "seconds")
    holds("probes" not in below, "without probes")
    above = pktgen.trial(100 * 4 * LIMIT / full, 0.5, latency_us=1000)
    same((round(above["sent"]), round(above["received"])), (2 * LIMIT, LIMIT // 2), "above it")
    same((above["min_us"], above["avg_us"], above["max_us"]), (12.5, 25, 50), "latency")
    pktgen.quit()
    same(pktgen.process.returncode, 0, "exit status")


@case("an old Pktgen sends a capture as it is, a new one once it is told")
def _():
    for version, is_new in ((OLD, False), (NEW, True)):
        pktgen, notes = started(version, PKTGEN / "sample.pcap")
        same((pktgen.has_random_bits, pktgen.version), (is_new, version[:5]), "what it says of itself")
        pktgen.send_capture(capture.stack_entry(32))
        pktgen.quit()
        lines = notes.read_text().splitlines()
        same("pcap 0 enable" in lines, is_new, f"{version}: {lines}")
        holds("capture sample.pcap" in lines and "entry 0 000201ff" in lines, str(lines))


@case("a new Pktgen makes random labels itself; an old one, whose bits do nothing, is not asked to")
def _():
    value, free, _ = labels.cube(list(range(32, 1056)))
    pktgen, notes = started(NEW)
    pktgen.send_made(capture.stack_entry(value), 512, (value, free))
    pktgen.quit()
    holds(f"rnd 0 0 {lab.LABEL_AT} {labels.random_mask(value, free)}" in notes.read_text().splitlines(),
          notes.read_text())
    pktgen, _ = started(OLD)
    holds("no random bits" in refused(pktgen.send_made, capture.stack_entry(value), 512, (value, free)),
          "why not")
    pktgen.quit()


@case("a Pktgen that ends by itself is told with its last words, a script that fails with its error")
def _():
    need_lua()
    words = refused(generator.Pktgen, "/bin/ls", lab.directory(), ["a", "b"], rig.Cores(), False)
    holds("ended with 2" in words and "ls" in words, words)
    pktgen, _ = started(OLD, limit="none")  # which the stand-in stumbles over in a trial
    words = refused(pktgen.trial, 1, 0.1)
    holds("with number" in words, words)
    pktgen.quit()


@case("an lcore has both ports only where there are no cores for two, and where the version can")
def _():
    few, many = rig.Cores(), rig.Cores()
    few.control = few.receiver = few.sender
    many.receiver = many.worker
    for version, cores, may_share, ports in ((OLD, few, True, "1.0 1.1"), (OLD, many, True, "1.0 2.1"),
                                             (NEW, few, False, "1.0 2.1")):
        need_lua()
        notes = environment(version)
        pktgen = generator.Pktgen(str(FAKE), lab.directory(), ["a", "b"], cores, False,
                                  may_share=may_share)
        pktgen.quit()
        holds(f"ports {ports}" in notes.read_text().splitlines(), notes.read_text())


@case("by hand: the sweep goes through rates and sizes, and writes a table")
def _():
    need_lua()
    notes, table = environment(NEW), lab.directory() / "table"
    os.environ.update(ENTRY="00200100", MASK=labels.random_mask(512, 511), SIZES="64,512",
                      PERCENT="0.5,10", SECONDS="0.1", OUT=str(table))
    ours, theirs = os.openpty()
    subprocess.run([str(FAKE), "--", "-m", "1.0", "-m", "1.1", "-f", str(PKTGEN / "sweep.lua")], stdin=theirs,
                   check=True, timeout=lab.DEADLINE_S)
    os.close(ours), os.close(theirs)
    rows = [line.split() for line in table.read_text().splitlines()]
    same([row[:2] for row in rows[1:]], [["64", "0.5"], ["64", "10"], ["512", "0.5"], ["512", "10"]],
         "sizes and rates")
    same(rows[1][4], "0.0", "lost at a low rate")
    holds(float(rows[2][4]) > 500000, f"lost at a high rate: {rows[2]}")
    same(rows[1][6:], ["12.5", "25.0", "50.0"], "latency")
    same(notes.read_text().count("rnd 0 0 14"), 2, "masks")


# ---- bench/run pktgen ----


def options(*words):
    parser = argparse.ArgumentParser()
    load.add_options(parser)
    args = parser.parse_args([*words, "--pktgen", str(FAKE)])
    args.calls, args.runs, args.seconds = N, 1, 0.1
    return args


class Rows:
    """As those of bench/run.py."""

    def __init__(self):
        self.values, self.ratios = {}, {}

    def add(self, name, value, unit):
        self.values[name] = value

    def median(self, name):
        return self.values[name]

    def compare(self, name, peer, ratio):
        self.ratios[name] = ratio


def run(*words):
    need_lua()
    if shutil.which("dpdk-testpmd") is None:
        raise Skip("no dpdk-testpmd; mend: apt install dpdk")
    rows = Rows()
    return rows, load.run(rows, options(*words), False)


@case("without a pktgen bench/run says how to get one, and fails")
def _():
    env = {**os.environ, "PATH": "/usr/bin:/bin", "PKTGEN": "/nowhere/pktgen"}
    done = subprocess.run([sys.executable, str(BENCH / "run.py"), "pktgen"], env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          timeout=lab.DEADLINE_S)
    same((done.returncode, done.stdout), (1, ""), done.stderr)
    for word in ("no pktgen", "mend:", "pktgen-23.06.1", "Pktgen-DPDK", "lua"):
        holds(word in done.stderr, f"{word} in {done.stderr}")


@case("the calls of the appliance stay up when who signalled them is gone, and name the labels")
def _():
    cores = rig.Cores()
    for kind in rig.LINKS:
        links = rig.Links(kind, lab.directory())
        with rig.calls(links, cores, N, lab.directory(), False) as appliance:
            found = rig.call_labels(appliance)
            same(len(found), N, "labels")
            trunks = appliance.ask("trunks")
            same([(t["calls_active"], t["link"], t["unacknowledged"]) for t in trunks],
                 [(N, "established", 0)] * 2, "trunks")
            same(appliance.ports()["east"]["link_up"], False, "somebody at the link")
            path = lab.directory() / "of-calls.pcap"
            subprocess.run([sys.executable, str(PKTGEN / "capture.py"), str(path), "--socket",
                            str(appliance.socket), "--trunk", "east", "--callctl",
                            str(lab.CALLCTL)], stdout=subprocess.DEVNULL, check=True,
                           timeout=lab.DEADLINE_S)
            rows = lab.tshark_fields(path, "mpls.label")
            same(sorted(int(row[0]) for row in rows), found, "labels of the capture")


@case("a load test tells rate, loss and latency of each step, beside what the links do alone")
def _():
    environment(OLD)
    rows, parameters = run()
    same((parameters["calls"], parameters["labels"], parameters["link"]), (N, "capture", "vhost"),
         "parameters")
    same(rows.values["labels/64"], N, "labels")
    same(rows.values["lost_ppm/64/10"], 0, "lost at a tenth")
    holds(rows.values["lost_ppm/64/100"] > 800000, f"lost at the most: {rows.values}")
    holds(abs(rows.values["max_fps/64"] - LIMIT) < 0.02 * LIMIT, f"most: {rows.values}")
    same(rows.values["latency_avg_us/64"], 25, "latency")
    same(round(rows.ratios["max_fps/64"], 2), 1, "beside testpmd")


@case("RFC 2544: a search tells the rate without loss of each size, from random labels too")
def _():
    environment(NEW)
    rows, parameters = run("--search", "--sizes", "64,1518", "--link", "memif")
    same((parameters["labels"], parameters["link"]), ("random", "memif"), "parameters")
    same(rows.values["labels/64"], 16, "labels that random bits reach")
    for size in (64, 1518):
        most = rows.values[f"sent_max_fps/{size}"]
        found = rows.values[f"no_loss_fps/{size}"]
        holds(found <= LIMIT, f"{size}: {found}")
        holds(found >= min(most, LIMIT) - 0.03 * most, f"{size}: {found} of {most}")
        same(rows.values[f"latency_min_us/{size}"], 12.5, "latency at that rate")


@case("random labels from a Pktgen that has none are refused, before anything is started")
def _():
    environment(OLD)
    need_lua()
    words = refused(load.run, Rows(), options("--labels", "random"), False)
    holds("24.10" in words and "--labels capture" in words, words)


lab.main()
