"""What chapter 3's repair is asked once it has run."""

from __future__ import annotations

import numpy as np
import pandas as pd


def outcome(counted: pd.Series) -> dict:
    """Counts as whole numbers, the rate as it is."""
    return {name: float(n) if name.endswith("_a_week") else int(n) for name, n in counted.items()}


def outcomes(table: pd.DataFrame) -> dict:
    return {name: outcome(row) for name, row in table.iterrows()}


def forecast_errors(c) -> dict:
    """By rule, then by series; the rules alone."""
    return {
        rule: {name: errors[rule] for name, errors in c.forecast_errors.items()}
        for rule in c.forecasts
    }


def repaired(c) -> dict:
    network = {name: errors["network"] for name, errors in c.forecast_errors.items()}
    return outcomes(c.repaired) | {"mae": network}


def settings(c) -> dict:
    """What the page shows, under the names of settings.yml."""
    hundman = c.hundman.get_params()
    return {
        "training_rows": c.FIRST,
        "window": c.WINDOW,
        "units": c.UNITS,
        "learning_rate": c.RATE,
        "epochs": c.EPOCHS,
        "patience": c.PATIENCE,
        "batch_size": c.BATCH,
        "thresholds": {
            "static": {"k": c.K},
            "rolling": {name: getattr(c.rolling, name) for name in ("window", "k", "sees_itself")},
            "hundman": {name: hundman[name] for name in ("window", "step", "smoothing", "p")},
            "spot": {"q": f"1 / {1 / c.spot.q:.0f}", "level": c.spot.level},
        },
    }


def causal(c) -> dict:
    """Whether another future leaves every earlier score and flag as it is.

    The last third of each series is turned upside down. With batches of one row, Hundman's
    threshold, too, judges a row by nothing later.
    """
    scores, flags = True, dict.fromkeys(c.thresholds, True)
    for name, series in c.series.items():
        turn = 2 * len(series) // 3
        changed = series.copy()
        changed.iloc[turn:] *= -1
        after = pd.Series(c.networks[name].decision_function(changed), changed.index)
        scores &= np.array_equal(after[:turn], c.network_scores[name][:turn], equal_nan=True)
        for threshold, rule in c.thresholds.items():
            same = np.asarray(rule(after)) == c.network_flags[threshold][name]
            flags[threshold] &= bool(same[: turn - c.FIRST].all())
    return {"scores": scores} | flags


FINDINGS = {
    "bat-baselines": lambda c: outcomes(c.rule_outcomes),
    "bat-baselines-mae": forecast_errors,
    "bat-repaired": repaired,
    "bat-settings": settings,
    "bat-causal": causal,
}
