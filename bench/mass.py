# SPDX-License-Identifier: BSD-3-Clause
"""What build/bench/calls measures: calls set up, and ended in every way that there is."""

import tell

CALLS = 100000
RUNS = 5
FEW = 3  # runs of the ways that are not the main job
# Of control-core time at each end: what the appliance must reach.
FLOOR_TEARDOWN_NS = 1000
TARGET_TEARDOWN_NS = 250
TARGET_SETUP_PER_S = 500000
TARGET_GRACE_PERCENT = 1
LIMIT_MIB = 512  # of a million calls, all told
SIZES = {"1k": 1000, "10k": 10000, "100k": 100000, "500k": 500000, "1M": 1000000}
ROUNDS_CALLS = 100000  # few calls are set up and closed as often as makes so many
LEAVES = 8

# What begins the name of its rows, the program's options, and how often it runs of RUNS.
VARIANTS = {
    "plain": ([], RUNS),
    "standalone": (["--standalone"], RUNS),
    "shuffled": (["--way", "shuffled"], RUNS),
    "data": (["--way", "data"], FEW),
    "loop": (["--way", "loop"], FEW),
    "chained": (["--way", "chained"], FEW),
    "restart": (["--way", "restart"], FEW),
    "link_loss": (["--way", "link-loss"], FEW),
    "link_back": (["--way", "link-back"], FEW),
    "multipoint": (["--way", "multipoint"], FEW),
}
STANDALONE = "standalone_"  # before the name of any other: the same with a stand-alone call manager
LIKE_PLAIN = ("loop", "chained")  # a client without the bulk job must get its speed
ENDS = ("near", "far")


def names():
    more = [STANDALONE + name for name in VARIANTS if name not in ("plain", "standalone")]
    return [*VARIANTS, *more]


def variant(name):
    if name in VARIANTS:
        return VARIANTS[name]
    options, runs = VARIANTS[name.removeprefix(STANDALONE)]
    return ["--standalone", *options], runs


def wanted_mb(calls):
    """Hugepages for both ends."""
    return 512 + calls * 1300 * 2 // 2**20


def command(program, what, calls, args, *options):
    seconds = ["--seconds", args.seconds] if args.seconds else []
    return [program, what, "--calls", max(calls, 1), *seconds, *options]


def split(text):
    """Rows as lines, and series as lists of numbers by name."""
    lines, series = [], {}
    for line in text.splitlines():
        first, *rest = line.split("\t")
        if first == "series":
            series.setdefault(rest[0], []).append([float(x) for x in rest[1:]])
        else:
            lines.append(line)
    return lines, series


# ---- teardown. ----


def of_interest(line):
    """Rows of a variant beside the plain one; the plain one has them all."""
    return line.startswith(("control_", "grace_", "wall_seconds", "calls_closed"))


def run_variant(rows, args, run_program, program, name):
    options, _ = variant(name)
    calls = args.calls // (LEAVES if "multipoint" in name else 1)
    lines, series = split(run_program(command(program, "teardown", calls, args, *options)))
    if name == "plain":
        rows.add_lines("\n".join(lines))
    else:
        rows.add_lines("\n".join(f"{name}_{x}" for x in lines if of_interest(x)))
    if name == "plain" or not rows.series:
        rows.series.update(series)  # of the last run: a picture is of one


def run_sizes(rows, args, run_program, program):
    """The same close among fewer calls."""
    for size, calls in SIZES.items():
        if calls >= args.calls:
            continue
        rounds = max(1, ROUNDS_CALLS // calls)
        lines, _ = split(run_program(command(program, "teardown", calls, args, "--rounds", rounds)))
        for line in lines:
            name, value, unit = line.split("\t")
            if name in [f"control_ns_per_call_{end}" for end in ENDS]:
                rows.add(f"{name}_at_{size}", float(value), unit)


def label(calls):
    return next((name for name, n in SIZES.items() if n == calls), str(calls))


def compare_sizes(rows, args):
    """All of them are one more size; the smallest that is more than what caches hold is the peer."""
    for end in ENDS:
        name = f"control_ns_per_call_{end}"
        rows.add_all(f"{name}_at_{label(args.calls)}", rows.values[name][1], "ns")
        small = f"{name}_at_10k"
        if args.calls > SIZES["10k"] and small in rows.values:
            rows.add(f"cost_{label(args.calls)}_to_10k_{end}",
                     rows.median(name) / rows.median(small), "")


def compare_teardown(rows, args, chosen):
    for name in chosen:
        prefix = "" if name == "plain" else f"{name}_"
        for end in ENDS:
            cost = f"{prefix}control_ns_per_call_{end}"
            rows.compare(cost, f"target {TARGET_TEARDOWN_NS} ns",
                         rows.median(cost) / TARGET_TEARDOWN_NS)
            share = f"{prefix}grace_share_{end}"
            rows.compare(share, f"target {TARGET_GRACE_PERCENT} %",
                         rows.median(share) / TARGET_GRACE_PERCENT)
    if "plain" not in chosen:
        return
    limit = LIMIT_MIB * args.calls / 1e6
    for name in ("memory_mib", "memory_mib_with_mbufs"):
        rows.compare(name, f"limit {limit:.4g} MiB", rows.median(name) / limit)
    compare_with_plain(rows, chosen)


def compare_with_plain(rows, chosen):
    for name in chosen:
        if name not in LIKE_PLAIN:
            continue
        for end in ENDS:
            cost = f"control_ns_per_call_{end}"
            ratio = rows.median(f"{name}_{cost}") / rows.median(cost)
            rows.add(f"{name}_ratio_{end}", ratio, "")
            rows.compare(f"{name}_ratio_{end}", "the bulk job", ratio)
    for name in ("plain", "shuffled"):
        bare = "bare_ns_per_call" + ("" if name == "plain" else "_shuffled")
        if name not in chosen or bare not in rows.values:
            continue
        prefix = "" if name == "plain" else f"{name}_"
        for end in ENDS:
            ratio = rows.median(f"{prefix}control_ns_per_call_{end}") / rows.median(bare)
            rows.add(f"{prefix}ratio_to_bare_{end}", ratio, "")
            rows.compare(f"{prefix}ratio_to_bare_{end}", "bare C", ratio)


def run_teardown(rows, args, run_program, program):
    chosen = args.variant or list(VARIANTS)
    runs = args.runs or RUNS
    for i in range(runs):
        for name in chosen:
            if i < max(1, runs * variant(name)[1] // RUNS):
                run_variant(rows, args, run_program, program, name)
        if "plain" in chosen:
            rows.add_lines(run_program(command(program, "bare", args.calls, args)))
            if args.variant is None:
                run_sizes(rows, args, run_program, program)
    if args.variant is None:
        compare_sizes(rows, args)
    compare_teardown(rows, args, chosen)
    return {"calls": args.calls, "runs": runs, "variants": " ".join(chosen),
            "processes": "both ends in one, on one control core"}


# ---- setup. ----


def run_setup(rows, args, run_program, program):
    runs = args.runs or RUNS
    for _ in range(runs):
        rows.add_lines(run_program(command(program, "setup", args.calls, args)))
    rows.compare("calls_per_second", f"target {TARGET_SETUP_PER_S}",
                 rows.median("calls_per_second") / TARGET_SETUP_PER_S)
    start = "setup_ns_per_call_standing_"
    standing = [name for name in rows.values if name.startswith(start)]
    small, large = standing[0], standing[-1]
    if small != large:
        ratio = rows.median(large) / rows.median(small)
        name = f"setup_cost_{large.removeprefix(start)}_to_{small.removeprefix(start)}"
        rows.add(name, ratio, "")
        rows.compare(name, small, ratio)
    return {"calls": args.calls, "runs": runs, "call_manager": "embedded",
            "processes": "both ends in one, on one control core"}


# ---- Pictures. ----

COLOURS = {"near": "tab:blue", "far": "tab:orange"}
PARTS = ("frames", "timers", "work", "reclaim", "delete", "send")


def values_of(result):
    return {row["name"]: row for row in result["results"]}


def draw_left(axes, result):
    points = result["series"]["calls_left"]
    seconds = [p[0] for p in points]
    for i, end in enumerate(ENDS):
        axes.plot(seconds, [p[1 + i] for p in points], label=f"{end} end", color=COLOURS[end],
                  linewidth=3 - 1.5 * i)  # the first one is seen behind the other
    axes.set_xlabel("seconds since the first close")
    axes.set_ylabel("calls left")
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.set_title("calls left, both ends on one control core")
    axes.legend()


def draw_grace(axes, result):
    points = [p for p in result["series"]["grace_us"] if p[0] > 0]
    at_once = sum(p[1] for p in result["series"]["grace_us"] if p[0] <= 0)
    edges, counts = [p[0] for p in points], [p[1] for p in points]
    # Sixteen steps an octave: a bar reaches down to the edge of the step below it.
    axes.bar(edges, counts, width=[-e / 16 for e in edges], align="edge", color="tab:green")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.5)
    axes.set_xlabel("us from token to the turn that finds it passed")
    axes.set_ylabel("grace periods")
    axes.set_title(f"grace periods ({at_once:.0f} more within the turn that began them)")


def draw_spread(axes, xs, rows, **style):
    """Medians with what lies around them, over numbers of calls; each median in figures."""
    values = [r["value"] for r in rows]
    below = [r["value"] - r.get("min", r["value"]) for r in rows]
    above = [r.get("max", r["value"]) - r["value"] for r in rows]
    axes.errorbar(xs, values, yerr=[below, above], marker="o", capsize=3, **style)
    for x, value in zip(xs, values):
        axes.annotate(f"{value:.0f}", (x, value), textcoords="offset points", xytext=(6, 6),
                      fontsize="small", color=style["color"])
    axes.margins(x=0.12)
    axes.set_xscale("log")
    axes.set_xticks(xs, [label(n) for n in xs])
    axes.set_xticks([], minor=True)


def draw_sizes(axes, result):
    rows = values_of(result)
    for end in ENDS:
        start = f"control_ns_per_call_{end}_at_"
        found = {n.removeprefix(start): r for n, r in rows.items() if n.startswith(start)}
        sizes = sorted((SIZES.get(n) or int(n), r) for n, r in found.items())
        draw_spread(axes, [n for n, _ in sizes], [r for _, r in sizes], label=f"{end} end",
                    color=COLOURS[end])
    axes.axhline(TARGET_TEARDOWN_NS, color="grey", linestyle="--", label="target")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("calls that close")
    axes.set_ylabel("control-core ns a call")
    axes.set_title("cost of a close against the number of calls (median, spread)")
    axes.legend(loc="center right")


def draw_variants(axes, result):
    rows = values_of(result)
    labels, made_of = [], []
    for name in names():
        prefix = "" if name == "plain" else f"{name}_"
        for end in ENDS:
            start = f"{prefix}control_ns_per_call_{end}"
            per = LEAVES if "multipoint" in name else 1
            if start in rows:
                labels.append(f"{name.replace('_', ' ')}, {end}"
                              + (" (a party)" if per > 1 else ""))
                made_of.append([rows[f"{start}_{part}"]["value"] / per for part in PARTS])
    left = [0.0] * len(labels)
    for i, part in enumerate(PARTS):
        widths = [parts[i] for parts in made_of]
        drawn = axes.barh(labels, widths, left=left, label=part)
        left = [a + b for a, b in zip(left, widths)]
    axes.bar_label(drawn, [f"{v:.0f}" for v in left], padding=3)
    axes.axvline(TARGET_TEARDOWN_NS, color="grey", linestyle="--", label="target")
    axes.margins(x=0.1)
    axes.invert_yaxis()
    axes.set_xlabel("control-core ns a call")
    axes.set_title("the ways in which calls end, and where the time goes")
    axes.legend(fontsize="small")


def draw_growth(axes, result):
    start = "setup_ns_per_call_standing_"
    found = [(r["name"].removeprefix(start), r) for r in result["results"]
             if r["name"].startswith(start)]
    sizes = [(SIZES.get(n) or counted(n), r) for n, r in found]
    draw_spread(axes, [n for n, _ in sizes], [r for _, r in sizes], label="the busier end",
                color=COLOURS["near"])
    axes.axhline(1e9 / TARGET_SETUP_PER_S, color="grey", linestyle="--",
                 label=f"target, {TARGET_SETUP_PER_S} a second")
    axes.set_ylim(0, 1.15 * max(axes.get_ylim()[1], 1e9 / TARGET_SETUP_PER_S))
    axes.set_xlabel("calls that stand already")
    axes.set_ylabel("control-core ns for one more")
    axes.set_title("what a call costs to set up (median, spread)")
    axes.legend(loc="lower right")


def counted(name):
    """20k, 5M."""
    unit = {"k": 1000, "M": 1000000}.get(name[-1], 1)
    return int(name.rstrip("kM")) * unit


def plot(result, path):
    import matplotlib  # only when a picture is wanted
    matplotlib.use("Agg")
    from matplotlib import pyplot

    if result["bench"] == "setup":
        figure, axes = pyplot.subplots(figsize=(7, 4.5))
        draw_growth(axes, result)
    else:
        draw = [draw_variants, draw_sizes, draw_left, draw_grace]
        if not any("_at_" in row["name"] for row in result["results"]):
            draw.remove(draw_sizes)
        figure, grid = pyplot.subplots(len(draw), figsize=(9, 4.2 * len(draw)))
        for one, axes in zip(draw, grid):
            one(axes, result)
    figure.suptitle(tell.machine_line(result), fontsize="small")
    figure.tight_layout(rect=(0, 0, 1, 0.99))
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
