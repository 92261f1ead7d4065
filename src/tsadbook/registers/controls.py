"""Wrong networks, trained to see what the ledger would notice, and what it says of each.

registers/controls.yml has the mistakes, controls.json what their networks found (`make sweep`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files

import yaml

from tsadbook.registers import ledger, sweeps


@dataclass(frozen=True)
class Mistake:
    """One plausible mistake in a published notebook.

    notebook : such as "01_sp500".
    id : of the mistake.
    words : what is wrong.
    replace : new code by the old code that it stands in place of.

    >>> mistakes()[0].words
    '32 units in each LSTM, not 64'
    """

    notebook: str
    id: str
    words: str
    replace: dict[str, str]


def mistakes() -> list[Mistake]:
    """All mistakes, by notebook in the order of controls.yml."""
    listed = yaml.safe_load(files("tsadbook.registers").joinpath("controls.yml").read_text())
    return [Mistake(notebook, **m) for notebook, ms in listed.items() for m in ms]


def mistake(notebook: str, id: str) -> Mistake:
    """One mistake, by the notebook that it is made in and its id."""
    return next(m for m in mistakes() if (m.notebook, m.id) == (notebook, id))


def kept() -> dict:
    """What the wrong networks found: by notebook, mistake, "seeds", seed and id of an entry."""
    path = files("tsadbook.registers").joinpath("controls.json")
    return json.loads(path.read_text()) if path.is_file() else {}


def judged(notebook: str, outcomes: list[ledger.Entry]) -> dict:
    """What the ledger says of a notebook's wrong networks, and of its honest seeds.

    A run is rejected if at least one entry lies outside the band of the honest seeds. Each honest
    seed is held against the others.

    Parameters
    ----------
    outcomes : the notebook's entries that training decides; those not swept yet are left out.

    Returns
    -------
    dict with mistakes: list of {id, words, runs, rejected (how many of them), by (of each entry:
    how many runs it rejects)}; honest: {runs, rejected, by}; allowed: the share of honest runs that
    its entries may reject, added up.
    """
    honest = sweeps.measurements(notebook).get("seeds", {})
    outcomes = [e for e in outcomes if all(e.id in seed for seed in honest.values())]
    drawn = {e.id: [seed[e.id] for seed in honest.values()] for e in outcomes}
    found = kept().get(notebook, {})
    rows = []
    for made in (m for m in mistakes() if m.notebook == notebook):
        runs = found.get(made.id, {}).get("seeds", {}).values()
        no = [[e.id for e in outcomes if ledger.rejects(e, run[e.id], drawn[e.id])] for run in runs]
        rows.append({"id": made.id, "words": made.words, **_counted(no, outcomes)})
    left_out = [
        [e.id for e in outcomes if ledger.rejects(e, drawn[e.id][i], _without(drawn[e.id], i))]
        for i in range(len(honest))
    ]
    shares = [ledger.false_alarms(e, len(honest) - 1) for e in outcomes]
    return {"mistakes": rows, "honest": _counted(left_out, outcomes), "allowed": sum(shares)}


def _without(drawn: list, i: int) -> list:
    return drawn[:i] + drawn[i + 1 :]


def _counted(rejecting: list[list[str]], outcomes: list[ledger.Entry]) -> dict:
    return {
        "runs": len(rejecting),
        "rejected": sum(bool(ids) for ids in rejecting),
        "by": {e.id: sum(e.id in ids for ids in rejecting) for e in outcomes},
    }
