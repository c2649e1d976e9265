"""What a proof depends on is told with it: branches, casts, how much was looked at."""

from dataclasses import replace

import pytest
import torch

from rnn_manual.parity import check, prove
from tests.meta.candidates.right.classes import PlainLSTM, Renamed
from tests.meta.proof.small import small
from tests.meta.proof.written import changed


def test_a_branch_on_values_is_told():
    """A proof then holds for inputs that take the same branches; the line is named."""

    def branching(h):
        return h if h.sum() > -100 else h * 2

    found = prove(changed(branching), small("lstm")).formula
    assert found.verdict == "proved", found
    assert "for inputs that take the same branches: test_conditions.py:" in found.said
    assert "h.sum() > -100" in found.said


CAST = "but for a cast to a narrower format: test_conditions.py:"


def written_narrow(h):
    new = torch.empty_like(h, dtype=torch.bfloat16)
    torch.mul(h, 1, out=new)
    return new.to(h.dtype)


def copied(h):
    new = torch.zeros_like(h, dtype=torch.float16)
    new.copy_(h)
    return new.to(h.dtype)


def one_by_one(h):
    return torch.stack([torch.stack([x.bfloat16().float() for x in row]) for row in h])


def test_a_cast_to_a_narrower_format_is_told_with_its_line():
    """The formula is the same but for the rounding, and that is said."""

    def cast(h):
        return h.bfloat16().to(h.dtype)

    found = prove(changed(cast), small("lstm")).formula
    assert found.verdict == "proved", found
    assert CAST in found.said
    assert "return h.bfloat16().to(h.dtype)" in found.said
    for change, line in (
        (written_narrow, "torch.mul(h, 1, out=new)"),
        (copied, "new.copy_(h)"),
        (one_by_one, "x.bfloat16().float()"),
    ):
        found = prove(changed(change), small("lstm", call="no_grad")).formula
        assert found.verdict == "proved", found
        assert found.conditions[0].startswith(
            "but for a cast to a narrower format: test_conditions.py:"
        )
        assert line in found.conditions[0]
    assert (
        "cast" not in prove(changed(lambda h: h.double().to(h.dtype)), small("lstm")).formula.said
    )


def test_of_a_large_case_as_many_steps_are_proved_as_can_be():
    """What is done now and then is seen, though not all sequences and steps are run."""

    class NowAndThen(PlainLSTM):
        steps, now = 0, 30

        def step(self, x, w, h, c):
            self.steps += 1
            return super().step(x, w, h, c.bfloat16().to(c.dtype) if self.steps == self.now else c)

    case = small("lstm", T=80, B=9, I=3, H=32)
    found = prove(NowAndThen, case).formula
    assert found.part == "T=80, B=4"
    assert found.said.startswith("on T=80, B=4 of it; but for a cast to a narrower format: ")
    long = replace(case, seq_len=200)
    assert prove(NowAndThen, long).formula.part == "T=97, B=4"
    NowAndThen.now = 190
    assert "cast" not in prove(NowAndThen, long).formula.said
    found = prove(NowAndThen, long, whole=True).formula
    assert not found.part
    assert "but for a cast to a narrower format: " in found.said


def test_of_another_formula_too_it_is_told_how_much_was_looked_at(monkeypatch):
    """Or the step that is named would be another than the last."""
    monkeypatch.setattr("rnn_manual.judge.prove.LARGE", 5_000)  # a tenth, searched in a tenth
    proof = prove(changed(lambda h: -h), small("lstm", T=20, B=9, I=3, H=32))
    assert "\nlooked at T=9, B=4 of it\n" in str(proof)
    assert "\nlooked at" not in str(prove(changed(lambda h: -h), small("lstm")))


def test_weights_of_other_names_are_a_condition():
    """Whose gradients are nobody's: that is told, as of weights that are copied."""
    found = prove(Renamed, small("rnn")).formula
    assert found.verdict == "proved"
    assert found.conditions == ("but for gradients that are not there, as grad bias_hh_l0",)


@pytest.mark.parametrize("call", ["weights only", "partly frozen", "second derivatives"])
def test_they_are_a_condition_however_it_is_called(call):
    """Where nothing else has a gradient, too."""
    found = check(Renamed, small("rnn", call=call))
    assert not found.verdict.fails, str(found)
    assert found.formula.verdict == "proved"
    assert found.formula.conditions[0].startswith("but for gradients that are not there, as grad")
