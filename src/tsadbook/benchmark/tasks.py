"""What one task of the bake-off computes, and what its result rests on."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

from tsadbook import datasets
from tsadbook.benchmark.catalogue import CATALOGUE
from tsadbook.datasets import tsb_ad
from tsadbook.evaluation.events import label_rows
from tsadbook.evaluation.nab import probation
from tsadbook.evaluation.points import auc_pr
from tsadbook.evaluation.ranges import buffer_of, volume_under_surface
from tsadbook.treatments import centred

HIGHEST = 1e9  # stands for infinity, which no mean can be taken of


class Task(NamedTuple):
    """One detector on one series, once.

    >>> Task("|z|", "realTraffic/speed_6005", 0).name
    '|z|, realTraffic/speed_6005, seed 0'
    """

    detector: str
    series: str  # category/file
    seed: int

    @property
    def name(self) -> str:
        return f"{self.detector}, {self.series}, seed {self.seed}"


def series() -> list[str]:
    """The 58 series of NAB."""
    return [name for name in datasets.names() if "/" in name]


def all_tasks() -> list[Task]:
    """Every detector, series and seed; the slowest detectors first."""
    return [
        Task(name, one, seed)
        for name, detector in CATALOGUE.items()
        for one in series()
        for seed in detector.seeds
    ]


def compute(task: Task) -> dict:
    """Fit a detector to the probationary part of a series, and score every row.

    Returns
    -------
    dict with scores, shape (n,), NaN where the detector cannot say; refused, why it could not be
    fitted, or ""; seconds_fit and seconds_score; and, as far as the series has labels, auc_pr and
    on the series of TSB-AD vus_pr and vus_roc, each for the scores as they are and for their
    centred mean.
    """
    data = datasets.load(task.series)
    if data.stand_in:
        raise datasets.DataUnavailable("the bake-off needs the real data, not stand-ins")
    n = probation(len(data.series))
    started = time.perf_counter()
    refused, scores = "", np.full(len(data.series), np.nan)
    seconds = {"seconds_fit": 0.0, "seconds_score": 0.0}
    try:
        if data.series[:n].nunique() == 1:
            raise ValueError("the training part does not vary")
        detector = CATALOGUE[task.detector].fitted(data.series, n, task.seed)
        fitted = time.perf_counter()
        scores = np.clip(detector.decision_function(data.series), None, HIGHEST)
        seconds = {"seconds_fit": fitted - started, "seconds_score": time.perf_counter() - fitted}
    except ValueError as error:
        if "not vary" not in str(error):
            raise
        refused = str(error)
    return {"scores": scores, "refused": refused, **seconds, **quality(data, scores)}


def quality(data, scores) -> dict[str, float]:
    """Areas and volumes under curves, over all rows but the first, as TSB-AD has it."""
    if not data.windows:
        return {}
    labelled = label_rows(data.series.index, data.windows)[1:]
    found = {}
    for name, treated in {"": scores, "_centred": centred(scores)}.items():
        lowest = np.nanmin(treated) if not np.isnan(treated).all() else 0.0
        filled = np.where(np.isnan(treated), lowest, treated)[1:]
        found["auc_pr" + name] = auc_pr(labelled, filled)
        if data.name in tsb_ad.SERIES:
            buffer = buffer_of(data.series.to_numpy()[1:])
            volume = volume_under_surface(labelled, filled, buffer, step=5 if buffer >= 100 else 1)
            found["vus_pr" + name], found["vus_roc" + name] = volume.pr, volume.roc
    return found
