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
from tsadbook.evaluation.events import score_over_k
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
# beyond $k = 4$ of them. That number was fixed, for all detectors alike, before any score was held
# against the labels.
#
# A label window is *found* if a flag lies in it. After an alert the pager is silent for 24 hours; an
# alert is *false* if none of its flags lies in a window. Windows are not failures: NAB calls the first
# anomaly of this series a planned shutdown.

# %%
K = 4
KS = np.round(np.arange(2, 10.05, 0.1), 1)


def over_k(score):
    """What is found and what it costs, for every threshold in KS."""
    return score_over_k([(score[judged], windows)], KS)


# %% [markdown]
# ## Five rules
#
# Each forecasts the reading $x_t$ by some $\hat x_t$, and scores the error $|x_t - \hat x_t| / s$,
# where $s$ is the deviation of its errors in training.
#
# | rule | forecast $\hat x_t$ |
# |---|---|
# | z | the mean of the training readings |
# | constant | their median |
# | persistence | the reading before, $x_{t-1}$ |
# | median of the time of day | the median of the training readings at this time of day |
# | moving z, one day | the mean of the last day; $s$ is the deviation of that day |


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
# How many windows does each find at the threshold that was fixed, and at what price? The last column
# is the mean absolute error of the forecast.

# %%
curves = {name: over_k(score) for name, score in rules.items()}
mae = {name: error[judged].abs().mean() for name, error in errors.items()}


def table(curves, mae):
    """One row a detector, at the threshold K."""
    rows = {
        name: {
            f"windows found of {len(windows)}": curve.found[K],
            "false alerts": curve.false_alerts[K],
            "a week": curve.false_alerts_a_week[K],
            "all windows up to k": curve.index[curve.found == len(windows)].max(),
            "mean absolute error": mae.get(name, np.nan),
        }
        for name, curve in curves.items()
    }
    return pd.DataFrame(rows).T.rename_axis("detector")


# %% tags=["figure"]
caption = (
    f"Rules without a network at k = {K}, on all readings after the first {TRAINING}."
)
plots.table(table(curves, mae), digits=2, id="nab-baselines", caption=caption)

# %% [markdown]
# The plainest rules are hard to beat. Two and a half days give a mean and a deviation, and the labelled
# windows lie far outside. Persistence has by far the smallest error, and pays with more false alerts:
# a small error is not what a detector needs.
#
# ## The network, put right
#
# Three things change from the walkthrough:
#
# - *In order.* Windows are stretches of time. The last fifth of the training part, the latest
#   readings, says when to stop.
# - *Standardised.* The readings are scaled by the training part. The network sees differences and
#   writes the next one, so that a network that has learnt nothing yet is persistence.
# - *One-sided.* Errors are averaged over six hours with their sign, for a machine that fails drifts.
#   The size of that average is the score, so a small error never scores high.


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
    later = (inputs[n:], targets[n:])
    model.fit(
        inputs[:n], targets[:n], validation_data=later, callbacks=[stop], **fitting
    )
    return lambda rows: model.predict(rows, batch_size=1024, verbose=0)


# %% [markdown]
# These settings were registered before a score was held against a label. The table has every
# configuration that was trained for the choice. The measure that chose was computed from the training
# readings alone.

# %% tags=["figure"]
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
next_step = NextStep(lambda x, y: train(next_step_network(x), x, y), window=WINDOW)
next_step.fit(training)


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
# The registered network did not do what it was made for. **A good forecaster follows the failure
# down:** five minutes ahead, even a failing machine is easy to predict.
#
# The revision asks for the reading six hours ahead, from values rather than differences, so that an
# unusual level is an error and stays one. Nothing is averaged. This was decided *after* the labels had
# been seen, on the outcomes in the table, and has to be read as such: it is no longer a fair test.

# %% tags=["figure"]
revised = settings.registered("nab_next_step")["revised"][0]["tried"]
caption = f"What was tried once the labels had been seen, at k = {K}, with one to four seeds."
plots.table(
    pd.DataFrame(revised).rename(columns=lambda name: name.replace("_", " ")),
    id="nab-revised",
    caption=caption,
)

# %%
HORIZON = 72


def level_network(inputs):
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
    lambda x, y: train(level_network(x), x, y), window=WINDOW, horizon=HORIZON
)
ahead.fit(training)
ahead_score = pd.Series(ahead.decision_function(temperature), temperature.index)

# %% [markdown]
# One picture tells the two apart. Here are the days of the last label window.

# %% tags=["figure"]
shown = slice("2014-02-07", "2014-02-10")
plots.parts(
    {
        "reading": temperature[shown],
        "five minutes ahead": pd.Series(
            next_step.forecast(temperature), temperature.index
        )[shown],
        "six hours ahead": pd.Series(ahead.forecast(temperature), temperature.index)[
            shown
        ],
    },
    "temperature (unit not given)",
    id="nab-forecasts",
    caption="Five minutes ahead the forecast lies on the reading, also where it falls.",
)

# %% [markdown]
# ## Scored against the labels

# %% tags=["figure"]
plots.scores(
    {"five minutes ahead": next_step_score, "six hours ahead": ahead_score},
    "score (training deviations)",
    thresholds=K,
    windows=windows,
    id="nab-repaired-scores",
    caption=f"Scores of the two networks, seed {SEED}, NAB's label windows, and k = {K}.",
)

# %%
networks = {
    "network, next step": over_k(next_step_score),
    "network, six hours": over_k(ahead_score),
}
next_step_mae = (temperature - next_step.forecast(temperature))[judged].abs().mean()

# %% tags=["figure"]
caption = f"The repaired networks, seed {SEED}, beside the rules, at k = {K}."
plots.table(
    table(networks | curves, mae | {"network, next step": next_step_mae}),
    digits=2,
    id="nab-scored-events",
    caption=caption,
)

# %% tags=["figure"]
plots.over_k(
    networks | {name: curves[name] for name in ("|z|", "persistence")},
    chosen=K,
    id="nab-over-k",
    caption=f"Found and false alerts over the threshold: the networks, seed {SEED}, and two rules.",
)

# %% [markdown]
# Which detector leaves the widest choice of thresholds? Each is asked for the highest $k$ at which it
# still finds every window, and what that costs.

# %%
for name, curve in (networks | {"|z|": curves["|z|"]}).items():
    k = curve.index[curve.found == len(windows)].max()
    cost = curve.false_alerts_a_week[k]
    print(
        f"{name}: all windows up to k = {k}, with {cost:.2f} false alerts a week there"
    )

# %% [markdown]
# With this seed the six-hour network keeps every window longer than |z| does, and is quieter there. So
# whoever could choose the threshold afterwards would take the network. Nobody can: at the threshold
# that was fixed, |z| is the better one.
#
# **Move the threshold** yourself; precision and recall count single rows.

# %% tags=["figure"]
to_explore = {
    "|z|": rules["|z|"],
    "network, six hours ahead": ahead_score,
    "network, next step": next_step_score,
}
explorers.threshold(
    "nab-explorer",
    [explorers.Case(name, s[judged], windows, K) for name, s in to_explore.items()],
    "Is there a threshold with all windows and no false alert? Which detector is forgiving?",
    "training deviations",
)

# %% [markdown]
# **Over the seeds.** One seed is one throw. The kept sweep trains both networks anew with every seed;
# nothing else changes.

# %%
by_seed = {
    name: sweeps.frame("02_nab_next_step_repaired", id)
    for name, id in {"next step": "nab-repaired", "six hours": "nab-revised"}.items()
}

# %% tags=["figure"]
z = table(curves, mae).loc["|z|"]
panels = [
    ({n: s.found for n, s in by_seed.items()}, "windows found", z.iloc[0]),
    (
        {n: s.false_alerts_a_week for n, s in by_seed.items()},
        "false alerts a week",
        z["a week"],
    ),
    (
        {"next step": by_seed["next step"].mae},
        "mean absolute error",
        mae["persistence"],
    ),
]
plots.seeds(
    panels,
    id="nab-repaired-seeds",
    caption="One dot a seed. The dashed line is |z|, and persistence for the error.",
)

# %%
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
# The first network forecasts better than persistence and detects worse than a mean and a deviation.
# Forecasting well and detecting well are different aims. The second comes out about where |z| does,
# for far enough ahead the best forecast is close to the mean.
#
# ## What this does not show
#
# - It is one series with few label windows: one more or less is a large share of all.
# - NAB's windows are tolerances, computed around an instant. A flag at their edge counts in full.
# - The six-hour forecast was chosen after the labels had been seen. Nobody has tried it on another
#   machine here.
# - A threshold in training deviations means something else for each detector, so the same $k$ is a
#   fair rule and not a fair scale.
#
# ## To take away
#
# The rule that is hard to beat, with its alerts. It works on any Series with a DatetimeIndex.


# %%
def alerts(series, training, k=4, silence="24h"):
    """Time stamps at which somebody would be called: |z| > k, then silence for a while."""
    usual = series.iloc[:training]
    z = (series - usual.mean()).abs() / usual.std(ddof=0)
    called = []
    for time in z.index[training:][z.iloc[training:] > k]:
        if not called or time > called[-1] + pd.Timedelta(silence):
            called.append(time)
    return called


# %%
alerts(temperature, TRAINING)

# %% [markdown]
# ## Exercises
#
# 1. Forecast a day ahead instead of six hours. Which window is lost first as $k$ grows?
#
# **Next:** [a threshold that moves](03_battery.ipynb).
