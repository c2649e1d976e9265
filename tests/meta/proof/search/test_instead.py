"""What stands in the place of a quantity is named as one would write it, one fault a layer."""

import pytest
import torch

from rnn_manual.parity import prove
from tests.meta.candidates.right.classes import PlainGRU, PlainLSTM, PlainRNN
from tests.meta.proof.search.wrong_cells import all_sums, gru, lstm
from tests.meta.proof.small import small


def _only_o(change):
    """The sums of all gates, that of o changed: its argument is σ's, as those of i and f are."""

    def sums(x, h, *w):
        i, f, g, o = all_sums(x, h, *w).chunk(4, 1)
        return i, f, g, change(o)

    return sums


HELD = torch.Tensor.detach


WRONG = {
    # Functions of a gate's sum.
    "σ(a_o + 1)": lstm(_only_o(lambda a: a + 1)),
    "σ(a_o - 1)": lstm(_only_o(lambda a: a - 1)),
    "σ(2·a_o)": lstm(_only_o(lambda a: 2 * a)),
    "σ(0.5·a_o)": lstm(_only_o(lambda a: a / 2)),
    "1 - σ(a_o)": lstm(_only_o(lambda a: -a)),
    # Biases.
    "W_ii x + 2·b_ii + W_hi h + b_hi,": lstm(
        lambda x, h, W, U, b, d: all_sums(x, h, W, U, 2 * b, d)
    ),
    "W_ii x + b_ii + W_hi h + 2·b_hi,": lstm(
        lambda x, h, W, U, b, d: all_sums(x, h, W, U, b, 2 * d)
    ),
    "W_ii x + 2·b_ii + W_hi h,": lstm(lambda x, h, W, U, b, d: all_sums(x, h, W, U, b, b)),
    "W_ii x + W_hi h + 2·b_hi,": lstm(lambda x, h, W, U, b, d: all_sums(x, h, W, U, d, d)),
    "W_ii x + W_hi h,": lstm(lambda x, h, W, U, b, d: x @ W.t() + h @ U.t()),
    "W_ii x + b_ii + W_hi h + b_hi + 1,": lstm(lambda *given: all_sums(*given) + 1),
    # States and inputs.
    "W_hi h of the next sequence": lstm(lambda x, h, *w: all_sums(x, h.roll(-1, 0), *w)),
    "W_hi h of the sequence before": lstm(lambda x, h, *w: all_sums(x, h.roll(1, 0), *w)),
    "W_hi h of the first sequence": lstm(lambda x, h, *w: all_sums(x, h[:1].expand_as(h), *w)),
    "W_hiᵀ h": lstm(
        lambda x, h, W, U, b, d: x @ W.t() + b + d + torch.cat([h @ u for u in U.chunk(4)], 1)
    ),
    # Products and sums.
    "f·c - i·g": lstm(new_c=lambda i, f, g, o, c: f * c - i * g),
    "f·c + g·(1 - f)": lstm(new_c=lambda i, f, g, o, c: f * c + (1 - f) * g),
    "i·g + o·c": lstm(new_c=lambda i, f, g, o, c: o * c + i * g),
    "c + i·g": lstm(new_c=lambda i, f, g, o, c: c + i * g),
    "left out: h' is o·c'": lstm(new_h=lambda o, c: o * c),
    "left out: h' is c'": lstm(new_h=lambda o, c: c),
    "tanh(c') of layer 0, forward, step 0 (the first it processes) is σ(c')": lstm(
        new_h=lambda o, c: o * c.sigmoid()
    ),
    # Gradients, of a weight whose value is right.
    "grad weight_ih_l0 is twice what is expected": lstm(scale=lambda W: 2 * W - HELD(W)),
    "grad weight_ih_l0 is half what is expected": lstm(scale=lambda W: W / 2 + HELD(W) / 2),
    "grad weight_ih_l0 is minus what is expected": lstm(scale=lambda W: 2 * HELD(W) - W),
    "grad weight_ih_l0 is 0, as if it were detached": lstm(scale=lambda W: 0 * W + HELD(W)),
}


@pytest.mark.parametrize("words", WRONG)
def test_what_an_lstm_computes_instead_is_named(words):
    """A batch of three, so that the next sequence is not the one before."""
    assert words in prove(WRONG[words], small("lstm", B=3)).formula.instead


class FUnderTanh(PlainLSTM):
    """The forget gate under tanh."""

    def step(self, x, w, h, c):
        i, f, g, o = all_sums(x, h, *w).chunk(4, 1)
        c = f.tanh() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class GUnderSigmoid(PlainLSTM):
    """With one operation for c'."""

    def step(self, x, w, h, c):
        i, f, g, o = all_sums(x, h, *w).chunk(4, 1)
        c = torch.addcmul(f.sigmoid() * c, i.sigmoid(), g.sigmoid())
        return o.sigmoid() * c.tanh(), c


class CForH(PlainLSTM):
    """The sums are of c."""

    def step(self, x, w, h, c):
        return super().step(x, w, c, c)


@pytest.mark.parametrize(
    "about",
    [{"layers": 2}, {"layers": 2, "layout": "packed", "B": 3}, {}, {"layout": "packed", "B": 3}],
)
@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (lstm(new_h=lambda o, c: c.tanh()), "h' of layer 0, forward, step 0 (the first it "
         "processes) is tanh(c'), expected o·tanh(c')"),
        (lstm(new_h=lambda o, c: (o * c).tanh()), "tanh(c') of layer 0, forward, step 0 (the "
         "first it processes) is never computed"),
        (lstm(lambda x, h, *w: _exchanged_g_and_o(x, h, *w)),
         "g of layer 0, forward, step 0 (the first it processes) is tanh(a_o), expected tanh(a_g)"),
    ],
)  # fmt: skip
def test_what_was_computed_for_another_purpose_is_not_taken_for_it(layer, words, about):
    """f·c is a part of c', o·c' of tanh(o·c'), and σ(a_g) is o: none of them is h', or g."""
    assert words in prove(layer, small("lstm", **about)).formula.instead


def _exchanged_g_and_o(x, h, *w):
    i, f, g, o = all_sums(x, h, *w).chunk(4, 1)
    return i, f, o, g


def test_what_is_wrong_in_a_class_is_named():
    """Another function of one gate, and another state."""
    assert "is tanh(a_f), expected σ(a_f)" in prove(FUnderTanh, small("lstm")).formula.instead
    assert "is σ(a_g), expected tanh(a_g)" in prove(GUnderSigmoid, small("lstm")).formula.instead
    said = prove(CForH, small("lstm")).formula.instead
    assert "is W_ii x + b_ii + W_hi c + b_hi, expected W_ii x + b_ii + W_hi h" in said


def test_what_an_rnn_computes_instead_is_named():
    """relu for tanh, and another step's input."""

    class OtherFunction(PlainRNN):
        def __init__(self, *sizes, **options):
            super().__init__(*sizes, **options)
            self.f = torch.relu

    class Backwards(PlainRNN):
        def _run(self, x, *given):
            return super()._run(x.flip(0), *given)

    assert "is relu(a), expected tanh(a)" in prove(OtherFunction, small("rnn")).formula.instead
    said = prove(Backwards, small("rnn", T=4)).formula.instead
    assert "W_ih step 3's x + b_ih + W_hh h + b_hh, expected W_ih x" in said


def test_of_one_step_the_last_state_tells_what_was_gone_on_with():
    """In a stack of two directions no sum is made of one direction's h' alone."""

    class Relu(PlainRNN):
        def __init__(self, *sizes, **options):
            super().__init__(*sizes, **options)
            self.f = torch.relu

    case = small("rnn", layers=3, bidirectional=True, T=1, B=1)
    said = prove(Relu, case).formula.instead
    assert said.startswith("h' of layer 0, forward, step 0")
    assert said.endswith("is relu(a), expected tanh(a)")


def test_what_a_gru_computes_instead_is_named():
    """r in the place of z, and z in the place of r."""
    of_h = gru(new_h=lambda r, z, n, h: (1 - r) * n + r * h)
    said = prove(of_h, small("gru")).formula.instead
    assert "is r·h + n·(1 - r), expected n + z·(h - n)" in said
    of_n = gru(lambda r, z, y_n: z * y_n, lambda r, z, n, h: (1 - r) * n + r * h)
    said = prove(of_n, small("gru")).formula.instead
    assert "is W_in x + b_in + z·(W_hn h + b_hn), expected W_in x + b_in + r·(W_hn" in said


def test_a_gru_that_resets_h_is_named():
    """Before the product, and not after it."""

    class Before(PlainGRU):
        def step(self, x, w, h):
            W, U, b, d = ([*v.chunk(3)] for v in w)
            r, z = (torch.sigmoid(x @ W[k].T + b[k] + h @ U[k].T + d[k]) for k in range(2))
            n = torch.tanh(x @ W[2].T + b[2] + (r * h) @ U[2].T + d[2])
            return (n + z * (h - n),)

    said = prove(Before, small("gru")).formula.instead
    assert " is W_in x + b_in + W_hn (r·h) + b_hn, expected W_in x + b_in + r·(W_hn h" in said


class Tanh(torch.autograd.Function):
    """With g² of its own on the way back, which is also what i·g is if i is taken for g."""

    @staticmethod
    def forward(ctx, x):
        y = torch.tanh(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, gradient):
        (y,) = ctx.saved_tensors
        return gradient - gradient * (y * y)


def test_what_the_way_back_computes_explains_nothing_forward():
    """A layer goes on with a value on the way there, or not at all."""

    class Coupled(PlainLSTM):
        def step(self, x, w, h, c):
            W, U, b, d = w
            _, f, g, o = (x @ W.T + b + h @ U.T + d).chunk(4, 1)
            f = torch.sigmoid(f)
            c = f * c + (1 - f) * Tanh.apply(g)
            return torch.sigmoid(o) * torch.tanh(c), c

    said = prove(Coupled, small("lstm")).formula.instead
    assert said.endswith("is 1 - σ(a_f), expected σ(a_i)")


class AlwaysTanh(PlainRNN):
    """Takes tanh, whatever it is asked for."""

    def __init__(self, *sizes, **options):
        super().__init__(*sizes, **options)
        self.f = torch.tanh


class SigmaOfN(PlainGRU):
    """Takes σ of the sum of n."""

    def step(self, x, w, h):
        x_r, x_z, x_n = (x @ w[0].t() + w[2]).chunk(3, 1)
        h_r, h_z, h_n = (h @ w[1].t() + w[3]).chunk(3, 1)
        r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
        n = torch.sigmoid(x_n + r * h_n)
        return ((1 - z) * n + z * h,)


def test_another_function_is_named_beside_the_one_that_is_due():
    """Of an RNN's sum, as its nonlinearity is, and of a GRU's n."""
    found = prove(AlwaysTanh, small("rnn", nonlinearity="relu")).formula.instead
    assert found.endswith(" is tanh(a), expected relu(a)")
    found = prove(SigmaOfN, small("gru")).formula.instead
    assert found.endswith(" is σ(a_n), expected tanh(a_n)")
