#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Metrics: a snapshot that control publishes, scraped over HTTP, and told by DPDK's telemetry.

    near (user, metrics on a loopback port) nt ==== ft far (network, metrics on a UNIX socket)
"""

import http.client
import json
import os
import re
import socket
import subprocess
import urllib.parse
import urllib.request

import lab
from lab import case, holds, same, until

lab.isolate()

PORT, PROMETHEUS = 9464, 9090
CALLS, CLOSED_BUSY = 6, 2
TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
NEAR, FAR, BUSY = "e164:4910000", "e164:4920000", "e164:4930000"

lab.veth("nt", "ft")


def settings(interface, manager, side, other, attachments, listen):
    own = lab.config({"trunk": f"net_af_packet0,iface={interface}", "lan": "net_null0,no-rx=1"},
                     {"peer": {"port": "trunk", "call-manager": manager, "side": side}},
                     attachments, {prefix: "peer" for prefix in other})
    own["metrics"] = {"listen": listen}
    return own


FAR_PATH = str(lab.directory() / "metrics.sock")
near = lab.Appliance("near", settings(
    "nt", "embedded", "user", ("e164:492", "e164:493"),
    [{"address": NEAR, "count": 64, "port": "lan", "vlan": 1}], f"127.0.0.1:{PORT}"))
far = lab.Appliance("far", settings(
    "ft", "standalone", "network", ("e164:491",),
    [{"address": FAR, "count": 64, "port": "lan", "svlan": 1, "vlan": 1},
     {"address": BUSY, "port": "lan", "svlan": 2, "vlan": 1, "answer": "busy"}], FAR_PATH))
for appliance in (near, far):
    appliance.wait_links()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=lab.DEADLINE_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def ask(connection, path="/metrics", method="GET"):
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def loopback():
    return http.client.HTTPConnection("127.0.0.1", PORT, timeout=lab.DEADLINE_S)


SAMPLE = re.compile(r'(callplane_[a-z0-9_]+)(\{[^}]*\})? (\S+)')


def samples(text):
    """All samples, by name and labels as written."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = SAMPLE.fullmatch(line)
        holds(match, f"no sample: {line}")
        key = match[1] + (match[2] or "")
        holds(key not in found, f"twice: {key}")
        found[key] = float(match[3])
    return found


def of_near():
    return samples(ask(loopback())[1])


def wait_sample(key, value):
    until(f"{key} is {value}", lambda: of_near().get(key) == value)


@case("a scrape is well-formed OpenMetrics: each family has a type and a help text, and an end")
def _():
    wait_sample('callplane_link_state{trunk="peer",state="established"}', 1)
    answer, text = ask(loopback())
    same((answer.status, answer.getheader("Content-Type")), (200, TYPE), "answer")
    holds(text.endswith("\n# EOF\n") and text.count("# EOF") == 1, "no end")
    families = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M)
    same(len(families), len(set(name for name, _ in families)), "families, each once")
    same([name for name, _ in families], re.findall(r"^# HELP (\S+) .+$", text, re.M), "help")
    kinds = dict(families)
    for key in samples(text):
        name = key.partition("{")[0]
        base = re.sub(r"_(total|bucket|count|sum)$", "", name)
        holds(name in kinds or base in kinds, f"{key} is of no family")
        same(name.endswith("_total"), kinds.get(name, kinds.get(base)) == "counter", name)


@case("calls are told by state and by cause, with how long setup and clearing took")
def _():
    near.dial(NEAR, FAR, CALLS)
    wait_sample('callplane_calls{state="up"}', CALLS)
    for call in near.ctl("calls")[:CLOSED_BUSY]:
        near.ctl("close", call["call"], "--cause", 31)
    holds("user busy" in near.refused("dial", "--from", "e164:4910060", "--to", BUSY), "refusal")
    wait_sample('callplane_calls_ended_total{how="refused",cause="17",meaning="user busy"}', 1)
    wait_sample('callplane_calls_ended_total{how="closed",cause="31",'
                'meaning="normal, unspecified"}', CLOSED_BUSY)
    got = of_near()
    same([got[f'callplane_calls{{state="{state}"}}'] for state in ("setup", "up", "clearing")],
         [0, CALLS - CLOSED_BUSY, 0], "calls by state")
    same((got["callplane_calls_begun_total"], got["callplane_calls_answered_total"]),
         (CALLS + 1, CALLS), "calls ever")
    for name, n in (("setup", CALLS), ("clearing", CLOSED_BUSY)):
        name = f"callplane_call_{name}_seconds"
        buckets = [value for key, value in got.items() if key.startswith(name + "_bucket")]
        same(buckets, sorted(buckets), "a histogram adds up")
        same((buckets[-1], got[name + "_count"]), (n, n), name)
        holds(got[name + "_sum"] > 0, f"{name} took no time")


@case("what a scrape tells of trunks, ports and workers is what callctl tells")
def _():
    trunk, = near.ctl("trunks")
    wait_sample('callplane_trunk_legs_set_up_total{trunk="peer"}', trunk["set_up"])
    got = of_near()
    same(got['callplane_trunk_call_legs{trunk="peer"}'], trunk["calls"], "call legs")
    same({re.search('port="([^"]*)"', key)[1] for key in got if "callplane_port_link_up" in key},
         set(near.ports()), "ports")
    reasons = {re.search('reason="([^"]*)"', key)[1] for key in got if "_port_drops" in key}
    same(reasons, set(near.drops("trunk")), "reasons")
    workers = [row["lcore"] for row in near.ctl("workers")]
    same([key for key in got if key.startswith("callplane_worker_turns")],
         [f'callplane_worker_turns_total{{lcore="{lcore}"}}' for lcore in workers], "workers")
    holds(got["callplane_grace_periods_total"] > 0, "no grace period")
    same(got["callplane_memory_octets"], near.status()["memory_octets"], "memory")


@case("no label is of a call, an address or a circuit: calls add no line to a scrape")
def _():
    before = set(of_near())
    near.dial("e164:4910010", "e164:4920010", 20)
    wait_sample('callplane_calls{state="up"}', CALLS - CLOSED_BUSY + 20)
    text = ask(loopback())[1]
    same(set(samples(text)), before, "samples")
    holds("49100" not in text and "49200" not in text, "an address")


@case("a UNIX socket serves the same; other paths, and methods that change, are refused")
def _():
    answer, text = ask(UnixConnection(FAR_PATH))
    same((answer.status, answer.getheader("Content-Type")), (200, TYPE), "answer")
    holds(samples(text), "no samples")
    same(os.stat(FAR_PATH).st_mode & 0o777, 0o660, "mode")
    same(ask(loopback(), "/")[0].status, 404, "another path")
    answer, _ = ask(loopback(), method="POST")
    same((answer.status, answer.getheader("Allow")), (405, "GET, HEAD"), "POST")
    answer, text = ask(loopback(), method="HEAD")
    same((answer.status, text), (200, ""), "HEAD")


@case("an address that others can reach is refused, with what to write instead")
def _():
    for listen in ("0.0.0.0:9464", "127.0.0.1", "192.0.2.1:80", "localhost:1", "127.0.0.1:0"):
        own = settings("nt", "embedded", "user", (), [], listen)
        path = lab.directory() / "wide.yaml"
        path.write_text(json.dumps(own, indent=1))
        done = subprocess.run([lab.CALLPLANE, "--check", "-c", path], capture_output=True,
                              text=True, check=False)
        same(done.returncode, lab.EXIT_CONFIG, listen)
        holds(f'"{listen}" is no place on this machine alone; mend: ' in done.stderr, done.stderr)


@case("a port that is taken is told, with what mends it, and nothing is left behind")
def _():
    own = settings("none", "embedded", "user", (), [], f"127.0.0.1:{PORT}")
    own["ports"] = {"lan": {"device": "net_null0,no-rx=1"}}
    own["workers"][0]["ports"] = ["lan"]
    own["trunks"], own["routes"] = {}, []
    third = lab.Appliance("third", own, start=False)
    third.launch()
    same(third.ended(), lab.EXIT_CONFIG, "exit status")
    holds(f"metrics: 127.0.0.1:{PORT}: Address already in use; mend: " in third.log_text(),
          third.log_text())
    holds(not third.socket.exists(), "its control socket is left")


@case("a client that says nothing holds up neither scrapes nor control")
def _():
    idle = [socket.create_connection(("127.0.0.1", PORT)) for _ in range(8)]
    same(ask(loopback())[0].status, 200, "a scrape beside them")
    same(near.status()["state"], "running", "state")
    for one in idle:
        one.close()


def telemetry(command):
    """What dpdk-telemetry.py would show of the appliance near."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.settimeout(lab.DEADLINE_S)
        s.connect(f"/var/run/dpdk/callplane-{near.process.pid}/dpdk_telemetry.v2")
        s.recv(16384)
        s.send(command.encode())
        return json.loads(s.recv(65536))[command.partition(",")[0]]


@case("DPDK's telemetry has the same numbers")
def _():
    holds("/callplane/status" in telemetry("/"), "commands")
    up = int(of_near()['callplane_calls{state="up"}'])
    same(telemetry("/callplane/calls")["up"], up, "calls")
    same(telemetry("/callplane/status")["call_legs_active"], near.active(), "legs")
    same(telemetry("/callplane/trunks"), ["peer"], "trunks")
    same(telemetry("/callplane/trunks,peer")["link"], "established", "link")
    same(telemetry("/callplane/trunks,none"), None, "no such trunk")
    holds(telemetry("/callplane/grace")["grace_periods"] > 0, "grace periods")


@case("Debian's prometheus scrapes them, and what it sums and estimates is right")
def _():
    config = lab.directory() / "prometheus.yml"
    config.write_text(json.dumps({"scrape_configs": [{
        "job_name": "callplane", "scrape_interval": "1s",
        "static_configs": [{"targets": [f"127.0.0.1:{PORT}"]}]}]}))
    log = open(lab.directory() / "prometheus.log", "w", encoding="utf-8")
    server = subprocess.Popen(
        ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={lab.directory()}/tsdb",
         f"--web.listen-address=127.0.0.1:{PROMETHEUS}"], stdout=log, stderr=log)

    def query(expression):
        url = f"http://127.0.0.1:{PROMETHEUS}/api/v1/query?" + urllib.parse.urlencode(
            {"query": expression})
        try:
            with urllib.request.urlopen(url) as answer:
                result = json.load(answer)["data"]["result"]
        except OSError:
            return None  # it is not up yet
        return float(result[0]["value"][1]) if result else None

    try:
        until("it has scraped", lambda: query("up") == 1)
        up = of_near()['callplane_calls{state="up"}']
        until("its sum is ours", lambda: query('sum(callplane_calls{state="up"})') == up)
        same(query("sum(callplane_calls_ended_total)"), CLOSED_BUSY + 1, "ended")
        until("a quantile", lambda: query(
            "histogram_quantile(0.99, callplane_call_setup_seconds_bucket)") is not None)
    finally:
        server.terminate()
        server.wait()
        log.close()


@case("with all calls closed nothing is left (I4), and the sockets go with the appliances")
def _():
    near.ctl("close", "--all")
    near.wait_gone()
    far.wait_gone()
    for state in ("setup", "up", "clearing"):
        wait_sample(f'callplane_calls{{state="{state}"}}', 0)
    near.stop()
    far.stop()
    holds(not os.path.exists(FAR_PATH), "a socket is left")


lab.main()
