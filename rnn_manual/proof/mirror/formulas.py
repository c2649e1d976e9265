"""What an operation's results are as formulas: by its rule, or as it moves numbers."""

from __future__ import annotations

from typing import Any

import torch

from rnn_manual.proof.arithmetic.residues import NotFinite
from rnn_manual.proof.mirror.moving import ADDS, WITHOUT, moved, operands
from rnn_manual.proof.mirror.operations import INDEXED, KERNELS, MOVING, Operation
from rnn_manual.proof.mirror.rules import RULES, NoRule
from rnn_manual.proof.mirror.shadows import Shadows


def formulas_of(
    op: Operation, function: Any, args: Any, kwargs: Any, shadows: Shadows
) -> tuple[Any, str]:
    """What an operation's rule says of the shadows of what it is given.

    Returns: that; and why it is not known as a formula, "" if it is.
    """
    try:
        if op.name in RULES:
            return _by_rule(op, args, kwargs, shadows), ""
        if op.name in MOVING:
            _check_moving(op, args, kwargs, shadows)
            return moved(op.name, function, args, kwargs, shadows.read), ""
    except (NoRule, NotFinite) as error:
        return None, f"no rule for {op.label}: {error}"
    kernel = KERNELS.get(op.name)
    return None, f"{kernel}, {op.label}" if kernel else f"no rule for {op.label}"


def _by_rule(op: Operation, args: Any, kwargs: Any, shadows: Shadows) -> Any:
    indexed = op.name in INDEXED

    def read(x: torch.Tensor) -> Any:
        if not indexed or x.is_floating_point():
            return shadows.read(x)
        if shadows.of(x) is not None:
            raise NoRule("places that depend on values")
        return x.numpy()

    named = {name: x for name, x in kwargs.items() if name not in (*WITHOUT, *op.writes)}
    given = operands(named.values(), read) if named else ()
    return RULES[op.name](*operands(args, read), **dict(zip(named, given)))  # noqa: B905


def _check_moving(op: Operation, args: Any, kwargs: Any, shadows: Shadows) -> None:
    """Raises NoRule: a number would be taken for a place, or a place is a value."""
    named = dict(zip(op.arguments, args)) | kwargs  # noqa: B905 - some are left out
    for name in ADDS & named.keys():
        if not isinstance(named[name], torch.Tensor) and named[name]:
            raise NoRule(f"called with {name}={named[name]}")
    places = flat(tuple(named.values())[1:]) if op.name in INDEXED else []
    for x in places:
        is_place = isinstance(x, torch.Tensor) and not x.is_floating_point()
        if is_place and shadows.of(x) is not None:
            raise NoRule("places that depend on values")
    x = args[0]
    if op.name.startswith("as_strided") and (x.storage_offset() or not x.is_contiguous()):
        raise NoRule("strides in memory that lies otherwise")
    if op.name == "unfold_backward" and named["step"] < named["size"]:
        raise NoRule("windows that overlap, whose sums are taken")
    dtype = kwargs.get("dtype")
    is_cast = op.name == "_to_copy" and dtype not in (None, args[0].dtype)
    if is_cast and not dtype.is_floating_point:
        raise NoRule(f"a cast to {dtype}")


def flat(x: Any) -> list[Any]:
    """All that is in a list of lists, however deep; or what is no list, alone."""
    return [z for y in x for z in flat(y)] if isinstance(x, (list, tuple)) else [x]
