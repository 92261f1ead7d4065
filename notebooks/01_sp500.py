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
# **Before you start.** Read the chapter *Data and labels*. You should have seen Keras and a recurrent
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
written_again = narrow.inverse_transform(narrow.transform([usual, odd]))

# %% tags=["figure"]
plots.window(
    {"a wave": (usual, written_again[0]), "a bump": (odd, written_again[1])},
    "value",
    id="sp-idea",
    caption="Two windows, and what a code of two numbers writes. The wave comes back "
    "as it was. The bump does not, and the gap between the lines is the error.",
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

# %% tags=["figure"]
plots.series(
    close,
    "close (index points)",
    id="sp-plot-price",
    caption=f"Daily close of the S&P 500: from {close.iloc[0]:,.0f} to "
    f"{close.iloc[-1]:,.0f} index points.",
)

# %% [markdown]
# ## Split and scale
#
# The first 95 % of the days are the training part, and the rest is the test part. The scaler takes
# mean and standard deviation from the training part, so nothing of the test part leaks into training.

# %%
n_train = int(len(close) * 0.95)
train, test = close[:n_train].to_frame(), close[n_train:].to_frame()

scaler = StandardScaler().fit(train)
z_train = pd.Series(scaler.transform(train)[:, 0], train.index)
z_test = pd.Series(scaler.transform(test)[:, 0], test.index)

# %% tags=["figure"]
plots.parts(
    {"training part": train["close"], "test part": test["close"]},
    "close (index points)",
    level={"highest training close": train["close"].max()},
    id="sp-plot-split",
    caption="The training part, the test part, and the highest training close.",
)

# %%
print(f"{len(train):,} training days, {len(test):,} test days")

# %% [markdown]
# ## Windows
#
# The network reads windows of 30 days. The walkthrough pairs each window with the close of the day
# after it.

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
# $$f, i, o = \sigma(W x_t + U h_{t-1} + b), \quad
# c_t = f\, c_{t-1} + i \tanh(W' x_t + U' h_{t-1} + b'), \quad
# h_t = o \tanh c_t,$$
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
{type(layer).__name__: layer.output.shape[1:] for layer in model.layers}

# %% [markdown]
# The target has to have the shape (samples, 1, 1), so that each of a sample's outputs is compared with
# the sample's own next close. The sources pass it flat, which today's Keras takes for something else
# without a word: see [erratum sp-flat-target](../errata.md#sp-flat-target).

# %%
target = y_train[:, None, None]
training = {"epochs": 10, "batch_size": 32, "validation_split": 0.1, "shuffle": False}
history = model.fit(X_train, target, **training, verbose=0)

# %% tags=["figure"]
plots.losses(
    history.history,
    "standardised close",
    id="sp-plot-loss",
    caption="Mean absolute error against the next close, by epoch, on the first 90 % "
    "of the training windows and on the last 10 %.",
)

# %% [markdown]
# ## One window beside what the network writes
#
# The reconstruction error of a window is the mean distance between its days $x_t$ and what the
# network writes for them, $\hat x_t$:
#
# $$e = \frac{1}{30} \sum_{t=1}^{30} |x_t - \hat x_t|.$$


# %%
def reconstruction_error(X):
    return np.abs(model.predict(X, verbose=0) - X).mean(axis=(1, 2))


error_train = pd.Series(reconstruction_error(X_train), z_train.index[TIME_STEPS:])
error_test = pd.Series(reconstruction_error(X_test), z_test.index[TIME_STEPS:])

# %%
calm, worst = int(error_train.argmin()), int(error_train.argmax())
written = model.predict(X_train[[calm, worst]], verbose=0)
print(f"errors: {error_train.iloc[calm]:.3f} and {error_train.iloc[worst]:.3f}")

# %% tags=["figure"]
plots.window(
    {
        f"before {error_train.index[i]:%d %B %Y}": (X_train[i, :, 0], written[place, :, 0])
        for place, i in enumerate((calm, worst))
    },
    "standardised close",
    id="sp-window",
    caption="The training windows with the smallest and with the largest error.",
)

# %% [markdown]
# ## From error to flag
#
# The sources plot the training errors and read a threshold off the plot: 0.65, since few training
# errors are larger. A test day is flagged if the error of the 30 days before it exceeds that value.

# %% tags=["figure"]
plots.distribution(
    error_train,
    "reconstruction error (standardised close)",
    bins=50,
    kde=True,
    id="sp-plot-dist",
    caption="Reconstruction errors of the training windows.",
)

# %%
THRESHOLD = 0.65
flags = error_test > THRESHOLD
print(f"{flags.sum()} of {len(flags)} test days flagged, largest error {error_test.max():.2f}")

# %% tags=["figure"]
plots.score(
    error_test,
    "error (standardised close)",
    threshold=THRESHOLD,
    id="sp-plot-test",
    caption="Reconstruction error of the test part, and the threshold.",
)

# %% tags=["figure"]
plots.series(
    test["close"][TIME_STEPS:],
    "close (index points)",
    flags=flags,
    id="sp-plot-flags",
    caption=f"Close over the test part. Days flagged with seed {SEED}: {flags.sum()}.",
)

# %% tags=["figure"]
first = pd.DataFrame({"error": error_test, "close": test["close"][TIME_STEPS:]})
plots.table(
    first[flags].head().rename_axis("day"),
    id="sp-table",
    digits=4,
    caption=f"The first flagged test days; with seed {SEED} there are {flags.sum()}.",
)
