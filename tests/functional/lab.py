# SPDX-License-Identifier: BSD-3-Clause
"""What the functional tests share: a network of their own, appliances, callctl, and TAP.

A test program lives in a network namespace without a name (isolate()), so whatever it makes
there goes with it and its appliances, however it ends. Nothing here takes time as a measure:
each wait has a condition and a deadline far beyond what a loaded machine needs.
"""

import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("CALLPLANE_BUILD", SOURCE / "build"))
CALLPLANE = BUILD / "app" / "callplane" / "callplane"
CALLCTL = BUILD / "app" / "callctl" / "callctl"
DEADLINE_S = 60
EXIT_CONFIG = 78

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_CLONE_NEWNS = 0x00020000
_PR_SET_PDEATHSIG = 1


# ---- TAP ----

class Skip(Exception):
    """Raised by a case that cannot be run here."""


_cases = []


def case(name):
    """A test case; cases run in the order in which they stand."""
    def register(fn):
        _cases.append((name, fn))
        return fn
    return register


def _diagnose(text):
    for line in text.rstrip().splitlines():
        print(f"# {line}")


def _kill_all(appliances):
    for appliance in list(appliances):
        appliance.kill()


def _run_case(number, name, fn):
    before = list(Appliance.living)
    try:
        fn()
    except Skip as skip:
        print(f"ok {number} - {name} # SKIP {skip}", flush=True)
        return True
    except Exception:
        print(f"not ok {number} - {name}")
        _diagnose(traceback.format_exc())
        for appliance in Appliance.living:
            _diagnose(appliance.log_tail())
        sys.stdout.flush()
        # What it has begun with it leaves half done: the next case begins with a tidy place.
        _kill_all(a for a in Appliance.living if a not in before)
        return False
    print(f"ok {number} - {name}", flush=True)
    return True


def main():
    """Run all cases, stop what they left running, and exit."""
    print(f"1..{len(_cases)}", flush=True)
    passed = 0
    try:
        for number, (name, fn) in enumerate(_cases, 1):
            passed += _run_case(number, name, fn)
    finally:
        _kill_all(Appliance.living)
        shutil.rmtree(directory(), ignore_errors=True)
    sys.exit(0 if passed == len(_cases) else 1)


# ---- Waiting and comparing ----

def until(what, condition, seconds=None):
    """Poll until condition() is true, and return what it gave."""
    seconds = seconds or DEADLINE_S
    end = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s still not: {what}; last: {got!r}")
        time.sleep(0.02)


def same(got, expected, what=""):
    if got != expected:
        raise AssertionError(f"{what}: got {got!r}, expected {expected!r}")


def holds(condition, what):
    if not condition:
        raise AssertionError(what)


_directory = None


def directory():
    """Of this program alone, gone at its end."""
    global _directory
    if _directory is None:
        _directory = tempfile.mkdtemp(prefix=f"callplane-{os.getpid()}-")
    return pathlib.Path(_directory)


# ---- The network ----

def isolate():
    """From here on this program and its children have a network of their own."""
    if _libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "no network namespace; mend: run as root")
    for scope in ("all", "default"):
        path = pathlib.Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6")
        if path.exists():
            path.write_text("1")  # the kernel then sends nothing on its own
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def veth(a, b):
    subprocess.run(["ip", "link", "add", a, "type", "veth", "peer", "name", b], check=True)
    for end in (a, b):
        subprocess.run(["ip", "link", "set", end, "up"], check=True)


def small_disk(path, octets):
    """A file system of its own at @p path, a folder, that is full with so many octets; only this
    program and its children see it."""
    if _libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "no mount namespace; mend: run as root")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={octets}", "none", str(path)], check=True)


_SOL_PACKET = 263
_PACKET_AUXDATA = 8
_SO_TIMESTAMPNS = 35
_PACKET_QDISC_BYPASS = 20
_ETH_P_ALL = 3
_TP_STATUS_VLAN_VALID = 1 << 4
_TP_STATUS_VLAN_TPID_VALID = 1 << 6
_RECEIVE_BUFFER = 8 << 20


class Port:
    """A raw socket on an interface: what is sent goes to the other end of its veth and to no
    other socket on this end, so one can inject frames on an end that an appliance has open.
    Seen is what comes from the other end, not what the appliance sends."""

    def __init__(self, interface):
        self._tx = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._tx.setsockopt(_SOL_PACKET, _PACKET_QDISC_BYPASS, 1)
        self._tx.bind((interface, 0))
        self._rx = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        self._rx.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        self._rx.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._rx.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        self._rx.bind((interface, 0))

    def close(self):
        self._tx.close()
        self._rx.close()

    def send(self, frame):
        end = time.monotonic() + DEADLINE_S
        while True:
            try:
                self._tx.send(bytes(frame))
                return
            except OSError:  # the queue of the other end is full
                if time.monotonic() > end:
                    raise
                time.sleep(0.001)

    def receive(self, seconds=DEADLINE_S):
        """One frame that came from the other end, or None."""
        stamped = self._receive_stamped(seconds)
        return stamped[1] if stamped else None

    def _receive_stamped(self, seconds):
        """(ns, frame), the frame with the VLAN tag that the kernel took out, or None."""
        self._rx.settimeout(seconds)
        try:
            frame, ancillary, _, _ = self._rx.recvmsg(65536, 256)
        except (TimeoutError, BlockingIOError):
            return None
        arrived_ns = 0
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
                seconds, nanoseconds = struct.unpack("=qq", data[:16])
                arrived_ns = seconds * 1000000000 + nanoseconds
            elif level == _SOL_PACKET and kind == _PACKET_AUXDATA:
                status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", data[:20])
                if status & _TP_STATUS_VLAN_VALID:
                    tpid = tpid if status & _TP_STATUS_VLAN_TPID_VALID else 0x8100
                    frame = frame[:12] + struct.pack("!HH", tpid, tci) + frame[12:]
        return arrived_ns, frame

    def expect(self, wanted, seconds=DEADLINE_S):
        """The next frame for which wanted(frame) is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            frame = self.receive(max(0.001, end - time.monotonic()))
            if frame is not None and wanted(frame):
                return frame
        raise AssertionError(f"the frame did not come in {seconds} s")

    def stamped(self):
        """(ns, frame) of all that are there now."""
        frames = []
        while True:
            one = self._receive_stamped(0)
            if one is None:
                return frames
            frames.append(one)

    def waiting(self):
        """All frames that are there now."""
        return [frame for _, frame in self.stamped()]


_PCAP_NS = 0xA1B23C4D
_PCAP_ETHERNET = 1


def write_pcap(path, stamped):
    """@p stamped: (ns, frame) in any order."""
    with open(path, "wb") as f:
        f.write(struct.pack("=IHHiIII", _PCAP_NS, 2, 4, 0, 0, 65535, _PCAP_ETHERNET))
        for ns, frame in sorted(stamped):
            f.write(struct.pack("=IIII", ns // 1000000000, ns % 1000000000, len(frame), len(frame)))
            f.write(frame)
    return str(path)


# ---- Appliances ----

class Refused(Exception):
    def __init__(self, status, stderr):
        super().__init__(f"callctl exits {status}: {stderr.strip()}")
        self.status = status
        self.stderr = stderr


def build_option(name):
    """Of meson, as the build that is tested was set up."""
    options = subprocess.run(["/usr/bin/meson", "introspect", "--buildoptions", str(BUILD)],
                             check=True, stdout=subprocess.PIPE, text=True).stdout
    return next(o["value"] for o in json.loads(options) if o["name"] == name)


def callctl(socket_path, *args, seconds=5 * DEADLINE_S):
    """Rows of callctl --json; Refused when it does not exit 0."""
    done = subprocess.run([str(CALLCTL), "--socket", str(socket_path), "--json", *map(str, args)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=seconds)
    if done.returncode != 0:
        raise Refused(done.returncode, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def config(ports, trunks=None, attachments=None, routes=None, calls=4096, **control):
    """The mapping that is the configuration, of one worker, kind to a small shared machine."""
    return {
        "control": {"lcore": 0, "idle": "sleep", **control},
        "limits": {"calls": calls, "no-huge": True},
        "ports": {name: {"device": device} for name, device in ports.items()},
        "workers": [{"lcore": 1, "ports": list(ports)}],
        "trunks": trunks or {},
        "attachments": attachments or [],
        "routes": [{"prefix": p, "trunk": t} for p, t in (routes or {}).items()],
    }


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


# What must be 0 when all calls are gone (I4).
GONE = ("calls", "vcs", "parties", "party_references", "names", "timers", "call_references",
        "labels", "circuits", "setups", "changes", "clients_calls", "reclaiming",
        "reserved")


class Appliance:
    living = []

    def __init__(self, name, settings, start=True):
        """@p settings: a mapping, see config(), or the text of a configuration."""
        self.name = name
        self.socket = directory() / f"{name}.sock"
        self.file = directory() / f"{name}.yaml"
        self.log = directory() / f"{name}.log"
        self.holds = {self.socket, *self._devices(settings)}
        if isinstance(settings, dict):
            settings["control"].setdefault("socket", str(self.socket))
            settings = json.dumps(settings, indent=1)  # JSON is YAML
        self.file.write_text(settings)
        self.process = None
        if start:
            self.launch()
            self.wait_running()

    @staticmethod
    def _devices(settings):
        """Those of which there is one for all processes."""
        if not isinstance(settings, dict):
            return ()
        return {port["device"] for port in settings["ports"].values()
                if not port["device"].startswith(("wire:", "net_null", "net_ring"))}

    def launch(self, *arguments):
        # Whoever still has what this one needs was left behind by a case that has failed.
        _kill_all(a for a in Appliance.living if a.holds & self.holds)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(CALLPLANE), "-c", str(self.file), *arguments],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=_die_with_parent)
        Appliance.living.append(self)

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}")
        try:
            return self.status()["state"] == "running"
        except Refused:
            return False

    def wait_running(self):
        until(f"{self.name} answers", self._answers)

    def ctl(self, *args):
        return callctl(self.socket, *args)

    def refused(self, *args):
        """The error of a command that must be refused (exit status 1)."""
        try:
            rows = self.ctl(*args)
        except Refused as refused:
            same(refused.status, 1, "exit status")
            return refused.stderr
        raise AssertionError(f"callctl {args} was not refused: {rows}")

    def status(self):
        return self.ctl("status")[0]

    def counters(self):
        return self.ctl("counters")[0]

    def ports(self):
        return {row["name"]: row for row in self.ctl("ports")}

    def parties(self, call):
        return {row["address"]: row for row in self.ctl("parties", call)}

    def trunks(self):
        return {row["name"]: row for row in self.ctl("trunks")}

    def attachments(self):
        return {row["address"]: row for row in self.ctl("attachments")}

    def drops(self, port):
        return self.ports()[port]["drops"]

    def wait_links(self):
        """Up, and what is said of RESTART at the start has been said (SIG-85)."""
        until(f"the links of {self.name}",
              lambda: all(t["link"] == "established" and not t["restarting"]
                          for t in self.trunks().values()))

    def dial(self, source, to, count=1, *more):
        job = self.ctl("dial", "--from", source, "--to", to, "--count", count, *more)[0]
        same((job["done"], job["failed"], job["state"]), (count, 0, "done"), "dial")

    def active(self):
        return self.status()["calls_active"]

    def wait_active(self, n):
        until(f"{n} active calls at {self.name}", lambda: self.active() == n)

    def wait_counters(self, **expected):
        other = {}

        def are_there():
            counters = self.counters()
            other.clear()
            other.update((k, counters[k]) for k in expected if counters[k] != expected[k])
            return not other
        try:
            until("counters", are_there)
        except AssertionError:
            raise AssertionError(f"{self.name} has {other}, not {expected}") from None

    def wait_gone(self, link=True):
        """I4. A trunk without its link has a timer until it tries again."""
        self.wait_counters(**{key: 0 for key in GONE if link or key != "timers"})

    def ended(self, seconds=2 * DEADLINE_S):
        """The exit status of a process that has been told to end, or ends by itself."""
        status = self.process.wait(timeout=seconds)
        if self in Appliance.living:  # else it has been killed for another one's sake
            Appliance.living.remove(self)
        return status

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        same(self.ended(), 0, f"exit status of {self.name}")

    def kill(self):
        self.process.kill()
        self.ended()

    def log_text(self):
        return self.log.read_text(errors="replace")

    def log_tail(self):
        lines = self.log_text().splitlines()[-30:]
        return "\n".join(f"{self.name}: {line}" for line in lines)


def neighbours(n, near=("embedded", "network"), far=("standalone", "user")):
    """
    Two appliances, near and far, on the ends nt and ft of a veth pair, with their links up. Each
    has @p n attachments, from e164:4910000 and from e164:4920000, on a port that leads nowhere.
    """
    veth("nt", "ft")
    pair = []
    for name, (manager, side), interface, own, other in (
            ("near", near, "nt", "491", "492"), ("far", far, "ft", "492", "491")):
        pair.append(Appliance(name, config(
            {"trunk": f"net_af_packet0,iface={interface}", "lan": "wire:lan:a",
             "void": "wire:lan:b"},
            {"peer": {"port": "trunk", "call-manager": manager, "side": side}},
            [{"address": f"e164:{own}0000", "count": n, "port": "lan", "svlan": 1, "vlan": 1}],
            {f"e164:{other}": "peer"})))
    for appliance in pair:
        appliance.wait_links()
    return pair


# ---- Signalling on the wire ----

LABEL_AT, WORD_AT, PDU_AT = 14, 18, 22
SIGNALLING_LABEL = 16
SSCOP_SD = 8
SSCOP_TRAILER = 4


def labelled(label, payload, ttl=255, bottom=1, word=None, padding=b""):
    """@p payload on a trunk; the control word as it should be, or @p word."""
    if word is None:
        length = len(payload) + 4 if len(payload) + 4 < 64 else 0
        word = struct.pack("!I", length << 16)
    entry = struct.pack("!I", label << 12 | bottom << 8 | ttl)
    return bytes.fromhex("ffffffffffff020000000099" "8847") + entry + word + payload + padding


def sscop_pdu(frame):
    """The SSCOP PDU of a frame of the signalling VC, or None."""
    if len(frame) < PDU_AT + SSCOP_TRAILER or frame[12:14] != b"\x88\x47":
        return None
    if int.from_bytes(frame[LABEL_AT:LABEL_AT + 3], "big") >> 4 != SIGNALLING_LABEL:
        return None
    length = frame[WORD_AT + 1] & 0x3F
    return frame[PDU_AT:WORD_AT + length] if length else frame[PDU_AT:]


def q2931_messages(frames):
    """What callctl decode says of each Q.2931 message in these frames."""
    lines = []
    for pdu in filter(None, map(sscop_pdu, frames)):
        kind, pad = pdu[-SSCOP_TRAILER] & 0x0F, pdu[-SSCOP_TRAILER] >> 6
        if kind == SSCOP_SD:
            lines.append(pdu[:len(pdu) - SSCOP_TRAILER - pad].hex() + "\n")
    done = subprocess.run([str(CALLCTL), "--json", "decode", "q2931"], input="".join(lines),
                          stdout=subprocess.PIPE, text=True, check=True, timeout=DEADLINE_S)
    return [json.loads(line) for line in done.stdout.splitlines()]


def tshark(path, *arguments, label=SIGNALLING_LABEL):
    """What tshark says of a capture, with app/wireshark/callplane.lua."""
    if shutil.which("tshark") is None:
        raise Skip("no tshark; mend: apt install tshark")
    done = subprocess.run(
        ["tshark", "-X", f"lua_script:{SOURCE / 'app' / 'wireshark' / 'callplane.lua'}",
         "-o", f"callplane.labels:{label}", "-r", path, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=dict(os.environ, HOME=str(directory())), timeout=DEADLINE_S)
    same(done.returncode, 0, done.stderr)
    holds("Lua" not in done.stderr, done.stderr)
    return done.stdout


def tshark_fields(path, *names, only="frame", label=SIGNALLING_LABEL):
    """A row for each frame that the filter @p only lets pass: its fields of these names."""
    arguments = ["-T", "fields", "-E", "separator=|"]
    for name in names:
        arguments += ["-e", name]
    lines = tshark(path, *arguments, "-Y", only, label=label).splitlines()
    return [tuple(line.split("|")) for line in lines]


def sscop_sd(message, number):
    """@p message in an SD PDU."""
    pad = -len(message) % 4
    trailer = bytes([pad << 6 | SSCOP_SD]) + number.to_bytes(3, "big")
    return message + bytes(pad) + trailer


class Capture:
    """callctl capture of an appliance, under way: its file has been begun."""

    def __init__(self, appliance, name, *arguments):
        self.path = directory() / name
        self._process = subprocess.Popen(
            [str(CALLCTL), "--socket", str(appliance.socket), "--json", "capture",
             "--write", str(self.path), *map(str, arguments)],
            stdout=subprocess.PIPE, text=True, preexec_fn=_die_with_parent)
        until("the capture has begun",
              lambda: self.path.exists() and self.path.stat().st_size > 0)

    def interrupt(self):
        """As Ctrl-C does; what it came to."""
        self._process.send_signal(signal.SIGINT)
        return self.result()

    def result(self):
        output, _ = self._process.communicate(timeout=DEADLINE_S)
        same(self._process.returncode, 0, "exit status of callctl capture")
        return json.loads(output)

    def vanish(self):
        self._process.kill()
        self._process.wait()


class Injector(threading.Thread):
    """Sends numbered frames without a pause until it is stopped."""

    def __init__(self, port, build):
        super().__init__(daemon=True)
        self._port = port
        self._build = build
        self._stopping = threading.Event()
        self.number = 0  # of the frame that is sent last or next

    def run(self):
        while not self._stopping.is_set():
            self._port.send(self._build(self.number))
            self.number += 1
            time.sleep(0.001)

    def stop(self):
        self._stopping.set()
        self.join()
