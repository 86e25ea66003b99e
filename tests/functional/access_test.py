#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Groups decide who may do what on the control socket: one only looks, one does everything, and all
others are turned away.
"""

import json
import os
import socket
import stat

import lab
from lab import case, holds, same

lab.isolate()

NOBODY = 65534
ADM, USERS, MAIL = 4, 100, 8  # Debian's base-passwd

settings = lab.config({"lan": "net_null0,no-rx=1"}, calls=16)
settings["control"].update({"read-group": "adm", "write-group": "users"})
box = lab.Appliance("box", settings)
box.wait_running()
box.socket.parent.chmod(0o755)


def as_member(group, method):
    """What one who is nobody but a member of the group hears; without a method, when connecting."""
    out, back = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([group])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(lab.DEADLINE_S)
            s.connect(str(box.socket))
            if method:
                s.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                                      "params": {}}).encode() + b"\n")
            os.write(back, s.makefile("rb").readline())
        os._exit(0)
    os.close(back)
    with os.fdopen(out, "rb") as heard:
        answer = heard.read()
    os.waitpid(child, 0)
    holds(answer, f"a member of {group} heard nothing to {method}")
    return json.loads(answer)


@case("the file is open to everybody, since the groups decide")
def _():
    same(stat.S_IMODE(box.socket.stat().st_mode), 0o666)


@case("a member of the read-group looks and changes nothing")
def _():
    same(as_member(ADM, "hello")["result"]["access"], "read")
    same(as_member(ADM, "status")["result"]["state"], "running")
    error = as_member(ADM, "shutdown")["error"]
    same(error["data"]["name"], "EPERM")
    holds("write-group" in error["message"], error)
    same(box.status()["state"], "running")


@case("who is in neither group is turned away, and told by what")
def _():
    error = as_member(MAIL, None)["error"]
    same(error["data"]["name"], "EACCES")
    holds("read-group or write-group" in error["message"], error)


@case("a member of the write-group ends the appliance")
def _():
    same(as_member(USERS, "hello")["result"]["access"], "write")
    holds("result" in as_member(USERS, "shutdown"), "refused")
    same(box.ended(), 0)


lab.main()
