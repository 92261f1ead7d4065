"""Every chapter runs where no data can be had, and says so."""

import json

import nbformat
import pytest

from tsadbook.build.execute import run_notebook
from tsadbook.build.paths import NOTEBOOKS, chapters


@pytest.mark.parametrize("name", chapters())
def test_a_chapter_runs_on_stand_in_data(name, tmp_path, monkeypatch, cache):
    monkeypatch.setenv("TSADBOOK_STAND_IN", "1")
    chapter = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    executed = run_notebook(chapter, tmp_path, name).read_text()
    assert "was built on generated stand-in data" in executed
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["stand_in"] is True
    assert set(record["data"].values()) == {"stand-in"}
