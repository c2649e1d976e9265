"""Running a case through a candidate, forward and backward: what came out, as data.

There is one way to run a candidate, and everything that is asked of one goes through it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import torch

from rnn_manual.candidates.candidate import Subject
from rnn_manual.candidates.errors import Unsupported, Violation, in_one_line
from rnn_manual.candidates.harness.building import Built, build
from rnn_manual.candidates.harness.mode import Mode
from rnn_manual.candidates.harness.observer import PLAIN, Observer, OfAnotherCall
from rnn_manual.candidates.harness.result import DECLINED, REFUSED, Result
from rnn_manual.candidates.harness.run import Run
from rnn_manual.candidates.harness.tensors import strided, to_numpy, without_tf32
from rnn_manual.candidates.process.own_line import own_line
from rnn_manual.cases.calls import (
    AFTER_ANOTHER,
    CHANGED,
    WITHOUT_A_GRAPH,
    differentiated,
    frozen,
    others,
)
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, Floats, draw


def run_candidate(
    subject: Subject,
    case: Case,
    *,
    data: Data | None = None,
    device: str = "cpu",
    mode: Mode | None = None,
    backward: bool = True,
    observer: Observer = PLAIN,
) -> Result:
    """Runs a candidate on a case as `case.call` says, forward and backward.

    Args:
        data: other numbers than the case's own, of the same dtype and layout.
        mode: how the layer is run, if not simply called.
        backward: whether to run it backward, where the case asks for gradients.
        observer: is shown what goes in, and reads what comes out.

    Raises: Unsupported, Violation, and whatever the candidate raises.
    """
    numbers = data or draw(case)
    with _undisturbed():
        if mode:  # what compilers and exporters warn of is not about the layer
            warnings.simplefilter("ignore")
        try:
            built = _build(subject, case, numbers, device, observer)
            built = mode.build(built) if mode else built
            translated = bool(mode and mode.translates)
            run = Run(built, case, numbers, device, translated, observer=observer)
            run = _call(run)
            values = {name: observer.read(tensor) for name, tensor in run.outputs.items()}
        except Exception as error:
            if mode and mode.declines(error, subject):
                raise Unsupported(in_one_line(error)) from error
            raise
        if not backward or case.call in WITHOUT_A_GRAPH:
            return Result(values)
        try:
            return _with_gradients(run, values)
        except Violation:
            raise
        except Exception as error:  # what went right forward is still worth comparing
            if mode and mode.declines(error, subject):
                return _without_gradients(run, values, f"{DECLINED}: {in_one_line(error)}")
            return Result(values, broken=in_one_line(error), line=own_line(error))


def run_calls(
    subject: Subject, case: Case, seeds: Sequence[int], *, data: Data, device: str = "cpu"
) -> list[Result]:
    """Calls one layer again and again on the same numbers, with another seed each time.

    Raises: as `run_candidate`; and what the candidate raises on the way back.
    """
    results = []
    with _undisturbed():
        built = _build(subject, case, data, device)
        for seed in seeds:
            run = Run(built, replace(case, seed=seed), data, device)
            run.forward()
            values = {name: to_numpy(tensor) for name, tensor in run.outputs.items()}
            without = case.call in WITHOUT_A_GRAPH
            results.append(Result(values) if without else _with_gradients(run, values))
    return results


@contextmanager
def _undisturbed() -> Iterator[None]:
    """The judge's own generator and filters of warnings are afterwards as they were."""
    with without_tf32(), torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        yield


def _build(
    subject: Subject, case: Case, data: Data, device: str, observer: Observer = PLAIN
) -> Built:
    return build(
        subject,
        case.config,
        data.parameters,
        getattr(torch, case.dtype),
        device,
        training=case.training,
        place=strided if case.memory == "strided" else None,
        frozen=frozen(case),
        observer=observer,
    )


def _call(run: Run) -> Run:
    """Calls the layer, and others before or after it where the case asks for that.

    Returns: the run that was called, which may have other tensors than the one given.
    """
    more: list[Run] = []
    if run.case.call in (*AFTER_ANOTHER, "before another"):
        more = [
            Run(
                run.built,
                case,
                draw(case),
                run.device,
                observer=OfAnotherCall(run.observer, number),
            )
            for number, case in enumerate(others(run.case))
        ]
    if run.case.call in AFTER_ANOTHER:
        for other in more:
            _and_back(other, "before it")
        run = _in_place_of(more[-1], run)
    run.forward()
    if run.case.call == "before another":
        _backward_once_more(run)
        for other in more:
            _and_back(other, "after it")
    for called in [run, *more] if more else []:
        called.returned.check(" in another call")
    return run


def _and_back(other: Run, when: str) -> None:
    """Another call than the case's own, which is told with what goes wrong there."""
    try:
        other.and_back()
    except Exception as error:
        error.in_call = f"in another call {when}, state {other.case.state}"  # type: ignore[attr-defined]
        raise


def _backward_once_more(run: Run) -> None:
    """The gradients that will be taken again: nothing of a first time may be left in them."""
    try:
        run.backward(again=True)
    except RuntimeError as error:
        if "retain_graph" not in str(error):  # what a compiler wrote may run once, and says so
            raise


def _in_place_of(other: Run, run: Run) -> Run:
    """A run on the very tensors of another, which by then hold its own numbers."""
    if run.case.memory == "expanded":  # all rows are one row in memory: nothing can be put there
        return run
    with torch.no_grad():
        # A law may give a state where the case leaves it out, or one of another size.
        leaves = dict(run.leaves)
        for name, leaf in run.leaves.items():
            there = other.leaves.get(name)
            if there is not None and there.shape == leaf.shape:
                leaves[name] = there.copy_(leaf).requires_grad_(leaf.requires_grad)
    return Run(run.built, run.case, run.data, run.device, run.translated, leaves, run.observer)


def _with_gradients(run: Run, values: dict[str, Floats]) -> Result:
    """The values and the gradients. Raises: Unsupported, Violation; what the layer raises."""
    try:
        run.change_outputs()
        found = run.backward()
    except RuntimeError:
        if run.case.call in CHANGED:
            return _without_gradients(run, values, REFUSED)
        raise
    except Unsupported as error:
        return _without_gradients(run, values, f"{DECLINED}: {error}")
    first = {f"grad {name}": run.observer.read(tensor) for name, tensor in found.first.items()}
    second = {f"grad² {name}": run.observer.read(tensor) for name, tensor in found.second.items()}
    return Result(values | first | second, found.missing)


def _without_gradients(run: Run, values: dict[str, Floats], why: str) -> Result:
    asked = [n for n in run.leaves | run.parameters if differentiated(run.case, n)]
    return Result(values, {f"grad {name}": why for name in asked})
