# SPDX-License-Identifier: BSD-3-Clause
"""A million calls closed, beside what a user would pick instead.

All in one run on the same two processors, one after the other. What is comparable and what is not
stands in NOTES, and so in the rows.
"""

import os
import signal
import statistics
import sys
import tempfile

import disturb
from beside import Gone
from peers import ovs, routes
from pktgen.process import Failed

CALLS = 1000000
MIN_CALLS = 1000  # nine of ten go; the tenth that stays has traffic
LIBRARIES = ("peer_circuits", "peer_call_rcu", "peer_defer_queue", "peer_hash")
LIBRARY_RUNS = 5  # they are short

# Who stands beside whom, and what is comparable.
AGAINST = {
    "ovs": ("ours_close", "the record of a flow, by the resident set of the process; in use: with that of the "
            "datapath, which traffic makes. Ours: a call at one end, and its circuit"),
    "ovs_wildcard": ("ours_restart", "one message deletes all and none tells of a flow. Ours: one RESTART clears "
                     "all calls at both ends, and each end's client is told of each"),
    "ovs_bundle": ("ours_close", "one way: a message a flow, one answer for all. Ours: RELEASE and RELEASE "
                   "COMPLETE for each call over an assured transport, and each client is told"),
    "ovs_in_a_row": ("ours_close", "one way: a message a flow, one answer for all; not all or nothing, as the "
                     "bundle is"),
    "ovs_one_by_one": ("ours_close", "a message and an answer for each flow, as ours; but ovs-ofctl waits for "
                       "each answer, and our client closes the next call meanwhile"),
    "routes": ("ours_restart", "IPv4 routes to single addresses, since few kernels have MPLS routes built in; one "
               "request deletes all and no message tells of a route"),
    "call_rcu": ("ours_circuits", "no label, no counters, no message: a pointer is cleared, and 64 octets are "
                 "freed after a grace period"),
    "qsbr_dq": ("ours_circuits", "as call_rcu, but the 64 octets go back to where they were reserved"),
    "rte_hash_rcu": ("ours_circuits", "as qsbr_dq, with a key that is found first"),
}
JUDGED = ("deletions_per_second", "blocked_ms_added", "bytes_per_entry")
NOTES = {
    "ours_close": "each call released over the wire by its client; both ends on one core, all that they do",
    "ours_restart": "all calls of a trunk cleared by one RESTART; both ends on one core, all that they do",
    "ours_circuits": "the dataplane without calls: unlink, grace period, reclaim; the reader is a worker that "
                     "forwards a frame for each look-up",
    **{who: note for who, (_, note) in AGAINST.items()},
}


def wanted_mb(calls):
    """Hugepages: of the bench that wants most. OVS takes a thousand for its mbufs."""
    return max(3072, disturb.wanted_mb(calls))


# ---- Ours, as the other benches have it. ----


def values_of(text):
    """Name to the median of its values, of lines of name, value and unit."""
    found = {}
    for words in (line.split("\t") for line in text.splitlines()):
        if len(words) == 3:
            found.setdefault(words[0], []).append(float(words[1]))
    return {name: statistics.median(values) for name, values in found.items()}


def add_closing(rows, who, found):
    """Of what calls prints."""
    slower = max(found["control_ns_per_call_near"], found["control_ns_per_call_far"])
    rows.add(f"{who}/deletions_per_second", found["calls_closed"] / found["wall_seconds"], "1/s")
    rows.add(f"{who}/deletions_per_second_and_control_core", 1e9 / slower, "1/s")
    rows.add(f"{who}/bytes_per_entry", found["bytes_per_call"] + found["dataplane_bytes_per_call"], "B")


def add_disturbance(rows, who, found):
    """Of what disturb prints: the same under traffic."""
    rows.add(f"{who}/deletions_per_second_under_traffic",
             found["calls_closed"] / found["closing_seconds"], "1/s")
    rows.add(f"{who}/blocked_ms", found["blocked_us"] / 1e3, "ms")
    rows.add(f"{who}/blocked_ms_quiet", found["blocked_us_quiet"] / 1e3, "ms")
    rows.add(f"{who}/offered_fps", found["offered_fps"], "fps")


def run_ours(rows, args, build, run_program):
    calls = ["--calls", args.calls]
    for who, options in (("ours_close", []), ("ours_restart", ["--way", "restart"])):
        with_calls = [build / "calls", "teardown", *calls, *options]
        yield who, lambda w=who, c=with_calls: add_closing(rows, w, values_of(run_program(c)))
    # A disturbed run counts, as those of the peers do.
    under_traffic = [build / "disturb", *calls, "--rounds", 1, "--keep"]
    yield "ours_close under traffic", lambda: add_disturbance(
        rows, "ours_close", values_of(run_program(under_traffic)))


# ---- Beside each other. ----


def verdict(what, ours, theirs):
    """Equal is not beaten."""
    if ours == theirs:
        return "equal"
    more_is_better = what.startswith("deletions")
    return "beaten" if (ours > theirs) == more_is_better else "not beaten"


def add_added(rows):
    """What deleting adds to what the machine itself loses: in each run, of two spells as long."""
    for name in [n for n in rows.values if n.endswith("/blocked_ms")]:
        pairs = zip(rows.values[name][1], rows.values[f"{name}_quiet"][1])
        rows.add_all(f"{name}_added", [max(0.0, busy - quiet) for busy, quiet in pairs], "ms")


def compare(rows):
    """Each row of a peer by ours of the same kind: the ratio is theirs by ours."""
    add_added(rows)
    for name in list(rows.values):
        who, _, what = name.partition("/")
        rows.more.setdefault(name, {})["comparable"] = NOTES[who]
        kind = what.removesuffix("_in_use")
        if who not in AGAINST or kind not in JUDGED:
            continue
        # A RESTART under traffic is not measured; what all closes do to it is.
        ours = next((f"{o}/{kind}" for o in (AGAINST[who][0], "ours_close")
                     if f"{o}/{kind}" in rows.values), None)
        if ours is None:
            continue
        value, theirs = rows.median(ours), rows.median(name)
        rows.more[name].update(peer=ours, verdict=verdict(kind, value, theirs))
        if value:
            rows.compare(name, ours, theirs / value)


def tell(result):
    """Below the table: what is comparable, and where a peer is better."""
    told = dict.fromkeys(r["name"].partition("/")[0] for r in result["results"])
    print("what is comparable:")
    for who in told:
        print(f"  {who}: {NOTES[who]}")
    judged = [r for r in result["results"] if "verdict" in r]
    for what in ("beaten", "equal", "not beaten"):
        print(f"{what}: " + (", ".join(f"{r['name']} ({r['value']:.3g} {r['unit']})" for r in judged
                                       if r["verdict"] == what) or "none"))
    print("left out: " + (", ".join(result["parameters"]["left_out"]) or "none"))


# ---- The run. ----


def end_orderly(number, frame):
    """What was started is ended on the way out."""
    del frame
    raise SystemExit(128 + number)


def jobs(rows, args, build, run_program, directory):
    """Names, and what fills the rows."""
    for _ in range(args.runs or 3):
        yield from run_ours(rows, args, build, run_program)
    for _ in range(args.runs or LIBRARY_RUNS):
        for name in LIBRARIES:
            yield name, lambda n=name: rows.add_lines(run_program([build / n, args.calls]))
    cores = sorted(os.sched_getaffinity(0))
    for peer in (ovs, routes):
        yield peer.NAME, lambda p=peer: p.run(rows, args, build, cores, args.calls, args.calls // 10,
                                              directory)


def run(rows, args, build, run_program):
    """@p run_program: starts one, and gives what it prints. Who fails is left out, and that is told."""
    left_out = []
    before = signal.signal(signal.SIGTERM, end_orderly)
    try:
        with tempfile.TemporaryDirectory(prefix="callplane-bench-") as directory:
            for name, job in jobs(rows, args, build, run_program, directory):
                try:
                    job()
                except (Failed, Gone, OSError) as e:
                    left_out.append(name)
                    print(f"bench: {name} is left out: {e}", file=sys.stderr)
    finally:
        signal.signal(signal.SIGTERM, before)
    compare(rows)
    return {"calls": args.calls, "deleted": args.calls - args.calls // 10,
            "left_out": sorted(set(left_out))}


# ---- The picture. ----

PANELS = (("deletions_per_second", "deletions a second"),
          ("blocked_ms_added", "traffic blocked by it, ms"), ("bytes_per_entry", "octets an entry"))
LEAST = {"blocked_ms_added": 0.01}  # so that nothing at all has a place on a logarithmic axis


def bars(result, what):
    """Who to value, in the order of the rows."""
    return {r["name"].partition("/")[0]: r["value"] for r in result["results"]
            if r["name"].partition("/")[2] == what}


def plot(result, path):
    import matplotlib  # only when a picture is wanted
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(PANELS), figsize=(15, 4.5))
    for axes, (what, title) in zip(panels, PANELS):
        values = bars(result, what)
        shown = [max(v, LEAST.get(what, v)) for v in values.values()]
        colours = ["tab:green" if who.startswith("ours") else "tab:grey" for who in values]
        drawn = axes.barh([who.replace("_", " ") for who in values], shown, color=colours)
        axes.bar_label(drawn, [f"{v:.3g}" for v in values.values()], padding=3)
        axes.set_xscale("log")
        axes.margins(x=0.25)
        axes.invert_yaxis()
        axes.set_xlabel(title)
    figure.suptitle(f"peers: {result['parameters']['deleted']} of {result['parameters']['calls']} "
                    "entries deleted")
    figure.tight_layout()
    figure.savefig(path, dpi=100)
