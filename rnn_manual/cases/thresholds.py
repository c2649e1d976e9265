"""Either side of the sizes at which implementations are known to change their ways."""

from __future__ import annotations

import itertools
from collections import Counter

from rnn_manual.cases.case import Case
from rnn_manual.cases.options import TELLING, Options, case_of

# Beyond 32, 64 and 128 (17, of `TELLING`, is below): multiples of what a vector holds, one more,
# and vectors with most of another.
SIZES: tuple[Options, ...] = (
    {"H": 32, "I": 16},
    {"H": 47},
    {"H": 65},
    {"H": 128, "I": 32},
    {"H": 135},
    {"num_layers": 6},
    {"B": 131, "layout": "batched"},
    {"B": 131, "layout": "packed"},
)
LENGTHS = (13, 64, 130)
# Beside each layout, in turn. (With all of them in turn each shows all, in every kind of layer.)
BESIDE = ((False, "random"), (True, "omitted"), (True, "random"), (False, "omitted"))


def thresholds() -> list[Case]:
    """Cases of these sizes, as small as they can be.

    Layouts, directions, formats and states in turn, so that each size is shown in all of them.
    """
    turns: Counter[tuple[str, str]] = Counter()
    found = []
    for row in [*_sizes(), *_lengths()]:
        which = row["equations"], row["layout"]
        batch_first, state = BESIDE[turns[which] % len(BESIDE)]
        turns[which] += 1
        found.append(case_of(**row, batch_first=batch_first, state=state))
    return found


def _sizes() -> list[Options]:
    """H, B and the number of layers, of every kind of layer."""
    layouts, found = TELLING["layout"], []
    for (i, e), (j, size) in itertools.product(enumerate(TELLING["equations"]), enumerate(SIZES)):
        row: Options = {"T": 2, "B": 2, "I": 2, "equations": e}
        row |= {"layout": layouts[(i + j) % 5], "bidirectional": (i + j // 2) % 2 == 1}
        found.append(row | {"dtype": TELLING["dtype"][(i + j // 3) % 2]} | size)
    return found


def _lengths() -> list[Options]:
    """Every length in every layout and direction, the equations in turn."""
    equations, found = TELLING["equations"], []
    for turn, (T, bidirectional) in enumerate(itertools.product(LENGTHS, (False, True))):
        in_turn = equations[turn % 5 :] + equations[: turn % 5]
        for k, (e, layout) in enumerate(zip(in_turn, TELLING["layout"], strict=True)):
            row: Options = {"equations": e, "layout": layout, "bidirectional": bidirectional}
            found.append(row | {"T": T, "B": 2, "dtype": TELLING["dtype"][(turn + k) % 2]})
    return found
