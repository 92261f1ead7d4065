"""Figures show the values that they were given."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

from tsadbook import plots

matplotlib.use("Agg")
import matplotlib.pyplot as plt

CURVE = pd.DataFrame(
    {"found": [3, 2, 0], "false_alerts_a_week": [9.5, 1.0, 0.0]}, index=[2.0, 3.0, 4.0]
)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_over_k_draws_each_curve_in_both_panels():
    curves = {"one": CURVE, "other": CURVE * 2}
    figure = plots.over_k(curves, "events found", "false alerts a week", chosen=3.5)
    upper, lower = figure.axes
    assert (upper.get_ylabel(), lower.get_ylabel()) == ("events found", "false alerts a week")
    for ax, column in ((upper, "found"), (lower, "false_alerts_a_week")):
        *drawn, chosen = ax.get_lines()
        assert [line.get_label() for line in drawn] == list(curves)
        for line, curve in zip(drawn, curves.values(), strict=True):
            assert line.get_xydata().tolist() == [list(p) for p in curve[column].items()]
        assert set(chosen.get_xdata()) == {3.5}


def test_over_k_drops_no_curve_silently():
    five = {str(i): CURVE for i in range(5)}
    assert len(plots.over_k(five, "", "").axes[0].get_lines()) == 5
    with pytest.raises(ValueError, match="6 curves; a figure holds five"):
        plots.over_k({**five, "sixth": CURVE}, "", "")


def test_seeds_are_a_dot_each_and_equal_ones_lie_beside_one_another():
    values = [0.1, 0.5, 0.5, 0.5, 0.9]
    figure, ax = plt.subplots()
    plots.seeds(ax, {"network": values, "another": [0.2, 0.3]}, rule=0.7, unit="loss")
    figure.canvas.draw()  # the swarm is laid out here
    dots, others = ax.collections
    assert len(others.get_offsets()) == 2
    x, y = np.asarray(dots.get_offsets()).T
    assert sorted(y) == values
    assert len({round(place, 6) for place in x[np.isclose(y, 0.5)]}) == 3
    assert ax.get_lines()[-1].get_ydata()[0] == 0.7
    assert ax.get_ylabel() == "loss"


def test_a_critical_difference_has_a_dot_at_each_rank_and_a_bar_over_each_clique():
    ranks = pd.Series({"D": 3.5, "B": 2.0, "A": 1.5, "E": 4.5, "C": 3.5, "F": 6.0})
    cliques = [["A", "B"], ["B", "D", "C"], ["C", "E"], ["E", "F"]]
    (ax,) = plots.critical_difference(ranks, cliques).axes
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
