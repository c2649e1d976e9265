"""torch.nn a step at a time, so that its state is seen on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from rnn_manual.config import Config
from rnn_manual.explain import quantities
from rnn_manual.explain.call import Call, Numbers
from rnn_manual.explain.quantities import Key, Quantities
from rnn_manual.layout import mapped_rows, rows_of, run, state_given, state_tuple
from rnn_manual.loops import State, through_time
from rnn_manual.ops import Ops
from rnn_manual.weights import Array, LayerWeights, parameters_from


def stepped_nn(
    call: Call, given: Numbers, d_out: Any, d_state: Any
) -> tuple[Any, Quantities, Quantities]:
    """torch.nn, a layer, a direction and a step at a time: all that it lets out.

    Returns: (out, state), and h, c and autograd's gradients for them, by name.
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
        start = quantities.order_of(sizes, backward)[0]

        def step(t: int, *before: Array) -> State:
            state = [_watched(s) for s in before]
            given_to[layer, direction, t] = state
            hx = state_given(config, [s[None] for s in state])
            _, last = one(x[t][None], hx)
            new = tuple(s[0] for s in state_tuple(config, last))
            key = Key(layer, direction, t, "x")
            quantities.put_given(found, config, key, x[t], state, t == start)
            for name, value in zip(config.states, new, strict=True):
                value.retain_grad()
                found[Key(layer, direction, t, f"{name}'")] = value
            return new

        h, ended = through_time(ops, step, sizes, first, backward)
        return ops.concat(h), ended

    result = run(config, given.weights, given.input, given.state, walk=walk)
    tensors = all_of(config, result)
    torch.autograd.backward(tensors, all_of(config, (d_out, d_state)))
    gradients = {key._replace(name="dh'"): h.grad for key, h in found.items() if key.name == "h'"}
    for place, state in given_to.items():
        for name, s in zip(config.states, state, strict=True):
            gradients[Key(*place, f"d{name}")] = s.grad
    seen = {key: value.detach() for key, value in found.items()}
    out = mapped_rows(torch.Tensor.detach, result[0])
    last = state_given(config, [s.detach() for s in state_tuple(config, result[1])])
    return (out, last), seen, gradients


def all_of(config: Config, result: Any) -> list[Array]:
    """(out, state) as the rows of out, h_n and c_n."""
    return [rows_of(result[0]), *state_tuple(config, result[1])]


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
