"""What a CSV file may hold, and what its reader is told when it holds something else."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tsadbook.datasets import DataError, irregularities, read_csv

HEADER = "timestamp,value\n"
TWO_DAYS = HEADER + "2014-01-01,1\n2014-01-02,2\n"

# content, where the message points, the remedy that it names
BAD = {
    "empty file": ("", "", "fetch or export it again"),
    "header only": (HEADER, "", "fetch or export it again"),
    "header and blank lines": (HEADER + "\n\n", "", "fetch or export it again"),
    "time column missing": ("date,value\n2014-01-01,1\n", "line 1", 'timestamp="..."'),
    "value column missing": ("timestamp,close\n2014-01-01,1\n", "line 1", 'value="..."'),
    "text among numbers": (TWO_DAYS + "2014-01-03,high\n", "line 4", "mend or drop the row"),
    "digits with an underscore": (HEADER + "2014-01-01,1_000\n", "line 2", "mend or drop the row"),
    "infinity": (TWO_DAYS + "2014-01-03,-inf\n", "line 4", "mend or drop the row"),
    "too large a number": (TWO_DAYS + "2014-01-03,1e999\n", "line 4", "mend or drop the row"),
    "NaN": (TWO_DAYS + "2014-01-03,NaN\n2014-01-04,4\n", "line 4", "fill it in"),
    "blank value": (TWO_DAYS + "2014-01-03,\n2014-01-04,4\n", "line 4", "fill it in"),
    "bad time stamp": (TWO_DAYS + "yesterday,3\n", "line 4", "YYYY-MM-DD HH:MM:SS"),
    "blank time stamp": (TWO_DAYS + ",3\n", "line 4", "YYYY-MM-DD HH:MM:SS"),
    "the clock for a time stamp": (HEADER + "now,3\n", "line 2", "YYYY-MM-DD HH:MM:SS"),
    "blank line between": (HEADER + "2014-01-01,1\n\n2014-01-03,3\n", "line 3", "YYYY-MM-DD"),
    "backward": (TWO_DAYS + "2014-01-01 12:00:00,3\n", "line 4", 'order="as it is"'),
    "duplicate": (TWO_DAYS + "2014-01-02,3\n", "line 4", 'order="as it is"'),
    "too many fields": (TWO_DAYS + "2014-01-03,3,4\n", "line 4", "mend that line"),
    "too many fields everywhere": (HEADER + "2014-01-01,1,2\n", "line 2", "mend the header"),
    "too few fields": (TWO_DAYS + "2014-01-03\n2014-01-04,4\n", "line 4", "fill it in"),
    "two time zones": (
        HEADER + "2014-03-30T01:00+01:00,1\n2014-03-30T03:00+02:00,2\n",
        "",
        "write them all in UTC",
    ),
    "not UTF-8": (TWO_DAYS.encode() + b"2014-01-03,3\xe9\n", "", "save it as UTF-8"),
}


@pytest.mark.parametrize("content, place, remedy", BAD.values(), ids=BAD)
def test_bad_input_is_one_error_with_file_line_and_remedy(tmp_path, content, place, remedy):
    path = tmp_path / "series.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        read_csv(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert re.findall(r"line \d+", message)[:1] == ([place] if place else [])
    assert remedy in message
    assert "\n" not in message


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv: there is no such file; check the path"):
        read_csv(tmp_path / "nowhere.csv")


def test_the_first_of_several_bad_lines_is_named_and_the_others_counted(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text(TWO_DAYS + "2014-01-03,a\n2014-01-04,4\n2014-01-05,b\n")
    with pytest.raises(DataError, match=r"line 4: 'a' .*\(2 such lines\)"):
        read_csv(path)


def test_other_columns_blank_lines_at_the_end_and_windows_line_ends(tmp_path):
    path = tmp_path / "series.csv"
    path.write_bytes(
        b"note,value,timestamp\r\nx,1.5,2014-01-01 00:00:00\r\n,-2e3,2014-01-01 00:05:00\r\n"
        b"\r\n\r\n"
    )
    series = read_csv(path)
    index = pd.DatetimeIndex(["2014-01-01 00:00", "2014-01-01 00:05"])
    assert series.index.equals(index)
    assert series.tolist() == [1.5, -2000.0]
    assert (series.dtype, series.name, series.index.name) == (float, "value", "timestamp")


def test_the_columns_can_be_named(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text("day,open,close\n2014-01-01,1,2\n")
    assert read_csv(path, "day", "close").tolist() == [2.0]


def test_one_time_zone_loads(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text(HEADER + "2014-01-01T00:00:00Z,1\n2014-01-01T00:05:00Z,2\n")
    series = read_csv(path)
    assert series.index[1] == pd.Timestamp("2014-01-01 00:05", tz="UTC")
    assert irregularities(series) == {"duplicates": 0, "backward": 0, "gaps": 0}


def test_order_as_it_is_keeps_the_order_of_the_file(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text(
        HEADER + "2014-01-02,1\n2014-01-01,2\n2014-01-01,3\n2014-01-02,4\n2014-01-03,5\n"
        "2014-01-06,6\n2014-01-07,7\n"
    )
    series = read_csv(path, order="as it is")
    assert series.index.day.tolist() == [2, 1, 1, 2, 3, 6, 7]
    assert series.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert irregularities(series) == {"duplicates": 2, "backward": 1, "gaps": 1}


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from([5, 5, 5, 20]), min_size=1, max_size=20),
    st.integers(1, 4),
    st.sampled_from([None, "UTC", "Europe/Berlin"]),
)
def test_a_stamp_that_repeats_is_a_duplicate_and_no_gap(steps, times, zone):
    """In Berlin the clocks are put back on that day: no step between two instants is longer."""
    assume(steps.count(5) > steps.count(20))
    minutes = np.repeat(np.cumsum([0, *steps]), times)
    index = pd.Timestamp("2014-10-25 22:30") + pd.to_timedelta(minutes, unit="min")
    if zone:
        index = index.tz_localize("UTC").tz_convert(zone)
    assert irregularities(pd.Series(0.0, index)) == {
        "duplicates": (times - 1) * (len(steps) + 1),
        "backward": 0,
        "gaps": steps.count(20),
    }


def test_a_misspelt_order_is_refused(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text(TWO_DAYS)
    with pytest.raises(ValueError, match="as is"):
        read_csv(path, order="as is")


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40))
@example([73.96732206999999, 0.1 + 0.2, 5e-324, 1.7976931348623157e308])
def test_numbers_come_back_to_the_last_digit(tmp_path_factory, numbers):
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    times = pd.date_range("2014-01-01", periods=len(numbers), freq="min")
    lines = (f"{time},{number!r}" for time, number in zip(times, numbers, strict=True))
    path.write_text(HEADER + "\n".join(lines) + "\n")
    read = read_csv(path).to_numpy()
    assert read.tobytes() == np.array(numbers).tobytes()
