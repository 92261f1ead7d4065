"""Chapter 4, the walkthrough: what is read from its names once it has run."""

from __future__ import annotations

import time

import numpy as np

from tsadbook.evaluation.events import label_rows
from tsadbook.registers.reproduction import published
from tsadbook.registers.values import as_ranges, from_ranges
from tsadbook.windows import all_windows_agree


def _convolutions(c) -> list:
    return [layer for layer in c.model.layers if not isinstance(layer, c.layers.Dropout)]


def _the_one(values):
    """The value that all share."""
    (value,) = set(values)
    return value


def scaling(c) -> str:
    """Read back from the scaled series: whose moments they are, and for which series."""
    own = np.isclose(c.z_train.mean(), 0) and np.isclose(c.z_train.std(), 1)
    shared = np.allclose(c.z_test * c.std + c.mean, c.jump.series)
    return (
        f"mean and standard deviation of the {'training' if own else 'other'} series, "
        f"used for {'both' if shared else 'one'}"
    )


def network(c) -> dict:
    """The settings of the network, read back from its layers."""
    convolutions = _convolutions(c)
    *inner, last = [layer.activation.__name__ for layer in convolutions]
    last = "none" if last == "linear" else last
    return {
        "filters": [layer.filters for layer in convolutions],
        "kernel": _the_one(layer.kernel_size[0] for layer in convolutions),
        "strides": [layer.strides[0] for layer in convolutions],
        "padding": _the_one(layer.padding for layer in convolutions),
        "activation": f"{_the_one(inner)}, {last} in the last layer",
        "dropout": _the_one(
            layer.rate for layer in c.model.layers if isinstance(layer, c.layers.Dropout)
        ),
        "optimizer": c.model.optimizer.name,
        "learning_rate": round(float(c.model.optimizer.learning_rate), 6),
        "loss": c.model.loss,
    }


def parameters(c) -> dict:
    return {
        "layers": [layer.count_params() for layer in _convolutions(c)],
        "total": c.model.count_params(),
        "kilobytes": round(sum(w.numpy().nbytes for w in c.model.weights) / 1024, 2),
    }


def _windows_trained_on(c) -> int:
    return int(len(c.x_train) * (1 - c.settings["validation_split"]))


def training(c) -> dict:
    """The settings of the training, as far as possible read back from what Keras kept."""
    steps = -(-_windows_trained_on(c) // c.settings["batch_size"])
    if c.history.params["steps"] != steps:
        raise ValueError(f"{c.history.params['steps']} steps an epoch, not {steps}")
    stopping = {"monitor": c.stopping.monitor, "patience": c.stopping.patience}
    return c.settings | {"epochs": c.history.params["epochs"], "early_stopping": stopping}


def speed(c) -> dict:
    """Seconds to write the training windows once more, by batches of Keras' usual size."""
    steps = -(-len(c.x_train) // 32)
    started = time.perf_counter()
    c.model.predict(c.x_train, verbose=0)
    seconds = time.perf_counter() - started
    return {"predict_steps": steps, "ms_per_step": round(1e3 * seconds / steps, 2)}


def _published_windows(c) -> np.ndarray:
    flags = np.zeros(len(c.x_test), dtype=bool)
    flags[from_ranges(published("conv1d")["conv-anomalous-windows"]["indices"])] = True
    return flags


def _rule_on_published_windows(c) -> tuple[list[int], np.ndarray]:
    """Rows as coded, and as documented."""
    flags, n_rows = _published_windows(c), len(c.jump.series)
    coded = c.as_coded(flags, n_rows, c.TIME_STEPS)
    return coded, np.flatnonzero(all_windows_agree(flags, c.TIME_STEPS, n_rows))


def rule_on_published_windows(c) -> dict:
    """The source prints its flagged windows, so its rule can be applied without a network."""
    coded, documented = _rule_on_published_windows(c)
    return {
        "as coded": len(coded),
        "as documented": len(documented),
        "first row": coded[0],
        "last rows": [coded[-1], int(documented[-1])],
        "toy example, windows and rows": [
            len(c.toy),
            np.flatnonzero(all_windows_agree(c.toy, 3, 10)),
        ],
    }


def _judged_rows(c) -> range:
    return range(c.TIME_STEPS - 1, len(c.jump.series) - c.TIME_STEPS + 1)


def _jump_row(c) -> int:
    return int(np.flatnonzero(label_rows(c.jump.series.index, c.jump.instants))[0])


def flagged_by_rank(c) -> dict[int, int]:
    """Test windows flagged if the threshold is the training error of that rank, 1 the largest."""
    ordered = np.sort(c.mae_train.ravel())[::-1]
    return {rank: int((c.mae_test > ordered[rank - 1]).sum()) for rank in (1, 2, 10)}


def stray_windows(c) -> dict:
    """Flagged windows far from the jump: published ones, and those of this run."""
    flagged = {
        "published": np.flatnonzero(_published_windows(c)),
        "in this run": np.flatnonzero(c.anomalous),
    }
    stray = {k: v[(v < 2600) | (v > 3200)] for k, v in flagged.items()}
    return {
        "published": stray["published"].tolist(),
        "in this run": as_ranges(stray["in this run"]),
    }


def _shared_values(c) -> np.ndarray:
    """Of each validation window: values that a training window has, too."""
    validation = len(c.x_train) - _windows_trained_on(c)
    return np.maximum(0, c.TIME_STEPS - 1 - np.arange(validation))


FINDINGS = {
    "conv-rows": lambda c: len(c.normal.series),
    "conv-moments": lambda c: {"mean": c.mean, "std": c.std},
    "conv-scaling": scaling,
    "conv-timesteps": lambda c: c.x_train.shape[1],
    "conv-windows": lambda c: {"x_train": c.x_train.shape, "x_test": c.x_test.shape},
    "conv-model": network,
    "conv-params": parameters,
    "conv-layers": lambda c: [layer.output.shape[1:] for layer in _convolutions(c)],
    "conv-fit": training,
    "conv-stopping-mode": lambda c: {"mode": c.stopping.mode},
    "conv-histogram-bins": lambda c: c.BINS,
    "conv-train-mae": lambda c: c.mae_train.shape,
    "conv-threshold": lambda c: c.threshold,
    "conv-anomalous-windows": lambda c: {
        "count": int(c.anomalous.sum()),
        "indices": as_ranges(np.flatnonzero(c.anomalous)),
    },
    "conv-anomalous-points": lambda c: len(c.rows),
    "conv-documented-points": lambda c: int(c.documented.sum()),
    "conv-rule-on-published-windows": rule_on_published_windows,
    "conv-judged-rows": lambda c: [_judged_rows(c)[0], _judged_rows(c)[-1]],
    "conv-day": lambda c: {
        "24 * 8/5": 24 * 8 / 5,
        "24 * 60/5": 24 * 60 / 5,
        "288 * 14": c.TIME_STEPS * 14,
    },
    "conv-stray-windows": stray_windows,
    "conv-no-jump": lambda c: {
        "windows flagged": int((c.mae_no_jump > c.threshold).sum()),
        "error of the day": c.mae_no_jump[c.i_missing],
        "median error": np.median(c.mae_no_jump),
    },
}


def one_window_short(c) -> dict:
    coded, documented = _rule_on_published_windows(c)
    return {
        "window": c.TIME_STEPS,
        "taken": c.TIME_STEPS - 1,
        "coded": len(coded),
        "documented": len(documented),
    }


def comment_range(c) -> dict:
    judged, rows = _judged_rows(c), len(c.jump.series)
    last_in_comment = int(published("conv1d")["conv-range"].split()[-1])
    return {
        "first": judged[0],
        "last": judged[-1],
        "judged": len(judged),
        "rows": rows,
        "more": judged[-1] - last_in_comment,
        "never_first": judged[0],
        "never_last": rows - 1 - judged[-1],
    }


def largest_error(c) -> dict:
    ends = np.flatnonzero(_published_windows(c)) + c.TIME_STEPS - 1
    early = ends[ends < _jump_row(c)]
    by_rank = flagged_by_rank(c)
    return {
        "early": len(early),
        "windows": len(ends),
        "rows": " and ".join(map(str, early)),
        "jump": _jump_row(c),
        "largest": by_rank[1],
        "second": by_rank[2],
        "tenth": by_rank[10],
    }


def wide_bottleneck(c) -> dict:
    steps, filters = c.code
    numbers = steps * filters
    return {
        "steps": steps,
        "filters": filters,
        "numbers": numbers,
        "window": c.TIME_STEPS,
        "ratio": numbers / c.TIME_STEPS,
        "low_day": c.mae_no_jump[c.i_missing],
        "median": np.median(c.mae_no_jump),
    }


def shared_validation(c) -> dict:
    shared = _shared_values(c)
    return {
        "shared": shared[0],
        "window": c.TIME_STEPS,
        "overlapping": (shared > 0).sum(),
        "held_out": len(shared),
        "apart": (shared == 0).sum(),
    }


ERRATA = {
    "conv-one-window-short": one_window_short,
    "conv-comment-range": comment_range,
    "conv-day-length": lambda c: {
        "as_written": 24 * 8 / 5,
        "as_meant": 24 * 60 // 5,
        "window": c.TIME_STEPS,
    },
    "conv-largest-error": largest_error,
    "conv-wide-bottleneck": wide_bottleneck,
    "conv-shared-validation": shared_validation,
}

SECONDS = {"conv-speed": speed}
