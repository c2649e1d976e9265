"""A candidate run on residues: what each of its results is as a formula.

Runs where the candidate computes; what it returns is data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from numpy.typing import NDArray

from rnn_manual.candidates.candidate import Subject
from rnn_manual.candidates.catalogue import MODES
from rnn_manual.candidates.harness.observer import Observer
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.candidates.process.own_line import line_now
from rnn_manual.candidates.torch_versions import as_written, forget_compiled, is_dynamo_loaded
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data
from rnn_manual.proof.arithmetic.bound import Account, counted
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.arithmetic.residues import Residues
from rnn_manual.proof.expected.leaves import drawn, points_of
from rnn_manual.proof.mirror.dispatch import Draw, Mirror, OneDNN
from rnn_manual.proof.mirror.leaving import Leaving
from rnn_manual.proof.mirror.threads import handed_over
from rnn_manual.threads import one_numpy_thread, one_torch_thread

GIVEN = "given"  # the label of what a candidate was given, which it need not compute
Seen = Callable[[str, list[tuple[torch.Tensor, Points]]], None]
Begins = Callable[[str, bool], None]


class Recorder(Protocol):
    """What is told of a run."""

    def seen(self, label: str, written: list[tuple[torch.Tensor, Points]]) -> None:
        """After every operation, as `Mirror` says it."""

    def begins(self, call: str, backward: bool) -> None:
        """As an observer's."""


@dataclass(frozen=True)
class Found:
    """One result: its values, (K, *shape), or why they are not known as formulas."""

    values: NDArray[Any]
    marks: tuple[int, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Mirrored:
    """What a candidate computed on a case, as formulas.

    found: by name, as in `Result`. missing: name → why a gradient is not there.
    broken: what it raised on the way back, if it did.
    left: the lines at which values were taken out of torch.
    threads: those at which work was handed to another thread, in which nothing is seen.
    drawn: what random numbers it drew, one draw after the other.
    casts: the lines at which values were cast to a narrower format than the case's.
    detached: the lines at which values were taken out of autograd's graph.
    compiled: the first line within what torch.compile made, which is run as it was written.
    native: whether it was run with oneDNN off, for what that computes has no formula here.
    """

    found: dict[str, Found]
    missing: dict[str, str]
    account: Account
    broken: str = ""
    left: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    drawn: tuple[Draw, ...] = ()
    casts: tuple[str, ...] = ()
    detached: tuple[str, ...] = ()
    native: bool = False
    compiled: str = ""


class _Watch(Observer):
    """Gives what goes in its residues, and reads those of what comes out."""

    def __init__(
        self,
        mirror: Mirror,
        leaf: Callable[[str, torch.Tensor], Points],
        begins: Begins,
    ) -> None:
        self.mirror, self.leaf, self.told = mirror, leaf, begins

    def begins(self, call: str, backward: bool) -> None:
        self.told(call, backward)

    def given(self, name: str, tensor: torch.Tensor) -> None:
        self.mirror.asleep = False
        if name == "input":  # what was drawn to build the layer is not of the call
            self.mirror.drawn.clear()
        points = self.leaf(name, tensor)
        self.mirror.shadows.write(tensor.detach(), points)
        if self.mirror.seen:
            self.mirror.seen(GIVEN, [(tensor, points)])

    def read(self, tensor: torch.Tensor) -> Found:
        points = self.mirror.shadows.read(tensor)
        return Found(points.values.copy(), tuple(points.marks), self.mirror.shadows.reason(tensor))


def _nothing_told(call: str, backward: bool) -> None:
    """Of which calls begin."""


def mirrored(
    subject: Subject,
    case: Case,
    device: str = "cpu",
    mode: str = "",
    record: Callable[[], Recorder] | None = None,
    backward: bool = True,
    data: Data | None = None,
) -> Mirrored:
    """Runs a candidate on a case's residues, as the case is called, forward and backward.

    Args:
        record: makes what is told of a run; called once more where it must be run anew.
        backward: whether to run it backward.
        data: other numbers than the case's own, beside the residues.

    Raises: what `run_candidate` raises.
    """

    def constant(array: Any) -> Points:
        return Residues.of_constant(array, points_of(case))

    def leaf(name: str, tensor: torch.Tensor) -> Points:
        return drawn(case, name, tensor.shape)

    threads: list[str] = []  # which are started in the first run, and there in those after it

    def run(native_instead: bool) -> Mirrored:
        told = record() if record else None
        mirror = Mirror(constant, told.seen if told else None, line_now, native_instead)
        mirror.threads = threads
        begins = told.begins if told else _nothing_told
        try:
            return on(subject, case, mirror, leaf, device, mode, begins, backward, data)
        except Exception as error:
            forget_compiled(error)
            if mirror.met_onednn:
                raise OneDNN from None
            raise

    def watched() -> Mirrored:
        try:
            return run(native_instead=torch._C._get_mkldnn_enabled())
        except OneDNN:
            with onednn(False):
                return replace(run(native_instead=False), native=True)

    begun_without = not is_dynamo_loaded()  # which is only then kept from compiling
    try:
        found = watched()
    except Exception:
        if not (begun_without and is_dynamo_loaded()):
            raise
        return watched()
    return watched() if begun_without and found.compiled else found


@contextmanager
def onednn(enabled: bool) -> Iterator[None]:
    """oneDNN's kernels on or off. (torch's own context sets TF32 as well, and warns of it.)"""
    before = torch._C._get_mkldnn_enabled()
    torch._C._set_mkldnn_enabled(enabled)
    try:
        yield
    finally:
        torch._C._set_mkldnn_enabled(before)


def on(
    subject: Subject,
    case: Case,
    mirror: Mirror,
    leaf: Callable[[str, torch.Tensor], Points],
    device: str,
    mode: str,
    begins: Begins = _nothing_told,
    backward: bool = True,
    data: Data | None = None,
) -> Mirrored:
    """The same on any arithmetic. leaf: the values of what goes in, by name."""
    how = MODES[mode] if mode else None
    watch = _Watch(mirror, leaf, begins)
    mirror.asleep = True  # until something of the case is given: before, nn's own layer is built
    with (
        one_numpy_thread(),
        one_torch_thread(),
        counted() as account,
        as_written(),
        Leaving(mirror.taken_out, mirror.taken_off),
        handed_over(mirror.handed_over),
        mirror,
    ):
        result = run_candidate(
            subject, case, data=data, device=device, mode=how, backward=backward, observer=watch
        )
    finest = torch.finfo(getattr(torch, case.dtype)).eps
    casts = [line for line, dtype in mirror.casts if line and torch.finfo(dtype).eps > finest]
    found: dict[str, Any] = result.tensors
    return Mirrored(
        found,
        result.missing,
        account,
        result.broken,
        tuple(dict.fromkeys(filter(None, mirror.left))),
        tuple(dict.fromkeys(mirror.threads)),
        tuple(mirror.drawn),
        tuple(dict.fromkeys(casts)),
        tuple(dict.fromkeys(filter(None, mirror.detached))),
        compiled=mirror.compiled,
    )
