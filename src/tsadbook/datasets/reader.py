"""Read one series from a CSV file, and refuse what would silently spoil a detector."""

from __future__ import annotations

from os import PathLike

import numpy as np
import pandas as pd

from tsadbook.datasets.errors import DataError


def read_csv(
    path: str | PathLike,
    timestamp: str = "timestamp",
    value: str = "value",
    *,
    order: str = "strict",
) -> pd.Series:
    """Read a column of numbers on a column of time stamps.

    Parameters
    ----------
    path : a CSV file with a header line.
    timestamp, value : the names of the two columns; others are ignored.
    order : "strict" refuses duplicate and backward time stamps, "as it is" keeps them
        (`irregularities` then counts them).

    Returns
    -------
    Series of float64, shape (n,), in the order of the file, named `value`.

    Raises
    ------
    DataError : naming the file, the line (the header is line 1) and what to do about it.
    """
    if order not in ("strict", "as it is"):
        raise ValueError(f'order is "strict" or "as it is", not {order!r}')
    frame = _read_text(path, timestamp, value)
    index = _parse_times(path, frame[timestamp])
    values = _parse_numbers(path, frame[value])
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
    """
    step = _steps(series.index)
    forward = step[step > pd.Timedelta(0)]
    return {
        "duplicates": int(series.index.duplicated().sum()),
        "backward": int((step < pd.Timedelta(0)).sum()),
        "gaps": int((forward > forward.mode().min()).sum()),
    }


def _steps(index: pd.DatetimeIndex) -> pd.Series:
    return index.to_series().diff().iloc[1:]


def _read_text(path, timestamp: str, value: str) -> pd.DataFrame:
    """The two columns as text, so that every check can name the line that fails it."""
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, skip_blank_lines=False)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file; check the path") from None
    except pd.errors.EmptyDataError:
        raise DataError(f"{path}: the file is empty; fetch or export it again") from None
    except pd.errors.ParserError as error:
        raise DataError(
            f"{path}: not a readable CSV ({str(error).strip()}); mend that line"
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text ({error}); save it as UTF-8") from None
    if not isinstance(frame.index, pd.RangeIndex):  # pandas takes what is too much for an index
        raise DataError(
            f"{path}, line 2: more fields than the header in line 1; mend the header or the lines"
        )
    frame.index += 2  # line numbers: the header is line 1
    for column in (timestamp, value):
        if column not in frame.columns:
            there = ", ".join(map(repr, frame.columns))
            raise DataError(
                f"{path}, line 1: no column {column!r}, only {there}; "
                'name the columns with timestamp="..." and value="..."'
            )
    frame = frame[[timestamp, value]].fillna("")  # a short line leaves gaps
    blank = (frame == "").all(axis=1)
    while len(frame) and blank.iloc[-1]:  # blank lines at the end mean nothing
        frame, blank = frame.iloc[:-1], blank.iloc[:-1]
    if frame.empty:
        raise DataError(f"{path}: a header and no rows; fetch or export it again")
    return frame


def _parse_times(path, text: pd.Series) -> pd.DatetimeIndex:
    try:
        times = pd.to_datetime(text, errors="coerce", format="ISO8601")
    except ValueError:
        raise DataError(
            f"{path}: time stamps of several time zones; write them all in UTC"
        ) from None
    times = times.where(text.str.match(r"\s*\d"))  # pandas reads "now" and "today" off the clock
    _refuse(path, text, times.isna(), "is no time stamp", "write it as YYYY-MM-DD HH:MM:SS")
    return pd.DatetimeIndex(times, name=text.name)


def _parse_numbers(path, text: pd.Series) -> np.ndarray:
    _refuse(
        path,
        text,
        text.str.strip().str.lower().isin(["", "nan", "na", "null", "none"]),
        "is a missing value",
        "drop the row or fill it in",
    )
    # float() reads the digits exactly; pandas' fast parser can be one unit in the last place off.
    numbers = np.array([_number(t) for t in text])
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
