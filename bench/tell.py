# SPDX-License-Identifier: BSD-3-Clause
"""Results for people: a table on the terminal, one in Markdown, a picture."""


def spread(row):
    return f"{row['min']:.4g} .. {row['max']:.4g}" if "min" in row else ""


def comparison(row):
    more = f"{row['ratio']:.3g} x {row['peer']}" if "ratio" in row else ""
    if "octets" in row:
        more = f"{row['octets']:.0f} octets" + (f"; {more}" if more else "")
    if "ratio_of_minima" in row:
        more += f", minima {row['ratio_of_minima']:.3g}"
    return more + (f" ({row['reason']})" if row.get("reason", "-") != "-" else "")


def machine_line(result):
    machine = result["machine"]
    return (f"{result['bench']}: {machine['cpu']}, {machine['cores']} cores, DPDK "
            f"{machine['dpdk']}")


def heading(result):
    return (machine_line(result) + ", "
            + ", ".join(f"{k} {v}" for k, v in result["parameters"].items()))


def print_table(result):
    print(heading(result))
    width = max(len(r["name"]) for r in result["results"])
    for r in result["results"]:
        print(f"  {r['name']:{width}}  {r['value']:>10.5g} {r['unit']:8} {spread(r):24} "
              f"{comparison(r)}".rstrip())


def markdown(result):
    lines = [heading(result), "", "| row | median | unit | smallest .. largest | against |",
             "| --- | ---: | --- | --- | --- |"]
    lines += [f"| `{r['name']}` | {r['value']:.4g} | {r['unit']} | {spread(r)} | {comparison(r)} |"
              for r in result["results"]]
    return "\n".join(lines) + "\n"


# ---- Pictures: labels, and for each what its bar is made of. ----


def plain(values):
    return {label: {"": v} for label, v in values.items()}


def forward_bars(values):
    picked = {f"testpmd {m}": values[f"testpmd_{m}_cycles_per_frame"] for m in ("io", "mac")}
    start = "cycles_per_frame_"
    for name, value in values.items():
        if name.startswith(start):
            label = name.removeprefix(start).replace("_", " ")
            is_kind = label.startswith("bad ") or label == "good"
            picked[label if is_kind else f"{label} circuits".replace("1 circuits", "1 circuit")] = value
    return plain(picked), "TSC cycles a frame"


def shares_bars(values):
    picked = {}
    for name, value in values.items():
        what, _, rest = name.partition("/")
        case, _, stage = rest.partition("/")
        if stage and what == "cycles":
            picked.setdefault(case.replace("_", " "), {})[stage] = value
    return picked, "TSC cycles a frame"


def bars(result):
    """What is worth a picture, and its unit."""
    values = {r["name"]: r["value"] for r in result["results"]}
    if result["bench"] == "forward":
        return forward_bars(values)
    if result["bench"] == "shares":
        return shares_bars(values)
    return (plain({r["name"]: r["value"] for r in result["results"] if r["unit"] == "ns"}),
            "ns an operation")


def plot(result, path):
    import matplotlib  # only when a picture is wanted
    matplotlib.use("Agg")
    from matplotlib import pyplot

    values, unit = bars(result)
    labels = list(values)
    parts = list(dict.fromkeys(part for made_of in values.values() for part in made_of))
    figure, axes = pyplot.subplots(figsize=(9, max(1.2 + 0.28 * len(values), 0.3 * len(parts))))
    left = [0.0] * len(labels)
    for part in parts:
        widths = [values[label].get(part, 0.0) for label in labels]
        drawn = axes.barh(labels, widths, left=left, label=part)
        left = [a + b for a, b in zip(left, widths)]
    axes.bar_label(drawn, [f"{v:.3g}" for v in left], padding=3)
    if len(parts) > 1:
        axes.legend(loc="center left", bbox_to_anchor=(1.08, 0.5), fontsize="small")
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.set_title(result["bench"])
    if result["bench"] in ("micro", "codec"):
        axes.set_xscale("log")
    figure.tight_layout()
    figure.savefig(path, dpi=100)
