"""The numbers of a case.

Data all the way: the same id and seed give the same numbers under every torch version, because
NumPy draws them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_manual.cases.calls import in_the_loss
from rnn_manual.cases.case import Case
from rnn_manual.layout import Packed, rows_of

Floats = NDArray[np.floating[Any]]

LARGE, SMALL = 2.0**12, 2.0**-30


@dataclass(frozen=True)
class Data:
    """The numbers of a case: float64 arrays whose values the case's dtype holds exactly.

    parameters: by PyTorch's names. input: an array or `Packed`. state: (h_0,) or (h_0, c_0), or
    None where left out. cotangents: what multiplies out, h_n and c_n to give one number to
    differentiate; random, all at once, because all-ones hides exchanged rows; zeros for what is
    not in the loss. directions: what multiplies the gradients, by the name of what they are for,
    to give one number to differentiate again; empty unless the case asks for that. masks: what
    dropout multiplied the layers' outputs with, (ΣB_t, D·H) each, where it is not what nn's would.
    """

    parameters: dict[str, Floats]
    input: Floats | Packed
    state: tuple[Floats, ...] | None
    cotangents: tuple[Floats, ...]
    directions: dict[str, Floats] = field(default_factory=dict)
    masks: tuple[Floats, ...] = ()


@lru_cache(maxsize=64)
def draw(case: Case) -> Data:
    """Parameters, input, state and cotangents of a case; the same ones every time."""
    config, T, B = case.config, case.seq_len, case.batch_size
    # Not of the dtype: float32 and float64 then run on the same numbers, up to rounding.
    name = case.id.rpartition("-")[0]
    rng = np.random.default_rng([case.seed, zlib.crc32(name.encode())])

    bound = case.gain / np.sqrt(config.hidden_size)
    parameters = {
        name: rounded(rng.uniform(-bound, bound, shape), case.dtype)
        for name, shape in config.parameter_shapes().items()
    }
    batch = () if case.layout == "unbatched" else (B,)
    shape = (B, T) if case.batch_axis == 0 else (T, *batch)
    x: Floats = rng.standard_normal((*shape, config.input_size))
    x = rounded(_special(case, x, rng), case.dtype)
    state_shapes = [
        (config.num_rows, *batch, config.state_size(letter)) for letter in config.states
    ]
    fill: dict[str, Callable[[Any], Floats]] = {
        "random": lambda shape: rounded(rng.standard_normal(shape), case.dtype),
        "zeros": np.zeros,
        "ones": np.ones,
    }
    state = None
    if case.state != "omitted":
        state = tuple(fill[case.state](shape) for shape in state_shapes)
    if case.values == "NaN" and state and batch and len(state) < B:
        for row, s in enumerate(reversed(state), B - len(state)):  # the input's are in the first
            s[0, row, 0] = np.nan
    if case.memory == "expanded" and batch:
        x = x if case.packed else _one_row(x, case.batch_axis or 0)
        state = None if state is None else tuple(_one_row(s, 1) for s in state)
    input: Floats | Packed = x
    if case.packed:
        parts = [x[:length, b] for b, length in enumerate(case.lengths)]
        input = pack(parts, shuffled=case.layout == "packed")
    out_shape = (*rows_of(input).shape[:-1], config.num_directions * config.output_size)
    names = ("out", *(f"{name}_n" for name in config.states))
    cotangents = tuple(
        fill["random" if in_the_loss(case, name) else "zeros"](shape)
        for name, shape in zip(names, [out_shape, *state_shapes], strict=True)
    )
    if case.values == "large":
        d_out, *d_last = cotangents
        many = rng.random(d_out.shape) < 0.2
        many.flat[:1] = True
        cotangents = (rounded(np.where(many, LARGE * d_out, d_out), case.dtype), *d_last)
    if case.expands_cotangents and batch:
        d_out, *d_last = cotangents
        d_out = d_out if case.packed else _one_row(d_out, case.batch_axis or 0)
        cotangents = (d_out, *(_one_row(d, 1) for d in d_last))
    directions = {}
    if case.call == "second derivatives":
        given = {f"{name}_0": s for name, s in zip(case.config.states, state or ())}  # noqa: B905
        leaves = {"input": rows_of(input)} | given | parameters
        directions = {name: fill["random"](leaf.shape) for name, leaf in leaves.items()}
    return Data(parameters, input, state, cotangents, directions)


def rounded(values: Any, dtype: str) -> Floats:
    """float64 values, each rounded to the nearest that `dtype` holds."""
    if dtype != "bfloat16":
        array: Floats = np.asarray(values, dtype).astype(np.float64)
        return array
    # NumPy has no bfloat16: it is the upper half of a float32, rounded to even.
    narrow = np.asarray(values, np.float32)
    bits = narrow.view(np.uint32)
    upper = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return np.where(np.isfinite(narrow), upper.view(np.float32), narrow).astype(np.float64)


def _special(case: Case, x: Floats, rng: np.random.Generator) -> Floats:
    """Some of the numbers replaced, where the case asks for it."""
    special = {"signed zeros": 0.0, "infinities": np.inf, "NaN": np.nan}
    if case.values == "ordinary" or not x.size:
        return x
    if case.values == "small":
        return SMALL * x
    chosen = rng.random(x.shape) < 0.2
    chosen.flat[0] = True
    signs = np.copysign(1.0, rng.standard_normal(x.shape))
    # And all of one step; without biases and a state, nothing would be left there.
    if case.values == "signed zeros" and case.seq_len > 1 and case.config.bias:
        np.moveaxis(chosen, case.time_axis, 0)[case.seq_len // 2] = True
    if case.values != "signed zeros" and x.ndim == 3:  # only the first row of the batch
        rows = np.arange(case.batch_size)
        chosen &= (rows[:, None, None] if case.batch_axis == 0 else rows[:, None]) == 0
    if case.values == "large":
        return np.where(chosen, LARGE * x, x)
    if case.values == "infinities":  # of two, the sum could be NaN
        chosen &= np.cumsum(chosen, -1) == 1
    return np.where(chosen, np.copysign(special[case.values], signs), x)


def _one_row(x: Floats, axis: int) -> Floats:
    """The first row of the batch in the place of every row."""
    return np.repeat(x.take([0], axis), x.shape[axis], axis) if x.shape[axis] else x


def pack(parts: Sequence[Floats], shuffled: bool = True) -> Packed:
    """Sequences (length, I) as rows, step after step, longest first: as pack_sequence does.

    Args:
        shuffled: whether they come in any order, which is then kept beside the rows.
    """
    lengths = np.array([len(part) for part in parts])
    order = np.argsort(-lengths, kind="stable")
    alive = [order[: (lengths > t).sum()] for t in range(lengths.max())]
    rows = np.stack([parts[b][t] for t, batch in enumerate(alive) for b in batch])
    sizes = [len(batch) for batch in alive]
    return Packed(rows, sizes, order, np.argsort(order)) if shuffled else Packed(rows, sizes)
