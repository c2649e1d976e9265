"""Narrow dtypes, and autocast to them: the drop-in modules mix and round where nn does."""

import itertools

import pytest
import torch

from tests.meta.modules.twins import ALL, CELLS, F16, flat, outcome, own_kernels, seen, state, twins

pytestmark = pytest.mark.bits

F32, BF16 = torch.float32, torch.bfloat16
CASTS = [None, BF16, torch.float16]
MIXED = list(itertools.product(CASTS, (F32, BF16), (F32, BF16), (None, F32, BF16)))


@pytest.mark.parametrize(("cast", "weights", "input", "hx"), MIXED)
@pytest.mark.parametrize("kind", ALL)
def test_autocast(kind, cast, weights, input, hx):
    """Whatever dtypes meet, under autocast or not: the same results and gradients, or error."""
    pair = twins(kind, 3, 5, dtype=weights)
    x = torch.randn(4, 2, 3)[: 1 if kind in CELLS else 4].squeeze(0).to(input)
    shape = (2, 5) if kind in CELLS else (1, 2, 5)
    given = None if hx is None else state(kind, *shape, dtype=hx)

    def call(module):
        with torch.autocast("cpu", dtype=cast or BF16, enabled=cast is not None):
            results = module(x, given)
        sum(t.float().sum() for t in flat(results)).backward()
        return (*flat(results), *(p.grad for p in module.parameters()))

    with own_kernels():
        assert outcome(call, pair[1]) == outcome(call, pair[0])


@pytest.mark.parametrize("dtype", [BF16, F16])
@pytest.mark.parametrize("kind", ALL)
def test_narrow_dtypes(kind, dtype):
    """In bfloat16 and float16 every bit is nn's."""
    x = torch.randn(4, 2, 3, dtype=dtype)[: 1 if kind in CELLS else 4].squeeze(0)
    with own_kernels():
        theirs, ours = ([seen(t) for t in flat(m(x))] for m in twins(kind, 3, 5, dtype=dtype))
    assert ours == theirs
