"""What one implementation shows of itself in a trace."""

from __future__ import annotations

from typing import NamedTuple

from rnn_manual.explain.quantities import Key, Quantities

UNSEEN = "not seen"


class Mark(NamedTuple):
    """The first quantity that an implementation never computes.

    backward: whether it is one of the way back. words: what stands in its place. line: of its code.
    """

    key: Key
    backward: bool
    words: str
    line: str


class Column(NamedTuple):
    """One implementation's quantities, by the loops' names; of those it does not show, none.

    absent: what is said of these. mark: where it goes wrong, if it does and that is known.
    verdict: what is known of its formulas, in lines. ok: whether it is right, as far as is known.
    """

    name: str
    forward: Quantities
    backward: Quantities
    absent: str = UNSEEN
    mark: Mark | None = None
    verdict: tuple[str, ...] = ()
    ok: bool = True
