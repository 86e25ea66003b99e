#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Bad input: one line that says where, what and what mends it; and nothing is started."""

import pathlib
import socket
import subprocess

import lab
from lab import CALLCTL, CALLPLANE, EXIT_CONFIG, case, holds, same

lab.isolate()

GOOD = """\
control: {lcore: 0, idle: sleep, socket: SOCKET}
limits: {calls: 64, no-huge: true}
ports:
  east: {device: "wire:lab:a"}
  west: {device: "wire:lab:b"}
workers:
  - {lcore: 1, ports: [east, west]}
trunks:
  to-west: {port: east}
  to-east: {port: west, side: network}
routes:
  - {prefix: "e164:49", trunk: to-west}
"""
SOCKET = lab.directory() / "appliance.sock"


def run(text, *arguments):
    """(exit status, lines of stderr, stdout) of an appliance that should end by itself."""
    file = lab.directory() / "bad.yaml"
    file.write_text(text.replace("SOCKET", str(SOCKET)))
    done = subprocess.run([str(CALLPLANE), "-c", str(file), *arguments],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=lab.DEADLINE_S)
    return done.returncode, done.stderr.splitlines(), done.stdout


def complaint(text):
    """The lines with which the appliance refuses @p text; the last one is ours, and mends it."""
    status, lines, out = run(text)
    same(status, EXIT_CONFIG, f"exit status, with {lines}")
    same(out, "", "stdout")
    holds(not SOCKET.exists(), "the control socket is there")
    holds(lines[-1].startswith("callplane: ") and "; mend: " in lines[-1], f"last line: {lines}")
    return lines


def changed(old, new):
    holds(old in GOOD, old)
    return GOOD.replace(old, new, 1)


def at(line, column, text, *words):
    """Refused in one line, which points at that place and has these words."""
    lines = complaint(text)
    same(len(lines), 1, f"number of lines: {lines}")
    holds(f"bad.yaml:{line}:{column}: " in lines[0], f"{line}:{column} in {lines[0]}")
    for word in words:
        holds(word in lines[0], f"{word} in {lines[0]}")


def refused(text, *words):
    """Refused; the last line, ours, has these words."""
    last = complaint(text)[-1]
    for word in words:
        holds(word in last, f"{word} in {last}")


@case("a good configuration passes --check, and starts nothing")
def _():
    status, lines, out = run(GOOD, "--check")
    same((status, lines), (0, []), "exit status and stderr")
    holds("good" in out, out)
    holds(not SOCKET.exists(), "the control socket is there")


@case("an unknown key")
def _():
    at(10, 25, changed("side: network", "sidee: network"), '"sidee"', 'mend: write "side"')
    at(13, 1, GOOD + "rotes: []\n", '"rotes"', "routes")


@case("a missing key, and a missing part")
def _():
    at(9, 12, changed("{port: east}", "{side: user}"), "has no port")
    at(1, 1, GOOD[:GOOD.index("workers:")], "has no workers")


@case("a port that there is not, and a trunk")
def _():
    at(9, 19, changed("{port: east}", "{port: eest}"), '"eest"', "east")
    at(12, 32, changed("trunk: to-west}", "trunk: to-moon}"), '"to-moon"')


@case("a port that is used twice")
def _():
    at(10, 19, changed("{port: west,", "{port: east,"), "port east", "to-west")
    at(5, 18, changed("wire:lab:b", "wire:lab:a"), "wire:lab:a", "east")


@case("a port that no worker polls")
def _():
    at(5, 9, changed("[east, west]", "[east]"), "no worker polls port west")


@case("a value of the wrong type, and one out of range")
def _():
    at(2, 17, changed("calls: 64", "calls: many"), "whole number", '"many"')
    at(2, 17, changed("calls: 64", "calls: 0"), "outside")
    at(2, 30, changed("no-huge: true", "no-huge: perhaps"), "true or false")
    at(4, 9, changed('{device: "wire:lab:a"}', "17"), "mapping")


@case("a label that is in use by users, or by MPLS itself")
def _():
    for label in (40, 15, 1 << 20):
        at(10, 43, changed("{port: west,", f"{{port: west, signalling-label: {label},"),
           "signalling-label", str(label))


@case("what is not YAML at all")
def _():
    complaint(changed("trunks:", "trunks: ["))
    complaint("\t")
    complaint("")


@case("no such file, and no file at all")
def _():
    for path in (lab.directory() / "nowhere.yaml", lab.directory()):
        done = subprocess.run([str(CALLPLANE), "-c", str(path)], stderr=subprocess.PIPE,
                              text=True, timeout=lab.DEADLINE_S)
        same(done.returncode, EXIT_CONFIG, "exit status")
        same(len(done.stderr.splitlines()), 1, done.stderr)
        holds("mend:" in done.stderr, done.stderr)


def with_lan(device):
    return changed("[east, west]", "[east, west, lan]").replace(
        "workers:", f'  lan: {{device: "{device}"}}\nworkers:', 1)


@case("a device that cannot be opened")
def _():
    for device, mend in (("net_af_packet0,iface=no-such", "vdev"), ("net_no_such0", "vdev"),
                         ("0000:ff:1f.7", "dpdk-devbind.py")):
        refused(with_lan(device), "port lan", "line 6", device, mend)


@case("a wire with one end")
def _():
    refused(changed("wire:lab:b", "wire:far:b"), "has no other end", "wire:lab:b")


@case("a core that the machine has not")
def _():
    lines = complaint(changed("lcore: 1,", "lcore: 120,"))
    same(len(lines), 1, f"number of lines: {lines}")
    holds("120" in lines[0], lines[0])


@case("no hugepages")
def _():
    nodes = pathlib.Path("/sys/kernel/mm/hugepages").glob("hugepages-*/free_hugepages")
    if any(int(free.read_text()) for free in nodes):
        raise lab.Skip("this machine has free hugepages")
    refused(changed("no-huge: true", "no-huge: false"), "hugepages", "dpdk-hugepages.py --setup",
            "no-huge: true")


@case("a control socket in a directory that there is not, or that cannot be written")
def _():
    folder = lab.directory() / "none"
    refused(GOOD.replace("SOCKET", str(folder / "s.sock")), f"mkdir -p {folder}")
    holds(not folder.exists(), "the directory is there")
    refused(GOOD.replace("SOCKET", "/proc/s.sock"), "/proc/s.sock")


@case("a control socket where a file is: the file stays")
def _():
    path = lab.directory() / "precious"
    path.write_text("precious")
    refused(GOOD.replace("SOCKET", str(path)), str(path), "no socket")
    same(path.read_text(), "precious", "the file")


@case("a control socket that nobody listens to any more is taken over")
def _():
    path = lab.directory() / "orphan.sock"
    with socket.socket(socket.AF_UNIX) as orphan:
        orphan.bind(str(path))
    appliance = lab.Appliance("orphan", GOOD.replace("SOCKET", str(path)))
    appliance.stop()


@case("a control socket of a living appliance: the second one does not start, the first stays")
def _():
    first = lab.Appliance("first", GOOD.replace("SOCKET", str(lab.directory() / "first.sock")))
    first.wait_links()
    refused(GOOD.replace("SOCKET", str(first.socket)), "another appliance", "shutdown")
    same(first.status()["state"], "running", "state")
    first.wait_links()


def callctl_status(*arguments):
    """(exit status, stderr) of callctl, without the options that the lab gives."""
    done = subprocess.run([str(CALLCTL), *map(str, arguments)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=lab.DEADLINE_S)
    return done.returncode, done.stderr


@case("callctl without an appliance exits 3, and says what mends it")
def _():
    nobody = lab.directory() / "nobody.sock"
    for command in (["status"], ["calls"], ["close", "--all"], ["shutdown"]):
        status, error = callctl_status("--socket", nobody, *command)
        same(status, 3, "exit status")
        same(len(error.splitlines()), 1, error)
        holds("mend:" in error and str(nobody) in error, error)


@case("callctl used wrongly exits 2, before it looks for an appliance")
def _():
    for words in ([], ["no-such"], ["close"], ["close", "--all", "1"], ["dial", "--from"],
                  ["jobs", "one"], ["calls", "-1"], ["status", "--no-such"], ["decode", "no-such"],
                  ["dial", "--from", "e164:1", "--to", "e164:2", "--count", "-1"]):
        status, error = callctl_status(*words)
        same(status, 2, f"exit status of {words}: {error}")
        holds("usage:" in error or "mend: callctl help" in error, error)


@case("what the appliance refuses exits 1, with one line that has a reason")
def _():
    first = next(a for a in lab.Appliance.living if a.name == "first")
    nowhere = ["dial", "--from", "e164:1", "--to"]
    for words, reason in ((nowhere + ["e164:51"], "no route"),
                          (nowhere + ["e164:4x"], "address"),
                          (nowhere + ["e164:49"], "cause"),
                          (["close", 4711], "no such call"),
                          (["close", "--match", "colour=red"], "colour"),
                          (["close", "--all", "--cause", 200], "cause"),
                          (["close", "--all", "--data", "xyz"], "data"),
                          (["cancel", 4711], "job"),
                          (["replay", "/no/such.pcap", "--port", "east"], "/no/such.pcap"),
                          (["replay", first.file, "--port", "east"], "pcap"),
                          (["log", "loud"], "level")):
        error = first.refused(*words)
        same(len(error.splitlines()), 1, error)
        holds(reason in error, f"{reason} in {error}")
    first.wait_gone()
    first.stop()


lab.main()
