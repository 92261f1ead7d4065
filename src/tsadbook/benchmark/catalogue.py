"""The detectors of the bake-off by name, with the settings that settings.yml fixes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tsadbook import detectors, rules
from tsadbook.benchmark import published_networks, repaired_networks
from tsadbook.registers import settings

PLAN = settings.registered("bake_off")["settings"]


@dataclass(frozen=True)
class Detector:
    """One entry of the bake-off.

    Attributes
    ----------
    make : seed, rows of the training part and the registered settings -> an object with fit and
        decision_function.
    origin : naive, rule, field, published or repaired_networks.
    code : the modules that its scores rest on.
    causal : whether a row's score depends on no later row.
    random : whether the seed matters.

    Examples
    --------
    >>> CATALOGUE["|z|"].fitted([1, 3, 1, 3, 7], n_train=4, seed=0).decision_function([7])
    array([5.])
    """

    name: str
    make: Callable
    origin: str
    code: tuple[str, ...]
    causal: bool = True
    random: bool = False

    @property
    def seeds(self) -> range:
        return range(PLAN["seeds"] if self.random else 1)

    def fitted(self, series, n_train: int, seed: int):
        """Fitted to the first `n_train` rows of a series."""
        settings = PLAN["detectors"].get(self.name, {})
        return self.make(seed=seed, n_train=n_train, **settings).fit(series[:n_train])


def shortened(window: int, n_train: int, multiple: int = 1) -> int:
    """The window, or half the training part where that is less, in whole multiples.

    Half, so that about as many windows are trained on as a window has rows.
    """
    return min(window, n_train // 2) // multiple * multiple


def plain(kind, seed, n_train, **settings):
    """Of a detector whose settings are its own parameters."""
    return kind(**settings)


def seeded(kind, seed, n_train, **settings):
    """The same for one that takes a seed."""
    return kind(seed=seed, **settings)


def autoregression(seed, n_train, window, penalty):
    from sklearn.linear_model import Ridge

    def train(inputs, targets):
        model = Ridge(penalty).fit(inputs[..., 0], targets)
        return lambda windows: model.predict(windows[..., 0])

    return detectors.NextStep(train, window)


def matrix_profile(seed, n_train, window, normalised=True, past="left"):
    return rules.MatrixProfile(window, normalised, past)


def sub_pca(seed, n_train, window, rows="last"):
    from pyod.models.pca import PCA

    return rules.Subsequences(PCA(), window, rows)


def nearest_neighbours(seed, n_train, window, neighbours):
    from pyod.models.knn import KNN

    return rules.Subsequences(KNN(n_neighbors=neighbours, method="mean"), window)


def isolation_forest(seed, n_train, window, trees):
    from pyod.models.iforest import IForest

    return rules.Subsequences(IForest(n_estimators=trees, random_state=seed), window)


def published_convolutions(seed, n_train, window):
    train = published_networks.train_convolutions(seed)
    return detectors.Autoencoder(train, shortened(window, n_train, 4), rows="all")


def repaired_lstm_autoencoder(seed, n_train, window, **settings):
    train = repaired_networks.lstm_autoencoder(seed, **settings)
    return repaired_networks.OfDifferences(train, window)


def repaired_forecaster(seed, n_train, window, horizon=1, smoothing=1, **settings):
    train = repaired_networks.forecaster(seed, **settings)
    return repaired_networks.AveragedNextStep(train, window, horizon, smoothing)


def repaired_convolutions(seed, n_train, window, rows, tail, **settings):
    train = repaired_networks.conv_autoencoder(seed, **settings)
    return detectors.Autoencoder(train, shortened(window, n_train, 16), rows, tail)


RULES = ("rules",)
FIELD = ("detectors", "rules")
REPAIRED = ("detectors", "benchmark.repaired_networks")
LISTED = (
    # the slowest first, so that the last minutes are not spent waiting for one of them
    Detector("conv autoencoder, published", published_convolutions, "published",
             ("detectors", "benchmark.published_networks"), causal=False, random=True),
    Detector("LSTM autoencoder, published",
             partial(seeded, published_networks.PublishedLstmAutoencoder), "published",
             ("benchmark.published_networks",), random=True),
    Detector("next-step LSTM, published", partial(seeded, published_networks.PublishedNextStep),
             "published", ("benchmark.published_networks",), random=True),
    Detector("carrying LSTM, published", partial(seeded, published_networks.PublishedCarryingLstm),
             "published", ("benchmark.published_networks",), random=True),
    Detector("LSTM autoencoder, repaired", repaired_lstm_autoencoder, "repaired", REPAIRED,
             random=True),
    Detector("next-step LSTM, repaired", repaired_forecaster, "repaired", REPAIRED, random=True),
    Detector("next-step LSTM, repaired, single errors", repaired_forecaster, "repaired", REPAIRED,
             random=True),
    Detector("six-hours-ahead LSTM, repaired", repaired_forecaster, "repaired", REPAIRED,
             random=True),
    Detector("next-value LSTM, repaired", repaired_forecaster, "repaired", REPAIRED, random=True),
    Detector("conv autoencoder, repaired", repaired_convolutions, "repaired", REPAIRED,
             random=True),
    Detector("conv autoencoder, repaired, all windows", repaired_convolutions, "repaired",
             REPAIRED, causal=False, random=True),
    Detector("matrix profile, values", matrix_profile, "field", FIELD),
    Detector("novelty", partial(plain, rules.Novelty), "rule", FIELD),
    Detector("matrix profile", matrix_profile, "field", FIELD),
    Detector("matrix profile, both sides", matrix_profile, "field", FIELD, causal=False),
    Detector("isolation forest", isolation_forest, "field", FIELD, random=True),
    Detector("nearest neighbours", nearest_neighbours, "field", FIELD),
    Detector("sub-PCA", sub_pca, "field", FIELD),
    Detector("sub-PCA, mean of windows", sub_pca, "field", FIELD, causal=False),
    Detector("autoregression", autoregression, "field", FIELD),
    Detector("|z|", partial(plain, rules.ZScore), "rule", RULES),
    Detector("persistence", partial(plain, rules.Persistence), "rule", RULES),
    Detector("moving z", partial(plain, rules.MovingZScore), "rule", RULES),
    Detector("time of day", partial(plain, rules.SeasonalMedian), "rule", RULES),
    Detector("EWMA", partial(plain, rules.Ewma), "rule", RULES),
    Detector("record", partial(plain, rules.Record), "rule", RULES),
    Detector("records of means", partial(plain, rules.Record), "rule", RULES),
    Detector("ramp", partial(seeded, rules.Ramp), "naive", RULES),
    Detector("random", partial(seeded, rules.Random), "naive", RULES, random=True),
)  # fmt: skip
CATALOGUE = {detector.name: detector for detector in LISTED}
