"""make doctor says what is wrong and what mends it, also where little is installed."""

import json
import os
import subprocess
import sys

import pytest

from tsadbook.build import doctor
from tsadbook.build.paths import ROOT


def wrong(what: str) -> doctor.Finding:
    (found,) = [f for f in doctor.findings() if f.what == what and f.wrong]
    return found


def test_it_finds_this_environment_as_the_book_was_proved_with():
    (libraries,) = doctor._libraries()
    assert not libraries.wrong, libraries


def test_another_version_of_a_library_is_named(monkeypatch):
    pins = doctor._constraints().replace("numpy==", "numpy==99.")
    monkeypatch.setattr(doctor, "_constraints", lambda: pins)
    found = wrong("libraries")
    assert "numpy" in found.wrong and "not 99." in found.wrong
    assert found.mend == doctor.REMAKE


def test_an_altered_file_of_data_is_found(monkeypatch, tmp_path):
    name = "nab/data/realKnownCause/nyc_taxi.csv"
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text("timestamp,value\n")
    monkeypatch.setenv("TSADBOOK_DATA", str(tmp_path))
    assert "1 NAB files are not the pinned ones" in wrong("data").wrong


def test_a_folder_of_data_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("TSADBOOK_DATA", str(tmp_path / "nowhere"))
    assert "nowhere" in wrong("data").wrong


@pytest.mark.parametrize("spoilt", ["none", "stand-in", "outside"])
def test_results_that_are_missing_or_wrong_are_told(spoilt, monkeypatch, tmp_path, reproduction):
    comparison = json.loads(json.dumps(reproduction))
    comparison["stand_in"] = spoilt == "stand-in"
    if spoilt == "outside":
        comparison["entries"][3]["status"] = "changed"
    if spoilt != "none":
        (tmp_path / "reproduction.json").write_text(json.dumps(comparison))
    monkeypatch.setattr(doctor, "RESULTS", tmp_path)
    found = wrong("results")
    if spoilt == "outside":
        assert comparison["entries"][3]["id"] in found.wrong
    assert found.mend


def test_results_that_are_half_written_are_told(monkeypatch, tmp_path):
    (tmp_path / "reproduction.json").write_text('{"stand_in": fal')
    monkeypatch.setattr(doctor, "RESULTS", tmp_path)
    assert wrong("results").mend == "make book"


def test_it_runs_where_nothing_is_installed(tmp_path):
    """With Python's own library alone, as before `make book`."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", "tsadbook.build.doctor"],
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "missing: " in done.stdout and "mend it: " in done.stdout
    assert not done.stderr
