"""What a layer computes as formulas: for every input, with no tolerance."""

from dataclasses import replace

import pytest
import torch

from rnn_manual.cases.excluded import DRAWN
from rnn_manual.cases.parametrize import law
from rnn_manual.claims.formulas import (
    FINGERPRINTS,
    assert_proved,
    configurations,
    fingerprint_of_loops,
    proof_of,
    small,
)
from rnn_manual.claims.laws import claim
from rnn_manual.parity import Unsupported
from rnn_manual.proof.expected.results import expected
from rnn_manual.proof.formula import PROVED
from rnn_manual.usage import DTYPES


@claim("G1", "layer(x, h_0) ≡ the loops over the equations of cells.py")
@law(without=[DRAWN])
def test_forward_is_the_loops_formula(candidate, device, case):
    """Out, h_n and c_n are, as formulas, what the loops compute: for every input, exactly."""
    assert_proved(candidate, small(case), device, lambda name: not name.startswith("grad"))


@claim("G2", "autograd(layer) ≡ backprop.py")
@law(without=[DRAWN])
def test_gradients_are_the_formulas_of_backpropagation(candidate, device, case):
    """The gradients that autograd computes are, as formulas, those that backprop.py writes out."""
    assert_proved(candidate, small(case), device, lambda name: name.startswith("grad"))


@claim("G3", "one configuration, one fingerprint")
@pytest.mark.parametrize("name", configurations())
def test_the_formula_does_not_depend_on_how_numbers_are_kept(candidate, device, request, name):
    """A formula is the same in every format, memory layout and number of threads."""
    case = of_kind(request, configurations()[name])
    kept = {dtype: replace(case, dtype=dtype) for dtype in DTYPES}
    kept["strided memory"] = replace(case, memory="strided")
    found = {how: proof_of(candidate, each, device).fingerprint for how, each in kept.items()}
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3 - min(threads, 2))
        found["other threads"] = proof_of(candidate, case, device).fingerprint
    finally:
        torch.set_num_threads(threads)
    others = [how for how in found if found[how] != found[case.dtype]]
    if others:
        pytest.fail(f"another formula with {', '.join(others)} than in {case.dtype}", pytrace=False)
    other = replace(case, config=replace(case.config, bias=False))
    assert proof_of(candidate, other, device).fingerprint not in found.values()


@claim("G4", "fingerprint(torch 1.13) = … = fingerprint(torch today)")
@pytest.mark.parametrize("name", configurations())
def test_the_formula_is_that_of_every_version(candidate, device, request, name):
    """It is the formula that has been recorded since torch 1.13."""
    case = of_kind(request, configurations()[name])
    formula = proof_of(candidate, case, device)
    if missing := expected(case).residues.keys() - formula.tensors.keys():
        raise Unsupported(f"not all gradients are there, as {min(missing)}")
    assert fingerprint_of_loops(case) == FINGERPRINTS[name]
    others = [result for result, verdict in formula.tensors.items() if verdict != PROVED]
    if formula.fingerprint != FINGERPRINTS[name]:
        pytest.fail(f"another formula than has been recorded: {', '.join(others)}", pytrace=False)


def of_kind(request, case):
    """The case, if it is of a kind that is asked for."""
    kinds = request.config.getoption("kind")
    if kinds and case.config.kind not in kinds:
        pytest.skip(f"--kind {' '.join(kinds)}")
    return case
