"""What some versions of torch have and others have not."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch.nn import functional as F

from rnn_manual.parity.candidates import Unsupported


def needed(name: str) -> Any:
    """What torch calls `name`, as torch.compile.

    Raises: Unsupported: this torch has none.
    """
    found: Any = torch
    for part in name.split(".")[1:]:
        found = getattr(found, part, None)
    if found is None:
        raise Unsupported(f"torch {torch.__version__} has no {name}")
    return found


def takes(function: Callable[..., Any], argument: str) -> bool:
    """Whether this torch's function has an argument of that name."""
    return argument in inspect.signature(function).parameters


def needed_argument(function: Callable[..., Any], name: str, argument: str) -> None:
    """Raises: Unsupported: this torch's function, called `name`, takes no `argument=…`."""
    if not takes(function, argument.partition("=")[0]):
        raise Unsupported(f"torch {torch.__version__} has no {name}({argument})")


@cache
def lacking(dtype: str, device: str) -> str:
    """What torch says if it has no kernels for the loops; of float16 on a CPU it had none once."""
    x = torch.ones(2, 2, dtype=getattr(torch, dtype), device=device, requires_grad=True)
    try:
        torch.autograd.grad(F.linear(x, x, x[0]).tanh().sigmoid().relu().sum(), x)
    except RuntimeError as error:
        if "not implemented for" not in str(error):
            raise
        return f"torch {torch.__version__} has no {dtype} on {device}: {error}"
    return ""
