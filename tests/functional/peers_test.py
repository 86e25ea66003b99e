#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""bench/run peers, small: the libraries' programs, traffic, routes, OpenFlow, and what is told.

Open vSwitch itself is not wanted here: a socket stands in its place.
"""

import argparse
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import threading

import lab
from lab import BUILD, SOURCE, Skip, case, holds, same

sys.path.insert(0, str(SOURCE / "bench"))
os.environ["BENCH_WITHOUT_HUGEPAGES"] = "1"
import run  # noqa: E402
from peers import compare, openflow, ovs, routes, traffic  # noqa: E402

PROGRAMS = BUILD / "bench"
N = 1000
KINDS = ("deletions_per_second", "blocked_ms", "blocked_ms_quiet", "bytes_per_entry")


def refused(fn, *args):
    try:
        fn(*args)
    except compare.Failed as e:
        return str(e)
    raise AssertionError("it was accepted")


# ---- Libraries. ----


@case("each library deletes nine of ten entries and no other, and tells rate, blocking and memory")
def _():
    built = [name for name in compare.LIBRARIES if (PROGRAMS / name).exists()]
    holds(len(built) >= 3, f"DPDK's and ours are built: {built}")
    for name in built:
        rows = run.Rows()
        rows.add_lines(run.run_program([PROGRAMS / name, N]))
        who = {n.partition("/")[0] for n in rows.values}
        holds(len(who) == 1 and who <= set(compare.NOTES), f"{name}: {who}")
        same(sorted(n.partition("/")[2] for n in rows.values), sorted(KINDS), name)
        if name != "peer_call_rcu":  # a sanitizer's allocator tells glibc's nothing
            holds(rows.median(f"{min(who)}/bytes_per_entry") >= 64, f"{name}: its records count")
        holds(rows.median(f"{min(who)}/deletions_per_second") > 0, name)


@case("a library's program without a number of entries says how it is called")
def _():
    for words in ([], ["99"], ["some"]):
        done = subprocess.run([PROGRAMS / "peer_hash", *words], stderr=subprocess.PIPE, text=True,
                              check=False, timeout=lab.DEADLINE_S)
        same(done.returncode, 2, f"status of {words}")
        holds("usage" in done.stderr, done.stderr)


# ---- Traffic. ----


def in_namespace():
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        raise Skip("a network namespace wants root")


@case("what is lost is what was offered and did not come back; sleeping loses nothing")
def _():
    lost = traffic.parse_loss(1000.0, "500\t480\t0.25")
    same((lost.lost, lost.blocked_ms, lost.late_s), (20, 20.0, 0.25), "of 500")
    same(traffic.parse_loss(1000.0, "500\t501\t0").lost, 0, "nothing is lost twice")
    same(traffic.parse_loss(1000.0, "EAL: something else"), None, "another line")


@case("frames that go through a link are counted, and those into one that is down are lost")
def _():
    in_namespace()
    router = routes.Router(lab.directory() / "link.log")
    link = None
    try:
        # in-far to in: a switch that is nothing but a wire.
        link = traffic.Traffic(PROGRAMS, ["net_af_packet0,iface=in-far", "net_af_packet1,iface=in"],
                               ["--labels", "32:100"], min(os.sched_getaffinity(0)), False,
                               router.enter)
        link.rate = 2000.0
        up = link.quiet(0.3)
        holds(up.offered > 0 and up.received > up.offered / 2, f"up: {up}")
        router.ip("link set in down\n")
        down = link.quiet(0.3)
        same((down.offered > 0, down.received), (True, 0), f"down: {down}")
    finally:
        if link is not None:
            link.close()
        router.close()


class Device:
    """In the place of a switch that forwards so many frames a second."""

    settle = traffic.Traffic.settle

    def __init__(self, capacity, cold=0):
        self.capacity, self.cold, self.rate, self.trials = capacity, cold, 0.0, 0

    def quiet(self, seconds):
        self.trials += 1
        known = 0.5 if self.trials <= self.cold else 1.0
        through = min(self.rate, self.capacity) * known
        return traffic.Loss(self.rate, int(self.rate * seconds), int(through * seconds), 0.0)


@case("traffic settles on a share of the largest rate without loss, once the switch is warm")
def _():
    for capacity, cold, rate in ((1e6, 0, 800e3), (1e6, 3, 800e3), (300e3, 0, 200e3), (1, 0, 50e3)):
        device = Device(capacity, cold)
        device.settle((800e3, 400e3, 200e3, 100e3, 50e3))
        same(device.rate, rate * traffic.SHARE, f"of {capacity}")


# ---- Routes. ----


@case("routes go with their interface, those of the other one stay, and nothing is left behind")
def _():
    in_namespace()
    rows = run.Rows()
    routes.RATES, traffic.TRIAL_S = (2000,), 0.1
    routes.run(rows, argparse.Namespace(runs=1, has_hugepages=False), PROGRAMS,
               sorted(os.sched_getaffinity(0)), N, N // 10, lab.directory())
    same(sorted(n.partition("/")[2] for n in rows.values), sorted((*KINDS, "offered_fps")), "rows")
    same(routes.address_of(256 * 256 + 3), "10.1.0.3", "an address")
    meminfo = "Slab: 9 kB\nSUnreclaim:   2 kB\nVmallocUsed:  3 kB\n"
    same(routes.slab_octets(meminfo), 5 * 1024, "octets of slabs and large nodes")


@case("a namespace ends with the process that holds it, and a request that fails is told")
def _():
    in_namespace()
    router = routes.Router(lab.directory() / "namespace.log")
    try:
        holds("goes" in router.run(["ip", "link"]), "its links are there")
        holds("ip:" in refused(router.ip, "link set nothing up\n"), "why")
    finally:
        router.close()
    holds(not pathlib.Path(router.namespace).exists(), "it is gone")


# ---- Open vSwitch. ----


@case("the deletion of a flow is laid out as OpenFlow 1.3 has it")
def _():
    octets = openflow.deletion(0x12345)
    same(len(octets), 48 + 32, "octets")
    same(struct.unpack_from("!BBH", octets), (4, 14, len(octets)), "header")
    same(octets[24:26], bytes([0, 4]), "table 0, delete strict")
    kind, length = struct.unpack_from("!HH", octets, 48)
    same((kind, length), (1, 26), "match")
    same(octets[52:74].hex(), "80000004" "00000001" "80000a02" "8847" "80004404" "00012345", "fields")
    same(octets[74:], bytes(6), "padding")


@case("messages are found however they are cut, and a length that cannot be is refused")
def _():
    two = openflow.message(20, xid=1) + openflow.message(1, b"abcd")
    for cut in range(len(two) + 1):
        first, rest = openflow.split(two[:cut])
        second, rest = openflow.split(rest + two[cut:])
        same((first + second, rest), ([(20, b""), (1, b"abcd")], b""), f"cut at {cut}")
    holds("shorter" in refused(openflow.split, bytes([4, 0, 0, 7, 0, 0, 0, 0])), "a length of 7")


def exchanged_with(answer):
    """What exchange() says to a switch that answers so, and what that one was sent."""
    path = lab.directory() / "switch"
    path.unlink(missing_ok=True)
    listener, heard = socket.socket(socket.AF_UNIX), []
    listener.bind(str(path))
    listener.listen()

    def serve():
        peer, _ = listener.accept()
        with peer:
            wanted = len(openflow.message(0)) * 2 + len(openflow.deletions(range(3)))
            while sum(map(len, heard)) < wanted:
                heard.append(peer.recv(4096))
            peer.sendall(answer)
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        openflow.exchange(path, openflow.deletions(range(3)), lab.DEADLINE_S)
        return "", b"".join(heard)
    except compare.Failed as e:
        return str(e), b"".join(heard)
    finally:
        thread.join()
        listener.close()


@case("a controller that waits once hears the answer, a refusal, and a switch that hangs up")
def _():
    done = openflow.message(openflow.BARRIER_REPLY, xid=1)
    said, heard = exchanged_with(openflow.message(openflow.HELLO) + done)
    same(said, "", "all well")
    kinds = [kind for kind, _ in openflow.split(heard)[0]]
    same(kinds, [openflow.HELLO] + 3 * [openflow.FLOW_MOD] + [openflow.BARRIER_REQUEST], "it was sent")
    said, _ = exchanged_with(openflow.message(openflow.ERROR, bytes([0, 1, 0, 6])) + done)
    holds("refused, 00010006" in said, said)
    holds("hung up" in exchanged_with(openflow.message(openflow.HELLO))[0], "without an answer")
    holds("OpenFlow:" in refused(openflow.exchange, "/nowhere", b"", 1), "nobody there")


@case("what Open vSwitch and the kernel say is read")
def _():
    same(ovs.flow_count("OFPST_AGGREGATE reply (OF1.4) (xid=0x2): packet_count=1 byte_count=2 "
                        "flow_count=17\n"), 17, "flows")
    same(ovs.resident_octets("VmPeak: 9 kB\nVmRSS:\t   12 kB\n"), 12288, "octets")
    holds("ended" in refused(ovs.resident_octets, "Name:\tzombie\n"), "without memory")
    same(ovs.lines(ovs.delete_line, range(1, 3)), "delete_strict in_port=1,mpls,mpls_label=33\n"
         "delete_strict in_port=1,mpls,mpls_label=34\n", "deletions")
    holds("cookie=1," in ovs.add_line(5, ovs.GOES) and "mpls_label=37," in ovs.add_line(5, ovs.GOES),
          ovs.add_line(5, ovs.GOES))


# ---- What is told. ----

CALLS = ("bytes_per_call\t400\tB\ndataplane_bytes_per_call\t176\tB\ncalls_closed\t1000\tcalls\n"
         "wall_seconds\t0.001\ts\ncontrol_ns_per_call_near\t250\tns\n"
         "control_ns_per_call_far\t500\tns\n")
DISTURB = ("calls_closed\t900\tcalls\nclosing_seconds\t0.001\ts\nblocked_us\t0\tus\n"
           "blocked_us_quiet\t0\tus\noffered_fps\t5e6\tframes/s\n")


def told(runs, **failing):
    """The rows of a run in which each program answers by its name."""
    answers = {"calls": CALLS, "disturb": DISTURB} | failing

    def program(command):
        answer = answers.get(command[0].name, "")
        if answer is None:
            raise compare.Failed(f"{command[0].name}: it failed")
        return answer

    class Peer:
        NAME = "Open vSwitch"

        @staticmethod
        def run(rows, *_):
            rows.add("ovs_wildcard/deletions_per_second", 2e6, "1/s")
            rows.add("ovs_bundle/deletions_per_second", 5e4, "1/s")
            rows.add("ovs_bundle/blocked_ms", 3.0, "ms")
            rows.add("ovs_bundle/blocked_ms_quiet", 1.0, "ms")
            rows.add("ovs_in_a_row/blocked_ms", 2.0, "ms")
            rows.add("ovs_in_a_row/blocked_ms_quiet", 4.0, "ms")
            rows.add("ovs/bytes_per_entry_in_use", 1152.0, "B")

    real, rows = (compare.ovs, compare.routes), run.Rows()
    compare.ovs = compare.routes = Peer
    try:
        parameters = compare.run(rows, argparse.Namespace(calls=N, runs=runs), PROGRAMS, program)
    finally:
        compare.ovs, compare.routes = real
    return {row["name"]: row for row in rows.rows()}, parameters


@case("each peer stands beside ours of its kind: ratio, verdict, and what is comparable")
def _():
    rows, parameters = told(2)
    same(parameters, {"calls": N, "deleted": 900, "left_out": []}, "parameters")
    same(rows["ours_close/deletions_per_second"]["value"], 1e6, "of the wall clock")
    same(rows["ours_close/deletions_per_second_and_control_core"]["value"], 2e6, "of the slower end")
    wanted = {"ovs_wildcard/deletions_per_second": ("ours_restart/deletions_per_second", 2, "not beaten"),
              "ovs_bundle/deletions_per_second": ("ours_close/deletions_per_second", 0.05, "beaten"),
              "ovs_bundle/blocked_ms_added": ("ours_close/blocked_ms_added", None, "beaten"),
              "ovs_in_a_row/blocked_ms_added": ("ours_close/blocked_ms_added", None, "equal"),
              "ovs/bytes_per_entry_in_use": ("ours_close/bytes_per_entry", 2, "beaten")}
    for name, (peer, ratio, verdict) in wanted.items():
        row = rows[name]
        same((row["peer"], row.get("ratio"), row["verdict"]), (peer, ratio, verdict), name)
    holds(all(row["comparable"] for row in rows.values()), "each says what is comparable")
    same(rows["ovs_bundle/blocked_ms_added"]["value"], 2.0, "more than the quiet spell")
    holds("verdict" not in rows["ovs_bundle/blocked_ms_quiet"], "the quiet spell is no contest")


@case("who fails is left out, the others run, and that is told")
def _():
    rows, parameters = told(1, disturb=None)
    same(parameters["left_out"], ["ours_close under traffic"], "left out")
    holds("ovs_bundle/deletions_per_second" in rows, "the others run")
    holds("verdict" not in rows["ovs_bundle/blocked_ms_added"], "nothing to stand beside")
    rows, parameters = told(1, calls=None)
    same(parameters["left_out"], ["ours_close", "ours_restart"], "left out")


@case("the picture has a bar for each in each of three panels")
def _():
    rows, _ = told(1)
    result = {"results": list(rows.values())}
    same(list(compare.bars(result, "deletions_per_second")),
         ["ours_close", "ours_restart", "ovs_wildcard", "ovs_bundle"], "rates")
    same(compare.bars(result, "blocked_ms_added"),
         {"ours_close": 0.0, "ovs_bundle": 2.0, "ovs_in_a_row": 0.0}, "blocking")
    same([what for what, _ in compare.PANELS], list(compare.JUDGED), "panels")


if __name__ == "__main__":
    sys.exit(lab.main())
