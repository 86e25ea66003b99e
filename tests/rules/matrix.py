#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Which test keeps which rule: reads the rules that tests cite, and writes matrix.tsv.

    matrix.py            the claimed rules that no test keeps; exit 1 if there are any
    matrix.py --write    write matrix.tsv anew, and claim what was left for later and has a test now

A test cites rules in the comment directly above it, or above a function or table of its file that
no other test names; a Python case also in its sentence, its docstring or its first comment. Forms:
CLOSE-4; CLOSE-33..38; CLOSE-33 to 38; RACE-4, 5; SIG-U1, U3, N1; for the message charts also 5.1
and the figure, cm-20.
"""

import ast
import collections
import functools
import io
import pathlib
import re
import sys
import tokenize

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
TABLE = HERE / "matrix.tsv"
LISTS = ("call-model.tsv", "signalling.tsv")
READINGS = "readings.tsv"
TESTS_NAMED = 6
# They have the form of a rule's id, and are something else.
NOT_RULES = {"BSD-3", "UTF-8"}

# Charts are cited by the number of their figure as well; the MCM's figures have a series of theirs.
FIGURES = {
    "cm-01": "5.9-AF", "cm-02": "5.9-SAP", "cm-04": "5.9-SAP", "cm-05": "5.9-CREATE-CLIENT",
    "cm-06": "5.9-CREATE-CM", "cm-07": "5.9-ACTIVATE", "cm-08": "5.9-DEACTIVATE",
    "cm-09": "5.9-DELETE-CLIENT", "cm-10": "5.9-DELETE-CM", "cm-11": "5.8",
    "cm-13": "5.9-INCOMING-CALL", "cm-15": "5.6", "cm-16": "5.7", "cm-17": "5.9-ADD-PARTY",
    "cm-18": "5.3", "cm-19": "5.5", "cm-20": "5.1", "cm-22": "5.4", "cm-27": "5.9-RESET",
}
FIGURES |= {name.replace("cm", "fig1"): chart for name, chart in FIGURES.items()
            if name not in ("cm-20", "cm-27")}
FIGURES |= {"fig1-20": "5.2", "fig1-26": "5.9-RESET"}

Rule = collections.namedtuple("Rule", "id claim meaning reason")
Reading = collections.namedtuple("Reading", "id kept_by meaning")
Test = collections.namedtuple("Test", "stem name ids")


# ---- The lists ----

def rows(name):
    lines = (HERE / name).read_text().splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@functools.lru_cache(maxsize=None)
def rules(name):
    return [Rule(*(row + [""] * 4)[:4]) for row in rows(name)]


def all_rules():
    return [rule for name in LISTS for rule in rules(name)]


@functools.lru_cache(maxsize=None)
def readings():
    """Contradictions of the contract: cited in comments, kept by the tests of other rules."""
    return [Reading(*(row + [""] * 3)[:3]) for row in rows(READINGS)]


def known_ids():
    return {rule.id for rule in all_rules() + readings()}


def family(rule_id):
    """CLOSE of CLOSE-4, SIG-U of SIG-U3, I of I7."""
    return rule_id.partition("-")[0] if rule_id.startswith("CHART") \
        else re.sub(r"-?\d+$", "", rule_id)


# ---- Citations ----

HEAD = re.compile(r"(?<![\w-])(?!CHART-)(?:(C|[A-Z]{2,})-([A-Z]?)|(I))(\d+)(?![\w-])")
# What may follow it: a range, or a list. A bare number must be the end of an item, so that
# "SIG-T3, 30 s" is no SIG-30.
NEXT = re.compile(r"\s*(\.\.|\bto\b|,|\band\b)\s*(?:and\s+)?"
                  r"(?:([A-Z]{2,}-|I)?([A-Z]?)(\d+))(?![\w-])")
ENDS = re.compile(r"\s*(?:$|[,;:)\]]|\.(?!\d)|and\b|to\b)")
CHART = re.compile(r"(?<![\w.-])(CHART-)?5\.(\d+(?:-[A-Z]+)*)(?![\w]|\.\d|\s*(?:[mun]?s|%)\b)")
FIGURE = re.compile(r"(?<![\w-])(?:cm|fig1)-\d+(?!\w)")


def spell(base, letter, number):
    return f"I{number}" if base == "I" else f"{base}-{letter}{number}"


def span(base, letter, first, last):
    """The ids of a range; one that runs backwards names itself, and so nothing that exists."""
    if last <= first:
        return [f"{spell(base, letter, first)}..{last}"]
    return [spell(base, letter, n) for n in range(first + 1, last + 1)]


def follow(text, head, families):
    """The ids of the list or range that begins with @p head."""
    base, letter, number = head[1] or head[3], head[2] or "", int(head[4])
    ids, at = [spell(base, letter, number)], head.end()
    while m := NEXT.match(text, at):
        link, prefix, next_letter, next_number = m[1], m[2], m[3], int(m[4])
        same_base = prefix in (f"{base}-", "I" if base == "I" else None)
        if prefix and not same_base:
            break
        if not prefix and next_letter and f"{base}-{next_letter}" not in families:
            break
        if not prefix and not next_letter and not ENDS.match(text, m.end()):
            break
        next_letter = next_letter or ("" if prefix else letter)
        if link in ("..", "to") and next_letter == letter:
            ids += span(base, letter, number, next_number)
        else:
            ids.append(spell(base, next_letter, next_number))
        letter, number, at = next_letter, next_number, m.end()
    return ids


def cited(text, families, charts=True):
    """The ids in a comment, in order, each once. @p charts: also bare numbers of charts."""
    text = re.sub(r"\s*\n[ \t]*(?:\*(?!/)|//|#)?[ \t]*", " ", text.replace("*/", " "))
    ids = []
    for head in HEAD.finditer(text):
        if head[0] not in NOT_RULES:
            ids += follow(text, head, families)
    for m in CHART.finditer(text):
        if m[1] or (charts and m[2] in {str(n) for n in (*range(1, 9), 10)}):
            ids.append(f"CHART-5.{m[2]}")
    ids += [f"CHART-{FIGURES.get(m[0], m[0])}" for m in FIGURE.finditer(text)]
    return list(dict.fromkeys(ids))


# ---- Tests in C ----

C_TOKEN = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)
C_TEST = re.compile(r"^static void\s+(\w+)\(void \*\*\w+\)\s*\{", re.MULTILINE)
C_LISTED = re.compile(r"struct CMUnitTest \w+\[\] = \{(.*?)\n\s*\};", re.DOTALL)
C_CITES = re.compile(r"/\*[\s*]*(?:Figure|[A-Z]{2,}-[A-Z]?\d|I\d|5\.\d)")
C_SET = re.compile(r"\.test_func = (\w+)")
C_HELPER = re.compile(r"static [^;{}=()]*?\b(\w+)(?:\(|\[)")


def c_comments(source):
    """Matches of the comments; strings are skipped, for they may look like one."""
    return [m for m in C_TOKEN.finditer(source) if m[0].startswith(("/*", "//"))]


def comment_above(source, comments, at):
    """The comment that ends on the line before @p at, and those that touch it from above."""
    text = ""
    for m in reversed([m for m in comments if m.end() <= at]):
        if source[m.end():at].strip(" \t") not in ("", "\n"):
            break
        text, at = m[0] + "\n" + text, m.start()
    return text


def body_end(source, at):
    """Where the function or table at @p at ends: a brace in the first column."""
    end = source.find("\n}", at)
    return len(source) if end < 0 else end


def c_bodies(source):
    """name -> (start, text) of each test that a group of cmocka has."""
    listed = {name for body in C_LISTED.findall(source)
              for name in re.findall(r"\b\w+\(\s*(\w+)", body)} | set(C_SET.findall(source))
    return {m[1]: (m.start(), source[m.end():body_end(source, m.end())])
            for m in C_TEST.finditer(source) if m[1] in listed}


def c_helpers(source, comments, bodies):
    """test -> the comments above functions and tables of its file that no other test names.

    Only those that open with a rule or a figure: the others say why, and may name what is not kept.
    """
    found = collections.defaultdict(str)
    for comment in comments:
        m = C_HELPER.match(source, comment.end() + 1)
        if m is None or m[1] in bodies or not C_CITES.match(comment[0]):
            continue
        users = [name for name, (_, body) in bodies.items() if re.search(rf"\b{m[1]}\b", body)]
        if len(users) == 1:
            found[users[0]] += comment[0] + "\n"
    return found


def c_tests(stem, source, families):
    comments, bodies = c_comments(source), c_bodies(source)
    helpers = c_helpers(source, comments, bodies)
    return [Test(stem, name, cited(f"{comment_above(source, comments, start)}\n{helpers[name]}",
                                   families))
            for name, (start, _) in bodies.items()]


# ---- Cases in Python ----

def py_comments(source):
    """(line, text, whether the line has nothing else) of each comment."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [(t.start[0], t.string, t.line.lstrip().startswith("#")) for t in tokens
            if t.type == tokenize.COMMENT]


def sentence(node):
    """The name of a case; of an f-string the parts that stand still."""
    if isinstance(node, ast.JoinedStr):
        return "".join(v.value if isinstance(v, ast.Constant) else "N" for v in node.values)
    return str(node.value)


def case_of(function):
    for d in function.decorator_list:
        if isinstance(d, ast.Call) and getattr(d.func, "id", "") == "case" and d.args:
            return sentence(d.args[0])
    return function.name if function.name.startswith("check_") else None


def py_tests(stem, source, families):
    comments, found = {line: text for line, text, alone in py_comments(source) if alone}, []
    for f in ast.parse(source).body:
        name = case_of(f) if isinstance(f, ast.FunctionDef) else None
        if name is None:
            continue
        above = min([d.lineno for d in f.decorator_list] + [f.lineno]) - 1
        text = [name, ast.get_docstring(f) or ""]
        while above in comments:
            text.append(comments[above])
            above -= 1
        inside = f.lineno + 1
        while inside in comments:
            text.append(comments[inside])
            inside += 1
        found.append(Test(stem, re.sub(r"\W+", "_", name).strip("_"),
                          cited("\n".join(text), families)))
    return found


def py_citable(source):
    """Comments, docstrings and sentences of a Python file, with their lines."""
    texts = [(line, text) for line, text, _ in py_comments(source)]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)):
            texts.append((getattr(node, "lineno", 1), ast.get_docstring(node) or ""))
        if isinstance(node, ast.FunctionDef):
            texts.append((node.lineno, case_of(node) or ""))
    return texts


# ---- The project ----

def test_files():
    """Not those of this folder: they talk about rules that do not exist."""
    c = [p for suite in ("unit", "wire") for p in (SOURCE / "tests" / suite).rglob("*.[ch]")]
    return sorted(c + [p for p in (SOURCE / "tests").rglob("*_test.py") if HERE not in p.parents])


def code_files(*roots):
    return sorted(p for root in roots for p in (SOURCE / root).rglob("*")
                  if p.suffix in (".c", ".h", ".cc", ".py"))


def read_tests():
    families = {family(i) for i in known_ids()}
    return [test for path in test_files() if path.suffix != ".h"
            for test in (py_tests if path.suffix == ".py" else c_tests)(
                path.stem, path.read_text(), families)]


def strangers(path, known, source=None):
    """Citations in @p path of rules that do not exist."""
    families = {family(i) for i in known}
    source = path.read_text() if source is None else source
    if path.suffix == ".py":
        texts = py_citable(source)
    else:
        texts = [(source.count("\n", 0, m.start()) + 1, m[0]) for m in c_comments(source)]
    name = path.relative_to(SOURCE) if path.is_absolute() else path
    return [f"{name}:{line}: {i}" for line, text in texts
            for i in cited(text, families, charts=False) if i not in known]


# ---- The table ----

def keepers(tests):
    """id -> the tests that cite it."""
    kept = collections.defaultdict(list)
    for test in tests:
        for i in test.ids:
            kept[i].append(test)
    return kept


def missing(listed, kept):
    return [rule.id for rule in listed if rule.claim == "yes" and not kept.get(rule.id)]


def table(listed, kept):
    lines = ["# id\ttests\twhich; written by matrix.py --write"]
    for rule in listed:
        tests = [f"{t.stem}:{t.name}" for t in kept.get(rule.id, [])]
        named = tests[:TESTS_NAMED]
        if len(tests) > len(named):
            named.append(f"+{len(tests) - len(named)}")
        lines.append(f"{rule.id}\t{len(tests)}\t{' '.join(named)}".rstrip())
    return "\n".join(lines) + "\n"


def claim(text, kept):
    """The list @p text with what was left for later claimed where a test keeps it."""
    lines = text.splitlines(keepends=True)
    return "".join(line.replace("\tlater\t", "\tyes\t", 1) if kept.get(line.split("\t")[0])
                   else line for line in lines)


def write():
    kept = keepers(read_tests())
    for name in LISTS:
        path = HERE / name
        path.write_text(claim(path.read_text(), kept))
    TABLE.write_text(table(all_rules(), kept))


def main():
    if sys.argv[1:] == ["--write"]:
        write()
        return 0
    if sys.argv[1:]:
        print("matrix.py: one option, --write", file=sys.stderr)
        return 2
    lacking = missing(all_rules(), keepers(read_tests()))
    print("\n".join(lacking))
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
