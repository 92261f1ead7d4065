"""Figures in which the reader moves a threshold: HTML that works in a notebook and on the site.

The counting is done in the page (counts.js), by the definitions of `tsadbook.thresholds` and
`tsadbook.evaluation`; a test holds the two together. The drawing is plotly's. On the site its
script comes with the page; in a notebook it is fetched.
"""

from __future__ import annotations

import html
import json
from importlib.resources import files
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pandas as pd
from IPython.display import HTML

from tsadbook.checks import check_duration, check_windows
from tsadbook.plots import marks
from tsadbook.plots.figure import image
from tsadbook.plots.over_time import drawn_score
from tsadbook.thresholds import RollingThreshold

DIGITS = 6  # of a score, significant
SCRIPTS = ("counts.js", "explorer.js")
PLOTLY = "https://cdn.plot.ly/plotly-4.1.1.min.js"  # the version that the site brings

BESIDE = {
    None: "",
    "bound": "Window length against coefficient. The region above the curve (n - 1) / √n is "
    "shaded: there no row can be flagged that its own window contains. A ring marks what is set.",
    "metrics": "Each metric over the threshold as a curve with a diamond at its highest point, and "
    "the threshold that is set as a dashed line.",
}


class Case(NamedTuple):
    """One choice of an explorer: a detector's scores on a series, and what is known of that series.

    name : shown in the list of choices.
    scores : over the rows that are judged, shape (n,); NaN is never flagged.
    windows : label windows (start, end), both ends included.
    threshold : where the slider stands at first, if the threshold is a fixed one.

    >>> days = pd.date_range("2024-01-01", periods=3)
    >>> Case("|z|", pd.Series([0.1, 5.0, 0.2], days), [(days[1], days[1])], 4.0).threshold
    4.0
    """

    name: str
    scores: pd.Series
    windows: list[tuple[pd.Timestamp, pd.Timestamp]]
    threshold: float = np.nan


def threshold(
    id: str,
    cases: list[Case],
    caption: str,
    unit: str,
    *,
    events: str = "label window",
    period: str = "week",
    silence: str = "24h",
    metrics: bool = False,
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
    metrics : whether the metrics of chapter 5 are shown beside, each over the threshold. The rows
        are then those after NAB's probation.
    """
    data = {
        "rule": "fixed",
        "controls": [{"name": "threshold", "label": "threshold"}],
        "beside": "metrics" if metrics else None,
        "choice": "detector",
        "unit": unit,
        "events": events,
        "period": period,
        "silence": check_duration(silence, "silence").total_seconds(),
    }
    return _explorer(id, cases, caption, data, cases[0].threshold)


def rolling(id: str, cases: list[Case], caption: str, unit: str, *, window: int, k: float):
    """Display an explorer of `RollingThreshold`: window length, coefficient, and whether a row is
    in its own window, as it is at first. Scores are above 0, on a logarithmic axis.

    Parameters
    ----------
    id, cases, caption, unit : as for `threshold`.
    window, k : what is set at first.
    """
    longest = {"min": 2, "max": 200, "step": 1, "least": 2, "whole": True}
    highest = {"min": 0, "max": 10, "step": 0.1, "least": 0}
    data = {
        "rule": "rolling",
        "controls": [
            {"name": "window", "label": "window length", "value": window, **longest},
            {"name": "k", "label": "coefficient", "value": k, **highest},
            {"name": "own", "label": "a row is in its own window", "value": True, "tick": True},
        ],
        "beside": "bound",
        "log": True,
        "choice": "series",
        "unit": unit,
        "events": "label window",
        "period": "week",
        "silence": pd.Timedelta("24h").total_seconds(),
    }
    first = cases[0].scores
    heights = RollingThreshold(window, k, sees_itself=True).thresholds(first)
    return _explorer(id, cases, caption, data, pd.Series(heights, first.index))


def _explorer(id: str, cases: list[Case], caption: str, data: dict, threshold):
    here = files("tsadbook.plots")
    data |= {
        "plotly": PLOTLY,
        "template": json.loads(here.joinpath("book.plotly.json").read_text()),
        "colors": {"series": marks.SERIES, "threshold": marks.THRESHOLD, "label": marks.LABEL,
                   "flag": marks.FLAG},
        "cases": [_packed(case) for case in cases],
    }  # fmt: skip
    beside = data["beside"]
    drawn = f'<div class="beside" role="img" aria-label="{BESIDE[beside]}"></div>' if beside else ""
    body = (
        here.joinpath("explorer.html").read_text()
        .replace("{{id}}", html.escape(id))
        .replace("{{caption}}", html.escape(caption))
        .replace("{{choice}}", data["choice"])
        .replace("{{beside}}", drawn)
        .replace("{{still}}", _still(cases[0], data, threshold))
        .replace("{{data}}", json.dumps(data, separators=(",", ":")).replace("</", "<\\/"))
        .replace("{{script}}", "".join(here.joinpath(name).read_text() for name in SCRIPTS))
    )  # fmt: skip
    return HTML(body)


def _packed(case: Case) -> dict:
    """A case for the page: seconds since 1970 as a start and steps, scores to a few digits."""
    scores = case.scores.sort_index(kind="stable")
    seconds = scores.index.astype("datetime64[s]").astype("int64").to_numpy()
    windows = check_windows(scores.index, case.windows)
    return {
        "name": case.name,
        "threshold": _short(case.threshold),
        "start": int(seconds[0]),
        "steps": [[int(step), len([*same])] for step, same in groupby(np.diff(seconds))],
        "scores": [_short(s) for s in scores],
        "windows": [[start.timestamp(), end.timestamp()] for start, end in windows],
    }


def _short(number: float) -> float | None:
    return None if np.isnan(number) else float(f"{number:.{DIGITS}g}")


def _still(case: Case, data: dict, threshold) -> str:
    """What is printed, and shown where scripts do not run."""
    figure, alt = drawn_score(
        case.scores,
        f"score ({data['unit']})",
        threshold=threshold,
        windows={data["events"]: case.windows},
        log=data.get("log", False),
    )
    return image(figure, f"{case.name}: {alt}")
