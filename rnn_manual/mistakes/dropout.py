"""Mistakes about dropout."""

from __future__ import annotations

from typing import Any

from rnn_manual.cases.case import Case
from rnn_manual.mistakes.conditions import drops, has_an_output, stacked
from rnn_manual.mistakes.wrong import Net, dropped_out, mistake


@mistake("dropout left out in training", drops)
def dropout_left_out(net: Net) -> Net:
    return net.using(training=False)


@mistake(
    "dropout after the last layer too",
    lambda case: case.training and case.config.dropout > 0,
    has_an_output,
)
def dropout_after_the_last(net: Net) -> tuple[Any, Any]:
    out, last = net.run()
    return dropped_out(net, out), last


def _also_in_eval(case: Case) -> bool:
    """In a case of training, too, another call of the layer is in eval, where it draws a mask."""
    another = case.call.endswith(" another") and case.config.dropout < 1  # for 1, none is drawn
    return case.config.dropout > 0 and (not case.training or another)


@mistake("dropout in eval", _also_in_eval, stacked)
def dropout_in_eval(net: Net) -> Net:
    return net.using(training=True)
