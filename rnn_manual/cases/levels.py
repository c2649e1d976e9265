"""Which cases: the plainest, selections that show every pair or triple of options, the notes.

standard: the plainest cases; any two options, alone and beside others, and some three
(`together.py`), by a case that can tell; either side of the sizes at which implementations are
known to change their ways. quick: few of these that still show every option in every kind of
layer. full: products and triples.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from rnn_manual.cases.case import LAYOUTS, MEMORY, Case
from rnn_manual.cases.covering import covering, fewest
from rnn_manual.cases.notes import NOTES
from rnn_manual.cases.options import (
    ALL,
    OF_EACH_KIND,
    TELLING,
    Options,
    case_of,
    is_feasible,
    is_telling,
    options_of,
    product,
)
from rnn_manual.cases.thresholds import thresholds
from rnn_manual.cases.together import STRUCTURE, has_one_mask, masked, plainly, together
from rnn_manual.config import Config
from rnn_manual.usage import DTYPES, KINDS, LEVELS

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
            equations=OF_EACH_KIND,
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

# A wrong mask shows in dropout with gradients alone, and a state that is kept where gradients are
# off in a second call without one: beside other options, few of standard's cases are such.
DROPPED = [case_of(equations=e, num_layers=2, dropout="0.3") for e in TELLING["equations"]]
KEPT = [case_of(equations=e, state="omitted", call="no_grad") for e in TELLING["equations"]]
# And the second derivatives of a layer that takes padded input alone.
TWICE = [case_of(equations=e, call="second derivatives") for e in OF_EACH_KIND]
# More sequences than are sorted one by one, or computed at once: where those of one length lose
# their order, and pieces of a batch their states.
MANY = [
    case_of(equations=e, layout=layout, T=3, B=131, I=2)
    for layout in ("batched", "packed sorted", "packed")
    for e in TELLING["equations"]
]

# But for relu: of five units all may be shut along a sequence, and its gradient through them 0.
ALONE_IN_MEMORY = ("rnn tanh", "lstm", "lstm proj", "gru")
# Every way of calling, all values and memory alone, on one layer and padded input: many layers
# take nothing else, and of those that show two options together next to nothing.
ALONE = [
    *(
        case_of(equations=equations, **{name: value})
        for name in ("values", "call")
        for value in ALL[name][1:]
        for equations in OF_EACH_KIND
    ),
    *(case_of(equations=e, memory=lies) for lies in MEMORY[1:] for e in ALONE_IN_MEMORY),
    *DROPPED,
    *KEPT,
]
# A step whose input is all zero, and a state that is NaN, also for relu and for proj_size. (Without
# gradients: nn's go on through a relu that is NaN, and a right layer's need not.)
SPECIAL = [
    *(case_of(equations=e, values="signed zeros") for e in TELLING["equations"]),
    *(case_of(equations=e, values="NaN", call="no_grad") for e in ("rnn relu", "lstm proj")),
]

# Weights so large that the recurrence is chaotic.
CHAOTIC = [
    Case(Config(kind, 3, 32, bidirectional=True), 60, dtype=dtype, gain=10.0)
    for kind in ("rnn", "lstm", "gru")
    for dtype in ("float32", "float64")
]


IN_QUICK = {*IN_EACH_DTYPE, *DROPPED, *KEPT, *TWICE}
IN_QUICK |= {c for c in MANY if c.layout != "packed" and options_of(c)["equations"] in OF_EACH_KIND}


@lru_cache(maxsize=1)
def standard() -> tuple[Case, ...]:
    """Few cases that still show every option, any two of them together, and some three."""
    alone = [*PLAINEST, *ALONE]
    plain = [case_of(**row) for row in plainly([options_of(case) for case in alone])]
    given = [*PLAINEST, *IN_FLOAT64, *LIVES, *plain, *thresholds()]
    rows = [options_of(case) for case in given if is_telling(case)]
    telling = covering(TELLING, 2, feasible=is_feasible, more=together(), given=rows)
    masking = covering(ALL, 1, feasible=has_one_mask, more=masked(), given=[*rows, *telling])
    pairs = (case_of(**row) for row in [*telling, *masking])
    return tuple(dict.fromkeys([*given, *pairs, *ALONE, *MANY, *SPECIAL, *CHAOTIC]))


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
        level: "quick", "standard" or "full". Of quick, each option is shown of what is asked for.
        kinds, dtypes: only these; all if empty.
        where: only cases of which this is true.
        notes: only the notes' cases for this claim ("D1"); for all if empty; none if None.
        seed: of the random numbers.

    Raises: ValueError: there is no such level.
    """
    if level not in LEVELS:
        raise ValueError(f"expected a level of {', '.join(LEVELS)}, got {level!r}")
    kinds, dtypes = tuple(kinds), tuple(dtypes)

    def asked(cases: Iterable[Case]) -> list[Case]:
        return [case for case in cases if is_of(case, kinds, dtypes) and where(case)]

    grid = asked(full() if level == "full" else standard())
    if level == "quick":
        grid = quick(grid)
    noted = [case for case in NOTES if notes is not None and case.label.endswith(notes)]
    return [replace(case, seed=seed) for case in [*grid, *asked(noted)]]


def quick(cases: Sequence[Case]) -> list[Case]:
    """Of these, the plainest in each format, and few that show each option in each kind of layer.

    With them `IN_QUICK`, each of which shows what no other case at quick does. None is chaotic, if
    others are there: these take long.
    """
    tame = [case for case in cases if case.gain == 1] or cases
    found = [case for case in tame if case in IN_QUICK]
    for kind in KINDS:
        found += _fewest([case for case in tame if case.config.kind == kind], {1: list(ALL)})
    return list(dict.fromkeys(found))


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
