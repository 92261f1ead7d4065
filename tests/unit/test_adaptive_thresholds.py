"""HundmanThreshold and SpotThreshold: slow references, known answers, and what they may not see."""

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import genpareto
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from tsadbook.thresholds import HundmanThreshold, SpotThreshold

# Whole numbers, few of them, so that equal errors and equal maxima come up.
errors_of = st.lists(st.integers(0, 30).map(float) | st.just(np.nan), min_size=1, max_size=40)
HISTORY = [1.0, 2.0, 0.0, 1.0, 3.0, 1.0]


def hundman(window=20, step=5, p=0.13, z=(0.5, 4.0, 0.5), smoothing=1):
    return HundmanThreshold(window, step, smoothing, z, p)


def noise(n, seed=0, law="exponential"):
    return getattr(np.random.default_rng(seed), law)(size=n)


# Both


@pytest.mark.parametrize("threshold", [HundmanThreshold(9, 3, 2, (1, 3, 1), 0.2), SpotThreshold()])
def test_a_clone_has_the_settings_and_nothing_learned(threshold):
    with pytest.raises(NotFittedError):
        threshold.flags([1.0])
    copy = clone(threshold.fit(noise(2000)))
    assert copy.get_params() == threshold.get_params()
    assert not [name for name in vars(copy) if name.endswith("_")]


@pytest.mark.parametrize("threshold", [hundman(500, 50), SpotThreshold(q=1e-3)])
def test_flags_do_not_depend_on_the_unit(threshold):
    train, new = noise(3000) ** 2, noise(3000, seed=1) ** 2
    flags = threshold.fit(train).flags(new)
    assert 0 < flags.sum() < 300
    for unit in (1e-6, 1e-3, 7.0, 1e6):
        rescaled = clone(threshold).fit(train * unit)
        np.testing.assert_array_equal(rescaled.flags(new * unit), flags)


@pytest.mark.parametrize("threshold", [hundman(), SpotThreshold()])
def test_two_calls_give_the_same_flags(threshold):
    threshold.fit(noise(2000))
    new = noise(500, seed=1) * 4
    first = threshold.flags(new)
    assert first.any()
    np.testing.assert_array_equal(threshold.flags(new), first)


# HundmanThreshold


def runs(above):
    """The rows of each run of True."""
    numbered = groupby(enumerate(above), key=lambda pair: pair[1])
    return [[i for i, _ in pairs] for is_above, pairs in numbered if is_above]


def slow_hundman(history, scores, window, step, p, z):
    """Every window by itself, every z tried, in plain loops over what the paper writes."""
    every, thresholds, flags = list(history) + list(scores), [], []
    for start in range(0, len(scores), step):
        new = min(step, len(scores) - start)
        end = len(history) + start + new
        seen = every[max(0, end - window) : end]
        present = [e for e in seen if e == e]
        tried, epsilon = {}, np.nan
        for multiple in np.arange(z[0], z[1] + z[2] / 2, z[2]) if present else []:
            mean, std = np.mean(present), np.std(present)
            epsilon = mean + multiple * std
            anomalous = [e for e in present if e > epsilon]
            normal = [e for e in present if e < epsilon]
            if anomalous:
                calmed = (mean - np.mean(normal)) / mean + (std - np.std(normal)) / std
                sequences = runs(e > epsilon for e in seen)
                tried[epsilon] = calmed / (len(anomalous) + len(sequences) ** 2)
        kept = set()
        if tried:
            epsilon = max(tried, key=lambda e: (tried[e], e))
            found = runs(e > epsilon for e in seen)
            found.sort(key=lambda rows: max(seen[i] for i in rows), reverse=True)
            maxima = [max(seen[i] for i in rows) for rows in found]
            maxima.append(max(e for e in present if e <= epsilon))
            for i in range(len(found)):
                if (maxima[i] - maxima[i + 1]) / maxima[i] >= p:
                    kept = {row for rows in found[: i + 1] for row in rows}
        thresholds += [epsilon] * new
        flags += [i in kept for i in range(len(seen) - new, len(seen))]
    return thresholds, flags


@given(errors_of, st.integers(1, 20), st.integers(1, 20), st.sampled_from([0.0, 0.13, 0.5]))
def test_hundman_equals_brute_force(scores, window, step, p):
    step = min(step, window)
    if np.isnan(scores).all():
        scores[0] = 1.0
    z = (0.5, 2.0, 0.5)
    fitted = hundman(window, step, p, z).fit(HISTORY)
    thresholds, flags = slow_hundman(HISTORY, scores, window, step, p, z)
    np.testing.assert_allclose(fitted.thresholds(scores), thresholds, rtol=1e-12)
    assert fitted.flags(scores).tolist() == flags


def test_smoothing_goes_on_from_training_and_leaves_missing_scores_missing():
    fitted = hundman(smoothing=3).fit([4.0, 2.0])  # each row weighs half of the next
    smoothed = fitted.smoothed([8.0, np.nan, 0.0])
    weights = np.array([1, 2, 4, 0, 16])
    last = weights @ [4, 2, 8, 0, 0] / weights.sum()
    np.testing.assert_allclose(smoothed, [(4 + 2 * 2 + 4 * 8) / 7, np.nan, last])


def test_sequences_that_do_not_stand_out_are_dropped():
    """Maxima 10, 9.5 and the highest normal error, 8: falls of 5 and 16 per cent."""
    errors = [0.0] * 30 + [10.0, 0, 0, 9.5, 0, 0] + [0.0] * 30
    errors[50] = 8.0
    flagged = [
        np.flatnonzero(hundman(100, 66, p, z=(4.5, 4.5, 1)).fit([0.0]).flags(errors)).tolist()
        for p in (0.04, 0.13, 0.2)
    ]
    above = hundman(100, 66, z=(4.5, 4.5, 1)).fit([0.0]).thresholds(errors)[0]
    assert 8 < above < 9.5
    assert flagged == [[30, 33], [30, 33], []]


def test_a_giant_error_hides_a_smaller_one_only_while_it_is_in_the_window():
    errors = np.abs(noise(3000, law="standard_normal"))
    found = {}
    for giant in (200, 700, 1600):  # the smaller error is in row 1000 of the new ones
        new = errors[1000:].copy()
        new[giant], new[1000] = 100, 15
        fixed = np.mean(new) + 7 * np.std(new)
        assert new[1000] < fixed  # one threshold from all rows is lifted by it wherever it is
        flags = hundman(500, 50, z=(2, 10, 0.5)).fit(errors[:1000]).flags(new)
        assert flags[giant]
        found[giant] = flags[1000]
    assert found == {200: True, 700: False, 1600: True}


@given(errors_of, st.integers(1, 10), st.data())
def test_no_hundman_flag_depends_on_a_later_batch(scores, step, data):
    scores = [0.0 if np.isnan(s) else s for s in scores]
    batch = data.draw(st.integers(0, (len(scores) - 1) // step)) * step
    changed = scores[:batch] + [s + 1000 for s in scores[batch:]]
    fitted = hundman(12, step, smoothing=2).fit(HISTORY)
    np.testing.assert_array_equal(fitted.flags(changed)[:batch], fitted.flags(scores)[:batch])


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_what_hundman_cannot_work_with():
    for n in range(2, 60):  # mean and deviation of equal errors come out a little off
        assert not hundman(60, 60, p=0).fit([0.1]).flags([0.1] * n).any()
    with pytest.raises(ValueError, match="absolute"):
        hundman().fit([1.0, -1.0])
    with pytest.raises(ValueError, match="step"):
        hundman(window=5, step=6).fit([1.0])
    with pytest.raises(ValueError, match="z is"):
        hundman(z=(0, 3, 1)).fit([1.0])


# SpotThreshold


def closed_formula(excesses, initial, n, q):
    """z_q of the paper, from scipy's fit."""
    unit = np.mean(excesses)
    gamma, _, sigma = genpareto.fit(np.array(excesses) / unit, floc=0)
    return initial + sigma * unit / gamma * ((q * n / len(excesses)) ** -gamma - 1)


LAWS = {
    "exponential": noise(4000),
    "normal": noise(4000, law="standard_normal"),
    "heavy": noise(4000) ** 3,
    "bounded": 1 - noise(4000, law="random") ** 0.3,
}


@pytest.mark.parametrize("law", LAWS)
def test_spot_equals_the_closed_formula(law):
    scores = LAWS[law]
    spot = SpotThreshold(q=1e-4, level=0.95).fit(scores)
    initial = np.sort(scores)[int(0.95 * 3999)]
    excesses = scores[scores > initial] - initial
    assert spot.initial_ == initial
    expected = closed_formula(excesses, initial, 4000, 1e-4)
    assert spot.threshold_ - initial == pytest.approx(expected - initial, rel=0.01)


@pytest.mark.parametrize("learns_alarms", [False, True])
def test_spot_equals_a_loop(learns_alarms):
    train, new = noise(2000), noise(250, seed=1)
    new[[50, 51, 200]] = [30, 25, 40]
    new[100] = np.nan
    spot = SpotThreshold(q=1e-3, learns_alarms=learns_alarms).fit(train)
    excesses, n, slow = list(spot.excesses_), 2000, []
    for score in new:
        slow.append(closed_formula(excesses, spot.initial_, n, 1e-3))
        if np.isnan(score) or (score > slow[-1] and not learns_alarms):
            continue
        n += 1
        if score > spot.initial_:
            excesses.append(score - spot.initial_)
    np.testing.assert_allclose(spot.thresholds(new), slow, rtol=0.002)
    assert set(np.flatnonzero(spot.flags(new))) >= {50, 51, 200}


@pytest.mark.parametrize("law", ["exponential", "standard_normal"])
def test_share_of_false_alarms(law):
    """Near q where alarms are learned from; above it, but not by much, where they are not."""
    train, new = noise(10_000, law=law), noise(40_000, seed=1, law=law)
    share = {
        learns: SpotThreshold(q=2e-3, learns_alarms=learns).fit(train).flags(new).mean()
        for learns in (False, True)
    }
    assert share[True] == pytest.approx(2e-3, rel=0.25)
    assert 2e-3 < share[False] < 4e-3


@given(st.integers(0, 59), st.floats(-1, 1e6))
def test_no_spot_threshold_depends_on_what_comes_later(row, other):
    spot = SpotThreshold(q=1e-3).fit(noise(1500))
    new = noise(60, seed=2) * 2
    changed = new.copy()
    changed[row:] = other
    before = slice(0, row + 1)  # the row's own threshold, too
    np.testing.assert_array_equal(spot.thresholds(changed)[before], spot.thresholds(new)[before])


@pytest.mark.parametrize("unusable", [1e9, np.inf, np.nan])
def test_a_giant_or_missing_score_leaves_no_trace(unusable):
    spot = SpotThreshold(q=1e-3).fit(noise(1500))
    new = noise(300, seed=3)
    new[200] = 15  # an anomaly of its own
    disturbed = np.insert(new, 100, unusable)
    assert spot.flags(disturbed)[100] == (unusable > 0)
    without = np.delete(spot.thresholds(disturbed), 100)
    np.testing.assert_array_equal(without, spot.thresholds(new))
    assert spot.flags(disturbed)[201]


def test_what_no_tail_can_be_fitted_to():
    for scores in ([0.3] * 5000, noise(900), np.minimum(noise(5000), 1.0)):
        with pytest.raises(ValueError, match="more rows or lower level"):
            SpotThreshold().fit(scores)
    with pytest.raises(ValueError, match="1 - level"):
        SpotThreshold(q=0.05).fit(noise(5000))
