"""A recording on disk: to be read back under another torch, or without any.

It is a folder with two files. `arrays.npz` holds one long array a number format; every number is
kept in its own format, bfloat16, which NumPy lacks, as the 16 bits that it is. What is equal is
kept once. `recording.json` says which stretch of them is what: the numbers that each case was run
on, how far correct arithmetic may be off on it, and what the candidate gave in each mode, with the
verdict on its formulas and their fingerprint.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from rnn_manual.recordings.in_json import from_json, to_json
from rnn_manual.recordings.recording import Recording, Unreadable

FORMAT = 3  # 2 had no formulas
JSON, ARRAYS, SKIPPED = "recording.json", "arrays.npz", "skipped.txt"


def save(recording: Recording, folder: Path) -> None:
    """Writes a recording; under another name first, so that half of one is never taken for it.

    Raises: FileExistsError: there is something of that name already. OSError.
    """
    if folder.exists():
        raise FileExistsError(folder)
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    part.mkdir()
    try:
        _write(recording, part)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write(recording: Recording, folder: Path) -> None:
    said, arrays = to_json(recording)
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    (folder / ARRAYS).write_bytes(packed.getvalue())
    whole = {
        "format": FORMAT,
        "about": recording.about,
        "sha256": hashlib.sha256(packed.getvalue()).hexdigest(),
        **said,
    }
    text = _canonical(whole | {"digest": _digest(whole)})
    (folder / JSON).write_text(text.replace('{"case":', '\n{"case":') + "\n", encoding="utf-8")


def _canonical(whole: dict[str, Any]) -> str:
    return json.dumps(whole, allow_nan=False, sort_keys=True, separators=(",", ":"))


def _digest(whole: dict[str, Any]) -> str:
    """Of everything that the JSON says; through `sha256`, which is in it, of the arrays too."""
    return hashlib.sha256(_canonical(whole).encode()).hexdigest()


def load(folder: Path) -> Recording:
    """Reads a recording.

    Raises: Unreadable: it is missing, damaged, of another format, or something else.
    """
    with _unreadable(folder):
        for name in (JSON, ARRAYS):
            if not (folder / name).is_file():
                raise Unreadable(f"{folder} is no recording: it has no {name}")
        whole = _read(folder / JSON)
        json.dumps(whole, ensure_ascii=False).encode()  # half a surrogate pair cannot be shown
        if whole["format"] != FORMAT:
            raise Unreadable(
                f"{folder} has format {whole['format']!r}, expected {FORMAT}: record it anew"
            )
        if whole.pop("digest") != _digest(whole):
            raise ValueError(f"{JSON} is not as it was written")
        packed = (folder / ARRAYS).read_bytes()
        if hashlib.sha256(packed).hexdigest() != whole["sha256"]:
            raise ValueError(f"{ARRAYS} is cut off, changed, or of another recording")
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            return from_json(whole, dict(arrays))


def _read(path: Path) -> dict[str, Any]:
    """What a JSON file says. Raises: ValueError: it is none, with its name."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    return found


def skipped(folder: Path) -> str | None:
    """Why no recording was made, where a note says so in its stead."""
    with _unreadable(folder):
        if (folder / JSON).is_file() or not (folder / SKIPPED).is_file():
            return None
        return " ".join((folder / SKIPPED).read_text("utf-8", "replace").split()) or "no reason"


@contextlib.contextmanager
def _unreadable(folder: Path) -> Iterator[None]:
    """Whatever goes wrong while a recording is read is told in one line."""
    try:
        yield
    except Unreadable:
        raise
    except OSError as error:
        raise Unreadable(f"{folder} cannot be read: {error.strerror or _line(error)}") from error
    except KeyError as error:
        raise Unreadable(f"{folder} is damaged: it has no {error}") from error
    except Exception as error:  # zlib, zipfile, json and NumPy each raise their own
        raise Unreadable(f"{folder} is damaged: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
