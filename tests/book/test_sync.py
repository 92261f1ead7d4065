"""What is not for reading is folded in the twin, and only there."""

import subprocess
import sys

import nbformat
import pytest

from tsadbook.build import sync

SOURCE = """\
# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,-all
#     notebook_metadata_filter: jupytext,kernelspec,-all
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A chapter

# %% tags=["setup", "remove-cell"]
# @title Install what is missing
# %pip list
import math

# %% tags=["parameters"]
SEED = 42

# %%
root = math.sqrt(SEED)

# %% tags=["remove-input"]
# @title The sentence about the root
print(root)

# %% tags=["figure", "hide-input"]
# @title Draw the root
print(root, root)

# %% tags=["figure"]
print(root, root, root)
"""
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}}


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """A chapter's source, alone in a folder of notebooks."""
    monkeypatch.setattr(sync, "NOTEBOOKS", tmp_path)
    source = tmp_path / "09_made.py"
    source.write_text(SOURCE)
    return source


def folds(source) -> list[dict]:
    cells = nbformat.read(source.with_suffix(".ipynb"), as_version=4).cells
    return [{k: v for k, v in cell.metadata.items() if k != "tags"} for cell in cells]


def test_sync_folds_what_is_not_for_reading(chapter):
    sync.sync()
    assert folds(chapter) == [{}, FOLDED, {}, {}, FOLDED, FOLDED, {}]
    assert sync.differences() == []


def test_a_cell_that_is_read_again_is_unfolded(chapter):
    sync.sync()
    chapter.write_text(SOURCE.replace(' tags=["remove-input"]', ""))
    assert sync.differences() == ["09_made.ipynb does not say what 09_made.py says"]
    sync.sync()
    assert folds(chapter) == [{}, FOLDED, {}, {}, {}, FOLDED, {}]
    assert sync.differences() == []


def test_the_folding_stays_out_of_the_source(chapter):
    sync.sync()
    before = chapter.read_text()
    sync.sync()
    assert chapter.read_text() == before == SOURCE
    twin = chapter.with_suffix(".ipynb")
    command = [sys.executable, "-m", "jupytext", "--to", "py:percent", "-o", "-", str(twin)]
    back = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "cellView" not in back
    assert "source_hidden" not in back
    assert back.partition("# %%")[2] == SOURCE.partition("# %%")[2]


@pytest.mark.parametrize("change", [{"cellView": None}, {"jupyter": {"source_hidden": False}}])
def test_a_cell_unfolded_in_the_twin_is_noticed(chapter, change):
    sync.sync()
    twin = chapter.with_suffix(".ipynb")
    notebook = nbformat.read(twin, as_version=4)
    notebook.cells[1].metadata.update(change)
    nbformat.write(notebook, twin)
    assert sync.differences() == ["09_made.ipynb does not say what 09_made.py says"]


@pytest.mark.parametrize("title", ["", "# The sentence", "#@title The sentence", "# @title "])
def test_a_folded_cell_without_a_title_is_named(chapter, title):
    without = SOURCE.replace("# @title The sentence about the root", title or "print()")
    chapter.write_text(without)
    sync.sync()
    (found,) = sync.differences()
    assert found.startswith("09_made.py: cell 5 is folded and must begin with")
