"""The cases that each mode is run on: every option, or every two of them, that it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rnn_manual.cases.case import LAYOUTS, MEMORY, Case
from rnn_manual.cases.covering import covering
from rnn_manual.cases.options import OF_EACH_KIND, TELLING, Options, case_of, is_feasible
from rnn_manual.usage import DTYPES

OPTIONS: dict[str, tuple[Any, ...]] = {
    "equations": TELLING["equations"],
    "num_layers": (1, 2),
    "bidirectional": (False, True),
    "bias": (True, False),
    "batch_first": (False, True),
    "layout": LAYOUTS,
    "state": ("random", "omitted"),
    "dtype": tuple(DTYPES),
    "T": (3, 1),
    "B": (4, 1, 130),
    "I": (3, 1),
    "H": (5, 17),
    "dropout": ("none", "none, eval"),
    "memory": MEMORY,
}
# How layers are called that keep something for the next call: weights made ready once.
INFERENCE: Options = {"dropout": "none, eval", "call": "no_grad"}


def cases_for(
    takes: Callable[[Case], bool],
    *,
    slow: bool = False,
    level: str = "standard",
    kind: str = "",
    dtype: str = "",
    sizes: Mapping[str, tuple[int, ...]] | None = None,
    also: Options | None = None,
) -> list[Case]:
    """The cases of a mode that takes those for which `takes` is true.

    quick: the plainest case. standard: every value of every option; of a slow mode, the plainest
    case. full: every two values together; of a slow mode, every value.

    Args:
        kind, dtype: of this one alone, with every value of all other options; of all if "".
        sizes: values of T, B, I and H other than those of `OPTIONS`.
        also: options with which the plainest case is run once more; of each kind, but at quick.
    """
    options = OPTIONS | dict(sizes or {})
    plainest_only = level == "quick" or (slow and level == "standard")
    strength = 0 if plainest_only else 2 if level == "full" and not slow else 1
    rows = _rows(takes, options, strength)
    if kind or dtype:
        kinds = tuple(e for e in options["equations"] if not kind or e.split()[0] == kind)
        options |= {"equations": kinds, "dtype": (dtype,) if dtype else options["dtype"]}
        names = ("equations", "dtype")
        given = [row for row in rows if all(row[name] in options[name] for name in names)]
        rows = _rows(takes, options, strength, given)
    if also and rows:
        kinds = () if level == "quick" else OF_EACH_KIND
        rows += [rows[0] | also | {"equations": e} for e in kinds if e in options["equations"]]
        rows.append(rows[0] | also)
    return list(dict.fromkeys(case_of(**row) for row in rows))


def _rows(
    takes: Callable[[Case], bool],
    options: Mapping[str, tuple[Any, ...]],
    strength: int,
    given: Sequence[Options] = (),
) -> list[Options]:
    """The plainest row that a mode takes, the given ones, and what a covering then still needs.

    Args:
        strength: of the covering; 0 for none.
    """
    plainest = next((row for row in _plainest_first(options) if takes(case_of(**row))), None)
    if plainest is None:
        return []

    def taken(row: Options) -> bool:
        whole = plainest | row
        return is_feasible(row) and (not is_feasible(whole) or takes(case_of(**whole)))

    rows = [plainest, *given]
    # To input that is packed or of one sequence, batch_first makes no difference.
    padded = plainest | {"batch_first": True, "layout": "batched"}
    if strength and taken(padded):
        rows.insert(1, padded)
    return [*rows, *covering(options, strength, feasible=taken, given=rows)] if strength else rows


def _plainest_first(options: Mapping[str, tuple[Any, ...]]) -> list[Options]:
    """Rows that are plain but for the dtype; if no mode takes these, for the layout, too.

    And then stacked; and then with every option of the constructor that there is.
    """
    plain: Options = {name: values[0] for name, values in options.items()}
    if "lstm" in options["equations"]:
        plain["equations"] = "lstm"
    stacked = {"num_layers": 2}
    all_options = {**stacked, "bidirectional": True, "bias": False, "batch_first": True}
    return [
        plain | network | {"dtype": dtype, "layout": layout}
        for network in ({}, stacked, all_options)
        for layout in options["layout"]
        for dtype in options["dtype"]
    ]
