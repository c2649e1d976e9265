"""Backpropagation through time, by hand: the walk of `loops.py`, backwards.

The loops take layers upwards, and in each the steps one way: so gradients take layers downwards,
and in each the steps the other way. At every step h has two gradients, what the cell of the step
after it sends back, and what comes from `out`. So the state's gradient is itself a state, handed on
from step to step; and where a sequence begins it leaves, where one ends it joins, just as in a walk
in the other direction: `through_time` does both. The cells' own backwards stand beside them in
`cells.py`. No autograd has a part in this, and what is computed has no graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnn_manual import cells
from rnn_manual.config import Config
from rnn_manual.layout import (
    Layout,
    layout_of,
    rows_of,
    run,
    same_packing,
    state_given,
    state_tuple,
)
from rnn_manual.loops import State, run_direction, through_time
from rnn_manual.ops import Ops, ops_for
from rnn_manual.weights import Array, LayerWeights, Weights

CellForward = Callable[..., tuple[State, cells.Kept]]
CellBackward = Callable[..., tuple[Any, ...]]


class Gradients(NamedTuple):
    """What one number, computed from out and h_n, changes by: laid out as what `run` was given."""

    input: Any  # as the input
    state: Any  # h_0, or (h_0, c_0) for an LSTM; also where it was left out
    weights: Weights


class Residuals(NamedTuple):
    """What the backward of a direction needs of its forward: its rows, and what each step kept."""

    rows: Array
    steps: list[cells.Kept]


def cell_forward_for(config: Config) -> CellForward:
    """The forward, which keeps something, of the equations that a configuration asks for."""
    if config.kind == "rnn":
        relu = config.nonlinearity == "relu"
        return cells.rnn_relu_forward if relu else cells.rnn_tanh_forward
    return cells.lstm_forward if config.kind == "lstm" else cells.gru_forward


def cell_backward_for(config: Config) -> CellBackward:
    """The backward of the equations that a configuration asks for."""
    if config.kind == "rnn":
        relu = config.nonlinearity == "relu"
        return cells.rnn_relu_backward if relu else cells.rnn_tanh_backward
    return cells.lstm_backward if config.kind == "lstm" else cells.gru_backward


def run_direction_backward(
    ops: Ops,
    cell_backward: CellBackward,
    w: LayerWeights,
    residuals: Residuals,
    batch_sizes: Sequence[int],
    d_out: Array,
    d_last: State,
    backward: bool = False,
) -> tuple[Array, State, LayerWeights]:
    """The backward of `run_direction`.

    Args:
        d_out: (ΣB_t, H or P), the gradient for h after every step, but for what later steps add.
        d_last: dh (B, H or P) and, for an LSTM, dc (B, H), after each sequence's own last step.
        backward: whether the forward went from the last step to the first.

    Returns: the gradients for the rows (ΣB_t, I), for the state before the first step, and for w.
    """
    d_h = ops.steps(d_out, batch_sizes)
    dx: dict[int, Array] = {}
    dw: cells.OfWeights = {}

    def step(t: int, dh: Array, *dc: Array) -> State:
        more, dx[t], *d_before = cell_backward(ops, w, residuals.steps[t], dh + d_h[t], *dc)
        for role, gradient in more.items():
            if role in dw:
                dw[role] += gradient
            else:
                dw[role] = gradient
        return tuple(d_before)

    _, d_first = through_time(ops, step, batch_sizes, d_last, not backward)
    # x was computed for all steps at once, and so is its backward.
    rows = residuals.rows.reshape(-1, residuals.rows.shape[-1])
    d_rows, dw["weight_ih"], dw["bias_ih"] = ops.linear_backward(
        rows, w.weight_ih, ops.concat([dx[t] for t in range(len(dx))])
    )
    asked = w._asdict().items()
    return d_rows, d_first, LayerWeights(*(None if v is None else dw[role] for role, v in asked))


def run_layers_backward(
    config: Config,
    weights: Weights,
    residuals: Sequence[Residuals],
    batch_sizes: Sequence[int],
    d_rows: Array,
    d_last: State,
    masks: Sequence[Array],
    ops: Ops,
    cell_backward: CellBackward | None = None,
    walk_backward: Callable[..., Any] = run_direction_backward,
) -> tuple[Array, State, Weights]:
    """The backward of `run_layers`.

    Args:
        residuals: those of each direction, by row of h_n.
        d_rows: (T, B, D·H) or (ΣB_t, D·H), the gradient for the last layer's output.
        d_last: for h_n (S, B, H or P) and, for an LSTM, c_n (S, B, H).
        masks: what each layer's output but the last's was multiplied with; empty without dropout.

    Returns: the gradients for the rows (ΣB_t, I), h_0 (and c_0), and the weights.
    """
    cell_backward = cell_backward or cell_backward_for(config)
    d_states = list(zip(*map(ops.unstack, d_last), strict=True))
    d_first, d_weights = [], []
    for layer in reversed(range(config.num_layers)):
        d_in = []
        for direction in reversed(range(config.num_directions)):
            row = config.row(layer, direction)
            d_x, d_0, dw = walk_backward(
                ops,
                cell_backward,
                weights[layer][direction],
                residuals[row],
                batch_sizes,
                d_rows[..., config.columns(direction)],
                d_states[row],
                backward=direction == 1,
            )
            d_in.append(d_x)
            d_first.append(d_0)
            d_weights.append(dw)
        d_rows = sum(d_in[1:], d_in[0])  # both directions read all of it
        if layer and masks:
            d_rows = d_rows * masks[layer - 1].reshape(d_rows.shape)
    rows, D = reversed(d_first), config.num_directions
    in_order = d_weights[::-1]
    by_layer = tuple(tuple(in_order[k : k + D]) for k in range(0, len(in_order), D))
    return d_rows, tuple(map(ops.stack, zip(*rows, strict=True))), by_layer


def vjp(
    config: Config,
    weights: Weights,
    input: Any,
    state: Any = None,
    *,
    training: bool = False,
    ops: Ops | None = None,
    cell_backward: CellBackward | None = None,
    walk_backward: Callable[..., Any] = run_direction_backward,
) -> tuple[tuple[Any, Any], Callable[..., Gradients]]:
    """Runs the loops as `run` does, and returns their pullback with what they return.

    Args:
        cell_backward, walk_backward: other backwards than those of the cells and of
            `run_direction`.

    Returns: (out, h_n) or (out, (h_n, c_n)), and `pullback(d_out, d_state=None)`: from the
        cotangents of these, laid out as they are (d_state left out is zeros), it computes the
        gradients for input, state and weights. It may be called several times; weights, input and
        state are read then, and must be what they were.

    Raises: ValueError: input or state does not fit; from `pullback`: d_out or d_state does not.

    Source: Werbos 1990, "Backpropagation through time: what it does and how to do it".
    """
    layout = layout_of(config, input)
    kept = _MasksKept(ops or ops_for(layout.rows))
    residuals: list[Residuals] = []
    forward = cell_forward_for(config)

    def walk(ops: Ops, cell: Any, w: Any, rows: Any, sizes: Any, state: Any, backward: bool) -> Any:
        steps: list[cells.Kept] = []

        def recorded(*given: Any) -> State:
            new, kept_of_step = forward(*given)
            steps.append(kept_of_step)
            return new

        ended = run_direction(ops, recorded, w, rows, sizes, state, backward)
        residuals.append(Residuals(rows, steps[::-1] if backward else steps))
        return ended

    with kept.no_grad():
        out, last = run(config, weights, input, state, training=training, walk=walk, ops=kept)
    # Not what was returned itself: that may come to hold the pullback, and the two each other.
    shapes = [tuple(array.shape) for array in (rows_of(out), *state_tuple(config, last))]

    def pullback(d_out: Any, d_state: Any = None) -> Gradients:
        d_rows, d_last = _cotangents(config, layout, input, shapes, d_out, d_state)
        with kept.no_grad():
            d_input, d_first, d_weights = run_layers_backward(
                config,
                weights,
                residuals,
                layout.batch_sizes,
                d_rows,
                d_last,
                kept.masks,
                kept,
                cell_backward,
                walk_backward,
            )
            d_0 = [layout.from_state(d) for d in d_first]
            return Gradients(layout.from_rows(d_input), state_given(config, d_0), d_weights)

    return (out, last), pullback


def _cotangents(
    config: Config,
    layout: Layout,
    input: Any,
    shapes: Sequence[tuple[int, ...]],
    d_out: Any,
    d_state: Any,
) -> tuple[Array, State]:
    """d_out and d_state as the loops lay out what they return, checked.

    Args:
        shapes: of out's rows, h_n and c_n.
    """
    if not same_packing(input, d_out):
        packed = "packed as the input is" if hasattr(input, "batch_sizes") else "not packed"
        raise ValueError(f"d_out must be {packed}, for so is out")
    zeros = [ops_for(layout.rows).zeros(shape, like=layout.rows) for shape in shapes[1:]]
    given = [None] * len(zeros) if d_state is None else d_state
    given = given if isinstance(given, (tuple, list)) else (given,)
    if len(given) != len(zeros):
        form = "(d_h_n, d_c_n)" if config.kind == "lstm" else "d_h_n"
        raise ValueError(f"d_state must be {form}, got {len(given)} arrays")
    d_last = [zero if d is None else d for d, zero in zip(given, zeros, strict=True)]
    names = ["d_out", *(f"d_{name}_n" for name in config.states)]
    for name, got, shape in zip(names, [rows_of(d_out), *d_last], shapes, strict=True):
        _check(name, got, layout.rows, shape)
    return layout.to_rows(d_out), tuple(map(layout.to_state, d_last))


def _check(name: str, got: Any, like: Array, shape: tuple[int, ...]) -> None:
    """Raises ValueError unless `got` is of the library and dtype of `like`, and of that shape."""
    if not hasattr(got, "shape") or isinstance(got, np.ndarray) != isinstance(like, np.ndarray):
        expected = "a NumPy array" if isinstance(like, np.ndarray) else "a tensor"
        raise ValueError(f"{name} must be {expected}, got {type(got).__name__}")
    if tuple(got.shape) != shape:
        raise ValueError(f"{name} must have shape {shape}, got {tuple(got.shape)}")
    if got.dtype != like.dtype:
        raise ValueError(f"{name} must have dtype {like.dtype}, got {got.dtype}")


class _MasksKept:
    """Some library's operations; what dropout multiplied with is kept."""

    def __init__(self, ops: Ops) -> None:
        self.ops = ops
        self.masks: list[Array] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ops, name)

    def dropout(self, x: Array, p: float) -> Array:
        ones = self.ops.zeros(x.shape, like=x) + 1
        self.masks.append(self.ops.dropout(ones, p))
        return x * self.masks[-1]
