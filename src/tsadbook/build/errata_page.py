"""Gather what is wrong in the sources, with the numbers of this build: one file, one page."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from urllib.parse import quote, urlencode

from tsadbook.build import compare, sync, template
from tsadbook.build.errors import BuildFailed
from tsadbook.build.files import replace_json
from tsadbook.build.paths import BOOK, RESULTS, chapters
from tsadbook.registers import errata
from tsadbook.registers.errata import Erratum

# The chapters of the ledger, and one that reproduces no walkthrough but has an erratum.
TITLES = compare.TITLES | {"scoring_detectors": "Scoring detectors"}

# The sources as a sentence names them, by their keys in references.bib.
EDITIONS = {
    "valkov2019": "Valkov's article",
    "lesson_sp500": "the lesson of a coding-interview site",
    "wittenauer_nab": "jdwittenauer's notebook",
    "anizai_battery": "ANIZAI's notebook",
    "conv1d_study": "the blog study of that example",
    "pavithrasv_keras": "the official Keras example",
    "nab_repository": "NAB's repository",
}
ALONE = {"conv1d_study": "the blog study of the Keras example"}

HEADINGS = {
    "changes what you would do": "They change what you would do",
    "changes a number": "They change a number",
}


def collect() -> dict:
    """The errata, their fields filled with what the executed chapters give.

    Returns
    -------
    dict with errata, a list by weight and then by chapter: of each what errata.yml has, its two
    addresses on the site (`entry`, `chapter`) and `answer_at`; and not_claimed, the ids of each
    chapter that was built on stand-in data: a stand-in shows nothing about a source.

    Raises
    ------
    BuildFailed : a chapter gives no fields for one of its errata, or fields for another's.
    ValueError : a field is missing or unused.
    """
    listed, not_claimed = [], {}
    register = errata.errata().values()
    for name in chapters():
        record = json.loads((RESULTS / f"{name}.json").read_text())
        mine = [erratum for erratum in register if erratum.notebook == name]
        if record["stand_in"] and mine:
            not_claimed[name] = [erratum.id for erratum in mine]
            continue
        given = record["errata"]
        if odd := sorted(set(given) ^ {erratum.id for erratum in mine}):
            raise BuildFailed(
                f"{name}: {odd} must stand both in errata.yml, with this notebook, and in ERRATA "
                "of its probes"
            )
        listed += [_row(errata.filled(erratum, given[erratum.id])) for erratum in mine]
    if (
        lost := {e.id for e in register}
        - {e["id"] for e in listed}
        - set().union(*not_claimed.values())
    ):
        raise BuildFailed(f"errata.yml: no notebook is called as {sorted(lost)} say")
    listed.sort(key=lambda row: errata.WEIGHTS.index(row["weight"]))  # stable: then by chapter
    return {"errata": listed, "not_claimed": not_claimed}


def _row(erratum: Erratum) -> dict:
    form = {"template": "erratum.yml", "title": f"Erratum {erratum.id}", "erratum": erratum.id}
    return asdict(erratum) | {
        "editions": list(erratum.editions),
        "entry": f"errata.html#{erratum.id}",
        "chapter": f"notebooks/{erratum.notebook}.html",
        "answer_at": f"{sync.repository()}/issues/new?{urlencode(form, quote_via=quote)}",
    }


def write(collected: dict) -> None:
    """errata.json for machines, errata.md for the site."""
    replace_json(RESULTS / "errata.json", collected)
    (BOOK / "errata.md").write_text(page(collected))


def page(collected: dict) -> str:
    """The errata page, in Markdown."""
    weights = {weight: [] for weight in errata.WEIGHTS}
    for row in collected["errata"]:
        weights[row["weight"]].append(_shown(row))
    slips = weights.pop("slip")
    return template.fill(
        "errata.md.jinja",
        count=len(collected["errata"]),
        issues=f"{sync.repository()}/issues",
        weights={weight: entries for weight, entries in weights.items() if entries},
        headings=HEADINGS,
        slips=slips,
        not_claimed=[_place(name) | {"ids": ids} for name, ids in collected["not_claimed"].items()],
    )


def _shown(row: dict) -> dict:
    """What the template names, beside what the file for machines has."""
    parts = Erratum.__dataclass_fields__
    erratum = Erratum(**{part: row[part] for part in parts} | {"editions": tuple(row["editions"])})
    day = date.fromisoformat(erratum.date)
    return row | {
        **_place(erratum.notebook),
        "concerns": concerns(erratum.editions),
        "paragraphs": errata.paragraphs(erratum),
        "struck": errata.struck(erratum),
        "day": f"{day.day} {day:%B %Y}",
    }


def _place(notebook: str) -> dict:
    title = TITLES[notebook.split("_", 1)[1]]
    return {"title": title, "page": f"notebooks/{notebook}.ipynb"}


def concerns(editions: tuple[str, ...]) -> str:
    """The sources in words, each with its citation.

    >>> concerns(("nab_repository",))
    "NAB's repository {cite:p}`nab_repository`"
    """
    names = EDITIONS | (ALONE if len(editions) == 1 else {})
    return " and ".join(f"{names[key]} {{cite:p}}`{key}`" for key in editions)
