"""The modes and the candidates by name, and where and how each of them is run."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

from rnn_manual.candidates.candidate import NN, Candidate, Subject, another_kind, what_it_is_instead
from rnn_manual.candidates.device import lacking
from rnn_manual.candidates.errors import Unusable
from rnn_manual.candidates.harness.mode import Mode
from rnn_manual.candidates.harness.result import DECLINED, NOT_ITS_OWN, REFUSED, SHAPED, Result
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.candidates.modes import (
    calls,
    constructed,
    devices,
    eager,
    formats,
    life,
    transforms,
)
from rnn_manual.candidates.modes.programs import compilers, computed, onnx
from rnn_manual.candidates.process.dispatch import ask, facts
from rnn_manual.candidates.process.loading import FORMS
from rnn_manual.candidates.process.process import Answer
from rnn_manual.cases.calls import simply_called
from rnn_manual.cases.case import Case
from rnn_manual.usage import did_you_mean

# In the order of the table's rows.
FAMILIES = (
    eager,
    transforms,
    computed,
    compilers,
    onnx,
    formats,
    devices,
    life,
    calls,
    constructed,
)
MODES: dict[str, Mode] = {mode.name: mode for family in FAMILIES for mode in family.MODES}


def as_candidate(subject: Any) -> Candidate:
    """A class, a build function, a name or a Candidate, as a Candidate.

    A name is `MODULE:NAME` or `PATH.py:NAME`, `torch.nn`, or that of a mode: `compile` is torch.nn
    run in that mode. Where a name leads is not looked at here: that is its process's.

    Raises: Unusable: it is none of these.
    """
    if isinstance(subject, Candidate):
        return subject
    if isinstance(subject, str):
        if subject in MODES:
            return Candidate(subject, NN.subject, subject)
        if subject == NN.name or ":" in subject:
            return Candidate(subject, subject)
        near = did_you_mean(subject, [*MODES, NN.name])
        raise Unusable(f"candidate must be {FORMS}, torch.nn or a mode, got {subject!r}{near}")
    if it_is := what_it_is_instead(subject):
        raise Unusable(f"a candidate must be a class or a function, got {it_is}")
    where = getattr(subject, "__module__", "?")
    return Candidate(f"{where}:{getattr(subject, '__qualname__', subject)}", subject)


def run(candidate: Candidate, case: Case, device: str, mode: str = "") -> Answer:
    """Runs a candidate on a case, in a mode or as it is, where it computes.

    Returns: an answer whose value is a `Result`.
    """
    environment = MODES[mode].environment if mode else {}
    return ask(candidate, _run, case, device, mode, environment=environment)


def _run(subject: Subject, case: Case, device: str, mode: str) -> Result:
    if not mode:
        result = run_candidate(subject, case, device=device)
        silent = [name for name, why in result.missing.items() if not _said(why)]
        plainly = [simply_called(case, training) for training in (True, False)]
    else:
        result = run_candidate(subject, case, device=device, mode=MODES[mode])
        silent = [
            name
            for name, why in result.missing.items()
            if not (_said(why) or MODES[mode].loses(name.rpartition(" ")[2]))
        ]
        plainly = [case]
    there: set[str] = set()
    for other in plainly if silent else []:
        with contextlib.suppress(Exception):  # what it raises there is told there
            there.update(run_candidate(subject, other, device=device).tensors)
    return replace(result, lost=tuple(name for name in silent if name in there))


def _said(why: str) -> bool:
    """Whether a gradient is not there for a reason that is told, and not in silence."""
    return why in (NOT_ITS_OWN, REFUSED, SHAPED) or why.startswith(DECLINED)


def unsupported(candidate: Candidate, case: Case, device: str, mode: str = "") -> str:
    """Why a candidate cannot be run on a case, as far as that is known beforehand; or ""."""
    if message := lacking(case.dtype, device):
        return message
    known = facts(candidate)
    if message := another_kind(known.kinds, case.config.kind):
        return message
    if case.random and not (known.of_torch and device == "cpu" and not mode):
        if known.of_torch:
            return "nn's own dropout masks are compared where it is simply called, on a CPU"
        return "dropout: only nn draws nn's masks; claims N1 to N3 judge its own"
    if not mode:
        return ""
    if not MODES[mode].subjects.takes(known, candidate.subject == NN.subject):
        return f"a mode for {MODES[mode].subjects.value}"
    if not MODES[mode].takes(case):
        return "it means nothing on such a case"
    return dict(known.unsupported_modes).get(mode, "")
