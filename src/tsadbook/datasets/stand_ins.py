"""Generated series for building and testing where the real data cannot be had.

Deterministic and short, on the time axis of the series that each stands in for, with anomalies at
known places. They resemble nothing and prove nothing; whatever uses one says so.
"""

from __future__ import annotations

import os

import numpy as np
import pandas as pd

FIVE_MINUTES = pd.Timedelta(minutes=5)


def allowed() -> bool:
    """Whether ``TSADBOOK_STAND_IN=1`` asks for stand-ins where data is not at hand."""
    return os.environ.get("TSADBOOK_STAND_IN", "") not in ("", "0")


def make(name: str):
    """A stand-in for one series.

    Returns
    -------
    series, instants, windows : as in `tsadbook.datasets.Dataset`.
    """
    if name == "sp500":
        return _prices(), pd.DatetimeIndex([]), ()
    kind = name.split("/")[-1]
    if name.startswith("artificial"):
        jump = name.startswith("artificialWithAnomaly")
        values, start = _daily(jump), "2014-04-01 00:00:00"
        at = [7 * 288 + 108] if jump else []
    elif kind == "machine_temperature_system_failure":
        values, start, at = _temperature(), "2013-12-02 21:15:00", [1200, 2400]
    else:
        starts = {
            "ec2_request_latency_system_failure": "2014-03-07 03:41:00",
            "ec2_cpu_utilization_5f5533": "2014-02-14 14:27:00",
        }
        values, start, at = _spikes(kind), starts.get(kind, "2014-01-01 00:00:00"), [500, 900]
    index = pd.date_range(start, periods=len(values), freq=FIVE_MINUTES, name="timestamp")
    windows = tuple((index[i] - 60 * FIVE_MINUTES, index[i] + 60 * FIVE_MINUTES) for i in at)
    return pd.Series(values, index, name=name), index[at], windows


def _rng(name: str) -> np.random.Generator:
    return np.random.default_rng(list(name.encode()))


def _prices() -> pd.Series:
    """1,500 business days of a random walk that ends where the real series does."""
    returns = _rng("sp500").normal(4e-4, 0.01, 1500)
    returns[[400, 1450]] = -0.2, -0.06
    index = pd.bdate_range(end="2018-06-29", periods=len(returns), name="date")
    return pd.Series(np.round(1500 * np.exp(np.cumsum(returns)), 2), index, name="close")


def _daily(jump: bool) -> np.ndarray:
    """Five days of a square wave; with `jump` twelve, and the high part of the eighth doubled."""
    row = np.arange((12 if jump else 5) * 288)
    high = (row % 288 >= 108) & (row % 288 < 216)
    values = 20.0 + 60.0 * high + _rng(f"daily {jump}").uniform(0, 4, len(row))
    if jump:
        values[high & (row // 288 == 7)] += 60.0
    return values


def _temperature() -> np.ndarray:
    """3,000 rows of a slow wave around 90 degrees with two sudden falls."""
    row = np.arange(3000)
    values = 90 + 5 * np.sin(row / 288 * 2 * np.pi) + _rng("temperature").normal(0, 0.8, len(row))
    for at in (1200, 2400):
        values[at : at + 60] -= 35
    return values


def _spikes(kind: str) -> np.ndarray:
    """1,024 rows of noise around 45 with two spikes."""
    values = _rng(kind).normal(45, 2, 1024)
    values[[500, 900]] += 45, -18
    return values
