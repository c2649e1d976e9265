"""The cases that each mode is run on: every option, or every two of them, that it takes."""

from __future__ import annotations

from typing import Any

from rnn_manual.parity.cases import Case, Sizes
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
    "sizes": (Sizes(T=3), Sizes(T=1, B=1), Sizes(T=2, B=130), Sizes(T=3, H=17)),
    "dtype": tuple(DTYPES),
}


def cases_for(mode: Mode, level: str) -> list[Case]:
    """A mode's cases.

    quick: every value of every option; none of a mode that takes seconds a case. full: every two
    values together; every value of a slow one.
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
    rows = covering(taken, 1 if mode.slow or level == "quick" else 2)
    cases = [case_of(**plain), *(case_of(**row) for row in rows)]
    return [case for case in dict.fromkeys(cases) if mode.takes(case)]
