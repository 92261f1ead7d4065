"""Figures show the values that they were given, and their words say what is drawn."""

import html
import re

import matplotlib
import numpy as np
import pandas as pd
import pytest

from tsadbook import plots
from tsadbook.plots import marks

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import to_hex

DAYS = pd.date_range("2024-01-01", periods=6)
SERIES = pd.Series([1.0, 2.0, 9.0, 1.0, -3.0, 2.0], DAYS)
FLAGS = np.array([False, False, True, False, True, False])
WINDOWS = [(DAYS[1], DAYS[3]), (DAYS[4], DAYS[5])]
CURVE = pd.DataFrame(
    {"found": [3, 2, 0], "false_alerts_a_week": [9.5, 1.0, 0.0]}, index=[2.0, 3.0, 4.0]
)
WORDS = {"id": "some-id", "caption": "A caption & more."}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def entries(shown) -> list[str]:
    """What the legend names."""
    return [text.get_text() for legend in shown.figure.legends for text in legend.get_texts()]


def drawn(ax, label: str):
    """The one line of that label."""
    (line,) = [line for line in ax.get_lines() if line.get_label() == label]
    return line


def points(line) -> list[list]:
    """Its points, dates as dates."""
    return [[pd.Timestamp(x), float(y)] for x, y in zip(*line.get_data(), strict=True)]


def spans(ax) -> list[tuple]:
    """From where to where each shaded region goes, and its colour."""
    return [
        (*(pd.Timestamp(matplotlib.dates.num2date(x)).tz_localize(None)
           for x in (patch.get_x(), patch.get_x() + patch.get_width())), to_hex(patch.get_fc()))
        for patch in ax.patches
    ]  # fmt: skip


ALL = {
    "series": lambda **w: plots.series(SERIES, "load (MW)", **w),
    "parts": lambda **w: plots.parts({"one": SERIES}, "load (MW)", **w),
    "losses": lambda **w: plots.losses({"loss": [2, 1]}, "MW", **w),
    "distribution": lambda **w: plots.distribution(SERIES, "load (MW)", **w),
    "score": lambda **w: plots.score(SERIES, "error (MW)", **w),
    "scores": lambda **w: plots.scores({"one": SERIES}, "error (MW)", **w),
    "window": lambda **w: plots.window({"one": (SERIES, [1.0])}, "load (MW)", **w),
    "over_k": lambda **w: plots.over_k({"one": CURVE}, **w),
    "found_over_cost": lambda **w: plots.found_over_cost({"a": ([1], [2])}, "cost", "found", **w),
    "seeds": lambda **w: plots.seeds({"one": [1, 2]}, "found", **w),
    "comparison": lambda **w: plots.comparison(pd.Series([1, 2], ["a", "b"]), "score", **w),
    "lines": lambda **w: plots.lines(CURVE, "k", "found", **w),
    "scatter": lambda **w: plots.scatter([1, 2], [2, 1], "cost", "found", **w),
    "critical_difference": lambda **w: plots.critical_difference(
        pd.Series([1, 2], ["a", "b"]), [], **w
    ),
}


@pytest.mark.parametrize("kind", ALL)
def test_every_kind_is_a_figure_with_id_caption_words_and_labelled_axes(kind):
    shown = ALL[kind](**WORDS)
    page = shown._repr_html_()
    assert re.findall(r'<figure class="book-figure" id="([^"]+)"', page) == ["some-id"]
    assert '<figcaption id="some-id-caption">A caption &amp; more.</figcaption>' in page
    assert html.unescape(re.search(r'<img [^>]*alt="([^"]+)"', page)[1]) == shown.alt
    assert shown.alt.endswith(".") and "-3" not in shown.alt
    for ax in shown.figure.axes:
        assert ax.get_xlabel() or ax is not shown.figure.axes[-1] or kind == "seeds"
        assert ax.get_ylabel() or kind in ("comparison", "critical_difference")
    assert not plt.get_fignums()  # closed


@pytest.mark.parametrize("kind", ["series", "score", "scores"])
def test_flags_labels_and_windows_lie_where_they_belong(kind):
    what = {"scores": {"one": SERIES}}.get(kind, SERIES)
    shown = getattr(plots, kind)(
        what, "load (MW)", windows=WINDOWS, flags=FLAGS, labels=SERIES == 9, **WORDS
    )
    (ax,) = shown.figure.axes
    ring, diamond = drawn(ax, "flagged"), drawn(ax, "labelled")
    assert points(ring) == [[DAYS[2], 9.0], [DAYS[4], -3.0]]
    assert (ring.get_marker(), ring.get_mec(), ring.get_mfc()) == ("o", marks.FLAG, "none")
    assert points(diamond) == [[DAYS[2], 9.0]]
    assert (diamond.get_marker(), diamond.get_color()) == ("D", marks.LABEL)
    assert spans(ax) == [(*window, marks.LABEL.lower()) for window in WINDOWS]
    assert points(ax.get_lines()[0]) == [list(row) for row in SERIES.items()]
    assert ax.get_lines()[0].get_color() == marks.SERIES
    assert sorted(entries(shown)) == ["flagged", "label window", "labelled"]
    assert "between −3 and 9, median 1.5." in shown.alt
    assert (
        "Marked: 2 shaded label windows, 1 green diamond (labelled) and 2 red rings (flagged)."
        in shown.alt
    )


def test_nothing_is_named_that_is_not_drawn():
    outside = [(pd.Timestamp("2025-01-01"), pd.Timestamp("2025-01-02"))]
    none = np.zeros(6, dtype=bool)
    shown = plots.series(
        SERIES, "load", flags=none, labels=none, windows=outside, instants=[outside[0][0]], **WORDS
    )
    (ax,) = shown.figure.axes
    assert entries(shown) == [] and not ax.patches and len(ax.get_lines()) == 1
    assert shown.alt.endswith("median 1.5. No green diamond (labelled). No red ring (flagged).")
    assert entries(plots.score(SERIES, "error", threshold=np.nan, **WORDS)) == []
    assert "Dashed" not in plots.score(SERIES, "error", threshold=np.nan, **WORDS).alt


def test_a_flagged_row_without_a_value_has_no_ring_and_is_not_counted():
    shown = plots.series(SERIES.mask(SERIES == 9), "load", flags=FLAGS, **WORDS)
    assert points(drawn(shown.figure.axes[0], "flagged")) == [[DAYS[4], -3.0]]
    assert "1 red ring (flagged)" in shown.alt


@pytest.mark.parametrize("wrong", [FLAGS[:3], [0.5] * 6])
def test_flags_are_one_bool_a_row(wrong):
    with pytest.raises(ValueError, match=r"marked rows are true or false|6 rows, and 3 that say"):
        plots.series(SERIES, "load", flags=wrong, **WORDS)


def test_marks_may_have_other_names_and_a_window_of_no_length_is_a_line():
    shown = plots.score(
        SERIES, "error", flags={"detected": FLAGS}, windows={"named event": [(DAYS[1], DAYS[1])]},
        threshold={"last year's": 1.5}, training=(DAYS[0], DAYS[2]), **WORDS,
    )  # fmt: skip
    assert set(entries(shown)) == {"named event", "detected", "last year's", "training"}
    (ax,) = shown.figure.axes
    assert [*drawn(ax, "named event").get_xdata()] == [DAYS[1]] * 2
    assert spans(ax) == [(DAYS[0], DAYS[2], marks.QUIET)]
    assert shown.alt.endswith(
        "Marked: the training part in grey, 1 shaded named event and 2 red rings (detected). "
        "Dashed line: last year's at 1.5, exceeded by 3 of 6 values."
    )


def test_levels_are_dotted_and_steps_are_steps():
    shown = plots.series(SERIES, "load", level={"limit": -2.5}, steps=True, **WORDS)
    (ax,) = shown.figure.axes
    assert (drawn(ax, "limit").get_ls(), set(drawn(ax, "limit").get_ydata())) == (":", {-2.5})
    assert ax.get_lines()[0].get_drawstyle() == "steps-post"
    assert "Dotted line: limit at −2.5." in shown.alt


def test_a_threshold_may_move_and_there_may_be_several():
    moving = pd.Series([0.5, 2.0, 8.0, 2.0, 2.0, np.nan], DAYS)
    shown = plots.score(SERIES, "error", threshold={"static, 4": 4, "rolling": moving}, **WORDS)
    (ax,) = shown.figure.axes
    fixed, rolling = drawn(ax, "static, 4"), drawn(ax, "rolling")
    assert (set(fixed.get_ydata()), fixed.get_ls(), fixed.get_color()) == (
        {4}, "--", marks.THRESHOLD,
    )  # fmt: skip
    assert rolling.get_ydata().tolist()[:5] == moving.tolist()[:5]
    assert rolling.get_color() != fixed.get_color()
    assert "Dashed line: static at 4, exceeded by 1 of 6 values." in shown.alt
    assert "Dashed line: rolling, between 0.5 and 8, exceeded by 2 of 6 values." in shown.alt


def test_a_logarithmic_axis_has_plain_numbers_and_says_what_it_leaves_out():
    wide = pd.Series([0.0, 1e-6, *np.geomspace(0.5, 2000, 10)])
    shown = plots.score(wide, "error", log=True, **WORDS)
    (ax,) = shown.figure.axes
    assert ax.get_yscale() == "log"
    low, high = ax.get_ylim()
    labels = [t.get_text() for t in ax.get_yticklabels() if low <= t.get_position()[1] <= high]
    assert {"1", "10", "100", "1,000"} <= set(labels)
    left_out = int((wide < low).sum())
    assert left_out == 3 and shown.alt.endswith("3 low values are cut off.")
    assert ax.get_xlabel() == "row"
    shown = plots.score(wide, "error", labels=wide < 1, log=True, **WORDS)
    (ax,) = shown.figure.axes
    low, heights = ax.get_ylim()[0], drawn(ax, "labelled").get_ydata()
    assert heights.tolist() == [low, low, low] and not drawn(ax, "labelled").get_clip_on()
    assert shown.alt.endswith("3 low values are cut off, 3 marks drawn at the lower edge.")


def test_scores_have_a_panel_each_and_what_is_theirs():
    late = SERIES.shift(366, freq="D")
    shown = plots.scores(
        {"network": SERIES, "|z|": late}, {"network": "MW", "|z|": "deviations"},
        thresholds={"network": 5, "|z|": 8}, windows={"network": WINDOWS}, flags=FLAGS, **WORDS,
    )  # fmt: skip
    first, second = shown.figure.axes
    assert [ax.get_title("left") for ax in (first, second)] == ["network", "|z|"]
    assert (first.get_ylabel(), second.get_ylabel()) == ("MW", "deviations")
    assert len(spans(first)) == 2 and spans(second) == []
    assert set(drawn(first, "threshold 5").get_ydata()) == {5}
    assert set(drawn(second, "threshold 8").get_ydata()) == {8}
    assert not first.get_shared_x_axes().joined(first, second)  # another year
    assert "2 panels over time of MW and deviations. Network, 1 January 2024" in shown.alt
    together = plots.scores({"a": SERIES, "b": SERIES}, "MW", **WORDS).figure.axes
    assert together[0].get_shared_x_axes().joined(*together)


def test_parts_have_their_own_colours():
    shown = plots.parts(
        {"training part": SERIES[:4], "test part": SERIES[4:]}, "load (MW)",
        level={"highest": 9}, points={"as published": SERIES[1:3]}, threshold=0.65, **WORDS,
    )  # fmt: skip
    (ax,) = shown.figure.axes
    training, test = drawn(ax, "training part"), drawn(ax, "test part")
    assert (training.get_color(), test.get_color()) == (marks.SERIES, marks.PREDICTION)
    assert points(test) == [list(row) for row in SERIES[4:].items()]
    assert points(drawn(ax, "as published")) == [list(row) for row in SERIES[1:3].items()]
    assert entries(shown)[:2] == ["training part", "test part"]
    assert "Test part, 5 January 2024 to 6 January 2024: between −3 and 2" in shown.alt
    assert "2 dark diamonds (as published): between 2 and 9." in shown.alt
    with pytest.raises(ValueError, match="6 of them; a figure holds 5"):
        plots.parts({str(i): SERIES for i in range(6)}, "load", **WORDS)


@pytest.mark.parametrize("as_keras", [False, True])
def test_each_loss_is_called_what_it_is(as_keras):
    history = {"loss": [3.0, 2.0, 1.0], "val_loss": [5.0, 4.0, 6.0], "mae": [7, 7, 7]}
    given = type("History", (), {"history": history})() if as_keras else history
    shown = plots.losses(given, "MW", **WORDS)
    (ax,) = shown.figure.axes
    assert len(ax.get_lines()) == 2 and entries(shown) == ["training", "validation"]
    assert drawn(ax, "training").get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]
    assert drawn(ax, "validation").get_xydata().tolist() == [[1, 5], [2, 4], [3, 6]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss (MW)")
    assert shown.alt == (
        "Loss (MW) over 3 epochs: training from 3 to 1, lowest in epoch 3; validation from 5 to 6, "
        "lowest in epoch 2."
    )


def test_losses_without_validation_and_without_any():
    assert entries(plots.losses({"loss": [3.0]}, "MW", **WORDS)) == ["training"]
    with pytest.raises(ValueError, match='no "loss" in the history, which has mae'):
        plots.losses({"mae": [1.0]}, "MW", **WORDS)


def test_a_distribution_counts_what_it_was_given():
    shown = plots.distribution([[1.0, 2.0], [2.0, np.nan]], "MW", threshold=1.5, bins=2, **WORDS)
    (ax,) = shown.figure.axes
    assert [patch.get_height() for patch in ax.patches] == [1, 2]
    assert set(drawn(ax, "threshold 1.5").get_xdata()) == {1.5}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("MW", "windows")
    assert shown.alt == (
        "Histogram of MW in 2 bins: 3 windows between 1 and 2, median 2. Dashed line: threshold at "
        "1.5, exceeded by 2 windows (66.7 %)."
    )


def test_a_distribution_by_group_keeps_the_groups_apart():
    values, by = [1.0, 1.0, 2.0, 2.0], ["early", "late", "late", "late"]
    stacked = plots.distribution(values, "MW", by=by, bins=2, counted="day", **WORDS)
    assert entries(stacked) == ["early", "late"]
    assert "early, 1 day 1, median 1; late, 3 days between 1 and 2, median 2." in stacked.alt
    named = plots.distribution({"a": values, "b": [5.0]}, "MW", **WORDS)
    assert entries(named) == ["a", "b"] and "b, 1 window 5" in named.alt
    many = plots.distribution(np.arange(40.0), "MW", by=np.arange(40) // 4, **WORDS)
    assert len(entries(many)) == 10
    assert plots.distribution(values, "MW", bins=None, **WORDS).figure.axes[0].get_ylabel() == (
        "density"
    )
    assert "0 windows" in plots.distribution([], "MW", threshold=1, **WORDS).alt


def test_a_window_stands_beside_what_the_network_writes():
    shown = plots.window(
        {"normal": (SERIES, SERIES.to_numpy()[:, None] + 0.5), "flagged": (SERIES.to_numpy(), [4])},
        "load (MW)", **WORDS,
    )  # fmt: skip
    first, second = shown.figure.axes
    assert points(drawn(first, "what came")) == [list(row) for row in SERIES.items()]
    written = drawn(first, "what the network writes")
    assert points(written) == [[day, value + 0.5] for day, value in SERIES.items()]
    assert written.get_color() == marks.PREDICTION
    assert drawn(second, "what the network writes").get_xydata().tolist() == [[5, 4]]
    assert "the network writes 1, 4, 2 away from what came." in shown.alt
    assert "at most 0.5 away from what came (mean 0.5)" in shown.alt
    with pytest.raises(ValueError, match="3 values were written beside 2 that came"):
        plots.window({"w": ([1, 2], [1, 2, 3])}, "load", **WORDS)


def test_over_k_draws_each_curve_as_steps_in_both_panels():
    curves = {"one": CURVE, "other": CURVE * 2}
    shown = plots.over_k(curves, found="events found", chosen=3.5, **WORDS)
    upper, lower = shown.figure.axes
    assert (upper.get_ylabel(), lower.get_ylabel()) == ("events found", "false alerts a week")
    for ax, column in ((upper, "found"), (lower, "false_alerts_a_week")):
        *lines, chosen = ax.get_lines()
        assert [line.get_label() for line in lines] == list(curves)
        assert {line.get_drawstyle() for line in lines} == {"steps-post"}
        for line, curve in zip(lines, curves.values(), strict=True):
            assert line.get_xydata().tolist() == [list(p) for p in curve[column].items()]
        assert set(chosen.get_xdata()) == {3.5}
    assert "other, k from 2 to 4: events found from 6 to 0" in shown.alt
    assert "fixed before, 2 and 1." in plots.over_k({"one": CURVE}, chosen=3, **WORDS).alt


def test_over_k_drops_no_curve_silently():
    five = {str(i): CURVE for i in range(5)}
    assert len(plots.over_k(five, **WORDS).figure.axes[0].get_lines()) == 5
    with pytest.raises(ValueError, match="6 of them; a figure holds 5"):
        plots.over_k({**five, "sixth": CURVE}, **WORDS)
    assert plots.over_k({}, **WORDS).alt == "No threshold was tried."


def test_found_over_cost_says_what_a_budget_buys():
    shown = plots.found_over_cost(
        {"one": ([4.0, 0.0, 1.0], [6, 1, 3]), "dear": ([9.0], [2])}, "alerts a year", "events",
        budget=2, marks={"k = 3": (4, 6)}, **WORDS,
    )  # fmt: skip
    (ax,) = shown.figure.axes
    assert drawn(ax, "one").get_xydata().tolist() == [[1, 3], [4, 6]]  # no 0 on such an axis
    assert drawn(ax, "one").get_drawstyle() == "steps-post"
    assert ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.texts] == ["k = 3"]
    assert "one: from 3 at 1 to 6 at 4; at most 3 within the budget of 2." in shown.alt
    assert "dear: from 2 at 9 to 2 at 9; nothing within the budget of 2." in shown.alt


def test_seeds_are_a_dot_each_and_equal_ones_lie_beside_one_another():
    values = [0.1, 0.5, 0.5, 0.5, 0.9]
    shown = plots.seeds({"network": values, "another": [0.2, 0.3]}, "loss", rule=0.7, **WORDS)
    (ax,) = shown.figure.axes
    dots, others = ax.collections
    assert len(others.get_offsets()) == 2
    x, y = np.asarray(dots.get_offsets()).T
    assert sorted(y) == values
    assert len({round(place, 6) for place in x[np.isclose(y, 0.5)]}) == 3
    assert set(drawn(ax, "the rule").get_ydata()) == {0.7}
    assert ax.get_ylabel() == "loss"
    assert "network, 5 seeds between 0.1 and 0.9, median 0.5" in shown.alt


def test_seeds_in_panels_and_with_published_values():
    shown = plots.seeds(
        [({"net": [3, 4]}, "found", {"|z|": 4}), ({"net": [0.5]}, "alerts")], **WORDS
    )
    assert entries(shown) == ["|z|"] and len(shown.figure.axes) == 2
    assert shown.alt == (
        "One dot a seed. Found: net, 2 seeds between 3 and 4, median 3.5; dashed line, |z|, at 4. "
        "Alerts: net, 1 seed 0.5, median 0.5."
    )
    shown = plots.seeds({"a": [1, 2], "b": [3, 3]}, "loss", points={"b": 7}, **WORDS)
    assert drawn(shown.figure.axes[0], "as published").get_xydata().tolist() == [[1, 7]]
    assert "1 dark diamond, as published, 7" in shown.alt


@pytest.mark.parametrize(
    "values", [{"net": []}, {"net": None}, {}, {"net": pd.Series(dtype=float)}]
)
def test_seeds_before_any_sweep(values):
    shown = plots.seeds([(values, "found", 4)], **WORDS)
    (ax,) = shown.figure.axes
    assert [text.get_text() for text in ax.texts] == ["no sweep yet"]
    assert shown.alt == "Found: no sweep yet." and entries(shown) == []


def test_a_comparison_is_sorted_and_has_its_intervals():
    frame = pd.DataFrame(
        {"score": [1, 5, -2], "best": [2, 6, 9], "low": [0, 4, -4], "high": [3, 7, 0]}, list("ABC")
    )
    shown = plots.comparison(
        frame, "NAB score", low="low", high="high", rule={"record": 3}, **WORDS
    )
    (ax,) = shown.figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["B", "A", "C"]
    assert ax.yaxis_inverted()
    assert drawn(ax, "score").get_xydata().tolist() == [[1, 1], [5, 0], [-2, 2]]
    assert drawn(ax, "best").get_xydata().tolist() == [[2, 1], [6, 0], [9, 2]]
    (intervals,) = ax.collections
    assert [segment.tolist() for segment in intervals.get_segments()] == [
        [[0, 1], [3, 1]], [[4, 0], [7, 0]], [[-4, 2], [0, 2]],
    ]  # fmt: skip
    assert shown.alt == (
        "NAB score, one row each for 3 names, the highest on top by score. B: 5 (4 to 7), best 6. "
        "A: 1 (0 to 3), best 2. C: −2 (−4 to 0), best 9. Dashed line: record at 3, 1 dot right of "
        "it."
    )
    grouped = plots.comparison(frame["score"], "score", by=["rule", "net", "rule"], **WORDS)
    assert drawn(grouped.figure.axes[0], "rule").get_xydata().tolist() == [[1, 1], [-2, 2]]


def test_lines_have_each_column_in_each_panel():
    frame = pd.DataFrame({"rule": [0.1, 0.9], "net": [0.0, 0.4]}, [1, 5])
    shown = plots.lines(
        {"spike": frame, "shift": frame / 2}, {"spike": "deviations", "shift": "days"}, "found",
        band={"spike": (frame - 0.1, frame + 0.1)}, level={"chance": 0.1}, **WORDS,
    )  # fmt: skip
    spike, shift = shown.figure.axes
    assert (spike.get_xlabel(), shift.get_xlabel()) == ("deviations", "days")
    assert drawn(shift, "net").get_xydata().tolist() == [[1, 0.0], [5, 0.2]]
    assert len(spike.collections) == 2 and not shift.collections
    assert shown.alt == (
        "Spike, found over deviations, from 1 to 5: rule from 0.1 to 0.9, net from 0 to 0.4. "
        "Shift, found over days, from 1 to 5: rule from 0.05 to 0.45, net from 0 to 0.2. "
        "Dotted line: chance at 0.1. Shaded: an interval around each line."
    )
    assert plots.lines(pd.DataFrame(), "k", "found", **WORDS).alt == "Found over k: none."


def test_a_scatter_draws_each_pair_and_names_beside_their_dots():
    shown = plots.scatter(
        [1, 2, 3, np.nan], [1, 3, 2, 9], "cost", "found", by=["a", "b", "a", "b"],
        names=["one", None, "three", "four"], identity=True, budget=2, **WORDS,
    )  # fmt: skip
    (ax,) = shown.figure.axes
    assert drawn(ax, "a").get_xydata().tolist() == [[1, 1], [3, 2]]
    assert drawn(ax, "b").get_xydata().tolist() == [[2, 3]]
    assert [(text.get_text(), text.xy) for text in ax.texts] == [("one", (1, 1)), ("three", (3, 2))]
    assert shown.alt == (
        "3 dots: cost between 1 and 3, found between 1 and 3, rank correlation 0.5. A: 2 and b: 1. "
        "A line where both are equal, 1 above it. Dashed line: a budget of 2. Named: one (1, 1) "
        "and three (3, 2)."
    )


def test_a_critical_difference_has_a_dot_at_each_rank_and_a_bar_over_each_clique():
    ranks = pd.Series({"D": 3.5, "B": 2.0, "A": 1.5, "E": 4.5, "C": 3.5, "F": 6.0})
    cliques = [["A", "B"], ["B", "D", "C"], ["C", "E"], ["E", "F"]]
    shown = plots.critical_difference(ranks, cliques, **WORDS)
    (ax,) = shown.figure.axes
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["A", "B", "D", "C", "E", "F"]
    assert ax.yaxis_inverted()  # the best on top
    dots, *bars = ax.get_lines()
    assert dots.get_xydata().tolist() == [[ranks[name], i] for i, name in enumerate(names)]
    covered = [
        [name for i, name in enumerate(names) if bar.get_ydata()[0] < i < bar.get_ydata()[1]]
        for bar in bars
    ]
    assert covered == cliques
    columns = [bar.get_xdata()[0] for bar in bars]
    assert (
        columns[0] == columns[2] < columns[1] == columns[3]
    )  # none over another, and no more than are needed
    assert ax.get_xlabel() == "mean rank (1 is best)"
    assert shown.alt.endswith("4 grey bars join those of which no two differ: A to B; B to C; "
                              "C to E; E to F.")  # fmt: skip


@pytest.mark.parametrize("kind", ["series", "score", "scores", "parts"])
def test_no_rows_is_said(kind):
    empty = SERIES[:0]
    what = {"one": empty} if kind in ("scores", "parts") else empty
    assert "no rows" in getattr(plots, kind)(what, "load", windows=WINDOWS, **WORDS).alt


def test_a_table_is_rounded_and_shows_its_named_index():
    frame = pd.DataFrame({"loss": [0.12345], "n": [3]}, pd.Index(["net"], name="detector"))
    page = plots.table(frame, digits=2, **WORDS).data
    assert "<th>detector</th>" in page and "<td>0.12</td>" in page and "<td>3</td>" in page
    assert 'id="some-id"' in page and "A caption &amp; more." in page
    assert "0.12345" in plots.table(frame, **WORDS).data
    assert "No rows." in plots.table(frame[:0], **WORDS).data


def test_a_figure_of_ones_own_is_shown_and_closed():
    figure, ax = plt.subplots()
    assert marks.mark_threshold(ax, 3) and not marks.mark_threshold(ax, np.nan)
    shown = plots.show(figure, alt='Says "so".', **WORDS)
    assert 'alt="Says &quot;so&quot;."' in shown.data and shown.figure is figure
    assert not plt.get_fignums()
