"""Mistakes about what a layer keeps from one call to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from rnn_manual.cases.calls import AFTER_ANOTHER, WITHOUT_A_GRAPH
from rnn_manual.cases.case import Case
from rnn_manual.layout import rows_of, state_given, state_tuple
from rnn_manual.mistakes.conditions import holds_numbers, stacked
from rnn_manual.mistakes.wrong import Net, mistake


def _after(case: Case) -> bool:
    return case.call in AFTER_ANOTHER


@mistake(
    "without a state, starts where the call before has ended",
    holds_numbers,
    _after,
    lambda case: case.state == "omitted",
    classic=False,
)
def state_kept(net: Net) -> tuple[Any, Any]:
    before, batch = net.kept.get("last"), _batch(net)
    if net.state is None and before is not None and net.kept["batch"] == batch:
        net = replace(net, state=before)
    out, last = net.run()
    ended = [s.detach().clone() for s in state_tuple(net.config, last)]
    net.kept.update(last=state_given(net.config, ended), batch=batch)
    return out, last


@mistake(
    "where gradients are off and no state is given, starts where the call before has ended",
    holds_numbers,
    lambda case: case.call in WITHOUT_A_GRAPH,
    lambda case: case.state == "omitted",
    classic=False,
)
def state_kept_without_gradients(net: Net) -> Any:
    return net.run() if torch.is_grad_enabled() else state_kept.wrong(net)


def _batch(net: Net) -> Any:
    shape = rows_of(net.input).shape
    packed = hasattr(net.input, "batch_sizes")
    return int(net.input.batch_sizes[0]) if packed else (len(shape), shape)


@mistake(
    "results written where those of the call before lie",
    holds_numbers,
    lambda case: case.call in (*AFTER_ANOTHER, "before another"),
    classic=False,
)
def results_overwritten(net: Net) -> tuple[Any, Any]:
    out, last = net.run()
    rows = rows_of(out)
    before = net.kept.get(rows.shape)
    if before is not None:
        before.copy_(rows.detach())
    net.kept[rows.shape] = rows.detach()
    return out, last


@mistake(
    "results kept for a tensor that is handed in again, whatever it holds by then",
    holds_numbers,
    _after,
    lambda case: case.memory != "expanded",
    classic=False,
)
def results_kept_by_address(net: Net) -> tuple[Any, Any]:
    rows = rows_of(net.input)
    key = rows.data_ptr(), rows.shape, rows.stride()
    if key not in net.kept:
        net.kept[key] = net.run()
        return net.kept[key]  # type: ignore[no-any-return]
    out, last = net.run()  # with the gradients of this call, and the numbers of that one
    old_out, old_last = net.kept[key]
    moved = [
        new + (old.detach() - new.detach())
        for new, old in zip(
            [rows_of(out), *state_tuple(net.config, last)],
            [rows_of(old_out), *state_tuple(net.config, old_last)],
            strict=True,
        )
    ]
    packed = out._replace(data=moved[0]) if hasattr(out, "batch_sizes") else moved[0]
    return packed, state_given(net.config, moved[1:])


@mistake(
    "in training or in eval for good, as it was in its first call",
    _after,
    stacked,
    lambda case: case.config.dropout > 0,
    classic=False,
)
def mode_kept(net: Net) -> Net:
    return net.using(training=net.kept.setdefault("training", net.arithmetic["training"]))
