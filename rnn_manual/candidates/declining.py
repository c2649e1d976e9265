"""Whether an error says that torch does not support something, or that something went wrong."""

from __future__ import annotations

from collections.abc import Iterator

# By name, because loading those modules takes seconds and some of them may not be installed.
TYPES = {
    "NotImplementedError",
    "torch._dynamo.exc.Unsupported",
    "torch._dynamo.exc.UserError",
    "torch.fx.experimental.symbolic_shapes.GuardOnDataDependentSymNode",
    "torch.onnx.errors.UnsupportedOperatorError",
    "torch.onnx._internal.exporter._errors.DispatchError",
    "onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented",
}
PHRASES = (
    "not implemented",
    "not supported",
    "does not support",
    "does not currently support",
    "unsupported",
    "cannot access data pointer of tensor that doesn't have storage",  # torch.func
    "but got faketensor",  # torch.export, of a size that depends on data
    "could not create a primitive",  # oneDNN
    "no working c++ compiler",  # inductor
    "type error: type 'tensor(",  # ONNX Runtime, of an operator that has no such type
)


def declines(error: BaseException) -> bool:
    """Whether torch says that it does not support what was asked of it, by type or in words."""
    return any(_says_so(each) for each in _chain(error))


def _says_so(error: BaseException) -> bool:
    names = {
        f"{c.__module__}.{c.__qualname__}".removeprefix("builtins.") for c in type(error).mro()
    }
    said = str(error).lower()
    return bool(names & TYPES) or any(phrase in said for phrase in PHRASES)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those that it was raised from."""
    while error:
        yield error
        if error.__cause__ is None:
            return
        error = error.__cause__
