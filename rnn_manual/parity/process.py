"""A process for candidates: whatever they do to it, the run goes on.

A layer can end the process that it runs in (a segmentation fault), never return, or need a
variable set before torch is loaded. So every candidate that another process can find by its name
computes there. The judge stays here, and only a case goes over and a result comes back.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

import torch

from rnn_manual.parity.candidates import Candidate, Unsupported, in_one_line
from rnn_manual.usage import LIMIT


class Died(Exception):
    """The candidate's process came to an end, or was brought to it, instead of answering."""


class Process:
    """A Python process that calls functions and sends back what they return or raise."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import serve; serve()"],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                **environment,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a group of its own: what the candidate starts ends with it
        )
        atexit.register(self.close)
        # That torch is loaded first is no fault of the candidate's.
        self.call(LIMIT, torch.set_num_threads, torch.get_num_threads())

    def call(self, limit: float, function: Callable[..., Any], *args: Any) -> Any:
        """What `function(*args)` returns or raises there.

        Raises: Died: the process ended, or did not answer in time and was killed.
        """
        questions, answers = self.process.stdin, self.process.stdout
        assert questions is not None
        assert answers is not None
        timer = threading.Timer(limit, self.kill)
        timer.start()
        try:
            # As bytes within a pickle: what cannot be read there is then still read to its end.
            pickle.dump(pickle.dumps((function, args)), questions)
            questions.flush()
            raised, answer = pickle.load(answers)
        except (EOFError, OSError, pickle.UnpicklingError):
            code = self.close()
            # A timer that has run out has no more to do; one that has not is still waiting.
            late = timer.finished.is_set()
            why = f"did not answer within {limit:g} s" if late else _ended(code)
            raise Died(why) from None
        except BaseException:
            self.close()  # the answer to this question must not be taken for the next one's
            raise
        finally:
            timer.cancel()
        if raised:
            raise answer
        return answer

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """Ends the process, and those that it started, where there are groups of processes."""
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()

    def close(self) -> int:
        """Ends the process. Returns: its exit code, which is its own if it had ended before."""
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with contextlib.suppress(OSError):  # what was still to be sent has no reader
                    pipe.close()
        return self.process.wait()


def _ended(code: int) -> str:
    """`ended its process with exit code -11 (SIGSEGV)`."""
    name = f" ({signal.Signals(-code).name})" if -code in [*signal.Signals] else ""
    return f"ended its process with exit code {code}{name}"


_limit = LIMIT


def set_limit(seconds: float) -> None:
    """How long a candidate may take for one case from now on."""
    global _limit
    _limit = seconds


_processes: dict[tuple[tuple[str, str], ...], Process] = {}


def somewhere(candidate: Candidate, function: Callable[..., Any], *args: Any) -> Any:
    """`function(candidate, *args)`: in the candidate's process if it can be found by name, or here.

    Raises: Died, and what the function raises.
    """
    if not candidate.named:
        if candidate.environment:
            raise Unsupported("takes a process of its own, where only a name leads to a candidate")
        return function(candidate, *args)
    key = tuple(sorted(candidate.environment.items()))
    process = _processes.get(key)
    if process is None or not process.alive:
        process = _processes[key] = Process(candidate.environment)
    return process.call(_limit, function, candidate, *args)


def serve() -> None:
    """The other side: calls what is asked for until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asks
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a candidate prints must not come between the answers
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nor may it read the questions
    while True:
        try:
            asked = pickle.load(questions)
        except EOFError:
            return
        try:
            function, args = pickle.loads(asked)
            answer = (False, function(*args))
        except (Exception, SystemExit) as error:
            answer = (True, _portable(error))
        pickle.dump(answer, answers)
        answers.flush()


def _portable(error: BaseException) -> BaseException:
    """The error itself if it survives the way back, or one that says the same."""
    try:
        survivor: BaseException = pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(in_one_line(error))
    return survivor
