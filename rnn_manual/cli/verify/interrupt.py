"""Ctrl-C ends the suite, also where what it raises is lost."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any


class Interrupt:
    """While it is entered, Ctrl-C is kept in mind; as a plugin of pytest, it ends the run then.

    Python prints what is raised as a reference is dropped, or garbage collected, and goes on.
    """

    def __init__(self) -> None:
        self.asked = False
        self.before: Any = None

    def __enter__(self) -> Interrupt:
        usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if usual and threading.current_thread() is threading.main_thread():
            self.before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *raised: object) -> None:
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        raise KeyboardInterrupt

    def pytest_runtest_logreport(self) -> None:
        """After every test, of workers too."""
        if self.asked:
            raise KeyboardInterrupt
