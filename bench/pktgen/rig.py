# SPDX-License-Identifier: BSD-3-Clause
"""
What the generator is joined to: an appliance with calls that pass through it, from the trunk
"east" to the trunk "west"; or testpmd, to see what the generator and the links can do alone.

    generator port 0 -- link -- east [appliance] west -- link -- generator port 1

Who signalled the calls was another appliance, at the far end of both links, that the generator has
taken the place of. The appliance does not miss it: its timers run for a day.
"""

import contextlib
import json
import os
import pathlib
import subprocess

import labels
from process import Failed, end, spawn, until

BUILD = pathlib.Path(os.environ.get("CALLPLANE_BUILD",
                                    pathlib.Path(__file__).resolve().parents[2] / "build"))
CALLPLANE, CALLCTL = BUILD / "app/callplane/callplane", BUILD / "app/callctl/callctl"
TRUNKS = ("east", "west")
CALLING, CALLED = "e164:491", "e164:492"  # and ten digits: far calls itself, through the appliance
LINKS = ("vhost", "memif")
DAY_MS = 86400000
# Signalling is silent once the calls are up: whoever signals is taken away, and what comes in at
# the generator's ports is only what it sent.
PATIENT = {"keep-alive": DAY_MS // 2, "idle": DAY_MS // 2, "no-response": DAY_MS,
           "t-link": DAY_MS, "t-link-max": DAY_MS, "t309": DAY_MS}
WINDOW = 4096
VLANS = 4094
START_S = 120
CALLS_A_SECOND = 1000  # far below what any machine does: when to give up


class Cores:
    """Who polls where: the worker has a core of its own, the generator one or two, if there are."""

    def __init__(self):
        allowed = sorted(os.sched_getaffinity(0))
        if len(allowed) < 2:
            raise Failed("one core only; mend: a load test wants one for the generator and one "
                         "for the worker")
        self.sender, self.worker = allowed[0], allowed[-1]
        self.receiver = allowed[1] if len(allowed) > 3 else self.sender
        self.control = allowed[-2] if len(allowed) > 2 else self.sender


class Links:
    """Two of a kind, by both their ends."""

    def __init__(self, kind, directory):
        self.kind = kind
        self._directory = pathlib.Path(directory)

    def _path(self, trunk):
        return self._directory / f"{trunk}.sock"

    def server(self):
        """Of whoever stays."""
        if self.kind == "vhost":
            return [f"net_vhost{i},iface={self._path(t)},queues=1" for i, t in enumerate(TRUNKS)]
        return [self._memif(i, "server") for i in range(len(TRUNKS))]

    def client(self):
        """Of who comes and goes."""
        if self.kind == "vhost":
            return [f"net_virtio_user{i},path={self._path(t)},queue_size=1024,packed_vq=1,"
                    "mrg_rxbuf=0,in_order=1,speed=100000" for i, t in enumerate(TRUNKS)]
        return [self._memif(i, "client") for i in range(len(TRUNKS))]

    def _memif(self, i, role):
        return (f"net_memif{i},role={role},id={i},rsize=12,"
                f"socket={self._directory}/memif.sock,socket-abstract=no")

    def clear(self):
        """A server makes its sockets anew."""
        for path in self._directory.glob("*.sock"):
            if path.name.split(".")[0] in (*TRUNKS, "memif"):
                path.unlink()


def trunk(port, side, **more):
    return {"port": port, "side": side, "restart": False, "window": WINDOW, **more}


def appliance_settings(links, cores, n_calls, has_hugepages):
    """Of the one under test: it only passes calls on."""
    return {
        "control": {"lcore": cores.control, "idle": "sleep"},
        "limits": {"calls": 2 * n_calls + 16, "no-huge": not has_hugepages},
        "ports": {t: {"device": d} for t, d in zip(TRUNKS, links.server())},
        "workers": [{"lcore": cores.worker, "ports": list(TRUNKS)}],
        "trunks": {t: trunk(t, "network", timers=PATIENT) for t in TRUNKS},
        "routes": [{"prefix": CALLED, "trunk": TRUNKS[1]}],
    }


def far_settings(links, cores, n_calls):
    """Of the one at the far end: it calls itself, out on one trunk and in on the other."""
    half = (VLANS + 1) // 2  # of the outer VLANs, for who calls and for who is called
    return {
        "control": {"lcore": cores.control, "idle": "sleep"},
        "limits": {"calls": 2 * n_calls + 16, "no-huge": True},
        "ports": {**{t: {"device": d} for t, d in zip(TRUNKS, links.client())},
                  "lan": {"device": "wire:lan:a"}, "void": {"device": "wire:lan:b"}},
        "workers": [{"lcore": cores.worker, "ports": [*TRUNKS, "lan", "void"]}],
        "trunks": {t: trunk(t, "user") for t in TRUNKS},
        "attachments": [{"address": f"{prefix}{0:010}", "count": n_calls, "port": "lan",
                         "svlan": svlan, "vlan": 1}
                        for prefix, svlan in ((CALLING, 1), (CALLED, half))],
        "routes": [{"prefix": CALLED, "trunk": TRUNKS[0]}],
    }


class Appliance:
    def __init__(self, name, settings, directory):
        directory = pathlib.Path(directory)
        self.name = name
        self.socket = directory / f"{name}.ctl"
        self.log = directory / f"{name}.log"
        self.socket.unlink(missing_ok=True)
        settings["control"]["socket"] = str(self.socket)
        file = directory / f"{name}.yaml"
        file.write_text(json.dumps(settings, indent=1))  # JSON is YAML
        self.process = spawn([CALLPLANE, "-c", file], self.log)
        until(f"the appliance ({name})", self._answers, self.process, self.log, START_S)

    def _answers(self):
        try:
            return self.ask("status")[0]["state"] == "running"
        except Failed:
            return False

    def ask(self, *words, seconds=60):
        """The rows of a callctl command."""
        done = subprocess.run([str(CALLCTL), "--socket", str(self.socket),
                               "--json", *map(str, words)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=seconds, check=False)
        if done.returncode != 0:
            raise Failed(f"{self.name}: {done.stderr.strip()}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def wait_links(self):
        until(f"the signalling links of {self.name}",
              lambda: all(t["link"] == "established" for t in self.ask("trunks")), self.process,
              self.log, START_S)

    def wait_silent(self, n_calls):
        """All calls up, and the other end has all PDUs: no poll asks for them once it is away."""
        until(f"the trunks of {self.name} have nothing more to say",
              lambda: all(t["unacknowledged"] == 0 and t["calls_active"] == n_calls
                          for t in self.ask("trunks")), self.process, self.log, START_S)

    def ports(self):
        return {row["name"]: row for row in self.ask("ports")}

    def drops(self):
        """Frames dropped since the start, by reason."""
        found = {}
        for port in self.ports().values():
            for reason, n in port["drops"].items():
                found[reason] = found.get(reason, 0) + n
        return found


def dial(far, n_calls):
    job, = far.ask("dial", "--from", f"{CALLING}{0:010}", "--to", f"{CALLED}{0:010}", "--count",
                   n_calls, seconds=START_S + n_calls / CALLS_A_SECOND)
    if job["done"] != n_calls or job["failed"]:
        raise Failed(f"{job['failed']} of {n_calls} calls failed: {job['detail'] or 'see ' + str(far.log)}")


@contextlib.contextmanager
def calls(links, cores, n_calls, directory, has_hugepages):
    """The appliance under test with its calls up, nobody at its links yet."""
    links.clear()
    appliance = Appliance("appliance", appliance_settings(links, cores, n_calls, has_hugepages),
                          directory)
    far = None
    try:
        far = Appliance("far", far_settings(links, cores, n_calls), directory)
        far.wait_links()
        appliance.wait_links()
        dial(far, n_calls)
        appliance.wait_silent(n_calls)
        far.process.kill()  # without a word, else the calls would end
        far.process.wait()
        if appliance.process.poll() is not None:
            raise Failed("the appliance ended when the far one did, as DPDK's memif lets it "
                         "happen now and then; mend: once more, or --link vhost")
        yield appliance
    finally:
        if far is not None and far.process.poll() is None:
            far.process.kill()
            far.process.wait()
        # Releases would wait for an answer that nobody gives.
        appliance.process.kill()
        appliance.process.wait()


def call_labels(appliance):
    found = labels.of_appliance(CALLCTL, appliance.socket, TRUNKS[0])
    if not found:
        raise Failed("the appliance has no call left")
    return found


@contextlib.contextmanager
def mirror(links, cores, directory, has_hugepages):
    """testpmd, which passes on as it is what comes: the generator and the links alone."""
    links.clear()
    log = pathlib.Path(directory) / "mirror.log"
    memory = ["--in-memory"] if has_hugepages else ["--no-huge", "-m", "512"]
    command = ["dpdk-testpmd", "--lcores", f"0@{cores.control},1@{cores.worker}", "-n", "1",
               *memory, "--no-pci", "--no-telemetry", "--file-prefix", f"mirror-{os.getpid()}"]
    for device in links.server():
        command += ["--vdev", device]
    command += ["--", "-i", "--auto-start", "--forward-mode=io", "--burst=32", "--nb-cores=1",
                "--total-num-mbufs=16384"]
    process = spawn(command, log, stdin=subprocess.PIPE)
    try:
        until("testpmd", lambda: b"testpmd>" in log.read_bytes(), process, log, START_S)
        yield process
    finally:
        process.stdin.close()
        end(process)
