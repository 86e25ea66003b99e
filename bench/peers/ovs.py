# SPDX-License-Identifier: BSD-3-Clause
"""Open vSwitch with DPDK in a directory of its own, and a million MPLS flows that go under traffic."""

import contextlib
import os
import pathlib
import subprocess

from peers import openflow
from peers.traffic import Traffic
from pktgen.process import Failed, Polling, end, spawn, until

NAME = "Open vSwitch"
VSWITCHD = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
PORTS = ("left", "right")
FIRST_LABEL = 32
STAYS, GOES = 2, 1  # cookies
CHUNK = 20000  # flows a bundle while loading: what a bundle takes for itself stays small
RATES = (800e3, 400e3, 200e3, 100e3)
SAMPLE = 1000  # of those that go one by one
START_S = 60
COMMAND_S = 300


def label_of(i):
    return FIRST_LABEL + i


def add_line(i, cookie):
    """A label is swapped, as ours does."""
    return (f"cookie={cookie},in_port=1,mpls,mpls_label={label_of(i)},"
            f"actions=set_mpls_label:{label_of(i) ^ 1},output:2")


def delete_line(i):
    return f"delete_strict in_port=1,mpls,mpls_label={label_of(i)}"


def lines(make, numbers, *more):
    return "".join(make(i, *more) + "\n" for i in numbers)


def flow_count(text):
    """Of what dump-aggregate says."""
    return int(text.rpartition("flow_count=")[2].split()[0])


def resident_octets(status):
    """Of what /proc/PID/status says."""
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise Failed("ovs-vswitchd has ended")


class Switch:
    """Database, daemon and bridge. Nothing of it is outside of @p directory, but for its processes."""

    def __init__(self, directory, cores, has_hugepages):
        self.directory = pathlib.Path(directory)
        self.environment = os.environ | {f"OVS_{what}DIR": str(directory)
                                         for what in ("RUN", "LOG", "DB", "SYSCONF")}
        self.log = self.directory / "log"
        self.processes = []
        try:
            self._start(cores, has_hugepages)
        except BaseException:
            self.close()
            raise

    def run(self, *command, stdin=None):
        try:
            done = subprocess.run([str(c) for c in command], input=stdin, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, timeout=COMMAND_S,
                                  env=self.environment, check=False)
        except subprocess.TimeoutExpired:
            raise Failed(f"{command[0]} does not end; mend: fewer --calls") from None
        if done.returncode != 0:
            said = done.stderr.strip().splitlines() or ["it failed"]
            raise Failed(f"{command[0]}: {said[-1]}")
        return done.stdout

    def vsctl(self, *words):
        return self.run("ovs-vsctl", f"--db=unix:{self.directory}/db.sock",
                        f"--timeout={START_S}", *words)

    def ofctl(self, *words, stdin=None):
        return self.run("ovs-ofctl", "-O", "OpenFlow14", *words, stdin=stdin)

    def _spawn(self, command, ready):
        process = spawn(command, self.log, env=self.environment)
        self.processes.insert(0, process)
        until(command[0], ready, process, self.log, START_S)
        return process

    def _start(self, cores, has_hugepages):
        at = self.directory
        self.run("ovsdb-tool", "create", at / "conf.db", SCHEMA)
        self._spawn(["ovsdb-server", at / "conf.db", f"--remote=punix:{at}/db.sock",
                     f"--unixctl={at}/db.ctl"], (at / "db.sock").exists)
        memory = "--in-memory" if has_hugepages else "--no-huge -m 1024"
        self.vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:dpdk-init=true",
                   f"other_config:dpdk-lcore-mask={1 << cores[0]:#x}",
                   f"other_config:pmd-cpu-mask={1 << cores[-1]:#x}",
                   f'other_config:dpdk-extra="--no-pci --no-telemetry {memory} '
                   f'--file-prefix bench-ovs-{os.getpid()}"')
        # A bridge has an interface of the kernel: in a namespace that ends with the daemon.
        self.daemon = self._spawn(["unshare", "--net", VSWITCHD, f"unix:{at}/db.sock",
                                   f"--unixctl={at}/daemon.ctl"], (at / "daemon.ctl").exists)
        self.vsctl("add-br", "bridge", "--", "set", "bridge", "bridge", "datapath_type=netdev",
                   "fail_mode=secure")

    def octets(self):
        """Of memory, without hugepages."""
        return resident_octets(pathlib.Path(f"/proc/{self.daemon.pid}/status").read_text())

    @contextlib.contextmanager
    def traffic(self, build, core, has_hugepages, n_labels):
        """Its ports exist only meanwhile: without any, the poller sleeps."""
        for number, name in enumerate(PORTS, start=1):
            self.vsctl("add-port", "bridge", name, "--", "set", "Interface", name,
                       "type=dpdkvhostuser", f"ofport_request={number}")
        vdevs = [f"net_virtio_user{i},path={self.directory / name},queue_size=1024,mrg_rxbuf=0,"
                 "in_order=1,speed=100000" for i, name in enumerate(PORTS)]
        traffic = Traffic(build, vdevs, ["--labels", f"{FIRST_LABEL}:{n_labels}"], core,
                          has_hugepages)
        try:
            yield traffic
        finally:
            traffic.close()
        for name in PORTS:
            self.vsctl("del-port", "bridge", name)

    def add_flows(self, numbers, cookie):
        for start in range(0, len(numbers), CHUNK):
            self.ofctl("--bundle", "add-flows", "bridge", "-",
                       stdin=lines(add_line, numbers[start:start + CHUNK], cookie))

    def n_flows(self):
        return flow_count(self.ofctl("dump-aggregate", "bridge"))

    def close(self):
        for process in self.processes:
            end(process)


# ---- Ways to delete. Each makes a job that deletes numbers, of which the lines are ready before. ----


def by_wildcard(switch, numbers):
    del numbers  # all that have the cookie
    return lambda: switch.ofctl("del-flows", "bridge", f"cookie={GOES}/-1")


def in_bundle(switch, numbers):
    text = lines(delete_line, numbers)
    return lambda: switch.ofctl("--bundle", "add-flows", "bridge", "-", stdin=text)


def one_by_one(switch, numbers):
    """ovs-ofctl waits for the answer to a barrier after each."""
    text = lines(delete_line, numbers)
    return lambda: switch.ofctl("add-flows", "bridge", "-", stdin=text)


def in_a_row(switch, numbers):
    """A controller that waits once, for the last."""
    messages = openflow.deletions(label_of(i) for i in numbers)
    return lambda: openflow.exchange(switch.directory / "bridge.mgmt", messages, COMMAND_S)


def measure(rows, traffic, switch, name, make, numbers):
    """One way, under traffic."""
    before = switch.n_flows()
    work = make(switch, numbers)
    poller = Polling(switch.daemon, "pmd")
    loss, seconds = traffic.during(work)
    share = poller.share()
    if before - switch.n_flows() != len(numbers):
        raise Failed(f"{name}: flows that should be gone are not, or others are")
    rows.add(f"{name}/deletions_per_second", len(numbers) / seconds, "1/s")
    traffic.tell(rows, name, loss, seconds)
    rows.add(f"{name}/poller_share", share, "")


def one_run(rows, switch, args, build, cores, n, n_stay, with_slow):
    """@p with_slow: more than the wildcard. Flows that are missing are loaded, without traffic."""
    empty = switch.octets()
    first = switch.n_flows() == 0
    if first:
        switch.add_flows(range(n_stay), STAYS)
    switch.add_flows(range(n_stay, n), GOES)
    loaded = switch.octets()
    if first:
        rows.add("ovs/bytes_per_entry", (loaded - empty) / n, "B")
    with switch.traffic(build, cores[0], args.has_hugepages, n_stay) as traffic:
        ready = switch.octets()
        traffic.settle(RATES)
        if first:
            rows.add("ovs/bytes_per_entry_in_use",
                     (loaded - empty) / n + (switch.octets() - ready) / n_stay, "B")
        if not with_slow:
            measure(rows, traffic, switch, "ovs_wildcard", by_wildcard, range(n_stay, n))
            return
        some = n_stay + min(SAMPLE, (n - n_stay) // 10)
        more = some + (n - n_stay) // 10
        measure(rows, traffic, switch, "ovs_one_by_one", one_by_one, range(n_stay, some))
        measure(rows, traffic, switch, "ovs_in_a_row", in_a_row, range(some, more))
        measure(rows, traffic, switch, "ovs_bundle", in_bundle, range(more, n))


def run(rows, args, build, cores, n, n_stay, directory):
    switch = Switch(directory, cores, args.has_hugepages)
    try:
        one_run(rows, switch, args, build, cores, n, n_stay, with_slow=True)
        for _ in range(args.runs or 3):
            one_run(rows, switch, args, build, cores, n, n_stay, with_slow=False)
    finally:
        switch.close()
