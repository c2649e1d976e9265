"""What is computed where torch is not watched is told from what is: by running on other numbers."""

import _thread
import queue
import threading

import numpy as np
import pytest
import torch

from rnn_manual.candidates.catalogue import as_candidate
from rnn_manual.parity import prove, select
from rnn_manual.proof.runs.again import on_other_numbers
from rnn_manual.proof.runs.mirrored import mirrored
from tests.meta.candidates.right.classes import PlainLSTM
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


def test_so_is_what_numpy_draws():
    """Which is another number in each run."""
    found = prove(changed(lambda h: h * np.random.rand()), small("lstm")).formula
    assert found.verdict == "open", found


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


def test_where_it_does_not_run_again_what_left_torch_decides():
    """Then it is not known whether numbers came back."""

    class Once(PlainLSTM):
        runs = 0

        def forward(self, input, hx=None):
            type(self).runs += 1
            if self.runs > 1:
                raise RuntimeError("once only")
            out, states = super().forward(input, hx)
            assert not torch.isnan(out).any()
            return -out, states

    found = prove(Once, small("lstm")).formula
    assert found.verdict == "open", found
    assert found.reason.startswith("values left torch and came back: test_unseen.py:")


@pytest.mark.parametrize("case", select("quick", notes=None), ids=lambda case: case.id)
def test_formulas_do_not_depend_on_numbers(case):
    """Of torch.nn, not one residue changes with them."""

    def nn(module):
        return module

    subject = as_candidate(nn).subject
    here, there = mirrored(subject, case).found, on_other_numbers(subject, case).found
    assert here.keys() == there.keys()
    for name in here:
        assert (here[name].values == there[name].values).all(), name
