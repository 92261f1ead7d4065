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
# By the end of this chapter you know every series of the book and what is odd about its clock, you can
# read the two kinds of labels that the Numenta Anomaly Benchmark (NAB) has, and you can load a series
# of your own.
#
# **Before you start.** You should have used Python with pandas.
#
# > **Source.** NAB and its labels are public under the MIT licence, from `numenta/NAB` at commit
# > `ea702d75`. The values of the S&P 500 belong to S&P Dow Jones Indices: the book reads and analyses
# > them and shows plots and statistics, and does not pass the series on.

# %% tags=["setup", "remove-cell"]
# @title Set up: adds what is missing, changes nothing that is there
try:
    import tsadbook  # noqa: F401
except ImportError:
    # %pip list --format=freeze > installed.txt
    # %pip install -q -c installed.txt "tsadbook @ git+https://github.com/anomalies-reproduced/anomalies-reproduced"
    pass

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from tsadbook import datasets, plots
from tsadbook.evaluation.events import label_rows

# %% [markdown]
# ## The series
#
# A series is a table with two columns: when, and how much. `datasets.load` finds one by name, on your
# disk or at its public address, and checks that it is the file that this book was written with.

# %%
machine = datasets.load("realKnownCause/machine_temperature_system_failure")
machine.series.head()

# %% [markdown]
# These are temperatures of a part inside a large industrial machine. The walkthroughs of the book use
# six series:

# %%
chapters = {
    "sp500": "1",
    "realKnownCause/machine_temperature_system_failure": "2",
    "realKnownCause/ec2_request_latency_system_failure": "3, training",
    "realAWSCloudwatch/ec2_cpu_utilization_5f5533": "3, validation",
    "artificialNoAnomaly/art_daily_small_noise": "4, training",
    "artificialWithAnomaly/art_daily_jumpsup": "4, test",
}
data = {name.split("/")[-1]: datasets.load(name) for name in chapters}


# %%
def clock(series):
    """When a series begins and ends, its usual step, and what is odd about its clock."""
    index = series.index
    step = pd.Series(index).diff().median()
    odd = datasets.irregularities(series)
    return {
        "rows": len(series),
        "from": index.min().date(),
        "to": index.max().date(),
        "step": step,
        **odd,
    }


overview = pd.DataFrame({name: clock(d.series) for name, d in data.items()}).T
overview.insert(0, "chapter", list(chapters.values()))

# %% tags=["figure"]
plots.table(
    overview, id="data-overview",
    caption="Duplicates repeat the time stamp of an earlier row, backward rows are earlier than the "
    "row before them, gaps are steps longer than the usual one.",
)  # fmt: skip

# %% [markdown]
# ## Look at the clock first
#
# The gaps of the S&P 500 are weekends and holidays. The other oddities are worth a look, because a
# rolling mean or a window of rows takes no notice of them.
#
# In the machine temperature the clock was set back once, so an hour of time stamps stands there twice:

# %%
steps = machine.series.index.to_series().diff()
machine.series[steps.shift(-1).lt(pd.Timedelta(0)) | steps.lt(pd.Timedelta(0))]

# %% [markdown]
# The request latency comes from a server in the east of the United States. One time stamp carries many
# rows, and the hour before it is empty:

# %%
latency = data["ec2_request_latency_system_failure"].series
stamps = latency.index.value_counts()
repeated = stamps.idxmax()
before = latency.index[latency.index < repeated].max()
print(f"{stamps.max()} rows at {repeated}; the row before them is of {before}")

# %% [markdown]
# That is the night in which American clocks go from two to three. The readings of the missing hour were
# all given the first stamp after it. NAB keeps those rows, and so does the book: nothing is sorted or
# dropped. When a series of yours looks odd, ask for the time zone before you ask for a model.
#
# ## Two kinds of labels
#
# NAB labels a series in two ways. An *instant* is one time stamp for each anomaly. A *window* is laid
# around each instant, so wide that all windows of a series together cover about a tenth of it. The
# window is a tolerance: a detector may be early or late by half its width. It is not the extent of the
# anomaly.

# %%
labels = pd.DataFrame(
    {
        name: {
            "instants": len(d.instants),
            "windows": len(d.windows),
            "share of rows in windows": label_rows(d.series.index, d.windows).mean(),
        }
        for name, d in data.items()
    }
).T

# %% tags=["figure"]
plots.table(
    labels, digits=3, id="data-labels",
    caption="Labels of each series. Nobody has labelled the S&P 500, and the training series of chapter 4 "
    "has no anomaly.",
)  # fmt: skip

# %% tags=["figure"]
plots.series(
    machine.series, "temperature (unit not given)", windows=machine.windows,
    labels={"labelled instant": label_rows(machine.series.index, machine.instants)},
    id="data-machine-temperature-system-failure",
    caption="The machine temperature with its label windows and instants.",
)  # fmt: skip

# %% [markdown]
# By NAB's own description the first of these anomalies is a planned shutdown, the second is hard to see
# and led to the third, a catastrophic failure. So *anomaly* does not mean *failure*.
#
# Nor does an instant mark a beginning. How long after the lowest temperature of its window does it lie?

# %%
ordered = machine.series.sort_index()
lowest = [ordered[start:end].idxmin() for start, end in machine.windows]
hours_after = (machine.instants - pd.DatetimeIndex(lowest)) / pd.Timedelta("1h")
hours_after.tolist()

# %% [markdown]
# Two instants sit exactly on the minimum, where the trouble is at its worst. One lies most of a day after
# it. The windows are wide enough to forgive that; a score that counted rows at the instant would not be.
#
# ## Every series, looked at
#
# A picture comes before any model.

# %% tags=["figure"]
plots.series(data["sp500"].series, "close (index points)", id="data-sp500",
             caption="The S&P 500 at the close (chapter 1).")  # fmt: skip


# %% tags=["figure"]
def picture(name, caption):
    """A series with its labels."""
    d = data[name]
    return plots.series(
        d.series, "value (unit not given)", windows=d.windows,
        labels={"labelled instant": label_rows(d.series.index, d.instants)},
        id=f"data-{name.replace('_', '-')}", caption=caption,
    )  # fmt: skip


picture("ec2_request_latency_system_failure", "Request latency (chapter 3).")

# %% tags=["figure"]
picture("ec2_cpu_utilization_5f5533", "Processor load of a server (chapter 3).")

# %% tags=["figure"]
picture(
    "art_daily_small_noise", "An artificial series without an anomaly (chapter 4)."
)

# %% tags=["figure"]
picture("art_daily_jumpsup", "The same with one odd day (chapter 4).")

# %% [markdown]
# ## Your own series
#
# `datasets.read_csv` reads a file with a time stamp and a value column. Try it with one of three rows:

# %%
folder = TemporaryDirectory()
mine = Path(folder.name) / "mine.csv"
mine.write_text(
    "timestamp,value\n2024-01-01 00:00,1.5\n2024-01-01 00:05,1.7\n2024-01-01 00:10,1.6\n"
)
datasets.read_csv(mine)

# %% [markdown]
# It checks the numbers, the time stamps, and that each row is later than the one before. A fault is one
# error that names the file, the line and the remedy:

# %%
mine.write_text("timestamp,value\n2024-01-01 00:00,1.5\n2024-01-01 00:05,n.a.\n")
try:
    datasets.read_csv(mine)
except datasets.DataError as error:
    print(str(error).replace(f"{folder.name}/", ""))

# %% [markdown]
# ## A function to take away
#
# The function `clock` above works on any series of yours that has time stamps. Call it before anything
# else.
#
# ## What this does not show
#
# Six series are not the world. Chapter 6 runs on all 58 of NAB, and even those were chosen and labelled
# by the people who built the benchmark.
#
# ## Recap
#
# - Look at the series and its clock before anything else.
# - A label window is a tolerance for scoring, not a description of the anomaly.
# - Where there is no label, no detector can be scored.
#
# ## Exercises
#
# 1. Which other NAB series have duplicate or backward time stamps? `datasets.names()` lists all.
# 2. How wide is a label window of the machine temperature, in hours?
# 3. Load a CSV of your own. What does `clock` say of it?
#
# Next: [the S&P 500](01_sp500.ipynb), where nothing is labelled.
