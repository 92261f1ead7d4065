"""Measure how the notebooks' outcomes vary over seeds; keep the measurements in the package.

A sweep executes the cells of a notebook that compute, once a seed, with everything else as the
chapter has it. Finished seeds are kept as they end, so a killed sweep goes on where it was. A kept
sweep says when and from what it was measured. One that no longer matches the code stays in use
until `make sweep` renews it; a release needs fresh ones (`make release-check`).
"""

from __future__ import annotations

import datetime
import json
import platform
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from threading import Lock

import nbformat

from tsadbook.build import bake_off, fingerprint, scoreboard
from tsadbook.build.errors import BuildFailed
from tsadbook.build.execute import run_notebook, stopping_kernels, with_probes
from tsadbook.build.files import replace_json
from tsadbook.build.paths import BUILD, NOTEBOOKS, SWEEPS, chapters
from tsadbook.registers.ledger import entries

SEEDS = tuple(range(42, 54))
COMMAND = "make sweep"
LIBRARIES = ("keras", "tensorflow", "torch", "numpy", "pandas", "scikit-learn")


def sweep(
    names: list[str] | None = None,
    seeds=SEEDS,
    workers: int = 2,
    scheduler: str | None = None,
) -> None:
    """Measure every seed and table that is missing or out of date.

    Parameters
    ----------
    names : of notebooks, "bake_off" or "scoreboard"; None for all.
    workers : how many processes run at a time on this machine.
    scheduler : of the dask cluster that the bake-off runs on; None for this machine. Notebooks are
        executed here in any case.

    Raises
    ------
    BuildFailed : naming each notebook and seed that failed, after all others have ended.
    """
    names = everything() if names is None else names
    if unknown := set(names) - set(everything()):
        there = ", ".join(everything())
        raise BuildFailed(f"nothing to sweep is called {', '.join(unknown)}; there are {there}")
    executed = [name for name in names if name in swept_notebooks()]
    tasks = [(n, seed) for n in executed for seed in seeds if str(seed) not in _fresh(n)["seeds"]]
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
    if scoreboard.NAME in names:
        scoreboard.sweep()
    if bake_off.NAME in names:
        bake_off.sweep(scheduler, workers)


def everything() -> list[str]:
    """What there is to sweep: notebooks with a seed, and two tables."""
    return [*swept_notebooks(), scoreboard.NAME, bake_off.NAME]


def swept_notebooks() -> list[str]:
    """The notebooks with a seed to sweep."""
    notebooks = ((n, nbformat.read(NOTEBOOKS / f"{n}.ipynb", as_version=4)) for n in chapters())
    return [n for n, nb in notebooks if any("parameters" in fingerprint.tags(c) for c in nb.cells)]


def stale() -> list[str]:
    """What is kept and does not come from the present code, settings and data."""
    wanted = {str(seed) for seed in SEEDS}
    old = [name for name in swept_notebooks() if not wanted <= set(_fresh(name)["seeds"])]
    return old + [table.NAME for table in (scoreboard, bake_off) if table.is_stale()]


def refuse_stale() -> None:
    """For a release.

    Raises
    ------
    BuildFailed : naming what is stale.
    """
    if old := stale():
        raise BuildFailed(
            f"{', '.join(old)}: measured with other code than the present one; run `make sweep`"
        )
    print("every sweep and table was measured with the present code")


def _measure(name: str, seed: int) -> dict:
    """What one seed found, less what follows from data and code alone."""
    fixed = {e.id for e in entries() if e.kind in ("data", "structure", "hyperparameter")}
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    notebook.cells = fingerprint.computing_cells(notebook)
    notebook = with_probes(notebook, name)
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


def _fresh(name: str) -> dict:
    """The kept sweep of a notebook if it comes from the present code, else one without seeds."""
    path = SWEEPS / f"{name}.json"
    print_ = fingerprint.of_measurement(name)
    if path.exists():
        kept = json.loads(path.read_text())
        if kept["fingerprint"] == print_ and kept["versions"] == _versions():
            return kept
    return {
        "notebook": name,
        "command": COMMAND,
        "fingerprint": print_,
        "measured": datetime.date.today().isoformat(),
        "commit": fingerprint.commit(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": _versions(),
        "seeds": {},
    }


def _versions() -> dict[str, str]:
    return {library: version(library).split("+")[0] for library in LIBRARIES}


def _keep(name: str, seed: int, found: dict) -> None:
    kept = _fresh(name)
    kept["seeds"] = dict(sorted((kept["seeds"] | {str(seed): found}).items()))
    replace_json(SWEEPS / f"{name}.json", kept)
