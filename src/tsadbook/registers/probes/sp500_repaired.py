"""What the repaired S&P 500 notebook is asked once it has run."""

from __future__ import annotations

import pandas as pd


def by_case(shares: pd.Series) -> dict:
    return {f"{kind} {size}": share for (kind, size), share in shares.items()}


def repaired(c) -> dict:
    over = (c.ae_scores / c.ae_limits).reindex([pd.Timestamp("1987-10-19")])
    return c.summary("autoencoder") | {"Black Monday": over.iloc[0]}


def within_budget(c) -> dict:
    """Named events found at most by a fixed threshold with no more than one alert day a year, and
    the alert days a year at which as many are found as by the z of the last 60 days."""
    curves = {name: c.events_and_cost(name) for name in c.scores}
    most = {name: int(found[cost <= 1].max()) for name, (cost, found) in curves.items()}
    goal = most["z of the last 60 days"]
    return {
        name: {"events": most[name], "cost of as many": float(cost[found >= goal].min())}
        for name, (cost, found) in curves.items()
    }


FINDINGS = {
    "sp-settings": lambda c: {
        "window": c.WINDOW,
        "code": c.CODE,
        "decoder": c.DECODER,
        "learning_rate": c.LEARNING_RATE,
        "epochs_first": c.FIRST_EPOCHS,
        "epochs_later": c.LATER_EPOCHS,
    },
    "sp-baselines": lambda c: c.rule_table.to_dict("index"),
    "sp-repaired": repaired,
    "sp-events-within-budget": within_budget,
    "sp-injected": lambda c: by_case(c.shares["autoencoder"]),
    "sp-injected-rules": lambda c: {name: by_case(c.shares[name]) for name in c.rules},
}
