"""A recording as what JSON can say, and long arrays; and back, with everything checked."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

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
)
from rnn_manual.usage import DTYPES

FORMULAS = (PROVED, OTHER, OPEN)


def to_json(recording: Recording) -> tuple[dict[str, Any], dict[str, Any]]:
    """Its cases and runs, and the long arrays that they refer to."""
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
    return {"cases": cases, "runs": runs}, writer.arrays()


def from_json(whole: dict[str, Any], arrays: dict[str, Array]) -> Recording:
    """The recording of a whole JSON, `about` included.

    Raises: KeyError, ValueError, TypeError, AttributeError: it is not as `to_json` makes it.
    """
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
