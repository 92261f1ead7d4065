"""What chapter 2, the repaired part, is asked."""

from __future__ import annotations

import numpy as np

from tsadbook.evaluation.events import best_k


def outcome(c, curve) -> dict:
    """Counts at the threshold that was fixed, and the best one by the labels."""
    counts = curve.loc[c.K, ["found", "false_alerts", "false_alerts_a_week"]]
    return counts.astype(float).to_dict() | {"best_k": best_k(curve)}


def baselines(c) -> dict:
    return {name: outcome(c, curve) | {"mae": c.mae.get(name)} for name, curve in c.curves.items()}


def causal(c) -> dict:
    """Whether no score changes when the last third of the series is turned upside down."""
    changed, turn = c.temperature.copy(), 2 * len(c.temperature) // 3
    changed.iloc[turn:] = -changed.iloc[turn:]
    pairs = {
        name: [np.asarray(score(series))[:turn] for series in (c.temperature, changed)]
        for name, score in {"next step": c.drift, "six hours": c.ahead.decision_function}.items()
    }
    return {name: np.array_equal(*both, equal_nan=True) for name, both in pairs.items()}


FINDINGS = {
    "nab-baselines": baselines,
    "nab-repaired": lambda c: (
        outcome(c, c.networks["network, next step"]) | {"mae": c.next_step_mae}
    ),
    "nab-revised": lambda c: outcome(c, c.networks["network, six hours"]),
    "nab-settings": lambda c: {
        "training_rows": c.TRAINING,
        "window": c.WINDOW,
        "units": c.UNITS,
        "learning_rate": c.LEARNING_RATE,
        "patience": c.PATIENCE,
        "epochs": c.fitting["epochs"],
        "batch_size": c.fitting["batch_size"],
        "smoothing": c.SMOOTHING,
        "horizon": c.HORIZON,
        "k": c.K,
    },
    "nab-causal": causal,
}
