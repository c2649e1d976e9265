"""At which line of a backward written by hand a gradient goes wrong, and what stands there."""

from functools import partial

import pytest
import torch

from rnn_manual.parity import prove
from tests.meta.candidates.right.classes import PlainLSTM, PlainRNN
from tests.meta.proof.search.backwards import LAYERS, elman, formula_of, lstm
from tests.meta.proof.small import small


@pytest.mark.parametrize("kind", LAYERS)
def test_the_right_one_is_proved(kind):
    """So each of the others is wrong in its one line alone."""
    assert formula_of(kind, "").verdict == "proved"


@pytest.mark.parametrize(
    ("kind", "wrong", "quantity", "step", "line", "words"),
    [
        ("rnn", "da", "da", 2, "da = dh * (1 - ", "is dh'·(1 - h'), expected dh'·(1 - h'²)"),
        ("rnn", "dh", "dh", 2, "dh = da @ ", "is W_hh da, expected W_hhᵀ da"),
        ("rnn", "dU", "grad weight_hh_l0", None, "dU = dU + da.T @ ",
         "is the sum of daᵀ h', expected the sum of daᵀ h"),
        ("lstm", "d_o", "da_o", 2, "d_o = dh * ",
         "is dh'·c·o·(1 - o), expected dh'·tanh(c')·o·(1 - o)"),
        ("lstm", "d_i", "da_i", 2, "da_i = dc * i * (1 - i)",
         "is dc'·i·(1 - i), expected dc'·g·i·(1 - i)"),
        ("gru", "z doubled", "da_z", 2, "da_z = 2 * da_z",
         "is 2·dh'·(h - n)·z·(1 - z), expected dh'·(h - n)·z·(1 - z)"),
        ("lstm", "d_f", "da_f", 2, "d_f = dc * ", "is dc'·c'·f·(1 - f), expected dc'·c·f·(1 - f)"),
        ("lstm", "replaced", "da_f", 2, "da_f = dc * c * (1 - f * f)",
         "is dc'·c·(1 - f²), expected dc'·c·f·(1 - f)"),
        ("lstm", "at once", "da_g", 2, "da = torch.cat([d_i, d_f, d_g, d_o], 1) * ",
         "is dc'·i·g·(1 - g), expected dc'·i·(1 - g²)"),
        ("lstm", "db", "grad bias_ih_l0", None, "db = da.mean(0) if ",
         "is the mean over the batch, expected the sum over steps and batch"),
        ("lstm", "parts", "da_o", 2, "da_o = da_o * c * c * c",
         "is another formula than dh'·tanh(c')·o·(1 - o)"),
        ("lstm", "cat", "dh", 2, "dx, dh, dW, dU = da @ W, da @ U",
         "is W_hiᵀ da_i + W_hfᵀ da_g + W_hgᵀ da_f + W_hoᵀ da_o, expected W_hiᵀ da_i + W_hfᵀ da_f"),
        ("lstm", "dc", "dc", 2, "f = 0 * f if", "(where its way back begins) is 0, expected dc'·f"),
        ("lstm", "dc by i", "dc", 2, "return None, dx, dh, dc * i, dW", "is dc'·i, expected dc'·f"),
        ("lstm", "dc whole", "dc", 2, None, "is dc', expected dc'·f"),
        ("rnn", "d out", "dh'", 2, "dh = dh + d_out[0 if ",
         "is d out of step 0 + d h_n, expected d out of step 2 + d h_n"),
        ("gru", "d", "grad bias_hh_l0", None, None,
         "is the sum of da_n in the rows of n, expected the sum of r·da_n"),
        ("gru", "U", "grad weight_hh_l0", None, None,
         "is the sum of da_nᵀ h in the rows of n, expected the sum of (r·da_n)ᵀ h"),
        ("gru", "r twice", "da_r", 2, "da_r = da_r * r",
         "is da_n·(W_hn h + b_hn)·r·(1 - r)·r, expected da_n·(W_hn h + b_hn)·r·(1 - r)"),
        ("gru", "d_n", "da_n", 2, "da_n = d_n * (1 - ",
         "is dh'·(1 - z)·(1 - n), expected dh'·(1 - z)·(1 - n²)"),
        ("gru", "d_r", "da_r", 2, "d_r = da_n * ",
         "is da_n·n·r·(1 - r), expected da_n·(W_hn h + b_hn)·r·(1 - r)"),
        ("gru", "b_hn", "da_r", 2, "d_r = da_n * ",
         "is da_n·(W_hn h)·r·(1 - r), expected da_n·(W_hn h + b_hn)·r·(1 - r)"),
        ("gru", "dh", "dh", 2, "d_before = dy @ U + dh * ",
         "is (1 - z)·dh' + W_hrᵀ da_r + W_hzᵀ da_z + W_hnᵀ (r·da_n), expected z·dh' + W_hrᵀ da_r"),
    ],
)  # fmt: skip
def test_the_line_of_a_wrong_gradient_is_named(kind, wrong, quantity, step, line, words):
    """Where the way back is the candidate's own code, as of an autograd.Function."""
    formula = formula_of(kind, wrong)
    assert formula.verdict == "other"
    assert (formula.where.quantity, formula.where.step) == (quantity, step)
    assert words in formula.instead
    if line is None:  # what is wrong there is right elsewhere, as a sum that is another bias's
        assert formula.where.line == ""
    else:
        assert formula.where.line.startswith("backwards.py:")
        assert f"  {line}" in formula.where.line


def test_what_is_right_where_it_is_computed_has_no_line():
    """As da_n of one step and sequence, which is the whole sum."""
    case = small("gru", T=1, H=3, B=1)
    found = prove(lambda module: partial(LAYERS["gru"], "d", module), case).formula
    assert found.instead.endswith("is the sum of da_n in the rows of n, expected the sum of r·da_n")
    assert found.where.line == ""


def test_a_gradient_that_is_due_as_another_is_said_to_be_that():
    """Of one step, whose states' gradients are exchanged: what computed them is right."""
    case = small("lstm", T=1, H=3, B=4)
    found = prove(lambda module: partial(lstm, "dh and dc", module), case).formula
    assert found.instead == "grad h_0 is what is due as grad c_0"
    assert found.where.line == ""


class NoBiasGradient(torch.autograd.Function):
    """x + b, whose gradient for b is 0."""

    @staticmethod
    def forward(ctx, x, b):
        return x + b

    @staticmethod
    def backward(ctx, dy):
        return dy, torch.zeros(dy.shape[-1])


def test_a_gradient_that_is_zero_has_no_line():
    """A zero is computed anywhere, as in the product with a state that is zero."""

    class WithoutIt(PlainRNN):
        def step(self, x, w, h):
            W_ih, W_hh, b_ih, b_hh = w
            a = NoBiasGradient.apply(x @ W_ih.t() + (h @ W_hh.t() + b_hh), b_ih)
            return (torch.tanh(a),)

    found = prove(WithoutIt, small("rnn", T=1, state="omitted")).formula
    assert found.instead == "grad bias_ih_l0 is 0, as if it were detached"
    assert found.where.line == ""


def test_a_gradient_by_autograd_has_no_line():
    """Nothing of the candidate's own is executed on the way back."""

    def build(module):
        return lambda x, hx: tuple(2 * y - y.detach() for y in module(x, hx))

    formula = prove(build, small("rnn")).formula
    assert formula.verdict == "other"
    assert formula.where.line == ""


class Detaching(PlainLSTM):
    """Its c goes on without its graph."""

    def step(self, x, w, h, c):
        h, c = super().step(x, w, h, c)
        return h, c.detach()


class Watched(PlainLSTM):
    """Looks at its c, and goes on with it as it is, or with another gradient or h."""

    factor = "none"

    def step(self, x, w, h, c):
        h, c = super().step(x, w, h, c)
        self.norm = c.detach().norm()
        if self.factor == "of the gradient":
            c = 2 * c - c.detach()
        return (2 * h if self.factor == "of h" else h), c


def test_where_a_gradient_is_cut_off_is_told():
    """Autograd has no line of the candidate's own; what it is not to walk through has one."""
    proof = prove(Detaching, small("lstm"))
    assert proof.formula.where.line == ""
    assert "\ndetaches  test_lines.py:" in str(proof)
    assert "return h, c.detach()" in str(proof)


def test_a_gradient_cut_by_data_is_told():
    """As people cut it off who learned it before there was detach."""

    class Taking(PlainLSTM):
        def step(self, x, w, h, c):
            h, c = super().step(x, w, h, c)
            return h, c.data

    assert "return h, c.data" in str(prove(Taking, small("lstm"))).partition("\ndetaches  ")[2]


def test_of_several_lines_that_cut_off_all_are_told():
    """Which of them the gradient lacks is not known, where one only looks."""

    class Looking(Detaching):
        def forward(self, input, hx=None):
            assert not input.data.isnan().any()
            return super().forward(input, hx)

    first, second = str(prove(Looking, small("lstm"))).partition("\ndetaches  ")[2].split("\n")[:2]
    assert "assert not input.data.isnan()" in first
    assert second.startswith("          test_lines.py:")
    assert second.endswith("return h, c.detach()")


def test_where_it_is_cut_off_in_packed_input_no_other_line_is_told():
    """The gradient is 0 there, which is what padding is, too."""

    class Truncated(PlainLSTM):
        def step(self, x, w, h, c):
            self.steps = getattr(self, "steps", 0) + 1
            return super().step(x, w, h, c.detach() if self.steps % 9 == 0 else c)

    case = small("lstm", T=13, layout="packed", bidirectional=True, dtype="float64")
    said = str(prove(Truncated, case))
    assert "is 0, expected dc'·f" in said
    assert "\nat " not in said
    assert "\ndetaches  test_lines.py:" in said


@pytest.mark.parametrize(
    ("factor", "told"), [("none", False), ("of h", False), ("of the gradient", True)]
)
def test_what_is_detached_is_told_of_a_wrong_gradient_only(factor, told):
    """And not of a layer that is right, or wrong on the way there already."""
    layer = type("Watched", (Watched,), {"factor": factor})
    assert ("\ndetaches  " in str(prove(layer, small("lstm")))) == told


class FirstRowLost(torch.autograd.Function):
    """Its gradient is that of something else in the first row of the batch."""

    @staticmethod
    def forward(ctx, h):
        return h.clone()

    @staticmethod
    def backward(ctx, gradient):
        return torch.cat([gradient[:1] ** 2, gradient[1:]])


def test_the_rows_that_are_others_are_named():
    """Where a gradient is another in some sequences only."""

    def layer(module, x, h):
        return elman("", module, x, FirstRowLost.apply(h[0])[None])

    case = small("rnn", H=3, B=4, T=1)
    found = prove(lambda module: partial(layer, module), case).formula
    assert found.instead == "grad h_0 is another formula than expected"

    class Step(PlainRNN):
        def step(self, x, w, h):
            return (FirstRowLost.apply(super().step(x, w, h)[0]),)

    found = prove(Step, small("rnn", B=3)).formula
    assert found.instead.endswith("is another formula than dh'·(1 - h'²) in sequence 0")


@pytest.mark.parametrize("call", ["after another", "before another"])
def test_another_call_has_no_part_in_it(call):
    """The line is one of the case's own way back, though others were called and differentiated."""
    found = prove(lambda module: partial(elman, "d out", module), small("rnn", H=3, B=4, call=call))
    assert found.formula.instead.startswith("dh' of layer 0, forward, step 2 (where its way back")
    assert "dh = dh + d_out[0 if" in found.formula.where.line
