"""Detectors without a network: one line of arithmetic each.

The interface is PyOD's: fit(X), then decision_function(X), higher is more anomalous. X is a series
of shape (n,). A score is one float per row, in standard deviations of the rule's training errors
unless it says otherwise; NaN where a rule cannot say. Each rule scores a row from that row, those
before it and the training part, unless it says that it looks ahead.
"""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from tsadbook.checks import (
    ROUNDING,
    check_duration,
    check_series,
    check_times,
    check_varies,
    varies,
)
from tsadbook.treatments import excess
from tsadbook.windows import score_rows, sliding_windows


class _Forecast(BaseEstimator):
    """Score a row by how far it lies from a forecast, in standard deviations of such errors.

    score = |x - forecast| / (standard deviation of the training errors)

    Attributes
    ----------
    scale_ : float, standard deviation (divided by n) of the training errors, in the unit of X.
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
        if not varies(self.scale_, X.abs().max()):
            raise ValueError(
                f"the errors of {type(self).__name__} do not vary over the {len(X)} training "
                "values, so they give no unit for a score; fit to more rows, or to rows that differ"
            )
        return self

    def forecast(self, X) -> np.ndarray:
        """The forecast of each row, shape (n,), in the unit of X; NaN where there is none."""
        check_is_fitted(self)
        return self._forecast(check_series(X)).to_numpy()

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,)."""
        X = check_series(X)
        return np.abs(X.to_numpy() - self.forecast(X)) / self.scale_

    def _learn(self, X: pd.Series) -> None:
        """Keep what the forecast needs."""

    def _forecast(self, X: pd.Series) -> pd.Series:
        raise NotImplementedError


class Constant(_Forecast):
    """Forecast the training median for every row: no constant has a smaller absolute error.

    score = |x - median(training)| / std(training errors)

    Attributes
    ----------
    value_ : float, the median, in the unit of X.
    scale_ : float, the unit of the score, in the unit of X.

    Examples
    --------
    >>> Constant().fit([1, 2, 3, 2]).decision_function([2, 9]).round(1)
    array([0. , 9.9])
    """

    def _learn(self, X):
        self.value_ = float(X.median())

    def _forecast(self, X):
        return pd.Series(self.value_, X.index)


class ZScore(_Forecast):
    """Distance from the training mean, in training standard deviations: |z|.

    score = |x - mean(training)| / std(training)

    Attributes
    ----------
    value_ : float, the mean, in the unit of X.
    scale_ : float, the standard deviation (divided by n), in the unit of X.

    Examples
    --------
    >>> ZScore().fit([1, 3, 1, 3]).decision_function([2, 3, 7])
    array([0., 1., 5.])
    """

    def _learn(self, X):
        self.value_ = float(X.mean())

    def _forecast(self, X):
        return pd.Series(self.value_, X.index)


class Persistence(_Forecast):
    """Forecast the value of the row before. The first row has no score.

    score = |x - x before| / std(training errors)

    Attributes
    ----------
    scale_ : float, the unit of the score, in the unit of X.

    Examples
    --------
    >>> Persistence().fit([0, 1, 0, 1, 0]).decision_function([0, 1, 4])
    array([nan,  1.,  3.])
    """

    def _forecast(self, X):
        return X.shift(1)


class SeasonalMedian(_Forecast):
    """Forecast the training median of the same time of day.

    score = |x - median(training rows of that time of day)| / std(training errors)

    Parameters
    ----------
    bin : str with a unit, Timedelta or timedelta64, default "5min". Length of a bin of the day; a
        whole number of them makes a day. A row whose bin has no training row has no score.

    Attributes
    ----------
    medians_ : Series, the training median by the time at which a bin begins.
    zone_ : tzinfo, the time zone of the training rows, or None.
    scale_ : float, the unit of the score, in the unit of X.

    Raises
    ------
    ValueError : X has no DatetimeIndex, bins that do not divide a day, or rows with a time zone
        where the training rows have none, or the other way round.

    Notes
    -----
    The time of day is the one that a clock on the wall shows where the training rows are from: with
    a time zone that changes its clocks, an hour of one day a year has no rows and one has twice as
    many. Rows of another time zone are taken at the time that this clock shows.

    Examples
    --------
    >>> hours = pd.date_range("2024-01-01", periods=96, freq="h")
    >>> days = pd.Series(hours.hour % 12 + hours.day / 10, hours)  # alike, and slowly rising
    >>> today = pd.Series([9.0], hours[[5]])
    >>> SeasonalMedian("1h").fit(days).decision_function(today).round(1)
    array([33.5])
    """

    def __init__(self, bin: str = "5min"):
        self.bin = bin

    def _learn(self, X):
        self.zone_ = getattr(X.index, "tz", None)
        self.medians_ = X.groupby(self._bins(X)).median()

    def _forecast(self, X):
        return pd.Series(self.medians_.reindex(self._bins(X)).to_numpy(), X.index)

    def _bins(self, X):
        if not isinstance(X.index, pd.DatetimeIndex):
            raise ValueError(
                "SeasonalMedian needs the time of each row: a Series with a DatetimeIndex"
            )
        bin = check_duration(self.bin, "bin")
        if not bin or pd.Timedelta("1D") % bin:
            raise ValueError(f'bins of {self.bin!r} do not divide a day; "5min" or "1h" do')
        times = check_times(X.index)
        if (times.tz is None) != (self.zone_ is None):
            raise ValueError(
                f"the rows have the time zone {times.tz} and the training rows {self.zone_}; "
                "give those without one theirs with tz_localize"
            )
        if self.zone_ is not None:
            times = times.tz_convert(self.zone_).tz_localize(None)  # as a clock on the wall
        return times.floor(bin).time


class MovingZScore(BaseEstimator):
    """Distance from the mean of the rows before, in their standard deviations.

    score = |x - mean(window rows before)| / std(window rows before)

    Parameters
    ----------
    window : int, default 60. Rows before the row, 2 or more; the first `window` rows have no score.

    Notes
    -----
    The deviation is divided by n - 1. Where the rows before are all equal, a row equal to them
    scores 0 and any other scores infinity, for there is no unit to say how far out it lies. All
    thresholds of the book flag infinity and learn nothing from it.

    Examples
    --------
    >>> MovingZScore(4).decision_function([1, 3, 1, 3, 2, 8]).round(1)
    array([nan, nan, nan, nan,  0.,  6.])
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
        largest = np.maximum(before.max(axis=1), -before.min(axis=1))
        still = ~varies(std, largest)
        score = distance / np.where(still, 1.0, std)
        score[still] = np.where(varies(distance, largest), np.inf, 0.0)[still]
        return np.concatenate([np.full(self.window, np.nan), score])


class EwmaVolatility(BaseEstimator):
    """|x| in standard deviations forecast by an exponentially weighted mean of squares.

    score = |x| / sqrt(v), then v becomes decay * v + (1 - decay) * x ** 2

    For returns, whose mean is close to 0 and whose spread comes in spells.

    Parameters
    ----------
    decay : float, default 0.94. Weight that the mean of squares keeps from row to row, between 0
        and 1.
    burn_in : int, default 20. The first rows, one or more, whose mean square is the first v; they
        have no score.

    Notes
    -----
    After so many zeros that v has come down to 0, a 0 scores 0 and anything else infinity.

    Source: J.P. Morgan and Reuters, RiskMetrics technical document, 4th edition, 1996, whose value
    for daily returns is 0.94.

    Examples
    --------
    >>> EwmaVolatility(decay=0.5, burn_in=2).decision_function([3, -3, 6, 0, -3]).round(2)
    array([ nan,  nan, 2.  , 0.  , 0.89])
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
        sizes, unit = np.abs(X.to_numpy()[self.burn_in :]), np.sqrt(variance.to_numpy())
        gone = unit == 0  # after some ten thousand zeros
        scores[self.burn_in :] = sizes / np.where(gone, 1.0, unit)
        scores[self.burn_in :][gone & (sizes > 0)] = np.inf
        return scores


class Random(BaseEstimator):
    """A uniform random number for each row, others for every series: the least to be beaten.

    Parameters
    ----------
    seed : int, default 0.

    Attributes
    ----------
    start_ : int, where the numbers begin, from the training values.

    Examples
    --------
    >>> scores = Random(seed=1).fit([1, 2, 3]).decision_function([4, 5])
    >>> len(scores), bool(((scores >= 0) & (scores < 1)).all())
    (2, True)
    """

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

    Examples
    --------
    >>> Ramp().decision_function([7, 7, 7, 7])
    array([0.  , 0.25, 0.5 , 0.75])
    """

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,)."""
        return np.arange(len(check_series(X))) / len(X)


class Record(BaseEstimator):
    """How far a value breaks the record: its distance from the range so far, in its widths.

    score = max(x - highest so far, lowest so far - x, 0) / (highest so far - lowest so far)

    Parameters
    ----------
    means : tuple of int, default (). Lengths in rows of running means whose records count, too; the
        score is the largest.

    Notes
    -----
    A range without width gives no unit, so the first value to leave it scores 0.

    Examples
    --------
    >>> Record().decision_function([0, 2, 1, 5, 5, -5])
    array([0. , 0. , 0. , 1.5, 0. , 1. ])
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

    >>> record([0, 2, 1, 5]).tolist()
    [0.0, 0.0, 0.0, 1.5]
    """
    values = pd.Series(values)
    high, low = values.cummax().ffill().shift(), values.cummin().ffill().shift()
    beyond = np.maximum(values - high, low - values).clip(lower=0)
    width = (high - low).where(varies(high - low, np.maximum(high, -low)))
    return (beyond / width).fillna(0).to_numpy()


class Ewma(_Forecast):
    """Forecast an exponentially weighted mean of the rows before. The first row has no score.

    score = |x - m| / std(training errors), then m becomes decay * m + (1 - decay) * x

    Parameters
    ----------
    decay : float, default 0.9. Weight that the mean keeps from row to row, between 0 and 1.

    Attributes
    ----------
    scale_ : float, the unit of the score, in the unit of X.

    Notes
    -----
    Source: S. W. Roberts, Control chart tests based on geometric moving averages, Technometrics 1
    (3), 1959, doi:10.1080/00401706.1959.10489860.

    Examples
    --------
    >>> Ewma(decay=0.5).fit([0, 2, 0, 2]).decision_function([0, 2, 1, 9]).round(2)
    array([ nan, 1.52, 0.  , 6.1 ])
    """

    def __init__(self, decay: float = 0.9):
        self.decay = decay

    def _forecast(self, X):
        return X.ewm(alpha=1 - self.decay, adjust=False).mean().shift()


class Subsequences(BaseEstimator):
    """A detector of vectors, such as PyOD's, on the windows of a series.

    Parameters
    ----------
    detector : object with fit(windows) and decision_function(windows), which take arrays of shape
        (m, window); fitted to the windows of the training part, standardised by it.
    window : int, default 48. Rows of a window.
    rows : str, default "last". "last": a row has the score of the window that ends at it; "mean":
        the mean of the windows that contain it, which looks ahead.

    Attributes
    ----------
    mean_, std_ : float, of the training values, in the unit of X.
    lowest_ : float, lowest score of a training window or 0, which becomes the score 0.

    Examples
    --------
    >>> from sklearn.neighbors import NearestNeighbors
    >>> class Nearest:  # the distance to the nearest training window
    ...     def fit(self, windows):
    ...         self.index = NearestNeighbors(n_neighbors=1).fit(windows)
    ...     def decision_function(self, windows):
    ...         return self.index.kneighbors(windows)[0][:, 0]
    >>> waves = np.tile([0.0, 1.0, 2.0, 1.0], 5)
    >>> scores = Subsequences(Nearest(), window=4).fit(waves).decision_function([0, 1, 2, 1, 0, 5])
    >>> scores.round(1)
    array([nan, nan, nan, 0. , 0. , 4.9])
    """

    def __init__(self, detector, window: int = 48, rows: str = "last"):
        self.detector = detector
        self.window = window
        self.rows = rows

    def fit(self, X, y=None):
        """Fit to training values, shape (n,).

        Raises
        ------
        ValueError : no values, NaN or infinity among them, or values that do not vary.
        """
        X = check_series(X)
        self.mean_, self.std_ = X.mean(), X.std(ddof=0)
        check_varies(X, self.std_)
        self.detector.fit(self._windows(X))
        # Some detectors centre their scores; a score below 0 has no meaning as a share of another.
        scores = self.detector.decision_function(self._windows(X))
        self.lowest_ = min(0.0, scores[np.isfinite(scores)].min(initial=0.0))
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
    window : int, default 48. Rows of a window.
    normalised : bool, default True. Whether each window is standardised, so that only its shape
        counts; one that does not vary becomes zeros, so all such windows are alike.
    past : str, default "left". "left": the nearest window that begins earlier, and a row has the
        score of the window that ends at it; "both": the nearest anywhere, and a row has the mean of
        the windows that contain it, which looks ahead.

    Notes
    -----
    Source: Yeh and others, Matrix Profile I, ICDM 2016, doi:10.1109/ICDM.2016.0179; computed by
    stumpy, which the extra `field` installs.

    Examples
    --------
    >>> waves = np.tile([0.0, 1.0, 2.0, 1.0], 5)
    >>> waves[14] = 9.0
    >>> int(np.nanargmax(MatrixProfile(4, normalised=False).decision_function(waves)))
    14
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
        windows = sliding_windows(X, self.window)[..., 0]
        if self.normalised:
            std = windows.std(axis=1, keepdims=True)
            moves = varies(std, np.abs(windows).max(axis=1, keepdims=True))
            profile = stumpy.stump(X, self.window, T_A_subseq_isconstant=~moves[:, 0])
            centred = windows - windows.mean(axis=1, keepdims=True)
            windows = np.where(moves, centred, 0.0) / np.where(moves, std, 1.0)
        else:
            profile = stumpy.aamp(X, self.window)
        if self.past == "both":
            return score_rows(profile[:, 0].astype(float), self.window, len(X), "mean")
        neighbour = profile[:, 2].astype(int)
        distance = np.linalg.norm(windows - windows[neighbour], axis=1)
        distance[distance <= ROUNDING * np.linalg.norm(windows, axis=1)] = 0.0
        distance[neighbour < 0] = np.nan  # no window begins early enough before it
        return score_rows(distance, self.window, len(X), "last")


class Novelty(BaseEstimator):
    """The larger of two records: of the value and its running means, and of the matrix profile.

    Parameters
    ----------
    means : tuple of int, default (). See `Record`.
    window : int, default 48. Of the matrix profile, left and not normalised; its record begins
        after half of the training part.

    Attributes
    ----------
    n_train_ : int, rows of the training part.

    Examples
    --------
    >>> waves = np.tile([0.0, 1.0, 2.0, 1.0], 8)
    >>> waves[26] = 9.0
    >>> int(np.argmax(Novelty(window=4).fit(waves[:16]).decision_function(waves)))
    26
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
