"""What runs in a process for candidates: it calls what it is asked to, and answers."""

from __future__ import annotations

import faulthandler
import os
import pickle
import signal
import sys

from rnn_manual.candidates.errors import in_one_line
from rnn_manual.candidates.process.own_line import own_line
from rnn_manual.collector import collect_seldom, keep_what_is_loaded


def serve(threads: int | None) -> None:
    """Reads questions, calls what they ask for, and writes answers, until the questions end.

    Args:
        threads: how many torch may use; None where torch is not loaded.
    """
    collect_seldom()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asks
    faulthandler.enable()
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a candidate prints must not come between the answers
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nor may it read the questions
    if threads is not None:
        import torch  # here, so that a judge without torch can ask

        torch.set_num_threads(threads)
    keep_what_is_loaded()
    pickle.dump("ready", answers)
    answers.flush()
    while True:
        try:
            asked = pickle.load(questions)
        except EOFError:
            return
        value, error = None, None
        try:
            function, args = pickle.loads(asked)
            value = function(*args)
        except BaseException as raised:  # whatever it is, it is the answer
            error = _portable(raised)
        sys.stdout.flush()
        sys.stderr.flush()
        pickle.dump((value, error), answers)
        answers.flush()


def _portable(error: BaseException) -> BaseException:
    """The error, or one that says the same if it does not survive the way; with its own line."""
    line = own_line(error)
    try:
        survivor: BaseException = pickle.loads(pickle.dumps(error))
    except Exception:
        survivor = RuntimeError(in_one_line(error))
    survivor.own_line = line  # type: ignore[attr-defined]
    survivor.in_call = getattr(error, "in_call", "")  # type: ignore[attr-defined]
    return survivor
