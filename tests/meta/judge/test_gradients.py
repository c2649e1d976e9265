"""Gradients that are not there: which are a fault, and what is said of the others."""

import pytest
import torch

import rnn_manual
from rnn_manual.cases.options import case_of
from rnn_manual.config import Config
from rnn_manual.layout import run
from rnn_manual.parity import Case, Unsupported, Verdict, check
from rnn_manual.weights import read_weights
from tests.meta.judge.planted import CONFIG


def test_no_gradients_are_not_agreeing_gradients():
    """A candidate without gradients gets `unsupported` for each, not a pass on nothing."""

    def build(module):
        weights = read_weights(module.requires_grad_(False))
        return lambda x, hx=None: run(CONFIG, weights, x.data)

    comparison = check(build, Case(CONFIG, state="omitted"))
    gradients = {v.verdict for n, v in comparison.tensors.items() if n.startswith("grad ")}
    assert gradients == {Verdict.UNSUPPORTED}
    assert comparison.verdict == Verdict.IDENTICAL


def test_a_gradient_that_stops_at_the_input_differs():
    """Where any gradient flows, one that is missing is wrong, not unsupported."""

    def build(module):
        return lambda x, hx=None: module(x.detach(), hx)

    comparison = check(build, Case(CONFIG))
    assert comparison.tensors["grad input"].verdict == Verdict.DIFFERS
    assert comparison.tensors["grad weight_ih_l0"].verdict != Verdict.DIFFERS


def test_a_backward_that_raises_leaves_the_values_compared():
    """What went right forward is still compared; the backward is an error, on one line."""

    def build(module):
        def broken(gradient):
            raise RuntimeError("boom")

        def call(x, hx=None):
            out, state = module(x, hx)
            out.register_hook(broken)
            return out, state

        return call

    comparison = check(build, Case(CONFIG))
    assert not comparison.tensors["out"].verdict.fails
    assert comparison.tensors["grad input"].verdict == Verdict.ERROR
    with pytest.raises(AssertionError, match="more: RuntimeError: boom"):
        comparison.assert_ok()


def test_frozen_weights_are_no_fault():
    """Gradients of what is frozen are unsupported; the others are compared."""
    comparison = check(lambda module: module.requires_grad_(False), Case(CONFIG))
    assert not comparison.tensors["grad input"].verdict.fails
    assert comparison.tensors["grad input"].verdict != Verdict.UNSUPPORTED
    assert comparison.tensors["grad weight_ih_l0"].verdict == Verdict.UNSUPPORTED
    assert not comparison.verdict.fails


COPIED = "weights' gradients: not compared (a copy of the weights)"


def copying(module):
    config, weights = Config.of(module), rnn_manual.copy_weights(module)
    return lambda x, hx=None: run(config, weights, x, hx)


def detaching(module):
    config, weights = Config.of(module), read_weights(module)
    detached = tuple(tuple(w.map(lambda t: t.detach()) for w in layer) for layer in weights)
    return lambda x, hx=None: run(config, detached, x, hx)


def freezing(module):
    return module.requires_grad_(False)


def without_gradients(module):
    def call(x, hx=None):
        with torch.no_grad():
            return module(x, hx)

    return call


def declining(module):
    def refuse(gradient):
        raise Unsupported("training")

    def call(x, hx=None):
        out, state = module(x, hx)
        out.register_hook(refuse)
        return out, state

    return call


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (copying, COPIED),
        (detaching, COPIED),
        (freezing, "weights' gradients: not compared (frozen)"),
        (without_gradients, "gradients: not compared (no gradient at all)"),
        (declining, "gradients: not compared (declined: training)"),
    ],
)
def test_why_gradients_were_not_compared_is_said(build, said):
    """Copied, frozen, none at all and declined are four facts, and each is told as what it is."""
    comparison = check(build, Case(CONFIG))
    assert not comparison.verdict.fails
    assert f"but       {said}" in str(comparison).splitlines()


def test_a_mistake_of_gradients_is_not_named_where_there_are_none():
    """Of a layer that is wrong forward and has no gradients, no wrong backward is the diagnosis."""

    def build(module):
        config, weights = Config.of(module), rnn_manual.copy_weights(module)
        no_bias = tuple(tuple(w._replace(bias_ih=None) for w in layer) for layer in weights)

        def call(x, hx=None):
            with torch.no_grad():
                return run(config, no_bias, x, hx)

        return call

    assert check(build, Case(CONFIG)).diagnosis == 'behaves exactly like the mistake "b_ih dropped"'


def only_if(training):
    """Gradients in training alone, or in eval alone."""

    def build(module):
        def layer(input, hx=None):
            with torch.set_grad_enabled(torch.is_grad_enabled() and module.training is training):
                return module(input, hx)

        return layer

    return build


@pytest.mark.parametrize("training", [True, False])
def test_gradients_that_go_with_training_are_lost(training):
    """Which is another way of being called, with dropout between layers or without."""
    options = {"num_layers": 2, "dropout": "0.3, eval" if training else "1"}
    found = check(only_if(training), case_of(equations="gru", **options))
    assert "lost when called so" in found.tensors["grad input"].reason
    assert found.verdict.fails
    assert not check(without_gradients, case_of(equations="gru", **options)).verdict.fails
