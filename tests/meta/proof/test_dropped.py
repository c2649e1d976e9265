"""Formulas of layers that drop numbers: a fault is one there too, and other masks are open."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from rnn_manual.parity import Verdict, check, prove
from tests.meta.proof.small import small

CASE = small("rnn", layers=2, H=4, dropout=0.5)


class Dropping(nn.RNN):
    """Draws the masks that nn draws."""

    def forward(self, x, hx):
        last = []
        for k in range(self.num_layers):
            W_ih, W_hh, b_ih, b_hh = self.all_weights[k]
            h, out = hx[k], []
            for x_t in x:
                h = self.step(x_t @ W_ih.t() + b_ih + h @ W_hh.t() + b_hh)
                out.append(h)
            last.append(h)
            x = torch.stack(out)
            if k + 1 < self.num_layers:
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


class BatchFirst(Dropping):
    """As good masks as nn's, whose bits are drawn in the same order."""

    def dropped(self, x):
        return super().dropped(x.transpose(0, 1).contiguous()).transpose(0, 1)


class UnitsFirst(Dropping):
    def dropped(self, x):
        return super().dropped(x.permute(2, 0, 1).contiguous()).permute(1, 2, 0)


class ByRand(Dropping):
    """At p = 0.05 nn's mask may keep all, as numbers of rand are none of them zero."""

    def dropped(self, x):
        return x * (torch.rand(x.shape) > self.dropout) / (1 - self.dropout)


class LeftOut(Dropping):
    """It draws while it is built, as every layer does, and not when it is called."""

    def dropped(self, x):
        return x


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


@pytest.mark.parametrize("layer", [StepByStep, BatchFirst, UnitsFirst, ByRand])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("about", [{}, {"p": 0.05}, {"B": 4}, {"B": 3}, {"layers": 3}])
def test_other_masks_than_nns_are_open(layer, seed, about):
    """Nothing is wrong with them; nor is anything told of axes that are as long as one another."""
    config = replace(CASE.config, num_layers=about.get("layers", 2), dropout=about.get("p", 0.5))
    case = replace(CASE, config=config, batch_size=about.get("B", 2), seed=seed)
    found = prove(layer, case).formula
    if found.verdict == "proved":  # where all masks keep all
        assert case.config.dropout == 0.05
    else:
        assert found.verdict == "open"
        assert found.reason == "random numbers drawn otherwise than nn draws them"


@pytest.mark.parametrize("layer", [StepByStep, BatchFirst])
def test_numbers_under_other_masks_are_declined_and_not_failed(layer):
    """They are as good: laws judge them. (A stranger's class that inherits from nn.GRU was red.)"""
    for formulas in (True, False):
        found = check(layer, CASE, formulas=formulas)
        assert found.verdict == Verdict.UNSUPPORTED
        assert (
            found.message == "dropout: it draws other masks than nn; claims N1 to N3 judge its own"
        )
    assert check(Dropping, CASE).verdict in (Verdict.IDENTICAL, Verdict.WITHIN)
    assert check(Doubled, CASE).verdict == Verdict.DIFFERS


def test_a_fault_is_no_matter_of_masks():
    """Where nn's are drawn, another formula is that, with the numbers that it gives under them."""
    for layer in (Doubled, DroppedTwice, LeftOut):
        found = prove(layer, CASE).formula
        assert (found.verdict, found.fails, found.held) == ("other", True, True)
        assert "out" in found.differs
    found = prove(Doubled, CASE).formula
    assert found.instead.endswith("is tanh(2·a), expected tanh(a)")


def test_what_is_as_good_is_not_a_fault():
    """A bound that is never reached, under masks too."""
    found = prove(Bounded, CASE).formula
    assert (found.verdict, found.fails, found.held) == ("other", False, True)
