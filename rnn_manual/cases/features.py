"""What a case exercises: the rows of the closing table that it counts in."""

from __future__ import annotations

from collections.abc import Callable

from rnn_manual.cases.calls import CALLS
from rnn_manual.cases.case import LAYOUTS, MEMORY, STATES, VALUES, Case
from rnn_manual.usage import DTYPES

CHAOTIC = "weights ×10"


def features_of(case: Case) -> list[str]:
    """The names of its rows, in the table's order."""
    if case.gain != 1:
        return [CHAOTIC]  # its errors are of another order, and would hide those of others
    return [name for name, has in FEATURES.items() if has(case)]


def _has(field: str, value: str) -> Callable[[Case], bool]:
    return lambda case: getattr(case, field) == value


FEATURES: dict[str, Callable[[Case], bool]] = {
    **{name: _has("dtype", name) for name in DTYPES},
    "stacked": lambda case: case.config.num_layers > 1,
    "bidirectional": lambda case: case.config.bidirectional,
    "proj_size": lambda case: case.config.proj_size > 0,
    "no bias": lambda case: not case.config.bias,
    "dropout": lambda case: case.random,
    "dropout of 1": lambda case: case.drops and not case.random,
    "dropout, no effect": lambda case: case.config.dropout > 0 and not case.drops,
    "eval": lambda case: not case.training,
    "batch_first": lambda case: case.config.batch_first,
    **{name: _has("layout", name) for name in LAYOUTS[1:]},
    **{f"state {name}": _has("state", name) for name in STATES},
    **{name: _has("call", name) for name in CALLS[1:]},
    "T = 1": lambda case: case.seq_len == 1,
    "B = 0": lambda case: case.batch_size == 0,
    "B = 1": lambda case: case.batch_size == 1 and case.layout != "unbatched",
    "I = 1": lambda case: case.config.input_size == 1,
    "H = 1": lambda case: case.config.hidden_size == 1,
    "T ≥ 50": lambda case: case.seq_len >= 50,
    "B > 100": lambda case: case.batch_size > 100,
    "H > 100": lambda case: case.config.hidden_size > 100,
    **{name: _has("values", name) for name in VALUES[1:]},
    **{name: _has("memory", name) for name in MEMORY[1:]},
    "notes": lambda case: bool(case.label),
}
