"""The command that runs a failed case again."""

from __future__ import annotations

import shlex
from dataclasses import fields, replace

from rnn_manual.candidates.catalogue import MODES
from rnn_manual.cases.case import Case
from rnn_manual.cases.levels import full, quick
from rnn_manual.cases.notes import NOTES
from rnn_manual.judge.findings import BITS, Findings


def again(findings: Findings) -> str:
    """A command for the folder that the run was started in."""
    case = findings.case
    if not findings.command:  # a lambda or a local function, which no command line can name
        return f"rnn_manual.parity.check(candidate, case)  # case.id == {case.id!r}"
    mode = "" if findings.mode in ("", BITS) else findings.mode
    level = _level(case, mode)
    if not level:
        return _in_python(findings)
    words = ["rnn-manual verify"]
    if findings.command != "torch.nn":
        words.append(f"--candidate {shlex.quote(findings.command)}")
    words += [f"--device {findings.device}"] * (findings.device != "cpu")
    words += [f"--seed {case.seed}"] * (case.seed != 0)
    words += [f"--level {level}"] * (level != "quick")
    named = f"[{mode}-{case.id}]" if mode else f"[{case.id}]"
    return " ".join([*words, f'-k "{named}"'])


def _level(case: Case, mode: str) -> str:
    """The first level that has the case; "" for one that was drawn."""
    case = replace(case, seed=0)
    if mode:
        known = MODES[mode]
        at_quick = not known.slowest and case in known.cases()
        return "quick" if at_quick else "full"
    if case in NOTES or case in quick():
        return "quick"
    return "full" if case in full() else ""


def _in_python(findings: Findings) -> str:
    case = findings.case
    config = ", ".join([repr(case.config.kind), *map(repr, case.config.sizes)])
    config += "".join(f", {name}={value!r}" for name, value in case.config.options.items())
    given = [f"Config({config})", *_given(case)]
    code = (
        "from rnn_manual import Config; from rnn_manual.parity import Case, check; "
        f"print(check({findings.command!r}, Case({', '.join(given)})))"
    )
    return f"python -c {shlex.quote(code)}"


def _given(case: Case) -> list[str]:
    """A case's fields that are not at their default, as one would write them."""
    values = {field.name: getattr(case, field.name) for field in fields(case)[1:]}
    return [f"{name}={v!r}" for name, v in values.items() if v != getattr(Case, name)]
