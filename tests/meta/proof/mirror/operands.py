"""What each operation is tried on: of every rule, and of every operation that moves numbers."""

from __future__ import annotations

import itertools

import torch

aten = torch.ops.aten
_seed = itertools.count()


def t(*shape, low=-2.0, high=2.0):
    """Random numbers, the same in every run."""
    generator = torch.Generator().manual_seed(next(_seed))
    return low + (high - low) * torch.rand(shape, dtype=torch.float64, generator=generator)


def positive(*shape):
    return t(*shape, low=0.25)


def places(*numbers):
    return torch.tensor(numbers)


def mask(*shape):
    return t(*shape) > 0


def some_alike(*shape):
    """Numbers of which some are the same in any two draws."""
    return t(*shape).round()


def call(*args, **kwargs):
    return args, kwargs


_infinite = torch.tensor([0.5, torch.inf, -torch.inf], dtype=torch.float64)
_both = [call(t(2, 3), t(3)), call(t(2, 3), 1.5), call(t(2, 3), t(2, 1))]
_alpha = [*_both, call(t(2, 3), t(2, 3), alpha=2.5)]
_one = [call(t(2, 3)), call(t(4)), call(t())]
_roots = [call(positive(2, 3)), call(positive(4))]
_reduced = [
    call(t(2, 3)),
    call(t(2, 3, 4), [0]),
    call(t(2, 3, 4), [-1, 0]),
    call(t(2, 3, 4), [1], True),
]
_compared = [
    call(some_alike(4, 5), some_alike(4, 5)),
    call(some_alike(4, 5), some_alike(5)),
    call(some_alike(4, 5), 1.0),
]
_masks = [call(mask(3, 4), mask(3, 4))]
_put = [
    call(t(4, 3), [places(1, 3)], t(2, 3)),
    call(t(4, 3), [places(1, 3, 1)], t(3), True),
    call(t(4, 3), [places(1, 1, 1)], t(3, 3), True),
    call(t(4, 3), [None, places(2, 0)], t(4, 2)),
    call(t(4, 3), [places(1, 3), places(0, 2)], t(2), True),
    call(t(4, 3), [places(0)], t(1), False),
]
_weight_norm = (t(4, 3), t(4, 1))
_weight_norm_of_columns = (t(4, 3), t(1, 3))

# Name → arguments. What is called as one of torch.ops.aten; or as the overload that is given
# first, where torch takes an operation apart before a mode gets to see it.
RULES = {
    "add": _alpha,
    "sub": _alpha,
    "rsub": _alpha,
    "mul": _both,
    "div": [call(t(2, 3), positive(3)), call(t(2, 3), 4.0), call(t(2, 3), 0.1)],
    "true_divide": [(aten.true_divide.Tensor, call(t(2, 3), positive(3)))],
    "neg": _one,
    "reciprocal": _roots,
    "square": [(aten.square.default, call(t(2, 3)))],
    "pow": [call(positive(2, 3), n) for n in (0, 1, 2, 3, 4, -1, -2)],
    "addcmul": [call(t(2, 3), t(3), t(2, 1)), call(t(2, 3), t(2, 3), t(3), value=0.5)],
    "addcdiv": [call(t(2, 3), t(3), positive(2, 1), value=0.5), call(t(3), t(3), positive(3))],
    "lerp": [call(t(2, 3), t(3), 0.25), call(t(2, 3), t(2, 3), t(3))],
    "mm": [call(t(2, 3), t(3, 4))],
    "bmm": [call(t(2, 3, 4), t(2, 4, 5))],
    "mv": [call(t(2, 3), t(3))],
    "dot": [call(t(3), t(3))],
    "vdot": [call(t(3), t(3))],
    "ger": [(aten.ger.default, call(t(2), t(3)))],
    "outer": [(aten.outer.default, call(t(2), t(3)))],
    "addmm": [
        call(t(4), t(2, 3), t(3, 4)),
        call(t(2, 4), t(2, 3), t(3, 4), beta=0.5, alpha=2),
        call(t(2, 4), t(2, 3), t(3, 4), beta=0),
    ],
    "addmv": [call(t(2), t(2, 3), t(3)), call(t(2), t(2, 3), t(3), beta=2, alpha=0.5)],
    "baddbmm": [call(t(2, 3, 5), t(2, 3, 4), t(2, 4, 5), beta=2, alpha=0.5)],
    "addbmm": [call(t(3, 5), t(2, 3, 4), t(2, 4, 5), beta=2, alpha=0.5)],
    "addr": [call(t(2, 3), t(2), t(3), beta=2, alpha=0.5)],
    "linear": [
        (aten.linear.default, call(t(2, 3), t(4, 3), t(4))),
        (aten.linear.default, call(t(5, 2, 3), t(4, 3))),
        (aten.linear.default, call(t(3), t(4, 3), t(4))),
    ],
    "sum": _reduced,
    "mean": _reduced,
    "cumsum": [call(t(3, 4), 0), call(t(3, 4), -1), call(t(2, 3, 4), 1), call(t(4), 0)],
    "sigmoid": _one,
    "tanh": _one,
    "exp": _one,
    "expm1": _one,
    "relu": _one,
    "threshold": [call(t(2, 3), 0, 0)],
    "clamp_min": [call(t(2, 3), 0.25), call(t(2, 3), t(3))],
    "clamp_max": [call(t(2, 3), 0.25), call(t(2, 3), t(3))],
    "clamp": [
        call(t(2, 3), 0.25),
        call(t(2, 3), t(3)),
        call(t(4, 5), -0.5, 0.75),
        call(t(4, 5), None, 0.25),
        call(t(4, 5), t(5), t(5)),
        call(t(4, 5), -torch.inf, torch.inf),
        call(_infinite, -1.0, 1.0),
    ],
    "hardtanh": [call(t(4, 5)), call(t(4, 5), -0.5, 1.5)],
    "hardtanh_backward": [call(t(4, 5), t(4, 5), -0.5, 1.5)],
    "maximum": [call(t(2, 3), t(3)), call(t(3), _infinite)],
    "minimum": [call(t(2, 3), t(3)), call(t(3), _infinite)],
    "abs": _one,
    "sgn": _one,
    "sign": _one,
    "hardsigmoid": [call(t(4, 5)), call(4 * t(4, 5))],
    "hardsigmoid_backward": [call(t(4, 5), 4 * t(4, 5))],
    "glu": [call(t(4, 6)), call(t(4, 6), 0)],
    "glu_backward": [call(t(4, 3), t(4, 6), -1), call(t(2, 6), t(4, 6), 0)],
    "silu": _one,
    "silu_backward": [call(t(2, 3), t(2, 3))],
    "sigmoid_backward": [call(t(2, 3), t(2, 3))],
    "tanh_backward": [call(t(2, 3), t(2, 3))],
    "threshold_backward": [call(t(2, 3), t(2, 3), 0)],
    "sqrt": _roots,
    "rsqrt": _roots,
    "_softmax": [call(t(3, 4), 1, False), call(t(2, 3, 4), -2, False), call(t(), 0, False)],
    "_softmax_backward_data": [
        call(t(3, 4), t(3, 4).softmax(1), 1, torch.float64),
        call(t(2, 3, 4), t(2, 3, 4).softmax(-2), -2, torch.float64),
    ],
    "native_layer_norm": [
        call(t(3, 4), [4], t(4), t(4), 1e-5),
        call(t(2, 3, 4), [3, 4], None, None, 0.1),
    ],
    "native_layer_norm_backward": [
        call(t(3, 4), t(3, 4), [4], t(3, 1), t(3, 1), t(4), t(4), [True, True, True]),
        call(t(3, 4), t(3, 4), [4], t(3, 1), t(3, 1), t(4), t(4), [True, False, True]),
        call(t(3, 4), t(3, 4), [4], t(3, 1), t(3, 1), t(4), t(4), [False, True, True]),
        call(t(2, 3, 4), t(2, 3, 4), [4], t(2, 3, 1), t(2, 3, 1), None, t(4), [1, 0, 1]),
    ],
    "linalg_vector_norm": [call(t(2, 3)), call(t(2, 3), 2, [0]), call(t(2, 3), 2, [1], True)],
    "_weight_norm_interface": [call(*_weight_norm), call(*_weight_norm_of_columns, 1)],
    "_weight_norm_interface_backward": [
        call(t(4, 3), *_weight_norm, _weight_norm[0].norm(dim=1, keepdim=True), 0),
        call(t(4, 3), *_weight_norm_of_columns, _weight_norm_of_columns[0].norm(dim=0)[None], 1),
    ],
    **dict.fromkeys(("gt", "lt", "le", "ge", "eq", "ne"), _compared),
    "greater": [(aten.greater.Tensor, _compared[0])],
    "less": [(aten.less.Tensor, _compared[0])],
    "less_equal": [(aten.less_equal.Tensor, _compared[0])],
    "greater_equal": [(aten.greater_equal.Tensor, _compared[0])],
    "logical_not": [call(mask(3, 4))],
    "bitwise_not": [call(mask(3, 4))],
    "logical_and": _masks,
    "bitwise_and": _masks,
    "where": [call(mask(2, 3), t(2, 3), t(3)), call(mask(3), t(2, 1), t(2, 3))],
    "masked_fill": [call(t(2, 3), mask(3), 1.5), call(t(2, 3), mask(2, 3), t())],
    "fill": [call(t(2, 3), 1.5), call(t(2, 3), t())],
    "index_put": _put,
    "_index_put_impl": _put,
    "_unsafe_index_put": _put,
    "index_add": [
        call(t(4, 3), 0, places(1, 3, 1), t(3, 3)),
        call(t(4, 3), 1, places(2, 0), t(4, 2), alpha=2.5),
        call(t(4), 0, places(2, 0), t(2)),
    ],
    "index_fill": [
        call(t(4, 3), 0, places(1, 3, 1), 1.5),
        call(t(4, 3), 1, places(2, 0), t()),
        call(t(4), -1, places(2, 0), 0),
    ],
    "scatter_add": [
        call(t(3, 4), 1, torch.tensor([[0, 3, 0], [1, 1, 1]]), t(3, 4)),
        call(t(3, 2, 4), 0, torch.tensor([[[0, 2, 1, 0]], [[0, 0, 1, 2]]]), t(2, 1, 4)),
        call(t(3), 0, places(2, 0), t(2)),
        call(t(), 0, torch.tensor(0), t()),
    ],
    "embedding_dense_backward": [
        call(t(2, 3, 4), torch.tensor([[0, 4, 2], [4, 1, 0]]), 5, 1, False),
        call(t(3, 4), places(0, 4, 2), 5, -1, False),
    ],
}

# Torch's kernel has 1/6 in float32, also for float64.
OFF = {"hardsigmoid_backward": 1e-7}

# Torch's kernels read these as if they were contiguous, and its callers see to it that they are;
# or they say where in memory they read. (And the softmaxes write as if it were.)
CONTIGUOUS = (
    "_softmax",
    "_softmax_backward_data",
    "_weight_norm_interface",
    "_weight_norm_interface_backward",
    "as_strided_copy",
    "as_strided_scatter",
    "narrow_copy",
    "native_layer_norm_backward",
)

_square = t(3, 3)
_cube = t(2, 3, 4)

MOVING = {
    "cat": [call([t(2, 3), t(4, 3)]), call([t(2, 3), t(2, 1)], 1)],
    "stack": [call([t(2, 3), t(2, 3)]), call([t(2, 3), t(2, 3)], -1)],
    "flip": [call(_cube, [0]), call(_cube, [0, 2])],
    "roll": [call(_cube, [1], [1]), call(_cube, [2])],
    "repeat": [call(t(2, 3), [2, 1, 2])],
    "tile": [(aten.tile.default, call(t(2, 3), [2, 2]))],
    "clone": [call(_cube)],
    "copy": [call(t(2, 3), t(3)), call(t(2, 3), t(2, 3))],
    "_to_copy": [call(_cube), (aten._to_copy.default, call(_cube, dtype=torch.float64))],
    "lift": [call(_cube)],
    "lift_fresh_copy": [call(_cube)],
    "index": [
        call(_cube, [places(1, 0, 1)]),
        call(_cube, [None, places(2, 0)]),
        call(t(3, 4), [mask(3, 4)]),
    ],
    "_unsafe_index": [call(_cube, [places(1, 0, 1)])],
    "index_select": [call(_cube, 1, places(2, 0, 2))],
    "gather": [call(t(3, 4), 1, torch.tensor([[0, 3], [1, 1], [2, 0]]))],
    "take": [call(t(3, 4), places(0, 11, 5))],
    "embedding": [call(t(5, 3), torch.tensor([[0, 4], [2, 2]]))],
    "select_scatter": [call(_cube, t(2, 4), 1, 2)],
    "slice_scatter": [call(_cube, t(2, 2, 4), 1, 1, 3)],
    "as_strided_scatter": [call(t(3, 4), t(2, 2), [2, 2], [4, 2])],
    "_pack_padded_sequence": [call(t(3, 2, 2), places(3, 1), False)],
    "diagonal_scatter": [call(_square, t(3))],
    "slice_backward": [call(t(2, 2), [2, 5], 1, 1, 5, 2)],
    "select_backward": [call(t(2, 4), [2, 3, 4], 1, 2)],
    "diagonal_backward": [call(t(3), [3, 3], 0, 0, 1)],
    "unfold_backward": [call(t(2, 2), [5], 0, 2, 3)],
    "constant_pad_nd": [call(t(2, 3), [1, 2, 0, 1]), call(t(2, 3), [-1, 2])],
    "diag_embed": [call(t(2, 3))],
    "tril": [call(_square), call(_square, -1)],
    "triu": [call(_square), call(_square, 1)],
    "rot90": [call(t(2, 3), 1, [0, 1])],
    "permute_copy": [call(_cube, [2, 0, 1])],
    "view_copy": [call(_cube, [6, 4])],
    "expand_copy": [call(t(2, 1), [2, 3])],
    "slice_copy": [call(_cube, 1, 0, 3, 2)],
    "select_copy": [call(_cube, 1, 2)],
    "transpose_copy": [call(_cube, 0, 2)],
    "t_copy": [call(t(2, 3))],
    "unsqueeze_copy": [call(t(2, 3), 1)],
    "squeeze_copy": [call(t(2, 1, 3))],
    "split_copy": [call(_cube, 1, 1)],
    "split_with_sizes_copy": [call(_cube, [1, 2], 1)],
    "unbind_copy": [call(_cube, 1)],
    "detach_copy": [call(_cube)],
    "alias_copy": [call(_cube)],
    "_reshape_copy": [(aten._reshape_copy.default, call(_cube, [6, 4]))],
    "narrow_copy": [call(_cube, 1, 1, 2)],
    "as_strided_copy": [call(_cube, [2, 2], [1, 3])],
    "zero": [call(_cube)],
    "masked_scatter": [call(t(3, 4), mask(3, 4), t(12))],
    "scatter": [
        call(t(3, 4), 1, torch.tensor([[0, 3], [1, 2], [2, 0]]), t(3, 2)),
        call(t(3, 4), 0, torch.tensor([[0, 2, 1, 0]]), t(1, 4)),
    ],
    "index_copy": [call(t(4, 3), 0, places(1, 3), t(2, 3))],
    "repeat_interleave": [
        (aten.repeat_interleave.self_int, call(t(2, 3), 2, 1)),
        (aten.repeat_interleave.self_Tensor, call(t(2, 3), places(2, 1), 0)),
    ],
}
