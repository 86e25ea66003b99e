#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""callctl decode: every message, every element that it may have, every field of an element.

What may be where, and what contents mean, stands here once more by hand, from the tables of the
signalling specification.
"""

import json
import subprocess

import lab
from lab import case, holds, same

AESA = "470005131415161718191a1b1c1d1e1f20212223"

# Section 5: name, and the elements that the message may have.
MESSAGES = {
    "05": ("SETUP", "58 59 5e 5d 63 5f 70 71 6c 6d 5a 5c ec 42 27 62 78 54 7e 7f"),
    "02": ("CALL_PROCEEDING", "5a 54 27"),
    "01": ("ALERTING", "5a 54 27 7f 7e"),
    "07": ("CONNECT", "58 5f 5a 54 27 42 59 ec 4c 4d 7f 7e"),
    "0f": ("CONNECT_ACK", "27"),
    "4d": ("RELEASE", "08 27 7f 7e"),
    "5a": ("RELEASE_COMPLETE", "08 7f 7e"),
    "75": ("STATUS_ENQUIRY", "54"),
    "7d": ("STATUS", "14 08 54 55"),
    "6e": ("NOTIFY", "27 54"),
    "46": ("RESTART", "5a 79"),
    "4e": ("RESTART_ACK", "5a 79"),
    "80": ("ADD_PARTY", "58 5d 5f 70 71 6c 6d 62 78 54 27 42 7e 7f"),
    "81": ("ADD_PARTY_ACK", "54 58 5f 27 42 4c 4d 7e 7f"),
    "85": ("PARTY_ALERTING", "54 27 7e 7f"),
    "82": ("ADD_PARTY_REJECT", "08 54 7e 7f"),
    "83": ("DROP_PARTY", "08 54 27 7e 7f"),
    "84": ("DROP_PARTY_ACK", "54 08 7e 7f"),
    "88": ("MODIFY_REQUEST", "59 27 7f"),
    "89": ("MODIFY_ACK", "89 27 7f"),
    "8a": ("MODIFY_REJECT", "08 27 7f"),
    "8b": ("CONNECTION_AVAILABLE", "89 27 7f"),
}

NETWORK = "e0"  # second octet of an element coded so
PEAKS = "840003e8850003e8"
PEAKS_SAID = "traffic.fpcr01=1000 traffic.bpcr01=1000"

# Section 4: contents of each element, and what they mean. With "e0" in front: network coding.
CONTENTS = {
    "08": [("8090", "cause.loc=0 cause.value=16"), ("8a9f", "cause.loc=10 cause.value=31"),
           ("808190", "cause.value=1 cause.diag=90"), ("8082a1", "cause.value=2 cause.tns=a1"),
           ("80958105", "cause.value=21 cause.reason=0 cause.cond=1 cause.user=05"),
           ("80a58485", "cause.value=37 cause.rates=84,85"), ("80ab7e", "cause.ies=7e"),
           ("80b99080", "cause.value=57 cause.attr=9080"),
           ("80d200000021", "cause.value=82 cause.vpci=0 cause.vci=33"),
           ("80d801", "cause.value=88 cause.param=01"), ("80e1ee", "cause.value=97 cause.mt=ee"),
           ("80e6333038", "cause.value=102 cause.timer=308")],
    "14": [(f"{state:02x}", f"callstate.state={state}")
           for state in (0, 1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 61, 62)],
    "27": [("8a01", "notify.data=8a01"), ("aa" * 128, f"notify.data={'aa' * 128}")],
    "42": [("010019", "eetd.cum=25"), ("010019030190", "eetd.cum=25 eetd.max=400"),
           ("01001903ffff0a", "eetd.cum=25 eetd.max=any eetd.netgen=1")],
    "4c": [("91313233", "conned.ton=1 conned.plan=1 conned.digits=123"),
           (f"02a3{AESA}", f"conned.pres=1 conned.screen=3 conned.ton=0 conned.plan=2 "
                           f"conned.aesa={AESA}")],
    "4d": [("80a0a1", "connedsub.type=0 connedsub.addr=a0a1"),
           (f"90{AESA}", f"connedsub.type=1 connedsub.addr={AESA}")],
    "54": [("000000", "epref.flag=0 epref.value=0"), ("008005", "epref.flag=1 epref.value=5"),
           ("007fff", "epref.flag=0 epref.value=32767")],
    "55": [(f"{state:02x}", f"epstate.state={state}") for state in (0, 1, 4, 6, 7, 10, 11, 12)],
    "58": [("00", "aal.type=0"), ("02", "aal.type=2"),
           ("0185008640870040880189018a00308b20",
            "aal.type=1 aal.subtype=0 aal.rate=64 aal.mult=64"),
           ("038c100081100082000003ff8400",
            "aal.type=3 aal.fwd=4096 aal.bwd=4096 aal.midlo=0 aal.midhi=1023 aal.sscs=0"),
           ("058c23e48123e48401", "aal.type=5 aal.fwd=9188 aal.bwd=9188 aal.sscs=1"),
           ("10deadbeef", "aal.type=16 aal.user=deadbeef")],
    "59": [(PEAKS, PEAKS_SAID), (f"{PEAKS}be", f"{PEAKS_SAID} traffic.be=1"),
           (f"8200000783000008{PEAKS}", "traffic.fpcr0=7"),
           (f"{PEAKS}9000010091000100b0000010b1000010",
            f"{PEAKS_SAID} traffic.fscr01=256 traffic.bscr01=256 traffic.fmbs01=16 "
            "traffic.bmbs01=16"),
           (f"{PEAKS}8800010089000100a0000010a1000010",
            f"{PEAKS_SAID} traffic.fscr0=256 traffic.bscr0=256 traffic.fmbs0=16 "
            "traffic.bmbs0=16"),
           (f"{PEAKS}9200010093000100", f"{PEAKS_SAID} traffic.fmcr01=256 traffic.bmcr01=256"),
           (f"{PEAKS}bfc3", f"{PEAKS_SAID} traffic.ftag=1 traffic.btag=1 traffic.ffd=1 "
                            "traffic.bfd=1")],
    "5a": [("8800000021", "connid.vpassoc=1 connid.pref=0 connid.vpci=0 connid.vci=33"),
           ("89000f0000", "connid.vpassoc=1 connid.pref=1 connid.vpci=15 connid.vci=0"),
           ("8000010020", "connid.vpassoc=0 connid.pref=0 connid.vpci=1 connid.vci=32"),
           ("8c00010000", "connid.vpassoc=1 connid.pref=4 connid.vpci=1 connid.vci=0")],
    "5c": [("0000", "qos.fwd=0 qos.bwd=0"), (f"{NETWORK}0403", "qos.fwd=4 qos.bwd=3")],
    "5d": [("80", "bhli.type=0 bhli.info=-"),
           ("830102030405060708", "bhli.type=3 bhli.info=0102030405060708")],
    "5e": [("8180", "bearer.class=1 bearer.clip=0 bearer.cfg=0"),
           ("9881", "bearer.class=24 bearer.clip=0 bearer.cfg=1")] +
          [(f"10{128 + atc:02x}a0", f"bearer.class=16 bearer.atc={atc} bearer.clip=1 bearer.cfg=0")
           for atc in (0, 1, 2, 4, 5, 6, 7, 8, 9, 0x13, 0xa, 0xb, 0xc)],
    "5f": [("cc", "blli.l2=12"), ("46a0", "blli.l2=6 blli.l2mode=1 blli.q933=0"),
           ("e6", "blli.l3=6"), ("664087", "blli.l3=6 blli.l3mode=2 blli.l3packet=7"),
           ("7081", "blli.l3=16 blli.l3user=1"),
           ("6b40808000a03e0001", "blli.l3=11 blli.ipi=128 blli.oui=41022 blli.pid=1")],
    "62": [("a1", "scompl.ind=1")],
    "63": [("82", "repeat.ind=2")],
    "6c": [("91343432", "calling.ton=1 calling.plan=1 calling.digits=442"),
           ("11a134", "calling.pres=1 calling.screen=1 calling.ton=1"),
           (f"82{AESA}", f"calling.ton=0 calling.plan=2 calling.aesa={AESA}")],
    "6d": [("80a0", "callingsub.type=0 callingsub.addr=a0")],
    "70": [("91313430", "called.ton=1 called.plan=1 called.digits=140"),
           (f"82{AESA}", f"called.ton=0 called.plan=2 called.aesa={AESA}")],
    "71": [("80a0a1", "calledsub.type=0 calledsub.addr=a0a1")],
    "78": [("a130323838", "tns.net=0288")],
    "79": [("80", "restart.class=0"), ("81", "restart.class=1"), ("82", "restart.class=2")],
    "7e": [("00", "uu.pd=00 uu.info=-"), ("0468656c", "uu.pd=04 uu.info=68656c"),
           ("00" + "ab" * 128, f"uu.pd=00 uu.info={'ab' * 128}")],
    "7f": [(f"{NETWORK}0b0102", "git.data=0b0102"),
           (f"{NETWORK}0b{'00' * 28}", f"git.data=0b{'00' * 28}")],
    "89": [(f"{kind:02x}", f"report.type={kind}") for kind in (1, 2, 4, 5, 6)],
    "ec": [(f"{NETWORK}01", "exqos.origin=1"),
           (f"{NETWORK}00940003e895ffffff9600000197000002a206a3ff",
            "exqos.origin=0 exqos.facdv=1000 exqos.bacdv=any exqos.fccdv=1 exqos.bccdv=2 "
            "exqos.faclr=6 exqos.baclr=any")],
}


def decode(protocol, lines, *options):
    """(exit status, lines on stdout, text on stderr)."""
    done = subprocess.run([str(lab.CALLCTL), "decode", protocol, *options],
                          input="".join(line + "\n" for line in lines), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=lab.DEADLINE_S)
    return done.returncode, done.stdout.splitlines(), done.stderr


def good(protocol, lines, *options):
    status, output, error = decode(protocol, lines, *options)
    same((status, error, len(output)), (0, "", len(lines)), "status, stderr, lines")
    return output


def element(identifier, contents):
    coding, contents = ((NETWORK, contents[2:]) if contents.startswith(NETWORK)
                        else ("80", contents))
    return f"{identifier}{coding}{len(contents) // 2:04x}{contents}"


def message(kind, elements):
    return f"0903000001{kind}80{len(elements) // 2:04x}{elements}"


def as_object(summary):
    """What --json makes of a summary."""
    result = {}
    for word in summary.split():
        key, value = word.split("=", 1)
        if key not in result:
            result[key] = value
        else:
            before = result[key]
            result[key] = (before if isinstance(before, list) else [before]) + [value]
    return result


@case("each element of each message is decoded field for field and encoded again as it was")
def _():
    lines, expected = [], []
    for kind, (name, elements) in MESSAGES.items():
        for identifier in elements.split():
            for contents, said in CONTENTS[identifier]:
                lines.append(message(kind, element(identifier, contents)))
                expected.append((name, identifier, said))
    for line, text, (name, identifier, said) in zip(lines, good("q2931", lines), expected):
        holds(f" msg={name} " in text and f" ie={identifier}:" in text, f"{line}: {text}")
        holds("ierr=" not in text, f"{line}: {text}")
        holds(said in text, f"no {said!r} in {line}: {text}")
    same(good("q2931", lines, "--reencode"), lines, "octets")


@case("an element that a message does not have is told as unknown, and encoded again all the same")
def _():
    lines = []
    for kind, (_, elements) in MESSAGES.items():
        for identifier in CONTENTS:
            if identifier not in elements.split():
                lines.append(message(kind, element(identifier, CONTENTS[identifier][0][0])))
    for line, text in zip(lines, good("q2931", lines)):
        holds("verdict=ie_error" in text and ":unknown:default" in text, f"{line}: {text}")
    same(good("q2931", lines, "--reencode"), lines, "octets")


@case("all elements of a message at once come in their order, and go out so")
def _():
    lines = []
    for kind, (_, elements) in MESSAGES.items():
        lines.append(message(kind, "".join(element(identifier, CONTENTS[identifier][0][0])
                                           for identifier in elements.split())))
    for line, text, (name, elements) in zip(lines, good("q2931", lines), MESSAGES.values()):
        seen = [word[3:5] for word in text.split() if word.startswith("ie=")]
        same(seen, elements.split(), name)
    same(good("q2931", lines, "--reencode"), lines, "octets")


SPARE_BITS = {"sd_reserved_bit_set"}


def vectors(protocol):
    """(name, octets, summary) of each golden vector."""
    path = lab.SOURCE / "tests" / "vectors" / f"{protocol}.tsv"
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            name, octets, summary = line.split("\t")[:3]
            for remark in (" expect=", " peer=", " note="):
                summary = summary.split(remark)[0]
            yield name, octets, summary


@case("every golden vector comes out as its summary, as text and as JSON, and again as its octets")
def _():
    for protocol in ("q2931", "sscop"):
        names, octets, summaries = zip(*vectors(protocol))
        for name, text, summary in zip(names, good(protocol, octets), summaries):
            same(text, summary, name)
        for name, text, summary in zip(names, good(protocol, octets, "--json"), summaries):
            same(json.loads(text), as_object(summary), name)
        for name, again, once, summary in zip(names, good(protocol, octets, "--reencode"), octets,
                                              summaries):
            if name in SPARE_BITS:  # are not kept
                same(good(protocol, [again]), [summary], name)
            else:
                holds(again == once, f"{name}: {again[:80]} for {once[:80]}")


@case("the golden vectors have every SSCOP PDU")
def _():
    types = {as_object(summary).get("pdu") for _, _, summary in vectors("sscop")}
    same({"BGN", "BGAK", "BGREJ", "END", "ENDAK", "RS", "RSAK", "ER", "ERAK", "SD", "POLL", "STAT",
          "USTAT", "UD", "MD"} - types, set(), "PDUs without a vector")


@case("a line that is no hex is told by its number; the others are decoded, the exit status is 1")
def _():
    line = message("4d", element("08", "8090"))
    status, output, error = decode("q2931", [line, "zz", "0", line, "", line])
    same(status, 1, "exit status")
    same(len(output), 4, "lines")
    same(output[0], output[-1], "the first and the last")
    for number in (2, 3):
        holds(f"line {number}: not hex" in error, error)
    holds("line 1:" not in error and "line 4:" not in error, error)


@case("a protocol that there is not is a wrong use: exit status 2")
def _():
    status, output, error = decode("q931", ["09"])
    same((status, output), (2, []), "status, lines")
    holds("no protocol q931" in error and "usage:" in error, error)


lab.main()
