"""The drop-in constructors take their namesakes' arguments and refuse others in the same words."""

import pytest
import torch
from torch import nn

import rnn_manual
from tests.meta.modules.twins import ALL, CELLS, LAYERS, outcome, refused, seen

LAYER_ERRORS = {
    "input_size 0": ((0, 5), {}),
    "input_size negative": ((-1, 5), {}),
    "hidden_size 0": ((3, 0), {}),
    "hidden_size negative": ((3, -5), {}),
    "hidden_size a float": ((3, 5.0), {}),
    "input_size a float": ((3.0, 5), {}),
    "num_layers 0": ((3, 5, 0), {}),
    "num_layers negative": ((3, 5, -2), {}),
    "num_layers a float": ((3, 5, 2.0), {}),
    "bias a number": ((3, 5), {"bias": 1}),
    "batch_first a number": ((3, 5), {"batch_first": 1}),
    "dropout over 1": ((3, 5), {"dropout": 1.5}),
    "dropout a word": ((3, 5), {"dropout": "much"}),
    "dropout a bool": ((3, 5), {"dropout": True}),
    "proj_size negative": ((3, 5), {"proj_size": -1}),
    "proj_size too large": ((3, 5), {"proj_size": 5}),
    "nonlinearity unknown": ((3, 5), {"nonlinearity": "sine"}),
}
CELL_ERRORS = {
    "input_size negative": ((-1, 5), {}),
    "hidden_size negative": ((3, -5), {}),
    "hidden_size a float": ((3, 5.0), {}),
    "num_layers": ((3, 5), {"num_layers": 2}),
}
BOTH_ERRORS = {
    "an unknown argument": ((3, 5), {"depth": 3}),
    "no sizes": ((), {}),
    "an unknown dtype": ((3, 5), {"dtype": torch.int32}),
    "an unknown device": ((3, 5), {"device": "abacus"}),
}
# (Torch 2.6 takes them, and 2.13 does not.)
ONCE_TAKEN = ("input_size 0", "bias a number", "batch_first a number")
REFUSED = [(kind, *each) for kind in LAYERS for each in (LAYER_ERRORS | BOTH_ERRORS).items()]
REFUSED += [(kind, *each) for kind in CELLS for each in (CELL_ERRORS | BOTH_ERRORS).items()]


@pytest.mark.filterwarnings("ignore:dropout option adds dropout")
@pytest.mark.parametrize(("kind", "what", "call"), REFUSED, ids=lambda x: x if x is str else None)
def test_constructor_errors(kind, what, call):
    """Every constructor error of nn is ours: same type, same message."""
    if what in ONCE_TAKEN and kind in LAYERS and torch.__version__ < "2.13":
        pytest.skip("this torch takes it")
    args, kwargs = call
    said = outcome(getattr(nn, kind), *args, **kwargs)
    assert refused(said), what
    assert outcome(getattr(rnn_manual, kind), *args, **kwargs) == said


F64, META = {"dtype": torch.float64}, {"device": "meta"}
TAKEN = [
    *[(kind, (3, 5), each) for kind in ALL for each in ({"bias": False}, F64, META)],
    *[(kind, (3, 5), {"dtype": torch.bfloat16, "device": "cpu"}) for kind in ALL],
    *[(kind, (3, 5), {"dtype": torch.float16}) for kind in ALL],
    *[(kind, (), {"input_size": 3, "hidden_size": 5}) for kind in ALL],
    *[(kind, (3, 5, 2), {"batch_first": True, "bidirectional": True}) for kind in LAYERS],
    *[(kind, (0, 5), {}) for kind in CELLS],
    *[(kind, (3, 0), {}) for kind in CELLS],
    *[
        ("RNN", (3, 5, 2, "relu", False, True, 0.5, True), {})
        for _ in range(torch.__version__ >= "2.1")  # before, the fourth is bias
    ],
    ("RNN", (3, 5, 2), {"nonlinearity": "relu"}),
    ("LSTM", (3, 5, 2, False, True, 0.5, True, 2, "cpu", torch.float64), {}),
    ("LSTM", (3, 5), {"proj_size": 2, "num_layers": 2, "dropout": 1}),
    ("GRU", (3, 5, 2, False, True, 0.5, True, 0, "cpu", torch.float64), {}),
    ("RNNCell", (3, 5, False, "relu", "cpu", torch.float64), {}),
    ("RNNCell", (3, 5), {"nonlinearity": "sine"}),
    ("LSTMCell", (3, 5, False, "cpu", torch.float64), {}),
    ("GRUCell", (3, 5, False, "cpu", torch.float64), {}),
]


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize(("kind", "args", "kwargs"), TAKEN)
def test_constructor_arguments(kind, args, kwargs):
    """The same arguments and seed give the same parameters in the same order, and attributes."""
    built = []
    for module in (nn, rnn_manual):
        torch.manual_seed(0)
        built.append(getattr(module, kind)(*args, **kwargs))
    theirs, ours = built
    assert repr(ours) == repr(theirs)
    assert [(name, seen(p)) for name, p in ours.named_parameters()] == [
        (name, seen(p)) for name, p in theirs.named_parameters()
    ]
    public = {name: value for name, value in vars(theirs).items() if not name.startswith("_")}
    assert {name: getattr(ours, name) for name in public} == public
    assert ours.reset_parameters() is None


@pytest.mark.parametrize("kind", LAYERS)
def test_a_dropout_of_no_use_warns_alike(kind):
    """Dropout on a single layer warns as nn does."""
    with pytest.warns(UserWarning, match="dropout option adds dropout after all but last"):
        getattr(rnn_manual, kind)(3, 5, dropout=0.5)
