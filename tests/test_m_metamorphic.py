"""M. Metamorphic laws: a call changed in a way whose effect is known. They need no oracle."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_manual.parity import parametrize
from rnn_manual.parity.blocks import blocks
from rnn_manual.parity.laws import assert_close, assert_near, assert_same, claim, states
from rnn_manual.parity.sequences import (
    allowed_rows,
    assert_rows_close,
    batch_of,
    row_by_row,
    sequences,
)
from rnn_manual.parity.symmetries import DirectionsExchanged, UnitsPermuted


def run(layer, case, **changes):
    """The layer on a case, some of its data replaced."""
    data = replace(case.data(), **changes)
    return layer(case.config, data.parameters, data.input, data.state, case.dtype)


def several_rows(case):
    return case.batch_size > 1


@claim("M1", "x'[c] = x[c] for c ≠ b  ⇒  layer(x')[c] = layer(x)[c]")
@parametrize(usual=True, level="quick", where=several_rows)
def test_rows_of_the_batch_are_independent(layer, case):
    """Other numbers in one row of the batch, and another state, leave every bit of the others."""
    data = case.data()
    first, *others = sequences(case, data.input)
    changed = batch_of(case, [first + 1, *others])
    row_0 = np.arange(case.batch_size)[:, None] == 0
    after = run(layer, case, input=changed, state=data.state and [s + row_0 for s in data.state])
    rows = [row_by_row(case, data.input, outputs)[1:] for outputs in (layer.on(case), after)]
    for row, untouched in zip(*rows, strict=True):
        for a, b in zip((row.out, *states(row)), (untouched.out, *states(untouched)), strict=True):
            assert_same(a, b)


@claim("M2", "layer(x[π]) = layer(x)[π] for any order π of the batch")
@parametrize(usual=True, level="quick", where=several_rows)
def test_rows_of_the_batch_may_be_permuted(layer, case):
    """The rows of the batch in another order, the states with them, give the same rows in it."""
    data, order = case.data(), np.random.default_rng(0).permutation(case.batch_size)
    parts = sequences(case, data.input)
    x = batch_of(case, [parts[b] for b in order])
    permuted = run(layer, case, input=x, state=data.state and [s[:, order] for s in data.state])
    rows = row_by_row(case, x, permuted)
    back = [rows[place] for place in np.argsort(order)]
    assert_rows_close(case, back, row_by_row(case, data.input, layer.on(case)))


@claim("M3", "x'[:t] = x[:t]  ⇒  layer(x').out[:t] = layer(x).out[:t]")
@parametrize(
    usual=True,
    level="quick",
    where=lambda case: not case.config.bidirectional and case.seq_len > 1,
)
def test_no_step_knows_a_later_one(layer, case):
    """In one direction, other numbers from a step on leave every bit of out before it."""
    x, got = case.data().input, layer.on(case)
    rows = x.data if case.packed else x
    later = rows + (blocks(case, "input", rows.shape)[0] >= case.seq_len // 2)
    after = run(layer, case, input=x._replace(data=later) if case.packed else later)
    before = blocks(case, "input", got.out.shape)[0] < case.seq_len // 2
    assert_same(after.out[before], got.out[before])


@claim("M4", "W_ih → Π W_ih, W_hh → Π W_hh Πᵀ, b → Π b, h_0 → Π h_0  ⇒  out → Π out")
@parametrize(usual=True, level="quick", where=lambda case: case.config.hidden_size > 1)
def test_hidden_units_may_be_permuted(layer, case):
    """The units of every layer in another order give the same out and states in that order."""
    data, units = case.data(), UnitsPermuted(case.config)
    weights, state = units.parameters(data.parameters), data.state and units.states(data.state)
    permuted = run(layer, case, parameters=weights, state=state)
    assert_close(case, permuted, units.results(layer.on(case)))


@claim("M5", "r·(W_hn h + b_hn) ≠ r·W_hn h + b_hn")
@parametrize(
    usual=True, level="quick", where=lambda case: case.config.kind == "gru" and case.config.bias
)
def test_the_biases_of_gate_n_are_not_one(layer, case):
    """Moving bias from b_hn to b_in changes what a GRU gives: r acts on the one, not the other."""
    moved, n = dict(case.data().parameters), slice(2 * case.config.hidden_size, None)
    for name in [name for name in moved if name.startswith("bias_hh")]:
        other = name.replace("_hh_", "_ih_")
        moved[name], moved[other] = moved[name].copy(), moved[other].copy()
        moved[other][n] += moved[name][n]
        moved[name][n] = 0
    with pytest.raises(pytest.fail.Exception, match="elements differ"):
        assert_close(case, run(layer, case, parameters=moved), layer.on(case))


@claim("M6", "W ↔ W_reverse  ⇒  layer(reverse(x)).out = reverse([backward | forward])")
@parametrize(usual=True, level="quick", where=lambda case: case.config.bidirectional)
def test_directions_may_be_exchanged(layer, case):
    """Weights and states of the directions exchanged, each sequence runs as well from its end."""
    data, turned = case.data(), DirectionsExchanged(case.config)
    x = batch_of(case, [part[::-1] for part in sequences(case, data.input)])
    weights, state = turned.parameters(data.parameters), data.state and turned.states(data.state)
    exchanged = run(layer, case, parameters=weights, input=x, state=state)
    back = [turned.results(row) for row in row_by_row(case, x, exchanged)]
    assert_rows_close(case, back, row_by_row(case, data.input, layer.on(case)))


@claim("M7", "layer(pack(x)).out[b, t] = layer(pad(x)).out[b, t] for t < length of b")
@parametrize(
    usual=True, level="quick", where=lambda case: case.packed and not case.config.bidirectional
)
def test_packed_is_padded_without_the_padding(layer, case):
    """In one direction, packed equals padded on every sequence's own steps; h_n is the last."""
    data, T = case.data(), case.seq_len
    rows = row_by_row(case, data.input, layer.on(case))
    parts = sequences(case, data.input)
    x = np.stack([np.pad(p, ((0, T - len(p)), (0, 0)), constant_values=1) for p in parts])
    config = replace(case.config, batch_first=True)
    padded = layer(config, data.parameters, x, data.state, case.dtype).out
    for row, whole, allowed in zip(rows, padded, allowed_rows(case), strict=True):
        n = len(row.out)
        assert_near(row.out, whole[:n], allowed.out, "out")
        assert_near(row.h_n[-1], whole[n - 1], allowed.h_n[-1], "h_n")


@claim("M7", "layer(pack(x))[b] = layer(x[b])")
@parametrize(usual=True, level="quick", where=lambda case: case.packed)
def test_packed_is_every_sequence_alone(layer, case):
    """A packed batch equals its sequences run one by one, in both directions, states included."""
    data, one = case.data(), replace(case, layout="batched", batch_size=1)
    alone = []
    for b, part in enumerate(sequences(case, data.input)):
        x = batch_of(one, [part])
        state = data.state and [s[:, b : b + 1] for s in data.state]
        alone += row_by_row(one, x, run(layer, case, input=x, state=state))
    assert_rows_close(case, alone, row_by_row(case, data.input, layer.on(case)))
