"""The ledger: every figure that the sources publish, held against what the book measured.

How an entry is compared depends on its kind:

data, structure   equal, to the stated tolerance
hyperparameter    used: the value read back from the object that was fitted is the published one
plot              shown: the executed chapter has a figure of that id
outcome           within band: its statistic lies where that of another seed would, see `bands`; too
                  wide to tell: so it does, but the band would hold almost anything
claim             decided by a verdict, else open

No value that a notebook computes rests on the ledger, so a changed published value changes the
status of its entry alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files

import numpy as np
import yaml

from tsadbook.registers import bands
from tsadbook.registers.sweeps import LEVEL, MIN_SEEDS, interval, measurements
from tsadbook.registers.values import leaves, rows_of

OUTCOME = (
    "statistic",
    "compared",
    "here",
    "interval",
    "below",
    "flagged_by",
    "seeds",
    "reruns_alike",
)
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
    statistic: str = "mean log"  # by which an outcome is compared, one of bands.STATISTICS
    rows: str = ""  # how `value` lists rows: "list", "keys", "flags" or "ranges"
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
    dict with id, chapter, source, kind, published, reproduced, status and decided_by. For an
    outcome also, else None: statistic (its name), compared (the published value's statistic, by
    name), here (the same of the reproduced value), interval (the band of each, [low, high]; None
    where there is no end), below (of each: how many seeds have a smaller one), flagged_by (of each
    published row: how many seeds list it), seeds (how many there are) and reruns_alike (whether the
    reproduced value lies where another seed's would).
    """
    row = {
        "id": entry.id,
        "chapter": entry.chapter,
        "source": entry.source,
        "kind": entry.kind,
        "published": entry.value,
        "reproduced": found.get(entry.id),
        "status": "open",
        "decided_by": None,
        **dict.fromkeys(OUTCOME),
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
    return sum(len(bands.of_value(e.statistic, _compared(e, e.value), [[]])) for e in outcomes())


def outcomes(chapter: str = "") -> list[Entry]:
    """The entries that training decides, of one chapter or of all; speeds are none of them."""
    mine = [e for e in entries() if e.kind == "outcome" and not e.speed]
    return [e for e in mine if chapter in ("", e.chapter)]


def rejects(entry: Entry, value, drawn: list) -> bool:
    """Whether an outcome says of a value that no seed of the published method gives it.

    Parameters
    ----------
    value : as a notebook records it.
    drawn : what the seeds found under the entry's id.
    """
    if not entry.rows and set(leaves(value)) != set(leaves(drawn[0])):
        return True
    lists = [_compared(entry, seed) for seed in drawn]
    found = bands.of_value(entry.statistic, _compared(entry, value), lists)
    held = bands.of_seeds(entry.statistic, lists)
    return not all(held[key].holds(number) for key, number in found.items())


def outside(notebook: str, found: dict) -> list[str]:
    """The ids under which a run has numbers that no other seed of the kept sweep would give.

    The intervals are so wide that as many as the ledger has numbers hold all together with 99 %;
    counts have the seeds' range once more on either side, or one where all seeds agree, as another
    processor rounds otherwise. The run's own seed is among them, so on the machine of the sweep the
    numbers agree even where this seed is the odd one. Rates ("..._a_week") are such counts again
    and are left out.

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
        if all(float(value).is_integer() for value in values):
            band = bands.wider("range", bands.of_seeds("range", values))[""]
            low, high = band.low, band.high
        else:
            low, high = interval(values, level)
        if not key.endswith("_a_week") and not low <= number <= high:
            return False
    return True


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def false_alarms(entry: Entry, seeds: int) -> float:
    """How often an outcome rejects an honest run, at most, with the bands of so many seeds."""
    numbers = len(leaves(entry.value)) if entry.statistic == "range" else 1
    return bands.false_alarms(entry.statistic, numbers, seeds)


def _compared(entry: Entry, value):
    """What of a value is compared: of a list of rows the rows, else the value itself."""
    return rows_of(value, entry.rows) if entry.rows else value


def _outcome(entry: Entry, reproduced, measured: dict, numbers: int, own_seed: str) -> dict:
    if len(measured) < MIN_SEEDS:
        return {"decided_by": f"only {len(measured)} seeds were swept; {MIN_SEEDS} are needed"}
    if not entry.rows and set(leaves(entry.value)) != set(leaves(reproduced)):
        return {"status": "different", "decided_by": "its shape: other numbers are recorded"}
    statistic = entry.statistic
    lists = {seed: _compared(entry, value) for seed, value in measured.items()}
    drawn, others = list(lists.values()), [v for seed, v in lists.items() if seed != own_seed]
    published = bands.of_value(statistic, _compared(entry, entry.value), drawn)
    again = bands.of_value(statistic, _compared(entry, reproduced), others)
    held = bands.of_seeds(statistic, drawn)
    rerun = bands.wider(statistic, bands.of_seeds(statistic, others, 1 - (1 - LEVEL) / numbers))
    status = "open"
    if all(held[key].holds(number) for key, number in published.items()):
        tells = all(band.tells for band in held.values())
        status = "within band" if tells else "too wide to tell"
    return {
        "status": status,
        "decided_by": f"{statistic}, {len(drawn)} seeds",
        "statistic": statistic,
        "compared": published,
        "here": again,
        "interval": {key: _in_json(band) for key, band in held.items()},
        "below": bands.below(statistic, published, drawn),
        "flagged_by": _flagged_by(entry, drawn) if entry.rows else None,
        "seeds": len(drawn),
        "reruns_alike": all(rerun[key].holds(number) for key, number in again.items()),
    }


def _flagged_by(entry: Entry, drawn: list) -> dict[str, int]:
    """Of each published row: how many seeds list it."""
    rows = rows_of(entry.value, entry.rows)
    return {str(row): sum(row in listed for listed in drawn) for row in rows}


def _in_json(band: bands.Band) -> list[float | None]:
    ends = (band.low, band.high)
    return [end if end is not None and np.isfinite(end) else None for end in ends]


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
