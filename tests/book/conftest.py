"""The built book, as the tests of this folder see it."""

import json

import nbformat
import pytest

from tsadbook.build.paths import EXECUTED, HTML, RESULTS, chapters


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
