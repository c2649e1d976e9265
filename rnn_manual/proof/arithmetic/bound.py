"""How likely it is that two formulas are taken for the same and are not.

Every value is a quotient of two polynomials in the residues drawn for input, state, weights and
cotangents, and in the values that σ takes. Two of them that are not the same formula agree at a
random point with a probability of at most D/p, D being the degree of their difference's numerator;
at K points at once, (D/p)^K. What may agree by chance: each result with what is expected; any
two arguments of σ, which then takes one value for both; and a quotient with a value of σ, for which
it is then taken.

A quotient is a polynomial in which every 1/x is a variable. Times all the x that are below the line
in it, each as often as 1/x may be a factor, it is one without; so the more divisions there are
one within another, the larger the bound. That 1/(1 + exp(-x)) is σ(x), is therefore looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MANY = 1 << 30  # more than there are divisions


class Degree(NamedTuple):
    """At most these degrees has a value, as a polynomial in which every 1/x is a variable.

    inverses: in the variables 1/x alone, so many of which are multiplied at most.
    distinct: how many of these variables there may be in it. depth: how many of them one within
        another.
    """

    all: int
    inverses: int = 0
    distinct: int = 0
    depth: int = 0

    def highest(self, other: Degree) -> Degree:
        """Of an array that has elements of both."""
        return Degree(*map(max, self, other))

    def plus(self, other: Degree) -> Degree:
        """Of a sum."""
        return self.highest(other)._replace(distinct=self._both(other))

    def times(self, other: Degree) -> Degree:
        factors = self.all + other.all, self.inverses + other.inverses
        return Degree(*factors, self._both(other), max(self.depth, other.depth))

    def summed(self) -> Degree:
        """Of a sum of any number of such values."""
        return self._replace(distinct=MANY) if self.distinct else self

    def _both(self, other: Degree) -> int:
        return min(self.distinct + other.distinct, MANY)


POLYNOMIAL = Degree(1)  # a residue that was drawn
CONSTANT = Degree(0)


@dataclass
class Account:
    """What may agree by chance: how many arguments of σ, and of what degree at most.

    inverses: how many 1/x were taken, and inverted: of what degree at most.
    of_sigma: the values of σ whose keys are not among `keys` yet.
    compared: how many pairs of a quotient and one of these. recognized: those quotients' degree.
    """

    arguments: int = 0
    degree: Degree = POLYNOMIAL
    inverses: int = 0
    inverted: Degree = CONSTANT
    of_sigma: list[Any] = field(default_factory=list)
    keys: set[int] = field(default_factory=set)
    compared: int = 0
    recognized: Degree = CONSTANT


_account: ContextVar[Account | None] = ContextVar("account", default=None)


def current() -> Account | None:
    """What counts now, if something does."""
    return _account.get()


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
        account.degree = account.degree.highest(degree)


def inverted(values: int, degree: Degree) -> Degree:
    """Takes in that 1/x was taken of so many values. Returns: the degree of each."""
    if not degree.all:
        return degree  # of constants
    account = _account.get()
    if account is not None:
        account.inverses += values
        account.inverted = account.inverted.highest(degree)
    return Degree(1, 1, 1, degree.depth + 1)


def bound(accounts: list[Account], results: int, degree: Degree, prime: int, points: int) -> float:
    """The chance of an error.

    Args:
        accounts: of all that was computed, on both sides.
        results: how many numbers were held against one another; degree: of these at most.
    """
    inverses = sum(account.inverses for account in accounts)
    below = 0  # of an x in 1/x, times all that is below the line in that
    for _ in range(max(account.inverted.depth for account in accounts) + 1):
        below = max(_whole(account.inverted, inverses, below) for account in accounts)

    def agree(degree: Degree, values: int = 1) -> float:
        """At all points, if so many values of that degree may have divisions in them."""
        whole = _whole(degree._replace(distinct=values * degree.distinct), inverses, below)
        return float((min(whole, prime) / prime) ** points)

    arguments = sum(account.arguments for account in accounts)
    pairs = arguments * (arguments - 1) / 2
    chance = pairs * max(agree(account.degree, 2) for account in accounts)
    chance += results * agree(degree)
    # A quotient is held against hashes of 64 bits.
    return chance + sum(a.compared * (agree(a.recognized) + 2.0**-64) for a in accounts)


def _whole(degree: Degree, inverses: int, below: int) -> int:
    """Of a difference in which there are such values, times all that is below the line in it."""
    return degree.all + degree.inverses * min(degree.distinct, inverses) * below
