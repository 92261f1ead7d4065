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
# # "Battery" temperature: an LSTM with a static and a dynamic threshold
#
# [Open this chapter in Colab](https://colab.research.google.com/github/anomalies-reproduced/anomalies-reproduced/blob/main/notebooks/03_battery.ipynb)
#
# **Question.** A monitored value leaves its usual range now and then. Which of those moments should
# wake somebody, and can a threshold that moves with the errors tell better than a fixed one?
#
# By the end of this chapter you can train an LSTM that carries its state through a series, take a
# squared error for each point, set a static and a rolling threshold on the errors, and say what each
# of them can hardly ever flag.
#
# **You need** the chapter [Data and labels](00_data_and_labels.ipynb), a first acquaintance with
# PyTorch, and the LSTM layer as [chapter 1](01_sp500.ipynb) explains it.
#
# > **Source.** The notebook *new dataset lstm anomaly detection* in the repository
# > `ANIZAI/Machine-Learning-based-Anomaly-Detection`. It calls its two files a battery temperature.
# > They are two series of the Numenta Anomaly Benchmark (NAB): see
# > [erratum bat-no-battery](../errata.md#bat-no-battery).
#
# The walkthrough does a lot well. It puts two thresholds on the same errors, so that they can be
# compared. It prints the losses in full precision, and the number of every row that it flags. Few
# tutorials can be checked so closely.

# %% tags=["setup", "remove-cell"]
# @title Set up: adds what is missing, changes nothing that is there
try:
    import tsadbook  # noqa: F401
except ImportError:
    # %pip list --format=freeze > installed.txt
    # %pip install -q -c installed.txt "tsadbook[torch] @ git+https://github.com/anomalies-reproduced/anomalies-reproduced"
    pass

# %% tags=["parameters"]
SEED = 42

# %%
import numpy as np
import pandas as pd
import torch
from sklearn.metrics import precision_recall_fscore_support
from sklearn.preprocessing import StandardScaler
from torch import nn

from tsadbook import datasets, plots
from tsadbook.evaluation.events import label_rows
from tsadbook.plots import explorers
from tsadbook.registers import reproduction

# %% [markdown]
# ## Why this error should tell an anomaly
#
# A network that is trained to write a series again gets good at what the series does most of the
# time. What it has rarely seen it should write badly, and then the distance between the value and
# what was written is large.
#
# ```
# 64 values ──► LSTM, 128 units ──► linear layer ──► 64 values written
#     │                                                      │
#     └──────────────► (value − written)² ◄──────────────────┘
#                              │
#                     error of each point ──► above the threshold? ──► flag
# ```
#
# ## The data
#
# Each series has a value every five minutes for two weeks. The network is trained on the request
# latency of a cloud service. The processor load of another machine serves as validation. NAB labels an
# anomaly with one instant, and lays a window around it as a tolerance.

# %%
train = datasets.load("realKnownCause/ec2_request_latency_system_failure")
valid = datasets.load("realAWSCloudwatch/ec2_cpu_utilization_5f5533")
labelled_train = label_rows(train.series.index, train.instants)
train.series.head()

# %% tags=["figure"]
UNIT = "request latency (unit not given)"
caption = "The training series, its labelled instants and the windows around them."
marks = {"windows": train.windows, "labels": labelled_train}
plots.series(train.series, UNIT, **marks, id="bat-plot-series", caption=caption)

# %% [markdown]
# One scaler, fitted on the training series, serves both. It takes the mean away and divides by the
# standard deviation.

# %%
scaler = StandardScaler().fit(train.series.to_frame("value"))


def standardise(series):
    return pd.Series(scaler.transform(series.to_frame("value"))[:, 0], series.index)


z_train, z_valid = standardise(train.series), standardise(valid.series)

# %% [markdown]
# ## Chunks and network
#
# The series is cut into chunks of 64 values that do not overlap. A chunk is the input of the network,
# and the same chunk is its target.

# %%
SIZE = 64


def loader_of(z):
    """The chunks of a series in order, each of them input and target."""
    chunks = torch.tensor(z.to_numpy(np.float32)).unfold(0, SIZE, SIZE)
    pairs = torch.utils.data.TensorDataset(chunks, chunks)
    return torch.utils.data.DataLoader(pairs, batch_size=1)


loaders = {"train": loader_of(z_train), "valid": loader_of(z_valid)}

# %% [markdown]
# The network has two layers:
#
# 1. an LSTM, which reads one value after another and gives 128 numbers for each: (64, 1) → (64, 128);
# 2. a linear layer, which makes one number of the 128: (64, 128) → (64,).
#
# An LSTM hands a state on from value to value: its last output and its memory. Here the state also
# goes from chunk to chunk, from epoch to epoch, and from one series to the other.


# %%
class CarryingLSTM(nn.Module):
    """One output per input value; the state at the end of a call starts the next."""

    def __init__(self, hidden=128):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden)
        self.linear = nn.Linear(hidden, 1)
        self.state = None  # zeros

    def forward(self, chunk):  # (64,) -> (64,)
        output, state = self.lstm(chunk.view(-1, 1, 1), self.state)
        self.state = tuple(part.detach() for part in state)
        return self.linear(output).view(-1)


# %% [markdown]
# ## Training
#
# The loss is the mean squared error. Adam learns for fifty epochs, and its learning rate rises to
# 0.001 and falls again once in that time.

# %%
EPOCHS, RATE = 50, 0.001
torch.manual_seed(SEED)
model = CarryingLSTM()
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
schedule = torch.optim.lr_scheduler.OneCycleLR(
    optimizer, max_lr=RATE, steps_per_epoch=len(loaders["train"]), epochs=EPOCHS
)


# %%
def learn_from(loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()


# %%
def one_pass(phase):
    chunk_losses = []
    for chunk, target in loaders[phase]:
        with torch.set_grad_enabled(phase == "train"):
            loss = criterion(model(chunk[0]), target[0])
        if phase == "train":
            learn_from(loss)
        chunk_losses.append(loss.item())
    return float(np.mean(chunk_losses))


# %% [markdown]
# One pass over the training series learns from it, one over the validation series does not.

# %%
losses = {"loss": [], "val_loss": []}
for _ in range(EPOCHS):
    losses["loss"].append(one_pass("train"))
    losses["val_loss"].append(one_pass("valid"))

# %% tags=["figure"]
caption = "Mean squared error of training and validation, by epoch."
unit = "squared standardised value"
plots.losses(losses, unit, log=True, id="bat-plot-loss", caption=caption)

# %% [markdown]
# ## What the network writes
#
# The cells that compute the final predictions are missing from the public notebook. This chapter lets
# the network go on from the state in which training left it, training series first. The published
# numbers fit that choice ([erratum bat-lost-state](../errata.md#bat-lost-state)).


# %%
def write(loader):
    """What the network writes for a series, chunk after chunk."""
    with torch.no_grad():
        return torch.cat([model(chunk[0]) for chunk, _ in loader]).numpy()


written_train, written_valid = write(loaders["train"]), write(loaders["valid"])

# %% tags=["figure", "hide-input"]
# @title The whole series, and what the network writes for it
both = {"given": z_train, "written": pd.Series(written_train, z_train.index)}
caption = "The training series and what the network writes for it."
plots.parts(both, "standardised value", id="bat-plot-fit", caption=caption)


# %%
def squared_error(written, z):
    return ((written - z.to_numpy(np.float32)) ** 2).astype(float)


errors_train = squared_error(written_train, z_train)
errors_valid = squared_error(written_valid, z_valid)

# %% [markdown]
# The two lines lie on one another, but for one spike. A closer look at two chunks, the one with the
# median error and the one with the largest:

# %%
order = np.argsort(errors_train.reshape(-1, SIZE).mean(axis=1))
chosen = {"usual chunk": order[len(order) // 2], "worst chunk": order[-1]}

# %% tags=["figure"]
in_chunks = [v.reshape(-1, SIZE) for v in (z_train.to_numpy(), written_train)]
pairs = {name: [v[chunk] for v in in_chunks] for name, chunk in chosen.items()}
caption = (
    "A usual chunk and the worst one, each beside what the network writes for it."
)
plots.window(pairs, "standardised value", id="bat-window", caption=caption)

# %% [markdown]
# ## A static threshold
#
# A point is flagged if its squared error $e_t$ is larger than mean plus three standard deviations of
# the training errors:
#
# $$e_t > \bar e + 3\,s$$

# %%
threshold = errors_train.mean() + 3 * errors_train.std()
static_train, static_valid = errors_train > threshold, errors_valid > threshold

# %% tags=["figure"]
caption = "Labelled points, and points that the static threshold flags."
marks = {"flags": static_train, "labels": labelled_train}
plots.series(train.series, UNIT, **marks, id="bat-plot-static", caption=caption)

# %% [markdown]
# ## A dynamic threshold
#
# Now mean and standard deviation are taken over the last 40 errors, the point's own error among them,
# and the coefficient is six:
#
# $$e_t > \bar e_{t-39,\dots,t} + 6\,s_{t-39,\dots,t}$$

# %%
rolling = {"window": 40, "min_periods": 1}
COEFFICIENT = 6


def dynamic_threshold(errors):
    last = pd.Series(errors).rolling(**rolling)
    return (last.mean() + COEFFICIENT * last.std()).to_numpy()


dynamic_train = errors_train > dynamic_threshold(errors_train)
dynamic_valid = errors_valid > dynamic_threshold(errors_valid)

# %% tags=["figure"]
caption = "Labelled points, and points that the dynamic threshold flags."
marks = {"flags": dynamic_train, "labels": labelled_train}
plots.series(train.series, UNIT, **marks, id="bat-plot-dynamic", caption=caption)

# %% [markdown]
# ## Its result
#
# The labels are single points, so precision and recall are counted by points. The third score is an
# F-score with beta 2, which weighs recall higher than precision.

# %%
BETA = 2


def metrics(flags):
    precision, recall, f, _ = precision_recall_fscore_support(
        labelled_train, flags, beta=BETA, average="binary", zero_division=0
    )
    return {"precision": precision, "recall": recall, "F2 score": f}


# %%
flagged = {"static": static_train, "dynamic": dynamic_train}
table = pd.DataFrame({name: metrics(flags) for name, flags in flagged.items()}).T
table.assign(flags=[flags.sum() for flags in flagged.values()]).round(3)

# %% [markdown]
# It looks like a plain trade. The static threshold raises no false alarm and misses most labels. The
# dynamic one finds more, and cries wolf for it. Three findings say that it is no such trade.
#
# ## Published beside reproduced

# %% tags=["published-beside-reproduced"]
reproduction.show("03_battery", globals())

# %% [markdown]
# ## First finding: one point makes the threshold that is to catch it
#
# Which points make the static threshold as high as it is? Leave out the largest error, and take the
# threshold again.

# %%
largest = errors_train.argmax()
share = errors_train[largest] / errors_train.sum()
rest = np.delete(errors_train, largest)
threshold_without = rest.mean() + 3 * rest.std()
flags_without = errors_train > threshold_without

# %%
print(f"Row {largest} carries {share:.1%} of the whole training error.")
print(f"Threshold with it {threshold:.4f}, without it {threshold_without:.4f}.")
print(f"Flags with it {static_train.sum()}, without it {flags_without.sum()}.")

# %% tags=["figure"]
errors = pd.Series(errors_train, z_train.index)
heights = {"threshold": threshold, "without the largest error": threshold_without}
marks = {"threshold": heights, "labels": labelled_train, "log": True}
caption = "Training errors, and the threshold with and without the largest of them."
plots.score(errors, "squared error", **marks, id="bat-one-point", caption=caption)

# %% [markdown]
# Three deviations are a rule for values that lie around their mean as a Gaussian does. Squared errors do
# not, and here one of them makes both mean and deviation. The largest anomaly lifts the threshold over
# the others, and hides them. That is called *masking*
# ([erratum bat-three-sigma](../errata.md#bat-three-sigma)).
#
# What to do instead: take the threshold from rows that are known to be quiet, or from a quantile, which
# a single point cannot move.
#
# ## Second finding: a point can hardly exceed its own threshold
#
# The window of the dynamic threshold holds the point itself. A large error lifts the mean of its window,
# and lifts the deviation even more. Among $n$ values none can lie more than
#
# $$\frac{n - 1}{\sqrt{n}}$$
#
# standard deviations above their mean, however large it is. Try the most extreme case, one huge value
# among equal ones:


# %%
def largest_z(n):
    values = np.zeros(n)
    values[-1] = 1e9
    return (values[-1] - values.mean()) / values.std(ddof=1)


sizes = np.arange(2, 81)
bound = pd.Series((sizes - 1) / np.sqrt(sizes), sizes)
pd.DataFrame({"tried": {n: largest_z(n) for n in sizes}, "(n − 1) / √n": bound})[
    8::10
]

# %%
shortest = bound.index[bound > COEFFICIENT][0]
n = rolling["window"]
print(f"{n} values allow {bound[n]:.2f} deviations, and {COEFFICIENT} are asked for.")
print(f"With fewer than {shortest} values nothing could ever be flagged.")

# %% [markdown]
# So a hair's breadth is left. Let the window end one row earlier, so that the point is not in it, and
# the bound is gone:

# %%
before_train = errors_train > dynamic_threshold(pd.Series(errors_train).shift(1))
before_valid = errors_valid > dynamic_threshold(pd.Series(errors_valid).shift(1))
print(f"training: {before_train.sum()} flags instead of {dynamic_train.sum()}")
print(f"validation: {before_valid.sum()} flags instead of {dynamic_valid.sum()}")

# %% [markdown]
# That the dynamic threshold flags so few points does not speak for it. It could flag hardly any
# ([erratum bat-threshold-sees-itself](../errata.md#bat-threshold-sees-itself)). With a window and a
# coefficient from the shaded region of the next figure it would be silent for ever, and nobody would be
# told.
#
# **Move window and coefficient.** The shaded region is where the formula leaves no room. Untick the
# box, and the region is gone.

# %% tags=["figure", "hide-input"]
# @title An explorer of the rolling threshold
monitored = {
    "request latency": (train, errors_train),
    "processor load": (valid, errors_valid),
}
cases = [
    explorers.Case(name, pd.Series(e, data.series.index), data.windows)
    for name, (data, e) in monitored.items()
]
explorers.rolling(
    "bat-rolling-explorer",
    cases,
    "Is there a window and a coefficient that find all label windows without a false alert, and "
    "does it help that a row is in its own window?",
    "squared error",
    window=rolling["window"],
    k=COEFFICIENT,
)

# %% [markdown]
# ## Third finding: the identity is the optimum
#
# Input and target are the same values. A network that hands each value through has no error at all, and
# needs no memory for it. Nothing narrow stands in between: 128 numbers are there for each single one.
# The longer it learns, the nearer it comes to the diagonal.

# %% tags=["figure"]
axes = "given (standardised value)", "written (standardised value)"
caption = "Input and output for every training point, and the identity."
where = {"identity": True, "id": "bat-identity", "caption": caption}
plots.scatter(z_train, written_train, *axes, **where)

# %% [markdown]
# If the network hands values through, their order should not matter to it. Shuffle all rows of the
# training series, so that nothing is left of the course of two weeks, and let the same network write
# them:

# %%
places = np.random.default_rng(SEED).permutation(len(z_train))
z_shuffled = z_train.iloc[places]
errors_shuffled = squared_error(write(loader_of(z_shuffled)), z_shuffled)
rows_shuffled = np.sort(places[errors_shuffled > threshold])

# %%
medians = np.median(errors_train), np.median(errors_shuffled)
print("median error {:.1e} in order, {:.1e} shuffled".format(*medians))
print(
    f"rows flagged {np.flatnonzero(static_train)} in order, {rows_shuffled} shuffled"
)

# %% [markdown]
# The median error is as small as before, and the static threshold flags what it flagged before. So this
# LSTM does not judge the course of the series. It judges how far a single value lies outside of what it
# has learnt to hand through: it is an amplitude detector. A rule on the raw values does the same in one
# line. To make the order count, the network must be asked for something that is not in its input, such
# as the *next* value. That is where [the repair](03_battery_repaired.ipynb) begins.
#
# ## A function to take away
#
# A rolling threshold from the rows *before* each row, for the errors of any detector:


# %%
def flags_from_before(scores, window=40, k=6.0):
    """Flag scores more than k deviations above the mean of the `window` scores before."""
    before = scores.shift(1).rolling(window)
    return scores > before.mean() + k * before.std()


# %%
flags_from_before(pd.Series(errors_train, z_train.index)).sum()

# %% [markdown]
# ## Exercises
#
# 1. Set the coefficient of the dynamic threshold to 6.2. What is flagged, and why?
# 2. Take a centred window of 40 points for the dynamic threshold. Which points are flagged now?
