"""The kept bake-off, to be asked: which detector, by which metric, and is that more than chance?

`Board.load()` needs no data and trains nothing: it reads what `make sweep` kept. The tables of
chapter 6 are made from a board in `report_tables`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon

from tsadbook.benchmark import leaderboard, scoreboard
from tsadbook.evaluation.comparison import bootstrap
from tsadbook.evaluation.nab import normalise

ASKED = ("detector", "kind", "origin", "treatment", "metric", "threshold")
ANY = "any causal detector"  # not one detector: the entry for which it, too, was chosen


class Board:
    """The leaderboard of the bake-off and the runs that it was made from.

    Parameters
    ----------
    kept : a dict as of `leaderboard.kept`.
    windows : number of label windows of each series, by name.

    Attributes
    ----------
    entries : DataFrame, one row for each detector, metric, kind of threshold and treatment; see
        `leaderboard.entries` for the columns.
    runs : DataFrame, one row for each (detector, seed); see `leaderboard.measure_run`.
    windows : Series, label windows by series.

    Examples
    --------
    >>> board = Board.load()
    >>> board.best()["detector"].item()
    'novelty'
    >>> board.query(metric="NAB standard", threshold="oracle", treatment="best",
    ...             detector=["record", "|z|"])[["detector", "value"]].round(1).values.tolist()
    [['record', 57.0], ['|z|', 53.5]]
    >>> board.compare("record", "ramp")["p"] < 0.001
    True
    """

    def __init__(self, kept: Mapping, windows: Mapping[str, int]):
        self.entries = pd.DataFrame(kept["leaderboard"])
        self.runs = pd.DataFrame(kept["runs"]).set_index(["detector", "seed"])
        self.windows = pd.Series(windows).reindex(kept["series"])
        self.overall = kept["overall"]
        if self.windows.isna().any():
            missing = list(self.windows.index[self.windows.isna()])
            raise ValueError(f"the number of label windows is not given for {missing}")

    @classmethod
    def load(cls) -> Board:
        """The board that the package keeps."""
        return cls(leaderboard.kept(), scoreboard.kept()["windows"])

    def query(self, **asked: str | Iterable[str]) -> pd.DataFrame:
        """The entries in which each named column has the given value, or one of several.

        Parameters
        ----------
        **asked : detector, kind, origin, treatment, metric or threshold.

        Raises
        ------
        ValueError : another column, or a value that stands nowhere in its column; the message lists
            those that do.
        """
        found = self.entries
        for column, wanted in asked.items():
            if column not in ASKED:
                raise ValueError(f"there is no {column!r} to ask for, only {', '.join(ASKED)}")
            wanted = [wanted] if isinstance(wanted, str) else list(wanted)
            there = list(dict.fromkeys(self.entries[column]))
            if unknown := [value for value in wanted if value not in there]:
                raise ValueError(f"{column} {unknown[0]!r} is not there; there is {there}")
            found = found[found[column].isin(wanted)]
        return found.reset_index(drop=True)

    def column(self, metric, threshold, treatment, what: str = "value") -> pd.Series:
        """One number for each detector: a column of the leaderboard, NaN where there is none.

        Parameters
        ----------
        metric, threshold, treatment : see `query`.
        what : value, low, high, seed_low or seed_high.
        """
        rows = self.query(metric=metric, threshold=threshold, treatment=treatment)
        rows = rows[rows["detector"] != ANY]
        return rows.set_index("detector")[what].astype(float).rename(metric)

    def best(
        self,
        n: int = 1,
        metric: str = "NAB standard",
        threshold: str = "left out",
        treatment: str = "chosen",
        kind: str | Iterable[str] = "causal",
        **asked,
    ) -> pd.DataFrame:
        """The n entries with the highest value, by default of the causal detectors, best first."""
        rows = self.query(
            metric=metric, threshold=threshold, treatment=treatment, kind=kind, **asked
        )
        rows = rows[rows["detector"] != ANY]
        return rows.astype({"value": float}).nlargest(n, "value").reset_index(drop=True)

    def compare(self, a: str, b: str, without: str | Iterable[str] = ()) -> dict:
        """Is one detector better than another by more than chance?

        Two questions, and they can have two answers. The difference is that of the sums over all
        series, so a single series on which one of the two fails badly may decide it. The test looks
        only at how often and in which order the series favour the one or the other.

        Parameters
        ----------
        a, b : names of detectors.
        without : series to leave out.

        Returns
        -------
        dict with difference (NAB score of a less that of b: standard profile, threshold and
        treatment left out, mean over seeds), low and high (its 95 % bootstrap interval, both on the
        same drawn series), better, worse and equal (on how many series with a label window a is
        better than b), p (Wilcoxon's signed-rank test on these series) and verdict, by the
        interval: "better", "worse" or "cannot be told".

        Raises
        ------
        ValueError : an unknown detector or series.
        """
        without = [without] if isinstance(without, str) else list(without)
        for name, there in [(a, self.raw), (b, self.raw), *((s, self.raw.T) for s in without)]:
            if name not in there:
                raise ValueError(f"there is no {name!r}, only {list(there)}")
        raw = self.raw.drop(index=without)
        windows = self.windows[raw.index]
        gap = (raw[a] - raw[b])[windows > 0]
        of_a, of_b, windows = raw[a].to_numpy(), raw[b].to_numpy(), windows.to_numpy()

        def ahead(rows):
            return normalise(of_a[rows], windows[rows]) - normalise(of_b[rows], windows[rows])

        rows = np.arange(len(raw))
        low, high = bootstrap(pd.Series(rows), lambda drawn: ahead(drawn.to_numpy()))
        return {
            "difference": ahead(rows),
            "low": low,
            "high": high,
            "better": int((gap > 0).sum()),
            "worse": int((gap < 0).sum()),
            "equal": int((gap == 0).sum()),
            "p": float(wilcoxon(gap, zero_method="zsplit").pvalue) if gap.any() else 1.0,
            "verdict": verdict(low, high),
        }

    def deciding(self, a: str, b: str) -> pd.Series:
        """The difference of two detectors' scores without each single series in turn.

        Returns
        -------
        Series by the name of the series left out, the one that moves the difference most first.
        """
        gap = 50 * (self.raw[a] - self.raw[b])  # raw to points: `normalise` has 2 units a window
        windows = self.windows.sum()
        left = (gap.sum() - gap) / (windows - self.windows)
        return left[(left - gap.sum() / windows).abs().sort_values(ascending=False).index]

    def by_series(self, what: str, detector: str, seed: int = 0) -> pd.Series:
        """What was kept for each series of one run: auc_pr, vus_pr, vus_roc or like_z."""
        values = self.runs.loc[(detector, seed), what]
        return pd.Series(values, self.windows.index, dtype=float, name=what)

    @cached_property
    def raw(self) -> pd.DataFrame:
        """Unnormalised NAB score, standard profile, threshold and treatment left out: one row a
        series, one column a detector, the mean over seeds."""
        return pd.DataFrame(
            {
                name: np.mean([c["standard"]["raw"] for c in self.runs.loc[name, "chosen"]], axis=0)
                for name in self.detectors.index
            },
            index=self.windows.index,
        )

    @cached_property
    def detectors(self) -> pd.DataFrame:
        """Who took part: origin, kind (causal or offline), seeds, and seconds on one core for
        fitting and scoring all series (median over seeds)."""
        rows = self.entries[self.entries["detector"] != ANY]
        rows = rows[rows["treatment"] != "centred"]  # that mean looks ahead, whatever it is of
        seconds = self.runs["seconds_fit"] + self.runs["seconds_score"]
        frame = rows.drop_duplicates("detector").set_index("detector")[["origin", "kind"]]
        return frame.assign(
            seeds=self.runs.groupby("detector").size(),
            seconds=seconds.groupby("detector").median(),
        )


def verdict(low: float, high: float) -> str:
    """What an interval of a difference says: better, worse, or that it cannot be told."""
    return "better" if low > 0 else "worse" if high < 0 else "cannot be told"
