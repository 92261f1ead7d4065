"""Executing a chapter: what fails is said, what is half-done is never taken for done."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tsadbook.build import execute, fingerprint, paths, sweep
from tsadbook.build.execute import BuildFailed

# A notebook that brings its own probe, as the kernel knows no other module of that name.
RECORDING = """
import sys, types
tiny = types.ModuleType("tsadbook.registers.probes.tiny")
tiny.FINDINGS = {"a": lambda c: c.a}
sys.modules[tiny.__name__] = tiny
a = (1)
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
    folders["SWEEPS"] = tmp_path / "measurements"
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


@pytest.mark.parametrize("cut", [0, 1, 40, 100])
@pytest.mark.parametrize(
    "file", ["executed/01_tiny.ipynb", "results/01_tiny.json", "results/01_tiny.times.json"]
)
def test_what_is_half_written_is_made_again(book, tmp_path, monkeypatch, file, cut):
    book(RECORDING)
    again = []

    def make(name, print_):
        """What an execution leaves, without one."""
        again.append(name)
        (folder := tmp_path / "work").mkdir(exist_ok=True)
        (folder / "record.json").write_text('{"found": {}, "seconds": {}}')
        source = book.folders["NOTEBOOKS"] / f"{name}.ipynb"
        execute._publish(name, folder, source, print_, 1.0)

    monkeypatch.setattr(execute, "_execute_chapter", make)
    book.folders["BUILD"].mkdir()
    execute.execute_book({})
    path = book.folders["BUILD"] / file
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * cut // 100 - (cut == 100)])
    assert execute.execute_book({}) == ["01_tiny"]
    assert execute.execute_book({}) == []
    assert (path.read_bytes(), again) == (whole, ["01_tiny"] * 2)


def test_a_kept_sweep_counts_for_its_own_notebook(book):
    sweeps = book.folders["SWEEPS"]
    sweeps.mkdir()
    book(RECORDING)
    before = fingerprint.of_execution("01_tiny", {})
    (sweeps / "02_other.json").write_text("{}")
    assert fingerprint.of_execution("01_tiny", {}) == before
    (sweeps / "01_tiny.json").write_text("{}")
    assert fingerprint.of_execution("01_tiny", {}) != before


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package, for the hash to be taken of."""
    copy = tmp_path / "tsadbook"
    shutil.copytree(fingerprint.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(fingerprint, "PACKAGE", copy)
    monkeypatch.setattr(fingerprint, "PROBES", copy / "registers" / "probes")
    return copy


@pytest.mark.parametrize(
    "changed, again",
    [
        ("windows.py", True),
        ("evaluation/nab.py", True),
        ("plots/__init__.py", True),
        ("registers/settings.yml", True),
        ("registers/probes/tiny.py", True),
        ("registers/probes/another.py", False),  # another notebook's
        ("registers/published.yml", False),  # the comparison is made anew in any case
        ("build/render.py", False),
    ],
)
def test_a_notebook_is_executed_again_when_what_it_rests_on_changed(book, package, changed, again):
    book(RECORDING)
    before = fingerprint.of_execution("01_tiny", {})
    with open(package / changed, "a") as file:
        file.write("\n# changed\n")
    assert (fingerprint.of_execution("01_tiny", {}) != before) == again


def test_a_notebook_is_executed_again_when_a_dependency_changed(book, monkeypatch):
    book(RECORDING)
    before = fingerprint.of_execution("01_tiny", {})
    installed = fingerprint._installed()
    monkeypatch.setattr(fingerprint, "_installed", lambda: [*installed, "another==1.0"])
    assert fingerprint.of_execution("01_tiny", {}) != before


def test_a_probe_that_cannot_be_answered_stops_the_build_and_says_which(book):
    book(RECORDING.replace("a = (1)", "b = 1"))
    with pytest.raises(BuildFailed, match="01_tiny, a: 01_tiny defines no name 'a'"):
        execute.execute_book({})


def test_the_appended_cell_is_not_on_the_page(book):
    book(RECORDING)
    execute.execute_book({})
    executed = nbformat.read(book.folders["EXECUTED"] / "01_tiny.ipynb", as_version=4)
    assert [cell.source for cell in executed.cells] == [RECORDING]


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
    while not list(book.folders["BUILD"].glob("work-*/executed.ipynb*")):
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
    book(RECORDING.replace("(1)", "(2)"), figure)
    assert fingerprint.of_measurement("01_tiny") != before


SEEDED = new_code_cell("SEED = 1", metadata={"tags": ["parameters"]})


def test_a_sweep_keeps_finished_seeds_and_measures_changed_code_again(
    book, capsys, monkeypatch, tmp_path
):
    """One seed fails: the others are kept, it is named, and only it is run the next time."""
    measured = RECORDING.replace("(1)", "(SEED)")
    failing = "import os\nassert SEED != 2 or os.path.exists(os.environ['MENDED'])"
    monkeypatch.setenv("MENDED", str(tmp_path / "mended"))
    book(SEEDED, measured, failing)
    with pytest.raises(BuildFailed, match=r"01_tiny, seed 2: cell .*AssertionError"):
        sweep.sweep(["01_tiny"], seeds=(1, 2, 3))
    kept = json.loads((book.folders["SWEEPS"] / "01_tiny.json").read_text())
    assert kept["seeds"] == {"1": {"a": 1}, "3": {"a": 3}}

    (tmp_path / "mended").touch()
    capsys.readouterr()
    sweep.sweep(["01_tiny"], seeds=(1, 2, 3))
    assert "1 runs to make, 2 kept" in capsys.readouterr().out
    monkeypatch.setattr(sweep, "seeds_of", lambda name: (1, 2, 3))
    for table in (sweep.bake_off, sweep.controls, sweep.scoreboard):  # not what this is about
        monkeypatch.setattr(table, "is_stale", lambda: False)
    assert sweep.stale() == []
    sweep.refuse_stale()

    book(SEEDED, measured.replace("(SEED)", "(SEED + 1)"), failing)
    assert sweep.stale() == ["01_tiny"]
    with pytest.raises(BuildFailed, match="01_tiny: measured with other code"):
        sweep.refuse_stale()
    sweep.sweep(["01_tiny"], seeds=(1,))
    kept = json.loads((book.folders["SWEEPS"] / "01_tiny.json").read_text())
    assert kept["seeds"] == {"1": {"a": 2}}
    assert sweep.stale() == ["01_tiny"]  # two seeds are missing yet


def test_a_change_that_changes_no_result_keeps_the_seeds_and_says_so(book, capsys):
    """Two seeds are repeated: the first, and one that the code picks."""
    measured = RECORDING.replace("(1)", "(SEED)")
    book(SEEDED, measured)
    sweep.sweep(["01_tiny"], seeds=(1, 2, 3))
    path = book.folders["SWEEPS"] / "01_tiny.json"
    before = json.loads(path.read_text())
    book(SEEDED, "same = True", measured)
    capsys.readouterr()
    sweep.sweep(["01_tiny"], seeds=(1, 2, 3, 4))
    said, after = capsys.readouterr().out, json.loads(path.read_text())
    assert "01_tiny: equal with seeds 1, " in said
    assert "1 runs to make, 3 kept" in said
    assert after["seeds"] == {str(seed): {"a": seed} for seed in (1, 2, 3, 4)}
    assert after["fingerprint"] != before["fingerprint"]
    assert "checked" in after and "checked" not in before

    only_one_seed = "SEED + 10 * (SEED == 1)"  # one of two that differs is enough
    book(SEEDED, "same = True", measured.replace("(SEED)", f"({only_one_seed})"))
    sweep.sweep(["01_tiny"], seeds=(1,))
    assert json.loads(path.read_text())["seeds"] == {"1": {"a": 11}}


def test_a_sweep_refuses_a_chapter_that_is_not_there(book):
    book(SEEDED, RECORDING)
    with pytest.raises(BuildFailed, match="nothing to sweep is called 09_none"):
        sweep.sweep(["09_none"])
