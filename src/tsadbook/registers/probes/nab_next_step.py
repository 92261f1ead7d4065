"""What chapter 2, the walkthrough, is asked; and what lies behind its published numbers."""

from __future__ import annotations

import keras
import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm, skew

from tsadbook.registers import ledger, sweeps

_TODAY: dict = {}  # by the chapter's model: trained once, asked for three times


def _published(id: str):
    return next(entry.value for entry in ledger.entries() if entry.id == id)


def scaling(c) -> str:
    """Whether the network is given the readings themselves."""
    raw = np.isin(c.X_train, c.temperature).all() and np.isin(c.y_train, c.temperature).all()
    return "none" if raw else "scaled"


def model(c) -> dict:
    """The settings of the trained network, read back from it."""
    first, dropout, second, again, dense = c.model.layers
    assert dropout.rate == again.rate
    assert first.recurrent_activation is second.recurrent_activation is c.hard_sigmoid
    initializer = type(dense.kernel_initializer).__name__
    return {
        "lstm": [first.units, second.units],
        "dropout": dropout.rate,
        "dense": dense.units,
        "initializer": {"HeNormal": "he_normal"}.get(initializer, initializer),
        "activation": dense.activation.__name__,
        "optimizer": c.model.optimizer.name,
        "learning_rate": round(float(c.model.optimizer.learning_rate), 6),
        "loss": c.model.loss,
    }


def _trained_layers(c) -> dict:
    first, _, second, _, dense = c.model.layers
    return {"lstm_1": first, "lstm_2": second, "dense": dense}


def params(c) -> dict:
    """Weights by layer, and which of them are trained."""
    total = c.model.count_params()
    trainable = sum(int(np.prod(w.shape)) for w in c.model.trainable_weights)
    return {name: layer.count_params() for name, layer in _trained_layers(c).items()} | {
        "total": total,
        "trainable": trainable,
        "non_trainable": total - trainable,
    }


def fit(c) -> dict:
    """The settings of the training call, as it ran."""
    assert c.history.params["steps"] == -(-len(c.X_train) // c.settings["batch_size"])
    return c.settings | {"epochs": len(c.history.epoch)}


def speed(c) -> dict:
    """Seconds an epoch, and microseconds a window."""
    seconds = np.diff(c.ticks)
    steps = 1e6 * seconds / len(c.X_train)
    return {
        "first_epoch_s": round(seconds[0], 1),
        "later_epochs_s": [round(f(seconds[1:]), 1) for f in (min, max)],
        "us_per_step": [round(f(steps)) for f in (min, max)],
    }


def rule(c) -> dict:
    """The decision rule, asked rather than read."""
    at = "at or above" if c.is_anomalous(float(c.MULTIPLE)) else "above"
    sides = "both sides" if c.is_anomalous(-float(c.MULTIPLE) - 1) else "one side"
    return {
        "flag_at_multiple": c.MULTIPLE,
        "flags": f"{at} the multiple, on {sides} of the mean",
        "scored": f"first {len(c.z)} validation windows",
    }


def with_todays_gates(c) -> dict:
    """The same network, seed and data with the gates that Keras takes today: loss and range."""
    if c.model not in _TODAY:
        keras.utils.set_random_seed(c.SEED)
        network = c.build_model("sigmoid")
        held_out = (c.X_val, c.y_val)
        history = network.fit(
            c.X_train, c.y_train, validation_data=held_out, verbose=0, **c.settings
        )
        _TODAY[c.model] = {
            "loss": history.history["val_loss"][-1],
            "range": np.ptp(network.predict(c.X_train, verbose=0)),
        }
    return _TODAY[c.model]


def prediction_range(c) -> dict:
    return {"as published": np.ptp(c.predicted), "today": with_todays_gates(c)["range"]}


def final_val_loss(c) -> dict:
    last = c.history.history["val_loss"][-1]
    return {"as published": last, "today": with_todays_gates(c)["loss"]}


def constant(c) -> np.float32:
    """The constant whose mean error is the one that the source prints.

    There are two, one on each side of the median; this is the lower one.
    """
    targets, published = c.y_train[:, 0], _published("nab-gaussian")["mean"]

    def off(value):
        return np.abs(targets - value).mean() - published

    lowest = np.median(targets)  # no constant does better than the median
    if off(lowest) >= 0:  # only with stand-in data
        return np.float32(lowest)
    return np.float32(brentq(off, lowest - 20, lowest))


def errors_of_the_constant(c):
    return np.abs(float(constant(c)) - c.y_train[:, 0])


def scored_by_the_constant(c) -> dict:
    """What the source prints, with one constant in place of its network."""
    value = float(constant(c))
    mean, std = norm.fit(errors_of_the_constant(c))
    z = (np.abs(value - c.y_val[: c.N_SCORED, 0]) - mean) / std
    return {
        "constant": value,
        "mean": mean,
        "std": std,
        "scores": np.round(c.anomaly_score(z), 4),
        "flags": c.is_anomalous(z).astype(int),
        "validation error": np.abs(value - c.y_val[:, 0]).mean(),
    }


def constants_of_the_prose(c):
    """The constants, to two digits, that give the mean and the deviation of the source's prose."""
    candidates = np.arange(80, 100, 0.01)
    distances = np.abs(c.y_train[:, 0][None, :] - candidates[:, None])
    fits = (distances.mean(axis=1).round(2) == 9.25) & (distances.std(axis=1).round(1) == 10.2)
    return candidates[fits].round(2)


def copying(c) -> float:
    """Mean error of the last reading of each window, taken as the forecast."""
    return np.abs(c.X_train[:, -1, 0] - c.y_train[:, 0]).mean()


def shuffled(c) -> dict:
    return {
        "correlation of neighbours in a window": c.in_window,
        "correlation of neighbours in the series": c.in_series,
        "validation rows with a training neighbour": c.near.mean(),
    }


def perfect_score(c) -> dict:
    """The scores of no error and of the mean error, under the Gaussian that the source prints."""
    mean, std = norm.fit(errors_of_the_constant(c))
    zero, average = (float(c.anomaly_score((e - mean) / std)) for e in (0, mean))
    return {"error zero": zero, "average error": average}


def gaussian_fit(c) -> dict:
    errors = errors_of_the_constant(c)
    return {
        "probability of an error below zero": norm.cdf(0, *norm.fit(errors)),
        "skewness": skew(errors),
    }


FINDINGS = {
    "nab-rows": lambda c: c.temperature.reset_index().shape,
    "nab-head": lambda c: c.temperature.head(),
    "nab-scaling": scaling,
    "nab-split": lambda c: c.split,
    "nab-split-shapes": lambda c: {"X_train": c.train_rows.shape, "X_val": c.val_rows.shape},
    "nab-offset": lambda c: {"X1": c.X[1, 0], "y0": c.y[0, 0]},
    "nab-timesteps": lambda c: c.X_train.shape[1],
    "nab-windows": lambda c: {
        "X_train": c.X_train.shape,
        "y_train": c.y_train.shape,
        "X_val": c.X_val.shape,
        "y_val": c.y_val.shape,
    },
    "nab-model": model,
    "nab-params": params,
    "nab-layers": lambda c: {n: layer.output.shape[1:] for n, layer in _trained_layers(c).items()},
    "nab-fit": fit,
    "nab-loss": lambda c: c.history.history["loss"],
    "nab-val-loss": lambda c: c.history.history["val_loss"],
    "nab-predicted": lambda c: c.predicted.shape,
    "nab-errors": lambda c: len(c.errors),
    "nab-gaussian": lambda c: {"mean": c.mean, "std": c.std},
    "nab-rule": rule,
    "nab-flags": lambda c: c.flags.astype(int),
    "nab-scores": lambda c: np.round(c.scores, 4),
    "nab-prediction-range": prediction_range,
    "nab-final-val-loss": final_val_loss,
    "nab-constant": scored_by_the_constant,
    "nab-prose-constant": lambda c: {
        "constants that give 9.25 and 10.2": constants_of_the_prose(c)
    },
    "nab-persistence": copying,
    "nab-shuffled": shuffled,
    "nab-perfect-score": perfect_score,
    "nab-gaussian-fit": gaussian_fit,
}

SECONDS = {"nab-speed": speed}


def gate_default(c) -> dict:
    """How far today's gates are from those of the source, and what that changes."""
    ops, x = keras.ops, np.linspace(-6, 6, 1201)
    ranges = sweeps.frame("02_nab_next_step", "nab-prediction-range")
    losses = final_val_loss(c)
    return {
        "keras": keras.__version__,
        "default": keras.layers.LSTM(1).recurrent_activation.__name__,
        "gap": float(ops.max(ops.abs(ops.sigmoid(x) - c.hard_sigmoid(x)))),
        "slope": float(ops.hard_sigmoid(ops.convert_to_tensor(1.0))) - 0.5,
        "constant_as_published": int((ranges["as published"] < 1e-3).sum()),
        "constant_today": int((ranges["today"] < 1e-3).sum()),
        "seeds": len(ranges),
        "loss_as_published": losses["as published"],
        "loss_today": losses["today"],
    }


def one_constant(c) -> dict:
    found, printed = scored_by_the_constant(c), _published("nab-gaussian")
    return {
        "constant": found["constant"],
        "mean": found["mean"],
        "std": found["std"],
        "loss": found["validation error"],
        "published_mean": printed["mean"],
        "published_std": printed["std"],
        "published_loss": _published("nab-val-loss")[-1],
        "scores": int((found["scores"] == _published("nab-scores")).sum()),
    }


def single_variable(c) -> dict:
    targets = c.y_train[:, 0]
    return {
        "copying": copying(c),
        "share": 100 * copying(c) / errors_of_the_constant(c).mean(),
        "published_mean": _published("nab-gaussian")["mean"],
        "median": np.abs(targets - np.median(targets)).mean(),
    }


def prose_moments(c) -> dict:
    fitting, printed = constants_of_the_prose(c), _published("nab-gaussian")
    return {
        "published_mean": printed["mean"],
        "published_std": printed["std"],
        "least": fitting.min(),
        "most": fitting.max(),
        "constant": float(constant(c)),
    }


def two_sided_score(c) -> dict:
    perfect, average = perfect_score(c).values()
    return {"perfect": perfect, "average": average}


def gaussian_of_errors(c) -> dict:
    below_zero, skewness = gaussian_fit(c).values()
    return {"below_zero": 100 * below_zero, "skewness": skewness}


ERRATA = {
    "nab-gate-default": gate_default,
    "nab-constant": one_constant,
    "nab-single-variable": single_variable,
    "nab-next-step": lambda c: {"target": c.y[0, 0], "input": c.X[1, 0], "copying": copying(c)},
    "nab-prose-moments": prose_moments,
    "nab-shuffled-windows": lambda c: {
        "window": c.N_TIMESTEPS,
        "in_window": c.in_window,
        "in_series": c.in_series,
        "near": 100 * c.near.mean(),
    },
    "nab-two-sided-score": two_sided_score,
    "nab-gaussian-fit": gaussian_of_errors,
}
