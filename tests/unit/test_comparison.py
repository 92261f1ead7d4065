"""Detectors over a corpus: known answers, scipy's bootstrap, and brute force."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from tsadbook.evaluation.comparison import (
    bootstrap,
    cliques,
    paired_difference,
    ranks,
    wilcoxon_holm,
)


@pytest.fixture(scope="module")
def table():
    """40 series, three detectors: one and its twin, and one that is clearly worse."""
    rng = np.random.default_rng(0)
    hard = 2 * rng.normal(size=40)
    noise = rng.normal(size=(40, 3)) * 0.2
    frame = pd.DataFrame(noise + hard[:, None], columns=["first", "twin", "worse"])
    frame["worse"] -= 0.5
    return frame.set_axis([f"series {i}" for i in range(40)])


def test_the_interval_is_scipys(table):
    for level in (0.8, 0.95):
        theirs = scipy.stats.bootstrap(
            (table["first"],), np.mean, n_resamples=9999, confidence_level=level,
            method="percentile", random_state=1,
        ).confidence_interval  # fmt: skip
        ours = bootstrap(table["first"], np.mean, level=level, draws=9999)
        assert ours == pytest.approx(tuple(theirs), abs=0.02)


def test_a_ratio_of_sums_is_drawn_by_rows(table):
    """Numerator and denominator of a series stay together: this ratio is 2 in every draw."""
    frame = pd.DataFrame({"over": 2.0 * np.arange(1, 9), "under": np.arange(1, 9)})
    low, high = bootstrap(frame, lambda t: t["over"].sum() / t["under"].sum())
    assert low == high == 2
    low, high = bootstrap(frame, lambda t: float(len(t)))
    assert low == high == 8


def test_many_statistics_at_once_are_those_one_by_one(table):
    low, high = bootstrap(table, lambda t: t.mean(), draws=200)
    for name in table:
        one = bootstrap(table[name], np.mean, draws=200)
        assert (low[name], high[name]) == pytest.approx(one, rel=1e-12)
    arrays = bootstrap(table, lambda t: t.to_numpy().mean(axis=0), draws=200)
    np.testing.assert_allclose(arrays, [low, high], rtol=1e-12)


def test_series_that_repeat_one_another_count_once_in_groups(table):
    """Four copies of ten series: over groups the interval is that of the ten, over rows half it."""
    ten = table["first"][:10]
    copies = pd.concat([ten] * 4)
    by_group = bootstrap(copies, np.mean, groups=copies.index)
    assert by_group == pytest.approx(bootstrap(ten, np.mean), rel=1e-12)
    over_rows, of_ten = np.diff(bootstrap(copies, np.mean)), np.diff(by_group)
    assert over_rows == pytest.approx(of_ten / 2, rel=0.15)
    alone = bootstrap(ten, np.mean, groups=list("abcdefghij"))
    assert alone == bootstrap(ten, np.mean)


def test_groups_are_drawn_whole(table):
    seen = set()

    def rows(drawn):
        seen.update(tuple(sorted(drawn.index)))
        counted = drawn.index.value_counts().reindex(list("xyz"), fill_value=0)
        assert counted["x"] % 1 == counted["y"] % 2 == counted["z"] % 3 == 0
        return 0.0

    frame = pd.Series(0.0, list("zxyzyz"))
    bootstrap(frame, rows, draws=50, groups=frame.index)
    assert seen == set("xyz")


def test_the_seed_is_what_is_random(table):
    one, again, other = (bootstrap(table["first"], np.mean, draws=50, seed=s) for s in (0, 0, 1))
    assert one == again != other


def test_pairs_are_told_apart_where_the_series_differ_more_than_the_detectors(table):
    first, worse = table["first"], table["worse"]
    low, high = paired_difference(first, worse, np.mean)
    assert 0.3 < low < high < 0.7
    assert bootstrap(first, np.mean)[0] < bootstrap(worse, np.mean)[1]  # their own overlap
    assert paired_difference(worse, first, np.mean) == pytest.approx((-high, -low))
    low, high = paired_difference(first, table["twin"], np.mean)
    assert low < 0 < high


def test_ranks_by_hand():
    table = pd.DataFrame({"A": [1, 5, 2], "B": [3, 5, 2], "C": [2, 1, 2]})
    # A 3, 1.5, 2; B 1, 1.5, 2; C 2, 3, 2
    expected = {"B": 4.5 / 3, "A": 6.5 / 3, "C": 7 / 3}
    result = ranks(table)
    assert result.to_dict() == pytest.approx(expected)
    assert list(result.index) == ["B", "A", "C"]


def test_wilcoxon_by_hand():
    """Eight series, 2^8 signs. A is above B on all: one sign pattern is as far out, on either side.

    A is above C on all but the one with the smallest difference: two patterns on either side.
    """
    table = pd.DataFrame({"A": np.arange(1.0, 9), "B": np.zeros(8), "C": [2.0] + 7 * [0.0]})
    result = wilcoxon_holm(table).set_index(["detector", "other"])
    assert result["p"].to_dict() == pytest.approx(
        {("A", "B"): 2 / 256, ("A", "C"): 4 / 256, ("B", "C"): 1}
    )
    # Holm: the smallest times 3, the next times 2, the last as it is.
    assert result["p_holm"].tolist() == pytest.approx([6 / 256, 8 / 256, 1])
    assert result["differs"].tolist() == [True, True, False]
    assert wilcoxon_holm(table, alpha=0.03)["differs"].tolist() == [True, False, False]


def test_equal_series_speak_for_neither(table):
    """Six series for one side say more alone than beside thirty that are equal."""
    few = pd.DataFrame({"A": np.arange(1.0, 7), "B": np.zeros(6)})
    many = pd.concat([few, pd.DataFrame({"A": np.zeros(30), "B": np.zeros(30)})])
    p_few, p_many = (wilcoxon_holm(t)["p"][0] for t in (few, many))
    assert p_few == pytest.approx(2 / 64)
    assert p_many > 0.05


def test_detectors_of_one_kind_form_a_clique(table):
    pairs = wilcoxon_holm(table)
    assert cliques(ranks(table), pairs) == [list(ranks(table).index[:2])]
    assert ranks(table).index[2] == "worse"


@given(st.integers(2, 7).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, 2 ** (n * n)))))
def test_cliques_are_those_of_brute_force(drawn):
    n, bits = drawn
    names = [f"d{i}" for i in range(n)]
    pairs = pd.DataFrame(list(combinations(names, 2)), columns=["detector", "other"])
    pairs["differs"] = [bool(bits >> k & 1) for k in range(len(pairs))]
    differ = {frozenset(p[:2]) for p in pairs.itertuples(index=False) if p.differs}
    spans = [(i, j) for i, j in combinations(range(n + 1), 2) if j - i > 1]
    alike = [
        (i, j)
        for i, j in spans
        if not any(frozenset(p) in differ for p in combinations(names[i:j], 2))
    ]
    longest = [s for s in alike if not any(t != s and t[0] <= s[0] and s[1] <= t[1] for t in alike)]
    order = pd.Series(np.arange(n, dtype=float), names).iloc[::-1]  # not sorted by rank
    assert cliques(order, pairs) == [names[i:j] for i, j in longest]


def test_what_cannot_be_compared(table):
    for frame, draws, level in (
        (table[:1], 9, 0.9),
        (table, 0, 0.9),
        (table, 9, 1),
        (table, 9, 95),
    ):
        with pytest.raises(ValueError, match="needs two series"):
            bootstrap(frame, len, draws, level)
    with pytest.raises(ValueError, match=r"1 groups.*needs two groups"):
        bootstrap(table, len, groups=["a"] * 40)
    for groups in ([], [None, *"a" * 39]):
        with pytest.raises(ValueError, match="40 series need a group each"):
            bootstrap(table, len, groups=groups)
    holed = table.drop("series 7").reindex(table.index)
    with pytest.raises(ValueError, match="NaN on some of the drawn"):
        bootstrap(holed["first"], lambda t: t.to_numpy().mean(), 9)
    with pytest.raises(ValueError, match=r"use b.reindex\(a.index\)"):
        paired_difference(table["first"], table["twin"][::-1], np.mean)
    for compare in (ranks, wilcoxon_holm):
        with pytest.raises(ValueError, match=r"first has no value \(NaN\) on series 7"):
            compare(holed)
        with pytest.raises(ValueError, match="40 series and 1 detectors"):
            compare(table[["first"]])
        with pytest.raises(ValueError, match="0 series and 3 detectors"):
            compare(table[:0])
    with pytest.raises(ValueError, match="not those of the same detectors"):
        cliques(ranks(table), wilcoxon_holm(table[["first", "twin"]]))
