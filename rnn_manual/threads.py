"""How many threads matrix products take.

While one of these is entered, a single one: for small matrices more of them only wait for each
other, and on a machine that is busy they wait for milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

_numpys = ThreadpoolController().select(user_api="blas")


def one_numpy_thread() -> AbstractContextManager[Any]:
    """Of NumPy's matrix products."""
    return _numpys.limit(limits=1)  # type: ignore[no-any-return]


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Of all that torch executes in the thread that entered this."""
    # Here and not above, so that the NumPy loops run where no torch is installed.
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
