"""Second derivatives: what a candidate's are held against, and a wrong one is seen."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.cases.draw import draw
from rnn_manual.config import Config
from rnn_manual.judge.reference.oracle import run_oracle
from rnn_manual.parity import Case, Verdict, check
from tests.meta.candidates.right.classes import Renamed


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_second_derivatives_are_those_of_autograd(kind):
    """The oracle of second derivatives, dual numbers through the walk by hand, is autograd's."""
    case = Case(Config(kind.lower(), 3, 5, 2, bidirectional=True), dtype="float64")
    case = replace(case, call="second derivatives")
    exact = run_oracle(case, draw(case))
    found = run_candidate(lambda module: module, case).tensors
    assert {name for name in exact if name.startswith("grad²")}
    for name, array in exact.items():
        np.testing.assert_allclose(found[name], array.astype(float), rtol=1e-9, atol=1e-11)


def test_under_other_names_they_are_not_compared():
    """They are of a sum over all gradients, and of the weights' it is not known which is which."""
    case = Case(Config("rnn", 3, 5), call="second derivatives")
    compared = check(Renamed, case)
    assert not compared.verdict.fails, str(compared)
    assert compared.formula.verdict == "proved"
    assert compared.tensors["grad² input"].verdict == Verdict.UNSUPPORTED
    assert compared.tensors["grad input"].verdict == Verdict.WITHIN


def test_a_wrong_second_derivative_differs():
    """Gradients that are right, and constant, are seen."""

    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, gradient):
            return gradient.detach()

    class NoSecondDerivative(nn.LSTM):
        def forward(self, input, hx=None):
            return super().forward(Once.apply(input), hx)

    case = replace(Case(Config("lstm", 3, 5)), call="second derivatives")
    assert not check(nn.LSTM, case, formulas=False).verdict.fails
    compared = check(NoSecondDerivative, case, formulas=False)
    assert compared.verdict == Verdict.DIFFERS
    assert not compared.tensors["grad weight_hh_l0"].verdict.fails
    assert compared.tensors["grad² weight_hh_l0"].verdict == Verdict.DIFFERS
