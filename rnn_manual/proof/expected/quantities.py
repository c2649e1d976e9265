"""The loops' quantities by name: what each cell computes at each step, forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rnn_manual import cells
from rnn_manual.backprop import cell_backward_for, run_direction_backward, vjp
from rnn_manual.cases.case import Case
from rnn_manual.config import DIRECTIONS, Config
from rnn_manual.layout import layout_of, run
from rnn_manual.loops import cell_for, run_direction
from rnn_manual.ops import Ops
from rnn_manual.proof.arithmetic.ops import FormulaOps
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.results import (
    as_formula,
    cotangents_of,
    given_to_loops,
    leaf_residues,
    masks_of,
)
from rnn_manual.weights import LayerWeights

Named = dict[str, Points]
run_backward: Callable[..., Any] = run_direction_backward


@dataclass(frozen=True)
class Cell:
    """One step of one layer in one direction.

    first: whether the direction begins with it; or its way back does. back: whether it is of that.
    given: what went into it, by name: x, h and c, each (B_t, …).
    quantities: what it computed, by name, each (B_t, H or P), in the order in which it did.
    shares: on the way back, what it adds to the gradients of weights, by role.
    """

    layer: int
    direction: int
    step: int
    first: bool
    weights: LayerWeights
    given: Named
    quantities: Named
    shares: Named = field(default_factory=dict)
    back: bool = False

    @property
    def place(self) -> tuple[int, int, int]:
        """Layer, direction, step."""
        return self.layer, self.direction, self.step

    @property
    def products_of_n(self) -> tuple[Points, Points]:
        """Of a GRU, what n is made of beside r: W_in x + b_in and W_hn h + b_hn, (B_t, H) each."""
        H = self.quantities["n"].shape[-1]
        q = self.quantities
        return q["W_ih x + b_ih"][..., 2 * H :], q["W_hh h + b_hh"][..., 2 * H :]

    def __str__(self) -> str:
        note = "where its way back begins" if self.back else "the first it processes"
        first = f" ({note})" if self.first else ""
        return f"layer {self.layer}, {DIRECTIONS[self.direction]}, step {self.step}{first}"


def forward_cells(case: Case) -> list[Cell]:
    """Every cell of a case over residues, in the order of the loops."""
    return _forward_cells(as_formula(case))


@lru_cache(maxsize=1)  # the search asks for those of one case again and again
def _forward_cells(case: Case) -> list[Cell]:
    config, leaves = case.config, leaf_residues(case)
    weights, x, state = given_to_loops(case, leaves)
    found: list[Cell] = []
    rows = iter(range(config.num_rows))

    def walk(ops: Ops, cell: Any, w: Any, xs: Any, sizes: Any, s: Any, backward: bool) -> Any:
        layer, direction = config.layer_direction(next(rows))
        inputs = ops.steps(xs, sizes)
        order = _order(len(sizes), backward)

        def watched(ops: Ops, w: LayerWeights, x: Points, *given: Points) -> Any:
            new = cell(ops, w, x, *given)
            t = next(order)
            states = dict(zip(config.states, given, strict=True))
            quantities = QUANTITIES[config.kind](config, ops, w, x, *given)
            named = {"x": inputs[t], **states}
            first = t == (len(sizes) - 1 if backward else 0)
            found.append(Cell(layer, direction, t, first, w, named, quantities))
            return new

        return run_direction(ops, watched, w, xs, sizes, s, backward)

    ops: Any = FormulaOps(masks_of(case))
    run(config, weights, x, state, training=case.training, walk=walk, ops=ops)
    return found


def backward_cells(case: Case) -> list[Cell]:
    """The same of the way back, in its order: layers downwards, steps the other way."""
    case = as_formula(case)
    config, leaves = case.config, leaf_residues(case)
    weights, x, state = given_to_loops(case, leaves)
    steps = len(layout_of(config, x).batch_sizes)
    found: list[Cell] = []
    rows = iter(reversed(range(config.num_rows)))
    right = cell_backward_for(config)

    def walk(ops: Any, _: Any, *arguments: Any, backward: bool) -> Any:
        layer, direction = config.layer_direction(next(rows))
        order = _order(steps, not backward)

        def watched(ops: Ops, w: LayerWeights, kept: cells.Kept, *given: Any) -> Any:
            t = next(order)
            dw, dx, *d_before = right(ops, w, kept, *given)
            named = BACKWARD[config.kind](ops, w, kept, *given)
            parts = FormulaOps().gates(dx, len(config.gates))
            of_sums = list(zip(d_sums_of(config), parts, strict=True))
            # In the order in which they are computed: of a GRU da_r is made of da_n.
            named |= dict(reversed(of_sums) if config.kind == "gru" else of_sums)
            named |= {f"d{s}": d for s, d in zip(config.states, d_before, strict=True)}
            first = t == (0 if backward else steps - 1)
            found.append(Cell(layer, direction, t, first, w, {}, named, dict(dw), back=True))
            return dw, dx, *d_before

        return run_backward(ops, watched, *arguments, backward=backward)

    ops: Any = FormulaOps(masks_of(case))
    _, pullback = vjp(
        config, weights, x, state, training=case.training, ops=ops, walk_backward=walk
    )
    pullback(*cotangents_of(case, leaves))
    return found


def d_sums_of(config: Config) -> list[str]:
    """What the gradients of the gates' sums are called, in the order of the weights' rows."""
    return ["da"] if config.kind == "rnn" else [f"da_{gate}" for gate in config.gates]


def _order(steps: int, backward: bool) -> Iterator[int]:
    return iter(range(steps - 1, -1, -1) if backward else range(steps))


# What a cell computes, in order. "a_i" is what σ is taken of to give i.


def _rnn(config: Config, ops: Ops, w: LayerWeights, x: Points, h: Points) -> Named:
    y = ops.linear(h, w.weight_hh, w.bias_hh)
    (new_h,) = cell_for(config)(ops, w, x, h)
    return {"W_ih x + b_ih": x, "W_hh h + b_hh": y, "a": x + y, "h'": new_h}


def _lstm(config: Config, ops: Ops, w: LayerWeights, x: Points, h: Points, c: Points) -> Named:
    y = ops.linear(h, w.weight_hh, w.bias_hh)
    (new_h, new_c), (_, _, i, f, g, o, tanh_c) = cells.lstm_forward(ops, w, x, h, c)
    sums = {f"a_{n}": a for n, a in zip(config.gates, ops.gates(x + y, 4), strict=True)}
    named: Named = {"W_ih x + b_ih": x, "W_hh h + b_hh": y, **sums, "i": i, "f": f, "g": g, "o": o}
    named |= {"c'": new_c, "tanh(c')": tanh_c}
    if config.proj_size:
        named["o·tanh(c')"] = o * tanh_c
    return named | {"h'": new_h}


def _gru(config: Config, ops: Ops, w: LayerWeights, x: Points, h: Points) -> Named:
    y = ops.linear(h, w.weight_hh, w.bias_hh)
    (new_h,), (_, r, z, n, y_n) = cells.gru_forward(ops, w, x, h)
    x_r, x_z, x_n = ops.gates(x, 3)
    y_r, y_z, _ = ops.gates(y, 3)
    return {
        "W_ih x + b_ih": x,
        "W_hh h + b_hh": y,
        "a_r": x_r + y_r,
        "a_z": x_z + y_z,
        "r": r,
        "z": z,
        "a_n": x_n + r * y_n,
        "n": n,
        "h'": new_h,
    }


QUANTITIES: dict[str, Callable[..., Named]] = {"rnn": _rnn, "lstm": _lstm, "gru": _gru}


# What flows into a cell on the way back: the whole gradient for h' and, for an LSTM, for c'.


def _d_h(ops: Ops, w: LayerWeights, kept: cells.Kept, dh: Points) -> Named:
    return {"dh'": dh}


def _d_h_and_c(ops: Ops, w: LayerWeights, kept: cells.Kept, dh: Points, dc: Points) -> Named:
    _, _, _, _, _, o, tanh_c = kept
    through_h = dh if w.weight_hr is None else dh @ w.weight_hr
    return {"dh'": dh, "dc'": dc + ops.tanh_backward(through_h * o, tanh_c)}


BACKWARD: dict[str, Callable[..., Named]] = {"rnn": _d_h, "lstm": _d_h_and_c, "gru": _d_h}
