"""Measure how the chapters' outcomes vary over seeds; keep the measurements in the package.

A sweep executes the cells of a chapter that compute, once a seed, with everything else as the
chapter has it. Finished seeds are kept as they end, so a killed sweep goes on where it was.
"""

from __future__ import annotations

import json
import platform
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from threading import Lock

import nbformat

from tsadbook.book import bake_off, fingerprint
from tsadbook.book.execute import BuildFailed, run_notebook, stopping_kernels
from tsadbook.book.paths import BUILD, MEASUREMENTS, NOTEBOOKS, chapters
from tsadbook.ledger import entries

SEEDS = tuple(range(42, 54))
COMMAND = "make sweep"
LIBRARIES = ("keras", "tensorflow", "torch", "numpy", "pandas", "scikit-learn")


def sweep(names: list[str], seeds=SEEDS, workers: int = 2, scheduler: str | None = None) -> None:
    """Measure every seed that is missing or out of date.

    Parameters
    ----------
    names : of the chapters.
    workers : how many processes run at a time on this machine.
    scheduler : of the dask cluster that the bake-off runs on; None for this machine. Chapters are
        executed here in any case.

    Raises
    ------
    BuildFailed : naming each chapter and seed that failed, after all others have ended.
    """
    if unknown := set(names) - set(everything()):
        there = ", ".join(everything())
        raise BuildFailed(f"no chapter to sweep is called {', '.join(unknown)}; there are {there}")
    executed = [name for name in names if name != bake_off.CHAPTER]
    tasks = [(n, seed) for n in executed for seed in seeds if str(seed) not in _kept(n)["seeds"]]
    print(f"{len(tasks)} runs to make, {len(executed) * len(seeds) - len(tasks)} kept", flush=True)
    lock, failures, done = Lock(), [], 0

    def measure(task):
        nonlocal done
        name, seed = task
        before = fingerprint.of_measurement(name)
        try:
            found = _measure(name, seed)
            if fingerprint.of_measurement(name) != before:
                raise BuildFailed("its code was changed meanwhile; sweep again")
        except BuildFailed as error:
            failures.append(f"{name}, seed {seed}: {error}")
            return
        with lock:
            _keep(name, seed, found)
            done += 1
            print(f"  {name}, seed {seed}: done ({done} of {len(tasks)})", flush=True)

    with ThreadPoolExecutor(workers) as pool, stopping_kernels():
        jobs = [pool.submit(measure, task) for task in tasks]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failures:
        raise BuildFailed("\n".join(failures))
    if bake_off.CHAPTER in names:
        bake_off.sweep(scheduler, workers)


def everything() -> list[str]:
    """What there is to sweep: chapters with a seed, and the bake-off."""
    return [*swept_chapters(), bake_off.CHAPTER]


def swept_chapters() -> list[str]:
    """The chapters with a seed to sweep."""
    notebooks = ((n, nbformat.read(NOTEBOOKS / f"{n}.ipynb", as_version=4)) for n in chapters())
    return [n for n, nb in notebooks if any("parameters" in fingerprint.tags(c) for c in nb.cells)]


def stale() -> list[str]:
    """The chapters whose measurements do not come from their present code and data."""
    wanted = {str(seed) for seed in SEEDS}
    old = [name for name in swept_chapters() if not wanted <= set(_kept(name)["seeds"])]
    if bake_off.CHAPTER in chapters() and bake_off.is_stale():
        old.append(bake_off.CHAPTER)
    return old


def _measure(name: str, seed: int) -> dict:
    """What one seed found, less what follows from data and code alone."""
    fixed = {e.id for e in entries() if e.kind in ("data", "structure", "hyperparameter")}
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    notebook.cells = fingerprint.computing_cells(notebook)
    BUILD.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="sweep-", dir=BUILD))
    try:
        run_notebook(notebook, folder, name, {"SEED": seed}, quiet=True)
        record = json.loads((folder / "record.json").read_text())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if record["stand_in"]:
        raise BuildFailed("ran on stand-in data; a sweep needs the real data")
    return {id: value for id, value in record["found"].items() if id not in fixed}


def _kept(name: str) -> dict:
    """The measurements of a chapter that are up to date."""
    path = MEASUREMENTS / f"{name}.json"
    print_ = fingerprint.of_measurement(name)
    if path.exists():
        kept = json.loads(path.read_text())
        if kept["fingerprint"] == print_:
            return kept
    return {
        "notebook": name,
        "command": COMMAND,
        "fingerprint": print_,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": {library: version(library).split("+")[0] for library in LIBRARIES},
        "seeds": {},
    }


def _keep(name: str, seed: int, found: dict) -> None:
    kept = _kept(name)
    kept["seeds"] = dict(sorted((kept["seeds"] | {str(seed): found}).items()))
    MEASUREMENTS.mkdir(exist_ok=True)
    partial = MEASUREMENTS / f"{name}.partial"
    partial.write_text(json.dumps(kept, indent=1) + "\n")
    partial.replace(MEASUREMENTS / f"{name}.json")
