"""Figures of one quantity over another."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from tsadbook.plots import marks
from tsadbook.plots.compared import GROUPS
from tsadbook.plots.figure import Shown, show
from tsadbook.plots.said import levels, thresholds, upper
from tsadbook.plots.words import between, count, few, listed, number


def lines(
    frame, xlabel: str | dict = "", unit: str = "", *, id: str, caption: str,
    log: bool | str = False, band=None, panels: dict | None = None, level: dict | None = None,
    threshold: float | dict | None = None,
) -> Shown:  # fmt: skip
    """Columns of a table over its index, in one panel or in several.

    Parameters
    ----------
    frame : DataFrame or Series, five columns at most, over a numeric index. For several panels such
        frames by title, here or as `panels`, with None here.
    xlabel : label of the horizontal axis; by title where they differ.
    unit : label of the vertical axis.
    log : True for the vertical axis, "x" for the horizontal one, "xy" for both.
    band : (low, high), frames like `frame`: an interval around each line; by title for panels.
    level, threshold : values by name, dotted and dashed lines across.

    Examples
    --------
    >>> share = pd.DataFrame({"rule": [0.1, 0.9], "network": [0.0, 0.4]}, [1, 5])
    >>> lines(share, "size (deviations)", "share found", id="l", caption="Sizes.").alt
    'Share found over size (deviations), from 1 to 5: rule from 0.1 to 0.9, network from 0 to 0.4.'
    """
    panels = frame if isinstance(frame, dict) else panels or {"": frame}
    columns = 1 if len(panels) == 1 else 2
    rows = -(-len(panels) // columns)
    size = (6, 3) if len(panels) == 1 else (7.4, 0.6 + 2.3 * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, sharey=True, squeeze=False)
    log = "y" if log is True else log or ""
    said = []
    for ax, (title, table) in zip(axes.flat, panels.items(), strict=False):
        across = xlabel[title] if isinstance(xlabel, dict) else xlabel
        words = _lines(ax, table, band.get(title) if isinstance(band, dict) else band)
        said.append(f"{upper(f'{title}, ' * bool(title) + unit)} over {across}{words}.")
        ax.set(xlabel=across, title=title)
        drawn = levels(ax, level) + thresholds(ax, threshold)  # the same in every panel
        _scales(ax, log, table)
    axes[0, 0].set(ylabel=unit)
    for ax in axes[1:, 0]:
        ax.set(ylabel=unit)
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    marks.legend(figure)
    said += drawn + (["Shaded: an interval around each line."] if band is not None else [])
    return show(figure, id=id, caption=caption, alt=" ".join(said))


def scatter(
    x, y, xlabel: str, unit: str, *, id: str, caption: str, by=None, names=None,
    log: bool | str = False, identity: bool = False, level: dict | None = None,
    budget: float | None = None, line: dict | None = None,
) -> Shown:  # fmt: skip
    """A dot for each pair of values.

    Parameters
    ----------
    x, y : numbers, shape (n,); pairs with NaN are left out.
    xlabel, unit : labels of the horizontal and the vertical axis.
    by : one group a dot, five at most: colours and markers.
    names : one name a dot, written beside it; None or "" for a dot without.
    log : True for the vertical axis, "x" for the horizontal one, "xy" for both.
    identity : whether the line on which both are equal is drawn.
    level : values by name, a dotted line across at each.
    budget : a dashed line upwards at this x.
    line : (x, y), an array each, by name: a grey line through the points.

    Examples
    --------
    >>> scatter([1, 2, 3], [2, 4, 7], "input", "output", id="s", caption="Dots.").alt
    '3 dots: input between 1 and 3, output between 2 and 7, rank correlation 1.'
    """
    dots = pd.DataFrame({"x": np.asarray(x, dtype=float), "y": np.asarray(y, dtype=float)})
    dots["by"] = "" if by is None else list(by)
    dots["name"] = "" if names is None else [name or "" for name in names]
    dots = dots.dropna(subset=["x", "y"])
    sparse = len(dots) <= 200
    figure, ax = plt.subplots(figsize=(5.4, 3.6) if names is None else (7.2, 4.2))
    said = f"{count(len(dots), 'dot')}: {xlabel} {between(dots['x'])}, {unit} {between(dots['y'])}"
    if len(dots) > 2 and (dots[["x", "y"]].min() < dots[["x", "y"]].max()).all():
        said += f", rank correlation {number(dots['x'].corr(dots['y'], 'spearman'))}"
    said = [f"{said}."]
    groups = few({name: dots[dots["by"] == name] for name in dict.fromkeys(dots["by"])})
    for (name, at), color, marker in zip(groups.items(), GROUPS, marks.MARKERS, strict=False):
        ax.plot(at["x"], at["y"], ls="", marker=marker if sparse else ".", ms=5 if sparse else 3,
                alpha=0.9 if sparse else 0.4, color=color, label=name or None)  # fmt: skip
    if by is not None and groups:
        said.append(f"{upper(listed(f'{name}: {len(at):,}' for name, at in groups.items()))}.")
    if dots.empty:
        marks.nothing(ax, "no dots")
    if identity and len(dots):
        ends = [dots["x"].min(), dots["x"].max()]
        ax.plot(ends, ends, color=marks.NOTE, lw=0.9, label="both equal")
        said.append(f"A line where both are equal, {(dots['y'] > dots['x']).sum():,} above it.")
    said += levels(ax, level)
    if budget is not None:
        ax.axvline(budget, color=marks.THRESHOLD, ls="--", lw=1, label=f"budget {number(budget)}")
        said.append(f"Dashed line: a budget of {number(budget)}.")
    for name, (across, up) in (line or {}).items():
        ax.plot(across, up, color=marks.NOTE, lw=1.2, zorder=1, label=name)
        ends = (f"{number(up[i])} at {number(across[i])}" for i in (0, -1))
        said.append(f"A line: {name}, from {' to '.join(ends)}.")
    ax.set(xlabel=xlabel, ylabel=unit)
    _scales(ax, "y" if log is True else log or "", dots)
    named = dots[dots["name"] != ""]
    if len(named):
        ax.margins(x=0.1, y=0.1)
        at = [f"{n} ({number(x)}, {number(y)})" for n, x, y in named[["name", "x", "y"]].to_numpy()]
        said.append(f"Named: {listed(at)}.")
    marks.legend(figure)
    _write_beside(figure, ax, named)
    return show(figure, id=id, caption=caption, alt=" ".join(said))


def _lines(ax, table, band) -> str:
    """The columns of a table as lines; from where to where each goes, in words."""
    table = table.to_frame() if isinstance(table, pd.Series) else table
    if table.empty:
        marks.nothing(ax, "no rows")
        return ": none"
    said = []
    for i, name in enumerate(few(table)):
        at = table[name].dropna()
        style = {"marker": marks.MARKERS[i], "ms": 3.5} if len(at) <= 60 else {}
        color, label = marks.COLORS[i], str(name) if table.shape[1] > 1 else None
        ax.plot(at.index, at, ls=marks.DASHES[i], color=color, label=label, **style)
        if band is not None:
            low, high = (pd.DataFrame(end)[name].reindex(at.index) for end in band)
            ax.fill_between(at.index, low, high, color=color, alpha=0.15, lw=0)
        ends = f"from {number(at.iloc[0])} to {number(at.iloc[-1])}" if len(at) else "none"
        said.append(f"{label} {ends}" if label else ends)
    if len(table) <= 6:
        ax.set_xticks(table.index)
    first, last = number(table.index[0]), number(table.index[-1])
    return f", from {first} to {last}: {', '.join(said)}"


def _scales(ax, log: str, data) -> None:
    for way, axis, scale in (("x", ax.xaxis, ax.set_xscale), ("y", ax.yaxis, ax.set_yscale)):
        if way in log and len(data):
            scale("log")
            marks.log_axis(axis)


def _write_beside(figure, ax, named: pd.DataFrame) -> None:
    """Each name on the first side of its dot where it covers no other name and no dot."""
    figure.canvas.draw()
    dots = ax.transData.transform(named[["x", "y"]]) if len(named) else []
    taken = []
    sides = [((6, 0), "left", "center"), ((-6, 0), "right", "center"), ((0, 6), "center", "bottom"),
             ((0, -6), "center", "top")]  # fmt: skip
    for name, x, y in named[["name", "x", "y"]].to_numpy():
        for offset, ha, va in sides:
            text = ax.annotate(name, (x, y), offset, textcoords="offset points", ha=ha, va=va,
                               fontsize=8)  # fmt: skip
            box = text.get_window_extent()
            if not any(box.overlaps(other) for other in taken) and not box.count_contains(dots):
                break
            if (offset, ha, va) != sides[-1]:
                text.remove()
        taken.append(box)
