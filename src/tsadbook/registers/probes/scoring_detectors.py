"""What chapter 5 is asked once it has run."""

import numpy as np


def chance_of_all_rows(c) -> list[float]:
    """F1 of point-adjusted random flags over the rows of all series together, a seed each."""
    found = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        adjusted = [
            c.points.point_adjusted(truth, rng.random(len(truth)) < 0.01)
            for truth in c.truths.values()
        ]
        together = np.concatenate(list(c.truths.values())), np.concatenate(adjusted)
        found.append(c.points.precision_recall(*together)["f"])
    return found


def tolerance(c) -> dict:
    """A detector that flags the jump and nothing else, by its rows and by NAB's score."""
    alone = c.nab.Corpus({c.jump.name: (c.jump.series.index, c.jump.windows)})
    return c.perfect | {
        "NAB": alone.rank({c.jump.name: c.is_jump.astype(float)}).score(1),
        "rows": int(c.is_jump.sum()),
        "window": int(c.truths[c.jump.name].sum()),
    }


def suppressed(c) -> dict:
    """The table of silences, and the gains in words."""
    return c.silences.to_dict() | {
        "gains": {
            detector: f"{row['gain']:.1f} ({row['low']:.1f} to {row['high']:.1f})"
            for detector, row in c.gains.iterrows()
        }
    }


def label_outside(c) -> dict:
    """The labelled instant that lies in no window, and what a flag on it counts for."""
    outside = [
        (name, instant)
        for name, d in c.data.items()
        for instant in d.instants
        if not any(start <= instant <= end for start, end in d.windows)
    ]
    (name, label) = outside[0]
    index, windows = c.data[name].series.index, c.data[name].windows
    counted = c.score_events(index, index == label, windows)
    start, end = windows[0]
    return {
        "outside": len(outside),
        "labels": sum(len(d.instants) for d in c.data.values()),
        "series": f"`{name}`",
        "label": f"{label:%H:%M}",
        "start": f"{start:%H:%M}",
        "end": f"{end:%H:%M}",
        "middle": f"{start + (end - start) / 2:%H:%M}",
        "windows": len(windows),
        "found": counted["found"],
        "false_alerts": counted["false_alerts"],
    }


FINDINGS = {
    "score-ten-rows": lambda c: c.by_hand,
    "score-ten-rows-package": lambda c: c.by_package,
    "score-naive": lambda c: c.naive.to_dict(),
    "score-preferred": lambda c: c.preferred.T.to_dict(),
    "score-point-adjustment": lambda c: {
        "mean": c.chance.mean(),
        "median": c.chance.median(),
        "pooled": chance_of_all_rows(c),
    },
    "score-tolerance": tolerance,
    "score-suppressed": suppressed,
    "score-board-from": lambda c: c.scoreboard_report.computed_from(c.kept, c.data, c.corpus),
    "score-board": lambda c: c.kept["board"],
    "score-differences": lambda c: {
        "leader": c.lead.index.name.removesuffix(" less"),
        **c.lead.T.to_dict(),
    },
    "score-nab-vus": lambda c: c.correlations | {"table": c.both.T.to_dict()},
}

ERRATA = {
    "score-threshold-not-best": lambda c: c.scoreboard_report.not_best(c.kept),
    "score-label-outside": label_outside,
}
