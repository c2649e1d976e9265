"""The loops over residues: what every result of a case is as a formula.

The same `cells.py`, `loops.py`, `layout.py` and `backprop.py` as over numbers. No torch and no
autograd has a part in it, but for dropout's masks, which are a generator's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from rnn_manual.backprop import vjp
from rnn_manual.candidates.harness.dropout import kept_by_nn
from rnn_manual.cases.calls import differentiated, in_the_loss
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import draw
from rnn_manual.dual import Dual, DualOps, with_second
from rnn_manual.layout import mapped_rows, rows_of, state_given, state_tuple
from rnn_manual.proof.arithmetic.bound import Account, counted
from rnn_manual.proof.arithmetic.ops import FormulaOps
from rnn_manual.proof.arithmetic.residues import Ints, Residues
from rnn_manual.proof.expected.leaves import drawn, points_of
from rnn_manual.threads import one_numpy_thread
from rnn_manual.weights import Weights, parameters_from, weights_from


@dataclass(frozen=True)
class Expected:
    """A case's results as residues, by name: out, h_n, c_n, `grad NAME` and `grad² NAME`.

    account: what was computed on the way, for the bound.
    """

    residues: dict[str, Residues]
    account: Account


def expected(case: Case) -> Expected:
    """Runs the loops on a case's residues, forward and backward."""
    return _expected(as_formula(case))


def as_formula(case: Case) -> Case:
    """The case that stands for all with the same formulas: of one dtype, with ordinary numbers."""
    memory = case.memory if case.memory == "expanded" else "contiguous"
    dtype = case.dtype if case.random else "float32"  # where torch draws masks dtype by dtype
    return replace(case, dtype=dtype, values="ordinary", memory=memory, label="", gain=1.0)


@lru_cache(maxsize=256)
def _expected(case: Case) -> Expected:
    leaves = leaf_residues(case)
    ops = FormulaOps(masks_of(case))
    with counted() as account, one_numpy_thread():
        results = _twice if case.call == "second derivatives" else _results
        found = results(case, leaves, ops)
    return Expected(found, account)


def _twice(case: Case, leaves: dict[str, Residues], ops: FormulaOps) -> dict[str, Residues]:
    """Each gradient, too, as it changes when what went in moves along a direction of residues."""
    moving = {
        name: Dual(
            leaf, leaf * 0 if name.startswith("d ") else drawn(case, f"u {name}", leaf.shape)
        )
        for name, leaf in leaves.items()
    }
    return with_second(_results(case, moving, DualOps(ops)))


def _results(case: Case, leaves: dict[str, Any], ops: Any) -> dict[str, Any]:
    """The loops on these, forward and, if the case asks for gradients, backward."""
    config = case.config
    weights, x, state = given_to_loops(case, leaves)
    (out, last), pullback = vjp(config, weights, x, state, training=case.training, ops=ops)
    found = {"out": rows_of(out)}
    found |= _named("{}_n", config.states, state_tuple(config, last))
    if any(differentiated(case, name) for name in leaves):
        back = pullback(*cotangents_of(case, leaves))
        gradients = {"input": rows_of(back.input)}
        if state is not None:
            gradients |= _named("{}_0", config.states, state_tuple(config, back.state))
        gradients |= parameters_from(config, back.weights)
        found |= {f"grad {n}": g for n, g in gradients.items() if differentiated(case, n)}
    return found


def given_to_loops(case: Case, leaves: dict[str, Any]) -> tuple[Weights, Any, Any]:
    """Weights, input and state of the leaves, as `run` and `vjp` take them."""
    config = case.config
    x = mapped_rows(lambda _: leaves["input"], draw(case).input)
    state = None
    if "h_0" in leaves:
        state = state_given(config, [leaves[f"{name}_0"] for name in config.states])
    return weights_from(config, leaves), x, state


def cotangents_of(case: Case, leaves: dict[str, Any]) -> tuple[Any, Any]:
    """d_out and d_state of the leaves, as `vjp`'s pullback takes them."""
    d_out = mapped_rows(lambda _: leaves["d out"], draw(case).input)
    states = case.config.states
    return d_out, state_given(case.config, [leaves[f"d {name}_n"] for name in states])


def _named(form: str, letters: Any, arrays: Any) -> dict[str, Any]:
    return {form.format(n): array for n, array in zip(letters, arrays, strict=True)}


def leaf_residues(case: Case) -> dict[str, Residues]:
    """The residues of everything that goes into a case, by name."""
    config, data = case.config, draw(case)
    shapes = {"input": np.shape(rows_of(data.input))}
    if data.state is not None:
        shapes |= {f"{n}_0": s.shape for n, s in zip(config.states, data.state, strict=True)}
    shapes |= {name: array.shape for name, array in data.parameters.items()}
    found = {name: drawn(case, name, shape) for name, shape in shapes.items()}
    outputs = ["out", *(f"{name}_n" for name in config.states)]
    for name, cotangent in zip(outputs, data.cotangents, strict=True):
        residues = drawn(case, f"d {name}", cotangent.shape)
        found[f"d {name}"] = residues if in_the_loss(case, name) else residues * 0
    return found


def masks_of(case: Case) -> list[Residues]:
    """Dropout's masks: which elements torch keeps, each divided by the share that is kept."""
    keep = 1 - case.config.dropout
    points = points_of(case)
    return [
        Residues.of_constant(kept.astype(np.int64), points)
        / Residues.of_constant(keep or 1.0, points)
        for kept in kept_by_nn(case)
    ]


def due_as(case: Case, values: Ints) -> list[str]:
    """The results that residues (K, *shape) are due as, by name."""
    due = expected(case).residues.items()
    return [name for name, points in due if np.array_equal(points.values, values)]
