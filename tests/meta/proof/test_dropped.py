"""Formulas of layers that drop numbers: a fault is one there too, and other masks are open."""

import torch
from torch import nn
from torch.nn import functional as F

from rnn_manual.parity import prove
from tests.meta.proof.small import small

CASE = small("rnn", layers=2, dropout=0.5)


class Dropping(nn.RNN):
    """Draws the masks that nn draws."""

    def forward(self, x, hx):
        last = []
        for k in range(2):
            W_ih, W_hh, b_ih, b_hh = self.all_weights[k]
            h, out = hx[k], []
            for x_t in x:
                h = self.step(x_t @ W_ih.t() + b_ih + h @ W_hh.t() + b_hh)
                out.append(h)
            last.append(h)
            x = torch.stack(out)
            if k == 0:
                x = self.dropped(x)
        return x, torch.stack(last)

    def step(self, a):
        return torch.tanh(a)

    def dropped(self, x):
        return F.dropout(x, self.dropout, self.training)


class StepByStep(Dropping):
    def dropped(self, x):
        return torch.stack(
            [F.dropout(step, self.dropout, self.training) for step in x.unbind(1)], 1
        )


class Doubled(Dropping):
    def step(self, a):
        return torch.tanh(2 * a)


class Bounded(Dropping):
    def step(self, a):
        return torch.tanh(a.clamp(-100, 100))


class DroppedTwice(Dropping):
    def dropped(self, x):
        return F.dropout(super().dropped(x), self.dropout, self.training)


def test_nns_own_masks_are_proved():
    """They are constants of the run."""
    assert prove(Dropping, CASE).formula.verdict == "proved"


def test_other_masks_than_nns_are_open():
    """Nothing is wrong with them."""
    found = prove(StepByStep, CASE).formula
    assert found.verdict == "open"
    assert found.reason == "random numbers drawn otherwise than nn draws them"


def test_a_fault_is_no_matter_of_masks():
    """Where nn's are drawn, another formula is that, with the numbers that it gives under them."""
    for layer in (Doubled, DroppedTwice):
        found = prove(layer, CASE).formula
        assert (found.verdict, found.fails, found.held) == ("other", True, True)
        assert "out" in found.differs
    found = prove(Doubled, CASE).formula
    assert found.instead.endswith("is tanh(2·a), expected tanh(a)")


def test_what_is_as_good_is_not_a_fault():
    """A bound that is never reached, under masks too."""
    found = prove(Bounded, CASE).formula
    assert (found.verdict, found.fails, found.held) == ("other", False, True)
