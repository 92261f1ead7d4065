"""The S&P 500 daily close, 1986-01-02 to 2018-06-29, as the walkthroughs use it.

Copies of it differ in form: other column names, years before 1986. So the canonical rows, date and
close, are what is hashed and checked. The index values belong to S&P Dow Jones Indices: the book
reads and analyses them, and publishes no copy that a machine could read back.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import pandas as pd

from tsadbook.datasets import files
from tsadbook.datasets.errors import DataError, DataUnavailable
from tsadbook.datasets.reader import read_csv

NAME = "sp500"
FIRST, LAST, ROWS = "1986-01-02", "2018-06-29", 8192
SHA256 = "d02937779c1df736bf60720c8ff2125ec9d6b11317c56897f634db70da8a5687"
COLUMNS = {"date": "close", "datestamp": "spx", "Date": "Close"}
URLS = (
    "https://raw.githubusercontent.com/JamesWWhiteJr/Jupyter-Data/"
    "ec27d7dedaacd9bf7aa25b6c079b0d578541f0e5/spx.csv",
    "https://drive.google.com/uc?export=download&id=10vdMg_RazoIatwrT7azKFX4P02OebU76",
)


def read(path: Path) -> pd.Series:
    """Read any of the known forms and check the canonical rows.

    Raises
    ------
    DataError : the file has none of the known forms, or its rows are not the canonical ones.
    """
    with open(path, errors="replace") as file:
        header = re.findall(r"\w+", file.readline())  # whatever parts and quotes the names
    date = next((c for c in COLUMNS if c in header), "date")
    series = read_csv(path, date, COLUMNS[date]).loc[FIRST:LAST]
    # Some copies carry the noise of 32-bit floats: what is hashed is also what is returned.
    series = series.map(lambda close: float(f"{close:.2f}"))
    if hashlib.sha256(canonical(series).encode()).hexdigest() != SHA256:
        raise DataError(
            f"{path}: {len(series)} rows from {FIRST} to {LAST} that are not the canonical "
            f"{ROWS}; the file is cut short or altered: fetch it again"
        )
    return series.rename("close").rename_axis("date")


def canonical(series: pd.Series) -> str:
    """The rows as text, one "date,close" a line, two decimals: what is hashed."""
    return "".join(f"{day:%Y-%m-%d},{close:.2f}\n" for day, close in series.items())


def find() -> Path:
    """The file in ``TSADBOOK_DATA``, else in the cache, else downloaded into the cache."""
    if (base := files.folder()) and (found := base / "sp500" / "spx.csv").is_file():
        return found
    cached = files.cache_folder() / "sp500" / "spx.csv"
    if cached.is_file():
        try:
            read(cached)
            return cached
        except DataError as error:
            files.report(f"{error} (trying now)")
    return _download(cached)


def _download(target: Path) -> Path:
    """Only rows that are canonical ever reach the cache, and only those columns."""
    reasons = []
    for url in URLS:
        raw = target.with_suffix(".download")
        try:
            series = read(files.download(url, raw, sha256=None))
            partial = target.with_suffix(".partial")
            partial.write_text("date,close\n" + canonical(series))
            os.replace(partial, target)
            return target
        except (DataUnavailable, DataError) as error:
            reasons.append(str(error).replace(str(raw), url))  # raw is gone by then
        finally:
            raw.unlink(missing_ok=True)
    raise DataUnavailable("; ".join(reasons))
