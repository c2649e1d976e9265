"""Where in its own code a candidate raised, crashed or hung."""

from __future__ import annotations

import importlib.util
import linecache
import re
import sys
import sysconfig
import traceback
from functools import cache
from pathlib import Path

import rnn_manual
from rnn_manual.candidates.errors import ProcessEnded, Violation, in_one_line

LIBRARIES = ("torch", "numpy")

# What faulthandler prints of a process that crashes or is aborted, innermost frame first.
FRAME = re.compile(r'^  File "(?P<file>[^"]+)", line (?P<line>\d+) in ', re.MULTILINE)


def own_line(error: BaseException) -> str:
    """The innermost line of the candidate's own code that an error went through; "" if none.

    Returns: `mine.py:43  h[i], c[i] = cell(x, h[i])`
    """
    carried: str | None = getattr(error, "own_line", None)  # across the border of a process
    if carried is not None:
        return carried
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if is_own(frame.filename):
            return in_words(frame.filename, frame.lineno or 0)
    return ""


def what_it_did(error: BaseException) -> tuple[str, str]:
    """What a candidate did that came to this error, as `raised KeyError: 3`, and its own line.

    Of what it does wrong without raising there is no line to tell.
    """
    plainly = isinstance(error, (Violation, ProcessEnded))
    said = str(error) if plainly else f"raised {in_one_line(error)}"
    said = ", ".join(filter(None, [said, getattr(error, "in_call", "")]))
    return said, "" if isinstance(error, Violation) else own_line(error)


def own_line_printed(text: str) -> str:
    """The same, read off what faulthandler printed when the process ended."""
    frames = [(match["file"], int(match["line"])) for match in FRAME.finditer(text)]
    return next((in_words(file, line) for file, line in frames if is_own(file)), "")


def in_words(file: str, line: int) -> str:
    """`mine.py:43  the line itself`."""
    return f"{Path(file).name}:{line}  {linecache.getline(file, line).strip()}".strip()


def is_own(file: str) -> bool:
    """Whether a file is neither Python's, nor torch's or NumPy's, nor of the harness here."""
    return not file.startswith(_others())


@cache
def _others() -> tuple[str, ...]:
    ours = Path(rnn_manual.__file__).parent
    # What is written in the other folders here may itself be a candidate.
    harness = [ours / name for name in ("candidates", "judge", "claims", "plugin", "proof")]
    specs = [importlib.util.find_spec(name) for name in LIBRARIES]
    libraries = [Path(spec.origin).parent for spec in specs if spec and spec.origin]
    python = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
    # (Packages are installed below Python's own folder, and are no part of it.)
    own = [f"{path}/{name}" for path in python for name in _names_in(path)]
    return (*map(str, [*harness, *libraries]), *own, "<")


@cache
def _names_in(folder: str) -> tuple[str, ...]:
    return tuple(p.name for p in Path(folder).iterdir() if p.name != "site-packages")


def line_now() -> str:
    """The innermost line of the candidate's own code that is being executed; "" if none is.

    What called the harness is not the candidate's.
    """
    frame = sys._getframe(1)
    harness = str(Path(rnn_manual.__file__).parent / "candidates" / "harness")
    while frame is not None and not frame.f_code.co_filename.startswith(harness):
        if is_own(frame.f_code.co_filename):
            return in_words(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back  # type: ignore[assignment]
    return ""
