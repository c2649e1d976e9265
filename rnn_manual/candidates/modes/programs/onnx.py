"""ONNX: exported by either of torch's exporters, and run by ONNX Runtime."""

from __future__ import annotations

import importlib.util
import io
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from rnn_manual.candidates.errors import Unsupported
from rnn_manual.candidates.harness.building import Built
from rnn_manual.candidates.harness.mode import Mode, loses_all
from rnn_manual.candidates.modes.programs.declared import Declared, check_declared
from rnn_manual.candidates.modes.programs.padded import others, plain_call, plain_result
from rnn_manual.candidates.torch_versions import needed_argument, takes


def _onnx(dynamo: bool) -> Callable[[Built], Built]:
    needed = ("onnx", "onnxruntime", *(("onnxscript",) if dynamo else ()))

    def build(built: Built) -> Built:
        if dynamo:
            needed_argument(torch.onnx.export, "torch.onnx.export", "dynamo=True")
        missing = [name for name in needed if importlib.util.find_spec(name) is None]
        if missing:
            raise Unsupported(f"needs {', '.join(missing)}: pip install rnn-manual[onnx]")

        def call(input: Any, hx: Any = None) -> Any:
            plain, arguments = plain_call(built, input, hx)
            # Exported with other numbers, so that none of them can be in the graph.
            model = _exported(plain, others(arguments), dynamo)
            return plain_result(built, input, _run(model, arguments))

        return built._replace(call=call)

    return build


def _exported(module: nn.Module, arguments: tuple[Any, ...], dynamo: bool) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export: Any = torch.onnx.export  # typed for a path only, though a file is as good
        # Before torch 2.5 there is no other exporter than that of dynamo=False.
        chosen = {"dynamo": dynamo} if takes(export, "dynamo") else {}
        try:
            export(module, arguments, file, verbose=False, **chosen)
        except torch.onnx.errors.OnnxExporterError as error:
            # Of a cause it says only in which step it came up.
            raise error.__cause__ or error from None
    return file.getvalue()


def _run(model: bytes, arguments: tuple[torch.Tensor, ...]) -> list[torch.Tensor]:
    onnxruntime = importlib.import_module("onnxruntime")
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    arrays = [tensor.detach().numpy() for tensor in arguments]
    names = [value.name for value in session.get_inputs()]
    found = session.run(None, dict(zip(names, arrays, strict=True)))
    tensors = [torch.from_numpy(array) for array in found]
    check_declared([_declared(value) for value in session.get_outputs()], tensors)
    return tensors


def _declared(value: Any) -> Declared:
    """What a model's graph says of an output: sizes that it leaves open have names there."""
    shape = tuple(size if isinstance(size, int) else None for size in value.shape)
    return Declared(shape, DTYPES[value.type])


DTYPES = {
    "tensor(float)": torch.float32,
    "tensor(double)": torch.float64,
    "tensor(float16)": torch.float16,
    "tensor(bfloat16)": torch.bfloat16,
}


RUNTIME = "ONNX Runtime's kernels"

MODES = [
    Mode(
        "onnx",
        "torch.onnx.export of a call with other numbers and lengths, run in ONNX Runtime",
        _onnx(dynamo=True),
        loses=loses_all,
        slow=True,
        translates=True,
        opaque=RUNTIME,
    ),
    Mode(
        "onnx-torchscript",
        "torch.onnx.export(dynamo=False), run in ONNX Runtime",
        _onnx(dynamo=False),
        loses=loses_all,
        translates=True,
        opaque=RUNTIME,
    ),
]
