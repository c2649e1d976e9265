"""Mistakes about dropout."""

from __future__ import annotations

from typing import Any

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


@mistake(
    "dropout in eval",
    lambda case: not case.training and case.config.dropout > 0,
    stacked,
)
def dropout_in_eval(net: Net) -> Net:
    return net.using(training=True)
