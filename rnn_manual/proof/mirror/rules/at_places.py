"""Values added up at given places."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.mirror.rules.register import NoRule, rule


@rule("index_put", "_index_put_impl", "_unsafe_index_put")
def _index_put(
    x: Points, indices: Any, values: Points, accumulate: bool = False, unsafe: bool = False
) -> Any:
    """Put or added, one after the other, for a place may be there several times."""
    numbers = np.arange(x.size).reshape(x.shape)
    chosen = numbers[tuple(slice(None) if i is None else np.asarray(i) for i in indices)]
    zero = x.reshape(x.size)[:1] * 0
    added = (values + zero.take(np.zeros(chosen.shape, int))).reshape(chosen.size)
    flat = x.reshape(x.size)
    columns = [flat[k : k + 1] for k in range(x.size)]
    for k, place in enumerate(chosen.ravel()):
        columns[place] = (columns[place] if accumulate else zero) + added[k : k + 1]
    return Points.concatenated(columns).reshape(x.shape)


@rule("index_add")
def _index_add(x: Points, axis: int, index: Any, source: Points, alpha: Any = 1) -> Any:
    found = x.swapaxes(0, axis)
    added = (source * alpha).swapaxes(0, axis)
    rows = [found[k : k + 1] for k in range(len(found))]
    for k, place in enumerate(index):
        rows[int(place)] = rows[int(place)] + added[k : k + 1]
    return Points.concatenated(rows).swapaxes(0, axis)


@rule("embedding_dense_backward")
def _embedding_dense_backward(
    dy: Points, indices: Any, number: int, padding: int, scale: bool
) -> Any:
    if scale:
        raise NoRule("scaled by frequency")
    flat, places = dy.reshape(-1, dy.shape[-1]), np.asarray(indices).ravel()
    rows = [flat[:0].sum(0, True)] * number
    for k, place in enumerate(places):
        if place != padding:
            rows[int(place)] = rows[int(place)] + flat[k : k + 1]
    return Points.concatenated(rows)
