"""What the claims about formulas are said with, and the fingerprints that all versions have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rnn_manual.candidates.candidate import Candidate
from rnn_manual.candidates.errors import Unsupported
from rnn_manual.cases.case import Case
from rnn_manual.config import Config
from rnn_manual.judge.prove import Proof, prove
from rnn_manual.proof.compare import fingerprint
from rnn_manual.proof.expected.results import expected
from rnn_manual.proof.formula import OPEN, Formula

CONFIGS = {
    "rnn": Config("rnn", 3, 5),
    "rnn relu": Config("rnn", 3, 5, nonlinearity="relu"),
    "lstm": Config("lstm", 3, 5),
    "lstm proj": Config("lstm", 3, 5, proj_size=2),
    "gru": Config("gru", 3, 5),
    "gru 2 layers bi": Config("gru", 3, 5, num_layers=2, bidirectional=True),
}
# Of the loops on these, from seed 0: `python -m rnn_manual.claims.formulas` prints them. That a
# version of torch computes other formulas, or that the loops do, would be seen by these.
FINGERPRINTS = {
    "rnn": "91bf0161db6d5fb7",
    "rnn relu": "0d695b84f60e116b",
    "lstm": "26966cd8f57d0456",
    "lstm proj": "1ef9b4c9cfb979e1",
    "gru": "8ce531240039ec0f",
    "gru 2 layers bi": "79d472b6bf61d4bc",
}


def proof_of(candidate: Candidate, case: Case, device: str) -> Formula:
    """A candidate's formulas on a case. Raises: Unsupported: they are not known."""
    proof = prove(candidate, case, device=device)
    if proof.formula.verdict == OPEN:
        raise Unsupported(proof.formula.said)
    return proof.formula


def assert_proved(
    candidate: Candidate, case: Case, device: str, belongs: Callable[[str], bool]
) -> None:
    """Asserts that those of the results that belong are not other formulas with other values."""
    __tracebackhide__ = True
    formula = proof_of(candidate, case, device)
    if any(belongs(name) for name in formula.differs):
        pytest.fail(str(Proof(case, candidate.name, formula)), pytrace=False)


def small(case: Case) -> Case:
    """The same with few steps and sequences, simply called."""
    rows = 1 if case.layout == "unbatched" else 2
    return replace(case, seq_len=3, batch_size=rows, call="with gradients")


def fingerprint_of_loops(case: Case) -> str:
    """What a layer's must be that returns all gradients."""
    return fingerprint({name: r.values for name, r in expected(case).residues.items()})


def configurations() -> dict[str, Case]:
    """Name → the case whose fingerprint is kept."""
    return {name: Case(config, seq_len=3, batch_size=2) for name, config in CONFIGS.items()}


if __name__ == "__main__":
    for name, case in configurations().items():
        print(f'    "{name}": "{fingerprint_of_loops(case)}",')
