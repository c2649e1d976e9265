"""Where a state is computed, and another value handed on to the next step in its place."""

import pytest
import torch

from rnn_manual.parity import prove
from tests.meta.candidates.right.classes import PlainGRU, PlainLSTM, PlainRNN
from tests.meta.proof.small import small
from tests.meta.proof.written import WrittenGRU


def handing_on(layer, change):
    """A layer whose state goes through a function after each step."""

    class Changed(layer):
        def step(self, *given):
            return change(*super().step(*given))

    return Changed


def clamped(*state):
    return tuple(s.clamp(-50, 50) for s in state)


def c_clamped(h, c):
    return h, c.clamp(-50, 50)


@pytest.mark.parametrize(
    ("layer", "change", "quantity", "line"),
    [
        (PlainLSTM, c_clamped, "c", "return h, c.clamp(-50, 50)"),
        (PlainLSTM, clamped, "h", "return tuple(s.clamp(-50, 50) for s in state)"),
        (PlainGRU, clamped, "h", "return tuple(s.clamp(-50, 50) for s in state)"),
        (PlainRNN, clamped, "h", "return tuple(s.clamp(-50, 50) for s in state)"),
    ],
)
@pytest.mark.parametrize(
    "about", [{}, {"T": 2, "B": 1}, {"bias": False}, {"layout": "packed", "B": 3}]
)
def test_a_state_that_is_changed_after_it_was_computed(layer, change, quantity, line, about):
    """It is no part of the step that computed it, nor is the next step wrong in its own lines."""
    found = prove(handing_on(layer, change), small(layer.kind, **about)).formula
    where = found.where
    assert (where.quantity, where.layer, where.step) == (quantity, 0, 1)
    expected = f"{quantity} of layer 0, forward, step 1 is another formula than {quantity}' of"
    assert found.instead == f"{expected} step 0"
    assert where.line.endswith(line)


class Comparing(PlainLSTM):
    """Its comparisons compute ones."""

    def step(self, *given):
        h, c = super().step(*given)
        return h, torch.where(c == c, c.clamp(-50, 50), 1)


def test_a_constant_is_no_formula():
    """i + (1 - i) is 1, as what a comparison computes is."""
    found = prove(Comparing, small("lstm", state="zeros")).formula
    assert "(1 - " not in found.instead


class Faulty(PlainRNN):
    """One step's sums are others; each product stands by itself, as in most layers by hand."""

    def _run(self, *given):
        self.steps = 0
        return super()._run(*given)

    def step(self, x, w, h):
        W_ih, W_hh, b_ih, b_hh = w
        product = h @ W_hh.t() + b_hh
        a = x @ W_ih.t() + b_ih + product
        self.steps += 1
        if self.steps == 2:
            a = 1.5 * a
        return (torch.tanh(a),)


class OtherGate(PlainLSTM):
    def step(self, x, w, h, c):
        W_ih, W_hh, b_ih, b_hh = w
        product = h @ W_hh.t() + b_hh
        i, f, g, o = (x @ W_ih.t() + b_ih + product).chunk(4, 1)
        f = torch.sigmoid(f + 0.01 * c)
        c = f * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class LeakyGRU(WrittenGRU):
    def new_n(self, x_n, r, h_n, h):
        return torch.tanh(x_n + r * h_n) + 0.1 * h


@pytest.mark.parametrize("about", [{}, {"layers": 2}, {"bidirectional": True}])
@pytest.mark.parametrize(
    ("layer", "quantity", "line"),
    [
        (Faulty, "a", "a = 1.5 * a"),
        (OtherGate, "a_f", "f = torch.sigmoid(f + 0.01 * c)"),
        (LeakyGRU, "n", "return torch.tanh(x_n + r * h_n) + 0.1 * h"),
    ],
)
def test_a_right_state_is_not_said_to_be_another(layer, quantity, line, about):
    """What the next step makes of a wrong one is no sign that the one before it was wrong."""
    found = prove(layer, small(layer.kind, state="omitted", **about)).formula
    assert (found.where.quantity, found.where.step) == (quantity, 1)
    assert found.where.line.endswith(line)


class RightAndUnused(PlainLSTM):
    """h' is computed, and o·c' handed on."""

    def step(self, x, w, h, c):
        W_ih, W_hh, b_ih, b_hh = w
        i, f, g, o = (x @ W_ih.t() + b_ih + (h @ W_hh.t() + b_hh)).chunk(4, 1)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        c = f * c + i * g
        h = o * torch.tanh(c)
        h = o * c
        return h, c


@pytest.mark.parametrize("about", [{}, {"layers": 2}, {"layout": "packed", "B": 3}])
def test_what_is_handed_on_is_named_where_it_is_a_small_formula(about):
    """As the quantity that it stands for."""
    found = prove(RightAndUnused, small("lstm", **about)).formula
    assert "h' of layer 0, forward, step 0 (the first it processes) is o·c', expected" in str(found)
    assert found.where.line.endswith("h = o * c")


class OtherDirectionsLast(PlainGRU):
    """The backward direction begins with the state in which the forward one ends."""

    def _run(self, x, lengths, states):
        now, outs, ends = states[0][0], [], []
        for direction in range(2):
            steps = [None] * len(x)
            for t in reversed(range(len(x))) if direction else range(len(x)):
                alive = (lengths > t)[:, None]
                (new,) = self.step(x[t], self._weights(0, direction), now)
                now = torch.where(alive, new, now)
                steps[t] = torch.where(alive, now, 0)
            outs.append(torch.stack(steps))
            ends.append(now)
        return torch.cat(outs, -1), [torch.stack(ends)]


@pytest.mark.parametrize("about", [{}, {"layout": "packed", "B": 3}])
def test_the_other_directions_last_state_is_named(about):
    """A state that is handed on from one direction to the other."""
    found = prove(OtherDirectionsLast, small("gru", bidirectional=True, **about)).formula
    assert "W_hr (h' of the forward direction's last step) + b_hr, expected" in found.instead
    assert found.where.direction == "backward"


class Unsorted(PlainGRU):
    """Its first states are in another order than its sequences."""

    def _packed(self, input, hx):
        return super()._packed(input, hx[:, input.unsorted_indices])


def test_a_state_of_sequences_in_another_order_is_said_to_be_that():
    """And not h_0[0], which is what is due."""
    found = prove(Unsorted, small("gru", layout="packed", B=6)).formula
    assert "W_hr h of sequences in another order + b_hr, expected" in found.instead
