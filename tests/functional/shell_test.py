#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""callctl as it is used by hand: exit codes, files of commands, the shell on a terminal, bash.

    near (user) - nt ==== ft - far (network)
"""

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import time

import lab
from lab import case, holds, same, until

lab.isolate()

N = 300  # more than are shown to complete from
NEAR, FAR = "e164:4910000", "e164:4920000"
near, far = lab.neighbours(N, near=("embedded", "user"), far=("standalone", "network"))
HOME = lab.directory() / "home"
HOME.mkdir()
ENVIRONMENT = dict(os.environ, HOME=str(HOME), TERM="xterm")


def run(*arguments, text="", socket=None):
    return subprocess.run(
        [str(lab.CALLCTL), "--socket", str(socket or near.socket), *map(str, arguments)],
        input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT,
        timeout=lab.DEADLINE_S)


class Terminal:
    """callctl on a terminal of its own."""

    def __init__(self, *arguments):
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            command = [str(lab.CALLCTL), "--socket", str(near.socket), *map(str, arguments)]
            os.execve(command[0], command, ENVIRONMENT)

    def _read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other end is closed
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)

    def await_text(self, *patterns):
        """Reads on until all are seen, in order, and forgets up to there. @return What was."""
        end = time.monotonic() + lab.DEADLINE_S
        for pattern in patterns:
            while not (found := re.search(pattern, self.seen)):
                if not self._read(1) and time.monotonic() > end:
                    raise AssertionError(f"no {pattern!r} in {self.seen!r}")
            text, self.seen = self.seen[:found.end()], self.seen[found.end():]
        return text

    def type(self, text):
        os.write(self.fd, text.encode())

    def ended(self, key=""):
        """The exit status; what is still said is seen. @p key is typed until then: what comes
        while the line editor takes the terminal over is lost, as at any terminal."""
        end = time.monotonic() + lab.DEADLINE_S
        while (done := os.waitpid(self.pid, os.WNOHANG))[0] == 0:
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
            with contextlib.suppress(OSError):  # it is just ending
                self.type(key)
            if not self._read(0.5):
                time.sleep(0.02)
        while self._read(0):
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(done[1])


PROMPT = r"callctl> "


def shell():
    terminal = Terminal()
    terminal.await_text(PROMPT)
    return terminal


def calls():
    return {str(row["call"]) for row in near.ctl("calls")}


@case("exit codes tell done, refused, a mistake of usage, and that there is no appliance")
def _():
    same(run("status").returncode, 0, "done")
    refused = run("close", 999999999)
    same(refused.returncode, 1, "refused")
    holds("no such call" in refused.stderr, refused.stderr)
    for words in (("fly",), ("close",), ("status", "--fly"), (), ("-f",), ("-f", "/no/such"),
                  ("jobs", "--follow")):
        same(run(*words).returncode, 2, f"usage: {words}")
    same(run("status", socket="/no/such").returncode, 3, "no appliance")


@case("every command that asks has text and JSON of the same things")
def _():
    near.dial(NEAR, FAR, 2)
    table = [json.loads(line) for line in run("help", "--json").stdout.splitlines()]
    names = [row["name"] for row in table]
    usage = run("help").stdout
    for name in names:
        holds(f"\n  {name} " in usage, f"no {name} in the usage")
    for name in ("status", "ports", "trunks", "attachments", "vcs", "calls", "counters",
                 "workers", "jobs"):
        holds(name in names, name)
        text, rows = run(name), near.ctl(name)
        same(text.returncode, 0, name)
        if name in ("status", "counters"):
            for key in rows[0]:
                holds(f"{key.replace('_', ' ')} " in text.stdout, f"{name}: no {key}")
        else:
            same(len(text.stdout.splitlines()), len(rows) + 1, f"{name}: lines")
    near.ctl("close", "--all")


@case("a file of commands is done line by line, and ends with the first that is not done")
def _():
    path = lab.directory() / "commands"
    path.write_text(f"# two calls\n\ndial --from {NEAR} --to '{FAR}' --count 2\n"
                    "  close --all --cause 16\njobs --json\n")
    done = run("-f", path)
    same((done.returncode, done.stderr), (0, ""), "done")
    kinds = [json.loads(line)["kind"] for line in done.stdout.splitlines()
             if line.startswith("{")]
    same(kinds[-2:], ["dial", "close"], "jobs")
    path.write_text("status\nclose 999999999\nshutdown\n")
    broken = run("--json", "-f", path)
    same(broken.returncode, 1, "refused")
    same(json.loads(broken.stdout.splitlines()[0])["state"], "running", "what came before")
    holds(f"{path}:2: " in broken.stderr, broken.stderr)
    same(near.status()["state"], "running", "what follows is not done")


@case("a file of commands may come from standard input")
def _():
    done = run("-f", "-", text="status --json\nfly\n")
    same((done.returncode, json.loads(done.stdout)["state"]), (2, "running"), "lines")
    holds("stdin:2: " in done.stderr, done.stderr)


@case("the shell does what it is told, keeps its history, and ends with Ctrl-D")
def _():
    terminal = shell()
    terminal.type(f"dial --from {NEAR} --to {FAR}\r")
    terminal.await_text(r"job \d+: dial done: 1 of 1, 0 failed", PROMPT)
    same(len(calls()), 1, "calls")
    terminal.type("close --all\r")
    terminal.await_text(r"job \d+: close done: 1 of 1", PROMPT)
    terminal.type("close 'open\r")
    terminal.await_text("a quote is not closed", PROMPT)
    terminal.type("# a remark\r\r")
    terminal.await_text(PROMPT, PROMPT)
    terminal.type("status --json\r")
    terminal.await_text('"state":"running"', PROMPT)
    same(terminal.ended("\x04"), 0, "exit status")
    terminal = shell()
    terminal.type("\x1b[A")
    terminal.await_text("status --json")
    terminal.type("\r")
    terminal.await_text('"state":"running"', PROMPT)
    terminal.type("close 999999999\r")
    terminal.await_text("no such call", PROMPT)
    terminal.type("exit\r")
    same(terminal.ended(), 1, "exit status is the last command's")


@case("? tells what can stand where it is typed, and is itself within quotes")
def _():
    terminal = shell()
    terminal.type("clo?")
    terminal.await_text("close +close calls", "close-af +close a trunk", PROMPT + "clo")
    terminal.type("se ?")
    terminal.await_text(r"CALL \| --all", "--match EXPR +those of which", PROMPT + "close ")
    terminal.type("--match 'to=?*'\r")
    terminal.await_text(r"close done: 0 of 0|no call", PROMPT)
    terminal.type("exit\r")
    terminal.ended()


@case("Tab completes commands, options, and the ids and names that there are now")
def _():
    near.dial(NEAR, FAR, 2, "--multipoint")
    call, = calls()
    near.ctl("name", call, "lan")
    name = near.ctl("calls")[0]["name"]
    parties = sorted(str(row["party"]) for row in near.ctl("parties", call))
    terminal = shell()
    terminal.type("par\t" + call[:3] + "\t\r")
    terminal.await_text(f"ties .*{call[3:]} ", FAR, PROMPT)
    terminal.type("calls la\t\r")
    terminal.await_text(f"calls la.*{name[2:]} ", "from +" + NEAR, PROMPT)
    terminal.type(f"drop-party {name} \t")
    if os.path.commonprefix(parties):  # they have that in common: it is typed, then they are told
        terminal.type("\t")
    terminal.await_text(r"\s+".join(parties), PROMPT)
    terminal.type("\x03reset \t")
    terminal.await_text("reset .*peer ")
    terminal.type("\x03dial --f\t\t")
    terminal.await_text("--f.*rom ", "e164:49100")
    terminal.type("\x03close --trunk=p\t")
    terminal.await_text("p.*eer ")
    terminal.type("\x03exit\r")
    terminal.ended()
    near.ctl("close", "--all")


@case("of more ids than one can read some are shown, and nothing is typed that not all have")
def _():
    near.dial(NEAR, FAR, N)
    terminal = shell()
    terminal.type("parties \t")
    terminal.await_text(r"\n\.\.\.\s", PROMPT + r"parties $")
    terminal.type("\x03exit\r")
    terminal.ended()
    near.ctl("close", "--all")


@case("Ctrl-C drops a line, ends a command that runs, and leaves the shell")
def _():
    terminal = shell()
    terminal.type("shutdown\x03status --json\r")
    terminal.await_text('"state":"running"', PROMPT)
    path = lab.directory() / "shell.pcapng"
    terminal.type(f"capture --signalling --write {path}\r")
    until("the capture has begun", lambda: path.exists() and path.stat().st_size > 0)
    terminal.type("\x03")
    terminal.await_text(rf"\d+ frames written to {path}", PROMPT)
    terminal.type("top\r")
    terminal.await_text("WORKER NODE")
    terminal.type("q")
    terminal.await_text(PROMPT)
    terminal.type("exit\r")
    same(terminal.ended(), 0, "exit status")


@case("a job shows how far it is, its rate and the time left; left alone by Ctrl-C it goes on")
def _():
    far.process.send_signal(signal.SIGSTOP)
    try:
        terminal = Terminal("dial", "--from", NEAR, "--to", FAR, "--count", N)
        terminal.await_text(rf"dial \[-+\] +0 %  0 of {N}  0/s  \? left")
        terminal.type("\x03")
        terminal.await_text(r"job \d+ goes on; jobs shows it, cancel \d+ ends it")
        same(terminal.ended(), -signal.SIGINT, "ended by the signal")
        job = near.ctl("jobs")[-1]
        same(job["state"], "running", "the job")
        terminal = Terminal("jobs", job["job"], "--follow")
        terminal.await_text(rf"dial \[-+\] +0 %  0 of {N}  0/s  \? left")
    finally:
        far.process.send_signal(signal.SIGCONT)
    terminal.await_text(rf"job {job['job']}: dial done: {N} of {N}, 0 failed, .*/s")
    same(terminal.ended(), 0, "exit status of the one that follows")
    near.wait_active(N)
    terminal = Terminal("close", "--all")
    terminal.await_text(rf"job \d+: close done: {N} of {N}, 0 failed")
    same(terminal.ended(), 0, "exit status")


def bash(line):
    """What bash would offer behind this line."""
    script = (f"source {lab.SOURCE}/app/callctl/callctl.bash; COMP_LINE=$1; COMP_POINT=${{#1}}; "
              '_callctl; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", line], stdout=subprocess.PIPE, text=True,
                          env=dict(ENVIRONMENT, CALLPLANE_SOCKET=str(near.socket)), check=True)
    return done.stdout.split()


@case("bash completes commands, options, and ids and names, also behind = and :")
def _():
    same(bash(f"{lab.CALLCTL} clo"), ["close", "close-af"], "commands")
    same(bash(f"{lab.CALLCTL} restart peer --v"), ["--vpci"], "options")
    same(bash(f"{lab.CALLCTL} reset "), ["peer"], "trunks")
    same(bash(f"{lab.CALLCTL} close --trunk="), ["peer"], "trunks behind =")
    same(bash(f"{lab.CALLCTL} dial --from e164:491000"), [f"49100{i:02}" for i in range(10)],
         "addresses behind :")
    near.dial(NEAR, FAR)
    call, = calls()
    same(bash(f"{lab.CALLCTL} close {call[:3]}"), [call], "calls")
    near.ctl("close", "--all")


@case("nothing is left")
def _():
    for appliance in (near, far):
        appliance.wait_gone()
        appliance.stop()


lab.main()
