"""What `run` refuses, in one line that names what was wrong and what was expected."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from rnn_manual import Config, as_numpy, cells, copy_weights, run
from rnn_manual.layout import Packed, layout_of

X = torch.zeros(7, 2, 3)
DOUBLE = X.double()
RNN, LSTM, TWO = nn.RNN(3, 5), nn.LSTM(3, 5), nn.RNN(3, 5, num_layers=2)
REFUSED = {
    "one axis": (RNN, X[0, 0], None, "input must be 2-D (unbatched) or 3-D (batched), got 1-D"),
    "features": (RNN, torch.zeros(7, 2, 4), None, "input must have 3 features, got 4"),
    "no step": (RNN, X[:0], None, "input must have at least one time step, got none"),
    "packed axes": (RNN, Packed(X, [2]), None, "packed input must be 2-D, got 3-D"),
    "packed sizes": (
        RNN, Packed(X[:, 0], [2, 5]), None, "batch_sizes must not grow, got [2, 5]"
    ),
    "dtype": (
        RNN, DOUBLE, None, "input must have the weights' dtype torch.float32, got torch.float64"
    ),
    "state's shape": (
        RNN, X, torch.zeros(1, 3, 5), "h_0 must have shape (1, 2, 5), got (1, 3, 5)"
    ),
    "unbatched state's shape": (
        TWO, X[:, 0], torch.zeros(1, 5), "h_0 must have shape (2, 5), got (1, 5)"
    ),
    "state's dtype": (
        RNN, X, DOUBLE[:1, :, :1].expand(1, 2, 5),
        "h_0 must have dtype torch.float32, got torch.float64",
    ),
    "no array": (RNN, X, 0, "h_0 must be an array, got int"),
    "h_0 alone": (LSTM, X, (torch.zeros(1, 2, 5),), "state must be (h_0, c_0), got 1 tensors"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_run_refuses(what):
    """What does not fit, and what was expected; nothing else is said."""
    module, x, state, said = REFUSED[what]
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        run(Config.of(module), copy_weights(module), x, state)


@pytest.mark.parametrize("of_torch", ["input", "weights"])
def test_torch_and_numpy_are_not_mixed(of_torch):
    """And it is said which of the two is of torch."""
    weights, x = copy_weights(RNN), X
    if of_torch == "input":
        weights = as_numpy(weights)
    else:
        x = np.zeros(X.shape)
    said = (
        "weights and input must be both of torch or both of NumPy, "
        f"got {of_torch} of torch: as_numpy(weights) turns weights"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        run(Config.of(RNN), weights, x)


def test_dtypes_may_be_mixed_where_that_is_said():
    """As under autocast, which casts what a matrix product is given: nothing is refused."""
    weights = copy_weights(RNN)
    state = torch.zeros(1, 2, 5, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        out, _ = run(Config.of(RNN), weights, X.bfloat16(), state, mixed=True)
    assert out.shape == (7, 2, 5)


def test_run_is_in_eval_unless_it_is_said():
    """Dropout's p is 1 here, so in training the second layer reads zeros."""
    module = nn.RNN(3, 5, num_layers=2, dropout=1.0)
    given = Config.of(module), copy_weights(module), torch.randn(7, 2, 3)
    out, _ = run(*given)
    assert torch.equal(out, run(*given, training=False)[0])
    assert not torch.equal(out, run(*given, training=True)[0])


def test_run_takes_another_cell():
    """In the place of the kind's own."""
    module = nn.RNN(3, 5)
    given = Config.of(module), copy_weights(module), torch.randn(7, 2, 3)
    relu = Config("rnn", 3, 5, nonlinearity="relu")
    out, _ = run(*given, cell=cells.rnn_relu)
    assert torch.equal(out, run(relu, *given[1:])[0])
    assert not torch.equal(out, run(*given)[0])


@pytest.mark.parametrize("batch_first", [False, True])
def test_an_unbatched_input_lies_as_nn_has_it(batch_first):
    """Its batch of one is a new first axis that was turned, or a new second one."""
    x = torch.zeros(7, 3)
    axis = 0 if batch_first else 1
    as_in_nn = x.unsqueeze(axis).transpose(0, 1) if batch_first else x.unsqueeze(axis)
    rows = layout_of(Config("rnn", 3, 5, batch_first=batch_first), x).rows
    assert (rows.shape, rows.stride()) == (as_in_nn.shape, as_in_nn.stride())
