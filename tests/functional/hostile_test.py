#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Hostile frames on a trunk change nothing but counters (I7)."""

import random
import struct

import lab
from lab import Port, case, holds, labelled, same, until

lab.isolate()

N = 20
FLOOD = 2000
SEED = 20260101

near, far = lab.neighbours(N)
trunk = Port("nt")  # what is sent here, far receives
near.dial("e164:4910000", "e164:4920000", N)
far.wait_active(N)
user_label = far.ctl("calls")[0]["label"]


def unharmed():
    for appliance in (near, far):
        same(appliance.active(), N, f"calls at {appliance.name}")
        same({t["link"] for t in appliance.trunks().values()}, {"established"}, "links")


def dropped(reason, *frames):
    """Far counts each frame for @p reason and for none other, and calls and links stay."""
    before = far.drops("trunk")
    for frame in frames:
        trunk.send(frame)
    until(f"{len(frames)} drops of {reason}",
          lambda: far.drops("trunk")[reason] - before[reason] >= len(frames))
    changed = {k: v - before[k] for k, v in far.drops("trunk").items() if v != before[k]}
    same(changed, {reason: len(frames)}, "drops")
    unharmed()


def signalling(pdu, **what):
    return labelled(lab.SIGNALLING_LABEL, pdu, **what)


def refused_by_sscop(*pdus):
    """Far's SSCOP counts each PDU; the frames themselves are well-formed."""
    before, drops = far.counters()["bad_pdus"], far.drops("trunk")
    for pdu in pdus:
        trunk.send(signalling(pdu))
    until(f"{len(pdus)} bad PDUs", lambda: far.counters()["bad_pdus"] >= before + len(pdus))
    same(far.counters()["bad_pdus"], before + len(pdus), "bad PDUs")
    same(far.drops("trunk"), drops, "drops")
    unharmed()


GOOD_POLL = bytes.fromhex("000000000a000000")


@case("a label without a circuit")
def _():
    dropped("no-circuit", *(labelled(label, bytes(60)) for label in
                            (17, 31, user_label + 5000, 0x10010, 0xFFFFF)))


@case("a label of MPLS itself (SIG-2)")
def _():
    dropped("reserved-label", *(labelled(label, bytes(60)) for label in range(16)))


@case("a frame that ends before its label or its control word does")
def _():
    whole = signalling(b"")
    dropped("runt", *(whole[:n] for n in range(14, 18)))
    dropped("runt", *(whole[:n] for n in range(18, 22)))


@case("a label with another one behind it (S is 0), and a TTL of 0")
def _():
    dropped("label-stack", signalling(GOOD_POLL, bottom=0), labelled(user_label, bytes(60),
                                                                    bottom=0))
    dropped("ttl", signalling(GOOD_POLL, ttl=0), labelled(user_label, bytes(60), ttl=0))


@case("no control word: a first nibble of 1, of IPv4, of IPv6, of all bits (SIG-7)")
def _():
    dropped("control-word", *(signalling(GOOD_POLL, word=bytes([nibble << 4, 12, 0, 0]))
                              for nibble in (1, 4, 6, 15)))


@case("a control word with FRG other than 0 (SIG-7)")
def _():
    dropped("control-word", *(signalling(GOOD_POLL, word=bytes([0, frg << 6 | 12, 0, 0]))
                              for frg in (1, 2, 3)))


@case("a control word whose length is below 4, or beyond the frame (SIG-8)")
def _():
    dropped("control-length", *(signalling(GOOD_POLL, word=bytes([0, length, 0, 0]))
                                for length in (1, 2, 3, 13, 63)))


@case("a frame that is no MPLS")
def _():
    dropped("not-mpls", *(bytes.fromhex("ffffffffffff020000000099") + struct.pack("!H", kind)
                          + bytes(46) for kind in (0x0800, 0x86DD, 0x8848, 0x0026)))


@case("a user's frame that is too short for an Ethernet header")
def _():
    dropped("runt", *(labelled(user_label, bytes(n)) for n in (0, 1, 13)))


@case("an SSCOP PDU that is cut short")
def _():
    refused_by_sscop(*(GOOD_POLL[-n:] for n in (1, 2, 3, 4)), bytes(3))


@case("an SSCOP PDU whose length is not a multiple of 4")
def _():
    refused_by_sscop(b"\0" + GOOD_POLL, b"\0\0" + GOOD_POLL, b"\0\0\0" + GOOD_POLL)


@case("an SSCOP PDU of a type that there is not")
def _():
    refused_by_sscop(*(bytes(4) + bytes([kind, 0, 0, 0]) for kind in (0x00, 0x10, 0x30)))


@case("POLLs of a hundred seeds of noise in place of PDUs, of all lengths")
def _():
    # The last word has an impossible type, so that none of it can be a PDU by chance.
    noise = random.Random(SEED)
    pdus = [noise.randbytes(4 * noise.randrange(0, 300)) + b"\x00" + noise.randbytes(3)
            for _ in range(100)]
    refused_by_sscop(*pdus)


@case(f"{FLOOD} frames of noise behind an Ethernet header for MPLS")
def _():
    noise = random.Random(SEED + 1)
    before = sum(far.drops("trunk").values())
    for _ in range(FLOOD):
        frame = bytearray(labelled(noise.choice((user_label + 5000, 0xFFFFF, 31)),
                                   noise.randbytes(noise.randrange(0, 1400))))
        frame[16] &= 0xFE | noise.getrandbits(1)  # S
        frame[17] = noise.getrandbits(8)  # TTL
        trunk.send(frame)
    until("most of them are dropped",
          lambda: sum(far.drops("trunk").values()) - before > FLOOD / 2)
    unharmed()


@case("calls are set up and closed as if nothing had been")
def _():
    near.ctl("close", "--all")
    near.wait_gone()
    far.wait_gone()
    far.dial("e164:4920000", "e164:4910000", N)
    near.wait_active(N)
    far.stop()
    near.wait_gone(link=False)
    near.stop()
    holds("nothing is left" in far.log_text(), "the last line of the log")


lab.main()
