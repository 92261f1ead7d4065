"""The comparison of a whole book, and the page that shows it."""

import json

import pytest

from tsadbook.build import compare
from tsadbook.build.compare import FAILURES, notebook_of
from tsadbook.build.paths import chapters
from tsadbook.registers import ledger
from tsadbook.registers.reproduction import COLUMNS


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Results in which every chapter recorded just what is published; some on stand-in data."""
    monkeypatch.setattr(compare, "RESULTS", tmp_path)
    entries = ledger.entries()

    def write(stand_ins=()):
        for name in chapters():
            mine = [e for e in entries if notebook_of(e.chapter) == name]
            record = {
                "stand_in": name in stand_ins,
                "seed": 42,
                "found": {e.id: e.value for e in mine if e.kind not in ("plot", "claim")},
                "figures": [e.id for e in mine if e.kind == "plot"],
            }
            (tmp_path / f"{name}.json").write_text(json.dumps(record))
        return compare.compare_all()

    return write


def test_what_is_as_published_is_no_failure(results):
    comparison = results()
    assert not comparison["stand_in"]
    assert not [r["id"] for r in comparison["entries"] if r["status"] in FAILURES]


def test_nothing_is_compared_for_a_chapter_on_stand_in_data(results):
    comparison = results(stand_ins=["04_conv1d"])
    assert comparison["stand_in"]
    for row in comparison["entries"]:
        on_stand_in = row["chapter"] == "conv1d"
        assert (row["status"] == "not compared") == on_stand_in
        assert not on_stand_in or (row["reproduced"] is None and row["interval"] is None)
    page = compare.page(comparison)
    assert "nothing is claimed for these chapters: Conv1D autoencoder." in page
    assert "stand-in" in compare.chapter_section(comparison, "conv1d")
    assert "stand-in" not in compare.chapter_section(comparison, "battery")


def test_one_changed_published_value_changes_its_entry_alone(results, monkeypatch):
    before = {r["id"]: r for r in results()["entries"]}
    changed = ledger.entries()
    (at,) = [i for i, e in enumerate(changed) if e.id == "conv-rows"]
    changed[at] = ledger.Entry(**{**vars(changed[at]), "value": 4033})
    monkeypatch.setattr(ledger, "entries", lambda: changed)
    after = {r["id"]: r for r in compare.compare_all()["entries"]}
    assert after["conv-rows"]["status"] == "different"
    assert [id for id in before if before[id] != after[id]] == ["conv-rows"]


def test_cells_of_the_page_cannot_break_its_tables(results):
    rows = [r for r in compare.page(results()).splitlines() if r.startswith("| <a id=")]
    assert len(rows) == len(ledger.entries())
    for row in rows:
        assert row.replace("\\|", "").count("|") == len(COLUMNS) + 1, row


# What the comparison, a verdict or a stand-in can make of an entry.
STATUSES = ["equal", "within band", "confirmed", "explained", "contradicted", "open", "different"]
STATUSES += ["used", "shown", "changed", "missing", "too wide to tell", "speed", "not compared"]


def test_the_scorecard_leaves_no_entry_out():
    """Each status has a row, and the groups add up to the last one."""
    rows = [
        {"chapter": chapter, "status": status}
        for number, chapter in enumerate(compare.TITLES, start=1)
        for status in STATUSES
        for _ in range(number)
    ]
    _, _, *lines, total = compare.scorecard(rows).strip().splitlines()
    cells = [[part.strip(" *") for part in line.strip("|").split("|")] for line in lines]
    assert [status for _, status, *_ in cells if status] == STATUSES
    last = [int(part.strip(" *")) for part in total.strip("|").split("|")[2:]]
    for of_groups in (True, False):  # the sums of the groups, and their statuses
        chosen = [list(map(int, c[2:])) for c in cells if (c[1] == "") == of_groups]
        assert [sum(column) for column in zip(*chosen, strict=True)] == last
    assert last[-1] == len(rows)
