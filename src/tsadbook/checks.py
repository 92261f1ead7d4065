"""What every door asks of its input: series, scores, flags and labels, one a row.

Each check returns the array that the caller goes on with, or says in one line which row is wrong
and what mends it. What an array masks, or pandas has as missing, is NaN and never the value below.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

LARGEST = 1e150  # the square of what lies beyond may be infinite, and with it every deviation
ROUNDING = 1e-12


def varies(deviation, largest):
    """Whether a deviation is more than rounding, beside the largest absolute value that it is of.

    24 times 0.1 have the deviation 1.4e-17, and values that should be equal may differ in their
    last digits when a program computed them. So it is compared with the values, and not with 0.
    """
    return deviation > ROUNDING * largest


def check_numbers(values, what: str = "scores") -> np.ndarray:
    """The values as floats, shape (n,); NaN where one is masked or missing.

    Raises
    ------
    ValueError : not one number per row.
    """
    try:
        if isinstance(values, np.ma.MaskedArray):
            numbers = values.astype(float).filled(np.nan)
        elif isinstance(values, pd.Series | pd.api.extensions.ExtensionArray):
            numbers = values.to_numpy(dtype=float, na_value=np.nan)
        else:
            numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{what} must be one number per row, shape (n,)") from None
    if numbers.ndim != 1:
        raise ValueError(f"{what} must be one number per row, shape (n,), not {numbers.shape}")
    return numbers


def check_series(X) -> pd.Series:
    """The values as a Series of floats, with its index if it has one.

    Raises
    ------
    ValueError : not one-dimensional, empty, or with a value that is no finite number, or too large
        to be squared.
    """
    X = pd.Series(check_numbers(X, "X"), X.index if isinstance(X, pd.Series) else None)
    if X.empty:
        raise ValueError("X is empty")
    usable = (X.abs() <= LARGEST).to_numpy()
    if not usable.all():
        row = int(np.flatnonzero(~usable)[0])
        raise ValueError(f"row {row} of X is {X.iloc[row]}; fill or leave out such rows first")
    return X


def check_varies(X, deviation, what: str = "values") -> None:
    """That training values have a deviation to be divided by, or ValueError."""
    if not varies(deviation, np.abs(X).max()):
        raise ValueError(
            f"the {len(X)} training {what} do not vary; fit to a part in which the series moves"
        )


def check_scores(scores, what: str = "scores") -> np.ndarray:
    """The scores as floats, shape (n,); beyond 1e150 infinite, as their squares may be.

    Raises
    ------
    ValueError : not one-dimensional, empty, or all NaN.
    """
    scores = check_numbers(scores, what)
    if scores.size == 0 or np.isnan(scores).all():
        raise ValueError(f"there are no {what}: the array is empty or all NaN")
    return np.where(np.abs(scores) > LARGEST, np.copysign(np.inf, scores), scores)


def check_rows(values, what: str = "flags") -> np.ndarray:
    """Flags or labels as bool, shape (n,): true or false, or 1 or 0, and nothing else.

    Raises
    ------
    ValueError : other values, such as the -1 and 1 of scikit-learn's `predict`, scores, text, or a
        row that is NaN, missing or masked.
    """
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        values = np.where(np.ma.getmaskarray(values), None, values.data)
    found = np.asarray(values)
    if found.ndim != 1:
        raise ValueError(f"{what} must be one for each row, shape (n,), not {found.shape}")
    if found.dtype == bool:
        return found
    each = [None if value is pd.NA else value for value in found.tolist()]
    row = next((row for row, value in enumerate(each) if value not in (0, 1)), None)
    if row is None:
        return np.array(each, dtype=bool)
    if set(each) <= {-1, 0, 1}:
        remedy = "where -1 is an anomaly, as in scikit-learn, take `predict(...) == -1`"
    elif each[row] is None or each[row] != each[row]:
        remedy = "leave out such rows, or decide what they are"
    elif isinstance(each[row], int | float):
        remedy = "take `scores > threshold` of scores, `values == value` of classes"
    else:
        remedy = "take `values == value` of names"
    raise ValueError(
        f"{what} are true or false, or 1 or 0, for each row, and row {row} is "
        f"{each[row]!r}; {remedy}"
    )


def check_flags(index: pd.DatetimeIndex, flags) -> np.ndarray:
    """The flags as bool, shape (n,): one for each time stamp.

    Raises
    ------
    ValueError : another number of flags than time stamps, values that are no flags, or a row
        without a time stamp.
    """
    if np.shape(flags) != (len(index),):
        raise ValueError(f"{len(index)} time stamps and flags of shape {np.shape(flags)}")
    flags = check_rows(flags)
    if index.hasnans:
        row = int(np.flatnonzero(index.isna())[0])
        raise ValueError(f"row {row} has no time stamp (NaT); leave out such rows first")
    return flags


def check_bools(labelled, flags) -> tuple[np.ndarray, np.ndarray]:
    """Both as bool arrays of one shape (n,), or ValueError."""
    labelled, flags = check_rows(labelled, "labels"), check_rows(flags)
    _same_rows(labelled, flags, "flags")
    return labelled, flags


def check_scored(labelled, scores) -> tuple[np.ndarray, np.ndarray]:
    """Labels as bool and scores as float, both of shape (n,), or ValueError."""
    labelled, scores = check_rows(labelled, "labels"), check_numbers(scores)
    _same_rows(labelled, scores, "scores")
    if np.isnan(scores).any():
        raise ValueError(
            f"the score of row {int(np.isnan(scores).argmax())} is NaN; leave out the rows that "
            "the detector cannot judge, or give them its lowest score"
        )
    return labelled, scores


def _same_rows(labelled: np.ndarray, others: np.ndarray, what: str) -> None:
    if labelled.ndim != 1 or labelled.shape != others.shape or not len(labelled):
        raise ValueError(
            f"labels of shape {labelled.shape} and {what} of shape {others.shape}; "
            "one of each is needed for each row"
        )
