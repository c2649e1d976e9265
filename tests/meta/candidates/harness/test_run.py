"""What the harness makes of a case: numbers, memory, and the errors of second derivatives."""

import pytest
import torch

from rnn_manual.candidates.candidate import torch_nn
from rnn_manual.candidates.errors import Unsupported, Violation
from rnn_manual.candidates.harness.mode import Mode, Takes
from rnn_manual.candidates.harness.observer import ANOTHER, Observer
from rnn_manual.candidates.harness.result import SUMMED
from rnn_manual.candidates.harness.running import run_calls, run_candidate
from rnn_manual.cases.draw import draw
from rnn_manual.cases.levels import few
from rnn_manual.cases.options import case_of
from rnn_manual.parity import check, select


def nn(module):
    return module


CASES = few(select("standard", notes=None, where=lambda case: case.config.hidden_size < 64))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_nn_is_a_right_layer(case):
    """Run as a case says, on every option that there is, torch.nn is what the loops are."""
    assert not check(nn, case, formulas=False).verdict.fails


class Seen(Observer):
    """Keeps what it is given, by name, and which calls begin."""

    def __init__(self):
        self.tensors, self.began = {}, []

    def given(self, name, tensor):
        self.tensors[name] = tensor

    def begins(self, call, backward):
        self.began.append((call, backward))


def seen(**options):
    observer = Seen()

    def build(module):
        observer.tensors.update(module.named_parameters())
        return module

    run_candidate(build, case_of(equations="lstm", **options), observer=observer)
    return observer


def test_strided_memory_has_gaps():
    """Input, states, weights and what comes back: every other column of something wider."""
    found = seen(memory="strided").tensors
    assert {"input", "h_0", "c_0", "weight_ih_l0", "d out", "d h_n"} <= found.keys()
    assert {tensor.stride(-1) for tensor in found.values()} == {2}


def test_expanded_memory_is_one_row():
    """Input, states and what comes back are one row, for the whole batch; weights are not."""
    found = seen(memory="expanded").tensors
    ours = ("input", "h_0", "c_0", "d out", "d h_n", "d c_n")
    assert [found[name].stride(1) for name in ours] == [0] * 6
    assert found["weight_ih_l0"].is_contiguous()


def test_calls_are_told_in_their_order():
    """The case's own, and the way back through it, after those of the calls before it."""
    own = [("", False), ("", True)]
    assert seen().began == own
    assert seen(call="before another").began[:2] == own
    *before, there, back = seen(call="after another").began
    assert [there, back] == own
    assert {call for call, _ in before} == {f"{ANOTHER} {k}" for k in range(len(before) // 2)}


def test_what_another_call_is_given_has_another_name():
    """So that nothing of it is taken for the case's own."""
    found = seen(call="after another").tensors
    assert {"input", "d out", f"{ANOTHER} 0 input", f"{ANOTHER} 0 d out"} <= found.keys()


class TwiceWrong(torch.autograd.Function):
    """Whose second derivative raises."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return RaisesInBackward.apply(gradient)


class RaisesInBackward(torch.autograd.Function):
    said = ""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        raise RuntimeError(RaisesInBackward.said)


@pytest.mark.parametrize(
    ("said", "fails"),
    [("derivative for aten::_thnn is not implemented", False), ("index out of range", True)],
)
def test_an_error_of_second_derivatives(monkeypatch, said, fails):
    """One that says there are none has declined them; any other is an error."""
    monkeypatch.setattr(RaisesInBackward, "said", said)

    def build(module):
        return lambda x, hx=None: module(TwiceWrong.apply(x), hx)

    found = check(build, case_of(equations="gru", call="second derivatives"), formulas=False)
    assert found.verdict.fails == fails
    assert said in (found.tensors["grad² input"].reason if not fails else str(found))


def test_what_is_raised_on_the_way_back_has_a_line(monkeypatch):
    """And what went right forward is there."""
    monkeypatch.setattr(RaisesInBackward, "said", "no kernel")

    def build(module):
        return lambda x, hx=None: module(RaisesInBackward.apply(x), hx)

    found = run_candidate(build, case_of(equations="gru"))
    assert found.broken == "RuntimeError: no kernel"
    assert found.line.endswith("raise RuntimeError(RaisesInBackward.said)")
    assert found.tensors.keys() == {"out", "h_n"}


class Fewer(torch.nn.LSTM):
    """Has no bias, whatever it is asked for."""

    def __init__(self, *sizes, bias=True, **options):
        super().__init__(*sizes, bias=False, **options)


def test_weights_that_do_not_fit_are_named():
    """In torch's words, of which the first line is enough."""
    hint = "if the class is of another kind, say so by --kind"
    words = 'Unexpected key(s) in state_dict: "bias_ih_l0", "bias_hh_l0"'
    with pytest.raises(Violation) as refused:
        run_candidate(Fewer, case_of(equations="lstm"))
    assert str(refused.value) == f"does not load the state_dict of nn.LSTM: {words}; {hint}"


def fails(built):
    raise RuntimeError("cannot be read")


READ = Mode("read", "torch reads the layer", build=fails, translates=True, subjects=Takes.ALL)


def test_what_torch_cannot_read_is_declined_but_of_its_own_layer():
    """A compiler that cannot read torch.nn is broken; of another layer it is what it takes."""
    case = case_of(equations="gru")
    with pytest.raises(Unsupported, match="cannot be read"):
        run_candidate(nn, case, mode=READ)
    with pytest.raises((RuntimeError, Unsupported), match="cannot be read") as raised:
        run_candidate(torch_nn, case, mode=READ)
    assert raised.type is RuntimeError  # (Unsupported would skip the test)


def keeps_h_n_in_out(module):
    def call(*given):
        out, _ = module(*given)
        return out, out[-1:]

    return call


def test_of_several_calls_each_is_held_to_what_no_layer_may_do():
    """As of one: h_n may not lie where out lies."""
    case = case_of(equations="rnn tanh", dropout="0.3", num_layers=1)
    with pytest.raises(Violation, match="h_n"):
        run_calls(keeps_h_n_in_out, case, [1, 2], data=draw(case))


def freezes_a_weight(module):
    module.weight_hh_l0.requires_grad_(False)
    return module


def test_second_derivatives_are_of_the_sum_of_all_first_ones():
    """Where one of these is missing there are none, and that is why."""
    case = case_of(equations="gru", call="second derivatives")
    found = run_candidate(freezes_a_weight, case)
    assert found.missing["grad² weight_ih_l0"] == found.missing["grad² h_0"] == SUMMED
    assert "grad weight_ih_l0" in found.tensors
