#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""meson install: what is put where; man pages of the same source as the help texts; the example."""

import json
import os
import re
import subprocess

import lab
from lab import CALLCTL, CALLPLANE, case, holds, same

STAGE = lab.directory() / "stage"


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=5 * lab.DEADLINE_S, **more)
    same(done.returncode, 0, f"{command}: {done.stdout}")
    return done.stdout


PREFIX = STAGE / str(lab.build_option("prefix")).lstrip("/")


def install():
    run("/usr/bin/meson", "install", "-C", lab.BUILD, "--no-rebuild", "--quiet",
        env=dict(os.environ, DESTDIR=str(STAGE)))


@case("everything has its place below the prefix, and the unit names the program there")
def _():
    install()
    for name in ("sbin/callplane", "bin/callctl", "share/man/man8/callplane.8",
                 "share/man/man5/callplane.yaml.5", "share/man/man1/callctl.1",
                 "include/callplane/condis/condis.h",
                 "share/doc/callplane/examples/callplane.example.yaml"):
        holds((PREFIX / name).exists(), name)
    unit = (PREFIX / "lib/systemd/system/callplane.service").read_text()
    program = re.search(r"^ExecStart=!(\S+)", unit, re.MULTILINE).group(1)
    same(run(STAGE / program.lstrip("/"), "--version"), run(CALLPLANE, "--version"), program)


@case("a configuration that is there is kept")
def _():
    path = PREFIX / "etc/callplane/callplane.yaml"
    same(path.read_text(), (lab.SOURCE / "app/service/callplane.yaml").read_text(), "the first one")
    path.write_text("# mine\n")
    install()
    same(path.read_text(), "# mine\n", "after another installation")


def page(name, section):
    """As it is read; no warning is one too few."""
    source = PREFIX / f"share/man/man{section}/{name}.{section}"
    text = run("groff", "-man", "-ww", "-Tascii", "-P-cbou", "-rLL=240n", source)
    holds("warning: " not in text, text)
    return " ".join(text.split())


def words(text):
    return " ".join(text.split())


@case("callplane(8) has each option of --help, in the same words")
def _():
    manual = page("callplane", 8)
    helped = re.findall(r"^ {2,6}(?:-\w, )?--(\S+)", run(CALLPLANE, "--help"), re.MULTILINE)
    holds(len(helped) >= 8, helped)
    for name in helped:
        holds(f"--{name} " in manual, f"--{name}")
    holds("become this user, with its groups and without any capability" in manual, "its help")


@case("callctl(1) has each command of callctl help, with its arguments and help")
def _():
    manual = page("callctl", 1).lower()
    commands = [json.loads(line) for line in run(CALLCTL, "help", "--json").splitlines()]
    holds(len(commands) > 20, commands)
    for command in commands:
        for entry in [command, *command["arguments"]]:
            for text in (entry["name"], words(entry["help"])):
                holds(text.lower() in manual, f"{text} of {command['name']}")


def keys_of(example):
    return {m.group(1) for m in re.finditer(r"^ *(?:- )?([a-z][\w-]*):", example, re.MULTILINE)}


@case("callplane.yaml(5) has each key of the example, with what its comments say")
def _():
    manual = page("callplane.yaml", 5)
    example = (lab.SOURCE / "app/callplane/callplane.example.yaml").read_text()
    named = {"east", "west", "lan", "campus", "to-hub", "to-lab"}
    keys = keys_of(example) - named
    holds({"control", "lcore", "t308", "svlan"} <= keys, keys)
    for key in keys:
        holds(f" {key} " in manual, key)
    holds("The label of the signalling circuit, as the peer has it." in manual, "a comment")
    holds("lcore (0 to 127)" in manual, "a range of the schema")


@case("the example compiles against what is installed, and makes its call")
def _():
    if lab.build_option("sanitize"):
        raise lab.Skip("libraries of this build are for programs with sanitizers")
    examples = PREFIX / "share/doc/callplane/examples"
    env = dict(os.environ, PKG_CONFIG_PATH=str(next(PREFIX.rglob("pkgconfig"))),
               PKG_CONFIG_SYSROOT_DIR=str(STAGE))
    flags = run("pkg-config", "--cflags", "--libs", "callplane", env=env).split()
    program = lab.directory() / "client"
    run("cc", "-Wall", "-Werror", examples / "client.c", examples / "line.c", *flags, "-o", program)
    heard = run(program).splitlines()
    for line in ("made: SUCCESS", "received: hello", "closed: SUCCESS", "delete: SUCCESS"):
        holds(line in heard, f"{line}: {heard}")


lab.main()
