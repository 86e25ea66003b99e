#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Make the seeds of the fuzz targets from the vectors and the recorded dialogues.

  tests/fuzz/seeds.py [DIRECTORY]     writes DIRECTORY/TARGET/seed-..., default tests/fuzz/corpus
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent / "vectors"


def rows(name):
    for line in (VECTORS / name).read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def dialogues(name):
    """Rows of a trace by scenario, in order."""
    found = {}
    for scenario, ms, kind, side, value, *_ in rows(name):
        found.setdefault(scenario, []).append((int(ms), kind, side, value))
    return found


def q2931():
    for name, octets, *_ in rows("q2931.tsv"):
        yield f"vector-{name}", bytes.fromhex(octets)
    for scenario, events in dialogues("trace-q2931.tsv").items():
        for n, (_, kind, _, value) in enumerate(events):
            if kind in ("tx", "inj"):
                yield f"{scenario}-{n}", bytes.fromhex(value)


# ---- SSCOP: steps of sscop_fuzz.c ----

SSCOP_REQUESTS = {
    "AA-ESTABLISH.REQUEST": 0,
    "AA-ESTABLISH.RESPONSE": 1,
    "AA-RELEASE.REQUEST": 2,
    "AA-RESYNC.REQUEST": 3,
    "AA-RESYNC.RESPONSE": 4,
    "AA-RECOVER.RESPONSE": 5,
    "AA-UNITDATA.REQUEST": 6,
    "MAA-UNITDATA.REQUEST": 7,
}
SSCOP_STEPS_MS = (1, 10, 100, 500, 750, 1000, 2000, 5000, 7000, 15000)
STATE_IDLE, STATE_READY = 0, 9
WINDOW_64 = 2


def sscop_time(ms):
    """Whole steps that come near: timers are what matters, not the millisecond."""
    octets = b""
    for step in reversed(range(len(SSCOP_STEPS_MS))):
        n = min(ms // SSCOP_STEPS_MS[step], 20)
        ms -= n * SSCOP_STEPS_MS[step]
        octets += bytes([2, step]) * n
    return octets


def sscop_pdu(octets):
    return bytes([0, len(octets)]) + octets if len(octets) < 256 else b""


def sscop_side(events, side):
    """What one side of a dialogue sees and is asked for."""
    octets, now = bytes([WINDOW_64, STATE_IDLE]), 0
    for ms, kind, who, value in events:
        heard = who == side if kind == "inj" else kind == "tx" and who != side
        asked = kind == "req" and who == side
        if not heard and not asked:
            continue
        octets += sscop_time(ms - now)
        now = ms
        if heard:
            octets += sscop_pdu(bytes.fromhex(value))
        elif value == "AA-DATA.REQUEST":
            octets += bytes([3, 1])
        else:
            octets += bytes([1, SSCOP_REQUESTS[value]])
    return octets


def sscop():
    for name, octets, *_ in rows("sscop.tsv"):
        octets = bytes.fromhex(octets)
        if len(octets) < 256:
            for state in (STATE_IDLE, STATE_READY):
                yield f"vector-{name}-{state}", bytes([WINDOW_64, state]) + sscop_pdu(octets)
    for scenario, events in dialogues("trace-sscop.tsv").items():
        for side in "AB":
            yield f"{scenario}-{side}", sscop_side(events, side)


# ---- Call control: steps of uni_fuzz.c ----

ASK = {name: n for n, name in enumerate((
    "nothing", "setup", "setup_multipoint", "proceed", "alert", "accept", "refuse", "close",
    "close_with_data", "modify", "modify_accept", "modify_confirm", "modify_refuse", "party_add",
    "party_alert", "party_accept", "party_refuse", "party_drop", "party_drop_with_data",
    "put_labels", "pull", "restart"))}
UNI_REQUESTS = {
    "SETUP_request": "setup",
    "SETUP_response": "accept",
    "SETUP_COMPLETE_request": "nothing",
    "PROCEEDING_request": "proceed",
    "ALERTING_request": "alert",
    "RELEASE_request": "close",
    "RELEASE_response": "close",
    "ADD_PARTY_request": "party_add",
    "ADD_PARTY_ACK_request": "party_accept",
    "ADD_PARTY_REJ_request": "party_refuse",
    "PARTY_ALERTING_request": "party_alert",
    "DROP_PARTY_request": "party_drop",
    "DROP_PARTY_ACK_request": "party_drop",
}
UNI_STEPS_MS = (0, 1, 100, 1000, 4000, 4000, 10000, 14000, 20000, 30000, 34000, 90000, 120000,
                180000)
RECEIVE, TIME, PULL, ASK_STEP, LINK = 0, 1, 2, 3, 5
FIRST_REFERENCE = 13  # of the recorded dialogues; ours begin with 1


def uni_ask(what):
    """The step and its operand: one request in five bits, of the first call or party."""
    return bytes([ASK_STEP | ASK[what] << 3, 0])


def uni_time(ms):
    octets = b""
    for step in reversed(range(1, len(UNI_STEPS_MS))):
        if step == 5:
            continue
        n = ms // UNI_STEPS_MS[step]
        ms -= n * UNI_STEPS_MS[step]
        octets += bytes([TIME, step]) * min(n, 4)
    return octets


def uni_message(octets):
    if len(octets) >= 9 and octets[0] == 9 and octets[1] == 3:
        reference = int.from_bytes(octets[2:5], "big")
        value = reference & 0x7fffff
        if FIRST_REFERENCE <= value < 0x7fffff:
            value -= FIRST_REFERENCE - 1
        octets = octets[:2] + (reference & 0x800000 | value).to_bytes(3, "big") + octets[5:]
    return bytes([RECEIVE]) + len(octets).to_bytes(2, "big") + octets


def uni_side(events, side):
    octets, now = bytes([side == "N"]), 0
    multipoint = any("ADD_PARTY" in value for *_, value in events)
    for ms, kind, who, value in events:
        heard = who == side if kind == "inj" else kind == "tx" and who != side
        asked = kind == "req" and who == side and value in UNI_REQUESTS
        if kind == "saal" and value == "link lost":
            octets += bytes([LINK, 0])
        if not heard and not asked:
            continue
        octets += uni_time(ms - now)
        now = ms
        if heard:
            octets += uni_message(bytes.fromhex(value))
        elif value == "SETUP_request" and multipoint:
            octets += uni_ask("setup_multipoint")
        else:
            octets += uni_ask(UNI_REQUESTS[value])
        octets += bytes([PULL, 4])
    return octets


def uni():
    for name, octets, *_ in rows("q2931.tsv"):
        for role in range(2):
            yield f"vector-{name}-{role}", bytes([role]) + uni_message(bytes.fromhex(octets))
    for scenario, events in dialogues("trace-q2931.tsv").items():
        for side in "UN":
            yield f"{scenario}-{side}", uni_side(events, side)


# ---- Frames: steps of frame_fuzz.c ----

EAST, WEST, LAN = range(3)
BUILT, FILLED = 0x08, 0x80
N_LABELS = 8
GOOD_ENTRY = 0x08


def frame_step(how, octets):
    return bytes([how, len(octets)]) + octets


def port(number, flags):
    """The target takes the remainder by 3."""
    return next(n | flags for n in range(8) if (n | flags) % 3 == number)


def frame():
    pdu = bytes.fromhex("000000010a000000")
    macs = bytes.fromhex("020000000001020000000002")
    for length in (0, 3, 4, 12, 63):
        word = bytes([0, length, 0, 0])
        for number in (EAST, WEST):
            whole = macs + bytes.fromhex("8847000101ff") + word + pdu
            yield f"control-{number}-{length}", frame_step(port(number, 0), whole)
            tagged = macs + bytes.fromhex("8100000a8847000101ff") + word + pdu
            yield f"tagged-{number}-{length}", frame_step(port(number, 0), tagged)
        for label in range(N_LABELS):
            how = port(EAST, BUILT | FILLED)
            yield (f"label-{label}-{length}",
                   bytes([how, 100, 0, GOOD_ENTRY | label]) + word + macs)
    for name, tags in (("untagged", ""), ("vlan", "8100000a"), ("priority", "81000000"),
                       ("stacked", "88a800148100001e"), ("other", "88a8001481000063")):
        whole = macs + bytes.fromhex(tags + "0800") + pdu
        yield f"access-{name}", frame_step(port(LAN, 0), whole)


TARGETS = {"q2931": q2931, "sscop": sscop, "uni": uni, "frame": frame}


def main():
    directory = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "corpus"
    for target, seeds in TARGETS.items():
        folder = directory / target
        folder.mkdir(parents=True, exist_ok=True)
        known = {p.read_bytes() for p in folder.iterdir()}
        for name, octets in seeds():
            if octets not in known:
                (folder / f"seed-{name}").write_bytes(octets)
                known.add(octets)


if __name__ == "__main__":
    main()
