"""The executed book against the ledger: the heart of the matter."""

import pytest
import yaml

from tsadbook.build import sweep
from tsadbook.build.compare import notebook_of
from tsadbook.build.paths import ROOT, chapters
from tsadbook.registers import ledger, sweeps

SHARED = ROOT.parent / "shared"

VERDICTS = ("confirmed", "explained", "contradicted")


def of_kind(rows, *kinds):
    return [row for row in rows if row["kind"] in kinds]


def test_every_entry_is_compared_once(reproduction):
    ids = [row["id"] for row in reproduction["entries"]]
    assert ids == [entry.id for entry in ledger.entries()]
    assert len(set(ids)) == len(ids)


def test_data_and_structure_come_out_as_published(compared):
    wrong = {
        r["id"]: (r["published"], r["reproduced"])
        for r in of_kind(compared, "data", "structure")
        if r["status"] != "equal"
    }
    assert not wrong


def test_every_setting_of_the_sources_is_used(compared):
    wrong = {
        r["id"]: (r["published"], r["reproduced"])
        for r in of_kind(compared, "hyperparameter")
        if r["status"] != "used"
    }
    assert not wrong


def test_every_plot_of_the_sources_is_shown(compared):
    assert not [r["id"] for r in of_kind(compared, "plot") if r["status"] != "shown"]


def test_every_outcome_falls_where_another_seed_would(compared):
    outcomes = [r for r in of_kind(compared, "outcome") if r["status"] != "speed"]
    assert outcomes
    assert not [r["id"] for r in outcomes if r["reruns_alike"] is not True]


def test_every_verdict_names_a_recorded_number(found):
    """That its test earns its word is held by the plugin tests/decides.py."""
    for entry in ledger.entries():
        if entry.verdict:
            assert entry.verdict["status"] in VERDICTS, entry.id
            assert entry.verdict["number"] in found, entry.id


def test_every_run_lies_among_the_kept_seeds(reproduction):
    """Of every number that was swept, not only of those that the ledger compares."""
    outside = [
        f"{notebook}: {id}" for notebook, ids in reproduction["outside"].items() for id in ids
    ]
    assert outside == []


def test_the_page_says_from_when_and_what_the_seeds_are(pages, compared):
    text = pages["reproduction.html"]
    for name in sweep.swept_notebooks():
        assert sweeps.provenance(name) in text, name


def test_every_chapter_of_the_ledger_has_a_notebook():
    assert {notebook_of(entry.chapter) for entry in ledger.entries()} <= set(chapters())


def test_the_ledger_has_all_that_the_list_of_published_figures_has():
    lists = [SHARED / name for name in ("published.yaml", "published_more.yaml")]
    if not all(path.exists() for path in lists):
        pytest.skip("there is no shared/published.yaml beside the repository")
    parts = [part for path in lists for part in yaml.safe_load(path.read_text()).values()]
    ours = {entry.id: entry for entry in ledger.entries()}
    for entry in (entry for part in parts for entry in part):
        assert ours[entry["id"]].value == entry["value"], entry["id"]
        assert ours[entry["id"]].kind == entry["kind"], entry["id"]
