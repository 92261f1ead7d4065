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
# By the end of this chapter you can rebuild what is called an LSTM autoencoder, turn its
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

from tsadbook import ledger, plots
from tsadbook.results import from_ranges

plots.use_style()

# %% [markdown]
# ## The data
#
# One value a trading day, the index at the close, in index points. There are no labels: nobody has
# said which of these days are anomalies, so nothing on this page can be a hit or a false alarm.
#
# `record` keeps a finding for the comparison further down; a reader can pass over it.

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
    f"{100 * above:.1f} % of the test closes are higher than the highest training close."
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
# The sources pass the target as a flat array, one next close a sample. Keras 2, which they ran on,
# compared all 30 outputs of a sample with its own next close. Keras 3 does so only if the target has
# the shape (samples, 1, 1), which this chapter therefore gives it. Both losses of one batch are
# measured below.

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
    f"Two lines over the epochs: the training loss goes from {history.history['loss'][0]:.2f} to "
    f"{history.history['loss'][-1]:.2f}, the validation loss moves up and down.",
)

# %% [markdown]
# To see what the shape of the target changes, the trained weights are put into two fresh models. One
# is given the flat target, the other the reshaped one, for the same 32 windows spread over the years.
# A fresh model is needed for each form, as Keras settles how to compare them when it first sees a
# target.


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


# %% tags=["audit"]
def spread_of_targets(batch):
    """Mean distance between any two targets of a batch."""
    return float(np.abs(y_train[batch][:, None] - y_train[batch][None, :]).mean())


batches = np.arange(len(X_train) // 32 * 32).reshape(
    -1, 32
)  # in order, as in training
in_training = float(np.mean([spread_of_targets(batch) for batch in batches]))
record(
    "sp-target-spread",
    {"this batch": spread_of_targets(spread), "in training": in_training},
)

# %% tags=["audit", "remove-input"]
flat, _, reshaped, _ = losses.values()
record.erratum(
    "sp-flat-target",
    says="The target is a flat array, one next close a sample, against an output of "
    f"{TIME_STEPS} numbers a sample. Keras 2 compared each of these with the sample's own next close.",
    fact=f"Keras {keras.__version__} compares every output with the targets of the *whole batch*, "
    "by broadcasting and without a warning: the same code now trains for something else.",
    changes=f"On one batch of {len(spread)} windows, spread over the years to make the difference "
    f"plain, the reported loss is {flat:.4f} instead of {reshaped:.4f}: two of its targets lie "
    f"{spread_of_targets(spread):.2f} apart on average. A batch in training is 32 consecutive days, "
    f"whose targets lie {in_training:.3f} apart, so the change is far smaller there. Whether it "
    "changes the flags was not measured.",
    test="test_a_flat_target_is_compared_with_the_whole_batch",
    date="2026-11-22",
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
    f"Histogram of the training errors with a density curve: half of them lie below "
    f"{np.median(error_train):.2f}, the others spread up to {error_train.max():.2f}.",
)

# %% [markdown]
# The sources read their threshold off this histogram: 0.65, since few training errors are larger.
# A test day is flagged if the error of the 30 days before it exceeds the threshold.

# %%
THRESHOLD = 0.65
flags = error_test > THRESHOLD

record("sp-threshold", THRESHOLD)
record("sp-flagged-rows", as_ranges(np.flatnonzero(flags)))
record("sp-first-anomalies", error_test[flags].head())
record("sp-first-losses", error_test.reindex(days))

# %% tags=["figure", "remove-input"]
fig, ax = plt.subplots()
plots.line(ax, error_test, "reconstruction error")
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
first = pd.DataFrame(
    {"error": error_test, "close (standardised)": z_test[TIME_STEPS:]}
)[flags]
plots.show_table(
    first.head().round(4).rename_axis("day"),
    "sp-table",
    "The first flagged days of the test part."
    if flags.any()
    else f"The first flagged days of the test part: with seed {SEED} there are none.",
)

# %% tags=["figure", "remove-input"]
fig, ax = plt.subplots()
shown = test["close"].iloc[TIME_STEPS:]
plots.line(ax, shown, "close")
plots.mark_flags(ax, shown, flags)
ax.set(xlabel="day", ylabel="close (index points)")
ax.legend()
plots.show(
    fig,
    "sp-plot-flags",
    f"Close over the test part; days flagged with seed {SEED}: {flags.sum()}.",
    f"Line plot of the close over the test part, with red rings on {flags.sum()} flagged days.",
)

# %% tags=["remove-input"]
when = f", the first on {error_test[flags].index[0]:%d %B %Y}" if flags.any() else ""
Markdown(
    f"With seed {SEED} the rule flags {flags.sum()} of {len(flags)} test days{when}. "
    f"{100 * (error_train > THRESHOLD).mean():.1f} % of the training windows exceed the threshold."
)

# %% [markdown] tags=["published-beside-reproduced"]
# ## Published beside reproduced
#
# The table that belongs here is made when the book is built, from the sources' figures and from
# what this notebook recorded; it stands on the book's pages.

# %% [markdown]
# ## What the published numbers really say
#
# **Is it an autoencoder?** Such a network has its input as target, and a code with less room than its
# input, so that it has to leave something out.

# %% tags=["audit", "hide-input"]
target_is_input = target.shape == X_train.shape and np.array_equal(target, X_train)
record("sp-target-is-input", target_is_input)
record(
    "sp-code-width",
    {"numbers in a window": TIME_STEPS, "numbers in the code": encoder.units},
)

# %% tags=["audit", "remove-input"]
record.erratum(
    "sp-wide-code",
    says="The encoding keeps the most important features with as few parameters as possible.",
    fact=f"The code has {encoder.units} numbers for a window of {TIME_STEPS}: nothing has to be left "
    "out.",
    changes=f"The code has {encoder.units / TIME_STEPS:.1f} times the numbers of the window, so a "
    "large error does not show that a window failed to fit into a small code.",
    test="test_the_code_is_wider_than_the_window",
    date="2026-11-22",
)

# %% [markdown]
# **What would a perfect network be flagged for?** One that has learnt the published task without any
# error writes the next close 30 times. Its reconstruction error needs no training: it is the mean
# distance of the window's closes from the close that follows.

# %% tags=["audit"]
perfect_test = pd.Series(
    np.abs(X_test[..., 0] - y_test[:, None]).mean(axis=1), error_test.index
)
perfect_train = pd.Series(
    np.abs(X_train[..., 0] - y_train[:, None]).mean(axis=1),
    z_train.index[TIME_STEPS:],
)
record(
    "sp-perfect-network",
    {
        "largest test error": perfect_test.max(),
        "published days": perfect_test.reindex(days),
    },
)

# %% tags=["audit", "figure", "remove-input"]
# The five losses that the source's notebook prints.
published = pd.Series([0.723123, 0.744779, 0.754374, 0.802155, 0.811910], days)
fig, ax = plt.subplots()
plots.line(ax, perfect_test, "a perfect network")
plots.line(ax, error_test, f"this network, seed {SEED}", color=plots.PREDICTION)
ax.plot(
    published.index,
    published,
    ls="",
    marker="D",
    ms=5,
    color="#333333",
    label="as published",
)
plots.mark_threshold(ax, THRESHOLD, f"threshold {THRESHOLD}")
ax.set(xlabel="day", ylabel="error (standardised close)", ylim=0)
ax.legend(ncols=2, loc="upper left")
plots.show(
    fig,
    "sp-perfect-network",
    "Reconstruction error of a network that has learnt the published task perfectly, of this "
    "chapter's network, and the five published values.",
    f"Three sets of errors over the test part. The perfect network's line reaches at most "
    f"{perfect_test.max():.3f}; the five published values lie above the dashed threshold.",
)

# %% tags=["audit", "remove-input"]
record.erratum(
    "sp-no-autoencoder",
    says="The network is an autoencoder: it learns to write its input again.",
    fact=f"Its target is {'its input' if target_is_input else 'not its input'}. It is one number a "
    f"window, the next close, to be written {TIME_STEPS} times: shapes {target.shape} and "
    f"{X_train.shape}.",
    changes="Its error is measured against the window, for which it was not trained. A network that "
    f"has learnt its task perfectly shows a mean error of {perfect_train.mean():.3f} on the training "
    f"part and up to {perfect_test.max():.3f} on the test part; a perfect autoencoder shows 0.",
    test="test_the_published_network_is_no_autoencoder",
    date="2026-11-22",
)

# %% [markdown]
# **Over the seeds.** One run says little. The kept sweep has the same chapter with other seeds:

# %% tags=["audit", "figure", "remove-input"]
swept = ledger.measurements("01_sp500").get("seeds", {})
first_losses = pd.DataFrame(
    {seed: s["sp-first-losses"] for seed, s in swept.items()}
).T
flagged_days = [len(from_ranges(s["sp-flagged-rows"])) for s in swept.values()]
fig, ax = plt.subplots(figsize=(6, 3))
for day, values in enumerate(first_losses.to_numpy().T):
    label = "one seed" if day == 0 else None
    ax.plot(
        [day] * len(values),
        values,
        ls="",
        marker="o",
        ms=5,
        alpha=0.5,
        color=plots.SERIES,
        label=label,
    )
if swept:
    ax.plot(
        range(len(days)),
        published,
        ls="",
        marker="D",
        ms=5,
        color="#333333",
        label="as published",
    )
plots.mark_threshold(ax, THRESHOLD, f"threshold {THRESHOLD}")
ax.set_xticks(range(len(days)), [f"{day:%d %b}" for day in days])
ax.set(xlabel="day of 2018", ylabel="error (standardised close)", ylim=0)
ax.legend(loc="lower right")
plots.show(
    fig,
    "sp-seeds",
    "Reconstruction error on the five published days, for every seed of the sweep.",
    f"Dots for {len(swept)} seeds on five days, most of them below the dashed threshold; the "
    "published values, dark diamonds, lie above the dots and above the threshold.",
)

# %% tags=["audit", "remove-input"]
flagging = [n for n in flagged_days if n]
record.erratum(
    "sp-flags-are-misfit",
    says=f"A threshold of {THRESHOLD} separates the extreme values of the test loss well. The first "
    f"five flagged days have errors of {published.min():.2f} to {published.max():.2f}.",
    fact="A network that has learnt its task perfectly never reaches the threshold on the test part: "
    f"its largest error there is {perfect_test.max():.3f}, and on those five days it has "
    f"{perfect_test.reindex(days).min():.2f} to {perfect_test.reindex(days).max():.2f}. What the "
    "published run flags is how far its network is off.",
    changes=f"Of {len(swept)} seeds, {len(swept) - len(flagging)} flag no test day at all"
    + (
        f"; the others flag {min(flagging)} to {max(flagging)}. "
        if flagging
        else ". "
    )
    + "The seed decides whether the method flags anything.",
    test="test_a_perfect_network_never_reaches_the_threshold",
    date="2026-11-22",
)

# %% tags=["audit", "remove-input"]
Markdown(
    f"On {sum(published.to_numpy() > first_losses.max().to_numpy()) if swept else 0} of the five "
    "days the published error is larger than that of every seed; the 99 % interval, made from so few "
    "seeds on a logarithmic scale, still holds it."
)

# %% [markdown]
# The threshold can be moved, as the sources say. What it then flags, in this run:

# %% tags=["audit"]
by_threshold = {
    str(t): int((error_test > t).sum()) for t in (0.2, 0.3, 0.4, 0.5, 0.65)
}
record("sp-flags-by-threshold", by_threshold)

# %% tags=["audit", "remove-input"]
plots.show_table(
    pd.DataFrame({"flagged test days": by_threshold}).rename_axis("threshold"),
    "sp-flags-by-threshold",
    f"Flagged days of the test part by threshold, seed {SEED}.",
)

# %% [markdown]
# **Extrapolation.** The network is asked about prices that it has never seen.

# %% tags=["audit", "hide-input"]
record(
    "sp-extrapolation",
    {
        "share of test closes above the highest training close": float(
            (z_test > z_train.max()).mean()
        ),
        "highest training z": z_train.max(),
        "test z": [z_test.min(), z_test.max()],
    },
)

# %% tags=["audit", "remove-input"]
record.erratum(
    "sp-extrapolation",
    says="The first 95 % of the closes teach the network the normal patterns; the last 5 % are "
    "judged by them.",
    fact=f"{100 * above:.1f} % of the test closes are higher than the highest training close: the "
    "network is asked about values that it has never seen.",
    changes=f"The training part reaches z = {z_train.max():.2f}, the test part goes from "
    f"{z_test.min():.2f} to {z_test.max():.2f}. A large error may say no more than that the index has "
    "risen.",
    test="test_the_test_part_is_extrapolation",
    date="2026-11-22",
)

# %% [markdown]
# **Black Monday.** On 19 October 1987 the index fell as on no other day of the series. That day is in
# the training part, which the source calls normal. In standardised *prices* it hardly shows, since
# the index was low then. In log returns it does: z is the day's log return less the mean of the 60
# days before, divided by their standard deviation.

# %% tags=["audit"]
log_return = np.log(close).diff()
before = log_return.shift(1).rolling(60)
z_return = (log_return - before.mean()) / before.std()

# %% tags=["audit", "hide-input"]
black_monday = pd.to_datetime(["1987-10-19"])
abrupt = pd.to_datetime(["2018-02-02", "2018-02-05", "2018-02-08"])
record(
    "sp-black-monday",
    {
        "error of a perfect network": perfect_train.reindex(black_monday).iloc[0],
        "z of the log return": z_return.reindex(black_monday).iloc[0],
    },
)
record("sp-abrupt-days", z_return.reindex(abrupt))
record(
    "sp-abnormal-training-days",
    {
        "days with |z| of the log return above 5": int(
            (z_return[train.index].abs() > 5).sum()
        )
    },
)

# %% tags=["audit", "figure", "remove-input"]
fig, (top, bottom) = plt.subplots(2, 1, sharex=True, figsize=(8, 4.2))
plots.line(top, perfect_train, lw=0.7)
plots.mark_threshold(top, THRESHOLD)
top.set(ylabel="error of a perfect\nnetwork (std. close)", ylim=0)
plots.line(bottom, z_return[train.index], lw=0.7)
bottom.set(xlabel="year", ylabel="z of the log return\n(60 days before)")
for ax in (top, bottom):
    for day in black_monday.intersection(perfect_train.index):
        ax.axvline(day, color=plots.LABEL, lw=1.2, zorder=0)
plots.show(
    fig,
    "sp-black-monday",
    "The training part, seen in two ways: the error that a perfect network would show, and the log "
    "return against the 60 days before. The green line marks 19 October 1987.",
    "Two line plots over the training years. In the upper one Black Monday does not stand out and "
    "nothing reaches the dashed threshold; in the lower one it is by far the deepest point.",
)

# %% tags=["audit", "remove-input"]
beyond = int((z_return[train.index].abs() > 5).sum())
record.erratum(
    "sp-training-not-normal",
    says="The network is trained on normal data, without anomalies.",
    fact=f"{beyond} training days lie beyond |z| = 5 in log returns; on the day of the largest fall, "
    f"{100 * np.expm1(log_return.min()):.1f} %, z is {z_return.reindex(black_monday).iloc[0]:.1f}. "
    "Whoever counts such days as anomalies finds them in the training part.",
    changes="In standardised prices that day does not stand out: a perfect network has an error of "
    f"{perfect_train.reindex(black_monday).iloc[0]:.2f} on it, where the threshold is {THRESHOLD}.",
    test="test_the_training_part_is_not_free_of_anomalies",
    date="2026-11-22",
)

# %% [markdown]
# **Which days are abrupt?** The source's notebook prints its first five flags only, so what can be
# checked is whether the abrupt days come before them.

# %% tags=["audit"]
judged = z_return.reindex(error_test.index)
sudden = judged[judged.abs() > 3]
missed = sudden[sudden.index < days[0]]
record(
    "sp-missed-days",
    {"test days with |z| above 3": len(sudden), "before the first flag": len(missed)},
)

# %% tags=["audit", "remove-input"]
record.erratum(
    "sp-abrupt-changes",
    says="The flagged points cover most of the abrupt changes of the closing price. The first of "
    f"them is {days[0].day} {days[0]:%B %Y}.",
    fact=f"Of {len(sudden)} judged days with a log return beyond |z| = 3, {len(missed)} come before "
    "that day and are not flagged.",
    changes="The most abrupt days of February 2018 are "
    + ", ".join(
        f"{day.day} {day:%B} (z = {z_return.get(day, np.nan):.1f})" for day in abrupt
    )
    + ": the first two come before the first flag.",
    test="test_the_most_abrupt_days_come_before_the_first_flag",
    date="2026-11-22",
)

# %% [markdown]
# ## What this does not show
#
# There are no labels, so no flag here is right or wrong. The tables above say whether the published
# numbers come out of the published method; whether the method finds anomalies is another question,
# and without labels it cannot be answered.
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
# 2. Give the network its own window as target (`X_train` twice). Does the reconstruction error of
#    the training windows fall?
# 3. Replace the network by the close 30 days earlier, repeated 30 times. Which days does the same
#    threshold flag?
