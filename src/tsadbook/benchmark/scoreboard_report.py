"""The tables of chapter 5 on NAB's own detectors, made from what `scoreboard.kept` gives.

They hold numbers, not text, unless they say otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from tsadbook.benchmark import scoreboard
from tsadbook.datasets import nab_results
from tsadbook.evaluation import nab
from tsadbook.evaluation.comparison import bootstrap

SHORT = {
    "standard": "standard",
    "reward_low_FP_rate": "low FP",
    "reward_low_FN_rate": "low FN",
}
SERIOUS = 20  # NAB score; set when the scores were known


def board(kept: Mapping) -> pd.DataFrame:
    """All scores, a row for each (detector, profile); `scoreboard.compare` tells the columns."""
    return pd.DataFrame(kept["board"]).set_index(["detector", "profile"])


def standard(kept: Mapping) -> pd.DataFrame:
    """The scores of the standard profile by detector, the highest best score first."""
    rows = board(kept).xs("standard", level="profile")
    numbers = rows.columns.drop("status")
    return rows.astype(dict.fromkeys(numbers, float)).sort_values("best", ascending=False)


def beside(kept: Mapping) -> pd.DataFrame:
    """Published / recomputed as text, by detector and profile.

    † the published number comes out at the threshold that upstream keeps, which is not the best
    one. * not in final_results.json, but in the README's table, cut off after one decimal.
    """
    order, columns = standard(kept).index, {}
    for profile, name in SHORT.items():
        rows = board(kept).xs(profile, level="profile").reindex(order)
        published = rows["published"].astype(float)
        readme = f"{scoreboard.README_ROW[profile]:.1f}*"
        at_best = np.isclose(rows["best"], rows["at_stored"], rtol=0, atol=scoreboard.TOLERANCE)
        explained = rows["status"].isin(["stale threshold", "cut off"])
        columns[name] = (
            published.map("{:.2f}".format).where(published.notna(), readme)
            + " / "
            + rows["best"].map("{:.2f}".format)
            + (explained & ~at_best).map({True: " †", False: ""})
        )
    return pd.DataFrame(columns)


def not_best(kept: Mapping) -> dict:
    """What the erratum on the published thresholds says.

    Returns
    -------
    dict with others (published numbers at a threshold that is not the best), numbers (all of them),
    gap_least and gap_most (how much more the best one gives), and passed (whom htmjava passes in
    the profile reward_low_FP_rate, in words).
    """
    rows = board(kept)
    counted, other = rows["status"].value_counts(), rows[rows["status"] == "stale threshold"]
    gap = (other["best"] - other["published"]).astype(float)
    low_fp = rows.xs("reward_low_FP_rate", level="profile")
    own = low_fp.loc["htmjava"]
    passed = low_fp.index[(low_fp["published"] > own["published"]) & (low_fp["best"] < own["best"])]
    return {
        "others": len(other),
        "numbers": int(counted["equal"]) + len(other),
        "gap_least": gap.min(),
        "gap_most": gap.max(),
        "passed": " and ".join(passed),
    }


def raws(kept: Mapping) -> pd.DataFrame:
    """Unnormalised standard scores with left-out thresholds: a row a series, a column a detector,
    and the column windows."""
    return pd.DataFrame(kept["left_out_raw"]).assign(windows=pd.Series(kept["windows"]))


def lead(kept: Mapping, detector: str | None = None, raw: pd.Series | None = None) -> pd.DataFrame:
    """How far one detector lies ahead of each other one, both on the same drawn series.

    Parameters
    ----------
    detector : the one; by default that with the highest left-out score. With `raw`, its name.
    raw : unnormalised scores by series of a detector that is not among those kept.

    Returns
    -------
    DataFrame by detector, the nearest first: difference (points of NAB's standard score, category
    left out), low and high (95 % bootstrap over the series), and low and high by category (over the
    seven categories, as series of one resemble one another).
    """
    table = raws(kept)
    if raw is not None:
        table[detector] = raw
    one = detector or standard(kept)["left_out"].idxmax()

    def ahead(drawn):
        score = scoreboard.nab_scores(drawn)
        return score[one] - score

    low, high = bootstrap(table, ahead)
    categories = [nab.category(name) for name in table.index]
    frame = pd.DataFrame({"difference": ahead(table), "low": low, "high": high})
    frame["low by category"], frame["high by category"] = bootstrap(table, ahead, groups=categories)
    return frame.drop(one).sort_values("difference").rename_axis(f"{one} less")


def silences(kept: Mapping) -> pd.DataFrame:
    """NAB's standard score if only the first row of an alert counts, a column a detector.

    Rows: as it is, and each width of silence, with the best threshold on the labels; then as it is
    and suppressed, with threshold (and width) from the other categories.
    """
    scores = standard(kept)
    return pd.DataFrame(
        {
            detector: {
                "as it is": scores.loc[detector, "best"],
                **{f"{width} rows": at["best"] for width, at in found["widths"].items()},
                "as it is, left out": scores.loc[detector, "left_out"],
                "suppressed, left out": found["left_out"],
            }
            for detector, found in kept["suppressed"].items()
        }
    ).rename_axis("silence after an alert")


def gains(kept: Mapping) -> pd.DataFrame:
    """What suppression gains with everything left out, by detector: gain, low and high."""
    table, found = raws(kept), {}

    def gain(pair):
        score = scoreboard.nab_scores(pair)
        return score["with"] - score["without"]

    for detector, suppressed in kept["suppressed"].items():
        pair = pd.DataFrame(
            {
                "without": table[detector],
                "with": pd.Series(suppressed["left_out_raw"]),
                "windows": table["windows"],
            }
        )
        low, high = bootstrap(pair, gain)
        found[detector] = {"gain": gain(pair), "low": low, "high": high}
    return pd.DataFrame(found).T.rename_axis("detector")


def two_metrics(kept: Mapping) -> pd.DataFrame:
    """NAB score (best threshold) and mean VUS-PR of each detector on the same 18 series."""
    return pd.DataFrame(
        {"NAB": pd.Series(kept["nab_on_tsb_ad"]), "VUS-PR": pd.DataFrame(kept["vus_pr"]).mean()}
    )


def correlations(kept: Mapping) -> dict:
    """Spearman's rank correlation of the two metrics, as [detectors, correlation, p].

    Returns
    -------
    dict with all; serious (those with more than 20 on the scoreboard, a cut that was set when the
    scores were known); and without one, a Series by the name of the detector left out.
    """
    both = two_metrics(kept)
    serious = both[standard(kept)["best"].reindex(both.index) > SERIOUS]
    return {
        "all": [len(both), *spearmanr(both["NAB"], both["VUS-PR"])],
        "serious": [len(serious), *spearmanr(serious["NAB"], serious["VUS-PR"])],
        "without one": pd.Series(
            {n: spearmanr(*both.drop(n).to_numpy().T).statistic for n in both.index}
        ),
    }


def computed_from(kept: Mapping, data: Mapping, corpus: nab.Corpus) -> str:
    """ "stored scores" where these are at hand and give the kept table again, else "kept table".

    Raises
    ------
    AssertionError : the stored scores give another table than the kept one.
    """
    if any(d.stand_in for d in data.values()) or not nab_results.at_hand():
        return "kept table"
    stored = nab_results.stored_scores({name: len(d.series) for name, d in data.items()})
    now = scoreboard.compare(
        corpus, stored, nab_results.published(), nab_results.stored_thresholds()
    )
    then = board(kept).reindex(now.index)
    finite = now.replace([np.inf, -np.inf], np.nan)
    for column in now:
        if column == "status":
            assert (now[column] == then[column]).all(), "other statuses than those kept"
        else:
            one, other = finite[column].astype(float), then[column].astype(float)
            assert np.allclose(one, other, equal_nan=True), f"{column} is not what was kept"
    return "stored scores"
