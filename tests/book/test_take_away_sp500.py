"""The functions that chapter 1 shows, taken from its pages as they stand there."""

import numpy as np
import pandas as pd
import pytest

from tsadbook import rules


@pytest.fixture(scope="module")
def returns():
    days = pd.bdate_range("2010-01-01", "2014-12-31")
    values = np.random.default_rng(0).normal(0, 0.01, len(days))
    values[500:800] *= 3
    values[[300, 700, 1000]] = 0.2, -0.15, 0.3
    return pd.Series(values, days)


def test_the_rules_on_the_page_are_those_of_the_package(page, returns):
    shown = page("01_sp500_repaired")
    copies = pd.DataFrame({"a": returns, "b": 2 * returns + 0.001})
    for one_line, rule in (
        (shown.z_of_60_days, rules.MovingZScore(60)),
        (shown.ewma_volatility, rules.EwmaVolatility()),
    ):
        expected = rule.decision_function(returns)
        np.testing.assert_allclose(one_line(returns), expected, rtol=1e-6)
        np.testing.assert_allclose(one_line(copies)["a"], expected, rtol=1e-6)


def test_the_size_of_a_return_is_in_deviations_of_the_years_before(page, returns):
    size = page("01_sp500_repaired").size_of_return
    expected = returns["2012"].abs() / returns[:"2011"].std()
    np.testing.assert_allclose(size(returns)["2012"], expected)
    np.testing.assert_allclose(size(returns.to_frame()).loc["2012"].iloc[:, 0], expected)


@pytest.mark.parametrize("name", ["z_of_60_days", "ewma_volatility", "size_of_return"])
def test_a_later_year_changes_no_score_and_no_threshold_of_an_earlier_one(page, returns, name):
    shown = page("01_sp500_repaired", constants=["BUDGET"])
    rule = getattr(shown, name)
    changed = returns.copy()
    changed["2013":] *= 10
    before = slice(None, "2012")
    pd.testing.assert_series_equal(rule(changed)[before], rule(returns)[before])
    limits, limits_again = shown.threshold(rule(returns)), shown.threshold(rule(changed))
    pd.testing.assert_series_equal(limits_again[:"2013"], limits[:"2013"])
    assert not limits_again["2014"].equals(limits["2014"])


def test_the_threshold_of_a_year_was_exceeded_once_a_year_before(page, returns):
    shown = page("01_sp500_repaired", constants=["BUDGET"])
    score = returns.abs()
    limits = shown.threshold(score)
    assert limits["2010"].isna().all()
    assert (limits["2013"] == limits["2013"].iloc[0]).all()
    exceeded = (score[:"2012"] > limits["2013"].iloc[0]).sum()
    assert exceeded == pytest.approx(3 * len(returns) / 5 / 252, abs=1)


def test_alerts_work_on_a_series_of_ones_own_and_keep_to_their_budget(page, returns):
    alerts = page("01_sp500_repaired").alerts
    found = alerts(returns)
    assert found["alert"].dtype == bool
    assert not found["alert"].iloc[: 252 + 60].any()  # a year of scores comes first
    assert found["alert"].iloc[[700, 1000]].all()
    assert found["alert"].sum() / (len(returns) / 252) < 3
    assert alerts(returns, a_year=5)["alert"].sum() > found["alert"].sum()
    changed = returns.copy()
    changed.iloc[900:] *= 10
    pd.testing.assert_frame_equal(alerts(changed).iloc[:900], found.iloc[:900])


def test_explained_by_tells_a_rule_from_an_independent_score(page):
    explained_by = page("01_sp500").explained_by
    rng = np.random.default_rng(0)
    value, other = rng.normal(size=(2, 5000))
    assert explained_by(value**2, value) > 0.7
    assert explained_by(other, value) < 0.01
    assert explained_by(value, value, groups=50) > 0.98


def test_explained_by_takes_missing_values_and_values_that_repeat(page):
    explained_by = page("01_sp500").explained_by
    days = pd.date_range("2024-01-01", periods=100)
    hour = pd.Series(np.repeat([0.0, 0.0, 6, 12], 25), days)
    score = hour + pd.Series(np.tile([-1.0, 1.0], 50), days)
    score.iloc[3] = np.nan
    assert 0.9 < explained_by(score, hour) < 1


def test_a_perfect_network_of_the_walkthrough_has_no_error_on_a_flat_window(page):
    perfect_error = page("01_sp500").perfect_error
    windows = np.array([[[2.0], [2.0]], [[1.0], [3.0]]])
    assert perfect_error(windows, np.array([2.0, 4.0])).tolist() == [0, 2]
