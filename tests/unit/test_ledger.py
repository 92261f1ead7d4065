"""The rules by which a published figure is held against a measured one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsadbook.registers import ledger
from tsadbook.registers.ledger import Entry, compare
from tsadbook.registers.sweeps import interval
from tsadbook.registers.values import leaves, plain, rows_of

RNG = np.random.default_rng(7)


def entry(kind: str, value, **more) -> Entry:
    return Entry(id="e", source="000", kind=kind, value=value, chapter="01_test", **more)


def status(entry: Entry, found=None, *, figures=(), drawn=(), numbers=1) -> str:
    seeds = {str(i): {entry.id: value} for i, value in enumerate(drawn)}
    recorded = {} if found is None else {entry.id: found}
    return compare(entry, recorded, set(figures), seeds, numbers)["status"]


# Data and structure


@pytest.mark.parametrize("kind", ["data", "structure"])
@pytest.mark.parametrize(
    "published, found, expected",
    [
        (22695, 22695, "equal"),
        (22695, 22694, "different"),
        ([7782, 1], [7782, 1], "equal"),
        ([7782, 1], [7782], "different"),
        ({"train": [1, 2]}, {"train": [1, 2]}, "equal"),
        ({"train": [1, 2]}, {"train": [1, 3]}, "different"),
        ({"train": 1}, {"test": 1}, "different"),
        ({"train": 1}, {"train": 1, "test": 2}, "different"),
        ("none", "none", "equal"),
        ("none", "scaled", "different"),
        (1, True, "different"),
        (0, False, "different"),
        (5, 5.0, "equal"),
        (5, "5", "different"),
    ],
)
def test_equal_or_different(kind, published, found, expected):
    assert status(entry(kind, published), found) == expected


def test_equal_to_the_tolerance_and_no_further():
    values = entry("data", {"2018-02-06": [3.193456, 7]}, tolerance=1e-5)
    assert status(values, {"2018-02-06": [3.193464, 7]}) == "equal"
    assert status(values, {"2018-02-06": [3.193476, 7]}) == "different"
    assert status(replace(values, tolerance=0.0), {"2018-02-06": [3.193464, 7]}) == "different"


@pytest.mark.parametrize("kind", ["data", "structure", "hyperparameter", "outcome"])
def test_what_was_not_recorded_is_missing(kind):
    assert status(entry(kind, 1.0), drawn=[1.0] * 16) == "missing"


# Settings, plots, claims, speeds


def test_a_setting_is_used_or_changed():
    settings = entry("hyperparameter", {"epochs": 10, "shuffle": False})
    assert status(settings, {"epochs": 10, "shuffle": False}) == "used"
    assert status(settings, {"epochs": 10, "shuffle": True}) == "changed"
    assert status(settings, {"epochs": 9, "shuffle": False}) == "changed"


def test_a_plot_is_shown_or_missing():
    assert status(entry("plot", "the loss"), figures={"e", "other"}) == "shown"
    assert status(entry("plot", "the loss"), found=1, figures={"other"}) == "missing"


VERDICT = {"status": "refuted", "number": "e-share", "test": "test_share"}


def test_a_claim_is_open_until_a_verdict_decides_it():
    assert status(entry("claim", "it works")) == "open"
    claim = entry("claim", "it works", verdict=VERDICT)
    row = compare(claim, {"e-share": 0.31}, set(), {}, 1)
    assert row["status"] == "refuted"
    assert row["decided_by"] == "e-share, test_share"
    assert compare(claim, {}, set(), {}, 1)["status"] == "open"  # the number was not recorded


def test_a_verdict_never_covers_up_a_comparison():
    """It decides what is open; it turns no difference and no missing value into anything else."""
    assert status(entry("data", 1, verdict=VERDICT), 2) == "different"
    assert status(entry("hyperparameter", 1, verdict=VERDICT), 2) == "changed"
    assert status(entry("data", 1, verdict=VERDICT)) == "missing"
    assert status(entry("plot", 1, verdict=VERDICT)) == "missing"
    assert status(entry("outcome", 1.0, verdict=VERDICT), 1.0, drawn=NEAR_ONE) == "within band"
    out_of_band = entry("outcome", 9.0, verdict=VERDICT)
    seeds = {i: {"e": d} for i, d in enumerate(NEAR_ONE)}
    assert compare(out_of_band, {"e": 1.0, "e-share": 0.3}, set(), seeds, 1)["status"] == "refuted"


def test_a_speed_is_no_outcome():
    assert status(entry("outcome", {"epoch_s": 10}, speed=True)) == "speed"


# Outcomes that are numbers

NEAR_ONE = [1 + 0.01 * d for d in (-2, -1, 0, 1, 2, -2, -1, 0, 1, 2, 0, 1)]


def test_a_number_lies_within_the_band_or_is_open():
    assert status(entry("outcome", 1.02), 1.0, drawn=NEAR_ONE) == "within band"
    assert status(entry("outcome", 1.2), 1.0, drawn=NEAR_ONE) == "open"
    assert status(entry("outcome", 0.8), 1.0, drawn=NEAR_ONE) == "open"


def test_a_curve_is_compared_by_its_geometric_mean():
    drawn = [[d, 4 * d] for d in NEAR_ONE]
    curve = entry("outcome", [2.0, 2.0])  # neither number is like a seed's, their mean is
    row = compare(curve, {"e": drawn[0]}, set(), {i: {"e": d} for i, d in enumerate(drawn)}, 1)
    assert row["status"] == "within band"
    assert row["compared"] == pytest.approx({"": 2.0})
    assert row["here"] == pytest.approx({"": 2 * 0.98})
    low, high = row["interval"][""]
    assert 1.8 < low < 2 < high < 2.2
    assert row["below"] == {"": 4}
    assert status(replace(curve, value=[2.3, 2.3]), drawn[0], drawn=drawn) == "open"


def test_each_key_can_have_a_mean_of_its_own():
    drawn = [{"train": [d, d], "valid": [10 * d]} for d in NEAR_ONE]
    both = entry("outcome", {"train": [1.0, 1.0], "valid": [10.0]}, statistic="mean log of each")
    assert status(both, drawn[0], drawn=drawn) == "within band"
    swapped = replace(both, value={"train": [10.0, 10.0], "valid": [1.0]})
    assert status(swapped, drawn[0], drawn=drawn) == "open"
    assert status(replace(swapped, statistic="mean log"), drawn[0], drawn=drawn) == "open"


def test_counts_have_the_range_of_the_seeds_and_may_be_0():
    count = entry("outcome", 0, statistic="range")
    assert status(count, 4, drawn=[0, *range(1, 12)]) == "too wide to tell"
    assert status(count, 4, drawn=range(4, 16)) == "open"
    assert status(replace(count, value=8), 4, drawn=[*range(4, 12)] * 2) == "within band"
    assert status(replace(count, value=12), 4, drawn=[*range(4, 12)] * 2) == "open"
    assert status(replace(count, value=5), 5, drawn=[5] * 12) == "within band"
    assert status(replace(count, value=6), 5, drawn=[5] * 12) == "open"


def test_a_band_that_would_hold_almost_anything_is_said_to_be_too_wide():
    wide = [0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 0.3, 0.7, 1.5, 3.0, 0.15, 0.9]
    assert status(entry("outcome", 1.0), 1.0, drawn=wide) == "too wide to tell"
    assert status(entry("outcome", 1e6), 1.0, drawn=wide) == "open"  # it can still say no
    mostly_nothing = [[]] * 10 + [[1, 2, 3]] * 4
    rows = entry("outcome", [1, 2, 3], statistic="rows", rows="list")
    assert status(rows, [], drawn=mostly_nothing) == "too wide to tell"


def test_a_value_of_another_shape_is_different():
    assert status(entry("outcome", [1.0, 1.0]), [1.0], drawn=[[1.0]] * 12) == "different"


@pytest.mark.parametrize("statistic", ["mean log", "mean log of each", "range", "rows"])
def test_an_honest_run_is_rejected_no_more_often_than_is_said(statistic):
    """40 seeds and one run more, drawn alike, many times."""
    rng, n, trials = np.random.default_rng(1), 40, 300

    def run():
        if statistic == "rows":
            return np.flatnonzero(rng.random(60) < 0.1).tolist()
        if statistic == "range":
            return int(rng.poisson(3))
        losses = rng.lognormal(0, 0.3, 8).tolist()
        return losses if statistic == "mean log" else {"a": losses[:4], "b": losses[4:]}

    how = entry("outcome", run(), statistic=statistic, rows="list" if statistic == "rows" else "")
    no = sum(ledger.rejects(how, run(), [run() for _ in range(n)]) for _ in range(trials))
    share = ledger.false_alarms(how, n)
    assert no <= trials * share + 3 * np.sqrt(trials * share)


def test_fewer_than_ten_seeds_decide_nothing():
    assert status(entry("outcome", 1.0), 1.0, drawn=NEAR_ONE[:9]) == "open"
    assert status(entry("outcome", 1.0), 1.0, drawn=NEAR_ONE[:10]) == "within band"


def test_a_run_that_diverged_is_open():
    """NaN is recorded as null, in a seed or in the chapter itself."""
    assert status(entry("outcome", 1.0), 1.0, drawn=[*NEAR_ONE, None]) == "open"
    rows = compare(
        entry("outcome", 1.0), {"e": None}, set(), {i: {"e": d} for i, d in enumerate(NEAR_ONE)}, 1
    )
    assert rows["reruns_alike"] is False


# Outcomes that are lists of rows


def lists_around(base, n: int = 12, swapped: int = 10) -> list[list[int]]:
    """Lists of the same length that each miss some rows of `base` and have others instead."""
    out = []
    for _ in range(n):
        kept = RNG.choice(base, len(base) - swapped, replace=False)
        out.append(
            sorted([*kept.tolist(), *RNG.choice(np.arange(500, 900), swapped, False).tolist()])
        )
    return out


BASE = list(range(100, 200))
LISTS = lists_around(BASE)


def test_rows_lie_within_the_band_or_are_open():
    rows = entry("outcome", lists_around(BASE, 1)[0], statistic="rows", rows="list")
    assert status(rows, LISTS[0], drawn=LISTS) == "within band"
    elsewhere = [row + 50 for row in rows.value]  # as many, half of them other ones
    assert status(replace(rows, value=elsewhere), LISTS[0], drawn=LISTS) == "open"
    fewer = rows.value[:60]
    assert status(replace(rows, value=fewer), LISTS[0], drawn=LISTS) == "open"
    assert status(replace(rows, value=[]), LISTS[0], drawn=LISTS) == "open"


def test_it_is_said_how_many_seeds_list_each_published_row():
    rows = entry("outcome", [1, 2, 900], statistic="rows", rows="list")
    seeds = {i: {"e": [1, 2] if i else [1]} for i in range(12)}
    row = compare(rows, {"e": [1, 2]}, set(), seeds, 1)
    assert row["flagged_by"] == {"1": 12, "2": 11, "900": 0}


def test_rows_cannot_agree_too_well():
    """What the seeds have in common is less unlike each than they are unlike one another."""
    base = entry("outcome", BASE, statistic="rows", rows="list")
    assert status(base, LISTS[0], drawn=LISTS) == "within band"


def test_a_seed_is_not_held_against_itself():
    """Lists that share nothing differ in all their rows, and so may the published one."""
    disjoint = [[3 * i, 3 * i + 1, 3 * i + 2] for i in range(12)]
    rows = entry("outcome", [900, 901, 902], statistic="rows", rows="list")
    row = compare(rows, {"e": disjoint[0]}, set(), {i: {"e": d} for i, d in enumerate(disjoint)}, 2)
    assert row["compared"] == {"": 6} and row["interval"] == {"": [None, 6]}
    assert row["status"] == "too wide to tell"  # an empty list is unlike in 3 rows only


def test_rows_of_a_rerun():
    rows = entry("outcome", BASE, statistic="rows", rows="list")
    seeds = {i: {"e": d} for i, d in enumerate(LISTS)}
    alike = [compare(rows, {"e": d}, set(), seeds, 40)["reruns_alike"] for d in LISTS]
    assert alike == [True] * 12
    elsewhere = [row + 90 for row in LISTS[0]]
    assert compare(rows, {"e": elsewhere}, set(), seeds, 40)["reruns_alike"] is False


@pytest.mark.parametrize(
    "how, value",
    [
        ("list", [3, 5, 6]),
        ("flags", [0, 0, 0, 1, 0, 1, 1]),
        ("ranges", {"count": 3, "indices": "3, 5..6"}),
    ],
)
def test_the_ways_in_which_rows_are_written(how, value):
    assert rows_of(value, how) == [3, 5, 6]


def test_rows_written_as_keys():
    assert rows_of({"2018-02-06": 0.7, "2018-02-07": 0.8}, "keys") == ["2018-02-06", "2018-02-07"]


# The interval


@pytest.mark.parametrize("draw", ["normal", "lognormal"])
@pytest.mark.parametrize("level, n", [(0.99, 10), (0.5, 3)])
def test_the_interval_holds_the_next_draw_as_often_as_it_says(draw, level, n):
    rng = np.random.default_rng(0)
    samples = rng.normal(0.0, 1.5, (3000, n + 1))
    if draw == "lognormal":
        samples = np.exp(samples)
    held = [low <= s[-1] <= high for s in samples for low, high in [interval(s[:-1], level)]]
    four_deviations = 4 * np.sqrt(level * (1 - level) / len(held))
    assert abs(np.mean(held) - level) < four_deviations


@given(st.lists(st.floats(-1e3, 1e3), min_size=10, max_size=30))
def test_the_interval_holds_all_the_seeds_that_it_was_made_from(values):
    low, high = interval(values)
    assert all(low <= v <= high for v in values)


def test_a_rerun_is_not_held_against_its_own_seed():
    """Else a chapter's run could never differ from a sweep that holds the same run."""
    seeds = {str(i): {"e": d} for i, d in enumerate([3.0, *NEAR_ONE])}
    outlier = entry("outcome", 1.0), {"e": 3.0}, set(), seeds, 20
    assert compare(*outlier, own_seed="0")["reruns_alike"] is False
    assert compare(*outlier)["reruns_alike"] is True


def test_a_rerun_that_is_unlike_every_seed_is_noticed():
    row = compare(
        entry("outcome", 1.0), {"e": 3.0}, set(), {i: {"e": d} for i, d in enumerate(NEAR_ONE)}, 100
    )
    assert (row["status"], row["reruns_alike"]) == ("within band", False)


@pytest.mark.parametrize("value", [12.4302, 0.0, -3.0])
def test_seeds_that_agree_leave_room_for_rounding_only(value):
    low, high = interval([value] * 12)
    assert low < value < high
    assert high - low <= 1e-5 * abs(value) + 1e-10


def test_leaves_by_path():
    assert leaves({"a": [1, {"b": 2}], "c": 3}) == {"a.0": 1, "a.1.b": 2, "c": 3}
    assert leaves(0.5) == {"": 0.5}


# The whole


def test_a_changed_published_value_changes_its_own_row_alone():
    kinds = {
        "d": ("data", 3, 4),
        "h": ("hyperparameter", 0.5, 0.6),
        "o": ("outcome", 1.0, 2.0),
        "r": ("outcome", BASE, BASE[:50]),
        "p": ("plot", "the loss", "the price"),
        "c": ("claim", "it works", "it fails"),
    }
    ledger = [
        replace(entry(k, v, **({"statistic": "rows", "rows": "list"} if i == "r" else {})), id=i)
        for i, (k, v, _) in kinds.items()
    ]
    found = {"d": 3, "h": 0.5, "o": 1.0, "r": LISTS[0]}
    seeds = {i: {"o": o, "r": r} for i, (o, r) in enumerate(zip(NEAR_ONE, LISTS, strict=True))}

    def table(entries):
        return {e.id: compare(e, found, {"p"}, seeds, 3) for e in entries}

    before = table(ledger)
    assert [row["status"] for row in before.values()] == [
        "equal", "used", "within band", "within band", "shown", "open",
    ]  # fmt: skip
    for id, (_, _, other) in kinds.items():
        after = table([replace(e, value=other) if e.id == id else e for e in ledger])
        assert [i for i in before if after[i] != before[i]] == [id]
        assert after[id]["reproduced"] == before[id]["reproduced"]
        assert after[id]["interval"] == before[id]["interval"]
    assert table([replace(ledger[0], value=4)])["d"]["status"] == "different"


# outside: a run's numbers against the kept sweep

DRAWN = {str(s): {"mae": x, "by_file": [10 * x, -x]} for s, x in enumerate(RNG.normal(5, 0.1, 12))}


def inside(notebook: str, id: str, found) -> bool:
    return ledger.outside(notebook, {id: plain(found)}) == []


@pytest.fixture
def sweep(monkeypatch):
    """Put a sweep of the finding "e" in the place of the kept one; "none" was never swept."""

    def put(drawn):
        kept = {"seeds": {seed: {"e": value} for seed, value in drawn.items()}}
        monkeypatch.setattr(ledger, "measurements", lambda name: kept if name != "none" else {})

    put(DRAWN)
    return put


@pytest.mark.parametrize(
    "mae, by_file, expected",
    [
        (5.0, [50.0, -5.0], True),
        (np.float64(5.1), np.array([49.0, -4.9]), True),
        (8.0, [50.0, -5.0], False),
        (5.0, [50.0, 5.0], False),  # one number out of many is enough
        (2.0, [50.0, -5.0], False),
        (np.nan, [50.0, -5.0], False),
        (5.0, [50.0], False),  # other numbers than were swept
        (5.0, [50.0, -5.0, 1.0], False),
    ],
)
def test_a_run_agrees_where_another_seed_would_lie(sweep, mae, by_file, expected):
    assert inside("01", "e", {"mae": mae, "by_file": by_file}) is expected


def test_a_run_agrees_with_a_kept_seed_that_is_the_odd_one(sweep):
    outlier = {"mae": 8.0, "by_file": [80.0, -8.0]}
    assert not inside("01", "e", outlier)
    sweep({**DRAWN, "42": outlier})
    assert inside("01", "e", outlier)


def test_a_run_agrees_with_a_count_that_is_one_off_and_not_two(sweep):
    sweep({seed: {"found": 4, "false_a_week": 0.5} for seed in DRAWN})
    for found, expected in ((4, True), (3, True), (5, True), (2, False), (6, False)):
        assert inside("01", "e", {"found": found, "false_a_week": 0.7}) is expected


def test_a_run_agrees_with_no_flag_where_few_were_the_rule(sweep):
    """A count that was never 0 among the seeds may be 0 in a run."""
    sweep({seed: {"found": 1 + int(seed) % 2} for seed in DRAWN})
    assert inside("01", "e", {"found": 0})
    assert not inside("01", "e", {"found": 9})


def test_a_run_agrees_says_nothing_before_there_are_ten_seeds(sweep):
    far = {"mae": 1e6, "by_file": [0, 0]}
    assert inside("none", "e", far)
    assert inside("01", "another id", far)
    sweep({seed: DRAWN[seed] for seed in map(str, range(9))})
    assert inside("01", "e", far)
    sweep({seed: DRAWN[seed] for seed in map(str, range(10))})
    assert not inside("01", "e", far)


def test_lists_of_rows_are_left_to_the_ledger(sweep):
    """Their lengths differ from seed to seed."""
    sweep({str(seed): list(range(seed)) for seed in range(12)})
    assert inside("01", "e", [1, 2, 3])
