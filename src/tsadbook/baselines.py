"""Rules without a network, with the detectors' interface: fit(X), decision_function(X).

X is a series of shape (n,). A score is one float per row, in standard deviations of the training
part unless a rule says otherwise; higher is more anomalous; NaN where a rule cannot say. Each rule
scores a row from that row and those before it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted


class _Forecast(BaseEstimator):
    """Score a row by how far it lies from a forecast, in standard deviations of such errors.

    Attributes
    ----------
    scale_ : standard deviation (divided by n) of the training errors, in the unit of X.
    """

    def fit(self, X, y=None):
        """Fit to training values, shape (n,).

        Raises
        ------
        ValueError : no values, NaN or infinity among them, or errors that do not vary.
        """
        X = check_series(X)
        self._learn(X)
        self.scale_ = float(np.nanstd(X - self._forecast(X)))
        if not self.scale_ > 1e-12 * np.abs(X).max():
            raise ValueError(
                f"the errors of {type(self).__name__} do not vary over the training values, so "
                "they give no unit for a score; fit to a part in which the series moves"
            )
        return self

    def predict(self, X) -> np.ndarray:
        """The forecast of each row, shape (n,), in the unit of X; NaN where there is none."""
        check_is_fitted(self)
        return self._forecast(check_series(X)).to_numpy()

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,)."""
        X = check_series(X)
        return np.abs(X.to_numpy() - self.predict(X)) / self.scale_

    def _learn(self, X: pd.Series) -> None:
        """Keep what the forecast needs."""

    def _forecast(self, X: pd.Series) -> pd.Series:
        raise NotImplementedError


class Constant(_Forecast):
    """Forecast the training median for every row: no constant has a smaller absolute error."""

    def _learn(self, X):
        self.value_ = float(X.median())

    def _forecast(self, X):
        return pd.Series(self.value_, X.index)


class ZScore(_Forecast):
    """Distance from the training mean, in training standard deviations: |z|."""

    def _learn(self, X):
        self.value_ = float(X.mean())

    def _forecast(self, X):
        return pd.Series(self.value_, X.index)


class Persistence(_Forecast):
    """Forecast the value of the row before. The first row has no score."""

    def _forecast(self, X):
        return X.shift(1)


class SeasonalMedian(_Forecast):
    """Forecast the training median of the same time of day; needs a DatetimeIndex.

    Parameters
    ----------
    bin : length of a bin of the day. A row whose bin has no training row has no score.
    """

    def __init__(self, bin: str = "5min"):
        self.bin = bin

    def _learn(self, X):
        self.medians_ = X.groupby(self._bins(X)).median()

    def _forecast(self, X):
        return pd.Series(self.medians_.reindex(self._bins(X)).to_numpy(), X.index)

    def _bins(self, X):
        if not isinstance(X.index, pd.DatetimeIndex):
            raise ValueError(
                "SeasonalMedian needs the time of each row: a Series with a DatetimeIndex"
            )
        return X.index.floor(self.bin).time


class Difference(BaseEstimator):
    """|x - the value before|, in the unit of X. It learns nothing; the first row has no score.

    It orders rows as `Persistence` does, without a unit that comes from training.
    """

    def fit(self, X=None, y=None):
        """Nothing is learned; here for the interface."""
        return self

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,)."""
        return check_series(X).diff().abs().to_numpy()


class MovingZScore(BaseEstimator):
    """Distance from the mean of the rows before, in their standard deviations (divided by n - 1).

    Parameters
    ----------
    window : rows before the row; the first `window` rows have no score. Where these rows are all
        equal, a row equal to them scores 0 and any other scores infinity.
    """

    def __init__(self, window: int = 60):
        self.window = window

    def fit(self, X=None, y=None):
        """Nothing is learned; here for the interface."""
        return self

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,)."""
        X = check_series(X)
        before = X.shift(1).rolling(self.window)
        distance = (X - before.mean()).abs()
        std = before.std()
        still = before.max() == before.min()  # the rolling std of equal values may not be 0
        with np.errstate(divide="ignore"):
            score = distance / std.mask(still, 0.0)
        return score.mask(still & X.eq(X.shift(1)), 0.0).to_numpy()


class EwmaVolatility(BaseEstimator):
    """|x| in standard deviations forecast by an exponentially weighted mean of squares.

    For returns, whose mean is close to 0 and whose spread comes in spells.

    Parameters
    ----------
    decay : weight that the squared deviation keeps from row to row; 0.94 is the value of
        RiskMetrics (1996) for daily returns.
    burn_in : first rows that start the mean of squares and have no score.
    """

    def __init__(self, decay: float = 0.94, burn_in: int = 20):
        self.decay = decay
        self.burn_in = burn_in

    def fit(self, X=None, y=None):
        """Nothing is learned; here for the interface."""
        return self

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,).

        Raises
        ------
        ValueError : there are no more rows than `burn_in`, or these are all 0.
        """
        X = check_series(X)
        if len(X) <= self.burn_in:
            raise ValueError(f"{len(X)} rows are too few for a burn-in of {self.burn_in}")
        squares = X.to_numpy() ** 2
        start = squares[: self.burn_in].mean()
        if start == 0:
            raise ValueError("the rows of the burn-in are all 0: they have no spread to start from")
        later = pd.Series(np.concatenate([[start], squares[self.burn_in : -1]]))
        variance = later.ewm(alpha=1 - self.decay, adjust=False).mean()
        scores = np.full(len(X), np.nan)
        scores[self.burn_in :] = np.abs(X.to_numpy()[self.burn_in :]) / np.sqrt(variance)
        return scores


def check_series(X) -> pd.Series:
    """The values as a Series of floats, with its index if it has one.

    Raises
    ------
    ValueError : not one-dimensional, empty, or with a value that is no finite number.
    """
    X = X if isinstance(X, pd.Series) else pd.Series(np.asarray(X).tolist())
    try:
        X = X.astype(float)
    except (TypeError, ValueError):
        raise ValueError("X must be one number per row, shape (n,)") from None
    if X.empty:
        raise ValueError("X is empty")
    if not np.isfinite(X.to_numpy()).all():
        row = int(np.flatnonzero(~np.isfinite(X.to_numpy()))[0])
        raise ValueError(f"row {row} of X is {X.iloc[row]}; fill or leave out such rows first")
    return X
