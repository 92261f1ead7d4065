"""NAB's scoreboard again, from the scores that its 16 detectors left on every series.

``python -m tsadbook.scoreboard`` computes it from the stored scores and keeps it in
``measurements/scoreboard.json``, for readers who do not have the 300 MB that it is made from. It
takes a few minutes, nearly all of it for the volume under the precision-recall surface.

Two columns stand beside the published one: the score with thresholds that were chosen on other
categories (`left_out`), and intervals over the series.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from tsadbook import datasets
from tsadbook.datasets import nab_results
from tsadbook.evaluation import label_rows, nab

# bayesChangePt is missing from upstream's final_results.json; its README has this row, cut off
# after one decimal.
README_ROW = {"standard": 17.7, "reward_low_FP_rate": 3.2, "reward_low_FN_rate": 32.2}

TOLERANCE = 1e-4
LEVEL, DRAWS = 0.95, 2000
WIDTHS = (50, 100, 200, 288, 400, 600)  # rows of silence that were tried, on the labels
REPEATING = ("randomCutForest", "windowedGaussian", "ARTime")  # whose alerts are suppressed

# The NAB series of TSB-AD, where it is certain which they are (by length and first labelled row).
# TSB-AD leaves out the first row of each.
TSB_AD = (
    "realKnownCause/ec2_request_latency_system_failure",
    "realTraffic/occupancy_6005",
    "realKnownCause/nyc_taxi",
    "artificialWithAnomaly/art_load_balancer_spikes",
    "realTraffic/TravelTime_451",
    "realAWSCloudwatch/ec2_cpu_utilization_825cc2",
    "realTraffic/speed_t4013",
    "realAdExchange/exchange-3_cpm_results",
    "realKnownCause/ambient_temperature_system_failure",
    "artificialWithAnomaly/art_increase_spike_density",
    "realKnownCause/rogue_agent_key_hold",
    "realAWSCloudwatch/ec2_cpu_utilization_5f5533",
    "artificialWithAnomaly/art_daily_flatmiddle",
    "realAWSCloudwatch/rds_cpu_utilization_cc0c53",
    "realKnownCause/cpu_utilization_asg_misconfiguration",
    "realTweets/Twitter_volume_FB",
    "realTraffic/speed_6005",
    "realAWSCloudwatch/ec2_cpu_utilization_24ae8d",
)
BUFFERS = ("own", 0, 50, 125, 300)  # rows; "own" is what TSB-AD takes for each series


def compare(corpus: nab.Corpus, stored, published: Mapping, thresholds: Mapping) -> pd.DataFrame:
    """Every published score beside the recomputed one, and what explains a difference.

    Parameters
    ----------
    corpus : the labelled series.
    stored : detector to series to scores.
    published : detector to profile to score; a detector may be missing.
    thresholds : detector to profile to {"threshold": ...}, as upstream keeps them.

    Returns
    -------
    One row for each detector and profile (the index), with published (NaN where there is none),
    best and the threshold that gives it, stored_threshold and the score at_stored, status
    ("equal", "stale threshold", "cut off", "different"), left_out (the score with thresholds from
    the other categories), and 95 % intervals over the series, thresholds held fixed: best_low,
    best_high, left_out_low, left_out_high.
    """
    rows = {}
    for detector, scores in stored.items():
        ranking = corpus.rank(scores)
        for profile in nab.PROFILES:
            shown = published.get(detector, {}).get(profile)
            at = thresholds.get(detector, {}).get(profile, {}).get("threshold", math.nan)
            best = ranking.best(profile)
            at_stored = ranking.score(at, profile)
            raws = pd.DataFrame(
                {
                    "best": ranking.raw(best.threshold, profile),
                    "left_out": ranking.raw(
                        ranking.thresholds_of_other_categories(profile), profile
                    ),
                }
            )
            ends = interval(drawn_scores(raws, corpus.windows, profile))
            rows[detector, profile] = {
                "published": math.nan if shown is None else shown,
                "best": best.score,
                "threshold": best.threshold,
                "stored_threshold": at,
                "at_stored": at_stored,
                "status": status(detector, profile, shown, best.score, at_stored),
                "left_out": nab.normalise(raws["left_out"], corpus.windows, profile),
                **{f"{of}_{end}": ends.loc[end, of] for of in raws for end in ends.index},
            }
    return pd.DataFrame(rows).T.rename_axis(["detector", "profile"]).infer_objects()


def status(detector: str, profile: str, published, best: float, at_stored: float) -> str:
    """How a published score comes about: from the best threshold, or from a stale one."""
    if published is None:
        if math.floor(10 * at_stored) / 10 == README_ROW[profile] and detector == "bayesChangePt":
            return "cut off"
        return "not published"
    if abs(best - published) <= TOLERANCE:
        return "equal"
    return "stale threshold" if abs(at_stored - published) <= TOLERANCE else "different"


def left_out_raw(corpus: nab.Corpus, stored, profile: str = "standard") -> pd.DataFrame:
    """Unnormalised scores, one row a series and one column a detector; left-out thresholds."""
    rankings = {detector: corpus.rank(scores) for detector, scores in stored.items()}
    return pd.DataFrame(
        {
            detector: ranking.raw(ranking.thresholds_of_other_categories(profile), profile)
            for detector, ranking in rankings.items()
        }
    )


def drawn_scores(
    raws: pd.DataFrame, windows: pd.Series, profile: str = "standard", seed: int = 0
) -> pd.DataFrame:
    """NAB scores on bootstrap samples of the series: one row a draw, the same draws in each column.

    Parameters
    ----------
    raws : the unnormalised score of each series, one column a detector.
    windows : the number of label windows of each series.
    """
    n = len(raws)
    # How often each series is drawn. The score is a ratio of sums, so that is all it takes.
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=DRAWS)
    drawn = counts @ windows.reindex(raws.index).to_numpy()
    null = -nab.PROFILES[profile].missed * drawn
    scores = 100 * (counts @ raws.to_numpy() - null[:, None]) / (drawn - null)[:, None]
    return pd.DataFrame(scores, columns=raws.columns)


def interval(drawn: pd.DataFrame) -> pd.DataFrame:
    """The percentile interval of each column; rows "low" and "high"."""
    ends = drawn.quantile([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return ends.set_axis(["low", "high"])


def first_of_each(rows: np.ndarray, silence: int) -> np.ndarray:
    """Merge and suppress by rows: of the flagged rows, those that raise an alert.

    Parameters
    ----------
    rows : numbers of the flagged rows, ascending.
    silence : after an alert, flags of so many rows raise nothing.

    The rule is that of `evaluation.alerts`, which counts time; NAB's series have steps of five
    minutes to an hour, and rows make them alike.
    """
    raised, at = [], 0
    while at < len(rows):
        raised.append(rows[at])
        at = np.searchsorted(rows, rows[at] + silence, side="right")
    return np.array(raised, dtype=int)


def suppressed_raw(
    corpus: nab.Corpus, scores: Mapping[str, np.ndarray], threshold: float, silence: int
) -> pd.Series:
    """The unnormalised standard score of each series if only the first row of an alert counts."""
    flags = {}
    for name, values in scores.items():
        start = nab.probation(len(values))
        rows = start + np.flatnonzero(np.asarray(values)[start:] >= threshold)
        flags[name] = np.zeros(len(values))
        flags[name][first_of_each(rows, silence)] = 1.0
    return corpus.rank(flags).raw(0.5)


def suppressed(corpus: nab.Corpus, scores, widths=WIDTHS, n_thresholds: int = 80) -> dict:
    """What suppressing repeated alerts does to a detector's score.

    Parameters
    ----------
    widths : rows of silence to try.
    n_thresholds : so many thresholds are tried, at which 20 to 20,000 rows are flagged.

    Returns
    -------
    dict with widths: of each width the best score and its threshold, chosen on the labels; and
    left_out: the score when width and threshold are chosen together on the other categories.
    """
    judged = np.concatenate([v[nab.probation(len(v)) :] for v in scores.values()])
    ranks = np.unique(np.geomspace(20, min(20_000, len(judged) - 1), n_thresholds).astype(int))
    thresholds = np.unique(-np.sort(-judged)[ranks])
    raws = pd.DataFrame(
        {(w, t): suppressed_raw(corpus, scores, t, w) for w in widths for t in thresholds}
    ).T
    best = {w: raws.loc[w].sum(axis=1).idxmax() for w in widths}
    categories = raws.columns.map(nab.category)
    other = pd.Series(
        {
            name: raws.loc[raws.loc[:, categories != nab.category(name)].sum(axis=1).idxmax(), name]
            for name in raws.columns
        }
    )
    return {
        "widths": {
            str(w): {
                "threshold": float(t),
                "best": nab.normalise(raws.loc[(w, t)], corpus.windows),
            }
            for w, t in best.items()
        },
        "left_out": nab.normalise(other, corpus.windows),
    }


def vus_pr(data: datasets.Dataset, scores, buffer: int | str = "own") -> float:
    """VUS-PR of one series as TSB-AD cuts it: without its first row, labelled by NAB's windows.

    Parameters
    ----------
    scores : one per row of the whole series.
    buffer : rows, or "own" for what TSB-AD takes for the series.
    """
    from tsadbook.evaluation import ranges

    series = data.series.iloc[1:]
    rows = ranges.buffer_of(series.to_numpy()) if buffer == "own" else buffer
    labelled = label_rows(series.index, data.windows)
    return ranges.volume_under_surface(labelled, np.asarray(scores)[1:], rows).pr


def load() -> tuple[dict[str, datasets.Dataset], nab.Corpus]:
    """NAB's 58 series, and the corpus that they make."""
    data = {name: datasets.load(name) for name in datasets.names() if "/" in name}
    return data, nab.Corpus({name: (d.series.index, d.windows) for name, d in data.items()})


def as_entries(board: pd.DataFrame) -> list[dict]:
    """The rows of `compare` for JSON: NaN and infinity become None."""
    rows = board.reset_index().to_dict("records")
    finite = lambda v: not isinstance(v, float) or math.isfinite(v)  # noqa: E731
    return [{k: v if finite(v) else None for k, v in row.items()} for row in rows]


def measure() -> dict:
    """All that is kept; needs the stored scores."""
    data, corpus = load()
    stored = nab_results.stored_scores({name: len(d.series) for name, d in data.items()})
    board = compare(corpus, stored, nab_results.published(), nab_results.stored_thresholds())
    eighteen = nab.Corpus({n: (data[n].series.index, data[n].windows) for n in TSB_AD})
    flagging = {detector: mine for detector, mine in stored.items() if detector != "null"}
    return {
        "command": "python -m tsadbook.scoreboard",
        "archive": nab_results.SHA256,
        "code": code(),
        "board": as_entries(board),
        "windows": corpus.windows.to_dict(),
        "left_out_raw": left_out_raw(corpus, stored).to_dict(),
        "suppressed": {d: suppressed(corpus, stored[d]) for d in REPEATING},
        "vus_pr": {
            detector: {
                str(b): {name: vus_pr(data[name], scores[name], b) for name in TSB_AD}
                for b in BUFFERS
            }
            for detector, scores in flagging.items()
        },
        "nab_on_tsb_ad": {
            detector: eighteen.rank({name: scores[name] for name in TSB_AD}).best().score
            for detector, scores in flagging.items()
        },
        "published_vus_pr": published_vus_pr(),
    }


def published_vus_pr() -> dict:
    """Mean published VUS-PR of each method of TSB-AD on the series `TSB_AD`."""
    path = Path(os.environ["TSADBOOK_DATA"]) / "tsb-ad" / "nab_vus_pr.csv"
    table = pd.read_csv(path).set_index("nab_file").loc[[f"{name}.csv" for name in TSB_AD]]
    methods = table.columns[1 : table.columns.get_loc("ts_len")]
    return {
        "source": "TheDatumOrg/TSB-AD, benchmark_exp/benchmark_eval_results/"
        "uni_mergedTable_VUS-PR.csv at commit 87630099ea8d0dafe89a957e31ed9720e88479eb, means over "
        "18 rows; Apache-2.0, Qinghua Liu, John Paparrizos",
        "methods": table[methods].mean().to_dict(),
    }


def code() -> str:
    """Hash of the code that a kept table comes from; comments and docstrings do not count."""
    from tsadbook.book.fingerprint import bare

    here = Path(__file__).parent
    modules = [here / f"evaluation/{n}.py" for n in ("__init__", "nab", "points", "ranges")]
    texts = [bare(path.read_text()) for path in [*modules, Path(__file__)]]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def kept() -> dict:
    """What ``python -m tsadbook.scoreboard`` kept."""
    return json.loads(files("tsadbook").joinpath("measurements/scoreboard.json").read_text())


def main() -> None:
    """Measure and keep."""
    path = Path(__file__).parent / "measurements" / "scoreboard.json"
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(measure(), indent=1, allow_nan=False) + "\n")
    partial.replace(path)


if __name__ == "__main__":
    main()
