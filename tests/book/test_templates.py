"""The prose of generated pages stands in templates, and they say what is the case."""

import pytest
from jinja2 import UndefinedError

from tsadbook.build import compare, landing, template
from tsadbook.registers import ledger


@pytest.fixture
def landed(tmp_path, monkeypatch):
    """What the landing page includes, for a comparison: a function."""
    monkeypatch.setattr(landing, "BOOK", tmp_path)
    monkeypatch.setattr(landing, "PICTURE", tmp_path / "cover.png")

    def write(comparison: dict) -> str:
        landing.write(comparison, [{}] * 3)
        return (tmp_path / "landing.md").read_text()

    return write


def row(status: str, decided_by: str = "") -> dict:
    made = {"id": "sp-x", "kind": "claim", "chapter": "sp500", "published": "it rises"}
    made |= {"reproduced": None, **dict.fromkeys(ledger.OUTCOME)}
    return made | {"status": status, "decided_by": decided_by}


WORDS = ("confirmed", "contradicted", "explained", "used", "shown", "too wide to tell", "speed")
REAL = {"stand_in": False, "entries": [row(word) for word in WORDS]}
STAND_IN = {"stand_in": True, "entries": [row("not compared", compare.STAND_IN)]}


def test_a_name_that_a_template_misses_is_an_error():
    with pytest.raises(UndefinedError, match="root"):
        template.fill("404.md.jinja")


def test_the_landing_page_counts_what_was_compared(landed, real_data):
    text = landed(REAL)
    words = " ".join(text.split())
    assert "**3** published figures and claims put to the test" in words
    assert "**1** of these come out as published" in words
    assert "**2** follow from something else" in words
    assert "**3** errata" in words
    assert text.index("```{figure} cover.png") < text.index("**Read**")


def test_on_stand_ins_the_landing_page_has_doors_alone(landed):
    text = landed(STAND_IN)
    assert "**Read**" in text
    assert "cover.png" not in text
    assert "come out as published" not in text


def test_the_reproduction_page_says_what_was_not_compared():
    real, stand_in = compare.page(REAL), compare.page(STAND_IN)
    assert "> **Warning.**" not in real
    assert "Each is compared with what its chapter found" in real
    warned = next(line for line in stand_in.splitlines() if line.startswith("> **Warning.**"))
    assert warned.endswith("nothing is claimed for these chapters: S&P 500.")
    assert "Each is compared" not in stand_in
