"""The door: batch_first, unbatched and packed input to rows, step after step, and back.

Behind it the loops know one kind of input only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnn_manual.config import Config
from rnn_manual.loops import Cell, State, Walk, run_direction, run_layers
from rnn_manual.ops import Ops, ops_for
from rnn_manual.weights import Array, Weights


class Packed(NamedTuple):
    """`torch.nn.utils.rnn.PackedSequence` for any array library: same fields, same meaning."""

    data: Array
    batch_sizes: Sequence[int]
    sorted_indices: Array | None = None
    unsorted_indices: Array | None = None


def rows_of(input: Any) -> Array:
    """The array itself, or a packed sequence's rows."""
    return input.data if hasattr(input, "batch_sizes") else input


def mapped_rows(change: Callable[[Array], Array], input: Any) -> Any:
    """What `change` makes of an array, or of a packed sequence's rows, laid out as they were."""
    packed = hasattr(input, "batch_sizes")
    return input._replace(data=change(input.data)) if packed else change(input)


def same_packing(a: Any, b: Any) -> bool:
    """Whether two inputs are packed alike, or neither of them is."""
    packed = [x for x in (a, b) if hasattr(x, "batch_sizes")]
    if len(packed) < 2:
        return not packed

    def parts(x: Any) -> list[list[int] | None]:
        indices = [x.batch_sizes, x.sorted_indices, x.unsorted_indices]
        return [None if index is None else [int(i) for i in index] for index in indices]

    return parts(a) == parts(b)


class Layout(NamedTuple):
    """An input as the loops take it, and how arrays are laid out for them and back again."""

    rows: Array  # (ΣB_t, I), or strided as the caller's input is, (T, B, I)
    batch_sizes: list[int]
    state_dims: int
    to_rows: Callable[[Any], Array]  # of anything laid out as the input is
    from_rows: Callable[[Array], Any]
    to_state: Callable[[Array], Array]  # batched, and sorted by length as the rows are
    from_state: Callable[[Array], Array]


def layout_of(config: Config, input: Any) -> Layout:
    """How `input` is laid out, read off its type and number of dimensions.

    Raises: ValueError: no layout of recurrent input looks like this.
    """
    if hasattr(input, "batch_sizes"):
        return _packed(input)
    if input.ndim not in (2, 3):
        raise ValueError(f"input must be 2-D (unbatched) or 3-D (batched), got {input.ndim}-D")
    batched = _unbatched if input.ndim == 2 else _batched
    return batched(input, config.batch_first)


def _batched(input: Array, batch_first: bool) -> Layout:
    def turn(x: Array) -> Array:
        return x.swapaxes(0, 1) if batch_first else x

    T, B, _ = turn(input).shape
    return Layout(
        rows=turn(input),
        batch_sizes=[B] * T,
        state_dims=3,
        to_rows=turn,
        from_rows=lambda rows: turn(rows.reshape(T, B, rows.shape[-1])),
        to_state=lambda state: state,
        from_state=lambda state: state,
    )


def _unbatched(input: Array, batch_first: bool) -> Layout:
    # A batch of one, in memory as nn makes it one: its matmuls look at the strides.
    rows = input[None].swapaxes(0, 1) if batch_first else input[:, None]
    return Layout(
        rows=rows,
        batch_sizes=[1] * len(input),
        state_dims=2,
        to_rows=lambda rows: rows[:, None],
        from_rows=lambda rows: rows,
        to_state=lambda state: state[:, None],
        from_state=lambda state: state[:, 0],
    )


def _packed(input: Any) -> Layout:
    if input.data.ndim != 2:
        raise ValueError(f"packed input must be 2-D, got {input.data.ndim}-D")
    batch_sizes = [int(size) for size in input.batch_sizes]
    if batch_sizes != sorted(batch_sizes, reverse=True):
        raise ValueError(f"batch_sizes must not grow, got {batch_sizes}")

    def permuted_by(indices: Array | None) -> Callable[[Array], Array]:
        return lambda state: state if indices is None else state[:, indices]

    return Layout(
        rows=input.data,
        batch_sizes=batch_sizes,
        state_dims=3,
        to_rows=lambda packed: packed.data,
        from_rows=lambda rows: input._replace(data=rows),
        to_state=permuted_by(input.sorted_indices),
        from_state=permuted_by(input.unsorted_indices),
    )


def check_rows(config: Config, layout: Layout, weights: Weights, mixed: bool) -> None:
    """Raises ValueError unless the rows fit the configuration and the weights."""
    rows, weight = layout.rows, weights[0][0].weight_ih
    libraries = {isinstance(array, np.ndarray): array for array in (rows, weight)}
    if len(libraries) > 1:
        a_tensor = "input" if libraries[False] is rows else "weights"
        both = "weights and input must be both of torch or both of NumPy"
        raise ValueError(f"{both}, got {a_tensor} of torch: as_numpy(weights) turns weights")
    if rows.shape[-1] != config.input_size:
        raise ValueError(f"input must have {config.input_size} features, got {rows.shape[-1]}")
    if rows.dtype != weight.dtype and not mixed:
        raise ValueError(f"input must have the weights' dtype {weight.dtype}, got {rows.dtype}")
    if not layout.batch_sizes:
        raise ValueError("input must have at least one time step, got none")


def state_tuple(config: Config, state: Any) -> tuple[Any, ...]:
    """h, or (h, c) for an LSTM, as a tuple whatever the kind."""
    return tuple(state) if config.kind == "lstm" else (state,)


def state_given(config: Config, states: Sequence[Any]) -> Any:
    """The inverse of `state_tuple`: a state as the layer takes and returns it."""
    return tuple(states) if config.kind == "lstm" else states[0]


def initial_state(config: Config, layout: Layout, state: Any, mixed: bool) -> State:
    """What the caller gave as state, checked and batched; zeros where nothing was given (C4)."""
    sizes = [config.state_size(name) for name in config.states]
    batch = layout.batch_sizes[0]
    if state is None:
        zeros = ops_for(layout.rows).zeros
        return tuple(zeros((config.num_rows, batch, size), like=layout.rows) for size in sizes)
    given = state_tuple(config, state)
    if len(given) != len(sizes):
        raise ValueError(f"state must be (h_0, c_0), got {len(given)} tensors")
    for name, array, size in zip(config.states, given, sizes, strict=True):
        if not hasattr(array, "shape"):
            raise ValueError(f"{name}_0 must be an array, got {type(array).__name__}")
        full = (config.num_rows, batch, size)
        expected = full if layout.state_dims == 3 else (full[0], full[2])
        # Checked as it enters: nn lets a packed input's order pick its rows out of a larger state.
        if array.ndim != len(expected) or tuple(layout.to_state(array).shape) != full:
            raise ValueError(f"{name}_0 must have shape {expected}, got {tuple(array.shape)}")
        if array.dtype != layout.rows.dtype and not mixed:
            raise ValueError(f"{name}_0 must have dtype {layout.rows.dtype}, got {array.dtype}")
    return tuple(map(layout.to_state, given))


def to_loops(
    config: Config, weights: Weights, input: Any, state: Any, mixed: bool
) -> tuple[Layout, State]:
    """An input and a state as the loops take them.

    Args:
        mixed: whether dtypes may differ, as under autocast.

    Raises: ValueError: they do not fit the configuration, the weights or one another.
    """
    layout = layout_of(config, input)
    check_rows(config, layout, weights, mixed)
    return layout, initial_state(config, layout, state, mixed)


def from_loops(config: Config, layout: Layout, rows: Array, last: State) -> tuple[Any, Any]:
    """What the loops give, laid out as what they were given was."""
    return layout.from_rows(rows), state_given(config, [layout.from_state(s) for s in last])


def run(
    config: Config,
    weights: Weights,
    input: Any,
    state: Any = None,
    *,
    training: bool = False,
    mixed: bool = False,
    cell: Cell | None = None,
    walk: Walk = run_direction,
    ops: Ops | None = None,
) -> tuple[Any, Any]:
    """Runs the loops, in NumPy or torch, whichever library the arrays belong to.

    Args:
        input: (T, B, I), or (B, T, I) if `config.batch_first`, (T, I), or a packed sequence.
        state: h_0 (S, B, H or P) for RNN and GRU, (h_0, c_0) with c_0 (S, B, H) for an LSTM,
            without B for unbatched input; zeros if left out.
        training: whether `config.dropout` acts: torch's generator then draws the masks that nn
            would draw; NumPy takes them from `ops`.
        mixed: whether dtypes may differ: under autocast they do, elsewhere torch says where not.
        cell, walk, ops: other equations, another walk through time, or other arithmetic than
            `config` and the arrays ask for.

    Returns: (out, h_n) for RNN and GRU, (out, (h_n, c_n)) for an LSTM, laid out as the input was:
        out is (T, B, D·H or D·P), the states have the shapes of `state`.

    Raises: ValueError: input or state does not fit.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
    """
    layout, first = to_loops(config, weights, input, state, mixed)
    rows, last = run_layers(
        config, weights, layout.rows, layout.batch_sizes, first, training, cell, walk, ops
    )
    return from_loops(config, layout, rows, last)
