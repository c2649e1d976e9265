"""What a candidate raises, and what is raised about it."""

from __future__ import annotations

import re
from unittest import SkipTest


class Unsupported(SkipTest):
    """Raised by a candidate that has no such option; the verdict is then `unsupported`.

    In a test, pytest and unittest count it as skipped.
    """


class Unusable(Exception):
    """A candidate or device that leads to nothing that could be judged; one line says why."""


class Violation(Exception):
    """What a layer does that none may do, whatever its numbers are; one line says what."""


class ProcessEnded(Exception):
    """The candidate's process ended, or was ended, before it answered."""


class NotRun(ProcessEnded):
    """Too many of its processes ended one after the other, and it was not tried again."""


SCRIPTED = "The following operation failed in the TorchScript interpreter"


def said_by_torchscript(said: str) -> str:
    """What was raised in its interpreter, without the traceback and the type; "" if nothing."""
    raised = re.search(r"^[\w.]*(?:Error|Exception)\b:?(.*)", said, re.MULTILINE | re.DOTALL)
    return raised[1].strip() if raised else said


def is_wordless(error: BaseException) -> bool:
    """Whether TorchScript's interpreter says that something was raised there, and not what."""
    said = str(error)
    return said.startswith(SCRIPTED) and not said_by_torchscript(said)


def in_one_line(error: BaseException) -> str:
    """`RuntimeError: what it said`, in however many lines; of TorchScript's, what was raised."""
    name, said = type(error).__name__, str(error)
    if said.startswith(SCRIPTED):
        said = said_by_torchscript(said) or f"{SCRIPTED}, which says no more"
    if name == Unsupported.__name__ and not isinstance(error, Unsupported):  # torch has one, too
        name = f"{type(error).__module__}.{name}"
    return f"{name}: {' '.join(said.split())}".removesuffix(": ")
