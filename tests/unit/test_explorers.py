"""What an explorer hands to the page is what it was given."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from tsadbook.plots import explorers

# As in NAB: a gap, a time stamp that repeats, and one row out of order.
INDEX = pd.DatetimeIndex(
    ["2014-01-01 00:00", "2014-01-01 00:05", "2014-01-01 00:10", "2014-01-01 02:00",
     "2014-01-01 02:00", "2014-01-01 01:00"]
)  # fmt: skip
SCORES = pd.Series([0.123456789, np.nan, 12345.678, 4.0, 5.0, 6.0], INDEX)
WINDOW = (pd.Timestamp("2014-01-01 00:30"), pd.Timestamp("2014-01-01 01:30"))


def packed(**changed) -> dict:
    case = explorers.Case("rule", SCORES, [WINDOW], 4.0)._replace(**changed)
    page = explorers.threshold("some-id", [case], "A caption & more.", "deviations").data
    return json.loads(re.search(r'application/json">(.*?)</script>', page, re.S)[1]) | {
        "page": page
    }


def test_times_and_scores_come_back_in_order_of_time():
    (case,) = packed()["cases"]
    steps = [step for step, count in case["steps"] for _ in range(count)]
    seconds = np.cumsum([case["start"], *steps])
    expected = SCORES.sort_index(kind="stable")
    assert pd.to_datetime(seconds, unit="s").tolist() == expected.index.tolist()
    assert case["scores"] == [0.123457, None, 12345.7, 6.0, 4.0, 5.0]
    assert case["windows"] == [[t.timestamp() for t in WINDOW]]


def test_windows_and_silences_that_mean_something_else_are_refused():
    with pytest.raises(ValueError, match=r"window 0, .* swap its ends"):
        packed(windows=[WINDOW[::-1]])
    with pytest.raises(ValueError, match=r"window 0, .* rows have no time zone"):
        packed(windows=[tuple(t.tz_localize("UTC") for t in WINDOW)])
    case = explorers.Case("rule", SCORES, [WINDOW], 4.0)
    with pytest.raises(ValueError, match=r"silence is a time with its unit, .* not 24"):
        explorers.threshold("some-id", [case], "A caption.", "deviations", silence=24)


def test_text_cannot_end_the_script_that_carries_it():
    found = packed(name="</script><b>")
    assert found["cases"][0]["name"] == "</script><b>"
    assert "A caption &amp; more." in found["page"]


def test_the_still_picture_says_what_it_shows():
    alt = re.search(r'<img [^>]*alt="([^"]+)"', packed()["page"])[1]
    assert alt.startswith("rule: Score over time, score (deviations), 1 January 2014")
    assert "Marked: 1 shaded label window." in alt
    assert alt.endswith("Dashed line: threshold at 4, exceeded by 3 of 5 values.")
