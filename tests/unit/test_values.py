"""What is written of a finding is what its reader finds in the file."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsadbook.registers.values import as_ranges, from_ranges, plain

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
def test_what_is_written_of_each_type(value, written):
    found = json.loads(json.dumps(plain(value), allow_nan=False))
    assert found == written
    assert type(found) is type(written)  # True is no 1


@pytest.mark.parametrize("value", [{1, 2}, object(), pd.DataFrame({"a": [1]}), [b"x"]])
def test_what_has_no_json_form_is_refused(value):
    with pytest.raises(TypeError, match="cannot record a"):
        plain(value)


def test_no_value_of_a_series_is_lost():
    """NAB has duplicate time stamps, and a JSON object has each key once."""
    with pytest.raises(ValueError, match="index repeats"):
        plain(pd.Series([1, 2], index=DAYS[[0, 0]]))


@given(st.lists(st.integers(0, 60)))
def test_ranges_come_back_as_the_sorted_rows(rows):
    assert from_ranges(as_ranges(rows)) == sorted(rows)


def test_ranges_are_written_as_published():
    rows = np.array([2522, 1946, *range(2701, 3101)])
    assert as_ranges(rows) == "1946, 2522, 2701..3100"
    assert as_ranges([5, 6]) == "5..6"
    assert as_ranges([]) == ""
