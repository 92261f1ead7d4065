"""Cut a series into windows, and carry what is known of windows back to its rows.

Window i of a series of n rows covers rows i to i + size - 1; there are n - size + 1 of them.
"""

from __future__ import annotations

import numpy as np

from tsadbook.checks import check_numbers, check_rows


def sliding_windows(values, size: int) -> np.ndarray:
    """Every window of `size` consecutive rows, as a read-only view: nothing is copied.

    Parameters
    ----------
    values : shape (n,) or (n, features).
    size : rows in a window.

    Returns
    -------
    Array of shape (n - size + 1, size, features); features is 1 for a 1-D input.

    Raises
    ------
    ValueError : the series is shorter than a window, `size` is not positive, or a value is masked.

    Examples
    --------
    >>> sliding_windows([1, 2, 3, 4], 3)[..., 0]
    array([[1, 2, 3],
           [2, 3, 4]])
    """
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError("some values are masked, which windows cannot be; fill such rows first")
    values = np.asarray(values)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2:
        raise ValueError(f"values must be (n,) or (n, features), not of shape {values.shape}")
    if size < 1:
        raise ValueError(f"a window has at least one row, not {size}")
    if len(values) < size:
        raise ValueError(
            f"the series has {len(values)} rows, fewer than one window of {size}; "
            "use a longer series or a shorter window"
        )
    view = np.lib.stride_tricks.sliding_window_view(values, size, axis=0)
    return np.moveaxis(view, -1, 1)


def score_rows(window_scores, size: int, n_rows: int, how: str = "mean") -> np.ndarray:
    """One score per row from one score per window.

    Parameters
    ----------
    window_scores : shape (n_rows - size + 1,); NaN is left out of mean, min and max, and infinity
        is not.
    how : "mean", "min" or "max" over the windows that cover the row, which looks ahead by up to
        size - 1 rows; or "last", the score of the window that ends at the row, which does not and
        leaves the first size - 1 rows NaN.

    Returns
    -------
    Array of shape (n_rows,).

    Examples
    --------
    >>> score_rows([1.0, 5.0], size=3, n_rows=4)
    array([1., 3., 3., 5.])
    >>> score_rows([1.0, 5.0], size=3, n_rows=4, how="last")
    array([nan, nan,  1.,  5.])
    """
    scores = _per_window(check_numbers(window_scores, "scores of windows"), size, n_rows)
    if how == "last":
        return np.concatenate([np.full(size - 1, np.nan), scores])
    if how not in ("mean", "min", "max"):
        raise ValueError(f'how is "mean", "min", "max" or "last", not {how!r}')
    padded = np.full(n_rows + size - 1, np.nan)
    padded[size - 1 : size - 1 + len(scores)] = scores
    return getattr(np, f"nan{how}")(sliding_windows(padded, size)[..., 0], axis=1)


def all_windows_agree(window_flags, size: int, n_rows: int) -> np.ndarray:
    """Flag the rows all of whose `size` windows are flagged.

    The first and last size - 1 rows have fewer windows than that and are never flagged.

    Parameters
    ----------
    window_flags : bool, shape (n_rows - size + 1,).

    Returns
    -------
    Array of bool, shape (n_rows,).

    Examples
    --------
    >>> all_windows_agree([True, True, False], size=2, n_rows=4)
    array([False,  True, False, False])
    """
    flags = _per_window(check_rows(window_flags, "flags of windows"), size, n_rows)
    covering = np.convolve(flags, np.ones(size, dtype=int))  # flagged windows over each row
    return covering == size


def _per_window(values: np.ndarray, size: int, n_rows: int) -> np.ndarray:
    if n_rows < size:
        raise ValueError(f"the series has {n_rows} rows, fewer than one window of {size}")
    if values.shape != (n_rows - size + 1,):
        raise ValueError(
            f"a series of {n_rows} rows has {n_rows - size + 1} windows of {size}, "
            f"got an array of shape {values.shape}"
        )
    return values
