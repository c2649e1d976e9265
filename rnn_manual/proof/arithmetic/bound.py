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
    """At most these degrees has a value, as a polynomial in which every 1/x is a variable.

    inverses: in the variables 1/x alone, so many of which are multiplied at most.
    """

    all: int
    inverses: int = 0

    def plus(self, other: Degree) -> Degree:
        """Of a sum, or of an array that has elements of both."""
        return Degree(max(self.all, other.all), max(self.inverses, other.inverses))

    def times(self, other: Degree) -> Degree:
        return Degree(self.all + other.all, self.inverses + other.inverses)


POLYNOMIAL = Degree(1)  # a residue that was drawn
CONSTANT = Degree(0)


@dataclass
class Account:
    """What may agree by chance: how many arguments of σ, and of what degree at most.

    inverses: how many 1/x were taken, and inverted: of what degree at most.
    """

    arguments: int = 0
    degree: Degree = POLYNOMIAL
    inverses: int = 0
    inverted: Degree = CONSTANT


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
        account.degree = account.degree.plus(degree)


def inverted(values: int, degree: Degree) -> Degree:
    """Takes in that 1/x was taken of so many values. Returns: the degree of each."""
    if not degree.all:
        return degree  # of constants
    account = _account.get()
    if account is not None:
        account.inverses += values
        account.inverted = account.inverted.plus(degree)
    return Degree(1, 1)


def bound(accounts: list[Account], results: int, degree: Degree, prime: int, points: int) -> float:
    """The chance of an error.

    Args:
        accounts: of all that was computed, on both sides.
        results: how many numbers were held against one another; degree: of these at most.
    """
    inverses = sum(account.inverses for account in accounts)
    below = max(a.inverted.all + a.inverted.inverses * inverses for a in accounts)

    def whole(degree: Degree) -> int:
        """Of a difference of two such values, times all that is below the line in it."""
        return degree.all + degree.inverses * inverses * below

    arguments = sum(account.arguments for account in accounts)
    highest = max(whole(account.degree) for account in accounts)
    pairs = arguments * (arguments - 1) / 2
    return float(pairs * (highest / prime) ** points + results * (whole(degree) / prime) ** points)
