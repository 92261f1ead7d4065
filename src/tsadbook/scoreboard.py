"""NAB's scoreboard again, from the scores that its 16 detectors left on every series.

``python -m tsadbook.scoreboard`` computes it from the stored scores and keeps it in
``measurements/scoreboard.json``, for readers who do not have the 300 MB that it is made from. It
takes about four minutes, nearly all of it for the volume under the precision-recall surface.

Two columns stand beside the published one: the score with thresholds that were chosen on other
categories (`left_out`), and intervals over the series.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from tsadbook import datasets
from tsadbook.datasets import files as data_files
from tsadbook.datasets import nab_results
from tsadbook.evaluation import label_rows, nab
from tsadbook.evaluation.comparison import bootstrap
from tsadbook.results import plain

# bayesChangePt is missing from upstream's final_results.json; its README has this row, cut off
# after one decimal.
README_ROW = {"standard": 17.7, "reward_low_FP_rate": 3.2, "reward_low_FN_rate": 32.2}

TOLERANCE = 1e-4
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
BUFFERS = (0, 50, 125, 300)  # rows; besides, what TSB-AD takes for each series


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
    rankings = {detector: corpus.rank(scores) for detector, scores in stored.items()}
    rows = {}
    for profile in nab.PROFILES:
        raws = {"windows": corpus.windows}
        for detector, ranking in rankings.items():
            shown = published.get(detector, {}).get(profile)
            at = thresholds.get(detector, {}).get(profile, {}).get("threshold", math.nan)
            best, at_stored = ranking.best(profile), ranking.score(at, profile)
            left_out = ranking.raw(ranking.thresholds_of_other_categories(profile), profile)
            raws[detector, "best"] = ranking.raw(best.threshold, profile)
            raws[detector, "left_out"] = left_out
            rows[detector, profile] = {
                "published": math.nan if shown is None else shown,
                "best": best.score,
                "threshold": best.threshold,
                "stored_threshold": at,
                "at_stored": at_stored,
                "status": status(detector, profile, shown, best.score, at_stored),
                "left_out": nab.normalise(left_out, corpus.windows, profile),
            }
        ends = bootstrap(pd.DataFrame(raws), lambda drawn, p=profile: nab_scores(drawn, p))
        for end, values in zip(("low", "high"), ends, strict=True):
            for (detector, of), value in values.items():
                rows[detector, profile][f"{of}_{end}"] = value
    board = pd.DataFrame(rows).T.rename_axis(["detector", "profile"]).infer_objects()
    return board.loc[[(detector, profile) for detector in stored for profile in nab.PROFILES]]


def nab_scores(raws: pd.DataFrame, profile: str = "standard") -> pd.Series:
    """NAB scores from unnormalised ones: what a bootstrap over the series draws.

    Parameters
    ----------
    raws : one row a series; a column of unnormalised scores a detector, and the column "windows".
    """
    total = raws.sum()
    windows = total.pop("windows")
    return total.map(lambda raw: nab.normalise(raw, windows, profile))


def status(detector: str, profile: str, published, best: float, at_stored: float) -> str:
    """How a published score comes about: from the best threshold, or from one that is not.

    "stale threshold" says no more than that: the published score comes out at the threshold that
    upstream keeps, and another gives a higher one. Chapter 5 says why.
    """
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


def thresholds_to_try(scores: Mapping[str, np.ndarray]) -> np.ndarray:
    """Eighty thresholds, at which 20 to 20,000 judged rows are flagged."""
    judged = np.concatenate([v[nab.probation(len(v)) :] for v in scores.values()])
    return np.unique(-np.sort(-judged)[np.geomspace(20, 20_000, 80).astype(int)])


def suppressed(corpus: nab.Corpus, scores, thresholds, widths=WIDTHS) -> dict:
    """What suppressing repeated alerts does to a detector's score.

    Parameters
    ----------
    thresholds, widths : what to try; widths are rows of silence.

    Returns
    -------
    dict with widths: of each width the best score and its threshold, chosen on the labels; and
    left_out: the score when width and threshold are chosen together on the other categories, and
    left_out_raw, the unnormalised score of each series there.
    """
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
        "left_out_raw": other.to_dict(),
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
    finite = board.replace([np.inf, -np.inf], np.nan).reset_index()
    return plain(finite.to_dict("records"))


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
        "suppressed": {
            d: suppressed(corpus, stored[d], thresholds_to_try(stored[d])) for d in REPEATING
        },
        "vus_pr": {
            detector: {name: vus_pr(data[name], scores[name]) for name in TSB_AD}
            for detector, scores in flagging.items()
        },
        "vus_pr_by_buffer": {
            detector: {
                str(b): float(np.mean([vus_pr(data[name], scores[name], b) for name in TSB_AD]))
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
    """What TSB-AD publishes of the series `TSB_AD`.

    Returns
    -------
    dict with source, methods (the mean VUS-PR of each) and labelled_rows, of each series.
    """
    path = (data_files.folder() or Path()) / "tsb-ad" / "nab_vus_pr.csv"
    if not path.is_file():
        raise datasets.DataUnavailable(
            "TSB-AD's table of VUS-PR: put tsb-ad/nab_vus_pr.csv into the folder that "
            "TSADBOOK_DATA names"
        )
    table = pd.read_csv(path).set_index("nab_file").loc[[f"{name}.csv" for name in TSB_AD]]
    methods = table.columns[1 : table.columns.get_loc("ts_len")]
    return {
        "source": "TheDatumOrg/TSB-AD, benchmark_exp/benchmark_eval_results/"
        "uni_mergedTable_VUS-PR.csv at commit 87630099ea8d0dafe89a957e31ed9720e88479eb, means over "
        "18 rows; Apache-2.0, Qinghua Liu, John Paparrizos",
        "methods": table[methods].mean().to_dict(),
        "labelled_rows": dict(zip(TSB_AD, table["anomaly_len"].tolist(), strict=True)),
    }


def code() -> str:
    """Hash of the code that a kept table comes from; comments and docstrings do not count."""
    from tsadbook.book.fingerprint import bare

    here = Path(__file__).parent
    modules = [
        here / f"evaluation/{n}.py" for n in ("__init__", "nab", "points", "ranges", "comparison")
    ]
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
