"""Infinity, masks, flat stretches and things that are no flags: one rule each, at every door."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from tsadbook import rules, treatments
from tsadbook.benchmark.repaired_networks import AveragedNextStep, OfDifferences, forecaster
from tsadbook.checks import check_flags, check_rows, check_scores, check_series
from tsadbook.detectors import NextStep
from tsadbook.evaluation import points
from tsadbook.thresholds import (
    GaussianScorer,
    HundmanThreshold,
    RollingThreshold,
    SpotThreshold,
    StaticThreshold,
    fit_pareto,
)
from tsadbook.windows import all_windows_agree, score_rows, sliding_windows

INF, NAN = np.inf, np.nan
TRAIN = np.random.default_rng(0).exponential(size=1500)
NEW = np.random.default_rng(1).exponential(size=60)
few = settings(max_examples=40, deadline=None)

# Infinite scores

THRESHOLDS = {
    "static": StaticThreshold(),
    "rolling": RollingThreshold(10),
    "rolling, sees itself": RollingThreshold(10, sees_itself=True),
    "Hundman": HundmanThreshold(200, 7, 5),
    "Hundman, row by row": HundmanThreshold(50, 1, 1),
    "SPOT": SpotThreshold(q=1e-3),
    "SPOT, learns alarms": SpotThreshold(q=1e-3, learns_alarms=True),
    "Gaussian": GaussianScorer(multiple=4),
    "Gaussian, both": GaussianScorer("both", multiple=4),
}
rows_of = st.sets(st.integers(0, 59), max_size=8)


@pytest.mark.parametrize("name", THRESHOLDS)
@few
@given(rows_of, rows_of, st.sampled_from([INF, 1e200]), rows_of)
def test_infinity_is_flagged_and_leaves_no_trace(name, infinite, missing, infinity, of_training):
    """As if the row were missing, for all other rows; and it itself is flagged."""
    train, new = TRAIN.copy(), NEW.copy()
    train[list(of_training)], new[list(missing)] = NAN, NAN
    infinite = list(infinite - missing)
    without = new.copy()
    without[infinite] = NAN
    expected = THRESHOLDS[name].fit(train).flags(without)
    expected[infinite] = True
    train[list(of_training)], new[infinite] = infinity, infinity
    flags = THRESHOLDS[name].fit(train).flags(new)
    np.testing.assert_array_equal(flags, expected)
    assert not flags[list(missing)].any()


@pytest.mark.parametrize("name", [n for n in THRESHOLDS if "rolling" not in n])
def test_nothing_finite_to_learn_from_is_said(name):
    with pytest.raises(ValueError, match=r"none of the 3 training (scores|errors) is a finite"):
        THRESHOLDS[name].fit([INF, NAN, INF])


def test_infinity_in_the_very_first_row_is_flagged():
    assert RollingThreshold(5).flags([INF, 1, 2]).tolist() == [True, False, False]


def test_a_row_that_leaves_a_flat_stretch_is_flagged_and_spoils_no_threshold():
    series = np.concatenate([TRAIN[:50], [0.1] * 30, TRAIN[50:1400]])
    series[1200:1230], series[1230] = 0.1, 0.2
    scores = rules.MovingZScore(20).decision_function(series)
    assert np.isposinf(scores).sum() == 2
    for name, threshold in THRESHOLDS.items():
        flags = threshold.fit(scores[:1000]).flags(scores[1000:])
        assert flags[230] and flags.mean() < 0.2, name


def test_treatments_keep_infinity_and_spread_it_nowhere():
    scores = [1, INF, 3, 5, INF, 2]
    np.testing.assert_array_equal(treatments.smoothed(scores, 2), [1, INF, 3, 4, INF, 2])
    np.testing.assert_array_equal(treatments.centred(scores), [1, INF, 4, 4, INF, 2])
    np.testing.assert_array_equal(
        treatments.excess([1, INF, 3, 3, INF, 6], 0), [0, INF, 2, 0, INF, 1]
    )
    # What is within the silence of an infinite score is not kept, be it infinite itself.
    kept = treatments.suppressed([0, INF, 3, INF, 1, 2, 3], 2)
    np.testing.assert_array_equal(kept, [-INF, INF, -INF, -INF, -INF, -INF, 3])


def last_value(inputs, targets):
    """Repeats the last value, and predicts infinity after a value above 3 deviations."""
    return lambda w: np.where(w[:, -1, 0] > 3, INF, w[:, -1, 0])


def test_an_infinite_prediction_gives_an_infinite_score():
    series = np.random.default_rng(2).normal(size=200)
    series[[50, 150]] = 9.0
    detector = NextStep(last_value, window=3).fit(series[:100])
    assert np.isfinite(detector.scale_)
    scores = detector.decision_function(series)
    assert np.flatnonzero(np.isinf(scores)).tolist() == [51, 151]
    averaged = AveragedNextStep(last_value, window=3, smoothing=2).fit(series[:100])
    assert np.flatnonzero(np.isinf(averaged.decision_function(series))).tolist() == [
        51,
        52,
        151,
        152,
    ]
    with pytest.raises(ValueError, match="no prediction is finite: training has diverged"):
        NextStep(lambda i, t: lambda w: np.full(len(w), INF), window=3).fit(series)


# Masks


def test_a_masked_row_is_missing_and_never_its_hidden_value():
    hidden = np.ma.array([1.0, 999.0, 3.0], mask=[False, True, False])
    np.testing.assert_array_equal(check_scores(hidden), [1, NAN, 3])
    np.testing.assert_array_equal(treatments.smoothed(hidden, 1), [1, NAN, 3])
    np.testing.assert_array_equal(score_rows(hidden, 1, 3), [1, NAN, 3])
    assert points.ucr_hit(hidden, (2, 2), slop=0)
    for refused in (
        lambda: check_series(hidden),
        lambda: check_series(pd.Series([1, pd.NA], dtype="Int64")),
        lambda: points.auc_pr([0, 1, 0], hidden),
        lambda: check_rows(np.ma.array([1, 1, 0], mask=hidden.mask)),
        lambda: sliding_windows(hidden, 2),
    ):
        with pytest.raises(ValueError, match=r"row 1|masked"):
            refused()


# Things that are not flags

DOORS = {
    "check_flags": lambda f: check_flags(pd.date_range("2024", periods=len(f)), f),
    "point_adjusted": lambda f: points.point_adjusted(np.zeros(len(f), bool), f),
    "labels": lambda f: points.precision_recall(f, np.zeros(len(f), bool)),
    "auc_pr": lambda f: points.auc_pr(f, np.arange(len(f))),
    "runs": points.runs,
    "all_windows_agree": lambda f: all_windows_agree(f, 1, len(f)),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "values, remedy",
    [
        ([1, -1, 1], r"row 1 is -1; .*`predict\(\.\.\.\) == -1`"),
        (np.array([-1, -1]), r"row 0 is -1; .*== -1`"),
        ([0.0, 0.7, 1.0], r"row 1 is 0.7; take `scores > threshold`"),
        ([1, 0, 2], r"row 2 is 2; "),
        ([0, INF], "row 1 is inf"),
        ([1.0, NAN], "row 1 is nan; leave out"),
        ([True, None], "row 1 is None; leave out"),
        (pd.Series([True, pd.NA], dtype="boolean"), "row 1 is None; leave out"),
        (["0", "1"], r"row 0 is '0'; take `values == value`"),
        (["normal", "anomaly"], "row 0 is 'normal'"),
    ],
)
def test_what_is_no_flag_is_refused_at_every_door(door, values, remedy):
    with pytest.raises(ValueError, match=f"are true or false, or 1 or 0, for each row.*{remedy}"):
        DOORS[door](values)


@few
@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_flags_are_taken_in_every_guise(flags):
    for guise in (list, np.array, pd.Series, lambda f: pd.array(f, dtype="boolean")):
        for kind in (bool, int, float):
            np.testing.assert_array_equal(check_rows(guise([kind(f) for f in flags])), flags)


# Flat stretches

values_of = st.sampled_from([0.1, 1 / 3, 0.7, 1e6 + 0.1, 1e-9 / 3, -0.1])


@few
@given(values_of, st.integers(2, 60))
def test_what_is_flat_is_flat(value, n):
    """Of equal values no threshold lies below them, and no rule finds one far from the others."""
    flat = np.full(n, value)
    assert not StaticThreshold(k=3).fit(flat).flags(flat).any()
    for sees_itself in (False, True):
        assert not RollingThreshold(7, 0, sees_itself=sees_itself).flags(flat).any()
    with pytest.raises(ValueError, match="equal"):
        GaussianScorer().fit(flat)
    assert not np.nan_to_num(rules.MovingZScore(2).decision_function(np.full(n + 3, value))).any()
    last = np.append(np.tile([value, 2 * value], n), 2.5 * value)
    assert rules.Record((2,)).decision_function(last).max() < 2  # not 1e16 widths of rounding


@settings(max_examples=12, deadline=None)
@given(values_of, st.integers(8, 24))
def test_a_flat_stretch_seen_before_is_no_discord(value, n):
    pytest.importorskip("stumpy")
    waves = np.tile(np.concatenate([[value] * n, value * np.array([0, 1, 2, 1] * 6)]), 3)
    again = slice(-(n + 24) + 8, -25)  # windows of 8 that end in the last flat stretch
    scores = rules.MatrixProfile(8).decision_function(waves)
    assert np.nanmax(scores[again], initial=0) < 1e-6
    both = rules.MatrixProfile(8, past="both").decision_function(waves)
    assert np.nanmax(both[again], initial=0) < 1e-4  # stumpy's own rounding


def test_training_values_that_do_not_vary_are_said_to():
    flat, line = pd.Series([0.1] * 60), pd.Series(np.arange(60) * 0.1 + 1e6)

    class Never:
        def fit(self, windows):
            raise AssertionError("was given windows of NaN")

    for fit in (
        lambda: rules.Subsequences(Never(), 4).fit(flat),
        lambda: NextStep(last_value, 4).fit(flat),
        lambda: OfDifferences(None, 4).fit(line),
        lambda: forecaster_of_differences().fit(pd.Series(np.arange(60) * 0.1)),
        lambda: rules.ZScore().fit(flat),
    ):
        with pytest.raises(ValueError, match="do not vary"):
            fit()


def forecaster_of_differences():
    pytest.importorskip("torch")
    train = forecaster(0, "differences", 2, True, learning_rate=0.1, epochs=1, batch_size=8)
    return NextStep(train, 4)


def test_after_zeros_without_end_a_volatility_of_zero_is_no_nan():
    series = np.concatenate([[1.0, -1.0], np.zeros(4000), [1.0]])
    scores = rules.EwmaVolatility(decay=0.5, burn_in=2).decision_function(series)
    assert scores[-2] == 0 and scores[-1] == INF


# A huge score that has left the window


@few
@given(st.integers(0, 99), st.floats(1e3, 1e12), st.integers(5, 40), st.booleans())
def test_a_huge_score_leaves_nothing_behind(seed, huge, window, sees_itself):
    scores = np.random.default_rng(seed).random(120)
    disturbed = scores.copy()
    disturbed[20] = huge
    rolling = RollingThreshold(window, 3, sees_itself=sees_itself)
    after = slice(21 + window, None)
    np.testing.assert_array_equal(
        rolling.thresholds(disturbed)[after], rolling.thresholds(scores)[after]
    )


# The tails


def test_the_surprisal_orders_what_the_score_cannot():
    errors = [-3.0, 0, 1, 8, 9, 99, 999, 1e140, INF]
    for tail in ("upper", "both"):
        scorer = GaussianScorer(tail).fit([-1, 1])
        surprisal = scorer.surprisal(errors[1:])
        assert (np.diff(surprisal) > 0).all() and surprisal[-1] == INF
        np.testing.assert_allclose(
            np.exp(-scorer.surprisal(errors[:3])), 1 - scorer.decision_function(errors[:3])
        )
    assert (GaussianScorer().fit([-1, 1]).decision_function([9, 99, 999]) == 1).all()


@few
@given(st.integers(0, 9999), st.integers(20, 150), st.sampled_from([0.3, 0.4, 0.5, 0.6, 1.0]))
def test_a_pareto_tail_is_the_maximum_also_at_its_bound(seed, n, power):
    """Against each shape on a grid with its best scale; uniform draws have a shape below -1/2."""
    x = 1 - np.random.default_rng(seed).random(n) ** power

    def cost(gamma, log_sigma):
        inside = 1 + gamma * x / np.exp(log_sigma)
        return log_sigma + (1 + 1 / gamma) * np.log(inside).mean() if inside.min() > 0 else INF

    best = min(
        minimize_scalar(
            lambda s, g=gamma: cost(g, s),
            bounds=(np.log(max(-gamma, 1e-3) * x.max()) + 1e-9, np.log(10 * x.max())),
            method="bounded",
        ).fun
        for gamma in [-0.5, *np.linspace(-0.49, 0.81, 27)]
    )
    gamma, sigma = fit_pareto(x)
    assert gamma >= -0.5
    assert n * (cost(gamma, np.log(sigma)) - best) < 1e-6
