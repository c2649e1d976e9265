"""What the words in the closing tables mean: verdicts, and rows whose names say too little."""

from __future__ import annotations

from collections.abc import Iterable

from rnn_manual.cases.features import CHAOTIC
from rnn_manual.cli.verify.summary import JsonCase, is_declined
from rnn_manual.judge.findings import BITS

VERDICTS = """\
proved     the same formula, for every input
open       not known as a formula, for the reason told; held as numbers
other      another formula
identical  every bit is the loops'
within     other bits, but off by no more than rounding alone explains, which is
           measured for every case; the error is the worst of them"""
ROWS = {
    "stacked": "more than one layer",
    "dropout, no effect": "of one layer, or in eval()",
    "eval": "after eval()",
    "packed sorted": "a PackedSequence, the longest first",
    "packed equal": "a PackedSequence whose sequences are all of one length",
    "partly frozen": "only the states and every other weight require gradients",
    "after another": "called before with other numbers and sizes",
    "before another": "called once more before its results are read",
    "out changed": "out is written to before the way back, which may raise",
    "states changed": "the same with h_n and c_n",
    "strided": "in memory, every other column of something wider",
    "expanded": "one sequence, B times, without a copy",
    "notes": "configurations of the study notes that the claims come from",
    CHAOTIC: "rounding grows fast: errors of another order, so a row apart",
    BITS: "torch.nn with oneDNN off, where every bit must be the loops'",
}


def legend(cases: Iterable[JsonCase]) -> str:
    """Of the verdicts, and of the rows that these cases have."""
    compared = [case for case in cases if not is_declined(case)]
    there = {name for case in compared for name in [case["mode"], *case["features"]]}
    wide = max(map(len, ROWS))
    return "\n".join([VERDICTS, *(f"{n:<{wide}}  {m}" for n, m in ROWS.items() if n in there)])
