"""The bake-off's kept tables, and what chapter 6 says of them."""

import json

import numpy as np
import pandas as pd
import pytest

from tsadbook import benchmark, datasets
from tsadbook.benchmark import scoreboard, tasks
from tsadbook.benchmark.catalogue import CATALOGUE
from tsadbook.build import bake_off
from tsadbook.build.paths import RESULTS
from tsadbook.evaluation.nab import Corpus, normalise, probation


@pytest.fixture(scope="module")
def kept():
    return benchmark.kept()


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


def test_the_kept_tables_come_from_the_present_code_settings_and_data():
    assert not bake_off.is_stale()


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


def test_the_best_causal_detector_reaches_58_with_its_category_left_out(board):
    nab = board[(board.metric == "NAB standard") & (board.threshold == "left out")]
    causal = nab[(nab.kind == "causal") & (nab.treatment == "chosen")]
    best = causal[causal.detector != "any causal detector"].nlargest(1, "value").iloc[0]
    assert best["value"] >= 58
    assert CATALOGUE[best["detector"]].origin == "rule"  # the chapter: it has no weights


def test_no_network_is_better_than_the_record_by_more_than_chance(found):
    beside = pd.DataFrame(found["bake-networks"]["less record"]).T
    assert len(beside) == 11
    assert (beside["low"] <= 0).all()


def test_a_ramp_beats_most_detectors_in_volume_under_the_surface(board):
    ramp = value(board, "ramp", "VUS-PR", "none", "as it is")
    assert ramp == pytest.approx(0.324, abs=0.002)
    others = board[(board.metric == "VUS-PR") & (board.treatment == "as it is")]
    others = others[~others.detector.isin(["ramp", "random"])]
    assert (others["value"] < ramp).mean() > 0.5


def test_the_best_volume_under_the_surface_is_above_the_best_published_mean(board):
    published = max(scoreboard.kept()["published_vus_pr"]["methods"].values())
    centred = board[(board.metric == "VUS-PR") & (board.treatment == "centred")]
    assert centred["value"].max() > published
    assert set(centred["kind"]) == {"offline"}
