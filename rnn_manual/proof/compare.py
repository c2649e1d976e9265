"""A candidate's formulas held against the loops'."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from rnn_manual.candidates.harness.dropout import kept_by_nn
from rnn_manual.cases.calls import WITHOUT_A_GRAPH
from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.bound import Degree, bound
from rnn_manual.proof.arithmetic.residues import PRIME, Ints
from rnn_manual.proof.expected.leaves import points_of
from rnn_manual.proof.expected.results import Expected, expected
from rnn_manual.proof.formula import OPEN, OTHER, PROVED, Formula
from rnn_manual.proof.mirror.dispatch import Draw, zeros_of
from rnn_manual.proof.runs.mirrored import Mirrored
from rnn_manual.proof.unseen import Again, is_same, not_seen

LIKELIEST = 2.0**-20  # of an error, so that what is said to be proved is
MANY_DIVISIONS = (
    "so many divisions, one within another, that the chance of an error is not known to be small"
)
DRAWN_OTHERWISE = "random numbers drawn otherwise than nn draws them"
BY_NATIVE_KERNELS = "on torch's own kernels; oneDNN's are held as numbers only"


def compare(case: Case, mirrored: Mirrored, again: Again) -> Formula:
    """The verdict on each result and on the case.

    Args:
        again: is asked where a result is not the loops'.
    """
    asked = expected(case)
    results = {name: each for name, each in mirrored.found.items() if name in asked.residues}
    reasons = {name: each.reason for name, each in results.items() if each.reason}
    others = [
        name
        for name, each in results.items()
        if name not in reasons and not is_same(each, asked.residues[name].values)
    ]
    if others and case.drops and mirrored.drawn and not _draws_as_nn(mirrored, case):
        unseen, steady = dict.fromkeys(others, DRAWN_OTHERWISE), True
    else:
        unseen, steady = not_seen(mirrored, others, again)
    reasons |= unseen
    tensors = dict.fromkeys(results, PROVED) | dict.fromkeys(others, OTHER)
    tensors |= dict.fromkeys(reasons, OPEN)
    found = {name: result.values for name, result in results.items()}
    verdict = next((v for v in (OTHER, OPEN) if v in tensors.values()), PROVED)
    reason = next((reasons[name] for name in results if name in reasons), "")
    if verdict == PROVED and (mirrored.broken or not tensors):
        broken = f"run on residues, it raised {mirrored.broken}"
        verdict, reason = OPEN, broken if mirrored.broken else "nothing to compare"
    by_chance = chance(asked, mirrored, points_of(case))
    if verdict == PROVED and by_chance > LIKELIEST:
        verdict, reason, tensors = OPEN, MANY_DIVISIONS, dict.fromkeys(tensors, OPEN)
    known = verdict != OPEN and OPEN not in tensors.values()
    forward = {v for name, v in tensors.items() if not name.startswith("grad")}
    detached = mirrored.detached if verdict == OTHER and forward == {PROVED} else ()
    return Formula(
        verdict,
        reason,
        tensors,
        fingerprint(found) if known else "",
        by_chance,
        conditions=() if reason else _conditions(mirrored, case),
        notes=() if reason else _left_out(mirrored, case),
        detached=detached,
        steady=steady,
    )


def _draws_as_nn(mirrored: Mirrored, case: Case) -> bool:
    """Whether nn's mask was drawn as nn draws it, whatever was made of it; False if unknown.

    Which of several goes where is not seen, nor in which order the axes are if two are as long.
    """
    kept, *more = kept_by_nn(case)
    rows, features = kept.shape
    shape = (rows, features) if case.packed else (case.seq_len, case.batch_size, features)
    if more or len({*shape}) < len(shape) or kept.all() or not kept.any():
        return False
    draws = [Draw(name, shape, zeros_of(kept)) for name in ("bernoulli", "native_dropout")]
    return any(each in mirrored.drawn for each in draws)


def _conditions(mirrored: Mirrored, case: Case) -> tuple[str, ...]:
    """What a verdict depends on in the layer's own code."""
    said = []
    if mirrored.left:
        said.append(f"for inputs that take the same branches: {mirrored.left[0]}")
    if mirrored.threads:
        said.append(f"but for what another thread computes: {mirrored.threads[0]}")
    if mirrored.casts:
        said.append(f"but for a cast to a narrower format: {mirrored.casts[0]}")
    if mirrored.compiled:
        said.append(f"but for what torch.compile makes of it: {mirrored.compiled}")
    if mirrored.missing and case.call not in WITHOUT_A_GRAPH:
        said.append(f"but for gradients that are not there, as {next(iter(mirrored.missing))}")
    return tuple(said)


def _left_out(mirrored: Mirrored, case: Case) -> tuple[str, ...]:
    """What it says nothing of."""
    said = []
    if mirrored.native:
        said.append(BY_NATIVE_KERNELS)
    return tuple(said)


def fingerprint(residues: Mapping[str, Ints]) -> str:
    """A hash of all results' residues, by name: it depends on the formulas alone."""
    digest = hashlib.sha256()
    for name, values in sorted(residues.items()):
        digest.update(f"{name} {values.shape}".encode())
        digest.update(np.ascontiguousarray(values, "<i8").tobytes())
    return digest.hexdigest()[:16]


def chance(asked: Expected, mirrored: Mirrored, points: int) -> float:
    """That some result is taken for the same formula and is not, relu's steps apart."""
    results = sum(r.size for r in asked.residues.values())
    degrees = [r.degree for r in asked.residues.values()]
    degrees += [Degree(*f.marks) for f in mirrored.found.values() if f.marks]
    highest = Degree(0)
    for degree in degrees:
        highest = highest.highest(degree)
    return bound([asked.account, mirrored.account], results, highest, PRIME, points)
