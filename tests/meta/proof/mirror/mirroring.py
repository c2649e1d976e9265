"""Runs one of torch's operations beside its rule, over ordinary float64 numbers."""

from __future__ import annotations

import numpy as np
import torch

from rnn_manual.proof.arithmetic.reals import Reals
from rnn_manual.proof.mirror.dispatch import Mirror
from rnn_manual.proof.mirror.operations import INDEXED, operation
from rnn_manual.proof.mirror.shadows import numbers


class Mirrored:
    """What an operation returned, and what is held to stand in all that it returned and wrote."""

    def __init__(self, name, function, args, kwargs):
        self.mirror = Mirror(lambda array: Reals.of_constant(array, 1))
        self.names = set()
        given = [x for x in flat((args, tuple(kwargs.values()))) if isinstance(x, torch.Tensor)]
        for tensor in given:
            is_mask = tensor.dtype == torch.bool and name not in INDEXED
            if tensor.is_floating_point() or is_mask:
                self.mirror.shadows.write(tensor, Reals(numbers(tensor).astype(float)[None]))
        whole = isinstance(function, torch._ops.OpOverload)
        if whole:  # what torch takes apart before it gets to a mode, handed to it as it is
            self.names.add(operation(function).name)
            result = self.mirror.__torch_dispatch__(function, (), args, kwargs)
        else:
            self.mirror.seen = lambda label, written: self.names.add(_base(label))
            with self.mirror:
                result = function(*args, **kwargs)
        returned = [x for x in flat((result,)) if isinstance(x, torch.Tensor)]
        self.returned = returned
        self.tensors = [x for x in returned if x.is_floating_point() or x.dtype == torch.bool]
        assert self.tensors
        self.tensors += [x for x in given if x.is_floating_point()]

    def reasons(self):
        """Why what stands in the tensors is not known; none, if it is."""
        shadows = self.mirror.shadows
        unknown = ["no shadow" for x in self.tensors if x.numel() and shadows.of(x) is None]
        return unknown + list(filter(None, map(shadows.reason, self.tensors)))

    def is_right(self, tolerance=1e-12):
        """Whether the rule and torch's own operation have the same results."""
        held = [self.mirror.shadows.read(x).values[0] for x in self.tensors]
        pairs = [(x, numbers(y)) for x, y in zip(held, self.tensors, strict=True)]
        return all(x.shape == y.shape and np.allclose(x, y, tolerance, tolerance) for x, y in pairs)


def flat(x):
    return [z for y in x for z in flat(y)] if isinstance(x, (list, tuple)) else [x]


def _base(label):
    name = label.partition("::")[2]
    return name[:-1] if name.endswith("_") and not name.endswith("__") else name


def contiguous(x):
    return x.clone(memory_format=torch.contiguous_format)


def transposed(x):
    return x.mT.contiguous().mT if x.dim() > 1 else contiguous(x)


def every_other(x):
    """Every other element of something wider, from the third on."""
    if not x.dim():
        return torch.stack([x, x, x])[2]
    wide = torch.stack([x, x + 1], -1).reshape(*x.shape[:-1], 2 * x.shape[-1])
    return torch.cat([wide[..., :2], wide], -1)[..., 2::2]


def expanded(x):
    """One row, as many times."""
    return x[:1].expand(x.shape) if x.dim() else x


LAYOUTS = {f.__name__: f for f in (contiguous, transposed, every_other, expanded)}


def laid_out(layout, args):
    """Numbers in a layout; masks in memory of their own, for they may be written to, too."""
    if isinstance(args, (list, tuple)):
        return type(args)(laid_out(layout, x) for x in args)
    if isinstance(args, torch.Tensor) and args.dtype == torch.bool:
        return args.clone()
    is_number = isinstance(args, torch.Tensor) and args.is_floating_point()
    return layout(args) if is_number else args
