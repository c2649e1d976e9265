"""Which cases: the plainest, selections that show every pair or triple of options, the notes.

quick: the plainest cases, and few that show every option in every kind of layer. standard: every
two options and some three (`together.py`) by a case that can tell, and either side of the sizes at
which implementations are known to change their ways. full: products and triples.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from rnn_manual.cases.case import LAYOUTS, Case
from rnn_manual.cases.covering import covering, fewest
from rnn_manual.cases.notes import NOTES
from rnn_manual.cases.options import (
    ALL,
    TELLING,
    Options,
    case_of,
    is_feasible,
    is_telling,
    options_of,
    product,
)
from rnn_manual.cases.thresholds import thresholds
from rnn_manual.cases.together import STRUCTURE, has_one_mask, masked, together
from rnn_manual.config import Config
from rnn_manual.usage import DTYPES, KINDS

# The commonest calls, with no option or the commonest: those on which a failure is easiest to
# understand.
IN_EACH_DTYPE = [
    case_of(equations=e, dtype=dtype) for dtype in DTYPES for e in TELLING["equations"]
]
PLAINEST = [
    *IN_EACH_DTYPE,
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

# What a layer keeps from one call to the next, and in training or in eval only.
LIVES = [
    case_of(
        equations=equations,
        num_layers=2,
        state="omitted",
        dropout="0.3, eval",
        call="after another",
    )
    for equations in TELLING["equations"]
]

# Every way of calling, all values and memory alone, on one layer and padded input: many layers
# take nothing else, and of those that show two options together next to nothing.
ALONE = [
    case_of(equations=equations, **{name: value})
    for name in ("values", "memory", "call")
    for value in ALL[name][1:]
    for equations in ("rnn tanh", "lstm", "gru")
]
# A step whose input is all zero, of a relu and of a projection, too.
ZERO_STEPS = [case_of(equations=e, values="signed zeros") for e in TELLING["equations"]]

# Weights so large that the recurrence is chaotic.
CHAOTIC = [
    Case(Config(kind, 3, 32, bidirectional=True), 60, dtype=dtype, gain=10.0)
    for kind in ("rnn", "lstm", "gru")
    for dtype in ("float32", "float64")
]


@lru_cache(maxsize=1)
def standard() -> tuple[Case, ...]:
    """Few cases that still show every option, any two of them together, and some three."""
    given = [*PLAINEST, *IN_FLOAT64, *LIVES, *thresholds()]
    rows = [options_of(case) for case in given if is_telling(case)]
    telling = covering(TELLING, 2, feasible=is_feasible, more=together(), given=rows)
    masking = covering(ALL, 1, feasible=has_one_mask, more=masked(), given=[*rows, *telling])
    pairs = (case_of(**row) for row in [*telling, *masking])
    return tuple(
        dict.fromkeys(
            [*PLAINEST, *IN_FLOAT64, *LIVES, *pairs, *ALONE, *ZERO_STEPS, *thresholds(), *CHAOTIC]
        )
    )


@lru_cache
def quick(kinds: tuple[str, ...] = (), dtypes: tuple[str, ...] = ()) -> tuple[Case, ...]:
    """Of standard, the plainest, and few that still show each option in each kind of layer.

    Args:
        kinds, dtypes: of these, with each option that standard has of these; of all if empty.
    """
    asked = [c for c in standard() if is_of(c, kinds, dtypes) and c not in CHAOTIC]
    found = [case for case in asked if case in IN_EACH_DTYPE]
    for kind in KINDS:
        found += _fewest([case for case in asked if case.config.kind == kind], {1: list(ALL)})
    return tuple(dict.fromkeys(found))


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
    return tuple(dict.fromkeys([*standard(), *(case_of(**row) for row in rows)]))


def select(
    level: str = "standard",
    *,
    kinds: Iterable[str] = (),
    dtypes: Iterable[str] = (),
    where: Callable[[Case], bool] = lambda case: True,
    notes: str | None = "",
    seed: int = 0,
) -> list[Case]:
    """The cases of a level, the plainest first and the notes' own last.

    Args:
        level: "quick", "standard" or "full".
        kinds, dtypes: only these; all if empty.
        where: only cases of which this is true.
        notes: only the notes' cases for this claim ("D1"); for all if empty, but for level quick,
            where there are none then; none if None.
        seed: of the random numbers.
    """
    of_a_claim = bool(notes) if level == "quick" else notes is not None
    noted = [case for case in NOTES if of_a_claim and case.label.endswith(notes or "")]
    if level == "quick":
        grid = quick(tuple(kinds), tuple(dtypes))
    else:
        grid = {"standard": standard, "full": full}[level]()
    asked = [case for case in [*grid, *noted] if is_of(case, kinds, dtypes) and where(case)]
    return [replace(case, seed=seed) for case in asked]


def few(cases: Sequence[Case]) -> list[Case]:
    """As few of them as still show each option, and each pair of what a network is made of."""
    return _fewest(cases, {1: list(ALL), 2: list(STRUCTURE)})


def fewer(cases: Sequence[Case]) -> list[Case]:
    """As few of them as still show each option of what a network is made of."""
    return _fewest(cases, {1: list(STRUCTURE)})


def _fewest(cases: Sequence[Case], strengths: Mapping[int, Sequence[str]]) -> list[Case]:
    return [cases[k] for k in fewest([options_of(case) for case in cases], strengths)]


def is_of(case: Case, kinds: Iterable[str], dtypes: Iterable[str]) -> bool:
    """Whether a case is of one of these kinds and dtypes; of any, where none is named."""
    of_kind = case.config.kind in (kinds or (case.config.kind,))
    return of_kind and case.dtype in (dtypes or (case.dtype,))
