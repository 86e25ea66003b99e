# SPDX-License-Identifier: BSD-3-Clause
"""Ours and testpmd on the same core, in turns: each answers with the cycles of short windows.

Both stay for the whole bench, so a turn is short, and what the machine does in the meantime happens
to both. While one has its turn, the other one sleeps.
"""

import contextlib
import os
import pathlib
import re
import select
import subprocess
import time

TIMEOUT_S = 120  # of one answer; no wait is without an end
WINDOW_S = 0.001  # of testpmd
START_S = 0.05  # until it has surely forwarded a frame: before that it tells no cycles
WINDOW_FRAMES = 16384  # at least
FRAMES = 1024  # on their way, of each
USUAL_BURST = 32  # of testpmd
CYCLES = re.compile(r"total cycles=(\d+) / total (\S+) packets=(\d+)")
PREEMPTED = re.compile(r"nonvoluntary_ctxt_switches:\s+(\d+)")
DROPPED = re.compile(r"TX-dropped:\s+(\d+)")


class Gone(Exception):
    """A program that does not answer, or answers that it has failed."""


class Program:
    """One that reads lines, and answers lines."""

    def __init__(self, command, env=None):
        self.name = os.path.basename(str(command[-1] if len(command) == 1 else command[2]))
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env)
        self.rest = b""
        self.said = []

    def say(self, line):
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            raise Gone(f"{self.name} has ended: {' '.join(self.said[-1:])}") from None

    def hear(self):
        """The next line."""
        deadline = time.monotonic() + TIMEOUT_S
        while b"\n" not in self.rest:
            ready, _, _ = select.select([self.process.stdout], [], [], deadline - time.monotonic())
            more = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not more:
                raise Gone(f"{self.name} does not answer: {' '.join(self.said[-1:])}")
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\n")
        self.said = self.said[-20:] + [line.decode(errors="replace").strip()]
        return self.said[-1]

    def close(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.communicate(timeout=30)
        except (subprocess.TimeoutExpired, ValueError):
            self.process.kill()
            self.process.wait()


class Ours(Program):
    """build/bench/forward."""

    def __init__(self, build):
        super().__init__([build / "forward"])
        while not (line := self.hear()).startswith("tsc_mhz\t"):
            pass
        _, mhz, burst = line.split("\t")
        self.tsc_mhz, self.burst = float(mhz), int(burst)

    def windows(self, case, seconds):
        """What became of the frames, "-" when they were forwarded, and cycles a frame."""
        self.say(f"{case} {max(1, round(seconds * 1000))}")
        while True:
            reason, tab, values = self.hear().partition("\t")
            if tab:
                if not values:
                    raise Gone(self.hear())
                return reason, [float(v) for v in values.split()]


class Testpmd(Program):
    """Two ports of the kind that ours has, as many frames, bursts and descriptors as ours."""

    def __init__(self, cores, has_hugepages, burst):
        memory = ["--in-memory"] if has_hugepages else ["--no-huge", "-m", "512", "--no-shconf"]
        super().__init__(
            ["stdbuf", "-oL", "dpdk-testpmd", "--lcores", f"0@{cores[-1]},1@{cores[0]}", *memory,
             "--no-pci", "--no-telemetry", "--file-prefix", f"bench-peer-{os.getpid()}",
             "--vdev", "net_ring0", "--vdev", "net_ring1", "--", "-i", "--no-flush-rx",
             "--port-topology=paired", f"--burst={burst}", "--rxd=1024", "--txd=1024",
             "--nb-cores=1", "--total-num-mbufs=8192"])
        self.say("set record-core-cycles on")
        self.worker = None  # of its threads
        self.begin = f"start tx_first {FRAMES // burst // 2}"  # on each of two ports
        self.burst = burst

    def find(self, pattern):
        while True:
            m = pattern.search(self.hear())
            if m:
                return m

    def total(self):
        """Cycles and frames since the start."""
        self.say("show fwd stats all")
        m = self.find(CYCLES)
        return int(m.group(1)), int(m.group(3))

    def n_preempted(self):
        """How often the kernel gave the core of its worker to somebody else."""
        if self.worker is None:
            tasks = pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
            self.worker = next(t for t in tasks if "worker" in (t / "comm").read_text())
        return int(PREEMPTED.search((self.worker / "status").read_text()).group(1))

    def windows(self, mode, seconds, burst=None):
        """Cycles a frame, as it counts them itself: from before receiving to after sending."""
        self.say(f"set burst {burst or self.burst}")
        self.say(f"set fwd {mode}")
        self.say(self.begin)
        self.begin = "start"  # the same frames
        time.sleep(START_S)
        clean, others, spoilt = [], [], True
        before, n_before = self.total(), self.n_preempted()
        end = time.monotonic() + seconds
        while len(clean) + len(others) < 2 or time.monotonic() < end:
            time.sleep(WINDOW_S)
            (cycles, frames), n = self.total(), self.n_preempted()
            is_clean = n == n_before and frames - before[1] >= WINDOW_FRAMES
            if frames - before[1] >= WINDOW_FRAMES:
                kept = clean if is_clean and not spoilt else others
                kept.append((cycles - before[0]) / (frames - before[1]))
            # The cycles of a burst in which its core was lost are told when it has it back.
            spoilt = not is_clean
            before, n_before = (cycles, frames), n
        self.say("stop")
        while not (m := self.find(DROPPED)) or "Accumulated" not in "".join(self.said[-3:]):
            pass
        self.find(CYCLES)  # the last line that has to do with it
        if m.group(1) != "0":
            raise Gone("testpmd lost frames: it had fewer on their way than ours")
        return clean or others

    def close(self):
        with contextlib.suppress(Gone):
            self.say("quit")
        super().close()


@contextlib.contextmanager
def both(build, has_hugepages):
    cores = sorted(os.sched_getaffinity(0))
    programs = []
    try:
        programs.append(Ours(build))
        programs.append(Testpmd(cores, has_hugepages, programs[0].burst))
        os.sched_setaffinity(0, {cores[-1]})  # out of their way
        yield programs
    finally:
        os.sched_setaffinity(0, cores)
        for p in programs:
            p.close()
