# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,-all
#     notebook_metadata_filter: jupytext,kernelspec,-all
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Data and labels
#
# [Open this chapter in Colab](https://colab.research.google.com/github/anomalies-reproduced/anomalies-reproduced/blob/main/notebooks/00_data_and_labels.ipynb)
#
# **Question.** What do the walkthroughs run on, and what does it mean there that a row is an
# anomaly?
#
# By the end of this chapter you know every series of the book, where it comes from, what is odd
# about its time axis, and the two kinds of labels that the Numenta Anomaly Benchmark (NAB) has.
#
# **Before it.** Python with pandas.

# %% tags=["setup", "remove-cell"]
# Alone, as in Colab, this adds what is missing and changes nothing that is there.
try:
    import tsadbook  # noqa: F401
except ImportError:
    # %pip list --format=freeze > installed.txt
    # %pip install -q -c installed.txt "tsadbook @ git+https://github.com/anomalies-reproduced/anomalies-reproduced"
    pass

# %%
import pandas as pd

from tsadbook import datasets
from tsadbook.evaluation.events import label_rows
from tsadbook.registers.recorder import Recorder

# %% tags=["figure", "remove-cell"]
import matplotlib.pyplot as plt

from tsadbook import plots

plots.use_style()

# %% [markdown]
# ## The series
#
# `datasets.load` finds a series by name: in the folder that `TSADBOOK_DATA` names, else in a cache,
# else at its pinned address. Each NAB file is checked against its SHA-256 on every load. The S&P
# 500 series differs in form from copy to copy, so its canonical rows, date and close, are checked.

# %%
chapters = {
    "sp500": "1",
    "realKnownCause/machine_temperature_system_failure": "2",
    "realKnownCause/ec2_request_latency_system_failure": "3, training",
    "realAWSCloudwatch/ec2_cpu_utilization_5f5533": "3, validation",
    "artificialNoAnomaly/art_daily_small_noise": "4, training",
    "artificialWithAnomaly/art_daily_jumpsup": "4, test",
}
data = {name: datasets.load(name) for name in chapters}
record = Recorder("00_data_and_labels", data=data.values())

# %% tags=["remove-input"]
datasets.stand_in_banner(*data.values())

# %%
overview = pd.DataFrame(
    {
        name: {
            "chapter": chapters[name],
            "rows": len(d.series),
            "first": d.series.index.min(),
            "last": d.series.index.max(),
            **datasets.irregularities(d.series),
        }
        for name, d in data.items()
    }
).T
record("data-overview", overview.drop(columns=["first", "last"]).T.to_dict())

# %% tags=["figure", "remove-input"]
short = {
    name: name.split("/")[-1] for name in data
}  # so that all columns fit the page
plots.show_table(
    overview.drop(columns=["first", "last"]).rename(index=short),
    "data-overview",
    "The series of the walkthroughs; chapter 4 adds the others of the last one's folder. Duplicates "
    "are rows whose time stamp stood in an earlier row, backward "
    "rows are earlier than the row before them, gaps are steps longer than the usual one.",
)

# %% [markdown]
# Weekends and holidays are the gaps of the S&P 500. In the machine temperature the clock was set
# back: an hour of time stamps comes twice. In the request latency twelve rows carry the same time
# stamp, after a gap of about an hour. NAB keeps those rows, and so does the book; nothing is sorted
# or dropped.
#
# > **Note.** NAB and its labels are public under the MIT licence, from `numenta/NAB` at commit
# > `ea702d75`. The values of the S&P 500 belong to S&P Dow Jones Indices: the book reads and analyses
# > them and shows plots and statistics, and never hands the series on.
#
# ## Labels
#
# NAB labels a series in two ways. An *instant* is the time stamp at which people saw an anomaly
# start. A *window* is laid around each instant, so wide that all windows of a series together cover
# about a tenth of it, less where one is cut off at the end of the file. The window is a tolerance: a
# detector may be early or late by half its width. It is not the extent of the anomaly.

# %%
labels = pd.DataFrame(
    {
        name: {
            "instants": len(d.instants),
            "windows": len(d.windows),
            "rows at instants": label_rows(d.series.index, d.instants).sum(),
            "rows in windows": label_rows(d.series.index, d.windows).sum(),
            "share of rows in windows": label_rows(d.series.index, d.windows)
            .mean()
            .round(3),
        }
        for name, d in data.items()
    }
).T
record("data-labels", labels.T.to_dict())

# %% tags=["figure", "remove-input"]
counts = labels.drop(columns="share of rows in windows").astype(int)
plots.show_table(
    counts.join(labels["share of rows in windows"]).rename(index=short),
    "data-labels",
    "Labels of each series. The S&P 500 has none, and the training series of chapter 4 has no "
    "anomaly to label.",
)

# %% [markdown]
# ## Every series, looked at
#
# A picture comes before any model. Green shade is a label window, a green diamond a labelled
# instant.

# %% tags=["figure"]
units = {
    "sp500": "close (index points)",
    "realKnownCause/machine_temperature_system_failure": "temperature (unit not given)",
}


def draw(name):
    fig, ax = plt.subplots(figsize=(8, 2.6))
    d = data[name]
    plots.line(ax, d.series, lw=0.7)
    plots.mark_windows(ax, d.windows)
    plots.mark_labels(ax, d.series, label_rows(d.series.index, d.instants))
    ax.set(xlabel="date", ylabel=units.get(name, "value (unit not given)"))
    if d.windows:
        ax.legend(ncols=2)
    return plots.show(
        fig,
        f"data-{name.split('/')[-1].replace('_', '-')}",
        f"{name} (chapter {chapters[name]}).",
        f"Line plot of {name} over time: from {d.series.min():,.0f} to {d.series.max():,.0f}, half of "
        f"the values above {d.series.median():,.0f}; {len(d.windows)} shaded label windows and "
        f"{len(d.instants)} green diamonds at labelled instants.",
    )


# %% tags=["figure", "remove-input"]
draw("sp500")

# %% tags=["figure", "remove-input"]
draw("realKnownCause/machine_temperature_system_failure")

# %% tags=["figure", "remove-input"]
draw("realKnownCause/ec2_request_latency_system_failure")

# %% tags=["figure", "remove-input"]
draw("realAWSCloudwatch/ec2_cpu_utilization_5f5533")

# %% tags=["figure", "remove-input"]
draw("artificialNoAnomaly/art_daily_small_noise")

# %% tags=["figure", "remove-input"]
draw("artificialWithAnomaly/art_daily_jumpsup")

# %% [markdown]
# ## Your own series
#
# `datasets.read_csv` reads a CSV file with a time stamp and a value column. It checks the numbers, the
# time stamps, and that each row is later than the one before. A fault is one error that names the
# file, the line and the remedy:

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

with TemporaryDirectory() as folder:
    path = Path(folder) / "mine.csv"
    path.write_text(
        "timestamp,value\n2024-01-01 00:00:00,1.5\n2024-01-01 00:05:00,n.a.\n"
    )
    try:
        datasets.read_csv(path)
    except datasets.DataError as error:
        print(str(error).replace(f"{folder}/", ""))

# %% [markdown]
# ## Recap
#
# - Look at the series and its time axis before anything else.
# - A label window is a tolerance for scoring, not a description of the anomaly.
# - Where there is no label, no detector can be scored.
#
# ## Exercises
#
# 1. Which other NAB series have duplicate or backward time stamps? `datasets.names()` lists all.
# 2. How wide is a label window of the machine temperature, in hours?
# 3. Load a CSV of your own. Does it pass?
