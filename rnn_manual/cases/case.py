"""What to run: a configuration with sizes, numbers, layout and a way of calling, as data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnn_manual.config import Config
from rnn_manual.usage import DTYPES

STATES = ("random", "omitted", "zeros", "ones")
LAYOUTS = ("batched", "unbatched", "packed", "packed sorted", "packed equal")
VALUES = ("ordinary", "signed zeros", "small", "large", "infinities", "NaN")
MEMORY = ("contiguous", "strided", "expanded")


@dataclass(frozen=True)
class Sizes:
    """T, B, I and H of a case."""

    T: int = 7
    B: int = 4
    I: int = 3  # noqa: E741 - the letter PyTorch's formulas use
    H: int = 5


@dataclass(frozen=True)
class Case:
    """One call of one layer.

    Args:
        seq_len: T. batch_size: B (1 if unbatched).
        layout: how the input is handed in: "batched", "unbatched", "packed" (lengths from T to 1
            in no order), "packed sorted" (longest first) or "packed equal" (all of length T).
        state: "random", "zeros", "ones" or "omitted".
        training: the module's mode; it matters for dropout only.
        values: "ordinary"; "small", all of the input 2⁻³⁰ times as large, which the gradients of
            its weights show; or what stands in some places of the input: "signed zeros", and in all
            of one step; "large" (4096 times as large, and so is some of what comes back for out:
            beyond what exp of float64 reaches, and what clips would leave), "infinities" (one at a
            step) or "NaN" (in input and states, each in a row of its own).
        memory: how input, state, weights and what comes back for the outputs lie in memory:
            "contiguous", "strided" (every other column of something wider) or "expanded" (all but
            weights: one batch row, B times; see `expands_cotangents`).
        call: how the layer is called and differentiated:
            "with gradients" of all that goes in, for a loss on all that comes out;
            "no_grad" and "inference_mode", under these, after other calls under them;
            "weights only", input and states require no gradient, as in most training steps;
            "frozen", no weight requires one; "partly frozen", every other weight and the states
            do, as when an initial state is learned and the input comes from something frozen;
            "loss on out" and "loss on h_n", gradients for a loss on that tensor alone;
            "after another", after calls of the same object with other numbers and sizes;
            "before another", with such calls before its results are read and differentiated,
            which they are before these calls, too;
            "out changed" and "states changed", differentiated after out, or h_n and c_n, were
            changed in place, which may raise and must not give other gradients;
            "second derivatives", the gradients differentiated once more.
        label: put before the id, as `notes-D3`.
        gain: the factor on nn's usual weights U(-1/√H, 1/√H); 10 makes the recurrence chaotic.
    """

    config: Config
    seq_len: int = Sizes.T
    batch_size: int = Sizes.B
    dtype: str = "float32"
    layout: str = "batched"
    state: str = "random"
    training: bool = True
    values: str = "ordinary"
    memory: str = "contiguous"
    call: str = "with gradients"
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
            (self.values, self.values != "ordinary"),
            (self.memory, self.memory != "contiguous"),
            (self.call, self.call != "with gradients"),
            (DTYPES[self.dtype], True),
        ]
        return "-".join(word.replace(" ", "") for word, shown in parts if shown)

    @property
    def kind(self) -> str:
        """The kind as the table shows it: "rnn-tanh", "rnn-relu", "lstm" or "gru"."""
        c = self.config
        return c.kind if c.kind != "rnn" else f"{c.kind}-{c.nonlinearity}"

    @property
    def packed(self) -> bool:
        return self.layout.startswith("packed")

    @property
    def batch_axis(self) -> int | None:
        """The axis of a padded input along which the batch lies; None if there is none."""
        if self.layout != "batched":
            return None
        return 0 if self.config.batch_first else 1

    @property
    def time_axis(self) -> int:
        """The axis of a padded input along which the steps lie."""
        return 1 if self.batch_axis == 0 else 0

    @property
    def expands_cotangents(self) -> bool:
        """Whether what comes back for out and the states is one row, too.

        Not of large batches: a sum of many equal numbers, one after the other, rounds far more than
        one of different numbers (in bfloat16 it soon stands still), and that is no mistake.
        """
        return self.memory == "expanded" and self.batch_size <= 2 * Sizes.B

    @property
    def drops(self) -> bool:
        """Whether dropout acts: in training, and on a layer that another one reads."""
        return self.training and self.config.dropout > 0 and self.config.num_layers > 1

    @property
    def random(self) -> bool:
        """Whether what comes out depends on masks that a generator draws."""
        return self.drops and self.config.dropout < 1

    @property
    def lengths(self) -> list[int]:
        """The sequences' lengths: all T, unless packed, where they fall from T to 1."""
        if self.layout not in ("packed", "packed sorted"):
            return [self.seq_len] * self.batch_size
        falling = np.linspace(self.seq_len, 1, self.batch_size).round().astype(int)
        if self.batch_size > 2:
            falling[self.batch_size // 2] = falling[self.batch_size // 2 - 1]  # two of one length
        if self.layout == "packed":
            mixed = np.random.default_rng(self.batch_size).permutation(falling)
            falling = falling[::-1] if (mixed == falling).all() else mixed
        return [int(length) for length in falling]

    def __str__(self) -> str:
        """As a person would say it: `LSTM(3, 5), T=7, B=4, float32, state random`."""
        batch = "unbatched" if self.layout == "unbatched" else f"B={self.batch_size}"
        words = [f"{self.config}, T={self.seq_len}, {batch}"]
        shown = ", ".join(map(str, self.lengths[:8])) + ", …" * (self.batch_size > 8)
        words += [f"{self.layout}, lengths [{shown}]"] * self.packed
        words += [self.dtype, f"state {self.state}"]
        words += ["eval"] * (not self.training)
        words += [f"input with {self.values}"] * (self.values != "ordinary")
        words += [f"{self.memory} in memory"] * (self.memory != "contiguous")
        words += [f"called: {self.call}"] * (self.call != "with gradients")
        words += [f"weights ×{self.gain:g}"] * (self.gain != 1)
        return ", ".join(words)


def checked_case(case: Case) -> Case:
    """The case. Raises: TypeError: it is none."""
    if isinstance(case, Config):
        raise TypeError("expected a Case, got a Config; Case(config) is the plainest of it")
    if not isinstance(case, Case):
        raise TypeError(f"expected a Case, got {type(case).__name__}")
    return case
