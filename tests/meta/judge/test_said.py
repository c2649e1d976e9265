"""The words of a report: each says what it should, where it should, and not elsewhere."""

import re
from dataclasses import replace
from typing import ClassVar

import pytest
import torch
from torch import nn

from rnn_manual.cases.options import case_of
from rnn_manual.judge.report.as_json import case_json
from rnn_manual.mistakes import MISTAKES
from rnn_manual.parity import Case, Verdict, check, prove
from tests.meta.candidates.right.classes import PlainLSTM
from tests.meta.candidates.right.functions import RIGHT
from tests.meta.judge.planted import CONFIG

CASE = Case(CONFIG)


def lines(comparison):
    """The lines of a report after the first, by what stands before them."""
    return {line[:9].strip(): line[10:] for line in str(comparison).splitlines()[1:]}


def off_at(*index, name="out"):
    """nn's layer, one number of out or h_n off by one."""

    def build(module):
        def call(x, hx=None):
            out, (h, c) = module(x, hx)
            off = torch.zeros_like(out if name == "out" else h)
            off[index] = 1
            return (out + off, (h, c)) if name == "out" else (out, (h + off, c))

        return call

    return build


BATCH_FIRST = replace(CASE, config=replace(CONFIG, batch_first=True))


@pytest.mark.parametrize(
    ("case", "candidate", "place"),
    [
        (CASE, off_at(1, 2, 3), "layer 1, forward, step 1 of 0..6, batch 2, unit 3 → out[1, 2, 3]"),
        (BATCH_FIRST, off_at(2, 1, 3),
         "layer 1, forward, step 1 of 0..6, batch 2, unit 3 → out[2, 1, 3]"),
        (CASE, off_at(0, 2, 3),
         "layer 1, forward, step 0 of 0..6 (the first it processes), batch 2, unit 3 "
         "→ out[0, 2, 3]"),
        (replace(CASE, seq_len=1), off_at(0, 2, 8),
         "layer 1, backward, step 0 of 0..0, batch 2, unit 3 → out[0, 2, 8]"),
        (BATCH_FIRST, off_at(1, 2, 3, name="h_n"),
         "layer 0, backward, batch 2, unit 3 → h_n[1, 2, 3]"),
    ],
)  # fmt: skip
def test_the_place_in_words(case, candidate, place):
    """Step, sequence and unit are those of the number that is wrong, however out is laid out."""
    assert lines(check(candidate, case, formulas=False))["where"] == place


def test_how_near_it_is():
    """What agrees and is not the same is told by how near it comes to what is allowed."""
    said = lines(check(RIGHT["gates one by one"], case_of(equations="lstm", H=17)))
    assert re.fullmatch(r"within, at most 0\.\d+ of what rounding explains", said["forward"])
    assert lines(check(lambda module: module, case_of(equations="gru")))["forward"] == "identical"


def test_another_formula_whose_numbers_agree_here():
    """Off by less than bfloat16 can tell: only the formula is another, and that is the headline."""

    def build(module):
        def call(x, hx=None):
            out, state = module(x, hx)
            return out * (1 + 2**-12), state

        return call

    found = check(build, case_of(equations="gru", dtype="bfloat16"))
    assert not any(tensor.verdict.fails for tensor in found.tensors.values())
    assert found.verdict.fails
    head = str(found).splitlines()[0]
    assert head.endswith(" computes another formula than the loops, with other results")


def test_what_it_behaves_like_is_told():
    """A mistake that is known is named in the block."""
    mistake = MISTAKES["h_0_ignored"]
    said = lines(check(mistake, CASE))["diagnosis"]
    assert said == f'behaves exactly like the mistake "{mistake.sentence}"'


def test_how_likely_an_error_is():
    """The entry of a proof has its chance, which is small."""
    formula = case_json(check(lambda module: module, CASE))["formula"]
    assert formula["verdict"] == "proved"
    assert 0 < formula["chance"] < 2**-50


class Declines(nn.GRU):
    unsupported_modes: ClassVar = {"deepcopy": "no copies"}


def test_a_mode_that_a_class_declines():
    """Before anything is run: unsupported, in its own words."""
    found = check(Declines, case_of(equations="gru"), mode="deepcopy")
    assert (found.verdict, found.message) == (Verdict.UNSUPPORTED, "no copies")
    assert not check(Declines, case_of(equations="gru")).verdict.fails


def test_what_a_mode_does_is_told_where_it_fails():
    """In the sentence that the list of modes has; of what passes, and of no mode, nothing."""
    wrong, case = MISTAKES["gates_f_g_exchanged"], case_of(equations="lstm")
    said = str(check(wrong, case, mode="rows", formulas=False))
    assert "\nmode      one call a row of the batch\n" in said
    assert "\nmode " not in str(check(nn.LSTM, case, mode="rows", formulas=False))
    assert "\nmode " not in str(check(wrong, case, formulas=False))


class Loses(nn.GRU):
    """Its copies have no gradients; nor has a call in which only the weights have some."""

    def __deepcopy__(self, memo):
        other = nn.GRU(3, 5)
        other.load_state_dict(self.state_dict())
        other.forward = torch.no_grad()(other.forward)
        return other

    def forward(self, input, hx=None):
        out, state = super().forward(input, hx)
        return (out, state) if input.requires_grad else (out.detach(), state.detach())


@pytest.mark.parametrize(
    ("about", "mode", "said"),
    [
        ({}, "deepcopy", "lost in this mode: no gradient at all"),
        ({"call": "weights only"}, "", "lost when called so: no gradient at all"),
    ],
)
def test_gradients_that_are_lost(about, mode, said):
    """They are there when the layer is simply called, and are missed where they are not."""
    found = check(Loses, case_of(equations="gru", **about), mode=mode, formulas=False)
    assert found.tensors["grad weight_ih_l0"].reason == said
    assert found.verdict.fails


def test_a_proof_is_told_beside_numbers_that_differ():
    """With what it depends on: there is where to look."""

    class Rounding(PlainLSTM):
        def step(self, x, w, h, c):
            h, c = super().step(x, w, h, c)
            return h, c.bfloat16().to(c.dtype)

    said = str(check(Rounding, case_of(equations="lstm")))
    assert "disagrees with the loops" in said
    assert "formula   proved; but for a cast to a narrower format: test_said.py:" in said


def test_what_a_proof_does_besides_fails_it():
    """A layer that changes its input has no proof, and says so."""

    def build(module):
        def call(x, hx=None):
            result = module(x, hx)
            with torch.no_grad():
                x.add_(1)
            return result

        return call

    proof = prove(build, case_of(equations="gru"))
    assert proof.formula.violation.startswith("changed its input in place")
    with pytest.raises(AssertionError, match=": fails\nit        changed its input in place"):
        proof.assert_ok()


@pytest.mark.parametrize("call", ["with gradients", "loss on h_n"])
def test_an_output_of_another_shape_is_the_only_fault(call):
    """No gradient of it can be asked for: none is lost, and none differs."""

    def build(module):  # right on a batch, as a case is simply called
        def layer(x, hx=None):
            out, h_n = module(x, hx)
            return out, (h_n if x.dim() == 3 else h_n[None])

        return layer

    found = check(build, case_of(equations="gru", layout="unbatched", call=call))
    assert [name for name, tensor in found.tensors.items() if tensor.verdict.fails] == ["h_n"]
    said = str(found)
    assert "\nwhere     h_n: shape (1, 1, 5), expected (1, 5)\n" in said
    assert "\nbut       gradients: not compared (an output has another shape)\n" in said
    of_out = check(build, case_of(equations="gru", layout="unbatched", call="loss on out"))
    assert "not compared" not in str(of_out)  # they are of out alone
    assert not of_out.tensors["grad input"].verdict.fails
