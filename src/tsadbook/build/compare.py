"""Hold the ledger against the results, and write that down: one file for machines, one page."""

from __future__ import annotations

import json
from collections import Counter

from tsadbook.build import template
from tsadbook.build.errors import BuildFailed
from tsadbook.build.files import replace_json
from tsadbook.build.paths import BOOK, RESULTS, chapters
from tsadbook.registers import bands, controls, ledger, sweeps
from tsadbook.registers.reproduction import cell, line, section, table

TITLES = {
    "sp500": "S&P 500",
    "nab_next_step": "Machine temperature",
    "battery": "“Battery” temperature",
    "conv1d": "Conv1D autoencoder",
}
# In the order of a scorecard, by what was done with an entry.
GROUPS = {
    "tested": (
        "equal",
        "within band",
        "confirmed",
        "explained",
        "contradicted",
        "open",
        "different",
    ),
    "used or shown, not tested": ("used", "shown", "changed", "missing"),
    "not compared": ("too wide to tell", "speed", "not compared"),
}
AS_PUBLISHED = ("equal", "within band", "confirmed")
OTHERWISE = ("explained", "contradicted", "open", "different")
FAILURES = ("different", "changed", "missing")
# What the site offers for machines, as JSON and CSV, and where in each file the list stands.
FILES = {
    "reproduction": "entries",
    "controls": "runs",
    "errata": "errata",
    "scoreboard": "entries",
    "leaderboard": None,
}
STAND_IN = "the chapter was built on stand-in data"


def compare_all() -> dict:
    """Every entry of the ledger against the executed chapters' results.

    Returns
    -------
    dict with stand_in (any chapter was built on one), entries: a list of rows as
    `ledger.compare` gives them, and outside: by notebook, the findings that lie where no other seed
    of its sweep would.
    """
    results = {name: json.loads((RESULTS / f"{name}.json").read_text()) for name in chapters()}
    outside = {
        name: [] if result["stand_in"] else ledger.outside(name, result["found"])
        for name, result in results.items()
    }
    for name, result in results.items():  # a repaired notebook answers for its chapter, too
        if repaired := results.get(f"{name}_repaired"):
            result["found"] = repaired["found"] | result["found"]
    numbers = ledger.count_numbers()
    rows = []
    for entry in ledger.entries():
        notebook = notebook_of(entry.chapter)
        result = results[notebook]
        seeds = sweeps.measurements(notebook).get("seeds", {})
        if result["stand_in"]:
            row = ledger.compare(entry, {}, set(), {}, numbers)
            row |= {"reproduced": None, "status": "not compared", "decided_by": STAND_IN}
        else:
            figures, own = set(result["figures"]), str(result["seed"])
            row = ledger.compare(entry, result["found"], figures, seeds, numbers, own)
        rows.append(row)
    stand_in = any(result["stand_in"] for result in results.values())
    return {"stand_in": stand_in, "entries": rows, "outside": outside}


def notebook_of(chapter: str) -> str:
    """The notebook of a chapter of the ledger: its name with the number before it.

    Raises
    ------
    BuildFailed : there is no such notebook.
    """
    for name in chapters():
        if name.split("_", 1)[1] == chapter:
            return name
    raise BuildFailed(f"published.yml has a chapter {chapter!r}, and no notebook is called so")


def write(comparison: dict) -> None:
    """reproduction.json for machines, reproduction.md for the site."""
    replace_json(RESULTS / "reproduction.json", comparison)
    (BOOK / "reproduction.md").write_text(page(comparison))
    replace_json(RESULTS / "controls.json", {"runs": controls_table()})


def page(comparison: dict) -> str:
    """The reproduction page, in Markdown."""
    rows = comparison["entries"]
    sections = [
        {
            "title": title,
            "page": f"notebooks/{notebook_of(chapter)}.ipynb",
            "seeds": sweeps.provenance(notebook_of(chapter)),
            "repaired": sweeps.provenance(f"{notebook_of(chapter)}_repaired"),
            "table": table([r for r in rows if r["chapter"] == chapter], link="#"),
            "controls": controls.judged(notebook_of(chapter), ledger.outcomes(chapter)),
        }
        for chapter, title in TITLES.items()
    ]
    return template.fill(
        "reproduction.md.jinja",
        stand_in=comparison["stand_in"],
        on_stand_ins=[TITLES[chapter] for chapter in on_stand_ins(comparison)],
        count=len(rows),
        scorecard=scorecard(rows),
        files=list(FILES),
        factor=bands.MAX_FACTOR,
        saying_no=_saying_no,
        chapters=sections,
    )


def _saying_no(mistake: dict) -> str:
    """The entries that reject a mistake, those that do so most often first."""
    counts = Counter({id: n for id, n in mistake["by"].items() if n})
    return ", ".join(f"`{id}`" for id, _ in counts.most_common()) or "none"


def chapter_section(comparison: dict, chapter: str) -> str:
    """What a chapter's page shows of the comparison, in Markdown."""
    rows = [r for r in comparison["entries"] if r["chapter"] == chapter]
    stand_in = chapter in on_stand_ins(comparison)
    return section(rows, notebook_of(chapter), stand_in, link="../reproduction.html")


def on_stand_ins(comparison: dict) -> list[str]:
    """The chapters of the ledger that were built on stand-in data."""
    rows = comparison["entries"]
    return [c for c in TITLES if {r["decided_by"] for r in rows if r["chapter"] == c} == {STAND_IN}]


def scorecard(rows: list[dict]) -> str:
    """Entries by chapter and status, as a Markdown table; each group of statuses with its sum."""
    counts = {c: Counter(r["status"] for r in rows if r["chapter"] == c) for c in TITLES}
    counts["all"] = sum(counts.values(), Counter())
    titles = [cell(TITLES.get(c, "All")) for c in counts]
    lines = [line(["", "Status", *titles]), line(["---", "---", *["---:"] * len(titles)])]
    for group, statuses in GROUPS.items():
        sums = [sum(c[status] for status in statuses) for c in counts.values()]
        if sums[-1]:
            lines.append(line([f"**{group}**", "", *[f"**{n}**" for n in sums]]))
        for status in (s for s in statuses if counts["all"][s]):
            lines.append(line(["", status, *[str(c[status] or "–") for c in counts.values()]]))
    lines.append(line(["**entries**", "", *[f"**{c.total()}**" for c in counts.values()]]))
    return "\n".join(lines) + "\n"


def controls_table() -> list[dict]:
    """Each wrong network and, last of a notebook, the honest seeds: runs, and those rejected."""
    rows = []
    for chapter in TITLES:
        notebook = notebook_of(chapter)
        judged = controls.judged(notebook, ledger.outcomes(chapter))
        honest = {"id": "honest", "words": "the published network", **judged["honest"]}
        rows += [{"notebook": notebook, **row} for row in [*judged["mistakes"], honest]]
    return rows
