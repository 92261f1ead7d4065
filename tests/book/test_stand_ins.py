"""Every chapter runs where no data can be had, and what it found says so."""

import json

import nbformat
import pytest

from tsadbook.build.execute import run_notebook, with_probes
from tsadbook.build.paths import NOTEBOOKS, chapters


@pytest.mark.parametrize("name", chapters())
def test_a_chapter_runs_on_stand_in_data(name, tmp_path, monkeypatch, cache):
    monkeypatch.setenv("TSADBOOK_STAND_IN", "1")
    chapter = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    run_notebook(with_probes(chapter, name), tmp_path, name)
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["stand_in"] is True
    assert set(record["data"].values()) == {"stand-in"}
