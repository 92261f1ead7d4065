"""Scores that look at runs of rows and at what lies beside them.

A label marks rows here, not instants: `labelled` is bool, shape (n,), as from `label_rows`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tsadbook.checks import check_bools, check_scored
from tsadbook.evaluation.points import runs


class Volume(NamedTuple):
    """Volume under the surface of precision and recall, and of the ROC curve.

    >>> Volume(pr=0.4, roc=0.9).pr
    0.4
    """

    pr: float
    roc: float


def volume_under_surface(labelled, scores, buffer: int, step: int = 5) -> Volume:
    """VUS-PR and VUS-ROC: the area under the curve, averaged over buffers beside the labelled runs.

    The mean over the buffers 0, step, 2 * step and so on up to `buffer`, each computed by aeon.
    With `step=1` these are exactly aeon's `range_pr_vus_score` and `range_roc_vus_score`; with a
    step of 5 it takes a fifth of the time and moves, on series of NAB, by .002 at most where the
    buffer is 100 rows or more, and by up to .007 where it is shorter: there take a step of 1.

    Parameters
    ----------
    labelled : bool, shape (n,).
    scores : float, shape (n,); higher is more anomalous. Only their order counts, so infinity is a
        score.
    buffer : rows, the largest buffer. The value depends on it: always state both. See `buffer_of`.
    step : rows from one buffer to the next.

    Raises
    ------
    ValueError : not as many scores as labels, NaN, no row or every row labelled, a negative buffer
        or a step below 1.

    Notes
    -----
    Source: Paparrizos et al. 2022, "Volume Under the Surface: A New Accuracy Evaluation Measure for
    Time-Series Anomaly Detection". What matters in aeon's version of it:

    - Constant scores have the volume 0, PR and ROC alike.
    - The labels themselves as scores do not have 1: rows beside a run are to be flagged a little.
    - A buffer of b adds b // 2 rows before a run and b // 2 - 1 after it. Their weight falls from 1
      by the root of a straight line to about .7 at the far end, and there at once to 0. Buffers of
      0 and 1 add nothing.
    - Runs whose buffers touch count as one in the share of runs that were found.
    - The curve has 250 thresholds, the scores at 250 evenly spaced ranks, and straight lines
      between them that begin at precision 1 and recall 0. Few distinct scores are flattered: one
      flagged row that is right, and all else equal, has more than .5.
    """
    from aeon.benchmarking.metrics.anomaly_detection import range_pr_roc_auc_support

    labelled, scores = check_scored(labelled, scores)
    if labelled.all() or not labelled.any():
        raise ValueError(
            f"{labelled.sum()} of {len(labelled)} rows are labelled; the curves need some that "
            "are and some that are not"
        )
    if buffer < 0 or step < 1:
        raise ValueError(f"a buffer is 0 rows or more and a step 1 or more, not {buffer}, {step}")
    if (scores == scores[0]).all():
        return Volume(0.0, 0.0)
    areas = [
        range_pr_roc_auc_support(labelled.astype(int), scores, b, skip_check=True)
        for b in range(0, buffer + 1, step)
    ]
    return Volume(*map(float, np.mean(areas, axis=0)))


def buffer_of(values) -> int:
    """The largest buffer that TSB-AD takes for a series: the period that it repeats itself with.

    The period is the lag, from 6 to 303, of the highest local maximum of the autocorrelation, over
    at most the first 20,000 rows; 125 where the highest lies elsewhere or there is none, as in a
    constant series.

    Parameters
    ----------
    values : of the series, shape (n,).

    Raises
    ------
    ValueError : NaN or infinity, or no values.

    Notes
    -----
    Source: Liu and Paparrizos 2024, "The Elephant in the Room: Towards A Reliable Time-Series
    Anomaly Detection Benchmark", and the code of `TheDatumOrg/TSB-AD` (`find_length_rank`, rank 1).
    """
    from scipy.signal import argrelextrema
    from statsmodels.tsa.stattools import acf

    values = np.asarray(values, dtype=float)[:20_000]
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise ValueError(
            f"values of shape {values.shape}; the autocorrelation needs one series of numbers "
            "without NaN or infinity: fill or leave out such rows first"
        )
    if (values == values[0]).all():
        return 125
    correlation = acf(values, nlags=400, fft=True)[3:]
    maxima = argrelextrema(correlation, np.greater)[0]
    if not len(maxima):
        return 125
    highest = int(maxima[np.argmax(correlation[maxima])])
    return highest + 3 if 3 <= highest <= 300 else 125


def range_precision_recall(labelled, flags) -> dict:
    """Precision and recall over runs: the mean share of each flagged run that is labelled, and the
    mean share of each labelled run that is flagged.

    A run counts the same however long it is. The definition leaves weights open; here they are the
    plainest: no reward for a run merely touched (alpha 0), every row of a run alike (flat bias), no
    penalty for a run in several pieces (cardinality one).

    Parameters
    ----------
    labelled, flags : bool, shape (n,).

    Returns
    -------
    dict with precision and recall; 0 where there is no run to take the mean over.

    Raises
    ------
    ValueError : not as many flags as labels, or NaN among them.

    Notes
    -----
    Source: Tatbul et al. 2018, "Precision and Recall for Time Series"; computed by aeon.
    """
    from aeon.benchmarking.metrics.anomaly_detection import range_precision, range_recall

    labelled, flags = check_bools(labelled, flags)
    if not flags.any():
        return {"precision": 0.0, "recall": 0.0}
    # One more row, neither labelled nor flagged, changes no run. Without it aeon would give 0 for
    # flags on all rows, as it does for any constant.
    truth, found = (np.append(rows, False).astype(int) for rows in (labelled, flags))
    plain = {"alpha": 0, "cardinality": "one", "bias": "flat"}
    return {
        "precision": float(range_precision(truth, found, **plain)),
        "recall": float(range_recall(truth, found, **plain)),
    }


def affiliation(labelled, flags) -> dict:
    """Affiliation precision and recall: how close flags lie to labels, against chance.

    Row i is the interval [i, i + 1) of a time axis. Each labelled run has a zone, the times closer
    to it than to any other run. In it, a flagged time is worth the chance that a time drawn from
    the zone lies farther from the run (1 inside the run), and a labelled time the chance that such
    a draw lies farther from it than the nearest flag of the zone. Precision and recall are the
    means of these over the flagged and over the labelled times of a zone, then over the zones.

    One short flag at random has .5 of each on average, a little more precision where the runs fill
    much of their zones. Flags on every row have that precision and a recall of 1. Compare with
    these, not with 0.

    Parameters
    ----------
    labelled, flags : bool, shape (n,).

    Returns
    -------
    dict with precision, over the zones that hold a flag, NaN where none does; and recall, which is
    0 in a zone without one.

    Raises
    ------
    ValueError : not as many flags as labels, NaN among them, or no row labelled.

    Notes
    -----
    Source: Huet et al. 2022, "Local Evaluation of Time Series Anomaly Detection Algorithms".
    """
    labelled, flags = check_bools(labelled, flags)
    events = runs(labelled)
    if not len(events):
        raise ValueError("no row is labelled, and affiliation is to labelled runs")
    # What is integrated is linear but for bends at multiples of a quarter of a row, so its mean
    # over the middles of all quarters is the integral.
    time = (np.arange(4 * len(flags)) + 0.5) / 4
    flagged = time[np.repeat(flags, 4)]
    borders = np.concatenate([[0], (events[:-1, 1] + events[1:, 0]) / 2, [len(flags)]])
    precision, recall = [], []
    for (start, stop), left, right in zip(events, borders[:-1], borders[1:], strict=True):
        near = flagged[(flagged > left) & (flagged < right)]
        if len(near) == 0:
            recall.append(0.0)
            continue
        off = np.maximum(np.maximum(start - near, near - stop), 0)
        # Draws no farther from the run: the run itself, and as far as `off` on either side of it.
        closer = np.minimum(off, start - left) + np.minimum(off, right - stop) + stop - start
        precision.append(np.where(off > 0, 1 - closer / (right - left), 1.0).mean())
        inside = time[4 * start : 4 * stop]
        off = np.maximum(_nearest(inside, near) - 1 / 8, 0)  # to the edge of a quarter
        closer = np.minimum(off, inside - left) + np.minimum(off, right - inside)
        recall.append((1 - closer / (right - left)).mean())
    return {
        "precision": float(np.mean(precision)) if precision else float("nan"),
        "recall": float(np.mean(recall)),
    }


def _nearest(times: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The distance from each time to the nearest of two or more others, which are in order."""
    after = np.searchsorted(others, times).clip(1, len(others) - 1)
    return np.minimum(np.abs(times - others[after]), np.abs(times - others[after - 1]))
