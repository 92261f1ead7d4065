"""Settings of the repaired detectors, fixed before any of their scores met a label."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import pandas as pd
import yaml


@cache
def of(chapter: str) -> dict:
    """What was registered for a chapter of the ledger, such as "sp500"; see registered.yml."""
    return yaml.safe_load(files("tsadbook").joinpath("registered.yml").read_text())[chapter]


def tried(chapter: str) -> pd.DataFrame:
    """Every configuration that was tried, one a row, with its value of the criterion."""
    frame = pd.DataFrame(of(chapter)["tried"], dtype=object).rename(columns={"value": "criterion"})
    frame.insert(len(frame.columns) - 1, "criterion", frame.pop("criterion"))
    return frame.fillna("").rename(columns=lambda name: name.replace("_", " "))
