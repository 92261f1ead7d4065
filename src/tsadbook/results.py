"""Record what a notebook found, under the ids of the ledger."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd


class Recorder:
    """Keep each finding of one notebook, and write them where ``TSADBOOK_RECORD`` says.

    The build sets that variable; in Colab or in a notebook run by hand nothing is written.

    Parameters
    ----------
    notebook : its name, such as "01_sp500".
    data : the datasets that the findings rest on.
    seed : of everything random in it; None where nothing is.

    Examples
    --------
    >>> record = Recorder("01_sp500", data=[])
    >>> record("sp-shapes", {"train": np.int64(7782)})
    >>> record.found
    {'sp-shapes': {'train': 7782}}
    """

    def __init__(self, notebook: str, *, data, seed: int | None = None):
        self.notebook = notebook
        self.seed = seed
        self.data = {d.name: d.sha256 or "stand-in" for d in data}
        self.found: dict = {}
        self.times: dict = {}

    def __call__(self, id: str, value) -> None:
        """Record a value: numbers, text, None, lists and dicts of them, arrays or Series.

        Raises
        ------
        ValueError : the id was recorded before.
        TypeError : the value cannot be written as JSON.
        """
        self._refuse_again(id)
        self.found[id] = plain(value)
        self._write("", self.found)

    def time(self, id: str, value) -> None:
        """Record a duration; kept apart, since it differs from run to run."""
        self._refuse_again(id)
        self.times[id] = plain(value)
        self._write(".times", self.times)

    def _refuse_again(self, id: str) -> None:
        if id in self.found or id in self.times:
            raise ValueError(f"{id!r} is recorded already; every finding has an id of its own")

    def _write(self, suffix: str, found: dict) -> None:
        if target := os.environ.get("TSADBOOK_RECORD"):
            content = {
                "notebook": self.notebook,
                "seed": self.seed,
                "data": self.data,
                "stand_in": "stand-in" in self.data.values(),
                "found": found,
            }
            text = json.dumps(content, indent=1, allow_nan=False) + "\n"
            Path(target).with_suffix(suffix + ".json").write_text(text)


def plain(value):
    """The value in JSON's own types; NaN becomes None, time stamps become text."""
    if isinstance(value, pd.Series):
        if not value.index.is_unique:
            raise ValueError("cannot record a Series whose index repeats: values would be lost")
        value = value.to_dict()
    if isinstance(value, dict):
        return {_key(k): plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.kind == "M":
        value = pd.DatetimeIndex(value)
    if isinstance(value, np.ndarray | pd.Index):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, pd.Timestamp):
        return _key(value)
    if isinstance(value, float) and np.isnan(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"cannot record a {type(value).__name__}: {value!r}")


def _key(key) -> str:
    if isinstance(key, pd.Timestamp):
        return str(key.date() if key == key.normalize() else key)
    return str(key)


def as_ranges(rows) -> str:
    """Sorted row numbers as text, runs as first..last: [1, 5, 6, 7] -> "1, 5..7"."""
    rows = sorted(int(r) for r in rows)
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    return ", ".join(str(a) if a == b else f"{a}..{b}" for a, b in runs)


def from_ranges(text: str) -> list[int]:
    """The row numbers that `as_ranges` wrote."""
    rows: list[int] = []
    for run in filter(None, text.split(", ")):
        first, _, last = run.partition("..")
        rows.extend(range(int(first), int(last or first) + 1))
    return rows
