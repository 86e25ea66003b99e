#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Memory and workers on their nodes, in a guest with two: NICs on both, and the kernel's own account
of where the pages are.

    node 0: lcores 0 (control) and 1 (east's worker), NICs east and spare
    node 1: lcores 2 (west's worker) and 3, NIC west
"""

import json
import re
import shlex

import rig
from lab import case, holds, main, same
from rig import Nic

rig.ready()

NODE_PAGES = "/sys/devices/system/node/node{}/hugepages/hugepages-2048kB/{}_hugepages"
FAR = "at distance 21 (10 within a node)"
SETTINGS = {
    "workers": [{"lcore": 1, "ports": ["east"]}, {"lcore": 2, "ports": ["west"]}],
    "trunks": {"to-east": {"port": "east"}, "to-west": {"port": "west", "side": "network"}},
}
own = {}


def guest():
    return own["appliance"].guest


def wrong_node():
    """A second appliance, whose worker is on node 1, and its NIC on node 0."""
    return {
        "control": {"lcore": 0, "idle": "sleep", "socket": "wrong.sock"},
        "limits": {"calls": 64, "mbufs": 4096},
        "ports": {"far": {"device": own["appliance"].spare_address(0)}},
        "workers": [{"lcore": 3, "ports": ["far"]}],
        "trunks": {"to-far": {"port": "far"}},
    }


def preflight(file):
    """(exit status, {subject: check}) in the guest."""
    status, said = guest().sh("./callplane", "--preflight", "--json", "-c", file)
    return status, {c["subject"]: c for c in json.loads(said)["checks"]}


def log_of_run(file, socket):
    """What an appliance said that was told to end as soon as it answered."""
    answers = f"./callctl --socket {socket} status >/dev/null 2>&1"
    status, said = guest().request("sh", " ".join((
        f"./callplane -c {file} >{file}.log 2>&1 & pid=$!;",
        f"until {answers} || ! kill -0 $pid; do sleep 1; done;",
        f"kill $pid; wait $pid; echo status $?; cat {file}.log")))
    same(status, 0, said)
    holds("status 0\n" in said, said)
    return said


def pages_of_nodes(pid_of):
    """Pages of hugepages that the kernel accounts to a process, by node."""
    _, maps = guest().request("sh", f"cat /proc/$(pidof {pid_of})/numa_maps")
    nodes = {0: 0, 1: 0}
    for line in maps.splitlines():
        if " huge " in line + " ":
            for node, n in re.findall(r"\bN(\d+)=(\d+)", line):
                nodes[int(node)] += int(n)
    return nodes


@case("an appliance with a trunk on each node says that all its memory is where it should be")
def _():
    own["appliance"] = rig.GuestAppliance(
        "numa", {"east": Nic("vmxnet3", node=0), "west": Nic("e1000e", node=1)}, SETTINGS,
        spare=[Nic("vmxnet3", node=0)], cpus=4, nodes=2, mem_mb=2048)
    said = own["appliance"].log_text()
    holds("the workers of 1 of 2 trunks are on NUMA node 0: the tables are there" in said, said)
    holds(re.search(r"tables on NUMA node 0, mbufs on 2 nodes; \d+ things, \d+ pages looked at, "
                    "0 of them not where they should be", said), said)
    holds("at distance" not in said, said)


@case("the kernel's account agrees: both nodes have pages of the appliance")
def _():
    nodes = pages_of_nodes("callplane")
    # Of the pool alone, for 2 ports and 2 workers, 16384 mbufs of 2.3 KiB, each node has 18 pages.
    holds(nodes[0] > nodes[1] >= 18, f"pages by node: {nodes}")


@case("preflight finds both ports on the nodes of their workers")
def _():
    status, checks = preflight("callplane.yaml")
    same(status, 0, checks)
    for port, node, lcore in (("east", 0, 1), ("west", 1, 2)):
        same(checks[f"port {port}"]["verdict"], "ok", checks)
        holds(f"vfio-pci; on node {node}, as its worker's lcore {lcore}"
              in checks[f"port {port}"]["text"], checks)
    holds("distances 21 10" in checks["node 1"]["text"], checks)
    holds(checks["IOMMU"]["text"].startswith("on: "), checks)


@case("preflight shows a worker on the wrong node, with the distance and the lcores to take")
def _():
    guest().request("sh", f"echo {shlex.quote(json.dumps(wrong_node()))} >wrong.yaml")
    status, checks = preflight("wrong.yaml")
    same(status, 0, checks)
    far = checks["port far"]
    same(far["verdict"], "warning", far)
    holds(f"on node 0, but its worker's lcore 3 is on node 1, {FAR}" in far["text"], far)
    same(far["mend"], "give it a worker on an lcore of node 0: 1", far)


@case("that appliance reports it too as it starts, and has its memory on both nodes as it should")
def _():
    said = log_of_run("wrong.yaml", "wrong.sock")
    holds(f"port far is on NUMA node 0, its worker's lcore 3 on node 1, {FAR}" in said, said)
    holds("mend: give it a worker on an lcore of node 0: 1\n" in said, said)
    holds("tables on NUMA node 1, mbufs on 2 nodes;" in said, said)
    holds(" 0 of them not where they should be" in said, said)


@case("a node without free hugepages: preflight says how many it needs, and the start what is elsewhere")
def _():
    guest().request("sh", f"echo 0 >{NODE_PAGES.format(1, 'nr')}")
    same(guest().request("sh", f"cat {NODE_PAGES.format(1, 'free')}")[1], "0\n", "free pages of node 1")
    status, checks = preflight("wrong.yaml")
    same(status, 0, checks)
    same(checks["hugepages node 1"]["verdict"], "warning", checks)
    holds(re.match(r"echo \d+ > " + NODE_PAGES.format(1, "nr"), checks["hugepages node 1"]["mend"]),
          checks)
    said = log_of_run("wrong.yaml", "wrong.sock")
    for what in ("circuit table", r"dp0_mbufs_1", "worker", r"dp0_up_3", "label map"):
        found = re.search(what + r": (\d+) pages of (\d+) looked at are on NUMA node 0 instead of 1; "
                          "mend: dpdk-hugepages.py --node 1 ", said)
        holds(found, f"{what} in {said}")
        same(found.group(1), found.group(2), f"pages of {what}")


@case("it ends as always")
def _():
    same(guest().stray_dma(), [], "DMA beyond what it may reach")
    own["appliance"].stop()


main()
