# SPDX-License-Identifier: BSD-3-Clause
"""Frames at a steady rate through a switch, by build/bench/traffic: what it lost of them."""

import dataclasses
import os
import time

from beside import Program
from pktgen.process import prefer

TRIAL_S = 0.7
NO_LOSS = 0.001  # of what is offered: machines are shared
SHARE = 0.8  # of the rate without loss
WARM_TRIALS = 6  # until the switch knows all that it will see
TRIALS = 2
QUIET_S = 5  # at most


@dataclasses.dataclass
class Loss:
    """Of one stretch of time."""
    rate: float  # offered, frames a second
    offered: int
    received: int
    late_s: float  # nothing could be offered for so long

    @property
    def lost(self):
        return max(0, self.offered - self.received)

    @property
    def blocked_ms(self):
        """For how long nothing got through, if all was lost at once."""
        return self.lost / self.rate * 1e3


def parse_loss(rate, line):
    """What the program answers, or None: that was something else."""
    words = line.split("\t")
    if len(words) != 3:
        return None
    return Loss(rate, int(words[0]), int(words[1]), float(words[2]))


class Traffic(Program):
    """@p vdevs: where frames go in, and where they come out. @p prefix: words to start it with."""

    def __init__(self, build, vdevs, options, core, has_hugepages, prefix=()):
        memory = ["--in-memory"] if has_hugepages else ["--no-huge", "-m", "256", "--no-shconf"]
        super().__init__([*prefix, build / "traffic", "--lcores", f"0@{core}", "--no-pci", *memory,
                          "--single-file-segments", "--no-telemetry", "--log-level", "error",
                          "--file-prefix", f"bench-traffic-{os.getpid()}",
                          *[word for v in vdevs for word in ("--vdev", v)], "--", *options])
        self.name = "traffic"
        self.rate = 0.0
        try:
            while self.hear() != "ready":
                pass
        except BaseException:
            self.close()
            raise
        prefer(self.process.pid)

    def begin(self):
        self.say(f"begin {self.rate}")

    def end(self):
        self.say("end")
        while (loss := parse_loss(self.rate, self.hear())) is None:
            pass
        return loss

    def during(self, work):
        """What is lost while work() runs, and the seconds that it took."""
        self.begin()
        try:
            begun = time.monotonic()
            work()
            seconds = time.monotonic() - begun
        finally:
            loss = self.end()
        return loss, seconds

    def quiet(self, seconds):
        return self.during(lambda: time.sleep(seconds))[0]

    def tell(self, rows, name, loss, seconds):
        """What was lost in that time, and beside it what a quiet spell loses in as much."""
        spell = min(seconds, QUIET_S)
        quiet = self.quiet(spell)
        rows.add(f"{name}/blocked_ms", loss.blocked_ms, "ms")
        rows.add(f"{name}/blocked_ms_quiet", quiet.blocked_ms * seconds / spell, "ms")
        rows.add(f"{name}/offered_fps", self.rate, "fps")

    def settle(self, rates):
        """A share of the largest of @p rates at which nothing is lost once the switch is warm.

        Where something always is, of the smallest: blocked_ms_quiet then says so.
        """
        n_trials = WARM_TRIALS
        for rate in rates:
            self.rate = rate
            losses = (self.quiet(TRIAL_S) for _ in range(n_trials))
            if any(loss.lost <= NO_LOSS * loss.offered for loss in losses):
                break
            n_trials = TRIALS
        self.rate *= SHARE
