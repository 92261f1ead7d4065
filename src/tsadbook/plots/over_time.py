"""Figures over time: a series or scores of it, with what is known and what was flagged.

Marks have a usual name in the legend. Another one is given as `{"named event": rows}` in place of
the rows; so for windows, flags, labels, instants and a threshold.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd

from tsadbook.plots import marks
from tsadbook.plots.figure import Shown, show
from tsadbook.plots.said import cut_off, levels, marked, thresholds, upper
from tsadbook.plots.words import between, count, few, listed, number, when


def series(
    series: pd.Series, unit: str, *, id: str, caption: str, windows=(), flags=None, labels=None,
    instants=None, level: dict | None = None, training=None, steps: bool = False, log: bool = False,
) -> Shown:  # fmt: skip
    """A line over time, with windows shaded, rows flagged or labelled, and levels.

    Parameters
    ----------
    series : float, shape (n,), on a DatetimeIndex or any other.
    unit : label of the value axis, such as "close (index points)".
    windows : pairs (start, end), shaded green; those outside the series are not drawn.
    flags : bool, shape (n,): a red ring on each flagged row.
    labels : bool, shape (n,): a green diamond on each labelled row.
    instants : time stamps, a thin green line at each.
    level : values by name, a dotted line at each.
    training : (first, last) time stamp of the part that was trained on, shaded grey.
    steps : whether a value holds until the next one, rather than being joined to it.
    log : whether the value axis is logarithmic.

    Examples
    --------
    >>> day = pd.date_range("2024-01-01", periods=4)
    >>> shown = series(pd.Series([1.0, 2, 9, 1], day), "load (MW)", id="load", caption="A load.",
    ...                flags=[False, False, True, False], level={"limit": 5})
    >>> shown.alt
    'Line over time of load (MW), 1 January 2024 to 4 January 2024: between 1 and 9, median 1.5. \
Marked: 1 red ring (flagged). Dotted line: limit at 5.'
    """
    figure, ax = plt.subplots(figsize=(8, 2.9))
    said = _draw(ax, series, windows=windows, flags=flags, labels=labels, instants=instants,
                 level=level, training=training, steps=steps, log=log)  # fmt: skip
    ax.set(xlabel=_across(series), ylabel=unit)
    marks.legend(figure)
    alt = f"Line over time of {unit}{_scale(log)}, {said}"
    return show(figure, id=id, caption=caption, alt=alt)


def score(
    score: pd.Series, unit: str, *, id: str, caption: str, threshold=None, windows=(), flags=None,
    labels=None, instants=None, training=None, log: bool = False,
) -> Shown:  # fmt: skip
    """A score over time and its threshold, with what is known of the rows.

    Parameters
    ----------
    score : float, shape (n,), NaN where the detector cannot say.
    threshold : a number, or a Series of one a row; or {"name": either}, of several, too.
    unit, windows, flags, labels, instants, training, log : as for `series`.

    Examples
    --------
    >>> day = pd.date_range("2024-01-01", periods=4)
    >>> shown = score(pd.Series([1.0, 2, 9, 1], day), "error (MW)", threshold=5, id="error",
    ...               caption="Errors.", windows=[(day[1], day[2])])
    >>> shown.alt
    'Score over time, error (MW), 1 January 2024 to 4 January 2024: between 1 and 9, median 1.5. \
Marked: 1 shaded label window. Dashed line: threshold at 5, exceeded by 1 of 4 values.'
    """
    figure, alt = drawn_score(
        score, unit, threshold=threshold, windows=windows, flags=flags, labels=labels,
        instants=instants, training=training, log=log,
    )  # fmt: skip
    return show(figure, id=id, caption=caption, alt=alt)


def drawn_score(score: pd.Series, unit: str, *, log: bool = False, **drawn):
    """The figure of `score`, still open, and its alternative text."""
    figure, ax = plt.subplots(figsize=(8, 2.9))
    said = _draw(ax, score, log=log, **drawn)
    ax.set(xlabel=_across(score), ylabel=unit)
    marks.legend(figure)
    return figure, f"Score over time, {unit}{_scale(log)}, {said}"


def scores(
    scores: dict[str, pd.Series], unit: str | dict, *, id: str, caption: str, thresholds=None,
    windows=(), flags=None, labels=None, training=None, log: bool = False,
) -> Shown:  # fmt: skip
    """Several scores or series, one panel each; a shared time axis where they share time.

    Parameters
    ----------
    scores : Series by name, the title of the panel.
    unit, thresholds, windows, flags, labels, training : as for `score`, the same for all panels; or
        a dict by the names of the panels.
    log : as for `series`.

    Examples
    --------
    >>> day = pd.date_range("2024-01-01", periods=3)
    >>> both = {"network": pd.Series([1.0, 2, 9], day), "|z|": pd.Series([0.0, 1, 2], day)}
    >>> shown = scores(both, "deviations", thresholds={"network": 5, "|z|": 1.5}, id="both",
    ...                caption="Two scores.", windows=[(day[2], day[2])])
    >>> len(shown.figure.axes), shown.alt.count("1 shaded label window")
    (2, 2)
    """
    given = {"windows": windows, "flags": flags, "labels": labels, "training": training,
             "threshold": thresholds, "unit": unit}  # fmt: skip
    spans = [(s.index.min(), s.index.max()) for s in scores.values() if len(s)]
    shared = bool(spans) and max(a for a, _ in spans) < min(b for _, b in spans)
    figure, axes = plt.subplots(
        len(scores), 1, figsize=(8, 0.7 + 1.75 * len(scores)), sharex=shared, squeeze=False
    )
    said = []
    for ax, (name, one) in zip(axes.flat, scores.items(), strict=True):
        own = {key: _of(value, name, scores) for key, value in given.items()}
        ax.set(title=name, ylabel=own.pop("unit"))
        said.append(f"{upper(name)}, {_draw(ax, one, log=log, **own)}")
        if ax is axes[-1, 0] or not shared:
            ax.set(xlabel=_across(one))
    marks.legend(figure)
    units = listed(dict.fromkeys(unit.values())) if isinstance(unit, dict) else unit
    alt = f"{count(len(scores), 'panel')} over time of {units}{_scale(log)}. {' '.join(said)}"
    return show(figure, id=id, caption=caption, alt=alt)


def parts(
    parts: dict[str, pd.Series], unit: str, *, id: str, caption: str, level: dict | None = None,
    points: dict | None = None, threshold=None, windows=(), steps: bool = False, log: bool = False,
) -> Shown:  # fmt: skip
    """Lines on one axes in colours of their own: parts of a series, or a series and its prediction.

    Parameters
    ----------
    parts : Series by name, five at most.
    level : as for `series`.
    points : Series by name, drawn as dark diamonds: published values, say.
    threshold : as for `score`, without a count of what exceeds it.
    unit, windows, steps, log : as for `series`.

    Examples
    --------
    >>> day = pd.date_range("2024-01-01", periods=4)
    >>> s = pd.Series([1.0, 2, 3, 4], day)
    >>> shown = parts({"training part": s[:3], "test part": s[3:]}, "load (MW)", id="parts",
    ...               caption="Two parts.", level={"highest in training": 3})
    >>> shown.alt
    'Lines over time of load (MW). Training part, 1 January 2024 to 3 January 2024: between 1 and \
3, median 2. Test part, 4 January 2024: 4. Dotted line: highest in training at 3.'
    """
    few(parts)
    figure, ax = plt.subplots(figsize=(8, 2.9))
    style = {"drawstyle": "steps-post"} if steps else {}
    said = []
    for (name, one), color in zip(parts.items(), marks.COLORS, strict=False):
        if len(one):
            marks.line(ax, one, name, color, lw=_weight(one), **style)
        said.append(f"{upper(name)}, {_range(one)}.")
    for name, one in (points or {}).items():
        ax.plot(one.index, one, ls="", marker="D", ms=5, color="#333333", label=name)
        said.append(f"{count(len(one), 'dark diamond')} ({name}): {between(one)}.")
    together = pd.concat([one for one in parts.values() if len(one)] or [pd.Series(dtype=float)])
    if together.empty:
        marks.nothing(ax, "no rows")
    said += marked(ax, together, windows) + levels(ax, level) + thresholds(ax, threshold)
    said += cut_off(*marks.log_from(ax, together)) if log else []
    ax.set(xlabel=_across(together), ylabel=unit)
    marks.legend(figure)
    alt = f"Lines over time of {unit}{_scale(log)}. {' '.join(said)}"
    return show(figure, id=id, caption=caption, alt=alt)


def _draw(
    ax, series, *, windows=(), flags=None, labels=None, instants=None, level=None, threshold=None,
    training=None, steps=False, log=False,
) -> str:  # fmt: skip
    """Draw one line with all that belongs to it; what there is to see, in words."""
    if not len(series):
        marks.nothing(ax, "no rows")
        return "no rows."
    marks.line(ax, series, lw=_weight(series), **({"drawstyle": "steps-post"} if steps else {}))
    said = [f"{_range(series)}."]
    said += marked(ax, series, windows, flags, labels, instants, training)
    said += levels(ax, level) + thresholds(ax, threshold, series)
    said += cut_off(*marks.log_from(ax, series)) if log else []
    return " ".join(said)


def _range(series: pd.Series) -> str:
    """From when to when, between what, and the middle."""
    if not len(series):
        return "no rows"
    first, last = when(series.index.min()), when(series.index.max())
    span = first if first == last else f"{first} to {last}"
    middle = f", median {number(series.median())}" if series.min() < series.max() else ""
    return f"{span}: {between(series)}{middle}"


def _across(series: pd.Series) -> str:
    return "date" if isinstance(series.index, pd.DatetimeIndex) else series.index.name or "row"


def _scale(log: bool) -> str:
    return " on a logarithmic axis" if log else ""


def _weight(series: pd.Series) -> float:
    return 0.7 if len(series) > 3000 else 1.1


def _of(value, name: str, panels: dict):
    """What belongs to one panel: the same for all, unless it is a dict by their names."""
    if isinstance(value, dict) and value and value.keys() <= panels.keys():
        return value.get(name)
    return value
