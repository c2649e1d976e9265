"""Where a state is zero, what stands in the place of a quantity is told without what is zero."""

import torch

from rnn_manual.parity import prove
from tests.meta.candidates.right.classes import PlainGRU, PlainRNN
from tests.meta.proof.search.wrong_cells import gru
from tests.meta.proof.small import small


class ResetOfAll(PlainGRU):
    def step(self, x, w, h):
        x_r, x_z, x_n = (x @ w[0].t()).chunk(3, 1)
        h_r, h_z, h_n = (h @ w[1].t()).chunk(3, 1)
        r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
        n = torch.tanh(r * (x_n + h_n))
        return (n + z * (h - n),)


def test_of_a_state_that_is_zero_the_plain_formula_is_told():
    """z·n, and not n·z + h, though h is 0; and no r·h where r was left out."""
    z_lets_in = gru(new_h=lambda r, z, n, h: (1 - z) * h + z * n)
    case = small("gru", state="omitted", layers=2)
    assert " is z·n, expected n + z·(h - n)" in prove(z_lets_in, case).formula.instead
    said = prove(gru(reset=lambda r, z, y_n: y_n), case).formula.instead
    assert said.endswith(" is W_in x + b_in + b_hn, expected W_in x + b_in + r·b_hn (h is 0)")
    case = small("gru", state="omitted", bias=False)
    said = prove(ResetOfAll, case).formula.instead
    assert said.endswith(" is r·(W_in x), expected W_in x (h is 0)")


class FromBelow(PlainRNN):
    """A layer begins with the last state of the one below."""

    def _run(self, x, lengths, states):
        h, ends = x.new_zeros(x.shape[1], self.sizes[1]), []
        for layer in range(2):
            out = []
            for x_t in x:
                (h,) = self.step(x_t, self._weights(layer, 0), h)
                out.append(h)
            x, ends = torch.stack(out), [*ends, h]
        return x, [torch.stack(ends)]


def test_another_state_is_told_where_the_state_is_zero():
    """Its product is no product of h."""
    said = prove(FromBelow, small("rnn", layers=2, state="omitted")).formula.instead
    words = "W_ih x + b_ih + W_hh h' of layer 0, step 2 + b_hh, expected W_ih x + b_ih + W_hh h"
    assert said.endswith(f"is {words} + b_hh")


class NoBiasOfAbsentState(PlainRNN):
    """Where no state is given, nothing of h is added at the first step."""

    def step(self, x, w, h):
        W_ih, W_hh, b_ih, b_hh = w
        a = x @ W_ih.t() + b_ih
        return (torch.tanh(a if self.at_first else a + h @ W_hh.t() + b_hh),)

    def _run(self, x, lengths, states):
        self.at_first = states is None
        return super()._run(x, lengths, states)


def test_a_bias_that_is_left_out_with_the_state_is_named():
    """What is left is right, too, as a part of the sum."""
    case = small("rnn", T=1, state="omitted")
    said = prove(NoBiasOfAbsentState, case).formula.instead
    assert said.endswith("is W_ih x + b_ih, expected W_ih x + b_ih + b_hh (h is 0)")
