"""Padding that is run through, and what is computed on it and masked after."""

import torch

from rnn_manual.parity import prove
from tests.meta.candidates.right.classes import PlainLSTM, PlainRNN
from tests.meta.proof.small import small
from tests.meta.proof.written import Written


class OverPadding(PlainRNN):
    """Its states run on where a sequence has ended, or before it begins."""

    def _run(self, x, lengths, states):
        return super()._run(x, torch.full_like(lengths, len(x)), states)


def test_a_state_that_ran_through_padding_is_named():
    """Forward as what is returned, backward as what the first step began with."""
    found = prove(OverPadding, small("rnn", layout="packed", B=3)).formula
    assert "step 2, run through padding, batch" in found.instead
    assert found.where.quantity == "h_n"
    found = prove(OverPadding, small("rnn", layout="packed", B=3, bidirectional=True)).formula
    assert "is W_ih x + b_ih + W_hh (h that ran through padding) + b_hh, expected" in found.instead
    assert found.where.direction == "backward"


class FlipsPadding(PlainLSTM):
    """Its backward direction begins with the padding, which it takes for the first steps."""

    def _run(self, x, lengths, states):
        outs, ends = [], []
        for direction in range(2):
            now, out = [s[direction] for s in states], []
            for t, x_t in enumerate(x.flip(0) if direction else x):
                alive = (lengths > t)[:, None]
                new = self.step(x_t, self._weights(0, direction), *now)
                now = [torch.where(alive, n, old) for n, old in zip(new, now, strict=True)]
                out.append(torch.where(alive, now[0], 0))
            outs.append(torch.stack(out).flip(0) if direction else torch.stack(out))
            ends.append(now)
        return torch.cat(outs, -1), [torch.stack(s) for s in zip(*ends, strict=True)]


def test_padding_that_is_taken_for_the_first_steps_is_named():
    """By what it is that is read; and not by what is computed on padding and masked after."""
    for about in ({"B": 3}, {"B": 2, "T": 2}):
        case = small("lstm", layout="packed", bidirectional=True, **about)
        found = prove(FlipsPadding, case).formula
        words = "(x reversed with its padding) + b_ii + W_hi h + b_hi, expected W_ii x"
        assert words in found.instead
        assert found.where.direction == "backward"


def test_what_is_due_is_not_told_as_another_formula():
    """A state that is right, and handed on to a step that should begin with h_0."""
    about = {"T": 7, "B": 2, "I": 1, "H": 3, "state": "zeros", "values": "infinities"}
    found = prove(FlipsPadding, small("lstm", layout="packed", bidirectional=True, **about))
    said = found.formula.instead
    assert said
    assert said.partition(" is ")[2].partition(", expected ")[0] != said.partition(", expected ")[2]


class StateIsInput(Written):
    """In layer 1, W_hh is multiplied by x."""

    def _weights(self, layer, direction):
        self.above = layer == 1
        return super()._weights(layer, direction)

    def sums(self, x, w, h):
        return super().sums(x, w, x if self.above else h)


class FromTheEnd(Written):
    """Layer 1 reads what layer 0 puts out from its end, where shorter sequences have padding."""

    def joined(self, outs):
        return super().joined(outs).flip(0)

    def _run(self, *given):
        out, last = super()._run(*given)
        return out.flip(0), last


def test_what_stands_on_padding_is_not_told_of_a_step():
    """On padding, with a state that is zero, a gate's sum is its biases alone."""
    case = small("lstm", layers=2, layout="packed", B=3, state="omitted")
    said = prove(StateIsInput, case).formula.instead
    assert said.startswith("a_i of layer 1, forward, step 0 (the first it processes) is W_ii x")
    assert " + b_ii + W_hi h' of layer 0, step 0 + b_hi, expected W_ii x + b_ii + " in said
    said = prove(FromTheEnd, case).formula.instead
    assert said.startswith("a_i of layer 1, forward, step 0 (the first it processes) is W_ii (")
    assert " is W_ii (step 2's x and padding) + b_ii + b_hi, expected W_ii x + b_ii + b_hi" in said
