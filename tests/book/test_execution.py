"""Executing a chapter: what fails is said, what is half-done is never taken for done."""

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tsadbook.build import execute, fingerprint, paths, sweep
from tsadbook.build.execute import BuildFailed

RECORDING = """
from tsadbook.results import Recorder
record = Recorder("01_tiny", data=[])
record("a", 1)
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book of one chapter, in a folder of its own."""
    folders = {
        "NOTEBOOKS": tmp_path / "notebooks",
        "BUILD": tmp_path / "_build",
        "EXECUTED": tmp_path / "_build" / "executed",
        "FAILED": tmp_path / "_build" / "failed",
        "RESULTS": tmp_path / "_build" / "results",
    }
    folders["MEASUREMENTS"] = tmp_path / "measurements"
    for module in (paths, execute, fingerprint, sweep):
        for name, folder in folders.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, folder)
    folders["NOTEBOOKS"].mkdir()

    def write(*cells):
        chapter = new_notebook(cells=[new_code_cell(c) if isinstance(c, str) else c for c in cells])
        chapter.metadata.kernelspec = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        nbformat.write(chapter, folders["NOTEBOOKS"] / "01_tiny.ipynb")

    write.folders = folders
    return write


def test_a_finished_chapter_is_executed_again_only_when_something_changed(book):
    book(RECORDING)
    assert execute.execute_book({"sp500": "hash"}) == ["01_tiny"]
    assert execute.execute_book({"sp500": "hash"}) == []
    assert execute.execute_book({"sp500": "other"}) == ["01_tiny"]
    book(RECORDING, "1 + 1")
    assert execute.execute_book({"sp500": "other"}) == ["01_tiny"]
    (book.folders["RESULTS"] / "01_tiny.json").unlink()
    assert execute.execute_book({"sp500": "other"}) == ["01_tiny"]


def test_a_kept_table_counts_for_the_chapter_that_names_it(book):
    tables = book.folders["MEASUREMENTS"]
    tables.mkdir()
    book("from tsadbook import scoreboard")
    before = fingerprint.of_execution("01_tiny", {})
    (tables / "scoreboard.json").write_text("{}")
    with_table = fingerprint.of_execution("01_tiny", {})
    assert with_table != before
    (tables / "leaderboard.json").write_text("{}")  # named by another chapter
    assert fingerprint.of_execution("01_tiny", {}) == with_table


def test_two_executions_leave_the_same_files(book):
    book(RECORDING, "print('x')")
    kept = []
    for data in ("one", "two"):
        execute.execute_book({"sp500": data})
        folders = book.folders
        files = [folders["EXECUTED"] / "01_tiny.ipynb", folders["RESULTS"] / "01_tiny.json"]
        kept.append([path.read_bytes() for path in files])
    assert kept[0] == kept[1]


def test_a_failing_cell_stops_the_build_and_is_named(book):
    book(RECORDING)
    execute.execute_book({})
    good = (book.folders["EXECUTED"] / "01_tiny.ipynb").read_bytes()
    book(RECORDING, new_markdown_cell("text"), "x = 1\nraise RuntimeError('on purpose')")
    with pytest.raises(BuildFailed, match=r"01_tiny: cell 2 .*RuntimeError: on purpose"):
        execute.execute_book({})
    assert (book.folders["FAILED"] / "01_tiny.ipynb").exists()
    assert (book.folders["EXECUTED"] / "01_tiny.ipynb").read_bytes() == good
    with pytest.raises(BuildFailed):  # still not taken for finished
        execute.execute_book({})


def test_a_build_killed_in_the_middle_of_a_chapter_starts_that_chapter_again(book, tmp_path):
    book(RECORDING, "import time; time.sleep(60)")
    folders = {name: str(folder) for name, folder in book.folders.items()}
    code = (
        "from tsadbook.build import execute, fingerprint, paths; from pathlib import Path\n"
        "for module in (paths, execute, fingerprint):\n"
        f"    for name, folder in {folders}.items():\n"
        "        setattr(module, name, Path(folder))\n"
        "execute.execute_book({})\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    deadline = time.monotonic() + 60
    while not list(book.folders["BUILD"].glob("work-*/record.json")):
        assert time.monotonic() < deadline, "the chapter did not start"
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not list(book.folders["EXECUTED"].glob("*.stamp"))
    assert not (book.folders["RESULTS"] / "01_tiny.json").exists()
    book(RECORDING)
    assert execute.execute_book({}) == ["01_tiny"]
    assert json.loads((book.folders["RESULTS"] / "01_tiny.json").read_text())["found"] == {"a": 1}


def test_a_sweeps_hash_minds_code_and_not_comments():
    code = '"""A docstring."""\nx = 1  # kept with its line\n\n# a comment\ndef f():\n'
    code += '    """Doc."""\n    return 2\n'
    mended = 'x = 1  # kept with its line\ndef f():\n    """Another\n    text."""\n    return 2\n'
    assert fingerprint.bare(code) == fingerprint.bare(mended)
    assert fingerprint.bare(code) != fingerprint.bare(code.replace("return 2", "return 3"))


def test_a_sweeps_hash_leaves_figures_out(book):
    figure = new_code_cell("draw()", metadata={"tags": ["figure"]})
    book(RECORDING, figure)
    before = fingerprint.of_measurement("01_tiny")
    book(RECORDING, new_code_cell("draw(1)", metadata={"tags": ["figure"]}), new_markdown_cell("x"))
    assert fingerprint.of_measurement("01_tiny") == before
    book(RECORDING.replace("1)", "2)"), figure)
    assert fingerprint.of_measurement("01_tiny") != before


SEEDED = new_code_cell("SEED = 1", metadata={"tags": ["parameters"]})


def test_a_sweep_keeps_finished_seeds_and_measures_changed_code_again(
    book, capsys, monkeypatch, tmp_path
):
    """One seed fails: the others are kept, it is named, and only it is run the next time."""
    measured = RECORDING.replace("1)", "SEED)")
    failing = "import os\nassert SEED != 2 or os.path.exists(os.environ['MENDED'])"
    monkeypatch.setenv("MENDED", str(tmp_path / "mended"))
    book(SEEDED, measured, failing)
    with pytest.raises(BuildFailed, match=r"01_tiny, seed 2: cell .*AssertionError"):
        sweep.sweep(["01_tiny"], seeds=(1, 2, 3))
    kept = json.loads((book.folders["MEASUREMENTS"] / "01_tiny.json").read_text())
    assert kept["seeds"] == {"1": {"a": 1}, "3": {"a": 3}}

    (tmp_path / "mended").touch()
    capsys.readouterr()
    sweep.sweep(["01_tiny"], seeds=(1, 2, 3))
    assert "1 runs to make, 2 kept" in capsys.readouterr().out
    monkeypatch.setattr(sweep, "SEEDS", (1, 2, 3))
    assert sweep.stale() == []

    book(SEEDED, measured.replace("SEED)", "SEED + 1)"), failing)
    assert sweep.stale() == ["01_tiny"]
    sweep.sweep(["01_tiny"], seeds=(1,))
    kept = json.loads((book.folders["MEASUREMENTS"] / "01_tiny.json").read_text())
    assert kept["seeds"] == {"1": {"a": 2}}
    assert sweep.stale() == ["01_tiny"]  # two seeds are missing yet


def test_a_sweep_refuses_a_chapter_that_is_not_there(book):
    book(SEEDED, RECORDING)
    with pytest.raises(BuildFailed, match="no chapter to sweep is called 09_none"):
        sweep.sweep(["09_none"])
