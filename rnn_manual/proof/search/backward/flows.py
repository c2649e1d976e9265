"""What flows into a cell, as dh' and dc': from above, from the step before, or one of the two."""

from __future__ import annotations

from collections.abc import Iterator

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.results import as_formula, leaf_residues
from rnn_manual.proof.search.backward.around import Around
from rnn_manual.proof.search.backward.products import products_near, times
from rnn_manual.proof.search.backward.through_weights import through_weights
from rnn_manual.proof.search.due import flows_from
from rnn_manual.proof.search.forward.terms import Term
from rnn_manual.proof.search.laid_out import state_of, steps_of


def flows_into_h(cell: Around) -> Iterator[Term]:
    """What comes from above or from the step before alone; or both, one of them being another."""
    whole, case = cell.q["dh'"], cell.case
    above, along = flows_from(case, cell.at, cell.before)
    if cell.at.layer == case.config.num_layers - 1:
        steps = _d_out(case, cell.at.direction)
        due = steps[cell.at.step]
        for step, d_out in enumerate(steps):
            if step != cell.at.step and d_out.shape == due.shape:
                yield f"d out of step {step} + {along}", whole - due + d_out
    if cell.before is None:
        part = state_of(case, leaf_residues(as_formula(case))["d h_n"], *cell.at.place[:2])
    else:
        part = cell.before.quantities["dh"]
    if part.shape != whole.shape or not part.values.any():  # where some sequences end
        return
    yield f"{along} alone", part
    yield f"{above} alone", whole - part
    if cell.before is not None:
        for words, points in through_weights(cell.at_step(cell.before)):
            yield f"{above} + {along}, which is {words}", whole - part + points


def flows_into_c(cell: Around) -> Iterator[Term]:
    """What comes through h' or from the step before alone; or both, the former being another."""
    words, of_h = times(cell.factors("of dc'"), {})
    dc = cell.q["dc'"] - of_h
    if cell.case.packed:  # where some sequences end
        yield "dc alone", dc
    else:
        yield ("d c_n" if cell.before is None else f"dc of step {cell.before.step}") + " alone", dc
    yield words, of_h
    for words, points in products_near(cell, "of dc'"):
        yield f"dc + {words}".replace("+ -", "- "), dc + points
        yield words, points


def _d_out(case: Case, direction: int) -> list[Points]:
    """Of every step, what the results of a direction of the last layer are multiplied with."""
    steps = steps_of(case, leaf_residues(as_formula(case))["d out"])
    return [step[..., case.config.columns(direction)] for step in steps]
