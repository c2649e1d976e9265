"""What the quantities of the way back are made of, in whatever order they are multiplied.

da_f = dc'·c·f·(1 - f), say: who computes dc'·c first, or f·(1 - f), is not wrong there.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import combinations
from operator import mul

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.search.backward.factors import factors_of

SQUARED = {"rnn": ("h'",), "lstm": ("g", "tanh(c')"), "gru": ("n",)}  # of 1 - y², say


def parts(case: Case, forward: list[Cell], cells: list[Cell]) -> Iterator[Points]:
    """Every product of some factors of a quantity.

    Args:
        forward: the cells of the way there. cells: of the way back.
    """
    by_place = {cell.place: cell for cell in forward}
    for cell in cells:
        there = by_place[cell.place]
        for factors in factors_of(case, there, cell.quantities).values():
            for number in range(1, len(factors) + 1):
                yield from (reduce(mul, some) for some in combinations(factors.values(), number))
        yield from (there.quantities[y] * there.quantities[y] for y in SQUARED[case.config.kind])
        if case.config.kind == "gru":
            yield cell.quantities["dh"] - cell.quantities["dh'"] * there.quantities["z"]
