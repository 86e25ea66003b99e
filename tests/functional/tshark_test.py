#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""One call on the wire, as tshark sees it with app/wireshark/callplane.lua.

    nx - na [near] nt - mn [mid] mf - ft [far] fa - fx

A transit in the middle cannot answer at once, so CALL PROCEEDING is seen too (SIG-68).
"""

import lab
from lab import Port, case, holds, same

lab.isolate()

SIGNALLING_LABEL = 65552  # VPCI 1, VCI 16: not the one that the script takes by itself
USER_FRAME = bytes.fromhex("020000000001020000000002" "88b5") + bytes(100)
BGN, BGAK, SD = 1, 2, 8
RESTART, RESTART_ACK = 0x46, 0x4E
CALL = [(0x05, "SETUP"), (0x02, "CALL PROCEEDING"), (0x07, "CONNECT"), (0x0F, "CONNECT ACK"),
        (0x4D, "RELEASE"), (0x5A, "RELEASE COMPLETE")]


def trunk(port, manager, side):
    return {"port": port, "call-manager": manager, "side": side,
            "signalling-label": SIGNALLING_LABEL}


def fields(path, *names, only):
    return lab.tshark_fields(path, *names, only=only, label=SIGNALLING_LABEL)


def number(text):
    return int(text, 0)


capture = None
user_label = None


@case("one call is set up over a transit and closed, and its first trunk is captured")
def _():
    global capture, user_label
    for ends in (("nx", "na"), ("nt", "mn"), ("mf", "ft"), ("fa", "fx")):
        lab.veth(*ends)
    captures = [Port("nt"), Port("mn")]  # each sees what the other one's appliance sends
    near = lab.Appliance("near", lab.config(
        {"trunk": "net_af_packet0,iface=nt", "lan": "net_af_packet1,iface=na"},
        {"to-mid": trunk("trunk", "embedded", "user")},
        [{"address": "e164:4911", "port": "lan"}], {"e164:492": "to-mid"}))
    mid = lab.Appliance("mid", lab.config(
        {"near": "net_af_packet0,iface=mn", "far": "net_af_packet1,iface=mf"},
        {"to-near": trunk("near", "standalone", "network"),
         "to-far": trunk("far", "embedded", "network")},
        routes={"e164:491": "to-near", "e164:492": "to-far"}))
    far = lab.Appliance("far", lab.config(
        {"trunk": "net_af_packet0,iface=ft", "lan": "net_af_packet1,iface=fa"},
        {"to-mid": trunk("trunk", "standalone", "user")},
        [{"address": "e164:4921", "port": "lan"}], {"e164:491": "to-mid"}))
    for appliance in (near, mid, far):
        appliance.wait_links()
    near.dial("e164:4911", "e164:4921")
    call = near.ctl("calls")[0]
    user_label = call["label"]
    source, sink = Port("nx"), Port("fx")
    source.send(USER_FRAME)
    sink.expect(lambda frame: frame == USER_FRAME)
    near.ctl("close", call["call"])
    for appliance in (near, mid, far):
        appliance.wait_gone()
    for appliance in (near, mid, far):
        appliance.stop()
    capture = lab.write_pcap(lab.directory() / "trunk.pcap",
                             [stamped for port in captures for stamped in port.stamped()])


@case("the link comes up with BGN and BGAK on the signalling label")
def _():
    pdus = fields(capture, "mpls.label", "sscop.type", only="sscop")
    same({label for label, _ in pdus}, {str(SIGNALLING_LABEL)}, "labels")
    types = [number(kind) for _, kind in pdus]
    holds(BGN in types and BGAK in types, f"PDU types {types}")
    holds(types.index(BGN) < types.index(BGAK) < types.index(SD), f"order of {types}")


@case("RESTARTs of both sides come first (SIG-85), then the messages of the call in their order")
def _():
    rows = fields(capture, "q2931.message_type", only="q2931")
    seen = [number(kind) for kind, in rows]
    same(sorted(seen[:4]), [RESTART, RESTART, RESTART_ACK, RESTART_ACK], "first messages")
    same(seen[4:], [kind for kind, _ in CALL], "messages of the call")


@case("the messages carry the call's label as VPCI and VCI")
def _():
    rows = fields(capture, "callplane.vpci", "callplane.vci", only="q2931")
    same(set(rows), {("1", "16")}, "the signalling VC itself")
    text = lab.tshark(capture, "-O", "q2931", "-Y", "q2931", label=SIGNALLING_LABEL)
    vpci, vci = user_label >> 16, user_label & 0xFFFF
    holds(f"VPCI: {vpci}" in text and f"VCI: {vci}" in text,
          f"no connection identifier with VPCI {vpci}, VCI {vci} in:\n{text}")


@case("a display filter finds the user's frames by VPCI and VCI")
def _():
    vpci, vci = user_label >> 16, user_label & 0xFFFF
    rows = fields(capture, "mpls.label",
                  only=f"callplane.vpci == {vpci} and callplane.vci == {vci}")
    same(rows, [(str(user_label),)], "labels")


@case("a user's frame is behind one label, with all of its TTL and no traffic class")
def _():
    only = f"mpls.label == {user_label}"
    same(fields(capture, "mpls.exp", "mpls.bottom", "mpls.ttl", "frame.len", only=only),
         [("0", "1", "255", str(14 + 4 + 4 + len(USER_FRAME)))], "label entry, length")


@case("nothing is marked as malformed")
def _():
    marked = fields(capture, "frame.number", "_ws.expert.message",
                    only="_ws.malformed or callplane.bad_length or callplane.bad_nibble")
    same(marked, [], "marked frames")


def control_words(*words):
    """What the script says of frames with these control words, one each: its expert messages."""
    poll = bytes.fromhex("00000001" "0a000000")
    path = lab.write_pcap(lab.directory() / "words.pcap", [
        (number, lab.labelled(SIGNALLING_LABEL, poll, word=bytes.fromhex(word), padding=bytes(30)))
        for number, word in enumerate(words)])
    return fields(path, "_ws.expert.message", "sscop.type", only="callplane")


@case("a control word that drops the frame is marked, what follows is not shown (SIG-7, SIG-8)")
def _():
    same(control_words("000c0000", "100c0000", "008c0000", "00030000", "003f0000"), [
        ("", "0x0a"), ("Control word does not start with 0000", ""),
        ("Control word of a fragment", ""), ("Control word length does not fit the frame", ""),
        ("Control word length does not fit the frame", "")], "marks")


@case("what a frame has behind its length is shown as padding (SIG-8)")
def _():
    poll = bytes.fromhex("00000001" "0a000000")
    path = lab.write_pcap(lab.directory() / "padded.pcap", [
        (0, lab.labelled(SIGNALLING_LABEL, poll, padding=bytes.fromhex("a5" * 30)))])
    same(fields(path, "callplane.padding", "sscop.ps", only="sscop"), [("a5" * 30, "1")],
         "padding, N(PS)")


def vectors():
    """(name, octets, keys and values in their order) of each golden message."""
    path = lab.SOURCE / "tests" / "vectors" / "q2931.tsv"
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            name, octets, summary = line.split("\t")[:3]
            pairs = [word.split("=", 1) for word in summary.split(" ") if "=" in word]
            yield name, bytes.fromhex(octets), pairs


@case("the name and the elements of every golden message are shown, also where tshark has none")
def _():
    golden = list(vectors())
    path = lab.write_pcap(lab.directory() / "golden.pcap", [
        (number, lab.labelled(SIGNALLING_LABEL, lab.sscop_sd(octets, number)))
        for number, (_, octets, _) in enumerate(golden)])
    rows = fields(path, "callplane.message", "callplane.element.id", only="sscop")
    same(len(rows), len(golden), "frames")
    for (name, _, pairs), (message, elements) in zip(golden, rows):
        expected = dict(pairs).get("msg", "")
        if expected == "UNKNOWN":
            expected = f"not known ({dict(pairs)['mt']})"
        same(message, expected, name)
        same([element[2:] for element in elements.split(",") if element],
             [value.split(":")[0] for key, value in pairs if key == "ie"], name)


@case("what tshark does not know is put in words")
def _():
    golden = {name: octets for name, octets, _ in vectors()}
    names = ("modify_ack_report_modconf", "setup_exqos_user", "setup_uu_127",
             "party_alerting_min")
    path = lab.write_pcap(lab.directory() / "words.pcap", [
        (number, lab.labelled(SIGNALLING_LABEL, lab.sscop_sd(golden[name], number)))
        for number, name in enumerate(names)])
    rows = fields(path, "callplane.element.value", "_ws.col.Info", only="sscop")
    for (values, info), part in zip(rows, ("1, modification confirmation", "backward CDV any",
                                           "discriminator 0, octets 030a1118", "1, flag 1")):
        holds(part in values, f"no {part!r} in {values!r}")
    holds("[MODIFY_ACK]" in rows[0][1] and "[PARTY_ALERTING]" in rows[3][1],
          f"names in the Info column of {rows}")


@case("the control word has the length of what is shorter than 64 octets, else 0 (SIG-6)")
def _():
    before = 14 + 4  # Ethernet header and label entry; a veth pads nothing
    for octets, length in fields(capture, "frame.len", "callplane.cw.length", only="sscop"):
        behind = number(octets) - before
        same(number(length), behind if behind < 64 else 0, f"length of {behind} octets")


lab.main()
