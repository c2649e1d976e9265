"""A candidate and a case → whether it computes the loops' formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rnn_manual.candidates.candidate import Candidate
from rnn_manual.candidates.catalogue import MODES, as_candidate, run, unsupported
from rnn_manual.candidates.errors import NotRun, Unsupported, in_one_line
from rnn_manual.candidates.harness.dropout import kept_by_nn
from rnn_manual.candidates.process.dispatch import ask
from rnn_manual.candidates.process.own_line import what_it_did
from rnn_manual.candidates.process.process import Answer
from rnn_manual.cases.case import Case, Sizes, checked_case
from rnn_manual.cases.draw import Floats, draw
from rnn_manual.judge.drawn import declined, is_searched
from rnn_manual.judge.reference.tolerance import oracle
from rnn_manual.judge.tensor import distance
from rnn_manual.proof.compare import compare
from rnn_manual.proof.formula import OPEN, OTHER, Formula, Place, in_words
from rnn_manual.proof.runs.again import mirrored_again, where_numbers_come_in
from rnn_manual.proof.runs.mirrored import mirrored
from rnn_manual.proof.runs.replay import replayed
from rnn_manual.proof.runs.trace import Trace, traced
from rnn_manual.proof.search.where import locate
from rnn_manual.proof.unseen import UNSEEN, beside_torch


@dataclass(frozen=True)
class Proof:
    """What `prove` returns. Printed, it says what is proved, or what was computed instead."""

    case: Case
    candidate: str
    formula: Formula

    def assert_ok(self) -> None:
        """Does nothing if the candidate's formulas, or else its results, are the loops'.

        Raises: AssertionError, with what was computed instead, if they are not; or with what it did
            besides, as raising an error or changing its input. Unsupported, which pytest and
            unittest count as skipped, if its formula is not known: `check` compares its numbers.
        """
        __tracebackhide__ = True
        if self.formula.fails:
            raise AssertionError(str(self))
        if self.formula.verdict == OPEN:
            raise declined(f"its formula is not known: {self.formula.said}")

    def __str__(self) -> str:
        verdict = "fails" if self.formula.violation else self.formula.verdict
        lines = [f"candidate {self.candidate}: {verdict}", *in_words(self.formula)]
        return "\n".join([*lines, f"case      {self.case}"])


def prove(
    candidate: Any, case: Case, *, device: str = "cpu", mode: str = "", whole: bool = False
) -> Proof:
    """Runs a candidate on residues and compares all it gives with the loops', as formulas.

    While Hypothesis searches for a case that fails, a failure is not explained.

    Args:
        candidate, mode: as for `check`.
        whole: whether all sequences and steps of a large case are run; else as many as take half a
            second, and that is told.

    Returns: a proof, or why there is none.

    Raises: Unsupported: the candidate declines the case. (Under Hypothesis another one is drawn in
        its place.) Unusable: it is no candidate. TypeError: the case is none.
    """
    candidate = as_candidate(candidate)
    case = checked_case(case)
    mode = mode or candidate.mode
    try:
        if message := unsupported(candidate, case, device, mode):
            raise Unsupported(message)
        formula = formula_of(candidate, case, device, mode, not is_searched(), whole)
    except Unsupported as error:
        raise declined(str(error)) from error
    return Proof(case, candidate.name, formula)


NOT_FINITE = ("infinities", "NaN")
LARGE = 50_000  # values of gates, of which a proof takes about half a second


def formula_of(
    candidate: Candidate,
    case: Case,
    device: str = "cpu",
    mode: str = "",
    explained: bool = True,
    whole: bool = False,
) -> Formula:
    """The formulas of a candidate on a case; and, of others, where they begin and what they are.

    Args:
        explained: whether to look for where other formulas begin, which takes longest.
        whole: whether all of a large case is run; else fewer sequences and, if need be, fewer
            steps, and that is told.

    Raises: Unsupported: the candidate declines the case.
    """
    part = case if whole else part_of(case)
    found = _formula_of(candidate, part, device, mode, explained)
    return found if part == case else replace(found, part=f"T={part.seq_len}, B={part.batch_size}")


def part_of(case: Case) -> Case:
    """The case itself; or, if it is large, one of fewer sequences, and steps if need be."""
    if values_of_gates(case) <= LARGE:
        return case
    # Rather of fewer sequences: what is done every so many steps shows after as many only.
    B = min(case.batch_size, Sizes.B)
    T = min(case.seq_len, max(Sizes.T, LARGE // (B * _of_a_step(case))))
    return replace(case, seq_len=T, batch_size=B)


def values_of_gates(case: Case) -> int:
    """How many values all gates take over a case: the time of its proof grows as they do."""
    return sum(case.lengths) * _of_a_step(case)


def _of_a_step(case: Case) -> int:
    config = case.config
    return config.hidden_size * config.num_rows * len(config.gates)


def formula_beside_numbers(
    candidate: Candidate, case: Case, device: str, mode: str, explained: bool = True
) -> Formula:
    """The same of a candidate that took the case: what it declines only here is open."""
    try:
        return formula_of(candidate, case, device, mode, explained)
    except Unsupported as error:  # as some say only where operations are watched
        return Formula(OPEN, f"run on residues, it declines: {error}")


def _formula_of(
    candidate: Candidate, case: Case, device: str, mode: str, explained: bool
) -> Formula:
    if device != "cpu":
        return Formula(OPEN, f"on {device}: only what a CPU executes is mirrored")
    environment: Mapping[str, str] = {}
    if mode:
        environment = MODES[mode].environment
        if MODES[mode].opaque:
            return Formula(OPEN, MODES[mode].opaque)

    def there(function: Any, case: Case, *args: Any) -> Any:
        return ask(candidate, function, case, device, mode, *args, environment=environment)

    answer = there(mirrored, case)
    if isinstance(answer.error, Unsupported):
        raise answer.error
    if answer.error is not None or answer.value.broken:
        alone = _broken(run(candidate, case, device, mode))
        if alone is not None:
            return alone
    if isinstance(answer.error, NotRun):
        return Formula(OPEN, str(answer.error))
    if answer.error is not None:  # where it is watched only
        said, _ = what_it_did(answer.error)
        return Formula(OPEN, f"run on residues, it {said}")
    formula = compare(case, answer.value, lambda n: there(mirrored_again, case, n).value)
    if formula.reason == UNSEEN and (line := there(where_numbers_come_in, case).value):
        return replace(formula, reason=f"{UNSEEN}, first used at {line}")
    if formula.verdict != OTHER:
        return formula
    finite = replace(case, values="ordinary") if case.values in NOT_FINITE else case
    replay = there(replayed, finite, answer.value.native)
    if replay.error is not None:
        said = f"not computed in float64, where it raised {in_one_line(replay.error)}"
        formula = replace(formula, notes=(*formula.notes, said))
    numbers = replay.value or {}
    others = {name for name, verdict in formula.tensors.items() if verdict == OTHER}
    numbers = {name: array for name, array in numbers.items() if name in others}
    beside = beside_torch(answer.value)
    # What came back from beside torch is rounded to the case's own format, in the replay, too.
    differs = tuple(_off(finite, numbers, case.dtype if beside else "float64"))
    if beside and not differs:
        tensors = {n: OPEN if n in others else v for n, v in formula.tensors.items()}
        return replace(formula, verdict=OPEN, reason=beside, tensors=tensors, conditions=())
    formula = replace(formula, differs=differs, held=others <= numbers.keys())
    if not explained:
        return formula
    is_right_there = OTHER not in formula.forward.values()
    if mode and MODES[mode].forward_mode and is_right_there:
        return formula
    # Where a result is another, the way back is made of it, and shows nothing more.
    trace = there(traced, case, is_right_there).value
    where, instead, failed = _located(case, trace, formula)
    notes = (*formula.notes, failed) if failed else formula.notes
    return replace(formula, notes=notes, where=where, instead=instead)


def _broken(answer: Answer) -> Formula | None:
    """What it does that no layer may, in a run that is not watched; None if it does nothing of it.

    Raises: Unsupported: it declines the case there.
    """
    error, result = answer.error, answer.value
    if isinstance(error, Unsupported):
        raise error
    if isinstance(error, NotRun):
        return None
    if error is not None:
        said, line = what_it_did(error)
    elif result.broken:
        said, line = f"raised {result.broken}", result.line
    else:
        return None
    return Formula(OPEN, said, violation=said, line=line)


def _located(case: Case, trace: Trace | None, formula: Formula) -> tuple[Place | None, str, str]:
    """Where it begins, what stands there, and why that is not known: it must hide no verdict."""
    if trace is None:
        return None, "", ""
    try:
        return *locate(case, trace, formula), ""
    except Exception as error:
        return None, "", f"not placed, for that raised {in_one_line(error)}"


def _off(case: Case, found: dict[str, Floats], dtype: str) -> list[str]:
    """The results that, replayed in float64, are further off than rounding may be.

    Args:
        case: the one that was replayed, of finite numbers. dtype: the format that they are held to.
    """
    data = draw(case)
    if case.random:  # as it was replayed: of the case's format, not of float64
        scale = 1 / (1 - case.config.dropout)
        data = replace(data, masks=tuple(scale * kept for kept in kept_by_nn(case)))
    exact, allowed = oracle(replace(case, dtype=dtype), data)
    return [
        name
        for name, values in found.items()
        if name in exact
        and (
            values.shape != exact[name].shape
            or not (distance(values, exact[name]) <= allowed[name]).all()
        )
    ]
