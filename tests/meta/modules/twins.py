"""A module of `torch.nn` and ours with the same weights, and all that a call to one shows."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import rnn_manual
from rnn_manual.candidates.device import lacking

LAYERS = ["RNN", "LSTM", "GRU"]
CELLS = ["RNNCell", "LSTMCell", "GRUCell"]
ALL = LAYERS + CELLS
F16 = pytest.param(
    torch.float16,
    marks=pytest.mark.skipif(bool(lacking("float16", "cpu")), reason=lacking("float16", "cpu")),
)


def own_kernels():
    """Without oneDNN, where the loops' bits are nn's."""
    return torch.backends.mkldnn.flags(enabled=False)


def twins(kind, *args, **kwargs):
    """`torch.nn`'s module and ours, with the same weights; torch is seeded for what follows."""
    torch.manual_seed(0)
    theirs = getattr(nn, kind)(*args, **kwargs)
    return theirs, getattr(rnn_manual, kind).from_torch(theirs)


def small(kind, **kwargs):
    """Twins of two layers, or cells, and an input for them."""
    if kind in CELLS:
        return *twins(kind, 3, 5, **kwargs), torch.randn(2, 3)
    return *twins(kind, 3, 5, 2, **kwargs), torch.randn(4, 2, 3)


def weight_of(module):
    """The name of its first recurrent weight."""
    return next(name for name, _ in module.named_parameters() if name.startswith("weight_hh"))


def flat(returned):
    """Every tensor of what a module takes or returns, in order."""
    if returned is None or isinstance(returned, torch.Tensor):
        return [] if returned is None else [returned]
    return [tensor for part in returned for tensor in flat(part)]


def packed(features=3, **kwargs):
    return pack_padded_sequence(torch.ones(7, 2, features), [7, 3], **kwargs)


def state(kind, *shape, **options):
    """What a kind takes as hx, of one shape: h, or (h, c)."""
    h, c = torch.full(shape, 0.5, **options), torch.full(shape, 0.25, **options)
    return (h, c) if kind.startswith("LSTM") else h


def outcome(function, *args, **kwargs):
    """What a call came to: its error's type and words, or all that could be seen of its results."""
    torch.manual_seed(0)
    try:
        returned = function(*args, **kwargs)
    except Exception as error:
        return type(error), str(error).replace("rnn_manual.modules.", "torch.nn.modules.rnn.")
    parts = returned if isinstance(returned, tuple) else (returned,)
    return [type(part) for part in parts], [seen(tensor) for tensor in flat(returned)], drawn()


def refused(said):
    """Whether an outcome is an error."""
    return isinstance(said[0], type)


def seen(tensor):
    """All of a tensor that a caller sees, its values to the last bit."""
    kind = tuple(tensor.shape), tensor.stride(), tensor.dtype, tensor.requires_grad
    return *kind, None if tensor.is_meta else bits(tensor)


def bits(tensor):
    """A tensor's values as bytes: -0 is not 0, and NaN is itself."""
    return tensor.detach().flatten().contiguous().view(torch.uint8).numpy().tobytes()


def drawn():
    """Where the generator stands: what follows in a script draws the same numbers."""
    return bits(torch.get_rng_state())


def trained(call, leaves):
    """`call`'s results, the gradients by `leaves` for random cotangents, and the generator after.

    The seed is the same for every call, and so are dropout's masks and the cotangents.
    """
    torch.manual_seed(0)
    results = [t for t in flat(call()) if t.is_floating_point()]
    left = drawn()
    cotangents = [torch.randn(t.shape).to(t) for t in results]
    gradients = torch.autograd.grad(results, leaves, cotangents, allow_unused=True)
    return [seen(t) for t in results], [None if g is None else bits(g) for g in gradients], left
