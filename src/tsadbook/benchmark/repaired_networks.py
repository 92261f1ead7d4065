"""The repaired networks of the four chapters, for `tsadbook.detectors`, on any series.

All are in torch, which trains networks of this size several times faster than Keras does; that both
libraries compute the same LSTM is held by a test (tests/unit/test_lstm.py). Each function returns
`train(inputs, targets)` as `NextStep` and `Autoencoder` ask for it.
"""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd

from tsadbook.checks import check_series, check_varies
from tsadbook.detectors import Autoencoder, NextStep

BATCH = 2048  # windows predicted at a time


def forecaster(seed: int, of: str, units: int, zero_start: bool, **training):
    """Chapters 2 and 3: an LSTM that forecasts a row from the window before it.

    Parameters
    ----------
    of : "values", standardised; or "differences" in units of their own deviation, the forecast
        being the last value plus a step.
    zero_start : whether the last layer starts at 0, so that the first forecast is the mean, or the
        last value.
    """
    import torch
    from torch import nn

    class Forecaster(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.linear = nn.LSTM(1, units, batch_first=True), nn.Linear(units, 1)
            if zero_start:
                nn.init.zeros_(self.linear.weight)
                nn.init.zeros_(self.linear.bias)

        def forward(self, windows):  # (m, window, 1) -> (m,)
            steps = windows.diff(dim=1) if of == "differences" else windows
            output = self.linear(self.lstm(steps)[0][:, -1])[:, 0]
            return windows[:, -1, 0] + output if of == "differences" else output

    def train(inputs, targets):
        scale = 1.0
        if of == "differences":
            scale = np.diff(inputs[:, :, 0]).std()
            check_varies(inputs, scale, "windows have differences that")
        torch.manual_seed(seed)
        predict = _fitted(Forecaster(), inputs / scale, targets / scale, seed, **training)
        return lambda windows: predict(windows / scale) * scale

    return train


def lstm_autoencoder(seed: int, code: int, decoder: int, **training):
    """Chapter 1: an LSTM reads a window into `code` numbers, another writes it again."""
    import torch
    from torch import nn

    class LstmAutoencoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.LSTM(1, code, batch_first=True)
            self.decoder = nn.LSTM(code, decoder, batch_first=True)
            self.linear = nn.Linear(decoder, 1)

        def forward(self, windows):  # (m, window, 1) -> the same
            code = self.encoder(windows)[0][:, -1:]
            return self.linear(self.decoder(code.expand(-1, windows.shape[1], -1))[0])

    def train(windows, _):
        torch.manual_seed(seed)
        return _fitted(LstmAutoencoder(), windows, windows, seed, **training)

    return train


def conv_autoencoder(seed: int, code: int, step: int, **training):
    """Chapter 4: convolutions, a bottleneck of `code` numbers, and back; every `step`-th window.

    The windows that stop the training overlap those that it is fitted to: 750 rows have no room for
    two sets of whole days, as the chapter has them.
    """
    import torch
    from torch import nn

    down = {"kernel_size": 7, "stride": 4, "padding": 3}
    up = {"kernel_size": 7, "stride": 4, "padding": 2, "output_padding": 1}

    class ConvAutoencoder(nn.Module):
        def __init__(self, window):
            super().__init__()
            flat = window // 16 * 8
            self.layers = nn.Sequential(
                nn.Conv1d(1, 16, **down),
                nn.ReLU(),
                nn.Conv1d(16, 8, **down),
                nn.ReLU(),
                nn.Flatten(),
                nn.Linear(flat, code),
                nn.Linear(code, flat),
                nn.ReLU(),
                nn.Unflatten(1, (8, window // 16)),
                nn.ConvTranspose1d(8, 16, **up),
                nn.ReLU(),
                nn.ConvTranspose1d(16, 16, **up),
                nn.ReLU(),
                nn.Conv1d(16, 1, 7, padding=3),
            )

        def forward(self, windows):  # (m, window, 1) -> the same
            return self.layers(windows.mT).mT

    def train(windows, _):
        torch.manual_seed(seed)
        some = windows[::step]
        return _fitted(ConvAutoencoder(windows.shape[1]), some, some, seed, loss="mse", **training)

    return train


def _fitted(
    network,
    inputs,
    targets,
    seed: int,
    *,
    learning_rate: float,
    epochs: int,
    batch_size: int,
    patience: int | None = None,
    loss: str = "mae",
):
    """Fit with Adam; with a patience, the last fifth stops the training and chooses the weights."""
    import torch
    from torch import nn

    x, y = (torch.tensor(part, dtype=torch.float32) for part in (inputs, targets))
    n_fit = len(x) if patience is None else int(0.8 * len(x))
    cost = {"mae": nn.L1Loss(), "mse": nn.MSELoss()}[loss]
    adam = torch.optim.Adam(network.parameters(), lr=learning_rate)
    order = torch.Generator().manual_seed(seed)
    best, waited, kept = np.inf, 0, None
    for _ in range(epochs):
        for rows in torch.randperm(n_fit, generator=order).split(batch_size):
            adam.zero_grad()
            cost(network(x[rows]), y[rows]).backward()
            adam.step()
        if patience is None:
            continue
        with torch.no_grad():
            later = cost(network(x[n_fit:]), y[n_fit:]).item()
        waited += 1
        if later < best:
            best, waited, kept = later, 0, copy.deepcopy(network.state_dict())
        if waited == patience:
            break
    if kept is not None:
        network.load_state_dict(kept)

    def predict(windows):
        with torch.no_grad():
            parts = torch.tensor(np.asarray(windows), dtype=torch.float32).split(BATCH)
            return torch.cat([network(part) for part in parts]).numpy()

    return predict


class OfDifferences(Autoencoder):
    """An autoencoder of the differences of a series; the first row has no score.

    Parameters, attributes and errors are those of `detectors.Autoencoder`.

    Examples
    --------
    >>> def train(windows, again):
    ...     return lambda windows: np.zeros_like(windows)
    >>> steps = pd.Series([0.0, 1, 3, 4, 6])  # differences 1 and 2 in turn, 1.5 on average
    >>> OfDifferences(train, window=2).fit(steps).decision_function(steps)
    array([nan, nan,  1.,  1.,  1.])
    """

    def fit(self, X, y=None):
        """Fit to training values, a Series of shape (n,)."""
        X = check_series(X)
        check_varies(X, X.diff().std(), "values have differences that")
        return super().fit(X.diff().iloc[1:])

    def decision_function(self, X):
        """Scores, shape (n,)."""
        return np.append(np.nan, super().decision_function(X.diff().iloc[1:]))


class AveragedNextStep(NextStep):
    """Chapter 2 as registered: signed errors are averaged over rows, then taken absolute.

    Parameters
    ----------
    train, window, horizon : see `detectors.NextStep`.
    smoothing : int, default 72. Rows that errors are averaged over.

    Examples
    --------
    >>> def train(inputs, targets):  # repeats the last value
    ...     return lambda windows: windows[:, -1, 0]
    >>> detector = AveragedNextStep(train, window=2, smoothing=2).fit([0, 1, 0, 1, 0, 1])
    >>> detector.decision_function([0, 1, 0, 1, 5])  # errors -1, 1, 4
    array([nan, nan, nan, 0. , 2.5])
    """

    def __init__(self, train, window: int = 48, horizon: int = 1, smoothing: int = 72):
        super().__init__(train, window, horizon)
        self.smoothing = smoothing

    def decision_function(self, X) -> np.ndarray:
        """Averaged errors in standard deviations of single training errors, shape (n,)."""
        signed = check_series(X).to_numpy() - self.forecast(X)
        averaged = pd.Series(signed).rolling(self.smoothing).mean().abs()
        # pandas leaves out what is infinite
        infinite = pd.Series(np.isinf(signed)).rolling(self.smoothing).sum() > 0
        return averaged.mask(infinite, np.inf).to_numpy() / (self.std_ * self.scale_)
