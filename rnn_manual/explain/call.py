"""One call of one layer, and its numbers: what everything that is explained is checked on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from rnn_manual.config import Config
from rnn_manual.layout import layout_of, run, state_given, state_tuple
from rnn_manual.loops import run_direction
from rnn_manual.weights import Array, Weights, copy_weights

LAYOUTS = ("batched", "unbatched", "packed")


@dataclass(frozen=True)
class Call:
    """A layer and the sizes of what it is called with.

    Args:
        lengths: of the sequences, in the caller's order; all T unless packed.
        layout: "batched", "unbatched" or "packed".

    Raises: ValueError: no sequence, one of no steps, or several lengths that are not packed.
    """

    config: Config
    lengths: tuple[int, ...]
    layout: str = "batched"

    def __post_init__(self) -> None:
        if not self.lengths or min(self.lengths) < 1:
            raise ValueError(f"expected at least one sequence of at least one step, got {self}")
        if self.layout != "packed" and len(set(self.lengths)) > 1:
            raise ValueError(f"only packed sequences differ in length, got {self.lengths}")
        if self.layout == "unbatched" and len(self.lengths) > 1:
            raise ValueError(f"unbatched input is one sequence, got {len(self.lengths)}")

    @property
    def T(self) -> int:
        return max(self.lengths)

    @property
    def B(self) -> int:
        return len(self.lengths)

    @property
    def packed(self) -> bool:
        return self.layout == "packed"

    @property
    def order(self) -> list[int]:
        """The caller's number of each row of a step: packed, the longest sequence comes first."""
        if not self.packed:
            return list(range(self.B))
        parts = [torch.zeros(length, 1) for length in self.lengths]
        return list(laid_out(self, parts).sorted_indices.tolist())

    def last_step(self, direction: int) -> int:
        """The step that a direction processes last, of the longest sequence."""
        return 0 if direction else self.T - 1


class Numbers(NamedTuple):
    """What goes in: the layer's weights, its input, and h_0 (and c_0)."""

    weights: Weights
    input: Any
    state: Any


class Ran(NamedTuple):
    """What came out.

    by: whose run it was. states: (h_n,) or (h_n, c_n). outputs: by row of h_n, what that layer and
    direction put out at every step, (T, B, H) or (ΣB_t, H); None of torch.nn, which keeps it.
    """

    by: str
    out: Any
    states: tuple[Array, ...]
    outputs: list[Array] | None = None


def module_for(call: Call, seed: int = 0) -> Any:
    """An nn.RNN, nn.LSTM or nn.GRU in float64; NumPy draws its weights from nn's U(-1/√H, 1/√H)."""
    config = replace(call.config, dropout=0.0)  # nothing is dropped here, and nn would warn
    build = getattr(nn, config.kind.upper())
    module = build(*config.sizes, **config.options, dtype=torch.float64)
    rng = np.random.default_rng(seed)
    bound = 1 / np.sqrt(config.hidden_size)
    with torch.no_grad():
        for parameter in module.parameters():
            drawn = rng.uniform(-bound, bound, tuple(parameter.shape))
            parameter.copy_(torch.as_tensor(drawn))
    return module


def numbers_for(call: Call, module: Any, seed: int = 0) -> Numbers:
    """Weights, input and state of a call; input and state have one decimal, to be read easily."""
    config = call.config
    rng = np.random.default_rng([seed, 1])

    def drawn(*shape: int) -> torch.Tensor:
        return torch.as_tensor(rng.standard_normal(shape).round(1) + 0.0, dtype=torch.float64)

    batch = () if call.layout == "unbatched" else (call.B,)
    states = [drawn(config.num_rows, *batch, config.state_size(name)) for name in config.states]
    parts = [drawn(length, config.input_size) for length in call.lengths]
    return Numbers(copy_weights(module), laid_out(call, parts), state_given(config, states))


def laid_out(call: Call, parts: Sequence[torch.Tensor]) -> Any:
    """Sequences (length, I) as the input that the layout asks for."""
    if call.packed:
        return nn.utils.rnn.pack_sequence(list(parts), enforce_sorted=False)
    if call.layout == "unbatched":
        return parts[0]
    return torch.stack(list(parts), 0 if call.config.batch_first else 1)


def runs(call: Call, seed: int = 0) -> list[Ran]:
    """The loops' run and torch.nn's, on the same numbers."""
    module = module_for(call, seed)
    given = numbers_for(call, module, seed)
    with torch.no_grad():
        theirs = module(given.input, given.state)
    return [run_loops(call, given), Ran("torch.nn", theirs[0], state_tuple(call.config, theirs[1]))]


def run_loops(call: Call, given: Numbers) -> Ran:
    """The loops' run, with what every layer and direction puts out."""
    outputs: list[Array] = []
    sizes = layout_of(call.config, given.input).batch_sizes

    def walk(*arguments: Any, **options: Any) -> Any:
        rows, last = run_direction(*arguments, **options)
        outputs.append(rows if call.packed else rows.reshape(len(sizes), call.B, -1))
        return rows, last

    out, last = run(call.config, given.weights, given.input, given.state, walk=walk)
    return Ran("the loops", out, state_tuple(call.config, last), outputs)
