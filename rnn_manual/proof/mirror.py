"""Mirrors what torch executes, forward and backward, on formulas.

Every operation passes torch's dispatcher. Each is executed as it is, and its rule is applied to the
shadows of what it is given. Nothing is passed over in silence: what has no rule has results that are
not known as formulas, and so has all that is computed with them, each with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from rnn_manual.proof.moving import ADDS, INDEXED, MOVING, WITHOUT, moved
from rnn_manual.proof.points import Points
from rnn_manual.proof.rules import RULES, NoRule
from rnn_manual.proof.shadows import Shadows, numbers

# The kernels that compute whole layers, or steps of one, in one operation.
KERNELS = {
    "mkldnn_rnn_layer": "oneDNN's LSTM",
    "mkldnn_rnn_layer_backward": "oneDNN's LSTM",
    "_cudnn_rnn": "cuDNN's layers",
    "_cudnn_rnn_backward": "cuDNN's layers",
    "miopen_rnn": "MIOpen's layers",
    "_thnn_fused_lstm_cell": "torch's fused LSTM cell",
    "_thnn_fused_gru_cell": "torch's fused GRU cell",
}
FACTORIES = frozenset(
    """
    empty empty_like empty_strided new_empty new_empty_strided empty_permuted _efficientzerotensor
    zeros zeros_like ones ones_like full full_like new_zeros new_ones new_full arange linspace eye
    scalar_tensor range tril_indices triu_indices
    """.split()
)
RANDOM = frozenset(
    """
    bernoulli rand rand_like randn randn_like randint randint_like randperm normal uniform
    native_dropout random exponential _fused_dropout multinomial poisson
    """.split()
)


LEAVING = frozenset(("_local_scalar_dense", "equal", "is_nonzero"))
# Those that let a tensor see another part of memory, in place; and views that do not say so.
VIEWS = frozenset(
    """
    detach t transpose unsqueeze squeeze as_strided swapaxes swapdims set requires_grad
    unsafe_split unsafe_split_with_sizes unsafe_chunk _unsafe_view _reshape_alias
    """.split()
)


@dataclass(frozen=True)
class Operation:
    """What is known of one of torch's operations, from its schema.

    name: without overload, and without the underscore of those that write in place.
    writes: the places or, of those that must be named, the names of arguments that are written to.
    is_view: whether what it returns sees what it is given. returns: whether it returns something.
    """

    name: str
    label: str
    names: tuple[str, ...]
    writes: tuple[str | int, ...]
    is_view: bool
    returns: bool


@lru_cache(maxsize=None)
def operation(function: Any) -> Operation:
    """Reads an operation's schema."""
    schema = function._schema
    space, name = schema.name.split("::")
    base = name[:-1] if name.endswith("_") and not name.endswith("__") else name
    writes = tuple(
        argument.name if argument.kwarg_only else place
        for place, argument in enumerate(schema.arguments)
        if argument.alias_info is not None and argument.alias_info.is_write
    )
    aliases = [r.alias_info for r in schema.returns if r.alias_info is not None]
    is_view = any(not alias.is_write for alias in aliases) or base in VIEWS
    names = tuple(argument.name for argument in schema.arguments)
    return Operation(base, f"{space}::{name}", names, writes, is_view, bool(schema.returns))


class Mirror(TorchDispatchMode):
    """While it is entered, everything that torch computes is mirrored.

    Args:
        constant: makes Points of an array of numbers that depend on nothing.
        seen: called after every operation with its label and what it returned: (tensor, Points).

        line: says at which line of its own code a candidate is.

    Attributes:
        left: the lines at which values were taken out of torch.
        drew: whether random numbers were drawn.
        casts: the lines at which values were cast to a narrower format, and to which.
    """

    def __init__(
        self,
        constant: Callable[[Any], Points],
        seen: Callable[[str, list[tuple[torch.Tensor, Points]]], None] | None = None,
        line: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__()
        self.shadows = Shadows(constant)
        self.seen, self.line = seen, line
        self.left: list[str] = []
        self.drew = False
        self.casts: list[tuple[str, torch.dtype]] = []

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if torch.is_inference_mode_enabled():  # then what is made of others comes here whole
            with self:
                result = function.decompose(*args, **kwargs)
            if result is not NotImplemented:
                return result
        return self.mirrored(operation(function), function, args, kwargs)

    def mirrored(self, op: Operation, function: Any, args: Any, kwargs: Any) -> Any:
        """Executes an operation, and its rule on the shadows."""
        if op.is_view or op.name in FACTORIES:
            result = function(*args, **kwargs)
            if "empty" in op.name:
                self.shadows.add_unwritten(result)
            return result
        given = [x for x in _flat((args, tuple(kwargs.values()))) if isinstance(x, torch.Tensor)]
        depends = any(self.shadows.of(x) is not None for x in given)
        if op.name in RANDOM:
            return self._random(op, function(*args, **kwargs), given)
        if op.name in LEAVING:
            if depends:
                self.left.append(self.line())
            return function(*args, **kwargs)
        if not given or not (depends or op.name in RULES):
            return function(*args, **kwargs)  # of constants: what comes out is one
        if _is_cast(op, args, kwargs):
            self.casts.append((self.line(), kwargs["dtype"]))
        targets = [kwargs.get(w) if isinstance(w, str) else args[w] for w in op.writes]
        for target in targets:  # constants so far, which may be written to in part
            if isinstance(target, torch.Tensor) and self.shadows.of(target) is None:
                self.shadows.add_constant(target)
        found, reason = self._formulas(op, function, args, kwargs, given)
        result = function(*args, **kwargs)
        self._write(op, result if op.returns else targets, found, reason)
        return result

    def _random(self, op: Operation, result: Any, given: list[torch.Tensor]) -> Any:
        """What was drawn is a constant of this run."""
        self.drew = True
        for x in _flat((result,)):
            if isinstance(x, torch.Tensor) and self.shadows.of(x) is not None:
                self.shadows.write(x, self.shadows.constant(numbers(x)))
        return result

    def _formulas(
        self, op: Operation, function: Any, args: Any, kwargs: Any, given: list[torch.Tensor]
    ) -> tuple[Any, str]:
        """What the rule says; and why that is not known as a formula, if it is not."""
        reasons = [self.shadows.reason(x) for x in given]
        if op.name in ("copy", "fill", "zero"):  # what stood there before does not matter
            reasons = reasons[1:]
        reason = next(filter(None, reasons), "")
        try:
            if op.name in RULES:
                return self._by_rule(op, args, kwargs), reason
            if op.name in MOVING:
                self._check_moving(op, args, kwargs)
                return moved(op.name, function, args, kwargs, self.shadows.read), reason
        except (NoRule, ValueError) as error:  # the latter of constants that are not finite
            return None, reason or f"no rule for {op.label}: {error}"
        kernel = KERNELS.get(op.name)
        return None, reason or (f"{kernel}, {op.label}" if kernel else f"no rule for {op.label}")

    def _by_rule(self, op: Operation, args: Any, kwargs: Any) -> Any:
        indexed = op.name in INDEXED

        def read(x: Any) -> Any:
            if not isinstance(x, torch.Tensor):
                return x
            is_value = not indexed or x.is_floating_point()
            return self.shadows.read(x) if is_value else x.numpy()

        named = {name: read(x) for name, x in kwargs.items() if name not in WITHOUT}
        return RULES[op.name](*map(read, args), **named)

    def _check_moving(self, op: Operation, args: Any, kwargs: Any) -> None:
        """Raises NoRule: a number would be taken for a place, or a place is a value."""
        named = dict(zip(op.names, args)) | kwargs  # noqa: B905 - some are left out
        for name in ADDS & named.keys():
            if not isinstance(named[name], torch.Tensor) and named[name]:
                raise NoRule(f"called with {name}={named[name]}")
        if op.name in INDEXED:
            for x in _flat(tuple(named.values())[1:]):
                if isinstance(x, torch.Tensor) and not x.is_floating_point():
                    if self.shadows.of(x) is not None:
                        raise NoRule("places that depend on values")
        elif op.name == "_to_copy" and not kwargs.get("dtype", args[0].dtype).is_floating_point:
            if args[0].dtype != kwargs["dtype"]:
                raise NoRule(f"a cast to {kwargs['dtype']}")

    def _write(self, op: Operation, result: Any, found: Any, reason: str) -> None:
        """Puts what was found into the shadows of what was returned or written to."""
        returned = [x for x in _flat((result,)) if isinstance(x, torch.Tensor)]
        values = [None] * len(returned) if found is None else _flat((found,))
        written = []
        for tensor, points in zip(returned, values):  # noqa: B905 - some return more than is used
            if not (tensor.is_floating_point() or tensor.dtype == torch.bool):
                points, reason = None, reason or f"numbers of {tensor.dtype} by {op.label}"
            if isinstance(points, Points):
                self.shadows.write(tensor, points, reason)
                written.append((tensor, points))
            else:
                unknown = self.shadows.constant(np.zeros(()))
                self.shadows.write(tensor, unknown, reason or f"no rule for {op.label}")
        if self.seen and written:
            self.seen(op.label, written)


def _flat(x: Any) -> list[Any]:
    return [z for y in x for z in _flat(y)] if isinstance(x, (list, tuple)) else [x]


def _is_cast(op: Operation, args: Any, kwargs: Any) -> bool:
    dtype = kwargs.get("dtype")
    if op.name != "_to_copy" or dtype is None or not dtype.is_floating_point:
        return False
    before: torch.Tensor = args[0]
    return before.is_floating_point() and torch.finfo(dtype).eps > torch.finfo(before.dtype).eps
