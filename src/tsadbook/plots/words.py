"""Numbers, counts and dates in words, for captions and alternative texts."""

from __future__ import annotations

from numbers import Real

import numpy as np
import pandas as pd


def number(x: float) -> str:
    """Four digits, or a whole number from a thousand on; a true minus sign, no exponent.

    >>> number(2131.4), number(0.65), number(-12.3456), number(0.0000123)
    ('2,131', '0.65', '−12.35', '0.0000123')
    """
    if not np.isfinite(x):
        return "no number" if np.isnan(x) else f"{'−' if x < 0 else ''}infinity"
    if abs(x) >= 999.95:
        return f"{x:,.0f}".replace("-", "−")
    return np.format_float_positional(float(f"{x:.4g}"), trim="-").replace("-", "−")


def count(n: int, noun: str) -> str:
    """How many of something.

    >>> count(1, "label window"), count(1200, "row"), count(0, "box"), count(2, "epoch")
    ('1 label window', '1,200 rows', '0 boxes', '2 epochs')
    """
    if n != 1 and noun.endswith(("s", "x", "sh", "tch")):
        noun += "es"
    elif n != 1 and noun.endswith("y") and noun[-2:-1] not in "aeiou":
        noun = noun[:-1] + "ies"
    elif n != 1:
        noun += "s"
    return f"{n:,} {noun}"


def listed(parts) -> str:
    """Parts of a sentence.

    >>> listed(["one"]), listed(["one", "two", "three"])
    ('one', 'one, two and three')
    """
    *before, last = list(parts)
    return f"{', '.join(before)} and {last}" if before else last


def between(values) -> str:
    """The range of some numbers.

    >>> between([3, -1, 2]), between([2.0, 2.0]), between([2.0]), between([])
    ('between −1 and 3', 'always 2', '2', 'no number')
    """
    values = np.asarray(values, dtype=float)
    values = values[~np.isnan(values)]
    if not len(values):
        return "no number"
    low, high = number(values.min()), number(values.max())
    if len(values) == 1:
        return low
    return f"always {low}" if low == high else f"between {low} and {high}"


def when(stamp) -> str:
    """A place on a horizontal axis: a date in full, or the number of a row.

    >>> when(pd.Timestamp("2014-02-01 10:00")), when(12)
    ('1 February 2014', 'row 12')
    """
    if isinstance(stamp, pd.Timestamp):
        return f"{stamp.day} {stamp:%B %Y}"
    return f"row {number(stamp)}" if isinstance(stamp, Real) else str(stamp)


def few(named, most: int = 5):
    """What was given, if it is few enough to be told apart in a figure.

    Raises
    ------
    ValueError : more than `most`.
    """
    n = len(named.columns) if isinstance(named, pd.DataFrame) else len(named)
    if n > most:
        raise ValueError(f"{n} of them; a figure holds {most} that can be told apart")
    return named
