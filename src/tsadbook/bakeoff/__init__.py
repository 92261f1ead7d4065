"""The bake-off: every detector of the book on all 58 series of NAB, scored in the same ways.

settings -> detectors -> runner -> scores, a file a task -> postprocessing -> leaderboard
"""

from __future__ import annotations

import json
from importlib.resources import files


def kept() -> dict:
    """What `make sweep` kept.

    Returns
    -------
    dict with leaderboard (see `leaderboard.entries`), series (the names), and runs and overall (see
    `leaderboard.measure`), in which what is by series is a list in the order of these names, with
    None where a series has no label.
    """
    return json.loads(files("tsadbook").joinpath("measurements/bake_off.json").read_text())
