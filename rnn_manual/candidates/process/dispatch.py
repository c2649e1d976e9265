"""Where a candidate computes: in a process of its own, if it has a name, or here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import torch

from rnn_manual.candidates.candidate import NN, Candidate, Facts, facts_of, kinds_of
from rnn_manual.candidates.errors import NotRun, ProcessEnded, Unsupported
from rnn_manual.candidates.process.loading import load
from rnn_manual.candidates.process.process import Answer, Process
from rnn_manual.candidates.process.starting import forked
from rnn_manual.usage import LIMIT

# MKL's path whose bits are the same on every x86-64; it must be chosen before torch is loaded.
REPRODUCIBLE = {"MKL_CBWR": "COMPATIBLE"}
IN_A_ROW = 3  # of its processes that may end one after the other before the rest is not run

_limit = LIMIT
_processes: dict[tuple[Any, ...], Process] = {}
_ended: list[str] = []  # why the last processes ended, since one last answered


def set_limit(seconds: float) -> None:
    """How long a candidate may take for one run from now on."""
    global _limit
    _limit = seconds


def fork_torch_nn(environment: Mapping[str, str]) -> None:
    """Forks the process in which torch.nn computes in an environment: it need not load torch.

    Others' layers have a new process: a fork has modules, hooks and paths that are not theirs.
    To be called where torch has computed nothing yet, for it looks at the environment once, and
    on Linux.
    """
    process = Process(environment, torch.get_num_threads(), forked)
    _processes[_key(NN.name, environment)] = process


def ask(
    candidate: Candidate,
    function: Callable[..., Any],
    *args: Any,
    environment: Mapping[str, str] | None = None,
) -> Answer:
    """`function(subject, *args)` where the candidate computes; what it raised is in the answer.

    Args:
        environment: what must be set there before torch is loaded.
    """
    if not isinstance(candidate.subject, str):
        try:
            if environment:
                needs = "a process of its own, which finds a candidate by its name only"
                raise Unsupported(f"takes {needs}")
            return Answer(function(candidate.subject, *args))
        except (Exception, SystemExit) as error:
            return Answer(error=error)
    if len(_ended) >= IN_A_ROW:
        return Answer(error=NotRun(f"not run: the {IN_A_ROW} runs before it {_ended[-1]}"))
    key = _key(candidate.subject, environment or {})
    process = _processes.get(key)
    if process is None or not process.alive:
        process = _processes[key] = Process(environment or {}, torch.get_num_threads())
    answer = process.call(_limit, _loaded, candidate.subject, function, *args)
    if isinstance(answer.error, ProcessEnded):
        _ended.append(str(answer.error))
    else:
        _ended.clear()
    return answer


def _key(subject: str, environment: Mapping[str, str]) -> tuple[Any, ...]:
    module = subject.rpartition(":")[0]  # what is in one module shares a process
    return (module, *sorted(environment.items()))


def adopt(candidate: Candidate, process: Process) -> bool:
    """Has a candidate compute in a process that is there already.

    Returns: whether it will; not if it has one, or none could find it by a name.
    """
    if not isinstance(candidate.subject, str) or not process.alive:
        return False
    key = _key(candidate.subject, {})
    if key in _processes and _processes[key].alive:
        return False
    _processes[key] = process
    process.call(_limit, torch.set_num_threads, torch.get_num_threads())
    return True


def run_there(
    candidate: Candidate, function: Callable[..., Any], *args: Any, **options: Any
) -> Any:
    """As `ask`, but for what was raised, which is raised here.

    Returns: what `function(subject, *args)` returned.
    """
    answer = ask(candidate, function, *args, **options)
    if answer.error is not None:
        raise answer.error
    return answer.value


def _loaded(name: str, function: Callable[..., Any], *args: Any) -> Any:
    return function(load(name), *args)


@cache
def facts(candidate: Candidate) -> Facts:
    """What a judge must know of a candidate's subject; its process is asked once."""
    found: Facts = run_there(candidate, facts_of)
    if not found.is_class or len(found.kinds) == 1:
        return found
    answer = ask(candidate, kinds_of)  # which builds it: a class that cannot be is judged
    return found if answer.error is not None else replace(found, kinds=answer.value)
