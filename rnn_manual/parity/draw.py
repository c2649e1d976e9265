"""The numbers of a case.

Data all the way: the same id and seed give the same numbers under every torch version, because
NumPy draws them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from rnn_manual.layout import Packed, rows_of
from rnn_manual.parity.cases import Case, Data, Floats


def rounded(values: Any, dtype: str) -> Floats:
    """float64 values, each rounded to the nearest that `dtype` holds."""
    to: torch.dtype = getattr(torch, dtype)
    array: Floats = torch.tensor(np.asarray(values, np.float64)).to(to).double().numpy()
    return array


@lru_cache(maxsize=8)
def draw(case: Case) -> Data:
    """Parameters, input, state and cotangents of a case."""
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
    shape = (T, config.input_size) if not batch else (T, B, config.input_size)
    batch_axis = 1
    if batch and config.batch_first and case.layout == "batched":
        shape, batch_axis = (B, T, config.input_size), 0
    x = rounded(_special(case.values, rng.standard_normal(shape), rng, batch_axis), case.dtype)
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
    if case.memory == "expanded" and batch:
        x = _one_row(x, batch_axis)
        state = None if state is None else tuple(_one_row(s, 1) for s in state)
    input: Floats | Packed = x
    if case.packed:
        parts = [x[:length, b] for b, length in enumerate(case.lengths)]
        input = pack(parts, shuffled=case.layout == "packed")
    out_shape = np.shape(rows_of(input))[:-1]
    out_shape = (*out_shape, config.num_directions * config.output_size)
    cotangents = tuple(
        rounded(rng.standard_normal(shape), case.dtype) for shape in [out_shape, *state_shapes]
    )
    return Data(parameters, input, state, cotangents)


def _special(values: str, x: Floats, rng: np.random.Generator, batch_axis: int) -> Floats:
    """Some of the numbers replaced, where the case asks for it."""
    special = {"signed zeros": 0.0, "infinities": np.inf, "NaN": np.nan}
    if values == "usual" or not x.size:
        return x
    chosen = rng.random(x.shape) < 0.2
    signs = np.copysign(1.0, rng.standard_normal(x.shape))
    if values != "signed zeros" and x.ndim == 3:  # the other rows of the batch must not notice
        chosen &= np.arange(x.shape[batch_axis]).reshape((-1, 1) if batch_axis else (-1, 1, 1)) == 0
    return np.where(chosen, np.copysign(special[values], signs), x)


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
