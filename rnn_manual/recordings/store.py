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
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from rnn_manual.proof.formula import OPEN, OTHER, PROVED
from rnn_manual.recordings.long_arrays import Reader, Writer, rounded_up
from rnn_manual.recordings.recording import (
    VERDICTS,
    Array,
    RecordedCase,
    Recording,
    Run,
    RunFormula,
    Tensor,
    Unreadable,
)
from rnn_manual.usage import DTYPES

FORMAT = 3  # 2 had no formulas
JSON, ARRAYS, SKIPPED = "recording.json", "arrays.npz", "skipped.txt"
FORMULAS = (PROVED, OTHER, OPEN)


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
    writer = Writer()
    cases = {
        name: {
            "case": case.fields,
            "kind": case.kind,
            "features": case.features,
            "numbers": {
                key: writer.place(array, "int64" if array.dtype.kind == "i" else case.dtype)
                for key, array in sorted(case.numbers.items())
            },
            "allowed": {
                key: writer.place(rounded_up(array), "float32")
                for key, array in sorted(case.allowed.items())
            },
        }
        for name, case in sorted(recording.cases.items())
    }
    runs = [
        {
            "case": run.case,
            "mode": run.mode,
            "verdict": run.verdict,
            **({"message": run.message} if run.message else {}),
            **({"formula": asdict(run.formula)} if run.formula else {}),
            "tensors": {
                name: {"verdict": tensor.verdict}
                | ({"reason": tensor.reason} if tensor.reason else {})
                | (
                    {}
                    if tensor.values is None
                    else {"values": writer.place(tensor.values, recording.cases[run.case].dtype)}
                )
                for name, tensor in sorted(run.tensors.items())
            },
        }
        for _, run in sorted(recording.runs.items())
    ]
    packed = io.BytesIO()
    np.savez_compressed(packed, **writer.arrays())
    (folder / ARRAYS).write_bytes(packed.getvalue())
    whole = {
        "format": FORMAT,
        "about": recording.about,
        "sha256": hashlib.sha256(packed.getvalue()).hexdigest(),
        "cases": cases,
        "runs": runs,
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
        whole = json.loads((folder / JSON).read_text(encoding="utf-8"))
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
            return _read(whole, dict(arrays))


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


def _read(whole: dict[str, Any], arrays: dict[str, Array]) -> Recording:
    array = Reader(arrays).array
    about = _is(dict, whole["about"])
    _is(str, _is(dict, about["environment"])["torch"])
    _is(list, about.get("left_out", []))
    recording = Recording(about)
    for name, case in _is(dict, whole["cases"]).items():
        dtype = _one_of(DTYPES, _is(dict, case["case"])["dtype"])
        recording.cases[name] = RecordedCase(
            case["case"],
            _is(str, case["kind"]),
            [_is(str, feature) for feature in _is(list, case["features"])],
            {k: array(place, dtype, "int64") for k, place in _is(dict, case["numbers"]).items()},
            {k: array(place, "float32") for k, place in _is(dict, case["allowed"]).items()},
        )
    for run in _is(list, whole["runs"]):
        of = recording.cases[_is(str, run["case"])]
        tensors = {
            name: Tensor(
                _one_of(VERDICTS, tensor["verdict"]),
                _is(str, tensor.get("reason", "")),
                array(tensor["values"], of.dtype) if "values" in tensor else None,
            )
            for name, tensor in _is(dict, run["tensors"]).items()
        }
        for name, tensor in tensors.items():
            values, limit = tensor.values, of.allowed.get(name)
            if values is not None and limit is not None and values.shape != limit.shape:
                raise ValueError(f"{name} of {run['case']} and its limits differ in shape")
        verdict, message = _one_of(VERDICTS, run["verdict"]), _is(str, run.get("message", ""))
        key = (_is(str, run["mode"]), run["case"])
        formula = _formula(run["formula"]) if "formula" in run else None
        recording.runs[key] = Run(run["case"], run["mode"], verdict, message, tensors, formula)
    return recording


def _formula(found: Any) -> RunFormula:
    words = {name: _is(str, found[name]) for name in ("reason", "fingerprint")}
    return RunFormula(_one_of(FORMULAS, _is(dict, found)["verdict"]), **words)


def _is(expected: type, found: Any) -> Any:
    if not isinstance(found, expected):
        raise ValueError(f"{type(found).__name__} where {expected.__name__} was expected")
    return found


def _one_of(known: Any, found: Any) -> str:
    if found not in known:
        raise ValueError(f"{found!r} where one of {', '.join(known)} was expected")
    return str(found)
