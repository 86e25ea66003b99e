# SPDX-License-Identifier: BSD-3-Clause
"""Linux as a router in a namespace of its own: routes that go when their interface goes down."""

import contextlib
import os
import pathlib
import re
import subprocess

from peers.traffic import Traffic
from pktgen.process import Failed, end, spawn, until

NAME = "routes"
FIRST_ADDRESS = 10 << 24  # 10.0.0.0 and on
RATES = (200e3, 100e3, 50e3, 25e3, 10e3)
COMMAND_S = 300
START_S = 10
# Of each pair the second end is the traffic's, or nobody's.
SETUP = """
link set lo up
link add in address 02:00:00:00:00:02 type veth peer name in-far
link add stays type veth peer name stays-far
link add goes type veth peer name goes-far
link set in up
link set in-far up
link set stays up
link set stays-far up
link set goes up
link set goes-far up
address add 192.0.2.254/24 dev in
address add 198.51.100.254/24 dev stays
address add 203.0.113.254/24 dev goes
neighbour add 198.51.100.1 lladdr 02:00:00:00:00:03 dev stays
neighbour add 203.0.113.1 lladdr 02:00:00:00:00:03 dev goes
"""
STAYS, GOES = "via 198.51.100.1 dev stays", "via 203.0.113.1 dev goes"


def address_of(i):
    number = FIRST_ADDRESS + i
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def route_lines(numbers, way):
    return "".join(f"route add {address_of(i)}/32 {way}\n" for i in numbers)


def slab_octets(meminfo):
    """Of what /proc/meminfo says: routes are in slabs, and the larger nodes of their tree apart."""
    found = dict(re.findall(r"^(\w+):\s+(\d+) kB", meminfo, re.M))
    return (int(found["SUnreclaim"]) + int(found["VmallocUsed"])) * 1024


class Router:
    """A namespace that lasts as long as a process that sleeps in it."""

    def __init__(self, log):
        self.process = spawn(["unshare", "--net", "sleep", "infinity"], log)
        self.namespace = f"/proc/{self.process.pid}/ns/net"
        self.enter = ["nsenter", f"--net={self.namespace}"]
        try:
            ours = os.readlink("/proc/self/ns/net")
            until("unshare", lambda: os.readlink(self.namespace) != ours, self.process, log, START_S)
            self.ip(SETUP)
            self.run(["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"])
        except BaseException:
            self.close()
            raise

    def run(self, command, stdin=None):
        try:
            done = subprocess.run([*self.enter, *command], input=stdin, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, timeout=COMMAND_S, check=False)
        except subprocess.TimeoutExpired:
            raise Failed(f"{command[0]} does not end; mend: fewer --calls") from None
        if done.returncode != 0:
            said = done.stderr.strip().splitlines() or ["it failed"]
            raise Failed(f"{command[0]}: {said[-1]}")
        return done.stdout

    def ip(self, lines):
        return self.run(["ip", "-batch", "-"], stdin=lines)

    def n_routes(self):
        """Without those of interfaces."""
        text = self.run(["cat", "/proc/net/fib_triestat"])
        return int(re.search(r"Prefixes:\s+(\d+)", text).group(1))

    def close(self):
        end(self.process)


def one_run(rows, router, traffic, n, n_stay):
    """Those that go are there again before each."""
    router.ip("link set goes up\nneighbour replace 203.0.113.1 lladdr 02:00:00:00:00:03 dev goes\n")
    before = slab_octets(pathlib.Path("/proc/meminfo").read_text())
    router.ip(route_lines(range(n_stay, n), GOES))
    octets = slab_octets(pathlib.Path("/proc/meminfo").read_text()) - before
    n_before = router.n_routes()
    loss, seconds = traffic.during(lambda: router.ip("link set goes down\n"))
    if n_before - router.n_routes() < n - n_stay:
        raise Failed("routes that should be gone are not")
    rows.add("routes/bytes_per_entry", octets / (n - n_stay), "B")
    rows.add("routes/deletions_per_second", (n - n_stay) / seconds, "1/s")
    traffic.tell(rows, "routes", loss, seconds)


def run(rows, args, build, cores, n, n_stay, directory):
    router = Router(pathlib.Path(directory) / "routes.log")
    with contextlib.ExitStack() as stack:
        stack.callback(router.close)
        router.ip(route_lines(range(n_stay), STAYS))
        vdevs = [f"net_af_packet{i},iface={name},qdisc_bypass=1"
                 for i, name in enumerate(("in-far", "stays-far"))]
        traffic = Traffic(build, vdevs, ["--addresses", f"{FIRST_ADDRESS}:{n_stay}"], cores[0],
                          args.has_hugepages, router.enter)
        stack.callback(traffic.close)
        traffic.settle(RATES)
        for _ in range(args.runs or 3):
            one_run(rows, router, traffic, n, n_stay)
