"""Compilers: what traces a layer into a graph, and runs the graph."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch

from rnn_manual.candidates.candidate import Call
from rnn_manual.candidates.errors import Unsupported
from rnn_manual.candidates.harness.building import Built
from rnn_manual.candidates.harness.mode import Mode, Takes
from rnn_manual.candidates.modes.programs.declared import check_declared, declared_by
from rnn_manual.candidates.modes.programs.padded import others, plain_call, plain_result
from rnn_manual.candidates.modes.programs.scripted import script
from rnn_manual.candidates.torch_versions import needed, unwatched
from rnn_manual.cases.case import Case

# By the name of its switch now, and in torch 2.6.
LIMIT_HIT = ("fail_on_recompile_limit_hit", "fail_on_cache_limit_hit")


GENERATED = "generated kernels, which torch.compile runs only where no operation is watched"


def _compile(backend: str) -> Callable[[Built], Built]:
    return lambda built: built._replace(call=_compiled(built.call, backend))


def _traced(backend: str) -> Callable[[Built], Built]:
    """Through the layer, where torch.compile would leave the graph and run it as it is."""

    def build(built: Built) -> Built:
        call = _compiled(built.call, backend, fullgraph=True, allow_rnn=True)
        return built._replace(call=call)

    return build


def _compiled(layer: Call, backend: str, fullgraph: bool = False, **settings: Any) -> Call:
    compile = needed("torch.compile")
    from torch._dynamo import config

    _key_by_instruction_set()
    torch._dynamo.reset()  # what was compiled for other layers counts against the limit
    try:
        compiled = compile(layer, backend=backend, fullgraph=fullgraph)
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


def _key_by_instruction_set() -> None:
    """From now on, what torch.compile finds in its cache on disk was compiled for this CPU.

    Its key leaves out the instruction set: what was written for AVX-512 is found, compiled for
    AVX2, and computes other numbers (docs/findings.py). This happens where ATEN_CPU_CAPABILITY is
    set, or where machines share a cache. The tag stays, for the way back is compiled when it is
    first taken.
    """
    try:
        config = needed("torch.compiler.config")
        capability = torch.backends.cpu.get_cpu_capability()
        if capability not in config.cache_key_tag:
            config.cache_key_tag = f"{config.cache_key_tag} {capability}"
    except (Unsupported, AttributeError):  # torch 2.6 and before have no such tag
        pass


def _export(decomposed: bool) -> Callable[[Built], Built]:
    def build(built: Built) -> Built:
        export = needed("torch.export.export")

        def call(input: Any, hx: Any = None) -> Any:
            plain, arguments = plain_call(built, input, hx)
            with unwatched():
                program = export(plain, others(arguments))
                if decomposed:
                    program = program.run_decompositions()
            found = program.module()(*arguments)
            check_declared(declared_by(program), found)
            return plain_result(built, input, found)

        return built._replace(call=call)

    return build


def _trace(built: Built) -> Built:
    def call(input: Any, hx: Any = None) -> Any:
        plain, arguments = plain_call(built, input, hx)
        trace: Any = torch.jit.trace  # untyped
        with warnings.catch_warnings(), unwatched():
            warnings.simplefilter("ignore")
            # With other numbers, so that none of them can be in the graph.
            traced = trace(plain, others(arguments))
        return plain_result(built, input, traced(*arguments))

    return built._replace(call=call)


def _at_most(cells: int) -> Callable[[Case], bool]:
    """Cases that unroll to so many cells: the time it takes to compile them grows with it."""
    return lambda case: case.seq_len * case.config.num_rows <= cells


MODES = [
    Mode(
        "compile",
        "torch.compile as it is",
        _compile("inductor"),
        subjects=Takes.ALL,
        translates=True,
        opaque=GENERATED,
    ),
    Mode(
        "compile-aot_eager",
        "torch.compile with the backend aot_eager",
        _compile("aot_eager"),
        subjects=Takes.ALL,
        translates=True,
        opaque=GENERATED,
    ),
    Mode(
        "compile-traced",
        "torch.compile through the layer, not around it",
        _traced("inductor"),
        _at_most(6),
        slowest=True,
        translates=True,
        opaque=GENERATED,
    ),
    Mode(
        "compile-traced-aot_eager",
        "torch.compile through the layer, with the backend aot_eager",
        _traced("aot_eager"),
        _at_most(28),
        slow=True,
        translates=True,
        opaque=GENERATED,
    ),
    Mode(
        "export",
        "torch.export of a call with other numbers and lengths",
        _export(decomposed=False),
        slow=True,
        translates=True,
    ),
    Mode(
        "export-decomposed",
        "torch.export of a call with other numbers and lengths, decomposed",
        _export(decomposed=True),
        _at_most(28),
        slow=True,
        translates=True,
    ),
    Mode("jit.script", "torch.jit.script", script, translates=True),
    Mode(
        "jit.trace",
        "torch.jit.trace of a call with other numbers and lengths",
        _trace,
        translates=True,
    ),
]
