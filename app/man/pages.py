#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The man pages, out of what the programs themselves say.

  pages.py TEMPLATE PAGE VERSION CALLPLANE.json CALLCTL.json EXAMPLE.yaml

The tables of command lines, of commands and of the configuration come as JSON from the sources of
the programs; what each key of the configuration means, from the comments of the example. A key
without a comment there, or one that the schema does not have, ends the build.
"""

import json
import pathlib
import re
import sys

KEY = re.compile(r"^(?P<indent> *)(?P<item>- )?(?P<key>[\w.-]+):(?: (?P<rest>.*))?$")
COMMENT = re.compile(r"^ *# ?(?P<text>.*)$")
BEHIND = re.compile(r"(?:^|\s)#\s+(?P<text>.*)$")
MACRO = re.compile(r"^@(?P<name>[A-Z_]+)@$")


# ---- roff ----

def flat(parts):
    return [line for part in parts for line in part]


def escaped(text):
    """As roff prints it: what it would take for its own, and '-' as it is typed."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def bold(text):
    return f"\\fB{escaped(text)}\\fP"


def tagged(tag, *paragraphs):
    """A paragraph with a heading, and its further ones below each other."""
    lines = [".TP", tag]
    for number, paragraph in enumerate(paragraphs):
        lines += [".IP"] * (number > 0) + [escaped(paragraph)]
    return lines


def sentence(text):
    """A help text, and a comment behind a value, is not one yet."""
    text = text[0].upper() + text[1:]
    return text if text[-1] == "." or "Default:" in text else text + "."


# ---- callplane(8) ----

def synopsis(program, arguments):
    return [".HP", f"{bold(program)} {escaped(arguments)}".rstrip()]


def option(o):
    names = [f"-{o['letter']}"] * bool(o["letter"]) + [f"--{o['name']}"]
    argument = f" \\fI{escaped(o['argument'])}\\fP" if o["argument"] else ""
    return tagged(", ".join(map(bold, names)) + argument, sentence(o["help"]))


# ---- callplane.yaml(5) ----

def by_name(keys):
    return {k["key"]: k for k in keys}


class Example:
    """Gives each key of the schema what the comments of the example say of it: "text", a list."""

    def __init__(self, keys):
        self._open = [(-1, {"keys": keys, "kind": "mapping"})]  # (indentation, node)
        self._above = []

    def read(self, text):
        for number, line in enumerate(text.splitlines(), 1):
            comment, key = COMMENT.match(line), KEY.match(line)
            if comment:
                self._above.append(comment["text"])
            elif key:
                self._take(key, number)
                self._above = []
            elif not line.strip():
                self._above = []
            else:
                raise SystemExit(f"example, line {number}: no key and no comment: {line}")

    def _take(self, match, number):
        indent = len(match["indent"])
        while self._open[-1][0] >= indent:
            self._open.pop()
        if match["item"]:
            self._tell(self._open[-1][1], self._above)
            self._above = []
            self._open.append((indent, {"keys": self._open[-1][1]["keys"], "kind": "mapping"}))
            indent += 2
        parent = self._open[-1][1]
        if parent["kind"] == "names":
            self._tell(parent, self._above)
            self._open.append((indent, {"keys": parent["keys"], "kind": "mapping"}))
            return
        node = by_name(parent["keys"]).get(match["key"])
        if node is None:
            raise SystemExit(f"example, line {number}: the schema has no {match['key']}")
        behind = BEHIND.search(match["rest"] or "")
        self._tell(node, self._above + ([sentence(behind["text"])] if behind else []))
        self._open.append((indent, node))

    @staticmethod
    def _tell(node, lines):
        if lines:
            node.setdefault("text", []).append(" ".join(lines))


def values(key):
    """What may stand behind a key."""
    wanted = {
        "number": lambda: f"{key['min']} to {key['max']}",
        "choice": lambda: " or ".join(key["names"]),
        "mapping": lambda: "keys as below",
        "names": lambda: f"names of your choice, {key['max']} at most, with the keys below each",
        "list": lambda: f"a list, {key['max']} entries at most, with the keys below each",
        "value": lambda: "",
    }[key["kind"]]()
    return ", ".join(filter(None, [wanted, "required" if key["required"] else ""]))


def described(key, path):
    if "text" not in key:
        raise SystemExit(f"the example has no comment on {path}")
    lines = tagged(bold(key["key"]) + (f" \\fI({escaped(values(key))})\\fP" if values(key) else ""),
                   *key["text"])
    if "keys" in key:
        lines.append(".RS")
        for inner in key["keys"]:
            lines += described(inner, f"{path}.{inner['key']}")
        lines.append(".RE")
    return lines


def keys(schema, example):
    Example(schema).read(example)
    lines = []
    for key in schema:
        lines += described(key, key["key"])
    return lines


# ---- callctl(1) ----

def argument(a):
    value = f" \\fI{escaped(a['value'])}\\fP" if a["value"] else ""
    return tagged(bold(a["name"]) + value, a["help"])


def command(c):
    lines = tagged(f"{bold(c['name'])} {escaped(c['synopsis'])}".rstrip(), sentence(c["help"]))
    if c["arguments"]:
        lines += [".RS", *flat(map(argument, c["arguments"])), ".RE"]
    return lines


# ---- A page ----

def blocks(callplane, callctl, example):
    """What stands for each @NAME@ that is a line of its own."""
    return {
        "SYNOPSIS": lambda: flat(synopsis("callplane", s) for s in callplane["synopses"]),
        "OPTIONS": lambda: flat(map(option, callplane["options"])),
        "EXITS": lambda: flat(tagged(bold(str(e["status"])), sentence(e["help"]))
                              for e in callplane["exits"]),
        "KEYS": lambda: keys(callplane["keys"], example),
        "COMMON_OPTIONS": lambda: flat(map(argument, callctl["options"])),
        "COMMANDS": lambda: flat(map(command, callctl["commands"])),
    }


def page(template, version, made):
    lines = []
    for line in template.replace("@VERSION@", version).splitlines():
        macro = MACRO.match(line)
        lines += made[macro["name"]]() if macro else [line]
    return "\n".join(lines) + "\n"


def main():
    template, out, version, callplane, callctl, example = sys.argv[1:]
    made = blocks(json.loads(pathlib.Path(callplane).read_text()),
                  json.loads(pathlib.Path(callctl).read_text()),
                  pathlib.Path(example).read_text())
    pathlib.Path(out).write_text(page(pathlib.Path(template).read_text(), version, made))


if __name__ == "__main__":
    main()
