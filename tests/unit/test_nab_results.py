"""The archive of NAB's stored scores: checked, read in one pass, and parsed once."""

import io
import os
import tarfile

import numpy as np
import pytest

from tsadbook.datasets import DataError, DataUnavailable, files, nab_results

ROWS = {"realTraffic/speed": 3, "realTweets/Twitter_volume": 2}
SCORES = {
    "numenta": {"realTraffic/speed": [0.1, 0.30102999566398125, 1.0]},
    "windowedGaussian": {"realTraffic/speed": [0.0, 5e-324, 0.9999999999999999]},
}
for detector in SCORES.values():
    detector["realTweets/Twitter_volume"] = [0.5, 0.5]


@pytest.fixture
def archive(cache, tmp_path, monkeypatch):
    """Write an archive as upstream's is laid out, and pin its hash."""
    monkeypatch.setenv("TSADBOOK_DATA", str(tmp_path / "mirror"))

    def write(scores=SCORES):
        path = tmp_path / "mirror/nab" / nab_results.ARCHIVE
        path.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(path, "w:xz") as tar:
            for detector, mine in scores.items():
                for name, values in mine.items():
                    category, file = name.split("/")
                    lines = [f"2014-01-01 00:0{i}:00,1.5,{v!r},0\n" for i, v in enumerate(values)]
                    text = "timestamp,value,anomaly_score,label\n" + "".join(lines)
                    add(tar, f"{detector}/{category}/{detector}_{file}.csv", text)
                add(tar, f"{detector}/{detector}_standard_scores.csv", "Detector,Score\n")
            add(tar, "README.md", "Published: 17.7")
        monkeypatch.setattr(nab_results, "SHA256", files.digest(path))
        return path

    return write


def add(tar, name, text):
    member = tarfile.TarInfo(f"NAB-commit/results/{name}")
    member.size = len(text.encode())
    tar.addfile(member, io.BytesIO(text.encode()))


def as_lists(scores):
    return {d: {name: list(v) for name, v in mine.items()} for d, mine in scores.items()}


def test_scores_come_back_to_the_last_digit_the_second_time_without_the_archive(archive, cache):
    path = archive()
    assert as_lists(nab_results.stored_scores(ROWS)) == SCORES
    path.unlink()
    again = nab_results.stored_scores(ROWS)
    assert as_lists(again) == SCORES
    assert all(v.dtype == np.float64 for mine in again.values() for v in mine.values())


def test_another_archive_is_refused_by_name(archive, monkeypatch):
    path = archive()
    monkeypatch.setattr(nab_results, "SHA256", "0" * 64)
    with pytest.raises(DataError, match=rf"{path}.*copy the file again"):
        nab_results.stored_scores(ROWS)


def test_without_the_archive_the_reader_is_told_where_to_put_it(archive):
    archive().unlink()
    with pytest.raises(DataUnavailable, match=rf"{nab_results.ARCHIVE}.*TSADBOOK_DATA"):
        nab_results.stored_scores(ROWS)


def test_a_missing_series_and_a_missing_row_are_named(archive):
    archive()
    with pytest.raises(DataError, match="numenta has no scores of realTraffic/other"):
        nab_results.stored_scores({"realTraffic/other": 3})
    with pytest.raises(DataError, match="3 scores of realTraffic/speed, whose rows are 4"):
        nab_results.stored_scores(ROWS | {"realTraffic/speed": 4})


def test_a_run_that_is_stopped_leaves_no_parsed_copy(archive, cache, monkeypatch):
    archive()

    def stopped(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", stopped)
        with pytest.raises(KeyboardInterrupt):
            nab_results.stored_scores(ROWS)
    assert [p for p in cache.rglob("*") if p.is_file()] == []
    assert as_lists(nab_results.stored_scores(ROWS)) == SCORES


def test_a_spoilt_parsed_copy_is_reported_and_made_again(archive, cache, capsys):
    archive()
    nab_results.stored_scores(ROWS)
    (parsed,) = cache.rglob("*.npz")
    content = bytearray(parsed.read_bytes())
    content[200] ^= 1
    parsed.write_bytes(content)
    assert as_lists(nab_results.stored_scores(ROWS)) == SCORES
    assert str(parsed) in capsys.readouterr().err


@pytest.mark.parametrize("place", ["results/final_results.json", "final_results.json"])
def test_the_scoreboard_is_found_in_either_place_and_checked(
    cache, tmp_path, monkeypatch, place, real_data
):
    text = (real_data / "nab/final_results.json").read_text()
    path = tmp_path / "mirror/nab" / place
    path.parent.mkdir(parents=True)
    path.write_text(text)
    monkeypatch.setenv("TSADBOOK_DATA", str(tmp_path / "mirror"))
    assert nab_results.published()["numenta"]["standard"] == 70.10105611943965
    path.write_text(text.replace("70.1", "99.9"))
    with pytest.raises(DataError, match=str(path)):
        nab_results.published()
