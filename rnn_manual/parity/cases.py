"""What to run: a configuration with sizes, values and layout, as data with an id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_manual.config import Config
from rnn_manual.layout import Packed
from rnn_manual.usage import DTYPES

Floats = NDArray[np.floating[Any]]
CHAOTIC = "weights ×10"
STATES = ("random", "omitted", "zeros", "ones")
LAYOUTS = ("batched", "unbatched", "packed", "packed sorted", "packed equal")
VALUES = ("usual", "signed zeros", "infinities", "NaN")
MEMORY = ("contiguous", "strided", "expanded")


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
        layout: how the input is handed in: "batched", "unbatched", "packed" (lengths from T to 1
            in no order), "packed sorted" (longest first) or "packed equal" (all of length T).
        state: "random", "zeros", "ones" or "omitted".
        training: the module's mode; it matters for dropout only.
        values: "usual", or what stands in some places of the input: "signed zeros", "infinities"
            or "NaN".
        memory: how input, state and weights lie in memory: "contiguous", "strided" (every other
            column of something wider) or "expanded" (input and state: one batch row, B times).
        label: put before the id, as `notes-D3`.
        gain: the factor on the usual weights U(-1/√H, 1/√H); 10 makes the recurrence chaotic.
    """

    config: Config
    seq_len: int = Sizes.T
    batch_size: int = Sizes.B
    dtype: str = "float32"
    layout: str = "batched"
    state: str = "random"
    training: bool = True
    values: str = "usual"
    memory: str = "contiguous"
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
            (f"dropout{c.dropout:g}", c.dropout),
            ("eval", not self.training),
            ("batchfirst", c.batch_first),
            (self.layout, self.layout != "batched"),
            (f"h0{self.state}", self.state != "random"),
            (f"T{self.seq_len}", self.seq_len != Sizes.T),
            (f"B{self.batch_size}", self.batch_size != Sizes.B and self.layout != "unbatched"),
            (f"I{c.input_size}", c.input_size != Sizes.I),
            (f"H{c.hidden_size}", c.hidden_size != Sizes.H),
            (f"gain{self.gain:g}", self.gain != 1),
            (self.values, self.values != "usual"),
            (self.memory, self.memory != "contiguous"),
            (DTYPES[self.dtype], True),
        ]
        return "-".join(word.replace(" ", "") for word, shown in parts if shown)

    @property
    def features(self) -> list[str]:
        """What the case exercises: the rows of the closing table that it counts in."""
        if self.gain != 1:
            return [CHAOTIC]  # its errors are of another order, and would hide those of others
        return [name for name, has in FEATURES.items() if has(self)]

    @property
    def kind(self) -> str:
        """The kind as the table shows it: "rnn-tanh", "rnn-relu", "lstm" or "gru"."""
        c = self.config
        return c.kind if c.kind != "rnn" else f"{c.kind}-{c.nonlinearity}"

    @property
    def packed(self) -> bool:
        return self.layout.startswith("packed")

    @property
    def drops(self) -> bool:
        """Whether dropout acts: in training, and on a layer that another one reads."""
        return self.training and self.config.dropout > 0 and self.config.num_layers > 1

    @property
    def random(self) -> bool:
        """Whether what comes out depends on masks that a generator draws."""
        return self.drops and self.config.dropout < 1

    @property
    def usual(self) -> bool:
        """Whether a claim's law may be put to the case as it stands.

        In float16 and bfloat16 other numbers are equal by chance, dropout draws anew at each call,
        and NaN equals nothing. And a long way says no more of a law than a short one.
        """
        precise = self.dtype in ("float32", "float64")
        plain = self.values == "usual" and self.memory == "contiguous"
        brief = self.seq_len < 50 or bool(self.label)
        return precise and plain and brief and not self.config.dropout and self.batch_size > 0

    def __str__(self) -> str:
        """As a person would say it: `LSTM(3, 5), T=7, B=4, float32, state random`."""
        batch = "unbatched" if self.layout == "unbatched" else f"B={self.batch_size}"
        words = [f"{self.config}, T={self.seq_len}, {batch}"]
        words += [f"{self.layout}, lengths {self.lengths}"] * self.packed
        words += [self.dtype, f"state {self.state}"]
        words += ["eval"] * (not self.training)
        words += [f"input with {self.values}"] * (self.values != "usual")
        words += [f"{self.memory} in memory"] * (self.memory != "contiguous")
        words += [f"weights ×{self.gain:g}"] * (self.gain != 1)
        return ", ".join(words)

    @property
    def lengths(self) -> list[int]:
        """The sequences' lengths: all T, unless packed, where they fall from T to 1."""
        if self.layout not in ("packed", "packed sorted"):
            return [self.seq_len] * self.batch_size
        falling = np.linspace(self.seq_len, 1, self.batch_size).round().astype(int)
        order = np.random.default_rng(self.batch_size).permutation(self.batch_size)
        return [int(n) for n in (falling if self.layout == "packed sorted" else falling[order])]

    def data(self) -> Data:
        """Draws the numbers; the same ones every time."""
        from rnn_manual.parity.draw import draw

        return draw(self)


def _has(field: str, value: str) -> Callable[[Case], bool]:
    return lambda case: getattr(case, field) == value


# The rows of the closing table, in its order: which cases count in each.
FEATURES: dict[str, Callable[[Case], bool]] = {
    **{name: _has("dtype", name) for name in DTYPES},
    "stacked": lambda case: case.config.num_layers > 1,
    "bidirectional": lambda case: case.config.bidirectional,
    "proj_size": lambda case: case.config.proj_size > 0,
    "no bias": lambda case: not case.config.bias,
    "dropout": lambda case: case.drops,
    "dropout, no effect": lambda case: case.config.dropout > 0 and not case.drops,
    "batch_first": lambda case: case.config.batch_first,
    **{name: _has("layout", name) for name in LAYOUTS[1:]},
    **{f"state {name}": _has("state", name) for name in STATES},
    "T = 1": lambda case: case.seq_len == 1,
    "B = 0": lambda case: case.batch_size == 0,
    "B = 1": lambda case: case.batch_size == 1 and case.layout != "unbatched",
    "I = 1": lambda case: case.config.input_size == 1,
    "H = 1": lambda case: case.config.hidden_size == 1,
    "T ≥ 50": lambda case: case.seq_len >= 50,
    "B > 100": lambda case: case.batch_size > 100,
    "H > 100": lambda case: case.config.hidden_size > 100,
    **{name: _has("values", name) for name in VALUES[1:]},
    **{name: _has("memory", name) for name in MEMORY[1:]},
    "notes": lambda case: bool(case.label),
}
