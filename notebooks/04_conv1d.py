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
# # A convolutional autoencoder on artificial days
#
# [Open this chapter in Colab](https://colab.research.google.com/github/anomalies-reproduced/anomalies-reproduced/blob/main/notebooks/04_conv1d.ipynb)
#
# **Question.** A signal repeats itself every day. On one day it does not. Can a network that has only
# seen ordinary days say which rows are different?
#
# By the end of this chapter you can train a convolutional autoencoder on windows of one day, turn
# flagged windows into flagged rows, and check three things that are easily got wrong on the way.
#
# **Before you start.** Read [Data and labels](00_data_and_labels.ipynb). You should have met Keras and
# convolutions before.
#
# > **Source.** The Keras example [*Timeseries anomaly detection using an
# > Autoencoder*](https://keras.io/examples/timeseries/timeseries_anomaly_detection/) by pavithrasv,
# > and a blog's study of it, annotated in Korean and English (author and address unknown). The study
# > prints the figures that this chapter compares with. Its code is, in all that matters here, that of
# > the example.
#
# The example is short, and much of it is done well. It trains on one series and judges another. It
# takes the scale from the training series alone. It draws a picture at every step. And it finds the
# anomaly.

# %% tags=["setup", "remove-cell"]
# @title Set up: adds what is missing, changes nothing that is there
try:
    import tsadbook  # noqa: F401
except ImportError:
    # %pip list --format=freeze > installed.txt
    # %pip install -q -c installed.txt "tsadbook[keras] @ git+https://github.com/anomalies-reproduced/anomalies-reproduced"
    pass

# %% tags=["parameters"]
SEED = 42

# %%
import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from tsadbook import datasets, plots
from tsadbook.evaluation.events import label_rows
from tsadbook.registers import reproduction, sweeps
from tsadbook.windows import all_windows_agree, sliding_windows

# %%
keras.utils.set_random_seed(SEED)
tf.config.experimental.enable_op_determinism()

# %% [markdown]
# With one seed, one machine gives the same network again and again. Another processor, or another
# number of threads, adds up a convolution in another order, and the last digits differ.
#
# ## Two series
#
# Both series are artificial and come from the Numenta Anomaly Benchmark (NAB): one value every five
# minutes, the same shape every day, a little noise. In the second series one day jumps higher.

# %%
normal = datasets.load("artificialNoAnomaly/art_daily_small_noise")
jump = datasets.load("artificialWithAnomaly/art_daily_jumpsup")

# %% tags=["figure"]
plots.scores(
    {"ordinary days only": normal.series, "one day jumps": jump.series},
    "value (no unit)",
    windows={"one day jumps": jump.windows},
    id="conv-plot-data",
    caption="The series to train on, and the series to judge with NAB's label window.",
)

# %% [markdown]
# ## Why should an error tell an anomaly?
#
# An autoencoder is trained to write its own input again after it has squeezed it through something
# narrower. What it has often seen it learns to write; what it has never seen it should not be able
# to, and the error shows it.
#
# The simplest picture of the idea needs no network. Suppose that nothing at all gets through, so that
# the best answer to any day is the average day.

# %%
average_day = normal.series.groupby(normal.series.index.time).mean().to_numpy()
i_jump = jump.series.index.get_loc(jump.instants[0].normalize())  # its first row
day_of_the_jump = jump.series[i_jump : i_jump + 288].to_numpy()

# %% tags=["figure"]
days = {
    "an ordinary day": normal.series[:288].to_numpy(),
    "the day of the jump": day_of_the_jump,
}
plots.lines(
    {
        n: pd.DataFrame({"the day": d, "average day": average_day})
        for n, d in days.items()
    },
    "row of the day",
    "value (no unit)",
    id="conv-idea",
    caption="Two days and the average day: the gap between the lines is the error.",
)

# %% [markdown]
# ## Scale and cut
#
# The mean and the standard deviation of the training series scale both series. A window is one day,
# and a window starts at every row.

# %%
mean, std = normal.series.mean(), normal.series.std()
z_train, z_test = (normal.series - mean) / std, (jump.series - mean) / std

# %%
TIME_STEPS = 288  # rows of five minutes in a day
x_train = sliding_windows(z_train, TIME_STEPS)
x_test = sliding_windows(z_test, TIME_STEPS)
x_train.shape, x_test.shape

# %% [markdown]
# ## The network
#
# A *convolution* slides a few weights along the window and writes one number wherever they stop. With
# a stride of two it stops at every other row, so what it writes is half as long. A *transposed*
# convolution goes the other way: it spreads each number over a few neighbouring rows, two rows apart
# from the next, so what it writes is twice as long. *Dropout* silences a part of the numbers while the
# network is trained.

# %%
layers = keras.layers
stride_two = {"kernel_size": 7, "strides": 2, "padding": "same", "activation": "relu"}
model = keras.Sequential(
    [
        keras.Input(x_train.shape[1:]),
        layers.Conv1D(32, **stride_two),
        layers.Dropout(0.2),
        layers.Conv1D(16, **stride_two),
        layers.Conv1DTranspose(16, **stride_two),
        layers.Dropout(0.2),
        layers.Conv1DTranspose(32, **stride_two),
        layers.Conv1DTranspose(1, kernel_size=7, padding="same"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.001), loss="mse")

# %%
for layer in model.layers:
    print(f"{type(layer).__name__:15} writes {layer.output.shape[1:]}")

# %% [markdown]
# The input is its own target. Training stops once the loss on the last tenth of the windows has not
# fallen for a few epochs.

# %%
settings = {"epochs": 50, "batch_size": 128, "validation_split": 0.1}
stopping = keras.callbacks.EarlyStopping(monitor="val_loss", patience=5, mode="min")
history = model.fit(x_train, x_train, **settings, callbacks=[stopping], verbose=0)

# %% tags=["figure", "remove-input"]
# @title Draw the losses
plots.losses(
    history,
    "squared scaled value",
    log=True,
    id="conv-plot-loss",
    caption="Mean squared error by epoch. Dropout acts in training only.",
)

# %% [markdown]
# ## One window, and what the network writes
#
# What does the network make of a day that it knows, and of the day of the jump?

# %%
written_train = model.predict(x_train, verbose=0)
written_test = model.predict(x_test, verbose=0)

# %% tags=["figure"]
plots.window(
    {
        "an ordinary day": (x_train[0], written_train[0]),
        "the day of the jump": (x_test[i_jump], written_test[i_jump]),
    },
    "scaled value",
    id="conv-window",
    caption="A window beside what the trained network writes for it.",
)

# %% [markdown]
# The day of the jump is written less well, but it is written: the network follows the jump a good
# way up. Keep this picture in mind for the second finding.
#
# ## From error to flag
#
# The error of a window is the mean absolute difference between what came and what the network wrote.
# The threshold is the largest error of any training window.

# %%
mae_train = np.abs(written_train - x_train).mean(axis=1)
threshold = float(mae_train.max())
BINS = 50  # of the histograms

# %%
mae_test = np.abs(written_test - x_test).mean(axis=(1, 2))
anomalous = mae_test > threshold

# %% tags=["figure", "remove-input"]
# @title Draw the errors of the training windows
plots.distribution(
    mae_train,
    "mean absolute error (scaled value)",
    threshold=threshold,
    bins=BINS,
    id="conv-plot-train-mae",
    caption="Errors of the training windows. The threshold is the largest.",
)

# %% tags=["figure", "remove-input"]
# @title Draw the errors of the windows to be judged
plots.distribution(
    mae_test,
    "mean absolute error (scaled value)",
    threshold=threshold,
    bins=BINS,
    id="conv-plot-test-mae",
    caption="Errors of the windows to be judged, and the threshold from training.",
)

# %% [markdown]
# ## From windows to rows
#
# A row lies in many windows. The source calls it anomalous if *all* windows that contain it are
# anomalous. Its loop, put into a function, reads:


# %%
def as_coded(anomalous, n_rows, size):
    rows = range(size - 1, n_rows - size + 1)
    return [i for i in rows if anomalous[i - size + 1 : i].all()]


rows = as_coded(anomalous, len(jump.series), TIME_STEPS)

# %% tags=["figure"]
plots.series(
    jump.series,
    "value (no unit)",
    windows=jump.windows,
    flags=np.isin(np.arange(len(jump.series)), rows),
    id="conv-plot-flags",
    caption="The rows that the rule calls anomalous.",
)

# %%
print(f"{anomalous.sum()} of {len(anomalous):,} windows exceed {threshold:.3f}.")
print(f"{len(rows)} rows are flagged, after {len(history.epoch)} epochs of training.")

# %% [markdown]
# It works: the flagged rows are the high plateau of the one odd day. Look at the last ring, though; the
# first finding comes back to it.
#
# ## Published beside reproduced
#
# Here is every figure of the study beside this run.

# %% tags=["published-beside-reproduced"]
reproduction.show("04_conv1d", globals())

# %% [markdown]
# ## First finding: the rule skips a window
#
# The comment above the source's loop speaks of the windows from i − 287 *to i*. A Python slice leaves
# out its end, so the loop looks at one window fewer: the one that starts at the row. The line stands
# like this in the **official Keras example** too, and from there it has been copied into many
# notebooks.
#
# The example explains its rule on ten values and windows of three: if the windows that start at 3, 4
# and 5 are anomalous, then the value at 5 is. Its own loop disagrees with its own explanation:

# %%
toy = np.isin(np.arange(8), [3, 4, 5])
print("as coded:    ", as_coded(toy, 10, 3))
print("as explained:", np.flatnonzero(all_windows_agree(toy, 3, 10)))

# %% [markdown]
# With windows of a single row the slice is empty, and "all of nothing" is true. Not one window is
# anomalous here, and every row is flagged:

# %%
as_coded(np.zeros(10, dtype=bool), 10, 1)

# %% [markdown]
# Data, network and rule are the official example's own, so what the slip costs here it costs there. It
# adds a row at the end of a run of flagged rows.

# %%
documented = all_windows_agree(anomalous, TIME_STEPS, len(jump.series))
print(f"This run: {len(rows)} rows as coded, {documented.sum()} as explained.")
extra = sorted(set(rows) - set(np.flatnonzero(documented)))
for row in extra:
    print(
        f"One too many: {jump.series.index[row]}, value {jump.series.iloc[row]:.1f}."
    )

# %% tags=["figure"]
as_it_is = sweeps.frame("04_conv1d", "conv-anomalous-points").to_numpy()
as_it_should_be = sweeps.frame("04_conv1d", "conv-documented-points").to_numpy()
surplus = as_it_is - as_it_should_be
print(f"One row too many with {(surplus == 1).sum()} of {len(surplus)} seeds.")

# %% [markdown]
# It is the last ring of the figure above. One row in a day is little, and so it goes unnoticed. A test on
# the ten values of the explanation notices at once ([erratum conv-one-window-short](../errata.md#conv-one-window-short)).
#
# ## Second finding: nothing is squeezed
#
# An autoencoder finds what does not fit *because* it has too little room. How much room is there?

# %%
code = model.layers[2].output.shape[1:]  # the narrowest point between the two halves
print(
    f"{code[0]} x {code[1]} = {np.prod(code):,} numbers for a window of {TIME_STEPS},"
)
print(f"{np.prod(code) / TIME_STEPS:.0f} times as many as came in.")

# %% [markdown]
# Each convolution halves the length, and each writes many numbers at every place that is left. Nothing
# forces the network to leave anything out. So it can learn to copy, and what it copies need not be a day
# that it has seen.
#
# NAB has a sister of our series, in which one day stays low from morning to evening. No such day was in
# the training series. What does the network write for it?

# %%
no_jump = datasets.load("artificialWithAnomaly/art_daily_nojump")
z_no_jump = (no_jump.series - mean) / std
x_no_jump = sliding_windows(z_no_jump, TIME_STEPS)
written_no_jump = model.predict(x_no_jump, verbose=0)
mae_no_jump = np.abs(written_no_jump - x_no_jump).mean(axis=(1, 2))

# %%
i_missing = no_jump.series.index.get_loc(no_jump.instants[0].normalize())
print(
    f"Threshold: {threshold:.3f}. Median over all windows: {np.median(mae_no_jump):.3f}."
)
print(f"Error of the day that stays low: {mae_no_jump[i_missing]:.3f}.")
print(f"Windows above the threshold: {(mae_no_jump > threshold).sum()}.")

# %% tags=["figure"]
plots.window(
    {
        "the day before": (
            x_no_jump[i_missing - TIME_STEPS],
            written_no_jump[i_missing - TIME_STEPS],
        ),
        "the day that stays low": (x_no_jump[i_missing], written_no_jump[i_missing]),
    },
    "scaled value",
    id="conv-no-jump",
    caption="Two windows of the sister series, and what the same network writes.",
)

# %% [markdown]
# The day that stays low is written *better* than an ordinary one, since there is less to write. The
# network has not learnt what a day looks like; it has learnt to copy a few neighbouring rows. It finds
# the jump because the jump leaves the range of values that it has learnt to copy ([erratum
# conv-wide-bottleneck](../errata.md#conv-wide-bottleneck)). The [repair](04_conv1d_repaired.ipynb) has a
# true bottleneck.
#
# ## Third finding: perfect is not enough
#
# NAB's label window is far wider than the jump. It is a *tolerance*: an alert anywhere in it counts.
# The source does not use it. Suppose that we did, and scored flagged rows against the rows of the
# window, as is often done. What would a perfect detector get, one that flags the rows of the jump and
# no other?

# %%
usual_high = jump.series[:1728].max()  # of the six days before the label
perfect = (jump.series > usual_high + 5).to_numpy()
in_window = label_rows(jump.series.index, jump.windows)

# %%
hits = (perfect & in_window).sum()
f1 = 2 * hits / (perfect.sum() + in_window.sum())
print(
    f"{perfect.sum()} rows of the jump, {in_window.sum()} in the window: F1 {f1:.2f}"
)

# %% [markdown]
# Every flag is right, and the mark is poor: F1 takes each row of the tolerance for a row to be
# found. Count label windows found and false alerts instead, as the repaired notebook does. [Scoring
# detectors](05_scoring_detectors.ipynb) has more on this.
#
# F1 is also blind to time. The rule needs *all* windows that contain a row, also those that only start
# there. When is the row known?

# %%
wait = (TIME_STEPS - 1) * (jump.series.index[1] - jump.series.index[0])
print(f"A row is judged {wait / pd.Timedelta('1h'):.1f} hours after it came.")

# %% [markdown]
# That is good enough for a report on yesterday, and useless to somebody on call.
#
# ## A function to take away
#
# The rule as explained, for any Series and any window. It finds the length of a window from the
# number of windows.


# %%
def rows_of_windows(series, window_flags):
    """Flag the rows of a Series all of whose windows are flagged.

    series: one value a row; window_flags: one bool for the window that starts at each row.
    The first and last rows, which have fewer windows, are never flagged.
    """
    size = len(series) - len(window_flags) + 1
    flagged = np.convolve(
        np.asarray(window_flags, dtype=int), np.ones(size, dtype=int)
    )
    return pd.Series(flagged == size, index=series.index)


# %%
print(rows_of_windows(jump.series, anomalous).sum(), "rows, as explained above")

# %% [markdown]
# ## Exercises
#
# 1. Give the middle layer of the network two filters instead of sixteen. What happens to the errors of
#    the jump?
# 2. The threshold is the largest of all training errors, so a single window decides it. Take the
#    hundredth largest. Which windows are flagged now, and which rows?
#
# Next: [the same idea, repaired](04_conv1d_repaired.ipynb), judged on six series beside rules of one
# line. All that was found wrong stands on the [errata page](../errata.md).
