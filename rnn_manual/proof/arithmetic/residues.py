"""Residues modulo a prime: arithmetic in which nothing rounds.

A formula's value at a random point of the field tells it from other formulas: two polynomials of
degree d that are not the same agree at a random point with a probability of at most d/p (Schwartz
1980, Zippel 1979). Here each value is taken at K points at once, K residues; σ is a random function
of all K of them (as in random interpretation, Gulwani & Necula 2004), with its symmetries:

    σ(-x) = 1 - σ(x), σ(0) = ½;   tanh x = 2σ(2x) - 1;   exp x = σ(x)/σ(-x);
    step(-x) = 1 - step(x), step(0) = 0, else 0 or 1 at each point;   relu x = x·step(x)

How likely an error is, is counted while computing: `bound.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_manual.proof.arithmetic.bound import POLYNOMIAL, Degree, current, hashed, inverted
from rnn_manual.proof.arithmetic.points import Points, aligned
from rnn_manual.proof.arithmetic.reals import shifted

PRIME = 2**31 - 1  # so that a product fits into 62 bits, and 2^31 is 1
HALF = 2**30  # 2·HALF = 1

Ints = NDArray[np.int64]


class NotFinite(ValueError):
    """A constant that is no rational number, and so has no residue."""


class Residues(Points):
    """Integers 0 … p-1 at K points, and the degree of the formula that they are values of."""

    def __init__(self, values: Ints, degree: Degree = POLYNOMIAL) -> None:
        self.values, self.degree = values, degree

    @property
    def marks(self) -> tuple[int, ...]:
        return self.degree

    def like(self, values: Ints, marks: Sequence[int] | None = None) -> Residues:
        return Residues(values, self.degree if marks is None else Degree(*marks))

    @classmethod
    def of_constant(cls, array: Any, points: int) -> Residues:
        """Exactly the rational number that each float is. Raises NotFinite."""
        if isinstance(array, (bool, int, float)):
            return _of_number(array, points)
        residues = of_numbers(np.asarray(array))
        return cls(np.broadcast_to(residues, (points, *residues.shape)), Degree(0))

    def __add__(self, other: Any) -> Residues:
        other = self.lifted(other)
        a, b = aligned(self, other)
        return Residues(reduced(a + b), self.degree.plus(other.degree))

    def __mul__(self, other: Any) -> Residues:
        other = self.lifted(other)
        a, b = aligned(self, other)
        return recognized(Residues(reduced(a * b), self.degree.times(other.degree)))

    def __matmul__(self, other: Residues) -> Residues:
        return Residues(product(*aligned(self, other)), self.degree.times(other.degree).summed())

    def __neg__(self) -> Residues:
        return self.like(reduced(PRIME - self.values))

    def inverse(self) -> Residues:
        """x^(p-2), which is 1/x, as Fermat has it; 0 for 0."""
        degree = inverted(self.size, self.degree)
        return recognized(Residues(power(self.values, PRIME - 2), degree))

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Residues:
        total = self.values.sum(shifted(axis, self.ndim), keepdims=keepdims)  # < 2^32 of them
        return Residues(reduced(total), self.degree.summed())

    def added_at(self, places: NDArray[Any], values: Points) -> Residues:
        found = super().added_at(places, values)  # < 2^32 of them
        return Residues(reduced(found.values), found.degree.summed())

    def sigmoid(self) -> Residues:
        hashed(self.size, self.degree)
        y = _sigma(self.values)
        if (account := current()) is not None:
            account.of_sigma.append(y)
        return Residues(y, Degree(1))

    def tanh(self) -> Residues:
        hashed(self.size, self.degree)
        return Residues(reduced(2 * _sigma(reduced(2 * self.values)) + (PRIME - 1)), Degree(1))

    def exp(self) -> Residues:
        y = self.sigmoid()
        return y * (1 - y).inverse()

    def sqrt(self) -> Residues:
        """A random function, for which no law is known but that equal arguments have one value."""
        hashed(self.size, self.degree)
        lanes = mixed(digests(self.values) + _GOLDEN)
        return Residues(_drawn(lanes, len(self.values)), Degree(1))

    def step(self) -> Residues:
        """Drawn at each point by the residue there alone: that of relu(x) is that of x."""
        flipped = self.values > PRIME // 2
        chosen = np.where(flipped, PRIME - self.values, self.values).astype(np.uint64)
        points = np.arange(1, len(chosen) + 1, dtype=np.uint64) * _GOLDEN
        hashes = mixed((chosen ^ KEYS[0]) + points.reshape(-1, *[1] * self.ndim))
        opened = (hashes & np.uint64(1)).astype(np.int64) ^ flipped
        return Residues(np.where(self.values == 0, 0, opened), Degree(0))


def recognized(quotient: Residues) -> Residues:
    """The same with the degree of σ(x), if every element is a value that σ took, or 1 less that."""
    account = current()
    if account is None or not quotient.degree.inverses:
        return quotient
    while account.of_sigma:
        y = account.of_sigma.pop()
        account.keys.update(digests(np.stack([y, reduced(PRIME + 1 - y)], 1))[0].ravel().tolist())
    if not account.keys.issuperset(digests(quotient.values)[0].ravel().tolist()):
        return quotient
    account.compared += quotient.size * len(account.keys)
    account.recognized = account.recognized.highest(quotient.degree)
    return Residues(quotient.values, POLYNOMIAL)


@lru_cache  # a few numbers stand in all formulas
def _of_number(number: float, points: int) -> Residues:
    residue = of_numbers(np.asarray(number))
    return Residues(np.broadcast_to(residue, (points,)), Degree(0))


def reduced(x: Ints) -> Ints:
    """Modulo p."""
    result: Ints = np.remainder(x, PRIME)
    return result


def product(a: Ints, b: Ints) -> Ints:
    """The matrix product modulo p, through float64, which is exact below 2^53.

    In halves of 16 bits, of which three products give all four (Karatsuba & Ofman 1962):
    (h + l)(h' + l') - hh' - ll' is hl' + lh'. A sum of less than 2^19 of these is exact.
    """
    if a.shape[-1] >= 1 << 19:
        raise ValueError(f"a sum of {a.shape[-1]} products is too long to be exact")
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    products = a_high @ b_high, a_low @ b_low, (a_high + a_low) @ (b_high + b_low)
    high, low, all_four = (x.astype(np.int64) for x in products)
    return reduced(2 * high + (reduced(all_four - high - low) << 16) + low)  # 2^32 = 2


def _halves(x: Ints) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The upper bits, and the lower 16."""
    return (x >> 16).astype(np.float64), (x & 0xFFFF).astype(np.float64)


def power(x: Ints, exponent: int) -> Ints:
    """x to a power, by squaring."""
    result, square = np.ones_like(x), x
    while exponent:
        if exponent & 1:
            result = reduced(result * square)
        square, exponent = reduced(square * square), exponent >> 1
    return result


def of_numbers(array: NDArray[Any]) -> Ints:
    """The residue of each number, an integer or a float, which is an integer times 2^e."""
    if array.dtype.kind in "biu":
        return reduced(array.astype(np.int64))
    mantissa, exponent = np.frexp(array.astype(np.float64))
    if not np.isfinite(mantissa).all():
        raise NotFinite("a constant that is infinite or not a number")
    whole = reduced((mantissa * 2.0**53).astype(np.int64))
    shift = np.remainder(exponent.astype(np.int64) - 53, 31)  # 2^31 = 1
    return reduced(whole * (np.int64(1) << shift))


# The keyed hash behind σ and step: two lanes of 64 bits, each mixed as in SplitMix64 (Steele 2014).

KEYS = np.array([0x243F6A8885A308D3, 0x13198A2E03707344], np.uint64)  # digits of π
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """64 bits to 64 bits, one to one, every bit of which depends on all."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def digests(values: Ints) -> NDArray[np.uint64]:
    """Two times 64 bits for every element, made of its residues at all points: (2, *shape)."""
    words = values.view(np.uint64)
    words = words[0::2] ^ (words[1::2] << np.uint64(32))  # two residues in each
    lanes = np.broadcast_to(KEYS.reshape(2, *[1] * (values.ndim - 1)), (2, *values.shape[1:]))
    for word in words:
        lanes = mixed((lanes ^ word) + _GOLDEN)
    return lanes


def _sigma(values: Ints) -> Ints:
    flipped, zero, lanes = _canonical(values)
    y = _drawn(lanes, len(values))
    if zero.any():
        y[:, zero] = HALF
    return np.where(flipped, reduced(PRIME + 1 - y), y)


def _canonical(values: Ints) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.uint64]]:
    """Of x and -x, one: whether it is -x, whether x is zero, and the digests of the one."""
    first = values[0]
    if not first.all():  # the first residue that is not zero tells x from -x
        place = (values != 0).argmax(0)[None]
        first = np.take_along_axis(values, place, 0)[0]
    flipped = first > PRIME // 2
    chosen = np.where(flipped, reduced(PRIME - values), values)
    return flipped, first == 0, digests(chosen)


def _drawn(lanes: NDArray[np.uint64], points: int) -> Ints:
    """A residue for each point, the first from one lane, the second from the other, and so on."""
    places = np.arange(points // 2, dtype=np.uint64).reshape(-1, *[1] * lanes.ndim)
    bits = mixed(lanes + places * _GOLDEN) >> np.uint64(1)
    return reduced(bits.astype(np.int64).reshape(points, *lanes.shape[1:]))
