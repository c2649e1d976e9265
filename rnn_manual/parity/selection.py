"""The cases that each mode is run on: every option, or every two of them, that it takes."""

from __future__ import annotations

from typing import Any

from rnn_manual.parity.cases import MEMORY, Case, Sizes
from rnn_manual.parity.covering import covering
from rnn_manual.parity.levels import CORE, case_of
from rnn_manual.parity.modes import Mode
from rnn_manual.usage import DTYPES

OPTIONS: dict[str, tuple[Any, ...]] = {
    "equations": CORE["equations"],
    "num_layers": (1, 2),
    "bidirectional": (False, True),
    "bias": (True, False),
    "layout": CORE["layout"],
    "state": ("random", "omitted"),
    "sizes": (
        Sizes(T=3),
        Sizes(T=1, B=1, I=1, H=1),
        Sizes(T=2, B=130),
        Sizes(T=3, H=17),
    ),
    "training": (True, False),
    "memory": MEMORY,
    "dtype": tuple(DTYPES),
}


def cases_for(mode: Mode, level: str) -> list[Case]:
    """A mode's cases.

    quick: every value of every option; nothing of a slow mode. full: every two values together;
    every value of a slow one.
    """
    if mode.slow and level == "quick":
        return []
    plain = {name: values[0] for name, values in OPTIONS.items()}
    for dtype in OPTIONS["dtype"]:
        plain["dtype"] = dtype
        if mode.takes(case_of(**plain)):
            break
    taken = {
        name: [value for value in values if mode.takes(case_of(**plain | {name: value}))]
        for name, values in OPTIONS.items()
    }
    rows = [plain, *covering(taken, 1 if mode.slow or level == "quick" else 2)]
    rows = [row for row in rows if mode.takes(case_of(**row))]
    for name, values in taken.items():  # what was only in rows that it does not take
        rows += [plain | {name: v} for v in values if v not in [row[name] for row in rows]]
    return list(dict.fromkeys(case_of(**row) for row in rows))
