"""The statistic by which an outcome is compared, and the band that another seed's falls into.

mean log          the geometric mean of all its numbers, such as a curve of losses
mean log of each  the same for each key of a dict
range             each of its numbers, where they can be 0 or take few values: counts, fractions
rows              of a list of rows: in how many rows it differs from a seed's list, on average

The band of a mean is the interval that one more seed falls into with 99 % probability, by
Student's t on logarithms. That of a range goes from the least seed to the largest, and that of rows
up to the largest: of n seeds one more lies there with probability (n - 1) / (n + 1) or n / (n + 1),
whatever the distribution. One statistic an entry, since a band for each of ten numbers that hardly
differ is so wide that wrong networks fit in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tsadbook.registers.sweeps import LEVEL, interval
from tsadbook.registers.values import leaves

STATISTICS = ("mean log", "mean log of each", "range", "rows")
MAX_FACTOR = 3  # a band wider than this tells nothing


@dataclass(frozen=True)
class Band:
    """Where another seed's statistic lies.

    low, high : its ends; low is None where there is no lower one.
    tells : whether it is narrow enough to say no: its ends are positive and at most a factor of 3
        apart, or equal; for rows, an empty list lies outside.

    >>> Band(0.08, 0.12, True).holds(0.1)
    True
    """

    low: float | None
    high: float
    tells: bool

    def holds(self, value: float | None) -> bool:
        """Whether a statistic lies in it; one that is no number (None, NaN) does not."""
        return value is not None and (self.low is None or self.low <= value) and value <= self.high


def of_value(statistic: str, value, others: list) -> dict[str, float | None]:
    """The statistic of a value, by name ("" where there is one); None where it is no number.

    Parameters
    ----------
    statistic : one of STATISTICS.
    value : a number, list or dict of these; for "rows" a list of rows.
    others : the seeds' values, for "rows" alone.
    """
    if statistic == "rows":
        differing = [len(set(value) ^ set(other)) for other in others]
        return {"": float(np.mean(differing))}
    if statistic == "range":
        return leaves(value)
    if statistic == "mean log of each":
        return {key: _geometric_mean(part) for key, part in value.items()}
    return {"": _geometric_mean(value)}


def of_seeds(statistic: str, drawn: list, level: float = LEVEL) -> dict[str, Band]:
    """The band of each of the statistic's numbers, from the seeds' values (those of `of_value`).

    Parameters
    ----------
    level : with which all bands of means hold together.
    """
    each = _each(statistic, drawn)
    return {
        key: _band(
            statistic, [values[key] for values in each], drawn, 1 - (1 - level) / len(each[0])
        )
        for key in each[0]
    }


def below(statistic: str, values: dict[str, float | None], drawn: list) -> dict[str, int]:
    """How many seeds have a smaller statistic than a value's, by name."""
    each = _each(statistic, drawn)
    return {
        key: sum(seed[key] is not None and value is not None and seed[key] < value for seed in each)
        for key, value in values.items()
    }


def wider(statistic: str, bands: dict[str, Band]) -> dict[str, Band]:
    """Bands for a rerun on another processor: a range or a bound once more as wide, or one row."""
    if statistic.startswith("mean log"):
        return bands
    return {key: _stretched(band) for key, band in bands.items()}


def false_alarms(statistic: str, numbers: int, seeds: int) -> float:
    """How often an honest seed lies outside, at most, as a probability."""
    if statistic.startswith("mean log"):
        return 1 - LEVEL
    return 1 / (seeds + 1) if statistic == "rows" else min(1.0, 2 * numbers / (seeds + 1))


def _each(statistic: str, drawn: list) -> list[dict[str, float | None]]:
    """The statistic of each seed; lists are held against those of the other seeds."""
    return [of_value(statistic, v, drawn[:i] + drawn[i + 1 :]) for i, v in enumerate(drawn)]


def _geometric_mean(value) -> float | None:
    numbers = list(leaves(value).values())
    if any(not isinstance(n, int | float) or not n > 0 for n in numbers):
        return None
    return float(np.exp(np.mean(np.log(numbers))))


def _band(statistic: str, values: list, drawn: list, level: float) -> Band:
    if any(value is None for value in values):  # a seed that diverged: nothing can be said
        return Band(np.inf, -np.inf, False)
    if statistic == "rows":
        high = max(values)
        nothing = of_value("rows", [], drawn)[""]
        return Band(None, high, nothing > high)
    low, high = interval(values, level) if statistic != "range" else (min(values), max(values))
    return Band(low, high, low == high or (low > 0 and high <= MAX_FACTOR * low))


def _stretched(band: Band) -> Band:
    low = 0.0 if band.low is None else band.low
    reach = max(band.high - low, 1.0)
    return Band(None if band.low is None else low - reach, band.high + reach, band.tells)
