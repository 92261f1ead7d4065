"""Gather what the chapters found wrong in the sources: one file for machines, one page."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

from tsadbook.build import compare, sync
from tsadbook.build.compare import notebook_of
from tsadbook.build.paths import BOOK, RESULTS, chapters
from tsadbook.registers.recorder import erratum_paragraphs

# The chapters of the ledger, and one that reproduces no walkthrough but has an erratum.
TITLES = compare.TITLES | {"scoring_detectors": "Scoring detectors"}


def collect() -> dict:
    """The errata of the executed chapters.

    Returns
    -------
    dict with errata, a list of what `Recorder.erratum` kept, each with its id, its notebook, its
    two addresses on the site (`entry`, `box`) and `answer_at`; and not_claimed, the ids of each
    chapter that was built on stand-in data: a stand-in shows nothing about a source.
    """
    listed, not_claimed = [], {}
    for name in chapters():
        record = json.loads((RESULTS / f"{name}.json").read_text())
        if record["stand_in"] and record["errata"]:
            not_claimed[name] = list(record["errata"])
            continue
        for id, erratum in record["errata"].items():
            form = {"template": "erratum.yml", "title": f"Erratum {id}", "erratum": id}
            addresses = {
                "entry": f"errata.html#{id}",
                "box": f"notebooks/{name}.html#erratum-{id}",
                "answer_at": f"{sync.repository()}/issues/new?{urlencode(form, quote_via=quote)}",
            }
            listed.append({"id": id, "notebook": name} | erratum | addresses)
    return {"errata": listed, "not_claimed": not_claimed}


def write(collected: dict) -> None:
    """errata.json for machines, errata.md for the site."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(collected, indent=1, allow_nan=False) + "\n"
    (RESULTS / "errata.json").write_text(text)
    (BOOK / "errata.md").write_text(page(collected))


def page(collected: dict) -> str:
    """The errata page, in Markdown."""
    parts = [OPENING.format(count=len(collected["errata"]), issues=f"{sync.repository()}/issues")]
    for chapter, title in TITLES.items():
        notebook = notebook_of(chapter)
        left_out = collected["not_claimed"].get(notebook)
        mine = [e for e in collected["errata"] if e["notebook"] == notebook]
        if left_out or mine:
            parts.append(f"## {title}")
        if left_out:
            # The ids stay targets, so that links to them end at the sentence that says why.
            parts.append("\n".join(f"({id})=" for id in left_out))
            parts.append(
                "> **Warning.** This chapter was built on generated stand-in data, since the real "
                f"data could not be had. Its errata, {len(left_out)} of them, are left out: "
                "nothing is claimed here."
            )
        parts += [_entry(erratum) for erratum in mine]
    return "\n\n".join(parts) + "\n"


OPENING = """# Errata

What this book found wrong in its sources, or changed silently in a library since: {count} in all.
Each has an id that stays, the same on this page, in its box in the chapter and in the file for
machines, `errata.json`. What the source says is given in this book's words, its figures as it
prints them. Every other number was computed when this site was built: from the data, from the
published figures, or in the chapter's own run and the kept sweep over seeds. The named test fails
if the erratum no longer holds; `make test` runs it.

## How a source's author can answer

Each entry has a link that opens an issue in [the book's repository]({issues}) with the erratum's id
in its title; anybody may follow it. A sentence, a file or a run that shows otherwise is enough.

The answer is printed beneath the erratum. An erratum that turns out wrong is struck through, with
the reason, and keeps its id and its place."""


def _entry(erratum: dict) -> str:
    id = erratum["id"]
    links = (
        f"{{ref}}`Its box in the chapter <erratum-{id}>`. "
        f"[Answer it]({erratum['answer_at']}). [Link to it](#{id})."
    )
    return "\n\n".join([f"({id})=", f"### Erratum `{id}`", *erratum_paragraphs(erratum), links])
