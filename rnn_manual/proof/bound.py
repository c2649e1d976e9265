"""How likely it is that two formulas are taken for the same and are not.

Every value is a quotient of two polynomials in the residues drawn for input, state, weights and
cotangents, and in the values that σ takes. Two of them that are not the same formula agree at a
random point with a probability of at most D/p, D being the degree of their difference's numerator;
at K points at once, (D/p)^K. What may agree by chance: each result with what is expected, and any
two arguments of σ, which then takes one value for both.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import NamedTuple


class Degree(NamedTuple):
    """At most these degrees have a quotient's two polynomials."""

    above: int
    below: int = 0

    def plus(self, other: Degree) -> Degree:
        if not self.below and not other.below:
            return Degree(max(self.above, other.above))
        above = max(self.above + other.below, other.above + self.below)
        return Degree(above, self.below + other.below)

    def times(self, other: Degree) -> Degree:
        return Degree(self.above + other.above, self.below + other.below)

    def summed(self, terms: int) -> Degree:
        """Of a sum of so many."""
        more = max(0, terms - 1) * self.below
        return Degree(self.above + more, self.below + more)

    def inverse(self) -> Degree:
        return Degree(self.below, self.above)

    def both(self, other: Degree) -> Degree:
        """Of an array that has elements of both."""
        return Degree(max(self.above, other.above), max(self.below, other.below))

    @property
    def total(self) -> int:
        return self.above + self.below


POLYNOMIAL = Degree(1)  # a residue that was drawn


@dataclass
class Account:
    """What may agree by chance: how many arguments of σ, and of what degree at most."""

    arguments: int = 0
    degree: int = 1


_account: ContextVar[Account | None] = ContextVar("account", default=None)


@contextmanager
def counted() -> Iterator[Account]:
    """Counts what is computed within."""
    account = Account()
    token = _account.set(account)
    try:
        yield account
    finally:
        _account.reset(token)


def hashed(arguments: int, degree: Degree) -> None:
    """Takes in that σ was taken of so many arguments."""
    account = _account.get()
    if account is not None:
        account.arguments += arguments
        account.degree = max(account.degree, degree.total)


def bound(accounts: list[Account], results: int, degree: int, prime: int, points: int) -> float:
    """The chance of an error.

    Args:
        accounts: of all that was computed, on both sides.
        results: how many numbers were held against one another; degree: of these at most.
    """
    arguments = sum(account.arguments for account in accounts)
    highest = 2 * max(account.degree for account in accounts)
    pairs = arguments * (arguments - 1) / 2
    return float(pairs * (highest / prime) ** points + results * (2 * degree / prime) ** points)
