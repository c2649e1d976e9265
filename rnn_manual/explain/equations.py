"""The equations with their sizes filled in: Python lines that are shown, and run as shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from rnn_manual.explain.call import Call, Numbers, Ran
from rnn_manual.layout import run, state_tuple
from rnn_manual.loops import State, through_time
from rnn_manual.ops import Ops
from rnn_manual.weights import Array, LayerWeights

FUNCTIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}
SIGNS = {"sigmoid": "σ", "new_h": "h'", "new_c": "c'", ".T": "ᵀ", " @ ": " · ", " * ": " ⊙ "}


class Line(NamedTuple):
    """`name = expression`, in Python, of x, h, c, new_h, new_c, W_ih, W_hh, …"""

    name: str
    expression: str


class Shown(NamedTuple):
    """A line as people write it, then with shapes in the place of names, and its result's shape."""

    name: str
    formula: str
    shapes: str
    shape: tuple[int, ...]


def equations(call: Call) -> list[Line]:
    """What one layer does in one direction at one step."""
    config = call.config
    H = config.hidden_size
    p = Line("p", "x @ W_ih.T" + " + b_ih" * config.bias)
    q = Line("q", "h @ W_hh.T" + " + b_hh" * config.bias)
    if config.kind == "rnn":
        return [p, q, Line("new_h", f"{config.nonlinearity}(p + q)")]

    def part(of: str, gate: str) -> str:
        k = config.gates.index(gate)
        return f"{of}[:, {k * H}:{(k + 1) * H}]"

    def gate(name: str, function: str = "sigmoid") -> Line:
        return Line(name, f"{function}({part('p', name)} + {part('q', name)})")

    if config.kind == "gru":
        n = Line("n", f"tanh({part('p', 'n')} + r * {part('q', 'n')})")
        return [p, q, gate("r"), gate("z"), n, Line("new_h", "(1 - z) * n + z * h")]
    gates = [gate("i"), gate("f"), gate("g", "tanh"), gate("o")]
    new_c = Line("new_c", "f * c + i * g")
    if not config.proj_size:
        return [p, q, *gates, new_c, Line("new_h", "o * tanh(new_c)")]
    m = Line("m", "o * tanh(new_c)")
    return [p, q, *gates, new_c, m, Line("new_h", "m @ W_hr.T")]


def values_of(
    lines: Sequence[Line], w: LayerWeights, x: Array, state: Sequence[Array]
) -> dict[str, Any]:
    """Runs the lines on one step. Returns: every name that stands in them, with its value."""
    weights = {
        "W_ih": w.weight_ih, "W_hh": w.weight_hh, "b_ih": w.bias_ih, "b_hh": w.bias_hh,
        "W_hr": w.weight_hr,
    }  # fmt: skip
    found: dict[str, Any] = {**FUNCTIONS, **weights, "x": x, **dict(zip("hc", state))}  # noqa: B905
    for name, expression in lines:
        found[name] = eval(expression, {"__builtins__": {}}, found)
    return found


def shown(lines: Sequence[Line], values: dict[str, Any]) -> list[Shown]:
    """The lines as people write them, with the shapes that their values have."""
    return [
        Shown(
            _written(name),
            _written(expression),
            _written(_with_shapes(expression, values)),
            tuple(values[name].shape),
        )
        for name, expression in lines
    ]


def _written(code: str) -> str:
    for word, sign in SIGNS.items():
        code = code.replace(word, sign)
    return code


def _with_shapes(expression: str, values: dict[str, Any]) -> str:
    def shape(match: re.Match[str]) -> str:
        if match[0] in FUNCTIONS:
            return match[0]
        found = tuple(eval(match[0], {"__builtins__": {}}, values).shape)
        return f"({', '.join(map(str, found))})"

    return re.sub(r"[A-Za-z_]+(\.T|\[[^]]*\])?", shape, expression)


def run_as_shown(call: Call, given: Numbers) -> tuple[Ran, list[dict[str, Any]]]:
    """The whole layer, every step of it by the lines that are shown.

    Returns: what came out; and by row of h_n, every value of step 0.
    """
    lines = equations(call)
    at_0: list[dict[str, Any]] = []

    def walk(
        ops: Ops, cell: Any, w: LayerWeights, rows: Array, sizes: Sequence[int], state: State,
        backward: bool = False,
    ) -> tuple[Array, State]:  # fmt: skip
        x = ops.steps(rows, sizes)

        def step(t: int, *before: Array) -> State:
            values = values_of(lines, w, x[t], before)
            if t == 0:
                at_0.append(values)
            return tuple(values[f"new_{name}"] for name in call.config.states)

        h, last = through_time(ops, step, sizes, state, backward)
        return ops.concat(h), last

    out, last = run(call.config, given.weights, given.input, given.state, walk=walk)
    return Ran("the lines shown", out, state_tuple(call.config, last)), at_0
