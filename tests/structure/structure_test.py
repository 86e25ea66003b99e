#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The house stands as lib/README.md draws it: who includes whom, and what every file has.

Each check is a function from files to a list of complaints, and is tried on bad files first.
"""

import functools
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("CALLPLANE_SOURCE",
                                     pathlib.Path(__file__).resolve().parent.parent.parent))
SPDX = "SPDX-License-Identifier: BSD-3-Clause"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)

# Which rooms a room may include from, beside itself. The order is that of the floors.
ROOMS = {
    "lib/base": (),
    "lib/sscop": ("base",),
    "lib/dataplane": ("base",),
    "lib/condis": ("base",),
    "lib/uni": ("base",),
    "drivers/callmgr": ("condis", "uni", "sscop", "base"),
    "drivers/loopvc": ("condis", "base"),
    "drivers/unicm": ("callmgr", "condis", "uni", "sscop", "base"),
    "drivers/ethvc": ("condis", "dataplane", "base"),
    "drivers/ethmcm": ("callmgr", "ethvc", "condis", "dataplane", "uni", "sscop", "base"),
    "app/clients": ("condis", "dataplane", "base"),
    "app/callplane": ("clients", "callmgr", "unicm", "ethvc", "ethmcm", "condis", "uni",
                      "dataplane", "sscop", "base"),
    "app/callctl": ("uni", "sscop", "base"),
    "app/examples": ("condis", "loopvc", "unicm"),
}
# These know nothing of DPDK: they run in any C program, and in a test that simulates a day.
WITHOUT_DPDK = ("lib/base", "lib/sscop", "lib/condis", "lib/uni", "drivers/callmgr",
                "drivers/loopvc", "drivers/unicm", "app/callctl", "app/examples")
ROOTS = ("lib", "drivers", "app")
CODE = (".c", ".h", ".cc", ".cpp", ".hpp")
WITH_SPDX = CODE + (".py", ".sh", ".lua")


# ---- The checks ----

def floors():
    """The table above has no cycle: each room uses only those that stand before it."""
    complaints, seen = [], set()
    for room, uses in ROOMS.items():
        complaints += [f"{room} uses {u}, which stands above it" for u in uses if u not in seen]
        seen.add(room.split("/")[1])
    return complaints


def includes(path):
    """(quoted, name) of each include line."""
    return [(quote == '"', name) for quote, name in INCLUDE.findall(path.read_text())]


def room_of(path, source):
    return "/".join(path.relative_to(source).parts[:2])


def check_direction(path, source=SOURCE):
    room = room_of(path, source)
    if room not in ROOMS:
        return [f"{path}: {room} is no room; mend: give it a floor in this test"]
    own = room.split("/")[1]
    complaints = []
    for quoted, name in includes(path):
        folder, _, rest = name.rpartition("/")
        if quoted and not folder and not (path.parent / rest).exists():
            complaints.append(f"{path}: {name} does not say its room")
        if quoted and folder and folder != own and folder not in ROOMS[room]:
            complaints.append(f"{path}: {room} may not include {name}")
        if not quoted and folder in {r.split("/")[1] for r in ROOMS}:
            complaints.append(f"{path}: <{name}> is ours; mend: quote it")
    return complaints


def check_without_dpdk(path, source=SOURCE):
    if room_of(path, source) not in WITHOUT_DPDK:
        return []
    return [f"{path}: {name} is DPDK's" for _, name in includes(path) if name.startswith("rte_")]


def check_private(path, source=SOURCE):
    """x_priv.h is for its own folder. Tests may look behind the door."""
    own = room_of(path, source).split("/")[1]
    return [f"{path}: {name} is private to its folder" for _, name in includes(path)
            if name.endswith("_priv.h") and "/" in name and name.rpartition("/")[0] != own]


def check_spdx(path, source=SOURCE):
    head = path.read_text(errors="replace").splitlines()[:2]
    return [] if any(SPDX in line for line in head) else [f"{path}: no line with {SPDX}"]


def run(command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=300)


@functools.lru_cache(maxsize=None)
def compiler_flags():
    packages = run(["pkg-config", "--cflags", "libdpdk", "jansson"])
    flags = shlex.split(packages.stdout) if packages.returncode == 0 else []
    # DPDK's headers are not ours to mend.
    flags = [f"-isystem{f[2:]}" if f.startswith("-I") else f for f in flags]
    warnings = ["-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes", "-Wundef", "-Werror"]
    roots = [f"-I{SOURCE / root}" for root in ROOTS]
    return ["-std=gnu11", "-D_GNU_SOURCE", "-fsyntax-only", *warnings, *roots, *flags]


def check_alone(path, source=SOURCE):
    """A public header compiles by itself, and does no harm when it comes twice."""
    with tempfile.NamedTemporaryFile("w", suffix=".c") as unit:
        unit.write(f'#include "{path}"\n#include "{path}"\n')
        unit.flush()
        done = run(["gcc", *compiler_flags(), unit.name])
    return [] if done.returncode == 0 else [f"{path}: does not compile alone\n{done.stdout}"]


def check_format(path, source=SOURCE):
    done = run(["clang-format", "--dry-run", "-Werror", f"--style=file:{SOURCE}/.clang-format",
                str(path)])
    return [] if done.returncode == 0 else [f"{path}: not formatted; mend: clang-format -i {path}"]


# ---- Which files ----

def files(suffixes, *roots):
    found = []
    for root in roots:
        for path in sorted((SOURCE / root).rglob("*")):
            if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts:
                found.append(path)
    return found


def public_headers():
    """What the build files call public."""
    found = []
    for build_file in sorted(SOURCE.glob("*/*/meson.build")):
        for listed in re.findall(r"public_headers\s*\+=\s*files\(([^)]*)\)",
                                 build_file.read_text()):
            found += [build_file.parent / name for name in re.findall(r"'([^']+)'", listed)]
    return found


# ---- Each check fails when it must ----

BAD = {
    check_direction: [
        ("lib/base/x.c", '#include "sscop/sscop.h"\n'),
        ("lib/condis/x.c", '#include "uni/call.h"\n'),
        ("lib/dataplane/x.c", '#include "condis/condis.h"\n'),
        ("drivers/unicm/x.c", '#include "dataplane/dataplane.h"\n'),
        ("drivers/ethvc/x.c", '  # include "callmgr/callmgr.h"\n'),
        ("app/callctl/x.c", '#include "callplane/rpc.h"\n'),
        ("lib/uni/x.c", '#include <condis/condis.h>\n'),
        ("lib/uni/x.c", '#include "elsewhere.h"\n'),
        ("lib/attic/x.c", "\n"),
    ],
    check_without_dpdk: [("lib/uni/x.c", "#include <rte_mbuf.h>\n"),
                         ("drivers/loopvc/x.c", "#include <rte_ring.h>\n")],
    check_private: [("drivers/callmgr/x.c", '#include "uni/uni_priv.h"\n'),
                    ("app/callplane/x.c", '#include "clients/a_priv.h"\n')],
    check_spdx: [("lib/base/x.c", "int x;\n"), ("lib/base/x.c", f"\n\n/* {SPDX} */\n")],
    check_alone: [("lib/base/x.h", "struct x { uint32_t y; };\n"),
                  ("lib/base/x.h", "struct x { int y; };\n")],
    check_format: [("lib/base/x.c", "int f(void){return 1;}\n")],
}


def self_check(check):
    """Bad files at which @p check does not complain."""
    missed = []
    for name, text in BAD[check]:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True)
            path.write_text(text)
            if not check(path, pathlib.Path(folder)):
                missed.append(f"{check.__name__} finds nothing wrong with {name}: {text!r}")
    return missed


# ---- TAP ----

def everywhere(check, found):
    """None when nothing was looked at, which would hold for an empty house too."""
    if not found:
        return ["there are no such files"]
    return [complaint for path in found for complaint in check(path)]


class Report:
    def __init__(self):
        self.n = 0
        self.passed = True

    def tell(self, name, complaints):
        self.n += 1
        self.passed &= not complaints
        print(f"{'not ok' if complaints else 'ok'} {self.n} - {name}")
        for complaint in complaints:
            print("\n".join(f"# {line}" for line in complaint.splitlines()))

    def skip(self, name, why):
        self.n += 1
        print(f"ok {self.n} - {name} # SKIP {why}")


def main():
    report = Report()
    ours = files(CODE, *ROOTS)
    c_files = files((".c", ".h"), *ROOTS, "tests")
    checks = (
        (check_direction, "includes go from floor to floor downwards", ours),
        (check_without_dpdk, "below the drivers only the dataplane includes DPDK", ours),
        (check_private, "private headers stay in their folder", ours),
        (check_spdx, "every file says its licence",
         files(WITH_SPDX, *ROOTS, "bench", "tests")),
        (check_alone, "every public header compiles alone, and twice", public_headers()),
        (check_format, "every C file has the format of .clang-format", c_files),
    )
    report.tell("the floors have no cycle", floors())
    for check, name, found in checks:
        if check is check_format and shutil.which("clang-format") is None:
            report.skip(name, "no clang-format; mend: apt install clang-format")
            continue
        report.tell(f"{name}: the check can fail", self_check(check))
        report.tell(name, everywhere(check, found))
    print(f"1..{report.n}")
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
