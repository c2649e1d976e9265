"""Mistakes about dropout."""

from __future__ import annotations

from typing import Any

import torch

from rnn_manual.cases.calls import AFTER_ANOTHER, WITHOUT_A_GRAPH
from rnn_manual.cases.case import Case
from rnn_manual.mistakes.conditions import drops, has_an_output, stacked
from rnn_manual.mistakes.wrong import Net, dropped_out, mistake


@mistake("dropout left out in training", drops)
def dropout_left_out(net: Net) -> Net:
    return net.using(training=False)


def _draws_at_another_call(case: Case) -> bool:
    """Another call is made, in the other mode, where a mask is drawn; for 1, none is."""
    called = case.call in (*AFTER_ANOTHER, "before another")
    return called and 0 < case.config.dropout < 1


def _in_training(case: Case) -> bool:
    """In a case of eval, too: another call is in training, where one layer draws nothing."""
    if case.training:
        return case.config.dropout > 0
    return _draws_at_another_call(case) and case.config.num_layers == 1


def _in_eval(case: Case) -> bool:
    """In a case of training, too: another call is in eval."""
    return (case.config.dropout > 0 and not case.training) or _draws_at_another_call(case)


@mistake(
    "dropout left out where gradients are off",
    drops,
    lambda case: case.call in WITHOUT_A_GRAPH,
    classic=False,
)
def dropout_left_out_of_inference(net: Net) -> Net:
    return net if torch.is_grad_enabled() else net.using(training=False)


@mistake("dropout after the last layer too", _in_training, has_an_output)
def dropout_after_the_last(net: Net) -> tuple[Any, Any]:
    out, last = net.run()
    return dropped_out(net, out), last


@mistake("dropout in eval", _in_eval, stacked)
def dropout_in_eval(net: Net) -> Net:
    return net.using(training=True)
