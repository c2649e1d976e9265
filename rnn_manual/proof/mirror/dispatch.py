"""Mirrors what torch executes, forward and backward, on formulas.

Every operation passes torch's dispatcher. Each is executed as it is, and its rule is applied to
the shadows of what it is given. Nothing is passed over in silence: what has no rule has results
that are not known as formulas, and so has all that is computed with them, each with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from rnn_manual.candidates.torch_versions import is_dynamo_loaded, is_in_compiled
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.mirror.formulas import flat, formulas_of
from rnn_manual.proof.mirror.memory import narrowed, writes_what_it_reads
from rnn_manual.proof.mirror.operations import (
    FACTORIES,
    INDEXED,
    LEAVING,
    ONEDNN,
    RANDOM,
    Operation,
    operation,
    tensors_in,
)
from rnn_manual.proof.mirror.rules import RULES, Fused
from rnn_manual.proof.mirror.shadows import Shadows, numbers


class OneDNN(BaseException):
    """A kernel of oneDNN's would be run; no error of the layer's, for none is to catch it."""


class Mirror(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is entered, everything that torch computes is mirrored.

    Args:
        constant: makes Points of an array of numbers that depend on nothing.
        seen: called after every operation with its label and what it returned: (tensor, Points).

        line: says at which line of its own code a candidate is.
        native_instead: whether to raise OneDNN where a kernel of oneDNN's would be run, so that
            what torch runs with oneDNN off can be looked at instead.

    Attributes:
        asleep: whether what is computed is not looked at for now.
        left: the lines at which values were taken out of torch.
        threads: the lines at which work was handed to another thread.
        drawn: what random numbers were drawn, one draw after the other.
        casts: the lines at which values were cast to a narrower format, and to which.
        detached: the lines at which values were taken out of autograd's graph.
        compiled: the first line that was executed within what torch.compile made; "" so far.
    """

    def __init__(
        self,
        constant: Callable[[Any], Points],
        seen: Callable[[str, list[tuple[torch.Tensor, Points]]], None] | None = None,
        line: Callable[[], str] = lambda: "",
        native_instead: bool = False,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.shadows = Shadows(constant)
        self.seen, self.line, self.native_instead = seen, line, native_instead
        self.asleep = False
        self.met_onednn = False  # TorchScript raises an error of its own in place of OneDNN
        self.left: list[str] = []
        self.threads: list[str] = []
        self.drawn: list[Draw] = []
        self.casts: list[tuple[str, torch.dtype]] = []
        self.detached: list[str] = []
        self.compiled = ""

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if self.asleep:
            return function(*args, **kwargs)
        op = operation(function)
        if torch.is_inference_mode_enabled():  # then what is made of others comes here whole
            # torch's own code for that, and not a Python one that compilers read in its place.
            key = torch._C.DispatchKey.CompositeImplicitAutograd
            if torch._C._dispatch_has_kernel_for_dispatch_key(function.name(), key):
                with self:
                    return function._op_dk(key, *args, **kwargs)
        if op.is_view:  # it sees what it is a view of
            return function(*args, **kwargs)
        with torch._C.DisableTorchFunction():  # what is asked of tensors here is not the layer's
            return self.mirrored(op, function, args, kwargs)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Nothing is compiled here, and to make sure of it takes long. (Asked as the class is made.)
        return False  # pragma: no mutate

    def taken_out(self, tensor: torch.Tensor) -> None:
        """Notes that a tensor's memory was handed out, if what stands there is no constant."""
        if self.shadows.of(tensor) is not None:
            self.left.append(self.line() or "outside of its own code")

    def taken_off(self, tensor: torch.Tensor) -> None:
        """Notes that a tensor was asked for without its graph, if what stands there is a value."""
        if self.shadows.of(tensor) is not None and (line := self.line()):
            self.detached.append(line)

    def handed_over(self) -> None:
        """Notes that another thread, of which nothing is seen, was given something to do."""
        if not self.asleep and (line := self.line()):
            self.threads.append(line)

    def mirrored(self, op: Operation, function: Any, args: Any, kwargs: Any) -> Any:
        """Executes an operation, and its rule on the shadows."""
        if op.name in FACTORIES:
            result = function(*args, **kwargs)
            if "empty" in op.name and result.is_floating_point() and not result.is_meta:
                self.shadows.add_unwritten(result)
            return result
        read = {name: x for name, x in kwargs.items() if name not in op.writes}
        given = tensors_in(args) + (tensors_in(read.values()) if read else [])
        depends = False
        for x in tensors_in(kwargs[w] for w in op.writes if w in kwargs):
            depends = depends or self.shadows.of(x) is not None
        for x in given:
            if x.is_meta:  # which holds no numbers
                return function(*args, **kwargs)
            depends = depends or self.shadows.of(x) is not None
        if op.name in RANDOM:
            return self._random(op, function(*args, **kwargs), args)
        if op.name in ONEDNN and self.native_instead:
            self.met_onednn = True
            raise OneDNN(op.label)
        if op.name in LEAVING:
            if depends:
                self.left.append(self.line())
            return function(*args, **kwargs)
        exact = op.name in RULES and any(map(torch.Tensor.is_floating_point, given))
        if not (depends or exact):
            return function(*args, **kwargs)  # of constants: what comes out is one
        if is_dynamo_loaded() and not self.compiled and is_in_compiled():
            self.compiled = self.line() or "outside of its own code"
        targets = [kwargs.get(w) if isinstance(w, str) else args[w] for w in op.writes]
        for target in targets:  # constants so far, which may be written to in part
            if isinstance(target, torch.Tensor) and self.shadows.of(target) is None:
                self.shadows.add_constant(target)
        reason = next(filter(None, map(self.shadows.reason, given[op.overwrites :])), "")
        try:
            found, why = formulas_of(op, function, args, kwargs, self.shadows)
            if op.writes and writes_what_it_reads(op, args, kwargs):
                found, why = None, f"{op.label} writes to what it reads"
        except (ValueError, IndexError, ArithmeticError) as error:  # torch refuses it, too, below
            found, why = None, f"no rule for {op.label}: {error}"
        reason = reason or (why and self._at_line(why))
        result = function(*args, **kwargs)
        results = flat(result if op.returns else targets)
        if isinstance(found, Fused):
            if self.seen:
                self.seen(op.label, [(results[0], found.made_of)])
            found = found.result
        if (dtype := narrowed(given, results)) is not None:
            self.casts.append((self.line(), dtype))
        self._write(op, results, found, reason, depends)
        return result

    def _random(self, op: Operation, result: Any, args: Any) -> Any:
        """What was drawn is a constant of this run."""
        if op.name == "native_dropout":
            (out, mask), (x, p, *_) = result, args
            self.drawn.append(Draw(op.name, tuple(mask.shape), zeros_of(numbers(mask))))
            kept = self.shadows.constant(numbers(mask)) / self.shadows.constant(np.array(1 - p))
            self.shadows.write(out, self.shadows.read(x) * kept, self.shadows.reason(x))
            return result
        for x in flat(result):
            if isinstance(x, torch.Tensor):
                self.drawn.append(Draw(op.name, tuple(x.shape), zeros_of(numbers(x))))
                if self.shadows.of(x) is not None:
                    self.shadows.write(x, self.shadows.constant(numbers(x)))
        return result

    def _write(
        self, op: Operation, results: list[Any], found: Any, reason: str, depends: bool
    ) -> None:
        """Puts what was found into the shadows of what was returned or written to."""
        values = [None] * len(results) if found is None else flat(found)
        written = []
        for tensor, points in zip(results, values):  # noqa: B905 - some return more than is used
            if not isinstance(tensor, torch.Tensor):  # as gradients that were not asked for
                continue
            if not (tensor.is_floating_point() or tensor.dtype == torch.bool):
                if not depends or op.name in INDEXED:
                    continue  # of constants, or of lengths
                points = None
                reason = reason or self._at_line(f"numbers of {tensor.dtype} by {op.label}")
            if tensor.dtype == torch.bool and not _is_mask(points):
                points = None
                reason = reason or self._at_line(f"no rule for {op.label} with torch.bool")
            if isinstance(points, Points):
                self.shadows.write(tensor, points, reason)
                written.append((tensor, points))
            else:
                unknown = self.shadows.constant(np.zeros(()))
                reason = reason or self._at_line(f"no rule for {op.label}")
                self.shadows.write(tensor, unknown, reason)
        if self.seen and written:
            self.seen(op.label, written)

    def _at_line(self, reason: str) -> str:
        return ": ".join(filter(None, [reason, self.line()]))


class Draw(NamedTuple):
    """What an operation drew: its name, the shape, and which numbers are zero."""

    operation: str
    shape: tuple[int, ...]
    zeros: bytes


def zeros_of(array: Any) -> bytes:
    """Which numbers of an array are zero, one after the other."""
    return np.packbits(np.asarray(array) == 0).tobytes()


def _is_mask(points: Any) -> bool:
    return not isinstance(points, Points) or bool(np.isin(points.values, (0, 1)).all())
