"""A cell of the way back with what is around it, and whether a candidate went on with a value."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import mul

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell, Named, d_sums_of
from rnn_manual.proof.runs.trace import Trace
from rnn_manual.proof.search.backward.factors import factors_of
from rnn_manual.proof.search.laid_out import state_of


class Around:
    """A cell of the way back.

    Attributes:
        there: its step on the way there. before, after: the steps of its direction that the way
            back takes before it and after it; None where there is none.
        q: what it computes on the way back.
    """

    def __init__(
        self, case: Case, trace: Trace, forward: list[Cell], cells: list[Cell], at: Cell
    ) -> None:
        self.case, self.trace, self.at, self.q = case, trace, at, at.quantities
        self.forward, self.cells = forward, cells
        self.there = next(cell for cell in forward if cell.place == at.place)
        same = [cell for cell in cells if cell.place[:2] == at.place[:2]]
        k = same.index(at)
        self.before = same[k - 1] if k else None
        self.after = same[k + 1] if k + 1 < len(same) else None

    def at_step(self, cell: Cell) -> Around:
        """The same of another step of its direction."""
        return Around(self.case, self.trace, self.forward, self.cells, cell)

    def factors(self, quantity: str, instead: Named | None = None) -> Named:
        """Of a gradient, by name.

        Args:
            instead: what to take for other gradients, if others than are right.
        """
        return factors_of(self.case, self.there, self.q | (instead or {}))[quantity]

    def went_on_with(self, instead: Named, without_dc: bool = False) -> bool:
        """Whether the candidate computed what is made of these, in the place of what is right.

        Of a gate's gradient, or one that it is made of: what the sums of all gates send on, to x or
        to h. Of what goes to the step before, the same there; or what was returned for h_0 or c_0.

        Args:
            without_dc: whether what flows into c' is left out where dh' is another.
        """
        (name, points), *_ = instead.items()
        if name not in ("dh", "dc"):
            made = self._sent_on(instead, without_dc)
            return any(self.trace.shows(points.values) for points in made)
        if self.after is None:
            return self._is_returned(name, points)
        into, rows = self.after.quantities[f"{name}'"], len(points)
        if len(into) < rows:
            return False
        changed = Points.concatenated([into[:rows] - self.q[name] + points, into[rows:]])
        after, there = self.at_step(self.after), {f"{name}'": changed}
        if after.went_on_with(there, without_dc):
            return True
        # Where the same is wrong again there, it is in what is sent on. (But 0 adds nothing to d
        # out, and the gates' gradients for d out alone may be parts of right ones.)
        sums = after._sums(there, without_dc).values()
        return bool(points.values.any()) and all(self.trace.shows(a.values) for a in sums)

    def _sums(self, instead: Named, without_dc: bool) -> Named:
        """The gradients of all gates' sums."""
        found = self.q | instead
        if "dh'" in instead and "dc'" in found:
            of_h, due = (reduce(mul, self.factors("of dc'", q).values()) for q in (instead, {}))
            found["dc'"] = of_h if without_dc else found["dc'"] + of_h - due
        for name in self.q:  # in the order in which they are made of one another
            if name.startswith("da") and name not in instead:
                found[name] = reduce(mul, self.factors(name, found).values())
        return {name: found[name] for name in d_sums_of(self.case.config)}

    def _sent_on(self, instead: Named, without_dc: bool) -> Iterator[Points]:
        sums = self._sums(instead, without_dc)
        yield _joined(sums) @ self.at.weights.weight_ih
        if "da_n" in sums:
            sums["da_n"] = sums["da_n"] * self.there.quantities["r"]
        yield _joined(sums) @ self.at.weights.weight_hh

    def _is_returned(self, name: str, points: Points) -> bool:
        found = self.trace.mirrored.found.get(f"grad {name[1:]}_0")
        if found is None or found.reason:
            return False
        row = state_of(self.case, points.like(found.values), *self.at.place[:2])
        return bool((row.values[:, : len(points)] == points.values).all())


def _joined(sums: Named) -> Points:
    found: Points = Points.concatenated(list(sums.values()), -1)
    return found
