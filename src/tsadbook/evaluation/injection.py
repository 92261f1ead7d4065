"""Anomalies put into a series on purpose: what a detector finds where nobody has labelled anything.

They are put into copies, one kind and size at a time, so that each is judged by itself. What is
found is what was flagged because of the anomaly: a row that was flagged without it does not count.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tsadbook.checks import check_numbers, check_rows, check_series

SIZES = {"spike": (3, 5, 10), "shift": (3, 5, 10), "burst": (2, 3, 5), "flat": (5, 10, 20)}
UNITS = {"spike": "deviations", "shift": "deviations", "burst": "factor", "flat": "rows"}
BEFORE = 60  # rows whose deviation is the unit of a spike and of a shift
LONGEST = 20  # rows that an anomaly touches at most


def copies(returns: pd.Series, row: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The series with one anomaly from a row on, once for each kind and size of `SIZES`.

    Parameters
    ----------
    returns : differences from row to row, such as log returns, shape (n,).
    row : where each anomaly begins.

    Returns
    -------
    Two frames with the index of the series and a column a case, such as ("spike", 5): the values,
    and whether the anomaly touches the row. A *spike* goes up and back again a row later, a *shift*
    goes down and stays, both in deviations of the `BEFORE` rows before; a *burst* multiplies ten
    rows; a *flat* stretch of so many rows does not move.

    Raises
    ------
    ValueError : too few rows before the anomaly, or after it.

    Examples
    --------
    >>> returns = pd.Series([1.0, -1.0] * 50)
    >>> values, touched = copies(returns, 70)
    >>> values["flat", 5].iloc[69:76].tolist()
    [-1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0]
    >>> touched.sum().to_dict()["spike", 10]
    2
    """
    returns = check_series(returns)
    if not BEFORE <= row <= len(returns) - LONGEST:
        raise ValueError(
            f"an anomaly at row {row} of {len(returns)}: there must be {BEFORE} rows before it and "
            f"{LONGEST} from it on"
        )
    cases = pd.MultiIndex.from_tuples([(kind, size) for kind in SIZES for size in SIZES[kind]])
    values = pd.DataFrame(np.tile(returns.to_numpy()[:, None], len(cases)), returns.index, cases)
    touched = pd.DataFrame(False, returns.index, cases)
    sigma = returns.iloc[row - BEFORE : row].std()
    for column, (kind, size) in enumerate(cases):
        rows = slice(row, row + {"spike": 2, "shift": 1, "burst": 10, "flat": size}[kind])
        if kind == "spike":
            values.iloc[rows, column] += [-size * sigma, size * sigma]
        elif kind == "shift":
            values.iloc[rows, column] -= size * sigma
        elif kind == "burst":
            values.iloc[rows, column] *= size
        else:
            values.iloc[rows, column] = 0.0
        touched.iloc[rows, column] = True
    return values, touched


def places(index: pd.DatetimeIndex, years, a_year: int = 2, within: int = 100) -> list[int]:
    """Rows at which anomalies begin: so many a year, drawn from the first rows of each year.

    They are the same in every run, so that detectors and seeds are compared on the same days.

    >>> places(pd.date_range("2020-01-01", "2021-12-31"), [2021], a_year=1)
    [451]
    """
    rng = np.random.default_rng(0)
    first = {year: int(np.flatnonzero(index.year == year)[0]) for year in years}
    return [
        first[year] + int(row)
        for year in years
        for row in rng.choice(within, a_year, replace=False)
    ]


def share_found(
    returns: pd.Series,
    rows: list[int],
    score: Callable[[pd.DataFrame], np.ndarray | pd.DataFrame],
    limit: pd.Series,
    flags: pd.Series,
) -> pd.Series:
    """The share of the anomalies of each kind and size that a detector finds.

    Parameters
    ----------
    returns : as for `copies`.
    rows : where they begin, such as `places` gives them.
    score : takes copies up to the last row of the longest anomaly, shape (rows, cases), and returns
        the scores of these rows, or of the last ones of them, `LONGEST` at least.
    limit : the threshold of each row, shape (n,).
    flags : whether each row is flagged without an anomaly, bool, shape (n,).

    Returns
    -------
    The share by case; an anomaly is found if a row of it is flagged that was not flagged before.
    """
    limit, flags = check_numbers(limit, "thresholds"), check_rows(flags)
    found = []
    for row in rows:
        values, touched = copies(returns, row)
        there = slice(row, row + LONGEST)
        scores = np.asarray(score(values.iloc[: there.stop]))[-LONGEST:]
        new = (scores > limit[there, None]) & ~flags[there, None]
        found.append((new & touched.to_numpy()[there]).any(axis=0))
    return pd.Series(np.mean(found, axis=0), touched.columns)
