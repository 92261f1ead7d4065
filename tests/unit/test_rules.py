"""Rules without a network against plain loops, and under another unit."""

from math import inf, sqrt
from statistics import fmean, median, pstdev, stdev

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from tsadbook.checks import check_series
from tsadbook.rules import (
    Constant,
    EwmaVolatility,
    MovingZScore,
    Persistence,
    SeasonalMedian,
    ZScore,
)

NAN = float("nan")
# Whole numbers, few of them, so that equal rows come up; halves, so that medians are exact.
numbers = st.integers(-6, 6).map(lambda i: i / 2)
parts = st.lists(numbers, min_size=2, max_size=30)


def scores(errors, training_errors):
    """The common form: |error| in standard deviations of the training errors."""
    known = [e for e in training_errors if e == e]
    scale = pstdev(known) if known else 0
    assume(scale > 0)
    return [abs(e) / scale for e in errors]


def slow_constant(train, new, middle):
    value = middle(train)
    return scores([x - value for x in new], [x - value for x in train])


def slow_persistence(train, new):
    def errors(part):
        return [NAN] + [part[i] - part[i - 1] for i in range(1, len(part))]

    return scores(errors(new), errors(train))


@pytest.mark.parametrize(
    "rule, slow",
    [
        (Constant(), lambda train, new: slow_constant(train, new, median)),
        (ZScore(), lambda train, new: slow_constant(train, new, fmean)),
        (Persistence(), slow_persistence),
    ],
    ids=["Constant", "ZScore", "Persistence"],
)
@given(parts, parts)
def test_constant_z_score_and_persistence(rule, slow, train, new):
    expected = slow(train, new)
    np.testing.assert_allclose(clone(rule).fit(train).decision_function(new), expected, rtol=1e-9)


@given(parts, parts, st.integers(0, 200), st.sampled_from([60, 360, 720]))
def test_seasonal_median(train, new, gap, bin):
    """Rows of 40 minutes; the training part begins at 23:00, the other `gap` hours later."""

    def minutes(part, start):
        return [(start + 40 * i) % 1440 for i in range(len(part))]

    def series(part, start):
        stamps = pd.Timestamp("2014-01-01") + pd.to_timedelta(
            [start + 40 * i for i in range(len(part))], unit="min"
        )
        return pd.Series(part, stamps)

    def errors(part, start):
        forecasts = [
            [x for x, m in zip(train, minutes(train, 1380), strict=True) if m // bin == at // bin]
            for at in minutes(part, start)
        ]
        return [x - median(seen) if seen else NAN for x, seen in zip(part, forecasts, strict=True)]

    later = 1380 + 60 * gap
    expected = scores(errors(new, later), errors(train, 1380))
    rule = SeasonalMedian(f"{bin}min").fit(series(train, 1380))
    np.testing.assert_allclose(rule.decision_function(series(new, later)), expected, rtol=1e-9)


CLOCKS = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]


@settings(max_examples=40)
@given(
    st.sampled_from(CLOCKS),
    st.sampled_from(["2024-03-10", "2024-03-31", "2024-04-07", "2024-10-06", "2024-10-27"]),
    st.sampled_from(["30min", "1h", "6h", pd.Timedelta("4h")]),
    st.lists(numbers, min_size=50, max_size=200),
)
def test_seasonal_median_goes_by_the_clock_on_the_wall(zone, day, bin, values):
    """Also where clocks change: an hour comes twice, or not at all."""
    utc = pd.date_range(pd.Timestamp(day) - pd.Timedelta("1D"), periods=len(values), freq="29min")
    local = pd.Series(values, utc.tz_localize("UTC").tz_convert(zone))
    wall = local.tz_localize(None)
    try:
        expected = SeasonalMedian(bin).fit(wall).decision_function(wall)
    except ValueError:  # errors that do not vary
        assume(False)
    rule = SeasonalMedian(bin).fit(local)
    np.testing.assert_array_equal(rule.decision_function(local), expected)
    np.testing.assert_array_equal(rule.decision_function(local.tz_convert("Asia/Tokyo")), expected)
    for one, other in ((local, wall), (wall, local)):
        with pytest.raises(ValueError, match=r"time zone .* training rows .*tz_localize"):
            SeasonalMedian(bin).fit(one).decision_function(other)


@given(parts, st.integers(2, 6))
def test_moving_z_score(new, window):
    assume(len(new) > window)
    expected = [NAN] * window
    for i in range(window, len(new)):
        before = new[i - window : i]
        distance = abs(new[i] - fmean(before))
        if len(set(before)) == 1:
            expected.append(0 if new[i] == before[0] else inf)
        else:
            expected.append(distance / stdev(before))
    result = MovingZScore(window).fit().decision_function(new)
    np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e9 + 0.1])
def test_rows_that_stay_the_same_have_no_deviation_of_1e_17(value):
    series = [value] * 50 + [value * 1.01]
    result = MovingZScore(7).decision_function(series)
    assert result[7:50].tolist() == [0] * 43
    assert result[50] == inf


def test_a_huge_value_leaves_nothing_behind_when_it_has_left_the_window():
    series = np.random.default_rng(0).normal(size=100)
    disturbed = series.copy()
    disturbed[20] = 1e6
    rule = MovingZScore(10)
    np.testing.assert_array_equal(
        rule.decision_function(disturbed)[31:], rule.decision_function(series)[31:]
    )


@given(parts, st.floats(0.5, 0.99), st.integers(1, 5))
def test_ewma_volatility_is_its_recursion_written_out(new, decay, burn_in):
    assume(len(new) > burn_in and any(new[:burn_in]))
    variance = sum(x * x for x in new[:burn_in]) / burn_in
    expected = [NAN] * burn_in
    for x in new[burn_in:]:
        expected.append(abs(x) / sqrt(variance))
        variance = decay * variance + (1 - decay) * x * x
    result = EwmaVolatility(decay, burn_in).fit().decision_function(new)
    np.testing.assert_allclose(result, expected, rtol=1e-9)


# Another unit, another origin, upside down

INDEX = pd.date_range("2014-01-01", periods=60, freq="h")
units = st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3)


def scored(rule, values):
    series = pd.Series(values, INDEX)
    return rule.fit(series[:30]).decision_function(series)


@pytest.mark.parametrize(
    "rule, origin",
    [
        (Constant(), True),
        (ZScore(), True),
        (Persistence(), True),
        (SeasonalMedian("6h"), True),
        (MovingZScore(7), True),
        (EwmaVolatility(burn_in=7), False),  # squares, not squared distances
    ],
    ids=lambda value: type(value).__name__,
)
@given(st.integers(0, 99), units, st.floats(-1e3, 1e3))
def test_scores_do_not_depend_on_the_unit(rule, origin, seed, a, b):
    values = np.random.default_rng(seed).normal(size=60)
    before, after = scored(rule, values), scored(rule, a * values + (b if origin else 0))
    np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-6)


# The training part alone

FITTED = [Constant(), ZScore(), Persistence(), SeasonalMedian("6h")]


@pytest.mark.parametrize("rule", FITTED, ids=lambda rule: type(rule).__name__)
@pytest.mark.parametrize("poison", [-12345.678, 1e12])
def test_nothing_is_learned_from_later_rows(rule, poison):
    clean = pd.Series(np.random.default_rng(2).normal(size=60), INDEX)
    poisoned = clean.where(np.arange(60) < 30, poison)

    def learned(series):
        fitted = clone(rule).fit(series[:30])
        fitted.decision_function(series)
        return {name: value for name, value in vars(fitted).items() if name.endswith("_")}

    a, b = learned(clean), learned(poisoned)
    assert a.keys() == b.keys() >= {"scale_"}
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])


@pytest.mark.parametrize("rule", FITTED, ids=lambda rule: type(rule).__name__)
def test_not_fitted(rule):
    with pytest.raises(NotFittedError):
        clone(rule).decision_function(pd.Series([1.0, 2.0], INDEX[:2]))


# What is refused

HOURS = pd.Series(np.arange(8.0) ** 2, INDEX[:8])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: check_series([1, 2, np.nan, np.inf]), r"row 2 of X is nan; fill"),
        (lambda: check_series([1, np.inf]), r"row 1 of X is inf; fill"),
        (lambda: check_series([]), "X is empty"),
        (lambda: check_series([[1.0], [2.0]]), r"shape \(n,\), not \(2, 1\)"),
        (lambda: check_series(3.0), r"not \(\)"),
        (lambda: check_series(["a"]), "one number per row"),
        (lambda: check_series([[1], [1, 2]]), "one number per row"),
        (lambda: Constant().fit([7.1] * 9), "errors of Constant .* 9 training values.* rows that"),
        (lambda: ZScore().fit([0.1] * 9), "errors of ZScore do not vary"),
        (lambda: Persistence().fit(np.arange(9) / 10), "errors of Persistence do not vary"),
        (lambda: Persistence().fit([1.0]), "1 training values.*more rows"),
        (lambda: SeasonalMedian("1h").fit(HOURS), "errors of SeasonalMedian do not vary"),
        (lambda: SeasonalMedian().fit(HOURS.to_numpy()), "a Series with a DatetimeIndex"),
        (lambda: SeasonalMedian("7h").fit(HOURS), "'7h' do not divide a day; \"5min\""),
        (lambda: SeasonalMedian("2D").fit(HOURS), "'2D' do not divide a day"),
        (lambda: SeasonalMedian("0min").fit(HOURS), "'0min' do not divide a day"),
        (lambda: SeasonalMedian(5).fit(HOURS), "bin is a time with its unit, .* not 5"),
        (lambda: SeasonalMedian("60").fit(HOURS), "bin is a time with its unit, .* not '60'"),
        (lambda: MovingZScore(1).decision_function(HOURS), "2 rows or more, not 1"),
        (lambda: MovingZScore(8).decision_function(HOURS), "8 rows are too few for a window of 8"),
        (lambda: EwmaVolatility().decision_function(HOURS), "8 rows are too few .* 20"),
        (lambda: EwmaVolatility(burn_in=1).decision_function(HOURS), "1 rows .* all 0.*later row"),
        (lambda: EwmaVolatility(burn_in=0).decision_function(HOURS), "one row or more, not 0"),
        (lambda: EwmaVolatility(decay=1).decision_function(HOURS), "between 0 and 1, not 1"),
    ],
)
def test_what_is_refused_and_what_to_do_instead(call, message):
    with pytest.raises(ValueError, match=message):
        call()
