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
# By the end of this chapter you can build an LSTM autoencoder as a well-known walkthrough does, turn
# its reconstruction error into flags, and find out what that error really depends on.
#
# **Before you start.** Read [Data and labels](00_data_and_labels.ipynb). You should have seen Keras and a recurrent
# layer once.
#
# > **Source.** Two walkthroughs show the same example: Venelin Valkov's article *Time Series
# > Anomaly Detection with LSTM Autoencoders using Keras in Python* (2019) with its public notebook,
# > and a lesson of a coding-interview site whose author and address are unknown. This chapter reruns
# > them with their settings, in words and code of its own.
#
# The walkthrough has taught this idea to many people, and for good reasons. It goes all the way from
# a file of prices to a plot of flagged days. It splits by time, not at random. It fits the scaler to
# the training part alone, and it sets the threshold by training errors alone. Keep all four habits.

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
from scipy.stats import binomtest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from tsadbook import datasets, plots
from tsadbook.registers import reproduction, sweeps
from tsadbook.windows import sliding_windows

# %% [markdown]
# ## Why should an error tell an anomaly?
#
# An autoencoder squeezes a window through a *code* that is smaller than the window, and writes the
# window again from that code, so it learns to keep what it sees often and to drop the rest. A window
# unlike the others therefore comes back wrong, and the size of that *reconstruction error* is the
# anomaly score.
#
# The smallest autoencoder is a principal component analysis. This one keeps two numbers of a window
# of thirty, and has seen nothing but waves:

# %%
start = np.linspace(0, 6, 200)[:, None]
waves = np.sin(start + np.linspace(0, 6, 30))  # 200 windows of 30 numbers
narrow = PCA(2).fit(waves)

usual, odd = waves[60], waves[60].copy()
odd[14:18] += 1.5
written_again = narrow.inverse_transform(narrow.transform([usual, odd])).round(9)

# %% tags=["figure"]
shown = {"a wave": (usual, written_again[0]), "a bump": (odd, written_again[1])}
plots.window(
    shown,
    "value",
    id="sp-idea",
    caption="Two windows, and what a code of two numbers writes.",
)

# %% [markdown]
# ## The data
#
# There is one value for each trading day: the index at the close, in index points. There are no
# labels. Nobody has said which of these days are anomalies, so no flag on this page can be called
# right or wrong.

# %%
sp500 = datasets.load("sp500")
close = sp500.series
close.head()

# %% tags=["figure", "hide-input"]
# @title Draw the close
plots.series(
    close,
    "close (index points)",
    id="sp-plot-price",
    caption="The S&P 500 at the close.",
)

# %% [markdown]
# ## Split and scale
#
# The days before a date are the training part, and the few years after it are the test part. The scaler
# takes mean and standard deviation from the training part alone, so nothing leaks from the test part
# into training.

# %%
n_train = int(len(close) * 0.95)
train, test = close[:n_train].to_frame(), close[n_train:].to_frame()

scaler = StandardScaler().fit(train)
z_train = pd.Series(scaler.transform(train)[:, 0], train.index)
z_test = pd.Series(scaler.transform(test)[:, 0], test.index)
len(train), len(test)

# %% tags=["figure", "hide-input"]
# @title Draw the two parts
both = {"training part": train["close"], "test part": test["close"]}
plots.parts(
    both,
    "close (index points)",
    id="sp-plot-split",
    caption="The training part and the test part.",
)

# %% [markdown]
# ## Windows
#
# The network reads windows of `TIME_STEPS` days. The walkthrough pairs each window with the close of the
# day after it.

# %%
TIME_STEPS = 30


def samples(z):
    """Windows of TIME_STEPS days, and the close of the day after each."""
    return sliding_windows(z, TIME_STEPS)[:-1], z.to_numpy()[TIME_STEPS:]


X_train, y_train = samples(z_train)
X_test, y_test = samples(z_test)
X_train.shape, y_train.shape

# %% [markdown]
# ## The network
#
# An LSTM layer reads a window day by day. Beside its output $h$ it carries a memory $c$, and gates
# between 0 and 1 decide what that memory forgets ($f$), takes in ($i$) and gives out ($o$):
#
# $$f, i, o = \sigma(W x_t + U h_{t-1} + b),$$
#
# $$c_t = f\, c_{t-1} + i \tanh(W' x_t + U' h_{t-1} + b'), \quad h_t = o \tanh c_t,$$
#
# where each gate has weights $W$, $U$, $b$ of its own. The first LSTM turns the window into a code.
# The code is repeated once for each day, a second LSTM reads the copies, and a dense layer writes one
# number for each day.


# %%
def build_model():
    model = keras.Sequential(
        [
            keras.Input((TIME_STEPS, 1)),
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


# %%
keras.utils.set_random_seed(SEED)
tf.config.experimental.enable_op_determinism()  # the same seed gives the same run
model = build_model()

# %% tags=["figure"]
rows = {
    "layer": [type(layer).__name__ for layer in model.layers],
    "writes": [str(layer.output.shape[1:]) for layer in model.layers],
}
plots.table(pd.DataFrame(rows), id="sp-plot-before-fit", caption="Layers and shapes.")

# %% [markdown]
# The target has to have the shape (samples, 1, 1), so that each of a sample's outputs is compared with
# the sample's own next close. The sources pass it flat, which today's Keras takes for something else
# without a word: see [erratum sp-flat-target](../errata.md#sp-flat-target).

# %%
target = y_train[:, None, None]
training = {"epochs": 10, "batch_size": 32, "validation_split": 0.1, "shuffle": False}
history = model.fit(X_train, target, **training, verbose=0)

# %% tags=["figure", "hide-input"]
# @title Draw the losses
plots.losses(
    history, "standardised close", id="sp-plot-loss", caption="Losses by epoch."
)

# %% [markdown]
# ## One window beside what the network writes
#
# The reconstruction error of a window of $n$ days is the mean distance between these days $x_t$ and
# what the network writes for them, $\hat x_t$:
#
# $$e = \frac{1}{n} \sum_{t=1}^{n} |x_t - \hat x_t|.$$


# %%
def reconstruction_error(X):
    return np.abs(model.predict(X, verbose=0) - X).mean(axis=(1, 2))


error_train = pd.Series(reconstruction_error(X_train), z_train.index[TIME_STEPS:])
error_test = pd.Series(reconstruction_error(X_test), z_test.index[TIME_STEPS:])

# %%
calm, worst = int(error_train.argmin()), int(error_train.argmax())
written = model.predict(X_train[[calm, worst]], verbose=0)
error_train.iloc[[calm, worst]].round(3)

# %% tags=["figure"]
pairs = {
    f"up to {error_train.index[i]:%B %Y}": (X_train[i], written[n])
    for n, i in enumerate([calm, worst])
}
plots.window(
    pairs,
    "standardised close",
    id="sp-window",
    caption="The training windows with the smallest and the largest error.",
)

# %% [markdown]
# In both panels the network writes an almost straight line. And the window with the largest error is
# not wild at all. Keep that picture in mind; the second finding comes back to it.
#
# ## From error to flag
#
# The sources plot the training errors and read a threshold off the plot, a value that few of them
# exceed. A test day is flagged if the error of the window before it exceeds that value.

# %%
THRESHOLD = 0.65

# %% tags=["figure"]
unit = "error (standardised close)"
plots.distribution(
    error_train,
    unit,
    threshold=THRESHOLD,
    kde=True,
    id="sp-plot-dist",
    caption="Reconstruction errors of the training windows.",
)

# %%
flags = error_test > THRESHOLD
print(
    f"{flags.sum()} of {len(flags)} days flagged; largest error {error_test.max():.2f}"
)

# %% tags=["figure"]
plots.score(
    error_test,
    unit,
    threshold=THRESHOLD,
    id="sp-plot-test",
    caption="Errors of the test part.",
)

# %% tags=["figure", "hide-input"]
# @title Draw the close of the test part with its flags
judged_close = test["close"][TIME_STEPS:]
plots.series(
    judged_close,
    "close (index points)",
    flags=flags,
    id="sp-plot-flags",
    caption=f"Close of the test part and the days flagged with seed {SEED}.",
)

# %% tags=["figure", "hide-input"]
# @title Show the days with the largest errors
table = pd.DataFrame({"error": error_test, "flagged": flags}).nlargest(5, "error")
table.index = pd.Index(table.index.date, name="day")
plots.table(table, id="sp-table", digits=3, caption="The five largest test errors.")

# %% [markdown]
# The sources show flagged days here, in February 2018. With the seed of this page there are none. The
# third finding says why both can be right.
#
# ## Published beside reproduced
#
# What the sources print, what this run gave, and where the published value lies among runs with other
# seeds:

# %% tags=["published-beside-reproduced"]
reproduction.show("01_sp500", globals())

# %% [markdown]
# Data, shapes and settings come out as published. Training does not have to, and the flagged days do
# not. Three findings say why, and each of them changes what you would do. All others are on the
# [errata page](../errata.md).
#
# ## First finding: the target is not the input
#
# The network is asked for the *next close*, once for each day of the window, and is then judged by how
# well it repeats the *window* itself. Nor is the code small: it has more numbers than the window. So the network is
# no autoencoder, and the idea from the top of this page does not apply to it
# (errata [sp-no-autoencoder](../errata.md#sp-no-autoencoder) and
# [sp-wide-code](../errata.md#sp-wide-code)).
#
# What would the error be if training had succeeded completely? A perfect network writes the next close
# for every day. Its error needs no training:


# %%
def perfect_error(X, y):
    """Mean distance of a window's closes from the close that follows."""
    return np.abs(X[..., 0] - y[:, None]).mean(axis=1)


perfect_train = pd.Series(perfect_error(X_train, y_train), error_train.index)
perfect_test = pd.Series(perfect_error(X_test, y_test), error_test.index)

# %% tags=["figure"]
printed = pd.Series(reproduction.published("sp500")["sp-first-losses"])
printed.index = pd.to_datetime(printed.index)
lines = {f"this network, seed {SEED}": error_test, "a perfect network": perfect_test}
plots.parts(
    lines,
    unit,
    points={"as published": printed},
    threshold=THRESHOLD,
    id="sp-perfect-network",
    caption="Errors of the test part.",
)

# %%
print(f"largest test error of a perfect network: {perfect_test.max():.2f}")

# %% [markdown]
# It never comes near the threshold. Whatever is flagged, then, is how far the network is from having
# learnt its task ([erratum sp-flags-are-misfit](../errata.md#sp-flags-are-misfit)). *What you would do:*
# before you read an error, compare the shapes of target and input, and ask which error a perfect
# network would have.
#
# ## Second finding: the error follows the price level
#
# The histogram hid the order of the windows. Here it is:

# %% tags=["figure"]
plots.score(
    error_train,
    unit,
    threshold=THRESHOLD,
    id="sp-error-over-time",
    caption="Reconstruction error of the training windows over the years.",
)

# %%
above = error_train[error_train > THRESHOLD]
first = error_train.loc[str(error_train.index[0].year)]
calmer = (X_train.std(axis=(1, 2)) > X_train[worst].std()).mean()
print(
    f"{len(above)} windows above the threshold, all of {sorted(set(above.index.year))}"
)
print(f"in the first year {(first > THRESHOLD).sum()} of {len(first)} windows")
print(f"the window with the largest error is calmer than {calmer:.0%} of all")

# %% [markdown]
# The tail of the histogram is not a set of rare, odd windows. It is the years in which the index was
# low. The window with the largest error is the one drawn above: a calm month, which the network writes
# at another height. After Black Monday, in October 1987, the index was back at the level of the year
# before, and for most of 1988 the error was back as well.
#
# From 1997 on the error does react to storms. The autumn of 2008 stands out. But it stays below a
# threshold that the quiet years of low prices have set.
#
# How much of the error is explained by the price level alone? Cut the windows into ten equal groups by
# their mean close, and compare the spread within the groups with the spread of all:


# %%
def explained_by(score, value, groups=10):
    """Share of the variance of a score that lies between equal groups of a value."""
    score, value = pd.Series(score).dropna().align(pd.Series(value).dropna(), "inner")
    group = np.ceil(value.rank(pct=True) * groups)
    within = score - score.groupby(group).transform("mean")
    return 1 - within.var() / score.var()


# %%
level = pd.Series(X_train[..., 0].mean(axis=1), error_train.index)
print(f"explained by the price level: {explained_by(error_train, level):.0%}")

# %% [markdown]
# The threshold marks a price level ([erratum sp-price-level](../errata.md#sp-price-level)), and the test part lies at the other end of the scale: almost all
# of its closes are higher than any in training ([erratum
# sp-extrapolation](../errata.md#sp-extrapolation)). Nor is the training part free of odd days: Black
# Monday, the largest fall of the series, is learnt as normal ([erratum
# sp-training-not-normal](../errata.md#sp-training-not-normal)). *What you would do:* plot a training
# error over time before you read a threshold off its histogram, and take the trend out of what rises.
#
# ## Third finding: the seed decides what is flagged
#
# One training run is one draw. This book keeps runs with other seeds and nothing else changed:

# %%
kept = sweeps.frame("01_sp500", "sp-flat-outcome")
days = kept["reshaped.days"].astype(int)
n, some = len(days), sorted(days[days > 0])
low, high = binomtest(len(some), n).proportion_ci(method="wilson")
print(f"{len(some)} of {n} seeds flag a day: {low:.0%} to {high:.0%}")
print("days that they flag:", *some)

# %% tags=["figure"]
largest = {"largest test error": kept["reshaped.largest test error"]}
caption = "Largest test error, one dot a seed."
plots.seeds(
    largest, unit, rule={"threshold": THRESHOLD}, id="sp-seeds", caption=caption
)

# %% [markdown]
# Most seeds flag nothing. The others flag a few days, in the same data. And the published run? Here is
# how many of the seeds have smaller errors on the five days that it printed:

# %%
errors = sweeps.frame("01_sp500", "sp-first-losses").mean(axis=1)
as_printed = pd.Series(reproduction.published("sp500")["sp-first-losses"])
print(
    f"{(errors < as_printed.mean()).sum()} of {len(errors)} seeds have smaller ones"
)

# %% [markdown]
# The published errors lie at the upper end of what the seeds give, and still inside their band, as the
# table above says. So the published list is a result of the method, and a rare one. There is no trick in
# it: who trains once sees one draw, and takes it for the method. *What you would do:* train several times
# before you show a list of anomalies to anyone, and say how often each of them is flagged.
#
# ## A function to take away
#
# `explained_by` above works for any score and any value that you know of each row: the level, the
# hour of the day, the size of the last change. A detector whose score is explained by one of them is
# a rule about that value. It may be simpler to write the rule.
#
# ## What next
#
# [S&P 500, repaired](01_sp500_repaired.ipynb) builds an autoencoder that is one, on returns instead
# of prices, and sets it beside a line of arithmetic.
#
# ## Exercises
#
# 1. Lower the threshold until a test day is flagged, then until five are. What do these days have in
#    common?
# 2. Replace the network by one that writes the first close of a window for each of its days. Which test
#    days does the same threshold flag?
