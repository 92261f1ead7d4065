"""Rules that only the bake-off has, and what is done with scores: known answers and slow loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tsadbook import rules, treatments

NAN, INF = np.nan, np.inf
# Whole numbers, few of them, so that equal scores come up.
scores_of = arrays(float, st.integers(1, 40), elements=st.integers(0, 9).map(float) | st.just(NAN))


def noise(n, seed=0):
    return np.random.default_rng(seed).normal(size=n)


# Scores


@pytest.mark.parametrize(
    "rows, expected",
    [
        (1, [-INF, 3, -INF, 3, -INF, 4, -INF, 1, 2]),
        (2, [-INF, 3, -INF, -INF, -INF, 4, -INF, -INF, 2]),
    ],
)
def test_suppressed_keeps_what_exceeds_the_scores_before(rows, expected):
    scores = [1, 3, 2, 3, 3, 4, NAN, 1, 2]
    np.testing.assert_array_equal(treatments.suppressed(scores, rows), expected)


@given(scores_of, st.integers(1, 8), st.floats(-1, 10))
def test_no_threshold_is_reached_twice_within_the_silence(scores, rows, threshold):
    kept = treatments.suppressed(scores, rows)
    flagged = np.flatnonzero(kept >= threshold)
    for row in flagged:
        assert kept[row] == scores[row]
        assert not (scores[max(0, row - rows) : row] >= scores[row]).any()
    # What is flagged first without suppression is flagged with it, but in the very first row.
    first = np.flatnonzero(scores >= threshold)[:1]
    assert first.size == 0 or first[0] == 0 or first[0] in flagged


def test_excess_is_a_share_of_the_highest_score_since_the_warm_up():
    excess = treatments.excess
    np.testing.assert_array_equal(excess([9, 1, 2, 2, 5, 0], 1), [0, 0, 1, 0, 1.5, 0])
    np.testing.assert_array_equal(excess([9, 1, 2, 2, 5, 18], 0), [0, 0, 0, 0, 0, 1])
    np.testing.assert_array_equal(excess([0, 0, 3, 6], 0), [0, 0, 0, 1])  # no share of 0
    np.testing.assert_array_equal(excess([NAN, NAN, 2, 3], 0), [0, 0, 0, 0.5])


def test_smoothed_and_centred_take_the_mean_of_what_is_there():
    np.testing.assert_array_equal(treatments.smoothed([3, NAN, 6, 0], 2), [3, 3, 6, 3])
    np.testing.assert_array_equal(treatments.smoothed([3, 6, 0, 3], 3), [3, 4.5, 3, 3])
    # Three rows at least, and else the share.
    np.testing.assert_array_equal(treatments.centred([0, 3, 0, 9]), [1.5, 1, 4, 4.5])
    spread = treatments.centred(np.where(np.arange(100) == 50, 5.0, 0.0))
    np.testing.assert_allclose(spread, np.where(np.abs(np.arange(100) - 50) <= 2, 1.0, 0.0))


# Rules


def test_record_is_the_distance_from_the_range_so_far_in_its_widths():
    np.testing.assert_array_equal(rules.record([1, 3, 2, 5, 0, 0]), [0, 0, 0, 1, 0.25, 0])
    np.testing.assert_array_equal(rules.record([NAN, 1, 3, 5]), [0, 0, 0, 1])
    np.testing.assert_array_equal(rules.record([7, 7, 9, 11]), [0, 0, 0, 1])  # no width, no unit


def test_record_of_means_is_the_largest_of_all_records():
    values = [0, 4, 0, 8, 8]  # the means of two are 2, 2, 4, 8
    np.testing.assert_array_equal(rules.Record().decision_function(values), [0, 0, 0, 1, 0])
    np.testing.assert_array_equal(rules.Record((2,)).decision_function(values), [0, 0, 0, 1, 2])


@given(arrays(float, 30, elements=st.integers(-50, 50).map(float)), st.sampled_from([-8, 0.25, 2]))
def test_a_record_has_no_unit(values, unit):
    rule = rules.Record((2, 4))
    np.testing.assert_allclose(
        rule.decision_function(unit * values + 3), rule.decision_function(values)
    )


def test_ewma_forecasts_the_weighted_mean_of_the_rows_before():
    values, decay = noise(60), 0.9
    forecasts, mean = [NAN], values[0]
    for value in values[1:]:
        forecasts.append(mean)
        mean = decay * mean + (1 - decay) * value
    unit = np.std((values - forecasts)[1:40])
    found = rules.Ewma(decay).fit(values[:40]).decision_function(values)
    np.testing.assert_allclose(found, np.abs(values - forecasts) / unit)


class Last:
    """Stands for a detector of vectors: a window's score is its last value."""

    def fit(self, windows):
        self.fitted = windows

    def decision_function(self, windows):
        return windows[:, -1]


def test_subsequences_standardises_by_the_training_part_and_puts_windows_back_to_rows():
    values = np.array([1.0, -1, 1, -1, 3, 5, -7])  # mean 0 and deviation 1 in the first four
    detector = rules.Subsequences(Last(), 2).fit(10 * values[:4] + 70)
    np.testing.assert_allclose(detector.detector.fitted, [[1, -1], [-1, 1], [1, -1]])
    found = detector.decision_function(10 * values + 70)
    # The smallest training score, -1, becomes 0, and what lies below it, too.
    np.testing.assert_allclose(found, [NAN, 0, 2, 0, 4, 6, 0])
    mean = rules.Subsequences(Last(), 2, "mean").fit(values[:4]).decision_function(values)
    np.testing.assert_allclose(mean, [0, 1, 1, 2, 5, 3, 0])  # of rows i and i + 1


def test_subsequences_moves_scores_only_if_some_are_negative():
    values = np.array([1.0, 3, 1, 3, 2, 4])
    found = rules.Subsequences(Last(), 2).fit(values[:4]).decision_function(values)
    assert np.nanmin(found) == 0  # standardised values reach -1
    positive = rules.Subsequences(Squared(), 2).fit(values[:4]).decision_function(values)
    np.testing.assert_allclose(positive, [NAN, 1, 1, 1, 0, 4])


class Squared(Last):
    def decision_function(self, windows):
        return windows[:, -1] ** 2


def test_a_record_after_a_row_without_a_value_still_counts():
    values = np.array([0.0, 1, NAN, 3, 2])
    np.testing.assert_allclose(rules.record(values), [0, 0, 0, 2, 0])
    scores = np.array([1.0, 2, NAN, 4, 4])
    np.testing.assert_allclose(treatments.excess(scores, 0), [0, 1, 0, 1, 0])


def slow_profile(values, window, normalised, past):
    """Every pair of windows that start more than a quarter of a window apart."""
    windows = [values[i : i + window] for i in range(len(values) - window + 1)]
    if normalised:  # a constant window is all zeros
        windows = [(w - w.mean()) / ((np.ptp(w) and w.std()) or 1) for w in windows]
    apart = int(np.ceil(window / 4)) + 1
    nearest = []
    for i, one in enumerate(windows):
        others = windows[: max(0, i - apart + 1)]
        if past == "both":
            others = others + windows[i + apart :]
        nearest.append(min((np.linalg.norm(one - other) for other in others), default=NAN))
    ends = range(len(values))
    if past == "left":
        return [nearest[end - window + 1] if end >= window - 1 else NAN for end in ends]
    return [np.mean(nearest[max(0, end - window + 1) : end + 1]) for end in ends]


@pytest.mark.parametrize("past", ["left", "both"])
@pytest.mark.parametrize("normalised", [True, False])
@pytest.mark.parametrize("window", [6, 9])
def test_the_matrix_profile_equals_a_slow_loop(window, normalised, past):
    values = noise(150).cumsum()
    values[40:60] = values[100:118] = 2.5  # constant windows, twice
    profile = rules.MatrixProfile(window, normalised, past)
    expected = slow_profile(values, window, normalised, past)
    np.testing.assert_allclose(profile.decision_function(values), expected, atol=1e-5)


def test_novelty_sees_a_record_and_a_new_shape_inside_the_range():
    values = np.sin(np.arange(600) / 4) + 0.01 * noise(600)
    values[400:430] = 0.0  # nothing like it, but no record
    values[500] = 3.0
    record = rules.Record((12,)).decision_function(values)
    found = rules.Novelty((12,), 20).fit(values[:200]).decision_function(values)
    assert record[300:500].max() < 0.1 < 1 < found[400:430].max()
    assert found[300:400].max() < 0.3
    assert found[500] >= record[500] > 0.4
    assert np.isfinite(found).all()


def test_random_scores_are_uniform_and_the_ramp_rises():
    drawn = rules.Random(seed=3).fit(noise(9)).decision_function(noise(4000))
    assert drawn.min() >= 0 and drawn.max() < 1
    assert drawn.mean() == pytest.approx(0.5, abs=0.02)
    ramp = rules.Ramp().fit(noise(9)).decision_function(noise(4))
    np.testing.assert_array_equal(ramp, [0, 0.25, 0.5, 0.75])


RULES = {
    "random": rules.Random(),
    "ramp": rules.Ramp(),
    "record": rules.Record(),
    "ewma": rules.Ewma(),
    "subsequences": rules.Subsequences(Last(), 5),
    "matrix profile": rules.MatrixProfile(5),
    "novelty": rules.Novelty((), 5),
}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(
    "values, message",
    [
        (np.where(np.arange(50) == 3, NAN, 1.0), "row 3 of X is nan; fill or leave out"),
        (np.ones((50, 2)), r"one number per row, shape \(n,\), not \(50, 2\)"),
        ([], "X is empty"),
    ],
)
def test_what_is_no_series_of_numbers_is_refused(name, values, message):
    rule = RULES[name].fit(noise(50))
    with pytest.raises(ValueError, match=message):
        rule.decision_function(values)


def test_a_series_shorter_than_a_window_is_refused():
    with pytest.raises(ValueError, match="4 rows, fewer than one window of 5"):
        rules.Subsequences(Last(), 5).fit(noise(4))
    for past in ("left", "both"):
        with pytest.raises(ValueError):
            rules.MatrixProfile(5, past=past).decision_function(noise(4))
