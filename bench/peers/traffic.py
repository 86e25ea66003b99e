# SPDX-License-Identifier: BSD-3-Clause
"""Frames at a steady rate through a switch, by build/bench/traffic: what it offered and got back."""

import os
import subprocess

from beside import Gone, Program
from pktgen.process import prefer


class Traffic(Program):
    """@p vdevs: where frames go in, and where they come out. @p prefix: words to start it with."""

    def __init__(self, build, vdevs, options, core, has_hugepages, prefix=()):
        memory = ["--in-memory"] if has_hugepages else ["--no-huge", "-m", "256", "--no-shconf"]
        super().__init__([*prefix, build / "traffic", "--lcores", f"0@{core}", "--no-pci", *memory,
                          "--single-file-segments", "--no-telemetry", "--log-level", "error",
                          "--file-prefix", f"bench-traffic-{os.getpid()}",
                          *[word for v in vdevs for word in ("--vdev", v)], "--", *options])
        self.name = "traffic"
        while self.hear() != "ready":
            pass
        prefer(self.process.pid)

    def begin(self):
        self.say("begin")

    def end(self):
        """Frames offered, frames that came back, seconds in which it could not offer any."""
        self.say("end")
        while True:
            words = self.hear().split("\t")
            if len(words) == 3:
                return int(words[0]), int(words[1]), float(words[2])
