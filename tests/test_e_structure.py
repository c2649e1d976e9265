"""E. Structure: big networks out of small ones. (E4 is in test_parity.py.)"""

from dataclasses import replace

import numpy as np

from rnn_manual.cases.draw import draw
from rnn_manual.cases.excluded import DRAWN, LONG, ZEROS
from rnn_manual.cases.parametrize import law
from rnn_manual.claims.laws import (
    assert_outputs_close,
    assert_same,
    claim,
    layer_parameters,
    one_direction,
    rows_of,
    time_major,
    together,
    two_directions,
)


def fed_one_into_the_next(layer, case):
    """The layers as networks of their own, each reading the whole output of the one below."""
    config, data = case.config, draw(case)
    x, D, parts = data.input, config.num_directions, []
    for k in range(config.num_layers):
        one = replace(case, config=config.layer(k))
        weights = layer_parameters(config, data.parameters, k)
        state = rows_of(data.state, slice(k * D, k * D + D))
        parts.append(layer(one, data, parameters=weights, input=x, state=state))
        x = parts[-1].out.astype(np.float64)
    return parts


def assert_stacked(layer, case):
    """All layers in one call, against one after the other.

    What one of these is off by, those above it read: their own limits do not know of it. The whole
    network's limits do.
    """
    whole, parts = layer(case), fed_one_into_the_next(layer, case)
    alone = together(parts[-1].out, [part.values for part in parts])
    assert_outputs_close(whole.values, alone, whole.allowed, whole.allowed, str(case))


@claim("E1", "layer_L = layer ∘ … ∘ layer")
@law(
    notes="E1",
    where=lambda c: one_direction(c) and c.config.num_layers > 1,
    without=[DRAWN, ZEROS],
)
def test_layers_are_networks_in_a_row(layer, case):
    """L layers equal L one-layer networks fed one into the next: out and every row of h_n."""
    assert_stacked(layer, case)


@claim("E2", "layer_bi(x) = [layer(x) | reverse(layer(reverse(x)))]")
@law(notes="E2", where=lambda c: two_directions(c) and c.config.num_layers == 1)
def test_two_directions_are_two_networks(layer, case):
    """A bidirectional layer is a forward one beside one run on the reversed input, turned back."""
    config, data, time = case.config, draw(case), case.time_axis
    one = replace(case, config=config.single())

    def single(direction, x):
        weights = layer_parameters(config, data.parameters, 0, direction)
        state = rows_of(data.state, slice(direction, direction + 1))
        return layer(one, data, parameters=weights, input=x, state=state)

    def turned(outputs):
        return outputs._replace(out=np.flip(outputs.out, time))

    parts = [single(0, data.input), single(1, np.flip(data.input, time).copy()).changed(turned)]
    both, limits = (_side_by_side(parts, which) for which in ("values", "allowed"))
    whole = layer(case)
    assert_outputs_close(whole.values, both, whole.allowed, limits, str(case))


def _side_by_side(parts, which):
    """The two directions' out side by side, and their states one after the other."""
    outputs = [getattr(part, which) for part in parts]
    return together(np.concatenate([each.out for each in outputs], -1), outputs)


@claim("E3", "x_{k+1} = [forward_k(x_k) | backward_k(x_k)]")
@law(
    notes="E3",
    where=lambda c: two_directions(c) and c.config.num_layers > 1,
    without=[DRAWN, ZEROS],
)
def test_a_layer_reads_both_directions_of_the_one_below(layer, case):
    """The layer loop is outermost: layer k reads the whole output, both directions, of k - 1."""
    assert_stacked(layer, case)


def assert_in_pieces(layer, case, cuts):
    """One call, against the sequence cut up, each piece started from the state left before it.

    What one piece is off by, those after it start from: the whole sequence's limits know of it.
    """
    data, time = draw(case), case.time_axis
    outs, state, whole = [], data.state, layer(case)
    for piece in np.split(data.input, cuts, axis=time):
        shorter = replace(case, seq_len=piece.shape[time])
        last = layer(shorter, data, input=piece, state=state).values
        outs.append(last.out)
        state = tuple(s.astype(np.float64) for s in last.states)
    in_pieces = last._replace(out=np.concatenate(outs, time))
    assert_outputs_close(whole.values, in_pieces, whole.allowed, whole.allowed, str(case))
    return in_pieces


@claim("E4", "state after step t = h_n of x[:t + 1]")
@law(notes="E4", where=lambda c: one_direction(c) and c.seq_len > 1, without=[DRAWN, LONG])
def test_step_by_step(layer, case):
    """One call a step, the state handed on, equals one call: the state after it equals h_n."""
    stepped = assert_in_pieces(layer, case, range(1, case.seq_len))
    last, h_n = time_major(case, stepped.out)[-1], stepped.h_n[-1]
    assert_same(last, h_n, "out of the last step and h_n")


@claim("E5", "layer(x, h_0) = layer(x[s:], layer(x[:s], h_0).h_n)")
@law(notes="E4", where=lambda c: one_direction(c) and c.seq_len > 1, without=[DRAWN])
def test_in_pieces(layer, case):
    """A sequence run in pieces, h_n (and c_n) handed on as the next h_0, equals one run."""
    assert_in_pieces(layer, case, [case.seq_len // 2])
