"""Flags against labels: known answers."""

import numpy as np
import pandas as pd
import pytest

from tsadbook.evaluation import jaccard, label_rows, windows_found

# Minutes 0, 5, 10, 10, 15, 20: one time stamp stands twice, as in NAB.
MINUTES = [0, 5, 10, 10, 15, 20]
INDEX = pd.Timestamp("2014-01-01") + pd.to_timedelta(MINUTES, unit="min")


def at(minute: float) -> pd.Timestamp:
    return pd.Timestamp("2014-01-01") + pd.Timedelta(minutes=minute)


def labelled(events) -> list[int]:
    """The minutes of the labelled rows."""
    return np.array(MINUTES)[label_rows(INDEX, events)].tolist()


def test_instants_label_their_rows_duplicates_included():
    assert labelled(pd.DatetimeIndex([at(0), at(10)])) == [0, 10, 10]


def test_an_instant_between_two_rows_labels_neither():
    assert labelled(pd.DatetimeIndex([at(7)])) == []


def test_windows_label_both_of_their_ends():
    assert labelled([(at(5), at(10))]) == [5, 10, 10]
    assert labelled([(at(5.1), at(14.9))]) == [10, 10]
    assert labelled([(at(0), at(5)), (at(5), at(5)), (at(20), at(99))]) == [0, 5, 20]


@pytest.mark.parametrize("events", [(), pd.DatetimeIndex([])])
def test_without_events_nothing_is_labelled(events):
    assert label_rows(INDEX, events).tolist() == [False] * 6


def test_windows_found_counts_windows_not_flags():
    windows = [(at(0), at(5)), (at(10), at(10)), (at(15), at(20))]
    assert windows_found(INDEX, [1, 1, 0, 0, 0, 0], windows) == 1
    assert windows_found(INDEX, [0, 1, 0, 1, 0, 1], windows) == 3  # at both ends, and a duplicate
    assert windows_found(INDEX, [0] * 6, windows) == 0
    assert windows_found(INDEX, [0, 1, 0, 0, 0, 0], [(at(0), at(10)), (at(5), at(7))]) == 2


def test_jaccard():
    assert jaccard([1, 2, 3], [2, 3, 4, 5]) == 2 / 5
    assert jaccard([1, 1, 2], (2, 1)) == 1
    assert jaccard([], [1]) == 0
    assert jaccard([], []) == 1
