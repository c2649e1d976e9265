"""Whether torch can compute on a device, and in a number format, here."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch.nn import functional as F

from rnn_manual.candidates.errors import Unusable


def usable_device(name: str) -> str:
    """`name`, if torch can compute there.

    Raises: Unusable: it cannot, in torch's words, or it cannot hand over what it computes.
    """
    try:
        torch.ones(2).numpy()
    except RuntimeError as error:  # torch before 2.3, which its wheels do not say
        with_numpy = f"torch {torch.__version__} cannot be used with NumPy {np.__version__}"
        raise Unusable(f"{with_numpy}: pip install 'numpy<2'") from error
    try:
        read_back = torch.ones(2, device=name).sum().item()
    except Exception as error:  # torch has a type of error for each way of having no such device
        said = str(error).splitlines()[0]
        raise Unusable(f"device {name!r} cannot be used: {said}") from error
    if read_back != 2:
        raise Unusable(f"device {name!r} cannot be used: 1 + 1 gave {read_back} there")
    return name


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
