"""How a process for candidates is started: anew, or as a fork of one that has loaded torch.

Loading torch takes seconds, so that four processes which each load it take most of a short run.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from typing import IO, Protocol

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
    """
    (questions, asks), (told, answers) = os.pipe(), os.pipe()
    pids: list[int] = []

    def fork() -> None:
        pid = os.fork()
        if pid:
            pids.append(pid)
            return
        try:
            os.setsid()
            os.environ.update(environment)
            for source, target in ((questions, 0), (answers, 1), (printed.fileno(), 2)):
                os.dup2(source, target)
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # they are the forked process's
            # pytest makes errors of some warnings, and shows others that Python does not.
            kept = [each for each in warnings.filters if each[0] in ("ignore", "default")]
            warnings.filters[:] = kept  # type: ignore[index]
            sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
            sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
            serve(threads)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)  # and do nothing that the forked process wants done at its own end

    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():  # from 3.12 on, of other threads, as those of pytest-xdist
        warnings.simplefilter("ignore", DeprecationWarning)
        # In a thread, whose stack is empty: where it crashes is told by the frames on the stack.
        thread = threading.Thread(target=fork)
        thread.start()
        thread.join()
    os.close(questions)
    os.close(answers)
    return Forked(pids[0], os.fdopen(asks, "wb"), os.fdopen(told, "rb"))


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
