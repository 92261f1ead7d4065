"""Record what a notebook found, under the ids of the ledger."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tsadbook.registers.values import plain


class Recorder:
    """Keep each finding of one notebook, and write them where ``TSADBOOK_RECORD`` says.

    The build sets that variable; in Colab or in a notebook run by hand nothing is written.

    Parameters
    ----------
    notebook : its name, such as "01_sp500".
    data : the datasets that the findings rest on.
    seed : of everything random in it; None where nothing is.

    Examples
    --------
    >>> record = Recorder("01_sp500", data=[])
    >>> record("sp-shapes", {"train": np.int64(7782)})
    >>> record.found
    {'sp-shapes': {'train': 7782}}
    """

    def __init__(self, notebook: str, *, data, seed: int | None = None):
        self.notebook = notebook
        self.seed = seed
        self.data = {d.name: d.sha256 or "stand-in" for d in data}
        self.found: dict = {}
        self.times: dict = {}

    def __call__(self, id: str, value) -> None:
        """Record a value: numbers, text, None, lists and dicts of them, arrays or Series.

        Raises
        ------
        ValueError : the id was recorded before.
        TypeError : the value cannot be written as JSON.
        """
        self._refuse_again(id)
        self.found[id] = plain(value)
        self._write("", self.found)

    def time(self, id: str, value) -> None:
        """Record a duration; kept apart, since it differs from run to run."""
        self._refuse_again(id)
        self.times[id] = plain(value)
        self._write(".times", self.times)

    def _refuse_again(self, id: str) -> None:
        if id in self.found or id in self.times:
            raise ValueError(f"{id!r} is recorded already; every finding has an id of its own")

    def _write(self, suffix: str, found: dict) -> None:
        if target := os.environ.get("TSADBOOK_RECORD"):
            content = {
                "notebook": self.notebook,
                "seed": self.seed,
                "data": self.data,
                "stand_in": "stand-in" in self.data.values(),
                "found": found,
            }
            text = json.dumps(content, indent=1, allow_nan=False) + "\n"
            Path(target).with_suffix(suffix + ".json").write_text(text)
