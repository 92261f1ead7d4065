"""What chapter 3's walkthrough is asked once it has run."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import confusion_matrix

from tsadbook.evaluation.events import label_rows
from tsadbook.registers import reproduction


def published() -> dict:
    return reproduction.published("battery")


def scaler_in_words(c) -> str:
    learnt = np.isclose(c.scaler.mean_, c.train.series.mean())
    back = c.z_valid * c.scaler.scale_ + c.scaler.mean_
    return (
        f"{type(c.scaler).__name__} fitted on the {'training series' if learnt else 'other values'}"
        f", used for {'both' if np.allclose(back, c.valid.series) else 'one'}"
    )


def labelled_values(data, z) -> dict:
    """Value and standardised value of each labelled row."""
    rows = np.flatnonzero(label_rows(data.series.index, data.instants))
    return {int(row): [data.series.iloc[row], z.iloc[row]] for row in rows}


def chunks(c) -> dict:
    loader = c.loaders["train"]
    inputs = loader.dataset.tensors[0]
    return {
        "size": inputs.shape[1],
        "stride": inputs.stride(0),
        "batch_size": loader.batch_size,
    }


def network(c) -> dict:
    """Read back from a copy; two calls differ if the state goes from one to the other."""
    model, chunk = copy.deepcopy(c.model), c.loaders["train"].dataset.tensors[0][0]
    carried = "reset" if torch.equal(model(chunk), model(chunk)) else "carried from chunk to chunk"
    return {
        "lstm": [model.lstm.input_size, model.lstm.hidden_size],
        "linear": [model.linear.in_features, model.linear.out_features],
        "hidden_state": carried + ("" if model.state[0].requires_grad else ", detached"),
    }


def training(c) -> dict:
    inputs, targets = c.loaders["train"].dataset.tensors
    return {
        "epochs": len(c.losses["loss"]),
        "optimizer": type(c.optimizer).__name__.lower(),
        "lr": c.optimizer.defaults["lr"],
        "scheduler": type(c.schedule).__name__,
        "max_lr": c.optimizer.param_groups[0]["max_lr"],
        "loss": {"MSELoss": "mse"}.get(type(c.criterion).__name__),
        "target": "the input itself" if torch.equal(inputs, targets) else "another",
    }


def order_in_words(c) -> str:
    loader = c.loaders["train"]
    in_order = isinstance(loader.sampler, torch.utils.data.SequentialSampler)
    each_chunk = c.schedule.last_epoch == c.EPOCHS * len(loader)  # counts its own steps
    return (
        f"chunks in the order of time, {'not shuffled' if in_order else 'shuffled'}; "
        f"the rate is changed after each {'chunk' if each_chunk else 'epoch'}"
    )


def losses(c, pick) -> dict:
    return {"train": pick(c.losses["loss"]), "valid": pick(c.losses["val_loss"])}


def metrics(c, flags) -> dict:
    """As the source prints them, under its own names."""
    values = c.metrics(flags)
    names = {"precision": "precision", "recall": "recall", "F2 score": "F1 score"}
    return {theirs: round(values[ours], 3) for ours, theirs in names.items()}


def states(c) -> dict:
    """Mean training error and static flags of the validation series, from either starting state."""
    model = copy.deepcopy(c.model)
    errors = {}
    for phase, z in (("train", c.z_train), ("valid", c.z_valid)):
        model.state = None
        with torch.no_grad():
            written = torch.cat([model(chunk[0]) for chunk, _ in c.loaders[phase]]).numpy()
        errors[phase] = c.squared_error(written, z)
    limit = errors["train"].mean() + 3 * errors["train"].std()
    return {
        "left by training": [c.errors_train.mean(), np.flatnonzero(c.static_valid)],
        "zeros, for each series": [
            errors["train"].mean(),
            np.flatnonzero(errors["valid"] > limit),
        ],
    }


def lost_state(c) -> dict:
    last = c.losses["loss"][-1]
    (mean_left, rows_left), (mean_zeros, rows_zeros) = states(c).values()
    mean, loss = published()["bat-errors"]["mean"], published()["bat-loss-last"]["train"]
    return {
        "published_mean": mean,
        "published_loss": loss,
        "published_apart": 100 * abs(mean / loss - 1),
        "left_apart": 100 * abs(mean_left / last - 1),
        "zeros_apart": 100 * abs(mean_zeros / last - 1),
        "rows_left": rows_left,
        "rows_zeros": rows_zeros,
        "published_rows": published()["bat-static-valid"],
    }


def published_share() -> tuple[float, float]:
    """Least and most that the largest published error can carry of their sum.

    Squared errors are not negative, so the sum of their squares is at most the largest times their
    sum, and at least the square of the largest.
    """
    count, mean, std = published()["bat-errors"].values()
    total, squares = count * mean, count * (std**2 + mean**2)
    return squares / total / total, np.sqrt(squares) / total


def one_point(c) -> dict:
    least, most = published_share()
    return {
        "published share, at least": least,
        "published share, at most": most,
        "share in this run": float(c.share),
        "row": int(c.largest),
        "threshold": c.threshold,
        "threshold without that point": c.threshold_without,
        "flags without that point": int(c.flags_without.sum()),
        "labels found without that point": int((c.flags_without & c.labelled_train).sum()),
    }


def three_sigma(c) -> dict:
    least, most = published_share()
    return {
        "share_least": 100 * least,
        "share_most": 100 * most,
        "row": int(c.largest),
        "share": 100 * c.share,
        "threshold_without": c.threshold_without,
        "threshold": c.threshold,
        "flags_without": c.flags_without.sum(),
        "flags": c.static_train.sum(),
        "hits_without": (c.flags_without & c.labelled_train).sum(),
        "labelled": c.labelled_train.sum(),
        "hits": (c.static_train & c.labelled_train).sum(),
    }


def sees_itself(c) -> dict:
    return {
        "window": c.rolling["window"],
        "bound": c.bound[c.rolling["window"]],
        "coefficient": c.COEFFICIENT,
        "first_row": int(c.shortest) - 1,
        "before_train": c.before_train.sum(),
        "train": c.dynamic_train.sum(),
        "before_valid": c.before_valid.sum(),
        "valid": c.dynamic_valid.sum(),
    }


def f_score(precision: float, recall: float, beta: float) -> float:
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)


def f_scores() -> dict:
    """F1 and F2 of the published precision and recall, which are thirds."""
    of_threshold = {}
    for kind in ("static", "dynamic"):
        printed = published()[f"bat-{kind}-metrics"]
        p, r = (round(3 * printed[name]) / 3 for name in ("precision", "recall"))
        of_threshold[kind] = {"F1": f_score(p, r, 1), "F2": f_score(p, r, 2)}
    return of_threshold


def f1_is_f2(c) -> dict:
    fields = {"beta": c.BETA}
    for kind, scores in f_scores().items():
        fields[f"published_{kind}"] = published()[f"bat-{kind}-metrics"]["F1 score"]
        fields |= {f"f1_{kind}": scores["F1"], f"f2_{kind}": scores["F2"]}
    return fields


def confusion(c) -> dict:
    """The matrix that follows from the published flags, and its precision and recall."""
    matrices = {}
    for kind in ("static", "dynamic"):
        rows = published()[f"bat-{kind}-train"]
        flags = np.isin(np.arange(len(c.train.series)), rows)
        tn, fp, fn, tp = confusion_matrix(c.labelled_train, flags).ravel()
        matrices[kind] = {
            "true negatives": tn,
            "false positives": fp,
            "missed": fn,
            "found": tp,
            "precision": tp / (tp + fp),
            "recall": tp / (tp + fn),
        }
    return matrices


def time_stamps_as_strings(c) -> dict:
    """What the source's line finds: is a time stamp in a list of strings?"""
    strings = [str(instant) for instant in c.train.instants]
    column = c.train.series.index.to_series()
    return {
        "pandas": pd.__version__,
        "as_strings": column.isin(strings).sum(),
        "as_stamps": column.isin(c.train.instants).sum(),
    }


def no_battery(c) -> dict:
    same = [
        (data.series.head().round(3).to_numpy() == list(published()[f"bat-{part}-head"].values()))
        for part, data in (("train", c.train), ("valid", c.valid))
    ]
    return {
        "rows": len(c.train.series.head()),
        "same_train": same[0].sum(),
        "same_valid": same[1].sum(),
        "spread": c.valid.series.std(ddof=0) / c.train.series.std(ddof=0),
    }


FINDINGS = {
    "bat-train-head": lambda c: c.train.series.head(),
    "bat-valid-head": lambda c: c.valid.series.head(),
    "bat-anomaly-times": lambda c: {
        "train": c.train.instants.astype(str).tolist(),
        "valid": c.valid.instants.astype(str).tolist(),
    },
    "bat-scaler": scaler_in_words,
    "bat-standardised-head": lambda c: c.z_train.head().to_numpy(),
    "bat-train-anomalies": lambda c: labelled_values(c.train, c.z_train),
    "bat-valid-anomalies": lambda c: labelled_values(c.valid, c.z_valid),
    "bat-anomaly-column": lambda c: {
        "head": c.labelled_train[:5].astype(int),
        "train": int(c.labelled_train.sum()),
        "valid": int(label_rows(c.valid.series.index, c.valid.instants).sum()),
    },
    "bat-chunks": chunks,
    "bat-model": network,
    "bat-fit": training,
    "bat-unshuffled": order_in_words,
    "bat-loss": lambda c: losses(c, lambda values: values[:13]),
    "bat-loss-all": lambda c: losses(c, list),
    "bat-loss-last": lambda c: losses(c, lambda values: values[-1]),
    "bat-loss-min": lambda c: losses(c, min),
    "bat-errors": lambda c: {
        "count": len(c.errors_train),
        "mean": c.errors_train.mean(),
        "std": c.errors_train.std(),
    },
    "bat-static": lambda c: c.threshold,
    "bat-static-train": lambda c: np.flatnonzero(c.static_train),
    "bat-static-valid": lambda c: np.flatnonzero(c.static_valid),
    "bat-static-metrics": lambda c: metrics(c, c.static_train),
    "bat-beta": lambda c: c.BETA,
    "bat-dynamic": lambda c: c.rolling | {"std_coef": c.COEFFICIENT},
    "bat-dynamic-train": lambda c: np.flatnonzero(c.dynamic_train),
    "bat-dynamic-valid": lambda c: np.flatnonzero(c.dynamic_valid),
    "bat-dynamic-metrics": lambda c: metrics(c, c.dynamic_train),
    "bat-states": states,
    "bat-one-point": one_point,
    "bat-f-scores": lambda c: f_scores(),
    "bat-confusion": confusion,
}

ERRATA = {
    "bat-time-stamps-as-strings": time_stamps_as_strings,
    "bat-no-battery": no_battery,
    "bat-lost-state": lost_state,
    "bat-three-sigma": three_sigma,
    "bat-threshold-sees-itself": sees_itself,
    "bat-f1-is-f2": f1_is_f2,
}
