"""What the claims' tests say their laws with: out and h_n taken apart, and compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from rnn_manual.config import Config
from rnn_manual.parity.cases import Case, Floats
from rnn_manual.parity.layer import Outputs
from rnn_manual.parity.tolerance import reference
from rnn_manual.weights import parameters_from, weights_from


def claim(id: str, formula: str) -> pytest.MarkDecorator:
    """Marks the test that verifies a claim; its docstring is the claim's sentence."""
    return pytest.mark.claim(id, formula)


def time_major(case: Case, array: Floats) -> Floats:
    """Input or out of a padded or unbatched case, steps first."""
    turned = case.layout == "batched" and case.config.batch_first
    return array.swapaxes(0, 1) if turned else array


def by_direction(config: Config, out: Floats) -> Floats:
    """Out (…, D·H) as (…, D, H)."""
    return out.reshape(*out.shape[:-1], config.num_directions, config.output_size)


def by_layer(config: Config, h_n: Floats) -> Floats:
    """h_n or c_n (S, …) as (L, D, …)."""
    return h_n.reshape(config.num_layers, config.num_directions, *h_n.shape[1:])


def layer_parameters(
    config: Config, parameters: Mapping[str, Any], layer: int, direction: int | None = None
) -> dict[str, Any]:
    """The parameters of `config.layer(layer)` or, of one direction, of `config.single(layer)`."""
    weights = weights_from(config, parameters)[layer]
    if direction is None:
        return parameters_from(config.layer(layer), (weights,))
    return parameters_from(config.single(layer), ((weights[direction],),))


def rows_of(state: tuple[Floats, ...] | None, rows: slice) -> tuple[Floats, ...] | None:
    """Some rows of (h_0) or (h_0, c_0)."""
    return None if state is None else tuple(s[rows] for s in state)


def states(outputs: Outputs) -> tuple[Floats, ...]:
    """(h_n) or (h_n, c_n): to be handed on as the next initial state."""
    return (outputs.h_n,) if outputs.c_n is None else (outputs.h_n, outputs.c_n)


def stacked(parts: list[Outputs]) -> list[Floats]:
    """h_n (and c_n) of several networks, their rows one after the other."""
    return [np.concatenate(rows) for rows in zip(*map(states, parts), strict=True)]


def assert_same(a: Floats, b: Floats) -> None:
    """Equal, number by number."""
    assert_near(a, b, np.zeros(()), "")


def assert_close(case: Case, actual: Outputs, expected: Outputs) -> None:
    """Two right ways to the same numbers: each is as close to the exact ones as allowed."""
    limits = reference(case).allowed
    for name, a, b in zip(Outputs._fields, actual, expected, strict=True):
        if a is None or b is None:
            assert a is b is None, name
        else:
            assert_near(a, b, limits[name], name)


def assert_near(a: Floats, b: Floats, limit: Floats, name: str) -> None:
    """|a - b| ≤ 2·limit everywhere: each may be one limit from the exact value."""
    __tracebackhide__ = True
    if a.shape != b.shape:
        pytest.fail(f"{name}: shape {a.shape} against {b.shape}")
    far = ~(np.abs(a - b) <= 2 * limit)
    if far.any():
        first = tuple(np.argwhere(far)[0].tolist())
        pytest.fail(
            f"{name}: {int(far.sum())} of {far.size} elements differ, the first at {first}: "
            f"{a[first]:.9g} against {b[first]:.9g}"
        )


def among(values: Floats, pool: Floats) -> bool:
    """Whether every one of `values` occurs somewhere in `pool`, as `np.isin` tables show it."""
    return bool(np.isin(values, pool).all())


def padded(case: Case) -> bool:
    """Batched or unbatched: every sequence has T steps."""
    return not case.packed


def one_direction(case: Case) -> bool:
    """Padded, and forward only."""
    return not case.config.bidirectional and padded(case)


def two_directions(case: Case) -> bool:
    """Padded, and bidirectional."""
    return case.config.bidirectional and padded(case)


def distinct(case: Case) -> bool:
    """No two numbers alike by chance: relu's zeros and saturated tanh are alike everywhere."""
    return case.config.nonlinearity == "tanh" and case.gain == 1
