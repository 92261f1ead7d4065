"""What the landing page shows of the present build: the picture, the scorecard and the doors."""

from __future__ import annotations

from collections import Counter

import matplotlib.pyplot as plt

from tsadbook import datasets, plots
from tsadbook.build import compare, sync, template
from tsadbook.build.paths import BOOK, chapters
from tsadbook.evaluation.events import alerts, score_events
from tsadbook.evaluation.nab import probation
from tsadbook.rules import ZScore

SERIES = "realKnownCause/machine_temperature_system_failure"
PICTURE = BOOK / "cover.png"
LIMIT = 4  # deviations, as in chapter 2


def write(comparison: dict, errata: list[dict]) -> None:
    """landing.md, which the landing page includes, and its picture; on stand-ins, doors alone."""
    shown = not comparison["stand_in"]
    slug = sync.repository().removeprefix("https://github.com/")
    first = f"notebooks/{chapters()[0]}"
    page = template.fill(
        "landing.md.jinja",
        picture=picture() if shown else None,
        counts=counts(comparison["entries"], errata) if shown else None,
        first=first,
        colab=f"https://colab.research.google.com/github/{slug}/blob/main/{first}.ipynb",
    )
    (BOOK / "landing.md").write_text(page)


def picture() -> dict:
    """Draw one line of arithmetic on the series of chapter 2; return what is said of it."""
    data = datasets.load(SERIES)
    series, n = data.series, probation(len(data.series))
    score = ZScore().fit(series[:n]).decision_function(series)
    judged, flags = series.index[n:], score[n:] > LIMIT
    found = score_events(judged, flags, data.windows)
    first = [start for start, _ in alerts(judged, flags)]
    with plt.style.context("default"):
        plots.use_style()
        figure, (above, below) = plt.subplots(2, 1, figsize=(6.4, 4), sharex=True)
        plots.line(above, series)
        plots.mark_windows(above, data.windows, label="NAB's label window")
        above.set(ylabel="temperature\n(unit not given)")
        below.fill_between(series.index, score, color=plots.SERIES, lw=0, label="|z|")
        plots.mark_windows(below, data.windows, label=None)
        below.axhline(LIMIT, color=plots.THRESHOLD, ls="--", label="threshold")
        below.plot(first, [LIMIT] * len(first), ls="", marker="o", mfc="none", ms=8, mew=1.6,
                   color=plots.FLAG, label="alert")  # fmt: skip
        below.set(ylabel="score\n(deviations)", ylim=(0, None))
        figure.legend(loc="outside upper center", ncols=4)
        figure.savefig(PICTURE)
        plt.close(figure)
    return {
        "file": PICTURE.name,
        "chapter": "notebooks/02_nab_next_step_repaired.ipynb",
        "rows": f"{len(series):,}",
        "first": n,
        "limit": LIMIT,
        "windows": found["events"],
        "found": found["found"],
        "alerts": len(first),
        "false_alerts": found["false_alerts"],
        "weeks": f"{found['weeks']:.0f}",
    }


def counts(entries: list[dict], errata: list[dict]) -> dict:
    """The scorecard in four numbers."""
    status = Counter(entry["status"] for entry in entries)
    return {
        "entries": len(entries),
        "tested": sum(status[name] for name in compare.GROUPS["tested"]),
        "as_published": sum(status[name] for name in compare.AS_PUBLISHED),
        "otherwise": sum(status[name] for name in compare.OTHERWISE),
        "errata": len(errata),
    }
