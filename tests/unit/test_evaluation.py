"""Flags against labels: known answers, and loops that are slow and plainly right."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tsadbook.evaluation.events import (
    alerts,
    best_k,
    by_chance,
    jaccard,
    label_rows,
    score_events,
    score_over_k,
    windows_found,
)

# Minutes 0, 5, 10, 10, 15, 20: one time stamp stands twice, as in NAB.
MINUTES = [0, 5, 10, 10, 15, 20]
INDEX = pd.Timestamp("2014-01-01") + pd.to_timedelta(MINUTES, unit="min")


def at(minute: float) -> pd.Timestamp:
    return pd.Timestamp("2014-01-01") + pd.Timedelta(minutes=minute)


def labelled(events) -> list[int]:
    """The minutes of the labelled rows."""
    return np.array(MINUTES)[label_rows(INDEX, events)].tolist()


def test_instants_label_their_rows_duplicates_included():
    assert labelled(pd.DatetimeIndex([at(0), at(10)])) == [0, 10, 10]


@pytest.mark.parametrize("unit", ["s", "ns"])
def test_an_instant_between_two_rows_is_refused(unit):
    """Half a second off is off, though pandas' own `isin` finds it where rows have whole ones."""
    rows = INDEX.as_unit(unit)
    for instant, nearest in (
        (at(7), "00:05:00 and 2014-01-01 00:10:00"),
        (at(1 / 120), "00:00:00 and 2014-01-01 00:05:00"),
    ):
        with pytest.raises(ValueError, match=f"instant 1, .*between the rows 2014-01-01 {nearest}"):
            label_rows(rows, pd.DatetimeIndex([at(0), instant]))


def test_what_lies_outside_the_rows_labels_nothing():
    """So a part of a series can be labelled. A window in a gap holds no row, and may."""
    assert labelled(pd.DatetimeIndex([at(-7), at(21), at(5)])) == [5]
    assert labelled([(at(-9), at(-1)), (at(6), at(9)), (at(21), at(30))]) == []


def test_windows_label_both_of_their_ends():
    assert labelled([(at(5), at(10))]) == [5, 10, 10]
    assert labelled([(at(5.1), at(14.9))]) == [10, 10]
    assert labelled([(at(0), at(5)), (at(5), at(5)), (at(20), at(99))]) == [0, 5, 20]


@pytest.mark.parametrize("events", [(), pd.DatetimeIndex([])])
def test_without_events_nothing_is_labelled(events):
    assert label_rows(INDEX, events).tolist() == [False] * 6


# Time zones: the same labels where both sides have one, an error where one side has.

zones = st.sampled_from([None, "UTC", "Europe/Berlin", "America/New_York"])


def in_zone(times, zone):
    """Times that are in UTC but do not say so, in a zone; None does not say so either."""
    return times if zone is None else times.tz_localize("UTC").tz_convert(zone)


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 240), min_size=2, max_size=30),
    st.lists(st.tuples(st.integers(-20, 250), st.integers(-5, 60)), min_size=1, max_size=4),
    zones,
    zones,
)
def test_labels_are_found_in_any_time_zone_or_refused(minutes, drawn, zone, other):
    """Rows may repeat and step back. 20:00 UTC and 04:00 in Berlin are two clocks, one instant."""
    start = pd.Timestamp("2014-10-26")  # Berlin puts its clocks back
    naive = start + pd.to_timedelta(minutes, unit="min")
    windows = [(a, a + length) for a, length in drawn]
    given = [[in_zone(start + m * pd.Timedelta("1min"), other) for m in w] for w in windows]
    rows, flags = in_zone(naive, zone), [True] * len(minutes)
    calls = [lambda: label_rows(rows, given), lambda: windows_found(rows, flags, given)]
    if (zone is None) != (other is None):
        for call in calls:
            with pytest.raises(ValueError, match=r"window 0, .*zone.*tz_localize"):
                call()
    elif any(b < a for a, b in windows):
        first = next(i for i, (a, b) in enumerate(windows) if b < a)
        for call in calls:
            with pytest.raises(ValueError, match=f"window {first}, .*before it starts; swap"):
                call()
    else:
        inside = [[a <= m <= b for m in minutes] for a, b in windows]
        assert calls[0]().tolist() == np.any(inside, axis=0).tolist()
        assert calls[1]() == sum(map(any, inside))


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 60), min_size=2, max_size=20),
    st.lists(st.integers(-5, 65), min_size=1, max_size=3),
    zones,
    zones,
)
def test_instants_are_found_in_any_time_zone_or_refused(minutes, instants, zone, other):
    start = pd.Timestamp("2014-10-26")
    rows = in_zone(start + pd.to_timedelta(minutes, unit="min"), zone)
    given = in_zone(start + pd.to_timedelta(instants, unit="min"), other)
    lost = [i for i in instants if min(minutes) < i < max(minutes) and i not in minutes]
    if (zone is None) != (other is None):
        with pytest.raises(ValueError, match=r"instant 0, .*zone.*tz_localize"):
            label_rows(rows, given)
    elif lost:
        with pytest.raises(ValueError, match=f"instant {instants.index(lost[0])}, .*between"):
            label_rows(rows, given)
    else:
        assert label_rows(rows, given).tolist() == [m in instants for m in minutes]


def test_labels_that_are_no_time_stamps_are_refused():
    for windows in ([at(5)], [(at(5),)], [(0, 5)], [(at(5), pd.NaT)], [("2014-01-01", None)]):
        with pytest.raises(ValueError, match=r"window 0 is .* no pair .*\(t, t\)"):
            label_rows(INDEX, windows)
    with pytest.raises(ValueError, match="instant 1 is missing"):
        label_rows(INDEX, pd.DatetimeIndex([at(5), pd.NaT]))
    with pytest.raises(ValueError, match="RangeIndex; they must be a DatetimeIndex"):
        label_rows(pd.RangeIndex(6), [(at(0), at(5))])
    with pytest.raises(ValueError, match="row 2 has no time stamp"):
        label_rows(INDEX.where(np.arange(6) != 2), [(at(0), at(5))])


def test_windows_found_counts_windows_not_flags():
    windows = [(at(0), at(5)), (at(10), at(10)), (at(15), at(20))]
    assert windows_found(INDEX, [1, 1, 0, 0, 0, 0], windows) == 1
    assert windows_found(INDEX, [0, 1, 0, 1, 0, 1], windows) == 3  # at both ends, and a duplicate
    assert windows_found(INDEX, [0] * 6, windows) == 0
    assert windows_found(INDEX, [0, 1, 0, 0, 0, 0], [(at(0), at(10)), (at(5), at(7))]) == 2


def test_jaccard():
    assert jaccard([1, 2, 3], [2, 3, 4, 5]) == 2 / 5
    assert jaccard([1, 1, 2], (2, 1)) == 1
    assert jaccard([], [1]) == 0
    assert jaccard([], []) == 1


# Alerts, in order of their time stamps; some of the drawn stamps repeat and some step back.

DAY = pd.Timedelta("24h")
minutes = st.lists(st.integers(0, 240), min_size=2, max_size=30)
flagged = st.lists(st.sampled_from([False, False, True]), min_size=30, max_size=30)
labels = st.lists(st.tuples(st.integers(-20, 250), st.integers(0, 60)), max_size=4)


def stamps(minutes) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([at(m) for m in minutes])


def slow_alerts(minutes, flags, silence) -> list[list[int]]:
    """The minutes of the flagged rows of each alert."""
    raised = []
    for minute in sorted(m for m, flag in zip(minutes, flags, strict=False) if flag):
        if raised and minute - raised[-1][0] <= silence:
            raised[-1].append(minute)
        else:
            raised.append([minute])
    return raised


def slow_events(minutes, flags, windows, silence) -> dict:
    raised = slow_alerts(minutes, flags, silence)
    found = 0
    for start, end in windows:
        found += any(start <= m <= end for alert in raised for m in alert)
    false = 0
    for alert in raised:
        false += not any(start <= m <= end for m in alert for start, end in windows)
    weeks = (max(minutes) - min(minutes)) / (7 * 24 * 60)
    return {
        "events": len(windows),
        "found": found,
        "alerts": len(raised),
        "false_alerts": false,
        "weeks": weeks,
        "false_alerts_a_week": false / weeks,
    }


@given(minutes, flagged, st.sampled_from([0, 5, 60]))
def test_alerts_are_those_of_a_loop(minutes, flags, silence):
    flags = flags[: len(minutes)]
    expected = [(at(a[0]), at(a[-1])) for a in slow_alerts(minutes, flags, silence)]
    assert alerts(stamps(minutes), flags, f"{silence}min") == expected


@given(minutes, flagged, labels, st.sampled_from([0, 5, 60]))
def test_score_events_are_those_of_a_loop(minutes, flags, drawn, silence):
    assume(len(set(minutes)) > 1)
    flags = flags[: len(minutes)]
    windows = [(start, start + length) for start, length in drawn]
    labelled = [(at(start), at(end)) for start, end in windows]
    result = score_events(stamps(minutes), flags, labelled, f"{silence}min")
    assert result == pytest.approx(slow_events(minutes, flags, windows, silence), rel=1e-12)


def test_an_alert_never_covers_more_than_its_silence():
    """Flags without end are one alert a silence, not one for ever."""
    index = pd.date_range("2014-01-01", periods=8, freq="12h")
    raised = alerts(index, [True] * 8)
    assert [(last - first) for first, last in raised] == [DAY, DAY, DAY / 2]
    assert [first for first, _ in raised] == [index[0], index[3], index[6]]


@pytest.mark.parametrize(
    "silence",
    ["24h", "1 days", "P1D", "23:59:60", DAY, DAY.to_pytimedelta(), DAY.to_timedelta64()],
)
def test_a_silence_is_a_time_with_a_unit(silence):
    index = pd.date_range("2014-01-01", periods=48, freq="h")
    assert len(alerts(index, [True] * 48, silence)) == 2


@pytest.mark.parametrize(
    "silence",
    [24, 24.0, True, np.int64(24), np.timedelta64(24), "24", " +24", "1h 24", "2 4h", "1,5h", "",
     "day", "1M", "1e3", "nan", None, pd.NaT, np.timedelta64("NaT"), [1], "99999999999D"],
)  # fmt: skip
def test_a_silence_without_a_unit_is_refused(silence):
    """pandas takes 24 for 24 ns, "2 4h" for 24 hours and "1,5h" for 15."""
    with pytest.raises(ValueError, match='silence is a time with its unit, such as "24h" or '):
        alerts(DAYS, FLAGS, silence)


def test_a_clock_that_was_put_back_makes_no_alert_that_ends_before_it_begins():
    """As in NAB's machine temperature, 7 January 2014: 02:55, then 02:00."""
    index = stamps([0, 55, 0, 5, 60])
    assert alerts(index, [0, 1, 1, 0, 0], "30min") == [(at(0), at(0)), (at(55), at(55))]
    assert alerts(index, [0, 1, 1, 0, 0], "60min") == [(at(0), at(55))]


# Ten rows, one a day, 1 to 10 January; two windows; silence of a day.
#
#   day       1  2  3  4  5  6  7  8  9  10
#   flag      x     x  x        x  x     x
#   window          .  4--5        8--9
#   alert     A     B--B        C--C     D
#
# A lies in no window: false. B begins before the first window and reaches into it, C into the
# second: not false. D, the day after the second: false. Nine days are 9 / 7 weeks.
DAYS = pd.date_range("2014-01-01", periods=10)
FLAGS = [1, 0, 1, 1, 0, 0, 1, 1, 0, 1]
WINDOWS = [(DAYS[3], DAYS[4]), (DAYS[7], DAYS[8])]
BY_HAND = {
    "events": 2,
    "found": 2,
    "alerts": 4,
    "false_alerts": 2,
    "weeks": 9 / 7,
    "false_alerts_a_week": 14 / 9,
}


def test_score_events_by_hand():
    assert score_events(DAYS, FLAGS, WINDOWS) == pytest.approx(BY_HAND)
    assert alerts(DAYS, FLAGS) == [
        (DAYS[0], DAYS[0]),
        (DAYS[2], DAYS[3]),
        (DAYS[6], DAYS[7]),
        (DAYS[9], DAYS[9]),
    ]


def test_an_alert_that_spans_a_window_without_a_flag_in_it_is_false():
    flags = [0, 0, 0, 1, 0, 1, 0, 0, 0, 0]
    result = score_events(DAYS, flags, [(DAYS[4], DAYS[4])], "48h")
    assert (result["alerts"], result["false_alerts"], result["found"]) == (1, 1, 0)


def test_two_windows_in_one_alert_are_both_found_and_a_window_without_rows_is_not():
    windows = [(DAYS[2], DAYS[2]), (DAYS[3], DAYS[3]), (DAYS[9] + DAY, DAYS[9] + 2 * DAY)]
    result = score_events(DAYS, FLAGS, windows)
    assert (result["events"], result["found"], result["false_alerts"]) == (3, 2, 3)


def test_nothing_is_counted_differently_later_on():
    shift = pd.Timedelta("1234D 5h 6min")
    later = [(start + shift, end + shift) for start, end in WINDOWS]
    assert alerts(DAYS + shift, FLAGS) == [(a + shift, b + shift) for a, b in alerts(DAYS, FLAGS)]
    assert score_events(DAYS + shift, FLAGS, later) == score_events(DAYS, FLAGS, WINDOWS)
    scores = pd.Series(np.arange(10.0) % 4, DAYS)
    pd.testing.assert_frame_equal(
        score_over_k([(scores.set_axis(DAYS + shift), later)], [0, 1, 2]),
        score_over_k([(scores, WINDOWS)], [0, 1, 2]),
    )


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 10_000), min_size=2, max_size=60).filter(lambda m: len(set(m)) > 1),
    st.data(),
    st.sampled_from(["24h", "1h", "90min"]),
)
def test_no_flags_on_any_stamps_cost_more_than_one_alert_a_silence(minutes, data, silence):
    """With 24 hours that is one a day, the last one begun: 7 a week, and 1 more in all."""
    flags = data.draw(st.lists(st.booleans(), min_size=len(minutes), max_size=len(minutes)))
    counted = score_events(stamps(minutes), flags, [], silence)
    always = score_events(stamps(minutes), [True] * len(minutes), [], silence)
    span = pd.Timedelta(max(minutes) - min(minutes), "min")
    assert counted["false_alerts"] <= always["false_alerts"] <= -(-span // pd.Timedelta(silence))
    if silence == "24h":
        assert counted["false_alerts_a_week"] < 7 + 1 / counted["weeks"]


def test_an_alarm_on_every_row_comes_close_to_seven_a_week():
    hours = pd.date_range("2014-01-01", periods=20 * 7 * 24 + 1, freq="h")
    cost = score_events(hours, np.ones(len(hours)), [])["false_alerts_a_week"]
    assert 6.7 < cost < 7


def test_by_chance_flags_the_share_of_the_rows_and_always_all_of_them():
    hours = pd.Series(0.0, pd.date_range("2014-01-01", periods=5000, freq="h"))
    windows = [(hours.index[i], hours.index[i + 9]) for i in range(100, 5000, 500)]
    found = by_chance([(hours, windows)], shares=(0.0, 0.02, 1.0), draws=200)
    assert found.index.tolist() == [0.0, 0.02, 1.0]
    # a window of ten rows is found unless none of them is drawn
    assert found["found"].tolist() == pytest.approx([0, 10 * (1 - 0.98**10), 10], abs=0.3)
    every = score_events(hours.index, np.ones(5000), windows)
    assert found.loc[1.0].to_dict() == pytest.approx(every)
    # after an alert, a day of silence and then 50 hours on average until the next flag
    assert found.loc[0.02, "alerts"] == pytest.approx(5000 / (24 + 50), rel=0.05)
    again = by_chance([(hours, windows)], shares=(0.0, 0.02, 1.0), draws=200)
    pd.testing.assert_frame_equal(found, again)


# Over thresholds and series

some_scores = st.lists(st.integers(0, 5).map(float) | st.just(np.nan), min_size=2, max_size=20)


@given(some_scores, some_scores, labels, st.lists(st.integers(-1, 6), min_size=1, unique=True))
def test_score_over_k_adds_up_the_series(one, other, drawn, ks):
    windows = [(start, start + length) for start, length in drawn]
    series = [(one, 5), (other, 30)]  # minutes from row to row
    labelled = [(at(start), at(end)) for start, end in windows]
    judged = (  # a generator, which can be gone through once
        (pd.Series(s, stamps([every * i for i in range(len(s))])), labelled) for s, every in series
    )
    result = score_over_k(judged, ks, "20min")
    assert result.index.name == "k"
    assert result.index.tolist() == ks
    for k in ks:
        each = [
            slow_events([every * i for i in range(len(s))], [x > k for x in s], windows, 20)
            for s, every in series
        ]
        total = {name: sum(e[name] for e in each) for name in each[0]}
        total["false_alerts_a_week"] = total["false_alerts"] / total["weeks"]
        assert result.loc[k].to_dict() == pytest.approx(total, rel=1e-12)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
def test_best_k_finds_most_then_errs_least_then_is_highest(rows):
    frame = pd.DataFrame(rows, columns=["found", "false_alerts"])
    frame.index = np.random.default_rng(len(rows)).permutation(len(rows)) / 2
    best = sorted((-found, false, -k) for (found, false), k in zip(rows, frame.index, strict=True))
    assert best_k(frame) == -best[0][2]


def test_what_cannot_be_counted():
    with pytest.raises(ValueError, match=r"10 time stamps and flags of shape \(9,\)"):
        alerts(DAYS, FLAGS[:9])
    with pytest.raises(ValueError, match=r"10 time stamps and flags of shape \(10, 1\)"):
        score_events(DAYS, np.zeros((10, 1)), WINDOWS)
    with pytest.raises(ValueError, match="row 2 has no time stamp"):
        alerts(DAYS.where(np.arange(10) != 2), FLAGS)
    with pytest.raises(ValueError, match="not negative as '-1h' is"):
        alerts(DAYS, FLAGS, "-1h")
    for n in (0, 1):
        with pytest.raises(ValueError, match=f"{n} judged rows span no time.*judge more"):
            score_events(DAYS[:n], FLAGS[:n], WINDOWS)
    with pytest.raises(ValueError, match="0 series and 1 thresholds"):
        score_over_k([], [4])
    with pytest.raises(ValueError, match="1 series and 0 thresholds"):
        score_over_k([(pd.Series(0.0, DAYS), WINDOWS)], [])
