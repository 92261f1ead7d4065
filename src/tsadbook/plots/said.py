"""Marks on an axes, drawn and said in words at once, so that the words name what is drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsadbook.checks import check_instants, check_windows
from tsadbook.plots import marks
from tsadbook.plots.words import between, count, listed, number

HEIGHTS = (marks.THRESHOLD, marks.PREDICTION, "#CC79A7", "#222222")
DOTTED = (":", "-.", (0, (1, 3)))


def marked(
    ax, series: pd.Series, windows=(), flags=None, labels=None, instants=None, training=None
) -> list[str]:
    """Windows, instants and the training part behind a line, diamonds and rings on it."""
    drawn, none = [], []
    if not len(series):
        return []
    first, last = series.index.min(), series.index.max()
    if training is not None:
        ax.axvspan(*training, color=marks.QUIET, alpha=0.3, lw=0, zorder=0.8, label="training")
        drawn.append("the training part in grey")
    name, windows = named(windows, "label window")
    windows = () if windows is None else windows
    if isinstance(series.index, pd.DatetimeIndex):
        windows = check_windows(series.index, windows)
    windows = [w for w in windows if w[1] >= first and w[0] <= last]
    if n := marks.mark_windows(ax, windows, name):
        drawn.append(count(n, f"shaded {name}"))
    name, instants = named(instants, "marked instant")
    instants = () if instants is None else instants
    if len(instants) and isinstance(series.index, pd.DatetimeIndex):
        instants = check_instants(series.index, pd.DatetimeIndex(instants))
    inside = [i for i in instants if first <= i <= last]
    if n := marks.mark_instants(ax, inside, name):
        drawn.append(f"{count(n, 'green line')} ({name})")
    for rows, usual, mark, noun in (
        (labels, "labelled", marks.mark_labels, "green diamond"),
        (flags, "flagged", marks.mark_flags, "red ring"),
    ):
        name, rows = named(rows, usual)
        if rows is None:
            continue
        if n := mark(ax, series, rows, name):
            drawn.append(f"{count(n, noun)} ({name})")
        else:
            none.append(f"No {noun} ({name}).")
    return ([f"Marked: {listed(drawn)}."] if drawn else []) + none


def levels(ax, level: dict | None) -> list[str]:
    """A dotted line across at each value."""
    for i, (name, value) in enumerate((level or {}).items()):
        ax.axhline(value, color=marks.NOTE, ls=DOTTED[i % len(DOTTED)], label=name)
    return [f"Dotted line: {name} at {number(value)}." for name, value in (level or {}).items()]


def thresholds(ax, threshold, series: pd.Series | None = None) -> list[str]:
    """A dashed line at each number or along each Series, and how much of `series` lies above."""
    said = []
    for i, (name, value) in enumerate(by_name(threshold).items()):
        if not marks.mark_threshold(ax, value, name, HEIGHTS[i % len(HEIGHTS)]):
            continue
        moves = isinstance(value, pd.Series)
        what = f"{name}, {between(value)}" if moves else f"{bare(name, value)} at {number(value)}"
        said.append(f"Dashed line: {what}{_exceeded(series, value)}.")
    return said


def cut_off(n: int, moved: int) -> list[str]:
    """What a logarithmic axis does not show."""
    edge = f", {count(moved, 'mark')} drawn at the lower edge" if moved else ""
    return [f"{count(n, 'low value')} {'is' if n == 1 else 'are'} cut off{edge}."] if n else []


def by_name(threshold) -> dict:
    """Thresholds by their name in the legend, which has the value of a single one."""
    if threshold is None or isinstance(threshold, dict):
        return threshold or {}
    if isinstance(threshold, pd.Series):
        return {"threshold": threshold}
    return {f"threshold {number(threshold)}": threshold}


def bare(name: str, value: float) -> str:
    """A name without the number that the legend may have in it."""
    return name.removesuffix(f" {number(value)}").removesuffix(" =").removesuffix(",")


def named(value, usual: str):
    """The name in the legend, and the marks."""
    if isinstance(value, dict):
        ((usual, value),) = value.items()
    return usual, value


def upper(text) -> str:
    """Text that begins a sentence."""
    return f"{str(text)[:1].upper()}{str(text)[1:]}"


def _exceeded(series: pd.Series | None, value) -> str:
    if series is None or not (of := int(series.notna().sum())):
        return ""
    if isinstance(value, pd.Series):
        if not value.index.equals(series.index):
            return ""  # not every value has a threshold
        value = value.to_numpy()
    return f", exceeded by {np.sum(series.to_numpy() > value):,} of {count(of, 'value')}"
