"""Number formats: mixed precision, and instruction sets of older processors."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import torch

from rnn_manual.candidates.errors import Unsupported
from rnn_manual.candidates.harness.building import Built
from rnn_manual.candidates.harness.mode import Mode, Takes, every_case
from rnn_manual.candidates.modes.flat import flat, returned, tensors_of
from rnn_manual.candidates.modes.node import enclosed
from rnn_manual.cases.case import Case

AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2"}
DEFAULT = {"ATEN_CPU_CAPABILITY": "default"}
NARROW = ("float32", "bfloat16", "float16")


def _autocast(dtype: torch.dtype) -> Callable[[Built], Built]:
    """A float32 layer under autocast to `dtype`, which is also that of what goes in and out."""

    def build(built: Built) -> Built:
        wide = copy.deepcopy(built.module).float()

        def call(input: Any, hx: Any = None) -> Any:
            narrow = flat(wide, input, hx)

            def function(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
                with _cast(tensors[0].device.type, dtype):
                    outputs = narrow(*(tensor.float() for tensor in tensors))
                return tuple(output.to(dtype) for output in outputs)

            inner = list(wide.parameters())
            parameters = list(built.module.parameters())
            results = enclosed(function, tensors_of(input, hx), parameters, inner)
            return returned(input, results)

        return built._replace(call=call)

    return build


def _cast(device: str, dtype: torch.dtype) -> torch.autocast:
    """Autocast. Raises: Unsupported: not to this dtype, which older torch only warns of."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", ".*the target dtype is not supported")
        try:
            return torch.autocast(device, dtype)
        except UserWarning as warning:
            said = " ".join(str(warning).split())
            raise Unsupported(f"torch {torch.__version__}: {said}") from warning


def _as_it_is(built: Built) -> Built:
    return built


def _of(*dtypes: str) -> Callable[[Case], bool]:
    return lambda case: case.dtype in dtypes


def _elsewhere(
    name: str,
    sentence: str,
    environment: dict[str, str],
    build: Callable[[Built], Built],
    *dtypes: str,
) -> Mode:
    """In a process of its own, where torch is loaded anew: that alone takes seconds."""
    takes = _of(*dtypes) if dtypes else every_case
    subjects = Takes.ALL if build is _as_it_is else Takes.MODULES
    return Mode(name, sentence, build, takes, subjects, environment, slowest=True)


_BF16, _F16 = _autocast(torch.bfloat16), _autocast(torch.float16)
MODES = [
    Mode("autocast-bf16", "float32 under autocast to bfloat16", _BF16, _of("bfloat16")),
    Mode("autocast-f16", "float32 under autocast to float16", _F16, _of("float16")),
    _elsewhere(
        "autocast-bf16-avx2",
        "float32 under autocast to bfloat16, oneDNN held to AVX2",
        AVX2,
        _BF16,
        "bfloat16",
    ),
    _elsewhere(
        "autocast-f16-avx2",
        "float32 under autocast to float16, oneDNN held to AVX2",
        AVX2,
        _F16,
        "float16",
    ),
    # (oneDNN knows no float64.)
    _elsewhere("onednn-avx2", "oneDNN held to AVX2", AVX2, _as_it_is, *NARROW),
    _elsewhere("aten-default", "torch's kernels without vector instructions", DEFAULT, _as_it_is),
]
