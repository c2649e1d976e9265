"""A candidate's own inner numbers, found by what they are, wherever in its code they stand.

It is followed over residues, where each value is told from all others: what it computes that has
the residues of one of the loops' quantities is that quantity, and its number is the one there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch

from rnn_manual.candidates.candidate import NN, Candidate
from rnn_manual.candidates.catalogue import MODES, unsupported
from rnn_manual.candidates.errors import Unsupported, in_one_line
from rnn_manual.candidates.process.dispatch import ask
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Floats
from rnn_manual.config import DIRECTIONS
from rnn_manual.explain.call import Call, Numbers
from rnn_manual.explain.column import Column, Mark
from rnn_manual.explain.quantities import Key, Quantities
from rnn_manual.judge.prove import formula_of
from rnn_manual.layout import rows_of, state_tuple
from rnn_manual.proof.expected.quantities import Cell, backward_cells, forward_cells
from rnn_manual.proof.formula import OPEN, OTHER, PROVED, UNNAMED, Formula, in_words
from rnn_manual.proof.runs.followed import Followed, followed
from rnn_manual.proof.search.forward.instead import instead_of
from rnn_manual.weights import parameters_from

ABSENT = "not computed"


@dataclass(frozen=True)
class OfLengths(Case):
    """A case whose sequences have the lengths of a call, in its order."""

    own: tuple[int, ...] = ()

    @property
    def lengths(self) -> list[int]:
        return list(self.own)


def inside(candidate: Candidate, call: Call, given: Numbers, cotangents: tuple[Any, Any]) -> Column:
    """A candidate's column, and what the proof says of it on the same call.

    Raises: Unsupported: it declines the call. Unusable: it is no candidate.
    """
    case = OfLengths(call.config, call.T, call.B, layout=call.layout, own=call.lengths)
    if message := unsupported(candidate, case, "cpu", candidate.mode):
        raise Unsupported(message)
    formula = formula_of(candidate, case, mode=candidate.mode)
    opaque = bool(candidate.mode and MODES[candidate.mode].opaque)
    right = not formula.fails and (opaque or bool(formula.tensors))  # none, where it raised
    name = f"{NN.name}, followed" if candidate.name == NN.name else candidate.name
    column = Column(name, {}, {}, ABSENT, None, _verdict(formula), right)
    environment = MODES[candidate.mode].environment if candidate.mode else {}
    if opaque:
        return column
    numbers = _numbers(call, given, cotangents)
    answer = ask(candidate, followed, case, numbers, candidate.mode, environment=environment)
    if answer.error is not None:
        said = f"it could not be followed: {in_one_line(answer.error)}"
        return column._replace(verdict=(*column.verdict, said), ok=False)
    found: Followed = answer.value
    cells = forward_cells(case), backward_cells(case)
    seen = _quantities(found, cells[0]), _quantities(found, cells[1])
    mark = _mark(case, found, cells, seen, formula)
    return column._replace(forward=seen[0], backward=seen[1], mark=mark)


def _numbers(call: Call, given: Numbers, cotangents: tuple[Any, Any]) -> dict[str, Floats]:
    """All that goes in, by the names that leaves have."""
    config, (d_out, d_state) = call.config, cotangents
    found = {"input": rows_of(given.input), "d out": rows_of(d_out)}
    found |= parameters_from(config, given.weights)
    for form, state in (("{}_0", given.state), ("d {}_n", d_state)):
        values = state_tuple(config, state)
        found |= {form.format(n): v for n, v in zip(config.states, values, strict=True)}
    return {name: tensor.detach().numpy() for name, tensor in found.items()}


def _quantities(found: Followed, cells: Iterable[Cell]) -> Quantities:
    """Of the loops' quantities, those that were computed."""
    seen: Quantities = {}
    for cell in cells:
        for name, points in (cell.given | cell.quantities).items():
            numbers = found.number_of(points.values)
            if numbers is not None:
                seen[Key(cell.layer, cell.direction, cell.step, name)] = torch.as_tensor(numbers)
    return seen


def _mark(
    case: Case,
    found: Followed,
    cells: tuple[list[Cell], list[Cell]],
    seen: tuple[Quantities, Quantities],
    formula: Formula,
) -> Mark | None:
    """Where its formulas begin to be others; what stands there is put among what is seen."""
    place = formula.where
    if formula.verdict != OTHER or place is None or place.step is None:
        return None
    layer, direction = place.layer or 0, DIRECTIONS.index(place.direction or "forward")
    key = Key(layer, direction, place.step, place.quantity)
    for cell in cells[0]:
        named = cell.given | cell.quantities
        if key[:3] != (cell.layer, cell.direction, cell.step) or key.name not in named:
            continue
        asked, numbers = named[key.name], None
        if found.number_of(asked.values) is None:
            instead = instead_of(case, found.trace, cell, key.name)
            if instead.residues is not None:
                numbers = found.number_of(instead.residues)
        if numbers is not None:
            seen[0][key] = torch.as_tensor(numbers)
            words = f"{key.name} is {instead.formula}, expected {instead.expected}"
            return Mark(key, False, words, place.line)
        return Mark(key, False, formula.instead or "is never computed", place.line)
    return Mark(key, True, formula.instead or f"{key.name} is {UNNAMED}", place.line)


def _verdict(formula: Formula) -> tuple[str, ...]:
    """What is known of its formulas, the loops' own words first."""
    said = {
        PROVED: "the loops' formulas, proved, gradients too",
        OTHER: "another formula than the loops'",
        OPEN: "its formulas are not known",
    }[formula.verdict]
    return (said, *in_words(formula))
