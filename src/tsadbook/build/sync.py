"""Keep each chapter's two files, and the public address in them, in step."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import jupytext
import nbformat

from tsadbook.build.paths import NOTEBOOKS, ROOT

# Where a notebook names the repository: the Colab link and the set-up cell.
ADDRESS = re.compile(
    r"(colab\.research\.google\.com/github/|git\+https://github\.com/)[^/]+/[^/\"]+"
)
# Cells with one of these tags are not for reading. The tags mean nothing to Colab and JupyterLab,
# so the twin folds the cells in the words of either; Colab shows the title in the code's place.
FOLDED = frozenset({"setup", "remove-cell", "remove-input", "hide-input"})
TITLE = re.compile(r"# @title \S")


def repository() -> str:
    """The public address, from the one place that sets it."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]


def sync() -> None:
    """Write the address into the sources, and each source's content into its twin.

    The source wins, whichever file is newer; the twin keeps its cell ids, loses its outputs, and
    folds what is not for reading.
    """
    slug = repository().removeprefix("https://github.com/")
    for source in sources():
        text = source.read_text()
        if (now := ADDRESS.sub(rf"\g<1>{slug}", text)) != text:
            source.write_text(now)
    command = [sys.executable, "-m", "jupytext", "--update", "--to", "ipynb"]
    subprocess.run([*command, *map(str, sources())], check=True, stdout=subprocess.DEVNULL)
    for source in sources():
        twin = source.with_suffix(".ipynb")
        notebook = nbformat.read(twin, as_version=4)
        for cell in notebook.cells:
            _fold(cell)
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, twin)


def sources() -> list[Path]:
    """The chapters' sources."""
    return sorted(NOTEBOOKS.glob("*.py"))


def is_folded(cell) -> bool:
    """Whether a cell's code is out of a reader's sight, on the site and in Colab."""
    return cell.cell_type == "code" and not FOLDED.isdisjoint(cell.metadata.get("tags", []))


def differences() -> list[str]:
    """What is out of step: content, folding, outputs, address, titles; empty where all is well."""
    slug = repository().removeprefix("https://github.com/")
    names = {path.stem for path in sources()}
    twins = sorted(NOTEBOOKS.glob("*.ipynb"))
    found = [f"{twin.name} has no {twin.stem}.py" for twin in twins if twin.stem not in names]
    for source in sources():
        written = jupytext.read(source)
        for number, cell in enumerate(written.cells, start=1):
            if is_folded(cell) and not TITLE.match(cell.source):
                first = cell.source.partition("\n")[0]
                found.append(
                    f"{source.name}: cell {number} is folded and must begin with "
                    f"`# @title What it does`, not with `{first}`"
                )
        twin = source.with_suffix(".ipynb")
        if not twin.exists():
            found.append(f"{twin.name} is missing")
            continue
        notebook = nbformat.read(twin, as_version=4)
        for cell in written.cells:
            _fold(cell)
        if _content(notebook) != _content(written):
            found.append(f"{twin.name} does not say what {source.name} says")
        if any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells):
            found.append(f"{twin.name} carries outputs")
        if {m[0].removeprefix(m[1]) for m in ADDRESS.finditer(source.read_text())} - {slug}:
            found.append(f"{source.name} names another repository than pyproject.toml")
    return found


def _fold(cell) -> None:
    """Fold a cell or unfold it, as its tags say: for Colab, and for JupyterLab."""
    cell.metadata.pop("cellView", None)
    cell.metadata.pop("jupyter", None)
    if is_folded(cell):
        cell.metadata.update(cellView="form", jupyter={"source_hidden": True})


def _content(notebook) -> list:
    return [
        (
            cell.cell_type,
            cell.source,
            cell.metadata.get("tags", []),
            cell.metadata.get("cellView"),
            cell.metadata.get("jupyter"),
        )
        for cell in notebook.cells
    ]
