"""Measure how the notebooks' outcomes vary over seeds; keep the measurements in the package.

A sweep executes the cells of a notebook that compute, once a seed, with everything else as the
chapter has it. Finished seeds are kept as they end, so a killed sweep goes on where it was. A kept
sweep says when and from what it was measured. One that no longer matches the code stays in use
until `make sweep` renews it; a release needs fresh ones (`make release-check`).

Most changes of code change no result. So a renewal first repeats two of the kept seeds: where both
come out equal to the last digit, all are kept, and the sweep says with which code it was checked.
"""

from __future__ import annotations

import json
import platform

import nbformat

from tsadbook.build import bake_off, controls, fingerprint, runs, scoreboard
from tsadbook.build.errors import BuildFailed
from tsadbook.build.execute import with_probes
from tsadbook.build.files import replace_json
from tsadbook.build.paths import NOTEBOOKS, SWEEPS, chapters
from tsadbook.registers.ledger import entries

PUBLISHED = tuple(range(42, 82))  # a published figure has its place among so many
REPAIRED = tuple(range(42, 54))
COMMAND = "make sweep"


def sweep(
    names: list[str] | None = None,
    seeds=None,
    workers: int = 2,
    scheduler: str | None = None,
) -> None:
    """Measure every seed and table that is missing or out of date.

    Parameters
    ----------
    names : of notebooks, "controls", "bake_off" or "scoreboard"; None for all.
    seeds : of the notebooks; None for those that each should have.
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
    _check_what_is_kept(executed, workers)
    wanted = [(n, seed) for n in executed for seed in seeds or seeds_of(n)]
    tasks = [(n, seed) for n, seed in wanted if str(seed) not in _fresh(n)["seeds"]]
    print(f"{len(tasks)} runs to make, {len(wanted) - len(tasks)} kept", flush=True)
    runs.run_all(tasks, measure, _keep, workers)
    if controls.NAME in names:
        controls.sweep(workers)
    if scoreboard.NAME in names:
        scoreboard.sweep()
    if bake_off.NAME in names:
        bake_off.sweep(scheduler, workers)


def seeds_of(notebook: str) -> tuple[int, ...]:
    """The seeds that a notebook's sweep should have."""
    return REPAIRED if notebook.endswith("_repaired") else PUBLISHED


def everything() -> list[str]:
    """What there is to sweep: notebooks with a seed, wrong networks, and two tables."""
    return [*swept_notebooks(), controls.NAME, scoreboard.NAME, bake_off.NAME]


def swept_notebooks() -> list[str]:
    """The notebooks with a seed to sweep."""
    notebooks = ((n, nbformat.read(NOTEBOOKS / f"{n}.ipynb", as_version=4)) for n in chapters())
    return [n for n, nb in notebooks if any("parameters" in fingerprint.tags(c) for c in nb.cells)]


def stale() -> list[str]:
    """What is kept and does not come from the present code, settings and data."""
    old = [n for n in swept_notebooks() if not {*map(str, seeds_of(n))} <= set(_fresh(n)["seeds"])]
    return old + [table.NAME for table in (controls, scoreboard, bake_off) if table.is_stale()]


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


def measure(name: str, seed: int) -> dict:
    """What one seed found, less what follows from data and code alone."""
    fixed = {e.id for e in entries() if e.kind in ("data", "structure", "hyperparameter")}
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    notebook.cells = fingerprint.computing_cells(notebook)
    found = runs.found_by(with_probes(notebook, name), name, seed)
    return {id: value for id, value in found.items() if id not in fixed}


def _kept(name: str) -> dict:
    """The kept sweep of a notebook, whatever code it comes from; {} where there is none."""
    path = SWEEPS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def _fresh(name: str) -> dict:
    """The kept sweep of a notebook if it comes from the present code, else one without seeds."""
    kept, print_ = _kept(name), fingerprint.of_measurement(name)
    if kept and kept["fingerprint"] == print_ and kept["versions"] == runs.versions():
        return kept
    return {
        "notebook": name,
        "command": COMMAND,
        "fingerprint": print_,
        "measured": {},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": runs.versions(),
        "seeds": {},
    }


def _keep(name: str, seed: int, found: dict) -> None:
    kept = _fresh(name)
    kept["measured"] |= runs.today()
    kept["seeds"] = dict(sorted((kept["seeds"] | {str(seed): found}).items()))
    replace_json(SWEEPS / f"{name}.json", kept)


def _check_what_is_kept(names: list[str], workers: int) -> None:
    """Repeat two seeds of each sweep of other code; keep all of them if both come out equal."""
    other = {n: _kept(n) for n in names if _kept(n) and not _fresh(n)["seeds"]}
    other = {n: kept for n, kept in other.items() if kept["versions"] == runs.versions()}
    again = {name: {} for name in other}
    runs.run_all(
        [(name, int(seed)) for name, kept in other.items() for seed in _chosen(name, kept)],
        measure,
        lambda name, seed, found: again[name].update({str(seed): found}),
        workers,
    )
    for name, kept in other.items():
        # An id that is asked for no more is no change; one that is new has to be measured.
        equal = all(
            found == {id: kept["seeds"][seed].get(id, ...) for id in found}
            for seed, found in again[name].items()
        )
        print(f"  {name}: {'equal' if equal else 'changed'} with seeds {', '.join(again[name])}")
        if equal:
            kept |= {"fingerprint": fingerprint.of_measurement(name), "checked": runs.today()}
            replace_json(SWEEPS / f"{name}.json", kept)


def _chosen(name: str, kept: dict) -> list[str]:
    """The first seed, and another that the code itself picks: nobody chooses a harmless one."""
    first, *others = sorted(kept["seeds"], key=int)
    return [first, *others[int(fingerprint.of_measurement(name), 16) % max(1, len(others)) :][:1]]
