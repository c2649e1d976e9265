"""With torch's own kernels, every bit that the drop-in layers return or send back is nn's."""

from itertools import product

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import rnn_manual
from tests.meta.modules.twins import bits, drawn, flat, own_kernels, seen, trained, twins

pytestmark = pytest.mark.bits

KINDS = {
    "RNN": ("RNN", {}),
    "RNN relu": ("RNN", {"nonlinearity": "relu"}),
    "LSTM": ("LSTM", {}),
    "LSTM proj": ("LSTM", {"proj_size": 2}),
    "GRU": ("GRU", {}),
}
DROPOUT = {"no dropout": (0, True), "0.3": (0.3, True), "1": (1, True), "0.3 eval": (0.3, False)}
LAYOUTS = ["batched", "batch_first", "unbatched", "packed", "packed unsorted", "B0"]
DTYPES = {"f32": torch.float32, "f64": torch.float64}
EVERY = product(KINDS, LAYOUTS, (1, 3), (1, 2), DROPOUT, (True, False), (True, False), DTYPES)
# Eleven shares no factor with any number of choices: every eleventh of all combinations still
# shows each three of them together.
SOME = list(EVERY)[::11]


@pytest.mark.filterwarnings("ignore:dropout option adds dropout")
@pytest.mark.parametrize(
    ("kind", "layout", "L", "D", "dropout", "bias", "given", "dtype"),
    SOME,
    ids=["-".join(map(str, each)) for each in SOME],
)
def test_layer_bits(kind, layout, L, D, dropout, bias, given, dtype):
    """Results, gradients for random cotangents, dropout's masks and the generator are nn's."""
    (kind, options), (p, training), dtype = KINDS[kind], DROPOUT[dropout], DTYPES[dtype]
    options = {**options, "bias": bias, "batch_first": layout == "batch_first", "dropout": p}
    pair = twins(kind, 3, 5, L, bidirectional=D == 2, dtype=dtype, **options)
    B = () if layout == "unbatched" else (0,) if layout == "B0" else (2,)
    x = torch.randn((*B, 4, 3) if options["batch_first"] else (4, *B, 3), dtype=dtype)
    sizes = [options.get("proj_size", 5), 5][: 2 if kind == "LSTM" else 1]
    hx = tuple(torch.randn(L * D, *B, size, dtype=dtype, requires_grad=True) for size in sizes)
    x.requires_grad_()

    def call(module):
        input = x
        if layout.startswith("packed"):
            lengths, is_sorted = ([2, 4], False) if "unsorted" in layout else ([4, 2], True)
            input = pack_padded_sequence(x, lengths, enforce_sorted=is_sorted)
        return module(input, (hx if kind == "LSTM" else hx[0]) if given else None)

    with own_kernels():
        theirs, ours = (
            trained(lambda m=m: call(m), [x, *hx, *m.parameters()])
            for m in (module.train(training) for module in pair)
        )
    assert ours == theirs


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU", "LSTMCell"])
def test_without_gradients(kind, mode):
    """Under no_grad and in inference mode results are nn's and need no gradient."""
    pair, x = twins(kind, 3, 5), torch.randn(4, 3)
    with own_kernels(), mode():
        results = [flat(module(x)) for module in pair]
    theirs, ours = ([seen(t) for t in each] for each in results)
    assert ours == theirs
    assert not any(t.requires_grad for t in results[1])


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_training_script(kind):
    """20 steps of Adam, dropout, packed batches: losses, weights and the generator are nn's."""
    runs = []
    for module in (nn, rnn_manual):
        torch.manual_seed(0)
        layer = getattr(module, kind)(3, 5, 2, dropout=0.3)
        head = nn.Linear(5, 1)
        weights = [*layer.parameters(), *head.parameters()]
        optimizer = torch.optim.Adam(weights, lr=0.01)
        losses = []
        with own_kernels():
            for _ in range(20):
                lengths = torch.randint(1, 8, (4,))
                x = pack_padded_sequence(torch.randn(7, 4, 3), lengths, enforce_sorted=False)
                out, last = layer(x)
                loss = head(out.data).pow(2).mean() + flat(last)[-1].sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        runs.append((losses, [bits(w) for w in weights], drawn()))
    assert runs[1] == runs[0]
    assert len(set(runs[0][0])) == 20
