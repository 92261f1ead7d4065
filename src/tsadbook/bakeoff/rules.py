"""Rules without a network that only the bake-off has, with the detectors' interface.

X is a series of shape (n,). A row's score depends on it, the rows before it and the training part,
unless the rule says that it looks ahead.
"""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from tsadbook.bakeoff.postprocessing import excess
from tsadbook.baselines import _Forecast, check_series
from tsadbook.windows import score_rows, sliding_windows


class Random(BaseEstimator):
    """A uniform random number for each row, others for every series: the least to be beaten."""

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, X, y=None):
        """Take from the training values, shape (n,), where the numbers begin."""
        self.start_ = zlib.crc32(check_series(X).to_numpy().tobytes())
        return self

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,)."""
        check_is_fitted(self)
        return np.random.default_rng([self.seed, self.start_]).random(len(check_series(X)))


class Ramp(Random):
    """The share of the series that has passed: the later, the more anomalous.

    It takes the length of the series, but none of its values.
    """

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,)."""
        return np.arange(len(check_series(X))) / len(X)


class Record(BaseEstimator):
    """How far a value breaks the record: its distance from the range so far, in its widths.

    Parameters
    ----------
    means : lengths in rows of running means whose records count, too; the score is the largest.

    Notes
    -----
    A range without width gives no unit, so the first value to leave it scores 0.
    """

    def __init__(self, means: tuple[int, ...] = ()):
        self.means = means

    def fit(self, X=None, y=None):
        """Nothing is learned; here for the interface."""
        return self

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,), 0 inside the range."""
        X = check_series(X)
        running = [X, *(X.rolling(rows).mean() for rows in self.means)]
        return np.max([record(values.to_numpy()) for values in running], axis=0)


def record(values) -> np.ndarray:
    """Distance of each value from the range of those before it, in widths of that range.

    Parameters
    ----------
    values : shape (n,); NaN is no value, and scores 0.
    """
    values = pd.Series(values)
    high, low = values.cummax().ffill().shift(), values.cummin().ffill().shift()
    beyond = np.maximum(values - high, low - values).clip(lower=0)
    return (beyond / (high - low).replace(0, np.nan)).fillna(0).to_numpy()


class Ewma(_Forecast):
    """Forecast an exponentially weighted mean of the rows before. The first row has no score.

    Parameters
    ----------
    decay : weight that the mean keeps from row to row.
    """

    def __init__(self, decay: float = 0.9):
        self.decay = decay

    def _forecast(self, X):
        return X.ewm(alpha=1 - self.decay, adjust=False).mean().shift()


class Subsequences(BaseEstimator):
    """A detector of vectors, such as PyOD's, on windows of a series.

    Parameters
    ----------
    detector : with fit and decision_function; fitted to the windows of the training part.
    window : rows of a window.
    rows : "last": a row has the score of the window that ends at it; "mean": the mean of the
        windows that contain it, which looks ahead.
    """

    def __init__(self, detector, window: int = 48, rows: str = "last"):
        self.detector = detector
        self.window = window
        self.rows = rows

    def fit(self, X, y=None):
        """Fit to training values, shape (n,)."""
        X = check_series(X)
        self.mean_, self.std_ = X.mean(), X.std(ddof=0)
        self.detector.fit(self._windows(X))
        # Some detectors centre their scores; a score below 0 has no meaning as a share of another.
        self.lowest_ = min(0.0, self.detector.decision_function(self._windows(X)).min())
        return self

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,), in the detector's unit, not negative."""
        scores = self.detector.decision_function(self._windows(check_series(X))) - self.lowest_
        return score_rows(scores.clip(min=0), self.window, len(X), self.rows)

    def _windows(self, X):
        return sliding_windows((X - self.mean_) / self.std_, self.window)[..., 0]


class MatrixProfile(BaseEstimator):
    """Distance of a window from the nearest other window of the series, by stumpy.

    Other windows begin more than a quarter of a window away, so the two may overlap.

    Parameters
    ----------
    window : rows of a window.
    normalised : whether each window is standardised, so that only its shape counts.
    past : "left": the nearest window that begins earlier, and a row has the score of the window
        that ends at it; "both": the nearest anywhere, and a row has the mean of the windows that
        contain it, which looks ahead.
    """

    def __init__(self, window: int = 48, normalised: bool = True, past: str = "left"):
        self.window = window
        self.normalised = normalised
        self.past = past

    def fit(self, X=None, y=None):
        """Nothing is learned; here for the interface."""
        return self

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,), in the unit of X, or of standardised windows."""
        import stumpy

        X = check_series(X).to_numpy()
        profile = (stumpy.stump if self.normalised else stumpy.aamp)(X, self.window)
        if self.past == "both":
            return score_rows(profile[:, 0].astype(float), self.window, len(X), "mean")
        windows, neighbour = sliding_windows(X, self.window)[..., 0], profile[:, 2].astype(int)
        if self.normalised:
            std = windows.std(axis=1, keepdims=True)
            windows = (windows - windows.mean(axis=1, keepdims=True)) / np.where(std > 0, std, 1)
        distance = np.linalg.norm(windows - windows[neighbour], axis=1)
        distance[neighbour < 0] = np.nan  # no window begins early enough before it
        return score_rows(distance, self.window, len(X), "last")


class Novelty(BaseEstimator):
    """The larger of two records: of the value and its running means, and of the matrix profile.

    Parameters
    ----------
    means : see `Record`.
    window : of the matrix profile, left and not normalised; its record begins after half of the
        training part.
    """

    def __init__(self, means: tuple[int, ...] = (), window: int = 48):
        self.means = means
        self.window = window

    def fit(self, X, y=None):
        """Keep the length of the training values, shape (n,)."""
        self.n_train_ = len(check_series(X))
        return self

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,), 0 where nothing is new."""
        profile = MatrixProfile(self.window, normalised=False).decision_function(X)
        new = excess(profile, self.n_train_ // 2)
        return np.maximum(Record(self.means).decision_function(X), np.nan_to_num(new))
