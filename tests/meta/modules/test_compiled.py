"""Compiled, exported or scripted, the drop-in modules are what their namesakes are."""

import io

import pytest
import torch
from torch import nn

from tests.meta.modules.twins import ALL, outcome, own_kernels, small


@pytest.mark.skipif(not hasattr(torch, "compile"), reason="this torch has no torch.compile")
@pytest.mark.filterwarnings("ignore")  # a compiler warns of its own ways, once a process or more
@pytest.mark.parametrize("kind", ["LSTM", "GRUCell"])
def test_compiled(kind):
    """Compiled, ours computes what nn does."""
    torch._dynamo.reset()  # what was compiled before, in other tests, counts against its limit
    theirs, ours, x = small(kind)
    with own_kernels():
        try:
            compiled = torch.compile(ours, backend="aot_eager")
        except RuntimeError as error:  # nothing has run yet: Python is too new for this torch
            pytest.skip(str(error))
        assert outcome(compiled, x)[1:] == outcome(theirs, x)[1:]


class Net(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.layer = module

    def forward(self, x):
        return self.layer(x)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("kind", ALL)
def test_scripted(kind):
    """Scripted and loaded again, ours is the namesake with the same weights."""
    theirs, ours, x = small(kind)
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(Net(ours)), file)
    file.seek(0)
    assert outcome(torch.jit.load(file), x)[1:] == outcome(theirs, x)[1:]
