"""Sees where work is handed to another thread, for what torch computes there is not mirrored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import wraps
from multiprocessing.pool import Pool
from queue import Queue
from typing import Any

HANDED_OVER_BY: tuple[tuple[Any, str], ...] = (
    (threading.Thread, "start"),
    (ThreadPoolExecutor, "submit"),
    (Queue, "put"),
    *((Pool, name) for name in ("apply_async", "map", "map_async", "starmap", "imap")),
)
Told = Callable[[], None]


class _Listening(threading.local):
    """What is to be told, of each thread."""

    def __init__(self) -> None:
        self.told: list[Told] = []


_listening = _Listening()
_lock = threading.Lock()
_originals: list[Any] = []
_entered = 0


@contextmanager
def handed_over(told: Told) -> Iterator[None]:
    """Calls `told` whenever this thread starts another one, or gives one something to do."""
    global _entered
    with _lock:
        if not _entered:
            _originals[:] = [getattr(owner, name) for owner, name in HANDED_OVER_BY]
            _put(list(map(_watched, _originals)))
        _entered += 1
    _listening.told.append(told)
    try:
        yield
    finally:
        _listening.told.pop()
        with _lock:
            _entered -= 1
            if not _entered:
                _put(_originals)


def _put(functions: list[Any]) -> None:
    for (owner, name), function in zip(HANDED_OVER_BY, functions, strict=True):
        setattr(owner, name, function)


def _watched(function: Any) -> Any:
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for told in _listening.told:
            told()
        return function(*args, **kwargs)

    return call
