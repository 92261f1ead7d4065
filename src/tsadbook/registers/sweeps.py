"""How the outcomes of each notebook vary over seeds: what `make sweep` measured and kept."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

import numpy as np
from scipy import stats

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
