"""Which cases: products of options, selections that cover every pair or triple of them, the notes.

`STRUCTURE` is what a network is made of, `CORE` adds what everybody calls it with, `FACTORS` are
all the options there are. `quick` is every triple of values of STRUCTURE and every pair of FACTORS;
`full` is every combination of CORE, but for the initial state, and every triple of FACTORS.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from rnn_manual.config import Config
from rnn_manual.parity.cases import LAYOUTS, MEMORY, STATES, VALUES, Case, Sizes
from rnn_manual.parity.covering import covering
from rnn_manual.parity.notes import NOTES
from rnn_manual.usage import DTYPES

STRUCTURE: dict[str, tuple[Any, ...]] = {
    "equations": ("rnn tanh", "rnn relu", "lstm", "lstm proj", "gru"),
    "num_layers": (1, 2, 3),
    "bidirectional": (False, True),
    "bias": (True, False),
    "layout": ("batched", "batch_first", "unbatched", "packed"),
}
CORE = STRUCTURE | {
    "state": STATES,
    "sizes": (
        Sizes(),
        Sizes(T=1, B=1, I=1, H=1),
        Sizes(T=1),
        Sizes(B=1),
        Sizes(T=3, I=1, H=1),
        Sizes(T=3, H=17),
    ),
    "dtype": ("float32", "float64"),
}
FACTORS: dict[str, tuple[Any, ...]] = CORE | {
    "num_layers": (1, 2, 3, 4),
    "layout": ("batched", "batch_first", *LAYOUTS[1:]),
    # Where kernels are known to change their path, or to have gone wrong.
    "sizes": (
        *CORE["sizes"],
        Sizes(B=0),
        Sizes(T=2, H=7),
        Sizes(T=3, H=8),
        Sizes(T=3, B=2, H=15),
        Sizes(T=2, H=16),
        Sizes(T=3, B=2, I=17, H=64),
        Sizes(T=2, B=130),
    ),
    "dtype": tuple(DTYPES),
    "dropout": (0.0, 1.0, 0.3),  # 1 leaves nothing; between them, a generator draws
    "training": (True, False),
    "memory": MEMORY,
}
# What takes long, for `full` only.
WIDE_AND_LONG = (
    Sizes(T=2, B=2, H=130),
    Sizes(T=2, B=2, I=130, H=512),
    Sizes(T=300, B=2, H=4),
)
# Apart, because what is NaN shows nothing else.
SPECIAL = CORE | {"dtype": tuple(DTYPES), "values": VALUES[1:]}


def case_of(
    equations: str,
    num_layers: int,
    bidirectional: bool,
    bias: bool,
    layout: str,
    state: str,
    sizes: Sizes,
    dtype: str,
    dropout: float = 0.0,
    training: bool = True,
    memory: str = "contiguous",
    values: str = "usual",
) -> Case:
    """The case that has these values, or the nearest there is."""
    kind, _, variant = equations.partition(" ")
    if variant == "proj" and sizes.H == 1:  # proj_size must be smaller than hidden_size
        sizes = replace(sizes, H=2)
    config = Config(
        kind,
        sizes.I,
        sizes.H,
        num_layers=num_layers,
        nonlinearity="relu" if variant == "relu" else "tanh",
        bias=bias,
        batch_first=layout == "batch_first",
        dropout=dropout,
        bidirectional=bidirectional,
        proj_size=min(3, sizes.H - 1) if variant == "proj" else 0,
    )
    layout = "batched" if layout == "batch_first" else layout
    batch = 1 if layout.startswith("packed") and not sizes.B else sizes.B
    return Case(
        config,
        sizes.T,
        1 if layout == "unbatched" else batch,
        dtype,
        layout,
        state,
        training=training,
        values=values,
        memory="contiguous" if (layout, memory) == ("unbatched", "expanded") else memory,
    )


# Beyond the products: weights so large that the recurrence is chaotic, and a long way to run.
CHAOTIC = [
    Case(Config(kind, Sizes.I, 32, bidirectional=True), 60, dtype=dtype, gain=10.0)
    for kind in ("rnn", "lstm", "gru")
    for dtype in CORE["dtype"]
]

# Fifty steps cost as much as all the other sizes together. Neither bias nor the initial state
# interacts with the length, so both are left at their default, and every other depth out.
LONG = [
    replace(case_of(equations, L, bi, True, layout, "random", Sizes(), dtype), seq_len=50)
    for equations, L, bi, layout, dtype in itertools.product(
        CORE["equations"], (1, 3), (False, True), CORE["layout"], CORE["dtype"]
    )
]

# No option at all: the cases on which a failure is easiest to understand.
PLAIN = [
    case_of(equations, 1, False, True, "batched", "random", Sizes(), dtype)
    for equations in CORE["equations"]
    for dtype in DTYPES
]


@lru_cache(maxsize=1)
def full() -> tuple[Case, ...]:
    """Every case there is."""
    state = random.Random(0)  # any one: all four with everything would take four times as long
    called = CORE | {"state": (None,)}
    every = (
        case_of(**dict(zip(called, values, strict=True)) | {"state": state.choice(STATES)})
        for values in itertools.product(*called.values())
    )
    sizes = {"sizes": FACTORS["sizes"] + WIDE_AND_LONG}
    rows = [*covering(FACTORS | sizes, 3), *covering(SPECIAL, 3)]
    edges = (case_of(**row) for row in rows)
    return tuple(dict.fromkeys([*PLAIN, *CHAOTIC, *every, *edges, *LONG]))


@lru_cache(maxsize=1)
def quick() -> tuple[Case, ...]:
    """Few cases that still show every option, and any two of them together."""
    calls = itertools.cycle(itertools.product(CORE["dtype"], CORE["sizes"], STATES))
    core = (
        case_of(**row, dtype=dtype, sizes=sizes, state=state)
        for row, (dtype, sizes, state) in zip(covering(STRUCTURE, 3), calls, strict=False)
    )
    edges = (case_of(**row) for row in [*covering(FACTORS, 2), *covering(SPECIAL, 2)])
    return tuple(dict.fromkeys([*PLAIN, *CHAOTIC, *core, *edges, *LONG[::16]]))


def select(
    level: str = "quick",
    *,
    kinds: Iterable[str] = (),
    dtypes: Iterable[str] = (),
    where: Callable[[Case], bool] = lambda case: True,
    notes: str | None = "",
    seed: int = 0,
) -> list[Case]:
    """The cases of a level, with the notes' own first.

    Args:
        level: "quick" or "full".
        kinds, dtypes: only these; all if empty.
        where: only cases of which this is true.
        notes: only the notes' cases for this claim ("D1"); for all if empty; none if None.
        seed: of the random numbers.
    """
    noted = [case for case in NOTES if notes is not None and case.label.endswith(notes)]
    grid = full() if level == "full" else quick()
    asked = [case for case in [*noted, *grid] if is_of(case, kinds, dtypes) and where(case)]
    return [replace(case, seed=seed) for case in asked]


def is_of(case: Case, kinds: Iterable[str], dtypes: Iterable[str]) -> bool:
    """Whether a case is of one of these kinds and dtypes; of any, where none is named."""
    of_kind = case.config.kind in (kinds or (case.config.kind,))
    return of_kind and case.dtype in (dtypes or (case.dtype,))
