"""Mistakes about what a call leaves behind, and about the form of what it returns."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from rnn_manual.cases.calls import AFTER_ANOTHER, WITHOUT_A_GRAPH
from rnn_manual.cases.case import Case
from rnn_manual.layout import rows_of, state_given, state_tuple
from rnn_manual.mistakes.conditions import batched, holds_numbers, of_plain_input
from rnn_manual.mistakes.wrong import Condition, Mistake, Net, Wrong, mistake


def _effect(sentence: str, *conditions: Condition) -> Callable[[Wrong], Mistake]:
    def register(wrong: Wrong) -> Mistake:
        return mistake(sentence, *conditions, classic=False)(wrong)

    return register


@_effect(
    "h_0 overwritten with h_n",
    holds_numbers,
    lambda case: case.state != "omitted" or case.call in (*AFTER_ANOTHER, "before another"),
    lambda case: case.memory != "expanded" or case.batch_size == 1,
)
def h_0_overwritten(net: Net) -> tuple[Any, Any]:
    out, last = net.run()
    if net.state is not None and not _one_row(net):
        h_0, h_n = (state_tuple(net.config, s)[0].detach() for s in (net.state, last))
        h_0.copy_(h_n)
    return out, last


def _one_row(net: Net) -> bool:
    h_0 = state_tuple(net.config, net.state)[0]
    return 0 in h_0.stride() and h_0.numel() > 0


@_effect("a bias changed in place", lambda case: case.config.bias)
def bias_changed(net: Net) -> tuple[Any, Any]:
    out, last = net.run()
    bias = net.weights[0][0].bias_ih
    if bias is not None:
        bias.detach().mul_(0.75)
    return out, last


@_effect("the input made to require a gradient", of_plain_input)
def input_made_a_leaf(net: Net) -> tuple[Any, Any]:
    found = net.run()
    rows = rows_of(net.input)
    if torch.is_grad_enabled() and rows.is_leaf and not rows.is_inference():
        rows.requires_grad_(True)
    return found


@_effect("a random number drawn at each call, and none used", lambda case: not case.drops)
def generator_moved(net: Net) -> tuple[Any, Any]:
    torch.rand(1)
    return net.run()


@_effect("NumPy's and Python's generators seeded", lambda case: not case.drops)
def other_generators_seeded(net: Net) -> tuple[Any, Any]:
    np.random.seed(0)
    random.seed(0)
    return net.run()


@_effect("float64 made torch's default dtype", lambda case: True)
def default_dtype_left(net: Net) -> tuple[Any, Any]:
    torch.set_default_dtype(torch.float64)
    return net.run()


@_effect("gradients switched on for good", lambda case: case.call in WITHOUT_A_GRAPH)
def gradients_left_on(net: Net) -> tuple[Any, Any]:
    found = net.run()
    torch.set_grad_enabled(True)
    return found


@_effect(
    "a graph built where gradients are off", holds_numbers, lambda case: case.call == "no_grad"
)
def graph_without_gradients(net: Net) -> tuple[Any, Any]:
    with torch.enable_grad():
        return net.run()


@_effect("weights' .grad written to", lambda case: "frozen" not in case.call)
def grad_written(net: Net) -> tuple[Any, Any]:
    weight = net.weights[0][0].weight_ih
    if weight.is_leaf and weight.requires_grad:
        weight.grad = torch.zeros_like(weight)
    return net.run()


@_effect("oneDNN switched off for good", lambda case: True)
def onednn_left_off(net: Net) -> tuple[Any, Any]:
    torch._C._set_mkldnn_enabled(False)
    return net.run()


@_effect("a hook left on the module", lambda case: True)
def hook_left(net: Net) -> tuple[Any, Any]:
    net.module.register_forward_hook(lambda *_: None)
    return net.run()


@_effect("the last state kept as a buffer of the module", lambda case: True)
def buffer_registered(net: Net) -> tuple[Any, Any]:
    out, last = net.run()
    net.module.register_buffer("last", state_tuple(net.config, last)[0].detach().clone())
    return out, last


@_effect("out and the state returned in a list", lambda case: True)
def returned_in_a_list(net: Net) -> Any:
    return list(net.run())


def _one_way(case: Case) -> bool:
    return batched(case) and not case.config.bidirectional and case.config.num_layers == 1


@_effect("h_n a view of out", holds_numbers, _one_way)
def h_n_a_view_of_out(net: Net) -> tuple[Any, Any]:
    out, last = net.run()
    if hasattr(out, "batch_sizes") or out.dim() < 3 or net.config.num_rows > 1:
        return out, last
    steps = out.transpose(0, 1) if net.config.batch_first else out
    _, *c = state_tuple(net.config, last)
    return out, state_given(net.config, [steps[-1:], *c])


@_effect(
    "h_n h_0 itself, moved on",
    holds_numbers,
    lambda case: case.call in WITHOUT_A_GRAPH,
)
def h_n_in_the_place_of_h_0(net: Net) -> tuple[Any, Any]:
    out, last = net.run()
    if net.state is None or torch.is_grad_enabled():
        return out, last
    (_, *c), (h_0, *_) = (state_tuple(net.config, s) for s in (last, net.state))
    return out, state_given(net.config, [h_0, *c])
