"""Draw what the other stages made; nothing is computed here.

The same thing has the same colour in every figure: the series and a score of it blue, a prediction
orange, a threshold red and dashed, a label green, a detection a red ring.
"""

from __future__ import annotations

import base64
import html
import io
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from PIL import Image

SERIES, PREDICTION, THRESHOLD, LABEL, FLAG = "#0072B2", "#E69F00", "#B3361B", "#009E73", "#D1190D"


def use_style() -> None:
    """Use the book's look for all figures that follow."""
    plt.style.use(str(files("tsadbook.plots").joinpath("book.mplstyle")))


def show(figure, id: str, caption: str, alt: str):
    """Display a figure with its id, caption and alternative text, and close it.

    Parameters
    ----------
    figure : a matplotlib Figure.
    id : its id in the ledger, and its anchor on the page.
    caption : what the reader should see in it, as plain text.
    alt : what it shows, for a reader who cannot see it.
    """
    return _figure(id, caption, image(figure, alt))


def image(figure, alt: str) -> str:
    """A figure as an HTML image that carries its own data; the figure is closed."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    width, height = (round(100 * inches) for inches in figure.get_size_inches())
    small = io.BytesIO()  # lines and areas have few colours: a palette makes pages half as heavy
    Image.open(buffer).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
        small, format="png", optimize=True
    )
    data = base64.b64encode(small.getvalue()).decode()
    return (
        f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt)}" '
        f'width="{width}" height="{height}" style="max-width: 100%; height: auto">'
    )


def show_table(frame: pd.DataFrame, id: str, caption: str):
    """Display a table with its id and caption; a named index becomes the first column."""
    named = frame.index.name is not None
    text = (frame.reset_index() if named else frame).to_html(border=0, index=not named)
    return _figure(id, caption, text if len(frame) else "<p>No rows.</p>")


def _figure(id: str, caption: str, body: str):
    """What is too wide scrolls in itself; the site's book.js makes that work by keyboard."""
    from IPython.display import HTML

    name = html.escape(id)
    return HTML(
        f'<figure class="book-figure" id="{name}" style="margin: 1em 0">'
        f'<div role="group" aria-labelledby="{name}-caption" style="overflow-x: auto">{body}</div>'
        f'<figcaption id="{name}-caption">{html.escape(caption)}</figcaption></figure>'
    )


def line(ax, series: pd.Series, label: str | None = None, color: str = SERIES, **style):
    """A series over its index."""
    ax.plot(series.index, series.to_numpy(), color=color, label=label, **style)


def mark_windows(ax, windows, label: str = "label window") -> None:
    """Shade the label windows."""
    for i, (start, end) in enumerate(windows):
        ax.axvspan(start, end, color=LABEL, alpha=0.22, lw=0, label=label if i == 0 else None)


def mark_labels(ax, series: pd.Series, labelled, label: str = "labelled") -> None:
    """Put a green diamond on each labelled row; `labelled` is bool, shape (n,)."""
    at = np.asarray(labelled, dtype=bool)
    ax.plot(series.index[at], series[at], ls="", marker="D", ms=8, color=LABEL, label=label)


def mark_flags(ax, series: pd.Series, flags, label: str = "flagged") -> None:
    """Put a red ring on each flagged row; `flags` is bool, shape (n,)."""
    at = np.asarray(flags, dtype=bool)
    ax.plot(series.index[at], series[at], ls="", marker="o", ms=4.5, mfc="none", mec=FLAG,
            label=label)  # fmt: skip


def mark_threshold(ax, value, label: str = "threshold") -> None:
    """A dashed line at a threshold."""
    ax.axhline(value, color=THRESHOLD, ls="--", label=label)


def losses(ax, training, validation, unit: str) -> None:
    """Training and validation loss, one point an epoch."""
    epochs = np.arange(1, len(training) + 1)
    ax.plot(epochs, training, marker="o", ms=3, color=SERIES, label="training")
    ax.plot(epochs, validation, marker="s", ms=3, color=PREDICTION, label="validation")
    ax.set(xlabel="epoch", ylabel=f"loss ({unit})")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend()


def over_k(curves: dict[str, pd.DataFrame], found: str, false: str, chosen: float | None = None):
    """Two panels over the threshold k: what is found, and what it costs; return the figure.

    Parameters
    ----------
    curves : frames as of `evaluation.score_over_k` by the name of the detector, five at most: index
        k, columns "found" and "false_alerts_a_week".
    found, false : labels of the two vertical axes.
    chosen : the k that was fixed beforehand, to be marked.

    More than four false alerts a week are cut off: nobody would bear them.
    """
    if len(curves) > 5:
        raise ValueError(f"{len(curves)} curves; a figure holds five that can be told apart")
    fig, axes = plt.subplots(2, 1, figsize=(7.2, 4.8), sharex=True)
    styles = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))]
    colors = [SERIES, PREDICTION, "#CC79A7", "#555555", "#56B4E9"]
    for (name, curve), style, color in zip(curves.items(), styles, colors, strict=False):
        for ax, column in zip(axes, ("found", "false_alerts_a_week"), strict=True):
            ax.plot(curve.index, curve[column], ls=style, color=color, label=name)
    axes[0].set(ylabel=found)
    axes[0].yaxis.get_major_locator().set_params(integer=True)
    most = max(curve["false_alerts_a_week"].max() for curve in curves.values())
    axes[1].set(ylabel=false, xlabel="threshold k", ylim=(0, min(most * 1.05, 4)))
    if chosen is not None:
        for ax in axes:
            ax.axvline(chosen, color=THRESHOLD, ls=":", lw=1, label=f"k = {chosen:g}, fixed before")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return fig


def seeds(ax, values: dict, rule: float | None, unit: str) -> None:
    """One dot a seed, beside one another where they are equal; a dashed line for the rule.

    `values` has one value per seed, by the name of the detector.
    """
    frame = pd.DataFrame({name: pd.Series(list(v), dtype=float) for name, v in values.items()})
    colors = [(SERIES, PREDICTION)[i % 2] for i in range(len(values))]
    sns.swarmplot(frame, ax=ax, palette=colors, size=4)
    if rule is not None:
        mark_threshold(ax, rule, "the rule")
    ax.set(ylabel=unit, xlabel="")
    if not len(frame):  # no sweep yet
        ax.set_xticks([])
    ax.margins(y=0.2)
    if (frame.dropna() % 1 == 0).all(axis=None):  # counts
        ax.yaxis.get_major_locator().set_params(integer=True)


def distribution(ax, values, unit: str, bins: int = 50, kde: bool = False) -> None:
    """A histogram, with a kernel density estimate where asked for."""
    sns.histplot(np.ravel(values), bins=bins, kde=kde, ax=ax, color=SERIES, lw=0, alpha=0.6)
    ax.set(xlabel=unit, ylabel="windows")


def critical_difference(ranks: pd.Series, cliques: list[list]):
    """Mean ranks, best on top, and a bar beside those that cannot be told apart; return the figure.

    Parameters
    ----------
    ranks : mean rank by the name of the detector, as of `comparison.ranks`.
    cliques : lists of names that follow one another in rank, as of `comparison.cliques`.

    Notes
    -----
    Source: Demšar 2006, whose diagram this is, turned by a quarter so that names stay readable on a
    narrow page.
    """
    ranks = ranks.sort_values(kind="stable")
    fig, ax = plt.subplots(figsize=(7.2, 1.1 + 0.27 * len(ranks)))
    place = dict(zip(ranks.index, range(len(ranks)), strict=True))
    ax.hlines(list(place.values()), 1, ranks, color="#BFC5CC", lw=1)
    ax.plot(ranks, list(place.values()), ls="", marker="o", ms=6, color=SERIES)
    for name, rank in ranks.items():
        ax.annotate(f"{rank:.1f}", (rank, place[name]), (7, 0), textcoords="offset points",
                    va="center", fontsize=9)  # fmt: skip
    lanes: list[int] = []  # the last place that each column of bars has reached
    for group in cliques:
        first, last = min(place[name] for name in group), max(place[name] for name in group)
        lane = next((i for i, end in enumerate(lanes) if end < first), len(lanes))
        lanes[lane : lane + 1] = [last]
        ax.plot([1.02 + 0.02 * lane] * 2, [first - 0.3, last + 0.3], color="#555555", lw=4,
                transform=ax.get_yaxis_transform(), clip_on=False, solid_capstyle="butt",
                label="no two of these differ" if group is cliques[0] else None)  # fmt: skip
    ax.set(xlabel="mean rank (1 is best)", xlim=(1, None))
    ax.set_yticks(list(place.values()), list(place))
    ax.set_ylim(len(ranks) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    if cliques:
        fig.legend(loc="outside upper right")
    return fig
