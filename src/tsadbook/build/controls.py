"""Train wrong networks, to see whether the ledger notices: controls of its bands.

A mistake is the published notebook with a few of its lines replaced, as registers/controls.yml
says. It runs up to the cell that shows published beside reproduced, and is asked for the outcomes
alone. What it found is kept in registers/controls.json. Which mistakes the ledger rejects is
decided when the book is built, from the bands that it has then.
"""

from __future__ import annotations

import hashlib
import json

import nbformat

from tsadbook.build import fingerprint, runs
from tsadbook.build.errors import BuildFailed
from tsadbook.build.execute import PROBES
from tsadbook.build.files import replace_json
from tsadbook.build.paths import NOTEBOOKS, PACKAGE
from tsadbook.registers import controls, ledger, probes

NAME = "controls"
KEPT = PACKAGE / "registers" / "controls.json"
SEEDS = (1042, 1043, 1044)  # none of the published network's


def sweep(workers: int = 2) -> None:
    """Train every wrong network that is missing or out of date.

    Raises
    ------
    BuildFailed : naming each that failed, after all others have ended.
    """
    wanted = [(m.notebook, m.id, seed) for m in controls.mistakes() for seed in SEEDS]
    tasks = [(n, id, seed) for n, id, seed in wanted if str(seed) not in _fresh(n, id)["seeds"]]
    print(f"{len(tasks)} wrong networks to train, {len(wanted) - len(tasks)} kept", flush=True)
    runs.run_all(tasks, _measure, _keep, workers)


def is_stale() -> bool:
    """Whether one is missing, or was trained with other code, libraries or lines than now."""
    seeds = {str(seed) for seed in SEEDS}
    return any(not seeds <= set(_fresh(m.notebook, m.id)["seeds"]) for m in controls.mistakes())


def wrong(mistake: controls.Mistake):
    """The notebook with the mistake in it, up to the comparison, and one cell of probes.

    Raises
    ------
    BuildFailed : a line to replace does not stand exactly once in the cells that compute.
    """
    notebook = nbformat.read(NOTEBOOKS / f"{mistake.notebook}.ipynb", as_version=4)
    shown = [fingerprint.COMPARISON in fingerprint.tags(cell) for cell in notebook.cells]
    notebook.cells = notebook.cells[: shown.index(True)]
    notebook.cells = fingerprint.computing_cells(notebook)
    for old, new in mistake.replace.items():
        cells = [cell for cell in notebook.cells for _ in range(cell.source.count(old))]
        if len(cells) != 1:
            raise BuildFailed(f"{mistake.id}: {old!r} stands {len(cells)} times in its cells")
        cells[0].source = cells[0].source.replace(old, new)
    ids = [e.id for e in ledger.outcomes(probes.short(mistake.notebook))]
    source = (
        "from tsadbook.registers import probes\n\n"
        f"probes.write({mistake.notebook!r}, globals(), {ids!r})"
    )
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": [PROBES]}, id=PROBES)
    notebook.cells = [*notebook.cells, cell]
    return notebook


def _measure(notebook: str, id: str, seed: int) -> dict:
    return runs.found_by(wrong(controls.mistake(notebook, id)), notebook, seed)


def _keep(notebook: str, id: str, seed: int, found: dict) -> None:
    kept, mine = controls.kept(), _fresh(notebook, id)
    mine |= {"measured": runs.today(), "seeds": mine["seeds"] | {str(seed): found}}
    kept.setdefault(notebook, {})[id] = mine
    replace_json(KEPT, kept)


def _fresh(notebook: str, id: str) -> dict:
    """What is kept of a mistake if it comes from the present code and lines, else without seeds."""
    lines = controls.mistake(notebook, id).replace
    text = json.dumps([fingerprint.of_measurement(notebook), lines, runs.versions()])
    print_ = hashlib.sha256(text.encode()).hexdigest()
    mine = controls.kept().get(notebook, {}).get(id, {})
    if mine.get("fingerprint") == print_:
        return mine
    return {"fingerprint": print_, "measured": {}, "seeds": {}}
