"""Suppressing repeated alerts, and scores over drawn series."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsadbook.benchmark import scoreboard
from tsadbook.evaluation import nab, suppression
from tsadbook.evaluation.events import alerts

INDEX = pd.date_range("2026-01-01", periods=20, freq="h")
CORPUS = nab.Corpus(
    {
        "a/one": (INDEX, [(INDEX[10], INDEX[13])]),
        "b/two": (INDEX, [(INDEX[8], INDEX[11])]),
    }
)


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 20))
def test_suppression_by_rows_is_the_rule_of_alerts_at_equal_steps(flags, silence):
    index = pd.date_range("2026-01-01", periods=len(flags), freq="h")
    raised = alerts(index, flags, silence=f"{silence}h")
    rows = suppression.first_of_each(np.flatnonzero(flags), silence)
    assert list(index[rows]) == [start for start, _ in raised]


@pytest.mark.parametrize("silence", [-1, "24h", 2.5, pd.Timedelta("24h")])
def test_suppression_by_rows_counts_rows(silence):
    """A negative one went on for ever."""
    with pytest.raises(ValueError, match="silence is a number of rows here, 0 or more, not"):
        suppression.first_of_each(np.array([3, 4]), silence)


def test_only_the_first_row_of_an_alert_counts_and_probation_raises_none():
    scores = {name: np.zeros(20) for name in ("a/one", "b/two")}
    scores["a/one"][[0, 1, 2, 4, 5, 6, 7, 15]] = 1.0  # the first three rows are probation
    found = suppression.suppressed_raw(CORPUS, scores, 1.0, silence=3)
    assert found["b/two"] == -1
    # Row 4 at full price, not 5 to 7; row 15, two rows after the window of four.
    after = nab.PROFILES["standard"].false_positive * (2 / (1 + np.exp(5 * 2 / 3)) - 1)
    assert found["a/one"] == pytest.approx(-1 - 0.11 + after)


def test_width_and_threshold_are_chosen_on_the_other_categories():
    rng = np.random.default_rng(3)
    scores = {name: rng.random(20).round(1) for name in ("a/one", "b/two")}
    widths, thresholds = (0, 2, 6), (0.5, 0.7, 0.9)
    raws = {
        (w, t): suppression.suppressed_raw(CORPUS, scores, t, w) for w in widths for t in thresholds
    }
    best_on_one = max(raws, key=lambda tried: raws[tried]["a/one"])
    best_on_two = max(raws, key=lambda tried: raws[tried]["b/two"])
    assert best_on_one != best_on_two
    found = suppression.suppressed(CORPUS, scores, thresholds, widths)
    assert found["left_out_raw"] == {
        "a/one": raws[best_on_two]["a/one"],
        "b/two": raws[best_on_one]["b/two"],
    }
    for w in widths:
        totals = [nab.normalise(raws[w, t], CORPUS.windows) for t in thresholds]
        assert found["widths"][str(w)]["best"] == pytest.approx(max(totals))


def test_scores_of_drawn_series_are_nab_scores():
    rng = np.random.default_rng(0)
    rankings = {d: CORPUS.rank({n: rng.random(20) for n in ("a/one", "b/two")}) for d in "xy"}
    for profile in nab.PROFILES:
        raws = pd.DataFrame({d: r.raw(0.8, profile) for d, r in rankings.items()})
        scores = scoreboard.nab_scores(raws.assign(windows=CORPUS.windows), profile)
        for detector, ranking in rankings.items():
            assert scores[detector] == pytest.approx(ranking.score(0.8, profile))


@pytest.mark.parametrize(
    "published, best, at_stored, expected",
    [
        (50.0, 50.00009, 40.0, "equal"),
        (50.0, 51.0, 50.00009, "stale threshold"),
        (50.0, 51.0, 49.0, "different"),
        (None, 51.0, 49.0, "not published"),
    ],
)
def test_a_published_number_is_explained_or_different(published, best, at_stored, expected):
    assert scoreboard.status("any", "standard", published, best, at_stored) == expected


def test_the_readme_is_taken_at_one_decimal_cut_off():
    of = ("bayesChangePt", "reward_low_FN_rate", None, 40.0)
    assert scoreboard.status(*of, 32.29) == "cut off"
    assert scoreboard.status(*of, 32.19) == "not published"
