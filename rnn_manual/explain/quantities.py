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

PRODUCT, Y_N = "x·W_ih + b_ih", "h·W_hn + b_hn"


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

    Returns: by name. x·W_ih + b_ih; of an LSTM i, f, g, o, c', h'; of a GRU r, z, h·W_hn + b_hn,
        n, h'; of an RNN h'.
    """
    found: dict[str, Array] = {PRODUCT: x}
    if config.kind == "lstm":
        found |= zip("ifgo", cells.lstm_gates(ops, w, x, state[0]), strict=True)
    elif config.kind == "gru":
        r, z, n, y_n = cells.gru_gates(ops, w, x, state[0])
        found |= {"r": r, "z": z, Y_N: y_n, "n": n}
    new = cell_for(config)(ops, w, x, *state)
    return found | {f"{name}'": s for name, s in reversed([*zip(config.states, new, strict=True)])}


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

    Returns: dh', all of the gradient for h'; dc', what later steps send back for c' (what h' sends
        is added inside the step); and by gate, as d i, the gradient for what goes into its σ or
        tanh; of an RNN, d sum.
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
            gradients = given[1 + len(config.states) :]
            for name, gradient in zip(config.states, gradients, strict=True):
                found[Key(layer, direction, t, f"d{name}'")] = gradient
            result = plain(ops, w, *given)
            parts = ops.split(result[1], [config.hidden_size] * len(config.gates))
            for name, part in zip(config.gates, parts, strict=True):
                gate = f"d {name}" if config.kind != "rnn" else "d sum"
                found[Key(layer, direction, t, gate)] = part
            return result

        return run_direction_backward(ops, watched, w, residuals, sizes, d_rows, d_last, backward)

    _, pullback = vjp(config, weights, input, state, walk_backward=walk_backward)
    pullback(d_out, d_state)
    return found
