"""What figures are made of: each draws one thing on an axes, and says how many it has drawn."""

from __future__ import annotations

from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from tsadbook.checks import check_rows
from tsadbook.plots.words import number

SERIES, PREDICTION, THRESHOLD, LABEL, FLAG = "#0072B2", "#E69F00", "#B3361B", "#009E73", "#D1190D"
NOTE, QUIET = "#555555", "#999999"
COLORS = (SERIES, PREDICTION, "#CC79A7", NOTE, "#56B4E9")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v")


def use_style() -> None:
    """Use the book's look for all figures that follow."""
    plt.style.use(str(files("tsadbook.plots").joinpath("book.mplstyle")))


def line(ax, series: pd.Series, label: str | None = None, color: str = SERIES, **style) -> None:
    """A series over its index; `style` goes to matplotlib's `plot`."""
    ax.plot(series.index, series.to_numpy(), color=color, label=label, **style)


def mark_windows(ax, windows, label: str | None = "label window", color: str = LABEL) -> int:
    """Shade the spans (start, end), both ends included; a span of no length becomes a line."""
    for i, (start, end) in enumerate(windows):
        named = label if i == 0 else None
        if start == end:
            ax.axvline(start, color=color, lw=1.2, zorder=0.9, label=named)
        else:
            ax.axvspan(start, end, color=color, alpha=0.22, lw=0, label=named)
    return len(windows)


def mark_instants(ax, instants, label: str | None = "marked instant") -> int:
    """A thin green line at each time stamp."""
    return mark_windows(ax, [(instant, instant) for instant in instants], label)


def mark_labels(ax, series: pd.Series, labelled, label: str | None = "labelled") -> int:
    """A green diamond on each labelled row that has a value; `labelled` is bool, shape (n,).

    >>> figure, ax = plt.subplots()
    >>> mark_labels(ax, pd.Series([5.0, 6.0, 7.0]), [False, True, False])
    1
    >>> plt.close(figure)
    """
    return _on_rows(ax, series, labelled, ls="", marker="D", ms=8, color=LABEL, label=label)


def mark_flags(ax, series: pd.Series, flags, label: str | None = "flagged") -> int:
    """A red ring on each flagged row that has a value; `flags` is bool, shape (n,)."""
    return _on_rows(ax, series, flags, ls="", marker="o", ms=4.5, mfc="none", mec=FLAG, label=label)


def mark_threshold(ax, value, label: str | None = "threshold", color: str = THRESHOLD) -> bool:
    """A dashed line at a number, or along a Series of one threshold a row; NaN draws nothing."""
    if not np.isfinite(np.asarray(value, dtype=float)).any():
        return False
    if isinstance(value, pd.Series):
        ax.plot(value.index, value.to_numpy(), color=color, ls="--", label=label)
    else:
        ax.axhline(value, color=color, ls="--", label=label)
    return True


def _on_rows(ax, series: pd.Series, rows, **style) -> int:
    rows = check_rows(rows, "marked rows")
    if len(rows) != len(series):
        raise ValueError(f"{len(series)} rows, and {len(rows)} that say whether to mark them")
    at = rows & series.notna().to_numpy()
    if at.any():
        ax.plot(series.index[at], series[at], **style)
    return int(at.sum())


def log_axis(axis) -> None:
    """Numbers that can be read on an axis that is logarithmic, at 1, 2, 5 where it is short."""
    low, high = axis.get_view_interval()
    short = high / low < 300
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if short else (1,), numticks=8))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda x, _: number(x)))


def log_from(ax, values) -> tuple[int, int]:
    """A logarithmic vertical axis; how many values and how many marks lie below what it shows.

    Where values come close to 0 the lowest fifth is cut off, as it would fill the figure; what is
    not positive is never shown. Diamonds and rings on such values are moved to the lower edge.
    """
    values = np.asarray(values, dtype=float)
    values = values[~np.isnan(values)]
    positive = values[values > 0]
    if not len(positive):
        return 0, 0
    ax.set_yscale("log")
    lowest, fifth = positive.min(), np.quantile(positive, 0.2)
    bottom = (lowest if fifth < 30 * lowest else fifth) / 1.3
    ax.set_ylim(bottom, None)
    log_axis(ax.yaxis)
    moved = 0
    for mark in (mark for mark in ax.get_lines() if mark.get_linestyle() == "None"):
        heights = np.asarray(mark.get_ydata(), dtype=float)
        moved += int((heights < bottom).sum())
        mark.set_ydata(np.maximum(heights, bottom))
        mark.set_clip_on(False)
    return int((values < bottom).sum()), moved


def legend(figure) -> None:
    """What has a label, once, above the axes; nothing where nothing has one."""
    entries = {}
    for ax in figure.axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    if entries:
        widest = 0.75 + 0.085 * max(len(label) for label in entries)  # inches, its sample included
        columns = max(1, min(len(entries), int(figure.get_figwidth() / widest)))
        figure.legend(entries.values(), entries.keys(), loc="outside upper center", ncols=columns)


def nothing(ax, words: str) -> None:
    """Words in place of what is not there."""
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.text(0.5, 0.5, words, ha="center", va="center", color=NOTE, transform=ax.transAxes)
