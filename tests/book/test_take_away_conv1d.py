"""The functions of chapter 4 that a reader takes away, as they stand on its pages."""

import numpy as np
import pandas as pd
import pytest

from tsadbook.evaluation import events
from tsadbook.windows import all_windows_agree

ROWS = pd.date_range("2024-01-01", periods=2000, freq="5min")


@pytest.mark.parametrize("size", [1, 2, 3, 12, 288])
def test_rows_of_windows_are_those_of_the_package(page, size):
    rows_of_windows = page("04_conv1d").rows_of_windows
    series = pd.Series(np.arange(2000.0), ROWS)
    flags = np.random.default_rng(0).random(2000 - size + 1) < 0.3
    flags[500:1200] = True
    given = rows_of_windows(series, flags)
    assert given.index.equals(ROWS)
    assert given.dtype == bool
    assert given.any()
    assert (given.to_numpy() == all_windows_agree(flags, size, 2000)).all()


@pytest.mark.parametrize("silence", ["0h", "1h", "24h"])
def test_alerts_begin_when_those_of_the_package_do(page, silence):
    alerts_of = page("04_conv1d_repaired", ["TAIL"]).alerts_of
    score = pd.Series(np.abs(np.random.default_rng(0).normal(size=2000)), ROWS)
    score.iloc[1500:1530] = 9.0
    ordinary = score[:1000]
    limit = ordinary.mean() + 3 * ordinary.std(ddof=0)
    expected = [first for first, _ in events.alerts(ROWS, score > limit, silence)]
    assert alerts_of(score, ordinary, k=3, silence=silence) == expected
    assert ROWS[1500] in expected or silence != "0h"
    assert alerts_of(score * np.nan, ordinary) == []
