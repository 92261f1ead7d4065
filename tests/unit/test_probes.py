"""A finished notebook is asked for what it found, and what it cannot say is said."""

import json
import sys
import types

import pandas as pd
import pytest

from tsadbook.datasets import Dataset
from tsadbook.registers import probes


def dataset(name: str, sha256: str) -> Dataset:
    origin = "file.csv" if sha256 else "stand-in"
    return Dataset(name, pd.Series([1.0]), pd.DatetimeIndex([]), (), origin, sha256)


@pytest.fixture
def ask(monkeypatch, tmp_path):
    """Write a record of the given names with the given probes; return what was written."""

    def write(names, **tables):
        module = types.ModuleType(f"{probes.__name__}.test")
        vars(module).update(tables)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        target = tmp_path / "record.json"
        monkeypatch.setenv("TSADBOOK_RECORD", str(target))
        probes.write("01_test", names)
        return json.loads(target.read_text())

    return write


def test_the_record_says_what_was_found_and_what_it_rests_on(ask):
    names = {"SEED": 42, "loss": pd.Series([0.5, 0.25]), "sp500": dataset("sp500", "ab12")}
    written = ask(
        names,
        FINDINGS={"last": lambda c: c.loss.iloc[-1]},
        ERRATA={"an-erratum": lambda c: {"first": c.loss[0]}},
        SECONDS={"speed": lambda c: 1.5},
    )
    assert written == {
        "notebook": "01_test",
        "seed": 42,
        "data": {"sp500": "ab12"},
        "stand_in": False,
        "found": {"last": 0.25},
        "errata": {"an-erratum": {"first": 0.5}},
        "seconds": {"speed": 1.5},
    }


def test_one_stand_in_marks_the_whole_record_also_in_a_dict_or_list(ask):
    for held in ({"taxi": dataset("taxi", "")}, [dataset("taxi", "")], (dataset("taxi", ""),)):
        written = ask({"sp500": dataset("sp500", "ab12"), "others": held})
        assert written["data"] == {"sp500": "ab12", "taxi": "stand-in"}
        assert written["stand_in"] is True


def test_a_notebook_without_probes_records_its_data_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("TSADBOOK_RECORD", str(tmp_path / "record.json"))
    probes.write("99_none", {"sp500": dataset("sp500", "ab12")})
    written = json.loads((tmp_path / "record.json").read_text())
    assert (written["found"], written["errata"], written["seconds"]) == ({}, {}, {})
    assert written["data"] == {"sp500": "ab12"}


def test_nothing_is_written_unless_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TSADBOOK_RECORD", raising=False)
    probes.write("01_test", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("table", ["FINDINGS", "ERRATA", "SECONDS"])
@pytest.mark.parametrize(
    "probe, why",
    [
        (lambda c: c.missing, "01_test defines no name 'missing'"),
        (lambda c: c.there.missing, "has no attribute 'missing'"),
        (lambda c: 1 / c.there, "ZeroDivisionError"),
        (lambda c: {c.there}, "cannot record a set"),
    ],
)
def test_a_probe_that_fails_names_notebook_id_and_reason(ask, table, probe, why):
    with pytest.raises(probes.ProbeFailed, match=f"01_test, some-id: .*{why}"):
        ask({"there": 0}, **{table: {"some-id": probe}})


def test_on_a_stand_in_what_made_up_numbers_break_is_left_out_and_no_erratum_is_filled(ask):
    names = {"made": dataset("taxi", ""), "one": 1}
    broken = {"good": lambda c: c.one, "broken": lambda c: 1 / 0}
    written = ask(names, FINDINGS=broken, ERRATA={"an-erratum": lambda c: {"one": c.one}})
    assert written["found"] == {"good": 1}
    assert written["errata"] == {}


def test_which_names_are_read():
    source = "FINDINGS = {'a': lambda c: c.close.head(), 'b': lambda c: f(c)}\n"
    source += "def f(c):\n    return c.model.layers[0].units + len(c.close) + other.name\n"
    assert probes.names_read(source) == {"close", "model"}
