"""Rules without a network, with the detectors' interface: fit(X), decision_function(X).

X is a series of shape (n,). A score is one float per row, in standard deviations of the rule's
training errors unless it says otherwise; higher is more anomalous; NaN where a rule cannot say.
Each rule scores a row from that row, those before it and the training part.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from tsadbook.windows import sliding_windows


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
        self.scale_ = float((X - self._forecast(X)).dropna().std(ddof=0))
        if not self.scale_ > 1e-12 * X.abs().max():
            raise ValueError(
                f"the errors of {type(self).__name__} do not vary over the {len(X)} training "
                "values, so they give no unit for a score; fit to more rows, or to rows that differ"
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
    bin : length of a bin of the day, such as "5min" or "1h"; a whole number of them makes a day.
        A row whose bin has no training row has no score.

    Attributes
    ----------
    medians_ : Series, the training median by the time at which a bin begins.
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
        if pd.Timedelta("1D") % pd.Timedelta(self.bin):
            raise ValueError(f'bins of {self.bin!r} do not divide a day; "5min" or "1h" do')
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
    window : rows before the row, 2 or more; the first `window` rows have no score. Where the rows
        before are all equal, a row equal to them scores 0 and any other scores infinity.
    """

    def __init__(self, window: int = 60):
        self.window = window

    def fit(self, X=None, y=None):
        """Nothing is learned; here for the interface."""
        return self

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,).

        Raises
        ------
        ValueError : `window` is below 2, or there are no more rows than that.
        """
        X = check_series(X).to_numpy()
        if self.window < 2:
            raise ValueError(f"a deviation needs a window of 2 rows or more, not {self.window}")
        if len(X) <= self.window:
            raise ValueError(f"{len(X)} rows are too few for a window of {self.window} before each")
        # Not pandas' rolling mean and std: a huge value leaves rounding behind when it has left.
        before, rows = sliding_windows(X, self.window)[:-1, :, 0], X[self.window :]
        distance, std = np.abs(rows - before.mean(axis=1)), before.std(axis=1, ddof=1)
        still = before.min(axis=1) == before.max(axis=1)  # their std can come out as 1e-17
        score = distance / np.where(still, 1.0, std)
        score[still] = np.where(rows == before[:, 0], 0.0, np.inf)[still]
        return np.concatenate([np.full(self.window, np.nan), score])


class EwmaVolatility(BaseEstimator):
    """|x| in standard deviations forecast by an exponentially weighted mean of squares.

    For returns, whose mean is close to 0 and whose spread comes in spells.

    Parameters
    ----------
    decay : weight that the mean of squares keeps from row to row, between 0 and 1; 0.94 is the
        value of RiskMetrics (1996) for daily returns.
    burn_in : the first rows, one or more, whose mean square starts the recursion; they have no
        score.

    Notes
    -----
    The score of a row is |x| / sqrt(v); then v becomes decay * v + (1 - decay) * x ** 2.
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
        ValueError : settings that cannot be, no more rows than `burn_in`, or these are all 0.
        """
        X = check_series(X)
        if not 0 < self.decay < 1:
            raise ValueError(f"decay is between 0 and 1, not {self.decay}")
        if self.burn_in < 1:
            raise ValueError(f"the burn-in is one row or more, not {self.burn_in}")
        if len(X) <= self.burn_in:
            raise ValueError(f"{len(X)} rows are too few for a burn-in of {self.burn_in}")
        squares = X.to_numpy() ** 2
        start = squares[: self.burn_in].mean()
        if start == 0:
            raise ValueError(
                f"the {self.burn_in} rows of the burn-in are all 0: they have no spread to start "
                "from; begin at a later row"
            )
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
