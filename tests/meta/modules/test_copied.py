"""Parameters, state_dict and mode of the drop-in modules, and copies from their namesakes."""

import pytest
import torch
from torch import nn

import rnn_manual
from tests.meta.modules.twins import ALL, LAYERS, outcome, small, weight_of


@pytest.mark.parametrize("kind", LAYERS)
def test_all_weights_and_flatten_parameters(kind):
    """What only layers have: all_weights by layer and direction, and flatten_parameters."""
    theirs, ours, _ = small(kind, bidirectional=True)
    assert ours.flatten_parameters() is None
    named = {id(p): name for m in (theirs, ours) for name, p in m.named_parameters()}
    assert [[named[id(w)] for w in row] for row in ours.all_weights] == [
        [named[id(w)] for w in row] for row in theirs.all_weights
    ]


@pytest.mark.parametrize("kind", ALL)
def test_from_torch_copies(kind):
    """The copy has configuration, mode, state_dict and frozen weights, and is not the original."""
    options = {"dtype": torch.float64, "bias": False}
    theirs, _, x = small(kind, **options)
    getattr(theirs.eval(), weight_of(theirs)).requires_grad_(False)
    ours = getattr(rnn_manual, kind).from_torch(theirs)
    assert (repr(ours), ours.training) == (repr(theirs), False)
    assert [p.requires_grad for p in ours.parameters()] == [
        p.requires_grad for p in theirs.parameters()
    ]
    theirs.load_state_dict(ours.state_dict())
    before = outcome(ours, x.double())
    with torch.no_grad():
        next(theirs.parameters()).add_(1)
    assert outcome(ours, x.double()) == before
    assert outcome(theirs, x.double())[1] != before[1]


def test_from_torch_of_another_kind():
    """A module that is not of the namesake class is refused."""
    with pytest.raises(TypeError, match=r"expected a torch\.nn\.LSTM, got torch\.nn\."):
        rnn_manual.LSTM.from_torch(nn.GRU(3, 5))
