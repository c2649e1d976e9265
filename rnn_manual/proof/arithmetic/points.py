"""Arrays of values at several points at once, with what the loops and torch's operations need.

A formula is evaluated at K points side by side: the first axis of `values` counts them, and no
shape, axis or index that is asked for has it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rnn_manual.proof.arithmetic.ops import FormulaOps

Self = TypeVar("Self", bound="Points")


class Points:
    """An array (K, *shape), with NumPy's own way of indexing, broadcasting and multiplying.

    What computing means is said by the two kinds there are: `Residues` and `Reals`.
    """

    __array_ufunc__ = None  # so that array * points is this class's product, not NumPy's

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values

    # What the two kinds say.

    @classmethod
    def of_constant(cls, array: Any, points: int) -> Points:
        """A number, or an array of numbers, the same at every point; each exactly what it is."""
        raise NotImplementedError

    def __add__(self: Self, other: Any) -> Self:
        raise NotImplementedError

    def __mul__(self: Self, other: Any) -> Self:
        raise NotImplementedError

    def __matmul__(self: Self, other: Self) -> Self:
        raise NotImplementedError

    def __neg__(self: Self) -> Self:
        raise NotImplementedError

    def inverse(self: Self) -> Self:
        """1/x."""
        raise NotImplementedError

    def sum(self: Self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Self:
        raise NotImplementedError

    def sigmoid(self: Self) -> Self:
        raise NotImplementedError

    def tanh(self: Self) -> Self:
        raise NotImplementedError

    def exp(self: Self) -> Self:
        raise NotImplementedError

    def sqrt(self: Self) -> Self:
        raise NotImplementedError

    def step(self: Self) -> Self:
        """1 where x > 0, and 0 where x < 0 or x = 0."""
        raise NotImplementedError

    def is_zero(self: Self) -> Self:
        """1 where x = 0 at every point, else 0."""
        return self.like((~self.values.any(0) + 0 * self.values).astype(self.values.dtype))

    # What follows from it.

    def relu(self: Self) -> Self:
        return self * self.step()

    def maximum(self: Self, other: Any) -> Self:
        other = self.lifted(other)
        above = (self - other).step()
        return self * above + other * (1 - above)  # type: ignore[no-any-return]

    def minimum(self: Self, other: Any) -> Self:
        other = self.lifted(other)
        above = (self - other).step()
        return other * above + self * (1 - above)  # type: ignore[no-any-return]

    def added_at(self: Self, places: NDArray[Any], values: Points) -> Self:
        """With values added at these places of the flattened array, one of which may come often."""
        flat = self.values.reshape(len(self.values), -1).copy()
        np.add.at(flat.T, places.ravel(), values.values.reshape(len(flat), -1).T)
        return self.like(flat.reshape(self.values.shape), _highest([self, values]))

    def __sub__(self: Self, other: Any) -> Self:
        difference: Self = self + -self.lifted(other)
        return difference

    def __rsub__(self: Self, other: Any) -> Self:
        difference: Self = -self + other
        return difference

    def __radd__(self: Self, other: Any) -> Self:
        total: Self = self + other
        return total

    def __rmul__(self: Self, other: Any) -> Self:
        product: Self = self * other
        return product

    def __truediv__(self: Self, other: Any) -> Self:
        return self * self.lifted(other).inverse()

    def lifted(self: Self, other: Any) -> Self:
        """Another array of the kind, or a constant as one."""
        if isinstance(other, Points):
            return other  # type: ignore[return-value]
        return self.of_constant(other, len(self.values))  # type: ignore[return-value]

    @staticmethod
    def concatenated(arrays: Sequence[Points], axis: int = 0) -> Any:
        """One after the other along an axis."""
        values = np.concatenate([a.values for a in arrays], axis + (axis >= 0))
        return arrays[0].like(values, _highest(arrays))

    @staticmethod
    def stacked(arrays: Sequence[Points], axis: int = 0) -> Any:
        """Along a new axis."""
        values = np.stack([a.values for a in arrays], axis + (axis >= 0))
        return arrays[0].like(values, _highest(arrays))

    # Shapes.

    @property
    def marks(self) -> tuple[int, ...]:
        """What is kept of every element beside its values."""
        return ()

    def like(self: Self, values: NDArray[Any], marks: Sequence[int] | None = None) -> Self:
        """The same values in another arrangement, or some of them; with other marks, if given."""
        return type(self)(values)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape[1:]

    @property
    def ndim(self) -> int:
        return self.values.ndim - 1

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def dtype(self) -> Any:
        return self.values.dtype

    def is_same(self, other: Points) -> bool:
        """Whether both have one shape, and the same values at every point."""
        return self.shape == other.shape and bool((self.values == other.values).all())

    @property
    def T(self: Self) -> Self:
        return self.swapaxes(-1, -2)

    @property
    def ops(self) -> Any:
        """What `ops_for` finds: the arithmetic that the loops are to use."""
        return FormulaOps()

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self: Self, place: Any) -> Self:
        places = place if isinstance(place, tuple) else (place,)
        return self.like(self.values[(slice(None), *places)])

    def reshape(self: Self, *shape: Any) -> Self:
        asked = shape[0] if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
        return self.like(self.values.reshape(len(self.values), *asked))

    def swapaxes(self: Self, a: int, b: int) -> Self:
        return self.like(self.values.swapaxes(*(axis + (axis >= 0) for axis in (a, b))))

    def take(self: Self, places: NDArray[Any]) -> Self:
        """The elements at these places of the flattened array, in the shape of `places`."""
        flat = self.values.reshape(len(self.values), -1)
        return self.like(flat[:, places])


def aligned(a: Points, b: Points) -> tuple[NDArray[Any], NDArray[Any]]:
    """Two arrays with as many axes, to be broadcast as NumPy does: the new ones come first."""
    if a.values.ndim == b.values.ndim:
        return a.values, b.values
    return _with_axes(a, b.ndim), _with_axes(b, a.ndim)


def _with_axes(x: Points, axes: int) -> NDArray[Any]:
    if x.ndim >= axes:
        return x.values
    return x.values.reshape(len(x.values), *[1] * (axes - x.ndim), *x.shape)


def _highest(arrays: Sequence[Points]) -> list[int]:
    return [max(marks) for marks in zip(*(a.marks for a in arrays), strict=True)]
