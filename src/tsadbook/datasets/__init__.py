"""The series that the book uses, by name, with their labelled events.

>>> from tsadbook import datasets
>>> machine = datasets.load("realKnownCause/machine_temperature_system_failure")  # doctest: +SKIP
>>> machine.series.shape, len(machine.windows)  # doctest: +SKIP
((22695,), 4)

A file is looked for in the folder that ``TSADBOOK_DATA`` names, then in the user's cache, then at
its pinned upstream address. With ``TSADBOOK_STAND_IN=1`` nothing is downloaded, and a series that
is not at hand is replaced by a generated stand-in, which says so (``Dataset.stand_in``).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import pandas as pd

from tsadbook.datasets import files, labels, sp500, stand_ins
from tsadbook.datasets.errors import DataError, DataUnavailable
from tsadbook.datasets.reader import irregularities, read_csv

__all__ = [
    "ARTIFICIAL",
    "DataError",
    "DataUnavailable",
    "Dataset",
    "irregularities",
    "load",
    "names",
    "read_csv",
]

REMEDY = (
    "Try again later, name a folder that has it in TSADBOOK_DATA, or set TSADBOOK_STAND_IN=1 to go "
    "on with a generated stand-in."
)

# The artificial series of NAB that have a label, each by what is odd in it.
ARTIFICIAL = {
    "flat middle": "artificialWithAnomaly/art_daily_flatmiddle",
    "jumps down": "artificialWithAnomaly/art_daily_jumpsdown",
    "jumps up": "artificialWithAnomaly/art_daily_jumpsup",
    "no jump": "artificialWithAnomaly/art_daily_nojump",
    "spike density": "artificialWithAnomaly/art_increase_spike_density",
    "load balancer": "artificialWithAnomaly/art_load_balancer_spikes",
}


@dataclass(frozen=True)
class Dataset:
    """A series and its events.

    Attributes
    ----------
    name : the name that `load` was given.
    series : float values, shape (n,), on a DatetimeIndex.
    instants : the labelled points in time.
    windows : (start, end) of each label window, both ends included.
    origin : the file that the series came from, or "stand-in".
    sha256 : of that file, or of the canonical rows for the S&P 500; "" for a stand-in.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=3)
    >>> mine = Dataset("mine", pd.Series([1.0, 9.0, 1.0], days), days[[1]], (), "mine.csv", "ab12")
    >>> mine.stand_in
    False
    """

    name: str
    series: pd.Series
    instants: pd.DatetimeIndex
    windows: tuple[tuple[pd.Timestamp, pd.Timestamp], ...]
    origin: str
    sha256: str

    @property
    def stand_in(self) -> bool:
        return self.origin == "stand-in"


def names() -> list[str]:
    """Every name that `load` knows: "sp500" and the 58 series of NAB."""
    return [sp500.NAME, *files.nab_series()]


def load(name: str) -> Dataset:
    """Load one series with its labels.

    Parameters
    ----------
    name : "sp500", or a NAB series as "category/file", with or without ".csv".

    Raises
    ------
    KeyError : there is no series of that name.
    DataUnavailable : the file is nowhere at hand and cannot be downloaded.
    DataError : the file does not have the content that it should have.
    """
    if name.removesuffix(".csv") not in names():
        raise KeyError(f"no series is called {name!r}; tsadbook.datasets.names() lists them all")
    name = name.removesuffix(".csv")
    try:
        return _load_sp500() if name == sp500.NAME else _load_nab(name)
    except DataUnavailable as reason:
        if not stand_ins.allowed():
            raise DataUnavailable(f"{name} could not be had ({reason}). {REMEDY}") from reason
        return Dataset(name, *stand_ins.make(name), origin="stand-in", sha256="")


def _load_sp500() -> Dataset:
    path = sp500.find()
    series = sp500.read(path)
    return Dataset(
        sp500.NAME, series, pd.DatetimeIndex([]), (), origin=os.fspath(path), sha256=sp500.SHA256
    )


def _load_nab(name: str) -> Dataset:
    key = f"{name}.csv"
    path = files.nab_file(f"data/{key}")
    # NAB has duplicate and backward time stamps: they load, and `irregularities` reports them.
    series = read_csv(path, order="as it is").rename(name)
    instants, windows = labels.of(key)
    sha256 = files.nab_sha256(f"data/{key}")
    return Dataset(name, series, instants, windows, origin=os.fspath(path), sha256=sha256)
