#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The commonest mistakes of an operator: each answer says what is wrong, where, and what mends it,
in one line before any usage, ends with the status that says whose fault it was, and no call ends."""

import subprocess

import lab
from lab import CALLCTL, CALLPLANE, EXIT_CONFIG, case, holds, same

lab.isolate()

REFUSED, USAGE, NO_APPLIANCE = 1, 2, 3
OWN, PEER = "e164:4981", "e164:4982"

box = lab.Appliance("box", lab.config(
    {"east": "wire:lab:a", "west": "wire:lab:b", "lan": "net_null0,no-rx=1"},
    {"to-west": {"port": "east"}, "to-east": {"port": "west", "side": "network"}},
    [{"address": OWN, "port": "lan", "vlan": 1}, {"address": PEER, "port": "lan", "vlan": 2}],
    {"e164:498": "to-west"}, calls=64))
box.wait_links()
NOWHERE = lab.directory() / "nowhere"

# (what was done wrong, the command, its exit status, words of the answer)
MISTAKES = (
    ("a call to where no route leads", ("dial", "--from", OWN, "--to", "e164:33123"), REFUSED,
     ("no route to e164:33123", "mend: add it to routes")),
    ("an address without its kind", ("dial", "--from", "4981", "--to", PEER), REFUSED,
     ("'4981'", "e164:", "mend:")),
    ("half of what dial needs", ("dial", "--to", PEER), USAGE, ("--from is missing",)),
    ("a command that there is not", ("dail",), USAGE, ("no command dail",)),
    ("an argument too many", ("status", "extra"), USAGE, ('"extra"', "too many")),
    ("a close of nothing in particular", ("close",), USAGE, ("say which calls",)),
    ("a close of a call that there is not", ("close", "99"), REFUSED,
     ("call 99", "mend: see callctl calls")),
    ("a close by a name that no call has", ("close", "lobby"), REFUSED,
     ("'lobby'", "mend: see callctl calls")),
    ("a close of a trunk that there is not", ("close", "--trunk", "to-moon"), REFUSED,
     ("'to-moon'", "mend: see callctl trunks")),
    ("a term that no close knows", ("close", "--match", "trnk=to-west"), REFUSED,
     ("'trnk=to-west'", "mend: trunk, direction, from, to or label")),
    ("a cause beyond the standard's", ("close", "--all", "--cause", "300"), REFUSED,
     ('"cause"', "1 to 127")),
    ("close data that is not hex", ("close", "--all", "--data", "xyz"), REFUSED,
     ('"data"', "hex", "128 octets")),
    ("a restart of a trunk that there is not", ("restart", "to-moon"), REFUSED,
     ("'to-moon'", "mend: see callctl trunks")),
    ("a VPCI beyond the trunk's", ("restart", "to-west", "--vpci", "99"), REFUSED,
     ('"vpci"', "0 to 15")),
    ("a rate in words", ("modify", "1", "--rate", "fast"), USAGE, ("--rate", '"fast"')),
    ("a change of a call that there is not", ("modify", "99", "--rate", "9000"), REFUSED,
     ("call 99", "mend: see callctl calls")),
    ("a trace of a call that never was", ("trace", "99"), REFUSED,
     ("no such call", "mend: see callctl calls")),
    ("a capture of a trunk that there is not",
     ("capture", "--signalling", "--trunk", "to-moon", "--write", NOWHERE, "--seconds", "1"),
     REFUSED, ("'to-moon'", "mend: see callctl trunks")),
    ("a capture into a directory that there is not",
     ("capture", "--signalling", "--write", NOWHERE / "x.pcapng", "--seconds", "1"), REFUSED,
     ("x.pcapng", "mend: give a file that can be written")),
    ("a replay of a file that there is not", ("replay", NOWHERE, "--port", "east"), REFUSED,
     ("nowhere", "mend: give a pcap or pcapng file")),
    ("a cancel of a job that there is not", ("cancel", "7"), REFUSED,
     ("job 7", "mend: see callctl jobs")),
)


def run(*command):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=lab.DEADLINE_S)
    return done.returncode, [line for line in done.stderr.splitlines() if line]


def answers(got, status, words):
    same(got[0], status, f"exit status, with {got[1][:1]}")
    holds(got[1], "nothing on stderr")
    for word in words:
        holds(word in got[1][0], f"{word} in {got[1][0]}")


@case("a call stands that no mistake may end")
def _():
    box.dial(OWN, PEER)
    box.wait_active(2)  # at both ends


def mistake(what, command, status, words):
    @case(f"a mistake is told, and ends no call: {what}")
    def _():
        answers(run(CALLCTL, "--socket", box.socket, *command), status, words)
        same(box.active(), 2, "active calls")


for each in MISTAKES:
    mistake(*each)


@case("no appliance at that socket")
def _():
    answers(run(CALLCTL, "--socket", NOWHERE, "status"), NO_APPLIANCE,
            (str(NOWHERE), "mend: start it, or give --socket PATH"))


@case("the same appliance started twice")
def _():
    status, lines = run(CALLPLANE, "-c", box.file)
    answers((status, lines[-1:]), EXIT_CONFIG, (str(box.socket), "mend:"))


lab.main()
