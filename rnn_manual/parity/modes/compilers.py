"""Compilers: what traces a layer into a graph, and runs the graph."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from rnn_manual.parity.candidates import Call, Unsupported
from rnn_manual.parity.cases import Case
from rnn_manual.parity.modes.mode import Build, Mode
from rnn_manual.parity.modes.padded import others, plain_call, plain_result
from rnn_manual.parity.modes.scripted import script
from rnn_manual.parity.versions import needed

# By the name of its switch now, and in torch 2.6.
LIMIT_HIT = ("fail_on_recompile_limit_hit", "fail_on_cache_limit_hit")


def _compile(backend: str) -> Build:
    def build(module: nn.RNNBase) -> tuple[nn.Module, Call]:
        return module, _compiled(module, backend)

    return build


def _traced(backend: str) -> Build:
    """Through the layer, where torch.compile would leave the graph and run it as it is."""

    def build(module: nn.RNNBase) -> tuple[nn.Module, Call]:
        return module, _compiled(module, backend, fullgraph=True, allow_rnn=True)

    return build


def _compiled(module: nn.RNNBase, backend: str, fullgraph: bool = False, **settings: Any) -> Call:
    compile = needed("torch.compile")
    from torch._dynamo import config

    torch._dynamo.reset()  # what was compiled for other layers counts against the limit
    try:
        compiled = compile(module, backend=backend, fullgraph=fullgraph)
    except RuntimeError as error:  # nothing has run yet: Python is too new for this torch
        raise Unsupported(f"torch {torch.__version__}: {error}") from error
    for name in settings:
        if not hasattr(config, name):
            raise Unsupported(f"torch {torch.__version__} has no torch._dynamo.config.{name}")

    # Beyond the limit it would run the layer as it is, without a word.
    limit_hit = [name for name in LIMIT_HIT if hasattr(config, name)]
    settings |= dict.fromkeys(limit_hit[:1], True)

    def call(input: Any, hx: Any = None) -> Any:
        with config.patch(**settings):
            return compiled(input, hx)

    return call


def _export(decomposed: bool) -> Build:
    def build(module: nn.RNNBase) -> tuple[nn.Module, Call]:
        export = needed("torch.export.export")

        def call(input: Any, hx: Any = None) -> Any:
            plain, arguments = plain_call(module, input, hx)
            program = export(plain, others(arguments))
            if decomposed:
                program = program.run_decompositions()
            return plain_result(module, input, program.module()(*arguments))

        return module, call

    return build


def _trace(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    def call(input: Any, hx: Any = None) -> Any:
        plain, arguments = plain_call(module, input, hx)
        trace: Any = torch.jit.trace  # untyped
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # With other numbers, so that none of them can be in the graph.
            traced = trace(plain, others(arguments))
        return plain_result(module, input, traced(*arguments))

    return module, call


def _at_most(cells: int) -> Callable[[Case], bool]:
    """Cases that unroll to so many cells: the time it takes to compile them grows with it."""
    return lambda case: case.seq_len * case.config.num_rows <= cells


MODES = [
    Mode("compile", "torch.compile as it is", _compile("inductor")),
    Mode("compile-aot_eager", "torch.compile with the backend aot_eager", _compile("aot_eager")),
    Mode(
        "compile-traced",
        "torch.compile through the layer, not around it",
        _traced("inductor"),
        _at_most(6),
        slow=True,
    ),
    Mode(
        "compile-traced-aot_eager",
        "torch.compile through the layer, with the backend aot_eager",
        _traced("aot_eager"),
        _at_most(28),
        slow=True,
    ),
    Mode("export", "torch.export", _export(decomposed=False), slow=True),
    Mode(
        "export-decomposed",
        "torch.export, decomposed",
        _export(decomposed=True),
        _at_most(28),
        slow=True,
    ),
    Mode("jit.script", "torch.jit.script", script),
    Mode("jit.trace", "torch.jit.trace", _trace),
]
