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
# # NAB machine temperature: a next-step LSTM with Gaussian scoring
#
# [Open this chapter in Colab](https://colab.research.google.com/github/anomalies-reproduced/anomalies-reproduced/blob/main/notebooks/02_nab_next_step.ipynb)
#
# **Question.** A sensor sits on a component of a large industrial machine. Which of its readings
# should make somebody stop the machine?
#
# By the end of this chapter you can
#
# - train a network to forecast the next value of a series,
# - turn its errors into scores and flags with a Gaussian,
# - tell when a network has stopped looking at its input.
#
# **Before you start.** Read [Data and labels](00_data_and_labels.ipynb). You should have seen a
# Keras model and a recurrent layer before.
#
# > **Source.** The notebook *AnomalyDetection* by jdwittenauer, in the repository
# > `jdwittenauer/ipython-notebooks`.
#
# The source does much that is worth copying. It takes a real machine rather than a toy. The network
# is only a means to an end: what is scored is its error. Score and flag are kept apart, so that a
# threshold can be chosen later. And its author says openly what was not tried.

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
import time

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.stats import norm
from sklearn.model_selection import train_test_split

from tsadbook import datasets, plots
from tsadbook.registers import reproduction, sweeps
from tsadbook.windows import sliding_windows

tf.config.experimental.enable_op_determinism()  # the same seed gives the same run

# %% [markdown]
# ## The data
#
# The series is part of the Numenta Anomaly Benchmark (NAB): one reading every five minutes. Neither
# NAB nor the source names the unit.

# %%
machine = datasets.load("realKnownCause/machine_temperature_system_failure")
temperature = machine.series
UNIT = "temperature (unit not given)"
temperature.head()

# %% tags=["figure"]
caption = f"{len(temperature):,} readings, and NAB's label windows."
plots.series(
    temperature, UNIT, windows=machine.windows, id="nab-plot-series", caption=caption
)

# %% [markdown]
# NAB labels some instants as anomalies and lays a window around each. Its README calls the first
# anomaly a planned shutdown. The second is "difficult to detect" and led to the third, a "catastrophic
# failure of the machine". So not every window is a failure. The source never uses these labels, and
# this chapter only shows them. The [next one](02_nab_next_step_repaired.ipynb) scores against them.
#
# ## Why should a forecast error tell an anomaly?
#
# While a machine runs as usual, the next readings follow from the last ones, and a forecast comes
# close. When something breaks, the readings go where no forecast has learnt to follow, and the error
# grows.
#
# The picture shows this with the plainest of forecasts: that in six hours the reading will be what
# it is now.

# %% tags=["figure"]
forecast = {"reading": temperature, "six hours earlier": temperature.shift(freq="6h")}
days = {n: s.sort_index()["2014-02-06":"2014-02-11"] for n, s in forecast.items()}
caption = "Close on calm days, far apart where the machine leaves its usual level."
plots.parts(days, UNIT, id="nab-why", caption=caption)

# %% [markdown]
# The gap between the lines is the error. A network should forecast better than this, so that the
# usual gaps are small and the unusual ones stand out.
#
# ## Pairs, split, windows
#
# Each reading is paired with the one after it: `X` is what is known, `y` is what comes next. A tenth
# of the pairs is put aside for validation.

# %%
values = temperature.to_numpy()[:, None]
X, y = values[:-1], values[1:]
split = {"test_size": 0.1, "random_state": 42}
train_rows, val_rows, train_next, val_next = train_test_split(X, y, **split)

# %% [markdown]
# One reading is little to forecast from. So the network sees a window of rows, and its target is the
# value that follows the last of them. The readings go in as they are, in the unit of the series.

# %%
N_TIMESTEPS = 48


def samples(rows, following):
    """Windows of N_TIMESTEPS rows, and the value that follows the last row of each."""
    return sliding_windows(rows, N_TIMESTEPS), following[N_TIMESTEPS - 1 :]


# %%
X_train, y_train = samples(train_rows, train_next)
X_val, y_val = samples(val_rows, val_next)
X_train.shape, y_train.shape, X_val.shape, y_val.shape

# %% [markdown]
# ## The network
#
# An LSTM reads a window row by row and carries a memory $c$ along. At each row $x_t$ three gates,
# numbers between 0 and 1, decide what to keep ($f$), what to write ($i$) and what to show ($o$):
#
# $$
# f, i, o = \sigma(W x_t + U h_{t-1} + b), \qquad
# c_t = f\, c_{t-1} + i \tanh(W' x_t + U' h_{t-1} + b'), \qquad
# h_t = o \tanh(c_t)
# $$
#
# Each gate has weights of its own. The function $\sigma$ keeps a gate between 0 and 1. When the
# source was written, Keras took a *hard sigmoid* for it: a straight line, cut off at both ends. Today
# it takes a smooth one ([erratum nab-gate-default](../errata.md#nab-gate-default)). This chapter uses
# the one that the source ran with.


# %%
def hard_sigmoid(x):
    """The gate function of Keras before 2.3."""
    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)


# %% [markdown]
# Two LSTM layers are stacked. The first hands its $h_t$ on at every row, the second only at the last,
# and a dense layer makes one temperature of that. Dropout silences part of the units while training,
# so that no unit can rely on another.
#
# The model shows its layers, with the shape that each hands on. Training takes a minute or more; a
# clock notes when each epoch ends.


# %%
def build_model(gate):
    lstm = {"units": 50, "recurrent_activation": gate}
    model = keras.Sequential(
        [
            keras.Input((N_TIMESTEPS, 1)),
            keras.layers.LSTM(**lstm, return_sequences=True),
            keras.layers.Dropout(0.4),
            keras.layers.LSTM(**lstm),
            keras.layers.Dropout(0.4),
            keras.layers.Dense(1, kernel_initializer="he_normal"),
        ]
    )
    adam = keras.optimizers.Adam(learning_rate=0.01)
    model.compile(loss="mean_absolute_error", optimizer=adam)
    return model


# %%
keras.utils.set_random_seed(SEED)
model = build_model(hard_sigmoid)
pd.DataFrame(
    {
        "layer": [type(layer).__name__ for layer in model.layers],
        "output": [layer.output.shape[1:] for layer in model.layers],
        "weights": [layer.count_params() for layer in model.layers],
    }
)

# %%
settings = {"epochs": 10, "batch_size": 128, "shuffle": False}
ticks = [time.perf_counter()]  # and when each epoch ends


def tick(epoch, logs):
    ticks.append(time.perf_counter())


clock = keras.callbacks.LambdaCallback(on_epoch_end=tick)
held_out = {"validation_data": (X_val, y_val), "callbacks": [clock], "verbose": 0}
history = model.fit(X_train, y_train, **settings, **held_out)

# %% tags=["figure"]
caption = "Loss by epoch, in the unit of the series."
plots.losses(history, "mean absolute error", id="nab-losses", caption=caption)

# %% [markdown]
# The loss falls at once and then stays where it is. The source saw the same, and wondered whether one
# variable allows for more. It then goes on, rightly: the forecast is not the aim, its errors are.
#
# ## From an error to a score
#
# The error of a window is the distance between the forecast and the value that came.

# %%
predicted = model.predict(X_train, verbose=0)
errors = np.abs(predicted - y_train)[:, 0]

# %% tags=["figure"]
unit = "absolute error (unit not given)"
caption = f"Training errors; their mean is {errors.mean():.2f}."
plots.distribution(errors, unit, bins=None, id="nab-plot-kde", caption=caption)

# %% [markdown]
# The source lays a Gaussian over these errors, with their mean $\mu$ and deviation $s$. An error $e$
# is judged by how many deviations $z$ it lies from the mean. The score is the share of the Gaussian
# below $\mu + |z| s$, which $\Phi$, the normal distribution function, gives:
#
# $$
# z = \frac{e - \mu}{s}, \qquad \text{score} = \Phi(|z|), \qquad \text{flag if } |z| \ge 2
# $$

# %%
mean, std = norm.fit(errors)
MULTIPLE = 2


def is_anomalous(z):
    return np.abs(z) >= MULTIPLE


def anomaly_score(z):
    return norm.cdf(np.abs(z))


# %% [markdown]
# ## The result
#
# The source ends by scoring the first validation windows.

# %%
N_SCORED = 10
forecasts_val = model.predict(X_val[:N_SCORED], verbose=0)
errors_val = np.abs(forecasts_val - y_val[:N_SCORED])[:, 0]
z = (errors_val - mean) / std
flags, scores = is_anomalous(z), anomaly_score(z)

# %% tags=["figure"]
columns = {"error": errors_val, "score": scores, "flag": flags.astype(int)}
caption = f"The first {N_SCORED} validation windows; {flags.sum()} are flagged."
plots.table(pd.DataFrame(columns), digits=4, id="nab-scored", caption=caption)

# %% [markdown]
# What did the network see, and what did it write? Here is the least suspicious of these windows, and
# the most suspicious one. The line ends with the value that came next, and the dot is the forecast.

# %% tags=["figure"]
rows = {"lowest score": np.argmin(scores), "highest score": np.argmax(scores)}
came = {name: np.append(X_val[row, :, 0], y_val[row]) for name, row in rows.items()}
pairs = {name: (came[name], forecasts_val[row]) for name, row in rows.items()}
caption = "Two validation windows with the value that came next, and its forecast."
plots.window(pairs, UNIT, id="nab-window", caption=caption)

# %% [markdown]
# The rule does what it should: where the next reading lies far from the forecast, the score is high.
#
# ## Published beside reproduced

# %% tags=["published-beside-reproduced"]
reproduction.show("02_nab_next_step", globals())

# %% [markdown]
# The walkthrough can be run again, and it gives what was published or comes close. But look once more
# at the two windows. Do they look like the series above? And do the two forecasts differ?
#
# ## First finding: the network writes one number, whatever it is given

# %%
copying = np.abs(X_train[:, -1] - y_train).mean()
best_constant = np.median(y_train)

# %%
print(f"{len(predicted):,} forecasts, from {predicted.min()} to {predicted.max()}")
print(f"the median of the targets: {best_constant:.3f}")
print(f"mean error of the network: {errors.mean():.2f}")
print(f"mean error of the median: {np.abs(y_train - best_constant).mean():.2f}")
print(f"mean error of copying the last reading: {copying:.2f}")

# %% [markdown]
# The forecast is a constant. For a network that does not use its input this is the right thing to
# write: no constant has a smaller mean absolute error than the median, and training found a number
# close to it. The loss went flat because nothing better was left *without looking at the window*. What
# is scored is then how far a reading lies from one number. That can find something, but it is a rule
# on the value, and no forecast.
#
# Better was possible. Copying the last reading of each window, with no network at all, has a small
# part of the error ([erratum nab-single-variable](../errata.md#nab-single-variable)).
#
# Was it an unlucky start? The kept sweep trains this network with other seeds, and also with the gates
# that Keras takes today. Nothing else is changed.

# %%
last_losses = sweeps.frame("02_nab_next_step", "nab-final-val-loss")
ranges = sweeps.frame("02_nab_next_step", "nab-prediction-range")
for gates in ranges:
    print(
        f"{gates}: {(ranges[gates] < 1e-3).sum()} of {len(ranges)} seeds give a constant"
    )

# %% tags=["figure"]
dots = last_losses.rename(columns={"as published": "gates as published"})
line = {"copying the last reading": np.abs(X_val[:, -1] - y_val).mean()}
caption = "The last validation loss, one dot a seed."
plots.seeds(
    dots.to_dict("list"),
    "mean absolute error",
    rule=line,
    id="nab-gates",
    caption=caption,
)

# %% [markdown]
# The start is not to blame: with these gates every seed ends in a constant. With smooth gates none
# does, though none comes as close as copying the last reading. A likely reason is that a hard sigmoid
# is flat beyond its ends: raw readings push a gate there, and where nothing slopes, nothing is learnt.
#
# **What to do about it.** Before you trust a flat loss, look at the range of the forecasts. And hold
# the error against two others: that of the best constant, and that of the value before.
#
# ## Second finding: the rows of a window are strangers
#
# `train_test_split` shuffles. Here the pairs are shuffled first and cut into windows afterwards, so a
# window is not a stretch of time: it is a handful of readings from anywhere in the series. That is why
# the two windows above look so rough
# ([erratum nab-shuffled-windows](../errata.md#nab-shuffled-windows)).

# %%
order, apart = train_test_split(np.arange(len(X)), **split)
in_window = np.corrcoef(X[order[:-1], 0], X[order[1:], 0])[0, 1]
in_series = np.corrcoef(X[:-1, 0], X[1:, 0])[0, 1]
near = np.isin(apart - 1, order) | np.isin(apart + 1, order)

# %%
print(
    f"neighbours correlate at {in_series:.3f} in the series, and at {in_window:.3f} in a window"
)
print(f"validation rows with a training row five minutes away: {near.mean():.0%}")

# %% [markdown]
# What does each row of a window know of the value to come?

# %% tags=["figure"]
known = [np.corrcoef(row, y_train[:, 0])[0, 1] for row in X_train[:, :, 0].T]
by_row = pd.DataFrame({"correlation": known}, index=range(1, N_TIMESTEPS + 1))
caption = (
    f"Last row: {known[-1]:.3f}; any other: {np.abs(known[:-1]).max():.3f} at most."
)
unit = "correlation with the target"
plots.lines(by_row, "row of the window", unit, id="nab-strangers", caption=caption)

# %% [markdown]
# Only the last row does, for its pair was never torn apart. All others are noise. A network trained
# on such windows can learn to copy one reading; it cannot learn how a fault develops.
#
# The split has a second fault. Almost every validation row has a neighbour in the training part, so
# the validation loss does not tell how the network would do on days to come.
#
# **What to do about it.** Cut windows first. Split in time: train on the earlier part, validate on
# the later one.
#
# ## Third finding: a perfect forecast looks suspicious
#
# The source says: the higher the score, the more likely an anomaly. But an absolute error has no
# negative values. Its mean lies well above 0, and the distance from that mean counts on both sides.

# %%
perfect, average = anomaly_score(-mean / std), anomaly_score(0.0)
print(f"score of an error of 0: {perfect:.2f}; of an average error: {average:.2f}")
print(f"an error of 0 lies {mean / std:.2f} deviations below the mean")

# %% tags=["figure"]
e = np.linspace(0, mean + 3 * std, 200)
sides = {"both sides, as published": anomaly_score((e - mean) / std)}
sides |= {"upper side only": norm.cdf((e - mean) / std)}
frame, caption = pd.DataFrame(sides, e), "The score over the error, in two ways."
plots.lines(frame, "absolute error", "score", id="nab-two-sided", caption=caption)

# %% [markdown]
# A forecast without any error scores higher than an average one
# ([erratum nab-two-sided-score](../errata.md#nab-two-sided-score)). Here that spoils the order of the
# scores and no flag, since an error cannot lie far enough below this mean. Where errors vary little
# around their mean, it would flag the best forecasts.
#
# **What to do about it.** Score large errors only: $\Phi(z)$ in place of $\Phi(|z|)$.
#
# What else was found, such as the constant that gives all published scores to the last digit, is on
# the [errata page](../errata.md).
#
# ## A function to take away
#
# Before you score errors, ask whether there is a forecast. The function works on any Series and any
# forecast of it.


# %%
def is_it_a_forecast(series, forecast):
    """Mean absolute errors of a forecast and of two that cost nothing; and does it move?"""
    before = series.shift()
    known = forecast.notna() & before.notna()
    series, forecast, before = series[known], forecast[known], before[known]
    return {
        "forecast": (series - forecast).abs().mean(),
        "value before": (series - before).abs().mean(),
        "best constant": (series - series.median()).abs().mean(),
        "movement of the forecast": forecast.std() / series.std(),
    }


# %%
constant = pd.Series(predicted[0, 0], temperature.index)
pd.Series(is_it_a_forecast(temperature, constant)).round(2)

# %% [markdown]
# A forecast that is worse than the value before, or that does not move, is not worth scoring.
#
# ## Exercises
#
# 1. Two constants give the published mean of the training errors. Find both. Which other published
#    number rules one of them out?
# 2. Standardise the temperatures before training. Does the hard sigmoid still end in a constant?
#
# **Next:** [the same idea, put right](02_nab_next_step_repaired.ipynb), and scored against NAB's labels.
