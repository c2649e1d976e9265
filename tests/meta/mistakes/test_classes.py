"""Classes whose constructor is wrong fail, each by the law or in the mode that is about it."""

import pytest
import torch
from torch import nn

import rnn_manual
from rnn_manual.candidates.candidate import Candidate
from rnn_manual.candidates.catalogue import MODES
from rnn_manual.claims.gradients import gradients
from rnn_manual.claims.laws import chance_of_uniform
from rnn_manual.claims.layer import Layer
from rnn_manual.config import Config
from rnn_manual.mistakes.classes import CLASSES
from rnn_manual.parity import Case, Verdict, check
from tests.meta.candidates.right.classes import CLASSES as RIGHT
from tests.meta.candidates.right.classes import Renamed
from tests.test_b_parameters import test_initial_weights as initial_weights

KINDS = ("RNN", "LSTM", "GRU")
OF_MODES = {  # wrong constructor → the mode that shows it
    "DropoutFourth": "by-position",
    "BiasThird": "sizes-by-position",
    "IgnoresDtype": "device-dtype",
    "IgnoresDevice": "device-dtype",
}
OF_WEIGHTS = ("ZeroWeights", "WideWeights", "ZeroBiases", "FixedWeights")


def case_of_kind(kind, **options):
    return Case(Config(kind.lower(), 10, 20, num_layers=3), **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", OF_WEIGHTS)
def test_wrong_initial_weights_fail(kind, name):
    """Weights of zero, of another range, of one seed, and biases of zero are not nn's."""
    wrong = Candidate(name, CLASSES[f"{kind}{name}"])
    with pytest.raises(AssertionError):
        initial_weights(Layer(wrong), case_of_kind(kind))
    assert not check(wrong, case_of_kind(kind), formulas=False).verdict.fails


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layer", [nn, rnn_manual])
def test_right_initial_weights_pass(kind, layer):
    """torch.nn's own pass, and ours."""
    initial_weights(Layer(Candidate(kind, getattr(layer, kind))), case_of_kind(kind))


def test_of_other_names_the_state_dict_counts():
    """A class whose parameters have names of its own is right if its state_dict has nn's."""
    layer, case = Layer(Candidate("Renamed", Renamed)), case_of_kind("RNN")
    initial_weights(layer, case)
    assert layer.parameters(case) == list(case.config.parameter_shapes().items())
    assert gradients(layer, case).keys() == {"grad input", "grad h_0"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", OF_MODES)
def test_a_wrong_constructor_fails(kind, name):
    """Arguments in another order, and device= and dtype= ignored, fail in the mode about them."""
    mode, wrong = OF_MODES[name], CLASSES[f"{kind}{name}"]
    cases = [c for c in MODES[mode].cases() if c.config.kind == kind.lower()]
    assert any(check(wrong, case, mode=mode, formulas=False).verdict.fails for case in cases)
    assert not check(wrong, case_of_kind(kind), formulas=False).verdict.fails


@pytest.mark.parametrize("mode", sorted(set(OF_MODES.values())))
@pytest.mark.parametrize("name", RIGHT)
def test_a_right_constructor_passes(mode, name):
    """nn's constructors pass; one that takes no such arguments has the mode unsupported."""
    kind, layer = RIGHT[name]
    cases = [case for case in MODES[mode].cases() if case.config.kind == kind]
    found = [check(layer, case, mode=mode, formulas=False) for case in cases]
    assert [str(c) for c in found if c.verdict.fails] == []
    if not name.startswith("plain"):
        assert any(c.verdict != Verdict.UNSUPPORTED for c in found)


def test_what_is_spread_evenly_is_told_from_what_is_not():
    """Of evenly drawn numbers the chance is no small one; of normal ones it is."""
    generator = torch.Generator().manual_seed(0)
    even = torch.rand(2000, generator=generator) * 2 - 1
    normal = torch.randn(2000, generator=generator).clamp(-1, 1)
    assert chance_of_uniform(even.numpy()) > 1e-4
    assert chance_of_uniform(normal.numpy()) < 1e-9
