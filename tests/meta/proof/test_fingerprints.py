"""A fingerprint tells formulas apart, and nothing else."""

from dataclasses import replace

import torch

from rnn_manual.cases.case import Case
from rnn_manual.parity import prove
from rnn_manual.threads import one_numpy_thread
from tests.meta.proof.small import small
from tests.meta.proof.written import OneByOne


def _fingerprint(case: Case, candidate=lambda module: module):
    found = prove(candidate, case).formula
    assert found.verdict == "proved", found
    assert len(found.fingerprint) == 16
    return found.fingerprint


def test_a_fingerprint_depends_on_the_formula_alone():
    """Not on dtype, memory layout, threads, or how the formula is written."""
    case = small("lstm", layers=2)
    same = [replace(case, dtype=d) for d in ("float64", "bfloat16", "float16")]
    found = {_fingerprint(c) for c in (case, *same, replace(case, memory="strided"))}
    found.add(_fingerprint(case, OneByOne))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        found.add(_fingerprint(case))
        with one_numpy_thread():
            found.add(_fingerprint(case))
    finally:
        torch.set_num_threads(before)
    assert len(found) == 1


def test_other_formulas_have_other_fingerprints():
    """Without bias, with a projection, in the other direction too, of another kind."""
    cases = [
        small("lstm"),
        small("lstm", bias=False),
        small("lstm", proj_size=1),
        small("lstm", bidirectional=True),
        small("lstm", state="omitted"),
        small("lstm", layers=2),
        small("gru"),
        small("rnn"),
        small("rnn", nonlinearity="relu"),
    ]
    assert len({_fingerprint(case) for case in cases}) == len(cases)
