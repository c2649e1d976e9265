"""The loops: time, then directions, then layers.

Every input comes here as rows (ΣB_t, I), step after step, with the batch sizes
B_0 ≥ B_1 ≥ … ≥ B_{T-1}: sequences sorted by length, the shorter ones missing from later steps.
A padded batch is the case where all B_t are B, an unbatched sequence the one where all are 1;
their rows may come as (T, B, I), and should: nn's first matmul rounds differently on a batch-first
input, which lies in memory the other way round, than on a copy of it made step after step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rnn_manual import cells
from rnn_manual.config import Config
from rnn_manual.ops import Ops, ops_for
from rnn_manual.weights import Array, LayerWeights, Weights

Cell = Callable[..., tuple[Array, ...]]
State = tuple[Array, ...]  # (h,) or (h, c)
Walk = Callable[..., tuple[Array, State]]


def cell_for(config: Config) -> Cell:
    """The equations that a configuration asks for."""
    if config.kind == "rnn":
        return cells.rnn_relu if config.nonlinearity == "relu" else cells.rnn_tanh
    return cells.lstm if config.kind == "lstm" else cells.gru


def through_time(
    ops: Ops,
    step: Callable[..., State],
    batch_sizes: Sequence[int],
    initial: State,
    backward: bool,
) -> tuple[list[Array], State]:
    """One step after the other, the state handed on.

    Args:
        step: called with t and the state, (B_t, …) each; returns the new state.
        initial: the state before the first step, (B, …) each.
        backward: from the last step to the first.

    Returns: h after the step at every t, and the state after each sequence's own last one.
    """
    steps = range(len(batch_sizes))
    order = steps[::-1] if backward else steps
    h, ended = [initial[0]] * len(steps), []
    state, before = initial, batch_sizes[order[0]]
    if before < batch_sizes[0]:  # going backward, only the longest sequences are there at first
        state = tuple(s[:before] for s in initial)
    for t in order:
        now = batch_sizes[t]
        if now < before:  # going forward, sequences leave the batch as they end
            ended.append(tuple(s[now:] for s in state))
            state = tuple(s[:now] for s in state)
        elif now > before:  # going backward, they join it
            state = tuple(
                ops.concat([s, s_0[before:now]]) for s, s_0 in zip(state, initial, strict=True)
            )
        state = step(t, *state)
        h[t], before = state[0], now
    last = tuple(map(ops.concat, zip(state, *reversed(ended), strict=True))) if ended else state
    return h, last


def run_direction(
    ops: Ops,
    cell: Cell,
    w: LayerWeights,
    rows: Array,
    batch_sizes: Sequence[int],
    state: State,
    backward: bool = False,
) -> tuple[Array, State]:
    """One layer in one direction: a cell, step after step.

    Args:
        rows: (ΣB_t, I) or (T, B, I).
        state: h (B, H or P) and, for an LSTM, c (B, H): the state before the first step.
        backward: walk from the last step to the first. The input keeps its own order, and so
            does what is returned: only the walk turns round.

    Returns: h after every step, (ΣB_t, H or P), and the state after each sequence's own last step.
    """
    x = ops.steps(ops.linear(rows, w.weight_ih, w.bias_ih), batch_sizes)

    def step(t: int, *state: Array) -> State:
        return cell(ops, w, x[t], *state)

    h, last = through_time(ops, step, batch_sizes, state, backward)
    return ops.concat(h), last


def run_layers(
    config: Config,
    weights: Weights,
    rows: Array,
    batch_sizes: Sequence[int],
    state: State,
    training: bool = False,
    cell: Cell | None = None,
    walk: Walk = run_direction,
    ops: Ops | None = None,
) -> tuple[Array, State]:
    """All layers: each reads the whole output, both directions, of the one below.

    Args:
        rows: (ΣB_t, I) or (T, B, I).
        state: h_0 (S, B, H or P) and, for an LSTM, c_0 (S, B, H).
        training: whether `config.dropout` acts between layers.
        cell, walk, ops: the equations, the walk through time and the arithmetic, if others than
            `config` and the rows ask for.

    Returns: the last layer's rows (ΣB_t, D·H or D·P); h_n and, for an LSTM, c_n, shaped as state.
    """
    ops = ops or ops_for(rows)
    cell = cell or cell_for(config)
    states = list(zip(*map(ops.unstack, state), strict=True))
    last: list[State] = []
    shape = tuple(rows.shape[:-1])
    for layer in range(config.num_layers):
        out = []
        for direction in range(config.num_directions):
            h, end = walk(
                ops,
                cell,
                weights[layer][direction],
                rows,
                batch_sizes,
                states[config.row(layer, direction)],
                backward=direction == 1,
            )
            out.append(h)
            last.append(end)
        rows = ops.concat(out, -1) if config.bidirectional else out[0]
        if layer + 1 < config.num_layers:
            # As it came in, for nn's matmuls see steps and batch apart in every layer.
            rows = rows.reshape(*shape, rows.shape[-1])
            if training and config.dropout:
                rows = ops.dropout(rows, config.dropout)
    return rows, tuple(map(ops.stack, zip(*last, strict=True)))
