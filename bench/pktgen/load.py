# SPDX-License-Identifier: BSD-3-Clause
"""bench/run pktgen: labelled frames from Pktgen-DPDK through the calls of an appliance, and back."""

import os
import pathlib
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import capture  # noqa: E402
import generator  # noqa: E402
import labels as label_sets  # noqa: E402
import rig  # noqa: E402
import search  # noqa: E402
from process import Failed, Polling  # noqa: E402

__all__ = ["CALLS", "Failed", "add_options", "plot", "run", "wanted_mb"]

CALLS = 1000
MOST_CALLS = 1000000
SECONDS = 2
STEPS = (10, 25, 50, 75, 90, 100)  # percent of what the generator can send
LATENCY_AT = 50                    # percent, without a search
LATENCY_US = 1000                  # between probes
PROBE_AT_FPS = 500000              # to learn what the generator makes of a rate
LINK_BITS = 100e9
GAP = 20                           # octets between frames, preamble included
CAPTURE_MAX = 256 << 20            # octets; of more labels, as many as fit
# Of the core, while it wanted it: less, and somebody else's work is what a loss may come from.
WORKER_SHARE, GENERATOR_SHARE = 0.98, 0.95
PEER = "testpmd io"


def add_options(parser):
    group = parser.add_argument_group("pktgen")
    group.add_argument("--pktgen", metavar="FILE", help="the program [$PKTGEN, or on PATH]")
    group.add_argument("--link", choices=rig.LINKS, default="vhost", help="[vhost]")
    group.add_argument("--search", action="store_true",
                       help="the highest rate without loss, of each size (RFC 2544)")
    group.add_argument("--sizes", metavar="N,...", type=_sizes,
                       help="octets of a frame [64; search: those of RFC 2544]")
    group.add_argument("--labels", choices=("auto", "random", "capture"), default="auto",
                       help="made by Pktgen, which needs 24.10, or from a capture [auto]")
    group.add_argument("--resolution", type=float, default=0.02,
                       help="search: of the highest rate [0.02]")


def _sizes(text):
    sizes = [int(word) for word in text.split(",")]
    if not all(capture.SMALLEST <= size <= search.SIZES[-1] for size in sizes):
        raise ValueError(text)
    return sizes


def wanted_mb(n_calls):
    """Of hugepages: the appliance's legs and circuits, the capture and its mbufs."""
    return 3072 + n_calls * 4000 // 2**20


def some(labels, size):
    """As many as a capture may hold of frames of @p size octets, evenly spread."""
    n = min(len(labels), CAPTURE_MAX // (size + 16))
    return [labels[i * len(labels) // n] for i in range(n)]


class Bench:
    """The generator, and how its rates and losses are read, in front of what it is joined to."""

    def __init__(self, program, directory, cores, links, args, has_hugepages):
        self.program, self.directory, self.cores, self.links = program, directory, cores, links
        self.args, self.has_hugepages = args, has_hugepages
        self.seconds = args.seconds or SECONDS
        self.n_disturbed = self.n_trials = 0
        self.shares = {"worker": 1.0, "generator": 1.0}
        self.version, has_random_bits = generator.version(program, directory, cores,
                                                          has_hugepages)
        if args.labels == "random" and not has_random_bits:
            raise Failed(f"Pktgen {self.version} has no random labels; mend: 24.10 or newer, or "
                         "--labels capture")
        # Those with random bits are also those of which an lcore has one port only.
        self.is_new = has_random_bits
        self.random = has_random_bits if args.labels == "auto" else args.labels == "random"

    def start(self, labels, size):
        """A Pktgen that sends frames of @p size octets with @p labels; and how many labels."""
        if self.random:
            value, free, n = label_sets.cube(labels)
            pktgen = self._pktgen(None)
            pktgen.send_made(capture.stack_entry(value), size, (value, free))
            return pktgen, n
        labels = some(labels, size)
        path = pathlib.Path(self.directory) / "labels.pcap"
        capture.write(path, labels, size)
        pktgen = self._pktgen(path)
        pktgen.send_capture(capture.stack_entry(labels[0]))
        return pktgen, len(labels)

    def _pktgen(self, path):
        return generator.Pktgen(self.program, self.directory, self.links.client(),
                                self.cores, self.has_hugepages, path,
                                may_share=not self.is_new)

    def runner(self, pktgen, target, size):
        """
        A function from a rate in frames a second (None: as fast as it can) to a trial. What the
        generator makes of a rate is learnt first: versions differ by a factor.
        """
        sender, worker = Polling(pktgen.process), Polling(target)

        def trial(percent, latency_us=None):
            for polling in (sender, worker):
                polling.begin()
            got = pktgen.trial(percent, self.seconds, latency_us)
            got["lost"] = got["sent"] - got["received"]
            for name in ("sent", "received"):
                got[f"{name}_fps"] = got[name] / got["seconds"]
            shares = {"worker": worker.share(), "generator": sender.share()}
            # More back than went out are those of the trial before, which came so late.
            got["disturbed"] = (got["lost"] < 0 or not got["settled"] or shares["worker"] < WORKER_SHARE
                                or shares["generator"] < GENERATOR_SHARE)
            self.n_trials += 1
            self.n_disturbed += got["disturbed"]
            self.shares = {name: min(shares[name], self.shares[name]) for name in shares}
            return got

        def fastest(percent):
            """What disturbs it makes it slower only."""
            trials = [trial(percent)]
            while trials[-1]["disturbed"] and len(trials) <= search.AGAIN:
                trials.append(trial(percent))
            return max(trials, key=lambda t: t["sent_fps"])

        percent = 100 * PROBE_AT_FPS / (LINK_BITS / 8 / (size + GAP))
        full = fastest(percent)["sent_fps"] / (percent / 100)
        if full <= 0:
            raise Failed(f"pktgen sends nothing over {self.links.kind}; see {pktgen.log}")

        def run(fps, latency_us=None):
            if fps is None:
                return fastest(100)
            return trial(min(100 * fps / full, 100), latency_us)
        return run

    def measure(self, target, labels, size):
        """All numbers of a size, in front of @p target: a mapping from names to (value, unit)."""
        pktgen, n_labels = self.start(labels, size)
        try:
            run = self.runner(pktgen, target, size)
            top = run(None)
            found = {"labels": (n_labels, ""), "sent_max_fps": (top["sent_fps"], "frames/s"),
                     "max_fps": (top["received_fps"], "frames/s")}
            if self.args.search:
                found.update(self._search(run, top["sent_fps"]))
            else:
                found.update(self._steps(run, top["sent_fps"]))
            pktgen.quit()
        except BaseException:
            pktgen.kill()
            raise
        return found

    def _search(self, run, most):
        best, trials = search.no_loss(run, most, self.args.resolution)
        found = {"no_loss_fps": (best["sent_fps"] if best else 0, "frames/s"),
                 "trials": (len(trials), "")}
        if best:
            found.update(latencies(run(best["sent_fps"], LATENCY_US)))
        return found

    def _steps(self, run, most):
        found = {}
        for percent in STEPS:
            rate = most * percent / 100
            trial = search.undisturbed(run, rate)
            found[f"offered_fps/{percent}"] = trial["sent_fps"], "frames/s"
            found[f"lost_ppm/{percent}"] = 1e6 * trial["lost"] / max(trial["sent"], 1), "ppm"
        found.update(latencies(run(most * LATENCY_AT / 100, LATENCY_US)))
        return found


def latencies(trial):
    """Generator to generator, of the probes that came back; nothing if none did."""
    if not trial["probes"]:
        return {}
    return {f"latency_{name}_us": (trial[f"{name}_us"], "us") for name in ("min", "avg", "max")}


def _tell(rows, size, found, alone):
    for name, (value, unit) in found.items():
        name, _, step = name.partition("/")
        row = "/".join(filter(None, (name, str(size), step)))
        rows.add(row, value, unit)
        peer = alone.get("/".join(filter(None, (name, step))))
        # Of what the generator alone does over these links.
        if name in ("max_fps", "no_loss_fps") or name.startswith("latency_"):
            if peer is not None and peer[0] > 0:
                rows.add(f"{row}/alone", peer[0], unit)
                rows.compare(row, PEER, rows.median(row) / rows.median(f"{row}/alone"))


def run(rows, args, has_hugepages):
    program = generator.find(args.pktgen)
    if args.calls > MOST_CALLS:
        raise Failed(f"{MOST_CALLS} calls at most; mend: fewer --calls")
    sizes = args.sizes or (search.SIZES if args.search else (64,))
    cores = rig.Cores()
    with tempfile.TemporaryDirectory(prefix="callplane-pktgen-") as directory:
        links = rig.Links(args.link, directory)
        bench = Bench(program, directory, cores, links, args, has_hugepages)
        for _ in range(args.runs or 1):
            with rig.calls(links, cores, args.calls, directory, has_hugepages) as appliance:
                labels = rig.call_labels(appliance)
                through = {size: bench.measure(appliance.process, labels, size) for size in sizes}
                drops = appliance.drops()
            with rig.mirror(links, cores, directory, has_hugepages) as testpmd:
                alone = {size: bench.measure(testpmd, labels, size) for size in sizes}
            for size in sizes:
                _tell(rows, size, through[size], alone[size])
            for reason, n in drops.items():
                if n:
                    rows.add(f"drops/{reason}", n, "frames")
        rows.add("worker_share", bench.shares["worker"], "")
        rows.add("generator_share", bench.shares["generator"], "")
        return {"calls": args.calls, "link": args.link, "pktgen": bench.version,
                "labels": "random" if bench.random else "capture", "seconds": bench.seconds,
                "runs": args.runs or 1, "trials": bench.n_trials, "disturbed": bench.n_disturbed,
                "latency": "pktgen probes of 72 octets"}


# ---- Pictures. ----


def plot(result, path):
    import matplotlib  # only when a picture is wanted
    matplotlib.use("Agg")
    from matplotlib import pyplot

    values = {r["name"]: r["value"] for r in result["results"]}
    figure, axes = pyplot.subplots(figsize=(8, 5))
    searched = [n for n in values if n.startswith("no_loss_fps/") and not n.endswith("/alone")]
    if searched:
        sizes = [int(n.split("/")[1]) for n in searched]
        for suffix, name in (("", "through the appliance"), ("/alone", PEER)):
            axes.plot(sizes, [values.get(n + suffix, 0) / 1e6 for n in searched], "o-", label=name)
        axes.set_xlabel("octets a frame")
        axes.set_ylabel("million frames a second without loss")
    else:
        for size in sorted({int(n.split("/")[1]) for n in values if n.startswith("lost_ppm/")}):
            steps = [n.split("/")[2] for n in values if n.startswith(f"lost_ppm/{size}/")]
            axes.plot([values[f"offered_fps/{size}/{s}"] / 1e6 for s in steps],
                      [values[f"lost_ppm/{size}/{s}"] for s in steps], "o-", label=f"{size} octets")
        axes.set_xlabel("million frames a second offered")
        axes.set_ylabel("frames lost of a million")
        axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(bottom=0)
    axes.legend()
    axes.set_title(f"pktgen, {result['parameters']['calls']} calls, "
                   f"{result['parameters']['link']}")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
