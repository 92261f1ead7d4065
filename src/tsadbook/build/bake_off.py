"""The bake-off: run it, keep what it found, and know when that is out of date."""

from __future__ import annotations

import datetime
import hashlib
import inspect
import json
import platform
import textwrap
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

from tsadbook.benchmark import catalogue, leaderboard, tasks
from tsadbook.benchmark.catalogue import CATALOGUE, PLAN
from tsadbook.benchmark.tasks import Task
from tsadbook.build import cluster, fingerprint
from tsadbook.build.errors import BuildFailed
from tsadbook.build.files import replace
from tsadbook.build.paths import BUILD, PACKAGE, RESULTS
from tsadbook.datasets import files, tsb_ad
from tsadbook.evaluation.events import label_rows
from tsadbook.evaluation.nab import probation

NAME = "bake_off"
KEPT = PACKAGE / "benchmark" / "bake_off.json"
SCORES = BUILD / "bake-off"  # a file for each task
# What measures the scores of a task.
METRICS = ("evaluation.points", "evaluation.ranges", "treatments")
# What makes the tables of the scores; what makes the scores is in the stamps of the tasks.
TABLES = ("evaluation.nab", "evaluation.comparison", "treatments", "thresholds")


def sweep(scheduler: str | None = None, workers: int = 2) -> None:
    """Compute the tasks that are missing or out of date, then all tables.

    Parameters
    ----------
    scheduler : address of a dask scheduler; None starts workers on this machine.

    Raises
    ------
    BuildFailed : naming the tasks that failed, after all others have ended; no table is made then.
    """
    before = fingerprint_now()
    if not is_stale():
        print("bake-off: up to date", flush=True)
        return
    cluster.run(tasks.all_tasks(), tasks.compute, SCORES, stamp, scheduler, workers)
    print("  bake-off: scoring all detectors", flush=True)
    measured = leaderboard.measure(partial(read, SCORES), workers)
    if fingerprint_now() != before:
        raise BuildFailed("the code of the bake-off was changed meanwhile; sweep again")
    _keep(measured, leaderboard.entries(measured), tasks.series(), before)


def is_stale() -> bool:
    """Whether the kept tables do not come from the present code, settings and data."""
    return not KEPT.exists() or leaderboard.kept()["fingerprint"] != fingerprint_now()


def write() -> None:
    """leaderboard.json, beside the other results."""
    entries = leaderboard.kept()["leaderboard"]
    replace(RESULTS / "leaderboard.json", json.dumps(entries, indent=1, allow_nan=False) + "\n")


def read(folder: Path, task: Task) -> dict:
    """What a task returned.

    Raises
    ------
    FileNotFoundError : it was not computed with the present code.
    """
    values = cluster.kept(task, folder, stamp(task))
    if values is None:
        raise FileNotFoundError(
            f"{task.name}: not computed with the present code; run `make sweep`"
        )
    return values


def stamp(task: Task) -> str:
    """A hash of what a result rests on: the detector, how it is run and measured, the series."""
    return "-".join([_detector(task.detector)[:16], _metrics(), _data(task.series)])


def stamp_of(detector: catalogue.Detector) -> str:
    """A hash of the code and the settings that a detector's scores rest on."""
    function = getattr(detector.make, "func", detector.make)
    kinds = [kind.__qualname__ for kind in getattr(detector.make, "args", ())]
    source = inspect.getsource(catalogue.shortened) + textwrap.dedent(inspect.getsource(function))
    settings = PLAN["detectors"].get(detector.name, {})
    return fingerprint.of_code(
        detector.code, fingerprint.bare(source) + json.dumps([kinds, settings])
    )


@cache
def _detector(name: str) -> str:
    return stamp_of(CATALOGUE[name])


@cache
def _metrics() -> str:
    functions = (tasks.compute, tasks.quality, label_rows, probation)
    source = "\n".join(map(inspect.getsource, functions))
    labels = files.nab_sha256("labels/combined_windows.json")
    rest = [tasks.HIGHEST, list(tsb_ad.SERIES), labels]
    return fingerprint.of_code(METRICS, fingerprint.bare(source) + json.dumps(rest))[:16]


@cache
def _data(name: str) -> str:
    return files.nab_sha256(f"data/{name}.csv")[:16]


def fingerprint_now() -> str:
    """A hash of all that the tables rest on."""
    stamps = sorted(f"{task.name} {stamp(task)}" for task in tasks.all_tasks())
    tables = fingerprint.bare((PACKAGE / "benchmark" / "leaderboard.py").read_text())
    text = "\n".join([*stamps, tables, fingerprint.of_code(TABLES)])
    return hashlib.sha256(text.encode()).hexdigest()


def _keep(measured: dict, entries: list[dict], series: list[str], stamp: str) -> None:
    for run in measured["runs"]:  # what is of the other profiles stands in the leaderboard
        for part in ("oracle", "left_out", "chosen"):
            run[part] = {"standard": run[part]["standard"]}
    measured = _listed(measured, series)
    head = {
        "command": "make sweep",
        "fingerprint": stamp,
        "measured": datetime.date.today().isoformat(),
        "commit": fingerprint.commit(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": {library: version(library).split("+")[0] for library in cluster.LIBRARIES},
        "series": series,
        "overall": measured["overall"],
    }
    text = json.dumps(_short(head), allow_nan=False)[:-1]
    for key, rows in {"leaderboard": entries, "runs": measured["runs"]}.items():
        lines = ",\n".join(json.dumps(_short(row), allow_nan=False) for row in rows)
        text += f',\n"{key}": [\n{lines}\n]'  # a row a line, so that a change can be read
    replace(KEPT, text + "}\n")


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
