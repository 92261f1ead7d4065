"""What is said of the seeds is what they found."""

import json

import numpy as np
import pytest

from tsadbook.registers import sweeps

SEEDS = {
    "42": {"one": 1.0, "several": {"days": 2, "errors": [0.1, 0.2]}},
    "43": {"one": 3.0, "several": {"days": 4, "errors": [0.3, 0.4]}},
    "44": {"one": 11.0},
}


@pytest.fixture
def kept(monkeypatch):
    days = {"abc1234": "2026-11-02", "def5678": "2026-11-03"}
    swept = {"seeds": SEEDS, "measured": days, "checked": {"9876543": "2026-11-09"}}
    monkeypatch.setattr(sweeps, "measurements", {"01_test": swept}.get)
    monkeypatch.setattr(sweeps, "measurements", lambda name: {"01_test": swept}.get(name, {}))


def test_a_frame_has_a_row_a_seed_and_a_column_a_number(kept):
    one = sweeps.frame("01_test", "one")
    assert one["one"].to_dict() == {"42": 1.0, "43": 3.0, "44": 11.0}
    several = sweeps.frame("01_test", "several")
    assert several.columns.tolist() == ["days", "errors.0", "errors.1"]
    assert several.index.tolist() == ["42", "43"]  # the last seed did not find it
    assert several.loc["43"].tolist() == [4, 0.3, 0.4]
    assert sweeps.frame("01_test", "nothing").empty
    assert sweeps.frame("09_test", "one").empty


def test_the_page_says_from_when_and_what_the_seeds_are(kept):
    said = sweeps.provenance("01_test")
    assert said == (
        "3 seeds, measured on 2 November 2026 (commit abc1234) and 3 November 2026 (commit "
        "def5678). Two of them came out the same on 9 November 2026 (commit 9876543)."
    )


def test_in_words_gives_the_median_and_not_the_mean():
    values = [1.0, 2.0, 3.0, 4.0, 100.0]
    low, high = sweeps.interval(values)
    assert sweeps.in_words(values) == f"3.00 ({low:.2f} to {high:.2f})"
    assert np.mean(values) == 22


def test_every_kept_sweep_says_when_it_was_measured_and_from_what():
    from tsadbook.build.paths import SWEEPS

    for path in SWEEPS.glob("*.json"):
        kept = json.loads(path.read_text())
        assert len(kept["seeds"]) >= sweeps.MIN_SEEDS, path.name
        assert kept["measured"] and kept["versions"], path.name
