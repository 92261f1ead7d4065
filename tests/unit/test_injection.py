"""Anomalies put in on purpose: each of its kind and size, on copies, and counted once."""

import numpy as np
import pandas as pd
import pytest

from tsadbook.evaluation import injection


@pytest.fixture
def returns():
    days = pd.bdate_range("2020-01-01", "2021-12-31")
    return pd.Series(np.random.default_rng(1).normal(0, 0.01, len(days)), days)


def test_only_the_touched_rows_of_a_copy_differ_and_the_series_stays(returns):
    kept = returns.copy()
    values, touched = injection.copies(returns, 100)
    assert returns.equals(kept)
    differs = values.ne(returns, axis=0)
    assert (differs == touched).all(axis=None)
    assert touched.sum().to_dict() == {
        (kind, size): {"spike": 2, "shift": 1, "burst": 10, "flat": size}[kind]
        for kind, sizes in injection.SIZES.items()
        for size in sizes
    }
    assert touched.idxmax().eq(returns.index[100]).all()


def test_each_kind_is_what_it_says(returns):
    values, _ = injection.copies(returns, 100)
    added = values.sub(returns, axis=0).iloc[100:102] / returns[40:100].std()
    assert added["spike", 5].tolist() == pytest.approx([-5, 5])  # the close is right again
    assert added["shift", 10].tolist() == pytest.approx([-10, 0])
    assert values["burst", 3].iloc[100:110].tolist() == pytest.approx(list(3 * returns[100:110]))
    assert (values["flat", 20].iloc[100:120] == 0).all()


@pytest.mark.parametrize("row", [59, 522 - 19])
def test_an_anomaly_without_room_is_refused(returns, row):
    assert len(returns) == 523
    injection.copies(returns, {59: 60}.get(row, row))
    with pytest.raises(ValueError, match="rows before it and 20 from it on"):
        injection.copies(returns, {59: 59}.get(row, row + 1))


def test_places_are_the_same_in_every_run_and_lie_in_the_first_rows_of_their_year(returns):
    rows = injection.places(returns.index, [2020, 2021], a_year=3, within=50)
    assert rows == injection.places(returns.index, [2020, 2021], a_year=3, within=50)
    years = returns.index[rows].year.tolist()
    assert years == [2020] * 3 + [2021] * 3
    first = int((returns.index.year == 2020).sum())
    assert all(row < 50 for row in rows[:3]) and all(first <= row < first + 50 for row in rows[3:])


def test_what_was_flagged_before_is_not_found(returns):
    limit = pd.Series(0.05, returns.index)
    never = pd.Series(False, returns.index)
    share = injection.share_found(returns, [100, 300], abs, limit, never)
    assert share["shift", 10] == share["spike", 10] == 1
    assert (share["flat"] == 0).all()
    one = never.copy()
    one.iloc[100] = True  # the shift's only row
    share = injection.share_found(returns, [100, 300], abs, limit, one)
    assert share["shift", 10] == 0.5
    assert share["spike", 10] == 1  # its second row is new


def test_only_the_last_rows_of_a_score_are_judged(returns):
    """A detector may return fewer rows than it was given, such as those of its last windows."""
    limit, never = pd.Series(0.03, returns.index), pd.Series(False, returns.index)
    whole = injection.share_found(returns, [100, 300], abs, limit, never)
    last = injection.share_found(
        returns, [100, 300], lambda copies: copies.iloc[-30:].abs().to_numpy(), limit, never
    )
    assert whole.equals(last)
    assert 0 < whole.mean() < 1


def test_a_score_is_given_nothing_after_the_anomaly(returns):
    lengths = []

    def score(copies):
        lengths.append(len(copies))
        return copies.abs()

    limit, never = pd.Series(1.0, returns.index), pd.Series(False, returns.index)
    injection.share_found(returns, [100], score, limit, never)
    assert lengths == [120]
