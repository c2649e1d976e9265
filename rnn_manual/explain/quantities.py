"""The loops' quantities by name: what every layer, direction and step computes on its way.

They are computed by the page itself (`cells.py`, `loops.py`, `backprop.py`), which is only watched;
and named as the proof names them, so that what it finds in a candidate can stand beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rnn_manual.backprop import cell_backward_for, run_direction_backward, vjp
from rnn_manual.config import Config
from rnn_manual.layout import run
from rnn_manual.loops import State, run_direction
from rnn_manual.ops import Ops
from rnn_manual.proof.expected.quantities import BACKWARD, QUANTITIES
from rnn_manual.weights import Array, LayerWeights, Weights

X_PRODUCT, H_PRODUCT = PRODUCTS = "W_ih x + b_ih", "W_hh h + b_hh"  # of all gates at once


class Key(NamedTuple):
    """What a quantity is called: where it is computed, and its name there."""

    layer: int
    direction: int
    step: int
    name: str


Quantities = dict[Key, Array]  # each (B_t, features), in the order in which they are computed


def order_of(sizes: Sequence[int], backward: bool) -> list[int]:
    """The steps in the order in which a direction takes them."""
    return list(range(len(sizes)))[:: -1 if backward else 1]


def put_given(
    found: Quantities, config: Config, key: Key, x: Array, before: Sequence[Array], first: bool
) -> None:
    """Puts among them what a step is given: x, (B_t, features); to a direction's first, h and c.

    Args:
        key: of the step's x.
    """
    found[key] = x
    if first:
        for name, value in zip(config.states, before, strict=True):
            found[key._replace(name=name)] = value


def forward(
    config: Config, weights: Weights, input: Any, state: Any = None
) -> tuple[tuple[Any, Any], Quantities]:
    """Runs the loops.

    Returns: (out, state), and every quantity: x; of each direction's first step h and c; the
        products with x and h; a_i, what σ is taken of to give i, of an RNN a; the gates; c',
        tanh(c'); h'.
    """
    found: Quantities = {}
    taken = 0

    def walk(
        ops: Ops, cell: Any, w: LayerWeights, rows: Array, sizes: Sequence[int], first: State,
        backward: bool = False,
    ) -> tuple[Array, State]:  # fmt: skip
        nonlocal taken
        layer, direction = config.layer_direction(taken)
        taken += 1
        x = ops.steps(rows if rows.ndim == 2 else rows.reshape(-1, rows.shape[-1]), sizes)
        steps = order_of(sizes, backward)
        order = iter(steps)

        def watched(ops: Ops, w: LayerWeights, product: Array, *before: Array) -> State:
            t = next(order)
            put_given(found, config, Key(layer, direction, t, "x"), x[t], before, t == steps[0])
            for name, value in QUANTITIES[config.kind](config, ops, w, product, *before).items():
                found[Key(layer, direction, t, name)] = value
            new: State = cell(ops, w, product, *before)
            return new

        return run_direction(ops, watched, w, rows, sizes, first, backward)

    return run(config, weights, input, state, walk=walk), found


def backward(
    config: Config, weights: Weights, input: Any, state: Any, d_out: Any, d_state: Any
) -> Quantities:
    """The gradients by hand, in the order of the way back.

    Returns: dh' and dc', all of the gradients for h' and c'; da_i, … (of an RNN da); and dh and
        dc, what the step sends back to the state before it.
    """
    found: Quantities = {}
    left = config.num_rows
    plain = cell_backward_for(config)

    def walk_backward(
        ops: Ops, cell_backward: Any, w: LayerWeights, residuals: Any, sizes: Sequence[int],
        d_rows: Array, d_last: State, backward: bool = False,
    ) -> Any:  # fmt: skip
        nonlocal left
        left -= 1
        layer, direction = config.layer_direction(left)
        order = iter(order_of(sizes, not backward))

        def watched(ops: Ops, w: LayerWeights, *given: Array) -> Any:
            t = next(order)
            result = plain(ops, w, *given)
            _, dx, *d_before = result
            named = dict(BACKWARD[config.kind](ops, w, *given))
            names = ["da"] if config.kind == "rnn" else [f"da_{gate}" for gate in config.gates]
            named |= zip(names, ops.gates(dx, len(names)), strict=True)
            named |= {f"d{s}": d for s, d in zip(config.states, d_before, strict=True)}
            for name, value in named.items():
                found[Key(layer, direction, t, name)] = value
            return result

        return run_direction_backward(ops, watched, w, residuals, sizes, d_rows, d_last, backward)

    _, pullback = vjp(config, weights, input, state, walk_backward=walk_backward)
    pullback(d_out, d_state)
    return found
