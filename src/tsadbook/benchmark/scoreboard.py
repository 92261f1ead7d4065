"""NAB's scoreboard again, from the scores that its 16 detectors left on every series.

`make sweep NAMES=scoreboard` computes it from the stored scores and keeps it in scoreboard.json
beside this module, for readers who do not have the 300 MB that it is made from. It takes about four
minutes, nearly all of it for the volume under the precision-recall surface.

Two columns stand beside the published one: the score with thresholds that were chosen on other
categories (`left_out`), and intervals over the series.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from importlib.resources import files

import numpy as np
import pandas as pd

from tsadbook import datasets
from tsadbook.datasets import nab_results, tsb_ad
from tsadbook.evaluation import nab, ranges
from tsadbook.evaluation.comparison import bootstrap
from tsadbook.evaluation.events import label_rows
from tsadbook.evaluation.suppression import suppressed, thresholds_to_try
from tsadbook.registers.values import plain

# bayesChangePt is missing from upstream's final_results.json; its README has this row, cut off
# after one decimal.
README_ROW = {"standard": 17.7, "reward_low_FP_rate": 3.2, "reward_low_FN_rate": 32.2}

TOLERANCE = 1e-4
REPEATING = ("randomCutForest", "windowedGaussian", "ARTime")  # whose alerts are suppressed
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


def load() -> tuple[dict[str, datasets.Dataset], nab.Corpus]:
    """NAB's 58 series, and the corpus that they make."""
    data = {name: datasets.load(name) for name in datasets.names() if "/" in name}
    return data, nab.Corpus({name: (d.series.index, d.windows) for name, d in data.items()})


def as_entries(board: pd.DataFrame) -> list[dict]:
    """The rows of `compare` for JSON: NaN and infinity become None."""
    finite = board.replace([np.inf, -np.inf], np.nan).reset_index()
    return plain(finite.to_dict("records"))


def vus_pr(data: datasets.Dataset, scores, buffer: int | str = "own") -> float:
    """VUS-PR of one series as TSB-AD cuts it: without its first row, labelled by NAB's windows.

    Parameters
    ----------
    scores : one per row of the whole series.
    buffer : rows, or "own" for what TSB-AD takes for the series.
    """
    series = data.series.iloc[1:]
    rows = ranges.buffer_of(series.to_numpy()) if buffer == "own" else buffer
    labelled = label_rows(series.index, data.windows)
    return ranges.volume_under_surface(labelled, np.asarray(scores)[1:], rows).pr


def measure() -> dict:
    """All that is kept; needs the stored scores."""
    data, corpus = load()
    stored = nab_results.stored_scores({name: len(d.series) for name, d in data.items()})
    board = compare(corpus, stored, nab_results.published(), nab_results.stored_thresholds())
    eighteen = nab.Corpus({n: (data[n].series.index, data[n].windows) for n in tsb_ad.SERIES})
    flagging = {detector: mine for detector, mine in stored.items() if detector != "null"}
    return {
        "archive": nab_results.SHA256,
        "board": as_entries(board),
        "windows": corpus.windows.to_dict(),
        "left_out_raw": left_out_raw(corpus, stored).to_dict(),
        "suppressed": {
            d: suppressed(corpus, stored[d], thresholds_to_try(stored[d])) for d in REPEATING
        },
        "vus_pr": {
            detector: {name: vus_pr(data[name], scores[name]) for name in tsb_ad.SERIES}
            for detector, scores in flagging.items()
        },
        "vus_pr_by_buffer": {
            detector: {
                str(b): float(
                    np.mean([vus_pr(data[name], scores[name], b) for name in tsb_ad.SERIES])
                )
                for b in BUFFERS
            }
            for detector, scores in flagging.items()
        },
        "nab_on_tsb_ad": {
            detector: eighteen.rank({name: scores[name] for name in tsb_ad.SERIES}).best().score
            for detector, scores in flagging.items()
        },
        "published_vus_pr": tsb_ad.published_vus_pr(),
    }


def kept() -> dict:
    """What `make sweep NAMES=scoreboard` kept."""
    return json.loads(files("tsadbook.benchmark").joinpath("scoreboard.json").read_text())
