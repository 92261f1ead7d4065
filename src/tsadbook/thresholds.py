"""Turn errors into scores, and scores into flags.

One rule for scores that are no finite numbers. Infinity is the most anomalous score there is: each
threshold flags it, and learns nothing from it, neither in `fit` nor from the rows before. NaN is a
row that could not be judged, and is never flagged. A row that an array masks is NaN. A score beyond
1e150 counts as infinite, since its square may be.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import boxcox
from scipy.stats import norm
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from tsadbook.checks import check_scores, varies
from tsadbook.windows import sliding_windows


class StaticThreshold(BaseEstimator):
    """One threshold for all rows: mean plus k standard deviations of the training scores.

    threshold = mean(training scores) + k * std(training scores)

    Parameters
    ----------
    k : float, default 3. Standard deviations above the mean.

    Attributes
    ----------
    threshold_ : float, in the unit of the scores; the deviation is divided by n.

    Examples
    --------
    >>> StaticThreshold(k=2).fit([1, 3, 1, 3]).flags([2, 4, 5])
    array([False, False,  True])
    """

    def __init__(self, k: float = 3.0):
        self.k = k

    def fit(self, scores, y=None):
        """Fit to training scores, shape (n,); NaN and infinite ones are left out.

        Where the others are all equal, that value is the threshold.
        """
        self.threshold_ = float(_mean_plus(_finite(scores)[None, :], self.k, ddof=0)[0])
        return self

    def flags(self, scores) -> np.ndarray:
        """Flags, bool, shape (n,): above the threshold."""
        check_is_fitted(self)
        return _above(scores, self.threshold_)


class RollingThreshold(BaseEstimator):
    """A threshold for each row from the scores just before it: rolling mean plus k deviations.

    threshold = mean(window scores) + k * std(window scores)

    Parameters
    ----------
    window : int, default 40. Rows that mean and deviation (divided by n - 1) are taken over.
    k : float, default 6. Standard deviations above the mean.
    min_periods : int, default 1. Rows needed before a threshold is given; one row has no deviation,
        so the first row never has a threshold. NaN and infinite ones do not count.
    sees_itself : bool, default False. Whether the window ends with the row itself, as in the
        walkthrough of chapter 3, or before it. A row that sees itself can never lie more than
        (window - 1) / sqrt(window) deviations above the mean of its own window.

    Notes
    -----
    Source: ANIZAI, Copy_of_new_dataset__lstm_anomaly_detection.ipynb (window 40, k 6).

    Examples
    --------
    >>> scores = [1, 2, 1, 2, 1, 50]
    >>> RollingThreshold(window=4, k=3).flags(scores)
    array([False, False, False, False, False,  True])
    >>> RollingThreshold(window=4, k=3, sees_itself=True).flags(scores)  # (4 - 1) / sqrt(4) < 3
    array([False, False, False, False, False, False])
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
        if not 1 <= self.min_periods <= self.window:
            raise ValueError(f"min_periods is 1 to window ({self.window}), not {self.min_periods}")
        scores = _without_infinite(check_scores(scores))
        ahead = np.full(self.window - 1 if self.sees_itself else self.window, np.nan)
        seen = np.concatenate([ahead, scores])
        # Not pandas' rolling mean and std: a huge value leaves rounding behind when it has left.
        windows = sliding_windows(seen, self.window)[: scores.size, :, 0]
        enough = (~np.isnan(windows)).sum(axis=1) >= max(2, self.min_periods)
        thresholds = np.full(scores.size, np.nan)
        thresholds[enough] = _mean_plus(windows[enough], self.k, ddof=1)
        return thresholds

    def flags(self, scores) -> np.ndarray:
        """Flags, bool, shape (n,): above the row's own threshold; without one, infinity alone."""
        return _above(scores, self.thresholds(scores))


class HundmanThreshold(BaseEstimator):
    """The dynamic threshold of Hundman et al.: cut where it calms the errors most.

    Scores are smoothed. In a window of them, mean + z * deviation is tried for several z; taken is
    the one that lowers mean and deviation most when the rows above it are left out, for few rows
    and few sequences of rows above it. Of the sequences found, those that do not stand out from
    the next lower one are dropped.

    Parameters
    ----------
    window : int, default 2100. Rows that a threshold is taken from, h in the paper.
    step : int, default 70. Rows judged at a time; the window ends with the last of them.
    smoothing : float, default 105. Span in rows of the exponentially weighted mean; 1 smooths
        nothing.
    z : (float, float, float), default (2, 10, 0.5). Lowest, highest and step of the multiples of
        the deviation that are tried.
    p : float, default 0.13. Least fall from a sequence's maximum to the next lower one, as a share
        of it.

    Attributes
    ----------
    history_ : the training scores, shape (n,); the first windows reach back into them.

    Notes
    -----
    A row's flag depends on rows before it and on the rest of its own batch, so on up to step - 1
    rows after it; with step 1 on nothing later. A row always sees itself. While a giant error is in
    the window it can hide a smaller one: one sequence costs 1 + its rows, two cost 4 + theirs.

    Source: Hundman et al. 2018, "Detecting Spacecraft Anomalies Using LSTMs and Nonparametric
    Dynamic Thresholding", section 3, arXiv 1802.04431 (p 0.13, z from 2 to 10). Window, step and
    span are those of the authors' code, khundman/telemanom (30 batches of 70 rows), which has more
    that is not in the paper and not here: z from 2.5 to 11.5, 100 rows flagged on either side of
    an error, errors far *below* the mean flagged too, single rows and small errors never, the
    first window judged as one batch.

    Examples
    --------
    >>> threshold = HundmanThreshold(window=8, step=1, smoothing=1).fit([1, 2, 1, 2, 1, 2, 1, 2])
    >>> threshold.flags([1, 9, 2])
    array([False,  True, False])
    """

    def __init__(
        self,
        window: int = 2100,
        step: int = 70,
        smoothing: float = 105,
        z: tuple[float, float, float] = (2.0, 10.0, 0.5),
        p: float = 0.13,
    ):
        self.window = window
        self.step = step
        self.smoothing = smoothing
        self.z = z
        self.p = p

    def fit(self, scores, y=None):
        """Keep the training scores, shape (n,), as the past of the rows to be judged.

        Raises
        ------
        ValueError : negative scores, or settings that cannot be.
        """
        if not 1 <= self.step <= self.window:
            raise ValueError(f"step is 1 to window ({self.window}) rows, not {self.step}")
        if not (0 < self.z[0] <= self.z[1] and self.z[2] > 0):
            raise ValueError(f"z is lowest, highest and step, all above 0, not {self.z!r}")
        _finite(scores)
        self.history_ = self._not_negative(scores)
        return self

    def smoothed(self, scores) -> np.ndarray:
        """The scores, smoothed, shape (n,), going on from training; NaN where a score is NaN or
        infinite."""
        check_is_fitted(self)
        return self._smoothed_with_history(scores)[self.history_.size :]

    def thresholds(self, scores) -> np.ndarray:
        """One threshold of the smoothed scores per row, shape (n,), before sequences are dropped.

        Where no z has a row above it, the threshold is that of the highest z, or the one value
        that a whole window has. NaN where the whole window is NaN.
        """
        return self._judge(scores)[0]

    def flags(self, scores) -> np.ndarray:
        """Flags, bool, shape (n,), of rows that follow the training scores."""
        return self._judge(scores)[1] | np.isposinf(check_scores(scores))

    def _judge(self, scores) -> tuple[np.ndarray, np.ndarray]:
        check_is_fitted(self)
        past = self.history_.size
        smoothed = self._smoothed_with_history(scores)
        thresholds, flags = np.full(smoothed.size, np.nan), np.zeros(smoothed.size, dtype=bool)
        for start in range(past, smoothed.size, self.step):
            end = min(start + self.step, smoothed.size)
            window = smoothed[max(0, end - self.window) : end]
            thresholds[start:end] = epsilon = self._epsilon(window)
            flags[start:end] = self._standing_out(window, epsilon)[start - end :]
        return thresholds[past:], flags[past:]

    def _epsilon(self, errors) -> float:
        present = errors[~np.isnan(errors)]
        if present.size == 0:
            return np.nan
        low, high, by = self.z
        mean, std = present.mean(), present.std()
        epsilon = mean + high * std
        if not varies(std, present.max()):
            return present.max()
        best = -np.inf
        for z in np.arange(low, high + by / 2, by):
            above = errors > mean + z * std
            if not above.any():
                break
            rest = present[present < mean + z * std]
            calmed = (mean - rest.mean()) / mean + (std - rest.std()) / std
            value = calmed / (above.sum() + len(_sequences(above)) ** 2)
            if value >= best:  # the same rows above: the highest z, as in the authors' code
                best, epsilon = value, mean + z * std
        return epsilon

    def _standing_out(self, errors, epsilon) -> np.ndarray:
        above = errors > epsilon
        flags = np.zeros(errors.size, dtype=bool)
        if not above.any():
            return flags
        found = sorted(_sequences(above), key=lambda rows: -errors[rows].max())
        maxima = np.array([errors[rows].max() for rows in found] + [np.nanmax(errors[~above])])
        falls = (maxima[:-1] - maxima[1:]) / maxima[:-1]
        for rows in found[: np.flatnonzero(falls >= self.p).max(initial=-1) + 1]:
            flags[rows] = True
        return flags

    def _smoothed_with_history(self, scores) -> np.ndarray:
        both = pd.Series(np.concatenate([self.history_, self._not_negative(scores)]))
        return both.ewm(span=self.smoothing).mean().where(both.notna()).to_numpy()

    @staticmethod
    def _not_negative(scores) -> np.ndarray:
        scores = check_scores(scores)
        if (scores < 0).any():
            raise ValueError("scores must not be negative: take absolute or squared errors")
        return _without_infinite(scores)


class SpotThreshold(BaseEstimator):
    """SPOT: the height that a score exceeds with probability q, from a model of the highest ones.

    A generalised Pareto distribution is fitted to the excesses of the training scores over a high
    quantile, and fitted again with every later excess.

    Parameters
    ----------
    q : float, default 1e-4. Probability that a row without an anomaly is flagged.
    level : float, default 0.98. Share of the training scores at or below the initial threshold.
    learns_alarms : bool, default False. Whether flagged rows, too, go into the tail. The paper's do
        not, so that anomalies do not lift the threshold; but that cuts off the tail, and of 30,000
        rows of noise one to three in 1,000 were flagged at q 0.001, most after short training.

    Attributes
    ----------
    initial_ : float, the initial threshold, t in the paper; in the unit of the scores.
    excesses_ : training scores above it, less it, shape (N_t,), in the same unit.
    threshold_ : float, of the first row after training, z_q in the paper; in the same unit.
    n_ : int, training scores seen.

    Notes
    -----
    A row is judged by rows before it only. Flags are of rows that follow the training scores;
    the tail grows along the rows of one call and the fitted state stays as it is.

    Source: Siffer et al. 2017, "Anomaly Detection in Streams with Extreme Value Theory",
    algorithms 1 and 2, doi:10.1145/3097983.3098144. Not wrapped is the author's libspot: 3.1.0 has
    wheels for x86-64 Linux and Windows only, and its threshold changed by a quarter with the unit
    of heavy-tailed scores.

    Examples
    --------
    >>> noise = np.random.default_rng(0).exponential(size=5000)  # exceeds 6.9 once in 1,000
    >>> spot = SpotThreshold(q=1e-3).fit(noise)
    >>> round(float(spot.threshold_), 1)
    7.1
    >>> spot.flags([1.0, 20.0])
    array([False,  True])
    """

    MIN_EXCESSES = 20

    def __init__(self, q: float = 1e-4, level: float = 0.98, learns_alarms: bool = False):
        self.q = q
        self.level = level
        self.learns_alarms = learns_alarms

    def fit(self, scores, y=None):
        """Fit to training scores, shape (n,); NaN and infinite ones are left out.

        Raises
        ------
        ValueError : fewer than 20 excesses, or q not between 0 and 1 - level.
        """
        if not (0 < self.level < 1 and 0 < self.q < 1 - self.level):
            raise ValueError(f"q is between 0 and 1 - level ({1 - self.level:.3g}), not {self.q}")
        scores = _finite(scores)
        self.n_ = scores.size
        self.initial_ = float(np.quantile(scores, self.level, method="lower"))
        self.excesses_ = scores[scores > self.initial_] - self.initial_
        if self.excesses_.size < self.MIN_EXCESSES:
            raise ValueError(
                f"{self.excesses_.size} of {self.n_} training scores lie above their "
                f"{self.level} quantile, and a tail needs {self.MIN_EXCESSES}: fit to more rows or "
                "lower level; scores that are all equal, or equal at the top, have no tail"
            )
        tail = fit_pareto(self.excesses_)
        self.threshold_ = self._quantile(*tail, self.excesses_.size, self.n_)
        return self

    def thresholds(self, scores) -> np.ndarray:
        """One threshold per row, shape (n,), from training and the rows before it."""
        check_is_fitted(self)
        scores = check_scores(scores)
        thresholds = np.empty(scores.size)
        excesses, n = self.excesses_, self.n_
        tail = fit_pareto(excesses)
        for i, score in enumerate(scores):
            thresholds[i] = self._quantile(*tail, excesses.size, n)
            alarm = score > thresholds[i]
            if not np.isfinite(score) or (alarm and not self.learns_alarms):
                continue
            n += 1
            if score > self.initial_:
                excesses = np.append(excesses, score - self.initial_)
                tail = fit_pareto(excesses)
        return thresholds

    def flags(self, scores) -> np.ndarray:
        """Flags, bool, shape (n,): above the row's own threshold."""
        return _above(scores, self.thresholds(scores))

    def _quantile(self, gamma, sigma, n_excesses, n) -> float:
        # boxcox(x, gamma) is (x ** gamma - 1) / gamma, and log(x) at gamma 0; never below initial_.
        return self.initial_ + sigma * max(0.0, boxcox(n_excesses / (self.q * n), gamma))


def fit_pareto(excesses) -> tuple[float, float]:
    """Shape gamma and scale sigma of a generalised Pareto distribution, by maximum likelihood.

    With theta = gamma / sigma given, the likelihood is highest at gamma = mean(log(1 + theta *
    excess)), so one number is searched (Grimshaw 1993, as in the paper; scipy's genpareto.fit
    searches two and is 15 times slower). gamma is kept at -1/2 or above: further below, the
    likelihood has no maximum that means anything. Where it would go below, gamma is -1/2 and sigma
    the best with that.
    """
    unit = np.median(excesses)  # in this unit theta is 2 ** gamma - 1, roughly
    x = excesses / unit

    def pareto(a: float) -> tuple[float, float, float]:
        theta = np.expm1(a)
        mean = np.log1p(theta * x).mean()
        gamma = max(mean, -0.5)
        return gamma, gamma / theta if abs(theta) > 1e-9 else x.mean(), mean

    def cost(a: float) -> float:
        gamma, sigma, mean = pareto(a)
        return np.log(sigma) + (gamma if gamma == mean else mean + mean / gamma - 1)

    low = np.log1p(-1 / x.max()) * (1 - 1e-9) if x.max() > 1 else -20.0
    best = minimize_scalar(cost, bounds=(low, 5), method="bounded", options={"xatol": 1e-9})
    gamma, sigma, _ = pareto(best.x)
    return gamma, sigma * unit


def _finite(scores, what: str = "scores") -> np.ndarray:
    """The training scores that are finite, or ValueError."""
    scores = check_scores(scores, what)
    if not np.isfinite(scores).any():
        raise ValueError(f"none of the {scores.size} training {what} is a finite number")
    return scores[np.isfinite(scores)]


def _without_infinite(scores) -> np.ndarray:
    return np.where(np.isinf(scores), np.nan, scores)


def _above(scores, thresholds) -> np.ndarray:
    scores = check_scores(scores)
    return (scores > thresholds) | np.isposinf(scores)  # also where there is no threshold


def _mean_plus(windows, k: float, ddof: int) -> np.ndarray:
    """Mean plus k deviations of each window, shape (m,); its one value where it does not vary."""
    mean, std = np.nanmean(windows, axis=1), np.nanstd(windows, axis=1, ddof=ddof)
    flat = ~varies(std, np.nanmax(np.abs(windows), axis=1))
    return np.where(flat, np.nanmax(windows, axis=1), mean + k * std)


def _sequences(flags) -> list[slice]:
    """The runs of True, in order."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    return [slice(first, end) for first, end in edges.reshape(-1, 2)]


class GaussianScorer(BaseEstimator):
    """Score an error by how far out it lies in a Gaussian fitted to the training errors.

    score = Phi(z), z = (error - mean(training errors)) / std(training errors)

    This is the source's score, and it is 1.0 from nine deviations on: 9, 99 and 999 come out alike,
    and a threshold above 1, such as SPOT may give, is never reached. To rank rows, or to set
    `SpotThreshold` on them, take `surprisal`, which orders them all.

    Parameters
    ----------
    tail : str, default "upper", which scores large errors only. "both" takes |z|, as in the
        walkthrough of chapter 2: an error much *smaller* than usual counts as anomalous too, and
        the score lies between 0.5 and 1.
    multiple : float, default 2. Flag an error at or beyond this many standard deviations.

    Attributes
    ----------
    mean_, std_ : float, of the training errors (maximum likelihood: divided by n), in their unit.

    Notes
    -----
    Source: jdwittenauer, AnomalyDetection.ipynb.

    Examples
    --------
    >>> scorer = GaussianScorer(tail="both").fit([1, 3, 1, 3])
    >>> scorer.decision_function([2, 3, 0]).round(3)  # no error at all is the most anomalous
    array([0.5  , 0.841, 0.977])
    >>> scorer.flags([2, 3, 0])
    array([False, False,  True])
    >>> scorer.decision_function([12, 102]), scorer.surprisal([12, 102]).round(1)
    (array([1., 1.]), array([  53.2, 5005.5]))
    """

    def __init__(self, tail: str = "upper", multiple: float = 2.0):
        self.tail = tail
        self.multiple = multiple

    def fit(self, errors, y=None):
        """Fit to training errors, shape (n,); NaN and infinite ones are left out.

        Raises
        ------
        ValueError : errors that do not vary, or none that is finite; another tail.
        """
        if self.tail not in ("both", "upper"):
            raise ValueError(f'tail is "both" or "upper", not {self.tail!r}')
        errors = _finite(errors, "errors")
        self.mean_, self.std_ = norm.fit(errors)
        if not varies(self.std_, np.abs(errors).max()):
            raise ValueError("all errors are equal: no Gaussian can be fitted to them")
        return self

    def decision_function(self, errors) -> np.ndarray:
        """Scores, shape (n,); NaN where the error is NaN."""
        return norm.cdf(self._distance(errors))

    def surprisal(self, errors) -> np.ndarray:
        """-log(1 - score), in nats, shape (n,): the score's order, kept however far out."""
        return -norm.logsf(self._distance(errors))

    def flags(self, errors) -> np.ndarray:
        """Flags, bool, shape (n,)."""
        return self._distance(errors) >= self.multiple

    def _distance(self, errors) -> np.ndarray:
        check_is_fitted(self)
        z = (check_scores(errors, "errors") - self.mean_) / self.std_
        return np.abs(z) if self.tail == "both" else z
