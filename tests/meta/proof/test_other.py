"""What computes another formula is told so; whether it fails is for its numbers in float64."""

import pytest
import torch

from rnn_manual.judge import prove as judge
from rnn_manual.mistakes import MISTAKES
from rnn_manual.parity import Verdict, check, prove
from tests.meta.candidates.right.classes import PlainLSTM
from tests.meta.proof.small import shown_on, small


class OneWeightOff(PlainLSTM):
    """One weight is off by 10⁻¹², which no bfloat16 can show."""

    def step(self, x, w, h, c):
        W_ih, W_hh, b_ih, b_hh = w
        W_hh = W_hh.clone()
        W_hh[1, 0] += 1e-12
        return super().step(x, (W_ih, W_hh, b_ih, b_hh), h, c)


class DoubledGradients(PlainLSTM):
    """The value of a weight, and twice its gradient."""

    def step(self, x, w, h, c):
        W_ih, *others = w
        return super().step(x, (W_ih + (W_ih - W_ih.detach()), *others), h, c)


def test_a_weight_off_by_1e_12_in_bfloat16_fails_by_its_formula_alone():
    """Its numbers are well within what bfloat16 rounds; it differs, with its place and line."""
    case = small("lstm", dtype="bfloat16")
    assert not check(OneWeightOff, case, formulas=False).verdict.fails
    found = check(OneWeightOff, case)
    assert found.verdict == Verdict.DIFFERS
    where = found.formula.where
    assert (where.quantity, where.layer, where.direction, where.step) == ("a_i", 0, "forward", 0)
    assert where.line.startswith("classes.py:")
    assert "i, f, g, o = (x @ W_ih.t() + b_ih + h @ W_hh.t() + b_hh)" in where.line
    assert "in unit 1" in found.formula.instead


def test_doubled_gradients_in_bfloat16_fail():
    """And the weight whose gradient it is, is named."""
    found = check(DoubledGradients, small("lstm", dtype="bfloat16"))
    assert found.verdict == Verdict.DIFFERS
    assert found.formula.differs == ("grad weight_ih_l0",)
    assert found.formula.where.quantity == "grad weight_ih_l0"
    assert "twice what is expected" in found.formula.instead


class WithinRounding(PlainLSTM):
    """Another formula, whose numbers no float64 can tell from the right ones."""

    def step(self, x, w, h, c):
        h, c = super().step(x, w, h, c)
        return h, c + 1e-300 * c * c


def test_another_formula_with_the_same_numbers_passes_and_is_told():
    """What is off by less than float64 rounds is an approximation, and no fault."""
    case = small("lstm", dtype="float64")
    found = check(WithinRounding, case)
    assert not found.verdict.fails
    assert (found.formula.verdict, found.formula.differs) == ("other", ())
    assert "computed in float64, it gives the same numbers" in str(prove(WithinRounding, case))


def test_an_identity_that_is_not_known_passes():
    """exp(2x) = exp(x)² is not known: tanh by exp(x) and exp(-x) is another formula, and right."""

    class ByExp(PlainLSTM):
        def step(self, x, w, h, c):
            h, _, o, c = self.all(x, w, h, c)
            e, f = torch.exp(c), torch.exp(-c)
            return o * (e - f) / (e + f), c

        def all(self, x, w, h, c):
            W_ih, W_hh, b_ih, b_hh = w
            i, f, g, o = (x @ W_ih.t() + b_ih + h @ W_hh.t() + b_hh).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            return h, g, torch.sigmoid(o), c

    found = prove(ByExp, small("lstm")).formula
    assert (found.verdict, found.differs) == ("other", ())
    assert found.where.quantity == "tanh(c')"


def test_a_failing_search_hides_no_verdict(monkeypatch):
    """If placing raises, the verdict stands, and that it raised is told."""

    def broken(*_):
        raise IndexError("out of range")

    monkeypatch.setattr(judge, "locate", broken)
    mistake = MISTAKES["h_0_ignored"]
    found = prove(mistake, shown_on(mistake)).formula
    assert found.verdict == "other"
    assert found.differs
    assert "not placed, for that raised IndexError: out of range" in found.said


def test_a_failing_replay_claims_no_identity(monkeypatch):
    """If the run in float64 raises, it is not said that its numbers are the same, and it fails."""

    def broken(*_):
        raise ValueError("no numbers")

    monkeypatch.setattr(judge, "replayed", broken)
    mistake = MISTAKES["h_0_ignored"]
    found = prove(mistake, shown_on(mistake))
    assert "not computed in float64, where it raised ValueError: no numbers" in found.formula.said
    assert "the same numbers" not in str(found)
    assert "not known to be equal" in str(found)
    with pytest.raises(AssertionError):
        found.assert_ok()


@pytest.mark.parametrize(("layer", "direction", "step"), [(0, 0, 2), (1, 1, 1)])
def test_one_wrong_step_is_placed(layer, direction, step):
    """In an inner layer, on the way back, at one step alone."""
    counts = {(k, d): 0 for k in range(2) for d in range(2)}

    class WrongOnce(PlainLSTM):
        def _run(self, *given):
            counts.update(dict.fromkeys(counts, 0))
            return super()._run(*given)

        def _weights(self, k, d):
            self.now = (k, d)
            return super()._weights(k, d)

        def step(self, x, w, h, c):
            counts[self.now] += 1
            processed = 3 - step if direction else step + 1
            if self.now == (layer, direction) and counts[self.now] == processed:
                c = 1.001 * c
            return super().step(x, w, h, c)

    where = prove(WrongOnce, small("lstm", layers=2, bidirectional=True)).formula.where
    named = ("forward", "backward")[direction]
    assert (where.quantity, where.layer, where.direction, where.step) == ("c", layer, named, step)
    assert where.line.endswith("c = 1.001 * c")


def test_torchs_generator_is_left_alone():
    """A proof draws nothing from it."""
    before = torch.get_rng_state()
    prove(PlainLSTM, small("lstm"))
    assert torch.equal(before, torch.get_rng_state())
