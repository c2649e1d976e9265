"""What a program says that it returns must be what it returns."""

import pytest
import torch
from torch import nn

from rnn_manual.candidates.errors import Violation
from rnn_manual.candidates.modes.programs import compilers
from rnn_manual.candidates.modes.programs.declared import Declared, check_declared
from rnn_manual.candidates.torch_versions import needed
from rnn_manual.cases.options import case_of
from rnn_manual.parity import check

RETURNED = [torch.zeros(3, 4, 5)]
WRONG = {
    "has shape (3, 4, 5), its graph declares (1, 3, 4, 5)": Declared((1, 3, 4, 5), torch.float32),
    "has shape (3, 4, 5), its graph declares (3, 2, 5)": Declared((3, 2, 5), torch.float32),
    "has torch.float32, its graph declares torch.float64": Declared((3, 4, 5), torch.float64),
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_declared_is_held_against_what_comes(said):
    """Another number of dimensions, another size, another dtype."""
    with pytest.raises(Violation) as raised:
        check_declared([WRONG[said]], RETURNED)
    assert said in str(raised.value)


def test_a_size_left_open_is_any():
    """A program for any batch declares no number for it."""
    check_declared([Declared((3, None, 5), torch.float32)], RETURNED)


def test_an_exported_program_is_held_to_its_signature(monkeypatch):
    """The mode sees a signature that is not true, and takes one that is."""
    needed("torch.export.export")
    case = case_of(equations="rnn tanh", T=2)
    assert not check(nn.RNN, case, mode="export").verdict.fails
    declared = compilers.declared_by

    def one_more(program):
        out, *rest = declared(program)
        return [out._replace(shape=(1, *out.shape)), *rest]

    monkeypatch.setattr(compilers, "declared_by", one_more)
    comparison = check(nn.RNN, case, mode="export")
    assert comparison.verdict.fails
    assert "output 0 has shape (2, 4, 5), its graph declares (1, 2, 4, 5)" in comparison.message
