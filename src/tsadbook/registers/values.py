"""Values as the registers write them: JSON's own types, and rows as ranges of text."""

from __future__ import annotations

import numpy as np
import pandas as pd


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


def leaves(value, path: str = "") -> dict[str, float]:
    """The numbers in nested dicts and lists, by their path."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return {path: value}
    return {p: v for k, sub in items for p, v in leaves(sub, f"{path}.{k}".lstrip(".")).items()}


def rows_of(value, how: str) -> list:
    """The rows that a published or recorded value lists."""
    if how == "keys":
        return list(value)
    if how == "flags":
        return [i for i, flag in enumerate(value) if flag]
    if how == "ranges":
        return from_ranges(value["indices"])
    return list(value)


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
