# SPDX-License-Identifier: BSD-3-Clause
"""Sets of labels: given as ranges, or those that the calls of a running appliance have."""

import json
import subprocess

N_BITS = 20
N_LABELS = 1 << N_BITS
FIRST_USER = 16  # labels below belong to MPLS itself
TIMEOUT_S = 300


def parse(text):
    """The labels of "32-1055,70000", rising. ValueError says what is wrong."""
    found = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        try:
            low = int(first)
            high = int(last) if dash else low
        except ValueError:
            raise ValueError(f"{part!r} is neither a label nor FIRST-LAST") from None
        if not FIRST_USER <= low <= high < N_LABELS:
            raise ValueError(f"{part!r} is not within {FIRST_USER} and {N_LABELS - 1}, or falls")
        found.update(range(low, high + 1))
    return sorted(found)


def of_appliance(callctl, socket, trunk):
    """The labels that lead to calls on @p trunk, rising."""
    done = subprocess.run([str(callctl), "--socket", str(socket), "--json", "vcs"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          timeout=TIMEOUT_S)
    if done.returncode != 0:
        raise ValueError(done.stderr.strip())
    rows = map(json.loads, done.stdout.splitlines())
    return sorted(row["label"] for row in rows
                  if row["kind"] == "call" and row["trunk"] == trunk)


# ---- What random bits can hit: labels with some bits fixed and all values of the others. ----


def _with_bit(bit):
    """A set of all labels of which @p bit is 1; label n of a set is bit n of an integer."""
    run = ((1 << (1 << bit)) - 1) << (1 << bit)
    width = 2 << bit
    while width < N_LABELS:
        run |= run << width
        width *= 2
    return run


def cube(labels):
    """
    (value, random, labels hit) of a large set within @p labels that random bits reach: each
    label that agrees with value in the bits that random has not. One bit after the other is
    fixed, to what most of the labels left agree upon, until all that is left is in the set.
    """
    if not labels:
        raise ValueError("no labels")
    octets = bytearray(N_LABELS // 8)
    for label in labels:
        octets[label >> 3] |= 1 << (label & 7)
    left = int.from_bytes(octets, "little")
    bits = {bit: _with_bit(bit) for bit in range(N_BITS)}
    value, free = 0, N_LABELS - 1
    while left.bit_count() < 1 << free.bit_count():
        choices = [(left & (ones if one else ~ones), bit, one)
                   for bit, ones in bits.items() for one in (0, 1)]
        left, bit, one = max(choices, key=lambda c: (c[0].bit_count(), c[1]))
        value |= one << bit
        free &= ~(1 << bit)
        del bits[bit]
    return value, free, left.bit_count()


def random_mask(value, free):
    """As pktgen.rnd takes it: 32 bits of a label stack entry, X random, . as they are."""
    digits = ["X" if free >> bit & 1 else str(value >> bit & 1) for bit in range(N_BITS)]
    return "".join(reversed(digits)) + "." * (32 - N_BITS)
