"""At which line of a backward written by hand a gradient goes wrong."""

import pytest
import torch

from rnn_manual.parity import prove
from tests.meta.proof.small import small


class Elman(torch.autograd.Function):
    """h' = tanh(W x + b + U h + d) over all steps; backward by hand, with one line wrong."""

    @staticmethod
    def forward(ctx, wrong, x, W, U, b, d, h):
        states = [h]
        for step in x:
            states.append(torch.tanh(step @ W.T + b + states[-1] @ U.T + d))
        ctx.wrong = wrong
        ctx.save_for_backward(x, W, U, *states)
        return torch.stack(states[1:]), states[-1].clone()

    @staticmethod
    def backward(ctx, d_out, dh):
        x, W, U, *states = ctx.saved_tensors
        dW, dU, db, dx = torch.zeros_like(W), torch.zeros_like(U), torch.zeros(len(W)), []
        for t in reversed(range(len(x))):
            h, y = states[t : t + 2]
            dh = dh + d_out[t]
            da = dh * (1 - (y if ctx.wrong == "da" else y * y))
            dx.insert(0, da @ W)
            dW = dW + da.T @ x[t]
            dU = dU + da.T @ (y if ctx.wrong == "dU" else h)
            db = db + da.sum(0)
            dh = da @ (U.T if ctx.wrong == "dh" else U)
        return None, torch.stack(dx), dW, dU, db, db, dh


def elman(wrong):
    def build(module):
        def call(x, hx):
            out, last = Elman.apply(wrong, x, *module.parameters(), hx[0])
            return out, last[None]

        return call

    return build


def test_the_right_one_is_proved():
    """So each of the others is wrong in its one line alone."""
    assert prove(elman(""), small("rnn")).formula.verdict == "proved"


@pytest.mark.parametrize(
    ("wrong", "quantity", "step", "line"),
    [
        ("da", "da", 2, "da = dh * (1 - "),
        ("dh", "dh", 2, "dh = da @ "),
        ("dU", "grad weight_hh_l0", None, "dU = dU + da.T @ "),
    ],
)
def test_the_line_of_a_wrong_gradient_is_named(wrong, quantity, step, line):
    """Where the way back is the candidate's own code, as of an autograd.Function."""
    formula = prove(elman(wrong), small("rnn")).formula
    assert formula.verdict == "other"
    assert (formula.where.quantity, formula.where.step) == (quantity, step)
    assert formula.where.line.startswith("test_lines.py:")
    assert f"  {line}" in formula.where.line


def test_a_gradient_by_autograd_has_no_line():
    """Nothing of the candidate's own is executed on the way back."""

    def build(module):
        return lambda x, hx: tuple(2 * y - y.detach() for y in module(x, hx))

    formula = prove(build, small("rnn")).formula
    assert formula.verdict == "other"
    assert formula.where.line == ""
