"""Chapter 5's metrics on whole series, and the tables of NAB's detectors."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tsadbook.benchmark import nine_metrics, scoreboard, scoreboard_report
from tsadbook.datasets import Dataset
from tsadbook.evaluation import nab

HOURS = pd.date_range("2026-01-01", periods=40, freq="h")  # the first 6 rows are probation


def made(name: str, *windows) -> Dataset:
    series = pd.Series(np.arange(40.0), HOURS, name=name)
    events = tuple((HOURS[a], HOURS[b]) for a, b in windows)
    return Dataset(name, series, HOURS[[a for a, _ in windows]], events, "made.csv", "ab12")


@pytest.fixture
def data() -> dict[str, Dataset]:
    return {"a/one": made("a/one", (10, 13)), "b/two": made("b/two", (20, 21), (30, 35))}


def test_f1_is_the_harmonic_mean():
    assert nine_metrics.f1(0.5, 0.25) == pytest.approx(1 / 3)
    assert nine_metrics.f1(0.0, 0.7) == 0


def test_metrics_of_flags_are_told_apart():
    truth = np.array([0, 0, 1, 1, 1, 1, 0, 0, 0, 0], dtype=bool)
    flags = np.array([0, 0, 0, 1, 0, 0, 0, 0, 1, 0], dtype=bool)
    found = nine_metrics.of_flags(truth, flags)
    assert found["F1 of rows"] == pytest.approx(2 * 0.5 * 0.25 / 0.75)
    assert found["F1, point-adjusted"] == pytest.approx(2 * 0.8 / 1.8)
    assert (found["range precision"], found["range recall"]) == (0.5, 0.25)
    assert found["affiliation precision"] < 1 and 0 < found["affiliation recall"] < 1


def test_events_and_rows_are_counted_after_probation(data):
    scores = {name: np.zeros(40) for name in data}
    scores["a/one"][[0, 5, 12]] = 1.0  # only row 12 is judged: a hit
    scores["b/two"][[7, 8, 39]] = 1.0  # an alert that is false, and another one
    found = nine_metrics.of_events(data, scores, 0.5)
    assert found["windows found"] == pytest.approx(1 / 3)
    weeks = 2 * 33 / (24 * 7)
    assert found["false alerts a week"] == pytest.approx(2 / weeks)
    assert nine_metrics.rows_and_alerts(data, scores, 0.5) == {"flagged rows": 4, "alerts": 3}


def test_a_row_is_flagged_above_the_height_and_not_at_it(data):
    scores = {name: np.full(40, 0.5) for name in data}
    assert nine_metrics.rows_and_alerts(data, scores, 0.5) == {"flagged rows": 0, "alerts": 0}
    assert nine_metrics.rows_and_alerts(data, scores, 0.4)["flagged rows"] == 68


def test_each_metric_gets_its_own_best_threshold(data):
    scores = np.zeros(40)
    scores[[11, 38]] = [2.0, 1.0]  # the higher is in the window
    found = nine_metrics.preferred(data["a/one"], scores, tried=4)
    assert list(found.index) == [
        "F1 of rows",
        "F1, point-adjusted",
        "F1 of ranges",
        "F1 of affiliation",
        "NAB score / 100",
    ]
    assert found.loc["F1, point-adjusted"].to_list() == [1.0, 1.0, 1, 0.0]
    assert (found["preferred threshold"] < 2).all()
    corpus = nab.Corpus({"a/one": (HOURS, data["a/one"].windows)})
    best = corpus.rank({"a/one": scores}).best().score
    assert found.loc["NAB score / 100", "the metric there"] == pytest.approx(best / 100)


# The kept scoreboard


@pytest.fixture(scope="module")
def kept():
    return scoreboard.kept()


def test_standard_is_sorted_and_of_one_profile(kept):
    table = scoreboard_report.standard(kept)
    assert len(table) == 16 and table["best"].is_monotonic_decreasing
    assert table.loc["ARTime", "best"] == pytest.approx(74.85, abs=0.01)


def test_published_stands_before_recomputed_and_a_dagger_where_they_part(kept):
    table = scoreboard_report.beside(kept)
    assert table.loc["htmjava"].to_list() == [
        "65.55 / 66.06 †",
        "53.26 / 58.80 †",
        "70.42 / 70.74 †",
    ]
    assert table.loc["ARTime", "standard"] == "74.85 / 74.85"
    assert table.loc["bayesChangePt", "low FP"] == "3.2* / 5.13 †"
    assert (
        table.map(lambda text: "†" in text).to_numpy().sum() == 10
    )  # nine, and a row of the README


def test_what_the_erratum_says(kept):
    found = scoreboard_report.not_best(kept)
    assert (found["others"], found["numbers"], found["passed"]) == (9, 45, "numentaTM")
    assert (found["gap_least"], found["gap_most"]) == pytest.approx((0.09, 5.54), abs=0.005)


def test_a_lead_is_the_difference_of_the_left_out_scores(kept):
    lead, scores = scoreboard_report.lead(kept), scoreboard_report.standard(kept)["left_out"]
    assert lead.index.name == "ARTime less"
    assert len(lead) == 15 and lead["difference"].is_monotonic_increasing
    for name, row in lead.iterrows():
        assert row["difference"] == pytest.approx(scores["ARTime"] - scores[name], abs=1e-9)
        assert row["low"] < row["difference"] < row["high"]
        assert row["low by category"] < row["difference"] < row["high by category"]
    # what the chapter says: over the categories two more join those that cannot be told apart
    assert set(lead.index[lead["low"] <= 0]) == {"numenta", "contextOSE"}
    joined = {"numenta", "contextOSE", "htmjava", "numentaTM"}
    assert set(lead.index[lead["low by category"] <= 0]) == joined


def test_a_detector_of_ones_own_can_be_the_one_that_leads(kept):
    windows = scoreboard_report.raws(kept)["windows"]
    lead = scoreboard_report.lead(kept, "perfect", windows.astype(float))
    scores = scoreboard_report.standard(kept)["left_out"]
    assert lead.index.name == "perfect less"
    assert lead.loc["ARTime", "difference"] == pytest.approx(100 - scores["ARTime"])


def test_gains_are_the_last_two_rows_of_the_silences(kept):
    silences, gains = scoreboard_report.silences(kept), scoreboard_report.gains(kept)
    rows = silences.loc["suppressed, left out"] - silences.loc["as it is, left out"]
    assert gains["gain"].to_dict() == pytest.approx(rows.to_dict())
    assert list(silences.index[:2]) == ["as it is", "50 rows"]
    # what the chapter says: for one of the three the gain is more than chance
    assert list(gains.index[gains["low"] > 0]) == ["randomCutForest"]


def test_the_two_metrics_are_of_the_same_detectors(kept):
    both = scoreboard_report.two_metrics(kept)
    assert len(both) == 15 and both.notna().all(axis=None)
    found = scoreboard_report.correlations(kept)
    assert found["all"][:2] == [15, pytest.approx(both.corr("spearman").iloc[0, 1])]
    assert found["serious"][0] == 12
    without = both.drop("contextOSE").corr("spearman").iloc[0, 1]
    assert found["without one"]["contextOSE"] == pytest.approx(without)


def test_stand_ins_say_that_the_table_is_the_kept_one(kept):
    stand_in = replace(made("a/one"), origin="stand-in", sha256="")
    assert stand_in.stand_in
    assert scoreboard_report.computed_from(kept, {"a/one": stand_in}, None) == "kept table"
