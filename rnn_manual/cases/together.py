"""The options that standard shows together, beyond every two of them.

A layer is wrong where it goes another way than usual, and it chooses its way by several options at
once: packed input without a state, unbatched input with batch_first. So what kind of layer it is
occurs with any two options, and with how it is called and any one that its way may hang on.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from rnn_manual.cases.calls import WITHOUT_A_GRAPH
from rnn_manual.cases.covering import Combination, combinations_of, covering
from rnn_manual.cases.options import (
    ALL,
    MASKING,
    OF_EACH_KIND,
    TELLING,
    Options,
    is_feasible,
    product,
)

# What a network is made of, and how its input is handed in; in the order of `TELLING`.
STRUCTURE = {
    "equations": TELLING["equations"],
    "num_layers": (1, 2, 3),
    "bidirectional": (False, True),
    "bias": (True, False),
    "batch_first": (False, True),
    "layout": TELLING["layout"],
}
# Given or not: that is what a layer goes another way for. Zeros and ones are shown in pairs.
STATE = ("random", "omitted")
# In which no gradient can come back to the input, so that a layer may have a shorter way.
SHORTER = ("no_grad", "weights only")
# A layer sees the difference when it is called, and not only on the way back.
FORWARD = ("with gradients", *SHORTER, "inference_mode", "frozen")


def together() -> list[Combination]:
    """Combinations of three options and of four, in the order of `TELLING`."""
    some: Options = TELLING | {"num_layers": STRUCTURE["num_layers"], "state": STATE}
    shorter: Options = some | {"num_layers": (1, 2), "call": SHORTER}
    # Of fewer sequences no two are of one length, between which an order could be another.
    several: Options = some | {"layout": ("packed",), "B": (4,), "state": ("random",)}
    several |= {"memory": ("contiguous",)}
    any_two = itertools.combinations(
        [name for name in TELLING if name not in ("equations", "call", "values")], 2
    )
    return list(
        dict.fromkeys(
            [
                *combinations_of(STRUCTURE, 3),
                *_of(some, "equations", "batch_first", "layout", "state"),
                *_of(some, "equations", "state", "call"),
                *_of(several, "equations", "layout", "state", "B", "memory"),
                *(c for two in any_two for c in _of(some, "equations", *two)),
                *(c for one in STRUCTURE for c in _of(shorter, *{"equations", one, "call"})),
            ]
        )
    )


# Many layers have code of their own for plain input of one layout, and leave all else to nn or
# decline it.
PLAIN_WAYS: Options = {
    "equations": OF_EACH_KIND,
    "num_layers": (1, 2),
    "bidirectional": (False, True),
    "bias": (True, False),
    "batch_first": (False, True),
    "layout": ("batched", "unbatched", "packed"),
    "state": STATE,
    "dropout": ("none", "none, eval"),
    "call": ("with gradients", "no_grad"),
}


def plainly(given: Sequence[Options]) -> list[Options]:
    """Any two of the plain ways in every kind of layer and layout, on input that is plain else.

    Args:
        given: what there is already.
    """
    four = combinations_of(PLAIN_WAYS, 4)
    of_each = [c for c in four if {"equations", "layout"} <= dict(c).keys()]
    return covering(PLAIN_WAYS, 1, feasible=is_feasible, more=of_each, given=given)


def masked() -> list[Combination]:
    """Each value that masks others, with every structure, and with the ways of going forward."""
    ways = STRUCTURE | {"state": STATE, "call": FORWARD}
    equations = TELLING["equations"]
    sized = product(equations=equations, call=FORWARD[:1], values=("small", "large"))
    dropped = product(equations=equations, dropout=("1",), call=WITHOUT_A_GRAPH)
    return [tuple(row.items()) for row in [*sized, *dropped]] + [
        tuple((name, row[name]) for name in ALL if name in row)
        for mask, values in MASKING.items()
        for other, others in ways.items()
        for row in product(**{mask: values, other: others})
    ]


def has_one_mask(row: Options) -> bool:
    """Whether there is a case with these options, and no two that mask each other."""
    return is_feasible(row) and sum(row.get(mask) in MASKING[mask] for mask in MASKING) < 2


def _of(values: Options, *names: str) -> list[Combination]:
    """Every combination of values of these options."""
    chosen = {name: values[name] for name in TELLING if name in names}
    return combinations_of(chosen, len(chosen))
