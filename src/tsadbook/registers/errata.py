"""The register of errata: read, checked, and filled with the numbers that a chapter's run gives."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date as Date
from importlib.resources import files
from string import Formatter

import yaml

WEIGHTS = ("changes what you would do", "changes a number", "slip")  # in the order of the page
KINDS = (
    "leakage",
    "off by one",
    "misfit target",
    "architecture",
    "training",
    "baseline",
    "threshold",
    "metric",
    "data",
    "changed default",
    "missing code",
    "wrong figure",
    "slip",
)
TEXTS = ("says", "fact", "changes")
_LABELS = {"says": "The source", "fact": "In fact", "changes": "It changes"}


@dataclass(frozen=True)
class Erratum:
    """Something that is wrong in a source; errata.yml says what each part is.

    >>> errata()["sp-flat-target"].kind
    'changed default'
    """

    id: str
    notebook: str
    kind: str
    weight: str
    editions: tuple[str, ...]
    says: str
    fact: str
    changes: str
    test: str
    date: str
    answer: str = ""
    withdrawn: str = ""


def errata() -> dict[str, Erratum]:
    """The register, by id, in the order of the chapters.

    Raises
    ------
    ValueError : an entry is not as errata.yml says; the message names it and the remedy.
    """
    return read(files("tsadbook.registers").joinpath("errata.yml").read_text())


def read(text: str) -> dict[str, Erratum]:
    """A register from the text of its file; see `errata`."""
    found: dict[str, Erratum] = {}
    for entry in yaml.safe_load(text) or []:
        erratum = _checked(entry)
        if erratum.id in found:
            raise ValueError(f"erratum {erratum.id!r} stands twice: every erratum has its own id")
        found[erratum.id] = erratum
    return found


def _checked(entry: dict) -> Erratum:
    name = f"erratum {entry.get('id')!r}"
    parts = set(Erratum.__dataclass_fields__)
    if odd := sorted(set(entry) ^ parts):
        raise ValueError(f"{name}: missing or unknown {odd}; an entry has {sorted(parts)}")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", str(entry["id"])):
        raise ValueError(f"{name}: an id is lower case with hyphens")
    if entry["kind"] not in KINDS:
        raise ValueError(f"{name}: there is no kind {entry['kind']!r}; take one of {KINDS}")
    if entry["weight"] not in WEIGHTS:
        raise ValueError(f"{name}: there is no weight {entry['weight']!r}; take one of {WEIGHTS}")
    editions = entry["editions"]
    if not (editions and isinstance(editions, list)):
        raise ValueError(f"{name}: editions must be a list of keys of book/references.bib")
    texts = {part: str(entry[part] or "") for part in (*TEXTS, "notebook", "test", "date")}
    optional = {part: str(entry[part] or "") for part in ("answer", "withdrawn")}
    for part, text in (texts | optional).items():
        if "\n" in text or (part in texts and not text.strip()):
            raise ValueError(f"{name}: {part!r} must be one line of text (fold it with >-)")
    if not re.fullmatch(r"test_\w+", texts["test"]):
        raise ValueError(f"{name}: {texts['test']!r} is no name of a test; it is test_and_so_on")
    try:
        Date.fromisoformat(texts["date"])
    except ValueError:
        raise ValueError(f"{name}: {texts['date']!r} is no date; write it as 2026-11-22") from None
    for part in TEXTS:
        try:
            odd = [field for field in fields(texts[part]) if not field.isidentifier()]
        except ValueError as error:
            raise ValueError(f"{name}: {part!r} has a brace too many or too few: {error}") from None
        if odd:
            raise ValueError(f"{name}: {part!r} has a field {odd}; a field is a plain name")
    return Erratum(**(entry | texts | optional | {"editions": tuple(editions)}))


def fields(text: str) -> set[str]:
    """The names of the fields in a text.

    >>> sorted(fields("The loss is {flat:.4f} instead of {reshaped:.4f}."))
    ['flat', 'reshaped']
    """
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def fields_of(erratum: Erratum) -> set[str]:
    """The names of all fields of an erratum: what a probe has to give."""
    return set().union(*(fields(getattr(erratum, part)) for part in TEXTS))


def filled(erratum: Erratum, values: dict) -> Erratum:
    """The erratum with the fields of its texts put in; a negative number gets a true minus sign.

    Raises
    ------
    ValueError : a field has no value, a value has no field, or its format does not fit it; the
        message names the erratum and the field.
    """
    asked = fields_of(erratum)
    if missing := sorted(asked - set(values)):
        raise ValueError(f"erratum {erratum.id!r}: no value for {missing}; its probe must give it")
    if unused := sorted(set(values) - asked):
        raise ValueError(f"erratum {erratum.id!r}: no text has a field {unused}; drop it there")
    texts = {part: getattr(erratum, part) for part in TEXTS}
    return replace(
        erratum, **{part: _Typeset(erratum.id).vformat(t, (), values) for part, t in texts.items()}
    )


class _Typeset(Formatter):
    def __init__(self, id: str):
        self.id = id

    def get_field(self, field_name, args, kwargs):
        return (field_name, kwargs[field_name]), field_name

    def format_field(self, value, format_spec):
        name, value = value
        try:
            text = format(value, format_spec)
        except (TypeError, ValueError) as error:
            raise ValueError(f"erratum {self.id!r}: the field {name!r}: {error}") from None
        return text.replace("-", "−") if isinstance(value, (int, float)) else text


def struck(erratum: Erratum) -> dict[str, str]:
    """The three texts in Markdown, struck through where the erratum is withdrawn."""
    mark = "<del>{}</del>" if erratum.withdrawn else "{}"
    return {part: mark.format(getattr(erratum, part)) for part in TEXTS}


def paragraphs(erratum: Erratum) -> list[str]:
    """A filled erratum in Markdown, a paragraph each."""
    day = Date.fromisoformat(erratum.date)
    texts = [f"**{_LABELS[part]}:** {text}" for part, text in struck(erratum).items()]
    if erratum.withdrawn:
        texts.insert(0, f"**Withdrawn:** {erratum.withdrawn}")
    texts.append(f"*Found on {day.day} {day:%B %Y}, held by* `{erratum.test}`.")
    if erratum.answer:
        texts.append(f"**The author's answer:** {erratum.answer}")
    return texts
