"""The package's metrics and thresholds beside code of others that computes the same.

`make references` installs that code into a folder of its own and says what was compared. Without it
these tests are skipped.
"""

import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import genpareto

from tsadbook import datasets
from tsadbook.build.paths import BUILD
from tsadbook.datasets import tsb_ad
from tsadbook.evaluation import points, ranges
from tsadbook.thresholds import SpotThreshold, fit_pareto

CASES = 500
FOLDER = BUILD / "references"


@pytest.fixture(scope="module")
def others():
    if os.environ.get("TSADBOOK_REFERENCES") != "required":
        pytest.skip("NOT COMPARED WITH OTHER CODE: run `make references`, which installs it")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(FOLDER)])
        import libspot
        import prts
        from TSB_AD.evaluation.affiliation.metrics import pr_from_events
        from TSB_AD.evaluation.basic_metrics import basic_metricor
        from TSB_AD.utils.slidingWindows import find_length_rank

        yield SimpleNamespace(
            affiliation=pr_from_events,
            metrics=basic_metricor(),
            period=find_length_rank,
            prts=prts,
            spot=libspot.Spot,
        )


def cases(seed: int):
    """Labels and flags in runs, at least one of each; the first row is neither."""
    rng = np.random.default_rng(seed)
    for _ in range(CASES):
        n = int(rng.integers(5, 120))
        while True:
            labelled, flags = (np.cumsum(rng.random(n) < rng.uniform(0.05, 0.6)) % 2 for _ in "12")
            labelled[0] = flags[0] = 0
            if labelled.any() and flags.any():
                break
        yield labelled.astype(bool), flags.astype(bool)


def say(what: str, number: int, largest: float) -> None:
    print(f"{what}: {number} cases, largest difference {largest:.1e}")


def test_affiliation_is_that_of_its_authors(others):
    """As TSB-AD ships their code."""
    differences = []
    for labelled, flags in cases(0):
        pairs = [[tuple(map(int, run)) for run in points.runs(rows)] for rows in (flags, labelled)]
        theirs = others.affiliation(*pairs, (0, len(flags)))
        ours = ranges.affiliation(labelled, flags)
        differences += [ours[k] - theirs[f"Affiliation_{k.title()}"] for k in ours]
    say("affiliation", CASES, np.abs(differences).max())
    assert np.abs(differences).max() < 1e-12


def test_range_precision_and_recall_are_those_of_prts(others):
    plain = {"alpha": 0.0, "cardinality": "one", "bias": "flat"}
    differences = []
    for labelled, flags in cases(1):
        ours = ranges.range_precision_recall(labelled, flags)
        rows = labelled.astype(int), flags.astype(int)
        bias = {k: v for k, v in plain.items() if k != "alpha"}
        differences.append(ours["precision"] - others.prts.ts_precision(*rows, **bias))
        differences.append(ours["recall"] - others.prts.ts_recall(*rows, **plain))
    say("range precision and recall", CASES, np.abs(differences).max())
    assert np.abs(differences).max() < 1e-12


def test_point_adjustment_is_that_of_tsb_ad(others):
    unlike = 0
    for labelled, flags in cases(2):
        theirs = others.metrics._adjust_predicts(flags, labelled.astype(int), pred=flags)
        unlike += int((points.point_adjusted(labelled, flags) != theirs).sum())
    say("point adjustment, rows", CASES, unlike)
    assert unlike == 0


def test_buffers_are_the_periods_of_tsb_ad(others, real_data, monkeypatch):
    monkeypatch.setenv("TSADBOOK_DATA", str(real_data))
    series = {name: datasets.load(name).series.to_numpy() for name in tsb_ad.SERIES}
    unlike = {
        name: (ranges.buffer_of(values), int(others.period(values)))
        for name, values in series.items()
        if ranges.buffer_of(values) != others.period(values)
    }
    say("buffers, rows", len(series), len(unlike))
    assert not unlike


@pytest.mark.parametrize("draw", ["exponential", "normal"])
def test_the_tail_of_libspot_is_no_likelier(others, draw):
    """Of the same excesses; libspot begins elsewhere, and can stop before the maximum."""
    gains, apart = [], []
    for seed in range(30):
        scores = getattr(np.random.default_rng(seed), draw)(size=4000)
        theirs = others.spot(
            q=1e-3, level=0.98, low=False, discard_anomalies=True, max_excess=10_000
        )
        theirs.fit(scores)
        excesses = scores[scores > theirs.excess_threshold] - theirs.excess_threshold
        tails = fit_pareto(excesses), (theirs.gamma, theirs.sigma)
        ours, libspot = (genpareto.logpdf(excesses, g, scale=s).sum() for g, s in tails)
        gains.append(ours - libspot)
        apart.append(SpotThreshold(q=1e-3).fit(scores).threshold_ / theirs.anomaly_threshold - 1)
    say(f"SPOT's threshold, {draw}, as a share", len(apart), np.abs(apart).max())
    assert min(gains) > -0.01
    assert np.abs(apart).max() < 0.05 and np.median(np.abs(apart)) < 0.005
