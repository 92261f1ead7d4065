"""Turn scores into flags."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted


class StaticThreshold(BaseEstimator):
    """One threshold for all rows: mean plus k standard deviations of the training scores.

    Parameters
    ----------
    k : standard deviations above the mean.

    Attributes
    ----------
    threshold_ : mean + k * standard deviation (divided by n).
    """

    def __init__(self, k: float = 3.0):
        self.k = k

    def fit(self, scores, y=None):
        """Fit to training scores, shape (n,); NaN is left out."""
        scores = check_scores(scores)
        self.threshold_ = float(np.nanmean(scores) + self.k * np.nanstd(scores))
        return self

    def predict(self, scores) -> np.ndarray:
        """Flags, bool, shape (n,): above the threshold."""
        check_is_fitted(self)
        return check_scores(scores) > self.threshold_


class RollingThreshold(BaseEstimator):
    """A threshold for each row from the scores just before it: rolling mean plus k deviations.

    Parameters
    ----------
    window : rows that the mean and the deviation (divided by n - 1) are taken over.
    k : standard deviations above the mean.
    min_periods : rows needed before a threshold is given; one row has no deviation, so the first
        row never has a threshold.
    sees_itself : whether the window ends with the row itself, as in source 003, or before it.
        A row that sees itself can never lie more than (window - 1) / sqrt(window) deviations above
        the mean of its own window.

    Notes
    -----
    Source: ANIZAI, Copy_of_new_dataset__lstm_anomaly_detection.ipynb (window 40, k 6).
    """

    def __init__(
        self, window: int = 40, k: float = 6.0, min_periods: int = 1, sees_itself: bool = False
    ):
        self.window = window
        self.k = k
        self.min_periods = min_periods
        self.sees_itself = sees_itself

    def fit(self, scores=None, y=None):
        """Nothing is learned; here for the interface."""
        return self

    def thresholds(self, scores) -> np.ndarray:
        """One threshold per row, shape (n,), NaN where there is none."""
        scores = pd.Series(check_scores(scores))
        seen = scores if self.sees_itself else scores.shift(1)
        rolling = seen.rolling(self.window, min_periods=self.min_periods)
        return (rolling.mean() + self.k * rolling.std()).to_numpy()

    def predict(self, scores) -> np.ndarray:
        """Flags, bool, shape (n,): above the row's own threshold; False where it has none."""
        return check_scores(scores) > self.thresholds(scores)


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
