"""What a candidate is held against, and how close correct arithmetic can be expected to come.

allowed = SPREAD × √(s² + S²) + u × the tensor's largest number, where s is how far rounding moves
the element itself and S how far it moves those of its block, a step, row of h_n or gate
(`spread.py` measures both): one element alone tells less than several, and several less of the
one among them that is moved most.

Where, in chaos, rounding moves `out` itself by a tenth, gradients are products of slopes at states
that are anywhere: their moves are of no size that samples could tell, and any finite number is
allowed. So a wrong gradient can hide there, and nowhere else: neither in fewer steps with weights
as large, nor in as many with the usual ones.

SPREAD is chosen so that the whole suite raises a false alarm less than once in a thousand runs:
`make calibration` prints the errors of correct candidates in units of √(s² + S²), their
distribution, and the chance that it gives at this SPREAD; and the smallest fault that is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from rnn_manual.candidates.candidate import loops
from rnn_manual.candidates.harness.result import Result
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, Floats, draw
from rnn_manual.judge.blocks import blocks
from rnn_manual.judge.reference.oracle import run_oracle
from rnn_manual.judge.reference.spread import spread

SPREAD = 8.0


@dataclass(frozen=True)
class Reference:
    """What a case's candidate is held against, by tensor name.

    loop: the torch loops at the case's precision, their gradients by autograd. exact: the oracle,
    its gradients by hand. allowed: the largest |candidate - exact|, for every element.
    """

    loop: Result
    exact: dict[str, Floats]
    allowed: dict[str, Floats]


# All of standard and its modes, some 100 MB: claims ask for the same cases.
@lru_cache(maxsize=1024)
def reference(case: Case, device: str = "cpu") -> Reference:
    """Runs the loops and the oracle on a case, and measures what rounding does to it.

    Raises: RuntimeError: as `whole`.
    """
    exact, allowed = oracle(case, draw(case))
    return Reference(whole(run_candidate(loops, case, device=device), case), exact, allowed)


def whole(loop: Result, case: Case) -> Result:
    """What the loops gave, which is all that a case asks for.

    Raises: RuntimeError: it is not, as where autograd is broken: of what the loops themselves do
        not give, nothing would be compared, and a candidate would agree with it unseen.
    """
    if loop.broken or loop.missing:
        lacking = loop.broken or ", ".join(f"{name}: {why}" for name, why in loop.missing.items())
        raise RuntimeError(f"the loops themselves give no gradients of {case}: {lacking}")
    return loop


def oracle(
    case: Case, data: Data, backward: bool = True
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """The exact results on a case's numbers or others, and how far a correct layer may be off."""
    exact = run_oracle(case, data, backward)
    moves = spread(case, data, exact, backward)
    format = torch.finfo(getattr(torch, case.dtype))
    roundoff, allowed, diverged = format.eps / 2, {}, False
    for name, centre in exact.items():
        finite = np.isfinite(centre)  # what is not has no rounding errors
        moved = np.where(finite, moves[name], 0.0)
        largest = float(np.abs(centre).max(initial=0, where=finite))
        of_block = SPREAD * typical(case, name, moved)
        near = np.hypot(SPREAD * moved, of_block) + roundoff * largest
        if name == "out":
            held = typical(case, name, np.where(finite, np.float64(centre), 0.0))
            diverged = case.gain > 1 and bool((of_block > 0.1 * held).any())
        elif diverged and name.startswith("grad"):
            near = np.full_like(near, format.max)
        allowed[name] = np.where(finite, near, 0.0)
    return exact, allowed


def typical(case: Case, name: str, moves: Floats) -> Floats:
    """The root of the mean square over each block, for each of its elements."""
    number, places = blocks(case, name, moves.shape)
    scale = np.zeros(len(places))  # of each block, whose squares may else be zero
    np.maximum.at(scale, number.ravel(), np.abs(moves).ravel())
    scale[scale == 0] = 1
    squares = np.square(moves / scale[number]).ravel()
    sums = np.bincount(number.ravel(), squares, minlength=len(places))
    counts = np.bincount(number.ravel(), minlength=len(places))
    return np.asarray((scale * np.sqrt(sums / np.maximum(counts, 1)))[number])
