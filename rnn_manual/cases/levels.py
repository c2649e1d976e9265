"""Which cases: the plainest, selections that show every pair or triple of options, the notes.

quick: the plainest cases, every triple of what a network is made of and every pair of all options
by a case that can tell, and either side of the sizes at which implementations are known to change
their ways. full: products and triples.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from rnn_manual.cases.case import LAYOUTS, Case
from rnn_manual.cases.covering import combinations_of, covering, fewest
from rnn_manual.cases.notes import NOTES
from rnn_manual.cases.options import (
    ALL,
    PLAIN,
    TELLING,
    Options,
    case_of,
    is_feasible,
    options_of,
)
from rnn_manual.config import Config
from rnn_manual.usage import DTYPES

# What a network is made of, and how its input is handed in; in the order of `TELLING`.
STRUCTURE = {
    "equations": TELLING["equations"],
    "num_layers": (1, 2, 3),
    "bidirectional": (False, True),
    "bias": (True, False),
    "batch_first": (False, True),
    "layout": TELLING["layout"],
}


def product(**factors: Iterable[object]) -> list[Options]:
    """Every combination of some options' values."""
    return [
        dict(zip(factors, values, strict=True)) for values in itertools.product(*factors.values())
    ]


# The commonest calls, with no option or the commonest: those on which a failure is easiest to
# understand.
PLAINEST = [
    *(case_of(equations=e, dtype=dtype) for dtype in DTYPES for e in TELLING["equations"]),
    *(
        case_of(**options)
        for options in product(
            equations=("rnn tanh", "lstm", "gru"),
            num_layers=(1, 2),
            bidirectional=(False, True),
            batch_first=(False, True),
            state=("omitted", "random"),
        )
    ),
]

IN_FLOAT64 = [replace(case, dtype="float64") for case in PLAINEST if case.dtype == "float32"]

# What a layer keeps from one call to the next is seen in every kind of layer.
LIVES = [
    case_of(equations=equations, **options)
    for equations in TELLING["equations"]
    for options in (
        {"state": "omitted", "num_layers": 2, "dropout": "0.3, eval", "call": "after another"},
        {"bidirectional": True, "batch_first": True, "call": "before another"},
    )
]

# Weights so large that the recurrence is chaotic.
CHAOTIC = [
    Case(Config(kind, 3, 32, bidirectional=True), 60, dtype=dtype, gain=10.0)
    for kind in ("rnn", "lstm", "gru")
    for dtype in ("float32", "float64")
]


def thresholds() -> list[Case]:
    """Either side of the sizes at which implementations change their ways, as small as can be.

    Layouts, directions and formats in turn, so that each size is shown in all of them.
    """
    equations, layouts = TELLING["equations"], TELLING["layout"]
    sizes: list[Options] = [{"H": H} for H in (31, 33, 63, 65, 127, 129)]
    sizes += [{"num_layers": 5}, {"num_layers": 6}, {"B": 131}]
    found = [case_of(equations="gru", layout="packed", T=2, B=131, batch_first=True)]
    for (i, e), (j, size) in itertools.product(enumerate(equations), enumerate(sizes)):
        row: Options = {
            "T": 2,
            "B": 2,
            "I": 2,
            "equations": e,
            "batch_first": (i // 2 + j) % 2 == 1,
        }
        row |= {"layout": layouts[(i + j) % 5], "bidirectional": (i + j // 2) % 2 == 1}
        row |= {"dtype": TELLING["dtype"][(i + j // 3) % 2]} | size
        if row["layout"] == "unbatched":
            row["B"] = PLAIN["B"]
        found.append(case_of(**row | ({"layout": "batched"} | size if "B" in size else {})))
    # Every length in every layout and direction, the equations in turn.
    lengths = itertools.product((13, 30, 60), (False, True))
    for turn, (T, bidirectional) in enumerate(lengths):
        in_turn = equations[turn % 5 :] + equations[: turn % 5]
        for k, (e, layout) in enumerate(zip(in_turn, layouts, strict=True)):
            row = {"equations": e, "layout": layout, "bidirectional": bidirectional, "T": T}
            row |= {"B": PLAIN["B"] if layout == "unbatched" else 2, "batch_first": k % 2 == 1}
            found.append(case_of(**row, dtype=TELLING["dtype"][(turn + k) % 2]))
    return found


@lru_cache(maxsize=1)
def quick() -> tuple[Case, ...]:
    """Few cases that still show every option, and any two of them together."""
    given = [*PLAINEST, *LIVES]
    telling = covering(
        TELLING,
        2,
        feasible=is_feasible,
        more=combinations_of(STRUCTURE, 3),
        given=[options_of(case) for case in given],
    )
    masking = covering(ALL, 2, feasible=is_feasible, given=[*map(options_of, given), *telling])
    pairs = (case_of(**row) for row in [*telling, *masking])
    return tuple(dict.fromkeys([*PLAINEST, *IN_FLOAT64, *LIVES, *pairs, *thresholds(), *CHAOTIC]))


# What takes long, for `full` only.
FACTORS = TELLING | {"T": (*TELLING["T"], 2, 12), "B": (*TELLING["B"], 130)}
FACTORS |= {"H": (*TELLING["H"], 7, 8, 15, 16, 64)}
WIDE_AND_LONG: list[Options] = [
    {"T": 2, "B": 2, "H": 130},
    {"T": 2, "B": 2, "I": 130, "H": 512},
    {"T": 300, "B": 2, "H": 4},
]


@lru_cache(maxsize=1)
def full() -> tuple[Case, ...]:
    """Every case there is."""
    rng = random.Random(0)
    core = STRUCTURE | {"batch_first": (False, True), "T": (7, 1), "H": (5, 17)}
    core |= {"layout": LAYOUTS[:3], "dtype": TELLING["dtype"]}
    # With every combination of these, any state and call: all of them would take too long.
    called = (
        row | {name: rng.choice(TELLING[name]) for name in ("state", "call", "memory")}
        for row in product(**core)
    )
    long = product(
        equations=TELLING["equations"],
        num_layers=(1, 3),
        bidirectional=(False, True),
        layout=LAYOUTS[:3],
        dtype=TELLING["dtype"],
        T=(50,),
    )
    large = [
        size | {"equations": e, "layout": layout}
        for size in WIDE_AND_LONG
        for e in TELLING["equations"]
        for layout in ("batched", "packed")
    ]
    telling = covering(FACTORS, 3, feasible=is_feasible)
    masking = covering(ALL, 3, feasible=is_feasible, given=telling)
    rows = [*filter(is_feasible, called), *telling, *masking, *long, *large]
    return tuple(dict.fromkeys([*quick(), *(case_of(**row) for row in rows)]))


def select(
    level: str = "quick",
    *,
    kinds: Iterable[str] = (),
    dtypes: Iterable[str] = (),
    where: Callable[[Case], bool] = lambda case: True,
    notes: str | None = "",
    seed: int = 0,
) -> list[Case]:
    """The cases of a level, the plainest first and the notes' own last.

    Args:
        level: "quick" or "full".
        kinds, dtypes: only these; all if empty.
        where: only cases of which this is true.
        notes: only the notes' cases for this claim ("D1"); for all if empty; none if None.
        seed: of the random numbers.
    """
    noted = [case for case in NOTES if notes is not None and case.label.endswith(notes)]
    grid = full() if level == "full" else quick()
    asked = [case for case in [*grid, *noted] if is_of(case, kinds, dtypes) and where(case)]
    return [replace(case, seed=seed) for case in asked]


def few(cases: Sequence[Case]) -> list[Case]:
    """As few of them as still show each option, and each pair of what a network is made of."""
    rows = [options_of(case) for case in cases]
    return [cases[k] for k in fewest(rows, {1: list(ALL), 2: list(STRUCTURE)})]


def is_of(case: Case, kinds: Iterable[str], dtypes: Iterable[str]) -> bool:
    """Whether a case is of one of these kinds and dtypes; of any, where none is named."""
    of_kind = case.config.kind in (kinds or (case.config.kind,))
    return of_kind and case.dtype in (dtypes or (case.dtype,))
