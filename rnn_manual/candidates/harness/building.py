"""From a subject and a configuration to a layer that holds given weights."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import torch
from torch import nn

from rnn_manual.candidates.candidate import (
    Call,
    Subject,
    another_kind,
    is_module_class,
    kinds_of,
)
from rnn_manual.candidates.errors import Unsupported, Violation
from rnn_manual.candidates.harness.observer import PLAIN, Observer
from rnn_manual.candidates.harness.returned import check_callable
from rnn_manual.candidates.harness.tensors import to_torch
from rnn_manual.cases.draw import Floats
from rnn_manual.config import Config

Place = Callable[[torch.Tensor], torch.Tensor]


class Built(NamedTuple):
    """A layer ready to be called.

    Args:
        module: whose parameters it computes with, and the gradients are taken of.
        call: what is called, (input, hx=None) -> (out, state).
    """

    config: Config
    module: nn.Module
    call: Call


def torch_layer(config: Config, **options: Any) -> nn.RNNBase:
    """The nn.RNN, nn.LSTM or nn.GRU of a configuration. options: device and dtype."""
    return constructed(getattr(nn, config.kind.upper()), config, **options)  # type: ignore[no-any-return]


def constructed(layer: Callable[..., Any], config: Config, **options: Any) -> Any:
    """A class called with a configuration. options: device and dtype."""
    with warnings.catch_warnings():
        # A single layer warns that it has no use for dropout; that is one of the cases.
        warnings.filterwarnings("ignore", "dropout option adds dropout")
        return layer(*config.sizes, **config.options, **options)


def check_kind(subject: Subject, config: Config) -> None:
    """Raises Unsupported: it is a class of another kind."""
    if is_module_class(subject) and (message := another_kind(kinds_of(subject), config.kind)):
        raise Unsupported(message)


def _as_nn_is(subject: Subject, config: Config) -> nn.Module:
    """A class, constructed as nn's own is."""
    try:
        module: nn.Module = constructed(subject, config)
    except TypeError as error:
        if "__init__()" in str(error):
            hint = "a class takes nn's arguments, or a function builds it"
            error.args = (f"{error}; {hint}",)
        raise
    return module


def _load(module: nn.Module, reference: nn.RNNBase) -> None:
    """Raises Violation: the module does not take the weights of nn's."""
    try:
        module.load_state_dict(reference.state_dict())
    except RuntimeError as error:
        _, *wrong = (line.strip() for line in str(error).splitlines())
        first = wrong[0].rstrip(".") if wrong else str(error)
        kind = f"nn.{type(reference).__name__}"
        hint = "if the class is of another kind, say so by --kind"
        raise Violation(f"does not load the state_dict of {kind}: {first}; {hint}") from error


def build(
    subject: Subject,
    config: Config,
    parameters: Mapping[str, Floats],
    dtype: torch.dtype,
    device: str = "cpu",
    *,
    training: bool = True,
    place: Place | None = None,
    frozen: Collection[str] = (),
    observer: Observer = PLAIN,
) -> Built:
    """Builds a candidate on given weights.

    Args:
        parameters: arrays by PyTorch's names.
        place: lays each weight out in memory, if not as the module does.
        frozen: the parameters that require no gradient.
        observer: is shown the parameters before the candidate is.

    Raises: what the candidate raises. Unsupported: it is a class of another kind.
    """
    check_kind(subject, config)  # before anything is observed: finding out builds the class
    reference = torch_layer(config, device=device, dtype=dtype)
    reference.load_state_dict({k: to_torch(v, dtype) for k, v in parameters.items()})
    for name, parameter in reference.named_parameters():
        observer.given(name, parameter)
    module: nn.Module = reference
    if is_module_class(subject):
        module = _as_nn_is(subject, config).to(device=device, dtype=dtype)
        _load(module, reference)
    named = dict(module.named_parameters(recurse=False))
    for name in named.keys() & parameters.keys():
        if place is not None:
            setattr(module, name, nn.Parameter(place(named[name].data)))
        if name in frozen:
            getattr(module, name).requires_grad_(False)
    module.train(training)
    call: Any = module if is_module_class(subject) else subject(module)
    check_callable(call)
    return Built(config, module, call)
