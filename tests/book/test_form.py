"""The notebooks are tutorials: short cells, little folded, and what is seen runs alone."""

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tsadbook.build import __main__ as commands
from tsadbook.build import form
from tsadbook.build.paths import chapters

RECORDING = re.compile(r"\brecord(\.\w+)?\(")


def faults(name: str, notebook) -> list[str]:
    """What is not as agreed in a notebook: cell sizes in each, lines in all in a walkthrough."""
    measured = form.measure(notebook)
    limits = {"median": 6, "nine_tenths": 15, "largest": 25}
    if re.match("0[1-4]_", name):  # a walkthrough or its repair
        limits |= {"unfolded": 160, "folded": measured.unfolded / 4}
    found = [
        f"{what}: {getattr(measured, what):g} lines, at most {limit:g}"
        for what, limit in limits.items()
        if getattr(measured, what) > limit
    ]
    found += [f"only a folded cell defines {hidden}" for hidden in form.hidden_names(notebook)]
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return found + ["records"] * any(map(RECORDING.search, code))


@pytest.mark.parametrize("name", chapters())
def test_a_notebook_keeps_its_form(name):
    assert faults(name, form.read(name)) == []


def notebook(*cells):
    """A notebook of code cells, each source or (source, tag)."""
    pairs = [(cell, None) if isinstance(cell, str) else cell for cell in cells]
    made = [new_code_cell(code, metadata={"tags": [tag] if tag else []}) for code, tag in pairs]
    return new_notebook(cells=[new_markdown_cell("Some words."), *made])


def lines(n: int) -> str:
    return "\n".join(f"a{i} = {i}" for i in range(n))


GOOD = [lines(4)] * 25  # 100 lines


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (GOOD, []),
        ([*GOOD, lines(25)], []),
        ([*GOOD, lines(26)], ["largest: 26 lines, at most 25"]),
        ([*GOOD, *[lines(16)] * 2], []),
        ([*GOOD, *[lines(16)] * 3], ["nine_tenths: 16 lines, at most 15"]),
        ([lines(7)] * 20, ["median: 7 lines, at most 6"]),
        ([lines(4)] * 40, []),
        ([*[lines(4)] * 40, "b = 1"], ["unfolded: 161 lines, at most 160"]),
        ([*GOOD, (lines(25), "figure")], []),
        ([*GOOD, (lines(25), "remove-input")], []),
        ([*GOOD, (lines(26), "remove-input")], ["folded: 26 lines, at most 25"]),
        ([*GOOD, (lines(20), "setup"), (lines(6), "hide-input")], ["folded: 26 lines, at most 25"]),
        ([*GOOD, "record('x', 1)"], ["records"]),
        ([*GOOD, ("record.erratum('x', '')", "remove-input")], ["records"]),
        ([*GOOD, "n = len(recorded)"], []),
    ],
)
def test_a_walkthrough_beyond_a_limit_is_noticed(cells, found):
    assert faults("01_made", notebook(*cells)) == found
    elsewhere = [fault for fault in found if not re.match("(un)?folded", fault)]
    assert faults("05_made", notebook(*cells)) == elsewhere


def test_blank_lines_do_not_count_and_comments_do():
    measured = form.measure(notebook("a = 1\n\n\n# why\nb = 2\n"))
    assert (measured.lines, measured.words, measured.cells) == (3, 2, 2)


@pytest.mark.parametrize(
    ("folded", "seen", "hidden"),
    [
        ("n = 2", "n + 1", ["n"]),
        ("import math\nfrom os import path as n", "math, n", []),
        ("def n():\n    pass", "n()", ["n"]),
        ("class N:\n    pass", "N()", ["N"]),
        ("for n in range(3):\n    pass", "n", ["n"]),
        ("a, (n, *b) = 1, (2, 3)", "n, b", ["b", "n"]),
        ("with open('x') as n:\n    pass", "n", ["n"]),
        ("if (n := 3):\n    pass", "n", ["n"]),
        ("n: int = 3", "n", ["n"]),
        ("n = 2", "def f(a):\n    return a + n", ["n"]),
        ("n = 2", "class A:\n    def f(self):\n        return [n for _ in 'ab']", ["n"]),
        ("n = 2", "a = lambda n: n + 1", []),  # its own n
        ("n = 2", "def f():\n    n = 3\n    return n", []),
        ("n = 2", "a = [n for n in range(3)]", []),
        ("n = 2", "a.n, dict(n=1)", []),  # an attribute and a keyword are no such name
        ("n = 2", "f'{n}'", ["n"]),
        ("%pip install x\nn = 2", "n", ["n"]),
        ("def f():\n    n = 2", "n", []),  # never defined at the top: not hidden but missing
        ("def f():\n    global n\n    n = 2", "n", ["n"]),
    ],
)
def test_a_name_that_only_a_folded_cell_defines_is_found(folded, seen, hidden):
    for tag in ("setup", "remove-cell", "remove-input", "hide-input"):
        assert form.hidden_names(notebook((folded, tag), seen)) == hidden
    assert form.hidden_names(notebook((folded, "figure"), seen)) == []  # it is seen
    assert form.hidden_names(notebook((folded, "setup"), (seen, "hide-input"))) == []


def test_the_command_prints_a_row_for_each_notebook(capsys):
    assert commands.main(["form"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in chapters())
    assert "nine_tenths" in printed
