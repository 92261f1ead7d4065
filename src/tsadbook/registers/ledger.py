"""The ledger: every figure that the sources publish, held against what the book measured.

How an entry is compared depends on its kind:

data, structure   equal, to the stated tolerance
hyperparameter    used: the value read back from the object that was fitted is the published one
plot              shown: the executed chapter has a figure of that id
outcome           numbers lie, all together, in the 99 % prediction interval over the seeds of the
                  sweep; lists of rows overlap with the seeds' lists as these do with one another
claim             decided by a verdict, else open

No value that a notebook computes rests on the ledger, so a changed published value changes the
status of its entry alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files

import numpy as np
import yaml

from tsadbook.evaluation.events import jaccard
from tsadbook.registers.sweeps import LEVEL, MIN_SEEDS, interval, measurements
from tsadbook.registers.values import leaves, rows_of

KINDS = ("data", "structure", "hyperparameter", "outcome", "plot", "claim")


@dataclass(frozen=True)
class Entry:
    """One published figure, list, plot, setting or claim; published.yml says what a field means.

    >>> next(entry for entry in entries() if entry.id == "sp-timesteps").value
    30
    """

    id: str
    source: str
    kind: str
    value: object
    chapter: str
    tolerance: float = 0.0
    rows: str = ""  # how `value` lists rows: "list", "keys", "flags" or "ranges"
    at_most: float = np.inf  # an outcome that cannot be larger: fractions
    speed: bool = False
    note: str = ""
    verdict: dict = field(default_factory=dict)  # status, number, test


def entries() -> list[Entry]:
    """The ledger, in the order of the chapters."""
    chapters = yaml.safe_load(files("tsadbook.registers").joinpath("published.yml").read_text())
    return [Entry(chapter=name, **e) for name, listed in chapters.items() for e in listed]


def compare(
    entry: Entry,
    found: dict,
    figures: set[str],
    seeds: dict[str, dict],
    numbers: int,
    own_seed: str = "",
):
    """Hold one entry against what was found.

    Parameters
    ----------
    entry : of the ledger.
    found : what the chapter recorded, by id.
    figures : the ids of the figures in the executed chapter.
    seeds : what each seed of the sweep found, by seed and id.
    numbers : how many numbers the whole ledger compares: the wider interval that a rerun must
        fall into covers all of them together with 99 % probability.
    own_seed : the chapter's seed, which is left out when its own run is held against the sweep.

    Returns
    -------
    dict with id, chapter, source, kind, published, reproduced, interval, status, decided_by,
    in_band (how many of its published numbers lie in their intervals), reruns_alike (whether the
    reproduced value lies where another seed's would), below (of each published number: how many
    seeds have a smaller one) and seeds (how many there are).
    """
    row = {
        "id": entry.id,
        "chapter": entry.chapter,
        "source": entry.source,
        "kind": entry.kind,
        "published": entry.value,
        "reproduced": found.get(entry.id),
        "interval": None,
        "status": "open",
        "decided_by": None,
        "in_band": None,
        "reruns_alike": None,
        "below": None,
        "seeds": None,
    }
    if entry.kind == "plot":
        row["reproduced"] = entry.id in figures
        row["status"] = "shown" if entry.id in figures else "missing"
        row["decided_by"] = "the figure's id in the executed chapter"
    elif entry.speed:
        row["status"] = "speed"
        row["decided_by"] = "the chapter's .times.json, which differs from run to run"
    elif entry.kind == "claim":
        pass
    elif entry.id not in found:
        row["status"] = "missing"
    elif entry.kind == "outcome":
        measured = {k: s[entry.id] for k, s in seeds.items() if entry.id in s}
        row.update(_outcome(entry, row["reproduced"], measured, numbers, own_seed))
    else:
        same = _equal(entry.value, row["reproduced"], entry.tolerance)
        words = ("used", "changed") if entry.kind == "hyperparameter" else ("equal", "different")
        row["status"] = words[0] if same else words[1]
        row["decided_by"] = (
            "read back from the fitted object"
            if entry.kind == "hyperparameter"
            else f"equality{f' to {entry.tolerance:g}' if entry.tolerance else ''}"
        )
    if row["status"] == "open" and entry.verdict and entry.verdict["number"] in found:
        row["status"] = entry.verdict["status"]
        row["decided_by"] = f"{entry.verdict['number']}, {entry.verdict['test']}"
    return row


def count_numbers() -> int:
    """How many numbers the ledger's outcomes compare."""
    outcomes = [e for e in entries() if e.kind == "outcome" and not e.speed]
    return sum(2 if e.rows else len(leaves(e.value)) for e in outcomes)


def outside(notebook: str, found: dict) -> list[str]:
    """The ids under which a run has numbers that no other seed of the kept sweep would give.

    The intervals are as wide as those of `compare` for a rerun: as many as the ledger has numbers
    hold all together with 99 %. The run's own seed is among them, so on the machine of the sweep
    the numbers agree even where this seed is the odd one. Where all seeds have the same count, one
    more or one less agrees too: another processor rounds otherwise. Rates ("..._a_week") are such
    counts again and are left out.

    Parameters
    ----------
    notebook : whose sweep it is held against.
    found : what it recorded, by id.

    Returns
    -------
    Ids, in the order of `found`; none where fewer than ten seeds were swept.
    """
    level = 1 - (1 - LEVEL) / count_numbers()
    kept = measurements(notebook).get("seeds", {}).values()
    swept = {id: [leaves(s[id]) for s in kept if id in s] for id in found}
    return [
        id
        for id, drawn in swept.items()
        if len(drawn) >= MIN_SEEDS and not _another_seed(leaves(found[id]), drawn, level)
    ]


def _another_seed(numbers: dict, drawn: list[dict], level: float) -> bool:
    """Whether each number lies where one more seed's would."""
    alike = all(set(values) == set(drawn[0]) for values in drawn)
    if not alike or not all(_is_number(v) for values in drawn for v in values.values()):
        return True  # lists of rows and text are compared by the ledger alone
    if set(numbers) != set(drawn[0]) or not all(map(_is_number, numbers.values())):
        return False
    for key, number in numbers.items():
        values = [d[key] for d in drawn]
        low, high = interval(values, level)
        count = all(float(value).is_integer() for value in values)
        if not key.endswith("_a_week") and not low - count <= number <= high + count:
            return False
    return True


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _outcome(entry: Entry, reproduced, measured: dict, numbers: int, own_seed: str) -> dict:
    if len(measured) < MIN_SEEDS:
        return {"decided_by": f"only {len(measured)} seeds were swept; {MIN_SEEDS} are needed"}
    if not entry.rows and set(leaves(entry.value)) != set(leaves(reproduced)):
        return {"status": "different", "decided_by": "its shape: other numbers are recorded"}
    statistics = _row_statistics if entry.rows else _number_statistics
    published, seeds = statistics(entry, entry.value, list(measured.values()))
    others = [value for seed, value in measured.items() if seed != own_seed]
    again, their = statistics(entry, reproduced, others)
    band = {k: interval(v, 1 - (1 - LEVEL) / len(seeds)) for k, v in seeds.items()}
    wide = {k: interval(v, 1 - (1 - LEVEL) / numbers) for k, v in their.items()}
    inside = [k for k, v in published.items() if _within(v, band[k], entry.rows and k == "overlap")]
    alike = [k for k, v in again.items() if _within(v, wide[k], entry.rows and k == "overlap")]
    return {
        "interval": {k: _possible(v, entry, k) for k, v in band.items()},
        "status": "within band" if len(inside) == len(published) else "open",
        "decided_by": f"the 99 % prediction interval of {len(measured)} seeds",
        "in_band": f"{len(inside)} of {len(published)}",
        "reruns_alike": len(alike) == len(again),
        "below": {k: _below(v, published[k]) for k, v in seeds.items()},
        "seeds": len(measured),
    }


def _number_statistics(entry: Entry, value, measured: list):
    drawn = [leaves(m) for m in measured]
    return leaves(value), {k: [d[k] for d in drawn] for k in leaves(value)}


def _row_statistics(entry: Entry, value, measured: list):
    """Count, and mean overlap with the seeds' lists (for a seed: with the other seeds')."""
    lists = [rows_of(m, entry.rows) for m in measured]

    def against(rows, others):
        overlap = float(np.mean([jaccard(rows, other) for other in others]))
        return {"count": len(rows), "overlap": overlap}

    drawn = [against(a, lists[:i] + lists[i + 1 :]) for i, a in enumerate(lists)]
    seeds = {k: [d[k] for d in drawn] for k in ("count", "overlap")}
    return against(rows_of(value, entry.rows), lists), seeds


def _below(values, published: float) -> int:
    """How many of the seeds' values are smaller; NaN is recorded as None, and is not."""
    return sum(value is not None and value < published for value in values)


def _possible(bounds, entry: Entry, key: str) -> list[float | None]:
    """The part of an interval that a fraction, a count or an overlap of lists can reach."""
    lowest = 0.0 if entry.rows else -np.inf
    highest = 1.0 if key == "overlap" else entry.at_most
    ends = [max(lowest, bounds[0]), min(highest, bounds[1])]
    return [end if np.isfinite(end) else None for end in ends]  # JSON has no infinity


def _within(value, bounds, only_from_below) -> bool:
    if value is None:  # a NaN that was recorded
        return False
    return bool(bounds[0] <= value and (only_from_below or value <= bounds[1]))


def _equal(published, found, tolerance: float) -> bool:
    if isinstance(published, bool) or isinstance(found, bool):
        return published is found
    if isinstance(published, int | float) and isinstance(found, int | float):
        return abs(published - found) <= tolerance
    if isinstance(published, dict) and isinstance(found, dict):
        return published.keys() == found.keys() and all(
            _equal(published[k], found[k], tolerance) for k in published
        )
    if isinstance(published, list) and isinstance(found, list):
        return len(published) == len(found) and all(
            _equal(p, f, tolerance) for p, f in zip(published, found, strict=True)
        )
    return published == found
