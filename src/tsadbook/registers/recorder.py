"""Record what a notebook found, under the ids of the ledger."""

from __future__ import annotations

import json
import os
import re
from datetime import date as Date
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
        self.errata: dict = {}

    def __call__(self, id: str, value) -> None:
        """Record a value: numbers, text, None, lists and dicts of them, arrays or Series.

        Raises
        ------
        ValueError : the id was recorded before.
        TypeError : the value cannot be written as JSON.
        """
        self._refuse_again(id)
        self.found[id] = plain(value)
        self._write("", self.found, errata=self.errata)

    def time(self, id: str, value) -> None:
        """Record a duration; kept apart, since it differs from run to run."""
        self._refuse_again(id)
        self.times[id] = plain(value)
        self._write(".times", self.times)

    def erratum(
        self,
        id: str,
        *,
        says: str,
        fact: str,
        changes: str,
        test: str,
        date: str,
        answer: str = "",
        withdrawn: str = "",
    ):
        """Record something found wrong in a source, and return its box for the cell to display.

        Parameters
        ----------
        id : lower case and hyphens, for good: links from elsewhere point to it.
        says : what the source says or does, in the book's words, one line of Markdown.
        fact : what is the case.
        changes : what that changes, in numbers that the cell has measured.
        test : the name of the test that holds it.
        date : the day it was found, as 2026-11-22.
        answer : what the source's author answered, if so.
        withdrawn : why the erratum itself was wrong, if it was; it is then struck through.

        Raises
        ------
        ValueError : an id that was used before, an id, test name or date of another form, or a
            part that is empty or has several lines.
        """
        from IPython.display import Markdown

        if id in self.errata:
            raise ValueError(f"there is an erratum {id!r} already; every erratum has its own id")
        erratum = {"says": says, "fact": fact, "changes": changes, "test": test, "date": date}
        _check_erratum(id, erratum)
        erratum |= {"answer": answer, "withdrawn": withdrawn}
        self.errata[id] = erratum
        self._write("", self.found, errata=self.errata)
        parts = erratum_paragraphs(erratum)
        if "stand-in" in self.data.values():
            parts = ["Built on generated stand-in data: nothing is measured, nothing is claimed."]
        return Markdown("\n>\n".join(f"> {part}" for part in [f"**Erratum `{id}`.**", *parts]))

    def _refuse_again(self, id: str) -> None:
        if id in self.found or id in self.times:
            raise ValueError(f"{id!r} is recorded already; every finding has an id of its own")

    def _write(self, suffix: str, found: dict, **more) -> None:
        if target := os.environ.get("TSADBOOK_RECORD"):
            content = {
                "notebook": self.notebook,
                "seed": self.seed,
                "data": self.data,
                "stand_in": "stand-in" in self.data.values(),
                "found": found,
                **more,
            }
            text = json.dumps(content, indent=1, allow_nan=False) + "\n"
            Path(target).with_suffix(suffix + ".json").write_text(text)


def _check_erratum(id: str, erratum: dict) -> None:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", id):
        raise ValueError(f"an erratum's id is lower case with hyphens, not {id!r}")
    for part, text in erratum.items():
        if not text.strip() or "\n" in text:
            raise ValueError(f"erratum {id!r}: {part!r} must be one line of text, got {text!r}")
    if not re.fullmatch(r"test_\w+", erratum["test"]):
        raise ValueError(f"erratum {id!r}: {erratum['test']!r} is no name of a test")
    Date.fromisoformat(erratum["date"])  # says itself what is wrong


def erratum_paragraphs(erratum: dict) -> list[str]:
    """An erratum in Markdown, for its box and for the errata page."""
    day = Date.fromisoformat(erratum["date"])
    labelled = {"The source": "says", "In fact": "fact", "It changes": "changes"}
    texts = [f"**{label}:** {erratum[key]}" for label, key in labelled.items()]
    if erratum["withdrawn"]:
        texts = [f"<del>{text}</del>" for text in texts]
        texts.insert(0, f"**Withdrawn:** {erratum['withdrawn']}")
    texts.append(f"*Found on {day.day} {day:%B %Y}, held by* `{erratum['test']}`.")
    if erratum["answer"]:
        texts.append(f"**The author's answer:** {erratum['answer']}")
    return texts
