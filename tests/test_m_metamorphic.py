"""M. Metamorphic laws: a call changed in a way whose effect is known. They need no oracle."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_manual.cases.draw import draw
from rnn_manual.cases.excluded import CHAOTIC, DRAWN, NARROW, ONE_ROW, SPECIAL, ZEROS
from rnn_manual.cases.parametrize import law
from rnn_manual.claims.laws import assert_close, assert_near, assert_same, claim
from rnn_manual.claims.sequences import (
    assert_rows_close,
    batch_of,
    row_by_row,
    sequences,
    taken_apart,
)
from rnn_manual.claims.symmetries import DirectionsExchanged, UnitsPermuted
from rnn_manual.judge.blocks import blocks


def several_rows(case):
    return case.batch_size > 1


@claim("M1", "x'[c] = x[c] for c ≠ b  ⇒  layer(x')[c] = layer(x)[c]")
@law(where=several_rows, without=[ONE_ROW])
def test_rows_of_the_batch_are_independent(layer, case):
    """Other numbers and another state in one row of the batch change no number of the others."""
    data = draw(case)
    first, *others = sequences(case, data.input)
    changed = batch_of(case, [first + 1, *others])
    row_0 = np.arange(case.batch_size)[:, None] == 0
    if case.packed and data.input.sorted_indices is None:  # sorted before it came
        changed = changed._replace(sorted_indices=None, unsorted_indices=None)
    states = data.state and tuple(s + row_0 for s in data.state)
    before, after = layer(case), layer(case, input=changed, state=states)
    rows = [taken_apart(each, each.values)[1:] for each in (before, after)]
    for row, untouched in zip(*rows, strict=True):
        for name, a, b in zip(row._fields, row, untouched, strict=True):
            if a is not None:
                assert_same(a, b, f"{name} of a row that was not changed")


@claim("M2", "layer(x[π]) = layer(x)[π] for any order π of the batch")
@law(where=several_rows, without=[DRAWN])
def test_rows_of_the_batch_may_be_permuted(layer, case):
    """The rows of the batch in another order, the states with them, give the same rows in it."""
    data, order = draw(case), np.random.default_rng(0).permutation(case.batch_size)
    parts = sequences(case, data.input)
    x = batch_of(case, [parts[b] for b in order])
    state = data.state and tuple(s[:, order] for s in data.state)
    rows = row_by_row(layer(case, input=x, state=state))
    assert_rows_close([rows[place] for place in np.argsort(order)], row_by_row(layer(case)))


@claim("M3", "x'[:t] = x[:t]  ⇒  layer(x').out[:t] = layer(x).out[:t]")
@law(where=lambda case: not case.config.bidirectional and case.seq_len > 1)
def test_no_step_knows_a_later_one(layer, case):
    """In one direction, other numbers from a step on leave every number of out before it."""
    x, got = draw(case).input, layer(case)
    rows = x.data if case.packed else x
    later = rows + (blocks(case, "input", rows.shape)[0] >= case.seq_len // 2)
    after = layer(case, input=x._replace(data=later) if case.packed else later)
    before = blocks(case, "input", got.out.shape)[0] < case.seq_len // 2
    assert_same(after.out[before], got.out[before], "out of the steps before the change")


@claim("M4", "W_ih → Π W_ih, W_hh → Π W_hh Πᵀ, b → Π b, h_0 → Π h_0  ⇒  out → Π out")
@law(where=lambda case: case.config.hidden_size > 1, without=[DRAWN])
def test_hidden_units_may_be_permuted(layer, case):
    """The units of every layer in another order give the same out and states in that order."""
    data, units = draw(case), UnitsPermuted(case.config)
    weights, state = units.parameters(data.parameters), data.state and units.states(data.state)
    permuted = layer(case, parameters=weights, state=state)
    assert_close(permuted, layer(case).changed(units.results))


@claim("M5", "r·(W_hn h + b_hn) ≠ r·W_hn h + b_hn")
@law(
    where=lambda case: case.config.kind == "gru" and case.config.bias and case.batch_size,
    without=[CHAOTIC, DRAWN, NARROW, SPECIAL, ZEROS],
)
def test_the_biases_of_gate_n_are_not_one(layer, case):
    """Moving bias from b_hn to b_in changes what a GRU gives: r acts on the one, not the other."""
    moved, n = dict(draw(case).parameters), slice(2 * case.config.hidden_size, None)
    for name in [name for name in moved if name.startswith("bias_hh")]:
        other = name.replace("_hh_", "_ih_")
        moved[name], moved[other] = moved[name].copy(), moved[other].copy()
        moved[other][n] += moved[name][n]
        moved[name][n] = 0
    with pytest.raises(pytest.fail.Exception, match="elements differ"):
        assert_close(layer(case, parameters=moved), layer(case))


@claim("M6", "W ↔ W_reverse  ⇒  layer(reverse(x)).out = reverse([backward | forward])")
@law(where=lambda case: case.config.bidirectional, without=[DRAWN])
def test_directions_may_be_exchanged(layer, case):
    """Weights and states of the directions exchanged, each sequence runs as well from its end."""
    data, turned = draw(case), DirectionsExchanged(case.config)
    parts = sequences(case, data.input)
    x = batch_of(case, [part[::-1] for part in parts]) if parts else data.input
    weights, state = turned.parameters(data.parameters), data.state and turned.states(data.state)
    exchanged = row_by_row(layer(case, parameters=weights, input=x, state=state))
    back = [(turned.results(row), turned.results(limit)) for row, limit in exchanged]
    assert_rows_close(back, row_by_row(layer(case)))


@claim("M7", "layer(pack(x)).out[b, t] = layer(pad(x)).out[b, t] for t < length of b")
@law(where=lambda case: case.packed and not case.config.bidirectional, without=[DRAWN])
def test_packed_is_padded_without_the_padding(layer, case):
    """In one direction, packed equals padded on every sequence's own steps; h_n is the last."""
    data, T = draw(case), case.seq_len
    rows = row_by_row(layer(case))
    parts = sequences(case, data.input)
    x = np.stack([np.pad(p, ((0, T - len(p)), (0, 0)), constant_values=1) for p in parts])
    batch_first = replace(case.config, batch_first=True)
    laid_out = {"config": batch_first, "layout": "batched", "memory": "contiguous"}
    padded = layer(replace(case, **laid_out), data, input=x)
    for (row, limit), whole, allowed in zip(rows, padded.out, padded.allowed.out, strict=True):
        n, ran = len(row.out), f"{case}; and {padded.case}"
        assert_near(row.out, whole[:n], limit.out + allowed[:n], "out", ran)
        assert_near(row.h_n[-1], whole[n - 1], limit.h_n[-1] + allowed[n - 1], "h_n", ran)


@claim("M7", "layer(pack(x))[b] = layer(x[b])")
@law(where=lambda case: case.packed, without=[DRAWN])
def test_packed_is_every_sequence_alone(layer, case):
    """A packed batch equals its sequences run one by one, in both directions, states included."""
    data, alone = draw(case), []
    for b, part in enumerate(sequences(case, data.input)):
        one = replace(case, layout="batched", batch_size=1, seq_len=len(part))
        x = batch_of(one, [part])
        state = data.state and tuple(s[:, b : b + 1] for s in data.state)
        alone += row_by_row(layer(one, data, input=x, state=state))
    assert_rows_close(alone, row_by_row(layer(case)))
