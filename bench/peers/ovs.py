# SPDX-License-Identifier: BSD-3-Clause
"""Open vSwitch with DPDK in a directory of its own, and a million MPLS flows that it swaps by."""

import contextlib
import os
import pathlib
import subprocess
import time

from peers.traffic import Traffic
from pktgen.process import Failed, end, spawn, until

VSWITCHD = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
PORTS = ("left", "right")
FIRST_LABEL = 32
CHUNK = 20000  # flows a bundle while loading: what a bundle takes for itself stays small
START_S = 60
COMMAND_S = 300
STAYS, GOES = 2, 1  # cookies


def label_of(i):
    return FIRST_LABEL + i


def add_line(i, cookie):
    """A label is swapped, as ours does. All of them lead to the same port."""
    return (f"cookie={cookie},in_port=1,mpls,mpls_label={label_of(i)},"
            f"actions=set_mpls_label:{label_of(i) ^ 1},output:2")


def delete_line(i):
    return f"delete_strict in_port=1,mpls,mpls_label={label_of(i)}"


def resident_octets(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


class Switch:
    """Database, daemon and bridge. Nothing of it is outside of @p directory."""

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
        done = subprocess.run([str(c) for c in command], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=COMMAND_S,
                              env=self.environment, check=False)
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
        self.daemon = self._spawn([VSWITCHD, f"unix:{at}/db.sock", f"--unixctl={at}/daemon.ctl"],
                                  (at / "daemon.ctl").exists)
        self.vsctl("add-br", "bridge", "--", "set", "bridge", "bridge", "datapath_type=netdev",
                   "fail_mode=secure")

    def octets(self):
        """Of memory, but for hugepages."""
        return resident_octets(self.daemon.pid)

    def add_ports(self):
        for number, name in enumerate(PORTS, start=1):
            self.vsctl("add-port", "bridge", name, "--", "set", "Interface", name,
                       "type=dpdkvhostuser", f"ofport_request={number}")

    def remove_ports(self):
        for name in PORTS:
            self.vsctl("del-port", "bridge", name)

    def add_flows(self, numbers, cookie):
        for start in range(0, len(numbers), CHUNK):
            lines = [add_line(i, cookie) for i in numbers[start:start + CHUNK]]
            self.ofctl("--bundle", "add-flows", "bridge", "-", stdin="\n".join(lines) + "\n")

    def n_flows(self):
        text = self.ofctl("dump-aggregate", "bridge")
        return int(text.rpartition("flow_count=")[2].split()[0])

    def close(self):
        for process in self.processes:
            end(process)
