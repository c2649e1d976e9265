"""What a pickle loses is seen; a class that cannot be pickled says so in Python's words."""

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
def test_what_cannot_be_copied_is_declined(name):
    """Nobody goes on with numbers that are wrong: Python raises."""
    found = check(HoldsAGenerator, plainest(name), mode=name)
    assert found.verdict == Verdict.UNSUPPORTED
    assert found.message == "TypeError: cannot pickle 'generator' object"
