"""What a notebook records is what its reader finds in the file."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsadbook.datasets import Dataset
from tsadbook.registers.recorder import Recorder
from tsadbook.registers.values import as_ranges, from_ranges


def dataset(name: str, sha256: str) -> Dataset:
    origin = "file.csv" if sha256 else "stand-in"
    return Dataset(name, pd.Series([1.0]), pd.DatetimeIndex([]), (), origin, sha256)


@pytest.fixture(autouse=True)
def not_recording(monkeypatch):
    monkeypatch.delenv("TSADBOOK_RECORD", raising=False)


@pytest.fixture
def target(tmp_path, monkeypatch, not_recording):
    """The file that TSADBOOK_RECORD names, in a folder that is the current one too."""
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TSADBOOK_RECORD", str(tmp_path / "out" / "record.json"))
    return tmp_path / "out" / "record.json"


def read(path):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(path.read_text(), parse_constant=refuse)


def test_nothing_is_written_unless_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = Recorder("01_test", data=[], seed=1)
    record("a", 1)
    record.time("b", 2.0)
    assert (record.found, record.times) == ({"a": 1}, {"b": 2.0})
    assert list(tmp_path.iterdir()) == []


def test_the_file_says_what_the_findings_rest_on(target):
    record = Recorder("01_test", data=[dataset("sp500", "ab12")], seed=42)
    record("first", 1)
    record("second", "two")
    assert read(target) == {
        "notebook": "01_test",
        "seed": 42,
        "data": {"sp500": "ab12"},
        "stand_in": False,
        "found": {"first": 1, "second": "two"},
    }


def test_one_stand_in_marks_the_whole_record(target):
    record = Recorder("01_test", data=[dataset("sp500", "ab12"), dataset("taxi", "")])
    record("first", 1)
    assert read(target)["data"] == {"sp500": "ab12", "taxi": "stand-in"}
    assert read(target)["stand_in"] is True


def test_times_have_a_file_of_their_own(target):
    record = Recorder("01_test", data=[])
    record("finding", 1)
    before = target.read_text()
    record.time("speed", {"epoch_s": np.float32(0.5)})
    assert target.read_text() == before
    assert read(target.with_name("record.times.json"))["found"] == {"speed": {"epoch_s": 0.5}}
    assert {p.name for p in target.parent.iterdir()} == {"record.json", "record.times.json"}


@pytest.mark.parametrize("first", [Recorder.__call__, Recorder.time])
@pytest.mark.parametrize("second", [Recorder.__call__, Recorder.time])
def test_an_id_is_recorded_once(first, second):
    record = Recorder("01_test", data=[])
    first(record, "same", 1)
    with pytest.raises(ValueError, match="'same' is recorded already"):
        second(record, "same", 2)
    assert record.found | record.times == {"same": 1}


DAYS = pd.DatetimeIndex(["2018-02-06", "2018-02-07"])
VALUES = {
    "NaN": (float("nan"), None),
    "NaN in an array": (np.array([1.5, np.nan]), [1.5, None]),
    "NaN in a Series": (pd.Series({"a": np.nan}), {"a": None}),
    "numpy numbers": ({"n": np.int64(3), "x": np.float64(0.1)}, {"n": 3, "x": 0.1}),
    "numpy flag": (np.bool_(True), True),
    "flags": (np.array([[True], [False]]), [[True], [False]]),
    "shape": ((7782, 1), [7782, 1]),
    "text": ("standard", "standard"),
    "nothing": (None, None),
    "row numbers as keys": ({2081: (30.482, np.float64(-6.5))}, {"2081": [30.482, -6.5]}),
    "days": (pd.Series([1.0, 2.0], DAYS), {"2018-02-06": 1.0, "2018-02-07": 2.0}),
    "time of day": (pd.Timestamp("2018-02-06 21:15"), "2018-02-06 21:15:00"),
    "index of time stamps": (DAYS, ["2018-02-06", "2018-02-07"]),
    "array of time stamps": (DAYS.to_numpy(), ["2018-02-06", "2018-02-07"]),
    "one numpy time stamp": (DAYS.to_numpy()[0], "2018-02-06"),
}


@pytest.mark.parametrize("value, written", VALUES.values(), ids=VALUES)
def test_what_is_written_of_each_type(target, value, written):
    Recorder("01_test", data=[])("id", value)
    found = read(target)["found"]["id"]
    assert found == written
    assert type(found) is type(written)  # True is no 1


@pytest.mark.parametrize("value", [{1, 2}, object(), pd.DataFrame({"a": [1]}), [b"x"]])
def test_what_has_no_json_form_is_refused(target, value):
    with pytest.raises(TypeError, match="cannot record a"):
        Recorder("01_test", data=[])("id", value)
    assert not target.exists()


def test_no_value_of_a_series_is_lost():
    """NAB has duplicate time stamps, and a JSON object has each key once."""
    with pytest.raises(ValueError, match="index repeats"):
        Recorder("01_test", data=[])("id", pd.Series([1, 2], index=DAYS[[0, 0]]))


@given(st.lists(st.integers(0, 60)))
def test_ranges_come_back_as_the_sorted_rows(rows):
    assert from_ranges(as_ranges(rows)) == sorted(rows)


def test_ranges_are_written_as_published():
    rows = np.array([2522, 1946, *range(2701, 3101)])
    assert as_ranges(rows) == "1946, 2522, 2701..3100"
    assert as_ranges([5, 6]) == "5..6"
    assert as_ranges([]) == ""
