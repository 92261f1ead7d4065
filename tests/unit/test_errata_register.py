"""The register of errata refuses what is not complete, and fills each text with just its fields."""

import re

import pytest
import yaml

from tsadbook.registers import errata

ENTRY = {
    "id": "sp-day",
    "notebook": "01_sp500",
    "kind": "slip",
    "weight": "slip",
    "editions": ["valkov2019"],
    "says": "A day has 24 * 8/5 steps.",
    "fact": "That is {sum:.1f}.",
    "changes": "The rows {rows} of {series}.",
    "test": "test_a_day",
    "date": "2026-11-02",
    "answer": None,
    "withdrawn": None,
}


def one(**changed) -> errata.Erratum:
    (erratum,) = errata.read(yaml.safe_dump([ENTRY | changed])).values()
    return erratum


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"id": "Day"}, "lower case with hyphens"),
        ({"id": "day"}, "lower case with hyphens"),
        ({"kind": "typo"}, "no kind 'typo'; take one of"),
        ({"weight": "heavy"}, "no weight 'heavy'; take one of"),
        ({"editions": []}, "editions must be a list"),
        ({"says": " "}, "'says' must be one line"),
        ({"changes": "two\nlines"}, "'changes' must be one line"),
        ({"fact": "An open {brace."}, "'fact' has a brace too many or too few"),
        ({"fact": "{a.b}"}, "a field is a plain name"),
        ({"fact": "{}"}, "a field is a plain name"),
        ({"test": "a day"}, "'a day' is no name of a test"),
        ({"date": "22 November 2026"}, "write it as 2026-11-22"),
        ({"more": 1}, r"missing or unknown \['more'\]"),
    ],
    ids=str,
)
def test_an_erratum_that_is_not_complete_is_refused(wrong, says):
    with pytest.raises(ValueError, match=f"erratum '{wrong.get('id', 'sp-day')}': .*{says}"):
        one(**wrong)


def test_a_missing_part_is_named():
    entry = {part: value for part, value in ENTRY.items() if part != "answer"}
    with pytest.raises(ValueError, match=r"erratum 'sp-day': missing or unknown \['answer'\]"):
        errata.read(yaml.safe_dump([entry]))


def test_the_id_of_an_erratum_is_used_once():
    with pytest.raises(ValueError, match="'sp-day' stands twice"):
        errata.read(yaml.safe_dump([ENTRY, ENTRY]))


def test_a_date_may_stand_with_or_without_quotes():
    text = yaml.safe_dump([ENTRY])
    assert "date: '2026-11-02'" in text
    assert errata.read(text) == errata.read(text.replace("'2026-11-02'", "2026-11-02"))


def test_fields_are_put_in_and_minus_is_no_hyphen():
    filled = errata.filled(one(), {"sum": -38.4444, "rows": [6, 7], "series": "art-daily"})
    assert (filled.fact, filled.changes) == ("That is −38.4.", "The rows [6, 7] of art-daily.")
    assert filled.says == ENTRY["says"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"rows": [6], "series": "x"}, r"no value for \['sum'\]"),
        ({"sum": 1.0, "rows": [6], "series": "x", "old": 1}, r"no text has a field \['old'\]"),
        ({"sum": None, "rows": [6], "series": "x"}, "the field 'sum'"),
        ({"sum": "38.4", "rows": [6], "series": "x"}, "the field 'sum'"),
    ],
    ids=str,
)
def test_a_field_that_does_not_fit_is_named_with_its_erratum(values, says):
    with pytest.raises(ValueError, match=f"erratum 'sp-day': {says}"):
        errata.filled(one(), values)


def test_the_paragraphs_of_an_erratum():
    filled = errata.filled(one(fact="F.", changes="C."), {})
    assert errata.paragraphs(filled) == [
        "**The source:** A day has 24 * 8/5 steps.",
        "**In fact:** F.",
        "**It changes:** C.",
        "*Found on 2 November 2026, held by* `test_a_day`.",
    ]


def test_an_answer_stands_beneath_and_a_withdrawn_erratum_is_struck_through():
    lines = errata.paragraphs(one(answer="Thank you.", withdrawn="It was a misprint of ours."))
    assert lines[0] == "**Withdrawn:** It was a misprint of ours."
    assert "**In fact:** <del>That is {sum:.1f}.</del>" in lines
    assert lines[-1] == "**The author's answer:** Thank you."


def test_what_is_typed_in_the_register_is_not_computed():
    """A result has decimals or counts seeds: such a number must be a field, outside of `says`."""
    for erratum in errata.errata().values():
        for text in (erratum.fact, erratum.changes):
            bare = re.sub(r"\{\w+(:[^}]*)?\}|`[^`]*`", "", text)
            assert not re.search(r"\d\.\d|of \d+ seeds", bare), (erratum.id, bare)
