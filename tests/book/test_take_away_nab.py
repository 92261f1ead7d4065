"""The functions of chapter 2 that a reader takes away, as they stand on its pages."""

import numpy as np
import pandas as pd
import pytest

from tsadbook import datasets
from tsadbook.evaluation import events

HOURS = pd.date_range("2024-01-01", periods=500, freq="h")


def test_a_constant_is_told_from_a_forecast(page):
    ask = page("02_nab_next_step").is_it_a_forecast
    walk = pd.Series(np.random.default_rng(0).normal(size=500).cumsum(), HOURS)
    constant = ask(walk, pd.Series(walk.median(), HOURS))
    assert constant["movement of the forecast"] == pytest.approx(0, abs=1e-9)
    assert constant["forecast"] == pytest.approx(constant["best constant"], rel=1e-2)
    copied = ask(walk, walk.shift())
    assert copied["forecast"] == copied["value before"] < copied["best constant"]
    assert copied["movement of the forecast"] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("k", [3, 4, 5])
def test_alerts_are_those_of_the_package(page, real_data, monkeypatch, k):
    monkeypatch.setenv("TSADBOOK_DATA", str(real_data))
    series = datasets.load("realKnownCause/machine_temperature_system_failure").series
    usual = series[:750]
    flags = ((series - usual.mean()).abs() / usual.std(ddof=0) > k)[750:]
    expected = [first for first, _ in events.alerts(series.index[750:], flags)]
    assert page("02_nab_next_step_repaired").alerts(series, 750, k) == expected


def test_a_calm_series_raises_no_alert(page):
    calm = pd.Series(np.sin(np.arange(500)), HOURS)
    assert page("02_nab_next_step_repaired").alerts(calm, 100) == []
