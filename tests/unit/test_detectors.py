"""From windows to rows and back, and what `train` gets to see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from tsadbook.detectors import Autoencoder, NextStep
from tsadbook.windows import all_windows_agree, sliding_windows

NOISE = np.random.default_rng(3).normal(size=80).cumsum()
UNIT = np.tile([1.0, -1.0], 30)  # mean 0 and standard deviation 1, without rounding


def slope(inputs, targets):
    """A multiple of the last value, by least squares."""
    last = inputs[:, -1, 0]
    factor = last @ targets / (last @ last)
    return lambda windows: factor * windows[:, -1]


def half_way(inputs, targets):
    """An autoencoder that learns the mean window, and writes what lies half way to it."""
    mean = inputs.mean(axis=0)
    return lambda windows: (windows + mean) / 2


def always(predict):
    """A `train` that learns nothing."""
    return lambda inputs, targets: predict


# Windows and rows

halves = st.integers(0, 8).map(lambda i: i / 2)


@st.composite
def errors_of_windows(draw):
    size = draw(st.integers(1, 7))
    errors = draw(st.lists(halves, min_size=1, max_size=25))
    return size, np.array(errors), len(errors) + size - 1


@given(errors_of_windows(), halves)
def test_a_row_exceeds_a_threshold_when_all_its_windows_do(drawn, threshold):
    size, errors, n_rows = drawn
    network = always(lambda windows: windows + (errors[:, None, None] if len(windows) == len(errors)
                                                else 0))  # fmt: skip
    detector = Autoencoder(network, size, rows="all").fit(UNIT)
    scores = detector.decision_function(np.arange(n_rows))
    agreed = all_windows_agree(errors > threshold, size, n_rows)
    np.testing.assert_array_equal(scores > threshold, agreed)
    whole = [size - 1 <= row <= n_rows - size for row in range(n_rows)]  # of all its windows
    np.testing.assert_array_equal(np.isfinite(scores), whole)


@pytest.mark.parametrize("window", [1, 2, 5])
@pytest.mark.parametrize("horizon", [1, 4])
def test_a_prediction_stands_beside_the_row_that_it_is_of(window, horizon):
    first = window + horizon - 1
    for at, shift in ((-1, horizon), (0, first)):
        detector = NextStep(always(lambda w, at=at: w[:, at]), window, horizon).fit(NOISE[:40])
        predicted = detector.forecast(NOISE)
        assert np.isnan(predicted[:first]).all()
        np.testing.assert_allclose(predicted[first:], NOISE[first - shift : -shift], rtol=1e-12)


def test_next_step_scores_in_deviations_of_the_training_errors():
    last = always(lambda windows: windows[:, -1, 0])
    scores = NextStep(last, 4).fit(NOISE[:40]).decision_function(NOISE)
    steps = np.diff(NOISE)
    expected = np.abs(steps[3:]) / steps[3:39].std()
    np.testing.assert_allclose(scores[4:], expected, rtol=1e-9)


@pytest.mark.parametrize("tail", [1, 2, 5])
def test_end_scores_a_row_by_the_tail_of_the_window_that_ends_at_it(tail):
    zeros = always(np.zeros_like)
    detector = Autoencoder(zeros, 5, tail=tail).fit(UNIT)
    values = np.arange(20.0)
    expected = [np.abs(values[i - tail + 1 : i + 1]).mean() for i in range(4, 20)]
    scores = detector.decision_function(values)
    assert np.isnan(scores[:4]).all()
    np.testing.assert_allclose(scores[4:], expected)


# What is learned, and from what


class Witness:
    """A `train` that keeps a copy of all that it is given."""

    def __init__(self, train):
        self.train, self.seen = train, []

    def __call__(self, inputs, targets):
        self.seen.append((inputs.copy(), targets.copy()))
        return self.train(inputs, targets)


WRAPPERS = {
    "next step": lambda train: NextStep(train or slope, 6),
    "autoencoder, end": lambda train: Autoencoder(train or half_way, 6, tail=2),
    "autoencoder, all": lambda train: Autoencoder(train or half_way, 6, rows="all"),
}


@pytest.mark.parametrize("name", WRAPPERS)
@pytest.mark.parametrize("poison", [-12345.678, 1e12])
def test_no_row_after_the_training_part_reaches_train_or_scale(name, poison):
    poisoned = np.where(np.arange(80) < 50, NOISE, poison)
    learned = []
    for series in (NOISE, poisoned):
        witness = Witness(slope if name == "next step" else half_way)
        detector = WRAPPERS[name](witness).fit(series[:50])
        detector.decision_function(series)
        ((inputs, targets),) = witness.seen  # trained once, by fit
        learned.append((detector.mean_, detector.std_, getattr(detector, "scale_", 0)))
        z = (NOISE[:50] - NOISE[:50].mean()) / NOISE[:50].std()
        if name == "next step":
            np.testing.assert_allclose(np.append(inputs[0, :, 0], targets), z, rtol=1e-12)
            np.testing.assert_allclose(inputs, sliding_windows(z, 6)[:-1], rtol=1e-12)
        else:
            np.testing.assert_array_equal(inputs, targets)
            np.testing.assert_allclose(inputs, sliding_windows(z, 6), rtol=1e-12)
    assert learned[0] == learned[1]


@pytest.mark.parametrize("name", WRAPPERS)
@given(
    st.integers(0, 99),
    st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3),
    st.floats(-1e3, 1e3),
)
def test_scores_do_not_depend_on_the_unit(name, seed, a, b):
    values = np.random.default_rng(seed).normal(size=80)
    before, after = (
        WRAPPERS[name](None).fit(series[:50]).decision_function(series)
        for series in (values, a * values + b)
    )
    np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-6)


def test_predictions_are_in_the_unit_of_the_series():
    predicted = NextStep(slope, 6).fit(NOISE[:50]).forecast(NOISE)
    other = NextStep(slope, 6).fit(9 * NOISE[:50] + 32).forecast(9 * NOISE + 32)
    np.testing.assert_allclose(other, 9 * predicted + 32)


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_clone_has_the_settings_and_nothing_learned(name):
    detector = WRAPPERS[name](None).fit(NOISE)
    copy = clone(detector)
    assert copy.get_params() == detector.get_params()
    with pytest.raises(NotFittedError):
        copy.decision_function(NOISE)


# What is refused


def autoencoder(**settings):
    return Autoencoder(half_way, **{"window": 6, **settings})


def next_step(predict=None, window=6):
    return NextStep(always(predict) if predict else slope, window)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: autoencoder(rows="last").fit(NOISE), '"end" or "all", not \'last\''),
        (lambda: autoencoder(tail=7).fit(NOISE), "between 1 and the window's 6, not 7"),
        (lambda: autoencoder(tail=0).fit(NOISE), "not 0"),
        (lambda: autoencoder().fit(NOISE[:5]), "5 rows, fewer than one window of 6; use"),
        (lambda: autoencoder().fit([0.1] * 50), "50 training values do not vary; fit to a part"),
        (lambda: autoencoder().fit([1.0, np.nan]), "row 1 of X is nan; fill"),
        (lambda: autoencoder().fit(NOISE).decision_function(NOISE[:5]), "5 rows, fewer"),
        (lambda: next_step().fit(NOISE[:6]), "6 rows are too few for a window of 6.*shorter"),
        (lambda: next_step().fit(NOISE).forecast(NOISE[:6]), "6 rows are too few"),
        (lambda: next_step(window=0).fit(NOISE), "at least one row, not 0"),
        (lambda: next_step().fit([5.0] * 50), "50 training values do not vary"),
        (lambda: next_step(lambda w: w).fit(NOISE), r"\(74,\) or \(74, 1\).*gave \(74, 6, 1\)"),
        (
            lambda: next_step(lambda w: np.where(np.arange(len(w)) == 3, np.nan, 0)).fit(NOISE),
            "window 3 is NaN: training has diverged",
        ),
        (
            lambda: next_step(lambda w: w[:, -2]).fit(UNIT),  # right about every row
            "errors of the network do not vary over its 54 .*harder",
        ),
    ],
)
def test_what_is_refused_and_what_to_do_instead(call, message):
    with pytest.raises(ValueError, match=message):
        call()
