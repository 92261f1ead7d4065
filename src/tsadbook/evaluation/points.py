"""Scores that look at rows one by one, and two that were made to be kinder or plainer than that.

A label marks rows here, not instants: `labelled` is bool, shape (n,), as from `label_rows`.
"""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

from tsadbook.checks import check_bools, check_numbers, check_rows, check_scored


def runs(rows) -> np.ndarray:
    """Where a bool array is true without a gap: first row and the row after the last of each run.

    Parameters
    ----------
    rows : bool, shape (n,).

    Returns
    -------
    Array of int, shape (number of runs, 2).
    """
    changes = np.diff(check_rows(rows, "rows").astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(changes).reshape(-1, 2)


def point_adjusted(labelled, flags) -> np.ndarray:
    """Flags after point adjustment: once one row of a labelled run is flagged, all of them are.

    The longer a run, the surer a random detector hits it somewhere, and the more rows it is then
    credited with. Not a score to compare detectors by; here to show what it does.

    Parameters
    ----------
    labelled, flags : bool, shape (n,).

    Returns
    -------
    Array of bool, shape (n,).

    Raises
    ------
    ValueError : not as many flags as labels, or NaN among them.

    Notes
    -----
    Source: Xu et al. 2018, "Unsupervised Anomaly Detection via Variational Auto-Encoder for
    Seasonal KPIs in Web Applications". Criticism: Kim et al. 2022, "Towards a Rigorous Evaluation
    of Time-Series Anomaly Detection".

    Examples
    --------
    >>> point_adjusted([0, 1, 1, 1, 0, 1], [1, 0, 1, 0, 0, 0]).astype(int)
    array([1, 1, 1, 1, 0, 0])
    """
    labelled, flags = check_bools(labelled, flags)
    adjusted = flags.copy()
    for start, stop in runs(labelled):
        adjusted[start:stop] |= flags[start:stop].any()
    return adjusted


def precision_recall(labelled, flags, beta: float = 1.0) -> dict:
    """Precision, recall and F-beta over rows; what would be 0 / 0 is 0.

    Parameters
    ----------
    labelled, flags : bool, shape (n,).
    beta : recall counts beta times as much as precision.

    Returns
    -------
    dict with precision, recall and f.

    Raises
    ------
    ValueError : not as many flags as labels, or NaN among them.
    """
    labelled, flags = check_bools(labelled, flags)
    precision, recall, f, _ = precision_recall_fscore_support(
        labelled, flags, beta=beta, average="binary", pos_label=True, zero_division=0
    )
    return {"precision": float(precision), "recall": float(recall), "f": float(f)}


def auc_pr(labelled, scores) -> float:
    """Area under the precision-recall curve over rows, as average precision.

    That is a sum of steps: each gain in recall times the precision at that threshold. A trapezoid
    (`sklearn.metrics.auc` over the same curve) draws straight lines between the thresholds instead,
    which no detector reaches; the two differ most where few distinct scores are.

    Parameters
    ----------
    labelled : bool, shape (n,).
    scores : float, shape (n,); higher is more anomalous. Only their order counts, so infinity is a
        score.

    Raises
    ------
    ValueError : not as many scores as labels, NaN, or no row labelled.
    """
    labelled, scores = check_scored(labelled, scores)
    if not labelled.any():
        raise ValueError("no row is labelled, so there is nothing to recall")
    _, order = np.unique(scores, return_inverse=True)
    return float(average_precision_score(labelled, order))


def ucr_hit(scores, window: tuple[int, int], slop: int = 100) -> bool:
    """Whether the highest score of a series lies in its one labelled run, or close beside it.

    Parameters
    ----------
    scores : float, shape (n,). NaN is left out; of equal highest scores the first row counts, so a
        constant score is taken for a claim on the first row.
    window : first and last labelled row.
    slop : rows on each side that count as a hit, too.

    Raises
    ------
    ValueError : no score at all, or a window that does not lie in the series.

    Notes
    -----
    Source: Wu and Keogh 2021, "Current Time Series Anomaly Detection Benchmarks are Flawed and are
    Creating the Illusion of Progress", and the UCR archive that came with it.
    """
    scores, (start, end) = check_numbers(scores), window
    if np.isnan(scores).all():
        raise ValueError(f"scores of shape {scores.shape} hold no number to be the highest")
    if not 0 <= start <= end < len(scores):
        raise ValueError(
            f"the window of rows {start} to {end} does not lie in a series of {len(scores)} rows"
        )
    return bool(start - slop <= np.nanargmax(scores) <= end + slop)
