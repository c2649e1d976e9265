"""What raises is a fault, there and back; what raises only where it is watched is open."""

import pytest
import torch

from rnn_manual.candidates.torch_versions import needed
from rnn_manual.parity import Verdict, check, prove
from tests.meta.proof.small import small
from tests.meta.proof.written import changed


def test_torchs_error_of_the_same_name_is_told_from_declining():
    """torch._dynamo.exc.Unsupported is no Unsupported."""
    error = type("Unsupported", (Exception,), {"__module__": "torch._dynamo.exc"})

    def raises(h):
        raise error("not traced")

    found = prove(changed(raises), small("lstm")).formula
    assert found.violation == "raised torch._dynamo.exc.Unsupported: not traced"


def test_what_torch_refuses_is_told_in_torchs_words():
    """As sizes that do not fit: the rule would refuse them too, and is not asked."""
    found = prove(changed(lambda h: h + h[:, :1].expand(-1, 3)), small("lstm")).formula
    assert found.violation == found.reason
    assert found.reason.startswith("raised RuntimeError: The size of tensor a (2) must match the")
    assert "h[:, :1].expand(-1, 3)" in found.line


def widened(h):
    return h + h[:, :1].expand(-1, 3)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of TorchScript itself
def test_torchscript_is_told_without_its_traceback():
    """Which is a page: the last line says what it was."""
    found = prove(changed(torch.jit.script(widened)), small("lstm")).formula
    assert found.reason.startswith("raised RuntimeError: The size of tensor a (2) must match the")


class RaisesOnTheWayBack(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        raise ValueError("not written yet")


def test_what_raises_on_the_way_back_is_no_proof():
    """Though all that it returns forward is right."""
    proof = prove(changed(RaisesOnTheWayBack.apply), small("lstm"))
    assert proof.formula.violation == "raised ValueError: not written yet"
    assert "raise ValueError" in proof.formula.line
    with pytest.raises(AssertionError, match="not written yet"):
        proof.assert_ok()


def raises_if_watched(h):
    if torch._C._len_torch_dispatch_stack():
        raise ValueError("watched")
    return h


class RaisesOnTheWayBackIfWatched(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return raises_if_watched(gradient) * 2


def changes_if_watched(h):
    if torch._C._len_torch_dispatch_stack():
        torch.rand(1)
    return h


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (raises_if_watched, "run on residues, it raised ValueError: watched"),
        (RaisesOnTheWayBackIfWatched.apply, "run on residues, it raised ValueError: watched"),
        (changes_if_watched, "run on residues, it left torch's random generator in another state"),
    ],
)
def test_what_goes_wrong_only_where_it_is_watched_is_open(change, reason):
    """As of what asks whether a mode of torch's is on: it is no fault, and no proof."""
    found = prove(changed(change), small("lstm")).formula
    assert (found.verdict, found.violation) == ("open", "")
    assert found.reason.startswith(reason)


def by_scan(module):
    """torch's own loop, which it compiles itself."""
    scan = needed("torch._higher_order_ops.scan")
    w = dict(module.named_parameters())

    def call(x, hx):
        a = x @ w["weight_ih_l0"].t() + w["bias_ih_l0"] + w["bias_hh_l0"]

        def step(h, a):
            h = torch.tanh(a + h @ w["weight_hh_l0"].t())
            return h, h.clone()

        h, out = scan(step, hx[0], a)
        return out, h[None]

    return call


@pytest.mark.filterwarnings("ignore")  # of torch's compiler
def test_what_fails_to_compile_while_it_is_watched_compiles_after_it():
    """So that it is open, and its numbers are compared: neither of the two is wrong."""
    case = small("rnn")
    assert check(by_scan, case, formulas=False).verdict != Verdict.ERROR
    torch._dynamo.reset()
    proof = prove(by_scan, case)
    assert proof.formula.verdict == "open", proof
    assert not proof.formula.violation
    assert check(by_scan, case, formulas=False).verdict != Verdict.ERROR
