"""The form of the notebooks: how much there is to read, and whether what is read runs alone."""

from __future__ import annotations

import math
import re
import statistics
import symtable
from typing import NamedTuple

import jupytext
import pandas as pd

from tsadbook.build.paths import NOTEBOOKS, chapters
from tsadbook.build.sync import is_folded

MAGIC = re.compile(r"^(\s*)[%!].*$", re.M)


class Form(NamedTuple):
    """Counts of one notebook. A line of code is one that is not blank."""

    words: int  # of its prose
    cells: int
    lines: int  # of code, folded or not
    unfolded: int  # of them in cells that are not folded
    folded: int
    median: float  # lines of an unfolded cell
    nine_tenths: int  # lines that nine tenths of the unfolded cells do not exceed
    largest: int  # lines of the largest unfolded cell


def table() -> pd.DataFrame:
    """The form of every notebook, a row each."""
    return pd.DataFrame(
        {name: measure(read(name))._asdict() for name in chapters()}
    ).T.convert_dtypes()


def read(name: str):
    """A notebook's source."""
    return jupytext.read(NOTEBOOKS / f"{name}.py")


def measure(notebook) -> Form:
    """Count a notebook's words, cells and lines.

    >>> from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
    >>> title = "# @title Draw"
    >>> folded = new_code_cell(f"{title}\\nplot(a)", metadata={"tags": ["remove-input"]})
    >>> cells = [new_markdown_cell("Two numbers."), new_code_cell("a = 1\\n\\nb = 2"), folded]
    >>> measure(new_notebook(cells=cells))  # doctest: +NORMALIZE_WHITESPACE
    Form(words=2, cells=3, lines=4, unfolded=2, folded=2, median=2, nine_tenths=2, largest=2)
    """
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    folded = sum(_lines(cell) for cell in code if is_folded(cell))
    sizes = sorted(_lines(cell) for cell in code if not is_folded(cell)) or [0]
    return Form(
        words=len(" ".join(prose).split()),
        cells=len(notebook.cells),
        lines=sum(sizes) + folded,
        unfolded=sum(sizes),
        folded=folded,
        median=statistics.median(sizes),
        nine_tenths=sizes[math.ceil(0.9 * len(sizes)) - 1],
        largest=sizes[-1],
    )


def hidden_names(notebook) -> list[str]:
    """Names that unfolded cells use and that only folded cells define, imports aside.

    Whoever reads a notebook and types what is seen would miss them.

    >>> from nbformat.v4 import new_code_cell, new_notebook
    >>> folded = new_code_cell("import math\\nn = 2", metadata={"tags": ["remove-cell"]})
    >>> hidden_names(new_notebook(cells=[folded, new_code_cell("m = math.sqrt(n)\\nm")]))
    ['n']
    """
    seen, used, hidden = set(), set(), set()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        defined, imported, needed = _names(cell.source)
        if is_folded(cell):
            hidden |= defined
            seen |= imported
        else:
            seen |= defined | imported
            used |= needed
    return sorted((hidden & used) - seen)


def _lines(cell) -> int:
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def _names(code: str) -> tuple[set[str], set[str], set[str]]:
    """What a cell defines, what it imports, and what it uses, each at the notebook's top level."""
    top = symtable.symtable(MAGIC.sub(r"\1pass", code), "cell", "exec")
    symbols = top.get_symbols()
    imported = {s.get_name() for s in symbols if s.is_imported()}
    defined = {s.get_name() for s in symbols if s.is_assigned() and not s.is_imported()}
    used = {s.get_name() for s in symbols if s.is_referenced()}
    waiting = list(top.get_children())
    while waiting:
        inner = waiting.pop()
        waiting += inner.get_children()
        reaching = [s for s in inner.get_symbols() if s.is_global()]
        used |= {s.get_name() for s in reaching if s.is_referenced()}
        defined |= {s.get_name() for s in reaching if s.is_assigned()}
    return defined, imported, used
