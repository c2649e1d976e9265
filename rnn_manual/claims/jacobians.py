"""Jacobians of a candidate's steps, and layers whose Jacobians are known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rnn_manual.candidates.errors import Unsupported
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, Floats, draw
from rnn_manual.claims.gradients import run_back
from rnn_manual.claims.laws import time_major
from rnn_manual.claims.layer import Layer
from rnn_manual.config import Config


@dataclass(frozen=True)
class Start:
    """One sequence, and the state that a layer of one direction starts it from.

    parameters: by PyTorch's names. x: (T, I). state: h (H or P) and, for an LSTM, c (H).
    """

    config: Config
    dtype: str
    parameters: dict[str, Floats]
    x: Floats
    state: tuple[Floats, ...]


def first_row(case: Case) -> Start:
    """The first sequence of a padded case of one layer and one direction."""
    data, config = draw(case), replace(case.config, batch_first=False)
    one = case.layout == "unbatched"
    x = time_major(case, np.asarray(data.input))
    state = tuple(s[0] if one else s[0, 0] for s in data.state or ())
    nothing = tuple(np.zeros(config.state_size(name)) for name in config.states)
    return Start(config, case.dtype, data.parameters, x if one else x[:, 0], state or nothing)


def jacobian(layer: Layer, start: Start) -> tuple[Floats, tuple[Floats, ...]]:
    """The Jacobian ∂h_T/∂h_0 (H, H), or ∂(h_T, c_T)/∂(h_0, c_0), and the state (h_T) itself.

    All its rows at once: a batch of copies of one sequence, whose cotangents are the unit vectors.

    Raises: Unsupported: the candidate has no gradient for its state.
    """
    config, T = start.config, len(start.x)
    sizes = [len(s) for s in start.state]
    n = sum(sizes)
    units = np.split(np.eye(n), np.cumsum(sizes)[:-1], axis=1)
    data = Data(
        start.parameters,
        np.repeat(start.x[:, None], n, axis=1),
        tuple(np.tile(s, (1, n, 1)) for s in start.state),
        (np.zeros((T, n, config.output_size)), *(unit[None] for unit in units)),
    )
    result = run_back(layer, Case(config, T, n, start.dtype), data)
    names = [f"grad {name}_0" for name in config.states]
    for name in names:
        if name in result.missing:
            raise Unsupported(result.missing[name])
    last = tuple(result.tensors[f"{name}_n"][0, 0] for name in config.states)
    rows = np.concatenate([result.tensors[name][0] for name in names], axis=1)
    return rows.astype(np.float64), last


def jacobians_of_steps(layer: Layer, start: Start) -> list[Floats]:
    """J_1, …, J_T: each step's own Jacobian, at the state that the steps before it led to."""
    found = []
    for t in range(len(start.x)):
        step, last = jacobian(layer, replace(start, x=start.x[t : t + 1]))
        found.append(step)
        start = replace(start, state=last)
    return found


def rounded_steps(start: Start, roundings: float) -> Floats:
    """What as many roundings in every step come to over all steps, relative to a result."""
    eps = np.finfo(start.dtype).eps
    return np.asarray(len(start.x) * roundings * eps / 2)


def rounded_product(start: Start, factors: list[Floats]) -> Floats:
    """What J_T ⋯ J_1 may be off by at the candidate's precision.

    An element of J_t is a sum of G·H products, so off by as many roundings of what J_t comes to;
    and what it is off by, the factors after it and before it stretch. The state that it is taken at
    may be off too, which adds as much again; and so may the other side be, which doubles it.
    """
    terms = len(start.config.gates) * start.config.hidden_size
    one_step = rounded_steps(replace(start, x=start.x[:1]), terms)
    total = 0.0
    for t, factor in enumerate(factors):
        after, before = _product(factors[t + 1 :]), _product(factors[:t])
        total += float(_norm(after) * max(1.0, _norm(factor)) * _norm(before))
    return 4 * one_step * total


def _product(factors: list[Floats]) -> Floats:
    """J_t ⋯ J_1, of factors J_1, …, J_t; 1 of none."""
    product: Floats = np.eye(1)
    for J in factors:
        product = J @ product if product.shape == J.shape else J
    return product


def _norm(J: Floats) -> float:
    return float(np.linalg.norm(J, 2))


STEPS = 30


def at_rest(case: Case, stretch: float) -> Start:
    """A tanh RNN of zero input, biases and state; W_hh is orthogonal, times `stretch`."""
    start = first_row(case)
    rotation = np.linalg.qr(start.parameters["weight_hh_l0"])[0]
    zeros = {name: np.zeros_like(array) for name, array in start.parameters.items()}
    x, state = np.zeros((STEPS, case.config.input_size)), tuple(map(np.zeros_like, start.state))
    parameters = zeros | {"weight_hh_l0": stretch * rotation}
    return replace(start, parameters=parameters, x=x, state=state)


def with_forget_gate(case: Case, bias: float) -> Start:
    """An LSTM without recurrent weights, whose forget gates all are σ(bias) at every step."""
    start, H = first_row(case), case.config.hidden_size
    changed = {name: array.copy() for name, array in start.parameters.items()}
    changed["weight_hh_l0"][:] = 0
    for name, value in (("weight_ih_l0", 0), ("bias_ih_l0", bias), ("bias_hh_l0", 0)):
        changed[name][H : 2 * H] = value
    return replace(start, parameters=changed, x=np.resize(start.x, (STEPS, *start.x.shape[1:])))
