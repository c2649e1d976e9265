"""Dropout of layers that draw masks of their own: the masks are read off what comes out.

The weights are such that every unit puts out something well above 0, that a unit of a layer above
reads one of the layer below, and that little else reaches it. So `out` tells which were dropped. On
these masks the oracle then gives what the layer has to give, value by value and gradient by
gradient: that is where the factor 1/(1 - p) is checked, that the masks on the way back are those of
the way there, that the last layer's output is whole. What is left to judge is chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from rnn_manual.candidates.harness.result import Result
from rnn_manual.candidates.harness.running import run_calls
from rnn_manual.candidates.process.dispatch import run_there
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, Floats, draw
from rnn_manual.claims.gradients import without_mode
from rnn_manual.claims.layer import Layer
from rnn_manual.judge.check import compare_result
from rnn_manual.judge.reference.tolerance import Reference, oracle
from rnn_manual.judge.tensor import TensorComparison
from rnn_manual.layout import mapped_rows

CALLS = 3  # of one layer, with a seed each
SHUT, BIAS = -60.0, 0.5  # what closes a gate to less than any rounding; what a unit starts from
SMALL = 0.002  # what else reaches a unit: far less than what it reads


def with_dropout(case: Case, p: float, *, many: bool = False) -> Case:
    """The case with dropout, and with three layers at most: through more nothing below is seen.

    Args:
        many: whether with so many steps, rows and units that many masks are drawn.
    """
    config = replace(
        case.config,
        dropout=p,
        hidden_size=8,
        proj_size=6 if case.config.proj_size else 0,
        num_layers=min(case.config.num_layers, 3),
    )
    T, B = (16, 12) if many else (5, 3)
    B = 1 if case.layout == "unbatched" else B
    call = "no_grad" if many else case.call
    if call == "second derivatives":  # of sums in which all masks have a part
        call = "with gradients"
    memory = "contiguous"
    return replace(
        case, config=config, seq_len=T, batch_size=B, memory=memory, training=True, call=call
    )


def transparent(case: Case) -> Data:
    """Numbers of a case on which what comes out tells what was dropped."""
    config, data = case.config, draw(case)
    H, rng = config.hidden_size, np.random.default_rng(case.seed)
    reads = {"rnn": 0, "lstm": 2, "gru": 2}[config.kind]  # the place of the gate that reads
    shut = {"rnn": (), "lstm": (1,), "gru": (1,)}[config.kind]
    opened = {"rnn": (), "lstm": (0, 3), "gru": ()}[config.kind]
    parameters = {name: np.zeros_like(array) for name, array in data.parameters.items()}
    for layer in range(config.num_layers):
        features = config.layer_input_size(layer)
        for direction in range(config.num_directions):
            names = config.parameter_names(layer, direction)
            read = parameters[names["weight_ih"]][reads * H : (reads + 1) * H]
            if layer == 0:
                read[:] = rng.uniform(0.2, 1, read.shape) / features
            else:
                start = direction * config.output_size
                read[range(H), start + np.arange(H) % config.output_size] = 1
            hidden = parameters[names["weight_hh"]]
            hidden[:] = SMALL * rng.uniform(-1, 1, hidden.shape)
            hidden[[row for row in range(len(hidden)) if row // H != reads]] = 0
            if 0 < layer < config.num_layers - 1:
                hidden[:] = 0  # what was dropped above it, a layer must not show later
            bias = parameters[names["bias_ih"]]
            for place, level in [(reads, BIAS), *((g, SHUT) for g in shut)]:
                bias[place * H : (place + 1) * H] = level
            for gate in opened:
                bias[gate * H : (gate + 1) * H] = -SHUT
            if config.proj_size:
                parameters[names["weight_hr"]][:, : config.proj_size] = np.eye(config.proj_size)
    rounded = {name: array.astype(case.dtype).astype(float) for name, array in parameters.items()}
    return replace(data, parameters=rounded, input=mapped_rows(np.abs, data.input))


def _read_back(case: Case, values: Floats) -> Floats:
    """What a unit read, from what it puts out; a little off for what else reaches it."""
    found: Floats = np.asarray(values, np.float64)
    found = _before_tanh(found) if case.config.nonlinearity == "tanh" else found
    return (_before_tanh(found) if case.config.kind == "lstm" else found) - BIAS


def _before_tanh(y: Floats) -> Floats:
    return np.asarray(np.arctanh(np.clip(y, -1 + 1e-15, 1 - 1e-15)))


def several_calls(layer: Layer, case: Case) -> tuple[Data, list[Result]]:
    """Calls one layer again and again, with another seed each time.

    Returns: the numbers that it is called on, and what each call gave.

    Raises: as `run_calls`.
    """
    without_mode(layer)
    data = transparent(case)
    seeds = range(case.seed, case.seed + CALLS)
    found: list[Result] = run_there(layer.candidate, _calls, case, seeds, data, layer.device)
    return data, found


def _calls(subject: Any, case: Case, seeds: Any, data: Data, device: str) -> list[Result]:
    return run_calls(subject, case, seeds, data=data, device=device)


def against_the_oracle(case: Case, data: Data, result: Result) -> dict[str, TensorComparison]:
    """A call's results against the oracle's on the masks that they show."""
    kept = kept_of(case, result)
    scale = 1 / (1 - case.config.dropout)
    masks = tuple(scale * np.nan_to_num(layer, nan=1.0) for layer in kept)
    exact, allowed = oracle(case, replace(data, masks=masks))
    loop = {name: array.astype(case.dtype) for name, array in exact.items()}
    compared = compare_result(result, Reference(Result(loop), exact, allowed))
    # Where a unit of layer 1 is dropped, what it read does not show; and its weights' gradients
    # are sums that have to do with all that it read.
    return {
        name: tensor
        for name, tensor in compared.items()
        if not (np.isnan(kept).any() and "weight" in name and "_l1" in name)
    }


def kept_of(case: Case, result: Result) -> Floats:
    """Which outputs of each layer but the last the next one read; NaN where that does not show."""
    config = case.config
    out = result.tensors["out"]
    out = out.swapaxes(0, 1) if case.batch_axis == 0 else out  # step after step
    limit = _least(case) / (1 - config.dropout) / 2
    read = _read_back(case, out.reshape(-1, out.shape[-1]))
    above = (read > limit).astype(float)
    if config.num_layers == 2:
        return above[None]
    # What was kept, the layer below put out: more, if what that one read was kept.
    read = _read_back(case, np.where(above, read * (1 - config.dropout), np.nan))
    below = np.where(np.isnan(read), np.nan, read > limit)
    # Of the last step of each sequence h_n tells, too.
    h_n = result.tensors["h_n"].reshape(config.num_rows, -1, config.output_size)
    step, sequence = _rows_of(case)
    for direction in range(config.num_directions):
        for b, length in enumerate(case.lengths):
            row = np.flatnonzero((step == (0 if direction else length - 1)) & (sequence == b))
            ended = _read_back(case, h_n[config.row(1, direction), b]) > limit
            below[row, config.columns(direction)] = ended
    return np.stack([below, above])


def _least(case: Case) -> float:
    """What a unit puts out that reads nothing, but for what is small."""
    if case.config.nonlinearity == "relu":
        return BIAS
    return float(np.tanh(np.tanh(BIAS)) if case.config.kind == "lstm" else np.tanh(BIAS))


def _rows_of(case: Case) -> tuple[Floats, Floats]:
    """The step and the sequence of each row, step after step, longest first where packed."""
    lengths = np.array(case.lengths)
    order = np.argsort(-lengths, kind="stable") if case.packed else np.arange(len(lengths))
    alive = [order[lengths[order] > t] for t in range(case.seq_len)]
    return np.repeat(np.arange(case.seq_len), [len(a) for a in alive]), np.concatenate(alive)


def as_table(case: Case, kept: Floats) -> Floats:
    """(…, ΣB_t, D·H) as (…, T, B, D·H), NaN where a sequence has no such step."""
    shape = (*kept.shape[:-2], case.seq_len, case.batch_size, kept.shape[-1])
    table = np.full(shape, np.nan)
    step, sequence = _rows_of(case)
    table[..., step, sequence, :] = kept
    return table


AXES = ("calls", "layers", "steps", "rows", "units")


def pairs_of(table: Floats) -> Iterator[tuple[str, Floats, Floats]]:
    """Pairs of numbers that have nothing to do with one another, none of them in two pairs.

    Of different layers there are none: what the one below kept shows only where the one above kept
    it, too. If their masks were one, all that shows would be kept, and that is no share of 1 - p.
    """
    for axis, name in enumerate(AXES):
        if name == "layers":
            continue
        half = table.shape[axis] // 2
        if not half:
            continue
        first, second = (table.take(range(k * half, (k + 1) * half), axis) for k in (0, 1))
        yield f"{name} half of them apart", first, second
        yield f"{name} from either end", first, np.flip(second, axis)
        even, odd = (table.take(range(k, 2 * half, 2), axis) for k in (0, 1))
        yield f"neighbouring {name}", even, odd


def chance_of(hits: int, trials: int, p: float) -> float:
    """At most so probable it is to be so far from p, or farther (Chernoff's bound).

    Of `trials` independent tries, each of which hits with probability p.
    """
    share = hits / trials
    terms = [(share, p), (1 - share, 1 - p)]
    divergence = sum(s * np.log(s / q) for s, q in terms if s)
    return float(2 * np.exp(-trials * divergence))
