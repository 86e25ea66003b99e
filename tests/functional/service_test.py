#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""An appliance as a service: what its supervisor hears, whom it becomes, and what its unit says."""

import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

import lab
from lab import CALLPLANE, EXIT_CONFIG, Appliance, case, holds, same, until

lab.isolate()

UNIT = lab.BUILD / "app" / "service" / "callplane.service"
STARTER = lab.SOURCE / "app" / "service" / "callplane.yaml"
EXPOSURE_TENTHS = 45  # of 100, as systemd-analyze counts what a unit leaves open
USER = "nobody"
WATCHDOG_US = 300000
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WAIT_ANY_THREAD = 0x40000000


class Supervisor:
    """What systemd is for a unit of Type=notify."""

    def __init__(self, watchdog_us=None):
        self.path = str(lab.directory() / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        os.chmod(self.path, 0o777)
        self._environment = {"NOTIFY_SOCKET": self.path}
        if watchdog_us:
            self._environment["WATCHDOG_USEC"] = str(watchdog_us)

    def launch(self, appliance, *arguments):
        os.environ.update(self._environment)
        try:
            appliance.launch(*arguments)
        finally:
            for key in self._environment:
                del os.environ[key]

    def hear(self, seconds=lab.DEADLINE_S):
        """The lines of the next datagram, or None."""
        self._socket.settimeout(seconds)
        try:
            return self._socket.recv(4096).decode().splitlines()
        except (TimeoutError, BlockingIOError):
            return None

    def hear_until(self, word):
        heard = []
        while word not in heard:
            lines = self.hear()
            holds(lines, f"{word} is not heard, but {heard}")
            heard += lines
        return heard

    def forget(self):
        while self.hear(0.001):
            pass

    def close(self):
        self._socket.close()
        os.unlink(self.path)


class StoppedThread:
    """One thread of another process stands still, and the others go on."""

    def __init__(self, tid):
        self._tid = tid

    def _ptrace(self, request):
        if lab._libc.ptrace(request, self._tid, None, None) != 0:
            raise lab.Skip(f"no ptrace here: {os.strerror(ctypes.get_errno())}")

    def __enter__(self):
        self._ptrace(PTRACE_SEIZE)
        self._ptrace(PTRACE_INTERRUPT)
        os.waitpid(self._tid, WAIT_ANY_THREAD)

    def __exit__(self, *_):
        self._ptrace(PTRACE_DETACH)


def settings(**control):
    return lab.config({"east": "wire:lab:a", "west": "wire:lab:b"},
                      {"to-west": {"port": "east"}, "to-east": {"port": "west", "side": "network"}},
                      calls=64, **control)


appliance = Appliance("served", settings(), start=False)


@case("the supervisor hears that the appliance is ready when it answers")
def _():
    supervisor = Supervisor()
    supervisor.launch(appliance)
    heard = supervisor.hear_until("READY=1")
    holds(any(line.startswith("STATUS=running: 1 workers, 2 ports") for line in heard), heard)
    same(appliance.status()["state"], "running", "state")
    appliance.stop()
    heard = supervisor.hear_until("STOPPING=1")
    holds(any(line.startswith("EXTEND_TIMEOUT_USEC=") for line in supervisor.hear()),
          "the drain asks for the time that it needs")
    supervisor.close()


@case("without a supervisor it runs, and with one that is gone too")
def _():
    supervisor = Supervisor()
    supervisor.close()
    supervisor.launch(appliance)
    appliance.wait_running()
    holds("mend: leave NOTIFY_SOCKET unset" in appliance.log_text(), "a line about it")
    appliance.stop()


@case("the control loop feeds the watchdog: when it stands still, nobody does")
def _():
    supervisor = Supervisor(WATCHDOG_US)
    supervisor.launch(appliance)
    supervisor.hear_until("READY=1")
    for _ in range(3):
        supervisor.hear_until("WATCHDOG=1")
    with StoppedThread(appliance.process.pid):
        supervisor.forget()
        time.sleep(3 * WATCHDOG_US / 1e6)
        same(supervisor.hear(0.001), None, "what is heard of a loop that stands still")
    supervisor.hear_until("WATCHDOG=1")
    appliance.stop()
    supervisor.close()


@case("a watchdog of another process is not fed sooner for it")
def _():
    os.environ["WATCHDOG_PID"] = "1"
    supervisor = Supervisor(WATCHDOG_US)
    try:
        supervisor.launch(appliance)
    finally:
        del os.environ["WATCHDOG_PID"]
    supervisor.hear_until("READY=1")
    same(supervisor.hear(), ["WATCHDOG=1"], "the first")
    same(supervisor.hear(3 * WATCHDOG_US / 1e6), None, "the next is due in seconds")
    appliance.stop()
    supervisor.close()


def status_of_threads(pid):
    threads = []
    for path in pathlib.Path(f"/proc/{pid}/task").iterdir():
        lines = (path / "status").read_text().splitlines()
        threads.append(dict(line.split(":\t", 1) for line in lines if ":\t" in line))
    return threads


@case("--user: after the start every thread is that user's, and has no capability")
def _():
    lab.directory().chmod(0o711)
    place = lab.directory() / "of-the-user"
    place.mkdir()
    user = pwd.getpwnam(USER)
    os.chown(place, user.pw_uid, user.pw_gid)
    other = Appliance("other", settings(socket=str(place / "callplane.sock")), start=False)
    other.socket = place / "callplane.sock"
    other.launch("--user", USER)
    other.wait_running()
    threads = status_of_threads(other.process.pid)
    holds(len(threads) >= 3, f"control, worker and management: {len(threads)} threads")
    for thread in threads:
        same(thread["Uid"].split(), [str(user.pw_uid)] * 4, thread["Name"])
        same(thread["Gid"].split(), [str(user.pw_gid)] * 4, thread["Name"])
        holds("0" not in thread["Groups"].split(), f"{thread['Name']} is in the group of root")
        for kind in ("CapPrm", "CapEff", "CapAmb"):
            same(int(thread[kind], 16), 0, f"{kind} of {thread['Name']}")
    same(other.socket.stat().st_uid, user.pw_uid, "owner of the control socket")
    other.stop()
    holds(not other.socket.exists(), "the control socket is gone")


@case("--user: one that there is not ends the start, and the line says what mends it")
def _():
    done = subprocess.run([str(CALLPLANE), "-c", str(appliance.file), "--user", "no-such-user"],
                          stderr=subprocess.PIPE, text=True, timeout=lab.DEADLINE_S)
    same(done.returncode, EXIT_CONFIG, "exit status")
    same(len(done.stderr.splitlines()), 1, done.stderr)
    holds("no-such-user; mend: adduser --system" in done.stderr, done.stderr)


@case("--user: only root can become somebody else")
def _():
    lab.directory().chmod(0o711)
    program, file = lab.directory() / "program", lab.directory() / "readable.yaml"
    shutil.copy(CALLPLANE, program)
    shutil.copy(STARTER, file)
    file.chmod(0o644)
    done = subprocess.run(["setpriv", f"--reuid={USER}", "--clear-groups", str(program), "-c",
                           str(file), "--user", "root"], stderr=subprocess.PIPE, text=True,
                          timeout=lab.DEADLINE_S)
    same(done.returncode, EXIT_CONFIG, done.stderr)
    holds("only root can become root; mend: " in done.stderr, done.stderr)


def analyze(*arguments):
    try:
        done = subprocess.run(["systemd-analyze", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=lab.DEADLINE_S)
    except FileNotFoundError:
        raise lab.Skip("no systemd-analyze; mend: apt install systemd") from None
    same(done.returncode, 0, done.stdout)
    return done.stdout


def unit_here():
    """The unit with the program of this build, for what it runs has to exist."""
    text = UNIT.read_text()
    begin = text.index("ExecStart=!") + len("ExecStart=!")
    installed = text[begin:text.index(" ", begin)]
    path = lab.directory() / "callplane.service"
    path.write_text(text.replace(installed, str(CALLPLANE)))
    return path


@case("systemd has no complaint about the unit")
def _():
    same(analyze("verify", "--man=no", str(unit_here())), "", "what it says")


@case("systemd finds the unit narrowed: little is left open")
def _():
    analyze("security", "--offline=yes", f"--threshold={EXPOSURE_TENTHS}", "--no-pager",
            str(unit_here()))


@case("the configuration to begin with starts anywhere, and its calls come up")
def _():
    first = Appliance("first", STARTER.read_text().replace(
        "idle: sleep}", f"idle: sleep, socket: {lab.directory() / 'first.sock'}}}"))
    first.wait_links()
    first.dial("e164:4910000", "e164:4920000", 10)
    first.wait_active(20)
    first.process.send_signal(signal.SIGTERM)
    same(first.ended(), 0, "exit status")


lab.main()
