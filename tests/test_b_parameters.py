"""B. Parameters: names, shapes, counts."""

import io

import pytest
import torch

from rnn_manual.parity import parametrize
from rnn_manual.parity.laws import assert_close, claim
from rnn_manual.parity.layer import Outputs
from rnn_manual.parity.notes import NOTES


@claim("B1", "weight_ih_l0: (G·H, I),  weight_ih_l{k>0}: (G·H, D·H), or (G·H, D·P)")
@parametrize(usual=True, level="quick", notes="B2")
def test_layers_above_read_what_the_one_below_puts_out(layer, case):
    """Layer 0 takes I features; every other takes D·H of them, or D·P with projections."""
    c = case.config
    D = 2 if c.bidirectional else 1
    shapes = dict(layer.parameters(case))
    for k in range(c.num_layers):
        features = c.input_size if k == 0 else D * (c.proj_size or c.hidden_size)
        rows = c.hidden_size * {"rnn": 1, "lstm": 4, "gru": 3}[c.kind]
        assert shapes[f"weight_ih_l{k}"] == (rows, features)


@claim("B2", "weight_ih_l{k}, weight_hh_l{k}, bias_ih_l{k}, bias_hh_l{k}; …_reverse")
@parametrize(usual=True, level="quick", notes="B2")
def test_names_order_and_shapes(layer, case):
    """Names, shapes and order of the parameters are those that the configuration predicts."""
    assert layer.parameters(case) == list(case.config.parameter_shapes().items())


# As many as the notes count, in the notes' order.
NOTED = [case.id for case in NOTES if case.label == "notes-B2"]
COUNTS = dict(zip(NOTED, (8, 12, 12, 24, 32, 4, 12, 24), strict=True))


@claim("B2", "4·L·D parameters")
@parametrize(usual=True, notes="B2", where=lambda case: case.id in COUNTS)
def test_how_many_parameters(layer, case):
    """There are two weights and two biases for every layer and direction."""
    assert len(layer.parameters(case)) == COUNTS[case.id]


@claim("B3", "parameters know no B and no state")
@parametrize(
    usual=True,
    level="quick",
    where=lambda case: case.layout == "batched" and case.state == "random",
)
def test_weights_fit_any_batch_and_states_do_not(layer, case):
    """Weights saved with one batch size run with any other; a state saved from one does not."""
    data, saved = case.data(), io.BytesIO()
    torch.save({name: torch.tensor(p) for name, p in data.parameters.items()}, saved)
    saved.seek(0)
    weights = {name: tensor.numpy() for name, tensor in torch.load(saved).items()}
    batch = 0 if case.config.batch_first else 1
    twice = data.input.repeat(2, axis=batch)  # every row of the batch, and then once more
    states = [s.repeat(2, axis=1) for s in data.state]
    got = layer(case.config, weights, twice, states, case.dtype)
    every_other = Outputs(
        got.out.take(range(0, 2 * case.batch_size, 2), axis=batch),
        *(s[:, ::2] for s in got[1:] if s is not None),
    )
    assert_close(case, layer.on(case), every_other)
    with pytest.raises((RuntimeError, ValueError), match=r"(?i)hidden|h_0"):
        layer(case.config, weights, twice, data.state, case.dtype)
