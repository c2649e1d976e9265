"""D. `out` against `h_n`."""

from dataclasses import replace

import numpy as np

from rnn_manual.cases.draw import draw
from rnn_manual.cases.excluded import DRAWN, EMPTY, LONG, NARROW, SPECIAL, ZEROS
from rnn_manual.cases.parametrize import law
from rnn_manual.claims.laws import (
    among,
    assert_near,
    assert_same,
    claim,
    distinct,
    one_direction,
    padded,
    time_major,
    two_directions,
)

# Where it is claimed that numbers are not the same, they must not be so by chance.
BY_CHANCE = [EMPTY, NARROW, SPECIAL, ZEROS]


@claim("D1", "out[-1] = h_n[-1]")
@law(notes="D1", where=one_direction)
def test_the_last_step_is_the_last_state(layer, case):
    """In one direction, the last step of `out` is the last row of `h_n`, bit for bit."""
    got = layer(case)
    assert_same(time_major(case, got.out)[-1], got.h_n[-1], "out[-1] and h_n[-1]")


@claim("D1", "out[t] ≠ h_n[-1] for t < T - 1")
@law(notes="D1", where=lambda c: one_direction(c) and distinct(c), without=BY_CHANCE)
def test_no_other_step_is(layer, case):
    """A table of which steps' numbers occur in h_n[-1] marks the last step and no other."""
    got = layer(case)
    table = [among(step, got.h_n[-1]) for step in time_major(case, got.out)]
    assert table == [False] * (case.seq_len - 1) + [True]


@claim("D2", "h_n[k] for every k,  out[-1] for k = L - 1 only")
@law(notes="D1", where=lambda c: padded(c) and distinct(c), without=BY_CHANCE)
def test_out_holds_the_last_layer_only(layer, case):
    """`out` holds the last layer only; `h_n` holds the last step of every layer."""
    got, D = layer(case), case.config.num_directions
    table = [among(row, got.out) for row in got.h_n]
    assert table == [False] * (len(table) - D) + [True] * D


@claim("D3", "out[-1, :, :H] = h_n[-2],  out[0, :, H:] = h_n[-1]")
@law(notes="D3", where=two_directions)
def test_the_two_directions_end_at_opposite_ends(layer, case):
    """Forward ends at out[-1, …, :H] = h_n[-2], backward at out[0, …, H:] = h_n[-1]."""
    got, H = layer(case), case.config.output_size
    out = time_major(case, got.out)
    assert_same(out[-1, ..., :H], got.h_n[-2], "out[-1, …, :H] and h_n[-2]")
    assert_same(out[0, ..., H:], got.h_n[-1], "out[0, …, H:] and h_n[-1]")


@claim("D3", "out[-1, :, H:] ≠ h_n[-1]")
@law(
    notes="D3",
    where=lambda c: two_directions(c) and distinct(c) and c.seq_len > 1,
    without=BY_CHANCE,
)
def test_out_at_the_last_step_is_not_h_n(layer, case):
    """With two directions, out[-1] is not h_n[-1]: there the backward one has only begun."""
    got, H = layer(case), case.config.output_size
    backward = time_major(case, got.out)[-1][..., H:]
    assert not among(backward, got.h_n[-1]), "out[-1, …, H:] is h_n[-1]"


@claim("D4", "out[t] = [forward after t + 1 steps | backward after T - t steps]")
@law(
    where=lambda c: two_directions(c) and c.config.num_layers == 1 and not c.config.batch_first,
    without=[DRAWN, LONG],
)
def test_out_interleaves_the_directions(layer, case):
    """Row t of `out` pairs forward step t with backward step T - 1 - t."""
    data, got = draw(case), layer(case)
    for t in range(case.seq_len):
        ends = [layer(replace(case, seq_len=len(x)), data, input=x) for x in _cut(data.input, t)]
        both = np.concatenate([end.h_n[d] for d, end in enumerate(ends)], -1)
        limits = np.concatenate([end.allowed.h_n[d] for d, end in enumerate(ends)], -1)
        assert_near(got.out[t], both, got.allowed.out[t] + limits, f"out[{t}]")


def _cut(x, t):
    """What the forward direction has read at step t, and what the backward one has."""
    return x[: t + 1], x[t:]


@claim("D5", "c_n is not in out")
@law(
    notes="D3",
    where=lambda c: c.config.kind == "lstm" and distinct(c),
    without=BY_CHANCE,
)
def test_c_n_is_not_in_out(layer, case):
    """For an LSTM the same holds of h; c_n is not in `out` at all."""
    got = layer(case)
    assert got.c_n is not None, "there is no c_n"
    assert not np.isin(got.c_n, got.out).any(), "out has numbers of c_n"
