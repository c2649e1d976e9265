"""The drop-in cells take every call that their namesakes take, and refuse the rest alike."""

import pytest
import torch

from tests.meta.modules.twins import (
    CELLS,
    F16,
    outcome,
    own_kernels,
    refused,
    state,
    trained,
    twins,
)

x = torch.linspace(-1, 1, 6).view(2, 3)
REFUSED = {
    "0-D input": lambda k: (torch.tensor(1.0),),
    "3-D input": lambda k: (torch.ones(7, 2, 3),),
    "input of other features": lambda k: (torch.ones(2, 4),),
    "unbatched input of other features": lambda k: (torch.ones(4),),
    "input of another dtype": lambda k: (x.double(),),
    "integer input": lambda k: (x.long(),),
    "a list": lambda k: ([1.0, 2.0, 3.0],),
    "an array": lambda k: (x.numpy(),),
    "None": lambda k: (None,),
    "nothing": lambda k: (),
    "3-D state": lambda k: (x, state(k, 1, 2, 5)),
    "1-D state for a batch": lambda k: (x, state(k, 5)),
    "2-D state for no batch": lambda k: (x[0], state(k, 1, 5)),
    "state of another batch": lambda k: (x, state(k, 3, 5)),
    "state to be broadcast": lambda k: (x, state(k, 1, 5)),
    "state of other features": lambda k: (x, state(k, 2, 6)),
    "unbatched state of other features": lambda k: (x[0], state(k, 6)),
    "state of another dtype": lambda k: (x, state(k, 2, 5, dtype=torch.float64)),
    "a tuple of one": lambda k: (x, (torch.ones(2, 5),)),
    "a tuple of three": lambda k: (x, (torch.ones(2, 5),) * 3),
    "two states as one tensor": lambda k: (x, torch.ones(2, 2, 5)),
    "a number for state": lambda k: (x, 1.0),
}
TAKEN = {
    "omitted state": lambda k: (x,),
    "batched": lambda k: (x, state(k, 2, 5)),
    "unbatched": lambda k: (x[0], state(k, 5)),
    "unbatched, omitted state": lambda k: (x[0],),
    "a batch of none": lambda k: (x[:0], state(k, 0, 5)),
    "input lying otherwise": lambda k: (x.T.contiguous().T, state(k, 2, 5)),
    "expanded input": lambda k: (x[:1].expand(2, 3),),
    "sparse input": lambda k: (x.to_sparse(),),
    "c of double precision": lambda k: (x, wide_c(k)),
}


def wide_c(kind):
    h = torch.ones(2, 5)
    return (h, h.double()) if kind == "LSTMCell" else h


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("kind", CELLS)
def test_cell_errors(kind, what):
    """Every error of a call to nn is ours: same type, same message."""
    theirs, ours = twins(kind, 3, 5)
    said = outcome(theirs, *REFUSED[what](kind))
    assert refused(said)
    assert outcome(ours, *REFUSED[what](kind)) == said


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("what", TAKEN)
@pytest.mark.parametrize("kind", CELLS)
def test_cell_calls_taken(kind, what, bias):
    """What nn takes we take: same types, shapes, strides and bits."""
    theirs, ours = twins(kind, 3, 5, bias)
    said = outcome(theirs, *TAKEN[what](kind))
    assert not refused(said)
    assert outcome(ours, *TAKEN[what](kind)) == said


def test_a_nonlinearity_there_is_not():
    """RNNCell takes any nonlinearity when built, and refuses it when called."""
    theirs, ours = twins("RNNCell", 3, 5, nonlinearity="sine")
    assert outcome(theirs, x) == outcome(ours, x) == (RuntimeError, "Unknown nonlinearity: sine")


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize("sizes", [(0, 5), (3, 0), (1, 1)])
@pytest.mark.parametrize("kind", CELLS)
def test_cells_of_no_size(kind, sizes):
    """Cells with no inputs or no units compute what nn's compute."""
    theirs, ours = twins(kind, *sizes)
    said = outcome(theirs, torch.ones(2, sizes[0]))
    assert not refused(said)
    assert outcome(ours, torch.ones(2, sizes[0])) == said


@pytest.mark.bits
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, F16])
@pytest.mark.parametrize("given", ["state", "no state"])
@pytest.mark.parametrize("batch", [(), (0,), (1,), (4,)], ids=["unbatched", "B0", "B1", "B4"])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "nobias"])
@pytest.mark.parametrize("kind", [*CELLS, "RNNCell relu"])
def test_cell_bits(kind, bias, batch, given, dtype):
    """Results and gradients are nn's, to the last bit."""
    kind, *nonlinearity = kind.split()
    pair = twins(kind, 3, 5, bias, *nonlinearity, dtype=dtype)
    input = torch.randn(*batch, 3, dtype=dtype, requires_grad=True)
    h, c = (torch.randn(*batch, 5, dtype=dtype, requires_grad=True) for _ in "hc")
    hx = (h, c) if kind == "LSTMCell" else h
    with own_kernels():
        theirs, ours = (
            trained(
                lambda cell=cell: cell(input, hx if given == "state" else None),
                [input, h, c, *cell.parameters()],
            )
            for cell in pair
        )
    assert ours == theirs
