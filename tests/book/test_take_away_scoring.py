"""The functions of chapters 5 and 6 that a reader takes away, as they stand on their pages."""

import numpy as np
import pandas as pd

from tsadbook import rules
from tsadbook.evaluation.events import alerts, score_events

TIMES = pd.date_range("2024-01-01", periods=2000, freq="15min")


def test_flags_that_know_something_find_more_than_as_many_at_random(page):
    beside_random = page("05_scoring_detectors").beside_random
    beside_random.__globals__["score_events"] = score_events
    windows = [(TIMES[n], TIMES[n + 5]) for n in (300, 900, 1500)]
    flags = np.isin(np.arange(2000), [301, 902, 1503])
    table = beside_random(TIMES, flags, windows)
    assert table.loc["these flags"].tolist() == [3, 3, 0]
    assert table.loc["as many at random", "found"] < 3
    assert table.loc["as many at random", "false_alerts_a_week"] > 0


def test_a_watch_raises_an_alert_where_the_first_rows_are_exceeded(page):
    watch = page("06_bake_off").watch
    watch.__globals__.update(rules=rules, alerts=alerts)
    values = np.random.default_rng(0).normal(size=2000)
    values[1500:1503] = 30
    ((first, last),) = watch(pd.Series(values.clip(-3, None), TIMES), 1000)[-1:]
    assert (first, last) == (TIMES[1500], TIMES[1502])
    assert watch(pd.Series(np.resize([0.0, 1.0], 2000), TIMES), 1000) == []
