"""The errata: complete, sorted by weight, each with the numbers of this build, none ever lost."""

import html
import json
import re
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import yaml

from tsadbook.build import errata_page, sync
from tsadbook.build.errors import BuildFailed
from tsadbook.build.paths import BOOK, NOTEBOOKS, RESULTS, ROOT, chapters
from tsadbook.registers import errata, probes

# An id is for good. One that was published stays in this file and on the page.
IDS = (Path(__file__).parent / "errata_ids.txt").read_text().split()
PREFIXES = {
    "01_sp500": "sp-",
    "02_nab_next_step": "nab-",
    "03_battery": "bat-",
    "04_conv1d": "conv-",
    "05_scoring_detectors": "score-",
}


# The register


def test_no_erratum_ever_vanishes():
    register = list(errata.errata())
    assert not set(IDS) - set(register), "withdraw an erratum, do not delete it"
    assert not set(register) - set(IDS), "add the id to errata_ids.txt"
    assert len(set(IDS)) == len(IDS)


def test_an_id_names_its_chapter_and_the_register_has_their_order():
    notebooks = [erratum.notebook for erratum in errata.errata().values()]
    assert notebooks == sorted(notebooks)
    assert set(notebooks) <= set(chapters())
    for id, erratum in errata.errata().items():
        assert id.startswith(PREFIXES[erratum.notebook])


def test_every_erratum_has_the_day_it_was_found():
    for id, erratum in errata.errata().items():
        assert date.fromisoformat(erratum.date) >= date(2026, 11, 22), id


def test_every_edition_is_among_the_references():
    keys = set(re.findall(r"^@\w+\{(\w+),", (BOOK / "references.bib").read_text(), re.MULTILINE))
    assert set(errata_page.EDITIONS) <= keys
    for id, erratum in errata.errata().items():
        assert set(erratum.editions) <= set(errata_page.EDITIONS), id


def test_the_probes_of_a_chapter_give_the_fields_of_its_errata():
    """The ids here; whether the names of the fields are right, the build says."""
    for name in chapters():
        mine = [id for id, erratum in errata.errata().items() if erratum.notebook == name]
        assert sorted(getattr(probes.module_of(name), "ERRATA", {})) == sorted(mine), name


def test_no_chapter_has_an_erratum_of_its_own():
    for path in NOTEBOOKS.glob("*.py"):
        assert "**Erratum" not in path.read_text(), f"{path.name}: it belongs in errata.yml"


# The page, from results that are made up


def any_value(erratum) -> dict:
    """A value for each field that its format takes: a number where it has one, else text."""
    texts = " ".join(getattr(erratum, part) for part in errata.TEXTS)
    return {name: 7.0 if f"{{{name}:" in texts else "seven" for name in errata.fields_of(erratum)}


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Results in which each chapter gives the fields of its errata; some on stand-in data."""
    monkeypatch.setattr(errata_page, "RESULTS", tmp_path)

    def collect(stand_ins=(), change=None):
        for name in chapters():
            mine = [e for e in errata.errata().values() if e.notebook == name]
            given = {e.id: any_value(e) for e in mine}
            if change:
                change(name, given)
            record = {"stand_in": name in stand_ins, "errata": given}
            (tmp_path / f"{name}.json").write_text(json.dumps(record))
        return errata_page.collect()

    return collect


def entry_of(page: str, id: str) -> str:
    return page.partition(f"({id})=")[2].partition("\n(")[0]


def test_each_text_has_the_number_of_its_own_field(results):
    """Every field gets another number: none may be lost, and none stand in another's place."""

    def number(name, given):
        for values in given.values():
            for at, field in enumerate(sorted(values)):
                if isinstance(values[field], float):
                    values[field] = 101.0 + at

    collected = results(change=number)
    for row in collected["errata"]:
        erratum = errata.errata()[row["id"]]
        values = any_value(erratum)
        for part in errata.TEXTS:
            expected = getattr(erratum, part)
            for at, field in enumerate(sorted(values)):
                number = 101.0 + at if isinstance(values[field], float) else "seven"
                expected = re.sub(
                    rf"\{{{field}(:[^}}]*)?\}}",
                    lambda m, n=number: format(n, (m[1] or ":")[1:]),
                    expected,
                )
            assert row[part] == expected, row["id"]
            assert "{" not in row[part]


def test_the_page_is_sorted_by_weight_then_by_chapter(results):
    collected = results()
    order = [(errata.WEIGHTS.index(e["weight"]), e["notebook"]) for e in collected["errata"]]
    assert order == sorted(order)
    assert len({weight for weight, _ in order}) == len(errata.WEIGHTS)
    page = errata_page.page(collected)
    places = [page.index(f"`{e['id']}`") for e in collected["errata"] if e["weight"] != "slip"]
    assert places == sorted(places)
    headings = re.findall(r"^## (.+)", page, re.MULTILINE)
    assert headings[1:] == [*errata_page.HEADINGS.values(), "Slips"]


def test_an_entry_says_its_kind_its_chapter_its_editions_and_its_test(results):
    page = errata_page.page(results())
    for id, erratum in errata.errata().items():
        if erratum.weight == "slip":
            continue
        entry = entry_of(page, id)
        assert f"### Erratum `{id}`" in entry
        assert f"{erratum.kind.capitalize()}, in the chapter [" in entry
        assert f"](notebooks/{erratum.notebook}.ipynb)" in entry
        for edition in erratum.editions:
            assert f"{errata_page.EDITIONS[edition]} {{cite:p}}`{edition}`" in entry.replace(
                errata_page.ALONE["conv1d_study"], errata_page.EDITIONS["conv1d_study"]
            )
        assert f"held by* `{erratum.test}`" in entry
        assert f"[Link to it](#{id})" in entry


def test_the_rule_of_one_window_too_few_is_in_the_official_example_too():
    editions = errata.errata()["conv-one-window-short"].editions
    assert editions == ("pavithrasv_keras", "conv1d_study")


def test_slips_are_lines_of_one_table_at_the_end(results):
    page = errata_page.page(results())
    _, _, table = page.partition("## Slips")
    slips = [e for e in errata.errata().values() if e.weight == "slip"]
    assert slips
    rows = [line for line in table.splitlines() if line.startswith("| <a id=")]
    assert [re.search(r'id="([^"]+)" href="#\1"', row)[1] for row in rows] == [s.id for s in slips]
    for slip, row in zip(slips, rows, strict=True):
        assert row.replace("\\|", "").count("|") == 5
        assert slip.test in row
        assert f"### Erratum `{slip.id}`" not in page
    assert table.count("## ") == 0


def test_nothing_is_claimed_for_a_chapter_on_stand_in_data(results):
    collected = results(stand_ins=["04_conv1d"])
    left_out = [id for id in IDS if id.startswith("conv-")]
    assert collected["not_claimed"] == {"04_conv1d": left_out}
    assert sorted(e["id"] for e in collected["errata"]) == sorted(set(IDS) - set(left_out))
    page = errata_page.page(collected)
    assert f"in its sources, or changed silently in a library since: {len(IDS) - 6} in all" in page
    assert "was built on generated stand-in data" in page
    assert "Its errata, 6 of them, are left out: nothing is claimed here." in page
    for id in left_out:
        assert f"({id})=" in page  # so that links to it end at that sentence
        assert f"### Erratum `{id}`" not in page
        assert f'<a id="{id}"' not in page


def test_a_book_on_real_data_leaves_nothing_out(results):
    collected = results()
    assert [e["id"] for e in sorted(collected["errata"], key=lambda e: IDS.index(e["id"]))] == IDS
    assert collected["not_claimed"] == {}
    assert "stand-in" not in errata_page.page(collected)


def test_fields_of_no_erratum_and_an_erratum_without_fields_stop_the_build(results):
    def another(name, given):
        if name == "01_sp500":
            given["sp-unheard-of"] = {}

    def without(name, given):
        given.pop("bat-no-battery", None)

    with pytest.raises(BuildFailed, match=r"01_sp500: \['sp-unheard-of'\] must stand both"):
        results(change=another)
    with pytest.raises(BuildFailed, match=r"03_battery: \['bat-no-battery'\] must stand both"):
        results(change=without)


def test_a_lost_field_stops_the_build_and_is_named(results):
    def lose(name, given):
        if name == "01_sp500":
            del given["sp-flat-target"]["flat"]

    with pytest.raises(ValueError, match=r"'sp-flat-target': no value for \['flat'\]"):
        results(change=lose)


@pytest.mark.parametrize("id", ["sp-no-autoencoder", "conv-day-length"])
def test_an_answer_and_a_withdrawal_are_on_the_page(results, id):
    collected = results()
    (row,) = [e for e in collected["errata"] if e["id"] == id]
    row |= {"answer": "I see.", "withdrawn": "A misprint of ours."}
    page = errata_page.page(collected)
    assert page.count("**The author's answer:** I see.") == 1
    assert page.count("**Withdrawn:** A misprint of ours.") == 1
    assert page.count("<del>") == 3  # what the source says, the fact, what it changes
    assert id in page


# The built page


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


def test_every_erratum_of_a_chapter_is_listed(records, collected):
    rows = {row["id"]: row for row in collected["errata"]}
    for name, record in records.items():
        mine = {e.id: e for e in errata.errata().values() if e.notebook == name}
        if record["stand_in"]:
            assert collected["not_claimed"].get(name, []) == list(mine)
            assert not set(mine) & set(rows)
            continue
        for id, erratum in mine.items():
            filled = errata.filled(erratum, record["errata"][id])
            assert [rows[id][part] for part in errata.TEXTS] == [
                getattr(filled, part) for part in errata.TEXTS
            ]
            for part in ("notebook", "kind", "weight", "test", "date", "answer", "withdrawn"):
                assert rows[id][part] == getattr(erratum, part), (id, part)


def test_every_erratum_is_on_the_page_with_all_its_parts(listed, pages):
    page = pages["errata.html"]
    for erratum in listed:
        ends = "</tr>" if erratum["weight"] == "slip" else "<section "
        entry = page.partition(f'id="{erratum["id"]}"')[2].partition(ends)[0]
        assert f'href="{erratum["chapter"]}"' in entry, erratum["id"]
        assert f'href="#{erratum["id"]}"' in entry, erratum["id"]
        for part in (*errata.TEXTS, "test"):
            assert letters(erratum[part]) in letters(entry), (erratum["id"], part)


def test_every_link_of_a_chapter_to_an_erratum_leads_to_one(reproduction, pages):
    for name, text in pages.items():
        for id in re.findall(r'href="(?:\.\./)?errata\.html#([^"]+)"', text):
            assert f'id="{id}"' in pages["errata.html"], (name, id)


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
