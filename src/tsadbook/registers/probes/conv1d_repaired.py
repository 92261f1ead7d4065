"""Chapter 4, the repair: what is read from its names once it has run."""

from __future__ import annotations

from tsadbook.evaluation.events import best_k, score_over_k

COUNTS = ["found", "false_alerts", "false_alerts_a_week"]


def _counts(c, curve) -> dict:
    return curve.loc[c.K, COUNTS].to_dict()


def _finds(c, scores) -> str:
    """The series whose window a detector finds, in words."""
    found = []
    for name, data in c.six.items():
        judged = [(scores[name][c.SIX_DAYS :], data.windows)]
        if score_over_k(judged, [c.K])["found"].iloc[0]:
            found.append(name)
    missed = [name for name in c.six if name not in found]
    if len(missed) < 2:
        return " but ".join(["all", *missed])
    return ", ".join(found) or "none"


def baselines(c) -> dict:
    return {
        rule: _counts(c, curve) | {"best_k": best_k(curve), "finds": _finds(c, c.by_rule[rule])}
        for rule, curve in c.rule_curves.items()
    }


FINDINGS = {
    "conv-settings": lambda c: {
        "training_rows": c.SIX_DAYS,
        "fitting_rows": c.FOUR_DAYS,
        "code": c.CODE,
        "learning_rate": c.LEARNING_RATE,
        "epochs": c.EPOCHS,
        "patience": c.PATIENCE,
        "batch_size": c.BATCH_SIZE,
        "step": c.STEP,
        "tail": c.TAIL,
        "k": c.K,
    },
    "conv-baselines": baselines,
    "conv-repaired": lambda c: {
        variant: _counts(c, c.network_curves[f"network, {variant}"])
        for variant in ("all windows", "causal")
    },
    "conv-revised": lambda c: _counts(c, c.network_curves["network, revised"]),
}
