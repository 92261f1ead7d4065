"""Anomalies put into a series on purpose: what a detector finds where nobody has labelled anything.

They are put into copies, one kind and size at a time, so that each is judged by itself. What is
found is what was flagged because of the anomaly: a row that was flagged without it does not count.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tsadbook.checks import check_series

SIZES = {"spike": (3, 5, 10), "shift": (3, 5, 10), "burst": (2, 3, 5), "flat": (5, 10, 20)}
BEFORE = 60  # rows whose deviation is the unit of a spike and of a shift


def copies(returns: pd.Series, row: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The series with one anomaly from a row on, once for each kind and size of `SIZES`.

    Parameters
    ----------
    returns : differences from row to row, such as log returns, shape (n,).
    row : where each anomaly begins, at least `BEFORE`.

    Returns
    -------
    Two frames with the index of the series and a column a case, such as "spike 5": the values, and
    whether the anomaly touches the row. A *spike* goes up and back again a row later, a *shift*
    goes down and stays, both in deviations of the rows before; a *burst* multiplies ten rows; a
    *flat* stretch of so many rows does not move.

    Raises
    ------
    ValueError : too few rows before the anomaly, or after it.
    """
    returns = check_series(returns)
    longest = max(SIZES["flat"])
    if not BEFORE <= row <= len(returns) - longest:
        raise ValueError(
            f"an anomaly at row {row} of {len(returns)}: there must be {BEFORE} rows before it and "
            f"{longest} from it on"
        )
    names = [f"{kind} {size}" for kind, sizes in SIZES.items() for size in sizes]
    values = pd.DataFrame({name: returns for name in names})
    touched = pd.DataFrame(False, values.index, names)
    sigma = returns.iloc[row - BEFORE : row].std()
    for column, name in enumerate(names):
        kind, size = name.split()
        size = int(size)
        rows = slice(row, row + {"spike": 2, "shift": 1, "burst": 10, "flat": size}[kind])
        own = values.iloc[rows, column]
        if kind == "spike":
            own = own + [-size * sigma, size * sigma]
        elif kind == "shift":
            own = own - size * sigma
        else:
            own = own * (size if kind == "burst" else 0)
        values.iloc[rows, column] = own
        touched.iloc[rows, column] = True
    return values, touched


def places(index: pd.DatetimeIndex, years, a_year: int = 2, within: int = 100) -> list[int]:
    """Rows at which anomalies begin: so many a year, drawn from the first rows of each year.

    They are the same in every run, so that detectors and seeds are compared on the same days.
    """
    rng = np.random.default_rng(0)
    first = {year: int(np.flatnonzero(index.year == year)[0]) for year in years}
    return [
        first[year] + int(row)
        for year in years
        for row in rng.choice(within, a_year, replace=False)
    ]


def share_found(
    returns: pd.Series, rows: list[int], judge: Callable[[pd.DataFrame, slice], np.ndarray], flags
) -> pd.Series:
    """The share of the anomalies of each kind and size that a detector finds.

    Parameters
    ----------
    returns : as for `copies`.
    rows : where they begin, such as `places` gives them.
    judge : takes the copies and a slice of rows, and returns whether each of these rows is flagged,
        bool, of shape (rows, cases).
    flags : whether each row is flagged without an anomaly, bool, shape (n,).

    Returns
    -------
    The share by case; an anomaly is found if a row of it is flagged that was not flagged before.
    """
    flags, found = np.asarray(flags, dtype=bool), []
    for row in rows:
        values, touched = copies(returns, row)
        there = slice(row, row + max(SIZES["flat"]))
        new = np.asarray(judge(values, there), dtype=bool) & ~flags[there, None]
        found.append((new & touched.to_numpy()[there]).any(axis=0))
    return pd.Series(np.mean(found, axis=0), touched.columns)
