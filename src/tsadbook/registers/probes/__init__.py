"""What each notebook is asked once it has run.

A notebook records nothing: its top-level names are its record. The module here that has its name,
without the number, says what is read from them:

FINDINGS   id -> function of `c`, whose attributes are the notebook's names
ERRATA     id of an erratum -> function that returns the fields of its text
SECONDS    id -> function that returns a duration; kept apart, since it differs from run to run

The build appends one cell, which calls `write`. So an id, what it means and where it comes from
stand in one place that can be reviewed, and no one can record what was not computed. The parameter
is always called `c`: a test reads from the syntax tree which names are asked for, and holds that
each is assigned in one place.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType

from tsadbook.datasets import Dataset
from tsadbook.registers.values import plain


class ProbeFailed(RuntimeError):
    """A probe could not be answered; the message names notebook, id and reason."""


class Names:
    """A finished notebook's names as attributes.

    >>> Names("01_sp500", {"close": [1, 2]}).close
    [1, 2]
    >>> Names("01_sp500", {}).close
    Traceback (most recent call last):
    AttributeError: 01_sp500 defines no name 'close'
    """

    def __init__(self, notebook: str, names: Mapping[str, object]):
        self._notebook, self._names = notebook, names

    def __getattr__(self, name: str):
        try:
            return self._names[name]
        except KeyError:
            raise AttributeError(f"{self._notebook} defines no name {name!r}") from None


def short(notebook: str) -> str:
    """A notebook's name without its number, as the registers have it.

    >>> short("01_sp500_repaired")
    'sp500_repaired'
    """
    return notebook.split("_", 1)[1]


def module_of(notebook: str) -> ModuleType | None:
    """The probes of a notebook; None where there are none."""
    name = f"{__name__}.{short(notebook)}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:  # the module is there, and lacks something itself
            raise
        return None


def findings(notebook: str, names: Mapping[str, object], ids: Iterable[str] | None = None) -> dict:
    """What a notebook found, by id, in JSON's own types.

    Parameters
    ----------
    notebook : such as "01_sp500".
    names : its top-level names, as `globals()` gives them.
    ids : to be asked; None for all.

    Raises
    ------
    ProbeFailed : naming notebook, id and reason.
    """
    probes = getattr(module_of(notebook), "FINDINGS", {})
    asked = probes if ids is None else {id: probes[id] for id in ids if id in probes}
    return _answers(notebook, names, asked)


def write(notebook: str, names: Mapping[str, object], ids: Iterable[str] | None = None) -> None:
    """Answer all probes, or some findings alone, and write them where ``TSADBOOK_RECORD`` says.

    Nothing is written where that variable is not set. On stand-ins nothing is claimed: errata have
    no fields, and a probe that made-up numbers break is left out. Parameters and errors are those
    of `findings`.
    """
    target = os.environ.get("TSADBOOK_RECORD")
    if not target:
        return
    module, data = module_of(notebook), hashes(names.values())
    stand_in = "stand-in" in data.values()
    tables = {name: getattr(module, name, {}) for name in ("FINDINGS", "ERRATA", "SECONDS")}
    if ids is not None:
        findings = {id: tables["FINDINGS"][id] for id in ids}
        tables = {"FINDINGS": findings, "ERRATA": {}, "SECONDS": {}}
    if stand_in:
        tables["ERRATA"] = {}
    found, errata, seconds = (
        _answers(notebook, names, table, leave_out=stand_in) for table in tables.values()
    )
    record = {
        "notebook": notebook,
        "seed": names.get("SEED"),
        "data": data,
        "stand_in": stand_in,
        "found": found,
        "errata": errata,
        "seconds": seconds,
    }
    Path(target).write_text(json.dumps(record, indent=1, allow_nan=False) + "\n")


def hashes(values: Iterable[object]) -> dict[str, str]:
    """The hash, or "stand-in", of each dataset among some values, also in dicts and lists."""
    found: dict[str, str] = {}
    for value in list(values):
        if isinstance(value, Dataset):
            found[value.name] = value.sha256 or "stand-in"
        elif isinstance(value, dict):
            found |= hashes(v for v in value.values() if isinstance(v, Dataset))
        elif isinstance(value, list | tuple):
            found |= hashes(v for v in value if isinstance(v, Dataset))
    return found


def names_read(source: str) -> set[str]:
    """The names of the notebook that the source of a module of probes reads.

    >>> names_read("FINDINGS = {'sp-head': lambda c: c.close.head()}")
    {'close'}
    """
    return {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "c"
    }


def _answers(
    notebook: str, names: Mapping, probes: Mapping[str, Callable], leave_out: bool = False
) -> dict:
    chapter, found = Names(notebook, names), {}
    for id, ask in probes.items():
        try:
            found[id] = plain(ask(chapter))
        except Exception as error:
            if leave_out:
                continue
            why = str(error) if isinstance(error, AttributeError) else repr(error)
            raise ProbeFailed(f"{notebook}, {id}: {why}") from error
    return found
