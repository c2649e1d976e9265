"""A class that Python cannot copy, or not all of, is not as nn's are: that is its fault."""

import pytest
import torch

from rnn_manual.candidates.catalogue import MODES
from rnn_manual.parity import Verdict, check
from tests.meta.candidates.modes.wrong_in_modes import plainest


class LosesBatchFirst(torch.nn.RNN):
    """Is read back as one that reads steps first."""

    def __setstate__(self, state):
        super().__setstate__(state | {"batch_first": False})


class HoldsAGenerator(torch.nn.LSTM):
    def __init__(self, *sizes, **options):
        super().__init__(*sizes, **options)
        self.held = (each for each in ())


@pytest.mark.parametrize("name", ["pickle", "save"])
def test_what_is_lost_is_seen(name):
    """On some case of standard's, though batch_first is nothing to packed input."""
    cases = MODES[name].cases(kind="rnn", dtype="float32")
    found = {check(LosesBatchFirst, case, mode=name, formulas=False).verdict for case in cases}
    assert Verdict.DIFFERS in found or Verdict.ERROR in found


@pytest.mark.parametrize("name", ["pickle", "save", "deepcopy"])
def test_what_cannot_be_copied_fails(name):
    """In Python's words."""
    found = check(HoldsAGenerator, plainest(name), mode=name, formulas=False)
    assert found.verdict == Verdict.ERROR
    assert "cannot pickle 'generator' object" in str(found)


@pytest.mark.parametrize("name", ["pickle", "save"])
def test_a_class_within_a_function_is_not_asked_to_be_read_back(name):
    """Python does not find it again, which is no fault of the layer's."""

    class Within(torch.nn.LSTM):
        pass

    found = check(Within, plainest(name), mode=name)
    assert found.verdict == Verdict.UNSUPPORTED
    assert "Within" in found.message
