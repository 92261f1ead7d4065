"""Scores and thresholds: known answers, and what they may not see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from tsadbook.thresholds import GaussianScorer, RollingThreshold, StaticThreshold

TAILS = ("both", "upper")

# Whole numbers, so that a rolling sum and a plain one do not differ by rounding.
scores_of = st.lists(st.integers(-100, 100).map(float), min_size=1, max_size=40)


# GaussianScorer


def test_gaussian_by_hand():
    """Errors 1, 2, 3, 6: mean 3, variance (4 + 1 + 0 + 9) / 4."""
    upper = GaussianScorer(tail="upper", multiple=1).fit([1, 2, np.nan, 3, 6])
    assert upper.mean_ == 3
    assert upper.std_ == pytest.approx(np.sqrt(3.5))
    z = (np.array([0.0, 3.0, 7.0]) - 3) / np.sqrt(3.5)
    np.testing.assert_allclose(upper.decision_function([0, 3, 7]), norm.cdf(z))
    assert upper.flags([0, 3, 7]).tolist() == [False, False, True]

    both = GaussianScorer(tail="both", multiple=1).fit([1, 2, 3, 6])
    np.testing.assert_allclose(both.decision_function([0, 3, 7]), norm.cdf(np.abs(z)))
    assert both.flags([0, 3, 7]).tolist() == [True, False, True]


def test_a_perfect_prediction_is_anomalous_with_both_tails_only():
    errors = [1, 2, 3, 6]
    both, upper = (GaussianScorer(tail).fit(errors).decision_function([0.0]) for tail in TAILS)
    assert both > 0.5 > upper


def test_an_error_exactly_at_the_multiple_is_flagged():
    scorer = GaussianScorer(multiple=2).fit([-1, 1])  # mean 0, deviation 1
    assert scorer.flags([1.999, 2.0]).tolist() == [False, True]


@pytest.mark.parametrize("tail", TAILS)
def test_a_missing_error_has_no_score_and_no_flag(tail):
    scorer = GaussianScorer(tail, multiple=0.1).fit([1, 2, 3, 6])
    np.testing.assert_array_equal(np.isnan(scorer.decision_function([9, np.nan])), [False, True])
    assert scorer.flags([9, np.nan]).tolist() == [True, False]


def test_what_no_gaussian_can_be_fitted_to():
    with pytest.raises(ValueError, match="equal"):
        GaussianScorer().fit([0.1, 0.1, 0.1])  # their deviation comes out as 1e-17
    with pytest.raises(ValueError, match="tail"):
        GaussianScorer(tail="lower").fit([1, 2])
    for nothing in ([], [np.nan, np.nan]):
        with pytest.raises(ValueError, match="no errors"):
            GaussianScorer().fit(nothing)
    with pytest.raises(ValueError, match=r"\(2, 1\)"):
        GaussianScorer().fit([[1], [2]])


# The interface of scikit-learn


@pytest.mark.parametrize(
    "estimator",
    [
        GaussianScorer(tail="both", multiple=5),
        StaticThreshold(k=4),
        RollingThreshold(window=7, k=2, min_periods=3, sees_itself=True),
    ],
    ids=lambda e: type(e).__name__,
)
def test_a_clone_has_the_settings_and_nothing_learned(estimator):
    copy = clone(estimator.fit([1.0, 2.0, 4.0]))
    assert copy.get_params() == estimator.get_params()
    assert not [name for name in vars(copy) if name.endswith("_")]


@pytest.mark.parametrize("estimator", [GaussianScorer(), StaticThreshold()])
def test_nothing_is_flagged_before_a_fit(estimator):
    with pytest.raises(NotFittedError):
        estimator.flags([1.0, 2.0])


# StaticThreshold


def test_static_threshold_by_hand():
    """Scores 1, 2, 3, 6 and one missing: mean 3, deviation sqrt(3.5)."""
    threshold = StaticThreshold(k=2).fit([1, 2, np.nan, 3, 6])
    assert threshold.threshold_ == pytest.approx(3 + 2 * np.sqrt(3.5))
    at = threshold.threshold_
    assert threshold.flags([at, at + 1e-9, np.nan]).tolist() == [False, True, False]


# RollingThreshold


@given(scores_of, st.integers(1, 10), st.integers(1, 10), st.booleans())
def test_rolling_threshold_equals_a_loop(scores, window, min_periods, sees_itself):
    min_periods = min(min_periods, window)
    slow = []
    for i in range(len(scores)):
        end = i + 1 if sees_itself else i
        seen = scores[max(0, end - window) : end]
        enough = len(seen) >= max(2, min_periods)
        slow.append(np.mean(seen) + 2.5 * np.std(seen, ddof=1) if enough else np.nan)
    rolling = RollingThreshold(window, 2.5, min_periods, sees_itself)
    np.testing.assert_allclose(rolling.thresholds(scores), slow, rtol=1e-9, atol=1e-6)


def test_a_row_without_a_threshold_is_not_flagged():
    for sees_itself in (False, True):
        rolling = RollingThreshold(window=3, k=0, sees_itself=sees_itself)
        assert not rolling.flags([100.0])[0]
    # Two rows make a deviation, so the third row is the first that can be flagged by the others.
    assert RollingThreshold(window=3, k=1).flags([0, 1, 100, 0]).tolist() == [
        False,
        False,
        True,
        False,
    ]


@given(scores_of, st.integers(2, 12))
def test_a_row_that_sees_itself_cannot_lie_far_out(scores, n):
    reach = (n - 1) / np.sqrt(n)
    rolling = RollingThreshold(window=n, k=reach + 1e-6, sees_itself=True)
    assert not rolling.flags(scores).any()


@pytest.mark.parametrize("n", [2, 10, 40])
def test_a_lone_spike_that_sees_itself_reaches_the_bound(n):
    reach = (n - 1) / np.sqrt(n)
    spike = [0.0] * (n - 1) + [1000.0]
    assert RollingThreshold(n, reach - 1e-6, sees_itself=True).flags(spike)[-1]
    assert not RollingThreshold(n, reach + 1e-6, sees_itself=True).flags(spike)[-1]


@given(scores_of, st.integers(2, 10), st.booleans(), st.data())
def test_no_threshold_depends_on_what_comes_later(scores, window, sees_itself, data):
    rolling = RollingThreshold(window, k=3, sees_itself=sees_itself)
    row = data.draw(st.integers(0, len(scores) - 1))
    changed = scores[:row] + [s + 1000 for s in scores[row:]]
    unseen = row if sees_itself else row + 1  # without itself, the row's own threshold stays too
    np.testing.assert_array_equal(
        rolling.thresholds(changed)[:unseen], rolling.thresholds(scores)[:unseen]
    )
