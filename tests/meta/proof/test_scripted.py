"""Of a scripted or traced layer the formulas are known, though TorchScript hides who stopped it."""

import pytest
import torch

from rnn_manual.config import Config
from rnn_manual.parity import Case, prove


@pytest.mark.parametrize("mode", ["jit.script", "jit.trace"])
def test_a_scripted_layer_is_proved_with_onednn_off(mode):
    """oneDNN's kernel is met within TorchScript, which raises an error of its own for ours."""
    formula = prove(mode, Case(Config("lstm", 1, 2), 2, 1)).formula
    assert formula.verdict == "proved"
    assert ("oneDNN" in formula.reason) == torch.backends.mkldnn.is_available()
