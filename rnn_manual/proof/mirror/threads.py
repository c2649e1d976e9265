"""Sees where work is handed to another thread, for what torch computes there is not mirrored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import wraps
from queue import Queue
from typing import Any

HANDED_OVER_BY: tuple[tuple[Any, str], ...] = (
    (threading.Thread, "start"),
    (ThreadPoolExecutor, "submit"),
    (Queue, "put"),
)


@contextmanager
def handed_over(told: Callable[[], None]) -> Iterator[None]:
    """Calls `told` whenever this thread starts another one, or gives one something to do."""
    here = threading.get_ident()

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() == here:
                told()
            return function(*args, **kwargs)

        return call

    with ExitStack() as undo:
        for owner, name in HANDED_OVER_BY:
            function = getattr(owner, name)
            undo.callback(setattr, owner, name, function)
            setattr(owner, name, watched(function))
        yield
