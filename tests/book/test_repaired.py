"""What the chapters say of the repaired detectors, held by the kept sweeps and by the data.

The rules are computed here again from the data; the networks' numbers are those of every seed.
"""

import numpy as np
import pandas as pd
import pytest

from tsadbook import datasets, rules
from tsadbook.evaluation.events import score_events
from tsadbook.registers import ledger, settings

MACHINE = "realKnownCause/machine_temperature_system_failure"


def of_seeds(notebook, id):
    """The finding of each seed of a chapter's sweep, as a frame with one row a seed."""
    seeds = ledger.measurements(notebook)["seeds"].values()
    return pd.json_normalize([seed[id] for seed in seeds])


@pytest.mark.parametrize("chapter", ["sp500", "nab_next_step", "battery", "conv1d"])
def test_all_that_was_tried_stands_in_the_chapter(chapter, executed):
    notebooks = (nb for name, nb in executed.items() if chapter in name)
    tables = [
        output["data"]["text/html"]
        for notebook in notebooks
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "-tried" in output.get("data", {}).get("text/html", "")
    ]
    (table,) = tables
    assert table.count("<tr") > len(settings.registered(chapter)["tried"])  # and the head


# Chapter 1


def test_black_monday_is_found_out_of_sample_with_every_seed():
    assert (of_seeds("01_sp500", "sp-repaired")["Black Monday"] > 1).all()


def test_the_autoencoder_on_returns_finds_no_more_events_than_a_moving_z(compared, found):
    rule = found["sp-baselines"]["z of the last 60 days"]
    seeds = of_seeds("01_sp500", "sp-repaired")
    assert (seeds["named events"] < rule["named events"]).all()
    assert seeds["alert days a year"].median() > rule["alert days a year"]
    injected = of_seeds("01_sp500", "sp-injected").median()
    for case in ("spike 5", "shift 5", "burst 3"):
        assert injected[case] < found["sp-injected-rules"]["z of the last 60 days"][case]
    assert (injected[["flat 5", "flat 10", "flat 20"]] == 0).all()


# Chapter 2


def test_the_deviation_of_two_days_finds_all_failures_of_the_machine(real_data, monkeypatch):
    """|z| > 4 on the first 750 rows: 4 of 4 windows, at most one false alert a week."""
    monkeypatch.setenv("TSADBOOK_DATA", str(real_data))
    machine = datasets.load(MACHINE)
    z = rules.ZScore().fit(machine.series[:750]).decision_function(machine.series)[750:]
    counts = score_events(machine.series.index[750:], z > 4, machine.windows)
    assert (counts["found"], counts["false_alerts"]) == (4, 7)
    assert counts["false_alerts_a_week"] < 1


def test_the_next_step_network_predicts_better_than_persistence(found):
    mae = of_seeds("02_nab_next_step", "nab-repaired")["mae"]
    assert (mae <= found["nab-baselines"]["persistence"]["mae"]).all()


def test_a_better_forecast_is_a_worse_detector(found):
    """More false alerts a week than |z|, which forecasts ten times worse."""
    seeds = of_seeds("02_nab_next_step", "nab-repaired")
    rule = found["nab-baselines"]["|z|"]
    assert seeds["false_alerts_a_week"].median() > rule["false_alerts_a_week"]
    assert rule["mae"] > 10 * seeds["mae"].max()


def test_six_hours_ahead_the_network_matches_the_rule():
    """All four windows at no more than one false alert a week, with most seeds."""
    seeds = of_seeds("02_nab_next_step", "nab-revised")
    matches = (seeds["found"] == 4) & (seeds["false_alerts_a_week"] <= 1)
    assert matches.mean() > 0.5


# Chapter 3


def test_chapter_3_is_trained_with_what_was_registered(found):
    plan = settings.registered("battery")["settings"]
    on_the_page = found["bat-settings"]
    assert on_the_page == {key: plan[key] for key in on_the_page}
    assert set(plan) - set(on_the_page) == {"score"}


def test_the_networks_of_chapter_3_do_not_look_ahead(found):
    assert len(found["bat-causal"]) == 6
    assert all(found["bat-causal"].values())


def test_a_moving_z_of_one_day_finds_every_window_without_a_false_alert(found):
    """No threshold brings the networks there, with any seed."""
    rule = found["bat-baselines"]["moving z, one day"]
    assert (rule["found"], rule["false_alerts"]) == (5, 0)
    seeds = of_seeds("03_battery_repaired", "bat-repaired")
    for threshold in ("static", "rolling", "Hundman", "SPOT"):
        assert (seeds[f"{threshold}.false_alerts"] > 0).all()


def test_a_rolling_window_that_sees_the_row_finds_nothing():
    seeds = of_seeds("03_battery_repaired", "bat-repaired")
    assert (seeds["rolling, sees itself.found"] == 0).all()
    assert (seeds["rolling.found"] > 0).all()


def test_hundmans_threshold_finds_all_events_with_fewest_false_alerts():
    seeds = of_seeds("03_battery_repaired", "bat-repaired")
    assert (seeds["Hundman.found"] == 5).mean() > 0.5
    static, spot, rolling, hundman = (
        seeds[f"{name}.false_alerts"] for name in ("static", "SPOT", "rolling", "Hundman")
    )
    assert ((static > spot) & (spot > rolling) & (rolling >= hundman)).all()


def test_the_network_forecasts_one_series_better_than_persistence_and_not_the_other(found):
    seeds, rules = of_seeds("03_battery_repaired", "bat-repaired"), found["bat-baselines-mae"]
    latency, load = "request latency", "processor load"
    assert (seeds[f"mae.{latency}"] < min(errors[latency] for errors in rules.values())).all()
    assert (seeds[f"mae.{load}"] > rules["persistence"][load]).all()


# Chapter 4


def test_the_median_of_the_time_of_day_finds_all_six_and_costs_more(found):
    rules = found["conv-baselines"]
    assert rules["median of the time of day"]["found"] == rules["persistence"]["found"] == 6
    assert rules["|z|"]["found"] < 6


def test_the_causal_variant_pays_in_false_alerts(found):
    seeds = of_seeds("04_conv1d", "conv-repaired")
    assert (seeds[["all windows.found", "causal.found"]] >= 5).all(axis=None)
    assert (seeds["all windows.false_alerts"] < seeds["causal.false_alerts"]).all()


def test_the_revised_threshold_gives_no_false_alert_and_misses_windows():
    seeds = of_seeds("04_conv1d", "conv-revised")
    assert (seeds["false_alerts"] == 0).all()
    assert seeds["found"].between(3, 5).all()


# Every chapter


def test_outcomes_of_networks_are_kept_for_ten_seeds_or_more():
    for notebook, id in (
        ("01_sp500", "sp-repaired"),
        ("02_nab_next_step", "nab-repaired"),
        ("02_nab_next_step", "nab-revised"),
        ("03_battery_repaired", "bat-repaired"),
        ("04_conv1d", "conv-repaired"),
        ("04_conv1d", "conv-revised"),
    ):
        frame = of_seeds(notebook, id)
        assert len(frame) >= 10
        assert np.isfinite(frame.to_numpy(dtype=float)).all()
