"""The bake-off's kept tables, and what chapter 6 says of them."""

import json

import numpy as np
import pandas as pd
import pytest

from tsadbook import datasets
from tsadbook.benchmark import leaderboard, report_tables, tasks
from tsadbook.benchmark.catalogue import CATALOGUE
from tsadbook.benchmark.report import Board
from tsadbook.build.paths import RESULTS
from tsadbook.evaluation.nab import Corpus, normalise, probation


@pytest.fixture(scope="module")
def kept():
    return leaderboard.kept()


@pytest.fixture(scope="module")
def board(kept):
    return pd.DataFrame(kept["leaderboard"])


@pytest.fixture(scope="module")
def corpus(real_data):
    data = {name: datasets.load(name) for name in tasks.series()}
    return Corpus({name: (d.series.index, d.windows) for name, d in data.items()})


def value(board, detector, metric, threshold, treatment):
    asked = {"detector": detector, "metric": metric, "threshold": threshold, "treatment": treatment}
    (row,) = board[(board[list(asked)] == pd.Series(asked)).all(axis=1)]["value"]
    return row


def test_the_kept_tables_say_when_and_from_what_they_were_measured(kept):
    """Stale ones stop a release (`make release-check`), and no build."""
    assert kept["measured"] and kept["commit"] and kept["fingerprint"]


def test_every_detector_ran_with_every_seed_and_none_was_left_out(kept):
    ran = {(run["detector"], run["seed"]) for run in kept["runs"]}
    assert ran == {(name, seed) for name, d in CATALOGUE.items() for seed in d.seeds}
    assert kept["series"] == tasks.series() and len(kept["series"]) == 58


def test_leaderboard_json_is_the_kept_one(kept, reproduction):
    assert json.loads((RESULTS / "leaderboard.json").read_text()) == kept["leaderboard"]


@pytest.mark.parametrize("detector", ["record", "records of means"])
def test_the_rules_of_the_leaderboard_come_out_again(detector, kept, board, corpus):
    scores = {}
    for name in tasks.series():
        series = datasets.load(name).series
        fitted = CATALOGUE[detector].fitted(series, probation(len(series)), seed=0)
        scores[name] = fitted.decision_function(series)
    ranking = corpus.rank(scores)
    left_out = ranking.score(ranking.thresholds_of_other_categories())
    assert left_out == pytest.approx(
        value(board, detector, "NAB standard", "left out", "as it is"), abs=1e-4
    )
    assert ranking.best().score == pytest.approx(
        value(board, detector, "NAB standard", "oracle", "as it is"), abs=1e-4
    )


def test_what_is_kept_by_series_adds_up_to_the_leaderboard(kept, board, corpus):
    windows = corpus.windows[kept["series"]]
    for name in CATALOGUE:
        raws = [r["chosen"]["standard"]["raw"] for r in kept["runs"] if r["detector"] == name]
        scores = [normalise(pd.Series(raw, windows.index), windows) for raw in raws]
        listed = value(board, name, "NAB standard", "left out", "chosen")
        assert np.median(scores) == pytest.approx(listed, abs=1e-3), name


# What the chapter says


@pytest.fixture(scope="module")
def asked():
    return Board.load()


def test_the_run_on_the_page_finds_the_kept_values_again(found):
    now, then = found["bake-live"]["now"], found["bake-live"]["kept"]
    assert list(now) == list(then) == ["record", "next-value LSTM, repaired"]
    assert now["record"] == pytest.approx(then["record"], abs=1e-6)
    network = "next-value LSTM, repaired"
    assert now[network] == pytest.approx(then[network], abs=0.05)  # another processor rounds


def test_no_network_is_better_than_the_record_by_more_than_chance(found):
    beside = pd.DataFrame(found["bake-networks"]["less record"]).T
    assert len(beside) == 11
    assert (beside["low"] <= 0).all()
    assert (beside["high"] < 0).mean() > 0.5  # most are worse


def test_most_repairs_change_nothing_that_can_be_told(found):
    repairs = pd.DataFrame(found["bake-networks"]["less published"]).T
    assert len(repairs) == 7
    assert ((repairs["low"] <= 0) & (repairs["high"] >= 0)).mean() > 0.5


def test_without_the_deciding_series_every_network_is_worse_than_the_record(asked):
    decides = asked.deciding("record", "next-value LSTM, repaired").index[0]
    without = report_tables.against(asked, "record", without=decides)
    assert report_tables.counts(without) == {"better": 0, "worse": 11, "cannot be told": 0}


@pytest.mark.parametrize("other", ["|z|", "next-value LSTM, repaired"])
def test_sum_and_signs_disagree_on_the_record(asked, other):
    compared = asked.compare("record", other)
    assert compared["verdict"] == "cannot be told"
    assert compared["p"] < 0.001
    assert compared["better"] > 4 * compared["worse"]


def test_three_rules_lead_and_the_best_reaches_58(asked):
    best = asked.best(3)
    assert list(best["detector"]) == ["novelty", "records of means", "record"]
    assert {CATALOGUE[name].origin for name in best["detector"]} == {"rule"}
    assert best["value"][0] >= 58


def test_the_network_among_the_first_to_take_is_the_best_one(asked):
    assert asked.best(origin=["published", "repaired"])["detector"].item() == (
        "six-hours-ahead LSTM, repaired"
    )


@pytest.fixture(scope="module")
def data(real_data):
    return {name: datasets.load(name) for name in tasks.series()}


def test_on_most_series_the_data_cannot_give_the_weekly_quantile(data):
    lengths = report_tables.training_lengths(data)
    assert (len(lengths), (lengths["k"] == 0).sum()) == (58, 50)
    exceeded = np.average(lengths["exceeded"], weights=lengths["weeks"])
    assert exceeded == pytest.approx(2.03, abs=0.005)


def test_what_is_found_without_labels_is_held_against_chance(asked, data):
    """The dot of random lies on the line of chance; which detectors lie above it."""
    free = report_tables.without_labels(asked)
    chance = report_tables.chance(data, [0, *np.geomspace(1e-4, 1, 9)])
    assert 5 < chance["false alerts"].max() < 7  # always
    at_cost = np.interp(free["false alerts"], chance["false alerts"], chance["found"])
    above = free["found"] - at_cost
    assert 1 < free.loc["random", "false alerts"] < 1.5
    assert above["random"] == pytest.approx(0, abs=0.08)
    assert (above[["|z|", "six-hours-ahead LSTM, repaired"]] > 0.3).all()
    assert above["nearest neighbours"] < 0.05
    assert free["found"].drop("ramp").nlargest(2).min() == free.loc["nearest neighbours", "found"]
    assert free.loc["record", "found"] < 0.1
    spot = report_tables.without_labels(asked, "SPOT")
    assert spot.loc["random", "false alerts"] < 1
    assert (spot["found"] < free["found"]).mean() > 0.5


def test_other_series_move_a_score_more_than_another_seed(asked):
    assert (report_tables.spread(asked)["series"] > report_tables.spread(asked)["seeds"]).all()


def test_every_causal_detector_but_few_gains_by_a_treatment(asked):
    table = report_tables.by_treatment(asked)
    assert (table.max(axis=1) > table["as it is"]).mean() > 0.8
    gain = report_tables.gain_of_treatment(asked)
    assert (gain.loc["difference"] > 30).all()
    assert gain.loc["difference", "oracle"] == pytest.approx(37.8, abs=0.05)


def test_a_ramp_beats_most_detectors_in_volume_under_the_surface(asked):
    volumes = report_tables.volumes(asked)
    ramp = volumes.loc["ramp", "as it is"]
    assert ramp == pytest.approx(0.324, abs=0.002)
    others = volumes[volumes["origin"] != "naive"]
    assert (others["as it is"] < ramp).mean() > 0.5
    assert (others["centred"] > others["as it is"]).mean() > 0.9
    leaders = list(asked.best(3)["detector"])
    assert (volumes["centred"].rank()[leaders] <= 8).all()


def test_the_best_volume_under_the_surface_is_above_the_best_published_mean(asked):
    published = report_tables.published_volumes()
    assert report_tables.volumes(asked)["centred"].max() > published.iloc[0]
    centred = asked.query(metric="VUS-PR", treatment="centred")
    assert set(centred["kind"]) == {"offline"}
