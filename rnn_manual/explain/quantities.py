"""The loops' quantities by name: what every layer, direction and step computes on its way.

They are computed by the page itself (`cells.py`, `loops.py`, `backprop.py`), which is only watched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rnn_manual import cells
from rnn_manual.backprop import cell_backward_for, run_direction_backward, vjp
from rnn_manual.config import Config
from rnn_manual.layout import run
from rnn_manual.loops import State, cell_for, run_direction
from rnn_manual.ops import Ops
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


def of_step(
    config: Config, ops: Ops, w: LayerWeights, x: Array, state: Sequence[Array]
) -> dict[str, Array]:
    """The quantities of one step.

    Args:
        x: the step's input product. state: the state before it.

    Returns: by name: the products with x and h; a_i, what σ is taken of to give i, of an RNN a;
        i, f, g, o or r, z, n; c', tanh(c') and, with a projection, o·tanh(c'); h'.
    """
    y = ops.linear(state[0], w.weight_hh, w.bias_hh)
    found: dict[str, Array] = {X_PRODUCT: x, H_PRODUCT: y}
    number = len(config.gates)
    sums = dict(zip(config.gates, ops.gates(x + y, number), strict=True))
    if config.kind == "lstm":
        gates = cells.lstm_gates(ops, w, x, state[0])
        new_h, new_c = cells.lstm(ops, w, x, *state)
        tanh_c = ops.tanh(new_c)
        found |= {f"a_{gate}": a for gate, a in sums.items()}
        found |= zip(config.gates, gates, strict=True)
        found |= {"c'": new_c, "tanh(c')": tanh_c}
        if config.proj_size:
            found["o·tanh(c')"] = gates[3] * tanh_c
    elif config.kind == "gru":
        r, z, n, y_n = cells.gru_gates(ops, w, x, state[0])
        (new_h,) = cells.gru(ops, w, x, *state)
        a_n = ops.gates(x, number)[2] + r * y_n
        found |= {"a_r": sums["r"], "a_z": sums["z"], "r": r, "z": z, "a_n": a_n, "n": n}
    else:
        (new_h,) = cell_for(config)(ops, w, x, *state)
        found["a"] = sums["h"]
    return found | {"h'": new_h}


def forward(
    config: Config, weights: Weights, input: Any, state: Any = None
) -> tuple[tuple[Any, Any], Quantities]:
    """Runs the loops. Returns: (out, state), and every quantity; h and c of the first steps too."""
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
        order = iter(order_of(sizes, backward))

        def watched(ops: Ops, w: LayerWeights, product: Array, *before: Array) -> State:
            t = next(order)
            found[Key(layer, direction, t, "x")] = x[t]
            if t == order_of(sizes, backward)[0]:
                for name, value in zip(config.states, before, strict=True):
                    found[Key(layer, direction, t, name)] = value
            for name, value in of_step(config, ops, w, product, before).items():
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
            named = _d_new(config, ops, w, given)
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


def _d_new(config: Config, ops: Ops, w: LayerWeights, given: Sequence[Array]) -> dict[str, Array]:
    """All of the gradients for the new state, from what a cell's backward is given."""
    if config.kind != "lstm":
        return {"dh'": given[2]}
    x, h, c, dh, dc = given
    _, new_c = cells.lstm(ops, w, x, h, c)
    o = cells.lstm_gates(ops, w, x, h)[3]
    through_h = dh if w.weight_hr is None else dh @ w.weight_hr
    return {"dh'": dh, "dc'": dc + ops.tanh_backward(through_h * o, ops.tanh(new_c))}
