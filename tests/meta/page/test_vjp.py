"""What `vjp` takes, and what its pullback refuses."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from rnn_manual import Config, as_numpy, copy_weights, vjp
from rnn_manual.backprop import cell_backward_for, run_direction_backward
from rnn_manual.ops import TorchOps


def of(module):
    return Config.of(module), copy_weights(module), torch.randn(4, 2, 3)


def test_vjp_is_in_eval_unless_it_is_said():
    """Dropout's p is 1 here, so in training the second layer reads zeros."""
    given = of(nn.RNN(3, 5, num_layers=2, dropout=1.0))
    out = vjp(*given)[0][0]
    assert torch.equal(out, vjp(*given, training=False)[0][0])
    assert not torch.equal(out, vjp(*given, training=True)[0][0])


def test_a_direction_is_walked_back_from_its_last_step_unless_it_is_said():
    """As by a forward direction: the one walked the other way gives other gradients."""
    config, weights, x = of(nn.RNN(3, 5))
    found = []

    def walk(*arguments, backward):
        assert backward is False
        found.extend(run_direction_backward(*arguments, **how)[0] for how in HOW)
        return run_direction_backward(*arguments, backward=backward)

    (out, _), pullback = vjp(config, weights, x, walk_backward=walk)
    pullback(torch.randn(out.shape))
    unsaid, forward, backward = found
    assert torch.equal(unsaid, forward)
    assert not torch.equal(unsaid, backward)


HOW = ({}, {"backward": False}, {"backward": True})


def test_vjp_takes_another_backward_of_the_cell():
    """It is called for every step, in the place of the kind's own."""
    config, weights, x = of(nn.LSTM(3, 5, bidirectional=True))
    right, called = cell_backward_for(config), []

    def counted(*given):
        called.append(given)
        return right(*given)

    (out, _), pullback = vjp(config, weights, x, cell_backward=counted)
    pullback(torch.randn(out.shape))
    assert len(called) == 4 * 2
    assert isinstance(called[0][0].ops, TorchOps)


@pytest.mark.parametrize(
    ("module", "d_state", "said"),
    [
        (nn.GRU(3, 5), (torch.zeros(1, 2, 5),) * 2, "d_state must be d_h_n, got 2 arrays"),
        (nn.LSTM(3, 5), torch.zeros(1, 2, 5), "d_state must be (d_h_n, d_c_n), got 1 arrays"),
        (nn.RNN(3, 5), np.zeros((1, 2, 5)), "d_h_n must be a tensor, got ndarray"),
    ],
)
def test_what_is_no_cotangent_is_refused(module, d_state, said):
    """In one line, and in the letters of its kind."""
    (out, _), pullback = vjp(*of(module))
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        pullback(out, d_state)


def test_a_tensor_is_no_cotangent_of_arrays():
    """Of what NumPy computed, it says what was expected, too."""
    config, weights, x = of(nn.RNN(3, 5))
    (out, _), pullback = vjp(config, as_numpy(weights), x.numpy())
    with pytest.raises(ValueError, match=r"^d_out must be a NumPy array, got Tensor$"):
        pullback(torch.from_numpy(out))
