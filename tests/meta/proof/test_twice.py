"""Second derivatives are proved: nn's, differentiated by autograd, are the loops' by hand."""

import pytest
import torch

from rnn_manual.cases.options import TELLING, case_of
from rnn_manual.parity import check, prove
from rnn_manual.proof.expected.results import expected
from tests.meta.proof.small import small
from tests.meta.proof.written import changed

NETWORKS = {
    "plain": {},
    "two layers, both ways, packed": {
        "num_layers": 2, "bidirectional": True, "layout": "packed", "state": "omitted",
    },
    "dropout of all": {"num_layers": 2, "dropout": "1"},
}  # fmt: skip


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("equations", TELLING["equations"])
def test_they_are_proved(equations, network):
    """Of each leaf, and not by giving the same numbers alone."""
    case = case_of(equations=equations, call="second derivatives", **NETWORKS[network])
    found = prove(lambda module: module, case).formula
    assert found.verdict == "proved", found
    first = {name for name in found.tensors if name.startswith("grad ")}
    assert first
    assert {name for name in found.tensors if name.startswith("grad²")} == {
        name.replace("grad", "grad²") for name in first
    }
    assert any(residues.values.any() for n, residues in expected(case).residues.items() if "²" in n)


class Tanh(torch.autograd.Function):
    """Its gradient is right, and what it is differentiated to is not: y is no function of x."""

    @staticmethod
    def forward(ctx, x):
        ctx.y = x.tanh()
        return ctx.y.clone()

    @staticmethod
    def backward(ctx, dy):
        return dy * (1 - ctx.y * ctx.y)


class TanhOnce(Tanh):
    """It says so."""

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dy):
        return Tanh.backward(ctx, dy)


def through(function):
    """An LSTM whose state has such a tanh of it added, and torch's taken away."""
    return changed(lambda h: h + function.apply(h) - h.tanh())


def test_a_backward_that_is_not_differentiable_is_another_formula():
    """And it is told that the gradients themselves are not."""
    found = prove(through(Tanh), small("lstm", call="second derivatives")).formula
    assert (found.verdict, found.where.quantity) == ("other", "grad² input"), found
    assert "and 6 more, gradients differentiated once more" in found.instead
    assert found.instead.endswith("the gradients are the loops'")
    assert found.differs
    of_all = prove(changed(Tanh.apply), small("lstm", call="second derivatives")).formula
    assert "differentiated once more" not in of_all.instead


def test_one_that_says_so_declines_wherever_it_stands():
    """As in the middle of a layer, and not only at its end."""
    for dtype in ("float32", "float64"):
        found = check(through(TanhOnce), small("lstm", call="second derivatives", dtype=dtype))
        assert not found.verdict.fails
        assert "once_differentiable" in found.tensors["grad² input"].reason
        assert found.formula.verdict == "proved"
