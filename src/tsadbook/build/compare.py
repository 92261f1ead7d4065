"""Hold the ledger against the results, and write that down: one file for machines, one page."""

from __future__ import annotations

import json
from collections import Counter

from tsadbook.build.errors import BuildFailed
from tsadbook.build.paths import BOOK, RESULTS, chapters
from tsadbook.registers import ledger, sweeps
from tsadbook.registers.reproduction import cell, line, section, table

TITLES = {
    "sp500": "S&P 500",
    "nab_next_step": "Machine temperature",
    "battery": "“Battery” temperature",
    "conv1d": "Conv1D autoencoder",
}
# In the order of a scorecard: settled, open, wrong.
STATUSES = (
    "equal",
    "used",
    "shown",
    "within band",
    "confirmed",
    "explained",
    "contradicted",
    "speed",
    "open",
    "different",
    "changed",
    "missing",
    "not compared",
)
FAILURES = ("different", "changed", "missing")
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
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(comparison, indent=1, allow_nan=False) + "\n"
    (RESULTS / "reproduction.json").write_text(text)
    (BOOK / "reproduction.md").write_text(page(comparison))


def page(comparison: dict) -> str:
    """The reproduction page, in Markdown."""
    parts = ["# Published beside reproduced\n"]
    if comparison["stand_in"]:
        parts.append(
            "> **Warning.** Some of the real data could not be had, and this book was built on "
            "generated stand-ins. Nothing is compared and nothing is claimed for these chapters: "
            f"{', '.join(TITLES[c] for c in on_stand_ins(comparison))}.\n"
        )
    parts.append(
        f"The ledger has {len(comparison['entries'])} entries: the figures, settings, plots and "
        "claims that the sources publish. "
        + (
            ""
            if comparison["stand_in"]
            else "Each is compared with what its chapter recorded when this site was built."
        )
        + "\n"
    )
    parts += ["## Scorecard\n", scorecard(comparison["entries"]), HOW_COMPARED]
    for chapter, title in TITLES.items():
        rows = [r for r in comparison["entries"] if r["chapter"] == chapter]
        notebook = notebook_of(chapter)
        seeds = f"Seeds of the intervals: {sweeps.provenance(notebook)}"
        parts.append(f"## {title}\n\n[The chapter](notebooks/{notebook}.ipynb). {seeds}\n")
        parts.append(table(rows, link="#"))
    return "\n".join(parts)


HOW_COMPARED = """
How an entry is decided depends on its kind.

- **data**, **structure**: follows from the data or the code alone, and must come out *equal*.
- **setting** (a hyperparameter): must be the one *used*. It is read back from the object that was
  fitted where the object keeps it, else from the arguments that it was given.
- **plot**: a figure of that id must be *shown*.
- **outcome**: training is repeated with at least ten seeds. A published number is *within band* if
  it lies in the interval into which one more seed falls with 99 % probability (Student's t, on a
  logarithmic scale for positive values, and never narrower than the seeds themselves). Where an
  entry has several numbers, the intervals hold them all together with that probability. A list of
  rows is within band if its length (*count*) is one that another seed's list could have, and it
  overlaps with the seeds' lists (mean Jaccard *overlap*) as they do with one another.
- **claim**: a sentence, decided by a verdict.

A verdict names the recorded number and the test that decide it. *Confirmed*: the claim holds.
*Contradicted*: it does not, or the published outcome does not come out of the published method.
*Explained*: what is published follows from something else than the source says.

An entry is *open* until it is decided. Durations (*speed*) depend on the machine and are not
compared.

Every entry has an address of its own: `#entry-` and its id. For machines:
<a href="results/reproduction.csv">reproduction.csv</a>
(<a href="results/reproduction.json">JSON</a>),
<a href="results/errata.csv">errata.csv</a> (<a href="results/errata.json">JSON</a>),
<a href="results/scoreboard.csv">scoreboard.csv</a>
(<a href="results/scoreboard.json">JSON</a>),
<a href="results/leaderboard.csv">leaderboard.csv</a>
(<a href="results/leaderboard.json">JSON</a>).
"""


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
    """Entries by chapter and status, as a Markdown table."""
    counts = {c: Counter(r["status"] for r in rows if r["chapter"] == c) for c in TITLES}
    counts["all"] = sum(counts.values(), Counter())
    titles = [cell(TITLES.get(c, "All")) for c in counts]
    lines = [line(["Status", *titles]), line(["---", *["---:"] * len(titles)])]
    for status in [s for s in STATUSES if counts["all"][s]]:
        lines.append(line([status, *[str(c[status] or "–") for c in counts.values()]]))
    lines.append(line(["**entries**", *[f"**{c.total()}**" for c in counts.values()]]))
    return "\n".join(lines) + "\n"
