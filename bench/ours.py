"""The loops and the drop-in layers."""

from __future__ import annotations

from typing import Any

import rnn_manual
from bench.case import Case
from bench.subject import Built
from rnn_manual import Config, run
from rnn_manual.layout import rows_of
from rnn_manual.weights import read_weights


def loops(module: Any, case: Case) -> Built:
    config, weights = Config.of(module), read_weights(module)
    return Built(lambda x: rows_of(run(config, weights, x)[0]), list(module.parameters()))


def drop_in(module: Any, case: Case) -> Built:
    layer = getattr(rnn_manual, case.kind).from_torch(module)
    return Built(lambda x: rows_of(layer(x)[0]), list(layer.parameters()))
