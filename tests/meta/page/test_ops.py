"""The operations: what NumPy gives and what torch gives are the same, in value, shape and dtype."""

import numpy as np
import pytest
import torch

from rnn_manual.ops import NumpyOps, TorchOps, ops_for

CALLS = {
    "gates": lambda ops, x: ops.gates(x, 3),
    "split": lambda ops, x: ops.split(x, [1, 2, 3]),
    "steps of a batch": lambda ops, x: ops.steps(x, [3, 3]),
    "steps of rows": lambda ops, x: ops.steps(x[0], [2, 1]),
    "unstack": lambda ops, x: ops.unstack(x),
    "stack": lambda ops, x: [ops.stack([x[0], x[1]])],
    "concat": lambda ops, x: [ops.concat([x[0], x[1]])],
    "concat by features": lambda ops, x: [ops.concat([x, x], -1)],
    "zeros": lambda ops, x: [ops.zeros([2, 3], like=x)],
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_both_libraries_give_the_same(call, dtype):
    """On three axes, with parts of different sizes."""
    x = torch.randn(2, 3, 6, dtype=dtype)
    theirs, ours = call(TorchOps(), x), call(NumpyOps(), x.numpy())
    assert len(theirs) == len(ours)
    for a, b in zip(theirs, ours, strict=True):
        np.testing.assert_array_equal(a.numpy(), b, strict=True)


def test_zeros_are_where_the_others_are():
    """On the device of the array that they are to be like."""
    assert TorchOps().zeros([2], like=torch.empty(1, device="meta")).device.type == "meta"


def test_masks_are_rows_and_are_needed():
    """In NumPy, dropout takes one mask (ΣB_t, D·H) after the other, and says if there is none."""
    x, mask = np.ones((2, 3, 4)), np.arange(24.0).reshape(6, 4)
    ops = NumpyOps([mask])
    np.testing.assert_array_equal(ops.dropout(x, 0.5), mask.reshape(2, 3, 4))
    with pytest.raises(ValueError, match=r"dropout=0\.5 in NumPy needs a mask for every layer"):
        ops.dropout(x, 0.5)


def test_an_array_says_whose_it_is():
    """NumPy's arrays and torch's are told apart, and others name their operations themselves."""

    class Other:
        ops = object()

    assert ops_for(Other()) is Other.ops
    assert isinstance(ops_for(np.zeros(1)), NumpyOps)
    assert isinstance(ops_for(torch.zeros(1)), TorchOps)
