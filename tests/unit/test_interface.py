"""Detectors of other libraries stand where a detector of the book stands: PyOD's convention."""

import numpy as np
import pandas as pd
import pytest

from tsadbook import rules
from tsadbook.evaluation.events import score_events
from tsadbook.thresholds import StaticThreshold

SPIKE = 700


@pytest.fixture(scope="module")
def series():
    """Ten days of a daily wave with noise, by the quarter of an hour, and one spike."""
    index = pd.date_range("2024-01-01", periods=960, freq="15min")
    values = np.sin(np.arange(960) * 2 * np.pi / 96) + np.random.default_rng(0).normal(0, 0.1, 960)
    values[SPIKE] += 5
    return pd.Series(values, index)


def alerts_of(detector, series):
    """What the book does with any detector: fit, score, threshold, count events."""
    detector.fit(series[:480])
    scores = pd.Series(detector.decision_function(series), series.index)
    threshold = StaticThreshold(k=6).fit(scores[:480])
    judged = scores[480:]
    window = (series.index[SPIKE - 2], series.index[SPIKE + 2])
    return score_events(judged.index, threshold.flags(judged), [window])


class OfAeon:
    """aeon's detectors call the scores of rows `predict`."""

    def __init__(self, detector):
        self.detector = detector

    def fit(self, X, y=None):
        self.detector.fit(np.asarray(X))
        return self

    def decision_function(self, X):
        return self.detector.predict(np.asarray(X))


def detectors():
    from aeon.anomaly_detection.series.distance_based import KMeansAD
    from pyod.models.knn import KNN

    return {
        "the book's": rules.MovingZScore(96),
        "PyOD's": rules.Subsequences(KNN(n_neighbors=3, method="mean"), window=8),
        "aeon's": OfAeon(KMeansAD(n_clusters=16, window_size=8, random_state=0)),
    }


@pytest.mark.parametrize("whose", ["the book's", "PyOD's", "aeon's"])
def test_a_detector_finds_the_spike_whoever_wrote_it(series, whose):
    found = alerts_of(detectors()[whose], series)
    assert (found["events"], found["found"]) == (1, 1)
    assert found["false_alerts"] <= 1
