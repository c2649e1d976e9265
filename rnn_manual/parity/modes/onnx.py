"""ONNX: exported by either of torch's exporters, and run by ONNX Runtime."""

from __future__ import annotations

import importlib.util
import io
import warnings
from typing import Any

import torch
from torch import nn
from torch.onnx.errors import OnnxExporterError

from rnn_manual.parity.candidates import Call, Unsupported
from rnn_manual.parity.modes.mode import Build, Mode, loses_all
from rnn_manual.parity.modes.padded import others, plain_call, plain_result
from rnn_manual.parity.versions import needed_argument, takes


def _onnx(dynamo: bool) -> Build:
    needed = ("onnx", "onnxruntime", *(("onnxscript",) if dynamo else ()))

    def build(module: nn.RNNBase) -> tuple[nn.Module, Call]:
        if dynamo:
            needed_argument(torch.onnx.export, "torch.onnx.export", "dynamo=True")
        missing = [name for name in needed if importlib.util.find_spec(name) is None]
        if missing:
            raise Unsupported(f"needs {', '.join(missing)}: pip install rnn-manual[onnx]")

        def call(input: Any, hx: Any = None) -> Any:
            plain, arguments = plain_call(module, input, hx)
            # Exported with other numbers, so that none of them can be in the graph.
            model = _exported(plain, others(arguments), dynamo)
            return plain_result(module, input, _run(model, arguments))

        return module, call

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
        except OnnxExporterError as error:  # which, of a cause, says only in which step it came up
            raise error.__cause__ or error from None
    return file.getvalue()


def _run(model: bytes, arguments: tuple[torch.Tensor, ...]) -> list[torch.Tensor]:
    onnxruntime = importlib.import_module("onnxruntime")
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    arrays = [tensor.detach().numpy() for tensor in arguments]
    names = [value.name for value in session.get_inputs()]
    return [torch.from_numpy(a) for a in session.run(None, dict(zip(names, arrays, strict=True)))]


MODES = [
    Mode(
        "onnx",
        "torch.onnx.export, run in ONNX Runtime",
        _onnx(dynamo=True),
        slow=True,
        loses=loses_all,
    ),
    Mode(
        "onnx-torchscript",
        "torch.onnx.export(dynamo=False), run in ONNX Runtime",
        _onnx(dynamo=False),
        loses=loses_all,
    ),
]
