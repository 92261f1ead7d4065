"""The metrics of chapter 5 on whole series: what a detector or a rule is paid by each.

Metrics of flags, and NAB's score, leave out the rows of NAB's probation; those of scores take all
rows, as they do elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tsadbook.benchmark.scoreboard import vus_pr
from tsadbook.datasets import Dataset, tsb_ad
from tsadbook.evaluation import nab, points, ranges
from tsadbook.evaluation.events import alerts, label_rows, score_events

Data = Mapping[str, Dataset]
Scores = Mapping[str, np.ndarray]


def f1(precision: float, recall: float) -> float:
    """The harmonic mean of precision and recall; 0 where one of them is 0.

    >>> f1(1.0, 0.5), f1(0.0, 1.0)
    (0.6666666666666666, 0)
    """
    return 2 * precision * recall / (precision + recall) if precision * recall else 0


def judge(data: Data, corpus: nab.Corpus, scores: Scores, height: float) -> dict[str, float]:
    """All metrics of one detector on a corpus.

    Parameters
    ----------
    data : the series by name, the 18 of TSB-AD among them.
    corpus : the same series.
    scores : one float a row of each series, higher is more anomalous.
    height : a row is flagged if its score exceeds it.

    Returns
    -------
    dict: metrics over rows, runs and distances as means over the series with a label; events over
    the corpus; and the metrics of scores, for which only their order counts.
    """
    labelled = [name for name, d in data.items() if d.windows]
    flagged = [of_flags(*_judged(data[name], scores[name], height)) for name in labelled]
    return {
        **pd.DataFrame(flagged).mean(),
        **of_events(data, scores, height),
        **of_scores(data, corpus, scores),
    }


def of_flags(truth, flags) -> dict[str, float]:
    """Metrics of flags on one series.

    Parameters
    ----------
    truth, flags : bool, shape (n,), of the rows that are judged.

    Returns
    -------
    dict of floats; affiliation precision is NaN where nothing is flagged.
    """
    by_runs, near = ranges.range_precision_recall(truth, flags), ranges.affiliation(truth, flags)
    adjusted = points.point_adjusted(truth, flags)
    return {
        "F1 of rows": points.precision_recall(truth, flags)["f"],
        "F1, point-adjusted": points.precision_recall(truth, adjusted)["f"],
        "range precision": by_runs["precision"],
        "range recall": by_runs["recall"],
        "affiliation precision": near["precision"],
        "affiliation recall": near["recall"],
    }


def of_events(data: Data, scores: Scores, height: float) -> dict[str, float]:
    """Share of the label windows found and false alerts a week, with 24 hours of silence."""
    counted = []
    for name, d in data.items():
        _, flags = _judged(d, scores[name], height)
        counted.append(score_events(d.series.index[-len(flags) :], flags, d.windows))
    total = pd.DataFrame(counted).sum()
    return {
        "windows found": total["found"] / total["events"],
        "false alerts a week": total["false_alerts"] / total["weeks"],
    }


def of_scores(data: Data, corpus: nab.Corpus, scores: Scores) -> dict[str, float]:
    """Average precision, VUS-PR on TSB-AD's series, hits of UCR's question on the series with one
    window, and NAB's standard score at two thresholds."""
    truth = {name: label_rows(d.series.index, d.windows) for name, d in data.items() if d.windows}
    one = [name for name in truth if len(data[name].windows) == 1]
    ends = {name: np.flatnonzero(truth[name])[[0, -1]] for name in one}
    ranking = corpus.rank(scores)
    return {
        "average precision": np.mean([points.auc_pr(truth[n], scores[n]) for n in truth]),
        "VUS-PR, 18 series": np.mean([vus_pr(data[n], scores[n]) for n in tsb_ad.SERIES]),
        "UCR hits": np.mean([points.ucr_hit(scores[n], ends[n]) for n in one]),
        "NAB score, best threshold": ranking.best().score,
        "NAB score, category left out": ranking.score(ranking.thresholds_of_other_categories()),
    }


def rows_and_alerts(data: Data, scores: Scores, height: float) -> dict[str, int]:
    """How many rows are flagged, and how many alerts they make with 24 hours of silence."""
    counted = {"flagged rows": 0, "alerts": 0}
    for name, d in data.items():
        _, flags = _judged(d, scores[name], height)
        counted["flagged rows"] += int(flags.sum())
        counted["alerts"] += len(alerts(d.series.index[-len(flags) :], flags))
    return counted


def preferred(data: Dataset, scores: np.ndarray, tried: int = 100) -> pd.DataFrame:
    """The threshold that each metric would choose on one series, and what it brings on call.

    Parameters
    ----------
    data, scores : a series, and one float a row of it, not negative.
    tried : how many thresholds, evenly spaced from 0 to below the highest score.

    Returns
    -------
    DataFrame by metric: preferred threshold (the lowest, of several that are equally good), the
    metric there, windows found and false alerts a week.
    """
    first = nab.probation(len(scores))
    index, judged = data.series.index[first:], scores[first:]
    ranked = nab.Corpus({data.name: (data.series.index, data.windows)}).rank({data.name: scores})
    grid = np.linspace(0, judged.max(), tried, endpoint=False)
    truth = label_rows(index, data.windows)
    over_grid = pd.DataFrame({k: _five(truth, judged > k, ranked, k) for k in grid}).T
    rows = {}
    for metric, values in over_grid.items():
        on_call = score_events(index, judged > values.idxmax(), data.windows)
        rows[metric] = {
            "preferred threshold": values.idxmax(),
            "the metric there": values.max(),
            "windows found": on_call["found"],
            "false alerts a week": on_call["false_alerts_a_week"],
        }
    return pd.DataFrame(rows).T.astype({"windows found": int}).rename_axis("metric")


def _five(truth, flags, ranked: nab.Ranking, threshold: float) -> dict[str, float]:
    adjusted = points.point_adjusted(truth, flags)
    return {
        "F1 of rows": points.precision_recall(truth, flags)["f"],
        "F1, point-adjusted": points.precision_recall(truth, adjusted)["f"],
        "F1 of ranges": f1(**ranges.range_precision_recall(truth, flags)),
        "F1 of affiliation": f1(**ranges.affiliation(truth, flags)),
        "NAB score / 100": ranked.score(threshold) / 100,
    }


def _judged(data: Dataset, scores, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels and flags of the rows after probation."""
    rows = slice(nab.probation(len(data.series)), None)
    return label_rows(data.series.index, data.windows)[rows], (scores > height)[rows]
