"""The errata: complete, linked both ways, each held by a test, and none ever lost."""

import html
import json
import re
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import yaml

from tsadbook.build import errata_page, sync
from tsadbook.build.paths import NOTEBOOKS, RESULTS, ROOT, chapters
from tsadbook.registers.recorder import erratum_paragraphs

# An id is for good. One that was published stays in this file and on the page.
IDS = (Path(__file__).parent / "errata_ids.txt").read_text().split()
PREFIXES = {
    "01_sp500": "sp-",
    "02_nab_next_step": "nab-",
    "03_battery": "bat-",
    "04_conv1d": "conv-",
    "05_scoring_detectors": "score-",
}


@pytest.fixture(scope="module")
def records(reproduction) -> dict:
    return {name: json.loads((RESULTS / f"{name}.json").read_text()) for name in chapters()}


@pytest.fixture(scope="module")
def collected(reproduction) -> dict:
    return json.loads((RESULTS / "errata.json").read_text())


@pytest.fixture(scope="module")
def listed(collected) -> list[dict]:
    if not collected["errata"]:
        pytest.skip("BUILT ON STAND-IN DATA: no erratum is claimed")
    return collected["errata"]


def letters(text: str) -> str:
    """A text without tags, marks and quotes, which the pages set in their own way."""
    return re.sub(r"\W", "", html.unescape(re.sub(r"<[^>]+>", "", text)))


def between(text: str, start: str, end: str) -> str:
    return text.partition(start)[2].partition(end)[0]


def test_every_erratum_of_a_chapter_is_listed(records, collected):
    rows = {row["id"]: row for row in collected["errata"]}
    for name, record in records.items():
        if record["stand_in"]:
            assert collected["not_claimed"].get(name, []) == list(record["errata"])
            assert not set(record["errata"]) & set(rows)
            continue
        for id, erratum in record["errata"].items():
            assert rows[id] | erratum == rows[id]
            assert rows[id]["notebook"] == name


def test_every_erratum_is_on_the_page_with_all_its_parts(listed, pages):
    page = pages["errata.html"]
    for erratum in listed:
        entry = letters(between(page, f'id="{erratum["id"]}"', "<section "))
        for part in erratum_paragraphs(erratum):
            assert letters(part) in entry, (erratum["id"], part)


def test_box_and_entry_link_to_one_another(listed, pages):
    for erratum in listed:
        id, box_page = erratum["id"], erratum["box"].partition("#")[0]
        box = between(pages[box_page], f'id="erratum-{id}"', "</div>\n</div>")
        assert f'href="../errata.html#{id}"' in box, id
        entry = between(pages["errata.html"], f'id="{id}"', "<section ")
        assert f'href="{erratum["box"]}"' in entry, id
        assert f'href="#{id}"' in entry, id
        assert f"Erratum {id}</p>" in box, id


def test_an_answer_goes_to_the_repository_and_names_the_erratum(listed, pages):
    for erratum in listed:
        filled = {
            "template": "erratum.yml",
            "title": f"Erratum {erratum['id']}",
            "erratum": erratum["id"],
        }
        address, _, query = erratum["answer_at"].partition("?")
        assert address == f"{sync.repository()}/issues/new"
        assert dict(parse_qsl(query)) == filled
        assert f'href="{html.escape(erratum["answer_at"])}"' in pages["errata.html"]
    form = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE/erratum.yml").read_text())
    assert "erratum" in [field["id"] for field in form["body"]]
    assert "How a source’s author can answer" in pages["errata.html"]


def test_no_erratum_ever_vanishes(records):
    found = [id for record in records.values() for id in record["errata"]]
    assert len(set(found)) == len(found), "an id is used in two chapters"
    assert not set(IDS) - set(found), "withdraw an erratum, do not delete it"
    assert not set(found) - set(IDS), "add the id to errata_ids.txt"


def test_an_id_names_its_chapter(records):
    for name, record in records.items():
        assert all(id.startswith(PREFIXES[name]) for id in record["errata"])


def test_every_erratum_is_held_by_a_test_that_there_is(records):
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    for record in records.values():
        for id, erratum in record["errata"].items():
            assert f"def {erratum['test']}(" in tests, id


def test_every_erratum_has_the_day_it_was_found(records):
    for record in records.values():
        for id, erratum in record["errata"].items():
            assert date.fromisoformat(erratum["date"]) >= date(2026, 11, 22), id


def test_no_chapter_has_an_erratum_without_an_id():
    for path in NOTEBOOKS.glob("*.py"):
        assert "**Erratum" not in path.read_text(), f"{path.name}: use record.erratum"


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Results in which each chapter has one erratum; some on stand-in data."""
    monkeypatch.setattr(errata_page, "RESULTS", tmp_path)

    def collect(stand_ins=(), **more):
        for name in chapters():
            erratum = {
                "says": "Something.",
                "fact": f"The fact of {name}.",
                "changes": "A number.",
                "test": "test_something",
                "date": "2026-11-22",
                "answer": "",
                "withdrawn": "",
            }
            mine = {f"{PREFIXES[name]}one": erratum | more} if name in PREFIXES else {}
            record = {"stand_in": name in stand_ins, "errata": mine}
            (tmp_path / f"{name}.json").write_text(json.dumps(record))
        return errata_page.collect()

    return collect


def test_nothing_is_claimed_for_a_chapter_on_stand_in_data(results):
    collected = results(stand_ins=["04_conv1d"])
    assert [e["id"] for e in collected["errata"]] == ["sp-one", "nab-one", "bat-one", "score-one"]
    assert collected["not_claimed"] == {"04_conv1d": ["conv-one"]}
    page = errata_page.page(collected)
    assert "The fact of 03_battery." in page
    assert "The fact of 04_conv1d." not in page
    assert "Warning.** This chapter was built on generated stand-in data" in page
    assert "(conv-one)=" in page  # so that its box, and links from elsewhere, end at that sentence


def test_a_book_on_real_data_leaves_nothing_out(results):
    collected = results()
    assert len(collected["errata"]) == len(PREFIXES)
    assert "stand-in" not in errata_page.page(collected)


def test_an_answer_and_a_withdrawal_are_on_the_page(results):
    page = errata_page.page(results(answer="I see.", withdrawn="A misprint."))
    assert "**The author's answer:** I see." in page
    assert "**Withdrawn:** A misprint." in page
    assert "<del>**In fact:** The fact of 01_sp500.</del>" in page
    assert "### Erratum `sp-one`" in page
