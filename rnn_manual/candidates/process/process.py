"""A process for candidates: whatever they do to it, the run goes on.

A layer can end the process that it runs in (a segmentation fault), never return, or need a
variable set before torch is loaded; and its module may change torch when it is imported. So every
candidate that another process can find by its name is loaded and computes there. The judge stays
here, and only a case goes over and a result comes back.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rnn_manual.candidates.errors import ProcessEnded
from rnn_manual.candidates.process.own_line import own_line_printed
from rnn_manual.candidates.process.starting import Started, anew

KEPT = 2000  # characters of what a candidate prints in one call
FATAL = "Fatal Python error"  # with which begins what Python itself says of the end
GRACE = 1.0  # seconds that an aborted process has to say where it was


@dataclass(frozen=True)
class Answer:
    """What came of a call in another process.

    Args:
        value: what was returned. error: what was raised, if anything was.
        printed: what was written to standard output and standard error meanwhile, its end.
    """

    value: Any = None
    error: BaseException | None = None
    printed: str = ""


class Process:
    """A Python process that calls functions and sends back what they return or raise.

    Args:
        environment: what is set there, besides what is set here.
        threads: how many torch may use there; None for a process that does not load torch.
        start: how it is started, `anew` or `forked`.
    """

    start: Callable[..., Started] = staticmethod(anew)  # tests of commands put `forked` there

    def __init__(
        self,
        environment: Mapping[str, str],
        threads: int | None = None,
        start: Callable[..., Started] | None = None,
    ) -> None:
        # For appending: the two processes share the file, and must not share a place in it.
        self.printed = tempfile.TemporaryFile("a+b")  # noqa: SIM115 - as long as the process
        self.process = (start or self.start)(threads, environment, self.printed)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.pipes = self.process.stdin, self.process.stdout
        self.ready = self.closed = False
        atexit.register(self.close)

    def call(self, limit: float, function: Callable[..., Any], *args: Any) -> Answer:
        """Calls `function(*args)` there.

        Returns: what it returned or raised; `ProcessEnded` is raised in its place if the process
            ended, or did not answer within `limit` seconds and was ended.
        """
        questions, answers = self.pipes
        start = self.printed.seek(0, os.SEEK_END)
        late = threading.Event()

        def too_late() -> None:
            late.set()
            self._end()

        timer = threading.Timer(limit, too_late)
        try:
            if not self.ready:  # that torch is loaded first is no fault of the candidate's
                self.ready = bool(pickle.load(answers))
            timer.start()
            # As bytes within a pickle: what cannot be read there is then still read to its end.
            pickle.dump(pickle.dumps((function, args)), questions)
            questions.flush()
            value, error = pickle.load(answers)
        except (EOFError, OSError, pickle.UnpicklingError):
            _stop(timer)
            printed = self._printed_since(start)
            code = self.close()
            why = f"did not answer within {limit:g} s" if late.is_set() else _ended(code)
            error = ProcessEnded(why)
            error.own_line = own_line_printed(printed)  # type: ignore[attr-defined]
            return Answer(error=error, printed=printed.partition(FATAL)[0])
        except BaseException:
            _stop(timer)
            self.close()  # the answer to this question must not be taken for the next one's
            raise
        _stop(timer)
        printed = self._printed_since(start)
        if late.is_set():  # it answered at the last moment, and is being ended
            self.close()
        return Answer(value, error, printed)

    def _printed_since(self, start: int) -> str:
        end = self.printed.seek(0, os.SEEK_END)
        self.printed.seek(max(start, end - 4 * KEPT))
        return self.printed.read().decode(errors="replace")[-KEPT:]

    @property
    def alive(self) -> bool:
        if self.closed:
            return False
        if not hasattr(os, "waitid"):
            return self.process.poll() is None
        # Without reaping it: as long as it is not reaped, no other process has its number.
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.process.pid, options) is None

    def _end(self) -> None:
        """Aborts the process, which lets it say where it is, and kills it if it does not end."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGABRT)  # (send_signal would reap it)
        until = time.monotonic() + GRACE
        while self.alive and time.monotonic() < until:
            time.sleep(0.02)
        self._kill()

    def _kill(self) -> None:
        """Kills the process, and those that it started, where there are groups of processes."""
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()

    def close(self) -> int:
        """Ends the process. Returns: its exit code, which is its own if it had ended before."""
        if not self.closed:
            self._kill()
            self.closed = True
            for pipe in self.pipes:
                with contextlib.suppress(OSError):  # what was still to be sent has no reader
                    pipe.close()
            self.printed.close()
        return self.process.wait()


def _stop(timer: threading.Timer) -> None:
    """Stops a timer, or waits for it if it is ending the process at this moment.

    The process must not be reaped meanwhile: its number may then be another's.
    """
    timer.cancel()
    if timer.ident:
        timer.join()


def _ended(code: int) -> str:
    """`ended its process with exit code -11 (SIGSEGV)`."""
    name = f" ({signal.Signals(-code).name})" if -code in [*signal.Signals] else ""
    return f"ended its process with exit code {code}{name}"
