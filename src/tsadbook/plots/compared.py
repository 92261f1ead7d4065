"""Figures that compare detectors: over thresholds, over costs, in a row each, by their ranks."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from tsadbook.plots.figure import Shown, show
from tsadbook.plots.marks import (
    COLORS,
    DASHES,
    LABEL,
    MARKERS,
    NOTE,
    PREDICTION,
    SERIES,
    THRESHOLD,
    legend,
    log_axis,
    nothing,
)
from tsadbook.plots.said import bare, levels, upper
from tsadbook.plots.words import count, few, listed, number

GROUPS = (SERIES, PREDICTION, LABEL, THRESHOLD, "#777777")


def over_k(
    curves: dict[str, pd.DataFrame], *, id: str, caption: str, found: str = "label windows found",
    chosen: float | None = None, chance: pd.DataFrame | None = None,
) -> Shown:  # fmt: skip
    """Two panels over the threshold k: what is found, and what it costs.

    Parameters
    ----------
    curves : frames as of `evaluation.events.score_over_k` by the name of the detector, five at
        most. A value is drawn to hold until the next k that was tried.
    found : label of the upper vertical axis.
    chosen : the k that was fixed beforehand, to be marked.
    chance : as of `evaluation.events.by_chance`, a line across for each share of the rows.

    Examples
    --------
    >>> k = pd.Index([2.0, 3.0, 4.0], name="k")
    >>> curve = pd.DataFrame({"found": [3, 2, 0], "false_alerts_a_week": [5.5, 1, 0]}, k)
    >>> chance = curve[:1].set_axis([1])
    >>> over_k({"|z|": curve}, id="k", caption="Over k.", chosen=3, chance=chance).alt
    'Two panels over the threshold k, in steps. |z|, k from 2 to 4: label windows found from 3 to \
0, false alerts a week from 5.5 to 0; at k = 3, fixed before, 2 and 1. Dotted lines: always, 3 and \
5.5.'
    """
    curves = {name: curve.sort_index() for name, curve in few(curves).items() if len(curve)}
    figure, axes = plt.subplots(2, 1, figsize=(7.2, 4.8), sharex=True)
    columns = {"found": found, "false_alerts_a_week": "false alerts a week"}
    said = ["Two panels over the threshold k, in steps." if curves else "No threshold was tried."]
    for (name, curve), dash, color in zip(curves.items(), DASHES, COLORS, strict=False):
        words = []
        for ax, (column, label) in zip(axes, columns.items(), strict=True):
            ax.plot(curve.index, curve[column], ls=dash, color=color, label=name,
                    drawstyle="steps-post", lw=1.4)  # fmt: skip
            words.append(f"{label} {_ends(curve[column])}")
        said.append(f"{name}, k {_ends(curve.index)}: {', '.join(words)}")
        if chosen in curve.index:
            at = listed(number(value) for value in curve.loc[chosen, list(columns)])
            said[-1] += f"; at k = {number(chosen)}, fixed before, {at}"
        said[-1] += "."
    for ax, label in zip(axes, columns.values(), strict=True):
        ax.set(ylabel=label)
        if chosen is not None and curves:
            ax.axvline(chosen, color=THRESHOLD, ls=":", lw=1.2,
                       label=f"k = {number(chosen)}, fixed before")  # fmt: skip
        if not curves:
            nothing(ax, "no threshold was tried")
    if curves:
        said += _chance(axes, columns, chance)
        axes[0].yaxis.get_major_locator().set_params(integer=True)
        axes[1].set(xlabel="threshold k", ylim=(0, max(axes[1].get_ylim()[1], 0.1)))
    legend(figure)
    return show(figure, id=id, caption=caption, alt=" ".join(said))


def _chance(axes, columns, chance: pd.DataFrame | None) -> list[str]:
    """A line across both panels for each share of the rows that is flagged at random."""
    if chance is None:
        return []
    names = [f"random, {100 * share:g} % of the rows" for share in chance.index]
    names = ["always" if share == 1 else n for share, n in zip(chance.index, names, strict=True)]
    for ax, column in zip(axes, columns, strict=True):
        levels(ax, dict(zip(names, chance[column], strict=True)))
    at = chance[list(columns)].map(number).agg(" and ".join, axis=1)
    return [f"Dotted lines: {'; '.join(f'{n}, {a}' for n, a in zip(names, at, strict=True))}."]


def found_over_cost(
    curves: dict[str, tuple], cost_label: str, found_label: str, *, id: str, caption: str,
    budget: float | None = None, marks: dict | None = None, log: bool = True,
) -> Shown:  # fmt: skip
    """What is found for what it costs, one line a detector over all thresholds.

    Parameters
    ----------
    curves : (cost, found), an array each, by name, five at most. What is found for a cost is drawn
        to hold until the next cost.
    cost_label, found_label : labels of the axes.
    budget : a dotted line at the cost that is allowed.
    marks : (cost, found) by name, a dot with its name beside it.
    log : whether the axis of cost is logarithmic; a cost of 0 is then not drawn.

    Examples
    --------
    >>> curves = {"|z|": ([1, 2, 4], [3, 5, 6])}
    >>> found_over_cost(curves, "alerts a year", "events", id="f", caption="Found.", budget=3).alt
    'Events over alerts a year, on a logarithmic axis, in steps. |z|: from 3 at 1 to 6 at 4; at \
most 5 within the budget of 3.'
    """
    figure, ax = plt.subplots(figsize=(7.2, 3.8))
    scale = ", on a logarithmic axis" if log else ""
    said = [f"{upper(found_label)} over {cost_label}{scale}, in steps."]
    for (name, (cost, found)), dash, color in zip(
        few(curves).items(), DASHES, COLORS, strict=False
    ):
        curve = pd.Series(np.asarray(found, float), np.asarray(cost, float)).dropna()
        curve = (curve[curve.index > 0] if log else curve).sort_index(kind="stable")
        if curve.empty:
            said.append(f"{name}: none.")
            continue
        ax.plot(
            curve.index, curve, ls=dash, color=color, label=name, drawstyle="steps-post", lw=1.4
        )
        first, last = ((number(curve.iloc[i]), number(curve.index[i])) for i in (0, -1))
        words = f"{name}: from {first[0]} at {first[1]} to {last[0]} at {last[1]}"
        if budget is not None:
            within = curve[curve.index <= budget]
            best = f"at most {number(within.max())}" if len(within) else "nothing"
            words += f"; {best} within the budget of {number(budget)}"
        said.append(f"{words}.")
    for name, (cost, found) in (marks or {}).items():
        ax.plot(cost, found, marker="o", ms=4, color="#333333")
        ax.annotate(name, (cost, found), (5, -11), textcoords="offset points", fontsize=8)
        said.append(f"A dot: {name}, {number(found)} at {number(cost)}.")
    if budget is not None:
        ax.axvline(budget, color=THRESHOLD, ls=":", lw=1.2, label=f"budget {number(budget)}")
    if log and ax.lines:
        ax.set_xscale("log")
        log_axis(ax.xaxis)
    ax.yaxis.get_major_locator().set_params(integer=True)
    ax.set(xlabel=cost_label, ylabel=found_label, ylim=(0, None))
    legend(figure)
    return show(figure, id=id, caption=caption, alt=" ".join(said))


def comparison(
    frame, unit: str, *, id: str, caption: str, low=None, high=None, by=None,
    rule: dict | None = None, log: bool = False,
) -> Shown:  # fmt: skip
    """One row a name, the highest on top: a dot for what it reaches, with its interval.

    Parameters
    ----------
    frame : Series, or DataFrame with a column for each kind of dot, five at most; names are its
        index. The first column gives the order of the rows and has the intervals.
    unit : label of the horizontal axis.
    low, high : ends of the intervals: names of columns of the frame, which are then no dots; or
        one number a row.
    by : one group a row, five at most: colours and markers of the first column.
    rule : values by name, a dashed line at each.
    log : whether the axis is logarithmic.

    Examples
    --------
    >>> frame = pd.DataFrame({"score": [1, 5], "low": [0, 4], "high": [2, 7]}, ["A", "B"])
    >>> comparison(frame, "NAB score", low="low", high="high", id="c", caption="Two.").alt
    'NAB score, one row each for 2 names, the highest on top. B: 5 (4 to 7). A: 1 (0 to 2).'
    """
    frame = frame.to_frame("") if isinstance(frame, pd.Series) else frame
    ends = [frame[end] if isinstance(end, str) else end for end in (low, high)]
    ends = None if low is None else np.array(ends, dtype=float).reshape(2, len(frame))
    dots = frame.drop(columns=[end for end in (low, high) if isinstance(end, str)]).astype(float)
    first, *others = few(dots).columns
    groups = pd.Series("" if by is None else list(by), range(len(dots)), dtype=object)
    names = few({name: None for name in groups})
    order = np.argsort(-dots[first].to_numpy(), kind="stable")
    figure, ax = plt.subplots(figsize=(7.2, 1.0 + 0.27 * max(len(dots), 2)))
    place = np.empty(len(dots), dtype=int)
    place[order] = np.arange(len(dots))
    for group, color, marker in zip(names, GROUPS, MARKERS, strict=False):
        at = (groups == group).to_numpy()
        if ends is not None:
            ax.hlines(place[at], *ends[:, at], color=color, lw=1.4)
        label = group or (str(first) if others else None)
        ax.plot(dots[first][at], place[at], ls="", marker=marker, ms=5.5, color=color, label=label)
    for column, color, marker in zip(others, GROUPS[1:], MARKERS[1:], strict=False):
        ax.plot(dots[column], place, ls="", marker=marker, ms=6, mfc="none", mec=color,
                label=str(column))  # fmt: skip
    each = f"one row each for {count(len(dots), 'name')}, the highest on top"
    said = [f"{upper(unit)}, {each}{f' by {first}' if others else ''}."]
    for i in order:
        words = f"{dots.index[i]}: {number(dots[first].iloc[i])}"
        words += f" ({number(ends[0, i])} to {number(ends[1, i])})" if ends is not None else ""
        said.append(f"{words}{''.join(f', {c} {number(dots[c].iloc[i])}' for c in others)}.")
    for name, value in (rule or {}).items():
        ax.axvline(value, color=THRESHOLD, ls="--", label=name)
        right = count(int((dots[first] > value).sum()), "dot")
        said.append(f"Dashed line: {bare(name, value)} at {number(value)}, {right} right of it.")
    _rows(ax, [str(name) for name in dots.index[order]])
    ax.set(xlabel=unit)
    if not len(dots):
        nothing(ax, "no rows")
    elif log:
        ax.set_xscale("log")
        log_axis(ax.xaxis)
    legend(figure)
    return show(figure, id=id, caption=caption, alt=" ".join(said))


def critical_difference(ranks: pd.Series, cliques: list[list], *, id: str, caption: str) -> Shown:
    """Mean ranks, best on top, and a bar beside those that cannot be told apart.

    Parameters
    ----------
    ranks : mean rank by the name of the detector, as of `evaluation.comparison.ranks`.
    cliques : lists of names that follow one another in rank, as of `evaluation.comparison.cliques`.

    Notes
    -----
    Source: Demšar 2006, whose diagram this is, turned by a quarter so that names stay readable on a
    narrow page.

    Examples
    --------
    >>> ranks = pd.Series({"A": 1.25, "B": 1.75, "C": 3.0})
    >>> critical_difference(ranks, [["A", "B"]], id="r", caption="Ranks.").alt
    'Mean ranks of 3 detectors, the best on top: A 1.2, B 1.8, C 3.0. 1 grey bar joins those of \
which no two differ: A to B.'
    """
    ranks = ranks.sort_values(kind="stable")
    figure, ax = plt.subplots(figsize=(7.2, 1.1 + 0.27 * len(ranks)))
    place = dict(zip(ranks.index, range(len(ranks)), strict=True))
    ax.hlines(list(place.values()), 1, ranks, color="#BFC5CC", lw=1)
    ax.plot(ranks, list(place.values()), ls="", marker="o", ms=6, color=SERIES)
    for name, rank in ranks.items():
        ax.annotate(f"{rank:.1f}", (rank, place[name]), (7, 0), textcoords="offset points",
                    va="center", fontsize=9)  # fmt: skip
    lanes: list[int] = []  # the last place that each column of bars has reached
    spans = []
    for group in cliques:
        first, last = min(place[name] for name in group), max(place[name] for name in group)
        spans.append(f"{ranks.index[first]} to {ranks.index[last]}")
        lane = next((i for i, end in enumerate(lanes) if end < first), len(lanes))
        lanes[lane : lane + 1] = [last]
        ax.plot([1.02 + 0.02 * lane] * 2, [first - 0.3, last + 0.3], color=NOTE, lw=4,
                transform=ax.get_yaxis_transform(), clip_on=False, solid_capstyle="butt",
                label="no two of these differ" if group is cliques[0] else None)  # fmt: skip
    _rows(ax, list(place))
    ax.set(xlabel="mean rank (1 is best)", xlim=(1, None))
    legend(figure)
    each = ", ".join(f"{name} {rank:.1f}" for name, rank in ranks.items())
    alt = f"Mean ranks of {count(len(ranks), 'detector')}, the best on top: {each}."
    if spans:
        joins = "joins" if len(spans) == 1 else "join"
        bars = count(len(spans), "grey bar")
        alt += f" {bars} {joins} those of which no two differ: {'; '.join(spans)}."
    return show(figure, id=id, caption=caption, alt=alt)


def _rows(ax, names: list[str]) -> None:
    """A row for each name, from top to bottom."""
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)


def _ends(values) -> str:
    values = np.asarray(values, dtype=float)
    return f"from {number(values[0])} to {number(values[-1])}"
