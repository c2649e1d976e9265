"""The drop-in modules take what their namesakes take, and refuse the rest in the same words."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import rnn_manual

PAIRS = [
    pytest.param(nn.RNN, rnn_manual.RNN, id="RNN"),
    pytest.param(nn.LSTM, rnn_manual.LSTM, id="LSTM"),
]

CONSTRUCTOR = {
    "input_size 0": ((0, 5), {}),
    "input_size negative": ((-1, 5), {}),
    "hidden_size 0": ((3, 0), {}),
    "hidden_size negative": ((3, -5), {}),
    "hidden_size a float": ((3, 5.0), {}),
    "input_size a float": ((3.0, 5), {}),
    "num_layers 0": ((3, 5, 0), {}),
    "num_layers negative": ((3, 5, -2), {}),
    "bias a number": ((3, 5), {"bias": 1}),
    "batch_first a number": ((3, 5), {"batch_first": 1}),
    "dropout over 1": ((3, 5), {"dropout": 1.5}),
    "dropout a word": ((3, 5), {"dropout": "much"}),
    "dropout a bool": ((3, 5), {"dropout": True}),
    "proj_size negative": ((3, 5), {"proj_size": -1}),
    "proj_size too large": ((3, 5), {"proj_size": 5}),
    "nonlinearity unknown": ((3, 5), {"nonlinearity": "sine"}),
    "an unknown argument": ((3, 5), {"depth": 3}),
    "no sizes": ((), {}),
    "an unknown dtype": ((3, 5), {"dtype": torch.int32}),
    "an unknown device": ((3, 5), {"device": "abacus"}),
}


def error_of(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except Exception as error:
        return type(error), str(error)
    return None


@pytest.mark.parametrize("what", CONSTRUCTOR)
@pytest.mark.parametrize(("theirs", "ours"), PAIRS)
def test_constructor_errors(theirs, ours, what):
    """Every constructor error of nn is ours: same type, same message."""
    args, kwargs = CONSTRUCTOR[what]
    said, ours_said = error_of(theirs, *args, **kwargs), error_of(ours, *args, **kwargs)
    assert said is not None
    renamed = (ours_said[0], ours_said[1].replace("rnn_manual.modules.", ""))
    assert renamed == (said[0], said[1].replace("torch.nn.modules.rnn.", ""))


def test_a_dropout_of_no_use_warns_alike():
    """Dropout on a single layer warns as nn does."""
    with pytest.warns(UserWarning, match="dropout option adds dropout after all but last"):
        rnn_manual.LSTM(3, 5, dropout=0.5)


def state_of(module, *shapes, dtype=torch.float32):
    states = tuple(torch.zeros(shape, dtype=dtype) for shape in shapes)
    return states * (2 // len(states)) if isinstance(module, nn.LSTM) else states[0]


S = (4, 2, 5)  # the state of a two-layer, bidirectional layer for B = 2
X = (7, 2, 3)
FORWARD = {
    "1-D input": lambda m: (torch.zeros(3),),
    "4-D input": lambda m: (torch.zeros(1, 7, 2, 3),),
    "input of other features": lambda m: (torch.zeros(7, 2, 4),),
    "unbatched input of other features": lambda m: (torch.zeros(7, 4),),
    "input of another dtype": lambda m: (torch.zeros(X, dtype=torch.float64),),
    "integer input": lambda m: (torch.zeros(X, dtype=torch.int64),),
    "no steps": lambda m: (torch.zeros(0, 2, 3),),
    "no unbatched steps": lambda m: (torch.zeros(0, 3),),
    "a list": lambda m: ([[1.0, 2.0, 3.0]],),
    "None": lambda m: (None,),
    "2-D state for a batch": lambda m: (torch.zeros(X), state_of(m, (4, 5))),
    "3-D state for no batch": lambda m: (torch.zeros(7, 3), state_of(m, S)),
    "state of another batch": lambda m: (torch.zeros(X), state_of(m, (4, 3, 5))),
    "state of other layers": lambda m: (torch.zeros(X), state_of(m, (2, 2, 5))),
    "state of other features": lambda m: (torch.zeros(X), state_of(m, (4, 2, 6))),
    "unbatched state of other layers": lambda m: (torch.zeros(7, 3), state_of(m, (2, 5))),
    "state of another dtype": lambda m: (torch.zeros(X), state_of(m, S, dtype=torch.float64)),
    "a packed input of other features": lambda m: (packed(4),),
    "a packed input, state of another batch": lambda m: (packed(3), state_of(m, (4, 3, 5))),
}


def packed(features):
    return pack_padded_sequence(torch.zeros(7, 2, features), [7, 3])


@pytest.mark.parametrize("what", FORWARD)
@pytest.mark.parametrize(("theirs", "ours"), PAIRS)
def test_forward_errors(theirs, ours, what):
    """Every error of a call to nn is ours: same type, same message."""
    module = theirs(3, 5, num_layers=2, bidirectional=True)
    arguments = FORWARD[what](module)
    said = error_of(module, *arguments)
    assert error_of(ours.from_torch(module), *arguments) == said
    assert said is not None


@pytest.mark.parametrize(
    "state",
    [
        lambda: torch.zeros(S),
        lambda: (torch.zeros(S),),
        lambda: (torch.zeros(S),) * 3,
        lambda: (torch.zeros(S), torch.zeros(4, 2, 6)),
        lambda: (torch.zeros(S), None),
    ],
    ids=["h alone", "a tuple of one", "a tuple of three", "c of other features", "no c"],
)
def test_lstm_state_errors(state):
    """An LSTM refuses a state that is not (h_0, c_0) as nn does."""
    module = nn.LSTM(3, 5, num_layers=2, bidirectional=True)
    said = error_of(module, torch.zeros(X), state())
    assert said is not None
    assert error_of(rnn_manual.LSTM.from_torch(module), torch.zeros(X), state()) == said


def test_rnn_refuses_a_tuple_as_nn_does():
    """An RNN refuses (h_0, c_0) as nn does."""
    module, state = nn.RNN(3, 5), (torch.zeros(1, 2, 5),) * 2
    said = error_of(module, torch.zeros(X), state)
    assert said is not None
    assert error_of(rnn_manual.RNN.from_torch(module), torch.zeros(X), state) == said


@pytest.mark.parametrize(("theirs", "ours"), PAIRS)
def test_the_same_module_in_everything_else(theirs, ours):
    """Parameters, state_dict both ways, representation, copies and pickles are nn's."""
    module = theirs(3, 5, 2, bidirectional=True, batch_first=True, bias=False, dtype=torch.float64)
    mine = ours.from_torch(module.eval())
    assert repr(mine) == repr(module)
    assert list(mine.state_dict()) == list(module.state_dict())
    assert not mine.training
    theirs(3, 5, 2, bidirectional=True, bias=False).load_state_dict(mine.state_dict())
    x = torch.randn(2, 7, 3, dtype=torch.float64)
    out = mine(x)[0]
    for copied in (copy.deepcopy(mine), pickle.loads(pickle.dumps(mine))):
        assert torch.equal(copied(x)[0], out)
    assert [w.shape for row in mine.all_weights for w in row] == [
        w.shape for row in module.all_weights for w in row
    ]


def test_from_torch_copies():
    """Changing the module afterwards does not change the copy."""
    module = nn.LSTM(3, 5)
    mine, x = rnn_manual.LSTM.from_torch(module), torch.randn(X)
    before = mine(x)[0]
    with torch.no_grad():
        module.weight_ih_l0 += 1
    assert torch.equal(mine(x)[0], before)


def test_dropout_in_training_is_refused():
    """What the loops do not compute yet they refuse by name, and only where it would matter."""
    mine, x = rnn_manual.LSTM(3, 5, num_layers=2, dropout=0.5), torch.zeros(X)
    with pytest.raises(NotImplementedError, match=r"got dropout=0\.5 in training"):
        mine(x)
    assert mine.eval()(x)[0].shape == (7, 2, 5)


def test_a_batch_of_none():
    """B = 0 goes through as in nn."""
    module = nn.LSTM(3, 5, bidirectional=True)
    for got, expected in zip(
        flat(rnn_manual.LSTM.from_torch(module)(torch.zeros(7, 0, 3))),
        flat(module(torch.zeros(7, 0, 3))),
        strict=True,
    ):
        assert got.shape == expected.shape


def flat(returned):
    out, (h_n, c_n) = returned
    return out, h_n, c_n
