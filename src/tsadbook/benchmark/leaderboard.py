"""From the scores of all tasks to the tables of chapter 6: one detector and seed after another.

Every detector's scores are treated in the same ways (`treatments`). A threshold is the best on the
labels ("oracle"), the best on the other categories ("left out"), or made without labels from the
scores of the training part ("quantile", "SPOT"). "chosen" is the treatment, too, that was best on
the other categories.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from importlib.resources import files

import numpy as np
import pandas as pd

from tsadbook import datasets
from tsadbook.benchmark import tasks
from tsadbook.benchmark.catalogue import CATALOGUE, PLAN
from tsadbook.benchmark.tasks import Task
from tsadbook.evaluation.comparison import bootstrap
from tsadbook.evaluation.events import alerts, score_events
from tsadbook.evaluation.nab import PROFILES, Corpus, category, normalise, probation
from tsadbook.thresholds import SpotThreshold
from tsadbook.treatments import excess, smoothed, suppressed

AS_IT_IS = "as it is"


def treatments() -> dict[str, Callable]:
    """The causal ways of treating scores, by name: functions of (scores, training rows)."""
    k = PLAN["smoothing"]
    ends = {AS_IT_IS: lambda s, n: np.asarray(s, dtype=float)}
    ends |= {f"suppressed {w}": partial(_suppressed, rows=w) for w in PLAN["suppression"]}
    ends["record"] = lambda s, n: excess(s, n // 2)
    after = {
        f"smoothed {k}" + ("" if name == AS_IT_IS else f", {name}"): partial(
            _smoothed_first, rows=k, end=end
        )
        for name, end in ends.items()
    }
    return ends | after


def _suppressed(scores, n_train, rows):
    return suppressed(scores, rows)


def _smoothed_first(scores, n_train, rows, end):
    return end(smoothed(scores, rows), n_train)


def measure(read: Callable[[Task], dict], workers: int = 2) -> dict:
    """Score every detector and seed.

    Parameters
    ----------
    read : gives what `tasks.compute` returned for a task; it travels to other processes.

    Returns
    -------
    dict with runs (one for each detector and seed, from `measure_run`) and overall (the detector
    that is best on the other categories, from `best_elsewhere`).
    """
    wanted = [(name, seed) for name, detector in CATALOGUE.items() for seed in detector.seeds]
    with ProcessPoolExecutor(workers) as pool:
        runs = list(pool.map(partial(measure_run, read), *zip(*wanted, strict=True)))
    return {"runs": runs, "overall": best_elsewhere(runs)}


def measure_run(read: Callable[[Task], dict], detector: str, seed: int) -> dict:
    """All that is measured of one detector and seed.

    Returns
    -------
    dict with detector, seed, seconds_fit and seconds_score over all series, refused (series and
    reason), oracle and left_out (NAB scores by profile and treatment), chosen (by profile: the
    treatment for each category, and each series' raw score), events and label_free (see the code of
    `_events` and `_label_free`), and by series like_z (Spearman's rank correlation of the scores
    with those of |z|, after probation) and auc_pr, vus_pr and vus_roc, as the scores are and of
    their centred mean.
    """
    found = {one: read(Task(detector, one, seed)) for one in tasks.series()}
    scores = {one: values["scores"] for one, values in found.items()}
    corpus = _corpus()
    treated = {
        name: {one: _judged(treat(s, probation(len(s)))) for one, s in scores.items()}
        for name, treat in treatments().items()
    }
    rankings = {name: corpus.rank(s) for name, s in treated.items()}
    run = {"detector": detector, "seed": seed, "oracle": {}, "left_out": {}, "chosen": {}}
    limits = {
        profile: {n: r.thresholds_of_other_categories(profile) for n, r in rankings.items()}
        for profile in PROFILES
    }
    for profile, at in limits.items():
        run["oracle"][profile] = {n: r.best(profile).score for n, r in rankings.items()}
        run["left_out"][profile] = {n: r.score(at[n], profile) for n, r in rankings.items()}
        run["chosen"][profile] = _chosen(corpus, rankings, at, profile)
    chosen, at = run["chosen"]["standard"], limits["standard"]
    picked = {one: chosen["treatment"][category(one)] for one in corpus.windows.index}
    run["events"] = _events({o: treated[t][o] >= at[t][o] for o, t in picked.items()})
    run["label_free"] = _label_free(scores, rankings[AS_IT_IS])
    run["refused"] = {one: values["refused"] for one, values in found.items() if values["refused"]}
    for seconds in ("seconds_fit", "seconds_score"):
        run[seconds] = float(sum(values[seconds] for values in found.values()))
    run["like_z"] = {
        one: _like(read(Task("|z|", one, 0))["scores"], s) for one, s in scores.items()
    }
    for metric in ("auc_pr", "vus_pr", "vus_roc"):
        for name in (metric, f"{metric}_centred"):
            run[name] = {o: float(v[name]) for o, v in found.items() if name in v}
    return run


def _like(known, scores) -> float | None:
    """Spearman's rank correlation after probation; None where one of the two does not vary."""
    both = pd.DataFrame({"known": known, "scores": scores})[probation(len(scores)) :].dropna()
    if (both.nunique() < 2).any():
        return None
    return float(both["known"].corr(both["scores"], method="spearman"))


def _chosen(corpus, rankings, limits, profile) -> dict:
    """For each category the treatment and the threshold that are best on all others."""
    picked, elsewhere, raw = {}, {}, {}
    names = corpus.windows.index
    for left_out in dict.fromkeys(map(category, names)):
        own = [one for one in names if category(one) == left_out]
        others = [one for one in names if category(one) != left_out]
        scored = {
            name: ranking.raw(limits[name][own[0]], profile) for name, ranking in rankings.items()
        }
        on_others = {
            name: normalise(values[others], corpus.windows[others], profile)
            for name, values in scored.items()
        }
        picked[left_out] = best = max(on_others, key=on_others.get)
        elsewhere[left_out] = on_others[best]
        raw |= scored[best][own].to_dict()
    return {
        "treatment": picked,
        "on_the_others": elsewhere,
        "raw": raw,
        "score": normalise(pd.Series(raw)[corpus.windows.index], corpus.windows, profile),
    }


def best_elsewhere(runs: list[dict], profile: str = "standard") -> dict:
    """Causal detector, treatment and threshold, all three best on the other categories.

    Of the random ones the run with seed 0 takes part.
    """
    windows = _corpus().windows
    entered = [r for r in runs if CATALOGUE[r["detector"]].causal and r["seed"] == 0]
    picked, raw = {}, {}
    for left_out in dict.fromkeys(map(category, windows.index)):
        best = max(entered, key=lambda run: run["chosen"][profile]["on_the_others"][left_out])
        chosen = best["chosen"][profile]
        picked[left_out] = [best["detector"], chosen["treatment"][left_out]]
        raw |= {one: r for one, r in chosen["raw"].items() if category(one) == left_out}
    raw = pd.Series(raw)[windows.index]
    return {"picked": picked, "raw": raw.to_dict(), "score": normalise(raw, windows, profile)}


def _label_free(scores, ranking) -> dict:
    """NAB scores and events at thresholds that are made from each series' training part.

    A "quantile" is the highest training score wherever the data cannot give one.

    nab: every row at or above the threshold is flagged; nab_alerts: the first row of each alert.
    """
    result = {}
    for kind, threshold in {"quantile": _quantile_or_highest, "SPOT": spot_threshold}.items():
        limits = pd.Series({one: threshold(one, s) for one, s in scores.items()})
        flags = {one: _judged(s) >= limits[one] for one, s in scores.items()}
        first = _corpus().rank({one: _first_of_alerts(one, f) for one, f in flags.items()})
        result[kind] = {
            "nab": {profile: ranking.score(limits, profile) for profile in PROFILES},
            "nab_alerts": {profile: first.score(1.0, profile) for profile in PROFILES},
            "raw_alerts": first.raw(1.0).to_dict(),
        } | _events(flags)
    return result


def _first_of_alerts(name: str, flagged) -> np.ndarray:
    """1.0 on the first row of each alert after probation, else 0.0, shape (n,)."""
    index, n = _data(name).series.index, probation(len(flagged))
    judged = np.flatnonzero(flagged[n:]) + n
    first = np.zeros(len(flagged))
    for start, _ in alerts(index[judged], np.ones(len(judged), bool), PLAN["alert_silence"]):
        first[judged[index[judged] == start][0]] = 1.0
    return first


def quantile_threshold(name: str, scores) -> float:
    """What a new score exceeds once a week at most, as far as the training scores can tell.

    If new scores are like those of the training part, one exceeds the k-th highest of n with
    probability k / (n + 1). It is the k-th highest for the largest k that allows one row in a week.

    Raises
    ------
    ValueError : not even the highest of so few scores allows it.
    """
    known = _training_scores(scores)
    week = _week(name)
    if not (k := allowed(known.size, week)):
        raise ValueError(
            f"{name}: {known.size} training scores cannot give what is exceeded once in "
            f"{week:g} rows; train on a week or more, or take SPOT's threshold"
        )
    return _exceeding(np.sort(known)[-k])


def allowed(n: int, rows: float) -> int:
    """The largest k for which a new score exceeds the k-th highest of n at most once in so many
    rows, k / (n + 1) <= 1 / rows; 0 where not even the highest does.

    >>> allowed(750, 168), allowed(750, 2016)
    (4, 0)
    """
    return int((n + 1) / rows)


def _quantile_or_highest(name: str, scores) -> float:
    """The quantile where the data can give it, else the highest training score; never reached if
    there are none."""
    known = _training_scores(scores)
    if allowed(known.size, _week(name)):
        return quantile_threshold(name, scores)
    return _exceeding(known.max()) if known.size else np.inf


def _exceeding(score: float) -> float:
    """The next number, as a row is flagged here if its score is at the threshold or above."""
    return float(np.nextafter(score, np.inf))


def spot_threshold(name: str, scores) -> float:
    """SPOT's first threshold, to be exceeded once a week; where there is no tail to fit, as in
    `_label_free`."""
    known = _training_scores(scores)
    # 25 excesses, a few more than SPOT asks for
    level = min(0.95, 1 - 25 / known.size) if known.size > 25 else 0.0
    rate = 1 / _week(name)
    if not 0 < level < 1 - rate:
        return _quantile_or_highest(name, scores)
    try:
        fitted = SpotThreshold(q=rate, level=level).fit(known)
    except ValueError:  # scores that are equal at the top
        return _quantile_or_highest(name, scores)
    return _exceeding(fitted.threshold_)


def rows_a_week(index: pd.DatetimeIndex) -> float:
    """How many rows of a series make a week, by the usual step from row to row."""
    return pd.Timedelta("7D") / pd.Series(index).diff().median()


def _week(name: str) -> float:
    return rows_a_week(_data(name).series.index)


def _training_scores(scores) -> np.ndarray:
    known = np.asarray(scores)[: probation(len(scores))]
    return known[~np.isnan(known)]


def _events(flags: dict[str, np.ndarray]) -> dict:
    """Events found, alerts and false alerts over all series, after probation; delays in hours.

    A delay is the time from a window's start to the first flagged row in it.
    """
    counted, delays, shares = [], [], []
    for one, flagged in flags.items():
        data = _data(one)
        n = probation(len(flagged))
        index, flagged = data.series.index[n:], flagged[n:]
        counted.append(score_events(index, flagged, data.windows, PLAN["alert_silence"]))
        for start, end in data.windows:
            hits = index[flagged & (index >= start) & (index <= end)]
            if len(hits):
                delays.append((hits.min() - start) / pd.Timedelta("1h"))
                shares.append((hits.min() - start) / max(end - start, pd.Timedelta("1s")))
    total = pd.DataFrame(counted).sum()
    return {
        "events": int(total["events"]),
        "found": int(total["found"]),
        "alerts": int(total["alerts"]),
        "false_alerts": int(total["false_alerts"]),
        "false_alerts_a_week": float(total["false_alerts"] / total["weeks"]),
        "delay_hours": float(np.median(delays)) if delays else None,
        "delay_share": float(np.median(shares)) if shares else None,
    }


def entries(measured: dict) -> list[dict]:
    """The leaderboard: one entry for each detector, metric, kind of threshold and treatment.

    Returns
    -------
    List of dicts with detector, kind ("causal" or "offline"), origin, treatment, metric, threshold,
    value (the median over seeds; None where nothing was found, so that nothing has a delay), low
    and high (95 % bootstrap over series of that median, thresholds and treatments as they were
    chosen on all series; None where the metric is no sum over series), and seed_low and seed_high
    (over seeds; None for what has none).
    """
    rows = []
    for name, runs in pd.Series(measured["runs"]).groupby(
        [r["detector"] for r in measured["runs"]]
    ):
        rows += _entries_of(name, list(runs))
    overall = measured["overall"]
    low, high = nab_interval([overall["raw"]], "standard")
    rows.append(
        {
            "detector": "any causal detector",
            "kind": "causal",
            "origin": "chosen",
            "treatment": "chosen",
            "metric": "NAB standard",
            "threshold": "left out",
            "value": overall["score"],
            "low": low,
            "high": high,
            "seed_low": None,
            "seed_high": None,
        }
    )
    return rows


def _entries_of(name: str, runs: list[dict]) -> list[dict]:
    detector, rows = CATALOGUE[name], []

    def add(metric, threshold, treatment, values, interval=(None, None)):
        values = [v for v in values if v is not None]
        several = detector.random and len(values) > 1
        rows.append(
            {
                "detector": name,
                "kind": "causal" if detector.causal and treatment != "centred" else "offline",
                "origin": detector.origin,
                "treatment": treatment,
                "metric": metric,
                "threshold": threshold,
                "value": float(np.median(values)) if values else None,
                "low": interval[0],
                "high": interval[1],
                "seed_low": min(values) if several else None,
                "seed_high": max(values) if several else None,
            }
        )

    for profile in PROFILES:
        metric = f"NAB {profile.replace('_', ' ')}"
        for treatment in runs[0]["oracle"][profile] if profile == "standard" else []:
            add(metric, "oracle", treatment, [r["oracle"][profile][treatment] for r in runs])
            add(metric, "left out", treatment, [r["left_out"][profile][treatment] for r in runs])
        best = [max(run["oracle"][profile].values()) for run in runs]
        add(metric, "oracle", "best", best)
        chosen = [run["chosen"][profile] for run in runs]
        interval = nab_interval([c["raw"] for c in chosen], profile)
        add(metric, "left out", "chosen", [c["score"] for c in chosen], interval)
        for kind in ("quantile", "SPOT"):
            free = [run["label_free"][kind] for run in runs]
            add(metric, kind, AS_IT_IS, [f["nab"][profile] for f in free])
            add(metric, kind, "first of alerts", [f["nab_alerts"][profile] for f in free])
    for kind, treatment in {"left out": "chosen", "quantile": AS_IT_IS, "SPOT": AS_IT_IS}.items():
        counts = [r["events"] if kind == "left out" else r["label_free"][kind] for r in runs]
        recall = [c["found"] / c["events"] for c in counts]
        add("event recall", kind, treatment, recall)
        for metric in ("false alerts a week", "delay hours", "delay share"):
            add(metric, kind, treatment, [c[metric.replace(" ", "_")] for c in counts])
    like_z = [pd.Series(run["like_z"], dtype=float).median() for run in runs]
    add("rank correlation with |z|", "none", AS_IT_IS, [None if np.isnan(v) else v for v in like_z])
    for metric in ("auc_pr", "vus_pr", "vus_roc"):
        for treatment in (AS_IT_IS, "centred"):
            key = metric + ("" if treatment == AS_IT_IS else "_centred")
            by_series = pd.DataFrame([run[key] for run in runs])
            label = metric.upper().replace("_", "-")
            add(label, "none", treatment, list(by_series.mean(axis=1)), mean_interval(by_series))
    return rows


def nab_interval(raws: list[dict], profile: str) -> tuple[float, float]:
    """95 % bootstrap over series of a NAB score, the median over runs.

    Parameters
    ----------
    raws : for each run the unnormalised score by series.
    """
    windows = _corpus().windows
    table, counts = pd.DataFrame(raws)[windows.index].to_numpy(), windows.to_numpy()

    def score(rows):
        return normalise(float(np.median(table[:, rows].sum(axis=1))), counts[rows], profile)

    return bootstrap(pd.Series(np.arange(len(counts))), lambda drawn: score(drawn.to_numpy()))


def mean_interval(by_series: pd.DataFrame) -> tuple[float, float]:
    """95 % bootstrap over series (columns) of the mean over them, the median over runs (rows)."""
    known = by_series.dropna(axis=1)
    return bootstrap(known.T, lambda drawn: float(np.median(drawn.to_numpy().mean(axis=0))))


def _judged(scores) -> np.ndarray:
    """A row that cannot be judged has the lowest score there is."""
    return np.where(np.isnan(scores), -np.inf, scores)


@cache
def _data(name: str):
    return datasets.load(name)


@cache
def _corpus() -> Corpus:
    return Corpus({o: (_data(o).series.index, _data(o).windows) for o in tasks.series()})


def kept() -> dict:
    """What `make sweep` kept.

    Returns
    -------
    dict with leaderboard (see `entries`), series (the names), and runs and overall (see `measure`),
    in which what is by series is a list in the order of these names, with None where a series has
    no label.
    """
    return json.loads(files("tsadbook.benchmark").joinpath("bake_off.json").read_text())
