"""What a suite's run gave, as data on disk: to be read back under another torch, or without any.

A recording is a folder with two files. `arrays.npz` holds one long array a number format; every
number is kept in its own format, bfloat16, which NumPy lacks, as the 16 bits that it is. What is
equal is kept once. `recording.json` says which stretch of them is what: the numbers that each case
was run on, how far correct arithmetic may be off on it, and what the candidate gave in each mode.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import shutil
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_manual.usage import Refused

FORMAT = 1
JSON, ARRAYS, SKIPPED = "recording.json", "arrays.npz", "skipped.txt"
Array = NDArray[Any]


class Unreadable(Refused):
    """A folder that is no whole recording, or none that this can be compared with."""


@dataclass(frozen=True)
class Tensor:
    """One tensor of a run. values: as it was compared; None if there was nothing to compare."""

    verdict: str
    reason: str = ""
    values: Array | None = None


@dataclass(frozen=True)
class Run:
    """What a candidate gave on a case, run in a mode ("" for simply called)."""

    case: str
    mode: str
    verdict: str
    message: str = ""
    tensors: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordedCase:
    """A case and its numbers.

    fields: what `Case` was built from. numbers: weights by PyTorch's names, `input`, `h_0`,
    `c_0`, and `d NAME` for the cotangents; of a packed input also its sizes and indices.
    allowed: how far each tensor may be off.
    """

    fields: dict[str, Any]
    kind: str
    features: list[str]
    numbers: dict[str, Array]
    allowed: dict[str, Array]

    @property
    def dtype(self) -> str:
        return str(self.fields["dtype"])


@dataclass
class Recording:
    """All of it. about: environment, candidate and date."""

    about: dict[str, Any]
    cases: dict[str, RecordedCase] = field(default_factory=dict)
    runs: dict[tuple[str, str], Run] = field(default_factory=dict)  # by mode and case

    def add(self, case: str, recorded: RecordedCase, run: Run) -> None:
        self.cases[case] = recorded
        self.runs[run.mode, run.case] = run


def merged(recordings: Iterable[Recording]) -> Recording:
    """Several parts of one run as a whole."""
    first, *others = recordings
    whole = Recording(first.about, dict(first.cases), dict(first.runs))
    for part in others:
        whole.cases |= part.cases
        whole.runs |= part.runs
    return whole


class _Writer:
    """Long arrays, one a format; what is equal to something already there is not added."""

    def __init__(self) -> None:
        self.parts: dict[str, list[Array]] = {}
        self.sizes: dict[str, int] = {}
        self.known: dict[tuple[str, bytes], int] = {}

    def place(self, array: Array, dtype: str) -> list[Any]:
        """Returns: [format, where it begins, shape]."""
        flat = _encoded(np.ravel(array), dtype)
        key = (dtype, hashlib.sha256(flat.tobytes()).digest())
        if key not in self.known:
            self.known[key] = self.sizes.get(dtype, 0)
            self.sizes[dtype] = self.known[key] + flat.size
            self.parts.setdefault(dtype, []).append(flat)
        return [dtype, self.known[key], list(array.shape)]

    def arrays(self) -> dict[str, Array]:
        return {dtype: np.concatenate(self.parts[dtype]) for dtype in sorted(self.parts)}


def _encoded(array: Array, dtype: str) -> Array:
    if dtype == "bfloat16":
        bits: Array = (np.ascontiguousarray(array, np.float32).view(np.uint32) >> 16).astype("u2")
        return bits
    return array.astype(dtype)


def _decoded(array: Array, dtype: str) -> Array:
    if dtype == "bfloat16":
        values: Array = (array.astype(np.uint32) << 16).view(np.float32)
        return values
    return array


def save(recording: Recording, folder: Path) -> None:
    """Writes a recording; under another name first, so that half of one is never taken for it.

    Raises: FileExistsError: there is something of that name already. OSError.
    """
    if folder.exists():
        raise FileExistsError(folder)
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        part.mkdir()
        _write(recording, part)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write(recording: Recording, folder: Path) -> None:
    writer = _Writer()
    cases = {
        name: {
            "case": case.fields,
            "kind": case.kind,
            "features": case.features,
            "numbers": {
                key: writer.place(array, "int64" if array.dtype.kind == "i" else case.dtype)
                for key, array in case.numbers.items()
            },
            # One unit too many in the last place of a limit is no matter.
            "allowed": {key: writer.place(array, "float32") for key, array in case.allowed.items()},
        }
        for name, case in sorted(recording.cases.items())
    }
    runs = [
        {
            "case": run.case,
            "mode": run.mode,
            "verdict": run.verdict,
            **({"message": run.message} if run.message else {}),
            "tensors": {
                name: {"verdict": tensor.verdict}
                | ({"reason": tensor.reason} if tensor.reason else {})
                | (
                    {}
                    if tensor.values is None
                    else {"values": writer.place(tensor.values, recording.cases[run.case].dtype)}
                )
                for name, tensor in run.tensors.items()
            },
        }
        for _, run in sorted(recording.runs.items())
    ]
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **writer.arrays())
    (folder / ARRAYS).write_bytes(packed.getvalue())
    whole = {
        "format": FORMAT,
        "about": recording.about,
        "sha256": hashlib.sha256(packed.getvalue()).hexdigest(),
        "cases": cases,
        "runs": runs,
    }
    text = json.dumps(whole, allow_nan=False, sort_keys=True, separators=(",", ":"))
    (folder / JSON).write_text(text.replace('{"case":', '\n{"case":') + "\n", encoding="utf-8")


def load(folder: Path) -> Recording:
    """Reads a recording.

    Raises: Unreadable: it is missing, damaged, of another format, or something else.
    """
    for name in (JSON, ARRAYS):
        if not (folder / name).is_file():
            raise Unreadable(f"{folder} is no recording: it has no {name}")
    try:
        whole = json.loads((folder / JSON).read_text(encoding="utf-8"))
        format = whole["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{folder / JSON} is damaged: {_line(error)}") from error
    if format != FORMAT:
        raise Unreadable(f"{folder} has format {format!r}, expected {FORMAT}: record it anew")
    try:
        packed = (folder / ARRAYS).read_bytes()
        if hashlib.sha256(packed).hexdigest() != whole["sha256"]:
            raise Unreadable(f"{folder / ARRAYS} is damaged, or of another recording")
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            return _read(whole, dict(arrays))
    except (ValueError, KeyError, TypeError, IndexError, EOFError, OSError) as error:
        raise Unreadable(f"{folder} is damaged: {_line(error)}") from error
    except zipfile.BadZipFile as error:
        raise Unreadable(f"{folder / ARRAYS} is damaged: {_line(error)}") from error


def _read(whole: dict[str, Any], arrays: dict[str, Array]) -> Recording:
    decoded = {dtype: _decoded(array, dtype) for dtype, array in arrays.items()}

    def array(place: Any) -> Array:
        dtype, start, shape = place
        size = math.prod(shape)
        stretch = decoded[dtype][start : start + size]
        if len(stretch) != size or start < 0:
            raise ValueError("its numbers are not all there")
        return stretch.reshape(shape)

    cases = {
        name: RecordedCase(
            case["case"],
            case["kind"],
            case["features"],
            {key: array(place) for key, place in case["numbers"].items()},
            {key: array(place) for key, place in case["allowed"].items()},
        )
        for name, case in whole["cases"].items()
    }
    recording = Recording(whole["about"], cases)
    for run in whole["runs"]:
        tensors = {
            name: Tensor(
                tensor["verdict"],
                tensor.get("reason", ""),
                array(tensor["values"]) if "values" in tensor else None,
            )
            for name, tensor in run["tensors"].items()
        }
        key = (run["mode"], run["case"])
        recording.runs[key] = Run(*key[::-1], run["verdict"], run.get("message", ""), tensors)
        cases[run["case"]]  # every run is of a case that is there
    return recording


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
