"""What a CSV file may hold, and what its reader is told when it holds something else."""

import csv
import io
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
    "an offset that only some rows have": (
        HEADER + "2014-03-30T01:00+01:00,1\n2014-03-30T03:00,2\n",
        "line 3",
        "write all with their offset",
    ),
    "no header": ("2014-01-01,1\n2014-01-02,2\n", "line 1", "put a line with names above it"),
    "no header, epochs": ("1388534400;1,5\n", "line 1", "such as 'timestamp;value'"),
    "a name twice": ("timestamp,value,value\n2014-01-01,1,2\n", "line 1", "rename one"),
    "unquoted decimal commas": (HEADER + "2014-01-01,1,5\n", "line 2", "decimal comma in quotes"),
    "perhaps thousands": (HEADER + '2014-01-01,"1,500"\n', "line 2", 'decimal=","'),
    "two decimal marks": (
        "timestamp;value\n2014-01-01;1.5\n2014-01-02;1,5\n",
        "line 3",
        "write one decimal mark",
    ),
    "thousands and decimals": (HEADER + '2014-01-01,"1,234.5"\n', "line 2", "between thousands"),
    "an open quote": (HEADER + '2014-01-01,1\n2014-01-02,"2\n2014-01-03,3\n', "line 3", "quotes"),
    "a counter": (HEADER + "1,1\n2,2\n", "line 2", 'unit="s"'),
    "seconds, then milliseconds": (
        HEADER + "1388534400,1\n1388534400001,2\n",
        "line 3",
        'unit="s"',
    ),
    "an hour without hyphens or seconds": (HEADER + "2014010100,1\n", "line 2", "YYYY-MM-DD"),
    "text among epochs": (HEADER + "1388534400,1\nlater,2\n", "line 3", "YYYY-MM-DD HH:MM:SS"),
    "after a quoted line break": (
        'timestamp,note,value\n2014-01-01,"two\nlines",1\n2014-01-02,"and\r\nmore",2\n'
        "2014-01-03,,x\n",
        "line 6",
        "mend or drop the row",
    ),
    "not UTF-8": (TWO_DAYS.encode() + b"2014-01-03,3\xe9\n", "line 4", "save it as UTF-8"),
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


def test_a_change_of_clocks_is_read_in_utc(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text(HEADER + "2014-03-30T01:30+01:00,1\n2014-03-30T03:00+02:00,2\n")
    expected = pd.DatetimeIndex(["2014-03-30 00:30", "2014-03-30 01:00"], tz="UTC")
    assert read_csv(path).index.equals(expected)


def test_what_is_too_large_for_the_unit_that_is_said_is_refused(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text(HEADER + "1388534400000,1\n")
    with pytest.raises(DataError, match=r"line 2: .* after 2262 .* if it counts s; .*unit="):
        read_csv(path, unit="s")
    assert read_csv(path, unit="ms").index[0] == pd.Timestamp("2014-01-01", tz="UTC")


@pytest.mark.parametrize(
    "wrong",
    [{"separator": ", "}, {"separator": ""}, {"decimal": "comma"}, {"unit": "min"}],
    ids=str,
)
def test_a_dialect_that_is_not_there_is_refused(tmp_path, wrong):
    path = tmp_path / "series.csv"
    path.write_text(TWO_DAYS)
    with pytest.raises(ValueError, match="or None to find it, not "):
        read_csv(path, **wrong)


PARIS = "Europe/Paris"
ISO = {
    "a space": lambda t: t.tz_localize(None).isoformat(sep=" "),
    "UTC": lambda t: t.isoformat().replace("+00:00", "Z"),
    "offsets": lambda t: t.tz_convert(PARIS).isoformat(),
}
NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def fraction(number: int, whole: int) -> str:
    """number / whole, a power of ten, without rounding."""
    size, sign = abs(number), "-" * (number < 0)
    rest = f"{size % whole:0{len(str(whole)) - 1}d}".rstrip("0") if size % whole else ""
    return f"{sign}{size // whole}" + (f".{rest}" if rest else "")


@st.composite
def exports(draw):
    """A small series, a file that says it in some dialect, and what that dialect is."""
    seconds = draw(
        st.lists(st.integers(-(10**9), 6 * 10**9), min_size=1, max_size=6, unique=True).map(sorted)
    )
    nanosecond = draw(st.sampled_from([0, 500_000_000, 123_456_789]))
    index = pd.to_datetime([s * 10**9 + nanosecond for s in seconds], unit="ns", utc=True)
    finite = st.floats(allow_nan=False, allow_infinity=False)
    values = draw(
        st.lists(
            finite | st.integers(-9999, 9999).map(lambda n: n / 1000),
            min_size=len(index),
            max_size=len(index),
        )
    )
    form = draw(st.sampled_from([*ISO, *NANOSECONDS]))
    if form in ISO:
        times = [ISO[form](time) for time in index]
    else:
        times = [fraction(n, NANOSECONDS[form]) for n in index.as_unit("ns").asi8.tolist()]
    decimal, separator = draw(st.sampled_from(".,")), draw(st.sampled_from(",;\t|"))
    note = st.text(st.sampled_from('x"\n;,\t|'), max_size=4)
    rows = [
        [draw(note), time, repr(number).replace(".", decimal)]
        for time, number in zip(times, values, strict=True)
    ]
    order = draw(st.permutations(range(3)))
    file = io.StringIO(newline="")
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    writer = csv.writer(file, delimiter=separator, quoting=quoting, lineterminator=end)
    for row in [["note", "timestamp", "value"], *rows]:
        writer.writerow([row[i] for i in order])
    mark, more = draw(st.sampled_from(["", "\ufeff"])), draw(st.sampled_from(["", end]))
    text = mark + file.getvalue() + more
    series = pd.Series(values, index.tz_localize(None) if form == "a space" else index)
    unit = form if form in NANOSECONDS else None
    return series, text, {"separator": separator, "decimal": decimal, "unit": unit}


@given(exports())
@settings(max_examples=100, deadline=None)
def test_every_dialect_is_read_back_or_its_remedy_is(tmp_path_factory, export):
    series, text, said = export
    path = tmp_path_factory.getbasetemp() / "dialect.csv"
    path.write_bytes(text.encode())
    given = {}
    for _ in range(3):  # at most a unit and a decimal mark are asked for
        try:
            found = read_csv(path, **given)
            break
        except DataError as error:
            asked = {name for name in ("decimal", "unit") if f"{name}=" in str(error)}
            assert asked - set(given), error
            given |= {name: said[name] for name in asked}
    for read in (found, read_csv(path, **said)):
        assert read.tolist() == series.tolist()
        assert (read.index == series.index).all()
        assert str(read.index.tz) in ("None", "UTC", "UTC+01:00", "UTC+02:00")


@pytest.mark.parametrize(
    "frequency, zone", [("D", "Europe/Berlin"), ("h", "Europe/Berlin"), ("D", None), ("W", "CET")]
)
def test_a_regular_clock_has_no_gap_where_the_clocks_change(frequency, zone):
    index = pd.date_range("2014-03-01", periods=300, freq=frequency, tz=zone)
    regular = {"duplicates": 0, "backward": 0, "gaps": 0}
    assert irregularities(pd.Series(0, index)) == regular
    assert irregularities(pd.Series(0, index.repeat(2))) == regular | {"duplicates": 300}
    assert irregularities(pd.Series(0, index.delete(7)))["gaps"] == 1
