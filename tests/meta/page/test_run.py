"""`Config`, `copy_weights` and `run`: the loops without a module, in torch and in NumPy."""

import numpy as np
import pytest
import torch
from torch import nn

from rnn_manual import Config, as_numpy, cells, copy_weights, run
from rnn_manual.loops import run_direction, run_layers
from rnn_manual.ops import TorchOps


@pytest.mark.bits
def test_run_is_the_layer():
    """copy_weights and run are all it takes to compute what a layer computes."""
    module = nn.LSTM(3, 5, num_layers=2, bidirectional=True, dtype=torch.float64)
    x = torch.randn(7, 2, 3, dtype=torch.float64)
    out, (h_n, c_n) = run(Config.of(module), copy_weights(module), x)
    expected, (h, c) = module(x)
    assert torch.equal(out, expected)
    assert torch.equal(h_n, h)
    assert torch.equal(c_n, c)


def test_run_in_numpy_needs_no_torch_array():
    """The same equations run on NumPy arrays and give NumPy arrays."""
    module = nn.RNN(3, 5, dtype=torch.float64)
    x = np.random.default_rng(0).standard_normal((7, 2, 3))
    out, h_n = run(Config.of(module), as_numpy(copy_weights(module)), x)
    np.testing.assert_allclose(out, module(torch.tensor(x))[0].detach().numpy(), atol=1e-14)
    assert isinstance(h_n, np.ndarray)


def test_copied_weights_are_data():
    """Copied weights carry no gradient and do not follow the module."""
    module = nn.LSTM(3, 5, proj_size=2)
    (weights,) = copy_weights(module)[0]
    assert not weights.weight_ih.requires_grad
    with torch.no_grad():
        module.weight_hr_l0 += 1
    assert not torch.equal(weights.weight_hr, module.weight_hr_l0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gnu", 3, 5), "kind must be one of rnn, lstm, gru, got 'gnu'"),
        (("rnn", 0, 5), "input_size must be an int, at least 1, got 0"),
        (("lstm", 3, 5, 1, "sine"), "nonlinearity must be tanh or relu, got 'sine'"),
    ],
)
def test_config_refuses(arguments, said):
    """A configuration that no layer has is refused in one line."""
    with pytest.raises(ValueError, match=said):
        Config(*arguments)


def test_config_refuses_projections():
    """Only an LSTM projects, and only to fewer features."""
    with pytest.raises(ValueError, match="only lstm takes proj_size, got 2 for rnn"):
        Config("rnn", 3, 5, proj_size=2)
    with pytest.raises(ValueError, match=r"proj_size must be in 0\.\.4"):
        Config("lstm", 3, 5, proj_size=5)


def test_config_reads_as_the_call():
    """str() of a configuration is the constructor's call."""
    module = nn.LSTM(3, 5, num_layers=2, bidirectional=True)
    assert str(Config.of(module)) == "LSTM(3, 5, num_layers=2, bidirectional=True)"
    assert str(Config.of(nn.RNN(3, 5, nonlinearity="relu"))) == "RNN(3, 5, nonlinearity='relu')"


def test_a_direction_is_forward_unless_it_is_said():
    """Alone, too, a direction is walked from the first step on: out's last step is the state."""
    (w,) = copy_weights(nn.RNN(3, 5))[0]
    x, h_0 = torch.randn(4, 2, 3), torch.randn(2, 5)
    out, (h_n,) = run_direction(TorchOps(), cells.rnn_tanh, w, x, [2] * 4, (h_0,))
    assert torch.equal(out[-2:], h_n)
    back, (h_n,) = run_direction(TorchOps(), cells.rnn_tanh, w, x, [2] * 4, (h_0,), backward=True)
    assert torch.equal(back[:2], h_n)
    assert not torch.equal(out, back)


def test_dropout_acts_in_training_only():
    """And unless it is said, this is none."""
    module = nn.RNN(3, 5, num_layers=2, dropout=1.0)
    config, weights, x = Config.of(module), copy_weights(module), torch.randn(4, 2, 3)
    given = config, weights, x, [2] * 4, (torch.zeros(2, 2, 5),)
    assert torch.equal(run_layers(*given)[0], run_layers(*given, training=False)[0])
    assert not torch.equal(run_layers(*given)[0], run_layers(*given, training=True)[0])
