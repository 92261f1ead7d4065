"""What every door asks of its input: series, scores, flags and labels, one a row.

Each check returns the array that the caller goes on with, or says in one line which row is wrong
and what mends it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def check_series(X) -> pd.Series:
    """The values as a Series of floats, with its index if it has one.

    Raises
    ------
    ValueError : not one-dimensional, empty, or with a value that is no finite number.
    """
    try:
        X = X.astype(float) if isinstance(X, pd.Series) else np.asarray(X, dtype=float)
    except (TypeError, ValueError):
        raise ValueError("X must be one number per row, shape (n,)") from None
    if X.ndim != 1:
        raise ValueError(f"X must be one number per row, shape (n,), not {X.shape}")
    X = pd.Series(X)
    if X.empty:
        raise ValueError("X is empty")
    if not np.isfinite(X.to_numpy()).all():
        row = int(np.flatnonzero(~np.isfinite(X.to_numpy()))[0])
        raise ValueError(f"row {row} of X is {X.iloc[row]}; fill or leave out such rows first")
    return X


def check_scores(scores, what: str = "scores") -> np.ndarray:
    """The scores as floats, shape (n,).

    Raises
    ------
    ValueError : not one-dimensional, empty, or all NaN.
    """
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 1:
        raise ValueError(f"{what} must be one number per row, not of shape {scores.shape}")
    if scores.size == 0 or np.isnan(scores).all():
        raise ValueError(f"there are no {what}: the array is empty or all NaN")
    return scores


def check_flags(index: pd.DatetimeIndex, flags) -> np.ndarray:
    """The flags as bool, shape (n,): one for each time stamp.

    Raises
    ------
    ValueError : another number of flags than time stamps, or a row without a time stamp.
    """
    flags = np.asarray(flags, dtype=bool)
    if flags.shape != (len(index),):
        raise ValueError(f"{len(index)} time stamps and flags of shape {flags.shape}")
    if index.hasnans:
        row = int(np.flatnonzero(index.isna())[0])
        raise ValueError(f"row {row} has no time stamp (NaT); leave out such rows first")
    return flags


def check_bools(labelled, flags) -> tuple[np.ndarray, np.ndarray]:
    """Both as bool arrays of one shape (n,), or ValueError."""
    labelled = _bools("labels", labelled)
    flags = _bools("flags", flags)
    _same_rows(labelled, flags, "flags")
    return labelled, flags


def check_scored(labelled, scores) -> tuple[np.ndarray, np.ndarray]:
    """Labels as bool and scores as float, both of shape (n,), or ValueError."""
    labelled, scores = _bools("labels", labelled), np.asarray(scores, dtype=float)
    _same_rows(labelled, scores, "scores")
    if np.isnan(scores).any():
        raise ValueError(
            f"the score of row {int(np.isnan(scores).argmax())} is NaN; leave out the rows that "
            "the detector cannot judge, or give them its lowest score"
        )
    return labelled, scores


def _bools(what: str, values) -> np.ndarray:
    values = np.asarray(values)
    if values.dtype != bool and not np.isin(values, (0, 1)).all():
        raise ValueError(f"{what} are true or false for each row; here are other values")
    return values.astype(bool)


def _same_rows(labelled: np.ndarray, others: np.ndarray, what: str) -> None:
    if labelled.ndim != 1 or labelled.shape != others.shape or not len(labelled):
        raise ValueError(
            f"labels of shape {labelled.shape} and {what} of shape {others.shape}; "
            "one of each is needed for each row"
        )
