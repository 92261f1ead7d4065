"""Settings of the repaired detectors, fixed before any of their scores met a label."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd
import yaml


def registered(chapter: str) -> dict:
    """What was registered for one chapter, such as "sp500"; the keys are those of settings.yml.

    Raises
    ------
    ValueError : nothing was registered under that name.
    """
    settings = yaml.safe_load(files("tsadbook.registers").joinpath("settings.yml").read_text())
    if chapter not in settings:
        raise ValueError(f"nothing is registered for {chapter!r}; there is {sorted(settings)}")
    return settings[chapter]


def tried(chapter: str) -> pd.DataFrame:
    """Every configuration that was tried, one a row, the value of the criterion last; – where a key
    was not among what was varied."""
    frame = pd.DataFrame(registered(chapter)["tried"], dtype=object).fillna("–")
    return frame[[*frame.columns.drop("value"), "value"]]
