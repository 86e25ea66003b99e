#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run the suites and count every test case that they report in TAP."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent
BUILD = SOURCE / "build"
SANITIZED = SOURCE / "build-sanitize"
FUZZ = SOURCE / "build-fuzz"
TIMEOUT_S = 900  # of one test program; no wait is without an end
GUEST_TIMEOUT_S = 3000  # of one that emulates a machine, and has little of a busy one
FUZZ_RUNS_S = 50  # a longer search is given a second more for so many executions

SANITIZED_CALLS = "10000"  # of the bad wire's day, for it is slow there
SHOWN = "#: "  # a comment of TAP that belongs in the output: what a search covered, for example
RESULT = re.compile(r"^(not ok|ok)\b\s*\d*\s*-?\s*(.*)$")


class Count:
    def __init__(self):
        self.passed = 0
        self.skipped = 0
        self.failed = []


def build(directory, *options, **env):
    """The same shell functions that app/run builds with."""
    words = " ".join([f"build {directory}", *options])
    subprocess.run(["bash", "-euc", f"source app/setup.sh; {words}"], cwd=SOURCE, check=True,
                   env=dict(os.environ, **env))


def environment(build_dir):
    env = dict(os.environ)
    env.update(
        CMOCKA_MESSAGE_OUTPUT="TAP",
        CALLPLANE_SOURCE=str(SOURCE),
        CALLPLANE_BUILD=str(build_dir),
        CALLPLANE_VECTORS=str(SOURCE / "tests" / "vectors"),
        ASAN_OPTIONS="detect_leaks=1:abort_on_error=0",
        UBSAN_OPTIONS="print_stacktrace=1",
    )
    if build_dir == SANITIZED:
        env.setdefault("CALLPLANE_FAULT_CALLS", SANITIZED_CALLS)
    # DPDK's drivers are plugins that never unload; what they keep is theirs.
    env["LSAN_OPTIONS"] = f"suppressions={SOURCE / 'tests' / 'lsan.supp'}:print_suppressions=0"
    return env


def timeout_s():
    return TIMEOUT_S + 4 * int(os.environ.get("CALLPLANE_FUZZ_RUNS", 0)) // FUZZ_RUNS_S


def run_program(count, name, command, env, limit_s=None):
    """One program; its TAP lines are the cases, a crash is one failed case more."""
    begun = time.monotonic()
    limit_s = limit_s or timeout_s()
    try:
        done = subprocess.run(command, cwd=SOURCE, env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=limit_s, text=True,
                              errors="replace")
        out, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired as e:
        out = (e.stdout or b"").decode(errors="replace") if isinstance(e.stdout, bytes) else (e.stdout or "")
        status = f"no end after {limit_s} s"
    passed, skipped, failed = 0, 0, []
    for line in out.splitlines():
        m = RESULT.match(line)
        if not m:
            continue
        if m.group(1) == "ok" and "# skip" in m.group(2).lower():
            skipped += 1
        elif m.group(1) == "ok":
            passed += 1
        else:
            failed.append(m.group(2))
    if status != 0 and not failed:
        failed.append(f"ended with {status}")
    if passed + skipped == 0 and not failed:
        failed.append("reported no test case")
    count.passed += passed
    count.skipped += skipped
    count.failed += [f"{name}: {f}" for f in failed]
    print(f"{'ok  ' if not failed else 'FAIL'} {name}: {passed} passed, {len(failed)} failed"
          f"{f', {skipped} skipped' if skipped else ''} ({time.monotonic() - begun:.1f} s)", flush=True)
    for line in out.splitlines():
        if line.startswith(SHOWN):
            print("     " + line[len(SHOWN):], flush=True)
    if failed:
        print("\n".join("     " + line for line in out.splitlines()[-60:]), flush=True)


def in_process(count, build_dir, suite, label):
    """unit, wire and fault: programs that meson knows."""
    listed = json.loads(subprocess.run(["/usr/bin/meson", "introspect", "--tests", str(build_dir)],
                                       check=True, stdout=subprocess.PIPE, text=True).stdout)
    env = environment(build_dir)
    for test in listed:
        if any(s.endswith(suite) for s in test["suite"]):
            run_program(count, f"{label} {test['name']}", test["cmd"], env)


def scripts(count, build_dir, suite, label):
    """Suites that are executables in a folder of that name."""
    env = environment(build_dir)
    for path in sorted((SOURCE / "tests" / suite).glob("*_test.py")):
        run_program(count, f"{label} {path.stem}", ["/usr/bin/python3", str(path)], env,
                    GUEST_TIMEOUT_S if suite == "nic" else None)


def main():
    count = Count()
    suites = sys.argv[1:]
    if set(suites) & {"unit", "wire", "fault", "functional", "structure", "cost", "nic"}:
        build("build", "-Dtests=true")
    for suite in ("unit", "wire", "fault"):
        if suite in suites:
            in_process(count, BUILD, suite, suite)
    for suite in ("structure", "rules", "spin", "cost", "functional", "nic"):
        if suite in suites:
            scripts(count, BUILD, suite, suite)
    if "fuzz" in suites:
        build("build-fuzz", "-Dfuzz=true", "-Dsanitize=true", "-Dbuildtype=debugoptimized", CC="clang")
        scripts(count, FUZZ, "fuzz", "fuzz")
    if "sanitize" in suites:
        build("build-sanitize", "-Dsanitize=true", "-Dbuildtype=debugoptimized", "-Dtests=true")
        for suite in ("unit", "wire", "fault"):
            in_process(count, SANITIZED, suite, f"sanitize/{suite}")
        scripts(count, SANITIZED, "functional", "sanitize/functional")
    for f in count.failed:
        print(f"failed: {f}")
    if count.skipped:
        print(f"{count.skipped} skipped: what this machine cannot show")
    print(f"{count.passed} passed, {len(count.failed)} failed")
    return 0 if not count.failed and count.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
