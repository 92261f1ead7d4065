"""Figures of what was learnt: losses, errors, one window beside the network's, runs over seeds."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from tsadbook.plots import marks
from tsadbook.plots.figure import Shown, show
from tsadbook.plots.said import bare, by_name, upper
from tsadbook.plots.words import between, count, listed, number


def losses(history, unit: str, *, id: str, caption: str, log: bool = False) -> Shown:
    """Training loss by epoch, and validation loss where there is one.

    Parameters
    ----------
    history : {"loss": [...], "val_loss": [...]}, or what Keras' `fit` returns. Other keys are left
        out.
    unit : of the loss, such as "squared standardised value".
    log : whether the loss axis is logarithmic.

    Examples
    --------
    >>> shown = losses({"loss": [3, 1], "val_loss": [4, 5]}, "MW", id="loss", caption="Losses.")
    >>> shown.alt
    'Loss (MW) over 2 epochs: training from 3 to 1, lowest in epoch 2; validation from 4 to 5, \
lowest in epoch 1.'
    """
    history = getattr(history, "history", history)
    figure, ax = plt.subplots(figsize=(6, 3))
    said = []
    for key, name, color, marker in (
        ("loss", "training", marks.SERIES, "o"),
        ("val_loss", "validation", marks.PREDICTION, "s"),
    ):
        values = np.asarray(history.get(key, []), dtype=float)
        if len(values):
            epochs = np.arange(1, len(values) + 1)
            ax.plot(epochs, values, marker=marker, ms=3, color=color, label=name)
            said.append(
                f"{name} from {number(values[0])} to {number(values[-1])}, lowest in epoch "
                f"{values.argmin() + 1}"
            )
    if not said:
        raise ValueError(
            f'no "loss" in the history, which has {listed([*history, "nothing else"])}'
        )
    ax.set(xlabel="epoch", ylabel=f"loss ({unit})")
    ax.xaxis.get_major_locator().set_params(integer=True)
    if log:
        ax.set_yscale("log")
        marks.log_axis(ax.yaxis)
    marks.legend(figure)
    epochs = count(len(history.get("loss", history.get("val_loss"))), "epoch")
    scale = " on a logarithmic axis" if log else ""
    alt = f"Loss ({unit}){scale} over {epochs}: {'; '.join(said)}."
    return show(figure, id=id, caption=caption, alt=alt)


def distribution(
    values, unit: str, *, id: str, caption: str, threshold: float | dict | None = None,
    bins: int | None = 50, kde: bool = False, by=None, log: bool = False, counted: str = "window",
) -> Shown:  # fmt: skip
    """A histogram, with a kernel density estimate where asked for.

    Parameters
    ----------
    values : array of any shape, or arrays by name, drawn over one another; NaN is left out.
    threshold : a dashed line; {"name": number} for another name in the legend.
    bins : of the histogram; None for the density alone.
    kde : whether a density estimate is drawn, too.
    by : one label a value, to colour by, stacked; in the order of their first appearance.
    log : whether the value axis is logarithmic; values that are not positive are left out.
    counted : what there is one value of, in the singular.

    Examples
    --------
    >>> shown = distribution([1.0, 2, 2, 9], "error (MW)", threshold=5, id="errors", caption="Few.")
    >>> shown.alt
    'Histogram of error (MW) in 50 bins: 4 windows between 1 and 9, median 2. Dashed line: \
threshold at 5, exceeded by 1 window (25 %).'
    """
    groups = {k: _flat(v, log) for k, v in values.items()} if isinstance(values, dict) else None
    if groups is None and by is not None:
        flat, by = np.ravel(np.asarray(values, dtype=float)), np.ravel(np.asarray(by))
        groups = {str(name): _flat(flat[by == name], log) for name in dict.fromkeys(by.tolist())}
    several = groups is not None
    groups = groups if several else {"": _flat(values, log)}
    frame = pd.DataFrame(
        {"value": np.concatenate([*groups.values()]),
         "group": np.repeat([*groups], [len(v) for v in groups.values()])}
    )  # fmt: skip
    figure, ax = plt.subplots(figsize=(6, 3))
    if frame.empty:
        marks.nothing(ax, f"no {counted}")
    else:
        hue = {"hue": "group", "palette": _shades(len(groups)), "legend": False} if several else {}
        plain = {} if several else {"color": marks.SERIES}
        if bins is None:
            sns.kdeplot(frame, x="value", fill=True, ax=ax, log_scale=log, common_norm=False,
                        **hue, **plain)  # fmt: skip
        else:
            sns.histplot(frame, x="value", bins=bins, kde=kde, ax=ax, lw=0, log_scale=log,
                         multiple="layer" if by is None else "stack",
                         alpha=0.6 if by is None else 0.9, **hue, **plain)  # fmt: skip
        for name, shade in zip(groups if several else (), _shades(len(groups)), strict=False):
            ax.bar(np.nan, np.nan, color=shade, alpha=0.6 if by is None else 0.9, label=name)
    said = []
    for name, of in groups.items():
        middle = f", median {number(np.median(of))}" if len(of) else ""
        said.append(f"{name + ', ' if name else ''}{count(len(of), counted)} {between(of)}{middle}")
    alt = f"{'Density' if bins is None else 'Histogram'} of {unit}"
    alt += f" in {count(bins, 'bin')}" if bins else ""
    alt += f"{' on a logarithmic axis' if log else ''}: {'; '.join(said)}."
    alt += " With a density curve." if kde and bins else ""
    for name, value in (by_name(threshold) if len(frame) else {}).items():
        ax.axvline(value, color=marks.THRESHOLD, ls="--", label=name)
        above = int((frame["value"] > value).sum())
        alt += f" Dashed line: {bare(name, value)} at {number(value)}, exceeded by "
        alt += f"{count(above, counted)} ({number(round(100 * above / len(frame), 1))} %)."
    counts = count(2, counted).removeprefix("2 ")
    ax.set(xlabel=unit, ylabel="density" if bins is None else counts)
    if log and len(frame):
        marks.log_axis(ax.xaxis)
    marks.legend(figure)
    return show(figure, id=id, caption=caption, alt=alt)


def window(windows: dict, unit: str, *, id: str, caption: str) -> Shown:
    """What came beside what the network writes, one panel a window.

    Parameters
    ----------
    windows : pairs (given, written) by name. `given` is a Series or an array of the values that
        came. `written` is a Series, drawn where its index says; or an array, drawn on the last rows
        of `given`: a reconstruction on all of them, a forecast of one value on the last one.

    Examples
    --------
    >>> shown = window({"normal": ([1.0, 2, 3], [1.5, 2, 2])}, "load (MW)", id="w", caption="One.")
    >>> shown.alt
    '1 window of load (MW). Normal: 3 values came, between 1 and 3; the network writes 3, between \
1.5 and 2, at most 1 away from what came (mean 0.5).'
    """
    columns = min(len(windows), 3)
    rows = -(-len(windows) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(2.7 * columns + 0.6 if columns > 1 else 6, 0.5 + 2.3 * rows),
        sharey=True, squeeze=False,
    )  # fmt: skip
    said = []
    for ax, (name, (given, written)) in zip(axes.flat, windows.items(), strict=False):
        given = _placed(given, None)
        written = _placed(written, given.index)
        marks.line(ax, given, "what came", marker="." if len(given) <= 40 else "", lw=1.4)
        few = {"marker": "s", "ms": 6 if len(written) == 1 else 3} if len(written) <= 40 else {}
        marks.line(ax, written, "what the network writes", marks.PREDICTION, lw=1.4, **few)
        dates = isinstance(given.index, pd.DatetimeIndex)
        ax.set(title=name, xlabel="date" if dates else "row of the window")
        said.append(
            f"{upper(name)}: {count(len(given), 'value')} came, {between(given)}; "
            f"the network writes {len(written):,}, {between(written)}{_away(given, written)}."
        )
    for ax in axes[:, 0]:
        ax.set(ylabel=unit)
    for ax in axes.flat[len(windows) :]:
        ax.set_visible(False)
    marks.legend(figure)
    alt = f"{count(len(windows), 'window')} of {unit}. {' '.join(said)}"
    return show(figure, id=id, caption=caption, alt=alt)


def seeds(
    values, unit: str = "", *, id: str, caption: str, rule: float | dict | None = None,
    points: dict | None = None,
) -> Shown:  # fmt: skip
    """One dot a seed, equal ones beside one another, and a dashed line for the rule.

    Parameters
    ----------
    values : one value a seed by the name of the detector; or panels, a list of (such a dict, unit,
        rule). None or an empty list of values: no sweep yet.
    rule : what a rule without a network reaches; {"|z|": number} to name it in the legend.
    points : one value by the same names, drawn as a dark diamond; {"as published": them} to name
        them in the legend.

    Examples
    --------
    >>> shown = seeds({"autoencoder": [3, 4, 4]}, "windows found", rule=4, id="s", caption="Seeds.")
    >>> shown.alt
    'One dot a seed. Windows found: autoencoder, 3 seeds between 3 and 4, median 4; dashed line, \
the rule, at 4.'
    >>> seeds([({"autoencoder": []}, "windows found", 4)], id="s", caption="Seeds.").alt
    'Windows found: no sweep yet.'
    """
    panels = (
        [(values, unit, rule)] if isinstance(values, dict) else [(*v, None)[:3] for v in values]
    )
    wide = max(len(v) for v, _, _ in panels) if panels else 0
    beside = len(panels) > 1 and wide <= 2 and len(panels) <= 4
    shape = (1, len(panels)) if beside else (max(len(panels), 1), 1)
    size = (
        (min(2.4 * len(panels), 8), 3.1)
        if beside
        else (min(6.4, 2 + 1.3 * wide), 0.5 + 2.3 * shape[0])
    )
    figure, axes = plt.subplots(*shape, figsize=size, squeeze=False)
    said, any_dot = [], False
    for ax, (dots, label, line) in zip(axes.flat, panels, strict=True):
        frame = pd.DataFrame(
            {n: pd.Series([] if v is None else list(v), dtype=float) for n, v in dots.items()}
        )
        words, drawn = _swarm(ax, frame, label, line, points)
        any_dot |= drawn
        said.append(f"{upper(label)}: {words}.")
    marks.legend(figure)
    alt = " ".join((["One dot a seed."] if any_dot else []) + said)
    return show(figure, id=id, caption=caption, alt=alt or "No sweep yet.")


def _swarm(ax, frame: pd.DataFrame, unit: str, rule, points) -> tuple[str, bool]:
    ax.set(ylabel=unit, xlabel="")
    if not frame.notna().any(axis=None):
        marks.nothing(ax, "no sweep yet")
        return "no sweep yet", False
    colors = [(marks.SERIES, marks.PREDICTION)[i % 2] for i in range(frame.shape[1])]
    sns.swarmplot(frame, ax=ax, palette=colors, size=4)
    said = [
        f"{name}, {count(frame[name].count(), 'seed')} {between(frame[name])}, median "
        f"{number(frame[name].median())}" if frame[name].count() else f"{name}, no sweep yet"
        for name in frame
    ]  # fmt: skip
    name, rule = next(iter(rule.items())) if isinstance(rule, dict) else ("the rule", rule)
    if rule is not None and marks.mark_threshold(ax, rule, name):
        said.append(f"dashed line, {name}, at {number(rule)}")
    if points:
        name, at = next(iter(points.items()))
        name, at = (name, at) if isinstance(at, dict) else ("as published", points)
        known = [column for column in frame if column in at]
        ax.plot([list(frame).index(c) for c in known], [at[c] for c in known], ls="", marker="D",
                ms=6, color="#333333", zorder=3, label=name)  # fmt: skip
        said.append(
            f"{count(len(known), 'dark diamond')}, {name}, {between([at[c] for c in known])}"
        )
    ax.margins(y=0.2)
    if (frame.fillna(0) % 1 == 0).all(axis=None):  # counts
        ax.yaxis.get_major_locator().set_params(integer=True)
    return "; ".join(said), True


def _flat(values, positive: bool) -> np.ndarray:
    values = np.ravel(np.asarray(values, dtype=float))
    return values[values > 0] if positive else values[~np.isnan(values)]


def _shades(n: int) -> list:
    """Colours that can be told apart: the book's for a few groups, from light to dark for more."""
    return list(marks.COLORS[:n]) if n <= len(marks.COLORS) else sns.color_palette("viridis_r", n)


def _placed(values, beside: pd.Index | None) -> pd.Series:
    """A Series as it is; an array on the last rows of `beside`, or numbered."""
    if isinstance(values, pd.Series):
        return values
    values = np.ravel(np.asarray(values, dtype=float))
    if beside is None:
        return pd.Series(values)
    if len(values) > len(beside):
        raise ValueError(f"{len(values)} values were written beside {len(beside)} that came")
    return pd.Series(values, beside[len(beside) - len(values) :])


def _away(given: pd.Series, written: pd.Series) -> str:
    """How far what is written lies from what came, where both have a value."""
    if not given.index.is_unique or not written.index.isin(given.index).any():
        return ""
    apart = (written - given.reindex(written.index)).abs().dropna()
    if len(apart) == 1:
        return f", {number(apart.iloc[0])} away from what came"
    return f", at most {number(apart.max())} away from what came (mean {number(apart.mean())})"
