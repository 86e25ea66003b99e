#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Records of calls: a line of JSON for each one that has ended, with its final counters.

    LAN - na == nl - near (user) - nt ==== ft - far (network)
"""

import datetime
import json
import os
import re
import subprocess

import lab
from lab import Port, case, holds, same, until

lab.isolate()

NEAR, FAR, BUSY = "e164:4910000", "e164:4920000", "e164:4930000"
DATA = "00" + "636c6f7365"  # protocol discriminator, octets
VLAN = 7
FRAMES = 5

lab.veth("nt", "ft")
lab.veth("nl", "na")
lan = Port("na")
FOLDER = lab.directory() / "small"
FOLDER.mkdir()
lab.small_disk(FOLDER, 256 << 10)


def settings(interface, manager, side, other, ports, attachments, **records):
    own = lab.config({"trunk": f"net_af_packet0,iface={interface}", **ports},
                     {"peer": {"port": "trunk", "call-manager": manager, "side": side}},
                     attachments, {prefix: "peer" for prefix in other})
    own["records"] = records
    return own


NEAR_FILE, FAR_FILE = FOLDER / "near.jsonl", lab.directory() / "far.jsonl"
near = lab.Appliance("near", settings(
    "nt", "embedded", "user", ("e164:492", "e164:493"), {"lan": "net_af_packet1,iface=nl"},
    [{"address": NEAR, "count": 64, "port": "lan", "vlan": VLAN}], file=str(NEAR_FILE)))
far = lab.Appliance("far", settings(
    "ft", "standalone", "network", ("e164:491",), {"lan": "net_null0,no-rx=1"},
    [{"address": FAR, "count": 64, "port": "lan", "svlan": 1, "vlan": 1},
     {"address": BUSY, "port": "lan", "svlan": 2, "vlan": 1, "answer": "busy"}],
    file=str(FAR_FILE), **{"max-mb": 0, "period-seconds": 0}))
for appliance in (near, far):
    appliance.wait_links()


def lines(path):
    """All records; each line must be whole."""
    text = path.read_text()
    holds(text == "" or text.endswith("\n"), f"half a line at the end of {path}")
    return [json.loads(line) for line in text.splitlines()]


def gone():
    near.wait_gone()
    far.wait_gone()


def record(path, known):
    """The one that has come since there were so many."""
    until("the record is written", lambda: len(lines(path)) > known)
    rows = lines(path)[known:]
    same(len(rows), 1, "records")
    return rows[0]


def known():
    return len(lines(NEAR_FILE)), len(lines(FAR_FILE))


def call_of(address):
    return near.attachments()[address]["call"]


def tagged(number):
    return (bytes.fromhex("ffffffffffff020000000001") + b"\x81\x00" + VLAN.to_bytes(2, "big") +
            b"\x88\xb5" + number.to_bytes(4, "big") + bytes(60))


def close(call, *more):
    """The two records of a call that near closes."""
    before = known()
    near.ctl("close", call, *more)
    gone()
    return record(NEAR_FILE, before[0]), record(FAR_FILE, before[1])


@case("a call has one record at each end: who, when, why, who closed, and its data")
def _():
    near.dial(NEAR, FAR)
    call = near.ctl("calls")[0]
    own, other = close(call["call"], "--cause", 31, "--data", DATA)
    for row, direction, by in ((own, "out", "local"), (other, "in", "remote")):
        same({key: row[key] for key in ("trunk", "direction", "client", "from", "to", "label", "up",
                                        "closed_by", "cause", "cause_text", "location", "data")},
             {"trunk": "peer", "direction": direction, "client": "attach", "from": NEAR, "to": FAR,
              "label": call["label"], "up": True, "closed_by": by, "cause": 31,
              "cause_text": "normal, unspecified", "location": 0, "data": DATA}, "record")
    same(own["call"], call["call"], "call")
    begun, ended = (datetime.datetime.fromisoformat(own[key].replace("Z", "+00:00"))
                    for key in ("begun", "ended"))
    spans = sum(own[key] for key in ("setup_s", "duration_s", "clearing_s"))
    holds(abs((ended - begun).total_seconds() - spans) < 1e-3, f"{own}")
    age = os.stat(NEAR_FILE).st_mtime - ended.timestamp()
    holds(-1 < age < lab.DEADLINE_S, f"it ended {age} s before it was written")


@case("counters are the final ones of both directions, as the circuit had them at its end (I3)")
def _():
    near.dial(NEAR, FAR)
    call = call_of(NEAR)
    for number in range(FRAMES):
        lan.send(tagged(number))
    until("the frames are through", lambda: near.ctl("vcs", call)[0]["tx"] == FRAMES)
    until("they are there", lambda: far.ctl("vcs", far.ctl("calls")[0]["call"])[0]["rx"] == FRAMES)
    live = near.ctl("vcs", call)[0]
    own, other = close(call)
    same((own["tx"], own["tx_octets"], own["rx"], own["drops"], own["counted"]),
         (FRAMES, live["tx_octets"], 0, 0, True), "counters here")
    same((other["rx"], other["tx"], other["counted"]), (FRAMES, 0, True), "counters there")
    same(own["cause"], 16, "cause")


@case("a call that is refused has a record of it at both ends, with the cause and its location")
def _():
    before = known()
    holds("user busy" in near.refused("dial", "--from", NEAR, "--to", BUSY), "refusal")
    gone()
    own, other = record(NEAR_FILE, before[0]), record(FAR_FILE, before[1])
    same([(row["up"], row["closed_by"], row["cause"], row["cause_text"], row["location"],
           row["duration_s"]) for row in (own, other)],
         [(False, "remote", 17, "user busy", 2, 0), (False, "local", 17, "user busy", 2, 0)],
         "records")
    same(own["to"], BUSY, "to")


@case("calls that end with their link, or by RESTART, have their records and causes (SIG-99)")
def _():
    near.dial(NEAR, FAR, 4)
    before = known()
    near.ctl("restart", "peer")
    gone()
    until("records", lambda: known() == (before[0] + 4, before[1] + 4))
    same({(row["cause"], row["closed_by"]) for row in lines(NEAR_FILE)[before[0]:]},
         {(41, "remote")}, "causes")


@case("a full disk drops records, counts them and says so, and delays no close")
def _():
    filler = os.open(FOLDER / "filler", os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(filler, bytes(4096))
    except OSError:
        os.close(filler)
    before = near.counters()
    calls = 0
    while near.counters()["records_dropped"] == before["records_dropped"]:
        near.dial(NEAR, FAR, 32)
        job = near.ctl("close", "--all")[0]
        same((job["done"], job["failed"]), (32, 0), "close")
        gone()
        calls += 32
        until("all records are accounted for", lambda: sum(
            near.counters()[key] - before[key] for key in ("records_written", "records_dropped"))
            == calls)
    holds("records of calls are lost" in near.log_text() and "mend: " in near.log_text(), "no line")
    lines(NEAR_FILE)
    os.unlink(FOLDER / "filler")


@case("when there is room again records are written again, behind whole lines")
def _():
    before = known()
    near.dial(NEAR, FAR)
    own, _ = close(call_of(NEAR))
    same((own["from"], own["to"]), (NEAR, FAR), "record")
    holds(before[0] > 0, "nothing was there before")


@case("a file that is old is put aside under a name of its own when the appliance goes on with it")
def _():
    near.stop()
    n = len(lines(NEAR_FILE))
    os.utime(NEAR_FILE, (1, 1))
    near.launch()
    near.wait_running()
    aside = until("it is put aside", lambda: [
        path for path in FOLDER.iterdir() if re.fullmatch(r"near\.jsonl\.\d{8}T\d{6}Z", path.name)])
    same((len(aside), len(lines(aside[0])), lines(NEAR_FILE)), (1, n, []), "files")


@case("an appliance whose records cannot be written says so and does not start")
def _():
    wrong = lab.config({"east": "wire:w:a", "west": "wire:w:b"})
    wrong["records"] = {"file": "/nowhere/calls.jsonl"}
    bad = lab.Appliance("bad", wrong, start=False)
    bad.launch()
    same(bad.ended(), lab.EXIT_CONFIG, "exit status")
    holds("/nowhere/calls.jsonl: No such file or directory; mend: " in bad.log_text(),
          bad.log_tail())


@case("records of calls that SIGTERM closes are in the file, and nothing is left")
def _():
    near.wait_links()
    far.wait_links()
    near.dial(NEAR, FAR, 8)
    before = known()
    for appliance in (near, far):
        appliance.stop()
    same(known(), (before[0] + 8, before[1] + 8), "records")
    subprocess.run(["umount", str(FOLDER)], check=True)  # so that the folder can go


lab.main()
