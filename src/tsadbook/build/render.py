"""Render the executed chapters and the prose pages with Jupyter Book."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from tsadbook.build import compare, fingerprint
from tsadbook.build.errors import BuildFailed
from tsadbook.build.paths import (
    BOOK,
    BUILD,
    EXECUTED,
    HTML,
    PACKAGE,
    PAGES,
    RESULTS,
    ROOT,
    chapters,
)

COLAB_LINK = re.compile(r"^\[Open this chapter in Colab\]\(.*\)$", re.M)
STAMP = BUILD / "site.stamp"


def is_current() -> bool:
    """Whether the site was rendered from just what lies here now."""
    return HTML.joinpath("index.html").exists() and STAMP.exists() and STAMP.read_text() == _print()


def render(comparison: dict) -> None:
    """Write the pages, run Jupyter Book with warnings as errors, and swap the new site in.

    Raises
    ------
    BuildFailed : with the end of what Jupyter Book printed; the old site stays.
    """
    print_ = _print()
    write_pages(comparison)
    new = BUILD / "site.partial"
    shutil.rmtree(new, ignore_errors=True)
    jupyter_book = Path(sys.executable).with_name("jupyter-book")  # it has no __main__
    command = [str(jupyter_book), "build", str(BOOK)]
    command += ["--path-output", str(new), "-W", "-n", "--keep-going", "--quiet"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"NO_COLOR": "1"}
    )
    if done.returncode:
        raise BuildFailed(f"jupyter-book:\n{(done.stdout + done.stderr)[-3000:]}")
    STAMP.unlink(missing_ok=True)
    shutil.rmtree(HTML, ignore_errors=True)
    os.replace(new / "_build" / "html", HTML)
    STAMP.write_text(print_)
    shutil.rmtree(new)


def write_pages(comparison: dict) -> None:
    """Copy the executed chapters to where Jupyter Book finds them, with their comparison.

    The first cell gets the time that a chapter takes; where it ran on stand-ins, a box follows that
    says so.
    """
    shutil.rmtree(PAGES, ignore_errors=True)
    PAGES.mkdir()
    for name in chapters():
        notebook = nbformat.read(EXECUTED / f"{name}.ipynb", as_version=4)
        for cell in notebook.cells:
            if "published-beside-reproduced" in cell.metadata.get("tags", []):
                # As the chapter's line shows it, and each entry leads to the page of them all.
                section = compare.chapter_section(comparison, name.split("_", 1)[1])
                data = {"text/markdown": section}
                cell.outputs = [nbformat.v4.new_output("display_data", data=data)]
        first = notebook.cells[0]
        first.source = COLAB_LINK.sub(rf"\g<0>\n\n*{_takes(name, notebook)}*", first.source)
        if banner := _banner(json.loads((RESULTS / f"{name}.json").read_text())["data"]):
            notebook.cells.insert(1, nbformat.v4.new_markdown_cell(banner, id="stand-in"))
        nbformat.write(notebook, PAGES / f"{name}.ipynb")


def _banner(data: dict[str, str]) -> str:
    """A warning that names each stand-in among the hashes of the data; "" where all is real."""
    generated = ", ".join(name for name, hash in data.items() if hash == "stand-in")
    if not generated:
        return ""
    return (
        "> **Warning.** This page was built on generated stand-in data, since the real data could "
        f"not be had: {generated}. No number on it says anything about the sources."
    )


def _takes(name: str, notebook) -> str:
    """How long a chapter takes to read, at 200 words a minute, and took to run."""
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    for cell in notebook.cells:
        shown = (output.get("data", {}) for output in cell.get("outputs", []))
        prose += [data["text/markdown"] for data in shown if "text/markdown" in data]
    words = len(" ".join(prose).split())
    seconds = json.loads((RESULTS / f"{name}.times.json").read_text())["seconds"]
    run = f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
    return f"About {math.ceil(words / 200)} minutes to read. Running it took {run} here."


def _print() -> str:
    names = ("reproduction.md", "errata.md", "landing.md", "cover.png")
    made = {BUILD, PAGES, *(BOOK / name for name in names)}
    prose = [p for p in BOOK.rglob("*") if not made & {p, *p.parents}]
    package = [p for p in PACKAGE.rglob("*") if p.suffix in (".py", ".yml", ".json", ".jinja")]
    results = [RESULTS / f"{name}.json" for name in chapters()]
    executed = [EXECUTED / f"{name}.ipynb" for name in chapters()]
    return fingerprint.of_site([*prose, *package, *results, *executed, ROOT / "pyproject.toml"])
