"""What is computed where torch is not watched is told from what is: by running on other numbers."""

import _thread
import queue
import threading

import numpy as np
import pytest
import torch
from torch import nn

from rnn_manual.candidates.catalogue import as_candidate
from rnn_manual.parity import Verdict, check, prove, select
from rnn_manual.proof.runs.again import mirrored_again
from rnn_manual.proof.runs.mirrored import mirrored
from tests.meta.candidates.right.classes import PlainLSTM, PlainRNN
from tests.meta.proof.small import small
from tests.meta.proof.written import changed


def in_a_bare_thread(h):
    found = queue.SimpleQueue()
    _thread.start_new_thread(lambda: found.put(h * 1), ())
    return found.get()


@pytest.fixture
def by_a_simple_queue():
    """To a thread that was there before."""
    asked, told = queue.SimpleQueue(), queue.SimpleQueue()

    def serve():
        while (h := asked.get()) is not None:
            told.put(h * 1)

    thread = threading.Thread(target=serve)
    thread.start()
    yield lambda h: asked.put(h) or told.get()
    asked.put(None)
    thread.join()


@pytest.mark.parametrize("call", ["with gradients", "no_grad"])
@pytest.mark.parametrize("bare", [True, False])
def test_what_is_handed_over_unseen_is_open(bare, call, by_a_simple_queue):
    """No other formula is told of a right layer, however it hands its work to a thread."""
    change = in_a_bare_thread if bare else by_a_simple_queue
    found = prove(changed(change), small("lstm", call=call)).formula
    assert found.verdict == "open", found
    assert found.reason.startswith("it depends on numbers that torch was not seen to compute, ")
    assert "first used at classes.py:" in found.reason


GENERATOR = np.random.default_rng(0)


class Flips(PlainLSTM):
    """Wrong in its first run in a process, or in every other one, or by chance."""

    runs = 0
    wrong = staticmethod(lambda runs: runs == 1)

    def forward(self, input, hx=None):
        type(self).runs += 1
        out, states = super().forward(input, hx)
        return (-out if self.wrong(self.runs) else out), states


@pytest.mark.parametrize(
    "wrong",
    [
        lambda runs: runs == 1,
        lambda runs: runs % 2,
        lambda runs: runs > 1,
    ],
    ids=["the first", "every other", "from the second on"],
)
def test_what_hangs_on_how_often_it_ran_is_wrong(wrong):
    """It changes on the same numbers, too, so that it is not of numbers that are not seen."""
    layer = type("Layer", (Flips,), {"wrong": staticmethod(wrong)})
    proofs = [prove(layer, small("lstm", call="loss on out")) for _ in range(4)]
    found = next(each for each in proofs if each.formula.verdict != "proved")
    assert found.formula.verdict == "other", found
    assert found.formula.fails, found
    assert ("\nbut       it computes another formula from run to run" in str(found)) == (
        not found.formula.steady
    )


def test_so_is_what_chance_decides():
    """As a mask of NumPy's, in training and in eval."""
    found = prove(changed(lambda h: h * GENERATOR.random()), small("lstm"))
    assert found.formula.verdict == "other", found
    assert found.formula.fails
    assert "\nbut       it computes another formula from run to run" in str(found)


class TanhOfNumPy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.from_numpy(np.tanh(x.detach().numpy()))
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, d):
        (y,) = ctx.saved_tensors
        return torch.from_numpy(d.numpy() * (1 - y.numpy() ** 2))


class ByNumPy(PlainRNN):
    def __init__(self, *sizes, **options):
        super().__init__(*sizes, **options)
        self.f = TanhOfNumPy.apply


def relu_of_numpy(x):
    return torch.from_numpy(np.maximum(x.detach().numpy(), 0)) + (x - x.detach()) * (x > 0)


@pytest.mark.parametrize(
    "options",
    [
        {"T": 100, "B": 1, "I": 1, "H": 1, "call": "loss on h_n", "seed": 2},
        {"T": 20, "B": 1, "I": 1, "H": 1, "call": "loss on h_n", "dtype": "float16"},
        {"T": 1, "B": 1, "I": 1, "H": 1, "values": "infinities"},
        {"T": 1, "B": 1, "I": 1, "H": 1, "values": "large"},
        {"T": 1, "B": 1, "I": 1, "H": 1},
        {"values": "large", "seed": 3},
    ],
    ids=str,
)
def test_what_numpy_rounds_to_one_number_is_open(options):
    """As a gradient that is too small, or a tanh of 1, on whatever numbers it is run."""
    proof = prove(ByNumPy, small("rnn", **options))
    assert proof.formula.verdict == "open", proof
    assert "first used" not in proof.formula.reason
    assert not check(ByNumPy, proof.case).verdict.fails


def test_of_a_wrong_layer_what_is_open_is_not_told_as_wrong():
    """Beside a result that is wrong, of one that left torch it is not known what it is."""

    class Mixed(PlainLSTM):
        def forward(self, input, hx=None):
            out, (h_n, c_n) = super().forward(input, hx)
            return -out, (torch.from_numpy(h_n.detach().numpy().copy()), c_n)

    found = prove(Mixed, small("lstm", call="no_grad")).formula
    assert found.tensors == {"out": "other", "h_n": "open", "c_n": "proved"}
    assert found.differs == ("out",)
    assert found.fails


class OwnMasks(nn.LSTM):
    """Draws masks of its own, from a generator of its own."""

    generator = torch.Generator()

    def forward(self, input, hx=None):
        if self.training and self.dropout:
            x = torch.rand(input.shape, generator=self.generator)
            input = input * (x > self.dropout) / (1 - self.dropout)
        return super().forward(input, hx)


def test_masks_from_a_generator_of_its_own_are_its_own():
    """They are others in each run, and declined as other masks are."""
    found = check(OwnMasks, small("lstm", layers=2, dropout=0.3))
    assert found.verdict == Verdict.UNSUPPORTED, str(found)
    assert "it draws other masks than nn" in found.message


def beside_a_thread(h):
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    return -h


def with_a_check(h):
    assert not torch.isnan(h).any()
    return -h


def looked_at(h):
    h.detach().numpy().sum()
    return -h


@pytest.mark.parametrize("change", [beside_a_thread, with_a_check, looked_at])
def test_wrong_layers_are_told_though_values_left_torch(change):
    """Where what left, or another thread, has no part in what is wrong."""
    found = prove(changed(change), small("lstm"))
    assert found.formula.verdict == "other", found
    assert found.formula.fails
    assert found.formula.where.quantity == "h'"
    assert found.formula.where.line.startswith("test_unseen.py:")


@pytest.mark.parametrize("leaves", [True, False])
def test_where_it_does_not_run_again_what_left_torch_decides(leaves):
    """Then it is not known whether numbers came back; where none left, none did."""

    class Once(PlainLSTM):
        runs = 0

        def forward(self, input, hx=None):
            type(self).runs += 1
            if self.runs > 1:
                raise RuntimeError("once only")
            out, states = super().forward(input, hx)
            assert not (leaves and torch.isnan(out).any())
            return -out, states

    found = prove(Once, small("lstm")).formula
    if not leaves:
        assert found.verdict == "other", found
        return
    assert found.verdict == "open", found
    assert found.reason.startswith("values left torch and came back: test_unseen.py:")


@pytest.mark.parametrize("case", select("quick", notes=None), ids=lambda case: case.id)
def test_formulas_do_not_depend_on_numbers(case):
    """Of torch.nn, not one residue changes with them."""

    def nn(module):
        return module

    subject = as_candidate(nn).subject
    here, there = mirrored(subject, case).found, mirrored_again(subject, case, numbers=1).found
    assert here.keys() == there.keys()
    for name in here:
        assert (here[name].values == there[name].values).all(), name
