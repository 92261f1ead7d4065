"""One LSTM in Keras and in torch: with the same weights, the same outputs and states."""

import ast
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
torch = pytest.importorskip("torch")

FEATURES, UNITS, CLOSE = 3, 7, 1e-5
CHAPTER = Path(__file__).parents[2] / "notebooks" / "03_battery.py"


def same_weights(seed, keras_layer, torch_layer, features=FEATURES):
    """Random weights for both. Each has the gates in the order input, forget, cell, output;
    torch has the weights transposed, and two biases, of which Keras has the sum."""
    rng = np.random.default_rng(seed)
    units = torch_layer.hidden_size
    kernel = rng.normal(size=(features, 4 * units))
    recurrent = rng.normal(size=(units, 4 * units)) / np.sqrt(units)
    bias, more_bias = rng.normal(size=(2, 4 * units))
    keras_layer.build((1, None, features))  # a stateful one asks for its batch
    keras_layer.set_weights([kernel, recurrent, bias + more_bias])
    weights = {
        "weight_ih_l0": kernel.T,
        "weight_hh_l0": recurrent.T,
        "bias_ih_l0": bias,
        "bias_hh_l0": more_bias,
    }
    torch_layer.load_state_dict({k: torch.tensor(v) for k, v in weights.items()})


def sequences(seed, *shape):
    return np.random.default_rng(100 + seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize("seed", range(3))
def test_every_output_and_the_last_state(seed):
    x = sequences(seed, 5, 20, FEATURES)
    ours = keras.layers.LSTM(UNITS, return_sequences=True, return_state=True)
    theirs = torch.nn.LSTM(FEATURES, UNITS, batch_first=True)
    same_weights(seed, ours, theirs)
    with torch.no_grad():
        outputs, (hidden, cell) = theirs(torch.tensor(x))
    expected = (outputs, hidden[0], cell[0])
    for a, b in zip(ours(x), expected, strict=True):
        np.testing.assert_allclose(np.asarray(a), b.numpy(), atol=CLOSE, rtol=0)
    assert outputs.std() > 0.1  # not the same for being zero

    last = keras.layers.LSTM(UNITS)
    same_weights(seed, last, theirs)
    np.testing.assert_allclose(np.asarray(last(x)), outputs[:, -1].numpy(), atol=CLOSE, rtol=0)


def carrying_lstm(hidden):
    """The network of chapter 3, as it stands there."""
    tree = ast.parse(CHAPTER.read_text())
    (found,) = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "CarryingLSTM"]
    names = {"nn": torch.nn}
    exec(compile(ast.Module([found], []), str(CHAPTER), "exec"), names)
    return names["CarryingLSTM"](hidden)


def test_a_state_that_is_carried_over_two_chunks_is_that_of_one_run():
    """Chapter 3's network, a stateful layer of Keras, and either run in one go."""
    z = sequences(0, 128)
    chunks = [z[:64], z[64:]]
    network = carrying_lstm(UNITS)
    layer = keras.layers.LSTM(UNITS, return_sequences=True, stateful=True)
    same_weights(0, layer, network.lstm, features=1)
    weight, bias = (p.detach().numpy() for p in network.linear.parameters())

    def in_keras(chunk):
        return (np.asarray(layer(chunk.reshape(1, -1, 1)))[0] @ weight.T + bias)[:, 0]

    def in_torch(chunk):
        with torch.no_grad():
            return network(torch.tensor(chunk)).numpy()

    carried = {run: np.concatenate([run(c) for c in chunks]) for run in (in_keras, in_torch)}
    layer.reset_state()
    network.state = None
    for run, outputs in carried.items():
        np.testing.assert_allclose(outputs, carried[in_torch], atol=CLOSE, rtol=0)
        np.testing.assert_allclose(outputs, run(z), atol=CLOSE, rtol=0)

    layer.reset_state()
    network.state = None
    for run, outputs in carried.items():  # without the state the second chunk comes out otherwise
        assert np.abs(run(chunks[1]) - outputs[64:]).max() > 1e-2
