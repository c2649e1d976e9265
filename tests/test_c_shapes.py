"""C. Shapes in and out."""

from dataclasses import replace

import numpy as np
import torch
from torch import nn

from rnn_manual.layout import state_tuple
from rnn_manual.parity import Unsupported, parametrize
from rnn_manual.parity.laws import (
    assert_close,
    assert_same,
    by_direction,
    by_layer,
    claim,
    padded,
    states,
    time_major,
)


@claim("C1", "out: (T, B, D·H),  h_n, c_n: (L·D, B, H)")
@parametrize(usual=True, level="quick", notes="C2", where=padded)
def test_shapes(layer, case):
    """Input (T, B, I) gives out (T, B, D·H), h_n and c_n (S, B, H); P for H in out and h_n."""
    c, got = case.config, layer.on(case)
    D = 2 if c.bidirectional else 1
    B = () if case.layout == "unbatched" else (case.batch_size,)
    H_out = c.proj_size or c.hidden_size
    assert time_major(case, got.out).shape == (case.seq_len, *B, D * H_out)
    assert got.h_n.shape == (c.num_layers * D, *B, H_out)
    assert got.c_n is None or got.c_n.shape == (c.num_layers * D, *B, c.hidden_size)
    assert (got.c_n is None) == (c.kind != "lstm")


@claim("C2", "layer_bf(x.transpose(0, 1)).out = layer(x).out.transpose(0, 1)")
@parametrize(usual=True, level="quick", notes="C2", where=lambda case: case.layout == "batched")
def test_batch_first_swaps_input_and_out_only(layer, case):
    """batch_first swaps the first two axes of input and out only; states stay (S, B, H)."""
    data = case.data()
    other = replace(case.config, batch_first=not case.config.batch_first)
    turned = layer(other, data.parameters, data.input.swapaxes(0, 1), data.state, case.dtype)
    assert_close(case, layer.on(case), turned._replace(out=turned.out.swapaxes(0, 1)))


@claim("C3", "out → (T, B, D, H),  h_n → (L, D, B, H)")
@parametrize(usual=True, level="quick", where=padded)
def test_out_splits_by_direction_and_h_n_by_layer(layer, case):
    """`out` splits as (T, B, D, H), `h_n` as (L, D, B, H): last layer, last step, same numbers."""
    got = layer.on(case)
    out = by_direction(case.config, time_major(case, got.out))
    last_layer = by_layer(case.config, got.h_n)[-1]
    assert_same(out[-1, ..., 0, :], last_layer[0])
    if case.config.bidirectional:
        assert_same(out[0, ..., 1, :], last_layer[1])


@claim("C4", "layer(x) = layer(x, 0)")
@parametrize(usual=True, level="quick", notes="C4", where=lambda case: case.state == "omitted")
def test_no_state_means_zeros(layer, case):
    """Leaving the initial state out and giving zeros are the same, bit for bit."""
    c, data = case.config, case.data()
    B = () if case.layout == "unbatched" else (case.batch_size,)
    zeros = [np.zeros((c.num_rows, *B, c.state_size(letter))) for letter in c.states]
    given = layer(c, data.parameters, data.input, zeros, case.dtype)
    for omitted, zero in zip(layer.on(case), given, strict=True):
        assert (omitted is None) == (zero is None)
        assert omitted is None or np.array_equal(omitted, zero)


def lively(case):
    """With a state to move, and no relu, which may be shut."""
    return case.state in ("random", "ones") and case.config.nonlinearity == "tanh"


@claim("C4", "h_0[k·D + d] reaches h_n[k·D + d] and the layers above, nothing else")
@parametrize(
    usual=True, level="quick", notes="C4", where=lambda case: lively(case) and padded(case)
)
def test_every_row_of_the_state_is_used(layer, case):
    """Each row of the initial state belongs to its own layer and direction."""
    c, data = case.config, case.data()
    # One step: after many, what a state did may be rounded away.
    x = time_major(case, time_major(case, data.input)[:1])
    got = layer(c, data.parameters, x, data.state, case.dtype)
    for row in range(c.num_rows):
        own = [r == row for r in range(c.num_rows)]
        above = [c.layer_direction(r)[0] > c.layer_direction(row)[0] for r in range(c.num_rows)]
        for which in range(len(c.states)):
            moved = [s.copy() for s in data.state]
            moved[which][row] += 0.25
            after = layer(c, data.parameters, x, moved, case.dtype)
            for name, new, old in zip(c.states, states(after), states(got), strict=True):
                reached = [not np.array_equal(a, b) for a, b in zip(new, old, strict=True)]
                assert all(a or not r for a, r in zip(np.add(own, above), reached, strict=True))
                assert reached[row], f"{c.states[which]}_0[{row}] does not reach {name}_n[{row}]"


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
@parametrize(usual=True, notes="C5", where=six_rows_of_bits)
def test_a_classifier_on_bits_can_be_trained(candidate, device, case):
    """Six rows of three steps of three bits are x (3, 6, 3), and a classifier on h_n fits them."""
    rows = [line.split(" → ") for line in ONE_HOT.strip().splitlines()]
    bits = [[[float(bit) for bit in step] for step in word.split()] for word, _ in rows]
    x = torch.tensor(bits, device=device).transpose(0, 1)
    labels = torch.tensor([int(label) for _, label in rows], device=device)
    assert x.shape == (case.seq_len, case.batch_size, case.config.input_size) == (3, 6, 3)

    torch.manual_seed(0)
    module, call = candidate.make(case.config, case.data().parameters, torch.float32, device)
    head = nn.Linear(case.config.hidden_size, 2).to(device)
    optimizer = torch.optim.Adam([*module.parameters(), *head.parameters()], lr=0.05)
    for _ in range(100):
        h_n = state_tuple(case.config, call(x)[1])[0]
        if not h_n.requires_grad:
            raise Unsupported("gradients")
        logits = head(h_n[-1])
        optimizer.zero_grad()
        nn.functional.cross_entropy(logits, labels).backward()
        optimizer.step()
    if all(p.grad is None for p in module.parameters()):
        raise Unsupported("gradients of the weights")
    assert logits.argmax(1).tolist() == labels.tolist()
