"""Hold flags against labels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsadbook.checks import check_duration, check_flags, check_instants, check_windows


def label_rows(index: pd.DatetimeIndex, events) -> np.ndarray:
    """Which rows are labelled.

    Parameters
    ----------
    index : time stamps of the series, shape (n,); duplicates are each labelled.
    events : instants (a DatetimeIndex), or (start, end) windows with both ends included. What lies
        before the first row or after the last labels nothing, so that a part of a series can be
        labelled; nor does a window in a gap, between two rows.

    Returns
    -------
    Array of bool, shape (n,).

    Raises
    ------
    ValueError : an instant between two rows, a window that ends before it starts, or a time zone on
        one side only.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=4)
    >>> label_rows(days, [(days[1], days[2])]).tolist()
    [False, True, True, False]
    """
    if isinstance(events, pd.DatetimeIndex):
        return _rows_at(index, check_instants(index, events))
    labelled = np.zeros(len(index), dtype=bool)
    for start, end in check_windows(index, events):
        labelled |= (index >= start) & (index <= end)
    return labelled


def _rows_at(index: pd.DatetimeIndex, instants: pd.DatetimeIndex) -> np.ndarray:
    # Not pandas' isin: it cuts an instant to the unit of the rows, and finds 0.5 s at 0 s.
    rows, times = index.values, instants.values  # in UTC
    for at in np.flatnonzero(~np.isin(times, rows)):
        before, after = index[index < instants[at]], index[index > instants[at]]
        if len(before) and len(after):
            raise ValueError(
                f"instant {at}, {instants[at]}, lies between the rows {before.max()} and "
                f"{after.min()}; take one of these, or a window (start, end) that holds one"
            )
    return np.isin(rows, times)


def alerts(index: pd.DatetimeIndex, flags, silence: str = "24h") -> list[tuple]:
    """Merge flagged rows into alerts: after one is raised, nothing new is raised for a while.

    Parameters
    ----------
    index : time stamps, shape (n,). They may repeat and step back, as some of NAB do where a clock
        was put back: flagged rows are taken in the order of their time stamps, not of the rows.
    flags : bool, shape (n,).
    silence : str with a unit, Timedelta or timedelta64: flagged rows up to this long after the
        first row of an alert belong to it. Counted from the first row, so that one alert can never
        cover more than that.

    Returns
    -------
    List of (first, last): the time stamps of an alert's first and last flagged row, in order.

    Raises
    ------
    ValueError : as many flags as time stamps are needed, a time stamp for each row, and a silence
        with a unit that is not negative.
    """
    times = index[check_flags(index, flags)].sort_values()
    quiet = check_duration(silence, "silence")
    raised, first = [], 0
    while first < len(times):
        end = times.searchsorted(times[first] + quiet, side="right")
        raised.append((times[first], times[end - 1]))
        first = end
    return raised


def score_events(index: pd.DatetimeIndex, flags, windows, silence: str = "24h") -> dict:
    """Count what somebody on call would: events found, alerts, false ones, and these per week.

    An event is found if a flagged row lies in its window. An alert is false if none of its flagged
    rows lies in any window.

    Parameters
    ----------
    index, flags : of the rows that are judged, shape (n,); leave the training part out.
    windows : label windows (start, end), both ends included. One in which no judged row lies
        counts as an event that was not found: leave out those of the training part, too.
    silence : see `alerts`.

    Returns
    -------
    dict with events, found, alerts, false_alerts, weeks (from the earliest row to the latest) and
    false_alerts_a_week. Whatever is flagged, there are no more alerts than the rows span silences,
    rounded up: with 24 hours at most 7 a week, and one more in all where the last day is not whole.

    Raises
    ------
    ValueError : as many flags as time stamps are needed, a time stamp for each row, and rows of
        more than one time. Windows that `label_rows` refuses.
    """
    flags, windows = check_flags(index, flags), check_windows(index, windows)
    weeks = (index.max() - index.min()) / pd.Timedelta("7D") if len(index) else 0.0
    if weeks == 0:
        raise ValueError(
            f"the {len(index)} judged rows span no time, so nothing can be counted by the week; "
            "judge more rows"
        )
    hits = index[flags & label_rows(index, windows)]
    raised = alerts(index, flags, silence)
    false = sum(not ((hits >= start) & (hits <= end)).any() for start, end in raised)
    return {
        "events": len(windows),
        "found": windows_found(index, flags, windows),
        "alerts": len(raised),
        "false_alerts": int(false),
        "weeks": float(weeks),
        "false_alerts_a_week": float(false / weeks),
    }


def score_together(judged, silence: str = "24h") -> dict:
    """What is found and what it costs, counted over one or more series together.

    Parameters
    ----------
    judged : one (index, flags, windows) per series, as for `score_events`.

    Returns
    -------
    dict with found, false_alerts, false_alerts_a_week (over all weeks) and false_points:
    flagged rows outside all windows.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=8)
    >>> score_together([(days, days.day == 2, [])] * 2)
    {'found': 0, 'false_alerts': 2, 'false_alerts_a_week': 1.0, 'false_points': 2}
    """
    total = {"found": 0, "false_alerts": 0, "weeks": 0.0, "false_points": 0}
    for index, flags, windows in judged:
        counted = score_events(index, flags, windows, silence)
        outside = check_flags(index, flags) & ~label_rows(index, windows)
        counted["false_points"] = int(outside.sum())
        total = {name: total[name] + counted[name] for name in total}
    return {
        "found": total["found"],
        "false_alerts": total["false_alerts"],
        "false_alerts_a_week": total["false_alerts"] / total["weeks"],
        "false_points": total["false_points"],
    }


def score_over_k(judged, ks, silence: str = "24h") -> pd.DataFrame:
    """`score_events` for one threshold k after another, over one or more series together.

    Parameters
    ----------
    judged : one (scores, windows) per series; scores are a Series over the rows that are judged,
        on a scale that the series share, such as training deviations.
    ks : thresholds; a row is flagged if its score exceeds k. NaN is never flagged.

    Returns
    -------
    DataFrame with the columns of `score_events`, one row for each k; counts and weeks are summed
    over the series, and false_alerts_a_week is the ratio of these sums.
    """
    judged, ks = list(judged), list(ks)
    if not judged or not ks:
        raise ValueError(f"{len(judged)} series and {len(ks)} thresholds; one of each is needed")
    counted = {
        k: pd.DataFrame([score_events(s.index, s > k, w, silence) for s, w in judged]).sum()
        for k in ks
    }
    frame = pd.DataFrame(counted).T.rename_axis("k")
    frame["false_alerts_a_week"] = frame["false_alerts"] / frame["weeks"]
    counts = ["events", "found", "alerts", "false_alerts"]
    return frame.astype(dict.fromkeys(counts, int))


def by_chance(
    judged, shares=(0.01, 1.0), draws: int = 20, seed: int = 0, silence: str = "24h"
) -> pd.DataFrame:
    """What rows that are flagged at random find and cost: the least that a detector has to beat.

    Parameters
    ----------
    judged : one (series, windows) per series, as for `score_over_k`; only the time stamps count.
    shares : of the rows that are flagged; 1 is an alarm on every row.
    draws : how often rows are drawn; means over them are returned.

    Returns
    -------
    DataFrame with the columns of `score_over_k`, one row for each share.

    Examples
    --------
    >>> days = pd.Series(0.0, pd.date_range("2024-01-01", periods=366, freq="4h"))
    >>> window = [(days.index[90], days.index[100])]
    >>> by_chance([(days, window)])[["found", "false_alerts_a_week"]].round(1).values.tolist()
    [[0.0, 0.4], [1.0, 5.8]]
    """
    judged, rng = list(judged), np.random.default_rng(seed)
    total = sum(
        score_over_k(
            [(pd.Series(1 - rng.random(len(s)), s.index), w) for s, w in judged],
            [1 - share for share in shares],
            silence,
        )
        for _ in range(draws)
    )
    return (total / draws).set_axis(pd.Index(shares, name="share"))


def best_k(over_k: pd.DataFrame) -> float:
    """The k with most events found, of these with fewest false alerts, of these the highest.

    Chosen on the labels: what a rule could reach at best, not what it would reach.
    """
    best = over_k[over_k["found"] == over_k["found"].max()]
    return float(best[best["false_alerts"] == best["false_alerts"].min()].index.max())


def windows_found(index: pd.DatetimeIndex, flags, windows) -> int:
    """How many label windows hold at least one flagged row."""
    flagged, windows = index[check_flags(index, flags)], check_windows(index, windows)
    return sum(bool(((flagged >= start) & (flagged <= end)).any()) for start, end in windows)


def jaccard(rows_a, rows_b) -> float:
    """Overlap of two sets of rows: shared / in either. Two empty sets agree: 1."""
    a, b = set(rows_a), set(rows_b)
    return len(a & b) / len(a | b) if a | b else 1.0
