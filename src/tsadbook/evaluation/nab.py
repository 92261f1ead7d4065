"""The score of the Numenta Anomaly Benchmark, exact, over a corpus of series.

A detector earns up to 1 for each label window, the more the earlier its first flagged row in it;
each flagged row outside pays, the more the further it lies behind the last window; each window
without a flag costs 1, or 2 in one profile. One threshold serves the whole corpus.

Source: Lavin and Ahmad 2015, "Evaluating Real-time Anomaly Detection Algorithms: the Numenta
Anomaly Benchmark", and the code of `numenta/NAB` at the pinned commit (`nab/scorer.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from tsadbook.checks import check_windows
from tsadbook.evaluation.events import label_rows


class Profile(NamedTuple):
    """What a flagged row outside all windows and a window without a flag cost at most.

    >>> PROFILES["reward_low_FN_rate"]
    Profile(false_positive=0.11, missed=2.0)
    """

    false_positive: float
    missed: float


PROFILES = {
    "standard": Profile(0.11, 1.0),
    "reward_low_FP_rate": Profile(0.22, 1.0),
    "reward_low_FN_rate": Profile(0.11, 2.0),
}


class Score(NamedTuple):
    """A NAB score and its threshold: rows whose score is at or above it are flagged.

    >>> Score(score=57.0, threshold=0.5).score
    57.0
    """

    score: float
    threshold: float


def probation(n_rows: int) -> int:
    """The first rows of a series, which a detector may learn from and which are not scored."""
    return min(int(0.15 * n_rows), 750)


def category(name: str) -> str:
    """The category of a series: "realTraffic" of "realTraffic/speed_6005"."""
    return name.split("/")[0]


class Corpus:
    """The labelled series that one NAB score is over.

    Parameters
    ----------
    series : name to (index, windows): the time stamps of all rows, and the label windows as
        (start, end), both ends included. Where a clock was set back, a window's rows may have
        others between them: these lie outside, and the window is as wide as it has rows.

    Attributes
    ----------
    windows : number of label windows by name, a Series.

    Raises
    ------
    ValueError : no series, a window in which no judged row lies, two that share a row, or one that
        `label_rows` refuses.

    Examples
    --------
    A hundred days of which the first fifteen are not judged, and a window of five:

    >>> days = pd.date_range("2024-01-01", periods=100)
    >>> corpus = Corpus({"mine/one": (days, [(days[60], days[64])])})
    >>> corpus.windows.to_dict()
    {'mine/one': 1}
    >>> corpus.rank({"mine/one": np.arange(100) == 60}).best().score
    100.0
    """

    def __init__(self, series: Mapping[str, tuple[pd.DatetimeIndex, Iterable]]):
        if not series:
            raise ValueError("a corpus needs at least one series")
        series = {name: (i, _checked(name, i, windows)) for name, (i, windows) in series.items()}
        self._lengths = {name: len(index) for name, (index, _) in series.items()}
        worths, numbers = [], []
        self.windows = pd.Series(
            {name: len(windows) for name, (_, windows) in series.items()}, dtype=int
        )
        before = 0
        for name, (index, windows) in series.items():
            worth, number = _worths(name, index, windows)
            worths.append(worth)
            numbers.append(np.where(number >= 0, number + before, -1))
            before += self.windows[name]
        self._worth, self._window = np.concatenate(worths), np.concatenate(numbers)
        judged = [n - probation(n) for n in self._lengths.values()]
        self._series = np.repeat(np.arange(len(judged)), judged)

    def rank(self, scores: Mapping[str, np.ndarray]) -> Ranking:
        """Order all judged rows by score, so that any threshold is scored quickly.

        Parameters
        ----------
        scores : one float per row of each series, probation included; higher is more anomalous.
            Scores in probation are not looked at. Infinity is a score, the same as the highest
            float: a threshold of infinity flags nothing.

        Raises
        ------
        ValueError : a series without scores, another number of scores than rows, or NaN.
        """
        if unknown := set(scores) ^ set(self._lengths):
            raise ValueError(f"scores and corpus do not have the same series: {sorted(unknown)}")
        parts = []
        for name, n in self._lengths.items():
            part = np.asarray(scores[name], dtype=float)
            if part.shape != (n,):
                raise ValueError(f"{name} has {n} rows and scores of shape {part.shape}")
            # No score is infinite, so an infinite threshold is one that no row reaches.
            parts.append(np.minimum(part[probation(n) :], np.finfo(float).max))
            if np.isnan(parts[-1]).any():
                row = probation(n) + int(np.isnan(parts[-1]).argmax())
                raise ValueError(
                    f"{name}: the score of row {row} is NaN; a row that a detector cannot judge "
                    "needs its lowest score"
                )
        return Ranking(self, np.concatenate(parts))


class Ranking:
    """One detector's scores on a corpus, from `Corpus.rank`.

    Examples
    --------
    A detector that flags the middle of the window, and a day long before it:

    >>> days = pd.date_range("2024-01-01", periods=100)
    >>> corpus = Corpus({"mine/one": (days, [(days[60], days[64])])})
    >>> ranking = corpus.rank({"mine/one": np.isin(np.arange(100), [20, 62])})
    >>> round(ranking.score(1.0), 1), round(ranking.score(np.inf), 1)
    (90.4, 0.0)
    """

    def __init__(self, corpus: Corpus, scores: np.ndarray):
        self._windows = corpus.windows
        order = np.argsort(-scores, kind="stable")
        self._scores, self._series = scores[order], corpus._series[order]
        worth, window = corpus._worth[order], corpus._window[order]
        inside = np.flatnonzero(window >= 0)
        inside = inside[np.argsort(window[inside], kind="stable")]  # by window, highest score first
        ends = np.flatnonzero(np.diff(window[inside], append=-1)) + 1
        # What each row adds once the threshold has come down to its score.
        self._outside = np.where(window < 0, worth, 0.0)
        self._earned, self._found = np.zeros(len(order)), np.zeros(len(order))
        for rows in np.split(inside, ends[:-1]) if len(inside) else []:
            self._earned[rows] = np.diff(np.maximum.accumulate(worth[rows]), prepend=0.0)
            self._found[rows[0]] = 1.0

    def best(self, profile: str = "standard") -> Score:
        """The highest score that any threshold gives, every distinct score tried, and none flagged.

        Chosen on the labels it is scored with: what a detector could reach, not what it would.
        """
        total = np.cumsum(self._gains(profile))[self._last_of_ties()]
        thresholds = np.append(np.inf, self._scores[self._last_of_ties()])
        raw = np.append(0.0, total) - PROFILES[profile].missed * self._windows.sum()
        at = int(np.argmax(raw))
        return Score(_normalised(raw[at], self._windows.sum(), profile), float(thresholds[at]))

    def thresholds_of_other_categories(self, profile: str = "standard") -> pd.Series:
        """For each series the threshold that is best on the series of all other categories.

        A category is what stands before the slash in a name. Where no threshold is better than
        never to flag, it is infinity.
        """
        names = self._windows.index
        categories = pd.Categorical([category(name) for name in names])
        if len(categories.categories) < 2:
            raise ValueError("leaving a category out needs series of two categories or more")
        ends, gains = self._last_of_ties(), self._gains(profile)
        of_row = categories.codes[self._series]
        chosen = {}
        for code, label in enumerate(categories.categories):
            total = np.append(0.0, np.cumsum(np.where(of_row == code, 0.0, gains))[ends])
            chosen[label] = np.append(np.inf, self._scores[ends])[int(np.argmax(total))]
        return pd.Series([chosen[label] for label in categories], names)

    def raw(self, threshold, profile: str = "standard") -> pd.Series:
        """The unnormalised score of each series: at most its windows, and below 0 without bound.

        Parameters
        ----------
        threshold : one number, or a Series with one for each name.

        Raises
        ------
        ValueError : a series without a threshold, or an unknown profile.
        """
        if isinstance(threshold, pd.Series):
            threshold = threshold.reindex(self._windows.index)
        limits = np.broadcast_to(np.asarray(threshold, dtype=float), len(self._windows))
        if np.isnan(limits).any():
            missing = list(self._windows.index[np.isnan(limits)])
            raise ValueError(f"there is no threshold for {missing}; infinity flags nothing")
        flagged = self._scores >= limits[self._series]
        gained = np.bincount(
            self._series, np.where(flagged, self._gains(profile), 0.0), len(self._windows)
        )
        return pd.Series(gained, self._windows.index) - PROFILES[profile].missed * self._windows

    def score(self, threshold, profile: str = "standard") -> float:
        """The NAB score at a given threshold, or at one for each series."""
        return normalise(self.raw(threshold, profile), self._windows, profile)

    def _gains(self, profile: str) -> np.ndarray:
        cost = _costs(profile)
        return self._outside * cost.false_positive + self._earned + self._found * cost.missed

    def _last_of_ties(self) -> np.ndarray:
        """Rows with the same score are flagged together: the last of each such group."""
        return np.flatnonzero(np.append(self._scores[1:] != self._scores[:-1], True))


def normalise(raw: pd.Series, windows: pd.Series, profile: str = "standard") -> float:
    """The NAB score of some series: 100 if each window is found at once and nothing else flagged,
    0 if nothing is flagged.

    Parameters
    ----------
    raw, windows : unnormalised score and number of label windows of each series; a series may
        stand there twice, as in a bootstrap sample.
    """
    return _normalised(np.sum(raw), np.sum(windows), profile)


def _normalised(raw: float, n_windows: int, profile: str) -> float:
    if n_windows == 0:
        raise ValueError("the series have no label window, so nothing can be found on them")
    null = -_costs(profile).missed * n_windows
    return float(100 * (raw - null) / (n_windows - null))


def _costs(profile: str) -> Profile:
    if profile not in PROFILES:
        raise ValueError(f"there is no profile {profile!r}, only {', '.join(PROFILES)}")
    return PROFILES[profile]


def _checked(name: str, index: pd.DatetimeIndex, windows) -> list:
    try:
        return check_windows(index, windows)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _worths(name: str, index: pd.DatetimeIndex, windows: list) -> tuple[np.ndarray, np.ndarray]:
    """What a flag on each judged row is worth, and the number of its window, -1 outside.

    Outside: between 0 and -1, to be multiplied with the cost of a false positive. Inside: what the
    window earns if this is its first flagged row, below 1 or equal to it.
    """
    n, first = len(index), probation(len(index))
    row = np.arange(n)
    worth, number = np.full(n, -1.0), np.full(n, -1)
    inside = []
    for k, window in enumerate(sorted(windows)):
        rows = np.flatnonzero(label_rows(index, [window]))
        if len(rows) == 0 or rows[-1] < first:
            raise ValueError(f"{name}: no judged row lies in the window that starts {window[0]}")
        if (number[rows] >= 0).any():
            raise ValueError(f"{name}: the window that starts {window[0]} overlaps another")
        number[rows] = k
        inside.append(rows)
    # By their last rows, as a clock set back by much puts a later window before an earlier one.
    for rows in sorted(inside, key=lambda rows: rows[-1]):
        end, width = rows[-1], len(rows)
        later = row > end
        distance = (row[later] - end) / max(width - 1, 1e-12)
        worth[later] = np.where(distance > 3, -1.0, _sigmoid(np.minimum(distance, 3)))
    for rows in inside:  # the first is worth 1, though others may lie between it and the last
        worth[rows] = _sigmoid(np.arange(-len(rows), 0) / len(rows)) / _sigmoid(-1)
    return worth[first:], number[first:]


def _sigmoid(y) -> np.ndarray:
    """From 1 through 0 at y = 0 to -1."""
    return 2 / (1 + np.exp(5 * np.asarray(y, dtype=float))) - 1
