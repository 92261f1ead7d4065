"""From a network to one score per row: scaling, windows and alignment, so that nothing leaks.

The network itself stays outside: `train(inputs, targets)` fits one and returns a function that
predicts, and a chapter shows it. Both detectors take their scale from the rows given to `fit` and
nowhere else. What `train` is given are views of the series: copy before writing into them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from tsadbook.checks import LARGEST, check_series, check_varies, varies
from tsadbook.windows import score_rows, sliding_windows

Train = Callable[[np.ndarray, np.ndarray], Callable[[np.ndarray], np.ndarray]]


class _Windowed(BaseEstimator):
    """Standardise by the training rows; cut windows.

    Attributes
    ----------
    mean_, std_ : of the training rows, in the unit of X.
    predict_ : what `train` returned.
    """

    def _standardise(self, X) -> np.ndarray:
        return (check_series(X).to_numpy() - self.mean_) / self.std_

    def _learn_scale(self, X) -> None:
        X = check_series(X)
        self.mean_, self.std_ = float(X.mean()), float(X.std(ddof=0))
        check_varies(X, self.std_)

    def _predicted(self, inputs, shape: tuple[int, ...]) -> np.ndarray:
        """What the network predicts, in the shape (m, ...) that it should have, or (m, ..., 1)."""
        predicted = np.asarray(self.predict_(inputs), dtype=float)
        predicted = np.where(np.abs(predicted) > LARGEST, np.copysign(np.inf, predicted), predicted)
        if predicted.shape not in (shape, (*shape, 1)):
            raise ValueError(
                f"what `train` returned must predict an array of shape {shape} or {(*shape, 1)} "
                f"for {len(inputs)} windows; it gave {predicted.shape}"
            )
        if np.isnan(predicted).any():
            window = int(np.argwhere(np.isnan(predicted))[0, 0])
            raise ValueError(
                f"the prediction for window {window} is NaN: training has diverged, as with a "
                "learning rate that is too high"
            )
        return predicted.reshape(shape)


class NextStep(_Windowed):
    """Score a row by how far it lies from what a network predicts from the rows before it.

    Parameters
    ----------
    train : callable. Takes inputs (m, window, 1) and targets (m,), both standardised and in the
        order of time, and returns a function from inputs to predictions (m,).
    window : int, default 48. Rows that a prediction sees.
    horizon : int, default 1. Rows from the last of these to the predicted one; 1 is the next row.

    Attributes
    ----------
    mean_, std_ : float, of the training values, in the unit of X.
    predict_ : what `train` returned.
    scale_ : float, standard deviation (divided by n) of the training errors, in training
        deviations.

    Notes
    -----
    Causal: the score of a row depends on that row and earlier ones. The first window + horizon - 1
    rows have none. An infinite prediction gives an infinite score, and is left out of `scale_`.

    Examples
    --------
    A network that repeats the last value that it sees:

    >>> def train(inputs, targets):
    ...     return lambda windows: windows[:, -1, 0]
    >>> detector = NextStep(train, window=2).fit([0, 1, 0, 1, 0, 1])
    >>> detector.forecast([0, 1, 0, 5])
    array([nan, nan,  1.,  0.])
    >>> detector.decision_function([0, 1, 0, 5])
    array([nan, nan,  1.,  5.])
    """

    def __init__(self, train: Train, window: int = 48, horizon: int = 1):
        self.train = train
        self.window = window
        self.horizon = horizon

    def fit(self, X, y=None):
        """Fit to training values, shape (n,).

        Raises
        ------
        ValueError : too few values, NaN or infinity among them, values or errors that do not
            vary, or predictions of another shape, that are NaN, or none of which is finite.
        """
        self._learn_scale(X)
        inputs, targets = self._samples(self._standardise(X))
        self.predict_ = self.train(inputs, targets)
        errors = targets - self._predicted(inputs, targets.shape)
        errors = errors[np.isfinite(errors)]
        if not errors.size:
            raise ValueError(
                "no prediction is finite: training has diverged, as with a learning rate that is "
                "too high"
            )
        self.scale_ = float(np.std(errors))
        if not varies(self.scale_, 1.0):
            raise ValueError(
                f"the errors of the network do not vary over its {len(targets)} training windows, "
                "so they give no unit for a score; fit to more rows, or to rows harder to predict"
            )
        return self

    def forecast(self, X) -> np.ndarray:
        """The prediction of each row, shape (n,), in the unit of X; NaN where there is none."""
        check_is_fitted(self)
        inputs, targets = self._samples(self._standardise(X))
        predicted = self._predicted(inputs, targets.shape)
        z = np.concatenate([np.full(self.window + self.horizon - 1, np.nan), predicted])
        return z * self.std_ + self.mean_

    def decision_function(self, X) -> np.ndarray:
        """Absolute errors in standard deviations of the training errors, shape (n,)."""
        errors = np.abs(check_series(X).to_numpy() - self.forecast(X))
        return errors / (self.std_ * self.scale_)

    def _samples(self, z):
        if self.horizon < 1:
            raise ValueError(f"the horizon is 1 row or more ahead, not {self.horizon}")
        first = self.window + self.horizon - 1  # the first row with a prediction
        if len(z) <= first:
            raise ValueError(
                f"{len(z)} rows are too few for a window of {self.window} and a row {self.horizon} "
                "after it; use a longer part or a shorter window"
            )
        return sliding_windows(z, self.window)[: -self.horizon], z[first:]


class Autoencoder(_Windowed):
    """Score a row by how badly a network writes again a window that contains it.

    Parameters
    ----------
    train : callable. Takes windows (m, window, 1) as inputs and again as targets, standardised and
        in the order of time, and returns a function from windows to windows.
    window : int, default 288. Rows of a window.
    rows : str, default "end". How the errors of windows become scores of rows. "end": the mean
        absolute error of the last `tail` values of the window that ends at the row, which does not
        look ahead. "all": the smallest mean absolute error among the windows that contain the row,
        so that a row exceeds a threshold when all of them do; it looks ahead by window - 1 rows,
        and the first and last window - 1 rows, which have fewer windows, have no score.
    tail : int, default 1. Values at the end of a window that count in "end".

    Attributes
    ----------
    mean_, std_ : float, of the training values, in the unit of X.
    predict_ : what `train` returned.

    Examples
    --------
    A network that writes zeros, the mean of the training part:

    >>> def train(windows, again):
    ...     return lambda windows: np.zeros_like(windows)
    >>> Autoencoder(train, window=2).fit([1, 3, 1, 3]).decision_function([2, 3, 6])
    array([nan,  1.,  4.])
    """

    def __init__(self, train: Train, window: int = 288, rows: str = "end", tail: int = 1):
        self.train = train
        self.window = window
        self.rows = rows
        self.tail = tail

    def fit(self, X, y=None):
        """Fit to training values, shape (n,).

        Raises
        ------
        ValueError : settings that cannot be, too few values, NaN or infinity among them, or values
            that do not vary.
        """
        if self.rows not in ("end", "all"):
            raise ValueError(f'rows is "end" or "all", not {self.rows!r}')
        if not 1 <= self.tail <= self.window:
            raise ValueError(f"tail is between 1 and the window's {self.window}, not {self.tail}")
        self._learn_scale(X)
        windows = sliding_windows(self._standardise(X), self.window)
        self.predict_ = self.train(windows, windows)
        return self

    def decision_function(self, X) -> np.ndarray:
        """Mean absolute errors in training deviations, shape (n,)."""
        check_is_fitted(self)
        windows = sliding_windows(self._standardise(X), self.window)
        written = self._predicted(windows, windows.shape[:2])
        errors = np.abs(windows[..., 0] - written)
        if self.rows == "end":
            return score_rows(errors[:, -self.tail :].mean(axis=1), self.window, len(X), "last")
        scores = score_rows(errors.mean(axis=1), self.window, len(X), "min")
        ends = np.arange(len(X))
        all_there = (ends >= self.window - 1) & (ends <= len(X) - self.window)
        return np.where(all_there, scores, np.nan)
