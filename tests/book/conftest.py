"""The built book, as the tests of this folder see it."""

import ast
import json
from types import SimpleNamespace

import nbformat
import numpy as np
import pandas as pd
import pytest

from tsadbook.build.paths import EXECUTED, HTML, NOTEBOOKS, RESULTS, chapters


@pytest.fixture(scope="session")
def reproduction() -> dict:
    """reproduction.json of the present build."""
    path = RESULTS / "reproduction.json"
    if not path.exists():
        pytest.fail("the book is not built: run `make book` first (`make test` does both)")
    return json.loads(path.read_text())


@pytest.fixture(scope="session")
def compared(reproduction) -> list[dict]:
    """The entries of the chapters that were built on real data; without any, skip loudly."""
    rows = [row for row in reproduction["entries"] if row["status"] != "not compared"]
    if not rows:
        pytest.skip("BUILT ON STAND-IN DATA: nothing is compared with the sources")
    return rows


@pytest.fixture(scope="session")
def executed(reproduction) -> dict:
    """The executed chapters, by name."""
    return {name: nbformat.read(EXECUTED / f"{name}.ipynb", as_version=4) for name in chapters()}


@pytest.fixture(scope="session")
def pages(reproduction) -> dict:
    """The HTML of every page of the site, by its path below the site's root."""
    found = {path.relative_to(HTML): path.read_text() for path in sorted(HTML.rglob("*.html"))}
    return {str(path): text for path, text in found.items() if not str(path).startswith("_")}


@pytest.fixture(scope="session")
def found(compared) -> dict:
    """Everything that the chapters recorded, by id."""
    records = [json.loads((RESULTS / f"{name}.json").read_text()) for name in chapters()]
    return {id: value for record in records for id, value in record["found"].items()}


@pytest.fixture(scope="session")
def page():
    """Ask for the functions of a notebook as they stand on its page, to be copied from there."""

    def functions(notebook: str, constants=()) -> SimpleNamespace:
        """All functions and the constants named, with no more than numpy and pandas at hand."""
        tree = ast.parse((NOTEBOOKS / f"{notebook}.py").read_text())
        tree.body = [
            node
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
            or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in constants)
        ]
        names = {"np": np, "pd": pd}
        exec(compile(tree, notebook, "exec"), names)
        return SimpleNamespace(**names)

    return functions
