"""What is said beside something shown: that it was checked, on what, and whether it held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch

from rnn_manual.explain.call import Call, Numbers, Ran, module_for, run_loops
from rnn_manual.explain.shapes import parameters, returned_shapes, tensors
from rnn_manual.layout import rows_of, run, state_given, state_tuple
from rnn_manual.loops import run_direction
from rnn_manual.weights import Array

NEAR = 1e-9  # in float64: the equations add in another order, over many steps


class Check(NamedTuple):
    """A statement about what is shown, and whether it held where it was looked up."""

    said: str
    holds: bool


def by(ran: Sequence[Ran]) -> str:
    """Whose runs: `the loops and torch.nn`."""
    return " and ".join(one.by for one in ran)


def shapes_hold(call: Call, ran: Sequence[Ran]) -> Check:
    """The shapes shown are those that came out."""
    shown = {tensor.name: tensor.shape for tensor in tensors(call)}
    same = all(shape == shown[name] for one in ran for name, shape in returned_shapes(one).items())
    return Check(f"shapes as returned by {by(ran)}", same)


def parameters_hold(call: Call) -> Check:
    """Names, order and shapes are those of nn's module."""
    theirs = {name: tuple(p.shape) for name, p in module_for(call).named_parameters()}
    ours = {parameter.name: parameter.shape for parameter in parameters(call)}
    same = list(theirs.items()) == list(ours.items())
    return Check(f"names, order, shapes of nn.{call.config.kind.upper()}'s parameters", same)


def equations_hold(shown: Ran, ran: Sequence[Ran]) -> Check:
    """A run by the lines shown gives what the others give."""
    same = all(
        torch.allclose(a, b, rtol=NEAR, atol=NEAR)
        for one in ran
        for a, b in zip(
            [rows_of(shown.out), *shown.states], [rows_of(one.out), *one.states], strict=True
        )
    )
    return Check(f"all steps run by these lines: the same as {by(ran)}", same)


def zeros_hold(call: Call, given: Numbers) -> Check:
    """A state that is left out is one of zeros."""
    zeros = [torch.zeros_like(state) for state in state_tuple(call.config, given.state)]
    left_out = run_loops(call, given._replace(state=None))
    given_zeros = run_loops(call, given._replace(state=state_given(call.config, zeros)))
    pairs = zip(
        [rows_of(left_out.out), *left_out.states],
        [rows_of(given_zeros.out), *given_zeros.states],
        strict=True,
    )
    return Check("a state left out is zeros: the loops, run twice", all(map(_same, pairs)))


def first_changes_nothing(call: Call, given: Numbers) -> Check:
    """Of unbatched and packed input, batch_first is without effect."""
    without = replace(call, config=replace(call.config, batch_first=not call.config.batch_first))
    both = [run_loops(one, given) for one in (call, without)]
    pairs = zip(*([rows_of(one.out), *one.states] for one in both), strict=True)
    return Check("with batch_first and without: the loops, run twice", all(map(_same, pairs)))


def _same(pair: tuple[Array, Array]) -> bool:
    return torch.equal(*pair)


def dropout_holds(call: Call, given: Numbers) -> Check:
    """What a layer above reads in training is zero, or what was put out times 1/(1 - p)."""
    read: list[Array] = []
    put_out: list[Array] = []

    def walk(ops: Any, cell: Any, w: Any, rows: Array, *more: Any, **options: Any) -> Any:
        h, last = run_direction(ops, cell, w, rows, *more, **options)
        read.append(rows)
        put_out.append(h)
        return h, last

    torch.manual_seed(0)
    run(call.config, given.weights, given.input, given.state, training=True, walk=walk)
    D, p = call.config.num_directions, call.config.dropout
    zeroed, holds = [], True
    for layer in range(1, call.config.num_layers):
        below = torch.cat(put_out[(layer - 1) * D : layer * D], -1)
        rows = read[layer * D].reshape(below.shape)
        zero = torch.zeros_like(rows)
        holds &= torch.allclose(rows, torch.where(rows == 0, zero, below / max(1 - p, 1e-9)))
        zeroed.append(rows == 0)
    count = torch.cat([each.flatten() for each in zeroed])
    said = f"in a run of the loops, {int(count.sum())} of {count.numel()} were zeroed"
    return Check(said, holds)
