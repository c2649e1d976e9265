"""How a process for candidates is started: anew, or as a fork of one that has loaded torch.

Loading torch takes seconds. A fork need not, but it has what was loaded and changed there, pytest
and its hooks among it: it is for torch.nn, and for tests, whose layers look at nothing of this.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from typing import IO, NoReturn, Protocol

from rnn_manual.candidates.process.serving import serve


class Started(Protocol):
    """A process that serves. It reads questions from stdin, and writes answers to stdout."""

    pid: int

    @property
    def stdin(self) -> IO[bytes] | None: ...

    @property
    def stdout(self) -> IO[bytes] | None: ...

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""

    def wait(self) -> int:
        """Waits for its end. Returns: its exit code, negative for a signal."""

    def kill(self) -> None:
        """Ends it."""


def anew(threads: int | None, environment: Mapping[str, str], printed: IO[bytes]) -> Started:
    """A new Python, which loads all it needs.

    Args:
        threads: how many torch may use there; None for a process that does not load torch.
        environment: what is set there, besides what is set here.
        printed: the file that takes what is written to standard output and standard error.
    """
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.Popen(
        [sys.executable, "-c", f"from {serve.__module__} import serve; serve({threads})"],
        env={**os.environ, "PYTHONPATH": path, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=printed,
        start_new_session=True,  # a group of its own: what the candidate starts ends with it
    )


def forked(threads: int | None, environment: Mapping[str, str], printed: IO[bytes]) -> Started:
    """As `anew`, but a fork of this process, in which torch is loaded: Linux only.

    torch must have computed nothing yet if it may use several threads, a GPU is there, or the
    environment is to change how it computes: its threads do not exist in a fork, and neither it
    nor MKL look at the environment twice.

    Raises: OSError: there can be no more processes.
    """
    (questions, asks), (told, answers) = os.pipe(), os.pipe()
    made: list[int | OSError] = []

    def fork() -> None:
        try:
            made.append(os.fork())
        except OSError as error:
            made.append(error)
        if made == [0]:
            _serve_in_fork(threads, environment, {questions: 0, answers: 1, printed.fileno(): 2})

    with warnings.catch_warnings():  # from 3.12 on, of other threads, as those of pytest-xdist
        warnings.simplefilter("ignore", DeprecationWarning)
        # In a thread, whose stack is empty: where it crashes is told by the frames on the stack.
        thread = threading.Thread(target=fork, name="MainThread")
        thread.start()
        thread.join()
    os.close(questions)
    os.close(answers)
    if isinstance(made[0], OSError):
        os.close(asks)
        os.close(told)
        raise made[0]
    return Forked(made[0], os.fdopen(asks, "wb"), os.fdopen(told, "rb"))


def _serve_in_fork(
    threads: int | None, environment: Mapping[str, str], streams: Mapping[int, int]
) -> NoReturn:
    """As a process of its own.

    Args:
        streams: what is to be standard input, output and error: descriptor → 0, 1, 2.
    """
    try:
        gc.freeze()  # what is collected may close a file whose number is another's by now
        os.setsid()
        os.environ.update(environment)
        for descriptor, stream in streams.items():
            os.dup2(descriptor, stream)
        for descriptor in map(int, os.listdir("/proc/self/fd")):
            if descriptor > 2:  # it is the forked process's
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        kept = [each for each in warnings.filters if each[0] != "error"]  # which are pytest's
        warnings.filters[:] = kept  # type: ignore[index]
        sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
        serve(threads)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)  # and do nothing that the forked process wants done at its own end


class Forked:
    """A fork, as subprocess.Popen has a process."""

    def __init__(self, pid: int, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self.pid, self.stdin, self.stdout = pid, stdin, stdout
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._reaped(os.WNOHANG)

    def wait(self) -> int:
        self._reaped(0)
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def _reaped(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode
