"""One run, quantity by quantity, of the loops and of others, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from rnn_manual.config import Config
from rnn_manual.explain import quantities
from rnn_manual.explain.call import Call, Numbers, module_for, numbers_for
from rnn_manual.explain.quantities import Key, Quantities
from rnn_manual.layout import mapped_rows, rows_of, run, state_given, state_tuple
from rnn_manual.loops import State, through_time
from rnn_manual.ops import Ops
from rnn_manual.weights import Array, LayerWeights, parameters_from

NEAR = 1e-9  # in float64, of another order of additions over a few steps


class Column(NamedTuple):
    """One implementation's quantities, by the loops' names; of those it does not show, none.

    said: of some that are not there, why: what stands in their place, and is marked.
    """

    name: str
    forward: Quantities
    backward: Quantities
    said: Mapping[Key, str] = MappingProxyType({})


class Trace(NamedTuple):
    """A run. columns: the loops' first, which has every quantity, in the order of computation.

    whole: whether torch.nn, stepped, gives what it gives in one call.
    """

    call: Call
    columns: list[Column]
    whole: bool


def trace(call: Call, seed: int = 0) -> Trace:
    """Runs the loops and torch.nn on one call, and both backwards on random cotangents."""
    module = module_for(call, seed)
    given = numbers_for(call, module, seed)
    config = call.config
    result, found = quantities.forward(config, given.weights, given.input, given.state)
    d_out, d_state = _cotangents(config, result, seed)
    back = quantities.backward(config, *given, d_out, d_state)
    loops = Column("the loops", found, back)
    stepped, theirs = stepped_nn(call, given, d_out, d_state)
    with torch.no_grad():
        at_once = module(given.input, given.state)
    pairs = zip(_all(config, stepped), _all(config, at_once), strict=True)
    whole = all(torch.allclose(a, b, rtol=NEAR, atol=NEAR) for a, b in pairs)
    return Trace(call, [loops, theirs], whole)


def _all(config: Config, result: Any) -> list[Array]:
    return [rows_of(result[0]), *state_tuple(config, result[1])]


def _cotangents(config: Config, result: Any, seed: int) -> tuple[Any, Any]:
    """What out and the last state are multiplied with in the loss; one decimal each."""
    rng = np.random.default_rng([seed, 2])

    def like(array: Array) -> Array:
        return torch.as_tensor(rng.standard_normal(tuple(array.shape)).round(1))

    d_states = [like(state) for state in state_tuple(config, result[1])]
    return mapped_rows(like, result[0]), state_given(config, d_states)


def stepped_nn(call: Call, given: Numbers, d_out: Any, d_state: Any) -> tuple[Any, Column]:
    """torch.nn, a layer, a direction and a step at a time: all that it shows of its inside.

    Its gates are never seen: they live and die in one kernel. The gradients are autograd's.
    """
    config = call.config
    found: Quantities = {}
    given_to: dict[tuple[int, int, int], list[Array]] = {}
    taken = 0

    def walk(
        ops: Ops, cell: Any, w: LayerWeights, rows: Array, sizes: Sequence[int], first: State,
        backward: bool = False,
    ) -> tuple[Array, State]:  # fmt: skip
        nonlocal taken
        layer, direction = config.layer_direction(taken)
        taken += 1
        one = _single(config, layer, w)
        x = ops.steps(rows, sizes)

        def step(t: int, *before: Array) -> State:
            state = [_watched(s) for s in before]
            given_to[layer, direction, t] = state
            hx = state_given(config, [s[None] for s in state])
            _, last = one(x[t][None], hx)
            new = tuple(s[0] for s in state_tuple(config, last))
            found[Key(layer, direction, t, "x")] = x[t]
            if t == quantities.order_of(sizes, backward)[0]:
                for name, value in zip(config.states, state, strict=True):
                    found[Key(layer, direction, t, name)] = value
            for name, value in zip(config.states, new, strict=True):
                value.retain_grad()
                found[Key(layer, direction, t, f"{name}'")] = value
            return new

        after, ended = through_time(ops, step, sizes, first, backward)
        return ops.concat([h for h, *_ in after]), ended

    result = run(config, given.weights, given.input, given.state, walk=walk)
    tensors = _all(config, result)
    torch.autograd.backward(tensors, _all(config, (d_out, d_state)))
    gradients = {key._replace(name="dh'"): h.grad for key, h in found.items() if key.name == "h'"}
    for place, state in given_to.items():
        for name, s in zip(config.states, state, strict=True):
            gradients[Key(*place, f"d{name}")] = s.grad
    seen = {key: value.detach() for key, value in found.items()}
    out = mapped_rows(torch.Tensor.detach, result[0])
    last = state_given(config, [s.detach() for s in state_tuple(config, result[1])])
    return (out, last), Column("torch.nn", seen, gradients)


def _watched(state: Array) -> Array:
    """The same numbers, as something that keeps the gradient which one step alone sends back."""
    if not state.requires_grad:
        return state.detach().clone().requires_grad_()
    same = state.view_as(state)
    same.retain_grad()
    return same


def _single(config: Config, layer: int, w: LayerWeights) -> Any:
    """The nn module that is one layer in one direction, time first."""
    one = config.single(layer)
    build = getattr(nn, one.kind.upper())
    options = {k: v for k, v in one.options.items() if k not in ("batch_first", "dropout")}
    module = build(*one.sizes, **options, dtype=torch.float64)
    module.load_state_dict(parameters_from(one, ((w,),)))
    return module
