"""Suppression of repeated alerts on NAB's corpus: of the flagged rows, which raise one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tsadbook.evaluation import nab

WIDTHS = (50, 100, 200, 288, 400, 600)  # rows of silence that were tried, on the labels


def first_of_each(rows: np.ndarray, silence: int) -> np.ndarray:
    """Merge and suppress by rows: of the flagged rows, those that raise an alert.

    Parameters
    ----------
    rows : numbers of the flagged rows, ascending.
    silence : after an alert, flags of so many rows, 0 or more, raise nothing.

    Raises
    ------
    ValueError : a silence that is no number of rows, or is negative.

    The rule is that of `evaluation.alerts`, which counts time; NAB's series have steps of five
    minutes to an hour, and rows make them alike.
    """
    if not isinstance(silence, int | np.integer) or silence < 0:
        raise ValueError(f"silence is a number of rows here, 0 or more, not {silence!r}")
    raised, at = [], 0
    while at < len(rows):
        raised.append(rows[at])
        at = np.searchsorted(rows, rows[at] + silence, side="right")
    return np.array(raised, dtype=int)


def suppressed_raw(
    corpus: nab.Corpus, scores: Mapping[str, np.ndarray], threshold: float, silence: int
) -> pd.Series:
    """The unnormalised standard score of each series if only the first row of an alert counts."""
    flags = {}
    for name, values in scores.items():
        start = nab.probation(len(values))
        rows = start + np.flatnonzero(np.asarray(values)[start:] >= threshold)
        flags[name] = np.zeros(len(values))
        flags[name][first_of_each(rows, silence)] = 1.0
    return corpus.rank(flags).raw(0.5)


def thresholds_to_try(scores: Mapping[str, np.ndarray]) -> np.ndarray:
    """Eighty thresholds, at which 20 to 20,000 judged rows are flagged."""
    judged = np.concatenate([v[nab.probation(len(v)) :] for v in scores.values()])
    return np.unique(-np.sort(-judged)[np.geomspace(20, 20_000, 80).astype(int)])


def suppressed(corpus: nab.Corpus, scores, thresholds, widths=WIDTHS) -> dict:
    """What suppressing repeated alerts does to a detector's score.

    Parameters
    ----------
    thresholds, widths : what to try; widths are rows of silence.

    Returns
    -------
    dict with widths: of each width the best score and its threshold, chosen on the labels; and
    left_out: the score when width and threshold are chosen together on the other categories, and
    left_out_raw, the unnormalised score of each series there.
    """
    raws = pd.DataFrame(
        {(w, t): suppressed_raw(corpus, scores, t, w) for w in widths for t in thresholds}
    ).T
    best = {w: raws.loc[w].sum(axis=1).idxmax() for w in widths}
    categories = raws.columns.map(nab.category)
    other = pd.Series(
        {
            name: raws.loc[raws.loc[:, categories != nab.category(name)].sum(axis=1).idxmax(), name]
            for name in raws.columns
        }
    )
    return {
        "widths": {
            str(w): {
                "threshold": float(t),
                "best": nab.normalise(raws.loc[(w, t)], corpus.windows),
            }
            for w, t in best.items()
        },
        "left_out": nab.normalise(other, corpus.windows),
        "left_out_raw": other.to_dict(),
    }
