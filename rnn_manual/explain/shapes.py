"""The shapes of all that goes in and comes out, in letters and in numbers, and the parameters'."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from rnn_manual.config import DIRECTIONS
from rnn_manual.explain.call import Call, Ran
from rnn_manual.layout import rows_of


class Tensor(NamedTuple):
    """What goes in or comes out. letters: its shape as (T, B, I); what: what is in it."""

    name: str
    letters: str
    shape: tuple[int, ...]
    what: str


class Parameter(NamedTuple):
    """A weight or a bias. letters: its shape as (4·H, I)."""

    name: str
    layer: int
    direction: int
    letters: str
    shape: tuple[int, ...]

    @property
    def numbers(self) -> int:
        return prod(self.shape)


class GateRows(NamedTuple):
    """Which rows of every weight_ih, weight_hh and bias belong to a gate."""

    gate: str
    first: int
    last: int


def tensors(call: Call) -> list[Tensor]:
    """Input, initial state, out and last state."""
    config = call.config
    D, rows, features = config.num_directions, config.num_rows, config.output_size
    letter = "P" if config.proj_size else "H"
    wide, many = _times(D, letter), _times_letters(config.num_layers, D)
    sizes: tuple[int, ...]
    if call.packed:
        axes, sizes = "ΣB_t", (sum(call.lengths),)
    elif call.layout == "unbatched":
        axes, sizes = "T", (call.T,)
    elif config.batch_first:
        axes, sizes = "B, T", (call.B, call.T)
    else:
        axes, sizes = "T, B", (call.T, call.B)
    batch = "" if call.layout == "unbatched" else "B, "
    count = () if call.layout == "unbatched" else (call.B,)
    data = ".data" if call.packed else ""
    found = [Tensor(f"input{data}", f"({axes}, I)", (*sizes, config.input_size), "x at every step")]
    for when, what in (("0", "before the first step; zeros if left out"), ("n", "")):
        if when == "n":
            last = "h of the last layer after every step"
            found.append(Tensor(f"out{data}", f"({axes}, {wide})", (*sizes, D * features), last))
        for name in config.states:
            size = "H" if name == "c" else letter
            shape = (rows, *count, config.state_size(name))
            said = what or f"{name} of every layer after its last step"
            found.append(Tensor(f"{name}_{when}", f"({many}, {batch}{size})", shape, said))
    return found


def returned_shapes(ran: Ran) -> dict[str, tuple[int, ...]]:
    """The shapes that a run's results have, by the names that `tensors` gives them."""
    data = ".data" if hasattr(ran.out, "batch_sizes") else ""
    states = zip(("h_n", "c_n"), ran.states)  # noqa: B905 - one or two
    found = {f"out{data}": tuple(rows_of(ran.out).shape)}
    return found | {name: tuple(state.shape) for name, state in states}


def parameters(call: Call) -> list[Parameter]:
    """Every parameter, in the order of `named_parameters()`."""
    config = call.config
    D, shapes = config.num_directions, config.parameter_shapes()
    out = "P" if config.proj_size else "H"
    rows = _times(len(config.gates), "H")
    found = []
    for layer in range(config.num_layers):
        read = "I" if layer == 0 else _times(D, out)
        letters = {
            "weight_ih": f"({rows}, {read})",
            "weight_hh": f"({rows}, {out})",
            "bias_ih": f"({rows})",
            "bias_hh": f"({rows})",
            "weight_hr": "(P, H)",
        }
        for direction in range(D):
            for role, name in config.parameter_names(layer, direction).items():
                found.append(Parameter(name, layer, direction, letters[role], shapes[name]))
    return found


def gate_rows(call: Call) -> list[GateRows]:
    """The gates in the order of their rows."""
    H = call.config.hidden_size
    return [GateRows(gate, k * H, (k + 1) * H - 1) for k, gate in enumerate(call.config.gates)]


def rows_of_state(call: Call) -> list[str]:
    """What each row of h_n, h_0, c_n and c_0 belongs to: `layer 0, forward`."""
    pairs = map(call.config.layer_direction, range(call.config.num_rows))
    return [f"layer {layer}, {DIRECTIONS[direction]}" for layer, direction in pairs]


def _times(number: int, letter: str) -> str:
    return letter if number == 1 else f"{number}·{letter}"


def _times_letters(layers: int, directions: int) -> str:
    return "L" if directions == 1 else "L·2"
