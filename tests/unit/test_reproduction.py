"""The table shows what is published as published, and what was measured as measured."""

import pytest

from tsadbook.registers import ledger, reproduction

SEEDS = {str(seed): {"e": 1 + seed / 100} for seed in range(12)}


def row(kind, value, found, seeds=None, **more):
    entry = ledger.Entry(id="e", source="000", kind=kind, value=value, chapter="test", **more)
    return ledger.compare(entry, {"e": found}, set(), seeds or {}, 1)


def cells(rows, columns=reproduction.COLUMNS):
    """The cells of each row of a table, by the title of their column."""
    titles, _, *lines = reproduction.table(rows, columns).strip().splitlines()
    split = [[part.strip() for part in line.strip("| ").split(" | ")] for line in [titles, *lines]]
    return [dict(zip(split[0], line, strict=True)) for line in split[1:]]


def test_each_value_stands_in_its_column():
    (shown,) = cells([row("data", 22695, 22694)])
    assert (shown["Published"], shown["Reproduced"]) == ("22695", "22694")
    assert "different" in shown["Status"]


@pytest.mark.parametrize(
    "kind, value, written",
    [("data", 3.1934561, "3.193456"), ("outcome", 3.1934561, "3.193")],
)
def test_numbers_keep_the_digits_by_which_they_are_compared(kind, value, written):
    (shown,) = cells([row(kind, value, value, SEEDS)])
    assert shown["Published"] == shown["Reproduced"] == written


def test_an_outcome_shows_its_interval_and_its_place_among_the_seeds():
    (shown,) = cells([row("outcome", 1.055, 1.04, SEEDS)])
    low, high = row("outcome", 1.055, 1.04, SEEDS)["interval"][""]
    place = f"mean 1.055 (seeds {low:.4g} to {high:.4g}); 6 of 12 below"
    assert shown["Among the seeds"] == place
    assert "within band" in shown["Status"]


def test_several_numbers_show_the_range_of_their_places():
    seeds = {str(seed): {"e": [seed, seed]} for seed in range(12)}
    (shown,) = cells([row("outcome", [3.5, 8.5], [1, 1], seeds, statistic="range")])
    place = "0 3.5 (seeds 0 to 11); 1 8.5 (seeds 0 to 11); 4 to 9 of 12 below"
    assert shown["Among the seeds"] == place


def test_a_list_of_rows_shows_how_many_seeds_list_each():
    seeds = {str(seed): {"e": [7, 9] if seed else [7]} for seed in range(12)}
    (shown,) = cells([row("outcome", [7, 9], [7], seeds, statistic="rows", rows="list")])
    place = "rows unlike: 0.08333 (seeds at most 1); a row is in 11 to 12 of 12"
    assert shown["Among the seeds"] == place


def test_nothing_that_is_published_is_missing_in_a_notebooks_own_table():
    """Shown with nothing but its name, a notebook is told of each entry that it lacks."""
    text = reproduction.show("01_sp500", {"SEED": 42}).data
    mine = [
        e for e in ledger.entries() if e.chapter == "sp500" and e.kind != "plot" and not e.speed
    ]
    for entry in mine:
        assert f"`{entry.id}` missing" in text or f"<code>{entry.id}</code>" in text, entry.id


def test_what_a_reader_has_changed_is_said_and_stops_nothing():
    names = {"SEED": 1, "TIME_STEPS": 30, "THRESHOLD": 0.7}
    text = reproduction.show("01_sp500", names).data
    assert "`sp-threshold` changed" in text
    assert "`sp-split` missing" in text


def test_nothing_is_compared_on_a_stand_in():
    import pandas as pd

    from tsadbook.datasets import Dataset

    made = Dataset("sp500", pd.Series([1.0]), pd.DatetimeIndex([]), (), "stand-in", "")
    text = reproduction.show("01_sp500", {"sp500": made}).data
    assert text == "Run on generated stand-in data: nothing is compared."
