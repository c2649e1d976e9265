"""E. Structure: big networks out of small ones. (E4 is in test_parity.py.)"""

import numpy as np

from rnn_manual.parity import parametrize
from rnn_manual.parity.laws import (
    assert_close,
    claim,
    layer_parameters,
    one_direction,
    rows_of,
    stacked,
    states,
    time_major,
    two_directions,
)
from rnn_manual.parity.layer import Outputs


def fed_one_into_the_next(layer, case):
    """The layers as networks of their own, each reading the whole output of the one below."""
    config, data = case.config, case.data()
    x, D, parts = data.input, config.num_directions, []
    for k in range(config.num_layers):
        weights = layer_parameters(config, data.parameters, k)
        state = rows_of(data.state, slice(k * D, k * D + D))
        parts.append(layer(config.layer(k), weights, x, state, case.dtype))
        x = parts[-1].out
    return Outputs(x, *stacked(parts))


@claim("E1", "layer_L = layer ∘ … ∘ layer")
@parametrize(
    usual=True,
    level="quick",
    notes="E1",
    where=lambda c: one_direction(c) and c.config.num_layers > 1,
)
def test_layers_are_networks_in_a_row(layer, case):
    """L layers equal L one-layer networks fed one into the next: out and every row of h_n."""
    assert_close(case, layer.on(case), fed_one_into_the_next(layer, case))


@claim("E2", "layer_bi(x) = [layer(x) | reverse(layer(reverse(x)))]")
@parametrize(
    usual=True,
    level="quick",
    notes="E2",
    where=lambda c: two_directions(c) and c.config.num_layers == 1,
)
def test_two_directions_are_two_networks(layer, case):
    """A bidirectional layer is a forward one beside one run on the reversed input, turned back."""
    config, data = case.config, case.data()
    time = 1 if case.layout == "batched" and config.batch_first else 0

    def single(direction, x):
        weights = layer_parameters(config, data.parameters, 0, direction)
        state = rows_of(data.state, slice(direction, direction + 1))
        return layer(config.single(), weights, x, state, case.dtype)

    forward, backward = single(0, data.input), single(1, np.flip(data.input, time).copy())
    out = np.concatenate([forward.out, np.flip(backward.out, time)], -1)
    assert_close(case, layer.on(case), Outputs(out, *stacked([forward, backward])))


@claim("E3", "x_{k+1} = [forward_k(x_k) | backward_k(x_k)]")
@parametrize(
    usual=True,
    level="quick",
    notes="E3",
    where=lambda c: two_directions(c) and c.config.num_layers > 1,
)
def test_a_layer_reads_both_directions_of_the_one_below(layer, case):
    """The layer loop is outermost: layer k reads the whole output, both directions, of k - 1."""
    assert_close(case, layer.on(case), fed_one_into_the_next(layer, case))


def in_pieces(layer, case, cuts):
    """The sequence cut up, each piece started from the state that the one before it left."""
    data = case.data()
    time = 1 if case.layout == "batched" and case.config.batch_first else 0
    parts, state = [], data.state
    for piece in np.split(data.input, cuts, axis=time):
        parts.append(layer(case.config, data.parameters, piece, state, case.dtype))
        state = states(parts[-1])
    out = np.concatenate([part.out for part in parts], time)
    return Outputs(out, *states(parts[-1]))


@claim("E4", "state after step t = h_n of x[:t + 1]")
@parametrize(
    usual=True, level="quick", notes="E4", where=lambda c: one_direction(c) and c.seq_len > 1
)
def test_step_by_step(layer, case):
    """One call a step, the state handed on, equals one call: the state after it equals h_n."""
    whole = layer.on(case)
    stepped = in_pieces(layer, case, range(1, case.seq_len))
    assert_close(case, whole, stepped)
    assert np.array_equal(time_major(case, stepped.out)[-1], stepped.h_n[-1])


@claim("E5", "layer(x, h_0) = layer(x[s:], layer(x[:s], h_0).h_n)")
@parametrize(
    usual=True,
    level="quick",
    notes="E4",
    where=lambda c: one_direction(c) and c.seq_len > 1,
)
def test_in_pieces(layer, case):
    """A sequence run in pieces, h_n (and c_n) handed on as the next h_0, equals one run."""
    assert_close(case, layer.on(case), in_pieces(layer, case, [case.seq_len // 2]))
