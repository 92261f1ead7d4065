"""Scores over rows: known answers, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import auc, precision_recall_curve

from tsadbook.evaluation.points import auc_pr, point_adjusted, precision_recall, runs, ucr_hit

# Ten rows, two labelled runs.
#
#   row       0  1  2  3  4  5  6  7  8  9
#   label        x  x  x        x  x
#   flag      x     x        x
#   adjusted  x  x  x  x     x
LABELLED = [0, 1, 1, 1, 0, 0, 1, 1, 0, 0]
FLAGS = [1, 0, 1, 0, 0, 1, 0, 0, 0, 0]
ADJUSTED = [1, 1, 1, 1, 0, 1, 0, 0, 0, 0]

rows = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30)


def test_runs_touch_both_ends():
    assert runs([1, 1, 0, 1, 0, 0, 1]).tolist() == [[0, 2], [3, 4], [6, 7]]
    assert runs([0, 0]).shape == (0, 2)


def test_point_adjustment_by_hand():
    assert point_adjusted(LABELLED, FLAGS).tolist() == [bool(x) for x in ADJUSTED]


@given(rows)
def test_point_adjustment_is_that_of_a_loop(drawn):
    labelled, flags = map(list, zip(*drawn, strict=True))
    slow = list(flags)
    for hit in (i for i, (label, flag) in enumerate(drawn) if label and flag):
        for step in (1, -1):
            row = hit
            while 0 <= row < len(slow) and labelled[row]:
                slow[row] = True
                row += step
    assert point_adjusted(labelled, flags).tolist() == slow


def test_precision_and_recall_by_hand():
    assert precision_recall(LABELLED, FLAGS) == pytest.approx(
        {"precision": 1 / 3, "recall": 1 / 5, "f": 1 / 4}
    )
    adjusted = precision_recall(LABELLED, ADJUSTED)
    assert adjusted == pytest.approx({"precision": 3 / 5, "recall": 3 / 5, "f": 3 / 5})
    # F2 = 5 P R / (4 P + R)
    f2 = 5 * (1 / 3) * (1 / 5) / (4 / 3 + 1 / 5)
    assert precision_recall(LABELLED, FLAGS, beta=2)["f"] == pytest.approx(f2)


@pytest.mark.parametrize("labelled, flags", [(LABELLED, [0] * 10), ([0] * 10, FLAGS)])
def test_nothing_flagged_or_nothing_labelled_is_0(labelled, flags):
    assert precision_recall(labelled, flags) == {"precision": 0, "recall": 0, "f": 0}


def test_auc_pr_is_a_sum_of_steps():
    """Thresholds 3, 2, 1: precision 1, 1/2, 2/4; recall 1/2, 1/2, 1."""
    labelled, scores = [1, 0, 1, 0], [3, 2, 1, 1]
    assert auc_pr(labelled, scores) == pytest.approx(1 / 2 * 1 + 0 + 1 / 2 * 2 / 4)
    precision, recall, _ = precision_recall_curve(labelled, scores)
    assert auc(recall, precision) == pytest.approx(1 / 2 + 1 / 2 * (1 / 2 + 2 / 4) / 2)
    assert auc_pr(LABELLED, np.ones(10)) == 0.5  # a constant score: the share of labelled rows


def test_only_the_order_of_scores_counts():
    scores = np.random.default_rng(0).normal(size=10)
    infinite = np.where(scores == scores.max(), np.inf, np.where(scores < 0, -np.inf, scores))
    finite = np.where(scores < 0, -99.0, scores)
    assert auc_pr(LABELLED, infinite) == auc_pr(LABELLED, finite) == auc_pr(LABELLED, 9 * finite)


def test_a_ucr_hit_lies_within_the_slop():
    def highest_at(row):
        return np.where(np.arange(500) == row, 2.0, 1.0)

    hits = [ucr_hit(highest_at(row), (200, 210)) for row in (99, 100, 205, 310, 311)]
    assert hits == [False, True, True, True, False]
    assert not ucr_hit(highest_at(199), (200, 210), slop=0)


def test_the_first_of_equal_scores_counts_and_nan_does_not():
    scores = np.full(500, np.nan)
    scores[[10, 205]] = 1.0
    assert not ucr_hit(scores, (200, 210))
    scores[10] = np.nan
    assert ucr_hit(scores, (200, 210))


def test_what_cannot_be_scored():
    with pytest.raises(ValueError, match=r"labels of shape \(10,\) and flags of shape \(9,\)"):
        point_adjusted(LABELLED, FLAGS[1:])
    with pytest.raises(ValueError, match="flags are true or false"):
        precision_recall(LABELLED, np.linspace(0, 1, 10))
    with pytest.raises(ValueError, match="labels are true or false"):
        auc_pr([0, np.nan], [1, 2])
    with pytest.raises(ValueError, match="the score of row 1 is NaN; leave out"):
        auc_pr([0, 1], [1, np.nan])
    with pytest.raises(ValueError, match="no row is labelled"):
        auc_pr([0, 0], [1, 2])
    with pytest.raises(ValueError, match="hold no number"):
        ucr_hit([np.nan], (0, 0))
    for window in ((-1, 0), (2, 1), (0, 3)):
        with pytest.raises(ValueError, match="does not lie in a series of 3 rows"):
            ucr_hit([1, 2, 3], window)
