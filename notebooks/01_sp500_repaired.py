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
# # S&P 500, repaired: an autoencoder beside one line of arithmetic
#
# [Open this chapter in Colab](https://colab.research.google.com/github/anomalies-reproduced/anomalies-reproduced/blob/main/notebooks/01_sp500_repaired.ipynb)
#
# **Question.** The walkthrough's network was no autoencoder, and its error followed the price level.
# What does an autoencoder in the plain sense of the word find in the same closes? Is it better than
# one line of arithmetic?
#
# By the end of this chapter you can write three detectors in a line each, give every detector the same
# budget of alerts, test a network year by year without looking ahead, and judge it where nothing is
# labelled.
#
# **Before you start.** Read the walkthrough, [S&P 500: an LSTM autoencoder on daily
# closes](01_sp500.ipynb). This notebook needs nothing that was computed there.

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
from tsadbook.evaluation import injection
from tsadbook.plots import explorers
from tsadbook.registers import settings, sweeps
from tsadbook.windows import sliding_windows

# %% [markdown]
# ## Returns, not prices
#
# Prices rise over the years, so a detector of odd prices becomes a detector of late years. The *log
# return* $r_t = \log p_t - \log p_{t-1}$ has no such trend: it is, very nearly, the change of a day
# as a share of the price.

# %%
sp500 = datasets.load("sp500")
close = sp500.series
log_return = np.log(close).diff().dropna()
YEARS = range(log_return.index[0].year + 1, log_return.index[-1].year + 1)  # judged

# %% tags=["figure"]
plots.series(
    log_return,
    "log return",
    id="sp-returns",
    caption="Log return of every trading day: calm years and stormy ones.",
)

# %% [markdown]
# ## A budget instead of a threshold
#
# Scores of different detectors have different units, so one threshold cannot serve them all. What can
# be the same is the cost. Each detector gets a *budget* of one alert a year: its threshold for a year
# is the score that all years before exceeded once a year. No day is judged with anything that came
# after it.

# %%
BUDGET = 1 / 252  # one alert in a year of trading days


def of_years_before(values, statistic):
    """For each day a statistic of all years before its own; none in the first year."""
    result = values * np.nan
    for year in YEARS:
        result.loc[str(year)] = statistic(values[: str(year - 1)])
    return result


def threshold(scores):
    return of_years_before(scores, lambda past: past.quantile(1 - BUDGET))


# %% [markdown]
# ## Three rules, a line each
#
# **z of the last 60 days.** How far is the return from the mean of the 60 days before it, in their
# standard deviations? $z_t = |r_t - \bar r| / s$.


# %%
def z_of_60_days(r):
    before = r.shift(1).rolling(60)
    return (r - before.mean()).abs() / before.std()


# %% [markdown]
# **EWMA volatility.** The variance is forecast by an exponentially weighted moving average of squares,
# $v_{t+1} = 0.94\, v_t + 0.06\, r_t^2$, which soon forgets. The score is $|r_t| / \sqrt{v_t}$.


# %%
def ewma_volatility(r):
    squares = r**2
    squares.iloc[19] = squares.iloc[:20].mean()  # the first 20 days start it
    v = squares.iloc[19:].ewm(alpha=0.06, adjust=False).mean().shift(1)
    return r.abs() / np.sqrt(v)


# %% [markdown]
# **The plain size of the return**, in the standard deviation of all years before: $|r_t| / s$. It has
# the longest memory of the three.


# %%
def size_of_return(r):
    s = of_years_before(r, lambda past: past.std())
    return r.abs() / s.fillna(r[: str(YEARS[0] - 1)].std())


# %%
rules = {
    "z of the last 60 days": z_of_60_days,
    "EWMA volatility": ewma_volatility,
    "|return|": size_of_return,
}
rule_scores = {name: rule(log_return) for name, rule in rules.items()}
rule_limits = {name: threshold(scores) for name, scores in rule_scores.items()}

# %% [markdown]
# Nobody has labelled these days, but some are remembered. A list of market events was written down
# before the scores were looked at; only for Black Monday and for February 2018 had a z been seen.

# %%
events = pd.Series(settings.registered("sp500")["events"])
events.index = pd.DatetimeIndex(events.index)


def summary(scores, limits):
    """Alert days a year, and the named events among them."""
    flags = (scores > limits)[str(YEARS[0]) :]
    hit = flags.reindex(events.index, fill_value=False)
    return {
        "alert days a year": flags.sum() / (len(flags) / 252),
        "named events": int(hit.sum()),
    }


# %%
rule_table = pd.DataFrame(
    {name: summary(rule_scores[name], rule_limits[name]) for name in rules}
).T

# %% tags=["figure"]
plots.table(
    rule_table.rename_axis("rule"),
    id="sp-baselines",
    digits=2,
    caption=f"Three rules with a budget of one alert a year, judged from {YEARS[0]} "
    f"on, and how many of {len(events)} named events fall on an alert day.",
)

# %% [markdown]
# ## The repair
#
# Four things change.
#
# - *The target is the input*, and the code is narrower than the window.
# - *Returns instead of prices*, in deviations of the years before. A risen index is no news to it.
# - *Walk-forward.* Each year is judged by a network trained on all years before it and on nothing
#   else. It goes on from the weights of the year before.
# - *Causal.* The score of a day is the error of the last day of the window that ends on it.
#
# The settings were fixed, and committed, before a score was looked at. They were chosen on the first
# year alone. Only the batch size was not on record.

# %%
WINDOW, CODE, DECODER = 10, 4, 16
FIRST_EPOCHS, LATER_EPOCHS = 30, 2
LEARNING_RATE, BATCH = 0.003, 64

# %% tags=["figure"]
plots.table(
    settings.tried("sp500").set_index("window"),
    id="sp-tried",
    caption="Every configuration tried: validation error over that of always writing "
    "zero. It hardly falls below 1, so the returns leave a network little to learn.",
)


# %%
def build_autoencoder():
    model = keras.Sequential(
        [
            keras.Input((WINDOW, 1)),
            keras.layers.LSTM(CODE),
            keras.layers.RepeatVector(WINDOW),
            keras.layers.LSTM(DECODER, return_sequences=True),
            keras.layers.TimeDistributed(keras.layers.Dense(1)),
        ]
    )
    model.compile(loss="mae", optimizer=keras.optimizers.Adam(LEARNING_RATE))
    return model


# %%
def last_day_error(network, windows):
    """The score: absolute error of the last day of each window."""
    written = network.predict(windows, batch_size=2048, verbose=0)
    return np.abs(written - windows)[:, -1, 0]


# %%
def walk_forward(returns, years):
    """Score and threshold of each day; weights, mean and deviation of each year."""
    keras.utils.set_random_seed(SEED)
    network = build_autoencoder()
    scores, limits, kept = returns * np.nan, returns * np.nan, {}
    for year in years:
        past, now = returns[: str(year - 1)], returns[str(year)]
        mean, std = past.mean(), past.std()
        windows = sliding_windows((past - mean) / std, WINDOW)
        epochs = FIRST_EPOCHS if year == years[0] else LATER_EPOCHS
        network.fit(windows, windows, epochs=epochs, batch_size=BATCH, verbose=0)
        # A year's first windows begin in the year before.
        judged = pd.concat([past[1 - WINDOW :], now])
        judged_windows = sliding_windows((judged - mean) / std, WINDOW)
        scores[now.index] = last_day_error(network, judged_windows)
        limits[now.index] = np.quantile(last_day_error(network, windows), 1 - BUDGET)
        kept[year] = network.get_weights(), mean, std
    return scores, limits, kept


# %%
tf.config.experimental.enable_op_determinism()  # the same seed gives the same run
ae_scores, ae_limits, kept_networks = walk_forward(log_return, YEARS)

# %% [markdown]
# Does it look ahead? Multiply the returns from the third judged year on by ten and run again: no
# earlier score or threshold may change.

# %%
changed = log_return.copy()
changed[str(YEARS[2]) :] *= 10
scores_again, limits_again, _ = walk_forward(changed, YEARS[:2])
earlier = slice(None, str(YEARS[1]))
assert scores_again[earlier].equals(ae_scores[earlier])
assert limits_again[earlier].equals(ae_limits[earlier])

# %%
scores = {"autoencoder": ae_scores} | rule_scores
limits = {"autoencoder": ae_limits} | rule_limits
flags = {name: scores[name] > limits[name] for name in scores}
summary(ae_scores, ae_limits)

# %% tags=["figure"]
plots.score(
    ae_scores[str(YEARS[0]) :],
    "error (deviations of the years before)",
    threshold=ae_limits[str(YEARS[0]) :],
    labels=ae_scores[str(YEARS[0]) :].index.isin(events.index),
    log=True,
    id="sp-repaired-scores",
    caption="The autoencoder's score of every judged day, its threshold, and the "
    "named events.",
)

# %%
monday = pd.Timestamp("1987-10-19")
print(
    f"Black Monday: score {ae_scores.get(monday, np.nan):.1f}, "
    f"threshold {ae_limits.get(monday, np.nan):.1f}, largest score of the year before "
    f"that day {ae_scores['1987':'1987-10-18'].max():.1f}"
)
