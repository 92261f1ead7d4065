"""What comes later changes no score, threshold or flag that is there already."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsadbook import rules
from tsadbook.detectors import Autoencoder, NextStep
from tsadbook.thresholds import RollingThreshold, SpotThreshold

N, WINDOW = 40, 5
INDEX = pd.date_range("2014-01-01", periods=N, freq="h")
TRAINING = pd.Series(np.random.default_rng(0).normal(size=N), INDEX)


def least_squares(inputs, targets):
    """The best linear prediction from the values of a window."""

    def table(windows):
        return np.hstack([windows[..., 0], np.ones((len(windows), 1))])

    weights = np.linalg.lstsq(table(inputs), targets, rcond=None)[0]
    return lambda windows: table(windows) @ weights


def two_components(inputs, targets):
    """A linear autoencoder with a code of two: principal components."""
    mean = inputs[..., 0].mean(axis=0)
    axes = np.linalg.svd(inputs[..., 0] - mean, full_matrices=False)[2][:2]
    return lambda windows: mean + (windows[..., 0] - mean) @ axes.T @ axes


def scores(detector, method="decision_function"):
    score = getattr(detector.fit(TRAINING), method)
    return lambda values: score(pd.Series(values, INDEX))


def spot_thresholds(**settings):
    training = np.random.default_rng(1).exponential(size=1500)
    return SpotThreshold(q=1e-3, **settings).fit(training).thresholds


CAUSAL = {
    "constant": scores(rules.Constant()),
    "z score": scores(rules.ZScore()),
    "persistence": scores(rules.Persistence()),
    "seasonal median": scores(rules.SeasonalMedian("6h")),
    "moving z score": scores(rules.MovingZScore(WINDOW)),
    "ewma volatility": scores(rules.EwmaVolatility(burn_in=WINDOW)),
    "next step": scores(NextStep(least_squares, WINDOW)),
    "six steps ahead": scores(NextStep(least_squares, WINDOW, horizon=6)),
    "prediction of persistence": scores(rules.Persistence(), "forecast"),
    "prediction of next step": scores(NextStep(least_squares, WINDOW), "forecast"),
    "autoencoder, end": scores(Autoencoder(two_components, WINDOW)),
    "autoencoder, tail": scores(Autoencoder(two_components, WINDOW, tail=3)),
    "rolling threshold, sees itself": RollingThreshold(WINDOW, sees_itself=True).thresholds,
    "rolling threshold": RollingThreshold(WINDOW).thresholds,
    "spot": spot_thresholds(),
    "spot that learns alarms": spot_thresholds(learns_alarms=True),
}
BEFORE_THE_ROW = {  # what is there before the row is
    "prediction of persistence",
    "prediction of next step",
    "rolling threshold",
    "spot",
    "spot that learns alarms",
}

rows = st.lists(st.floats(-1e3, 1e3), min_size=N, max_size=N).map(lambda v: np.array([1.0, *v[1:]]))


@pytest.mark.parametrize("name", CAUSAL)
@settings(max_examples=40)
@given(rows, rows, st.integers(1, N - 1))
def test_another_future_changes_nothing_before_it(name, values, others, cut):
    changed = np.concatenate([values[:cut], others[cut:] * 1e6])
    known = cut + (name in BEFORE_THE_ROW)
    before, after = CAUSAL[name](values), CAUSAL[name](changed)
    assert len(before) == N
    np.testing.assert_array_equal(after[:known], before[:known])


@pytest.mark.parametrize("name", CAUSAL)
def test_a_row_changes_its_own_score_or_what_is_there_before_the_next(name):
    """Else the test above would hold for a detector that sees nothing at all."""
    cut = N - 9
    changed = TRAINING.abs().to_numpy().copy()
    before = CAUSAL[name](changed)
    changed[cut] = 6.0  # above SPOT's first threshold, below that of an alarm
    after = CAUSAL[name](changed)
    first = np.flatnonzero((after != before) & ~np.isnan(before))[0]
    assert first == cut + (name in BEFORE_THE_ROW)


@settings(max_examples=40)
@given(rows, rows, st.integers(1, N - 1), st.integers(2, 9))
def test_all_looks_ahead_by_window_less_one_and_no_further(values, others, cut, window):
    score = scores(Autoencoder(two_components, window, rows="all"))
    changed = np.concatenate([values[:cut], others[cut:] * 1e6])
    before, after = score(values), score(changed)
    safe = max(0, cut - (window - 1))
    np.testing.assert_array_equal(after[:safe], before[:safe])


@pytest.mark.parametrize("window", [1, 2, 5])
@pytest.mark.parametrize("how, tail", [("all", 1), ("end", 1), ("end", 2)])
def test_exactly_the_rows_that_one_row_reaches(how, tail, window):
    """The network writes zeros, the series is 1 and -1: a 0 in it lowers its windows' errors."""
    series = np.tile([1.0, -1.0], N // 2)
    tail = min(tail, window)
    zeros = Autoencoder(lambda x, _: np.zeros_like, window, how, tail).fit(series)
    cut = 20
    changed = series.copy()
    changed[cut] = 0
    reached = np.flatnonzero(
        np.nan_to_num(zeros.decision_function(series))
        != np.nan_to_num(zeros.decision_function(changed))
    )
    first, last = (cut - window + 1, cut + window - 1) if how == "all" else (cut, cut + tail - 1)
    assert reached.tolist() == list(range(first, last + 1))


def test_a_real_lstm_does_not_look_ahead():
    import keras

    def train(inputs, targets):
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [keras.Input((WINDOW, 1)), keras.layers.LSTM(4), keras.layers.Dense(1)]
        )
        model.compile("adam", "mae")
        model.fit(inputs, targets, epochs=2, verbose=0)
        return lambda windows: model.predict(windows, verbose=0)

    score = scores(NextStep(train, WINDOW))
    values = TRAINING.to_numpy()[::-1]
    before = score(values)
    assert np.isfinite(before[WINDOW:]).all()
    for cut in (1, WINDOW, 17, N - 1):
        after = score(np.concatenate([values[:cut], values[cut:] + 1e3]))
        np.testing.assert_array_equal(after[:cut], before[:cut])
        assert (after[max(cut, WINDOW) :] != before[max(cut, WINDOW) :]).any()
