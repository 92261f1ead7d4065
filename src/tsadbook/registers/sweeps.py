"""How the outcomes of each notebook vary over seeds: what `make sweep` measured and kept."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
from scipy import stats

from tsadbook.registers.values import leaves

LEVEL = 0.99
MIN_SEEDS = 10  # fewer tell nothing


@cache
def measurements(notebook: str) -> dict:
    """The kept sweep over seeds of one notebook, {} where there is none."""
    path = files("tsadbook.registers").joinpath(f"sweeps/{notebook}.json")
    return json.loads(path.read_text()) if path.is_file() else {}


def interval(values, level: float = LEVEL) -> tuple[float, float]:
    """The interval into which one more draw falls with probability `level`.

    Student's t; on a logarithmic scale where all values are positive, as losses and scores vary
    by factors. It is never narrower than the values themselves, and the spread is taken as at least
    1e-6 of the mean, so that another processor's rounding does not fall outside an interval of no
    width.
    """
    values = np.asarray(values, dtype=float)
    logarithmic = bool((values > 0).all())
    x = np.log(values) if logarithmic else values
    floor = 1e-6 if logarithmic else 1e-6 * abs(x.mean()) + 1e-12
    spread = max(x.std(ddof=1), floor) * np.sqrt(1 + 1 / len(x))
    reach = stats.t.ppf(0.5 + level / 2, len(x) - 1) * spread
    ends = np.array([x.mean() - reach, x.mean() + reach])
    low, high = np.exp(ends) if logarithmic else ends
    return float(min(low, values.min())), float(max(high, values.max()))


def in_words(values, digits: int = 2) -> str:
    """The median of numbers that are not negative, and their `interval` in brackets.

    >>> in_words([1.0, 1.0, 1.0, 1.0])
    '1.00 (1.00 to 1.00)'
    """
    low, high = interval(values)
    ends = f"{max(0, low):.{digits}f} to {high:.{digits}f}"
    return f"{np.median(values):.{digits}f} ({ends})"


def frame(notebook: str, id: str) -> pd.DataFrame:
    """What each seed found under one id.

    Returns
    -------
    One row a seed (the index, as text), a column for each number, named as `leaves` names them; the
    column of a single number has the id as its name. Empty where nothing was swept.
    """
    swept = measurements(notebook).get("seeds", {})
    rows = {seed: leaves(found[id]) for seed, found in swept.items() if id in found}
    return pd.DataFrame(rows).T.rename(columns={"": id}).rename_axis("seed")


def provenance(notebook: str) -> str:
    """From which seeds, days and versions the bands of a notebook come, in one or two sentences.

    >>> provenance("99_nothing")
    'No seeds were swept.'
    """
    kept = measurements(notebook)
    if not kept:
        return "No seeds were swept."
    said = f"{len(kept['seeds'])} seeds, measured on {_dated(kept['measured'])}."
    if "checked" in kept:
        said += f" Two of them came out the same on {_dated(kept['checked'])}."
    return said


def _dated(days: dict[str, str]) -> str:
    """Day and commit, several where there are."""
    said = []
    for commit, text in days.items():
        day = date.fromisoformat(text)
        said.append(f"{day.day} {day:%B %Y} (commit {commit})")
    return " and ".join(said)
