"""Figures in which the reader moves a threshold: HTML that works in a notebook and on the site.

The counting is done in the page (explorer.js), by the definitions of `tsadbook.evaluation`; a test
holds the two together. The drawing is plotly's. On the site its script comes with the page; in a
notebook it is fetched.
"""

from __future__ import annotations

import html
import json
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import pandas as pd

from tsadbook import plots

DIGITS = 6  # of a score, significant


class Case(NamedTuple):
    """One choice of an explorer: a detector's scores on a series, and what is known of that series.

    name : shown in the list of choices.
    scores : over the rows that are judged, shape (n,); NaN is never flagged.
    windows : label windows (start, end), both ends included.
    threshold : where the slider stands at first.
    """

    name: str
    scores: pd.Series
    windows: list[tuple[pd.Timestamp, pd.Timestamp]]
    threshold: float


def threshold(
    id: str,
    cases: list[Case],
    caption: str,
    unit: str,
    *,
    events: str = "label window",
    period: str = "week",
    silence: str = "24h",
):
    """Display an explorer: a flagged row's score exceeds the threshold that the reader sets.

    Parameters
    ----------
    id : the figure's anchor on the page.
    cases : at least one; the reader chooses between them.
    caption : what there is to try, as plain text.
    unit : of the score, for the axis and the slider.
    events : what a window is; precision and recall of rows are shown if they are label windows.
    period : "week" or "year", for the rate of false alerts.
    silence : see `tsadbook.evaluation.alerts`.
    """
    from IPython.display import HTML

    data = {
        "unit": unit,
        "events": events,
        "labelled": events == "label window",
        "period": period,
        "silence": pd.Timedelta(silence).total_seconds(),
        "colors": {"series": plots.SERIES, "threshold": plots.THRESHOLD, "label": plots.LABEL,
                   "flag": plots.FLAG},
        "cases": [_packed(case) for case in cases],
    }  # fmt: skip
    name = html.escape(id)
    body = (
        files("tsadbook").joinpath("explorer.html").read_text()
        .replace("{{id}}", name)
        .replace("{{caption}}", html.escape(caption))
        .replace("{{still}}", _still(cases[0], unit))
        .replace("{{data}}", json.dumps(data, separators=(",", ":")).replace("</", "<\\/"))
        .replace("{{script}}", files("tsadbook").joinpath("explorer.js").read_text())
    )  # fmt: skip
    return HTML(body)


def _packed(case: Case) -> dict:
    """A case for the page: seconds since 1970 as a start and steps, scores to a few digits."""
    scores = case.scores.sort_index(kind="stable")
    seconds = scores.index.astype("datetime64[s]").astype("int64").to_numpy()
    ends = [[pd.Timestamp(end).timestamp() for end in window] for window in case.windows]
    return {
        "name": case.name,
        "threshold": float(f"{case.threshold:.{DIGITS}g}"),
        "start": int(seconds[0]),
        "steps": _runs(np.diff(seconds)),
        "scores": [None if np.isnan(s) else float(f"{s:.{DIGITS}g}") for s in scores],
        "windows": ends,
    }


def _runs(steps) -> list[list[int]]:
    """Equal steps that follow one another, as [step, how many]."""
    starts = np.flatnonzero(np.diff(steps, prepend=np.nan))
    counts = np.diff(starts, append=len(steps))
    return [[int(steps[s]), int(c)] for s, c in zip(starts, counts, strict=True)]


def _still(case: Case, unit: str) -> str:
    """What is printed, and shown where scripts do not run."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(8, 2.6))
    plots.line(ax, case.scores, label=case.name)
    plots.mark_windows(ax, case.windows)
    ax.axhline(case.threshold, color=plots.THRESHOLD, ls="--", label="threshold")
    ax.set(xlabel="date", ylabel=f"score ({unit})")
    figure.legend(loc="outside upper center", ncols=3)
    alt = (
        f"{case.name}: the score over time, {len(case.windows)} label windows shaded, and a dashed "
        f"threshold at {case.threshold:.3g}."
    )
    return plots.image(figure, alt)
