"""NAB's scoreboard, published beside recomputed, as one file for machines."""

from __future__ import annotations

import json

from tsadbook.book.paths import RESULTS

CHAPTER = "05_scoring_detectors"


def collect() -> dict:
    """The scoreboard that the executed chapter recorded.

    Returns
    -------
    dict with computed_from ("stored scores", or "kept table" where the archive was not at hand when
    the book was built) and entries, one for each detector and profile.
    """
    found = json.loads((RESULTS / f"{CHAPTER}.json").read_text())["found"]
    return {"computed_from": found["score-board-from"], "entries": found["score-board"]}


def write(collected: dict) -> None:
    """scoreboard.json, beside the other results."""
    text = json.dumps(collected, indent=1, allow_nan=False) + "\n"
    (RESULTS / "scoreboard.json").write_text(text)
