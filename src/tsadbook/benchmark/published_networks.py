"""The four networks as they were published, fitted to the training part of any series.

A Keras model is compiled once for each shape in a worker process; for every fit its weights, the
state of its optimiser and of its dropout are set to those of a fresh one.
"""

from __future__ import annotations

import os
from functools import cache

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from tsadbook.checks import check_series, check_varies
from tsadbook.windows import sliding_windows

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

BATCH = 2048  # windows predicted at a time


def fresh(build, shape: tuple[int, ...], seed: int):
    """A compiled model with the weights that `build` gives it under this seed."""
    import keras

    model, at_first = _compiled(build, shape)
    keras.utils.set_random_seed(seed)
    for variable, initial in zip(model.variables, build(*shape).variables, strict=True):
        variable.assign(initial)
    for variable, initial in zip(model.optimizer.variables, at_first, strict=True):
        variable.assign(initial)
    return model


@cache
def _compiled(build, shape):
    import keras

    model = build(*shape)
    model.optimizer.build(model.trainable_variables)
    return model, [keras.ops.convert_to_numpy(v).copy() for v in model.optimizer.variables]


def predictions(model, windows) -> np.ndarray:
    """The model's output for each window; parts of the same size keep it from compiling again."""
    parts = [
        model.predict_on_batch(_filled(windows[start : start + BATCH]))
        for start in range(0, len(windows), BATCH)
    ]
    return np.concatenate(parts)[: len(windows)]


def _filled(windows) -> np.ndarray:
    """Copies of the last window make a part whole."""
    windows = np.asarray(windows, dtype=np.float32)
    return np.concatenate([windows, np.repeat(windows[-1:], BATCH - len(windows), axis=0)])


# Chapter 1


def _lstm_autoencoder(window: int):
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((window, 1)),
            layers.LSTM(64),
            layers.Dropout(0.2),
            layers.RepeatVector(window),
            layers.LSTM(64, return_sequences=True),
            layers.Dropout(0.2),
            layers.TimeDistributed(layers.Dense(1)),
        ]
    )
    model.compile(jit_compile=False, loss="mae", optimizer="adam")
    return model


class PublishedLstmAutoencoder(BaseEstimator):
    """Chapter 1 as published: each of 30 outputs is compared with the next value, in training.

    A row's score is the mean absolute error of the window of the 30 rows *before* it, in training
    deviations. Causal. The first 30 rows have no score.

    Parameters
    ----------
    window : int, default 30. Rows of a window.
    seed : int, default 0. Of weights, dropout and order.

    Notes
    -----
    Source: the walkthroughs of chapter 1 (Venelin Valkov, Time Series Anomaly Detection with LSTM
    Autoencoders using Keras in Python, 2019).

    Examples
    --------
    >>> waves = np.tile([0.0, 1.0, 2.0, 1.0], 10)
    >>> scores = PublishedLstmAutoencoder(window=4).fit(waves).decision_function(waves)
    >>> scores.shape, int(np.isnan(scores).sum())
    ((40,), 4)
    """

    def __init__(self, window: int = 30, seed: int = 0):
        self.window = window
        self.seed = seed

    def fit(self, X, y=None):
        """Fit to training values, shape (n,)."""
        X = check_series(X).to_numpy()
        self.mean_, self.std_ = X.mean(), X.std()
        check_varies(X, self.std_)
        z = (X - self.mean_) / self.std_
        self.model_ = fresh(_lstm_autoencoder, (self.window,), self.seed)
        self.model_.fit(
            sliding_windows(z, self.window)[:-1],
            z[self.window :, None, None],  # the shape that Keras compares as Keras 2 did
            epochs=10,
            batch_size=32,
            validation_split=0.1,
            shuffle=False,
            verbose=0,
        )
        return self

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,)."""
        check_is_fitted(self)
        windows = sliding_windows((check_series(X) - self.mean_) / self.std_, self.window)[:-1]
        errors = np.abs(predictions(self.model_, windows) - windows).mean(axis=(1, 2))
        return np.concatenate([np.full(self.window, np.nan), errors])


# Chapter 2


def _hard_sigmoid(x):
    import keras

    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)


def _two_lstms(window: int):
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((window, 1)),
            layers.LSTM(50, recurrent_activation=_hard_sigmoid, return_sequences=True),
            layers.Dropout(0.4),
            layers.LSTM(50, recurrent_activation=_hard_sigmoid),
            layers.Dropout(0.4),
            layers.Dense(1, kernel_initializer="he_normal"),
        ]
    )
    model.compile(jit_compile=False, loss="mae", optimizer=keras.optimizers.Adam(0.01))
    return model


class PublishedNextStep(BaseEstimator):
    """Chapter 2 as published: raw values, rows shuffled before windows are cut.

    In training a window's target is the row drawn next, which has nothing to do with it. In the
    chapter it is the value that followed the window's last row in the series.

    A row's score is the distance of its absolute error from the mean one, on either side, in
    standard deviations of the training errors. The published score is the normal distribution
    function of it, which orders rows alike. Causal. The first 48 rows have no score.

    Parameters
    ----------
    window : int, default 48. Rows of a window.
    seed : int, default 0. Of weights and dropout; the split has a seed of its own.

    Notes
    -----
    Source: the walkthrough of chapter 2.

    Examples
    --------
    >>> waves = np.tile([0.0, 1.0, 2.0, 1.0], 10)
    >>> scores = PublishedNextStep(window=4).fit(waves).decision_function(waves)
    >>> scores.shape, int(np.isnan(scores).sum())
    ((40,), 4)
    """

    def __init__(self, window: int = 48, seed: int = 0):
        self.window = window
        self.seed = seed

    def fit(self, X, y=None):
        """Fit to training values, shape (n,)."""
        X = check_series(X).to_numpy()
        check_varies(X, X.std())
        rng = np.random.default_rng(42)  # the source's split has a seed of its own, too
        rows = rng.permutation(len(X) - 1)[: int(0.9 * (len(X) - 1))]
        # The target is what followed the window's last row in the series, not in the shuffled rows.
        windows = sliding_windows(X[rows], self.window)
        following = X[rows + 1][self.window - 1 :]
        self.model_ = fresh(_two_lstms, (self.window,), self.seed)
        self.model_.fit(windows, following, epochs=10, batch_size=128, shuffle=False, verbose=0)
        errors = np.abs(predictions(self.model_, windows)[:, 0] - following)
        self.mean_, self.std_ = errors.mean(), errors.std()
        return self

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,)."""
        check_is_fitted(self)
        windows, following = self._samples(check_series(X).to_numpy())
        errors = np.abs(predictions(self.model_, windows)[:, 0] - following)
        return np.concatenate(
            [np.full(self.window, np.nan), np.abs(errors - self.mean_) / self.std_]
        )

    def _samples(self, values):
        return sliding_windows(values, self.window)[:-1], values[self.window :]


# Chapter 3


class PublishedCarryingLstm(BaseEstimator):
    """Chapter 3 as published: write each value again, the hidden state carried from chunk to chunk.

    A row's score is its squared error, in training variances. Causal: chunks of 64 rows are written
    in order, and an output depends on values up to its own.

    Parameters
    ----------
    chunk : int, default 64. Rows that are written at a time.
    hidden : int, default 128. Numbers in the state.
    epochs : int, default 50. Passes over the training part.
    seed : int, default 0. Of the weights.

    Notes
    -----
    Source: the walkthrough of chapter 3 (ANIZAI,
    Copy_of_new_dataset__lstm_anomaly_detection.ipynb).

    Examples
    --------
    >>> waves = np.tile([0.0, 1.0, 2.0, 1.0], 8)
    >>> network = PublishedCarryingLstm(chunk=8, hidden=4, epochs=1).fit(waves)
    >>> network.decision_function(waves).shape
    (32,)
    """

    def __init__(self, chunk: int = 64, hidden: int = 128, epochs: int = 50, seed: int = 0):
        self.chunk = chunk
        self.hidden = hidden
        self.epochs = epochs
        self.seed = seed

    def fit(self, X, y=None):
        """Fit to training values, shape (n,)."""
        import torch
        from torch import nn

        X = check_series(X).to_numpy()
        self.mean_, self.std_ = X.mean(), X.std()
        check_varies(X, self.std_)
        torch.manual_seed(self.seed)
        self.lstm_, self.linear_ = nn.LSTM(1, self.hidden), nn.Linear(self.hidden, 1)
        parameters = [*self.lstm_.parameters(), *self.linear_.parameters()]
        chunks = [c for c in self._chunks(X) if len(c) == self.chunk]
        adam = torch.optim.Adam(parameters, lr=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            adam, max_lr=1e-3, steps_per_epoch=len(chunks), epochs=self.epochs
        )
        state = None
        for _ in range(self.epochs):
            for chunk in chunks:
                written, state = self._write(chunk, state)
                loss = nn.functional.mse_loss(written, chunk)
                adam.zero_grad()
                loss.backward()
                adam.step()
                schedule.step()
                state = tuple(part.detach() for part in state)
        self.state_ = state
        return self

    def decision_function(self, X) -> np.ndarray:
        """Scores, shape (n,), from the state that training left, as in the chapter."""
        import torch

        check_is_fitted(self)
        state, errors = self.state_, []
        with torch.no_grad():
            for chunk in self._chunks(check_series(X).to_numpy()):
                written, state = self._write(chunk, state)
                errors.append((written - chunk) ** 2)
        return torch.cat(errors).numpy().astype(float)

    def _chunks(self, X):
        import torch

        z = torch.tensor((X - self.mean_) / self.std_, dtype=torch.float32)
        return z.split(self.chunk)

    def _write(self, chunk, state):
        output, state = self.lstm_(chunk.view(-1, 1, 1), state)
        return self.linear_(output).view(-1), state


# Chapter 4


def _convolutions(window: int):
    import keras

    layers = keras.layers
    shape = {"kernel_size": 7, "padding": "same"}
    model = keras.Sequential(
        [
            keras.Input((window, 1)),
            layers.Conv1D(32, strides=2, activation="relu", **shape),
            layers.Dropout(0.2),
            layers.Conv1D(16, strides=2, activation="relu", **shape),
            layers.Conv1DTranspose(16, strides=2, activation="relu", **shape),
            layers.Dropout(0.2),
            layers.Conv1DTranspose(32, strides=2, activation="relu", **shape),
            layers.Conv1DTranspose(1, **shape),
        ]
    )
    model.compile(jit_compile=False, loss="mse", optimizer=keras.optimizers.Adam(0.001))
    return model


def train_convolutions(seed: int):
    """Chapter 4 as published: for `detectors.Autoencoder`, with rows="all"."""

    def train(windows, _):
        import keras

        model = fresh(_convolutions, (windows.shape[1],), seed)
        model.fit(
            windows,
            windows,
            epochs=50,
            batch_size=128,
            validation_split=0.1,
            callbacks=[keras.callbacks.EarlyStopping(patience=5)],
            verbose=0,
        )
        return lambda w: predictions(model, w)

    return train
