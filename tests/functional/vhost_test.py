#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A trunk over vhost: its peer comes, goes without a word in the middle of traffic, and comes again.

    nx - lan-near [near] net_vhost ==== net_virtio_user [far] lan-far - fx
"""

import lab
from lab import Port, case, holds, same, until

lab.isolate()

NEAR, FAR = "e164:4911", "e164:4922"
SOCKET = lab.directory() / "trunk.sock"

for ends in (("nx", "na"), ("fa", "fx")):
    lab.veth(*ends)
nx, fx = Port("nx"), Port("fx")


def frame(marker):
    return bytes.fromhex("020000000002" "020000000001" "88b5") + marker + bytes(60)


def settings(device, lan, side, own, other):
    return lab.config(
        {"trunk": device, "lan": f"net_af_packet0,iface={lan}"},
        {"peer": {"port": "trunk", "side": side, "timers": {"t309": 1000}}},
        [{"address": own, "port": "lan"}], {other: "peer"})


near = lab.Appliance("near", settings(f"net_vhost0,iface={SOCKET}", "na", "network", NEAR, FAR))
peers = []


def far():
    peers.append(lab.Appliance(f"far-{len(peers)}", settings(
        f"net_virtio_user0,path={SOCKET}", "fa", "user", FAR, NEAR)))
    near.wait_links()
    return peers[-1]


def call():
    near.dial(NEAR, FAR)
    for appliance in (near, peers[-1]):
        appliance.wait_active(1)


def carries(marker):
    nx.waiting()
    fx.waiting()
    nx.send(frame(marker))
    same(fx.expect(lambda got: marker in got), frame(marker), "near to far")
    fx.send(frame(marker))
    same(nx.expect(lambda got: marker in got), frame(marker), "far to near")


@case("a call over vhost carries frames both ways")
def _():
    far()
    call()
    carries(b"FIRST")


@case("the peer is killed in the middle of traffic: the appliance answers, and its call ends")
def _():
    injector = lab.Injector(nx, lambda number: frame(b"%08d" % number))
    injector.start()
    try:
        until("frames arrive", lambda: near.ports()["trunk"]["tx"] > 100)
        peers[-1].kill()
        until("the port has no link", lambda: not near.ports()["trunk"]["link_up"])
        near.wait_gone(link=False)
    finally:
        injector.stop()
    same(near.process.poll(), None, "exit status")


@case("another peer finds the link, and the same attachments call each other")
def _():
    far()
    call()
    carries(b"SECOND")


@case("SIGTERM at both, and both end with 0")
def _():
    near.ctl("close", "--all")
    peers[-1].wait_gone()
    peers[-1].stop()
    near.stop()
    holds("nothing is left" in near.log_text(), "the last line of the log")


lab.main()
