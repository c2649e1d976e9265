"""The NumPy loops on a case: no torch kernel has a part in what they give."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnn_manual.backprop import vjp
from rnn_manual.candidates.harness.dropout import dropout_masks
from rnn_manual.cases.calls import differentiated
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, Floats
from rnn_manual.dual import Dual, DualOps, with_second
from rnn_manual.layout import mapped_rows, rows_of, state_given, state_tuple
from rnn_manual.ops import NumpyOps
from rnn_manual.threads import one_numpy_thread
from rnn_manual.weights import parameters_from, weights_from

Arrays = dict[str, Any]


def wide(case: Case) -> Any:
    """The oracle's dtype: longdouble (80 bits on x86) for float64 cases, else float64."""
    return np.longdouble if case.dtype == "float64" else np.float64


def run_oracle(case: Case, data: Data, backward: bool = True) -> dict[str, Floats]:
    """out, h_n, c_n and the gradients that the case asks for, in more bits than the case has."""
    ops = NumpyOps(dropout_masks(case, data, wide(case)))
    return run_in_numpy(case, data, ops, wide(case), backward)


def run_in_numpy(
    case: Case, data: Data, ops: NumpyOps, dtype: Any, backward: bool = True
) -> dict[str, Floats]:
    """The NumPy loops on a case's numbers or others, and back by hand.

    Returns: out, h_n, c_n, `grad NAME` and, where the case asks for them, `grad² NAME`.
    """
    with one_numpy_thread():
        if data.directions and backward:
            return _twice(case, data, ops, dtype)
        given = {name: np.asarray(array, dtype) for name, array in _leaves(case, data).items()}
        return _asked(case, _run(case, data, given, ops, dtype, backward))


def _twice(case: Case, data: Data, ops: NumpyOps, dtype: Any) -> dict[str, Floats]:
    """Every gradient, and how it changes along `data.directions`."""
    moving = {
        name: Dual(np.asarray(array, dtype), np.asarray(data.directions[name], dtype))
        for name, array in _leaves(case, data).items()
    }
    found = _run(case, data, moving, DualOps(ops), dtype, True)
    return _asked(case, with_second(found))


def _leaves(case: Case, data: Data) -> Arrays:
    """Everything that a case can be differentiated for, by name."""
    states = zip(case.config.states, data.state or ())  # noqa: B905
    return {"input": rows_of(data.input)} | {f"{n}_0": s for n, s in states} | data.parameters


def _run(case: Case, data: Data, given: Arrays, ops: Any, dtype: Any, backward: bool) -> Arrays:
    config = case.config
    weights = weights_from(config, given)
    x = mapped_rows(lambda _: given["input"], data.input)
    state = None
    if data.state is not None:
        state = state_given(config, [given[f"{name}_0"] for name in config.states])
    with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinities travel as in torch
        (out, last), pullback = vjp(config, weights, x, state, training=case.training, ops=ops)
        states = zip(config.states, state_tuple(config, last), strict=True)
        found = {"out": rows_of(out)} | {f"{name}_n": array for name, array in states}
        if not backward:
            return found
        cotangents: list[Any] = [np.asarray(d, dtype) for d in data.cotangents]
        if data.directions:
            cotangents = [Dual(d, np.zeros_like(d)) for d in cotangents]
        d_out, *d_last = cotangents
        back = pullback(mapped_rows(lambda _: d_out, data.input), state_given(config, d_last))
    gradients = {"input": rows_of(back.input)}
    if data.state is not None:
        named = zip(config.states, state_tuple(config, back.state), strict=True)
        gradients |= {f"{name}_0": array for name, array in named}
    gradients |= parameters_from(config, back.weights)
    return found | {f"grad {name}": array for name, array in gradients.items()}


def _asked(case: Case, found: Arrays) -> Arrays:
    """Without the gradients that the case does not ask for."""
    return {
        name: array
        for name, array in found.items()
        if not name.startswith("grad") or differentiated(case, name.partition(" ")[2])
    }
