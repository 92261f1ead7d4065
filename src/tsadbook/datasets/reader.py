"""Read one series from a CSV file, and refuse what would silently spoil a detector."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from tsadbook.datasets.errors import DataError

SEPARATORS = ",;\t|"  # that are looked for
UNITS = {"s": 9, "ms": 6, "us": 3, "ns": 0}  # how many decimals a nanosecond has in each
# From March 1973 to April 2262, where the nanoseconds of 64 bits end, no number fits two units.
EPOCH_S = (10**8, 9_223_372_036)
DAY = re.compile(r"\d{4}-\d\d-\d\d")
COUNT = r"-?\d+(?:\.\d+)?"
CALENDAR = r"\d{4}|\d{8}"  # digits alone that ISO 8601 has: a year, or a day without hyphens
# An hour or a minute written without hyphens, which may also count seconds or milliseconds.
COMPACT = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])(?:[0-5]\d)?"
OFFSET = r"[T\s].*?(Z|[+-]\d\d(?::?\d\d)?)$"
THOUSANDS = r"[+-]?[1-9]\d{0,2}(?:,\d{3})+"
WRITE = "write it as YYYY-MM-DD HH:MM:SS"


def read_csv(
    path: str | PathLike,
    timestamp: str = "timestamp",
    value: str = "value",
    *,
    order: str = "strict",
    separator: str | None = None,
    decimal: str | None = None,
    unit: str | None = None,
) -> pd.Series:
    """Read a column of numbers on a column of time stamps.

    Parameters
    ----------
    path : a UTF-8 text file with a header line, with or without a byte-order mark.
    timestamp, value : the names of the two columns; others are ignored.
    order : "strict" refuses duplicate and backward time stamps, "as it is" keeps them
        (`irregularities` then counts them).
    separator : the character between two fields. None finds a comma, semicolon, tab or bar.
    decimal : "." or ",". None finds it, and refuses a column in which every comma may part
        thousands.
    unit : "s", "ms", "us" or "ns" where time stamps count from 1970. None finds it by the size of
        the numbers, for times from 1973 to 2262.

    Returns
    -------
    Series of float64, shape (n,), in the order of the file, named `value`. Its index has the zone
    that the time stamps have: none, one offset, or UTC where they count from 1970 or have several
    offsets, as across a change of clocks.

    Raises
    ------
    DataError : naming the file, the line in which the row begins (the header is line 1) and what to
        do about it.
    ValueError : order, separator, decimal or unit is none of those above.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     mine = Path(folder) / "mine.csv"
    ...     _ = mine.write_text("timestamp;value\\n1704067200;1,5\\n1704067260;1,75\\n")
    ...     read_csv(mine).to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {Timestamp('2024-01-01 00:00:00+0000', tz='UTC'): 1.5,
     Timestamp('2024-01-01 00:01:00+0000', tz='UTC'): 1.75}
    """
    if order not in ("strict", "as it is"):
        raise ValueError(f'order is "strict" or "as it is", not {order!r}')
    if separator is not None and (not isinstance(separator, str) or len(separator) != 1):
        raise ValueError(f"separator is one character, or None to find it, not {separator!r}")
    if decimal not in (None, ".", ","):
        raise ValueError(f'decimal is "." or ",", or None to find it, not {decimal!r}')
    if unit not in (None, *UNITS):
        raise ValueError(f"unit is one of {', '.join(UNITS)}, or None to find it, not {unit!r}")
    frame = _read_text(path, timestamp, value, separator)
    index = _parse_times(path, frame[timestamp], unit)
    values = _parse_numbers(path, frame[value], decimal)
    if order == "strict":
        _refuse(
            path,
            frame[timestamp].iloc[1:],
            _steps(index) <= pd.Timedelta(0),
            "is not later than the line before it",
            'sort the file and drop duplicates, or read it with order="as it is"',
        )
    return pd.Series(values, index=index, name=value)


def irregularities(series: pd.Series) -> dict[str, int]:
    """Count the time stamps that a regular series would not have.

    Returns
    -------
    duplicates : rows whose time stamp stood in an earlier row.
    backward : rows earlier than the row before them.
    gaps : steps longer than the most frequent step to a later time stamp, the shortest of several.
        Where that is a day or more, a day of 25 hours, when the clocks change, is a day.
    """
    step = _steps(series.index)
    forward = step[step > pd.Timedelta(0)]
    usual = forward.mode().min()  # NaT, and so no gap, where no step leads forward
    long = step > usual
    if usual >= pd.Timedelta("1D"):
        long &= (_steps(series.index.tz_localize(None)) > usual).to_numpy()
    return {
        "duplicates": int(series.index.duplicated().sum()),
        "backward": int((step < pd.Timedelta(0)).sum()),
        "gaps": int(long.sum()),
    }


def _steps(index: pd.DatetimeIndex) -> pd.Series:
    return index.to_series().diff().iloc[1:]


def _read_text(path, timestamp: str, value: str, separator: str | None) -> pd.DataFrame:
    """The two columns as text by line, so that every check can name the line that fails it."""
    lines = _lines(path)
    header, separator = _header(path, lines, timestamp, value, separator)
    begin, rows = [], []
    for line, row in list(_records(path, lines, separator))[1:]:
        if any(row[len(header) :]):
            raise DataError(
                f"{path}, line {line}: {len(row)} fields, and line 1 names {len(header)}; mend "
                "that line, mend the header, or put numbers with a decimal comma in quotes"
            )
        named = dict(zip(header, row, strict=False))  # a short line leaves gaps
        begin.append(line)
        rows.append((named.get(timestamp, ""), named.get(value, "")))
    while rows and not any(rows[-1]):  # blank lines at the end mean nothing
        rows.pop()
    if not rows:
        raise DataError(f"{path}: a header and no rows; fetch or export it again")
    return pd.DataFrame(rows, begin[: len(rows)], [timestamp, value], dtype=object)


def _lines(path) -> list[str]:
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file; check the path") from None
    except OSError as error:
        raise DataError(f"{path}: not to be read ({error.strerror}); check the path") from None
    try:
        text = raw.decode().removeprefix("\ufeff")  # the byte-order mark
    except UnicodeDecodeError as error:
        line = len(list(io.StringIO(raw[: error.start].decode() + "x", newline="")))
        raise DataError(
            f"{path}, line {line}: not UTF-8 text ({error.reason}); save it as UTF-8"
        ) from None
    if not text.strip():
        raise DataError(f"{path}: the file is empty; fetch or export it again")
    return list(io.StringIO(text, newline=""))


def _records(path, lines: list[str], separator: str, strict: bool = True) -> Iterator[tuple]:
    """Each row, its fields stripped, with the line in which it begins: quotes may hold line breaks.

    An open quote would swallow what follows without a word: strict.
    """
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=strict)
    begin = 1
    try:
        for row in reader:
            yield begin, [field.strip() for field in row]
            begin = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}, line {begin}: not a readable CSV ({error}); mend that line's quotes"
        ) from None


def _header(path, lines, timestamp: str, value: str, separator: str | None):
    """The names of the columns, and the separator at which both that are asked for are there."""
    headers = {
        s: next(_records(path, lines, s, strict=False))[1] for s in (separator or SEPARATORS)
    }
    whole = [s for s, names in headers.items() if {timestamp, value} <= set(names)]
    separator = whole[0] if whole else max(headers, key=lambda s: _likely(headers[s]))
    names = headers[separator]
    place, there = f"{path}, line 1", ", ".join(map(repr, names)) or "a blank line"
    if (names and all(map(_is_value, names))) or any(map(DAY.match, names)):
        raise DataError(
            f"{place}: values, {there}, where the names of the columns belong; put a line with "
            f"names above it, such as {separator.join((timestamp, value))!r}"
        )
    for column in (timestamp, value):
        if column not in names:
            apart = ', and what parts them with separator="..."' if len(names) == 1 else ""
            raise DataError(
                f"{place}: no column {column!r}, only {there}; "
                f'name the columns with timestamp="..." and value="..."{apart}'
            )
        if names.count(column) > 1:
            raise DataError(f"{place}: {names.count(column)} columns {column!r}; rename one")
    return names, separator


def _likely(names: list[str]) -> tuple[bool, int]:
    return all(map(_is_value, names)), len(names)


def _is_value(name: str) -> bool:
    return bool(DAY.match(name) or np.isfinite(_number(name.replace(",", "."))))


def _parse_times(path, text: pd.Series, unit: str | None) -> pd.DatetimeIndex:
    first = text.iloc[:1]  # says what the others are to be
    counts = first.str.fullmatch(COUNT) & ~first.str.fullmatch(CALENDAR)
    if unit or counts.all():
        return _count_times(path, text, unit)
    offsets = text.str.extract(OFFSET, expand=False)
    several = len(offsets.fillna("").unique()) > 1
    times = pd.to_datetime(text, errors="coerce", format="ISO8601", utc=several)
    times = times.where(text.str.match(r"\d"))  # pandas reads "now" and "today" off the clock
    _refuse(path, text, times.isna(), "is no time stamp", WRITE)
    if several:
        _refuse(
            path,
            text,
            offsets.isna(),
            "has no offset from UTC, as others have",
            "write all with their offset, such as +00:00, or all without",
        )
    return pd.DatetimeIndex(times, name=text.name)


def _count_times(path, text: pd.Series, unit: str | None) -> pd.DatetimeIndex:
    """Times that count from 1970, to the nanosecond."""
    remedy = f'{WRITE}, or say what it counts: unit="s", "ms", "us" or "ns"'
    counts = text.str.fullmatch(COUNT)
    _refuse(path, text, ~counts, "is no time stamp that counts from 1970", remedy)
    counted = [Decimal(count) for count in text]
    if unit is None:
        least, end = EPOCH_S
        fitting = [u for u in UNITS if least <= counted[0].scaleb(UNITS[u] - 9) < end]
        what = "may count any unit from 1970"
        if text.str.fullmatch(COMPACT).all():
            fitting, what = [], "may be a date without hyphens or count from 1970"
        _refuse(path, text.iloc[:1], [not fitting], what, remedy)
        unit = fitting[0]
        wrong = [not least <= count.scaleb(UNITS[unit] - 9) < end for count in counted]
        _refuse(path, text, wrong, f"does not count {unit} from 1970, as the first does", remedy)
    counted = [int(count.scaleb(UNITS[unit])) for count in counted]
    wrong = [abs(count) >= 2**63 for count in counted]
    _refuse(path, text, wrong, f"is after 2262 or before 1678 if it counts {unit}", remedy)
    return pd.to_datetime(pd.Index(counted, name=text.name), unit="ns", utc=True)


def _parse_numbers(path, text: pd.Series, decimal: str | None) -> np.ndarray:
    _refuse(
        path,
        text,
        text.str.lower().isin(["", "nan", "na", "null", "none"]),
        "is a missing value",
        "drop the row or fill it in",
    )
    comma, point = (text.str.contains(mark, regex=False) for mark in ",.")
    if decimal is None and comma.any():
        _refuse(
            path,
            text,
            comma & point.any(),
            "has a comma, and there are points as well",
            "write one decimal mark, and nothing between thousands",
        )
        _refuse(
            path,
            text,
            comma & text.str.fullmatch(THOUSANDS)[comma].all(),
            "may be a decimal or thousands",
            'read it with decimal=",", or write nothing between thousands',
        )
        decimal = ","
    if decimal == ",":
        _refuse(
            path,
            text,
            point,
            "has a decimal point",
            'write it with a decimal comma, or read it with decimal="."',
        )
    # float() reads the digits exactly; pandas' fast parser can be one unit in the last place off.
    numbers = np.array([_number(t.replace(decimal or ".", ".")) for t in text])
    _refuse(path, text, ~np.isfinite(numbers), "is not a finite number", "mend or drop the row")
    return numbers


def _number(text: str) -> float:
    try:
        return np.nan if "_" in text else float(text)  # Python reads 1_0 as ten
    except ValueError:
        return np.nan


def _refuse(path, text: pd.Series, wrong, what: str, remedy: str) -> None:
    wrong = np.asarray(wrong)
    if wrong.any():
        line = text.index[wrong.argmax()]
        more = f" ({wrong.sum()} such lines)" if wrong.sum() > 1 else ""
        raise DataError(f"{path}, line {line}: {text[line]!r} {what}{more}; {remedy}")
