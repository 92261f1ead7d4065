"""Hold flags against labels."""

from __future__ import annotations

import numpy as np
import pandas as pd


def label_rows(index: pd.DatetimeIndex, events) -> np.ndarray:
    """Which rows are labelled.

    Parameters
    ----------
    index : time stamps of the series, shape (n,); duplicates are each labelled.
    events : instants (a DatetimeIndex), or (start, end) windows with both ends included.

    Returns
    -------
    Array of bool, shape (n,).
    """
    if isinstance(events, pd.DatetimeIndex):
        return np.asarray(index.isin(events))
    labelled = np.zeros(len(index), dtype=bool)
    for start, end in events:
        labelled |= (index >= start) & (index <= end)
    return labelled


def alerts(index: pd.DatetimeIndex, flags, silence: str = "24h") -> list[tuple]:
    """Merge flagged rows into alerts: after one is raised, nothing new is raised for a while.

    Parameters
    ----------
    index : time stamps, shape (n,), in order.
    flags : bool, shape (n,).
    silence : flagged rows up to this long after the first row of an alert belong to it. Counted
        from the first row, so that one alert can never cover more than that.

    Returns
    -------
    List of (first flagged row, last flagged row) by time stamp.
    """
    merged: list[tuple] = []
    for time in index[np.asarray(flags, dtype=bool)]:
        if merged and time - merged[-1][0] <= pd.Timedelta(silence):
            merged[-1] = (merged[-1][0], time)
        else:
            merged.append((time, time))
    return merged


def score_events(index: pd.DatetimeIndex, flags, windows, silence: str = "24h") -> dict:
    """Count what somebody on call would: events found, alerts, false ones, and these per week.

    An event is found if a flagged row lies in its window. An alert is false if none of its flagged
    rows lies in any window.

    Parameters
    ----------
    index, flags : of the rows that are judged, shape (n,); leave the training part out.
    windows : label windows (start, end), both ends included.
    silence : see `alerts`.

    Returns
    -------
    dict with events, found, alerts, false_alerts, weeks (the time that the rows span) and
    false_alerts_a_week.
    """
    flags = np.asarray(flags, dtype=bool)
    if flags.shape != (len(index),):
        raise ValueError(f"{len(index)} time stamps and flags of shape {flags.shape}")
    hits = index[flags & label_rows(index, windows)]
    raised = alerts(index, flags, silence)
    false = sum(not ((hits >= start) & (hits <= end)).any() for start, end in raised)
    weeks = (index[-1] - index[0]) / pd.Timedelta("7D")
    return {
        "events": len(windows),
        "found": windows_found(index, flags, windows),
        "alerts": len(raised),
        "false_alerts": int(false),
        "weeks": float(weeks),
        "false_alerts_a_week": float(false / weeks),
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
    DataFrame with the columns of `score_events`, summed over the series, one row for each k.
    """
    counted = {
        k: pd.DataFrame([score_events(s.index, s > k, w, silence) for s, w in judged]).sum()
        for k in ks
    }
    frame = pd.DataFrame(counted).T.rename_axis("k")
    frame["false_alerts_a_week"] = frame["false_alerts"] / frame["weeks"]
    counts = ["events", "found", "alerts", "false_alerts"]
    return frame.astype(dict.fromkeys(counts, int))


def best_k(over_k: pd.DataFrame) -> float:
    """The k with most events found, of these with fewest false alerts, of these the highest.

    Chosen on the labels: what a rule could reach at best, not what it would reach.
    """
    best = over_k[over_k["found"] == over_k["found"].max()]
    return float(best[best["false_alerts"] == best["false_alerts"].min()].index.max())


def windows_found(index: pd.DatetimeIndex, flags, windows) -> int:
    """How many label windows hold at least one flagged row."""
    flagged = index[np.asarray(flags, dtype=bool)]
    return sum(bool(((flagged >= start) & (flagged <= end)).any()) for start, end in windows)


def jaccard(rows_a, rows_b) -> float:
    """Overlap of two sets of rows: shared / in either. Two empty sets agree: 1."""
    a, b = set(rows_a), set(rows_b)
    return len(a & b) / len(a | b) if a | b else 1.0
