"""What the quantities of the way back are made of, in whatever order they are multiplied.

da_f = dc'·c·f·(1 - f), say: who computes dc'·c first, or f·(1 - f), is not wrong there.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell


def parts(case: Case, forward: list[Cell], cells: list[Cell]) -> Iterator[Points]:
    """Every product of some factors of a quantity.

    Args:
        forward: the cells of the way there. cells: of the way back.
    """
    by_place = {(c.layer, c.direction, c.step): c for c in forward}
    for cell in cells:
        there = by_place[cell.layer, cell.direction, cell.step]
        for product in _FACTORS[case.config.kind](cell, there):
            for number in range(1, len(product) + 1):
                for some in combinations(product, number):
                    value = some[0]
                    for factor in some[1:]:
                        value = value * factor
                    yield value


Products = list[tuple[Points, ...]]


def _rnn(back: Cell, there: Cell) -> Products:
    h, dh = there.quantities["h'"], back.quantities["dh'"]
    return [(dh, 1 - h * h), (h * h,), (dh, h.step())]


def _lstm(back: Cell, there: Cell) -> Products:
    i, f, g, o, tanh_c = (there.quantities[name] for name in ("i", "f", "g", "o", "tanh(c')"))
    dh, dc, c = back.quantities["dh'"], back.quantities["dc'"], there.given["c"]
    if back.weights.weight_hr is not None:
        dh = dh @ back.weights.weight_hr
    return [
        (dh, o, 1 - tanh_c * tanh_c),
        (dh, tanh_c, o, 1 - o),
        (dc, g, i, 1 - i),
        (dc, c, f, 1 - f),
        (dc, i, 1 - g * g),
        (dc, f),
        (tanh_c * tanh_c,),
        (g * g,),
    ]


def _gru(back: Cell, there: Cell) -> Products:
    r, z, n = (there.quantities[name] for name in ("r", "z", "n"))
    dh, da_n, h = back.quantities["dh'"], back.quantities["da_n"], there.given["h"]
    y_n = there.quantities["W_hh h + b_hh"][..., 2 * n.shape[-1] :]
    return [
        (dh, 1 - z, 1 - n * n),
        (dh, h - n, z, 1 - z),
        (da_n, y_n, r, 1 - r),
        (dh, z),
        (n * n,),
        (back.quantities["dh"] - dh * z,),
    ]


_FACTORS = {"rnn": _rnn, "lstm": _lstm, "gru": _gru}
