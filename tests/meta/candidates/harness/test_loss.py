"""The one number from which a run's gradients go back: it changes none of them."""

import sys

import torch

from rnn_manual.candidates.candidate import torch_nn
from rnn_manual.candidates.harness.loss import loss
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.candidates.process.process import Process
from rnn_manual.candidates.process.starting import anew
from rnn_manual.cases.options import case_of


def test_what_is_given_arrives_as_it_is():
    """Each tensor's gradient is the one beside it, where that lies in memory included."""
    x, y = torch.zeros(2, 3, requires_grad=True), torch.zeros(4, requires_grad=True)
    strided, expanded = torch.randn(3, 2).T, torch.randn(1).expand(4)
    outputs, seen = [x * 1, y * 1], {}
    for place, output in enumerate(outputs):
        output.register_hook(lambda gradient, place=place: seen.update({place: gradient}))
    torch.autograd.grad(loss(zip(outputs, [strided, expanded], strict=True)), [x, y])
    assert [seen[k].data_ptr() for k in (0, 1)] == [strided.data_ptr(), expanded.data_ptr()]
    assert [seen[k].stride() for k in (0, 1)] == [(1, 2), (0,)]


def test_where_gradients_are_off():
    """As in the backward of a function of autograd."""
    x = torch.zeros(2, requires_grad=True)
    y = x * 3
    with torch.no_grad():
        (found,) = torch.autograd.grad(loss([(y, torch.ones(2))]), x)
    assert found.tolist() == [3, 3]


def test_second_derivatives_reach_what_is_given():
    """The gradient of a gradient for what multiplied it."""
    x, given = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    (first,) = torch.autograd.grad(loss([(x**3, given)]), x, create_graph=True)
    for_x, for_given = torch.autograd.grad(loss([(first, torch.ones(2))]), [x, given])
    assert for_x.tolist() == [6, 6]
    assert for_given.tolist() == [3, 3]


def is_sympy_loaded_by_gradients():
    run_candidate(torch_nn, case_of())
    return "sympy" in sys.modules


def test_sympy_is_not_loaded():
    """Which would take every process that computes gradients half a second."""
    process = Process({}, 1, anew)
    answer = process.call(60, is_sympy_loaded_by_gradients)
    process.close()
    assert answer.value is False, answer.error
