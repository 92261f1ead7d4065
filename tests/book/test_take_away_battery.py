"""The functions of chapter 3 that a reader takes away, as they stand on its pages."""

import numpy as np
import pandas as pd
import pytest

from tsadbook.evaluation.events import alerts
from tsadbook.rules import MovingZScore
from tsadbook.thresholds import RollingThreshold

TIMES = pd.date_range("2024-01-01", periods=900, freq="15min")


@pytest.fixture
def noise():
    values = np.random.default_rng(0).normal(10, 1, 900)
    values[[400, 401, 700]] += 12
    return pd.Series(values, TIMES)


@pytest.mark.parametrize("window, k", [(40, 6.0), (10, 3.0)])
def test_a_row_is_judged_by_the_rows_before_it_as_in_the_package(page, noise, window, k):
    flags = page("03_battery").flags_from_before(noise, window, k)
    expected = RollingThreshold(window, k, min_periods=window).flags(noise)
    assert flags.any()
    np.testing.assert_array_equal(flags, expected)


@pytest.mark.parametrize("silence", ["1h", "24h"])
def test_the_alerts_of_the_moving_z_are_those_of_the_package(page, noise, silence):
    found = page("03_battery_repaired").moving_z_alerts(noise, 288, 4.0, silence)
    flags = MovingZScore(288).decision_function(noise) > 4
    assert found == [first for first, _ in alerts(TIMES, flags, silence)]
    assert TIMES[400] in found and TIMES[700] in found
