"""Which cases: the whole product of options, a selection that covers every pair of them, the notes.

`full` is every valid combination of the values in `FACTORS`, and `LONG`. `quick` is the part of it
that still shows every value of every factor together with any two values of any two others.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from rnn_manual.config import Config
from rnn_manual.parity.cases import STATES, Case, Sizes
from rnn_manual.parity.notes import NOTES
from rnn_manual.usage import DTYPES

FACTORS: dict[str, tuple[Any, ...]] = {
    "equations": ("rnn tanh", "rnn relu", "lstm", "lstm proj"),
    "num_layers": (1, 2, 3, 4),
    "bidirectional": (False, True),
    "bias": (True, False),
    "layout": ("batched", "batch_first", "unbatched", "packed"),
    "state": STATES,
    "sizes": (
        Sizes(),
        Sizes(T=1, B=1, I=1, H=1),
        Sizes(T=1),
        Sizes(B=1),
        Sizes(T=3, I=1, H=1),
        Sizes(T=3, H=17),
    ),
    "dtype": tuple(DTYPES),
}


def _case(
    equations: str,
    num_layers: int,
    bidirectional: bool,
    bias: bool,
    layout: str,
    state: str,
    sizes: Sizes,
    dtype: str,
) -> Case | None:
    """The case that has these values; None if there is none."""
    kind, _, variant = equations.partition(" ")
    if variant == "proj" and sizes.H == 1:  # proj_size must be smaller than hidden_size
        return None
    if layout == "unbatched" and sizes == Sizes(B=1):  # B means nothing there
        return None
    config = Config(
        kind,
        sizes.I,
        sizes.H,
        num_layers=num_layers,
        nonlinearity="relu" if variant == "relu" else "tanh",
        bias=bias,
        batch_first=layout == "batch_first",
        bidirectional=bidirectional,
        proj_size=3 if variant == "proj" else 0,
    )
    layout = "batched" if layout == "batch_first" else layout
    batch = 1 if layout == "unbatched" else sizes.B
    return Case(config, sizes.T, batch, dtype, layout, state)


def _product() -> Iterator[tuple[tuple[Any, ...], Case]]:
    for values in itertools.product(*FACTORS.values()):
        case = _case(*values)
        if case:
            yield values, case


# Beyond the product: weights so large that the recurrence is chaotic, and a long way to run.
CHAOTIC = [
    Case(Config(kind, Sizes.I, 32, bidirectional=True), 60, dtype=dtype, gain=10.0)
    for kind in ("rnn", "lstm")
    for dtype in DTYPES
]

# Fifty steps cost as much as all the other sizes together. Neither bias nor the initial state
# interacts with the length, so the product leaves both at their default, and every other depth out.
LONG = [
    replace(case, seq_len=50)
    for values, case in _product()
    if case.config.bias
    and case.state == "random"
    and values[6] == Sizes()
    and case.config.num_layers in (1, 3)
]


# No option at all: the cases on which a failure is easiest to understand.
PLAIN = [
    case
    for values, case in _product()
    if values[1:7] == (1, False, True, "batched", "random", Sizes())
]


@lru_cache(maxsize=1)
def full() -> tuple[Case, ...]:
    """Every case there is."""
    return (*CHAOTIC, *(case for _, case in _product()), *LONG)


@lru_cache(maxsize=1)
def quick() -> tuple[Case, ...]:
    """Every triple of values of three factors at least once, greedily: richest cases first."""
    bit: defaultdict[Any, int] = defaultdict(lambda: 1 << len(bit))
    pool = [
        (sum(bit[triple] for triple in itertools.combinations(enumerate(values), 3)), case)
        for values, case in _product()
    ]
    random.Random(0).shuffle(pool)
    missing = sum(bit.values())
    chosen = []
    # A case is taken as soon as it adds `wanted` new triples; less is wanted when few are left.
    for wanted in (48, 40, 32, 24, 16, 8, 4, 2, 1):
        for triples, case in pool:
            if (triples & missing).bit_count() >= wanted:
                chosen.append(case)
                missing &= ~triples
    return (*PLAIN, *CHAOTIC, *(case for case in chosen if case not in PLAIN), *LONG[::8])


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
    return [
        replace(case, seed=seed)
        for case in [*noted, *grid]
        if case.config.kind in (kinds or (case.config.kind,))
        and case.dtype in (dtypes or (case.dtype,))
        and where(case)
    ]
