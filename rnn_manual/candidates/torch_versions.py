"""What some versions of torch have, have under another name, or have not."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from rnn_manual.candidates.errors import Unsupported

DYNAMO = os.path.join("torch", "_dynamo", "eval_frame.py")
COMPILING = os.path.join("torch", "_dynamo", "convert_frame.py")


def needed(name: str, *older: str) -> Any:
    """What torch calls `name`, as torch.compile, or called by an older name.

    Raises: Unsupported: this torch has none.
    """
    for each in (name, *older):
        found = _found(each)
        if found is not None:
            return found
    raise Unsupported(f"torch {torch.__version__} has no {name}")


def _found(name: str) -> Any:
    package, *parts = name.split(".")
    try:
        found: Any = importlib.import_module(package)
    except ImportError:
        return None
    for part in parts:
        found = getattr(found, part, None)
    return found


def takes(function: Callable[..., Any], argument: str) -> bool:
    """Whether this torch's function has an argument of that name."""
    return argument in inspect.signature(function).parameters


def needed_argument(function: Callable[..., Any], name: str, argument: str) -> None:
    """Raises: Unsupported: this torch's function, called `name`, takes no `argument=…`."""
    if not takes(function, argument.partition("=")[0]):
        raise Unsupported(f"torch {torch.__version__} has no {name}({argument})")


def unwatched() -> AbstractContextManager[Any]:
    """Within it, no dispatch mode sees what torch does: for what reads a layer to translate it."""
    disabled = _found("torch.utils._python_dispatch._disable_current_modes")
    return disabled() if disabled else nullcontext()


def is_dynamo_loaded() -> bool:
    """Whether something may have been compiled by torch.compile in this process."""
    return "torch._dynamo" in sys.modules


def as_written() -> AbstractContextManager[Any]:
    """Within it, what went through torch.compile is executed as it was written (torch ≥ 2.6)."""
    stance = _found("torch.compiler.set_stance") if is_dynamo_loaded() else None
    return stance("force_eager") if stance else nullcontext()


def forget_compiled(error: BaseException) -> None:
    """If it was raised while torch.compile compiled, that begins anew: it would fail again."""
    lines = traceback.walk_tb(error.__traceback__)
    if any(frame.f_code.co_filename.endswith(COMPILING) for frame, _ in lines):
        needed("torch._dynamo.reset")()


def is_in_compiled() -> bool:
    """Whether what calls this was called through torch.compile."""
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if code.co_name in ("compile_wrapper", "_fn") and code.co_filename.endswith(DYNAMO):
            return "callback" in frame.f_locals  # not what torch itself keeps from being compiled
        frame = frame.f_back  # type: ignore[assignment]
    return False


def storage_of(tensor: torch.Tensor) -> Any:
    """The memory that a tensor looks into, which others may share."""
    try:
        return tensor.untyped_storage()
    except AttributeError:  # torch 1.13
        storage: Any = tensor.storage()  # type: ignore[no-untyped-call]
        return storage.untyped()
