"""The command that runs a failed case again."""

from __future__ import annotations

import shlex
from dataclasses import fields, replace
from itertools import product

from rnn_manual.candidates.catalogue import MODES
from rnn_manual.cases.case import Case
from rnn_manual.cases.levels import full, standard
from rnn_manual.cases.notes import NOTES
from rnn_manual.judge.findings import BITS, Findings


def again(findings: Findings) -> str:
    """A command for the folder that the run was started in."""
    case = findings.case
    if not findings.command:  # a lambda or a local function, which no command line can name
        return f"rnn_manual.parity.check(candidate, case)  # case.id == {case.id!r}"
    mode = "" if findings.mode in ("", BITS) else findings.mode
    asked = _asked_in(case, mode) if mode else _level(case)
    if asked is None:
        return _in_python(findings, mode)
    words = ["rnn-manual verify"]
    if findings.command != "torch.nn":
        words.append(f"--candidate {shlex.quote(findings.command)}")
    words += [f"--device {findings.device}"] * (findings.device != "cpu")
    words += [f"--seed {case.seed}"] * (case.seed != 0)
    named = f"[{mode}-{case.id}]" if mode else f"[{case.id}]"
    return " ".join([*words, *asked, f'-k "{named}"'])


AT_LEVEL = {"standard": [], "full": ["--level full"]}


def _level(case: Case) -> list[str] | None:
    """The first level that has the case; None for one that was drawn, or made by hand."""
    case = replace(case, seed=0)
    if case in NOTES or case in standard():
        return AT_LEVEL["standard"]
    # Drawing up all of full takes seconds, half a minute in a test of Hypothesis's, which traces
    # it: a run at that level has done so already, and in any other no case is from there.
    is_drawn_up = full.cache_info().currsize > 0
    return AT_LEVEL["full"] if is_drawn_up and case in full() else None


def _asked_in(case: Case, mode: str) -> list[str] | None:
    """What has the mode's cases have this one among them, as few words as do; None if nothing."""
    case, known = replace(case, seed=0), MODES[mode]
    for level, dtype, kind in product(AT_LEVEL, ("", case.dtype), ("", case.config.kind)):
        if (level == "full" or not known.slowest) and case in known.cases(level, kind, dtype):
            given = {"--kind": kind, "--dtype": dtype}
            return [
                *AT_LEVEL[level],
                *(f"{name} {value}" for name, value in given.items() if value),
            ]
    return None


def _in_python(findings: Findings, mode: str) -> str:
    case = findings.case
    config = ", ".join([repr(case.config.kind), *map(repr, case.config.sizes)])
    config += "".join(f", {name}={value!r}" for name, value in case.config.options.items())
    given = [f"Config({config})", *_given(case)]
    how = f", device={findings.device!r}" if findings.device != "cpu" else ""
    how += f", mode={mode!r}" if mode else ""
    code = (
        "from rnn_manual import Config; from rnn_manual.parity import Case, check; "
        f"print(check({findings.command!r}, Case({', '.join(given)}){how}))"
    )
    return f"python -c {shlex.quote(code)}"


def _given(case: Case) -> list[str]:
    """A case's fields that are not at their default, as one would write them."""
    values = {field.name: getattr(case, field.name) for field in fields(case)[1:]}
    return [f"{name}={v!r}" for name, v in values.items() if v != getattr(Case, name)]
