"""C. Shapes in and out."""

from dataclasses import replace

import numpy as np

from rnn_manual.cases.draw import draw
from rnn_manual.cases.excluded import CHAOTIC, DRAWN, EMPTY, NARROW, SPECIAL, ZEROS
from rnn_manual.cases.parametrize import law
from rnn_manual.claims.laws import (
    assert_close,
    assert_same,
    by_direction,
    by_layer,
    claim,
    padded,
    time_major,
)
from rnn_manual.claims.training import labels_after_training
from rnn_manual.parity import parametrize


@claim("C1", "out: (T, B, D·H),  h_n, c_n: (L·D, B, H)")
@law(notes="C2", where=padded)
def test_shapes(layer, case):
    """Input (T, B, I) gives out (T, B, D·H), h_n and c_n (S, B, H); P for H in out and h_n."""
    c, got = case.config, layer(case)
    D = 2 if c.bidirectional else 1
    B = () if case.layout == "unbatched" else (case.batch_size,)
    H_out = c.proj_size or c.hidden_size
    assert time_major(case, got.out).shape == (case.seq_len, *B, D * H_out)
    assert got.h_n.shape == (c.num_layers * D, *B, H_out)
    assert got.c_n is None or got.c_n.shape == (c.num_layers * D, *B, c.hidden_size)
    assert (got.c_n is None) == (c.kind != "lstm")


@claim("C2", "layer_bf(x.transpose(0, 1)).out = layer(x).out.transpose(0, 1)")
@law(notes="C2", where=lambda case: case.layout == "batched", without=[DRAWN])
def test_batch_first_swaps_input_and_out_only(layer, case):
    """batch_first swaps the first two axes of input and out only; states stay (S, B, H)."""
    other = replace(case, config=replace(case.config, batch_first=not case.config.batch_first))
    turned = layer(other, draw(case), input=draw(case).input.swapaxes(0, 1))
    back = turned.changed(lambda outputs: outputs._replace(out=outputs.out.swapaxes(0, 1)))
    assert_close(layer(case), back)


@claim("C3", "out → (T, B, D, H),  h_n → (L, D, B, H)")
@law(where=padded)
def test_out_splits_by_direction_and_h_n_by_layer(layer, case):
    """`out` splits as (T, B, D, H), `h_n` as (L, D, B, H): last layer, last step, same numbers."""
    got = layer(case)
    out = by_direction(case.config, time_major(case, got.out))
    last_layer = by_layer(case.config, got.h_n)[-1]
    assert_same(out[-1, ..., 0, :], last_layer[0], "out[-1, …, 0, :] and h_n[-1, 0]")
    if case.config.bidirectional:
        assert_same(out[0, ..., 1, :], last_layer[1], "out[0, …, 1, :] and h_n[-1, 1]")


@claim("C4", "layer(x) = layer(x, 0)")
@law(notes="C4", where=lambda case: case.state == "omitted")
def test_no_state_means_zeros(layer, case):
    """Leaving the initial state out and giving zeros are the same, number by number."""
    c = case.config
    B = () if case.layout == "unbatched" else (case.batch_size,)
    zeros = tuple(np.zeros((c.num_rows, *B, c.state_size(letter))) for letter in c.states)
    omitted, given = layer(case).values, layer(case, state=zeros).values
    for name, without, zero in zip(omitted._fields, omitted, given, strict=True):
        assert (without is None) == (zero is None), f"{name} is returned in one call alone"
        if without is not None:
            assert_same(without, zero, name)


def lively(case):
    """With a state to move, and no relu, which may be shut."""
    return case.state in ("random", "ones") and case.config.nonlinearity == "tanh"


@claim("C4", "h_0[k·D + d] reaches h_n[k·D + d] and the layers above, nothing else")
@law(
    notes="C4",
    where=lambda case: lively(case) and padded(case),
    without=[CHAOTIC, DRAWN, EMPTY, NARROW, SPECIAL, ZEROS],
)
def test_every_row_of_the_state_is_used(layer, case):
    """Each row of the initial state belongs to its own layer and direction."""
    c, data = case.config, draw(case)
    # One step: after many, what a state did may be rounded away.
    one = replace(case, seq_len=1)
    data = replace(data, input=time_major(case, time_major(case, data.input)[:1]))
    got = layer(one, data).values
    layers = [c.layer_direction(row)[0] for row in range(c.num_rows)]
    for row in range(c.num_rows):
        for which in range(len(c.states)):
            moved = [s.copy() for s in data.state]
            moved[which][row] += 0.25
            after = layer(one, data, state=tuple(moved)).values
            for name, new, old in zip(c.states, after.states, got.states, strict=True):
                reached = [r for r in range(c.num_rows) if not np.array_equal(new[r], old[r])]
                others = [r for r in reached if r != row and layers[r] <= layers[row]]
                moved_one = f"{c.states[which]}_0[{row}]"
                assert not others, f"{moved_one} reaches {name}_n{others}, not above it"
                assert row in reached, f"{moved_one} does not reach {name}_n[{row}]"


ONE_HOT = """
001 010 100 → 1
100 111 000 → 0
001 010 100 → 1
100 000 111 → 1
111 010 100 → 0
100 010 000 → 0
"""


def six_rows_of_bits(case):
    return case.label == "notes-C5"


@claim("C5", "rows of T·I bits → x: (T, B, I)")
@parametrize(notes="C5", where=six_rows_of_bits)
def test_a_classifier_on_bits_can_be_trained(layer, case):
    """Six rows of three steps of three bits are x (3, 6, 3), and a classifier on h_n fits them."""
    rows = [line.split(" → ") for line in ONE_HOT.strip().splitlines()]
    bits = [[[float(bit) for bit in step] for step in word.split()] for word, _ in rows]
    x, labels = np.array(bits).swapaxes(0, 1), [int(label) for _, label in rows]
    assert x.shape == (case.seq_len, case.batch_size, case.config.input_size) == (3, 6, 3)
    assert labels_after_training(layer, case, x, labels) == labels
