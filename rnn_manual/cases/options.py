"""The options of a case, by name, and the cases that have them.

Some values mask what they are combined with: of one unit, of NaN, of sixteen bits, little can be
told. So what is to be shown of two options together is shown by a case without such a value.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from rnn_manual.cases.calls import CALLS
from rnn_manual.cases.case import LAYOUTS, MEMORY, STATES, VALUES, Case
from rnn_manual.config import Config
from rnn_manual.usage import DTYPES

Options = dict[str, Any]

OF_EACH_KIND = ("rnn tanh", "lstm", "gru")  # the plainest equations of an RNN, an LSTM, a GRU
TELLING: dict[str, tuple[Any, ...]] = {
    "equations": ("rnn tanh", "rnn relu", "lstm", "lstm proj", "gru"),
    "num_layers": (1, 2, 3, 4),
    "bidirectional": (False, True),
    "bias": (True, False),
    "batch_first": (False, True),
    "layout": LAYOUTS,
    "state": STATES,
    "dtype": ("float32", "float64"),
    "T": (7, 1, 3),
    "B": (4, 1, 2),
    "I": (3, 1, 17),
    "H": (5, 3, 17),
    "dropout": ("none", "none, eval", "0.3, eval"),
    "memory": MEMORY,
    "call": CALLS,
    "values": ("ordinary",),
}
MASKING: dict[str, tuple[Any, ...]] = {
    "dtype": tuple(DTYPES)[2:],
    "B": (0,),
    "H": (1,),
    "dropout": ("0.3", "1"),  # random, and nothing left
    "values": VALUES[1:],
}
# With these, nothing infinite or large: float16 has little range, what is small becomes 0 there,
# and 0·∞ NaN. And in bfloat16 oneDNN, on a CPU with AMX, lets a NaN into the row before its own
# (its issue 5717).
NARROW = ("bfloat16", "float16")
NOT_IN_NARROW = ("small", "large", "infinities", "NaN")
ALL = {name: (*values, *MASKING.get(name, ())) for name, values in TELLING.items()}
PLAIN: Options = {name: values[0] for name, values in ALL.items()}


def product(**factors: Iterable[object]) -> list[Options]:
    """Every combination of some options' values."""
    return [
        dict(zip(factors, values, strict=True)) for values in itertools.product(*factors.values())
    ]


def is_feasible(row: Options) -> bool:
    """Whether there is a case with these options, whatever the others are."""
    layout, expanded = row.get("layout", ""), row.get("memory") == "expanded"
    packed = layout.startswith("packed")
    if layout == "unbatched" and (row.get("B", PLAIN["B"]) != PLAIN["B"] or expanded):
        return False  # one sequence, which is no batch of one: B stands at its default
    if packed and (row.get("B") == 0 or (expanded and row.get("state") == "omitted")):
        return False
    if layout in ("packed", "packed sorted") and 1 in (row.get("B"), row.get("T")):
        return False  # one sequence, or all as long: that is packed equal
    if row.get("dtype") in NARROW and row.get("values") in NOT_IN_NARROW:
        return False
    if row.get("H") == 1 and row.get("equations") == "lstm proj":
        return False  # P is smaller than H, and more than 0
    return not (row.get("dropout") in MASKING["dropout"] and row.get("num_layers") == 1)


def case_of(**options: Any) -> Case:
    """The case that has these options; those left out are the plainest."""
    row = PLAIN | options
    kind, _, variant = row["equations"].partition(" ")
    dropout, _, evaluated = row["dropout"].partition(", ")
    return Case(
        Config(
            kind,
            row["I"],
            row["H"],
            num_layers=row["num_layers"],
            nonlinearity="relu" if variant == "relu" else "tanh",
            bias=row["bias"],
            batch_first=row["batch_first"],
            dropout=0.0 if dropout == "none" else float(dropout),
            bidirectional=row["bidirectional"],
            proj_size=min(3, row["H"] - 1) if variant == "proj" else 0,
        ),
        row["T"],
        1 if row["layout"] == "unbatched" else row["B"],
        row["dtype"],
        row["layout"],
        row["state"],
        training=not evaluated,
        values=row["values"],
        memory=row["memory"],
        call=row["call"],
    )


def options_of(case: Case) -> Options:
    """The options that a case has: the inverse of `case_of`, read off the case itself."""
    config = case.config
    equations = {"rnn": f"rnn {config.nonlinearity}", "lstm": "lstm proj" * (config.proj_size > 0)}
    dropout = f"{config.dropout:g}" if config.dropout else "none"
    return {
        "equations": equations.get(config.kind) or config.kind,
        "num_layers": config.num_layers,
        "bidirectional": config.bidirectional,
        "bias": config.bias,
        "batch_first": config.batch_first,
        "layout": case.layout,
        "state": case.state,
        "dtype": case.dtype,
        "T": case.seq_len,
        "B": PLAIN["B"] if case.layout == "unbatched" else case.batch_size,
        "I": config.input_size,
        "H": config.hidden_size,
        "dropout": dropout + ", eval" * (not case.training),
        "memory": case.memory,
        "call": case.call,
        "values": case.values,
    }


def is_telling(case: Case) -> bool:
    """Whether what is wrong shows: no value that masks it, and no chaos."""
    few = case.config.hidden_size == 1 or case.batch_size == 0
    precise = case.dtype in TELLING["dtype"] and case.values in TELLING["values"]
    return precise and not few and not case.drops and case.gain == 1
