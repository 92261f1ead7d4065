"""What chapter 0 says of its series in words."""

from types import SimpleNamespace

import pandas as pd
import pytest

from tsadbook import datasets
from tsadbook.evaluation.events import label_rows, score_events
from tsadbook.registers.probes.scoring_detectors import label_outside

MACHINE = "realKnownCause/machine_temperature_system_failure"
LATENCY = "realKnownCause/ec2_request_latency_system_failure"


@pytest.fixture(autouse=True)
def at_hand(real_data, monkeypatch):
    monkeypatch.setenv("TSADBOOK_DATA", str(real_data))


def test_two_instants_lie_on_the_minimum_and_one_most_of_a_day_after_it():
    machine = datasets.load(MACHINE)
    ordered = machine.series.sort_index()
    lowest = pd.DatetimeIndex([ordered[start:end].idxmin() for start, end in machine.windows])
    hours = (machine.instants - lowest) / pd.Timedelta("1h")
    assert (hours == 0).sum() == 2
    assert sum(hours > 18) == 1


def test_the_windows_cover_about_a_tenth():
    machine = datasets.load(MACHINE)
    share = label_rows(machine.series.index, machine.windows).mean()
    assert share == pytest.approx(0.1, abs=0.01)


@pytest.mark.decides("score-label-outside", "erratum")
def test_one_label_lies_in_no_window():
    data = {name: datasets.load(name) for name in datasets.names() if "/" in name}
    fields = label_outside(SimpleNamespace(data=data, score_events=score_events))
    name, label = "realAWSCloudwatch/iio_us-east-1_i-a2eb1cd9_NetworkIn", "2013-10-10 09:35"
    outside = {
        (key, instant)
        for key, d in data.items()
        for instant in d.instants[~label_rows(d.instants, d.windows)]
    }
    assert outside == {(name, pd.Timestamp(label))}
    assert pd.Timestamp(label) in data[name].series.index
    (start, end), (second, last) = data[name].windows
    assert (start, end) == (
        pd.Timestamp("2013-10-10 10:35"),
        pd.Timestamp("2013-10-10 15:45"),
    )
    assert second + (last - second) / 2 == data[name].instants[1]
    assert fields == {
        "outside": 1,
        "labels": 120,
        "series": f"`{name}`",
        "label": "09:35",
        "start": "10:35",
        "end": "15:45",
        "middle": "13:10",
        "windows": 2,
        "found": 0,
        "false_alerts": 1,
    }


def test_an_hour_is_stamped_with_the_first_minute_after_the_american_change_of_clocks():
    index = datasets.load(LATENCY).series.index
    stamps = index.value_counts()
    assert stamps.idxmax() == pd.Timestamp("2014-03-09 03:00") and stamps.max() == 12
    with pytest.raises(ValueError, match=r"nonexistent|2014-03-09 02:30"):
        pd.Timestamp("2014-03-09 02:30").tz_localize("America/New_York")
    assert not ((index >= "2014-03-09 02:00") & (index < "2014-03-09 03:00")).any()


def test_an_hour_of_the_machine_stands_there_twice():
    index = datasets.load(MACHINE).series.index
    back = index.to_series().diff()
    assert back[back < pd.Timedelta(0)].tolist() == [-pd.Timedelta("55min")]
    assert index.duplicated().sum() == 12


def test_the_clock_on_the_page_works_on_a_series_of_ones_own(page):
    clock = page("00_data_and_labels").clock
    clock.__globals__["datasets"] = datasets
    index = pd.date_range("2024-01-01", periods=5, freq="h").insert(3, pd.Timestamp("2024-01-01"))
    said = clock(pd.Series(range(6), index, dtype=float))
    assert (said["rows"], said["step"]) == (6, pd.Timedelta("1h"))
    assert (said["duplicates"], said["backward"], said["gaps"]) == (1, 1, 1)
