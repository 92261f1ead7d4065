"""What the walkthrough of the S&P 500 is asked once it has run, and its audit."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from tsadbook.registers import reproduction, sweeps
from tsadbook.registers.values import as_ranges, from_ranges

SPREAD = 32  # windows, one batch, spread over the years
ABRUPT = pd.to_datetime(["2018-02-02", "2018-02-05", "2018-02-08"])


def published_losses() -> pd.Series:
    """The five losses that the source's notebook prints, by day."""
    losses = pd.Series(reproduction.published("sp500")["sp-first-losses"])
    return losses.set_axis(pd.to_datetime(losses.index))


def scaler(c) -> str:
    fitted_on = "training part" if c.scaler.n_samples_seen_ == len(c.train) else "another part"
    return f"{type(c.scaler).__name__} fitted on the {fitted_on}"


def model(c) -> dict:
    """The settings as the fitted model has them."""
    encoder, dropout, repeat, decoder, _, dense = c.model.layers
    return {
        "encoder_lstm": encoder.units,
        "dropout": dropout.rate,
        "repeat": repeat.n,
        "decoder_lstm": decoder.units,
        "time_distributed_dense": dense.layer.units,
        "loss": c.model.loss,
        "optimizer": c.model.optimizer.name,
    }


def fitted(c) -> dict:
    """Windows that were trained on, and those that validated."""
    n = int(len(c.X_train) * (1 - c.training["validation_split"]))
    if c.history.params["steps"] != -(-n // c.training["batch_size"]):
        raise ValueError("Keras took another number of batches than the split says")
    return {"train": n, "validation": len(c.X_train) - n}


# The flat target


def spread(c) -> np.ndarray:
    return np.linspace(0, len(c.X_train) - 1, SPREAD).astype(int)


def target_losses(c) -> dict:
    """The loss of one batch as Keras reports it for each form of the target, and by hand.

    The trained weights are put into a fresh model for each form, as Keras settles how to compare
    them when it first sees a target.
    """
    rows = spread(c)
    windows, targets = c.X_train[rows], c.y_train[rows]
    output = c.model.predict(windows, verbose=0)

    def reported(shape):
        fresh = c.build_model()
        fresh.set_weights(c.model.get_weights())
        return fresh.evaluate(windows, targets.reshape(shape), verbose=0)

    return {
        "flat target, as Keras 3 reports it": reported((SPREAD,)),
        "every output with the whole batch's targets": float(
            np.abs(output - targets[None, None, :]).mean()
        ),
        "reshaped target, as Keras 3 reports it": reported((SPREAD, 1, 1)),
        "every output with its own target": float(np.abs(output - targets[:, None, None]).mean()),
    }


def target_spread(c) -> dict:
    """Mean distance between any two targets of a batch: of that batch, and of those in training."""

    def of(batch):
        return float(np.abs(c.y_train[batch][:, None] - c.y_train[batch][None, :]).mean())

    size = c.training["batch_size"]
    batches = np.arange(len(c.X_train) // size * size).reshape(-1, size)  # in order
    return {"this batch": of(spread(c)), "in training": float(np.mean([of(b) for b in batches]))}


def flat_outcome(c) -> dict:
    """The same network from the same start, trained with the sources' flat target."""
    c.keras.utils.set_random_seed(c.SEED)
    flat = c.build_model()
    flat.fit(c.X_train, c.y_train, **c.training, verbose=0)
    errors = np.abs(flat.predict(c.X_test, verbose=0) - c.X_test).mean(axis=(1, 2))
    return {
        form: {"largest test error": e.max(), "days": int((e > c.THRESHOLD).sum())}
        for form, e in {"flat": errors, "reshaped": c.error_test}.items()
    }


def flat_target(c) -> dict:
    losses, apart = target_losses(c), target_spread(c)
    kept = sweeps.frame("01_sp500", "sp-flat-outcome")
    return {
        "keras": c.keras.__version__,
        "outputs": c.TIME_STEPS,
        "batch": SPREAD,
        "flat": losses["flat target, as Keras 3 reports it"],
        "reshaped": losses["reshaped target, as Keras 3 reports it"],
        "apart_spread": apart["this batch"],
        "apart_training": apart["in training"],
        "seeds": len(kept),
        "flagging_flat": int((kept["flat.days"] > 0).sum()),
        "flagging_reshaped": int((kept["reshaped.days"] > 0).sum()),
    }


# The error


def misfit(c) -> dict:
    losses = published_losses()
    on_the_days = c.perfect_test.reindex(losses.index)
    swept = sweeps.measurements("01_sp500").get("seeds", {}).values()
    flagged = [len(from_ranges(seed["sp-flagged-rows"])) for seed in swept]
    return {
        "threshold": c.THRESHOLD,
        "published_least": losses.min(),
        "published_most": losses.max(),
        "perfect_most": c.perfect_test.max(),
        "perfect_least_of_days": on_the_days.min(),
        "perfect_most_of_days": on_the_days.max(),
        "seeds": len(flagged),
        "silent": flagged.count(0),
        "most": max(flagged, default=0),
    }


def by_year(c) -> dict:
    """Training windows, those above the threshold, and the largest error, by year."""
    frame = c.error_train.groupby(c.error_train.index.year).agg(
        windows="size", above=lambda errors: int((errors > c.THRESHOLD).sum()), largest="max"
    )
    return frame.to_dict("index")


def price_level(c) -> dict:
    years = by_year(c)
    above = {year: of["above"] for year, of in years.items() if of["above"]}
    late = {year: of["largest"] for year, of in years.items() if year > 1996}
    storm = max(late, key=late.get)
    return {
        "threshold": c.THRESHOLD,
        "above": sum(above.values()),
        "first": min(above),
        "last": max(above),
        "of_first": years[min(above)]["windows"],
        "explained": 100 * c.explained_by(c.error_train, c.level),
        "storm": storm,
        "storm_error": late[storm],
    }


# What was odd in its time: each day's log return against the 60 days before it


def log_return(c) -> pd.Series:
    return np.log(c.close).diff().dropna()


def z_return(c) -> pd.Series:
    before = log_return(c).shift(1).rolling(60)
    return (log_return(c) - before.mean()) / before.std()


def abnormal_training_days(c) -> int:
    return int((z_return(c).reindex(c.train.index).abs() > 5).sum())


def missed_days(c) -> dict:
    """Test days beyond |z| = 3, and those before the first that the source's notebook prints."""
    judged = z_return(c).reindex(c.error_test.index)
    sudden = judged.index[judged.abs() > 3]
    first = published_losses().index[0]
    return {
        "test days with |z| above 3": len(sudden),
        "before the first flag": int((sudden < first).sum()),
    }


def training_not_normal(c) -> dict:
    fall = log_return(c).idxmin()
    return {
        "beyond": abnormal_training_days(c),
        "largest_fall": 100 * np.expm1(log_return(c).min()),
        "z_largest_fall": z_return(c)[fall],
        "perfect_largest_fall": c.perfect_train.get(fall, np.nan),
        "threshold": c.THRESHOLD,
    }


def abrupt_changes(c) -> dict:
    counts, z = missed_days(c), z_return(c)
    first = published_losses().index[0]
    days = [f"{day.day} {day:%B} (z = {z.get(day, np.nan):.1f})" for day in ABRUPT]
    return {
        "first_flag": f"{first.day} {first:%B %Y}",
        "sudden": counts["test days with |z| above 3"],
        "missed": counts["before the first flag"],
        "abrupt": ", ".join(days).replace("-", "−"),
    }


def seconds(c) -> dict:
    """Of the first epoch, which also builds, and of another; and by sample."""
    fresh, ends = c.build_model(), [time.perf_counter()]
    tick = c.keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter())
    )
    fresh.fit(c.X_train, c.target, **c.training | {"epochs": 2}, callbacks=[tick], verbose=0)
    taken = np.diff(ends)
    return {
        "seconds": taken.round(1),
        "us_per_sample": (1e6 * taken / fitted(c)["train"]).round(),
    }


FINDINGS = {
    "sp-head": lambda c: c.close.head(),
    "sp-split": lambda c: round(len(c.train) / len(c.close), 4),
    "sp-shapes": lambda c: {"train": c.train.shape, "test": c.test.shape},
    "sp-scaler": scaler,
    "sp-standardised": lambda c: c.z_test.reindex(published_losses().index),
    "sp-timesteps": lambda c: c.X_train.shape[1],
    "sp-windows": lambda c: {"X_train": c.X_train.shape},
    "sp-model": model,
    "sp-fit": lambda c: c.training | {"epochs": len(c.history.epoch), "seed": c.SEED},
    "sp-fit-split": fitted,
    "sp-loss": lambda c: c.history.history["loss"],
    "sp-val-loss": lambda c: c.history.history["val_loss"],
    "sp-threshold": lambda c: c.THRESHOLD,
    "sp-training-above-threshold": lambda c: (c.error_train > c.THRESHOLD).mean(),
    "sp-training-errors-by-year": by_year,
    "sp-flagged-rows": lambda c: as_ranges(np.flatnonzero(c.flags)),
    "sp-first-anomalies": lambda c: c.error_test[c.flags].head(),
    "sp-first-losses": lambda c: c.error_test.reindex(published_losses().index),
    "sp-flags-by-threshold": lambda c: {
        str(t): int((c.error_test > t).sum()) for t in (0.2, 0.3, 0.4, 0.5, 0.65)
    },
    "sp-target-is-input": lambda c: (
        c.target.shape == c.X_train.shape and np.array_equal(c.target, c.X_train)
    ),
    "sp-code-width": lambda c: {
        "numbers in a window": c.TIME_STEPS,
        "numbers in the code": c.model.layers[0].units,
    },
    "sp-explained-by-level": lambda c: c.explained_by(c.error_train, c.level),
    "sp-abnormal-training-days": lambda c: {
        "days with |z| of the log return above 5": abnormal_training_days(c)
    },
    "sp-missed-days": missed_days,
    "sp-target-losses": target_losses,
    "sp-target-spread": target_spread,
    "sp-flat-outcome": flat_outcome,
}

ERRATA = {
    "sp-flat-target": flat_target,
    "sp-wide-code": lambda c: {
        "code": c.model.layers[0].units,
        "window": c.TIME_STEPS,
        "ratio": c.model.layers[0].units / c.TIME_STEPS,
    },
    "sp-no-autoencoder": lambda c: {
        "window": c.TIME_STEPS,
        "target_shape": str(c.target.shape),
        "input_shape": str(c.X_train.shape),
        "perfect_train": c.perfect_train.mean(),
        "perfect_test": c.perfect_test.max(),
    },
    "sp-flags-are-misfit": misfit,
    "sp-price-level": price_level,
    "sp-extrapolation": lambda c: {
        "above": 100 * float((c.test["close"] > c.train["close"].max()).mean()),
        "z_train_most": c.z_train.max(),
        "z_test_least": c.z_test.min(),
        "z_test_most": c.z_test.max(),
    },
    "sp-training-not-normal": training_not_normal,
    "sp-abrupt-changes": abrupt_changes,
}

SECONDS = {"sp-seconds": seconds}
