# SPDX-License-Identifier: BSD-3-Clause
"""As much of OpenFlow 1.3 as it takes to delete MPLS flows without waiting for each."""

import select
import socket
import struct
import time

from pktgen.process import Failed

VERSION = 4
HELLO, ERROR, FLOW_MOD, BARRIER_REQUEST, BARRIER_REPLY = 0, 1, 14, 20, 21
DELETE_STRICT = 4
PRIORITY = 0x8000  # as ovs-ofctl gives it to a flow
NO_BUFFER = ANY = 0xffffffff
MPLS = 0x8847
IN_PORT = 1
HEADER = struct.Struct("!BBHI")
# Its kind (OXM) and length; then what each field is, and its value.
MATCH = struct.Struct("!HH II IH II 6x")
MATCH_LENGTH = 26  # without the padding
OXM_IN_PORT, OXM_ETH_TYPE, OXM_MPLS_LABEL = 0x80000004, 0x80000a02, 0x80004404
FLOW = struct.Struct("!QQ BB HHH III H 2x")


def message(kind, body=b"", xid=0):
    return HEADER.pack(VERSION, kind, HEADER.size + len(body), xid) + body


def deletion(label):
    match = MATCH.pack(1, MATCH_LENGTH, OXM_IN_PORT, IN_PORT, OXM_ETH_TYPE, MPLS, OXM_MPLS_LABEL,
                       label)
    return message(FLOW_MOD, FLOW.pack(0, 0, 0, DELETE_STRICT, 0, 0, PRIORITY, NO_BUFFER, ANY, ANY,
                                       0) + match)


def deletions(labels):
    return b"".join(map(deletion, labels))


def split(data):
    """Kinds and bodies of the messages that are complete, and the octets that are left."""
    found = []
    while len(data) >= HEADER.size:
        _, kind, length, _ = HEADER.unpack_from(data)
        if length < HEADER.size:
            raise Failed("OpenFlow: a message shorter than its header")
        if len(data) < length:
            break
        found.append((kind, data[HEADER.size:length]))
        data = data[length:]
    return found, data


def exchange(path, messages, timeout):
    """Send all, and wait until the switch has done them. What it says meanwhile is read."""
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.connect(str(path))
            s.setblocking(False)
            _exchange(s, message(HELLO) + messages + message(BARRIER_REQUEST, xid=1),
                      time.monotonic() + timeout)
        except OSError as e:
            raise Failed(f"OpenFlow: {e}") from None


def _exchange(s, out, deadline):
    out, heard, done = memoryview(out), b"", False
    while not done:
        ready, writable, _ = select.select([s], [s] if out else [], [],
                                           max(0, deadline - time.monotonic()))
        if not ready and not writable:
            raise Failed("OpenFlow: the switch does not answer")
        if writable:
            out = out[s.send(out):]
        if ready:
            more = s.recv(65536)
            if not more:
                raise Failed("OpenFlow: the switch has hung up")
            found, heard = split(heard + more)
            done = any(judge(kind, body) for kind, body in found)


def judge(kind, body):
    """Whether this was the end."""
    if kind == ERROR:
        raise Failed(f"OpenFlow: refused, {body[:4].hex()}")
    return kind == BARRIER_REPLY
