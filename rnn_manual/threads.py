"""How many threads matrix products take.

Within these, one: for small matrices more of them only wait for each other, and on a machine that
is busy they wait for milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

_numpys = ThreadpoolController().select(user_api="blas")


def one_thread() -> AbstractContextManager[Any]:
    """One of NumPy's."""
    return _numpys.limit(limits=1)  # type: ignore[no-any-return]


@contextmanager
def one_of_torch() -> Iterator[None]:
    """One of torch's, for all that it executes in the thread that is in here."""
    # Here and not above, so that the NumPy loops run where no torch is installed.
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
