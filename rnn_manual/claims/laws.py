"""What the claims' tests say their laws with: out and h_n taken apart, and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Floats
from rnn_manual.claims.layer import Outputs, Returned
from rnn_manual.config import Config
from rnn_manual.judge.tensor import distance
from rnn_manual.weights import parameters_from, weights_from


def claim(id: str, formula: str) -> pytest.MarkDecorator:
    """Marks the test that verifies a claim; its docstring is the claim's sentence."""
    return pytest.mark.claim(id, formula)


def time_major(case: Case, array: Any) -> Floats:
    """Input or out of a padded or unbatched case, steps first."""
    return np.asarray(array).swapaxes(0, case.time_axis)


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


def together(out: Floats, parts: Sequence[Outputs]) -> Outputs:
    """Out, and the rows of h_n (and c_n) of several networks one after the other."""
    rows = zip(*(part.states for part in parts), strict=True)
    return Outputs(out, *(np.concatenate(each) for each in rows))


def assert_same(a: Floats, b: Floats, name: str) -> None:
    """Equal, number by number. name: which, to be told."""
    __tracebackhide__ = True
    assert_near(a, b, np.zeros(()), name)


def assert_close(actual: Returned, expected: Returned) -> None:
    """Two right ways to the same numbers: each is as close to the exact ones as allowed there."""
    __tracebackhide__ = True
    if all(map(_same, actual.values, expected.values)):
        return  # whatever is allowed, which takes long to find out
    assert_outputs_close(
        actual.values, expected.values, actual.allowed, expected.allowed, _ran(actual, expected)
    )


def assert_outputs_close(
    a: Outputs, b: Outputs, allowed_a: Outputs, allowed_b: Outputs, ran: str = ""
) -> None:
    """The same of outputs that are not a single call's, with the limits of each."""
    __tracebackhide__ = True
    for name, x, y, limit_x, limit_y in zip(
        Outputs._fields, a, b, allowed_a, allowed_b, strict=True
    ):
        if x is None or y is None or limit_x is None or limit_y is None:
            assert x is y is None, name
        else:
            assert_near(x, y, limit_x + limit_y, name, ran)


def _same(x: Floats | None, y: Floats | None) -> bool:
    return x is y if x is None or y is None else np.array_equal(x, y, equal_nan=True)


def _ran(a: Returned, b: Returned) -> str:
    return f"{a.case}" if str(a.case) == str(b.case) else f"{a.case}; and {b.case}"


def assert_near(a: Floats, b: Floats, limit: Floats, name: str, ran: str = "") -> None:
    """|a - b| ≤ limit everywhere, and NaN where the other is. ran: what was run, to be told."""
    __tracebackhide__ = True
    run_on = f"\nrun on    {ran}" if ran else ""
    if a.shape != b.shape:
        pytest.fail(f"{name}: shape {a.shape} against {b.shape}{run_on}")
    far = ~(distance(a, b) <= limit)
    if far.any():
        first = tuple(np.argwhere(far)[0].tolist())
        pytest.fail(
            f"{name}: {int(far.sum())} of {far.size} elements differ, the first at {first}: "
            f"{a[first]:.9g} against {b[first]:.9g}{run_on}"
        )


def among(values: Floats, pool: Floats) -> bool:
    """Whether every one of `values` occurs in `pool`, as `np.isin` tables show it."""
    return bool(np.isin(values, pool).all())


def chance_of_uniform(numbers: Floats) -> float:
    """At most so probable it is that numbers drawn evenly from [-1, 1] are spread so.

    By how far their share below any number is from what it should be (Massart 1990).
    """
    in_order = (np.sort(numbers) + 1) / 2
    n = len(in_order)
    farthest = max((np.arange(1, n + 1) / n - in_order).max(), (in_order - np.arange(n) / n).max())
    return float(2 * np.exp(-2 * n * farthest**2))


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
