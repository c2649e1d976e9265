"""The drop-in layers take every call that their namesakes take, and refuse the rest alike."""

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence

from tests.meta.modules.twins import LAYERS, outcome, own_kernels, packed, refused, state, twins

X, S = (7, 2, 3), (4, 2, 5)  # for B = 2, two layers, bidirectional
x = torch.linspace(-1, 1, 42).view(X)
REFUSED = {
    "1-D input": lambda k: (torch.ones(3),),
    "4-D input": lambda k: (torch.ones(1, 7, 2, 3),),
    "input of other features": lambda k: (torch.ones(7, 2, 4),),
    "unbatched input of other features": lambda k: (torch.ones(7, 4),),
    "input of another dtype": lambda k: (x.double(),),
    "integer input": lambda k: (x.long(),),
    "no steps": lambda k: (torch.ones(0, 2, 3),),
    "no unbatched steps": lambda k: (torch.ones(0, 3),),
    "a list": lambda k: ([[1.0, 2.0, 3.0]],),
    "an array": lambda k: (x.numpy(),),
    "None": lambda k: (None,),
    "nothing": lambda k: (),
    "three arguments": lambda k: (x, None, None),
    "2-D state for a batch": lambda k: (x, state(k, 4, 5)),
    "3-D state for no batch": lambda k: (torch.ones(7, 3), state(k, *S)),
    "state of another batch": lambda k: (x, state(k, 4, 3, 5)),
    "state to be broadcast": lambda k: (x, state(k, 4, 1, 5)),
    "state of other layers": lambda k: (x, state(k, 2, 2, 5)),
    "state of other features": lambda k: (x, state(k, 4, 2, 6)),
    "unbatched state of other layers": lambda k: (torch.ones(7, 3), state(k, 2, 5)),
    "state of another dtype": lambda k: (x, state(k, *S, dtype=torch.float64)),
    "a tuple of one": lambda k: (x, (torch.ones(S),)),
    "a tuple of three": lambda k: (x, (torch.ones(S),) * 3),
    "two states as one tensor": lambda k: (x, torch.ones(2, *S)),
    "c of other features": lambda k: (x, (torch.ones(S), torch.ones(4, 2, 6))),
    "no c": lambda k: (x, (torch.ones(S), None)),
    "packed, other features": lambda k: (packed(4),),
    "packed, another dtype": lambda k: (packed().to(torch.float64),),
    "packed, state of another batch": lambda k: (packed(), state(k, 4, 3, 5)),
    "packed, batch growing": lambda k: (PackedSequence(x[:3, 0], torch.tensor([1, 2])),),
}
TAKEN = {
    "one step": lambda k: (x[:1], state(k, *S)),
    "a batch of none": lambda k: (x[:, :0],),
    "a batch of none, state": lambda k: (x[:, :0], state(k, 4, 0, 5)),
    "None for state": lambda k: (x, None),
    "expanded input": lambda k: (x[:1, :1].expand(X),),
    "input lying otherwise": lambda k: (x.mT.contiguous().mT, state(k, *S)),
    "every second step": lambda k: (torch.linspace(-1, 1, 84).view(14, 2, 3)[::2],),
    "expanded state": lambda k: (x, (h, h) if k == "LSTM" else h),
    "packed, rows picked from a larger state": lambda k: (
        packed(enforce_sorted=False),
        state(k, 4, 3, 5),
    ),
    "packed, batch of one": lambda k: (PackedSequence(x[:, 0], torch.ones(7).long()),),
    "unbatched": lambda k: (x[:, 0], state(k, 4, 5)),
}
LSTM_TAKES = {
    "a list": lambda: (x, [torch.ones(S), torch.ones(S)]),
    "unbatched, three states": lambda: (x[:, 0], (torch.ones(4, 5),) * 3),
    "unbatched, one tensor": lambda: (x[:, 0], torch.ones(2, 4, 5)),
    "packed, one tensor": lambda: (packed(enforce_sorted=False), torch.ones(2, *S)),
    "c of a smaller dtype": lambda: (x, (torch.ones(S), torch.ones(S).bfloat16())),
    "c of integers": lambda: (x, (torch.ones(S), torch.ones(S).long())),
}
h = torch.full((1, 1, 5), 0.5).expand(S)


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("kind", LAYERS)
def test_forward_errors(kind, what):
    """Every error of a call to nn is ours: same type, same message."""
    theirs, ours = twins(kind, 3, 5, num_layers=2, bidirectional=True)
    arguments = REFUSED[what](kind)
    said = outcome(theirs, *arguments)
    if (kind, torch.__version__[:4]) == ("LSTM", "2.0.") and "steps" in what and not refused(said):
        pytest.skip("oneDNN takes it, in this torch")
    assert refused(said)
    assert outcome(ours, *arguments) == said


@pytest.mark.parametrize("kind", ["RNN", "GRU"])
def test_packed_input_of_three_dimensions(kind):
    """Rows that are still padded are refused; nn.LSTM alone does not look."""
    theirs, ours = twins(kind, 3, 5)
    padded = PackedSequence(x, torch.tensor([2] * 7))
    said = outcome(theirs, padded)
    assert refused(said)
    assert outcome(ours, padded) == said


def test_a_keyword_it_does_not_have():
    """An unknown keyword is refused in nn's words, the method's name included."""
    theirs, ours = twins("LSTM", 3, 5)
    said = outcome(theirs, x, state=None)
    assert "LSTM.forward() got an unexpected keyword" in said[1]
    assert outcome(ours, x, state=None) == said


@pytest.mark.bits
@pytest.mark.parametrize("what", TAKEN)
@pytest.mark.parametrize("kind", LAYERS)
def test_calls_taken(kind, what):
    """What nn takes we take: same types, shapes, strides and bits."""
    theirs, ours = twins(kind, 3, 5, num_layers=2, bidirectional=True)
    with own_kernels():
        said = outcome(theirs, *TAKEN[what](kind))
        assert not refused(said)
        assert outcome(ours, *TAKEN[what](kind)) == said


@pytest.mark.bits
@pytest.mark.parametrize("what", LSTM_TAKES)
def test_states_an_lstm_takes(what):
    """Whatever nn.LSTM makes of a state that is not just (h_0, c_0), so do we."""
    theirs, ours = twins("LSTM", 3, 5, num_layers=2, bidirectional=True)
    with own_kernels():
        said = outcome(theirs, *LSTM_TAKES[what]())
        assert not refused(said)
        assert outcome(ours, *LSTM_TAKES[what]()) == said
