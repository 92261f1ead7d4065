"""NAB's scoreboard: measure it from the stored scores, keep it, and write it for machines."""

from __future__ import annotations

import datetime
import hashlib
import json

from tsadbook.benchmark import scoreboard
from tsadbook.build import fingerprint
from tsadbook.build.files import replace, replace_json
from tsadbook.build.paths import PACKAGE, RESULTS
from tsadbook.datasets import nab_results

NAME = "scoreboard"
CHAPTER = "05_scoring_detectors"
KEPT = PACKAGE / "benchmark" / "scoreboard.json"


def sweep() -> None:
    """Measure the scoreboard again where the kept one is out of date; needs the stored scores."""
    if not is_stale():
        print("scoreboard: up to date", flush=True)
        return
    head = {
        "command": "make sweep",
        "fingerprint": fingerprint_now(),
        "measured": datetime.date.today().isoformat(),
        "commit": fingerprint.commit(),
    }
    print("scoreboard: scoring what NAB's detectors left; about four minutes", flush=True)
    replace_json(KEPT, head | scoreboard.measure())


def is_stale() -> bool:
    """Whether the kept table does not come from the present code."""
    return not KEPT.exists() or scoreboard.kept()["fingerprint"] != fingerprint_now()


def fingerprint_now() -> str:
    """A hash of the code and the archive that a kept table comes from."""
    own = fingerprint.bare((PACKAGE / "benchmark" / "scoreboard.py").read_text())
    code = fingerprint.of_code(("benchmark.scoreboard",), own + nab_results.SHA256)
    return hashlib.sha256(code.encode()).hexdigest()


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
    replace(RESULTS / "scoreboard.json", text)
