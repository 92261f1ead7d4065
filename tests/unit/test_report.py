"""A board that is asked, and the tables of chapter 6: made boards, and the kept one."""

import copy
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wilcoxon

from tsadbook.benchmark import leaderboard, report_tables, scoreboard
from tsadbook.benchmark.catalogue import CATALOGUE
from tsadbook.benchmark.report import ANY, Board, verdict
from tsadbook.evaluation.comparison import paired_difference
from tsadbook.evaluation.events import score_events
from tsadbook.evaluation.nab import normalise

SERIES = ["a/one", "a/two", "b/three", "b/four", "c/five", "c/none"]
WINDOWS = {"a/one": 1, "a/two": 2, "b/three": 1, "b/four": 1, "c/five": 1, "c/none": 0}
# Unnormalised scores: at most a series' windows, -1 a window where nothing is found.
RAW = {
    "record": [[1.0, 2.0, 1.0, 1.0, -6.0, 0.0]],
    "|z|": [[0.5, 1.5, 0.5, 0.5, 1.0, 0.0]],
    "ramp": [[-1.0, -2.0, -1.0, -1.0, -1.0, 0.0]],
    "next-step LSTM, published": [[0, 0, 0, 0, 0, 0.0], [0.2, 0.4, 0.2, 0.2, 0.2, -0.2]],
    "next-step LSTM, repaired": [[0.5] * 5 + [0.0], [0.3] * 5 + [0.0]],
    "matrix profile, both sides": [[1, 2, 1, 1, 1, 0.0]],
}
ORIGIN = {"record": "rule", "|z|": "rule", "ramp": "naive", "matrix profile, both sides": "field"}


def points(raw) -> float:
    return normalise(pd.Series(raw), pd.Series(list(WINDOWS.values())))


def made_run(name: str, seed: int) -> dict:
    raw = RAW[name][seed]
    score = points(raw)
    return {
        "detector": name,
        "seed": seed,
        "seconds_fit": 1.0 + seed,
        "seconds_score": 0.5,
        "refused": ["c/none"] if name == "|z|" else [],
        "oracle": {"standard": {"as it is": score + 1, "suppressed 100": score + 7 - 9 * seed}},
        "left_out": {"standard": {"as it is": score - 2, "suppressed 100": score}},
        "chosen": {"standard": {"raw": raw, "score": score}},
        "auc_pr": [0.1 * seed, 0.2, 0.3, 0.4, 0.5, None],
    }


def made_entry(detector, metric, threshold, treatment, value, **ends) -> dict:
    offline = detector == "matrix profile, both sides" or treatment == "centred"
    network = detector.rpartition(", ")[2]
    return {
        "detector": detector,
        "kind": "offline" if offline else "causal",
        "origin": ORIGIN.get(detector, network),
        "treatment": treatment,
        "metric": metric,
        "threshold": threshold,
        "value": value,
    } | {end: ends.get(end) for end in ("low", "high", "seed_low", "seed_high")}


def made() -> dict:
    """A small leaderboard in the form of `leaderboard.kept`."""
    entries = []
    for i, name in enumerate(RAW):
        score = float(np.median([points(raw) for raw in RAW[name]]))
        chosen = {"low": score - 5, "high": score + 5, "seed_low": None, "seed_high": score}
        # The centred entry comes first: its kind is not the detector's.
        entries += [
            made_entry(name, "VUS-PR", "none", "centred", 0.5 - 0.1 * i, low=0.1, high=0.8),
            made_entry(name, "VUS-PR", "none", "as it is", 0.02 * i),
            made_entry(name, "NAB standard", "left out", "chosen", score, **chosen),
            made_entry(name, "NAB standard", "left out", "as it is", score - 2),
            made_entry(name, "NAB standard", "oracle", "as it is", score + 1),
            made_entry(name, "NAB standard", "oracle", "best", score + 7),
            made_entry(name, "event recall", "left out", "chosen", 0.1 * i),
            made_entry(name, "false alerts a week", "left out", "chosen", 0.2 * i),
            made_entry(name, "delay share", "left out", "chosen", None if name == "ramp" else 0.5),
            made_entry(name, "event recall", "quantile", "as it is", 0.11 * i),
            made_entry(name, "false alerts a week", "quantile", "as it is", 0.3 * i),
            made_entry(name, "rank correlation with |z|", "none", "as it is", 0.05 * i),
        ]
    any_entry = made_entry(ANY, "NAB standard", "left out", "chosen", 99.0, low=90.0, high=101.0)
    return {
        "series": SERIES,
        "leaderboard": [*entries, any_entry | {"origin": "chosen"}],
        "runs": [made_run(name, seed) for name in RAW for seed in range(len(RAW[name]))],
        "overall": {"picked": {"a": ["record", "as it is"], "b": ["|z|", "record"]}, "score": 99.0},
    }


@pytest.fixture
def board() -> Board:
    return Board(made(), WINDOWS)


@pytest.fixture(scope="module")
def kept() -> Board:
    return Board.load()


# Questions


def test_query_keeps_the_rows_that_are_asked_for_and_no_others(board):
    found = board.query(metric="NAB standard", threshold="oracle", detector=["record", "ramp"])
    assert found[["detector", "treatment"]].to_numpy().tolist() == [
        ["record", "as it is"],
        ["record", "best"],
        ["ramp", "as it is"],
        ["ramp", "best"],
    ]
    assert list(found.index) == [0, 1, 2, 3]
    assert len(board.query()) == len(made()["leaderboard"])


def test_query_names_what_there_is_if_asked_for_something_else(board):
    with pytest.raises(ValueError, match="no 'metrics' to ask for, only detector, kind"):
        board.query(metrics="NAB standard")
    with pytest.raises(ValueError, match=r"threshold 'best' is not there; there is \['none'"):
        board.query(threshold=["oracle", "best"])


def test_best_is_of_one_kind_and_sorted_and_never_the_choice_of_all(board):
    assert list(board.best(10)["detector"]) == [
        "|z|",
        "next-step LSTM, repaired",
        "next-step LSTM, published",
        "record",
        "ramp",
    ]
    assert board.best()["detector"].item() == "|z|"
    assert board.best(kind=["causal", "offline"])["detector"].item() == "matrix profile, both sides"
    assert board.best(origin=["published", "naive"])["detector"].item().endswith("published")
    assert board.best(metric="event recall")["detector"].item() == "next-step LSTM, repaired"


def test_a_column_has_one_number_a_detector(board):
    column = board.column("NAB standard", "left out", "chosen", "low")
    assert list(column.index) == list(RAW)
    assert column["|z|"] == pytest.approx(points(RAW["|z|"][0]) - 5)


def test_detectors_are_causal_or_not_by_themselves_whatever_their_mean(board):
    there = board.detectors
    assert ANY not in there.index
    assert set(there.index[there["kind"] == "offline"]) == {"matrix profile, both sides"}
    assert there.loc["next-step LSTM, repaired", ["seeds", "seconds"]].to_list() == [2, 2.0]
    assert (
        there["seeds"].drop(["next-step LSTM, repaired", "next-step LSTM, published"]).eq(1).all()
    )


def test_raw_scores_are_means_over_seeds(board):
    assert board.raw["next-step LSTM, repaired"].to_list() == pytest.approx([0.4] * 5 + [0.0])
    assert list(board.raw.index) == SERIES


def test_compare_is_the_paired_bootstrap_and_wilcoxons_test(board):
    found = board.compare("record", "|z|")
    tables = [
        pd.DataFrame({"raw": RAW[name][0], "windows": list(WINDOWS.values())}, SERIES)
        for name in ("record", "|z|")
    ]
    low, high = paired_difference(*tables, lambda t: normalise(t["raw"], t["windows"]))
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=1e-12)
    assert found["difference"] == pytest.approx(points(RAW["record"][0]) - points(RAW["|z|"][0]))
    assert (found["better"], found["worse"], found["equal"]) == (4, 1, 0)
    gap = np.subtract(RAW["record"][0], RAW["|z|"][0])[:5]
    assert found["p"] == wilcoxon(gap, zero_method="zsplit").pvalue
    assert found["verdict"] == "cannot be told"
    turned = board.compare("|z|", "record")
    assert turned["difference"] == pytest.approx(-found["difference"])
    assert (turned["low"], turned["high"]) == pytest.approx((-found["high"], -found["low"]))


def test_one_series_can_decide_the_sum_and_is_named(board):
    assert board.compare("record", "|z|")["difference"] < 0
    deciding = board.deciding("record", "|z|")
    assert deciding.index[0] == "c/five"
    without = board.compare("record", "|z|", without="c/five")
    assert without["difference"] == pytest.approx(deciding["c/five"])
    assert without["verdict"] == "better"
    assert (without["better"], without["worse"]) == (4, 0)
    for series in SERIES:
        left = board.compare("record", "|z|", without=[series])["difference"]
        assert left == pytest.approx(deciding[series])


def test_a_detector_compared_with_itself_is_neither_better_nor_worse(board):
    found = board.compare("ramp", "ramp")
    assert (found["difference"], found["p"], found["verdict"]) == (0, 1, "cannot be told")


def test_unknown_names_are_said(board):
    with pytest.raises(ValueError, match="no 'recrod', only"):
        board.compare("record", "recrod")
    with pytest.raises(ValueError, match="no 'c/six', only"):
        board.compare("record", "|z|", without="c/six")
    with pytest.raises(ValueError, match=r"not given for \['c/none'\]"):
        Board(made(), {name: n for name, n in WINDOWS.items() if n})


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(0.1, 2, "better"), (-2, -0.1, "worse"), (-1, 1, "cannot be told"), (0, 1, "cannot be told")],
)
def test_a_verdict_follows_from_the_interval(low, high, word):
    assert verdict(low, high) == word


def test_values_by_series_carry_their_names(board):
    found = board.by_series("auc_pr", "next-step LSTM, repaired", seed=1)
    assert found["a/one"] == 0.1 and np.isnan(found["c/none"])


# Tables


def test_standings_are_sorted_and_each_column_is_what_it_says(board):
    table = report_tables.standings(board)
    assert list(table.index) == list(board.best(10)["detector"])
    i, score = list(RAW).index("|z|"), points(RAW["|z|"][0])
    assert table.loc["|z|"].drop("seed_low").to_list() == pytest.approx(
        ["rule", score, score - 5, score + 5, score, score + 1, score + 7, 0.1 * i, 0.2 * i, 0.5]
    )
    assert np.isnan(table.loc["ramp", "delay"])
    assert list(report_tables.standings(board, "offline").index) == ["matrix profile, both sides"]


def test_participants_are_sorted_by_origin_and_show_their_settings(board):
    table = report_tables.participants(board)
    assert list(table["origin"]) == ["naive", "rule", "rule", "field", "published", "repaired"]
    assert table.loc["matrix profile, both sides", "looks ahead"] == "yes"
    assert table.loc["matrix profile, both sides", "settings"] == "window 48, past both"
    assert table.loc["record", ["looks ahead", "settings"]].to_list() == ["no", ""]


def test_refused_series_name_their_detectors(board):
    assert report_tables.refused(board) == {"c/none": ["|z|"]}


def test_what_was_chosen_elsewhere(board):
    picked, score = report_tables.chosen_elsewhere(board)
    assert picked.loc["b"].to_list() == ["|z|", "record"]
    assert score == {"score": 99.0, "low": 90.0, "high": 101.0}


def test_all_networks_are_compared_with_one_rule(board):
    table = report_tables.against(board, "|z|")
    assert list(table.index) == ["next-step LSTM, repaired", "next-step LSTM, published"]
    assert table.index.name == "less |z|"
    assert table.loc["next-step LSTM, repaired"].to_dict() == board.compare(
        "next-step LSTM, repaired", "|z|"
    )
    named = report_tables.against(board, "|z|", ["ramp", "record"], without="c/five")
    assert list(named.index) == ["record", "ramp"]
    assert report_tables.counts(named) == {"better": 1, "worse": 1, "cannot be told": 0}


def test_a_repair_stands_beside_what_it_repaired(board):
    table = report_tables.repairs(board)
    pair = ("next-step LSTM, repaired", "next-step LSTM, published")
    assert list(table.index) == [" less ".join(pair)]
    assert table.iloc[0].to_dict() == board.compare(*pair)


def test_treatments_are_of_the_first_seed_and_of_causal_detectors(board):
    table = report_tables.by_treatment(board)
    assert list(table.index) == list(report_tables.standings(board).index)
    score = points(RAW["next-step LSTM, repaired"][0])
    assert table.loc["next-step LSTM, repaired"].to_list() == [score + 1, score + 7]
    gain = report_tables.gain_of_treatment(board)
    scores = [points(RAW[name][0]) for name in table.index]
    assert gain["oracle"].to_list() == pytest.approx(
        [np.median(scores) + 1, np.median(scores) + 7, 6]
    )
    assert gain["left out"].to_list() == pytest.approx(
        [np.median(scores) - 2, np.median(scores), 2]
    )


def test_without_labels_and_at_work_have_their_own_columns(board):
    i = list(RAW).index("ramp")
    assert report_tables.without_labels(board).loc["ramp"].to_list() == pytest.approx(
        ["naive", 0.11 * i, 0.3 * i]
    )
    assert report_tables.at_work(board).loc["ramp"].to_list() == pytest.approx(
        [0.1 * i, 0.2 * i, 0.11 * i, 0.3 * i]
    )


def test_volumes_are_sorted_by_the_centred_mean(board):
    table = report_tables.volumes(board)
    assert list(table.index) == list(RAW)
    assert table.loc["|z|"].to_list() == pytest.approx(["rule", 0.02, 0.4, 0.1, 0.8])


def test_cost_and_likeness_belong_to_the_same_detector(board):
    assert report_tables.cost(board).loc["ramp"].to_list() == ["naive", points(RAW["ramp"][0]), 1.5]
    assert report_tables.like_z(board)["ramp"] == pytest.approx(0.1)


def test_ranking_is_over_the_series_with_a_window(board):
    ranks, pairs, _ = report_tables.ranking(board, best=2)
    assert set(ranks.index) == {"|z|", "next-step LSTM, repaired"}
    assert len(pairs) == 1
    better = np.subtract(RAW["|z|"][0], 0.4)[:5] > 0
    assert ranks["|z|"] == pytest.approx(np.where(better, 1, 2).mean())


def test_spread_holds_the_seeds_of_one_run_against_the_series_of_one_run(board):
    table = report_tables.spread(board)
    assert set(table.index) == {"next-step LSTM, repaired", "next-step LSTM, published"}
    scores = [points(raw) for raw in RAW["next-step LSTM, published"]]
    assert table.loc["next-step LSTM, published", "seeds"] == pytest.approx(np.std(scores, ddof=1))
    # a detector that has the same share of each window on every series does not vary with them
    even = copy.deepcopy(made())
    for run in even["runs"]:
        raw = [0.5 * n for n in WINDOWS.values()]
        run["chosen"]["standard"] = {"raw": raw, "score": points(raw)}
    assert report_tables.spread(Board(even, WINDOWS)).to_numpy() == pytest.approx(0, abs=1e-9)


def made_series(n: int, step: str, windows=()):
    index = pd.date_range("2014-01-01", periods=n, freq=step)
    windows = [(index[first], index[last]) for first, last in windows]
    return SimpleNamespace(series=pd.Series(0.0, index), windows=windows)


def test_what_the_length_of_a_training_part_allows():
    data = {"hours": made_series(5000, "1h"), "minutes": made_series(4000, "5min")}
    table = report_tables.training_lengths(data)
    assert table.loc["hours"].to_list() == pytest.approx([750, 168, 4, 168 / 751, 4249 / 168])
    assert table.loc["minutes"].to_list() == pytest.approx([600, 2016, 0, 2016 / 601, 3399 / 2016])


def test_chance_is_counted_after_probation_on_all_series_together():
    data = {
        "a": made_series(1000, "1h", [(200, 220), (900, 910)]),
        "b": made_series(1000, "1h", [(500, 600)]),
    }
    found = report_tables.chance(data, [0.0, 1.0])
    assert found["found"].to_list() == [0, 1]
    weeks = 2 * 849 / 168
    alone = [(d.series.index[150:], np.ones(850), d.windows) for d in data.values()]
    false = sum(score_events(*one)["false_alerts"] for one in alone)
    assert found["false alerts"].to_list() == pytest.approx([0, false / weeks])


def test_a_category_is_taken_out_of_score_and_windows(board):
    found = report_tables.without_category(board, "record")
    assert list(found.index) == ["a", "b", "c"]
    assert found["c"] == 100
    assert found["a"] == pytest.approx(50 * ((1 + 1 - 6) / 3 + 1))


# The kept board


def test_the_kept_board_has_every_detector_and_needs_no_data(tmp_path):
    code = (
        "from tsadbook.benchmark.report import Board; b = Board.load();"
        "print(len(b.detectors), len(b.windows), int(b.windows.sum()))"
    )
    nowhere = os.environ | {"TSADBOOK_DATA": str(tmp_path), "TSADBOOK_CACHE": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", code], env=nowhere, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == [str(len(CATALOGUE)), "58", "116"]


def test_detectors_are_those_of_the_catalogue(kept):
    there = kept.detectors
    assert there["origin"].to_dict() == {d.name: d.origin for d in CATALOGUE.values()}
    causal = {name: kind == "causal" for name, kind in there["kind"].items()}
    assert causal == {d.name: d.causal for d in CATALOGUE.values()}


def test_scores_from_the_kept_series_are_those_of_the_leaderboard(kept):
    rules = [name for name, d in CATALOGUE.items() if not d.random]
    listed = kept.column("NAB standard", "left out", "chosen")
    for name in rules:
        assert normalise(kept.raw[name], kept.windows) == pytest.approx(listed[name], abs=1e-3)


def test_sums_and_signs_are_two_questions_and_one_series_decides(kept):
    pair = ("record", "next-value LSTM, repaired")
    found, decides = kept.compare(*pair), kept.deciding(*pair).index[0]
    assert decides == "realTweets/Twitter_volume_PFE"
    assert (found["better"], found["worse"], found["equal"]) == (39, 7, 6)
    assert found["verdict"] == "cannot be told" and found["p"] < 0.001
    without = kept.compare(*pair, without=decides)
    assert [without[c] for c in ("difference", "low", "high")] == pytest.approx(
        [8.8, 5.3, 12.7], abs=0.05
    )


def test_the_published_and_the_stored_are_other_peoples(kept):
    assert len(report_tables.published_volumes()) == 32
    assert report_tables.published_volumes().is_monotonic_decreasing
    ahead = report_tables.ahead_of(kept)
    assert list(ahead.index) == ["ARTime", "numenta", "contextOSE", "htmjava", "numentaTM"]


def test_what_was_tried_is_kept(kept):
    tried = report_tables.tried()
    assert list(tried) == ["scores", "smoothing", "suppression", "oracle", "left_out"]
    assert len(tried) > 100


def test_the_files_that_are_read_are_json_without_gaps():
    for kept in (leaderboard.kept(), scoreboard.kept()):
        json.dumps(kept, allow_nan=False)
