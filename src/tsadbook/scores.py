"""Turn the errors of a model into scores, higher for more anomalous."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from tsadbook.thresholds import check_scores


class GaussianScorer(BaseEstimator):
    """Score an error by how far out it lies in a Gaussian fitted to the training errors.

    Parameters
    ----------
    tail : "both" scores the distance from the mean on either side, as in source 002: an error much
        *smaller* than usual counts as anomalous too. "upper" scores large errors only.
    multiple : flag an error at or beyond this many standard deviations.

    Attributes
    ----------
    mean_, std_ : of the training errors (maximum likelihood: divided by n).

    Notes
    -----
    With tail "both" the score is Phi(|z|), between 0.5 and 1; with "upper" it is Phi(z), where
    z = (error - mean) / std. Source: jdwittenauer, AnomalyDetection.ipynb.
    """

    def __init__(self, tail: str = "upper", multiple: float = 2.0):
        self.tail = tail
        self.multiple = multiple

    def fit(self, errors, y=None):
        """Fit to training errors, shape (n,)."""
        if self.tail not in ("both", "upper"):
            raise ValueError(f'tail is "both" or "upper", not {self.tail!r}')
        errors = check_scores(errors, "errors")
        errors = errors[~np.isnan(errors)]
        self.mean_, self.std_ = norm.fit(errors)
        if errors.min() == errors.max():  # their std_ can come out as 1e-17
            raise ValueError("all errors are equal: no Gaussian can be fitted to them")
        return self

    def decision_function(self, errors) -> np.ndarray:
        """Scores, shape (n,); NaN where the error is NaN."""
        return norm.cdf(self._distance(errors))

    def predict(self, errors) -> np.ndarray:
        """Flags, bool, shape (n,)."""
        return self._distance(errors) >= self.multiple

    def _distance(self, errors) -> np.ndarray:
        check_is_fitted(self)
        z = (check_scores(errors, "errors") - self.mean_) / self.std_
        return np.abs(z) if self.tail == "both" else z
