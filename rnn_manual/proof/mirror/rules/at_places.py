"""Values put or added at given places."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.mirror.rules.register import NoRule, rule


@rule("index_put", "_index_put_impl", "_unsafe_index_put")
def _index_put(
    x: Points, indices: Any, values: Points, accumulate: bool = False, unsafe: bool = False
) -> Any:
    numbers = np.arange(x.size).reshape(x.shape)
    places = numbers[tuple(slice(None) if i is None else np.asarray(i) for i in indices)]
    zeros = (x.reshape(x.size)[:1] * 0).take(np.zeros(places.shape, int))
    values = values + zeros
    return x.added_at(places, values) if accumulate else _put(x, places, values)


def _put(x: Points, places: NDArray[np.intp], values: Points) -> Any:
    """Of several values for one place, the last."""
    source = np.arange(x.size)
    source[places.ravel()] = x.size + np.arange(places.size)
    both = Points.concatenated([x.reshape(x.size), values.reshape(values.size)])
    return both.take(source.reshape(x.shape))


@rule("index_add")
def _index_add(x: Points, axis: int, index: Any, source: Points, alpha: Any = 1) -> Any:
    places = np.take(np.arange(x.size).reshape(x.shape), np.asarray(index), axis)
    return x.added_at(places, source * alpha)


@rule("index_fill")
def _index_fill(x: Points, axis: int, index: Any, value: Any) -> Any:
    places = np.take(np.arange(x.size).reshape(x.shape), np.asarray(index), axis)
    zeros = (x.reshape(x.size)[:1] * 0).take(np.zeros(places.shape, int))
    return _put(x, places, zeros + value)


@rule("scatter_add")
def _scatter_add(x: Points, axis: int, index: Any, source: Points) -> Any:
    if not x.ndim:
        return x + source
    where = np.indices(index.shape)
    where[axis] = index
    places = np.arange(x.size).reshape(x.shape)[tuple(where)]
    return x.added_at(places, source[tuple(map(slice, index.shape))])


@rule("embedding_dense_backward")
def _embedding_dense_backward(
    dy: Points, indices: Any, number: int, padding: int, scale: bool
) -> Any:
    if scale:
        raise NoRule("scaled by frequency")
    rows, chosen = dy.reshape(-1, dy.shape[-1]), np.asarray(indices).ravel()
    zeros = rows[:0].sum(0, True).take(np.zeros((number, 1), int) + np.arange(rows.shape[-1]))
    kept = np.flatnonzero(chosen != padding)
    places = np.arange(zeros.size).reshape(zeros.shape)[chosen[kept]]
    return zeros.added_at(places, rows[kept])
