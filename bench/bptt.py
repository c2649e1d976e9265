"""Backpropagation by hand against autograd, and the NumPy loops against all, in float64.

All of it forward and backward: what autograd's forward keeps for its backward, it also pays for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from bench.case import KINDS, LARGE, SIZES, Case
from bench.interleave import Timed, interleaved
from bench.layers import forward, same, train
from bench.of_torch import layer
from bench.ours import loops
from rnn_manual import Config, as_numpy, run, vjp
from rnn_manual.threads import one_numpy_thread
from rnn_manual.weights import read_weights

CASES = [Case(kind, size, dtype=torch.float64) for size in SIZES if size != LARGE for kind in KINDS]


def rows(cases: list[Case], seconds: float) -> Iterator[dict[str, Any]]:
    """A row for each case, way and subject, as JSON has it."""
    for case in cases:
        for way, timed in (("forward", _forward(case)), ("train", _train(case))):
            same(timed)
            about = {"part": "bptt", "kind": case.kind, "size": list(case.size), "way": way}
            with one_numpy_thread():
                for name, ratio in interleaved(timed, seconds).items():
                    yield {**about, "subject": name, **vars(ratio)}


def _forward(case: Case) -> dict[str, Timed]:
    module, x = case.module(), case.input()
    config, array = Config.of(module), x.detach().numpy()
    weights = as_numpy(read_weights(module))
    return {
        "torch.nn": forward(layer(module, case), x),
        "loops": forward(loops(module, case), x),
        "loops in NumPy": Timed(lambda: run(config, weights, array)[:1]),
    }


def _train(case: Case) -> dict[str, Timed]:
    module, x = case.module(), case.input()
    config, weights, rows = Config.of(module), read_weights(module), x.detach()
    in_torch = tuple(tuple(w.map(lambda t: t.detach()) for w in row) for row in weights)
    in_numpy = as_numpy(weights)
    d_out = torch.randn(
        module(x)[0].shape, generator=torch.Generator().manual_seed(2), dtype=x.dtype
    )

    def by_hand(weights: Any, rows: Any, d_out: Any) -> Timed:
        def call() -> tuple[Any, ...]:
            (out, _), pullback = vjp(config, weights, rows)
            return out, pullback(d_out).input

        return Timed(call, lambda: torch.backends.mkldnn.flags(enabled=False))

    return {
        "torch.nn, autograd": train(layer(module, case), x),
        "loops, autograd": train(loops(module, case), x),
        "loops, by hand": by_hand(in_torch, rows, d_out),
        "loops in NumPy, by hand": by_hand(in_numpy, rows.numpy(), d_out.numpy()),
    }
