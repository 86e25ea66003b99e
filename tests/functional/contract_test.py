#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The traffic contract: a trunk's bandwidth is promised once, and what is above a call's rates is
dropped or marked as configured (QOS-3, ACT-4, SIG-112, I4).

    lan-east | east ==== wire ==== west | lan-west      admission, one appliance
    nx - lan | trunk - nt ==== ft - trunk | far          excess, seen on the wire between two
"""

import subprocess
import time

import lab
from lab import Port, case, holds, same, until

lab.isolate()

KINDS = ("embedded", "standalone")
EAST, WEST = "e164:4911000", "e164:4921000"
N = 8
RATE, IN_CELLS = 1000000, 1000032     # octets a second; whole cells of 48
ROOM = 3                              # calls that a trunk has room for
BANDWIDTH = f"{8 * (ROOM * IN_CELLS + 1000)}"
CAUSE = "cause 37: user cell rate not available"

for ends in (("nx", "na"), ("nt", "ft")):
    lab.veth(*ends)
nx, from_near = Port("nx"), Port("ft")


# ---- Admission ----

def settings(east, west, near=None, far=None):
    """@p near, @p far: the bandwidth of the trunk that dials and of the one that answers."""
    def trunk(port, kind, side, bandwidth):
        return {"port": port, "call-manager": kind, "side": side,
                **({"bandwidth": bandwidth} if bandwidth else {})}
    return lab.config(
        {"east": "wire:trunk:a", "west": "wire:trunk:b", "lan-east": "net_null0,no-rx=1",
         "lan-west": "net_null1,no-rx=1"},
        {"to-west": trunk("east", east, "user", near),
         "to-east": trunk("west", west, "network", far)},
        [{"address": EAST, "count": N, "port": "lan-east", "vlan": 1},
         {"address": WEST, "count": N, "port": "lan-west", "vlan": 1}],
        {"e164:491": "to-east", "e164:492": "to-west"})


def number(address, i):
    return f"{address[:-1]}{i}"


def text(appliance, *command):
    """What callctl prints for people."""
    return subprocess.run([str(lab.CALLCTL), "--socket", str(appliance.socket), *command],
                          stdout=subprocess.PIPE, text=True, check=True,
                          timeout=lab.DEADLINE_S).stdout


def admission(east, west, where):
    """One case after the other for one appliance; @p where: the side that has the bandwidth."""
    name = f"{east}-{west}, bandwidth of the {where} trunk"
    a = {}
    trunk = {"near": "to-west", "far": "to-east"}[where]

    def reserved(calls):
        """At both ends of the trunk, each way: the same, however a call got its rate."""
        for t in a["appliance"].trunks().values():
            same((t["reserved_rx"], t["reserved_tx"]), (calls * IN_CELLS, calls * IN_CELLS),
                 f"reserved on {t['name']}")

    def refused(n):
        t = a["appliance"].trunks()
        same(t[trunk]["refused"], n, "refused there")
        same(sum(x["refused"] for x in t.values()), n, "refused in all")
        same(t[trunk]["refused_rx"] + t[trunk]["refused_tx"], n, "for lack of bandwidth")

    def dial(i, *more):
        a["appliance"].dial(number(EAST, i), number(WEST, i), 1, *more)

    def out():
        """Calls that have a rate, where they are dialled."""
        return sorted(c["call"] for c in a["appliance"].ctl("calls")
                      if c["direction"] == "out" and c["rate"] > 0)

    @case(f"{name}: calls are set up as long as there is room")
    def _():
        appliance = a["appliance"] = lab.Appliance(
            f"{east}-{west}-{where}", settings(east, west, **{where: BANDWIDTH}))
        appliance.wait_links()
        for i in range(ROOM):
            dial(i, "--rate", RATE)
        appliance.wait_active(2 * ROOM)
        reserved(ROOM)

    @case(f"{name}: the next one is refused with cause 37, the others stay as they are")
    def _():
        before, setups = out(), a["appliance"].trunks()["to-east"]["messages_rx"]
        error = a["appliance"].refused("dial", "--from", number(EAST, ROOM), "--to",
                                       number(WEST, ROOM), "--rate", RATE)
        same(len(error.splitlines()), 1, error)
        holds("RESOURCES" in error and CAUSE in error, error)
        same(out(), before, "calls")
        a["appliance"].wait_active(2 * ROOM)
        reserved(ROOM)
        refused(1)
        if where == "near":  # nothing is said to the other end
            same(a["appliance"].trunks()["to-east"]["messages_rx"], setups, "messages")

    @case(f"{name}: a call without a rate is promised nothing, so it finds room")
    def _():
        dial(ROOM)
        a["appliance"].wait_active(2 * ROOM + 2)
        reserved(ROOM)

    @case(f"{name}: people can read what is reserved and refused")
    def _():
        heading, *lines = text(a["appliance"], "trunks").splitlines()
        holds("reserved tx" in heading and "refused" in heading, heading)
        holds(any(f"{ROOM * IN_CELLS}/s" in line for line in lines), lines)

    @case(f"{name}: a call that ends makes room for another")
    def _():
        a["appliance"].ctl("close", out()[0])
        a["appliance"].wait_active(2 * ROOM)
        reserved(ROOM - 1)
        dial(ROOM + 1, "--rate", RATE)
        a["appliance"].wait_active(2 * ROOM + 2)
        reserved(ROOM)

    @case(f"{name}: a higher rate is refused, a lower one is not, and gives room (SIG-112)")
    def _():
        call = out()[0]
        error = a["appliance"].refused("modify", call, "--rate", 2 * RATE)
        holds(CAUSE in error, error)
        reserved(ROOM)
        refused(2)
        a["appliance"].ctl("modify", call, "--rate", RATE // 4)
        until("the reservation is smaller at both ends",
              lambda: all(t["reserved_rx"] == (ROOM - 1) * IN_CELLS + 250032
                          for t in a["appliance"].trunks().values()))
        a["appliance"].ctl("modify", call, "--rate", RATE)
        reserved(ROOM)
        refused(2)

    @case(f"{name}: of a committed rate only that is promised")
    def _():
        a["appliance"].ctl("close", out()[-1])
        a["appliance"].wait_active(2 * ROOM)
        dial(ROOM + 2, "--rate", 100 * RATE, "--committed", RATE, "--burst", 20000)
        a["appliance"].wait_active(2 * ROOM + 2)
        reserved(ROOM)

    @case(f"{name}: when all calls are gone nothing is reserved (I4)")
    def _():
        a["appliance"].ctl("close", "--all")
        a["appliance"].wait_gone()
        reserved(0)
        counters = a["appliance"].counters()
        same(counters["refused_rx"] + counters["refused_tx"], 2, "refused, by reason")
        a["appliance"].stop()


for of_east in KINDS:
    for of_west in KINDS:
        for bounded in ("near", "far"):
            admission(of_east, of_west, bounded)


@case("committed above the rate, or a burst alone, is refused at once")
def _():
    appliance = lab.Appliance("wrong", settings("embedded", "embedded"))
    appliance.wait_links()
    for words in (("--rate", 1000, "--committed", 1001), ("--committed", 1000),
                  ("--rate", 1000, "--burst", 5000)):
        error = appliance.refused("dial", "--from", EAST, "--to", WEST, *words)
        holds("mend:" in error, error)
    appliance.wait_gone()
    appliance.stop()


# ---- Excess ----

PEAK, COMMITTED, BURST = 200000, 50000, 5000
FRAME = bytes.fromhex("020000000002" "020000000001" "88b5").ljust(1000, b".")
N_BURSTS, FRAMES = 100, 15  # in half a second, far more than the peak rate, whoever is slow
BETWEEN_S = 0.005           # so that the peak's bucket fills again, and outdoes the committed one
MARKED = 5


def end(interface, side, own, other, excess, lan):
    return lab.config(
        {"trunk": f"net_af_packet0,iface={interface}", "lan": lan},
        {"peer": {"port": "trunk", "side": side, **({"excess": excess} if excess else {})}},
        [{"address": own, "port": "lan"}], {other: "peer"})


def classes(label):
    """Traffic classes of the frames of a circuit that near has sent, as tshark sees them."""
    path = lab.write_pcap(lab.directory() / "excess.pcap", from_near.stamped())
    return [int(tc) for of, tc in lab.tshark_fields(path, "mpls.label", "mpls.exp", only="mpls")
            if int(of) == label]


def excess(name, config, check):
    @case(f"excess, {name}")
    def _():
        near = lab.Appliance(f"near-{name.split()[0]}", end(
            "nt", "user", EAST, "e164:492", config, "net_af_packet1,iface=na"))
        far = lab.Appliance(f"far-{name.split()[0]}", end(
            "ft", "network", WEST, "e164:491", None, "net_null0,no-rx=1"))
        near.wait_links()
        far.wait_links()
        near.dial(EAST, WEST, 1, "--rate", PEAK, "--committed", COMMITTED, "--burst", BURST)
        far.wait_active(1)
        label = near.ctl("calls")[0]["label"]
        from_near.waiting()
        seen = []
        for _ in range(N_BURSTS):
            for _ in range(FRAMES):
                nx.send(FRAME)
            time.sleep(BETWEEN_S)

        def all_accounted():
            seen.extend(classes(label))
            return len(seen) + near.drops("lan")["meter"] >= near.ports()["lan"]["rx"] > 0
        until("every frame has left or is counted", all_accounted)
        same(len(seen) + near.drops("lan")["meter"], near.ports()["lan"]["rx"], "frames")
        check(seen, near.drops("lan")["meter"])
        near.ctl("close", "--all")
        near.wait_gone()
        near.stop()
        far.stop()


def usual(seen, dropped):
    same(set(seen), {0}, "classes")
    holds(dropped > 0, "nothing was dropped")


def marked(seen, dropped):
    same(set(seen), {0, MARKED}, "classes")
    same(seen[:2], [0, 0], "what the bucket holds is green")
    holds(dropped > 0, "nothing was dropped")


def strict(seen, dropped):
    same(set(seen), {0}, "classes")
    holds(dropped > 0, "nothing was dropped")


def lenient(seen, dropped):
    same(set(seen), {0, MARKED}, "classes")
    same(dropped, 0, "dropped")


excess("usual: red is dropped, yellow passes", None, usual)
excess("mark: yellow has another class on the wire, red is dropped",
       {"yellow": "mark", "mark-tc": MARKED}, marked)
excess("drop: only green passes", {"yellow": "drop"}, strict)
excess("lenient: red is marked, nothing is dropped", {"red": "mark", "mark-tc": MARKED}, lenient)

lab.main()
