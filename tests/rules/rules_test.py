#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every rule of the contract that we claim has a test, and no test names a rule that there is not.

The checks are functions from lists and tests to complaints; each is tried on bad input first.
"""

import collections
import pathlib
import sys

sys.dont_write_bytecode = True

import matrix  # noqa: E402 (leaves no compiled file behind)
from matrix import Rule, Test, family  # noqa: E402

MEANING_MAX = 110
CLAIMS = {"call-model.tsv": ("yes", "no"), "signalling.tsv": ("yes", "later")}


# ---- The checks ----

def without_test(listed, tests):
    return [f"no test keeps {i}" for i in matrix.missing(listed, matrix.keepers(tests))]


def left_for_later(listed, tests):
    kept = matrix.keepers(tests)
    return [f"{rule.id} is left for later and has a test; mend: matrix.py --write"
            for rule in listed if rule.claim == "later" and kept.get(rule.id)]


def numbering(listed):
    """Families are numbered from 1 without a gap; CHART follows the sections of the contract."""
    numbers = collections.defaultdict(set)
    for rule in listed:
        if family(rule.id) != "CHART":
            numbers[family(rule.id)].add(int(rule.id[len(family(rule.id)):].lstrip("-")))
    return [f"{name}: there is no number {n}" for name, has in numbers.items()
            for n in range(1, max(has) + 1) if n not in has]


def twice(listed):
    return [f"{i} is there {n} times"
            for i, n in collections.Counter(rule.id for rule in listed).items() if n > 1]


def meanings(listed):
    lengths = {rule.id: len(rule.meaning.strip()) for rule in listed}
    return [f"{i}: the meaning has {n} characters" for i, n in lengths.items()
            if not 1 < n <= MEANING_MAX]


def claims(listed, allowed):
    complaints = [f"{rule.id}: claim is '{rule.claim}', not one of {', '.join(allowed)}"
                  for rule in listed if rule.claim not in allowed]
    return complaints + [f"{rule.id}: a reason is for what is not claimed, and only for that"
                         for rule in listed if (rule.claim == "no") != bool(rule.reason)]


def kept_by(listed, known):
    """A reading names the rules whose tests keep it."""
    complaints = []
    for reading in listed:
        ids = matrix.cited(reading.kept_by, {family(i) for i in known})
        if not ids or set(ids) - known:
            complaints.append(f"{reading.id} is kept by '{reading.kept_by}', which are no rules")
    return complaints


def same_meaning(listed):
    """Two rules that mean the same are a slip of the pen in the list."""
    by_meaning = collections.defaultdict(list)
    for rule in listed:
        by_meaning[rule.meaning].append(rule.id)
    return [f"{' '.join(ids)} mean the same" for ids in by_meaning.values() if len(ids) > 1]


def table_differs(written, expected):
    """The first line that is not as it should be."""
    for i, (is_there, should) in enumerate(zip(written.splitlines(), expected.splitlines()), 1):
        if is_there != should:
            return [f"matrix.tsv:{i} is '{is_there}', not '{should}'; mend: matrix.py --write"]
    return [] if written == expected else ["matrix.tsv: its end differs; mend: matrix.py --write"]


# ---- Each check fails when it must ----

FAMILIES = {"CLOSE", "SIG", "SIG-U", "SIG-N", "SSCOP", "I"}
RULES = [Rule("CLOSE-1", "yes", "A call ends.", ""), Rule("CLOSE-2", "yes", "It ends once.", ""),
         Rule("CLOSE-3", "no", "It ends twice.", "of no use"),
         Rule("SIG-1", "later", "Labels.", "")]
C_SOURCE = '''
/* CLOSE-1: "a call" */
static const char *const steps[] = {
	NULL,
};

/* CLOSE-4 */

/* CLOSE-2,
 * I7 */
static void
a_call_ends_once(void **state)
{
	expect(steps, "/* SIG-1 */");
}

/* SIG-1 */
static void
nobody_runs_this(void **state)
{
}

/* Not by SIG-3. */
static void
helper(void)
{
}

/* 5.2, figure cm-20 */
static void
a_chart_is_kept(void **state)
{
	helper();
}

const struct CMUnitTest tests[] = {
	TWO(a_call_ends_once),
	cmocka_unit_test(a_chart_is_kept),
};
'''
PY_SOURCE = '''
# CLOSE-1
@case("I4: when all is closed nothing is left (SIG-6, 8)")
def _():
    # CLOSE-2: first comment
    call()  # SIG-1

def check_spdx():
    """CLOSE-3 is in a docstring."""

def helper():
    """CLOSE-4"""
'''
CITATIONS = (
    ("CLOSE-4, RACE-10", "CLOSE-4 RACE-10"),
    ("CLOSE-33..35, and CLOSE-39", "CLOSE-33 CLOSE-34 CLOSE-35 CLOSE-39"),
    ("CLOSE-33 to 35", "CLOSE-33 CLOSE-34 CLOSE-35"),
    ("CLOSE-4, 5 and 6: why", "CLOSE-4 CLOSE-5 CLOSE-6"),
    ("SSCOP-15 to SSCOP-17", "SSCOP-15 SSCOP-16 SSCOP-17"),
    ("SIG-U1, U3, N1, SIG-7", "SIG-U1 SIG-U3 SIG-N1 SIG-7"),
    ("SIG-3, 30 s, and SIG-49, 4.10, from U9", "SIG-3 SIG-49"),
    ("SIG-72, cause 47; UTF-8", "SIG-72"),
    ("I1, I5..I7; I2C", "I1 I5 I6 I7"),
    ("CLOSE-5..3", "CLOSE-5 CLOSE-5..3"),
    ("CLOZE-4", "CLOZE-4"),
    ("5.1; 5.5 s; fig1-22 and CHART-5.9-AF", "CHART-5.1 CHART-5.9-AF CHART-5.4"),
    ("cm-99", "CHART-cm-99"),
    ("over\n * two\n * lines: SIG-1,\n * 2", "SIG-1 SIG-2"),
)


def expect(what, got, expected):
    return [] if got == expected else [f"{what} is {got}, not {expected}"]


def try_citations():
    return [c for text, ids in CITATIONS
            for c in expect(repr(text), matrix.cited(text, FAMILIES), ids.split())]


def try_sources():
    c = [(t.name, t.ids) for t in matrix.c_tests("x_test", C_SOURCE, FAMILIES)]
    py = [(t.name, t.ids) for t in matrix.py_tests("y_test", PY_SOURCE, FAMILIES)]
    return expect("C", c, [("a_call_ends_once", ["CLOSE-2", "I7", "CLOSE-1"]),
                           ("a_chart_is_kept", ["CHART-5.2", "CHART-5.1"])]) \
        + expect("Python", py, [("I4_when_all_is_closed_nothing_is_left_SIG_6_8",
                                 ["I4", "SIG-6", "SIG-8", "CLOSE-1", "CLOSE-2"]),
                                ("check_spdx", ["CLOSE-3"])])


def try_missing():
    tests = [Test("x_test", "a", ["CLOSE-1", "SIG-1"])]
    return expect("without a test", without_test(RULES, tests), ["no test keeps CLOSE-2"]) \
        + expect("later", len(left_for_later(RULES, tests)), 1) \
        + expect("later without a test", left_for_later(RULES, []), []) \
        + expect("a list", matrix.claim("SIG-1\tlater\ta\nSIG-2\tlater\tb\n",
                                        matrix.keepers(tests)),
                 "SIG-1\tyes\ta\nSIG-2\tlater\tb\n")


def try_strangers():
    known = {"CLOSE-1", "CLOSE-2", "I7", "SIG-1", "CHART-5.1", "CHART-5.2"}
    c = matrix.strangers(pathlib.Path("x.c"), known, C_SOURCE)
    py = matrix.strangers(pathlib.Path("y.py"), known, PY_SOURCE)
    return expect("in C", c, ["x.c:7: CLOSE-4", "x.c:23: SIG-3"]) \
        + expect("in Python", sorted({s.split()[1] for s in py}),
                 ["CLOSE-3", "CLOSE-4", "I4", "SIG-6", "SIG-8"])


def try_form():
    bad = [Rule("SIG-1", "yes", "", ""), Rule("SIG-1", "yes", "x" * 111, ""),
           Rule("SIG-2", "perhaps", "Some.", ""), Rule("SIG-3", "no", "Some.", ""),
           Rule("SIG-5", "yes", "Some.", "why"), Rule("SIG-6", "yes", "", "")]
    readings = [matrix.Reading("C-1", "SIG-1", "a"), matrix.Reading("C-2", "SIG-9", "b"),
                matrix.Reading("C-3", "", "c")]
    return expect("twice", twice(bad), ["SIG-1 is there 2 times"]) \
        + expect("meanings", len(meanings(bad)), 2) \
        + expect("claims", len(claims(bad, ("yes", "no"))), 3) \
        + expect("gaps", numbering(bad), ["SIG: there is no number 4"]) \
        + expect("same meanings", same_meaning(bad[1:-1]), ["SIG-2 SIG-3 SIG-5 mean the same"]) \
        + expect("readings", len(kept_by(readings, {"SIG-1"})), 2) \
        + expect("a good list", [*twice(RULES), *meanings(RULES), *numbering(RULES),
                                 *claims(RULES, ("yes", "no", "later")), *same_meaning(RULES)], [])


def try_table():
    tests = [Test("x_test", f"t{n}", ["CLOSE-1"]) for n in range(8)]
    made = matrix.table(RULES, matrix.keepers(tests))
    row = "CLOSE-1\t8\t" + " ".join(f"x_test:t{n}" for n in range(6)) + " +2"
    return expect("a row", made.splitlines()[1], row) \
        + expect("the same", table_differs(made, made), []) \
        + expect("another row", len(table_differs(made.replace("8", "7"), made)), 1) \
        + expect("a row less", len(table_differs(made[:made.rindex("SIG-1")], made)), 1)


TRIALS = (
    (try_citations, "rules are read from a comment as they are cited"),
    (try_sources, "rules are read where a test cites them, and only there"),
    (try_missing, "a claimed rule without a test is found"),
    (try_strangers, "a rule that does not exist is found"),
    (try_form, "a flaw in a list is found"),
    (try_table, "a table that is out of date is found"),
)


# ---- TAP ----

class Report:
    def __init__(self):
        self.n = 0
        self.passed = True

    def tell(self, name, complaints):
        self.n += 1
        self.passed &= not complaints
        print(f"{'not ok' if complaints else 'ok'} {self.n} - {name}")
        for complaint in complaints:
            print(f"# {complaint}")


def by_family(listed):
    """Those families of which we claim something, in the order of the lists."""
    families = collections.defaultdict(list)
    for rule in listed:
        families[family(rule.id)].append(rule)
    return {name: of for name, of in families.items() if any(r.claim == "yes" for r in of)}


def in_files(files):
    """None found is a complaint too: it would hold for an empty house."""
    if not files:
        return ["there are no such files"]
    known = matrix.known_ids()
    return [s for path in files for s in matrix.strangers(path, known)]


def main():
    report = Report()
    for trial, name in TRIALS:
        report.tell(f"the check can fail: {name}", trial())
    listed, tests = matrix.all_rules(), matrix.read_tests()
    everything = listed + matrix.readings()
    report.tell("the lists have no rule twice and no gap",
                twice(everything) + numbering(everything))
    report.tell("each rule has a short meaning of its own",
                meanings(everything) + same_meaning(everything))
    report.tell("what is not claimed has a reason",
                [c for name, allowed in CLAIMS.items()
                 for c in claims(matrix.rules(name), allowed)])
    report.tell("each reading of the contract names the rules that keep it",
                kept_by(matrix.readings(), {rule.id for rule in listed}))
    report.tell("no test names a rule that does not exist", in_files(matrix.test_files()))
    report.tell("no comment of the code names a rule that does not exist",
                in_files(matrix.code_files("lib", "drivers", "app", "bench")))
    for name, of in by_family(listed).items():
        report.tell(f"every {name} rule that we claim has a test", without_test(of, tests))
    report.tell("no rule that has a test is left for later", left_for_later(listed, tests))
    written = matrix.TABLE.read_text() if matrix.TABLE.exists() else ""
    report.tell("the committed table is what the sources say",
                table_differs(written, matrix.table(listed, matrix.keepers(tests))))
    print(f"1..{report.n}")
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
