"""The classic mistakes, by name.

Each is a candidate (`rnn_manual.parity.mistakes:h_0_ignored`) that the suite must fail, and an
explanation: a candidate that agrees with one of them behaves exactly like it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import torch
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnn_manual import cells
from rnn_manual.layout import state_given, state_tuple
from rnn_manual.loops import cell_for, run_direction
from rnn_manual.parity.cases import Case
from rnn_manual.parity.wrong import MISTAKES, Condition, Mistake, Net, mistake
from rnn_manual.weights import LayerWeights

__all__ = ["MISTAKES"]


def lstm(case: Case) -> bool:
    return case.config.kind == "lstm"


def rnn(case: Case) -> bool:
    return case.config.kind == "rnn"


def gru(case: Case) -> bool:
    return case.config.kind == "gru"


def bidirectional(case: Case) -> bool:
    return case.config.bidirectional


def stacked(case: Case) -> bool:
    return case.config.num_layers > 1


def biased(case: Case) -> bool:
    return case.config.bias


def tanh(case: Case) -> bool:
    return case.config.nonlinearity == "tanh"


def unprojected(case: Case) -> bool:
    return not case.config.proj_size


def batched(case: Case) -> bool:
    return case.layout == "batched"


def equally_long(case: Case) -> bool:
    return len(set(case.lengths)) == 1


def padded(case: Case) -> bool:
    return not case.packed


def sorted_already(case: Case) -> bool:
    return case.lengths == sorted(case.lengths, reverse=True)


def several_steps(case: Case) -> bool:
    return case.seq_len > 1


def given_state(case: Case) -> bool:
    """Zeros too: what is wrong with them, their gradients tell."""
    return case.state != "omitted"


def recurrent(case: Case) -> bool:
    return several_steps(case) or given_state(case)


# Weights -----------------------------------------------------------------------------------------


def _gates_exchanged(kind: Condition, a: str, b: str) -> Mistake:
    swap = {a: b, b: a}

    def exchanged(net: Net) -> Net:
        gates = net.config.gates

        def rows(weight: torch.Tensor) -> torch.Tensor:
            block = dict(zip(gates, weight.chunk(len(gates)), strict=True))
            return torch.cat([block[swap.get(gate, gate)] for gate in gates])

        def stacked_gates(w: LayerWeights) -> LayerWeights:
            return w._replace(weight_hr=None).map(rows)._replace(weight_hr=w.weight_hr)

        return net.reweighted(stacked_gates)

    return mistake(f"gates {a} and {b} exchanged", kind, name=f"gates_{a}_{b}_exchanged")(exchanged)


gates_i_f_exchanged = _gates_exchanged(lstm, "i", "f")
gates_i_g_exchanged = _gates_exchanged(lstm, "i", "g")
gates_i_o_exchanged = _gates_exchanged(lstm, "i", "o")
gates_f_g_exchanged = _gates_exchanged(lstm, "f", "g")
gates_f_o_exchanged = _gates_exchanged(lstm, "f", "o")
gates_g_o_exchanged = _gates_exchanged(lstm, "g", "o")
gates_r_z_exchanged = _gates_exchanged(gru, "r", "z")
gates_r_n_exchanged = _gates_exchanged(gru, "r", "n")
gates_z_n_exchanged = _gates_exchanged(gru, "z", "n")


@mistake("b_ih dropped", biased)
def bias_ih_dropped(net: Net) -> Net:
    return net.reweighted(lambda w: w._replace(bias_ih=None))


@mistake("b_hh dropped", biased)
def bias_hh_dropped(net: Net) -> Net:
    return net.reweighted(lambda w: w._replace(bias_hh=None))


@mistake(
    "W_hh transposed, gate by gate",
    recurrent,
    unprojected,
    lambda case: case.config.hidden_size > 1,
)
def weight_hh_transposed(net: Net) -> Net:
    def turned(weight: torch.Tensor) -> torch.Tensor:
        return torch.cat([gate.T for gate in weight.chunk(len(net.config.gates))])

    if net.config.proj_size:
        return net
    return net.reweighted(lambda w: w._replace(weight_hh=turned(w.weight_hh)))


# (With relu, the element may lead to a unit that is shut.)
@mistake("one element of the first layer's W_hh off by 1e-3", recurrent, tanh)
def weight_off_by_1e_3(net: Net) -> Net:
    (first, *others), *above = net.weights
    offset = torch.zeros_like(first.weight_hh)
    offset[0, 0] = 1e-3
    off = first._replace(weight_hh=first.weight_hh + offset)
    return replace(net, weights=((off, *others), *above))


@mistake("no recurrence: W_hh h left out", recurrent)
def no_recurrence(net: Net) -> Net:
    return net.reweighted(lambda w: w._replace(weight_hh=w.weight_hh * 0))


@mistake("the backward direction computes with the forward weights", bidirectional)
def one_set_of_weights(net: Net) -> Net:
    return replace(net, weights=tuple((layer[0],) * len(layer) for layer in net.weights))


# Layers ------------------------------------------------------------------------------------------


@mistake("layers above the first read only the forward half below them", bidirectional, stacked)
def forward_half_only(net: Net) -> Net:
    def without_backward_half(w: LayerWeights) -> LayerWeights:
        kept = torch.ones_like(w.weight_ih)
        kept[:, net.config.output_size :] = 0
        return w._replace(weight_ih=w.weight_ih * kept)

    first, *above = net.weights
    above = [tuple(map(without_backward_half, layer)) for layer in above]
    return replace(net, weights=(first, *above))


def _layer_by_layer(
    net: Net,
    reads: Callable[[list[Any]], Any] = lambda outs: outs[-1],
    starts: Callable[[Any, list[Any]], Any] = lambda given, ends: given,
) -> tuple[Any, Any]:
    """The network as one-layer networks; `reads` and `starts` choose each one's input and state."""
    config, outs = net.config, [net.input]
    ends: list[Any] = []
    for k in range(config.num_layers):
        rows = slice(config.row(k, 0), config.row(k + 1, 0))
        given = net.from_state(lambda *s: tuple(x[rows] for x in s)).state  # noqa: B023
        layer = Net(config.layer(k), net.weights[k : k + 1], reads(outs), starts(given, ends), {})
        out, end = layer.run()
        out = _dropped_out(net, out) if k + 1 < config.num_layers else out
        outs.append(out)
        ends.append(end)
    tuples = [state_tuple(config, end) for end in ends]
    return outs[-1], state_given(config, [torch.cat(rows) for rows in zip(*tuples, strict=True)])


def _dropped_out(net: Net, out: Any) -> Any:
    """A layer's output after dropout, if the net is in training."""
    p, training = net.config.dropout, net.arithmetic["training"]
    if isinstance(out, torch.Tensor):
        return F.dropout(out, p, training)
    return out._replace(data=F.dropout(out.data, p, training))


@mistake("every layer above the first reads layer 0", lambda case: case.config.num_layers > 2)
def layers_read_layer_0(net: Net) -> tuple[Any, Any]:
    return _layer_by_layer(net, reads=lambda outs: outs[:2][-1])


@mistake("a layer starts from the last state of the one below", stacked)
def state_runs_on_upwards(net: Net) -> tuple[Any, Any]:
    return _layer_by_layer(net, starts=lambda given, ends: ends[-1] if ends else given)


# States ------------------------------------------------------------------------------------------


@mistake("h_0 ignored", given_state)
def h_0_ignored(net: Net) -> Net:
    return net.from_state(lambda h, *c: (h * 0, *c))


@mistake("c_0 ignored", given_state, lstm)
def c_0_ignored(net: Net) -> Net:
    return net.from_state(lambda h, *c: (h, *(x * 0 for x in c)))


@mistake("h_0 and c_0 taken for each other", lstm, given_state, unprojected)
def h_0_and_c_0_exchanged(net: Net) -> Net:
    return net if net.config.proj_size else net.from_state(lambda *s: s[::-1])


@mistake("a state of ones where none is given", lambda case: case.state == "omitted")
def ones_for_no_state(net: Net) -> Net:
    if net.state is not None:
        return net
    _, last = net.run()
    ones = [torch.ones_like(s) for s in state_tuple(net.config, last)]
    return replace(net, state=state_given(net.config, ones))


@mistake("h_n and c_n exchanged", lstm)
def h_n_and_c_n_exchanged(net: Net) -> tuple[Any, Any]:
    return net.run_to_state(lambda *s: s[::-1])


@mistake(
    "the first row of the initial state shared by all layers and directions",
    given_state,
    lambda case: case.config.num_rows > 1,
)
def state_shared_by_all(net: Net) -> Net:
    return net.from_state(lambda *s: tuple(x[:1].expand_as(x) for x in s))


def _row_order(net: Net) -> list[int]:
    """Rows of h_n direction by direction: all forward ones, then all backward ones."""
    rows = range(net.config.num_rows)
    return sorted(rows, key=lambda row: net.config.layer_direction(row)[::-1])


@mistake("rows of h_0 taken direction by direction", bidirectional, stacked, given_state)
def h_0_rows_direction_major(net: Net) -> Net:
    order = _row_order(net)
    back = [order.index(row) for row in range(len(order))]
    return net.from_state(lambda *s: tuple(x[back] for x in s))


@mistake("rows of h_n returned direction by direction", bidirectional, stacked)
def h_n_rows_direction_major(net: Net) -> tuple[Any, Any]:
    order = _row_order(net)
    return net.run_to_state(lambda *s: tuple(x[order] for x in s))


@mistake("h_n of the backward direction read off out[-1]", bidirectional, several_steps, padded)
def h_n_is_last_step_of_out(net: Net) -> tuple[Any, Any]:
    out, last = net.run()
    if not net.config.bidirectional or hasattr(out, "batch_sizes"):
        return out, last
    steps = out.transpose(0, 1) if net.config.batch_first and out.dim() == 3 else out
    h, *c = state_tuple(net.config, last)
    h = torch.cat([h[:-1], steps[-1:, ..., net.config.columns(1)]])
    return out, state_given(net.config, [h, *c])


@mistake(
    "h_0 of packed input not sorted with it", given_state, lambda case: not sorted_already(case)
)
def packed_state_not_sorted(net: Net) -> tuple[Any, Any]:
    if not hasattr(net.input, "batch_sizes"):
        return net.run()
    unsorted = net.from_state(lambda *s: tuple(x[:, net.input.unsorted_indices] for x in s))
    return unsorted.run()


@mistake(
    "the whole batch starts from the state of its first row",
    given_state,
    lambda case: case.batch_size > 1,
)
def first_row_state_for_all(net: Net) -> Net:
    return net.from_state(lambda *s: tuple(x[:, :1].expand_as(x) if x.dim() == 3 else x for x in s))


# Time --------------------------------------------------------------------------------------------


@mistake("the forward direction walks from the last step too", several_steps)
def all_walked_from_the_end(net: Net) -> Net:
    def walk(ops: Any, cell: Any, w: Any, rows: Any, sizes: Any, s: Any, backward: bool) -> Any:
        return run_direction(ops, cell, w, rows, sizes, s, backward=True)

    return net.using(walk=walk)


@mistake(
    "sequences of a packed batch run on over their padding", lambda case: not equally_long(case)
)
def padding_walked(net: Net) -> tuple[Any, Any]:
    if not hasattr(net.input, "batch_sizes"):
        return net.run()
    sizes = net.input.batch_sizes
    config = replace(net.config, batch_first=False)
    by_length = PackedSequence(net.input.data, sizes)
    padded = replace(net, config=config, input=pad_packed_sequence(by_length)[0])
    sort, unsort = net.input.sorted_indices, net.input.unsorted_indices
    out, last = padded.from_state(lambda *s: _ordered(s, sort)).run()
    rows = torch.cat([step[:size] for step, size in zip(out, sizes.tolist(), strict=True)])
    states = _ordered(state_tuple(config, last), unsort)
    return net.input._replace(data=rows), state_given(config, states)


def _ordered(states: Iterable[Any], order: Any) -> tuple[Any, ...]:
    """The rows of the batch in another order, if there is one."""
    return tuple(s if order is None else s[:, order] for s in states)


@mistake("the backward direction walks forward", bidirectional, several_steps)
def backward_not_reversed(net: Net) -> Net:
    return net.using(walk=lambda *args, backward: run_direction(*args))


@mistake("the backward direction's output is not turned back", bidirectional, several_steps)
def backward_not_turned_back(net: Net) -> Net:
    def walk(ops: Any, cell: Any, w: Any, rows: Any, sizes: Any, s: Any, backward: bool) -> Any:
        out, last = run_direction(ops, cell, w, rows, sizes, s, backward)
        return (torch.cat(out.split(sizes)[::-1]) if backward else out), last

    return net.using(walk=walk)


@mistake(
    "the last step skipped, its output repeated from the one before", several_steps, equally_long
)
def last_step_skipped(net: Net) -> Net:
    def walk(ops: Any, cell: Any, w: Any, rows: Any, sizes: Any, s: Any, backward: bool) -> Any:
        if backward or len(sizes) < 2 or sizes[-1] < sizes[0]:
            return run_direction(ops, cell, w, rows, sizes, s, backward)
        B = sizes[-1]
        out, last = run_direction(ops, cell, w, rows.flatten(0, -2)[:-B], sizes[:-1], s)
        return torch.cat([out, out[-B:]]), last

    return net.using(walk=walk)


def _with_batch_first(net: Net, batch_first: bool) -> tuple[Any, Any]:
    """Reads a batch one way or the other; states are repeated or cut to the batch it then has."""
    if hasattr(net.input, "batch_sizes") or net.input.dim() < 3:
        return net.run()
    size = net.input.shape[0 if batch_first else 1]
    asked = net.input.shape[0 if net.config.batch_first else 1]

    def stretched(size: int) -> Callable[..., tuple[Any, ...]]:
        return lambda *s: tuple(x[:, [i % x.shape[1] for i in range(size)]] for x in s)

    turned = replace(net, config=replace(net.config, batch_first=batch_first))
    out, last = turned.from_state(stretched(size)).run()
    return out, state_given(net.config, stretched(asked)(*state_tuple(net.config, last)))


def _more_than_one_row(case: Case) -> bool:
    return (case.seq_len, case.batch_size) != (1, 1)


@mistake("batch and time exchanged", batched, _more_than_one_row)
def batch_and_time_exchanged(net: Net) -> tuple[Any, Any]:
    return _with_batch_first(net, not net.config.batch_first)


@mistake("batch_first ignored", batched, _more_than_one_row, lambda case: case.config.batch_first)
def batch_first_ignored(net: Net) -> tuple[Any, Any]:
    return _with_batch_first(net, False)


# Equations ---------------------------------------------------------------------------------------


@mistake("the other nonlinearity: relu for tanh, or tanh for relu", rnn)
def other_nonlinearity(net: Net) -> Net:
    other = {cells.rnn_tanh: cells.rnn_relu, cells.rnn_relu: cells.rnn_tanh}
    cell: Any = cell_for(net.config)
    return net.using(cell=other.get(cell, cell))


def _lstm(
    sentence: str,
    name: str,
    f: Callable[[Any], Any] = torch.sigmoid,
    g: Callable[[Any], Any] = torch.tanh,
    new_c: Callable[..., Any] = lambda i, f, g, c: f * c + i * g,
    squash: Callable[[Any], Any] = torch.tanh,
    shows: Callable[[Case], bool] = lstm,
) -> Mistake:
    """An LSTM one of whose equations is another."""

    def cell(ops: Any, w: LayerWeights, x: Any, h: Any, c: Any) -> tuple[Any, Any]:
        gates = ops.gates(x + ops.linear(h, w.weight_hh, w.bias_hh), 4)
        c = new_c(torch.sigmoid(gates[0]), f(gates[1]), g(gates[2]), c)
        h = torch.sigmoid(gates[3]) * squash(c)
        return (h if w.weight_hr is None else ops.linear(h, w.weight_hr)), c

    def changed(net: Net) -> Net:
        return net.using(cell=cell) if net.config.kind == "lstm" else net

    return mistake(sentence, lstm, shows, name=name)(changed)


c_not_squashed = _lstm("h' = o·c', without tanh", "c_not_squashed", squash=lambda c: c)
g_under_sigmoid = _lstm("g under σ, not tanh", "g_under_sigmoid", g=torch.sigmoid)
i_left_out = _lstm("c' = f·c + g, without i", "i_left_out", new_c=lambda i, f, g, c: f * c + g)
forget_bias_of_1 = _lstm(
    "1 added to the forget gate",
    "forget_bias_of_1",
    f=lambda f: torch.sigmoid(f + 1),
    shows=recurrent,
)
gates_coupled = _lstm(
    "f = 1 - i",
    "gates_coupled",
    new_c=lambda i, f, g, c: (1 - i) * c + i * g,
    shows=recurrent,
)


def _gru(
    sentence: str,
    name: str,
    n: Callable[..., Any] = lambda ops, w, r, x_n, y_n, h: x_n + r * y_n,
    new_h: Callable[..., Any] = lambda n, z, h: n + z * (h - n),
    conditions: tuple[Condition, ...] = (gru,),
) -> Mistake:
    """A GRU one of whose equations is another; n gives the candidate state before its tanh."""

    def cell(ops: Any, w: LayerWeights, x: Any, h: Any) -> tuple[Any]:
        y = ops.linear(h, w.weight_hh, w.bias_hh)
        (x_r, x_z, x_n), (y_r, y_z, y_n) = ops.gates(x, 3), ops.gates(y, 3)
        r, z = torch.sigmoid(x_r + y_r), torch.sigmoid(x_z + y_z)
        return (new_h(torch.tanh(n(ops, w, r, x_n, y_n, h)), z, h),)

    def changed(net: Net) -> Net:
        return net.using(cell=cell) if net.config.kind == "gru" else net

    return mistake(sentence, *conditions, name=name)(changed)


def _reset_first(ops: Any, w: LayerWeights, r: Any, x_n: Any, y_n: Any, h: Any) -> Any:
    bias = None if w.bias_hh is None else w.bias_hh.chunk(3)[2]
    return x_n + ops.linear(r * h, w.weight_hh.chunk(3)[2], bias)


def _bias_not_reset(ops: Any, w: LayerWeights, r: Any, x_n: Any, y_n: Any, h: Any) -> Any:
    bias = 0 if w.bias_hh is None else w.bias_hh.chunk(3)[2]
    return x_n + r * (y_n - bias) + bias


z_lets_in = _gru(
    "h' = h + z·(n - h): z lets in instead of keeping",
    "z_lets_in",
    new_h=lambda n, z, h: h + z * (n - h),
)
reset_before_the_matmul = _gru(
    "r applied to h before the matmul, as in the paper's first version",
    "reset_before_the_matmul",
    n=_reset_first,
    conditions=(gru, biased),
)
b_hn_outside_the_reset = _gru(
    "b_hn added outside r·(…)",
    "b_hn_outside_the_reset",
    n=_bias_not_reset,
    conditions=(gru, biased),
)
r_left_out = _gru(
    "n = tanh(x_n + y_n), without r",
    "r_left_out",
    n=lambda ops, w, r, x_n, y_n, h: x_n + y_n,
    conditions=(gru, lambda case: case.config.bias or recurrent(case)),
)


# Dropout -----------------------------------------------------------------------------------------


def drops(case: Case) -> bool:
    return case.drops


@mistake("dropout left out in training", drops)
def dropout_left_out(net: Net) -> Net:
    return net.using(training=False)


@mistake("dropout after the last layer too", lambda case: case.training and case.config.dropout > 0)
def dropout_after_the_last(net: Net) -> tuple[Any, Any]:
    out, last = net.run()
    return _dropped_out(net, out), last


@mistake(
    "dropout in eval",
    lambda case: not case.training and case.config.dropout > 0,
    stacked,
)
def dropout_in_eval(net: Net) -> Net:
    return net.using(training=True)


# Gradients ---------------------------------------------------------------------------------------


@mistake("the gradient stops between steps: h and c detached", recurrent)
def gradient_cut_between_steps(net: Net) -> Net:
    right: Any = cell_for(net.config)
    return net.using(cell=lambda ops, w, x, *s: right(ops, w, x, *(v.detach() for v in s)))


@mistake("h_n returned detached: what flows into it is lost")
def gradient_of_h_n_lost(net: Net) -> tuple[Any, Any]:
    return net.run_to_state(lambda h, *c: (h.detach(), *c))
