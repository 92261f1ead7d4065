"""The leaderboard on a made-up corpus: what is chosen, on which labels, and what is counted."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tsadbook.benchmark import leaderboard, tasks
from tsadbook.benchmark.catalogue import CATALOGUE
from tsadbook.benchmark.leaderboard import AS_IT_IS, measure_run, treatments
from tsadbook.build import bake_off
from tsadbook.evaluation.nab import PROFILES, Corpus, category, probation
from tsadbook.thresholds import SpotThreshold

N = 400
INDEX = pd.date_range("2014-01-01", periods=N, freq="h")
WINDOWS = {
    "a/one": [(100, 130), (300, 330)],
    "a/two": [(200, 240)],
    "b/one": [(150, 160)],
    "b/two": [],
    "c/one": [(90, 140), (350, 380)],
}
RUNS = {"|z|": 1, "random": 5, "sub-PCA, mean of windows": 1}


def windows_of(rows):
    return [(INDEX[first], INDEX[last]) for first, last in rows]


def corpus_of(windows):
    return Corpus({name: (INDEX, windows_of(rows)) for name, rows in windows.items()})


def noisy(seed, height=2.0, windows=WINDOWS):
    """Scores that are noise, higher on the labels, with what a detector cannot judge first."""
    rng = np.random.default_rng(seed)
    scores = {name: rng.exponential(size=N) for name in windows}
    for name, rows in windows.items():
        for first, last in rows:
            scores[name][first : last + 1] += height * rng.random(last + 1 - first)
        scores[name][:10] = np.nan
    return scores


def rankings_of(corpus, scores):
    return {
        name: corpus.rank(
            {o: leaderboard._judged(treat(s, probation(N))) for o, s in scores.items()}
        )
        for name, treat in treatments().items()
    }


def chosen_on(windows, scores, profile):
    corpus = corpus_of(windows)
    rankings = rankings_of(corpus, scores)
    limits = {n: r.thresholds_of_other_categories(profile) for n, r in rankings.items()}
    return leaderboard._chosen(corpus, rankings, limits, profile), rankings, limits


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", range(4))
def test_treatment_and_threshold_are_the_best_of_a_corpus_without_the_category(profile, seed):
    scores = noisy(seed)
    chosen, rankings, limits = chosen_on(WINDOWS, scores, profile)
    raw = {}
    for left_out in "abc":
        others = [name for name in WINDOWS if category(name) != left_out]
        own = [name for name in WINDOWS if category(name) == left_out]
        elsewhere = rankings_of(
            corpus_of({o: WINDOWS[o] for o in others}), {o: scores[o] for o in others}
        )
        best = {name: ranking.best(profile) for name, ranking in elsewhere.items()}
        picked = chosen["treatment"][left_out]
        assert chosen["on_the_others"][left_out] == pytest.approx(
            max(b.score for b in best.values())
        )
        assert best[picked].score == max(b.score for b in best.values())
        assert set(limits[picked][own]) == {best[picked].threshold}
        raw |= rankings[picked].raw(best[picked].threshold, profile)[own].to_dict()
    assert chosen["raw"] == pytest.approx(raw)
    missed = PROFILES[profile].missed
    assert chosen["score"] == pytest.approx(
        100 * (sum(raw.values()) + 6 * missed) / (6 + 6 * missed)
    )


def test_the_treatments_that_are_picked_differ_between_the_categories():
    """Else the test above could not tell a choice from a constant."""
    picked = [chosen_on(WINDOWS, noisy(s), "standard")[0]["treatment"] for s in range(4)]
    assert any(len(set(p.values())) > 1 for p in picked)


@pytest.mark.parametrize("own", "abc")
def test_a_category_is_not_looked_at_when_it_is_judged(own):
    scores = noisy(0)
    other_scores = {o: noisy(9)[o] if category(o) == own else s for o, s in scores.items()}
    other_labels = {o: [(250, 280)] if category(o) == own else rows for o, rows in WINDOWS.items()}
    before, _, limits = chosen_on(WINDOWS, scores, "standard")
    mine = [name for name in WINDOWS if category(name) == own]
    for windows, changed in ((WINDOWS, other_scores), (other_labels, scores)):
        after, _, other_limits = chosen_on(windows, changed, "standard")
        assert after["treatment"][own] == before["treatment"][own]
        assert after["on_the_others"][own] == before["on_the_others"][own]
        for name in limits:
            pd.testing.assert_series_equal(other_limits[name][mine], limits[name][mine])
        assert [after["raw"][o] for o in mine] != [before["raw"][o] for o in mine]


def test_treatments_look_at_no_later_row():
    rng = np.random.default_rng(0)
    for name, treat in treatments().items():
        for row in rng.integers(1, N, size=20):
            scores = np.where(rng.random(N) < 0.1, np.nan, rng.exponential(size=N))
            other = scores.copy()
            other[row:] = rng.exponential(10, size=N - row)
            before, after = treat(scores, 60)[:row], treat(other, 60)[:row]
            np.testing.assert_allclose(after, before, rtol=1e-12, err_msg=name)


def test_the_best_causal_detector_is_picked_for_each_category_by_the_others(monkeypatch):
    monkeypatch.setattr(leaderboard, "_corpus", lambda: corpus_of(WINDOWS))

    def run(detector, seed, raw, **on_the_others):
        chosen = {
            "on_the_others": on_the_others,
            "treatment": {own: f"{detector} {own}" for own in "abc"},
            "raw": dict.fromkeys(WINDOWS, raw),
        }
        return {"detector": detector, "seed": seed, "chosen": {"standard": chosen}}

    runs = [
        run("|z|", 0, 0.25, a=1, b=5, c=3),
        run("random", 0, -0.5, a=2, b=4, c=1),
        run("random", 1, 9, a=99, b=99, c=99),
        run("sub-PCA, mean of windows", 0, 9, a=99, b=99, c=99),
    ]
    found = leaderboard.best_elsewhere(runs)
    assert found["picked"] == {
        "a": ["random", "random a"],
        "b": ["|z|", "|z| b"],
        "c": ["|z|", "|z| c"],
    }
    assert found["raw"] == {o: -0.5 if o[0] == "a" else 0.25 for o in WINDOWS}
    assert found["score"] == pytest.approx(100 * (2 * -0.5 + 3 * 0.25 + 6) / 12)


def test_likeness_counts_ranks_after_probation_only():
    rng = np.random.default_rng(0)
    known = rng.exponential(size=N)
    same_order = np.exp(known)
    same_order[: probation(N)] = rng.exponential(size=probation(N))
    same_order[-1] = np.nan
    assert leaderboard._like(known, same_order) == pytest.approx(1)
    assert leaderboard._like(known, -known) == pytest.approx(-1)
    assert leaderboard._like(known, np.ones(N)) is None
    assert leaderboard._like(known, np.full(N, np.nan)) is None


# Thresholds without labels


@pytest.fixture
def hourly(monkeypatch):
    series = pd.Series(0.0, INDEX)
    monkeypatch.setattr(leaderboard, "_data", lambda name: SimpleNamespace(series=series))


def test_a_week_has_as_many_rows_as_the_usual_step_says():
    steps = np.full(50, 300)
    steps[[3, 30]] = 86_400  # gaps
    index = pd.Timestamp("2014-01-01") + pd.to_timedelta(steps.cumsum(), unit="s")
    assert leaderboard.rows_a_week(index) == 2016


LONG = 6000  # rows, of which the first 750 are 4.46 weeks
many = arrays(
    float, LONG, elements=st.integers(0, 99).map(float) | st.just(np.nan), fill=st.just(1.0)
)


def test_without_a_score_no_threshold_is_reached(hourly):
    nothing = np.full(LONG, np.nan)
    assert leaderboard.spot_threshold("any", nothing) == np.inf
    assert leaderboard._quantile_or_highest("any", nothing) == np.inf
    with pytest.raises(ValueError, match="0 training scores cannot give"):
        leaderboard.quantile_threshold("any", nothing)


@given(st.integers(0, 1000), st.integers(1, 3000))
def test_no_higher_k_keeps_the_rate(n, rows):
    k = leaderboard.allowed(n, rows)
    assert k * rows <= n + 1 < (k + 1) * rows


@settings(max_examples=50, deadline=None)
@given(many, st.sampled_from([24.0, 168.0, 700.0]))
def test_the_quantile_is_exceeded_as_often_as_the_data_allow(scores, rows):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leaderboard, "_week", lambda name: rows)
        known = scores[:750][~np.isnan(scores[:750])]
        k = leaderboard.allowed(known.size, rows)
        if k:
            limit = leaderboard.quantile_threshold("any", scores)
            assert (known >= limit).sum() < k <= (known >= np.nextafter(limit, -np.inf)).sum()
            assert leaderboard._quantile_or_highest("any", scores) == limit
        else:
            with pytest.raises(ValueError, match=f"any: {known.size} training scores cannot give"):
                leaderboard.quantile_threshold("any", scores)
            highest = leaderboard._quantile_or_highest("any", scores)
            assert not (known >= highest).any()


def test_the_quantile_keeps_its_budget_on_noise_and_the_highest_score_does_not(hourly):
    """Rows exceeded in a week, over many draws: once at most where there are weeks to learn from,
    168 / 121 times beyond the highest of 120."""
    rng = np.random.default_rng(0)
    for n, threshold, expected in (
        (5000, leaderboard.quantile_threshold, 168 * 4 / 751),
        (800, leaderboard._quantile_or_highest, 168 / 121),
    ):
        above = []
        for _ in range(300):
            scores = rng.exponential(size=n)
            above.append((scores[probation(n) :] >= threshold("any", scores)).mean() * 168)
        assert np.mean(above) == pytest.approx(expected, abs=3 * np.std(above) / 300**0.5)


def test_the_quantile_of_distinct_scores(hourly):
    scores = np.random.default_rng(0).permutation(LONG).astype(float)
    known = np.sort(scores[:750])  # a new one exceeds the fourth with 4 / 751 < 1 / 168
    assert leaderboard.quantile_threshold("any", scores) == np.nextafter(known[-4], np.inf)
    short = scores[:800]  # 120 rows of training, less than a week
    with pytest.raises(ValueError, match="once in 168 rows; train on a week or more"):
        leaderboard.quantile_threshold("any", short)


def test_spot_is_exceeded_once_a_week_and_falls_back_where_there_is_no_tail(hourly):
    scores = np.random.default_rng(1).exponential(size=LONG)
    limit = leaderboard.spot_threshold("any", scores)
    fitted = SpotThreshold(q=1 / 168, level=0.95).fit(scores[:750])
    assert limit == np.nextafter(fitted.threshold_, np.inf)
    assert limit == pytest.approx(np.log(168), abs=1)  # of the law that they are drawn from
    for without in (
        np.minimum(scores, 1.0),  # equal at the top
        scores[:160],  # 24 training rows
        np.where(np.arange(LONG) < 730, np.nan, scores),  # 20 that can be judged
    ):
        assert leaderboard.spot_threshold("any", without) == leaderboard._quantile_or_highest(
            "any", without
        )


# Counting


def flags(*rows, n=N):
    return np.isin(np.arange(n), rows)


def made_up(monkeypatch, windows=WINDOWS):
    data = {
        o: SimpleNamespace(series=pd.Series(0.0, INDEX), windows=windows_of(rows))
        for o, rows in windows.items()
    }
    monkeypatch.setattr(leaderboard, "_data", data.get)
    monkeypatch.setattr(leaderboard, "_corpus", lambda: corpus_of(windows))
    monkeypatch.setattr(tasks, "series", lambda: list(windows))


def test_events_are_counted_over_all_series_after_probation(monkeypatch):
    made_up(monkeypatch)
    found = leaderboard._events(
        {
            # probation ends before row 60; 70 and 80 are one false alert, 115 finds with a delay
            "a/one": flags(5, 59, 70, 80, 115, 120),
            "a/two": flags(200),
            "b/one": flags(170),
            "b/two": flags(60, 61, 90),  # 90 is more than a day after 60
        }
    )
    weeks = 4 * 339 / 168
    assert found == {
        "events": 4,
        "found": 2,
        "alerts": 6,
        "false_alerts": 4,
        "false_alerts_a_week": pytest.approx(4 / weeks),
        "delay_hours": 7.5,
        "delay_share": 0.25,
    }
    nothing = leaderboard._events({"a/one": flags()})
    assert (nothing["events"], nothing["found"], nothing["delay_hours"]) == (2, 0, None)


# A window in every series, since a bootstrap of so few would now and then draw none.
FULL = WINDOWS | {"b/two": [(250, 260)]}


def test_of_an_alert_the_first_row_after_probation_counts(monkeypatch):
    made_up(monkeypatch)
    # An alert lasts a day, its end included: 70 to 94.
    first = leaderboard._first_of_alerts("a/one", flags(50, 59, 70, 80, 94, 95, 96, 300))
    np.testing.assert_array_equal(np.flatnonzero(first), [70, 95, 300])
    assert set(first) == {0.0, 1.0}
    assert not leaderboard._first_of_alerts("a/one", flags(5)).any()


@pytest.fixture
def flagged(monkeypatch):
    """What `_events` is given, call after call."""
    calls, events = [], leaderboard._events
    monkeypatch.setattr(leaderboard, "_events", lambda flags: calls.append(flags) or events(flags))
    return calls


@pytest.fixture
def measured(monkeypatch, flagged):
    """Three detectors on the made-up corpus; one could not be fitted to one series."""
    made_up(monkeypatch, FULL)

    def read(task):
        height = 0.0 if task.detector == "random" else 3.0
        scores = noisy(task.seed, height, FULL)[task.series]
        refused = "does not vary" if task == ("|z|", "b/two", 0) else ""
        if refused:
            scores = np.full(N, np.nan)
        found = {"scores": scores, "refused": refused, "seconds_fit": 1.0, "seconds_score": 0.5}
        if task.series != "b/two":
            found |= {"auc_pr": 0.25 + task.seed / 8, "auc_pr_centred": 0.5}
        if task.series in ("a/one", "c/one"):
            names = ("vus_pr", "vus_roc", "vus_pr_centred", "vus_roc_centred")
            found |= dict.fromkeys(names, 0.5)
        return found

    runs = [measure_run(read, name, seed) for name, seeds in RUNS.items() for seed in range(seeds)]
    return {"runs": runs, "overall": leaderboard.best_elsewhere(runs)}


def test_a_run_has_what_was_measured(measured, flagged):
    run = measured["runs"][0]
    assert run["refused"] == {"b/two": "does not vary"}
    assert (run["seconds_fit"], run["seconds_score"]) == (5.0, 2.5)
    assert run["auc_pr"] == {"a/one": 0.25, "a/two": 0.25, "b/one": 0.25, "c/one": 0.25}
    assert run["vus_roc_centred"] == {"a/one": 0.5, "c/one": 0.5}
    scores = noisy(0, 3.0, FULL) | {"b/two": np.full(N, np.nan)}
    for profile in PROFILES:
        for name, ranking in rankings_of(corpus_of(FULL), scores).items():
            limits = ranking.thresholds_of_other_categories(profile)
            assert run["left_out"][profile][name] == ranking.score(limits, profile)
            assert run["oracle"][profile][name] == ranking.best(profile).score
    # Events are counted on the flags that the scores are of.
    scores_of_flags = []
    for flags_of in flagged[:3]:
        assert any(f.any() for f in flags_of.values())
        ranking = corpus_of(FULL).rank({o: f.astype(float) for o, f in flags_of.items()})
        scores_of_flags.append(ranking)
    chosen, *label_free = scores_of_flags
    assert run["chosen"]["standard"]["raw"] == pytest.approx(chosen.raw(1).to_dict())
    for found, ranking in zip(run["label_free"].values(), label_free, strict=True):
        for profile in PROFILES:
            assert found["nab"][profile] == pytest.approx(ranking.score(1, profile))


def test_every_entry_stands_once_and_has_a_value(measured):
    entries = pd.DataFrame(leaderboard.entries(measured))
    key = ["detector", "metric", "threshold", "treatment"]
    assert not entries.duplicated(key).any()
    assert set(entries["detector"]) == {*RUNS, "any causal detector"}
    table = entries.set_index(key)
    assert (
        table.loc[~table.index.get_level_values("metric").str.startswith("delay"), "value"]
        .notna()
        .all()
    )
    numbers = [v for e in leaderboard.entries(measured) for v in e.values() if v is not None]
    assert not any(isinstance(v, float) and not np.isfinite(v) for v in numbers)
    # Nothing that looks ahead is called causal.
    kind = table["kind"]
    assert set(kind.xs("centred", level="treatment")) == {"offline"}
    for name in RUNS:
        plain = kind.drop("centred", level="treatment").loc[name]
        assert set(plain) == {"causal" if CATALOGUE[name].causal else "offline"}
    # The seeds' median, lowest and highest; the series' interval.
    random = table.loc[("random", "AUC-PR", "none", AS_IT_IS)]
    assert (random["value"], random["seed_low"], random["seed_high"]) == (0.5, 0.25, 0.75)
    alone = table.loc[("|z|", "AUC-PR", "none", AS_IT_IS)]
    assert np.isnan(alone["seed_low"]) and alone["low"] == alone["high"] == 0.25
    recall = table.loc[("|z|", "event recall", "left out", "chosen"), "value"]
    assert recall == measured["runs"][0]["events"]["found"] / 7


def test_a_task_that_was_not_computed_is_named_with_the_remedy(monkeypatch, tmp_path):
    made_up(monkeypatch)
    monkeypatch.setattr(bake_off, "stamp", lambda task: task.name)
    with pytest.raises(FileNotFoundError, match=r"\|z\|, a/one, seed 0: not .* run `make sweep`"):
        measure_run(partial(bake_off.read, tmp_path), "|z|", 0)


def test_the_interval_is_of_the_median_over_seeds_as_the_value_is(monkeypatch):
    """Of three seeds, one is far off: mean and median differ, on every drawn series."""
    made_up(monkeypatch, FULL)
    counts = pd.Series({one: len(rows) for one, rows in FULL.items()})
    raws = [(share * counts).to_dict() for share in (0.5, 0.5, -20.0)]
    low, high = leaderboard.nab_interval(raws, "standard")
    assert low == pytest.approx(high) == pytest.approx(75)
    assert leaderboard.mean_interval(pd.DataFrame(raws) / counts) == (0.5, 0.5)
