"""Scores over runs: known answers, by hand and by definitions written out slowly."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tsadbook.evaluation.points import runs
from tsadbook.evaluation.ranges import (
    affiliation,
    buffer_of,
    range_precision_recall,
    volume_under_surface,
)

pairs = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=14)


def rows(n, *spans):
    """Bool, shape (n,): true from the first row of each span to before its second."""
    row = np.arange(n)
    return np.any([(row >= start) & (row < stop) for start, stop in spans] or [row < 0], axis=0)


# Volume under the surface


@pytest.fixture(scope="module")
def like_nab():
    """4,000 rows, two windows of 200, a score with a daily period that is raised in the windows."""
    rng = np.random.default_rng(1)
    labelled = rows(4000, (1500, 1700), (3100, 3300))
    scores = np.abs(np.sin(np.arange(4000) * 2 * np.pi / 288) + rng.normal(size=4000))
    raised = rows(4000, (1560, 1600), (3050, 3120))
    return labelled, scores + 2 * raised


def test_with_step_1_the_volume_is_aeons(like_nab):
    from aeon.benchmarking.metrics import anomaly_detection as aeon

    labelled, scores = like_nab
    y = labelled.astype(int)
    volume = volume_under_surface(labelled, scores, buffer=12, step=1)
    assert volume.pr == pytest.approx(aeon.range_pr_vus_score(y, scores, 12), rel=1e-12)
    assert volume.roc == pytest.approx(aeon.range_roc_vus_score(y, scores, 12), rel=1e-12)


def test_a_step_of_5_comes_close(like_nab):
    every, fifth = (volume_under_surface(*like_nab, buffer=125, step=s) for s in (1, 5))
    assert fifth == pytest.approx(every, abs=2e-3)
    assert fifth != every


def test_only_the_order_of_scores_counts_and_a_constant_has_0(like_nab):
    labelled, scores = like_nab
    volume = volume_under_surface(labelled, scores, 10)
    top, low = scores == scores.max(), scores < np.quantile(scores, 0.1)
    tied = np.where(low, 0.0, np.exp(scores))
    infinite = np.where(low, -np.inf, np.where(top, np.inf, scores))
    assert volume_under_surface(labelled, np.exp(scores), 10) == volume
    assert volume_under_surface(labelled, infinite, 10) == volume_under_surface(labelled, tied, 10)
    assert volume_under_surface(labelled, np.ones(4000), 10) == (0, 0)


def test_what_the_docstring_says_of_aeon():
    """One flag that is right and all else equal: a line from (0, 1) to (1/20, 1) to (1, 1/50)."""
    labelled, scores = rows(1000, (500, 520)), rows(1000, (510, 511)) * 1.0
    assert volume_under_surface(labelled, scores, 0).pr == pytest.approx(
        1 / 20 + (1 - 1 / 20) * (1 + 1 / 50) / 2
    )
    run = rows(1000, (500, 520))
    assert volume_under_surface(run, run, 0) == pytest.approx((1, 1))
    assert volume_under_surface(run, run, 100).pr < 0.85
    # A buffer of 10 reaches five rows before the run, and four after it.
    for row, hit in ((494, False), (495, True), (523, True), (524, False)):
        scores = rows(1000, (row, row + 1)) * 1.0
        rewarded, plain = (volume_under_surface(labelled, scores, b, 10).pr for b in (10, 0))
        assert (rewarded > 1.5 * plain) == hit


def test_what_has_no_volume():
    with pytest.raises(ValueError, match="0 of 9 rows are labelled"):
        volume_under_surface(np.zeros(9), np.arange(9), 5)
    with pytest.raises(ValueError, match="9 of 9 rows are labelled"):
        volume_under_surface(np.ones(9), np.arange(9), 5)
    with pytest.raises(ValueError, match="the score of row 2 is NaN"):
        volume_under_surface([0, 1, 0], [1, 2, np.nan], 5)
    for buffer, step in ((-1, 1), (5, 0)):
        with pytest.raises(ValueError, match=f"not {buffer}, {step}"):
            volume_under_surface([0, 1, 0], [1, 2, 3], buffer, step)


# Buffers


def test_the_buffer_is_the_period():
    noise = np.random.default_rng(0).normal(size=5000)
    for period in (24, 288):
        values = np.sin(np.arange(5000) * 2 * np.pi / period) + 0.1 * noise
        assert abs(buffer_of(values) - period) <= 2
    # The highest maximum at lag 350 is out of range, though there are others in it.
    assert buffer_of(np.arange(5000) % 350 == 0) == 125


def test_without_a_period_the_buffer_is_125():
    assert buffer_of(np.ones(500)) == 125
    assert buffer_of(np.arange(50.0)) == 125
    assert buffer_of([3.0]) == 125


def test_a_period_below_6_is_none():
    """Two peaks 5 rows apart, then 6."""
    impulse = np.zeros(2000)
    impulse[[700, 705]] = 1  # the highest maximum is at lag 5
    assert buffer_of(impulse) == 125
    impulse[705], impulse[706] = 0, 1
    assert buffer_of(impulse) == 6


def test_only_the_first_20000_rows_count():
    values = np.sin(np.arange(40_000) * 2 * np.pi / 50)
    values[20_000:] = 9 * np.sin(np.arange(20_000) * 2 * np.pi / 80)
    assert buffer_of(values) == buffer_of(values[:20_000]) == 50


def test_what_has_no_buffer():
    for values in ([], [1, np.nan], [1, np.inf], np.ones((2, 2))):
        with pytest.raises(ValueError, match="fill or leave out"):
            buffer_of(values)


# Precision and recall over runs


def test_range_precision_and_recall_by_hand():
    """
    row    0  1  2  3  4  5  6  7  8  9
    label     x  x  x  x        x
    flag   x  x     x        x
    Flagged runs: 1/2, 1 and 0 labelled. Labelled runs: 2/4 and 0 flagged.
    """
    labelled, flags = rows(10, (1, 5), (7, 8)), rows(10, (0, 2), (3, 4), (6, 7))
    assert range_precision_recall(labelled, flags) == pytest.approx(
        {"precision": (1 / 2 + 1 + 0) / 3, "recall": (2 / 4 + 0) / 2}
    )


@given(pairs)
def test_range_precision_and_recall_are_those_of_a_loop(drawn):
    labelled, flags = (np.array(x) for x in zip(*drawn, strict=True))
    result = range_precision_recall(labelled, flags)
    shares = [labelled[start:stop].mean() for start, stop in runs(flags)]
    assert result["precision"] == pytest.approx(np.mean(shares) if shares else 0)
    shares = [flags[start:stop].mean() for start, stop in runs(labelled)]
    assert result["recall"] == pytest.approx(np.mean(shares) if shares else 0)


def test_flags_on_all_rows_are_no_constant_without_a_score():
    result = range_precision_recall(rows(10, (1, 5)), np.ones(10))
    assert result == pytest.approx({"precision": 0.4, "recall": 1})


# Affiliation


def test_affiliation_by_hand():
    """One run, [2, 3) of [0, 4); one flag, [3, 4), at a distance of 0 to 1.

    A draw is closer to the run than t with probability (1 + 2 t)/4: 1/2 on average. From y in the
    run the flag is 3 - y = t away, and a draw lies closer with probability (t + t)/4: 1/4.
    """
    result = affiliation([0, 0, 1, 0], [0, 0, 0, 1])
    assert result == pytest.approx({"precision": 1 / 2, "recall": 3 / 4})


def test_affiliation_in_the_example_of_its_paper():
    """The second run of its worked example, a row a minute: 50 to 70, in the zone 30 to 120."""
    labelled = rows(180, (0, 10), (50, 70), (170, 175))
    flags = rows(180, (5, 6), (7, 10), (11, 12), (40, 60), (115, 130), (135, 140), (165, 170))
    second = affiliation(labelled[30:120], flags[30:120])
    assert second == pytest.approx({"precision": 0.672222222, "recall": 0.944444444})
    # The zones of the others: 0 to 30 and 120 to 180.
    zones = [affiliation(labelled[a:b], flags[a:b]) for a, b in ((0, 30), (30, 120), (120, 180))]
    whole = affiliation(labelled, flags)
    for name in ("precision", "recall"):
        assert whole[name] == pytest.approx(np.mean([zone[name] for zone in zones]))


def slow_affiliation(labelled, flags, fine=40):
    """By the definitions: each row cut in many points, and the draws counted one by one."""
    points = (np.arange(fine * len(flags)) + 0.5) / fine
    is_flagged = np.repeat(flags, fine)
    events = runs(labelled)
    off = np.array([np.maximum(np.maximum(a - points, points - b), 0) for a, b in events])
    zone_of = np.argmin(off, axis=0)
    precision, recall = [], []
    for k, (start, stop) in enumerate(events):
        zone = zone_of == k
        near = points[zone & is_flagged]
        if not len(near):
            recall.append(0)
            continue
        drawn = off[k][zone]
        worth = [(drawn >= d).mean() if d > 0 else 1.0 for d in off[k][zone & is_flagged]]
        precision.append(np.mean(worth))
        worth = []
        for y in points[fine * start : fine * stop]:
            d = np.abs(near - y).min() - (0.5 / fine)
            worth.append((np.abs(points[zone] - y) > d).mean() if d > 0 else 1.0)
        recall.append(np.mean(worth))
    return {
        "precision": np.mean(precision) if precision else np.nan,
        "recall": np.mean(recall),
    }


@given(pairs)
def test_affiliation_is_that_of_its_definitions(drawn):
    labelled, flags = (np.array(x) for x in zip(*drawn, strict=True))
    assume(labelled.any())
    slow = slow_affiliation(labelled, flags)
    assert affiliation(labelled, flags) == pytest.approx(slow, abs=0.02, nan_ok=True)


@given(pairs)
def test_affiliation_does_not_hang_on_the_sampling_rate(drawn):
    """Each row twice, the same answer: the quarters of a row are fine enough to be exact."""
    labelled, flags = (np.array(x) for x in zip(*drawn, strict=True))
    assume(labelled.any())
    once, thrice = (affiliation(*(np.repeat(x, k) for x in (labelled, flags))) for k in (1, 3))
    assert thrice == pytest.approx(once, abs=1e-12, nan_ok=True)


def test_affiliation_at_its_ends():
    labelled = rows(1000, (300, 320), (700, 750))
    assert affiliation(labelled, labelled) == {"precision": 1, "recall": 1}
    none = affiliation(labelled, np.zeros(1000))
    assert np.isnan(none["precision"])
    assert none["recall"] == 0
    always = affiliation(labelled, np.ones(1000))
    assert always["precision"] == pytest.approx(0.5, abs=0.01)
    assert always["recall"] == 1
    with pytest.raises(ValueError, match="no row is labelled"):
        affiliation(np.zeros(9), np.ones(9))
