#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""callctl capture --signalling of calls under way, as tshark sees it.

    near (root, user) - nt ==== ft - far (leaves, network)
"""

import os

import lab
from lab import Capture, case, holds, same, until

lab.isolate()

INBOUND, OUTBOUND = "0x00000001", "0x00000002"
RATE = 1000000

near, far = lab.neighbours(8, near=("embedded", "user"), far=("standalone", "network"))


def call():
    return near.ctl("calls")[0]["call"]


def modify_and_close():
    near.dial("e164:4910000", "e164:4920000", 1, "--rate", RATE)
    near.ctl("modify", call(), "--rate", 2 * RATE)
    near.ctl("close", call())


def multipoint():
    near.dial("e164:4910001", "e164:4920001", 3, "--multipoint")
    root = call()
    near.ctl("add-party", root, "e164:4920004")
    party = near.parties(root)["e164:4920002"]["party"]
    near.ctl("drop-party", root, party)
    near.ctl("close", root)


def all_gone():
    near.wait_gone()
    far.wait_gone()


def messages(path, only="q2931"):
    return lab.tshark_fields(str(path), "callplane.message", "frame.packet_flags",
                             "callplane.reference", only=only)


whole = None


@case("a call set up, changed and cleared and one with parties are captured, each message decoded")
def _():
    global whole
    capture = Capture(near, "all.pcapng", "--signalling")
    modify_and_close()
    multipoint()
    all_gone()
    result = capture.interrupt()
    whole = capture.path
    rows = messages(whole)
    same([name for name, _, _ in rows if "not known" in name or not name], [], "unknown messages")
    names = {name for name, _, _ in rows}
    expected = {"SETUP", "CONNECT", "CONNECT_ACK", "MODIFY_REQUEST", "MODIFY_ACK", "ADD_PARTY",
                "ADD_PARTY_ACK", "DROP_PARTY", "DROP_PARTY_ACK", "RELEASE", "RELEASE_COMPLETE"}
    same(expected - names, set(), "messages that are missing")
    same(lab.tshark_fields(str(whole), "frame.number", "_ws.expert.message",
                           only="callplane.cut or callplane.bad_length or callplane.bad_nibble"),
         [], "marks")
    frames = lab.tshark_fields(str(whole), "frame.number")
    same((result["frames"], result["dropped"], result["path"]), (len(frames), 0, str(whole)),
         "what callctl says")


@case("each frame has its direction, and the trunk and port as its interface")
def _():
    rows = messages(whole)
    same({flags for name, flags, _ in rows if name in ("SETUP", "ADD_PARTY", "MODIFY_REQUEST")},
         {OUTBOUND}, "direction of requests")
    same({flags for name, flags, _ in rows if name in ("CONNECT", "ADD_PARTY_ACK", "MODIFY_ACK")},
         {INBOUND}, "direction of answers")
    same(set(lab.tshark_fields(str(whole), "frame.interface_name")), {("peer/trunk",)},
         "interfaces")


@case("time stamps have nanoseconds, never go back, and are the wall clock's")
def _():
    times = [stamp for stamp, in lab.tshark_fields(str(whole), "frame.time_epoch")]
    holds(all(len(stamp.split(".")[1]) == 9 for stamp in times), f"digits of {times[0]}")
    same(times, sorted(times), "order")
    age = os.stat(whole).st_mtime - float(times[0])
    holds(0 <= age < 10 * lab.DEADLINE_S, f"the first frame is {age} s older than the file")


@case("of one call only its messages are captured")
def _():
    near.dial("e164:4910000", "e164:4920000", 2)
    first, second = near.ctl("calls")
    capture = Capture(near, "one.pcapng", "--call", first["call"])
    for one in (second, first):
        near.ctl("close", one["call"])
    all_gone()
    result = capture.interrupt()
    rows = messages(capture.path)
    same([name for name, _, _ in rows], ["RELEASE", "RELEASE_COMPLETE"], "messages")
    same({reference for _, _, reference in rows}, {str(first["reference"])}, "references")
    same(result["frames"], 2, "frames")


@case("the two ends of a trunk capture the same octets, in opposite directions")
def _():
    captures = [Capture(near, "near.pcapng", "--signalling", "--trunk", "peer"),
                Capture(far, "far.pcapng", "--signalling", "--trunk", "peer")]
    near.dial("e164:4910000", "e164:4920000")
    near.ctl("close", call())
    all_gone()
    for capture in captures:
        capture.interrupt()
    seen = [messages(capture.path) for capture in captures]
    turned = [(name, OUTBOUND if flags == INBOUND else INBOUND, reference)
              for name, flags, reference in seen[1]]
    same(sorted(seen[0]), sorted(turned), "messages")


@case("a capture ends by itself after its seconds, and when its client vanishes")
def _():
    result = Capture(near, "timed.pcapng", "--signalling", "--seconds", 1).result()
    holds(result["seconds"] >= 1, f"it took {result['seconds']} s")
    vanished = [Capture(near, f"vanished{i}.pcapng", "--signalling") for i in range(4)]
    text = near.refused("capture", "--signalling", "--write", lab.directory() / "fifth.pcapng")
    holds("too many captures" in text, text)
    for capture in vanished:
        capture.vanish()

    def is_free():
        try:
            near.ctl("capture", "--signalling", "--seconds", 1, "--write",
                     lab.directory() / "sixth.pcapng")
            return True
        except lab.Refused:
            return False
    until("there is room for a capture again", is_free)


@case("what cannot be captured is refused with its reason, and makes no file")
def _():
    path = lab.directory() / "never.pcapng"
    for arguments, part in (
            (("--trunk", "peer"), "only signalling"), ((), "only signalling"),
            (("--signalling", "--trunk", "nowhere"), "no trunk 'nowhere'"),
            (("--call", 999999), "no call 999999"),
            (("--signalling", "--write", "/no-such-folder/x.pcapng"), "No such file")):
        if "--write" not in arguments:
            arguments += ("--write", path)
        text = near.refused("capture", *arguments)
        holds(part in text, f"no {part!r} in {text!r}")
    holds(not path.exists(), "there is a file")


@case("a capture costs no call and no frame: nothing is left when it is over")
def _():
    all_gone()
    for appliance in (near, far):
        appliance.stop()


lab.main()
