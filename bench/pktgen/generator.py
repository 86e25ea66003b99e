# SPDX-License-Identifier: BSD-3-Clause
"""Pktgen-DPDK as a process: under a terminal of its own, obeying by way of serve.lua."""

import os
import pathlib
import pty
import select
import shutil
import threading
import time

import labels
from process import Failed, end, last_line, prefer, spawn

HERE = pathlib.Path(__file__).resolve().parent
HOW_TO_GET_IT = """no pktgen; mend: build one and put it on PATH, or give --pktgen FILE:
  git clone --branch pktgen-23.06.1 https://github.com/pktgen/Pktgen-DPDK && cd Pktgen-DPDK
  apt-get install build-essential meson pkg-config libdpdk-dev liblua5.3-dev libpcap-dev libnuma-dev
  CFLAGS="$(pkg-config --cflags libdpdk)" meson setup build -Denable_lua=true && ninja -C build
  # it is build/app/pktgen. 23.03 and 23.06.1 are those that build with Debian's DPDK 22.11;
  # 24.10.3 wants a DPDK 24.11 of its own, and can make random labels by itself
  # (bench/README.md: pktgen)"""
START_S = 120  # with a capture of a million frames
MARGIN_S = 30  # beyond what a trial takes


def find(named):
    path = shutil.which(named or os.environ.get("PKTGEN") or "pktgen")
    if path is None:
        raise Failed(HOW_TO_GET_IT)
    return path


class Pktgen:
    """
    One run of it. @p devices: one or two vdevs, of which the first one sends. @p may_share: both
    may belong to one lcore.
    """

    def __init__(self, program, directory, devices, cores, has_hugepages, capture=None,
                 may_share=True):
        self.log = pathlib.Path(directory) / "pktgen.log"
        self._pipes = {}
        for name in ("commands", "results"):
            path = pathlib.Path(directory) / f"pktgen.{name}"
            path.unlink(missing_ok=True)
            os.mkfifo(path)
            # Both ways, so that opening waits for nobody and the other end's coming is no event.
            self._pipes[name] = (path, os.open(path, os.O_RDWR | os.O_NONBLOCK))
        memory = (["--in-memory", "--single-file-segments"] if has_hugepages
                  else ["--no-huge", "-m", "2048"])
        lcores, ports = self._places(cores, len(devices), may_share)
        command = [program, "--lcores", lcores, "-n", "1", "--no-pci", *memory, "--file-prefix",
                   f"pktgen-{os.getpid()}"]
        for device in devices:
            command += ["--vdev", device]
        command += ["--"]
        for port in ports:  # one by one: new versions take no list
            command += ["-m", port]
        if capture:
            command += ["-s", f"0:{capture}"]
        command += ["-f", HERE / "serve.lua"]
        self._received = b""
        self._launch(command, cores)
        try:
            hello = self._answer(START_S)
        except Failed:
            self.kill()
            raise
        self._timers = self._find_timers(cores.control)
        prefer(self.process.pid)  # it ends a trial in time, though the sender never sleeps
        self.version = "{}.{:02}".format(*divmod(int(hello["version"]), 100))
        self.has_random_bits = hello["random_bits"] == "true"

    @staticmethod
    def _places(cores, n_devices, may_share):
        """Lcores on cores, ports on lcores: the receiver has one if it has a core, or must."""
        lcores, ports = f"0@{cores.control},1@{cores.sender}", ["1.0"]
        if n_devices == 1:
            return lcores, ports
        if may_share and cores.receiver == cores.sender:
            return lcores, [*ports, "1.1"]
        return f"{lcores},2@{cores.receiver}", [*ports, "2.1"]

    def _launch(self, command, cores):
        # Its command line wants a terminal, and draws on it.
        ours, theirs = pty.openpty()
        environment = os.environ | {
            "CALLPLANE_COMMANDS": str(self._pipes["commands"][0]),
            "CALLPLANE_RESULTS": str(self._pipes["results"][0]), "TERM": "vt100"}
        self.process = spawn(command, self.log, {cores.sender, cores.receiver, cores.control},
                             stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                             env=environment)
        os.close(theirs)
        threading.Thread(target=self._drain, args=(ours,), daemon=True).start()

    def _find_timers(self, core):
        """
        Pktgen's timer thread, which reads the counters, spins, and on the core with the number of
        the main lcore: where that is the sender's core, it would take half of it.
        """
        tasks = {int(task.name): (task / "comm").read_text()
                 for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()}
        timers = [tid for tid, name in tasks.items()
                  if tid != self.process.pid and name == tasks[self.process.pid]]
        for tid in timers:
            os.sched_setaffinity(tid, {core})
        return timers

    def _set_timers(self, policy):
        for tid in self._timers:
            os.sched_setscheduler(tid, policy, os.sched_param(0))

    def _drain(self, terminal):
        with open(self.log, "wb", buffering=0) as log:
            while True:
                try:
                    text = os.read(terminal, 65536)
                except OSError:  # the other side is closed
                    break
                if not text:
                    break
                log.write(text)
        os.close(terminal)

    def _answer(self, seconds):
        give_up = time.monotonic() + seconds
        results = self._pipes["results"][1]
        while b"\n" not in self._received:
            if select.select([results], [], [], 0.1)[0]:
                self._received += os.read(results, 65536)
            elif self.process.poll() is not None:
                raise Failed(f"pktgen ended with {self.process.returncode}: {last_line(self.log)}")
            elif time.monotonic() > give_up:
                raise Failed(f"pktgen does not answer: {last_line(self.log)}")
        line, self._received = self._received.split(b"\n", 1)
        answer = dict(word.split("=", 1) for word in line.decode().split())
        if "error" in answer:
            raise Failed(f"pktgen: {answer['error'].replace('_', ' ')}")
        return answer

    def _tell(self, name, **arguments):
        words = [name] + [f"{k}={v}" for k, v in arguments.items() if v is not None]
        os.write(self._pipes["commands"][1], (" ".join(words) + "\n").encode())

    def _command(self, name, **arguments):
        self._tell(name, **arguments)
        return self._answer(MARGIN_S)

    def send_capture(self, probe_entry):
        self._command("capture", entry=f"{probe_entry:08x}")

    def send_made(self, entry, size, value_and_free=None):
        mask = labels.random_mask(*value_and_free) if value_and_free else None
        self._command("made", entry=f"{entry:08x}", size=size, mask=mask)

    def trial(self, percent, seconds, latency_us=None):
        """Numbers by name, as trial.lua tells them."""
        self._set_timers(os.SCHED_IDLE)
        self._tell("trial", percent=f"{percent:.9f}", ms=round(1000 * seconds),
                   latency_us=latency_us)
        time.sleep(seconds)
        self._set_timers(os.SCHED_OTHER)  # the counters are read now
        got = self._answer(MARGIN_S)
        return {name: float(value) for name, value in got.items()}

    def quit(self):
        self._tell("quit")
        give_up = time.monotonic() + MARGIN_S
        while self.process.poll() is None and time.monotonic() < give_up:
            time.sleep(0.05)
        self.kill()

    def kill(self):
        end(self.process)
        for _, pipe in self._pipes.values():
            os.close(pipe)
        self._pipes = {}


def version(program, directory, cores, has_hugepages):
    """(version, whether it has random bits), by running it on a port that leads nowhere."""
    pktgen = Pktgen(program, directory, ["net_null0"], cores, has_hugepages)
    pktgen.quit()
    return pktgen.version, pktgen.has_random_bits
