"""The bake-off's detectors: causal as they say, reset for each series, the chapters' networks."""

import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tsadbook import datasets
from tsadbook.benchmark import published_networks, repaired_networks, tasks
from tsadbook.benchmark.catalogue import CATALOGUE, PLAN
from tsadbook.benchmark.tasks import Task
from tsadbook.build import bake_off, fingerprint
from tsadbook.datasets import tsb_ad
from tsadbook.evaluation.nab import probation
from tsadbook.registers import ledger, settings

keras = pytest.importorskip("keras")
torch = pytest.importorskip("torch")

# A warning of NumPy 2 about Keras' variables, of which published_networks.py takes arrays.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

N, N_TRAIN = 420, 200
NETWORKS = [n for n, d in CATALOGUE.items() if d.origin in ("published", "repaired")]


def walk(seed: int) -> pd.Series:
    """A day's rhythm and a random walk, by the hour."""
    rng = np.random.default_rng(seed)
    index = pd.date_range("2014-01-01", periods=N, freq="h")
    return pd.Series(3 * np.sin(np.arange(N) * np.pi / 12) + rng.normal(size=N).cumsum(), index)


def scores(name: str, series: pd.Series, seed: int = 0, n_train: int = N_TRAIN) -> np.ndarray:
    return CATALOGUE[name].fitted(series, n_train, seed).decision_function(series)


@pytest.fixture
def quick(monkeypatch):
    """One epoch in Keras, two in torch."""
    for name in NETWORKS:
        settings = PLAN["detectors"].get(name, {})
        if "epochs" in settings or name == "carrying LSTM, published":
            monkeypatch.setitem(PLAN["detectors"], name, settings | {"epochs": 2})
    fit = keras.Model.fit
    monkeypatch.setattr(
        keras.Model, "fit", lambda self, *args, **kw: fit(self, *args, **(kw | {"epochs": 1}))
    )


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_score_depends_on_later_rows_if_the_detector_is_offline_and_only_then(quick, name):
    detector, series = CATALOGUE[name], walk(0)
    before, calm = scores(name, series), series[:N_TRAIN].mean()
    # From the first row after the training part all is turned over; later, all is calm: only then
    # does the smallest error among the windows of a row fall.
    for row, future in ((N_TRAIN - 1, -series), (260, calm)):
        after = scores(name, series.where(np.arange(N) <= row, future))
        same = np.isclose(after, before, rtol=1e-5, atol=1e-7, equal_nan=True)
        assert same[: row + 1].all() or not detector.causal
        assert detector.origin == "naive" or not same[row + 1 :].all()
    assert same[:261].all() == detector.causal
    assert np.isfinite(before[N_TRAIN:262]).all()


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_series_has_the_same_scores_whatever_was_fitted_before_and_others_by_another_seed(
    quick, name
):
    """In particular, a Keras model that is compiled once has nothing left of the series before."""
    published_networks._compiled.cache_clear()
    detector = CATALOGUE[name]
    first, other, again, reseeded = (
        scores(name, walk(series), seed) for series, seed in ((0, 0), (1, 0), (0, 0), (0, 1))
    )
    np.testing.assert_array_equal(again, first)
    assert detector.origin == "naive" or not np.array_equal(other, first, equal_nan=True)
    assert np.array_equal(reseeded, first, equal_nan=True) != detector.random


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_shortest_training_part_of_nab_is_enough(quick, name):
    """169 rows, fewer than the window of the convolutions."""
    found = scores(name, walk(2), n_train=169)
    assert found.shape == (N,)
    last = N - 84 if name.endswith("all windows") or name.startswith("conv autoencoder, p") else N
    assert np.isfinite(found[169:last]).all()


@pytest.mark.parametrize("window", [16, 48, 80, 288])
def test_the_repaired_convolutions_write_windows_of_every_multiple_of_16(window):
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(40, window, 1))
    training = {"learning_rate": 0.003, "epochs": 1, "batch_size": 8, "patience": 1}
    write = repaired_networks.conv_autoencoder(0, code=4, step=4, **training)(windows, windows)
    written = write(windows[:7])
    assert written.shape == (7, window, 1)
    assert (written[0] != written[1]).any()


# Tasks


def made_up(monkeypatch, values, windows=(), name="made/up"):
    series = pd.Series(values, walk(0).index[: len(values)])
    windows = [(series.index[first], series.index[last]) for first, last in windows]
    data = datasets.Dataset(name, series, pd.DatetimeIndex([]), tuple(windows), "made up", "0")
    monkeypatch.setattr(tasks.datasets, "load", lambda _: data)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_constant_training_part_is_refused_with_the_reason(monkeypatch, name):
    made_up(monkeypatch, np.where(np.arange(N) < probation(N), 0.1, walk(0)), [(200, 220)])
    found = tasks.compute(Task(name, "made/up", 0))
    assert found["refused"] == "the training part does not vary"
    assert np.isnan(found["scores"]).all() and found["scores"].shape == (N,)
    assert found["auc_pr"] == found["auc_pr_centred"] == pytest.approx(21 / (N - 1))


def test_errors_that_do_not_vary_are_refused_and_other_errors_are_not_hidden(monkeypatch):
    made_up(monkeypatch, np.arange(N))
    assert (
        "errors of Persistence do not vary" in tasks.compute(Task("persistence", "", 0))["refused"]
    )
    made_up(monkeypatch, walk(0).where(np.arange(N) != 300))
    with pytest.raises(ValueError, match="row 300 of X is nan"):
        tasks.compute(Task("persistence", "", 0))


def test_a_task_returns_scores_and_what_the_labels_allow(monkeypatch):
    flat = walk(0).where((np.arange(N) < 200) | (np.arange(N) > 300), 1.0)
    flat.iloc[290] = 2.0  # after 60 equal rows: infinitely far
    made_up(monkeypatch, flat)
    found = tasks.compute(Task("moving z", "", 0))
    assert set(found) == {"scores", "refused", "seconds_fit", "seconds_score"}
    assert found["scores"][290] == np.nanmax(found["scores"]) == tasks.HIGHEST
    made_up(monkeypatch, flat, [(290, 290)])
    found = tasks.compute(Task("moving z", "", 0))
    assert found["auc_pr"] == 1
    assert not [key for key in found if key.startswith("vus")]  # it is no series of TSB-AD
    name = next(iter(tsb_ad.SERIES))
    made_up(monkeypatch, flat, [(290, 290)], name)
    found = tasks.compute(Task("moving z", name, 0))
    assert 0 < found["vus_pr_centred"] <= 1
    assert 0 < found["vus_roc"] <= 1


# Stamps


def all_stamps(series="one") -> dict[str, str]:
    for function in (bake_off._detector, bake_off._metrics, bake_off._data):
        function.cache_clear()
    return {name: bake_off.stamp(Task(name, series, 0)) for name in CATALOGUE}


@pytest.fixture
def package(monkeypatch, tmp_path):
    """A copy of the package that stamps are taken of, and made-up hashes of the data."""
    copy = tmp_path / "tsadbook"
    shutil.copytree(fingerprint.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with monkeypatch.context() as patch:
        patch.setattr(fingerprint, "PACKAGE", copy)
        patch.setattr(bake_off.files, "nab_sha256", lambda path: path)
        yield copy
    for function in (bake_off._detector, bake_off._metrics, bake_off._data):
        function.cache_clear()


def of(*origins):
    return {name for name, detector in CATALOGUE.items() if detector.origin in origins}


AFFECTED = {
    "benchmark/published_networks.py": of("published"),
    "benchmark/repaired_networks.py": of("repaired"),
    "rules.py": of("naive", "rule", "field"),
    "detectors.py": {name for name, detector in CATALOGUE.items() if "detectors" in detector.code},
    "checks.py": set(CATALOGUE),
    "windows.py": set(CATALOGUE),
    "evaluation/ranges.py": set(CATALOGUE),
    "treatments.py": set(CATALOGUE),
    "benchmark/leaderboard.py": set(),
}


def test_a_stamp_changes_with_the_code_that_the_scores_rest_on_and_with_no_comment(package):
    before = all_stamps()
    for module in AFFECTED:
        text = (package / module).read_text()
        more_words = text.replace('"""', '"""More words. ', 1) + "\n\n# a comment\n"
        (package / module).write_text(more_words)
    assert all_stamps() == before
    for module, affected in AFFECTED.items():
        text = (package / module).read_text()
        (package / module).write_text(text + "MORE = 1\n")
        after = all_stamps()
        assert {name for name in CATALOGUE if after[name] != before[name]} == affected, module
        (package / module).write_text(text)


def test_a_stamp_changes_with_its_own_settings_and_data_only(package, monkeypatch):
    before = all_stamps()
    monkeypatch.setitem(PLAN["detectors"], "EWMA", {"decay": 0.8})
    after = all_stamps()
    assert {name for name in CATALOGUE if after[name] != before[name]} == {"EWMA"}
    assert len(set(after.values())) == len(CATALOGUE)
    assert not set(all_stamps("other").values()) & set(after.values())


# Settings

SAME = {  # the detector of the bake-off, its chapter, and what the chapter calls otherwise
    "LSTM autoencoder, repaired": ("sp500", {"epochs": "epochs_first"}),
    "next-step LSTM, repaired": ("nab_next_step", {"of": "input"}),
    "next-value LSTM, repaired": ("battery", {}),
    "conv autoencoder, repaired": ("conv1d", {}),
    "conv autoencoder, repaired, all windows": ("conv1d", {}),
}


@pytest.mark.parametrize("name", SAME)
def test_the_repaired_networks_have_the_settings_of_their_chapters(name):
    chapter, other_names = SAME[name]
    registered_there, here = settings.registered(chapter)["settings"], PLAN["detectors"][name]
    shared = {key: other_names.get(key, key) for key in here}
    shared = {key: other for key, other in shared.items() if other in registered_there}
    assert {"learning_rate", "epochs"} < shared.keys() and len(shared) >= 5
    for key, other in shared.items():
        assert str(registered_there[other]).startswith(str(here[key])), key


def test_six_hours_ahead_is_the_revised_network_of_its_chapter():
    plan = settings.registered("nab_next_step")
    revised = plan["settings"] | plan["revised"][0]["settings"]
    here = dict(PLAN["detectors"]["six-hours-ahead LSTM, repaired"])
    assert here.pop("of") == revised["input"]
    assert here.pop("zero_start")  # as its chapter initialises the last layer
    assert here == {key: revised[key] for key in here}


# The published networks, against what their sources print

PUBLISHED = {entry.id: entry.value for entry in ledger.entries()}


class Fitted(Exception):
    """Raised in place of training."""


@pytest.fixture
def fit_of(monkeypatch):
    """The model and the arguments that a published detector trains with, without training it."""
    taken = {}

    def fit(model, *args, **settings):
        taken.update(settings, model=model, inputs=args[0], targets=args[1])
        raise Fitted

    def fit_of(name, n_train):
        series = walk(0)
        long = pd.Series(np.resize(series, n_train), pd.RangeIndex(n_train))
        with monkeypatch.context() as patch, pytest.raises(Fitted):
            patch.setattr(keras.Model, "fit", fit)
            CATALOGUE[name].fitted(long, n_train, 0)
        return SimpleNamespace(**{"validation_split": None, "shuffle": None} | taken)

    return fit_of


def kinds(model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def optimizer_of(fit) -> str:
    return type(fit.model.optimizer).__name__.lower()


def test_chapter_1_as_published(fit_of):
    said, settings = PUBLISHED["sp-model"], PUBLISHED["sp-fit"]
    fit = fit_of("LSTM autoencoder, published", 750)
    assert kinds(fit.model) == [
        "LSTM", "Dropout", "RepeatVector", "LSTM", "Dropout", "TimeDistributed",
    ]  # fmt: skip
    encoder, dropout, repeat, decoder, again, dense = fit.model.layers
    assert (encoder.units, decoder.units) == (said["encoder_lstm"], said["decoder_lstm"])
    assert dropout.rate == again.rate == said["dropout"]
    assert repeat.n == said["repeat"] == PUBLISHED["sp-timesteps"]
    assert dense.layer.units == said["time_distributed_dense"]
    assert (fit.model.loss, optimizer_of(fit)) == (said["loss"], said["optimizer"])
    assert float(fit.model.optimizer.learning_rate) == pytest.approx(0.001)  # Adam's default
    assert {key: getattr(fit, key) for key in settings if key != "seed"} == {
        key: value for key, value in settings.items() if key != "seed"
    }
    assert fit.inputs.shape == (720, 30, 1)
    # Each of the 30 outputs is compared with the value that follows its window.
    np.testing.assert_array_equal(fit.targets[:-30, 0, 0], fit.inputs[30:, 0, 0])
    assert fit.targets.shape == (720, 1, 1)


def test_chapter_2_pairs_a_shuffled_window_with_what_followed_its_last_row(fit_of):
    n = 200
    following = dict(zip(walk(0)[: n - 1], walk(0)[1:n], strict=True))  # no value stands twice
    fit = fit_of("next-step LSTM, published", n)
    assert [following[last] for last in fit.inputs[:, -1, 0]] == list(fit.targets)
    assert (fit.inputs[1:, -1, 0] != fit.targets[:-1]).all()  # not the next of the shuffled rows


def test_chapter_2_as_published(fit_of):
    said, settings = PUBLISHED["nab-model"], PUBLISHED["nab-fit"]
    fit = fit_of("next-step LSTM, published", 750)
    assert kinds(fit.model) == ["LSTM", "Dropout", "LSTM", "Dropout", "Dense"]
    first, dropout, second, again, dense = fit.model.layers
    assert [first.units, second.units] == said["lstm"]
    assert dropout.rate == again.rate == said["dropout"]
    assert type(dense.kernel_initializer).__name__ == "HeNormal"
    assert (dense.units, dense.activation.__name__) == (said["dense"], said["activation"])
    assert fit.model.loss in (said["loss"], "mae")
    assert optimizer_of(fit) == said["optimizer"]
    assert float(fit.model.optimizer.learning_rate) == pytest.approx(said["learning_rate"])
    counted = [layer.count_params() for layer in (first, second, dense)]
    assert [*counted, fit.model.count_params()] == list(PUBLISHED["nab-params"].values())[:4]
    assert {key: getattr(fit, key) for key in settings} == settings
    gate = first.recurrent_activation
    assert gate is second.recurrent_activation  # Keras 2's, not today's: .2 x + .5 in [0, 1]
    np.testing.assert_allclose(gate(np.array([-3.0, -1, 0, 1, 3])), [0, 0.3, 0.5, 0.7, 1])
    # Raw values, 90 % of them, drawn at random before windows are cut.
    assert fit.inputs.shape == (int(0.9 * 750) - 48, 48, 1)
    assert np.isin(fit.inputs, walk(0)).all() and np.isin(fit.targets, walk(0)).all()
    steps = np.abs(np.diff(fit.inputs[:, 0, 0])).mean()
    assert steps > 2 * walk(0).diff().abs().mean()


def test_chapter_3_as_published(monkeypatch):
    said, settings = PUBLISHED["bat-model"], PUBLISHED["bat-fit"]
    made = {}

    def taking(cls):
        class Taking(cls):
            def __init__(self, *args, **settings):
                made[cls.__name__] = settings
                super().__init__(*args, **settings)

        return Taking

    monkeypatch.setattr(torch.optim, "Adam", taking(torch.optim.Adam))
    schedule = torch.optim.lr_scheduler
    monkeypatch.setattr(schedule, "OneCycleLR", taking(schedule.OneCycleLR))
    assert published_networks.PublishedCarryingLstm().epochs == settings["epochs"]
    assert "carrying LSTM, published" not in PLAN["detectors"]  # so it has its own settings
    detector = published_networks.PublishedCarryingLstm(epochs=2).fit(walk(0))
    assert [detector.lstm_.input_size, detector.lstm_.hidden_size] == said["lstm"]
    assert [detector.linear_.in_features, detector.linear_.out_features] == said["linear"]
    assert made["Adam"]["lr"] == settings["lr"]
    steps = {"max_lr": settings["max_lr"], "steps_per_epoch": N // 64, "epochs": 2}
    assert made["OneCycleLR"] == steps
    # The state is carried from chunk to chunk: the same chunk twice has other errors.
    twice = detector.decision_function(np.tile(walk(0)[:64], 2))
    assert np.abs(twice[:64] - twice[64:]).max() > 1e-6


def test_chapter_4_as_published(fit_of):
    said, settings = PUBLISHED["conv-model"], PUBLISHED["conv-fit"]
    fit = fit_of("conv autoencoder, published", 750)
    assert kinds(fit.model) == [
        "Conv1D", "Dropout", "Conv1D",
        "Conv1DTranspose", "Dropout", "Conv1DTranspose", "Conv1DTranspose",
    ]  # fmt: skip
    layers = [layer for layer in fit.model.layers if "Conv" in type(layer).__name__]
    assert [layer.filters for layer in layers] == said["filters"]
    assert [layer.strides[0] for layer in layers] == said["strides"]
    assert {layer.kernel_size[0] for layer in layers} == {said["kernel"]}
    assert {layer.padding for layer in layers} == {said["padding"]}
    assert [layer.activation.__name__ for layer in layers] == ["relu"] * 4 + ["linear"]
    assert {x.rate for x in fit.model.layers if "Drop" in type(x).__name__} == {said["dropout"]}
    assert [layer.count_params() for layer in layers] == PUBLISHED["conv-params"]["layers"]
    assert [list(layer.output.shape[1:]) for layer in layers] == PUBLISHED["conv-layers"]
    assert (fit.model.loss, optimizer_of(fit)) == (said["loss"], said["optimizer"])
    assert float(fit.model.optimizer.learning_rate) == pytest.approx(said["learning_rate"])
    (stopping,) = fit.callbacks
    here = {"monitor": stopping.monitor, "patience": stopping.patience}
    assert {key: getattr(fit, key) for key in settings if key != "early_stopping"} | {
        "early_stopping": here
    } == settings
    np.testing.assert_array_equal(fit.inputs, fit.targets)
    assert fit.inputs.shape == (750 - 287, 288, 1)
    made = [CATALOGUE["conv autoencoder, published"].make(0, n, window=288) for n in (750, 187)]
    assert [detector.window for detector in made] == [288, 92]  # two strides of 2 divide it
    assert made[0].rows == "all"
