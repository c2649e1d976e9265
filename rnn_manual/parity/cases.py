"""What to run: a configuration with sizes, values and layout, as data with an id.

A case is data all the way: the same id and seed give the same numbers under every torch version,
because NumPy draws them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_manual.config import Config
from rnn_manual.layout import Packed
from rnn_manual.usage import DTYPES

Floats = NDArray[np.floating[Any]]
CHAOTIC = "weights ×10"
STATES = ("random", "omitted", "zeros", "ones")


@dataclass(frozen=True)
class Sizes:
    """T, B, I and H of a case."""

    T: int = 7
    B: int = 4
    I: int = 3  # noqa: E741 - the letter PyTorch's formulas use
    H: int = 5


@dataclass(frozen=True)
class Data:
    """The numbers of a case: float64 arrays whose values the case's dtype holds exactly.

    parameters: by PyTorch's names. input: an array or `Packed`. state: (h_0,) or (h_0, c_0), or
    None where left out. cotangents: what multiplies out, h_n and c_n to give one number to
    differentiate; random, all at once, because all-ones hides exchanged rows.
    """

    parameters: dict[str, Floats]
    input: Floats | Packed
    state: tuple[Floats, ...] | None
    cotangents: tuple[Floats, ...]


@dataclass(frozen=True)
class Case:
    """One call of one layer.

    Args:
        seq_len: T. batch_size: B (1 if unbatched).
        layout: how the input is handed in: "batched", "unbatched" or "packed".
        state: "random", "zeros", "ones" or "omitted".
        label: put before the id, as `notes-D3`.
        gain: the factor on the usual weights U(-1/√H, 1/√H); 10 makes the recurrence chaotic.
    """

    config: Config
    seq_len: int = Sizes.T
    batch_size: int = Sizes.B
    dtype: str = "float32"
    layout: str = "batched"
    state: str = "random"
    label: str = ""
    gain: float = 1.0
    seed: int = 0

    @property
    def id(self) -> str:
        """Kind, then what is not default, then dtype: `lstm-2layer-bi-proj3-packed-f32`."""
        c = self.config
        parts = [
            (self.label, self.label),
            (c.kind, True),
            (c.nonlinearity, c.nonlinearity != "tanh"),
            (f"{c.num_layers}layer", c.num_layers > 1),
            ("bi", c.bidirectional),
            (f"proj{c.proj_size}", c.proj_size),
            ("nobias", not c.bias),
            ("batchfirst", c.batch_first),
            (self.layout, self.layout != "batched"),
            (f"h0{self.state}", self.state != "random"),
            (f"T{self.seq_len}", self.seq_len != Sizes.T),
            (f"B{self.batch_size}", self.batch_size != Sizes.B and self.layout != "unbatched"),
            (f"I{c.input_size}", c.input_size != Sizes.I),
            (f"H{c.hidden_size}", c.hidden_size != Sizes.H),
            (f"gain{self.gain:g}", self.gain != 1),
            (DTYPES[self.dtype], True),
        ]
        return "-".join(word for word, shown in parts if shown)

    @property
    def features(self) -> list[str]:
        """What the case exercises: the rows of the closing table that it counts in."""
        if self.gain != 1:
            return [CHAOTIC]  # its errors are of another order, and would hide those of others
        return [name for name, has in FEATURES.items() if has(self)]

    @property
    def kind(self) -> str:
        """The kind as the table shows it: "rnn-tanh", "rnn-relu" or "lstm"."""
        c = self.config
        return c.kind if c.kind != "rnn" else f"{c.kind}-{c.nonlinearity}"

    def __str__(self) -> str:
        """As a person would say it: `LSTM(3, 5), T=7, B=4, float32, state random`."""
        batch = "unbatched" if self.layout == "unbatched" else f"B={self.batch_size}"
        packed = f", packed lengths {self.lengths}" if self.layout == "packed" else ""
        gain = f", weights ×{self.gain:g}" if self.gain != 1 else ""
        return (
            f"{self.config}, T={self.seq_len}, {batch}{packed}, {self.dtype}, "
            f"state {self.state}{gain}"
        )

    @property
    def lengths(self) -> list[int]:
        """The sequences' lengths: all T, unless packed, where they fall from T to 1, shuffled."""
        if self.layout != "packed":
            return [self.seq_len] * self.batch_size
        falling = np.linspace(self.seq_len, 1, self.batch_size).round().astype(int)
        order = np.random.default_rng(self.batch_size).permutation(self.batch_size)
        return [int(n) for n in falling[order]]

    def data(self) -> Data:
        """Draws the numbers; the same ones every time."""
        return _draw(self)


def _has(field: str, value: str) -> Callable[[Case], bool]:
    return lambda case: getattr(case, field) == value


# The rows of the closing table, in its order: which cases count in each.
FEATURES: dict[str, Callable[[Case], bool]] = {
    **{name: _has("dtype", name) for name in DTYPES},
    "stacked": lambda case: case.config.num_layers > 1,
    "bidirectional": lambda case: case.config.bidirectional,
    "proj_size": lambda case: case.config.proj_size > 0,
    "no bias": lambda case: not case.config.bias,
    "batch_first": lambda case: case.config.batch_first,
    "unbatched": lambda case: case.layout == "unbatched",
    "packed": lambda case: case.layout == "packed",
    **{f"state {name}": _has("state", name) for name in STATES},
    "T = 1": lambda case: case.seq_len == 1,
    "B = 1": lambda case: case.batch_size == 1 and case.layout != "unbatched",
    "I = 1": lambda case: case.config.input_size == 1,
    "H = 1": lambda case: case.config.hidden_size == 1,
    "T ≥ 50": lambda case: case.seq_len >= 50,
    "notes": lambda case: bool(case.label),
}


@lru_cache(maxsize=8)
def _draw(case: Case) -> Data:
    config, T, B = case.config, case.seq_len, case.batch_size
    # Not of the dtype: float32 and float64 then run on the same numbers, up to rounding.
    name = case.id.rpartition("-")[0]
    rng = np.random.default_rng([case.seed, zlib.crc32(name.encode())])

    def rounded(values: Any) -> Floats:
        return np.asarray(values, case.dtype).astype(np.float64)

    bound = case.gain / np.sqrt(config.hidden_size)
    parameters = {
        name: rounded(rng.uniform(-bound, bound, shape))
        for name, shape in config.parameter_shapes().items()
    }
    batch = () if case.layout == "unbatched" else (B,)
    shape = (T, config.input_size) if not batch else (T, B, config.input_size)
    if batch and config.batch_first and case.layout == "batched":
        shape = (B, T, config.input_size)
    input: Floats | Packed = rounded(rng.standard_normal(shape))
    state_shapes = [
        (config.num_rows, *batch, config.state_size(letter)) for letter in config.states
    ]
    fill: dict[str, Callable[[Any], Floats]] = {
        "random": lambda shape: rounded(rng.standard_normal(shape)),
        "zeros": np.zeros,
        "ones": np.ones,
    }
    state = None
    if case.state != "omitted":
        state = tuple(fill[case.state](shape) for shape in state_shapes)
    if case.layout == "packed":
        input = _pack(np.asarray(input), case.lengths)
    out_shape = np.shape(input.data if isinstance(input, Packed) else input)[:-1]
    out_shape = (*out_shape, config.num_directions * config.output_size)
    cotangents = tuple(rounded(rng.standard_normal(shape)) for shape in [out_shape, *state_shapes])
    return Data(parameters, input, state, cotangents)


def _pack(padded: Floats, lengths: list[int]) -> Packed:
    """Rows of (T, B, I), step after step, longest sequence first: as pack_padded_sequence does."""
    order = np.argsort(np.negative(lengths), kind="stable")
    alive = [order[: sum(length > t for length in lengths)] for t in range(len(padded))]
    return Packed(
        np.concatenate([padded[t, batch] for t, batch in enumerate(alive)]),
        [len(batch) for batch in alive],
        order,
        np.argsort(order),
    )
