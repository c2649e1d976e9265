"""What is judged: torch.nn itself, a class, or a function that builds a callable."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import nn

from rnn_manual.candidates.errors import Unusable
from rnn_manual.config import Config
from rnn_manual.layout import run
from rnn_manual.usage import KINDS
from rnn_manual.weights import read_weights

Call = Callable[..., tuple[Any, Any]]  # (input, hx=None) -> (out, state)
Subject = Callable[..., Any]  # a class, or build(module) -> Call


@dataclass(frozen=True)
class Candidate:
    """Something that claims to compute what `torch.nn` computes.

    Args:
        name: as reports and the command line have it.
        subject: an `nn.Module` subclass with nn's constructor, or
            `build(module: nn.RNN | nn.LSTM | nn.GRU) -> callable(input, hx=None) -> (out, state)`;
            or the name by which a process of its own finds one of these. Only what has a name is
            kept out of the judge's process, where it could change what it is judged by.
        mode: the name of the mode it is run in; "" if it is simply called.
    """

    name: str
    subject: Subject | str
    mode: str = ""


@dataclass(frozen=True)
class Facts:
    """What a judge must know of a subject without loading it.

    Args:
        is_class: whether it is a class to construct, rather than a function to call.
        of_torch: whether it is torch.nn or inherits from it, so that it may draw nn's own masks.
        kinds: the kinds of layers that it may be: one, of a class that is known to be of that.
        unsupported_modes: mode → why, of a subject that declares some.
    """

    is_class: bool = False
    of_torch: bool = False
    kinds: tuple[str, ...] = KINDS
    unsupported_modes: tuple[tuple[str, str], ...] = ()


def facts_of(subject: Subject) -> Facts:
    """Reads off a subject what `Facts` says.

    It declines modes by an attribute: `unsupported_modes = {"jit.script": "why"}`.
    """
    declared = getattr(subject, "unsupported_modes", {})
    if not isinstance(declared, Mapping):
        got = type(declared).__name__
        raise Unusable(f"its unsupported_modes are a {got}, expected a dict from mode to reason")
    modes = tuple((str(mode), str(why)) for mode, why in declared.items())
    if not is_module_class(subject):
        return Facts(of_torch=subject in (torch_nn, loops), unsupported_modes=modes)
    inherits = kinds_inherited(subject)
    return Facts(True, bool(inherits), inherits or KINDS, unsupported_modes=modes)


def kinds_inherited(subject: Subject) -> tuple[str, ...]:
    """The kinds of torch.nn that a class inherits from."""
    return tuple(k for k in KINDS if issubclass(subject, getattr(nn, k.upper())))  # type: ignore[arg-type]


@cache
def kinds_of(subject: Subject) -> tuple[str, ...]:
    """The one kind of torch.nn that a class inherits from, or else whose state_dict it takes.

    All if that is none or several. It is built to find out.
    """
    if inherits := kinds_inherited(subject):
        return inherits
    found = []
    with torch.random.fork_rng(devices=[]):
        for kind in KINDS:
            with contextlib.suppress(Exception):  # it is told where it is judged
                subject(2, 3).load_state_dict(getattr(nn, kind.upper())(2, 3).state_dict())
                found.append(kind)
    return tuple(found) if len(found) == 1 else KINDS


def another_kind(kinds: tuple[str, ...], kind: str) -> str:
    """Why a class of these kinds declines one; "" if that is one of them."""
    return "" if kind in kinds else f"it is of nn.{kinds[0].upper()}'s kind"


def what_it_is_instead(found: Any) -> str:
    """What something is that is no subject; "" if it is one."""
    kind = type(found).__name__
    if isinstance(found, nn.Module):
        return f"an instance of {kind}"
    return "" if callable(found) else kind


def is_module_class(subject: Any) -> bool:
    """Whether a subject is a class to construct, rather than a function to call."""
    return isinstance(subject, type) and issubclass(subject, nn.Module)


def torch_nn(module: nn.RNNBase) -> Call:
    """torch.nn's own layer."""
    return module


def loops(module: nn.RNNBase) -> Call:
    """The torch loops on the module's own parameters."""
    return lambda x, hx=None: run(
        Config.of(module), read_weights(module), x, hx, training=module.training
    )


NN = Candidate("torch.nn", "torch.nn")
LOOPS = Candidate("rnn_manual", loops)
