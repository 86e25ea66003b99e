#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What an operator sees of the load: workers, ports, counters and top tell one story.

    lan - east ==== wire ==== west - lan

One appliance with a permanent circuit between two attachments; frames are replayed into it.
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading

import lab
from lab import case, holds, same, until

lab.isolate()

EAST, WEST = "e164:4911", "e164:4922"
LABEL = 4000
PASSES = 50
UNKNOWN, TTL, STACK, GOOD = 7, 5, 3, 11
LEAVE = b"\033[?25h\033[?1049l"


def settings():
    made = lab.config(
        {"east": "wire:trunk:a", "west": "wire:trunk:b", "lan-east": "wire:east:a",
         "void-east": "wire:east:b", "lan-west": "wire:west:a", "void-west": "wire:west:b"},
        {"to-west": {"port": "east", "call-manager": "embedded", "side": "user",
                     "restart": False},
         "to-east": {"port": "west", "call-manager": "embedded", "side": "network",
                     "restart": False}},
        [{"address": EAST, "port": "lan-east"}, {"address": WEST, "port": "lan-west"}])
    made["pvcs"] = [
        {"trunk": "to-west", "label": LABEL, "address": WEST, "attachment": EAST},
        {"trunk": "to-east", "label": LABEL, "address": EAST, "attachment": WEST}]
    return made


def capture(name, frames):
    return lab.write_pcap(lab.directory() / name, enumerate(frames))


bad = capture("bad.pcap", [lab.labelled(4001, bytes(60))] * UNKNOWN +
              [lab.labelled(LABEL, bytes(60), ttl=0)] * TTL +
              [lab.labelled(LABEL, bytes(60), bottom=0)] * STACK)
good = capture("good.pcap", [bytes.fromhex("020000000002" "020000000001" "88b5") + bytes(100)]
               * GOOD)
bad_word = capture("word.pcap", [lab.labelled(LABEL, bytes(60), word=b"\xf0\0\0\0")] * GOOD)

appliance = lab.Appliance("load", settings())
until("the circuit is up", lambda: all(appliance.attachments()[x]["state"] == "up"
                                       for x in (EAST, WEST)))
appliance.wait_links()


def replay(path, port, count=PASSES):
    job, = appliance.ctl("replay", path, "--port", port, "--count", count)
    same((job["state"], job["failed"]), ("done", 0), "replay")


class Replays(threading.Thread):
    """One after the other, until the block is left."""

    def __init__(self, path, port):
        super().__init__(daemon=True)
        self._arguments = path, port
        self._stopping = threading.Event()

    def run(self):
        while not self._stopping.is_set():
            replay(*self._arguments, 1000)

    def __enter__(self):
        self.start()

    def __exit__(self, *_):
        self._stopping.set()
        self.join()


def agree():
    """Rows of workers, ports and counters of a moment in which nothing moved, else None."""
    def all_three():
        return appliance.ctl("workers"), appliance.ports(), appliance.counters()
    workers, ports, counters = all_three()
    again = all_three()
    return again if counters["frames_in"] == again[2]["frames_in"] else None


def added(rows):
    sums = {}
    for row in rows:
        for reason, n in row["drops"].items():
            sums[reason] = sums.get(reason, 0) + n
    return sums


def text(*args):
    done = subprocess.run([str(lab.CALLCTL), "--socket", str(appliance.socket), *args],
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=True,
                          timeout=lab.DEADLINE_S)
    return done.stdout


@case("what is dropped is counted by its reason at its port, and the sums agree everywhere")
def _():
    before = appliance.drops("east")
    replay(bad, "east")
    replay(good, "lan-east")
    workers, ports, counters = until("a quiet moment", agree)
    grown = {reason: n - before[reason] for reason, n in ports["east"]["drops"].items()
             if n != before[reason]}
    same(grown, {"no-circuit": UNKNOWN * PASSES, "ttl": TTL * PASSES,
                 "label-stack": STACK * PASSES}, "drops at the port")
    same(added(workers), counters["drops"], "drops of workers and counters")
    same(added(ports.values()), counters["drops"], "drops of ports and counters")


@case("the workers' frames are those of the ports, each with the lcore that received it")
def _():
    workers, ports, counters = until("a quiet moment", agree)
    same(sum(w["rx"] for w in workers), counters["frames_in"], "frames in")
    same(sum(w["tx"] for w in workers), counters["frames_out"], "frames out")
    replayed = (UNKNOWN + TTL + STACK + GOOD) * PASSES
    same(sum(n for p in ports.values() for n in p["polled"].values()) + replayed,
         counters["frames_in"], "frames by port and worker")
    same({lcore for p in ports.values() for lcore in p["polled"]}, {"1"}, "lcores")
    for name, port in ports.items():
        same(sum(port["polled"].values()), port["rx"], f"frames of {name}")
    same(ports["void-west"]["rx"], GOOD * PASSES, "frames that came out at the other end")
    same(workers[0]["ports"].split(), list(settings()["ports"]), "ports of the worker")


@case("a circuit says why it dropped what arrived for it, and its attachment likewise")
def _():
    vc, = [v for v in appliance.ctl("vcs") if v["trunk"] == "to-west" and v["label"] == LABEL]
    same(sum(vc["drops_by"].values()), vc["drops"], f"reasons of {vc}")
    same(vc["drops"], 0, "TTL 0 and a label that is not the last one belong to no circuit")
    replay(bad_word, "east")
    vc, = appliance.ctl("vcs", vc["vc"])
    same({why: n for why, n in vc["drops_by"].items() if n}, {"malformed": GOOD * PASSES},
         "reasons of the circuit")
    same((vc["drops"], vc["rx_yellow"], vc["rx_red"]), (GOOD * PASSES, 0, 0), "its sums")
    holds(f"    malformed            {GOOD * PASSES}\n" in text("vcs", str(vc["vc"])), "as text")
    attachment = appliance.attachments()[EAST]
    same((attachment["rx"], attachment["drops"]), (GOOD * PASSES, 0), "its attachment")
    same(set(attachment["drops_by"]), set(vc["drops_by"]), "names of reasons")


@case("a worker's busy and idle time, bursts and gaps add up")
def _():
    worker, = appliance.ctl("workers")
    frames = worker["rx"] + worker["from_control"]
    cycles = worker["busy_cycles"] + worker["idle_cycles"]
    holds(0 < worker["busy_cycles"] < cycles, f"busy cycles of {worker}")
    holds(abs(worker["busy_percent"] - 100 * worker["busy_cycles"] / cycles) < 1e-6,
          "busy percent")
    holds(abs(worker["cycles_per_frame"] - worker["busy_cycles"] / frames) < 1e-3,
          "cycles per frame")
    holds(abs(worker["frames_per_busy_turn"] - frames / worker["busy_turns"]) < 1e-6, "burst")
    gaps = [worker[f"gap_ns_{q}"] for q in ("p50", "p99", "p9999", "max")]
    same(gaps, sorted(gaps), "quantiles of gaps")
    holds(gaps[0] > 0, "gaps")
    edges = [edge for edge, _ in worker["gap_cycles"]]
    same(edges, sorted(set(edges)), "buckets")
    until("each turn is a gap", lambda: abs(sum(n for _, n in worker["gap_cycles"]) -
                                            worker["turns"]) <= worker["turns"] // 100)
    holds(worker["run_ns"] > 0, "time on a CPU")


@case("workers --restart begins a new spell of gaps, and nothing else begins anew")
def _():
    before, = appliance.ctl("workers", "--restart")
    until("a new longest gap", lambda: appliance.ctl("workers")[0]["gap_ns_max"] > 0)
    after, = appliance.ctl("workers")
    holds(after["turns"] > before["turns"], "turns go on")
    holds(sum(n for _, n in after["gap_cycles"]) > sum(n for _, n in before["gap_cycles"]),
          "the histogram of all time goes on")
    holds(after["gap_ns_max"] <= 1e9 * (after["busy_cycles"] + after["idle_cycles"] -
                                        before["busy_cycles"] - before["idle_cycles"])
          / after["tsc_hz"] + 1, "the longest gap is one of this spell")


@case("as text, counters lists every reason, tables those that there were")
def _():
    listed = text("counters")
    for reason in appliance.counters()["drops"]:
        holds(f"    {reason} " in listed, f"{reason} in {listed}")
    row, = [line for line in text("ports").splitlines() if line.startswith("east ")]
    holds(f"no-circuit {UNKNOWN * PASSES}" in row, row)
    holds("headroom" not in row, row)
    holds(f"no-circuit {UNKNOWN * PASSES}" in text("workers"), "reasons of workers")


@case("top --once --json is one object with the rates of an interval")
def _():
    def looked():
        top, = appliance.ctl("top", "--once")
        ports.update((p["name"], p) for p in top["ports"])
        return top if len(ports["east"]["drops"]) == 3 else None

    ports = {}
    with Replays(bad, "east"):
        top = until("all reasons in an interval", looked)
    same(list(top["ports"][0]), ["name", "link_up", "rx_per_s", "rx_bits_per_s", "tx_per_s",
                                 "tx_bits_per_s", "missed_per_s", "drops_per_s", "drops"],
         "keys of a port")
    drops = ports["east"]["drops"]
    holds({"no-circuit", "ttl", "label-stack"} <= set(drops), f"reasons: {drops}")
    holds(abs(drops["no-circuit"] * STACK - drops["label-stack"] * UNKNOWN)
          < 0.2 * drops["no-circuit"] * STACK, f"as the capture has them: {drops}")
    worker, = top["workers"]
    holds(worker["frames_per_s"] > 0 and worker["cycles_per_frame"] > 0, worker)
    holds(0 < worker["busy_percent"] <= 100, worker)
    holds(worker["gap_ns_p50"] <= worker["gap_ns_p9999"] <= worker["gap_ns_max"], worker)
    same({t["name"] for t in top["trunks"]}, {"to-west", "to-east"}, "trunks")


@case("top names the circuit that carries most")
def _():
    def busiest():
        return [v for v in appliance.ctl("top", "--once")[0]["vcs"] if v["label"] == LABEL]

    with Replays(good, "lan-east"):
        found = until("both ends of the circuit", lambda: len(busiest()) == 2 and busiest())
    same({v["trunk"] for v in found}, {"to-west", "to-east"}, "both ends of the wire")
    holds(all(v["packets_per_s"] > 0 and v["bits_per_s"] > 0 for v in found), found)


@case("top without a terminal prints one table and ends")
def _():
    table = text("top")
    for heading in ("WORKER", "PORT", "TRUNK"):
        same(table.count(f"\n{heading} "), 1, heading)
    holds("\033" not in table, "no control sequences")


class Terminal:
    """callctl top on a terminal of its own."""

    def __init__(self, *arguments):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.resize(24, 120)
        self.process = subprocess.Popen(
            [str(lab.CALLCTL), "--socket", str(appliance.socket), "top", *arguments],
            stdin=self.slave, stdout=self.slave, stderr=self.slave)
        self.seen = b""

    def resize(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 65536)
        return self.seen

    def shows(self, octets):
        until(f"{octets!r} on the terminal", lambda: octets in self.read())

    def ended(self, last_words=b""):
        status = self.process.wait(timeout=lab.DEADLINE_S)
        _, _, after = self.read().rpartition(LEAVE)
        same(termios.tcgetattr(self.slave), self.before, "the terminal's modes")
        holds(LEAVE in self.seen and b"\033" not in after and last_words in after,
              f"the terminal is given back: {self.seen[-80:]!r}")
        os.close(self.master)
        os.close(self.slave)
        return status


@case("top fills a terminal, is as wide as that, and q ends it")
def _():
    terminal = Terminal("--interval", "1")
    terminal.shows(b"WORKER NODE LOAD")
    terminal.shows(b"TRUNK            LINK")
    terminal.resize(5, 12)
    terminal.seen = b""
    terminal.process.send_signal(signal.SIGWINCH)
    terminal.shows(b"\r\nWORKER NODE \033[K")
    holds(b"TRUNK" not in terminal.seen, "what does not fit is cut")
    os.write(terminal.master, b"q")
    same(terminal.ended(), 0, "exit status")


@case("top gives the terminal back when it is interrupted")
def _():
    terminal = Terminal("--interval", "3600")
    terminal.shows(b"one moment")
    terminal.process.send_signal(signal.SIGINT)
    same(terminal.ended(), -signal.SIGINT, "exit status")


@case("top asks as often as it is told, and a wrong interval is refused")
def _():
    for wrong in ("0", "3601"):
        done = subprocess.run([str(lab.CALLCTL), "top", "--interval", wrong],
                              stderr=subprocess.PIPE, text=True, timeout=lab.DEADLINE_S)
        same(done.returncode, 2, "exit status")
        holds("1 to 3600" in done.stderr, done.stderr)
    process = subprocess.Popen(
        [str(lab.CALLCTL), "--socket", str(appliance.socket), "--json", "top"],
        stdout=subprocess.PIPE, text=True)
    rows = [json.loads(process.stdout.readline()) for _ in range(2)]
    process.kill()
    process.wait()
    holds(rows[0]["uptime_s"] < rows[1]["uptime_s"], "one after the other")


@case("top gives the terminal back when its appliance goes away, and says so")
def _():
    terminal = Terminal("--interval", "1")
    terminal.shows(b"WORKER NODE LOAD")
    appliance.stop()
    same(terminal.ended(b"broke off"), 3, "exit status")


lab.main()
