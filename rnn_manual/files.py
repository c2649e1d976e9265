"""Reports on disk: the whole file or none."""

from __future__ import annotations

import os
from pathlib import Path

from rnn_manual.usage import Refused


def check_writable(name: str) -> None:
    """Raises Refused if a report could not be written there: better now than after the run."""
    path = Path(name)
    if not name or path.is_dir():
        raise Refused(f"cannot write {name!r}: expected the name of a file")
    if not os.access(path.absolute().parent, os.W_OK):
        raise Refused(f"cannot write {name}: its folder does not exist or is read-only")


def write(path: Path, text: str) -> None:
    """The whole file or none: written beside its place under another name, then moved there."""
    try:
        if path.exists() and not path.is_file():  # a device or a pipe, which must not be replaced
            path.write_text(text, encoding="utf-8")
            return
        path = path.resolve()
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise Refused(f"cannot write {path}: {error.strerror}") from error
