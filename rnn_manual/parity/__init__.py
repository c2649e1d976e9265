"""The judge: holds a candidate against the loops, case by case, and says where it differs."""

from rnn_manual.parity.candidates import Candidate, Unsupported, Unusable
from rnn_manual.parity.cases import Case
from rnn_manual.parity.compare import Comparison, Verdict
from rnn_manual.parity.judge import check
from rnn_manual.parity.levels import select
from rnn_manual.parity.marks import parametrize

__all__ = [
    "Candidate",
    "Case",
    "Comparison",
    "Unsupported",
    "Unusable",
    "Verdict",
    "check",
    "parametrize",
    "select",
]
