"""The bake-off of chapter 6: run it, keep what it found, and know when that is out of date."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version

from tsadbook.book import fingerprint
from tsadbook.book.execute import BuildFailed
from tsadbook.book.paths import BUILD, MEASUREMENTS, PACKAGE, RESULTS

CHAPTER = "06_bake_off"
KEPT = MEASUREMENTS / "bake_off.json"
SCORES = BUILD / "bake-off"  # a file for each task
# What makes the tables of the scores; what makes the scores is in the stamps of the tasks.
TABLES = ("evaluation.nab", "evaluation.comparison", "bakeoff.postprocessing", "thresholds")


def sweep(scheduler: str | None = None, workers: int = 2) -> None:
    """Compute the tasks that are missing or out of date, then all tables.

    Parameters
    ----------
    scheduler : address of a dask scheduler; None starts workers on this machine.

    Raises
    ------
    BuildFailed : naming the tasks that failed, after all others have ended; no table is made then.
    """
    from tsadbook.bakeoff import leaderboard, runner, tasks

    before = _stamp()
    if KEPT.exists() and json.loads(KEPT.read_text())["fingerprint"] == before:
        print("bake-off: up to date", flush=True)
        return
    runner.run(tasks.all_tasks(), tasks.compute, SCORES, tasks.stamp, scheduler, workers)
    print("  bake-off: scoring all detectors", flush=True)
    measured = leaderboard.measure(SCORES, workers)
    if _stamp() != before:
        raise BuildFailed("the code of the bake-off was changed meanwhile; sweep again")
    _keep(measured, leaderboard.entries(measured), tasks.series(), before)


def is_stale() -> bool:
    """Whether the kept tables do not come from the present code, settings and data."""
    return not KEPT.exists() or json.loads(KEPT.read_text())["fingerprint"] != _stamp()


def write() -> None:
    """leaderboard.json, beside the other results."""
    entries = json.loads(KEPT.read_text())["leaderboard"]
    text = json.dumps(entries, indent=1, allow_nan=False) + "\n"
    (RESULTS / "leaderboard.json").write_text(text)


def _stamp() -> str:
    from tsadbook.bakeoff import tasks

    stamps = sorted(f"{task.name} {tasks.stamp(task)}" for task in tasks.all_tasks())
    tables = fingerprint.bare((PACKAGE / "bakeoff" / "leaderboard.py").read_text())
    text = "\n".join([*stamps, tables, fingerprint.of_code(TABLES)])
    return hashlib.sha256(text.encode()).hexdigest()


def _keep(measured: dict, entries: list[dict], series: list[str], stamp: str) -> None:
    from tsadbook.bakeoff.runner import LIBRARIES

    for run in measured["runs"]:  # what is of the other profiles stands in the leaderboard
        for part in ("oracle", "left_out", "chosen"):
            run[part] = {"standard": run[part]["standard"]}
    measured = _listed(measured, series)
    head = {
        "notebook": CHAPTER,
        "command": "make sweep",
        "fingerprint": stamp,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": {library: version(library).split("+")[0] for library in LIBRARIES},
        "series": series,
        "overall": measured["overall"],
    }
    text = json.dumps(_short(head), allow_nan=False)[:-1]
    for key, rows in {"leaderboard": entries, "runs": measured["runs"]}.items():
        lines = ",\n".join(json.dumps(_short(row), allow_nan=False) for row in rows)
        text += f',\n"{key}": [\n{lines}\n]'  # a row a line, so that a change can be read
    partial = KEPT.with_suffix(".partial")
    partial.write_text(text + "}\n")
    partial.replace(KEPT)


def _listed(value, series: list[str]):
    """What is by series as a list in their order, so that names do not stand there every time."""
    if isinstance(value, dict) and value and set(value) <= set(series):
        return [value.get(name) for name in series]
    if isinstance(value, dict):
        kept_by_name = ("refused",)
        return {k: p if k in kept_by_name else _listed(p, series) for k, p in value.items()}
    return [_listed(part, series) for part in value] if isinstance(value, list) else value


def _short(value):
    """Seven digits are enough for a table."""
    if isinstance(value, dict):
        return {key: _short(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_short(part) for part in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value
