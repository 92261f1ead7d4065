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
# # S&P 500: an LSTM autoencoder on daily closes
#
# [Open this chapter in Colab](https://colab.research.google.com/github/anomalies-reproduced/anomalies-reproduced/blob/main/notebooks/01_sp500.ipynb)
#
# **Question.** The index closed at some value today. Is that day unlike the days that came before,
# so that somebody should look at it?
#
# By the end of this chapter you can build an LSTM autoencoder for windows of a series, turn its
# reconstruction error into flags, and say which parts of a published result are a property of the
# data, of the code, or of one training run.
#
# > **Source.** Two walkthroughs show the same example: Venelin Valkov's article *Time Series
# > Anomaly Detection with LSTM Autoencoders using Keras in Python* (2019) with its public notebook,
# > and a lesson of a coding-interview site whose author and address are unknown. Both train on the
# > first 95 % of the closes from 1986 to 2018 and judge the last 5 %. This chapter reruns them with
# > their settings, in words and code of its own.

# %% tags=["setup", "remove-cell"]
try:
    import tsadbook  # noqa: F401
except ImportError:  # in Colab
    # %pip install -q "tsadbook @ git+https://github.com/anomalies-reproduced/anomalies-reproduced"
    pass

# %% tags=["parameters"]
SEED = 42

# %%
import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.preprocessing import StandardScaler

from tsadbook import datasets
from tsadbook.results import Recorder, as_ranges
from tsadbook.windows import sliding_windows

keras.utils.set_random_seed(SEED)
tf.config.experimental.enable_op_determinism()  # the same seed gives the same run

# %% tags=["figure", "remove-cell"]
import matplotlib.pyplot as plt
from IPython.display import Markdown

from tsadbook import plots

plots.use_style()

# %% [markdown]
# ## The data
#
# One value a trading day, the index at the close, in index points. There are no labels: nobody has
# said which of these days are anomalies, so nothing on this page can be a hit or a false alarm.

# %%
sp500 = datasets.load("sp500")
record = Recorder("01_sp500", seed=SEED, data=[sp500])
close = sp500.series
record("sp-head", close.head())

# %% tags=["remove-input"]
datasets.stand_in_banner(sp500)

# %% tags=["figure", "remove-input"]
fig, ax = plt.subplots()
plots.line(ax, close)
ax.set(xlabel="year", ylabel="close (index points)")
plots.show(
    fig,
    "sp-plot-price",
    f"Daily close of the S&P 500: from {close.iloc[0]:,.0f} to {close.iloc[-1]:,.0f}.",
    f"Line plot of the close: it rises from {close.iloc[0]:,.0f} to {close.iloc[-1]:,.0f} index "
    "points, with several long falls on the way.",
)

# %% [markdown]
# ## Split and scale
#
# The first 95 % of the days are the training part, the rest is the test part. The scaler is fitted
# on the training part alone, so nothing of the test part leaks into training.

# %%
n_train = int(len(close) * 0.95)
train, test = close[:n_train].to_frame(), close[n_train:].to_frame()

scaler = StandardScaler().fit(train)
z_train = pd.Series(scaler.transform(train)[:, 0], train.index)
z_test = pd.Series(scaler.transform(test)[:, 0], test.index)

# %% tags=["hide-input"]
record("sp-split", round(len(train) / len(close), 4))
record("sp-shapes", {"train": train.shape, "test": test.shape})
fitted_on = (
    "training part" if scaler.n_samples_seen_ == len(train) else "another part"
)
record("sp-scaler", f"{type(scaler).__name__} fitted on the {fitted_on}")
days = pd.date_range(
    "2018-02-06", "2018-02-12", freq="B"
)  # those that the notebook prints
record("sp-standardised", z_test.reindex(days))

# %% tags=["figure", "remove-input"]
fig, ax = plt.subplots()
plots.line(ax, train["close"], "training part")
plots.line(ax, test["close"], "test part", color=plots.PREDICTION)
ax.axhline(
    train["close"].max(), color="#555555", ls=":", label="highest training close"
)
ax.set(xlabel="year", ylabel="close (index points)")
ax.legend()
plots.show(
    fig,
    "sp-plot-split",
    "The training part, the test part, and the highest close of the training part.",
    "Line plot of the close with the test part, at the end, in another colour, and a dotted line "
    "at the highest training close.",
)

# %% tags=["remove-input"]
above = float((test["close"] > train["close"].max()).mean())
Markdown(
    f"The split gives {len(train):,} training days and {len(test):,} test days. "
    f"{above:.1%} of the test closes are higher than the highest training close."
)

# %% [markdown]
# ## Windows
#
# A sample is 30 days; its target, in the sources, is the close of the day after.

# %%
TIME_STEPS = 30


def samples(z):
    """Windows of TIME_STEPS days, and the close of the day after each."""
    return sliding_windows(z, TIME_STEPS)[:-1], z.to_numpy()[TIME_STEPS:]


X_train, y_train = samples(z_train)
X_test, y_test = samples(z_test)
record("sp-timesteps", X_train.shape[1])
record("sp-windows", {"X_train": X_train.shape})

# %% [markdown]
# ## The network
#
# An LSTM reads the window into 64 numbers, these are repeated 30 times, and a second LSTM with a
# dense layer writes one number for each day.


# %%
def build_model():
    model = keras.Sequential(
        [
            keras.Input(X_train.shape[1:]),
            keras.layers.LSTM(64),
            keras.layers.Dropout(0.2),
            keras.layers.RepeatVector(TIME_STEPS),
            keras.layers.LSTM(64, return_sequences=True),
            keras.layers.Dropout(0.2),
            keras.layers.TimeDistributed(keras.layers.Dense(1)),
        ]
    )
    model.compile(loss="mae", optimizer="adam")
    return model


# %% [markdown]
# > **Erratum.** The sources pass the target as a flat array, one next close a sample, against an
# > output of 30 numbers a sample. Keras 2, which they ran on, compared all 30 numbers with the
# > sample's own next close. Keras 3 no longer reshapes such a target: broadcasting compares every
# > output with the targets of the *whole batch*, without a warning. This chapter does what was
# > meant in its day and gives the target the shape (samples, 1, 1). Both losses are measured below.

# %%
target = y_train[:, None, None]

model = build_model()
settings = {"epochs": 10, "batch_size": 32, "validation_split": 0.1, "shuffle": False}
history = model.fit(X_train, target, **settings, verbose=0)

# %% tags=["hide-input"]
encoder, dropout, repeat, decoder, _, dense = model.layers
record(
    "sp-model",
    {
        "encoder_lstm": encoder.units,
        "dropout": dropout.rate,
        "repeat": repeat.n,
        "decoder_lstm": decoder.units,
        "time_distributed_dense": dense.layer.units,
        "loss": model.loss,
        "optimizer": model.optimizer.name,
    },
)
n_fit = int(len(X_train) * (1 - settings["validation_split"]))
assert history.params["steps"] == -(-n_fit // settings["batch_size"])
record("sp-fit", settings | {"epochs": len(history.epoch), "seed": SEED})
record("sp-fit-split", {"train": n_fit, "validation": len(X_train) - n_fit})
record("sp-loss", history.history["loss"])
record("sp-val-loss", history.history["val_loss"])

# %% tags=["figure", "remove-input"]
fig, ax = plt.subplots(figsize=(6, 3))
plots.losses(
    ax, history.history["loss"], history.history["val_loss"], "standardised close"
)
plots.show(
    fig,
    "sp-plot-loss",
    "Mean absolute error against the next close, by epoch, on the first 90 % of the training "
    "windows and on the last 10 %.",
    "Two lines over the epochs: the training loss falls quickly and levels off, the validation "
    "loss moves up and down.",
)

# %% [markdown]
# To see the erratum at work, the trained weights are put into two fresh models. One is given the
# flat target, the other the reshaped one, for the same 32 windows spread over the years. A fresh
# model is needed for each form, as Keras settles how to compare them when it first sees a target.


# %%
spread = np.linspace(0, len(X_train) - 1, 32).astype(int)
output = model.predict(X_train[spread], verbose=0)
own = np.abs(output - y_train[spread][:, None, None]).mean()
all_pairs = np.abs(output - y_train[spread][None, None, :]).mean()


def reported_loss(shape):
    fresh = build_model()
    fresh.set_weights(model.get_weights())
    return fresh.evaluate(X_train[spread], y_train[spread].reshape(shape), verbose=0)


losses = {
    "flat target, as Keras 3 reports it": reported_loss((32,)),
    "every output with the whole batch's targets": all_pairs,
    "reshaped target, as Keras 3 reports it": reported_loss((32, 1, 1)),
    "every output with its own target": own,
}
record("sp-target-losses", losses)

# %% tags=["remove-input"]
plots.show_table(
    pd.DataFrame({"mean absolute error": losses}).round(4),
    "sp-target-losses",
    "The loss of one batch: what Keras reports for each form of the target, and the two averages "
    "computed by hand that it agrees with.",
)

# %% [markdown]
# ## From error to flag
#
# The reconstruction error of a window is the mean absolute difference between its 30 closes and the
# 30 numbers that the network writes for them. Note the step: the network was trained to write the
# *next* close, and is now judged by how well it repeats the *window*. That is what the sources do.


# %%
def reconstruction_error(X):
    return np.abs(model.predict(X, verbose=0) - X).mean(axis=(1, 2))


error_train = reconstruction_error(X_train)
error_test = pd.Series(reconstruction_error(X_test), z_test.index[TIME_STEPS:])

# %% tags=["figure", "remove-input"]
fig, ax = plt.subplots(figsize=(6, 3))
plots.distribution(
    ax, error_train, "reconstruction error (standardised close)", kde=True
)
plots.show(
    fig,
    "sp-plot-dist",
    "Reconstruction error of the training windows, 50 bins, with a kernel density estimate.",
    "Histogram of the training errors with a density curve: most are small, with a tail to the "
    "right.",
)

# %% [markdown]
# The sources read their threshold off this histogram: 0.65, since few training errors are larger.
# A test day is flagged if the error of the 30 days before it exceeds the threshold.

# %%
THRESHOLD = 0.65
scored = pd.DataFrame({"loss": error_test, "threshold": THRESHOLD})
scored["anomaly"] = scored["loss"] > scored["threshold"]
scored["close"] = z_test[TIME_STEPS:]
anomalies = scored[scored["anomaly"]]

record("sp-threshold", float(scored["threshold"].iloc[0]))
record("sp-flagged-rows", as_ranges(np.flatnonzero(scored["anomaly"])))
record("sp-first-anomalies", anomalies["loss"].head())
record("sp-first-losses", error_test.reindex(days))

# %% tags=["figure", "remove-input"]
fig, ax = plt.subplots()
plots.line(ax, scored["loss"], "reconstruction error")
plots.mark_threshold(ax, THRESHOLD, f"threshold {THRESHOLD}")
ax.set(xlabel="day", ylabel="error (standardised close)")
ax.legend()
plots.show(
    fig,
    "sp-plot-test",
    "Reconstruction error of the test part and the threshold.",
    "Line plot of the test error over time, and a dashed line at the threshold.",
)

# %% tags=["figure", "remove-input"]
plots.show_table(
    anomalies.head().rename(
        columns={"loss": "reconstruction error", "close": "close (scaled)"}
    ),
    "sp-table",
    "The first flagged days of the test part.",
)

# %% tags=["figure", "remove-input"]
fig, ax = plt.subplots()
shown = test["close"].iloc[TIME_STEPS:]
plots.line(ax, shown, "close")
plots.mark_flags(ax, shown, scored["anomaly"])
ax.set(xlabel="day", ylabel="close (index points)")
ax.legend()
plots.show(
    fig,
    "sp-plot-flags",
    "Close over the test part, with the flagged days.",
    "Line plot of the close over the test part with red rings on the flagged days.",
)

# %% tags=["remove-input"]
when = f", the first on {anomalies.index[0]:%d %B %Y}" if len(anomalies) else ""
Markdown(
    f"With seed {SEED} the rule flags {len(anomalies)} of {len(scored)} test days{when}. "
    f"{(error_train > THRESHOLD).mean():.2%} of the training windows exceed the threshold."
)

# %% [markdown] tags=["published-beside-reproduced"]
# ## Published beside reproduced
#
# The table that belongs here is made when the book is built, from the sources' figures and from
# what this notebook recorded; it stands on the book's pages.

# %% [markdown]
# ## What this does not show
#
# There are no labels, so no flag here is right or wrong. The table above says whether the published
# numbers come out of the published method; whether the method finds anomalies is another question,
# and one run with one seed cannot answer it.
#
# ## Recap
#
# - Data and code decide the split, the shapes and the scaled values: those come out exactly.
# - Training decides the losses and the flagged days: those vary from seed to seed.
# - A library can change what the same line of code means, and say nothing. Compare a reported loss
#   with one computed by hand at least once.
#
# ## Exercises
#
# 1. Move the threshold to the largest training error. How many test days are flagged then?
# 2. Give the network its own window as target (`X_train` twice). Does the training error fall?
# 3. Replace the network by the close 30 days earlier, repeated 30 times. Which days does the same
#    threshold flag?
