"""The NAB score beside a loop that follows its definition and is slow."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tsadbook import datasets
from tsadbook.evaluation.nab import PROFILES, Corpus, category, normalise, probation

START = pd.Timestamp("2014-01-01")
# Of a false positive and of a missed window, by profile; NAB's own figures.
COSTS = {
    "standard": (0.11, 1.0),
    "reward_low_FP_rate": (0.22, 1.0),
    "reward_low_FN_rate": (0.11, 2.0),
}


def sigma(y):
    return 2 / (1 + math.exp(5 * y)) - 1


def slow_raw(index, windows, scores, threshold, profile):
    """One series, row by row."""
    false_positive, missed = COSTS[profile]
    spans = []
    for start, end in sorted(windows):
        inside = [i for i, time in enumerate(index) if start <= time <= end]
        spans.append((inside[0], inside[-1]))
    total, best = 0.0, [None] * len(spans)
    for i in range(min(math.floor(0.15 * len(index)), 750), len(index)):
        if not scores[i] >= threshold:
            continue
        of = [k for k, (a, b) in enumerate(spans) if a <= i <= b]
        if of:
            a, b = spans[of[0]]
            earned = sigma(-(b - i + 1) / (b - a + 1)) / sigma(-1)
            best[of[0]] = max(earned, best[of[0]] or 0)
            continue
        before = [span for span in spans if span[1] < i]
        if not before:
            total -= false_positive
            continue
        a, b = before[-1]
        far = b == a or (i - b) / (b - a) > 3
        total += false_positive * (-1 if far else sigma((i - b) / (b - a)))
    return total + sum(-missed if earned is None else earned for earned in best)


def slow_score(series, scores, thresholds, profile):
    """A corpus; one threshold for each series."""
    raw = sum(slow_raw(*series[n], scores[n], thresholds[n], profile) for n in series)
    count = sum(len(windows) for _, windows in series.values())
    null = -COSTS[profile][1] * count
    return 100 * (raw - null) / (count - null)


def make(seed):
    """Up to six series in up to three categories, and scores with ties, some of them infinite."""
    rng = np.random.default_rng(seed)
    series, scores = {}, {}
    for k in range(rng.integers(2, 7)):
        n = int(rng.integers(40, 120))
        minutes = 5 * np.arange(n)
        twice = rng.choice(np.arange(1, n), size=3)
        minutes[twice] = minutes[twice - 1]  # time stamps that stand twice
        index = START + pd.to_timedelta(minutes, unit="min")
        cuts = np.sort(rng.choice(np.arange(n // 5, n), size=2 * rng.integers(0, 4), replace=False))
        windows = [(index[a], index[b - 1]) for a, b in cuts.reshape(-1, 2)]
        windows = [w for k, w in enumerate(windows) if k == 0 or w[0] > windows[k - 1][1]]
        name = f"{'abc'[k % 3]}/{k}"
        series[name] = (index, windows[::-1])  # in no order
        scores[name] = rng.integers(0, 12, n).astype(float)
        scores[name][rng.random(n) < 0.05] = -np.inf
        scores[name][: probation(n)] = np.nan
    if not any(windows for _, windows in series.values()):
        return make(seed + 1000)
    return series, scores


CASES = [pytest.param(*make(seed), id=str(seed)) for seed in range(12)]
LEVELS = [*range(13), -np.inf, np.inf]


@pytest.mark.parametrize("series, scores", CASES)
@pytest.mark.parametrize("profile", PROFILES)
def test_each_threshold_has_the_score_of_the_definition(series, scores, profile):
    ranking = Corpus(series).rank(scores)
    slow = [slow_score(series, scores, dict.fromkeys(series, t), profile) for t in LEVELS]
    assert [ranking.score(t, profile) for t in LEVELS] == pytest.approx(slow, abs=1e-9)
    raw = ranking.raw(4.0, profile)
    assert raw.to_dict() == pytest.approx(
        {n: slow_raw(*series[n], scores[n], 4.0, profile) for n in series}, abs=1e-9
    )


@pytest.mark.parametrize("series, scores", CASES)
@pytest.mark.parametrize("profile", PROFILES)
def test_best_is_the_best_of_all_thresholds(series, scores, profile):
    ranking = Corpus(series).rank(scores)
    best = ranking.best(profile)
    slow = {t: slow_score(series, scores, dict.fromkeys(series, t), profile) for t in LEVELS}
    assert best.score == pytest.approx(max(slow.values()), abs=1e-9)
    assert slow[best.threshold] == pytest.approx(best.score, abs=1e-9)
    assert ranking.score(best.threshold, profile) == pytest.approx(best.score, abs=1e-9)


@pytest.mark.parametrize("series, scores", CASES)
def test_a_category_takes_the_best_threshold_of_the_others(series, scores):
    chosen = Corpus(series).rank(scores).thresholds_of_other_categories()
    assert list(chosen.index) == list(series)
    for name in series:
        others = [n for n in series if category(n) != category(name)]
        totals = {
            t: sum(slow_raw(*series[n], scores[n], t, "standard") for n in others) for t in LEVELS
        }
        assert totals[chosen[name]] == pytest.approx(max(totals.values()), abs=1e-9)
    scored = Corpus(series).rank(scores).score(chosen)
    assert scored == pytest.approx(slow_score(series, scores, chosen, "standard"), abs=1e-9)


def test_real_series_have_the_score_of_the_definition(real_data, monkeypatch):
    """With time stamps that repeat and step back, as they are in NAB; the scores are noise."""
    monkeypatch.setenv("TSADBOOK_DATA", str(real_data))
    rng = np.random.default_rng(0)
    series, scores = {}, {}
    for name in datasets.names():
        if category(name) in ("realKnownCause", "realAdExchange"):
            data = datasets.load(name)
            series[name] = (data.series.index, data.windows)
            scores[name] = rng.random(len(data.series)).round(3)
    assert len(series) == 13
    ranking = Corpus(series).rank(scores)
    for profile in PROFILES:
        for threshold in (0.9, ranking.best(profile).threshold):
            slow = slow_score(series, scores, dict.fromkeys(series, threshold), profile)
            assert ranking.score(threshold, profile) == pytest.approx(slow, abs=1e-9)


# Known answers. 100 rows: 15 of probation, two windows.

INDEX = pd.date_range(START, periods=100, freq="5min")
WINDOWS = [(INDEX[30], INDEX[39]), (INDEX[60], INDEX[69])]
CORPUS = Corpus({"a/one": (INDEX, WINDOWS), "b/other": (INDEX, WINDOWS[:1])})


def flags(*rows):
    scores = np.zeros(100)
    scores[list(rows)] = 1
    return scores


def test_a_perfect_detector_has_100_and_none_flagged_0():
    ranking = CORPUS.rank({"a/one": flags(30, 60), "b/other": flags(30)})
    for profile in PROFILES:
        assert ranking.score(1, profile) == pytest.approx(100)
        assert ranking.best(profile) == pytest.approx((100, 1))
        assert ranking.score(np.inf, profile) == 0
        assert CORPUS.rank(dict.fromkeys(CORPUS.windows.index, flags(50))).best(profile) == (
            0,
            np.inf,
        )


def test_one_flag_by_hand():
    """Row 44 lies 5 rows behind a window of 10: 5/9. Row 35 has 5 of 10 rows left with itself."""
    ranking = CORPUS.rank({"a/one": flags(35, 38, 44), "b/other": flags(20)})
    found = math.tanh(2.5 / 2) / math.tanh(5 / 2)  # sigma(y) = -tanh(5 y / 2)
    behind = -0.11 * math.tanh(5 / 2 * 5 / 9)
    raw = ranking.raw(1)
    assert raw["a/one"] == pytest.approx(found + behind - 1)
    assert raw["b/other"] == pytest.approx(-0.11 - 1)
    assert ranking.score(1) == pytest.approx(100 * (raw.sum() + 3) / 6)
    assert ranking.raw(1, "reward_low_FN_rate")["b/other"] == pytest.approx(-0.11 - 2)


def test_a_series_may_be_drawn_twice():
    ranking = CORPUS.rank({"a/one": flags(35), "b/other": flags(20)})
    raw, drawn = ranking.raw(1), ["b/other", "a/one", "a/one"]
    expected = 100 * (2 * raw["a/one"] + raw["b/other"] + 5) / 10
    assert normalise(raw[drawn], CORPUS.windows[drawn]) == pytest.approx(expected)


stamps = st.lists(st.integers(0, 12), min_size=8, max_size=40)
drawn = st.tuples(st.integers(0, 12), st.integers(0, 4), st.integers(1, 8))


@settings(max_examples=60)
@given(stamps, drawn, st.lists(st.integers(0, 3), min_size=40), st.sampled_from([*PROFILES]))
def test_no_score_is_above_100_whatever_the_clock_did(minutes, drawn, scores, profile):
    """Two windows over stamps in any order; 100 is for the first row of each and no other."""
    start, length, apart = drawn
    windows = [(start, start + length), (start + length + apart, start + length + apart + 2)]
    windows = [(a, b) for a, b in windows if any(a <= m <= b for m in minutes)]
    assume(windows)
    index = START + pd.to_timedelta(minutes, unit="min")
    ends = [tuple(START + pd.Timedelta(minutes=m) for m in window) for window in windows]
    try:
        corpus = Corpus({"a/one": (index, ends)})
    except ValueError as error:  # all rows of a window lie in probation
        assume("no judged row" not in str(error))
        raise
    ranking = corpus.rank({"a/one": scores[: len(index)]})
    assert max(ranking.score(threshold, profile) for threshold in range(4)) <= 100 + 1e-9
    rows = [[i for i, m in enumerate(minutes) if a <= m <= b] for a, b in windows]
    begin, missed = probation(len(index)), -PROFILES[profile].missed * len(windows)
    if min(map(min, rows)) >= begin:
        perfect = corpus.rank({"a/one": np.isin(np.arange(len(index)), [*map(min, rows)])})
        assert perfect.score(1, profile) == pytest.approx(100)
    for row in range(begin, len(index)):
        alone = corpus.rank({"a/one": np.arange(len(index)) == row}).raw(1, profile)["a/one"]
        assert alone > missed if any(row in of for of in rows) else alone <= missed


def test_a_clock_set_back_inside_a_window_by_hand():
    """The window's rows are 20, 21 and, after two rows of an earlier hour, 24 and 25."""
    minutes = np.arange(100)
    minutes[22:24] = 5  # and rows 24 and 25 go on where row 21 stopped
    index = START + pd.to_timedelta(minutes, unit="min")
    corpus = Corpus({"a/one": (index, [(index[20], index[25])])})
    earned = [math.tanh(5 / 2 * left / 4) / math.tanh(5 / 2) for left in (4, 3, 2, 1)]
    for row, worth in zip((20, 21, 24, 25), earned, strict=True):
        assert corpus.rank({"a/one": flags(row)}).raw(1)["a/one"] == pytest.approx(worth)
    assert corpus.rank({"a/one": flags(22)}).raw(1)["a/one"] == pytest.approx(-1.11)


def test_a_window_that_is_lost_names_its_series():
    with pytest.raises(ValueError, match=r"b/other: window 0, .* is in UTC and the rows have no"):
        Corpus(
            {
                "a/one": (INDEX, []),
                "b/other": (INDEX, [[t.tz_localize("UTC") for t in INDEX[30:32]]]),
            }
        )
    with pytest.raises(ValueError, match=r"a/one: window 1, .* swap its ends"):
        Corpus({"a/one": (INDEX, [WINDOWS[0], WINDOWS[1][::-1]])})


def test_probation_and_category():
    assert [probation(n) for n in (6, 7, 100, 4032, 4999, 5000, 22695)] == [
        0, 1, 15, 604, 749, 750, 750,
    ]  # fmt: skip
    assert category("realTraffic/speed_6005") == "realTraffic"


def test_infinity_is_a_score_and_as_threshold_never_reached():
    """A false alarm at infinity: never to flag is better, and its threshold must say so."""
    infinite = np.where(flags(50), np.inf, 0.0)
    ranking = CORPUS.rank({"a/one": infinite, "b/other": np.zeros(100)})
    assert ranking.best() == (0, np.inf)
    assert ranking.score(np.inf) == 0
    assert ranking.score(1e300) < 0
    assert ranking.score(ranking.thresholds_of_other_categories()) == 0


def test_windows_may_come_from_a_generator():
    again = Corpus({"a/one": (INDEX, iter(WINDOWS)), "b/other": (INDEX, iter(WINDOWS[:1]))})
    scores = {"a/one": flags(31, 61), "b/other": flags(32)}
    assert again.rank(scores).score(1) == CORPUS.rank(scores).score(1)


def test_what_cannot_be_scored():
    good = {"a/one": flags(30), "b/other": flags(30)}
    ranking = CORPUS.rank(good)
    with pytest.raises(ValueError, match=r"same series: \['b/other', 'c'\]"):
        CORPUS.rank({"a/one": flags(30), "c": flags(30)})
    with pytest.raises(ValueError, match=r"a/one has 100 rows and scores of shape \(99,\)"):
        CORPUS.rank(good | {"a/one": flags(30)[1:]})
    with pytest.raises(ValueError, match="b/other: the score of row 15 is NaN"):
        CORPUS.rank(good | {"b/other": np.where(np.arange(100) == 15, np.nan, 0)})
    with pytest.raises(ValueError, match="no judged row lies in the window"):
        Corpus({"a/one": (INDEX, [(INDEX[0], INDEX[14])])})
    with pytest.raises(ValueError, match="at least one series"):
        Corpus({})
    with pytest.raises(ValueError, match="two categories or more"):
        Corpus({"a/one": (INDEX, WINDOWS)}).rank(
            {"a/one": flags()}
        ).thresholds_of_other_categories()
    for scored in (
        lambda: ranking.best("low"),
        lambda: ranking.raw(1, "low"),
        lambda: ranking.score(1, "low"),
        lambda: ranking.thresholds_of_other_categories("low"),
        lambda: normalise(ranking.raw(1), CORPUS.windows, "low"),
    ):
        with pytest.raises(ValueError, match="no profile 'low', only standard, reward_low_FP"):
            scored()
    with pytest.raises(ValueError, match="no label window"):
        normalise(ranking.raw(1), 0 * CORPUS.windows)
    for threshold in (
        np.nan,
        pd.Series({"a/one": 1.0}),
        pd.Series({"a/one": 1.0, "b/other": np.nan}),
    ):
        with pytest.raises(ValueError, match="no threshold for"):
            ranking.raw(threshold)
