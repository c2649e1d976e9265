"""What is judged: torch.nn itself, a class, or a function that builds a callable."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from rnn_manual.config import Config
from rnn_manual.layout import run
from rnn_manual.weights import read_weights

if TYPE_CHECKING:
    from rnn_manual.parity.modes import Mode

Call = Callable[..., tuple[Any, Any]]  # (input, hx=None) -> (out, state)


class Unsupported(Exception):
    """Raised by a candidate that has no such option; the verdict is then `unsupported`."""


class Unusable(Exception):
    """A candidate or device that leads to nothing that could be judged; one line says why."""


@dataclass(frozen=True)
class Candidate:
    """Something that claims to compute what `torch.nn` computes.

    Args:
        subject: an `nn.Module` subclass with nn's constructor, or
            `build(module: nn.RNN | nn.LSTM | nn.GRU) -> callable(input, hx=None) -> (out, state)`.
        mode: how it is run, if not simply called.
        named: whether another process finds it by its name.
    """

    name: str
    subject: Callable[..., Any]
    mode: Mode | None = None
    named: bool = False

    def __reduce__(self) -> Any:
        return (_by_name, (self.name, self.mode and self.mode.name))

    @property
    def environment(self) -> Mapping[str, str]:
        """What must be set before torch is loaded."""
        return self.mode.environment if self.mode else {}

    @property
    def draws_as_nn(self) -> bool:
        """Whether dropout can be expected to draw the masks that nn draws, in nn's order."""
        return self.mode is None and (
            self.subject in (NN.subject, LOOPS.subject)
            or (is_module_class(self.subject) and issubclass(self.subject, nn.RNNBase))  # type: ignore[arg-type]
        )

    def make(
        self,
        config: Config,
        parameters: Mapping[str, Any],
        dtype: torch.dtype,
        device: str,
        training: bool = True,
        place: Callable[[torch.Tensor], torch.Tensor] | None = None,
    ) -> tuple[nn.Module, Call]:
        """Builds the candidate on given weights.

        Args:
            place: lays each weight out in memory, if not as the module does.

        Returns: the module whose parameters it computes with, and what to call.
        """
        layer: Callable[..., nn.RNNBase] = getattr(nn, config.kind.upper())
        module: Any = None
        with warnings.catch_warnings():
            # A single layer warns that it has no use for dropout; that is one of the cases.
            warnings.filterwarnings("ignore", "dropout option adds dropout")
            reference = layer(*config.sizes, **config.options, device=device, dtype=dtype)
            if is_module_class(self.subject):
                module = self.subject(*config.sizes, **config.options)
        reference.load_state_dict({k: torch.as_tensor(v) for k, v in parameters.items()})
        if module is None:
            module = reference
        else:
            module = module.to(device=device, dtype=dtype)
            module.load_state_dict(reference.state_dict())
        if place is not None:
            for name in parameters.keys() & module._parameters.keys():
                setattr(module, name, nn.Parameter(place(getattr(module, name).data)))
        module.train(training)
        if self.mode:
            return self.mode.build(module)
        return (module, module) if is_module_class(self.subject) else (module, self.subject(module))


def _by_name(name: str, mode: str | None) -> Candidate:
    candidate = as_candidate(name)
    return in_mode(candidate, mode) if mode and not candidate.mode else candidate


def in_mode(candidate: Candidate, name: str) -> Candidate:
    """The same candidate, run in a mode.

    Raises: Unusable: there is no such mode, or the candidate is no module that could be run so.
    """
    from rnn_manual.parity.modes import MODES

    if name not in MODES:
        raise Unusable(f"no such mode: {name!r}")
    if candidate.subject is not NN.subject and not is_module_class(candidate.subject):
        raise Unusable(f"{candidate.name} is a function: only a module can be run in modes")
    return replace(candidate, mode=MODES[name])


def is_module_class(subject: Any) -> bool:
    """Whether a candidate's subject is a class to construct, rather than a function to call."""
    return isinstance(subject, type) and issubclass(subject, nn.Module)


def loops_of(module: nn.RNNBase) -> Call:
    """The torch loops on the module's own parameters, as a candidate builds them."""
    return lambda x, hx=None: run(
        Config.of(module), read_weights(module), x, hx, training=module.training
    )


NN = Candidate("torch.nn", lambda module: module, named=True)
LOOPS = Candidate("rnn_manual", loops_of)


def as_candidate(subject: Any) -> Candidate:
    """A class, a build function, a `MODULE:NAME` string or a Candidate, as a Candidate.

    The name of a mode, as `compile`, is torch.nn run in that mode.

    Raises: Unusable: it is none of these, or the name leads nowhere.
    """
    if isinstance(subject, Candidate):
        return subject
    if isinstance(subject, str):
        from rnn_manual.parity.modes import MODES

        if subject in MODES:
            return replace(in_mode(NN, subject), name=subject)
        return NN if subject == NN.name else Candidate(subject, _load(subject), named=True)
    if not callable(subject):
        raise Unusable(f"a candidate must be a class or a function, got {type(subject).__name__}")
    where = getattr(subject, "__module__", "?")
    return Candidate(f"{where}:{getattr(subject, '__qualname__', subject)}", subject)


def _load(name: str) -> Callable[..., Any]:
    module_name, colon, attribute = name.partition(":")
    if not (module_name and colon and attribute):
        raise Unusable(f"candidate must be MODULE:NAME, {NN.name} or a mode of it, got {name!r}")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found = importlib.import_module(module_name)
    except BaseException as error:  # a module may do anything on import, sys.exit included
        if isinstance(error, KeyboardInterrupt):
            raise
        raise Unusable(
            f"candidate {name}: importing {module_name} failed: {in_one_line(error)}"
        ) from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise Unusable(f"candidate {name}: {module_name} has no {attribute!r}")
        found = getattr(found, part)
    if not callable(found):
        raise Unusable(
            f"candidate {name} must be a class or a function, got {type(found).__name__}"
        )
    return found


def in_one_line(error: BaseException) -> str:
    """`RuntimeError: what it said`, however many lines that took."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def usable_device(name: str) -> str:
    """`name`, if torch can compute there.

    Raises: Unusable: it cannot, in torch's words, or it cannot hand over what it computes.
    """
    try:
        torch.ones(2).numpy()
    except RuntimeError as error:  # torch before 2.3, which its wheels do not say
        with_numpy = f"torch {torch.__version__} cannot be used with NumPy {np.__version__}"
        raise Unusable(f"{with_numpy}: pip install 'numpy<2'") from error
    try:
        read_back = torch.ones(2, device=name).sum().item()
    except Exception as error:  # torch has a type of error for each way of having no such device
        said = str(error).splitlines()[0]
        raise Unusable(f"device {name!r} cannot be used: {said}") from error
    if read_back != 2:
        raise Unusable(f"device {name!r} cannot be used: 1 + 1 gave {read_back} there")
    return name
