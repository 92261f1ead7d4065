"""Hold flags against labels."""

from __future__ import annotations

import numpy as np
import pandas as pd


def label_rows(index: pd.DatetimeIndex, events) -> np.ndarray:
    """Which rows are labelled.

    Parameters
    ----------
    index : time stamps of the series, shape (n,); duplicates are each labelled.
    events : instants (a DatetimeIndex), or (start, end) windows with both ends included.

    Returns
    -------
    Array of bool, shape (n,).
    """
    if isinstance(events, pd.DatetimeIndex):
        return np.asarray(index.isin(events))
    labelled = np.zeros(len(index), dtype=bool)
    for start, end in events:
        labelled |= (index >= start) & (index <= end)
    return labelled


def windows_found(index: pd.DatetimeIndex, flags, windows) -> int:
    """How many label windows hold at least one flagged row."""
    flagged = index[np.asarray(flags, dtype=bool)]
    return sum(bool(((flagged >= start) & (flagged <= end)).any()) for start, end in windows)


def jaccard(rows_a, rows_b) -> float:
    """Overlap of two sets of rows: shared / in either. Two empty sets agree: 1."""
    a, b = set(rows_a), set(rows_b)
    return len(a & b) / len(a | b) if a | b else 1.0
