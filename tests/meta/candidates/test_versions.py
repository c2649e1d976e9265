"""What a version of torch has not is unsupported, in one line."""

import sys
import types

import pytest
import torch
from torch.nn import functional as F

from rnn_manual.candidates.candidate import NN, Candidate
from rnn_manual.candidates.device import lacking, usable_device
from rnn_manual.candidates.torch_versions import needed, storage_of
from rnn_manual.cases.levels import PLAINEST
from rnn_manual.cli.verify.summary import declined_modes
from rnn_manual.parity import Unsupported, Unusable, Verdict, check


@pytest.mark.parametrize("name", ["torch.abacus", "torch.abacus.beads", "torch.nn.Abacus"])
def test_what_torch_has_not(name):
    """A name that torch does not have, at any depth."""
    with pytest.raises(Unsupported, match=rf"torch \S+ has no {name}$"):
        needed(name)
    assert needed("torch.nn.LSTM") is torch.nn.LSTM


def test_a_mode_of_another_torch(monkeypatch):
    """A mode whose function this torch lacks is unsupported, and says which."""
    monkeypatch.setattr(torch, "func", None, raising=False)
    monkeypatch.setitem(sys.modules, "functorch", None)
    comparison = check(Candidate("here", torch.nn.RNN, "vmap"), PLAINEST[0])
    assert comparison.verdict == Verdict.UNSUPPORTED
    assert "has no torch.func.vmap" in comparison.message


def test_a_mode_by_its_older_name(monkeypatch):
    """What an older torch has under another name is found there."""
    older = types.ModuleType("functorch")
    older.vmap = torch.vmap
    monkeypatch.setattr(torch, "func", None, raising=False)
    monkeypatch.setitem(sys.modules, "functorch", older)
    assert needed("torch.func.vmap", "functorch.vmap") is torch.vmap
    comparison = check(Candidate("here", torch.nn.RNN, "vmap"), PLAINEST[0])
    assert "has no torch.func.vmap" not in comparison.message


class Before2:
    """A tensor as torch 1.13 has it: its memory is asked for through a typed storage."""

    def __init__(self, tensor):
        self.storage = lambda: torch.storage.TypedStorage(
            wrap_storage=tensor.untyped_storage(), dtype=tensor.dtype, _internal=True
        )


@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
def test_memory_by_its_older_name():
    """Views are known to share their memory in every version: formulas are followed through it."""
    tensor = torch.ones(3)
    found = storage_of(Before2(tensor[1:]))
    assert (found._cdata, found.nbytes()) == (storage_of(tensor)._cdata, 12)


def test_a_dtype_without_kernels(monkeypatch):
    """Where torch cannot compute the loops in a dtype, nothing is compared: it is unsupported."""
    said = "\"addmm_impl_cpu_\" not implemented for 'Half'"

    def refuses(*_):
        raise RuntimeError(said)

    monkeypatch.setattr(F, "linear", refuses)
    message = lacking.__wrapped__("float16", "cpu")
    assert message == f"torch {torch.__version__} has no float16 on cpu: {said}"
    monkeypatch.setattr("rnn_manual.candidates.catalogue.lacking", lambda *_: message)
    comparison = check(NN, PLAINEST[0])
    assert (comparison.verdict, comparison.message) == (Verdict.UNSUPPORTED, message)
    said = "out of memory"
    with pytest.raises(RuntimeError, match="out of memory"):
        lacking.__wrapped__("float16", "cpu")


def test_numpy_of_another_age(monkeypatch):
    """Old torch with new NumPy imports, and computes nothing that NumPy could read."""

    def unavailable(_):
        raise RuntimeError("Numpy is not available")

    monkeypatch.setattr(torch.Tensor, "numpy", unavailable)
    with pytest.raises(Unusable, match=r"torch \S+ cannot be used with NumPy \S+: pip install"):
        usable_device("cpu")


def test_one_line_for_what_many_modes_lack():
    """With their names: a mode that is declined altogether has no row."""
    cases = [
        {"mode": mode, "verdict": "unsupported", "message": message}
        for mode, message in [
            ("", "a"),
            ("b", "c"),
            ("d", "c"),
            ("b", "c"),
            *[(mode, "k") for mode in "efghi"],
        ]
    ]
    assert declined_modes(cases) == [("b, d", "c", 3), ("e, f, g, h, i", "k", 5)]
