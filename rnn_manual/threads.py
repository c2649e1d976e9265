"""How many threads NumPy's matrix products take."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

_numpys = ThreadpoolController().select(user_api="blas")


def one_thread() -> AbstractContextManager[Any]:
    """Within it, one: for small matrices, with several processes at work, more would only wait."""
    return _numpys.limit(limits=1)  # type: ignore[no-any-return]
