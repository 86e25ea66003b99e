#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
Make a capture of labelled frames, one for each label, for any generator that plays captures.

    bench/pktgen/capture.py FILE.pcap --labels 32-1055
    bench/pktgen/capture.py FILE.pcap --socket /run/callplane/callplane.sock --trunk to-hub
"""

import argparse
import pathlib
import random
import struct
import sys

import labels as label_sets

FCS = 4  # a frame "of 64 octets" has 60 in a capture
SMALLEST, LARGEST = 64, 9018
TTL = 255
SOURCE = bytes.fromhex("020000000099")
BROADCAST = bytes.fromhex("ffffffffffff")
# The Ethernet frame that the circuit carries: of a type for experiments.
INNER = bytes.fromhex("020000000002" "020000000001" "88b5")
CONTROL_WORD = 4
CHUNK = 4096
MAGIC, SNAPLEN, ETHERNET = 0xA1B2C3D4, 65535, 1


def stack_entry(label, ttl=TTL):
    """The bottom of a stack of labels, in host order."""
    return label << 12 | 1 << 8 | ttl


def _around_the_label(size, destination):
    """What of a frame of @p size octets, FCS included, stands before and behind the label."""
    before = destination + SOURCE + b"\x88\x47"
    n = size - FCS - len(before) - 4 - CONTROL_WORD
    payload = (INNER + bytes(i & 0xFF for i in range(n)))[:n]
    # RFC 4448: the length only of what the link has to pad (SIG-8).
    length = n + CONTROL_WORD if n + CONTROL_WORD < 64 else 0
    return before, struct.pack("!I", length << 16) + payload


def frame(label, size, destination=BROADCAST):
    before, behind = _around_the_label(size, destination)
    return before + struct.pack("!I", stack_entry(label)) + behind


def write(path, labels, size, destination=BROADCAST, shuffled=True):
    """
    A frame of @p size octets, FCS included, for each label. Shuffled, always in the same way, so
    that no two neighbours in a table follow each other.
    """
    if not SMALLEST <= size <= LARGEST:
        raise ValueError(f"a frame has {SMALLEST} to {LARGEST} octets, not {size}")
    labels = list(labels)
    if shuffled:
        random.Random(0).shuffle(labels)
    before, behind = _around_the_label(size, destination)
    n = size - FCS
    before = struct.pack("<IIII", 0, 0, n, n) + before
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", MAGIC, 2, 4, 0, 0, SNAPLEN, ETHERNET))
        for at in range(0, len(labels), CHUNK):
            out.write(b"".join(before + struct.pack("!I", stack_entry(label)) + behind
                               for label in labels[at:at + CHUNK]))


def _mac(text):
    octets = bytes.fromhex(text.replace(":", ""))
    if len(octets) != 6:
        raise ValueError(text)
    return octets


def main():
    parser = argparse.ArgumentParser(description="A capture with a labelled frame for each label.")
    parser.add_argument("file", metavar="FILE.pcap")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--labels", metavar="FIRST-LAST,...")
    which.add_argument("--socket", help="of a running appliance: the labels of its calls")
    parser.add_argument("--trunk", help="with --socket: on this trunk")
    parser.add_argument("--callctl", default=pathlib.Path(__file__).resolve().parents[2]
                        / "build/app/callctl/callctl")
    parser.add_argument("--size", type=int, default=64, help="octets, FCS included [64]")
    parser.add_argument("--to", type=_mac, default=BROADCAST, metavar="MAC", help="[broadcast]")
    args = parser.parse_args()
    if (args.socket is None) != (args.trunk is None):
        parser.error("--socket and --trunk go together")
    try:
        if args.labels:
            labels = label_sets.parse(args.labels)
        else:
            labels = label_sets.of_appliance(args.callctl, args.socket, args.trunk)
        if not labels:
            raise ValueError(f"no call on trunk {args.trunk}; mend: callctl vcs shows them")
        write(args.file, labels, args.size, args.to)
    except (OSError, ValueError) as e:
        print(f"capture: {e}", file=sys.stderr)
        return 1
    print(f"{len(labels)} frames of {args.size} octets in {args.file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
