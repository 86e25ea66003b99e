#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The main job, walked through on a wire inside one appliance: no NIC is needed.

10,000 calls are dialled from the east trunk and answered on the west trunk, each signalled over
the wire. Frames of a capture enter at one access port and come out at the other. 9,000 calls are
closed by the client while the frames of the other 1,000 go on; then all are closed and nothing is
left. A call with eight parties has its frames replicated, and loses a party under traffic; the rate
of another one changes. Exit status 0 only if all of that held.
"""

import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

CALLS = 10_000
CLOSED = 9_000
STAY = CALLS - CLOSED
PASSES = 5            # of the whole capture through all calls
STAY_PASSES = 400     # of the survivors' capture, while the others close
PARTIES = 8
PARTY_PASSES = 10000  # of a hundred frames, while one party is dropped
RATE_FRAMES = 1000    # at once into a call with a rate: a second's worth and more
SLOW, FAST = 100_000, 2_000_000  # octets per second
HUGEPAGES = 512       # of 2 MiB
NR_HUGEPAGES = pathlib.Path("/proc/sys/vm/nr_hugepages")
MAX_VLAN = 4094
FROM = 4989100000     # addresses of the side that dials
TO = 4989200000
ROOT = 4989180000     # of a call with parties, and those
LEAF = 4989280000
ROOT_VLAN = 300

CONFIG = """\
control: {{lcore: {control}, socket: {dir}/callplane.sock, idle: sleep}}
limits: {{calls: 65536, no-huge: {no_huge}}}
workers: [{{lcore: {worker}, ports: [east, west, lan-a, lan-b, lan-c]}}]
ports:
  east: {{device: "wire:demo:a"}}
  west: {{device: "wire:demo:b"}}
  lan-a: {{device: "net_null0,no-rx=1"}}
  lan-b: {{device: "net_pcap0,tx_pcap={dir}/out.pcap"}}
  lan-c: {{device: "net_null1,no-rx=1"}}
trunks:
  to-west: {{port: east, call-manager: embedded, side: user}}
  to-east: {{port: west, call-manager: standalone, side: network}}
attachments:
  - {{address: "e164:{src}", count: {calls}, port: lan-a, svlan: 100, vlan: 1}}
  - {{address: "e164:{dst}", count: {calls}, port: lan-b, svlan: 200, vlan: 1}}
  - {{address: "e164:{root}", port: lan-a, svlan: {root_vlan}, vlan: 1}}
  - {{address: "e164:{leaf}", count: {parties}, port: lan-c, svlan: {root_vlan}, vlan: 1}}
routes:
  - {{prefix: "e164:49892", trunk: to-west}}
  - {{prefix: "e164:49891", trunk: to-east}}
"""


class Failed(Exception):
    """Something of the walk did not hold."""


def step(text):
    print(f"-- {text}", flush=True)


def check(holds, text):
    if not holds:
        raise Failed(text)


# ---- Captures: S+C tagged frames of the access port, labelled frames of the trunk. ----

def tags_of(i, first_outer):
    """VLANs of the i-th attachment: the inner one counts, then the outer one."""
    return first_outer + i // MAX_VLAN, 1 + i % MAX_VLAN


def tagged(i, first_outer=100):
    outer, inner = tags_of(i, first_outer)
    payload = struct.pack(">I", i) + b"callplane walk".ljust(60, b".")
    return (bytes.fromhex("020000000002020000000001") + struct.pack(
        ">HHHH", 0x88A8, outer, 0x8100, inner) + b"\x88\xb5" + payload)


def labelled(i, label):
    """What the trunk carries for a frame of attachment i: label, control word, the frame untagged."""
    inner = tagged(i)
    inner = inner[:12] + inner[20:]
    return (b"\xff" * 6 + bytes.fromhex("020000000009") + b"\x88\x47" + struct.pack(
        ">II", label << 12 | 1 << 8 | 255, 0) + inner)


def write_capture(path, frames):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for n, frame in enumerate(frames):
            f.write(struct.pack("<IIII", n, 0, len(frame), len(frame)) + frame)


def read_capture(path):
    data = path.read_bytes()
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16:at + 16 + size]
        at += 16 + size


# ---- Hugepages, cores. ----

class Hugepages:
    """Reserved for the walk when that is possible, given back at its end."""

    def __init__(self):
        self.before = None
        self.usable = self.free() > 200
        if self.usable:
            return
        try:
            self.before = int(NR_HUGEPAGES.read_text())
            NR_HUGEPAGES.write_text(str(self.before + HUGEPAGES))
        except (OSError, ValueError):
            return
        self.usable = self.free() > 200

    @staticmethod
    def free():
        try:
            text = pathlib.Path("/proc/meminfo").read_text()
        except OSError:
            return 0
        fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        if fields.get("Hugepagesize", "").split()[:1] != ["2048"]:
            return 0
        return int(fields.get("HugePages_Free", "0"))

    def restore(self):
        if self.before is not None:
            try:
                NR_HUGEPAGES.write_text(str(self.before))
            except OSError:
                pass


def cores():
    """The control core and the worker's: two that we may use, or one for both is not enough."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise Failed("two cores are wanted, one for control and one for the worker")
    return allowed[0], allowed[1]


# ---- The appliance. ----

class Appliance:
    def __init__(self, build, directory, no_huge):
        control, worker = cores()
        config = directory / "walk.yaml"
        config.write_text(CONFIG.format(dir=directory, control=control, worker=worker, src=FROM,
                                        dst=TO, calls=CALLS, root=ROOT, leaf=LEAF,
                                        root_vlan=ROOT_VLAN, parties=PARTIES,
                                        no_huge=str(no_huge).lower()))
        self.socket = directory / "callplane.sock"
        self.callctl = build / "app" / "callctl" / "callctl"
        self.log = open(directory / "log", "w+")
        env = dict(os.environ)
        if os.geteuid() != 0:
            env.setdefault("XDG_RUNTIME_DIR", str(directory))
        self.process = subprocess.Popen(
            [build / "app" / "callplane" / "callplane", "-c", config],
            stdout=self.log, stderr=subprocess.STDOUT, env=env)

    def lines(self, *args):
        done = subprocess.run([self.callctl, "--socket", self.socket, "--json", *args],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=300, check=False)
        if done.returncode != 0:
            raise Failed(f"callctl {' '.join(args)}: {done.stderr.strip() or done.stdout.strip()}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def one(self, *args):
        return self.lines(*args)[-1]

    def wait_until(self, holds, what, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self.log.seek(0)
                raise Failed("the appliance ended: " + self.log.read().strip())
            try:
                if holds():
                    return
            except Failed:
                pass
            time.sleep(0.05)
        raise Failed(f"not within {seconds} s: {what}")

    def replay(self, path, port, passes=1, background=False):
        args = ["replay", str(path), "--port", port, "--count", str(passes)]
        return self.one(*args, *(["--background"] if background else []))

    def port(self, name):
        return next(p for p in self.lines("ports") if p["name"] == name)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


# ---- The walk. ----

class Walk:
    def __init__(self, appliance, directory):
        self.a = appliance
        self.dir = directory
        self.report = []

    def note(self, what, value):
        self.report.append((what, value))

    def drops(self):
        return self.a.one("counters")["drops"]

    def out(self):
        """Frames that left at the far access port."""
        return self.a.port("lan-b")["tx"]

    def settle(self, frames, what):
        self.a.wait_until(lambda: self.out() >= frames, what)

    def links_up(self):
        step("two trunks, one wire: the signalling links come up (SSCOP)")
        self.a.wait_until(lambda: self.a.one("status")["trunks_up"] == 2, "both links up")

    def nothing_flows_yet(self):
        step("the capture is replayed before any call is up: every frame is dropped, and counted")
        write_capture(self.dir / "all.pcap", (tagged(i) for i in range(CALLS)))
        self.a.replay(self.dir / "all.pcap", "lan-a")
        check(self.drops()["attachment-idle"] == CALLS, "not every frame without a call was dropped")
        check(self.out() == 0, "a frame came out without a call")
        self.note("frames before any call: dropped", f"{CALLS:,} (attachment-idle)")

    def dial(self):
        step(f"{CALLS:,} calls dialled from the east trunk, answered on the west trunk")
        job = self.a.one("dial", "--from", f"e164:{FROM}", "--to", f"e164:{TO}", "--count", str(CALLS))
        check(job["done"] == CALLS and job["failed"] == 0, f"calls failed: {job['detail']}")
        self.a.wait_until(lambda: self.a.one("status")["calls_active"] == 2 * CALLS,
                          "both ends of every call active")
        trunks = self.a.lines("trunks")
        check(all(t["set_up"] == CALLS for t in trunks), "a trunk has not set up every call")
        self.note("calls set up", f"{CALLS:,} in {job['seconds']:.3f} s, {job['rate']:,.0f}/s")
        self.note("signalling messages sent", f"{sum(t['messages_tx'] for t in trunks):,} "
                  f"in {sum(t['pdus_tx'] for t in trunks):,} SSCOP PDUs")

    def frames_flow(self):
        step(f"the capture is replayed {PASSES} times: in at one end, labelled, over the wire, out at the other")
        self.a.replay(self.dir / "all.pcap", "lan-a", PASSES)
        self.settle(CALLS * PASSES, "every frame out")
        check(self.out() == CALLS * PASSES, "more frames came out than went in")
        self.note("frames through all calls", f"{CALLS * PASSES:,} in, {CALLS * PASSES:,} out, 0 lost")

    def close_most(self):
        step(f"{CLOSED:,} calls closed by the client, while the frames of the other {STAY:,} go on")
        vcs = self.a.lines("vcs")
        self.labels = [v["label"] for v in vcs if v["trunk"] == "to-east" and v["kind"] == "call"]
        calls = {c["from"]: c["label"] for c in self.a.lines("calls") if c["trunk"] == "to-east"}
        self.label_of = [calls[f"e164:{FROM + i}"] for i in range(CALLS)]
        write_capture(self.dir / "stay.pcap", (tagged(i) for i in range(CLOSED, CALLS)))
        before, idle = self.out(), self.drops()
        replay = self.a.replay(self.dir / "stay.pcap", "lan-a", STAY_PASSES, background=True)
        self.a.wait_until(lambda: self.a.one("jobs", str(replay["job"]))["done"] > 0, "frames flowing")
        job = self.a.one("close", "--match", f"trunk=to-west,from=e164:{FROM}..e164:{FROM + CLOSED - 1}")
        check(job["done"] == CLOSED and job["failed"] == 0, f"closes failed: {job['detail']}")
        during = self.a.one("jobs", str(replay["job"]))
        self.a.wait_until(lambda: self.a.one("jobs", str(replay["job"]))["state"] != "running",
                          "the end of the survivors' frames")
        sent = STAY * STAY_PASSES
        self.settle(before + sent, "every frame of the calls that stay")
        check(self.out() == before + sent, "frames of closed calls came out")
        now = self.drops()
        check(now == idle, "dropped meanwhile: " + ", ".join(
            f"{now[k] - idle[k]} {k}" for k in now if now[k] != idle[k]))
        self.a.wait_until(lambda: self.a.one("status")["calls"] == 2 * STAY, "both ends closed")
        self.note("calls closed by the client", f"{CLOSED:,} in {job['seconds']:.3f} s, {job['rate']:,.0f}/s")
        self.note("frames of the calls that stay", f"{sent:,} in, {sent:,} out, 0 lost "
                  f"({during['done']:,} of them by the end of the close)")

    def labels_lead_nowhere(self):
        step("frames on all labels, old and new, from the wire: those of closed calls lead nowhere")
        write_capture(self.dir / "labels.pcap",
                      (labelled(i, label) for i, label in enumerate(self.label_of)))
        before, drops = self.out(), self.drops()["no-circuit"]
        self.a.replay(self.dir / "labels.pcap", "west")
        self.settle(before + STAY, "frames on the labels that stay")
        check(self.out() == before + STAY, "a frame on the label of a closed call came out")
        check(self.drops()["no-circuit"] == drops + CLOSED, "not every frame of a closed call was counted")
        self.note("frames on labels of closed calls", f"{CLOSED:,} dropped (no-circuit)")
        self.note("frames on labels of the others", f"{STAY:,} in, {STAY:,} out")

    def close_all(self):
        step("everything is closed")
        job = self.a.one("close", "--all")
        check(job["failed"] == 0, f"closes failed: {job['detail']}")
        self.nothing_left("all calls")
        self.counters = self.a.one("counters")
        self.note("then all others", f"{STAY:,}; left: " + ", ".join(
            f"{self.counters[k]} {k.replace('_', ' ')}" for k in ("calls", "vcs", "timers",
                                                                  "call_references", "labels")))

    def root_call(self):
        return str(next(c["call"] for c in self.a.lines("calls") if c["trunk"] == "to-west"))

    def leaves(self):
        """Frames that have come in at each leaf, by its address."""
        rows = {v["vc"]: v["rx"] for v in self.a.lines("vcs")}
        return {c["to"]: rows[c["call"]] for c in self.a.lines("calls")
                if c["trunk"] == "to-east" and c["phase"] == "UP"}

    def out_at_leaves(self):
        """Frames that left at all leaves together, those that are closed by now included."""
        return self.a.port("lan-c")["tx"]

    def parties(self):
        step(f"one call with {PARTIES} parties: each frame comes out at each; one is dropped under traffic")
        write_capture(self.dir / "root.pcap", [tagged(0, ROOT_VLAN)] * 100)
        self.a.one("dial", "--from", f"e164:{ROOT}", "--to", f"e164:{LEAF}", "--multipoint", "--count",
                   str(PARTIES))
        call = self.root_call()
        self.a.wait_until(lambda: len(self.leaves()) == PARTIES, "all leaves up")
        parties = {p["address"]: p for p in self.a.lines("parties", call)}
        check(len(parties) == PARTIES and all(p["state"] == "JOINED" for p in parties.values()),
              "not every party has joined")
        gone = f"e164:{LEAF + 3}"
        replay = self.a.replay(self.dir / "root.pcap", "lan-a", PARTY_PASSES, background=True)
        self.a.wait_until(self.out_at_leaves, "frames flowing")
        self.a.one("drop-party", call, str(parties[gone]["party"]))
        in_by_then = self.a.one("jobs", str(replay["job"]))["done"]
        self.a.wait_until(lambda: self.a.one("jobs", str(replay["job"]))["state"] != "running",
                          "the end of the root's frames")
        sent, stay = 100 * PARTY_PASSES, PARTIES - 1
        self.a.wait_until(lambda: list(self.leaves().values()) == [sent] * stay,
                          "every frame at each party that stays")
        check(gone not in self.leaves(), "the dropped party is still there")
        got = self.out_at_leaves() - stay * sent
        check(0 < got <= in_by_then < sent, f"the dropped party got {got} frames of {sent}, {in_by_then} "
              "of which were in when it had left")
        self.note(f"frames to {PARTIES} parties", f"{sent:,} in; {stay} parties got each one, 0 lost")
        self.note("the party dropped meanwhile", f"got {got:,}; {in_by_then:,} were in when it had left")
        job = self.a.one("close", call)
        check(job["failed"] == 0, f"closes failed: {job['detail']}")
        self.nothing_left("the call with parties")

    def passing(self):
        """How many of a burst pass at the call's rate."""
        before = self.out_at_leaves()
        self.a.replay(self.dir / "burst.pcap", "lan-a")
        seen = []

        def still():
            seen.append(self.out_at_leaves())
            return len(seen) > 1 and seen[-1] == seen[-2]
        self.a.wait_until(still, "the burst is through")
        return seen[-1] - before

    def rate_changes(self):
        step("the rate of a call is changed while it is up: more of a burst passes")
        write_capture(self.dir / "burst.pcap", [tagged(0, ROOT_VLAN)] * RATE_FRAMES)
        self.a.one("dial", "--from", f"e164:{ROOT}", "--to", f"e164:{LEAF}", "--rate", str(SLOW))
        self.a.wait_until(lambda: len(self.leaves()) == 1, "the call")
        red = self.drops()["meter"]
        slow = self.passing()
        job = self.a.one("modify", self.root_call(), "--rate", str(FAST))
        check(job["done"] == 1, f"the rate was not changed: {job['detail']}")
        fast = self.passing()
        red = self.drops()["meter"] - red
        check(0 < slow < fast < RATE_FRAMES, f"{slow} passed at {SLOW} octets/s, {fast} at {FAST}")
        check(slow + fast + red == 2 * RATE_FRAMES, "frames that neither passed nor were counted")
        self.note(f"of {RATE_FRAMES:,} frames at once", f"{slow} pass at {SLOW:,} octets/s, {fast} after the "
                  f"change to {FAST:,}; {red:,} dropped (meter)")
        self.a.one("close", "--all")
        self.nothing_left("the call with a rate")

    def nothing_left(self, what):
        left = ("calls", "vcs", "parties", "party_references", "timers", "call_references", "labels",
                "circuits", "setups", "changes", "clients_calls", "reclaiming")
        self.a.wait_until(lambda: not any(self.a.one("counters")[k] for k in left),
                          f"nothing left of {what} (I4)")

    def finish(self, pages):
        c, status = self.counters, self.a.one("status")
        self.note("frames in, forwarded", f"{c['frames_in']:,}, {c['frames_out']:,} (all ports, signalling included)")
        self.note("frames dropped", ", ".join(f"{n:,} {reason}" for reason, n in c["drops"].items() if n))
        self.note("grace periods", f"{c['grace_periods']:,} for {c['circuits_reclaimed']:,} circuits; "
                  f"{c['grace_ns_p50'] / 1000:.1f} us median, {c['grace_ns_p99'] / 1000:.1f} us p99, "
                  f"{c['grace_ns_max'] / 1000:.1f} us longest")
        self.note("memory", f"{status['memory_octets'] >> 20} MiB of tables, rings and mbufs; "
                  f"{'hugepages' if pages else 'no hugepages'}; "
                  f"{c['mbufs_in_use']} of {c['mbufs_total']:,} mbufs in use")
        check(self.a.end() == 0, "the appliance did not drain and exit with 0")
        self.came_out_whole()

    def came_out_whole(self):
        """Octet by octet: what left at the far end is what entered, under the far end's tags."""
        expected = {tagged(i, 200): i for i in range(CALLS)}
        seen = [0] * CALLS
        for frame in read_capture(self.dir / "out.pcap"):
            i = expected.get(frame)
            check(i is not None, "a frame came out that never went in")
            seen[i] += 1
        check(all(n == PASSES for n in seen[:CLOSED]), "frames of the calls that were closed are not whole")
        check(all(n == PASSES + STAY_PASSES + 1 for n in seen[CLOSED:]),
              "frames of the calls that stayed are not whole")
        self.note("octets that came out", "each frame as it went in, S+C tags of the far end")

    def run(self, pages):
        self.links_up()
        self.nothing_flows_yet()
        self.dial()
        self.frames_flow()
        self.close_most()
        self.labels_lead_nowhere()
        self.close_all()
        self.parties()
        self.rate_changes()
        self.finish(pages)


def print_report(rows, verdict):
    width = max(len(what) for what, _ in rows)
    print("\n" + "=" * 100)
    for what, value in rows:
        print(f"  {what:<{width}}  {value}")
    print("=" * 100)
    print(verdict)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="callplane-walk-"))
    pages = Hugepages()
    appliance = None
    try:
        if not pages.usable:
            step("no hugepages could be reserved: the walk runs without them, slower and in more memory")
        appliance = Appliance(build, directory, not pages.usable)
        walk = Walk(appliance, directory)
        walk.run(pages.usable)
    except Failed as e:
        if appliance is not None:
            appliance.log.seek(0)
            print(appliance.log.read(), file=sys.stderr)
        print(f"walk: FAILED: {e}", file=sys.stderr)
        return 1
    finally:
        if appliance is not None and appliance.process.poll() is None:
            appliance.end()
        pages.restore()
        shutil.rmtree(directory, ignore_errors=True)
    print_report(walk.report, "the walk held: every sentence above was checked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
