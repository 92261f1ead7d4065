"""What the landing page shows of the present build: the picture, the scorecard and the doors."""

from __future__ import annotations

from collections import Counter

import matplotlib.pyplot as plt

from tsadbook import datasets, plots
from tsadbook.build import sync
from tsadbook.build.paths import BOOK, chapters
from tsadbook.evaluation.events import alerts, score_events
from tsadbook.evaluation.nab import probation
from tsadbook.rules import ZScore

SERIES = "realKnownCause/machine_temperature_system_failure"
LIMIT = 4  # deviations, as in chapter 2
AS_PUBLISHED = ("equal", "used", "shown", "within band", "confirmed")
OTHERWISE = ("contradicted", "explained")


def write(comparison: dict, errata: list[dict]) -> None:
    """landing.md, which the landing page includes, and the picture in it."""
    parts = [] if comparison["stand_in"] else [picture(), numbers(comparison["entries"], errata)]
    (BOOK / "landing.md").write_text("\n\n".join([*parts, doors()]) + "\n")


def picture() -> str:
    """Draw one line of arithmetic on the series of chapter 2; return the figure in Markdown."""
    data = datasets.load(SERIES)
    series, n = data.series, probation(len(data.series))
    score = ZScore().fit(series[:n]).decision_function(series)
    judged, flags = series.index[n:], score[n:] > LIMIT
    found = score_events(judged, flags, data.windows)
    first = [start for start, _ in alerts(judged, flags)]
    hits = [start for start in first if any(a <= start <= b for a, b in data.windows)]
    with plt.style.context("default"):
        plots.use_style()
        figure, (above, below) = plt.subplots(2, 1, figsize=(6.4, 4), sharex=True)
        plots.line(above, series)
        plots.mark_windows(above, data.windows, label="failure, by NAB's labels")
        above.set(ylabel="temperature\n(unit not given)")
        below.fill_between(series.index, score, color=plots.SERIES, lw=0, label="|z|")
        plots.mark_windows(below, data.windows, label=None)
        below.axhline(LIMIT, color=plots.THRESHOLD, ls="--", label="threshold")
        below.plot(first, [LIMIT] * len(first), ls="", marker="o", mfc="none", ms=8, mew=1.6,
                   color=plots.FLAG, label="alert")  # fmt: skip
        below.set(ylabel="score\n(deviations)", ylim=(0, None))
        figure.legend(loc="outside upper center", ncols=4)
        figure.savefig(BOOK / "cover.png")
        plt.close(figure)
    alt = (
        f"Two panels over time. Above, a machine's temperature with {len(data.windows)} shaded "
        f"failures. Below, the score |z| with a dashed threshold at {LIMIT} and a ring at each of "
        f"{len(first)} alerts, {len(hits)} of them in a shaded failure."
    )
    caption = (
        f"{len(series):,} temperatures of a machine, and one line of arithmetic: how far a reading "
        f"lies from the mean of the first {n}, in their standard deviations. At {LIMIT} it finds "
        f"{found['found']} of {found['events']} failures, with {found['false_alerts']} false "
        f"alerts in {found['weeks']:.0f} weeks. What does a network add to that? "
        "[Chapter 2](notebooks/02_nab_next_step.ipynb) measures it."
    )
    options = f":name: cover\n:class: book-cover\n:width: 800px\n:alt: {alt}"
    return f"```{{figure}} cover.png\n{options}\n\n{caption}\n```"


def numbers(entries: list[dict], errata: list[dict]) -> str:
    """The scorecard in four numbers."""
    status = Counter(entry["status"] for entry in entries)
    as_published = sum(status[name] for name in AS_PUBLISHED)
    otherwise = sum(status[name] for name in OTHERWISE)
    cards = [
        (len(entries), "published figures, settings, plots and claims", "reproduction"),
        (as_published, "of them come out as published", "reproduction"),
        (otherwise, "follow from something else, or are contradicted", "reproduction"),
        (len(errata), "errata, each with a test", "errata"),
    ]
    return _grid(
        "2 2 4 4",
        [[f"**{number}**\n\n{words}", link, "doc"] for number, words, link in cards],
        "number",
    )


def doors() -> str:
    """Read, run in Colab, run here."""
    first = chapters()[0]
    slug = sync.repository().removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{slug}/blob/main/notebooks/{first}.ipynb"
    return _grid(
        "1 3 3 3",
        [
            ["**Read**\n\nStart with the data and their labels.", f"notebooks/{first}", "doc"],
            ["**Run in Colab**\n\nNothing to install: a button on each chapter.", colab, "url"],
            ["**Run here**\n\n`make book` runs every chapter.", "run-here", "ref"],
        ],
    )


def _grid(columns: str, cards, kind_of_card: str = "door") -> str:
    made = "\n".join(
        f"```{{grid-item-card}}\n:class-card: {kind_of_card}\n:link: {link}\n:link-type: {kind}\n\n"
        f"{words}\n```"
        for words, link, kind in cards
    )
    return f"````{{grid}} {columns}\n:gutter: 2\n\n{made}\n````"
