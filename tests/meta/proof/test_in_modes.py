"""Of a layer in a mode the formulas are known, though who runs it, or where it lay, hides them."""

import pytest
import torch
from torch import nn

from rnn_manual.candidates.catalogue import MODES
from rnn_manual.config import Config
from rnn_manual.parity import Case, Unsupported, check, prove
from rnn_manual.proof.compare import compare
from rnn_manual.proof.formula import Formula, in_words
from rnn_manual.proof.runs.mirrored import mirrored
from tests.meta.candidates.modes.wrong_in_modes import WRONG_IN
from tests.meta.candidates.right.classes import PlainGRU
from tests.meta.proof.small import small

# Copied deeply, what a layer keeps beside its parameters is copied byte by byte: that is open.
KNOWN_IN = [
    name
    for name in WRONG_IN
    if not (MODES[name].opaque or MODES[name].environment or name == "deepcopy")
]


@pytest.mark.parametrize("name", KNOWN_IN)
def test_what_is_wrong_in_a_mode_is_another_formula_there(name):
    """Where a layer is wrong in one mode only, its formulas are followed in that mode."""
    case = MODES[name].cases()[0]
    assert (
        compare(case, mirrored(WRONG_IN[name], case, mode=name), lambda _: None).verdict == "other"
    )


@pytest.mark.parametrize("mode", ["jit.script", "jit.trace"])
def test_a_scripted_layer_is_proved_with_onednn_off(mode):
    """oneDNN's kernel is met within TorchScript, which raises an error of its own for ours."""
    formula = prove(mode, Case(Config("lstm", 1, 2), 2, 1)).formula
    assert formula.verdict == "proved"
    assert ("oneDNN" in formula.said) == torch.backends.mkldnn.is_available()


@pytest.mark.parametrize("mode", ["meta", "meta-assign", "device-dtype"])
def test_a_layer_that_was_built_on_meta_is_proved(mode):
    """Tensors there hold no numbers, and no formulas: these come with the weights."""
    # By `check`: where `prove` declines, a test is skipped.
    found = check(mode, Case(Config("gru", 1, 2), 2, 1))
    assert found.formula.verdict == "proved"


@pytest.mark.parametrize("mode", ["save", "pickle"])
def test_weights_that_come_by_a_way_that_is_not_torchs_are_known(mode):
    """Through a file or a pickle, and copied once more, as after an update."""
    found = check(nn.GRU, Case(Config("gru", 1, 2), 2, 1), mode=mode)
    assert found.formula.verdict == "proved"


def test_where_it_is_wrong_in_a_mode_is_found_in_that_mode():
    """The trace is taken there, too: simply called, the layer is right, and nothing would be."""
    case = MODES["functional_call"].cases()[0]
    formula = check(WRONG_IN["functional_call"], case, mode="functional_call").formula
    assert formula.where.step == 0
    assert formula.where.quantity.startswith("a_")


def test_zeros_that_forward_ad_makes_are_zeros():
    """Of a weight that nothing has moved yet, the tangent is a new zero, and no unknown."""
    case = Case(Config("gru", 1, 2), 1, 1, state="omitted")
    found = check("forward-ad", case)
    assert found.formula.verdict == "proved"


class Detaches(PlainGRU):
    """Has no gradient of W_hh."""

    def step(self, x, w, h):
        return super().step(x, [w[0], w[1].detach(), *w[2:]], h)


def test_without_a_way_back_no_step_of_it_is_told():
    """By forward-mode AD no gradient flows from step to step: of what is wrong, only the name."""
    case = MODES["forward-ad"].cases(kind="gru")[0]
    found = prove(Detaches, case, mode="forward-ad").formula
    assert [name for name, verdict in found.tensors.items() if verdict == "other"] == [
        "grad weight_hh_l0"
    ]
    assert (found.where, found.instead) == (None, "")
    assert in_words(found)[0] == "formula   grad weight_hh_l0: another formula than the loops'"
    assert prove(Detaches, case).formula.instead


def test_what_a_mode_does_not_take_is_declined():
    """As where numbers are compared: a mode for classes, and a case that it means nothing on."""
    with pytest.raises(Unsupported, match=r"a mode for torch\.nn, and classes"):
        prove(lambda module: module, small("lstm"), mode="vmap")
    with pytest.raises(Unsupported, match="it means nothing on such a case"):
        prove(nn.LSTM, small("lstm", layout="unbatched", B=1), mode="vmap")


class Negated(PlainGRU):
    """Wrong forward, so that it is placed in any mode."""

    def step(self, x, w, h):
        return (-super().step(x, w, h)[0],)


def test_what_is_wrong_forward_is_placed_without_a_way_back():
    """By forward-mode AD, too."""
    case = MODES["forward-ad"].cases(kind="gru")[0]
    where = prove(Negated, case, mode="forward-ad").formula.where
    assert where.line.endswith("return (-super().step(x, w, h)[0],)")


def test_four_results_are_named_where_nothing_is_placed():
    """And how many more there are."""
    formula = Formula("other", "", dict.fromkeys("abcdef", "other"), "", 0.0)
    words = "formula   a, b, c, d and 2 more: another formula than the loops'"
    assert in_words(formula)[0] == words
