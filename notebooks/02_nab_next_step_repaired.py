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
# # NAB machine temperature: repaired, and scored against the labels
#
# [Open this chapter in Colab](https://colab.research.google.com/github/anomalies-reproduced/anomalies-reproduced/blob/main/notebooks/02_nab_next_step_repaired.ipynb)
#
# **Question.** Put right, does a network that forecasts the temperature find what NAB labels? And
# does it find more than one line of arithmetic?
#
# By the end of this chapter you can
#
# - write five detectors in a line each,
# - train a forecaster on the first days of a series alone, and score every later reading,
# - count what a detector finds and what it costs, at one threshold and at all of them.
#
# **Before you start.** [The walkthrough](02_nab_next_step.ipynb) shows the idea and what was wrong
# with its windows. Nothing that it computed is needed here.

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
from tsadbook.detectors import NextStep
from tsadbook.evaluation.events import by_chance, score_over_k
from tsadbook.plots import explorers
from tsadbook.registers import settings, sweeps

tf.config.experimental.enable_op_determinism()  # the same seed gives the same run

# %% [markdown]
# ## The task
#
# A detector learns from the first readings alone, two and a half days, which NAB leaves unscored for
# just that. It then judges every later reading.

# %%
machine = datasets.load("realKnownCause/machine_temperature_system_failure")
temperature, windows = machine.series, machine.windows
TRAINING = 750
training, judged = temperature[:TRAINING], slice(TRAINING, None)

# %% [markdown]
# A score counts in standard deviations of the detector's own training errors. A reading is flagged
# beyond $k$ of them. The $k$ in the next cell was fixed, for all detectors alike, before any score was
# held against the labels.
#
# Two things count for whoever is on call:
#
# - *What is found.* A label window is found if a flag lies in it, early or late.
# - *What it costs.* A flag raises an alert, and for 24 hours the pager stays silent. An alert is false
#   if none of its flags lies in a window. So nothing can cost more than 7 false alerts a week.
#
# A label window is not always a failure: NAB calls the first anomaly of this series a planned
# shutdown. A detector is right to flag it, and somebody who knows the plan can ignore it.

# %%
K = 4
KS = np.round(np.arange(2, 10.05, 0.1), 1)


def over_k(score):
    """What is found and what it costs, for every threshold in KS."""
    return score_over_k([(score[judged], windows)], KS)


# %% [markdown]
# ## Five rules
#
# Before a network, the rules that it has to beat. Each forecasts the reading $x_t$ by some $\hat x_t$
# and scores it by $|x_t - \hat x_t| / s$, where $s$ is the deviation of the rule's training errors.
#
# | rule | forecast $\hat x_t$ |
# |---|---|
# | z | the mean of the training readings |
# | constant | their median |
# | persistence | the reading before, $x_{t-1}$ |
# | median of the time of day | the median of the training readings at this time of day |
# | moving z, one day | the mean of the day before; $s$ is the deviation of that day |
#
# None of them looks ahead. `tsadbook.rules` has the same rules as classes with `fit` and
# `decision_function`, for series of your own.


# %%
def in_deviations(errors):
    return errors.abs() / errors[:TRAINING].std(ddof=0)


clock = temperature.index.time
usual = training.groupby(clock[:TRAINING]).median().reindex(clock).to_numpy()
day = temperature.rolling(288)

# %%
errors = {
    "|z|": temperature - training.mean(),
    "constant": temperature - training.median(),
    "persistence": temperature - temperature.shift(),
    "median of the time of day": temperature - usual,
}
rules = {name: in_deviations(error) for name, error in errors.items()}
moving = (temperature - day.mean().shift()).abs() / day.std().shift()
rules["moving z, one day"] = moving

# %% [markdown]
# How many windows does each find at the threshold that was fixed, and at what price? Up to which $k$
# does it find every window? And how far off is its forecast?

# %%
curves = {name: over_k(score) for name, score in rules.items()}
mae = {name: error[judged].abs().mean() for name, error in errors.items()}


def highest_k(curve):
    return curve.index[curve.found == len(windows)].max()


def summary(curves, mae):
    counts = ["found", "false_alerts", "false_alerts_a_week"]
    rows = pd.DataFrame({name: c.loc[K, counts] for name, c in curves.items()}).T
    rows["every window up to k"] = [highest_k(c) for c in curves.values()]
    rows["mean absolute error"] = pd.Series(mae)
    rows = rows.round(2).convert_dtypes().astype(object).fillna("–")
    return rows.rename(columns=lambda name: name.replace("_", " "))


# %% tags=["figure"]
caption = f"Rules at k = {K}, on all readings after the first {TRAINING}."
plots.table(summary(curves, mae), id="nab-baselines", caption=caption)

# %% [markdown]
# The plainest rules do well. Two and a half days give a mean and a deviation, and what happens in the
# label windows lies far outside of both. Persistence forecasts best by far and raises more false
# alerts than the mean does, for it is surprised by every jump and by no level. The moving z finds
# least: a day after a slow fall began, the fall is what it takes for usual.
#
# ## The network, put right
#
# Three things change from the walkthrough:
#
# - *In order.* Windows are stretches of time. The last fifth of the training part says when to stop.
# - *Standardised.* The readings are scaled by the training part. The network sees differences and
#   writes the next one: before it has learnt anything, it is persistence.
# - *One-sided.* Errors are averaged over six hours with their sign, for a machine that fails drifts.
#   The size of that average is the score, so a small error never scores high.
#
# The numbers below are the whole of its settings: a window of a little more than an hour, one layer
# of a few units, and an average over six hours.


# %%
WINDOW, UNITS, LEARNING_RATE, SMOOTHING = 13, 16, 0.003, 72


def next_step_network(inputs):
    """The last value plus a difference, which is 0 before training."""
    scale = float(np.diff(inputs[:, :, 0]).std())
    past = keras.Input((WINDOW, 1))
    steps = keras.layers.Rescaling(1 / scale)(past[:, 1:] - past[:, :-1])
    hidden = keras.layers.LSTM(UNITS)(steps)
    step = keras.layers.Dense(1, kernel_initializer="zeros")(hidden)
    step = keras.layers.Rescaling(scale)(step)
    return keras.Model(past, keras.layers.Add()([step, past[:, -1, :]]))


# %%
fitting = {"epochs": 200, "batch_size": 32, "verbose": 0}
PATIENCE = 20


def train(model, inputs, targets):
    """Train on the first four fifths; what comes later says when to stop."""
    n = int(0.8 * len(inputs))
    model.compile(loss="mae", optimizer=keras.optimizers.Adam(LEARNING_RATE))
    stop = keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True)
    fit = {"validation_data": (inputs[n:], targets[n:]), "callbacks": [stop]}
    model.fit(inputs[:n], targets[:n], **fit, **fitting)
    return lambda rows: model.predict(rows, batch_size=1024, verbose=0)


# %% [markdown]
# These settings were *registered*: written down and committed before a score was held against a label.
# The table has every configuration that was trained for the choice. What chose among them was computed
# from the training readings alone.

# %% tags=["figure", "remove-input"]
# @title Every configuration that was tried
tried = settings.tried("nab_next_step").set_index("input")
caption = (
    "Every configuration tried. The value is, for a network, its validation error over that of "
    "persistence (low is good); for a smoothing, the share of slow falls, put into the training "
    "readings, that it found (high is good)."
)
plots.table(tried, id="nab-tried", caption=caption)

# %% [markdown]
# `NextStep`, from the package, standardises by the readings that `fit` is given, cuts the windows, and
# puts each forecast beside its reading.

# %%
keras.utils.set_random_seed(SEED)
next_step = NextStep(
    lambda inputs, targets: train(next_step_network(inputs), inputs, targets), WINDOW
).fit(training)


# %%
def drift(series):
    """Size of the signed error, averaged over the readings up to each one."""
    signed = series - next_step.forecast(series)
    return signed.rolling(SMOOTHING).mean().abs()


drifts = drift(temperature)
at_first = drifts[:TRAINING]
next_step_score = (drifts - at_first.mean()) / at_first.std(ddof=0)

# %% [markdown]
# ## Revised, after the labels had been seen
#
# The registered network was made to find every window with few false alerts, and with most seeds it
# does not, as the end of this chapter shows. **A good forecaster follows the fall down:** five
# minutes ahead, even a failing machine is easy to predict.
#
# The revision forecasts six hours ahead, from values rather than differences. The network sees nothing
# of the last six hours, so an unusual level is an error and stays one. Nothing is averaged.
#
# This was decided *after* the labels had been seen, on the outcomes in the table. So it is no longer a
# fair test: whoever tries enough changes finds one that suits these windows. Read it as an idea that
# fits this series, to be tested on another.

# %% tags=["figure", "remove-input"]
# @title What was tried after the labels had been seen
revised = pd.DataFrame(settings.registered("nab_next_step")["revised"][0]["tried"])
revised = revised.set_index("change").rename(
    columns=lambda name: name.replace("_", " ")
)
caption = f"What was tried once the labels had been seen, at k = {K}, with one to four seeds."
plots.table(revised, id="nab-revised", caption=caption)

# %%
HORIZON = 72


def level_network():
    """The reading itself, in training deviations; it starts at the mean."""
    return keras.Sequential(
        [
            keras.Input((WINDOW, 1)),
            keras.layers.LSTM(UNITS),
            keras.layers.Dense(1, kernel_initializer="zeros"),
        ]
    )


# %%
keras.utils.set_random_seed(SEED)
ahead = NextStep(
    lambda inputs, targets: train(level_network(), inputs, targets), WINDOW, HORIZON
).fit(training)
ahead_score = pd.Series(ahead.decision_function(temperature), temperature.index)

# %% [markdown]
# One picture tells the two apart. Here are the days of the last label window.

# %%
close, far = (
    pd.Series(detector.forecast(temperature), temperature.index)
    for detector in (next_step, ahead)
)
next_step_mae = (temperature - close)[judged].abs().mean()

# %% tags=["figure"]
both = {"reading": temperature, "five minutes ahead": close, "six hours ahead": far}
days = {n: line.sort_index()["2014-02-07":"2014-02-10"] for n, line in both.items()}
caption = (
    "Five minutes ahead the forecast lies on the reading, also where that falls."
)
unit = "temperature (unit not given)"
plots.parts(days, unit, windows=windows, id="nab-forecasts", caption=caption)

# %% [markdown]
# The short forecast hides the fall, for it falls with it. The long one stays at levels that the machine
# had while the network learnt, and the gap shows that something is wrong.
#
# ## Scored against the labels
#
# Both networks learn from the days shaded grey, and are judged on all others.

# %%
scores = {"network, next step": next_step_score, "network, six hours": ahead_score}
networks = {name: over_k(score) for name, score in scores.items()}

# %% tags=["figure"]
seen = (training.index[0], training.index[-1])
caption = f"Scores in training deviations, seed {SEED}, with NAB's label windows."
marks = {"thresholds": K, "windows": windows, "training": seen}
plots.scores(scores, "score", **marks, id="nab-repaired-scores", caption=caption)

# %% tags=["figure"]
all_of_them = summary(networks | curves, mae | {"network, next step": next_step_mae})
caption = f"The repaired networks, seed {SEED}, beside the rules, at k = {K}."
plots.table(all_of_them, id="nab-scored-events", caption=caption)

# %% tags=["figure"]
two_rules = {name: curves[name] for name in ("|z|", "persistence")}
caption = (
    f"Found, and false alerts, over k: the networks, seed {SEED}, and two rules."
)
chance = by_chance([(temperature[judged], windows)])
marks = {"chosen": K, "chance": chance}
plots.over_k(networks | two_rules, **marks, id="nab-over-k", caption=caption)

# %% [markdown]
# A threshold is a choice, and a table at one threshold hides what another would give. So here are all
# of them. A detector is good where it finds every window, above, while false alerts are few, below.
# The wider that stretch is, the less depends on the choice. The dotted lines are what an alarm on every
# row, or on rows at random, would find and cost.

# %%
for name, curve in (networks | {"|z|": curves["|z|"]}).items():
    k = highest_k(curve)
    cost = f"{curve.false_alerts_a_week[k]:.2f} false alerts a week"
    print(f"{name}: every window up to k = {k}, and there {cost}")

# %% [markdown]
# With this seed the six-hour network keeps every window up to a higher $k$ than |z| does, and there it
# is quieter. Whoever could choose the threshold afterwards would take the network. At the threshold
# that was fixed beforehand, |z| has fewer false alerts.
#
# **Move the threshold** yourself. Precision and recall count single rows.

# %% tags=["figure"]
to_explore = {"|z|": rules["|z|"]} | scores
explorers.threshold(
    "nab-explorer",
    [explorers.Case(name, s[judged], windows, K) for name, s in to_explore.items()],
    "Is there a threshold with all windows and no false alert? Which detector forgives most?",
    "training deviations",
)

# %% [markdown]
# **Over the seeds.** A network with one seed is one throw of the dice. The kept sweep trains both
# anew with every seed; nothing else changes.

# %%
kept = {"next step": "nab-repaired", "six hours": "nab-revised"}
notebook = "02_nab_next_step_repaired"
by_seed = {name: sweeps.frame(notebook, id) for name, id in kept.items()}

# %% tags=["figure", "remove-input"]
# @title Found, false alerts and error of each seed
z = curves["|z|"].loc[K]
found = {name: s.found for name, s in by_seed.items()}
cost = {name: s.false_alerts_a_week for name, s in by_seed.items()}
error = {"next step": by_seed["next step"].mae}
panels = [
    (found, "windows found", z.found),
    (cost, "false alerts a week", z.false_alerts_a_week),
    (error, "mean absolute error", mae["persistence"]),
]
caption = "One dot a seed. The dashed line is |z|, and persistence for the error."
plots.seeds(panels, id="nab-repaired-seeds", caption=caption)

# %% tags=["figure"]
for name, seeds in by_seed.items():
    finds_all = seeds.found == len(windows)
    bearable = finds_all & (seeds.false_alerts_a_week <= 1)
    print(f"{name}: every window with {finds_all.sum()} of {len(seeds)} seeds,")
    print(f"  and no more than one false alert a week with {bearable.sum()} of them;")
    print(f"  false alerts a week: {sweeps.in_words(seeds.false_alerts_a_week)}")

# %% [markdown]
# The last numbers are the median over the seeds and, in brackets, the interval that one more seed
# falls into with 99 % probability.
#
# The first network forecasts better than persistence, and detects worse than a mean and a deviation.
# Forecasting well and detecting well are different aims.
#
# The second comes out about where |z| does: it finds every window, for about the same price. Far enough
# ahead the best forecast is close to the mean, and then its error is close to |z|. What it adds is a
# wider choice of thresholds, at the price of a training and of a result that depends on the seed.
#
# ## What this does not show
#
# - It is one series with few label windows. One more or less is a large share of all.
# - NAB's windows are tolerances, computed around an instant. A flag at their edge counts in full.
# - The six-hour forecast was chosen after the labels had been seen. How it does on other series is
#   shown in [the bake-off](06_bake_off.ipynb).
# - A threshold in training deviations means something else for each detector, so the same $k$ is a
#   fair rule and not a fair scale.
#
# ## A function to take away
#
# The rule that is hard to beat, with its alerts. It works on any Series with a DatetimeIndex. Take
# for training a stretch that was calm, and at least as long as a cycle of what you measure.


# %%
def alerts(series, training, k=4, silence="24h"):
    """Time stamps at which somebody would be called: |z| > k, then silence for a while."""
    usual = series.iloc[:training]
    z = (series - usual.mean()).abs() / usual.std(ddof=0)
    called = []
    for time in z.index[training:][z.iloc[training:] > k].sort_values():
        if not called or time > called[-1] + pd.Timedelta(silence):
            called.append(time)
    return called


# %%
called = alerts(temperature, TRAINING)
print(f"{len(called)} alerts, the first on {called[0]}")

# %% [markdown]
# ## Exercises
#
# 1. Forecast a day ahead instead of six hours. Which window is lost first as $k$ grows?
#
# **Next:** [a threshold that moves](03_battery.ipynb).
