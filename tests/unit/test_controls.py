"""Wrong networks: what they are, and what the ledger says of them."""

import pytest

from tsadbook.build import controls as build
from tsadbook.build.errors import BuildFailed
from tsadbook.registers import controls, ledger
from tsadbook.registers.controls import Mistake

NOTEBOOKS = ("01_sp500", "02_nab_next_step", "03_battery", "04_conv1d")


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_each_published_network_has_ten_mistakes_or_more(notebook):
    mine = [m for m in controls.mistakes() if m.notebook == notebook]
    assert len(mine) >= 10
    assert len({m.id for m in mine}) == len({m.words for m in mine}) == len(mine)


@pytest.mark.parametrize("mistake", controls.mistakes(), ids=lambda m: f"{m.notebook}-{m.id}")
def test_each_mistake_changes_the_notebook_that_it_is_made_in(mistake):
    honest = build.wrong(Mistake(mistake.notebook, "none", "nothing", {}))
    wrong = build.wrong(mistake)
    assert [c.source for c in wrong.cells] != [c.source for c in honest.cells]
    for cell in wrong.cells:
        compile("\n".join(x for x in cell.source.splitlines() if x[:1] != "%"), "cell", "exec")


def test_a_line_that_is_not_there_is_named():
    with pytest.raises(BuildFailed, match="units-16: 'LSTM\\(99\\)' stands 0 times"):
        build.wrong(Mistake("01_sp500", "units-16", "16 units", {"LSTM(99)": "LSTM(16)"}))


@pytest.fixture
def swept(monkeypatch):
    """Forty honest seeds near 1, three runs of one mistake near 2 and of another near 1."""
    near = {str(seed): {"a": 1 + seed / 1000, "b": 5} for seed in range(40)}
    wrong = {
        "far": {"seeds": {str(s): {"a": 2 + s / 10, "b": 5} for s in range(3)}},
        "near": {"seeds": {"0": {"a": 1.02, "b": 5}, "1": {"a": 1.02, "b": 6}}},
    }
    monkeypatch.setattr(controls.sweeps, "measurements", lambda name: {"seeds": near})
    monkeypatch.setattr(controls, "kept", lambda: {"09_test": wrong})
    listed = [Mistake("09_test", id, f"it is {id}", {}) for id in wrong]
    monkeypatch.setattr(controls, "mistakes", lambda: [*listed, Mistake("01_sp500", "x", "y", {})])

    def outcome(id, value, **more):
        return ledger.Entry(id=id, source="", kind="outcome", value=value, chapter="test", **more)

    return [outcome("a", 1.0), outcome("b", 5, statistic="range")]


def test_a_run_is_rejected_by_any_entry_and_counted_once(swept):
    judged = controls.judged("09_test", swept)
    far, near = judged["mistakes"]
    assert (far["runs"], far["rejected"], far["by"]) == (3, 3, {"a": 3, "b": 0})
    assert (near["runs"], near["rejected"], near["by"]) == (2, 1, {"a": 0, "b": 1})
    assert judged["honest"] == {"runs": 40, "rejected": 0, "by": {"a": 0, "b": 0}}
    assert judged["allowed"] == pytest.approx(0.01 + 2 / 40)


def test_an_honest_seed_is_held_against_the_others_only(swept, monkeypatch):
    seeds = {str(s): {"a": 1 + s / 1000, "b": 5 + (s == 7)} for s in range(40)}
    monkeypatch.setattr(controls.sweeps, "measurements", lambda name: {"seeds": seeds})
    assert controls.judged("09_test", swept)["honest"]["by"] == {"a": 0, "b": 1}


def test_an_entry_that_was_not_swept_yet_says_nothing(swept):
    new = ledger.Entry(id="c", source="", kind="outcome", value=1.0, chapter="test")
    assert "c" not in controls.judged("09_test", [*swept, new])["honest"]["by"]
