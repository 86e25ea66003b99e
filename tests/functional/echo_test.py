#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The echo: who calls it has each frame sent back, source and destination exchanged.

    nx - na [near] nt - ft [far, with an echo]
"""

import lab
from lab import Port, case, holds, same, until

lab.isolate()

KINDS = (("embedded", "standalone"), ("standalone", "embedded"))
CALLER, ECHO = "e164:4911", "e164:4929"
N = 200
TYPE = bytes.fromhex("88b5")
US, THEM = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")

for ends in (("nx", "na"), ("nt", "ft")):
    lab.veth(*ends)
nx, to_far, to_near = Port("nx"), Port("ft"), Port("nt")


def payload(number):
    return TYPE + b"ECHO" + number.to_bytes(4, "big") + bytes(50)


def is_ours(frame):
    return frame[12:18] == TYPE + b"ECHO"


def pair(near_kind, far_kind):
    near = lab.Appliance(f"near-{near_kind}", lab.config(
        {"trunk": "net_af_packet0,iface=nt", "lan": "net_af_packet1,iface=na"},
        {"peer": {"port": "trunk", "call-manager": near_kind, "side": "user"}},
        [{"address": CALLER, "port": "lan"}], {"e164:492": "peer"}))
    settings = lab.config(
        {"trunk": "net_af_packet0,iface=ft"},
        {"peer": {"port": "trunk", "call-manager": far_kind, "side": "network"}},
        routes={"e164:491": "peer"})
    settings["echoes"] = [{"address": ECHO}]
    far = lab.Appliance(f"far-{far_kind}", settings)
    near.wait_links()
    far.wait_links()
    return near, far


def echo(near_kind, far_kind):
    """One case after the other for one pair of appliances; they build on each other."""
    name = f"{near_kind} calls {far_kind}"
    own = {}

    def there_and_back(number):
        nx.waiting()
        nx.send(THEM + US + payload(number))
        got = nx.expect(is_ours)
        same(got, US + THEM + payload(number), "what came back")

    @case(f"{name}: a frame comes back, its addresses exchanged")
    def _():
        own["near"], own["far"] = near, far = pair(near_kind, far_kind)
        near.dial(CALLER, ECHO)
        far.wait_active(1)
        there_and_back(1)
        far.wait_counters(echo_received=1, echo_returned=1)

    @case(f"{name}: on the trunk it goes and comes on one label")
    def _():
        to_far.waiting()
        to_near.waiting()
        there_and_back(2)
        label = own["near"].ctl("calls")[0]["label"]
        frames = [to_far.expect(lambda f: f[22 + 12:22 + 18] == TYPE + b"ECHO"),
                  to_near.expect(lambda f: f[22 + 12:22 + 18] == TYPE + b"ECHO")]
        capture = lab.write_pcap(lab.directory() / f"{near_kind}.pcap", enumerate(frames))
        rows = lab.tshark_fields(capture, "mpls.label", "mpls.exp", "callplane.cw.length")
        same([row[0] for row in rows], [str(label)] * 2, "labels")
        same(rows[0], rows[1], "label, class and length")

    @case(f"{name}: {N} frames come back in their order, and none is kept")
    def _():
        for number in range(N):
            there_and_back(number)
        own["far"].wait_counters(echo_received=N + 2, echo_returned=N + 2, echo_dropped=0)
        same([v["rx"] for v in own["far"].ctl("vcs") if v["kind"] == "call"], [N + 2], "VC's count")

    @case(f"{name}: closed by the caller under traffic, nothing is left at either end (I4)")
    def _():
        near, far = own["near"], own["far"]
        injector = lab.Injector(nx, lambda number: THEM + US + payload(number))
        injector.start()
        try:
            until("frames come back", lambda: far.counters()["echo_returned"] > N + 20)
            near.ctl("close", "--all")
        finally:
            injector.stop()
        near.wait_gone()
        far.wait_gone()
        same(far.counters()["drain_faults"], 0, "VCs that ended with packets outside (DEACT-2)")

    @case(f"{name}: closed by the echo's side, nothing is left at either end (I4)")
    def _():
        near, far = own["near"], own["far"]
        near.dial(CALLER, ECHO)
        there_and_back(3)
        job, = far.ctl("close", far.ctl("calls")[0]["call"])
        same((job["done"], job["failed"]), (1, 0), "close")
        near.wait_gone()
        far.wait_gone()

    @case(f"{name}: SIGTERM with a call to the echo up, and both end with 0")
    def _():
        near, far = own["near"], own["far"]
        near.dial(CALLER, ECHO)
        there_and_back(4)
        far.stop()
        near.wait_gone(link=False)
        near.stop()
        holds("nothing is left" in far.log_text(), "the last line of the log")


for of_near, of_far in KINDS:
    echo(of_near, of_far)

lab.main()
