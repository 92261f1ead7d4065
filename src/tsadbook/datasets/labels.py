"""NAB's labels: the instants that people marked, and the windows that NAB scores."""

from __future__ import annotations

import json

import pandas as pd

from tsadbook.datasets import files


def of(key: str) -> tuple[pd.DatetimeIndex, tuple[tuple[pd.Timestamp, pd.Timestamp], ...]]:
    """Label instants and label windows of one series, by its path below NAB's ``data/``."""
    instants = _read("labels/combined_labels.json")[key]
    windows = _read("labels/combined_windows.json")[key]
    return (
        pd.DatetimeIndex(pd.to_datetime(instants)),
        tuple((pd.Timestamp(start), pd.Timestamp(end)) for start, end in windows),
    )


def _read(path: str) -> dict:
    return json.loads(files.nab_file(path).read_text())
