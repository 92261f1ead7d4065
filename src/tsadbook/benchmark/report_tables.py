"""The tables of chapter 6, each made from a `report.Board`.

They hold numbers, not text: whoever shows one rounds it. Causal detectors come best first, by NAB's
standard score with the threshold and the treatment that are best on the other categories.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import numpy as np
import pandas as pd

from tsadbook.benchmark import scoreboard
from tsadbook.benchmark.catalogue import PLAN
from tsadbook.benchmark.leaderboard import allowed, rows_a_week
from tsadbook.benchmark.report import ANY, Board, verdict
from tsadbook.datasets import Dataset
from tsadbook.evaluation.comparison import bootstrap, cliques, ranks, wilcoxon_holm
from tsadbook.evaluation.events import by_chance
from tsadbook.evaluation.nab import category, normalise, probation

ORIGINS = ("naive", "rule", "field", "published", "repaired")
NETWORKS = ("published", "repaired")
REPAIR_OF = {  # the repaired network, and the published one that it came from
    "LSTM autoencoder, repaired": "LSTM autoencoder, published",
    "next-step LSTM, repaired": "next-step LSTM, published",
    "next-step LSTM, repaired, single errors": "next-step LSTM, published",
    "six-hours-ahead LSTM, repaired": "next-step LSTM, published",
    "next-value LSTM, repaired": "carrying LSTM, published",
    "conv autoencoder, repaired": "conv autoencoder, published",
    "conv autoencoder, repaired, all windows": "conv autoencoder, published",
}


def participants(board: Board) -> pd.DataFrame:
    """Who takes part, by origin: looks ahead, seeds, settings in words, and seconds."""
    there = board.detectors
    return pd.DataFrame(
        {
            "origin": there["origin"],
            "looks ahead": there["kind"].map({"causal": "no", "offline": "yes"}),
            "seeds": there["seeds"],
            "settings": [in_words(PLAN["detectors"].get(name, {})) for name in there.index],
            "seconds": there["seconds"].round(1),
        },
        index=there.index,
    ).sort_values("origin", key=lambda column: column.map(ORIGINS.index), kind="stable")


def in_words(settings: dict) -> str:
    """Settings as a table shows them: {"zero_start": True, "window": 13} -> "zero start True,
    window 13"."""
    return ", ".join(f"{name} {value}".replace("_", " ") for name, value in settings.items())


def refused(board: Board) -> dict[str, list[str]]:
    """For each series on which a detector could not be fitted, which ones (runs of seed 0)."""
    found: dict[str, list[str]] = {}
    for (detector, seed), series in board.runs["refused"].items():
        for name in series if seed == 0 else ():
            found.setdefault(name, []).append(detector)
    return found


def tried() -> pd.DataFrame:
    """Every combination of rule, smoothing and suppression that was scored on the labels before the
    detectors were fixed: scores, smoothing and suppression (rows), oracle and left_out."""
    return pd.read_csv(files("tsadbook.benchmark").joinpath("tried.csv"))


def standings(board: Board, kind: str = "causal") -> pd.DataFrame:
    """The leaderboard of the causal or of the offline detectors, best first.

    Returns
    -------
    DataFrame by detector: origin; left out, the NAB score with threshold and treatment from the
    other categories (median over seeds), with low and high (95 % over series, of that median),
    seed_low and seed_high; oracle as it is, and oracle with the best treatment; found
    (share of events), false alerts (a week) and delay (share of a window) with what was left out.
    """
    chosen = ("left out", "chosen")
    columns = {
        "left out": ("NAB standard", *chosen),
        "low": ("NAB standard", *chosen, "low"),
        "high": ("NAB standard", *chosen, "high"),
        "seed_low": ("NAB standard", *chosen, "seed_low"),
        "seed_high": ("NAB standard", *chosen, "seed_high"),
        "oracle as it is": ("NAB standard", "oracle", "as it is"),
        "oracle": ("NAB standard", "oracle", "best"),
        "found": ("event recall", *chosen),
        "false alerts": ("false alerts a week", *chosen),
        "delay": ("delay share", *chosen),
    }
    table = pd.DataFrame({name: board.column(*asked) for name, asked in columns.items()})
    table.insert(0, "origin", board.detectors["origin"])
    table = table.loc[board.detectors.index[board.detectors["kind"] == kind]]
    return table.sort_values("left out", ascending=False).rename_axis("detector")


def chosen_elsewhere(board: Board) -> tuple[pd.DataFrame, dict]:
    """Detector and treatment that are best on the other categories, and what they score together.

    Returns
    -------
    (DataFrame by the category left out, dict with score, low and high)
    """
    picked = pd.DataFrame(board.overall["picked"], index=["detector", "treatment"]).T
    (entry,) = board.query(detector=ANY).to_dict("records")
    score = {"score": board.overall["score"], "low": entry["low"], "high": entry["high"]}
    return picked.rename_axis("category left out"), score


def ranking(board: Board, best: int = 12) -> tuple[pd.Series, pd.DataFrame, list[list]]:
    """Mean ranks of the best causal detectors and random numbers, every pair tested.

    The unit is a series with a label window, and its own part of the NAB score.

    Returns
    -------
    (ranks, pairs, cliques), as of the functions of these names in `evaluation.comparison`.
    """
    names = list(standings(board).index[:best])
    if "random" not in names and "random" in board.raw:
        names.append("random")
    table = board.raw.loc[board.windows > 0, names]
    mean_ranks, pairs = ranks(table), wilcoxon_holm(table)
    return mean_ranks, pairs, cliques(mean_ranks, pairs)


def against(board: Board, other: str, names=None, without=()) -> pd.DataFrame:
    """`Board.compare` of many detectors with one, the furthest ahead first.

    Parameters
    ----------
    other : the one that all are compared with.
    names : the many; the networks where none are given.
    without : series to leave out.
    """
    if names is None:
        names = board.detectors.index[board.detectors["origin"].isin(NETWORKS)]
    rows = {name: board.compare(name, other, without) for name in sorted(names)}
    frame = pd.DataFrame.from_dict(rows, orient="index")
    return frame.sort_values("difference", ascending=False).rename_axis(f"less {other}")


def repairs(board: Board) -> pd.DataFrame:
    """`Board.compare` of each repaired network with the published one that it came from."""
    rows = {
        f"{a} less {b}": board.compare(a, b)
        for a, b in REPAIR_OF.items()
        if {a, b} <= set(board.raw)
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("repaired less published")


def like_z(board: Board) -> pd.Series:
    """How alike a detector's scores are to those of |z|: Spearman's rank correlation, the median
    over series and seeds."""
    return board.column("rank correlation with |z|", "none", "as it is")


def by_treatment(board: Board, threshold: str = "oracle") -> pd.DataFrame:
    """NAB's standard score of the causal detectors by treatment, seed 0 of what is random.

    Parameters
    ----------
    threshold : "oracle", the best on the labels, or "left_out", the best on other categories.
    """
    runs = board.runs.xs(0, level="seed")[threshold]
    table = pd.DataFrame({name: part["standard"] for name, part in runs.items()}).T
    return table.loc[standings(board).index].rename_axis("detector")


def without_labels(board: Board, kind: str = "quantile") -> pd.DataFrame:
    """The causal detectors at a threshold from their own scores on the training part.

    Parameters
    ----------
    kind : "quantile" or "SPOT".

    Returns
    -------
    DataFrame by detector: origin, found (share of events) and false alerts (a week).
    """
    table = pd.DataFrame(
        {
            "origin": board.detectors["origin"],
            "found": board.column("event recall", kind, "as it is"),
            "false alerts": board.column("false alerts a week", kind, "as it is"),
        }
    )
    return table.loc[standings(board).index].rename_axis("detector")


def at_work(board: Board) -> pd.DataFrame:
    """What a causal detector finds and costs with a threshold from labels elsewhere, and without.

    Returns
    -------
    DataFrame by detector, best first: found and false alerts with threshold and treatment from the
    other categories; found and false alerts, no labels, with the quantile of its training scores.
    """
    labelled, free = standings(board), without_labels(board)
    columns = ["found", "false alerts"]
    return labelled[columns].join(free[columns], rsuffix=", no labels")


def volumes(board: Board) -> pd.DataFrame:
    """VUS-PR of every detector on the series of TSB-AD, the best centred mean first: origin, as it
    is, and centred with low and high (95 % over series)."""
    asked = ("VUS-PR", "none")
    table = pd.DataFrame(
        {
            "origin": board.detectors["origin"],
            "as it is": board.column(*asked, "as it is"),
            "centred": board.column(*asked, "centred"),
            "low": board.column(*asked, "centred", "low"),
            "high": board.column(*asked, "centred", "high"),
        }
    )
    return table.sort_values("centred", ascending=False).rename_axis("detector")


def published_volumes() -> pd.Series:
    """Mean VUS-PR that TSB-AD publishes for other methods on the same series, best first."""
    methods = scoreboard.kept()["published_vus_pr"]["methods"]
    return pd.Series(methods).sort_values(ascending=False).rename_axis("method")


def cost(board: Board) -> pd.DataFrame:
    """Seconds for all series on one core beside the score of the causal detectors."""
    table = standings(board)[["origin", "left out"]]
    return table.assign(seconds=board.detectors["seconds"])


def spread(board: Board) -> pd.DataFrame:
    """Standard deviation of a single run's NAB score: over its seeds, and over the series.

    Both are of one run, so they can be held against each other. Over the series: a quarter of the
    width of the 95 % bootstrap interval (exactly, 1 / (2 * 1.96) of it), the median over seeds.
    """
    random = board.detectors.index[board.detectors["seeds"] > 1]
    runs = board.runs[board.runs.index.get_level_values("detector").isin(random)]
    raws = np.array([chosen["standard"]["raw"] for chosen in runs["chosen"]])  # (runs, series)
    windows = board.windows.to_numpy()

    def scores(drawn):
        of_run = raws[:, drawn].sum(axis=1)
        return np.array([normalise(raw, windows[drawn]) for raw in of_run])

    rows = np.arange(len(windows))
    low, high = bootstrap(pd.Series(rows), lambda drawn: scores(drawn.to_numpy()))
    of_runs = pd.Series(scores(rows), runs.index)
    over_series = pd.Series((high - low) / (2 * 1.96), runs.index)
    return pd.DataFrame(
        {
            "seeds": of_runs.groupby("detector").std(),
            "series": over_series.groupby("detector").median(),
        }
    ).sort_values("series", ascending=False)


def without_category(board: Board, detector: str) -> pd.Series:
    """A detector's NAB score without each category of series in turn, lowest first."""
    raw, categories = board.raw[detector], board.raw.index.map(category)
    return pd.Series(
        {
            name: normalise(raw[categories != name], board.windows[categories != name])
            for name in dict.fromkeys(categories)
        },
        name=detector,
    ).sort_values()


def counts(table: pd.DataFrame) -> dict[str, int]:
    """How many differences of `against` or `repairs` are better, worse, or cannot be told."""
    verdicts = [verdict(low, high) for low, high in zip(table["low"], table["high"], strict=True)]
    return {word: verdicts.count(word) for word in ("better", "worse", "cannot be told")}


def ahead_of(board: Board) -> pd.Series:
    """NAB's own detectors whose left-out score is above the best causal one here, best first."""
    stored = pd.DataFrame(scoreboard.kept()["board"])
    stored = stored[stored["profile"] == "standard"].set_index("detector")["left_out"]
    stored = stored.astype(float).sort_values(ascending=False)
    return stored[stored > standings(board)["left out"].iloc[0]]


def gain_of_treatment(board: Board) -> pd.DataFrame:
    """Median score of the causal detectors as they are, treated, and the difference of the two.

    Columns: oracle, with threshold and treatment that are best on the labels; left out, with those
    that are best on the other categories. Seed 0 of what is random.
    """
    runs = board.runs.xs(0, level="seed")["chosen"]
    of_choice = {name: chosen["standard"]["score"] for name, chosen in runs.items()}
    oracle, left_out = by_treatment(board), by_treatment(board, "left_out")
    table = {
        "oracle": [oracle["as it is"].median(), oracle.max(axis=1).median()],
        "left out": [left_out["as it is"].median(), pd.Series(of_choice)[left_out.index].median()],
    }
    frame = pd.DataFrame(table, ["as it is", "treated"])
    frame.loc["difference"] = frame.loc["treated"] - frame.loc["as it is"]
    return frame


def training_lengths(data: Mapping[str, Dataset]) -> pd.DataFrame:
    """What the training part of each series allows a threshold without labels.

    Parameters
    ----------
    data : the series by name.

    Returns
    -------
    DataFrame by series: training rows, rows a week, k (the k-th highest training score is exceeded
    once a week at most; 0 where not even the highest is), exceeded (how many rows a week exceed the
    highest, if new scores are like those of the training part), weeks (judged).
    """
    rows = {}
    for name, d in data.items():
        index, n = d.series.index, probation(len(d.series))
        week = rows_a_week(index)
        judged = index[n:]
        rows[name] = {
            "training rows": n,
            "rows a week": week,
            "k": allowed(n, week),
            "exceeded": week / (n + 1),
            "weeks": (judged.max() - judged.min()) / pd.Timedelta("7D"),
        }
    return pd.DataFrame(rows).T.astype({"training rows": int, "k": int}).rename_axis("series")


def chance(data: Mapping[str, Dataset], shares, draws: int = 1) -> pd.DataFrame:
    """What rows that are flagged at random find and cost on all series together, after probation.

    Returns
    -------
    DataFrame by share of the rows: found (share of the label windows) and false alerts (a week).
    """
    judged = [(d.series[probation(len(d.series)) :], d.windows) for d in data.values()]
    counted = by_chance(judged, shares, draws)
    return pd.DataFrame(
        {
            "found": counted["found"] / counted["events"],
            "false alerts": counted["false_alerts_a_week"],
        }
    )
