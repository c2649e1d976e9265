"""What is known of a candidate on one case, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

from rnn_manual.cases.case import Case
from rnn_manual.judge.tensor import TensorComparison
from rnn_manual.judge.verdict import Verdict, worst
from rnn_manual.judge.where import Where
from rnn_manual.proof.formula import Formula

BITS = "bit for bit"  # the mode of a comparison that allows nothing


@dataclass(frozen=True)
class Findings:
    """A candidate's whole result on one case.

    mode: how it was run, if not simply called.
    command: what a command line names it by; "" if none can.
    raised, message: the verdict and the words if there was no result to compare.
    line: where in its own code the candidate raised, or ended its process.
    printed: what it wrote to standard output and standard error, the end of it.
    diagnosis: the classic mistake it behaves like.
    formula: whether it computes the loops' formulas; None if that was not asked.
    """

    case: Case
    candidate: str
    device: str = "cpu"
    mode: str = ""
    command: str = ""
    tensors: dict[str, TensorComparison] = field(default_factory=dict)
    raised: Verdict | None = None
    message: str = ""
    line: str = ""
    printed: str = ""
    where: Where | None = None
    diagnosis: str | None = None
    formula: Formula | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst of its tensors' that are there, or what it came to without any."""
        there = [t.verdict for t in self.tensors.values() if t.verdict != Verdict.UNSUPPORTED]
        if self.formula is not None and self.formula.differs:
            there.append(Verdict.DIFFERS)
        return self.raised or worst(there)
